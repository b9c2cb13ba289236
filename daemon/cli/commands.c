/* SPDX-License-Identifier: ISC */
/* The commands with one request at the control socket: status, explain, refresh, reload, pause, resume. Also check,
 * which needs no daemon. */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "client.h"
#include "sitrep/base/buf.h"
#include "sitrep/base/paths.h"
#include "sitrep/config/config_check.h"

enum { MISTAKES_TEXT_MAX = 4 * 1024 * 1024 };

int command_ask(const struct command *command, const struct client_options *options, json_t *request,
	int (*fn)(void *arg, const json_t *answer), void *arg)
{
	struct error err = {0};
	int result =
		request == NULL ? error_sys(&err, -ENOMEM, "cannot ask") : control_ask(options, request, fn, arg, &err);

	json_decref(request);
	return result == 0 ? EXIT_DONE : command_fail(command, err.text);
}

static int ignore_answer(void *arg, const json_t *answer)
{
	(void)arg;
	(void)answer;
	return 0;
}

/* ---- status ---- */

/* Prints the sentence ("text") of each object in the list. */
static void print_texts(const char *key, const json_t *list)
{
	const json_t *one;
	size_t i;

	json_array_foreach(list, i, one)
	{
		(void)printf("  %-16s ", key);
		print_text(stdout, one, "text");
		(void)putchar('\n');
	}
}

static void print_members(const json_t *object, const char *indent)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)object, key, value)
	{
		if (json_is_object(value)) {
			(void)printf("%s\n", key);
			print_members(value, "  ");
			continue;
		}
		if (json_is_array(value)) {
			print_texts(key, value);
			continue;
		}
		(void)printf("%s%-18s ", indent, key);
		if (json_is_string(value))
			print_text(stdout, object, key);
		else if (json_is_boolean(value))
			(void)fputs(json_is_true(value) ? "yes" : "no", stdout);
		else
			(void)printf("%lld", (long long)json_integer_value(value));
		(void)putchar('\n');
	}
}

static int show_status(void *arg, const json_t *answer)
{
	const bool *json = arg;
	const json_t *status = json_object_get(answer, "status");

	if (*json)
		return json_dumpf(status, stdout, JSON_COMPACT) != 0 || putchar('\n') == EOF ? -EIO : 0;
	print_members(status, "");
	return 0;
}

static int run_status(const struct client_options *options, int argc, char **argv)
{
	bool json = false;
	int status = command_json(&command_status, argc, argv, &json);

	return status >= 0
		       ? status
		       : command_ask(&command_status, options, json_pack("{s:s}", "op", "status"), show_status, &json);
}

const struct command command_status = {
	.name = "status",
	.options = command_json_option,
	.arguments = "",
	.kind = ARGUMENT_NONE,
	.least = 0,
	.most = 0,
	.summary = "Show what the daemon is doing",
	.help = "",
	.run = run_status,
};

/* ---- explain ---- */

static int show_reasoning(void *arg, const json_t *answer)
{
	const json_t *lines = json_object_get(answer, "explain"), *line;
	const bool *json = arg;
	size_t i;

	if (*json)
		return json_dumpf(lines, stdout, JSON_COMPACT) != 0 || putchar('\n') == EOF ? -EIO : 0;
	json_array_foreach(lines, i, line)
	{
		print_value(stdout, line);
		(void)putchar('\n');
	}
	return 0;
}

static int run_explain(const struct client_options *options, int argc, char **argv)
{
	bool json = false;
	int status = command_json(&command_explain, argc, argv, &json);

	if (status >= 0)
		return status;
	return command_ask(&command_explain, options, json_pack("{s:s,s:s}", "op", "explain", "feed", argv[optind]),
		show_reasoning, &json);
}

const struct command command_explain = {
	.name = "explain",
	.options = command_json_option,
	.arguments = "FEED",
	.kind = ARGUMENT_FEED,
	.least = 1,
	.most = 1,
	.summary = "Tell why a feed is asked when it is",
	.help = "What was learnt of its habits, what its server said, and what follows for the next poll.\n",
	.run = run_explain,
};

/* ---- refresh ---- */

struct refresh {
	bool json;
	size_t done, failed;
	long long fresh, copies, updates;
};

/* The result if it is a known one, else "". */
static const char *known(const char *result)
{
	static const char *const results[] = {"ok", "unchanged", "failed"};

	for (size_t i = 0; result != NULL && i < sizeof(results) / sizeof(results[0]); i++)
		if (strcmp(result, results[i]) == 0)
			return results[i];
	return "";
}

static int show_progress(void *arg, const json_t *answer)
{
	struct refresh *r = arg;
	const json_t *p = json_object_get(answer, "progress");
	const char *result = json_string_value(json_object_get(p, "result"));
	long long fresh = json_integer_value(json_object_get(p, "new"));

	r->done++;
	r->failed += result != NULL && strcmp(result, "failed") == 0;
	r->fresh += fresh;
	r->copies += json_integer_value(json_object_get(p, "copies"));
	r->updates += json_integer_value(json_object_get(p, "updates"));
	if (r->json)
		return json_dumpf(p, stdout, JSON_COMPACT) != 0 || putchar('\n') == EOF ? -EIO : 0;
	(void)printf("%6lld left  %-9s ", (long long)json_integer_value(json_object_get(p, "left")), known(result));
	print_text(stdout, p, "feed");
	if (fresh > 0)
		(void)printf(": %lld new", fresh);
	if (json_object_get(p, "reason") != NULL) {
		(void)fputs(": ", stdout);
		print_text(stdout, p, "reason");
	}
	(void)putchar('\n');
	return fflush(stdout) == 0 ? 0 : -EIO;
}

