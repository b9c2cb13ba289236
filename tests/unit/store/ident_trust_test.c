/* Feeds whose guids or links are made anew at each poll: what they bring is told once, and soon known by what stays. */
#include "../../../daemon/store/ident_trust.h"
#include "story_fixture.h"

enum { ITEMS = 6 };

static const char *const bodies[ITEMS] = {
	"two frigates sailed through the strait early on Monday the navy said",
	"the ministry has ordered eight more patrol aircraft for the northern command",
	"a second battery of the air defence brigade reached the islands by ferry",
	"talks on the border posts go on in the capital of the neighbour today",
	"the shipyard laid the keel of the third minehunter in front of guests",
	"reservists of the mountain corps train with their colleagues from abroad",
};

/* What a poll brings: names and links are made of these numbers, and of the item's. */
struct naming {
	int guid, link;
};

static struct poll_report take_poll(struct fixture *f, struct naming n)
{
	char guid[64], link[64], title[64];
	struct draft d;

	draft_init(&d, "Feed");
	for (int i = 0; i < ITEMS; i++) {
		(void)snprintf(guid, sizeof(guid), "guid-%d-%d", n.guid, i);
		(void)snprintf(link, sizeof(link), "https://a.example/%d?session=%d", i, n.link);
		(void)snprintf(title, sizeof(title), "Report %d", i);
		draft_add(&d, guid, link, title, bodies[i]);
	}
	return fixture_poll(f, ALPHA, &d);
}

static int64_t names(struct fixture *f)
{
	return ask_database(f->dir, "SELECT count(*) FROM ident");
}

static void a_guid_of_each_poll_is_no_name(void **state)
{
	struct fixture *f = *state;
	int64_t known;

	assert_counts(take_poll(f, (struct naming){.guid = 0}), ITEMS, 0, 0, 0);
	for (int i = 1; i <= IDENT_POLLS_MIN; i++) {
		struct poll_report r = take_poll(f, (struct naming){.guid = i});

		assert_counts(r, 0, 0, 0, ITEMS);
		assert_int_equal(r.renamed, i == IDENT_POLLS_MIN);
		assert_int_equal(r.idents_new, i * ITEMS);
		assert_int_equal(r.idents_again, i * ITEMS);
	}
	assert_int_equal(f->feeds[ALPHA].ident_mode, IDENT_URL);
	/* by links from now on: once those have been written down, nothing is new any more */
	assert_counts(take_poll(f, (struct naming){.guid = 100}), 0, 0, 0, ITEMS);
	known = names(f);
	for (int i = 101; i < 130; i++)
		assert_counts(take_poll(f, (struct naming){.guid = i}), 0, 0, 0, ITEMS);
	assert_int_equal(names(f), known);
	assert_int_equal(f->feeds[ALPHA].ident_mode, IDENT_URL);
	assert_int_equal(ask_database(f->dir, "SELECT count(*) FROM item"), ITEMS);
	assert_int_equal(ask_database(f->dir, "SELECT count(*) FROM event"), ITEMS);
}

static void a_link_of_each_poll_is_none_either(void **state)
{
	struct fixture *f = *state;
	int64_t known;

	for (int i = 0; i <= 2 * IDENT_POLLS_MIN; i++)
		assert_counts(take_poll(f, (struct naming){.guid = i, .link = i}), i == 0 ? ITEMS : 0, 0, 0,
			i == 0 ? 0 : ITEMS);
	assert_int_equal(f->feeds[ALPHA].ident_mode, IDENT_DIGEST);
	take_poll(f, (struct naming){.guid = 100, .link = 100});
	known = names(f);
	for (int i = 101; i < 130; i++)
		assert_counts(take_poll(f, (struct naming){.guid = i, .link = i}), 0, 0, 0, ITEMS);
	assert_int_equal(names(f), known);
	assert_int_equal(f->feeds[ALPHA].ident_mode, IDENT_DIGEST);
	assert_int_equal(ask_database(f->dir, "SELECT count(*) FROM event"), ITEMS);
}

/* Everything is renamed at once, and stays so. */
static void a_site_that_moved_is_trusted_again(void **state)
{
	struct fixture *f = *state;

	take_poll(f, (struct naming){0});
	for (int i = 0; i < 30; i++) {
		assert_counts(take_poll(f, (struct naming){.guid = 1, .link = 1}), 0, 0, 0, ITEMS);
		assert_int_equal(f->feeds[ALPHA].ident_mode, IDENT_GUID);
	}
	assert_int_equal(names(f), 2 * ITEMS);
	assert_int_equal(ask_database(f->dir, "SELECT count(*) FROM event"), ITEMS);
}

static void new_items_keep_a_feed_trusted(void **state)
{
	struct fixture *f = *state;
	char guid[64], title[64], body[200];
	struct draft d;

	/* one in three is an old text under a new name */
	for (int i = 0; i < 90; i++) {
		int text = i % 3 == 2 ? i - 1 : i;

		(void)snprintf(guid, sizeof(guid), "guid-%d", i);
		(void)snprintf(title, sizeof(title), "Convoy %d", text);
		(void)snprintf(body, sizeof(body),
			"convoy number %d of this year left the port in the south on its way east", text);
		draft_init(&d, "Feed");
		draft_add(&d, guid, NULL, title, body);
		(void)fixture_poll(f, ALPHA, &d);
	}
	assert_int_equal(f->feeds[ALPHA].ident_mode, IDENT_GUID);
	assert_int_equal(ask_database(f->dir, "SELECT count(*) FROM item"), 60);
}

