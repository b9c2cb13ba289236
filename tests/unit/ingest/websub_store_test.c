/* SPDX-License-Identifier: ISC */
/* Pushes and subscriptions in the database: what they keep, and what they must leave alone. */
#include "raw.h"

static void draft_item(struct draft *d, const char *guid)
{
	char link[64], text[128];

	snprintf(link, sizeof(link), "https://alpha.example/%s", guid);
	snprintf(text, sizeof(text), "The frigate squadron of %s left its base on Monday for a week of drills", guid);
	draft_add(d, guid, link, guid, text);
}

static struct websub_state *trusted(const struct fixture *f, size_t feed)
{
	struct websub_state *s = malloc(sizeof(*s));

	assert_non_null(s);
	websub_state_init(s);
	s->feed_id = f->feeds[feed].id;
	s->phase = WEBSUB_TRUSTED;
	s->hubs = strdup("https://hub.example/\nhttps://hub.example/2");
	s->topic = strdup("https://alpha.example/feed");
	s->callback = strdup("https://us.example/websub/1-f");
	s->secret = strdup("0123");
	s->hub = 1;
	s->errors = 2;
	s->action_ms = NOW_MS + 1;
	s->verified_ms = NOW_MS + 2;
	s->lease_until_ms = NOW_MS + 3;
	s->pushed_ms = NOW_MS + 4;
	return s;
}

static struct poll_outcome *aside(const struct fixture *f, size_t feed, struct websub_state *websub)
{
	struct poll_outcome *o = calloc(1, sizeof(*o));

	assert_non_null(o);
	o->feed_id = f->feeds[feed].id;
	o->at_ms = f->now_ms;
	o->kind = OUTCOME_WEBSUB;
	o->websub = websub;
	return o;
}

static struct poll_report poll_once(struct fixture *f, const char *guid)
{
	struct draft d = draft_new("Alpha");
	struct poll_outcome *o;

	draft_item(&d, guid);
	o = outcome_now(f, ALPHA, &d);
	o->etag = strdup("\"one\"");
	return fixture_take(f, o);
}

TEST_ON(a_push_is_no_poll, fixture, f)
{
	struct poll_report polled = poll_once(f, "first"), pushed;
	struct poll_outcome *o;
	int64_t due_ms = f->feeds[ALPHA].due_ms, polled_ms = f->feeds[ALPHA].last_poll_ms;
	struct draft d = draft_new("Alpha");

	assert_true(polled.is_poll);
	draft_item(&d, "second");
	o = outcome_now(f, ALPHA, &d);
	o->kind = OUTCOME_PUSH;
	pushed = fixture_take(f, o);
	assert_counts(pushed, 1, 0, 0, 0);
	assert_false(pushed.is_poll);
	assert_int_equal(f->feeds[ALPHA].polls, 1);
	assert_string_equal(f->feeds[ALPHA].etag, "\"one\"");
	assert_true(f->feeds[ALPHA].due_ms == due_ms);
	assert_true(f->feeds[ALPHA].last_poll_ms == polled_ms);
	assert_true(f->feeds[ALPHA].last_success_ms == polled_ms);
	assert_true(f->feeds[ALPHA].last_new_ms == f->now_ms - MINUTE_MS);
	assert_int_equal(f->feeds[ALPHA].items, 2);
	/* the next poll brings nothing that the push has not brought */
	f->now_ms += HOUR_MS;
	assert_counts(poll_once(f, "second"), 0, 0, 0, 1);
}

TEST_ON(a_damaged_push_is_no_failure_of_the_feed, fixture, f)
{
	struct poll_outcome *o = aside(f, ALPHA, NULL);
	struct poll_report r;

	poll_once(f, "first");
	o->kind = OUTCOME_PUSH;
	buf_init(&o->document, 100);
	assert_int_equal(buf_puts(&o->document, "no wire bytes"), 0);
	r = fixture_take(f, o);
	assert_int_equal(r.error.code, -EPROTO);
	assert_false(r.is_poll);
	assert_counts(poll_once(f, "first"), 0, 0, 0, 1);
	assert_int_equal(f->feeds[ALPHA].health, FEED_OK);
	assert_int_equal(f->feeds[ALPHA].errors, 0);
}

