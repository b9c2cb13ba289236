/* SPDX-License-Identifier: ISC */
/* Metrics.  Names follow Prometheus' conventions: base units, _total for counters.  Per-feed series are few and bounded
 * by the configuration.  A new metric is a row here, and a member of struct publish_status if its number is new. The
 * manual page follows from the rows. */
#include "sitrep/publish/metrics.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "process_numbers.h"
#include "sitrep/base/clock.h"
#include "sitrep/sql/damage.h"

/* The numbers of one answer. */
struct sources {
	struct publish_status status;
	struct store_counts counts;
	struct damage damage;
	struct process_numbers process;
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
/* A name of an earlier release, kept beside the new one until 0.4. */
#define FORMER(metric_name, new_name, text) GAUGE(metric_name, "Deprecated, use " new_name ". " text)

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
	{COUNTER("sitrepd_write_errors_total", "Database transactions that failed."), FROM(status.write_errors)},
	{FORMER("sitrepd_commit_seconds_max", "sitrepd_commit_duration_seconds", "Longest transaction since start."),
		FROM(status.commit_us_max), .unit = 1e-6},
	{GAUGE("sitrepd_near_index_postings", "Entries of the index of similar texts, ten bytes each."),
		FROM(status.near_postings)},
	{GAUGE("sitrepd_loop_stall_seconds", "Largest delay of the main loop's heartbeat in the last one to two minutes, also for want of a processor."),
		FROM(status.loop_stall_us), .unit = 1e-6},
	{GAUGE("sitrepd_loop_turn_cpu_seconds", "Longest turn of the main loop in the last one to two minutes, processor time."),
		FROM(status.turn_us), .unit = 1e-6},
	{FORMER("sitrepd_loop_stall_seconds_max", "sitrepd_loop_stall_seconds", "Largest delay of the main loop's heartbeat since start, also for want of a processor."),
		FROM(status.loop_stall_us_max), .unit = 1e-6},
	{FORMER("sitrepd_loop_turn_cpu_seconds_max", "sitrepd_loop_turn_cpu_seconds", "Longest turn of the main loop since start, processor time."),
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
	{GAUGE("sitrepd_database_checked_timestamp_seconds", "End of the last check of all tables, Unix time; left out before the first one."),
		FROM(damage.checked_ms), .unit = 1e-3},
	{COUNTER("process_cpu_seconds_total", "Processor time of the daemon's process, without the parse workers."),
		FROM(process.cpu_us), .unit = 1e-6},
	{GAUGE("process_resident_memory_bytes", "Resident memory of the daemon's process."),
		FROM(process.resident_bytes)},
	{GAUGE("process_virtual_memory_bytes", "Address space of the daemon's process."), FROM(process.virtual_bytes)},
	{GAUGE("process_open_fds", "Open descriptors of the daemon's process."), FROM(process.open_fds)},
	{GAUGE("process_max_fds", "Most descriptors that the daemon's process may open."), FROM(process.max_fds)},
	{GAUGE("process_start_time_seconds", "Start of the daemon, Unix time."), FROM(status.started_ms), .unit = 1e-3},
};

/* Distributions, a row each. */
static const struct {
	struct metric metric;
	size_t offset; /* of the struct histogram in struct publish_status */
	enum histogram_scale scale;
} distributions[] = {
#define SPREAD(metric_name, text) .metric = {.name = metric_name, .type = "histogram", .help = text}
	{SPREAD("sitrepd_poll_duration_seconds", "Duration of polls, redirects included."),
		offsetof(struct publish_status, poll_durations), HISTOGRAM_OF_WORK},
	{SPREAD("sitrepd_item_delay_seconds", "Time from a new item's own date until the daemon saw it; items without a date and of a feed's first poll are left out."),
		offsetof(struct publish_status, item_delays), HISTOGRAM_OF_WAITS},
	{SPREAD("sitrepd_publish_delay_seconds", "Time from the answer with a new item until the outputs show it."),
		offsetof(struct publish_status, publish_delays), HISTOGRAM_OF_WORK},
	{SPREAD("sitrepd_stream_lag_seconds", "Time from an event until its line was made for a subscriber who is up to date."),
		offsetof(struct publish_status, stream_lags), HISTOGRAM_OF_WORK},
	{SPREAD("sitrepd_commit_duration_seconds", "Duration of database transactions."),
		offsetof(struct publish_status, commit_durations), HISTOGRAM_OF_WORK},
};
/* clang-format on */

enum {
	ROW_COUNT = sizeof(rows) / sizeof(rows[0]),
	DISTRIBUTION_COUNT = sizeof(distributions) / sizeof(distributions[0]),
};

static const struct metric dropped = {"sitrepd_http_connections_dropped_total", "counter",
	"Connections that were refused (full, address) or closed (room, head, body, answer).", "reason"};
static const struct metric build = {
	"sitrepd_build_info", "info", "1; the label tells the version of the daemon.", "version"};
static const struct metric feeds_by_state = {
	"sitrepd_feeds", "gauge", "Feeds that are polled, by state: new (never polled), ok, failing, gone.", "state"};

/* ---- feeds ---- */

static int64_t feed_up(const struct feed_state *f)
{
	return f->health == FEED_OK;
}

static int64_t feed_last_success(const struct feed_state *f)
{
	return f->last_success_ms == TIME_NONE ? TIME_NONE : f->last_success_ms / 1000;
}

static int64_t feed_last_new(const struct feed_state *f)
{
	return f->last_new_ms == TIME_NONE ? TIME_NONE : f->last_new_ms / 1000;
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
	int64_t (*value)(const struct feed_state *f); /* TIME_NONE: never */
	bool never_is_0;                              /* else the series is left out */
} series[] = {
	{{"sitrepd_feed_up", "gauge", "1 when the last poll succeeded.", "feed"}, feed_up, false},
	{{"sitrepd_feed_last_success_timestamp_seconds", "gauge",
		 "Last successful poll, Unix time; left out when there was none.", "feed"},
		feed_last_success, false},
	{{"sitrepd_feed_last_new_timestamp_seconds", "gauge", "Last new item, Unix time; left out when there was none.",
		 "feed"},
		feed_last_new, false},
	{{"sitrepd_feed_last_success_seconds", "gauge",
		 "Deprecated, use sitrepd_feed_last_success_timestamp_seconds. Last successful poll, Unix time, 0: "
		 "never.",
		 "feed"},
		feed_last_success, true},
	{{"sitrepd_feed_last_new_seconds", "gauge",
		 "Deprecated, use sitrepd_feed_last_new_timestamp_seconds. Last new item, Unix time, 0: never.",
		 "feed"},
		feed_last_new, true},
	{{"sitrepd_feed_errors", "gauge", "Failed polls in a row.", "feed"}, feed_errors, false},
	{{"sitrepd_feed_pushed", "gauge", "1 while a hub is trusted to deliver the feed's news.", "feed"}, feed_pushed,
		false},
	{{"sitrepd_feed_polls_total", "counter", "Polls of the feed.", "feed"}, feed_polls, false},
	{{"sitrepd_feed_items", "gauge", "Items kept of the feed.", "feed"}, feed_items, false},
};

/* The metrics that each alert has, a row each. */
static const struct {
	struct metric metric;
	size_t offset; /* in struct rule_counts */
	bool is_time;  /* TIME_NONE: the series is left out */
} alert_series[] = {
	{{"sitrepd_alert_matches", "gauge",
		 "Items that the alert's rule matched today (UTC) and on the 13 days before.", "alert"},
		offsetof(struct rule_counts, matches), false},
	{{"sitrepd_alert_raised", "gauge", "Alerts that were raised today (UTC) and on the 13 days before.", "alert"},
		offsetof(struct rule_counts, raised), false},
	{{"sitrepd_alert_muted", "gauge",
		 "Events of the alert that were held back today (UTC) and on the 13 days before.", "alert"},
		offsetof(struct rule_counts, muted), false},
	{{"sitrepd_alert_last_match_timestamp_seconds", "gauge",
		 "Last item that the alert's rule matched, Unix time; left out when there was none.", "alert"},
		offsetof(struct rule_counts, last_ms), true},
};

enum {
	SERIES_COUNT = sizeof(series) / sizeof(series[0]),
	ALERT_SERIES_COUNT = sizeof(alert_series) / sizeof(alert_series[0]),
};

const struct metric *metrics_at(size_t i)
{
	static const struct metric *const labelled[] = {&build, &feeds_by_state, &dropped};
	enum { LABELLED_COUNT = sizeof(labelled) / sizeof(labelled[0]) };

	if (i < ROW_COUNT)
		return &rows[i].metric;
	i -= ROW_COUNT;
	if (i < LABELLED_COUNT)
		return labelled[i];
	i -= LABELLED_COUNT;
	if (i < DISTRIBUTION_COUNT)
		return &distributions[i].metric;
	i -= DISTRIBUTION_COUNT;
	if (i < SERIES_COUNT)
		return &series[i].metric;
	i -= SERIES_COUNT;
	return i < ALERT_SERIES_COUNT ? &alert_series[i].metric : NULL;
}

/* ---- writing ---- */

/* In OpenMetrics the name of a family has neither the _total of its counter nor the _info of its facts, and a unit at
 * its end is told.  The older format has no type for facts. */
static void write_head(struct buf *out, const struct metric *m, enum metrics_form form)
{
	static const struct str endings[] = {{"_total", 6}, {"_info", 5}};
	struct str name = str_from(m->name);
	const char *type = m->type, *unit = NULL;

	if (form == METRICS_TEXT) {
		if (strcmp(type, "info") == 0)
			type = "gauge";
	} else {
		for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++)
			if (str_ends(name, endings[i]))
				name.len -= endings[i].len;
		unit = str_ends(name, STR("_seconds")) ? "seconds" : str_ends(name, STR("_bytes")) ? "bytes" : NULL;
	}
	buf_printf(out, "# HELP %.*s %s\n# TYPE %.*s %s\n", STR_ARG(name), m->help, STR_ARG(name), type);
	if (unit != NULL)
		buf_printf(out, "# UNIT %.*s %s\n", STR_ARG(name), unit);
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

static void write_labelled(struct buf *out, const struct metric *m, const char *label, int64_t value)
{
	buf_printf(out, "%s{%s=\"", m->name, m->label);
	write_label(out, label);
	buf_puts(out, "\"} ");
	buf_put_int(out, value);
	buf_putc(out, '\n');
}

static void write_feed(struct buf *out, size_t k, const struct feed_state *f)
{
	int64_t value = series[k].value(f);

	if (value == TIME_NONE && series[k].never_is_0)
		value = 0;
	if (value != TIME_NONE)
		write_labelled(out, &series[k].metric, f->name, value);
}

bool metrics_write_feeds(
	struct buf *out, enum metrics_form form, const struct feed_table *feeds, struct metrics_place *at, size_t most)
{
	size_t feed_count = feed_table_places(feeds), k = at->series,
	       end = feed_count - at->feed < most ? feed_count : at->feed + most;
	const struct feed_state *f;

