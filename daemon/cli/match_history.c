/* SPDX-License-Identifier: ISC */
/* sitrep match --since: the alerts that a rule would have raised.
 *
 * A story counts once, at its first report that the rule matches.  Conditions on the story see its publishers and
 * alerts as they are now, and every age that it had from that report's arrival to now. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client.h"
#include "match.h"
#include "sitrep/base/jsonw.h"
#include "sitrep/base/paths.h"
#include "sitrep/base/units.h"
#include "sitrep/store/history.h"
#include "sitrep/store/stored_words.h"

enum {
	/* Most stories that are remembered, so that each is printed once: 128 MB. */
	STORIES_MAX = 8 * 1024 * 1024,
	STORIES_MIN = 1024,
	TERMS_SHOWN = 20,
	PROGRESS_ITEMS = 2000,
	JSON_MAX = 16 * 1024 * 1024,
	DAY_MS = 24 * 3600 * 1000,
};

/* The number of stories in which a term was found.  A term is identified by the address of its text in the rule. */
struct term_count {
	struct str term;
	size_t stories;
};

struct history {
	struct matcher *m;
	struct stored_words words;
	int64_t now_ms;
	int64_t *stories; /* open hash of the stories that were printed; 0: a free place */
	size_t story_count, story_places;
	struct term_count *terms; /* the same of terms */
	size_t term_count, term_places;
	int64_t day;            /* the day of the last story, since 1970 */
	size_t on_day, on_most; /* stories on that day, and on the day with the most */
	int64_t most_day;
	bool progress, progress_shown;
	struct error *err;
};

/* ---- stories and terms, each once ---- */

static size_t place_of(uint64_t key, size_t places)
{
	return (size_t)(key * UINT64_C(0x9E3779B97F4A7C15) >> 32) & (places - 1);
}

static int64_t *find_story(int64_t *stories, size_t places, int64_t id)
{
	size_t at = place_of((uint64_t)id, places);

	while (stories[at] != 0 && stories[at] != id)
		at = (at + 1) & (places - 1);
	return &stories[at];
}

static int grow_stories(struct history *h)
{
	size_t places = h->story_places == 0 ? STORIES_MIN : 2 * h->story_places;
	int64_t *grown = h->story_count >= STORIES_MAX ? NULL : calloc(places, sizeof(*grown));

	if (grown == NULL)
		return error_set(h->err, -ENOMEM, "there are too many stories for the memory, choose a shorter time");
	for (size_t i = 0; i < h->story_places; i++)
		if (h->stories[i] != 0)
			*find_story(grown, places, h->stories[i]) = h->stories[i];
	free(h->stories);
	h->stories = grown;
	h->story_places = places;
	return 0;
}

/* 1: the story is new; 0: it was printed before. */
static int note_story(struct history *h, int64_t id)
{
	int64_t *place;

	if (2 * h->story_count >= h->story_places && grow_stories(h) != 0)
		return h->err->code;
	place = find_story(h->stories, h->story_places, id);
	if (*place == id)
		return 0;
	*place = id;
	h->story_count++;
	return 1;
}

static struct term_count *find_term(struct term_count *terms, size_t places, struct str term)
{
	size_t at = place_of((uint64_t)(uintptr_t)term.data, places);

	while (terms[at].stories != 0 && terms[at].term.data != term.data)
		at = (at + 1) & (places - 1);
	return &terms[at];
}

static int grow_terms(struct history *h)
{
	size_t places = h->term_places == 0 ? STORIES_MIN : 2 * h->term_places;
	struct term_count *grown = calloc(places, sizeof(*grown));

	if (grown == NULL)
		return error_sys(h->err, -ENOMEM, "cannot count the terms");
	for (size_t i = 0; i < h->term_places; i++)
		if (h->terms[i].stories != 0)
			*find_term(grown, places, h->terms[i].term) = h->terms[i];
	free(h->terms);
	h->terms = grown;
	h->term_places = places;
	return 0;
}

static int note_term(struct history *h, struct str term)
{
	struct term_count *t;

	if (2 * h->term_count >= h->term_places && grow_terms(h) != 0)
		return h->err->code;
	t = find_term(h->terms, h->term_places, term);
	h->term_count += t->stories == 0;
	t->term = term;
	t->stories++;
	return 0;
}

static void note_day(struct history *h, int64_t seen_ms)
{
	int64_t day = seen_ms / DAY_MS;

	h->on_day = day == h->day ? h->on_day + 1 : 1;
	h->day = day;
	if (h->on_day > h->on_most) {
		h->on_most = h->on_day;
		h->most_day = day;
	}
}

/* ---- an item ---- */

static void clear_progress(struct history *h)
{
	if (h->progress_shown)
		fputs("\r\033[K", stderr);
	h->progress_shown = false;
}

static void show_progress(struct history *h)
{
	if (!h->progress || h->m->items % PROGRESS_ITEMS != 0)
		return;
	fprintf(stderr, "\r%zu items, %zu stories \033[K", h->m->items, h->m->matched);
	h->progress_shown = true;
}

/* True when the rule matches at an age that the story has had since the item came. */
static bool ever_holds(const struct history *h, const struct history_item *it, struct rule_story story, uint64_t truth)
{
	const struct rule_set *set = h->m->set;
	int64_t last_ms = h->now_ms - it->story_sort_ms;

	while (!rule_set_holds(set, 0, truth, &story)) {
		story.age_ms = rule_set_next_age(set, 0, story.age_ms);
		if (story.age_ms > last_ms)
			return false;
	}
	return true;
}

