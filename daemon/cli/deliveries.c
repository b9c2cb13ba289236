/* SPDX-License-Identifier: ISC */
/* A ring of events in the order of the log.  A walk over all of them costs little compared with one attempt. */
#include "deliveries.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

struct deliveries *deliveries_new(size_t at_once)
{
	struct deliveries *d = calloc(1, sizeof(*d));

	if (d != NULL)
		d->at_once = at_once;
	return d;
}

void deliveries_free(struct deliveries *d)
{
	if (d == NULL)
		return;
	for (size_t i = 0; i < DELIVERIES_MAX; i++)
		free(d->ring[i].body);
	free(d);
}

static struct delivery *at(struct deliveries *d, size_t i)
{
	return &d->ring[(d->first + i) % DELIVERIES_MAX];
}

bool deliveries_are_full(const struct deliveries *d)
{
	return d->count == DELIVERIES_MAX || d->bytes > DELIVERIES_BYTES_MAX;
}

void deliveries_add(struct deliveries *d, const struct cursor_place *place, const char *kind, struct str story,
	char *body, size_t len)
{
	struct delivery *one = at(d, d->count);

	assert(d->count < DELIVERIES_MAX);
	*one = (struct delivery){.body = body, .len = len, .place = *place};
	snprintf(one->kind, sizeof(one->kind), "%s", kind);
	one->story = story.len > 0 ? XXH3_64bits(story.data, story.len) | 1 : 0;
	one->state = body == NULL ? DELIVERY_DONE : DELIVERY_WAITS;
	d->bytes += len;
	d->count++;
}

/* True when an older event of the same story waits or runs. */
static bool is_behind(struct deliveries *d, size_t place)
{
	const struct delivery *one = at(d, place);

	for (size_t i = 0; one->story != 0 && i < place; i++)
		if (at(d, i)->story == one->story && at(d, i)->state != DELIVERY_DONE)
			return true;
	return false;
}

struct delivery *deliveries_start(struct deliveries *d, int64_t now_ms)
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

void deliveries_done(struct deliveries *d, struct delivery *one)
{
	assert(one->state == DELIVERY_RUNS);
	one->state = DELIVERY_DONE;
	d->running--;
}

int64_t deliveries_failed(struct deliveries *d, struct delivery *one, int64_t now_ms, int64_t wait_ms)
{
	int64_t wait = DELIVERY_RETRY_FIRST_MS;

	assert(one->state == DELIVERY_RUNS);
	for (unsigned i = 0; i < one->attempts && wait < DELIVERY_RETRY_LONGEST_MS; i++)
		wait *= 2;
	wait = wait > DELIVERY_RETRY_LONGEST_MS ? DELIVERY_RETRY_LONGEST_MS : wait;
	wait = wait_ms > wait ? wait_ms : wait;
	one->state = DELIVERY_WAITS;
	one->attempts++;
	one->due_ms = now_ms + wait;
	d->running--;
	return wait;
}

bool deliveries_arrived(struct deliveries *d, struct cursor_place *place)
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
		d->first = (d->first + 1) % DELIVERIES_MAX;
		d->count--;
	}
	return moved;
}

int64_t deliveries_wait_ms(const struct deliveries *d, int64_t now_ms)
{
	int64_t wait = -1;

	for (size_t i = 0; i < d->count; i++) {
		const struct delivery *one = &d->ring[(d->first + i) % DELIVERIES_MAX];
		int64_t left = one->due_ms > now_ms ? one->due_ms - now_ms : 0;

		if (one->state == DELIVERY_WAITS && one->attempts > 0 && left > 0 && (wait < 0 || left < wait))
			wait = left;
	}
	return wait;
}
