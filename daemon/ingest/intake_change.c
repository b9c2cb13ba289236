/* SPDX-License-Identifier: ISC */
#include "intake_change.h"

#include <errno.h>
#include <string.h>

#include "item_date.h"
#include "sitrep/base/array.h"
#include "sitrep/base/clock.h"
#include "sitrep/store/record.h"

enum {
	/* A record buffer larger than this is freed before the next item. */
	RECORD_KEPT = 256 * 1024,
	/* sort_ms of a backlog item without date: below all items with one. */
	UNDATED_SORT_MS = 0,
};

/* An item that is still in its feed is noted as seen once a day, not at every poll. */
static const int64_t touch_after_ms = INT64_C(24) * 3600 * 1000;

/* The text of an ignored change is kept once an hour. */
static const int64_t ignored_kept_ms = INT64_C(3600) * 1000;

/* ---- making a row ---- */

/* A hash of the feed's first name and the identity. */
static void make_uid(struct intake_run *t, const struct entry *e, uint8_t uid[STORE_KEY_LEN])
{
	const struct str pieces[] = {str_from(t->feed->uid_stem), str_make("", 1),
		str_make((const char *)e->identity, SHA256_LEN), e->item->digest};
	/* the digest only where an earlier item of that identity has the uid already */
	uid_make(pieces, e->found ? 4 : 3, uid);
}

/* The record keeps the feed's own data; matches of rules are in table rule_match. */
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
	buf_reuse(&t->in->record, RECORD_KEPT);
	result = record_encode(&t->in->record, &plain);
	return result == 0 ? 0 : error_sys(t->err, result, "cannot encode an item");
}

/* All items of a feed's first document are backlog.  But the first document from a feed's new address may continue the
 * feed (is_continued): then only unknown items dated up to its last good poll are backlog. */
static bool is_backlog(const struct intake_run *t, const struct entry *e)
{
	const struct feed_state *feed = &t->feed->state;

	if (!t->feed->backlog || !t->is_continued)
		return t->feed->backlog;
	return !e->found && e->date_ms != TIME_NONE && feed->last_success_ms != TIME_NONE &&
	       e->date_ms <= feed->last_success_ms;
}

/* A backlog item is sorted by its date, or below all others when it has none; any other item by its arrival. */
static int64_t sort_of(const struct intake_run *t, const struct entry *e)
{
	if (!is_backlog(t, e))
		return t->at_ms;
	if (e->date_ms == TIME_NONE)
		return UNDATED_SORT_MS;
	return e->date_ms < t->at_ms ? e->date_ms : t->at_ms;
}

/* The time of the last change: by the item's own date when it is backlog, else now. */
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

/* ---- single steps ---- */

static struct event_context context(const struct intake_run *t, const struct entry *e, const struct item_row *row)
{
	return (struct event_context){
		.at_ms = t->at_ms,
		.feed_id = row->feed_id,
		.item_id = row->id,
		.story_id = row->story_id,
		.sort_ms = row->sort_ms,
		.backlog = is_backlog(t, e),
	};
}

/* Collects publication dates, from which the schedule learns. */
static int note_published(struct intake_run *t, int64_t published_ms)
{
	struct intake *in = t->in;
	size_t count = (size_t)t->counts->fresh + (size_t)t->counts->copies;

	if (array_reserve(&in->published_ms, &in->published_cap, count + 1, sizeof(*in->published_ms)) != 0)
		return error_sys(t->err, -ENOMEM, "cannot store an item");
	in->published_ms[count] = published_ms;
	return 0;
}

static struct grouping_item text_of(const struct intake_run *t, const struct entry *e, const struct item_row *row)
{
	return (struct grouping_item){
		.item_id = row->id,
		.source = publishers_name(t->in->publishers),
		.at_ms = row->seen_ms,
		.sketch = e->item->sketch,
	};
}

/* Stores the key of the text without the counter in its title: at the next poll the counter may be the only change. */
static int store_core_key(struct intake_run *t, const struct entry *e, int64_t item_id)
{
	uint8_t key[SHA256_LEN];

	if (!recognition_core_key(e, key))
		return 0;
	return item_store_add_digest(t->in->items, key, t->feed->state.id, item_id, t->at_ms, t->err);
}

/* Revises the alerts that the story has already, then takes the matches of rules with the item's text. */
static int take_matches(struct intake_run *t, const struct entry *e, const struct event_context *o,
	int64_t published_ms, const struct story_change *change)
{
	/* an old item of a backlog is no news, nor is a change that is not material */
	bool news = event_log_is_recent(t->in->event_log, o, published_ms) && (!o->changed || change != NULL);

	return rule_pending_take(t->in->pending, o, e->item, published_ms, news, change, t->err);
}

