/* SPDX-License-Identifier: ISC */
/* The HTTP server: libmicrohttpd without a thread and without a socket of its own.  Its epoll descriptor
 * is one more descriptor in our loop, and connections come from our listeners, so that TCP, Unix and
 * inherited sockets are served alike. */
#include "sitrep/publish/http.h"

#include <errno.h>
#include <event2/event.h>
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "http_gate.h"
#include "http_host.h"
#include "http_internal.h"
#include "sitrep/base/buf.h"
#include "sitrep/base/clock.h"
#include "sitrep/base/turn.h"

enum {
	/* For the request line, all headers and the answer's headers. */
	CONNECTION_MEMORY = 16 * 1024,
	CONNECTION_TIMEOUT_S = 30,
	PATH_MAX_LEN = 1024,
	LISTENERS_MAX = 32,
	/* Parked requests that are resumed in one turn of the loop. */
	RESUMED_A_TURN = 16,
	/* Between two looks at a request that waits for another thread. */
	IDLE_US = 2000,
	/* Time between two checks of the deadlines. */
	DEADLINE_CHECK_S = 1,
};

/* A request whose head has been read. */
struct request {
	struct http_upload *upload; /* NULL: the body is ignored */
	struct MHD_Connection *connection;
	struct request *next; /* in server->parked */
	bool again;           /* the handler was called before and has put the answer off */
	bool passed;          /* access was granted */
	bool trusted;         /* it has a credential, or no credential is asked for */
	bool is_private;      /* shared caches must not keep the answer */
	bool answered;        /* the handler has answered; a compressed form is being made */
	struct http_answer answer;
};

struct http_server {
	struct event_base *base;
	struct MHD_Daemon *daemon;
	struct event *readable;
	struct event *timer;
	struct event *deadline;
	struct http_admission admission;
	struct http_connection *arriving;     /* the connection that is being handed to libmicrohttpd */
	struct request *parked, **parked_end; /* suspended until another turn, in order */
	bool hurries;                         /* a parked request has work to do now */
	int64_t run_began_us;                 /* processor time */
	unsigned run_requests;
	http_handle_fn *fn;
	http_post_fn *post;
	void *arg;
	struct http_access *access; /* NULL: not set yet */
	struct http_verifier *verifier;
	struct request *password_waits; /* list of requests suspended until their password is checked */
	struct http_flows flows;
	size_t uploading; /* bytes */
	struct http_listener {
		struct http_server *server;
		struct listener *listener;
		enum http_audience audience;
	} listeners[LISTENERS_MAX];
	size_t listener_count;
	bool has_monitor_listener;
	struct http_stats stats;
};

/* ---- the loop ---- */

/* Resumes the oldest parked requests, a few at a time, since their cost is only known once they run. */
static void resume_parked(struct http_server *s)
{
	for (int i = 0; i < RESUMED_A_TURN && s->parked != NULL; i++) {
		struct request *r = s->parked;

		s->parked = r->next;
		if (s->parked == NULL)
			s->parked_end = &s->parked;
		MHD_resume_connection(r->connection);
	}
}

static void run_turn(struct http_server *s)
{
	static const struct timeval at_once = {0}, soon = {.tv_usec = IDLE_US};
	MHD_UNSIGNED_LONG_LONG wait_ms;

	s->run_began_us = clock_thread_cpu_us();
	s->run_requests = 0;
	resume_parked(s);
	s->hurries = s->parked != NULL;
	(void)MHD_run(s->daemon);
	if (s->run_requests > s->stats.turn_requests_max)
		s->stats.turn_requests_max = s->run_requests;
	if (s->parked != NULL)
		event_add(s->timer, s->hurries ? &at_once : &soon);
	else if (MHD_get_timeout(s->daemon, &wait_ms) == MHD_YES) {
		struct timeval tv = clock_timeval((int64_t)wait_ms);

		event_add(s->timer, &tv);
	}
}

static void on_ready(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
	struct http_server *s = arg;

	run_turn(s);
	turn_yield(s->base);
}

