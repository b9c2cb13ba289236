/* SPDX-License-Identifier: ISC */
/* Steps that can fail come first and leave the old configuration alone: rules were compiled while loading
 * (config_reading.c); secrets are read, memory is reserved; last the writer changes the database in one
 * transaction, while the loop goes on.  After that commit the new configuration comes into force in one turn of the
 * loop, by steps that cannot fail.  A feed that stays keeps its struct feed, so that its poll under way goes on. */
#include "config_change.h"

#include "feed_specs.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "sitrep/base/log.h"
#include "sitrep/base/thread.h"
#include "sitrep/publish/http_access.h"
#include "sitrep/stream/stream.h"
#include "story_config.h"

/* A configuration on its way into force. */
struct config_change {
	struct config_change_parts parts;
	struct config *config; /* once it is in force: the one before, as are the rules */
	config_change_fn *done;
	void *done_arg;
	struct writer_change writer;
	struct feed_spec *specs; /* of the enabled feeds */
	size_t count;
	struct feed_table_change *feeds;
	char *user_agent, *base_url;
	struct http_access *access;
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

/* ---- options ---- */

static const char *own_or(const char *own, const char *general)
{
	return own != NULL ? own : general;
}

/* The texts were checked when the configuration was read. */
static struct alert_hold alert_hold(const struct config *c, const struct config_rule *alert)
{
	struct alert_hold hold = {
		.has_own_quiet = alert->quiet != NULL,
		.by_category = strcmp(own_or(alert->group_by, c->alerts_group_by), "category") == 0,
		.wait_ms = alert->wait_ms > 0 ? alert->wait_ms : c->alerts_wait_ms,
		.interval_ms = alert->interval_ms > 0 ? alert->interval_ms : c->alerts_interval_ms,
		.inhibit_priority = alert_priority_rank(own_or(alert->inhibit, c->alerts_inhibit)),
	};

	week_times_parse(str_from(own_or(alert->quiet, c->alerts_quiet)), &hold.quiet, NULL);
	alert_rate_parse(str_from(own_or(alert->rate, c->alerts_rate)), &hold.rate, NULL);
	return hold;
}

static struct alert_hold_all hold_of_all(const struct config *c)
{
	struct alert_hold_all all = {.through_priority = alert_priority_rank(c->alerts_quiet_priority)};

	week_times_parse(str_from(c->alerts_quiet), &all.quiet, NULL);
	return all;
}

static struct alert_spec spec_of(const struct config *c, const struct config_rule *alert)
{
	return (struct alert_spec){
		.name = alert->name,
		.priority = alert->priority,
		.priority_rank = alert_priority_rank(alert->priority),
		.hold = alert_hold(c, alert),
		.repeat = alert_repeat_parse(alert->repeat),
		.escalate_count = alert->escalate.count,
		.escalate_within_ms = alert->escalate.within_ms,
		.close_after_ms = alert->close_after_ms,
		.revise_after_ms = alert->revise_after_ms,
	};
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
		.alerts = {.items = alerts,
			.count = c->alerts.count,
			.backlog_ms = c->alert_backlog_ms,
			.silence = c->alerts_silence,
			.burst = c->alerts_burst,
			.breaking = c->alerts_breaking,
			.hold = hold_of_all(c)},
		.stories = &stories,
	};
	int result = -ENOMEM;

	for (size_t i = 0; alerts != NULL && i < c->alerts.count; i++)
		alerts[i] = spec_of(c, &c->alerts.items[i]);
	if (alerts != NULL)
		result = writer_change_set_options(&ch->writer, &options);
	free(alerts);
	return result == 0 ? 0 : error_sys(err, result, "cannot apply the alerts");
}

static char *make_user_agent(const struct config *c)
{
	const char *contact = c->contact_url != NULL ? c->contact_url : c->base_url;
	struct buf out = BUF_INIT(4096);

	if (c->fetch_user_agent != NULL)
		return strdup(c->fetch_user_agent);
	buf_printf(&out, "sitrepd/%s", SITREP_VERSION);
	if (contact != NULL)
		buf_printf(&out, " (+%s)", contact);
	return buf_take(&out, NULL);
}

/* ---- steps that can fail ---- */

static void release_parts(struct config_change *ch)
{
	websub_feeds_reserve(ch->parts.stages->websub, 0);
	feed_table_change_free(ch->feeds);
	ch->feeds = NULL;
}

/* Frees what the change alone knows, so that any thread may do it. */
static void *free_memory(void *arg)
{
	struct config_change *ch = arg;

	writer_change_release(&ch->writer);
	feed_specs_free(ch->specs, ch->count);
	free(ch->user_agent);
	free(ch->base_url);
	http_access_free(ch->access);
	pool_rules_free(ch->rules);
	config_free(ch->config);
	free(ch);
	return NULL;
}

void config_change_free(struct config_change *ch)
{
	if (ch == NULL)
		return;
	release_parts(ch);
	free_memory(ch);
}

/* As config_change_free(), but the loop does not wait: the rules before may be a list of 100,000 terms, whose memory
 * the system takes back in some ten milliseconds. */
static void free_beside_loop(struct config_change *ch)
{
	pthread_t thread;

	release_parts(ch);
	if (thread_start(&thread, free_memory, ch) == 0)
		pthread_detach(thread);
	else
		free_memory(ch);
}

