/* SPDX-License-Identifier: ISC */
#include "recognition.h"

#include <string.h>

#include "item_date.h"
#include "sitrep/base/clock.h"
#include "sitrep/base/limits.h"
#include "sitrep/identity/title_core.h"

enum {
	/* Guids are compared with this many of a feed's newest items of one text: each comparison reads a record. */
	GUIDS_COMPARED = 4,
};

void recognition_init(struct recognition *r, struct item_store *items, const struct entries *entries)
{
	*r = (struct recognition){.items = items, .entries = entries};
	arena_init(&r->arena, LIMIT_WIRE_DOCUMENT);
	likeness_init(&r->likeness);
}

void recognition_release(struct recognition *r)
{
	arena_release(&r->arena);
	likeness_release(&r->likeness);
}

void recognition_begin(struct recognition *r, int64_t feed_id, int64_t at_ms, int64_t window_ms)
{
	r->feed_id = feed_id;
	r->at_ms = at_ms;
	r->window_ms = window_ms;
	r->document = r->assumed;
}

/* ---- the evidence ---- */

static int find_own_texts(struct recognition *r, const struct entry *e, struct known_item own[KNOWN_ITEMS_MAX],
	size_t *count, struct error *err)
{
	return item_store_by_digest(r->items, entry_digest(e), r->feed_id, own, count, err);
}

bool recognition_core_key(const struct entry *e, uint8_t key[SHA256_LEN])
{
	struct str title = str_trim(e->item->plain_title), core = title_core(title);
	const struct str pieces[] = {STR("core\n"), core, STR("\n"), e->item->plain_summary};

	if (core.len == title.len)
		return false;
	sha256_of(pieces, sizeof(pieces) / sizeof(pieces[0]), key);
	return true;
}

/* Finds the feed's items that have the same text without the counter in the title. */
static int find_own_cores(struct recognition *r, const struct entry *e, struct known_item own[KNOWN_ITEMS_MAX],
	size_t *count, struct error *err)
{
	uint8_t key[SHA256_LEN];

	*count = 0;
	return recognition_core_key(e, key) ? item_store_by_digest(r->items, key, r->feed_id, own, count, err) : 0;
}

/* Sets document to DOCUMENT_RENAMED when more than half of its items have texts that the feed had under other
 * identities, and these are not all one text. */
static int find_document_kind(struct recognition *r, struct error *err)
{
	const struct entry *first = NULL;
	size_t shown = 0, renamed = 0;
	bool differ = false;

	for (size_t i = 0; i < r->entries->count; i++) {
		const struct entry *e = &r->entries->items[i];
		struct known_item own[KNOWN_ITEMS_MAX];
		size_t count;
		int result;

		if (e->skip)
			continue;
		shown++;
		if (e->found)
			continue;
		result = find_own_texts(r, e, own, &count, err);
		if (result == 0 && count == 0)
			result = find_own_cores(r, e, own, &count, err);
		if (result != 0)
			return result;
		if (count == 0)
			continue;
		renamed++;
		differ = differ || (first != NULL && memcmp(entry_digest(first), entry_digest(e), STORE_KEY_LEN) != 0);
		first = e;
	}
	if (shown == 1)
		r->document = DOCUMENT_ALONE;
	else
		r->document = renamed * 2 > shown && differ ? DOCUMENT_RENAMED : DOCUMENT_STEADY;
	return 0;
}

int recognition_load(struct recognition *r, int64_t item_id, struct item *it, struct error *err)
{
	arena_clear(&r->arena);
	return item_store_record(r->items, item_id, &r->arena, it, err);
}

/* A date in the future is stored as first_seen_ms; the item's record has the original date. */
static int find_date(
	struct recognition *r, int64_t date_ms, const struct known_item *k, enum match_date *date, struct error *err)
{
	int64_t known_ms = k->published_ms;
	struct item it;
	int result = 0;

	if (known_ms != TIME_NONE && known_ms == k->first_seen_ms) {
		result = recognition_load(r, k->item_id, &it, err);
		if (result == 1)
			known_ms = item_date(&it);
	}
	*date = match_date(date_ms, known_ms);
	return result < 0 ? result : 0;
}

