/* The table of feeds: made to match the configuration at start and reload, and brought up to date by every
 * poll.  A feed that left the configuration stays as an inactive row, since its items and the memory of
 * what it has already said stay too. */
#include "sitrep/store/feed_store.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "feed_match.h"
#include "sitrep/base/clock.h"
#include "sitrep/model/websub_state.h"
#include "sitrep/sql/damage.h"
#include "sitrep/sql/seal.h"
#include "sitrep/sql/sql.h"
#include "sitrep/sql/statements.h"

static const char *const texts[FEED_STATEMENTS] = {
	[FEED_LOAD] =
		"SELECT id, active, backlog, health, failure, http_status, errors, due, failing_since, first_poll,"
		" last_poll, last_success, last_new, polls, not_modified, bytes, items, server_wait, etag,"
		" last_modified, reason, name, url, categories, configured_title, own_title, link, moved_url,"
		" moved_since, moved_count, moved, onward_url, onward_since, onward_count, habits, publisher, "
		"emptiness,"
		" identity, identity_trust, kept_bytes, uid_stem,"
		" EXISTS(SELECT 1 FROM websub WHERE feed_id = feed.id AND phase = ?2)"
		" FROM feed WHERE id = ?1",
	[FEED_SAVE] =
		"UPDATE feed SET backlog = ?2, health = ?3, failure = ?4, http_status = ?5, errors = ?6, due = ?7,"
		" failing_since = ?8, first_poll = ?9, last_poll = ?10, last_success = ?11, last_new = ?12,"
		" polls = ?13, not_modified = ?14, bytes = ?15, items = ?16, server_wait = ?17, etag = ?18,"
		" last_modified = ?19, reason = ?20, own_title = ?21, link = ?22, moved_url = ?23, moved_since = ?24,"
		" moved_count = ?25, moved = ?26, onward_url = ?27, onward_since = ?28, onward_count = ?29,"
		" habits = ?30, emptiness = ?31, identity = ?32, identity_trust = ?33, kept_bytes = ?34"
		" WHERE id = ?1",
	[FEED_CURRENT] = "SELECT name, url, due, health, active, rank, categories, publisher, configured_title, url_key"
			 " FROM feed WHERE id = ?1",
	[FEED_INSERT] =
		"INSERT INTO feed(name, url, categories, publisher, configured_title, rank, due, url_key, active, "
		"backlog, health, failure, http_status, errors, polls, not_modified, bytes, items, server_wait)"
		" VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0) RETURNING id",
	/* Another feed may have had the name before. */
	[FEED_STEM] = "UPDATE feed SET uid_stem = CASE WHEN EXISTS(SELECT 1 FROM feed WHERE uid_stem = ?2)"
		      " THEN ?2 || '~' || ?1 ELSE ?2 END WHERE id = ?1",
	[FEED_RENAME] = "UPDATE feed SET name = ?2 WHERE id = ?1",
	[FEED_NAMES] = "SELECT id, name, url, url_key, active, link FROM feed",
	[FEED_HIDE] = "UPDATE feed SET url = ?2, link = ?3, url_key = ?4 WHERE id = ?1",
	[FEED_CONFIGURE] =
		"UPDATE feed SET categories = ?2, publisher = ?3, configured_title = ?4, rank = ?5, due = ?6,"
		" name = ?7, url = ?8, url_key = ?9, active = 1 WHERE id = ?1",
	/* Another URL is another server's answer: nothing that was learnt from the old one holds. */
	[FEED_RESET] = "UPDATE feed SET backlog = 1, health = 0, failure = 0, http_status = 0, errors = 0,"
		       " failing_since = NULL, server_wait = 0, etag = NULL, last_modified = NULL, reason = NULL,"
		       " moved_url = NULL, moved_since = NULL, moved_count = 0, moved = 0, onward_url = NULL,"
		       " onward_since = NULL, onward_count = 0, habits = NULL, emptiness = 0,"
		       " identity = 0, identity_trust = NULL WHERE id = ?1",
	/* Another URL may name another hub. */
	[FEED_UNSUBSCRIBE] = "DELETE FROM websub WHERE feed_id = ?1",
	[FEED_ACTIVE] = "SELECT id FROM feed WHERE active = 1",
	[FEED_RETIRE] = "UPDATE feed SET active = 0 WHERE id = ?1",
	[FEED_COUNT] = "UPDATE feed SET items = items + ?2, kept_bytes = max(kept_bytes + ?3, 0) WHERE id = ?1",
};
SQL_TEXTS(texts, FEED_STATEMENTS);

