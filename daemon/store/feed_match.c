/* SPDX-License-Identifier: ISC */
#include "feed_match.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sitrep/base/arena.h"
#include "sitrep/base/sha256.h"
#include "sitrep/text/feed_key.h"
#include "sitrep/text/public_url.h"

enum { ARENA_MAX = 1024 * 1024 * 1024 };

static const char cannot_match[] = "cannot store the configured feeds";

struct row {
	int64_t id;
	const char *name;
	const char *url, *link; /* only without has_key */
	uint8_t key[STORE_KEY_LEN];
	bool has_key; /* from the row; else made of the shown URL */
	bool active, claimed;
};

struct matching {
	struct feed_store *store;
	struct arena arena;
	LIST(struct row) rows;
	struct row **by_name, **by_key;
};

static void hash_key(struct str text, uint8_t key[STORE_KEY_LEN])
{
	uint8_t digest[SHA256_LEN];

	sha256_of(&text, 1, digest);
	memcpy(key, digest, STORE_KEY_LEN);
}

static struct str without_user(struct str key)
{
	size_t at = STR_NPOS;

	for (size_t i = 0; i < key.len && key.data[i] != '/' && key.data[i] != '?'; i++)
		if (key.data[i] == '@')
			at = i;
	return at == STR_NPOS ? key : str_slice(key, at + 1, key.len);
}

/* ---- rows ---- */

static int compare_names(const void *a, const void *b)
{
	const struct row *const *left = a, *const *right = b;

	return strcmp((*left)->name, (*right)->name);
}

/* Among rows of one key, active ones come first, then newer ones. */
static int compare_keys(const void *a, const void *b)
{
	const struct row *const *left = a, *const *right = b;
	int order = memcmp((*left)->key, (*right)->key, STORE_KEY_LEN);

	if (order == 0)
		order = (int)(*right)->active - (int)(*left)->active;
	return order != 0 ? order : ((*left)->id < (*right)->id) - ((*left)->id > (*right)->id);
}

static int read_row(struct matching *m, struct sql_stmt *s)
{
	struct row *row = list_add(&m->arena, &m->rows);
	struct str name = sql_text(s, 1), key = sql_blob(s, 3);

	if (row == NULL)
		return -ENOMEM;
	*row = (struct row){.id = sql_int(s, 0), .active = sql_bool(s, 4)};
	/* A damaged row may have no name. */
	row->name = arena_cstr(&m->arena, name.data != NULL ? name : STR(""));
	row->has_key = key.len == STORE_KEY_LEN;
	if (row->has_key) {
		memcpy(row->key, key.data, STORE_KEY_LEN);
		return row->name != NULL ? 0 : -ENOMEM;
	}
	row->url = arena_cstr(&m->arena, sql_text(s, 2).data != NULL ? sql_text(s, 2) : STR(""));
	if (row->url == NULL ||
		(sql_text(s, 5).data != NULL && (row->link = arena_cstr(&m->arena, sql_text(s, 5))) == NULL))
		return -ENOMEM;
	key = feed_key(&m->arena, sql_text(s, 2).data != NULL ? sql_text(s, 2) : STR(""));
	if (row->name == NULL || key.data == NULL)
		return -ENOMEM;
	hash_key(without_user(key), row->key);
	return 0;
}

static int read_rows(struct matching *m, struct error *err)
{
	struct sql_stmt *s = m->store->s[FEED_NAMES];
	int result;

	while ((result = sql_step(s, err, cannot_match)) == 1) {
		result = read_row(m, s);
		if (result != 0) {
			error_sys(err, result, cannot_match);
			break;
		}
	}
	sql_reset(s);
	if (result != 0)
		return result;
	m->by_name = arena_alloc_array(&m->arena, m->rows.count + 1, sizeof(struct row *));
	m->by_key = arena_alloc_array(&m->arena, m->rows.count + 1, sizeof(struct row *));
	if (m->by_name == NULL || m->by_key == NULL)
		return error_sys(err, -ENOMEM, cannot_match);
	for (size_t i = 0; i < m->rows.count; i++)
		m->by_name[i] = m->by_key[i] = &m->rows.items[i];
	qsort(m->by_name, m->rows.count, sizeof(struct row *), compare_names);
	qsort(m->by_key, m->rows.count, sizeof(struct row *), compare_keys);
	return 0;
}

/* ---- feeds ---- */

static struct row *find_name(const struct matching *m, const char *name)
{
	const struct row wanted = {.name = name}, *key = &wanted;
	struct row **found = bsearch(&key, m->by_name, m->rows.count, sizeof(struct row *), compare_names);

	return found != NULL ? *found : NULL;
}

/* The best unclaimed row of that key: an active one before others, then one of that name. */
static struct row *find_key(const struct matching *m, const uint8_t *key, const char *name, bool has_key)
{
	size_t low = 0, high = m->rows.count;
	struct row *best = NULL;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (memcmp(m->by_key[middle]->key, key, STORE_KEY_LEN) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < m->rows.count && memcmp(m->by_key[low]->key, key, STORE_KEY_LEN) == 0; low++) {
		struct row *row = m->by_key[low];

