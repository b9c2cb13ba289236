/* SPDX-License-Identifier: ISC */
/* The hits are looked at story by story, so each value notes the last story that was counted with it. */
#include "facets.h"

#include <errno.h>
#include <stdlib.h>

#include "sitrep/base/clock.h"

enum { VALUES_MAX = 4096 };

struct value {
	struct search_facet facet;
	uint32_t last; /* the story that was counted last */
};

/* The values of one facet; those of feeds and categories have fixed places. */
struct values {
	struct value *items;
	size_t count;
};

/* Counts the story once for the value. */
static void note_story(struct value *v, uint32_t group)
{
	if (v->last == group)
		return;
	v->last = group;
	v->facet.stories++;
}

/* A value of a facet with few of them, found by its text; those beyond VALUES_MAX are not counted. */
static int note_text(struct arena *a, struct values *v, struct str text, uint32_t group)
{
	size_t at = 0;

	while (at < v->count && !str_eq(v->items[at].facet.value, text))
		at++;
	if (at == VALUES_MAX)
		return 0;
	if (at == v->count) {
		v->items[at] = (struct value){.facet.value = arena_str(a, text)};
		if (v->items[at].facet.value.data == NULL)
			return -ENOMEM;
		v->count++;
	}
	note_story(&v->items[at], group);
	return 0;
}

static int by_count(const void *a, const void *b)
{
	const struct value *left = a, *right = b;

	if (left->facet.stories != right->facet.stories)
		return left->facet.stories < right->facet.stories ? 1 : -1;
	return str_cmp(left->facet.value, right->facet.value);
}

static int by_value_backwards(const void *a, const void *b)
{
	const struct value *left = a, *right = b;

	return str_cmp(right->facet.value, left->facet.value);
}

static int hand_out(struct arena *a, struct values *v, bool by_value, struct search_facets *out)
{
	if (v->count > 1)
		qsort(v->items, v->count, sizeof(*v->items), by_value ? by_value_backwards : by_count);
	out->items = arena_alloc_array(a, SEARCH_FACETS_MAX, sizeof(*out->items));
	if (out->items == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < v->count && out->count < SEARCH_FACETS_MAX; i++)
		if (v->items[i].facet.stories > 0)
			out->items[out->count++] = v->items[i].facet;
	return 0;
}

static int by_group(const void *a, const void *b)
{
	const struct hit *left = *(const struct hit *const *)a, *right = *(const struct hit *const *)b;

	return (left->group > right->group) - (left->group < right->group);
}

struct counting {
	struct values months, categories, feeds, languages;
};

static int count_hit(struct arena *a, struct counting *c, const struct hit *hit, const struct query_feeds *feeds)
{
	const struct query_feed *feed = query_feeds_find(feeds, hit->doc.feed_id);
	char time[TIME_TEXT_MAX];
	int result;

	time_format_rfc3339(time, hit->doc.sort_ms);
	result = note_text(a, &c->months, str_make(time, sizeof("2026-11") - 1), hit->group);
	if (result == 0 && hit->doc.language[0] != '\0')
		result = note_text(a, &c->languages, str_from(hit->doc.language), hit->group);
	if (feed == NULL)
		return result;
	note_story(&c->feeds.items[feed - feeds->items], hit->group);
	for (size_t i = 0; i < feed->category_count; i++)
		note_story(&c->categories.items[feed->category_numbers[i]], hit->group);
	return result;
}

int facets_count(struct search_result *r, const struct hits *h, const struct query_feeds *feeds)
{
	struct arena *a = &r->arena;
	struct counting c = {.categories.count = feeds->category_count, .feeds.count = feeds->count};
	struct values *const all[] = {&c.months, &c.categories, &c.feeds, &c.languages};
	const struct hit **order = calloc(h->count + 1, sizeof(const struct hit *));
	int result = order == NULL ? -ENOMEM : 0;

	for (size_t i = 0; i < 4 && result == 0; i++) {
		all[i]->items =
			calloc(all[i]->count > VALUES_MAX ? all[i]->count + 1 : VALUES_MAX + 1, sizeof(*all[i]->items));
		result = all[i]->items == NULL ? -ENOMEM : 0;
	}
	for (size_t i = 0; i < feeds->count && result == 0; i++) {
		c.feeds.items[i].facet.value = feeds->items[i].name;
		c.feeds.items[i].facet.label = feeds->items[i].title;
	}
	for (size_t i = 0; i < feeds->category_count && result == 0; i++)
		c.categories.items[i].facet.value = feeds->categories[i];
	for (size_t i = 0; i < h->count && result == 0; i++)
		order[i] = &h->items[i];
	if (result == 0 && h->count > 1)
		qsort(order, h->count, sizeof(*order), by_group);
	for (size_t i = 0; i < h->count && result == 0; i++)
		result = count_hit(a, &c, order[i], feeds);
	if (result == 0)
		result = hand_out(a, &c.months, true, &r->months);
	if (result == 0)
		result = hand_out(a, &c.categories, false, &r->categories);
	if (result == 0)
		result = hand_out(a, &c.feeds, false, &r->feeds);
	if (result == 0)
		result = hand_out(a, &c.languages, false, &r->languages);
	for (size_t i = 0; i < 4; i++)
		free(all[i]->items);
	free(order);
	return result;
}
