/* SPDX-License-Identifier: ISC */
/* Metrics.  Names follow Prometheus' conventions: base units, _total for counters.  Per-feed series are few and bounded
 * by the configuration.  A new metric is a row here, and a member of struct publish_status if its number is new. The
 * manual page follows from the rows. */
#include "sitrep/publish/metrics.h"

#include <stddef.h>
#include <string.h>

#include "sitrep/base/clock.h"
#include "sitrep/sql/damage.h"

/* The numbers of one answer. */
struct sources {
	struct publish_status status;
	struct store_counts counts;
	struct damage damage;
	bool healthy;
};

enum value_type { VALUE_BOOL, VALUE_INT64, VALUE_UNSIGNED, VALUE_UINT64 };

/* clang-format off */
/* size_t is an unsigned or a uint64_t. */
#define FROM(member) \
	.offset = offsetof(struct sources, member), \
	.value = _Generic(((const struct sources *)0)->member, \
		bool: VALUE_BOOL, int64_t: VALUE_INT64, unsigned: VALUE_UNSIGNED, uint64_t: VALUE_UINT64)
#define GAUGE(metric_name, text) .metric = {.name = metric_name, .type = "gauge", .help = text}
#define COUNTER(metric_name, text) .metric = {.name = metric_name, .type = "counter", .help = text}

