/* SPDX-License-Identifier: ISC */
/* What comes in on the Unix sockets: the same bytes to the stream, to the control socket and, line by line, to the
 * reader of subscriptions.  Whatever is sent, each line of an answer is one JSON object within its length, and a
 * subscription that is refused leaves the one in force as it was. */
#include "converse.h"

#include <jansson.h>

#include "../../daemon/stream/subscription.h"
#include "sitrep/base/limits.h"
#include "sitrep/base/log.h"
#include "sitrep/base/utf8.h"
#include "sitrep/store/store.h"
#include "sitrep/stream/control.h"
#include "sitrep/stream/stream.h"

static char folder[64] = "/tmp/sitrep-fuzz-XXXXXX";
enum { OF_STREAM, OF_CONTROL };
static char paths[2][96]; /* the stream's, the control socket's */
static struct event_base *base;
static struct buf heard;
static bool paused;
static struct stream *stream;
static struct control *control;
static struct store store;

/* ---- operations that answer at once ---- */

static void write_status(void *arg, struct jsonw *w)
{
	(void)arg;
	jsonw_kv_cstr(w, "version", "fuzz");
}

static int find(struct str feed, struct error *err)
{
	return feed.data == NULL || str_eq(feed, STR("usni")) ? 0
							      : error_set(err, -ENOENT, "no feed %.*s", STR_ARG(feed));
}

static int write_feeds(void *arg, struct str feed, size_t *at, struct jsonw *w, struct error *err)
{
	int result = find(feed, err);

	(void)arg;
	if (result != 0)
		return result;
	jsonw_array(w);
	jsonw_cstr(w, "usni");
	jsonw_array_end(w);
	*at = feed.data == NULL && *at < 3 ? *at + 1 : 0;
	return 0;
}

static int explain(void *arg, struct str feed, struct jsonw *w, struct error *err)
{
	size_t at = 3;

	return write_feeds(arg, feed, &at, w, err);
}

static int refresh(void *arg, struct str feed, struct control_peer *peer, struct error *err)
{
	int result = find(feed, err);

	(void)arg;
	if (result == 0)
		control_progress(peer, &(struct control_progress){.feed = "usni", .result = "ok"});
	if (result == 0)
		control_finish(peer);
	return result;
}

static int ask_story(
	void *arg, const char *op, struct str item, struct str other, struct control_peer *peer, struct error *err)
{
	(void)arg;
	fuzz_require(item.data != NULL, item);
	if (other.len > 4)
		return error_set(err, -ENOENT, "no item %.*s", STR_ARG(other));
	control_answer(peer, op, STR("{}"));
	return 0;
}

static int forget(void *arg, struct str feed, bool sure, struct control_peer *peer, struct error *err)
{
	int result = find(feed, err);

	(void)arg;
	if (result == 0)
		control_answer(peer, "forget", sure ? STR("{\"items\":1}") : STR("{}"));
	return result;
}

static int reload(void *arg, struct control_peer *peer, struct error *err)
{
	(void)arg;
	(void)err;
	if (paused)
		control_reload_refused(peer, STR("a: 1\nb: 2\n"), "not while paused");
	else
		control_reloaded(peer, STR("[poll] min: 5m -> 10m\n"));
	return 0;
}

static void set_paused(void *arg, bool is_paused)
{
	(void)arg;
	paused = is_paused;
}

static void peer_gone(void *arg, struct control_peer *peer)
{
	(void)arg;
	(void)peer;
}

/* ---- set up ---- */

static void remove_folder(void)
{
	static const char *const names[] = {
		"stream.sock", "control.sock", "sitrepd.db", "sitrepd.db-wal", "sitrepd.db-shm", "sitrepd.lock"};
	char path[128];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
		unlink(path);
	}
	rmdir(folder);
}

static struct listener *listen_at(size_t which, const char *name)
{
	struct error err = {0};
	struct listener *l;

	snprintf(paths[which], sizeof(paths[which]), "%s/%s", folder, name);
	l = listener_open_unix(paths[which], 0600, NULL, &err);
	fuzz_require(l != NULL, str_from(err.text));
	return l;
}

FUZZ_SETUP
{
	static const struct control_operations operations = {.status = write_status,
		.feeds = write_feeds,
		.explain = explain,
		.refresh = refresh,
		.story = ask_story,
		.forget = forget,
		.reload = reload,
		.pause = set_paused,
		.peer_gone = peer_gone};
	struct stream_options options = {.state_dir = folder, .max_connections = 8, .heartbeat_ms = 3600 * 1000};
	struct error err = {0};

	log_set_level(LOG_LEVEL_ERROR);
	buf_init(&heard, FUZZ_BUF_MAX);
	base = event_base_new();
	if (base == NULL || mkdtemp(folder) == NULL || atexit(remove_folder) != 0 ||
		store_open(&store, folder, STORE_WRITE, &err) != 0)
		return 1;
	stream = stream_new(base, &options, &err);
	control = control_new(base, &operations, NULL, &err);
	return stream == NULL || control == NULL || stream_listen(stream, listen_at(0, "stream.sock"), &err) != 0 ||
	       control_listen(control, listen_at(1, "control.sock"), &err) != 0;
}

/* ---- over the sockets ---- */

static void check_answers(struct str bytes)
{
	struct str rest = buf_str(&heard), line;

	while (str_split(&rest, '\n', &line)) {
		json_t *root;

		if (line.len == 0)
			continue;
		root = json_loadb(line.data, line.len, JSON_REJECT_DUPLICATES, NULL);
		fuzz_require(json_is_object(root), line);
		fuzz_require(line.len < LIMIT_STREAM_LINE && utf8_valid(line), bytes);
		json_decref(root);
	}
	fuzz_require(heard.len == 0 || heard.data[heard.len - 1] == '\n', bytes);
}

static void converse(size_t which, struct str bytes)
{
	fuzz_converse(base, paths[which], bytes, which == OF_CONTROL, &heard);
	event_base_loop(base, EVLOOP_NONBLOCK);
	check_answers(bytes);
}

/* ---- subscriptions ---- */

static void check_subscription(struct str line)
{
	struct event_record e = {.cursor = 7, .kind = EVENT_NEW};
	json_t *request = json_loadb(line.data != NULL ? line.data : "", line.len, JSON_REJECT_DUPLICATES, NULL);
	struct subscription *s = NULL;
	struct error err = {0};
	struct since since = {.kind = SINCE_NOW};

	if (json_is_object(request)) {
		s = subscription_read(request, &since, &err);
		fuzz_require(
			s != NULL || (err.code == -EINVAL && err.text[0] != '\0' && utf8_valid(str_from(err.text))),
			line);
		fuzz_require(s == NULL || since.kind != SINCE_CURSOR || since.value >= 0, line);
	}
	if (s != NULL)
		(void)subscription_judge(s, &e);
	subscription_free(s);
	json_decref(request);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str bytes = fuzz_str(data, size), rest = bytes, line;

	paused = false;
	while (str_split(&rest, '\n', &line))
		check_subscription(line);
	for (size_t which = OF_STREAM; which <= OF_CONTROL; which++)
		converse(which, bytes);
	return 0;
}
