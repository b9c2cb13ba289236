/* SPDX-License-Identifier: ISC */
/* Parse workers spend much of their time in appends, so the common case is one comparison and one memcpy (buf.h). */
#include "sitrep/base/buf.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_CAPACITY = 64 };

void buf_init(struct buf *b, size_t max)
{
	*b = (struct buf){.max = max};
}

void buf_release(struct buf *b)
{
	free(b->data);
	buf_init(b, b->max);
}

void buf_clear(struct buf *b)
{
	b->len = 0;
	b->failed = 0;
	if (b->data != NULL)
		b->data[0] = '\0';
}

void buf_reuse(struct buf *b, size_t kept)
{
	if (b->cap > kept)
		buf_release(b);
	else
		buf_clear(b);
}

char *buf_take(struct buf *b, size_t *len)
{
	char *data = b->failed != 0 ? NULL : b->data;

	if (len != NULL)
		*len = data != NULL ? b->len : 0;
	if (data != NULL)
		buf_init(b, b->max);
	return data;
}

int buf_reserve(struct buf *b, size_t extra)
{
	size_t cap = b->cap;
	char *data;

	if (b->failed != 0)
		return b->failed;
	/* The NUL needs one byte more than max counts; the sum must not overflow where max is SIZE_MAX. */
	if (extra > b->max - b->len || b->len + extra == SIZE_MAX)
		return b->failed = -E2BIG;
	/* One byte is always kept for the NUL. */
	if (b->len + extra < b->cap)
		return 0;
	cap = cap < FIRST_CAPACITY ? FIRST_CAPACITY : cap * 2;
	if (cap < b->len + extra + 1)
		cap = b->len + extra + 1;
	if (cap - 1 > b->max)
		cap = b->max + 1;
	data = realloc(b->data, cap);
	if (data == NULL)
		return b->failed = -ENOMEM;
	b->data = data;
	b->cap = cap;
	b->data[b->len] = '\0';
	return 0;
}

int buf_append_slowly(struct buf *b, const void *data, size_t len)
{
	if (buf_reserve(b, len) != 0)
		return b->failed;
	if (len > 0)
		memcpy(b->data + b->len, data, len);
	b->len += len;
	b->data[b->len] = '\0';
	return 0;
}

int buf_puts(struct buf *b, const char *c_string)
{
	return buf_append(b, c_string, strlen(c_string));
}

int buf_vprintf(struct buf *b, const char *fmt, va_list ap)
{
	/* max may be less than the allocated memory */
	size_t room = b->cap - b->len > b->max - b->len ? b->max - b->len + 1 : b->cap - b->len;
	va_list again;
	int needed;

	if (b->failed != 0)
		return b->failed;
	va_copy(again, ap);
	needed = vsnprintf(room > 0 ? b->data + b->len : NULL, room, fmt, again);
	va_end(again);
	if (needed < 0)
		b->failed = -ENOMEM;
	else if ((size_t)needed < room)
		b->len += (size_t)needed;
	else if (buf_reserve(b, (size_t)needed) == 0)
		b->len += (size_t)vsnprintf(b->data + b->len, (size_t)needed + 1, fmt, ap);
	if (b->failed != 0 && room > 0)
		b->data[b->len] = '\0';
	return b->failed;
}

int buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	int result;

	va_start(ap, fmt);
	result = buf_vprintf(b, fmt, ap);
	va_end(ap);
	return result;
}

int buf_put_int(struct buf *b, int64_t n)
{
	char digits[20];
	size_t at = sizeof(digits);
	uint64_t rest = n < 0 ? -(uint64_t)n : (uint64_t)n;

	do {
		digits[--at] = (char)('0' + rest % 10);
		rest /= 10;
	} while (rest > 0);
	if (n < 0)
		digits[--at] = '-';
	return buf_append(b, digits + at, sizeof(digits) - at);
}

int buf_put_utf8(struct buf *b, uint32_t cp)
{
	char out[4];
	size_t len;

	if (cp > 0x10ffff || (cp >= 0xd800 && cp <= 0xdfff))
		cp = 0xfffd;
	if (cp < 0x80) {
		out[0] = (char)cp;
		len = 1;
	} else if (cp < 0x800) {
		out[0] = (char)(0xc0 | cp >> 6);
		out[1] = (char)(0x80 | (cp & 0x3f));
		len = 2;
	} else if (cp < 0x10000) {
		out[0] = (char)(0xe0 | cp >> 12);
		out[1] = (char)(0x80 | (cp >> 6 & 0x3f));
		out[2] = (char)(0x80 | (cp & 0x3f));
		len = 3;
	} else {
		out[0] = (char)(0xf0 | cp >> 18);
		out[1] = (char)(0x80 | (cp >> 12 & 0x3f));
		out[2] = (char)(0x80 | (cp >> 6 & 0x3f));
		out[3] = (char)(0x80 | (cp & 0x3f));
		len = 4;
	}
	return buf_append(b, out, len);
}

void buf_consume(struct buf *b, size_t n)
{
	if (n >= b->len) {
		buf_truncate(b, 0);
		return;
	}
	if (n == 0)
		return;
	memmove(b->data, b->data + n, b->len - n);
	buf_truncate(b, b->len - n);
}

void buf_truncate(struct buf *b, size_t len)
{
	if (len > b->len)
		return;
	b->len = len;
	if (b->data != NULL)
		b->data[len] = '\0';
}
