/* SPDX-License-Identifier: ISC */
/* Canonical URLs: links that lead to one article, links that do not, and the link that is shown. */
#include "../scratch.h"
#include "sitrep/identity/canon.h"

static void set_up(struct arena *a)
{
	arena_init(a, 64 << 20);
}

FIXTURE(arena, set_up, arena_release)

static const struct {
	const char *url;
	const char *key; /* NULL: none */
} keys[] = {
	{"https://example.org/a", "https://example.org/a"},
	/* scheme, host, port, fragment */
	{"http://example.org/a", "https://example.org/a"},
	{"HTTPS://Example.ORG/a", "https://example.org/a"},
	{"http://example.org:80/a", "https://example.org/a"},
	{"https://example.org:443/a", "https://example.org/a"},
	{"https://example.org:8443/a", "https://example.org:8443/a"},
	{"https://example.org./a", "https://example.org/a"},
	{"https://reader:secret@example.org/a", "https://example.org/a"},
	{"https://example.org/a#comments", "https://example.org/a"},
	{"https://[2001:db8::1]/a", "https://[2001:db8::1]/a"},
	{"https://www.example.org/a", "https://example.org/a"},
	{"https://m.example.org/a", "https://example.org/a"},
	{"https://mobile.example.org/a", "https://example.org/a"},
	{"https://amp.example.org/a", "https://example.org/a"},
	{"https://edition.example.org/a", "https://example.org/a"},
	{"https://www.m.example.org/a", "https://example.org/a"},
	{"https://amp.dev/a", "https://amp.dev/a"},
	{"https://news.example.org/a", "https://news.example.org/a"},
	{"https://wwwexample.org/a", "https://wwwexample.org/a"},
	/* slashes and escapes */
	{"https://example.org", "https://example.org"},
	{"https://example.org/", "https://example.org"},
	{"https://example.org/a/", "https://example.org/a"},
	{"https://example.org//a///b/", "https://example.org/a/b"},
	{"https://example.org/a/../b", "https://example.org/b"},
	{"https://example.org/%7Ea%2fb", "https://example.org/~a%2Fb"},
	{"https://example.org/A", "https://example.org/A"},
	/* AMP */
	{"https://example.org/a/amp", "https://example.org/a"},
	{"https://example.org/a/amp/", "https://example.org/a"},
	{"https://example.org/news/amp/a-1", "https://example.org/news/a-1"},
	{"https://example.org/a.amp.html", "https://example.org/a.html"},
	{"https://example.org/a.amp", "https://example.org/a"},
	{"https://example.org/a?amp=1", "https://example.org/a"},
	{"https://example.org/a?amp", "https://example.org/a"},
	{"https://example.org/a?outputType=amp", "https://example.org/a"},
	{"https://example.org/a?outputType=xml", "https://example.org/a?outputType=xml"},
	{"https://example.org/amphibious", "https://example.org/amphibious"},
	{"https://example.org/camp/swamp", "https://example.org/camp/swamp"},
	{"https://www.google.com/amp/s/www.example.org/a/amp", "https://example.org/a"},
	{"https://www.google.com/amp/example.org/a", "https://example.org/a"},
	{"https://www-example-org.cdn.ampproject.org/c/s/www.example.org/a", "https://example.org/a"},
	{"https://www-example-org.cdn.ampproject.org/v/s/www.example.org/a?amp_js_v=0.1", "https://example.org/a"},
	/* wrappers */
	{"https://www.google.com/url?rct=j&sa=t&url=https%3A%2F%2Fexample.org%2Fa%3Fid%3D7&ct=ga",
		"https://example.org/a?id=7"},
	{"http://www.bing.com/news/apiclick.aspx?ref=FexRss&url=https%3a%2f%2fexample.org%2fa&c=1",
		"https://example.org/a"},
	{"https://l.facebook.com/l.php?u=https%3A%2F%2Fexample.org%2Fa", "https://example.org/a"},
	{"http://rd.example.net/rss/x/*http://example.org/a", "https://example.org/a"},
	{"https://archive.example.net/2026/https://example.org/a", "https://example.org/a"},
	{"https://example.org/share?url=https%3A%2F%2Fexample.net%2Fb",
		"https://example.org/share?url=https%3A%2F%2Fexample.net%2Fb"},
	{"https://www.google.com/amp/about", "https://google.com/about"},
	/* the query */
	{"https://example.org/a?b=2&a=1", "https://example.org/a?a=1&b=2"},
	{"https://example.org/?p=123", "https://example.org?p=123"},
	{"https://example.org/?p=124", "https://example.org?p=124"},
	{"https://example.org/a?", "https://example.org/a"},
	{"https://example.org/a?&&a=1&", "https://example.org/a?a=1"},
	{"https://example.org/a?q=x+y", "https://example.org/a?q=x%20y"},
	{"https://example.org/a?q=%e5%8c%97", "https://example.org/a?q=%E5%8C%97"},
	{"https://example.org/a?id=7&utm_source=rss&utm_medium=feed", "https://example.org/a?id=7"},
	{"https://example.org/a?id=7&amp;utm_source=rss&amp;b=1", "https://example.org/a?b=1&id=7"},
	{"https://example.org/a?UTM_Source=rss", "https://example.org/a"},
	{"https://example.org/a?utm%5Fsource=rss", "https://example.org/a"},
	{"https://example.org/a?ref=www.example.org", "https://example.org/a"},
	{"https://example.org/a?ref=chapter2", "https://example.org/a?ref=chapter2"},
	{"https://example.org/a?cmpid=rss", "https://example.org/a"},
	{"https://example.org/a?spm=1.2", "https://example.org/a"},
	/* not of the web */
	{"mailto:editor@example.org", NULL},
	{"/relative", NULL},
	{"", NULL},
	{"tag:example.org,2026:1", NULL},
	{"https://", NULL},
};

