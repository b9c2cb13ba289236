/* Sketches of texts.
 *
 * The hash is XXH3 with its standard seed, since what is stored must mean the same after an upgrade; it decides
 * nothing by itself that could be forced upon somebody's item: a story is joined on many shingles that are equal,
 * and an attacker who makes them equal may as well copy the text. */
#include "sitrep/sketch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "sitrep/limits.h"
#include "sitrep/utf8.h"

enum {
	VERSION = 1,
	HASH_LEN = 5,
	/* A shingle is three words; in scripts without spaces four characters, which say about as much. */
	SHINGLE_WEIGHT = 12,
	WORD_WEIGHT = 4,
	CHARACTER_WEIGHT = 3,
	SHINGLE_TOKENS_MAX = 4,
	/* Words that an outlet appends to each of its texts stand within so many at the end. */
	TAIL_TOKENS = 40,
	/* Text longer than this is sketched as far as it goes. */
	TOKENS_MAX = 1 << 20,
};

_Static_assert((int)SKETCH_BYTES_MAX <= (int)LIMIT_SKETCH, "a sketch fits its place in a document");

#define HASH_MASK ((UINT64_C(1) << (8 * HASH_LEN)) - 1)

struct token {
	const char *data;
	uint32_t len;
	bool is_character;
};

struct sketcher {
	struct token *tokens;
	size_t count, cap;
	size_t title_count;
	uint64_t *hashes;
	size_t hash_cap;
	uint32_t *table; /* places in hashes, plus one, to find those that are there already */
	size_t table_cap;
};

struct sketcher *sketcher_new(void)
{
	return calloc(1, sizeof(struct sketcher));
}

void sketcher_free(struct sketcher *s)
{
	if (s == NULL)
		return;
	free(s->tokens);
	free(s->hashes);
	free(s->table);
	free(s);
}

/* ---- tokens ---- */

/* Of a script whose words are not parted by spaces; canon.h makes each of its characters a token.  Hangul is written in
 * words. */
static bool is_character(struct str token)
{
	static const struct {
		uint32_t first, last;
	} ranges[] = {{0x0e00, 0x0eff}, {0x1000, 0x109f}, {0x1780, 0x17ff}, {0x3005, 0x3007}, {0x3040, 0x312f},
		{0x31a0, 0x31ff}, {0x3400, 0x4dbf}, {0x4e00, 0x9fff}, {0xf900, 0xfaff}, {0x20000, 0x3ffff}};
	size_t pos = 0;
	uint32_t cp;

	if ((unsigned char)token.data[0] < 0xe0)
		return false;
	cp = utf8_next(token, &pos);
	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
		if (cp >= ranges[i].first && cp <= ranges[i].last)
			return true;
	return false;
}

static int add_tokens(struct sketcher *s, struct str text, size_t skip)
{
	struct str token;

	while (s->count < TOKENS_MAX && str_split(&text, ' ', &token)) {
		if (token.len == 0)
			continue;
		if (skip > 0) {
			skip--;
			continue;
		}
		if (s->count == s->cap) {
			size_t cap = s->cap > 0 ? s->cap * 2 : 512;
			struct token *grown = realloc(s->tokens, cap * sizeof(*grown));

			if (grown == NULL)
				return -ENOMEM;
			s->tokens = grown;
			s->cap = cap;
		}
		s->tokens[s->count++] = (struct token){token.data, (uint32_t)token.len, is_character(token)};
	}
	return 0;
}

static bool is_token(const struct sketcher *s, size_t at, const char *word)
{
	return at < s->count && str_eq(str_make(s->tokens[at].data, s->tokens[at].len), str_from(word));
}

/* Do the words stand at place at? */
static bool stand_at(const struct sketcher *s, size_t at, const char *const *words)
{
	for (; *words != NULL; words++, at++)
		if (!is_token(s, at, *words))
			return false;
	return true;
}

