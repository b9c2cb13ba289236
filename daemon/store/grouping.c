/* Which story a report belongs to.
 *
 * A question goes from many to few: the 32 sampled shingles find up to sixteen items in one statement, each of those
 * is compared in full, and of what is alike the best is joined, unless one of that story's other members is held
 * apart from the report.  Boilerplate is taken out of both texts as it is known now; what a text was stored with may
 * have become boilerplate since. */
#include "sitrep/grouping.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "held.h"
#include "near_index.h"
#include "near_schema.h"
#include "near_store.h"
#include "seal.h"
#include "sitrep/boilerplate.h"
#include "sitrep/buf.h"

enum {
	/* Weeks after which counts of phrases are halved. */
	HALVING_WEEKS = 4,
	/* Stories a roundup must contain. */
	ROUNDUP_STORIES = 2,
	/* Members that may have little in common with their story's first report. */
	STRAYS_MAX = 2,
	/* Items after which those too old for the window go. */
	EXPIRE_EVERY = 16,
};

struct candidate {
	int64_t item_id;
	int64_t story_id;
	uint32_t words;
	bool is_own; /* of the report's outlet */
	struct story_reasons reasons;
};

struct grouping {
	struct near_store store;
	struct near_index index;
	struct held held;
	struct boilerplate *phrases;
	struct story_params params;
	int64_t ahead_ms;                 /* of the clock, perhaps */
	struct sketch whole;              /* the report's */
	struct sketch asked;              /* the same without boilerplate */
	size_t omitted_of;                /* of whole, as it came */
	size_t omitted_count;             /* shingles of whole that are not in asked */
	struct sketch sampled;            /* the same, thinned */
	uint64_t keys[NEAR_SHINGLES_MAX]; /* what it is found by */
	size_t key_count;
	struct near_item known;
	struct sketch lead; /* of the story that is looked at: its first report */
	struct buf bytes;
	int64_t halved_week; /* as kept; -1: to be read */
	unsigned unexpired;  /* items since the window was last looked at */
	struct candidate candidates[NEAR_CANDIDATES_MAX];
	size_t candidate_count;
};

int grouping_create_tables(struct sqlite3 *db, struct error *err)
{
	return sql_exec(db, NEAR_SCHEMA HELD_SCHEMA, err, "cannot make the tables that stories are compared by");
}

struct grouping *grouping_new(struct sqlite3 *db, const struct story_params *params, struct error *err)
{
	struct grouping *g = calloc(1, sizeof(*g));

	if (g == NULL) {
		error_set(err, -ENOMEM, "no memory to compare stories");
		return NULL;
	}
	g->params = *params;
	g->halved_week = -1;
	buf_init(&g->bytes, SKETCH_BYTES_MAX + SEAL_BYTES);
	g->phrases = boilerplate_new(err);
	if (g->phrases == NULL || near_store_init(&g->store, db, err) != 0 ||
		near_index_init(&g->index, db, &g->store, err) != 0 || held_init(&g->held, db, err) != 0 ||
		near_store_load_phrases(&g->store, g->phrases, err) != 0) {
		grouping_free(g);
		return NULL;
	}
	return g;
}

void grouping_free(struct grouping *g)
{
	if (g == NULL)
		return;
	held_release(&g->held);
	near_index_release(&g->index);
	near_store_release(&g->store);
	boilerplate_free(g->phrases);
	buf_release(&g->bytes);
	free(g);
}

void grouping_set_params(struct grouping *g, const struct story_params *params)
{
	g->params = *params;
}

void grouping_set_ahead(struct grouping *g, int64_t ahead_ms)
{
	g->ahead_ms = ahead_ms;
}

const char *story_relation_name(enum story_relation relation)
{
	static const char *const names[] = {
		[RELATION_NEW] = "new",
		[RELATION_COPY] = "copy",
		[RELATION_REPRINT] = "reprint",
		[RELATION_UPDATE] = "update",
		[RELATION_RELATED] = "related",
		[RELATION_UNCHANGED] = "unchanged",
		[RELATION_CONTAINS] = "contains",
	};

	return names[relation];
}

/* Sources are compared, never shown: a hash of fixed seed does, since it is stored. */
static int64_t source_key(struct str source)
{
	return (int64_t)(XXH3_64bits(source.data != NULL ? source.data : "", source.len) >> 1);
}

/* ---- deciding ---- */