int intake_add(struct intake_run *t, struct entry *e, const struct story_placement *p)
{
	struct item_row row;
	struct event_context o;
	uint8_t of_uid[STORE_KEY_LEN];
	struct event_log_copy copy = {.relation = story_relation_name(p->relation), .score = p->score};
	struct grouping_item text;
	int result = make_row(t, e, &row);

	row.story_id = p->story_id;
	make_uid(t, e, row.uid);
	if (result == 0)
		result = item_store_add(t->in->items, &row, t->err);
	if (result == 0)
		result = store_core_key(t, e, row.id);
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
	t->in->last.relation = p->relation;
	t->in->last.story_id = row.story_id;
	t->in->last.of_item = p->of_item;
	*(p->story_id == 0 ? &t->counts->fresh : &t->counts->copies) += 1;
	if (row.published_ms != TIME_NONE && !is_backlog(t, e))
		histogram_note(&t->counts->delays, HISTOGRAM_OF_WAITS, (t->at_ms - row.published_ms) * 1000, 1);
	o = context(t, e, &row);
	o.guessed = p->relation == RELATION_UPDATE;
	result = event_log_placed(t->in->event_log, p->story_id == 0 ? EVENT_NEW : EVENT_COPY, &o, &copy, t->err);
	if (result == 0)
		result = take_matches(t, e, &o, row.published_ms, NULL);
	if (result == 0)
		result = bursts_note(t->in->bursts, &o, e->item, str_from(t->feed->state.categories), t->err);
	return result == 0 && p->story_id != 0 ? bursts_grow(t->in->bursts, &o, t->err) : result;
}

int intake_add_copy(struct intake_run *t, struct entry *e, const struct known_item *k)
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

	return intake_add(t, e, &p);
}

/* Polls of the feed so far, without those answered 304. */
static int64_t document_number(const struct feed_state *feed)
{
	return feed->polls - feed->not_modified;
}

/* Adds a change to the history of the item's changes; 1 when the change is to be ignored. */
static int note_change(
	struct intake_run *t, const struct entry *e, const struct known_item *k, struct churn *churn, bool *is_noted)
{
	const struct feed_state *feed = &t->feed->state;
	struct churn_change change;
	struct item before;
	bool in_row;
	int result = recognition_load(&t->in->recognition, k->item_id, &before, t->err);

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
	/* failed polls in between do not break the row */
	in_row = churn->polls == 0 || document_number(feed) - churn->document - feed->errors <= 1;
	churn->document = document_number(feed);
	return churn_note(churn, &change, in_row);
}

/* Keeps the text of an ignored change, at most once an hour, and writes no event. */
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

int intake_update(struct intake_run *t, struct entry *e, const struct known_item *k)
{
	struct item_row row;
	struct grouping_item text;
	struct story_change change = {0};
	struct churn churn = {0};
	struct event_context o;
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
	/* Small edits are stored and shown but raise no `updated` event. */
	is_news = compared == 0 || change.numbers || change.title || change.text;
	if (result == 0)
		result = item_store_replace(t->in->items, &row, is_news, t->err);
	if (result == 0)
		result = store_core_key(t, e, row.id);
	if (result == 0 && is_noted)
		result = item_store_set_churn(t->in->items, row.id, &churn, t->err);
	if (result == 0)
		result = grouping_record(t->in->grouping, &text, row.story_id, RELATION_UPDATE, NULL, t->err);
	if (result != 0)
		return result;
	t->counts->updates++;
	t->in->last.relation = RELATION_UPDATE;
	o = context(t, e, &row);
	o.backlog = t->feed->backlog && !t->is_continued;
	o.changed = true;
	if (is_news)
		result = event_log_changed(t->in->event_log, &o, compared == 1 ? &change : NULL, t->err);
	if (result != 0)
		return result;
	return take_matches(t, e, &o, row.published_ms, is_news && compared == 1 ? &change : NULL);
}

int intake_read_again(struct intake_run *t, struct entry *e, const struct known_item *k)
{
	struct item_row row;
	struct grouping_item text;
	struct event_context o;
	int result = make_row(t, e, &row);

	row.id = k->item_id;
	row.story_id = k->story_id;
	text = text_of(t, e, &row);
	if (result == 0)
		result = item_store_keep(t->in->items, &row, t->err);
	if (result == 0)
		result = item_store_sort(t->in->items, &row, t->err);
	if (result == 0)
		result = store_core_key(t, e, row.id);
	if (result == 0)
		result = grouping_record(t->in->grouping, &text, row.story_id, RELATION_UPDATE, NULL, t->err);
	if (result != 0)
		return result;
	t->counts->unchanged++;
	/* matches with the new text are stored, but raise no alert */
	o = context(t, e, &row);
	o.backlog = true;
	o.changed = true;
	return rule_pending_take(t->in->pending, &o, e->item, TIME_NONE, false, NULL, t->err);
}

int intake_touch(struct intake_run *t, const struct entry *e, const struct known_item *k)
{
	/* A time in the future is replaced as well, or it would stay until then. */
	if (t->at_ms - k->last_seen_ms < touch_after_ms && k->last_seen_ms - t->at_ms < touch_after_ms)
		return 0;
	return item_store_touch(
		t->in->items, t->feed->state.id, e->identity, entry_digest(e), k->item_id, t->at_ms, t->err);
}

int intake_alias(struct intake_run *t, struct entry *e, int64_t item_id)
{
	entries_know(&t->in->entries, e, item_id);
	return item_store_alias(t->in->items, t->feed->state.id, e->identity, item_id, t->at_ms, t->err);
}
