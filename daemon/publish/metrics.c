/* Metrics.  Names follow Prometheus' conventions: base units, _total for counters.  Per-feed series are
 * few and bounded by the configuration. */
#include "metrics.h"

#include "sitrep/base/clock.h"
#include "sitrep/sql/damage.h"

struct metric {
	const char *name;
	const char *type;
	const char *help;
	double value;
};

static void write_metric(struct buf *out, const struct metric *m)
{
	(void)buf_printf(
		out, "# HELP %s %s\n# TYPE %s %s\n%s %.15g\n", m->name, m->help, m->name, m->type, m->name, m->value);
}

static void write_plain_totals(
	struct buf *out, const struct publish_status *s, const struct store_counts *c, const struct health *health)
{
	const struct metric metrics[] = {
		{"sitrepd_start_time_seconds", "gauge", "When the daemon started, Unix time.",
			(double)s->started_ms / 1000},
		{"sitrepd_healthy", "gauge", "1 while /healthz answers 200.", (double)(health->reason_count == 0)},
		{"sitrepd_paused", "gauge", "1 while a person has paused polling.", (double)s->health.paused},
		{"sitrepd_storing", "gauge", "0 while nothing can be stored, and nothing is polled therefore.",
			(double)!s->health.storing_stopped},
		{"sitrepd_polls_lost_total", "counter", "Polls and pushes whose transaction could not be committed.",
			(double)s->polls_lost},
		{"sitrepd_log_lines_dropped_total", "counter", "Log lines that nobody read in time.",
			(double)s->log_lines_dropped},
		{"sitrepd_polls_total", "counter", "Polls that ended.", (double)s->polls},
		{"sitrepd_polls_failed_total", "counter", "Polls that failed in transfer.", (double)s->polls_failed},
		{"sitrepd_polls_not_modified_total", "counter", "Polls answered 304.", (double)s->polls_not_modified},
		{"sitrepd_received_bytes_total", "counter", "Bytes received over the wire.", (double)s->bytes_received},
		{"sitrepd_pushes_total", "counter", "Pushes of hubs that were taken in.", (double)s->pushes},
		{"sitrepd_pushes_refused_total", "counter",
			"Pushes that were ignored: wrong signature, wrong topic, or no feed.",
			(double)s->pushes_refused},
		{"sitrepd_items_new_total", "counter", "First reports of a story.", (double)s->items_new},
		{"sitrepd_items_copies_total", "counter", "Reports that joined a story.", (double)s->items_copies},
		{"sitrepd_items_updated_total", "counter", "Items whose text changed.", (double)s->items_updated},
		{"sitrepd_transfers", "gauge", "Transfers under way.", (double)s->transfers_active},
		{"sitrepd_transfers_buffered_bytes", "gauge", "Bytes of bodies under way.",
			(double)s->transfers_buffered},
		{"sitrepd_feeds_waiting", "gauge", "Feeds that are due and wait for a slot.", (double)s->waiting},
		{"sitrepd_parse_pending", "gauge", "Documents waiting for or at work in a parse worker.",
			(double)s->parse_pending},
		{"sitrepd_write_pending", "gauge", "Poll outcomes waiting for their commit.", (double)s->write_pending},
		{"sitrepd_parse_jobs_total", "counter", "Documents parsed.", (double)s->parse_jobs},
		{"sitrepd_parse_failures_total", "counter", "Documents that could not be parsed.",
			(double)s->parse_failures},
		{"sitrepd_parse_worker_restarts_total", "counter", "Parse workers replaced.",
			(double)s->worker_restarts},
		{"sitrepd_commits_total", "counter", "Database transactions.", (double)s->commits},
		{"sitrepd_commit_seconds_max", "gauge", "Longest transaction since start.",
			(double)s->commit_us_max / 1e6},
		{"sitrepd_near_index_postings", "gauge", "What the texts of the window are found by; ten bytes each.",
			(double)s->near_postings},
		{"sitrepd_loop_stall_seconds_max", "gauge",
			"The latest that the main loop's heartbeat came since start, also for want of a processor.",
			(double)s->loop_stall_us_max / 1e6},
		{"sitrepd_loop_turn_cpu_seconds_max", "gauge",
			"Longest turn of the main loop since start, processor time.", (double)s->turn_us_max / 1e6},
		{"sitrepd_stream_read_errors_total", "counter", "Failures to read the event log for subscribers.",
			(double)s->stream_read_errors},
		{"sitrepd_stream_subscribers", "gauge", "Connections to the stream.", (double)s->stream_clients},
		{"sitrepd_http_requests_total", "counter", "HTTP requests answered.", (double)s->http_requests},
		{"sitrepd_http_not_modified_total", "counter", "HTTP requests answered 304.",
			(double)s->http_not_modified},
		{"sitrepd_http_ambiguous_total", "counter",
			"HTTP requests refused for a head that can be read in two ways.", (double)s->http_ambiguous},
		{"sitrepd_items", "gauge", "Items kept.", (double)c->items},
		{"sitrepd_stories", "gauge", "Stories kept.", (double)c->stories},
		{"sitrepd_events", "gauge", "Events kept for the stream.", (double)c->events},
		{"sitrepd_database_bytes", "gauge", "Size of the database and its write-ahead log.",
			(double)c->database_bytes},
	};

