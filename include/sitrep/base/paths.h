/* SPDX-License-Identifier: ISC */
/* paths.h: the folders and sockets of a daemon.
 *
 * Daemon and command line must agree on them without configuration, both as a service and as a user's own process.
 * Results are malloc'ed; NULL without memory. */
#ifndef SITREP_BASE_PATHS_H
#define SITREP_BASE_PATHS_H

#include <stdbool.h>
#include <stddef.h>

/* given, else $STATE_DIRECTORY, else /var/lib/sitrepd. */
char *paths_state_dir(const char *given);

/* $RUNTIME_DIRECTORY, else /run/sitrepd if the process may write there (root), else $XDG_RUNTIME_DIR/sitrepd, else the
 * state folder. */
char *paths_runtime_dir(const char *state_dir);

/* configured, else stream.sock in the runtime folder. */
char *paths_stream_socket(const char *configured, const char *runtime_dir);
/* configured, else control.sock beside the stream socket. */
char *paths_control_socket(const char *configured, const char *stream_socket);

/* The folders in which a client looks for the sockets of a daemon, first to last, each once:
 *
 *     $RUNTIME_DIRECTORY            the service's own commands (ExecReload)
 *     /run/sitrepd                  the service
 *     $XDG_RUNTIME_DIR/sitrepd      a user's own daemon
 *     ~/.local/state/sitrepd        `make run` ($XDG_STATE_HOME/sitrepd where that is set)
 *     ~/.local/state/sitrepd/demo   `make demo`
 *     $STATE_DIRECTORY              else /var/lib/sitrepd: where the daemon has no runtime folder */
enum { PATHS_PLACES_MAX = 6 };

struct paths_places {
	char *folders[PATHS_PLACES_MAX];
	size_t count;
};

/* 0 or -ENOMEM; to be released in both cases.  in_service: the process runs under the service manager.  If false, as
 * for a client in a user's shell, $RUNTIME_DIRECTORY and $STATE_DIRECTORY are not used. */
int paths_places_init(struct paths_places *places, bool in_service);
void paths_places_release(struct paths_places *places);

/* The configuration file: given, else /etc/sitrepd/sitrepd.conf under the compiled-in sysconfdir. */
char *paths_config(const char *given);

/* mkdir(2) with that mode unless the folder exists.  0 or -errno; -ENOTDIR when the path is not a folder. */
int paths_make_dir(const char *path, unsigned mode);

#endif