	if (k == SERIES_COUNT)
		return false;
	if (at->feed == 0)
		write_head(out, &series[k].metric, form);
	for (; at->feed < end; at->feed++)
		if ((f = feed_table_state_at(feeds, at->feed)) != NULL)
			write_feed(out, k, f);
	if (at->feed == feed_count) {
		at->series = k + 1;
		at->feed = 0;
	}
	return true;
}

static int write_alert(
	struct buf *out, size_t k, const char *name, struct reader *r, int64_t first_day, struct error *err)
{
	struct rule_counts counts;
	int result = reader_rule_counts(r, str_from(name), first_day, &counts, err);
	int64_t value;

	memcpy(&value, (const char *)&counts + alert_series[k].offset, sizeof(value));
	if (result == 0 && !(alert_series[k].is_time && value == TIME_NONE))
		write_labelled(out, &alert_series[k].metric, name, alert_series[k].is_time ? value / 1000 : value);
	return result;
}

bool metrics_write_alerts(struct buf *out, enum metrics_form form, const struct config_rules *alerts,
	struct reader *reader, struct metrics_place *at, size_t most)
{
	enum { DAYS = 14, DAY_MS = 24 * 3600 * 1000 };
	int64_t first_day = clock_wall_ms() / DAY_MS - DAYS + 1;
	size_t k = at->alert_series, end = alerts->count - at->alert < most ? alerts->count : at->alert + most;
	struct error err;

