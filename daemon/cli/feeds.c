/* SPDX-License-Identifier: ISC */
/* sitrep feeds: each feed's health as a table, the failing ones first. */
#include <errno.h>
#include <getopt.h>
#include <langinfo.h>
#include <libsmartcols.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "client.h"
#include "sitrep/base/buf.h"
#include "sitrep/base/clock.h"
#include "sitrep/base/utf8.h"
#include "sitrep/config/config.h"
#include "sitrep/text/date.h"

enum column {
	COL_NAME,
	COL_STATE,
	COL_POLLED,
	COL_NEWEST,
	COL_DAYS,
	COL_RATE,
	COL_NEXT,
	COL_DELAY,
	COL_POLLS,
	COL_SAME,
	COL_BYTES,
	COL_ITEMS,
	COL_WHY,
	COL_COUNT
};

static const struct {
	const char *name;
	double width;
	int flags;
} columns[COL_COUNT] = {
	[COL_NAME] = {"FEED", 0.12, 0},
	[COL_STATE] = {"STATE", 0.05, 0},
	[COL_POLLED] = {"POLLED", 0.06, SCOLS_FL_RIGHT},
	[COL_NEWEST] = {"NEWEST", 0.06, SCOLS_FL_RIGHT},
	[COL_DAYS] = {"TWO WEEKS", 14, SCOLS_FL_RIGHT},
	[COL_RATE] = {"A DAY", 0.04, SCOLS_FL_RIGHT},
	[COL_NEXT] = {"NEXT", 0.06, SCOLS_FL_RIGHT},
	[COL_DELAY] = {"DELAY", 0.04, SCOLS_FL_RIGHT},
	[COL_POLLS] = {"POLLS", 0.04, SCOLS_FL_RIGHT},
	[COL_SAME] = {"304", 0.03, SCOLS_FL_RIGHT},
	[COL_BYTES] = {"BYTES", 0.04, SCOLS_FL_RIGHT},
	[COL_ITEMS] = {"ITEMS", 0.04, SCOLS_FL_RIGHT},
	[COL_WHY] = {"WHY", 0.3, SCOLS_FL_TRUNC},
};

struct listing {
	bool json;
	bool failing_only;
	size_t failing;
	struct libscols_table *table;
	json_t *feeds;
};

static const char *text_of(const json_t *feed, const char *member)
{
	const char *value = json_string_value(json_object_get(feed, member));

	return value != NULL ? value : "";
}

static void set_relative(struct libscols_line *line, enum column column, const json_t *feed, const char *member)
{
	const char *value = json_string_value(json_object_get(feed, member));
	char text[TIME_TEXT_MAX];

	if (value != NULL)
		(void)scols_line_set_data(
			line, column, time_format_relative(text, date_parse(str_from(value), NULL), clock_wall_ms()));
	else
		(void)scols_line_set_data(line, column, "-");
}

static void set_number(struct libscols_line *line, enum column column, json_int_t number, const char *unit)
{
	char text[40];

	(void)snprintf(text, sizeof(text), "%lld%s", (long long)number, unit);
	(void)scols_line_set_data(line, column, text);
}

static void set_text(struct libscols_line *line, enum column column, const char *value)
{
	struct buf safe = BUF_INIT(4096);

	if (utf8_one_line(&safe, str_from(value)) == 0)
		(void)scols_line_set_data(line, column, safe.data != NULL ? safe.data : "");
	buf_release(&safe);
}

/* One bar a day; the day with the most posts has the tallest, a day without posts the lowest. */
static void set_days(struct libscols_line *line, const json_t *feed)
{
	static const char *const bars[] = {
		"\u2581", "\u2582", "\u2583", "\u2584", "\u2585", "\u2586", "\u2587", "\u2588"};
	static const char *const plain[] = {"_", ".", ":", "-", "=", "+", "*", "#"};
	enum { LEVELS = sizeof(bars) / sizeof(bars[0]) };
	bool is_utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
	const json_t *days = json_object_get(feed, "recent"), *day;
	struct buf text = BUF_INIT(256);
	json_int_t most = 1;
	size_t i;

	json_array_foreach(days, i, day)
	{
		most = json_integer_value(day) > most ? json_integer_value(day) : most;
	}
	json_array_foreach(days, i, day)
	{
		json_int_t posts = json_integer_value(day);
		size_t level = posts <= 0 ? 0 : (size_t)((posts * (LEVELS - 1) + most - 1) / most);

		(void)buf_puts(&text, is_utf8 ? bars[level] : plain[level]);
	}
	(void)scols_line_set_data(line, COL_DAYS, text.len > 0 ? text.data : "-");
	buf_release(&text);
}

