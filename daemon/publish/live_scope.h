/* SPDX-License-Identifier: ISC */
/* live_scope.h: the views of readers of /events; equal ones are one scope.
 *
 * A report brings its story into a view when the story with that report is in the view and the story before it was not.
 * Both are read from stored reports, so the answer is the same after a restart.  Of an alert its present state counts.
 */
#ifndef SITREP_PUBLISH_LIVE_SCOPE_H
#define SITREP_PUBLISH_LIVE_SCOPE_H

#include <stdbool.h>
#include <stdint.h>

#include "sitrep/base/arena.h"
#include "sitrep/base/buf.h"
#include "sitrep/base/error.h"
#include "sitrep/filter/filter_rules.h"
#include "sitrep/pages/view.h"
#include "sitrep/store/reader.h"

enum { LIVE_TOLD_MAX = 64, LIVE_NAME_MAX = 128 };

/* An event that may bring a story into a view. */
struct live_event {
	int64_t cursor;
	enum event_kind kind; /* EVENT_NEW, EVENT_COPY, EVENT_ALERT */
	int64_t item_id;
	struct river_place place;
	/* of an alert that was raised */
	char alert[LIVE_NAME_MAX];
	enum alert_priority priority;
};

struct live_scope {
	char *query; /* in the form of view_write() */
	struct arena arena;
	struct view view; /* without the alert */
	struct str alert; /* STR_NONE: none is asked for */
	bool is_open;     /* every story is in it */
	struct filter_rule rule;
	size_t users;
	/* -- of the event that was judged last */
	bool before, after, entered;
	/* -- of a view with an alert: the stories that were told last, since several events may bring one in */
	struct {
		int64_t story_id, cursor;
	} told[LIVE_TOLD_MAX];
	size_t next_told;
	struct live_scope *next;
};

struct live_scopes {
	struct reader *reader; /* borrowed */
	struct live_scope *first;
	struct filter_rules rules;
	int64_t looks; /* reports that were looked at */
};

void live_scopes_init(struct live_scopes *all, struct reader *reader, struct identity *identity);
void live_scopes_release(struct live_scopes *all); /* all scopes must have been left */

/* query: as view_write() writes it, with a rule that rule_check() accepts.  NULL without memory. */
struct live_scope *live_scope_join(struct live_scopes *all, struct str query);
void live_scope_leave(struct live_scopes *all, struct live_scope *scope);

/* Sets entered of each scope, and puts the event's lines into message when a story has entered one.  0 or a negative
 * code with err. */
int live_scopes_judge(struct live_scopes *all, const struct live_event *e, struct buf *message, struct error *err);

#endif
