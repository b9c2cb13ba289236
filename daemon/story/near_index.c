/* SPDX-License-Identifier: ISC */
/* Of a shingle's 48 bits the first 13 are its bucket, and the next 32 its tag within the row.  The last three are
 * dropped: the comparison that follows excludes items that match only because of that.  Most shingles of a new text
 * were never seen: a filter in memory for each week tells that without reading the table. */
#include "sitrep/story/near_index.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "posting_row.h"
#include "sitrep/base/buf.h"
#include "sitrep/base/le.h"
#include "sitrep/identity/sketch.h"
#include "sitrep/sql/damage.h"
#include "sitrep/sql/seal.h"
#include "sitrep/sql/sql.h"
#include "sitrep/sql/statements.h"

enum {
	BUCKET_BITS = 13,
	TAG_BITS = 32,
	TAG_SHIFT = SKETCH_SHINGLE_BITS - BUCKET_BITS - TAG_BITS,
	SHINGLE_BYTES = 6,
	/* At most all pending postings are in one bucket; a sum follows them. */
	ROW_MAX = POSTING_BYTES * (POSTING_BUFFER_MAX + 1),
	/* So many flushes are written to one row, which makes it a third of a page: fewer rows are read faster. */
	FLUSHES_A_ROW = 16,
};

/* A join with VALUES seeks straight from the parameters; IN would first build a tree of them. */
#define BUCKETS                                                                                                        \
	"(VALUES(?1),(?2),(?3),(?4),(?5),(?6),(?7),(?8),(?9),(?10),(?11),(?12),(?13),(?14),(?15),(?16),"               \
	"(?17),(?18),(?19),(?20),(?21),(?22),(?23),(?24),(?25),(?26),(?27),(?28),(?29),(?30),(?31),(?32))"
#define FIND(slot)                                                                                                     \
	"SELECT place, postings FROM " BUCKETS " AS asked CROSS JOIN near_bucket_" slot                                \
	" ON place >= asked.column1 << 32 AND place < (asked.column1 + 1) << 32"
/* || of two blobs gives a text, hence the CAST */
#define ADD(slot)                                                                                                      \
	"INSERT INTO near_bucket_" slot "(place, postings) VALUES(?1 << 32 | ?2, ?3)"                                  \
	" ON CONFLICT(place) DO UPDATE SET postings = CAST(postings || excluded.postings AS BLOB)"
#define EMPTY(slot) "DELETE FROM near_bucket_" slot
#define ALL(slot) "SELECT place, postings FROM near_bucket_" slot

static const char *const texts[INDEX_STATEMENTS] = {
	[INDEX_FIND_0] = FIND("0"),
	[INDEX_FIND_1] = FIND("1"),
	[INDEX_FIND_2] = FIND("2"),
	[INDEX_FIND_3] = FIND("3"),
	[INDEX_ADD_0] = ADD("0"),
	[INDEX_ADD_1] = ADD("1"),
	[INDEX_ADD_2] = ADD("2"),
	[INDEX_ADD_3] = ADD("3"),
	[INDEX_EMPTY_0] = EMPTY("0"),
	[INDEX_EMPTY_1] = EMPTY("1"),
	[INDEX_EMPTY_2] = EMPTY("2"),
	[INDEX_EMPTY_3] = EMPTY("3"),
	[INDEX_ALL_0] = ALL("0"),
	[INDEX_ALL_1] = ALL("1"),
	[INDEX_ALL_2] = ALL("2"),
	[INDEX_ALL_3] = ALL("3"),
	[INDEX_PEND] = "INSERT INTO near_pending(item_id, week, shingles) VALUES(?1, ?2, ?3)",
	[INDEX_PENDING] = "SELECT item_id, week, shingles FROM near_pending ORDER BY seq",
	[INDEX_PENDED] = "DELETE FROM near_pending",
};
SQL_TEXTS(texts, INDEX_STATEMENTS);

