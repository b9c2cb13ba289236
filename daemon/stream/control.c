/* SPDX-License-Identifier: ISC */
/* The operator's socket: frames and checks commands; the engine carries them out. */
#include "sitrep/stream/control.h"

#include <errno.h>
#include <event2/event.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "line_peer.h"
#include "sitrep/base/clock.h"
#include "sitrep/base/units.h"

enum {
	CONNECTIONS_MAX = 64,
	ANSWER_MAX = 64 * 1024 * 1024,
};

struct control_peer {
	struct control *control;
	struct line_peer *line;
	struct control_peer *next;
	struct event *again; /* continues the list of feeds */
	size_t next_feed;    /* the next feed of the list; 0: no list is under way */
	struct control_user user;
	bool user_known;
};

struct control {
	struct event_base *base;
	const struct control_operations *operations;
	void *arg;
	struct listener *listener;
	struct control_peer *peers;
	size_t count;
};

/* ---- answers ---- */

/* Sends a line, and releases it. */
static void send_line(struct control_peer *p, struct buf *line)
{
	buf_add(line_peer_output(p->line), buf_str(line));
	buf_putc(line_peer_output(p->line), '\n');
	line_peer_flush(p->line);
	buf_release(line);
}

void control_refuse(struct control_peer *p, const char *sentence)
{
	struct buf line = BUF_INIT(ANSWER_MAX);
	struct jsonw w = JSONW_INIT(&line);

	jsonw_object(&w);
	jsonw_kv_cstr(&w, "error", sentence);
	jsonw_object_end(&w);
	send_line(p, &line);
}

void control_finish(struct control_peer *p)
{
	struct buf line = BUF_INIT(64);

	buf_puts(&line, "{\"done\":true}");
	send_line(p, &line);
}

void control_answer(struct control_peer *p, const char *op, struct str json)
{
	struct buf line = BUF_INIT(ANSWER_MAX);
	struct jsonw w = JSONW_INIT(&line);

	jsonw_object(&w);
	jsonw_key(&w, op);
	jsonw_raw(&w, json);
	jsonw_object_end(&w);
	send_line(p, &line);
	control_finish(p);
}

void control_progress(struct control_peer *p, const struct control_progress *progress)
{
	struct buf line = BUF_INIT(ANSWER_MAX);
	struct jsonw w = JSONW_INIT(&line);

	jsonw_object(&w);
	jsonw_kv_object(&w, "progress");
	jsonw_kv_cstr(&w, "feed", progress->feed);
	jsonw_kv_cstr(&w, "result", progress->result);
	if (progress->reason != NULL)
		jsonw_kv_cstr(&w, "reason", progress->reason);
	jsonw_kv_int(&w, "new", progress->fresh);
	jsonw_kv_int(&w, "copies", progress->copies);
	jsonw_kv_int(&w, "updates", progress->updates);
	jsonw_kv_int(&w, "left", (int64_t)progress->left);
	jsonw_object_end(&w);
	jsonw_object_end(&w);
	send_line(p, &line);
}

/* ---- requests ---- */

static void answer_status(struct control_peer *p)
{
	struct buf line = BUF_INIT(ANSWER_MAX);
	struct jsonw w = JSONW_INIT(&line);

	jsonw_object(&w);
	jsonw_kv_object(&w, "status");
	p->control->operations->status(p->control->arg, &w);
	jsonw_object_end(&w);
	jsonw_object_end(&w);
	send_line(p, &line);
	control_finish(p);
}

/* Answers with one member, name, whose value the operation writes. */
static void answer_value(struct control_peer *p, const char *name,
	int (*write)(void *arg, struct str feed, struct jsonw *w, struct error *err), struct str feed)
{
	struct buf line = BUF_INIT(ANSWER_MAX);
	struct error err = {0};
	struct jsonw w = JSONW_INIT(&line);

	jsonw_object(&w);
	jsonw_key(&w, name);
	if (write(p->control->arg, feed, &w, &err) != 0) {
		control_refuse(p, err.text);
		buf_release(&line);
		return;
	}
	jsonw_object_end(&w);
	send_line(p, &line);
	control_finish(p);
}

static void give_up_list(struct control_peer *p)
{
	p->next_feed = 0;
	control_refuse(p, "no memory to list the feeds");
}

/* One line of the list of feeds.  The next one follows once the kernel has taken this one, in another turn of the
 * loop: a slow reader of a long list delays nobody else. */
