/* SPDX-License-Identifier: ISC */
/* Texts below sixty words need five shared shingles, which is seven words in a row or two phrases; longer ones
 * eight, since more of them is common by chance.  Numbers are compared in a short text with at least one number, and
 * in a long text with at least three, where a single year is no evidence. */
#include "sitrep/story/story_threshold.h"

#define DAY_MS (INT64_C(24) * 3600 * 1000)

const struct story_params story_params_default = {
	.near = true,
	.boilerplate = true,
	.guard = true,
	.frequent = 8,
	.join = 0.5,
	.rewrite = 0.3,
	.relate = 0.4,
	.repeat = 0.8,
	.title = 0.5,
	.same_title = 0.8,
	.other_title = 0.09,
	.join_other = 0.7,
	.little = 0.2,
	.weak_title = 0.2,
	.sure = 0.9,
	.title_words = 6,
	.numbers = 0.5,
	.all_numbers = 0.8,
	.roundup = 2,
	.least_words = 8,
	.long_words = 60,
	.shared_short = 5,
	.shared_long = 8,
	.numbers_short = 1,
	.numbers_long = 3,
	.window_ms = 14 * DAY_MS,
	.own_window_ms = 7 * DAY_MS,
};

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Fills the counts of numbers in r.  False when the figures of short texts differ: a weekday or a word such as "two"
 * in both texts does not outweigh them.  The same holds for numbers in words. */
static bool compare_numbers(
	const struct story_params *p, struct story_reasons *r, const struct sketch *a, const struct sketch *b)
{
	struct number_overlap o = sketch_number_overlap(a, b);

	r->written_of = (uint32_t)o.written_of;
	r->written_shared = (uint32_t)o.written_shared;
	r->numbers_shared = (uint32_t)o.shared;
	r->numbers_of = (uint32_t)o.of;
	r->numbers_placed = (uint32_t)o.placed;
	return !p->guard || !r->is_short ||
	       ((double)o.figures_shared >= p->numbers * (double)o.figures &&
		       (double)o.spelled_shared >= p->numbers * (double)o.spelled);
}

/* Whether the share of common numbers is large enough, or there are too few to compare. */
static bool numbers_agree(const struct story_params *p, const struct story_reasons *r, double share, uint32_t of)
{
	return !p->guard || of < (r->is_short ? p->numbers_short : p->numbers_long) || r->numbers_shared >= share * of;
}

/* Whether nearly all figures of two long texts are common, or there are too few to compare. */
static bool written_agree(const struct story_params *p, const struct story_reasons *r)
{
	return !p->guard || r->written_of < p->numbers_long || r->written_shared >= p->all_numbers * r->written_of;
}

static double jaccard(struct overlap o)
{
	size_t either = o.of_a + o.of_b - o.shared;

	return either > 0 ? (double)o.shared / (double)either : 0;
}

/* Whether the titles share nearly no words.  Then only the texts suggest one story, and a sentence that one outlet
 * prints below all its reports may be half of a short text. */
static bool has_other_title(const struct story_params *p, const struct story_reasons *r)
{
	return r->title < p->other_title;
}

/* The verdict by score and titles.  An editor changes words and keeps figures: in long texts common figures allow a
 * lower score (rewrite instead of join).  Exception: a score below relate, with other titles and no numbers, is only
 * related. */
static enum story_verdict judge(const struct story_params *p, const struct story_reasons *r, bool same_source)
{
	if (same_source)
		return r->score >= p->repeat ? STORY_UPDATE : STORY_APART;
	if (r->score >= (r->is_short && has_other_title(p, r) ? p->join_other : p->join))
		return STORY_REPRINT;
	if (!r->is_short && r->score >= p->rewrite && written_agree(p, r))
		return p->guard && has_other_title(p, r) && r->numbers_of == 0 && r->score < p->relate ? STORY_RELATED
												       : STORY_REPRINT;
	if (r->score < p->relate)
		return STORY_APART;
	return r->title >= p->same_title && r->title_words >= p->title_words ? STORY_REPRINT : STORY_RELATED;
}

static uint32_t least_shared(const struct story_params *p, const struct story_reasons *r)
{
	return r->is_short ? p->shared_short : p->shared_long;
}

/* Computes the score: the shared part of the text with fewer shingles.  The opening of a long text is known in full:
 * the part of a short text shared with it counts when the sample shows a smaller part, or has too few shingles. */
