/* SPDX-License-Identifier: ISC */
/* What makes the daemon unwell, and what does not, as a table: facts in, reasons and notes out. */
#include "../scratch.h"
#include "sitrep/base/clock.h"
#include "sitrep/publish/health.h"
#include "sitrep/publish/http.h"

#define NOW_MS INT64_C(1795000000000)
#define HOUR_MS (INT64_C(3600) * 1000)

/* Parts of the facts: a daemon that has run for an hour, its three feeds, and what may be the matter. */
#define DAEMON .now_ms = NOW_MS, .up_ms = HOUR_MS, .patience_ms = 60000
#define FEEDS .feeds = 3, .asked = 3
#define NOT_DUE .next_due_ms = NOW_MS + 60000, .silent_ms = 30000
#define OVERDUE .next_due_ms = NOW_MS - HOUR_MS, .overdue = 2, .overdue_ms = HOUR_MS
#define WELL DAEMON, FEEDS, NOT_DUE
#define PAUSED .paused = true, .paused_since_ms = NOW_MS - HOUR_MS
#define STOPPED                                                                                                        \
	.storing_stopped = true, .stopped_since_ms = NOW_MS - HOUR_MS, .stop_reason = "cannot commit: no space\nleft"
#define DAMAGED .damaged_tables = 1, .damage = "table item is damaged: wrong # of entries"
#define UNREADABLE .read_error = "disk I/O error"
#define UNREACHED .unreached = 3, .unreached_again = 3
#define MANY_FAILED_ONCE .asked = HEALTH_NETWORK_FEEDS, .unreached = HEALTH_NETWORK_FEEDS

static const struct {
	const char *name;
	struct health_facts facts;
	const char *reasons, *notes; /* codes */
} cases[] = {
	{"well", {WELL}, "", "nothing-due"},
	{"paused", {WELL, PAUSED}, "", "paused"},
	{"storing stopped", {WELL, STOPPED}, "storing-stopped", ""},
	{"overdue", {DAEMON, FEEDS, OVERDUE, .silent_ms = HOUR_MS}, "polls-overdue", ""},
	{"overdue, paused", {DAEMON, FEEDS, OVERDUE, .silent_ms = HOUR_MS, PAUSED}, "", "paused"},
	{"overdue, stopped", {DAEMON, FEEDS, OVERDUE, .silent_ms = HOUR_MS, STOPPED}, "storing-stopped", ""},
	/* more feeds than the machine can poll */
	{"a long queue", {DAEMON, FEEDS, OVERDUE, .silent_ms = 10}, "", ""},
	{"due now", {DAEMON, FEEDS, .next_due_ms = NOW_MS, .silent_ms = 30000}, "", ""},
	{"silent since nothing is due", {DAEMON, .feeds = 3, .next_due_ms = NOW_MS + 60000, .silent_ms = 24 * HOUR_MS},
		"", "nothing-due"},
	{"no feed", {DAEMON, .next_due_ms = TIME_NONE, .silent_ms = 30000}, "", "no-feed"},
	{"all gone", {DAEMON, FEEDS, .next_due_ms = TIME_NONE, .silent_ms = 30000}, "", "nothing-due"},
	{"under way", {WELL, .under_way = 1}, "", ""},
	{"stuck", {WELL, .under_way = 1, .stuck = 1}, "polls-stuck", ""},
	{"no worker", {WELL, .no_worker = "ended with status 1"}, "no-worker", "nothing-due"},
	{"late", {WELL, .loop_late_ms = HEALTH_LOOP_LATE_MS + 1}, "loop-stalled", "nothing-due"},
	{"a little late", {WELL, .loop_late_ms = HEALTH_LOOP_LATE_MS}, "", "nothing-due"},
	{"unreadable", {WELL, UNREADABLE}, "database-unreadable", "nothing-due"},
	{"damaged", {WELL, DAMAGED}, "database-damaged", "nothing-due"},
	{"rows damaged", {WELL, .damaged_rows = 3}, "", "rows-damaged,nothing-due"},
	{"unreached", {WELL, UNREACHED}, "network-away", "nothing-due"},
	{"one feed failed twice", {DAEMON, .feeds = 3, NOT_DUE, .asked = 1, .unreached = 1, .unreached_again = 1},
		"network-away", "nothing-due"},
	{"failed once", {WELL, .unreached = 3}, "", "nothing-due"},
	{"one failed once", {WELL, .unreached = 3, .unreached_again = 2}, "", "nothing-due"},
	{"many failed once", {DAEMON, .feeds = 3, NOT_DUE, MANY_FAILED_ONCE}, "network-away", "nothing-due"},
	{"one of many answers", {DAEMON, .feeds = 3, NOT_DUE, .asked = 1000, .unreached = 999, .unreached_again = 999},
		"", "nothing-due"},
	{"unreached at start",
		{.now_ms = NOW_MS,
			.up_ms = HEALTH_NETWORK_GRACE_MS - 1,
			.patience_ms = 60000,
			.feeds = 3,
			NOT_DUE,
			MANY_FAILED_ONCE},
		"", "nothing-due"},
	{"unreached, paused", {WELL, UNREACHED, PAUSED}, "", "paused"},
	{"nobody was asked", {DAEMON, .feeds = 3, NOT_DUE}, "", "nothing-due"},
	{"everything",
		{WELL, STOPPED, .under_way = 1, .stuck = 1, .loop_late_ms = HEALTH_LOOP_LATE_MS + 1, UNREADABLE,
			DAMAGED},
		"storing-stopped,database-damaged,database-unreadable,loop-stalled,polls-stuck", ""},
};

