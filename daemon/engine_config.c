/* Taking a configuration over.  Everything that can fail is done on the new configuration before the old
 * one is let go: rules are compiled while loading, secrets are read, the database's feeds are made to
 * match; then slots are re-used for feeds that stay, so that a poll under way goes on. */
#include "engine_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sitrep/clock.h"
#include "sitrep/config_check.h"
#include "sitrep/log.h"
#include "sitrep/story_config.h"
#include "sitrep/url.h"

enum { REPORT_MAX = 1024 * 1024 };

/* ---- feeds ---- */

int engine_feed_slot(const struct engine *e, struct str name)
{
	const struct config_feed *f = config_find_feed(e->config, name);

	return f == NULL ? -1 : (int)e->slot_by_config[f - e->config->feeds.items] - 1;
}

struct schedule_policy engine_policy_for(struct engine *e, int64_t feed_id)
{
	struct schedule_policy policy;

	(void)pthread_mutex_lock(&e->policy_lock);
	policy = e->policy;
	if (feed_id > 0 && (size_t)feed_id < e->slot_by_id_size)
		policy.interval_ms = e->interval_by_id[feed_id];
	(void)pthread_mutex_unlock(&e->policy_lock);
	return policy;
}

static char *join_categories(const struct config_feed *f)
{
	struct buf out = BUF_INIT(64 * 1024);

	for (size_t i = 0; i < f->category_count; i++) {
		if (i > 0)
			(void)buf_putc(&out, '\n');
		(void)buf_puts(&out, f->categories[i]);
	}
	return f->category_count == 0 ? strdup("") : buf_take(&out, NULL);
}

/* What is known, published and told of a feed's address.  A user and password in it are for its server alone. */
static char *public_url(const char *url)
{
	struct buf out = BUF_INIT(strlen(url));

	(void)buf_add_public_url(&out, str_from(url));
	return buf_take(&out, NULL);
}

/* The feeds that are to be polled, as the writer wants them. */
static struct feed_spec *make_specs(const struct config *c, size_t *count)
{
	struct schedule_policy policy = {
		.min_ms = c->poll_min_ms, .max_ms = c->poll_max_ms, .default_ms = c->poll_default_ms};
	struct feed_spec *specs = calloc(c->feeds.count + 1, sizeof(*specs));
	int64_t now_ms = clock_wall_ms();
	size_t n = 0;

	for (size_t i = 0; specs != NULL && i < c->feeds.count; i++) {
		const struct config_feed *f = &c->feeds.items[i];

		if (!f->enabled)
			continue;
		policy.interval_ms = f->interval_ms;
		specs[n++] = (struct feed_spec){
			.name = f->name,
			.url = public_url(f->url),
			.title = f->title,
			.categories = join_categories(f),
			.publisher = f->publisher,
			.rank = f->rank,
			.first_due_ms = schedule_first(&policy, i, c->feeds.count, now_ms),
		};
	}
	*count = n;
	return specs;
}

static void free_specs(struct feed_spec *specs, size_t count)
{
	for (size_t i = 0; specs != NULL && i < count; i++) {
		free((char *)specs[i].url);
		free((char *)specs[i].categories);
	}
	free(specs);
}

static int by_name(const void *a, const void *b)
{
	const struct engine_feed *const *left = a, *const *right = b;

	return strcmp((*left)->config->name, (*right)->config->name);
}

static int key_by_name(const void *key, const void *element)
{
	const struct engine_feed *const *f = element;

	return strcmp(key, (*f)->config->name);
}

/* Slots in use, sorted by name, to find those that stay. */
static struct engine_feed **sorted_feeds(const struct engine *e, size_t *count)
{
	struct engine_feed **sorted = calloc(e->slot_count + 1, sizeof(struct engine_feed *));

	*count = 0;
	for (size_t i = 0; sorted != NULL && i < e->slot_count; i++)
		if (e->feeds[i]->config != NULL)
			sorted[(*count)++] = e->feeds[i];
	if (sorted != NULL)
		qsort(sorted, *count, sizeof(struct engine_feed *), by_name);
	return sorted;
}

