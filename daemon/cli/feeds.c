/* SPDX-License-Identifier: ISC */
/* sitrep feeds: each feed's health as a table, the failing ones first. */
#include <errno.h>
#include <getopt.h>
#include <string.h>

#include "client.h"
#include "sitrep/base/buf.h"
#include "sitrep/config/config.h"

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

/* A screen of 60 columns has room for five of these. */
static const struct table_column columns[COL_COUNT] = {
	[COL_NAME] = {.head = "FEED", .least = 16},
	[COL_STATE] = {.head = "STATE", .coloured = true},
	[COL_POLLED] = {.head = "POLLED", .rank = 2, .right = true},
	[COL_NEWEST] = {.head = "NEWEST", .rank = 1, .right = true},
	[COL_DAYS] = {.head = "TWO WEEKS", .rank = 5, .right = true},
	[COL_RATE] = {.head = "A DAY", .rank = 4, .right = true},
	[COL_NEXT] = {.head = "NEXT", .right = true},
	[COL_DELAY] = {.head = "DELAY", .rank = 6, .right = true},
	[COL_POLLS] = {.head = "POLLS", .rank = 8, .right = true},
	[COL_SAME] = {.head = "304", .rank = 9, .right = true},
	[COL_BYTES] = {.head = "BYTES", .rank = 7, .right = true},
	[COL_ITEMS] = {.head = "ITEMS", .rank = 3, .right = true},
	[COL_WHY] = {.head = "WHY", .least = 20},
};

struct listing {
	bool json;
	bool failing_only;
	size_t failing;
	struct table *table;
	long long disabled; /* feeds that are not polled */
	json_t *feeds;
};

static void set_bytes(struct table *t, long long bytes)
{
	static const char *const units[] = {"", "K", "M", "G", "T"};
	size_t unit = 0;

	while (bytes >= 10240 && unit + 1 < sizeof(units) / sizeof(units[0])) {
		bytes /= 1024;
		unit++;
	}
	table_set_number(t, COL_BYTES, bytes, units[unit]);
}

/* True when the feed has the member with this value: "paused" and "storing" come with each feed, though they hold for
 * all. */
static bool waits_for(const json_t *feed, const char *member, bool value)
{
	const json_t *told = json_object_get(feed, member);

	return told != NULL && json_is_true(told) == value;
}

/* The time until the next poll, which is not before the time that its server asked for. */
static void set_next(struct table *t, const json_t *feed, int64_t now_ms)
{
	int64_t due_ms = member_time(feed, "due"), not_before_ms = member_time(feed, "not_before");

	if (waits_for(feed, "polling", true))
		table_set(t, COL_NEXT, "now");
	else if (waits_for(feed, "paused", true))
		table_set(t, COL_NEXT, "paused");
	else if (waits_for(feed, "storing", false))
		table_set(t, COL_NEXT, "waits");
	else
		table_set_pause(
			t, COL_NEXT, now_ms, due_ms != TIME_NONE && not_before_ms > due_ms ? not_before_ms : due_ms);
}

static void set_why(struct table *t, const json_t *feed)
{
	struct buf remark = BUF_INIT(16 * 1024), local = BUF_INIT(32 * 1024);

	if (json_object_get(feed, "reason") != NULL)
		buf_puts(&remark, member_words(feed, "reason"));
	else if (member_is(feed, "websub", "trusted"))
		buf_puts(&remark, "pushed by its hub");
	else if (member_is(feed, "state", "new"))
		buf_puts(&remark, "not asked yet");
	else
		buf_puts(&remark, member_words(feed, "why"));
	if (json_object_get(feed, "moved_to") != NULL)
		buf_printf(&remark, "%smoved to %s", remark.len > 0 ? ", " : "", member_words(feed, "moved_to"));
	else if (json_object_get(feed, "redirected_to") != NULL)
		buf_printf(
			&remark, "%sredirected to %s", remark.len > 0 ? ", " : "", member_words(feed, "redirected_to"));
	local_sentence(&local, buf_str(&remark));
	table_set(t, COL_WHY, local.data != NULL ? local.data : "");
	buf_release(&local);
	buf_release(&remark);
}

