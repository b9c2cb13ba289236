/* A sentence is cut rather than lost, and cut where a character ends. */
#include "sitrep/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "sitrep/utf8.h"

static void write_text(struct error *err, const char *fmt, va_list ap) __attribute__((format(printf, 2, 0)));

static void write_text(struct error *err, const char *fmt, va_list ap)
{
	/* The arguments may point into err->text itself. */
	char text[ERROR_TEXT_MAX + 8];
	struct str kept;
	int n = vsnprintf(text, sizeof(text), fmt, ap);

	if (n < 0)
		n = 0;
	kept = utf8_cut(str_make(text, (size_t)n < sizeof(text) ? (size_t)n : sizeof(text) - 1), ERROR_TEXT_MAX - 1);
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
	write_text(err, fmt, ap);
	va_end(ap);
	return code;
}

int error_sys(struct error *err, int code, const char *fmt, ...)
{
	char reason[128];
	size_t len;
	va_list ap;

	if (err == NULL)
		return code;
	err->code = code;
	va_start(ap, fmt);
	write_text(err, fmt, ap);
	va_end(ap);
	len = strlen(err->text);
	(void)snprintf(err->text + len, sizeof(err->text) - len, ": %s", strerror_r(-code, reason, sizeof(reason)));
	return code;
}
