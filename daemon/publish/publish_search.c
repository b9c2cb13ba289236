/* SPDX-License-Identifier: ISC */
/* Stories that match a rule in the address. Anyone who may read feeds may send one, so its size is limited, it has no
 * regular expression, and only the newest stories are searched. */
#include <errno.h>
#include <stdlib.h>

#include "publish_state.h"
#include "sitrep/base/clock.h"
#include "sitrep/rules/rule.h"
#include "sitrep/store/stored_words.h"

enum { RULE_MAX = 1024, TERMS_MAX = 64, TEXTS_MAX = 256 * 1024 };

struct search {
	struct view view;
	struct arena texts;   /* of the view, when it is ours */
	struct rule_set *set; /* NULL: the view has no rule */
	struct stored_words words;
};

int publish_search_check(struct str rule, struct buf *mistake)
{
	struct error err = {0};
	size_t terms = 0;
	int result = rule.len > RULE_MAX ? error_set(&err, -EINVAL, "the rule is longer than %d bytes", RULE_MAX)
					 : rule_check(rule, &terms, &err);

	if (result == 0 && terms > TERMS_MAX)
		result = error_set(&err, -EINVAL, "the rule has more than %d terms", TERMS_MAX);
	if (result == 0 && rule_has_regex(rule))
		result = error_set(&err, -EINVAL, "a search has no regular expressions; use an output or an alert");
	if (result == 0 || result == -ENOMEM)
		return result;
	buf_puts(mistake, err.text);
	buf_putc(mistake, '\n');
	rule_show(mistake, rule, str_from(err.text));
	return buf_failed(mistake) ? -ENOMEM : -EINVAL;
}

static int add_rule(struct search *s)
{
	s->set = rule_set_new();
	if (s->set == NULL || rule_set_add(s->set, STR("q"), s->view.rule, NULL) != 0)
		return -ENOMEM;
	return rule_set_finish(s->set, NULL);
}

struct search *publish_search_of(const struct view *view)
{
	struct search *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return NULL;
	s->view = *view;
	arena_init(&s->texts, TEXTS_MAX);
	stored_words_init(&s->words);
	if (!str_empty(view->rule) && add_rule(s) != 0) {
		publish_search_free(s);
		return NULL;
	}
	return s;
}

struct search *publish_search_new(const struct part *part)
{
	struct view view = {.rule = part->rule};
	struct arena texts = ARENA_INIT(TEXTS_MAX);
	struct search *s = NULL;

	if (str_empty(part->filters) || view_read(&view, part->filters, &texts) == 0)
		s = publish_search_of(&view);
	if (s != NULL)
		s->texts = texts;
	else
		arena_release(&texts);
	return s;
}

const struct view *publish_search_view(const struct search *s)
{
	return &s->view;
}

void publish_search_free(struct search *s)
{
	if (s == NULL)
		return;
	stored_words_release(&s->words);
	rule_set_free(s->set);
	arena_release(&s->texts);
	free(s);
}

static void note_match(void *arg, const struct rule_hit *hit UNUSED)
{
	*(bool *)arg = true;
}

int publish_search_match(struct search *s, const struct story *story)
{
	const struct rule_story state = {
		.age_ms = clock_wall_ms() - story->first_seen_ms,
		.sources = story->source_count,
		.priority = (enum rule_priority)story->priority,
	};
	bool found = false;

	if (!view_has(&s->view, story))
		return 0;
	if (s->set == NULL)
		return 1;
	for (size_t i = 0; i < story->report_count && !found; i++) {
		const struct report *r = &story->reports[i];
		struct rule_subject subject = {
			.feed = r->source.feed,
			.source = r->source.title,
			.publisher = r->source.publisher,
			.categories = r->source.categories,
			.story = &state,
			.item = &r->item,
		};
		int result = stored_words_read(&s->words, &r->item, &subject);

		if (result == 0)
			result = rule_set_match(s->set, &subject, note_match, &found);
		if (result != 0)
			return result;
	}
	return found;
}
