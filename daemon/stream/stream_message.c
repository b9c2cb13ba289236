/* SPDX-License-Identifier: ISC */
/* The daemon's own lines on the stream; see sitrep-stream(7). */
#include "sitrep/base/clock.h"
#include "sitrep/base/jsonw.h"
#include "sitrep/base/limits.h"
#include "sitrep/base/log.h"
#include "sitrep/store/event_member.h"
#include "stream_internal.h"

void stream_say(struct subscriber *s, struct str line)
{
	struct buf *out = line_peer_output(s->peer);

	(void)buf_add(out, line);
	(void)buf_putc(out, '\n');
	s->last_said_ms = clock_mono_ms();
}

static void say_cursor(struct jsonw *w, enum event_member m, int64_t cursor)
{
	char digits[24];

	jsonw_kv_cstr(w, event_member(m), log_number(digits, cursor));
}

static void line_begin(struct jsonw *w, struct buf *line, enum event_kind kind)
{
	*line = BUF_INIT(LIMIT_STREAM_LINE);
	jsonw_init(w, line);
	jsonw_object(w);
	jsonw_kv_cstr(w, event_member(MEMBER_EVENT), event_kind_name(kind));
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

	line_begin(&w, &line, EVENT_HELLO);
	jsonw_kv_int(&w, event_member(MEMBER_PROTOCOL), 1);
	jsonw_kv_cstr(&w, event_member(MEMBER_SERVER), "sitrepd/" SITREP_VERSION);
	say_cursor(&w, MEMBER_CURSOR, s->cursor);
	say_cursor(&w, MEMBER_OLDEST, oldest);
	line_end(s, &w, &line);
}

void stream_say_subscribed(struct subscriber *s)
{
	struct jsonw w;
	struct buf line;

	line_begin(&w, &line, EVENT_SUBSCRIBED);
	say_cursor(&w, MEMBER_SINCE, s->cursor);
	say_cursor(&w, MEMBER_SUBSCRIBER, (int64_t)s->number);
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

void stream_say_heartbeat(struct subscriber *s)
{
	struct jsonw w;
	struct buf line;

	line_begin(&w, &line, EVENT_HEARTBEAT);
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
