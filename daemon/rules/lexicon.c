/* SPDX-License-Identifier: ISC */
/* The words that occur in rules.
 *
 * Whole words stand in an open hash table until the lexicon is sealed.
 * Prefixes are sorted, and each is linked to the longest other prefix that it begins with.  A binary search finds the
 * greatest prefix not after the word; all prefixes of the word are that one or on its chain of links.  The search
 * compares eight bytes at a time.  A filter of first bytes spares most words the search. */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/auxv.h>

#include "lexicon.h"
#include "rule_image.h"
#include "sitrep/base/buf.h"
#include "sitrep/base/pages.h"

enum {
	/* Of all words of all rules; RULE_TERMS_MAX terms of usual length need far less. */
	BYTES_MAX = 64 * 1024 * 1024,
	WORD_BYTES_USUAL = 10,
	SLOTS_MIN = 8, /* a power of two, as all slot counts */
	FILTER_LEAST = 512,
	BITS_A_PREFIX = 16,
	PUT_AHEAD = 8, /* words whose places come from memory while those before them are put */
};

struct name {
	uint32_t offset, len;
};

/* Distinct strings, numbered in the order in which they were added. */
struct names {
	struct buf bytes;
	struct name *items;
	uint32_t count;
	uint64_t *slots; /* slot_of(); 0 is empty; never more than half full */
	uint32_t slot_count;
};

struct ordered_prefix {
	uint64_t head; /* its first eight bytes, as a number that sorts like them */
	uint32_t id, unused;
};

/* Of the filter, for the image. */
struct prefix_head {
	uint32_t shift, lengths;
};

struct lexicon {
	uint64_t seed;
	struct names words;
	struct names prefixes;
	/* after sealing */
	struct ordered_prefix *order;
	uint32_t *shorter; /* by number: the longest other prefix that this one begins with */
	struct prefix_filter filter;
	bool in_image; /* what is there after sealing, and the prefixes, are */
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

/* The upper half of the hash, and the number + 1: other strings are told apart without a look at them. */
static uint64_t slot_of(uint64_t hash, uint32_t id)
{
	return (hash & ~(uint64_t)UINT32_MAX) | (id + 1);
}

static uint32_t id_in(uint64_t slot)
{
	return (uint32_t)slot - 1;
}

/* The slot that holds s, or the empty one where it belongs. */
static uint64_t *names_slot(const struct names *n, struct str s, uint64_t hash)
{
	uint32_t at = (uint32_t)hash & (n->slot_count - 1);

	while (n->slots[at] != 0) {
		if (n->slots[at] >> 32 == hash >> 32 && str_eq(names_get(n, id_in(n->slots[at])), s))
			break;
		at = (at + 1) & (n->slot_count - 1);
	}
	return &n->slots[at];
}

static uint64_t hash_of(uint64_t seed, struct str s)
{
	return XXH3_64bits_withSeed(s.data, s.len, seed);
}

/* slot_count: of all. */
static int names_grow(struct names *n, uint32_t slot_count, uint64_t seed)
{
	uint64_t *slots = pages_take(calloc(slot_count, sizeof(*slots)), slot_count * sizeof(*slots));
	struct name *items = reallocarray(n->items, slot_count / 2, sizeof(*items));

	if (items != NULL)
		n->items = items;
	if (slots == NULL || items == NULL) {
		free(slots);
		return -ENOMEM;
	}
	pages_take(items + n->count, (slot_count / 2 - n->count) * sizeof(*items));
	free(n->slots);
	n->slots = slots;
	n->slot_count = slot_count;
	for (uint32_t id = 0; id < n->count; id++) {
		struct str s = names_get(n, id);
		uint64_t hash = hash_of(seed, s);

		*names_slot(n, s, hash) = slot_of(hash, id);
	}
	return 0;
}

static int names_add(struct names *n, struct str s, uint64_t seed, uint32_t *id)
{
	uint64_t hash = hash_of(seed, s), *slot = n->slot_count > 0 ? names_slot(n, s, hash) : NULL;
	int ret;

	if (slot != NULL && *slot != 0) {
		*id = id_in(*slot);
		return 0;
	}
	if (n->count == n->slot_count / 2) {
		ret = names_grow(n, n->slot_count == 0 ? SLOTS_MIN : 2 * n->slot_count, seed);
		if (ret < 0)
			return ret;
		slot = names_slot(n, s, hash);
	}
	*id = n->count;
	n->items[n->count] = (struct name){(uint32_t)n->bytes.len, (uint32_t)s.len};
	ret = buf_add(&n->bytes, s);
	if (ret < 0)
		return ret;
	*slot = slot_of(hash, n->count++);
	return 0;
}

/* ---- the lexicon */

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
	if (!l->in_image) {
		names_release(&l->prefixes);
		free((uint64_t *)l->filter.bits);
		free(l->order);
		free(l->shorter);
	}
	free(l);
}

void lexicon_prefetch(const struct lexicon *l, struct str word)
{
	if (l->words.slot_count > 0)
		__builtin_prefetch(&l->words.slots[(uint32_t)hash_of(l->seed, word) & (l->words.slot_count - 1)], 1);
}

int lexicon_add_word(struct lexicon *l, struct str word, uint32_t *id)
{
	return names_add(&l->words, word, l->seed, id);
}

