/* SPDX-License-Identifier: ISC */
/* sitrep.h: libsitrep, the client's side of sitrepd's sockets; libsitrep(3) is its manual page.
 *
 *	struct sitrep *s = sitrep_new();
 *	const struct sitrep_event *event;
 *
 *	if (sitrep_connect(s, NULL) == 0 && sitrep_subscribe_json(s, "{\"events\":[\"alert\"]}") == 0)
 *		while (sitrep_next(s, -1, &event) == 1)
 *			puts(event->json);
 *	fprintf(stderr, "%s\n", sitrep_error(s));
 *	sitrep_free(s);
 *
 * Functions that can fail return a negative errno value and leave a sentence for a person, see sitrep_error().  All
 * accept the NULL of a sitrep_new() that failed: they return -ENOMEM then.
 *
 * A handle may be used by one thread at a time.  Different handles are independent of each other: the library has no
 * state of its own, installs no signal handler, starts no thread and never ends the process.  sitrep_connect() reads
 * the environment, so no other thread may change it (setenv) meanwhile.  Descriptors are close-on-exec. */
#ifndef SITREP_H
#define SITREP_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

struct sitrep; /* a handle: one connection, or none yet */

struct sitrep *sitrep_new(void); /* NULL: no memory */
/* Closes the connection too.  NULL is fine. */
void sitrep_free(struct sitrep *s);

/* Why the last function failed, without a full stop; it may quote text from outside.  Borrowed until the next call.
 * "" when nothing has failed yet. */
const char *sitrep_error(const struct sitrep *s);

/* ---- connecting ---- */

/* Sets a socket that is tried before the usual places, such as one from the program's own settings.  NULL: none. */
int sitrep_prefer(struct sitrep *s, const char *path);

/* Sets how long connecting and each answer to a request may take, in milliseconds.  30 seconds without this call. */
void sitrep_patience(struct sitrep *s, int timeout_ms);

/* Connects to the stream at this path; NULL: to the first daemon that answers, in the order of sitrep(1).  Then waits
 * for its greeting.  A handle that was connected before is closed first; with NULL it goes to the same
 * socket again, because a cursor belongs to one daemon. */
int sitrep_connect(struct sitrep *s, const char *path);
void sitrep_close(struct sitrep *s);

/* The socket that the handle is, or was last, connected to; NULL: never. */
const char *sitrep_path(const struct sitrep *s);

/* For poll(2), for reading; -1 without a connection.  Whole lines may have arrived already: call sitrep_next() with a
 * timeout of 0 until it returns 0, and only then wait for the descriptor. */
int sitrep_fd(const struct sitrep *s);

/* ---- subscribing ---- */

/* Members that are NULL or 0 do not narrow the subscription.  Lists end with NULL.  size is sizeof(struct
 * sitrep_filter), so that later versions can add members. */
struct sitrep_filter {
	size_t size;
	const char *const *events; /* "new", "copy", "updated", "alert", "feed" */
	const char *const *feeds;
	const char *const *categories;
	const char *match; /* a rule as in sitrepd.conf(5) */
	const char *since; /* a cursor, a time, a duration ("1h"), or "oldest"; NULL: new events only */
	int full;          /* items with their text and HTML */
};

enum { SITREP_RESET = 1 }; /* a result of sitrep_subscribe(): the cursor belongs to another database */

/* Subscribes, or changes the subscription, and waits for the answer.  filter may be NULL.  The events
 * begin at the handle's place (sitrep_resume(), or the last event that sitrep_next() gave) if it has one, else at
 * since.  0, or SITREP_RESET: new events only will come, and the place is forgotten; subscribe again with since
 * "oldest" for all that the new database keeps.  -EINVAL: the daemon refused, for a mistake in the rule for example;
 * sitrep_error() is its sentence, and a former subscription stays in force. */
int sitrep_subscribe(struct sitrep *s, const struct sitrep_filter *filter);
/* The same with the members of the request as a JSON object, see sitrep-stream(7): "{\"match\":\"taiwan*\"}". */
int sitrep_subscribe_json(struct sitrep *s, const char *filter);
/* The daemon's answer to the subscription, a line of JSON with the filter as it understood it; NULL: none yet. */
const char *sitrep_subscribed(const struct sitrep *s);

/* Sets the place from which the next subscription continues: a cursor and, if known, the instance it belongs to, as
 * sitrep_cursor() and sitrep_instance() gave them.  A cursor of NULL or "" forgets the place. */
int sitrep_resume(struct sitrep *s, const char *cursor, const char *instance);
/* The place behind the event that sitrep_next() gave last, or where the subscription begins; "": none yet.  A program
 * that stores cursor and instance after it has handled an event, and resumes there, loses no event. */
const char *sitrep_cursor(const struct sitrep *s);
const char *sitrep_instance(const struct sitrep *s);

/* ---- events ---- */

struct sitrep_event {
	const char *kind;   /* "alert"; programs ignore kinds that they do not know */
	const char *cursor; /* "": it has none */
	const char *json;   /* the whole line, without a newline */
	size_t length;      /* of json in bytes */
};

/* The next event, borrowed until the next call.  Waits timeout_ms milliseconds at most; 0: not at all, negative: for
 * as long as it takes.  1: there is one; 0: none has come; -EINTR: a signal came; -EPIPE: the daemon closed the
 * connection, connect and subscribe again to continue; other negative codes: the connection is of no more use. */
int sitrep_next(struct sitrep *s, int timeout_ms, const struct sitrep_event **event);
/* A member of the event given last, as text: "item.title", "alert.terms.0", "story.sources".  NULL: the event has no
 * such member, it is an object or a list, or there is no memory.  Borrowed until the next call of sitrep_next(). */
const char *sitrep_member(struct sitrep *s, const char *path);

/* ---- commands ---- */

/* As sitrep_connect(), to the control socket, which sends no greeting. */
int sitrep_control(struct sitrep *s, const char *path);
/* Sends a request: "{\"op\":\"status\"}", see sitrep-stream(7), THE CONTROL SOCKET. */
int sitrep_ask(struct sitrep *s, const char *request);
/* The next line of the answer, borrowed until the next call.  1: there is one; 0: the answer is complete; -EINVAL: the
 * daemon refused, sitrep_error() is its sentence; -ETIMEDOUT, or as sitrep_next(). */
int sitrep_answer(struct sitrep *s, int timeout_ms, const char **json, size_t *length);

#ifdef __cplusplus
}
#endif

#endif
