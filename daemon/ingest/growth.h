/* SPDX-License-Identifier: ISC */
/* growth.h: how fast stories usually gain publishers, and which one is faster.
 *
 * A story grows when a publisher joins it; its speed is the number of publishers that joined within the last hour, the
 * first one included.  A struct growth counts how often stories reach each speed, and in which hours of the week (UTC)
 * they grow; counts fade over eight weeks.  A story is breaking when its speed would be reached less than once a week
 * if all hours were like the present one: five publishers within an hour may be usual at noon, and breaking at night.
 * In the first four weeks, and again after four weeks in which no story grew, no story is breaking. */
#ifndef SITREP_INGEST_GROWTH_H
#define SITREP_INGEST_GROWTH_H

#include <stdbool.h>
#include <stdint.h>

enum {
	GROWTH_LEAST = 3, /* publishers of a story that counts */
	GROWTH_MOST = 32, /* speeds from here on are one */
	GROWTH_HOURS = 168,
};
#define GROWTH_LEARNS_MS (INT64_C(28) * 24 * 3600 * 1000)

struct code;

struct growth {
	int64_t since_ms;              /* counted since then; TIME_NONE: never */
	int64_t faded_ms;              /* the counts are those of that time */
	float speeds[GROWTH_MOST + 1]; /* how often each speed was reached */
	float hours[GROWTH_HOURS];     /* how often GROWTH_LEAST was reached, by the hour of the week */
};

void growth_init(struct growth *g);
/* Counts a story that has reached that speed, at least GROWTH_LEAST; true: it is breaking.  *expected: the usual number
 * of stories that reach it in such an hour. */
bool growth_note(struct growth *g, int64_t at_ms, int64_t speed, double *expected);
bool growth_is_learning(const struct growth *g, int64_t now_ms);

/* Writes or reads, as the functions of codec.h; *g is empty (growth_init()) before it is read. */
void growth_code(struct code *c, struct growth *g);

#endif
