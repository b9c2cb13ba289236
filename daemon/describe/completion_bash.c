/* SPDX-License-Identifier: ISC */
/* Completion for bash.  It works without the functions of the bash-completion package, and goes into that package's
 * folder. */
#include "completion.h"
#include "sitrep/store/event_json.h"

const struct command *program_command(const struct program *p, size_t i)
{
	return p->command_at != NULL ? p->command_at(i) : NULL;
}

/* The names of the log's events, separated by blanks. */
static void put_events(struct buf *out)
{
	const char *name, *help;

	for (size_t i = 0; event_kind_at(i, &name, &help); i++)
		if (event_kind_parse(str_from(name)) != 0)
			buf_printf(out, "%s%s", i > 0 ? " " : "", name);
}

static void put_commands(struct buf *out, const struct program *p)
{
	const struct command *c;

	for (size_t i = 0; (c = program_command(p, i)) != NULL; i++)
		buf_printf(out, "%s%s", i > 0 ? " " : "", c->name);
}

void completion_values(
	struct buf *out, const struct program *p, enum argument_kind kind, const char *action, const char *end)
{
	buf_puts(out, action);
	if (kind == ARGUMENT_EVENT)
		put_events(out);
	else if (kind == ARGUMENT_COMMAND)
		put_commands(out, p);
	else
		return;
	buf_puts(out, end);
}

static const char *kind_name(enum argument_kind kind)
{
	static const char *const names[] = {
		[ARGUMENT_NONE] = "none",
		[ARGUMENT_TEXT] = "text",
		[ARGUMENT_FILE] = "file",
		[ARGUMENT_FOLDER] = "folder",
		[ARGUMENT_FEED] = "feed",
		[ARGUMENT_EVENT] = "event",
		[ARGUMENT_COMMAND] = "command",
	};

	return names[kind];
}

/* "-c | --config" */
static void put_names(struct buf *out, const struct argument_option *o, const char *before)
{
	if (o->letter != '\0')
		buf_printf(out, "%s-%c | ", before, o->letter);
	buf_printf(out, "%s--%s", before, o->name);
}

/* Writes the options that take a value as patterns of a shell's `case`: "tail:--since) kind=text ;;". */
static void put_value_cases(struct buf *out, const struct argument_option *options, const char *command)
{
	struct buf before = BUF_INIT(256);

	buf_printf(&before, "%s:", command);
	for (const struct argument_option *o = options; o->name != NULL; o++) {
		if (o->value == NULL)
			continue;
		buf_puts(out, "\t");
		put_names(out, o, before.data);
		buf_printf(out, ") kind=%s ;;\n", kind_name(o->kind));
	}
	buf_release(&before);
}

static void put_words(struct buf *out, const struct argument_option *options)
{
	for (const struct argument_option *o = options; o->name != NULL; o++) {
		if (o->letter != '\0')
			buf_printf(out, "-%c ", o->letter);
		buf_printf(out, "--%s ", o->name);
	}
	buf_puts(out, "-h --help");
}

/* Finds the command on the line, and keeps the options before it: the daemon that they name is asked for feeds. */
static void put_command_search(struct buf *out, const struct program *p)
{
	const char *before = "\t\t";

	buf_puts(out, "\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
		      "\t\tcase ${COMP_WORDS[i]} in\n");
	for (const struct argument_option *o = p->options; o->name != NULL; o++) {
		if (o->value == NULL)
			continue;
		buf_puts(out, before);
		put_names(out, o, "");
		before = " | ";
	}
	buf_puts(out, ") daemon+=(\"${COMP_WORDS[i]}\" \"${COMP_WORDS[++i]}\") ;;\n"
		      "\t\t-*) ;;\n"
		      "\t\t*) command=${COMP_WORDS[i]}; break ;;\n"
		      "\t\tesac\n"
		      "\tdone\n");
}

/* Writes the options and arguments of each command. */
static void put_command_cases(struct buf *out, const struct program *p)
{
	const struct command *c;

	buf_puts(out, "\tcase $command in\n\t'') options='");
	put_words(out, p->options);
	buf_puts(out, p->command_at != NULL ? "' kind=command ;;\n" : "' kind=none ;;\n");
	for (size_t i = 0; (c = program_command(p, i)) != NULL; i++) {
		buf_printf(out, "\t%s) options='", c->name);
		put_words(out, c->options);
		buf_printf(out, "' kind=%s ;;\n", kind_name(c->kind));
	}
	buf_puts(out, "\tesac\n\tcase $command:$previous in\n");
	put_value_cases(out, p->options, "");
	for (size_t i = 0; (c = program_command(p, i)) != NULL; i++)
		put_value_cases(out, c->options, c->name);
	buf_puts(out, "\t*) [[ $current == -* ]] && kind=option ;;\n\tesac\n");
}

void completion_bash(struct buf *out, const struct program *p)
{
	buf_printf(out,
		"# Completion of %s for bash; made by the build.\n"
		"_%s()\n"
		"{\n"
		"\tlocal current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}\n"
		"\tlocal command= options= kind=none i words=\n"
		"\tlocal -a daemon=()\n"
		"\tCOMPREPLY=()\n",
		p->name, p->name);
	if (p->command_at != NULL)
		put_command_search(out, p);
	put_command_cases(out, p);
	buf_puts(out, "\tcase $kind in\n\toption) words=$options ;;\n");
	if (p->command_at != NULL) {
		buf_puts(out, "\tcommand) words='");
		put_commands(out, p);
		buf_puts(out, "' ;;\n\tevent) words='");
		put_events(out);
		buf_puts(out, "' ;;\n"
			      "\tfeed) words=$(\"${COMP_WORDS[0]}\" \"${daemon[@]}\" feeds --names 2>/dev/null) ;;\n");
	}
	buf_printf(out,
		"\tfile) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- \"$current\"); "
		"return ;;\n"
		"\tfolder) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -d -- \"$current\"); "
		"return ;;\n"
		"\tesac\n"
		"\tmapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$current\")\n"
		"}\n"
		"complete -F _%s %s\n",
		p->name, p->name);
}