	for (size_t i = 0; i < sizeof(metrics) / sizeof(metrics[0]); i++)
		write_metric(out, &metrics[i]);
}

static void write_damage(struct buf *out, const struct damage *d)
{
	const struct metric metrics[] = {
		{"sitrepd_database_damaged_rows", "gauge", "Damaged rows that were met since start.", (double)d->rows},
		{"sitrepd_database_damaged_tables", "gauge", "Tables that failed a check since start.",
			(double)d->tables},
		{"sitrepd_database_checked_timestamp_seconds", "gauge", "When the last check of all tables ended.",
			d->checked_ms == TIME_NONE ? 0 : (double)d->checked_ms / 1000},
	};

	for (size_t i = 0; i < sizeof(metrics) / sizeof(metrics[0]); i++)
		write_metric(out, &metrics[i]);
}

/* A label's value: backslash, quote and newline escaped; feed names hold nothing else of the kind. */
static void write_label(struct buf *out, const char *value)
{
	for (; *value != '\0'; value++) {
		if (*value == '\n') {
			(void)buf_puts(out, "\\n");
			continue;
		}
		if (*value == '"' || *value == '\\')
			(void)buf_putc(out, '\\');
		(void)buf_putc(out, *value);
	}
}

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

static const struct {
	const char *name, *type, *help;
	int64_t (*value)(const struct feed_state *f);
} series[] = {
	{"sitrepd_feed_up", "gauge", "1 when the last poll went well.", feed_up},
	{"sitrepd_feed_last_success_seconds", "gauge", "Last good poll, Unix time, 0: never.", feed_last_success},
	{"sitrepd_feed_last_new_seconds", "gauge", "Last new item, Unix time, 0: never.", feed_last_new},
	{"sitrepd_feed_errors", "gauge", "Failures in a row.", feed_errors},
	{"sitrepd_feed_pushed", "gauge", "1 while a hub is trusted to deliver its news.", feed_pushed},
	{"sitrepd_feed_polls_total", "counter", "Polls.", feed_polls},
	{"sitrepd_feed_items", "gauge", "Items kept.", feed_items},
};

static void write_feed(struct buf *out, size_t k, const struct feed_state *f)
{
	(void)buf_puts(out, series[k].name);
	(void)buf_puts(out, "{feed=\"");
	write_label(out, f->name);
	(void)buf_puts(out, "\"} ");
	(void)buf_put_int(out, series[k].value(f));
	(void)buf_putc(out, '\n');
}

bool metrics_write_feeds(
	struct buf *out, const struct feed_state *feeds, size_t feed_count, struct metrics_place *at, size_t most)
{
	size_t k = at->series, end = feed_count - at->feed < most ? feed_count : at->feed + most;

	if (k == sizeof(series) / sizeof(series[0]))
		return false;
	if (at->feed == 0)
		(void)buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", series[k].name, series[k].help, series[k].name,
			series[k].type);
	for (; at->feed < end; at->feed++)
		if (feeds[at->feed].name != NULL)
			write_feed(out, k, &feeds[at->feed]);
	if (at->feed == feed_count)
		*at = (struct metrics_place){.series = k + 1};
	return true;
}

static void write_dropped(struct buf *out, const struct publish_status *s)
{
	static const char name[] = "sitrepd_http_connections_dropped_total";

	(void)buf_printf(out,
		"# HELP %s Connections refused (full, address) or closed (room, head, body, answer).\n# TYPE %s "
		"counter\n",
		name, name);
	for (int r = 0; r < HTTP_DROP_REASONS; r++)
		(void)buf_printf(out, "%s{reason=\"%s\"} %llu\n", name, http_drop_reason_name((enum http_drop_reason)r),
			(unsigned long long)s->http_dropped[r]);
}

void metrics_write_totals(struct buf *out, const struct publish_status *status, const struct store_counts *counts,
	const struct health *health)
{
	struct damage damage;

	damage_get(&damage);
	write_plain_totals(out, status, counts, health);
	write_damage(out, &damage);
	write_dropped(out, status);
}