static void on_deadline(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
	struct http_server *s = arg;

	if (http_admission_close_late(&s->admission))
		run_turn(s);
}

/* Removes the connection from the admission when libmicrohttpd has refused it. */
static void forget_arriving(struct http_server *s)
{
	if (s->arriving != NULL)
		http_admission_leave(&s->admission, s->arriving);
	s->arriving = NULL;
}

static void on_accept(void *arg, int fd, const struct sockaddr *peer, socklen_t peer_len)
{
	const struct http_listener *from = arg;
	struct http_server *s = from->server;

	s->arriving = http_admission_enter(&s->admission, fd, peer);
	if (s->arriving != NULL)
		s->arriving->for_monitors = from->audience == HTTP_FOR_MONITORS;
	if (s->arriving == NULL)
		close(fd);
	/* libmicrohttpd closes fd when it refuses the connection. */
	else if (MHD_add_connection(s->daemon, fd, peer, peer_len) != MHD_YES)
		forget_arriving(s);
	/* on_connection() is called by MHD_add_connection(), or, since libmicrohttpd 1.0, by the next run. */
	run_turn(s);
	forget_arriving(s);
}

static int descriptor_of(struct MHD_Connection *connection)
{
	return MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
}

static void on_connection(
	void *arg, struct MHD_Connection *connection, void **context, enum MHD_ConnectionNotificationCode code)
{
	struct http_server *s = arg;

	if (code == MHD_CONNECTION_NOTIFY_STARTED) {
		/* When the run failed, a later one starts the connection, and its place is forgotten. */
		if (s->arriving != NULL && s->arriving->fd == descriptor_of(connection)) {
			*context = s->arriving;
			s->arriving = NULL;
		}
	} else if (*context != NULL) {
		/* libmicrohttpd 1.0 also closes what it could not watch, before it has started. */
		http_admission_leave(&s->admission, *context);
	}
}

/* The connection's record in the admission.  NULL: it has none, and is closed at its first request. */
static struct http_connection *place_of(struct MHD_Connection *connection)
{
	return MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
}

/* ---- requests ---- */

/* libmicrohttpd would cut a path at %00, so it leaves paths escaped, and http_decode() decodes them. */
static size_t leave_escaped(void *arg UNUSED, struct MHD_Connection *connection UNUSED, char *s)
{
	return strlen(s);
}

static void add_head(struct http_server *s, struct MHD_Response *response, const struct http_connection *c,
	const struct http_answer *answer)
{
	static const char methods[] = "GET, HEAD, OPTIONS";

	if (answer->location != NULL)
		(void)MHD_add_response_header(response, MHD_HTTP_HEADER_LOCATION, answer->location);
	if (answer->status == MHD_HTTP_METHOD_NOT_ALLOWED || answer->status == MHD_HTTP_NO_CONTENT)
		(void)MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, methods);
	if (answer->status == MHD_HTTP_NOT_MODIFIED)
		s->stats.not_modified++;
	if (answer->status == MHD_HTTP_UNAUTHORIZED) {
		(void)MHD_add_response_header(
			response, MHD_HTTP_HEADER_WWW_AUTHENTICATE, "Basic realm=\"sitrepd\", charset=\"UTF-8\"");
		(void)MHD_add_response_header(response, MHD_HTTP_HEADER_WWW_AUTHENTICATE, "Bearer realm=\"sitrepd\"");
	}
	if (answer->status == MHD_HTTP_TOO_MANY_REQUESTS)
		(void)MHD_add_response_header(response, MHD_HTTP_HEADER_RETRY_AFTER, "6");
	if (c->is_late || answer->status == MHD_HTTP_BAD_REQUEST)
		(void)MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
	if (c->is_late && answer->status == MHD_HTTP_SERVICE_UNAVAILABLE)
		(void)MHD_add_response_header(response, MHD_HTTP_HEADER_RETRY_AFTER, "10");
}

static enum MHD_Result answer_with(struct http_server *s, struct MHD_Connection *connection, const char *url,
	struct http_answer *answer, bool is_private)
{
	struct http_connection *c = place_of(connection);
	struct MHD_Response *response;
	enum MHD_Result result;
	size_t size;

