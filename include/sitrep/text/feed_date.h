/* SPDX-License-Identifier: ISC */
/* feed_date.h: the text of a feed's date element, read.
 *
 * Systems that print pages put their own markup into dates: "<time datetime="2026-11-24T09:30:00Z">Tue, 11/24 - 09:30
 * </time>" and "24 Nov 2026 09:30 &#43;0100".  The attribute is what a program wrote for programs, so it comes first;
 * then the text without markup. */
#ifndef SITREP_TEXT_FEED_DATE_H
#define SITREP_TEXT_FEED_DATE_H

#include <stdint.h>

#include "sitrep/base/clock.h"
#include "sitrep/base/str.h"

/* The instant that text (valid UTF-8) names, or TIME_NONE; rule as date_parse() has it. */
int64_t feed_date_read(struct str text, const char **rule);

#endif
