/* SPDX-License-Identifier: ISC */
/* The table of feeds: matched with the configuration at start and reload, and updated by every poll.  A feed that
 * left the configuration stays as an inactive row, since its items and identities stay too. */
#include "sitrep/store/feed_store.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "feed_match.h"
#include "sitrep/base/array.h"
#include "sitrep/base/clock.h"
#include "sitrep/model/websub_state.h"
#include "sitrep/sql/row.h"
#include "sitrep/sql/sql.h"
#include "sitrep/sql/statements.h"

static const char *const texts[FEED_STATEMENTS] = {
	[FEED_CURRENT] = "SELECT name, url, due, health, active, rank, categories, publisher, configured_title, url_key"
			 " FROM feed WHERE id = ?1",
	[FEED_INSERT] =
		"INSERT INTO feed(name, url, categories, publisher, configured_title, rank, due, url_key, active, "
		"backlog, health, failure, http_status, errors, polls, not_modified, bytes, items, server_wait)"
		" VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0) RETURNING id",
	/* Another feed may already have the name as its stem. */
	[FEED_STEM] = "UPDATE feed SET uid_stem = CASE WHEN EXISTS(SELECT 1 FROM feed WHERE uid_stem = ?2)"
		      " THEN ?2 || '~' || ?1 ELSE ?2 END WHERE id = ?1",
	[FEED_RENAME] = "UPDATE feed SET name = ?2 WHERE id = ?1",
	[FEED_NAMES] = "SELECT id, name, url, url_key, active, link FROM feed",
	[FEED_HIDE] = "UPDATE feed SET url = ?2, link = ?3, url_key = ?4 WHERE id = ?1",
	[FEED_CONFIGURE] =
		"UPDATE feed SET categories = ?2, publisher = ?3, configured_title = ?4, rank = ?5, due = ?6,"
		" name = ?7, url = ?8, url_key = ?9, active = 1 WHERE id = ?1",
	/* The feed's URL has changed: state learnt from the old URL is dropped. */
	[FEED_RESET] = "UPDATE feed SET backlog = 1, health = 0, failure = 0, http_status = 0, errors = 0,"
		       " failing_since = NULL, server_wait = 0, etag = NULL, last_modified = NULL, reason = NULL,"
		       " moved_url = NULL, moved_since = NULL, moved_count = 0, moved = 0, onward_url = NULL,"
		       " onward_since = NULL, onward_count = 0, history = NULL, emptiness = 0,"
		       " identity = 0, identity_trust = NULL WHERE id = ?1",
	/* A feed at another URL may name another hub. */
	[FEED_UNSUBSCRIBE] = "DELETE FROM websub WHERE feed_id = ?1",
	[FEED_ACTIVE] = "SELECT id FROM feed WHERE active = 1",
	[FEED_RETIRE] = "UPDATE feed SET active = 0 WHERE id = ?1",
	[FEED_COUNT] = "UPDATE feed SET items = items + ?2, kept_bytes = max(kept_bytes + ?3, 0) WHERE id = ?1",
};
SQL_TEXTS(texts, FEED_STATEMENTS);

static const char cannot_load[] = "cannot read a feed's state";
static const char cannot_save[] = "cannot save a feed's state";
static const char cannot_sync[] = "cannot store the configured feeds";

/* ---- the row ---- */

enum {
	HTTP_STATUS_MAX = 999,
	/* More failures change nothing: the delay has long reached its maximum. */
	ERRORS_MAX = 1000000,
};

#define COUNTER_MAX (INT64_C(1) << 53) /* larger integers are not exact in many JSON parsers */
#define WAIT_MAX_MS (INT64_C(400) * 24 * 3600 * 1000)

_Static_assert(sizeof(enum feed_health) == sizeof(int) && sizeof(enum poll_failure) == sizeof(int) &&
		       sizeof(enum feed_identity) == sizeof(int) && sizeof(enum feed_emptiness) == sizeof(int),
	"ROW_INT reads enums");

static int encode_history(const void *row, struct buf *out)
{
	const struct feed_row *r = row;

	return buf_append(out, r->state.history, r->state.history_len);
}