/* The report's sketch without boilerplate, and its sample; false when there is nothing to compare. */
static bool take_sketch(struct grouping *g, const struct grouping_item *r)
{
	if (!g->params.near || sketch_decode(r->sketch, &g->whole) != 0 || g->whole.words < g->params.least_words)
		return false;
	g->asked = g->whole;
	g->omitted_of = g->whole.shingle_count;
	g->omitted_count = g->params.boilerplate ? boilerplate_filter(g->phrases, &g->asked, g->params.frequent) : 0;
	g->sampled = g->asked;
	g->key_count = near_keys(&g->sampled, g->keys);
	return true;
}

/* Reads a known item; 0 when that is gone, or the report's own earlier text. */
static int get_known(struct grouping *g, const struct grouping_item *r, int64_t item_id, struct error *err)
{
	return item_id == r->item_id ? 0 : near_store_get(&g->store, item_id, &g->known, err);
}

static void filter_known(struct grouping *g)
{
	if (g->params.boilerplate)
		(void)boilerplate_filter(g->phrases, &g->known.sketch, g->params.frequent);
}

/* Compares the report with the item that was read. */
static struct candidate compare(struct grouping *g, const struct grouping_item *r)
{
	struct near_item *k = &g->known;
	struct candidate c = {.item_id = k->item_id, .story_id = k->story_id, .words = k->sketch.words};

	filter_known(g);
	c.is_own = k->source == source_key(r->source);
	c.reasons = story_compare(&g->params, &g->asked, &k->sketch, c.is_own,
		r->at_ms > k->seen_ms ? r->at_ms - k->seen_ms : k->seen_ms - r->at_ms);
	return c;
}

/* Of texts that contain the report alike, the one that has least besides: its original rather than a roundup. */
static double fit(const struct candidate *c)
{
	return c->reasons.score + c->reasons.resemblance;
}

static int by_fit(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;

	if (fit(x) != fit(y))
		return fit(x) > fit(y) ? -1 : 1;
	return x->item_id < y->item_id ? -1 : x->item_id > y->item_id;
}

/* Boilerplate has been taken out of one of the two, so out of what they share. */
static bool shares_enough(const struct grouping *g)
{
	const struct sketch *a = &g->asked, *b = &g->known.sketch;

	return sketch_shingle_overlap(a, b).shared >= g->params.shared_short ||
	       sketch_opening_shared(a->level == 0 ? a : b, a->level == 0 ? b : a) >= g->params.shared_short;
}

static int find_candidates(struct grouping *g, const struct grouping_item *r, struct error *err)
{
	int64_t ids[NEAR_CANDIDATES_MAX];
	size_t found;
	int result;

	g->candidate_count = 0;
	result = near_index_find(&g->index, g->keys, g->key_count, r->at_ms, ids, &found, err);
	for (size_t i = 0; i < found && result >= 0; i++) {
		result = get_known(g, r, ids[i], err);
		if (result == 1 && shares_enough(g))
			g->candidates[g->candidate_count++] = compare(g, r);
	}
	qsort(g->candidates, g->candidate_count, sizeof(g->candidates[0]), by_fit);
	return result < 0 ? result : 0;
}

static bool joins(const struct candidate *c)
{
	return c->reasons.verdict == STORY_REPRINT || c->reasons.verdict == STORY_UPDATE;
}

/* Does the report contain several stories that are much shorter? */
static bool is_roundup(const struct grouping *g)
{
	size_t stories = 0;

	for (size_t i = 0; i < g->candidate_count; i++) {
		const struct candidate *c = &g->candidates[i];
		bool again = !joins(c) || !c->reasons.contains;

		for (size_t k = 0; k < i && !again; k++)
			again = joins(&g->candidates[k]) && g->candidates[k].reasons.contains &&
				g->candidates[k].story_id == c->story_id;
		stories += !again;
	}
	return stories >= ROUNDUP_STORIES;
}

/* Do c and m show that c is a roundup?  The report and m have nothing in common, and the report is a small part of c,
 * or both fit into it side by side. */
static bool is_other_part(const struct grouping *g, const struct candidate *c, const struct candidate *m)
{
	return m->item_id != c->item_id && m->reasons.why == WHY_SHARED &&
	       (c->reasons.contained || c->words >= g->whole.words + m->words);
}

/* Has the operator held an earlier text of the same outlet apart from the story, of which the report may be the next?
 * Less is asked for than of an update: in another outlet as much would make it the same story. */
static int is_held_apart(struct grouping *g, int64_t story_id, struct error *err)
{
	int result = 0;

	for (size_t i = 0; i < g->candidate_count && result == 0; i++)
		if (g->candidates[i].is_own && g->candidates[i].reasons.score >= g->params.join)
			result = held_is_apart(&g->held, g->candidates[i].item_id, story_id, err);
	return result;
}

