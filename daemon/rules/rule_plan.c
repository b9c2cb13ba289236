/* SPDX-License-Identifier: ISC */
#include "sitrep/rules/rule_plan.h"

#include <errno.h>

#include "rule_names.h"
#include "rule_parse.h"
#include "word_forms.h"

struct plan_steps {
	struct rule_plan_step *items;
	size_t count, cap;
};

/* The left side of an AND or OR whose right side is being written. */
struct open_side {
	uint32_t end; /* the step of the program behind the right side */
	enum rule_plan_op op;
};

struct planner {
	struct arena *arena;
	const struct rule_expression *e;
	struct rule_plan_term *terms;
	struct plan_steps steps;
	struct open_side open[RULE_PLAN_DEPTH_MAX];
	size_t open_count;
	size_t waiting, depth; /* sets on the stack at this step, and at most */
	bool failed;
};

/* Appends a step to the plan, and counts the sets that wait. */
static void put_step(struct planner *p, enum rule_plan_op op, uint32_t arg)
{
	struct rule_plan_step *step = list_add(p->arena, &p->steps);

	if (step == NULL) {
		p->failed = true;
		return;
	}
	*step = (struct rule_plan_step){op, arg};
	if (op == RULE_PLAN_TERM || op == RULE_PLAN_ANY)
		p->waiting++;
	else if (op == RULE_PLAN_AND || op == RULE_PLAN_OR)
		p->waiting--;
	p->depth = p->waiting > p->depth ? p->waiting : p->depth;
}

static enum rule_plan_field plan_field(enum rule_field field)
{
	switch (field) {
	case RULE_TEXT:
		return RULE_PLAN_TEXT;
	case RULE_TITLE:
		return RULE_PLAN_TITLE;
	case RULE_SOURCE:
		return RULE_PLAN_SOURCE;
	case RULE_FEED:
		return RULE_PLAN_FEED;
	case RULE_CATEGORY:
		return RULE_PLAN_CATEGORY;
	case RULE_LANGUAGE:
		return RULE_PLAN_LANGUAGE;
	case RULE_PUBLISHER:
		return RULE_PLAN_PUBLISHER;
	case RULE_SUMMARY:
	case RULE_AUTHOR:
	case RULE_LINK:
	case RULE_FIELDS:
		break;
	}
	return RULE_PLAN_OTHER;
}

