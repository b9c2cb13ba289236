/* SPDX-License-Identifier: ISC */
/* Checks a whole configuration.  The reader of the files checks neither rules nor files with secrets; their mistakes
 * are added here. */
#include "sitrep/config/config_check.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sitrep/base/file.h"
#include "sitrep/base/utf8.h"
#include "sitrep/config/access_list.h"
#include "sitrep/config/credentials.h"
#include "sitrep/rules/rule.h"
#include "sitrep/text/public_url.h"

/* Characters of a rule that a warning quotes. */
enum { QUOTED_MAX = 60 };

/* The argument of warn_of_doubt(): the rule, and the list that gets its warnings. */
struct doubting {
	const struct config *config;
	struct config_mistakes *mistakes;
	struct config_place place;
	const char *match;
	bool knows_feeds; /* the configuration has all feeds that the rule may name */
};

static void add_mistake(struct config_mistakes *m, struct config_place place, const char *rule, const char *sentence)
{
	config_mistake(m, place, "match: %s", sentence);
	if (m->failed == 0)
		config_mistake_show(m, &m->items[m->count - 1], rule);
}

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

static void warn_of_doubt(void *arg, const struct rule_doubt *doubt)
{
	struct doubting *d = arg;
	struct str text = utf8_cut(doubt->text, QUOTED_MAX);
	struct buf sentence = BUF_INIT(ERROR_TEXT_MAX);
	const char *star = doubt->prefix ? "*" : "";
	size_t before = d->mistakes->warnings.count;

	switch (doubt->kind) {
	case RULE_DOUBT_OPERATOR:
	case RULE_DOUBT_QUOTES:
		rule_doubt_write(&sentence, doubt);
		config_warning(d->mistakes, d->place, "match: %.*s", STR_ARG(buf_str(&sentence)));
		break;
	case RULE_DOUBT_FEED:
		if (d->knows_feeds && !has_feed(d->config, doubt))
			config_warning(d->mistakes, d->place, "match: at column %zu: feed:%.*s%s names no feed",
				doubt->column, STR_ARG(text), star);
		break;
	case RULE_DOUBT_CATEGORY:
		if (d->knows_feeds && !has_category(d->config, doubt))
			config_warning(d->mistakes, d->place,
				"match: at column %zu: category:%.*s%s is no feed's category", doubt->column,
				STR_ARG(text), star);
		break;
	}
	if (d->mistakes->warnings.count > before)
		config_mistake_show(d->mistakes, &d->mistakes->warnings.items[before], d->match);
	buf_release(&sentence);
}

/* A rule whose definitions and lists are put in. */
struct expansion {
	struct config *config;
	size_t known; /* definitions that the rule may refer to */
	struct config_place place;
};

static int fetch_text(void *arg, enum rule_reference kind, struct str name, struct buf *text, struct error *err)
{
	const struct expansion *x = arg;
	const char *slash = strrchr(x->place.file, '/');
	char path[PATH_MAX];
	int result;

	if (kind == RULE_DEFINITION) {
		const struct config_rule *all = x->config->definitions.items;

		for (size_t i = 0; i < x->known; i++)
			if (str_eq(str_from(all[i].name), name) && all[i].rule != NULL)
				return buf_puts(text, all[i].rule);
		return error_set(err, -ENOENT, "no [define \"%.*s\"] stands before this rule", STR_ARG(name));
	}
	/* a relative path begins at the folder of the file that holds the rule */
	result = snprintf(path, sizeof(path), "%.*s%.*s",
		slash != NULL && !str_starts(name, STR("/")) ? (int)(slash + 1 - x->place.file) : 0, x->place.file,
		STR_ARG(name));
	if (result < 0 || (size_t)result >= sizeof(path))
		return error_set(err, -ENAMETOOLONG, "the path of the list is too long: %.*s", STR_ARG(name));
	result = file_read_regular(path, text);
	if (result == 0 && !utf8_valid(buf_str(text)))
		return error_set(err, -EINVAL, "%s is not UTF-8", path);
	return result == 0 || result == -E2BIG ? result : error_sys(err, result, "cannot read %s", path);
}

/* The rule with its definitions and lists, in the configuration's memory; NULL for a mistake, which is noted. */
static const char *expand_rule(
	struct expansion *x, const char *match, struct config_place place, struct config_mistakes *mistakes)
{
	struct buf text = BUF_INIT(RULE_EXPANDED_MAX);
	const char *rule = NULL;
	struct error err = {0};
	int result;

	x->place = place;
	result = rule_expand(&text, str_from(match), fetch_text, x, &err);
	if (result == 0) {
		rule = arena_cstr(&x->config->arena, buf_str(&text));
		result = rule == NULL ? -ENOMEM : 0;
	}
	buf_release(&text);
	if (result == -ENOMEM)
		mistakes->failed = result;
	else if (result != 0)
		add_mistake(mistakes, place, match, err.text);
	return rule;
}

/* Takes the rule into the parsed ones, or only checks it. */
static int parse_rule(struct config *c, size_t *terms, struct str rule, struct error *err)
{
	return c->parsed_rules != NULL ? rule_set_add(c->parsed_rules, STR_NONE, rule, err)
				       : rule_check(rule, terms, err);
}

/* terms: of the rules before it; NULL for a definition, which is no rule by itself. */
static void check_rule(struct expansion *x, size_t *terms, struct config_rule *r, struct config_mistakes *mistakes)
{
	struct doubting doubting = {
		.config = x->config, .mistakes = mistakes, .place = r->place, .match = r->match, .knows_feeds = true};
	struct error err = {0};

	if (r->match == NULL)
		return;
	r->rule = expand_rule(x, r->match, r->place, mistakes);
	if (r->rule == NULL)
		return;
	if (terms != NULL && parse_rule(x->config, terms, str_from(r->rule), &err) != 0)
		add_mistake(mistakes, r->place, r->rule, err.text);
	else
		rule_doubts(str_from(r->match), warn_of_doubt, &doubting, &err);
}

