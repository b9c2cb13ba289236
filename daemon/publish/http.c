/* The HTTP server: libmicrohttpd without a thread and without a socket of its own.  Its epoll descriptor
 * is one more descriptor in our loop, and connections come from our listeners, so that TCP, Unix and
 * inherited sockets are served alike. */
#include "sitrep/http.h"

#include <errno.h>
#include <event2/event.h>
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "http_internal.h"
#include "sitrep/buf.h"
#include "sitrep/clock.h"

enum {
	/* For the request line, all headers and the answer's headers. */
	CONNECTION_MEMORY = 16 * 1024,
	CONNECTION_TIMEOUT_S = 30,
	PATH_MAX_LEN = 1024,
	LISTENERS_MAX = 32,
};

struct http_server {
	struct event_base *base;
	struct MHD_Daemon *daemon;
	struct event *readable;
	struct event *timer;
	http_handle_fn *fn;
	http_post_fn *post;
	void *arg;
	size_t uploading; /* bytes */
	struct listener *listeners[LISTENERS_MAX];
	size_t listener_count;
	struct http_stats stats;
};

/* ---- the loop ---- */

static void run(struct http_server *s)
{
	MHD_UNSIGNED_LONG_LONG wait_ms;

	(void)MHD_run(s->daemon);
	if (MHD_get_timeout(s->daemon, &wait_ms) == MHD_YES) {
		struct timeval tv = {
			.tv_sec = (time_t)(wait_ms / 1000), .tv_usec = (suseconds_t)(wait_ms % 1000) * 1000};

		(void)event_add(s->timer, &tv);
	}
}

static void on_ready(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	run(arg);
}

static void on_accept(void *arg, int fd, const struct sockaddr *peer, socklen_t peer_len)
{
	struct http_server *s = arg;

	/* It closes fd when it refuses. */
	if (MHD_add_connection(s->daemon, fd, peer, peer_len) != MHD_YES)
		s->stats.refused++;
	run(s);
}

/* ---- requests ---- */

/* libmicrohttpd would cut a path at %00: it gets the path as it came, and it is decoded below. */
static size_t leave_escaped(void *arg, struct MHD_Connection *connection, char *s)
{
	(void)arg;
	(void)connection;
	return strlen(s);
}