TEST_ON(a_subscription_survives, fixture, f)
{
	struct writer_change c = {0};
	struct websub_state *s;

	fixture_take(f, aside(f, ALPHA, trusted(f, ALPHA)));
	assert_true(f->feeds[ALPHA].pushed);
	fixture_restart(f);
	assert_true(f->feeds[ALPHA].pushed);
	assert_false(f->feeds[BRAVO].pushed);
	fixture_change(f, &c, fixture_feeds, 3);
	s = c.websub;
	assert_int_equal(c.websub_count, 1);
	assert_int_equal(s->feed_id, f->feeds[ALPHA].id);
	assert_int_equal(s->phase, WEBSUB_TRUSTED);
	assert_string_equal(s->hubs, "https://hub.example/\nhttps://hub.example/2");
	assert_string_equal(s->topic, "https://alpha.example/feed");
	assert_string_equal(s->callback, "https://us.example/websub/1-f");
	assert_string_equal(s->secret, "0123");
	assert_null(s->reason);
	assert_int_equal(s->hub, 1);
	assert_int_equal(s->errors, 2);
	assert_true(s->asked_ms == TIME_NONE && s->suspect_ms == TIME_NONE);
	assert_true(s->action_ms == NOW_MS + 1 && s->verified_ms == NOW_MS + 2);
	assert_true(s->lease_until_ms == NOW_MS + 3 && s->pushed_ms == NOW_MS + 4);
	writer_change_release(&c);
}

static void alter(struct fixture *f, const char *text)
{
	fixture_close(f);
	raw_run_in(f->dir, text);
	fixture_open(f);
	fixture_sync(f, fixture_feeds, 3);
}

static void assert_phase(struct fixture *f, enum websub_phase phase, const char *secret)
{
	struct writer_change c = {0};
	struct websub_state *s;

	fixture_change(f, &c, fixture_feeds, 3);
	s = c.websub;
	assert_int_equal(c.websub_count, 1);
	assert_int_equal(s->feed_id, f->feeds[ALPHA].id);
	assert_int_equal(s->phase, phase);
	if (secret != NULL)
		assert_string_equal(s->secret, secret);
	else
		assert_null(s->secret);
	writer_change_release(&c);
}

/* With a turned letter every push would be refused until the lease runs out; so it is forgotten and made anew. */
TEST_ON(a_damaged_secret_is_no_secret, fixture, f)
{
	fixture_take(f, aside(f, ALPHA, trusted(f, ALPHA)));
	assert_phase(f, WEBSUB_TRUSTED, "0123");
	/* one of a program that kept no sum */
	alter(f, "UPDATE websub SET secret = substr(secret, 1, 4)");
	assert_phase(f, WEBSUB_TRUSTED, "0123");
	fixture_take(f, aside(f, ALPHA, trusted(f, ALPHA)));
	alter(f, "UPDATE websub SET secret = '1' || substr(secret, 2)");
	assert_phase(f, WEBSUB_NONE, NULL);
	fixture_take(f, aside(f, ALPHA, trusted(f, ALPHA)));
	alter(f, "UPDATE websub SET callback = replace(callback, '1-f', '1-e')");
	assert_phase(f, WEBSUB_NONE, NULL);
	fixture_take(f, aside(f, ALPHA, trusted(f, ALPHA)));
	alter(f, "UPDATE websub SET secret = NULL");
	assert_phase(f, WEBSUB_NONE, NULL);
}

TEST_ON(lost_trust_is_planned_for, fixture, f)
{
	struct poll_outcome *o;

	fixture_take(f, aside(f, ALPHA, trusted(f, ALPHA)));
	poll_once(f, "first");
	/* as if the plan had trusted the hub for a day */
	f->now_ms -= DAY_MS;
	o = aside(f, ALPHA, trusted(f, ALPHA));
	o->websub->phase = WEBSUB_VERIFIED;
	fixture_take(f, o);
	assert_false(f->feeds[ALPHA].pushed);
	assert_true(f->feeds[ALPHA].due_ms == f->now_ms - MINUTE_MS + HOUR_MS);
	/* never later than it was */
	fixture_take(f, aside(f, ALPHA, trusted(f, ALPHA)));
	f->now_ms += DAY_MS;
	o = aside(f, ALPHA, trusted(f, ALPHA));
	o->websub->phase = WEBSUB_LAPSED;
	fixture_take(f, o);
	assert_true(f->feeds[ALPHA].due_ms < f->now_ms - HOUR_MS);
}

