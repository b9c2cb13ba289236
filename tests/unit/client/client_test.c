/* SPDX-License-Identifier: ISC */
/* client_test.c: libsitrep against a daemon that plays a script: each step is a line that it sends, or "<" and the text
 * that the client's next line must hold, or "close". */
#include <poll.h>
#include <pthread.h>
#include <sitrep.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "../test.h"

#define HELLO "{\"event\":\"hello\",\"cursor\":\"9\",\"instance\":\"0123456789abcdef\"}"

#define SUBSCRIBED "{\"event\":\"subscribed\",\"since\":\"9\",\"id\":\"1\"}"

enum { LINE_ROOM = 4096, FLOOD = 1100 * 1024 };

struct play {
	char folder[64], path[96];
	int listening;
	pthread_t thread;
	bool started;
	const char *const *steps;
	char wrong[LINE_ROOM]; /* the line that was not as expected */
	struct sitrep *s;
};

/* ---- the daemon ---- */

static void expect_line(struct play *p, int fd, const char *wanted)
{
	char line[LINE_ROOM] = "";
	size_t len = 0;

	while (len + 1 < sizeof(line) && read(fd, line + len, 1) == 1 && line[len] != '\n')
		len++;
	line[len] = '\0';
	if (strstr(line, wanted) == NULL)
		snprintf(p->wrong, sizeof(p->wrong), "%s", line);
}

static void flood(int fd)
{
	static char bytes[FLOOD];

	memset(bytes, 'x', sizeof(bytes));
	for (size_t sent = 0; sent < sizeof(bytes);) {
		ssize_t n = send(fd, bytes + sent, sizeof(bytes) - sent, MSG_NOSIGNAL);

		if (n <= 0)
			return;
		sent += (size_t)n;
	}
}

/* Waits until the other side closes, so that no line of the script is lost. */
static void *play(void *arg)
{
	struct play *p = arg;
	int fd = accept(p->listening, NULL, NULL);
	char rest[256];

	for (const char *const *step = p->steps; *step != NULL; step++) {
		if ((*step)[0] == '<') {
			expect_line(p, fd, *step + 1);
		} else if (strcmp(*step, "again") == 0) {
			close(fd);
			fd = accept(p->listening, NULL, NULL);
		} else if (strcmp(*step, "flood") == 0) {
			flood(fd);
		} else if (strcmp(*step, "close") == 0) {
			shutdown(fd, SHUT_WR);
		} else {
			send(fd, *step, strlen(*step), MSG_NOSIGNAL);
			send(fd, "\n", 1, MSG_NOSIGNAL);
		}
	}
	while (read(fd, rest, sizeof(rest)) > 0)
		;
	close(fd);
	return NULL;
}

static void set_up(struct play *p)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	snprintf(p->folder, sizeof(p->folder), "/tmp/sitrep-client-XXXXXX");
	assert_non_null(mkdtemp(p->folder));
	snprintf(p->path, sizeof(p->path), "%s/s", p->folder);
	memcpy(address.sun_path, p->path, strlen(p->path) + 1);
	p->listening = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(p->listening, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(p->listening, 1), 0);
	p->s = sitrep_new();
	assert_non_null(p->s);
}

static void tear_down(struct play *p)
{
	sitrep_free(p->s);
	if (p->started)
		pthread_join(p->thread, NULL);
	close(p->listening);
	unlink(p->path);
	rmdir(p->folder);
}

FIXTURE(play, set_up, tear_down)

static void begin(struct play *p, const char *const *steps)
{
	p->steps = steps;
	assert_int_equal(pthread_create(&p->thread, NULL, play, p), 0);
	p->started = true;
}

/* The script was followed to its end. */
static void end(struct play *p)
{
	sitrep_close(p->s);
	pthread_join(p->thread, NULL);
	p->started = false;
	assert_string_equal(p->wrong, "");
}

static void expect_event(struct play *p, const char *kind, const char *cursor)
{
	const struct sitrep_event *event;

	assert_int_equal(sitrep_next(p->s, -1, &event), 1);
	assert_string_equal(event->kind, kind);
	assert_string_equal(event->cursor, cursor);
	assert_int_equal(event->length, strlen(event->json));
}