	if (answer->body == NULL && answer->flow == NULL) {
		answer->body = http_error_body(connection, url, answer->status);
		if (answer->location == NULL)
			answer->cache_control = NULL;
		answer->max_age_s = 0;
		if (answer->body == NULL)
			return MHD_NO;
	}
	if (answer->flow != NULL) {
		response = http_flow_response(&s->flows, connection, c, answer);
		answer->flow = NULL;
		size = 0;
	} else {
		response = http_response(connection, answer);
		size = http_body_size(answer->body);
	}
	http_body_unref(answer->body);
	answer->body = NULL;
	if (response == NULL)
		return MHD_NO;
	add_head(s, response, c, answer);
	/* shared caches must not keep it */
	if (is_private && (answer->cache_control != NULL || answer->max_age_s > 0))
		(void)MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "private");
	http_admission_note(c, HTTP_ANSWERED, size);
	result = MHD_queue_response(connection, (unsigned)answer->status, response);
	MHD_destroy_response(response);
	return result;
}

/* The authority is the target's, if that is a whole URL, else the Host field's (RFC 9112, 3.2.2).  A client of HTTP/1.0
 * may send none; browsers always do.  A Unix socket has no name that a page could rebind.  0, or the status of the
 * refusal. */
static int judge_host(struct http_server *s, struct MHD_Connection *connection, const char *url)
{
	const char *host = http_header(connection, MHD_HTTP_HEADER_HOST), *path;
	struct str authority = str_from(host);
	enum http_host_verdict verdict;

	if (!http_host_split(url, &authority, &path) && host == NULL)
		return 0;
	verdict = http_access_judge_host(s->access, authority);
	if (verdict == HTTP_HOST_MALFORMED) {
		s->stats.ambiguous++;
		return MHD_HTTP_BAD_REQUEST;
	}
	if (verdict == HTTP_HOST_OURS || place_of(connection)->is_local)
		return 0;
	s->stats.misdirected++;
	return MHD_HTTP_MISDIRECTED_REQUEST;
}

/* The first call for a request comes before its body, if any.  A response here would close the connection while the
 * client still sends. So refusals wait for the end of the body, unless the body is too large. */
static enum MHD_Result begin_request(
	struct http_server *s, struct MHD_Connection *connection, const char *url, const char *method, void **state)
{
	struct http_answer answer = {.status = MHD_HTTP_CONTENT_TOO_LARGE};
	struct http_connection *c = place_of(connection);
	struct buf path = BUF_INIT(PATH_MAX_LEN);
	struct str announced = str_from(http_header(connection, MHD_HTTP_HEADER_CONTENT_LENGTH));
	bool is_post = s->post != NULL && strcmp(method, MHD_HTTP_METHOD_POST) == 0;
	struct str authority;
	struct request *r;
	long long length = 0;
	size_t limit = 0;
	int status = 0;

	if (c == NULL)
		return MHD_NO;
	if (http_head_mistake(connection) != NULL) {
		s->stats.requests++;
		s->stats.ambiguous++;
		answer.status = MHD_HTTP_BAD_REQUEST;
		return answer_with(s, connection, url, &answer, false);
	}
	status = judge_host(s, connection, url);
	if (status != 0) {
		s->stats.requests++;
		answer.status = status;
		return answer_with(s, connection, url, &answer, false);
	}
	(void)http_host_split(url, &authority, &url);
	if (is_post) {
		status = http_decode(&path, url) ? s->post(s->arg, buf_str(&path), &limit) : MHD_HTTP_BAD_REQUEST;
		buf_release(&path);
	}
	if (c->is_late && (!is_post || status != 0)) {
		s->stats.requests++;
		s->admission.dropped[HTTP_DROP_FULL]++;
		answer.status = MHD_HTTP_SERVICE_UNAVAILABLE;
		return answer_with(s, connection, url, &answer, false);
	}
	if (!str_to_int(announced, &length) || length < 0)
		length = 0;
	if (http_upload_is_hopeless((uint64_t)length)) {
		s->stats.requests++;
		return answer_with(s, connection, url, &answer, false);
	}
	r = calloc(1, sizeof(*r));
	if (r == NULL)
		return MHD_NO;
	r->connection = connection;
	r->upload = is_post ? http_upload_new(status, limit, (uint64_t)length, &s->uploading) : NULL;
	*state = r;
	http_admission_note(c, HTTP_UPLOADS, 0);
	return is_post && r->upload == NULL ? MHD_NO : MHD_YES;
}