_Static_assert(NEAR_SLOTS == 4 && NEAR_SHINGLES_MAX == 32, "the texts above have these numbers in them");

static const char cannot_find[] = "cannot look up similar texts";
static const char cannot_keep[] = "cannot write the index of texts";

/* Flushes are numbered; the number divided by FLUSHES_A_ROW is the lower half of a row's key. */
static const int64_t flushes_max = INT64_C(1) << 35;
static const int64_t postings_max = INT64_C(1) << 40;

static size_t slot_of(int64_t week)
{
	return (size_t)(week % NEAR_SLOTS);
}

static int64_t bucket_of(uint64_t shingle)
{
	return (int64_t)(shingle >> (SKETCH_SHINGLE_BITS - BUCKET_BITS));
}

static uint32_t tag_of(uint64_t shingle)
{
	return (uint32_t)(shingle >> TAG_SHIFT);
}

/* The 45 bits of a shingle that the table and the filter keep. */
static uint64_t kept_part(int64_t bucket, uint32_t tag)
{
	return (uint64_t)bucket << TAG_BITS | tag;
}

size_t near_keys(struct sketch *s, uint64_t keys[NEAR_SHINGLES_MAX])
{
	sketch_thin(s, NEAR_SAMPLE_MAX);
	memcpy(keys, s->shingles, s->shingle_count * sizeof(*keys));
	return sketch_add_opening(s, keys, s->shingle_count, NEAR_OPENING_MAX);
}

/* ---- numbers kept by name ---- */

enum kept { KEPT_WEEK, KEPT_POSTINGS };

static const char *name_of(enum kept what, size_t slot)
{
	static const char *const names[][NEAR_SLOTS] = {
		[KEPT_WEEK] = {"week_0", "week_1", "week_2", "week_3"},
		[KEPT_POSTINGS] = {"postings_0", "postings_1", "postings_2", "postings_3"},
	};

	return names[what][slot];
}

static int keep_slot(struct near_index *n, size_t slot, struct error *err)
{
	int result = near_store_set_number(n->store, name_of(KEPT_WEEK, slot), n->slots[slot].week, err);

	return result == 0 ? near_store_set_number(n->store, name_of(KEPT_POSTINGS, slot), n->slots[slot].postings, err)
			   : result;
}

static int64_t bounded(int64_t value, int64_t high, int64_t otherwise)
{
	return value >= 0 && value <= high ? value : otherwise;
}

static const char *table_of(size_t slot)
{
	static const char *const names[NEAR_SLOTS] = {
		"near_bucket_0", "near_bucket_1", "near_bucket_2", "near_bucket_3"};

	return names[slot];
}

/* ---- loading ---- */

static int fill_filter(struct near_index *n, size_t slot, struct error *err)
{
	struct near_slot *of = &n->slots[slot];
	struct sql_stmt *s = n->s[INDEX_ALL_0 + slot];
	int result;

	shingle_filter_begin(&of->filter, of->postings > SHINGLE_FILTER_SMALL_MAX);
	while ((result = sql_step(s, err, cannot_find)) == 1) {
		int64_t place = sql_int(s, 0), bucket = place >> 32;
		struct str row = sql_blob(s, 1);
		size_t at, end, next = 0;

		if (bucket < 0 || bucket >= INT64_C(1) << BUCKET_BITS) {
			damage_note_row(table_of(slot), place, "place");
			continue;
		}
		while (posting_row_next(row, &at, &end, &next, place, table_of(slot)))
			for (; at < end; at += POSTING_BYTES) {
				uint64_t tag = le_get((const uint8_t *)row.data + at, POSTING_TAG_BYTES);

				shingle_filter_add(&of->filter, kept_part(bucket, (uint32_t)tag));
			}
	}
	return sql_end(s, result);
}

