/* SPDX-License-Identifier: ISC */
/* line_peer.h: one connection that exchanges lines, within limits.
 *
 * Used by the stream and the control socket.  Input longer than LIMIT_STREAM_LINE without a newline
 * closes the connection; output waits in memory only while the kernel does not take it, and an idle peer has no
 * buffers.  In one turn of the loop at
 * most sixteen lines of a peer are handled, and no line while more than 64 KiB of answers wait for it. So a peer that
 * sends without end, and reads no answer, neither delays the others nor fills the memory.  A peer is never freed inside
 * its own callback: line_peer_close() takes it out of the loop and frees it when the loop comes round. */
#ifndef SITREP_STREAM_LINE_PEER_H
#define SITREP_STREAM_LINE_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

#include "sitrep/base/buf.h"
#include "sitrep/base/str.h"

struct event_base;
struct line_peer;

struct line_peer_callbacks {
	void (*line)(void *arg, struct str line); /* without the newline (and \r), valid UTF-8 or not */
	void (*drained)(void *arg); /* the kernel has taken all output, after it had not taken all before */
	void (*stalled)(void *arg); /* the kernel takes no more, and output waits; NULL: nothing to do */
	void (*closed)(void *arg);  /* the other end has closed; the peer then closes itself */
	bool may_stop_sending;      /* a peer that shuts its sending side goes on receiving; else it is closed */
};

/* Takes fd over; NULL without memory, with fd closed. At most output_max bytes wait for the kernel. */
struct line_peer *line_peer_new(
	struct event_base *base, int fd, size_t output_max, const struct line_peer_callbacks *callbacks, void *arg);
/* Lets the kernel keep little output for the peer, some 36 KiB with its own structs. By default it keeps 208 KiB, for
 * some 250 KiB of memory, which it counts as the daemon's: 5,000 peers that do not read would pass the MemoryMax of its
 * unit. */
void line_peer_limit_kernel(struct line_peer *p);
/* The user and process that connected to fd, where the kernel tells. */
bool line_peer_user(int fd, struct ucred *who);
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
/* Offers one line, with its newline, to the kernel at once, without copying it, unless other output waits. True: the
 * peer has it, and holds a copy of what the kernel did not take. False: nothing of it was taken, and the peer waits
 * for the kernel, or is about to be closed.  No callback is called from within. */
bool line_peer_pass(struct line_peer *p, struct str line);
/* Output that the kernel has not taken yet. Borrowed until the next call. */
struct str line_peer_unsent(const struct line_peer *p);
/* It begins in the middle of a line. */
bool line_peer_is_midline(const struct line_peer *p);
/* Keeps so many bytes of it and gives the memory of the rest back. False without memory: all of it stays. */
bool line_peer_cut(struct line_peer *p, size_t keep);
/* Output that the kernel has not taken yet, bytes. */
size_t line_peer_queued(const struct line_peer *p);
/* True when the kernel did not take all output at the last try, even if none waits now; drained() follows. */
bool line_peer_is_waiting(const struct line_peer *p);

#endif