static void on_completed(
	void *arg UNUSED, struct MHD_Connection *connection, void **state, enum MHD_RequestTerminationCode code UNUSED)
{
	struct http_connection *c = place_of(connection);
	struct request *r = *state;

	if (c != NULL)
		http_admission_note(c, HTTP_WAITS, 0);
	*state = NULL;
	if (r == NULL)
		return;
	http_upload_free(r->upload);
	if (r->answer.flow != NULL)
		r->answer.flow->closed(r->answer.flow_arg);
	http_body_unref(r->answer.body);
	free(r->answer.location);
	free(r);
}

/* Puts the request off until another turn.  is_idle: it waits for another thread, so the next turn may come later. */
static enum MHD_Result park_request(struct http_server *s, struct request *r, bool is_idle)
{
	static const struct timeval at_once = {0}, soon = {.tv_usec = IDLE_US};

	s->stats.postponed++;
	s->hurries = s->hurries || !is_idle;
	r->next = NULL;
	*s->parked_end = r;
	s->parked_end = &r->next;
	MHD_suspend_connection(r->connection);
	event_add(s->timer, s->hurries ? &at_once : &soon);
	return MHD_YES;
}

/* Suspends the request until its password is checked. */
static enum MHD_Result wait_for_password(struct http_server *s, struct request *r)
{
	r->next = s->password_waits;
	s->password_waits = r;
	MHD_suspend_connection(r->connection);
	return MHD_YES;
}

static void run_soon(void *arg)
{
	static const struct timeval at_once = {0};
	struct http_server *s = arg;

	event_add(s->timer, &at_once);
}

static void on_verified(void *arg)
{
	struct http_server *s = arg;

	while (s->password_waits != NULL) {
		struct request *r = s->password_waits;

		s->password_waits = r->next;
		r->next = NULL;
		*s->parked_end = r;
		s->parked_end = &r->next;
	}
	run_soon(s);
}

static bool turn_has_room(const struct http_server *s)
{
	return s->run_requests < HTTP_TURN_REQUESTS &&
	       (s->run_requests == 0 || clock_thread_cpu_us() - s->run_began_us < HTTP_TURN_US);
}

/* False for a method that no document has. */
static bool read_method(const char *name, enum http_method *method)
{
	static const struct {
		const char *name;
		enum http_method method;
	} methods[] = {{MHD_HTTP_METHOD_GET, HTTP_GET}, {MHD_HTTP_METHOD_HEAD, HTTP_HEAD},
		{MHD_HTTP_METHOD_OPTIONS, HTTP_OPTIONS}};

	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
		*method = methods[i].method;
		if (strcmp(name, methods[i].name) == 0)
			return true;
	}
	return false;
}

/* Sets the answer's status when access is refused.  False: the request waits for the check of its password. */
static bool check_access(
	struct http_server *s, struct request *r, const struct http_request *request, struct http_answer *answer)
{
	enum http_gate gate = http_access_ask(s->access, s->verifier, request, place_of(r->connection)->address);

	r->passed = gate == HTTP_GATE_OPEN || gate == HTTP_GATE_PASSED;
	r->is_private = gate == HTTP_GATE_PASSED;
	r->trusted = gate == HTTP_GATE_PASSED || (r->passed && (s->access == NULL || !http_access_asks(s->access)));
	if (gate == HTTP_GATE_BARRED) {
		s->stats.barred++;
		answer->status = MHD_HTTP_UNAUTHORIZED;
	} else if (gate == HTTP_GATE_BUSY) {
		answer->status = MHD_HTTP_TOO_MANY_REQUESTS;
	}
	return gate != HTTP_GATE_WAITS;
}

