/* SPDX-License-Identifier: ISC */
/* health.h: whether the daemon does its job, from facts about it: a pure function, and its answer as text and JSON.
 *
 * Well means: polls are being asked and kept, readers are served from a database that can be read, and the main
 * loop turns.  Each thing that is not so is a reason, a code for programs and a sentence for people.  What a person
 * wanted (a pause, no feed) and what is in order (nothing is due) is a note and no reason. */
#ifndef SITREP_PUBLISH_HEALTH_H
#define SITREP_PUBLISH_HEALTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sitrep/base/buf.h"
#include "sitrep/base/error.h"
#include "sitrep/base/jsonw.h"

enum {
	/* A turn of the main loop, or the wait for one, that is too long. */
	HEALTH_LOOP_LATE_MS = 5000,
	/* So long after the start the network is not judged: it may come up after us. */
	HEALTH_NETWORK_GRACE_MS = 5 * 1000,
	/* That many feeds that cannot be reached are enough to say that none can; with fewer, each must have failed
	 * twice in a row. */
	HEALTH_NETWORK_FEEDS = 10,
	HEALTH_NETWORK_FAILURES = 2,
};

/* Requests within this time count. */
#define HEALTH_NETWORK_MS (INT64_C(3600) * 1000)

struct health_facts {
	int64_t now_ms; /* wall clock, as all times here */
	int64_t up_ms;  /* since the start */
	int64_t loop_late_ms;

	bool paused; /* by a person */
	int64_t paused_since_ms;
	bool storing_stopped;
	int64_t stopped_since_ms;
	const char *stop_reason; /* when stopped */
	/* What was found in the database since the start (damage.h): tables or the whole file, and rows that are left
	 * out, which keep nobody from the rest. */
	uint64_t damaged_tables, damaged_rows;
	char damage[ERROR_TEXT_MAX];
	const char *no_worker;  /* why no parse worker runs; NULL: one does, or is on its way */
	const char *read_error; /* the last one of those who read the database; NULL: none */

	size_t feeds;        /* configured */
	int64_t next_due_ms; /* of those that are not under way; TIME_NONE: none is planned */
	size_t under_way;    /* feeds from the start of their transfer to their commit */
	size_t stuck;        /* of these, longer than any timeout allows */
	/* Feeds that are due since longer than patience_ms, may be asked and are not; the longest of these times; and
	 * how long no poll has begun or ended. */
	size_t overdue;
	int64_t overdue_ms, silent_ms, patience_ms;
	/* Feeds asked within HEALTH_NETWORK_MS and since the start; of these, those that resolver or connection failed
	 * last; and of these, those that failed HEALTH_NETWORK_FAILURES times in a row at least. */
	size_t asked, unreached, unreached_again;
};

enum { HEALTH_LINES_MAX = 8 };

struct health_line {
	const char *code; /* a literal: "storing-stopped" ... */
	char text[ERROR_TEXT_MAX];
};

struct health {
	struct health_line reasons[HEALTH_LINES_MAX]; /* none: well */
	size_t reason_count;
	struct health_line notes[HEALTH_LINES_MAX];
	size_t note_count;
};

void health_judge(const struct health_facts *facts, struct health *health);

/* One reason a line; when well, "ok" and then one note a line.  0 or the buffer's failure. */
int health_write_text(const struct health *health, struct buf *out);
/* Members of an object: status ("ok" or "failing"), reasons and notes, arrays of objects with code and text. */
void health_write_json(const struct health *health, struct jsonw *w);

#endif
