/* SPDX-License-Identifier: ISC */
/* subscription_test.c: what a subscriber asked for is what it gets, and a request with a mistake changes nothing. */
#include <jansson.h>

#include "../../../daemon/stream/shared_filter.h"
#include "../scratch.h"
#include "sitrep/base/clock.h"
#include "sitrep/base/jsonw.h"
#include "sitrep/base/utf8.h"

struct fixture {
	struct identity *identity;
	struct shared_filters all;
	struct shared_filter *shared;
	struct report report;
	struct category categories[2];
	struct event_record event;
};

static void setup(struct fixture *f)
{
	f->identity = identity_new(NULL);
	assert_non_null(f->identity);
	assert_int_equal(shared_filters_init(&f->all, f->identity), 0);
	f->shared = shared_filter_join(&f->all, subscription_new(), NULL);
	assert_non_null(f->shared);
	item_init(&f->report.item);
	f->categories[0] = (struct category){.term = STR("t1"), .label = STR("Shipyards")};
	f->categories[1] = (struct category){.term = STR("Taiwan")};
	f->report.item.title = (struct text){.value = STR("Frigates turn back"), .kind = TEXT_PLAIN};
	f->report.item.content =
		(struct text){.value = STR("<p>Two <b>warships</b> left the strait.</p>"), .kind = TEXT_HTML};
	f->report.item.plain_title = STR("Frigates turn back");
	f->report.item.categories.items = f->categories;
	f->report.item.categories.count = 2;
	f->event = (struct event_record){
		.cursor = 42,
		.kind = EVENT_NEW,
		.source = {.feed = STR("alpha"), .title = STR("Alpha News"), .categories = STR("naval\nus")},
		.report = &f->report,
	};
}

static void teardown(struct fixture *f)
{
	shared_filter_leave(&f->all, f->shared);
	shared_filters_release(&f->all);
	subscription_free(NULL);
	identity_free(f->identity);
}

FIXTURE(fixture, setup, teardown)

static int read_request(struct fixture *f, const char *request, struct since *since, struct error *err)
{
	json_error_t why;
	json_t *root = json_loads(request, JSON_ALLOW_NUL, &why);
	struct subscription *fresh;
	struct shared_filter *shared;

	if (root == NULL)
		fail_msg("%s: %s", request, why.text);
	fresh = subscription_read(root, since, err);
	json_decref(root);
	if (fresh == NULL)
		return err->code;
	shared = shared_filter_join(&f->all, fresh, err);
	if (shared == NULL)
		return err->code;
	shared_filter_leave(&f->all, f->shared);
	f->shared = shared;
	return 0;
}

static bool wants(struct fixture *f)
{
	shared_filters_forget_verdicts(&f->all);
	return shared_filter_wants(&f->all, f->shared, &f->event);
}

/* Is the event wanted by who asks for members, written with ' for "? */
static bool wanted_by(struct fixture *f, const char *members)
{
	char request[512];
	struct error err = {0};
	struct since since;

	snprintf(request, sizeof(request), "{'op':'subscribe'%s%s}", members[0] != '\0' ? "," : "", members);
	for (char *p = request; *p != '\0'; p++)
		if (*p == '\'')
			*p = '"';
	if (read_request(f, request, &since, &err) != 0)
		fail_msg("%s: %s", request, err.text);
	assert_int_equal(since.kind, SINCE_NOW);
	return wants(f);
}

TEST_ON(everything, fixture, f)
{
	static const enum event_kind kinds[] = {EVENT_NEW, EVENT_COPY, EVENT_UPDATED, EVENT_ALERT, EVENT_FEED};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		f->event.kind = kinds[i];
		f->event.report = kinds[i] == EVENT_FEED ? NULL : &f->report;
		assert_true(wants(f));
		assert_true(wanted_by(f, ""));
		assert_true(wanted_by(f, "'match':null,'since':null"));
	}
}

