/* SPDX-License-Identifier: ISC */
/* Requests: any bytes as a client sends them.  Whatever comes, the handler is given paths without control characters
 * and bodies within their limit, what is answered begins with a status line, and no upload is counted when all is over.
 */
#include "../../daemon/publish/http_internal.h"
#include "converse.h"
#include "sitrep/base/log.h"
#include "sitrep/publish/http.h"

enum { BODY_MAX = 1000, ARGUMENT_MAX = 300 };

static char folder[64] = "/tmp/sitrep-fuzz-XXXXXX";
static char path[96];
static struct event_base *base;
static struct buf heard, decoded;

static bool is_clean(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.data[i] < 0x20 || s.data[i] == 0x7f)
			return false;
	return true;
}

static void handle(void *arg, const struct http_request *r, struct http_answer *answer)
{
	struct buf text = BUF_INIT(ARGUMENT_MAX);

	(void)arg;
	fuzz_require(is_clean(r->path), r->path);
	fuzz_require((r->method == HTTP_POST) == (r->body != NULL), r->path);
	fuzz_require(r->body == NULL || r->body->len <= BODY_MAX, r->path);
	if (http_request_argument(r, "q", &text))
		fuzz_require(is_clean(buf_str(&text)) && text.len <= ARGUMENT_MAX, buf_str(&text));
	buf_release(&text);
	if (http_request_field(r, "Accept", &text)) {
		int weight = http_weight(buf_str(&text), STR("application/json"));

		fuzz_require(weight >= -1 && weight <= 1000, buf_str(&text));
	}
	buf_release(&text);
	answer->status = r->path.len > 9 ? 404 : 200;
	if (answer->status == 200)
		answer->body = http_body_new(strdup("hello hello hello"), 17, "text/plain", 1000);
}

static int allow_post(void *arg, struct str at, size_t *limit)
{
	(void)arg;
	*limit = BODY_MAX;
	return str_starts(at, STR("/hub")) ? 0 : 404;
}

static void remove_folder(void)
{
	unlink(path);
	rmdir(folder);
}

FUZZ_SETUP
{
	const struct http_options options = {.max_connections = 8, .max_per_address = 8};
	struct error err = {0};
	struct listener *l;
	struct http_server *server;

	log_set_level(LOG_LEVEL_ERROR);
	buf_init(&heard, FUZZ_BUF_MAX);
	buf_init(&decoded, FUZZ_BUF_MAX);
	base = event_base_new();
	if (base == NULL || mkdtemp(folder) == NULL || atexit(remove_folder) != 0)
		return 1;
	snprintf(path, sizeof(path), "%s/http.sock", folder);
	l = listener_open_unix(path, 0600, NULL, &err);
	server = http_server_new(base, &options, handle, NULL, &err);
	if (l == NULL || server == NULL)
		return 1;
	http_server_allow_post(server, allow_post);
	return http_server_listen(server, l, HTTP_FOR_ALL, &err);
}

/* ---- over the socket ---- */

static void converse(struct str bytes)
{
	fuzz_converse(base, path, bytes, true, &heard);
	for (int i = 0; i < 3; i++)
		event_base_loop(base, EVLOOP_NONBLOCK);
	fuzz_require(heard.len == 0 || str_starts(buf_str(&heard), STR("HTTP/1.")), bytes);
}

/* ---- by themselves ---- */

/* The first byte says how large the pieces are, the second what the head announced. */
static void check_upload(struct str bytes)
{
	size_t total = 0, step = bytes.len > 2 ? 1 + (size_t)(unsigned char)bytes.data[0] : 1;
	uint64_t announced = bytes.len > 2 ? (uint64_t)(unsigned char)bytes.data[1] * 8 : 0;
	struct http_upload *u = http_upload_new(0, BODY_MAX, announced, &total);
	struct str rest = str_slice(bytes, 2, bytes.len);

	fuzz_require(u != NULL, bytes);
	for (size_t at = 0; at < rest.len; at += step) {
		struct str piece = str_slice(rest, at, at + step);

		fuzz_require(http_upload_add(u, piece.data, piece.len), bytes);
		fuzz_require(total == u->kept && u->kept <= BODY_MAX, bytes);
		fuzz_require(u->status != 0 || str_eq(buf_str(&u->body), str_slice(rest, 0, at + step)), bytes);
	}
	fuzz_require((u->status == 0) == (rest.len <= BODY_MAX && announced <= BODY_MAX), bytes);
	http_upload_free(u);
	fuzz_require(total == 0, bytes);
}

static void check_decode(struct str bytes)
{
	char *raw = strndup(bytes.data != NULL ? bytes.data : "", bytes.len);

	fuzz_require(raw != NULL, bytes);
	buf_clear(&decoded);
	if (http_decode(&decoded, raw))
		fuzz_require(is_clean(buf_str(&decoded)) && decoded.len <= strlen(raw), bytes);
	free(raw);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str bytes = fuzz_str(data, size);
	int weight = http_weight(bytes, STR("application/json"));

	fuzz_require(weight >= -1 && weight <= 1000, bytes);
	check_upload(bytes);
	check_decode(bytes);
	converse(bytes);
	return 0;
}
