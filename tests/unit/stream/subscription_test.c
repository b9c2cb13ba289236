/* SPDX-License-Identifier: ISC */
/* subscription_test.c: what a subscriber asked for is what it gets, and a request with a mistake changes nothing. */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../../daemon/stream/subscription.h"
#include "../test.h"

struct fixture {
	struct identity *identity;
	struct subscription *s;
	struct report report;
	struct category categories[2];
	struct event_record event;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	f->identity = identity_new(NULL);
	f->s = subscription_new();
	assert_non_null(f->identity);
	assert_non_null(f->s);
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
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	subscription_free(f->s);
	subscription_free(NULL);
	identity_free(f->identity);
	free(f);
	return 0;
}

static int read_request(struct fixture *f, const char *request, int64_t *since, struct error *err)
{
	json_error_t why;
	json_t *root = json_loads(request, JSON_ALLOW_NUL, &why);
	int result;

	if (root == NULL)
		fail_msg("%s: %s", request, why.text);
	result = subscription_read(root, &f->s, since, err);
	json_decref(root);
	return result;
}

static bool wants(struct fixture *f)
{
	struct event_words words = {.identity = f->identity};
	bool wanted = subscription_wants(f->s, &f->event, &words);

	event_words_release(&words);
	return wanted;
}

/* Is the event wanted by who asks for members, written with ' for "? */
static bool wanted_by(struct fixture *f, const char *members)
{
	char request[512];
	struct error err = {0};
	int64_t since = 0;

	(void)snprintf(request, sizeof(request), "{'op':'subscribe'%s%s}", members[0] != '\0' ? "," : "", members);
	for (char *p = request; *p != '\0'; p++)
		if (*p == '\'')
			*p = '"';
	if (read_request(f, request, &since, &err) != 0)
		fail_msg("%s: %s", request, err.text);
	assert_int_equal(since, -1);
	return wants(f);
}

TEST_WITH(everything, setup, teardown)
{
	static const enum event_kind kinds[] = {EVENT_NEW, EVENT_COPY, EVENT_UPDATED, EVENT_ALERT, EVENT_FEED};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		f->event.kind = kinds[i];
		f->event.report = kinds[i] == EVENT_FEED ? NULL : &f->report;
		assert_true(wants(f));
		assert_true(wanted_by(f, ""));
		assert_true(wanted_by(f, "'match':null,'since':null,'unheard':['of']"));
	}
}

TEST_WITH(kinds, setup, teardown)
{
	struct fixture *f = *state;

	assert_true(wanted_by(f, "'events':['new']"));
	assert_true(wanted_by(f, "'events':['alert','new','new']"));
	assert_false(wanted_by(f, "'events':['alert','copy','updated','feed']"));
	f->event.kind = EVENT_FEED;
	f->event.report = NULL;
	assert_true(wanted_by(f, "'events':['feed']"));
	assert_false(wanted_by(f, "'events':['new','alert']"));
}

TEST_WITH(feeds, setup, teardown)
{
	struct fixture *f = *state;

	assert_true(wanted_by(f, "'feeds':['alpha']"));
	assert_true(wanted_by(f, "'feeds':['bravo','ALPHA']"));
	assert_false(wanted_by(f, "'feeds':['bravo','alph','alphabet','']"));
	/* narrowed to none */
	assert_false(wanted_by(f, "'feeds':[]"));
	f->event.kind = EVENT_FEED;
	f->event.report = NULL;
	assert_true(wanted_by(f, "'feeds':['alpha']"));
	assert_false(wanted_by(f, "'feeds':['bravo']"));
}

TEST_WITH(categories, setup, teardown)
{
	struct fixture *f = *state;

	/* those of the configuration and those of the item, by term or label */
	assert_true(wanted_by(f, "'categories':['naval']"));
	assert_true(wanted_by(f, "'categories':['air','US']"));
	assert_true(wanted_by(f, "'categories':['shipyards']"));
	assert_true(wanted_by(f, "'categories':['t1']"));
	assert_true(wanted_by(f, "'categories':['taiwan']"));
	assert_false(wanted_by(f, "'categories':['air','nava','naval us']"));
	f->event.kind = EVENT_FEED;
	f->event.report = NULL;
	assert_true(wanted_by(f, "'categories':['naval']"));
	assert_false(wanted_by(f, "'categories':['taiwan']"));
	f->event.source.categories = STR_NONE;
	assert_false(wanted_by(f, "'categories':['naval']"));
}