TEST_ON(keys_of_links, arena, a)
{
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		struct str key = canon_url_key(a, str_from(keys[i].url));

		if (keys[i].key == NULL ? key.data != NULL : !str_eq(key, str_from(keys[i].key)))
			fail_msg("%s gives %.*s, not %s", keys[i].url, STR_ARG(key),
				keys[i].key != NULL ? keys[i].key : "none");
		/* a key is its own key */
		if (key.data != NULL)
			assert_true(str_eq(canon_url_key(a, key), key));
	}
	assert_null(canon_url_key(a, STR_NONE).data);
}

/* Every name that the stored link is freed of. */
static const char *const sure[] = {"utm_any", "_ga", "_gl", "gclid", "gclsrc", "dclid", "gbraid", "wbraid", "srsltid",
	"fbclid", "fb_any", "igsh", "igshid", "mtm_any", "matomo_any", "pk_campaign", "pk_content", "pk_keyword",
	"pk_kwd", "pk_medium", "pk_source", "yclid", "ysclid", "_openstat", "twclid", "__twitter_impression", "msclkid",
	"sc_cid", "mc_cid", "mc_eid", "mc_tc", "_hsenc", "_hsmi", "__hssc", "__hstc", "__hsfp", "hsctatracking",
	"mkt_tok", "vero_id", "vero_conv", "oly_any", "__s", "ml_subscriber", "ml_subscriber_hash", "hmb_any",
	"wickedid", "_branch_match_id", "_branch_referrer", "s_cid", "wt_mc", "rb_clickid", "guccounter",
	"guce_referrer", "guce_referrer_sig", "ns_campaign", "ns_fee", "ns_linkname", "ns_mchannel", "ns_source",
	"xtor", "at_campaign", "at_custom1", "at_custom2", "at_custom3", "at_custom4", "at_link_id", "at_link_origin",
	"at_link_type", "at_medium", "itm_any", "utm_source", "UTM_Medium", "FbClId", "hsCtaTracking", "oly_enc_id"};
/* Names that only the key does without. */
static const char *const likely[] = {"amp_gsa", "amp_js_v", "campaign_content", "campaign_id", "campaign_medium",
	"campaign_name", "campaign_source", "campaign_term", "cmp", "cmpid", "feed_id", "ftag", "ftcamp", "icid",
	"intcid", "ito", "ncid", "smid", "smtyp", "spm", "sr_share", "taid", "traffic_source", "trk_any"};