static void join(const struct health_line *lines, size_t count, struct buf *out)
{
	for (size_t i = 0; i < count; i++)
		buf_printf(out, "%s%s", i > 0 ? "," : "", lines[i].code);
	buf_putc(out, '\0');
}

TEST(table)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct buf *reasons = scratch(1024), *notes = scratch(1024);
		struct health h;

		health_judge(&cases[i].facts, &h);
		join(h.reasons, h.reason_count, reasons);
		join(h.notes, h.note_count, notes);
		if (strcmp(reasons->data, cases[i].reasons) != 0 || strcmp(notes->data, cases[i].notes) != 0)
			fail_msg("%s: reasons %s, notes %s", cases[i].name, reasons->data, notes->data);
	}
}

static void assert_text(const struct health_facts *facts, const char *expected)
{
	struct buf *out = scratch(4096);
	struct health h;

	health_judge(facts, &h);
	assert_int_equal(health_write_text(&h, out), 0);
	assert_int_equal(buf_putc(out, '\0'), 0);
	assert_string_equal(out->data, expected);
}

/* One reason a line, whatever is in it; a note is none. */
TEST(text)
{
	static const struct health_facts well = {WELL}, paused = {WELL, PAUSED}, stopped = {WELL, STOPPED},
					 damaged = {WELL, DAMAGED}, unreached = {WELL, UNREACHED},
					 no_feed = {DAEMON, .next_due_ms = TIME_NONE, .silent_ms = 30000};

	assert_text(&well, "ok\nnothing is due before 2026-11-18T11:07:40Z\n");
	assert_text(&paused, "ok\npaused by a person since 2026-11-18T10:06:40Z, nothing is polled until resume\n");
	assert_text(&damaged, "the database is damaged: table item is damaged: wrong # of entries\n");
	assert_text(&no_feed, "ok\nno feed is configured\n");
	assert_text(&stopped,
		"storing stopped, nothing is polled since 2026-11-18T10:06:40Z: cannot commit: no space left\n");
	assert_text(
		&unreached, "network away: all 3 feeds asked within the last hour fail by resolver or connection\n");
}

TEST(json)
{
	struct buf *out = scratch(4096);
	static const struct health_facts unreadable = {WELL, UNREADABLE};
	struct health h;
	struct jsonw w = JSONW_INIT(out);

	health_judge(&unreadable, &h);
	jsonw_object(&w);
	health_write_json(&h, &w);
	jsonw_object_end(&w);
	assert_int_equal(buf_putc(out, '\0'), 0);
	assert_string_equal(out->data,
		"{\"status\":\"failing\",\"reasons\":[{\"code\":\"database-unreadable\",\"text\":\"readers cannot be "
		"served: disk I/O error\"}],\"notes\":[{\"code\":\"nothing-due\",\"text\":\"nothing is due before "
		"2026-11-18T11:07:40Z\"}]}");
}

TEST(weight)
{
	static const struct {
		const char *accept;
		int weight;
	} fields[] = {
		{"", -1},
		{"*/*", -1},
		{"application/json", 1000},
		{"Application/JSON", 1000},
		{"application/jsonp", -1},
		{"text/html, application/json;q=0.9, */*;q=0.8", 900},
		{"application/json ; charset=utf-8 ; q=0.25", 250},
		{"application/json;q=0", 0},
		{"application/json;q=0.0", 0},
		{"application/json;q=1.000", 1000},
		{"application/json;q=7", 1000},
		{"application/json;q=x", 0},
	};

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		if (http_weight(str_from(fields[i].accept), STR("application/json")) != fields[i].weight)
			fail_msg("\"%s\" has not the weight %d", fields[i].accept, fields[i].weight);
}