/* Does s have little in common with the story's first report? */
static bool is_stray(const struct grouping *g, const struct sketch *s)
{
	return story_compare(&g->params, s, &g->lead, false, 0).score < g->params.little;
}

/* 1 when the report has little in common with the story's first report, and so have as many members as may: a chain of
 * reports each like the last is no story. */
static int has_strayed(
	struct grouping *g, const struct grouping_item *r, const int64_t *ids, size_t found, struct error *err)
{
	unsigned strays = 0;
	int result = found > STRAYS_MAX ? get_known(g, r, ids[0], err) : 0;

	if (result != 1)
		return result;
	filter_known(g);
	g->lead = g->known.sketch;
	if (!is_stray(g, &g->asked))
		return 0;
	for (size_t i = 1; i < found && strays < STRAYS_MAX; i++) {
		result = get_known(g, r, ids[i], err);
		if (result < 0)
			return result;
		if (result == 1) {
			filter_known(g);
			strays += is_stray(g, &g->known.sketch);
		}
	}
	return strays == STRAYS_MAX;
}

/* 1 when some member of c's story is held apart from the report by what both say, or the story has strayed.  Where the
 * operator has joined stories, that the rule would not have is no reason to part their later copies. */
static int is_barred(struct grouping *g, const struct grouping_item *r, const struct candidate *c, struct error *err)
{
	int64_t ids[NEAR_MEMBERS_MAX];
	struct candidate m;
	size_t found;
	int result = is_held_apart(g, c->story_id, err);

	if (result != 0)
		return result;
	result = held_is_joined(&g->held, c->story_id, err);
	if (result != 0)
		return result < 0 ? result : 0;
	result = near_store_members(&g->store, c->story_id, ids, &found, err);
	if (result == 0)
		result = has_strayed(g, r, ids, found, err);
	for (size_t i = 0; i < found && result == 0; i++) {
		result = get_known(g, r, ids[i], err);
		if (result == 1) {
			m = compare(g, r);
			result = m.reasons.why == WHY_NUMBERS || is_other_part(g, c, &m);
		}
	}
	return result;
}

static void add_link(struct story_answer *answer, const struct candidate *c, enum story_relation relation)
{
	if (answer->link_count < STORY_LINKS_MAX)
		answer->links[answer->link_count++] =
			(struct story_link){.item_id = c->item_id, .relation = relation, .reasons = c->reasons};
}

static void refer(struct story_answer *answer, const struct candidate *c, enum story_relation relation)
{
	answer->relation = relation;
	answer->of_item = c->item_id;
	answer->reasons = c->reasons;
}

static void join(struct story_answer *answer, const struct candidate *c)
{
	refer(answer, c, c->reasons.verdict == STORY_UPDATE ? RELATION_UPDATE : RELATION_REPRINT);
	answer->story_id = c->story_id;
	add_link(answer, c, answer->relation);
}

/* An article is about what its title says, whatever else was printed below it. */
static bool is_titled_by(const struct grouping *g, const struct candidate *c)
{
	return c->reasons.title >= g->params.title;
}

static int answer_roundup(
	struct grouping *g, const struct grouping_item *r, struct story_answer *answer, struct error *err)
{
	answer->roundup = true;
	for (size_t i = 0; i < g->candidate_count; i++) {
		const struct candidate *c = &g->candidates[i];
		int barred = 1;

		if (!joins(c) || !c->reasons.contains)
			continue;
		if (answer->story_id == 0 && is_titled_by(g, c))
			barred = is_barred(g, r, c, err);
		if (barred < 0)
			return barred;
		if (barred == 0)
			join(answer, c);
		else if (answer->of_item == 0)
			refer(answer, c, RELATION_RELATED);
		if (barred != 0)
			add_link(answer, c, RELATION_CONTAINS);
	}
	return 0;
}

static int answer_single(
	struct grouping *g, const struct grouping_item *r, struct story_answer *answer, struct error *err)
{
	int64_t barred_story = 0;