/* ---- the stream ---- */

TEST_ON(subscribes_and_reads_events, play, p)
{
	static const char *const steps[] = {HELLO,
		"<{\"op\":\"subscribe\",\"events\":[\"alert\",\"new\"],\"feeds\":[\"usni\"],"
		"\"match\":\"a \\\"b\\\\c\\u000a\",\"since\":\"1h\",\"full\":true}",
		"{\"event\":\"new\",\"cursor\":\"8\"}", SUBSCRIBED,
		"{\"event\":\"alert\",\"cursor\":\"10\",\"item\":{\"title\":\"A ship\"},\"story\":{\"sources\":3}}",
		"{\"event\":\"later kind\"}", NULL};
	static const char *const events[] = {"alert", "new", NULL}, *const feeds[] = {"usni", NULL},
				 *const none[] = {NULL};
	const struct sitrep_filter filter = {.size = sizeof(filter),
		.events = events,
		.feeds = feeds,
		.categories = none,
		.match = "a \"b\\c\n",
		.since = "1h",
		.full = 1};
	const struct sitrep_event *event;

	begin(p, steps);
	assert_int_equal(sitrep_connect(p->s, p->path), 0);
	assert_string_equal(sitrep_path(p->s), p->path);
	assert_null(sitrep_subscribed(p->s));
	assert_int_equal(sitrep_subscribe(p->s, &filter), 0);
	assert_string_equal(sitrep_subscribed(p->s), SUBSCRIBED);
	assert_string_equal(sitrep_cursor(p->s), "9");
	/* what came before the answer belongs to no subscription */
	expect_event(p, "alert", "10");
	assert_string_equal(sitrep_member(p->s, "item.title"), "A ship");
	assert_string_equal(sitrep_member(p->s, "story.sources"), "3");
	assert_null(sitrep_member(p->s, "item"));
	assert_string_equal(sitrep_cursor(p->s), "10");
	assert_string_equal(sitrep_instance(p->s), "0123456789abcdef");
	expect_event(p, "later kind", "");
	assert_string_equal(sitrep_cursor(p->s), "10");
	assert_int_equal(sitrep_next(p->s, 0, &event), 0);
	assert_null(sitrep_member(p->s, "event"));
	assert_int_equal(sitrep_next(p->s, 20, &event), 0);
	end(p);
}

TEST_ON(continues_behind_the_last_event, play, p)
{
	static const char *const steps[] = {HELLO, "<{\"op\":\"subscribe\",\"match\":\"x\",\"since\":\"oldest\"}",
		SUBSCRIBED, "{\"event\":\"new\",\"cursor\":\"11\"}", "again", HELLO,
		"<\"match\":\"x\",\"since\":\"11\",\"instance\":\"0123456789abcdef\"}", SUBSCRIBED, NULL};
	static const char filter[] = "{\"match\":\"x\",\"op\":\"ping\",\"since\":\"oldest\"}";
	const struct sitrep_event *event;

	begin(p, steps);
	assert_int_equal(sitrep_connect(p->s, p->path), 0);
	assert_int_equal(sitrep_subscribe_json(p->s, filter), 0);
	expect_event(p, "new", "11");
	assert_int_equal(sitrep_next(p->s, -1, &event), -EPIPE);
	assert_string_equal(sitrep_error(p->s), "the daemon closed the connection");
	assert_int_equal(sitrep_connect(p->s, NULL), 0);
	assert_int_equal(sitrep_subscribe_json(p->s, filter), 0);
	end(p);
}

TEST_ON(tells_of_another_database, play, p)
{
	static const char *const steps[] = {HELLO, "<{\"op\":\"subscribe\",\"since\":\"77\",\"instance\":\"abc\"}",
		"{\"event\":\"reset\",\"cursor\":\"9\",\"since\":\"77\"}", SUBSCRIBED,
		"<{\"op\":\"subscribe\",\"since\":\"oldest\"}", SUBSCRIBED, NULL};

	begin(p, steps);
	assert_int_equal(sitrep_connect(p->s, p->path), 0);
	assert_int_equal(sitrep_resume(p->s, "77", "abc"), 0);
	assert_int_equal(sitrep_subscribe_json(p->s, "{}"), SITREP_RESET);
	assert_int_equal(sitrep_resume(p->s, NULL, NULL), 0);
	assert_int_equal(sitrep_subscribe_json(p->s, "{\"since\":\"oldest\"}"), 0);
	end(p);
}

