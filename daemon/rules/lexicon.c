/* SPDX-License-Identifier: ISC */
/* The words that occur in rules.
 *
 * Whole words stand in an open hash table.  Prefixes are sorted, and each is linked to the longest other prefix that it
 * begins with. A binary search finds the greatest prefix not after the word; all prefixes of the word are that one or
 * on its chain of links. The search compares eight bytes at a time. A bitmap of first byte pairs spares most words the
 * search. */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/auxv.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "lexicon.h"
#include "sitrep/base/buf.h"

enum {
	/* Of all words of all rules; RULE_TERMS_MAX terms of usual length need far less. */
	BYTES_MAX = 64 * 1024 * 1024,
	SLOTS_MIN = 64, /* a power of two, as all slot counts */
	PAIRS = 65536,
};

struct name {
	size_t offset;
	size_t len;
	uint64_t hash;
};

/* Distinct strings, numbered in the order in which they were added. */
struct names {
	struct buf bytes;
	struct name *items;
	uint32_t count;
	uint32_t *slots; /* number + 1, 0 is empty; never more than half full */
	uint32_t slot_count;
};

struct ordered_prefix {
	uint64_t head; /* its first eight bytes, as a number that sorts like them */
	uint32_t id;
};

struct lexicon {
	uint64_t seed;
	struct names words;
	struct names prefixes;
	/* after sealing */
	struct ordered_prefix *order;
	uint32_t *shorter; /* by number: the longest other prefix that this one begins with */
	uint8_t pairs[PAIRS / 8];
};

/* ---- names */

static void names_release(struct names *n)
{
	buf_release(&n->bytes);
	free(n->items);
	free(n->slots);
}

static struct str names_get(const struct names *n, uint32_t id)
{
	return str_make(n->bytes.data + n->items[id].offset, n->items[id].len);
}

/* The slot that holds s, or the empty one where it belongs. */
static uint32_t names_slot(const struct names *n, struct str s, uint64_t hash)
{
	uint32_t at = (uint32_t)hash & (n->slot_count - 1);

	while (n->slots[at] != 0) {
		uint32_t id = n->slots[at] - 1;

		if (n->items[id].hash == hash && str_eq(names_get(n, id), s))
			break;
		at = (at + 1) & (n->slot_count - 1);
	}
	return at;
}

static uint32_t names_find(const struct names *n, struct str s, uint64_t hash)
{
	/* an empty slot's 0 - 1 is LEXICON_NONE */
	return n->count == 0 ? LEXICON_NONE : n->slots[names_slot(n, s, hash)] - 1;
}

static int names_grow(struct names *n)
{
	uint32_t slot_count = n->slot_count == 0 ? SLOTS_MIN : 2 * n->slot_count;
	uint32_t *slots = calloc(slot_count, sizeof(*slots));
	struct name *items = reallocarray(n->items, slot_count / 2, sizeof(*items));

	if (items != NULL)
		n->items = items;
	if (slots == NULL || items == NULL) {
		free(slots);
		return -ENOMEM;
	}
	free(n->slots);
	n->slots = slots;
	n->slot_count = slot_count;
	for (uint32_t id = 0; id < n->count; id++)
		slots[names_slot(n, names_get(n, id), n->items[id].hash)] = id + 1;
	return 0;
}

static int names_add(struct names *n, struct str s, uint64_t hash, uint32_t *id)
{
	int ret;

	*id = names_find(n, s, hash);
	if (*id != LEXICON_NONE)
		return 0;
	if (n->count == n->slot_count / 2) {
		ret = names_grow(n);
		if (ret < 0)
			return ret;
	}
	*id = n->count;
	n->items[n->count] = (struct name){n->bytes.len, s.len, hash};
	ret = buf_add(&n->bytes, s);
	if (ret < 0)
		return ret;
	n->slots[names_slot(n, s, hash)] = ++n->count;
	return 0;
}

/* ---- the lexicon */

static uint64_t hash_of(const struct lexicon *l, struct str s)
{
	return XXH3_64bits_withSeed(s.data, s.len, l->seed);
}

struct lexicon *lexicon_new(void)
{
	struct lexicon *l = calloc(1, sizeof(*l));
	const void *random = (const void *)(uintptr_t)getauxval(AT_RANDOM);

