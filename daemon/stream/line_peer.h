/* line_peer.h: one connection that speaks lines, both ways, within bounds.
 *
 * Used by the stream and the control socket.  Input longer than LIMIT_STREAM_LINE without a newline
 * closes the connection; output waits in memory only while the kernel does not take it.  In one turn of the loop at
 * most sixteen lines of a peer are dealt with, and none while more than 64 KiB of answers wait for it: a peer that
 * sends requests in a loop, and reads no answer, keeps neither the others waiting nor the daemon's memory.  A peer is
 * never freed inside its own callback: line_peer_close() takes it out of the loop and frees it when the loop comes
 * round. */
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
	void (*drained)(void *arg);               /* all output was taken by the kernel, after it once was not */
	void (*closed)(void *arg);                /* the other end has closed; line_peer_close() follows by itself */
};

/* Takes fd; NULL without memory, fd is then closed.  At most output_max bytes wait for the kernel. */
struct line_peer *line_peer_new(
	struct event_base *base, int fd, size_t output_max, const struct line_peer_callbacks *callbacks, void *arg);
/* No callback comes after it. */
void line_peer_close(struct line_peer *p);
/* Reads no more, and closes once the other end has taken all output, or has not within ten seconds: closed() is called
 * then, from the loop. */
void line_peer_finish(struct line_peer *p);

/* Appended output is sent after line_peer_flush(), from the loop and never inside the call, so that a peer is not freed
 * under its caller.  A peer whose output did not fit is closed then. */
struct buf *line_peer_output(struct line_peer *p);
void line_peer_flush(struct line_peer *p);
/* A line for it could not be made for lack of memory.  The peer is closed from the loop: a client that reconnects with
 * its last cursor misses nothing, but one that stayed would. */
void line_peer_lose(struct line_peer *p);
/* Output that the kernel has not taken yet, bytes. */
size_t line_peer_queued(const struct line_peer *p);
/* Whether the kernel did not take all of it when it was last offered: drained() follows. */
bool line_peer_is_waiting(const struct line_peer *p);

#endif