TEST_ON(gives_the_daemons_sentence, play, p)
{
	static const char *const steps[] = {HELLO, "<subscribe",
		"{\"event\":\"error\",\"reason\":\"at column 3: \\u00e9\"}", "<subscribe",
		"{\"event\":\"error\",\"reason\":{}}", NULL};

	begin(p, steps);
	assert_int_equal(sitrep_connect(p->s, p->path), 0);
	assert_int_equal(sitrep_subscribe(p->s, NULL), -EINVAL);
	assert_string_equal(sitrep_error(p->s), "at column 3: \u00e9");
	assert_int_equal(sitrep_subscribe_json(p->s, "{}"), -EINVAL);
	assert_string_equal(sitrep_error(p->s), "the daemon refused");
	end(p);
}

TEST_ON(refuses_a_wrong_filter_or_place, play, p)
{
	static const char *const steps[] = {HELLO, NULL};
	static const char *const wrong[] = {"", "[]", "{", "{\"a\":1}\n{\"op\":\"ping\"}"};
	const struct sitrep_filter no_size = {.match = "x"};

	begin(p, steps);
	assert_int_equal(sitrep_subscribe(p->s, NULL), -ENOTCONN);
	assert_int_equal(sitrep_connect(p->s, p->path), 0);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(sitrep_subscribe_json(p->s, wrong[i]), -EINVAL);
	assert_int_equal(sitrep_subscribe(p->s, &no_size), -EINVAL);
	assert_int_equal(sitrep_resume(p->s, "twelve", NULL), -EINVAL);
	assert_int_equal(sitrep_resume(p->s, "111111111111111111111111111111111111111", NULL), -EINVAL);
	end(p);
}

TEST_ON(bounds_the_length_of_a_line, play, p)
{
	static const char *const steps[] = {HELLO, "<subscribe", SUBSCRIBED, "flood", NULL};
	const struct sitrep_event *event;

	begin(p, steps);
	assert_int_equal(sitrep_connect(p->s, p->path), 0);
	assert_int_equal(sitrep_subscribe(p->s, NULL), 0);
	assert_int_equal(sitrep_next(p->s, -1, &event), -EMSGSIZE);
	end(p);
}

TEST_ON(takes_odd_lines_for_no_events, play, p)
{
	static const char *const steps[] = {
		HELLO, "<subscribe", SUBSCRIBED, "nothing", "{\"event\":\"new\"", "[]", NULL};
	const struct sitrep_event *event;

	begin(p, steps);
	assert_int_equal(sitrep_connect(p->s, p->path), 0);
	assert_int_equal(sitrep_subscribe(p->s, NULL), 0);
	for (int i = 0; i < 3; i++)
		assert_int_equal(sitrep_next(p->s, -1, &event), -EPROTO);
	end(p);
}

TEST_ON(is_polled, play, p)
{
	static const char *const steps[] = {
		HELLO, "<subscribe", SUBSCRIBED, "{\"event\":\"new\",\"cursor\":\"10\"}", NULL};
	struct pollfd wait = {.events = POLLIN};

	assert_int_equal(sitrep_fd(p->s), -1);
	begin(p, steps);
	assert_int_equal(sitrep_connect(p->s, p->path), 0);
	assert_int_equal(sitrep_subscribe(p->s, NULL), 0);
	wait.fd = sitrep_fd(p->s);
	while (wait.revents == 0) {
		const struct sitrep_event *event;

		if (sitrep_next(p->s, 0, &event) == 1)
			break;
		assert_int_equal(poll(&wait, 1, 10000), 1);
	}
	end(p);
	assert_int_equal(sitrep_fd(p->s), -1);
}

