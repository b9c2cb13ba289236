/* SPDX-License-Identifier: ISC */
/* backup.h: a copy of the database, made while the daemon writes it or while it is stopped.
 *
 * A connection of its own reads the database in one read transaction, so the writer never waits and the copy is
 * never restarted; meanwhile the WAL cannot be truncated.  The copy is written beside its place under another name,
 * checked, synced, and then renamed. */
#ifndef SITREP_STORE_BACKUP_H
#define SITREP_STORE_BACKUP_H

#include <stdbool.h>
#include <stdint.h>

#include "sitrep/base/error.h"

enum backup_stage { BACKUP_COPY, BACKUP_CHECK };

struct backup_options {
	const char *state_dir;
	const char *file; /* path of the copy */
	bool force;       /* replaces a file of that name */
	/* Called some times a second; done and total in pages (BACKUP_CHECK: both 0).  Another result than 0 ends with
	 * -ECANCELED. */
	int (*progress)(void *arg, enum backup_stage stage, int64_t done, int64_t total);
	void *arg;
};

struct backup_result {
	int64_t bytes, items, stories;
};

/* 0; or negative errno with a sentence, and no file is left. */
int backup_make(const struct backup_options *options, struct backup_result *result, struct error *err);

#endif
