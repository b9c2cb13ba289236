/* SPDX-License-Identifier: ISC */
/* What makes the daemon unwell, and what does not, as a table: facts in, reasons and notes out. */
#include "../test.h"
#include "sitrep/base/clock.h"
#include "sitrep/publish/health.h"
#include "sitrep/publish/http.h"

#define NOW_MS INT64_C(1795000000000)
#define HOUR_MS (INT64_C(3600) * 1000)

/* A daemon that has run for an hour: three feeds, polled and well, the next one due in a minute. */
static struct health_facts well(void)
{
	return (struct health_facts){
		.now_ms = NOW_MS,
		.up_ms = HOUR_MS,
		.feeds = 3,
		.next_due_ms = NOW_MS + 60000,
		.silent_ms = 30000,
		.patience_ms = 60000,
		.asked = 3,
	};
}

static void nothing(struct health_facts *f)
{
	(void)f;
}

static void paused(struct health_facts *f)
{
	f->paused = true;
	f->paused_since_ms = NOW_MS - HOUR_MS;
}

static void stopped(struct health_facts *f)
{
	f->storing_stopped = true;
	f->stopped_since_ms = NOW_MS - HOUR_MS;
	f->stop_reason = "cannot commit: no space\nleft";
}

static void overdue(struct health_facts *f)
{
	f->next_due_ms = NOW_MS - HOUR_MS;
	f->overdue = 2;
	f->overdue_ms = HOUR_MS;
	f->silent_ms = HOUR_MS;
}

static void overdue_and_paused(struct health_facts *f)
{
	overdue(f);
	paused(f);
}

static void overdue_and_stopped(struct health_facts *f)
{
	overdue(f);
	stopped(f);
}

/* More feeds than the machine can poll. */
static void queue_is_long(struct health_facts *f)
{
	overdue(f);
	f->silent_ms = 10;
}

static void just_due(struct health_facts *f)
{
	f->next_due_ms = NOW_MS;
}

static void silent_for_good_reason(struct health_facts *f)
{
	f->silent_ms = 24 * HOUR_MS;
	f->asked = 0;
}

static void no_feed(struct health_facts *f)
{
	f->feeds = f->asked = 0;
	f->next_due_ms = TIME_NONE;
}

static void all_gone(struct health_facts *f)
{
	f->next_due_ms = TIME_NONE;
}

static void under_way(struct health_facts *f)
{
	f->under_way = 1;
}

static void stuck(struct health_facts *f)
{
	f->under_way = f->stuck = 1;
}

static void no_worker(struct health_facts *f)
{
	f->no_worker = "ended with status 1";
}

static void late(struct health_facts *f)
{
	f->loop_late_ms = HEALTH_LOOP_LATE_MS + 1;
}

static void a_little_late(struct health_facts *f)
{
	f->loop_late_ms = HEALTH_LOOP_LATE_MS;
}

static void unreadable(struct health_facts *f)
{
	f->read_error = "disk I/O error";
}

static void damaged(struct health_facts *f)
{
	f->damaged_tables = 1;
	snprintf(f->damage, sizeof(f->damage), "table item is damaged: wrong # of entries");
}

static void rows_damaged(struct health_facts *f)
{
	f->damaged_rows = 3;
}

static void unreached(struct health_facts *f)
{
	f->unreached = f->unreached_again = f->asked;
}

static void one_feed_failed_twice(struct health_facts *f)
{
	f->asked = f->unreached = f->unreached_again = 1;
}

static void failed_once(struct health_facts *f)
{
	f->unreached = f->asked;
}

static void one_failed_once(struct health_facts *f)
{
	unreached(f);
	f->unreached_again--;
}

static void many_failed_once(struct health_facts *f)
{
	f->asked = f->unreached = HEALTH_NETWORK_FEEDS;
}

static void one_of_many_answers(struct health_facts *f)
{
	f->asked = 1000;
	f->unreached = f->unreached_again = 999;
}

static void unreached_at_start(struct health_facts *f)
{
	many_failed_once(f);
	f->up_ms = HEALTH_NETWORK_GRACE_MS - 1;
}

static void unreached_and_paused(struct health_facts *f)
{
	unreached(f);
	paused(f);
}

static void nobody_was_asked(struct health_facts *f)
{
	f->asked = 0;
}

static void everything(struct health_facts *f)
{
	stopped(f);
	stuck(f);
	late(f);
	unreadable(f);
	damaged(f);
}

