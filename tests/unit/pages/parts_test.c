/* SPDX-License-Identifier: ISC */
/* parts_test.c: the words of times, languages and links, and that text of a feed stays text. */
#include "../../../daemon/pages/parts.h"
#include "../test.h"
#include "sitrep/base/clock.h"

enum { OUT_MAX = 64 * 1024 };

/* 2026-11-26T18:21:45Z */
#define TIME_MS INT64_C(1795717305000)
#define MINUTE_MS INT64_C(60000)

/* Compares and empties. */
static void assert_written(struct buf *out, const char *expected)
{
	assert_false(buf_failed(out));
	assert_string_equal(out->data != NULL ? out->data : "", expected);
	buf_release(out);
}

TEST(times)
{
	static const struct {
		int64_t age_min;
		const char *words;
	} cases[] = {{0, "just now"}, {1, "1 min ago"}, {59, "59 min ago"}, {60, "1 h ago"}, {78, "1 h 18 min ago"},
		{1439, "23 h 59 min ago"}, {1440, "1 d ago"}, {-5, "just now"}};
	int64_t minute_ms = TIME_MS - 45000;
	struct buf out = BUF_INIT(OUT_MAX);

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		part_age_words(&out, minute_ms, minute_ms + cases[i].age_min * MINUTE_MS);
		assert_written(&out, cases[i].words);
	}
	/* the script rounds, from the minute that stands in the page */
	part_age_words(&out, TIME_MS, TIME_MS);
	assert_written(&out, "1 min ago");
	part_clock(&out, TIME_MS);
	assert_written(&out, "<time datetime=\"2026-11-26T18:21Z\">18:21</time>");
	part_moment(&out, TIME_MS);
	assert_written(&out, "<time datetime=\"2026-11-26T18:21Z\">26 November 18:21</time>");
	part_age(&out, TIME_MS, TIME_MS + 3 * MINUTE_MS);
	assert_written(&out, "<time class=\"ago\" datetime=\"2026-11-26T18:21Z\">4 min ago</time>");
	/* before 1970, as a damaged date may be */
	part_moment(&out, -1);
	assert_written(&out, "<time datetime=\"1969-12-31T23:59Z\">31 December 23:59</time>");
}

TEST(languages)
{
	struct buf out = BUF_INIT(OUT_MAX);

	part_open_text(&out, "h3", NULL, STR("Frigates"), STR("en-GB"));
	assert_written(&out, "<h3>");
	part_open_text(&out, "h3", NULL, STR("한성 국방부"), STR("ko"));
	assert_written(&out, "<h3 lang=\"ko\">");
	part_open_text(&out, "p", "sum", STR("توقف"), STR("ar"));
	assert_written(&out, "<p class=\"sum\" lang=\"ar\" dir=\"rtl\">");
	part_open_text(&out, "h3", NULL, STR("توقف"), STR_NONE);
	assert_written(&out, "<h3 dir=\"auto\">");
	part_open_text(&out, "h3", NULL, STR("Überfahrt"), STR_NONE);
	assert_written(&out, "<h3>");
	part_language(&out, STR("ko-KR"));
	assert_written(&out, "<abbr class=\"lg\" title=\"Korean\">ko</abbr> ");
	part_language(&out, STR("tlh"));
	assert_written(&out, "<abbr class=\"lg\">tlh</abbr> ");
	part_language(&out, STR("en"));
	part_language(&out, STR_NONE);
	assert_written(&out, "");
	part_outlet(&out, STR("霧島新報"), STR("ja"));
	assert_written(&out, "<bdi lang=\"ja\">霧島新報</bdi>");
	part_outlet(&out, STR("Hull & Form"), STR("ja"));
	assert_written(&out, "Hull &amp; Form");
}

TEST(hostile)
{
	struct buf out = BUF_INIT(OUT_MAX);

	part_alert(&out, "../", ALERT_HIGH, STR("a\"><b>&'"));
	assert_written(&out, "<a class=\"al p3\" href=\"../alert/a%22%3E%3Cb%3E%26%27\">high<span>: "
			     "a&quot;&gt;&lt;b&gt;&amp;&#39;</span></a> ");
	part_open_text(&out, "h3", NULL, STR("x"), STR("\"><script>"));
	assert_written(&out, "<h3 lang=\"&quot;&gt;&lt;script&gt;\">");
	part_link_out(&out, STR("javascript:alert(1)"), STR("<b>"));
	assert_written(&out, "&lt;b&gt;");
	part_link_out(&out, STR("https://a.example/?x=1&y=\""), STR("words"));
	assert_written(&out, "<a href=\"https://a.example/?x=1&amp;y=&quot;\" rel=\"noreferrer\">words</a>");
	part_formats(&out, "", STR("category/R%26D"), STR("?q=\"a\"&min=2"));
	assert_written(&out, "<a href=\"category/R%26D.atom?q=&quot;a&quot;&amp;min=2\">Atom</a> "
			     "<a href=\"category/R%26D.rss?q=&quot;a&quot;&amp;min=2\">RSS</a> "
			     "<a href=\"category/R%26D.json?q=&quot;a&quot;&amp;min=2\">JSON</a>");
}
