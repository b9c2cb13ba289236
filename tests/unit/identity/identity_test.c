/* SPDX-License-Identifier: ISC */
/* Identity: what changes an item's digest and what must not, what it is known by, and what is shown of it. */
#include "../scratch.h"
#include "sitrep/base/limits.h"
#include "sitrep/base/utf8.h"
#include "sitrep/identity/canon.h"
#include "sitrep/identity/identity.h"
#include "sitrep/identity/sketch.h"

struct fixture {
	struct identity *id;
	struct arena arena;
};

static void set_up(struct fixture *f)
{
	struct error err;

	f->id = identity_new(&err);
	assert_non_null(f->id);
	arena_init(&f->arena, 64 << 20);
}

static void tear_down(struct fixture *f)
{
	identity_free(f->id);
	arena_release(&f->arena);
}

FIXTURE(fixture, set_up, tear_down)

static struct text plain(const char *value)
{
	return (struct text){.value = str_from(value), .kind = TEXT_PLAIN};
}

static struct text html(const char *value)
{
	return (struct text){.value = str_from(value), .kind = TEXT_HTML};
}

static struct item assigned(struct fixture *f, struct item it)
{
	assert_int_equal(identity_assign(f->id, &f->arena, &it), 0);
	assert_int_equal(it.digest.len, SHA256_LEN);
	assert_int_equal(it.identity.len, SHA256_LEN);
	assert_int_equal(it.canon_version, CANON_VERSION);
	assert_true(utf8_valid(it.plain_title));
	assert_true(utf8_valid(it.plain_summary));
	return it;
}

static struct str digest_of(struct fixture *f, struct text title, struct text body)
{
	return assigned(f, (struct item){.title = title, .content = body}).digest;
}

/* ---- the digest */

TEST_ON(digest_survives_rewriting, fixture, f)
{
	struct str digest = digest_of(f, plain("Navy's new frigate, \"Halcyon\", enters service"),
		plain("The frigate caf\xC3\xA9 crew of 1,200 didn't wait. It sailed on Monday - at dawn."));
	const struct {
		struct text title, body;
	} same[] = {
		/* markup */
		{html("<b>Navy's</b> new frigate, <i>\"Halcyon\"</i>, enters service"),
			html("<p>The frigate caf\xC3\xA9 crew of 1,200 didn't wait.</p><p>It sailed on <b>Monday</b> - "
			     "at dawn.</p>")},
		/* entities, named and numbered */
		{html("Navy&rsquo;s new frigate, &quot;Halcyon&quot;, enters service"),
			html("The frigate caf&eacute; crew of 1,200 didn&#8217;t wait. It sailed on Monday - "
			     "at&nbsp;dawn.")},
		/* escaped twice */
		{html("Navy&amp;rsquo;s new frigate, &amp;quot;Halcyon&amp;quot;, enters service"),
			html("&lt;p&gt;The frigate caf\xC3\xA9 crew of 1,200 didn&amp;#39;t wait.&lt;/p&gt;&lt;p&gt;It "
			     "sailed on Monday - at dawn.&lt;/p&gt;")},
		{plain("Navy&#39;s new frigate, &quot;Halcyon&quot;, enters service"),
			plain("The frigate caf\xC3\xA9 crew of 1,200 didn&#39;t wait. It sailed on Monday - at dawn.")},
		/* markup in what the feed calls plain */
		{plain("Navy's new frigate, \"Halcyon\", enters service"),
			plain("<p>The frigate caf\xC3\xA9 crew of 1,200 didn't wait.</p><p>It sailed on Monday - at "
			      "dawn.</p>")},
		{plain("Navy's new frigate, \"Halcyon\", enters service"),
			plain("&lt;p&gt;The frigate caf\xC3\xA9 crew of 1,200 didn&amp;#39;t "
			      "wait.&lt;/p&gt;&lt;p&gt;It sailed on Monday - at dawn.&lt;/p&gt;")},
		/* quotes and dashes */
		{plain("Navy\xE2\x80\x99s new frigate, \xE2\x80\x9CHalcyon\xE2\x80\x9D, enters service"),
			plain("The frigate caf\xC3\xA9 crew of 1,200 didn\xE2\x80\x99t wait. It sailed on Monday "
			      "\xE2\x80\x94 at dawn.")},
		/* space, case, width, composition, soft hyphens */
		{plain("  NAVY'S  new\n frigate, \"Halcyon\",\tenters service "),
			plain("The frigate cafe\xCC\x81 crew of 1,200\xC2\240didn't wait.\r\nIt sai\xC2\xADled on "
			      "\xEF\xBC\xAD\xEF\xBD\x8Fnday - at dawn.")},
	};

	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
		if (!str_eq(digest_of(f, same[i].title, same[i].body), digest))
			fail_msg("rewriting %zu gives \"%.*s\" / \"%.*s\"", i, STR_ARG(identity_title_tokens(f->id)),
				STR_ARG(identity_body_tokens(f->id)));
	}
}

