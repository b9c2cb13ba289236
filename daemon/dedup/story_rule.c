/* The rule for two texts.  All its constants were measured on labelled newswire; the README says how to repeat that. */
#include "sitrep/story_rule.h"

enum {
	/* Fewer tokens make a short text, whose every shingle counts for more. */
	SHORT_TOKENS = 60,
	SHINGLES_MIN = 5,     /* in the shorter text, and in common when one is short ... */
	SHARED_MIN_LONG = 8,  /* ... and when neither is */
	NUMBERS_MIN_LONG = 3, /* fewer numbers in a long text say nothing */
	NUMBERS_MIN_SHORT = 1,
};

static const double numbers_share = 0.5;
/* Titles of one outlet's updates resemble each other. */
static const double own_title = 0.5;
/* Material changes. */
static const double same_title = 0.6;
static const double new_text = 0.2;

const struct story_policy story_policy_default = {
	.window_ms = INT64_C(14) * 24 * 3600 * 1000,
	.own_window_ms = INT64_C(7) * 24 * 3600 * 1000,
	.copy = 0.5,
	.related = 0.4,
	.update = 0.8,
	.near_enabled = true,
	.filter_boilerplate = true,
	.compare_numbers = true,
};

static size_t count_at(const struct hash_set *set, unsigned level)
{
	uint64_t mask = (UINT64_C(1) << level) - 1;
	size_t n = 0;

	for (size_t i = 0; i < set->count; i++)
		n += (set->items[i] & mask) == 0;
	return n;
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

static double jaccard(const struct hash_set *a, const struct hash_set *b)
{
	size_t common = hash_set_common(a, b), all = a->count + b->count - common;

	return all > 0 ? (double)common / (double)all : 0;
}

/* The shingles in common; a hash that both have is at the coarser level when either side says so. */
static void compare_texts(const struct signature *a, const struct signature *b, struct story_judgement *j)
{
	unsigned level = a->level > b->level ? a->level : b->level;

	j->smaller = (uint32_t)least(count_at(&a->shingles, level), count_at(&b->shingles, level));
	j->shared = (uint32_t)hash_set_common(&a->shingles, &b->shingles);
	j->score = j->smaller > 0 ? (double)j->shared / j->smaller : 0;
}

/* The part of a set of numbers that is written in digits. */
static struct hash_set digits_of(const struct hash_set *numbers)
{
	size_t names = 0;

	while (names < numbers->count && (numbers->items[names] & SKETCH_DIGITS) == 0)
		names++;
	return (struct hash_set){numbers->items + names, numbers->count - names};
}

static bool too_few_shared(const struct hash_set *a, const struct hash_set *b, size_t least_that_count)
{
	size_t smaller = least(a->count, b->count);

	return smaller >= least_that_count && (double)hash_set_common(a, b) < numbers_share * (double)smaller;
}

/* A weekday that two texts share does not make up for the figures that they do not. */
static bool numbers_differ(
	const struct signature *a, const struct signature *b, bool is_short, struct story_judgement *j)
{
	struct hash_set digits_a = digits_of(&a->numbers), digits_b = digits_of(&b->numbers);
	size_t least_that_count = is_short ? NUMBERS_MIN_SHORT : NUMBERS_MIN_LONG;

	j->smaller_numbers = (uint32_t)least(a->numbers.count, b->numbers.count);
	j->shared_numbers = (uint32_t)hash_set_common(&a->numbers, &b->numbers);
	return too_few_shared(&a->numbers, &b->numbers, least_that_count) ||
	       too_few_shared(&digits_a, &digits_b, least_that_count);
}

static enum story_relation by_score(const struct story_policy *p, bool any_short, struct story_judgement *j)
{
	if (j->same_publisher) {
		if (j->score < p->update || j->title < own_title) {
			j->reason =
				j->score < p->update ? "one outlet's texts resemble each other" : "their titles differ";
			return RELATION_NONE;
		}
		j->reason = "the outlet's own text, gone on";
		return RELATION_UPDATE;
	}
	if (j->score >= p->copy || (!any_short && j->score >= p->related)) {
		j->reason = "the shorter text stands in the longer one";
		return RELATION_REPRINT;
	}
	if (j->score >= p->related) {
		j->reason = "short texts have much in common";
		return RELATION_RELATED;
	}
	j->reason = "they have little in common";
	return RELATION_NONE;
}

struct story_judgement story_judge(
	const struct story_policy *policy, const struct signature *item, const struct signature *other)
{
	struct story_judgement j = {.same_publisher = item->publisher_id == other->publisher_id};
	bool any_short = item->tokens < SHORT_TOKENS || other->tokens < SHORT_TOKENS;
	int64_t apart_ms = item->seen_ms - other->seen_ms;

	compare_texts(item, other, &j);
	j.title = jaccard(&item->title, &other->title);
	if (apart_ms > (j.same_publisher ? policy->own_window_ms : policy->window_ms)) {
		j.reason = "too long ago";
		return j;
	}
	if (j.smaller < SHINGLES_MIN || j.shared < (any_short ? SHINGLES_MIN : SHARED_MIN_LONG)) {
		j.reason = "too few shingles in common";
		return j;
	}
	if (numbers_differ(item, other, any_short, &j) && policy->compare_numbers) {
		j.reason = "their numbers differ";
		return j;
	}
	j.relation = by_score(policy, any_short, &j);
	return j;
}

struct story_change story_compare_revisions(const struct signature *before, const struct signature *after)
{
	struct story_judgement j = {0};

	compare_texts(before, after, &j);
	return (struct story_change){
		.numbers = before->numbers.count != after->numbers.count ||
			   hash_set_common(&before->numbers, &after->numbers) != after->numbers.count,
		.title = jaccard(&before->title, &after->title) < same_title,
		.text = after->shingles.count > 0 &&
			(double)(after->shingles.count - j.shared) > new_text * (double)after->shingles.count,
	};
}
