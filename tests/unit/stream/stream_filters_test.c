/* SPDX-License-Identifier: ISC */
/* stream_filters_test.c: filters of many subscribers, of their own and shared, cost little and miss nothing. */
#include "stream_clock.h"

/* So many subscribers, each with a rule of its own that all events match. */
static void connect_own_rules(struct harness *h, int count, const char *more)
{
	struct buf *line = scratch(256 * 1024);

	for (int n = 0; n < count; n++) {
		buf_clear(line);
		buf_printf(
			line, "{\"op\":\"subscribe\",\"since\":\"0\",\"match\":\"number%s AND NOT (absent%d", more, n);
		for (int i = 0; i < 30; i++)
			buf_printf(line, " OR absent%d AND (never%d* OR \\\"not once %d\\\")", i, i, i);
		buf_puts(line, ")\"}\n");
		assert_false(buf_failed(line));
		harness_connect(h, 1, line->data);
	}
}

/* Rules that search every text: each looks once at each event, and a turn ends soon after its share is spent, even in
 * the middle of an event. */
TEST_ON(expensive_filters, harness, h)
{
	enum { EVENTS = 20, SUBSCRIBERS = 200 };
	struct stream_stats s;

	scanning_is_dear = true;
	harness_fill(h, 0, EVENTS, 2500);
	harness_open(h, SUBSCRIBERS);
	connect_own_rules(h, SUBSCRIBERS, " AND /word[0-9]/");
	assert_true(harness_run_to(h, EVENTS));
	assert_all_heard(h, EVENTS);
	s = assert_bounds(h);
	assert_int_equal(s.judgments, EVENTS * SUBSCRIBERS);
	assert_in_range(s.scans, EVENTS * SUBSCRIBERS, 2 * EVENTS * SUBSCRIBERS);
	assert_true(s.turns > EVENTS * SUBSCRIBERS / 64);
	scanning_is_dear = false;
}

/* Other rules look at an event together, however many subscribers have one of their own. */
TEST_ON(own_filters_are_matched_together, harness, h)
{
	enum { EVENTS = 20, SUBSCRIBERS = 200, SETS = 8 };
	struct stream_stats before, s;

	harness_fill(h, 0, EVENTS, 2500);
	harness_open(h, SUBSCRIBERS);
	connect_own_rules(h, SUBSCRIBERS, "");
	assert_true(harness_run_to(h, EVENTS));
	before = assert_bounds(h);
	harness_tell(h, EVENTS, EVENTS, 2500);
	assert_true(harness_run_to(h, 2 * EVENTS));
	assert_all_heard(h, 2 * EVENTS);
	s = assert_bounds(h);
	assert_int_equal(s.judgments - before.judgments, EVENTS * SUBSCRIBERS);
	/* once for the verdicts; again for terms where a turn ended in the middle of an event */
	assert_in_range(s.scans - before.scans, EVENTS, 2 * SETS * EVENTS);
}

