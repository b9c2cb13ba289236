/* Reports by their shingles.
 *
 * An item is indexed by at most 32 of its shingles, those whose hashes end in the most zeros: texts of different
 * length then still have some in common.  What the index finds is judged by the whole signatures. */
#include "sitrep/grouping.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "grouping_text.h"
#include "sitrep/arena.h"
#include "sitrep/boilerplate.h"
#include "sitrep/buf.h"
#include "sitrep/clock.h"
#include "sql.h"

enum {
	CANDIDATES_MAX = 16,
	/* Sketches and signatures of one look. */
	ARENA_MAX = 16 * 1024 * 1024,
	BLOB_MAX = SKETCH_BYTES_MAX,
	/* A roundup is longer than each of its parts by this. */
	ROUNDUP_TIMES = 2,
};

static const int64_t week_ms = INT64_C(7) * 24 * 3600 * 1000;
static const int64_t month_ms = INT64_C(30) * 24 * 3600 * 1000;

struct grouping {
	sqlite3 *db;
	sqlite3_stmt *s[GROUPING_STATEMENTS];
	struct story_policy policy;
	struct boilerplate common;
	int64_t week;      /* the newest there is, -1: none */
	int64_t halved_ms; /* when counts were halved last, TIME_NONE */
	bool is_stale;     /* both are to be read again */
	struct arena arena;
	struct buf shingles, numbers, title;
};

static const char cannot_look[] = "cannot look for a story";
static const char cannot_keep[] = "cannot remember a story's text";

/* ---- life ---- */

int grouping_create(struct sqlite3 *db, struct error *err)
{
	return sql_exec(db, grouping_tables, err, "cannot make the tables of stories");
}

static int load_state(struct grouping *g, struct error *err)
{
	sqlite3_stmt *s = g->s[STATE_LOAD];
	int result = sql_step(s, err, cannot_look);

	g->week = -1;
	g->halved_ms = TIME_NONE;
	if (result == 1) {
		g->week = sqlite3_column_int64(s, 0);
		g->halved_ms = sql_time(s, 1);
	}
	sql_reset(s);
	g->is_stale = result < 0;
	return result < 0 ? result : 0;
}

static int load_counts(struct grouping *g, struct error *err)
{
	sqlite3_stmt *s = g->s[COMMON_LOAD];
	int result;

	while ((result = sql_step(s, err, cannot_look)) == 1) {
		int64_t chunk = sqlite3_column_int64(s, 0);
		struct str counters = sql_blob(s, 1);

		if (chunk >= 0 && chunk < BOILERPLATE_CHUNKS && counters.len == BOILERPLATE_CHUNK_LEN)
			memcpy(g->common.counters + chunk * BOILERPLATE_CHUNK_LEN, counters.data, counters.len);
	}
	sql_reset(s);
	return result;
}

struct grouping *grouping_new(struct sqlite3 *db, const struct story_policy *policy, struct error *err)
{
	struct grouping *g = calloc(1, sizeof(*g));

	if (g == NULL || boilerplate_init(&g->common) != 0) {
		free(g);
		(void)error_sys(err, -ENOMEM, "cannot group stories");
		return NULL;
	}
	g->db = db;
	g->policy = *policy;
	arena_init(&g->arena, ARENA_MAX);
	buf_init(&g->shingles, BLOB_MAX);
	buf_init(&g->numbers, BLOB_MAX);
	buf_init(&g->title, BLOB_MAX);
	if (sql_prepare(db, grouping_texts, GROUPING_STATEMENTS, g->s, err) != 0 || load_counts(g, err) != 0 ||
		load_state(g, err) != 0) {
		grouping_free(g);
		return NULL;
	}
	return g;
}

void grouping_free(struct grouping *g)
{
	if (g == NULL)
		return;
	sql_finalize(g->s, GROUPING_STATEMENTS);
	boilerplate_release(&g->common);
	arena_release(&g->arena);
	buf_release(&g->shingles);
	buf_release(&g->numbers);
	buf_release(&g->title);
	free(g);
}