static int decode_history(void *row, struct str bytes)
{
	struct feed_state *st = &((struct feed_row *)row)->state;

	if (bytes.len == 0)
		return 0;
	st->history = malloc(bytes.len);
	if (st->history == NULL)
		return -ENOMEM;
	memcpy(st->history, bytes.data, bytes.len);
	st->history_len = bytes.len;
	return 0;
}

static int encode_trust(const void *row, struct buf *out)
{
	const struct feed_row *r = row;
	uint8_t bytes[TRUST_BYTES];

	return buf_append(out, bytes, identity_trust_encode(&r->trust, bytes));
}

static int decode_trust(void *row, struct str bytes)
{
	identity_trust_decode(&((struct feed_row *)row)->trust, bytes);
	return 0;
}

#define STATE(member) offsetof(struct feed_row, state.member)
#define ROW(member) offsetof(struct feed_row, member)

/* One column a row.  Columns from the configuration are read here and saved by feed_store_sync(). */
/* clang-format off */
static const struct row_column columns[] = {
	{.name = "id", .type = ROW_INT64, .offset = STATE(id), .low = INT64_MIN, .high = INT64_MAX},
	{.name = "active", .type = ROW_BOOL, .offset = STATE(active), .is_read_only = true},
	{.name = "backlog", .type = ROW_BOOL, .offset = ROW(backlog)},
	{.name = "health", .type = ROW_INT, .offset = STATE(health),
		.low = FEED_NEW, .high = FEED_GONE, .otherwise = FEED_NEW},
	{.name = "failure", .type = ROW_INT, .offset = STATE(failure),
		.low = FAILURE_NONE, .high = FAILURE_COUNT - 1, .otherwise = FAILURE_INTERNAL},
	{.name = "http_status", .type = ROW_INT, .offset = STATE(http_status), .low = 0, .high = HTTP_STATUS_MAX},
	{.name = "errors", .type = ROW_INT, .offset = STATE(errors), .low = 0, .high = ERRORS_MAX},
	{.name = "due", .type = ROW_TIME, .offset = STATE(due_ms)},
	{.name = "failing_since", .type = ROW_TIME, .offset = STATE(failing_since_ms)},
	{.name = "first_poll", .type = ROW_TIME, .offset = STATE(first_poll_ms)},
	{.name = "last_poll", .type = ROW_TIME, .offset = STATE(last_poll_ms)},
	{.name = "last_success", .type = ROW_TIME, .offset = STATE(last_success_ms)},
	{.name = "last_new", .type = ROW_TIME, .offset = STATE(last_new_ms)},
	{.name = "polls", .type = ROW_INT64, .offset = STATE(polls), .low = 0, .high = COUNTER_MAX},
	{.name = "not_modified", .type = ROW_INT64, .offset = STATE(not_modified), .low = 0, .high = COUNTER_MAX},
	{.name = "bytes", .type = ROW_INT64, .offset = STATE(bytes), .low = 0, .high = COUNTER_MAX},
	{.name = "items", .type = ROW_INT64, .offset = STATE(items), .low = 0, .high = COUNTER_MAX},
	{.name = "server_wait", .type = ROW_INT64, .offset = STATE(server_wait_ms), .low = 0, .high = WAIT_MAX_MS},
	{.name = "etag", .type = ROW_TEXT, .offset = STATE(etag)},
	{.name = "last_modified", .type = ROW_TEXT, .offset = STATE(last_modified)},
	{.name = "reason", .type = ROW_TEXT, .offset = STATE(reason)},
	{.name = "name", .type = ROW_NAME, .offset = STATE(name), .is_read_only = true},
	{.name = "url", .type = ROW_NAME, .offset = STATE(url), .is_read_only = true},
	{.name = "categories", .type = ROW_NAME, .offset = STATE(categories), .is_read_only = true},
	{.name = "configured_title", .type = ROW_TEXT, .offset = ROW(configured_title), .is_read_only = true},
	{.name = "own_title", .type = ROW_TEXT, .offset = ROW(own_title)},
	{.name = "own_id", .type = ROW_TEXT, .offset = ROW(own_id)},
	{.name = "own_author", .type = ROW_TEXT, .offset = ROW(own_author)},
	{.name = "own_rights", .type = ROW_TEXT, .offset = ROW(own_rights)},
	{.name = "link", .type = ROW_TEXT, .offset = STATE(link)},
	{.name = "moved_url", .type = ROW_TEXT, .offset = STATE(moved_url)},
	{.name = "moved_since", .type = ROW_TIME, .offset = STATE(moved_since_ms)},
	{.name = "moved_count", .type = ROW_INT, .offset = STATE(moved_count), .low = 0, .high = ERRORS_MAX},
	{.name = "moved", .type = ROW_BOOL, .offset = STATE(moved)},
	{.name = "onward_url", .type = ROW_TEXT, .offset = STATE(onward_url)},
	{.name = "onward_since", .type = ROW_TIME, .offset = STATE(onward_since_ms)},
	{.name = "onward_count", .type = ROW_INT, .offset = STATE(onward_count), .low = 0, .high = ERRORS_MAX},
	{.name = "history", .type = ROW_SEALED, .encode = encode_history, .decode = decode_history},
	{.name = "publisher", .type = ROW_TEXT, .offset = ROW(publisher), .is_read_only = true},
	{.name = "emptiness", .type = ROW_INT, .offset = ROW(emptiness),
		.low = EMPTINESS_UNKNOWN, .high = EMPTINESS_KNOWN, .otherwise = EMPTINESS_UNKNOWN},
	{.name = "identity", .type = ROW_INT, .offset = STATE(identity),
		.low = FEED_BY_GUID, .high = FEED_BY_DIGEST, .otherwise = FEED_BY_GUID},
	{.name = "identity_trust", .type = ROW_SEALED, .encode = encode_trust, .decode = decode_trust},
	{.name = "kept_bytes", .type = ROW_INT64, .offset = ROW(kept_bytes), .low = 0, .high = COUNTER_MAX},
	{.name = "uid_stem", .type = ROW_NAME, .offset = ROW(uid_stem), .is_read_only = true},
	{.name = "pushed", .type = ROW_BOOL, .offset = STATE(pushed),
		.expression = "EXISTS(SELECT 1 FROM websub WHERE feed_id = feed.id AND phase = ?2)"},
};
/* clang-format on */

