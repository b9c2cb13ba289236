/* SPDX-License-Identifier: ISC */
#include "search_index.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "batch.h"
#include "index_file.h"
#include "posting.h"
#include "segment_merge.h"
#include "sitrep/base/clock.h"
#include "sitrep/base/log.h"
#include "sitrep/sql/database.h"
#include "sitrep/store/item_follow.h"
#include "sitrep/store/stored_words.h"

enum {
	CHANGES_AT_ONCE = 1000,
	/* Free pages that stay for the next merge, and that are given back at once. */
	FREE_PAGES_KEPT = 4096,
	FREE_PAGES_AT_ONCE = 2048,
};

static const char cannot_build[] = "cannot build the search index";

struct search_index {
	char *state_dir;
	struct item_follow *items; /* NULL: not open yet */
	struct index_file file;
	struct batch *batch;
	struct stored_words words;
	int64_t behind;
	/* -- of the step at hand */
	struct item_follow_state state;
	int64_t item, change;             /* taken in */
	int64_t changed[CHANGES_AT_ONCE]; /* items, in order, each once */
	size_t changed_count;
	bool at_end; /* all items are read */
};

struct search_index *search_index_new(const char *state_dir, struct error *err)
{
	struct search_index *x = calloc(1, sizeof(*x));

	if (x == NULL)
		return error_sys_null(err, -ENOMEM, cannot_build);
	stored_words_init(&x->words);
	x->state_dir = strdup(state_dir);
	x->batch = batch_new();
	if (x->state_dir == NULL || x->batch == NULL) {
		search_index_free(x);
		return error_sys_null(err, -ENOMEM, cannot_build);
	}
	return x;
}

void search_index_free(struct search_index *x)
{
	if (x == NULL)
		return;
	item_follow_free(x->items);
	index_file_close(&x->file);
	batch_free(x->batch);
	stored_words_release(&x->words);
	free(x->state_dir);
	free(x);
}

int64_t search_index_behind(const struct search_index *x)
{
	return x->behind;
}

/* ---- the two files ---- */

static int open_items(struct search_index *x, struct error *err)
{
	if (x->items == NULL)
		x->items = item_follow_new(x->state_dir, err);
	return x->items != NULL ? 0 : err->code;
}

static int open_files(struct search_index *x, struct error *err)
{
	bool is_new = false;
	int result = open_items(x, err);

	if (result != 0)
		return result;
	if (x->file.db != NULL && !index_file_is_there(&x->file))
		index_file_close(&x->file);
	if (x->file.db == NULL)
		result = index_file_open(&x->file, x->state_dir, true, &is_new, err);
	return result;
}

/* The index is removed and begins anew. */
static int begin_anew(struct search_index *x, const char *reason, struct error *err)
{
	int result;

	log_emit(LOG_LEVEL_NOTICE, "search index is built anew", "reason", reason, NULL);
	index_file_close(&x->file);
	result = index_file_remove(x->state_dir, err);
	return result == 0 ? open_files(x, err) : result;
}

/* The reason why the index is not of this database, or NULL. */
static const char *why_foreign(const struct search_index *x, int64_t instance, int64_t marked, int64_t mark)
{
	const struct item_follow_state *s = &x->state;

	if (instance == 0 && x->item == 0 && x->change == 0)
		return NULL;
	if (instance != s->instance || x->item > s->last_item || x->change > s->last_change ||
		(mark != 0 && marked != 0 && mark != marked))
		return "another database was put in place";
	if (x->change < s->last_change && x->change + 1 < s->first_change)
		return "it is too far behind the database";
	return NULL;
}

static int read_position(struct search_index *x, const char **foreign, struct error *err)
{
	int64_t instance = 0, marked = 0, mark = 0;
	int result = index_file_get(&x->file, INDEX_ITEM, &x->item, err);

	if (result == 0)
		result = index_file_get(&x->file, INDEX_CHANGE, &x->change, err);
	if (result == 0)
		result = index_file_get(&x->file, INDEX_MARK, &instance, err);
	if (result == 0)
		result = index_file_get(&x->file, INDEX_MARKED, &marked, err);
	if (result == 0)
		result = item_follow_mark(x->items, x->item, &mark, err);
	*foreign = result == 0 ? why_foreign(x, instance, marked, mark) : NULL;
	/* An empty index has no text that may have changed. */
	if (x->item == 0)
		x->change = x->state.last_change;
	return result;
}

/* ---- reading ---- */

static int by_id(const void *a, const void *b)
{
	int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;

	return (left > right) - (left < right);
}

