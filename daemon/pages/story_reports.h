/* SPDX-License-Identifier: ISC */
/* story_reports.h: the sections of a story's page about its reports: who reported it when, drawn, and each report with
 * the reason why it is in the story. */
#ifndef PAGES_STORY_REPORTS_H
#define PAGES_STORY_REPORTS_H

#include "story_parts.h"

void story_reports_timeline(struct buf *out, const struct story_sight *sight);
void story_reports_list(struct buf *out, const struct story_sight *sight);

#endif
