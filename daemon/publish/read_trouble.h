/* SPDX-License-Identifier: ISC */
/* read_trouble.h: the last failure to read the database for a document.
 *
 * It ends when the same document is read without failure, or after an hour without a request for it. */
#ifndef SITREP_PUBLISH_READ_TROUBLE_H
#define SITREP_PUBLISH_READ_TROUBLE_H

#include <stdint.h>

#include "sitrep/base/error.h"
#include "sitrep/base/str.h"

struct read_trouble {
	struct error error; /* code 0: none */
	char *document;
	int64_t at_us; /* monotonic */
};

/* err: NULL when that document could be read.  The same error is logged once. */
void read_trouble_note(struct read_trouble *t, struct str document, const struct error *err);
/* The sentence, or NULL when there is no trouble; valid until the next call of the above. */
const char *read_trouble_reason(const struct read_trouble *t);
void read_trouble_release(struct read_trouble *t);

#endif