void grouping_set_policy(struct grouping *g, const struct story_policy *policy)
{
	g->policy = *policy;
}

/* ---- signatures ---- */

/* What is common is filtered out before sampling, so that a sample is of what tells the story. */
static int make_signature(
	struct grouping *g, const struct grouping_item *item, struct signature *out, struct error *err)
{
	struct sketch sketch;
	int result = sketch_read(item->sketch, &g->arena, &sketch);

	if (result != 0)
		return error_set(err, result, "an item's sketch is damaged");
	*out = (struct signature){
		.tokens = sketch.tokens,
		.level = sketch.level,
		.shingles = sketch.shingles,
		.numbers = sketch.numbers,
		.title = sketch.title,
		.publisher_id = item->publisher_id,
		.seen_ms = item->seen_ms,
	};
	if (g->policy.filter_boilerplate)
		boilerplate_filter(&g->common, &out->shingles);
	hash_set_sort(&out->shingles);
	while (out->shingles.count > SIGNATURE_SHINGLES_MAX)
		hash_set_sample(&out->shingles, ++out->level);
	return 0;
}

/* The shingles by which it is found: of s, those of the coarsest sample that is small enough. */
static int make_probes(struct grouping *g, const struct signature *s, struct hash_set *out)
{
	unsigned level = s->level;

	out->items = arena_alloc_array(&g->arena, s->shingles.count + 1, sizeof(*out->items));
	if (out->items == NULL)
		return -ENOMEM;
	out->count = s->shingles.count;
	if (out->count > 0)
		memcpy(out->items, s->shingles.items, out->count * sizeof(*out->items));
	while (out->count > SIGNATURE_PROBES_MAX)
		hash_set_sample(out, ++level);
	return 0;
}

/* tokens, level, shingles, numbers, title, publisher, seen from that column on. */
static int read_signature(struct grouping *g, sqlite3_stmt *s, int first, struct signature *out, struct error *err)
{
	int result;

	*out = (struct signature){
		.tokens = (uint32_t)sqlite3_column_int64(s, first),
		.level = (unsigned)sqlite3_column_int(s, first + 1) & 31U,
		.publisher_id = sqlite3_column_int64(s, first + 5),
		.seen_ms = sqlite3_column_int64(s, first + 6),
	};
	result = hash_set_read(sql_blob(s, first + 2), &g->arena, &out->shingles);
	if (result == 0)
		result = hash_set_read(sql_blob(s, first + 3), &g->arena, &out->numbers);
	if (result == 0)
		result = hash_set_read(sql_blob(s, first + 4), &g->arena, &out->title);
	return result == 0 ? 0 : error_set(err, result == -EPROTO ? -EUCLEAN : result, "a story's text is damaged");
}

/* ---- finding ---- */

struct candidate {
	struct grouping_match match;
	struct signature signature;
};

static int read_candidate(struct grouping *g, int64_t item_id, int slot, struct candidate *c, struct error *err)
{
	sqlite3_stmt *s = g->s[TEXT_OF + slot];
	int result;

	sql_bind_int(s, 1, item_id);
	result = sql_step(s, err, cannot_look);
	if (result == 1) {
		int damage = read_signature(g, s, 0, &c->signature, err);

		c->match = (struct grouping_match){.item_id = item_id, .story_id = sqlite3_column_int64(s, 7)};
		result = damage == 0 ? 1 : damage;
	}
	sql_reset(s);
	return result;
}

static int read_candidates(
	struct grouping *g, const struct hash_set *probes, struct candidate *c, size_t *count, struct error *err)
{
	sqlite3_stmt *s = g->s[CANDIDATES];
	int result = 0;