/* True when the listening address of the connection serves the path. */
static bool is_served_there(const struct http_server *s, const struct http_connection *c, struct str path)
{
	if (str_eq(path, STR("/metrics")))
		return c->for_monitors || !s->has_monitor_listener;
	return !c->for_monitors || str_eq(path, STR("/healthz"));
}

/* False: the request waits for the check of its password. */
static bool handle_request(
	struct http_server *s, const char *url, const char *method, struct request *r, struct http_answer *answer)
{
	struct buf path = BUF_INIT(PATH_MAX_LEN);
	struct http_upload *upload = r->upload;
	struct http_request request = {.method = HTTP_POST, .connection = r->connection, .again = r->again};
	bool goes_on = true;

	if (upload != NULL && upload->status != 0) {
		answer->status = upload->status;
	} else if (upload == NULL && !read_method(method, &request.method)) {
		answer->status = MHD_HTTP_METHOD_NOT_ALLOWED;
	} else if (!http_decode(&path, url)) {
		answer->status = MHD_HTTP_BAD_REQUEST;
	} else {
		request.path = buf_str(&path);
		request.body = upload != NULL ? &upload->body : NULL;
		goes_on = r->passed || check_access(s, r, &request, answer);
		request.is_trusted = r->trusted;
		if (r->passed && is_served_there(s, place_of(r->connection), request.path))
			s->fn(s->arg, &request, answer);
		/* RFC 9110, 14.2: a range of a HEAD request has no meaning. */
		answer->ranges = answer->ranges && request.method == HTTP_GET;
	}
	buf_release(&path);
	return goes_on;
}

static enum MHD_Result on_request(void *arg, struct MHD_Connection *connection, const char *url, const char *method,
	const char *version UNUSED, const char *data, size_t *data_size, void **state)
{
	struct http_server *s = arg;
	struct request *r = *state;
	int coding;
	struct str authority;

	if (r == NULL)
		return begin_request(s, connection, url, method, state);
	(void)http_host_split(url, &authority, &url);
	if (*data_size > 0) {
		bool go_on = r->upload == NULL || http_upload_add(r->upload, data, *data_size);

		*data_size = 0;
		return go_on ? MHD_YES : MHD_NO;
	}
	if (!turn_has_room(s))
		return park_request(s, r, false);
	s->run_requests++;
	if (!r->answered) {
		r->answer = (struct http_answer){.status = MHD_HTTP_NOT_FOUND};
		if (!handle_request(s, url, method, r, &r->answer))
			return wait_for_password(s, r);
		r->again = r->answer.later;
		if (r->answer.later)
			return park_request(s, r, r->answer.idle);
		r->answered = true;
	}
	coding = http_coding(connection);
	if (r->answer.body != NULL && coding != HTTP_IDENTITY &&
		http_body_compress(r->answer.body, (enum compression_coding)coding) == HTTP_COMPRESSION_LATER)
		return park_request(s, r, false);
	s->stats.requests++;
	return answer_with(s, connection, url, &r->answer, r->is_private);
}

/* ---- life ---- */

struct http_server *http_server_new(
	struct event_base *base, const struct http_options *options, http_handle_fn *fn, void *arg, struct error *err)
{
	static const struct timeval check = {.tv_sec = DEADLINE_CHECK_S};
	struct http_server *s = calloc(1, sizeof(*s));
	const union MHD_DaemonInfo *info;