	if (k == ALERT_SERIES_COUNT)
		return false;
	if (at->alert == 0)
		write_head(out, &alert_series[k].metric, form);
	for (; at->alert < end; at->alert++)
		if (write_alert(out, k, alerts->items[at->alert].name, reader, first_day, &err) != 0)
			at->alert = end = alerts->count;
	if (at->alert >= alerts->count) {
		at->alert_series = k + 1;
		at->alert = 0;
	}
	return true;
}

void metrics_write_end(struct buf *out, enum metrics_form form)
{
	if (form == METRICS_OPEN)
		buf_puts(out, "# EOF\n");
}

/* False for a time that has not been. */
static bool read_value(const struct sources *from, const struct row *row, double *value)
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
		*value = truth != row->inverted;
		break;
	case VALUE_INT64:
		memcpy(&number, at, sizeof(number));
		*value = (double)number * unit;
		return number != TIME_NONE;
	case VALUE_UNSIGNED:
		memcpy(&small, at, sizeof(small));
		*value = small * unit;
		break;
	case VALUE_UINT64:
		memcpy(&large, at, sizeof(large));
		*value = (double)large * unit;
		break;
	}
	return true;
}

static void write_dropped(struct buf *out, enum metrics_form form, const struct publish_status *s)
{
	write_head(out, &dropped, form);
	for (int r = 0; r < HTTP_DROP_REASONS; r++)
		write_labelled(
			out, &dropped, http_drop_reason_name((enum http_drop_reason)r), (int64_t)s->http_dropped[r]);
}

