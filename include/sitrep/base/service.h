/* SPDX-License-Identifier: ISC */
/* service.h: talks to the service manager (systemd): readiness, watchdog, inherited sockets.
 *
 * Speaks the protocols of sd_notify(3) and sd_listen_fds(3) without their library.  Without a service manager every
 * function does nothing and returns false or 0. */
#ifndef SITREP_BASE_SERVICE_H
#define SITREP_BASE_SERVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sitrep/base/error.h"

enum { SERVICE_FDS_MAX = 32, SERVICE_FD_NAME_MAX = 64 };

struct service_fd {
	int fd; /* FD_CLOEXEC is set; the caller of service_take_fd() owns it */
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
/* Whether one of that name was passed. */
bool service_has_fd(const struct service_fds *fds, const char *name);
/* Closes the descriptors that were not taken; returns their number. */
size_t service_close_rest(struct service_fds *fds);

/* Each sends one datagram to NOTIFY_SOCKET; false when there is no such socket or it refused the datagram.  A status
 * may hold text from outside: it is sent as one line, cut at 240 bytes. */
bool service_ready(const char *status);
bool service_status(const char *status);
bool service_reloading(void); /* with MONOTONIC_USEC, see sd_notify(3) */
bool service_stopping(void);
bool service_watchdog_ping(void);
/* Asks for more time to start: by_ms from now on. */
bool service_extend_start(int64_t by_ms);
/* How often to ping: half of WATCHDOG_USEC in milliseconds; 0 when the manager has set no watchdog. */
int64_t service_watchdog_interval_ms(void);

/* service_run.c: replaces this process with command, which the service manager runs with the unit's user, credentials
 * and view of the file system.  environment is one more variable ("NAME=value").  Returns only on failure.  Needs root
 * and a running manager. */
int service_exec_as_unit(const char *unit, const char *environment, char *const *command, struct error *err);

#endif