static const struct row_table feed_rows = {
	.name = "feed",
	.columns = columns,
	.count = sizeof(columns) / sizeof(columns[0]),
	.selected = " WHERE id = ?1",
};
SQL_ROWS(feed_rows);

int feed_store_init(struct feed_store *f, struct sql_db *db, struct error *err)
{
	int result = sql_prepare(db, texts, FEED_STATEMENTS, f->s, err);

	f->load = f->save = NULL;
	return result != 0 ? result : row_prepare(&feed_rows, db, &f->load, &f->save, err);
}

void feed_store_release(struct feed_store *f)
{
	sql_finalize(f->s, FEED_STATEMENTS);
	sql_finalize(&f->load, 1);
	sql_finalize(&f->save, 1);
}

void feed_row_release(struct feed_row *row)
{
	feed_state_release(&row->state);
	free(row->configured_title);
	free(row->own_title);
	free(row->own_id);
	free(row->own_author);
	free(row->own_rights);
	free(row->publisher);
	free(row->uid_stem);
	*row = (struct feed_row){0};
}

/* A redirect is confirmed by the time since its first answer.  If damage took that time, an unconfirmed redirect is
 * dropped and a confirmed one is kept. */
static void forget_timeless(char **url, int64_t *since_ms, bool move_is_confirmed)
{
	if (*url == NULL || *since_ms != TIME_NONE)
		return;
	if (move_is_confirmed) {
		*since_ms = 0;
		return;
	}
	free(*url);
	*url = NULL;
}

