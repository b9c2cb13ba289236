/* SPDX-License-Identifier: ISC */
/* What a document costs grows with its items, not with their square: whatever they have in common with one another,
 * with those of earlier polls and with those of other feeds.
 *
 * Steps of SQLite's machine are counted, and the processor time of this thread is compared with a wide bound for what
 * happens outside of SQLite. */
#include "../../../daemon/sql/sql_internal.h"
#include "house.h"
#include "story_fixture.h"

enum {
	FEW = 300,
	MANY = 4 * FEW,
	POLLS = 3,
	/* Of one item, in the worst of the cases: 64 equal texts are looked at, or 16 texts alike. */
	STEPS_AN_ITEM_MAX = 6000,
	TEXT_MAX = 3000,
};

/* Adds item i of poll p. */
typedef void fill_fn(struct draft *f, int p, int i);

__attribute__((format(printf, 2, 3))) static const char *numbered(char text[TEXT_MAX], const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(text, TEXT_MAX, format, args);
	va_end(args);
	return text;
}

static void same_title(struct draft *f, int p, int i)
{
	char guid[TEXT_MAX];

	draft_add(f, numbered(guid, "%d-%d", p, i), NULL, "Alert", "");
}

static void two_titles(struct draft *f, int p, int i)
{
	char guid[TEXT_MAX];

	draft_add(f, numbered(guid, "%d-%d", p, i), NULL, i % 2 == 0 ? "Alert" : "All clear", "");
}

static void same_text(struct draft *f, int p, int i)
{
	char guid[TEXT_MAX];

	draft_add_text(f, numbered(guid, "%d-%d", p, i), NULL, RADAR_TITLE, RADAR("30"));
}

static void same_guid(struct draft *f, int p, int i)
{
	char title[TEXT_MAX];

	draft_add(f, "guid", NULL, numbered(title, "Notice %d of edition %d for all ships in these waters", i, p), "");
}

static void same_link(struct draft *f, int p, int i)
{
	char guid[TEXT_MAX], title[TEXT_MAX];

	draft_add(f, numbered(guid, "%d-%d", p, i), "https://alpha.example/notices",
		numbered(title, "Notice %d of edition %d for all ships in these waters", i, p), "");
}

/* Links that each stand once in the document and were used by all the documents before. */
static void old_links(struct draft *f, int p, int i)
{
	char guid[TEXT_MAX], link[TEXT_MAX], title[TEXT_MAX];

	draft_add(f, numbered(guid, "%d-%d", p, i), numbered(link, "https://alpha.example/%d", i),
		numbered(title, "Notice %d of edition %d for all ships in these waters", i, p), "");
}

/* One story of all of them, each by another publisher, changed at each poll. */
static void one_story(struct draft *f, int p, int i)
{
	char guid[TEXT_MAX], host[TEXT_MAX], text[TEXT_MAX];
	struct item *it;

	snprintf(text, sizeof(text), "%s%.*s", RADAR("30"), p, "!!!!!!!!");
	it = draft_add_text(f, numbered(guid, "%d", i), NULL, RADAR_TITLE, text);
	it->has_source = true;
	it->source.link = arena_str(&f->arena, str_from(numbered(host, "https://outlet%d.example/%d", i, p)));
}

static void near_copies(struct draft *f, int p, int i)
{
	char guid[TEXT_MAX], title[TEXT_MAX];

	draft_add_text(f, numbered(guid, "%d-%d", p, i), NULL, numbered(title, "Edition %d of %d", i, p), RADAR("30"));
}

/* Alike, but for numbers that hold them apart. */
static void other_numbers(struct draft *f, int p, int i)
{
	char guid[TEXT_MAX], text[TEXT_MAX];

	draft_add_text(f, numbered(guid, "%d-%d", p, i), NULL, RADAR_TITLE,
		numbered(text, RADAR("%d") " Of these, %d are new.", 100 + i * 7, 5000 + p * 4000 + i));
}

