/* Which shingles a week's table may hold: two bits of 8,388,608 for each. */
#include "shingle_filter.h"

#include <stddef.h>
#include <stdlib.h>

enum { BITS_LOG = 23, BYTES = (1 << BITS_LOG) / 8 };

void shingle_filter_release(struct shingle_filter *f)
{
	free(f->bits);
	*f = (struct shingle_filter){0};
}

void shingle_filter_clear(struct shingle_filter *f)
{
	shingle_filter_release(f);
}

void shingle_filter_open(struct shingle_filter *f)
{
	shingle_filter_release(f);
	f->is_open = true;
}

static size_t first_bit(uint64_t shingle)
{
	return (size_t)(shingle * UINT64_C(0x9E3779B97F4A7C15) >> (64 - BITS_LOG));
}

static size_t second_bit(uint64_t shingle)
{
	return (size_t)(shingle * UINT64_C(0xC2B2AE3D27D4EB4F) >> (64 - BITS_LOG));
}

static void set(struct shingle_filter *f, size_t bit)
{
	f->bits[bit / 8] = (unsigned char)(f->bits[bit / 8] | 1U << bit % 8);
}

static bool get(const struct shingle_filter *f, size_t bit)
{
	return (f->bits[bit / 8] >> bit % 8 & 1) != 0;
}

void shingle_filter_add(struct shingle_filter *f, uint64_t shingle)
{
	if (f->bits == NULL && !f->is_open) {
		f->bits = calloc(BYTES, 1);
		f->is_open = f->bits == NULL;
	}
	if (f->is_open)
		return;
	set(f, first_bit(shingle));
	set(f, second_bit(shingle));
}

bool shingle_filter_may_hold(const struct shingle_filter *f, uint64_t shingle)
{
	if (f->bits == NULL)
		return f->is_open;
	return get(f, first_bit(shingle)) && get(f, second_bit(shingle));
}
