/* SPDX-License-Identifier: ISC */
/* metrics.h: the daemon's numbers in Prometheus' text format 0.0.4, its health as 1 or 0 among them. */
#ifndef SITREP_PUBLISH_METRICS_H
#define SITREP_PUBLISH_METRICS_H

#include "sitrep/base/buf.h"
#include "sitrep/publish/publish.h"
#include "sitrep/store/reader.h"

/* The description of a metric. */
struct metric {
	const char *name, *type, *help;
	const char *label; /* the label of its values: "feed"; NULL: it has one value */
};

/* Each of the metrics in the order of their output; NULL behind the last one.  No other metric is written. */
const struct metric *metrics_at(size_t i);

/* Totals and gauges. */
void metrics_write_totals(struct buf *out, const struct publish_status *status, const struct store_counts *counts,
	const struct health *health);

/* Per feed: up, last success, items, polls.  Ten thousand feeds have seventy thousand lines, which take 30 ms: they are
 * written in pieces of at most that many feeds. place is all zeros at first. False when all are written. feeds must be
 * the same at each call. */
struct metrics_place {
	size_t series, feed;
};
bool metrics_write_feeds(struct buf *out, const struct feed_table *feeds, struct metrics_place *at, size_t most);

#endif
