/* SPDX-License-Identifier: ISC */
/* Readers of /events.  The event log in the database is the only queue, as for the stream.  A step reads the log after
 * the cursor of one reader, the leader, and offers each event to all readers whose cursor has not passed it. */
#include "sitrep/publish/live.h"

#include <errno.h>
#include <event2/event.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "live_scope.h"
#include "publish_state.h"
#include "sitrep/base/clock.h"
#include "sitrep/base/cpu_share.h"
#include "sitrep/base/log.h"
#include "sitrep/base/turn.h"

enum {
	QUERY_MAX = 8 * 1024,
	/* While more waits for a reader, no further event is read for it. */
	QUEUED_MAX = 8 * 1024,
	OUTPUT_MAX = 64 * 1024,
	MESSAGE_MAX = 32 * 1024,
	STEP_EVENTS = 32,
	STEPS_A_TURN = 8,
	/* Readers that get something in one turn of the loop, and the turn's processor time. */
	TURN_READERS = 64,
	TURN_US = 3000,
	RETRY_MS = 1000,
	TICK_MS = 1000,
	SILENCE_MS = 15 * 1000,
	HEALTH_MS = 60 * 1000,
	/* The same failure is logged once in this time. */
	LOG_GAP_MS = 60 * 1000,
	CLIENT_RETRY_MS = 5000,
};

struct live_reader {
	struct live *live;
	struct http_flow *flow; /* NULL: the answer has not begun */
	struct live_scope *scope;
	int64_t cursor; /* of the last event that was sent to it or not wanted by it */
	struct buf out;
	size_t sent;  /* of out */
	bool is_lost; /* no memory for a message: the answer ends, and the client reconnects with its cursor */
	int64_t sent_ms, health_ms; /* monotonic */
	uint64_t health_seen;
	uint64_t turn; /* in which a message was last sent to it or held back */
	bool is_held;  /* its cursor stays for the rest of that turn */
	struct live_reader *next, **link;
};

/* The numbers of the event health. */
struct live_health {
	size_t feeds, failing;
	int64_t newest_ms;
};

struct live {
	struct event_base *base;
	struct reader *reader;
	struct identity *identity;
	struct live_scopes scopes;
	const struct feed_table *feeds;
	char instance[INSTANCE_TEXT_MAX];
	unsigned max;
	struct live_reader *first;
	int64_t newest; /* cursor */
	struct event *deliver, *tick;
	uint64_t turns;
	unsigned served; /* readers that got a message in this turn */
	struct live_event events[STEP_EVENTS];
	size_t event_count;
	struct live_health health;
	uint64_t health_number; /* rises with each change */
	int64_t logged_ms;
	struct live_stats stats;
};

static void start_timer(struct event *timer, int64_t ms)
{
	struct timeval wait = clock_timeval(ms);

	event_add(timer, &wait);
}

static void log_failure(struct live *l, const char *reason)
{
	int64_t now_ms = clock_mono_ms();

	if (l->logged_ms == 0 || now_ms - l->logged_ms >= LOG_GAP_MS)
		log_emit(LOG_LEVEL_ERROR, "cannot read the event log for /events", "reason", reason, NULL);
	l->logged_ms = l->logged_ms == 0 || now_ms - l->logged_ms >= LOG_GAP_MS ? now_ms : l->logged_ms;
}

/* ---- messages ---- */

static size_t queued_bytes(const struct live_reader *r)
{
	return r->out.len - r->sent;
}

static void send_text(struct live_reader *r, struct str text)
{
	struct live *l = r->live;

	if (r->turn != l->turns)
		l->served++;
	r->turn = l->turns;
	r->is_held = false;
	if (buf_add(&r->out, text) != 0)
		r->is_lost = true;
	r->sent_ms = clock_mono_ms();
	if (r->flow != NULL)
		http_flow_wake(r->flow);
}