/* A pruned item has no date any more.  A date after the time at which it was last seen is another date. */
static enum match_date date_after_pruned(int64_t date_ms, const struct known_item *k)
{
	if (date_ms == TIME_NONE)
		return DATE_UNKNOWN;
	return date_ms > k->last_seen_ms ? DATE_OTHER : DATE_SAME;
}

/* The link of an item without guid is compared even when other items of the document have it, too. */
static enum match_link find_link(const struct entry *e, const struct known_item *k)
{
	const uint8_t *url = entry_url_key(e);

	if (url == NULL || !k->has_url || (!e->url_counts && e->item->identity_kind == IDENTITY_GUID))
		return LINK_OTHER;
	return memcmp(url, k->url_key, STORE_KEY_LEN) == 0 ? LINK_SAME : LINK_OTHER;
}

/* Sets all facts but text, which the caller sets, and GUID_SAME, which find_guid() sets. */
static int gather_facts(struct recognition *r, const struct entry *e, const struct known_item *k,
	struct match_facts *facts, int64_t *apart_ms, struct error *err)
{
	int64_t date_ms = e->date_ms, known_ms = k->published_ms;
	bool is_pruned = k->story_id == 0;
	int result = 0;

	facts->owner = k->feed_id == r->feed_id ? OWNER_SELF : OWNER_OTHER;
	facts->place = is_pruned ? PLACE_PRUNED : entries_contain(r->entries, k->item_id) ? PLACE_SHOWN : PLACE_GONE;
	facts->guid = e->item->identity_kind == IDENTITY_GUID ? GUID_OTHER : GUID_NONE;
	facts->link = find_link(e, k);
	facts->length = match_length(e->item->token_count);
	facts->document = DOCUMENT_STEADY;
	if (is_pruned) {
		facts->date = date_after_pruned(date_ms, k);
		known_ms = k->last_seen_ms;
	} else {
		result = find_date(r, date_ms, k, &facts->date, err);
		known_ms = known_ms != TIME_NONE ? known_ms : k->first_seen_ms;
	}
	date_ms = date_ms != TIME_NONE ? date_ms : r->at_ms;
	*apart_ms = date_ms > known_ms ? date_ms - known_ms : known_ms - date_ms;
	facts->in_window = *apart_ms <= r->window_ms;
	if (result != 0 || facts->owner != OWNER_SELF ||
		(facts->text != TEXT_SAME && facts->text != TEXT_BUT_COUNTER) ||
		(facts->date != DATE_UNKNOWN && facts->date != DATE_SAME_DAY))
		return result;
	if (r->document == 0)
		result = find_document_kind(r, err);
	facts->document = r->document;
	return result;
}

/* Sets *guid to GUID_SAME when the known item has the same guid.  That happens when the feed repeats guids: the
 * identities made of them are extended (intake_entries.c), and differ. */
static int find_guid(struct recognition *r, const struct entry *e, const struct known_item *k, enum match_guid *guid,
	struct error *err)
{
	struct item it;
	int result = recognition_load(r, k->item_id, &it, err);

	if (result == 1 && str_eq(str_trim(it.id), str_trim(e->item->id)))
		*guid = GUID_SAME;
	return result < 0 ? result : 0;
}

/* *text is 0, which matches no row of the table, when the known item's record is missing or damaged. */
static int compare_texts(struct recognition *r, const struct entry *e, const struct known_item *k,
	int64_t *known_date_ms, enum match_text *text, struct error *err)
{
	struct item it;
	int result = recognition_load(r, k->item_id, &it, err);

	*text = 0;
	*known_date_ms = TIME_NONE;
	if (result != 1)
		return result;
	*known_date_ms = item_date(&it);
	result = likeness_compare(&r->likeness, &it, e->item);
	if (result < 0)
		return error_sys(err, result, "cannot compare two texts");
	*text = result == 1 ? TEXT_ALIKE : TEXT_UNRELATED;
	return 0;
}

/* ---- the decision ---- */