static int hex_digit(char c)
{
	if (char_is_digit(c))
		return c - '0';
	c = char_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* False for a path or an argument that nobody sends in good faith. */
static bool decode(struct buf *out, const char *raw)
{
	for (; *raw != '\0'; raw++) {
		unsigned char c = (unsigned char)*raw;

		if (c == '%') {
			int high = hex_digit(raw[1]);
			int low = high < 0 ? -1 : hex_digit(raw[2]);

			if (low < 0)
				return false;
			c = (unsigned char)(high * 16 + low);
			raw += 2;
		}
		if (c < 0x20 || c == 0x7f)
			return false;
		(void)buf_putc(out, (char)c);
	}
	return !buf_failed(out);
}

/* What http_request_field() looks for. */
struct field_list {
	const char *name;
	struct buf *out;
	bool found;
};

static enum MHD_Result add_field(void *arg, enum MHD_ValueKind kind, const char *name, const char *value)
{
	struct field_list *list = arg;

	(void)kind;
	if (value == NULL || !str_eq_nocase(str_from(name), str_from(list->name)))
		return MHD_YES;
	if (list->found)
		(void)buf_puts(list->out, ", ");
	list->found = true;
	(void)buf_puts(list->out, value);
	return MHD_YES;
}

bool http_request_field(const struct http_request *r, const char *name, struct buf *out)
{
	struct field_list list = {.name = name, .out = out};

	(void)MHD_get_connection_values(r->connection, MHD_HEADER_KIND, add_field, &list);
	return list.found && !buf_failed(out);
}

bool http_request_argument(const struct http_request *r, const char *name, struct buf *out)
{
	const char *raw = MHD_lookup_connection_value(r->connection, MHD_GET_ARGUMENT_KIND, name);

	return raw != NULL && decode(out, raw);
}

static const char *header(struct MHD_Connection *connection, const char *name)
{
	return MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
}

/* "q=0", "q=0.000" */
static bool weight_is_zero(struct str parameter)
{
	if (!str_starts_nocase(parameter, STR("q=0")))
		return false;
	for (size_t i = 3; i < parameter.len; i++)
		if (parameter.data[i] != '0' && parameter.data[i] != '.')
			return false;
	return true;
}

/* "q=0.5" is 500; what is none counts as 1000. */
static int read_weight(struct str parameter)
{
	int weight = 0, digit = 1000;

	if (!str_starts_nocase(parameter, STR("q=")))
		return 1000;
	for (size_t i = 2; i < parameter.len && digit > 0; i++) {
		if (parameter.data[i] == '.')
			continue;
		if (!char_is_digit(parameter.data[i]))
			return 0;
		weight += (parameter.data[i] - '0') * digit;
		digit /= 10;
	}
	return weight < 1000 ? weight : 1000;
}

int http_weight(struct str accept, struct str type)
{
	struct str one, name, parameter;
	int weight = -1;

	while (weight < 0 && str_split(&accept, ',', &one)) {
		(void)str_split(&one, ';', &name);
		if (!str_eq_nocase(str_trim(name), type))
			continue;
		weight = 1000;
		while (weight == 1000 && str_split(&one, ';', &parameter))
			weight = read_weight(str_trim(parameter));
	}
	return weight;
}

static bool may_be_kept(const char *cache_control)
{
	return cache_control != NULL && strcmp(cache_control, "no-store") != 0;
}

/* RFC 9110, 12.5.3: is gzip named, by itself or by "*", without q=0. */
static bool accepts_gzip(struct MHD_Connection *connection)
{
	struct str rest = str_from(header(connection, MHD_HTTP_HEADER_ACCEPT_ENCODING));
	struct str coding, name;
	bool any = false;

	while (str_split(&rest, ',', &coding)) {
		(void)str_split(&coding, ';', &name);
		name = str_trim(name);
		if (str_eq_nocase(name, STR("gzip")) || str_eq_nocase(name, STR("x-gzip")))
			return !weight_is_zero(str_trim(coding));
		if (str_eq(name, STR("*")))
			any = !weight_is_zero(str_trim(coding));
	}
	return any;
}

/* RFC 9110, 13.1.2 with weak comparison; either form's tag means the same resource state. */
static bool names_tag(struct str list, const struct http_body *b)
{
	struct str one;

	while (str_split(&list, ',', &one)) {
		one = str_trim(one);
		if (str_eq(one, STR("*")))
			return true;
		if (str_starts(one, STR("W/")))
			one = str_slice(one, 2, one.len);
		if (one.len < 2 || one.data[0] != '"' || one.data[one.len - 1] != '"')
			continue;
		one = str_slice(one, 1, one.len - 1);
		if (str_ends(one, STR("-gz")))
			one.len -= 3;
		if (str_eq(one, str_from(b->tag)))
			return true;
	}
	return false;
}

static bool is_not_modified(struct MHD_Connection *connection, const struct http_body *b)
{
	const char *tags = header(connection, MHD_HTTP_HEADER_IF_NONE_MATCH);
	const char *since = header(connection, MHD_HTTP_HEADER_IF_MODIFIED_SINCE);
	int64_t since_ms;

	if (tags != NULL)
		return names_tag(str_from(tags), b);
	if (since == NULL || b->modified_ms == TIME_NONE)
		return false;
	since_ms = time_parse_http(str_from(since));
	return since_ms != TIME_NONE && b->modified_ms / 1000 <= since_ms / 1000;
}

static void add_headers(
	struct MHD_Response *response, const struct http_body *b, bool packed, const char *cache_control)
{
	char text[TIME_TEXT_MAX];
	char etag[48];

	(void)MHD_add_response_header(response, MHD_HTTP_HEADER_VARY, "Accept-Encoding");
	if (cache_control != NULL)
		(void)MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, cache_control);
	if (may_be_kept(cache_control)) {
		(void)snprintf(etag, sizeof(etag), "\"%s%s\"", b->tag, packed ? "-gz" : "");
		(void)MHD_add_response_header(response, MHD_HTTP_HEADER_ETAG, etag);
		if (b->modified_ms != TIME_NONE)
			(void)MHD_add_response_header(
				response, MHD_HTTP_HEADER_LAST_MODIFIED, time_format_http(text, b->modified_ms));
	}
}

static void release_body(void *body)
{
	http_body_unref(body);
}

static struct MHD_Response *make_response(
	struct MHD_Connection *connection, struct http_body *b, int *status, const char *cache_control)
{
	struct MHD_Response *response;
	bool packed = accepts_gzip(connection) && http_body_compress(b);

