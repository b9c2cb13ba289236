/* SPDX-License-Identifier: ISC */
#include "sitrep/store/item_store.h"

#include "sitrep/sql/statements.h"

#include <errno.h>
#include <string.h>

#include "sitrep/sql/damage.h"
#include "sitrep/sql/seal.h"
#include "sitrep/store/record.h"

static const char *const texts[ITEM_STATEMENTS] = {
	[ITEM_BY_IDENTITY] = "SELECT n.item_id, ?1, i.story_id, n.last_seen, i.digest, i.canon_version FROM ident n"
			     " LEFT JOIN item i ON i.id = n.item_id WHERE n.feed_id = ?1 AND n.identity = ?2",
	/* at most KNOWN_ITEMS_MAX (64), newer items of a feed first */
	[ITEM_BY_DIGEST] =
		"SELECT d.item_id, d.feed_id, i.story_id, d.last_seen, i.digest, i.canon_version, i.published,"
		" i.first_seen, i.url_key FROM digest d LEFT JOIN item i ON i.id = d.item_id WHERE d.digest = ?1"
		" ORDER BY d.feed_id DESC, d.item_id DESC LIMIT 64",
	[ITEM_BY_OWN_DIGEST] =
		"SELECT d.item_id, d.feed_id, i.story_id, d.last_seen, i.digest, i.canon_version, i.published,"
		" i.first_seen, i.url_key FROM digest d LEFT JOIN item i ON i.id = d.item_id"
		" WHERE d.digest = ?1 AND d.feed_id = ?2 ORDER BY d.item_id DESC LIMIT 64",
	[ITEM_BY_URL] = "SELECT id, feed_id, story_id, 0, digest, canon_version, published, first_seen, url_key"
			" FROM item WHERE url_key = ?1 LIMIT 64",
	[ITEM_BY_OWN_URL] = "SELECT id, feed_id, story_id, 0, digest, canon_version, published, first_seen, url_key"
			    " FROM item WHERE url_key = ?1 AND feed_id = ?2 LIMIT 64",
	[ITEM_BY_READING] =
		"SELECT id, feed_id, story_id, 0, digest, canon_version, published, first_seen, url_key FROM"
		" (SELECT id, feed_id, story_id, digest, canon_version, published, first_seen, url_key FROM item"
		" WHERE feed_id = ?2 ORDER BY sort_ms DESC LIMIT 64) WHERE canon_version <> ?1",
	[ITEM_ADD] =
		"INSERT INTO item(id, feed_id, story_id, digest, canon_version, rev, first_seen, published, "
		"sort_ms, uid,"
		" url_key, record, publisher_id) VALUES(?1, ?2, ?3, ?4, ?5, 0, ?6, min(?7, ?6), ?8, ?9, ?10, ?11, ?12)",
	/* OR REPLACE: the identity may belong to a tombstone or be an alias until now. */
	[ITEM_ADD_IDENTITY] = "INSERT OR REPLACE INTO ident(feed_id, identity, item_id, last_seen, alias)"
			      " VALUES(?1, ?2, ?3, ?4, ?5)",
	[ITEM_ADD_DIGEST] = "INSERT OR IGNORE INTO digest(digest, feed_id, item_id, last_seen) VALUES(?1, ?2, ?3, ?4)",
	[ITEM_REPLACE] = "UPDATE item SET digest = ?2, canon_version = ?3, rev = rev + 1, updated = ?4,"
			 " published = min(?5, first_seen), url_key = ?6, record = ?7 WHERE id = ?1",
	[ITEM_REHASH] = "UPDATE item SET digest = ?2, canon_version = ?3, url_key = ?4 WHERE id = ?1",
	[ITEM_TOUCH_IDENTITY] = "UPDATE ident SET last_seen = ?3 WHERE feed_id = ?1 AND identity = ?2",
	[ITEM_TOUCH_DIGEST] = "UPDATE digest SET last_seen = ?4 WHERE digest = ?1 AND feed_id = ?2 AND item_id = ?3",
	[STORY_ADD] = "INSERT INTO story(id, sort_ms, first_seen, last_seen, updated, sources, reports, uid)"
		      " VALUES(?1, ?2, ?3, ?3, ?5, 1, 1, ?4)",
	[STORY_JOIN] =
		"UPDATE story SET reports = reports + 1, last_seen = max(last_seen, ?3), updated = max(updated, ?4),"
		" sources = sources + NOT EXISTS(SELECT 1 FROM item WHERE publisher_id = ?2 AND story_id = ?1)"
		" WHERE id = ?1",
	/* only when the item leads the story; STORY_LEAD_SQL costs a look-up a feed of the story, not an item */
	[STORY_CHANGED] = "UPDATE story SET updated = max(updated, ?3) WHERE id = ?1 AND ?2 = " STORY_LEAD_SQL("?1"),
	[STORY_SORT] = "SELECT sort_ms FROM story WHERE id = ?1",
	[REVISION_ADD] = "INSERT OR REPLACE INTO revision(item_id, rev, at, record)"
			 " SELECT id, rev, coalesce(updated, first_seen), record FROM item WHERE id = ?1",
	[REVISION_DROP] = "DELETE FROM revision WHERE item_id = ?1"
			  " AND rev <= (SELECT rev FROM item WHERE id = ?1) - ?2",
	[ITEM_RECORD] = "SELECT record FROM item WHERE id = ?1",
	[ITEM_CHURN] = "SELECT state FROM churn WHERE item_id = ?1",
	[ITEM_SET_CHURN] = "INSERT OR REPLACE INTO churn(item_id, state) VALUES(?1, ?2)",
	[ITEM_KEEP] = "UPDATE item SET digest = ?2, canon_version = ?3, url_key = ?4, record = ?5 WHERE id = ?1",
	[ITEM_UID] = "SELECT uid FROM item WHERE id = ?1",
	[IDENTITY_NEXT] = "SELECT n.identity, n.alias = 0 AND i.id IS NOT NULL FROM ident n"
			  " LEFT JOIN item i ON i.id = n.item_id WHERE n.feed_id = ?1 AND n.identity > ?2"
			  " ORDER BY n.identity LIMIT ?3",
	[IDENTITY_DROP] = "DELETE FROM ident WHERE feed_id = ?1 AND identity = ?2",
	[ITEM_MEASURE] = "SELECT " ITEM_BYTES_SQL " FROM item i WHERE i.id = ?1",
};
SQL_TEXTS(texts, ITEM_STATEMENTS);

