/* SPDX-License-Identifier: ISC */
/* Each outcome is stored within a savepoint.  When that fails, its writes are undone and the outcome becomes a failure:
 * the feed's validators stay as they were, so that the next poll brings the document again, and its errors are counted,
 * so that each next poll comes later. */
#include "ingest.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "feed_note.h"
#include "sitrep/base/clock.h"
#include "sitrep/base/limits.h"
#include "sitrep/model/feed_progress.h"
#include "sitrep/model/wire.h"
#include "sitrep/sql/database.h"
#include "sitrep/sql/sql.h"
#include "sitrep/store/mend.h"
#include "size.h"

enum {
	/* A document of LIMIT_DOCUMENT_ITEMS items, decoded: structures only, text stays in the message. */
	DECODED_MAX = 64 * 1024 * 1024,
	/* The structures of a document larger than this are freed once it is stored. */
	DECODED_KEPT = 1024 * 1024,
};

static const char cannot_begin[] = "cannot begin a transaction";
static const char cannot_commit[] = "cannot commit";

static int open_grouping(struct ingest *k, struct error *err)
{
	const struct story_params *params = k->options.stories != NULL ? k->options.stories : &story_params_default;

	k->grouping = grouping_new(k->store.db, params, err);
	return k->grouping != NULL ? 0 : err->code;
}

static void set_limits(struct ingest *k)
{
	k->intake.limits.document_bytes = size_document_bytes(&k->options);
}

int ingest_open(struct ingest *k, const struct writer_options *options, struct error *err)
{
	struct error why = {0};
	int result;

	*k = (struct ingest){.store = {.db = NULL, .lock_fd = -1}, .options = *options};
	arena_init(&k->arena, DECODED_MAX);
	bursts_init(&k->bursts, &k->event_log, &k->options.alerts);
	result = options->state_dir == NULL ? store_open_memory(&k->store, err)
					    : store_open(&k->store, options->state_dir, STORE_WRITE, err);
	/* A damaged row in one of these two tables would keep the configuration from being applied. */
	if (result == 0 && (mend_table(k->store.db, "feed", &why) < 0 || mend_table(k->store.db, "rule", &why) < 0))
		result = error_set(err, why.code, "%s", why.text);
	if (result == 0)
		result = counters_load(k->store.db, &k->counters, err);
	if (result == 0)
		result = feed_store_init(&k->feeds, k->store.db, err);
	if (result == 0)
		result = feed_troubles_init(&k->troubles, k->store.db, err);
	if (result == 0)
		result = websub_store_init(&k->websub, k->store.db, err);
	if (result == 0)
		result = item_store_init(&k->items, k->store.db, &k->counters, err);
	if (result == 0)
		result = alert_policy_init(&k->policy, k->store.db, &k->options.alerts, err);
	if (result == 0)
		result = event_log_init(&k->event_log, k->store.db, &k->counters, &k->options.alerts, &k->policy, err);
	if (result == 0)
		result = alert_desk_init(&k->alerts, k->store.db, &k->counters, &k->event_log, &k->options.alerts, err);
	if (result == 0)
		result = rule_pending_init(&k->pending, k->store.db, &k->alerts, err);
	if (result == 0)
		result = rule_store_init(&k->rules, k->store.db, &k->pending, err);
	if (result == 0)
		result = bursts_open(&k->bursts, k->store.db, err);
	if (result == 0)
		result = publishers_init(&k->publishers, k->store.db, err);
	if (result == 0)
		result = open_grouping(k, err);
	if (result == 0)
		result = intake_init(&k->intake, &k->items, &k->event_log, &k->alerts, &k->pending, &k->publishers,
			k->grouping, err);
	k->intake.bursts = &k->bursts;
	if (result == 0)
		result = item_lookup_init(&k->item_lookup, k->store.db, err);
	if (result == 0)
		result = story_edit_init(&k->story_edit, k->store.db, &k->counters, &k->event_log, &k->alerts,
			&k->pending, &k->item_lookup, err);
	if (result == 0)
		result = story_explain_init(&k->story_explain, k->store.db, &k->item_lookup, k->grouping, err);
	k->before = k->counters;
	set_limits(k);
	if (result != 0)
		ingest_close(k);
	return result;
}

