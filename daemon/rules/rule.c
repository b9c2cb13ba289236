/* SPDX-License-Identifier: ISC */
/* The rule set: all rules over one automaton.
 *
 * A rule that could match without any of its terms is refused. So for an item only the rules are evaluated for which
 * the automaton found an anchor (rule_parse.h): a thousand rules that do not concern a text cost nothing. */
#include <errno.h>
#include <stdlib.h>

#include "rule_image.h"
#include "rule_names.h"
#include "rule_set.h"
#include "rule_token.h"

/* All rules together: RULE_TERMS_MAX terms take about a sixth of it. */
enum { RULE_MEMORY_MAX = 128 * 1024 * 1024 };
enum { TERMS_AHEAD = 8 };

struct rule_set *rule_set_new(void)
{
	struct rule_set *set = calloc(1, sizeof(*set));

	if (set == NULL)
		return NULL;
	arena_init(&set->arena, RULE_MEMORY_MAX);
	buf_init(&set->name, 2 * RULE_FIELD_WORDS_MAX);
	buf_init(&set->words, RULE_FIELD_WORDS_MAX);
	buf_init(&set->own_image, IMAGE_BYTES_MAX);
	set->automaton = automaton_new();
	if (set->automaton == NULL) {
		rule_set_free(set);
		return NULL;
	}
	return set;
}

void rule_set_free(struct rule_set *set)
{
	if (set == NULL)
		return;
	arena_release(&set->arena);
	automaton_free(set->automaton);
	buf_release(&set->name);
	buf_release(&set->words);
	rule_places_release(&set->places);
	buf_release(&set->own_image);
	free(set->regexes);
	free(set->sums);
	free(set->found);
	free(set->hits);
	free(set->met);
	free(set->queue);
	free(set->truth);
	free(set);
}

size_t rule_set_count(const struct rule_set *set)
{
	return set->rule_count;
}

/* Refuses an expression that could match without a word, or has too many terms beside those of other rules. */
static int accept(const struct rule_expression *e, size_t other_terms, struct error *err)
{
	if (!e->anchored)
		return error_set(err, -EINVAL,
			"at column %zu: found a NOT that could match by itself, expected a word beside it that must be "
			"there",
			e->not_column);
	if (other_terms + e->terms.count + e->entry_count > RULE_TERMS_MAX)
		return error_set(
			err, -EINVAL, "at column 1: all rules together have more than %d terms", RULE_TERMS_MAX);
	return 0;
}

int rule_check(struct str expression, size_t *terms, struct error *err)
{
	struct rule_expression e;
	struct arena scratch;
	int ret;

	arena_init(&scratch, RULE_MEMORY_MAX);
	ret = rule_parse_check(&scratch, expression, &e, err);
	if (ret == 0)
		ret = accept(&e, *terms, err);
	if (ret == 0)
		*terms += e.terms.count + e.entry_count;
	arena_release(&scratch);
	return ret;
}

bool rule_has_regex(struct str expression)
{
	struct error ignored;
	struct rule_tokens tokens = {.text = expression, .err = &ignored};
	int ret = rule_token_next(&tokens);

	while (ret == 0 && tokens.token.kind != TOKEN_END && tokens.token.kind != TOKEN_REGEX)
		ret = rule_token_next(&tokens);
	return ret == 0 && tokens.token.kind == TOKEN_REGEX;
}

static int reserve_patterns(struct automaton *a, const struct rule_expression *e)
{
	size_t words = 0;

	for (size_t i = 0; i < e->terms.count; i++)
		words += e->terms.items[i].word_count;
	return automaton_reserve(a, e->terms.count, words);
}

/* The words of terms that are added soon: the memory where they will stand is fetched meanwhile. */
struct words_ahead {
	struct str words[TERMS_AHEAD][RULE_PHRASE_WORDS_MAX];
	size_t counts[TERMS_AHEAD];
};

static void look_ahead(const struct rule_set *set, const struct rule_expression *e, size_t i, struct words_ahead *ahead)
{
	size_t at = i % TERMS_AHEAD;

	if (i >= e->terms.count || e->terms.items[i].kind != TERM_WORDS)
		return;
	ahead->counts[at] = rule_term_words(&e->terms.items[i], ahead->words[at]);
	automaton_prefetch(set->automaton, ahead->words[at], ahead->counts[at]);
}