/* Copies the words of a TERM_WORDS without the field's mark. */
static int copy_words(struct planner *p, const struct rule_term *from, struct rule_plan_term *to)
{
	struct str words[RULE_PHRASE_WORDS_MAX];
	size_t count = rule_term_words(from, words);
	struct str *copy = arena_alloc_array(p->arena, count + 1, sizeof(*copy));
	size_t mark = rule_field_mark(from->field) != 0;

	if (copy == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		copy[i] = str_slice(words[i], mark, words[i].len);
	*to = (struct rule_plan_term){.field = plan_field(from->field),
		.words = copy,
		.word_count = count,
		.prefix = from->prefix,
		.negated = from->negated};
	return 0;
}

/* Pushes the texts with one of the terms from first to before end whose presence can make the rule match. */
static void put_any_of(struct planner *p, uint32_t first, uint32_t end)
{
	bool begun = false;

	for (uint32_t i = first; i < end; i++) {
		if (p->e->terms.items[i].list != 0 && p->e->terms.items[i].weight <= 0)
			continue;
		put_step(p, RULE_PLAN_TERM, i);
		if (begun)
			put_step(p, RULE_PLAN_OR, 0);
		begun = true;
	}
	if (!begun)
		put_step(p, RULE_PLAN_ANY, 0);
}

static void put_term(struct planner *p, uint32_t number)
{
	const struct rule_term *t = &p->e->terms.items[number];

	switch (t->kind) {
	case TERM_WORDS:
		put_step(p, RULE_PLAN_TERM, number);
		return;
	case TERM_LIST:
		/* a sum of 0 or less is reached without any term */
		if (t->most > RULE_PLAN_ENTRIES_MAX || t->least == 0)
			put_step(p, RULE_PLAN_ANY, 0);
		else
			put_any_of(p, number + 1, number + 1 + t->most);
		put_step(p, RULE_PLAN_PERHAPS, 0);
		return;
	case TERM_REGEX:
	case TERM_LENGTH:
	case TERM_STORY:
		put_step(p, RULE_PLAN_ANY, 0);
		return;
	}
}

static void put_near(struct planner *p, const struct rule_near *near)
{
	put_any_of(p, near->left, near->right);
	put_any_of(p, near->right, near->end);
	put_step(p, RULE_PLAN_AND, 0);
	put_step(p, RULE_PLAN_PERHAPS, 0);
}

/* The sides of a chain of equal operators are joined as it goes on. */
static void open_side(struct planner *p, const struct rule_step *step)
{
	enum rule_plan_op op = step->op == RULE_OP_JUMP_IF_TRUE ? RULE_PLAN_OR : RULE_PLAN_AND;

	while (p->open_count > 0 && p->open[p->open_count - 1].end == step->arg && p->open[p->open_count - 1].op == op)
		put_step(p, p->open[--p->open_count].op, 0);
	if (p->open_count == RULE_PLAN_DEPTH_MAX) {
		p->failed = true;
		return;
	}
	p->open[p->open_count++] = (struct open_side){.end = step->arg, .op = op};
}

static void put_program(struct planner *p)
{
	const struct rule_program *program = &p->e->program;

	for (size_t i = 0; i < program->count && !p->failed; i++) {
		const struct rule_step *step = &program->items[i];

		switch (step->op) {
		case RULE_OP_TERM:
			put_term(p, step->arg);
			break;
		case RULE_OP_NEAR:
			put_near(p, &p->e->nears.items[step->arg]);
			break;
		case RULE_OP_NOT:
			put_step(p, RULE_PLAN_NOT, 0);
			break;
		case RULE_OP_JUMP_IF_TRUE:
		case RULE_OP_JUMP_IF_FALSE:
			open_side(p, step);
			break;
		}
		while (p->open_count > 0 && p->open[p->open_count - 1].end == i + 1)
			put_step(p, p->open[--p->open_count].op, 0);
	}
}

int rule_plan_make(struct arena *a, struct str expression, struct rule_plan *plan, struct error *err)
{
	struct rule_expression e;
	struct planner p = {.arena = a, .e = &e};
	int result = rule_parse(a, expression, &e, err);

	if (result != 0)
		return result;
	p.terms = arena_alloc_array(a, e.terms.count + 1, sizeof(*p.terms));
	p.failed = p.terms == NULL;
	for (size_t i = 0; i < e.terms.count && !p.failed; i++)
		if (e.terms.items[i].kind == TERM_WORDS)
			p.failed = copy_words(&p, &e.terms.items[i], &p.terms[i]) != 0;
	if (!p.failed)
		put_program(&p);
	if (p.failed)
		return error_sys(err, -ENOMEM, "cannot search");
	*plan = (struct rule_plan){.steps = p.steps.items,
		.step_count = p.steps.count,
		.terms = p.terms,
		.term_count = e.terms.count,
		.depth = p.depth};
	return 0;
}

/* ---- the words of a text ---- */

struct word_pass {
	rule_word_fn *fn;
	void *arg;
	struct buf words; /* of a field, or a name in lower case */
};

/* tokens: as rule_words() writes them. */
static int pass_tokens(struct word_pass *p, enum rule_word_kind kind, struct str tokens)
{
	struct str word, form;
	int result = 0;

	while (result == 0 && str_split(&tokens, ' ', &word)) {
		bool is_form = false;

		while (result == 0 && str_split(&word, WORD_FORM_MARK, &form)) {
			if (form.len > 0)
				result = p->fn(p->arg, kind, form, is_form);
			is_form = true;
		}
	}
	return result;
}

static int pass_text(struct word_pass *p, struct str text)
{
	size_t count = 0;
	int result;

	if (text.len == 0)
		return 0;
	buf_clear(&p->words);
	result = rule_words(&p->words, text, &count);
	return result == 0 || result == -E2BIG ? pass_tokens(p, RULE_WORD_OTHER, buf_str(&p->words)) : result;
}

static int pass_name(struct word_pass *p, enum rule_word_kind kind, enum rule_field field, struct str name)
{
	struct str lower;
	int result;

	name = str_trim(name);
	if (name.len == 0)
		return 0;
	buf_clear(&p->words);
	result = rule_put_name(&p->words, field, name);
	lower = str_slice(buf_str(&p->words), 1, p->words.len);
	/* a name longer than any rule matches no rule */
	return result == 0 ? p->fn(p->arg, kind, lower, false) : result == -E2BIG ? 0 : result;
}

static int pass_language(struct word_pass *p, struct str tag)
{
	int result = 0;

	while (result == 0 && tag.len > 0) {
		result = pass_name(p, RULE_WORD_LANGUAGE, RULE_LANGUAGE, tag);
		tag = rule_wider_language(tag);
	}
	return result;
}

static int pass_host(struct word_pass *p, struct str url)
{
	struct str host = rule_host_of(url);
	int result = 0;

	while (result == 0 && host.len > 0) {
		result = pass_name(p, RULE_WORD_PUBLISHER, RULE_PUBLISHER, host);
		host = rule_wider_host(host);
	}
	return result;
}

static int pass_item(struct word_pass *p, const struct item *it)
{
	int result = 0;

	if (it->has_source)
		result = pass_text(p, it->source.title.value);
	if (result == 0)
		result = pass_text(p, it->plain_summary);
	if (result == 0)
		result = pass_text(p, it->link);
	for (size_t i = 0; result == 0 && i < it->authors.count; i++)
		result = pass_text(p, it->authors.items[i].name);
	return result == 0 ? pass_host(p, rule_outlet_url(it)) : result;
}

int rule_words_of(const struct rule_subject *subject, rule_word_fn *fn, void *arg)
{
	struct word_pass p = {.fn = fn, .arg = arg, .words = BUF_INIT(2 * RULE_FIELD_WORDS_MAX)};
	int result = pass_tokens(&p, RULE_WORD_TITLE, subject->title_tokens);

	if (result == 0)
		result = pass_tokens(&p, RULE_WORD_BODY, subject->body_tokens);
	if (result == 0)
		result = pass_language(&p, subject->language);
	if (result == 0 && subject->item != NULL)
		result = pass_item(&p, subject->item);
	buf_release(&p.words);
	return result;
}