/* "12m"; "-" for a feed that was never asked. */
static void set_delay(struct libscols_line *line, const json_t *feed)
{
	const json_t *delay = json_object_get(feed, "expected_delay_s");
	json_int_t seconds = json_integer_value(delay);

	if (delay == NULL)
		(void)scols_line_set_data(line, COL_DELAY, "-");
	else if (seconds < 60)
		set_number(line, COL_DELAY, seconds, "s");
	else if (seconds < 2 * 3600)
		set_number(line, COL_DELAY, seconds / 60, "m");
	else
		set_number(line, COL_DELAY, seconds / 3600, "h");
}

static void set_bytes(struct libscols_line *line, json_int_t bytes)
{
	static const char *const units[] = {"", "K", "M", "G", "T"};
	size_t unit = 0;

	while (bytes >= 10240 && unit + 1 < sizeof(units) / sizeof(units[0])) {
		bytes /= 1024;
		unit++;
	}
	set_number(line, COL_BYTES, bytes, units[unit]);
}

static void set_rate(struct libscols_line *line, const json_t *feed)
{
	const json_t *rate = json_object_get(feed, "posts_per_day");
	char text[40];

	(void)snprintf(text, sizeof(text), json_number_value(rate) < 10 ? "%.1f" : "%.0f", json_number_value(rate));
	(void)scols_line_set_data(line, COL_RATE, rate != NULL ? text : "-");
}

/* True when the feed has the member with this value: "paused" and "storing" come with each feed, though they hold for
 * all. */
static bool waits_for(const json_t *feed, const char *member, bool value)
{
	const json_t *told = json_object_get(feed, member);

	return told != NULL && json_is_true(told) == value;
}

static int add_line(struct listing *l, const json_t *feed)
{
	struct libscols_line *line = scols_table_new_line(l->table, NULL);
	json_int_t polls = json_integer_value(json_object_get(feed, "polls"));
	json_int_t same = json_integer_value(json_object_get(feed, "not_modified"));
	struct buf remark = BUF_INIT(16 * 1024);

	if (line == NULL)
		return -ENOMEM;
	set_text(line, COL_NAME, text_of(feed, "name"));
	set_text(line, COL_STATE, text_of(feed, "state"));
	set_relative(line, COL_POLLED, feed, "last_poll");
	set_relative(line, COL_NEWEST, feed, "last_new");
	if (waits_for(feed, "paused", true))
		(void)scols_line_set_data(line, COL_NEXT, "paused");
	else if (waits_for(feed, "storing", false))
		(void)scols_line_set_data(line, COL_NEXT, "waits");
	else
		set_relative(line, COL_NEXT, feed, "due");
	set_days(line, feed);
	set_rate(line, feed);
	set_delay(line, feed);
	set_bytes(line, json_integer_value(json_object_get(feed, "bytes")));
	set_number(line, COL_POLLS, polls, "");
	set_number(line, COL_SAME, polls > 0 ? same * 100 / polls : 0, "%");
	set_number(line, COL_ITEMS, json_integer_value(json_object_get(feed, "items")), "");
	if (json_object_get(feed, "reason") != NULL)
		(void)buf_puts(&remark, text_of(feed, "reason"));
	else if (strcmp(text_of(feed, "websub"), "trusted") == 0)
		(void)buf_puts(&remark, "pushed by its hub");
	else
		(void)buf_puts(&remark, text_of(feed, "why"));
	if (json_object_get(feed, "moved_to") != NULL)
		(void)buf_printf(&remark, "%smoved to %s", remark.len > 0 ? ", " : "", text_of(feed, "moved_to"));
	else if (json_object_get(feed, "redirected_to") != NULL)
		(void)buf_printf(
			&remark, "%sredirected to %s", remark.len > 0 ? ", " : "", text_of(feed, "redirected_to"));
	set_text(line, COL_WHY, remark.data != NULL ? remark.data : "");
	buf_release(&remark);
	return 0;
}

static bool is_failing(const json_t *feed)
{
	const char *s = text_of(feed, "state");

	return strcmp(s, "failing") == 0 || strcmp(s, "gone") == 0;
}

