/* SPDX-License-Identifier: ISC */
/* The search over stored items: its answers are those of a slow scan with the same rule, for random rules over texts in
 * several languages, also after items changed and went, and with an index that was interrupted, removed or damaged. */
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>

#include "../../../daemon/search/search_index.h"
#include "house.h"
#include "seed.h"
#include "sitrep/search/search.h"
#include "sitrep/store/history.h"
#include "sitrep/store/stored_words.h"

enum { STORIES_ROOM = 4096, ITEMS = 260, RULES = 400, RULE_ROOM = 2048 };

/* Words as texts have them, and as rules ask for them. */
static const char *const words[] = {"missile", "Missiles", "frigate", "the", "the", "of", "a", "strait", "drone",
	"l'OTAN", "OTAN", "München", "munchen", "muenchen", "Élysée", "elysee", "Ukraine's", "ukraine", "Королёв",
	"королев", "ракета", "ракеты", "北京", "朝鲜半岛", "導彈", "北朝鮮", "ミサイル", "발사", "미사일을", "미사일",
	"الصواريخ", "صواريخ", "F-35", "1,200", "1200", "don't", "Sana'a", "ข่าว", "zone", "zones", "launch"};
enum { WORDS = sizeof(words) / sizeof(words[0]) };

struct found {
	int64_t stories[STORIES_ROOM];
	size_t count;
};

static void note(struct found *f, int64_t story)
{
	for (size_t i = 0; i < f->count; i++)
		if (f->stories[i] == story)
			return;
	assert_true(f->count < STORIES_ROOM);
	f->stories[f->count++] = story;
}

static int by_number(const void *a, const void *b)
{
	int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;

	return (left > right) - (left < right);
}

/* ---- the slow scan ---- */

struct scan {
	struct rule_set *set;
	struct stored_words words;
	struct found *found;
	bool matches;
};

static void note_match(void *arg, const struct rule_hit *hit)
{
	(void)hit;
	*(bool *)arg = true;
}

static int scan_item(void *arg, const struct history_item *it)
{
	struct scan *s = arg;
	struct rule_story story = {.age_ms = clock_wall_ms() - it->story_sort_ms,
		.sources = it->story_sources,
		.priority = (enum rule_priority)it->story_priority};
	struct rule_subject subject = {.feed = it->feed,
		.categories = it->categories,
		.source = it->source,
		.publisher = it->publisher,
		.item = it->item,
		.story = &story};

	s->matches = false;
	assert_int_equal(stored_words_read(&s->words, it->item, &subject), 0);
	assert_int_equal(rule_set_match(s->set, &subject, note_match, &s->matches), 0);
	if (s->matches)
		note(s->found, it->story_id);
	return 0;
}

/* False: the rule is refused. */
static bool scan_all(const char *dir, const char *rule, struct found *found)
{
	struct scan s = {.set = rule_set_new(), .found = found};
	struct error err = {0};
	bool is_rule = rule_set_add(s.set, STR("q"), str_from(rule), &err) == 0;

	stored_words_init(&s.words);
	found->count = 0;
	if (is_rule) {
		assert_int_equal(rule_set_finish(s.set, &err), 0);
		assert_ok(history_read(dir, 0, scan_item, &s, &err) == 0, err);
	}
	rule_set_free(s.set);
	stored_words_release(&s.words);
	return is_rule;
}

/* ---- the search ---- */

static void search_all(struct searcher *s, const char *rule, enum search_sort sort, struct found *found)
{
	struct search_query q = {.rule = str_from(rule), .sort = sort, .limit = SEARCH_SHOWN_MAX};
	struct error err = {0};
	bool is_last = false;

	found->count = 0;
	for (q.skip = 0; !is_last; q.skip += q.limit) {
		struct search_result r;

		assert_ok(searcher_run(s, &q, &r, &err) == 0, err);
		for (size_t i = 0; i < r.count; i++)
			note(found, r.stories[i].story_id);
		is_last = r.is_last;
		assert_int_equal(r.behind, 0);
		search_result_release(&r);
	}
}

static void assert_same(const char *rule, struct found *expected, struct found *actual)
{
	bool same = expected->count == actual->count;

	qsort(expected->stories, expected->count, sizeof(expected->stories[0]), by_number);
	qsort(actual->stories, actual->count, sizeof(actual->stories[0]), by_number);
	same = same && memcmp(expected->stories, actual->stories, expected->count * sizeof(expected->stories[0])) == 0;
	if (!same)
		fail_msg("%s: a scan finds %zu stories, the search %zu", rule, expected->count, actual->count);
}