/* A filter, the kind of the event, which is of an item or of a feed, and whether it is wanted. */
TEST_ON(filters, fixture, f)
{
	static const struct {
		const char *members;
		enum event_kind kind;
		bool wanted;
	} cases[] = {
		{"'events':['new']", EVENT_NEW, true},
		{"'events':['alert','new','new']", EVENT_NEW, true},
		{"'events':['alert','copy','updated','feed']", EVENT_NEW, false},
		{"'events':['feed']", EVENT_FEED, true},
		{"'events':['new','alert']", EVENT_FEED, false},

		{"'feeds':['alpha']", EVENT_NEW, true},
		{"'feeds':['bravo','ALPHA']", EVENT_NEW, true},
		{"'feeds':['bravo','alph','alphabet','']", EVENT_NEW, false},
		/* narrowed to none */
		{"'feeds':[]", EVENT_NEW, false},
		{"'feeds':['alpha']", EVENT_FEED, true},
		{"'feeds':['bravo']", EVENT_FEED, false},

		/* those of the configuration and those of the item, by term or label */
		{"'categories':['naval']", EVENT_NEW, true},
		{"'categories':['air','US']", EVENT_NEW, true},
		{"'categories':['shipyards']", EVENT_NEW, true},
		{"'categories':['t1']", EVENT_NEW, true},
		{"'categories':['taiwan']", EVENT_NEW, true},
		{"'categories':['air','nava','naval us']", EVENT_NEW, false},
		{"'categories':['naval']", EVENT_FEED, true},
		{"'categories':['taiwan']", EVENT_FEED, false},

		{"'match':'frigate*'", EVENT_NEW, true},
		{"'match':'WARSHIPS strait'", EVENT_NEW, true},
		{"'match':'title:frigates AND category:naval AND feed:al*'", EVENT_NEW, true},
		{"'match':'title:warships'", EVENT_NEW, false},
		{"'match':'frigates NOT strait'", EVENT_NEW, false},
		/* markup is not text */
		{"'match':'b OR p'", EVENT_NEW, false},
		{"'match':'frigate*'", EVENT_FEED, false},

		{"'events':['new'],'feeds':['alpha'],'categories':['us'],'match':'frigates'", EVENT_NEW, true},
		{"'events':['copy'],'feeds':['alpha'],'categories':['us'],'match':'frigates'", EVENT_NEW, false},
		{"'events':['new'],'feeds':['bravo'],'categories':['us'],'match':'frigates'", EVENT_NEW, false},
		{"'events':['new'],'feeds':['alpha'],'categories':['air'],'match':'frigates'", EVENT_NEW, false},
		{"'events':['new'],'feeds':['alpha'],'categories':['us'],'match':'submarine'", EVENT_NEW, false},
		/* what is no longer asked for is no longer narrowed */
		{"'categories':['us']", EVENT_NEW, true},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		f->event.kind = cases[i].kind;
		f->event.report = cases[i].kind == EVENT_FEED ? NULL : &f->report;
		if (wanted_by(f, cases[i].members) != cases[i].wanted)
			fail_msg("row %zu, %s: %s", i, cases[i].members, cases[i].wanted ? "not wanted" : "wanted");
	}
	/* a feed without categories */
	f->event.kind = EVENT_FEED;
	f->event.report = NULL;
	f->event.source.categories = STR_NONE;
	assert_false(wanted_by(f, "'categories':['naval']"));
}

/* The text of an event is looked at once, by the first filter with a rule. */
TEST_ON(words_are_found_once, fixture, f)
{
	struct shared_filter *frigates;
	struct error err = {0};
	struct since since;

	assert_true(wanted_by(f, "'feeds':['alpha']"));
	/* nobody has asked for the text */
	assert_false(f->all.rules.has_words);
	assert_true(wanted_by(f, "'match':'frigates'"));
	assert_true(f->all.rules.has_words);
	frigates = f->shared;
	frigates->users++;
	/* from here on the item is not looked at again */
	f->report.item.title.value = f->report.item.plain_title = STR("Nothing at all");
	f->report.item.content.value = STR("");
	assert_int_equal(read_request(f, "{\"match\":\"warships OR nothing\"}", &since, &err), 0);
	assert_true(shared_filter_wants(&f->all, f->shared, &f->event));
	assert_true(shared_filter_wants(&f->all, frigates, &f->event));
	shared_filters_forget_verdicts(&f->all);
	assert_false(shared_filter_wants(&f->all, frigates, &f->event));
	assert_true(shared_filter_wants(&f->all, f->shared, &f->event));
	shared_filter_leave(&f->all, frigates);
}