TEST_ON(another_url_ends_a_subscription, fixture, f)
{
	struct feed_spec moved[3] = {fixture_feeds[0], fixture_feeds[1], fixture_feeds[2]};
	struct writer_change c = {0};

	fixture_take(f, aside(f, ALPHA, trusted(f, ALPHA)));
	moved[0].url = "https://alpha.example/elsewhere";
	fixture_sync(f, moved, 3);
	assert_false(f->feeds[ALPHA].pushed);
	fixture_change(f, &c, moved, 3);
	assert_int_equal(c.websub_count, 0);
	writer_change_release(&c);
}

/* More than one growth of the array. */
TEST_ON(many_subscriptions, fixture, f)
{
	enum { MANY = 200 };
	struct feed_spec specs[MANY] = {0};
	char names[MANY][32], urls[MANY][64];
	struct writer_change before = {0}, after = {0};

	for (size_t i = 0; i < MANY; i++) {
		snprintf(names[i], sizeof(names[i]), "feed%zu", i);
		snprintf(urls[i], sizeof(urls[i]), "https://many.example/%zu", i);
		specs[i] = (struct feed_spec){.name = names[i], .url = urls[i], .first_due_ms = NOW_MS};
	}
	fixture_change(f, &before, specs, MANY);
	for (size_t i = 0; i < MANY; i++) {
		struct poll_outcome *o = aside(f, ALPHA, trusted(f, ALPHA));

		o->feed_id = o->websub->feed_id = before.states[i].id;
		writer_submit(f->writer, o);
	}
	/* waits for all of them */
	fixture_change(f, &after, specs, MANY);
	assert_int_equal(after.websub_count, MANY);
	for (size_t i = 0; i < after.websub_count; i++)
		assert_string_equal(after.websub[i].secret, "0123");
	writer_change_release(&before);
	writer_change_release(&after);
}

/* A document that names two hubs, and what the head of the answer says of them, or NULL. */
static void assert_report(
	struct fixture *f, const char *head_hubs, const char *head_topic, const char *hubs, const char *topic)
{
	struct draft d = draft_new("Alpha");
	struct poll_outcome *o;
	struct feed_link *link;
	struct poll_report *r;

	draft_item(&d, "first");
	d.d.feed.self = STR("https://alpha.example/self");
	d.d.feed.hub = STR("https://hub.example/");
	link = list_add(&d.arena, &d.d.feed.links);
	assert_non_null(link);
	*link = (struct feed_link){.rel = STR("hub"), .href = STR("https://hub.example/")};
	link = list_add(&d.arena, &d.d.feed.links);
	assert_non_null(link);
	*link = (struct feed_link){.rel = STR("Hub"), .href = STR("https://second.example/")};
	o = outcome_now(f, ALPHA, &d);
	o->hubs = head_hubs != NULL ? strdup(head_hubs) : NULL;
	o->topic = head_topic != NULL ? strdup(head_topic) : NULL;
	writer_submit(f->writer, o);
	r = fixture_wait(f);
	assert_true(r->has_document);
	assert_string_equal(r->hubs, hubs);
	assert_string_equal(r->topic, topic);
	poll_reports_free(r);
}

TEST_ON(a_poll_reports_hubs, fixture, f)
{
	assert_report(f, NULL, NULL, "https://hub.example/\nhttps://second.example/", "https://alpha.example/self");
	/* what the head said goes first */
	assert_report(f, "https://head.example/", "https://alpha.example/head", "https://head.example/",
		"https://alpha.example/head");
}

TEST_ON(another_url_says_nothing_about_hubs, fixture, f)
{
	struct draft d = draft_new("Alpha");
	struct poll_outcome *o = outcome_now(f, ALPHA, &d);
	struct poll_report *r;

	free(o->url);
	o->url = strdup("https://alpha.example/before");
	o->hubs = strdup("https://hub.example/");
	writer_submit(f->writer, o);
	r = fixture_wait(f);
	assert_int_equal(r->error.code, 0);
	assert_false(r->has_document);
	assert_null(r->hubs);
	poll_reports_free(r);
}