	if (*status == MHD_HTTP_OK && may_be_kept(cache_control) && is_not_modified(connection, b)) {
		*status = MHD_HTTP_NOT_MODIFIED;
		response = MHD_create_response_from_buffer(0, (void *)"", MHD_RESPMEM_PERSISTENT);
	} else {
		response = MHD_create_response_from_buffer_with_free_callback_cls(
			packed ? b->gzip_len : b->len, packed ? b->gzip : b->data, release_body, http_body_ref(b));
		if (response == NULL)
			http_body_unref(b);
	}
	if (response == NULL)
		return NULL;
	add_headers(response, b, packed, cache_control);
	if (*status != MHD_HTTP_NOT_MODIFIED) {
		(void)MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, b->content_type);
		if (packed)
			(void)MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_ENCODING, "gzip");
	}
	return response;
}

/* What a page of ours needs and nothing more, should anything slip through the sanitizer. */
static void add_protection(struct MHD_Response *response)
{
	(void)MHD_add_response_header(response, "Content-Security-Policy",
		"default-src 'none'; style-src 'unsafe-inline'; img-src http: https: data:; base-uri 'none'; "
		"form-action 'none'; frame-ancestors 'none'");
	(void)MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
	(void)MHD_add_response_header(response, "Referrer-Policy", "no-referrer");
}

static enum MHD_Result answer_with(struct http_server *s, struct MHD_Connection *connection, struct http_answer *answer)
{
	struct MHD_Response *response;
	enum MHD_Result result;

	if (answer->body == NULL) {
		char *line = NULL;
		int len = asprintf(&line, "%d\n", answer->status);

		answer->body =
			len < 0 ? NULL : http_body_new(line, (size_t)len, "text/plain; charset=utf-8", TIME_NONE);
		answer->cache_control = NULL;
		if (answer->body == NULL)
			return MHD_NO;
	}
	response = make_response(connection, answer->body, &answer->status, answer->cache_control);
	http_body_unref(answer->body);
	if (response == NULL)
		return MHD_NO;
	add_protection(response);
	if (answer->status == MHD_HTTP_METHOD_NOT_ALLOWED)
		(void)MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
	if (answer->status == MHD_HTTP_NOT_MODIFIED)
		s->stats.not_modified++;
	result = MHD_queue_response(connection, (unsigned)answer->status, response);
	MHD_destroy_response(response);
	return result;
}

/* Stands for a request whose body nobody wants. */
static char no_upload;

/* The first call for a request comes before its body, if any.  A response would be final here, and close the
 * connection with the client still talking; so refusals wait for the end, unless that is too far away. */
static enum MHD_Result begin_request(
	struct http_server *s, struct MHD_Connection *connection, const char *url, const char *method, void **state)
{
	struct http_answer answer = {.status = MHD_HTTP_CONTENT_TOO_LARGE};
	struct buf path = BUF_INIT(PATH_MAX_LEN);
	struct str announced = str_from(header(connection, MHD_HTTP_HEADER_CONTENT_LENGTH));
	long long length = 0;
	size_t limit = 0;
	int status;

	*state = &no_upload;
	if (s->post == NULL || strcmp(method, MHD_HTTP_METHOD_POST) != 0)
		return MHD_YES;
	status = decode(&path, url) ? s->post(s->arg, buf_str(&path), &limit) : MHD_HTTP_BAD_REQUEST;
	buf_release(&path);
	if (!str_to_int(announced, &length) || length < 0)
		length = 0;
	if (http_upload_is_hopeless((uint64_t)length)) {
		s->stats.requests++;
		return answer_with(s, connection, &answer);
	}
	*state = http_upload_new(status, limit, (uint64_t)length, &s->uploading);
	return *state != NULL ? MHD_YES : MHD_NO;
}

static void on_completed(
	void *arg, struct MHD_Connection *connection, void **state, enum MHD_RequestTerminationCode code)
{
	(void)arg;
	(void)connection;
	(void)code;
	if (*state != &no_upload)
		http_upload_free(*state);
	*state = NULL;
}

static void handle(struct http_server *s, struct MHD_Connection *connection, const char *url, const char *method,
	struct http_upload *upload, struct http_answer *answer)
{
	struct buf path = BUF_INIT(PATH_MAX_LEN);
	struct http_request request = {.connection = connection};

