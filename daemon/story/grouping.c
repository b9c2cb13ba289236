/* SPDX-License-Identifier: ISC */
/* Stores sketches, shingles and phrase counts of reports, with which later reports are compared.
 *
 * grouping_decide.c decides which story a report belongs to. */
#include "sitrep/story/grouping.h"

#include <errno.h>
#include <stdlib.h>

#include "grouping_internal.h"
#include "near_schema.h"
#include "sitrep/sql/seal.h"

enum {
	/* Weeks after which counts of phrases are halved. */
	HALVING_WEEKS = 4,
	/* Items after which those too old for the window are removed. */
	EXPIRE_EVERY = 16,
};

int grouping_create_tables(struct sql_db *db, struct error *err)
{
	return sql_exec(db, NEAR_SCHEMA STORY_CONSTRAINT_SCHEMA, err, "cannot make the tables for comparing texts");
}

struct grouping *grouping_new(struct sql_db *db, const struct story_params *params, struct error *err)
{
	struct grouping *g = calloc(1, sizeof(*g));

	if (g == NULL)
		return error_set_null(err, -ENOMEM, "no memory to compare texts");
	g->params = *params;
	g->halved_week = -1;
	buf_init(&g->bytes, SKETCH_BYTES_MAX + SEAL_BYTES);
	g->phrases = boilerplate_new(err);
	if (g->phrases == NULL || near_store_init(&g->store, db, err) != 0 ||
		near_index_init(&g->index, db, &g->store, err) != 0 ||
		story_constraint_init(&g->constraints, db, err) != 0 ||
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
	story_constraint_release(&g->constraints);
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

/* ---- recording ---- */

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

/* Counts the phrases that a text adds.  A story's first text, and an outlet's next one, add all phrases.  A reprint
 * adds only phrases that are not in the text that it reprints: these are the outlet's own.  A copy and an item's next
 * revision add none.  A weak join adds all: it may be due to a phrase that two outlets print below all their reports,
 * and once it is counted it joins no more of them. */
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

/* Reduces a sketch to the form that is stored.  A sketch of a whole text (level 0) needs no opening. */
static void trim_sketch(struct sketch *s)
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
		.source = grouping_source_key(r->source),
		.seen_ms = r->at_ms,
		.omitted = g->omitted_count,
		.omitted_of = g->omitted_of,
	};
	int result;

	trim_sketch(&g->asked);
	buf_clear(&g->bytes);
	result = sketch_encode(&g->bytes, &g->asked);
	if (result == 0)
		result = seal_add(&g->bytes);
	return result == 0 ? near_store_put(&g->store, &item, buf_str(&g->bytes), err)
			   : error_sys(err, result, "cannot store a sketch");
}

/* An agency's report may have hundreds of copies.  The first NEAR_MEMBERS_MAX of them are enough to find the story;
 * more would only add rows. */
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

static int record_text(struct grouping *g, const struct grouping_item *r, int64_t story_id,
	enum story_relation relation, const struct story_answer *answer, struct error *err)
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
	if (result == 0 && grouping_take_sketch(g, r))
		result = record_text(g, r, story_id, relation, answer, err);
	if (result != 0 || ++g->unexpired < EXPIRE_EVERY)
		return result;
	g->unexpired = 0;
	return near_store_expire(&g->store, r->at_ms - g->ahead_ms - g->params.window_ms, err);
}

/* The approximate number of shingles that were boilerplate when the known text was stored, and are not any more: all
 * counts are halved once a month, and counts that were not saved are lost when the process is killed. */
static size_t count_returned(const struct grouping *g)
{
	uint8_t level = g->known.sketch.level > g->asked.level ? g->known.sketch.level : g->asked.level;

	return g->known.omitted <= g->omitted_count ? 0
						    : (g->known.omitted - g->omitted_count) >> (level - g->whole.level);
}

int grouping_changes(struct grouping *g, const struct grouping_item *r, struct story_change *change, struct error *err)
{
	int result;

	if (!grouping_take_sketch(g, r))
		return 0;
	result = near_store_get(&g->store, r->item_id, &g->known, err);
	if (result != 1)
		return result;
	/* The stored text is filtered too, so that a phrase that has become boilerplate since is no change. */
	if (g->params.boilerplate)
		boilerplate_filter(g->phrases, &g->known.sketch, g->params.frequent);
	sketch_thin(&g->asked, NEAR_SKETCH_SHINGLES);
	*change = story_changes(&g->known.sketch, &g->asked, count_returned(g));
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

/* ---- explaining ---- */

const struct story_params *grouping_params(const struct grouping *g)
{
	return &g->params;
}

/* Reads an item's stored sketch into s, without the phrases that are boilerplate by now. */
static int read_stored(
	struct grouping *g, int64_t item_id, struct sketch *s, struct grouping_text *text, struct error *err)
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
	int result = read_stored(g, earlier_id, &g->whole, &c->earlier, err);

	if (result == 0)
		result = read_stored(g, later_id, &g->asked, &c->later, err);
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
