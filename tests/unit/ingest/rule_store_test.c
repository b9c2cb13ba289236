/* SPDX-License-Identifier: ISC */
/* Rules and stored items: what is shown when a rule comes, changes, goes or comes back; steps; texts as the worker
 * reads them. */
#include "fixture.h"
#include "rules_fixture.h"

#include <time.h>

#include "sitrep/identity/canon.h"
#include "sitrep/identity/identity.h"
#include "sitrep/model/plain_text.h"
#include "sitrep/rules/rule.h"
#include "sitrep/sql/sql.h"
#include "sitrep/store/rule_store.h"
#include "sitrep/text/html.h"

/* As a configuration with these rules is taken over; generation as the engine counts. */
static void change_rules(struct fixture *f, const struct stored_rule *rules, size_t count, int64_t generation)
{
	struct writer_change c = {.generation = generation};

	c.rules = compile_rules(rules, count);
	assert_non_null(c.rules);
	fixture_change(f, &c, fixture_feeds, 3);
	writer_change_release(&c);
}

static int count_story(void *arg, const struct story *s)
{
	size_t *count = arg;

	(void)s;
	++*count;
	return 0;
}

static size_t shown(struct fixture *f, const char *output)
{
	struct story_query q = {
		.rule_name = output, .before_sort_ms = INT64_MAX, .before_id = INT64_MAX, .limit = 1000};
	size_t count = 0;

	assert_true(read_stories(f->reader, &q, count_story, &count, NULL) >= 0);
	return count;
}

static void await_shown(struct fixture *f, const char *output, size_t count)
{
	int64_t until_ms = clock_mono_ms() + WAIT_MS;

	while (shown(f, output) != count) {
		struct timespec pause = {.tv_nsec = 1000 * 1000};

		nanosleep(&pause, NULL);
		if (clock_mono_ms() >= until_ms)
			fail_msg("%s has %zu stories, expected %zu", output, shown(f, output), count);
	}
}

/* Even ones are of frigates, odd ones of submarines. */
static void add_items(struct fixture *f, int from, int count)
{
	struct draft d = draft_new("Alpha");

	for (int i = from; i < from + count; i++) {
		char guid[32], title[64], body[128];

		snprintf(guid, sizeof(guid), "item %d", i);
		snprintf(title, sizeof(title), "A %s", i % 2 == 0 ? "frigate" : "submarine");
		snprintf(body, sizeof(body), "vessel number%d leaves harbour%d on day%d of the exercise", i, i, i);
		draft_add(&d, guid, NULL, title, body);
	}
	assert_counts(fixture_poll(f, ALPHA, &d), count, 0, 0, 0);
}

static const struct stored_rule of_frigates = {.name = "output/o", .expression = "frigate"};
static const struct stored_rule of_submarines = {.name = "output/o", .expression = "submarine"};

TEST_ON(a_rule_comes_changes_and_goes, fixture, f)
{
	const struct stored_rule two[] = {
		of_submarines, {.name = "alert/strait", .expression = "vessel category:naval"}};

	add_items(f, 0, 40);
	change_rules(f, &of_frigates, 1, 1);
	await_shown(f, "output/o", 20);
	change_rules(f, two, 2, 2);
	await_shown(f, "output/o", 20);
	await_shown(f, "alert/strait", 40);
	/* back again: what was noted of it then is no doubt now */
	change_rules(f, &of_frigates, 1, 3);
	await_shown(f, "output/o", 20);
	change_rules(f, NULL, 0, 4);
	assert_int_equal(shown(f, "output/o"), 0);
	assert_int_equal(shown(f, "alert/strait"), 0);
	/* forty times news, and not one alert */
	assert_int_equal(fixture_cursor(f), 40);
}

/* An unchanged rule costs nothing and loses nothing, over restarts too. */
TEST_ON(a_rule_stays, fixture, f)
{
	add_items(f, 0, 10);
	change_rules(f, &of_frigates, 1, 1);
	await_shown(f, "output/o", 5);
	change_rules(f, &of_frigates, 1, 2);
	assert_int_equal(shown(f, "output/o"), 5);
	fixture_close(f);
	fixture_open(f);
	assert_int_equal(shown(f, "output/o"), 5);
	change_rules(f, &of_frigates, 1, 1);
	assert_int_equal(shown(f, "output/o"), 5);
	fixture_close(f);
	fixture_open(f);
	change_rules(f, &of_submarines, 1, 1);
	await_shown(f, "output/o", 5);
}

