/* SPDX-License-Identifier: ISC */
/* websub_feeds_faults_test.c: subscriptions of feeds, also without memory, with the engine played by the test: requests
 * to hubs, documents for the parse pool and outcomes for the writer end here. */
#include <event2/event.h>
#include <openssl/hmac.h>

#include "../../../daemon/websub/websub_subscription.h"
#include "../../faults/fault_loop.h"
#include "sitrep/base/clock.h"
#include "sitrep/websub/websub_endpoint.h"

#define HUB "https://hub.example/"
#define TOPIC "https://outlet.example/feed"
#define PAUSE_MS (INT64_C(5) * 60 * 1000)

enum { FEED_ID = 7, LEFT_ID = 8, OTHER_ID = 9, HIGHEST_ID = 9, STORED_MAX = 128, TURNS_MAX = 1000, RULES = 3 };

struct fixture {
	struct event_base *base;
	struct websub_feeds *websub;
	struct config config;
	struct config_feed feeds[2];
	struct feed_state states[2];
	struct websub_room room;

	unsigned requests;
	const char *refusal; /* requests cannot be sent for this reason */
	struct buf form;     /* of the last request */
	transfer_done_fn *requested;
	void *requested_arg;

	unsigned jobs;
	struct buf body; /* of the last job */
	pool_answer_fn *parsed;
	void *parsed_arg[3];

	struct poll_outcome *stored[STORED_MAX];
	unsigned stored_count;
	int64_t poll_once_id, poll_once_wait_ms;

	const char *arguments[5][2]; /* of the request, name and value */
	char signature[128];
	const char *link;
	struct buf text; /* of the last answer */
};

/* ---- the engine ---- */

static int find(void *arg, int64_t id, struct websub_feed *feed)
{
	struct fixture *f = arg;

	for (size_t i = 0; i < 2; i++)
		if (f->states[i].id == id) {
			*feed = (struct websub_feed){.config = &f->feeds[i], .state = &f->states[i]};
			return 0;
		}
	return id >= 1 && id <= HIGHEST_ID ? -ESTALE : -ENOENT;
}

static struct websub_room get_room(void *arg)
{
	return ((struct fixture *)arg)->room;
}

/* A request that has no network; it is never cancelled here, since nothing but the test knows it. */
static struct transfer *send_request(void *arg, const struct websub_feed *feed, struct transfer_request *request,
	transfer_done_fn *done, void *done_arg, struct error *err)
{
	struct fixture *f = arg;

	if (f->refusal != NULL) {
		error_set(err, -EINVAL, "%s", f->refusal);
		return NULL;
	}
	assert_ptr_equal(feed->config, &f->feeds[0]);
	assert_string_equal(request->url, HUB);
	buf_clear(&f->form);
	assert_int_equal(buf_puts(&f->form, request->form), 0);
	f->requests++;
	f->requested = done;
	f->requested_arg = done_arg;
	return (struct transfer *)f;
}

static int64_t parse(void *arg, const struct job *job, struct buf *body, pool_answer_fn *done, void *done_arg)
{
	struct fixture *f = arg;

	assert_true(str_eq(job->url, STR(TOPIC)));
	assert_true(str_eq(job->feed, STR("outlet")));
	buf_clear(&f->body);
	assert_int_equal(buf_add(&f->body, buf_str(body)), 0);
	assert_true(f->jobs < 3);
	f->parsed = done;
	f->parsed_arg[f->jobs++] = done_arg;
	return RULES;
}

static void store(void *arg, struct poll_outcome *o)
{
	struct fixture *f = arg;

	assert_true(f->stored_count < STORED_MAX);
	f->stored[f->stored_count++] = o;
}

static void poll_once(void *arg, int64_t feed_id, int64_t wait_ms)
{
	struct fixture *f = arg;

	f->poll_once_id = feed_id;
	f->poll_once_wait_ms = wait_ms;
}

static const struct websub_callbacks callbacks = {
	.find = find,
	.room = get_room,
	.send = send_request,
	.parse = parse,
	.store = store,
	.poll_once = poll_once,
};

static const struct poll_outcome *last_stored(const struct fixture *f)
{
	return f->stored_count > 0 ? f->stored[f->stored_count - 1] : NULL;
}

static enum websub_phase phase(const struct fixture *f)
{
	const struct websub_state *s = websub_feeds_find(f->websub, FEED_ID);

	return s != NULL ? s->phase : WEBSUB_NONE;
}

/* ---- the HTTP server ---- */

