/* SPDX-License-Identifier: ISC */
/* Writes the texts that come from the tables of the code, for the build:
 *
 *     describe manual FILE.in               the manual page, its marked places filled
 *     describe completion PROGRAM SHELL     the completion file, for bash, zsh or fish
 *
 * It is a program of its own that is not installed: it links the tables of sitrepd and of sitrep. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "completion.h"
#include "manual.h"
#include "sitrep/base/file.h"
#include "sitrep/config/command_line.h"

enum { TEXT_MAX = 4 * 1024 * 1024 };

static int write_manual(struct buf *out, const char *path, struct error *err)
{
	struct buf source = BUF_INIT(TEXT_MAX);
	int result = file_read(path, &source);

	if (result != 0)
		error_sys(err, result, "cannot read");
	else
		result = manual_fill(out, buf_str(&source), err);
	buf_release(&source);
	return result;
}

/* -EINVAL: no program or shell has that name. */
static int write_completion(struct buf *out, const char *program, const char *shell, struct error *err)
{
	static const struct program programs[] = {
		{"sitrep", sitrep_options, command_at}, {"sitrepd", sitrepd_options, NULL}};
	static const struct {
		const char *name;
		void (*write)(struct buf *out, const struct program *p);
	} shells[] = {{"bash", completion_bash}, {"zsh", completion_zsh}, {"fish", completion_fish}};

	for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++)
		for (size_t k = 0; k < sizeof(shells) / sizeof(shells[0]); k++)
			if (strcmp(programs[i].name, program) == 0 && strcmp(shells[k].name, shell) == 0)
				shells[k].write(out, &programs[i]);
	if (out->len == 0)
		return error_set(err, -EINVAL, "no such program or shell");
	return buf_failed(out) ? error_sys(err, out->failed, "cannot write the completion") : 0;
}

int main(int argc, char **argv)
{
	struct buf out = BUF_INIT(TEXT_MAX);
	struct error err = {0};
	int result;

	if (argc == 3 && strcmp(argv[1], "manual") == 0) {
		result = write_manual(&out, argv[2], &err);
	} else if (argc == 4 && strcmp(argv[1], "completion") == 0) {
		result = write_completion(&out, argv[2], argv[3], &err);
	} else {
		fputs("usage: describe manual FILE.in\n"
		      "       describe completion PROGRAM SHELL\n",
			stderr);
		return EXIT_FAILURE;
	}
	if (result != 0)
		fprintf(stderr, "describe: %s: %s\n", argv[2], err.text);
	else if (fwrite(out.data, 1, out.len, stdout) != out.len || fflush(stdout) != 0)
		result = -EIO;
	buf_release(&out);
	return result == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