static void send_health(struct live_reader *r)
{
	const struct live_health *h = &r->live->health;
	struct buf text = BUF_INIT(MESSAGE_MAX);
	struct jsonw w = JSONW_INIT(&text);

	buf_printf(&text, "id: %lld\nevent: health\ndata: ", (long long)r->cursor);
	jsonw_object(&w);
	jsonw_kv_int(&w, "feeds", (int64_t)h->feeds);
	jsonw_kv_int(&w, "failing", (int64_t)h->failing);
	jsonw_kv_time(&w, "newest", h->newest_ms);
	jsonw_object_end(&w);
	buf_puts(&text, "\n\n");
	if (!buf_failed(&text))
		send_text(r, buf_str(&text));
	buf_release(&text);
	r->health_ms = clock_mono_ms();
	r->health_seen = r->live->health_number;
}

static void send_reset(struct live_reader *r, int64_t cursor, const char *reason)
{
	char text[256];
	int len = snprintf(
		text, sizeof(text), "id: %lld\nevent: reset\ndata: {\"reason\":\"%s\"}\n\n", (long long)cursor, reason);

	r->cursor = cursor;
	send_text(r, str_make(text, (size_t)len));
}

/* ---- health ---- */

static void look_at_feeds(struct live *l)
{
	struct live_health h = {.newest_ms = TIME_NONE};
	const struct feed *f;

	for (size_t at = 0; (f = feed_table_next(l->feeds, &at)) != NULL;) {
		h.feeds++;
		h.failing += f->state.health == FEED_FAILING || f->state.health == FEED_GONE;
		if (f->state.last_new_ms != TIME_NONE && f->state.last_new_ms > h.newest_ms)
			h.newest_ms = f->state.last_new_ms;
	}
	if (h.feeds == l->health.feeds && h.failing == l->health.failing && h.newest_ms == l->health.newest_ms &&
		l->health_number > 0)
		return;
	l->health = h;
	l->health_number++;
}

/* Sends the health and the comments against silence that are due, to TURN_READERS readers at most. */
static void on_tick(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
	struct live *l = arg;
	int64_t now_ms = clock_mono_ms();
	bool is_cut = false;

	if (l->first == NULL)
		return;
	look_at_feeds(l);
	l->turns++;
	l->served = 0;
	for (struct live_reader *r = l->first; r != NULL && !is_cut; r = r->next) {
		if (r->flow == NULL || r->is_lost || queued_bytes(r) > 0)
			continue;
		is_cut = l->served == TURN_READERS;
		if (is_cut)
			continue;
		if (r->health_seen != l->health_number || now_ms - r->health_ms >= HEALTH_MS)
			send_health(r);
		else if (now_ms - r->sent_ms >= SILENCE_MS)
			send_text(r, STR(":\n\n"));
	}
	start_timer(l->tick, is_cut ? 0 : TICK_MS);
	turn_yield(l->base);
}

/* ---- delivery ---- */

static bool is_ready(const struct live_reader *r)
{
	const struct live *l = r->live;

	return r->flow != NULL && !r->is_lost && r->cursor < l->newest && queued_bytes(r) < QUEUED_MAX &&
	       !(r->turn == l->turns && r->is_held);
}

/* {"alert":{"name":"icbm","revision":1,"priority":"high"}}; false for another revision. */
static bool read_alert(struct live_event *to, struct str detail)
{
	json_t *root = json_loadb(detail.data != NULL ? detail.data : "", detail.len, 0, NULL);
	const json_t *alert = json_object_get(root, "alert");
	const char *name = json_string_value(json_object_get(alert, "name"));
	const char *priority = json_string_value(json_object_get(alert, "priority"));
	bool is_raised =
		name != NULL && priority != NULL && json_integer_value(json_object_get(alert, "revision")) == 1;

	if (is_raised) {
		snprintf(to->alert, sizeof(to->alert), "%s", name);
		to->priority = alert_priority_parse(priority);
	}
	json_decref(root);
	return is_raised;
}