TEST_WITH(match, setup, teardown)
{
	struct fixture *f = *state;

	assert_true(wanted_by(f, "'match':'frigate*'"));
	assert_true(wanted_by(f, "'match':'WARSHIPS strait'"));
	assert_true(wanted_by(f, "'match':'title:frigates AND category:naval AND feed:al*'"));
	assert_false(wanted_by(f, "'match':'title:warships'"));
	assert_false(wanted_by(f, "'match':'frigates NOT strait'"));
	/* markup is not text */
	assert_false(wanted_by(f, "'match':'b OR p'"));
	f->event.kind = EVENT_FEED;
	f->event.report = NULL;
	assert_false(wanted_by(f, "'match':'frigate*'"));
}

TEST_WITH(all_at_once, setup, teardown)
{
	struct fixture *f = *state;

	assert_true(wanted_by(f, "'events':['new'],'feeds':['alpha'],'categories':['us'],'match':'frigates'"));
	assert_false(wanted_by(f, "'events':['copy'],'feeds':['alpha'],'categories':['us'],'match':'frigates'"));
	assert_false(wanted_by(f, "'events':['new'],'feeds':['bravo'],'categories':['us'],'match':'frigates'"));
	assert_false(wanted_by(f, "'events':['new'],'feeds':['alpha'],'categories':['air'],'match':'frigates'"));
	assert_false(wanted_by(f, "'events':['new'],'feeds':['alpha'],'categories':['us'],'match':'submarine'"));
	/* what is no longer asked for is no longer narrowed */
	assert_true(wanted_by(f, "'categories':['us']"));
}

TEST_WITH(words_are_found_once, setup, teardown)
{
	struct fixture *f = *state;
	struct event_words words = {.identity = f->identity};
	struct subscription *other = subscription_new();

	assert_true(wanted_by(f, "'feeds':['alpha']"));
	assert_true(subscription_wants(f->s, &f->event, &words));
	/* nobody has asked for the text */
	assert_false(words.known);
	assert_true(wanted_by(f, "'match':'frigates'"));
	assert_true(subscription_wants(f->s, &f->event, &words));
	assert_true(words.known && !words.failed);
	/* from here on the item is not looked at again */
	f->report.item.title.value = f->report.item.plain_title = STR("Nothing at all");
	f->report.item.content.value = STR("");
	assert_true(subscription_wants(f->s, &f->event, &words));
	assert_true(subscription_wants(other, &f->event, &words));
	event_words_release(&words);
	assert_false(subscription_wants(f->s, &f->event, &words));
	event_words_release(&words);
	subscription_free(other);
}

TEST_WITH(since, setup, teardown)
{
	static const struct {
		const char *request;
		int64_t since; /* -2: refused */
	} cases[] = {
		{"{}", -1},
		{"{\"since\":null}", -1},
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
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct error err = {0};
		int64_t since = 77;
		int result = read_request(f, cases[i].request, &since, &err);

		if (result != (cases[i].since == -2 ? -EINVAL : 0))
			fail_msg("%s gives %d", cases[i].request, result);
		if (result == 0)
			assert_true(since == cases[i].since);
		else
			assert_non_null(strstr(err.text, "since"));
	}
}

TEST_WITH(mistakes, setup, teardown)
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
	struct fixture *f = *state;
	struct subscription *before;

	assert_false(wanted_by(f, "'feeds':['bravo']"));
	assert_true(wanted_by(f, "'feeds':['alpha']"));
	before = f->s;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct error err = {0};
		int64_t since;

		if (read_request(f, cases[i].request, &since, &err) != -EINVAL)
			fail_msg("%s is taken", cases[i].request);
		assert_int_equal(err.code, -EINVAL);
		if (strstr(err.text, cases[i].named) == NULL)
			fail_msg("%s: \"%s\" does not say \"%s\"", cases[i].request, err.text, cases[i].named);
		assert_ptr_equal(f->s, before);
		assert_true(wants(f));
	}
}

TEST_WITH(lists_are_bounded, setup, teardown)
{
	struct fixture *f = *state;
	struct error err = {0};
	struct buf request = BUF_INIT(1024 * 1024);
	int64_t since;

	assert_int_equal(buf_puts(&request, "{\"feeds\":[\"alpha\""), 0);
	for (int i = 0; i < 5000; i++)
		assert_int_equal(buf_printf(&request, ",\"feed %d\"", i), 0);
	assert_int_equal(buf_puts(&request, "]}"), 0);
	assert_int_equal(read_request(f, request.data, &since, &err), -EINVAL);
	assert_non_null(strstr(err.text, "feeds"));
	buf_release(&request);
}