	if (l == NULL)
		return NULL;
	buf_init(&l->words.bytes, BYTES_MAX);
	buf_init(&l->prefixes.bytes, BYTES_MAX);
	/* the kernel puts 16 random bytes here at exec; a worker in its sandbox cannot ask for others */
	if (random != NULL)
		l->seed = XXH3_64bits(random, 16);
	return l;
}

void lexicon_free(struct lexicon *l)
{
	if (l == NULL)
		return;
	names_release(&l->words);
	names_release(&l->prefixes);
	free(l->order);
	free(l->shorter);
	free(l);
}

int lexicon_add_word(struct lexicon *l, struct str word, uint32_t *id)
{
	return names_add(&l->words, word, hash_of(l, word), id);
}

int lexicon_add_prefix(struct lexicon *l, struct str prefix, uint32_t *id)
{
	return names_add(&l->prefixes, prefix, hash_of(l, prefix), id);
}

uint32_t lexicon_find(const struct lexicon *l, struct str word)
{
	return names_find(&l->words, word, hash_of(l, word));
}

static uint64_t head_of(struct str s)
{
	uint64_t head = 0;

	for (size_t i = 0; i < sizeof(head); i++)
		head = head << 8 | (i < s.len ? (unsigned char)s.data[i] : 0);
	return head;
}

static int compare_strings(const struct names *n, uint64_t head, struct str s, const struct ordered_prefix *p)
{
	if (head != p->head)
		return head < p->head ? -1 : 1;
	return str_cmp(s, names_get(n, p->id));
}

static int compare_prefixes(const void *a, const void *b, void *names)
{
	const struct ordered_prefix *left = a;

	return compare_strings(names, left->head, names_get(names, left->id), b);
}

/* Sets the bits of all words that begin with prefix; a word of one byte counts as if a NUL followed. */
static void set_pairs(struct lexicon *l, struct str prefix)
{
	unsigned from = prefix.len > 0 ? (unsigned)(unsigned char)prefix.data[0] << 8 : 0;
	unsigned count = prefix.len == 0 ? PAIRS : 256;

	if (prefix.len > 1) {
		from |= (unsigned char)prefix.data[1];
		count = 1;
	}
	for (unsigned pair = from; pair < from + count; pair++)
		l->pairs[pair / 8] |= (uint8_t)(1u << (pair % 8));
}

static bool may_have_prefix(const struct lexicon *l, struct str word)
{
	unsigned pair = word.len > 0 ? (unsigned)(unsigned char)word.data[0] << 8 : 0;

	if (word.len > 1)
		pair |= (unsigned char)word.data[1];
	return (l->pairs[pair / 8] >> (pair % 8) & 1) != 0;
}

int lexicon_seal(struct lexicon *l)
{
	uint32_t count = l->prefixes.count;

	if (count == 0)
		return 0;
	l->order = calloc(count, sizeof(*l->order));
	l->shorter = calloc(count, sizeof(*l->shorter));
	if (l->order == NULL || l->shorter == NULL)
		return -ENOMEM;
	for (uint32_t id = 0; id < count; id++) {
		struct str prefix = names_get(&l->prefixes, id);

		l->order[id] = (struct ordered_prefix){head_of(prefix), id};
		set_pairs(l, prefix);
	}
	qsort_r(l->order, count, sizeof(*l->order), compare_prefixes, &l->prefixes);
	for (uint32_t i = 0; i < count; i++) {
		struct str prefix = names_get(&l->prefixes, l->order[i].id);
		uint32_t up = i == 0 ? LEXICON_NONE : l->order[i - 1].id;

		while (up != LEXICON_NONE && !str_starts(prefix, names_get(&l->prefixes, up)))
			up = l->shorter[up];
		l->shorter[l->order[i].id] = up;
	}
	return 0;
}

uint32_t lexicon_longest_prefix(const struct lexicon *l, struct str word)
{
	uint32_t low = 0, high = l->prefixes.count;
	uint64_t head;
	uint32_t id;

	if (high == 0 || !may_have_prefix(l, word))
		return LEXICON_NONE;
	head = head_of(word);
	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (compare_strings(&l->prefixes, head, word, &l->order[mid]) < 0)
			high = mid;
		else
			low = mid + 1;
	}
	id = low == 0 ? LEXICON_NONE : l->order[low - 1].id;
	while (id != LEXICON_NONE && !str_starts(word, names_get(&l->prefixes, id)))
		id = l->shorter[id];
	return id;
}

uint32_t lexicon_shorter_prefix(const struct lexicon *l, uint32_t prefix)
{
	return l->shorter[prefix];
}
