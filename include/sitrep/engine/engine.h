/* engine.h: the way of a feed through the stages; the only place that knows their order.
 *
 *     due queue -> transfer -> parse pool -> writer -> { stream, publish } -> due queue
 *
 * What a hub pushes (websub.h) comes in by HTTP and joins at the parse pool; it never plans a poll.
 *
 * The engine owns every stage and the main loop.  Configuration comes in whole, is checked whole, and is
 * taken over whole or not at all. */
#ifndef SITREP_ENGINE_ENGINE_H
#define SITREP_ENGINE_ENGINE_H

#include <stddef.h>

#include "sitrep/base/buf.h"
#include "sitrep/base/error.h"
#include "sitrep/base/listener.h"
#include "sitrep/config/config.h"
#include "sitrep/stream/control.h"

struct engine;

struct engine_options {
	const char *config_path; /* all borrowed for the engine's life */
	const char *state_dir;
	int worker_program_fd; /* sitrep-parse, opened O_PATH */
	struct listener **http;
	size_t http_count;
	struct listener *stream;  /* NULL: none */
	struct listener *control; /* NULL: none */
};

/* Opens the database, starts writer, workers and servers.  Takes config over. */
struct engine *engine_new(const struct engine_options *options, struct config *config, struct error *err);
/* Runs until a signal to end, or engine_stop(). */
int engine_run(struct engine *e, struct error *err);
void engine_stop(struct engine *e);
/* Commits what was taken in, closes everything. */
void engine_free(struct engine *e);

#endif