static int load_slot(struct near_index *n, size_t slot, struct error *err)
{
	struct near_slot *of = &n->slots[slot];
	int64_t week = -1, postings = 0;
	int result = near_store_get_number(n->store, name_of(KEPT_WEEK, slot), &week, err);

	if (result == 1)
		result = near_store_get_number(n->store, name_of(KEPT_POSTINGS, slot), &postings, err);
	if (result < 0)
		return result;
	/* A week that does not belong to this slot is ignored: the table is emptied before it is used. */
	week = bounded(week, near_week(INT64_MAX), -1);
	of->week = week >= 0 && slot_of(week) == slot ? week : -1;
	of->postings = bounded(postings, postings_max, 0);
	return 0;
}

static int load_pending(struct near_index *n, struct error *err)
{
	struct sql_stmt *s = n->s[INDEX_PENDING];
	int result;

	posting_buffer_clear(&n->pending);
	while ((result = sql_step(s, err, cannot_find)) == 1) {
		int64_t item_id = sql_number(s, 0, 1, POSTING_ITEM_MAX, 0);
		int64_t week = sql_number(s, 1, 0, near_week(INT64_MAX), -1);
		struct str shingles;

		if (item_id == 0 || week < 0 || seal_open(sql_blob(s, 2), &shingles) < 0) {
			damage_note_row("near_pending", item_id,
				item_id == 0 ? "item_id"
				: week < 0   ? "week"
					     : "shingles");
			continue;
		}
		n->pending_week = week;
		for (size_t at = 0; at + SHINGLE_BYTES <= shingles.len && result >= 0; at += SHINGLE_BYTES)
			result = posting_buffer_add(
				&n->pending, le_get((const uint8_t *)shingles.data + at, SHINGLE_BYTES), item_id);
		/* At most POSTING_BUFFER_MAX postings are ever written: any more are damage, and ignored. */
		if (result == -ENOSPC) {
			damage_note_row("near_pending", item_id, "shingles");
			result = 0;
			break;
		}
		if (result < 0) {
			error_sys(err, result, cannot_find);
			break;
		}
	}
	return sql_end(s, result);
}

/* Reads numbers and pending postings anew after a roll-back.  Filters may still hold shingles that were rolled back,
 * which does no harm. */
static int reload_if_stale(struct near_index *n, struct error *err)
{
	int result = 0;

	if (!n->is_stale)
		return 0;
	for (size_t slot = 0; slot < NEAR_SLOTS && result == 0; slot++) {
		int64_t week = n->slots[slot].week;

		result = load_slot(n, slot, err);
		if (result == 0 && week != n->slots[slot].week)
			shingle_filter_open(&n->slots[slot].filter);
	}
	if (result == 0)
		result = load_pending(n, err);
	n->is_stale = result != 0;
	return result;
}

int near_index_init(struct near_index *n, struct sql_db *db, struct near_store *store, struct error *err)
{
	int result = sql_prepare(db, texts, INDEX_STATEMENTS, n->s, err);

	n->store = store;
	buf_init(&n->row, ROW_MAX);
	for (size_t slot = 0; slot < NEAR_SLOTS && result == 0; slot++) {
		result = load_slot(n, slot, err);
		if (result == 0)
			result = fill_filter(n, slot, err);
	}
	return result == 0 ? load_pending(n, err) : result;
}

void near_index_release(struct near_index *n)
{
	sql_finalize(n->s, INDEX_STATEMENTS);
	for (size_t slot = 0; slot < NEAR_SLOTS; slot++)
		shingle_filter_release(&n->slots[slot].filter);
	posting_buffer_release(&n->pending);
	buf_release(&n->row);
}

void near_index_rolled_back(struct near_index *n)
{
	n->is_stale = true;
}

int64_t near_index_postings(const struct near_index *n)
{
	int64_t postings = (int64_t)n->pending.count;

	for (size_t slot = 0; slot < NEAR_SLOTS; slot++)
		postings += n->slots[slot].postings;
	return postings;
}