static const char *colour_of(const char *state)
{
	static const struct {
		const char *state, *colour;
	} colours[] = {{"ok", "\033[32m"}, {"new", "\033[33m"}, {"failing", "\033[31m"}, {"gone", "\033[35m"}};

	for (size_t i = 0; i < sizeof(colours) / sizeof(colours[0]); i++)
		if (strcmp(state, colours[i].state) == 0)
			return colours[i].colour;
	return "";
}

static void add_line(struct table *t, const json_t *feed)
{
	const json_t *rate = json_object_get(feed, "posts_per_day"), *delay = json_object_get(feed, "expected_delay_s");
	long long polls = member_whole(feed, "polls"), same = member_whole(feed, "not_modified");
	int64_t now_ms = clock_wall_ms();
	char text[TIME_TEXT_MAX];

	table_add_row(t, colour_of(member_words(feed, "state")));
	table_set(t, COL_NAME, member_words(feed, "name"));
	table_set(t, COL_STATE, member_words(feed, "state"));
	table_set_pause(t, COL_POLLED, member_time(feed, "last_poll"), now_ms);
	table_set_pause(t, COL_NEWEST, member_time(feed, "last_new"), now_ms);
	set_next(t, feed, now_ms);
	table_set_bars(t, COL_DAYS, json_object_get(feed, "recent"));
	if (rate != NULL)
		table_set_rate(t, COL_RATE, json_number_value(rate));
	else
		table_set(t, COL_RATE, "-");
	/* "-" for a feed that was never asked */
	table_set(t, COL_DELAY, delay != NULL ? screen_pause(text, json_integer_value(delay) * 1000) : "-");
	set_bytes(t, member_whole(feed, "bytes"));
	table_set_number(t, COL_POLLS, polls, "");
	table_set_number(t, COL_SAME, polls > 0 ? same * 100 / polls : 0, "%");
	table_set_number(t, COL_ITEMS, member_whole(feed, "items"), "");
	set_why(t, feed);
}

static bool is_failing(const json_t *feed)
{
	return member_is(feed, "state", "failing") || member_is(feed, "state", "gone");
}

static int add_feeds(struct listing *l, const json_t *feeds, bool failing)
{
	size_t i;
	const json_t *feed;
	int result = 0;

	json_array_foreach(feeds, i, feed)
	{
		if (is_failing(feed) != failing || result != 0)
			continue;
		l->failing += failing;
		if (!l->json)
			add_line(l->table, feed);
		else if (failing || !l->failing_only)
			result = print_json(feed);
	}
	return result;
}

/* Adds one line of the answer, which has several, to the list. */
static int take_answer(void *arg, const json_t *answer)
{
	struct listing *l = arg;

	return json_array_extend(l->feeds, json_object_get(answer, "feeds")) == 0 ? 0 : -ENOMEM;
}

static int take_disabled(void *arg, const json_t *answer)
{
	const json_t *feeds = json_object_get(json_object_get(answer, "status"), "feeds");

	*(long long *)arg = member_whole(feeds, "disabled");
	return 0;
}

static void show_notes(const struct listing *l)
{
	const json_t *first = json_array_get(l->feeds, 0);

	if (waits_for(first, "paused", true))
		fputs("Polling is paused, \"sitrep resume\" ends that.\n", stderr);
	if (waits_for(first, "storing", false))
		fputs("Nothing can be stored, so nothing is polled; \"sitrep status\" has the reason.\n", stderr);
	if (l->disabled > 0)
		fprintf(stderr,
			"Not shown: %lld with \"enabled = no\"; take that out of the configuration, then \"sitrep "
			"reload\".\n",
			l->disabled);
	else if (json_array_size(l->feeds) == 0)
		fputs("The configuration has no feed; add a [feed] section, then \"sitrep reload\".\n", stderr);
}

