/* SPDX-License-Identifier: ISC */
/* Link fields as servers write them, and as nobody should. */
#include "../scratch.h"
#include "sitrep/fetch/link_header.h"

/* Every link as "href|rel|type;". */
static void assert_links(const char *field, const char *expected)
{
	struct buf *out = scratch(64 * 1024);
	struct str rest = str_from(field);
	struct link_value link;

	while (link_header_next(&rest, &link))
		buf_printf(out, "%.*s|%.*s|%.*s;", STR_ARG(link.href), STR_ARG(link.rel), STR_ARG(link.type));
	assert_string_equal(buf_str(out).data, expected);
}

TEST(links)
{
	assert_links("<https://hub.example/>; rel=\"hub\", <https://o.example/feed>; rel=\"self\"",
		"https://hub.example/|hub|;https://o.example/feed|self|;");
	assert_links("<https://hub.example/>;rel=hub,<f>;REL=self ; type=\"application/atom+xml\"",
		"https://hub.example/|hub|;f|self|application/atom+xml;");
	assert_links("<a,b;c>; title=\"one, two; rel=\\\"x\\\"\"; rel = \"hub self\"", "a,b;c|hub self|;");
	assert_links("<a>; rel=hub; rel=self", "a|hub|;");
	assert_links("<a>", "a||;");
	assert_links("<a>; rel", "a||;");
	assert_links(", ,<a>;rel=x,,", "a|x|;");
	/* about something else than what was fetched */
	assert_links("<a>; rel=hub; anchor=\"/other\", <b>; rel=hub", "b|hub|;");
}

TEST(what_is_no_link)
{
	assert_links("", "");
	assert_links("   ", "");
	assert_links("<", "");
	assert_links("<>", "");
	assert_links("<>; rel=hub, <b>; rel=hub", "b|hub|;");
	assert_links("https://hub.example/; rel=hub", "");
	assert_links("nonsense \"with, comma\", <b>; rel=hub", "b|hub|;");
	assert_links("<a>; rel=\"hub", "a|hub|;");
	assert_links("<a>; rel=\"hub\\", "a|hub\\|;");
	assert_links("<a>; rel=", "a||;");
	assert_links("<a>;;;rel=hub", "a|hub|;");
	assert_links("<a>rel=hub", "a||;");
}

TEST(every_prefix_ends)
{
	static const char field[] = "<a>; rel=\"h\\\"ub\"; x, <b;,>;;=,\"<>\", <c>; rel = ; rel=\"s";
	struct link_value link;

	for (size_t len = 0; len < sizeof(field); len++) {
		struct str rest = scratch_copy(str_make(field, len));
		size_t links = 0;

		while (link_header_next(&rest, &link))
			links++;
		assert_true(links <= 3);
		assert_int_equal(rest.len, 0);
	}
}

/* Whatever comes in: it ends, and every piece lies within the field. */
TEST(noise)
{
	static const char alphabet[] = "<>;,=\"\\ arel\t\0";
	uint64_t random = 20261123;
	char field[24];

	for (int round = 0; round < 200000; round++) {
		struct str rest = {field, 0};
		struct link_value link;

		for (size_t i = 0; i < sizeof(field); i++) {
			random ^= random << 13;
			random ^= random >> 7;
			random ^= random << 17;
			field[i] = alphabet[(random >> 32) % (sizeof(alphabet) - 1)];
		}
		rest.len = (size_t)(random >> 8) % (sizeof(field) + 1);
		while (link_header_next(&rest, &link)) {
			assert_true(link.href.len > 0 && link.href.data >= field);
			assert_true(link.href.data + link.href.len <= rest.data);
			assert_true(link.rel.data == NULL || link.rel.data + link.rel.len <= rest.data);
		}
		assert_int_equal(rest.len, 0);
	}
}

/* Read in one pass, whatever it lacks: read once for each comma, eight MiB would take hours. */
TEST(long_fields_without_a_link)
{
	enum { LEN = 8 * 1024 * 1024 };
	static const char *const pieces[] = {"x,", "<,", "<x", ",\"", "<>"};
	char *field = scratch_take(malloc(LEN));
	struct link_value link;

	for (size_t k = 0; k < sizeof(pieces) / sizeof(pieces[0]); k++) {
		struct str rest = str_make(field, LEN);

		for (size_t i = 0; i < LEN; i++)
			field[i] = pieces[k][i % 2];
		assert_false(link_header_next(&rest, &link));
		assert_int_equal(rest.len, 0);
	}
}

TEST(relations)
{
	const struct link_value two = {.rel = STR(" HUB  self")}, none = {0};

	assert_true(link_has_rel(&two, STR("hub")));
	assert_true(link_has_rel(&two, STR("self")));
	assert_false(link_has_rel(&two, STR("sel")));
	assert_false(link_has_rel(&none, STR("hub")));
}

TEST(hubs_and_topic)
{
	const char *base = "https://outlet.example/news/feed";
	struct buf *many = scratch(64 * 1024);
	char *hubs, *topic;

	link_header_read_hubs(STR("</hub>; rel=hub, <feed.xml>; rel=self, <https://b.example/>; rel=\"x hub\", "
				  "<other>; rel=self"),
		base, &hubs, &topic);
	assert_string_equal(hubs, "https://outlet.example/hub\nhttps://b.example/");
	assert_string_equal(topic, "https://outlet.example/news/feed.xml");
	free(hubs);
	free(topic);
	link_header_read_hubs(STR("<a>; rel=next"), base, &hubs, &topic);
	assert_null(hubs);
	assert_null(topic);
	link_header_read_hubs(STR_NONE, base, &hubs, &topic);
	assert_null(hubs);
	/* A head of many hubs counts up to a limit. */
	for (int i = 0; i < 100; i++)
		assert_int_equal(buf_printf(many, "<https://h.example/%d>; rel=hub, ", i), 0);
	link_header_read_hubs(buf_str(many), base, &hubs, &topic);
	assert_non_null(strstr(hubs, "https://h.example/15"));
	assert_null(strstr(hubs, "https://h.example/16"));
	free(hubs);
}
