/* SPDX-License-Identifier: ISC */
#include "sitrep/identity/churn.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sitrep/base/le.h"
#include "sitrep/base/limits.h"
#include "sitrep/identity/title_core.h"
#include "sitrep/model/plain_text.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

enum {
	/* Sentences of one text that are told apart; the rest of the text is one more. */
	SENTENCES_MAX = 4096,
};

int churn_reader_init(struct churn_reader *r)
{
	buf_init(&r->before, LIMIT_ITEM_CONTENT);
	buf_init(&r->after, LIMIT_ITEM_CONTENT);
	r->sentences = calloc(SENTENCES_MAX, sizeof(*r->sentences));
	return r->sentences != NULL ? 0 : -ENOMEM;
}

void churn_reader_release(struct churn_reader *r)
{
	buf_release(&r->before);
	buf_release(&r->after);
	free(r->sentences);
	r->sentences = NULL;
}

/* ---- sentences ---- */

static bool ends_sentence(struct str text, size_t at)
{
	char c = text.data[at];

	if (at + 1 == text.len)
		return true;
	/* full stops of scripts without spaces */
	if (at >= 2 && memcmp(text.data + at - 2, "\xE3\x80\x82", 3) == 0)
		return true;
	if (text.data[at + 1] == '(' || text.data[at + 1] == '[')
		return true;
	return (c == '.' || c == '!' || c == '?' || c == ':' || c == ';' || c == ')' || c == ']' || c == '|') &&
	       text.data[at + 1] == ' ';
}

/* Cuts the next sentence off *rest, trimmed; false at the end.  *left counts down: the last sentence takes the rest. */
static bool next_sentence(struct str *rest, size_t *left, struct str *sentence)
{
	size_t end = 0;

	*rest = str_trim(*rest);
	if (rest->len == 0 || *left == 0)
		return false;
	if (--*left == 0)
		end = rest->len - 1;
	while (end < rest->len - 1 && !ends_sentence(*rest, end))
		end++;
	*sentence = str_trim(str_slice(*rest, 0, end + 1));
	*rest = str_slice(*rest, end + 1, rest->len);
	return true;
}

static uint64_t hash_of(struct str text)
{
	return XXH3_64bits(text.data, text.len);
}

static int by_value(const void *a, const void *b)
{
	const uint64_t *left = a, *right = b;

	return (*left > *right) - (*left < *right);
}

static uint64_t mix(uint64_t sum, uint64_t hash)
{
	const uint64_t both[] = {sum, hash};

	return XXH3_64bits(both, sizeof(both));
}

/* A text longer than its buffer is cut before it is compared. */
static int read_body(struct buf *out, const struct item *it)
{
	int result;

	buf_clear(out);
	result = plain_text(out, it->content.kind != TEXT_ABSENT ? &it->content : &it->summary);
	return result == -E2BIG ? 0 : result;
}

int churn_compare(
	struct churn_reader *r, const struct item *before, const struct item *after, struct churn_change *change)
{
	struct str core = title_core(after->plain_title), rest, sentence;
	size_t count = 0, left = SENTENCES_MAX, stable_bytes = 0, changed_bytes = 0;
	int result = read_body(&r->before, before);

	if (result == 0)
		result = read_body(&r->after, after);
	if (result != 0)
		return result;
	*change =
		(struct churn_change){.title = !str_eq(core, title_core(before->plain_title)), .stable = hash_of(core)};
	for (rest = buf_str(&r->before); next_sentence(&rest, &left, &sentence);)
		r->sentences[count++] = hash_of(sentence);
	qsort(r->sentences, count, sizeof(*r->sentences), by_value);
	left = SENTENCES_MAX;
	for (rest = buf_str(&r->after); next_sentence(&rest, &left, &sentence);) {
		uint64_t hash = hash_of(sentence);

		if (bsearch(&hash, r->sentences, count, sizeof(hash), by_value) != NULL) {
			change->stable = mix(change->stable, hash);
			stable_bytes += sentence.len;
		} else {
			change->sentences++;
			changed_bytes += sentence.len;
		}
	}
	change->mostly = changed_bytes > stable_bytes + core.len;
	return 0;
}

/* ---- the decision ---- */

static bool had_text(const struct churn *c, uint64_t text)
{
	for (size_t i = 0; i < CHURN_TEXTS; i++)
		if (c->texts[i] == text)
			return true;
	return false;
}

static void remember_text(struct churn *c, uint64_t text)
{
	if (had_text(c, text))
		return;
	memmove(c->texts + 1, c->texts, (CHURN_TEXTS - 1) * sizeof(*c->texts));
	c->texts[0] = text;
}

bool churn_note(struct churn *c, const struct churn_change *change, bool in_row)
{
	bool again = had_text(c, change->after);
	bool same_part = c->polls > 0 && change->stable == c->stable && !change->title && !change->mostly &&
			 (c->polls < CHURN_POLLS || change->sentences <= c->sentences);

	remember_text(c, change->before);
	remember_text(c, change->after);
	if (!again && !same_part) {
		c->stable = change->stable;
		c->sentences = change->sentences;
		c->polls = 1;
		return false;
	}
	if (c->polls == CHURN_POLLS)
		return true;
	if (same_part && change->sentences > c->sentences)
		c->sentences = change->sentences;
	c->polls = in_row ? c->polls + 1 : 1;
	return false;
}

/* ---- as bytes, little-endian ---- */

static uint8_t *put_number(uint8_t *at, uint64_t number, size_t bytes)
{
	le_put(at, number, bytes);
	return at + bytes;
}

void churn_encode(const struct churn *c, uint8_t out[CHURN_BYTES])
{
	out = put_number(out, c->stable, 8);
	for (size_t i = 0; i < CHURN_TEXTS; i++)
		out = put_number(out, c->texts[i], 8);
	out = put_number(out, (uint64_t)c->document, 8);
	out = put_number(out, (uint64_t)c->kept_ms, 8);
	out = put_number(out, c->sentences, 4);
	put_number(out, c->polls, 4);
}

void churn_decode(struct churn *c, struct str bytes)
{
	const uint8_t *at = (const uint8_t *)bytes.data;

	*c = (struct churn){0};
	if (bytes.len != CHURN_BYTES)
		return;
	c->stable = le_take(&at, 8);
	for (size_t i = 0; i < CHURN_TEXTS; i++)
		c->texts[i] = le_take(&at, 8);
	c->document = (int64_t)le_take(&at, 8);
	c->kept_ms = (int64_t)le_take(&at, 8);
	c->sentences = (uint32_t)le_take(&at, 4);
	c->polls = (uint32_t)le_take(&at, 4);
	if (c->polls > CHURN_POLLS)
		c->polls = CHURN_POLLS;
}