TEST_ON(since, fixture, f)
{
	static const struct {
		const char *request;
		int64_t since; /* -2: refused */
	} cases[] = {
		{"{\"since\":\"0\"}", 0},
		{"{\"since\":\"10321\"}", 10321},
		{"{\"since\":10321}", 10321},
		{"{\"since\":\"9223372036854775807\"}", INT64_MAX},
		{"{\"since\":\"9223372036854775808\"}", -2},
		{"{\"since\":\"-1\"}", -2},
		{"{\"since\":-1}", -2},
		{"{\"since\":\"\"}", -2},
		{"{\"since\":\"12 \"}", -2},
		{"{\"since\":\"12\\u00003\"}", -2},
		{"{\"since\":\"0x10\"}", -2},
		{"{\"since\":1.5}", -2},
		{"{\"since\":true}", -2},
		{"{\"since\":[\"1\"]}", -2},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct error err = {0};
		struct since since;
		int result = read_request(f, cases[i].request, &since, &err);

		if (result != (cases[i].since == -2 ? -EINVAL : 0))
			fail_msg("%s gives %d", cases[i].request, result);
		if (result == 0)
			assert_true(since.kind == SINCE_CURSOR && since.value == cases[i].since);
		else
			assert_non_null(strstr(err.text, "since"));
	}
}

TEST_ON(since_a_time, fixture, f)
{
	struct error err = {0};
	struct since since;
	int64_t now_ms = clock_wall_ms();

	assert_int_equal(read_request(f, "{\"since\":\"oldest\"}", &since, &err), 0);
	assert_int_equal(since.kind, SINCE_OLDEST);
	assert_int_equal(read_request(f, "{\"since\":\"2026-11-23T10:52:35Z\"}", &since, &err), 0);
	assert_int_equal(since.kind, SINCE_TIME);
	assert_int_equal(since.value, 1795431155000);
	assert_int_equal(read_request(f, "{\"since\":\"1h30m\"}", &since, &err), 0);
	assert_int_equal(since.kind, SINCE_TIME);
	assert_in_range(since.value + 90 * 60 * 1000, now_ms, clock_wall_ms());
}

static void assert_written(struct fixture *f, const char *request, const char *expected)
{
	struct buf *out = scratch(4096);
	struct error err = {0};
	struct since since;
	struct jsonw w = JSONW_INIT(out);

	assert_ok(read_request(f, request, &since, &err) == 0, err);
	jsonw_object(&w);
	subscription_write(f->shared->filter, &w);
	subscription_write_notes(f->shared->filter, NULL, &w);
	jsonw_object_end(&w);
	assert_string_equal(out->data, expected);
}

TEST_ON(the_filter_as_understood, fixture, f)
{
	assert_written(f, "{\"op\":\"subscribe\"}", "{}");
	assert_written(f,
		"{\"match\":\"a* OR b\",\"categories\":[],\"feeds\":[\"A\"],\"events\":[\"copy\",\"new\",\"new\"]}",
		"{\"events\":[\"new\",\"copy\"],\"feeds\":[\"A\"],\"categories\":[],\"match\":\"a* OR b\"}");
	assert_written(f, "{\"events\":[\"alert\"]}",
		"{\"events\":[\"alert\"],\"notes\":[\"the items of a feed's first poll (\\\"backlog\\\") raise no "
		"alert\"]}");
}

