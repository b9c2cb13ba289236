/* SPDX-License-Identifier: ISC */
/* The life of a subscription in virtual time, the messages it is made of, and what strangers try. */
#include "../../../daemon/websub/websub_subscription.h"
#include "../scratch.h"
#include "sitrep/base/clock.h"

#define SECOND INT64_C(1000)
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

static const int64_t now_ms = INT64_C(1795431155000);
static const int64_t pause_ms = 5 * MINUTE;

#define HUB "https://hub.example/"
#define TOPIC "https://outlet.example/feed"
#define BASE "https://news.example.org/sitrep/"

/* A feed whose hub is known and wanted. */
static void begin(struct websub_state *s)
{
	struct error err = {0};

	websub_state_init(s);
	s->feed_id = 17;
	assert_int_equal(websub_discover(s, STR(HUB), STR(TOPIC)), 1);
	assert_int_equal(websub_arrange(s, BASE, now_ms, &err), 1);
}

FIXTURE(websub_state, begin, websub_state_release)

static enum websub_action step(struct websub_state *s, int64_t at_ms)
{
	bool changed;

	return websub_step(s, pause_ms, at_ms, &changed);
}

static void verify(struct websub_state *s, int64_t lease_s)
{
	websub_note_asked(s, now_ms);
	websub_note_verified(s, lease_s, pause_ms, now_ms);
}

/* ---- what is known and wanted ---- */

TEST(hubs_are_chosen)
{
	struct websub_state s;

	websub_state_init(&s);
	assert_int_equal(websub_discover(&s, STR(""), STR(TOPIC)), 0);
	assert_null(s.hubs);
	/* https first, each once, no other schemes, at most four */
	assert_int_equal(websub_discover(&s,
				 STR("http://a.example/\nhttps://b.example/\nftp://c.example/\nnonsense\n"
				     "https://b.example/\nhttps://d.example/\nhttp://e.example/\nhttp://f.example/"),
				 STR("http://outlet.example/feed")),
		1);
	assert_string_equal(s.hubs, "https://b.example/\nhttps://d.example/\nhttp://a.example/\nhttp://e.example/");
	/* the same once more is no change */
	assert_int_equal(websub_discover(&s, str_from(s.hubs), STR("http://outlet.example/feed")), 0);
	/* what is read over https is not pushed over http */
	assert_int_equal(websub_discover(&s, STR("http://a.example:8080/\nhttp://[::1]/x"), STR(TOPIC)), 1);
	assert_null(s.hubs);
	assert_null(s.topic);
	assert_int_equal(
		websub_discover(&s, STR("http://a.example?b:c\nhttps://d.example/\nhttp://d.example/"), STR(TOPIC)), 1);
	assert_string_equal(s.hubs, "https://d.example/\nhttps://a.example?b:c");
	assert_int_equal(websub_discover(&s, STR_NONE, STR(TOPIC)), 1);
	assert_int_equal(websub_discover(&s, STR(HUB), STR("javascript:alert(1)")), 0);
	websub_state_release(&s);
}

TEST(nothing_is_asked_without_a_base_url)
{
	struct websub_state s;
	struct error err = {0};

	websub_state_init(&s);
	s.feed_id = 17;
	assert_int_equal(websub_arrange(&s, BASE, now_ms, &err), 0);
	websub_discover(&s, STR(HUB), STR(TOPIC));
	assert_int_equal(websub_arrange(&s, NULL, now_ms, &err), 0);
	assert_int_equal(s.phase, WEBSUB_NONE);
	assert_null(s.callback);
	assert_int_equal(step(&s, now_ms + DAY), WEBSUB_REST);
	assert_true(websub_wakeup(&s, pause_ms) == INT64_MAX);
	websub_state_release(&s);
}