TEST_ON(digest_tells_texts_apart, fixture, f)
{
	static const char *const pairs[][2] = {
		{"Daily update", "Two ships left port"},
		{"Daily update", "Three ships left port"},
		{"Daily update", "Three ships left the port"},
		{"Daily", "update Three ships left port"},
		{"Daily update Three ships left port", ""},
		{"", "Daily update Three ships left port"},
		{"Daily update 3.5", "Three ships left port"},
		{"Daily update 3 5", "Three ships left port"},
		{"", ""},
	};
	struct str digests[sizeof(pairs) / sizeof(pairs[0])];

	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		digests[i] = digest_of(f, plain(pairs[i][0]), plain(pairs[i][1]));
		for (size_t k = 0; k < i; k++)
			assert_false(str_eq(digests[i], digests[k]));
	}
}

TEST_ON(digest_ignores_all_but_the_words, fixture, f)
{
	struct item a = {.title = plain("Title"),
		.content = plain("Body"),
		.id = STR("1"),
		.link = STR("https://example.org/1"),
		.published = 1,
		.updated = 2};
	struct item b = {.title = plain("Title"),
		.content = plain("Body"),
		.id = STR("2"),
		.link = STR("https://example.net/2"),
		.published = 3,
		.updated = 4,
		.summary = plain("Another summary")};

	a = assigned(f, a);
	b = assigned(f, b);
	assert_true(str_eq(a.digest, b.digest));
	assert_false(str_eq(a.identity, b.identity));
	assert_false(str_eq(a.url_key, b.url_key));
}

TEST_ON(body_is_content_else_summary, fixture, f)
{
	struct item content = assigned(f, (struct item){.title = plain("T"), .content = plain("one two")});
	struct item summary = assigned(f, (struct item){.title = plain("T"), .summary = plain("one two")});
	struct item wordless = assigned(f, (struct item){.title = plain("T"),
						   .summary = plain("one two"),
						   .content = html("<img src=\"https://example.org/x\"/>")});
	struct item both =
		assigned(f, (struct item){.title = plain("T"), .summary = plain("three"), .content = plain("one two")});

	assert_true(str_eq(content.digest, summary.digest));
	assert_true(str_eq(content.digest, wordless.digest));
	assert_true(str_eq(content.digest, both.digest));
	assert_int_equal(content.token_count, 3);
	assert_string_equal(identity_title_tokens(f->id).data, "t ");
	assert_string_equal(identity_body_tokens(f->id).data, "one two ");
	assert_true(str_eq(both.plain_summary, STR("three")));
	assert_true(str_eq(wordless.plain_summary, STR("one two")));
}

/* ---- identity */

