/* SPDX-License-Identifier: ISC */
/* A thread that checks the database in small steps. */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "sitrep/base/clock.h"
#include "sitrep/base/log.h"
#include "sitrep/base/thread.h"
#include "sitrep/sql/damage.h"
#include "sitrep/store/check.h"

enum {
	/* Waits first, so that the daemon's start has the disk to itself. */
	FIRST_WAIT_MS = 1000,
	/* The pause between two steps: 50 times the step's duration, within these bounds. */
	REST_TIMES = 50,
	REST_LEAST_MS = 10,
	REST_MOST_MS = 60 * 1000,
	PASS_EVERY_MS = 24 * 3600 * 1000,
};

struct checker {
	struct check *check;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	bool stop;
};

static void on_finding(void *arg UNUSED, const char *table, int64_t row, const char *column, const char *finding)
{
	if (column != NULL)
		damage_note_row(table, row, column);
	else
		damage_note_table(table, finding);
}

/* Waits for ms; false when the thread has to end. */
static bool wait_for_end(struct checker *c, int64_t ms)
{
	struct timespec until;
	bool go_on;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += (time_t)(ms / 1000);
	until.tv_nsec += (long)(ms % 1000) * 1000000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000;
	}
	pthread_mutex_lock(&c->lock);
	while (!c->stop && pthread_cond_timedwait(&c->wake, &c->lock, &until) != ETIMEDOUT)
		;
	go_on = !c->stop;
	pthread_mutex_unlock(&c->lock);
	return go_on;
}

static int64_t bounded_rest(int64_t took_us)
{
	int64_t ms = took_us * REST_TIMES / 1000;

	return ms < REST_LEAST_MS ? REST_LEAST_MS : ms > REST_MOST_MS ? REST_MOST_MS : ms;
}

static void *run_checks(void *arg)
{
	struct checker *c = arg;
	int64_t pass_us = clock_mono_us(), wait_ms = FIRST_WAIT_MS;
	bool has_failed = false;

	while (wait_for_end(c, wait_ms)) {
		struct error err = {0};
		int64_t began_us = clock_mono_us();
		int result = check_step(c->check, &err);

		if (result < 0 && !has_failed)
			log_emit(LOG_LEVEL_WARNING, "cannot check the database, will try again", "reason", err.text,
				NULL);
		has_failed = result < 0;
		wait_ms = bounded_rest(clock_mono_us() - began_us);
		if (result == 1)
			continue;
		if (result == 0)
			damage_note_pass(clock_wall_ms());
		wait_ms = PASS_EVERY_MS - (clock_mono_us() - pass_us) / 1000;
		if (wait_ms < REST_MOST_MS)
			wait_ms = REST_MOST_MS;
		pass_us = clock_mono_us() + wait_ms * 1000;
	}
	return NULL;
}

static int start_run(struct checker *c)
{
	pthread_condattr_t attributes;

	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_mutex_init(&c->lock, NULL);
	pthread_cond_init(&c->wake, &attributes);
	pthread_condattr_destroy(&attributes);
	return thread_start(&c->thread, run_checks, c);
}

struct checker *checker_new(const char *state_dir, struct error *err)
{
	struct checker *c = calloc(1, sizeof(*c));
	int result;

	if (c == NULL)
		return error_sys_null(err, -ENOMEM, "cannot check the database");
	c->check = check_new(state_dir, true, on_finding, NULL, err);
	if (c->check == NULL) {
		free(c);
		return NULL;
	}
	result = start_run(c);
	if (result != 0) {
		error_sys(err, result, "cannot check the database");
		check_free(c->check);
		free(c);
		return NULL;
	}
	return c;
}

void checker_free(struct checker *c)
{
	if (c == NULL)
		return;
	pthread_mutex_lock(&c->lock);
	c->stop = true;
	pthread_cond_signal(&c->wake);
	pthread_mutex_unlock(&c->lock);
	check_interrupt(c->check);
	pthread_join(c->thread, NULL);
	check_free(c->check);
	pthread_cond_destroy(&c->wake);
	pthread_mutex_destroy(&c->lock);
	free(c);
}
