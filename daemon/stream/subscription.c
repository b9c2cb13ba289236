/* SPDX-License-Identifier: ISC */
/* A filter as subscribers ask for it: reading, writing, and the tests that need no look at a text. */
#include "subscription.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "sitrep/base/buf.h"
#include "sitrep/base/clock.h"
#include "sitrep/base/jsonw.h"
#include "sitrep/base/nearest.h"
#include "sitrep/base/units.h"
#include "sitrep/base/utf8.h"
#include "sitrep/rules/rule.h"
#include "sitrep/store/event_json.h"
#include "sitrep/store/event_member.h"
#include "sitrep/text/date.h"

enum {
	LIST_MAX = 1000,
	NAME_SHOWN_MAX = 100, /* bytes of an unknown name in a mistake */
	NEAREST_MAX = 64,     /* of a known name that may be meant, with its NUL */
	NAMES_LOOKED_UP = 8,  /* of a rule: each is compared with all feeds */
};

struct name_list {
	char **names; /* NULL: not filtered */
	size_t count;
};

struct subscription {
	unsigned kinds; /* bit 1 << kind; 0: all */
	struct name_list feeds;
	struct name_list categories;
	char *match; /* the text of its rule; NULL: no rule */
	bool full;
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
	free(s->match);
	free(s);
}

/* ---- reading ---- */

static int unknown_name(struct error *err, const char *what, struct str name, const char *nearest)
{
	return error_set(err, -EINVAL, "%s \"%.*s\"%s%s%s", what, STR_ARG(utf8_cut(name, NAME_SHOWN_MAX)),
		nearest != NULL ? ", did you mean \"" : "", nearest != NULL ? nearest : "",
		nearest != NULL ? "\"?" : "");
}

static int check_members(const json_t *request, struct error *err)
{
	static const char *const known[] = {
		"op", "since", "events", "match", "categories", "feeds", "instance", "full"};
	void *at;

	for (at = json_object_iter((json_t *)request); at != NULL; at = json_object_iter_next((json_t *)request, at)) {
		struct str name = str_from(json_object_iter_key(at));
		const char *nearest = NULL;
		size_t best = SIZE_MAX;
		bool is_known = false;

		for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
			is_known = is_known || str_eq(name, str_from(known[i]));
			nearest = nearest_name(name, str_from(known[i]), &best, nearest);
		}
		if (!is_known)
			return unknown_name(err, "a subscription has no member", name, nearest);
	}
	return 0;
}

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

static int unknown_kind(const char *name, struct error *err)
{
	const char *nearest = NULL;
	size_t best = SIZE_MAX;

	for (int k = EVENT_NEW; k < EVENT_LOGGED_END; k++)
		nearest = nearest_name(str_from(name), str_from(event_kind_name((enum event_kind)k)), &best, nearest);
	return error_set(err, -EINVAL,
		"\"%.*s\" is no event, expected new, copy, updated, alert, feed, silence, muted, digest, burst or "
		"breaking%s%s%s",
		STR_ARG(utf8_cut(str_from(name), NAME_SHOWN_MAX)), nearest != NULL ? ": did you mean \"" : "",
		nearest != NULL ? nearest : "", nearest != NULL ? "\"?" : "");
}

static int read_kinds(const json_t *request, struct subscription *s, struct error *err)
{
	struct name_list names = {0};
	int result = read_list(request, "events", &names, err);

	for (size_t i = 0; result == 0 && i < names.count; i++) {
		enum event_kind kind = event_kind_parse(str_from(names.names[i]));

		if (kind == 0)
			result = unknown_kind(names.names[i], err);
		else
			s->kinds |= 1u << kind;
	}
	name_list_release(&names);
	return result;
}