static int add_patterns(struct rule_set *set, const struct rule_expression *e)
{
	struct words_ahead ahead;
	int ret = 0;

	for (size_t i = 0; i < TERMS_AHEAD; i++)
		look_ahead(set, e, i, &ahead);
	for (size_t i = 0; ret == 0 && i < e->terms.count; i++) {
		struct rule_term *t = &e->terms.items[i];
		size_t at = i % TERMS_AHEAD;

		t->list += t->list > 0 ? set->list_count : 0;
		if (t->kind == TERM_WORDS) {
			ret = automaton_add(set->automaton, ahead.words[at], ahead.counts[at], t->prefix,
				t->field == RULE_TITLE ? SCOPE_TITLE : SCOPE_ANYWHERE, &t->pattern);
			set->has_field[t->field] = true;
		}
		look_ahead(set, e, i + TERMS_AHEAD, &ahead);
	}
	return ret;
}

int rule_set_add(struct rule_set *set, struct str name, struct str expression, struct error *err)
{
	struct rule_expression e;
	struct rule *rule;
	struct str text;
	int ret;

	if (set->finished)
		return error_set(err, -EINVAL, "a rule was added after rule_set_finish()");
	text = arena_str(&set->arena, expression);
	if (text.data == NULL && expression.len > 0)
		return error_set(err, -ENOMEM, "no memory for more rules");
	ret = rule_parse(&set->arena, text, &e, err);
	if (ret < 0)
		return ret;
	ret = accept(&e, set->term_count, err);
	if (ret < 0)
		return ret;
	if (reserve_patterns(set->automaton, &e) < 0 || add_patterns(set, &e) < 0)
		return error_set(err, -ENOMEM, "no memory for more rules");
	rule = list_add(&set->arena, &set->rules);
	if (rule == NULL)
		return error_set(err, -ENOMEM, "no memory for more rules");
	rule->name = arena_str(&set->arena, name);
	if (rule->name.data == NULL && name.data != NULL) {
		set->rules.count--;
		return error_set(err, -ENOMEM, "no memory for more rules");
	}
	rule->expression = e;
	set->rule_count++;
	set->term_count += e.terms.count;
	set->list_count += e.list_count;
	return 0;
}

int rule_set_rename(struct rule_set *set, size_t rule, struct str name)
{
	struct str copy = arena_str(&set->arena, name);

	if (copy.data == NULL)
		return -ENOMEM;
	set->rules.items[rule].name = copy;
	return 0;
}

void rule_set_keep_places(struct rule_set *set)
{
	set->keeps_places = true;
}

int rule_set_finish(struct rule_set *set, struct error *err)
{
	if (set->finished)
		return 0;
	if (automaton_seal(set->automaton) < 0 || rule_set_pack(set) < 0 || rule_set_unpack(set) < 0)
		return error_set(err, -ENOMEM, "no memory to finish the rules");
	set->finished = true;
	return 0;
}

struct str rule_set_image(const struct rule_set *set)
{
	return set->image;
}

struct rule_set *rule_set_open(struct str image, struct error *err)
{
	struct rule_set *set = image_check(image, err) == 0 ? rule_set_new() : NULL;

	if (set == NULL) {
		if (err != NULL && err->code == 0)
			error_sys(err, -ENOMEM, "cannot take the rules over");
		return NULL;
	}
	set->image = image;
	if (rule_set_unpack(set) < 0) {
		error_sys(err, -ENOMEM, "cannot take the rules over");
		rule_set_free(set);
		return NULL;
	}
	set->finished = true;
	return set;
}

/* ---- the form for workers */

struct collector {
	struct arena *arena;
	struct item *item;
	int ret;
};

static void collect(void *arg, const struct rule_hit *hit)
{
	struct collector *c = arg;
	struct match *m;
	size_t len = 0;
	char *text;

	if (c->ret < 0)
		return;
	for (size_t i = 0; i < hit->term_count; i++)
		len += hit->terms[i].len + (i > 0);
	m = list_add(c->arena, &c->item->matches);
	text = arena_alloc(c->arena, len + 1);
	if (m != NULL)
		m->rule = arena_str(c->arena, hit->rule);
	if (m == NULL || text == NULL || (m->rule.data == NULL && hit->rule.data != NULL)) {
		c->ret = -ENOMEM;
		return;
	}
	m->terms = str_make(text, len);
	m->truth = hit->truth;
	for (size_t i = 0; i < hit->term_count; i++) {
		if (i > 0)
			*text++ = '\n';
		memcpy(text, hit->terms[i].data, hit->terms[i].len);
		text += hit->terms[i].len;
	}
}

int rule_set_match_item(struct rule_set *set, const struct rule_subject *subject, struct arena *a, struct item *it)
{
	struct collector c = {.arena = a, .item = it};
	int ret = rule_set_match(set, subject, collect, &c);

	return ret < 0 ? ret : c.ret;
}
