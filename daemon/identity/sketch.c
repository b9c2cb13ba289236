/* SPDX-License-Identifier: ISC */
/* A shingle is a run of canonical tokens and is hashed in place.  Its length depends on weight: a word weighs two, a
 * character of a script without spaces one, a Hangul word three, and a shingle ends when it weighs six.  So it has
 * three words, six characters, or two words of Korean, which include their particles; mixed scripts work too.  Usual
 * additions of outlets are left out: the dateline in front, "The post ... appeared first on ..." and "Read more"
 * behind.  Other additions are left to the boilerplate filter. */
#include "sitrep/identity/sketch.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "number_words.h"
#include "sitrep/base/utf8.h"
#include "sitrep/identity/canon.h"

enum {
	SHINGLE_WEIGHT = 6,
	WORD_WEIGHT = 2,
	HANGUL_WEIGHT = 3,
	SINGLE_WEIGHT = 1,
	SHINGLE_TOKENS_MAX = SHINGLE_WEIGHT, /* all of weight 1 */
	DATELINE_MAX = 60,                   /* characters in front of the dash */
	FOOTER_BYTES_MAX = 400,              /* from "the post" to the end: a title and the site's name */
	TEASER_BYTES_MAX = 120,              /* from "read more" to the end */
};

/* Stored hashes depend on the seed, so a change of it needs a new SKETCH_VERSION. */
static const uint64_t seed = 0x5349545245500001u;

/* ---- ordered lists ---- */

static int compare_64(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static int compare_32(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

/* Sorts a list and keeps each number once; returns how many there are. */
static size_t order(void *list, size_t count, size_t size, int (*compare)(const void *a, const void *b))
{
	char *numbers = list;
	size_t kept = 0;

	qsort(list, count, size, compare);
	for (size_t i = 0; i < count; i++)
		if (kept == 0 || memcmp(numbers + i * size, numbers + (kept - 1) * size, size) != 0)
			memmove(numbers + kept++ * size, numbers + i * size, size);
	return kept;
}

static bool sampled(uint64_t hash, unsigned level)
{
	return (hash & ((UINT64_C(1) << level) - 1)) == 0;
}

static size_t sample_64(uint64_t *list, size_t count, unsigned shift, unsigned level)
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++)
		if (sampled(list[i] >> shift, level))
			list[kept++] = list[i];
	return kept;
}

/* A list of hashes that is being filled.  When it is full, it is sorted and loses its repetitions; while it is still
 * more than half full, the level is raised.  The free half keeps the work linear for any text. */
struct growing {
	uint64_t *hashes;
	size_t *count;
	size_t max;
	uint8_t *level;
	unsigned shift; /* position of the bits that decide the level */
	uint8_t level_max;
};

static void add_hash(const struct growing *l, uint64_t hash)
{
	if (!sampled(hash >> l->shift, *l->level))
		return;
	if (*l->count == l->max) {
		*l->count = order(l->hashes, *l->count, sizeof(*l->hashes), compare_64);
		while (*l->count > l->max / 2 && *l->level < l->level_max)
			*l->count = sample_64(l->hashes, *l->count, l->shift, ++*l->level);
	}
	if (*l->count < l->max && sampled(hash >> l->shift, *l->level))
		l->hashes[(*l->count)++] = hash;
}

/* ---- tokens ---- */

struct token {
	struct str text;
	unsigned weight;
};

/* The weight of a token.  Scripts without spaces lie above U+0E00 and have tokens of one character; a single letter
 * of another script weighs as a word. */
static unsigned weigh(struct str text)
{
	size_t pos = 0;
	uint32_t cp;

	if ((unsigned char)text.data[0] < 0xE0)
		return WORD_WEIGHT;
	cp = utf8_next(text, &pos);
	if (cp >= 0xAC00 && cp <= 0xD7A3)
		return HANGUL_WEIGHT;
	return canon_is_single(cp) ? SINGLE_WEIGHT : WORD_WEIGHT;
}

