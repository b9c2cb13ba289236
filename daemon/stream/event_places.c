/* SPDX-License-Identifier: ISC */
/* Where the terms of a rule stand in an event's line.
 *
 * Each term is a rule of a set of its own, and one more rule has them all.  That one marks the words in a text; the
 * others tell which term a marked part is of. */
#include "event_places.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "sitrep/base/jsonw.h"
#include "sitrep/base/limits.h"
#include "sitrep/base/utf8.h"
#include "sitrep/rules/rule.h"
#include "sitrep/store/event_member.h"

enum {
	NAMED_MAX = 2 * RULE_TOLD_MAX, /* terms: of the alert, and of the filter */
	PARTS_MAX = PLACES_TERMS_MAX * PLACES_TEXT_MAX,
	WORDS_MAX = 4 * LIMIT_STREAM_LINE,
};

/* The members of item that are searched. */
static const enum event_member members[] = {MEMBER_ITEM_TITLE, MEMBER_ITEM_SUMMARY, MEMBER_ITEM_TEXT};
enum { TEXTS = sizeof(members) / sizeof(members[0]) };

struct places {
	size_t count;
	struct {
		size_t from, to;
	} items[PLACES_TEXT_MAX];
};

struct search {
	struct str terms[NAMED_MAX];
	size_t count;
	struct rule_set *set;
	size_t rules;                           /* before the one that has them all */
	size_t term_of[PLACES_TERMS_MAX];       /* by rule */
	bool searched[PLACES_TERMS_MAX][TEXTS]; /* by rule: in which texts it may stand */
	struct places found[PLACES_TERMS_MAX][TEXTS];
	struct buf words, marked;
	/* -- of a marked part */
	size_t text, from, to;
};

static void add_term(struct search *s, struct str term)
{
	for (size_t i = 0; i < s->count; i++)
		if (str_eq(s->terms[i], term))
			return;
	if (s->count < NAMED_MAX && !str_empty(term))
		s->terms[s->count++] = term;
}

static void collect_terms(struct search *s, const json_t *line, const struct str *terms, size_t count)
{
	const json_t *alert = json_object_get(line, event_member(MEMBER_ALERT));
	const json_t *own = json_object_get(alert, event_member(MEMBER_ALERT_TERMS));
	const json_t *term;
	size_t i;

	json_array_foreach(own, i, term) add_term(s, str_make(json_string_value(term), json_string_length(term)));
	for (i = 0; i < count; i++)
		add_term(s, terms[i]);
}

/* ---- the terms as rules ---- */

/* A condition such as words>200. */
static bool is_condition(struct str term)
{
	return !str_empty(term) && term.data[0] != '/' && str_find_char(term, '"', 0) == STR_NPOS &&
	       (str_find_char(term, '<', 0) != STR_NPOS || str_find_char(term, '>', 0) != STR_NPOS ||
		       str_find_char(term, '=', 0) != STR_NPOS);
}

/* A term as it is told, as a rule: a phrase gets its quotation marks back. Its field, which the text at hand stands
 * for, is taken off. */
static struct str as_rule(char *text, size_t room, struct str term, bool searched[TEXTS])
{
	static const struct {
		const char *field;
		int text;
	} fields[] = {{"title:", 0}, {"summary:", 1}};
	bool quoted;
	int len;

	for (size_t t = 0; t < TEXTS; t++)
		searched[t] = true;
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		if (!str_starts(term, str_from(fields[i].field)))
			continue;
		term = str_slice(term, strlen(fields[i].field), term.len);
		for (size_t t = 0; t < TEXTS; t++)
			searched[t] = (int)t == fields[i].text;
	}
	quoted = str_find_char(term, ' ', 0) == STR_NPOS || str_find_char(term, '"', 0) != STR_NPOS ||
		 (term.len > 0 && term.data[0] == '/');
	len = snprintf(text, room, quoted ? "%.*s" : "\"%.*s\"", STR_ARG(term));
	return len > 0 && (size_t)len < room ? str_make(text, (size_t)len) : STR_NONE;
}

/* 0 or -ENOMEM. A term that is no rule by itself has no places. */
static int compile(struct search *s)
{
	struct buf all = BUF_INIT(PLACES_TERMS_MAX * RULE_TEXT_MAX);
	struct error reason;
	char text[1024], name[24];
	int result = 0;

	s->set = rule_set_new();
	if (s->set == NULL)
		return -ENOMEM;
	rule_set_keep_places(s->set);
	for (size_t i = 0; i < s->count && i < PLACES_TERMS_MAX && result != -ENOMEM; i++) {
		struct str rule = as_rule(text, sizeof(text), s->terms[i], s->searched[s->rules]);

		snprintf(name, sizeof(name), "%zu", s->rules);
		result = -EINVAL;
		if (rule.data != NULL && !is_condition(s->terms[i]))
			result = rule_set_add(s->set, str_from(name), rule, &reason);
		if (result != 0)
			continue;
		buf_puts(&all, s->rules > 0 ? " OR " : "");
		buf_add(&all, rule);
		s->term_of[s->rules++] = i;
	}
	if (result != -ENOMEM && s->rules > 0)
		result = rule_set_add(s->set, STR("all"), buf_str(&all), &reason);
	if (result == -EINVAL)
		result = 0;
	if (result == 0)
		result = rule_set_finish(s->set, &reason);
	if (rule_set_count(s->set) != s->rules + 1)
		s->rules = 0;
	buf_release(&all);
	return result;
}