/* "The post X appeared first on Y.", "Read more", "Continue reading X": what the publishing software adds. */
static void drop_tail(struct sketcher *s)
{
	static const char *const post[] = {"the", "post", NULL}, *const first[] = {"appeared", "first", "on", NULL},
				 *const more[] = {"read", "more", NULL},
				 *const reading[] = {"continue", "reading", NULL};
	size_t from = s->count > TAIL_TOKENS ? s->count - TAIL_TOKENS : 0;
	bool appeared = false;

	from = from > s->title_count ? from : s->title_count;
	for (size_t i = from; i < s->count; i++)
		appeared = appeared || stand_at(s, i, first);
	for (size_t i = from; i < s->count; i++) {
		if ((appeared && stand_at(s, i, post)) || stand_at(s, i, reading) ||
			(i + 2 == s->count && stand_at(s, i, more))) {
			s->count = i;
			return;
		}
	}
}

size_t sketch_dateline(struct str plain)
{
	enum { SHORTEST = 3, LONGEST = 60 };
	size_t i = 0;

	while (i < plain.len && i < LONGEST) {
		unsigned char c = (unsigned char)plain.data[i];

		if ((c >= 'A' && c <= 'Z') || c == ' ' || c == '.' || c == ',') {
			i++;
			continue;
		}
		break;
	}
	if (i < SHORTEST)
		return 0;
	if (i < plain.len && plain.data[i] == '(') {
		size_t end = str_find_char(plain, ')', i);

		if (end == STR_NPOS || end - i > 24)
			return 0;
		i = end + 1;
	} else if (i < plain.len && plain.data[i - 1] != ' ' && plain.data[i] != '-' && plain.data[i] != ':') {
		/* The capital of the first word of the text: no dateline so far. */
		if ((unsigned char)plain.data[i] < 0x80)
			return 0;
	}
	while (i < plain.len && plain.data[i] == ' ')
		i++;
	if (str_starts(str_slice(plain, i, plain.len), STR("--")))
		return i + 2;
	if (i < plain.len && (plain.data[i] == '-' || plain.data[i] == ':'))
		return i + 1;
	/* an en dash or an em dash */
	if (str_starts(str_slice(plain, i, plain.len), STR("\xe2\x80\x93")) ||
		str_starts(str_slice(plain, i, plain.len), STR("\xe2\x80\x94")))
		return i + 3;
	return 0;
}

/* ---- sets of hashes ---- */

static int compare(const void *a, const void *b)
{
	const uint64_t *left = a, *right = b;

	return (*left > *right) - (*left < *right);
}

void hash_set_sort(struct hash_set *set)
{
	size_t n = 0;

	if (set->count > 1)
		qsort(set->items, set->count, sizeof(*set->items), compare);
	for (size_t i = 0; i < set->count; i++)
		if (n == 0 || set->items[n - 1] != set->items[i])
			set->items[n++] = set->items[i];
	set->count = n;
}

void hash_set_sample(struct hash_set *set, unsigned level)
{
	uint64_t mask = (UINT64_C(1) << level) - 1;
	size_t n = 0;

	for (size_t i = 0; i < set->count; i++)
		if ((set->items[i] & mask) == 0)
			set->items[n++] = set->items[i];
	set->count = n;
}

size_t hash_set_common(const struct hash_set *a, const struct hash_set *b)
{
	size_t i = 0, k = 0, n = 0;

	while (i < a->count && k < b->count) {
		if (a->items[i] == b->items[k]) {
			n++;
			i++;
			k++;
		} else if (a->items[i] < b->items[k]) {
			i++;
		} else {
			k++;
		}
	}
	return n;
}

static void put(struct buf *out, uint64_t value, size_t bytes)
{
	char text[8];

	for (size_t i = 0; i < bytes; i++)
		text[i] = (char)(unsigned char)(value >> (8 * i));
	(void)buf_append(out, text, bytes);
}

static uint64_t get(struct str s, size_t at, size_t bytes)
{
	uint64_t value = 0;

	for (size_t i = 0; i < bytes; i++)
		value |= (uint64_t)(unsigned char)s.data[at + i] << (8 * i);
	return value;
}

int hash_set_write(const struct hash_set *set, struct buf *out)
{
	for (size_t i = 0; i < set->count; i++)
		put(out, set->items[i], HASH_LEN);
	return out->failed;
}