/* Slots that a new feed may take. */
static size_t free_slots(const struct engine *e)
{
	size_t n = 0;

	for (size_t i = 0; i < e->slot_count; i++)
		n += e->feeds[i]->config == NULL && e->feeds[i]->phase == PHASE_IDLE;
	return n;
}

static int grow_slots(struct engine *e, size_t count)
{
	struct engine_feed **feeds = realloc(e->feeds, (count + 1) * sizeof(struct engine_feed *));
	struct feed_state *states;

	if (feeds == NULL)
		return -ENOMEM;
	e->feeds = feeds;
	states = realloc(e->states, (count + 1) * sizeof(*states));
	if (states == NULL)
		return -ENOMEM;
	e->states = states;
	while (e->slot_count < count) {
		struct engine_feed *f = calloc(1, sizeof(*f));

		if (f == NULL)
			return -ENOMEM;
		f->engine = e;
		f->slot = (uint32_t)e->slot_count;
		e->states[e->slot_count] = (struct feed_state){0};
		e->feeds[e->slot_count++] = f;
	}
	return 0;
}

static int grow_ids(struct engine *e, int64_t highest)
{
	size_t size = (size_t)highest + 1;
	uint32_t *slots;
	int64_t *intervals;
	int result = -ENOMEM;

	if (size <= e->slot_by_id_size)
		return 0;
	(void)pthread_mutex_lock(&e->policy_lock);
	slots = realloc(e->slot_by_id, size * sizeof(*slots));
	if (slots != NULL)
		e->slot_by_id = slots;
	intervals = realloc(e->interval_by_id, size * sizeof(*intervals));
	if (intervals != NULL)
		e->interval_by_id = intervals;
	if (slots != NULL && intervals != NULL) {
		memset(slots + e->slot_by_id_size, 0, (size - e->slot_by_id_size) * sizeof(*slots));
		memset(intervals + e->slot_by_id_size, 0, (size - e->slot_by_id_size) * sizeof(*intervals));
		e->slot_by_id_size = size;
		result = 0;
	}
	(void)pthread_mutex_unlock(&e->policy_lock);
	return result;
}

/* A feed that left: what is under way for it ends without being planned again. */
static void retire(struct engine *e, struct engine_feed *f)
{
	due_queue_remove(e->queue, f->slot);
	if (f->phase == PHASE_TRANSFER) {
		transfer_cancel(f->transfer);
		f->transfer = NULL;
		due_queue_done(e->queue, f->slot);
		poll_outcome_free(f->outcome);
		f->outcome = NULL;
		f->phase = PHASE_IDLE;
	}
	engine_websub_forget(f);
	f->config = NULL;
	free(f->site);
	free(f->detour);
	f->site = f->detour = NULL;
	credentials_release(&f->credentials);
	feed_state_release(&e->states[f->slot]);
	engine_refresh_forget(e, f->slot);
}

static int occupy(struct engine *e, struct engine_feed *f, const struct config *c, const struct config_feed *config,
	struct feed_state *state)
{
	struct error err = {0};
	int result;

	if (e->states[f->slot].url != NULL && strcmp(e->states[f->slot].url, state->url) != 0)
		engine_websub_forget(f);
	f->config = config;
	credentials_release(&f->credentials);
	/* Checked when the configuration was loaded; a file that went away since then fails at the server. */
	if (credentials_load(&f->credentials, config, &err) != 0)
		log_emit(LOG_LEVEL_ERROR, "secret not readable", "feed", config->name, "reason", err.text, NULL);
	feed_state_release(&e->states[f->slot]);
	e->states[f->slot] = *state;
	*state = (struct feed_state){0};
	e->slot_by_id[e->states[f->slot].id] = f->slot + 1;
	(void)pthread_mutex_lock(&e->policy_lock);
	e->interval_by_id[e->states[f->slot].id] = config->interval_ms;
	(void)pthread_mutex_unlock(&e->policy_lock);
	if (f->phase != PHASE_IDLE)
		return 0;
	result = engine_plan_feed(e, f, c);
	if (result == 0)
		engine_cool_down(e, f);
	return result;
}

