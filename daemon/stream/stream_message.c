/* SPDX-License-Identifier: ISC */
/* The daemon's own lines on the stream; see sitrep-stream(7). */
#include "sitrep/base/clock.h"
#include "sitrep/base/jsonw.h"
#include "sitrep/base/limits.h"
#include "sitrep/base/log.h"
#include "sitrep/store/event_json.h"
#include "sitrep/store/event_member.h"
#include "stream_internal.h"

static void queue_line(struct subscriber *s, struct str line)
{
	struct buf *out = line_peer_output(s->peer);

	if (buf_add(out, line) != 0 || buf_putc(out, '\n') != 0)
		line_peer_lose(s->peer);
	s->last_said_ms = clock_mono_ms();
}

static void say_cursor(struct jsonw *w, enum event_member m, int64_t cursor)
{
	char digits[24];

	jsonw_kv_cstr(w, event_member(m), log_number(digits, cursor));
}

static void say_instance(struct jsonw *w, const struct stream *st)
{
	if (st->instance[0] != '\0')
		jsonw_kv_cstr(w, event_member(MEMBER_INSTANCE), st->instance);
}

static void line_begin(struct jsonw *w, struct buf *line, enum event_kind kind)
{
	*line = BUF_INIT(LIMIT_STREAM_LINE);
	*w = JSONW_INIT(line);
	jsonw_object(w);
	jsonw_kv_cstr(w, event_member(MEMBER_EVENT), event_kind_name(kind));
}

static void line_end(struct subscriber *s, struct jsonw *w, struct buf *line)
{
	jsonw_object_end(w);
	if (buf_failed(line))
		line_peer_lose(s->peer);
	else
		queue_line(s, buf_str(line));
	buf_release(line);
}

void stream_say_hello(struct subscriber *s, int64_t oldest)
{
	struct jsonw w;
	struct buf line;

	line_begin(&w, &line, EVENT_HELLO);
	jsonw_kv_int(&w, event_member(MEMBER_PROTOCOL), 1);
	jsonw_kv_cstr(&w, event_member(MEMBER_SERVER), "sitrepd/" SITREP_VERSION);
	say_cursor(&w, MEMBER_CURSOR, s->cursor);
	say_cursor(&w, MEMBER_OLDEST, oldest);
	say_instance(&w, s->stream);
	line_end(s, &w, &line);
}

void stream_say_reset(struct subscriber *s, int64_t since, bool is_beyond, int64_t oldest, int64_t newest)
{
	struct jsonw w;
	struct buf line;

	line_begin(&w, &line, EVENT_RESET);
	say_cursor(&w, MEMBER_SINCE, since);
	say_cursor(&w, MEMBER_CURSOR, newest);
	say_cursor(&w, MEMBER_OLDEST, oldest);
	say_instance(&w, s->stream);
	jsonw_kv_cstr(&w, event_member(MEMBER_REASON),
		is_beyond ? "the cursor is beyond the newest event, so new events only follow: subscribe with "
			    "\"since\":\"oldest\" for all events that are kept"
			  : "the cursor is of another database, so new events only follow: subscribe with "
			    "\"since\":\"oldest\" for all events that are kept");
	line_end(s, &w, &line);
}

void stream_say_subscribed(struct subscriber *s)
{
	struct jsonw w;
	struct buf line;

	line_begin(&w, &line, EVENT_SUBSCRIBED);
	say_cursor(&w, MEMBER_SINCE, s->cursor);
	say_cursor(&w, MEMBER_SUBSCRIBER, (int64_t)s->number);
	subscription_write(s->shared->filter, &w);
	subscription_write_notes(s->shared->filter, s->stream->reader, &w);
	line_end(s, &w, &line);
}

void stream_say_gap(struct subscriber *s, int64_t to)
{
	struct jsonw w;
	struct buf line;

	line_begin(&w, &line, EVENT_GAP);
	say_cursor(&w, MEMBER_FROM, s->cursor);
	say_cursor(&w, MEMBER_TO, to);
	line_end(s, &w, &line);
	s->cursor = to;
}

void stream_say_place(struct subscriber *s, enum event_kind kind)
{
	struct jsonw w;
	struct buf line;

	line_begin(&w, &line, kind);
	say_cursor(&w, MEMBER_CURSOR, s->cursor);
	line_end(s, &w, &line);
}

void stream_say_error(struct subscriber *s, const char *reason)
{
	struct jsonw w;
	struct buf line;

	line_begin(&w, &line, EVENT_ERROR);
	jsonw_kv_cstr(&w, event_member(MEMBER_REASON), reason);
	line_end(s, &w, &line);
}
