/* SPDX-License-Identifier: ISC */
/* A push only makes news arrive sooner: in every phase but WEBSUB_TRUSTED the feed is polled as if it had no hub. */
#include "websub_subscription.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sitrep/base/clock.h"
#include "sitrep/base/limits.h"
#include "sitrep/base/utf8.h"
#include "sitrep/text/url.h"

static const int64_t day_ms = INT64_C(24) * 3600 * 1000;
/* Longest lease that is accepted: a hub may go out of business before a longer one ends. */
static const int64_t lease_max_ms = INT64_C(90) * 24 * 3600 * 1000;

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* ---- discovery and wish ---- */

static bool is_https(struct str url)
{
	return str_starts_nocase(url, STR("https://"));
}

static bool has_line(struct str lines, struct str line)
{
	struct str one;

	while (str_split(&lines, '\n', &one))
		if (str_eq(one, line))
			return true;
	return false;
}

/* Turns http://host/path into https://host/path; false when url has a port, since https needs another one. */
static bool upgrade(struct str url, struct buf *to)
{
	struct str rest = str_slice(url, sizeof("http://") - 1, url.len);

	for (size_t i = 0; i < rest.len && strchr("/?#", rest.data[i]) == NULL; i++)
		if (rest.data[i] == ':')
			return false;
	buf_clear(to);
	buf_puts(to, "https://");
	return buf_add(to, rest) == 0;
}

static void add_hub(struct buf *out, struct str hub, size_t *count)
{
	if (*count == WEBSUB_HUBS_MAX || has_line(buf_str(out), hub))
		return;
	if ((*count)++ > 0)
		buf_putc(out, '\n');
	buf_add(out, hub);
}

/* Writes the usable hubs to out, https ones first; returns their number. */
static size_t choose_hubs(struct buf *out, struct str hubs, bool only_https)
{
	struct buf upgraded = BUF_INIT(LIMIT_URL + 1);
	struct str rest = hubs, hub;
	size_t count = 0;

	while (str_split(&rest, '\n', &hub))
		if (is_https(hub) && hub.len <= LIMIT_URL && url_is_web(hub))
			add_hub(out, hub, &count);
	rest = hubs;
	while (str_split(&rest, '\n', &hub)) {
		if (is_https(hub) || hub.len > LIMIT_URL || !url_is_web(hub))
			continue;
		if (!only_https)
			add_hub(out, hub, &count);
		else if (upgrade(hub, &upgraded))
			add_hub(out, buf_str(&upgraded), &count);
	}
	buf_release(&upgraded);
	return count;
}

static bool same_text(const char *have, struct str wanted)
{
	return have != NULL ? str_eq(str_from(have), wanted) : str_empty(wanted);
}

/* Returns to WEBSUB_NONE; the feed's hubs and topic stay. */
static void end_subscription(struct websub_state *s)
{
	struct websub_state kept = {.feed_id = s->feed_id, .hubs = s->hubs, .topic = s->topic};

	s->hubs = s->topic = NULL;
	websub_state_release(s);
	s->feed_id = kept.feed_id;
	s->hubs = kept.hubs;
	s->topic = kept.topic;
}

/* Whether the subscription is neither renewed nor requested, and so ends with its lease. */
static bool is_left_to_lapse(const struct websub_state *s)
{
	return s->phase != WEBSUB_NONE && s->action_ms == TIME_NONE && s->asked_ms == TIME_NONE;
}

/* The feed names no hub any more.  That may be an error of one answer: a live subscription is kept, but not renewed. */
static int let_lapse(struct websub_state *s)
{
	if (is_left_to_lapse(s))
		return 0;
	s->action_ms = s->asked_ms = TIME_NONE;
	return 1;
}

/* The feed names its hub again: the subscription is renewed when the lease ends. */
static int renew_again(struct websub_state *s)
{
	if (!is_left_to_lapse(s))
		return 0;
	s->action_ms = s->lease_until_ms;
	return 1;
}

/* Whether the subscription is verified and its lease has not ended. */
static bool is_live(const struct websub_state *s)
{
	return s->phase == WEBSUB_VERIFIED || s->phase == WEBSUB_TRUSTED;
}

