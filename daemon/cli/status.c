/* SPDX-License-Identifier: ISC */
/* sitrep status: what the daemon is doing, a line for each subject. */
#include <string.h>

#include "client.h"
#include "sitrep/base/units.h"

/* The column in which the words begin. */
enum { WORDS_AT = 11, LINE_MAX = 64 * 1024 };

/* ---- words ---- */

static void put_count(struct buf *line, long long count, const char *what)
{
	buf_printf(line, "%lld %s%s", count, what, count == 1 ? "" : "s");
}

/* "12 B", "3.4 KB", "120 MB" */
static void put_size(struct buf *line, long long bytes)
{
	static const char *const units[] = {"B", "KB", "MB", "GB", "TB"};
	double size = (double)bytes;
	size_t unit = 0;

	while (size >= 1000 && unit + 1 < sizeof(units) / sizeof(units[0])) {
		size /= 1000;
		unit++;
	}
	buf_printf(line, unit == 0 || size >= 10 ? "%.0f %s" : "%.1f %s", size, units[unit]);
}

/* Appends ", 3 failing" for a number that is not 0. */
static void put_if_any(struct buf *line, const json_t *object, const char *member, const char *words)
{
	if (member_whole(object, member) != 0)
		buf_printf(line, ", %lld %s", member_whole(object, member), words);
}

static void print_line(const char *subject, struct buf *line)
{
	printf("%-*s", WORDS_AT, subject);
	print_sentence(line->data, WORDS_AT, WORDS_AT);
	buf_clear(line);
}

/* ---- subjects ---- */

static void print_health(const json_t *status, struct buf *line)
{
	static const char *const lists[] = {"reasons", "notes"};
	const json_t *health = json_object_get(status, "health"), *one;
	char uptime[TIME_TEXT_MAX];
	size_t i;

	buf_puts(line, member_words(health, "status"));
	for (size_t k = 0; k < sizeof(lists) / sizeof(lists[0]); k++)
		json_array_foreach(json_object_get(health, lists[k]), i, one)
		{
			buf_printf(line, "; %s", member_words(one, "text"));
		}
	print_line("health", line);
	buf_printf(line, "version %s, running for %s, since %s", member_words(status, "version"),
		duration_format_spaced(uptime, member_whole(status, "uptime_s") * 1000),
		member_words(status, "started"));
	print_line("daemon", line);
}

static void print_polling(const json_t *status, struct buf *line)
{
	const json_t *now = json_object_get(status, "now");

	if (member_is_true(status, "paused"))
		buf_printf(line, "paused since %s; \"sitrep resume\" ends that", member_words(status, "paused_since"));
	else if (json_is_false(json_object_get(status, "storing")))
		buf_printf(line, "stopped since %s, because nothing can be stored: %s",
			member_words(status, "stopped_since"), member_words(status, "stopped_reason"));
	else
		buf_puts(line, "on");
	put_if_any(line, now, "transfers", "under way");
	put_if_any(line, now, "parsing", "being parsed");
	put_if_any(line, now, "writing", "being stored");
	put_if_any(line, now, "waiting", "waiting");
	print_line("polling", line);
}

static void print_feeds(const json_t *status, struct buf *line)
{
	const json_t *feeds = json_object_get(status, "feeds"), *newest = json_object_get(status, "newest");
	char ago[TIME_TEXT_MAX];

	put_count(line, member_whole(feeds, "configured"), "feed");
	buf_printf(line, ": %lld ok", member_whole(feeds, "ok"));
	put_if_any(line, feeds, "failing", "failing (\"sitrep feeds --failing\")");
	put_if_any(line, feeds, "gone", "gone");
	put_if_any(line, feeds, "new", "not asked yet");
	put_if_any(line, feeds, "disabled", "disabled");
	print_line("feeds", line);
	if (newest == NULL)
		buf_puts(line, "no item has come yet");
	else
		buf_printf(line, "%s from %s, %s",
			time_format_relative(ago, member_time(newest, "time"), clock_wall_ms()),
			member_words(newest, "feed"), member_words(newest, "time"));
	print_line("newest", line);
}