static int add_feeds(struct listing *l, const json_t *feeds, bool failing)
{
	size_t i;
	const json_t *feed;
	int result = 0;

	json_array_foreach(feeds, i, feed)
	{
		if (is_failing(feed) != failing)
			continue;
		l->failing += failing;
		if (!l->json)
			result = add_line(l, feed);
		else if (failing || !l->failing_only)
			result = json_dumpf(feed, stdout, JSON_COMPACT | JSON_PRESERVE_ORDER) != 0 ||
						 putchar('\n') == EOF
					 ? -EIO
					 : 0;
		if (result != 0)
			break;
	}
	return result;
}

/* Adds one line of the answer to the list, which comes in several. */
static int take_answer(void *arg, const json_t *answer)
{
	struct listing *l = arg;

	return json_array_extend(l->feeds, json_object_get(answer, "feeds")) == 0 ? 0 : -ENOMEM;
}

static int show(struct listing *l)
{
	const json_t *first = json_array_get(l->feeds, 0);
	int result = add_feeds(l, l->feeds, true);

	if (result == 0 && !l->failing_only)
		result = add_feeds(l, l->feeds, false);
	if (result != 0 || l->json)
		return result;
	result = scols_print_table(l->table);
	if (waits_for(first, "paused", true))
		(void)fputs("Polling is paused, \"sitrep resume\" ends that.\n", stderr);
	if (waits_for(first, "storing", false))
		(void)fputs("Nothing can be stored, so nothing is polled; \"sitrep status\" has the reason.\n", stderr);
	return result;
}

static struct libscols_table *new_table(void)
{
	struct libscols_table *table = scols_new_table();

	for (int i = 0; table != NULL && i < COL_COUNT; i++) {
		if (scols_table_new_column(table, columns[i].name, columns[i].width, columns[i].flags) == NULL) {
			scols_unref_table(table);
			return NULL;
		}
	}
	return table;
}

/* Prints the names from the configuration, for shell completion; needs no daemon. */
static int print_names(const struct client_options *options)
{
	struct config *c = client_config(options);

	for (size_t i = 0; c != NULL && i < c->feeds.count; i++)
		(void)puts(c->feeds.items[i].name);
	if (c == NULL)
		return command_fail(&command_feeds, "cannot read the configuration");
	config_free(c);
	return fflush(stdout) == 0 ? EXIT_DONE : command_fail(&command_feeds, "cannot write");
}

enum feeds_option { FEEDS_JSON, FEEDS_FAILING, FEEDS_NAMES, FEEDS_OPTIONS };

static const struct argument_option options_of_feeds[FEEDS_OPTIONS + 1] = {
	[FEEDS_JSON] = {"json", 'j', NULL, ARGUMENT_NONE, "one JSON object a line"},
	[FEEDS_FAILING] = {"failing", 'F', NULL, ARGUMENT_NONE, "only failing feeds; exit status 1 when there is one"},
	[FEEDS_NAMES] = {"names", '\0', NULL, ARGUMENT_NONE, "only the names in the configuration; asks no daemon"},
};

static int run(const struct client_options *options, int argc, char **argv)
{
	struct listing l = {0};
	struct error err = {0};
	json_t *request;
	bool names = false;
	int result, option, status = -1;

	while ((option = command_next(&command_feeds, argc, argv, &status)) >= 0) {
		l.json = l.json || option == FEEDS_JSON;
		l.failing_only = l.failing_only || option == FEEDS_FAILING;
		names = names || option == FEEDS_NAMES;
	}
	if (status >= 0)
		return status;
	if (names)
		return print_names(options);
	(void)setlocale(LC_CTYPE, ""); /* for the width of what is printed */
	l.table = new_table();
	request = optind < argc ? json_pack("{s:s,s:s}", "op", "feeds", "feed", argv[optind])
				: json_pack("{s:s}", "op", "feeds");
	l.feeds = json_array();
	if (l.table == NULL || l.feeds == NULL || request == NULL)
		result = error_sys(&err, -ENOMEM, "cannot list the feeds");
	else
		result = control_ask(options, request, take_answer, &l, &err);
	if (result == 0)
		result = show(&l);
	json_decref(request);
	json_decref(l.feeds);
	scols_unref_table(l.table);
	if (result != 0)
		return command_fail(&command_feeds, err.code != 0 ? err.text : "cannot print the table");
	return l.failing_only && l.failing > 0 ? EXIT_TROUBLE : EXIT_DONE;
}

const struct command command_feeds = {
	.name = "feeds",
	.options = options_of_feeds,
	.arguments = "[FEED]",
	.kind = ARGUMENT_FEED,
	.least = 0,
	.most = 1,
	.summary = "Show the health of the feeds",
	.help = "",
	.run = run,
};