static const struct {
	const char *name;
	void (*change)(struct health_facts *f);
	const char *reasons, *notes; /* codes */
} cases[] = {
	{"well", nothing, "", "nothing-due"},
	{"paused", paused, "", "paused"},
	{"storing stopped", stopped, "storing-stopped", ""},
	{"overdue", overdue, "polls-overdue", ""},
	{"overdue, paused", overdue_and_paused, "", "paused"},
	{"overdue, stopped", overdue_and_stopped, "storing-stopped", ""},
	{"a long queue", queue_is_long, "", ""},
	{"due now", just_due, "", ""},
	{"silent since nothing is due", silent_for_good_reason, "", "nothing-due"},
	{"no feed", no_feed, "", "no-feed"},
	{"all gone", all_gone, "", "nothing-due"},
	{"under way", under_way, "", ""},
	{"stuck", stuck, "polls-stuck", ""},
	{"no worker", no_worker, "no-worker", "nothing-due"},
	{"late", late, "loop-stalled", "nothing-due"},
	{"a little late", a_little_late, "", "nothing-due"},
	{"unreadable", unreadable, "database-unreadable", "nothing-due"},
	{"damaged", damaged, "database-damaged", "nothing-due"},
	{"rows damaged", rows_damaged, "", "rows-damaged,nothing-due"},
	{"unreached", unreached, "network-away", "nothing-due"},
	{"one feed failed twice", one_feed_failed_twice, "network-away", "nothing-due"},
	{"failed once", failed_once, "", "nothing-due"},
	{"one failed once", one_failed_once, "", "nothing-due"},
	{"many failed once", many_failed_once, "network-away", "nothing-due"},
	{"one of many answers", one_of_many_answers, "", "nothing-due"},
	{"unreached at start", unreached_at_start, "", "nothing-due"},
	{"unreached, paused", unreached_and_paused, "", "paused"},
	{"nobody was asked", nobody_was_asked, "", "nothing-due"},
	{"everything", everything, "storing-stopped,database-damaged,database-unreadable,loop-stalled,polls-stuck", ""},
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
		struct buf reasons = BUF_INIT(1024), notes = BUF_INIT(1024);
		struct health_facts f = well();
		struct health h;

		cases[i].change(&f);
		health_judge(&f, &h);
		join(h.reasons, h.reason_count, &reasons);
		join(h.notes, h.note_count, &notes);
		if (strcmp(reasons.data, cases[i].reasons) != 0 || strcmp(notes.data, cases[i].notes) != 0)
			fail_msg("%s: reasons %s, notes %s", cases[i].name, reasons.data, notes.data);
		buf_release(&reasons);
		buf_release(&notes);
	}
}

static void assert_text(void (*change)(struct health_facts *f), const char *expected)
{
	struct buf out = BUF_INIT(4096);
	struct health_facts f = well();
	struct health h;

	change(&f);
	health_judge(&f, &h);
	assert_int_equal(health_write_text(&h, &out), 0);
	assert_int_equal(buf_putc(&out, '\0'), 0);
	assert_string_equal(out.data, expected);
	buf_release(&out);
}

/* One reason a line, whatever is in it; a note is none. */
TEST(text)
{
	assert_text(nothing, "ok\nnothing is due before 2026-11-18T11:07:40Z\n");
	assert_text(paused, "ok\npaused by a person since 2026-11-18T10:06:40Z, nothing is polled until resume\n");
	assert_text(damaged, "the database is damaged: table item is damaged: wrong # of entries\n");
	assert_text(no_feed, "ok\nno feed is configured\n");
	assert_text(stopped,
		"storing stopped, nothing is polled since 2026-11-18T10:06:40Z: cannot commit: no space left\n");
	assert_text(unreached, "network away: all 3 feeds asked within the last hour fail by resolver or connection\n");
}

TEST(json)
{
	struct buf out = BUF_INIT(4096);
	struct health_facts f = well();
	struct health h;
	struct jsonw w = JSONW_INIT(&out);

	unreadable(&f);
	health_judge(&f, &h);
	jsonw_object(&w);
	health_write_json(&h, &w);
	jsonw_object_end(&w);
	assert_int_equal(buf_putc(&out, '\0'), 0);
	assert_string_equal(out.data,
		"{\"status\":\"failing\",\"reasons\":[{\"code\":\"database-unreadable\",\"text\":\"readers cannot be "
		"served: disk I/O error\"}],\"notes\":[{\"code\":\"nothing-due\",\"text\":\"nothing is due before "
		"2026-11-18T11:07:40Z\"}]}");
	buf_release(&out);
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
		assert_int_equal(http_weight(str_from(fields[i].accept), STR("application/json")), fields[i].weight);
}