static void print_listeners(const json_t *status, struct buf *line)
{
	const json_t *listeners = json_object_get(status, "listeners"), *http = json_object_get(listeners, "http"),
		     *one;
	size_t i;

	json_array_foreach(http, i, one)
	{
		buf_printf(line, "%s%s", i > 0 ? ", " : "", json_string_value(one));
	}
	if (line->len > 0)
		print_line("pages", line);
	if (json_object_get(listeners, "stream") != NULL) {
		buf_printf(line, "%s, ", member_words(listeners, "stream"));
		put_count(line, member_whole(json_object_get(status, "now"), "subscribers"), "subscriber");
		print_line("stream", line);
	}
	if (json_object_get(listeners, "control") != NULL) {
		buf_puts(line, member_words(listeners, "control"));
		print_line("control", line);
	}
}

static void print_database(const json_t *status, struct buf *line)
{
	const json_t *database = json_object_get(status, "database");

	put_size(line, member_whole(database, "bytes"));
	if (json_object_get(database, "damage") != NULL)
		buf_printf(line, ", DAMAGED: %s (rows left out: %lld, tables: %lld)", member_words(database, "damage"),
			member_whole(database, "damaged_rows"), member_whole(database, "damaged_tables"));
	else if (json_object_get(database, "checked") != NULL)
		buf_puts(line, ", no damage");
	if (json_object_get(database, "checked") != NULL)
		buf_printf(line, ", checked %s", member_words(database, "checked"));
	print_line("database", line);
}

static void print_workers(const json_t *status, struct buf *line)
{
	const json_t *workers = json_object_get(status, "workers");

	buf_printf(line, "%lld of %lld ready to parse", member_whole(workers, "ready"),
		member_whole(workers, "configured"));
	if (json_object_get(workers, "trouble") != NULL)
		buf_printf(line, "; %s", member_words(workers, "trouble"));
	put_if_any(line, json_object_get(status, "since_start"), "worker_restarts", "restarted since the start");
	print_line("workers", line);
}

static void print_totals(const json_t *status, struct buf *line)
{
	const json_t *total = json_object_get(status, "since_start");

	put_count(line, member_whole(total, "polls"), "poll");
	buf_puts(line, " since the start");
	put_if_any(line, total, "not_modified", "not modified");
	put_if_any(line, total, "failed", "failed");
	put_if_any(line, total, "lost", "lost");
	buf_puts(line, "; ");
	put_size(line, member_whole(total, "bytes"));
	buf_printf(line, " received; %lld new", member_whole(total, "new"));
	put_if_any(line, total, "copies", "copies");
	put_if_any(line, total, "updated", "updated");
	print_line("totals", line);
	buf_printf(line, "longest stall %.1f ms, longest turn %.1f ms",
		(double)member_whole(total, "longest_stall_us") / 1000,
		(double)member_whole(total, "longest_turn_us") / 1000);
	put_if_any(line, total, "log_lines_dropped", "lines of the log lost");
	print_line("main loop", line);
}

static void print_alerts(const json_t *status, struct buf *line)
{
	const json_t *alerts = json_object_get(status, "alerts");

	if (alerts == NULL)
		return;
	put_count(line, member_whole(alerts, "rules"), "rule");
	buf_printf(line, ", %lld open", member_whole(alerts, "open"));
	put_if_any(line, alerts, "silent", "match nothing");
	put_if_any(line, alerts, "noisy", "match too much");
	print_line("alerts", line);
}

static void print_bursts(const json_t *status, struct buf *line)
{
	const json_t *bursts = json_object_get(status, "bursts");

	if (bursts == NULL)
		return;
	buf_printf(line, "%lld series counted", member_whole(bursts, "counted"));
	put_if_any(line, bursts, "learning", "still being learnt, which takes four weeks");
	print_line("bursts", line);
}

static int show_status(const json_t *status)
{
	struct buf line = BUF_INIT(LINE_MAX);

	print_health(status, &line);
	print_polling(status, &line);
	print_feeds(status, &line);
	print_database(status, &line);
	print_alerts(status, &line);
	print_bursts(status, &line);
	print_listeners(status, &line);
	print_workers(status, &line);
	print_totals(status, &line);
	buf_release(&line);
	return 0;
}

static int run_status(const struct client_options *options)
{
	return command_show(options, json_pack("{s:s}", "op", "status"), "status", show_status);
}

const struct command command_status = {
	.name = "status",
	.options = command_json_option,
	.arguments = "",
	.summary = "Show what the daemon is doing",
	.run = run_status,
};
