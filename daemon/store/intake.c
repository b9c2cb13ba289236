/* What an item of a poll means: new, a copy, an update, or nothing.  The table stands in intake.h. */
#include "intake.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "item_date.h"
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
	/* Below all that has a date, of items that came in with their feed and have none. */
	UNDATED_SORT_MS = 0,
	/* So much of each document is looked at, however small its feed's share is. */
	DOCUMENT_LEAST = 64 * 1024,
};

/* That an item is still in its feed is written down once a day, not at every poll. */
static const int64_t touch_after_ms = INT64_C(24) * 3600 * 1000;

/* A text that is ignored is kept so often. */
static const int64_t ignored_kept_ms = INT64_C(3600) * 1000;

/* One document on its way in. */
struct intake_run {
	struct intake *in;
	const struct feed_row *feed;
	int64_t at_ms;
	struct intake_counts *counts;
	size_t unknown, seen; /* identities, and of these the feed's own items (identity_trust.h) */
	bool is_continued;    /* the first document from where the feed is asked now shows items that it had before */
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
	finder_init(&in->finder, items, &in->entries, in->hash);
	if (in->hash != NULL && churn_reader_init(&in->churn) != 0)
		return error_sys(err, -ENOMEM, "cannot take documents in");
	return in->hash == NULL ? -ENOMEM : 0;
}

void intake_release(struct intake *in)
{
	sha256_free(in->hash);
	in->hash = NULL;
	entries_release(&in->entries);
	free(in->published_ms);
	buf_release(&in->record);
	finder_release(&in->finder);
	churn_reader_release(&in->churn);
}

/* ---- making a row ---- */

/* RFC 9562, version 8: ours to define, the same for ever for a feed's first name and an identity. */
static int make_uid(struct intake_run *t, const struct entry *e, uint8_t uid[STORE_KEY_LEN])
{
	uint8_t digest[SHA256_LEN];
	struct sha256 *h = t->in->hash;
	int result = sha256_begin(h);

	if (result == 0)
		result = sha256_add(h, str_from(t->feed->uid_stem));
	if (result == 0)
		result = sha256_add(h, str_make("", 1));
	if (result == 0)
		result = sha256_add(h, str_make((const char *)e->identity, SHA256_LEN));
	/* an earlier item of that identity has the name already */
	if (result == 0 && e->found)
		result = sha256_add(h, e->item->digest);
	if (result == 0)
		result = sha256_end(h, digest);
	if (result != 0)
		return error_sys(t->err, result, "cannot hash an identity");
	memcpy(uid, digest, STORE_KEY_LEN);
	uid[6] = (uint8_t)(0x80 | (uid[6] & 0x0f));
	uid[8] = (uint8_t)(0x80 | (uid[8] & 0x3f));
	return 0;
}

/* The record keeps what the feed said; which rules of today's configuration matched is in the marks. */
static int encode_record(struct intake_run *t, const struct item *it)
{
	struct item plain = *it;
	int result;

	plain.matches.count = 0;
	plain.sketch = STR_NONE;
	plain.published = item_date_plausible(it->published);
	plain.updated = item_date_plausible(it->updated);
	plain.created = item_date_plausible(it->created);
	plain.expired = item_date_plausible(it->expired);
	if (t->in->record.cap > RECORD_KEPT)
		buf_release(&t->in->record);
	buf_clear(&t->in->record);
	result = record_encode(&t->in->record, &plain);
	return result == 0 ? 0 : error_sys(t->err, result, "cannot encode an item");
}

/* The first document is a backlog.  But another address of a feed is no new feed: beside items that are known, what its
 * last good poll could not have shown is news. */
static bool is_backlog(const struct intake_run *t, const struct entry *e)
{
	const struct feed_state *feed = &t->feed->state;

	if (!t->feed->backlog || !t->is_continued)
		return t->feed->backlog;
	return !e->found && e->date_ms != TIME_NONE && feed->last_success_ms != TIME_NONE &&
	       e->date_ms <= feed->last_success_ms;
}

/* An item of a backlog stands where it was published, below all that has a date when it has none. */
static int64_t sort_of(const struct intake_run *t, const struct entry *e)
{
	if (!is_backlog(t, e))
		return t->at_ms;
	if (e->date_ms == TIME_NONE)
		return UNDATED_SORT_MS;
	return e->date_ms < t->at_ms ? e->date_ms : t->at_ms;
}