TEST(callback_cannot_be_guessed)
{
	struct websub_state a, b;
	struct error err = {0};
	const char *token;

	begin(&a);
	begin(&b);
	token = strrchr(a.callback, '/') + 1;
	assert_int_equal(strncmp(a.callback, "https://news.example.org/sitrep/websub/17-", 42), 0);
	assert_int_equal(strlen(token), 3 + 64);
	assert_int_equal(strlen(a.secret), WEBSUB_SECRET_LEN);
	assert_string_not_equal(a.callback, b.callback);
	assert_string_not_equal(a.secret, b.secret);
	assert_int_equal(websub_token_feed(str_from(token)), 17);
	assert_true(websub_token_is(&a, str_from(token)));
	assert_false(websub_token_is(&b, str_from(token)));
	assert_false(websub_token_is(&a, STR("")));
	/* arranged again, nothing changes; at another address everything begins anew */
	assert_int_equal(websub_arrange(&a, "https://news.example.org/sitrep", now_ms, &err), 0);
	assert_int_equal(websub_arrange(&b, "https://other.example", now_ms, &err), 1);
	assert_int_equal(strncmp(b.callback, "https://other.example/websub/17-", 32), 0);
	assert_int_equal(websub_arrange(&a, NULL, now_ms, &err), 1);
	assert_int_equal(a.phase, WEBSUB_NONE);
	assert_null(a.secret);
	assert_string_equal(a.hubs, HUB);
	websub_state_release(&a);
	websub_state_release(&b);
}