TEST_ON(another_program_is_no_daemon, play, p)
{
	static const char *const steps[] = {
		"{\"event\":\"new\"}", "again", "{\"event\":\"error\",\"reason\":\"go\"}", "again", "close", NULL};

	begin(p, steps);
	assert_int_equal(sitrep_connect(p->s, p->path), -EPROTO);
	assert_non_null(strstr(sitrep_error(p->s), "does not say hello"));
	assert_int_equal(sitrep_connect(p->s, p->path), -EINVAL);
	assert_string_equal(sitrep_error(p->s), "go");
	assert_int_equal(sitrep_connect(p->s, p->path), -EPIPE);
	end(p);
}

TEST_ON(does_not_wait_for_ever, play, p)
{
	sitrep_patience(p->s, 20);
	assert_int_equal(sitrep_connect(p->s, p->path), -ETIMEDOUT);
	assert_non_null(strstr(sitrep_error(p->s), "the daemon does not answer; is "));
	assert_non_null(strstr(sitrep_error(p->s), p->path));
}

TEST_ON(names_the_places, play, p)
{
	char missing[128];

	snprintf(missing, sizeof(missing), "%s/none", p->folder);
	assert_int_equal(sitrep_connect(p->s, missing), -ENOENT);
	assert_non_null(strstr(sitrep_error(p->s), missing));
	assert_int_equal(sitrep_prefer(p->s, missing), 0);
	assert_int_equal(setenv("RUNTIME_DIRECTORY", p->folder, 1), 0);
	assert_int_equal(setenv("XDG_RUNTIME_DIR", p->folder, 1), 0);
	assert_true(sitrep_control(p->s, NULL) < 0);
	assert_non_null(strstr(sitrep_error(p->s), "control.sock (no socket)"));
	assert_non_null(strstr(sitrep_error(p->s), missing));
	unsetenv("RUNTIME_DIRECTORY");
}

/* ---- commands ---- */

TEST_ON(tells_a_stream_from_a_control_socket, play, p)
{
	static const char *const steps[] = {"{\"event\":\"hello\",\"protocol\":1}", "<{\"op\":\"status\"}", NULL};
	const char *json;
	size_t length;

	begin(p, steps);
	assert_int_equal(sitrep_control(p->s, p->path), 0);
	assert_int_equal(sitrep_ask(p->s, "{\"op\":\"status\"}"), 0);
	assert_int_equal(sitrep_answer(p->s, -1, &json, &length), -EPROTO);
	assert_non_null(strstr(sitrep_error(p->s), "is the stream of sitrepd, not its control socket"));
	end(p);
}

TEST_ON(asks_for_answers, play, p)
{
	static const char *const steps[] = {"<{\"op\":\"status\"}", "{\"status\":{}}", "{\"done\":true}",
		"<{\"op\":\"party\"}", "{\"error\":\"unknown\"}", NULL};
	const char *json;
	size_t length;

	begin(p, steps);
	assert_int_equal(sitrep_control(p->s, p->path), 0);
	assert_int_equal(sitrep_ask(p->s, "{\"op\":\"status\"}"), 0);
	assert_int_equal(sitrep_answer(p->s, -1, &json, &length), 1);
	assert_string_equal(json, "{\"status\":{}}");
	assert_int_equal(sitrep_answer(p->s, -1, &json, &length), 0);
	assert_int_equal(sitrep_ask(p->s, "{\"op\":\"party\"}"), 0);
	assert_int_equal(sitrep_answer(p->s, -1, &json, &length), -EINVAL);
	assert_string_equal(sitrep_error(p->s), "unknown");
	assert_int_equal(sitrep_answer(p->s, 0, &json, &length), -ETIMEDOUT);
	end(p);
}

TEST(a_handle_without_memory)
{
	const struct sitrep_event *event;

	assert_int_equal(sitrep_connect(NULL, NULL), -ENOMEM);
	assert_int_equal(sitrep_subscribe(NULL, NULL), -ENOMEM);
	assert_int_equal(sitrep_next(NULL, 0, &event), -ENOMEM);
	assert_string_equal(sitrep_error(NULL), "out of memory");
	sitrep_free(NULL);
}
