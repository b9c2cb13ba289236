/* SPDX-License-Identifier: ISC */
/* next_steps.h: what the daemon tells a newcomer at its start. */
#ifndef SITREP_NEXT_STEPS_H
#define SITREP_NEXT_STEPS_H

/* Logs three lines with a command or address each: follow the stream, see the feeds, open the page.  The commands work
 * as they stand, for the user who started the daemon: with the path of `sitrep` where it lies beside the daemon
 * (program is argv[0]), and with --socket where the client would not find the daemon by itself.
 *
 * page and stream are NULL where the configuration switches them off; stream and control may begin with "unix:". */
void next_steps_log(const char *program, const char *page, const char *stream, const char *control);

#endif
