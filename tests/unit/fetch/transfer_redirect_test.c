/* SPDX-License-Identifier: ISC */
/* Where a transfer goes: redirects, what they may take along, which addresses are refused, proxies. */
#include "transfer_fixture.h"

/* ---- what the server does ---- */

#define FEED "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n<rss/>"

static bool redirect_to(struct exchange *x, const char *target)
{
	return loopback_printf(x, REDIRECT("302", "%s"), target);
}

static bool answer_other_name(struct exchange *x)
{
	char target[64];

	snprintf(target, sizeof(target), "http://eve:secret@localhost:%d/feed", x->server->port);
	return redirect_to(x, target);
}

static bool answer_circle(struct exchange *x)
{
	return redirect_to(x, strstr(x->request, "/circle/a ") != NULL ? "/circle/b" : "/circle/a");
}

/* Sets a cookie and sends back to itself, until the cookie comes. */
static bool answer_cookie(struct exchange *x)
{
	char value[64];

	if (loopback_field(x->request, "Cookie", value, sizeof(value)) && strstr(value, "seen=1") != NULL)
		return loopback_printf(x, FEED);
	return loopback_printf(x, "HTTP/1.1 301 Moved Permanently\r\nSet-Cookie: seen=1; Path=/\r\n"
				  "Location: /cookie\r\nContent-Length: 0\r\n\r\n");
}

static bool answer_endless(struct exchange *x)
{
	char target[64];
	long n = strtol(x->request + strlen("GET /endless/"), NULL, 10);

	snprintf(target, sizeof(target), "/endless/%ld", n + 1);
	return redirect_to(x, target);
}

static const struct loopback_route routes[] = {
	{"/feed", .text = FEED},
	{"http://news.example/feed", .text = FEED},
	{"/moved-too", .text = REDIRECT("308", "/feed")},
	{"/moved", .text = REDIRECT("301", "moved-too#part")},
	{"/found", .text = REDIRECT("302", "/moved")},
	{"/other-name", .answer = answer_other_name},
	{"/circle", .answer = answer_circle},
	/* sets a cookie each time */
	{"/cookies",
		.text = "HTTP/1.1 302 Found\r\nSet-Cookie: again=1\r\nLocation: /cookies\r\nContent-Length: 0\r\n\r\n"},
	{"/cookie", .answer = answer_cookie},
	{"/endless", .answer = answer_endless},
	{"/to-private", .text = REDIRECT("302", "http://169.254.169.254/latest/meta-data/")},
	{"/to-file", .text = REDIRECT("302", "file:///etc/passwd")},
	{"/to-nowhere", .text = "HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n"},
	{NULL},
};

/* ---- the tests ---- */

static void begin(void)
{
	fixture_start(routes);
}

TEST_WITH(permanent_redirects, begin, end)
{
	struct result *r = get("/moved");

	assert_int_equal(r->answer.failure, FAILURE_NONE);
	assert_string_equal(r->answer.final_url, url("/feed"));
	assert_string_equal(r->answer.permanent_url, url("/feed"));
	assert_false(r->answer.is_detour);
	assert_int_equal(server.log_count, 3);
	/* small bodies of redirects are read, so that all hops share a connection */
	assert_int_equal(server.accepted, 1);
}

TEST_WITH(one_temporary_redirect_makes_all_temporary, begin, end)
{
	struct result *r = get("/found");

	assert_int_equal(r->answer.failure, FAILURE_NONE);
	assert_string_equal(r->answer.final_url, url("/feed"));
	assert_null(r->answer.permanent_url);
	assert_true(r->answer.is_detour);
}

TEST_WITH(credentials_stay_with_their_host, begin, end)
{
	static const char *const headers[] = {"X-Key: sesame", NULL};
	struct transfer_request request = fetcher_request(&fetcher, url("/other-name"));
	struct result *r;
	char value[256];

	request.user = "anna";
	request.password = "pass:word";
	request.headers = headers;
	request.etag = "\"kept\"";
	r = fetcher_get(&fetcher, &request);
	assert_int_equal(r->answer.failure, FAILURE_NONE);
	assert_int_equal(server.log_count, 2);
	assert_true(loopback_field(server.log[0], "Authorization", value, sizeof(value)));
	assert_string_equal(value, "Basic YW5uYTpwYXNzOndvcmQ=");
	assert_true(loopback_field(server.log[0], "X-Key", value, sizeof(value)));
	assert_false(loopback_field(server.log[1], "Authorization", value, sizeof(value)));
	assert_false(loopback_field(server.log[1], "X-Key", value, sizeof(value)));
	assert_true(loopback_field(server.log[1], "If-None-Match", value, sizeof(value)));
	assert_null(strstr(r->answer.final_url, "secret"));
}

