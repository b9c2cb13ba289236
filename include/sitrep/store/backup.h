/* backup.h: a copy of the database, made while the daemon writes it or while it is stopped.
 *
 * The caller's own connection reads one state of the file (a snapshot, in the WAL's way), so the writer waits for
 * nothing and the copy needs no second try; the WAL is not cut back until the copy is read.  The copy is made beside
 * its place under another name, checked as a whole, brought to the disk and only then given its name. */
#ifndef SITREP_STORE_BACKUP_H
#define SITREP_STORE_BACKUP_H

#include <stdbool.h>
#include <stdint.h>

#include "sitrep/base/error.h"

enum backup_stage { BACKUP_COPY, BACKUP_CHECK };

struct backup_options {
	const char *state_dir;
	const char *file; /* the copy */
	bool force;       /* replaces what has its name */
	/* Called some times a second, done and total in pages (BACKUP_CHECK: both 0); not 0 gives up with -ECANCELED.
	 */
	int (*progress)(void *arg, enum backup_stage stage, int64_t done, int64_t total);
	void *arg;
};

struct backup_result {
	int64_t bytes, items, stories;
};

/* 0; negative errno with a sentence, and nothing is left of the copy. */
int backup_make(const struct backup_options *options, struct backup_result *result, struct error *err);

#endif