static int keep_event(void *arg, const struct event_record *e)
{
	struct live *l = arg;
	struct live_event *to = &l->events[l->event_count];

	if (e->report == NULL || (e->kind != EVENT_NEW && e->kind != EVENT_COPY && e->kind != EVENT_ALERT))
		return 0;
	*to = (struct live_event){.cursor = e->cursor,
		.kind = e->kind,
		.item_id = e->report->item_id,
		.place = {.sort_ms = e->story_sort_ms, .story_id = e->story_id}};
	if (e->kind != EVENT_ALERT || read_alert(to, e->detail))
		l->event_count++;
	return 0;
}

/* Moves the readers from [from, cursor) to cursor; those whose scope the story has entered get the message. */
static void offer_event(struct live *l, int64_t from, int64_t cursor, struct str message)
{
	for (struct live_reader *r = l->first; r != NULL; r = r->next) {
		if (r->cursor < from || r->cursor >= cursor || !is_ready(r))
			continue;
		if (message.len == 0 || !r->scope->entered) {
			r->cursor = cursor;
		} else if (r->turn != l->turns && l->served >= TURN_READERS) {
			r->turn = l->turns;
			r->is_held = true;
		} else {
			r->cursor = cursor;
			send_text(r, message);
			l->stats.events++;
		}
	}
}

/* 0, 1 when the share of the turn is spent, or a negative code. */
static int deliver_step(struct live *l, struct live_reader *leader, struct cpu_share *share, struct error *err)
{
	struct buf message = BUF_INIT(MESSAGE_MAX);
	int64_t oldest, newest, from = leader->cursor, last = from;
	int result = reader_cursors(l->reader, &oldest, &newest, err);

	if (result == 0 && from + 1 < oldest) {
		send_reset(leader, newest, "the cursor is older than the events that are kept");
		return 0;
	}
	l->event_count = 0;
	if (result == 0)
		result = reader_events(l->reader, from, STEP_EVENTS, &last, keep_event, l, err);
	for (size_t i = 0; result == 0 && i < l->event_count; i++) {
		buf_clear(&message);
		result = live_scopes_judge(&l->scopes, &l->events[i], &message, err);
		if (result == 0)
			offer_event(l, from, l->events[i].cursor, buf_failed(&message) ? STR_NONE : buf_str(&message));
		if (result == 0 && i + 1 < l->event_count && cpu_share_is_spent(share))
			result = 1;
	}
	if (result == 0)
		offer_event(l, from, last > from ? last : newest, STR_NONE);
	buf_release(&message);
	return result;
}

/* The reader that is furthest behind in even turns, and the one that is least behind in odd turns: a reader that
 * catches up does not delay the others. */
static struct live_reader *choose_leader(const struct live *l)
{
	struct live_reader *best = NULL;

	for (struct live_reader *r = l->first; r != NULL; r = r->next)
		if (is_ready(r) &&
			(best == NULL || (l->turns % 2 == 0 ? r->cursor < best->cursor : r->cursor > best->cursor)))
			best = r;
	return best;
}

static void on_deliver(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
	struct live *l = arg;
	struct live_reader *leader;
	struct error err = {0};
	struct cpu_share share;
	int result = 0;

	cpu_share_begin(&share, TURN_US);
	l->turns++;
	l->served = 0;
	for (int i = 0; i < STEPS_A_TURN && result == 0 && (leader = choose_leader(l)) != NULL; i++) {
		result = deliver_step(l, leader, &share, &err);
		if (result == 0 && cpu_share_is_spent(&share))
			result = 1;
	}
	if (result < 0)
		log_failure(l, err.text);
	l->turns++;
	if (choose_leader(l) != NULL)
		start_timer(l->deliver, result < 0 ? RETRY_MS : 0);
	turn_yield(l->base);
}

void live_wake(struct live *l, int64_t newest)
{
	if (newest <= l->newest)
		return;
	l->newest = newest;
	if (l->first != NULL)
		start_timer(l->deliver, 0);
}

/* ---- a reader ---- */

