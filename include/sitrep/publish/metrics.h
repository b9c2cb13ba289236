/* SPDX-License-Identifier: ISC */
/* metrics.h: the daemon's numbers in Prometheus' text format 0.0.4 and in OpenMetrics 1.0, its health as 1 or 0 among
 * them. */
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

enum metrics_form { METRICS_TEXT, METRICS_OPEN };

/* The numbers of the whole daemon. */
void metrics_write_totals(struct buf *out, enum metrics_form form, const struct publish_status *status,
	const struct store_counts *counts, const struct health *health, const struct feed_table *feeds);

/* Per feed: up, last success, items, polls.  Ten thousand feeds have ninety thousand lines, which take 40 ms: they are
 * written in pieces of at most that many feeds. place is all zeros at first. False when all are written. feeds must be
 * the same at each call. */
struct metrics_place {
	size_t series, feed, alert_series, alert;
};
bool metrics_write_feeds(
	struct buf *out, enum metrics_form form, const struct feed_table *feeds, struct metrics_place *at, size_t most);
/* Likewise per alert. */
bool metrics_write_alerts(struct buf *out, enum metrics_form form, const struct config_rules *alerts,
	struct reader *reader, struct metrics_place *at, size_t most);
void metrics_write_end(struct buf *out, enum metrics_form form);

#endif
