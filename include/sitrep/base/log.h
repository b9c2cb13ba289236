/* SPDX-License-Identifier: ISC */
/* log.h: one line per change of state.
 *
 * A message is a subject and pairs of key and value, all strings, ended by NULL:
 *
 *     log_emit(LOG_LEVEL_WARNING, "feed fails", "feed", name, "status", LOG_NUM(404), NULL);
 *
 * On a terminal that reads `12:03:22 warning feed fails feed=usni status=404`.  As a service (stderr is
 * the journal's stream) the line goes to the journal's native socket with PRIORITY and each pair as a
 * field (SITREP_FEED=usni); where that socket is not there, to stderr with a <N> prefix, see
 * sd-daemon(3).  Values may come from outside: control characters, bidi overrides and invalid UTF-8 are
 * escaped here, values with spaces or quotes are quoted, and a value over LOG_VALUE_MAX bytes is cut.
 * Any thread may log.
 *
 * Nobody is kept waiting by a log that is not read: lines that standard error does not take at once wait in
 * memory, 64 KiB of them; the lines after that are lost and counted, and one line says how many as soon as there
 * is room again. */
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

/* Looks at stderr and the environment once; before it, lines go to stderr plainly. */
void log_init(const char *program);
void log_set_level(enum log_level least_urgent);
/* "error", "warning", "notice", "info", "debug"; -1 when it is none. */
int log_level_parse(const char *name);

void log_emit(enum log_level level, const char *subject, ...) __attribute__((sentinel));

/* Logs each line of text that is not empty, as the value of key; a line over LOG_VALUE_MAX bytes is cut. */
void log_emit_lines(enum log_level level, const char *subject, const char *key, struct str text);

/* Text as it is, of any length, for a program that ends with it: waits for a slow reader, but two seconds at most. */
void log_write(const char *text, size_t len);
/* Hands on the lines that wait, as far as there is room; log_emit() does so too. */
void log_flush(void);
/* Lines that were lost since the start. */
uint64_t log_dropped(void);

/* A number as a value: valid until the end of the enclosing block. */
#define LOG_NUM(n) log_number((char[24]){0}, (long long)(n))
const char *log_number(char text[24], long long n);

#endif
