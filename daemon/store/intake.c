/* What an item of a poll means: new, a copy, an update, or nothing.  The table stands in intake.h. */
#include "intake.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "record.h"
#include "sitrep/clock.h"
#include "sitrep/limits.h"

enum {
	/* A record is an item of one document, at most as large as that. */
	RECORD_MAX = LIMIT_WIRE_DOCUMENT,
	/* A record buffer that one large item made larger than this is given back. */
	RECORD_KEPT = 256 * 1024,
	/* Identities that are looked at after a document of a feed beyond its share, for each of its items. */
	TRIM_TIMES = 6,
	TRIM_LEAST = 1000,
	/* So much of each document is looked at, however small its feed's share is. */
	DOCUMENT_LEAST = 64 * 1024,
};

/* That an item is still in its feed is written down once a day, not at every poll. */
static const int64_t touch_after_ms = INT64_C(24) * 3600 * 1000;
/* Within this time a short text's item was in its feed lately; more than touch_after_ms. */
static const int64_t lately_ms = INT64_C(48) * 3600 * 1000;

/* One document on its way in. */
struct taking {
	struct intake *in;
	const struct feed_row *feed;
	int64_t at_ms;
	struct intake_counts *counts;
	size_t unknown, seen; /* identities, and of these the feed's own items (identity_trust.h) */
	struct error *err;
};

int intake_init(struct intake *in, struct item_store *items, struct journal *journal, struct publishers *publishers,
	struct grouping *grouping, struct error *err)
{
	*in = (struct intake){.items = items,
		.journal = journal,
		.publishers = publishers,
		.grouping = grouping,
		.record = BUF_INIT(RECORD_MAX),
		.limits = {INT64_MAX, INT64_MAX}};
	in->hash = sha256_new(err);
	return in->hash == NULL ? -ENOMEM : 0;
}

void intake_release(struct intake *in)
{
	sha256_free(in->hash);
	in->hash = NULL;
	entries_release(&in->entries);
	free(in->published_ms);
	buf_release(&in->record);
}

/* ---- making a row ---- */

/* RFC 9562, version 8: ours to define, the same for ever for a feed's name and an identity. */
static int make_uid(struct taking *t, const struct entry *e, uint8_t uid[STORE_KEY_LEN])
{
	uint8_t digest[SHA256_LEN];
	struct sha256 *h = t->in->hash;
	int result = sha256_begin(h);

	if (result == 0)
		result = sha256_add(h, str_from(t->feed->state.name));
	if (result == 0)
		result = sha256_add(h, str_make("", 1));
	if (result == 0)
		result = sha256_add(h, str_make((const char *)e->identity, SHA256_LEN));
	if (result == 0)
		result = sha256_end(h, digest);
	if (result != 0)
		return error_sys(t->err, result, "cannot hash an identity");
	memcpy(uid, digest, STORE_KEY_LEN);
	uid[6] = (uint8_t)(0x80 | (uid[6] & 0x0f));
	uid[8] = (uint8_t)(0x80 | (uid[8] & 0x3f));
	return 0;
}

/* Years 0 to 9999: outside, a date is no date, and sums with it could overflow. */
static int64_t plausible(int64_t time_ms)
{
	return time_ms >= INT64_C(-62167219200000) && time_ms < INT64_C(253402300800000) ? time_ms : TIME_NONE;
}

/* Atom entries need not say when they were published, only when they were updated. */
static int64_t published(const struct item *it)
{
	int64_t date_ms = plausible(it->published);

	if (date_ms == TIME_NONE)
		date_ms = plausible(it->created);
	return date_ms != TIME_NONE ? date_ms : plausible(it->updated);
}

/* The record keeps what the feed said; which rules of today's configuration matched is in the marks. */
static int encode_record(struct taking *t, const struct item *it)
{
	struct item plain = *it;
	int result;

	plain.matches.count = 0;
	plain.sketch = STR_NONE;
	plain.published = plausible(it->published);
	plain.updated = plausible(it->updated);
	plain.created = plausible(it->created);
	plain.expired = plausible(it->expired);
	if (t->in->record.cap > RECORD_KEPT)
		buf_release(&t->in->record);
	buf_clear(&t->in->record);
	result = record_encode(&t->in->record, &plain);
	return result == 0 ? 0 : error_sys(t->err, result, "cannot encode an item");
}