TEST(what_is_no_token)
{
	static const char hex[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
	char text[128];

	snprintf(text, sizeof(text), "4-%s", hex);
	assert_int_equal(websub_token_feed(str_from(text)), 4);
	snprintf(text, sizeof(text), "4-%s0", hex);
	assert_int_equal(websub_token_feed(str_from(text)), 0);
	snprintf(text, sizeof(text), "-4-%s", hex);
	assert_int_equal(websub_token_feed(str_from(text)), 0);
	snprintf(text, sizeof(text), "99999999999999999999-%s", hex);
	assert_int_equal(websub_token_feed(str_from(text)), 0);
	snprintf(text, sizeof(text), "+4-%s", hex);
	assert_int_equal(websub_token_feed(str_from(text)), 0);
	assert_int_equal(websub_token_feed(STR("")), 0);
	assert_int_equal(websub_token_feed(STR("-")), 0);
	assert_int_equal(websub_token_feed(STR("4")), 0);
}

/* ---- time ---- */

TEST_ON(renewal_at_half_life, websub_state, s)
{
	assert_int_equal(step(s, now_ms), WEBSUB_SUBSCRIBE);
	websub_note_asked(s, now_ms);
	assert_int_equal(step(s, now_ms + SECOND), WEBSUB_REST);
	assert_true(websub_wakeup(s, pause_ms) == now_ms + 2 * pause_ms);
	websub_note_verified(s, 10 * 86400, pause_ms, now_ms + MINUTE);
	assert_int_equal(s->phase, WEBSUB_VERIFIED);
	assert_true(websub_wakeup(s, pause_ms) == now_ms + MINUTE + 5 * DAY);
	assert_int_equal(step(s, now_ms + 5 * DAY), WEBSUB_REST);
	assert_int_equal(step(s, now_ms + MINUTE + 5 * DAY), WEBSUB_SUBSCRIBE);
	/* a renewal under way takes nothing away */
	websub_note_asked(s, now_ms + 6 * DAY);
	assert_int_equal(s->phase, WEBSUB_VERIFIED);
	websub_note_verified(s, 10 * 86400, pause_ms, now_ms + 6 * DAY);
	assert_true(s->lease_until_ms == now_ms + 16 * DAY);
	assert_true(s->verified_ms == now_ms + MINUTE);
}

TEST_ON(lease_is_kept_within_reason, websub_state, s)
{
	verify(s, 1);
	assert_true(s->lease_until_ms == now_ms + 2 * pause_ms);
	assert_true(s->action_ms == now_ms + pause_ms);
	websub_note_verified(s, INT64_MAX, pause_ms, now_ms);
	assert_true(s->lease_until_ms == now_ms + 90 * DAY);
	websub_note_verified(s, 0, pause_ms, now_ms);
	assert_true(s->lease_until_ms == now_ms + 10 * DAY);
	websub_note_verified(s, INT64_MIN, pause_ms, now_ms);
	assert_true(s->lease_until_ms == now_ms + 10 * DAY);
}

TEST_ON(a_lease_that_is_not_renewed_lapses, websub_state, s)
{
	int64_t at_ms = now_ms + 12 * HOUR;

	verify(s, 86400);
	websub_note_pushed(s, now_ms + HOUR);
	assert_int_equal(s->phase, WEBSUB_TRUSTED);
	assert_int_equal(step(s, at_ms), WEBSUB_SUBSCRIBE);
	websub_note_asked(s, at_ms);
	websub_note_failed(s, "503 Service Unavailable", 0, pause_ms, at_ms);
	/* still paid for */
	assert_int_equal(s->phase, WEBSUB_TRUSTED);
	assert_true(s->action_ms == at_ms + pause_ms);
	assert_string_equal(s->reason, "503 Service Unavailable");
	assert_int_equal(step(s, now_ms + DAY), WEBSUB_SUBSCRIBE);
	assert_int_equal(s->phase, WEBSUB_LAPSED);
	websub_note_pushed(s, now_ms + DAY);
	assert_int_equal(s->phase, WEBSUB_LAPSED);
	websub_note_asked(s, now_ms + DAY);
	websub_note_verified(s, 86400, pause_ms, now_ms + DAY);
	assert_int_equal(s->phase, WEBSUB_VERIFIED);
	assert_null(s->reason);
}

TEST_ON(a_hub_that_is_named_no_more, websub_state, s)
{
	verify(s, 86400);
	/* one answer without its Link field does not throw a subscription away */
	assert_int_equal(websub_discover(s, STR_NONE, STR(TOPIC)), 1);
	assert_int_equal(websub_discover(s, STR_NONE, STR(TOPIC)), 0);
	assert_int_equal(s->phase, WEBSUB_VERIFIED);
	assert_int_equal(step(s, now_ms + 12 * HOUR), WEBSUB_REST);
	/* it is named again: asked for again when the lease is over, and no sooner, however often that happens */
	assert_int_equal(websub_discover(s, STR(HUB), STR(TOPIC)), 1);
	assert_int_equal(websub_discover(s, STR(HUB), STR(TOPIC)), 0);
	assert_int_equal(step(s, now_ms + DAY - 1), WEBSUB_REST);
	assert_int_equal(websub_discover(s, STR_NONE, STR(TOPIC)), 1);
	assert_int_equal(step(s, now_ms + DAY), WEBSUB_REST);
	assert_int_equal(s->phase, WEBSUB_LAPSED);
	assert_true(websub_wakeup(s, pause_ms) == INT64_MAX);
	assert_int_equal(websub_discover(s, STR(HUB), STR(TOPIC)), 1);
	assert_int_equal(step(s, now_ms + DAY), WEBSUB_SUBSCRIBE);
	/* still not named when the lease is over: that was that */
	assert_int_equal(websub_discover(s, STR_NONE, STR(TOPIC)), 1);
	assert_int_equal(s->phase, WEBSUB_NONE);
	assert_null(s->hubs);
	assert_null(s->callback);
}

TEST_ON(errors_back_off_to_a_day, websub_state, s)
{
	int64_t at_ms = now_ms, before = 0;

	for (int i = 0; i < 40; i++) {
		int64_t wait_ms;

		assert_int_equal(step(s, at_ms), WEBSUB_SUBSCRIBE);
		websub_note_asked(s, at_ms);
		/* by turns it says no, and says nothing at all */
		if (i % 2 == 0)
			websub_note_failed(s, "refused", 0, pause_ms, at_ms);
		else
			assert_int_equal(step(s, at_ms += 2 * pause_ms), WEBSUB_REST);
		assert_int_equal(s->phase, WEBSUB_FAILED);
		wait_ms = s->action_ms - at_ms;
		assert_true(wait_ms >= pause_ms && wait_ms <= DAY && wait_ms >= before);
		assert_int_equal(step(s, s->action_ms - 1), WEBSUB_REST);
		before = wait_ms;
		at_ms = s->action_ms;
	}
	assert_true(before == DAY);
	websub_note_asked(s, at_ms);
	websub_note_failed(s, "429", 3 * HOUR, pause_ms, at_ms);
	assert_true(s->action_ms == at_ms + DAY);
}

TEST_ON(a_hub_may_ask_for_a_pause, websub_state, s)
{
	websub_note_asked(s, now_ms);
	websub_note_failed(s, "429", 3 * HOUR, pause_ms, now_ms);
	assert_true(s->action_ms == now_ms + 3 * HOUR);
	websub_note_asked(s, now_ms);
	websub_note_failed(s, "429", 300 * DAY, pause_ms, now_ms);
	assert_true(s->action_ms == now_ms + DAY);
}

TEST_ON(the_next_hub_is_asked, websub_state, s)
{
	struct error err = {0};

	websub_discover(s, STR("https://a.example/\nhttps://b.example/"), STR(TOPIC));
	assert_int_equal(s->phase, WEBSUB_NONE);
	assert_int_equal(websub_arrange(s, BASE, now_ms, &err), 1);
	assert_true(str_eq(websub_hub(s), STR("https://a.example/")));
	websub_note_asked(s, now_ms);
	websub_note_failed(s, "no", 0, pause_ms, now_ms);
	assert_true(str_eq(websub_hub(s), STR("https://b.example/")));
	assert_int_equal(step(s, now_ms), WEBSUB_SUBSCRIBE);
	websub_note_asked(s, now_ms);
	websub_note_denied(s, STR("members only"), now_ms);
	assert_int_equal(s->phase, WEBSUB_DENIED);
	assert_string_equal(s->reason, "members only");
	assert_true(str_eq(websub_hub(s), STR("https://a.example/")));
	assert_true(s->action_ms == now_ms + DAY);
}

/* ---- trust ---- */

TEST_ON(trust_comes_and_goes, websub_state, s)
{
	bool changed;

	verify(s, 10 * 86400);
	/* a poll that finds news before the hub ever delivered says nothing */
	websub_note_found(s, now_ms);
	assert_true(s->suspect_ms == TIME_NONE);
	websub_note_pushed(s, now_ms + MINUTE);
	assert_int_equal(s->phase, WEBSUB_TRUSTED);
	/* the poll was just quicker than the hub */
	websub_note_found(s, now_ms + HOUR);
	assert_true(websub_wakeup(s, pause_ms) == now_ms + HOUR + pause_ms);
	websub_step(s, pause_ms, now_ms + HOUR + MINUTE, &changed);
	assert_false(changed);
	websub_note_pushed(s, now_ms + HOUR + 2 * MINUTE);
	step(s, now_ms + 2 * HOUR);
	assert_int_equal(s->phase, WEBSUB_TRUSTED);
	/* the hub is silent; a second find does not give it more time */
	websub_note_found(s, now_ms + 3 * HOUR);
	websub_note_found(s, now_ms + 3 * HOUR + 4 * MINUTE);
	websub_step(s, pause_ms, now_ms + 3 * HOUR + 5 * MINUTE, &changed);
	assert_true(changed);
	assert_int_equal(s->phase, WEBSUB_VERIFIED);
	websub_note_pushed(s, now_ms + 4 * HOUR);
	assert_int_equal(s->phase, WEBSUB_TRUSTED);
}

/* ---- messages ---- */

TEST_ON(intents, websub_state, s)
{
	/* nothing was asked yet */
	assert_int_equal(websub_intent(s, STR("subscribe"), STR(TOPIC)), WEBSUB_INTENT_UNKNOWN);
	websub_note_asked(s, now_ms);
	assert_int_equal(websub_intent(s, STR("subscribe"), STR(TOPIC)), WEBSUB_INTENT_SUBSCRIBE);
	assert_int_equal(websub_intent(s, STR("subscribe"), STR(TOPIC "/")), WEBSUB_INTENT_UNKNOWN);
	assert_int_equal(websub_intent(s, STR("subscribe"), STR_NONE), WEBSUB_INTENT_UNKNOWN);
	assert_int_equal(websub_intent(s, STR("Subscribe"), STR(TOPIC)), WEBSUB_INTENT_UNKNOWN);
	assert_int_equal(websub_intent(s, STR("unsubscribe"), STR(TOPIC)), WEBSUB_INTENT_UNKNOWN);
	assert_int_equal(websub_intent(s, STR_NONE, STR(TOPIC)), WEBSUB_INTENT_UNKNOWN);
	websub_note_verified(s, 60, pause_ms, now_ms);
	assert_int_equal(websub_intent(s, STR("subscribe"), STR(TOPIC)), WEBSUB_INTENT_SUBSCRIBE);
	assert_int_equal(websub_intent(s, STR("unsubscribe"), STR(TOPIC)), WEBSUB_INTENT_UNKNOWN);
	assert_int_equal(websub_intent(s, STR("denied"), STR(TOPIC)), WEBSUB_INTENT_DENIED);
	websub_note_denied(s, STR(""), now_ms);
	assert_int_equal(websub_intent(s, STR("subscribe"), STR(TOPIC)), WEBSUB_INTENT_UNKNOWN);
	websub_arrange(s, NULL, now_ms, NULL);
	assert_int_equal(websub_intent(s, STR("denied"), STR(TOPIC)), WEBSUB_INTENT_UNKNOWN);
}

TEST(request)
{
	struct buf *out = scratch(4096);
	struct websub_state s = {.topic = (char *)"https://o.example/a?b=c&d=\xc3\xa4 ~",
		.callback = (char *)"https://n.example/websub/1-f",
		.secret = (char *)"0f"};

	assert_int_equal(websub_write_request(out, &s), 0);
	assert_string_equal(out->data,
		"hub.mode=subscribe&hub.topic=https%3A%2F%2Fo.example%2Fa%3Fb%3Dc%26d%3D%C3%A4%20~"
		"&hub.callback=https%3A%2F%2Fn.example%2Fwebsub%2F1-f&hub.lease_seconds=864000"
		"&hub.secret=0f");
}

/* RFC 2202 and RFC 4231, test case 2 */
TEST(signatures)
{
	static const char *const good[] = {
		"sha1=effcdf6ae5eb2fa2d27416d5f184df9c259a7c79",
		"sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
		"SHA256 = 5BDCC146BF60754E6A042426089575C75A003F089D2739839DEC58B964EC3843",
		"sha384=af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e"
		"8e2240ca5e69e2c78b3239ecfab21649",
		"sha512=164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
		"9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737",
	};
	static const char *const bad[] = {
		"",
		"=",
		"sha256",
		"sha256=",
		"sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3844",
		"sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec38",
		"sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec384300",
		"sha256=zzdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
		"sha1=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
		"md5=750c783e6ab0b503eaa86e310a5db738",
		"5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
	};
	const struct str body = STR("what do ya want for nothing?");

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_true(websub_signature_fits(STR("Jefe"), str_from(good[i]), body));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(websub_signature_fits(STR("Jefe"), str_from(bad[i]), body));
	assert_false(websub_signature_fits(STR("jefe"), str_from(good[0]), body));
	assert_false(websub_signature_fits(STR("Jefe"), str_from(good[0]), STR("what do ya want for nothing")));
	assert_false(websub_signature_fits(STR("Jefe"), STR_NONE, body));
	/* of the empty key and the empty body: without a secret nothing is proven */
	assert_false(websub_signature_fits(STR_NONE, STR("sha1=fbdb1d1b18aa6c08324b7d64b71fb76370690e1d"), STR_NONE));
}
