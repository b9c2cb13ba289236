/* SPDX-License-Identifier: ISC */
/* line_peer.h: one connection that exchanges lines, within limits.
 *
 * Used by the stream and the control socket.  Input longer than LIMIT_STREAM_LINE without a newline
 * closes the connection; output waits in memory only while the kernel does not take it.  In one turn of the loop at
 * most sixteen lines of a peer are handled, and no line while more than 64 KiB of answers wait for it. So a peer that
 * sends without end, and reads no answer, neither delays the others nor fills the memory.  A peer is never freed inside
 * its own callback: line_peer_close() takes it out of the loop and frees it when the loop comes round. */
#ifndef SITREP_STREAM_LINE_PEER_H
#define SITREP_STREAM_LINE_PEER_H

#include <stdbool.h>
#include <stddef.h>

#include "sitrep/base/buf.h"
#include "sitrep/base/str.h"

struct event_base;
struct line_peer;

struct line_peer_callbacks {
	void (*line)(void *arg, struct str line); /* without the newline (and \r), valid UTF-8 or not */
	void (*drained)(void *arg); /* the kernel has taken all output, after it had not taken all before */
	void (*closed)(void *arg);  /* the other end has closed; the peer then closes itself */
};

/* Takes fd over; NULL without memory, with fd closed. At most output_max bytes wait for the kernel. */
struct line_peer *line_peer_new(
	struct event_base *base, int fd, size_t output_max, const struct line_peer_callbacks *callbacks, void *arg);
/* No callback is called after it. */
void line_peer_close(struct line_peer *p);
/* Stops reading, and closes once the other end has taken all output, or after ten seconds. closed() is then called from
 * the loop. */
void line_peer_finish(struct line_peer *p);

/* Appended output is sent after line_peer_flush(), from the loop and never inside the call, so that a peer is not freed
 * under its caller.  A peer whose output did not fit is closed then. */
struct buf *line_peer_output(struct line_peer *p);
void line_peer_flush(struct line_peer *p);
/* Notes that a line for the peer could not be made for lack of memory. The peer is closed from the loop: with its last
 * cursor a client that reconnects misses nothing. */
void line_peer_lose(struct line_peer *p);
/* Output that the kernel has not taken yet, bytes. */
size_t line_peer_queued(const struct line_peer *p);
/* True when the kernel did not take all output at the last try; drained() follows. */
bool line_peer_is_waiting(const struct line_peer *p);

#endif
