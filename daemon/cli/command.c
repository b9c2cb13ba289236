/* What every command tells: its usage, and why it failed. */
#include "client.h"
#include "sitrep/base/utf8.h"

void command_usage(const struct command *c, FILE *out)
{
	(void)fprintf(out, "usage: sitrep %s %s\n\n%s.\n", c->name, c->arguments, c->summary);
	if (c->help[0] != '\0')
		(void)fprintf(out, "\n%s", c->help);
}

int command_fail(const struct command *c, const char *sentence)
{
	struct buf line = BUF_INIT(2 * ERROR_TEXT_MAX);

	/* It may quote what came from outside. */
	(void)utf8_one_line(&line, str_from(sentence));
	(void)fprintf(stderr, "sitrep: %s: %s\n", c->name, line.data != NULL ? line.data : "");
	buf_release(&line);
	return EXIT_TROUBLE;
}