int config_expand_rule(struct config *c, const char *path, const char *match, struct buf *out,
	struct config_mistakes *warnings, struct error *err)
{
	struct config_mistakes ignored;
	struct expansion x = {.config = c};
	struct doubting doubting = {.config = c,
		.mistakes = warnings,
		.place = {.file = "sitrep"},
		.match = match,
		.knows_feeds = c->feeds.count > 0};
	int result;

	config_mistakes_init(&ignored);
	for (; x.known < c->definitions.count; x.known++)
		check_rule(&x, NULL, &c->definitions.items[x.known], &ignored);
	config_mistakes_release(&ignored);
	x.place.file = path;
	result = rule_expand(out, str_from(match), fetch_text, &x, err);
	return result == 0 ? rule_doubts(str_from(match), warn_of_doubt, &doubting, err) : result;
}

static void check_rules(struct config *c, enum config_use use, struct config_mistakes *mistakes)
{
	struct expansion x = {.config = c};
	size_t terms = 0;

	if (use == CONFIG_TO_RUN) {
		c->parsed_rules = rule_set_new();
		if (c->parsed_rules == NULL)
			mistakes->failed = -ENOMEM;
	}
	for (; x.known < c->definitions.count; x.known++)
		check_rule(&x, NULL, &c->definitions.items[x.known], mistakes);
	for (size_t i = 0; i < c->alerts.count; i++)
		check_rule(&x, &terms, &c->alerts.items[i], mistakes);
	for (size_t i = 0; i < c->outputs.count; i++)
		check_rule(&x, &terms, &c->outputs.items[i], mistakes);
}

static void check_credentials(const struct config *c, enum config_use use, struct config_mistakes *mistakes)
{
	for (size_t i = 0; i < c->feeds.count; i++) {
		const struct config_feed *f = &c->feeds.items[i];
		struct config_place place = f->client_key.place;
		struct credentials secrets;
		struct error err = {0};

		if (f->client_key.text != NULL && f->client_cert.text == NULL)
			config_mistake(mistakes, place, "feed %s: client-key without client-cert", f->name);
		else if (credentials_load(&secrets, f, &place, &err) == 0)
			credentials_release(&secrets);
		else if (use == CONFIG_TO_CHECK)
			config_mistake(mistakes, place, "feed %s: %s", f->name, err.text);
		else
			config_warning(mistakes, place, "feed %s cannot be polled: %s", f->name, err.text);
	}
}

static void check_readers(struct config_mistakes *mistakes, const char *what, const char *name,
	const struct config_path *token_file, const struct config_path *users_file)
{
	struct access_list list;
	struct config_place place;
	struct error err = {0};

	if (access_list_load(&list, token_file, users_file, &place, &err) == 0)
		access_list_release(&list);
	else
		config_mistake(mistakes, place, "%s%s: %s", what, name, err.text);
}

/* Without these files the daemon would be open. */
static void check_access(const struct config *c, struct config_mistakes *mistakes)
{
	check_readers(mistakes, "[http]", "", &c->http_token_file, &c->http_users_file);
	for (size_t i = 0; i < c->outputs.count; i++)
		check_readers(mistakes, "output ", c->outputs.items[i].name, &c->outputs.items[i].token_file,
			&c->outputs.items[i].users_file);
}

static void check_folders(const struct config_listens *list, const char *option, struct config_mistakes *mistakes)
{
	for (size_t i = 0; i < list->count; i++) {
		const char *socket = list->items[i].path;
		char *folder = socket != NULL ? strdup(socket) : NULL;
		char *slash = folder != NULL ? strrchr(folder, '/') : NULL;

		if (slash != NULL && slash != folder) {
			*slash = '\0';
			if (access(folder, F_OK) != 0)
				config_warning(mistakes, list->items[i].place, "[http] %s: there is no folder %s",
					option, folder);
		}
		free(folder);
	}
}

/* Files that options of a section name, and the folders of sockets. */
static void check_files(const struct config *c, struct config_mistakes *mistakes)
{
	struct error err = {0};

	if (c->fetch_ca_file.text != NULL && credentials_check_authorities(&c->fetch_ca_file, &err) != 0)
		config_mistake(mistakes, c->fetch_ca_file.place, "[fetch] ca-file: %s", err.text);
	check_folders(&c->http_listen, "listen", mistakes);
	check_folders(&c->http_metrics_listen, "metrics-listen", mistakes);
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

int config_load_checked(const char *path, enum config_use use, struct config_names *known, struct config **out,
	struct config_mistakes *mistakes, struct error *err)
{
	struct config *c = config_load_named(path, known, mistakes, err);
	int result = 0;

	*out = NULL;
	if (c == NULL)
		return err->code != 0 ? err->code : -EINVAL;
	check_rules(c, use, mistakes);
	check_credentials(c, use, mistakes);
	check_access(c, mistakes);
	if (use == CONFIG_TO_CHECK)
		check_files(c, mistakes);
	check_paths(c, mistakes);
	if (mistakes->failed != 0)
		result = error_sys(err, mistakes->failed, "cannot check the configuration");
	else if (mistakes->count > 0)
		result = error_set(
			err, -EINVAL, "%s has %zu mistake%s", path, mistakes->count, mistakes->count == 1 ? "" : "s");
	if (result != 0)
		config_free(c);
	else
		*out = c;
	return result;
}