	for (size_t i = 0; i < g->candidate_count; i++) {
		const struct candidate *c = &g->candidates[i];
		int barred = 1;

		if (c->reasons.verdict == STORY_APART)
			continue;
		if (answer->story_id == 0 && joins(c) && c->story_id != barred_story)
			barred = is_barred(g, r, c, err);
		if (barred < 0)
			return barred;
		if (barred == 0) {
			join(answer, c);
		} else if (c->story_id == answer->story_id) {
			/* between others' copies stands the outlet's own: this is its next version */
			if (c->reasons.verdict == STORY_UPDATE && answer->relation == RELATION_REPRINT)
				refer(answer, c, RELATION_UPDATE);
		} else {
			barred_story = joins(c) ? c->story_id : barred_story;
			if (answer->of_item == 0)
				refer(answer, c, RELATION_RELATED);
			add_link(answer, c, RELATION_RELATED);
		}
	}
	return 0;
}

int grouping_decide(struct grouping *g, const struct grouping_item *r, struct story_answer *answer, struct error *err)
{
	int result;

	*answer = (struct story_answer){.relation = RELATION_NEW};
	if (!take_sketch(g, r))
		return 0;
	result = find_candidates(g, r, err);
	if (result != 0)
		return result;
	if (is_roundup(g))
		result = answer_roundup(g, r, answer, err);
	else
		result = answer_single(g, r, answer, err);
	return result;
}

/* ---- remembering ---- */

static int halve_when_due(struct grouping *g, int64_t at_ms, struct error *err)
{
	static const char name[] = "halved";
	int64_t week = near_week(at_ms);
	int result = 0;

	if (g->halved_week < 0) {
		result = near_store_get_number(&g->store, name, &g->halved_week, err);
		if (result < 0)
			return result;
	}
	if (g->halved_week >= 0 && week >= g->halved_week && week - g->halved_week < HALVING_WEEKS &&
		!boilerplate_is_crowded(g->phrases))
		return 0;
	if (g->halved_week >= 0)
		boilerplate_halve(g->phrases);
	g->halved_week = week;
	return near_store_set_number(&g->store, name, week, err);
}

/* What a text says that was not said before tells which phrases are common: all of a story's first text and of an
 * outlet's next one, but of a reprint only what it adds to what it reprints; that is where outlets put their own
 * phrases.  A copy adds nothing, and an item's next revision was counted already.  A weak join may be a phrase that two
 * houses print below all their reports: it counts in full, so that the phrase joins no more than a few. */
static int count_phrases(
	struct grouping *g, enum story_relation relation, const struct story_answer *answer, struct error *err)
{
	int result;

	if (!g->params.boilerplate)
		return 0;
	if (relation == RELATION_REPRINT && answer != NULL && !answer->reasons.weak) {
		result = near_store_get(&g->store, answer->of_item, &g->known, err);
		if (result != 1)
			return result;
		sketch_subtract(&g->whole, &g->known.sketch);
	} else if (relation != RELATION_NEW && relation != RELATION_RELATED && relation != RELATION_UPDATE &&
		   !(relation == RELATION_REPRINT && answer != NULL)) {
		return 0;
	}
	boilerplate_count(g->phrases, &g->whole);
	return 0;
}

/* A sketch as it is kept.  One that holds its text whole is compared without its opening. */
static void trim(struct sketch *s)
{
	sketch_thin(s, NEAR_SKETCH_SHINGLES);
	if (s->level == 0)
		s->opening_count = 0;
}

static int keep_sketch(struct grouping *g, const struct grouping_item *r, int64_t story_id, struct error *err)
{
	struct near_item item = {
		.item_id = r->item_id,
		.story_id = story_id,
		.source = source_key(r->source),
		.seen_ms = r->at_ms,
		.omitted = g->omitted_count,
		.omitted_of = g->omitted_of,
	};
	int result;

	trim(&g->asked);
	buf_clear(&g->bytes);
	result = sketch_encode(&g->bytes, &g->asked);
	if (result == 0)
		result = seal_add(&g->bytes);
	return result == 0 ? near_store_put(&g->store, &item, buf_str(&g->bytes), err)
			   : error_sys(err, result, "cannot keep a sketch");
}

/* A story that a whole wire's customers ran is found by its first members: the next one adds rows, not chances. */
static int has_members_enough(struct grouping *g, int64_t story_id, enum story_relation relation, struct error *err)
{
	int64_t ids[NEAR_MEMBERS_MAX];
	size_t found;
	int result;

	if (relation != RELATION_COPY && relation != RELATION_REPRINT)
		return 0;
	result = near_store_members(&g->store, story_id, ids, &found, err);
	return result == 0 ? found == NEAR_MEMBERS_MAX : result;
}

