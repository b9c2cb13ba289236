/* SPDX-License-Identifier: ISC */
/* The schedule's reasoning for a person: the facts about the feed, the plan, and the hint that decided. */
#include <stdio.h>

#include "sitrep/base/clock.h"
#include "sitrep/schedule/schedule.h"

#define MINUTE_MS INT64_C(60000)

enum { PAUSE_TEXT_MAX = TIME_TEXT_MAX, NUMBER_TEXT_MAX = 32 };

const char *schedule_word_name(enum schedule_word w)
{
	switch (w) {
	case WORD_RETRY_AFTER:
		return "Retry-After";
	case WORD_FRESH:
		return "Cache-Control or Expires";
	case WORD_TTL:
		return "ttl";
	case WORD_PERIOD:
		return "sy:updatePeriod";
	case WORD_SKIP:
		return "skipHours or skipDays";
	case WORD_NONE:
		break;
	}
	return "";
}

/* A duration in at most two units: "3h20m", "12m", "40s". */
static const char *pause_text(char text[PAUSE_TEXT_MAX], int64_t ms)
{
	int64_t minutes = (ms + MINUTE_MS / 2) / MINUTE_MS;

	if (minutes < 10)
		return duration_format(text, ms >= 1000 ? (ms + 500) / 1000 * 1000 : ms);
	if (minutes < 60)
		(void)snprintf(text, PAUSE_TEXT_MAX, "%dm", (int)minutes);
	else if (minutes % 60 == 0)
		(void)snprintf(text, PAUSE_TEXT_MAX, "%lldh", (long long)(minutes / 60));
	else
		(void)snprintf(text, PAUSE_TEXT_MAX, "%lldh%dm", (long long)(minutes / 60), (int)(minutes % 60));
	return text;
}

/* A number with two significant digits and no exponent. */
static const char *number_text(char text[NUMBER_TEXT_MAX], double value)
{
	(void)snprintf(text, NUMBER_TEXT_MAX, "%.*f", value >= 10 ? 0 : value >= 1 ? 1 : 2, value);
	return text;
}

static void explain_habits(const struct schedule_input *in, const struct schedule_plan *plan,
	const struct rhythm_forecast *f, struct buf *out)
{
	char number[NUMBER_TEXT_MAX];

	(void)number_text(number, plan->posts_per_day);
	if (in->rhythm == NULL || in->rhythm->seen_ms == TIME_NONE) {
		(void)buf_printf(
			out, "Nothing is known of its habits; %s posts a day are taken for granted.\n", number);
		return;
	}
	(void)buf_printf(
		out, "It posts %s times a day, as learnt over %.1f days; ", number, (double)in->rhythm->observed_days);
	(void)buf_printf(
		out, "%s posts an hour are usual now.\n", number_text(number, rhythm_forecast_usual(f, in->now_ms)));
	if (plan->burst > 0.8 && plan->burst < 1.2)
		return;
	(void)buf_printf(out, "Lately it has posted %s than usual: %s times as much is expected now.\n",
		plan->burst > 1 ? "more" : "less", number_text(number, plan->burst));
}

static void explain_errors(const struct schedule_input *in, const struct schedule_plan *plan, struct buf *out)
{
	char text[PAUSE_TEXT_MAX];
	const struct feed_state *s = in->state;

	(void)buf_printf(out, "%d %s failed in a row (%s", s->errors, s->errors == 1 ? "poll has" : "polls have",
		poll_failure_name(s->failure));
	if (s->http_status > 0)
		(void)buf_printf(out, ", HTTP %d", s->http_status);
	(void)buf_printf(
		out, "), so the pause has grown to %s; it grows up to a day.\n", pause_text(text, plan->wanted_ms));
}

static void explain_model(const struct schedule_input *in, const struct schedule_plan *plan, struct buf *out)
{
	char low[PAUSE_TEXT_MAX], high[PAUSE_TEXT_MAX], text[PAUSE_TEXT_MAX];

	if (in->pushed)
		(void)buf_puts(out, "It is pushed to us, so polls only make sure that nothing was lost.\n");
	else if (in->unconditional)
		(void)buf_puts(out, "Its server sends everything each time, so a request costs more: it is asked less, "
				    "down to once a day.\n");
	else
		(void)buf_printf(out, "[poll] lets it be asked every %s at most and every %s at least.\n",
			pause_text(low, in->policy->min_ms), pause_text(high, in->policy->max_ms));
	(void)buf_printf(out, "Asking again is worth a request after %s.\n", pause_text(text, plan->wanted_ms));
}

static void explain_server(const struct schedule_plan *plan, struct buf *out)
{
	char text[PAUSE_TEXT_MAX];

	if (plan->word == WORD_NONE)
		return;
	(void)buf_printf(out, "The server's word (%s) is to wait %s%s.\n", schedule_word_name(plan->word),
		pause_text(text, plan->word_ms),
		plan->reason == SCHEDULE_SERVER ? "" : ", which would be over by then");
}

int schedule_explain(const struct schedule_input *in, const struct schedule_plan *plan, struct buf *out)
{
	char due[TIME_TEXT_MAX], pause[PAUSE_TEXT_MAX], number[NUMBER_TEXT_MAX];
	struct rhythm_forecast f;

	rhythm_forecast(in->rhythm, in->now_ms, &f);
	explain_habits(in, plan, &f, out);
	if (plan->reason == SCHEDULE_GONE) {
		(void)buf_puts(out, "It has answered 410 (gone), so it is not asked any more.\n");
		return out->failed;
	}
	if (in->state->health == FEED_FAILING)
		explain_errors(in, plan, out);
	else if (in->policy->interval_ms > 0)
		(void)buf_printf(out, "The configuration asks for a poll every %s.\n",
			duration_format(pause, in->policy->interval_ms));
	else
		explain_model(in, plan, out);
	explain_server(plan, out);
	(void)buf_printf(out, "So it is next asked %s after the last poll, at %s: %s.\n",
		pause_text(pause, plan->due_ms - in->now_ms), time_format_rfc3339(due, plan->due_ms), plan->why);
	(void)buf_printf(out, "By then %s new posts are expected, seen %s after they came, on average.\n",
		number_text(number, plan->expected_posts), pause_text(pause, plan->expected_delay_ms));
	return out->failed;
}
