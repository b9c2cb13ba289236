/* SPDX-License-Identifier: ISC */
/* Forms that are posted: what arrives, which answers are answers, and where a form may be redirected to. */
#include "transfer_fixture.h"

static const char form[] = "hub.mode=subscribe&hub.secret=0f";

/* The form that came with the request, behind its head; false when it did not come whole. */
static bool read_form(struct exchange *x)
{
	const char *body = strstr(x->request, "\r\n\r\n") + 4;
	size_t len = strlen(x->request), wanted;
	char value[32];

	if (!loopback_field(x->request, "Content-Length", value, sizeof(value)))
		return false;
	wanted = (size_t)(body - x->request) + strtoul(value, NULL, 10);
	while (len < wanted && wanted < sizeof(x->request)) {
		ssize_t n = recv(x->fd, x->request + len, wanted - len, 0);

		if (n <= 0)
			return false;
		len += (size_t)n;
		x->request[len] = '\0';
	}
	return len == wanted && strcmp(body, form) == 0;
}

static bool answer_form(struct exchange *x)
{
	bool good = strncmp(x->request, "POST ", 5) == 0 && read_form(x);

	return loopback_printf(x, "HTTP/1.1 %d Whatever\r\nContent-Length: 4\r\n\r\nwell", good ? 202 : 400);
}

static bool answer_no_content(struct exchange *x)
{
	return read_form(x) && loopback_printf(x, "HTTP/1.1 204 No Content\r\n\r\n");
}

static bool answer_moved(struct exchange *x)
{
	const char *status = x->request + strlen("POST /moved/");

	return read_form(x) &&
	       loopback_printf(x, "HTTP/1.1 %.3s Elsewhere\r\nLocation: /form\r\nContent-Length: 0\r\n\r\n", status);
}

static const struct loopback_route routes[] = {
	{"/form", .answer = answer_form},
	{"/no-content", .answer = answer_no_content},
	{"/moved/", .answer = answer_moved},
	{"/links", .text = "HTTP/1.1 200 OK\r\nLink: <http://hub.example/>; rel=hub\r\n"
			   "Link: <http://o.example/>; rel=self\r\nContent-Length: 1\r\n\r\nx"},
	{NULL},
};

static void begin(void)
{
	fixture_start(routes);
}

static struct result *post(const char *path)
{
	struct transfer_request r = fetcher_request(&fetcher, url(path));

	r.form = form;
	return fetcher_get(&fetcher, &r);
}

TEST_WITH(form, begin, end)
{
	struct result *r = post("/form");
	char value[256];

	assert_int_equal(r->answer.failure, FAILURE_NONE);
	assert_int_equal(r->answer.http_status, 202);
	assert_true(loopback_field(server.log[0], "Content-Type", value, sizeof(value)));
	assert_string_equal(value, "application/x-www-form-urlencoded");
	r = post("/no-content");
	assert_int_equal(r->answer.failure, FAILURE_NONE);
	assert_int_equal(r->answer.http_status, 204);
	/* the handle that posted is used again, for a GET */
	assert_int_equal(get("/links")->answer.failure, FAILURE_NONE);
	assert_int_equal(strncmp(server.log[2], "GET /links ", 11), 0);
}

TEST_WITH(refused, begin, end)
{
	struct result *r = post("/nowhere");

	assert_int_equal(r->answer.failure, FAILURE_HTTP);
	assert_int_equal(r->answer.http_status, 404);
}

TEST_WITH(redirects, begin, end)
{
	assert_int_equal(post("/moved/307")->answer.http_status, 202);
	assert_int_equal(post("/moved/308")->answer.http_status, 202);
	/* a redirect that would make it a GET helps nobody */
	assert_failure(post("/moved/302"), FAILURE_REDIRECT, "302 Found in answer to a POST");
	assert_int_equal(post("/moved/301")->answer.failure, FAILURE_REDIRECT);
	assert_int_equal(post("/moved/303")->answer.failure, FAILURE_REDIRECT);
}

TEST_WITH(links_of_an_answer, begin, end)
{
	const struct result *r = get("/links");

	assert_string_equal(r->answer.hubs, "http://hub.example/");
	assert_string_equal(r->answer.topic, "http://o.example/");
}