/* Earlier versions of an item's text that are kept. */
enum { REVISIONS_MAX = 20 };

static const char cannot_find[] = "cannot look up an item";
static const char cannot_keep[] = "cannot store an item";

int item_store_init(struct item_store *is, struct sql_db *db, struct counters *counters, struct error *err)
{
	is->counters = counters;
	return sql_prepare(db, texts, ITEM_STATEMENTS, is->s, err);
}

void item_store_release(struct item_store *is)
{
	sql_finalize(is->s, ITEM_STATEMENTS);
}

/* ---- look-ups ---- */

static void read_known(struct sql_stmt *s, struct known_item *k)
{
	struct str digest = sql_blob(s, 4);

	*k = (struct known_item){
		.item_id = sql_int(s, 0),
		.feed_id = sql_int(s, 1),
		.story_id = sql_int(s, 2),
		.last_seen_ms = sql_time_or(s, 3, 0),
		.canon_version = (uint32_t)sql_int(s, 5),
	};
	if (digest.len == STORE_KEY_LEN)
		memcpy(k->digest, digest.data, STORE_KEY_LEN);
	if (sql_columns(s) > 6) {
		struct str url_key = sql_blob(s, 8);

		k->published_ms = sql_time(s, 6);
		k->first_seen_ms = sql_time_or(s, 7, 0);
		k->has_url = url_key.len == STORE_KEY_LEN;
		if (k->has_url)
			memcpy(k->url_key, url_key.data, STORE_KEY_LEN);
	}
}

int item_store_by_identity(
	struct item_store *is, int64_t feed_id, const uint8_t *identity, struct known_item *k, struct error *err)
{
	struct sql_stmt *s = is->s[ITEM_BY_IDENTITY];
	int result = sql_find(s, err, cannot_find, as_int(feed_id), as_key(identity));

	if (result == 1)
		read_known(s, k);
	return sql_end(s, result);
}

static int read_all_known(struct sql_stmt *s, struct known_item *k, size_t *count, struct error *err)
{
	int result = 0;

	*count = 0;
	while (*count < KNOWN_ITEMS_MAX && (result = sql_step(s, err, cannot_find)) == 1)
		read_known(s, &k[(*count)++]);
	return sql_end(s, result < 0 ? result : 0);
}

