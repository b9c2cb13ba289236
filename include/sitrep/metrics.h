/* metrics.h: the daemon's numbers in Prometheus' text format 0.0.4, its health as 1 or 0 among them. */
#ifndef SITREP_METRICS_H
#define SITREP_METRICS_H

#include "sitrep/buf.h"
#include "sitrep/publish.h"
#include "sitrep/reader.h"

/* Totals, gauges, and per feed: up, last success, items, polls. */
int metrics_write(struct buf *out, const struct publish_status *status, const struct store_counts *counts,
	const struct health *health);

#endif
