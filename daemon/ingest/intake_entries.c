/* SPDX-License-Identifier: ISC */
/* Some feeds give several items one guid.  Such items get distinct identities by their link; where that is the same
 * too, by their text; without guid, by their date as well.  The place in the document is never used: a new item at
 * the top would shift every identity by one, and each item would seem to have become its neighbour.  An item's guid
 * may be repeated in one poll and unique in the next; the digest then finds the item with its other identity.  When
 * a feed's guids are not trusted (identity_trust.h), the identity is made here, from the hashed link or text; a
 * first letter distinguishes the kinds. */
#include "intake_entries.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "item_date.h"

enum { IDS_MIN = 64 };

void entries_release(struct entries *e)
{
	free(e->items);
	free(e->sorted);
	free(e->ids);
	*e = (struct entries){0};
}

static const uint8_t *bytes(struct str s)
{
	return (const uint8_t *)s.data;
}

const uint8_t *entry_digest(const struct entry *e)
{
	return bytes(e->item->digest);
}

const uint8_t *entry_url_key(const struct entry *e)
{
	return e->item->url_key.len == SHA256_LEN ? bytes(e->item->url_key) : NULL;
}

/* The place of item_id in the hash table, or the free place for it. */
static size_t place_of(const struct entries *e, int64_t item_id)
{
	size_t place = (size_t)((uint64_t)item_id * UINT64_C(0x9E3779B97F4A7C15) >> 32) & e->ids_mask;

	while (e->ids[place] != 0 && e->ids[place] != item_id)
		place = (place + 1) & e->ids_mask;
	return place;
}

void entries_know(struct entries *all, struct entry *e, int64_t item_id)
{
	e->item_id = item_id;
	all->ids[place_of(all, item_id)] = item_id;
}

bool entries_contain(const struct entries *e, int64_t item_id)
{
	return e->ids[place_of(e, item_id)] == item_id;
}

static size_t places_for(size_t count)
{
	size_t places = IDS_MIN;

	while (places < count * 2)
		places *= 2;
	return places;
}

/* Empties the hash table, with room for one id of each entry. */
static void clear_ids(struct entries *e, size_t count)
{
	if (e->ids == NULL)
		return;
	e->ids_mask = places_for(count) - 1;
	memset(e->ids, 0, (e->ids_mask + 1) * sizeof(*e->ids));
}

static int make_room(struct entries *e, size_t count, struct error *err)
{
	struct entry *items;
	struct entry **sorted;
	int64_t *ids;

	if (count <= e->cap)
		return 0;
	items = realloc(e->items, count * sizeof(*items));
	if (items != NULL)
		e->items = items;
	sorted = realloc(e->sorted, count * sizeof(struct entry *));
	if (sorted != NULL)
		e->sorted = sorted;
	ids = realloc(e->ids, places_for(count) * sizeof(*ids));
	if (ids != NULL)
		e->ids = ids;
	if (items == NULL || sorted == NULL || ids == NULL)
		return error_sys(err, -ENOMEM, "cannot store a document");
	e->cap = count;
	return 0;
}

/* ---- identities ---- */

/* Whether the link is a site's front page, "https://example.org/". */
static bool is_site(struct str link)
{
	size_t host = str_find(link, STR("://"), 0);
	size_t path;

	if (host == STR_NPOS)
		return true;
	path = host + 3;
	while (path < link.len && link.data[path] != '/' && link.data[path] != '?')
		path++;
	return link.len - path <= 1;
}

static void hash_kind(struct entry *e, struct str kind, struct str what)
{
	sha256_of((const struct str[]){kind, what}, 2, e->identity);
}

/* An item without guid has its link as identity already; one without link has its text.  A link to the site does not
 * count.  A short text keeps the feed's identity, since the next item may have the same text and be another one. */
static void assign_identity(struct entry *e, enum feed_identity by)
{
	const struct item *it = e->item;
	bool has_url = by == FEED_BY_URL && (it->identity_kind == IDENTITY_LINK || entry_url_key(e) != NULL);

	memcpy(e->identity, it->identity.data, SHA256_LEN);
	if (by == FEED_BY_GUID || it->identity_kind == IDENTITY_DIGEST)
		return;
	if (has_url && !is_site(it->link)) {
		if (it->identity_kind != IDENTITY_LINK)
			hash_kind(e, STR("u"), it->url_key);
	} else if (it->token_count >= ENTRY_TOKENS_MIN) {
		hash_kind(e, STR("d"), it->digest);
	}
}

/* By identity, then text, date and place, so that groups are adjacent and equal items keep their order. */
static int by_identity(const void *a, const void *b)
{
	const struct entry *const *left = a, *const *right = b;
	int order = memcmp((*left)->identity, (*right)->identity, SHA256_LEN);

	if (order == 0)
		order = memcmp(entry_digest(*left), entry_digest(*right), SHA256_LEN);
	if (order == 0)
		order = ((*left)->date_ms > (*right)->date_ms) - ((*left)->date_ms < (*right)->date_ms);
	return order != 0 ? order : (*left > *right) - (*left < *right);
}

static void extend_identity(struct entry *e, struct str with)
{
	hash_kind(e, str_make((const char *)e->identity, SHA256_LEN), with);
}