static bool next_token(struct str *rest, struct token *t)
{
	size_t end = str_find_char(*rest, ' ', 0);

	if (end == STR_NPOS || end == 0)
		return false;
	t->text = str_slice(*rest, 0, end);
	t->weight = weigh(t->text);
	*rest = str_slice(*rest, end + 1, rest->len);
	return true;
}

static uint64_t hash_of(struct str text)
{
	return XXH3_64bits_withSeed(text.data, text.len, seed);
}

static bool is_dated(struct str token)
{
	/* "may" is missing, as it is mostly a verb; "second" is here, as it is mostly a date or a count */
	static const struct str words[] = {{"january", 7}, {"february", 8}, {"march", 5}, {"april", 5}, {"june", 4},
		{"july", 4}, {"august", 6}, {"september", 9}, {"october", 7}, {"november", 8}, {"december", 8},
		{"jan", 3}, {"feb", 3}, {"mar", 3}, {"apr", 3}, {"jun", 3}, {"jul", 3}, {"aug", 3}, {"sep", 3},
		{"sept", 4}, {"oct", 3}, {"nov", 3}, {"dec", 3}, {"monday", 6}, {"tuesday", 7}, {"wednesday", 9},
		{"thursday", 8}, {"friday", 6}, {"saturday", 8}, {"sunday", 6}, {"second", 6}, {"third", 5},
		{"fourth", 6}, {"fifth", 5}, {"sixth", 5}, {"seventh", 7}, {"eighth", 6}, {"ninth", 5}, {"tenth", 5}};

	if (token.len < 3 || token.len > 9)
		return false;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (str_eq(token, words[i]))
			return true;
	return false;
}

static bool is_figure(struct str token)
{
	for (size_t i = 0; i < token.len; i++)
		if (char_is_digit(token.data[i]))
			return true;
	return false;
}

/* The last SHINGLE_TOKENS_MAX tokens of a text, as a ring. */
struct window {
	struct token tokens[SHINGLE_TOKENS_MAX];
	size_t first, count;
	unsigned weight;
};

static void slide(struct window *w, const struct token *t)
{
	while (w->count > 0 && w->weight >= SHINGLE_WEIGHT) {
		w->weight -= w->tokens[w->first].weight;
		w->first = (w->first + 1) % SHINGLE_TOKENS_MAX;
		w->count--;
	}
	w->tokens[(w->first + w->count++) % SHINGLE_TOKENS_MAX] = *t;
	w->weight += t->weight;
}

static uint64_t hash_window(const struct window *w)
{
	const struct token *first = &w->tokens[w->first];
	const struct token *last = &w->tokens[(w->first + w->count - 1) % SHINGLE_TOKENS_MAX];
	size_t len = (size_t)(last->text.data - first->text.data) + last->text.len;

	return hash_of(str_make(first->text.data, len)) & ((UINT64_C(1) << SKETCH_SHINGLE_BITS) - 1);
}

/* The hashes of the two words before a token; all numbers count as one word. */
struct context {
	uint64_t last, before;
};

static uint64_t number_in(const struct context *c, struct str token, bool spelled, enum number_scale scale)
{
	uint64_t mask = (UINT64_C(1) << SKETCH_CONTEXT_BITS) - 1;
	uint64_t words[] = {c->before, c->last};
	uint64_t number = hash_of(token) & (mask & ~SKETCH_FIGURE);

	return (number | (is_figure(token) ? SKETCH_FIGURE : 0)) << SKETCH_CONTEXT_BITS |
	       (hash_of(str_make((const char *)words, sizeof(words))) & mask & ~(SKETCH_SPELLED | SKETCH_SCALE)) |
	       (spelled ? SKETCH_SPELLED : 0) | ((uint64_t)scale << SKETCH_SCALE_SHIFT);
}

/* Whether "sept" is seven: with a day or a year beside it, it is a month. */
static bool is_french_seven(struct str tokens, struct str token, struct str previous)
{
	return str_eq(token, STR("sept")) && !is_figure(previous) &&
	       (tokens.len <= token.len + 1 || !char_is_digit(tokens.data[token.len + 1]));
}

