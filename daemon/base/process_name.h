/* SPDX-License-Identifier: ISC */
/* process_name.h: names the process that has a socket, for errors about an address in use.
 *
 * Reads /proc, so it may find nothing: only root sees the sockets of other users, and the service's sandbox hides the
 * list of ports. */
#ifndef SITREP_BASE_PROCESS_NAME_H
#define SITREP_BASE_PROCESS_NAME_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum { PROCESS_NAME_MAX = 64 };

/* Writes "nginx (process 123)" into text, or "process 123" where the name is hidden; returns text. */
char *process_name(char text[PROCESS_NAME_MAX], pid_t pid);
/* The same for the process that listens on the TCP port, on any address.  False: not found. */
bool process_on_port(char text[PROCESS_NAME_MAX], uint16_t port);

#endif