int lexicon_add_prefix(struct lexicon *l, struct str prefix, uint32_t *id)
{
	return names_add(&l->prefixes, prefix, l->seed, id);
}

int lexicon_reserve(struct lexicon *l, uint32_t words)
{
	struct names *n = &l->words;
	uint32_t slot_count = SLOTS_MIN;

	while (slot_count / 2 < words)
		slot_count *= 2;
	if (slot_count <= n->slot_count)
		return 0;
	if (buf_reserve(&n->bytes, (size_t)words * WORD_BYTES_USUAL) == 0)
		pages_take(n->bytes.data + n->bytes.len, (size_t)words * WORD_BYTES_USUAL);
	return n->bytes.failed != 0 ? n->bytes.failed : names_grow(n, slot_count, l->seed);
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

static int make_filter(struct lexicon *l)
{
	size_t bits = FILTER_LEAST;
	uint64_t *filter;

	while (bits < BITS_A_PREFIX * (size_t)l->prefixes.count)
		bits *= 2;
	filter = calloc(bits / 64, sizeof(*filter));
	if (filter == NULL)
		return -ENOMEM;
	l->filter = (struct prefix_filter){.bits = filter, .shift = 64 - __builtin_ctzll(bits)};
	for (uint32_t id = 0; id < l->prefixes.count; id++) {
		struct str prefix = names_get(&l->prefixes, id);
		size_t len = prefix.len < 8 ? prefix.len : 8;
		uint64_t first = 0, bit;

		memcpy(&first, prefix.data, len);
		bit = prefix_filter_bit(&l->filter, le64toh(first), len);
		filter[bit / 64] |= UINT64_C(1) << bit % 64;
		l->filter.lengths |= 1u << len;
	}
	return 0;
}

struct prefix_filter lexicon_prefix_filter(const struct lexicon *l)
{
	return l->filter;
}

uint32_t lexicon_word_count(const struct lexicon *l)
{
	return l->words.count;
}

static int seal_words(struct lexicon *l, struct word_table *table, uint32_t *numbers)
{
	int ret = word_table_init(table, l->seed, l->words.count);

	for (uint32_t id = 0; ret == 0 && id < l->words.count; id++) {
		if (id + PUT_AHEAD < l->words.count)
			word_table_prefetch(table, names_get(&l->words, id + PUT_AHEAD));
		numbers[id] = word_table_put(table, names_get(&l->words, id));
	}
	names_release(&l->words);
	l->words = (struct names){.count = 0};
	return ret;
}

int lexicon_seal(struct lexicon *l, struct word_table *table, uint32_t *numbers)
{
	uint32_t count = l->prefixes.count;
	int ret = seal_words(l, table, numbers);

	if (ret != 0 || count == 0)
		return ret;
	l->order = calloc(count, sizeof(*l->order));
	l->shorter = calloc(count, sizeof(*l->shorter));
	if (l->order == NULL || l->shorter == NULL || make_filter(l) < 0)
		return -ENOMEM;
	for (uint32_t id = 0; id < count; id++)
		l->order[id] = (struct ordered_prefix){head_of(names_get(&l->prefixes, id)), id, 0};
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

	if (high == 0)
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

void lexicon_write(const struct lexicon *l, struct buf *image)
{
	uint32_t count = l->prefixes.count;
	const struct prefix_head head = {(uint32_t)l->filter.shift, l->filter.lengths};

	image_put(image, IMAGE_PREFIXES, l->prefixes.items, count, sizeof(*l->prefixes.items));
	image_put(image, IMAGE_PREFIX_BYTES, l->prefixes.bytes.data, l->prefixes.bytes.len, 1);
	image_put(image, IMAGE_PREFIX_ORDER, l->order, count, sizeof(*l->order));
	image_put(image, IMAGE_PREFIX_SHORTER, l->shorter, count, sizeof(*l->shorter));
	image_put(image, IMAGE_PREFIX_HEAD, &head, 1, sizeof(head));
	image_put(image, IMAGE_PREFIX_FILTER, l->filter.bits,
		l->filter.bits != NULL ? ((size_t)1 << (64 - l->filter.shift)) / 64 : 0, sizeof(*l->filter.bits));
}

struct lexicon *lexicon_open(struct str image)
{
	struct lexicon *l = calloc(1, sizeof(*l));
	const struct prefix_head *head = image_get(image, IMAGE_PREFIX_HEAD, sizeof(*head), NULL);
	size_t count;

	if (l == NULL)
		return NULL;
	l->in_image = true;
	l->prefixes.items = (struct name *)image_get(image, IMAGE_PREFIXES, sizeof(*l->prefixes.items), &count);
	l->prefixes.count = (uint32_t)count;
	l->prefixes.bytes.data = (char *)image_get(image, IMAGE_PREFIX_BYTES, 1, NULL);
	l->order = (struct ordered_prefix *)image_get(image, IMAGE_PREFIX_ORDER, sizeof(*l->order), NULL);
	l->shorter = (uint32_t *)image_get(image, IMAGE_PREFIX_SHORTER, sizeof(*l->shorter), NULL);
	l->filter = (struct prefix_filter){.bits = image_get(image, IMAGE_PREFIX_FILTER, sizeof(uint64_t), NULL),
		.shift = (int)head->shift,
		.lengths = head->lengths};
	return l;
}