static int keep(struct grouping *g, const struct grouping_item *r, int64_t story_id, enum story_relation relation,
	const struct story_answer *answer, struct error *err)
{
	int known = near_store_get(&g->store, r->item_id, &g->known, err);
	int result = known < 0 ? known : 0;

	if (known == 0)
		result = has_members_enough(g, story_id, relation, err);
	if (result != 0)
		return result < 0 ? result : 0;
	result = halve_when_due(g, r->at_ms - g->ahead_ms, err);
	if (result == 0 && known == 0)
		result = count_phrases(g, relation, answer, err);
	if (result == 0)
		result = near_index_add(&g->index, r->item_id, known == 1, g->keys, g->key_count, r->at_ms, err);
	return result == 0 ? keep_sketch(g, r, story_id, err) : result;
}

int grouping_record(struct grouping *g, const struct grouping_item *r, int64_t story_id, enum story_relation relation,
	const struct story_answer *answer, struct error *err)
{
	size_t links = answer != NULL ? answer->link_count : 0;
	int result = 0;

	for (size_t i = 0; i < links && result == 0; i++)
		result = near_store_link(&g->store, r->item_id, &answer->links[i], err);
	if (result == 0 && take_sketch(g, r))
		result = keep(g, r, story_id, relation, answer, err);
	if (result != 0 || ++g->unexpired < EXPIRE_EVERY)
		return result;
	g->unexpired = 0;
	return near_store_expire(&g->store, r->at_ms - g->ahead_ms - g->params.window_ms, err);
}

int grouping_changes(struct grouping *g, const struct grouping_item *r, struct story_change *change, struct error *err)
{
	int result;

	if (!take_sketch(g, r))
		return 0;
	result = near_store_get(&g->store, r->item_id, &g->known, err);
	if (result != 1)
		return result;
	/* As that was kept, so that what has become boilerplate meanwhile is no change. */
	if (g->params.boilerplate)
		(void)boilerplate_filter(g->phrases, &g->known.sketch, g->params.frequent);
	sketch_thin(&g->asked, NEAR_SKETCH_SHINGLES);
	*change = story_changes(&g->known.sketch, &g->asked);
	return 1;
}

void grouping_rolled_back(struct grouping *g)
{
	near_index_rolled_back(&g->index);
	g->halved_week = -1;
}

int64_t grouping_postings(const struct grouping *g)
{
	return near_index_postings(&g->index);
}

/* ---- for whoever asks why ---- */

const struct story_params *grouping_params(const struct grouping *g)
{
	return &g->params;
}

/* What is kept of an item without what is boilerplate by now, into s. */
static int look_at(struct grouping *g, int64_t item_id, struct sketch *s, struct grouping_text *text, struct error *err)
{
	int result = near_store_get(&g->store, item_id, &g->known, err);

	*text = (struct grouping_text){.kept = result == 1};
	if (result != 1)
		return result;
	*s = g->known.sketch;
	if (g->params.boilerplate)
		text->omitted_since = boilerplate_filter(g->phrases, s, g->params.frequent);
	text->words = s->words;
	text->shingles = s->shingle_count;
	text->level = s->level;
	text->source = g->known.source;
	text->seen_ms = g->known.seen_ms;
	text->omitted = g->known.omitted;
	text->omitted_of = g->known.omitted_of;
	return 0;
}

int grouping_compare(
	struct grouping *g, int64_t earlier_id, int64_t later_id, struct grouping_comparison *c, struct error *err)
{
	int result = look_at(g, earlier_id, &g->whole, &c->earlier, err);

	if (result == 0)
		result = look_at(g, later_id, &g->asked, &c->later, err);
	if (result != 0 || !c->earlier.kept || !c->later.kept)
		return result;
	c->same_source = c->earlier.source == c->later.source;
	c->apart_ms = c->later.seen_ms > c->earlier.seen_ms ? c->later.seen_ms - c->earlier.seen_ms
							    : c->earlier.seen_ms - c->later.seen_ms;
	c->reasons = story_compare(&g->params, &g->asked, &g->whole, c->same_source, c->apart_ms);
	return 1;
}

struct near_index *grouping_index(struct grouping *g)
{
	return &g->index;
}

int grouping_forget(struct grouping *g, int64_t item_id, struct error *err)
{
	return near_store_forget(&g->store, item_id, err);
}

int grouping_save(struct grouping *g, size_t pages, struct error *err)
{
	int result = 0;

	for (size_t page = 0; page < BOILERPLATE_PAGES && result == 0; page++) {
		struct str bytes;

		if (pages-- == 0)
			return 1;
		bytes = boilerplate_take_changed(g->phrases, &page);
		if (bytes.data != NULL)
			result = near_store_save_page(&g->store, page, bytes, err);
	}
	return result;
}
