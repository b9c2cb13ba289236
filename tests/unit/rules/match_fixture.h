/* SPDX-License-Identifier: ISC */
/* Rules matched with plain texts, as the worker matches them with an item. */
#ifndef SITREP_TEST_MATCH_FIXTURE_H
#define SITREP_TEST_MATCH_FIXTURE_H

#include "sets.h"

/* The names of the rules that match, each with a space behind it, and the terms that they found, each with a |. */
struct seen {
	size_t count;
	char rules[256];
	char terms[256];
};

static inline void note(void *arg, const struct rule_hit *hit)
{
	struct seen *s = arg;

	s->count++;
	snprintf(s->rules + strlen(s->rules), sizeof(s->rules) - strlen(s->rules), "%.*s ", STR_ARG(hit->rule));
	for (size_t i = 0; i < hit->term_count; i++)
		snprintf(s->terms + strlen(s->terms), sizeof(s->terms) - strlen(s->terms), "%.*s|",
			STR_ARG(hit->terms[i]));
}

/* Matches set on plain texts, as the worker does on an item's. */
static inline struct seen match(
	struct rule_set *set, const char *title, const char *body, const char *feed, const char *categories)
{
	struct buf title_tokens = BUF_INIT(1 << 16), body_tokens = BUF_INIT(1 << 16);
	struct rule_subject subject;
	struct seen seen = {0};
	size_t count = 0;

	assert_int_equal(rule_words(&title_tokens, str_from(title), &count), 0);
	assert_int_equal(rule_words(&body_tokens, str_from(body), &count), 0);
	subject = (struct rule_subject){.title_tokens = buf_str(&title_tokens),
		.body_tokens = buf_str(&body_tokens),
		.title = str_from(title),
		.body = str_from(body),
		.feed = str_from(feed),
		.categories = str_from(categories)};
	assert_int_equal(rule_set_match(set, &subject, note, &seen), 0);
	buf_release(&title_tokens);
	buf_release(&body_tokens);
	return seen;
}

#endif
