/* SPDX-License-Identifier: ISC */
/* The clock as the database knows it: what was set between two looks, over restarts of the daemon and of the machine,
 * what moves along, and on whose word nothing is removed.  All clocks are the test's own. */
#include "house.h"
#include "story_fixture.h"

#include <inttypes.h>

#define YEAR_MS (365 * DAY_MS)

enum { STEPS_MAX = 1000 };

static void start(struct house *h)
{
	struct error err = {0};

	assert_int_equal(ingest_open(&h->ingest, &h->options, NULL), 0);
	assert_ok(ingest_start_clock(&h->ingest, h->clock, h->run, &err) == 0, err);
}

static void setup(struct house *h)
{
	house_make(h);
	h->options.keep_items_ms = 100 * DAY_MS;
	h->options.keep_events_ms = 100 * DAY_MS;
	h->clock = (struct clock_mark){NOW_MS, 50 * DAY_MS};
	h->run = "first";
	start(h);
	house_sync(h);
	h->url = h->feeds[0].url;
}

FIXTURE(house, setup, house_release)

/* Time passes. */
static void run_for(struct house *h, int64_t ms)
{
	h->clock.wall_ms += ms;
	h->clock.elapsed_ms += ms;
}

static int64_t look(struct house *h)
{
	int64_t jump_ms;

	assert_int_equal(ingest_look_at_clock(&h->ingest, h->clock, &jump_ms, NULL), 0);
	return jump_ms;
}

/* In steps, as the writer looks. */
static void run_until_believed(struct house *h)
{
	for (int i = 0; i < 25; i++) {
		run_for(h, HOUR_MS);
		assert_int_equal(look(h), 0);
	}
	assert_int_equal(h->ingest.clock.doubt_ms, 0);
}

static void poll_once(struct house *h, const char *guid)
{
	struct draft d = draft_new("Feed");

	draft_add_text(&d, guid, NULL, guid, FERRY);
	house_take(h, 0, h->clock.wall_ms, &d);
}

static int64_t count_items(struct house *h)
{
	struct retention r;

	assert_int_equal(retention_init(&r, &h->ingest, NULL), 0);
	for (int steps = 0; r.phase != RETENTION_DONE; steps++) {
		assert_true(steps < STEPS_MAX);
		assert_int_equal(retention_step(&r, &h->ingest, h->clock, NULL), 0);
	}
	retention_release(&r);
	assert_int_equal(ask(h, "SELECT count(*) FROM item"), ask(h, "SELECT count(*) FROM event"));
	return ask(h, "SELECT count(*) FROM item");
}

/* How long ago the feed's last poll was, and how long until it is due. */
static void assert_waits(struct house *h, int64_t ago_ms, int64_t left_ms)
{
	assert_int_equal(h->clock.wall_ms - ask(h, "SELECT last_poll FROM feed WHERE id = 1"), ago_ms);
	assert_int_equal(ask(h, "SELECT due FROM feed WHERE id = 1") - h->clock.wall_ms, left_ms);
}

/* A clock that jumps while it runs: what waits goes on waiting, nothing goes. */
TEST_ON(jumps_move_what_waits, house, h)
{
	static const int64_t jumps_ms[] = {
		HOUR_MS, -HOUR_MS, DAY_MS, -DAY_MS, 400 * DAY_MS, 30 * YEAR_MS, -10 * YEAR_MS, -56 * YEAR_MS};
	int64_t left_ms;

	poll_once(h, "one");
	left_ms = ask(h, "SELECT due - last_poll FROM feed WHERE id = 1");
	assert_true(left_ms > 0);
	for (size_t i = 0; i < sizeof(jumps_ms) / sizeof(*jumps_ms); i++) {
		h->clock.wall_ms += jumps_ms[i];
		assert_int_equal(look(h), jumps_ms[i]);
		assert_waits(h, 0, left_ms);
		assert_int_equal(count_items(h), 1);
		assert_int_equal(look(h), 0);
	}
}

TEST_ON(what_ntp_does_is_no_jump, house, h)
{
	for (int i = 0; i < 100; i++) {
		run_for(h, 60 * 1000);
		h->clock.wall_ms += 500;
		assert_int_equal(look(h), 0);
	}
}