TEST_ON(known_by_guid_then_link_then_digest, fixture, f)
{
	struct item guid = assigned(
		f, (struct item){.id = STR(" g1\n"), .link = STR("https://example.org/a"), .title = plain("T")});
	struct item same_guid =
		assigned(f, (struct item){.id = STR("g1"), .link = STR("https://example.org/b"), .title = plain("U")});
	struct item link =
		assigned(f, (struct item){.id = STR("  "), .link = STR("https://example.org/a"), .title = plain("T")});
	struct item same_link =
		assigned(f, (struct item){.link = STR("http://www.example.org/a/?utm_source=x"), .title = plain("U")});
	struct item like_link = assigned(f, (struct item){.id = STR("https://example.org/a"), .title = plain("T")});
	struct item odd_link = assigned(f, (struct item){.link = STR("mailto:a@example.org"), .title = plain("T")});
	struct item neither = assigned(f, (struct item){.title = plain("T")});
	struct item same_text = assigned(f, (struct item){.title = html("<b>t</b>")});

	assert_int_equal(guid.identity_kind, IDENTITY_GUID);
	assert_true(str_eq(guid.identity, same_guid.identity));
	assert_int_equal(link.identity_kind, IDENTITY_LINK);
	assert_true(str_eq(link.identity, same_link.identity));
	assert_true(str_eq(link.url_key, same_link.url_key));
	assert_true(str_eq(guid.url_key, link.url_key));
	/* a guid that reads like the link is another thing */
	assert_int_equal(like_link.identity_kind, IDENTITY_GUID);
	assert_false(str_eq(like_link.identity, link.identity));
	assert_null(like_link.url_key.data);
	assert_int_equal(odd_link.identity_kind, IDENTITY_LINK);
	assert_null(odd_link.url_key.data);
	assert_int_equal(neither.identity_kind, IDENTITY_DIGEST);
	assert_true(str_eq(neither.identity, same_text.identity));
	assert_false(str_eq(neither.identity, neither.digest));
}

/* Podcasts and photo feeds without words are not all one item. */
TEST_ON(wordless_items_are_known_by_what_they_enclose, fixture, f)
{
	struct enclosure first = {.url = STR("https://example.org/1.jpg")},
			 second = {.url = STR("https://example.org/2.jpg")};
	struct item a = {0}, b = {0}, c = {0};

	a.enclosures.items = &first;
	b.enclosures.items = &second;
	c.enclosures.items = &first;
	a.enclosures.count = b.enclosures.count = c.enclosures.count = 1;
	a = assigned(f, a);
	b = assigned(f, b);
	c = assigned(f, c);
	assert_int_equal(a.identity_kind, IDENTITY_DIGEST);
	assert_int_equal(a.token_count, 0);
	assert_false(str_eq(a.identity, b.identity));
	assert_true(str_eq(a.identity, c.identity));
}

TEST_ON(stored_link_loses_trackers, fixture, f)
{
	struct item it = assigned(
		f, (struct item){.title = plain("T"), .link = STR("https://example.org/a?id=1&utm_source=x#c")});

	assert_true(str_eq(it.link, STR("https://example.org/a?id=1#c")));
}

/* ---- what is shown */

TEST_ON(titles_and_summaries_are_plain_lines, fixture, f)
{
	struct item it = assigned(f, (struct item){.title = html("Tanks &amp; <b>trucks</b>"),
					     .summary = html("<p>One.</p>\n<p>Two &lt; three</p>")});

	assert_true(str_eq(it.plain_title, STR("Tanks & trucks")));
	assert_true(str_eq(it.plain_summary, STR("One. Two < three")));
	it = assigned(f, (struct item){.title = plain(" a <b>\n &amp; c "), .content = plain("x\ty")});
	assert_true(str_eq(it.plain_title, STR("a <b> &amp; c")));
	assert_true(str_eq(it.plain_summary, STR("x y")));
}