static int read_match(const json_t *request, struct subscription *s, struct error *err)
{
	const json_t *value = json_object_get(request, "match");

	if (value == NULL || json_is_null(value))
		return 0;
	if (!json_is_string(value))
		return error_set(err, -EINVAL, "\"match\" must be a string");
	if (json_string_length(value) != strlen(json_string_value(value)))
		return error_set(err, -EINVAL, "\"match\" has a NUL character");
	s->match = strdup(json_string_value(value));
	return s->match != NULL ? 0 : error_sys(err, -ENOMEM, "cannot subscribe");
}

static int read_full(const json_t *request, struct subscription *s, struct error *err)
{
	const json_t *value = json_object_get(request, "full");

	s->full = json_is_true(value);
	return value == NULL || json_is_boolean(value) ? 0 : error_set(err, -EINVAL, "\"full\" must be true or false");
}

static bool parse_since(const json_t *value, struct since *since)
{
	const char *rule = NULL;
	long long number = -1;
	struct str text;

	if (json_is_integer(value)) {
		*since = (struct since){.kind = SINCE_CURSOR, .value = json_integer_value(value)};
		return since->value >= 0;
	}
	if (!json_is_string(value))
		return false;
	text = str_make(json_string_value(value), json_string_length(value));
	if (str_eq(text, STR("oldest"))) {
		*since = (struct since){.kind = SINCE_OLDEST};
	} else if (str_to_int(text, &number) || !char_is_digit(text.len > 0 ? text.data[0] : 'x')) {
		*since = (struct since){.kind = SINCE_CURSOR, .value = number};
	} else if (duration_parse(text, &since->value)) {
		/* Bare digits are seconds to duration_parse(); here they are a cursor that is too large. */
		number = char_is_digit(text.data[text.len - 1]) || char_is_space(text.data[text.len - 1]) ? -1 : 0;
		*since = (struct since){.kind = SINCE_TIME, .value = clock_wall_ms() - since->value};
	} else {
		*since = (struct since){.kind = SINCE_TIME, .value = date_parse(text, &rule)};
		number = since->value != TIME_NONE && rule != NULL && strcmp(rule, "ISO 8601") == 0 ? 0 : -1;
	}
	return since->kind == SINCE_OLDEST || number >= 0;
}

static int read_since(const json_t *request, struct since *since, struct error *err)
{
	const json_t *value = json_object_get(request, "since"), *instance = json_object_get(request, "instance");

	*since = (struct since){.kind = SINCE_NOW};
	if (value == NULL || json_is_null(value) || parse_since(value, since)) {
		since->instance = json_string_value(instance);
		if (instance == NULL || json_is_null(instance) || json_is_string(instance))
			return 0;
		return error_set(err, -EINVAL, "\"instance\" must be a string, as hello has it");
	}
	return error_set(err, -EINVAL,
		"\"since\" must be a cursor (digits), a time (\"2026-11-23T10:52:35Z\"), a duration (\"1h\") or "
		"\"oldest\"");
}

struct subscription *subscription_read(const struct json_t *request, struct since *since, struct error *err)
{
	struct subscription *s = subscription_new();

	if (s == NULL)
		return error_sys_null(err, -ENOMEM, "cannot subscribe");
	if (check_members(request, err) == 0 && read_since(request, since, err) == 0 &&
		read_kinds(request, s, err) == 0 && read_list(request, "feeds", &s->feeds, err) == 0 &&
		read_list(request, "categories", &s->categories, err) == 0 && read_match(request, s, err) == 0 &&
		read_full(request, s, err) == 0)
		return s;
	subscription_free(s);
	return NULL;
}

/* ---- names ---- */

/* Looks for one name of a list in the database. */
struct name_search {
	struct str name;
	bool of_category;
	bool is_known;
	size_t best;
	char nearest[NEAREST_MAX]; /* "" when no name is near */
};

