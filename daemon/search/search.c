/* SPDX-License-Identifier: ISC */
#include "sitrep/search/search.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "candidates.h"
#include "facets.h"
#include "hits.h"
#include "index_file.h"
#include "query_feeds.h"
#include "sitrep/base/clock.h"
#include "sitrep/rules/rule.h"
#include "sitrep/rules/rule_plan.h"
#include "sitrep/store/item_follow.h"
#include "sitrep/store/stored_words.h"
#include "snippet.h"
#include "word_lookup.h"

enum {
	/* The plan, sets of texts, feeds, and the answer. */
	RESULT_MEMORY_MAX = 64 * 1024 * 1024,
	MARKED_MAX = 64 * 1024 * 1024,
	SNIPPET_MAX = 4096,
	/* A buffer that is larger is given back after an item. */
	KEPT_MAX = 256 * 1024,
};

static const char cannot_search[] = "cannot search";

struct searcher {
	char *state_dir;
	struct item_follow *items; /* NULL: not open yet */
	struct index_file file;
	struct word_lookup lookup;
	struct stored_words words;
	struct buf marked, snippet;
};

/* One search. */
struct run {
	struct searcher *s;
	const struct search_query *q;
	struct search_result *r;
	struct rule_set *set;
	struct rule_plan plan;
	struct candidates candidates;
	struct query_feeds feeds;
	struct hit_filter filter;
	struct hits hits;
	uint64_t all_texts; /* of the segments that were looked at */
	int64_t now_ms, end_us;
	/* -- of the item at hand */
	bool matches;
	int64_t story_id;
	struct search_story *out; /* NULL: nothing is copied */
	struct error *err;
};

struct searcher *searcher_new(const char *state_dir, struct error *err)
{
	struct searcher *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return error_sys_null(err, -ENOMEM, cannot_search);
	stored_words_init(&s->words);
	buf_init(&s->marked, MARKED_MAX);
	buf_init(&s->snippet, MARKED_MAX);
	word_lookup_init(&s->lookup, &s->file);
	s->state_dir = strdup(state_dir);
	if (s->state_dir == NULL) {
		searcher_free(s);
		return error_sys_null(err, -ENOMEM, cannot_search);
	}
	return s;
}

static void close_index(struct searcher *s)
{
	word_lookup_release(&s->lookup);
	index_file_close(&s->file);
}

void searcher_free(struct searcher *s)
{
	if (s == NULL)
		return;
	close_index(s);
	item_follow_free(s->items);
	stored_words_release(&s->words);
	buf_release(&s->marked);
	buf_release(&s->snippet);
	free(s->state_dir);
	free(s);
}

void search_result_release(struct search_result *r)
{
	arena_release(&r->arena);
	*r = (struct search_result){0};
}

static int open_files(struct searcher *s, struct error *err)
{
	if (s->items == NULL)
		s->items = item_follow_new(s->state_dir, err);
	if (s->items == NULL)
		return err->code;
	if (s->file.db != NULL && !index_file_is_there(&s->file))
		close_index(s);
	return s->file.db != NULL ? 0 : index_file_open(&s->file, s->state_dir, false, NULL, err);
}

static bool is_late(const struct run *run)
{
	return run->end_us != 0 && clock_mono_us() >= run->end_us;
}

/* ---- the rule's verdict ---- */

static void note_match(void *arg, const struct rule_hit *hit UNUSED)
{
	*(bool *)arg = true;
}

static int copy_marked(struct run *run, enum rule_part part, struct str *out)
{
	struct searcher *s = run->s;
	int result;

	buf_reuse(&s->marked, KEPT_MAX);
	buf_reuse(&s->snippet, KEPT_MAX);
	result = rule_set_mark(run->set, 0, part, &s->marked);
	if (result == 0)
		result = part == RULE_IN_TITLE ? buf_add(&s->snippet, str_trim(buf_str(&s->marked)))
					       : snippet_write(&s->snippet, buf_str(&s->marked));
	*out = arena_str(&run->r->arena, str_slice(buf_str(&s->snippet), 0, SNIPPET_MAX));
	return result == 0 && out->data != NULL ? 0 : -ENOMEM;
}

static int copy_story(struct run *run, const struct history_item *it)
{
	struct arena *a = &run->r->arena;
	const bool named = it->item->has_source && it->item->source.title.value.len > 0;

	*run->out = (struct search_story){
		.story_id = it->story_id,
		.item_id = it->item_id,
		.sort_ms = it->story_sort_ms,
		.link = arena_str(a, it->item->link),
		.source = arena_str(a, named ? it->item->source.title.value : it->source),
		.feed = arena_str(a, it->feed),
		.language = arena_str(a, it->item->language),
		.outlets = it->story_sources,
	};
	if (!run->q->snippets)
		return 0;
	return copy_marked(run, RULE_IN_TITLE, &run->out->title) != 0 ? -ENOMEM
								      : copy_marked(run, RULE_IN_BODY, &run->out->text);
}