/* Nothing is removed until the daemon has run for a day with it; then it is believed. */
TEST_ON(a_day_of_grace, house, h)
{
	run_until_believed(h);
	poll_once(h, "old");
	h->clock.wall_ms += 400 * DAY_MS;
	look(h);
	poll_once(h, "new");
	for (int i = 0; i < 23; i++) {
		run_for(h, HOUR_MS);
		look(h);
		assert_int_equal(count_items(h), 2);
	}
	run_for(h, 2 * HOUR_MS);
	look(h);
	assert_int_equal(count_items(h), 1);
}

/* Time that passes while the clock is doubted makes things old all the same. */
TEST_ON(doubt_stops_no_time, house, h)
{
	poll_once(h, "old");
	run_until_believed(h);
	for (int i = 0; i < 98; i++) {
		run_for(h, DAY_MS);
		look(h);
	}
	assert_int_equal(count_items(h), 1);
	h->clock.wall_ms += 30 * YEAR_MS;
	look(h);
	assert_int_equal(count_items(h), 1);
	run_for(h, DAY_MS - 1);
	look(h);
	assert_int_equal(count_items(h), 0);
}

/* Stamps of a clock that was wrong are put right with it; those from before stay. */
static void assert_stamps_are_put_right(struct house *h, int64_t jump_ms)
{
	int64_t before_ms;

	run_until_believed(h);
	poll_once(h, "before");
	before_ms = h->clock.wall_ms;
	run_for(h, HOUR_MS);
	h->clock.wall_ms += jump_ms;
	look(h);
	poll_once(h, "wrong");
	run_for(h, HOUR_MS);
	h->clock.wall_ms -= jump_ms;
	look(h);
	assert_int_equal(ask(h, "SELECT first_seen FROM item WHERE id = 1"), before_ms);
	assert_int_equal(ask(h, "SELECT first_seen FROM item WHERE id = 2"), before_ms + HOUR_MS);
	assert_int_equal(ask(h, "SELECT sort_ms FROM item WHERE id = 2"), before_ms + HOUR_MS);
	assert_int_equal(ask(h, "SELECT max(sort_ms) FROM story"), before_ms + HOUR_MS);
	assert_int_equal(ask(h, "SELECT max(updated) FROM story"), before_ms + HOUR_MS);
	assert_int_equal(ask(h, "SELECT seen FROM near_sketch WHERE item_id = 1"), before_ms);
	assert_int_equal(ask(h, "SELECT seen FROM near_sketch WHERE item_id = 2"), before_ms + HOUR_MS);
	assert_int_equal(ask(h, "SELECT time FROM event WHERE cursor = 1"), before_ms);
	assert_int_equal(ask(h, "SELECT time FROM event WHERE cursor = 2"), before_ms + HOUR_MS);
}

TEST_ON(stamps_are_put_right, house, h)
{
	assert_stamps_are_put_right(h, 3 * YEAR_MS);
}

TEST_ON(small_jumps_are_put_right_too, house, h)
{
	assert_stamps_are_put_right(h, HOUR_MS / 2);
}

/* The archive is older than the doubt: a clock that is ten years behind does not make it younger. */
TEST_ON(a_clock_that_is_behind_leaves_the_archive, house, h)
{
	run_until_believed(h);
	poll_once(h, "before");
	h->clock.wall_ms -= 10 * YEAR_MS;
	look(h);
	assert_int_equal(ask(h, "SELECT first_seen FROM item WHERE id = 1"), h->clock.wall_ms + 10 * YEAR_MS);
	poll_once(h, "wrong");
	h->clock.wall_ms += 10 * YEAR_MS;
	look(h);
	assert_int_equal(ask(h, "SELECT first_seen FROM item WHERE id = 1"), h->clock.wall_ms);
	assert_int_equal(ask(h, "SELECT first_seen FROM item WHERE id = 2"), h->clock.wall_ms);
	assert_int_equal(count_items(h), 2);
}

static void restart(struct house *h, const char *run)
{
	ingest_close(&h->ingest);
	h->run = run;
	start(h);
}

