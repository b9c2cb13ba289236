/* SPDX-License-Identifier: ISC */
/* sitrep tail --exec and --webhook.  One loop reads the stream, begins attempts, and moves the place on.  While
 * RETRY_QUEUE_MAX events wait, the stream is not read: the daemon keeps the further ones. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "sitrep/base/clock.h"
#include "sitrep/base/units.h"
#include "sitrep/base/utf8.h"
#include "tail.h"

enum {
	BODY_MAX = 8 * 1024 * 1024,
	/* The longest wait for the daemon, since deliveries wait meanwhile. */
	PATIENCE_MS = 5 * 1000,
	/* After a signal, attempts under way may take so long. */
	END_MS = 5 * 1000,
	STORY_MAX = 256,
};

struct deliver {
	struct tail *tail;
	struct sitrep *stream;
	struct courier *courier;
	struct retry_queue *queue;
	int signals;
	bool connected, ending;
	int64_t reconnect_ms; /* when to connect again, monotonic */
	int64_t reconnect_wait_ms;
};

/* ---- events ---- */

/* Events of one story are delivered in order, and so are those of one feed. */
static struct str story_of(const json_t *event, char text[STORY_MAX])
{
	static const char *const owners[][2] = {{"story", "id"}, {"item", "id"}, {"feed", "name"}, {"silence", "name"}};

	for (size_t i = 0; i < sizeof(owners) / sizeof(owners[0]); i++) {
		const char *id = json_string_value(json_object_get(json_object_get(event, owners[i][0]), owners[i][1]));

		if (id != NULL)
			return str_make(text, (size_t)snprintf(text, STORY_MAX, "%s %.200s", owners[i][0], id));
	}
	return STR_NONE;
}

static bool has_no_body(const struct deliver *d, const struct tail_event *event)
{
	return strcmp(event->kind, "heartbeat") == 0 || strcmp(event->kind, "subscribed") == 0 ||
	       (event_format_is_of_alerts(&d->tail->format) && strcmp(event->kind, "alert") != 0);
}

static int take_event(struct deliver *d, const struct tail_event *event, struct error *err)
{
	struct buf body = BUF_INIT(BODY_MAX);
	char story[STORY_MAX];
	json_t *object;
	int result;

	if (has_no_body(d, event)) {
		retry_queue_add(d->queue, &event->place, event->kind, STR_NONE, NULL, 0);
		return 0;
	}
	object = json_loadb(event->line.data, event->line.len, 0, NULL);
	if (object == NULL)
		return error_set(err, -EPROTO, "the daemon sent a line that is not an event");
	buf_puts(&body, "");
	result = event_format_write(&d->tail->format, object, event->line, event->place.instance, &body);
	if (result == 0) {
		struct str key = story_of(object, story);
		size_t len;
		char *text = buf_take(&body, &len);

		retry_queue_add(d->queue, &event->place, event->kind, key, text, len);
	} else {
		error_sys(err, result, "cannot write an event");
	}
	buf_release(&body);
	json_decref(object);
	return result;
}

static void lose_connection(struct deliver *d)
{
	sitrep_close(d->stream);
	d->connected = false;
	d->reconnect_ms = clock_mono_ms() + d->reconnect_wait_ms;
	d->reconnect_wait_ms *= 2;
	if (d->reconnect_wait_ms > TAIL_RECONNECT_LONGEST_S * 1000)
		d->reconnect_wait_ms = TAIL_RECONNECT_LONGEST_S * 1000;
}

/* Connects again when it is time.  The subscription continues after the last event that was read. */
static int reconnect(struct deliver *d, struct error *err)
{
	int result;

	if (d->connected || clock_mono_ms() < d->reconnect_ms)
		return 0;
	result = sitrep_connect(d->stream, NULL);
	if (result == 0) {
		result = tail_subscribe(d->tail, d->stream, err);
		if (result != 0 && !tail_is_passing(result))
			return result;
	}
	d->connected = result == 0;
	if (d->connected)
		d->reconnect_wait_ms = TAIL_RECONNECT_FIRST_S * 1000;
	else
		lose_connection(d);
	return 0;
}

static int read_stream(struct deliver *d, struct error *err)
{
	struct tail_event event;
	int got = 1, result = 0;

	while (d->connected && result == 0 && !retry_queue_is_full(d->queue) && got > 0) {
		got = tail_next(d->stream, 0, &event);
		if (got > 0)
			result = take_event(d, &event, err);
		else if (got < 0 && tail_is_passing(got))
			lose_connection(d);
		else if (got < 0)
			result = error_set(err, got, "%s", sitrep_error(d->stream));
	}
	return result;
}

/* ---- attempts ---- */

static void print_failure(const struct delivery *one, const char *reason, const char *what)
{
	struct buf line = BUF_INIT(4 * COURIER_REASON_MAX);

	utf8_one_line(&line, str_from(reason));
	fprintf(stderr, "sitrep: tail: %s %s: %.*s; %s\n", one->kind, one->place.cursor, STR_ARG(buf_str(&line)), what);
	buf_release(&line);
}