TEST_WITH(credentials_follow_on_the_same_host, begin, end)
{
	struct transfer_request request = fetcher_request(&fetcher, url("/moved"));
	char value[256];

	request.bearer = "token";
	fetcher_get(&fetcher, &request);
	assert_int_equal(server.log_count, 3);
	assert_true(loopback_field(server.log[2], "Authorization", value, sizeof(value)));
	assert_string_equal(value, "Bearer token");
}

TEST_WITH(user_in_the_url, begin, end)
{
	char text[128], value[256];
	struct transfer_request request;
	struct result *r;

	snprintf(text, sizeof(text), "http://anna:pass%%3Aword@127.0.0.1:%d/feed", server.port);
	request = fetcher_request(&fetcher, text);
	r = fetcher_get(&fetcher, &request);
	assert_true(loopback_field(server.log[0], "Authorization", value, sizeof(value)));
	assert_string_equal(value, "Basic YW5uYTpwYXNzOndvcmQ=");
	assert_string_equal(r->answer.final_url, url("/feed"));
	/* and a handle that is used again has forgotten it */
	get("/feed");
	assert_false(loopback_field(server.log[1], "Authorization", value, sizeof(value)));
}

TEST_WITH(circle, begin, end)
{
	assert_int_equal(get("/circle/a")->answer.failure, FAILURE_REDIRECT);
	assert_int_equal(server.log_count, 2);
}

TEST_WITH(cookies_live_within_one_transfer, begin, end)
{
	char value[64];

	for (int round = 0; round < 2; round++) {
		struct result *r = get("/cookie");

		assert_int_equal(r->answer.failure, FAILURE_NONE);
		/* what is permanent with a cookie alone is no move */
		assert_null(r->answer.permanent_url);
	}
	assert_false(loopback_field(server.log[0], "Cookie", value, sizeof(value)));
	assert_true(loopback_field(server.log[1], "Cookie", value, sizeof(value)));
	assert_false(loopback_field(server.log[2], "Cookie", value, sizeof(value)));
	assert_true(loopback_field(server.log[3], "Cookie", value, sizeof(value)));
	assert_int_equal(get("/cookies")->answer.failure, FAILURE_REDIRECT);
}

TEST_WITH(endless_redirects, begin, end)
{
	struct result *r = get("/endless/0");

	assert_int_equal(r->answer.failure, FAILURE_REDIRECT);
	assert_int_equal(r->answer.http_status, 302);
	assert_int_equal(server.log_count, FETCHER_REDIRECTS_MAX + 1);
	assert_non_null(strstr(r->answer.error.text, "more than"));
}

TEST_WITH(redirect_to_where_we_do_not_go, begin, end)
{
	assert_int_equal(get("/to-file")->answer.failure, FAILURE_REDIRECT);
	assert_int_equal(get("/to-nowhere")->answer.failure, FAILURE_REDIRECT);
}

TEST_WITH(redirect_to_a_forbidden_address, begin, end)
{
	assert_failure(get("/to-private"), FAILURE_FORBIDDEN,
		"169.254.169.254 is a cloud-metadata address, not allowed by [fetch] allow");
}

TEST_WITH(forbidden_from_the_start, begin, end)
{
	struct transfer_request request = fetcher_request(&fetcher, url("/feed"));

	request.allow = NULL;
	assert_failure(fetcher_get(&fetcher, &request), FAILURE_FORBIDDEN,
		"127.0.0.1 is a loopback address, not allowed by [fetch] allow");
	assert_int_equal(server.accepted, 0);
}

TEST_WITH(forbidden_on_a_connection_that_is_open_already, begin, end)
{
	struct transfer_request request = fetcher_request(&fetcher, url("/feed"));

	get("/feed");
	assert_int_equal(server.log_count, 1);
	request.allow = NULL;
	assert_int_equal(fetcher_get(&fetcher, &request)->answer.failure, FAILURE_FORBIDDEN);
	assert_int_equal(server.log_count, 1);
}

TEST_WITH(allow_private_opens_loopback, begin, end)
{
	struct transfer_request request = fetcher_request(&fetcher, url("/feed"));

	request.allow = NULL;
	request.allow_private = true;
	assert_int_equal(fetcher_get(&fetcher, &request)->answer.failure, FAILURE_NONE);
}

