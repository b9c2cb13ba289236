/* SPDX-License-Identifier: ISC */
/* Events of the stream as lines for people. */
#include <string.h>
#include <unistd.h>

#include "client.h"
#include "sitrep/base/limits.h"
#include "sitrep/base/utf8.h"
#include "sitrep/rules/rule.h"

enum {
	INDENT = 4, /* of the second line */
	AGE_MAX_MS = 24 * 60 * 60 * 1000,
	RULE_MAX = 64 * 1024,
};

/* The age of an event of the last day, on a terminal; else its time. */
static void put_time(struct buf *line, const json_t *event)
{
	const char *written = json_string_value(json_object_get(event, "time"));
	int64_t time = time_parse_rfc3339(str_from(written)), now = clock_wall_ms();
	char text[TIME_TEXT_MAX];

	if (time != TIME_NONE && time <= now && now - time < AGE_MAX_MS && isatty(STDOUT_FILENO) != 0) {
		time_format_relative(text, time, now);
		buf_printf(line, "%-10s  ", text);
		return;
	}
	local_time(text, written);
	buf_printf(line, "%s%s", text, text[0] != '\0' ? "  " : "");
}

static void put_style(struct buf *line, char style)
{
	if (screen_has_colour())
		buf_putc(line, style);
}

/* ---- marked words ---- */

/* The alert's terms as one rule; a phrase gets its quotation marks back. */
static void put_terms(struct buf *rule, const json_t *alert)
{
	const json_t *term;
	size_t i;

	json_array_foreach(json_object_get(alert, "terms"), i, term)
	{
		const char *text = json_string_value(term);
		bool is_phrase;

		if (text == NULL)
			continue;
		is_phrase = strchr(text, ' ') != NULL && strpbrk(text, "\"/:()") == NULL;
		buf_printf(rule, "%s%s%s%s", rule->len > 0 ? " OR " : "", is_phrase ? "\"" : "", text,
			is_phrase ? "\"" : "");
	}
}

static void ignore_match(void *arg UNUSED, const struct rule_hit *hit UNUSED)
{
}

/* Appends title with marks around the words that the rule finds; without marks when the rule is not valid by itself. */
static void put_marked(struct buf *line, struct str title, struct str rule)
{
	struct rule_set *set = rule_set_new();
	struct buf words = BUF_INIT(LIMIT_STREAM_LINE), marked = BUF_INIT(2 * LIMIT_STREAM_LINE);
	struct rule_subject subject = {.title = title, .body = STR("")};
	size_t count = 0;

	if (set != NULL && rule_words(&words, title, &count) == 0 && rule_set_add(set, STR("match"), rule, NULL) == 0) {
		subject.title_tokens = buf_str(&words);
		subject.body_tokens = STR("");
		rule_set_keep_places(set);
		if (rule_set_finish(set, NULL) == 0 && rule_set_match(set, &subject, ignore_match, NULL) == 0)
			rule_set_mark(set, 0, RULE_IN_TITLE, &marked);
	}
	buf_add(line, marked.len > 0 && marked.failed == 0 ? buf_str(&marked) : title);
	buf_release(&marked);
	buf_release(&words);
	rule_set_free(set);
}

static void put_title(struct buf *line, const json_t *event, const char *match)
{
	struct buf title = BUF_INIT(LIMIT_STREAM_LINE), rule = BUF_INIT(RULE_MAX);

	put_member(&title, json_object_get(event, "item"), "title");
	put_terms(&rule, json_object_get(event, "alert"));
	if (rule.len == 0 && match != NULL)
		buf_puts(&rule, match);
	if (screen_has_colour() && rule.len > 0 && rule.failed == 0)
		put_marked(line, buf_str(&title), buf_str(&rule));
	else
		buf_add(line, buf_str(&title));
	buf_release(&rule);
	buf_release(&title);
}

/* ---- events ---- */

static char style_of_alert(const json_t *alert)
{
	bool is_loud = member_is(alert, "priority", "high") || member_is(alert, "priority", "urgent");

	return is_loud ? SCREEN_RED : SCREEN_YELLOW;
}

/* "category naval: 21 in an hour, usually 3  ", "term corvette: 9 in 12 hours, usually 1.2  " of a burst, "7 publishers
 * in an hour  " of a breaking story. */
static void put_figures(struct buf *line, const json_t *event)
{
	const json_t *burst = json_object_get(event, "burst"), *breaking = json_object_get(event, "breaking");

	if (burst != NULL) {
		put_member(line, burst, "of");
		buf_puts(line, " ");
		put_member(line, burst, "name");
		buf_printf(line, ": %lld in ", member_whole(burst, "seen"));
		if (member_whole(burst, "hours") > 1)
			buf_printf(line, "%lld hours", member_whole(burst, "hours"));
		else
			buf_puts(line, "an hour");
		buf_printf(line, ", usually %.3g  ", json_number_value(json_object_get(burst, "expected")));
	}
	if (breaking != NULL)
		buf_printf(line, "%lld publishers in an hour  ", member_whole(breaking, "publishers"));
}

static bool has_reason(const json_t *alert, const char *reason)
{
	const json_t *why = json_object_get(alert, "why");

	for (size_t i = 0; i < json_array_size(why); i++)
		if (json_is_string(json_array_get(why, i)) &&
			strcmp(json_string_value(json_array_get(why, i)), reason) == 0)
			return true;
	return false;
}

/* "ALERT ships (high)" for an alert that is new, escalated or opened again; else dim, "revised ships (high): source,
 * numbers". */
