/* SPDX-License-Identifier: ISC */
/* story_compare.h: the sections of a story's page that compare texts: two reports side by side with the passages that
 * stand in both, and what changed between two versions of a report. */
#ifndef PAGES_STORY_COMPARE_H
#define PAGES_STORY_COMPARE_H

#include "story_parts.h"

/* a and b: the numbers of the reports from 1; 0: the first one, and the one that differs most from the report that it
 * runs.  Nothing is written for a story of one report. */
void story_compare_reports(struct buf *out, const struct story_sight *sight, size_t a, size_t b);
/* Writes details->change, if there is one. */
void story_compare_versions(struct buf *out, const struct story_sight *sight);

#endif
