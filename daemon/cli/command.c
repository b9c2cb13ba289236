/* SPDX-License-Identifier: ISC */
#include "sitrep/cli/command.h"

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/signalfd.h>

#include "client.h"
#include "sitrep/base/limits.h"
#include "sitrep/base/utf8.h"
#include "sitrep/rules/rule.h"

const struct argument_option sitrep_options[SITREP_OPTIONS + 1] = {
	[SITREP_CONFIG] = {"config", 'c', "FILE", ARGUMENT_FILE, "configuration that names the daemon's sockets"},
	[SITREP_SOCKET] = {"socket", '\0', "PATH", ARGUMENT_FILE, "the socket itself"},
	[SITREP_SHOW_VERSION] = {"version", 'V', NULL, ARGUMENT_NONE, "the version"},
};

const struct exit_row sitrep_exits[] = {
	{EXIT_DONE, "The command succeeded."},
	{EXIT_TROUBLE, "The command failed; standard error has the reason. refresh: a poll failed. feeds "
		       "--failing: a feed fails. check: the configuration has a mistake."},
	{EXIT_USAGE, "The command line is wrong."},
	{.help = NULL},
};

const struct argument_option command_no_options[] = {{.name = NULL}};
const struct argument_option command_json_option[] = {
	{"json", 'j', NULL, ARGUMENT_NONE, "print JSON"},
	{.name = NULL},
};

/* ---- usage ---- */

static void write_usage_line(const struct command *c, FILE *out)
{
	fprintf(out, "usage: sitrep %s%s%s%s\n", c->name, c->options[0].name != NULL ? " [OPTIONS]" : "",
		c->arguments[0] != '\0' ? " " : "", c->arguments);
}

void command_usage(const struct command *c)
{
	write_usage_line(c, stdout);
	printf("\n%s.\n%s\n", c->summary, c->help != NULL ? c->help : "");
	arguments_write(stdout, c->options);
}

int command_wrong(const struct command *c, const char *fmt, ...)
{
	va_list ap;

	fprintf(stderr, "sitrep: %s: ", c->name);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	write_usage_line(c, stderr);
	fprintf(stderr, "See `sitrep help %s`.\n", c->name);
	return EXIT_USAGE;
}

/* ---- reading ---- */

/* The option of all commands that word is, which must come before the command's name; NULL: it is none. */
static const struct argument_option *option_before(const char *word)
{
	for (const struct argument_option *o = sitrep_options; o->name != NULL; o++)
		if ((o->letter != '\0' && word[0] == '-' && word[1] == o->letter) ||
			(strncmp(word, "--", 2) == 0 && strncmp(word + 2, o->name, strlen(o->name)) == 0))
			return o;
	return NULL;
}

static int report_option(const struct command *c, char **argv)
{
	const struct argument_option *before = option_before(argv[optind - 1]);
	char mistake[ARGUMENTS_MISTAKE_MAX];

	if (before == NULL)
		return command_wrong(c, "%s", arguments_mistake(c->options, argv, mistake));
	return command_wrong(c, "option --%s must come before the command: sitrep --%s%s%s %s", before->name,
		before->name, before->value != NULL ? " " : "", before->value != NULL ? before->value : "", c->name);
}

/* Names the first argument that is missing: for one given of "ITEM ITEM|STORY", ITEM|STORY. */
static int report_missing(const struct command *c, int given)
{
	struct str rest = str_from(c->arguments), word = STR_NONE;

	for (int i = 0; i <= given; i++)
		str_split(&rest, ' ', &word);
	return command_wrong(c, "%.*s is missing", STR_ARG(word));
}

int command_next(const struct client_options *options, int *status)
{
	const struct command *c = options->command;
	int argc = options->argc, option = arguments_next(c->options, false, argc, options->argv);

	if (option == ARGUMENTS_HELP) {
		command_usage(c);
		*status = EXIT_DONE;
	} else if (option == ARGUMENTS_WRONG) {
		*status = report_option(c, options->argv);
	} else if (option == ARGUMENTS_END && argc - optind < c->least) {
		*status = report_missing(c, argc - optind);
	} else if (option == ARGUMENTS_END && argc - optind > c->most) {
		*status = command_wrong(c, "unexpected argument %s", options->argv[optind + c->most]);
	}
	return option;
}

const char *command_argument(const struct client_options *options, int i)
{
	return optind + i < options->argc ? options->argv[optind + i] : NULL;
}

void command_show_place(struct str rule, struct str sentence)
{
	struct buf shown = BUF_INIT(LIMIT_STREAM_LINE);

	if (rule_show(&shown, rule, sentence) == 0)
		fprintf(stderr, "%.*s", STR_ARG(buf_str(&shown)));
	buf_release(&shown);
}

int command_signals(const int *numbers, size_t count, struct error *err)
{
	sigset_t ours;
	int fd;

	sigemptyset(&ours);
	for (size_t i = 0; i < count; i++)
		sigaddset(&ours, numbers[i]);
	sigprocmask(SIG_BLOCK, &ours, NULL);
	fd = signalfd(-1, &ours, SFD_CLOEXEC | SFD_NONBLOCK);
	return fd >= 0 ? fd : error_sys(err, -errno, "cannot wait for signals");
}

int command_fail(const struct command *c, const char *sentence)
{
	struct buf line = BUF_INIT(2 * ERROR_TEXT_MAX), local = BUF_INIT(4 * ERROR_TEXT_MAX);

	/* The sentence may quote text from outside. */
	utf8_one_line(&line, str_from(sentence));
	local_sentence(&local, buf_str(&line));
	fprintf(stderr, "sitrep: %s: %s\n", c->name, local.data != NULL ? local.data : "");
	buf_release(&local);
	buf_release(&line);
	return EXIT_TROUBLE;
}
