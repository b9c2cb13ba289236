/* SPDX-License-Identifier: ISC */
/* listener.h: a listening socket in the event loop.
 *
 * Opens TCP and Unix listening sockets, or adopts inherited ones, and accepts connections in the loop.  When
 * descriptors run out, it stops accepting for one second.  A Unix socket's file that a dead daemon left behind is
 * replaced.  A path on which a process listens is an error, and so is a file that is not a socket. */
#ifndef SITREP_BASE_LISTENER_H
#define SITREP_BASE_LISTENER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "sitrep/base/error.h"

struct event_base;
struct listener;

/* fd is the accepted socket: non-blocking, close-on-exec, owned by the callee. */
typedef void listener_accept_fn(void *arg, int fd, const struct sockaddr *peer, socklen_t peer_len);

/* The two open functions bind and listen but accept nothing yet, because the daemon binds all sockets before it opens
 * the database.  NULL with err on failure.  host is a numeric address, or NULL for all addresses; port 0 lets the
 * kernel choose. */
struct listener *listener_open_tcp(const char *host, uint16_t port, struct error *err);
/* mode as in chmod(2); group NULL: the process's own.  chown(2) is called only if the file does not have the group
 * yet. */
struct listener *listener_open_unix(const char *path, unsigned mode, const char *group, struct error *err);
/* Whether this process may give a socket file to the group: 0, or a negative code with the reason. */
int listener_check_group(const char *name, struct error *err);
/* From now on SIGTERM and SIGINT first remove the socket files that listeners have made, then end the process.  Used
 * until an event loop handles the signals. */
void listener_catch_signals(void);
/* Adopts an inherited socket.  fd belongs to the listener from now on; on failure it is closed.  The socket's file is
 * never removed. */
struct listener *listener_adopt(int fd, struct error *err);

int listener_start(struct listener *l, struct event_base *base, listener_accept_fn *fn, void *arg, struct error *err);
/* Accepts no more; the socket stays bound.  Must come before the event base is freed. */
void listener_stop(struct listener *l);
/* "http://127.0.0.1:8484" or "unix:/run/…": for messages; with the port that the kernel chose for port 0. */
const char *listener_name(const struct listener *l);
/* The name of the first TCP listener of the list, or NULL. */
const char *listeners_url(struct listener *const *list, size_t count);
/* The IP address that the listener is bound to; false for a Unix socket. */
bool listener_address(const struct listener *l, struct sockaddr_storage *address);
/* Closes the socket, and unlinks the socket file that listener_open_unix() made. */
void listener_free(struct listener *l);

#endif
