/* SPDX-License-Identifier: ISC */
/* The table of feeds.  Each feed has a slot; its number is the index of the slot. Two indexes map ids, and places in
 * the configuration, to slots. */
#include "sitrep/schedule/feed_table.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sitrep/base/clock.h"
#include "sitrep/model/poll.h"

struct feed_table {
	const struct config *config; /* NULL until the first configuration */
	struct feed **slots;         /* pointers, since callbacks keep the address of a feed */
	size_t slot_count;
	uint32_t *by_place; /* slot + 1; 0: not enabled */
	uint32_t *by_id;    /* slot + 1; 0: none. The slot of a feed that has left may hold another one now */
	size_t by_id_size;
};

struct feed_table_change {
	const struct config *config;
	size_t count;                     /* enabled feeds */
	const struct config_feed **feeds; /* the enabled feeds */
	/* Larger arrays, which replace the table's members of the same names. */
	struct feed **slots;
	size_t old_slot_count, slot_count;
	uint32_t *by_place;
	bool *stays; /* by slot: its feed stays */
	size_t old_by_id_size, by_id_size;
	uint32_t *by_id; /* NULL: the table's own is large enough */
};

/* ---- finding ---- */

struct feed *feed_table_polled(const struct feed_table *t, int64_t id)
{
	uint32_t slot = feed_table_knows_id(t, id) ? t->by_id[id] : 0;

	return slot > 0 ? t->slots[slot - 1] : NULL;
}

struct feed *feed_table_by_id(const struct feed_table *t, int64_t id)
{
	struct feed *f = feed_table_polled(t, id);

	return f != NULL && f->config != NULL && f->state.id == id ? f : NULL;
}

bool feed_table_knows_id(const struct feed_table *t, int64_t id)
{
	return id > 0 && (size_t)id < t->by_id_size;
}

struct feed *feed_table_numbered(const struct feed_table *t, uint32_t number)
{
	return t->slots[number];
}

size_t feed_table_numbers(const struct feed_table *t)
{
	return t->slot_count;
}

size_t feed_table_places(const struct feed_table *t)
{
	return t->config != NULL ? t->config->feeds.count : 0;
}

struct feed *feed_table_at(const struct feed_table *t, size_t place)
{
	return t->by_place[place] > 0 ? t->slots[t->by_place[place] - 1] : NULL;
}

const struct feed_state *feed_table_state_at(const struct feed_table *t, size_t place)
{
	const struct feed *f = feed_table_at(t, place);

	return f != NULL ? &f->state : NULL;
}

struct feed *feed_table_find(const struct feed_table *t, struct str name)
{
	const struct config_feed *f = t->config != NULL ? config_find_feed(t->config, name) : NULL;

	return f != NULL ? feed_table_at(t, (size_t)(f - t->config->feeds.items)) : NULL;
}

struct feed *feed_table_next(const struct feed_table *t, size_t *at)
{
	while (*at < t->slot_count) {
		struct feed *f = t->slots[(*at)++];

		if (f->config != NULL)
			return f;
	}
	return NULL;
}

/* ---- states ---- */

void feed_table_swap_state(struct feed *f, struct feed_state *state)
{
	struct feed_state before = f->state;

	f->state = *state;
	*state = before;
}

void feed_table_follow_clock(struct feed_table *t, int64_t jump_ms, int64_t now_ms,
	void (*follow)(struct feed_state *state, int64_t jump_ms, int64_t now_ms))
{
	struct feed *f;

	for (size_t at = 0; (f = feed_table_next(t, &at)) != NULL;) {
		feed_state_follow_clock(&f->state, jump_ms, now_ms);
		follow(&f->state, jump_ms, now_ms);
	}
}

/* ---- preparing a change (may fail) ---- */

void feed_table_change_free(struct feed_table_change *ch)
{
	if (ch == NULL)
		return;
	for (size_t i = ch->old_slot_count; ch->slots != NULL && i < ch->slot_count; i++)
		free(ch->slots[i]);
	free(ch->feeds);
	free(ch->slots);
	free(ch->by_place);
	free(ch->stays);
	free(ch->by_id);
	free(ch);
}

