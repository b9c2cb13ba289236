/* SPDX-License-Identifier: ISC */
/* One story with its details: the links of its reports to each other and to other stories, and the revisions. */
#include <errno.h>

#include "reader_internal.h"
#include "sitrep/sql/sql.h"
#include "sitrep/store/record.h"
#include "sitrep/story/grouping.h"

/* Columns of READ_LINKS. */
enum {
	COLUMN_ITEM,
	COLUMN_INCOMING,
	COLUMN_RELATION,
	COLUMN_SCORE,
	COLUMN_SHARED,
	COLUMN_SHARED_OF,
	COLUMN_NUMBERS,
	COLUMN_NUMBERS_OF,
	COLUMN_OTHER_UID,
	COLUMN_OTHER_RECORD,
	COLUMN_OTHER_STORY,
	COLUMN_OTHER_STORY_ID,
	COLUMN_OTHER_ID,
	COLUMN_OTHER_SOURCES,
	COLUMN_SOURCE,
};

static const char cannot_read[] = "cannot read the relations of a story";

/* Reads a link. 1; 0 when it cannot be shown; -ENOMEM. */
static int take_tie(struct reader *r, struct sql_stmt *s, int64_t story_id, struct story_tie *tie)
{
	int64_t relation = sql_int(s, COLUMN_RELATION);
	struct item other;
	int result;

	if (relation < 0 || relation > RELATION_CONTAINS)
		return 0;
	if (reader_take_source(r, s, COLUMN_SOURCE, &tie->other_source) != 0)
		return -ENOMEM;
	result = record_decode(sql_blob(s, COLUMN_OTHER_RECORD), sql_int(s, COLUMN_OTHER_ID), &r->arena, &other);
	if (result != 0)
		return result == -ENOMEM ? result : 0;
	tie->item_id = sql_int(s, COLUMN_ITEM);
	tie->incoming = sql_bool(s, COLUMN_INCOMING);
	tie->same_story = sql_int(s, COLUMN_OTHER_STORY_ID) == story_id;
	tie->relation = story_relation_name((enum story_relation)relation);
	tie->score = sql_share(s, COLUMN_SCORE);
	tie->shared = sql_count(s, COLUMN_SHARED);
	tie->shared_of = sql_count(s, COLUMN_SHARED_OF);
	tie->numbers = sql_count(s, COLUMN_NUMBERS);
	tie->numbers_of = sql_count(s, COLUMN_NUMBERS_OF);
	tie->other_title = other.plain_title;
	tie->other_language = other.language;
	tie->other_sources = sql_count(s, COLUMN_OTHER_SOURCES);
	uid_write(tie->other_uid, sql_blob(s, COLUMN_OTHER_UID));
	uid_write(tie->other_story, sql_blob(s, COLUMN_OTHER_STORY));
	return 1;
}

static int take_ties(struct reader *r, int64_t story_id, struct story_details *d, struct error *err)
{
	struct story_tie *ties = arena_alloc_array(&r->arena, STORY_TIES_MAX, sizeof(*ties));
	struct sql_stmt *s = r->s[READ_LINKS];
	int result = 0;

	if (ties == NULL)
		return error_sys(err, -ENOMEM, cannot_read);
	sql_bind(s, as_int(story_id), as_int(STORY_TIES_MAX));
	while (d->tie_count < STORY_TIES_MAX && (result = sql_step(s, err, cannot_read)) == 1) {
		result = take_tie(r, s, story_id, &ties[d->tie_count]);
		if (result < 0) {
			error_sys(err, result, cannot_read);
			break;
		}
		d->tie_count += (size_t)result;
	}
	sql_reset(s);
	d->ties = ties;
	return result < 0 ? result : 0;
}

static int take_revisions(struct reader *r, int64_t story_id, struct story_details *d, struct error *err)
{
	struct story_revision *list = arena_alloc_array(&r->arena, STORY_REVISIONS_MAX, sizeof(*list));
	struct sql_stmt *s = r->s[READ_REVISIONS];
	int result = 0;

	if (list == NULL)
		return error_sys(err, -ENOMEM, cannot_read);
	sql_bind(s, as_int(story_id), as_int(STORY_REVISIONS_MAX));
	while (d->revision_count < STORY_REVISIONS_MAX && (result = sql_step(s, err, cannot_read)) == 1)
		list[d->revision_count++] = (struct story_revision){sql_int(s, 0), sql_time_or(s, 1, 0), sql_int(s, 2)};
	sql_reset(s);
	d->revisions = list;
	return result < 0 ? result : 0;
}

