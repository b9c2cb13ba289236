/* SPDX-License-Identifier: ISC */
/* The ranking is that of BM25 with two grades of frequency: a word that stands once or twice, and one that stands
 * WORD_OFTEN_COUNT times or more.  A word in the title counts twice. */
#include "hits.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "sitrep/base/array.h"

static const double title_weight = 1.0;
static const double often_weight = 0.5;
/* Half of the score is divided by the length of the text, in relation to the average. */
static const double length_weight = 0.4;
static const double average_words = 250;

void hits_release(struct hits *h)
{
	free(h->items);
	*h = (struct hits){0};
}

static bool has_line(struct str lines, struct str line)
{
	struct str at;

	while (str_split(&lines, '\n', &at))
		if (str_eq(at, line))
			return true;
	return false;
}

static bool passes_filter(const struct hit_filter *f, const struct doc *d)
{
	const struct query_feed *feed;

	if (d->sort_ms < f->from_ms || (f->until_ms != 0 && d->sort_ms >= f->until_ms))
		return false;
	if (f->languages.len > 0 && !has_line(f->languages, str_from(d->language)))
		return false;
	if (!f->by_feed)
		return true;
	feed = query_feeds_find(f->known, d->feed_id);
	return feed != NULL && f->feeds[feed - f->known->items];
}

/* Notes which ranked terms the text has, one bit a term. */
static void note_ranks(const struct candidates *c, uint32_t text, struct hit *hit)
{
	size_t word = text / 64, bit = text % 64;

	for (size_t i = 0; i < c->ranked_count; i++) {
		const struct ranked_term *r = &c->ranked[i];

		if (!r->used)
			continue;
		hit->text |= (r->text[word] >> bit & 1) << i;
		hit->title |= (r->title[word] >> bit & 1) << i;
		hit->often |= (r->often[word] >> bit & 1) << i;
	}
}

static int newest_first(const void *a, const void *b)
{
	const struct hit *left = a, *right = b;

	return (left->doc.item_id < right->doc.item_id) - (left->doc.item_id > right->doc.item_id);
}

/* Drops all but the newest SEARCH_HITS_MAX. */
static void keep_newest(struct hits *h)
{
	if (h->count <= SEARCH_HITS_MAX)
		return;
	qsort(h->items, h->count, sizeof(*h->items), newest_first);
	h->count = SEARCH_HITS_MAX;
	h->is_newest = true;
}

bool hits_end_before(const struct hits *h, int64_t last_item)
{
	/* the last one is the oldest since keep_newest() */
	return h->is_newest && h->items[h->count - 1].doc.item_id > last_item;
}

int hits_add(struct hits *h, struct index_file *f, const struct segment *s, const struct text_set *set,
	const uint64_t *dead, const struct candidates *ranks, const struct hit_filter *filter, struct error *err)
{
	size_t words = ((size_t)s->docs + 63) / 64, added = 0;
	uint32_t chunk_number = UINT32_MAX;
	struct str chunk = STR_NONE;
	int64_t first = 0;

	for (size_t w = words; w-- > 0 && added <= SEARCH_HITS_MAX;) {
		uint64_t bits = set->may[w] & ~dead[w];

		while (bits != 0) {
			uint32_t bit = 63 - (uint32_t)__builtin_clzll(bits), text = (uint32_t)(64 * w) + bit;
			struct hit *hit;

			bits ^= UINT64_C(1) << bit;
			if (text / DOC_CHUNK != chunk_number) {
				chunk_number = text / DOC_CHUNK;
				if (index_file_chunk(f, s, chunk_number, &first, &chunk, err) != 0)
					return err->code;
			}
			if (array_reserve(&h->items, &h->cap, h->count + 1, sizeof(*h->items)) != 0)
				return error_sys(err, -ENOMEM, "cannot search");
			hit = &h->items[h->count];
			*hit = (struct hit){.sure = (set->sure[w] >> bit & 1) != 0};
			doc_chunk_get(chunk, first, text % DOC_CHUNK, &hit->doc);
			if (!passes_filter(filter, &hit->doc))
				continue;
			if (ranks != NULL && ranks->ranked != NULL)
				note_ranks(ranks, text, hit);
			h->count++;
			added++;
		}
	}
	keep_newest(h);
	return 0;
}

/* ---- order ---- */

static int best_first(const void *a, const void *b)
{
	const struct hit *left = a, *right = b;

	if (left->score != right->score)
		return left->score < right->score ? 1 : -1;
	return newest_first(a, b);
}

static int latest_first(const void *a, const void *b)
{
	const struct hit *left = a, *right = b;

	if (left->doc.sort_ms != right->doc.sort_ms)
		return left->doc.sort_ms < right->doc.sort_ms ? 1 : -1;
	return newest_first(a, b);
}

void hits_sort_by_time(struct hits *h)
{
	if (h->count > 1)
		qsort(h->items, h->count, sizeof(*h->items), latest_first);
}

void hits_rank(struct hits *h, const struct candidates *ranks, uint64_t all_texts)
{
	double weight[RANKED_MAX];

	for (size_t i = 0; i < ranks->ranked_count; i++) {
		double texts = (double)ranks->ranked[i].texts, all = (double)all_texts;

		weight[i] = log(1 + (all - texts + 0.5) / (texts + 0.5));
	}
	for (size_t i = 0; i < h->count; i++) {
		struct hit *hit = &h->items[i];
		double length = doc_length_of(hit->doc.length) / average_words;

		hit->score = 0;
		for (size_t t = 0; t < ranks->ranked_count; t++)
			if ((hit->text >> t & 1) != 0)
				hit->score += weight[t] * (1 + title_weight * (double)(hit->title >> t & 1) +
								  often_weight * (double)(hit->often >> t & 1));
		hit->score /= 1 - length_weight + length_weight * length;
	}
	if (h->count > 1)
		qsort(h->items, h->count, sizeof(*h->items), best_first);
}

/* ---- stories ---- */

size_t hits_group(struct hits *h)
{
	size_t places = 16, groups = 0;
	struct {
		int64_t story;
		uint32_t group;
	} * table;

	while (places < 2 * h->count + 2)
		places *= 2;
	table = calloc(places, sizeof(*table));
	if (table == NULL)
		return 0;
	for (size_t i = 0; i < h->count; i++) {
		struct hit *hit = &h->items[i];
		/* without a known story each item is one */
		int64_t story = hit->doc.story_id != 0 ? hit->doc.story_id : -hit->doc.item_id;
		size_t at = (size_t)((uint64_t)story * UINT64_C(0x9E3779B97F4A7C15) >> 32) & (places - 1);

		while (table[at].group != 0 && table[at].story != story)
			at = (at + 1) & (places - 1);
		if (table[at].group == 0) {
			table[at].story = story;
			table[at].group = (uint32_t)++groups;
		}
		hit->group = table[at].group;
	}
	free(table);
	return groups;
}
