/* SPDX-License-Identifier: ISC */
/* buf.h: a growing byte buffer with a maximum.
 *
 * A buffer gets its maximum in buf_init(), so that no peer can make it grow further.  Failure sticks: an append that
 * does not fit or finds no memory leaves the content unchanged, and all later appends fail too.  So one check of
 * buf_failed() at the end is enough.  A NUL byte, which does not count, always follows the content. */
#ifndef SITREP_BASE_BUF_H
#define SITREP_BASE_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "sitrep/base/str.h"

struct buf {
	char *data; /* NULL until the first append */
	size_t len;
	size_t cap;
	size_t max;
	int failed; /* 0, -ENOMEM, or -E2BIG */
};

/* An empty buffer that will hold at most max bytes; allocates nothing. */
void buf_init(struct buf *b, size_t max);
#define BUF_INIT(max_bytes) ((struct buf){NULL, 0, 0, (max_bytes), 0})
/* Frees the content; the buffer is as after buf_init() with the same maximum. */
void buf_release(struct buf *b);
/* Forgets content and failure, keeps the memory. */
void buf_clear(struct buf *b);
/* Likewise, and gives back memory of more than kept bytes. */
void buf_reuse(struct buf *b, size_t kept);
/* Hands the content (malloc'ed, NUL behind it, *len bytes) out and leaves b empty.  NULL when b failed, or when
 * nothing, not even "", was appended. */
char *buf_take(struct buf *b, size_t *len);

/* All return 0 or b's failure. */
int buf_reserve(struct buf *b, size_t extra);
int buf_append_slowly(struct buf *b, const void *data, size_t len); /* buf_append() when the buffer has to grow */
static inline int buf_append(struct buf *b, const void *data, size_t len)
{
	if (b->failed != 0 || len == 0 || len >= b->cap - b->len || len > b->max - b->len)
		return buf_append_slowly(b, data, len);
	memcpy(b->data + b->len, data, len);
	b->len += len;
	b->data[b->len] = '\0';
	return 0;
}

static inline int buf_add(struct buf *b, struct str s)
{
	return buf_append(b, s.data, s.len);
}

int buf_puts(struct buf *b, const char *c_string);
static inline int buf_putc(struct buf *b, char c)
{
	return buf_append(b, &c, 1);
}

int buf_printf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
int buf_vprintf(struct buf *b, const char *fmt, va_list ap) __attribute__((format(printf, 2, 0)));
int buf_put_int(struct buf *b, int64_t n); /* in decimal */
/* One Unicode scalar value as UTF-8; a number that is no scalar value becomes U+FFFD. */
int buf_put_utf8(struct buf *b, uint32_t cp);
/* Drops the first n bytes. */
void buf_consume(struct buf *b, size_t n);
void buf_truncate(struct buf *b, size_t len);

static inline bool buf_failed(const struct buf *b)
{
	return b->failed != 0;
}

static inline struct str buf_str(const struct buf *b)
{
	return (struct str){b->data != NULL ? b->data : "", b->len};
}

#endif
