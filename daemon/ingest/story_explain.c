/* SPDX-License-Identifier: ISC */
#include "story_explain.h"

#include "sitrep/sql/statements.h"

#include <string.h>

#include "sitrep/store/uid.h"

/* The link that placed the item comes first. */
static const char *const texts[STORY_EXPLAIN_STATEMENTS] = {
	[STORY_EXPLAIN_LINKS] =
		"SELECT other_id, relation, score, shared, shared_of, numbers, numbers_of, title FROM story_link"
		" WHERE item_id = ?1 ORDER BY relation NOT IN (1, 2, 3), score DESC LIMIT 16",
	[STORY_EXPLAIN_CONSTRAINTS] = "SELECT s.uid, h.together, h.at FROM story_constraint h JOIN story s ON s.id = "
				      "h.story_id WHERE h.item_id = ?1"
				      " ORDER BY h.at, h.story_id LIMIT 16",
};
SQL_TEXTS(texts, STORY_EXPLAIN_STATEMENTS);

_Static_assert(RELATION_COPY == 1 && RELATION_REPRINT == 2 && RELATION_UPDATE == 3, "the text above has these");

static const char cannot_explain[] = "cannot look up why the item is in its story";

int story_explain_init(struct story_explain *y, struct sql_db *db, struct item_lookup *item_lookup,
	struct grouping *grouping, struct error *err)
{
	y->item_lookup = item_lookup;
	y->grouping = grouping;
	return sql_prepare(db, texts, STORY_EXPLAIN_STATEMENTS, y->s, err);
}

void story_explain_release(struct story_explain *y)
{
	sql_finalize(y->s, STORY_EXPLAIN_STATEMENTS);
}

/* ---- pieces ---- */

static void write_uid(struct jsonw *w, const char *key, struct str bytes)
{
	char text[UID_TEXT_MAX];

	uid_write(text, bytes);
	jsonw_kv_cstr(w, key, text);
}

static void write_real(struct jsonw *w, const char *key, double value)
{
	jsonw_kv_real(w, key, value);
}

/* JSON members that identify an item. */
static void write_item(struct jsonw *w, const struct lookup_result *it)
{
	write_uid(w, "id", str_make((const char *)it->uid, STORE_KEY_LEN));
	jsonw_kv_str(w, "feed", it->feed);
	jsonw_kv_str(w, "source", it->outlet);
	jsonw_kv_str(w, "publisher", it->publisher);
	jsonw_kv_str(w, "title", it->item.plain_title);
	jsonw_kv_str(w, "link", it->item.link);
	jsonw_kv_time(w, "first_seen", it->first_seen_ms);
}

static void write_story(struct jsonw *w, const struct lookup_result *it)
{
	jsonw_kv_object(w, "story");
	write_uid(w, "id", str_make((const char *)it->story_uid, STORE_KEY_LEN));
	jsonw_kv_int(w, "sources", it->sources);
	jsonw_kv_int(w, "reports", it->reports);
	jsonw_kv_bool(w, "lead", it->lead_id == it->item_id);
	jsonw_object_end(w);
}

/* The operator's corrections of the item, an array under list, each with "apart" or "together" under kind. */
static int write_list(struct story_explain *y, int64_t item_id, const char *list, const char *kind, struct jsonw *w,
	struct error *err)
{
	struct sql_stmt *s = y->s[STORY_EXPLAIN_CONSTRAINTS];
	int result;

	jsonw_kv_array(w, list);
	sql_bind(s, as_int(item_id));
	while ((result = sql_step(s, err, cannot_explain)) == 1) {
		jsonw_object(w);
		jsonw_kv_cstr(w, kind, sql_bool(s, 1) ? "together" : "apart");
		write_uid(w, "story", sql_blob(s, 0));
		jsonw_kv_time(w, "time", sql_time(s, 2));
		jsonw_object_end(w);
	}
	sql_reset(s);
	jsonw_array_end(w);
	return result;
}

/* Under the former names too, see sitrep-stream(7), Renamed members. */
static int write_constraints(struct story_explain *y, int64_t item_id, struct jsonw *w, struct error *err)
{
	int result = write_list(y, item_id, "constraints", "kind", w, err);

	return result == 0 ? write_list(y, item_id, "said", "held", w, err) : result;
}

/* ---- one item ---- */

/* A link of story_link, with the item it leads to unless that is gone. */
static int write_link(struct story_explain *y, struct sql_stmt *s, int64_t story_id, struct jsonw *w, struct error *err)
{
	int64_t relation = sql_int(s, 1);
	struct lookup_result other;
	int result = item_lookup_load(y->item_lookup, sql_int(s, 0), &other, err);

	if (result < 0 || relation < 0 || relation > RELATION_CONTAINS)
		return result < 0 ? result : 0;
	jsonw_object(w);
	jsonw_kv_cstr(w, "relation", story_relation_name((enum story_relation)relation));
	if (result == 1) {
		jsonw_kv_object(w, "to");
		write_item(w, &other);
		jsonw_kv_bool(w, "same_story", other.story_id == story_id);
		jsonw_object_end(w);
	}
	write_real(w, "score", sql_share(s, 2));
	if (relation != RELATION_COPY) {
		jsonw_kv_int(w, "shared", sql_count(s, 3));
		jsonw_kv_int(w, "shared_of", sql_count(s, 4));
		jsonw_kv_int(w, "numbers", sql_count(s, 5));
		jsonw_kv_int(w, "numbers_of", sql_count(s, 6));
		write_real(w, "title", sql_share(s, 7));
	}
	jsonw_object_end(w);
	return 0;
}

