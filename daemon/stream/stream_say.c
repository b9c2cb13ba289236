/* The daemon's own lines on the stream; see sitrep-stream(7). */
#include "sitrep/base/clock.h"
#include "sitrep/base/jsonw.h"
#include "sitrep/base/limits.h"
#include "sitrep/base/log.h"
#include "stream_internal.h"

void stream_say(struct subscriber *s, struct str line)
{
	struct buf *out = line_peer_output(s->peer);

	(void)buf_add(out, line);
	(void)buf_putc(out, '\n');
	s->last_said_ms = clock_mono_ms();
}

static void say_cursor(struct jsonw *w, const char *key, int64_t cursor)
{
	char digits[24];

	jsonw_kv_cstr(w, key, log_number(digits, cursor));
}

static void line_begin(struct jsonw *w, struct buf *line, const char *event)
{
	*line = BUF_INIT(LIMIT_STREAM_LINE);
	jsonw_init(w, line);
	jsonw_object(w);
	jsonw_kv_cstr(w, "event", event);
}

static void line_end(struct subscriber *s, struct jsonw *w, struct buf *line)
{
	jsonw_object_end(w);
	if (buf_failed(line))
		line_peer_lose(s->peer);
	else
		stream_say(s, buf_str(line));
	buf_release(line);
}

void stream_say_hello(struct subscriber *s, int64_t oldest)
{
	struct jsonw w;
	struct buf line;

	line_begin(&w, &line, "hello");
	jsonw_kv_int(&w, "protocol", 1);
	jsonw_kv_cstr(&w, "server", "sitrepd/" SITREP_VERSION);
	say_cursor(&w, "cursor", s->cursor);
	say_cursor(&w, "oldest", oldest);
	line_end(s, &w, &line);
}

void stream_say_subscribed(struct subscriber *s)
{
	struct jsonw w;
	struct buf line;

	line_begin(&w, &line, "subscribed");
	say_cursor(&w, "since", s->cursor);
	say_cursor(&w, "id", (int64_t)s->number);
	line_end(s, &w, &line);
}

void stream_say_gap(struct subscriber *s, int64_t to)
{
	struct jsonw w;
	struct buf line;

	line_begin(&w, &line, "gap");
	say_cursor(&w, "from", s->cursor);
	say_cursor(&w, "to", to);
	line_end(s, &w, &line);
	s->cursor = to;
}

void stream_say_heartbeat(struct subscriber *s)
{
	struct jsonw w;
	struct buf line;

	line_begin(&w, &line, "heartbeat");
	say_cursor(&w, "cursor", s->cursor);
	line_end(s, &w, &line);
}

void stream_say_error(struct subscriber *s, const char *reason)
{
	struct jsonw w;
	struct buf line;

	line_begin(&w, &line, "error");
	jsonw_kv_cstr(&w, "reason", reason);
	line_end(s, &w, &line);
}
