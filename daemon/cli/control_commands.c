/* SPDX-License-Identifier: ISC */
/* The commands with one request at the control socket: explain, refresh, reload, pause, resume. */
#include <errno.h>
#include <string.h>

#include "client.h"
#include "sitrep/base/buf.h"
#include "sitrep/base/limits.h"
#include "sitrep/base/utf8.h"

enum {
	FEED_AT = 23, /* the column of the feed in a line of progress */
};

int command_refuse_arguments(const struct client_options *options, struct error *err)
{
	for (int i = 1; i < options->argc; i++) {
		struct str argument = str_from(options->argv[i]);
		size_t valid = utf8_valid_prefix(argument);

		if (valid < argument.len)
			return error_set(err, -EINVAL,
				"an argument is not UTF-8 behind \"%.*s\": write it in that encoding", (int)valid,
				argument.data);
	}
	return error_sys(err, -ENOMEM, "cannot ask");
}

int command_ask(
	const struct client_options *options, json_t *request, int (*fn)(void *arg, const json_t *answer), void *arg)
{
	struct error err = {0};
	int result = request == NULL ? command_refuse_arguments(options, &err)
				     : control_ask(options, request, fn, arg, &err);

	json_decref(request);
	if (result < 0)
		return command_fail(options->command, err.text);
	return result == 0 ? EXIT_DONE : EXIT_TROUBLE;
}

struct showing {
	const char *member;
	bool json;
	int (*fn)(const json_t *value);
};

static int show_member(void *arg, const json_t *answer)
{
	const struct showing *s = arg;
	const json_t *value = json_object_get(answer, s->member);

	return s->json ? print_json(value) : s->fn(value);
}

int command_show(
	const struct client_options *options, json_t *request, const char *member, int (*fn)(const json_t *value))
{
	struct showing s = {.member = member, .json = options->json, .fn = fn};

	return command_ask(options, request, show_member, &s);
}

/* ---- explain ---- */

static int show_reasoning(const json_t *lines)
{
	const json_t *line;
	size_t i;

	json_array_foreach(lines, i, line) print_sentence(json_string_value(line), 0, 0);
	return 0;
}

static int run_explain(const struct client_options *options)
{
	return command_show(options, json_pack("{s:s,s:s}", "op", "explain", "feed", command_argument(options, 0)),
		"explain", show_reasoning);
}

const struct command command_explain = {
	.name = "explain",
	.options = command_json_option,
	.arguments = "FEED",
	.kind = ARGUMENT_FEED,
	.least = 1,
	.most = 1,
	.summary = "Explain the time of a feed's next poll",
	.help = "Shows the feed's posting rhythm, its server's hints, and the resulting time of the next poll.\n",
	.run = run_explain,
};

/* ---- refresh ---- */

struct refresh_sum {
	bool json;
	size_t done, failed;
	long long fresh, copies, updates;
};

/* Returns result when it is a known one, else "". */
static const char *known_result(const char *result)
{
	static const char *const results[] = {"ok", "unchanged", "failed"};

	for (size_t i = 0; result != NULL && i < sizeof(results) / sizeof(results[0]); i++)
		if (strcmp(result, results[i]) == 0)
			return results[i];
	return "";
}

static int show_progress(void *arg, const json_t *answer)
{
	struct refresh_sum *r = arg;
	const json_t *p = json_object_get(answer, "progress");
	const char *result = json_string_value(json_object_get(p, "result"));
	const char *feed = json_string_value(json_object_get(p, "feed"));
	const char *reason = json_string_value(json_object_get(p, "reason"));
	long long fresh = member_whole(p, "new");
	struct buf line = BUF_INIT(LIMIT_STREAM_LINE);

	r->done++;
	r->failed += result != NULL && strcmp(result, "failed") == 0;
	r->fresh += fresh;
	r->copies += member_whole(p, "copies");
	r->updates += member_whole(p, "updates");
	if (r->json)
		return print_json(p);
	buf_puts(&line, feed != NULL ? feed : "");
	if (fresh > 0)
		buf_printf(&line, ": %lld new", fresh);
	if (reason != NULL)
		buf_printf(&line, ": %s", reason);
	printf("%6lld left  %-9s ", member_whole(p, "left"), known_result(result));
	print_sentence(line.data, FEED_AT, FEED_AT);
	buf_release(&line);
	return output_failure() != 0 ? OUTPUT_FAILED : 0;
}

static int run_refresh(const struct client_options *options)
{
	struct refresh_sum r = {.json = options->json};
	int status = command_ask(options,
		json_pack("{s:s,s:s*}", "op", "refresh", "feed", command_argument(options, 0)), show_progress, &r);

	if (!r.json && status == EXIT_DONE)
		printf("%zu %s polled, %zu failed: %lld new, %lld %s, %lld updated\n", r.done,
			r.done == 1 ? "feed" : "feeds", r.failed, r.fresh, r.copies, r.copies == 1 ? "copy" : "copies",
			r.updates);
	return status == EXIT_DONE && r.failed > 0 ? EXIT_TROUBLE : status;
}

const struct command command_refresh = {
	.name = "refresh",
	.options = command_json_option,
	.arguments = "[FEED]",
	.kind = ARGUMENT_FEED,
	.most = 1,
	.summary = "Poll a feed, or all feeds, now",
	.help = "Waits for the results and shows each as it comes; exit status 1 when a feed fails.\n"
		"A server that asked for a pause (HTTP 429 or 503) is not polled.\n",
	.run = run_refresh,
};

/* ---- reload, pause, resume ---- */

/* The lines of an answer that has some. */
static int show_lines(void *arg UNUSED, const json_t *answer)
{
	const json_t *list = json_object_get(answer, "changes");
	FILE *out = list != NULL ? stdout : stderr;
	size_t i;
	const json_t *line;

	if (list == NULL)
		list = json_object_get(answer, "mistakes");
	/* A line may quote a configuration file. */
	json_array_foreach(list, i, line)
	{
		print_value(out, line);
		putc('\n', out);
	}
	/* Whoever edited another file than the daemon reads must see it. */
	if (out == stdout && json_array_size(list) == 0)
		puts("no changes");
	return 0;
}

/* The request is the command's name. */
static int run_word(const struct client_options *options)
{
	return command_ask(options, json_pack("{s:s}", "op", options->command->name), show_lines, NULL);
}

const struct command command_reload = {
	.name = "reload",
	.options = command_no_options,
	.arguments = "",
	.summary = "Reload the configuration and show the changes",
	.run = run_word,
};

const struct command command_pause = {
	.name = "pause",
	.options = command_no_options,
	.arguments = "",
	.summary = "Start no more polls until resume",
	.run = run_word,
};

const struct command command_resume = {
	.name = "resume",
	.options = command_no_options,
	.arguments = "",
	.summary = "Poll again",
	.run = run_word,
};
