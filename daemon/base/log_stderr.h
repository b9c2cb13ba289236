/* SPDX-License-Identifier: ISC */
/* log_stderr.h: writes lines to standard error and does not wait for its reader.
 *
 * Lines that standard error does not take at once wait, up to 64 KiB of them.  Lines for which there is no room are
 * lost, and so are those that wait when the reader has gone or the disk is full.  Lost lines are counted.  One thread
 * at a time may call these functions: log.c has a lock. */
#ifndef BASE_LOG_STDERR_H
#define BASE_LOG_STDERR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sitrep/base/str.h"

/* Adds a line, with its newline, behind those that wait.  An empty line is one that could not be made; it is lost. */
void log_stderr_add(struct str line);
/* Writes waiting lines as far as there is room. */
void log_stderr_write_waiting(void);
/* Adds and writes a line while no other waits.  False: it was lost, and is not counted. */
bool log_stderr_try(struct str line);

bool log_stderr_waits(void);
/* The number of lines lost since the start. */
uint64_t log_stderr_lost(void);

/* Writes text, which need not be lines, and waits for a slow reader until end_ms on the monotonic clock. */
void log_stderr_write(const char *text, size_t len, int64_t end_ms);

#endif
