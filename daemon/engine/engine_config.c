/* Taking a configuration over, whole or not at all.
 *
 * Everything that can fail is done before anything of the old configuration is touched: rules were compiled while
 * loading; secrets are read, memory is taken, the rules are put into the form for workers, and last the writer changes
 * the database in one transaction, while the loop goes on.  When that is committed, the new configuration comes into
 * force in one turn of the loop by steps that cannot fail.  Slots stay with feeds that stay, so that a poll under way
 * goes on. */
#include "engine_internal.h"

#include <assert.h>
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
struct engine_change {
	struct engine *engine;
	struct config *config;
	engine_change_fn *done;
	struct writer_change writer;
	struct feed_spec *specs; /* of the feeds that are to be polled */
	size_t count;
	const struct config_feed **feeds; /* their configuration; side by side with specs, as are credentials */
	struct credentials *credentials;
	/* Room: what engine has by the same names, larger. */
	struct engine_feed **slots;
	struct feed_state *states;
	size_t slot_count;
	uint32_t *slot_by_config;
	bool *stays; /* by slot */
	/* The same, made in the writer's thread, when ids are known; NULL: what there is suffices. */
	size_t ids_before, ids;
	uint32_t *slot_by_id;
	int64_t *interval_by_id;
	char *user_agent, *base_url;
	struct pool_rules *rules;
};

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
	websub_feeds_forget(e->websub, e->states[f->slot].id);
	f->config = NULL;
	f->unplanned = false;
	f->polled_ms = TIME_NONE;
	free(f->site);
	free(f->detour);
	f->site = f->detour = NULL;
	credentials_release(&f->credentials);
	feed_state_release(&e->states[f->slot]);
	engine_refresh_forget(e, f->slot);
}

/* ---- rules and options ---- */

/* Adds a rule by its kind and name; one without an expression is none. */
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

static int make_writer_rules(struct engine_change *ch, struct error *err)
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

/* The same for the workers, under their marks. */
static int make_pool_rules(struct engine_change *ch, struct error *err)
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

static int make_options(struct engine_change *ch, struct error *err)
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

/* ---- what can fail ---- */

void engine_change_free(struct engine_change *ch)
{
	if (ch == NULL)
		return;
	writer_change_release(&ch->writer);
	engine_free_specs(ch->specs, ch->count);
	for (size_t i = 0; ch->credentials != NULL && i < ch->count; i++)
		credentials_release(&ch->credentials[i]);
	for (size_t i = ch->engine->slot_count; ch->slots != NULL && i < ch->slot_count; i++)
		free(ch->slots[i]);
	(void)websub_feeds_reserve(ch->engine->websub, 0);
	free(ch->feeds);
	free(ch->credentials);
	free(ch->stays);
	free(ch->slots);
	free(ch->states);
	free(ch->slot_by_config);
	free(ch->slot_by_id);
	free(ch->interval_by_id);
	free(ch->user_agent);
	free(ch->base_url);
	pool_rules_free(ch->rules);
	config_free(ch->config);
	free(ch);
}

/* Secrets may have gone since they were checked: then the change is refused. */
static int read_credentials(struct engine_change *ch, struct error *err)
{
	struct error why = {0};

	for (size_t i = 0; i < ch->count; i++)
		if (credentials_load(&ch->credentials[i], ch->feeds[i], &why) != 0)
			return error_set(err, why.code, "feed %s: %s", ch->feeds[i]->name, why.text);
	return 0;
}