/* writer_change.reserve: runs in the writer's thread. */
static int reserve_ids(void *arg, int64_t highest_id)
{
	struct config_change *ch = arg;

	if (feed_table_reserve_ids(ch->feeds, highest_id) != 0)
		return -ENOMEM;
	return feed_policies_reserve(ch->parts.stages->policies, highest_id);
}

static int prepare_change(struct config_change *ch, struct error *err)
{
	const struct config *c = ch->config;
	int result = -ENOMEM;

	ch->specs = feed_specs_make(c, &ch->count);
	ch->user_agent = make_user_agent(c);
	ch->base_url = config_base_url(
		c, listeners_url(ch->parts.stages->options->http, ch->parts.stages->options->http_count));
	if (ch->specs == NULL || ch->user_agent == NULL || ch->base_url == NULL ||
		websub_feeds_reserve(ch->parts.stages->websub, ch->count) != 0)
		goto out;
	for (size_t i = 0; i < ch->count; i++)
		if (ch->specs[i].url == NULL || ch->specs[i].categories == NULL)
			goto out;
	result = 0;
out:
	if (result != 0)
		return error_sys(err, result, "cannot apply the configuration");
	ch->access = http_access_new(c, ch->base_url, err);
	if (ch->access == NULL)
		return err->code;
	ch->feeds = feed_table_prepare(ch->parts.stages->feeds, c, err);
	if (ch->feeds == NULL)
		return err->code;
	return make_options(ch, err);
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

/* False when config_base_url() has only a guess. */
static bool has_pages(const struct config *c)
{
	bool has_address = c->base_url != NULL;

	for (size_t i = 0; i < c->http_listen.count; i++)
		has_address = has_address || c->http_listen.items[i].path == NULL;
	return has_address;
}

static bool is_loopback(const struct sockaddr_storage *address)
{
	const struct sockaddr_in *in = (const struct sockaddr_in *)address;
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)address;

	return address->ss_family == AF_INET ? ntohl(in->sin_addr.s_addr) >> 24 == IN_LOOPBACKNET
					     : IN6_IS_ADDR_LOOPBACK(&in6->sin6_addr) != 0;
}

/* Other machines may ask, and all are answered. */
static void warn_if_open(const struct stages *s, const struct http_access *access)
{
	struct sockaddr_storage address;

	for (size_t i = 0; i < s->options->http_count + s->options->monitor_count && !http_access_asks(access); i++)
		if (listener_address(s->options->http[i], &address) && !is_loopback(&address))
			log_emit(LOG_LEVEL_WARNING, "everybody who reaches the address may read", "address",
				listener_name(s->options->http[i]), "advice",
				"set token-file or users-file in [http], or listen on 127.0.0.1 behind a web server "
				"that asks",
				NULL);
}

static void put_into_force(struct config_change *ch)
{
	struct stages *s = ch->parts.stages;
	struct config *before = s->config;
	struct due_queue_limits limits = planner_limits(ch->config);

	ch->rules = pool_use_rules(s->pool, ch->rules);
	s->rules_generation = ch->writer.generation;
	feed_policies_set(s->policies, ch->config);
	due_queue_set_limits(s->queue, &limits);
	feed_table_apply(s->feeds, ch->feeds, ch->writer.states, &table_events, ch);
	log_set_level((enum log_level)ch->config->log_level);
	free(s->user_agent);
	s->user_agent = ch->user_agent;
	ch->user_agent = NULL;
	stream_set_base_url(s->stream, has_pages(ch->config) ? ch->base_url : NULL);
	warn_if_open(s, ch->access);
	http_server_set_access(s->http, ch->access);
	ch->access = NULL;
	export_set_config(s->export, ch->config, ch->base_url, s->feeds);
	publish_set_config(s->publish, ch->config, ch->base_url, s->feeds);
	ch->base_url = NULL;
	s->config = ch->config;
	ch->config = before;
	websub_feeds_configure(s->websub, s->config, ch->writer.websub, ch->writer.websub_count);
	if (s->config->fetch_user_agent == NULL && s->config->contact_url == NULL && s->config->base_url == NULL)
		log_emit(LOG_LEVEL_NOTICE, "contact-url is not set: servers cannot see whom to contact", NULL);
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
	free_beside_loop(ch);
	done(done_arg, err);
}

struct config_change *config_change_begin(const struct config_change_parts *parts, struct config *config,
	struct compiled_rules *rules, config_change_fn *done, void *arg, struct error *err)
{
	struct config_change *ch = calloc(1, sizeof(*ch));

	if (ch == NULL) {
		error_sys(err, -ENOMEM, "cannot apply the configuration");
		compiled_rules_release(rules);
		config_free(config);
		return NULL;
	}
	*ch = (struct config_change){.parts = *parts, .config = config, .done = done, .done_arg = arg};
	ch->writer.rules = rules->stored;
	ch->rules = rules->pool;
	*rules = (struct compiled_rules){0};
	if (prepare_change(ch, err) != 0)
		goto failed;
	ch->writer.feeds = ch->specs;
	ch->writer.count = ch->count;
	ch->writer.generation = parts->stages->rules_generation + 1;
	ch->writer.reserve = reserve_ids;
	ch->writer.done = on_written;
	ch->writer.arg = ch;
	if (writer_apply(parts->stages->writer, &ch->writer) == 0)
		return ch;
	error_sys(err, -ENOMEM, "cannot apply the configuration");
failed:
	config_change_free(ch);
	return NULL;
}
