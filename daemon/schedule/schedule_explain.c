/* SPDX-License-Identifier: ISC */
/* The schedule's reasoning for a person: the facts about the feed, the plan, and the hint that decided. */
#include <stdio.h>

#include "sitrep/base/clock.h"
#include "sitrep/base/units.h"
#include "sitrep/schedule/schedule.h"

#define SECOND_MS INT64_C(1000)
#define MINUTE_MS INT64_C(60000)

enum { NUMBER_TEXT_MAX = 32 };

const char *schedule_hint_name(enum schedule_hint hint)
{
	switch (hint) {
	case HINT_RETRY_AFTER:
		return "Retry-After";
	case HINT_FRESH:
		return "Cache-Control or Expires";
	case HINT_TTL:
		return "ttl";
	case HINT_PERIOD:
		return "sy:updatePeriod";
	case HINT_SKIP:
		return "skipHours or skipDays";
	case HINT_NONE:
		break;
	}
	return "";
}

/* Rounded to a second, from ten minutes on to a minute. */
static const char *pause_text(char text[TIME_TEXT_MAX], int64_t ms)
{
	int64_t unit = ms < SECOND_MS ? 1 : ms < 10 * MINUTE_MS ? SECOND_MS : MINUTE_MS;

	return duration_format_spaced(text, (ms + unit / 2) / unit * unit);
}

/* A number with two significant digits and no exponent. */
static const char *number_text(char text[NUMBER_TEXT_MAX], double value)
{
	snprintf(text, NUMBER_TEXT_MAX, "%.*f", value >= 10 ? 0 : value >= 1 ? 1 : 2, value);
	return text;
}

static void explain_rhythm(const struct schedule_input *in, const struct schedule_plan *plan,
	const struct rhythm_forecast *f, struct buf *out)
{
	char number[NUMBER_TEXT_MAX];

	number_text(number, plan->posts_per_day);
	if (in->rhythm == NULL || in->rhythm->seen_ms == TIME_NONE) {
		buf_printf(out, "Its posting rhythm is not known yet; %s posts a day are assumed.\n", number);
		return;
	}
	buf_printf(
		out, "It posts %s times a day, as learnt over %.1f days; ", number, (double)in->rhythm->observed_days);
	buf_printf(out, "%s posts an hour are usual now.\n", number_text(number, rhythm_forecast_usual(f, in->now_ms)));
	if (plan->burst > 0.8 && plan->burst < 1.2)
		return;
	buf_printf(out, "Lately it has posted %s than usual: %s times as much is expected now.\n",
		plan->burst > 1 ? "more" : "less", number_text(number, plan->burst));
}

static void explain_errors(const struct schedule_input *in, const struct schedule_plan *plan, struct buf *out)
{
	char text[TIME_TEXT_MAX];
	const struct feed_state *s = in->state;

	buf_printf(out, "%d %s failed in a row (%s", s->errors, s->errors == 1 ? "poll has" : "polls have",
		poll_failure_name(s->failure));
	if (s->http_status > 0)
		buf_printf(out, ", HTTP %d", s->http_status);
	buf_printf(out, "), so the pause has grown to %s; it grows up to a day.\n", pause_text(text, plan->wanted_ms));
}

static void explain_model(const struct schedule_input *in, const struct schedule_plan *plan, struct buf *out)
{
	char low[TIME_TEXT_MAX], high[TIME_TEXT_MAX], text[TIME_TEXT_MAX];

	if (in->pushed)
		buf_puts(out, "A hub delivers its items, so polls are only a precaution.\n");
	else if (in->unconditional)
		buf_puts(out, "Its server sends a full answer each time, so a poll costs more: it is polled less "
			      "often, but at least once a day.\n");
	else
		buf_printf(out, "[poll] allows a pause from %s to %s.\n", pause_text(low, in->policy->min_ms),
			pause_text(high, in->policy->max_ms));
	buf_printf(out, "The best pause by its posting rhythm is %s.\n", pause_text(text, plan->wanted_ms));
}

static void explain_server(const struct schedule_plan *plan, struct buf *out)
{
	char text[TIME_TEXT_MAX];

	if (plan->hint == HINT_NONE)
		return;
	buf_printf(out, "The server asks (%s) to wait %s%s.\n", schedule_hint_name(plan->hint),
		pause_text(text, plan->hint_ms), plan->reason == SCHEDULE_SERVER ? "" : ", which has passed by then");
}

int schedule_explain(const struct schedule_input *in, const struct schedule_plan *plan, struct buf *out)
{
	char due[TIME_TEXT_MAX], pause[TIME_TEXT_MAX], number[NUMBER_TEXT_MAX];
	struct rhythm_forecast f;

	rhythm_forecast(in->rhythm, in->now_ms, &f);
	explain_rhythm(in, plan, &f, out);
	if (plan->reason == SCHEDULE_GONE) {
		buf_puts(out, "It has answered 410 (gone), so it is not polled any more.\n");
		return out->failed;
	}
	if (in->state->health == FEED_FAILING)
		explain_errors(in, plan, out);
	else if (in->policy->interval_ms > 0)
		buf_printf(out, "The configuration asks for a poll every %s.\n",
			duration_format_spaced(pause, in->policy->interval_ms));
	else
		explain_model(in, plan, out);
	explain_server(plan, out);
	buf_printf(out, "Its next poll is %s after the last one, at %s: %s.\n",
		pause_text(pause, plan->due_ms - in->now_ms), time_format_rfc3339(due, plan->due_ms), plan->why);
	buf_printf(out, "By then %s new posts are expected; on average they are seen %s after they were posted.\n",
		number_text(number, plan->expected_posts), pause_text(pause, plan->expected_delay_ms));
	return out->failed;
}
