/* SPDX-License-Identifier: ISC */
/* libcurl's multi handle on libevent.
 *
 * Curl names the sockets and the timer that it waits for.  Each socket has one struct watch, which curl keeps for us
 * (curl_multi_assign()).  After every call that lets curl work, the ended transfers are collected.  No handle is added
 * or removed inside curl's callbacks.
 *
 * After a failed callback (no memory, epoll_ctl() refused) every call on the multi handle fails.  So each result from
 * curl is checked, and a handle that has failed is replaced: ended transfers are taken from it first, running ones fail
 * with the reason, and new ones go to the new handle.
 *
 * A tick once a second does not depend on curl.  It makes a handle when there was no memory before, it calls curl when
 * its timer could not be set, and it ends transfers that curl has not ended in time. */
#include <errno.h>
#include <stdlib.h>

#include "sitrep/base/clock.h"
#include "sitrep/base/log.h"
#include "transfer_state.h"

enum {
	TICK_S = 1,
	/* The time after a transfer's deadline in which curl may end it, with a better sentence. */
	OVERDUE_MS = 2000,
};

struct watch {
	struct transfers *owner;
	struct event *event;
	struct watch *prev, *next;
};

/* ---- results of calls ---- */

/* Notes that the multi handle has failed.  It is replaced in the loop's next turn.  reason: a literal. */
static void note_fault(struct transfers *t, const char *reason)
{
	if (t->fault != NULL)
		return;
	t->fault = reason;
	/* Not here: this may be a callback of curl. */
	if (t->mend != NULL)
		event_active(t->mend, 0, 0);
}

/* A socket that the handle does not know any more does not mean that the handle has failed. */
static void note_code(struct transfers *t, CURLMcode code)
{
	if (code == CURLM_OK || code == CURLM_BAD_SOCKET || code == CURLM_UNKNOWN_OPTION)
		return;
	note_fault(t, curl_multi_strerror(code));
}

static void collect_ended(struct transfers *t, CURLM *multi)
{
	CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(multi, &left)) != NULL) {
		CURL *easy = message->easy_handle;
		CURLcode code = message->data.result;
		char *tr = NULL;

		if (message->msg != CURLMSG_DONE)
			continue;
		if (curl_easy_getinfo(easy, CURLINFO_PRIVATE, &tr) != CURLE_OK || tr == NULL) {
			note_code(t, curl_multi_remove_handle(multi, easy));
			continue;
		}
		transfer_loop_remove((struct transfer *)(void *)tr);
		t->ends->ended((struct transfer *)(void *)tr, code);
	}
}

static void run_curl(struct transfers *t, curl_socket_t fd, int action)
{
	CURLM *multi = t->multi;
	int running;

	if (multi == NULL)
		return;
	note_code(t, curl_multi_socket_action(multi, fd, action, &running));
	collect_ended(t, multi);
}

int transfer_loop_add(struct transfer *tr)
{
	struct transfers *t = tr->owner;
	CURLMcode code;

	if (t->multi == NULL)
		return -ENOMEM;
	code = curl_multi_add_handle(t->multi, tr->easy);
	if (code == CURLM_OK) {
		tr->multi = t->multi;
		return 0;
	}
	if (code != CURLM_OUT_OF_MEMORY)
		note_code(t, code);
	return code == CURLM_OUT_OF_MEMORY ? -ENOMEM : -EIO;
}

void transfer_loop_remove(struct transfer *tr)
{
	if (tr->multi == NULL)
		return;
	note_code(tr->owner, curl_multi_remove_handle(tr->multi, tr->easy));
	tr->multi = NULL;
}

/* ---- sockets ---- */

static void on_socket_ready(evutil_socket_t fd, short what, void *arg)
{
	const struct watch *w = arg;

	run_curl(w->owner, fd,
		((what & EV_READ) != 0 ? CURL_CSELECT_IN : 0) | ((what & EV_WRITE) != 0 ? CURL_CSELECT_OUT : 0));
}

static void watch_free(struct watch *w)
{
	if (w == NULL)
		return;
	if (w->prev != NULL)
		w->prev->next = w->next;
	else
		w->owner->watches = w->next;
	if (w->next != NULL)
		w->next->prev = w->prev;
	if (w->event != NULL)
		event_free(w->event);
	free(w);
}

static struct watch *watch_new(struct transfers *t)
{
	struct watch *w = calloc(1, sizeof(*w));

	if (w == NULL)
		return NULL;
	w->owner = t;
	w->next = t->watches;
	if (w->next != NULL)
		w->next->prev = w;
	t->watches = w;
	return w;
}

/* The old event is freed only when the new one exists: a socket without an event would never be served again. */
static bool watch_for(struct watch *w, curl_socket_t fd, short wanted)
{
	struct event *fresh = event_new(w->owner->base, fd, wanted, on_socket_ready, w);

	if (fresh == NULL)
		return false;
	if (w->event != NULL)
		event_free(w->event);
	w->event = fresh;
	return event_add(fresh, NULL) == 0;
}

/* CURLMOPT_SOCKETFUNCTION. */
static int on_socket_change(CURL *easy UNUSED, curl_socket_t fd, int what, void *arg, void *socket_arg)
{
	struct transfers *t = arg;
	struct watch *w = socket_arg;
	short wanted = EV_PERSIST;

	if (what == CURL_POLL_REMOVE) {
		watch_free(w);
		return 0;
	}
	/* A handle that is being replaced gets no more events. */
	if (t->is_replacing)
		return 0;
	if (what == CURL_POLL_IN || what == CURL_POLL_INOUT)
		wanted |= EV_READ;
	if (what == CURL_POLL_OUT || what == CURL_POLL_INOUT)
		wanted |= EV_WRITE;
	if (w == NULL) {
		w = watch_new(t);
		if (w != NULL && curl_multi_assign(t->multi, fd, w) != CURLM_OK) {
			watch_free(w);
			w = NULL;
		}
	}
	if (w != NULL && watch_for(w, fd, wanted))
		return 0;
	note_fault(t, "a socket cannot be watched");
	return -1;
}