static bool read_argument(const void *request, const char *name, struct buf *out)
{
	const struct fixture *f = request;

	for (size_t i = 0; i < 5 && f->arguments[i][0] != NULL; i++)
		if (strcmp(f->arguments[i][0], name) == 0)
			return buf_puts(out, f->arguments[i][1]) == 0;
	return false;
}

static bool read_field(const void *request, const char *name, struct buf *out)
{
	const struct fixture *f = request;

	if (strcmp(name, "X-Hub-Signature") == 0 && f->signature[0] != '\0')
		return buf_puts(out, f->signature) == 0;
	if (strcmp(name, "Link") == 0 && f->link != NULL)
		return buf_puts(out, f->link) == 0;
	return false;
}

/* The endpoint's path for the feed's subscription. */
static struct str endpoint_path(const struct fixture *f)
{
	const struct websub_state *s = websub_feeds_find(f->websub, FEED_ID);

	assert_non_null(s);
	assert_non_null(s->callback);
	return str_from(strstr(s->callback, "/websub/"));
}

static bool reply(void *answer, struct str text)
{
	return buf_add(answer, text) == 0;
}

static int call(struct fixture *f, unsigned method, struct str path, struct buf *body)
{
	struct websub_request request = {
		.method = method,
		.path = path,
		.body = body,
		.argument = read_argument,
		.field = read_field,
		.request = f,
		.reply = reply,
		.answer = &f->text,
	};

	buf_clear(&f->text);
	return websub_endpoint_answer(f->websub, &request);
}

static int confirm_at(struct fixture *f, struct str path)
{
	f->arguments[0][0] = "hub.mode";
	f->arguments[0][1] = "subscribe";
	f->arguments[1][0] = "hub.topic";
	f->arguments[1][1] = TOPIC;
	f->arguments[2][0] = "hub.lease_seconds";
	f->arguments[2][1] = "864000";
	f->arguments[3][0] = "hub.challenge";
	f->arguments[3][1] = "say this";
	return call(f, WEBSUB_GET, path, NULL);
}

static void sign(struct fixture *f, const char *body)
{
	const struct websub_state *s = websub_feeds_find(f->websub, FEED_ID);
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned len = 0;

	assert_non_null(HMAC(EVP_sha256(), s->secret, (int)strlen(s->secret), (const unsigned char *)body, strlen(body),
		digest, &len));
	snprintf(f->signature, sizeof(f->signature), "sha256=");
	for (unsigned i = 0; i < len; i++)
		snprintf(f->signature + 7 + 2 * i, 3, "%02x", digest[i]);
}

static int push(struct fixture *f, const char *content)
{
	struct buf body = BUF_INIT(4096);
	int status;

	assert_int_equal(buf_puts(&body, content), 0);
	status = call(f, WEBSUB_POST, endpoint_path(f), &body);
	buf_release(&body);
	return status;
}

/* ---- life ---- */

static void setup(struct fixture *f)
{
	struct error err = {0};

	f->room = (struct websub_room){true, true, true};
	f->config.poll_min_ms = PAUSE_MS;
	f->config.fetch_max_body = 1000;
	f->config.base_url = "https://news.example.org";
	for (size_t i = 0; i < 2; i++)
		f->feeds[i].websub = "auto";
	f->feeds[0].name = "outlet";
	f->feeds[0].url = TOPIC;
	f->states[0] = (struct feed_state){.id = FEED_ID, .name = (char *)"outlet", .url = (char *)TOPIC};
	f->feeds[1].name = "other";
	f->feeds[1].url = "https://other.example/feed";
	f->states[1] = (struct feed_state){.id = OTHER_ID, .name = (char *)"other"};
	buf_init(&f->form, 64 * 1024);
	buf_init(&f->body, 64 * 1024);
	buf_init(&f->text, 64);
	f->base = event_base_new();
	assert_non_null(f->base);
	f->websub = websub_feeds_new(f->base, true, &callbacks, f, &err);
	assert_non_null(f->websub);
	websub_feeds_configure(f->websub, &f->config, NULL, 0);
}

static void teardown(struct fixture *f)
{
	websub_feeds_free(f->websub);
	event_base_free(f->base);
	for (unsigned i = 0; i < f->stored_count; i++)
		poll_outcome_free(f->stored[i]);
	buf_release(&f->form);
	buf_release(&f->body);
	buf_release(&f->text);
}

FIXTURE(fixture, setup, teardown)

/* A poll whose document names the hub. */
static void discover(struct fixture *f)
{
	struct poll_report r = {.has_document = true, .hubs = (char *)HUB, .topic = (char *)TOPIC};
	const struct feed_state before = f->states[0];

	websub_feeds_polled(f->websub, FEED_ID, &r, &before);
}