static int read_changes(struct search_index *x, struct error *err)
{
	size_t count = 0, kept = 0;
	int64_t last = x->change;
	int result = item_follow_changes(x->items, x->change, x->changed, CHANGES_AT_ONCE, &count, &last, err);

	x->changed_count = 0;
	if (result != 0 || count == 0)
		return result;
	qsort(x->changed, count, sizeof(x->changed[0]), by_id);
	for (size_t i = 0; i < count; i++)
		/* items behind the place are read later, with their present text */
		if (x->changed[i] <= x->item && (kept == 0 || x->changed[kept - 1] != x->changed[i]))
			x->changed[kept++] = x->changed[i];
	x->changed_count = kept;
	x->change = last;
	return 0;
}

static int add_item(struct search_index *x, const struct history_item *it)
{
	struct rule_subject subject = {.item = it->item};
	const struct doc doc = {
		.item_id = it->item_id, .story_id = it->story_id, .sort_ms = it->story_sort_ms, .feed_id = it->feed_id};
	int result = stored_words_read(&x->words, it->item, &subject);

	return result == 0 ? batch_add(x->batch, &doc, &subject) : result;
}

static int add_changed(void *arg, const struct history_item *it)
{
	return add_item(arg, it);
}

/* Ends the reading with 1 when the batch is full. */
static int add_new(void *arg, const struct history_item *it)
{
	struct search_index *x = arg;
	int result = add_item(x, it);

	if (result == 0)
		x->item = it->item_id;
	return result == 0 && batch_is_full(x->batch) ? 1 : result;
}

static int read_items(struct search_index *x, const atomic_bool *stop, struct error *err)
{
	int result = read_changes(x, err);

	for (size_t i = 0; i < x->changed_count && result == 0; i++)
		result =
			atomic_load(stop) ? -ECANCELED : item_follow_item(x->items, x->changed[i], add_changed, x, err);
	x->at_end = false;
	if (result == 0 && !batch_is_full(x->batch)) {
		result = item_follow_items(x->items, x->item, add_new, x, err);
		x->at_end = result == 0;
	}
	if (x->at_end)
		x->item = x->state.last_item;
	if (result < 0 && err->code == 0)
		error_sys(err, result, cannot_build);
	return result < 0 ? result : 0;
}

/* ---- writing ---- */

/* The number of the item's text in the chunk that may have it; UINT32_MAX: it is not there. */
static uint32_t find_in_chunk(
	const struct segment *s, uint32_t chunk_number, struct str chunk, int64_t first, int64_t item_id)
{
	uint32_t base = chunk_number * DOC_CHUNK, low = 0, high = s->docs - base;

	high = high > DOC_CHUNK ? DOC_CHUNK : high;
	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (doc_chunk_item(chunk, first, mid) < item_id)
			low = mid + 1;
		else
			high = mid;
	}
	if (base + low < s->docs && low < DOC_CHUNK && doc_chunk_item(chunk, first, low) == item_id)
		return base + low;
	return UINT32_MAX;
}

static int find_text(
	struct search_index *x, const struct segment *s, int64_t item_id, uint32_t *text, struct error *err)
{
	uint32_t number;
	struct str chunk;
	int64_t first;
	int result = index_file_chunk_of(&x->file, s, item_id, &number, err);

	*text = UINT32_MAX;
	if (result != 1)
		return result;
	if (number * DOC_CHUNK >= s->docs)
		return error_set(err, -EUCLEAN, "%s: a list of texts is damaged", cannot_build);
	result = index_file_chunk(&x->file, s, number, &first, &chunk, err);
	if (result == 0)
		*text = find_in_chunk(s, number, chunk, first, item_id);
	return result;
}

static int kill_in(struct search_index *x, struct segment *s, struct error *err)
{
	uint64_t bits[SEGMENT_BITMAP_WORDS] = {0};
	bool found = false;
	int result = index_file_dead(&x->file, s, bits, err);

	for (size_t i = 0; i < x->changed_count && result == 0; i++) {
		uint32_t text;

		if (x->changed[i] < s->first_item || x->changed[i] > s->last_item)
			continue;
		result = find_text(x, s, x->changed[i], &text, err);
		if (result != 0 || text == UINT32_MAX)
			continue;
		bits[text / 64] |= UINT64_C(1) << text % 64;
		found = true;
	}
	return result == 0 && found ? index_file_set_dead(&x->file, s, bits, err) : result;
}

