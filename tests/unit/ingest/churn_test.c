/* SPDX-License-Identifier: ISC */
/* Parts of texts that change at each poll: what is learnt of them, and that nothing else is swallowed with them. */
#include "sitrep/identity/churn.h"
#include "story_fixture.h"

#define BASE                                                                                                           \
	"The second frigate of the class left the yard on Thursday. Both shafts had been replaced, the ministry "      \
	"said. "                                                                                                       \
	"The crew will stay aboard until the trials are over and the yard has been paid. "

/* ---- the reader and what it learns, alone */

struct pair {
	const char *title, *text;
};

static struct churn_change compare(struct churn_reader *r, struct pair before, struct pair after)
{
	struct churn_change change;
	struct item a, b;

	item_init(&a);
	item_init(&b);
	a.plain_title = str_from(before.title);
	b.plain_title = str_from(after.title);
	a.content.kind = b.content.kind = TEXT_HTML;
	a.content.value = str_from(before.text);
	b.content.value = str_from(after.text);
	assert_int_equal(churn_compare(r, &a, &b, &change), 0);
	return change;
}

TEST(what_changes)
{
	static const struct {
		struct pair before, after;
		uint32_t sentences;
		bool title, mostly;
	} rows[] = {
		{{"Frigate", BASE "Views: 10"}, {"Frigate", BASE "Views: 20"}, 1, false, false},
		{{"Frigate", BASE "3 minutes ago"}, {"Frigate", BASE "8 minutes ago"}, 1, false, false},
		{{"Frigate", BASE "(Fingerprint 1a)"}, {"Frigate", BASE "(Fingerprint 2b)"}, 1, false, false},
		{{"Frigate", "<p>10 views</p>" BASE}, {"Frigate", "<p>11 views</p>" BASE}, 1, false, false},
		{{"Frigate (3)", BASE}, {"Frigate (4)", BASE}, 0, false, false},
		{{"Frigate kills 3", BASE}, {"Frigate kills 4", BASE}, 0, true, false},
		{{"Frigate", BASE}, {"Frigate", BASE "More follows."}, 1, false, false},
		{{"Frigate", BASE "More follows."}, {"Frigate", BASE}, 0, false, false},
		{{"Frigate", BASE}, {"Frigate", "Something else has happened in another country."}, 1, false, true},
	};
	struct churn_reader r;

	assert_int_equal(churn_reader_init(&r), 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct churn_change c = compare(&r, rows[i].before, rows[i].after);

		if (c.sentences != rows[i].sentences || c.title != rows[i].title || c.mostly != rows[i].mostly)
			fail_msg("row %zu: %u %d %d", i, c.sentences, c.title, c.mostly);
	}
	churn_reader_release(&r);
}

static bool note(struct churn *c, uint64_t stable, uint64_t before, uint64_t after, uint32_t sentences, bool in_row)
{
	const struct churn_change change = {.stable = stable, .before = before, .after = after, .sentences = sentences};

	return churn_note(c, &change, in_row);
}

TEST(ignored_after_five_in_a_row)
{
	struct churn c = {0};
	uint64_t text = 100;

	for (int i = 0; i < CHURN_POLLS; i++, text++)
		assert_false(note(&c, 7, text, text + 1, 1, true));
	for (int i = 0; i < 20; i++, text++)
		assert_true(note(&c, 7, text, text + 1, 1, i % 2 == 0));
	/* more sentences, or another part */
	assert_false(note(&c, 7, text, text + 1, 2, true));
	text++;
	for (int i = 1; i < CHURN_POLLS; i++, text++)
		assert_false(note(&c, 7, text, text + 1, 2, true));
	assert_true(note(&c, 7, text, text + 1, 2, true));
	assert_false(note(&c, 8, text + 1, text + 2, 2, true));
}

TEST(not_in_a_row_is_never_ignored)
{
	struct churn c = {0};

	for (uint64_t text = 100; text < 130; text++)
		assert_false(note(&c, 7, text, text + 1, 1, text % 4 != 0));
}

TEST(two_texts_in_turn)
{
	struct churn c = {0};

	for (uint64_t i = 0; i < 20; i++) {
		const struct churn_change change = {
			.stable = i, .before = 1 + i % 2, .after = 2 - i % 2, .title = true, .mostly = true};

		assert_int_equal(churn_note(&c, &change, true), i >= CHURN_POLLS);
	}
	/* a third one is told */
	assert_false(note(&c, 99, 1, 3, 1, true));
}

