/* SPDX-License-Identifier: ISC */
#include "query_feeds.h"

#include <errno.h>

#include "sitrep/rules/rule.h"

enum { TITLE_MAX = 64 * 1024 };

static int add_category(struct query_feeds *f, struct str name, uint32_t *number)
{
	LIST(struct str) list = {f->categories, f->category_count, f->category_cap};
	struct str *added;

	for (size_t i = 0; i < f->category_count; i++)
		if (str_eq(f->categories[i], name)) {
			*number = (uint32_t)i;
			return 0;
		}
	added = list_add(f->arena, &list);
	if (added == NULL)
		return -ENOMEM;
	*added = name;
	*number = (uint32_t)f->category_count;
	f->categories = list.items;
	f->category_count = list.count;
	f->category_cap = list.cap;
	return 0;
}

static int number_categories(struct query_feeds *f, struct query_feed *feed)
{
	struct str rest = feed->categories, name;
	size_t most = 1;
	uint32_t *numbers;

	for (size_t i = 0; i < rest.len; i++)
		most += rest.data[i] == '\n';
	numbers = arena_alloc_array(f->arena, most, sizeof(*numbers));
	if (numbers == NULL)
		return -ENOMEM;
	while (str_split(&rest, '\n', &name))
		if (name.len > 0 && add_category(f, name, &numbers[feed->category_count++]) != 0)
			return -ENOMEM;
	feed->category_numbers = numbers;
	return 0;
}

static int take_words(struct query_feeds *f, struct query_feed *feed)
{
	struct buf words = BUF_INIT(TITLE_MAX);
	size_t count = 0;
	int result = feed->title.len > 0 ? rule_words(&words, feed->title, &count) : 0;

	feed->title_words = arena_str(f->arena, buf_str(&words));
	buf_release(&words);
	return result == -ENOMEM || feed->title_words.data == NULL ? -ENOMEM : 0;
}

static int take_feed(void *arg, const struct follow_feed *from)
{
	struct query_feeds *f = arg;
	struct query_feed *feed = list_add(f->arena, f);
	const struct str *texts[] = {&from->name, &from->categories, &from->title, &from->publisher};
	struct str *copies[4];

	if (feed == NULL)
		return -ENOMEM;
	feed->id = from->id;
	copies[0] = &feed->name;
	copies[1] = &feed->categories;
	copies[2] = &feed->title;
	copies[3] = &feed->publisher;
	for (size_t i = 0; i < 4; i++) {
		*copies[i] = arena_str(f->arena, *texts[i]);
		if (texts[i]->data != NULL && copies[i]->data == NULL)
			return -ENOMEM;
	}
	return number_categories(f, feed) != 0 ? -ENOMEM : take_words(f, feed);
}

int query_feeds_read(struct query_feeds *f, struct arena *a, struct item_follow *items, struct error *err)
{
	int result;

	*f = (struct query_feeds){.arena = a};
	result = item_follow_feeds(items, take_feed, f, err);
	return result == -ENOMEM ? error_sys(err, result, "cannot search") : result;
}

const struct query_feed *query_feeds_find(const struct query_feeds *f, int64_t id)
{
	size_t low = 0, high = f->count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (f->items[mid].id == id)
			return &f->items[mid];
		if (f->items[mid].id < id)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

static bool has_category(const struct query_feed *f, const struct rule_plan_term *term)
{
	struct str rest = f->categories, name;

	while (str_split(&rest, '\n', &name))
		if (rule_name_matches(str_trim(name), term->words[0], term->prefix))
			return true;
	return false;
}

struct wanted_word {
	struct str word;
	bool is_prefix;
};

/* 1: the word at hand is the wanted one. */
static int compare_word(void *arg, enum rule_word_kind kind UNUSED, struct str word, bool is_form UNUSED)
{
	const struct wanted_word *w = arg;

	return w->is_prefix ? str_starts(word, w->word) : str_eq(word, w->word);
}

/* Is the word among the title's words, in one of their forms? */
static bool has_word(struct str tokens, struct str word, bool is_prefix)
{
	const struct rule_subject subject = {.title_tokens = tokens};
	struct wanted_word wanted = {word, is_prefix};

	return rule_words_of(&subject, compare_word, &wanted) == 1;
}

bool query_feed_has(const struct query_feed *f, const struct rule_plan_term *term)
{
	switch (term->field) {
	case RULE_PLAN_FEED:
		return rule_name_matches(str_trim(f->name), term->words[0], term->prefix);
	case RULE_PLAN_CATEGORY:
		return has_category(f, term);
	case RULE_PLAN_PUBLISHER:
		return rule_name_matches(str_trim(f->publisher), term->words[0], term->prefix);
	case RULE_PLAN_SOURCE:
		for (size_t i = 0; i < term->word_count; i++)
			if (!has_word(f->title_words, term->words[i], term->prefix && i + 1 == term->word_count))
				return false;
		return true;
	case RULE_PLAN_TEXT:
	case RULE_PLAN_TITLE:
	case RULE_PLAN_OTHER:
	case RULE_PLAN_LANGUAGE:
		break;
	}
	return false;
}