static void on_opened(void *arg, struct http_flow *flow)
{
	struct live_reader *r = arg;

	r->flow = flow;
	start_timer(r->live->deliver, 0);
}

static size_t on_read(void *arg, char *out, size_t room)
{
	struct live_reader *r = arg;
	size_t len = queued_bytes(r) < room ? queued_bytes(r) : room;

	if (r->is_lost)
		return HTTP_FLOW_END;
	if (len > 0)
		memcpy(out, r->out.data + r->sent, len);
	r->sent += len;
	if (queued_bytes(r) == 0) {
		buf_release(&r->out);
		r->sent = 0;
		if (r->cursor < r->live->newest)
			start_timer(r->live->deliver, 0);
	}
	return len;
}

static void on_closed(void *arg)
{
	struct live_reader *r = arg;
	struct live *l = r->live;

	*r->link = r->next;
	if (r->next != NULL)
		r->next->link = r->link;
	l->stats.readers--;
	live_scope_leave(&l->scopes, r->scope);
	buf_release(&r->out);
	free(r);
}

static const struct http_flow_callbacks callbacks = {.opened = on_opened, .read = on_read, .closed = on_closed};

/* ---- a request ---- */

struct request {
	struct arena arena;
	struct view view;
	struct str since, instance;
	struct error err;
};

static int take_argument(void *arg, struct str name, struct str value)
{
	struct request *q = arg;
	struct str kept = arena_str(&q->arena, value);
	int result;

	if (kept.data == NULL && value.len > 0)
		return -ENOMEM;
	if (str_eq(name, STR("images")))
		return 0;
	if (str_eq(name, STR("since")) || str_eq(name, STR("instance"))) {
		*(str_eq(name, STR("since")) ? &q->since : &q->instance) = kept;
		return 0;
	}
	result = view_take(&q->view, name, kept, &q->err);
	if (result == 0)
		return error_set(
			&q->err, -EINVAL, "there is no parameter \"%.*s\"", STR_ARG(str_slice(name, 0, LIVE_NAME_MAX)));
	return result == 1 ? 0 : result;
}

static void refuse_request(struct http_answer *answer, int status, struct str sentence)
{
	char *text = sentence.len > 0 ? malloc(sentence.len + 1) : NULL;

	answer->status = status;
	if (text == NULL)
		return;
	memcpy(text, sentence.data, sentence.len);
	text[sentence.len] = '\n';
	answer->body = http_body_new(text, sentence.len + 1, "text/plain; charset=utf-8", TIME_NONE);
}

/* 0, or the answer is a refusal. */
static int read_request(const struct http_request *request, struct request *q, struct http_answer *answer)
{
	struct buf text = BUF_INIT(QUERY_MAX);
	int result = http_request_arguments(request, take_argument, q);

	if (result == 0 && !str_empty(q->view.rule))
		result = publish_search_check(q->view.rule, &text);
	if (result == -EINVAL)
		refuse_request(answer, 400, text.len > 0 ? str_trim(buf_str(&text)) : str_from(q->err.text));
	else if (result != 0)
		answer->status = 503;
	buf_clear(&text);
	if (result == 0 && http_request_field(request, "Last-Event-ID", &text)) {
		q->since = arena_str(&q->arena, str_trim(buf_str(&text)));
		result = q->since.data != NULL ? 0 : -ENOMEM;
	}
	buf_release(&text);
	return result;
}

/* Sends the reader's first lines and sets its cursor. */
static void begin_reader(struct live_reader *r, const struct request *q, int64_t oldest, int64_t newest)
{
	char text[64];
	int len = snprintf(text, sizeof(text), "retry: %d\n\n", CLIENT_RETRY_MS);
	long long since = -1;

	r->cursor = newest;
	send_text(r, str_make(text, (size_t)len));
	if (!str_empty(q->instance) && !str_eq(q->instance, str_from(r->live->instance)))
		send_reset(r, newest, "the cursor is of another database");
	else if (!str_empty(q->since) && (!str_to_int(q->since, &since) || since < 0 || since > newest))
		send_reset(r, newest, "this database has no such cursor");
	else if (!str_empty(q->since) && since + 1 < oldest)
		send_reset(r, newest, "the cursor is older than the events that are kept");
	else if (!str_empty(q->since))
		r->cursor = since;
	send_health(r);
}