/* The former texts of the changed items are dead. */
static int kill_changed(struct search_index *x, struct error *err)
{
	struct segment *segments;
	size_t count;
	int result;

	if (x->changed_count == 0)
		return 0;
	result = index_file_segments(&x->file, &segments, &count, err);
	for (size_t i = 0; i < count && result == 0; i++)
		result = kill_in(x, &segments[i], err);
	free(segments);
	return result;
}

static int write_position(struct search_index *x, int64_t mark, struct error *err)
{
	int result = index_file_set(&x->file, INDEX_ITEM, x->item, err);

	if (result == 0)
		result = index_file_set(&x->file, INDEX_CHANGE, x->change, err);
	if (result == 0)
		result = index_file_set(&x->file, INDEX_MARK, x->state.instance, err);
	return result == 0 ? index_file_set(&x->file, INDEX_MARKED, mark, err) : result;
}

static int write_step(struct search_index *x, int64_t mark, struct error *err)
{
	int result = index_file_begin(&x->file, true, err);

	if (result != 0)
		return result;
	result = kill_changed(x, err);
	if (result == 0 && batch_count(x->batch) > 0)
		result = batch_write(x->batch, &x->file, err);
	if (result == 0)
		result = write_position(x, mark, err);
	return index_file_end(&x->file, result, err);
}

/* ---- upkeep ---- */

static int give_back(struct search_index *x, struct error *err)
{
	int64_t pages = 0, used = 0;
	int result = sql_ask_int(x->file.db, "PRAGMA freelist_count", &pages, err, cannot_build);

	if (result == 0)
		result = sql_ask_int(x->file.db, "PRAGMA page_count", &used, err, cannot_build);
	if (result != 0 || pages <= FREE_PAGES_KEPT || pages * 4 < used)
		return result;
	return sql_give_back(x->file.db, FREE_PAGES_AT_ONCE, err, cannot_build);
}

/* 1: it has merged some segments. */
static int merge_some(struct search_index *x, const atomic_bool *stop, struct error *err)
{
	struct segment *segments;
	size_t all, count = 0;
	int result = index_file_segments(&x->file, &segments, &all, err);

	if (result == 0)
		segment_merge_choose(segments, all, &count);
	if (result == 0 && count > 0) {
		result = index_file_begin(&x->file, true, err);
		if (result == 0)
			result = index_file_end(&x->file, segment_merge(&x->file, segments, count, stop, err), err);
		if (result == 0)
			result = give_back(x, err);
	}
	free(segments);
	return result < 0 ? result : count > 0;
}

/* ---- a step ---- */

/* Reads what is new into the batch.  1: there is something to write. */
static int read_step(struct search_index *x, const atomic_bool *stop, int64_t *mark, struct error *err)
{
	const char *foreign = NULL;
	int64_t item, change;
	int result = item_follow_begin(x->items, err);

	if (result != 0)
		return result;
	result = item_follow_state(x->items, &x->state, err);
	if (result == 0)
		result = read_position(x, &foreign, err);
	if (result == 0 && foreign != NULL) {
		result = begin_anew(x, foreign, err);
		if (result == 0)
			result = read_position(x, &foreign, err);
	}
	item = x->item;
	change = x->change;
	if (result == 0)
		result = read_items(x, stop, err);
	if (result == 0)
		result = item_follow_mark(x->items, x->item, mark, err);
	item_follow_end(x->items);
	x->behind = result == 0 ? x->state.last_item - x->item : x->behind;
	return result < 0 ? result : item != x->item || change != x->change;
}

int search_index_look(struct search_index *x, int64_t *last_item, struct error *err)
{
	struct item_follow_state state = {0};
	int result = open_items(x, err);

	if (result == 0)
		result = item_follow_state(x->items, &state, err);
	*last_item = state.last_item;
	return result;
}

int search_index_step(struct search_index *x, const atomic_bool *stop, struct error *err)
{
	struct error own = {0};
	struct error *e = err != NULL ? err : &own;
	int64_t mark = 0;
	int result;

	*e = (struct error){0};
	batch_clear(x->batch);
	result = open_files(x, e);
	if (result == 0)
		result = read_step(x, stop, &mark, e);
	if (result == 1) {
		result = write_step(x, mark, e);
		result = result == 0 ? 1 : result;
	} else if (result == 0) {
		result = merge_some(x, stop, e);
	}
	if (result == 1 && !x->at_end) {
		/* few segments, also while an old database is being taken in */
		int merged = merge_some(x, stop, e);

		result = merged < 0 ? merged : 1;
	}
	if (result == -EUCLEAN && begin_anew(x, e->text, e) == 0)
		return 1;
	return result;
}
