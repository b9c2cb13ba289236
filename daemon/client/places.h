/* SPDX-License-Identifier: ISC */
/* places.h: looks for a daemon that answers. */
#ifndef SITREP_CLIENT_PLACES_H
#define SITREP_CLIENT_PLACES_H

#include <stdbool.h>

#include "sitrep/base/error.h"

struct places_wanted {
	bool control;          /* the control socket, else the stream */
	const char *path;      /* this socket alone; NULL: preferred, then the folders of paths_places_init() */
	const char *preferred; /* may be NULL */
	int patience_ms;       /* for each place; negative: no end */
};

/* 0, an open descriptor and the socket's path (malloc'ed); or a negative code, and a sentence that names each place and
 * the fault there.  A refusal (-EACCES) is told rather than a missing socket. */
int places_connect(const struct places_wanted *wanted, int *fd, char **path, struct error *err);

#endif