static void keep_better(struct finding *best, const struct finding *now)
{
	if (now->decision < best->decision || now->decision == MATCH_NONE)
		return;
	if (now->decision == best->decision &&
		(now->link > best->link || (now->link == best->link && now->apart_ms >= best->apart_ms)))
		return;
	*best = *now;
}

static int judge_texts(struct recognition *r, const struct entry *e, const struct known_item *k, size_t count,
	bool repeated, struct finding *best, struct error *err)
{
	int compared = 0, result = 0;

	for (size_t i = 0; i < count && result == 0 && best->decision < MATCH_SAME; i++) {
		struct match_facts facts = {.text = TEXT_SAME, .repeated = repeated};
		struct finding now = {.known = k[i]};

		result = gather_facts(r, e, &k[i], &facts, &now.apart_ms, err);
		if (result != 0)
			break;
		now.decision = item_match(&facts);
		if (now.decision == MATCH_LOOKALIKE && facts.owner == OWNER_SELF && facts.place == PLACE_GONE &&
			facts.guid == GUID_OTHER && compared++ < GUIDS_COMPARED) {
			result = find_guid(r, e, &k[i], &facts.guid, err);
			now.decision = item_match(&facts);
		}
		now.owner = facts.owner;
		now.link = facts.link;
		keep_better(best, &now);
	}
	return result;
}

/* A short text is looked up in its own feed only.  A long text is looked up in all feeds first: most long texts are
 * in no feed and need no second look-up. */
static int judge_by_digest(struct recognition *r, const struct entry *e, struct finding *best, struct error *err)
{
	bool is_long = e->item->token_count >= MATCH_TOKENS_MIN, repeated = false;
	struct known_item any[KNOWN_ITEMS_MAX], own[KNOWN_ITEMS_MAX];
	size_t any_count = 0, own_count;
	int result = 0;

	if (is_long)
		result = item_store_by_digest(r->items, entry_digest(e), 0, any, &any_count, err);
	if (result != 0 || (is_long && any_count == 0))
		return result;
	result = find_own_texts(r, e, own, &own_count, err);
	if (result == 0)
		result = judge_texts(r, e, own, own_count, false, best, err);
	for (size_t i = 0; i < own_count; i++)
		repeated = repeated || own[i].story_id != 0;
	/* drop items of this feed, which are looked up below */
	for (size_t i = 0; i < any_count;) {
		if (any[i].feed_id == r->feed_id)
			any[i] = any[--any_count];
		else
			i++;
	}
	return result == 0 ? judge_texts(r, e, any, any_count, repeated, best, err) : result;
}

static bool is_one_a_feed(const struct known_item *k, size_t count)
{
	for (size_t i = 1; i < count; i++)
		if (k[i].feed_id == k[i - 1].feed_id)
			return false;
	return true;
}

/* A link that several items of one feed share decides nothing: it is not the address of one item. */
static int judge_by_url(struct recognition *r, const struct entry *e, struct finding *best, struct error *err)
{
	struct known_item any[KNOWN_ITEMS_MAX], own[KNOWN_ITEMS_MAX];
	const struct known_item *k = own;
	struct match_facts facts = {.text = TEXT_UNRELATED};
	size_t any_count, own_count;
	int64_t date_ms;
	int result;

	if (!e->url_counts)
		return 0;
	result = item_store_by_url(r->items, entry_url_key(e), 0, any, &any_count, err);
	if (result != 0 || any_count == 0)
		return result;
	result = item_store_by_url(r->items, entry_url_key(e), r->feed_id, own, &own_count, err);
	if (result != 0 || own_count > 1)
		return result;
	if (own_count == 0) {
		if (!is_one_a_feed(any, any_count))
			return 0;
		k = any;
	}
	result = gather_facts(r, e, k, &facts, &best->apart_ms, err);
	if (result == 0)
		result = compare_texts(r, e, k, &date_ms, &facts.text, err);
	best->decision = item_match(&facts);
	best->owner = facts.owner;
	best->link = facts.link;
	best->known = *k;
	return result;
}