static struct live_reader *reader_add(struct live *l, const struct request *q, struct error *err)
{
	struct live_reader *r = calloc(1, sizeof(*r));
	struct buf query = BUF_INIT(QUERY_MAX);
	int64_t oldest = 0, newest = 0;

	view_write(&query, &q->view, VIEW_FILTERS);
	if (r == NULL || buf_failed(&query) || reader_cursors(l->reader, &oldest, &newest, err) != 0)
		goto failed;
	r->live = l;
	buf_init(&r->out, OUTPUT_MAX);
	r->scope = live_scope_join(&l->scopes, buf_str(&query));
	if (r->scope == NULL)
		goto failed;
	if (newest > l->newest)
		l->newest = newest;
	if (l->first == NULL)
		start_timer(l->tick, TICK_MS);
	r->next = l->first;
	r->link = &l->first;
	if (r->next != NULL)
		r->next->link = &r->next;
	l->first = r;
	l->stats.readers++;
	buf_release(&query);
	look_at_feeds(l);
	begin_reader(r, q, oldest, newest);
	return r;

failed:
	buf_release(&query);
	free(r);
	return NULL;
}

void live_handle(struct live *l, const struct http_request *request, struct http_answer *answer)
{
	struct request q = {0};
	struct error err = {0};

	if (l->max == 0)
		return;
	arena_init(&q.arena, 4 * QUERY_MAX);
	if (read_request(request, &q, answer) != 0)
		goto out;
	answer->status = 200;
	answer->cache_control = "no-store";
	if (request->method == HTTP_HEAD) {
		answer->body = http_body_new(calloc(1, 1), 0, "text/event-stream", TIME_NONE);
	} else if (l->stats.readers >= l->max) {
		l->stats.refused++;
		refuse_request(
			answer, 503, STR("Too many readers follow the events: see events in [http] of sitrepd.conf."));
	} else {
		answer->flow_arg = reader_add(l, &q, &err);
		answer->flow = answer->flow_arg != NULL ? &callbacks : NULL;
		if (answer->flow_arg == NULL)
			answer->status = 503;
		if (err.code != 0)
			log_failure(l, err.text);
	}
out:
	arena_release(&q.arena);
}

/* ---- life ---- */

struct live *live_new(
	struct event_base *base, const char *state_dir, const struct feed_table *feeds, unsigned max, struct error *err)
{
	struct live *l = calloc(1, sizeof(*l));

	if (l == NULL)
		return error_sys_null(err, -ENOMEM, "cannot serve /events");
	l->base = base;
	l->feeds = feeds;
	l->max = max;
	l->reader = reader_new(state_dir, err);
	l->identity = identity_new(err);
	live_scopes_init(&l->scopes, l->reader, l->identity);
	if (l->reader == NULL || l->identity == NULL || reader_instance(l->reader, l->instance, err) != 0)
		goto failed;
	l->deliver = evtimer_new(base, on_deliver, l);
	l->tick = evtimer_new(base, on_tick, l);
	if (l->deliver != NULL && l->tick != NULL)
		return l;
	error_sys(err, -ENOMEM, "cannot serve /events");
failed:
	live_free(l);
	return NULL;
}

void live_free(struct live *l)
{
	if (l == NULL)
		return;
	live_scopes_release(&l->scopes);
	if (l->deliver != NULL)
		event_free(l->deliver);
	if (l->tick != NULL)
		event_free(l->tick);
	identity_free(l->identity);
	reader_free(l->reader);
	free(l);
}

void live_get_stats(const struct live *l, struct live_stats *stats)
{
	*stats = l->stats;
}