/* Turns the loop until a request has gone out; the timer may wait a tenth of a second. */
static void wait_for_request(struct fixture *f)
{
	for (int i = 0; i < TURNS_MAX && f->requests == 0; i++)
		assert_true(event_base_loop(f->base, EVLOOP_ONCE) >= 0);
	assert_int_equal(f->requests, 1);
}

static void answer_request(struct fixture *f, enum poll_failure failure, int64_t retry_after_ms)
{
	struct transfer_answer answer = {.failure = failure, .retry_after_ms = retry_after_ms};

	error_set(&answer.error, -EIO, "503 Service Unavailable");
	f->requested(f->requested_arg, &answer);
}

static void subscribe(struct fixture *f)
{
	discover(f);
	wait_for_request(f);
	answer_request(f, FAILURE_NONE, -1);
	assert_int_equal(confirm_at(f, endpoint_path(f)), 200);
}

/* ---- tests ---- */

TEST_ON(feed_that_names_a_hub_is_subscribed, fixture, f)
{
	assert_string_equal(websub_feeds_words(f->websub, FEED_ID), "none");
	discover(f);
	assert_int_equal(last_stored(f)->kind, OUTCOME_WEBSUB);
	assert_int_equal(last_stored(f)->feed_id, FEED_ID);
	wait_for_request(f);
	assert_non_null(strstr(f->form.data, "hub.mode=subscribe"));
	assert_int_equal(phase(f), WEBSUB_REQUESTED);
	assert_int_equal(confirm_at(f, endpoint_path(f)), 200);
	assert_string_equal(f->text.data, "say this");
	assert_int_equal(phase(f), WEBSUB_VERIFIED);
	assert_int_equal(last_stored(f)->websub->phase, WEBSUB_VERIFIED);
	/* The hub answers after it has verified, which says nothing new. */
	answer_request(f, FAILURE_HTTP, -1);
	assert_int_equal(phase(f), WEBSUB_VERIFIED);
}

TEST_ON(refused_request, fixture, f)
{
	discover(f);
	wait_for_request(f);
	answer_request(f, FAILURE_HTTP, 1000);
	assert_int_equal(phase(f), WEBSUB_FAILED);
	assert_string_equal(websub_feeds_find(f->websub, FEED_ID)->reason, "503 Service Unavailable");
}

TEST_ON(request_that_cannot_be_sent_fails_for_its_reason, fixture, f)
{
	f->refusal = "cannot use the proxy";
	discover(f);
	for (int i = 0; i < TURNS_MAX && phase(f) != WEBSUB_FAILED; i++)
		assert_true(event_base_loop(f->base, EVLOOP_ONCE) >= 0);
	assert_string_equal(websub_feeds_find(f->websub, FEED_ID)->reason, "cannot use the proxy");
}

TEST_ON(no_subscription_without_a_way_in, fixture, f)
{
	f->feeds[0].websub = "no";
	discover(f);
	assert_int_equal(phase(f), WEBSUB_NONE);
	assert_string_equal(websub_feeds_words(f->websub, FEED_ID), "not wanted");
	/* Wanted from the next configuration on, but not of a feed whose address is a secret. */
	f->feeds[0].websub = "auto";
	f->feeds[0].is_private = true;
	websub_feeds_configure(f->websub, &f->config, NULL, 0);
	assert_int_equal(phase(f), WEBSUB_NONE);
	f->feeds[0].is_private = false;
	f->states[0].health = FEED_GONE;
	websub_feeds_configure(f->websub, &f->config, NULL, 0);
	assert_int_equal(phase(f), WEBSUB_NONE);
	f->states[0].health = FEED_OK;
	websub_feeds_configure(f->websub, &f->config, NULL, 0);
	assert_int_equal(phase(f), WEBSUB_REQUESTED);
}

TEST_ON(requests_without_a_good_token, fixture, f)
{
	char path[256];
	size_t limit = 0;

	subscribe(f);
	snprintf(path, sizeof(path), "%s", endpoint_path(f).data);
	assert_int_equal(websub_endpoint_judge_post(f->websub, str_from(path), &limit), 0);
	assert_int_equal(limit, 1000);
	path[strlen(path) - 1] = path[strlen(path) - 1] == '0' ? '1' : '0';
	assert_int_equal(confirm_at(f, str_from(path)), 404);
	assert_int_equal(websub_endpoint_judge_post(f->websub, str_from(path), &limit), 404);
	path[sizeof("/websub/") - 1] = '0' + LEFT_ID;
	assert_int_equal(confirm_at(f, str_from(path)), 410);
	path[sizeof("/websub/") - 1] = '0' + OTHER_ID; /* a feed without a subscription */
	assert_int_equal(confirm_at(f, str_from(path)), 410);
	assert_int_equal(confirm_at(f, STR("/websub/")), 404);
	assert_int_equal(confirm_at(f, STR("/websub/7")), 404);
	assert_int_equal(websub_endpoint_judge_post(f->websub, STR("/feed.atom"), &limit), 405);
	assert_int_equal(call(f, WEBSUB_OTHER_METHOD, endpoint_path(f), NULL), 404);
}

