/* SPDX-License-Identifier: ISC */
/* handle.h: struct sitrep, for the files of this folder. */
#ifndef SITREP_CLIENT_HANDLE_H
#define SITREP_CLIENT_HANDLE_H

#include <sitrep.h>
#include <stdbool.h>

#include "lines.h"
#include "sitrep/base/arena.h"
#include "sitrep/base/error.h"

enum {
	CURSOR_MAX = 32,   /* a cursor has at most 20 digits */
	INSTANCE_MAX = 64, /* an instance has 16 letters and digits */
	KIND_MAX = 64,
	/* Four times the protocol's longest line: a later daemon may have longer ones. */
	STREAM_LINE_MAX = 1024 * 1024,
	/* The longest answer of the control socket (ANSWER_MAX in daemon/stream/control.c). */
	CONTROL_LINE_MAX = 64 * 1024 * 1024,
	/* For the greeting, a subscription and its answer. A busy daemon answers within a turn of its loop. */
	PATIENCE_MS = 30 * 1000,
};

struct sitrep {
	struct lines lines;
	char *path; /* of the last connection */
	bool is_control;
	char *preferred;
	int patience_ms;
	struct error error;
	char instance[INSTANCE_MAX]; /* of the connected daemon's database; "": the daemon did not name it */
	/* The place from which a subscription continues. */
	char cursor[CURSOR_MAX];
	char cursor_instance[INSTANCE_MAX];
	struct buf subscribed; /* the last answer to a subscription */
	struct sitrep_event event;
	char kind[KIND_MAX], event_cursor[CURSOR_MAX];
	struct arena texts; /* what sitrep_member() gave */
};

/* Connects to one of the daemon's sockets. */
int handle_open(struct sitrep *s, bool control, const char *path);

/* The text of a member of the line, "" when it is missing or does not fit. */
void handle_read(struct str line, const char *member, char *text, size_t size);

/* Sets the error to the daemon's own sentence, the text of this member of the line. Returns -EINVAL. */
int handle_refused(struct sitrep *s, struct str line, const char *member);

#endif
