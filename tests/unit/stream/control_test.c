/* SPDX-License-Identifier: ISC */
/* control_test.c: commands on the operator's socket: what is understood, what is refused, and who is told.
 *
 * The control socket and the test share one loop and one thread; the operations are the test's own and note what they
 * were called with. */
#include <event2/event.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "../test.h"
#include "sitrep/stream/control.h"

enum { LIST_LENGTH = 500, LIST_STEP = 200, TURNS_MAX = 10000 };

struct fixture {
	char dir[64], path[80];
	struct event_base *base;
	struct listener *listener;
	struct control *control;
	int fd;                    /* the operator's end */
	struct buf heard;          /* everything answered */
	struct buf calls;          /* operations called, "name(arguments) " each */
	struct control_peer *peer; /* of the last operation that answers later */
	bool paused;
};

/* ---- operations ---- */

static void on_status(void *arg, struct jsonw *w)
{
	struct fixture *f = arg;

	buf_puts(&f->calls, "status() ");
	jsonw_kv_bool(w, "paused", f->paused);
}

static int on_feeds(void *arg, struct str feed, size_t *at, struct jsonw *w, struct error *err)
{
	struct fixture *f = arg;

	buf_printf(&f->calls, "feeds(%.*s,%zu) ", STR_ARG(feed), *at);
	if (str_eq(feed, STR("nobody")))
		return error_set(err, -ENOENT, "no feed is named nobody");
	jsonw_array(w);
	if (feed.data == NULL) {
		for (size_t i = 0; i < LIST_STEP && *at < LIST_LENGTH; i++)
			jsonw_int(w, (int64_t)(*at)++);
		if (*at == LIST_LENGTH)
			*at = 0;
	} else {
		jsonw_str(w, feed);
	}
	jsonw_array_end(w);
	return 0;
}

static int on_explain(void *arg, struct str feed, struct jsonw *w, struct error *err)
{
	struct fixture *f = arg;

	buf_printf(&f->calls, "explain(%.*s) ", STR_ARG(feed));
	if (feed.data == NULL)
		return error_set(err, -EINVAL, "which feed?");
	jsonw_array(w);
	jsonw_cstr(w, "because");
	jsonw_array_end(w);
	return 0;
}

static int on_refresh(void *arg, struct str feed, struct control_peer *peer, struct error *err)
{
	struct fixture *f = arg;

	buf_printf(&f->calls, "refresh(%.*s) ", STR_ARG(feed));
	if (str_eq(feed, STR("closed")))
		return error_set(err, -EAGAIN, "closed asked for a pause");
	f->peer = peer;
	return 0;
}

static int on_story(
	void *arg, const char *op, struct str item, struct str other, struct control_peer *peer, struct error *err)
{
	struct fixture *f = arg;

	(void)err;
	buf_printf(&f->calls, "%s(%.*s,%.*s) ", op, STR_ARG(item), STR_ARG(other));
	f->peer = peer;
	return 0;
}

static int on_reload(void *arg, struct control_peer *peer, struct error *err)
{
	struct fixture *f = arg;

	buf_puts(&f->calls, "reload() ");
	if (f->peer != NULL)
		return error_set(err, -EBUSY, "16 requests for a reload wait already");
	f->peer = peer;
	return 0;
}

static void on_pause(void *arg, bool paused)
{
	struct fixture *f = arg;

	buf_printf(&f->calls, "pause(%d) ", paused);
	f->paused = paused;
}

static void on_peer_gone(void *arg, struct control_peer *peer)
{
	struct fixture *f = arg;

	buf_puts(&f->calls, "gone() ");
	if (f->peer == peer)
		f->peer = NULL;
}

static const struct control_operations operations = {
	.status = on_status,
	.feeds = on_feeds,
	.explain = on_explain,
	.refresh = on_refresh,
	.story = on_story,
	.reload = on_reload,
	.pause = on_pause,
	.peer_gone = on_peer_gone,
};

/* ---- both ends ---- */