	if (upload != NULL && upload->status != 0) {
		answer->status = upload->status;
	} else if (upload == NULL && strcmp(method, MHD_HTTP_METHOD_GET) != 0 &&
		   strcmp(method, MHD_HTTP_METHOD_HEAD) != 0) {
		answer->status = MHD_HTTP_METHOD_NOT_ALLOWED;
	} else if (!decode(&path, url)) {
		answer->status = MHD_HTTP_BAD_REQUEST;
	} else {
		request.method = upload != NULL                             ? HTTP_POST
				 : strcmp(method, MHD_HTTP_METHOD_GET) == 0 ? HTTP_GET
									    : HTTP_HEAD;
		request.path = buf_str(&path);
		request.body = upload != NULL ? &upload->body : NULL;
		s->fn(s->arg, &request, answer);
	}
	buf_release(&path);
}

static enum MHD_Result on_request(void *arg, struct MHD_Connection *connection, const char *url, const char *method,
	const char *version, const char *data, size_t *data_size, void **state)
{
	struct http_server *s = arg;
	struct http_answer answer = {.status = MHD_HTTP_NOT_FOUND};
	struct http_upload *upload = *state != &no_upload ? *state : NULL;

	(void)version;
	if (*state == NULL)
		return begin_request(s, connection, url, method, state);
	if (*data_size > 0) {
		bool go_on = upload == NULL || http_upload_add(upload, data, *data_size);

		*data_size = 0;
		return go_on ? MHD_YES : MHD_NO;
	}
	s->stats.requests++;
	handle(s, connection, url, method, upload, &answer);
	return answer_with(s, connection, &answer);
}

/* ---- life ---- */

struct http_server *http_server_new(
	struct event_base *base, unsigned max_connections, http_handle_fn *fn, void *arg, struct error *err)
{
	struct http_server *s = calloc(1, sizeof(*s));
	const union MHD_DaemonInfo *info;

	if (s == NULL) {
		(void)error_sys(err, -ENOMEM, "cannot serve HTTP");
		return NULL;
	}
	s->base = base;
	s->fn = fn;
	s->arg = arg;
	s->daemon = MHD_start_daemon(MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET, 0, NULL, NULL, on_request, s,
		MHD_OPTION_CONNECTION_LIMIT, max_connections, MHD_OPTION_CONNECTION_TIMEOUT,
		(unsigned)CONNECTION_TIMEOUT_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY,
		MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL, MHD_OPTION_UNESCAPE_CALLBACK, leave_escaped, NULL,
		MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_END);
	info = s->daemon != NULL ? MHD_get_daemon_info(s->daemon, MHD_DAEMON_INFO_EPOLL_FD) : NULL;
	if (info == NULL) {
		(void)error_set(err, -ENOTSUP, "cannot start the HTTP server: libmicrohttpd refused");
		http_server_free(s);
		return NULL;
	}
	s->readable = event_new(base, info->epoll_fd, EV_READ | EV_PERSIST, on_ready, s);
	s->timer = evtimer_new(base, on_ready, s);
	if (s->readable == NULL || s->timer == NULL || event_add(s->readable, NULL) != 0) {
		(void)error_set(err, -ENOMEM, "cannot serve HTTP");
		http_server_free(s);
		return NULL;
	}
	return s;
}

void http_server_allow_post(struct http_server *s, http_post_fn *fn)
{
	s->post = fn;
}

int http_server_listen(struct http_server *s, struct listener *l, struct error *err)
{
	if (s->listener_count == LISTENERS_MAX)
		return error_set(err, -E2BIG, "cannot listen on more than %d addresses", LISTENERS_MAX);
	s->listeners[s->listener_count++] = l;
	return listener_start(l, s->base, on_accept, s, err);
}

void http_server_get_stats(const struct http_server *s, struct http_stats *stats)
{
	const union MHD_DaemonInfo *info = MHD_get_daemon_info(s->daemon, MHD_DAEMON_INFO_CURRENT_CONNECTIONS);

	*stats = s->stats;
	stats->connections = info != NULL ? info->num_connections : 0;
}

void http_server_free(struct http_server *s)
{
	if (s == NULL)
		return;
	for (size_t i = 0; i < s->listener_count; i++)
		listener_stop(s->listeners[i]);
	if (s->readable != NULL)
		event_free(s->readable);
	if (s->timer != NULL)
		event_free(s->timer);
	if (s->daemon != NULL)
		MHD_stop_daemon(s->daemon);
	free(s);
}