/* When it changed last, by its source's word if it is older than the feed's first document. */
static int64_t updated_of(const struct intake_run *t, const struct entry *e)
{
	int64_t updated_ms = item_date_plausible(e->item->updated);

	if (updated_ms == TIME_NONE || updated_ms < e->date_ms)
		updated_ms = e->date_ms;
	return is_backlog(t, e) && updated_ms != TIME_NONE && updated_ms < t->at_ms ? updated_ms : t->at_ms;
}

static int make_row(struct intake_run *t, const struct entry *e, struct item_row *row)
{
	int result;

	*row = (struct item_row){
		.feed_id = t->feed->state.id,
		.seen_ms = t->at_ms,
		.published_ms = e->date_ms,
		.sort_ms = sort_of(t, e),
		.updated_ms = updated_of(t, e),
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

static struct occasion occasion(const struct intake_run *t, const struct entry *e, const struct item_row *row)
{
	return (struct occasion){
		.at_ms = t->at_ms,
		.feed_id = row->feed_id,
		.item_id = row->id,
		.story_id = row->story_id,
		.sort_ms = row->sort_ms,
		.backlog = is_backlog(t, e),
	};
}

/* The schedule learns from when items were published. */
static int note_published(struct intake_run *t, int64_t published_ms)
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
struct story_placement {
	enum story_relation relation;
	int64_t story_id; /* 0: it begins one */
	int64_t of_item;  /* 0: it refers to none */
	double score;
	const struct story_answer *answer; /* NULL: it was not looked at by its text */
};

static struct grouping_item text_of(const struct intake_run *t, const struct entry *e, const struct item_row *row)
{
	return (struct grouping_item){
		.item_id = row->id,
		.source = publishers_name(t->in->publishers),
		.at_ms = row->seen_ms,
		.sketch = e->item->sketch,
	};
}

/* A counter in its title may be the one thing that tells the item from itself at the next poll. */
static int know_core(struct intake_run *t, const struct entry *e, int64_t item_id)
{
	uint8_t key[SHA256_LEN];
	int result = finder_core_key(&t->in->finder, e, key, t->err);

	if (result != 1)
		return result;
	return item_store_add_digest(t->in->items, key, t->feed->state.id, item_id, t->at_ms, t->err);
}

static int add(struct intake_run *t, struct entry *e, const struct story_placement *p)
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
		result = know_core(t, e, row.id);
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
	o = occasion(t, e, &row);
	o.guessed = p->relation == RELATION_UPDATE;
	result = journal_placed(t->in->journal, p->story_id == 0 ? EVENT_NEW : EVENT_COPY, &o, &copy, t->err);
	return result == 0 ? journal_matches(t->in->journal, &o, e->item, row.published_ms, t->err) : result;
}

/* Joins the story of an item that is known, for the same text or the same link. */
static int add_copy(struct intake_run *t, struct entry *e, const struct known *k)
{
	const struct story_answer answer = {
		.relation = RELATION_COPY,
		.links = {{.item_id = k->item_id, .relation = RELATION_COPY, .reasons = {.score = 1}}},
		.link_count = 1,
	};
	const struct story_placement p = {.relation = RELATION_COPY,
		.story_id = k->story_id,
		.of_item = k->item_id,
		.score = 1,
		.answer = &answer};

	return add(t, e, &p);
}

/* Documents of the feed so far, but those after which the server said that nothing had changed. */
static int64_t document_number(const struct feed_state *feed)
{
	return feed->polls - feed->not_modified;
}

/* Reads what is remembered of the item's changes and notes this one: 1 when it is to be ignored. */
static int note_change(
	struct intake_run *t, const struct entry *e, const struct known *k, struct churn *churn, bool *is_noted)
{
	const struct feed_state *feed = &t->feed->state;
	struct churn_change change;
	struct item before;
	bool in_row;
	int result = finder_load(&t->in->finder, k->item_id, &before, t->err);

	*is_noted = result == 1;
	if (result != 1)
		return result;
	result = item_store_churn(t->in->items, k->item_id, churn, t->err);
	if (result != 0)
		return result;
	result = churn_compare(&t->in->churn, &before, e->item, &change);
	if (result != 0)
		return error_sys(t->err, result, "cannot compare two texts");
	memcpy(&change.before, k->digest, sizeof(change.before));
	memcpy(&change.after, entry_digest(e), sizeof(change.after));
	/* polls that failed meanwhile brought nothing */
	in_row = churn->polls == 0 || document_number(feed) - churn->document - feed->errors <= 1;
	churn->document = document_number(feed);
	return churn_note(churn, &change, in_row);
}

/* The newest text is kept, but not at each poll, and nobody hears of it. */
static int keep_ignored(
	struct intake_run *t, const struct item_row *row, const struct grouping_item *text, struct churn *churn)
{
	int result = 0;

	t->counts->unchanged++;
	if (t->at_ms - churn->kept_ms >= 0 && t->at_ms - churn->kept_ms < ignored_kept_ms)
		return 0;
	churn->kept_ms = t->at_ms;
	result = item_store_keep(t->in->items, row, t->err);
	if (result == 0)
		result = item_store_set_churn(t->in->items, row->id, churn, t->err);
	return result == 0 ? grouping_record(t->in->grouping, text, row->story_id, RELATION_UPDATE, NULL, t->err)
			   : result;
}

static int update(struct intake_run *t, struct entry *e, const struct known *k)
{
	struct item_row row;
	struct grouping_item text;
	struct story_change change = {0};
	struct churn churn = {0};
	struct occasion o;
	bool is_noted = false, is_news;
	int result = make_row(t, e, &row), compared = 0, ignored = 0;

	row.id = k->item_id;
	row.story_id = k->story_id;
	text = text_of(t, e, &row);
	if (result == 0)
		result = ignored = note_change(t, e, k, &churn, &is_noted);
	if (ignored == 1)
		return keep_ignored(t, &row, &text, &churn);
	if (result == 0)
		result = compared = grouping_changes(t->in->grouping, &text, &change, t->err);
	if (result >= 0)
		result = item_store_revise(t->in->items, row.id, t->err);
	/* Polished words are kept and shown, but nobody is called for them. */
	is_news = compared == 0 || change.numbers || change.title || change.text;
	if (result == 0)
		result = item_store_replace(t->in->items, &row, is_news, t->err);
	if (result == 0)
		result = know_core(t, e, row.id);
	if (result == 0 && is_noted)
		result = item_store_set_churn(t->in->items, row.id, &churn, t->err);
	if (result == 0)
		result = grouping_record(t->in->grouping, &text, row.story_id, RELATION_UPDATE, NULL, t->err);
	if (result != 0)
		return result;
	t->counts->updates++;
	o = occasion(t, e, &row);
	o.backlog = t->feed->backlog && !t->is_continued;
	if (is_news)
		result = journal_changed(t->in->journal, &o, compared == 1 ? &change : NULL, t->err);
	return result == 0 ? journal_matches(t->in->journal, &o, e->item, row.published_ms, t->err) : result;
}

static int touch(struct intake_run *t, const struct entry *e, const struct known *k)
{
	/* What was stamped in the future is stamped anew, or it would stay for as long. */
	if (t->at_ms - k->last_seen_ms < touch_after_ms && k->last_seen_ms - t->at_ms < touch_after_ms)
		return 0;
	return item_store_touch(
		t->in->items, t->feed->state.id, e->identity, entry_digest(e), k->item_id, t->at_ms, t->err);
}

static int alias(struct intake_run *t, struct entry *e, int64_t item_id)
{
	entries_know(&t->in->entries, e, item_id);
	return item_store_alias(t->in->items, t->feed->state.id, e->identity, item_id, t->at_ms, t->err);
}

/* ---- which of it happens ---- */

/* The answer with a story of its own, and with what it would have joined as related. */
static void stand_beside(struct story_answer *answer)
{
	answer->relation = RELATION_RELATED;
	answer->story_id = 0;
	for (size_t i = 0; i < answer->link_count; i++)
		if (answer->links[i].relation != RELATION_CONTAINS)
			answer->links[i].relation = RELATION_RELATED;
}

/* News in the words of a known item tell of that item.  What the feed has had in the same words resembles all of it;
 * what others had so long ago may still be a copy of something later. */
static void tell_from(struct story_answer *answer, const struct finding *f)
{
	if (f->owner == OWNER_SELF || answer->story_id == f->known.story_id || answer->story_id == 0)
		stand_beside(answer);
	if (answer->relation != RELATION_RELATED)
		return;
	answer->of_item = f->known.item_id;
	answer->reasons = (struct story_reasons){.score = 1};
	for (size_t i = 0; i < answer->link_count; i++)
		if (answer->links[i].item_id == f->known.item_id)
			return;
	if (answer->link_count == STORY_LINKS_MAX)
		answer->link_count--;
	answer->links[answer->link_count++] =
		(struct story_link){.item_id = f->known.item_id, .relation = RELATION_RELATED, .reasons = {.score = 1}};
}

/* What nothing else has placed is placed by its text, or begins a story.  An outlet that shows two texts side by side
 * means two things, however alike they are. */
static int take_by_text(struct intake_run *t, struct entry *e, const struct finding *f)
{
	struct story_answer answer;
	struct grouping_item text = {.at_ms = t->at_ms, .sketch = e->item->sketch};
	struct story_placement p = {.answer = &answer};
	int64_t publisher_id;
	int result = publishers_find(t->in->publishers, e->item, &publisher_id, t->err);

	text.source = publishers_name(t->in->publishers);
	if (result == 0)
		result = grouping_decide(t->in->grouping, &text, &answer, t->err);
	if (result != 0)
		return result;
	if (f->decision == MATCH_LOOKALIKE)
		tell_from(&answer, f);
	else if (answer.relation == RELATION_UPDATE && entries_contain(&t->in->entries, answer.of_item))
		stand_beside(&answer);
	p.relation = answer.relation;
	p.story_id = answer.story_id;
	p.of_item = answer.of_item;
	p.score = answer.reasons.score;
	return add(t, e, &p);
}

static int take_unknown(struct intake_run *t, struct entry *e)
{
	struct finding f = {.decision = MATCH_NONE};
	int result = finder_find(&t->in->finder, e, &f, t->err);

	if (result != 0)
		return result;
	t->unknown++;
	switch (f.decision) {
	case MATCH_COPY:
		return add_copy(t, e, &f.known);
	case MATCH_SAME:
	case MATCH_CHANGED:
		t->seen++;
		result = alias(t, e, f.known.item_id);
		/* a text that the item had before it had its present one is a change, too */
		if (f.decision == MATCH_CHANGED || (f.known.canon_version == e->item->canon_version &&
							   memcmp(f.known.digest, entry_digest(e), STORE_KEY_LEN) != 0))
			return result == 0 ? update(t, e, &f.known) : result;
		t->counts->unchanged++;
		return result;
	case MATCH_TOMBSTONE:
		t->seen += f.owner == OWNER_SELF;
		t->counts->unchanged++;
		return alias(t, e, f.known.item_id);
	case MATCH_NONE:
	case MATCH_LOOKALIKE:
	case MATCH_DECISIONS:
		break;
	}
	return take_by_text(t, e, &f);
}

static int take_known(struct intake_run *t, struct entry *e)
{
	const struct known *k = &e->known;
	bool pruned = k->story_id == 0;
	bool same = pruned || memcmp(k->digest, entry_digest(e), STORE_KEY_LEN) == 0;
	int result = touch(t, e, k);

	if (result != 0)
		return result;
	if (!same && k->canon_version == e->item->canon_version) {
		if (finder_is_by_link(e))
			result = finder_is_replaced(&t->in->finder, e, t->err);
		if (result != 0)
			return result == 1 ? take_unknown(t, e) : result;
		return update(t, e, k);
	}
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

/* All identities are looked up before anything is decided: which items are still in the document
 * matters for those that are new in it. */
static int find_identities(struct intake_run *t)
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
		t->is_continued = t->is_continued || e->found;
		if (e->found)
			entries_know(all, e, e->known.item_id);
	}
	return 0;
}

