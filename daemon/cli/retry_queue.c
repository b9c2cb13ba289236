/* SPDX-License-Identifier: ISC */
/* A ring of events in the order of the log.  A walk over all of them costs little compared with one attempt. */
#include "retry_queue.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

struct retry_queue *retry_queue_new(size_t at_once)
{
	struct retry_queue *d = calloc(1, sizeof(*d));

	if (d != NULL)
		d->at_once = at_once;
	return d;
}

void retry_queue_free(struct retry_queue *d)
{
	if (d == NULL)
		return;
	for (size_t i = 0; i < RETRY_QUEUE_MAX; i++)
		free(d->ring[i].body);
	free(d);
}

static struct delivery *at(struct retry_queue *d, size_t i)
{
	return &d->ring[(d->first + i) % RETRY_QUEUE_MAX];
}

bool retry_queue_is_full(const struct retry_queue *d)
{
	return d->count == RETRY_QUEUE_MAX || d->bytes > RETRY_QUEUE_BYTES_MAX;
}

void retry_queue_add(struct retry_queue *d, const struct cursor_place *place, const char *kind, struct str story,
	char *body, size_t len)
{
	struct delivery *one = at(d, d->count);

	assert(d->count < RETRY_QUEUE_MAX);
	*one = (struct delivery){.body = body, .len = len, .place = *place};
	snprintf(one->kind, sizeof(one->kind), "%s", kind);
	one->story = story.len > 0 ? XXH3_64bits(story.data, story.len) | 1 : 0;
	one->state = body == NULL ? DELIVERY_DONE : DELIVERY_WAITS;
	d->bytes += len;
	d->count++;
}

/* True when an older event of the same story waits or runs. */
static bool is_behind(struct retry_queue *d, size_t place)
{
	const struct delivery *one = at(d, place);

	for (size_t i = 0; one->story != 0 && i < place; i++)
		if (at(d, i)->story == one->story && at(d, i)->state != DELIVERY_DONE)
			return true;
	return false;
}

struct delivery *retry_queue_start(struct retry_queue *d, int64_t now_ms)
{
	if (d->running == d->at_once)
		return NULL;
	for (size_t i = 0; i < d->count; i++) {
		struct delivery *one = at(d, i);

		if (one->state != DELIVERY_WAITS || one->due_ms > now_ms || is_behind(d, i))
			continue;
		one->state = DELIVERY_RUNS;
		d->running++;
		return one;
	}
	return NULL;
}

void retry_queue_done(struct retry_queue *d, struct delivery *one)
{
	assert(one->state == DELIVERY_RUNS);
	one->state = DELIVERY_DONE;
	d->running--;
}

int64_t retry_queue_failed(struct retry_queue *d, struct delivery *one, int64_t now_ms, int64_t wait_ms)
{
	int64_t wait = RETRY_FIRST_MS;

	assert(one->state == DELIVERY_RUNS);
	for (unsigned i = 0; i < one->attempts && wait < RETRY_LONGEST_MS; i++)
		wait *= 2;
	wait = wait > RETRY_LONGEST_MS ? RETRY_LONGEST_MS : wait;
	wait = wait_ms > wait ? wait_ms : wait;
	one->state = DELIVERY_WAITS;
	one->attempts++;
	one->due_ms = now_ms + wait;
	d->running--;
	return wait;
}

bool retry_queue_arrived(struct retry_queue *d, struct cursor_place *place)
{
	bool moved = false;

	while (d->count > 0 && at(d, 0)->state == DELIVERY_DONE) {
		struct delivery *one = at(d, 0);

		if (one->place.cursor[0] != '\0') {
			*place = one->place;
			moved = true;
		}
		d->bytes -= one->len;
		free(one->body);
		one->body = NULL;
		d->first = (d->first + 1) % RETRY_QUEUE_MAX;
		d->count--;
	}
	return moved;
}

int64_t retry_queue_wait_ms(const struct retry_queue *d, int64_t now_ms)
{
	int64_t wait = -1;

	for (size_t i = 0; i < d->count; i++) {
		const struct delivery *one = &d->ring[(d->first + i) % RETRY_QUEUE_MAX];
		int64_t left = one->due_ms > now_ms ? one->due_ms - now_ms : 0;

		if (one->state == DELIVERY_WAITS && one->attempts > 0 && left > 0 && (wait < 0 || left < wait))
			wait = left;
	}
	return wait;
}