	*count = 0;
	for (size_t i = 0; i < SIGNATURE_PROBES_MAX; i++) {
		if (i < probes->count)
			sql_bind_int(s, (int)i + 1, (int64_t)probes->items[i]);
		else
			sql_bind_time(s, (int)i + 1, TIME_NONE); /* NULL equals nothing */
	}
	while (*count < CANDIDATES_MAX && (result = sql_step(s, err, cannot_look)) == 1) {
		result = read_candidate(g, sqlite3_column_int64(s, 0), sqlite3_column_int(s, 1) & (GROUPING_SLOTS - 1),
			&c[*count], err);
		if (result < 0)
			break;
		*count += (size_t)result;
	}
	sql_reset(s);
	return result < 0 ? result : 0;
}

static bool is_better(const struct story_judgement *a, const struct story_judgement *b)
{
	bool a_joins = a->relation > RELATION_RELATED, b_joins = b->relation > RELATION_RELATED;

	if (a_joins != b_joins)
		return a_joins;
	if ((a->relation == RELATION_NONE) != (b->relation == RELATION_NONE))
		return a->relation != RELATION_NONE;
	return a->score > b->score;
}

/* Do two texts tell different parts of the item?  Shingles that all three have in common are few then. */
static bool are_apart(
	struct grouping *g, const struct signature *item, const struct signature *a, const struct signature *b)
{
	unsigned level = a->level > b->level ? a->level : b->level;
	struct hash_set both = {.items = arena_alloc_array(&g->arena, a->shingles.count + 1, sizeof(uint64_t))};
	size_t shared, least;

	if (both.items == NULL)
		return false;
	for (size_t i = 0, k = 0; i < a->shingles.count && k < b->shingles.count;) {
		if (a->shingles.items[i] == b->shingles.items[k])
			both.items[both.count++] = a->shingles.items[i];
		if (a->shingles.items[i] <= b->shingles.items[k])
			i++;
		else
			k++;
	}
	hash_set_sample(&both, level > item->level ? level : item->level);
	shared = hash_set_common(&both, &item->shingles);
	least = a->shingles.count < b->shingles.count ? a->shingles.count : b->shingles.count;
	return shared * 4 < least;
}

static void find_parts(struct grouping *g, const struct signature *item, const struct candidate *c, size_t count,
	struct grouping_answer *answer)
{
	const struct signature *taken[GROUPING_PARTS_MAX];
	size_t n = 0;

	for (size_t i = 0; i < count && n < GROUPING_PARTS_MAX; i++) {
		bool fits = c[i].match.judgement.relation == RELATION_REPRINT &&
			    c[i].signature.tokens * ROUNDUP_TIMES < item->tokens;

		for (size_t k = 0; k < n && fits; k++)
			fits = c[i].match.story_id != answer->parts[k].story_id &&
			       are_apart(g, item, &c[i].signature, taken[k]);
		if (!fits)
			continue;
		taken[n] = &c[i].signature;
		answer->parts[n++] = c[i].match;
	}
	answer->part_count = n >= 2 ? n : 0;
}

int grouping_find(
	struct grouping *g, const struct grouping_item *item, struct grouping_answer *answer, struct error *err)
{
	struct candidate candidates[CANDIDATES_MAX];
	struct signature s;
	struct hash_set probes;
	size_t count = 0;
	int result;

	*answer = (struct grouping_answer){0};
	if (str_empty(item->sketch) || !g->policy.near_enabled)
		return 0;
	arena_clear(&g->arena);
	result = make_signature(g, item, &s, err);
	if (result == 0 && make_probes(g, &s, &probes) != 0)
		result = error_sys(err, -ENOMEM, cannot_look);
	if (result == 0 && probes.count > 0)
		result = read_candidates(g, &probes, candidates, &count, err);
	if (result != 0)
		return result;
	for (size_t i = 0; i < count; i++) {
		struct grouping_match *m = &candidates[i].match;

		if (m->item_id == item->item_id)
			continue;
		m->judgement = story_judge(&g->policy, &s, &candidates[i].signature);
		if (m->judgement.relation != RELATION_NONE && is_better(&m->judgement, &answer->best.judgement))
			answer->best = *m;
	}
	find_parts(g, &s, candidates, count, answer);
	return 0;
}