/* ---- chance ---- */

static const char *word(uint64_t *seed)
{
	return words[seed_below(seed, WORDS)];
}

static void make_text(uint64_t *seed, char *text, size_t room, size_t count)
{
	size_t len = 0;

	text[0] = '\0';
	for (size_t i = 0; i < count; i++)
		len += (size_t)snprintf(text + len, room - len, "%s%s", word(seed),
			seed_below(seed, 8) == 0   ? ". "
			: seed_below(seed, 6) == 0 ? ""
						   : " ");
}

static void make_term(uint64_t *seed, char *out, size_t room)
{
	static const char *const fields[] = {"title:", "summary:", "author:", "link:", "source:"};
	static const char *const names[] = {"feed:alpha", "feed:br*", "category:naval", "category:u*", "lang:en",
		"lang:de*", "publisher:alpha.example", "publisher:example", "words>12", "sources>=2", "sources<2",
		"age>1h", "/miss[a-z]+/i", "/F-?35/", "list(missile = 2, drone, 北京 = 3, frigate = -1) >= 3",
		"feed:nosuch"};
	const char *field = seed_below(seed, 4) == 0 ? fields[seed_below(seed, 5)] : "";

	switch (seed_below(seed, 8)) {
	case 0:
		snprintf(out, room, "%s", names[seed_below(seed, sizeof(names) / sizeof(names[0]))]);
		return;
	case 1:
		snprintf(out, room, "%s\"%s %s\"", field, word(seed), word(seed));
		return;
	case 2:
		snprintf(out, room, "%s\"%s %s %s*\"", field, word(seed), word(seed), word(seed));
		return;
	case 3:
		snprintf(out, room, "%s%.*s*", field, 2, "mi" + seed_below(seed, 1));
		return;
	case 4:
		snprintf(out, room, "%s %s/%d (%s OR \"%s %s\")", word(seed), seed_below(seed, 2) ? "NEAR" : "ONEAR",
			(int)seed_below(seed, 4) + 1, word(seed), word(seed), word(seed));
		return;
	default:
		snprintf(out, room, "%s%s", field, word(seed));
	}
}

static void make_rule(uint64_t *seed, char *out, size_t room, int depth)
{
	char left[RULE_ROOM], right[RULE_ROOM];

	if (depth == 0 || seed_below(seed, 3) == 0) {
		make_term(seed, out, room);
		return;
	}
	make_rule(seed, left, sizeof(left), depth - 1);
	make_rule(seed, right, sizeof(right), depth - 1);
	switch (seed_below(seed, 4)) {
	case 0:
		snprintf(out, room, "(%.900s) AND (%.900s)", left, right);
		return;
	case 1:
		snprintf(out, room, "(%.900s) OR (%.900s)", left, right);
		return;
	case 2:
		snprintf(out, room, "(%.900s) NOT (%.900s)", left, right);
		return;
	default:
		snprintf(out, room, "(%.900s) %.900s", left, right);
	}
}

/* ---- items ---- */

static void add_items(struct house *h, uint64_t *seed, size_t first, size_t count, int version)
{
	for (size_t i = 0; i < count; i += 10) {
		struct draft d = draft_new("A feed of missile news");

		for (size_t k = i; k < i + 10 && k < count; k++) {
			char title[512], body[2048], guid[64], link[128];
			struct item *it;

			make_text(seed, title, sizeof(title), 1 + seed_below(seed, 6));
			make_text(seed, body, sizeof(body), 3 + seed_below(seed, 30));
			snprintf(guid, sizeof(guid), "guid-%zu", first + k);
			snprintf(link, sizeof(link), "https://%s.example/%zu/missile-%d",
				seed_below(seed, 2) ? "alpha" : "news.other", first + k, version);
			it = draft_add(&d, guid, link, title, body);
			it->language = seed_below(seed, 3) ? STR("en-GB") : STR("de");
		}
		house_take(h, (first + i) / 10 % FEEDS, h->at_ms += HOUR_MS, &d);
	}
}

struct index {
	struct house house;
	struct search_index *index;
	struct searcher *searcher;
	uint64_t seed;
};

static void index_all(struct index *x)
{
	atomic_bool stop = false;
	struct error err = {0};
	int result;

	while ((result = search_index_step(x->index, &stop, &err)) == 1)
		;
	assert_ok(result == 0, err);
	assert_int_equal(search_index_behind(x->index), 0);
}

