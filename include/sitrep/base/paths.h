/* paths.h: where the daemon and the command line meet.
 *
 * Both must find the same folders and sockets without being told, as a service and as a user's own
 * process.  Results are malloc'ed; NULL without memory. */
#ifndef SITREP_BASE_PATHS_H
#define SITREP_BASE_PATHS_H

/* given, else $STATE_DIRECTORY, else /var/lib/sitrepd. */
char *paths_state_dir(const char *given);

/* $RUNTIME_DIRECTORY, else /run/sitrepd where that may be written (root), else $XDG_RUNTIME_DIR/sitrepd,
 * else the state folder. */
char *paths_runtime_dir(const char *state_dir);

/* configured, else stream.sock in the runtime folder. */
char *paths_stream_socket(const char *configured, const char *runtime_dir);
/* configured, else control.sock beside the stream socket. */
char *paths_control_socket(const char *configured, const char *stream_socket);

/* The configuration file: given, else /etc/sitrepd/sitrepd.conf under the compiled-in sysconfdir. */
char *paths_config(const char *given);

/* mkdir(2) with that mode unless the folder is there; 0 or -errno, -ENOTDIR when something else has its name. */
int paths_make_dir(const char *path, unsigned mode);

#endif