/* ---- keeping ---- */

static int slot_of(int64_t week)
{
	return (int)(((week % GROUPING_SLOTS) + GROUPING_SLOTS) % GROUPING_SLOTS);
}

static int save_state(struct grouping *g, struct error *err)
{
	sql_bind_int(g->s[STATE_SAVE], 1, g->week);
	sql_bind_time(g->s[STATE_SAVE], 2, g->halved_ms);
	return sql_done(g->s[STATE_SAVE], err, cannot_keep);
}

/* The window moves on: what is older than three weeks goes, and once a month all counts are halved.  A clock that was
 * set back moves nothing. */
static int move_window(struct grouping *g, int64_t now_ms, struct error *err)
{
	int64_t week = now_ms / week_ms, first = g->week + 1 > week - 2 ? g->week + 1 : week - 2;
	int result = 0;

	if (week <= g->week)
		return 0;
	/* The slots of the new weeks, and that of the next, which holds the week before the window's first. */
	for (int64_t w = first; w <= week + 1 && g->week >= 0 && result == 0; w++) {
		result = sql_done(g->s[EMPTY_TEXTS + slot_of(w)], err, cannot_keep);
		if (result == 0)
			result = sql_done(g->s[EMPTY_SHINGLES + slot_of(w)], err, cannot_keep);
	}
	g->week = week;
	if (g->halved_ms == TIME_NONE)
		g->halved_ms = now_ms;
	if (now_ms - g->halved_ms >= month_ms) {
		boilerplate_halve(&g->common);
		g->halved_ms = now_ms;
	}
	return result == 0 ? save_state(g, err) : result;
}

static int insert_text(
	struct grouping *g, const struct grouping_item *item, const struct signature *s, int slot, struct error *err)
{
	sqlite3_stmt *q = g->s[ADD_TEXT + slot];

	buf_clear(&g->shingles);
	buf_clear(&g->numbers);
	buf_clear(&g->title);
	if (hash_set_write(&s->shingles, &g->shingles) != 0 || hash_set_write(&s->numbers, &g->numbers) != 0 ||
		hash_set_write(&s->title, &g->title) != 0)
		return error_sys(err, -ENOMEM, cannot_keep);
	sql_bind_int(q, 1, item->item_id);
	sql_bind_int(q, 2, item->story_id);
	sql_bind_int(q, 3, s->tokens);
	sql_bind_int(q, 4, s->level);
	sql_bind_blob(q, 5, buf_str(&g->shingles).data, g->shingles.len);
	sql_bind_blob(q, 6, buf_str(&g->numbers).data, g->numbers.len);
	sql_bind_blob(q, 7, buf_str(&g->title).data, g->title.len);
	sql_bind_int(q, 8, s->publisher_id);
	sql_bind_int(q, 9, s->seen_ms);
	return sql_done(q, err, cannot_keep);
}

static int insert_probes(
	struct grouping *g, int64_t item_id, const struct hash_set *probes, int slot, struct error *err)
{
	sqlite3_stmt *q = g->s[ADD_SHINGLE + slot];
	int result = 0;

	for (size_t i = 0; i < probes->count && result == 0; i++) {
		sql_bind_int(q, 1, (int64_t)probes->items[i]);
		sql_bind_int(q, 2, item_id);
		result = sql_done(q, err, cannot_keep);
	}
	return result;
}

