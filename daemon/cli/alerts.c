/* SPDX-License-Identifier: ISC */
/* sitrep alerts: the matches and alerts of each alert rule, as a table. */
#include <errno.h>

#include "client.h"

enum column {
	COL_NAME,
	COL_PRIORITY,
	COL_DAYS,
	COL_RATE,
	COL_LAST,
	COL_OPEN,
	COL_RAISED,
	COL_REVISED,
	COL_MUTED,
	COL_NOTE,
	COL_COUNT
};

/* A screen of 60 columns has room for five of these. */
static const struct table_column columns[COL_COUNT] = {
	[COL_NAME] = {.head = "ALERT", .least = 16},
	[COL_PRIORITY] = {.head = "PRIORITY", .rank = 5},
	[COL_DAYS] = {.head = "TWO WEEKS", .rank = 1, .right = true},
	[COL_RATE] = {.head = "A DAY", .right = true},
	[COL_LAST] = {.head = "LAST", .right = true},
	[COL_OPEN] = {.head = "OPEN", .rank = 2, .right = true},
	[COL_RAISED] = {.head = "RAISED", .rank = 3, .right = true},
	[COL_REVISED] = {.head = "REVISED", .rank = 6, .right = true},
	[COL_MUTED] = {.head = "MUTED", .rank = 4, .right = true},
	[COL_NOTE] = {.head = "NOTE", .coloured = true},
};

struct listing {
	size_t silent, noisy;
};

static void add_rule(struct table *t, const json_t *rule, struct listing *l)
{
	const json_t *matches = json_object_get(rule, "matches"), *day;
	bool is_silent = member_is(rule, "note", "silent"), is_noisy = member_is(rule, "note", "noisy");
	size_t days = json_array_size(matches), i;
	double sum = 0;

	json_array_foreach(matches, i, day)
	{
		sum += json_number_value(day);
	}
	l->silent += is_silent;
	l->noisy += is_noisy;
	table_add_row(t, is_silent || is_noisy ? "\033[33m" : "");
	table_set(t, COL_NAME, member_words(rule, "name"));
	table_set(t, COL_PRIORITY, member_words(rule, "priority"));
	table_set_bars(t, COL_DAYS, matches);
	table_set_rate(t, COL_RATE, days > 0 ? sum / (double)days : 0);
	table_set_pause(t, COL_LAST, member_time(rule, "last_match"), clock_wall_ms());
	table_set_number(t, COL_OPEN, member_whole(rule, "open"), "");
	table_set_number(t, COL_RAISED, member_whole(rule, "raised"), "");
	table_set_number(t, COL_REVISED, member_whole(rule, "revised"), "");
	table_set_number(t, COL_MUTED, member_whole(rule, "muted"), "");
	table_set(t, COL_NOTE, member_words(rule, "note"));
}

static void print_hints(const struct listing *l)
{
	if (l->silent > 0)
		printf("\nsilent: matches nothing for 30 days; try it with sitrep match --since 90d\n");
	if (l->noisy > 0)
		printf("\nnoisy: matches more than 50 items a day; narrow it, or raise fewer with a condition such as "
		       "sources>=3\n");
}

static int show(const json_t *rules)
{
	const json_t *rule;
	struct listing l = {0};
	struct table *t;
	int result;
	size_t i;

	if (json_array_size(rules) == 0) {
		puts("no alerts are configured");
		return 0;
	}
	t = table_new(columns, COL_COUNT);
	if (t == NULL)
		return -ENOMEM;
	json_array_foreach(rules, i, rule)
	{
		add_rule(t, rule, &l);
	}
	result = table_print(t);
	if (result == 0)
		print_hints(&l);
	table_free(t);
	return result;
}

static int run_alerts(const struct client_options *options)
{
	return command_show(options, json_pack("{s:s}", "op", "alerts"), "alerts", show);
}

const struct command command_alerts = {
	.name = "alerts",
	.options = command_json_option,
	.arguments = "",
	.summary = "Show the matches and alerts of each rule",
	.help = "Shows for two weeks the matches by day, and the alerts raised, revised and muted; the last match;\n"
		"and which rules match nothing, or too much.\n",
	.run = run_alerts,
};
