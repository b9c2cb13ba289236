/* SPDX-License-Identifier: ISC */
/* Filters shared by the subscribers that ask for the same: a hash table by their text. */
#include "scope.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sitrep/base/buf.h"
#include "sitrep/base/jsonw.h"
#include "sitrep/base/limits.h"

enum {
	SLOTS_MIN = 64, /* a power of two, as all slot counts */
	CURSORS = 64,   /* of one block */
	/* A request is one line, and its text may be longer than the line by the escapes that JSON asks for. */
	TEXT_MAX = 6 * LIMIT_STREAM_LINE,
};

int scopes_init(struct scopes *all, struct identity *identity)
{
	*all = (struct scopes){.table = calloc(SLOTS_MIN, sizeof(struct scope *)), .slots = SLOTS_MIN};
	filter_rules_init(&all->rules, identity);
	return all->table != NULL ? 0 : -ENOMEM;
}

void scopes_release(struct scopes *all)
{
	filter_rules_release(&all->rules);
	free(all->table);
	*all = (struct scopes){0};
}

/* FNV-1a. */
static uint64_t hash_of(struct str text)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < text.len; i++)
		hash = (hash ^ (unsigned char)text.data[i]) * UINT64_C(0x100000001b3);
	return hash;
}

static struct scope **slot_of(const struct scopes *all, uint64_t hash)
{
	return &all->table[hash & (all->slots - 1)];
}

/* A table that cannot grow becomes slower, and nothing else. */
static void grow(struct scopes *all)
{
	struct scopes larger = *all;

	larger.slots = 2 * all->slots;
	larger.table = calloc(larger.slots, sizeof(struct scope *));
	if (larger.table == NULL)
		return;
	for (size_t i = 0; i < all->slots; i++) {
		while (all->table[i] != NULL) {
			struct scope *moved = all->table[i], **slot = slot_of(&larger, moved->hash);

			all->table[i] = moved->next;
			moved->next = *slot;
			*slot = moved;
		}
	}
	free(all->table);
	*all = larger;
}

static struct scope *find(const struct scopes *all, struct str text, uint64_t hash)
{
	struct scope *s = *slot_of(all, hash);

	while (s != NULL && (s->hash != hash || !str_eq(str_make(s->text, s->text_len), text)))
		s = s->next;
	return s;
}

static struct scope *add(struct scopes *all, struct subscription *filter, struct str text, uint64_t hash)
{
	struct scope *s = calloc(1, sizeof(*s) + text.len);
	struct scope **slot;

	if (s == NULL)
		return NULL;
	s->filter = filter;
	s->hash = hash;
	s->age = all->age;
	s->text_len = text.len;
	memcpy(s->text, text.data, text.len);
	if (all->count >= all->slots)
		grow(all);
	slot = slot_of(all, hash);
	s->next = *slot;
	*slot = s;
	all->count++;
	if (scope_has_rule(s))
		filter_rules_add(&all->rules, &s->rule, subscription_rule(filter));
	return s;
}

/* 0, or -EINVAL with the mistake. */
static int check_rule(const struct subscription *filter, struct error *err)
{
	struct str rule = subscription_rule(filter);
	struct error reason = {0};
	size_t terms = 0;

	if (rule.data == NULL || rule_check(rule, &terms, &reason) == 0)
		return 0;
	return error_set(err, -EINVAL, "match: %s", reason.text);
}

struct scope *scope_join(struct scopes *all, struct subscription *filter, struct error *err)
{
	struct buf text = BUF_INIT(TEXT_MAX);
	struct scope *scope = NULL;
	struct jsonw w = JSONW_INIT(&text);
	uint64_t hash;

	jsonw_object(&w);
	subscription_write(filter, &w);
	jsonw_object_end(&w);
	hash = hash_of(buf_str(&text));
	if (!buf_failed(&text))
		scope = find(all, buf_str(&text), hash);
	if (scope != NULL) {
		subscription_free(filter);
	} else if (buf_failed(&text)) {
		error_sys(err, text.failed, "cannot subscribe");
		subscription_free(filter);
	} else if (check_rule(filter, err) != 0) {
		subscription_free(filter);
	} else if ((scope = add(all, filter, buf_str(&text), hash)) == NULL) {
		error_sys(err, -ENOMEM, "cannot subscribe");
		subscription_free(filter);
	}
	if (scope != NULL)
		scope->users++;
	buf_release(&text);
	return scope;
}

void scope_leave(struct scopes *all, struct scope *scope)
{
	struct scope **at;

	if (scope == NULL || --scope->users > 0)
		return;
	at = slot_of(all, scope->hash);
	while (*at != scope)
		at = &(*at)->next;
	*at = scope->next;
	all->count--;
	if (scope_has_rule(scope))
		filter_rules_remove(&all->rules, &scope->rule);
	subscription_free(scope->filter);
	free(scope);
}

bool scope_has_rule(const struct scope *scope)
{
	return subscription_rule(scope->filter).data != NULL;
}

size_t scope_terms(
	struct scopes *all, struct scope *scope, const struct event_record *e, struct str terms[RULE_TOLD_MAX])
{
	return filter_rules_terms(&all->rules, &scope->rule, e, terms);
}

static bool passes(struct scopes *all, struct scope *scope, const struct event_record *e)
{
	enum subscription_verdict verdict = subscription_judge(scope->filter, e);

	return verdict == SUBSCRIPTION_TAKES ||
	       (verdict == SUBSCRIPTION_ASKS_RULE && filter_rules_match(&all->rules, &scope->rule, e));
}

bool scope_wants(struct scopes *all, struct scope *scope, const struct event_record *e)
{
	int64_t block = e->cursor / CURSORS;
	uint64_t bit = UINT64_C(1) << (e->cursor % CURSORS);

	struct scope_verdicts *v = &scope->verdicts[block % 2];

	if (scope->age != all->age)
		scope->verdicts[0] = scope->verdicts[1] = (struct scope_verdicts){0};
	scope->age = all->age;
	if (v->block != block)
		*v = (struct scope_verdicts){.block = block};
	if ((v->known & bit) == 0) {
		v->known |= bit;
		if (passes(all, scope, e))
			v->wanted |= bit;
		all->judgments++;
	}
	return (v->wanted & bit) != 0;
}
