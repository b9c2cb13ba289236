/* SPDX-License-Identifier: ISC */
/* alert.h: the priorities, states and reasons of alerts, and their names.
 *
 * A rule raises an alert about a story (repeat = story, update) or about an item (repeat = item).  The alert has an
 * id, is revised while there is news, and is closed after a time without news.  Each event about it has a revision,
 * counted from 1, and its reasons. */
#ifndef SITREP_MODEL_ALERT_H
#define SITREP_MODEL_ALERT_H

#include <stddef.h>

/* The numbers of the enums below are stored. */
enum alert_priority { ALERT_LOW = 1, ALERT_NORMAL, ALERT_HIGH, ALERT_URGENT };

enum alert_state { ALERT_OPEN = 1, ALERT_CLOSED };

/* Reasons of an event, bits. */
enum alert_why {
	ALERT_RAISED = 1,
	ALERT_SOURCE = 2,
	ALERT_NUMBERS = 4,
	ALERT_REPORT = 8,
	ALERT_UPDATED = 16,
	ALERT_ESCALATED = 32,
	ALERT_REOPENED = 64,
	ALERT_CLOSED_QUIET = 128,
	ALERT_JOINED = 256,
};

/* Which news raises an alert again. */
enum alert_repeat {
	ALERT_REPEAT_STORY,  /* no news does: one alert a story */
	ALERT_REPEAT_ITEM,   /* each item that matches */
	ALERT_REPEAT_UPDATE, /* each material change of the story's text */
};

/* "low" ... "urgent".  Parsing gives ALERT_NORMAL for any other word, also for NULL. */
const char *alert_priority_name(enum alert_priority p);
enum alert_priority alert_priority_parse(const char *name);
/* "open", "closed". */
const char *alert_state_name(enum alert_state s);
/* "story", "item", "update"; any other word is ALERT_REPEAT_STORY. */
enum alert_repeat alert_repeat_parse(const char *name);
/* The bit of the reason with index i, its name and its meaning; 0 past the last one. */
enum alert_why alert_why_at(size_t i, const char **name, const char **help);

#endif
