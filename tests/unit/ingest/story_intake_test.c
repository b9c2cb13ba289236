/* SPDX-License-Identifier: ISC */
/* What being grouped by its text means for an item: who counts as a source, whom alerts reach, and what a feed that is
 * polled for the first time brings. */
#include "story_fixture.h"

struct line {
	const char *guid, *title, *body;
	const char *outlet; /* NULL: the feed's own */
	bool alert;
	int64_t published;
};

/* Polls a document of these lines, the first one topmost. */
static struct poll_report poll_lines(struct fixture *f, size_t feed, const struct line *lines, size_t count)
{
	struct draft d = draft_new("Feed");

	for (size_t i = 0; i < count; i++) {
		struct item *it = draft_add_text(&d, lines[i].guid, NULL, lines[i].title, lines[i].body);

		it->published = lines[i].published != 0 ? lines[i].published : TIME_NONE;
		if (lines[i].outlet != NULL) {
			it->has_source = true;
			it->source.url = str_from(lines[i].outlet);
		}
		if (lines[i].alert)
			draft_match(&d, it, "alert/strait", "radar*");
	}
	return fixture_poll(f, feed, &d);
}

/* A line's three texts; the rest of it by name. */
#define SAYS(guid_, title_, body_) .guid = (guid_), .title = (title_), .body = (body_)

#define POLL(f, feed, ...)                                                                                             \
	poll_lines((f), (feed), (const struct line[]){__VA_ARGS__},                                                    \
		sizeof((const struct line[]){__VA_ARGS__}) / sizeof(struct line))

/* First documents that say nothing, so that what follows is no backlog. */
static void pass_backlog(struct fixture *f)
{
	for (size_t i = 0; i < f->feed_count; i++) {
		struct draft d = draft_new("Feed");

		assert_counts(fixture_poll(f, i, &d), 0, 0, 0, 0);
	}
}

static void assert_relations(struct fixture *f, int64_t after, const char *const *expected, size_t count)
{
	char *lines = fixture_events(f, after), *line = lines;

	for (size_t i = 0; i < count; i++) {
		char *end = strchr(line, '\n');

		if (end == NULL)
			fail_msg("%zu events instead of %zu", i, count);
		*end = '\0';
		if (strstr(line, expected[i]) == NULL)
			fail_msg("%s\n  has no %s", line, expected[i]);
		line = end + 1;
	}
	assert_string_equal(line, "");
}

