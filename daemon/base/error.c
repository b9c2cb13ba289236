/* SPDX-License-Identifier: ISC */
/* A sentence that is too long is cut at the end of a character. */
#include "sitrep/base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "sitrep/base/utf8.h"

/* Writes the sentence, cut to max bytes. */
__attribute__((format(printf, 3, 0))) static void write_text(struct error *err, size_t max, const char *fmt, va_list ap)
{
	/* The arguments may point into err->text itself. */
	char text[ERROR_TEXT_MAX + 8];
	struct str kept;
	int n = vsnprintf(text, sizeof(text), fmt, ap);

	if (n < 0)
		n = 0;
	kept = utf8_cut(str_make(text, (size_t)n < sizeof(text) ? (size_t)n : sizeof(text) - 1), max);
	memcpy(err->text, kept.data, kept.len);
	err->text[kept.len] = '\0';
}

int error_set(struct error *err, int code, const char *fmt, ...)
{
	va_list ap;

	if (err == NULL)
		return code;
	err->code = code;
	va_start(ap, fmt);
	write_text(err, ERROR_TEXT_MAX - 1, fmt, ap);
	va_end(ap);
	return code;
}

int error_sys(struct error *err, int code, const char *fmt, ...)
{
	char text[128];
	const char *reason;
	size_t len;
	va_list ap;

	if (err == NULL)
		return code;
	err->code = code;
	/* The system's words for these codes are about exec() and lseek(); here, readers of files give them. */
	reason = code == -E2BIG    ? "it is too large"
		 : code == -ESPIPE ? "it is a named pipe, expected a file"
				   : strerror_r(-code, text, sizeof(text));
	/* The reason has room of its own: a long name before it must not push it out. */
	va_start(ap, fmt);
	write_text(err, ERROR_TEXT_MAX - 1 - strlen(": ") - strnlen(reason, sizeof(text)), fmt, ap);
	va_end(ap);
	len = strlen(err->text);
	snprintf(err->text + len, sizeof(err->text) - len, ": %.*s", (int)sizeof(text), reason);
	return code;
}
