/* SPDX-License-Identifier: ISC */
/* folder_fixture.h: a state folder, and the path of the database in it, which is not there yet. */
#ifndef SITREP_TEST_FOLDER_FIXTURE_H
#define SITREP_TEST_FOLDER_FIXTURE_H

#include "fixture.h"

struct folder {
	char dir[256];
	char db[400];
};

static inline void folder_make(struct folder *f)
{
	state_dir_make(f->dir);
	snprintf(f->db, sizeof(f->db), "%s/sitrepd.db", f->dir);
}

static inline void folder_remove(struct folder *f)
{
	state_dir_remove(f->dir);
}

FIXTURE(folder, folder_make, folder_remove)

/* Makes the database. */
static inline void folder_fill(struct folder *f)
{
	struct error err = {0};
	struct store s;

	assert_ok(store_open(&s, f->dir, STORE_WRITE, &err) == 0, err);
	store_close(&s);
}

#endif