		if (row->claimed || row->has_key > has_key)
			continue;
		if (best == NULL || (row->active == best->active && strcmp(row->name, name) == 0))
			best = row;
	}
	return best;
}

static void claim(struct row *row, struct feed_match *match)
{
	row->claimed = true;
	match->id = row->id;
}

/* match->key: the hash of the feed's key; shown: the hash that a row of an older version has. */
static int read_keys(struct matching *m, const struct feed_spec *spec, struct feed_match *match, uint8_t *shown)
{
	struct str key = spec->key != NULL ? str_from(spec->key) : feed_key(&m->arena, str_from(spec->url));

	if (key.data == NULL)
		return -ENOMEM;
	hash_key(key, match->key);
	hash_key(without_user(key), shown);
	return 0;
}

static void match_by_name(
	struct matching *m, const struct feed_spec *spec, struct feed_match *match, const uint8_t *shown)
{
	struct row *row = spec->listed ? NULL : find_name(m, spec->name);

	if (row == NULL || row->claimed)
		return;
	claim(row, match);
	match->same_key = memcmp(row->key, row->has_key ? match->key : shown, STORE_KEY_LEN) == 0;
}

static void match_by_key(
	struct matching *m, const struct feed_spec *spec, struct feed_match *match, const uint8_t *shown)
{
	struct row *row = match->id == 0 ? find_key(m, match->key, spec->name, true) : NULL;

	if (match->id == 0 && row == NULL)
		row = find_key(m, shown, spec->name, false);
	if (row == NULL)
		return;
	claim(row, match);
	match->same_key = true;
}

/* ---- names ---- */

static int rename_row(struct matching *m, int64_t id, const char *name, struct error *err)
{
	return sql_run(m->store->s[FEED_RENAME], err, cannot_match, as_int(id), as_cstr(name));
}

/* Renames rows whose names other feeds get. */
static int free_names(struct matching *m, const struct feed_spec *feeds, size_t count, const struct feed_match *matches,
	struct error *err)
{
	int result = 0;

	for (size_t i = 0; i < count && result == 0; i++) {
		struct row *row = find_name(m, feeds[i].name);
		struct buf name = BUF_INIT(4096);

		if (row == NULL || row->id == matches[i].id)
			continue;
		/* A claimed row is "~7" for now: feed_store_sync() gives it its own name. */
		buf_printf(&name, "%s~%lld", row->claimed ? "" : row->name, (long long)row->id);
		result = name.failed == 0 ? rename_row(m, row->id, name.data, err)
					  : error_sys(err, name.failed, cannot_match);
		buf_release(&name);
	}
	return result;
}

/* An older version stored the whole URL, with secrets in it. */
static int hide_secrets(struct matching *m, struct error *err)
{
	int result = 0;

	for (size_t i = 0; i < m->rows.count && result == 0; i++) {
		const struct row *row = &m->rows.items[i];
		struct buf url = BUF_INIT(64 * 1024), link = BUF_INIT(64 * 1024);

		if (row->has_key)
			continue;
		result = buf_add_public_url(&url, str_from(row->url));
		if (result == 0 && row->link != NULL)
			result = buf_add_public_url(&link, str_from(row->link));
		result = result == 0 ? sql_run(m->store->s[FEED_HIDE], err, cannot_match, as_int(row->id),
					       as_text(buf_str(&url)),
					       as_text(row->link != NULL ? buf_str(&link) : STR_NONE), as_key(row->key))
				     : error_sys(err, result, cannot_match);
		buf_release(&url);
		buf_release(&link);
	}
	return result;
}

int feed_match_all(struct feed_store *f, const struct feed_spec *feeds, size_t count, struct feed_match *matches,
	struct error *err)
{
	struct matching m = {.store = f};
	uint8_t(*shown)[STORE_KEY_LEN] = calloc(count + 1, sizeof(*shown));
	int result = 0;

	arena_init(&m.arena, ARENA_MAX);
	if (shown == NULL)
		result = error_sys(err, -ENOMEM, cannot_match);
	if (result == 0)
		result = read_rows(&m, err);
	for (size_t i = 0; i < count && result == 0; i++) {
		result = read_keys(&m, &feeds[i], &matches[i], shown[i]);
		if (result != 0)
			error_sys(err, result, cannot_match);
	}
	for (size_t i = 0; i < count && result == 0; i++)
		match_by_name(&m, &feeds[i], &matches[i], shown[i]);
	for (size_t i = 0; i < count && result == 0; i++)
		match_by_key(&m, &feeds[i], &matches[i], shown[i]);
	if (result == 0)
		result = hide_secrets(&m, err);
	if (result == 0)
		result = free_names(&m, feeds, count, matches, err);
	arena_release(&m.arena);
	free(shown);
	return result;
}
