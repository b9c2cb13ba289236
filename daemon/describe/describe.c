/* Writes the texts that come from the tables of the code, for the build:
 *
 *     describe manual FILE.in    the manual page, its marked places filled
 *
 * It is a program of its own, not an option of sitrepd: it links both programs' tables, and nobody needs it once the
 * files are installed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "manual.h"
#include "sitrep/base/file.h"

enum { TEXT_MAX = 4 * 1024 * 1024 };

static int write_manual(struct buf *out, const char *path, struct error *err)
{
	struct buf source = BUF_INIT(TEXT_MAX);
	int result = file_read(path, &source);

	if (result != 0)
		(void)error_sys(err, result, "cannot read");
	else
		result = manual_fill(out, buf_str(&source), err);
	buf_release(&source);
	return result;
}

int main(int argc, char **argv)
{
	struct buf out = BUF_INIT(TEXT_MAX);
	struct error err = {0};
	int result;

	if (argc != 3 || strcmp(argv[1], "manual") != 0) {
		(void)fputs("usage: describe manual FILE.in\n", stderr);
		return EXIT_FAILURE;
	}
	result = write_manual(&out, argv[2], &err);
	if (result != 0)
		(void)fprintf(stderr, "describe: %s: %s\n", argv[2], err.text);
	else if (fwrite(out.data, 1, out.len, stdout) != out.len || fflush(stdout) != 0)
		result = -1;
	buf_release(&out);
	return result == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
