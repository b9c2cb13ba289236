/* SPDX-License-Identifier: ISC */
/* Where a redirect leads: the judgement alone, so that https can be tried without a server. */
#include "../../../daemon/fetch/transfer_state.h"
#include "../test.h"

static struct transfers owner = {.max_redirects = 5};

static void begin(struct transfer *tr, const char *first)
{
	char *user = NULL, *password = NULL;

	*tr = (struct transfer){.owner = &owner};
	assert_int_equal(transfer_url_set(tr, first, &user, &password), 0);
	curl_free(user);
	curl_free(password);
}

static void end(struct transfer *tr)
{
	curl_url_cleanup(tr->url);
	curl_url_cleanup(tr->first_url);
	for (size_t i = 0; i < tr->visited_count; i++)
		free(tr->visited[i]);
	free(tr->visited);
	response_head_release(&tr->hop.head);
}

static int follow(struct transfer *tr, const char *location, struct error *err)
{
	response_head_release(&tr->hop.head);
	tr->hop.head.status = 301;
	if (location != NULL)
		tr->hop.head.fields[HEAD_LOCATION] = strdup(location);
	return transfer_url_follow(tr, err);
}

static const struct {
	const char *first, *location;
	const char *next; /* NULL: refused */
	bool same_host;
} cases[] = {
	{"https://a.example/x/feed?a=1", "other", "https://a.example/x/other", true},
	{"https://a.example/x/feed?a=1", "/other?b=2#c", "https://a.example/other?b=2", true},
	{"https://a.example/feed", "?page=2", "https://a.example/feed?page=2", true},
	{"https://a.example/feed", "//b.example/feed", "https://b.example/feed", false},
	{"https://a.example/feed", "https://A.EXAMPLE/other", "https://A.EXAMPLE/other", true},
	{"https://a.example/feed", "https://a.example:443/other", "https://a.example:443/other", true},
	{"https://a.example/feed", "https://a.example:8443/feed", "https://a.example:8443/feed", false},
	{"https://a.example/feed", "https://sub.a.example/feed", "https://sub.a.example/feed", false},
	{"http://a.example/feed", "https://a.example/feed", "https://a.example/feed", true},
	{"http://a.example:8080/feed", "https://a.example:8443/feed", "https://a.example:8443/feed", false},
	{"https://a.example/feed", "https://eve:pw@b.example/feed", "https://b.example/feed", false},
	{"https://a.example/feed", "/two words/\xc3\xbc", "https://a.example/two%20words/%c3%bc", true},
	{"https://a.example/feed", "/%7Ekept%2Fas?it=%20is&&", "https://a.example/%7Ekept%2Fas?it=%20is&&", true},
	{"https://a.example/feed", "http://a.example/other", NULL, false},
	{"https://a.example/feed", "file:///etc/passwd", NULL, false},
	{"https://a.example/feed", "ftp://a.example/feed", NULL, false},
	{"https://a.example/feed", "gopher://a.example/", NULL, false},
	{"https://a.example/feed", "javascript:alert(1)", NULL, false},
	{"https://a.example/feed", "feed:https://a.example/other", NULL, false},
	{"https://a.example/feed", "https://", NULL, false},
	{"https://a.example/feed", "https://a.example/feed", NULL, false},
	{"https://a.example/feed", "#part", NULL, false},
};

TEST(targets)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct transfer tr;
		struct error err = {0};
		int result;

		begin(&tr, cases[i].first);
		result = follow(&tr, cases[i].location, &err);
		if ((result == 0) != (cases[i].next != NULL))
			fail_msg("%s: %d", cases[i].location, result);
		if (result != 0) {
			assert_true(err.text[0] != '\0');
			end(&tr);
			continue;
		}
		assert_non_null(cases[i].next);
		assert_int_equal(tr.visited_count, 2);
		if (strcasecmp(tr.visited[1], cases[i].next) != 0)
			fail_msg("%s gives %s", cases[i].location, tr.visited[1]);
		if (transfer_url_is_first_host(&tr) != cases[i].same_host)
			fail_msg("%s: the same host?", cases[i].location);
		end(&tr);
	}
}

TEST(downgrade_is_named)
{
	struct transfer tr;
	struct error err;

	begin(&tr, "https://a.example/feed");
	assert_int_equal(follow(&tr, "http://b.example/", &err), -EPROTO);
	assert_string_equal(err.text, "redirect from https down to http://b.example/");
	end(&tr);
	begin(&tr, "https://a.example/feed");
	tr.allow_downgrade = true;
	assert_int_equal(follow(&tr, "http://b.example/", &err), 0);
	assert_string_equal(tr.visited[1], "http://b.example/");
	end(&tr);
	begin(&tr, "https://a.example/feed");
	assert_int_equal(follow(&tr, NULL, &err), -EPROTO);
	assert_string_equal(err.text, "301 Moved Permanently without saying where to");
	end(&tr);
}

TEST(first_urls)
{
	static const char *const bad[] = {"ftp://a.example/", "a.example", "", "https://", "https://a b/",
		"feed://a.example/", "http://a.example:99999/"};
	struct transfer tr;
	char *user = NULL, *password = NULL;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		tr = (struct transfer){.owner = &owner};
		if (transfer_url_set(&tr, bad[i], &user, &password) != -EINVAL)
			fail_msg("%s", bad[i]);
		end(&tr);
	}
	tr = (struct transfer){.owner = &owner};
	assert_int_equal(transfer_url_set(&tr, "https://an%40na:p%3Aw@a.example/feed?q=%C3%BC#x", &user, &password), 0);
	assert_string_equal(user, "an@na");
	assert_string_equal(password, "p:w");
	assert_string_equal(tr.visited[0], "https://a.example/feed?q=%C3%BC");
	curl_free(user);
	curl_free(password);
	end(&tr);
}
