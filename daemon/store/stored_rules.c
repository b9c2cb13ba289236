/* SPDX-License-Identifier: ISC */
#include "sitrep/store/stored_rules.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sitrep/base/pages.h"
#include "sitrep/base/sha256.h"
#include "sitrep/rules/rule.h"

enum { DIGEST_BYTES = 8, KEY_MAX = 256 };

/* "name#digest", the digest over expression and RULE_MATCHING: if one changes, stored items are matched anew. */
static char *make_key(const char *name, const char *expression)
{
	uint8_t digest[SHA256_LEN];
	char key[KEY_MAX];
	const uint8_t matching = RULE_MATCHING;
	const struct str pieces[] = {str_make((const char *)&matching, 1), str_from(expression)};
	int len = snprintf(key, sizeof(key), "%s#", name);

	if (len < 0 || (size_t)len + 2 * DIGEST_BYTES >= sizeof(key))
		return NULL;
	sha256_of(pieces, 2, digest);
	hex_encode(key + len, digest, DIGEST_BYTES);
	return strdup(key);
}

static int by_key(const void *a, const void *b)
{
	const struct stored_rule *left = a, *right = b;

	return str_cmp(str_from(left->key), str_from(right->key));
}

/* As strdup(), for texts that may be long. */
static char *copy_text(const char *text)
{
	size_t size = strlen(text) + 1;
	char *copy = pages_take(malloc(size), size);

	return copy != NULL ? memcpy(copy, text, size) : NULL;
}

static int take_rules(struct stored_rules *r, const struct stored_rule *rules)
{
	if (rule_set_count(r->set) != r->count)
		return -EINVAL;
	for (size_t i = 0; i < r->count; i++) {
		struct stored_rule *to = &r->items[i];

		to->name = strdup(rules[i].name);
		to->expression = copy_text(rules[i].expression);
		to->key = make_key(rules[i].name, rules[i].expression);
		if (to->name == NULL || to->expression == NULL || to->key == NULL ||
			rule_set_rename(r->set, i, str_from(to->key)) != 0)
			return -ENOMEM;
	}
	for (size_t i = 0; i < r->count; i++)
		r->items[i].place = i;
	qsort(r->items, r->count, sizeof(*r->items), by_key);
	return rule_set_finish(r->set, NULL);
}

static int compare_key(const void *key, const void *rule)
{
	return str_cmp(*(const struct str *)key, str_from(((const struct stored_rule *)rule)->key));
}

const struct stored_rule *stored_rules_find(const struct stored_rules *r, struct str key)
{
	return r->count > 0 ? bsearch(&key, r->items, r->count, sizeof(*r->items), compare_key) : NULL;
}

struct stored_rules *stored_rules_new(
	const struct stored_rule *rules, size_t count, struct rule_set *parsed, struct error *err)
{
	struct stored_rules *r = calloc(1, sizeof(*r));

	if (r != NULL) {
		r->items = calloc(count + 1, sizeof(*r->items));
		r->count = r->items != NULL ? count : 0;
		r->set = parsed;
	} else {
		rule_set_free(parsed);
	}
	if (r == NULL || r->items == NULL || take_rules(r, rules) != 0) {
		error_sys(err, -ENOMEM, "cannot compile the rules");
		stored_rules_free(r);
		r = NULL;
	}
	return r;
}

void stored_rules_free(struct stored_rules *r)
{
	if (r == NULL)
		return;
	for (size_t i = 0; i < r->count; i++) {
		free((char *)r->items[i].name);
		free((char *)r->items[i].expression);
		free((char *)r->items[i].key);
	}
	free(r->items);
	rule_set_free(r->set);
	free(r);
}