static void save_counts(struct ingest *k)
{
	bool has_phrases = k->grouping != NULL && size_keeps_phrases(&k->options);

	if (k->grouping == NULL || k->options.state_dir == NULL || ingest_begin(k, NULL) != 0)
		return;
	/* on failure the counts since the last save are lost */
	if ((has_phrases && grouping_save(k->grouping, SIZE_MAX, NULL) < 0) ||
		bursts_save(&k->bursts, clock_mono_ms(), true, NULL) != 0 || ingest_commit(k, 0, NULL) != 0)
		ingest_rollback(k);
}

void ingest_close(struct ingest *k)
{
	save_counts(k);
	story_explain_release(&k->story_explain);
	story_edit_release(&k->story_edit);
	item_lookup_release(&k->item_lookup);
	intake_release(&k->intake);
	bursts_release(&k->bursts);
	publishers_release(&k->publishers);
	grouping_free(k->grouping);
	k->grouping = NULL;
	rule_store_release(&k->rules);
	rule_pending_release(&k->pending);
	alert_desk_release(&k->alerts);
	event_log_release(&k->event_log);
	alert_policy_release(&k->policy);
	item_store_release(&k->items);
	websub_store_release(&k->websub);
	feed_troubles_release(&k->troubles);
	feed_store_release(&k->feeds);
	store_close(&k->store);
	arena_release(&k->arena);
}

void ingest_set_options(struct ingest *k, const struct writer_options *options)
{
	k->options = *options;
	set_limits(k);
	digests_use(&k->policy.digests);
	if (options->stories != NULL)
		grouping_set_params(k->grouping, options->stories);
}

/* ---- transactions ---- */

int ingest_begin(struct ingest *k, struct error *err)
{
	k->before = k->counters;
	k->visible = false;
	k->added_bytes = 0;
	/* A failure may have left a transaction open, of which this one would become a part. */
	if (sql_in_transaction(k->store.db))
		ingest_rollback(k);
	return sql_exec(k->store.db, "BEGIN IMMEDIATE", err, cannot_begin);
}

void ingest_rollback(struct ingest *k)
{
	if (sql_in_transaction(k->store.db))
		sql_exec(k->store.db, "ROLLBACK", NULL, "");
	if (k->grouping != NULL)
		grouping_rolled_back(k->grouping);
	bursts_rolled_back(&k->bursts);
	k->counters = k->before;
	k->visible = false;
}

int ingest_commit(struct ingest *k, int64_t at_ms, struct error *err)
{
	int result = 0;

	if (k->visible) {
		k->counters.generation++;
		k->counters.changed_ms = at_ms;
	}
	if (clock_record_is_stale(&k->clock))
		result = clock_record_save(k->store.db, &k->clock, err);
	if (result == 0)
		result = bursts_save(&k->bursts, clock_mono_ms(), false, err);
	if (result == 0 && !counters_equal(&k->counters, &k->before))
		result = counters_save(k->store.db, &k->counters, err);
	if (result == 0)
		result = sql_exec(k->store.db, "COMMIT", err, cannot_commit);
	if (result != 0)
		ingest_rollback(k);
	else
		k->before = k->counters;
	return result;
}

int ingest_end(struct ingest *k, int result, int64_t at_ms, struct error *err)
{
	int ended = result >= 0 ? ingest_commit(k, at_ms, err) : result;

	if (result < 0)
		ingest_rollback(k);
	return ended != 0 ? ended : result;
}

/* ---- an outcome ---- */