/* ---- writing ---- */

static int turn_to_week(struct near_index *n, int64_t week, struct error *err)
{
	size_t slot = slot_of(week);
	int result;

	if (n->slots[slot].week == week)
		return 0;
	result = sql_done(n->s[INDEX_EMPTY_0 + slot], err, cannot_keep);
	if (result != 0)
		return result;
	shingle_filter_begin(&n->slots[slot].filter, false);
	n->slots[slot].week = week;
	n->slots[slot].postings = 0;
	return keep_slot(n, slot, err);
}

/* Writes the postings from first on that lie in one bucket as a row; returns how many. */
static size_t encode_bucket(struct near_index *n, size_t first, struct shingle_filter *filter, int *result)
{
	const struct posting *all = n->pending.items;
	int64_t bucket = bucket_of(all[first].shingle);
	size_t end = first;

	buf_clear(&n->row);
	for (; end < n->pending.count && bucket_of(all[end].shingle) == bucket && *result == 0; end++) {
		uint32_t tag = tag_of(all[end].shingle);

		*result = le_append(&n->row, tag, POSTING_TAG_BYTES);
		if (*result == 0)
			*result = le_append(&n->row, (uint64_t)all[end].item_id, POSTING_ID_BYTES);
		shingle_filter_add(filter, kept_part(bucket, tag));
	}
	if (*result == 0)
		*result = posting_row_seal(&n->row, end - first);
	return end - first;
}

/* Writes the pending postings into their week's table. */
static int flush_pending(struct near_index *n, struct error *err)
{
	static const char sequence[] = "flushes";
	size_t slot = slot_of(n->pending_week), done = 0;
	struct near_slot *of = &n->slots[slot];
	int64_t seq = 0;
	int result = near_store_get_number(n->store, sequence, &seq, err);

	seq = bounded(seq, flushes_max, 0) + 1;
	if (result >= 0)
		result = near_store_set_number(n->store, sequence, seq, err);
	posting_buffer_sort(&n->pending);
	/* Sorting has broken the buffer's chains: it cannot be searched until it is cleared.  After a failure, the next
	 * call reads it anew. */
	n->is_stale = true;
	while (done < n->pending.count && result == 0) {
		size_t count = encode_bucket(n, done, &of->filter, &result);

		if (result != 0)
			return error_sys(err, result, cannot_keep);
		result = sql_run(n->s[INDEX_ADD_0 + slot], err, cannot_keep,
			as_int(bucket_of(n->pending.items[done].shingle)), as_int(seq / FLUSHES_A_ROW),
			as_blob(n->row.data, n->row.len));
		done += count;
	}
	of->postings += (int64_t)done;
	if (result == 0 && of->postings > SHINGLE_FILTER_SMALL_MAX && !of->filter.is_large)
		result = fill_filter(n, slot, err);
	if (result == 0)
		result = keep_slot(n, slot, err);
	if (result == 0)
		result = sql_done(n->s[INDEX_PENDED], err, cannot_keep);
	if (result != 0)
		return result;
	posting_buffer_clear(&n->pending);
	n->is_stale = false;
	return 0;
}

/* Adds pending postings of the item, in memory and in near_pending. */
static int add_pending(struct near_index *n, int64_t item_id, const uint64_t *shingles, size_t count, struct error *err)
{
	int result = 0;

	buf_clear(&n->row);
	for (size_t i = 0; i < count && result == 0; i++)
		result = le_append(&n->row, shingles[i], SHINGLE_BYTES);
	if (result == 0)
		result = seal_add(&n->row);
	if (result != 0)
		return error_sys(err, result, cannot_keep);
	result = sql_run(n->s[INDEX_PEND], err, cannot_keep, as_int(item_id), as_int(n->pending_week),
		as_blob(n->row.data, n->row.len));
	for (size_t i = 0; i < count && result == 0; i++) {
		result = posting_buffer_add(&n->pending, shingles[i], item_id);
		if (result != 0)
			error_sys(err, result, cannot_keep);
	}
	return result;
}