int item_store_by_digest(struct item_store *is, const uint8_t *digest, int64_t feed_id, struct known_item *k,
	size_t *count, struct error *err)
{
	struct sql_stmt *s = is->s[feed_id == 0 ? ITEM_BY_DIGEST : ITEM_BY_OWN_DIGEST];

	sql_bind(s, as_key(digest), as_int(feed_id));
	return read_all_known(s, k, count, err);
}

int item_store_record(struct item_store *is, int64_t item_id, struct arena *a, struct item *it, struct error *err)
{
	struct sql_stmt *s = is->s[ITEM_RECORD];
	int result = sql_find(s, err, cannot_find, as_int(item_id));

	if (result == 1) {
		int decoded = record_decode(sql_blob(s, 0), item_id, a, it);

		result = decoded == -EUCLEAN ? 0 : decoded < 0 ? error_sys(err, decoded, cannot_find) : 1;
	}
	return sql_end(s, result);
}

int item_store_by_url(struct item_store *is, const uint8_t *url_key, int64_t feed_id, struct known_item *k,
	size_t *count, struct error *err)
{
	struct sql_stmt *s = is->s[feed_id == 0 ? ITEM_BY_URL : ITEM_BY_OWN_URL];

	sql_bind(s, as_key(url_key), as_int(feed_id));
	return read_all_known(s, k, count, err);
}

int item_store_by_reading(struct item_store *is, uint32_t canon_version, int64_t feed_id, struct known_item *k,
	size_t *count, struct error *err)
{
	struct sql_stmt *s = is->s[ITEM_BY_READING];

	sql_bind(s, as_int(canon_version), as_int(feed_id));
	return read_all_known(s, k, count, err);
}

/* ---- changes ---- */

static int add_identity(struct item_store *is, int64_t feed_id, const uint8_t *identity, int64_t item_id,
	int64_t seen_ms, bool alias, struct error *err)
{
	is->kept_bytes += KEPT_IDENTITY;
	is->written++;
	return sql_run(is->s[ITEM_ADD_IDENTITY], err, cannot_keep, as_int(feed_id), as_key(identity), as_int(item_id),
		as_int(seen_ms), as_int(alias));
}

static int touch_digest(struct item_store *is, int64_t feed_id, const uint8_t *digest, int64_t item_id, int64_t seen_ms,
	struct error *err)
{
	return sql_run(is->s[ITEM_TOUCH_DIGEST], err, cannot_keep, as_key(digest), as_int(feed_id), as_int(item_id),
		as_int(seen_ms));
}

static int add_digest(struct item_store *is, const struct item_row *row, struct error *err)
{
	struct sql_stmt *s = is->s[ITEM_ADD_DIGEST];
	int result = sql_run(
		s, err, cannot_keep, as_key(row->digest), as_int(row->feed_id), as_int(row->id), as_int(row->seen_ms));

	if (result != 0)
		return result;
	/* the item had this text before */
	if (sql_changed(s) == 0)
		return touch_digest(is, row->feed_id, row->digest, row->id, row->seen_ms, err);
	is->kept_bytes += KEPT_DIGEST;
	is->written++;
	return 0;
}

int item_store_add_digest(struct item_store *is, const uint8_t *digest, int64_t feed_id, int64_t item_id,
	int64_t seen_ms, struct error *err)
{
	const struct item_row row = {.digest = digest, .feed_id = feed_id, .id = item_id, .seen_ms = seen_ms};

	return add_digest(is, &row, err);
}

static int64_t measure(const struct item_row *row)
{
	int64_t len = (int64_t)row->record.len;

	return KEPT_ITEM + len + (len < KEPT_SKETCH_MAX ? len : KEPT_SKETCH_MAX);
}

/* Adds the item's present size to kept_bytes (by is 1) or subtracts it (-1). */
static int count_bytes(struct item_store *is, int64_t item_id, int by, struct error *err)
{
	int64_t bytes;
	int result = sql_find_int(is->s[ITEM_MEASURE], &bytes, err, cannot_find, as_int(item_id));

	if (result == 1)
		is->kept_bytes += by * bytes;
	return result < 0 ? result : 0;
}

static int begin_story(struct item_store *is, struct item_row *row, int64_t story_id, struct error *err)
{
	row->story_id = story_id;
	is->counters->stories++;
	return sql_run(is->s[STORY_ADD], err, cannot_keep, as_int(story_id), as_int(row->sort_ms), as_int(row->seen_ms),
		as_key(row->uid), as_int(row->updated_ms));
}