static void write_states(struct buf *out, enum metrics_form form, const struct feed_table *feeds)
{
	int64_t counts[FEED_GONE + 1] = {0};
	const struct feed *f;

	for (size_t at = 0; (f = feed_table_next(feeds, &at)) != NULL;)
		counts[f->state.health]++;
	write_head(out, &feeds_by_state, form);
	for (int h = 0; h <= FEED_GONE; h++)
		write_labelled(out, &feeds_by_state, feed_health_name((enum feed_health)h), counts[h]);
}

/* "0.5", and in OpenMetrics "1.0", which the older format takes too. */
static void write_bound(struct buf *out, double bound)
{
	buf_printf(out, bound == (double)(int64_t)bound ? "%.1f" : "%g", bound);
}

static void write_distribution(struct buf *out, enum metrics_form form, size_t k, const struct publish_status *status)
{
	const struct metric *m = &distributions[k].metric;
	struct histogram h;
	uint64_t sum = 0;

	memcpy(&h, (const char *)status + distributions[k].offset, sizeof(h));
	write_head(out, m, form);
	for (size_t i = 0; i < HISTOGRAM_BOUNDS; i++) {
		sum += h.counts[i];
		buf_printf(out, "%s_bucket{le=\"", m->name);
		write_bound(out, histogram_bound(distributions[k].scale, i));
		buf_printf(out, "\"} %llu\n", (unsigned long long)sum);
	}
	sum += h.counts[HISTOGRAM_BOUNDS];
	buf_printf(out, "%s_bucket{le=\"+Inf\"} %llu\n%s_sum %.15g\n%s_count %llu\n", m->name, (unsigned long long)sum,
		m->name, (double)h.sum_us * 1e-6, m->name, (unsigned long long)sum);
}

void metrics_write_totals(struct buf *out, enum metrics_form form, const struct publish_status *status,
	const struct store_counts *counts, const struct health *health, const struct feed_table *feeds)
{
	struct sources sources = {.status = *status, .counts = *counts, .healthy = health->reason_count == 0};
	double value = 0;

	damage_get(&sources.damage);
	process_numbers_get(&sources.process);
	for (size_t i = 0; i < ROW_COUNT; i++) {
		write_head(out, &rows[i].metric, form);
		if (read_value(&sources, &rows[i], &value))
			buf_printf(out, "%s %.15g\n", rows[i].metric.name, value);
	}
	write_head(out, &build, form);
	write_labelled(out, &build, SITREP_VERSION, 1);
	write_states(out, form, feeds);
	write_dropped(out, form, status);
	for (size_t i = 0; i < DISTRIBUTION_COUNT; i++)
		write_distribution(out, form, i, status);
}