static void compare_name(struct name_search *search, struct str known)
{
	char text[NEAREST_MAX];

	search->is_known = search->is_known || str_eq_nocase(known, search->name);
	if (search->is_known || known.len >= sizeof(text))
		return;
	memcpy(text, known.data, known.len);
	text[known.len] = '\0';
	if (nearest_name(search->name, str_from(text), &search->best, NULL) != NULL)
		memcpy(search->nearest, text, sizeof(text));
}

static int compare_feed(void *arg, struct str name, struct str categories)
{
	struct name_search *search = arg;
	struct str category;

	if (!search->of_category)
		compare_name(search, name);
	while (search->of_category && str_split(&categories, '\n', &category))
		compare_name(search, category);
	return search->is_known;
}

static int check_list(const struct name_list *l, bool of_category, struct reader *r, struct error *err)
{
	for (size_t i = 0; i < l->count; i++) {
		struct name_search search = {
			.name = str_from(l->names[i]), .of_category = of_category, .best = SIZE_MAX};
		int result = reader_feed_names(r, compare_feed, &search, err);

		if (result < 0)
			return result;
		if (!search.is_known && (!of_category || search.nearest[0] != '\0'))
			return unknown_name(err, of_category ? "no feed has the category" : "there is no feed",
				search.name, search.nearest[0] != '\0' ? search.nearest : NULL);
	}
	return 0;
}

int subscription_check(const struct subscription *s, struct reader *r, struct error *err)
{
	int result = check_list(&s->feeds, false, r, err);

	return result == 0 ? check_list(&s->categories, true, r, err) : result;
}

/* ---- writing ---- */

bool subscription_is_full(const struct subscription *s)
{
	return s->full;
}

struct str subscription_rule(const struct subscription *s)
{
	return s->match != NULL ? str_from(s->match) : STR_NONE;
}

static void write_list(struct jsonw *w, enum event_member m, const struct name_list *l)
{
	if (l->names == NULL)
		return;
	jsonw_kv_array(w, event_member(m));
	for (size_t i = 0; i < l->count; i++)
		jsonw_cstr(w, l->names[i]);
	jsonw_array_end(w);
}

struct notes {
	struct jsonw *w;
	struct reader *reader; /* NULL: names are not looked up */
	size_t names;          /* that were looked up */
	bool begun;
};

static void write_note(struct notes *n, struct str text)
{
	if (!n->begun)
		jsonw_kv_array(n->w, event_member(MEMBER_NOTES));
	n->begun = true;
	jsonw_str(n->w, text);
}

/* A name in a rule, looked for in the database. */
struct rule_name {
	const struct rule_doubt *doubt;
	bool is_known;
};

static int compare_rule_name(void *arg, struct str name, struct str categories)
{
	struct rule_name *n = arg;
	struct str category;

	if (n->doubt->kind == RULE_DOUBT_FEED)
		n->is_known = rule_name_matches(name, n->doubt->text, n->doubt->prefix);
	while (n->doubt->kind == RULE_DOUBT_CATEGORY && !n->is_known && str_split(&categories, '\n', &category))
		n->is_known = rule_name_matches(category, n->doubt->text, n->doubt->prefix);
	return n->is_known;
}

/* A feed or category that the rule names and that does not exist is no mistake: it may come. */
static void write_unknown_name(struct buf *sentence, struct notes *n, const struct rule_doubt *doubt)
{
	struct rule_name name = {.doubt = doubt};
	struct error ignored;

	if (n->reader == NULL || n->names++ >= NAMES_LOOKED_UP ||
		reader_feed_names(n->reader, compare_rule_name, &name, &ignored) < 0 || name.is_known)
		return;
	buf_printf(sentence, "at column %zu: %s:%.*s%s %s", doubt->column,
		doubt->kind == RULE_DOUBT_FEED ? "feed" : "category", STR_ARG(utf8_cut(doubt->text, NAME_SHOWN_MAX)),
		doubt->prefix ? "*" : "", doubt->kind == RULE_DOUBT_FEED ? "names no feed" : "is no feed's category");
}

