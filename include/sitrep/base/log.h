/* SPDX-License-Identifier: ISC */
/* log.h: one line per change of state.
 *
 * A message is a subject and pairs of key and value, all strings, ended by NULL:
 *
 *     log_emit(LOG_LEVEL_WARNING, "feed fails", "feed", name, "status", LOG_NUM(404), NULL);
 *
 * On a terminal that reads `2026-11-23 12:03:22 CET warning  feed fails feed=usni status=404`.  In a service, whose
 * stderr is the journal's stream, the line goes to the journal's native socket with PRIORITY and with each pair as a
 * field (SITREP_FEED=usni); without that socket, to stderr with a <N> prefix, see sd-daemon(3).  Values may come from
 * outside: control characters, bidi overrides and invalid UTF-8 are escaped here, values with spaces or quotes are
 * quoted, and a value over LOG_VALUE_MAX bytes is cut.  Any thread may log.
 *
 * No caller waits for a log that is not read.  Lines that standard error does not take at once wait in memory, up to
 * 64 KiB.  Later lines are dropped and counted, and one line gives their number as soon as there is room again. */
#ifndef SITREP_BASE_LOG_H
#define SITREP_BASE_LOG_H

#include <stddef.h>
#include <stdint.h>

#include "sitrep/base/str.h"

/* syslog(3)'s numbers */
enum log_level {
	LOG_LEVEL_ERROR = 3,
	LOG_LEVEL_WARNING = 4,
	LOG_LEVEL_NOTICE = 5,
	LOG_LEVEL_INFO = 6,
	LOG_LEVEL_DEBUG = 7
};

enum { LOG_VALUE_MAX = 600 };

/* Looks at stderr and the environment once.  Lines that are logged before this call go to stderr as on a terminal. */
void log_init(const char *program);
/* From now on lines go to stderr, also in a service: for the last lines of a process.  The journal looks up the unit of
 * a line at its native socket by process, and finds none when the process has ended; the unit of stderr it knows. */
void log_leave_journal(void);
void log_set_level(enum log_level least_urgent);
/* The level named "error", "warning", "notice", "info" or "debug"; -1 for another name. */
int log_level_parse(const char *name);

void log_emit(enum log_level level, const char *subject, ...) __attribute__((sentinel));

/* Logs subject once for each non-empty line of text, with the line as the value of key. */
void log_emit_lines(enum log_level level, const char *subject, const char *key, struct str text);

/* Writes lines of any length unchanged to stderr: for the end of a program.  Waits at most two seconds for a slow
 * reader.  In the journal each line has that level. */
void log_write(enum log_level level, const char *text, size_t len);
/* Writes waiting lines as far as there is room; log_emit() does so too. */
void log_flush(void);
/* The number of lines lost since the start. */
uint64_t log_dropped(void);

/* A number as a value: valid until the end of the enclosing block. */
#define LOG_NUM(n) log_number((char[24]){0}, (long long)(n))
const char *log_number(char text[24], long long n);

#endif