/* The document's hubs, one a line: facts->hub first, then its other rel=hub links. */
static char *list_hubs(const struct feed_facts *facts)
{
	struct buf out = BUF_INIT(LIMIT_ITEM_LIST * (LIMIT_URL + 1));

	if (!str_empty(facts->hub))
		buf_add(&out, facts->hub);
	for (size_t i = 0; i < facts->links.count; i++) {
		const struct feed_link *link = &facts->links.items[i];

		if (!str_eq_nocase(link->rel, STR("hub")) || str_eq(link->href, facts->hub))
			continue;
		if (out.len > 0)
			buf_putc(&out, '\n');
		buf_add(&out, link->href);
	}
	return buf_take(&out, NULL);
}

/* Hubs and topic from the response head go before those from the document (WebSub Recommendation). */
static int report_hubs(
	struct poll_outcome *o, const struct feed_facts *facts, struct poll_report *report, struct error *err)
{
	report->has_document = true;
	report->hubs = o->hubs;
	report->topic = o->topic;
	o->hubs = o->topic = NULL;
	if (report->hubs == NULL)
		report->hubs = list_hubs(facts);
	if (report->topic == NULL && !str_empty(facts->self)) {
		report->topic = strndup(facts->self.data, facts->self.len);
		if (report->topic == NULL)
			return error_sys(err, -ENOMEM, "cannot store a feed's hub");
	}
	return 0;
}

static int take_document(struct ingest *k, struct poll_outcome *o, struct feed_row *row, struct poll_report *report,
	struct poll_news *news, struct error *err)
{
	struct intake_counts counts = {0};
	int64_t kept_bytes = row->kept_bytes;
	struct document d;
	bool retitled = false;
	/* A document from another URL than the feed's present one does not name the feed's hubs. */
	bool is_own = o->url != NULL && row->state.url != NULL && strcmp(o->url, row->state.url) == 0;
	int result = wire_decode_document(buf_str(&o->document), &k->arena, &d, err);

	if (result == 0)
		result = intake_document(&k->intake, row, &d, o->at_ms, &counts, err);
	if (result == 0)
		result = feed_note_facts(row, &d.feed, o->is_private, &retitled, err);
	if (result == 0 && o->rules < k->rules.generation && counts.fresh + counts.copies + counts.updates > 0)
		result = rule_store_match_again(&k->rules, o->rules, k->counters.item_id + 1, err);
	if (result == 0 && o->kind == OUTCOME_DOCUMENT && is_own)
		result = report_hubs(o, &d.feed, report, err);
	if (result == 0)
		*news = (struct poll_news){
			.fresh = (size_t)(counts.fresh + counts.copies),
			.published_ms = k->intake.published_ms,
			.updates = counts.updates,
			.shown = d.items.count + d.left_out,
			.left_out = d.left_out,
			.hints = feed_hints_read(&d.feed),
		};
	if (k->arena.used > DECODED_KEPT)
		arena_release(&k->arena);
	else
		arena_clear(&k->arena);
	if (result != 0)
		return result;
	if (row->kept_bytes > kept_bytes)
		k->added_bytes += row->kept_bytes - kept_bytes;
	report->cut = counts.cut;
	report->fresh = counts.fresh;
	report->copies = counts.copies;
	report->updates = counts.updates;
	report->unchanged = counts.unchanged;
	report->delays = counts.delays;
	report->distrusted = counts.distrusted;
	report->distrusted_seen = counts.distrusted_seen;
	feed_progress_items(&row->state, counts.fresh + counts.copies, o->at_ms);
	if (is_own)
		row->backlog = false;
	k->visible = k->visible || retitled || counts.fresh + counts.copies + counts.updates > 0;
	return 0;
}

static void plan_next(
	const struct ingest *k, struct feed_state *s, const struct poll_outcome *o, struct poll_news *news)
{
	k->options.plan(k->options.plan_arg, s, o, news);
}