static int match_item(void *arg, const struct history_item *it)
{
	struct run *run = arg;
	const struct rule_story story = {
		.age_ms = run->now_ms - it->story_sort_ms,
		.sources = it->story_sources,
		.priority = (enum rule_priority)it->story_priority,
	};
	struct rule_subject subject = {.feed = it->feed,
		.categories = it->categories,
		.source = it->source,
		.publisher = it->publisher,
		.item = it->item,
		.story = &story};
	int result = stored_words_read(&run->s->words, it->item, &subject);

	if (result == 0)
		result = rule_set_match(run->set, &subject, note_match, &run->matches);
	run->story_id = it->story_id;
	if (result == 0 && run->matches && run->out != NULL)
		result = copy_story(run, it);
	return result < 0 ? error_sys(run->err, result, cannot_search) : 0;
}

/* Reads the hit's item and sets run->matches; out: where it is copied to when it does, or NULL. */
static int check_hit(struct run *run, const struct hit *hit, struct search_story *out)
{
	run->matches = false;
	run->out = out;
	return item_follow_item(run->s->items, hit->doc.item_id, match_item, run, run->err);
}

/* ---- the search ---- */

static int prepare_filter(struct run *run)
{
	const struct search_query *q = run->q;
	bool *feeds = arena_alloc_array(&run->r->arena, run->feeds.count + 1, sizeof(*feeds));
	struct str name;

	if (feeds == NULL)
		return error_sys(run->err, -ENOMEM, cannot_search);
	run->filter = (struct hit_filter){.from_ms = q->from_ms,
		.until_ms = q->until_ms,
		.languages = q->languages,
		.by_feed = q->feeds.len > 0 || q->categories.len > 0,
		.feeds = feeds,
		.known = &run->feeds};
	for (size_t i = 0; i < run->feeds.count; i++) {
		const struct query_feed *f = &run->feeds.items[i];
		struct str rest = q->feeds, categories = q->categories;
		bool by_name = q->feeds.len == 0, by_category = q->categories.len == 0;

		while (!by_name && str_split(&rest, '\n', &name))
			by_name = rule_name_matches(f->name, name, false);
		while (!by_category && str_split(&categories, '\n', &name)) {
			struct str own = f->categories, category;

			while (!by_category && str_split(&own, '\n', &category))
				by_category = rule_name_matches(category, name, false);
		}
		feeds[i] = by_name && by_category;
	}
	return 0;
}

static int prepare_run(struct run *run)
{
	struct arena *a = &run->r->arena;
	int result;

	run->set = rule_set_new();
	if (run->set == NULL)
		return error_sys(run->err, -ENOMEM, cannot_search);
	result = rule_set_add(run->set, STR("q"), run->q->rule, run->err);
	if (result == 0 && run->q->snippets)
		rule_set_keep_places(run->set);
	if (result == 0)
		result = rule_set_finish(run->set, run->err);
	if (result == 0)
		result = rule_plan_make(a, run->q->rule, &run->plan, run->err);
	if (result == 0)
		result = query_feeds_read(&run->feeds, a, run->s->items, run->err);
	if (result == 0)
		result = prepare_filter(run);
	return result == 0 ? candidates_init(&run->candidates, a, &run->s->lookup, &run->feeds, &run->plan,
				     run->q->sort == SEARCH_BEST, run->err)
			   : result;
}

static bool may_have_hits(const struct run *run, const struct segment *s)
{
	return s->last_ms >= run->q->from_ms && (run->q->until_ms == 0 || s->first_ms < run->q->until_ms);
}

static int search_segment(struct run *run, const struct segment *s)
{
	uint64_t dead[SEGMENT_BITMAP_WORDS] = {0};
	struct text_set *set;
	int result = index_file_dead(&run->s->file, s, dead, run->err);

	if (result == 0)
		result = candidates_find(&run->candidates, s, &set);
	if (result == 0)
		result = hits_add(&run->hits, &run->s->file, s, set, dead, &run->candidates, &run->filter, run->err);
	run->all_texts += s->docs;
	return result;
}

static int search_segments(struct run *run)
{
	struct segment *segments;
	size_t count;
	int result = index_file_segments(&run->s->file, &segments, &count, run->err);

	if (result == 0)
		word_lookup_keep(&run->s->lookup, segments, count);
	for (size_t i = 0; i < count && result == 0; i++) {
		if (hits_end_before(&run->hits, segments[i].last_item))
			break;
		run->r->is_cut = run->r->is_cut || is_late(run);
		if (run->r->is_cut)
			break;
		if (may_have_hits(run, &segments[i]))
			result = search_segment(run, &segments[i]);
	}
	free(segments);
	return result;
}

/* Asks the rule about the hits of which the index is not sure, when there are few of them, and drops those that it does
 * not match. */