TEST_ON(push_is_parsed_and_stored, fixture, f)
{
	struct pool_answer answer = {.document = BUF_INIT(64)};
	const struct poll_outcome *o;
	struct websub_stats stats;

	subscribe(f);
	sign(f, "<feed/>");
	assert_int_equal(push(f, "<feed/>"), 202);
	assert_string_equal(f->body.data, "<feed/>");
	assert_int_equal(buf_puts(&answer.document, "wire"), 0);
	f->parsed(f->parsed_arg[0], &answer);
	o = last_stored(f);
	assert_int_equal(o->kind, OUTCOME_PUSH);
	assert_int_equal(o->feed_id, FEED_ID);
	assert_int_equal(o->rules, RULES);
	assert_string_equal(o->document.data, "wire");
	assert_int_equal(o->websub->phase, WEBSUB_TRUSTED);
	websub_feeds_get_stats(f->websub, &stats);
	assert_int_equal(stats.pushes, 1);
	assert_int_equal(stats.pushes_refused, 0);
}

/* Answered as if it had been taken. */
TEST_ON(bad_pushes_are_ignored, fixture, f)
{
	struct pool_answer no_feed = {.status = -EBADMSG};
	struct websub_stats stats;
	unsigned stored;

	subscribe(f);
	stored = f->stored_count;
	assert_int_equal(push(f, "<feed/>"), 202);
	sign(f, "<feed/>");
	assert_int_equal(push(f, "<feed />"), 202);
	sign(f, "");
	assert_int_equal(push(f, ""), 202);
	sign(f, "<feed/>");
	f->link = "<https://outlet.example/other>; rel=self";
	assert_int_equal(push(f, "<feed/>"), 202);
	assert_int_equal(f->jobs, 0);
	f->link = "<" TOPIC ">; rel=self";
	assert_int_equal(push(f, "<feed/>"), 202);
	assert_int_equal(f->jobs, 1);
	f->parsed(f->parsed_arg[0], &no_feed);
	websub_feeds_get_stats(f->websub, &stats);
	assert_int_equal(stats.pushes, 0);
	assert_int_equal(stats.pushes_refused, 5);
	assert_int_equal(f->stored_count, stored);
	assert_int_equal(phase(f), WEBSUB_VERIFIED);
}

TEST_ON(pushes_are_limited, fixture, f)
{
	size_t limit;

	subscribe(f);
	sign(f, "<feed/>");
	assert_int_equal(push(f, "<feed/>"), 202);
	assert_int_equal(push(f, "<feed/>"), 202);
	assert_int_equal(push(f, "<feed/>"), 503);
	assert_int_equal(websub_endpoint_judge_post(f->websub, endpoint_path(f), &limit), 503);
	f->parsed(f->parsed_arg[0], &(struct pool_answer){.status = -EBADMSG});
	assert_int_equal(websub_endpoint_judge_post(f->websub, endpoint_path(f), &limit), 0);
	f->room.may_begin = false;
	assert_int_equal(websub_endpoint_judge_post(f->websub, endpoint_path(f), &limit), 503);
	assert_int_equal(confirm_at(f, endpoint_path(f)), 503);
	/* Its body was being received when the parse pool filled up: there is room for that one. */
	assert_int_equal(push(f, "<feed/>"), 202);
	f->room.may_store = false;
	f->parsed(f->parsed_arg[1], &(struct pool_answer){.status = -EBADMSG});
	assert_int_equal(push(f, "<feed/>"), 503);
	/* The third one is in the pool when the pool is freed. */
}

/* A feed leaves while its push is parsed; with the same number it comes back. */
TEST_ON(push_of_a_feed_that_left, fixture, f)
{
	struct pool_answer answer = {.document = BUF_INIT(64)};
	unsigned stored;

	subscribe(f);
	sign(f, "<feed/>");
	assert_int_equal(push(f, "<feed/>"), 202);
	websub_feeds_forget(f->websub, FEED_ID);
	websub_feeds_forget(f->websub, FEED_ID);
	assert_null(websub_feeds_find(f->websub, FEED_ID));
	stored = f->stored_count;
	f->parsed(f->parsed_arg[0], &answer);
	assert_int_equal(f->stored_count, stored);
}

