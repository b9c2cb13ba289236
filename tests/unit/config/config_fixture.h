/* SPDX-License-Identifier: ISC */
/* A configuration of real files in a folder of the test's own. */
#ifndef SITREP_TEST_CONFIG_FIXTURE_H
#define SITREP_TEST_CONFIG_FIXTURE_H

#include <ftw.h>
#include <limits.h>
#include <sys/stat.h>

#include "../scratch.h"
#include "sitrep/config/config.h"

struct fixture {
	char folder[64];
	char path[128]; /* of the main file */
	struct config_mistakes mistakes;
	struct config *config;
	struct error err;
	struct buf said;
};

static inline void setup(struct fixture *f)
{
	*f = (struct fixture){.folder = "/tmp/sitrep-config-XXXXXX", .said = BUF_INIT(1 << 20)};
	assert_non_null(mkdtemp(f->folder));
	snprintf(f->path, sizeof(f->path), "%s/main.conf", f->folder);
	config_mistakes_init(&f->mistakes);
}

static inline int remove_one(const char *path, const struct stat *st, int kind, struct FTW *where)
{
	(void)st;
	(void)kind;
	(void)where;
	return remove(path);
}

static inline void teardown(struct fixture *f)
{
	config_free(f->config);
	config_mistakes_release(&f->mistakes);
	buf_release(&f->said);
	assert_int_equal(nftw(f->folder, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}

FIXTURE(fixture, setup, teardown)

static inline void write_file(struct fixture *f, const char *name, const char *text)
{
	char path[PATH_MAX];
	FILE *out;

	snprintf(path, sizeof(path), "%s/%s", f->folder, name);
	out = fopen(path, "w");
	assert_non_null(out);
	assert_true(fputs(text, out) >= 0);
	assert_int_equal(fclose(out), 0);
}

static inline void load(struct fixture *f, const char *text)
{
	if (text != NULL)
		write_file(f, "main.conf", text);
	config_free(f->config);
	config_mistakes_release(&f->mistakes);
	buf_clear(&f->said);
	f->config = config_load(f->path, &f->mistakes, &f->err);
	assert_non_null(f->config);
	assert_int_equal(config_mistakes_write(&f->mistakes, false, &f->said), 0);
	buf_putc(&f->said, '\0');
}

static inline void assert_said(const struct fixture *f, const char *words)
{
	if (strstr(f->said.data, words) == NULL)
		fail_msg("nothing of \"%s\" in:\n%s", words, f->said.data);
}

#endif
