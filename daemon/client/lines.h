/* SPDX-License-Identifier: ISC */
/* lines.h: a connected socket that exchanges lines, each of a bounded length. */
#ifndef SITREP_CLIENT_LINES_H
#define SITREP_CLIENT_LINES_H

#include <stdint.h>

#include "sitrep/base/buf.h"
#include "sitrep/base/error.h"
#include "sitrep/base/str.h"

struct lines {
	int fd; /* owned; -1: closed */
	struct buf in;
	size_t taken;  /* bytes at the beginning of in that are lines already given out */
	size_t looked; /* bytes at the beginning of in that have no newline behind those lines */
};

/* Takes fd over, makes it non-blocking, and accepts lines of at most max bytes. */
void lines_init(struct lines *l, int fd, size_t max);
void lines_release(struct lines *l);

#define LINES_CLOSED ((struct lines){.fd = -1})

/* The monotonic time timeout_ms from now, for the functions below; LINES_FOREVER for a negative timeout. */
enum { LINES_FOREVER = -1 };
int64_t lines_deadline(int timeout_ms);

/* Sends text and a newline, and waits until the deadline at most.  0, -ETIMEDOUT, -EINTR, or another code. */
int lines_send(struct lines *l, struct str text, int64_t deadline, struct error *err);
/* Gives the next line, with a NUL in place of its newline, borrowed until the next call.  1: there is one; 0: none came
 * before the deadline; -EPIPE: the other side has closed the connection; -EMSGSIZE: the line is too long; -EINTR, or
 * another code. */
int lines_receive(struct lines *l, int64_t deadline, struct str *line, struct error *err);

#endif