/* Room for those that have no slot yet and find no free one.  Until the change is done, no slot gets another feed. */
static int make_slots(struct engine_change *ch, size_t added)
{
	const struct engine *e = ch->engine;
	size_t n = 0;

	for (size_t i = 0; i < e->slot_count; i++)
		n += e->feeds[i]->config == NULL && e->feeds[i]->phase == PHASE_IDLE;
	ch->slot_count = e->slot_count + (added > n ? added - n : 0);
	ch->slots = calloc(ch->slot_count + 1, sizeof(struct engine_feed *));
	ch->states = calloc(ch->slot_count + 1, sizeof(*ch->states));
	ch->stays = calloc(ch->slot_count + 1, sizeof(*ch->stays));
	if (ch->slots == NULL || ch->states == NULL || ch->stays == NULL)
		return -ENOMEM;
	for (size_t i = e->slot_count; i < ch->slot_count; i++) {
		ch->slots[i] = calloc(1, sizeof(struct engine_feed));
		if (ch->slots[i] == NULL)
			return -ENOMEM;
		ch->slots[i]->engine = ch->engine;
		ch->slots[i]->slot = (uint32_t)i;
		ch->slots[i]->polled_ms = TIME_NONE;
	}
	return 0;
}

static int by_key(const void *a, const void *b)
{
	const struct engine_feed *const *left = a, *const *right = b;

	return strcmp((*left)->config->key, (*right)->config->key);
}

/* Of sorted by key: one of that key whose slot is not taken yet, which it then is. */
static bool take_key(struct engine_feed **sorted, size_t count, const char *key, bool *taken)
{
	size_t low = 0, high = count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(sorted[middle]->config->key, key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < count && strcmp(sorted[low]->config->key, key) == 0; low++)
		if (!taken[sorted[low]->slot]) {
			taken[sorted[low]->slot] = true;
			return true;
		}
	return false;
}

/* Slots whose feeds surely stay, as feed_match.h has it; which ones do, the database says. */
static int count_staying(const struct engine_change *ch, size_t *count)
{
	const struct engine *e = ch->engine;
	struct engine_feed **sorted = calloc(e->slot_count + 1, sizeof(struct engine_feed *));
	bool *taken = calloc(e->slot_count + 1, sizeof(*taken));
	size_t used = 0;

	*count = 0;
	if (sorted == NULL || taken == NULL) {
		free(sorted);
		free(taken);
		return -ENOMEM;
	}
	for (size_t i = 0; i < e->slot_count; i++)
		if (e->feeds[i]->config != NULL)
			sorted[used++] = e->feeds[i];
	qsort(sorted, used, sizeof(struct engine_feed *), by_key);
	for (size_t i = 0; i < ch->count; i++) {
		int slot = ch->feeds[i]->listed ? -1 : engine_feed_slot(e, str_from(ch->feeds[i]->name));

		if (slot >= 0)
			taken[slot] = true;
		*count += slot >= 0;
	}
	for (size_t i = 0; i < ch->count; i++)
		*count += ch->feeds[i]->listed && take_key(sorted, used, ch->feeds[i]->key, taken);
	free(sorted);
	free(taken);
	return 0;
}

static int prepare_feeds(struct engine_change *ch)
{
	size_t staying = 0;
	int result;

	ch->slot_by_config = calloc(ch->config->feeds.count + 1, sizeof(*ch->slot_by_config));
	if (ch->slot_by_config == NULL || websub_feeds_reserve(ch->engine->websub, ch->count) != 0)
		return -ENOMEM;
	/* None at start, where nothing is in force. */
	result = ch->engine->slot_count > 0 ? count_staying(ch, &staying) : 0;
	return result == 0 ? make_slots(ch, ch->count - staying) : result;
}

/* Of writer_change: in the writer's thread. */
static int reserve_ids(void *arg, int64_t highest_id)
{
	struct engine_change *ch = arg;

	ch->ids = (size_t)highest_id + 1;
	if (ch->ids <= ch->ids_before)
		return 0;
	ch->slot_by_id = calloc(ch->ids, sizeof(*ch->slot_by_id));
	ch->interval_by_id = calloc(ch->ids, sizeof(*ch->interval_by_id));
	return ch->slot_by_id != NULL && ch->interval_by_id != NULL ? 0 : -ENOMEM;
}