TEST(survives_as_bytes)
{
	struct churn c = {.stable = 1,
			     .texts = {2, 3, 4, UINT64_MAX},
			     .document = 5,
			     .kept_ms = -6,
			     .sentences = 7,
			     .polls = 3},
		     back;
	uint8_t bytes[CHURN_BYTES];

	churn_encode(&c, bytes);
	churn_decode(&back, str_make((const char *)bytes, sizeof(bytes)));
	assert_memory_equal(&c, &back, sizeof(c));
	churn_decode(&back, str_make((const char *)bytes, sizeof(bytes) - 1));
	assert_int_equal(back.polls, 0);
	memset(bytes, 0xff, sizeof(bytes));
	churn_decode(&back, str_make((const char *)bytes, sizeof(bytes)));
	assert_int_equal(back.polls, CHURN_POLLS);
}

/* ---- feeds */

typedef void write_fn(int poll, char title[256], char text[1024]);

static void views(int poll, char title[256], char text[1024])
{
	snprintf(title, 256, "Frigate leaves the yard");
	snprintf(text, 1024, BASE "Views: %d", 1000 + poll * 7);
}

static void clock_in_the_title(int poll, char title[256], char text[1024])
{
	snprintf(title, 256, "Frigate leaves the yard | 14:%02d", poll);
	snprintf(text, 1024, BASE);
}

static void age(int poll, char title[256], char text[1024])
{
	snprintf(title, 256, "Frigate leaves the yard");
	snprintf(text, 1024, "%d minutes ago. " BASE, 3 + poll * 5);
}

static void fingerprint(int poll, char title[256], char text[1024])
{
	snprintf(title, 256, "Frigate leaves the yard");
	snprintf(text, 1024, BASE "(Digital fingerprint: %08x)", (unsigned)poll * 2654435761u);
}

static void related_links(int poll, char title[256], char text[1024])
{
	static const char *const links[] = {
		"Tank deal 5", "Drone show 6", "Radar bid of 3", "Sub order 2", "Jet sale of 8"};

	snprintf(title, 256, "Frigate leaves the yard");
	snprintf(text, 1024, BASE "Related: %s", links[poll % 5]);
}

static void title_in_turn(int poll, char title[256], char text[1024])
{
	snprintf(title, 256, poll % 2 == 0 ? "Frigate leaves the yard" : "Warship of 3,000 tons goes to sea");
	snprintf(text, 1024, BASE);
}

static void toll(int poll, char title[256], char text[1024])
{
	snprintf(title, 256, "Strike on the yard kills %d", 10 + poll);
	snprintf(text, 1024, BASE);
}

static void toll_in_brackets(int poll, char title[256], char text[1024])
{
	snprintf(title, 256, "Strike on the yard (%d dead)", 10 + poll);
	snprintf(text, 1024, BASE);
}

static struct poll_report poll_text(struct fixture *f, const char *guid, const char *title, const char *text)
{
	struct draft d = draft_new("Feed");

	draft_add_text(&d, guid, "https://a.example/frigate", title, text)->published = NOW_MS - 3 * HOUR_MS - 1;
	draft_add_text(&d, "other", "https://a.example/other", FERRY_TITLE, FERRY);
	return fixture_poll(f, ALPHA, &d);
}

static void storm(struct fixture *f, write_fn *write, bool has_new_guids, int updates)
{
	char title[256], text[1024], guid[32];
	int64_t generation = 0;
	struct poll_report r;

	for (int poll = 0; poll < 15; poll++) {
		write(poll, title, text);
		snprintf(guid, sizeof(guid), "g%d", has_new_guids ? poll : 0);
		r = poll_text(f, guid, title, text);
		if (poll == CHURN_POLLS)
			generation = fixture_generation(f);
	}
	if (ask_database(f->dir, "SELECT count(*) FROM event WHERE kind = 3") != updates)
		fail_msg("%s: %s: %d", title, text,
			(int)ask_database(f->dir, "SELECT count(*) FROM event WHERE kind = 3"));
	assert_int_equal(ask_database(f->dir, "SELECT count(*) FROM item"), 2);
	if (updates == CHURN_POLLS) {
		/* what readers are given stays as it is */
		assert_counts(r, 0, 0, 0, 2);
		assert_int_equal(fixture_generation(f), generation);
		assert_int_equal(
			ask_database(f->dir, "SELECT max(updated) FROM story"), NOW_MS + CHURN_POLLS * MINUTE_MS);
	}
}