static void stock_sentence(struct draft *f, int p, int i)
{
	char guid[TEXT_MAX], title[TEXT_MAX], text[TEXT_MAX];
	size_t used = 0;
	unsigned seed = (unsigned)(p * 100003 + i);

	for (int word = 0; word < 40; word++) {
		seed = seed * 1103515245 + 12345;
		used += (size_t)snprintf(text + used, sizeof(text) - used, "w%u ", seed >> 16 & 0x3FFF);
	}
	snprintf(text + used, sizeof(text) - used,
		"Views expressed here are those of the author and do not stand for the position of any ministry, "
		"service or government that is named in the article above.");
	draft_add_text(f, numbered(guid, "%d-%d", p, i), NULL, numbered(title, "Opinion %d of %d", i, p), text);
}

static int64_t count_steps(struct house *h)
{
	int64_t steps = 0;

	for (sqlite3_stmt *s = NULL; (s = sqlite3_next_stmt(h->ingest.store.db->handle, s)) != NULL;)
		steps += sqlite3_stmt_status(s, SQLITE_STMTSTATUS_VM_STEP, 1);
	return steps;
}

struct cost {
	int64_t steps, us;
};

static void add_poll(struct house *h, size_t feed, fill_fn *fill, int p, int items, struct cost *cost)
{
	struct draft d = draft_new("Feed");
	int64_t began_us;

	for (int i = 0; i < items; i++)
		fill(&d, p, i);
	h->at_ms += MINUTE_MS;
	count_steps(h);
	began_us = clock_thread_cpu_us();
	house_take(h, feed, h->at_ms, &d);
	cost->us += clock_thread_cpu_us() - began_us;
	cost->steps += count_steps(h);
}

/* All that is there goes, a step after the other. */
static void add_pruning(struct house *h, struct cost *cost)
{
	int64_t began_us = clock_thread_cpu_us(), later_ms = h->at_ms + 400 * DAY_MS;

	h->ingest.options.keep_items_ms = 100 * DAY_MS;
	retention_restart(&h->retention);
	count_steps(h);
	while (retention_due(&h->retention, later_ms))
		assert_int_equal(
			retention_step(&h->retention, &h->ingest, (struct clock_mark){later_ms, later_ms}, NULL), 0);
	cost->us += clock_thread_cpu_us() - began_us;
	cost->steps += count_steps(h);
	assert_int_equal(h->ingest.counters.items, 0);
}

/* Some polls of two feeds that show the same, and the end of it all. */
static struct cost cost_of(fill_fn *fill, int items)
{
	struct house *h = malloc(sizeof(*h));
	struct cost cost = {0};

	assert_non_null(h);
	house_make(h);
	house_open(h);
	for (int p = 0; p < POLLS; p++)
		for (size_t feed = 0; feed < FEEDS; feed++)
			add_poll(h, feed, fill, p, items, &cost);
	add_pruning(h, &cost);
	house_release(h);
	free(h);
	return cost;
}

static void assert_proportion(fill_fn *fill)
{
	struct cost few = cost_of(fill, FEW), many = cost_of(fill, MANY);
	int64_t an_item = many.steps / (MANY * POLLS * FEEDS);

	print_message("steps an item: %lld of %d, %lld of %d; us an item: %.1f, %.1f\n",
		(long long)(few.steps / (FEW * POLLS * FEEDS)), FEW, (long long)an_item, MANY,
		(double)few.us / (FEW * POLLS * FEEDS), (double)many.us / (MANY * POLLS * FEEDS));
	assert_true(an_item <= STEPS_AN_ITEM_MAX);
	assert_true(many.steps <= few.steps * (MANY / FEW) * 3 / 2);
	/* what is quadratic would be 4 times as much for each */
	assert_true(many.us <= few.us * (MANY / FEW) * 5 / 2);
}

#define CASE(name)                                                                                                     \
	TEST(name)                                                                                                     \
	{                                                                                                              \
		assert_proportion(name);                                                                               \
	}
CASE(same_title)
CASE(two_titles)
CASE(same_text)
CASE(same_guid)
CASE(same_link)
CASE(old_links)
CASE(one_story)
CASE(near_copies)
CASE(other_numbers)
CASE(stock_sentence)