static int prepare(struct engine_change *ch, struct error *err)
{
	const struct config *c = ch->config;
	size_t n = 0;
	int result = -ENOMEM;

	ch->specs = engine_make_specs(c, &ch->count);
	ch->feeds = calloc(ch->count + 1, sizeof(*ch->feeds));
	ch->credentials = calloc(ch->count + 1, sizeof(*ch->credentials));
	ch->user_agent = make_user_agent(c);
	ch->base_url = publish_base_url(c);
	if (ch->specs == NULL || ch->feeds == NULL || ch->credentials == NULL || ch->user_agent == NULL ||
		ch->base_url == NULL)
		goto out;
	for (size_t i = 0; i < ch->count; i++)
		if (ch->specs[i].url == NULL || ch->specs[i].categories == NULL)
			goto out;
	for (size_t i = 0; i < c->feeds.count; i++)
		if (c->feeds.items[i].enabled)
			ch->feeds[n++] = &c->feeds.items[i];
	result = prepare_feeds(ch);
out:
	if (result != 0)
		return error_sys(err, result, "cannot take the configuration over");
	result = read_credentials(ch, err);
	if (result == 0)
		result = make_options(ch, err);
	if (result == 0)
		result = make_writer_rules(ch, err);
	return result == 0 ? make_pool_rules(ch, err) : result;
}

/* ---- what cannot ---- */

static void use_room(struct engine_change *ch)
{
	struct engine *e = ch->engine;

	if (e->slot_count > 0) {
		memcpy(ch->slots, e->feeds, e->slot_count * sizeof(struct engine_feed *));
		memcpy(ch->states, e->states, e->slot_count * sizeof(*e->states));
	}
	free(e->feeds);
	free(e->states);
	free(e->slot_by_config);
	e->feeds = ch->slots;
	e->states = ch->states;
	e->slot_count = ch->slot_count;
	e->slot_by_config = ch->slot_by_config;
	ch->slots = NULL;
	ch->states = NULL;
	ch->slot_by_config = NULL;
	if (ch->slot_by_id == NULL)
		return;
	(void)pthread_mutex_lock(&e->policy_lock);
	if (e->slot_by_id_size > 0) {
		memcpy(ch->slot_by_id, e->slot_by_id, e->slot_by_id_size * sizeof(*e->slot_by_id));
		memcpy(ch->interval_by_id, e->interval_by_id, e->slot_by_id_size * sizeof(*e->interval_by_id));
	}
	free(e->slot_by_id);
	free(e->interval_by_id);
	e->slot_by_id = ch->slot_by_id;
	e->interval_by_id = ch->interval_by_id;
	e->slot_by_id_size = ch->ids;
	(void)pthread_mutex_unlock(&e->policy_lock);
	ch->slot_by_id = NULL;
	ch->interval_by_id = NULL;
}

/* The i-th feed of the change gets f, which it may have had already. */
static void occupy(struct engine_change *ch, size_t i, struct engine_feed *f)
{
	struct engine *e = ch->engine;
	struct feed_state *mine = &e->states[f->slot], *fresh = &ch->writer.states[i];

	if (mine->url != NULL && strcmp(mine->url, fresh->url) != 0)
		websub_feeds_forget(e->websub, mine->id);
	f->config = ch->feeds[i];
	credentials_release(&f->credentials);
	f->credentials = ch->credentials[i];
	ch->credentials[i] = (struct credentials){0};
	feed_state_release(mine);
	*mine = *fresh;
	*fresh = (struct feed_state){0};
	e->slot_by_id[mine->id] = f->slot + 1;
	(void)pthread_mutex_lock(&e->policy_lock);
	e->interval_by_id[mine->id] = f->config->interval_ms;
	(void)pthread_mutex_unlock(&e->policy_lock);
	e->slot_by_config[f->config - ch->config->feeds.items] = f->slot + 1;
	if (f->phase == PHASE_IDLE)
		engine_plan_surely(e, f, ch->config);
}

/* The slot of the feed of that number; NULL: it has none. */
static struct engine_feed *find_slot(const struct engine *e, int64_t id)
{
	uint32_t slot = e->slot_by_id[id];
	struct engine_feed *f = slot > 0 ? e->feeds[slot - 1] : NULL;

