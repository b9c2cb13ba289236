/* SPDX-License-Identifier: ISC */
/* The reader of the configuration does not look into rules and files with secrets. Their mistakes are added to its own
 * here, before a configuration is taken over. */
#include "sitrep/config/config_check.h"

#include <errno.h>
#include <stdio.h>

#include "sitrep/base/utf8.h"
#include "sitrep/config/credentials.h"
#include "sitrep/rules/rule.h"
#include "sitrep/text/public_url.h"

/* Characters of a rule that a warning quotes. */
enum { QUOTED_MAX = 60 };

/* Context of tell_doubt(): the rule that gets the warnings. */
struct doubting {
	const struct config *config;
	struct config_mistakes *mistakes;
	struct config_place place;
};

static bool has_feed(const struct config *c, const struct rule_doubt *doubt)
{
	if (!doubt->prefix && config_find_feed(c, doubt->text) != NULL)
		return true;
	for (size_t i = 0; i < c->feeds.count; i++)
		if (rule_name_matches(str_from(c->feeds.items[i].name), doubt->text, doubt->prefix))
			return true;
	return false;
}

static bool has_category(const struct config *c, const struct rule_doubt *doubt)
{
	for (size_t i = 0; i < c->feeds.count; i++)
		for (size_t k = 0; k < c->feeds.items[i].category_count; k++)
			if (rule_name_matches(str_from(c->feeds.items[i].categories[k]), doubt->text, doubt->prefix))
				return true;
	return false;
}

static void tell_doubt(void *arg, const struct rule_doubt *doubt)
{
	struct doubting *d = arg;
	struct str text = utf8_cut(doubt->text, QUOTED_MAX);
	const char *star = doubt->prefix ? "*" : "";

	switch (doubt->kind) {
	case RULE_DOUBT_OPERATOR:
		config_warning(d->mistakes, d->place,
			"match: at column %zu: \"%.*s\" is looked for as a word, the operator is %s", doubt->column,
			STR_ARG(text), doubt->meant);
		break;
	case RULE_DOUBT_QUOTES:
		config_warning(d->mistakes, d->place,
			"match: at column %zu: found curly quotation marks in %.*s, a phrase is written in straight "
			"ones (\")",
			doubt->column, STR_ARG(text));
		break;
	case RULE_DOUBT_FEED:
		if (!has_feed(d->config, doubt))
			config_warning(d->mistakes, d->place, "match: at column %zu: feed:%.*s%s names no feed",
				doubt->column, STR_ARG(text), star);
		break;
	case RULE_DOUBT_CATEGORY:
		if (!has_category(d->config, doubt))
			config_warning(d->mistakes, d->place,
				"match: at column %zu: category:%.*s%s is no feed's category", doubt->column,
				STR_ARG(text), star);
		break;
	}
}

static void check_rule(struct rule_set *set, const struct config *c, const char *kind, const char *name,
	const char *expression, struct config_place place, struct config_mistakes *mistakes)
{
	struct doubting doubting = {.config = c, .mistakes = mistakes, .place = place};
	struct error err = {0};
	char full[256];

	if (expression == NULL)
		return;
	(void)snprintf(full, sizeof(full), "%s/%s", kind, name);
	if (rule_set_add(set, str_from(full), str_from(expression), &err) != 0)
		config_mistake(mistakes, place, "match: %s", err.text);
	else
		(void)rule_doubts(str_from(expression), tell_doubt, &doubting, &err);
}

static int check_rules(const struct config *c, struct config_mistakes *mistakes, struct error *err)
{
	struct rule_set *set = rule_set_new();

	if (set == NULL)
		return error_sys(err, -ENOMEM, "cannot check the rules");
	for (size_t i = 0; i < c->alerts.count; i++)
		check_rule(set, c, "alert", c->alerts.items[i].name, c->alerts.items[i].match, c->alerts.items[i].place,
			mistakes);
	for (size_t i = 0; i < c->outputs.count; i++)
		check_rule(set, c, "output", c->outputs.items[i].name, c->outputs.items[i].match,
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

static void check_paths(const struct config *c, struct config_mistakes *mistakes)
{
	for (size_t i = 0; i < c->feeds.count; i++) {
		const struct config_feed *f = &c->feeds.items[i];

		if (f->public_url == NULL && url_has_random_path(str_from(f->url)))
			config_warning(mistakes, f->place,
				"feed %s: the path of its address is shown and looks like a secret; if it is one, give "
				"the feed a public-url",
				f->name);
	}
}

int config_load_checked(const char *path, struct config_names *known, struct config **out,
	struct config_mistakes *mistakes, struct error *err)
{
	struct config *c = config_load_named(path, known, mistakes, err);
	int result;

	*out = NULL;
	if (c == NULL)
		return err->code != 0 ? err->code : -EINVAL;
	result = check_rules(c, mistakes, err);
	if (result == 0) {
		check_credentials(c, mistakes);
		check_paths(c, mistakes);
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