static void write_doubt(void *arg, const struct rule_doubt *doubt)
{
	struct buf sentence = BUF_INIT(ERROR_TEXT_MAX);

	if (doubt->kind == RULE_DOUBT_FEED || doubt->kind == RULE_DOUBT_CATEGORY)
		write_unknown_name(&sentence, arg, doubt);
	else
		rule_doubt_write(&sentence, doubt);
	if (sentence.len > 0)
		write_note(arg, buf_str(&sentence));
	buf_release(&sentence);
}

/* A category that no feed has is no mistake: items bring categories of their own. */
static void write_unknown_categories(const struct subscription *s, struct notes *n)
{
	for (size_t i = 0; n->reader != NULL && i < s->categories.count && i < NAMES_LOOKED_UP; i++) {
		struct name_search search = {
			.name = str_from(s->categories.names[i]), .of_category = true, .best = SIZE_MAX};
		struct buf sentence = BUF_INIT(ERROR_TEXT_MAX);
		struct error ignored;

		if (reader_feed_names(n->reader, compare_feed, &search, &ignored) < 0 || search.is_known)
			continue;
		buf_printf(&sentence,
			"no feed has the category \"%.*s\": only items that bring it themselves are taken",
			STR_ARG(utf8_cut(search.name, NAME_SHOWN_MAX)));
		if (!buf_failed(&sentence))
			write_note(n, buf_str(&sentence));
		buf_release(&sentence);
	}
}

void subscription_write_notes(const struct subscription *s, struct reader *r, struct jsonw *w)
{
	struct notes n = {.w = w, .reader = r};
	struct error ignored;

	if ((s->kinds & 1u << EVENT_ALERT) != 0 && (s->kinds & 1u << EVENT_NEW) == 0)
		write_note(&n, STR("the items of a feed's first poll (\"backlog\") raise no alert"));
	write_unknown_categories(s, &n);
	if (s->match != NULL)
		rule_doubts(str_from(s->match), write_doubt, &n, &ignored);
	if (n.begun)
		jsonw_array_end(w);
}

void subscription_write(const struct subscription *s, struct jsonw *w)
{
	if (s->kinds != 0) {
		jsonw_kv_array(w, event_member(MEMBER_EVENTS));
		for (int k = EVENT_NEW; k < EVENT_LOGGED_END; k++)
			if ((s->kinds & 1u << k) != 0)
				jsonw_cstr(w, event_kind_name((enum event_kind)k));
		jsonw_array_end(w);
	}
	write_list(w, MEMBER_FEEDS, &s->feeds);
	write_list(w, MEMBER_CATEGORIES, &s->categories);
	if (s->match != NULL)
		jsonw_kv_cstr(w, event_member(MEMBER_MATCH), s->match);
	if (s->full)
		jsonw_kv_bool(w, event_member(MEMBER_FULL), true);
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

enum subscription_verdict subscription_judge(const struct subscription *s, const struct event_record *e)
{
	if (s->kinds != 0 ? (s->kinds & 1u << e->kind) == 0 : e->kind == EVENT_MUTED)
		return SUBSCRIPTION_REFUSES;
	/* it is about alerts of any feeds, so only its name can ask for it */
	if (event_kind_is_general(e->kind))
		return s->kinds != 0 || (s->feeds.names == NULL && s->categories.names == NULL && s->match == NULL)
			       ? SUBSCRIPTION_TAKES
			       : SUBSCRIPTION_REFUSES;
	if (s->feeds.names != NULL && !listed(&s->feeds, e->source.feed))
		return SUBSCRIPTION_REFUSES;
	if (s->categories.names != NULL && !in_categories(s, e))
		return SUBSCRIPTION_REFUSES;
	if (s->match == NULL)
		return SUBSCRIPTION_TAKES;
	return e->report != NULL ? SUBSCRIPTION_ASKS_RULE : SUBSCRIPTION_REFUSES;
}