static const char cannot_load[] = "cannot read a feed's state";
static const char cannot_save[] = "cannot save a feed's state";
static const char cannot_sync[] = "cannot take the configured feeds over";

int feed_store_init(struct feed_store *f, struct sql_db *db, struct error *err)
{
	return sql_prepare(db, texts, FEED_STATEMENTS, f->s, err);
}

void feed_store_release(struct feed_store *f)
{
	sql_finalize(f->s, FEED_STATEMENTS);
}

void feed_row_release(struct feed_row *row)
{
	feed_state_release(&row->state);
	free(row->configured_title);
	free(row->own_title);
	free(row->publisher);
	free(row->uid_stem);
	*row = (struct feed_row){0};
}

enum {
	HTTP_STATUS_MAX = 999,
	/* A delay that doubles with each failure has been at its end for long. */
	ERRORS_MAX = 1000000,
};

static const int64_t counter_max = INT64_C(1) << 53; /* JSON's readers know no more */
static const int64_t wait_max_ms = INT64_C(400) * 24 * 3600 * 1000;

/* What no feed is without; "" where it is damaged. */
static char *column_name(struct sql_stmt *s, int column, const char *name, bool *failed)
{
	char *copy = sql_text_copy(s, column, failed);

	if (copy != NULL)
		return copy;
	damage_note_row("feed", sql_int(s, 0), name);
	copy = strdup("");
	*failed = *failed || copy == NULL;
	return copy;
}

/* What does not fit its seal is forgotten, and learnt again. */
static struct str column_sealed(struct sql_stmt *s, int column, const char *name)
{
	struct str bytes;

	if (seal_open(sql_blob(s, column), &bytes) < 0)
		damage_note_row("feed", sql_int(s, 0), name);
	return bytes;
}

static int64_t column_counter(struct sql_stmt *s, int column)
{
	return sql_number(s, column, 0, counter_max, 0);
}

static void column_habits(struct sql_stmt *s, int column, struct feed_state *st, bool *failed)
{
	struct str bytes = column_sealed(s, column, "habits");

	if (bytes.len == 0)
		return;
	st->history = malloc(bytes.len);
	if (st->history == NULL) {
		*failed = true;
		return;
	}
	memcpy(st->history, bytes.data, bytes.len);
	st->history_len = bytes.len;
}

/* A redirect is believed by how long it has been said: one of which that is lost begins anew.  One that is believed
 * stays so. */
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
	bool failed = false;
	int c = 0;

	st->id = sql_int(s, c++);
	st->active = sql_bool(s, c++);
	row->backlog = sql_bool(s, c++);
	st->health = (enum feed_health)sql_number(s, c++, FEED_NEW, FEED_GONE, FEED_NEW);
	st->failure = (enum poll_failure)sql_number(s, c++, FAILURE_NONE, FAILURE_COUNT - 1, FAILURE_INTERNAL);
	st->http_status = (int)sql_number(s, c++, 0, HTTP_STATUS_MAX, 0);
	st->errors = (int)sql_number(s, c++, 0, ERRORS_MAX, 0);
	st->due_ms = sql_time(s, c++);
	st->failing_since_ms = sql_time(s, c++);
	st->first_poll_ms = sql_time(s, c++);
	st->last_poll_ms = sql_time(s, c++);
	st->last_success_ms = sql_time(s, c++);
	st->last_new_ms = sql_time(s, c++);
	st->polls = column_counter(s, c++);
	st->not_modified = column_counter(s, c++);
	st->bytes = column_counter(s, c++);
	st->items = column_counter(s, c++);
	st->server_wait_ms = sql_number(s, c++, 0, wait_max_ms, 0);
	st->etag = sql_text_copy(s, c++, &failed);
	st->last_modified = sql_text_copy(s, c++, &failed);
	st->reason = sql_text_copy(s, c++, &failed);
	st->name = column_name(s, c++, "name", &failed);
	st->url = column_name(s, c++, "url", &failed);
	st->categories = column_name(s, c++, "categories", &failed);
	row->configured_title = sql_text_copy(s, c++, &failed);
	row->own_title = sql_text_copy(s, c++, &failed);
	st->link = sql_text_copy(s, c++, &failed);
	st->moved_url = sql_text_copy(s, c++, &failed);
	st->moved_since_ms = sql_time(s, c++);
	st->moved_count = (int)sql_number(s, c++, 0, ERRORS_MAX, 0);
	st->moved = sql_bool(s, c++) && st->moved_url != NULL;
	st->onward_url = sql_text_copy(s, c++, &failed);
	st->onward_since_ms = sql_time(s, c++);
	st->onward_count = (int)sql_number(s, c++, 0, ERRORS_MAX, 0);
	column_habits(s, c++, st, &failed);
	row->publisher = sql_text_copy(s, c++, &failed);
	row->emptiness = (enum feed_emptiness)sql_number(s, c++, EMPTINESS_UNKNOWN, EMPTINESS_KNOWN, EMPTINESS_UNKNOWN);
	st->identity = (enum feed_identity)sql_number(s, c++, FEED_BY_GUID, FEED_BY_DIGEST, FEED_BY_GUID);
	identity_trust_decode(&row->trust, column_sealed(s, c++, "identity_trust"));
	row->kept_bytes = sql_number(s, c++, 0, INT64_MAX, 0);
	row->uid_stem = column_name(s, c++, "uid_stem", &failed);
	st->pushed = sql_bool(s, c);
	forget_timeless(&st->moved_url, &st->moved_since_ms, st->moved);
	forget_timeless(&st->onward_url, &st->onward_since_ms, false);
	if (!failed) {
		const char *title = row->configured_title != NULL ? row->configured_title
				    : row->own_title != NULL      ? row->own_title
								  : st->name;

		st->title = strdup(title != NULL ? title : "");
	}
	return failed || st->title == NULL ? -ENOMEM : 0;
}

