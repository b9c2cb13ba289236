/* Two rows of 4,194,304 counters of four bits, 4 MiB in all.  The places in the rows are two parts of the hash, mixed
 * anew, since its lowest bits are those by which texts are sampled. */
#include "sitrep/boilerplate.h"

#include <errno.h>
#include <stdlib.h>

enum { ROWS = 2, ROW_BITS = 22, COUNT_MAX = 15 };

int boilerplate_init(struct boilerplate *b)
{
	*b = (struct boilerplate){.counters = calloc(BOILERPLATE_CHUNKS, BOILERPLATE_CHUNK_LEN)};
	return b->counters != NULL ? 0 : -ENOMEM;
}

void boilerplate_release(struct boilerplate *b)
{
	free(b->counters);
	*b = (struct boilerplate){0};
}

/* splitmix64's finalizer. */
static uint64_t mix(uint64_t x)
{
	x += UINT64_C(0x9e3779b97f4a7c15);
	x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
	return x ^ (x >> 31);
}

static void find(uint64_t hash, size_t at[ROWS])
{
	uint64_t mixed = mix(hash);

	for (size_t row = 0; row < ROWS; row++)
		at[row] = (row << ROW_BITS) + (size_t)(mixed >> (row * 32) & ((1U << ROW_BITS) - 1));
}

static unsigned get(const struct boilerplate *b, size_t at)
{
	return b->counters[at / 2] >> (at % 2 * 4) & 15U;
}

static void set(struct boilerplate *b, size_t at, unsigned count)
{
	unsigned shift = at % 2 * 4;

	b->counters[at / 2] = (unsigned char)((b->counters[at / 2] & ~(15U << shift)) | count << shift);
	b->dirty[at / 2 / BOILERPLATE_CHUNK_LEN] = true;
}

static unsigned least(const struct boilerplate *b, const size_t at[ROWS])
{
	unsigned count = COUNT_MAX;

	for (size_t row = 0; row < ROWS; row++)
		count = get(b, at[row]) < count ? get(b, at[row]) : count;
	return count;
}

unsigned boilerplate_count(const struct boilerplate *b, uint64_t hash)
{
	size_t at[ROWS];

	find(hash, at);
	return least(b, at);
}

void boilerplate_add(struct boilerplate *b, const struct hash_set *shingles)
{
	for (size_t i = 0; i < shingles->count; i++) {
		size_t at[ROWS];
		unsigned count;

		find(shingles->items[i], at);
		count = least(b, at);
		/* Only what holds the least count is raised: the others are too high already. */
		for (size_t row = 0; row < ROWS && count < COUNT_MAX; row++)
			if (get(b, at[row]) == count)
				set(b, at[row], count + 1);
	}
}

void boilerplate_filter(const struct boilerplate *b, struct hash_set *shingles)
{
	size_t n = 0;

	for (size_t i = 0, end; i < shingles->count; i = end) {
		for (end = i;
			end < shingles->count && boilerplate_count(b, shingles->items[end]) >= BOILERPLATE_COMMON;)
			end++;
		if (end - i >= BOILERPLATE_RUN)
			continue;
		/* what is too short a run, and the one that ended it */
		end += end < shingles->count;
		for (; i < end; i++)
			shingles->items[n++] = shingles->items[i];
	}
	shingles->count = n;
}

void boilerplate_halve(struct boilerplate *b)
{
	for (size_t i = 0; i < (size_t)BOILERPLATE_CHUNKS * BOILERPLATE_CHUNK_LEN; i++) {
		unsigned char halved = b->counters[i] >> 1 & 0x77;

		if (halved != b->counters[i]) {
			b->counters[i] = halved;
			b->dirty[i / BOILERPLATE_CHUNK_LEN] = true;
		}
	}
}
