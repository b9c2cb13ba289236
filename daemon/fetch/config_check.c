/* The configuration's own reader knows nothing of rules and secrets, which stand in stages above it; so what
 * is wrong with those is added to its mistakes here, before anybody takes the configuration over. */
#include "sitrep/config_check.h"

#include <errno.h>
#include <stdio.h>

#include "sitrep/credentials.h"
#include "sitrep/rule.h"

static void check_rule(struct rule_set *set, const char *kind, const char *name, const char *expression,
	struct config_place place, struct config_mistakes *mistakes)
{
	struct error err = {0};
	char full[256];

	if (expression == NULL)
		return;
	(void)snprintf(full, sizeof(full), "%s/%s", kind, name);
	if (rule_set_add(set, str_from(full), str_from(expression), &err) != 0)
		config_mistake(mistakes, place, "match: %s", err.text);
}

static int check_rules(const struct config *c, struct config_mistakes *mistakes, struct error *err)
{
	struct rule_set *set = rule_set_new();

	if (set == NULL)
		return error_sys(err, -ENOMEM, "cannot check the rules");
	for (size_t i = 0; i < c->alerts.count; i++)
		check_rule(set, "alert", c->alerts.items[i].name, c->alerts.items[i].match, c->alerts.items[i].place,
			mistakes);
	for (size_t i = 0; i < c->outputs.count; i++)
		check_rule(set, "output", c->outputs.items[i].name, c->outputs.items[i].match,
			c->outputs.items[i].place, mistakes);
	rule_set_free(set);
	return 0;
}

static void check_credentials(const struct config *c, struct config_mistakes *mistakes)
{
	for (size_t i = 0; i < c->feeds.count; i++) {
		const struct config_feed *f = &c->feeds.items[i];
		struct credentials secrets;
		struct error err = {0};

		if (credentials_load(&secrets, f, &err) != 0)
			config_mistake(mistakes, f->place, "feed %s: %s", f->name, err.text);
		else
			credentials_release(&secrets);
	}
}

int config_load_checked(const char *path, struct config **out, struct config_mistakes *mistakes, struct error *err)
{
	struct config *c = config_load(path, mistakes, err);
	int result;

	*out = NULL;
	if (c == NULL)
		return err->code != 0 ? err->code : -EINVAL;
	result = check_rules(c, mistakes, err);
	if (result == 0) {
		check_credentials(c, mistakes);
		if (mistakes->failed != 0)
			result = error_sys(err, mistakes->failed, "cannot check the configuration");
		else if (mistakes->count > 0)
			result = error_set(err, -EINVAL, "%s has %zu mistake%s", path, mistakes->count,
				mistakes->count == 1 ? "" : "s");
	}
	if (result != 0)
		config_free(c);
	else
		*out = c;
	return result;
}
