/* SPDX-License-Identifier: ISC */
/* reader_internal.h: shared by the reader's files. */
#ifndef SITREP_STORE_READER_INTERNAL_H
#define SITREP_STORE_READER_INTERNAL_H

#include <stdint.h>

#include "sitrep/base/arena.h"
#include "sitrep/store/reader.h"
#include "sitrep/store/store.h"

struct sql_stmt;

enum reader_statement {
	READ_BEGIN,
	READ_END,
	READ_STORY,
	READ_STORY_BY_UID,
	READ_REPORTS,
	LIST_ALL,
	LIST_MATCHED,
	LIST_FEED,
	READ_EVENTS,
	READ_LEAD,
	READ_LINKS,
	READ_REVISIONS,
	READ_JOINED,
	READ_RAISED,
	READ_CHANGED_ITEM,
	READ_VERSION,
	READ_VERSION_BEFORE,
	READ_CURSORS,
	READ_INSTANCE,
	READ_EVENT_TIME,
	READ_FEED_NAMES,
	READ_COUNTERS,
	READ_FEED_COUNT,
	READ_ALERT,
	READ_MARKS,
	READ_ALERT_COUNTS,
	READ_SIZE,
	READ_ITEM_IDS,
	READ_STORY_ID_BEFORE,
	READ_SETTLED,
	READ_STORY_BEFORE,
	READ_REPORTS_BEFORE,
	ARCHIVE_ALL,
	ARCHIVE_ITEMS,
	ARCHIVE_MATCHED,
	ARCHIVE_EARLIER,
	CHOOSE_OLDER,
	CHOOSE_NEWER,
	STORY_FEEDS,
	COUNT_DAY,
	FEED_CATEGORIES,
	FEED_KEPT,
	FEED_DELAY,
	FEED_SHARED,
	FEED_TROUBLES,
	ITEM_FROM,
	ITEM_DELAYS,
	ALERT_TIMES,
	ALERT_DAYS,
	ALERTS_BEFORE,
	SILENCES_SINCE,
	READER_STATEMENTS
};

struct reader {
	struct store store;
	struct sql_stmt *s[READER_STATEMENTS];
	struct arena arena; /* holds the story or event that is handed out */
};

/* The reports of a story that are read are no larger in memory, but for the last one. */
enum { READER_REPORT_BYTES_MAX = 4 * 1024 * 1024 };

/* One short read transaction. */
int reader_begin(struct reader *r, struct error *err);
void reader_end(struct reader *r);

/* Columns of a report from first on: REPORT_COLUMNS, then SOURCE_COLUMNS. */
#define REPORT_COLUMNS "i.id, i.uid, i.first_seen, i.updated, i.published, i.record"
#define SOURCE_COLUMNS                                                                                                 \
	"f.id, f.name, coalesce(f.configured_title, f.own_title, f.name), f.link, f.url, f.categories, f.publisher,"   \
	" f.own_id, f.own_author, f.own_rights"
enum { REPORT_COLUMN_COUNT = 6, SOURCE_COLUMN_COUNT = 10 };

/* Copies into the arena.  1; 0 when the record does not decode; -ENOMEM. */
int reader_take_report(struct reader *r, struct sql_stmt *s, int first, struct report *out);
int reader_take_source(struct reader *r, struct sql_stmt *s, int first, struct source *out);

/* Within a transaction: 1 and *id is the story of that uid (or the one that it was joined to); -ENOENT. */
int reader_find_story(struct reader *r, struct str uid, int64_t *id, struct error *err);
/* Within a transaction: clears the arena and reads the story into it.  1; 0 when the story does not exist or cannot
 * be shown. */
int reader_load_story(struct reader *r, int64_t id, struct story *story, struct error *err);

#endif
