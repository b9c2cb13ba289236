/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <stdlib.h>

#include "prune.h"
#include "request_kind.h"
#include "sitrep/base/log.h"
#include "sitrep/sql/sql.h"
#include "sitrep/sql/statements.h"

/* As many as in retention: a poll that arrives meanwhile waits for milliseconds. */
enum { STEP_ITEMS = 200 };

enum forget_statement { FORGET_FEED, FORGET_COUNTS, FORGET_ITEMS, FORGET_STATEMENTS };

static const char *const texts[FORGET_STATEMENTS] = {
	[FORGET_FEED] = "SELECT id, active FROM feed WHERE name = ?1",
	[FORGET_COUNTS] = "SELECT coalesce(sum(n), 0), count(*), coalesce(sum(shared), 0) FROM"
			  " (SELECT count(*) AS n, EXISTS(SELECT 1 FROM item o WHERE o.story_id = i.story_id AND"
			  " o.feed_id <> ?1) AS shared FROM item i WHERE i.feed_id = ?1 GROUP BY i.story_id) AS s",
	[FORGET_ITEMS] = "SELECT i.id, i.feed_id, i.story_id, i.publisher_id, " ITEM_BYTES_SQL
			 " FROM item i WHERE i.feed_id = ?1 LIMIT ?2",
};
SQL_TEXTS(texts, FORGET_STATEMENTS);

static const char cannot_forget[] = "cannot forget the feed";

struct forget_request {
	struct request head;
	char *feed;
	bool sure;            /* false: only the counts are wanted */
	int64_t items;        /* with sure: removed in all steps so far; else: the items that the feed has */
	int64_t step_items;   /* removed in this step */
	int64_t own_stories;  /* without sure: stories of this feed alone, which would be removed */
	int64_t kept_stories; /* without sure: stories that other feeds report, too */
};

static int find_feed(const struct forget_request *q, struct sql_stmt *s, int64_t *id, struct error *err)
{
	bool is_active;
	int result = sql_find(s, err, cannot_forget, as_cstr(q->feed));

	*id = result == 1 ? sql_int(s, 0) : 0;
	is_active = result == 1 && sql_bool(s, 1);
	sql_reset(s);
	if (result < 0)
		return result;
	if (result == 0)
		return error_set(err, -ENOENT, "no feed is or was named %s", q->feed);
	return is_active ? error_set(err, -EBUSY, "%s is in the configuration", q->feed) : 0;
}

static int count_items(struct forget_request *q, struct sql_stmt *s, int64_t feed_id, struct error *err)
{
	int result = sql_find(s, err, cannot_forget, as_int(feed_id));

	if (result == 1) {
		q->items = sql_int(s, 0);
		q->kept_stories = sql_int(s, 2);
		q->own_stories = sql_int(s, 1) - q->kept_stories;
	}
	return sql_end(s, result < 0 ? result : 0);
}

static int drop_some(struct forget_request *q, struct ingest *k, struct sql_stmt *s, int64_t feed_id, struct error *err)
{
	struct pruned_item items[STEP_ITEMS];
	struct pruner pruner;
	int n, result = pruner_init(&pruner, k->store.db, err);

	if (result != 0)
		return result;
	sql_bind(s, as_int(feed_id), as_int(STEP_ITEMS));
	n = result = pruned_items_read(s, items, STEP_ITEMS, err);
	for (int i = 0; i < n && result >= 0; i++)
		result = pruner_drop(&pruner, k, &items[i], err);
	pruner_release(&pruner);
	q->step_items = n < 0 ? 0 : n;
	return result < 0 ? result : 0;
}

static int carry_out(struct request *head, struct ingest *k, struct error *err)
{
	struct forget_request *q = (struct forget_request *)head;
	struct sql_stmt *s[FORGET_STATEMENTS] = {NULL};
	int64_t feed_id = 0;
	int result = sql_prepare(k->store.db, texts, FORGET_STATEMENTS, s, err);

	q->step_items = 0;
	if (result == 0)
		result = find_feed(q, s[FORGET_FEED], &feed_id, err);
	if (result == 0)
		result = q->sure ? drop_some(q, k, s[FORGET_ITEMS], feed_id, err)
				 : count_items(q, s[FORGET_COUNTS], feed_id, err);
	sql_finalize(s, FORGET_STATEMENTS);
	return result;
}

/* ---- the end of a step ---- */

static void write_answer(struct forget_request *q)
{
	struct jsonw w = JSONW_INIT(&q->head.answer);

	jsonw_object(&w);
	jsonw_kv_cstr(&w, "feed", q->feed);
	jsonw_kv_bool(&w, "removed", q->sure);
	jsonw_kv_int(&w, "items", q->items);
	if (!q->sure) {
		jsonw_kv_int(&w, "own_stories", q->own_stories);
		jsonw_kv_int(&w, "kept_stories", q->kept_stories);
	}
	jsonw_object_end(&w);
}

/* Goes on with the next step, also when the caller's peer has gone. */
static bool end_step(struct request *head)
{
	struct forget_request *q = (struct forget_request *)head;
	struct error *err = &head->error;

	if (err->code == 0)
		q->items += q->step_items;
	if (err->code == 0 && q->step_items == STEP_ITEMS) {
		if (request_submit(head, head->writer) == 0)
			return true;
		error_sys(err, -ENOMEM, "cannot forget all items of the feed, ask again");
	}
	if (q->sure)
		log_emit(LOG_LEVEL_NOTICE, "feed forgotten", "feed", q->feed, "items", LOG_NUM((long long)q->items),
			err->code != 0 ? "error" : NULL, err->text, NULL);
	write_answer(q);
	return false;
}

static void release(struct request *head)
{
	free(((struct forget_request *)head)->feed);
}

static const struct request_kind forgets = {
	.size = sizeof(struct forget_request),
	.answer_max = 4096,
	.in_turn = true,
	.carry_out = carry_out,
	.goes_on = end_step,
	.release = release,
};

struct request *forget_request_new(struct str feed, bool sure)
{
	struct forget_request *q = (struct forget_request *)request_new(&forgets, "forget");
	bool failed = false;

	if (q == NULL)
		return NULL;
	q->sure = sure;
	q->feed = request_copy(feed, &failed);
	if (!failed)
		return &q->head;
	request_free(&q->head);
	return NULL;
}