static bool is_poll(const struct poll_outcome *o)
{
	return o->kind != OUTCOME_PUSH && o->kind != OUTCOME_WEBSUB;
}

/* Releases the row; its state becomes the report's when it was stored. */
static void report_row(struct poll_report *report, struct feed_row *row, bool stored)
{
	if (stored) {
		report->state = row->state;
		row->state = (struct feed_state){0};
	}
	feed_row_release(row);
}

/* Stores an outcome that is no poll: a document that a hub sent, a subscription's new state, or both. */
static int store_push(struct ingest *k, struct poll_outcome *o, struct poll_report *report, struct error *err)
{
	struct event_context context = {.at_ms = o->at_ms, .feed_id = o->feed_id};
	struct feed_row row;
	struct poll_news news;
	int64_t due_ms;
	bool was_pushed;
	int result = feed_store_load(&k->feeds, o->feed_id, &row, err);

	if (result != 0)
		return result;
	report->before = row.state.health;
	was_pushed = row.state.pushed;
	due_ms = row.state.due_ms;
	if (o->kind == OUTCOME_PUSH)
		result = take_document(k, o, &row, report, &news, err);
	if (result == 0 && o->websub != NULL) {
		result = websub_store_save(&k->websub, o->websub, err);
		row.state.pushed = o->websub->phase == WEBSUB_TRUSTED;
	}
	if (result == 0) {
		plan_next(k, &row.state, o, o->kind == OUTCOME_PUSH ? &news : NULL);
		if (!was_pushed || row.state.pushed || due_ms == TIME_NONE || row.state.due_ms > due_ms)
			row.state.due_ms = due_ms;
		result = event_log_silence(&k->event_log, &context, &row.state, err);
	}
	if (result == 0)
		result = feed_store_save(&k->feeds, &row, err);
	report_row(report, &row, result == 0);
	return result;
}

/* Stores the outcome of a poll, within a savepoint. */
static int store_poll(struct ingest *k, struct poll_outcome *o, struct poll_report *report, struct error *err)
{
	struct event_context context = {.at_ms = o->at_ms, .feed_id = o->feed_id};
	struct feed_row row;
	struct poll_news news;
	bool has_document = o->kind == OUTCOME_DOCUMENT;
	struct feed_progress progress;
	enum poll_failure failure;
	int result = feed_store_load(&k->feeds, o->feed_id, &row, err);

	if (result != 0)
		return result;
	report->before = row.state.health;
	failure = row.state.failure;
	feed_state_clamp(&row.state, o->at_ms);
	feed_progress_asked(&row.state, o);
	if (has_document)
		result = take_document(k, o, &row, report, &news, err);
	if (result != 0)
		goto out;
	progress = feed_progress_ended(&row.state, &row.emptiness, o, has_document ? &news : NULL);
	plan_next(k, &row.state, o, progress.has_news ? &news : NULL);
	result = event_log_health(&k->event_log, &context, report->before, &row.state, err);
	if (result == 0)
		result = feed_troubles_note(&k->troubles, report->before, failure, &row.state, o->at_ms, err);
	if (result == 0)
		result = event_log_silence(&k->event_log, &context, &row.state, err);
	if (result == 0 && progress.has_moved)
		result = event_log_move(&k->event_log, &context, &row.state, o->is_private, err);
	if (result == 0)
		result = feed_store_save(&k->feeds, &row, err);
out:
	report_row(report, &row, result == 0);
	return result;
}

/* 0; 1 when the outcome failed and its writes were undone; negative when the whole transaction is lost. */
static int try_store(struct ingest *k, struct poll_outcome *o, struct poll_report *report, struct error *err)
{
	struct counters before = k->counters;
	bool visible = k->visible;
	int result = sql_exec(k->store.db, "SAVEPOINT outcome", err, cannot_begin);

	if (result == 0)
		result = is_poll(o) ? store_poll(k, o, report, err) : store_push(k, o, report, err);
	if (result == 0)
		result = sql_exec(k->store.db, "RELEASE outcome", err, cannot_commit);
	if (result == 0)
		return 0;
	k->counters = before;
	k->visible = visible;
	grouping_rolled_back(k->grouping);
	/* SQLite may have rolled back the whole transaction, for lack of disk space or memory. */
	if (!sql_in_transaction(k->store.db))
		return result;
	return sql_exec(k->store.db, "ROLLBACK TO outcome; RELEASE outcome", NULL, "") == 0 ? 1 : result;
}