	if (s == NULL || http_admission_init(&s->admission, options) != 0) {
		free(s);
		error_sys(err, -ENOMEM, "cannot serve HTTP");
		return NULL;
	}
	s->base = base;
	s->fn = fn;
	s->arg = arg;
	s->parked_end = &s->parked;
	s->flows = (struct http_flows){.run_soon = run_soon, .arg = s};
	/* http_admission.c counts the connections. Twice as many leave room for those that are shut down but not closed
	 * yet. */
	s->daemon = MHD_start_daemon(MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL,
		on_request, s, MHD_OPTION_CONNECTION_LIMIT, 2 * options->max_connections + options->max_flows,
		MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)CONNECTION_TIMEOUT_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
		(size_t)CONNECTION_MEMORY, MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL,
		MHD_OPTION_NOTIFY_CONNECTION, on_connection, s, MHD_OPTION_UNESCAPE_CALLBACK, leave_escaped, NULL,
		MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_END);
	info = s->daemon != NULL ? MHD_get_daemon_info(s->daemon, MHD_DAEMON_INFO_EPOLL_FD) : NULL;
	if (info == NULL) {
		error_set(err, -ENOTSUP, "cannot start the HTTP server: libmicrohttpd refused");
		http_server_free(s);
		return NULL;
	}
	s->verifier = http_verifier_new(base, on_verified, s, err);
	if (s->verifier == NULL) {
		http_server_free(s);
		return NULL;
	}
	s->readable = event_new(base, info->epoll_fd, EV_READ | EV_PERSIST, on_ready, s);
	s->timer = evtimer_new(base, on_ready, s);
	s->deadline = event_new(base, -1, EV_PERSIST, on_deadline, s);
	if (s->readable == NULL || s->timer == NULL || s->deadline == NULL || event_add(s->readable, NULL) != 0 ||
		event_add(s->deadline, &check) != 0) {
		error_set(err, -ENOMEM, "cannot serve HTTP");
		http_server_free(s);
		return NULL;
	}
	return s;
}

void http_server_allow_post(struct http_server *s, http_post_fn *fn)
{
	s->post = fn;
}

void http_server_set_access(struct http_server *s, struct http_access *access)
{
	http_access_free(s->access);
	s->access = access;
	/* An answer without an end may have a reader who is no longer listed. */
	if (s->flows.first != NULL && http_access_asks(access))
		http_flows_end(&s->flows);
}

int http_server_listen(struct http_server *s, struct listener *l, enum http_audience audience, struct error *err)
{
	struct http_listener *added = &s->listeners[s->listener_count];

	if (s->listener_count == LISTENERS_MAX)
		return error_set(err, -E2BIG, "cannot listen on more than %d addresses", LISTENERS_MAX);
	*added = (struct http_listener){.server = s, .listener = l, .audience = audience};
	s->listener_count++;
	s->has_monitor_listener = s->has_monitor_listener || audience == HTTP_FOR_MONITORS;
	return listener_start(l, s->base, on_accept, added, err);
}

void http_server_get_stats(const struct http_server *s, struct http_stats *stats)
{
	*stats = s->stats;
	memcpy(stats->dropped, s->admission.dropped, sizeof(stats->dropped));
	stats->connections = s->admission.count;
}

void http_server_stop_accepting(struct http_server *s)
{
	for (size_t i = 0; i < s->listener_count; i++)
		listener_stop(s->listeners[i].listener);
}

bool http_server_owes(const struct http_server *s)
{
	return s->parked != NULL || s->password_waits != NULL || http_admission_owes(&s->admission);
}

void http_server_free(struct http_server *s)
{
	if (s == NULL)
		return;
	http_server_stop_accepting(s);
	if (s->readable != NULL)
		event_free(s->readable);
	if (s->timer != NULL)
		event_free(s->timer);
	if (s->deadline != NULL)
		event_free(s->deadline);
	/* libmicrohttpd refuses to stop while a connection is suspended. */
	for (; s->parked != NULL; s->parked = s->parked->next)
		MHD_resume_connection(s->parked->connection);
	for (; s->password_waits != NULL; s->password_waits = s->password_waits->next)
		MHD_resume_connection(s->password_waits->connection);
	http_flows_resume(&s->flows);
	if (s->daemon != NULL)
		MHD_stop_daemon(s->daemon);
	http_admission_release(&s->admission);
	http_verifier_free(s->verifier);
	http_access_free(s->access);
	free(s);
}