static size_t sort_entries(struct entries *e, int (*compare)(const void *, const void *))
{
	size_t n = 0;

	for (size_t i = 0; i < e->count; i++)
		if (!e->items[i].skip)
			e->sorted[n++] = &e->items[i];
	if (n > 1)
		qsort(e->sorted, n, sizeof(struct entry *), compare);
	return n;
}

enum part_key { PART_LINK, PART_TEXT, PART_DATE, PART_KEYS };

static struct str extension_of(const struct entry *e, enum part_key key)
{
	switch (key) {
	case PART_LINK:
		return e->item->url_key;
	case PART_TEXT:
		return e->item->digest;
	case PART_DATE:
		return str_make((const char *)&e->date_ms, sizeof(e->date_ms));
	case PART_KEYS:
		break;
	}
	return STR_NONE;
}

/* a and b are the ends of a sorted group.  Items with one guid and one text are repeats even with different dates. */
static bool are_repeats(const struct entry *a, const struct entry *b)
{
	return memcmp(entry_digest(a), entry_digest(b), SHA256_LEN) == 0 &&
	       (a->item->identity_kind == IDENTITY_GUID || a->date_ms == b->date_ms);
}

/* The count entries at first, sorted, have one identity.  If all are repeats of one item, all but the first are
 * skipped; else their identities are extended by key. */
static void separate_group(struct entry **first, size_t count, enum part_key key)
{
	bool same = are_repeats(first[0], first[count - 1]);

	for (size_t i = 0; i < count; i++) {
		if (same)
			first[i]->skip = i > 0;
		else
			extend_identity(first[i], extension_of(first[i], key));
	}
}

/* Whether entries shared an identity. */
static bool separate_identities(struct entries *e, enum part_key key)
{
	size_t n = sort_entries(e, by_identity);
	bool found = false;

	for (size_t from = 0, to; from < n; from = to) {
		for (to = from + 1; to < n; to++)
			if (memcmp(e->sorted[to]->identity, e->sorted[from]->identity, SHA256_LEN) != 0)
				break;
		if (to - from == 1)
			continue;
		found = true;
		separate_group(&e->sorted[from], to - from, key);
	}
	return found;
}

void entries_order(struct entries *e)
{
	e->ordered = sort_entries(e, by_identity);
}

static int compare_start(const void *identity, const void *entry)
{
	const struct str *start = identity;
	const struct entry *const *e = entry;

	return memcmp(start->data, (*e)->identity, start->len);
}

bool entries_show(const struct entries *e, const uint8_t *identity, size_t len)
{
	struct str key = str_make((const char *)identity, len);

	return e->ordered > 0 && bsearch(&key, e->sorted, e->ordered, sizeof(struct entry *), compare_start) != NULL;
}

/* ---- a document that is too large ---- */

static int64_t text_bytes(const struct text *t)
{
	return (int64_t)t->value.len;
}

/* The approximate size of the item in the database (size.h). */
static int64_t entry_bytes(const struct entry *e)
{
	const struct item *it = e->item;

	return KEPT_ITEM + text_bytes(&it->title) + text_bytes(&it->summary) + text_bytes(&it->content) +
	       (int64_t)(it->plain_title.len + it->plain_summary.len + it->link.len + it->sketch.len);
}

size_t entries_cut(struct entries *e, int64_t bytes)
{
	size_t cut = 0;

	for (size_t i = 0; i < e->count; i++) {
		if (e->items[i].skip)
			continue;
		if (cut == 0 && bytes > 0) {
			bytes -= entry_bytes(&e->items[i]);
			continue;
		}
		e->items[i].skip = true;
		cut++;
	}
	return cut;
}

/* ---- links ---- */

static int by_url(const void *a, const void *b)
{
	const struct entry *const *left = a, *const *right = b;
	const uint8_t *l = entry_url_key(*left), *r = entry_url_key(*right);

	if (l == NULL || r == NULL)
		return (l != NULL) - (r != NULL);
	return memcmp(l, r, SHA256_LEN);
}

static void judge_links(struct entries *e)
{
	size_t n = sort_entries(e, by_url);

	for (size_t i = 0; i < n; i++) {
		struct entry *x = e->sorted[i];

		x->url_counts = entry_url_key(x) != NULL && !is_site(x->item->link) &&
				(i == 0 || by_url(&e->sorted[i - 1], &e->sorted[i]) != 0) &&
				(i + 1 == n || by_url(&e->sorted[i], &e->sorted[i + 1]) != 0);
	}
}

void entries_identify(struct entries *e, enum feed_identity by)
{
	bool separated = true;

	for (size_t i = 0; i < e->count; i++)
		assign_identity(&e->items[i], by);
	/* once for each key, and once more to skip entries that are equal in all keys */
	for (int key = PART_LINK; key <= PART_KEYS && separated; key++)
		separated = separate_identities(e, (enum part_key)key);
}

int entries_set(struct entries *e, const struct document *d, enum feed_identity by, struct error *err)
{
	int result = make_room(e, d->items.count, err);

	e->count = 0;
	if (result != 0)
		return result;
	clear_ids(e, d->items.count);
	for (size_t i = 0; i < d->items.count; i++) {
		struct item *it = &d->items.items[i];

		if (it->identity.len != SHA256_LEN || it->digest.len != SHA256_LEN)
			return error_set(err, -EPROTO, "an item of the document has no identity or digest");
		e->items[e->count++] = (struct entry){.item = it, .date_ms = item_date(it)};
	}
	entries_identify(e, by);
	judge_links(e);
	return 0;
}