int feed_store_load(struct feed_store *f, int64_t id, struct feed_row *row, struct error *err)
{
	struct sql_stmt *s = f->s[FEED_LOAD];
	int result;

	*row = (struct feed_row){0};
	sql_bind_int(s, 1, id);
	sql_bind_int(s, 2, WEBSUB_TRUSTED);
	result = sql_step(s, err, cannot_load);
	if (result == 0)
		result = error_set(err, -ENOENT, "there is no feed number %lld", (long long)id);
	else if (result == 1 && (result = read_row(s, row)) != 0)
		(void)error_sys(err, result, cannot_load);
	sql_reset(s);
	if (result != 0)
		feed_row_release(row);
	return result;
}

/* Nothing is kept as nothing. */
static int add_sealed(struct buf *out, struct str bytes)
{
	int result = bytes.len > 0 ? buf_add(out, bytes) : 0;

	return result == 0 && bytes.len > 0 ? seal_add(out) : result;
}

int feed_store_save(struct feed_store *f, const struct feed_row *row, struct error *err)
{
	const struct feed_state *st = &row->state;
	struct sql_stmt *s = f->s[FEED_SAVE];
	struct buf trust = BUF_INIT(TRUST_BYTES + SEAL_BYTES), history = BUF_INIT(st->history_len + SEAL_BYTES);
	uint8_t bytes[TRUST_BYTES];
	int i = 1, result;

	result = add_sealed(&trust, str_make((const char *)bytes, identity_trust_encode(&row->trust, bytes)));
	if (result == 0)
		result = add_sealed(&history, str_make((const char *)st->history, st->history_len));
	if (result != 0) {
		(void)error_sys(err, result, cannot_save);
		goto out;
	}

	sql_bind_int(s, i++, st->id);
	sql_bind_int(s, i++, row->backlog);
	sql_bind_int(s, i++, (int64_t)st->health);
	sql_bind_int(s, i++, (int64_t)st->failure);
	sql_bind_int(s, i++, st->http_status);
	sql_bind_int(s, i++, st->errors);
	sql_bind_time(s, i++, st->due_ms);
	sql_bind_time(s, i++, st->failing_since_ms);
	sql_bind_time(s, i++, st->first_poll_ms);
	sql_bind_time(s, i++, st->last_poll_ms);
	sql_bind_time(s, i++, st->last_success_ms);
	sql_bind_time(s, i++, st->last_new_ms);
	sql_bind_int(s, i++, st->polls);
	sql_bind_int(s, i++, st->not_modified);
	sql_bind_int(s, i++, st->bytes);
	sql_bind_int(s, i++, st->items);
	sql_bind_int(s, i++, st->server_wait_ms);
	sql_bind_cstr(s, i++, st->etag);
	sql_bind_cstr(s, i++, st->last_modified);
	sql_bind_cstr(s, i++, st->reason);
	sql_bind_cstr(s, i++, row->own_title);
	sql_bind_cstr(s, i++, st->link);
	sql_bind_cstr(s, i++, st->moved_url);
	sql_bind_time(s, i++, st->moved_since_ms);
	sql_bind_int(s, i++, st->moved_count);
	sql_bind_int(s, i++, st->moved);
	sql_bind_cstr(s, i++, st->onward_url);
	sql_bind_time(s, i++, st->onward_since_ms);
	sql_bind_int(s, i++, st->onward_count);
	sql_bind_blob(s, i++, history.data, history.len);
	sql_bind_int(s, i++, (int64_t)row->emptiness);
	sql_bind_int(s, i++, (int64_t)st->identity);
	sql_bind_blob(s, i++, trust.data, trust.len);
	sql_bind_int(s, i, row->kept_bytes);
	result = sql_done(s, err, cannot_save);
out:
	buf_release(&trust);
	buf_release(&history);
	return result;
}

