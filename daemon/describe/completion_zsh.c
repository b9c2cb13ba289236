/* SPDX-License-Identifier: ISC */
/* Completion for zsh: a function for its fpath. */
#include "completion.h"

/* Appends text for the brackets of a specification in single quotes. */
static void put_quoted(struct buf *out, const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text == '\'')
			buf_puts(out, "'\\''");
		else if (*text == '[' || *text == ']' || *text == ':' || *text == '\\')
			buf_printf(out, "\\%c", *text);
		else
			buf_putc(out, *text);
	}
}

static void put_action(struct buf *out, const struct program *p, enum argument_kind kind)
{
	static const char *const actions[] = {
		[ARGUMENT_NONE] = " ",
		[ARGUMENT_TEXT] = " ",
		[ARGUMENT_FILE] = "_files",
		[ARGUMENT_FOLDER] = "_files -/",
		[ARGUMENT_FEED] = "_sitrep_feed_names",
		[ARGUMENT_EVENT] = "(",
		[ARGUMENT_COMMAND] = "(",
	};

	completion_values(out, p, kind, actions[kind], ")");
}

static void put_option(struct buf *out, const struct program *p, const struct argument_option *o, const char *indent)
{
	if (o->letter != '\0')
		buf_printf(out, "%s'*'{-%c,--%s}'[", indent, o->letter, o->name);
	else
		buf_printf(out, "%s'*--%s[", indent, o->name);
	put_quoted(out, o->help);
	buf_puts(out, "]");
	if (o->value != NULL) {
		buf_printf(out, ":%s:", o->value);
		put_action(out, p, o->kind);
	}
	buf_puts(out, "' \\\n");
}

static void put_options(
	struct buf *out, const struct program *p, const struct argument_option *options, const char *indent)
{
	static const struct argument_option help = {.name = "help", .letter = 'h', .help = "show the usage"};

	for (const struct argument_option *o = options; o->name != NULL; o++)
		put_option(out, p, o, indent);
	put_option(out, p, &help, indent);
}

static void put_commands(struct buf *out, const struct program *p)
{
	const struct command *c;

	buf_puts(out, "\t\t':command:->command' '*::argument:->argument'\n"
		      "\tlocal config=${opt_args[-c]:-${opt_args[--config]}} socket=${opt_args[--socket]}\n"
		      "\tcase $state in\n"
		      "\tcommand)\n"
		      "\t\tcommands=(\n");
	for (size_t i = 0; (c = program_command(p, i)) != NULL; i++) {
		buf_printf(out, "\t\t\t'%s:", c->name);
		put_quoted(out, c->summary);
		buf_puts(out, "'\n");
	}
	buf_puts(out, "\t\t)\n"
		      "\t\t_describe command commands ;;\n"
		      "\targument)\n"
		      "\t\tcase $words[1] in\n");
	for (size_t i = 0; (c = program_command(p, i)) != NULL; i++) {
		buf_printf(out, "\t\t%s) _arguments -s \\\n", c->name);
		put_options(out, p, c->options, "\t\t\t");
		buf_printf(out, "\t\t\t'%s:argument:", c->most > 1 ? "*" : "");
		put_action(out, p, c->kind);
		buf_puts(out, "' ;;\n");
	}
	buf_puts(out, "\t\tesac ;;\n\tesac\n");
}

void completion_zsh(struct buf *out, const struct program *p)
{
	buf_printf(out, "#compdef %s\n# Completion of %s for zsh; made by the build.\n", p->name, p->name);
	if (p->command_at != NULL)
		buf_printf(out,
			"_sitrep_feed_names() {\n"
			"\tlocal -a names\n"
			"\tnames=(${(f)\"$(%s ${config:+-c} ${(Q)config} ${socket:+--socket} ${(Q)socket} "
			"feeds --names 2>/dev/null)\"})\n"
			"\tcompadd -a names\n"
			"}\n",
			p->name);
	buf_printf(out, "_%s() {\n\tlocal curcontext=$curcontext state line\n", p->name);
	buf_printf(out, "\tlocal -A opt_args\n\tlocal -a commands\n\t_arguments -s %s\\\n",
		p->command_at != NULL ? "-C " : "");
	put_options(out, p, p->options, "\t\t");
	if (p->command_at != NULL)
		put_commands(out, p);
	else
		buf_puts(out, "\t\t&& return\n");
	buf_printf(out, "}\n_%s \"$@\"\n", p->name);
}