static int read_row(struct sql_stmt *s, struct feed_row *row)
{
	struct feed_state *st = &row->state;
	const char *title;
	int result = row_read(&feed_rows, s, row);

	if (result != 0)
		return result;
	st->moved = st->moved && st->moved_url != NULL;
	forget_timeless(&st->moved_url, &st->moved_since_ms, st->moved);
	forget_timeless(&st->onward_url, &st->onward_since_ms, false);
	title = row->configured_title != NULL ? row->configured_title
		: row->own_title != NULL      ? row->own_title
					      : st->name;
	st->title = strdup(title);
	return st->title == NULL ? -ENOMEM : 0;
}

int feed_store_load(struct feed_store *f, int64_t id, struct feed_row *row, struct error *err)
{
	struct sql_stmt *s = f->load;
	int result;

	*row = (struct feed_row){0};
	result = sql_find(s, err, cannot_load, as_int(id), as_int(WEBSUB_TRUSTED));
	if (result == 0)
		result = error_set(err, -ENOENT, "there is no feed with the number %lld", (long long)id);
	else if (result == 1 && (result = read_row(s, row)) != 0)
		error_sys(err, result, cannot_load);
	sql_reset(s);
	if (result != 0)
		feed_row_release(row);
	return result;
}

int feed_store_save(struct feed_store *f, const struct feed_row *row, struct error *err)
{
	return row_save(&feed_rows, f->save, row, err, cannot_save);
}

int feed_store_count(struct feed_store *f, int64_t id, int64_t items, int64_t bytes, struct error *err)
{
	return sql_run(f->s[FEED_COUNT], err, cannot_save, as_int(id), as_int(items), as_int(bytes));
}

/* ---- sync ---- */

static struct str present(const char *text)
{
	return text != NULL ? str_from(text) : STR("");
}

static bool same_text(struct str stored, const char *wanted)
{
	return wanted == NULL ? stored.data == NULL : stored.data != NULL && str_eq(stored, str_from(wanted));
}

static int insert_feed(
	struct feed_store *f, const struct feed_spec *spec, const uint8_t *key, int64_t *id, struct error *err)
{
	struct sql_stmt *s = f->s[FEED_INSERT];
	int result;

	sql_bind(s, as_cstr(spec->name), as_cstr(spec->url), as_text(present(spec->categories)),
		as_cstr(spec->publisher), as_cstr(spec->title), as_int(spec->rank), as_time(spec->first_due_ms),
		as_key(key));
	result = sql_insert(s, id, err, cannot_sync);
	return result == 0 ? sql_run(f->s[FEED_STEM], err, cannot_sync, as_int(*id), as_cstr(spec->name)) : result;
}

static int configure_feed(struct feed_store *f, const struct feed_spec *spec, const uint8_t *key, int64_t id,
	int64_t due_ms, struct error *err)
{
	return sql_run(f->s[FEED_CONFIGURE], err, cannot_sync, as_int(id), as_text(present(spec->categories)),
		as_cstr(spec->publisher), as_cstr(spec->title), as_int(spec->rank), as_time(due_ms),
		as_cstr(spec->name), as_cstr(spec->url), as_key(key));
}