static int connect_to(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	assert_true(fd >= 0);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

static void turn(struct fixture *f)
{
	char chunk[4096];
	ssize_t n;

	assert_true(event_base_loop(f->base, EVLOOP_NONBLOCK) >= 0);
	while (f->fd >= 0 && (n = read(f->fd, chunk, sizeof(chunk))) > 0)
		assert_int_equal(buf_add(&f->heard, str_make(chunk, (size_t)n)), 0);
}

static bool has_heard(const struct fixture *f, const char *text)
{
	return f->heard.data != NULL && strstr(f->heard.data, text) != NULL;
}

static void wait_for(struct fixture *f, const char *text)
{
	for (int i = 0; i < TURNS_MAX && !has_heard(f, text); i++)
		turn(f);
	if (!has_heard(f, text))
		fail_msg("%s was not answered, but %s", text, f->heard.data != NULL ? f->heard.data : "nothing");
}

/* Until an operation that answers later was called. */
static void wait_for_peer(struct fixture *f)
{
	for (int i = 0; i < TURNS_MAX && f->peer == NULL; i++)
		turn(f);
	assert_non_null(f->peer);
}

/* The answer comes, and nothing besides. */
static void assert_answer(struct fixture *f, const char *answer)
{
	wait_for(f, answer);
	assert_string_equal(f->heard.data, answer);
}

static void say(struct fixture *f, const char *line)
{
	buf_clear(&f->heard);
	buf_clear(&f->calls);
	assert_int_equal(write(f->fd, line, strlen(line)), strlen(line));
	assert_int_equal(write(f->fd, "\n", 1), 1);
}

/* Says line and expects exactly that answer, and exactly these calls. */
static void ask(struct fixture *f, const char *line, const char *answer, const char *calls)
{
	say(f, line);
	assert_answer(f, answer);
	assert_string_equal(f->calls.data != NULL ? f->calls.data : "", calls);
}

static void setup(struct fixture *f)
{
	struct error err = {0};

	snprintf(f->dir, sizeof(f->dir), "/tmp/sitrep-control-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	snprintf(f->path, sizeof(f->path), "%s/control.sock", f->dir);
	buf_init(&f->heard, 1024 * 1024);
	buf_init(&f->calls, 64 * 1024);
	f->base = event_base_new();
	assert_non_null(f->base);
	f->listener = listener_open_unix(f->path, 0600, NULL, &err);
	assert_non_null(f->listener);
	f->control = control_new(f->base, &operations, f, &err);
	assert_non_null(f->control);
	assert_int_equal(control_listen(f->control, f->listener, &err), 0);
	f->fd = connect_to(f->path);
}

static void teardown(struct fixture *f)
{
	control_free(f->control);
	listener_free(f->listener);
	while (event_base_loop(f->base, EVLOOP_NONBLOCK) == 0 &&
		event_base_get_num_events(f->base, EVENT_BASE_COUNT_ACTIVE) > 0)
		;
	event_base_free(f->base);
	if (f->fd >= 0)
		close(f->fd);
	buf_release(&f->heard);
	buf_release(&f->calls);
	unlink(f->path);
	rmdir(f->dir);
}

FIXTURE(fixture, setup, teardown)

/* ---- tests ---- */

TEST_ON(commands_answered_at_once, fixture, f)
{
	ask(f, "{\"op\":\"status\"}", "{\"status\":{\"paused\":false}}\n{\"done\":true}\n", "status() ");
	ask(f, "{\"op\":\"pause\"}", "{\"done\":true}\n", "pause(1) ");
	ask(f, "{\"op\":\"resume\"}", "{\"done\":true}\n", "pause(0) ");
	ask(f, "{\"op\":\"explain\",\"feed\":\"usni\"}", "{\"explain\":[\"because\"]}\n{\"done\":true}\n",
		"explain(usni) ");
	ask(f, "{\"op\":\"feeds\",\"feed\":\"usni\"}", "{\"feeds\":[\"usni\"]}\n{\"done\":true}\n", "feeds(usni,0) ");
}

TEST_ON(refused_operations_leave_no_half_answer, fixture, f)
{
	ask(f, "{\"op\":\"explain\"}", "{\"error\":\"which feed?\"}\n", "explain() ");
	ask(f, "{\"op\":\"feeds\",\"feed\":\"nobody\"}", "{\"error\":\"no feed is named nobody\"}\n",
		"feeds(nobody,0) ");
	ask(f, "{\"op\":\"refresh\",\"feed\":\"closed\"}", "{\"error\":\"closed asked for a pause\"}\n",
		"refresh(closed) ");
}

/* A line that is no command is answered with one error, calls nothing, and the connection stays. */
TEST_ON(malformed_requests, fixture, f)
{
	static const char not_json[] = "{\"error\":\"not a JSON object on one line\"}\n";
	static const char *const rows[][2] = {
		{"status", not_json},
		{"{\"op\":\"status\"", not_json},
		{"{\"op\":\"status\",\"op\":\"pause\"}", not_json},
		{"[]", "expected {"},
		{"{}", "expected {"},
		{"{\"op\":1}", "expected {"},
		{"{\"op\":\"feeds\",\"feed\":7}", "expected {"},
		{"{\"op\":\"why\",\"item\":[]}", "expected {"},
		{"{\"op\":\"STATUS\"}", "unknown \\\"op\\\""},
		{"{\"op\":\"why\"}", "expected \\\"item\\\"\"}"},
		{"{\"op\":\"split\",\"item\":\"a\",\"other\":\"b\"}", "expected \\\"item\\\"\"}"},
		{"{\"op\":\"join\",\"item\":\"a\"}", "expected \\\"item\\\" and \\\"other\\\"\"}"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		say(f, rows[i][0]);
		wait_for(f, "}\n");
		if (!has_heard(f, rows[i][1]))
			fail_msg("%s: %s", rows[i][0], f->heard.data);
		assert_int_equal(strncmp(f->heard.data, "{\"error\":\"", 10), 0);
		assert_true(f->calls.len == 0);
	}
	/* Empty lines are no requests. */
	ask(f, "\n  \n{\"op\":\"status\"}", "{\"status\":{\"paused\":false}}\n{\"done\":true}\n", "status() ");
}

TEST_ON(long_list_comes_in_pieces, fixture, f)
{
	say(f, "{\"op\":\"feeds\"}");
	wait_for(f, "\"done\":true");
	assert_string_equal(f->calls.data, "feeds(,0) feeds(,200) feeds(,400) ");
	assert_true(has_heard(f, "[0,1,"));
	assert_true(has_heard(f, ",199]}\n{\"feeds\":[200,"));
	assert_true(has_heard(f, ",499]}\n{\"done\":true}\n"));
}

/* Two lines at once: the second one comes while the list of the first is not at its end. */
TEST_ON(one_list_at_a_time, fixture, f)
{
	say(f, "{\"op\":\"feeds\"}\n{\"op\":\"status\"}");
	wait_for(f, "\"done\":true");
	assert_true(has_heard(f, "{\"error\":\"the list of feeds is not at its end yet\"}\n"));
	assert_null(strstr(f->calls.data, "status()"));
}

TEST_ON(refresh_tells_its_progress, fixture, f)
{
	const struct control_progress progress = {.feed = "usni", .result = "ok", .fresh = 3, .copies = 1, .left = 1};
	const struct control_progress failed = {.feed = "dn", .result = "failed", .reason = "404 Not Found"};

	say(f, "{\"op\":\"refresh\"}");
	wait_for_peer(f);
	assert_int_equal(f->heard.len, 0);
	control_progress(f->peer, &progress);
	control_progress(f->peer, &failed);
	control_finish(f->peer);
	assert_answer(f,
		"{\"progress\":{\"feed\":\"usni\",\"result\":\"ok\",\"new\":3,\"copies\":1,\"updates\":0,\"left\":1}}\n"
		"{\"progress\":{\"feed\":\"dn\",\"result\":\"failed\",\"reason\":\"404 Not Found\",\"new\":0,"
		"\"copies\":0,\"updates\":0,\"left\":0}}\n{\"done\":true}\n");
}

TEST_ON(reload_tells_changes_or_mistakes, fixture, f)
{
	say(f, "{\"op\":\"reload\"}");
	wait_for_peer(f);
	ask(f, "{\"op\":\"reload\"}", "{\"error\":\"16 requests for a reload wait already\"}\n", "reload() ");
	buf_clear(&f->heard);
	control_reloaded(f->peer, STR("feed a added\n\nfeed b removed\n"));
	assert_answer(f, "{\"changes\":[\"feed a added\",\"feed b removed\"]}\n{\"done\":true}\n");
	buf_clear(&f->heard);
	control_reload_refused(f->peer, STR("a.conf:1: no url\n"), "1 mistake");
	assert_answer(f, "{\"mistakes\":[\"a.conf:1: no url\"]}\n{\"error\":\"1 mistake\"}\n");
	buf_clear(&f->heard);
	control_reload_refused(f->peer, STR_NONE, "no memory");
	assert_answer(f, "{\"error\":\"no memory\"}\n");
}

TEST_ON(questions_about_stories, fixture, f)
{
	say(f, "{\"op\":\"why\",\"item\":\"i1\"}");
	wait_for_peer(f);
	assert_string_equal(f->calls.data, "why(i1,) ");
	control_answer(f->peer, "why", STR("{\"story\":\"s1\"}"));
	assert_answer(f, "{\"why\":{\"story\":\"s1\"}}\n{\"done\":true}\n");
	f->peer = NULL;
	say(f, "{\"op\":\"join\",\"item\":\"i1\",\"other\":\"i2\"}");
	wait_for_peer(f);
	assert_string_equal(f->calls.data, "join(i1,i2) ");
	control_refuse(f->peer, "\"i1\" is no item");
	assert_answer(f, "{\"error\":\"\\\"i1\\\" is no item\"}\n");
}

TEST_ON(user_of_a_peer, fixture, f)
{
	struct control_user user;

	say(f, "{\"op\":\"refresh\"}");
	wait_for_peer(f);
	assert_true(control_peer_user(f->peer, &user));
	assert_int_equal(user.uid, getuid());
	assert_int_equal(user.pid, getpid());
}

/* The engine learns of it before the peer is freed, whoever ends the connection. */
TEST_ON(peer_that_goes_is_announced, fixture, f)
{
	say(f, "{\"op\":\"refresh\"}");
	wait_for_peer(f);
	close(f->fd);
	f->fd = -1;
	for (int i = 0; i < TURNS_MAX && f->peer != NULL; i++)
		turn(f);
	assert_null(f->peer);
	assert_string_equal(f->calls.data, "refresh() gone() ");

	f->fd = connect_to(f->path);
	ask(f, "{\"op\":\"status\"}", "{\"status\":{\"paused\":false}}\n{\"done\":true}\n", "status() ");
	control_free(f->control);
	f->control = NULL;
	assert_string_equal(f->calls.data, "status() gone() ");
}
