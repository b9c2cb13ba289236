/* SPDX-License-Identifier: ISC */
/* burst.h: finds out when something is seen far more often than is usual for that hour of the week.
 *
 * A struct burst counts one thing, such as the reports of a category.  It learns how often that is in each hour of the
 * week (UTC), from at most the last eight weeks, and by how much the count varies.  An hour of the week that was seen a
 * few times only is judged by the day and the hour of the day, too, the more so the fewer reports there are.
 *
 * The counts of the last 1, 3, 6 and 12 hours are each compared with the expectation: a subject with twenty reports an
 * hour shows a burst within minutes, one with a report in two hours only over half a day.  A count is a burst when it
 * is at least five, three times as many as expected, and when chance gives so many with a probability of at most 1 in
 * 30,000.  The probability is that of a negative binomial distribution: reports come in clusters, whose size is learnt
 * as the variance over the mean, and the expectation itself is only an estimate.  The score is the same probability as
 * a distance in standard deviations of a normal distribution: 4 at least.
 *
 * A burst is told once, until the scores of all windows have fallen below 2.  In the first four weeks it learns, and
 * tells nothing. */
#ifndef SITREP_INGEST_BURST_H
#define SITREP_INGEST_BURST_H

#include <stdbool.h>
#include <stdint.h>

enum { BURST_HOURS = 168, BURST_SLOTS = 144 /* of five minutes */ };
#define BURST_LEARNS_MS (INT64_C(28) * 24 * 3600 * 1000)

struct code;

struct burst {
	int64_t since_ms;             /* counted since then; TIME_NONE: never */
	int64_t slot;                 /* of recent[0], in slots since 1970 */
	uint16_t recent[BURST_SLOTS]; /* newest first */
	uint32_t hour_count;          /* in the hour of that slot */
	float hours[BURST_HOURS];     /* the usual count of each hour of the week */
	float squares, means;         /* means of the squared deviations and of the expectations, of all hours */
	bool told;
};

struct burst_figures {
	int64_t hours; /* of the window with the highest score */
	int64_t seen;
	double expected, score;
};

void burst_init(struct burst *b);
/* Counts one more at at_ms; true: a burst begins, with these figures; else the score may be 0.  Times may be a little
 * out of order. */
bool burst_note(struct burst *b, int64_t at_ms, struct burst_figures *figures);
bool burst_is_learning(const struct burst *b, int64_t now_ms);
/* True when nothing was seen for so long that all of it has faded. */
bool burst_is_forgotten(const struct burst *b, int64_t now_ms);

/* Writes or reads, as the functions of codec.h; *b is empty (burst_init()) before it is read.  What a version before
 * the longer windows has written is read, too. */
void burst_code(struct code *c, struct burst *b);

#endif