static int judge_by_core(struct recognition *r, const struct entry *e, struct finding *best, struct error *err)
{
	struct known_item own[KNOWN_ITEMS_MAX];
	size_t count;
	int result = find_own_cores(r, e, own, &count, err);

	for (size_t i = 0; i < count && result == 0 && best->decision < MATCH_CHANGED; i++) {
		struct match_facts facts = {.text = TEXT_BUT_COUNTER};
		struct finding now = {.known = own[i]};

		result = gather_facts(r, e, &own[i], &facts, &now.apart_ms, err);
		now.decision = item_match(&facts);
		now.owner = facts.owner;
		now.link = facts.link;
		keep_better(best, &now);
	}
	return result;
}

/* An item without guid may have another identity and digest by the rules of an earlier CANON_VERSION: it is compared
 * with items that were read by other rules. */
static int judge_by_reading(struct recognition *r, const struct entry *e, struct finding *best, struct error *err)
{
	struct known_item own[KNOWN_ITEMS_MAX];
	size_t count;
	int result;

	if (e->item->identity_kind == IDENTITY_GUID)
		return 0;
	result = item_store_by_reading(r->items, e->item->canon_version, r->feed_id, own, &count, err);
	for (size_t i = 0; i < count && result == 0 && best->decision < MATCH_SAME; i++) {
		struct match_facts facts = {.text = TEXT_READ_AGAIN};
		struct finding now = {.known = own[i]};
		int64_t date_ms;

		result = gather_facts(r, e, &own[i], &facts, &now.apart_ms, err);
		/* texts are compared last, since a comparison reads a record */
		if (result != 0 || item_match(&facts) == MATCH_NONE)
			continue;
		result = compare_texts(r, e, &own[i], &date_ms, &facts.text, err);
		if (facts.text != TEXT_ALIKE)
			continue;
		now.decision = MATCH_SAME;
		now.owner = facts.owner;
		now.link = facts.link;
		keep_better(best, &now);
	}
	return result;
}

int recognition_find(struct recognition *r, const struct entry *e, struct finding *best, struct error *err)
{
	int result;

	*best = (struct finding){.decision = MATCH_NONE};
	result = judge_by_digest(r, e, best, err);
	if (result == 0 && best->decision == MATCH_NONE)
		result = judge_by_url(r, e, best, err);
	if (result == 0 && best->decision == MATCH_NONE)
		result = judge_by_core(r, e, best, err);
	return result == 0 && best->decision == MATCH_NONE ? judge_by_reading(r, e, best, err) : result;
}

int recognition_knows(struct recognition *r, const struct entry *e, struct error *err)
{
	struct known_item own[KNOWN_ITEMS_MAX];
	size_t count = 0;
	int result = 0;

	if (e->item->token_count >= MATCH_TOKENS_MIN)
		result = find_own_texts(r, e, own, &count, err);
	if (result == 0 && count == 0 && e->url_counts)
		result = item_store_by_url(r->items, entry_url_key(e), r->feed_id, own, &count, err);
	return result == 0 ? count > 0 : result;
}

int recognition_is_edited(struct recognition *r, const struct entry *e, int64_t last_poll_ms, struct error *err)
{
	int64_t updated_ms = item_date_plausible(e->item->updated);
	struct item before;
	int result = recognition_load(r, e->known.item_id, &before, err);

	if (result != 1)
		return result;
	if (updated_ms != TIME_NONE && last_poll_ms != TIME_NONE && updated_ms > last_poll_ms)
		return 1;
	result = likeness_title_edited(&r->likeness, &before, e->item);
	return result < 0 ? error_sys(err, result, "cannot compare two titles") : result;
}

bool recognition_is_by_link(const struct entry *e)
{
	const struct item *it = e->item;

	return it->identity_kind == IDENTITY_LINK ||
	       (it->identity_kind == IDENTITY_GUID && it->link.len > 0 && str_eq(str_trim(it->id), str_trim(it->link)));
}

int recognition_is_replaced(struct recognition *r, const struct entry *e, struct error *err)
{
	enum match_text text;
	int64_t date_ms;
	int result = compare_texts(r, e, &e->known, &date_ms, &text, err);

	if (result != 0)
		return result;
	return text == TEXT_UNRELATED && match_date(e->date_ms, date_ms) != DATE_SAME;
}