/* What the database has is taken for feeds that are new here; the others' is older than theirs. */
TEST_ON(states_of_the_database, fixture, f)
{
	struct websub_state states[3];

	discover(f);
	for (size_t i = 0; i < 3; i++) {
		websub_state_init(&states[i]);
		states[i].phase = WEBSUB_TRUSTED;
		states[i].hubs = strdup(HUB);
		states[i].topic = strdup(TOPIC);
		states[i].verified_ms = states[i].pushed_ms = clock_wall_ms() - 1000;
		states[i].lease_until_ms = clock_wall_ms() + 1000 * 1000;
	}
	states[0].feed_id = OTHER_ID;
	states[1].feed_id = FEED_ID;
	states[2].feed_id = LEFT_ID;
	f->states[1].server_wait_ms = 2 * PAUSE_MS;
	assert_int_equal(websub_feeds_reserve(f->websub, 3), 0);
	websub_feeds_configure(f->websub, &f->config, states, 3);
	assert_non_null(websub_feeds_find(f->websub, OTHER_ID));
	assert_int_equal(phase(f), WEBSUB_REQUESTED);
	assert_null(websub_feeds_find(f->websub, LEFT_ID));
	/* The hub may have sent something while nobody was here. */
	assert_int_equal(f->poll_once_id, OTHER_ID);
	assert_int_equal(f->poll_once_wait_ms, 2 * PAUSE_MS);
	for (size_t i = 0; i < 3; i++)
		websub_state_release(&states[i]);
}

TEST_ON(states_that_were_lost_are_saved_again, fixture, f)
{
	unsigned stored;

	discover(f);
	stored = f->stored_count;
	websub_feeds_save_again(f->websub);
	assert_int_equal(f->stored_count, stored);
	websub_feeds_note_unsaved(f->websub, FEED_ID);
	websub_feeds_note_unsaved(f->websub, OTHER_ID);
	websub_feeds_save_again(f->websub);
	assert_int_equal(f->stored_count, stored + 1);
	assert_int_equal(last_stored(f)->feed_id, FEED_ID);
	websub_feeds_save_again(f->websub);
	assert_int_equal(f->stored_count, stored + 1);
}

/* While polling is paused no hub is asked; the timer goes on. */
TEST_ON(pause, fixture, f)
{
	f->room.may_ask = false;
	discover(f);
	assert_true(event_base_loop(f->base, EVLOOP_ONCE) >= 0);
	assert_int_equal(f->requests, 0);
	f->room.may_ask = true;
	websub_feeds_wake(f->websub);
	wait_for_request(f);
}

/* ---- without memory ---- */

static int64_t confirm_once(void *arg, uint32_t kinds, int64_t n)
{
	struct fixture *f = arg;
	int64_t failed;
	int status;

	f->requests = 0;
	discover(f);
	wait_for_request(f);
	answer_request(f, FAILURE_NONE, -1);
	fault_arm(kinds, n, 1);
	status = confirm_at(f, endpoint_path(f));
	failed = fault_disarm();
	assert_int_equal(phase(f), status == 200 ? WEBSUB_VERIFIED : WEBSUB_REQUESTED);
	websub_feeds_forget(f->websub, FEED_ID);
	return failed;
}

/* A hub that is told 503 does not send anything: the feed is not noted as subscribed then. */
TEST_ON(verification_is_noted_only_when_it_is_answered, fixture, f)
{
	fault_each("confirm", 1, confirm_once, f);
}

/* The database gets the state of the subscription after a push, however late. */
TEST_ON(state_that_could_not_be_copied_is_saved_later, fixture, f)
{
	struct pool_answer answer = {.document = BUF_INIT(64)};

	subscribe(f);
	sign(f, "<feed/>");
	assert_int_equal(push(f, "<feed/>"), 202);
	assert_int_equal(buf_puts(&answer.document, "wire"), 0);
	fault_arm(1U << FAULT_ALLOC, 1, 1000);
	f->parsed(f->parsed_arg[0], &answer);
	assert_true(fault_disarm() > 0);
	assert_int_equal(last_stored(f)->kind, OUTCOME_PUSH);
	assert_null(last_stored(f)->websub);
	websub_feeds_wake(f->websub);
	assert_true(event_base_loop(f->base, EVLOOP_ONCE) >= 0);
	assert_int_equal(last_stored(f)->kind, OUTCOME_WEBSUB);
	assert_int_equal(last_stored(f)->websub->phase, WEBSUB_TRUSTED);
}
