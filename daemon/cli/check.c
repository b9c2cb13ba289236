/* SPDX-License-Identifier: ISC */
/* sitrep check: reads a configuration and reports its mistakes, without the daemon. */
#include <stdlib.h>

#include "client.h"
#include "sitrep/base/buf.h"
#include "sitrep/base/paths.h"
#include "sitrep/config/config_check.h"

enum { MISTAKES_TEXT_MAX = 4 * 1024 * 1024 };

static int run_check(const struct client_options *options)
{
	const char *file = command_argument(options, 0);
	int status = EXIT_DONE;
	struct config_mistakes mistakes;
	struct config *c = NULL;
	struct error err = {0};
	struct buf text = BUF_INIT(MISTAKES_TEXT_MAX);
	char *path;

	path = paths_config(file != NULL ? file : options->config_path);
	if (path == NULL)
		return command_fail(&command_check, "out of memory");
	config_mistakes_init(&mistakes);
	config_load_checked(path, CONFIG_TO_CHECK, NULL, &c, &mistakes, &err);
	if (config_mistakes_write(&mistakes, true, &text) == 0 && text.len > 0)
		fwrite(text.data, 1, text.len, stderr);
	if (c != NULL)
		printf("%s: good, %zu feeds, %zu alerts, %zu outputs\n", path, c->feeds.count, c->alerts.count,
			c->outputs.count);
	else
		status = command_fail(&command_check, err.text);
	config_free(c);
	config_mistakes_release(&mistakes);
	buf_release(&text);
	free(path);
	return status;
}

const struct command command_check = {
	.name = "check",
	.options = command_no_options,
	.arguments = "[FILE]",
	.kind = ARGUMENT_FILE,
	.most = 1,
	.summary = "Read a configuration and report every mistake",
	.run = run_check,
};
