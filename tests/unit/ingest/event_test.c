/* SPDX-License-Identifier: ISC */
/* The lines of the stream: what stands in them, and that no item can make one too long. */
#include "../json.h"
#include "fixture.h"

#include "sitrep/base/limits.h"
#include "sitrep/store/event_json.h"

static struct event_record make_event(struct report *r)
{
	*r = (struct report){
		.item_id = 7,
		.uid = "00010203-0405-8607-8809-0a0b0c0d0e0f",
		.source = {.feed = STR("alpha"), .title = STR("Alpha News"), .categories = STR("naval\nus")},
		.first_seen_ms = NOW_MS,
		.updated_ms = NOW_MS,
		.published_ms = NOW_MS - HOUR_MS,
		.published_known = true,
	};
	item_init(&r->item);
	r->item.plain_title = STR("Frigates \"turn back\"");
	r->item.plain_summary = STR("Two of them.");
	r->item.link = STR("https://a.example/1");
	return (struct event_record){
		.cursor = 42,
		.time_ms = NOW_MS,
		.kind = EVENT_NEW,
		.source = r->source,
		.report = r,
		.story_uid = STR("00010203-0405-8607-8809-0a0b0c0d0e0f"),
		.story_title = STR("Frigates \"turn back\""),
		.story_sources = 2,
		.story_reports = 3,
	};
}

static void assert_line(const struct event_record *e, const char *expected)
{
	struct buf *out = scratch(LIMIT_STREAM_LINE);

	assert_int_equal(event_write_json(out, e, &(struct event_view){0}), 0);
	assert_string_equal(out->data, expected);
}

#define STORY                                                                                                          \
	"\"story\":{\"id\":\"00010203-0405-8607-8809-0a0b0c0d0e0f\",\"title\":\"Frigates \\\"turn back\\\"\","         \
	"\"sources\":2,\"reports\":3}}"

TEST(new)
{
	struct report r;
	struct event_record e = make_event(&r);

	assert_line(&e, "{\"event\":\"new\",\"cursor\":\"42\",\"time\":\"2026-11-23T10:00:00Z\",\"item\":{"
			"\"id\":\"00010203-0405-8607-8809-0a0b0c0d0e0f\",\"feed\":\"alpha\",\"source\":\"Alpha News\","
			"\"title\":\"Frigates \\\"turn back\\\"\",\"link\":\"https://a.example/1\","
			"\"published\":\"2026-11-23T09:00:00Z\",\"first_seen\":\"2026-11-23T10:00:00Z\","
			"\"categories\":[\"naval\",\"us\"],\"summary\":\"Two of them.\"}," STORY);
}

TEST(all_members)
{
	struct person authors[] = {{.name = STR("A. Writer")}, {.email = STR("desk@a.example")}, {.uri = STR("x")}};
	struct category categories[] = {{.term = STR("NAVAL")}, {.term = STR("t1"), .label = STR("Taiwan")},
		{.term = STR("taiwan")}, {.term = STR(" ")}};
	struct enclosure enclosures[] = {
		{.url = STR("https://a.example/1.mp3"), .type = STR("audio/mpeg"), .length = STR("12")},
		{.url = STR("https://a.example/2.mp3"), .length = STR("about 3 MB")}};
	struct report r;
	struct event_record e = make_event(&r);

	r.published_known = false;
	r.updated_ms = NOW_MS + HOUR_MS;
	r.item.language = STR("en");
	r.item.authors.items = authors;
	r.item.authors.count = 3;
	r.item.categories.items = categories;
	r.item.categories.count = 4;
	r.item.enclosures.items = enclosures;
	r.item.enclosures.count = 2;
	e.kind = EVENT_ALERT;
	e.backlog = true;
	e.detail = STR("{\"alert\":{\"name\":\"strait\"}}");
	assert_line(&e, "{\"event\":\"alert\",\"cursor\":\"42\",\"time\":\"2026-11-23T10:00:00Z\",\"backlog\":true,"
			"\"alert\":{\"name\":\"strait\"},\"item\":{"
			"\"id\":\"00010203-0405-8607-8809-0a0b0c0d0e0f\",\"feed\":\"alpha\",\"source\":\"Alpha News\","
			"\"title\":\"Frigates \\\"turn back\\\"\",\"link\":\"https://a.example/1\","
			"\"updated\":\"2026-11-23T11:00:00Z\",\"first_seen\":\"2026-11-23T10:00:00Z\","
			"\"categories\":[\"naval\",\"us\",\"Taiwan\"],\"summary\":\"Two of them.\","
			"\"authors\":[\"A. Writer\",\"desk@a.example\"],"
			"\"enclosures\":[{\"url\":\"https://a.example/1.mp3\",\"type\":\"audio/mpeg\",\"length\":12},"
			"{\"url\":\"https://a.example/2.mp3\"}],\"language\":\"en\"}," STORY);
}