static int copy_uid(void *arg, const struct story *s)
{
	memcpy(arg, s->reports[0].uid, UID_TEXT_MAX);
	return 0;
}

/* Known by its link, an item's text may change as ever; and what was published keeps its id. */
static void updates_are_still_updates(void **state)
{
	struct fixture *f = *state;
	struct story_query q = {.before_sort_ms = INT64_MAX, .before_id = INT64_MAX, .limit = 1};
	char before[UID_TEXT_MAX] = "", after[UID_TEXT_MAX] = "";
	struct draft d;

	for (int i = 0; i < 5; i++)
		take_poll(f, (struct naming){.guid = i});
	assert_int_equal(f->feeds[ALPHA].ident_mode, IDENT_URL);
	assert_int_equal(reader_stories(f->reader, &q, copy_uid, before, NULL), 0);
	draft_init(&d, "Feed");
	draft_add(&d, "another guid", "https://a.example/5?session=0", "Report 5",
		"the mountain corps sent its reservists home");
	assert_counts(fixture_poll(f, ALPHA, &d), 0, 0, 1, 0);
	assert_int_equal(reader_stories(f->reader, &q, copy_uid, after, NULL), 0);
	assert_int_equal(strlen(after), UID_TEXT_MAX - 1);
	assert_string_equal(before, after);
	assert_int_equal(ask_database(f->dir, "SELECT count(*) FROM item"), ITEMS);
}

static void it_outlives_a_restart_and_ends_with_the_address(void **state)
{
	struct feed_spec other = fixture_feeds[ALPHA];
	struct fixture *f = *state;
	struct writer_options options = fixture_options(f->dir);

	for (int i = 0; i < 5; i++)
		take_poll(f, (struct naming){.guid = i});
	fixture_close(f);
	fixture_open(f, &options);
	fixture_sync(f, fixture_feeds, 3);
	assert_int_equal(f->feeds[ALPHA].ident_mode, IDENT_URL);
	other.url = "https://alpha.example/other";
	fixture_sync(f, &other, 1);
	assert_int_equal(f->feeds[ALPHA].ident_mode, IDENT_GUID);
	/* what was seen stays seen */
	assert_counts(take_poll(f, (struct naming){.guid = 50, .link = 50}), 0, 0, 0, ITEMS);
	assert_int_equal(ask_database(f->dir, "SELECT count(*) FROM event"), ITEMS);
}

/* ---- alone ---- */

static bool note(struct ident_trust *t, int fresh, int again)
{
	return ident_trust_note(t, &fresh, &again);
}

static void proof_takes_polls_and_names(void **state)
{
	struct ident_trust t = {0};

	(void)state;
	/* one poll, however large */
	assert_false(note(&t, 1000, 1000));
	for (int i = 0; i < IDENT_POLLS; i++)
		assert_false(note(&t, 0, 0));
	/* few names */
	for (int i = 0; i < IDENT_NEW_MIN - 1; i++)
		assert_false(note(&t, 1, 1));
	assert_true(note(&t, 1, 1));
	assert_int_equal(t.mode, IDENT_URL);
	/* it begins anew, and half is not most */
	for (int i = 0; i < 100; i++)
		assert_false(note(&t, 10, 5));
	for (int i = 0; i < IDENT_POLLS; i++)
		(void)note(&t, 10, 6);
	assert_int_equal(t.mode, IDENT_DIGEST);
	for (int i = 0; i < IDENT_POLLS; i++)
		assert_false(note(&t, 10, 10));
}

static void bytes_come_back(void **state)
{
	uint8_t bytes[IDENT_TRUST_BYTES];
	struct ident_trust t = {0}, back;

	(void)state;
	for (int i = 0; i < 9; i++)
		(void)note(&t, 300, i);
	t.mode = IDENT_URL;
	ident_trust_encode(&t, bytes);
	ident_trust_decode(str_make((const char *)bytes, sizeof(bytes)), &back);
	assert_memory_equal(&t, &back, sizeof(t));
	for (size_t i = 0; i < 2; i++) {
		uint8_t broken[IDENT_TRUST_BYTES];

		memcpy(broken, bytes, sizeof(bytes));
		broken[i] = 200;
		ident_trust_decode(str_make((const char *)broken, sizeof(broken)), &back);
		assert_int_equal(back.mode, IDENT_GUID);
		assert_int_equal(back.polls[0].fresh, 0);
	}
	ident_trust_decode(STR_NONE, &back);
	assert_int_equal(back.mode, IDENT_GUID);
}

int main(void)
{
#define FIXTURE_TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(a_guid_of_each_poll_is_no_name),
		FIXTURE_TEST(a_link_of_each_poll_is_none_either),
		FIXTURE_TEST(a_site_that_moved_is_trusted_again),
		FIXTURE_TEST(new_items_keep_a_feed_trusted),
		FIXTURE_TEST(updates_are_still_updates),
		FIXTURE_TEST(it_outlives_a_restart_and_ends_with_the_address),
		cmocka_unit_test(proof_takes_polls_and_names),
		cmocka_unit_test(bytes_come_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
