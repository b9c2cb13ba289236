/* SPDX-License-Identifier: ISC */
/* feed_match_test.c: which row a feed of the configuration has, whatever it is called now.  A feed of a list keeps its
 * items under another name, and gets nobody else's. */
#include "raw.h"

static struct feed_spec listed(const char *name, const char *url)
{
	return (struct feed_spec){.name = name, .url = url, .listed = true, .first_due_ms = NOW_MS};
}

static struct feed_spec section(const char *name, const char *url)
{
	return (struct feed_spec){.name = name, .url = url, .first_due_ms = NOW_MS};
}

static void poll_feed(struct fixture *f, size_t feed, const char *guid)
{
	struct draft d = draft_new(NULL);

	draft_add(&d, guid, NULL, guid, "a text of more than eight words to be told apart by it");
	assert_string_equal(fixture_poll(f, feed, &d).error.text, "");
}

/* "uid:feed:title", one a line. */
static int add_reports(void *arg, const struct story *s)
{
	struct buf *out = arg;

	for (size_t i = 0; i < s->report_count; i++)
		buf_printf(out, "%s:%.*s:%.*s\n", s->reports[i].uid, STR_ARG(s->reports[i].source.feed),
			STR_ARG(s->reports[i].item.plain_title));
	return out->failed;
}

static char *items(struct fixture *f)
{
	struct story_query q = {.before_sort_ms = INT64_MAX, .before_id = INT64_MAX, .limit = 100};
	struct buf out = BUF_INIT(1 << 16);

	assert_int_equal(read_stories(f->reader, &q, add_reports, &out, NULL), 0);
	return buf_take(&out, NULL);
}

/* The uid of the item of that title, and that it is told as that feed's. */
static void uid_of(struct fixture *f, const char *feed, const char *title, char uid[UID_TEXT_MAX])
{
	char *all = items(f), ending[128], *found;

	snprintf(ending, sizeof(ending), ":%s:%s\n", feed, title);
	found = strstr(all, ending);
	if (found == NULL)
		fail_msg("no %s of %s in\n%s", title, feed, all);
	assert_true(found - all >= UID_TEXT_MAX - 1);
	memcpy(uid, found - (UID_TEXT_MAX - 1), UID_TEXT_MAX - 1);
	uid[UID_TEXT_MAX - 1] = '\0';
	free(all);
}

/* Renamed, put in another order, and one taken out. */
TEST_ON(list, fixture, f)
{
	const struct feed_spec before[] = {listed("feed-0", "http://a.example/f"),
		listed("feed-1", "http://b.example/f"), listed("feed-2", "http://c.example/f?key=1")};
	/* everybody has another's name now */
	const struct feed_spec after[] = {listed("feed-0", "http://B.example:80/f"),
		listed("feed-1", "http://c.example/f?key=1"), listed("feed-3", "http://c.example/f?key=2")};
	char uid[2][UID_TEXT_MAX], again[UID_TEXT_MAX];
	int64_t id_a, id_b, id_c;

	fixture_sync(f, before, 3);
	id_a = f->feeds[0].id;
	id_b = f->feeds[1].id;
	id_c = f->feeds[2].id;
	poll_feed(f, 0, "of-a");
	poll_feed(f, 1, "of-b");
	poll_feed(f, 2, "of-c");
	uid_of(f, "feed-1", "of-b", uid[0]);
	uid_of(f, "feed-2", "of-c", uid[1]);
	fixture_sync(f, after, 3);
	assert_int_equal(f->feeds[0].id, id_b);
	assert_int_equal(f->feeds[1].id, id_c);
	assert_true(f->feeds[2].id > id_c);
	assert_string_equal(f->feeds[0].name, "feed-0");
	uid_of(f, "feed-0", "of-b", again);
	assert_string_equal(again, uid[0]);
	uid_of(f, "feed-1", "of-c", again);
	assert_string_equal(again, uid[1]);
	/* nothing of them is forgotten, and their next item is news */
	assert_int_equal(f->feeds[0].polls, 1);
	assert_int_equal(f->feeds[0].health, FEED_OK);
	/* the same item of two feeds that had one name after another are two */
	poll_feed(f, 0, "twin");
	poll_feed(f, 1, "twin");
	poll_feed(f, 2, "twin");
	/* the one that was taken out comes back, with its items */
	fixture_sync(f, before, 3);
	assert_int_equal(f->feeds[0].id, id_a);
	assert_int_equal(f->feeds[1].id, id_b);
	uid_of(f, "feed-0", "of-a", again);
	uid_of(f, "feed-1", "of-b", again);
	assert_string_equal(again, uid[0]);
}

