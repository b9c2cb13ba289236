/* SPDX-License-Identifier: ISC */
/* converse.h: the bytes of an input sent to a server of the target's own, on its Unix socket. */
#ifndef TEST_FUZZ_CONVERSE_H
#define TEST_FUZZ_CONVERSE_H

#include <event2/event.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "fuzz.h"
#include "sitrep/base/buf.h"

enum { CONVERSE_ROUNDS_MAX = 10000, CONVERSE_QUIET_ROUNDS = 3 };

/* Reads what is there; false at the end. */
static inline bool converse_read(int fd, struct buf *heard)
{
	char chunk[65536];
	ssize_t n = recv(fd, chunk, sizeof(chunk), MSG_DONTWAIT);

	if (n > 0)
		buf_append(heard, chunk, (size_t)n);
	return n > 0 || (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK));
}

/* Sends the bytes while the base's loop runs, and reads into heard until the server closes; from one that keeps
 * connections whose other side is shut, until it is quiet. */
static inline void fuzz_converse(
	struct event_base *base, const char *path, struct str bytes, bool server_closes, struct buf *heard)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	size_t sent = 0, before;
	int rounds = 0, quiet = 0;
	bool open;

	memcpy(address.sun_path, path, strlen(path) + 1);
	fuzz_require(fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0, bytes);
	buf_clear(heard);
	do {
		ssize_t n = sent < bytes.len
				    ? send(fd, bytes.data + sent, bytes.len - sent, MSG_DONTWAIT | MSG_NOSIGNAL)
				    : 0;

		if (n > 0)
			sent += (size_t)n;
		if (sent == bytes.len || (n < 0 && errno != EAGAIN))
			shutdown(fd, SHUT_WR);
		event_base_loop(base, EVLOOP_NONBLOCK);
		fuzz_require(rounds++ < CONVERSE_ROUNDS_MAX, bytes);
		before = heard->len;
		open = converse_read(fd, heard);
		quiet = sent == bytes.len && heard->len == before ? quiet + 1 : 0;
	} while (open && (server_closes || quiet < CONVERSE_QUIET_ROUNDS));
	close(fd);
}

#endif
