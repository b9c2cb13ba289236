/* SPDX-License-Identifier: ISC */
/* page_test.c: the frame, and the addresses of what it loads. */
#include "../test.h"
#include "sitrep/base/clock.h"
#include "sitrep/pages/assets.h"
#include "sitrep/pages/page.h"

enum { OUT_MAX = 64 * 1024 };

/* 2026-11-26T18:21:45Z */
#define NOW_MS INT64_C(1795717305000)

static void assert_has(const struct buf *out, const char *part)
{
	if (str_find(buf_str(out), str_from(part), 0) == STR_NPOS)
		fail_msg("\"%s\" is not in %s", part, out->data);
}

TEST(frame)
{
	struct site site = {.title = "Desk <1>", .now_ms = NOW_MS, .feed_count = 51, .failing = 2, .newest_ms = NOW_MS};
	struct page page = {.site = &site,
		.place = PAGE_TOP,
		.root = "../",
		.title = STR("\"Top\" </title>"),
		.events = "?q=\"a\"&min=2",
		.feed_query = "?q=a&min=2"};
	struct buf out = BUF_INIT(OUT_MAX);

	page_begin(&out, &page);
	page_head_begin(&out, &page);
	page_head_end(&out);
	page_end(&out);
	assert_false(buf_failed(&out));
	assert_has(&out, "<html lang=\"en\" data-now=\"2026-11-26T18:21:45Z\">");
	assert_has(&out, "<title>&quot;Top&quot; &lt;/title&gt; – Desk &lt;1&gt;</title>");
	assert_has(&out, "<h1>&quot;Top&quot; &lt;/title&gt;</h1>");
	assert_has(&out, "data-events=\"../events?q=&quot;a&quot;&amp;min=2\"");
	assert_has(&out, "href=\"../feed.json?q=a&amp;min=2\"");
	assert_has(&out, "<a href=\"../\">River</a>");
	assert_has(&out, "<a href=\"../top\" aria-current=\"page\">Top</a>");
	assert_has(&out, "51 feeds, <span class=\"hot\">2 failing</span>");
	assert_has(&out, asset_path(ASSET_STYLE));
	assert_has(&out, asset_path(ASSET_SCRIPT));
	buf_release(&out);

	/* a daemon without feeds and items */
	site = (struct site){.title = "Desk", .now_ms = NOW_MS, .newest_ms = TIME_NONE};
	page = (struct page){.site = &site, .place = PAGE_RIVER, .root = "", .title = STR("River")};
	page_begin(&out, &page);
	assert_has(&out, "<a href=\"./\" aria-current=\"page\">River</a>");
	assert_has(&out, "<a href=\"feeds\">0 feeds</a>");
	buf_release(&out);
}

TEST(roots)
{
	static const struct {
		const char *path, *root;
	} cases[] = {{"/", ""}, {"/top", ""}, {"/story/x", "../"}, {"/a/b/c", "../../"}, {"", ""}};
	char root[PAGE_ROOT_MAX], deep[200];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		page_root_of(root, str_from(cases[i].path));
		assert_string_equal(root, cases[i].root);
	}
	memset(deep, '/', sizeof(deep));
	page_root_of(root, str_make(deep, sizeof(deep)));
	assert_true(strlen(root) < PAGE_ROOT_MAX);
}

TEST(assets)
{
	static const char *const begin[] = {"/* One sheet", "/* Relative times", "<svg "};
	char path[64];
	enum asset found;

	for (int i = 0; i < ASSET_COUNT; i++) {
		snprintf(path, sizeof(path), "/%s", asset_path((enum asset)i));
		assert_true(asset_find(str_from(path), &found));
		assert_int_equal(found, i);
		assert_true(str_starts(asset_bytes((enum asset)i), str_from(begin[i])));
	}
	assert_false(asset_find(STR("/style.css"), &found));
	assert_false(asset_find(STR(""), &found));
}