/* Makes new slots for the added feeds that find no free slot. The free slots stay free until the change is applied.
 */
static int make_slots(struct feed_table_change *ch, const struct feed_table *t, size_t added)
{
	size_t n = 0;

	for (size_t i = 0; i < t->slot_count; i++)
		n += t->slots[i]->config == NULL && t->slots[i]->phase == PHASE_IDLE;
	ch->old_slot_count = t->slot_count;
	ch->slot_count = t->slot_count + (added > n ? added - n : 0);
	ch->slots = calloc(ch->slot_count + 1, sizeof(struct feed *));
	ch->stays = calloc(ch->slot_count + 1, sizeof(*ch->stays));
	if (ch->slots == NULL || ch->stays == NULL)
		return -ENOMEM;
	for (size_t i = t->slot_count; i < ch->slot_count; i++) {
		ch->slots[i] = calloc(1, sizeof(struct feed));
		if (ch->slots[i] == NULL)
			return -ENOMEM;
		ch->slots[i]->number = (uint32_t)i;
		ch->slots[i]->polled_ms = TIME_NONE;
	}
	return 0;
}

static int by_key(const void *a, const void *b)
{
	const struct feed *const *left = a, *const *right = b;

	return strcmp((*left)->config->key, (*right)->config->key);
}

/* Takes a slot of that key that is not taken yet; false when there is none. sorted is by key. */
static bool take_key(struct feed **sorted, size_t count, const char *key, bool *taken)
{
	size_t low = 0, high = count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(sorted[middle]->config->key, key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < count && strcmp(sorted[low]->config->key, key) == 0; low++)
		if (!taken[sorted[low]->number]) {
			taken[sorted[low]->number] = true;
			return true;
		}
	return false;
}

/* Counts the feeds that surely keep their slot, by the rule of feed_match.h. The database decides later which ones they
 * are. */
static int count_staying(const struct feed_table_change *ch, const struct feed_table *t, size_t *count)
{
	struct feed **sorted = calloc(t->slot_count + 1, sizeof(struct feed *));
	bool *taken = calloc(t->slot_count + 1, sizeof(*taken));
	size_t used = 0;
	int result = -ENOMEM;

	*count = 0;
	if (sorted == NULL || taken == NULL)
		goto out;
	for (size_t at = 0; (sorted[used] = feed_table_next(t, &at)) != NULL;)
		used++;
	qsort(sorted, used, sizeof(struct feed *), by_key);
	for (size_t i = 0; i < ch->count; i++) {
		const struct feed *f = ch->feeds[i]->listed ? NULL : feed_table_find(t, str_from(ch->feeds[i]->name));

		if (f != NULL)
			taken[f->number] = true;
		*count += f != NULL;
	}
	for (size_t i = 0; i < ch->count; i++)
		*count += ch->feeds[i]->listed && take_key(sorted, used, ch->feeds[i]->key, taken);
	result = 0;
out:
	free(sorted);
	free(taken);
	return result;
}

static int make_room(struct feed_table_change *ch, const struct feed_table *t)
{
	const struct config *c = ch->config;
	size_t staying = 0;
	int result;

	ch->feeds = calloc(c->feeds.count + 1, sizeof(*ch->feeds));
	ch->by_place = calloc(c->feeds.count + 1, sizeof(*ch->by_place));
	if (ch->feeds == NULL || ch->by_place == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < c->feeds.count; i++)
		if (c->feeds.items[i].enabled)
			ch->feeds[ch->count++] = &c->feeds.items[i];
	/* 0 at start, when no configuration is in force. */
	result = t->slot_count > 0 ? count_staying(ch, t, &staying) : 0;
	return result == 0 ? make_slots(ch, t, ch->count - staying) : result;
}

struct feed_table_change *feed_table_prepare(const struct feed_table *t, const struct config *config, struct error *err)
{
	struct feed_table_change *ch = calloc(1, sizeof(*ch));

