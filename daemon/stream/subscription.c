/* SPDX-License-Identifier: ISC */
/* The filter of one subscriber. Cheap tests come first; the text comes last and is split into words once for all
 * subscribers with a rule. */
#include "subscription.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "sitrep/base/buf.h"
#include "sitrep/rules/rule.h"

enum {
	LIST_MAX = 1000,
	WORDS_MAX = 8 * 1024 * 1024,
};

struct name_list {
	char **names; /* NULL: not filtered */
	size_t count;
};

struct subscription {
	unsigned kinds; /* bit 1 << kind; 0: all */
	struct name_list feeds;
	struct name_list categories;
	struct rule_set *rules; /* NULL: no rule */
};

struct subscription *subscription_new(void)
{
	return calloc(1, sizeof(struct subscription));
}

static void name_list_release(struct name_list *l)
{
	for (size_t i = 0; i < l->count; i++)
		free(l->names[i]);
	free(l->names);
	*l = (struct name_list){0};
}

void subscription_free(struct subscription *s)
{
	if (s == NULL)
		return;
	name_list_release(&s->feeds);
	name_list_release(&s->categories);
	rule_set_free(s->rules);
	free(s);
}

void event_words_release(struct event_words *w)
{
	buf_release(&w->title);
	buf_release(&w->body);
	w->known = w->failed = false;
}

/* ---- reading ---- */

static int read_list(const json_t *request, const char *member, struct name_list *list, struct error *err)
{
	const json_t *value = json_object_get(request, member);
	size_t count;

	if (value == NULL)
		return 0;
	if (!json_is_array(value))
		return error_set(err, -EINVAL, "\"%s\" must be an array of strings", member);
	count = json_array_size(value);
	if (count > LIST_MAX)
		return error_set(err, -EINVAL, "\"%s\" has more than %d members", member, LIST_MAX);
	list->names = calloc(count + 1, sizeof(char *));
	if (list->names == NULL)
		return error_sys(err, -ENOMEM, "cannot subscribe");
	for (size_t i = 0; i < count; i++) {
		const char *name = json_string_value(json_array_get(value, i));

		if (name == NULL)
			return error_set(err, -EINVAL, "\"%s\" must be an array of strings", member);
		list->names[i] = strdup(name);
		if (list->names[i] == NULL)
			return error_sys(err, -ENOMEM, "cannot subscribe");
		list->count++;
	}
	return 0;
}

static int read_kinds(const json_t *request, struct subscription *s, struct error *err)
{
	struct name_list names = {0};
	int result = read_list(request, "events", &names, err);

	for (size_t i = 0; result == 0 && i < names.count; i++) {
		enum event_kind kind = event_kind_parse(str_from(names.names[i]));

		if (kind == 0)
			result = error_set(err, -EINVAL,
				"\"%s\" is no event, expected new, copy, updated, alert or feed", names.names[i]);
		else
			s->kinds |= 1u << kind;
	}
	name_list_release(&names);
	return result;
}

static int read_match(const json_t *request, struct subscription *s, struct error *err)
{
	const json_t *value = json_object_get(request, "match");
	struct error reason = {0};

	if (value == NULL || json_is_null(value))
		return 0;
	if (!json_is_string(value))
		return error_set(err, -EINVAL, "\"match\" must be a string");
	s->rules = rule_set_new();
	if (s->rules == NULL)
		return error_sys(err, -ENOMEM, "cannot subscribe");
	if (rule_set_add(s->rules, STR("match"), str_make(json_string_value(value), json_string_length(value)),
		    &reason) != 0 ||
		rule_set_finish(s->rules, &reason) != 0)
		return error_set(err, -EINVAL, "match: %s", reason.text);
	return 0;
}

static int read_since(const json_t *request, int64_t *since, struct error *err)
{
	const json_t *value = json_object_get(request, "since");
	long long number = -1;

	*since = -1;
	if (value == NULL || json_is_null(value))
		return 0;
	if (json_is_integer(value))
		number = json_integer_value(value);
	else if (!json_is_string(value) ||
		 !str_to_int(str_make(json_string_value(value), json_string_length(value)), &number))
		number = -1;
	if (number < 0)
		return error_set(err, -EINVAL, "\"since\" must be a cursor, a string of digits");
	*since = number;
	return 0;
}

int subscription_read(const struct json_t *request, struct subscription **s, int64_t *since, struct error *err)
{
	struct subscription *fresh = subscription_new();
	int result;

	if (fresh == NULL)
		return error_sys(err, -ENOMEM, "cannot subscribe");
	result = read_since(request, since, err);
	if (result == 0)
		result = read_kinds(request, fresh, err);
	if (result == 0)
		result = read_list(request, "feeds", &fresh->feeds, err);
	if (result == 0)
		result = read_list(request, "categories", &fresh->categories, err);
	if (result == 0)
		result = read_match(request, fresh, err);
	if (result != 0) {
		subscription_free(fresh);
		return result;
	}
	subscription_free(*s);
	*s = fresh;
	return 0;
}

/* ---- judging ---- */

static bool listed(const struct name_list *l, struct str name)
{
	for (size_t i = 0; i < l->count; i++)
		if (str_eq_nocase(str_from(l->names[i]), name))
			return true;
	return false;
}

static bool in_categories(const struct subscription *s, const struct event_record *e)
{
	struct str rest = e->source.categories, name;

	while (str_split(&rest, '\n', &name))
		if (listed(&s->categories, name))
			return true;
	for (size_t i = 0; e->report != NULL && i < e->report->item.categories.count; i++) {
		const struct category *c = &e->report->item.categories.items[i];

		if (listed(&s->categories, c->term) || listed(&s->categories, c->label))
			return true;
	}
	return false;
}

static void take_apart(struct event_words *w, const struct event_record *e)
{
	struct arena scratch;
	struct item item = e->report->item;
	size_t count = 0;

	w->known = true;
	arena_init(&scratch, WORDS_MAX);
	buf_init(&w->title, WORDS_MAX);
	buf_init(&w->body, WORDS_MAX);
	w->failed = identity_assign(w->identity, &scratch, &item) != 0 ||
		    rule_words(&w->title, identity_title_text(w->identity), &count) != 0 ||
		    rule_words(&w->body, identity_body_text(w->identity), &count) != 0;
	arena_release(&scratch);
}

static void note_match(void *arg, struct str rule, const struct str *terms, size_t term_count)
{
	bool *matched = arg;

	(void)rule;
	(void)terms;
	(void)term_count;
	*matched = true;
}

bool subscription_wants(struct subscription *s, const struct event_record *e, struct event_words *words)
{
	struct rule_subject subject;
	bool matched = false;

	if (s->kinds != 0 && (s->kinds & 1u << e->kind) == 0)
		return false;
	if (s->feeds.names != NULL && !listed(&s->feeds, e->source.feed))
		return false;
	if (s->categories.names != NULL && !in_categories(s, e))
		return false;
	if (s->rules == NULL)
		return true;
	if (e->report == NULL)
		return false;
	if (!words->known)
		take_apart(words, e);
	if (words->failed)
		return true; /* without memory the event is sent: one too many is better than one missed */
	subject = (struct rule_subject){
		.title_tokens = buf_str(&words->title),
		.body_tokens = buf_str(&words->body),
		.feed = e->source.feed,
		.categories = e->source.categories,
		.language = e->report->item.language,
	};
	return rule_set_match(s->rules, &subject, note_match, &matched) != 0 || matched;
}
