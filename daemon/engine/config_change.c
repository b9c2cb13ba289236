/* SPDX-License-Identifier: ISC */
/* Puts a configuration into force, whole or not at all.
 *
 * Steps that can fail come first and leave the old configuration alone: rules were compiled while loading; secrets are
 * read, memory is reserved, the rules are put into the form for workers; last the writer changes the database in one
 * transaction, while the loop goes on.  After that commit the new configuration comes into force in one turn of the
 * loop, by steps that cannot fail.  A feed that stays keeps its struct feed, so that its poll under way goes on. */
#include "config_change.h"

#include "feed_specs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sitrep/base/clock.h"
#include "sitrep/base/log.h"
#include "sitrep/config/config_check.h"
#include "sitrep/story/story_config.h"
#include "sitrep/text/url.h"

enum { RULE_NAMES_MAX = 64 * 1024 * 1024 };

/* A configuration on its way into force. */
struct config_change {
	struct config_change_parts parts;
	struct config *config;
	config_change_fn *done;
	void *done_arg;
	struct writer_change writer;
	struct feed_spec *specs; /* of the enabled feeds */
	size_t count;
	struct feed_table_change *feeds;
	char *user_agent, *base_url;
	struct pool_rules *rules;
};

/* ---- feeds ---- */

/* A feed leaves the configuration: its work under way ends, and no poll is planned. */
static void on_leaves(void *arg, struct feed *f)
{
	const struct config_change_parts *p = &((struct config_change *)arg)->parts;

	planner_forget(p->planner, f);
	pipeline_forget(p->pipeline, f);
	websub_feeds_forget(p->stages->websub, f->state.id);
	refreshes_forget_feed(p->refreshes, f);
}

static void on_changes_url(void *arg, struct feed *f)
{
	const struct config_change_parts *p = &((struct config_change *)arg)->parts;

	websub_feeds_forget(p->stages->websub, f->state.id);
}

/* ---- rules and options ---- */

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

static int make_writer_rules(struct config_change *ch, struct error *err)
{
	const struct config *c = ch->config;
	struct stored_rule *rules = calloc(c->alerts.count + c->outputs.count + 1, sizeof(*rules));
	struct arena names;
	size_t count = 0;
	int result = rules != NULL ? 0 : -ENOMEM;

	arena_init(&names, RULE_NAMES_MAX);
	for (size_t i = 0; result == 0 && i < c->alerts.count; i++)
		result = add_rule(&names, rules, &count, "alert", c->alerts.items[i].name, c->alerts.items[i].match);
	for (size_t i = 0; result == 0 && i < c->outputs.count; i++)
		result = add_rule(&names, rules, &count, "output", c->outputs.items[i].name, c->outputs.items[i].match);
	if (result == 0)
		ch->writer.rules = stored_rules_new(rules, count, err);
	else
		(void)error_sys(err, result, "cannot take the rules over");
	arena_release(&names);
	free(rules);
	return ch->writer.rules != NULL ? 0 : -ENOMEM;
}

/* The same rules for the workers, named by their marks (stored_rules.h). */
static int make_pool_rules(struct config_change *ch, struct error *err)
{
	const struct stored_rules *rules = ch->writer.rules;
	struct rule_source *sources = calloc(rules->count + 1, sizeof(*sources));

	if (sources == NULL)
		return error_sys(err, -ENOMEM, "cannot take the rules over");
	for (size_t i = 0; i < rules->count; i++)
		sources[i] = (struct rule_source){
			.name = str_from(rules->items[i].mark), .expression = str_from(rules->items[i].expression)};
	ch->rules = pool_rules_new(sources, rules->count, err);
	free(sources);
	return ch->rules != NULL ? 0 : -ENOMEM;
}

static int make_options(struct config_change *ch, struct error *err)
{
	const struct config *c = ch->config;
	struct alert_spec *alerts = calloc(c->alerts.count + 1, sizeof(*alerts));
	const struct story_params stories = story_config(c);
	struct writer_options options = {
		.keep_items_ms = c->keep_items_ms,
		.keep_events_ms = c->keep_events_ms,
		.keep_size = c->keep_size,
		.alerts = {.items = alerts, .count = c->alerts.count, .backlog_ms = c->alert_backlog_ms},
		.stories = &stories,
	};
	int result = -ENOMEM;

	for (size_t i = 0; alerts != NULL && i < c->alerts.count; i++) {
		alerts[i].name = c->alerts.items[i].name;
		alerts[i].priority = c->alerts.items[i].priority;
	}
	if (alerts != NULL)
		result = writer_change_set_options(&ch->writer, &options);
	free(alerts);
	return result == 0 ? 0 : error_sys(err, result, "cannot take the alerts over");
}

static char *make_user_agent(const struct config *c)
{
	const char *contact = c->contact_url != NULL ? c->contact_url : c->base_url;
	struct buf out = BUF_INIT(4096);

	if (c->fetch_user_agent != NULL)
		return strdup(c->fetch_user_agent);
	(void)buf_printf(&out, "sitrepd/%s", SITREP_VERSION);
	if (contact != NULL)
		(void)buf_printf(&out, " (+%s)", contact);
	return buf_take(&out, NULL);
}

