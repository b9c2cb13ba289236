/* SPDX-License-Identifier: ISC */
/* Forms are separated in groups of bytes: a bit for each separator of a group is computed first, without a branch, and
 * then form after form is cut at the bits.  So a form does not wait until the end of the one before it was found. */
#include "word_block.h"

#include "word_forms.h"

/* A bit for each of eight bytes that is a space or less: of those bytes, a text has only the two separators. */
static uint64_t separator_bits(uint64_t bytes)
{
	const uint64_t ones = UINT64_C(0x0101010101010101), low = ones * 0x7F, high = ones << 7;
	/* the upper bit of each byte that is greater than a space */
	uint64_t above = ((bytes & low) + ones * (0x7F - ' ')) | bytes;

	/* moves the upper bits of the eight bytes side by side */
	return ((~above & high) >> 7) * UINT64_C(0x0102040810204080) >> 56;
}

static uint64_t read_bytes(const char *at)
{
	uint64_t bytes;

	memcpy(&bytes, at, sizeof(bytes));
	return le64toh(bytes);
}

/* The same for a group. */
static uint64_t group_separator_bits(const char *at)
{
	uint64_t bits = 0;

	for (int i = 0; i < WORD_GROUP; i += WORD_BYTES)
		bits |= separator_bits(read_bytes(at + i)) << i;
	return bits;
}

static inline void put_form(
	struct word_block *b, size_t n, const struct word_table *table, const char *from, size_t len)
{
	b->forms[n] = str_make(from, len);
	b->keys[n] =
		len <= WORD_BYTES ? word_key_short(read_bytes(from), len) : word_key_long(table, str_make(from, len));
}

/* Takes the forms that end in the group at this place, behind which WORD_BYTES more bytes are readable.  Returns the
 * place behind the last of them. */
static const char *take_group(struct word_block *b, const struct word_table *table, const char *at)
{
	const char *from = at;
	/* Copies, which stay in registers: each form would else wait until the counts of the one before are written. */
	size_t count = b->count, words = b->words;

	for (uint64_t bits = group_separator_bits(at); bits != 0; bits &= bits - 1) {
		const char *to = at + __builtin_ctzll(bits);

		put_form(b, count++, table, from, (size_t)(to - from));
		words += *to == ' ';
		from = to + 1;
	}
	b->count = count;
	b->words = words;
	return from;
}

static bool is_separator(char c)
{
	return c == ' ' || c == WORD_FORM_MARK;
}

/* Takes the form at from, whose first group has no separator, and returns the place behind it.  When no separator comes
 * before end, it is no form, and end is returned.  end may lie within that group. */
static const char *take_long(struct word_block *b, const struct word_table *table, const char *from, const char *end)
{
	const char *to = from + WORD_GROUP;

	while (to < end && !is_separator(*to))
		to++;
	if (to >= end)
		return end;
	put_form(b, b->count++, table, from, (size_t)(to - from));
	b->words += *to == ' ';
	return to + 1;
}

/* Takes the forms of the last bytes of a text. */
static void take_tail(struct word_block *b, const struct word_table *table, const char *from, const char *end)
{
	size_t len = (size_t)(end - from);
	const char *at = b->tail, *next;

	memcpy(b->tail, from, len);
	memset(b->tail + len, 'x', sizeof(b->tail) - len);
	while (at < b->tail + len) {
		next = take_group(b, table, at);
		at = next > at ? next : take_long(b, table, at, b->tail + len);
	}
}

void word_block_take(struct word_block *b, struct str *tokens, const struct automaton *a)
{
	const struct word_table *table = automaton_words(a);
	const char *at = tokens->data, *end = tokens->data + tokens->len, *next;

	b->count = b->words = 0;
	while (end - at >= WORD_TAIL && b->count <= WORD_BLOCK - WORD_TAIL) {
		next = take_group(b, table, at);
		at = next > at ? next : take_long(b, table, at, end);
	}
	if (end - at < WORD_TAIL && b->count <= WORD_BLOCK - WORD_TAIL) {
		take_tail(b, table, at, end);
		at = end;
	}
	*tokens = str_make(at, (size_t)(end - at));
}