static void index_make(struct index *x)
{
	struct error err = {0};

	house_make(&x->house);
	house_open(&x->house);
	x->seed = seed_choose();
	x->index = search_index_new(x->house.dir, &err);
	x->searcher = searcher_new(x->house.dir, &err);
	assert_ok(x->index != NULL && x->searcher != NULL, err);
	add_items(&x->house, &x->seed, 0, ITEMS, 0);
}

static void index_release(struct index *x)
{
	searcher_free(x->searcher);
	search_index_free(x->index);
	house_release(&x->house);
}

FIXTURE(index, index_make, index_release)

static void compare(struct index *x, int rules)
{
	struct found expected, actual;
	char rule[2 * RULE_ROOM];
	size_t matches = 0;

	for (int i = 0; i < rules;) {
		make_rule(&x->seed, rule, sizeof(rule), (int)seed_below(&x->seed, 4));
		if (!scan_all(x->house.dir, rule, &expected))
			continue;
		search_all(x->searcher, rule, i % 2 == 0 ? SEARCH_NEW : SEARCH_BEST, &actual);
		assert_same(rule, &expected, &actual);
		matches += expected.count;
		i++;
	}
	assert_true(matches > 0);
}

TEST_ON(answers_are_those_of_a_scan, index, x)
{
	index_all(x);
	compare(x, RULES);
}

TEST_ON(changed_and_removed_items_are_followed, index, x)
{
	index_all(x);
	add_items(&x->house, &x->seed, 40, 60, 1);
	run_statements(x->house.ingest.store.db, "DELETE FROM item WHERE id % 7 = 3");
	index_all(x);
	compare(x, RULES / 4);
	/* before the index has followed */
	run_statements(x->house.ingest.store.db, "DELETE FROM item WHERE id % 5 = 1");
	compare(x, RULES / 8);
	add_items(&x->house, &x->seed, ITEMS, 40, 0);
	index_all(x);
	compare(x, RULES / 4);
}

static void search_path(struct index *x, char path[400])
{
	snprintf(path, 400, "%s/search.db", x->house.dir);
}

TEST_ON(a_removed_index_is_built_anew, index, x)
{
	char path[400];

	index_all(x);
	search_path(x, path);
	assert_int_equal(unlink(path), 0);
	index_all(x);
	compare(x, 20);
	search_index_free(x->index);
	assert_int_equal(unlink(path), 0);
	x->index = search_index_new(x->house.dir, NULL);
	index_all(x);
	compare(x, 20);
}

/* Every page of the file in turn is overwritten: the index is either not touched by it, or built anew. */
TEST_ON(a_damaged_index_is_built_anew, index, x)
{
	char path[400], noise[512];
	off_t size;
	int fd;

	index_all(x);
	search_path(x, path);
	for (off_t at = 0;; at += 4096) {
		struct error err = {0};
		struct search_query q = {.rule = STR("the OR miss*"), .limit = 1};
		struct search_result r;

		search_index_free(x->index);
		searcher_free(x->searcher);
		fd = open(path, O_RDWR);
		assert_true(fd >= 0);
		size = lseek(fd, 0, SEEK_END);
		memset(noise, 0xa5, sizeof(noise));
		if (at < size)
			assert_int_equal(pwrite(fd, noise, sizeof(noise), at + 700), sizeof(noise));
		close(fd);
		x->index = search_index_new(x->house.dir, &err);
		x->searcher = searcher_new(x->house.dir, &err);
		if (at >= size)
			break;
		/* a reader gives an answer or a sentence */
		if (searcher_run(x->searcher, &q, &r, &err) == 0)
			search_result_release(&r);
		else
			assert_true(err.text[0] != '\0');
		add_items(&x->house, &x->seed, 5000 + (size_t)at / 40, 10, 0);
		index_all(x);
	}
	index_all(x);
	assert_int_equal(unlink(path), 0);
	index_all(x);
	compare(x, 20);
}

/* The database was replaced by an older copy, whose next items have the same numbers. */
TEST_ON(another_database_is_noticed, index, x)
{
	index_all(x);
	run_statements(x->house.ingest.store.db,
		"UPDATE near_state SET value = value + 1 WHERE name = 'instance'; DELETE FROM item WHERE id < 100");
	index_all(x);
	compare(x, 20);
}

TEST_ON(a_stopped_step_has_no_effect, index, x)
{
	atomic_bool stop = true;
	struct error err = {0};

	index_all(x);
	add_items(&x->house, &x->seed, 0, 60, 2);
	assert_int_equal(search_index_step(x->index, &stop, &err), -ECANCELED);
	index_all(x);
	compare(x, 20);
}