static void measure(const struct story_params *p, struct story_reasons *r, const struct sketch *a,
	const struct sketch *b, const struct overlap *o)
{
	const struct sketch *whole = a->level == 0 ? a : b, *sampled = a->level == 0 ? b : a;
	size_t opening = sketch_opening_shared(whole, sampled);

	r->shared = (uint32_t)o->shared;
	r->of = (uint32_t)smaller(o->of_a, o->of_b);
	if (opening > o->shared && (r->of < least_shared(p, r) || opening * r->of > o->shared * whole->shingle_count)) {
		r->shared = (uint32_t)opening;
		r->of = (uint32_t)whole->shingle_count;
	}
	r->score = r->of > 0 ? (double)r->shared / r->of : 0;
}

/* Whether a join has little evidence beside the shared words: the titles share few words, no numbers agree, and the
 * texts do not share nearly all of a short text. */
static bool is_weak(const struct story_params *p, const struct story_reasons *r)
{
	if (r->verdict != STORY_REPRINT || r->title >= p->weak_title)
		return false;
	if (r->is_short)
		return r->score < p->sure;
	return r->score < p->join_other &&
	       (r->numbers_of < p->numbers_long || r->numbers_shared < p->all_numbers * r->numbers_of);
}

struct story_reasons story_compare(const struct story_params *p, const struct sketch *a, const struct sketch *b,
	bool same_source, int64_t apart_ms)
{
	struct story_reasons r = {.verdict = STORY_APART, .why = STORY_WHY_TOO_SHORT};
	struct overlap o;
	bool figures_agree;

	if (!p->near || a->words < p->least_words || b->words < p->least_words)
		return r;
	r.why = STORY_WHY_TOO_OLD;
	if (apart_ms > (same_source ? p->own_window_ms : p->window_ms))
		return r;
	r.is_short = a->words < p->long_words || b->words < p->long_words;
	o = sketch_shingle_overlap(a, b);
	measure(p, &r, a, b, &o);
	r.resemblance = jaccard(o);
	r.why = r.of < p->shared_short ? STORY_WHY_TOO_SHORT : STORY_WHY_SHARED;
	if (r.shared < least_shared(p, &r))
		return r;
	r.contains = (double)o.of_a > p->roundup * (double)o.of_b;
	r.contained = (double)o.of_b > p->roundup * (double)o.of_a;
	r.title = jaccard(sketch_title_overlap(a, b));
	r.title_words = (uint32_t)smaller(a->title_count, b->title_count);
	figures_agree = compare_numbers(p, &r, a, b);
	r.verdict = judge(p, &r, same_source);
	r.why = STORY_WHY_SCORE;
	if (r.verdict == STORY_UPDATE && r.title < p->title)
		r.why = STORY_WHY_TITLE;
	else if (r.verdict != STORY_APART && (!figures_agree || !numbers_agree(p, &r, p->numbers, r.numbers_placed)))
		r.why = STORY_WHY_NUMBERS;
	if (r.why != STORY_WHY_SCORE)
		r.verdict = STORY_APART;
	r.weak = is_weak(p, &r);
	return r;
}

const char *story_why_name(enum story_why why)
{
	static const char *const names[] = {
		[STORY_WHY_SCORE] = "score",
		[STORY_WHY_TOO_SHORT] = "too short",
		[STORY_WHY_TOO_OLD] = "too old",
		[STORY_WHY_SHARED] = "little shared",
		[STORY_WHY_NUMBERS] = "numbers differ",
		[STORY_WHY_TITLE] = "titles differ",
	};

	return names[why];
}

struct story_change story_changes(const struct sketch *before, const struct sketch *after, size_t returned)
{
	/* percent */
	enum { SAME_TITLE = 60, NEW_TEXT = 20 };
	struct overlap text = sketch_shingle_overlap(after, before), title = sketch_title_overlap(after, before);
	struct number_overlap numbers = sketch_number_overlap(after, before);
	size_t words = title.of_a + title.of_b - title.shared, added = text.of_a - text.shared;

	added -= smaller(added, returned);
	return (struct story_change){
		/* sketches of version 1 have no numbers in words, those of version 2 no millions */
		.numbers = (before->version == after->version && before->number_count != after->number_count) ||
			   numbers.shared != numbers.of,
		.title = title.shared * 100 < words * SAME_TITLE,
		.text = added * 100 > text.of_a * NEW_TEXT,
	};
}
