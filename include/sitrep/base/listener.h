/* SPDX-License-Identifier: ISC */
/* listener.h: a listening socket in the event loop.
 *
 * Makes TCP and Unix listening sockets, or takes inherited ones, and accepts in the loop.  When descriptors
 * run out it stops accepting for a second instead of spinning.  A Unix socket's file left behind by a
 * dead daemon is replaced; one that a living daemon answers on is an error, and so is any other file. */
#ifndef SITREP_BASE_LISTENER_H
#define SITREP_BASE_LISTENER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "sitrep/base/error.h"

struct event_base;
struct listener;

/* fd is the accepted socket: non-blocking, close-on-exec, the callee's. */
typedef void listener_accept_fn(void *arg, int fd, const struct sockaddr *peer, socklen_t peer_len);

/* Bound and listening, nothing accepted yet: so that every socket is known to be free before anything else is touched.
 */
/* host: a numeric address, or NULL for every one; port 0 lets the kernel choose. */
struct listener *listener_open_tcp(const char *host, uint16_t port, struct error *err);
/* mode as in chmod(2); group NULL: the process's own. */
struct listener *listener_open_unix(const char *path, unsigned mode, const char *group, struct error *err);
/* An inherited one; takes fd, and closes it when it is no listening socket.  Its socket file is not removed. */
struct listener *listener_adopt(int fd, struct error *err);

int listener_start(struct listener *l, struct event_base *base, listener_accept_fn *fn, void *arg, struct error *err);
/* Accepts no more; the socket stays bound.  Must come before the event base is freed. */
void listener_stop(struct listener *l);
/* "http://127.0.0.1:8484" or "unix:/run/…": for messages; with the port that the kernel chose for port 0. */
const char *listener_name(const struct listener *l);
/* The address that it is bound to; false for one that cannot be connected to over IP. */
bool listener_address(const struct listener *l, struct sockaddr_storage *address);
/* Closes, and unlinks the Unix socket file that it made. */
void listener_free(struct listener *l);

#endif