static int make_row(struct taking *t, const struct entry *e, struct item_row *row)
{
	int64_t date_ms = published(e->item);
	int result;

	*row = (struct item_row){
		.feed_id = t->feed->state.id,
		.seen_ms = t->at_ms,
		.published_ms = date_ms,
		.sort_ms = t->feed->backlog && date_ms != TIME_NONE && date_ms < t->at_ms ? date_ms : t->at_ms,
		.identity = e->identity,
		.digest = entry_digest(e),
		.url_key = entry_url_key(e),
		.canon_version = e->item->canon_version,
	};
	result = publishers_find(t->in->publishers, e->item, &row->publisher_id, t->err);
	if (result == 0)
		result = encode_record(t, e->item);
	row->record = buf_str(&t->in->record);
	return result;
}

/* ---- what can happen ---- */

static struct occasion occasion(const struct taking *t, const struct item_row *row)
{
	return (struct occasion){
		.at_ms = t->at_ms,
		.feed_id = row->feed_id,
		.item_id = row->id,
		.story_id = row->story_id,
		.sort_ms = row->sort_ms,
		.backlog = t->feed->backlog,
	};
}

/* The schedule learns from when items were published. */
static int note_published(struct taking *t, int64_t published_ms)
{
	struct intake *in = t->in;
	size_t count = (size_t)(t->counts->fresh + t->counts->copies);
	size_t cap = in->published_cap > 0 ? in->published_cap * 2 : 64;
	int64_t *grown;

	if (count == in->published_cap) {
		grown = realloc(in->published_ms, cap * sizeof(*grown));
		if (grown == NULL)
			return error_sys(t->err, -ENOMEM, "cannot note an item");
		in->published_ms = grown;
		in->published_cap = cap;
	}
	in->published_ms[count] = published_ms;
	return 0;
}

/* Where a new item goes. */
struct place {
	enum story_relation relation;
	int64_t story_id; /* 0: it begins one */
	int64_t of_item;  /* 0: it refers to none */
	double score;
	const struct story_answer *answer; /* NULL: it was not looked at by its text */
};

static struct grouping_item text_of(const struct taking *t, const struct entry *e, const struct item_row *row)
{
	return (struct grouping_item){
		.item_id = row->id,
		.source = publishers_name(t->in->publishers),
		.at_ms = row->seen_ms,
		.sketch = e->item->sketch,
	};
}

static int add(struct taking *t, struct entry *e, const struct place *p)
{
	struct item_row row;
	struct occasion o;
	uint8_t of_uid[STORE_KEY_LEN];
	struct journal_copy copy = {.relation = story_relation_name(p->relation), .score = p->score};
	struct grouping_item text;
	int result = make_row(t, e, &row);

	row.story_id = p->story_id;
	if (result == 0)
		result = make_uid(t, e, row.uid);
	if (result == 0)
		result = item_store_add(t->in->items, &row, t->err);
	if (result == 0)
		result = note_published(t, row.published_ms);
	text = text_of(t, e, &row);
	if (result == 0)
		result = grouping_record(t->in->grouping, &text, row.story_id, p->relation, p->answer, t->err);
	if (result == 0 && p->of_item != 0) {
		result = item_store_uid(t->in->items, p->of_item, of_uid, t->err);
		copy.of_uid = result == 1 ? of_uid : NULL;
	}
	if (result < 0)
		return result;
	entries_know(&t->in->entries, e, row.id);
	*(p->story_id == 0 ? &t->counts->fresh : &t->counts->copies) += 1;
	o = occasion(t, &row);
	o.guessed = p->relation == RELATION_UPDATE;
	result = journal_placed(t->in->journal, p->story_id == 0 ? EVENT_NEW : EVENT_COPY, &o, &copy, t->err);
	return result == 0 ? journal_matches(t->in->journal, &o, e->item, row.published_ms, t->err) : result;
}