static void list_feeds(struct control_peer *p, struct str feed)
{
	static const struct timeval at_once = {0};
	struct buf line = BUF_INIT(ANSWER_MAX);
	struct error err = {0};
	struct jsonw w = JSONW_INIT(&line);

	jsonw_object(&w);
	jsonw_key(&w, "feeds");
	if (p->control->operations->feeds(p->control->arg, feed, &p->next_feed, &w, &err) != 0) {
		control_refuse(p, err.text);
	} else {
		jsonw_object_end(&w);
		send_line(p, &line);
		if (p->next_feed == 0)
			control_finish(p);
		else if (event_add(p->again, &at_once) != 0)
			give_up_list(p);
	}
	buf_release(&line);
}

static void on_again(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
	struct control_peer *p = arg;

	if (line_peer_queued(p->line) == 0)
		list_feeds(p, STR_NONE);
}

/* Writes the lines of a text as one array of strings. */
static void send_lines(struct control_peer *p, const char *name, struct str lines)
{
	struct buf line = BUF_INIT(ANSWER_MAX);
	struct jsonw w = JSONW_INIT(&line);
	struct str piece;

	jsonw_object(&w);
	jsonw_kv_array(&w, name);
	while (str_split(&lines, '\n', &piece))
		if (!str_empty(piece))
			jsonw_str(&w, piece);
	jsonw_array_end(&w);
	jsonw_object_end(&w);
	send_line(p, &line);
}

void control_reloaded(struct control_peer *p, struct str changes)
{
	send_lines(p, "changes", changes);
	control_finish(p);
}

void control_reload_refused(struct control_peer *p, struct str mistakes, const char *sentence)
{
	if (!str_empty(mistakes))
		send_lines(p, "mistakes", mistakes);
	control_refuse(p, sentence);
}

bool control_peer_user(const struct control_peer *p, struct control_user *user)
{
	*user = p->user;
	return p->user_known;
}

/* The members that a request may have. */
struct operands {
	struct str feed, item, other, match, lasts, why;
	int64_t id;
	bool sure;
};

static bool is_of_stories(const char *op)
{
	return strcmp(op, "why") == 0 || strcmp(op, "split") == 0 || strcmp(op, "join") == 0;
}

static void ask_of_stories(struct control_peer *p, const char *op, const struct operands *o)
{
	bool takes_one = strcmp(op, "split") == 0, takes_two = strcmp(op, "join") == 0;
	struct error err = {0};

	if (o->item.data == NULL || (takes_one && o->other.data != NULL) || (takes_two && o->other.data == NULL))
		control_refuse(p, takes_two ? "expected \"item\" and \"other\"" : "expected \"item\"");
	else if (p->control->operations->story(p->control->arg, op, o->item, o->other, p, &err) != 0)
		control_refuse(p, err.text);
}

static void forget_feed(struct control_peer *p, const struct operands *o)
{
	struct error err = {0};

	if (o->feed.data == NULL)
		control_refuse(p, "expected \"feed\"");
	else if (p->control->operations->forget(p->control->arg, o->feed, o->sure, p, &err) != 0)
		control_refuse(p, err.text);
}

static bool is_of_silences(const char *op)
{
	return strcmp(op, "silences") == 0 || strcmp(op, "silence") == 0 || strcmp(op, "unsilence") == 0;
}

static void ask_of_silences(struct control_peer *p, const char *op, const struct operands *o)
{
	struct control_silence wish = {.matcher = STR_NONE, .why = o->why};
	struct error err = {0};

	if (strcmp(op, "silence") == 0) {
		wish.matcher = o->match;
		if (o->match.data == NULL) {
			control_refuse(p, "expected \"match\":\"RULE\"");
			return;
		}
		if (!duration_parse(o->lasts, &wish.for_ms)) {
			control_refuse(p, "the time must be a duration such as 30m, 4h or 2d");
			return;
		}
	} else if (strcmp(op, "unsilence") == 0) {
		wish.id = o->id;
		if (wish.id <= 0) {
			control_refuse(p, "expected \"id\":NUMBER");
			return;
		}
	}
	if (p->control->operations->silence(p->control->arg, &wish, p, &err) != 0)
		control_refuse(p, err.text);
}

static void carry_out(struct control_peer *p, const char *op, const struct operands *o)
{
	struct str feed = o->feed;
	const struct control_operations *operations = p->control->operations;
	struct error err = {0};

	if (p->next_feed != 0) {
		control_refuse(p, "the list of feeds is not at its end yet");
	} else if (strcmp(op, "status") == 0) {
		answer_status(p);
	} else if (strcmp(op, "feeds") == 0) {
		list_feeds(p, feed);
	} else if (strcmp(op, "explain") == 0) {
		answer_value(p, op, operations->explain, feed);
	} else if (strcmp(op, "reload") == 0) {
		if (operations->reload(p->control->arg, p, &err) != 0)
			control_refuse(p, err.text);
	} else if (strcmp(op, "pause") == 0 || strcmp(op, "resume") == 0) {
		operations->pause(p->control->arg, strcmp(op, "pause") == 0);
		control_finish(p);
	} else if (strcmp(op, "refresh") == 0) {
		if (operations->refresh(p->control->arg, feed, p, &err) != 0)
			control_refuse(p, err.text);
	} else if (is_of_stories(op)) {
		ask_of_stories(p, op, o);
	} else if (strcmp(op, "forget") == 0) {
		forget_feed(p, o);
	} else if (strcmp(op, "alerts") == 0) {
		if (operations->alerts(p->control->arg, p, &err) != 0)
			control_refuse(p, err.text);
	} else if (is_of_silences(op)) {
		ask_of_silences(p, op, o);
	} else {
		control_refuse(p,
			"unknown \"op\", expected status, feeds, explain, refresh, reload, pause, resume, why, "
			"split, join, forget, alerts, silences, silence or unsilence");
	}
}