/* Is the first document from another address that of a feed that is known?  Where it renamed all its items, by their
 * texts and links. */
static int find_continuation(struct intake_run *t)
{
	const struct entries *all = &t->in->entries;
	int result = 0;

	if (!t->feed->backlog || t->feed->state.last_success_ms == TIME_NONE)
		return 0;
	for (size_t i = 0; i < all->count && result == 0 && !t->is_continued; i++)
		if (!all->items[i].skip) {
			result = finder_knows(&t->in->finder, &all->items[i], t->err);
			t->is_continued = result == 1;
		}
	return result < 0 ? result : 0;
}

/* What is in the document is known by its new identities at once, so that nothing has to be found again. */
static int rename_items(struct intake_run *t, enum feed_identity by)
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
static int judge_identities(struct intake_run *t, struct feed_row *feed)
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
static int forget_unshown(struct intake_run *t, const struct feed_row *feed)
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
	struct intake_run t = {.in = in, .feed = feed, .at_ms = at_ms, .counts = counts, .err = err};
	int result = entries_set(&in->entries, d, feed->state.identity, in->hash, err);

	in->items->kept_bytes = 0;
	finder_begin(&in->finder, feed->state.id, at_ms, grouping_params(in->grouping)->window_ms);
	if (result == 0)
		counts->cut = entries_cut(&in->entries, document_limit(in));
	if (result == 0)
		result = publishers_begin(in->publishers, feed, d, err);
	if (result == 0)
		result = find_identities(&t);
	if (result == 0)
		result = find_continuation(&t);
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
