/* SPDX-License-Identifier: ISC */
/* The story's page with hostile texts, and what a reader may choose on it. */
#include "sitrep/pages/story_page.h"

#include "../test.h"
#include "sitrep/base/clock.h"

enum { OUT_MAX = 1024 * 1024 };
#define NOW_MS INT64_C(1795717305000)
#define MINUTE_MS INT64_C(60000)
#define EVIL "</p><script>alert(1)</script>\"'&"

struct desk {
	struct report reports[3];
	struct story story;
	struct story_details details;
	struct story_tie ties[3];
	struct story_raised raised;
	struct story_revision revision;
	struct site site;
	struct buf out;
};

static void fill_report(struct desk *d, size_t n, const char *title, const char *body)
{
	struct report *r = &d->reports[n];

	*r = (struct report){
		.item_id = (int64_t)n + 1,
		.source = {.title = STR("Outlet " EVIL),
			.url = STR("http://a.example/"),
			.categories = STR("naval" EVIL)},
		.first_seen_ms = NOW_MS - (60 - (int64_t)n) * MINUTE_MS,
		.updated_ms = NOW_MS,
		.published_ms = NOW_MS - 70 * MINUTE_MS,
		.published_known = n != 1,
	};
	snprintf(r->uid, sizeof(r->uid), "00000000-0000-8000-8000-00000000000%zu", n);
	item_init(&r->item);
	r->item.plain_title = str_from(title);
	r->item.title = (struct text){.kind = TEXT_PLAIN, .value = r->item.plain_title};
	r->item.content = (struct text){.kind = TEXT_PLAIN, .value = str_from(body)};
	r->item.link = STR("https://a.example/?a=1&b=\"");
	r->item.digest = str_from(n == 2 ? "same" : title);
}

static void desk_make(struct desk *d)
{
	*d = (struct desk){
		.site = {.title = "Desk", .now_ms = NOW_MS, .home_url = "http://localhost/", .newest_ms = TIME_NONE},
		.out = BUF_INIT(OUT_MAX),
	};
	fill_report(d, 0, "First " EVIL, "One paragraph of the first report that is long enough\nand another " EVIL);
	fill_report(d, 1, "Second", "A word in front\nOne paragraph of the first report that is long enough");
	fill_report(d, 2, "غواصة", "نص");
	d->reports[2].item.language = STR("ar");
	d->story = (struct story){
		.reports = d->reports,
		.report_count = 3,
		.total_reports = 3,
		.source_count = 2,
		.first_seen_ms = d->reports[0].first_seen_ms,
		.last_seen_ms = d->reports[2].first_seen_ms,
	};
	snprintf(d->story.uid, sizeof(d->story.uid), "%s", d->reports[0].uid);
	d->ties[0] = (struct story_tie){.item_id = 2,
		.same_story = true,
		.relation = "reprint",
		.score = 0.7,
		.shared = 7,
		.shared_of = 10,
		.other_title = d->reports[0].item.plain_title,
		.other_source = d->reports[0].source};
	memcpy(d->ties[0].other_uid, d->reports[0].uid, UID_TEXT_MAX);
	d->ties[1] = (struct story_tie){
		.item_id = 3, .same_story = true, .relation = "copy", .score = 1, .other_source = d->reports[1].source};
	memcpy(d->ties[1].other_uid, d->reports[1].uid, UID_TEXT_MAX);
	d->ties[2] = (struct story_tie){.item_id = 1,
		.relation = "related",
		.other_title = STR("Other " EVIL),
		.other_sources = 1,
		.other_source = d->reports[0].source};
	snprintf(d->ties[2].other_story, UID_TEXT_MAX, "other");
	d->raised = (struct story_raised){.name = STR("alert" EVIL),
		.priority = ALERT_URGENT,
		.at_ms = NOW_MS,
		.item_id = 1,
		.terms = STR("first\n" EVIL)};
	d->revision = (struct story_revision){1, NOW_MS - 60 * MINUTE_MS, 0};
	d->details = (struct story_details){.ties = d->ties,
		.tie_count = 3,
		.raised = &d->raised,
		.raised_count = 1,
		.revisions = &d->revision,
		.revision_count = 1};
	d->details.change.item_id = 1;
	d->details.change.before =
		(struct report_version){.at_ms = NOW_MS - 60 * MINUTE_MS, .item = d->reports[0].item};
	d->details.change.before.item.plain_title = STR("Zeroth " EVIL);
	d->details.change.after = (struct report_version){.rev = 1, .at_ms = NOW_MS, .item = d->reports[0].item};
}