/* Reads a member that is a string or absent; false when it is of another type. */
static bool take_operand(const json_t *request, const char *name, struct str *out)
{
	const json_t *value = json_object_get(request, name);

	*out = value != NULL ? str_make(json_string_value(value), json_string_length(value)) : STR_NONE;
	return value == NULL || json_is_string(value);
}

static void on_line(void *arg, struct str line)
{
	struct control_peer *p = arg;
	struct operands o;
	json_error_t reason;
	json_t *request;
	const char *op;

	if (str_empty(str_trim(line)))
		return;
	request = json_loadb(line.data, line.len, JSON_REJECT_DUPLICATES, &reason);
	op = json_string_value(json_object_get(request, "op"));
	o.sure = json_is_true(json_object_get(request, "sure"));
	o.id = json_integer_value(json_object_get(request, "id"));
	if (request == NULL)
		control_refuse(p, "not a JSON object on one line");
	else if (op == NULL || !take_operand(request, "feed", &o.feed) || !take_operand(request, "item", &o.item) ||
		 !take_operand(request, "other", &o.other) || !take_operand(request, "match", &o.match) ||
		 !take_operand(request, "for", &o.lasts) || !take_operand(request, "why", &o.why))
		control_refuse(p, "expected {\"op\":\"...\"} and, where it makes sense, \"feed\":\"NAME\"");
	else
		carry_out(p, op, &o);
	json_decref(request);
}

static void on_drained(void *arg)
{
	static const struct timeval at_once = {0};
	struct control_peer *p = arg;

	if (p->next_feed != 0 && event_add(p->again, &at_once) != 0)
		give_up_list(p);
}

/* ---- connections ---- */

static void forget(struct control_peer *p)
{
	struct control_peer **at = &p->control->peers;

	p->control->operations->peer_gone(p->control->arg, p);
	while (*at != p)
		at = &(*at)->next;
	*at = p->next;
	p->control->count--;
	event_free(p->again);
	free(p);
}

static void on_closed(void *arg)
{
	forget(arg);
}

static const struct line_peer_callbacks callbacks = {.line = on_line, .drained = on_drained, .closed = on_closed};

static void note_user(struct control_peer *p, int fd)
{
	struct ucred who;

	p->user_known = line_peer_user(fd, &who);
	if (p->user_known)
		p->user = (struct control_user){.uid = who.uid, .pid = who.pid};
}

static void on_accept(void *arg, int fd, const struct sockaddr *peer UNUSED, socklen_t peer_len UNUSED)
{
	struct control *c = arg;
	struct control_peer *p = c->count < CONNECTIONS_MAX ? calloc(1, sizeof(*p)) : NULL;

	if (p == NULL) {
		evutil_closesocket(fd);
		return;
	}
	p->control = c;
	note_user(p, fd);
	p->again = evtimer_new(c->base, on_again, p);
	p->line = p->again != NULL ? line_peer_new(c->base, fd, ANSWER_MAX, &callbacks, p) : NULL;
	if (p->line == NULL) {
		if (p->again == NULL)
			evutil_closesocket(fd);
		else
			event_free(p->again);
		free(p);
		return;
	}
	p->next = c->peers;
	c->peers = p;
	c->count++;
}

struct control *control_new(
	struct event_base *base, const struct control_operations *operations, void *arg, struct error *err)
{
	struct control *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return error_sys_null(err, -ENOMEM, "cannot take commands");
	c->base = base;
	c->operations = operations;
	c->arg = arg;
	return c;
}

int control_listen(struct control *c, struct listener *l, struct error *err)
{
	c->listener = l;
	return listener_start(l, c->base, on_accept, c, err);
}

void control_free(struct control *c)
{
	if (c == NULL)
		return;
	if (c->listener != NULL)
		listener_stop(c->listener);
	while (c->peers != NULL) {
		struct line_peer *line = c->peers->line;

		forget(c->peers);
		line_peer_close(line);
	}
	free(c);
}
