/* SPDX-License-Identifier: ISC */
/* guard.h: which addresses the daemon may connect to.
 *
 * By default only globally reachable unicast addresses are allowed.  Refused are loopback, private, link-local, shared,
 * unique-local, multicast, reserved and documentation addresses, and the metadata services of clouds; also within an
 * IPv6 address in IPv4-mapped, 6to4 or NAT64 form.
 *
 * transfer_route.c checks the address to which a connection is made, after resolution, at every hop and for every
 * reused connection.  So a name cannot change its address between check and use. */
#ifndef SITREP_FETCH_GUARD_H
#define SITREP_FETCH_GUARD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

#include "sitrep/config/config.h"

/* NULL when a connection to address is allowed, else a literal with the kind of the address ("loopback", "private",
 * "link-local", ...).  Networks in allow are allowed; it may be NULL. */
const char *guard_refuses(const struct sockaddr *address, const struct config_networks *allow);

/* True for the addresses that a feed's allow-private allows: loopback, private (RFC 1918, unique-local) and shared
 * (RFC 6598).  Link-local and cloud-metadata addresses are not among them: machines in clouds get their secrets there.
 */
bool guard_is_private(const struct sockaddr *address);

/* True when a connection to address would reach one of own, the sockets on which the daemon listens.  The ports are
 * equal, and so are the addresses, or the daemon listens on every address and address is one of this machine.  Costs a
 * system call when the ports are equal. */
bool guard_is_own(const struct sockaddr *address, const struct sockaddr_storage *own, size_t own_count);

/* The article of a kind: "a" or "an". */
const char *guard_article(const char *kind);

#endif
