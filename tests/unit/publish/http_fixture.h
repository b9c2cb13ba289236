/* SPDX-License-Identifier: ISC */
/* http_fixture.h: the HTTP server with a handler of the test's behind it, asked over 127.0.0.1 as clients ask.
 *
 * Server and client share one loop and one thread: the test turns it until the answer has come, and an alarm ends the
 * test when it never does. */
#ifndef TEST_HTTP_FIXTURE_H
#define TEST_HTTP_FIXTURE_H

#include <arpa/inet.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "../scratch.h"
#include "sitrep/base/buf.h"
#include "sitrep/publish/http.h"

enum { ANSWER_MAX = 4 * 1024 * 1024, CONNECTIONS_MAX = 4, PATIENCE_S = 60, DOCUMENT_LEN = 20000, NOISE_LEN = 5000 };

/* 2026-11-23T10:00:00.250Z */
#define MODIFIED_MS INT64_C(1795428000250)
#define MODIFIED "Mon, 23 Nov 2026 10:00:00 GMT"

/* One answer, taken apart. */
struct answer {
	struct buf raw;
	int status;
	struct str head; /* each line with its \r\n */
	struct str body;
	struct answer *next;
};

struct fixture {
	struct event_base *base;
	struct event *alarm;
	struct http_server *server;
	struct listener *listener;
	struct sockaddr_in address;
	struct http_body *document, *small, *noise;
	int turns_needed;       /* for /slow */
	struct buf paths;       /* that the handler was asked for, each in brackets */
	struct answer *answers; /* of this test, the last one first */
};

/* ---- the server ---- */

static inline void handle(void *arg, const struct http_request *request, struct http_answer *answer)
{
	struct fixture *f = arg;

	buf_printf(&f->paths, "[%.*s%s]", STR_ARG(request->path), request->again ? " again" : "");
	answer->status = 200;
	answer->cache_control = "max-age=60";
	if (str_eq(request->path, STR("/document"))) {
		answer->body = http_body_ref(f->document);
	} else if (str_eq(request->path, STR("/small"))) {
		answer->body = http_body_ref(f->small);
	} else if (str_eq(request->path, STR("/noise"))) {
		answer->body = http_body_ref(f->noise);
	} else if (str_eq(request->path, STR("/closed"))) {
		answer->body = http_body_ref(f->noise);
		answer->ranges = true;
	} else if (str_eq(request->path, STR("/shared"))) {
		answer->body = http_body_ref(f->small);
		answer->status = request->method == HTTP_OPTIONS ? 204 : 200;
		answer->origin = HTTP_ORIGIN_ASKING;
	} else if (str_eq(request->path, STR("/live"))) {
		answer->body = http_body_ref(f->document);
		answer->cache_control = NULL;
	} else if (str_eq(request->path, STR("/slow"))) {
		answer->later = f->turns_needed > 0;
		if (f->turns_needed-- <= 0)
			answer->body = http_body_ref(f->small);
	} else if (str_eq(request->path, STR("/busy"))) {
		answer->status = 503;
	} else {
		answer->status = 404;
	}
}

static inline struct http_body *make_body(size_t len, bool noise)
{
	char *data = malloc(len);
	uint64_t random = 20261123;
	struct http_body *b;

	assert_non_null(data);
	for (size_t i = 0; i < len; i++) {
		random ^= random << 13;
		random ^= random >> 7;
		random ^= random << 17;
		data[i] = noise ? (char)(random >> 32) : (char)('a' + i % 26);
	}
	b = http_body_new(data, len, "application/atom+xml; charset=utf-8", MODIFIED_MS);
	assert_non_null(b);
	return b;
}

static inline void on_alarm(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	fail_msg("no answer came within %d s", PATIENCE_S);
}

