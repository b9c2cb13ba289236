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
		list[d->revision_count++] =
			(struct story_revision){.item_id = sql_int(s, 0), .at_ms = sql_time_or(s, 1, 0)};
	sql_reset(s);
	d->revisions = list;
	return result < 0 ? result : 0;
}

int reader_story_details(struct reader *r, struct str uid, story_details_fn *fn, void *arg, struct error *err)
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
		result = fn(arg, &story, &d);
	reader_end(r);
	return result;
}