static int read_hashes(struct str bytes, struct arena *a, struct hash_set *out)
{
	*out = (struct hash_set){0};
	if (bytes.len % HASH_LEN != 0)
		return -EPROTO;
	out->items = arena_alloc_array(a, bytes.len / HASH_LEN + 1, sizeof(uint64_t));
	if (out->items == NULL)
		return -ENOMEM;
	out->count = bytes.len / HASH_LEN;
	for (size_t i = 0; i < out->count; i++)
		out->items[i] = get(bytes, i * HASH_LEN, HASH_LEN);
	return 0;
}

int hash_set_read(struct str bytes, struct arena *a, struct hash_set *out)
{
	int result = read_hashes(bytes, a, out);

	for (size_t i = 1; result == 0 && i < out->count; i++)
		if (out->items[i] <= out->items[i - 1])
			result = -EPROTO;
	return result;
}

/* ---- what is hashed ---- */

static uint64_t hash_bytes(const char *data, size_t len)
{
	return XXH3_64bits(data, len) & HASH_MASK;
}

/* The tokens stand one behind the other in memory, each with its space, but for the seam between title and body. */
static uint64_t hash_run(const struct token *first, size_t count)
{
	char joined[SHINGLE_TOKENS_MAX * 64];
	size_t len = 0;

	for (size_t i = 0; i < count; i++) {
		size_t take = first[i].len < 63 ? first[i].len : 63;

		memcpy(joined + len, first[i].data, take);
		len += take;
		joined[len++] = ' ';
	}
	return hash_bytes(joined, len);
}

static int reserve_hashes(struct sketcher *s)
{
	size_t size = 1024;
	uint64_t *hashes;
	uint32_t *table;

	while (size < 2 * s->count)
		size *= 2;
	if (s->count >= s->hash_cap) {
		hashes = realloc(s->hashes, (s->count + 1) * sizeof(*hashes));
		if (hashes == NULL)
			return -ENOMEM;
		s->hashes = hashes;
		s->hash_cap = s->count + 1;
	}
	if (size > s->table_cap) {
		table = realloc(s->table, size * sizeof(*table));
		if (table == NULL)
			return -ENOMEM;
		s->table = table;
		s->table_cap = size;
	}
	memset(s->table, 0, size * sizeof(*s->table));
	return 0;
}

/* Appends what is not there yet, so that a text which repeats itself is no longer than what it says. */
static size_t append_once(struct sketcher *s, size_t n, uint64_t hash)
{
	size_t mask = 1023;
	size_t at;

	while (mask + 1 < 2 * s->count)
		mask = 2 * mask + 1;
	for (at = (size_t)(hash * UINT64_C(0x9e3779b97f4a7c15) >> 20) & mask; s->table[at] != 0; at = (at + 1) & mask)
		if (s->hashes[s->table[at] - 1] == hash)
			return n;
	s->table[at] = (uint32_t)n + 1;
	s->hashes[n] = hash;
	return n + 1;
}

static size_t hash_shingles(struct sketcher *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->count; i++) {
		int weight = 0;
		size_t len = 0;

		while (weight < SHINGLE_WEIGHT && len < SHINGLE_TOKENS_MAX && i + len < s->count)
			weight += s->tokens[i + len++].is_character ? CHARACTER_WEIGHT : WORD_WEIGHT;
		if (weight < SHINGLE_WEIGHT)
			break;
		n = append_once(s, n, hash_run(&s->tokens[i], len));
	}
	return n;
}

/* "may" is a month only to those who know. */
static bool is_date_word(struct str token)
{
	static const char *const words[] = {"january", "february", "march", "april", "june", "july", "august",
		"september", "october", "november", "december", "jan", "feb", "mar", "apr", "jun", "jul", "aug", "sept",
		"sep", "oct", "nov", "dec", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday",
		"sunday"};

	if (token.len < 3 || token.len > 9)
		return false;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (str_eq(token, str_from(words[i])))
			return true;
	return false;
}

static bool has_digit(struct str token)
{
	for (size_t i = 0; i < token.len; i++)
		if (token.data[i] >= '0' && token.data[i] <= '9')
			return true;
	return false;
}