static int run_refresh(const struct client_options *options, int argc, char **argv)
{
	struct refresh r = {0};
	int status = command_json(&command_refresh, argc, argv, &r.json);
	json_t *request;

	if (status >= 0)
		return status;
	request = optind < argc ? json_pack("{s:s,s:s}", "op", "refresh", "feed", argv[optind])
				: json_pack("{s:s}", "op", "refresh");
	status = command_ask(&command_refresh, options, request, show_progress, &r);
	if (!r.json && status == EXIT_DONE)
		(void)printf("%zu feeds asked, %zu failed: %lld new, %lld copies, %lld updated\n", r.done, r.failed,
			r.fresh, r.copies, r.updates);
	return status == EXIT_DONE && r.failed > 0 ? EXIT_TROUBLE : status;
}

const struct command command_refresh = {
	.name = "refresh",
	.options = command_json_option,
	.arguments = "[FEED]",
	.kind = ARGUMENT_FEED,
	.least = 0,
	.most = 1,
	.summary = "Ask a feed, or all feeds, now",
	.help = "Waits for the answers and shows them as they come; exit status 1 when a feed fails.\n"
		"A server that asked to be left alone is left alone.\n",
	.run = run_refresh,
};

/* ---- reload, pause, resume ---- */

static int show_lines(void *arg, const json_t *answer)
{
	const json_t *list = json_object_get(answer, "changes");
	FILE *out = list != NULL ? stdout : stderr;
	size_t i;
	const json_t *line;

	(void)arg;
	if (list == NULL)
		list = json_object_get(answer, "mistakes");
	/* A line may quote a configuration file. */
	json_array_foreach(list, i, line)
	{
		print_value(out, line);
		(void)putc('\n', out);
	}
	return 0;
}

static int run_reload(const struct client_options *options, int argc, char **argv)
{
	int status = command_json(&command_reload, argc, argv, NULL);

	return status >= 0
		       ? status
		       : command_ask(&command_reload, options, json_pack("{s:s}", "op", "reload"), show_lines, NULL);
}

const struct command command_reload = {
	.name = "reload",
	.options = command_no_options,
	.arguments = "",
	.kind = ARGUMENT_NONE,
	.least = 0,
	.most = 0,
	.summary = "Take the configuration over, and say what changed",
	.help = "",
	.run = run_reload,
};

static int run_pause(const struct client_options *options, int argc, char **argv)
{
	int status = command_json(&command_pause, argc, argv, NULL);

	return status >= 0
		       ? status
		       : command_ask(&command_pause, options, json_pack("{s:s}", "op", "pause"), ignore_answer, NULL);
}

const struct command command_pause = {
	.name = "pause",
	.options = command_no_options,
	.arguments = "",
	.kind = ARGUMENT_NONE,
	.least = 0,
	.most = 0,
	.summary = "Start no more polls until resume",
	.help = "",
	.run = run_pause,
};

static int run_resume(const struct client_options *options, int argc, char **argv)
{
	int status = command_json(&command_resume, argc, argv, NULL);

	return status >= 0
		       ? status
		       : command_ask(&command_resume, options, json_pack("{s:s}", "op", "resume"), ignore_answer, NULL);
}

const struct command command_resume = {
	.name = "resume",
	.options = command_no_options,
	.arguments = "",
	.kind = ARGUMENT_NONE,
	.least = 0,
	.most = 0,
	.summary = "Poll again",
	.help = "",
	.run = run_resume,
};

/* ---- check ---- */

static int run_check(const struct client_options *options, int argc, char **argv)
{
	int status = command_json(&command_check, argc, argv, NULL);
	struct config_mistakes mistakes;
	struct config *c = NULL;
	struct error err = {0};
	struct buf text = BUF_INIT(MISTAKES_TEXT_MAX);
	char *path;

	if (status >= 0)
		return status;
	path = paths_config(optind < argc ? argv[optind] : options->config_path);
	if (path == NULL)
		return command_fail(&command_check, "out of memory");
	config_mistakes_init(&mistakes);
	(void)config_load_checked(path, NULL, &c, &mistakes, &err);
	if (config_mistakes_write(&mistakes, &text) == 0 && text.len > 0)
		(void)fwrite(text.data, 1, text.len, stderr);
	if (c != NULL) {
		(void)printf("%s: good, %zu feeds, %zu alerts, %zu outputs\n", path, c->feeds.count, c->alerts.count,
			c->outputs.count);
		status = EXIT_DONE;
	} else {
		status = command_fail(&command_check, err.text);
	}
	config_free(c);
	config_mistakes_release(&mistakes);
	buf_release(&text);
	free(path);
	return status;
}

const struct command command_check = {
	.name = "check",
	.options = command_no_options,
	.arguments = "[FILE]",
	.kind = ARGUMENT_FILE,
	.least = 0,
	.most = 1,
	.summary = "Read a configuration and report every mistake",
	.help = "",
	.run = run_check,
};