#define ASSERT_EVENTS_HAVE(f, after, ...)                                                                              \
	assert_relations((f), (after), (const char *const[]){__VA_ARGS__},                                             \
		sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

/* ---- alerts */

TEST_ON(a_reprint_alerts_nobody_again, fixture, f)
{
	pass_backlog(f);
	assert_counts(POLL(f, ALPHA, {SAYS("a", RADAR_TITLE, RADAR("17")), .alert = true}), 1, 0, 0, 0);
	assert_counts(POLL(f, BRAVO, {SAYS("b", RADAR_OTHER_TITLE, RADAR_REPRINT("17")), .alert = true}), 0, 1, 0, 0);
	assert_counts(POLL(f, CHARLIE, {SAYS("c", RADAR_TITLE, RADAR("17")), .alert = true}), 0, 1, 0, 0);
	ASSERT_EVENTS_HAVE(
		f, 0, "\"event\":\"new\"", "\"event\":\"alert\"", "\"relation\":\"reprint\"", "\"relation\":\"copy\"");
}

/* The story's first report does not match the rule, a reprint of it does. */
TEST_ON(the_first_report_that_matches_alerts, fixture, f)
{
	pass_backlog(f);
	POLL(f, ALPHA, {SAYS("a", RADAR_TITLE, RADAR("17"))});
	POLL(f, BRAVO, {SAYS("b", RADAR_OTHER_TITLE, RADAR_REPRINT("17")), .alert = true});
	assert_events(f, 0, "new:" RADAR_TITLE ",copy:" RADAR_OTHER_TITLE ",alert:" RADAR_OTHER_TITLE);
}

/* Under another identity it may be another matter, however much it looks like the outlet's last one. */
TEST_ON(a_possible_update_is_never_silent, fixture, f)
{
	pass_backlog(f);
	POLL(f, ALPHA, {SAYS("a1", FERRY_TITLE, FERRY), .alert = true});
	POLL(f, BRAVO, {SAYS("b1", FERRY_TITLE, FERRY " It sails at eight."), .alert = true});
	assert_counts(POLL(f, ALPHA, {SAYS("a2", FERRY_TITLE, FERRY " It sails at noon."), .alert = true}), 0, 1, 0, 0);
	ASSERT_EVENTS_HAVE(f, 0, "\"event\":\"new\"", "\"event\":\"alert\"", "\"relation\":\"reprint\"",
		"\"relation\":\"update\"", "\"event\":\"alert\"");
	/* its alert is told once, as every other */
	assert_counts(POLL(f, ALPHA, {SAYS("a2", FERRY_TITLE, FERRY " It sails at noon."), .alert = true}), 0, 0, 0, 1);
	/* and a revision under its identity is known to be no other matter */
	assert_counts(POLL(f, ALPHA, {SAYS("a2", FERRY_TITLE, FERRY " It sails at 12."), .alert = true}), 0, 0, 1, 0);
	ASSERT_EVENTS_HAVE(f, 5, "\"changed\":[\"numbers\"]");
}

/* Two texts side by side are two things: the second begins a story, and that alerts by itself. */
TEST_ON(what_stands_beside_its_like_alerts_too, fixture, f)
{
	pass_backlog(f);
	POLL(f, ALPHA, {SAYS("a1", FERRY_TITLE, FERRY), .alert = true});
	assert_counts(POLL(f, ALPHA, {SAYS("a2", FERRY_TITLE, FERRY " It sails at noon."), .alert = true},
			      {SAYS("a1", FERRY_TITLE, FERRY), .alert = true}),
		1, 0, 0, 1);
	ASSERT_EVENTS_HAVE(
		f, 0, "\"event\":\"new\"", "\"event\":\"alert\"", "\"relation\":\"related\"", "\"event\":\"alert\"");
	assert_int_equal(ask_database(f->dir, "SELECT count(*) FROM story"), 2);
}

/* ---- publishers */

static int64_t sources(struct fixture *f)
{
	assert_int_equal(ask_database(f->dir, "SELECT count(*) FROM story"), 1);
	return ask_database(f->dir, "SELECT sources FROM story");
}

TEST_ON(sources_are_publishers, fixture, f)
{
	static const struct feed_spec feeds[] = {
		{.name = "news", .url = "https://www.quay.example/feed", .first_due_ms = NOW_MS},
		{.name = "ships", .url = "https://ships.quay.example/feed", .first_due_ms = NOW_MS},
		{.name = "times", .url = "https://times.example/feed", .publisher = "House", .first_due_ms = NOW_MS},
		{.name = "army", .url = "https://army.example/feed", .publisher = "House", .first_due_ms = NOW_MS},
		{.name = "sisters", .url = "https://sisters.example/feed", .first_due_ms = NOW_MS},
		{.name = "portal", .url = "https://portal.example/feed", .first_due_ms = NOW_MS},
		{.name = "local", .url = "http://127.0.0.1/feed", .first_due_ms = NOW_MS},
	};
	/* how many there are when this feed has run it, too */
	static const int64_t expected[] = {1, 1, 2, 2, 3, 3, 4};

	fixture_sync(f, feeds, 7);
	for (size_t i = 0; i < 7; i++) {
		/* the portal says whose it is */
		POLL(f, i,
			{SAYS("1", RADAR_TITLE, RADAR("17")), .outlet = strcmp(feeds[i].name, "portal") == 0
										? "https://www.quay.example/rss"
										: NULL});
		assert_int_equal(sources(f), expected[i]);
	}
	assert_int_equal(ask_database(f->dir, "SELECT reports FROM story"), 7);
}

/* By the operator's word two sites speak with one voice, and a voice's second text is no reprint of its first. */
TEST_ON(one_voice_does_not_reprint_itself, fixture, f)
{
	static const struct feed_spec feeds[] = {
		{.name = "times", .url = "https://times.example/feed", .publisher = "House", .first_due_ms = NOW_MS},
		{.name = "army", .url = "https://army.example/feed", .publisher = "House", .first_due_ms = NOW_MS},
		{.name = "sisters", .url = "https://sisters.example/feed", .first_due_ms = NOW_MS},
	};

	fixture_sync(f, feeds, 3);
	POLL(f, 0, {SAYS("1", RADAR_TITLE, RADAR("17"))});
	/* far less alike than one outlet's update must be, yet a reprint in another one */
	assert_counts(POLL(f, 1, {SAYS("1", RADAR_OTHER_TITLE, RADAR_REPRINT("17"))}), 1, 0, 0, 0);
	assert_counts(POLL(f, 2, {SAYS("1", RADAR_OTHER_TITLE, RADAR_REPRINT("17") " ")}), 0, 1, 0, 0);
	assert_counts(POLL(f, 1, {SAYS("2", RADAR_TITLE, RADAR("17") " More follows.")}), 0, 1, 0, 0);
	ASSERT_EVENTS_HAVE(f, 3, "\"relation\":\"update\"");
	assert_int_equal(ask_database(f->dir, "SELECT max(sources) FROM story"), 2);
}

/* ---- backlog */

TEST_ON(the_first_poll_is_grouped_and_alerts_nobody, fixture, f)
{
	int64_t cursor;

	pass_backlog(f);
	POLL(f, ALPHA, {SAYS("a1", RADAR_TITLE, RADAR("17"))}, {SAYS("a2", FERRY_TITLE, FERRY)});
	cursor = fixture_cursor(f);
	/* a feed that has not been seen before, with copies of both and news of its own */
	fixture_sync(f,
		(const struct feed_spec[]){
			fixture_feeds[ALPHA],
			{.name = "delta", .url = "https://delta.example/feed", .first_due_ms = NOW_MS},
		},
		2);
	assert_counts(POLL(f, 1, {SAYS("d1", RADAR_OTHER_TITLE, RADAR_REPRINT("17")), .alert = true},
			      {SAYS("d2", FERRY_TITLE, FERRY), .alert = true, .published = NOW_MS - 3 * DAY_MS},
			      {SAYS("d3", QUARRY_TITLE, QUARRY), .alert = true, .published = NOW_MS - 2 * DAY_MS}),
		1, 2, 0, 0);
	ASSERT_EVENTS_HAVE(f, cursor, "\"backlog\":true", "\"relation\":\"copy\"", "\"relation\":\"reprint\"");
	assert_int_equal(ask_database(f->dir, "SELECT count(*) FROM event WHERE backlog = 1"), 3);
	assert_int_equal(ask_database(f->dir, "SELECT count(*) FROM event WHERE kind = 4"), 0);
	assert_int_equal(ask_database(f->dir, "SELECT count(*) FROM story"), 3);
	assert_int_equal(ask_database(f->dir, "SELECT count(*) FROM story WHERE sources = 2"), 2);
	/* its own stands where its date says, not on top */
	assert_int_equal(ask_database(f->dir, "SELECT min(sort_ms) FROM story"), NOW_MS - 2 * DAY_MS);
	/* what comes later is news */
	POLL(f, 1,
		{SAYS("d4", "Pilots ask for a lamp", "Pilots have asked for a lamp on the outer mole this winter."),
			.alert = true});
	ASSERT_EVENTS_HAVE(f, cursor + 3, "\"event\":\"new\"", "\"event\":\"alert\"");
	assert_int_equal(ask_database(f->dir, "SELECT count(*) FROM event WHERE backlog = 1"), 3);
}
