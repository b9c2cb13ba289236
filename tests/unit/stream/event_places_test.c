/* SPDX-License-Identifier: ISC */
/* event_places_test.c: a line tells where the terms of a rule stand in its own texts, whatever the texts are. */
#include "../../../daemon/stream/event_places.h"
#include "../json.h"
#include "sitrep/base/limits.h"

/* The member "matched" of a line with these members of item, or "" without one. */
static char *matched_of(const char *item, const struct str *terms, size_t count, const char *more)
{
	struct buf *line = scratch(LIMIT_STREAM_LINE), *out = scratch(LIMIT_STREAM_LINE);
	json_t *found;

	buf_printf(line, "{\"event\":\"new\",\"cursor\":\"1\"%s,\"item\":{%s}}\n", more, item);
	assert_int_equal(event_places_add(out, buf_str(line), terms, count), 0);
	assert_int_equal(out->data[out->len - 1], '\n');
	/* The line is as it was but for the member. */
	assert_memory_equal(out->data, line->data, line->len - 2);
	found = json_object_get(json_take(out), "matched");
	return scratch_take(found != NULL ? json_dumps(found, JSON_COMPACT | JSON_PRESERVE_ORDER) : strdup(""));
}

static void assert_matched(const char *item, const char *const *terms, const char *expected)
{
	struct str list[8];
	size_t count = 0;

	while (terms[count] != NULL) {
		list[count] = str_from(terms[count]);
		count++;
	}
	assert_string_equal(matched_of(item, list, count, ""), expected);
}

#define TERMS(...) ((const char *const[]){__VA_ARGS__, NULL})

TEST(places)
{
	static const char item[] = "\"title\":\"Taiwan's strait, the Taiwan Strait\","
				   "\"summary\":\"Ships of Taiwanese yards crossed.\"";

	assert_matched(
		item, TERMS("taiwan*"), "[{\"term\":\"taiwan*\",\"title\":[[0,8],[21,27]],\"summary\":[[9,18]]}]");
	/* a phrase comes without its quotation marks */
	assert_matched(item, TERMS("taiwan strait", "yards"),
		"[{\"term\":\"taiwan strait\",\"title\":[[0,15],[21,34]]},{\"term\":\"yards\",\"summary\":[[19,24]]}]");
	/* each once, and named also where it does not stand */
	assert_matched(item, TERMS("frigate", "frigate"), "[{\"term\":\"frigate\"}]");
	/* fields, conditions, regular expressions; terms that overlap have one place */
	assert_matched(item,
		TERMS("title:taiwan*", "summary:\"taiwanese yards\"", "source:taiwan", "words>2", "/Y[ae]rds/i"),
		"[{\"term\":\"title:taiwan*\",\"title\":[[0,8],[21,27]]},"
		"{\"term\":\"summary:\\\"taiwanese yards\\\"\",\"summary\":[[9,24]]},{\"term\":\"source:taiwan\"},"
		"{\"term\":\"words>2\"},{\"term\":\"/Y[ae]rds/i\",\"summary\":[[9,24]]}]");
	assert_matched(item, (const char *const[]){NULL}, "");
}

/* Places are counted in characters, in the text of the line. */
TEST(characters)
{
	assert_matched("\"title\":\"\xC3\x89lys\xC3\251e: \xF0\x9F\x9A\xA2 fr\xC3\xA9gate\",\"text\":\"\\u00e9t\\u00e9 "
		       "fr\xC3\xA9gate\"",
		TERMS("fregate"), "[{\"term\":\"fregate\",\"title\":[[10,17]],\"text\":[[4,11]]}]");
	/* Korean with a particle */
	assert_matched("\"title\":\"\xED\x95\xB4\xEA\xB5\xB0\xEC\x9D\xB4 \xEC\x99\x94\xEB\x8B\xA4\"",
		TERMS("\xED\x95\xB4\xEA\xB5\xB0"), "[{\"term\":\"\xED\x95\xB4\xEA\xB5\xB0\",\"title\":[[0,3]]}]");
}

TEST(alerts_have_their_own_terms)
{
	static const struct str terms[] = {{"crossed", 7}, {"ships", 5}};
	const char *text = matched_of("\"title\":\"Ships crossed\"", terms, 2,
		",\"alert\":{\"name\":\"a\",\"terms\":[\"ships\",\"strait\"]}");

	assert_string_equal(text, "[{\"term\":\"ships\",\"title\":[[0,5]]},{\"term\":\"strait\"},"
				  "{\"term\":\"crossed\",\"title\":[[6,13]]}]");
}

/* Text and terms that were made to do harm: few places, an end, and a line that is JSON. */
TEST(hostile_texts)
{
	enum { REPEATS = 20000, MANY = 200 };
	struct buf *item = scratch(LIMIT_STREAM_LINE), *out = scratch(LIMIT_STREAM_LINE),
		   *line = scratch(LIMIT_STREAM_LINE);
	struct str terms[MANY];
	char names[MANY][8];
	const char *text;
	size_t places = 0;

	buf_puts(item, "\"title\":\"a \\u0001b\\u0002 a\",\"summary\":\"");
	for (int i = 0; i < REPEATS; i++)
		buf_puts(item, "a b ");
	buf_puts(item, "\"");
	for (size_t i = 0; i < MANY; i++) {
		snprintf(names[i], sizeof(names[i]), "%c%zu", i % 2 == 0 ? 'a' : 'q', i / 4);
		terms[i] = i == 0 ? STR("a") : i == 1 ? STR("\"a (((") : i == 2 ? STR("a OR") : str_from(names[i]);
	}
	text = matched_of(item->data, terms, MANY, "");
	for (const char *found = text; (found = strchr(found, '[')) != NULL; found++)
		places++;
	/* the list itself, one text's list, and its places */
	assert_in_range(places, 3, 2 + PLACES_TEXT_MAX * PLACES_TERMS_MAX);
	assert_non_null(strstr(text, "{\"term\":\"a\",\"summary\":[[0,1],[4,5],"));
	assert_null(strstr(text, "\"title\""));
	/* A line that has no room for the terms. */
	buf_puts(line, "{\"event\":\"new\",\"item\":{\"title\":\"a\",\"summary\":\"");
	while (line->len < LIMIT_STREAM_LINE - 20)
		buf_putc(line, 'x');
	buf_puts(line, "\"}}\n");
	assert_false(buf_failed(line));
	assert_int_equal(event_places_add(out, buf_str(line), terms, 3), -E2BIG);
}
