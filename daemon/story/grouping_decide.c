/* SPDX-License-Identifier: ISC */
/* First, 32 sampled shingles find up to 16 items, with one statement for each week.  Then each of these is compared in
 * full.  The report joins the story of the most similar one, unless the rule holds another member of that story apart
 * from the report.  Boilerplate is removed from both texts by the present counts, since phrases of a stored text may
 * have become boilerplate. */
#include <stdlib.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "grouping_internal.h"

enum {
	/* Stories a roundup must contain. */
	ROUNDUP_STORIES = 2,
	/* Members that may have little in common with their story's first report. */
	STRAYS_MAX = 2,
};

int64_t grouping_source_key(struct str source)
{
	return (int64_t)(XXH3_64bits(source.data != NULL ? source.data : "", source.len) >> 1);
}

bool grouping_take_sketch(struct grouping *g, const struct grouping_item *r)
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

/* Reads a known item into g->known: 1; 0 when it is gone, or is the report's own earlier text. */
static int get_known(struct grouping *g, const struct grouping_item *r, int64_t item_id, struct error *err)
{
	return item_id == r->item_id ? 0 : near_store_get(&g->store, item_id, &g->known, err);
}

static void filter_known(struct grouping *g)
{
	if (g->params.boilerplate)
		boilerplate_filter(g->phrases, &g->known.sketch, g->params.frequent);
}

/* Compares the report with g->known. */
static struct candidate compare_known(struct grouping *g, const struct grouping_item *r)
{
	struct near_item *k = &g->known;
	struct candidate c = {.item_id = k->item_id, .story_id = k->story_id, .words = k->sketch.words};

	filter_known(g);
	c.is_own = k->source == grouping_source_key(r->source);
	c.reasons = story_compare(&g->params, &g->asked, &k->sketch, c.is_own,
		r->at_ms > k->seen_ms ? r->at_ms - k->seen_ms : k->seen_ms - r->at_ms);
	return c;
}

/* Orders candidates.  Of two texts that contain the report equally, the one with less other text comes first: the
 * original rather than a roundup. */
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

/* A quick test before the full comparison.  Boilerplate is removed from the report only: then no shared shingle is
 * boilerplate either. */
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
			g->candidates[g->candidate_count++] = compare_known(g, r);
	}
	qsort(g->candidates, g->candidate_count, sizeof(g->candidates[0]), by_fit);
	return result < 0 ? result : 0;
}

static bool joins(const struct candidate *c)
{
	return c->reasons.verdict == STORY_REPRINT || c->reasons.verdict == STORY_UPDATE;
}

/* Whether the report contains several stories that are much shorter. */
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

/* Whether c and m show that c is a roundup: the report and m have nothing in common, and either the report is a
 * small part of c, or c contains both. */
static bool is_other_part(const struct grouping *g, const struct candidate *c, const struct candidate *m)
{
	return m->item_id != c->item_id && m->reasons.why == STORY_WHY_SHARED &&
	       (c->reasons.contained || c->words >= g->whole.words + m->words);
}

/* 1 when the operator has split an earlier text of the same outlet from the story, and the report may be that text's
 * next version.  The score need only reach join, not repeat: between two outlets that is enough for one story. */
static int is_held_apart(struct grouping *g, int64_t story_id, struct error *err)
{
	int result = 0;

	for (size_t i = 0; i < g->candidate_count && result == 0; i++)
		if (g->candidates[i].is_own && g->candidates[i].reasons.score >= g->params.join)
			result = story_constraint_is_apart(&g->constraints, g->candidates[i].item_id, story_id, err);
	return result;
}

/* Whether s has little in common with the story's first report. */
static bool is_stray(const struct grouping *g, const struct sketch *s)
{
	return story_compare(&g->params, s, &g->lead, false, 0).score < g->params.little;
}

/* 1 when the report has little in common with the story's first report, and STRAYS_MAX members have as little: a chain
 * of reports, each like the last, is no story. */
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

/* 1 when the report may not join c's story: the operator or the rule holds a member apart from it, or the story has
 * strayed.  After a join by the operator, the rule's differences no longer count. */
static int is_barred(struct grouping *g, const struct grouping_item *r, const struct candidate *c, struct error *err)
{
	int64_t ids[NEAR_MEMBERS_MAX];
	struct candidate m;
	size_t found;
	int result = is_held_apart(g, c->story_id, err);

	if (result != 0)
		return result;
	result = story_constraint_is_joined(&g->constraints, c->story_id, err);
	if (result != 0)
		return result < 0 ? result : 0;
	result = near_store_members(&g->store, c->story_id, ids, &found, err);
	if (result == 0)
		result = has_strayed(g, r, ids, found, err);
	for (size_t i = 0; i < found && result == 0; i++) {
		result = get_known(g, r, ids[i], err);
		if (result == 1) {
			m = compare_known(g, r);
			result = m.reasons.why == STORY_WHY_NUMBERS || is_other_part(g, c, &m);
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

/* Makes c the item that the answer refers to. */
static void refer_to(struct story_answer *answer, const struct candidate *c, enum story_relation relation)
{
	answer->relation = relation;
	answer->of_item = c->item_id;
	answer->reasons = c->reasons;
}

static void join_story(struct story_answer *answer, const struct candidate *c)
{
	refer_to(answer, c, c->reasons.verdict == STORY_UPDATE ? RELATION_UPDATE : RELATION_REPRINT);
	answer->story_id = c->story_id;
	add_link(answer, c, answer->relation);
}

/* Whether the report's title is that of c: a roundup joins the story that its title is about. */
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
			join_story(answer, c);
		else if (answer->of_item == 0)
			refer_to(answer, c, RELATION_RELATED);
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
			join_story(answer, c);
		} else if (c->story_id == answer->story_id) {
			/* the story holds the outlet's own earlier text, too: the report is its next version */
			if (c->reasons.verdict == STORY_UPDATE && answer->relation == RELATION_REPRINT)
				refer_to(answer, c, RELATION_UPDATE);
		} else {
			barred_story = joins(c) ? c->story_id : barred_story;
			if (answer->of_item == 0)
				refer_to(answer, c, RELATION_RELATED);
			add_link(answer, c, RELATION_RELATED);
		}
	}
	return 0;
}

int grouping_decide(struct grouping *g, const struct grouping_item *r, struct story_answer *answer, struct error *err)
{
	int result;

	*answer = (struct story_answer){.relation = RELATION_NEW};
	if (!grouping_take_sketch(g, r))
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