/* Adds the number that begins with t, if one does; returns how many of the next tokens belong to it. */
static size_t take_token(
	const struct growing *numbers, struct context *c, struct str tokens, const struct token *t, struct str previous)
{
	uint64_t hash = hash_of(t->text);
	bool dated = is_dated(t->text) && !is_french_seven(tokens, t->text, previous);
	struct number_text n = {0};

	if (!dated)
		number_words_read(&n, tokens, hash, previous);
	if (n.tokens > 0)
		add_hash(numbers, number_in(c, n.digits, !is_figure(t->text), n.scale));
	else if (dated || is_figure(t->text))
		add_hash(numbers, number_in(c, t->text, false, NUMBER_ONES));
	c->before = c->last;
	c->last = n.tokens > 0 || dated || is_figure(t->text) ? 1 : hash;
	return n.tokens > 0 ? n.tokens - 1 : 0;
}

static void add_opening(struct sketch *s, uint64_t hash)
{
	if (s->opening_count < SKETCH_OPENING_MAX)
		s->opening[s->opening_count++] = hash;
}

/* Adds the shingles and numbers of tokens; returns the weight of all tokens. */
static size_t take_text(struct sketch *s, struct str tokens, bool is_body)
{
	const struct growing shingles = {
		s->shingles, &s->shingle_count, SKETCH_SHINGLES_MAX, &s->level, 0, SKETCH_SHINGLE_BITS - 1};
	const struct growing numbers = {s->numbers, &s->number_count, SKETCH_NUMBERS_MAX, &s->number_level,
		SKETCH_CONTEXT_BITS, SKETCH_CONTEXT_BITS - 1};
	struct window w = {0};
	struct context c = {0};
	struct token t;
	struct str previous = STR("");
	size_t weight = 0, spelled = 0; /* next tokens that belong to the number just added */

	for (struct str rest = tokens; next_token(&rest, &t); tokens = rest) {
		weight += t.weight == HANGUL_WEIGHT ? WORD_WEIGHT : t.weight;
		if (spelled > 0)
			spelled--;
		else
			spelled = take_token(&numbers, &c, tokens, &t, previous);
		previous = t.text;
		slide(&w, &t);
		if (w.weight >= SHINGLE_WEIGHT) {
			uint64_t hash = hash_window(&w);

			add_hash(&shingles, hash);
			if (is_body)
				add_opening(s, hash);
		}
	}
	return weight;
}

static void take_title(struct sketch *s, struct str tokens)
{
	struct token t;

	while (next_token(&tokens, &t)) {
		if (s->title_count == SKETCH_TITLE_MAX) {
			s->title_count = 0;
			return;
		}
		s->title[s->title_count++] = (uint32_t)hash_of(t.text);
	}
	s->title_count = order(s->title, s->title_count, sizeof(*s->title), compare_32);
}

/* ---- additions around a text ---- */

/* The bytes of the dash or colon at pos; 0: neither. */
static size_t dash_at(struct str text, size_t pos)
{
	if (text.data[pos] == ':' || text.data[pos] == '-')
		return 1;
	if (str_starts(str_slice(text, pos, text.len), STR("\xE2\x80\x93")) ||
		str_starts(str_slice(text, pos, text.len), STR("\xE2\x80\x94")))
		return 3;
	return 0;
}

static bool is_capital(char c)
{
	return c >= 'A' && c <= 'Z';
}

static bool is_between(char c)
{
	return c == ' ' || c == '.' || c == ',';
}

/* The bytes of "WASHINGTON (Agency) -" in front: places in capitals, perhaps an agency, and a dash. */
static size_t dateline_len(struct str text)
{
	size_t pos = 0, capitals = 0, dash;

	while (pos < text.len && pos < DATELINE_MAX && (is_capital(text.data[pos]) || is_between(text.data[pos])))
		capitals += is_capital(text.data[pos++]);
	if (capitals < 3 || pos >= text.len)
		return 0;
	if (text.data[pos] == '(') {
		size_t end = str_find_char(text, ')', pos);

		if (end == STR_NPOS || end - pos > DATELINE_MAX)
			return 0;
		for (pos++; pos < end; pos++)
			if (!char_is_alpha(text.data[pos]) && text.data[pos] != ' ')
				return 0;
		pos = end + 1;
	}
	while (pos < text.len && text.data[pos] == ' ')
		pos++;
	dash = pos < text.len ? dash_at(text, pos) : 0;
	return dash > 0 ? pos + dash : 0;
}

