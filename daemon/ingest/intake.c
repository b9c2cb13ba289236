/* SPDX-License-Identifier: ISC */
#include "intake.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "intake_change.h"
#include "sitrep/base/clock.h"
#include "sitrep/base/limits.h"

enum {
	/* A record holds one item of a document, and is at most as large as the document. */
	RECORD_MAX = LIMIT_WIRE_DOCUMENT,
	/* forget_unshown() looks at 6 identities for each item of the document, and 1000 more. */
	TRIM_TIMES = 6,
	TRIM_LEAST = 1000,
	/* Bytes of each document that are looked at, however small its feed's share is. */
	DOCUMENT_LEAST = 64 * 1024,
};

int intake_init(struct intake *in, struct item_store *items, struct event_log *event_log, struct alert_desk *alerts,
	struct rule_pending *pending, struct publishers *publishers, struct grouping *grouping, struct error *err)
{
	*in = (struct intake){.items = items,
		.event_log = event_log,
		.alerts = alerts,
		.pending = pending,
		.publishers = publishers,
		.grouping = grouping,
		.record = BUF_INIT(RECORD_MAX),
		.limits = {INT64_MAX, INT64_MAX}};
	recognition_init(&in->recognition, items, &in->entries);
	return churn_reader_init(&in->churn) == 0 ? 0 : error_sys(err, -ENOMEM, "cannot store documents");
}

void intake_release(struct intake *in)
{
	entries_release(&in->entries);
	free(in->published_ms);
	buf_release(&in->record);
	recognition_release(&in->recognition);
	churn_reader_release(&in->churn);
}

/* ---- the decision ---- */

/* Makes the answer begin a story, related to the one that it would have joined. */
static void make_related(struct story_answer *answer)
{
	answer->relation = RELATION_RELATED;
	answer->story_id = 0;
	for (size_t i = 0; i < answer->link_count; i++)
		if (answer->links[i].relation != RELATION_CONTAINS)
			answer->links[i].relation = RELATION_RELATED;
}

/* A look-alike is related to the known item with its text.  It begins a story when that item is the feed's own or is in
 * the story that the answer would join.  Otherwise it may still join another, later story. */