/* ---- finding ---- */

/* True for later weeks as well: a clock that was set back leaves some. */
static bool is_in_window(int64_t week, int64_t now)
{
	return week >= 0 && now - week < NEAR_WEEKS;
}

static void add_match(struct near_index *n, int64_t item_id, size_t shingle)
{
	if (n->match_count < NEAR_MATCHES_MAX)
		n->matches[n->match_count++] = (struct near_match){.item_id = item_id, .shingle = shingle};
}

static void find_pending(struct near_index *n, const uint64_t *shingles, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		uint32_t at = 0;
		int64_t item_id;

		while (posting_buffer_next(&n->pending, shingles[i], &at, &item_id))
			add_match(n, item_id, i);
	}
}

/* Matches a row's postings with the shingles, which are ascending, so that those of one bucket are neighbours. */
static void match_row(
	struct near_index *n, size_t slot, const uint64_t *shingles, size_t count, int64_t place, struct str row)
{
	size_t first = 0, last, at, end, next = 0;
	int64_t bucket = place >> 32;

	while (first < count && bucket_of(shingles[first]) < bucket)
		first++;
	for (last = first; last < count && bucket_of(shingles[last]) == bucket;)
		last++;
	while (posting_row_next(row, &at, &end, &next, place, table_of(slot)))
		for (; at < end; at += POSTING_BYTES) {
			const uint8_t *posting = (const uint8_t *)row.data + at;
			uint32_t tag = (uint32_t)le_get(posting, POSTING_TAG_BYTES);

			for (size_t i = first; i < last; i++)
				if (tag_of(shingles[i]) == tag)
					add_match(n, (int64_t)le_get(posting + POSTING_TAG_BYTES, POSTING_ID_BYTES), i);
		}
}

static int find_in_slot(struct near_index *n, size_t slot, const uint64_t *shingles, size_t count, struct error *err)
{
	struct sql_stmt *s = n->s[INDEX_FIND_0 + slot];
	int64_t last = -1;
	int asked = 0, result;

	/* parameters that are not bound are NULL, and match no row */
	for (size_t i = 0; i < count; i++) {
		int64_t bucket = bucket_of(shingles[i]);

		if (bucket == last ||
			!shingle_filter_may_hold(&n->slots[slot].filter, kept_part(bucket, tag_of(shingles[i]))))
			continue;
		sql_bind_one(s, ++asked, as_int(bucket));
		last = bucket;
	}
	if (asked == 0)
		return 0;
	while ((result = sql_step(s, err, cannot_find)) == 1)
		match_row(n, slot, shingles, count, sql_int(s, 0), sql_blob(s, 1));
	return sql_end(s, result);
}

static int find_matches(struct near_index *n, const uint64_t *shingles, size_t count, int64_t week, struct error *err)
{
	int result = 0;

	n->match_count = 0;
	if (is_in_window(n->pending_week, week))
		find_pending(n, shingles, count);
	for (size_t slot = 0; slot < NEAR_SLOTS && result == 0; slot++)
		if (is_in_window(n->slots[slot].week, week))
			result = find_in_slot(n, slot, shingles, count, err);
	return result;
}

/* ---- adding ---- */

static bool is_full(const struct near_index *n, int64_t week)
{
	const struct near_slot *of = &n->slots[slot_of(week)];

	return of->week == week && of->postings >= NEAR_POSTINGS_MAX;
}

/* Drops shingles under which the item is indexed already: an item with two alternating texts would fill the index. */
static int leave_out_known(
	struct near_index *n, int64_t item_id, uint64_t *shingles, size_t *count, int64_t week, struct error *err)
{
	bool known[NEAR_SHINGLES_MAX] = {false};
	size_t kept = 0;
	int result = find_matches(n, shingles, *count, week, err);