/* The tokens behind the dateline, found by a walk through both texts side by side. */
static struct str without_dateline(struct str tokens, struct str plain)
{
	size_t len = dateline_len(plain), at = 0;

	for (size_t i = 0; i < len; i++) {
		bool letter = char_is_alpha(plain.data[i]);

		if (!letter && (at == 0 || tokens.data[at - 1] == ' '))
			continue;
		if (at >= tokens.len || tokens.data[at] != (letter ? char_lower(plain.data[i]) : ' '))
			return tokens;
		at++;
	}
	return str_slice(tokens, at, tokens.len);
}

/* Offset of the last occurrence of phrase that begins a word at most max bytes before the end. */
static size_t find_near_end(struct str tokens, struct str phrase, size_t max)
{
	size_t from = tokens.len > max ? tokens.len - max : 0, found = STR_NPOS, at;

	for (at = str_find(tokens, phrase, from); at != STR_NPOS; at = str_find(tokens, phrase, at + 1))
		if (at == 0 || tokens.data[at - 1] == ' ')
			found = at;
	return found;
}

static struct str without_footer(struct str tokens)
{
	static const struct str teasers[] = {{"read more ", 10}, {"continue reading ", 17}};
	size_t at = find_near_end(tokens, STR("the post "), FOOTER_BYTES_MAX);

	if (at != STR_NPOS && at > 0 && str_find(tokens, STR(" appeared first on "), at) != STR_NPOS)
		tokens.len = at;
	for (size_t i = 0; i < sizeof(teasers) / sizeof(teasers[0]); i++) {
		at = find_near_end(tokens, teasers[i], TEASER_BYTES_MAX);
		if (at != STR_NPOS && at > 0)
			tokens.len = at;
	}
	return tokens;
}

static void prepare(void)
{
	number_words_prepare(hash_of);
}

void sketch_make(struct sketch *s, struct str title_tokens, struct str body_tokens, struct str plain_body)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct str body = without_footer(without_dateline(body_tokens, plain_body));
	size_t weight;

	pthread_once(&once, prepare);
	s->version = SKETCH_VERSION;
	s->level = s->number_level = 0;
	s->shingle_count = s->opening_count = s->number_count = s->title_count = 0;
	take_title(s, title_tokens);
	weight = take_text(s, title_tokens, false) + take_text(s, body, true);
	weight /= WORD_WEIGHT;
	s->words = weight < UINT32_MAX ? (uint32_t)weight : UINT32_MAX;
	s->shingle_count = order(s->shingles, s->shingle_count, sizeof(*s->shingles), compare_64);
	s->opening_count = order(s->opening, s->opening_count, sizeof(*s->opening), compare_64);
	if (s->level == 0 && s->shingle_count <= SKETCH_WHOLE_MAX && s->opening_count > SKETCH_OPENING_WHOLE)
		s->opening_count = SKETCH_OPENING_WHOLE;
	s->number_count = order(s->numbers, s->number_count, sizeof(*s->numbers), compare_64);
}

void sketch_thin(struct sketch *s, size_t max)
{
	while (s->shingle_count > max && s->level < SKETCH_SHINGLE_BITS - 1)
		s->shingle_count = sample_64(s->shingles, s->shingle_count, 0, ++s->level);
}

size_t sketch_add_opening(const struct sketch *s, uint64_t *keys, size_t count, size_t max)
{
	size_t all = count;

	for (size_t i = 0; i < s->opening_count && max > 0; i++) {
		if (bsearch(&s->opening[i], keys, count, sizeof(*keys), compare_64) != NULL)
			continue;
		keys[all++] = s->opening[i];
		max--;
	}
	return all > count ? order(keys, all, sizeof(*keys), compare_64) : count;
}
