/* SPDX-License-Identifier: ISC */
/* peer_access.h: the users and groups that may subscribe, beside the socket's mode.
 *
 * A client is allowed when its user is listed, or one of its groups.  Without any user or group listed all clients are
 * allowed. */
#ifndef SITREP_STREAM_PEER_ACCESS_H
#define SITREP_STREAM_PEER_ACCESS_H

#include <stdbool.h>
#include <sys/socket.h>

#include "sitrep/base/error.h"
#include "sitrep/stream/stream.h"

struct peer_access;

/* NULL with a sentence for a name that does not exist, and for a user or group that the kernel shows this process as
 * 65534, as under PrivateUsers=yes: it could never be allowed. */
struct peer_access *peer_access_new(const struct stream_options *options, struct error *err);
void peer_access_free(struct peer_access *a);

/* The user and groups at the other end of a connected Unix socket, at connect time.  False: refuse the client. who is
 * NULL when the kernel does not tell. */
bool peer_access_allows(const struct peer_access *a, int fd, const struct ucred *who);

#endif