/* Joins the story of an item that is known, for the same text or the same link. */
static int add_copy(struct taking *t, struct entry *e, const struct known *k)
{
	const struct story_answer answer = {
		.relation = RELATION_COPY,
		.links = {{.item_id = k->item_id, .relation = RELATION_COPY, .reasons = {.score = 1}}},
		.link_count = 1,
	};
	const struct place p = {.relation = RELATION_COPY,
		.story_id = k->story_id,
		.of_item = k->item_id,
		.score = 1,
		.answer = &answer};

	return add(t, e, &p);
}

static int update(struct taking *t, struct entry *e, const struct known *k)
{
	struct item_row row;
	struct grouping_item text;
	struct story_change change = {0};
	struct occasion o;
	int result = make_row(t, e, &row), compared = 0;

	row.id = k->item_id;
	row.story_id = k->story_id;
	text = text_of(t, e, &row);
	if (result == 0)
		result = compared = grouping_changes(t->in->grouping, &text, &change, t->err);
	if (result >= 0)
		result = item_store_revise(t->in->items, row.id, t->err);
	if (result == 0)
		result = item_store_replace(t->in->items, &row, t->err);
	if (result == 0)
		result = grouping_record(t->in->grouping, &text, row.story_id, RELATION_UPDATE, NULL, t->err);
	if (result != 0)
		return result;
	t->counts->updates++;
	o = occasion(t, &row);
	/* Polished words are kept and shown, but nobody is called for them. */
	if (compared == 0 || change.numbers || change.title || change.text)
		result = journal_changed(t->in->journal, &o, compared == 1 ? &change : NULL, t->err);
	return result == 0 ? journal_matches(t->in->journal, &o, e->item, row.published_ms, t->err) : result;
}

static int touch(struct taking *t, const struct entry *e, const struct known *k)
{
	/* What was stamped in the future is stamped anew, or it would stay for as long. */
	if (t->at_ms - k->last_seen_ms < touch_after_ms && k->last_seen_ms - t->at_ms < touch_after_ms)
		return 0;
	return item_store_touch(
		t->in->items, t->feed->state.id, e->identity, entry_digest(e), k->item_id, t->at_ms, t->err);
}

static int alias(struct taking *t, struct entry *e, int64_t item_id)
{
	entries_know(&t->in->entries, e, item_id);
	return item_store_alias(t->in->items, t->feed->state.id, e->identity, item_id, t->at_ms, t->err);
}

/* ---- which of it happens ---- */

static int take_known(struct taking *t, struct entry *e)
{
	const struct known *k = &e->known;
	bool pruned = k->story_id == 0;
	bool same = pruned || memcmp(k->digest, entry_digest(e), STORE_KEY_LEN) == 0;
	int result = touch(t, e, k);

	if (result != 0)
		return result;
	if (!same && k->canon_version == e->item->canon_version)
		return update(t, e, k);
	t->counts->unchanged++;
	/* The rules may be others for links only. */
	if (!pruned && k->canon_version != e->item->canon_version) {
		struct item_row row = {
			.id = k->item_id,
			.feed_id = t->feed->state.id,
			.seen_ms = t->at_ms,
			.digest = entry_digest(e),
			.url_key = entry_url_key(e),
			.canon_version = e->item->canon_version,
		};

		return item_store_rehash(t->in->items, &row, t->err);
	}
	return 0;
}

static const struct known *first_stored(const struct known *k, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (k[i].story_id != 0)
			return &k[i];
	return NULL;
}

/* The item of this feed that the short text was known as until now.  Past KNOWN_MAX equal texts the next
 * one is no news any more, whatever it is. */
static const struct known *former_short(const struct taking *t, const struct known *k, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (k[i].story_id != 0 && t->at_ms - k[i].last_seen_ms < lately_ms &&
			!entries_contain(&t->in->entries, k[i].item_id))
			return &k[i];
	return count == KNOWN_MAX ? &k[0] : NULL;
}

/* 1 when the digest settled it.  A short text is looked for in its own feed only; a long one first in all of them, since
 * most are in none. */
