/* SPDX-License-Identifier: ISC */
/* daemon_socket.h: looks for a daemon that answers. */
#ifndef SITREP_CLIENT_DAEMON_SOCKET_H
#define SITREP_CLIENT_DAEMON_SOCKET_H

#include <stdbool.h>

#include "sitrep/base/error.h"

struct daemon_socket_wanted {
	bool control;          /* the control socket, else the stream */
	const char *path;      /* this socket alone; NULL: preferred, then the folders of paths_places_init() */
	const char *preferred; /* may be NULL */
	int patience_ms;       /* for each place; negative: no end */
};

/* Connects to the first place where a daemon answers.  0 with an open descriptor and the socket's path, which the
 * caller frees; or a negative code with a sentence that names each place and its fault.  The code is that of the most
 * telling fault: a refusal (-EACCES) before any other, and a missing socket (-ENOENT) last. */
int daemon_socket_connect(const struct daemon_socket_wanted *wanted, int *fd, char **path, struct error *err);

#endif