static void put_off(struct deliver *d, struct delivery *one, const char *reason, int64_t wait_ms)
{
	char what[64], text[TIME_TEXT_MAX];
	int64_t wait = retry_queue_failed(d->queue, one, clock_mono_ms(), wait_ms);

	snprintf(what, sizeof(what), "trying again in %s", duration_format(text, wait));
	print_failure(one, reason, what);
}

static void begin_attempts(struct deliver *d)
{
	struct delivery *one;

	while (!d->ending && (one = retry_queue_start(d->queue, clock_mono_ms())) != NULL) {
		struct error err = {0};

		if (courier_start(d->courier, one, &err) != 0)
			put_off(d, one, err.text, 0);
	}
}

static void end_attempts(struct deliver *d)
{
	struct courier_result result;

	while (courier_take(d->courier, clock_mono_ms(), &result)) {
		switch (result.outcome) {
		case COURIER_DELIVERED:
			retry_queue_done(d->queue, result.delivery);
			break;
		case COURIER_REFUSED:
			print_failure(result.delivery, result.reason, "it is not tried again");
			retry_queue_done(d->queue, result.delivery);
			break;
		case COURIER_FAILED:
			put_off(d, result.delivery, result.reason, result.wait_ms);
			break;
		}
	}
}

static int save_arrived(struct deliver *d, struct error *err)
{
	struct cursor_place place;

	return retry_queue_arrived(d->queue, &place) ? tail_save(d->tail, &place, err) : 0;
}

/* ---- the loop ---- */

static int64_t sooner(int64_t a, int64_t b)
{
	return a < 0 || (b >= 0 && b < a) ? b : a;
}

static int64_t next_wait_ms(const struct deliver *d, int64_t now_ms)
{
	int64_t wait = retry_queue_wait_ms(d->queue, now_ms);

	if (!d->connected)
		wait = sooner(wait, d->reconnect_ms > now_ms ? d->reconnect_ms - now_ms : 0);
	return wait;
}

static void read_signals(struct deliver *d)
{
	struct signalfd_siginfo info;

	while (read(d->signals, &info, sizeof(info)) == (ssize_t)sizeof(info))
		if (info.ssi_signo != SIGCHLD)
			d->ending = true;
}

static void wait_for_work(struct deliver *d)
{
	struct pollfd waited[] = {{.fd = d->signals, .events = POLLIN}, {.fd = sitrep_fd(d->stream), .events = POLLIN}};
	bool reads = d->connected && !retry_queue_is_full(d->queue);

	courier_wait(d->courier, waited, reads ? 2 : 1, (int)next_wait_ms(d, clock_mono_ms()));
	read_signals(d);
}

/* Waits for the attempts under way, for END_MS at most; a second signal ends the wait. */
static int end_delivery(struct deliver *d, struct error *err)
{
	int64_t end_ms = clock_mono_ms() + END_MS;
	int result = 0;

	d->ending = false;
	while (result == 0 && !d->ending && d->queue->running > 0 && clock_mono_ms() < end_ms) {
		struct pollfd waited = {.fd = d->signals, .events = POLLIN};

		courier_wait(d->courier, &waited, 1, (int)(end_ms - clock_mono_ms()));
		read_signals(d);
		end_attempts(d);
		result = save_arrived(d, err);
	}
	return result;
}

static int run_delivery(struct deliver *d, struct error *err)
{
	int result = 0;

	while (result == 0 && !d->ending) {
		result = reconnect(d, err);
		if (result == 0)
			result = read_stream(d, err);
		begin_attempts(d);
		if (result == 0)
			result = save_arrived(d, err);
		if (result != 0)
			return result;
		wait_for_work(d);
		end_attempts(d);
	}
	return result == 0 ? save_arrived(d, err) : result;
}

/* The place at which the subscription begins is saved at once, so that a kill before the first delivery loses no event.
 */
static int begin_delivery(struct deliver *d, struct error *err)
{
	struct cursor_place place;
	int result = tail_subscribe(d->tail, d->stream, err);

	d->connected = result == 0;
	if (result == 0)
		result = cursor_place_set(&place, sitrep_cursor(d->stream), sitrep_instance(d->stream));
	return result == 0 ? tail_save(d->tail, &place, err) : result;
}

int tail_deliver(struct tail *t, struct sitrep *s, struct error *err)
{
	struct deliver d = {.tail = t,
		.stream = s,
		.queue = retry_queue_new(t->courier.at_once),
		.courier = courier_new(&t->courier, err),
		.signals = command_signals((const int[]){SIGINT, SIGTERM, SIGCHLD}, 3, err),
		.reconnect_wait_ms = TAIL_RECONNECT_FIRST_S * 1000};
	int result = d.queue == NULL ? error_sys(err, -ENOMEM, "cannot deliver") : 0;

	if (d.courier == NULL || d.signals < 0)
		result = err->code;
	sitrep_patience(s, PATIENCE_MS);
	if (result == 0)
		result = begin_delivery(&d, err);
	if (result == 0)
		result = run_delivery(&d, err);
	if (result == 0)
		result = end_delivery(&d, err);
	courier_free(d.courier);
	retry_queue_free(d.queue);
	if (d.signals >= 0)
		close(d.signals);
	return result;
}