static void desk_release(struct desk *d)
{
	buf_release(&d->out);
}

FIXTURE(desk, desk_make, desk_release)

static void assert_has(const struct desk *d, const char *part)
{
	if (strstr(d->out.data, part) == NULL)
		fail_msg("\"%s\" is not in %s", part, d->out.data);
}

static void show(struct desk *d, size_t a, size_t b)
{
	const struct story_view view = {a, b};

	buf_clear(&d->out);
	story_page_html(&d->out, &d->site, &d->story, &d->details, &view);
	assert_int_equal(d->out.failed, 0);
}

TEST_ON(hostile_texts_stay_text, desk, d)
{
	size_t scripts = 0;

	show(d, 0, 0);
	for (const char *at = d->out.data; (at = strstr(at, "<script")) != NULL; at++)
		scripts++;
	assert_int_equal(scripts, 1); /* our own */
	assert_null(strstr(d->out.data, "style=\""));
	assert_has(d, "Zeroth");
	assert_has(d, "https://a.example/?a=1&amp;b=&quot;");
	assert_has(d, "href=\"../?category=naval%3C%2Fp%3E");
}

TEST_ON(reasons_in_words, desk, d)
{
	show(d, 0, 0);
	assert_has(d, "The first report.");
	assert_has(d, "’s text with one paragraph in front, under a headline of its own.");
	assert_has(d, "Runs Outlet ");
	assert_has(d, "70 % of the shorter text; 7 of 10 phrases");
	assert_has(d, "without a date of its own");
	assert_has(d, "<h3 lang=\"ar\" dir=\"rtl\">");
	assert_has(d, "perhaps the same event");
}

TEST_ON(a_report_that_the_operator_joined, desk, d)
{
	const struct story_joined joined = {3, NOW_MS};

	d->details.joined = &joined;
	d->details.joined_count = 1;
	show(d, 0, 0);
	assert_has(d, "Joined by the operator.");
	assert_has(d, "sitrep join, <time");
}

TEST_ON(two_reports_are_chosen, desk, d)
{
	show(d, 0, 0);
	assert_has(d, "<option value=\"2\" selected>");
	show(d, 3, 1);
	assert_has(d, "<option value=\"3\" selected>");
	assert_has(d, "<option value=\"1\" selected>");
	/* not there */
	show(d, 64, 64);
	assert_has(d, "<option value=\"1\" selected>");
}

/* Only the beginning of a text of megabytes is read. */
TEST_ON(long_texts_are_cut, desk, d)
{
	struct buf text = BUF_INIT(4 * 1024 * 1024);

	while (text.len < 2 * 1024 * 1024)
		buf_puts(&text, "<p>Words of a text that does not end.</p>");
	for (size_t i = 0; i < 3; i++)
		d->reports[i].item.content = (struct text){.kind = TEXT_HTML, .value = buf_str(&text)};
	d->details.change.before.item.content = d->reports[0].item.content;
	d->details.change.after.item.content = d->reports[1].item.content;
	show(d, 1, 2);
	assert_true(d->out.len < 256 * 1024);
	assert_true(str_ends(buf_str(&d->out), STR("</html>\n")));
	buf_release(&text);
}

TEST_ON(one_report_alone, desk, d)
{
	d->story.report_count = 1;
	d->story.total_reports = d->story.source_count = 1;
	d->story.last_seen_ms = d->story.first_seen_ms;
	d->details = (struct story_details){0};
	show(d, 0, 0);
	assert_null(strstr(d->out.data, "id=\"compare\""));
	assert_null(strstr(d->out.data, "id=\"changes\""));
	assert_has(d, "<b>1 outlet</b>");
}
