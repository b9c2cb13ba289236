/* SPDX-License-Identifier: ISC */
/* Events of the stream as lines for people. */
#include <string.h>
#include <time.h>

#include "client.h"

static void print_time(const char *rfc3339)
{
	struct tm utc = {0}, local;
	time_t t;

	if (rfc3339 == NULL || strptime(rfc3339, "%Y-%m-%dT%H:%M:%SZ", &utc) == NULL)
		return;
	t = timegm(&utc);
	if (localtime_r(&t, &local) != NULL)
		(void)printf("%04d-%02d-%02d %02d:%02d  ", local.tm_year + 1900, local.tm_mon + 1, local.tm_mday,
			local.tm_hour, local.tm_min);
}

static void print_item(const json_t *event, const char *kind)
{
	const json_t *item = json_object_get(event, "item");
	const json_t *story = json_object_get(event, "story");
	json_int_t sources = json_integer_value(json_object_get(story, "sources"));

	print_time(json_string_value(json_object_get(event, "time")));
	if (strcmp(kind, "alert") == 0) {
		const json_t *alert = json_object_get(event, "alert");

		(void)fputs("ALERT ", stdout);
		print_text(stdout, alert, "name");
		(void)fputs(" (", stdout);
		print_text(stdout, alert, "priority");
		(void)fputs(")  ", stdout);
	} else {
		(void)printf("%-7s  ", kind);
	}
	print_text(stdout, item, "source");
	(void)fputs(": ", stdout);
	print_text(stdout, item, "title");
	if (sources > 1)
		(void)printf("  [%lld sources]", (long long)sources);
	(void)fputs("\n                  ", stdout);
	print_text(stdout, item, "link");
	(void)putchar('\n');
}

static void print_feed(const json_t *event)
{
	const json_t *feed = json_object_get(event, "feed");

	print_time(json_string_value(json_object_get(event, "time")));
	(void)fputs("feed     ", stdout);
	print_text(stdout, feed, "name");
	(void)fputs(": ", stdout);
	print_text(stdout, feed, "state");
	if (json_is_string(json_object_get(feed, "reason"))) {
		(void)fputs(", ", stdout);
		print_text(stdout, feed, "reason");
	}
	(void)putchar('\n');
}

static void print_gap(const json_t *event)
{
	(void)fputs("missed: events ", stdout);
	print_text(stdout, event, "from");
	(void)fputs(" to ", stdout);
	print_text(stdout, event, "to");
	(void)fputs(" are no longer kept\n", stdout);
}

static bool is_of_item(const char *kind)
{
	static const char *const kinds[] = {"new", "copy", "updated", "alert"};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(kind, kinds[i]) == 0)
			return true;
	return false;
}

void event_print(const json_t *event, const char *kind)
{
	if (strcmp(kind, "feed") == 0)
		print_feed(event);
	else if (strcmp(kind, "gap") == 0)
		print_gap(event);
	else if (is_of_item(kind) && json_is_object(json_object_get(event, "item")))
		print_item(event, kind);
}