/* Sets row->sort_ms.  1; 0 when the story's row is missing (damage). */
static int find_sort(struct item_store *is, struct item_row *row, struct error *err)
{
	struct sql_stmt *s = is->s[STORY_SORT];
	int result = sql_find(s, err, cannot_find, as_int(row->story_id));

	if (result == 1)
		row->sort_ms = sql_time_or(s, 0, row->seen_ms);
	else if (result == 0)
		damage_note_row("story", row->story_id, "missing");
	return sql_end(s, result);
}

static int join_story(struct item_store *is, struct item_row *row, struct error *err)
{
	return sql_run(is->s[STORY_JOIN], err, cannot_keep, as_int(row->story_id), as_int(row->publisher_id),
		as_int(row->seen_ms), as_int(row->updated_ms));
}

static struct sql_arg as_record(const struct item_row *row)
{
	return as_blob(row->record.data, row->record.len);
}

static int insert_item(struct item_store *is, const struct item_row *row, struct error *err)
{
	return sql_run(is->s[ITEM_ADD], err, cannot_keep, as_int(row->id), as_int(row->feed_id), as_int(row->story_id),
		as_key(row->digest), as_int(row->canon_version), as_int(row->seen_ms), as_time(row->published_ms),
		as_int(row->sort_ms), as_key(row->uid), as_key(row->url_key), as_record(row),
		as_int(row->publisher_id));
}

int item_store_add(struct item_store *is, struct item_row *row, struct error *err)
{
	int result = 0;

	row->id = ++is->counters->item_id;
	is->counters->items++;
	if (row->story_id == 0) {
		result = begin_story(is, row, row->id, err);
	} else {
		result = find_sort(is, row, err);
		if (result == 1)
			result = join_story(is, row, err);
		else if (result == 0)
			result = begin_story(is, row, row->id, err);
	}
	if (result == 0)
		result = insert_item(is, row, err);
	is->kept_bytes += measure(row);
	if (result == 0)
		result = add_identity(is, row->feed_id, row->identity, row->id, row->seen_ms, false, err);
	return result == 0 ? add_digest(is, row, err) : result;
}

/* A missing story is made again, with the number that the item has for it. */
int item_store_sort(struct item_store *is, struct item_row *row, struct error *err)
{
	int result = find_sort(is, row, err);

	if (result != 0)
		return result < 0 ? result : 0;
	result = item_store_uid(is, row->id, row->uid, err);
	if (result < 0)
		return result;
	row->sort_ms = row->seen_ms;
	return begin_story(is, row, row->story_id, err);
}

int item_store_replace(struct item_store *is, struct item_row *row, bool is_news, struct error *err)
{
	int result = sql_run(is->s[ITEM_REPLACE], err, cannot_keep, as_int(row->id), as_key(row->digest),
		as_int(row->canon_version), as_int(row->seen_ms), as_time(row->published_ms), as_key(row->url_key),
		as_record(row));

	if (result == 0)
		result = count_bytes(is, row->id, 1, err);
	if (result == 0)
		result = add_digest(is, row, err);
	if (result == 0 && is_news)
		result = sql_run(is->s[STORY_CHANGED], err, cannot_keep, as_int(row->story_id), as_int(row->id),
			as_int(row->seen_ms));
	return result == 0 ? item_store_sort(is, row, err) : result;
}

int item_store_keep(struct item_store *is, const struct item_row *row, struct error *err)
{
	int result = count_bytes(is, row->id, -1, err);

	if (result == 0)
		result = sql_run(is->s[ITEM_KEEP], err, cannot_keep, as_int(row->id), as_key(row->digest),
			as_int(row->canon_version), as_key(row->url_key), as_record(row));
	if (result == 0)
		result = count_bytes(is, row->id, 1, err);
	return result == 0 ? add_digest(is, row, err) : result;
}

int item_store_churn(struct item_store *is, int64_t item_id, struct churn *c, struct error *err)
{
	struct sql_stmt *s = is->s[ITEM_CHURN];
	struct str bytes = STR_NONE;
	int result = sql_find(s, err, cannot_find, as_int(item_id));

	if (result == 1 && seal_open(sql_blob(s, 0), &bytes) < 0)
		damage_note_row("churn", item_id, "state");
	churn_decode(c, bytes);
	return sql_end(s, result < 0 ? result : 0);
}

