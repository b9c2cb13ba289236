/* libcurl's multi handle on libevent.  Curl says which sockets and which timer it waits for; each socket has
 * one struct event that curl keeps for us (curl_multi_assign), and there is one timer.  After every call
 * that lets curl work, what has ended is collected; nothing is added or removed inside curl's callbacks. */
#include <errno.h>
#include <stdlib.h>

#include "transfer_internal.h"

static void collect_ended(struct transfers *t)
{
	CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(t->multi, &left)) != NULL) {
		CURL *easy = message->easy_handle;
		CURLcode code = message->data.result;
		struct transfer *tr = NULL;

		if (message->msg != CURLMSG_DONE)
			continue;
		(void)curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&tr);
		(void)curl_multi_remove_handle(t->multi, easy);
		transfer_hop_ended(tr, code);
	}
}

static void on_socket_ready(evutil_socket_t fd, short what, void *arg)
{
	struct transfers *t = arg;
	int running;
	int action = ((what & EV_READ) != 0 ? CURL_CSELECT_IN : 0) | ((what & EV_WRITE) != 0 ? CURL_CSELECT_OUT : 0);

	(void)curl_multi_socket_action(t->multi, fd, action, &running);
	collect_ended(t);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct transfers *t = arg;
	int running;

	(void)fd;
	(void)what;
	(void)curl_multi_socket_action(t->multi, CURL_SOCKET_TIMEOUT, 0, &running);
	collect_ended(t);
}

/* CURLMOPT_TIMERFUNCTION.  A timeout of 0 goes through the loop too: curl must not be called from here. */
static int on_timer_change(CURLM *multi, long timeout_ms, void *arg)
{
	struct transfers *t = arg;
	struct timeval tv = {.tv_sec = timeout_ms / 1000, .tv_usec = (suseconds_t)(timeout_ms % 1000) * 1000};

	(void)multi;
	return (timeout_ms < 0 ? event_del(t->timer) : evtimer_add(t->timer, &tv)) == 0 ? 0 : -1;
}

/* CURLMOPT_SOCKETFUNCTION. */
static int on_socket_change(CURL *easy, curl_socket_t fd, int what, void *arg, void *socket_arg)
{
	struct transfers *t = arg;
	struct event *ev = socket_arg;
	short wanted = EV_PERSIST;

	(void)easy;
	if (what == CURL_POLL_REMOVE) {
		if (ev != NULL)
			event_free(ev);
		(void)curl_multi_assign(t->multi, fd, NULL);
		return 0;
	}
	if (what == CURL_POLL_IN || what == CURL_POLL_INOUT)
		wanted |= EV_READ;
	if (what == CURL_POLL_OUT || what == CURL_POLL_INOUT)
		wanted |= EV_WRITE;
	if (ev == NULL) {
		ev = event_new(t->base, fd, wanted, on_socket_ready, t);
		if (ev == NULL)
			return -1;
		if (curl_multi_assign(t->multi, fd, ev) != CURLM_OK) {
			event_free(ev);
			return -1;
		}
	} else if (event_del(ev) != 0 || event_assign(ev, t->base, fd, wanted, on_socket_ready, t) != 0) {
		return -1;
	}
	return event_add(ev, NULL) == 0 ? 0 : -1;
}

int transfer_loop_init(struct transfers *t, long max_connections, struct error *err)
{
	t->timer = evtimer_new(t->base, on_timer, t);
	t->multi = curl_multi_init();
	if (t->timer == NULL || t->multi == NULL)
		return error_sys(err, -ENOMEM, "cannot prepare transfers");
	if (curl_multi_setopt(t->multi, CURLMOPT_SOCKETFUNCTION, on_socket_change) != CURLM_OK ||
		curl_multi_setopt(t->multi, CURLMOPT_SOCKETDATA, t) != CURLM_OK ||
		curl_multi_setopt(t->multi, CURLMOPT_TIMERFUNCTION, on_timer_change) != CURLM_OK ||
		curl_multi_setopt(t->multi, CURLMOPT_TIMERDATA, t) != CURLM_OK ||
		curl_multi_setopt(t->multi, CURLMOPT_MAXCONNECTS, max_connections) != CURLM_OK)
		return error_set(err, -ENOTSUP, "libcurl %s lacks the multi socket interface", curl_version());
	return 0;
}

void transfer_loop_release(struct transfers *t)
{
	/* Closing its connections makes curl take their events back, so the timer and base must still be there. */
	if (t->multi != NULL)
		(void)curl_multi_cleanup(t->multi);
	if (t->timer != NULL)
		event_free(t->timer);
}