static int take_by_digest(struct taking *t, struct entry *e)
{
	bool is_long = e->item->token_count >= ENTRY_TOKENS_MIN;
	struct known any[KNOWN_MAX], own[KNOWN_MAX];
	const struct known *k = NULL;
	size_t any_count = 0, own_count;
	int result = 0;

	if (is_long)
		result = item_store_by_digest(t->in->items, entry_digest(e), 0, any, &any_count, t->err);
	if (result != 0 || (is_long && any_count == 0))
		return result;
	result = item_store_by_digest(t->in->items, entry_digest(e), t->feed->state.id, own, &own_count, t->err);
	if (result != 0)
		return result;
	if (!is_long) {
		k = former_short(t, own, own_count);
		if (k == NULL)
			return 0;
	} else if (own_count > 0) {
		k = first_stored(own, own_count);
		k = k != NULL ? k : &own[0];
	} else {
		k = first_stored(any, any_count);
		if (k != NULL) {
			result = add_copy(t, e, k);
			return result == 0 ? 1 : result;
		}
		k = &any[0];
	}
	t->counts->unchanged++;
	t->seen += own_count > 0;
	result = alias(t, e, k->item_id);
	return result == 0 ? 1 : result;
}

static bool one_a_feed(const struct known *k, size_t count)
{
	for (size_t i = 1; i < count; i++)
		if (k[i].feed_id == k[i - 1].feed_id)
			return false;
	return true;
}

/* 1 when the link settled it. */
static int take_by_url(struct taking *t, struct entry *e)
{
	struct known any[KNOWN_MAX], own[KNOWN_MAX];
	size_t any_count, own_count;
	int result;

	if (!e->url_counts)
		return 0;
	result = item_store_by_url(t->in->items, entry_url_key(e), 0, any, &any_count, t->err);
	if (result != 0 || any_count == 0)
		return result;
	result = item_store_by_url(t->in->items, entry_url_key(e), t->feed->state.id, own, &own_count, t->err);
	if (result != 0)
		return result;
	if (own_count > 0) {
		if (own_count > 1 || entries_contain(&t->in->entries, own[0].item_id))
			return 0;
		t->seen++;
		result = alias(t, e, own[0].item_id);
		if (result == 0)
			result = update(t, e, &own[0]);
	} else {
		if (!one_a_feed(any, any_count))
			return 0;
		result = add_copy(t, e, &any[0]);
	}
	return result == 0 ? 1 : result;
}

/* An outlet that shows two texts side by side means two things, however alike they are. */
static void stand_beside(struct story_answer *answer)
{
	answer->relation = RELATION_RELATED;
	answer->story_id = 0;
	for (size_t i = 0; i < answer->link_count; i++)
		if (answer->links[i].item_id == answer->of_item)
			answer->links[i].relation = RELATION_RELATED;
}

/* What nothing else has placed is placed by its text, or begins a story. */
static int take_by_text(struct taking *t, struct entry *e)
{
	struct story_answer answer;
	struct grouping_item text = {.at_ms = t->at_ms, .sketch = e->item->sketch};
	struct place p = {.answer = &answer};
	int64_t publisher_id;
	int result = publishers_find(t->in->publishers, e->item, &publisher_id, t->err);

	text.source = publishers_name(t->in->publishers);
	if (result == 0)
		result = grouping_decide(t->in->grouping, &text, &answer, t->err);
	if (result != 0)
		return result;
	if (answer.relation == RELATION_UPDATE && entries_contain(&t->in->entries, answer.of_item))
		stand_beside(&answer);
	p.relation = answer.relation;
	p.story_id = answer.story_id;
	p.of_item = answer.of_item;
	p.score = answer.reasons.score;
	return add(t, e, &p);
}

static int take_unknown(struct taking *t, struct entry *e)
{
	int result = take_by_digest(t, e);

	t->unknown++;
	if (result == 0)
		result = take_by_url(t, e);
	if (result == 0)
		return take_by_text(t, e);
	return result < 0 ? result : 0;
}

/* All identities are looked up before anything is decided: which items are still in the document
 * matters for those that are new in it. */
