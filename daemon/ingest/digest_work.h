/* SPDX-License-Identifier: ISC */
/* digest_work.h: writes the events of the groups of held alerts that are due (digests.h). */
#ifndef SITREP_INGEST_DIGEST_WORK_H
#define SITREP_INGEST_DIGEST_WORK_H

#include <stdint.h>

#include "ingest.h"

/* Writes the events of up to 16 groups, in a transaction of its own.  0, or negative with err. */
int digest_work(struct ingest *k, int64_t now_ms, struct error *err);

#endif