/* ---- the texts ---- */

static void ignore(void *arg UNUSED, const struct rule_hit *hit UNUSED)
{
}

static void note_place(void *arg, const struct rule_hit *hit)
{
	struct search *s = arg;
	struct places *p;
	long long rule;

	if (!str_to_int(hit->rule, &rule) || !s->searched[rule][s->text])
		return;
	p = &s->found[rule][s->text];
	if (p->count == PLACES_TEXT_MAX)
		return;
	p->items[p->count].from = s->from;
	p->items[p->count++].to = s->to;
}

static int match(struct search *s, struct str text, struct rule_subject *subject, rule_match_fn *fn)
{
	size_t count = 0;
	int result;

	buf_clear(&s->words);
	result = rule_words(&s->words, text, &count);
	*subject = (struct rule_subject){.title_tokens = buf_str(&s->words), .title = text};
	return result == 0 ? rule_set_match(s->set, subject, fn, s) : result;
}

/* The marked parts of a text, each counted in characters. */
static int find_parts(struct search *s, struct str marked)
{
	struct rule_subject subject;
	size_t pos = 0, begin = 0, parts = 0;
	size_t at = 0; /* characters before pos */
	int result = 0;

	while (pos < marked.len && parts < PARTS_MAX && result == 0) {
		size_t before = pos;
		uint32_t character = utf8_next(marked, &pos);

		if (character == RULE_MARK_BEGIN) {
			begin = pos;
			s->from = at;
		} else if (character == RULE_MARK_END) {
			s->to = at;
			parts++;
			result = match(s, str_slice(marked, begin, before), &subject, note_place);
		} else {
			at++;
		}
	}
	return result;
}

static int search_text(struct search *s, struct str text)
{
	struct rule_subject subject;
	int result;

	for (size_t i = 0; i < text.len; i++)
		if (text.data[i] == RULE_MARK_BEGIN || text.data[i] == RULE_MARK_END)
			return 0;
	buf_clear(&s->marked);
	result = match(s, text, &subject, ignore);
	if (result == 0)
		result = rule_set_mark(s->set, s->rules, RULE_IN_TITLE, &s->marked);
	return result == 0 ? find_parts(s, buf_str(&s->marked)) : result;
}

static int search_texts(struct search *s, const json_t *line)
{
	const json_t *item = json_object_get(line, event_member(MEMBER_ITEM));
	int result = 0;

	for (s->text = 0; s->text < TEXTS && result == 0; s->text++) {
		const json_t *text = json_object_get(item, event_member(members[s->text]));

		if (text != NULL)
			result = search_text(s, str_make(json_string_value(text), json_string_length(text)));
	}
	return result;
}

/* ---- writing ---- */

static void write_places(struct jsonw *w, enum event_member m, const struct places *p)
{
	if (p->count == 0)
		return;
	jsonw_kv_array(w, event_member(m));
	for (size_t i = 0; i < p->count; i++) {
		jsonw_array(w);
		jsonw_int(w, (int64_t)p->items[i].from);
		jsonw_int(w, (int64_t)p->items[i].to);
		jsonw_array_end(w);
	}
	jsonw_array_end(w);
}

static void write_terms(struct jsonw *w, const struct search *s)
{
	static const enum event_member places[TEXTS] = {
		MEMBER_MATCHED_TITLE, MEMBER_MATCHED_SUMMARY, MEMBER_MATCHED_TEXT};
	size_t rule = 0;

	jsonw_array(w);
	for (size_t i = 0; i < s->count; i++) {
		jsonw_object(w);
		jsonw_kv_str(w, event_member(MEMBER_MATCHED_TERM), s->terms[i]);
		if (rule < s->rules && s->term_of[rule] == i) {
			for (size_t t = 0; t < TEXTS; t++)
				write_places(w, places[t], &s->found[rule][t]);
			rule++;
		}
		jsonw_object_end(w);
	}
	jsonw_array_end(w);
}

/* The line ends with "}" and its newline. */
static int write_line(struct buf *out, struct str line, const struct search *s)
{
	struct buf value = BUF_INIT(LIMIT_STREAM_LINE);
	struct jsonw w = JSONW_INIT(&value);
	int result;

	write_terms(&w, s);
	result = value.failed;
	if (result == 0)
		result = buf_add(out, str_slice(line, 0, line.len - 2));
	if (result == 0)
		result = buf_printf(out, ",\"%s\":", event_member(MEMBER_MATCHED));
	if (result == 0)
		result = buf_add(out, buf_str(&value));
	buf_release(&value);
	return result == 0 ? buf_puts(out, "}\n") : result;
}

int event_places_add(struct buf *out, struct str line, const struct str *terms, size_t count)
{
	struct search s = {.words = BUF_INIT(WORDS_MAX), .marked = BUF_INIT(2 * LIMIT_STREAM_LINE)};
	json_t *root = json_loadb(line.data, line.len, 0, NULL);
	int result = root != NULL ? 0 : -ENOMEM;

	if (result == 0)
		collect_terms(&s, root, terms, count);
	if (result == 0 && s.count > 0)
		result = compile(&s);
	if (result == 0 && s.rules > 0)
		result = search_texts(&s, root);
	if (result == 0)
		result = s.count > 0 ? write_line(out, line, &s) : buf_add(out, line);
	buf_release(&s.words);
	buf_release(&s.marked);
	rule_set_free(s.set);
	json_decref(root);
	return result;
}