static int check_hits(struct run *run)
{
	struct hits *h = &run->hits;
	size_t unsure = 0, kept = 0;
	int result = 0;

	for (size_t i = 0; i < h->count; i++)
		unsure += !h->items[i].sure;
	run->r->is_estimate = unsure > SEARCH_CHECKED_MAX;
	if (unsure == 0 || run->r->is_estimate || !run->q->facets)
		return 0;
	for (size_t i = 0; i < h->count; i++) {
		struct hit hit = h->items[i];

		if (!hit.sure && is_late(run)) {
			run->r->is_estimate = true;
		} else if (!hit.sure) {
			result = check_hit(run, &hit, NULL);
			if (result != 0)
				return result;
			hit.sure = run->matches;
			if (!run->matches)
				continue;
		}
		h->items[kept++] = hit;
	}
	h->count = kept;
	return 0;
}

/* True when the story is already in the answer or was skipped; else notes it. */
static bool is_known(int64_t *stories, size_t places, int64_t story)
{
	size_t at = (size_t)((uint64_t)story * UINT64_C(0x9E3779B97F4A7C15) >> 32) & (places - 1);

	while (stories[at] != 0 && stories[at] != story)
		at = (at + 1) & (places - 1);
	if (stories[at] == story)
		return true;
	stories[at] = story;
	return false;
}

/* Takes the stories of the wanted part from the hits, which are in order. */
static int take_stories(struct run *run)
{
	struct search_result *r = run->r;
	size_t limit = run->q->limit > SEARCH_SHOWN_MAX ? SEARCH_SHOWN_MAX : run->q->limit, skipped = 0, places = 16;
	int64_t *known;
	int result = 0;

	while (places < 2 * run->hits.count + 2)
		places *= 2;
	known = calloc(places, sizeof(*known));
	r->stories = arena_alloc_array(&r->arena, limit + 1, sizeof(*r->stories));
	if (known == NULL || r->stories == NULL)
		result = error_sys(run->err, -ENOMEM, cannot_search);
	r->is_last = true;
	for (size_t i = 0; i < run->hits.count && result == 0; i++) {
		const struct hit *hit = &run->hits.items[i];
		struct search_story *out = &r->stories[r->count];

		if (is_late(run)) {
			r->is_cut = true;
			r->is_last = false;
			break;
		}
		result = check_hit(run, hit, skipped < run->q->skip || r->count == limit ? NULL : out);
		if (result != 0 || !run->matches || is_known(known, places, run->story_id))
			continue;
		if (skipped < run->q->skip) {
			skipped++;
			continue;
		}
		if (r->count == limit) {
			r->is_last = false;
			break;
		}
		out->score = hit->score;
		result = item_follow_story_uid(run->s->items, out->story_id, out->uid, run->err);
		r->count++;
	}
	free(known);
	return result;
}

static int run_all(struct run *run)
{
	struct search_result *r = run->r;
	int result = prepare_run(run);

	if (result == 0)
		result = search_segments(run);
	if (result == 0)
		result = check_hits(run);
	if (result != 0)
		return result;
	if (run->q->sort == SEARCH_BEST)
		hits_rank(&run->hits, &run->candidates, run->all_texts);
	else
		hits_sort_by_time(&run->hits);
	r->found = hits_group(&run->hits);
	r->is_newest = run->hits.is_newest;
	if (run->q->facets && facets_count(r, &run->hits, &run->feeds) != 0)
		return error_sys(run->err, -ENOMEM, cannot_search);
	return take_stories(run);
}

/* Items that are stored and not in the index yet. */
static int count_behind(struct run *run)
{
	struct item_follow_state state;
	int64_t item = 0;
	int result = item_follow_state(run->s->items, &state, run->err);

	if (result == 0)
		result = index_file_get(&run->s->file, INDEX_ITEM, &item, run->err);
	run->r->behind = state.last_item > item ? state.last_item - item : 0;
	return result;
}

int searcher_run(struct searcher *s, const struct search_query *q, struct search_result *result, struct error *err)
{
	struct error own = {0};
	struct run run = {.s = s, .q = q, .r = result, .now_ms = clock_wall_ms(), .err = err != NULL ? err : &own};
	int code;

	*result = (struct search_result){.arena = ARENA_INIT(RESULT_MEMORY_MAX)};
	run.end_us = q->limit_us > 0 ? clock_mono_us() + q->limit_us : 0;
	code = open_files(s, run.err);
	if (code == 0)
		code = item_follow_begin(s->items, run.err);
	if (code == 0) {
		code = index_file_begin(&s->file, false, run.err);
		if (code == 0)
			code = count_behind(&run);
		if (code == 0)
			code = run_all(&run);
		index_file_end(&s->file, 0, NULL);
		item_follow_end(s->items);
	}
	candidates_release(&run.candidates);
	hits_release(&run.hits);
	rule_set_free(run.set);
	if (code == -EUCLEAN)
		close_index(s);
	if (code != 0)
		search_result_release(result);
	return code;
}