static int write_links(struct story_explain *y, const struct lookup_result *it, struct jsonw *w, struct error *err)
{
	struct sql_stmt *s = y->s[STORY_EXPLAIN_LINKS];
	int result;

	jsonw_kv_array(w, "links");
	sql_bind(s, as_int(it->item_id));
	while ((result = sql_step(s, err, cannot_explain)) == 1) {
		result = write_link(y, s, it->story_id, w, err);
		if (result != 0)
			break;
	}
	sql_reset(s);
	jsonw_array_end(w);
	return result;
}

static int write_one(struct story_explain *y, const struct lookup_result *it, struct jsonw *w, struct error *err)
{
	int result;

	jsonw_object(w);
	jsonw_kv_object(w, "item");
	write_item(w, it);
	jsonw_object_end(w);
	write_story(w, it);
	result = write_links(y, it, w, err);
	if (result == 0)
		result = write_constraints(y, it->item_id, w, err);
	jsonw_object_end(w);
	return result;
}

/* ---- two items ---- */

static void write_text(struct jsonw *w, const struct grouping_text *t)
{
	jsonw_kv_bool(w, "kept", t->kept);
	if (!t->kept)
		return;
	jsonw_kv_int(w, "words", t->words);
	jsonw_kv_int(w, "shingles", (int64_t)t->shingles);
	jsonw_kv_int(w, "sampled_one_in", INT64_C(1) << t->level);
	jsonw_kv_int(w, "boilerplate", (int64_t)t->omitted);
	if (t->omitted > 0)
		jsonw_kv_int(w, "boilerplate_of", (int64_t)t->omitted_of);
	jsonw_kv_int(w, "boilerplate_since", (int64_t)t->omitted_since);
}

static int write_side(struct story_explain *y, const struct lookup_result *it, const struct grouping_text *t,
	struct jsonw *w, struct error *err)
{
	int result;

	jsonw_object(w);
	write_item(w, it);
	write_story(w, it);
	write_text(w, t);
	result = write_constraints(y, it->item_id, w, err);
	jsonw_object_end(w);
	return result;
}

static const char *verdict_name(enum story_verdict verdict)
{
	static const char *const names[] = {
		[STORY_APART] = "apart",
		[STORY_RELATED] = "related",
		[STORY_UPDATE] = "update",
		[STORY_REPRINT] = "reprint",
	};

	return names[verdict];
}

static void write_comparison(struct jsonw *w, const struct grouping_comparison *c, const struct story_params *p)
{
	const struct story_reasons *r = &c->reasons;

	jsonw_kv_object(w, "comparison");
	jsonw_kv_cstr(w, "verdict", verdict_name(r->verdict));
	jsonw_kv_cstr(w, "why", story_why_name(r->why));
	write_real(w, "score", r->score);
	write_real(w, "needed", c->same_source ? p->repeat : p->join);
	jsonw_kv_int(w, "shared", r->shared);
	jsonw_kv_int(w, "shared_of", r->of);
	jsonw_kv_int(w, "numbers", r->numbers_shared);
	jsonw_kv_int(w, "numbers_of", r->numbers_of);
	jsonw_kv_int(w, "numbers_placed", r->numbers_placed);
	write_real(w, "title", r->title);
	jsonw_kv_bool(w, "short", r->is_short);
	jsonw_kv_bool(w, "contains", r->contains);
	jsonw_kv_bool(w, "contained", r->contained);
	jsonw_kv_bool(w, "same_publisher", c->same_source);
	write_real(w, "hours_apart", (double)c->apart_ms / 3600e3);
	write_real(w, "window_hours", (double)(c->same_source ? p->own_window_ms : p->window_ms) / 3600e3);
	jsonw_object_end(w);
}

static int write_two(struct story_explain *y, const struct lookup_result *a, const struct lookup_result *b,
	struct jsonw *w, struct error *err)
{
	/* the rule compares items in the order in which they came */
	const struct lookup_result *earlier = a->item_id < b->item_id ? a : b, *later = earlier == a ? b : a;
	struct grouping_comparison c;
	int compared = grouping_compare(y->grouping, earlier->item_id, later->item_id, &c, err), result;

	if (compared < 0)
		return compared;
	jsonw_object(w);
	jsonw_kv_array(w, "items");
	result = write_side(y, earlier, &c.earlier, w, err);
	if (result == 0)
		result = write_side(y, later, &c.later, w, err);
	jsonw_array_end(w);
	jsonw_kv_bool(w, "same_story", a->story_id == b->story_id);
	jsonw_kv_bool(w, "same_text", memcmp(a->digest, b->digest, STORE_KEY_LEN) == 0);
	jsonw_kv_bool(w, "same_link", !str_empty(a->url_key) && str_eq(a->url_key, b->url_key));
	jsonw_kv_bool(w, "near", grouping_params(y->grouping)->near);
	if (compared == 1)
		write_comparison(w, &c, grouping_params(y->grouping));
	jsonw_object_end(w);
	return result;
}

int story_explain_write(struct story_explain *y, struct str item, struct str other, struct jsonw *w, struct error *err)
{
	struct lookup_result a, b;
	int result = item_lookup_find(y->item_lookup, item, ITEM_LOOKUP_ITEM, &a, err);

	if (result == 0 && other.data != NULL)
		result = item_lookup_find(y->item_lookup, other, ITEM_LOOKUP_ITEM, &b, err);
	if (result != 0)
		return result;
	return other.data != NULL && a.item_id != b.item_id ? write_two(y, &a, &b, w, err) : write_one(y, &a, w, err);
}