/* Names that look like some of those and are not. */
static const char *const kept[] = {"id", "p", "page", "utm", "utmsource", "fb", "fbclid2", "gcli", "a_utm_source", "s",
	"ref", "feed", "mc", "oly", "itm", "t", "v", "story", "article_id", "_g", "_gala", "cm", "cmps"};

TEST_ON(trackers_leave_the_link, arena, a)
{
	char url[256];

	for (size_t i = 0; i < sizeof(sure) / sizeof(sure[0]); i++) {
		snprintf(url, sizeof(url), "https://example.org/a?id=1&%s=x&b=%%2F2#end", sure[i]);
		if (!str_eq(canon_url_clean(a, str_from(url)), STR("https://example.org/a?id=1&b=%2F2#end")))
			fail_msg("%s stays", sure[i]);
		assert_true(str_eq(canon_url_key(a, str_from(url)), STR("https://example.org/a?b=%2F2&id=1")));
	}
	for (size_t i = 0; i < sizeof(likely) / sizeof(likely[0]); i++) {
		snprintf(url, sizeof(url), "https://example.org/a?%s=x&b=2", likely[i]);
		assert_true(str_eq(canon_url_clean(a, str_from(url)), str_from(url)));
		if (!str_eq(canon_url_key(a, str_from(url)), STR("https://example.org/a?b=2")))
			fail_msg("%s stays in the key", likely[i]);
	}
	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
		snprintf(url, sizeof(url), "https://example.org/a?%s=x&z=2", kept[i]);
		if (!str_eq(canon_url_clean(a, str_from(url)), str_from(url)) ||
			!str_eq(canon_url_key(a, str_from(url)), str_from(url)))
			fail_msg("%s goes", kept[i]);
	}
}

TEST_ON(nothing_else_of_the_link_changes, arena, a)
{
	static const struct {
		const char *url, *clean;
	} cases[] = {
		{"http://WWW.Example.org:80/%7ea//b/?utm_source=x&Z=1&a=%2f&&c",
			"http://WWW.Example.org:80/%7ea//b/?Z=1&a=%2f&&c"},
		{"https://example.org/a?utm_source=x", "https://example.org/a"},
		{"https://example.org/a?utm_source=x&utm_medium=y#top", "https://example.org/a#top"},
		{"https://example.org?utm_source=x", "https://example.org"},
		{"https://example.org/a?id=1&amp;utm_source=x", "https://example.org/a?id=1"},
		{"https://example.org/a#xtor=RSS-3208", "https://example.org/a"},
		{"https://example.org/a?id=1#utm_source=x&utm_medium=y", "https://example.org/a?id=1"},
		{"https://example.org/a#utm_source=x&section=2", "https://example.org/a#utm_source=x&section=2"},
		{"https://example.org/a#", "https://example.org/a#"},
		{"https://example.org/a?ref=example.org", "https://example.org/a"},
		{"https://example.org/a?ref=example.net", "https://example.org/a?ref=example.net"},
		{"https://example.org/?u=https://example.net/?utm_source=x",
			"https://example.org/?u=https://example.net/?utm_source=x"},
		{"mailto:a@example.org?utm_source=x", "mailto:a@example.org?utm_source=x"},
		{"", ""},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct str clean = canon_url_clean(a, str_from(cases[i].url));

		if (!str_eq(clean, str_from(cases[i].clean)))
			fail_msg("%s gives %.*s, not %s", cases[i].url, STR_ARG(clean), cases[i].clean);
	}
	assert_null(canon_url_clean(a, STR_NONE).data);
}

/* A link of the largest size, all of it parameters, and more of them than are sorted. */
TEST_ON(many_parameters, arena, a)
{
	struct buf *url = scratch(8192);
	struct str key;

	assert_int_equal(buf_puts(url, "https://example.org/a?"), 0);
	for (int i = 0; i < 2000; i++)
		assert_int_equal(buf_printf(url, "%c&", 'a' + i % 26), 0);
	key = canon_url_key(a, buf_str(url));
	assert_non_null(key.data);
	/* all are there, sorted or not */
	assert_true(key.len > 4000);
	/* one more byte at the very end is another page */
	buf_puts(url, "zz");
	assert_false(str_eq(canon_url_key(a, buf_str(url)), key));
}
