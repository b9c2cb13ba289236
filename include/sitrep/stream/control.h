/* SPDX-License-Identifier: ISC */
/* control.h: the operator's socket: one JSON object a line in, one or more out; see sitrep-stream(7).
 *
 *     {"op":"status"}  {"op":"feeds"}  {"op":"refresh","feed":"usni"}  {"op":"refresh"}  {"op":"reload"}
 *     {"op":"pause"}  {"op":"resume"}  {"op":"explain","feed":"usni"}
 *     {"op":"why","item":"ID"}  {"op":"why","item":"ID","other":"ID"}
 *     {"op":"split","item":"ID"}  {"op":"join","item":"ID","other":"ID"}
 *     {"op":"alerts"}
 *     {"op":"silences"}  {"op":"silence","match":"category:exercise","for":"4h","why":"..."}  {"op":"unsilence","id":3}
 *     {"op":"forget","feed":"usni"}  {"op":"forget","feed":"usni","sure":true}
 *
 * This module frames, parses and checks requests; the engine executes them through the functions given.  Answers end
 * with {"done":true} or {"error":"sentence"}. */
#ifndef SITREP_STREAM_CONTROL_H
#define SITREP_STREAM_CONTROL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "sitrep/base/error.h"
#include "sitrep/base/jsonw.h"
#include "sitrep/base/listener.h"
#include "sitrep/base/str.h"

struct event_base;
struct control;
struct control_peer; /* the connection that asked; this module handles its end */

struct control_user {
	uid_t uid;
	pid_t pid;
};

/* A wish about silences: with matcher to add one, with id to end one, with neither to list them. */
struct control_silence {
	struct str matcher, why; /* STR_NONE: absent */
	int64_t for_ms;
	int64_t id; /* 0: absent */
};

struct control_operations {
	/* Writes members of one JSON object. */
	void (*status)(void *arg, struct jsonw *w);
	/* Writes one array of feed objects. feed is STR_NONE for all feeds, which come in several calls: *at is 0 at
	 * first, and then the place to continue, or 0 after the last feed. -ENOENT with a sentence for an unknown feed.
	 */
	int (*feeds)(void *arg, struct str feed, size_t *at, struct jsonw *w, struct error *err);
	/* Writes one array of sentences that explain the feed's next poll; -ENOENT as above. */
	int (*explain)(void *arg, struct str feed, struct jsonw *w, struct error *err);
	/* Asks one feed or all now; the engine calls control_progress() for peer as polls end, and
	 * control_finish() at the end. */
	int (*refresh)(void *arg, struct str feed, struct control_peer *peer, struct error *err);
	/* Explains or changes a story: op is "why", "split" or "join"; other is STR_NONE when absent.
	 * The engine calls control_answer() or control_refuse() for peer later. */
	int (*story)(void *arg, const char *op, struct str item, struct str other, struct control_peer *peer,
		struct error *err);
	/* Counts the items of a feed that has left the configuration, or with sure removes them. The engine calls
	 * control_answer() or control_refuse() for peer later. */
	int (*forget)(void *arg, struct str feed, bool sure, struct control_peer *peer, struct error *err);
	/* Adds, ends or lists silences. The engine calls control_answer() or control_refuse() for peer later. */
	int (*silence)(void *arg, const struct control_silence *wish, struct control_peer *peer, struct error *err);
	/* Tells what became of each alert rule. The engine calls control_answer() or control_refuse() for peer later.
	 */
	int (*alerts)(void *arg, struct control_peer *peer, struct error *err);
	/* Reads the configuration anew.  The engine calls control_reloaded() or control_reload_refused() for peer, then
	 * or later, unless this fails. */
	int (*reload)(void *arg, struct control_peer *peer, struct error *err);
	void (*pause)(void *arg, bool paused);
	/* peer is about to be freed: the engine must forget it. */
	void (*peer_gone)(void *arg, struct control_peer *peer);
};

struct control *control_new(
	struct event_base *base, const struct control_operations *operations, void *arg, struct error *err);
int control_listen(struct control *c, struct listener *l, struct error *err); /* l is borrowed and must outlive c */
void control_free(struct control *c);

/* One progress line: {"progress":{"feed":…,"result":"ok|unchanged|failed","reason":…,"new":n,…,"left":n}} */
struct control_progress {
	const char *feed;
	const char *result;
	const char *reason; /* NULL */
	int fresh, copies, updates;
	size_t left;
};
void control_progress(struct control_peer *peer, const struct control_progress *progress);
void control_finish(struct control_peer *peer);

/* The answer to story(), forget(), silence() and alerts(): {OP:json}, and the end. */
void control_answer(struct control_peer *peer, const char *op, struct str json);

/* The answers to reload(): the changes, or the mistakes (may be empty) and a sentence; lines of text. */
void control_reloaded(struct control_peer *peer, struct str changes);
void control_reload_refused(struct control_peer *peer, struct str mistakes, const char *sentence);

/* The user and process at the other end, from the kernel at connect time; false when unknown. */
bool control_peer_user(const struct control_peer *peer, struct control_user *user);

void control_refuse(struct control_peer *peer, const char *sentence);

#endif
