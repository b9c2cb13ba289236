/* SPDX-License-Identifier: ISC */
/* Each shingle sets two bits of eight or 64 million. */
#include "sitrep/story/shingle_filter.h"

#include <stddef.h>
#include <stdlib.h>

enum { SMALL_BITS_LOG = 23, LARGE_BITS_LOG = 26 };

void shingle_filter_release(struct shingle_filter *f)
{
	free(f->bits);
	*f = (struct shingle_filter){0};
}

void shingle_filter_begin(struct shingle_filter *f, bool is_large)
{
	shingle_filter_release(f);
	f->is_large = is_large;
}

void shingle_filter_open(struct shingle_filter *f)
{
	shingle_filter_release(f);
	f->is_open = true;
}

static unsigned bits_log(const struct shingle_filter *f)
{
	return f->is_large ? LARGE_BITS_LOG : SMALL_BITS_LOG;
}

static size_t first_bit(const struct shingle_filter *f, uint64_t shingle)
{
	return (size_t)(shingle * UINT64_C(0x9E3779B97F4A7C15) >> (64 - bits_log(f)));
}

static size_t second_bit(const struct shingle_filter *f, uint64_t shingle)
{
	return (size_t)(shingle * UINT64_C(0xC2B2AE3D27D4EB4F) >> (64 - bits_log(f)));
}

static void set_bit(struct shingle_filter *f, size_t bit)
{
	f->bits[bit / 8] = (unsigned char)(f->bits[bit / 8] | 1U << bit % 8);
}

static bool has_bit(const struct shingle_filter *f, size_t bit)
{
	return (f->bits[bit / 8] >> bit % 8 & 1) != 0;
}

void shingle_filter_add(struct shingle_filter *f, uint64_t shingle)
{
	if (f->bits == NULL && !f->is_open) {
		f->bits = calloc((size_t)1 << (bits_log(f) - 3), 1);
		f->is_open = f->bits == NULL;
	}
	if (f->is_open)
		return;
	set_bit(f, first_bit(f, shingle));
	set_bit(f, second_bit(f, shingle));
}

bool shingle_filter_may_hold(const struct shingle_filter *f, uint64_t shingle)
{
	if (f->bits == NULL)
		return f->is_open;
	return has_bit(f, first_bit(f, shingle)) && has_bit(f, second_bit(f, shingle));
}