static void put_alert(struct buf *line, const json_t *alert, bool is_muted)
{
	const json_t *why = json_object_get(alert, "why");
	bool is_first = member_whole(alert, "revision") <= 1;
	/* raised by a later revision: all before it were muted */
	bool is_loud = is_first || has_reason(alert, "raised") || has_reason(alert, "escalated") ||
		       has_reason(alert, "reopened");
	bool is_closed = member_is(alert, "state", "closed");

	put_style(line, is_muted || !is_loud ? SCREEN_DIM : style_of_alert(alert));
	buf_puts(line, is_muted ? "muted " : is_loud ? "ALERT " : is_closed ? "closed   " : "revised  ");
	put_member(line, alert, "name");
	buf_puts(line, " (");
	put_member(line, alert, "priority");
	buf_putc(line, ')');
	put_style(line, SCREEN_PLAIN);
	for (size_t i = 0; !is_first && !is_closed && i < json_array_size(why); i++) {
		const json_t *reason = json_array_get(why, i);

		buf_puts(line, i == 0 ? ": " : ", ");
		if (json_is_string(reason))
			utf8_one_line(line, str_make(json_string_value(reason), json_string_length(reason)));
	}
	buf_puts(line, "  ");
}

/* The link has a line of its own, so that it stays whole on a narrow screen. */
static void print_item(const json_t *event, const char *kind, const char *match)
{
	const json_t *item = json_object_get(event, "item"), *alert = json_object_get(event, "alert");
	long long sources = member_whole(json_object_get(event, "story"), "sources");
	struct buf line = BUF_INIT(LIMIT_STREAM_LINE);

	put_time(&line, event);
	if (alert != NULL) {
		put_alert(&line, alert, strcmp(kind, "muted") == 0);
	} else {
		put_style(&line, SCREEN_DIM);
		buf_printf(&line, "%-7s", kind);
		put_style(&line, SCREEN_PLAIN);
		buf_puts(&line, "  ");
	}
	put_figures(&line, event);
	put_member(&line, item, "source");
	buf_puts(&line, ": ");
	put_title(&line, event, match);
	if (sources > 1)
		buf_printf(&line, "  [%lld\u00a0sources]", sources);
	screen_wrap(buf_str(&line), 0, INDENT);
	printf("%*s", INDENT, "");
	print_text(stdout, item, "link");
	putchar('\n');
	buf_release(&line);
}

static void print_feed(const json_t *event)
{
	const json_t *feed = json_object_get(event, "feed");
	struct buf line = BUF_INIT(LIMIT_STREAM_LINE), reason = BUF_INIT(LIMIT_STREAM_LINE);

	put_time(&line, event);
	buf_puts(&line, "feed     ");
	put_member(&line, feed, "name");
	buf_puts(&line, ": ");
	put_member(&line, feed, "state");
	put_member(&reason, feed, "reason");
	if (reason.len > 0) {
		buf_puts(&line, ", ");
		local_sentence(&line, buf_str(&reason));
	}
	screen_wrap(buf_str(&line), 0, INDENT);
	buf_release(&reason);
	buf_release(&line);
}

static void print_silence(const json_t *event)
{
	const json_t *silence = json_object_get(event, "silence");
	bool is_over = member_is(silence, "state", "ended");
	char time[TIME_TEXT_MAX];
	struct buf line = BUF_INIT(LIMIT_STREAM_LINE);

	put_time(&line, event);
	buf_puts(&line, "silence  ");
	put_member(&line, silence, "name");
	buf_printf(&line, is_over ? ": posts again, since %s" : ": has posted nothing since %s",
		local_time(time, json_string_value(json_object_get(silence, "since"))));
	screen_wrap(buf_str(&line), 0, INDENT);
	buf_release(&line);
}

static void print_gap(const json_t *event)
{
	fputs("missed: events ", stdout);
	print_text(stdout, event, "from");
	fputs(" to ", stdout);
	print_text(stdout, event, "to");
	fputs(" are no longer kept\n", stdout);
}

/* The alerts of a digest, a line each. */
static void print_digest(const json_t *event)
{
	const json_t *digest = json_object_get(event, "digest"), *alert;
	struct buf line = BUF_INIT(LIMIT_STREAM_LINE);
	size_t i;

	put_time(&line, event);
	buf_printf(&line, "digest   %lld alerts were held back (", member_whole(digest, "total"));
	put_member(&line, digest, "reason");
	buf_puts(&line, json_object_get(digest, "group") != NULL ? " " : "");
	put_member(&line, digest, "group");
	buf_puts(&line, ")");
	screen_wrap(buf_str(&line), 0, INDENT);
	json_array_foreach(json_object_get(digest, "alerts"), i, alert)
	{
		buf_clear(&line);
		buf_printf(&line, "%*s", INDENT, "");
		put_member(&line, alert, "name");
		buf_puts(&line, " (");
		put_member(&line, alert, "priority");
		buf_puts(&line, ")  ");
		put_member(&line, alert, "title");
		screen_wrap(buf_str(&line), 0, 2 * INDENT);
	}
	buf_release(&line);
}

static bool is_of_item(const char *kind)
{
	static const char *const kinds[] = {"new", "copy", "updated", "alert", "muted", "burst", "breaking"};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(kind, kinds[i]) == 0)
			return true;
	return false;
}

void event_print(const json_t *event, const char *kind, const char *match)
{
	if (strcmp(kind, "feed") == 0)
		print_feed(event);
	else if (strcmp(kind, "silence") == 0)
		print_silence(event);
	else if (strcmp(kind, "digest") == 0)
		print_digest(event);
	else if (strcmp(kind, "gap") == 0)
		print_gap(event);
	else if (is_of_item(kind) && json_is_object(json_object_get(event, "item")))
		print_item(event, kind, match);
}
