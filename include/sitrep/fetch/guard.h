/* SPDX-License-Identifier: ISC */
/* guard.h: which addresses the daemon may connect to.
 *
 * By default only globally reachable unicast addresses are allowed: loopback, private, link-local, shared,
 * unique-local, multicast, reserved and documentation ranges and the metadata services of clouds are refused, also when
 * they are wrapped in IPv4-mapped, 6to4 or NAT64 form.  The check is made on the address that is connected to, after
 * resolution, at every hop and for every reused connection, so there is no gap between check and use. */
#ifndef SITREP_FETCH_GUARD_H
#define SITREP_FETCH_GUARD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

#include "sitrep/config/config.h"

/* NULL when a connection to address is allowed, else a literal that names its kind ("loopback",
 * "private", "link-local", ...).  Networks in allow are allowed; it may be NULL. */
const char *guard_refuses(const struct sockaddr *address, const struct config_networks *allow);

/* True for loopback, private (RFC 1918, unique-local) and shared (RFC 6598) addresses, which a feed's allow-private
 * opens.  Link-local and cloud-metadata addresses are not among them, since machines in clouds get their secrets there.
 */
bool guard_is_private(const struct sockaddr *address);

/* True when a connection to address would reach one of own, the sockets on which the daemon listens: the port is the
 * same, and the address too, or the listener is on every address and this one is the machine's own. Where the port is
 * the same, this costs a system call. */
bool guard_is_own(const struct sockaddr *address, const struct sockaddr_storage *own, size_t own_count);

/* "a" or "an", as the literal needs it. */
const char *guard_article(const char *kind);

#endif