static int find_identities(struct taking *t)
{
	struct entries *all = &t->in->entries;

	for (size_t i = 0; i < all->count; i++) {
		struct entry *e = &all->items[i];
		int result;

		if (e->skip)
			continue;
		result = item_store_by_identity(t->in->items, t->feed->state.id, e->identity, &e->known, t->err);
		if (result < 0)
			return result;
		e->found = result == 1;
		if (e->found)
			entries_know(all, e, e->known.item_id);
	}
	return 0;
}

/* What is in the document is known by its new identities at once, so that nothing has to be found again. */
static int rename_items(struct taking *t, enum feed_identity by)
{
	struct entries *all = &t->in->entries;
	int result = entries_identify(all, by, t->in->hash, t->err);

	for (size_t i = 0; i < all->count && result >= 0; i++) {
		struct entry *e = &all->items[i];

		if (e->skip)
			continue;
		/* Some have no other identity than before, which is the item's own then, and no alias. */
		result = item_store_by_identity(t->in->items, t->feed->state.id, e->identity, &e->known, t->err);
		if (result == 0)
			result = alias(t, e, e->item_id);
	}
	return result < 0 ? result : 0;
}

/* A feed whose identities turn out to be those of items it had is known by something else from now on. */
static int judge_identities(struct taking *t, struct feed_row *feed)
{
	struct trust_sum sum;

	if (feed->backlog || feed->state.identity == FEED_BY_DIGEST)
		return 0;
	identity_trust_note(&feed->trust, t->unknown, t->seen);
	if (!identity_trust_is_lost(&feed->trust, &sum))
		return 0;
	feed->trust = (struct identity_trust){0};
	feed->state.identity = feed->state.identity == FEED_BY_GUID ? FEED_BY_URL : FEED_BY_DIGEST;
	t->counts->distrusted = sum.unknown;
	t->counts->distrusted_seen = sum.seen;
	return rename_items(t, feed->state.identity);
}

/* What is beyond a feed's share would be dropped again. */
static int64_t document_limit(const struct intake *in)
{
	int64_t share = in->limits.share_bytes > DOCUMENT_LEAST ? in->limits.share_bytes : DOCUMENT_LEAST;

	return share < in->limits.document_bytes ? share : in->limits.document_bytes;
}

static bool is_shown(void *arg, struct str identity)
{
	return entries_show(arg, (const uint8_t *)identity.data, identity.len);
}

/* A feed that invents a guid for each item at each poll would fill the database with what its items were once called.
 * Beyond its share it is remembered under what it shows now.  Where the walk begins is as good as chance, and as many
 * are looked at as can be added by some documents. */
static int forget_unshown(struct taking *t, const struct feed_row *feed)
{
	struct entries *all = &t->in->entries;

	if (feed->kept_bytes + t->in->items->kept_bytes <= t->in->limits.share_bytes)
		return 0;
	entries_order(all);
	if (all->ordered == 0)
		return 0;
	return item_store_trim(t->in->items, feed->state.id, all->items[0].identity,
		all->ordered * TRIM_TIMES + TRIM_LEAST, is_shown, all, t->err);
}

int intake_document(struct intake *in, struct feed_row *feed, const struct document *d, int64_t at_ms,
	struct intake_counts *counts, struct error *err)
{
	struct taking t = {.in = in, .feed = feed, .at_ms = at_ms, .counts = counts, .err = err};
	int result = entries_set(&in->entries, d, feed->state.identity, in->hash, err);

	in->items->kept_bytes = 0;
	if (result == 0)
		counts->cut = entries_cut(&in->entries, document_limit(in));
	if (result == 0)
		result = publishers_begin(in->publishers, feed, d, err);
	if (result == 0)
		result = find_identities(&t);
	/* The last one first: feeds begin with the newest, which is to get the highest number. */
	for (size_t i = in->entries.count; i > 0 && result == 0; i--) {
		struct entry *e = &in->entries.items[i - 1];

		if (e->skip)
			counts->unchanged++;
		else
			result = e->found ? take_known(&t, e) : take_unknown(&t, e);
	}
	if (result == 0)
		result = judge_identities(&t, feed);
	if (result == 0)
		result = forget_unshown(&t, feed);
	feed->kept_bytes += in->items->kept_bytes;
	if (feed->kept_bytes < 0)
		feed->kept_bytes = 0;
	return result;
}
