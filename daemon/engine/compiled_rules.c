/* SPDX-License-Identifier: ISC */
#include "compiled_rules.h"

#include <errno.h>
#include <stdlib.h>

#include "sitrep/base/arena.h"
#include "sitrep/base/buf.h"
#include "sitrep/rules/rule.h"

enum { RULE_NAMES_MAX = 64 * 1024 * 1024 };

/* Adds the rule "kind/name", for example "alert/x"; does nothing when match is NULL. */
static int add_rule(struct arena *names, struct stored_rule *rules, size_t *count, const char *kind, const char *name,
	const char *match)
{
	struct buf full = BUF_INIT(1024);
	struct stored_rule *rule = &rules[*count];
	int result;

	if (match == NULL)
		return 0;
	result = buf_printf(&full, "%s/%s", kind, name);
	if (result == 0) {
		*rule = (struct stored_rule){.name = arena_str(names, buf_str(&full)).data, .expression = match};
		(*count)++;
		result = rule->name != NULL ? 0 : -ENOMEM;
	}
	buf_release(&full);
	return result;
}

static int make_stored_rules(struct compiled_rules *r, struct config *c, struct error *err)
{
	struct stored_rule *rules = calloc(c->alerts.count + c->outputs.count + 1, sizeof(*rules));
	struct arena names;
	size_t count = 0;
	int result = rules != NULL ? 0 : -ENOMEM;

	arena_init(&names, RULE_NAMES_MAX);
	for (size_t i = 0; result == 0 && i < c->alerts.count; i++)
		result = add_rule(&names, rules, &count, "alert", c->alerts.items[i].name, c->alerts.items[i].rule);
	for (size_t i = 0; result == 0 && i < c->outputs.count; i++)
		result = add_rule(&names, rules, &count, "output", c->outputs.items[i].name, c->outputs.items[i].rule);
	if (result == 0) {
		r->stored = stored_rules_new(rules, count, c->parsed_rules, err);
		c->parsed_rules = NULL;
	} else {
		error_sys(err, result, "cannot compile the rules");
	}
	arena_release(&names);
	free(rules);
	return r->stored != NULL ? 0 : -ENOMEM;
}

/* The same rules for the workers, compiled as they are, and named by their keys (stored_rules.h). */
static int make_pool_rules(struct compiled_rules *r, struct error *err)
{
	const struct stored_rules *rules = r->stored;
	struct rule_source *sources = calloc(rules->count + 1, sizeof(*sources));

	if (sources == NULL)
		return error_sys(err, -ENOMEM, "cannot compile the rules");
	for (size_t i = 0; i < rules->count; i++)
		sources[rules->items[i].place] = (struct rule_source){
			.name = str_from(rules->items[i].key), .expression = str_from(rules->items[i].expression)};
	r->pool = pool_rules_new(sources, rules->count, rule_set_image(rules->set), err);
	free(sources);
	return r->pool != NULL ? 0 : -ENOMEM;
}

int compiled_rules_make(struct compiled_rules *r, struct config *c, struct error *err)
{
	int result;

	*r = (struct compiled_rules){0};
	result = make_stored_rules(r, c, err);
	if (result == 0)
		result = make_pool_rules(r, err);
	if (result != 0)
		compiled_rules_release(r);
	return result;
}

void compiled_rules_release(struct compiled_rules *r)
{
	stored_rules_free(r->stored);
	pool_rules_free(r->pool);
	*r = (struct compiled_rules){0};
}