/* The metrics of the whole daemon that have one value, a row each. */
static const struct row {
	struct metric metric;
	size_t offset; /* of the value in struct sources */
	enum value_type value;
	double unit;   /* of the value, in the metric's unit; 0: the same unit */
	bool inverted; /* 0 for true */
} rows[] = {
	{GAUGE("sitrepd_start_time_seconds", "Start of the daemon, Unix time."),
		FROM(status.started_ms), .unit = 1e-3},
	{GAUGE("sitrepd_healthy", "1 while /healthz answers 200."), FROM(healthy)},
	{GAUGE("sitrepd_paused", "1 while an operator has paused polling."), FROM(status.health.paused)},
	{GAUGE("sitrepd_storing", "0 while nothing can be stored; polling waits then."),
		FROM(status.health.storing_stopped), .inverted = true},
	{COUNTER("sitrepd_polls_lost_total", "Polls and pushes whose transaction could not be committed."),
		FROM(status.polls_lost)},
	{COUNTER("sitrepd_log_lines_dropped_total", "Log lines that were lost because the log was not read in time."),
		FROM(status.log_lines_dropped)},
	{COUNTER("sitrepd_polls_total", "Polls that ended."), FROM(status.polls)},
	{COUNTER("sitrepd_polls_failed_total", "Polls that failed in transfer."), FROM(status.polls_failed)},
	{COUNTER("sitrepd_polls_not_modified_total", "Polls answered 304."), FROM(status.polls_not_modified)},
	{COUNTER("sitrepd_received_bytes_total", "Bytes received over the wire."), FROM(status.bytes_received)},
	{COUNTER("sitrepd_pushes_total", "Pushes of hubs that were accepted."), FROM(status.pushes)},
	{COUNTER("sitrepd_pushes_refused_total", "Pushes of hubs that were refused: wrong signature, wrong topic, or no feed."),
		FROM(status.pushes_refused)},
	{COUNTER("sitrepd_items_new_total", "First reports of a story."), FROM(status.items_new)},
	{COUNTER("sitrepd_items_copies_total", "Reports that joined a story."), FROM(status.items_copies)},
	{COUNTER("sitrepd_items_updated_total", "Items whose text changed."), FROM(status.items_updated)},
	{GAUGE("sitrepd_transfers", "Transfers under way."), FROM(status.transfers_active)},
	{GAUGE("sitrepd_transfers_buffered_bytes", "Bytes of response bodies in memory."),
		FROM(status.transfers_buffered)},
	{GAUGE("sitrepd_feeds_waiting", "Feeds that are due and wait for a slot."), FROM(status.waiting)},
	{GAUGE("sitrepd_parse_pending", "Documents that wait for a parse worker or are being parsed."),
		FROM(status.parse_pending)},
	{GAUGE("sitrepd_write_pending", "Poll outcomes waiting for their commit."), FROM(status.write_pending)},
	{COUNTER("sitrepd_parse_jobs_total", "Documents parsed."), FROM(status.parse_jobs)},
	{COUNTER("sitrepd_parse_failures_total", "Documents that could not be parsed."), FROM(status.parse_failures)},
	{COUNTER("sitrepd_parse_worker_restarts_total", "Parse workers replaced."), FROM(status.worker_restarts)},
	{COUNTER("sitrepd_commits_total", "Database transactions."), FROM(status.commits)},
	{GAUGE("sitrepd_commit_seconds_max", "Longest transaction since start."),
		FROM(status.commit_us_max), .unit = 1e-6},
	{GAUGE("sitrepd_near_index_postings", "Entries of the index of similar texts, ten bytes each."),
		FROM(status.near_postings)},
	{GAUGE("sitrepd_loop_stall_seconds_max", "Largest delay of the main loop's heartbeat since start, also for want of a processor."),
		FROM(status.loop_stall_us_max), .unit = 1e-6},
	{GAUGE("sitrepd_loop_turn_cpu_seconds_max", "Longest turn of the main loop since start, processor time."),
		FROM(status.turn_us_max), .unit = 1e-6},
	{GAUGE("sitrepd_alerts_open", "Alerts that are open."), FROM(status.health.alerts_open)},
	{GAUGE("sitrepd_alert_rules_silent", "Alert rules that have matched nothing for 30 days."),
		FROM(status.health.rules_silent)},
	{GAUGE("sitrepd_alert_rules_noisy", "Alert rules that match more than 50 items a day, on average of a week."),
		FROM(status.health.rules_noisy)},
	{COUNTER("sitrepd_stream_read_errors_total", "Failures to read the event log for subscribers."),
		FROM(status.stream_read_errors)},
	{GAUGE("sitrepd_stream_subscribers", "Connections to the stream."), FROM(status.stream_clients)},
	{GAUGE("sitrepd_events_readers", "Readers of /events."), FROM(status.live.readers)},
	{COUNTER("sitrepd_events_told_total", "Stories told to readers of /events."), FROM(status.live.events)},
	{COUNTER("sitrepd_events_refused_total", "Readers of /events refused for want of a place."),
		FROM(status.live.refused)},
	{COUNTER("sitrepd_http_requests_total", "HTTP requests answered."), FROM(status.http_requests)},
	{COUNTER("sitrepd_http_not_modified_total", "HTTP requests answered 304."), FROM(status.http_not_modified)},
	{COUNTER("sitrepd_http_ambiguous_total", "HTTP requests refused for a head that can be read in two ways."),
		FROM(status.http_ambiguous)},
	{COUNTER("sitrepd_http_misdirected_total", "HTTP requests refused because their Host is not a name of the daemon."),
		FROM(status.http_misdirected)},
	{COUNTER("sitrepd_http_barred_total", "HTTP requests answered 401: without a token or user, or with a wrong one."),
		FROM(status.http_barred)},
	{GAUGE("sitrepd_items", "Items kept."), FROM(counts.items)},
	{GAUGE("sitrepd_stories", "Stories kept."), FROM(counts.stories)},
	{GAUGE("sitrepd_events", "Events kept for the stream."), FROM(counts.events)},
	{GAUGE("sitrepd_database_bytes", "Size of the database and its write-ahead log."),
		FROM(counts.database_bytes)},
	{GAUGE("sitrepd_database_damaged_rows", "Damaged rows found since start."), FROM(damage.rows)},
	{GAUGE("sitrepd_database_damaged_tables", "Tables that failed a check since start."), FROM(damage.tables)},
	{GAUGE("sitrepd_database_checked_timestamp_seconds", "End of the last check of all tables, Unix time, 0: none yet."),
		FROM(damage.checked_ms), .unit = 1e-3},
};
/* clang-format on */

enum { ROW_COUNT = sizeof(rows) / sizeof(rows[0]) };

static const struct metric dropped = {"sitrepd_http_connections_dropped_total", "counter",
	"Connections that were refused (full, address) or closed (room, head, body, answer).", "reason"};

/* ---- feeds ---- */

static int64_t feed_up(const struct feed_state *f)
{
	return f->health == FEED_OK;
}

static int64_t feed_last_success(const struct feed_state *f)
{
	return f->last_success_ms == TIME_NONE ? 0 : f->last_success_ms / 1000;
}

static int64_t feed_last_new(const struct feed_state *f)
{
	return f->last_new_ms == TIME_NONE ? 0 : f->last_new_ms / 1000;
}

static int64_t feed_errors(const struct feed_state *f)
{
	return f->errors;
}

static int64_t feed_pushed(const struct feed_state *f)
{
	return f->pushed;
}

static int64_t feed_polls(const struct feed_state *f)
{
	return f->polls;
}

static int64_t feed_items(const struct feed_state *f)
{
	return f->items;
}

