/* SPDX-License-Identifier: ISC */
/* story_list.h: sitrep stories without a file: the stored stories. */
#ifndef SITREP_CLI_STORY_LIST_H
#define SITREP_CLI_STORY_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sitrep/base/error.h"

struct story_list_options {
	int64_t since_ms; /* that began in this time; 0: in a day */
	bool top;         /* those of most outlets first; else the newest */
	bool json;
	size_t count;          /* to be shown; 0: 20 */
	const char *state_dir; /* NULL: the usual one */
};

/* Prints them.  0 or a negative code. */
int story_list(const struct story_list_options *o, struct error *err);

#endif