/* ---- the timer ---- */

static void on_timer(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
	run_curl(arg, CURL_SOCKET_TIMEOUT, 0);
}

/* CURLMOPT_TIMERFUNCTION.  A timeout of 0 is set as a timer as well: curl must not be called from here. */
static int on_timer_change(CURLM *multi, long timeout_ms, void *arg)
{
	struct transfers *t = arg;
	struct timeval tv = clock_timeval(timeout_ms);

	if (multi != t->multi)
		return 0;
	if (timeout_ms < 0) {
		event_del(t->timer);
		t->timer_is_lost = false;
	} else {
		t->timer_is_lost = evtimer_add(t->timer, &tv) != 0;
	}
	/* Returns 0 even on failure, since -1 would kill the handle; the tick replaces the timer. */
	return 0;
}

/* ---- the handle's life ---- */

static CURLM *multi_new(struct transfers *t)
{
	CURLM *multi = curl_multi_init();

	if (multi == NULL)
		return NULL;
	if (curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, on_socket_change) == CURLM_OK &&
		curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, t) == CURLM_OK &&
		curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, on_timer_change) == CURLM_OK &&
		curl_multi_setopt(multi, CURLMOPT_TIMERDATA, t) == CURLM_OK &&
		curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, t->max_connections) == CURLM_OK)
		return multi;
	curl_multi_cleanup(multi);
	return NULL;
}

static void end_all_of(struct transfers *t, CURLM *multi, const char *reason)
{
	struct transfer *next;

	for (struct transfer *tr = t->running.first; tr != NULL; tr = next) {
		next = tr->next;
		if (tr->multi != multi)
			continue;
		transfer_loop_remove(tr);
		t->ends->given_up(tr, reason);
	}
}

static void drop_watches(struct transfers *t)
{
	while (t->watches != NULL)
		watch_free(t->watches);
}

void transfer_loop_mend(struct transfers *t)
{
	CURLM *old = t->multi;
	const char *reason = t->fault;

	if (old != NULL && reason == NULL)
		return;
	if (reason != NULL)
		log_emit(LOG_LEVEL_ERROR, "libcurl failed and was restarted, transfers under way failed", "reason",
			reason, NULL);
	t->is_replacing = true;
	event_del(t->timer);
	t->timer_is_lost = false;
	t->multi = multi_new(t);
	t->fault = NULL;
	if (old != NULL) {
		collect_ended(t, old);
		end_all_of(t, old, reason);
		curl_multi_cleanup(old);
		drop_watches(t);
		/* Calls on the old handle may have failed. */
		t->fault = NULL;
	}
	t->is_replacing = false;
}

static void on_mend(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
	transfer_loop_mend(arg);
}

/* ---- the tick ---- */

static bool any_is_overdue(const struct transfers *t, int64_t now_ms)
{
	for (const struct transfer *tr = t->running.first; tr != NULL; tr = tr->next)
		if (now_ms >= tr->deadline_ms + OVERDUE_MS)
			return true;
	return false;
}

static void end_overdue(struct transfers *t, int64_t now_ms)
{
	struct transfer *next;

	for (struct transfer *tr = t->running.first; tr != NULL; tr = next) {
		next = tr->next;
		if (now_ms < tr->deadline_ms + OVERDUE_MS)
			continue;
		transfer_loop_remove(tr);
		t->ends->overdue(tr);
	}
}

static void on_tick(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
	struct transfers *t = arg;
	int64_t now_ms = clock_mono_ms();
	bool overdue = any_is_overdue(t, now_ms);

	transfer_loop_mend(t);
	/* The loop itself may have been late, so curl may end them first. */
	if (t->timer_is_lost || overdue)
		run_curl(t, CURL_SOCKET_TIMEOUT, 0);
	if (overdue)
		end_overdue(t, now_ms);
}

int transfer_loop_init(struct transfers *t, const struct transfer_ends *ends, struct error *err)
{
	const struct timeval tick = {.tv_sec = TICK_S};

	t->ends = ends;
	t->timer = evtimer_new(t->base, on_timer, t);
	t->mend = event_new(t->base, -1, 0, on_mend, t);
	t->tick = event_new(t->base, -1, EV_PERSIST, on_tick, t);
	if (t->timer == NULL || t->mend == NULL || t->tick == NULL || event_add(t->tick, &tick) != 0)
		return error_sys(err, -ENOMEM, "cannot prepare transfers");
	t->multi = multi_new(t);
	if (t->multi == NULL)
		return error_set(err, -ENOTSUP, "cannot prepare transfers: libcurl %s gives no multi socket interface",
			curl_version());
	return 0;
}

void transfer_loop_release(struct transfers *t)
{
	/* Curl removes its events while it closes connections, so the timer and base must still exist. */
	t->is_replacing = true;
	if (t->multi != NULL)
		curl_multi_cleanup(t->multi);
	t->multi = NULL;
	drop_watches(t);
	if (t->timer != NULL)
		event_free(t->timer);
	if (t->mend != NULL)
		event_free(t->mend);
	if (t->tick != NULL)
		event_free(t->tick);
}
