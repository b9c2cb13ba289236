/* SPDX-License-Identifier: ISC */
/* feed_date.h: reads the text of a feed's date element.
 *
 * Some feeds have markup in their dates: "<time datetime="2026-11-24T09:30:00Z">Tue, 11/24 - 09:30 </time>" or "24
 * Nov 2026 09:30 &#43;0100".  The attribute, which is meant for programs, is read first, then the text without
 * markup. */
#ifndef SITREP_TEXT_FEED_DATE_H
#define SITREP_TEXT_FEED_DATE_H

#include <stdint.h>

#include "sitrep/base/clock.h"
#include "sitrep/base/str.h"

/* The instant that text (valid UTF-8) names, or TIME_NONE.  rule as in date_parse(). */
int64_t feed_date_read(struct str text, const char **rule);

#endif