int item_store_set_churn(struct item_store *is, int64_t item_id, const struct churn *c, struct error *err)
{
	struct buf sealed = BUF_INIT(CHURN_BYTES + SEAL_BYTES);
	uint8_t bytes[CHURN_BYTES];
	int result;

	churn_encode(c, bytes);
	result = buf_add(&sealed, str_make((const char *)bytes, sizeof(bytes)));
	if (result == 0)
		result = seal_add(&sealed);
	result = result == 0 ? sql_run(is->s[ITEM_SET_CHURN], err, cannot_keep, as_int(item_id),
				       as_blob(sealed.data, sealed.len))
			     : error_sys(err, result, cannot_keep);
	buf_release(&sealed);
	return result;
}

int item_store_rehash(struct item_store *is, const struct item_row *row, struct error *err)
{
	int result = sql_run(is->s[ITEM_REHASH], err, cannot_keep, as_int(row->id), as_key(row->digest),
		as_int(row->canon_version), as_key(row->url_key));

	return result == 0 ? add_digest(is, row, err) : result;
}

int item_store_alias(struct item_store *is, int64_t feed_id, const uint8_t *identity, int64_t item_id, int64_t seen_ms,
	struct error *err)
{
	return add_identity(is, feed_id, identity, item_id, seen_ms, true, err);
}

/* Walks up to *rows identities after from, and subtracts their number from *rows; 1 when the end of the table was
 * reached. */
static int trim_from(struct item_store *is, int64_t feed_id, uint8_t from[STORE_KEY_LEN], size_t *rows,
	identity_shown_fn *shown, void *arg, struct error *err)
{
	struct sql_stmt *s = is->s[IDENTITY_NEXT];
	int result;

	sql_bind(s, as_int(feed_id), as_key(from), as_int((int64_t)*rows));
	while ((result = sql_step(s, err, cannot_find)) == 1) {
		struct str identity = sql_blob(s, 0);
		bool is_first = sql_bool(s, 1);

		--*rows;
		if (is_first || identity.len != STORE_KEY_LEN || shown(arg, identity))
			continue;
		memcpy(from, identity.data, STORE_KEY_LEN);
		result = sql_run(is->s[IDENTITY_DROP], err, cannot_keep, as_int(feed_id), as_key(from));
		if (result != 0)
			break;
		is->kept_bytes -= KEPT_IDENTITY;
	}
	sql_reset(s);
	return result < 0 ? result : *rows > 0;
}

int item_store_trim(struct item_store *is, int64_t feed_id, const uint8_t *from, size_t rows, identity_shown_fn *shown,
	void *arg, struct error *err)
{
	uint8_t at[STORE_KEY_LEN];
	int result;

	memcpy(at, from, STORE_KEY_LEN);
	result = trim_from(is, feed_id, at, &rows, shown, arg, err);
	if (result != 1)
		return result;
	memset(at, 0, sizeof(at));
	result = trim_from(is, feed_id, at, &rows, shown, arg, err);
	return result < 0 ? result : 0;
}

int item_store_touch(struct item_store *is, int64_t feed_id, const uint8_t *identity, const uint8_t *digest,
	int64_t item_id, int64_t seen_ms, struct error *err)
{
	int result = sql_run(
		is->s[ITEM_TOUCH_IDENTITY], err, cannot_keep, as_int(feed_id), as_key(identity), as_int(seen_ms));

	return result != 0 || digest == NULL ? result : touch_digest(is, feed_id, digest, item_id, seen_ms, err);
}

int item_store_revise(struct item_store *is, int64_t item_id, struct error *err)
{
	/* item_store_replace() adds the new size */
	int result = count_bytes(is, item_id, -1, err);

	if (result != 0)
		return result;
	result = sql_run(is->s[REVISION_ADD], err, cannot_keep, as_int(item_id));
	if (result != 0)
		return result;
	return sql_run(is->s[REVISION_DROP], err, cannot_keep, as_int(item_id), as_int(REVISIONS_MAX));
}

int item_store_uid(struct item_store *is, int64_t item_id, uint8_t uid[STORE_KEY_LEN], struct error *err)
{
	struct sql_stmt *s = is->s[ITEM_UID];
	struct str bytes;
	int result = sql_find(s, err, cannot_find, as_int(item_id));

	if (result == 1) {
		bytes = sql_blob(s, 0);
		if (bytes.len == STORE_KEY_LEN)
			memcpy(uid, bytes.data, STORE_KEY_LEN);
		else
			result = 0;
	}
	return sql_end(s, result);
}
