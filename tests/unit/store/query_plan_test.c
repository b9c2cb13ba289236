/* What is asked of the database for each item is answered by an index, whatever the tables hold. */
#include "fixture.h"

#include "../../../daemon/store/keeper.h"

struct house {
	char dir[256];
	struct writer_options options;
	struct keeper keeper;
};

static int setup(void **state)
{
	struct house *h = calloc(1, sizeof(*h));

	assert_non_null(h);
	state_dir_make(h->dir);
	h->options = fixture_options(h->dir);
	assert_int_equal(keeper_open(&h->keeper, &h->options, NULL), 0);
	*state = h;
	return 0;
}

static int teardown(void **state)
{
	struct house *h = *state;

	keeper_close(&h->keeper);
	state_dir_remove(h->dir);
	free(h);
	return 0;
}

/* The plan's lines, each in "[]"; the caller frees. */
static char *plan_of(sqlite3 *db, const char *statement)
{
	struct buf text = BUF_INIT(64 * 1024), plan = BUF_INIT(64 * 1024);
	sqlite3_stmt *s;

	assert_int_equal(buf_printf(&text, "EXPLAIN QUERY PLAN %s", statement), 0);
	assert_int_equal(sqlite3_prepare_v2(db, text.data, (int)text.len, &s, NULL), SQLITE_OK);
	assert_int_equal(buf_putc(&plan, ' '), 0);
	while (sqlite3_step(s) == SQLITE_ROW)
		assert_int_equal(buf_printf(&plan, "[%s]", (const char *)sqlite3_column_text(s, 3)), 0);
	(void)sqlite3_finalize(s);
	buf_release(&text);
	return buf_take(&plan, NULL);
}

static void assert_plan_has(struct house *h, enum item_statement statement, const char *expected)
{
	char *plan = plan_of(h->keeper.store.db, sqlite3_sql(h->keeper.items.s[statement]));

	if (strstr(plan, expected) == NULL)
		fail_msg("%s\n  is not %s", plan, expected);
	free(plan);
}

static void nothing_is_scanned(void **state)
{
	struct house *h = *state;

	for (size_t i = 0; i < ITEM_STATEMENTS; i++) {
		const char *text = sqlite3_sql(h->keeper.items.s[i]);
		char *plan = plan_of(h->keeper.store.db, text);

		/* a subquery's single row is no table */
		if (strstr(plan, "[SCAN ") != NULL || strstr(plan, "TEMP B-TREE") != NULL)
			fail_msg("%s\n  does %s", text, plan);
		free(plan);
	}
}

static void keys_are_probes(void **state)
{
	struct house *h = *state;

	assert_plan_has(h, ITEM_BY_IDENTITY, "[SEARCH n USING PRIMARY KEY (feed_id=? AND identity=?)]");
	assert_plan_has(h, ITEM_BY_DIGEST, "[SEARCH d USING PRIMARY KEY (digest=?)]");
	assert_plan_has(h, ITEM_BY_OWN_DIGEST, "[SEARCH d USING PRIMARY KEY (digest=? AND feed_id=?)]");
	assert_plan_has(h, ITEM_BY_URL, "[SEARCH item USING INDEX item_url (url_key=?)]");
	assert_plan_has(h, ITEM_BY_OWN_URL, "[SEARCH item USING INDEX item_url (url_key=? AND feed_id=?)]");
}

/* That the test sees a scan where there is one. */
static void a_scan_is_seen(void **state)
{
	struct house *h = *state;
	char *plan = plan_of(h->keeper.store.db, "SELECT id FROM item WHERE canon_version = ?1");

	assert_non_null(strstr(plan, "[SCAN "));
	free(plan);
}

int main(void)
{
#define HOUSE_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		HOUSE_TEST(nothing_is_scanned),
		HOUSE_TEST(keys_are_probes),
		HOUSE_TEST(a_scan_is_seen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