static void relate_lookalike(struct story_answer *answer, const struct finding *f)
{
	if (f->owner == OWNER_SELF || answer->story_id == f->known.story_id || answer->story_id == 0)
		make_related(answer);
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

/* Sets the decision: the item is the known one.  intake_update() overwrites it when the item has changed. */
static void note_known(struct intake_run *t, const struct known_item *k)
{
	t->in->last.relation = RELATION_UNCHANGED;
	t->in->last.story_id = k->story_id;
	t->in->last.of_item = k->item_id;
}

/* An item that no known item decides about joins a story by its text, or begins one.  It is no update of an item that
 * the document still shows: an outlet that shows two texts side by side has two items. */
static int take_by_text(struct intake_run *t, struct entry *e, const struct finding *f)
{
	struct story_answer *answer = &t->in->last.answer;
	struct grouping_item text = {.at_ms = t->at_ms, .sketch = e->item->sketch};
	struct story_placement p = {.answer = answer};
	int64_t publisher_id;
	int result = publishers_find(t->in->publishers, e->item, &publisher_id, t->err);

	text.source = publishers_name(t->in->publishers);
	if (result == 0)
		result = grouping_decide(t->in->grouping, &text, answer, t->err);
	if (result != 0)
		return result;
	t->in->last.compared = true;
	if (f->decision == MATCH_LOOKALIKE)
		relate_lookalike(answer, f);
	else if (answer->relation == RELATION_UPDATE && entries_contain(&t->in->entries, answer->of_item))
		make_related(answer);
	p.relation = answer->relation;
	p.story_id = answer->story_id;
	p.of_item = answer->of_item;
	p.score = answer->reasons.score;
	return intake_add(t, e, &p);
}

static int take_unknown(struct intake_run *t, struct entry *e)
{
	struct finding f = {.decision = MATCH_NONE};
	int result = recognition_find(&t->in->recognition, e, &f, t->err);

	if (result != 0)
		return result;
	t->unknown++;
	switch (f.decision) {
	case MATCH_COPY:
		return intake_add_copy(t, e, &f.known);
	case MATCH_SAME:
	case MATCH_CHANGED:
		t->seen++;
		note_known(t, &f.known);
		result = intake_alias(t, e, f.known.item_id);
		/* the return of the item's earlier text is a change, too */
		if (f.decision == MATCH_CHANGED || (f.known.canon_version == e->item->canon_version &&
							   memcmp(f.known.digest, entry_digest(e), STORE_KEY_LEN) != 0))
			return result == 0 ? intake_update(t, e, &f.known) : result;
		t->counts->unchanged++;
		return result;
	case MATCH_TOMBSTONE:
		t->seen += f.owner == OWNER_SELF;
		note_known(t, &f.known);
		t->counts->unchanged++;
		return intake_alias(t, e, f.known.item_id);
	case MATCH_NONE:
	case MATCH_LOOKALIKE:
	case MATCH_DECISIONS:
		break;
	}
	return take_by_text(t, e, &f);
}

static int take_known(struct intake_run *t, struct entry *e)
{
	const struct known_item *k = &e->known;
	bool pruned = k->story_id == 0;
	bool same = pruned || memcmp(k->digest, entry_digest(e), STORE_KEY_LEN) == 0;
	int result = intake_touch(t, e, k);

	if (result != 0)
		return result;
	if (!same) {
		if (recognition_is_by_link(e))
			result = recognition_is_replaced(&t->in->recognition, e, t->err);
		if (result != 0)
			return result == 1 ? take_unknown(t, e) : result;
		note_known(t, k);
		result = 1;
		if (k->canon_version != e->item->canon_version)
			result = recognition_is_edited(&t->in->recognition, e, t->feed->state.last_success_ms, t->err);
		if (result < 0)
			return result;
		return result == 1 ? intake_update(t, e, k) : intake_read_again(t, e, k);
	}
	note_known(t, k);
	t->counts->unchanged++;
	/* The rules of the new CANON_VERSION may differ for links only. */
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

/* Looks up all identities before the first decision: the evidence about a new item includes the known items that the
 * document still shows. */
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

/* Whether the first document from a feed's new address continues the feed: it has known identities, else known texts
 * or links. */
static int find_continuation(struct intake_run *t)
{
	const struct entries *all = &t->in->entries;
	int result = 0;

	if (!t->feed->backlog || t->feed->state.last_success_ms == TIME_NONE)
		return 0;
	for (size_t i = 0; i < all->count && result == 0 && !t->is_continued; i++)
		if (!all->items[i].skip) {
			result = recognition_knows(&t->in->recognition, &all->items[i], t->err);
			t->is_continued = result == 1;
		}
	return result < 0 ? result : 0;
}

/* Adds the new identities of the document's items as aliases at once: the next poll need not find them again. */
static int rename_items(struct intake_run *t, enum feed_identity by)
{
	struct entries *all = &t->in->entries;
	int result = 0;

	entries_identify(all, by);
	for (size_t i = 0; i < all->count && result >= 0; i++) {
		struct entry *e = &all->items[i];

		if (e->skip)
			continue;
		/* Some items keep their identity, and need no alias. */
		result = item_store_by_identity(t->in->items, t->feed->state.id, e->identity, &e->known, t->err);
		if (result == 0)
			result = intake_alias(t, e, e->item_id);
	}
	return result < 0 ? result : 0;
}

/* When too many unknown identities turn out to be of items that the feed had already, its items are identified by link
 * instead of guid, or by text instead of link. */
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

/* Bytes of a document that are stored: items beyond the feed's share would be dropped again. */
static int64_t document_limit(const struct intake *in)
{
	int64_t share = in->limits.share_bytes > DOCUMENT_LEAST ? in->limits.share_bytes : DOCUMENT_LEAST;

	return share < in->limits.document_bytes ? share : in->limits.document_bytes;
}

static bool is_shown(void *arg, struct str identity)
{
	return entries_show(arg, (const uint8_t *)identity.data, identity.len);
}

/* A feed that invents a guid for each item at each poll would fill the database with identities.  Beyond the feed's
 * share, those that its document does not show are removed.  The walk begins at an identity of the document, which
 * is as good as random, and reads as many rows as some documents can add. */
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
	int result = entries_set(&in->entries, d, feed->state.identity, err);

	in->items->kept_bytes = 0;
	recognition_begin(&in->recognition, feed->state.id, at_ms, grouping_params(in->grouping)->window_ms);
	if (result == 0)
		counts->cut = entries_cut(&in->entries, document_limit(in));
	if (result == 0)
		result = publishers_begin(in->publishers, feed, d, err);
	if (result == 0)
		result = find_identities(&t);
	if (result == 0)
		result = find_continuation(&t);
	/* The last one first: feeds begin with the newest item, which gets the highest number. */
	for (size_t i = in->entries.count; i > 0 && result == 0; i--) {
		struct entry *e = &in->entries.items[i - 1];

		in->last.compared = false;
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