int feed_store_count(struct feed_store *f, int64_t id, int64_t items, int64_t bytes, struct error *err)
{
	sql_bind_int(f->s[FEED_COUNT], 1, id);
	sql_bind_int(f->s[FEED_COUNT], 2, items);
	sql_bind_int(f->s[FEED_COUNT], 3, bytes);
	return sql_done(f->s[FEED_COUNT], err, cannot_save);
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

	sql_bind_cstr(s, 1, spec->name);
	sql_bind_cstr(s, 2, spec->url);
	sql_bind_text(s, 3, present(spec->categories));
	sql_bind_cstr(s, 4, spec->publisher);
	sql_bind_cstr(s, 5, spec->title);
	sql_bind_int(s, 6, spec->rank);
	sql_bind_time(s, 7, spec->first_due_ms);
	sql_bind_key(s, 8, key);
	result = sql_insert(s, id, err, cannot_sync);
	sql_bind_int(f->s[FEED_STEM], 1, *id);
	sql_bind_cstr(f->s[FEED_STEM], 2, spec->name);
	return result == 0 ? sql_done(f->s[FEED_STEM], err, cannot_sync) : result;
}

static int configure_feed(struct feed_store *f, const struct feed_spec *spec, const uint8_t *key, int64_t id,
	int64_t due_ms, struct error *err)
{
	struct sql_stmt *s = f->s[FEED_CONFIGURE];

	sql_bind_int(s, 1, id);
	sql_bind_text(s, 2, present(spec->categories));
	sql_bind_cstr(s, 3, spec->publisher);
	sql_bind_cstr(s, 4, spec->title);
	sql_bind_int(s, 5, spec->rank);
	sql_bind_time(s, 6, due_ms);
	sql_bind_cstr(s, 7, spec->name);
	sql_bind_cstr(s, 8, spec->url);
	sql_bind_key(s, 9, key);
	return sql_done(s, err, cannot_sync);
}

/* One feed of the configuration; *id is its row's. */
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
	sql_bind_int(s, 1, *id);
	result = sql_step(s, err, cannot_sync);
	if (result == 1) {
		struct str key = sql_blob(s, 9);

		due_ms = sql_time(s, 2);
		health = (enum feed_health)sql_number(s, 3, FEED_NEW, FEED_GONE, FEED_NEW);
		/* One that is gone may be there by https. */
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
		return error_set(err, -EUCLEAN, "%s: feed %lld is gone", cannot_sync, (long long)*id);
	if (result < 0 || same)
		return result < 0 ? result : 0;
	*changed = true;
	if (moved) {
		sql_bind_int(f->s[FEED_RESET], 1, *id);
		result = sql_done(f->s[FEED_RESET], err, cannot_sync);
		sql_bind_int(f->s[FEED_UNSUBSCRIBE], 1, *id);
		if (result == 0)
			result = sql_done(f->s[FEED_UNSUBSCRIBE], err, cannot_sync);
		if (result != 0)
			return result;
	}
	/* A feed that is gone stays unplanned until its URL changes or a person asks for it. */
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
		if (*count == cap) {
			size_t wanted = cap > 0 ? 2 * cap : 64;
			int64_t *larger = realloc(*ids, wanted * sizeof(*larger));

			if (larger == NULL) {
				result = error_sys(err, -ENOMEM, cannot_load);
				break;
			}
			*ids = larger;
			cap = wanted;
		}
		(*ids)[(*count)++] = sql_int(s, 0);
	}
	sql_reset(s);
	return result;
}

/* Active feeds that are not among ids (sorted). */
static int retire_others(struct feed_store *f, const int64_t *ids, size_t count, bool *changed, struct error *err)
{
	struct sql_stmt *s = f->s[FEED_ACTIVE];
	int result;

	while ((result = sql_step(s, err, cannot_sync)) == 1) {
		int64_t id = sql_int(s, 0);

		if (bsearch(&id, ids, count, sizeof(*ids), by_value) != NULL)
			continue;
		*changed = true;
		sql_bind_int(f->s[FEED_RETIRE], 1, id);
		result = sql_done(f->s[FEED_RETIRE], err, cannot_sync);
		if (result != 0)
			break;
	}
	sql_reset(s);
	return result;
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