/* No file may grow beyond this: the step fails, and is repeated when there is room again. */
static void limit_files(rlim_t bytes)
{
	struct rlimit limit;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = bytes == RLIM_INFINITY ? limit.rlim_max : bytes;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

TEST_ON(a_full_disk_pauses_the_index, index, x)
{
	atomic_bool stop = false;
	struct error err = {0};

	signal(SIGXFSZ, SIG_IGN);
	limit_files(48 * 1024);
	assert_int_equal(search_index_step(x->index, &stop, &err), -ENOSPC);
	assert_non_null(strstr(err.text, "no space left"));
	assert_int_equal(search_index_step(x->index, &stop, &err), -ENOSPC);
	limit_files(RLIM_INFINITY);
	index_all(x);
	compare(x, 20);
}

/* Items that are added one after the other, so that small parts are merged again and again. */
TEST_ON(many_small_parts_are_merged, index, x)
{
	for (size_t i = 0; i < 40; i++) {
		add_items(&x->house, &x->seed, ITEMS + 10 * i, 10, 0);
		index_all(x);
	}
	compare(x, 40);
}

static size_t count_facet(const struct search_facets *f, const char *value)
{
	for (size_t i = 0; i < f->count; i++)
		if (str_eq(f->items[i].value, str_from(value)))
			return f->items[i].stories;
	return 0;
}

static void add_dated(
	struct draft *d, const char *guid, const char *title, const char *body, const char *language, int64_t at_ms)
{
	struct item *it = draft_add(d, guid, NULL, title, body);

	it->language = str_from(language);
	it->published = at_ms;
}

TEST(facets_filters_and_snippets)
{
	struct house h;
	struct error err = {0};
	struct search_query q = {.rule = STR("frigate"), .limit = 10, .facets = true, .snippets = true};
	struct search_result r;
	struct draft d = draft_new("Alpha");
	struct index x = {0};

	house_make(&h);
	house_open(&h);
	add_dated(&d, "1", "A frigate leaves", "It sails at dawn to the northern islands.", "en", NOW_MS);
	add_dated(&d, "2", "Other news", "Nothing but a frigate, a frigate and a frigate here.", "en", NOW_MS);
	house_take(&h, 0, NOW_MS, &d);
	d = draft_new("Bravo");
	add_dated(&d, "3", "Eine Nachricht", "Die Fregatte heißt frigate auf Englisch.", "de", NOW_MS + 40 * DAY_MS);
	house_take(&h, 1, NOW_MS + 40 * DAY_MS, &d);
	x.index = search_index_new(h.dir, &err);
	x.searcher = searcher_new(h.dir, &err);
	index_all(&x);

	assert_ok(searcher_run(x.searcher, &q, &r, &err) == 0, err);
	assert_int_equal(r.found, 3);
	assert_int_equal(r.count, 3);
	assert_true(r.is_last);
	assert_int_equal(count_facet(&r.months, "2026-11"), 2);
	assert_int_equal(count_facet(&r.months, "2027-01"), 1);
	assert_int_equal(count_facet(&r.feeds, "alpha"), 2);
	assert_int_equal(count_facet(&r.categories, "air"), 1);
	assert_int_equal(count_facet(&r.languages, "de"), 1);
	/* the word in the title counts most */
	assert_true(str_eq(r.stories[0].title, STR("A \1frigate\2 leaves")));
	assert_true(r.stories[0].score >= r.stories[1].score);
	search_result_release(&r);

	q.languages = STR("de");
	q.sort = SEARCH_NEW;
	assert_ok(searcher_run(x.searcher, &q, &r, &err) == 0, err);
	assert_int_equal(r.count, 1);
	assert_true(str_find(r.stories[0].text, STR("\1frigate\2"), 0) != STR_NPOS);
	search_result_release(&r);
	q.languages = STR_NONE;
	q.categories = STR("NAVAL\nnone");
	assert_ok(searcher_run(x.searcher, &q, &r, &err) == 0, err);
	assert_int_equal(r.count, 2);
	search_result_release(&r);
	q.categories = STR_NONE;
	q.until_ms = NOW_MS + DAY_MS;
	q.skip = 1;
	assert_ok(searcher_run(x.searcher, &q, &r, &err) == 0, err);
	assert_int_equal(r.count, 1);
	assert_int_equal(r.found, 2);
	search_result_release(&r);

	q.rule = STR("frigate AND (");
	assert_int_equal(searcher_run(x.searcher, &q, &r, &err), -EINVAL);
	searcher_free(x.searcher);
	search_index_free(x.index);
	house_release(&h);
}
