/* SPDX-License-Identifier: ISC */
/* scratch.h: what a test has until it ends, and need not release. */
#ifndef SITREP_TEST_SCRATCH_H
#define SITREP_TEST_SCRATCH_H

#include "sitrep/base/arena.h"
#include "sitrep/base/buf.h"
#include "test.h"

static inline void scratch_drop(void *b)
{
	buf_release(b);
	free(b);
}

/* An empty buffer of the test's that will hold at most max bytes. */
static inline struct buf *scratch(size_t max)
{
	struct buf *b = malloc(sizeof(*b));

	assert_non_null(b);
	buf_init(b, max);
	test_keep(b, scratch_drop);
	return b;
}

/* The text, which was allocated, is the test's now. */
static inline char *scratch_take(char *text)
{
	assert_non_null(text);
	test_keep(text, free);
	return text;
}

/* A copy that ends where its memory does, so that a sanitizer sees the first byte behind it. */
static inline struct str scratch_copy(struct str s)
{
	char *copy = scratch_take(malloc(s.len > 0 ? s.len : 1));

	memcpy(copy, s.data, s.len);
	return str_make(copy, s.len);
}

static inline void scratch_drop_arena(void *a)
{
	arena_release(a);
	free(a);
}

static inline struct arena *scratch_arena(size_t max)
{
	struct arena *a = malloc(sizeof(*a));

	assert_non_null(a);
	arena_init(a, max);
	test_keep(a, scratch_drop_arena);
	return a;
}

#endif
