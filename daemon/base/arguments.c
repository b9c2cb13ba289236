/* SPDX-License-Identifier: ISC */
#include "sitrep/base/arguments.h"

#include <assert.h>
#include <getopt.h>
#include <string.h>

#include "sitrep/base/nearest.h"
#include "sitrep/base/utf8.h"

/* getopt gets FIRST_PLACE plus an option's index in the table as its value, so that no index equals a letter. */
enum { FIRST_PLACE = 256, NAME_SHOWN_MAX = 60 };

/* Why the last option was wrong, for arguments_mistake(). */
static bool value_is_missing;

int arguments_next(const struct argument_option *options, bool stops, int argc, char **argv)
{
	struct option names[ARGUMENT_OPTIONS_MAX + 2] = {0};
	char letters[2 * ARGUMENT_OPTIONS_MAX + 5] = {0};
	size_t count = 0, used = 0;
	int c;

	if (stops)
		letters[used++] = '+';
	letters[used++] = ':'; /* getopt prints nothing, and tells a missing value from an unknown option */
	for (; options[count].name != NULL; count++) {
		const struct argument_option *o = &options[count];

		assert(count < ARGUMENT_OPTIONS_MAX);
		names[count] = (struct option){.name = o->name,
			.has_arg = o->value != NULL ? required_argument : no_argument,
			.val = FIRST_PLACE + (int)count};
		if (o->letter != '\0')
			letters[used++] = o->letter;
		if (o->letter != '\0' && o->value != NULL)
			letters[used++] = ':';
	}
	names[count] = (struct option){.name = "help", .val = 'h'};
	letters[used] = 'h';
	c = getopt_long(argc, argv, letters, names, NULL);
	value_is_missing = c == ':';
	if (c == -1)
		return ARGUMENTS_END;
	if (c >= FIRST_PLACE)
		return c - FIRST_PLACE;
	for (size_t i = 0; i < count; i++)
		if (options[i].letter == c)
			return (int)i;
	return c == 'h' ? ARGUMENTS_HELP : ARGUMENTS_WRONG;
}

/* The option of getopt's optopt, which is a letter or FIRST_PLACE plus an index.  NULL: --help. */
static const struct argument_option *option_at(const struct argument_option *options, int at)
{
	for (size_t i = 0; options[i].name != NULL; i++)
		if (at == FIRST_PLACE + (int)i || (options[i].letter != '\0' && at == options[i].letter))
			return &options[i];
	return NULL;
}

static void write_unknown(const struct argument_option *options, struct str name, char text[ARGUMENTS_MISTAKE_MAX])
{
	size_t best = SIZE_MAX, beginnings = 0;
	const char *nearest = nearest_name(name, STR("help"), &best, NULL);

	for (const struct argument_option *o = options; o->name != NULL; o++) {
		beginnings += str_starts(str_from(o->name), name);
		nearest = nearest_name(name, str_from(o->name), &best, nearest);
	}
	snprintf(text, ARGUMENTS_MISTAKE_MAX, "%s --%.*s%s%s%s",
		beginnings > 1 ? "several options begin with" : "unknown option",
		STR_ARG(utf8_cut(name, NAME_SHOWN_MAX)), beginnings <= 1 && nearest != NULL ? ", did you mean --" : "",
		beginnings <= 1 && nearest != NULL ? nearest : "", beginnings <= 1 && nearest != NULL ? "?" : "");
}

const char *arguments_mistake(const struct argument_option *options, char **argv, char text[ARGUMENTS_MISTAKE_MAX])
{
	const struct argument_option *o = option_at(options, optopt);
	struct str rest = str_from(argv[optind - 1]), name;

	if (optopt == 0 && str_split(&rest, '=', &name))
		write_unknown(options, str_slice(name, 2, name.len), text);
	else if (value_is_missing && o != NULL)
		snprintf(text, ARGUMENTS_MISTAKE_MAX, "option --%s needs a value: --%s %s", o->name, o->name, o->value);
	else if (optopt >= FIRST_PLACE || optopt == 'h')
		snprintf(text, ARGUMENTS_MISTAKE_MAX, "option --%s takes no value", o != NULL ? o->name : "help");
	else
		snprintf(text, ARGUMENTS_MISTAKE_MAX, "unknown option -%c", optopt);
	return text;
}

static size_t option_width(const struct argument_option *o)
{
	return strlen(o->name) + (o->value != NULL ? 1 + strlen(o->value) : 0);
}

static void write_option(FILE *out, const struct argument_option *o, size_t width)
{
	char letter[] = {'-', o->letter, ',', '\0'};

	fprintf(out, "  %-3s --%s%s%-*s  %s\n", o->letter != '\0' ? letter : "", o->name, o->value != NULL ? " " : "",
		(int)(width - strlen(o->name) - (o->value != NULL)), o->value != NULL ? o->value : "", o->help);
}

void arguments_write(FILE *out, const struct argument_option *options)
{
	static const struct argument_option help = {.name = "help", .letter = 'h', .help = "this text"};
	size_t width = option_width(&help);

	for (const struct argument_option *o = options; o->name != NULL; o++)
		if (option_width(o) > width)
			width = option_width(o);
	for (const struct argument_option *o = options; o->name != NULL; o++)
		write_option(out, o, width);
	write_option(out, &help, width);
}
