/* SPDX-License-Identifier: ISC */
/* A thread that checks the database in small steps. */
#include <errno.h>
#include <stdlib.h>

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
	struct thread_end end;
};

static void on_finding(void *arg UNUSED, const char *table, int64_t row, const char *column, const char *finding)
{
	if (column != NULL)
		damage_note_row(table, row, column);
	else
		damage_note_table(table, finding);
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

	while (thread_end_wait(&c->end, wait_ms)) {
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
	thread_end_init(&c->end);
	result = thread_start(&c->thread, run_checks, c);
	if (result != 0) {
		error_sys(err, result, "cannot check the database");
		thread_end_release(&c->end);
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
	thread_end_ask(&c->end);
	check_interrupt(c->check);
	pthread_join(c->thread, NULL);
	check_free(c->check);
	thread_end_release(&c->end);
	free(c);
}