TEST_WITH(a_feed_may_have_networks_of_its_own, begin, end)
{
	struct config_network other = {{[10] = 0xff, 0xff, 10}, 104};
	const struct config_networks others = {&other, 1, 1};
	struct transfer_request request = fetcher_request(&fetcher, url("/feed"));

	request.allow = &others;
	assert_int_equal(fetcher_get(&fetcher, &request)->answer.failure, FAILURE_FORBIDDEN);
	request.allow_too = &fetcher.allow;
	assert_int_equal(fetcher_get(&fetcher, &request)->answer.failure, FAILURE_NONE);
	request.allow = NULL;
	assert_int_equal(fetcher_get(&fetcher, &request)->answer.failure, FAILURE_NONE);
}

/* A daemon that polled itself would feed on its own output for ever. */
TEST_WITH(own_sockets_are_never_asked, begin, end)
{
	struct sockaddr_in6 every = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)server.port)};
	struct sockaddr_storage own = {0};
	static const char *const hosts[] = {
		"127.0.0.1", "localhost", "0.0.0.0", "[::ffff:127.0.0.1]", "127.9.8.7", "[::1]", "[::]"};
	struct loopback other;
	struct fetcher guarded = {0};
	char text[128] = "";
	struct transfer_request request = fetcher_request(&guarded, text);

	memcpy(&own, &every, sizeof(every));
	fetcher_start_with(&guarded, &own);
	loopback_start(&other, routes);
	request.allow_private = true;
	for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
		struct result *r;

		snprintf(text, sizeof(text), "http://%s:%d/feed", hosts[i], server.port);
		r = fetcher_get(&guarded, &request);
		if (r->answer.failure != FAILURE_FORBIDDEN ||
			strstr(r->answer.error.text, "is where this daemon itself listens") == NULL)
			fail_msg("%s: %s", text, r->answer.error.text);
	}
	/* nor through a proxy, nor as one */
	snprintf(text, sizeof(text), "http://127.0.0.1:%d", other.port);
	request.proxy = text;
	request.url = "http://news.example/feed";
	assert_int_equal(fetcher_get(&guarded, &request)->answer.failure, FAILURE_NONE);
	request.url = url("/feed");
	assert_int_equal(fetcher_get(&guarded, &request)->answer.failure, FAILURE_FORBIDDEN);
	snprintf(text, sizeof(text), "http://127.0.0.1:%d", server.port);
	request.url = "http://news.example/feed";
	assert_int_equal(fetcher_get(&guarded, &request)->answer.failure, FAILURE_FORBIDDEN);
	assert_int_equal(server.accepted, 0);
	assert_int_equal(other.log_count, 1);
	loopback_stop(&other);
	fetcher_stop(&guarded);
}

TEST_WITH(name_with_forbidden_addresses, begin, end)
{
	char text[128];
	struct transfer_request request;
	struct result *r;

	snprintf(text, sizeof(text), "http://localhost:%d/feed", server.port);
	request = fetcher_request(&fetcher, text);
	request.allow = NULL;
	r = fetcher_get(&fetcher, &request);
	assert_int_equal(r->answer.failure, FAILURE_FORBIDDEN);
	assert_non_null(strstr(r->answer.error.text, "is a loopback address"));
}

TEST_WITH(proxy, begin, end)
{
	static const char *const refused[] = {"http://[fe80::1]/feed", "http://[::ffff:10.0.0.1]/", "http://127.1/",
		"http://0x7f000001/", "http://2130706433/", "http://127.0.0.1./", "http://localhost/",
		"http://LOCALHOST./", "http://a.localhost/", "http://169.254.169.254/latest/"};
	struct transfer_request request = fetcher_request(&fetcher, "http://news.example/feed");
	char proxy[64];

	snprintf(proxy, sizeof(proxy), "http://127.0.0.1:%d", server.port);
	request.proxy = proxy;
	request.allow = NULL;
	assert_int_equal(fetcher_get(&fetcher, &request)->answer.failure, FAILURE_NONE);
	assert_int_equal(strncmp(server.log[0], "GET http://news.example/feed HTTP/1.1\r\n", 39), 0);
	/* addresses that are not for us are not asked for through it either */
	request.url = "http://10.0.0.1/feed";
	assert_failure(fetcher_get(&fetcher, &request), FAILURE_FORBIDDEN,
		"10.0.0.1 is a private address, not allowed by [fetch] allow");
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		request.url = refused[i];
		if (fetcher_get(&fetcher, &request)->answer.failure != FAILURE_FORBIDDEN)
			fail_msg("%s", refused[i]);
	}
	assert_int_equal(server.log_count, 1);
}

TEST_WITH(environment_is_not_asked_for_a_proxy, begin, end)
{
	setenv("http_proxy", "http://127.0.0.1:1", 1);
	setenv("all_proxy", "http://127.0.0.1:1", 1);
	assert_int_equal(get("/feed")->answer.failure, FAILURE_NONE);
	unsetenv("http_proxy");
	unsetenv("all_proxy");
}