/* Brings the row of one configured feed up to date; *id is the row's. */
static int sync_feed(struct feed_store *f, const struct feed_spec *spec, const struct feed_match *m, int64_t *id,
	bool *changed, struct error *err)
{
	struct sql_stmt *s = f->s[FEED_CURRENT];
	bool moved = false, same = false;
	int64_t due_ms = TIME_NONE;
	enum feed_health health = FEED_NEW;
	int result;

	if (m->id == 0) {
		*changed = true;
		return insert_feed(f, spec, m->key, id, err);
	}
	*id = m->id;
	result = sql_find(s, err, cannot_sync, as_int(*id));
	if (result == 1) {
		struct str key = sql_blob(s, 9);

		due_ms = sql_time(s, 2);
		health = (enum feed_health)sql_number(s, 3, FEED_NEW, FEED_GONE, FEED_NEW);
		/* A feed that is gone is tried again when its shown URL changes, for example to https. */
		moved = !m->same_key || (health == FEED_GONE && !same_text(sql_text(s, 1), spec->url));
		same = !moved && same_text(sql_text(s, 0), spec->name) && same_text(sql_text(s, 1), spec->url) &&
		       sql_int(s, 4) == 1 && sql_int(s, 5) == spec->rank &&
		       str_eq(sql_text(s, 6), present(spec->categories)) &&
		       same_text(sql_text(s, 7), spec->publisher) && same_text(sql_text(s, 8), spec->title) &&
		       str_eq(key, str_make((const char *)m->key, STORE_KEY_LEN)) &&
		       (due_ms != TIME_NONE || health == FEED_GONE);
	}
	sql_reset(s);
	if (result == 0)
		return error_set(err, -EUCLEAN, "%s: the row of feed %lld is missing", cannot_sync, (long long)*id);
	if (result < 0 || same)
		return result < 0 ? result : 0;
	*changed = true;
	if (moved) {
		result = sql_run(f->s[FEED_RESET], err, cannot_sync, as_int(*id));
		if (result == 0)
			result = sql_run(f->s[FEED_UNSUBSCRIBE], err, cannot_sync, as_int(*id));
		if (result != 0)
			return result;
	}
	/* A feed that is gone has no next poll until its URL changes or an operator polls it. */
	if (moved || (due_ms == TIME_NONE && health != FEED_GONE))
		due_ms = spec->first_due_ms;
	return configure_feed(f, spec, m->key, *id, due_ms, err);
}

static int by_value(const void *a, const void *b)
{
	const int64_t *left = a, *right = b;

	return (*left > *right) - (*left < *right);
}

int feed_store_list_active(struct feed_store *f, int64_t **ids, size_t *count, struct error *err)
{
	struct sql_stmt *s = f->s[FEED_ACTIVE];
	size_t cap = 0;
	int result;

	*ids = NULL;
	*count = 0;
	while ((result = sql_step(s, err, cannot_load)) == 1) {
		if (array_reserve(ids, &cap, *count + 1, sizeof(**ids)) != 0) {
			result = error_sys(err, -ENOMEM, cannot_load);
			break;
		}
		(*ids)[(*count)++] = sql_int(s, 0);
	}
	return sql_end(s, result);
}

/* Makes active feeds inactive that are not among ids (sorted). */
static int retire_others(struct feed_store *f, const int64_t *ids, size_t count, bool *changed, struct error *err)
{
	struct sql_stmt *s = f->s[FEED_ACTIVE];
	int result;

	while ((result = sql_step(s, err, cannot_sync)) == 1) {
		int64_t id = sql_int(s, 0);

		if (bsearch(&id, ids, count, sizeof(*ids), by_value) != NULL)
			continue;
		*changed = true;
		result = sql_run(f->s[FEED_RETIRE], err, cannot_sync, as_int(id));
		if (result != 0)
			break;
	}
	return sql_end(s, result);
}

int feed_store_sync(struct feed_store *f, const struct feed_spec *feeds, size_t count, struct feed_state *states,
	bool *changed, struct error *err)
{
	int64_t *ids = calloc(count + 1, sizeof(*ids));
	struct feed_match *matches = calloc(count + 1, sizeof(*matches));
	size_t loaded = 0;
	int result;

	*changed = false;
	if (ids == NULL || matches == NULL)
		result = error_sys(err, -ENOMEM, cannot_sync);
	else
		result = feed_match_all(f, feeds, count, matches, err);
	for (size_t i = 0; i < count && result == 0; i++)
		result = sync_feed(f, &feeds[i], &matches[i], &ids[i], changed, err);
	for (; loaded < count && result == 0; loaded++) {
		struct feed_row row;

		result = feed_store_load(f, ids[loaded], &row, err);
		if (result != 0)
			break;
		states[loaded] = row.state;
		row.state = (struct feed_state){0};
		feed_row_release(&row);
	}
	if (result == 0) {
		qsort(ids, count, sizeof(*ids), by_value);
		result = retire_others(f, ids, count, changed, err);
	}
	for (size_t i = 0; i < loaded && result != 0; i++)
		feed_state_release(&states[i]);
	free(ids);
	free(matches);
	return result;
}
