/* SPDX-License-Identifier: ISC */
/* health.h: judges from facts whether the daemon is healthy (a pure function), and writes the result as text and JSON.
 *
 * Healthy means: polls are made and stored, readers can be served from the database, and the main loop is not late.
 * Each fault is a reason, with a code for programs and a sentence for people. A state that a person wants (a pause, no
 * feed), or that is normal (no feed is due), is a note. */
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
	/* The network is not judged in this time after the start, since it may come up after us. */
	HEALTH_NETWORK_GRACE_MS = 5 * 1000,
	/* With this many feeds one failure each shows that the network is away; with fewer, each must have failed twice
	 * in a row. */
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
	/* Damage found in the database since the start (damage.h): tables or the whole file, and single rows, which are
	 * left out. */
	uint64_t damaged_tables, damaged_rows;
	char damage[ERROR_TEXT_MAX];
	const char *no_worker;    /* why no parse worker runs; NULL: one runs or is starting */
	const char *export_error; /* why static files cannot be written; NULL: they can, or there are none */
	const char *read_error;   /* the last failure to read the database; NULL: none */

	uint64_t alerts_open;               /* alerts */
	uint64_t rules_silent, rules_noisy; /* alert rules that match nothing, or too much (alert_report.h) */

	size_t feeds;        /* configured */
	int64_t next_due_ms; /* of feeds that are not being polled; TIME_NONE: no poll is planned */
	size_t under_way;    /* feeds from the start of their transfer to their commit */
	size_t stuck;        /* of these, longer than any timeout allows */
	/* Feeds that are due for longer than patience_ms and may be polled, but are not; the longest of these times;
	 * and the time since a poll last began or ended. */
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
