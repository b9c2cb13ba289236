/* SPDX-License-Identifier: ISC */
/* error.h: a sentence for a person, carried out of a function that failed.
 *
 * Functions that can fail return 0 or a negative errno value and, when the caller passed one, fill a struct error.
 * The sentence names the action, its object and the reason of the failure; it ends without a full stop and can stand
 * alone in a log line.  It may quote text from outside, so the code that prints it must escape it (log.h and jsonw.h
 * do). */
#ifndef SITREP_BASE_ERROR_H
#define SITREP_BASE_ERROR_H

enum { ERROR_TEXT_MAX = 512 };

struct error {
	int code; /* negative errno value, 0 when nothing went wrong */
	char text[ERROR_TEXT_MAX];
};

/* Fills err (which may be NULL) and returns code, so that a failing line can read
 * `return error_set(err, -EINVAL, "...")`.  Text that does not fit is cut at a whole UTF-8 character. */
int error_set(struct error *err, int code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* The same with ": " and strerror(-code) behind the sentence, which is cut sooner so that both fit. */
int error_sys(struct error *err, int code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* Likewise for functions that return a pointer: NULL. */
#define error_set_null(...) (error_set(__VA_ARGS__), NULL)
#define error_sys_null(...) (error_sys(__VA_ARGS__), NULL)

#endif