int websub_discover(struct websub_state *s, struct str hubs, struct str topic)
{
	struct buf chosen = BUF_INIT(WEBSUB_HUBS_MAX * (LIMIT_URL + 2));
	char *new_hubs = NULL, *new_topic = NULL;
	size_t count = 0;

	if (topic.len <= LIMIT_URL && url_is_web(topic))
		count = choose_hubs(&chosen, hubs, is_https(topic));
	if (count == 0)
		topic = STR_NONE;
	if (!buf_failed(&chosen) && same_text(s->hubs, buf_str(&chosen)) && same_text(s->topic, topic)) {
		buf_release(&chosen);
		return renew_again(s);
	}
	if (count == 0 && is_live(s)) {
		buf_release(&chosen);
		return let_lapse(s);
	}
	if (count > 0) {
		new_hubs = buf_take(&chosen, NULL);
		new_topic = strndup(topic.data, topic.len);
	}
	buf_release(&chosen);
	if (count > 0 && (new_hubs == NULL || new_topic == NULL)) {
		free(new_hubs);
		free(new_topic);
		return -ENOMEM;
	}
	end_subscription(s);
	free(s->hubs);
	free(s->topic);
	s->hubs = new_hubs;
	s->topic = new_topic;
	return 1;
}

int websub_arrange(struct websub_state *s, const char *base_url, int64_t now_ms, struct error *err)
{
	struct str base = base_url != NULL ? str_from(base_url) : STR_NONE;
	int result;

	if (base.data == NULL || s->hubs == NULL) {
		if (s->phase == WEBSUB_NONE)
			return 0;
		end_subscription(s);
		return 1;
	}
	while (base.len > 0 && base.data[base.len - 1] == '/')
		base.len--;
	if (s->phase != WEBSUB_NONE && str_starts(str_from(s->callback), base) &&
		str_starts(str_slice(str_from(s->callback), base.len, SIZE_MAX), STR("/websub/")))
		return 0;
	end_subscription(s);
	result = websub_make_callback(s, base_url, err);
	if (result != 0)
		return result;
	s->phase = WEBSUB_REQUESTED;
	s->action_ms = now_ms;
	return 1;
}

static int hub_count(const struct websub_state *s)
{
	struct str rest = str_from(s->hubs), hub;
	int count = 0;

	while (str_split(&rest, '\n', &hub))
		count++;
	return count;
}

struct str websub_hub(const struct websub_state *s)
{
	struct str rest = str_from(s->hubs), hub;

	for (int i = 0; str_split(&rest, '\n', &hub); i++)
		if (i == s->hub)
			return hub;
	return STR_NONE;
}

void websub_clamp(struct websub_state *s, int64_t now_ms)
{
	int64_t *past[] = {&s->asked_ms, &s->verified_ms, &s->pushed_ms, &s->suspect_ms};

	for (size_t i = 0; i < sizeof(past) / sizeof(past[0]); i++)
		*past[i] = earlier(*past[i], now_ms);
	s->lease_until_ms = earlier(s->lease_until_ms, now_ms + lease_max_ms);
	if (s->action_ms > now_ms + lease_max_ms / 2)
		s->action_ms = now_ms;
}

/* ---- next action ---- */

/* How long a hub has to verify a request. */
static int64_t patience_ms(int64_t pause_ms)
{
	return 2 * pause_ms;
}

enum websub_action websub_step(struct websub_state *s, int64_t pause_ms, int64_t now_ms, bool *changed)
{
	*changed = false;
	if (is_live(s) && now_ms >= s->lease_until_ms) {
		*changed = true;
		s->phase = WEBSUB_LAPSED;
		s->suspect_ms = TIME_NONE;
	}
	if (s->phase == WEBSUB_TRUSTED && s->suspect_ms != TIME_NONE && now_ms - s->suspect_ms >= pause_ms) {
		*changed = true;
		s->phase = WEBSUB_VERIFIED;
		s->suspect_ms = TIME_NONE;
	}
	if (s->asked_ms != TIME_NONE) {
		if (now_ms - s->asked_ms < patience_ms(pause_ms))
			return WEBSUB_REST;
		*changed = true;
		websub_note_failed(s, "the hub accepted the request but did not verify it", 0, pause_ms, now_ms);
	}
	return s->action_ms != TIME_NONE && s->action_ms <= now_ms ? WEBSUB_SUBSCRIBE : WEBSUB_REST;
}