int grouping_keep(struct grouping *g, const struct grouping_item *item, bool is_original, struct error *err)
{
	struct signature s;
	struct sketch whole;
	struct hash_set probes;
	int slot, result;

	if (str_empty(item->sketch) || !g->policy.near_enabled)
		return 0;
	arena_clear(&g->arena);
	result = g->is_stale ? load_state(g, err) : 0;
	if (result == 0)
		result = move_window(g, item->seen_ms, err);
	if (result == 0)
		result = make_signature(g, item, &s, err);
	if (result == 0 && make_probes(g, &s, &probes) != 0)
		result = error_sys(err, -ENOMEM, cannot_keep);
	if (result != 0)
		return result;
	slot = slot_of(g->week);
	result = insert_text(g, item, &s, slot, err);
	if (result == 0)
		result = insert_probes(g, item->item_id, &probes, slot, err);
	if (result == 0 && is_original && sketch_read(item->sketch, &g->arena, &whole) == 0) {
		hash_set_sort(&whole.shingles);
		boilerplate_add(&g->common, &whole.shingles);
	}
	return result;
}

/* ---- what is remembered ---- */

/* 1 when the item's text is there. */
static int load_signature(struct grouping *g, int64_t item_id, struct signature *out, struct error *err)
{
	sqlite3_stmt *s = g->s[FIND_TEXT];
	int result;

	sql_bind_int(s, 1, item_id);
	result = sql_step(s, err, cannot_look);
	if (result == 1) {
		int damage = read_signature(g, s, 0, out, err);

		result = damage == 0 ? 1 : damage;
	}
	sql_reset(s);
	return result;
}

int grouping_compare_revision(
	struct grouping *g, const struct grouping_item *item, struct story_change *change, struct error *err)
{
	struct signature before, after;
	int result;

	if (str_empty(item->sketch))
		return 0;
	arena_clear(&g->arena);
	result = load_signature(g, item->item_id, &before, err);
	if (result == 1) {
		int damage = make_signature(g, item, &after, err);

		if (damage != 0)
			return damage;
		*change = story_compare_revisions(&before, &after);
	}
	return result;
}

int grouping_compare(
	struct grouping *g, int64_t item_id, int64_t other_id, struct story_judgement *j, struct error *err)
{
	struct signature item, other;
	int result;

	arena_clear(&g->arena);
	result = load_signature(g, item_id, &item, err);
	if (result == 1)
		result = load_signature(g, other_id, &other, err);
	if (result == 0)
		return error_set(err, -ENOENT, "one of the two is too old to be compared, or too short");
	if (result < 0)
		return result;
	*j = item.seen_ms >= other.seen_ms ? story_judge(&g->policy, &item, &other)
					   : story_judge(&g->policy, &other, &item);
	return 0;
}

int grouping_move(struct grouping *g, int64_t item_id, int64_t story_id, struct error *err)
{
	int result = 0;

	for (int slot = 0; slot < GROUPING_SLOTS && result == 0; slot++) {
		sql_bind_int(g->s[MOVE_TEXT + slot], 1, item_id);
		sql_bind_int(g->s[MOVE_TEXT + slot], 2, story_id);
		result = sql_done(g->s[MOVE_TEXT + slot], err, cannot_keep);
	}
	return result;
}

/* Counts stay: a text that was counted and not kept is a common one a little sooner. */
void grouping_rolled_back(struct grouping *g)
{
	g->is_stale = true;
}

int grouping_save(struct grouping *g, struct error *err)
{
	sqlite3_stmt *s = g->s[COMMON_SAVE];
	int result = 0;

	for (size_t i = 0; i < BOILERPLATE_CHUNKS && result == 0; i++) {
		if (!g->common.dirty[i])
			continue;
		sql_bind_int(s, 1, (int64_t)i);
		sql_bind_blob(s, 2, g->common.counters + i * BOILERPLATE_CHUNK_LEN, BOILERPLATE_CHUNK_LEN);
		result = sql_done(s, err, cannot_keep);
		g->common.dirty[i] = result != 0;
	}
	return result;
}

int grouping_get_stats(struct grouping *g, struct grouping_stats *stats, struct error *err)
{
	int result = sql_get_int(g->s[COUNT_TEXTS], &stats->items, err, cannot_look);

	if (result >= 0)
		result = sql_get_int(g->s[COUNT_SHINGLES], &stats->shingles, err, cannot_look);
	return result < 0 ? result : 0;
}
