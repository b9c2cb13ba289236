/* SPDX-License-Identifier: ISC */
/* item_date.h: the date of publication that an item gives. */
#ifndef SITREP_INGEST_ITEM_DATE_H
#define SITREP_INGEST_ITEM_DATE_H

#include <stdint.h>

#include "sitrep/model/document.h"

/* TIME_NONE for a date outside the years 0 to 9999: sums with it could overflow. */
int64_t item_date_plausible(int64_t time_ms);

/* Published, else created, else updated: Atom entries need not say when they were published.  TIME_NONE: unknown. */
int64_t item_date(const struct item *it);

#endif