/* Matched by the workers with rules that are older, or gone. */
TEST_ON(late_documents, fixture, f)
{
	struct stored_rules *former = compile_rules(&of_frigates, 1);
	struct poll_outcome *o;
	struct draft d = draft_new("Alpha");

	assert_non_null(former);
	change_rules(f, &of_frigates, 1, 1);
	change_rules(f, &of_submarines, 1, 2);
	await_shown(f, "output/o", 0);
	draft_match(&d, draft_add(&d, "1", NULL, "A frigate", "text one is about it and nothing else at all"),
		former->items[0].key, "frigate");
	draft_add(&d, "2", NULL, "A submarine", "quite other words are found in the second text of these");
	o = outcome_now(f, ALPHA, &d);
	o->rules = 1;
	fixture_take(f, o);
	await_shown(f, "output/o", 1);
	stored_rules_free(former);
}

/* A step is short, whatever there is to do. */
TEST_ON(steps, fixture, f)
{
	const struct stored_rule rule = {.name = "output/all", .expression = "vessel"};
	struct stored_rules *rules = compile_rules(&rule, 1);
	struct rule_pending pending;
	struct rule_store r;
	struct store s;
	int64_t longest_us = 0;
	bool changed = false;
	int steps = 0, result;

	assert_non_null(rules);
	add_items(f, 0, 1200);
	fixture_close(f);
	assert_int_equal(store_open(&s, f->dir, STORE_WRITE, NULL), 0);
	assert_int_equal(rule_pending_init(&pending, s.db, NULL, NULL), 0);
	assert_int_equal(rule_store_init(&r, s.db, &pending, NULL), 0);
	assert_false(r.pending);
	assert_int_equal(rule_store_sync(&r, rules, 1, 1201, &changed, NULL), 0);
	assert_true(changed);
	rule_store_use(&r, rules, 1);
	do {
		int64_t began_us = clock_thread_cpu_us(), us;

		result = rule_store_step(&r, NOW_MS, &changed, NULL);
		us = clock_thread_cpu_us() - began_us;
		longest_us = us > longest_us ? us : longest_us;
		steps++;
	} while (result == 1);
	assert_int_equal(result, 0);
	assert_false(r.pending);
	assert_true(steps >= 4); /* 500 items at most, the end, and nothing more */
	assert_true(longest_us < 250 * 1000);
	print_message("%d steps for 1200 items, the longest %lld us\n", steps, (long long)longest_us);
	rule_store_release(&r);
	rule_pending_release(&pending);
	store_close(&s);
	stored_rules_free(rules);
	fixture_open(f);
	assert_true(shown(f, "output/all") > 0);
}

/* The words of a stored text are those that the worker found in it. */
TEST(words)
{
	static const char *const markups[] = {
		"<p>One miss<b>ile</b> test</p><p>another</p>",
		"a<br>b<i>c</i>d <ul><li>one</li><li>two</li></ul>",
		"fish &amp; chips &lt;p&gt;not a paragraph&lt;/p&gt; here",
		"AT&amp;amp;T and <a href=\"https://x.example/?a=1&amp;b=2\">link<sup>2</sup></a>",
		"<table><tr><td>x</td><td>y</td></tr></table>F-35<em>A</em>&nbsp;jets",
		"&amp;lt;b&amp;gt;twice&amp;lt;/b&amp;gt; escaped",
		"",
	};
	struct identity *id = identity_new(NULL);
	struct arena *a = scratch_arena(DOCUMENT_MAX);

	assert_non_null(id);
	for (size_t i = 0; i < sizeof(markups) / sizeof(markups[0]); i++) {
		struct buf *clean = scratch(64 * 1024), *plain = scratch(64 * 1024), *tokens = scratch(64 * 1024);
		struct item it;
		size_t count;

		item_init(&it);
		it.title = (struct text){.kind = TEXT_PLAIN, .value = STR("A title")};
		assert_int_equal(html_sanitize(clean, str_from(markups[i]), STR("https://x.example/")), 0);
		it.content = (struct text){.kind = TEXT_HTML, .value = buf_str(clean)};
		assert_int_equal(identity_assign(id, a, &it), 0);
		assert_int_equal(plain_words(plain, &it.content), 0);
		assert_int_equal(canon_tokens(tokens, buf_str(plain), &count), 0);
		if (!str_eq(buf_str(tokens), identity_body_tokens(id)))
			fail_msg("%s: %.*s and %.*s", markups[i], STR_ARG(buf_str(tokens)),
				STR_ARG(identity_body_tokens(id)));
	}
	identity_free(id);
}

/* A rule is known by the way of matching too: matches that were made another way are made anew. */
TEST(another_way_of_matching)
{
	static const struct stored_rule rule = {.name = "alert/icbm", .expression = "icbm"};
	/* of the expression alone, as the first way had it */
	static const char first_key[] = "alert/icbm#19e5f7277a32e171";
	struct stored_rules *rules = compile_rules(&rule, 1);

	assert_non_null(rules);
	assert_int_equal(strlen(rules->items[0].key), strlen(first_key));
	assert_string_not_equal(rules->items[0].key, first_key);
	stored_rules_free(rules);
}