	if (ch == NULL)
		goto no_memory;
	*ch = (struct feed_table_change){.config = config, .old_by_id_size = t->by_id_size};
	if (make_room(ch, t) == 0)
		return ch;

no_memory:
	error_sys(err, -ENOMEM, "cannot apply the configuration");
	feed_table_change_free(ch);
	return NULL;
}

size_t feed_table_change_count(const struct feed_table_change *ch)
{
	return ch->count;
}

int feed_table_reserve_ids(struct feed_table_change *ch, int64_t highest)
{
	ch->by_id_size = (size_t)highest + 1;
	if (ch->by_id_size <= ch->old_by_id_size)
		return 0;
	ch->by_id = calloc(ch->by_id_size, sizeof(*ch->by_id));
	return ch->by_id != NULL ? 0 : -ENOMEM;
}

/* ---- applying it (cannot fail) ---- */

static void use_room(struct feed_table *t, struct feed_table_change *ch)
{
	if (t->slot_count > 0)
		memcpy(ch->slots, t->slots, t->slot_count * sizeof(struct feed *));
	free(t->slots);
	free(t->by_place);
	t->slots = ch->slots;
	t->slot_count = ch->slot_count;
	t->by_place = ch->by_place;
	ch->slots = NULL;
	ch->by_place = NULL;
	if (ch->by_id == NULL)
		return;
	if (t->by_id_size > 0)
		memcpy(ch->by_id, t->by_id, t->by_id_size * sizeof(*t->by_id));
	free(t->by_id);
	t->by_id = ch->by_id;
	t->by_id_size = ch->by_id_size;
	ch->by_id = NULL;
}

static void retire(struct feed *f, const struct feed_table_events *events, void *arg)
{
	events->leaves(arg, f);
	f->config = NULL;
	credentials_release(&f->credentials);
	feed_state_release(&f->state);
}

/* Puts the i-th feed of the change into the slot of f, which may be its own already. */
static void occupy(struct feed_table *t, struct feed_table_change *ch, size_t i, struct feed *f,
	struct feed_state *state, const struct feed_table_events *events, void *arg)
{
	if (f->state.url != NULL && strcmp(f->state.url, state->url) != 0)
		events->changes_url(arg, f);
	f->config = ch->feeds[i];
	credentials_release(&f->credentials);
	feed_state_release(&f->state);
	f->state = *state;
	*state = (struct feed_state){0};
	t->by_id[f->state.id] = f->number + 1;
	t->by_place[f->config - t->config->feeds.items] = f->number + 1;
	events->placed(arg, f);
}

void feed_table_apply(struct feed_table *t, struct feed_table_change *ch, struct feed_state *states,
	const struct feed_table_events *events, void *arg)
{
	size_t next_free = 0;

	use_room(t, ch);
	t->config = ch->config;
	for (size_t i = 0; i < ch->count; i++) {
		const struct feed *f = feed_table_by_id(t, states[i].id);

		if (f != NULL)
			ch->stays[f->number] = true;
	}
	for (size_t i = 0; i < t->slot_count; i++)
		if (t->slots[i]->config != NULL && !ch->stays[i])
			retire(t->slots[i], events, arg);
	for (size_t i = 0; i < ch->count; i++) {
		struct feed *f = feed_table_by_id(t, states[i].id);

		/* A slot is not free while the last poll of the feed that left is under way. */
		while (f == NULL) {
			struct feed *at;

			assert(next_free < t->slot_count);
			at = t->slots[next_free++];
			f = at->config == NULL && at->phase == PHASE_IDLE ? at : NULL;
		}
		occupy(t, ch, i, f, &states[i], events, arg);
	}
}

/* ---- life ---- */

struct feed_table *feed_table_new(void)
{
	return calloc(1, sizeof(struct feed_table));
}

void feed_table_free(struct feed_table *t)
{
	if (t == NULL)
		return;
	for (size_t i = 0; i < t->slot_count; i++) {
		struct feed *f = t->slots[i];

		poll_outcome_free(f->outcome);
		credentials_release(&f->credentials);
		feed_state_release(&f->state);
		free(f->site);
		free(f->answers);
		free(f->detour);
		free(f);
	}
	free(t->slots);
	free(t->by_place);
	free(t->by_id);
	free(t);
}
