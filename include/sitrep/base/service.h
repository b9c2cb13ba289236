/* SPDX-License-Identifier: ISC */
/* service.h: the service manager's side of the contract: readiness, watchdog, inherited sockets.
 *
 * Our own few lines of the protocols in sd_notify(3) and sd_listen_fds(3); without a service manager
 * every function does nothing and says so with its return value. */
#ifndef SITREP_BASE_SERVICE_H
#define SITREP_BASE_SERVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sitrep/base/error.h"

enum { SERVICE_FDS_MAX = 32, SERVICE_FD_NAME_MAX = 64 };

struct service_fd {
	int fd; /* FD_CLOEXEC set; the taker owns it */
	char name[SERVICE_FD_NAME_MAX];
	bool taken;
};

struct service_fds {
	struct service_fd fds[SERVICE_FDS_MAX];
	size_t count;
};

/* Reads LISTEN_PID, LISTEN_FDS and LISTEN_FDNAMES and removes them from the environment. */
int service_listen_fds(struct service_fds *out, struct error *err);
/* The next descriptor of that name not yet taken, or -1. */
int service_take_fd(struct service_fds *fds, const char *name);
/* Closes those that were not taken; returns their number. */
size_t service_close_rest(struct service_fds *fds);

/* Each sends one datagram to NOTIFY_SOCKET; false when there is none or it was refused.  A status may hold text from
 * outside: it is sent as one line, and cut. */
bool service_ready(const char *status);
bool service_reloading(void); /* with MONOTONIC_USEC, see sd_notify(3) */
bool service_stopping(void);
bool service_watchdog_ping(void);
/* The start takes longer: it may last this much from now on. */
bool service_extend_start(int64_t by_ms);
/* Half of WATCHDOG_USEC in milliseconds, 0 when no watchdog asks. */
int64_t service_watchdog_interval_ms(void);

#endif