TEST_ON(long_summaries_are_cut_at_a_word, fixture, f)
{
	struct buf *text = scratch(1 << 20);
	struct item it;

	for (int i = 0; i < 1000; i++)
		buf_puts(text, "frigate ");
	it = assigned(f, (struct item){.title = plain("T"), .content = {.value = buf_str(text), .kind = TEXT_PLAIN}});
	assert_true(it.plain_summary.len <= LIMIT_SUMMARY);
	assert_true(it.plain_summary.len > LIMIT_SUMMARY - 12);
	assert_true(str_ends(it.plain_summary, STR("frigate\xE2\x80\xA6")));
}

TEST_ON(missing_titles_are_borrowed, fixture, f)
{
	struct buf *han = scratch(1 << 16);
	struct item it;

	it = assigned(f, (struct item){.content = plain("A short note")});
	assert_true(str_eq(it.plain_title, STR("A short note")));
	it = assigned(f, (struct item){.title = html("<b> </b>"),
				 .content = plain("The ministry said on Monday that the two frigates will enter "
						  "service a year earlier than planned")});
	assert_true(str_eq(it.plain_title,
		STR("The ministry said on Monday that the two frigates will enter service a year\xE2\x80\xA6")));
	for (int i = 0; i < 200; i++)
		buf_puts(han, "\xE5\x8C\x97");
	it = assigned(f, (struct item){.content = {.value = buf_str(han), .kind = TEXT_PLAIN}});
	assert_int_equal(it.plain_title.len, 80 * 3 + 3);
	it = assigned(f, (struct item){.link = STR("https://example.org/a")});
	assert_true(str_eq(it.plain_title, STR("https://example.org/a")));
	it = assigned(f, (struct item){0});
	assert_int_equal(it.plain_title.len, 0);
}

/* ---- hostile input */

/* Markup and case leave it as it is, and a text without words has none. */
TEST_ON(sketch_is_of_the_words, fixture, f)
{
	struct item a =
		assigned(f, (struct item){.title = plain("Fleet sails"),
				    .content = html("<p>The <b>fleet</b> of 12 ships sailed&nbsp;at dawn</p>")});
	struct item b = assigned(f, (struct item){.title = html("FLEET <i>sails</i>"),
					    .summary = plain("The fleet of 12 ships sailed at dawn")});
	struct sketch s;

	assert_true(str_eq(a.sketch, b.sketch));
	assert_int_equal(sketch_decode(a.sketch, &s), 0);
	assert_int_equal(s.words, 10);
	assert_int_equal(s.shingle_count, 6);
	assert_int_equal(s.number_count, 1);
	assert_null(assigned(f, (struct item){.link = STR("https://a.example/1")}).sketch.data);
}

TEST_ON(huge_texts_are_bounded, fixture, f)
{
	struct buf *text = scratch(8 << 20);
	struct text huge;
	struct item it;

	/* one character that normalisation turns into eighteen */
	while (text->len < LIMIT_ITEM_CONTENT + 100)
		buf_puts(text, "\xEF\xB7\xBA");
	huge = (struct text){.value = buf_str(text), .kind = TEXT_PLAIN};
	it = assigned(f, (struct item){.title = huge, .content = huge, .summary = huge, .id = buf_str(text)});
	assert_true(it.plain_title.len <= LIMIT_TITLE);
	assert_true(it.plain_summary.len <= LIMIT_SUMMARY);
	assert_true(identity_body_tokens(f->id).len <= 2 * LIMIT_ITEM_CONTENT);
	/* and the next item is as if that had not been */
	it = assigned(f, (struct item){.title = plain("After"), .content = plain("it")});
	assert_int_equal(it.token_count, 2);
	assert_true(str_eq(it.plain_summary, STR("it")));
}

TEST_ON(full_arena_is_told, fixture, f)
{
	struct item it = {.title = plain("Title"), .content = plain("Body")};
	struct arena *small = scratch_arena(16);

	assert_int_equal(identity_assign(f->id, small, &it), -ENOMEM);
}
