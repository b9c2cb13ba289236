/* stream.h: the live stream of committed events on a Unix socket; see sitrep-stream(7).
 *
 * A subscriber is a cursor into the log in the database.  Each connection holds one bounded output
 * buffer; when it is full nothing more is read from the log for it until it drains, so a slow reader costs
 * no more memory than a fast one and loses nothing that retention still keeps.  Lines of fresh events are
 * made once and shared by all who are up to date. */
#ifndef SITREP_STREAM_H
#define SITREP_STREAM_H

#include <stddef.h>
#include <stdint.h>

#include "sitrep/error.h"
#include "sitrep/listener.h"

struct event_base;
struct stream;

struct stream_options {
	const char *state_dir;
	unsigned max_connections;
	int64_t heartbeat_ms;
};

struct stream *stream_new(struct event_base *base, const struct stream_options *options, struct error *err);
int stream_listen(struct stream *s, struct listener *l, struct error *err); /* l is borrowed and must outlive s */
/* Events up to this cursor are committed. */
void stream_wake(struct stream *s, int64_t newest_cursor);
size_t stream_clients(const struct stream *s);
void stream_free(struct stream *s);

#endif