static int place_feeds(struct engine *e, const struct config *c, struct feed_state *states, size_t count)
{
	uint32_t *slot_by_config = calloc(c->feeds.count + 1, sizeof(*slot_by_config));
	size_t old_count, next_free = 0, n = 0, added = 0, free_count;
	struct engine_feed **old = sorted_feeds(e, &old_count);
	struct engine_feed **placed = calloc(count + 1, sizeof(struct engine_feed *));
	int64_t highest = 0;
	int result = -ENOMEM;

	if (old == NULL || placed == NULL || slot_by_config == NULL)
		goto out;
	for (size_t i = 0; i < count; i++)
		highest = states[i].id > highest ? states[i].id : highest;
	for (size_t i = 0; i < count; i++) {
		struct engine_feed **found =
			bsearch(states[i].name, old, old_count, sizeof(struct engine_feed *), key_by_name);

		placed[i] = found != NULL ? *found : NULL;
		added += found == NULL;
	}
	/* Room for all before anything is moved. */
	free_count = free_slots(e);
	if (grow_ids(e, highest) != 0 || (added > free_count && grow_slots(e, e->slot_count + added - free_count) != 0))
		goto out;
	for (size_t i = 0; i < old_count; i++)
		if (config_find_feed(c, str_from(old[i]->config->name)) == NULL ||
			!config_find_feed(c, str_from(old[i]->config->name))->enabled)
			retire(e, old[i]);
	result = 0;
	for (size_t i = 0; i < c->feeds.count && result == 0; i++) {
		if (!c->feeds.items[i].enabled)
			continue;
		if (placed[n] == NULL) {
			/* A slot whose last poll is still under way belongs to the feed that left. */
			while (e->feeds[next_free]->config != NULL || e->feeds[next_free]->phase != PHASE_IDLE)
				next_free++;
			placed[n] = e->feeds[next_free];
		}
		result = occupy(e, placed[n], c, &c->feeds.items[i], &states[n]);
		slot_by_config[i] = placed[n]->slot + 1;
		n++;
	}
	free(e->slot_by_config);
	e->slot_by_config = slot_by_config;
	slot_by_config = NULL;
out:
	free(slot_by_config);
	free(old);
	free(placed);
	return result;
}

/* ---- rules and options ---- */

static int set_rules(struct engine *e, const struct config *c, struct error *err)
{
	size_t count = 0;
	struct rule_source *sources = calloc(c->alerts.count + c->outputs.count + 1, sizeof(*sources));
	struct arena names;
	int result = -ENOMEM;

	arena_init(&names, REPORT_MAX);
	if (sources == NULL)
		goto out;
	for (size_t i = 0; i < c->alerts.count + c->outputs.count; i++) {
		bool is_alert = i < c->alerts.count;
		const struct config_output *o = is_alert ? NULL : &c->outputs.items[i - c->alerts.count];
		const char *name = is_alert ? c->alerts.items[i].name : o->name;
		const char *match = is_alert ? c->alerts.items[i].match : o->match;
		struct buf full = BUF_INIT(1024);

		if (match == NULL)
			continue;
		(void)buf_printf(&full, "%s/%s", is_alert ? "alert" : "output", name);
		sources[count].name = arena_str(&names, buf_str(&full));
		sources[count].expression = str_from(match);
		buf_release(&full);
		if (sources[count++].name.data == NULL)
			goto out;
	}
	result = pool_set_rules(e->pool, sources, count, err);
out:
	if (result == -ENOMEM)
		(void)error_sys(err, result, "cannot take the rules over");
	arena_release(&names);
	free(sources);
	return result;
}

