/* SPDX-License-Identifier: ISC */
/* retry_queue_test.c: the order within a story, waits between attempts, and the place up to which all have arrived. */
#include "../../../daemon/cli/retry_queue.h"
#include "../test.h"

struct queue {
	struct retry_queue *d;
};

static void set_up(struct queue *q)
{
	q->d = retry_queue_new(3);
	assert_non_null(q->d);
}

static void tear_down(struct queue *q)
{
	retry_queue_free(q->d);
}

FIXTURE(queue, set_up, tear_down)

static void add(struct queue *q, const char *cursor, const char *story)
{
	struct cursor_place place;

	assert_int_equal(cursor_place_set(&place, cursor, "i"), 0);
	retry_queue_add(q->d, &place, "new", str_from(story), story != NULL ? strdup(story) : NULL,
		story != NULL ? strlen(story) : 0);
}

static struct delivery *start(struct queue *q, int64_t now_ms, const char *cursor)
{
	struct delivery *one = retry_queue_start(q->d, now_ms);

	if (cursor == NULL)
		assert_null(one);
	else
		assert_string_equal(one->place.cursor, cursor);
	return one;
}

static void expect_place(struct queue *q, const char *cursor)
{
	struct cursor_place place = {.cursor = ""};

	assert_int_equal(retry_queue_arrived(q->d, &place), cursor[0] != '\0');
	assert_string_equal(place.cursor, cursor);
}

TEST_ON(delivers_a_story_in_order, queue, q)
{
	struct delivery *a1, *b, *a2;

	add(q, "1", "a");
	add(q, "2", "a");
	add(q, "3", "b");
	a1 = start(q, 0, "1");
	b = start(q, 0, "3");
	start(q, 0, NULL);
	retry_queue_done(q->d, b);
	expect_place(q, "");
	retry_queue_done(q->d, a1);
	expect_place(q, "1");
	a2 = start(q, 0, "2");
	retry_queue_done(q->d, a2);
	expect_place(q, "3");
}

TEST_ON(waits_longer_each_time, queue, q)
{
	static const int64_t waits[] = {1000, 2000, 4000, 8000, 16000, 32000, 64000, 128000, 256000, 300000, 300000};
	int64_t now = 5;

	add(q, "1", "a");
	add(q, "2", "a");
	for (size_t i = 0; i < sizeof(waits) / sizeof(waits[0]); i++) {
		struct delivery *one = start(q, now, "1");

		assert_int_equal(retry_queue_failed(q->d, one, now, 0), waits[i]);
		assert_int_equal(retry_queue_wait_ms(q->d, now), waits[i]);
		start(q, now + waits[i] - 1, NULL);
		now += waits[i];
	}
	assert_int_equal(retry_queue_failed(q->d, start(q, now, "1"), now, 3600000), 3600000);
}

TEST_ON(goes_on_while_one_waits, queue, q)
{
	add(q, "1", "a");
	add(q, "2", NULL);
	add(q, "3", "");
	add(q, "4", "");
	retry_queue_failed(q->d, start(q, 0, "1"), 0, 0);
	retry_queue_done(q->d, start(q, 0, "3"));
	retry_queue_done(q->d, start(q, 0, "4"));
	expect_place(q, "");
	retry_queue_done(q->d, start(q, 1000, "1"));
	expect_place(q, "4");
	assert_int_equal(retry_queue_wait_ms(q->d, 1000), -1);
}

TEST_ON(begins_no_more_than_it_may, queue, q)
{
	add(q, "1", "a");
	add(q, "2", "b");
	add(q, "3", "c");
	add(q, "4", "d");
	start(q, 0, "1");
	start(q, 0, "2");
	start(q, 0, "3");
	start(q, 0, NULL);
}

TEST_ON(is_bounded, queue, q)
{
	char cursor[16];

	for (int i = 1; i <= RETRY_QUEUE_MAX; i++) {
		assert_false(retry_queue_is_full(q->d));
		snprintf(cursor, sizeof(cursor), "%d", i);
		add(q, cursor, cursor);
	}
	assert_true(retry_queue_is_full(q->d));
	retry_queue_done(q->d, start(q, 0, "1"));
	expect_place(q, "1");
	assert_false(retry_queue_is_full(q->d));
	add(q, "257", "x");
	assert_true(retry_queue_is_full(q->d));
}