int word_block_mark(struct word_block *b, char mark, struct buf *room, const struct automaton *a)
{
	size_t ends[WORD_BLOCK];

	buf_clear(room);
	for (size_t i = 0; i < b->count; i++) {
		bool ends_word = word_block_ends_word(b, i);

		buf_putc(room, mark);
		buf_add(room, b->forms[i]);
		ends[i] = room->len;
		buf_putc(room, ends_word ? ' ' : WORD_FORM_MARK);
	}
	for (size_t i = 0, from = 0; room->failed == 0 && i < b->count; from = ends[i++] + 1) {
		b->forms[i] = str_make(room->data + from, ends[i] - from);
		b->keys[i] = word_key(automaton_words(a), b->forms[i]);
	}
	return room->failed;
}

/* Looks up the prefixes of the forms. */
static void find_prefixes(struct word_block *b, const struct automaton *a)
{
	const struct prefix_filter filter = automaton_prefix_filter(a);

	b->has_prefix = false;
	for (size_t i = 0; filter.lengths != 0 && i < b->count; i++) {
		struct str form = b->forms[i];

		if (!prefix_filter_has(&filter, form.len <= WORD_BYTES ? b->keys[i] : read_bytes(form.data)))
			continue;
		b->found[i].prefix = automaton_prefix(a, form);
		b->has_prefix = b->has_prefix || b->found[i].prefix != WORD_NONE;
	}
}

/* Lists in known the forms whose tag is in their group of the table, and those with a prefix.  Returns their number. It
 * has no branch: the processor would predict it wrongly as often as a word is known. */
static inline size_t find_tags(struct word_block *b, const struct word_table *table, bool has_prefix)
{
	size_t maybe = 0;

	for (size_t i = 0; i < b->count; i++) {
		uint64_t hash = word_hash(table, b->keys[i]), group = table->groups[word_table_group(table, hash)];
		bool may_be = word_group_find(group, word_tag(hash)) != 0 || (group & WORD_WENT_ON) != 0;

		b->known[maybe] = (uint8_t)i;
		maybe += (size_t)may_be | (has_prefix && b->found[i].prefix != WORD_NONE);
	}
	return maybe;
}

void word_block_find(struct word_block *b, const struct automaton *a)
{
	const struct word_table *table = automaton_words(a);
	uint32_t places[WORD_BLOCK];
	bool has_more[WORD_BLOCK];
	size_t maybe;

	memset(b->found, 0xFF, b->count * sizeof(*b->found));
	find_prefixes(b, a);
	maybe = b->has_prefix ? find_tags(b, table, true) : find_tags(b, table, false);
	for (size_t k = 0; k < maybe; k++) {
		uint64_t hash = word_hash(table, b->keys[b->known[k]]);
		uint32_t group = word_table_group(table, hash);
		uint64_t tags = table->groups[group];
		uint64_t found = word_group_find(tags, word_tag(hash)) | (tags & WORD_WENT_ON);

		/* when no tag fits, the place does not matter */
		places[k] = word_group_place(group, found | WORD_WENT_ON);
		has_more[k] = (found & (found - 1)) != 0 || (tags & WORD_WENT_ON) != 0;
		__builtin_prefetch(&table->places[places[k]]);
	}
	b->known_count = 0;
	for (size_t k = 0; k < maybe; k++) {
		uint8_t i = b->known[k];
		uint64_t key = b->keys[i];
		bool is_there = table->places[places[k]].key == key;
		uint32_t number = places[k] | ((uint32_t)is_there - 1);

		if (!is_there & has_more[k])
			number = word_table_find(table, key, word_hash(table, key));
		b->found[i].number = number;
		b->known[b->known_count] = i;
		b->known_count += !automaton_is_unknown(&b->found[i]);
	}
}