static int set_keeping(struct engine *e, const struct config *c, struct error *err)
{
	struct writer_alert *alerts = calloc(c->alerts.count + 1, sizeof(*alerts));
	const struct story_params stories = story_config(c);
	struct writer_options options = {
		.keep_items_ms = c->keep_items_ms,
		.keep_events_ms = c->keep_events_ms,
		.keep_size = c->keep_size,
		.alert_backlog_ms = c->alert_backlog_ms,
		.alerts = alerts,
		.alert_count = c->alerts.count,
		.stories = &stories,
	};
	int result = -ENOMEM;

	for (size_t i = 0; alerts != NULL && i < c->alerts.count; i++) {
		alerts[i].name = c->alerts.items[i].name;
		alerts[i].priority = c->alerts.items[i].priority;
	}
	if (alerts != NULL)
		result = writer_set_options(e->writer, &options);
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
	else
		log_emit(LOG_LEVEL_NOTICE, "contact-url is not set: servers are not told whom to turn to", NULL);
	return buf_take(&out, NULL);
}

static void set_policy(struct engine *e, const struct config *c)
{
	(void)pthread_mutex_lock(&e->policy_lock);
	e->policy = (struct schedule_policy){
		.min_ms = c->poll_min_ms,
		.max_ms = c->poll_max_ms,
		.default_ms = c->poll_default_ms,
	};
	(void)pthread_mutex_unlock(&e->policy_lock);
}

int engine_apply_config(struct engine *e, struct config *config, struct error *err)
{
	size_t count = 0;
	struct feed_spec *specs = make_specs(config, &count);
	struct feed_state *states = calloc(count + 1, sizeof(*states));
	char *user_agent = make_user_agent(config);
	struct due_queue_limits limits = engine_limits(config);
	int result = -ENOMEM;

	if (specs == NULL || states == NULL || user_agent == NULL) {
		(void)error_sys(err, result, "cannot take the configuration over");
		goto out;
	}
	result = set_rules(e, config, err);
	if (result != 0)
		goto out;
	result = writer_sync_feeds(e->writer, specs, count, states, err);
	if (result != 0)
		goto out;
	result = set_keeping(e, config, err);
	if (result != 0)
		goto out;
	set_policy(e, config);
	due_queue_set_limits(e->queue, &limits);
	result = place_feeds(e, config, states, count);
	if (result != 0) {
		(void)error_sys(err, result, "cannot take the feeds over");
		goto out;
	}
	log_set_level((enum log_level)config->log_level);
	free(e->user_agent);
	e->user_agent = user_agent;
	user_agent = NULL;
	publish_set_config(e->publish, config, e->states, e->slot_count);
	config_free(e->config);
	e->config = config;
	engine_websub_configure(e);
out:
	for (size_t i = 0; states != NULL && i < count; i++)
		feed_state_release(&states[i]);
	free(states);
	free_specs(specs, count);
	free(user_agent);
	return result;
}

int engine_reload(struct engine *e, struct buf *report, struct error *err)
{
	struct config_mistakes mistakes;
	struct config *fresh = NULL;
	int result;

	config_mistakes_init(&mistakes);
	result = config_load_checked(e->options->config_path, &fresh, &mistakes, err);
	if (result != 0) {
		(void)config_mistakes_write(&mistakes, report);
		goto out;
	}
	(void)config_diff(e->config, fresh, report);
	result = engine_apply_config(e, fresh, err);
	if (result != 0)
		config_free(fresh);
	else
		engine_pump(e);
out:
	config_mistakes_release(&mistakes);
	return result;
}

void engine_release_feeds(struct engine *e)
{
	for (size_t i = 0; i < e->slot_count; i++) {
		struct engine_feed *f = e->feeds[i];

		poll_outcome_free(f->outcome);
		credentials_release(&f->credentials);
		if (f->hub != NULL)
			websub_state_release(&f->hub->state);
		free(f->hub);
		free(f->site);
		free(f->detour);
		free(f);
		feed_state_release(&e->states[i]);
	}
	free(e->feeds);
	free(e->states);
	free(e->slot_by_config);
	free(e->slot_by_id);
	free(e->interval_by_id);
}