/* What has the same guid in a feed that has the name of another before gets an id of its own. */
TEST_ON(stem, fixture, f)
{
	const struct feed_spec old = listed("news", "http://old.example/f"),
			       new = listed("news", "http://new.example/f");
	char first[UID_TEXT_MAX], second[UID_TEXT_MAX], name[64];

	fixture_sync(f, &old, 1);
	poll_feed(f, 0, "1");
	uid_of(f, "news", "1", first);
	snprintf(name, sizeof(name), "news~%lld", (long long)f->feeds[0].id);
	fixture_sync(f, &new, 1);
	poll_feed(f, 0, "1");
	uid_of(f, name, "1", second);
	assert_string_equal(first, second);
	uid_of(f, "news", "1", second);
	assert_string_not_equal(first, second);
}

/* A section is known by its name, and where no feed has that, by its address. */
TEST_ON(section, fixture, f)
{
	struct feed_spec one = listed("from-a-list", "https://a.example/f");
	int64_t id;

	fixture_sync(f, &one, 1);
	id = f->feeds[0].id;
	poll_feed(f, 0, "x");
	one = section("mine", "http://a.example/f");
	fixture_sync(f, &one, 1);
	assert_int_equal(f->feeds[0].id, id);
	assert_string_equal(f->feeds[0].name, "mine");
	assert_int_equal(f->feeds[0].polls, 1);
	one = section("mine", "https://elsewhere.example/f");
	fixture_sync(f, &one, 1);
	assert_int_equal(f->feeds[0].id, id);
	assert_int_equal(f->feeds[0].health, FEED_NEW);
	/* and from there into a list */
	one = listed("elsewhere", "https://elsewhere.example/f");
	fixture_sync(f, &one, 1);
	assert_int_equal(f->feeds[0].id, id);
	/* a password that changes changes nothing, a user does */
	one.key = "me@elsewhere.example/f";
	fixture_sync(f, &one, 1);
	assert_int_not_equal(f->feeds[0].id, id);
}

/* Feeds that an older version named by their place have no key yet, and lost the user of their address. */
TEST_ON(older_rows, fixture, f)
{
	const struct feed_spec before[] = {
		listed("feed-0", "http://a.example/f"), listed("feed-1", "http://b.example/f")};
	struct feed_spec after[] = {
		listed("\xeb\xb6\x81", "http://b.example/f"), listed("\xd0\xb0", "http://a.example/f")};
	int64_t id_a, id_b;

	fixture_sync(f, before, 2);
	id_a = f->feeds[0].id;
	id_b = f->feeds[1].id;
	poll_feed(f, 1, "of-b");
	fixture_close(f);
	raw_run_in(f->dir, "UPDATE feed SET url_key = NULL");
	fixture_open(f);
	after[1].key = "me@a.example/f";
	fixture_sync(f, after, 2);
	assert_int_equal(f->feeds[0].id, id_b);
	assert_int_equal(f->feeds[1].id, id_a);
	assert_string_equal(f->feeds[0].name, "\xeb\xb6\x81");
	assert_int_equal(f->feeds[0].polls, 1);
	/* from now on by its own key, which another user's is not */
	after[1].key = "you@a.example/f";
	fixture_sync(f, after, 2);
	assert_int_not_equal(f->feeds[1].id, id_a);
}

/* The addresses that an older version stored whole, with the user's name and password. */
TEST_ON(older_rows_lose_their_secrets, fixture, f)
{
	const struct feed_spec feed = listed("news", "http://a.example/f");

	fixture_sync(f, &feed, 1);
	fixture_close(f);
	raw_run_in(f->dir, "UPDATE feed SET url_key = NULL, link = 'http://me:secret@a.example/'");
	fixture_open(f);
	fixture_sync(f, &feed, 1);
	assert_string_equal(f->feeds[0].link, "http://a.example/");
	assert_string_equal(f->feeds[0].url, "http://a.example/f");
}