/* The machine has run on meanwhile: its own count tells how long it was. */
TEST_ON(over_a_restart_of_the_daemon, house, h)
{
	int64_t left_ms;

	run_until_believed(h);
	poll_once(h, "one");
	left_ms = ask(h, "SELECT due - last_poll FROM feed WHERE id = 1");
	run_for(h, 1000);
	h->clock.wall_ms += 400 * DAY_MS;
	restart(h, "first");
	assert_waits(h, 1000, left_ms - 1000);
	assert_int_equal(count_items(h), 1);
	h->clock.wall_ms -= 400 * DAY_MS;
	restart(h, "first");
	assert_waits(h, 1000, left_ms - 1000);
	/* no jump: 200 days have passed */
	run_for(h, 200 * DAY_MS);
	restart(h, "first");
	assert_int_equal(h->ingest.clock.ahead_ms, 0);
	assert_int_equal(count_items(h), 0);
}

/* Without a battery: the machine wakes up in 1970, and is put right by NTP. */
TEST_ON(a_machine_that_wakes_up_in_the_past, house, h)
{
	int64_t left_ms, right_ms = h->clock.wall_ms + 25 * HOUR_MS;

	run_until_believed(h);
	poll_once(h, "one");
	left_ms = ask(h, "SELECT due - last_poll FROM feed WHERE id = 1");
	h->clock = (struct clock_mark){5000, 5000};
	restart(h, "second");
	assert_waits(h, 0, left_ms);
	assert_int_equal(count_items(h), 1);
	h->clock = (struct clock_mark){right_ms, 6000};
	look(h);
	assert_int_equal(ask(h, "SELECT due - last_poll FROM feed WHERE id = 1"), left_ms);
	assert_int_equal(ask(h, "SELECT first_seen FROM item WHERE id = 1"), right_ms);
	assert_int_equal(count_items(h), 1);
}

/* Off at night, for weeks: what is too old goes all the same, a few days late. */
TEST_ON(a_laptop_removes_what_is_old, house, h)
{
	char run[16];

	poll_once(h, "old");
	for (int day = 0; day < 110; day++) {
		for (int hour = 0; hour < 10; hour++) {
			run_for(h, HOUR_MS);
			look(h);
		}
		snprintf(run, sizeof(run), "day %d", day);
		h->clock.wall_ms += 14 * HOUR_MS;
		h->clock.elapsed_ms = 0;
		restart(h, run);
		if (count_items(h) == 0) {
			assert_in_range(day, 99, 107);
			return;
		}
	}
	fail_msg("it was never removed");
}

/* A machine that was off for a year is not told from a clock that is a year ahead: it waits a day. */
TEST_ON(off_for_long, house, h)
{
	run_until_believed(h);
	poll_once(h, "old");
	h->clock = (struct clock_mark){h->clock.wall_ms + YEAR_MS, 1000};
	restart(h, "second");
	assert_int_equal(count_items(h), 1);
	run_until_believed(h);
	assert_int_equal(count_items(h), 0);
}

/* What lies in the future keeps nothing behind it from going. */
TEST_ON(the_future_holds_nothing_up, house, h)
{
	poll_once(h, "one");
	poll_once(h, "two");
	poll_once(h, "three");
	run_statements(h->ingest.store.db, "UPDATE item SET first_seen = first_seen + 946080000000 WHERE id = 1;"
					   "UPDATE event SET time = time + 946080000000 WHERE cursor = 1;");
	run_until_believed(h);
	for (int i = 0; i < 101; i++) {
		run_for(h, DAY_MS);
		look(h);
	}
	assert_int_equal(count_items(h), 0);
}

/* A row that a damaged database holds silences nothing for ever, and no number in it breaks anything. */
TEST_ON(damaged_rows, house, h)
{
	static const char *const rows[] = {
		"wall = -9223372036854775807, elapsed = 9223372036854775807, ahead = 9223372036854775807, doubt = -1",
		"wall = 9223372036854775807, elapsed = -9223372036854775807, ahead = -5, doubt = 9223372036854775807",
		"run = '', wall = 1, elapsed = 1, ahead = 9223372036854775807, doubt = 5",
	};
	char text[256];

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		poll_once(h, "one");
		ingest_close(&h->ingest);
		assert_int_equal(ingest_open(&h->ingest, &h->options, NULL), 0);
		snprintf(text, sizeof(text), "UPDATE clock SET %s", rows[i]);
		run_statements(h->ingest.store.db, text);
		assert_int_equal(ingest_start_clock(&h->ingest, h->clock, h->run, NULL), 0);
		count_items(h);
		run_until_believed(h);
		assert_int_equal(clock_record_prune_ms(&h->ingest.clock, h->clock.wall_ms), h->clock.wall_ms);
	}
}