static inline void setup(struct fixture *f)
{
	struct error err = {0};
	const struct http_options options = {.max_connections = CONNECTIONS_MAX, .max_per_address = 2};
	const char *colon;
	long long port = 0;

	buf_init(&f->paths, ANSWER_MAX);
	f->base = event_base_new();
	assert_non_null(f->base);
	f->alarm = evtimer_new(f->base, on_alarm, f);
	f->document = make_body(DOCUMENT_LEN, false);
	f->small = make_body(100, false);
	f->noise = make_body(NOISE_LEN, true);
	f->listener = listener_open_tcp("127.0.0.1", 0, &err);
	f->server = http_server_new(f->base, &options, handle, f, &err);
	assert_ok(f->alarm != NULL && f->listener != NULL && f->server != NULL &&
			  http_server_listen(f->server, f->listener, HTTP_FOR_ALL, &err) == 0,
		err);
	colon = strrchr(listener_name(f->listener), ':');
	assert_true(colon != NULL && str_to_int(str_from(colon + 1), &port));
	f->address = (struct sockaddr_in){
		.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static inline void teardown(struct fixture *f)
{
	http_server_free(f->server);
	listener_free(f->listener);
	http_body_unref(f->document);
	http_body_unref(f->small);
	http_body_unref(f->noise);
	http_body_unref(NULL);
	event_free(f->alarm);
	event_base_free(f->base);
	buf_release(&f->paths);
	for (struct answer *a = f->answers, *next; a != NULL; a = next) {
		next = a->next;
		buf_release(&a->raw);
		free(a);
	}
}

static inline struct http_stats stats_of(const struct fixture *f)
{
	struct http_stats stats;

	http_server_get_stats(f->server, &stats);
	return stats;
}

/* ---- the client ---- */

static inline int connect_to(const struct fixture *f)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(connect(fd, (const struct sockaddr *)&f->address, sizeof(f->address)), 0);
	return fd;
}

static inline void send_all(int fd, struct str text)
{
	assert_int_equal(send(fd, text.data, text.len, MSG_NOSIGNAL), text.len);
}

static inline void on_client_readable(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
}

/* Turns the loop until something can be read; false at the end of the stream. */
static inline bool hear(struct fixture *f, int fd, struct buf *into)
{
	const struct timeval patience = {.tv_sec = PATIENCE_S};
	struct event *readable = event_new(f->base, fd, EV_READ | EV_PERSIST, on_client_readable, NULL);
	char chunk[16 * 1024];
	ssize_t n;

	assert_non_null(readable);
	assert_int_equal(event_add(readable, NULL), 0);
	assert_int_equal(event_add(f->alarm, &patience), 0);
	while ((n = recv(fd, chunk, sizeof(chunk), MSG_DONTWAIT)) < 0 && errno == EAGAIN)
		assert_true(event_base_loop(f->base, EVLOOP_ONCE) >= 0);
	event_del(f->alarm);
	event_free(readable);
	if (n > 0)
		assert_int_equal(buf_append(into, chunk, (size_t)n), 0);
	return n > 0;
}

static inline void take_apart(struct answer *a)
{
	size_t end = str_find(buf_str(&a->raw), STR("\r\n\r\n"), 0);
	long long status;

	assert_true(str_starts(buf_str(&a->raw), STR("HTTP/1.")) && end != STR_NPOS);
	assert_true(str_to_int(str_slice(buf_str(&a->raw), 9, 12), &status));
	a->status = (int)status;
	a->head = str_slice(buf_str(&a->raw), 0, end + 2);
	a->body = str_slice(buf_str(&a->raw), end + 4, a->raw.len);
}

/* All answers live until the end of the test. */
static inline struct answer *new_answer(struct fixture *f)
{
	struct answer *a = calloc(1, sizeof(*a));

	assert_non_null(a);
	a->next = f->answers;
	f->answers = a;
	buf_init(&a->raw, ANSWER_MAX);
	return a;
}

/* Sends the bytes on a connection of its own and hears all that is answered, which may be nothing. */
static inline struct answer *converse(struct fixture *f, struct str bytes)
{
	struct answer *a = new_answer(f);
	int fd = connect_to(f);

	send_all(fd, bytes);
	while (hear(f, fd, &a->raw))
		;
	close(fd);
	return a;
}

static inline const struct answer *ask_raw(struct fixture *f, struct str bytes)
{
	struct answer *a = converse(f, bytes);

	take_apart(a);
	return a;
}

/* headers: whole lines with \r\n, or "". */
static inline const struct answer *ask(struct fixture *f, const char *method, const char *path, const char *headers)
{
	struct buf request = BUF_INIT(64 * 1024);
	const struct answer *a;

	buf_printf(&request, "%s %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n%s\r\n", method, path, headers);
	assert_false(buf_failed(&request));
	a = ask_raw(f, buf_str(&request));
	buf_release(&request);
	return a;
}

/* STR_NONE when it is not there. */
static inline struct str header(const struct answer *a, const char *name)
{
	struct str rest = a->head, line;

	while (str_split(&rest, '\n', &line)) {
		size_t colon = str_find_char(line, ':', 0);

		if (colon != STR_NPOS && str_eq_nocase(str_slice(line, 0, colon), str_from(name)))
			return str_trim(str_slice(line, colon + 1, line.len));
	}
	return STR_NONE;
}

static inline void assert_header(const struct answer *a, const char *name, const char *expected)
{
	struct str value = header(a, name);

	if (value.data == NULL || !str_eq(value, str_from(expected)))
		fail_msg("%s is \"%.*s\", not \"%s\"", name, STR_ARG(value), expected);
}

static inline void assert_no_header(const struct answer *a, const char *name)
{
	if (header(a, name).data != NULL)
		fail_msg("%s is \"%.*s\"", name, STR_ARG(header(a, name)));
}

static inline void assert_status(
	struct fixture *f, const char *method, const char *path, const char *headers, int status)
{
	const struct answer *a = ask(f, method, path, headers);

	if (a->status != status)
		fail_msg("%s %s with \"%s\" gives %d, not %d", method, path, headers, a->status, status);
}

static inline bool is_document(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.data[i] != (char)('a' + i % 26))
			return false;
	return s.len == DOCUMENT_LEN;
}

/* The tag of /document without its quotation marks. */
static inline void get_tag(struct fixture *f, char tag[64])
{
	struct str value = header(ask(f, "GET", "/document", ""), "ETag");

	assert_true(value.len > 2 && value.len < 64 && value.data[0] == '"' && value.data[value.len - 1] == '"');
	snprintf(tag, 64, "%.*s", STR_ARG(str_slice(value, 1, value.len - 1)));
}

#endif