/* The metrics that each feed has, a row each. */
static const struct {
	struct metric metric;
	int64_t (*value)(const struct feed_state *f);
} series[] = {
	{{"sitrepd_feed_up", "gauge", "1 when the last poll succeeded.", "feed"}, feed_up},
	{{"sitrepd_feed_last_success_seconds", "gauge", "Last successful poll, Unix time, 0: never.", "feed"},
		feed_last_success},
	{{"sitrepd_feed_last_new_seconds", "gauge", "Last new item, Unix time, 0: never.", "feed"}, feed_last_new},
	{{"sitrepd_feed_errors", "gauge", "Failed polls in a row.", "feed"}, feed_errors},
	{{"sitrepd_feed_pushed", "gauge", "1 while a hub is trusted to deliver the feed's news.", "feed"}, feed_pushed},
	{{"sitrepd_feed_polls_total", "counter", "Polls of the feed.", "feed"}, feed_polls},
	{{"sitrepd_feed_items", "gauge", "Items kept of the feed.", "feed"}, feed_items},
};

enum { SERIES_COUNT = sizeof(series) / sizeof(series[0]) };

const struct metric *metrics_at(size_t i)
{
	if (i < ROW_COUNT)
		return &rows[i].metric;
	if (i == ROW_COUNT)
		return &dropped;
	i -= ROW_COUNT + 1;
	return i < SERIES_COUNT ? &series[i].metric : NULL;
}

/* ---- writing ---- */

static void write_head(struct buf *out, const struct metric *m)
{
	buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", m->name, m->help, m->name, m->type);
}

/* Writes the value of a label: backslash, quote and newline are escaped. */
static void write_label(struct buf *out, const char *value)
{
	for (; *value != '\0'; value++) {
		if (*value == '\n') {
			buf_puts(out, "\\n");
			continue;
		}
		if (*value == '"' || *value == '\\')
			buf_putc(out, '\\');
		buf_putc(out, *value);
	}
}

static void write_feed(struct buf *out, size_t k, const struct feed_state *f)
{
	buf_puts(out, series[k].metric.name);
	buf_puts(out, "{feed=\"");
	write_label(out, f->name);
	buf_puts(out, "\"} ");
	buf_put_int(out, series[k].value(f));
	buf_putc(out, '\n');
}

bool metrics_write_feeds(struct buf *out, const struct feed_table *feeds, struct metrics_place *at, size_t most)
{
	size_t feed_count = feed_table_places(feeds), k = at->series,
	       end = feed_count - at->feed < most ? feed_count : at->feed + most;
	const struct feed_state *f;

	if (k == SERIES_COUNT)
		return false;
	if (at->feed == 0)
		write_head(out, &series[k].metric);
	for (; at->feed < end; at->feed++)
		if ((f = feed_table_state_at(feeds, at->feed)) != NULL)
			write_feed(out, k, f);
	if (at->feed == feed_count)
		*at = (struct metrics_place){.series = k + 1};
	return true;
}

static double read_value(const struct sources *from, const struct row *row)
{
	const char *at = (const char *)from + row->offset;
	double unit = row->unit != 0 ? row->unit : 1;
	int64_t number;
	uint64_t large;
	unsigned small;
	bool truth;

	switch (row->value) {
	case VALUE_BOOL:
		memcpy(&truth, at, sizeof(truth));
		return truth != row->inverted;
	case VALUE_INT64:
		memcpy(&number, at, sizeof(number));
		return number == TIME_NONE ? 0 : (double)number * unit;
	case VALUE_UNSIGNED:
		memcpy(&small, at, sizeof(small));
		return small * unit;
	case VALUE_UINT64:
		memcpy(&large, at, sizeof(large));
		return (double)large * unit;
	}
	return 0;
}

static void write_dropped(struct buf *out, const struct publish_status *s)
{
	write_head(out, &dropped);
	for (int r = 0; r < HTTP_DROP_REASONS; r++)
		buf_printf(out, "%s{%s=\"%s\"} %llu\n", dropped.name, dropped.label,
			http_drop_reason_name((enum http_drop_reason)r), (unsigned long long)s->http_dropped[r]);
}

void metrics_write_totals(struct buf *out, const struct publish_status *status, const struct store_counts *counts,
	const struct health *health)
{
	struct sources sources = {.status = *status, .counts = *counts, .healthy = health->reason_count == 0};

	damage_get(&sources.damage);
	for (size_t i = 0; i < ROW_COUNT; i++) {
		write_head(out, &rows[i].metric);
		buf_printf(out, "%s %.15g\n", rows[i].metric.name, read_value(&sources, &rows[i]));
	}
	write_dropped(out, status);
}
