/* SPDX-License-Identifier: ISC */
/* guard.h: which addresses the daemon may connect to.
 *
 * By default nothing but globally reachable unicast addresses: loopback, private, link-local, shared,
 * unique-local, multicast, reserved and documentation ranges and the metadata services of clouds are refused, also when
 * they are wrapped in IPv4-mapped, 6to4 or NAT64 form.  The judgement is made on the address that is being connected
 * to, after resolution, at every hop and for every reused connection, so there is no gap between check and use. */
#ifndef SITREP_FETCH_GUARD_H
#define SITREP_FETCH_GUARD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

#include "sitrep/config/config.h"

/* NULL when a connection to address is fine, otherwise a literal that says what it is ("loopback",
 * "private", "link-local", ...).  allow may be NULL; listed networks are fine. */
const char *guard_refuses(const struct sockaddr *address, const struct config_networks *allow);

/* Loopback, private (RFC 1918, unique-local) or shared (RFC 6598): what a feed's allow-private opens.  Link-local and
 * cloud-metadata addresses are not among them, since machines in clouds get their secrets there. */
bool guard_is_private(const struct sockaddr *address);

/* Whether connecting to address would reach one of own, the sockets the daemon listens on: the same port, and the same
 * address or, for a listener on every address, any of this machine's.  Asks the kernel which those are, so it
 * costs a system call where the port is the same. */
bool guard_is_own(const struct sockaddr *address, const struct sockaddr_storage *own, size_t own_count);

/* "a" or "an", to go before one of those literals. */
const char *guard_article(const char *kind);

#endif