/* A name that is quoted in a mistake is cut between two characters, wherever the cut falls. */
TEST_ON(long_names_are_cut_between_characters, fixture, f)
{
	static const char *const forms[][2] = {{"{\"", "\":1}"}, {"{\"events\":[\"", "\"]}"}};

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		for (size_t before = 0; before < 3; before++) {
			struct buf request;
			struct error err = {0};
			struct since since;

			buf_init(&request, 1024);
			assert_int_equal(buf_add(&request, str_from(forms[i][0])) |
						 buf_add(&request, str_slice(STR("xx"), 0, before)),
				0);
			for (int n = 0; n < 60; n++)
				assert_int_equal(buf_add(&request, STR("\u3042")), 0);
			assert_int_equal(buf_add(&request, str_from(forms[i][1])), 0);
			assert_int_equal(read_request(f, request.data, &since, &err), -EINVAL);
			assert_true(utf8_valid(str_from(err.text)));
			assert_non_null(strstr(err.text, "\u3042"));
			buf_release(&request);
		}
	}
}

TEST_ON(mistakes, fixture, f)
{
	static const struct {
		const char *request;
		const char *named; /* in the sentence */
	} cases[] = {
		{"{\"events\":\"new\"}", "events"},
		{"{\"events\":{}}", "events"},
		{"{\"events\":null}", "events"},
		{"{\"events\":[1]}", "events"},
		{"{\"events\":[\"new\",null]}", "events"},
		{"{\"events\":[\"gap\"]}", "gap"},
		{"{\"events\":[\"\"]}", "is no event"},
		{"{\"events\":[\"New\"]}", "New"},
		{"{\"events\":[\"alerts\"]}", "did you mean \"alert\"?"},
		{"{\"event\":[\"new\"]}", "no member \"event\", did you mean \"events\"?"},
		{"{\"unheard\":[\"of\"]}", "no member \"unheard\""},
		{"{\"feeds\":\"alpha\"}", "feeds"},
		{"{\"feeds\":[[\"alpha\"]]}", "feeds"},
		{"{\"categories\":7}", "categories"},
		{"{\"categories\":[\"us\",false]}", "categories"},
		{"{\"match\":[]}", "match"},
		{"{\"match\":\"\"}", "match"},
		{"{\"match\":\"(frigate\"}", "column"},
		{"{\"match\":\"NOT frigate\"}", "match"},
		{"{\"match\":\"frigate AND\"}", "column"},
		{"{\"match\":\"---\"}", "match"},
		/* the mistake comes last, after all that is good */
		{"{\"since\":\"1\",\"events\":[\"copy\"],\"feeds\":[\"bravo\"],\"categories\":[],\"match\":\"OR\"}",
			"match"},
	};
	const struct shared_filter *before;

	assert_false(wanted_by(f, "'feeds':['bravo']"));
	assert_true(wanted_by(f, "'feeds':['alpha']"));
	before = f->shared;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct error err = {0};
		struct since since;

		if (read_request(f, cases[i].request, &since, &err) != -EINVAL)
			fail_msg("%s is taken", cases[i].request);
		assert_int_equal(err.code, -EINVAL);
		if (strstr(err.text, cases[i].named) == NULL)
			fail_msg("%s: \"%s\" does not say \"%s\"", cases[i].request, err.text, cases[i].named);
		assert_ptr_equal(f->shared, before);
		assert_true(wants(f));
	}
}

TEST_ON(lists_are_bounded, fixture, f)
{
	struct error err = {0};
	struct buf *request = scratch(1024 * 1024);
	struct since since;

	assert_int_equal(buf_puts(request, "{\"feeds\":[\"alpha\""), 0);
	for (int i = 0; i < 5000; i++)
		assert_int_equal(buf_printf(request, ",\"feed %d\"", i), 0);
	assert_int_equal(buf_puts(request, "]}"), 0);
	assert_int_equal(read_request(f, request->data, &since, &err), -EINVAL);
	assert_non_null(strstr(err.text, "feeds"));
}