static void restart(struct fixture *f)
{
	fixture_teardown(f);
	*f = (struct fixture){0};
	fixture_setup(f);
}

TEST_ON(updates_end, fixture, f)
{
	static write_fn *const writes[] = {views, clock_in_the_title, age, fingerprint, related_links, title_in_turn};

	for (size_t i = 0; i < sizeof(writes) / sizeof(writes[0]); i++)
		for (int has_new_guids = 0; has_new_guids <= 1; has_new_guids++) {
			if (writes[i] == title_in_turn && has_new_guids)
				continue;
			storm(f, writes[i], has_new_guids, CHURN_POLLS);
			restart(f);
		}
}

TEST_ON(tolls_are_news, fixture, f)
{
	storm(f, toll, false, 14);
	restart(f);
	storm(f, toll_in_brackets, false, 14);
}

/* Guids, links and titles all carry the counter: nothing but the rest of title and text says that it is the item. */
TEST_ON(a_counter_in_all_that_names_an_item, fixture, f)
{
	static const char *const ships[] = {"Frigate", "Trawler", "Ferry", "Tug", "Yacht", "Barge", "Cutter", "Sub"};
	enum { SHIPS = sizeof(ships) / sizeof(ships[0]) };

	for (int poll = 0; poll < 12; poll++) {
		struct draft d = draft_new("Feed");

		for (int n = 0; n < SHIPS; n++) {
			char guid[32], link[64], title[64];

			snprintf(guid, sizeof(guid), "g%d-%d", n, poll);
			snprintf(link, sizeof(link), "https://a.example/%d?c=%d", n, poll);
			snprintf(title, sizeof(title), "%s leaves the yard (%d comments)", ships[n], n + poll);
			draft_add_text(&d, guid, link, title, "")->published = NOW_MS - n * HOUR_MS - 1;
		}
		assert_counts(fixture_poll(f, ALPHA, &d), poll == 0 ? SHIPS : 0, 0,
			poll > 0 && poll <= CHURN_POLLS ? SHIPS : 0, poll > CHURN_POLLS ? SHIPS : 0);
	}
	assert_int_equal(ask_database(f->dir, "SELECT count(*) FROM item"), SHIPS);
}

/* Once a part is ignored, another sentence is told all the same. */
TEST_ON(what_changes_beside_it_is_told, fixture, f)
{
	char title[256], text[1024];

	for (int poll = 0; poll < 10; poll++) {
		views(poll, title, text);
		poll_text(f, "g", title, text);
	}
	assert_int_equal(ask_database(f->dir, "SELECT count(*) FROM event WHERE kind = 3"), CHURN_POLLS);
	assert_counts(poll_text(f, "g", title, BASE "A fire broke out on deck 7. Views: 2000"), 0, 0, 1, 1);
	assert_int_equal(ask_database(f->dir, "SELECT count(*) FROM event WHERE kind = 3"), CHURN_POLLS + 1);
	assert_counts(poll_text(f, "g", "Frigate 12 leaves the yard", BASE "A fire broke out on deck 7. Views: 2000"),
		0, 0, 1, 1);
	assert_int_equal(ask_database(f->dir, "SELECT count(*) FROM event WHERE kind = 3"), CHURN_POLLS + 2);
}

/* The newest text is kept all the same, once an hour. */
TEST_ON(what_is_ignored_is_kept, fixture, f)
{
	char title[256], text[1024];
	int64_t kept = 0;

	for (int poll = 0; poll < 130; poll++) {
		int64_t before = ask_database(f->dir, "SELECT count(*) FROM digest"), after;

		views(poll, title, text);
		poll_text(f, "g", title, text);
		after = ask_database(f->dir, "SELECT count(*) FROM digest");
		kept += poll > CHURN_POLLS && after > before;
	}
	assert_int_equal(kept, 3);
	assert_int_equal(ask_database(f->dir, "SELECT count(*) FROM revision"), CHURN_POLLS);
}

/* Unchanged polls lie between: it is an article that is edited now and then. */
TEST_ON(now_and_then_is_told, fixture, f)
{
	char title[256], text[1024];

	for (int poll = 0; poll < 30; poll++) {
		views(poll / 2, title, text);
		poll_text(f, "g", title, text);
	}
	assert_int_equal(ask_database(f->dir, "SELECT count(*) FROM event WHERE kind = 3"), 14);
}