static int show_feeds(struct listing *l)
{
	int result = add_feeds(l, l->feeds, true);

	if (result == 0 && !l->failing_only)
		result = add_feeds(l, l->feeds, false);
	if (result != 0 || l->json)
		return result;
	result = table_print(l->table);
	if (result == 0)
		show_notes(l);
	return result;
}

/* Asks for the feeds, or for one. */
static int ask_feeds(
	struct listing *l, const struct client_options *options, const char *only, bool wants_notes, struct error *err)
{
	json_t *request = json_pack("{s:s,s:s*}", "op", "feeds", "feed", only);
	json_t *status = json_pack("{s:s}", "op", "status");
	int result;

	if (request == NULL || status == NULL)
		result = error_sys(err, -ENOMEM, "cannot list the feeds");
	else
		result = control_ask(options, request, take_answer, l, err);
	if (result == 0 && only == NULL && wants_notes)
		result = control_ask(options, status, take_disabled, &l->disabled, err);
	json_decref(request);
	json_decref(status);
	return result;
}

/* Prints the names in the daemon's answer (told), or without a daemon those in the configuration; for shell completion.
 */
static int print_names(const struct client_options *options, const struct listing *l, bool told)
{
	struct config *c = told ? NULL : client_config(options);
	size_t i;
	const json_t *feed;

	if (told) {
		json_array_foreach(l->feeds, i, feed)
		{
			puts(member_words(feed, "name"));
		}
	}
	for (i = 0; c != NULL && i < c->feeds.count; i++)
		puts(c->feeds.items[i].name);
	if (c == NULL && !told)
		return command_fail(&command_feeds, "no daemon answers, and the configuration cannot be read");
	config_free(c);
	return EXIT_DONE;
}

enum feeds_option { FEEDS_JSON, FEEDS_FAILING, FEEDS_NAMES, FEEDS_OPTIONS };

static const struct argument_option options_of_feeds[FEEDS_OPTIONS + 1] = {
	[FEEDS_JSON] = {"json", 'j', NULL, ARGUMENT_NONE, "one JSON object a line"},
	[FEEDS_FAILING] = {"failing", 'F', NULL, ARGUMENT_NONE, "only failing feeds; exit status 1 when there is one"},
	[FEEDS_NAMES] = {"names", '\0', NULL, ARGUMENT_NONE, "only the names, one a line"},
};

/* Somebody has pressed Tab and waits for the names. */
enum { NAMES_PATIENCE_S = 1 };

static int run_feeds(const struct client_options *given)
{
	struct client_options with_patience = *given, *options = &with_patience;
	struct listing l = {0};
	struct error err = {0};
	bool names = false;
	int result, option, status = -1;

	while ((option = command_next(options, &status)) >= 0) {
		l.json = l.json || option == FEEDS_JSON;
		l.failing_only = l.failing_only || option == FEEDS_FAILING;
		names = names || option == FEEDS_NAMES;
	}
	if (status >= 0)
		return status;
	if (names)
		options->patience_s = NAMES_PATIENCE_S;
	l.table = table_new(columns, COL_COUNT);
	l.feeds = json_array();
	if (l.table == NULL || l.feeds == NULL)
		result = error_sys(&err, -ENOMEM, "cannot list the feeds");
	else
		result = ask_feeds(&l, options, command_argument(options, 0), !l.json && !names, &err);
	if (names)
		status = print_names(options, &l, result == 0);
	else if (result == 0 && show_feeds(&l) != 0)
		result = error_sys(&err, -ENOMEM, "cannot list the feeds");
	json_decref(l.feeds);
	table_free(l.table);
	if (names)
		return status;
	if (result != 0)
		return command_fail(&command_feeds, err.text);
	return l.failing_only && l.failing > 0 ? EXIT_TROUBLE : EXIT_DONE;
}

const struct command command_feeds = {
	.name = "feeds",
	.options = options_of_feeds,
	.arguments = "[FEED]",
	.kind = ARGUMENT_FEED,
	.most = 1,
	.summary = "Show the health of the feeds",
	.run = run_feeds,
};
