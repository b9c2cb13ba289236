/* SPDX-License-Identifier: ISC */
/* sitrepd --verify: SQLite's check of the file, a check of all records, and rules between tables. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "sitrep/sql/sql.h"
#include "sitrep/store/check.h"
#include "sitrep/store/store.h"

enum { TEXT_MAX = 1024, ROWS_SHOWN_MAX = 20 };

static const char cannot_verify[] = "cannot verify the database";

/* Each query counts rows that break a rule; cost is the consequence for the operator. */
static const struct {
	const char *query, *finding, *cost;
} rules[] = {
	{"SELECT count(*) != 1 FROM counter", "the row of counters is missing",
		"they are counted anew at the next start"},
	{"SELECT count(*) FROM counter WHERE items != (SELECT count(*) FROM item)", "count of items is wrong",
		"the numbers in status and metrics are wrong"},
	{"SELECT count(*) FROM counter WHERE stories != (SELECT count(*) FROM story)", "count of stories is wrong",
		"the numbers in status and metrics are wrong"},
	{"SELECT count(*) FROM counter WHERE item_id < (SELECT coalesce(max(id), 0) FROM item)",
		"number of the last item is too low", "it is set right at the next start"},
	{"SELECT count(*) FROM counter WHERE cursor < (SELECT coalesce(max(cursor), 0) FROM event)",
		"number of the last event is too low", "it is set right at the next start"},
	{"SELECT count(*) FROM counter WHERE alert_id < (SELECT coalesce(max(id), 0) FROM alert)",
		"number of the last alert is too low", "it is set right at the next start"},
	{"SELECT count(*) FROM item WHERE story_id NOT IN (SELECT id FROM story)",
		"items are in a story that is missing", "they are not shown until their feeds change them"},
	{"SELECT count(*) FROM item WHERE feed_id NOT IN (SELECT id FROM feed)", "items are of a feed that is missing",
		"they are not shown"},
	{"SELECT count(*) FROM story WHERE NOT EXISTS(SELECT 1 FROM item WHERE story_id = story.id)",
		"stories have no item", "they are not shown"},
	{"SELECT count(*) FROM story WHERE reports != (SELECT count(*) FROM item WHERE story_id = story.id)",
		"stories have a wrong count of reports", "the number shown is wrong"},
	{"SELECT count(*) FROM item WHERE length(uid) != 16 OR length(digest) != 16", "items have a damaged key",
		"they are not shown, or count as new when their feeds bring them again"},
	{"SELECT count(*) FROM story WHERE length(uid) != 16", "stories have a damaged key", "they are not shown"},
	{"SELECT count(*) FROM rule_match WHERE story_id NOT IN (SELECT id FROM story)",
		"matches of rules are of stories that are missing", "none: they are passed over"},
	{"SELECT count(*) FROM rule_pending WHERE item_id NOT IN (SELECT id FROM item WHERE story_id ="
	 " rule_pending.story_id)",
		"rules wait for stories by items that are missing", "none: they are passed over"},
	{"SELECT count(*) FROM websub WHERE feed_id NOT IN (SELECT id FROM feed)",
		"subscriptions are of feeds that are missing", "none: they are ignored"},
	{"SELECT count(*) FROM revision WHERE item_id NOT IN (SELECT id FROM item)",
		"earlier texts are of items that are missing", "none: they are ignored"},
	{"SELECT count(*) FROM near_sketch WHERE item_id NOT IN (SELECT id FROM item)",
		"sketches are of items that are missing", "new items may be grouped with what is gone"},
	{"SELECT count(*) FROM story_constraint WHERE item_id NOT IN (SELECT id FROM item)",
		"corrections by hand are of items that are missing", "none: they are passed over"},
	{"SELECT count(*) FROM event WHERE kind NOT BETWEEN 1 AND 10", "events have an unknown kind",
		"subscribers do not get them"},
};

struct verifying {
	verify_fn *fn;
	void *arg;
	int findings;
	int rows; /* damaged rows so far */
};

static void report_finding(struct verifying *v, const char *finding, const char *cost)
{
	v->findings++;
	v->fn(v->arg, finding, cost);
}

static int check_file(struct verifying *v, struct sql_db *db, struct error *err)
{
	struct sql_stmt *s;
	int result = sql_prepare_once(db, "PRAGMA integrity_check(100)", &s, err, cannot_verify);

	while (result == 0 && (result = sql_step(s, err, cannot_verify)) == 1) {
		char finding[TEXT_MAX];

		result = 0;
		if (str_eq(sql_text(s, 0), STR("ok")))
			break;
		snprintf(finding, sizeof(finding), "file: %.*s",
			STR_ARG(str_slice(sql_text(s, 0), 0, sizeof(finding) / 2)));
		report_finding(v, finding, "rows may be lost; restore a backup");
	}
	sql_finalize(&s, 1);
	if (result != -EUCLEAN)
		return result;
	report_finding(v, err->text, "restore a backup");
	return 0;
}

static void on_finding(void *arg, const char *table, int64_t row, const char *column, const char *finding)
{
	struct verifying *v = arg;
	char text[TEXT_MAX];

	if (column == NULL)
		snprintf(text, sizeof(text), "table %s: %.*s", table, TEXT_MAX / 2, finding);
	else
		snprintf(text, sizeof(text), "table %s: row %lld has a damaged %s", table, (long long)row, column);
	if (column != NULL && ++v->rows > ROWS_SHOWN_MAX)
		v->findings++;
	else
		report_finding(v, text,
			column == NULL ? "the rows after it cannot be read; restore a backup"
				       : "the row is skipped, or emptied and filled again by later polls");
}

static int check_records(struct verifying *v, const char *state_dir, struct error *err)
{
	struct check *c = check_new(state_dir, false, on_finding, v, err);
	char text[TEXT_MAX];
	int result;

	if (c == NULL)
		return err->code;
	while ((result = check_step(c, err)) == 1)
		;
	check_free(c);
	if (v->rows > ROWS_SHOWN_MAX) {
		snprintf(text, sizeof(text), "%d more rows are damaged", v->rows - ROWS_SHOWN_MAX);
		v->fn(v->arg, text, "they are skipped");
	}
	return result;
}

/* A query that fails on damage (-EUCLEAN) is skipped: check_file() has reported the damage. */
static int check_rules(struct verifying *v, struct sql_db *db, struct error *err)
{
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		int64_t count;
		char text[TEXT_MAX];
		int result = sql_ask_int(db, rules[i].query, &count, err, cannot_verify);

		if (result < 0 && result != -EUCLEAN)
			return result;
		if (result < 0 || count == 0)
			continue;
		snprintf(text, sizeof(text), "%lld: %s", (long long)count, rules[i].finding);
		report_finding(v, text, rules[i].cost);
	}
	return 0;
}

int verify_database(const char *state_dir, verify_fn *fn, void *arg, struct error *err)
{
	struct verifying v = {.fn = fn, .arg = arg};
	struct store store;
	int result = store_open(&store, state_dir, STORE_READ, err);

	if (result != 0)
		return result;
	result = check_file(&v, store.db, err);
	if (result == 0)
		result = check_records(&v, state_dir, err);
	if (result == 0)
		result = sql_exec(store.db, "BEGIN", err, cannot_verify);
	if (result == 0)
		result = check_rules(&v, store.db, err);
	store_close(&store);
	return result < 0 ? result : v.findings;
}