static int take_joined(struct reader *r, int64_t story_id, struct story_details *d, struct error *err)
{
	struct story_joined *list = arena_alloc_array(&r->arena, STORY_JOINED_MAX, sizeof(*list));
	struct sql_stmt *s = r->s[READ_JOINED];
	int result = 0;

	if (list == NULL)
		return error_sys(err, -ENOMEM, cannot_read);
	sql_bind(s, as_int(story_id), as_int(STORY_JOINED_MAX));
	while (d->joined_count < STORY_JOINED_MAX && (result = sql_step(s, err, cannot_read)) == 1)
		list[d->joined_count++] = (struct story_joined){sql_int(s, 0), sql_time_or(s, 1, 0)};
	d->joined = list;
	return sql_end(s, result < 0 ? result : 0);
}

static int take_raised(struct reader *r, int64_t story_id, struct story_details *d, struct error *err)
{
	struct story_raised *list = arena_alloc_array(&r->arena, STORY_RAISED_MAX, sizeof(*list));
	struct sql_stmt *s = r->s[READ_RAISED];
	int result = list != NULL ? 0 : -ENOMEM;

	sql_bind(s, as_int(story_id), as_int(STORY_RAISED_MAX));
	while (result == 0 && d->raised_count < STORY_RAISED_MAX && (result = sql_step(s, err, cannot_read)) == 1) {
		struct story_raised *raised = &list[d->raised_count++];

		*raised = (struct story_raised){
			.name = arena_str(&r->arena, sql_text(s, 0)),
			.priority = (enum alert_priority)sql_number(s, 1, ALERT_LOW, ALERT_URGENT, ALERT_NORMAL),
			.at_ms = sql_time_or(s, 2, 0),
			.item_id = sql_int(s, 3),
			.terms = arena_str(&r->arena, sql_text(s, 4)),
			.muted = sql_bool(s, 5),
		};
		result = raised->name.data == NULL ? -ENOMEM : 0;
	}
	d->raised = list;
	sql_reset(s);
	return result == -ENOMEM ? error_sys(err, result, cannot_read) : result < 0 ? result : 0;
}

/* ---- a change ---- */

/* Reads the version that the statement, which is bound, finds.  1; 0 when there is none or it is damaged. */
static int take_version(
	struct reader *r, struct sql_stmt *s, int64_t item_id, struct report_version *v, struct error *err)
{
	int result = sql_step(s, err, cannot_read);

	if (result == 1) {
		v->at_ms = sql_time_or(s, 1, 0);
		result = record_decode(sql_blob(s, 2), item_id, &r->arena, &v->item);
		v->rev = sql_int(s, 0);
		result = result == -ENOMEM ? error_sys(err, result, cannot_read) : result == 0;
	}
	return sql_end(s, result);
}

static int take_change(struct reader *r, int64_t story_id, const struct report_change_wish *wish,
	struct report_change *c, struct error *err)
{
	struct sql_stmt *s = r->s[READ_CHANGED_ITEM];
	uint8_t uid[STORE_KEY_LEN];
	bool latest = str_empty(wish->item);
	int64_t item_id, rev;
	int result;

	if (!latest && uid_parse(wish->item, uid) != 0)
		return 0;
	sql_bind(s, as_int(story_id), latest ? as_blob(NULL, 0) : as_key(uid));
	result = sql_step(s, err, cannot_read);
	item_id = result == 1 ? sql_int(s, 0) : 0;
	rev = !latest ? wish->rev : result == 1 ? sql_int(s, 1) : 0;
	sql_reset(s);
	if (result == 1) {
		sql_bind(r->s[READ_VERSION], as_int(item_id), as_int(rev));
		result = take_version(r, r->s[READ_VERSION], item_id, &c->after, err);
	}
	if (result == 1) {
		sql_bind(r->s[READ_VERSION_BEFORE], as_int(item_id), as_int(rev));
		result = take_version(r, r->s[READ_VERSION_BEFORE], item_id, &c->before, err);
	}
	c->item_id = result == 1 ? item_id : 0;
	return result < 0 ? result : 0;
}

int reader_story_details(struct reader *r, struct str uid, const struct report_change_wish *wish, story_details_fn *fn,
	void *arg, struct error *err)
{
	struct story_details d = {0};
	struct story story;
	int64_t id = 0;
	int result = reader_begin(r, err);

	if (result != 0)
		return result;
	result = reader_find_story(r, uid, &id, err);
	if (result == 1)
		result = reader_load_story(r, id, &story, err);
	if (result == 0)
		result = error_set(err, -ENOENT, "there is no such story");
	if (result == 1)
		result = take_ties(r, id, &d, err);
	if (result == 0)
		result = take_revisions(r, id, &d, err);
	if (result == 0)
		result = take_joined(r, id, &d, err);
	if (result == 0)
		result = take_raised(r, id, &d, err);
	if (result == 0 && wish != NULL)
		result = take_change(r, id, wish, &d.change, err);
	if (result == 0)
		result = fn(arg, &story, &d);
	reader_end(r);
	return result;
}
