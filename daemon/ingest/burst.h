/* SPDX-License-Identifier: ISC */
/* burst.h: finds out when something is seen far more often than is usual for that hour of the week.
 *
 * A struct burst counts one thing, such as the reports of a category.  It learns how often that is in each hour of the
 * week (UTC), from at most the last eight weeks, and by how much it varies.  An hour of the week that was seen a few
 * times only is judged by the day and the hour of the day, too.  The last sixty minutes are a burst when they hold at
 * least five, three times as many as expected, and a number that chance and the usual variation do not give: a score
 * of 4.25 standard deviations (of the square roots, which makes small numbers comparable to large ones).  A burst is
 * told once, until the score has fallen below 2.  In the first four weeks it learns, and tells nothing. */
#ifndef SITREP_INGEST_BURST_H
#define SITREP_INGEST_BURST_H

#include <stdbool.h>
#include <stdint.h>

enum { BURST_HOURS = 168, BURST_SLOTS = 12 /* of five minutes */ };
#define BURST_LEARNS_MS (INT64_C(28) * 24 * 3600 * 1000)

struct code;

struct burst {
	int64_t since_ms;             /* counted since then; TIME_NONE: never */
	int64_t slot;                 /* of recent[0], in slots since 1970 */
	uint16_t recent[BURST_SLOTS]; /* newest first */
	uint32_t hour_count;          /* in the hour of that slot */
	float hours[BURST_HOURS];     /* the usual count of each hour of the week */
	float noise;                  /* mean square of the deviations over the expectation */
	bool told;
};

struct burst_figures {
	int64_t seen;
	double expected, score;
};

void burst_init(struct burst *b);
/* Counts one more at at_ms; true: a burst begins, with these figures.  Times may be a little out of order. */
bool burst_note(struct burst *b, int64_t at_ms, struct burst_figures *figures);
bool burst_is_learning(const struct burst *b, int64_t now_ms);
/* True when nothing was seen for so long that all of it has faded. */
bool burst_is_forgotten(const struct burst *b, int64_t now_ms);

/* Writes or reads, as the functions of codec.h; *b is empty (burst_init()) before it is read. */
void burst_code(struct code *c, struct burst *b);

#endif
