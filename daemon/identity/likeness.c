/* SPDX-License-Identifier: ISC */
#include "sitrep/identity/likeness.h"

#include <errno.h>

#include "sitrep/base/limits.h"
#include "sitrep/identity/canon.h"
#include "sitrep/identity/title_core.h"

enum {
	/* Normalisation lengthens text at most twelvefold. */
	TOKENS_MAX = 12 * (LIMIT_TITLE + LIMIT_SUMMARY),
	/* With fewer runs of words the words of the titles are compared instead. */
	SHINGLES_MIN = 2,
};

void likeness_init(struct likeness *l)
{
	buf_init(&l->title, TOKENS_MAX);
	buf_init(&l->body, TOKENS_MAX);
}

void likeness_release(struct likeness *l)
{
	buf_release(&l->title);
	buf_release(&l->body);
}

/* ---- was a headline edited? ---- */

static bool has_token(struct str tokens, struct str token)
{
	struct str other;

	while (str_split(&tokens, ' ', &other))
		if (str_eq(other, token))
			return true;
	return false;
}

/* Counts of a title's tokens, compared with those of another title. */
struct title_difference {
	size_t shared, own;
	bool own_number; /* a token that the other lacks has a digit */
};

static struct title_difference compare_tokens(struct str tokens, struct str others)
{
	struct title_difference d = {0};
	struct str token;

	while (str_split(&tokens, ' ', &token)) {
		if (str_empty(token))
			continue;
		if (has_token(others, token)) {
			d.shared++;
			continue;
		}
		d.own++;
		for (size_t i = 0; i < token.len; i++)
			d.own_number = d.own_number || (token.data[i] >= '0' && token.data[i] <= '9');
	}
	return d;
}

/* Whether a is b with some characters left out.  Spaces do not count. */
static bool is_cut_from(struct str a, struct str b)
{
	size_t at = 0;

	for (size_t i = 0; i < b.len; i++) {
		while (at < a.len && a.data[at] == ' ')
			at++;
		if (at < a.len && a.data[at] == b.data[i])
			at++;
	}
	return str_trim(str_slice(a, at, a.len)).len == 0;
}

static int read_tokens(struct buf *tokens, struct str title)
{
	size_t count = 0;
	int result;

	buf_clear(tokens);
	result = canon_tokens(tokens, title_core(title), &count);
	return result == -E2BIG ? 0 : result;
}

int likeness_title_edited(struct likeness *l, const struct item *a, const struct item *b)
{
	struct title_difference before, after;
	int result = read_tokens(&l->title, a->plain_title);

	if (result == 0)
		result = read_tokens(&l->body, b->plain_title);
	if (result != 0)
		return result;
	before = compare_tokens(buf_str(&l->title), buf_str(&l->body));
	after = compare_tokens(buf_str(&l->body), buf_str(&l->title));
	if (before.shared == 0 || before.own == 0 || after.own == 0)
		return 0;
	if (before.own_number && after.own_number)
		return 1;
	return !is_cut_from(buf_str(&l->title), buf_str(&l->body)) &&
	       !is_cut_from(buf_str(&l->body), buf_str(&l->title));
}

/* ---- are two items one? ---- */

static int make_sketch(struct likeness *l, const struct item *it, struct sketch *s)
{
	size_t count = 0;
	int result;

	buf_clear(&l->title);
	buf_clear(&l->body);
	result = canon_tokens(&l->title, title_core(it->plain_title), &count);
	if (result == 0 || result == -E2BIG)
		result = canon_tokens(&l->body, it->plain_summary, &count);
	if (result != 0 && result != -E2BIG)
		return result;
	sketch_make(s, buf_str(&l->title), buf_str(&l->body), it->plain_summary);
	return 0;
}

static bool share_enough(const struct overlap *o, bool figures_agree)
{
	size_t of = o->of_a < o->of_b ? o->of_a : o->of_b;

	return o->shared > 0 && (figures_agree ? o->shared * 3 >= of : o->shared * 4 >= of * 3);
}

int likeness_compare(struct likeness *l, const struct item *a, const struct item *b)
{
	struct overlap o;
	struct number_overlap numbers;
	bool figures_agree;
	int result = make_sketch(l, a, &l->a);

	if (result == 0)
		result = make_sketch(l, b, &l->b);
	if (result != 0)
		return result;
	numbers = sketch_number_overlap(&l->a, &l->b);
	figures_agree = numbers.figures_shared * 2 >= numbers.figures;
	o = sketch_shingle_overlap(&l->a, &l->b);
	if (o.of_a >= SHINGLES_MIN && o.of_b >= SHINGLES_MIN)
		return share_enough(&o, figures_agree);
	o = sketch_title_overlap(&l->a, &l->b);
	return figures_agree && o.shared > 0 && (o.shared == o.of_a || o.shared == o.of_b);
}