int64_t websub_wakeup(const struct websub_state *s, int64_t pause_ms)
{
	int64_t at_ms = INT64_MAX;

	if (s->phase == WEBSUB_NONE)
		return at_ms;
	if (is_live(s))
		at_ms = s->lease_until_ms;
	if (s->suspect_ms != TIME_NONE)
		at_ms = earlier(at_ms, s->suspect_ms + pause_ms);
	if (s->asked_ms != TIME_NONE)
		at_ms = earlier(at_ms, s->asked_ms + patience_ms(pause_ms));
	if (s->action_ms != TIME_NONE)
		at_ms = earlier(at_ms, s->action_ms);
	return at_ms;
}

/* ---- notes ---- */

/* Sets s->reason; without memory it becomes NULL. */
static void set_reason(struct websub_state *s, struct str reason)
{
	free(s->reason);
	reason = utf8_cut(reason, ERROR_TEXT_MAX);
	s->reason = str_empty(reason) ? NULL : strndup(reason.data, reason.len);
}

void websub_note_asked(struct websub_state *s, int64_t now_ms)
{
	s->asked_ms = now_ms;
	s->action_ms = TIME_NONE;
	if (!is_live(s))
		s->phase = WEBSUB_REQUESTED;
}

/* The wait doubles with each failed round over all hubs, up to a day (or the pause, if that is longer). */
static int64_t backoff_ms(int rounds, int64_t pause_ms)
{
	int64_t ms = pause_ms;

	for (int i = 1; i < rounds && ms < day_ms; i++)
		ms *= 2;
	return earlier(ms, later(day_ms, pause_ms));
}

void websub_note_failed(struct websub_state *s, const char *reason, int64_t wait_ms, int64_t pause_ms, int64_t now_ms)
{
	int hubs = hub_count(s);
	int64_t pause;

	s->errors++;
	s->hub = hubs > 0 ? (s->hub + 1) % hubs : 0;
	/* The next hub is another server, to which wait_ms does not apply.  The wait comes after the last hub. */
	pause = 0;
	if (s->hub == 0)
		pause = later(backoff_ms(hubs > 0 ? s->errors / hubs : s->errors, pause_ms), earlier(wait_ms, day_ms));
	s->asked_ms = TIME_NONE;
	s->action_ms = now_ms + pause;
	set_reason(s, str_from(reason));
	if (!is_live(s))
		s->phase = WEBSUB_FAILED;
}

void websub_note_verified(struct websub_state *s, int64_t lease_s, int64_t pause_ms, int64_t now_ms)
{
	int64_t lease_ms = lease_s < 1 ? WEBSUB_LEASE_S * INT64_C(1000) : earlier(lease_s, lease_max_ms / 1000) * 1000;

	lease_ms = later(lease_ms, 2 * pause_ms);
	if (!is_live(s)) {
		s->phase = WEBSUB_VERIFIED;
		s->verified_ms = now_ms;
	}
	s->errors = 0;
	set_reason(s, STR_NONE);
	s->asked_ms = TIME_NONE;
	s->action_ms = now_ms + lease_ms / 2;
	s->lease_until_ms = now_ms + lease_ms;
}

void websub_note_denied(struct websub_state *s, struct str reason, int64_t now_ms)
{
	int hubs = hub_count(s);

	s->phase = WEBSUB_DENIED;
	s->hub = hubs > 0 ? (s->hub + 1) % hubs : 0;
	s->errors++;
	s->asked_ms = s->suspect_ms = TIME_NONE;
	s->action_ms = s->hub != 0 ? now_ms : now_ms + day_ms;
	set_reason(s, str_empty(reason) ? STR("the hub denied the subscription without a reason") : reason);
}

void websub_note_pushed(struct websub_state *s, int64_t now_ms)
{
	s->pushed_ms = now_ms;
	s->suspect_ms = TIME_NONE;
	/* A push after the lease has run out does not change the phase. */
	if (s->phase == WEBSUB_VERIFIED)
		s->phase = WEBSUB_TRUSTED;
}

void websub_note_found(struct websub_state *s, int64_t now_ms)
{
	if (s->phase == WEBSUB_TRUSTED && s->suspect_ms == TIME_NONE)
		s->suspect_ms = now_ms;
}