/* ---- steps that can fail ---- */

void config_change_free(struct config_change *ch)
{
	if (ch == NULL)
		return;
	writer_change_release(&ch->writer);
	feed_specs_free(ch->specs, ch->count);
	(void)websub_feeds_reserve(ch->parts.stages->websub, 0);
	feed_table_change_free(ch->feeds);
	free(ch->user_agent);
	free(ch->base_url);
	pool_rules_free(ch->rules);
	config_free(ch->config);
	free(ch);
}

/* writer_change.reserve: runs in the writer's thread. */
static int reserve_ids(void *arg, int64_t highest_id)
{
	struct config_change *ch = arg;

	if (feed_table_reserve_ids(ch->feeds, highest_id) != 0)
		return -ENOMEM;
	return feed_policies_reserve(ch->parts.stages->policies, highest_id);
}

static int prepare(struct config_change *ch, struct error *err)
{
	const struct config *c = ch->config;
	int result = -ENOMEM;

	ch->specs = feed_specs_make(c, &ch->count);
	ch->user_agent = make_user_agent(c);
	ch->base_url = publish_base_url(c);
	if (ch->specs == NULL || ch->user_agent == NULL || ch->base_url == NULL ||
		websub_feeds_reserve(ch->parts.stages->websub, ch->count) != 0)
		goto out;
	for (size_t i = 0; i < ch->count; i++)
		if (ch->specs[i].url == NULL || ch->specs[i].categories == NULL)
			goto out;
	result = 0;
out:
	if (result != 0)
		return error_sys(err, result, "cannot take the configuration over");
	ch->feeds = feed_table_prepare(ch->parts.stages->feeds, c, err);
	if (ch->feeds == NULL)
		return err->code;
	result = make_options(ch, err);
	if (result == 0)
		result = make_writer_rules(ch, err);
	return result == 0 ? make_pool_rules(ch, err) : result;
}

/* ---- steps that cannot fail ---- */

static void on_placed(void *arg, struct feed *f)
{
	struct config_change *ch = arg;
	struct stages *s = ch->parts.stages;

	feed_policies_set_interval(s->policies, f->state.id, f->config->interval_ms);
	if (f->phase == PHASE_IDLE)
		planner_plan(ch->parts.planner, f, ch->config);
}

static const struct feed_table_events table_events = {
	.leaves = on_leaves,
	.changes_url = on_changes_url,
	.placed = on_placed,
};

static void put_into_force(struct config_change *ch)
{
	struct stages *s = ch->parts.stages;
	struct config *old = s->config;
	struct due_queue_limits limits = planner_limits(ch->config);

	pool_use_rules(s->pool, ch->rules);
	ch->rules = NULL;
	s->rules_generation = ch->writer.generation;
	feed_policies_set(s->policies, ch->config);
	due_queue_set_limits(s->queue, &limits);
	feed_table_apply(s->feeds, ch->feeds, ch->writer.states, &table_events, ch);
	log_set_level((enum log_level)ch->config->log_level);
	free(s->user_agent);
	s->user_agent = ch->user_agent;
	ch->user_agent = NULL;
	publish_set_config(s->publish, ch->config, ch->base_url, s->feeds);
	ch->base_url = NULL;
	s->config = ch->config;
	ch->config = NULL;
	websub_feeds_configure(s->websub, s->config, ch->writer.websub, ch->writer.websub_count);
	config_free(old);
	if (s->config->fetch_user_agent == NULL && s->config->contact_url == NULL && s->config->base_url == NULL)
		log_emit(LOG_LEVEL_NOTICE, "contact-url is not set: servers are not told whom to turn to", NULL);
}

/* ---- a change ---- */

/* The writer's transaction has ended: committed (err->code 0) or failed. */
static void on_written(void *arg, const struct error *err)
{
	struct config_change *ch = arg;
	config_change_fn *done = ch->done;
	void *done_arg = ch->done_arg;

	if (err->code == 0)
		put_into_force(ch);
	config_change_free(ch);
	done(done_arg, err);
}

struct config_change *config_change_begin(const struct config_change_parts *parts, struct config *config,
	config_change_fn *done, void *arg, struct error *err)
{
	struct config_change *ch = calloc(1, sizeof(*ch));

	if (ch == NULL) {
		(void)error_sys(err, -ENOMEM, "cannot take the configuration over");
		config_free(config);
		return NULL;
	}
	*ch = (struct config_change){.parts = *parts, .config = config, .done = done, .done_arg = arg};
	if (prepare(ch, err) != 0)
		goto failed;
	ch->writer.feeds = ch->specs;
	ch->writer.count = ch->count;
	ch->writer.generation = parts->stages->rules_generation + 1;
	ch->writer.reserve = reserve_ids;
	ch->writer.done = on_written;
	ch->writer.arg = ch;
	if (writer_apply(parts->stages->writer, &ch->writer) == 0)
		return ch;
	(void)error_sys(err, -ENOMEM, "cannot take the configuration over");
failed:
	config_change_free(ch);
	return NULL;
}