static int print_item(struct history *h, struct match_finding *f, int64_t story_id)
{
	int result = f->matches ? note_story(h, story_id) : 1;

	if (result != 1)
		return result;
	if (f->matches) {
		h->m->matched++;
		note_day(h, f->seen_ms);
		for (size_t i = 0; i < f->term_count; i++)
			if (note_term(h, f->terms[i]) != 0)
				return h->err->code;
	}
	clear_progress(h);
	return matcher_print(h->m, f, h->err);
}

static int take_item(void *arg, const struct history_item *it)
{
	struct history *h = arg;
	struct rule_subject subject = {.feed = it->feed,
		.categories = it->categories,
		.source = it->source,
		.publisher = it->publisher,
		.item = it->item};
	struct rule_story story = {
		.age_ms = it->seen_ms > it->story_sort_ms ? it->seen_ms - it->story_sort_ms : 0,
		.sources = it->story_sources,
		.priority = (enum rule_priority)it->story_priority,
	};
	struct match_finding f = {.number = ++h->m->items, .item = it->item, .seen_ms = it->seen_ms, .feed = it->feed};
	int result = stored_words_read(&h->words, it->item, &subject);

	if (result == 0)
		result = matcher_find(h->m, &subject, &f);
	if (result != 0)
		return error_sys(h->err, result, "cannot match an item");
	f.matches = f.truth != 0 && ever_holds(h, it, story, f.truth);
	subject.story = &story;
	if (f.matches || h->m->options->explain)
		result = print_item(h, &f, it->story_id);
	show_progress(h);
	return result;
}

/* ---- the end ---- */

static int by_stories(const void *a, const void *b)
{
	const struct term_count *left = a, *right = b;

	if (left->stories != right->stories)
		return left->stories < right->stories ? 1 : -1;
	return str_cmp(left->term, right->term);
}

/* Moves the counted terms to the front, the most frequent first. */
static void sort_terms(struct history *h)
{
	size_t count = 0;

	for (size_t i = 0; i < h->term_places; i++)
		if (h->terms[i].stories != 0)
			h->terms[count++] = h->terms[i];
	if (count > 1)
		qsort(h->terms, count, sizeof(*h->terms), by_stories);
}

static double stories_a_day(const struct history *h)
{
	return (double)h->m->matched * DAY_MS / (double)h->m->options->since_ms;
}

static void print_sum(const struct history *h)
{
	char time[TIME_TEXT_MAX];

	printf("%zu %s in %zu items of %s: %.1f a day", h->m->matched, h->m->matched == 1 ? "story" : "stories",
		h->m->items, duration_format(time, h->m->options->since_ms), stories_a_day(h));
	if (h->on_most > 1)
		printf(", most on %.10s: %zu", time_format_rfc3339(time, h->most_day * DAY_MS), h->on_most);
	putchar('\n');
	for (size_t i = 0; i < h->term_count && i < TERMS_SHOWN; i++)
		printf("%8zu  %.*s\n", h->terms[i].stories, STR_ARG(h->terms[i].term));
	if (h->term_count > TERMS_SHOWN)
		printf("%8s  %zu more terms\n", "", h->term_count - TERMS_SHOWN);
}

static int print_sum_json(const struct history *h)
{
	struct buf out = BUF_INIT(JSON_MAX);
	struct jsonw w = JSONW_INIT(&out);
	int result;

	jsonw_object(&w);
	jsonw_kv_object(&w, "sum");
	jsonw_kv_time(&w, "since", h->now_ms - h->m->options->since_ms);
	jsonw_kv_int(&w, "items", (long long)h->m->items);
	jsonw_kv_int(&w, "stories", (long long)h->m->matched);
	jsonw_kv_real(&w, "stories_a_day", stories_a_day(h));
	jsonw_kv_array(&w, "terms");
	for (size_t i = 0; i < h->term_count; i++) {
		jsonw_object(&w);
		jsonw_kv_str(&w, "term", h->terms[i].term);
		jsonw_kv_int(&w, "stories", (long long)h->terms[i].stories);
		jsonw_object_end(&w);
	}
	jsonw_array_end(&w);
	jsonw_object_end(&w);
	jsonw_object_end(&w);
	buf_putc(&out, '\n');
	result = out.failed;
	if (result == 0)
		fwrite(out.data, 1, out.len, stdout);
	buf_release(&out);
	return result;
}

int match_history(struct matcher *m, struct error *err)
{
	struct history h = {
		.m = m, .now_ms = clock_wall_ms(), .progress = isatty(STDERR_FILENO) != 0, .day = -1, .err = err};
	char *state_dir = paths_state_dir(m->options->state_dir);
	int result = -ENOMEM;

	stored_words_init(&h.words);
	if (state_dir == NULL)
		error_sys(err, result, "cannot read the database");
	else
		result = history_read(state_dir, h.now_ms - m->options->since_ms, take_item, &h, err);
	clear_progress(&h);
	sort_terms(&h);
	if (result == 0 && m->options->json)
		result = print_sum_json(&h);
	else if (result == 0)
		print_sum(&h);
	stored_words_release(&h.words);
	free(h.stories);
	free(h.terms);
	free(state_dir);
	return result;
}
