/* SPDX-License-Identifier: ISC */
/* Filters shared by the subscribers that ask for the same: a hash table by their text. */
#include "shared_filter.h"

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

int shared_filters_init(struct shared_filters *all, struct identity *identity)
{
	*all = (struct shared_filters){.table = calloc(SLOTS_MIN, sizeof(struct shared_filter *)), .slots = SLOTS_MIN};
	filter_rules_init(&all->rules, identity);
	return all->table != NULL ? 0 : -ENOMEM;
}

void shared_filters_release(struct shared_filters *all)
{
	filter_rules_release(&all->rules);
	free(all->table);
	*all = (struct shared_filters){0};
}

/* FNV-1a. */
static uint64_t hash_of(struct str text)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < text.len; i++)
		hash = (hash ^ (unsigned char)text.data[i]) * UINT64_C(0x100000001b3);
	return hash;
}

static struct shared_filter **slot_of(const struct shared_filters *all, uint64_t hash)
{
	return &all->table[hash & (all->slots - 1)];
}

/* A table that cannot grow becomes slower, and nothing else. */
static void grow(struct shared_filters *all)
{
	struct shared_filters larger = *all;

	larger.slots = 2 * all->slots;
	larger.table = calloc(larger.slots, sizeof(struct shared_filter *));
	if (larger.table == NULL)
		return;
	for (size_t i = 0; i < all->slots; i++) {
		while (all->table[i] != NULL) {
			struct shared_filter *moved = all->table[i], **slot = slot_of(&larger, moved->hash);

			all->table[i] = moved->next;
			moved->next = *slot;
			*slot = moved;
		}
	}
	free(all->table);
	*all = larger;
}

static struct shared_filter *find_filter(const struct shared_filters *all, struct str text, uint64_t hash)
{
	struct shared_filter *s = *slot_of(all, hash);

	while (s != NULL && (s->hash != hash || !str_eq(str_make(s->text, s->text_len), text)))
		s = s->next;
	return s;
}

static struct shared_filter *add_filter(
	struct shared_filters *all, struct subscription *filter, struct str text, uint64_t hash)
{
	struct shared_filter *s = calloc(1, sizeof(*s) + text.len);
	struct shared_filter **slot;

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
	if (shared_filter_has_rule(s))
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

struct shared_filter *shared_filter_join(struct shared_filters *all, struct subscription *filter, struct error *err)
{
	struct buf text = BUF_INIT(TEXT_MAX);
	struct shared_filter *shared = NULL;
	struct jsonw w = JSONW_INIT(&text);
	uint64_t hash;

	jsonw_object(&w);
	subscription_write(filter, &w);
	jsonw_object_end(&w);
	hash = hash_of(buf_str(&text));
	if (!buf_failed(&text))
		shared = find_filter(all, buf_str(&text), hash);
	if (shared != NULL) {
		subscription_free(filter);
	} else if (buf_failed(&text)) {
		error_sys(err, text.failed, "cannot subscribe");
		subscription_free(filter);
	} else if (check_rule(filter, err) != 0) {
		subscription_free(filter);
	} else if ((shared = add_filter(all, filter, buf_str(&text), hash)) == NULL) {
		error_sys(err, -ENOMEM, "cannot subscribe");
		subscription_free(filter);
	}
	if (shared != NULL)
		shared->users++;
	buf_release(&text);
	return shared;
}

void shared_filter_leave(struct shared_filters *all, struct shared_filter *shared)
{
	struct shared_filter **at;

	if (shared == NULL || --shared->users > 0)
		return;
	at = slot_of(all, shared->hash);
	while (*at != shared)
		at = &(*at)->next;
	*at = shared->next;
	all->count--;
	if (shared_filter_has_rule(shared))
		filter_rules_remove(&all->rules, &shared->rule);
	subscription_free(shared->filter);
	free(shared);
}

bool shared_filter_has_rule(const struct shared_filter *shared)
{
	return subscription_rule(shared->filter).data != NULL;
}

size_t shared_filter_terms(struct shared_filters *all, struct shared_filter *shared, const struct event_record *e,
	struct str terms[RULE_TOLD_MAX])
{
	return filter_rules_terms(&all->rules, &shared->rule, e, terms);
}

static bool passes(struct shared_filters *all, struct shared_filter *shared, const struct event_record *e)
{
	enum subscription_verdict verdict = subscription_judge(shared->filter, e);

	return verdict == SUBSCRIPTION_TAKES ||
	       (verdict == SUBSCRIPTION_ASKS_RULE && filter_rules_match(&all->rules, &shared->rule, e));
}

bool shared_filter_wants(struct shared_filters *all, struct shared_filter *shared, const struct event_record *e)
{
	int64_t block = e->cursor / CURSORS;
	uint64_t bit = UINT64_C(1) << (e->cursor % CURSORS);

	struct filter_verdicts *v = &shared->verdicts[block % 2];

	if (shared->age != all->age)
		shared->verdicts[0] = shared->verdicts[1] = (struct filter_verdicts){0};
	shared->age = all->age;
	if (v->block != block)
		*v = (struct filter_verdicts){.block = block};
	if ((v->known & bit) == 0) {
		v->known |= bit;
		if (passes(all, shared, e))
			v->wanted |= bit;
		all->judgments++;
	}
	return (v->wanted & bit) != 0;
}
