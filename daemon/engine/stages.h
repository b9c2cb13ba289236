/* SPDX-License-Identifier: ISC */
/* stages.h: the stages that the engine is made of.  engine.c makes them, config_change.c puts configurations into
 * force; all others only read here. */
#ifndef SITREP_ENGINE_STAGES_H
#define SITREP_ENGINE_STAGES_H

#include <event2/event.h>
#include <stdint.h>

#include "sitrep/config/config.h"
#include "sitrep/engine/engine.h"
#include "sitrep/fetch/transfer.h"
#include "sitrep/ingest/writer.h"
#include "sitrep/publish/export.h"
#include "sitrep/publish/http.h"
#include "sitrep/publish/publish.h"
#include "sitrep/schedule/due_queue.h"
#include "sitrep/schedule/feed_policies.h"
#include "sitrep/schedule/feed_table.h"
#include "sitrep/stream/control.h"
#include "sitrep/stream/stream.h"
#include "sitrep/websub/websub_feeds.h"
#include "sitrep/worker/pool.h"

/* Least time between two polls of a feed when an operator wants one or a document was lost. */
enum { DEMAND_GAP_MS = 60 * 1000 };

struct stages {
	const struct engine_options *options;
	struct event_base *base;
	struct feed_table *feeds;
	struct feed_policies *policies;
	struct due_queue *queue;
	struct transfers *transfers;
	struct pool *pool;
	struct writer *writer;
	struct websub_feeds *websub;
	struct publish *publish;
	struct live *live;
	struct export *export;
	struct http_server *http;
	struct stream *stream;
	struct control *control;

	struct config *config; /* in force */
	char *user_agent;
	int64_t rules_generation; /* of the rules in the workers, counted from 1 */
};

#endif
