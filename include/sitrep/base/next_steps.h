/* SPDX-License-Identifier: ISC */
/* next_steps.h: the commands that the daemon suggests at its start. */
#ifndef SITREP_BASE_NEXT_STEPS_H
#define SITREP_BASE_NEXT_STEPS_H

/* Logs a line each for three steps: follow the stream, list the feeds, open the page.  A command works as it stands for
 * the user who started the daemon: it has the path of `sitrep` if that lies beside the daemon (program is argv[0]), and
 * --socket if the client would not find the daemon by itself.
 *
 * page and stream are NULL where the configuration switches them off; stream and control may begin with "unix:". */
void next_steps_log(const char *program, const char *page, const char *stream, const char *control);

#endif