static size_t hash_numbers(struct sketcher *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->count; i++) {
		struct str token = str_make(s->tokens[i].data, s->tokens[i].len);

		if (has_digit(token))
			s->hashes[n++] = hash_bytes(token.data, token.len) | SKETCH_DIGITS;
		else if (is_date_word(token))
			s->hashes[n++] = hash_bytes(token.data, token.len) & ~SKETCH_DIGITS;
	}
	return n;
}

static size_t hash_title(struct sketcher *s)
{
	for (size_t i = 0; i < s->title_count; i++)
		s->hashes[i] = hash_bytes(s->tokens[i].data, s->tokens[i].len);
	return s->title_count;
}

/* Of more than there is room for, those with the least hashes: the same ones in every copy.  How many. */
static size_t write_least(struct hash_set *set, size_t max, struct buf *out)
{
	hash_set_sort(set);
	set->count = set->count < max ? set->count : max;
	(void)hash_set_write(set, out);
	return set->count;
}

int sketch_write(
	struct sketcher *s, struct str title, struct str body, size_t body_skip, size_t shingles_max, struct buf *out)
{
	struct hash_set shingles;
	struct hash_set others;
	size_t head, start = out->len, numbers, words;
	unsigned level = 0;
	int result;

	s->count = 0;
	result = add_tokens(s, title, 0);
	s->title_count = s->count;
	if (result == 0)
		result = add_tokens(s, body, body_skip);
	if (result == 0)
		result = reserve_hashes(s);
	if (result != 0)
		return result;
	if (s->count < SKETCH_TOKENS_MIN)
		return 0;
	drop_tail(s);
	put(out, VERSION, 1);
	put(out, s->count, 4);
	head = out->len;
	put(out, 0, 7); /* level and counts, known below */
	shingles = (struct hash_set){s->hashes, hash_shingles(s)};
	while (shingles.count > shingles_max)
		hash_set_sample(&shingles, ++level);
	(void)hash_set_write(&shingles, out);
	others = (struct hash_set){s->hashes, hash_numbers(s)};
	numbers = write_least(&others, SKETCH_NUMBERS_MAX, out);
	others = (struct hash_set){s->hashes, hash_title(s)};
	words = write_least(&others, SKETCH_TITLE_MAX, out);
	if (buf_failed(out)) {
		buf_truncate(out, start);
		return out->failed;
	}
	out->data[head] = (char)level;
	for (size_t i = 0; i < 2; i++) {
		out->data[head + 1 + i] = (char)(unsigned char)(shingles.count >> (8 * i));
		out->data[head + 3 + i] = (char)(unsigned char)(numbers >> (8 * i));
		out->data[head + 5 + i] = (char)(unsigned char)(words >> (8 * i));
	}
	return 0;
}

int sketch_read(struct str bytes, struct arena *a, struct sketch *out)
{
	enum { HEAD = 12 };
	size_t counts[3], at = HEAD;
	struct hash_set *sets[] = {&out->shingles, &out->numbers, &out->title};
	static const size_t most[] = {SKETCH_SHINGLES_MAX, SKETCH_NUMBERS_MAX, SKETCH_TITLE_MAX};

	*out = (struct sketch){0};
	if (bytes.len < HEAD || bytes.data[0] != VERSION)
		return -EPROTO;
	out->tokens = (uint32_t)get(bytes, 1, 4);
	out->level = (unsigned char)bytes.data[5];
	if (out->level >= 32)
		return -EPROTO;
	for (size_t i = 0; i < 3; i++) {
		int result;

		counts[i] = (size_t)get(bytes, 6 + 2 * i, 2);
		if (counts[i] > most[i] || counts[i] * HASH_LEN > bytes.len - at)
			return -EPROTO;
		result = (i == 0 ? read_hashes : hash_set_read)(
			str_slice(bytes, at, at + counts[i] * HASH_LEN), a, sets[i]);
		if (result != 0)
			return result;
		at += counts[i] * HASH_LEN;
	}
	return at == bytes.len ? 0 : -EPROTO;
}
