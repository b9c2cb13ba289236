/* SPDX-License-Identifier: ISC */
/* Options by a table, read by getopt. */
#include "sitrep/base/arguments.h"

#include <assert.h>
#include <getopt.h>
#include <string.h>

/* Places in the table are told from letters. */
enum { FIRST_PLACE = 256 };

int arguments_next(const struct argument_option *options, bool stops, int argc, char **argv)
{
	struct option names[ARGUMENT_OPTIONS_MAX + 2] = {0};
	char letters[2 * ARGUMENT_OPTIONS_MAX + 4] = {0};
	size_t count = 0, used = 0;
	int c;

	if (stops)
		letters[used++] = '+';
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
	if (c == -1)
		return ARGUMENTS_END;
	if (c >= FIRST_PLACE)
		return c - FIRST_PLACE;
	for (size_t i = 0; i < count; i++)
		if (options[i].letter == c)
			return (int)i;
	return c == 'h' ? ARGUMENTS_HELP : ARGUMENTS_WRONG;
}

static size_t option_width(const struct argument_option *o)
{
	return strlen(o->name) + (o->value != NULL ? 1 + strlen(o->value) : 0);
}

static void write_option(FILE *out, const struct argument_option *o, size_t width)
{
	char letter[] = {'-', o->letter, ',', '\0'};

	(void)fprintf(out, "  %-3s --%s%s%-*s  %s\n", o->letter != '\0' ? letter : "", o->name,
		o->value != NULL ? " " : "", (int)(width - strlen(o->name) - (o->value != NULL)),
		o->value != NULL ? o->value : "", o->help);
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
