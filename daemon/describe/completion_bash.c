/* SPDX-License-Identifier: ISC */
/* Completion for bash.  It works without the functions of the bash-completion package, and goes into that package's
 * folder. */
#include "completion.h"
#include "sitrep/store/reader.h"

const struct command *program_command(const struct program *p, size_t i)
{
	return p->command_at != NULL ? p->command_at(i) : NULL;
}

void completion_events(struct buf *out)
{
	const char *name, *help;

	for (size_t i = 0; event_kind_at(i, &name, &help); i++)
		if (event_kind_parse(str_from(name)) != 0)
			(void)buf_printf(out, "%s%s", i > 0 ? " " : "", name);
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
	};

	return names[kind];
}

/* "-c | --config" */
static void put_names(struct buf *out, const struct argument_option *o, const char *before)
{
	if (o->letter != '\0')
		(void)buf_printf(out, "%s-%c | ", before, o->letter);
	(void)buf_printf(out, "%s--%s", before, o->name);
}

/* The options that take a value, as patterns of a case. */
static void put_value_cases(struct buf *out, const struct argument_option *options, const char *command)
{
	struct buf before = BUF_INIT(256);

	(void)buf_printf(&before, "%s:", command);
	for (const struct argument_option *o = options; o->name != NULL; o++) {
		if (o->value == NULL)
			continue;
		(void)buf_puts(out, "\t");
		put_names(out, o, before.data);
		(void)buf_printf(out, ") kind=%s ;;\n", kind_name(o->kind));
	}
	buf_release(&before);
}

static void put_words(struct buf *out, const struct argument_option *options)
{
	for (const struct argument_option *o = options; o->name != NULL; o++) {
		if (o->letter != '\0')
			(void)buf_printf(out, "-%c ", o->letter);
		(void)buf_printf(out, "--%s ", o->name);
	}
	(void)buf_puts(out, "-h --help");
}

static void put_command_search(struct buf *out, const struct program *p)
{
	(void)buf_puts(out, "\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
			    "\t\tcase ${COMP_WORDS[i]} in\n"
			    "\t\t-c | --config) config=(-c \"${COMP_WORDS[++i]}\") ;;\n");
	for (const struct argument_option *o = p->options; o->name != NULL; o++)
		if (o->value != NULL && o->letter != 'c')
			(void)buf_printf(out, "\t\t--%s) ((++i)) ;;\n", o->name);
	(void)buf_puts(out, "\t\t-*) ;;\n"
			    "\t\t*) command=${COMP_WORDS[i]}; break ;;\n"
			    "\t\tesac\n"
			    "\tdone\n");
}

/* Writes the options and arguments of each command. */
static void put_command_cases(struct buf *out, const struct program *p)
{
	const struct command *c;

	(void)buf_puts(out, "\tcase $command in\n\t'') options='");
	put_words(out, p->options);
	(void)buf_puts(out, p->command_at != NULL ? "' kind=command ;;\n" : "' kind=none ;;\n");
	for (size_t i = 0; (c = program_command(p, i)) != NULL; i++) {
		(void)buf_printf(out, "\t%s) options='", c->name);
		put_words(out, c->options);
		(void)buf_printf(out, "' kind=%s ;;\n", kind_name(c->kind));
	}
	(void)buf_puts(out, "\tesac\n\tcase $command:$previous in\n");
	put_value_cases(out, p->options, "");
	for (size_t i = 0; (c = program_command(p, i)) != NULL; i++)
		put_value_cases(out, c->options, c->name);
	(void)buf_puts(out, "\t*) [[ $current == -* ]] && kind=option ;;\n\tesac\n");
}

void completion_bash(struct buf *out, const struct program *p)
{
	const struct command *c;

	(void)buf_printf(out,
		"# Completion of %s for bash; made by the build.\n"
		"_%s()\n"
		"{\n"
		"\tlocal current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}\n"
		"\tlocal command= options= kind=none i words=\n"
		"\tlocal -a config=()\n"
		"\tCOMPREPLY=()\n",
		p->name, p->name);
	if (p->command_at != NULL)
		put_command_search(out, p);
	put_command_cases(out, p);
	(void)buf_puts(out, "\tcase $kind in\n\toption) words=$options ;;\n");
	if (p->command_at != NULL) {
		(void)buf_puts(out, "\tcommand) words='");
		for (size_t i = 0; (c = program_command(p, i)) != NULL; i++)
			(void)buf_printf(out, "%s%s", i > 0 ? " " : "", c->name);
		(void)buf_puts(out, "' ;;\n\tevent) words='");
		completion_events(out);
		(void)buf_puts(out,
			"' ;;\n"
			"\tfeed) words=$(\"${COMP_WORDS[0]}\" \"${config[@]}\" feeds --names 2>/dev/null) ;;\n");
	}
	(void)buf_printf(out,
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
