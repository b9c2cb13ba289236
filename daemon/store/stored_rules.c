/* SPDX-License-Identifier: ISC */
#include "sitrep/store/stored_rules.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sitrep/base/sha256.h"
#include "sitrep/rules/rule.h"

enum { DIGEST_BYTES = 8, MARK_MAX = 256 };

/* "name#digest", the digest over expression and RULE_MATCHING: if one changes, stored items are matched anew. */
static char *make_mark(struct sha256 *hash, const char *name, const char *expression)
{
	uint8_t digest[SHA256_LEN];
	char mark[MARK_MAX];
	const uint8_t matching = RULE_MATCHING;
	int len = snprintf(mark, sizeof(mark), "%s#", name);

	if (len < 0 || (size_t)len + 2 * DIGEST_BYTES >= sizeof(mark) || sha256_begin(hash) != 0 ||
		sha256_add(hash, str_make((const char *)&matching, 1)) != 0 ||
		sha256_add(hash, str_from(expression)) != 0 || sha256_end(hash, digest) != 0)
		return NULL;
	for (size_t i = 0; i < DIGEST_BYTES; i++)
		(void)snprintf(mark + (size_t)len + 2 * i, 3, "%02x", digest[i]);
	return strdup(mark);
}

static int by_mark(const void *a, const void *b)
{
	const struct stored_rule *left = a, *right = b;

	return str_cmp(str_from(left->mark), str_from(right->mark));
}

static int add_all(struct stored_rules *r, const struct stored_rule *rules, struct sha256 *hash)
{
	for (size_t i = 0; i < r->count; i++) {
		struct stored_rule *to = &r->items[i];

		to->name = strdup(rules[i].name);
		to->expression = strdup(rules[i].expression);
		to->mark = make_mark(hash, rules[i].name, rules[i].expression);
		if (to->name == NULL || to->expression == NULL || to->mark == NULL ||
			rule_set_add(r->set, str_from(to->mark), str_from(to->expression), NULL) != 0)
			return -ENOMEM;
	}
	qsort(r->items, r->count, sizeof(*r->items), by_mark);
	return rule_set_finish(r->set, NULL);
}

struct stored_rules *stored_rules_new(const struct stored_rule *rules, size_t count, struct error *err)
{
	struct stored_rules *r = calloc(1, sizeof(*r));
	struct sha256 *hash = sha256_new(NULL);

	if (r != NULL && hash != NULL) {
		r->items = calloc(count + 1, sizeof(*r->items));
		r->count = r->items != NULL ? count : 0;
		r->set = rule_set_new();
	}
	if (r == NULL || hash == NULL || r->items == NULL || r->set == NULL || add_all(r, rules, hash) != 0) {
		(void)error_sys(err, -ENOMEM, "cannot take the rules over");
		stored_rules_free(r);
		r = NULL;
	}
	sha256_free(hash);
	return r;
}

void stored_rules_free(struct stored_rules *r)
{
	if (r == NULL)
		return;
	for (size_t i = 0; i < r->count; i++) {
		free((char *)r->items[i].name);
		free((char *)r->items[i].expression);
		free((char *)r->items[i].mark);
	}
	free(r->items);
	rule_set_free(r->set);
	free(r);
}
