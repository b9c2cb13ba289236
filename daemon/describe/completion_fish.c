/* SPDX-License-Identifier: ISC */
/* Completion for fish. */
#include "completion.h"

/* Appends text for use within single quotes. */
static void put_quoted(struct buf *out, const char *text)
{
	(void)buf_putc(out, '\'');
	for (; *text != '\0'; text++) {
		if (*text == '\'' || *text == '\\')
			(void)buf_putc(out, '\\');
		(void)buf_putc(out, *text);
	}
	(void)buf_putc(out, '\'');
}

static void put_kind(struct buf *out, enum argument_kind kind)
{
	switch (kind) {
	case ARGUMENT_NONE:
		break;
	case ARGUMENT_TEXT:
		(void)buf_puts(out, " -x");
		break;
	case ARGUMENT_FILE:
		(void)buf_puts(out, " -r -F");
		break;
	case ARGUMENT_FOLDER:
		(void)buf_puts(out, " -x -a '(__fish_complete_directories)'");
		break;
	case ARGUMENT_FEED:
		(void)buf_puts(out, " -x -a '(__sitrep_feed_names)'");
		break;
	case ARGUMENT_EVENT:
		(void)buf_puts(out, " -x -a '");
		completion_events(out);
		(void)buf_puts(out, "'");
		break;
	}
}

static void put_options(
	struct buf *out, const struct program *p, const char *condition, const struct argument_option *options)
{
	for (const struct argument_option *o = options; o->name != NULL; o++) {
		(void)buf_printf(out, "complete -c %s%s", p->name, condition);
		if (o->letter != '\0')
			(void)buf_printf(out, " -s %c", o->letter);
		(void)buf_printf(out, " -l %s -d ", o->name);
		put_quoted(out, o->help);
		if (o->value != NULL)
			put_kind(out, o->kind);
		(void)buf_putc(out, '\n');
	}
	(void)buf_printf(out, "complete -c %s%s -s h -l help -d 'show the usage'\n", p->name, condition);
}

/* The command on the line so far, and the names of feeds. */
static void put_functions(struct buf *out, const struct program *p)
{
	(void)buf_printf(out, "function __sitrep_command\n"
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
			(void)buf_printf(out, " --%s", o->name);
	(void)buf_puts(out, "\n"
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
			    "\tset -l config\n"
			    "\tfor i in (seq (count $words))\n"
			    "\t\tif contains -- $words[$i] -c --config; and test $i -lt (count $words)\n"
			    "\t\t\tset config -c $words[(math $i + 1)]\n"
			    "\t\tend\n"
			    "\tend\n"
			    "\t$words[1] $config feeds --names 2>/dev/null\n"
			    "end\n");
}

void completion_fish(struct buf *out, const struct program *p)
{
	const struct command *c;

	(void)buf_printf(out, "# Completion of %s for fish; made by the build.\n", p->name);
	(void)buf_printf(out, "complete -c %s -f\n", p->name);
	if (p->command_at == NULL) {
		put_options(out, p, "", p->options);
		return;
	}
	put_functions(out, p);
	put_options(out, p, " -n 'not __sitrep_command >/dev/null'", p->options);
	for (size_t i = 0; (c = program_command(p, i)) != NULL; i++) {
		struct buf condition = BUF_INIT(256);

		(void)buf_printf(
			out, "complete -c %s -n 'not __sitrep_command >/dev/null' -a %s -d ", p->name, c->name);
		put_quoted(out, c->summary);
		(void)buf_printf(&condition, " -n 'contains -- %s (__sitrep_command)'", c->name);
		(void)buf_putc(out, '\n');
		put_options(out, p, condition.data, c->options);
		if (c->kind != ARGUMENT_NONE && c->kind != ARGUMENT_TEXT) {
			(void)buf_printf(out, "complete -c %s%s", p->name, condition.data);
			put_kind(out, c->kind);
			(void)buf_putc(out, '\n');
		}
		buf_release(&condition);
	}
}