	/* The number of a feed that has left leads to a slot that may be another's by now. */
	return f != NULL && f->config != NULL && e->states[f->slot].id == id ? f : NULL;
}

static void place_feeds(struct engine_change *ch)
{
	struct engine *e = ch->engine;
	size_t next_free = 0;

	for (size_t i = 0; i < ch->count; i++) {
		struct engine_feed *f = find_slot(e, ch->writer.states[i].id);

		if (f != NULL)
			ch->stays[f->slot] = true;
	}
	for (size_t i = 0; i < e->slot_count; i++)
		if (e->feeds[i]->config != NULL && !ch->stays[i])
			retire(e, e->feeds[i]);
	for (size_t i = 0; i < ch->count; i++) {
		struct engine_feed *f = find_slot(e, ch->writer.states[i].id);

		/* A slot whose last poll is still under way belongs to the feed that left. */
		while (f == NULL) {
			struct engine_feed *at;

			assert(next_free < e->slot_count);
			at = e->feeds[next_free++];
			f = at->config == NULL && at->phase == PHASE_IDLE ? at : NULL;
		}
		occupy(ch, i, f);
	}
}

static void put_into_force(struct engine_change *ch)
{
	struct engine *e = ch->engine;
	struct config *old = e->config;
	struct due_queue_limits limits = engine_limits(ch->config);

	pool_use_rules(e->pool, ch->rules);
	ch->rules = NULL;
	e->rules_generation = ch->writer.generation;
	set_policy(e, ch->config);
	due_queue_set_limits(e->queue, &limits);
	use_room(ch);
	place_feeds(ch);
	log_set_level((enum log_level)ch->config->log_level);
	free(e->user_agent);
	e->user_agent = ch->user_agent;
	ch->user_agent = NULL;
	publish_set_config(e->publish, ch->config, ch->base_url, e->states, e->slot_count);
	ch->base_url = NULL;
	e->config = ch->config;
	ch->config = NULL;
	websub_feeds_configure(e->websub, e->config, ch->writer.websub, ch->writer.websub_count);
	config_free(old);
	if (e->config->fetch_user_agent == NULL && e->config->contact_url == NULL && e->config->base_url == NULL)
		log_emit(LOG_LEVEL_NOTICE, "contact-url is not set: servers are not told whom to turn to", NULL);
}

/* ---- a change ---- */

/* The writer has decided. */
static void on_written(void *arg, const struct error *err)
{
	struct engine_change *ch = arg;
	struct engine *e = ch->engine;
	engine_change_fn *done = ch->done;

	if (err->code == 0)
		put_into_force(ch);
	engine_change_free(ch);
	done(e, err);
}

struct engine_change *engine_change_begin(
	struct engine *e, struct config *config, engine_change_fn *done, struct error *err)
{
	struct engine_change *ch = calloc(1, sizeof(*ch));

	if (ch == NULL) {
		(void)error_sys(err, -ENOMEM, "cannot take the configuration over");
		config_free(config);
		return NULL;
	}
	*ch = (struct engine_change){.engine = e, .config = config, .done = done, .ids_before = e->slot_by_id_size};
	if (prepare(ch, err) != 0)
		goto failed;
	ch->writer.feeds = ch->specs;
	ch->writer.count = ch->count;
	ch->writer.generation = e->rules_generation + 1;
	ch->writer.reserve = reserve_ids;
	ch->writer.done = on_written;
	ch->writer.arg = ch;
	if (writer_apply(e->writer, &ch->writer) == 0)
		return ch;
	(void)error_sys(err, -ENOMEM, "cannot take the configuration over");
failed:
	engine_change_free(ch);
	return NULL;
}

void engine_release_feeds(struct engine *e)
{
	for (size_t i = 0; i < e->slot_count; i++) {
		struct engine_feed *f = e->feeds[i];

		poll_outcome_free(f->outcome);
		credentials_release(&f->credentials);
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
