/* SPDX-License-Identifier: ISC */
#include "sitrep/search/indexer.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "index_file.h"
#include "search_index.h"
#include "sitrep/base/clock.h"
#include "sitrep/base/log.h"
#include "sitrep/base/thread.h"

enum {
	LOOK_EVERY_MS = 1000,
	REST_LEAST_MS = 20,
	REST_MOST_MS = 5000,
	PAUSE_MS = 60 * 1000,
	NICE = 10,
	/* While more items arrive between two looks, polls have the processors and the disk to themselves, for this
	 * long at most. */
	BURST_ITEMS = 200,
	BURST_LOOKS = 30,
	CALM_LOOKS = 3,
	/* An index that was more items behind logs its completion. */
	MANY_ITEMS = 10000,
};

struct indexer {
	struct search_index *index;
	pthread_t thread;
	struct thread_end end;
	/* -- of the thread */
	bool has_failed;
	int64_t most_behind, began_us;
	bool has_looked;
	int64_t last_item; /* at the last look */
	int looks;         /* in a row at which it waited */
	int calm;          /* looks at which it still waits after the last one with many new items */
};

static void tell_progress(struct indexer *x)
{
	int64_t behind = search_index_behind(x->index);

	if (x->most_behind == 0)
		x->began_us = clock_mono_us();
	x->most_behind = behind > x->most_behind ? behind : x->most_behind;
	if (behind > 0)
		return;
	if (x->most_behind > MANY_ITEMS)
		log_emit(LOG_LEVEL_INFO, "search index is complete", "items", LOG_NUM(x->most_behind), "seconds",
			LOG_NUM((clock_mono_us() - x->began_us) / 1000000), NULL);
	x->most_behind = 0;
}

static void tell_failure(struct indexer *x, const struct error *err)
{
	if (!x->has_failed)
		log_emit(LOG_LEVEL_WARNING, "search index pauses, will try again", "reason", err->text, NULL);
	x->has_failed = true;
}

static int64_t rest_ms(int64_t took_us)
{
	int64_t ms = took_us / 1000;

	return ms < REST_LEAST_MS ? REST_LEAST_MS : ms > REST_MOST_MS ? REST_MOST_MS : ms;
}

/* True while many items arrive, and for CALM_LOOKS looks after: the index then waits. */
static bool is_burst(struct indexer *x)
{
	int64_t before = x->last_item;
	struct error unused = {0};
	bool is_first = !x->has_looked;

	x->has_looked = true;
	/* a failure is the next step's, which tells of it */
	if (search_index_look(x->index, &x->last_item, &unused) != 0 || is_first || x->looks >= BURST_LOOKS)
		x->calm = 0;
	else if (x->last_item - before > BURST_ITEMS)
		x->calm = CALM_LOOKS;
	x->looks = x->calm > 0 ? x->looks + 1 : 0;
	if (x->calm == 0)
		return false;
	x->calm--;
	return true;
}

static void *run_indexer(void *arg)
{
	struct indexer *x = arg;
	int64_t wait_ms = LOOK_EVERY_MS;

	/* Parsing and storing go first.  Where a service may not lower its priority, the rests between steps remain. */
	(void)setpriority(PRIO_PROCESS, (id_t)gettid(), NICE);
	while (thread_end_wait(&x->end, wait_ms)) {
		struct error err = {0};
		int64_t began_us = clock_mono_us();
		int result;

		wait_ms = LOOK_EVERY_MS;
		if (is_burst(x))
			continue;
		result = search_index_step(x->index, &x->end.asked, &err);
		if (result < 0 && result != -ECANCELED)
			tell_failure(x, &err);
		if (result >= 0) {
			x->has_failed = false;
			tell_progress(x);
		}
		wait_ms = result < 0 ? PAUSE_MS : result == 0 ? LOOK_EVERY_MS : rest_ms(clock_mono_us() - began_us);
	}
	return NULL;
}

struct indexer *indexer_new(const char *state_dir, struct error *err)
{
	struct indexer *x = calloc(1, sizeof(*x));
	int result;

	if (x == NULL)
		return error_sys_null(err, -ENOMEM, "cannot start the search index");
	x->index = search_index_new(state_dir, err);
	if (x->index == NULL) {
		free(x);
		return NULL;
	}
	thread_end_init(&x->end);
	result = thread_start(&x->thread, run_indexer, x);
	if (result != 0) {
		error_sys(err, result, "cannot start the search index");
		thread_end_release(&x->end);
		search_index_free(x->index);
		free(x);
		return NULL;
	}
	return x;
}

void indexer_free(struct indexer *x)
{
	if (x == NULL)
		return;
	thread_end_ask(&x->end);
	pthread_join(x->thread, NULL);
	search_index_free(x->index);
	thread_end_release(&x->end);
	free(x);
}

int indexer_remove(const char *state_dir, struct error *err)
{
	return index_file_remove(state_dir, err);
}