static void begin_report(struct poll_report *report, const struct poll_outcome *o)
{
	const struct poll_report fresh = {.feed_id = o->feed_id, .is_poll = is_poll(o), .next = report->next};

	feed_state_release(&report->state);
	free(report->hubs);
	free(report->topic);
	*report = fresh;
}

bool ingest_error_is_of_storage(int code)
{
	return code == -ENOSPC || code == -EIO || code == -EACCES || code == -EBUSY;
}

int ingest_take(struct ingest *k, struct poll_outcome *o, struct poll_report *report, struct error *err)
{
	struct error why = {0};
	int result;

	begin_report(report, o);
	result = try_store(k, o, report, &why);
	/* The failed try has moved the outcome's validators: the retry stores none, and the next poll brings them
	 * again. */
	if (result == 1 && why.code == -EBADMSG && mend_after(k->store.db, &why, NULL) > 0) {
		begin_report(report, o);
		result = try_store(k, o, report, &why);
	}
	buf_release(&o->document);
	if (result == 1 && ingest_error_is_of_storage(why.code))
		result = why.code;
	if (result == 1 && !is_poll(o)) {
		ingest_refuse(k, o, report, &why);
		return 0;
	}
	if (result == 1) {
		begin_report(report, o);
		poll_outcome_fail(o, why.code == -EPROTO ? FAILURE_PARSER : FAILURE_INTERNAL, why.text);
		result = try_store(k, o, report, err);
		if (result == 1) {
			/* The failure could not be stored either. */
			ingest_refuse(k, o, report, &why);
			return 0;
		}
		report->error = why;
	} else if (result < 0 && err != NULL) {
		*err = why;
	}
	return result;
}

/* Reports the state that the loop goes on with after an outcome that is not stored: as after one without a document. */
static void report_unstored(
	const struct ingest *k, struct poll_outcome *o, struct poll_report *report, struct feed_row *row)
{
	feed_progress_asked(&row->state, o);
	feed_progress_ended(&row->state, &row->emptiness, o, NULL);
	plan_next(k, &row->state, o, NULL);
	report_row(report, row, true);
}

void ingest_lose(struct ingest *k, struct poll_outcome *o, struct poll_report *report, const struct error *why)
{
	struct feed_row row;

	begin_report(report, o);
	report->lost = true;
	report->wants_again = o->kind == OUTCOME_DOCUMENT || o->kind == OUTCOME_PUSH;
	report->error = *why;
	if (!is_poll(o) || feed_store_load(&k->feeds, o->feed_id, &row, NULL) != 0)
		return;
	report->before = row.state.health;
	if (o->kind == OUTCOME_DOCUMENT)
		o->kind = OUTCOME_LOST;
	report_unstored(k, o, report, &row);
}

void ingest_refuse(struct ingest *k, struct poll_outcome *o, struct poll_report *report, const struct error *why)
{
	struct feed_row row;

	begin_report(report, o);
	report->error = *why;
	/* A push that could not be stored needs no retry: the next poll brings its items.  The state in memory
	 * stays. */
	if (!is_poll(o))
		return;
	if (feed_store_load(&k->feeds, o->feed_id, &row, NULL) != 0)
		return;
	report->before = row.state.health;
	poll_outcome_fail(o, why->code == -EPROTO ? FAILURE_PARSER : FAILURE_INTERNAL, why->text);
	report_unstored(k, o, report, &row);
}