	for (size_t i = 0; i < n->match_count; i++)
		known[n->matches[i].shingle] |= n->matches[i].item_id == item_id;
	for (size_t i = 0; i < *count; i++)
		if (!known[i])
			shingles[kept++] = shingles[i];
	*count = kept;
	return result;
}

/* Makes room for count postings of the week. */
static int make_room(struct near_index *n, int64_t week, size_t count, struct error *err)
{
	int result = 0;

	if (n->pending.count > 0 && (n->pending_week != week || n->pending.count + count > POSTING_BUFFER_MAX))
		result = flush_pending(n, err);
	n->pending_week = week;
	return result == 0 ? turn_to_week(n, week, err) : result;
}

int near_index_add(struct near_index *n, int64_t item_id, bool is_revision, const uint64_t *shingles, size_t count,
	int64_t at_ms, struct error *err)
{
	uint64_t added[NEAR_SHINGLES_MAX];
	int64_t week = near_week(at_ms);
	int result = reload_if_stale(n, err);

	if (result != 0 || is_full(n, week))
		return result;
	memcpy(added, shingles, count * sizeof(*added));
	if (is_revision)
		result = leave_out_known(n, item_id, added, &count, week, err);
	if (result != 0 || count == 0)
		return result;
	result = make_room(n, week, count, err);
	return result == 0 ? add_pending(n, item_id, added, count, err) : result;
}

/* ---- ranking ---- */

static int by_item(const void *a, const void *b)
{
	const struct near_match *x = a, *y = b;

	if (x->item_id != y->item_id)
		return x->item_id < y->item_id ? -1 : 1;
	return x->shingle < y->shingle ? -1 : x->shingle > y->shingle;
}

struct near_rank {
	int64_t item_id;
	size_t shared;
};

static bool is_before(const struct near_rank *a, const struct near_rank *b)
{
	return a->shared != b->shared ? a->shared > b->shared : a->item_id > b->item_id;
}

static void insert_rank(struct near_rank *best, size_t *count, const struct near_rank *rank)
{
	size_t at = *count;

	while (at > 0 && is_before(rank, &best[at - 1])) {
		if (at < NEAR_CANDIDATES_MAX)
			best[at] = best[at - 1];
		at--;
	}
	if (at == NEAR_CANDIDATES_MAX)
		return;
	best[at] = *rank;
	*count += *count < NEAR_CANDIDATES_MAX;
}

/* Ranks items by the number of shingles they match; the matches are in order of items. */
static size_t rank_matches(const struct near_index *n, struct near_rank best[NEAR_CANDIDATES_MAX])
{
	size_t count = 0;

	for (size_t i = 0; i < n->match_count;) {
		struct near_rank rank = {.item_id = n->matches[i].item_id};
		size_t before = SIZE_MAX;

		for (; i < n->match_count && n->matches[i].item_id == rank.item_id; i++) {
			/* a revision may have added shingles that the item had already */
			rank.shared += n->matches[i].shingle != before;
			before = n->matches[i].shingle;
		}
		insert_rank(best, &count, &rank);
	}
	return count;
}

int near_index_find(struct near_index *n, const uint64_t *shingles, size_t count, int64_t at_ms,
	int64_t ids[NEAR_CANDIDATES_MAX], size_t *found, struct error *err)
{
	struct near_rank best[NEAR_CANDIDATES_MAX];
	int result = reload_if_stale(n, err);

	*found = 0;
	if (result == 0)
		result = find_matches(n, shingles, count, near_week(at_ms), err);
	if (result != 0)
		return result;
	qsort(n->matches, n->match_count, sizeof(n->matches[0]), by_item);
	*found = rank_matches(n, best);
	for (size_t i = 0; i < *found; i++)
		ids[i] = best[i].item_id;
	return 0;
}
