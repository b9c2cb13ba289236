/* SPDX-License-Identifier: ISC */
/* engine.h: the stages that a poll passes; the engine alone knows their order.
 *
 *     due queue -> transfer -> parse pool -> writer -> { stream, publish } -> due queue
 *
 * A hub's push (websub_subscription.h) comes in by HTTP and joins at the parse pool; it plans no poll.
 *
 * The engine owns every stage and the main loop.  A configuration is checked as a whole and applied as a whole, or
 * not at all. */
#ifndef SITREP_ENGINE_ENGINE_H
#define SITREP_ENGINE_ENGINE_H

#include <stddef.h>

#include "sitrep/base/error.h"
#include "sitrep/base/listener.h"
#include "sitrep/config/config.h"
#include "sitrep/stream/control.h"

struct engine;

struct engine_options {
	const char *config_path; /* all borrowed for the engine's life */
	const char *state_dir;
	int worker_program_fd;  /* sitrep-parse, opened O_PATH */
	struct listener **http; /* for all, then those for monitors */
	size_t http_count;      /* for all */
	size_t monitor_count;
	struct listener *stream;  /* NULL: none */
	struct listener *control; /* NULL: none */
};

/* Opens the database, starts writer, workers and servers, and puts config into force.  Owns config from here on, also
 * when it returns NULL with err. */
struct engine *engine_new(const struct engine_options *options, struct config *config, struct error *err);
/* Runs until SIGINT or SIGTERM. */
int engine_run(struct engine *e, struct error *err);
/* Waits until the writer has committed all outcomes that it has, then closes everything.  e may be NULL. */
void engine_free(struct engine *e);

#endif