TEST(no_line_is_too_long)
{
	/* each byte becomes six, in all lists, at all lengths that a decoder lets through */
	static char title[LIMIT_TITLE], url[LIMIT_URL], name[LIMIT_NAME], names[16 * LIMIT_NAME];
	static struct category categories[LIMIT_ITEM_LIST];
	static struct enclosure enclosures[LIMIT_ITEM_LIST];
	static struct person authors[LIMIT_ITEM_LIST];
	static char labels[LIMIT_ITEM_LIST][LIMIT_NAME];
	struct report r;
	struct event_record e = make_event(&r);

	memset(title, 1, sizeof(title));
	memset(url, 1, sizeof(url));
	memset(name, 1, sizeof(name));
	for (size_t i = 0; i < sizeof(names); i++)
		names[i] = i % LIMIT_NAME == 0 ? '\n' : 1;
	for (size_t i = 0; i < LIMIT_ITEM_LIST; i++) {
		memset(labels[i], 1, LIMIT_NAME);
		labels[i][0] = (char)('0' + i / 16);
		labels[i][1] = (char)('0' + i % 16);
		categories[i].term = str_make(labels[i], LIMIT_NAME);
		enclosures[i].url = str_make(url, sizeof(url));
		authors[i].name = str_make(name, sizeof(name));
	}
	r.item.categories.items = categories;
	r.item.enclosures.items = enclosures;
	r.item.authors.items = authors;
	r.item.plain_title = e.story_title = str_make(title, sizeof(title));
	r.item.link = str_make(url, sizeof(url));
	r.item.language = str_make(name, sizeof(name));
	r.item.plain_summary = str_make(title, LIMIT_SUMMARY);
	e.source.title = str_make(title, sizeof(title));
	e.source.categories = str_make(names, sizeof(names));
	for (size_t count = 0; count <= LIMIT_ITEM_LIST; count += 32) {
		struct buf *out = scratch(LIMIT_STREAM_LINE);
		json_t *line;

		r.item.categories.count = r.item.enclosures.count = r.item.authors.count = count;
		assert_int_equal(event_write_json(out, &e, &(struct event_view){0}), 0);
		assert_true(out->len < LIMIT_STREAM_LINE);
		line = json_take(out);
		assert_json(line, "cursor", "42");
		assert_non_null(at(line, "item.title"));
	}
}

TEST(kinds)
{
	static const enum event_kind kinds[] = {EVENT_NEW, EVENT_COPY, EVENT_UPDATED, EVENT_ALERT, EVENT_FEED,
		EVENT_SILENCE, EVENT_MUTED, EVENT_DIGEST, EVENT_BURST, EVENT_BREAKING};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		assert_int_equal(event_kind_parse(str_from(event_kind_name(kinds[i]))), kinds[i]);
	assert_int_equal(event_kind_parse(STR("gap")), 0);
	assert_int_equal(event_kind_parse(STR("")), 0);
}