/* Equal filters look at an event once, and its line is made once, for five hundred subscribers. */
TEST_ON(equal_filters_judge_once, harness, h)
{
	enum { EVENTS = 50, SUBSCRIBERS = 500 };
	struct stream_stats s;

	harness_fill(h, 0, EVENTS, 300);
	harness_open(h, SUBSCRIBERS + 1);
	harness_connect(h, SUBSCRIBERS, "{\"op\":\"subscribe\",\"since\":\"0\",\"match\":\"number\"}\n");
	assert_true(harness_run_to(h, EVENTS));
	assert_all_heard(h, EVENTS);
	s = assert_bounds(h);
	assert_int_equal(s.lines, EVENTS * SUBSCRIBERS);
	/* The subscribers come in groups: whoever comes after the delivery was over has lines of its own. */
	assert_in_range(s.judgments, EVENTS, EVENTS * SUBSCRIBERS / 20);
	assert_in_range(s.lines_made, EVENTS, EVENTS * SUBSCRIBERS / 20);
	/* With all of them there, a flood is judged and made once, and so is one event that comes alone. */
	for (int round = 0; round < 2; round++) {
		int64_t fresh = round == 0 ? 30 : 1, newest = EVENTS + (round == 0 ? 30 : 31);
		uint64_t judged = s.judgments, made = s.lines_made;

		harness_tell(h, (size_t)(newest - fresh), (size_t)fresh, 300);
		assert_true(harness_run_to(h, newest));
		s = assert_bounds(h);
		assert_int_equal(s.judgments - judged, fresh);
		/* the line, and the one with the terms */
		assert_int_equal(s.lines_made - made, 2 * fresh);
	}
	/* A filter that another subscriber leaves is still there for the others. */
	close(h->clients[0].fd);
	h->clients[0].fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	harness_tell(h, EVENTS + 31, 1, 300);
	h->clients[0].cursor = EVENTS + 32;
	assert_true(harness_run_to(h, EVENTS + 32));
	assert_int_equal(assert_bounds(h).clients, SUBSCRIBERS - 1);
}

/* The terms of the subscriber's own rule come with the line, which is made once for all whose rules find the same. */
TEST_ON(lines_tell_what_matched, harness, h)
{
	enum { EVENTS = 3 };
	static const char told[] =
		"\"matched\":[{\"term\":\"number\",\"title\":[[7,13]]},{\"term\":\"word*\",\"summary\":[[0,6],";
	struct stream_stats s;

	harness_fill(h, 0, EVENTS, 100);
	harness_open(h, 4);
	for (int i = 0; i < 3; i++)
		harness_connect(h, 1,
			i < 2 ? "{\"op\":\"subscribe\",\"match\":\"number AND word* NOT absent\"}\n"
			      : "{\"op\":\"subscribe\"}\n");
	harness_connect(h, 1, "{\"op\":\"subscribe\",\"match\":\"number AND (word* OR absent)\"}\n");
	await_text(h, &h->clients[2], "\"subscribed\"");
	harness_tell(h, EVENTS, 1, 100);
	await_text(h, &h->clients[2], "\"cursor\":\"4\",\"time\"");
	assert_null(strstr(h->text.data, "matched"));
	for (size_t i = 0; i < 4; i++) {
		buf_clear(&h->text);
		if (i != 2)
			await_text(h, &h->clients[i], told);
	}
	s = assert_bounds(h);
	assert_int_equal(s.lines, 4);
	assert_int_equal(s.lines_made, 2);
}

/* Seven hundred begin at the oldest event, each with a filter of its own, and few events are for each: they go through
 * the log together. An event is read, and looked at by the rules, a few times and not once for each. */
TEST_ON(catching_up_is_shared, harness, h)
{
	enum { EVENTS = 150, SUBSCRIBERS = 700, KINDS = 100, SETS = 4 };
	struct stream_stats before, s;
	char line[128];

	harness_fill(h, 0, EVENTS, 200);
	harness_open(h, SUBSCRIBERS);
	harness_connect(h, SUBSCRIBERS, NULL);
	before = assert_bounds(h);
	/* the newest event is of number 0 */
	for (int i = 0; i < SUBSCRIBERS; i++) {
		snprintf(line, sizeof(line),
			"{\"op\":\"subscribe\",\"since\":\"0\",\"match\":\"\\\"number %d\\\" OR absent%d OR 0\"}\n",
			i % KINDS + 1, i);
		client_say(&h->clients[i], line);
	}
	assert_true(harness_run_to(h, EVENTS));
	assert_all_heard(h, 2);
	s = assert_bounds(h);
	assert_in_range(s.judgments - before.judgments, EVENTS * SUBSCRIBERS, EVENTS * SUBSCRIBERS * 5 / 4);
	assert_in_range(s.events - before.events, EVENTS, 5 * EVENTS);
	assert_in_range(s.scans - before.scans, EVENTS, SETS * EVENTS);
}
