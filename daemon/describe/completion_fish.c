/* SPDX-License-Identifier: ISC */
/* Completion for fish. */
#include "completion.h"

/* Appends text for use within single quotes. */
static void put_quoted(struct buf *out, const char *text)
{
	buf_putc(out, '\'');
	for (; *text != '\0'; text++) {
		if (*text == '\'' || *text == '\\')
			buf_putc(out, '\\');
		buf_putc(out, *text);
	}
	buf_putc(out, '\'');
}

static void put_kind(struct buf *out, const struct program *p, enum argument_kind kind)
{
	static const char *const actions[] = {
		[ARGUMENT_NONE] = "",
		[ARGUMENT_TEXT] = " -x",
		[ARGUMENT_FILE] = " -r -F",
		[ARGUMENT_FOLDER] = " -x -a '(__fish_complete_directories)'",
		[ARGUMENT_FEED] = " -x -a '(__sitrep_feed_names)'",
		[ARGUMENT_EVENT] = " -x -a '",
		[ARGUMENT_COMMAND] = " -x -a '",
	};

	completion_values(out, p, kind, actions[kind], "'");
}

static void put_options(
	struct buf *out, const struct program *p, const char *condition, const struct argument_option *options)
{
	for (const struct argument_option *o = options; o->name != NULL; o++) {
		buf_printf(out, "complete -c %s%s", p->name, condition);
		if (o->letter != '\0')
			buf_printf(out, " -s %c", o->letter);
		buf_printf(out, " -l %s -d ", o->name);
		put_quoted(out, o->help);
		if (o->value != NULL)
			put_kind(out, p, o->kind);
		buf_putc(out, '\n');
	}
	buf_printf(out, "complete -c %s%s -s h -l help -d 'show the usage'\n", p->name, condition);
}

/* The command on the line so far, and the names of feeds. */
static void put_functions(struct buf *out, const struct program *p)
{
	buf_printf(out, "function __sitrep_command\n"
			"\tset -l words (commandline -opc)\n"
			"\tset -l skip 1\n"
			"\tfor word in $words\n"
			"\t\tif test $skip = 1\n"
			"\t\t\tset skip 0\n"
			"\t\t\tcontinue\n"
			"\t\tend\n"
			"\t\tswitch $word\n"
			"\t\tcase -c");
	for (const struct argument_option *o = p->options; o->name != NULL; o++)
		if (o->value != NULL)
			buf_printf(out, " --%s", o->name);
	buf_puts(out, "\n"
		      "\t\t\tset skip 1\n"
		      "\t\tcase '-*'\n"
		      "\t\tcase '*'\n"
		      "\t\t\techo $word\n"
		      "\t\t\treturn 0\n"
		      "\t\tend\n"
		      "\tend\n"
		      "\treturn 1\n"
		      "end\n"
		      "function __sitrep_feed_names\n"
		      "\tset -l words (commandline -opc)\n"
		      "\tset -l daemon\n"
		      "\tfor i in (seq (count $words))\n"
		      "\t\tif contains -- $words[$i] -c --config --socket; and test $i -lt (count $words)\n"
		      "\t\t\tset -a daemon $words[$i] $words[(math $i + 1)]\n"
		      "\t\tend\n"
		      "\tend\n"
		      "\t$words[1] $daemon feeds --names 2>/dev/null\n"
		      "end\n");
}

void completion_fish(struct buf *out, const struct program *p)
{
	const struct command *c;

	buf_printf(out, "# Completion of %s for fish; made by the build.\n", p->name);
	buf_printf(out, "complete -c %s -f\n", p->name);
	if (p->command_at == NULL) {
		put_options(out, p, "", p->options);
		return;
	}
	put_functions(out, p);
	put_options(out, p, " -n 'not __sitrep_command >/dev/null'", p->options);
	for (size_t i = 0; (c = program_command(p, i)) != NULL; i++) {
		struct buf condition = BUF_INIT(256);

		buf_printf(out, "complete -c %s -n 'not __sitrep_command >/dev/null' -a %s -d ", p->name, c->name);
		put_quoted(out, c->summary);
		buf_printf(&condition, " -n 'contains -- %s (__sitrep_command)'", c->name);
		buf_putc(out, '\n');
		put_options(out, p, condition.data, c->options);
		if (c->kind != ARGUMENT_NONE && c->kind != ARGUMENT_TEXT) {
			buf_printf(out, "complete -c %s%s", p->name, condition.data);
			put_kind(out, p, c->kind);
			buf_putc(out, '\n');
		}
		buf_release(&condition);
	}
}
