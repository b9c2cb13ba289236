/* Have two items words in common? */
#include "sitrep/identity/likeness.h"

#include <errno.h>

#include "sitrep/base/limits.h"
#include "sitrep/identity/canon.h"
#include "sitrep/identity/title_core.h"

enum {
	/* Normalisation lengthens text at most so much. */
	TOKENS_MAX = 12 * (LIMIT_TITLE + LIMIT_SUMMARY),
	/* Fewer runs of words than this say nothing: the words of the titles are looked at. */
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
