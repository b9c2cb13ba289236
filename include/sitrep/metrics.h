/* metrics.h: the daemon's numbers in Prometheus' text format 0.0.4, and its health in one word. */
#ifndef SITREP_METRICS_H
#define SITREP_METRICS_H

#include "sitrep/buf.h"
#include "sitrep/publish.h"
#include "sitrep/reader.h"

/* Totals, gauges, and per feed: up, last success, items, polls. */
int metrics_write(struct buf *out, const struct publish_status *status, const struct store_counts *counts);

#endif
