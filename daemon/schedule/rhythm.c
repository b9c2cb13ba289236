/* SPDX-License-Identifier: ISC */
/* The learning half of the rhythm; its encoded form stands in rhythm_code.c.
 *
 * The learning walks through time in pieces, oldest first; a piece ends at a full hour or at a post. Each piece adds
 * its hours to the watched time and its expected posts to the burst spans; each post adds one. Counts fade
 * exponentially with age, so only the counts are kept. */
#include "sitrep/schedule/rhythm.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define HOUR_MS INT64_C(3600000)
#define DAY_MS (24 * HOUR_MS)
#define SLOT_MS (HOUR_MS / RHYTHM_SLOTS)

/* A count fades to a third (1/e) within this time. */
static const double memory_hours = 28 * 24;
/* The belief in a burst span fades to a third within this time. */
static const double merit_hours = 14 * 24;
/* History older than this is ignored: its counts would have faded. */
static const int64_t history_ms = 56 * DAY_MS;
/* After a pause this long all counts have faded to nothing. */
static const int64_t forgotten_ms = 3650 * DAY_MS;
/* An item that is dated this long before the previous poll comes from an archive and is no post. */
static const int64_t archive_ms = 2 * DAY_MS;
/* Times no older than this are ignored: some feeds date all items with the moment of the request, which would teach us
 * our own polls. */
static const int64_t stamped_ms = 5000;
/* A poll without news this soon after another one is ignored. */
static const int64_t moment_ms = 30 * 1000;

/* The weight of the prior in hours of history: after a first quiet day the rate falls, but not to zero. */
static const double prior_hours = 8;
/* The weight, in posts, of the assumption that all hours and days are alike. */
static const double hour_doubt = 4, day_doubt = 8;
/* The same where gaps between posts are measured: a night in which a feed never posts must not make them long. */
static const double gap_hour_doubt = 1, gap_day_doubt = 2;
/* The maximal belief in a minute pattern; the rest of the posts may come at any minute. */
static const double slot_belief_max = 0.9;
/* The factor that minute counts keep after a poll with impossible post times. */
static const double doubted_share = 0.75;

/* Each span compares the posts of its last hours with the expected number. strength: the number of expected posts at
 * which the factor moves half way. share: the initial belief in the span; the rest is the belief in no bursts. */
static const struct {
	double hours, strength, share;
} spans[RHYTHM_SPANS] = {
	{1, 0.25, 0.1},
	{4, 0.5, 0.15},
	{16, 1, 0.15},
	{72, 2, 0.2},
};
static const double no_burst_share = 0.4;
/* The evidence for a span is capped at this, so that a changed feed is learnt anew within days. */
static const double merit_max = 12;

/* ---- small things ---- */

static int64_t floor_to(int64_t ms, int64_t unit)
{
	int64_t rest = ms % unit;

	return rest < 0 ? ms - rest - unit : ms - rest;
}

static size_t hour_of(int64_t ms)
{
	return (size_t)((ms - floor_to(ms, DAY_MS)) / HOUR_MS);
}

static size_t slot_of(int64_t ms)
{
	return (size_t)((ms - floor_to(ms, HOUR_MS)) / SLOT_MS);
}

static int64_t days_of(int64_t ms)
{
	return floor_to(ms, DAY_MS) / DAY_MS;
}

/* 1970-01-01 was a Thursday. */
static size_t weekday_of(int64_t ms)
{
	int64_t day = (days_of(ms) + 4) % RHYTHM_DAYS;

	return (size_t)(day < 0 ? day + RHYTHM_DAYS : day);
}

static double sum(const float *values, size_t count)
{
	double total = 0;

	for (size_t i = 0; i < count; i++)
		total += (double)values[i];
	return total;
}

static void fade(float *values, size_t count, double share)
{
	for (size_t i = 0; i < count; i++)
		values[i] = (float)((double)values[i] * share);
}

/* From one time to a later one, 0 when it is not later; bounded, since a damaged time must not overflow. */
static int64_t elapsed_ms(int64_t from_ms, int64_t to_ms)
{
	if (from_ms >= to_ms)
		return 0;
	return from_ms < to_ms - forgotten_ms ? forgotten_ms : to_ms - from_ms;
}

static int by_time(const void *a, const void *b)
{
	const int64_t *left = a, *right = b;

	return (*left > *right) - (*left < *right);
}

void rhythm_init(struct rhythm *r)
{
	*r = (struct rhythm){.seen_ms = TIME_NONE, .last_post_ms = TIME_NONE};
	post_gaps_init(&r->post_gaps);
}

/* ---- the model ---- */

static double long_term_rate(const struct rhythm *r)
{
	double prior_posts = RHYTHM_PRIOR_POSTS_PER_DAY / 24 * prior_hours;

	return (prior_posts + sum(r->hour_posts, RHYTHM_HOURS)) / (prior_hours + sum(r->hour_watched, RHYTHM_HOURS));
}

/* The factor of each part: its posts divided by its expected posts, drawn towards one by doubt; one on average. */
static void factors(const float *posts, const float *watched, size_t count, double rate, double doubt, double *out)
{
	double mean = 0;

	for (size_t i = 0; i < count; i++) {
		out[i] = ((double)posts[i] + doubt) / ((double)watched[i] * rate + doubt);
		mean += out[i] / (double)count;
	}
	for (size_t i = 0; i < count; i++)
		out[i] /= mean;
}

/* Posts spread evenly over the hour differ by chance, by as much as chi-squared with 11 degrees of freedom says; only a
 * larger difference counts as a pattern. */
static void slot_factors(const struct rhythm *r, double *out)
{
	double total = sum(r->slot_moments, RHYTHM_SLOTS), expected = total / RHYTHM_SLOTS, chi2 = 0, belief = 0;

	for (size_t i = 0; i < RHYTHM_SLOTS && expected > 0; i++) {
		double off = (double)r->slot_moments[i] - expected;

		chi2 += off * off / expected;
	}
	if (chi2 > 2 * (RHYTHM_SLOTS - 1))
		belief = fmin(slot_belief_max, 1 - 2 * (RHYTHM_SLOTS - 1) / chi2);
	for (size_t i = 0; i < RHYTHM_SLOTS; i++)
		out[i] = 1 + (belief > 0 ? belief * ((double)r->slot_moments[i] / expected - 1) : 0);
}

static double span_factor(const struct rhythm *r, size_t i)
{
	return (spans[i].strength + (double)r->spans[i].posts) / (spans[i].strength + (double)r->spans[i].expected);
}

/* The belief in each span.  The sum of all, and of the belief in no bursts, is one. */
static void span_beliefs(const struct rhythm *r, double *beliefs)
{
	double total = no_burst_share;

	for (size_t i = 0; i < RHYTHM_SPANS; i++) {
		beliefs[i] = spans[i].share * exp((double)r->spans[i].merit);
		total += beliefs[i];
	}
	for (size_t i = 0; i < RHYTHM_SPANS; i++)
		beliefs[i] /= total;
}

void rhythm_forecast(const struct rhythm *r, int64_t from_ms, struct rhythm_forecast *f)
{
	double beliefs[RHYTHM_SPANS];
	struct rhythm nothing;
	int64_t since_ms;

	if (r == NULL) {
		rhythm_init(&nothing);
		r = &nothing;
	}
	since_ms = r->seen_ms != TIME_NONE ? elapsed_ms(r->seen_ms, from_ms) : 0;
	f->from_ms = from_ms;
	f->posts_per_hour = long_term_rate(r);
	factors(r->hour_posts, r->hour_watched, RHYTHM_HOURS, f->posts_per_hour, hour_doubt, f->hour);
	factors(r->day_posts, r->day_watched, RHYTHM_DAYS, f->posts_per_hour, day_doubt, f->day);
	slot_factors(r, f->slot);
	span_beliefs(r, beliefs);
	for (size_t i = 0; i < RHYTHM_SPANS; i++)
		f->lift[i] = beliefs[i] * (span_factor(r, i) - 1) * exp(-(double)since_ms / HOUR_MS / spans[i].hours);
}

double rhythm_forecast_usual(const struct rhythm_forecast *f, int64_t at_ms)
{
	return f->posts_per_hour * f->hour[hour_of(at_ms)] * f->day[weekday_of(at_ms)] * f->slot[slot_of(at_ms)];
}

double rhythm_forecast_rate(const struct rhythm_forecast *f, int64_t at_ms)
{
	double hours = at_ms > f->from_ms ? (double)(at_ms - f->from_ms) / HOUR_MS : 0, burst = 1;

	for (size_t i = 0; i < RHYTHM_SPANS; i++)
		burst += f->lift[i] * exp(-hours / spans[i].hours);
	return rhythm_forecast_usual(f, at_ms) * burst;
}

double rhythm_forecast_burst(const struct rhythm_forecast *f)
{
	double burst = 1;

	for (size_t i = 0; i < RHYTHM_SPANS; i++)
		burst += f->lift[i];
	return burst;
}

double rhythm_rate_at(const struct rhythm *r, int64_t at_ms)
{
	struct rhythm_forecast f;

	rhythm_forecast(r, at_ms, &f);
	return rhythm_forecast_rate(&f, at_ms);
}

double rhythm_posts_per_day(const struct rhythm *r)
{
	return 24 * long_term_rate(r);
}

/* ---- learning ---- */

static void count_recent(struct rhythm *r, int64_t at_ms)
{
	int64_t day = days_of(at_ms), ahead = day - r->recent_day;

	if (ahead >= RHYTHM_RECENT || ahead <= -RHYTHM_RECENT) {
		memset(r->recent, 0, sizeof(r->recent));
	} else if (ahead > 0) {
		memmove(r->recent + ahead, r->recent, sizeof(r->recent[0]) * (size_t)(RHYTHM_RECENT - ahead));
		memset(r->recent, 0, sizeof(r->recent[0]) * (size_t)ahead);
	}
	if (ahead > 0 || ahead <= -RHYTHM_RECENT) {
		r->recent_day = (int32_t)day;
		ahead = 0;
	}
	if (r->recent[-ahead] < UINT16_MAX)
		r->recent[-ahead]++;
}

void rhythm_recent(const struct rhythm *r, int64_t now_ms, uint32_t posts[RHYTHM_RECENT])
{
	int64_t today = days_of(now_ms);

	for (int64_t i = 0; i < RHYTHM_RECENT; i++) {
		int64_t place = r->recent_day - (today - (RHYTHM_RECENT - 1) + i);

		posts[i] = place >= 0 && place < RHYTHM_RECENT ? r->recent[place] : 0;
	}
}

/* Notes in the burst spans that hours have passed, in which rate posts an hour were usual. */
static void pass_hours(struct rhythm *r, double rate, double hours)
{
	for (size_t i = 0; i < RHYTHM_SPANS; i++) {
		double kept = exp(-hours / spans[i].hours), seen = rate * spans[i].hours * (1 - kept);

		r->spans[i].merit = (float)((double)r->spans[i].merit - (span_factor(r, i) - 1) * seen);
		r->spans[i].posts = (float)((double)r->spans[i].posts * kept);
		r->spans[i].expected = (float)((double)r->spans[i].expected * kept + seen);
	}
}

static void note_post(struct rhythm *r)
{
	for (size_t i = 0; i < RHYTHM_SPANS; i++) {
		r->spans[i].merit = (float)((double)r->spans[i].merit + log(span_factor(r, i)));
		r->spans[i].posts += 1;
	}
}

static void bound_merits(struct rhythm *r, double hours)
{
	for (size_t i = 0; i < RHYTHM_SPANS; i++) {
		double merit = (double)r->spans[i].merit * exp(-hours / merit_hours);

		r->spans[i].merit = (float)fmax(-merit_max, fmin(merit_max, merit));
	}
}

/* Learns the time from from_ms to to_ms, in which the count posts (sorted) came. */
static void take_window(struct rhythm *r, int64_t from_ms, int64_t to_ms, const int64_t *posts, size_t count)
{
	struct rhythm_forecast usual, sharp;
	int64_t at_ms = from_ms;
	size_t i = 0;

	rhythm_forecast(r, from_ms, &usual);
	for (size_t s = 0; s < RHYTHM_SLOTS; s++)
		usual.slot[s] = 1; /* one hour is the finest unit here */
	sharp = usual;
	factors(r->hour_posts, r->hour_watched, RHYTHM_HOURS, usual.posts_per_hour, gap_hour_doubt, sharp.hour);
	factors(r->day_posts, r->day_watched, RHYTHM_DAYS, usual.posts_per_hour, gap_day_doubt, sharp.day);
	while (at_ms < to_ms || i < count) {
		int64_t hour_end_ms = floor_to(at_ms, HOUR_MS) + HOUR_MS;
		int64_t end_ms = i < count && posts[i] < hour_end_ms ? posts[i] : hour_end_ms;
		double weight, hours;

		if (end_ms > to_ms)
			end_ms = to_ms;
		hours = (double)(end_ms - at_ms) / HOUR_MS;
		weight = exp(-(double)(to_ms - at_ms) / HOUR_MS / memory_hours);
		if (hours > 0) {
			r->hour_watched[hour_of(at_ms)] += (float)(hours * weight);
			r->day_watched[weekday_of(at_ms)] += (float)(hours * weight);
			pass_hours(r, rhythm_forecast_usual(&usual, at_ms), hours);
			post_gaps_pass(
				&r->post_gaps, rhythm_forecast_usual(&sharp, at_ms) / sharp.posts_per_hour * hours);
		}
		for (at_ms = end_ms; i < count && posts[i] <= at_ms; i++) {
			r->hour_posts[hour_of(posts[i])] += (float)weight;
			r->day_posts[weekday_of(posts[i])] += (float)weight;
			note_post(r);
			post_gaps_meet(&r->post_gaps, posts[i]);
		}
	}
	r->observed_days += (float)((double)(to_ms - from_ms) / DAY_MS);
}

/* The minute of the hour is learnt from dated posts only; posts that came together count once. */
static void take_slots(struct rhythm *r, const int64_t *posts, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (i == 0 || posts[i] - posts[i - 1] >= SLOT_MS)
			r->slot_moments[slot_of(posts[i])] += 1;
}

static void fade_counts(struct rhythm *r, double hours)
{
	double kept = exp(-hours / memory_hours);

	fade(r->hour_posts, RHYTHM_HOURS, kept);
	fade(r->hour_watched, RHYTHM_HOURS, kept);
	fade(r->day_posts, RHYTHM_DAYS, kept);
	fade(r->day_watched, RHYTHM_DAYS, kept);
	fade(r->slot_moments, RHYTHM_SLOTS, kept);
}

/* Learns from a backlog, sorted.  One old item that is pinned to the top would stretch the watched time over years.  So
 * the oldest tenth of the items is left out, and the watched time begins after it. */
static void take_backlog(struct rhythm *r, const struct rhythm_poll *poll)
{
	const int64_t *dated = poll->published_ms;
	size_t count = poll->fresh, skipped;
	double assumed = long_term_rate(r);
	int64_t from_ms;

	while (count > 0 && *dated == TIME_NONE) {
		dated++;
		count--;
	}
	while (count > 0 && dated[count - 1] > poll->at_ms)
		count--;
	if (count == 0)
		return;
	skipped = count / 10;
	from_ms = dated[skipped];
	if (from_ms < poll->at_ms - history_ms)
		from_ms = poll->at_ms - history_ms;
	while (skipped < count && dated[skipped] <= from_ms)
		skipped++;
	take_window(r, from_ms, poll->at_ms, dated + skipped, count - skipped);
	take_slots(r, dated + skipped, count - skipped);
	/* The evidence so far is dropped: it was measured against a prior without knowledge of the feed. */
	for (size_t i = 0; i < RHYTHM_SPANS; i++) {
		r->spans[i].merit = 0;
		r->spans[i].expected = (float)((double)r->spans[i].expected * long_term_rate(r) / assumed);
	}
	for (size_t i = 0; i < count; i++)
		if (dated[i] > poll->at_ms - RHYTHM_RECENT * DAY_MS)
			count_recent(r, dated[i]);
	r->last_post_ms = dated[count - 1];
}

/* Gives each post since the last poll a time, in place.  Posts with an impossible time get evenly spread ones and come
 * first; the *dated posts after them keep their times.  Returns the number of all. */
static size_t place_posts(struct rhythm_poll *poll, int64_t from_ms, size_t *dated)
{
	size_t news = 0, right = 0, spread;

	for (size_t i = 0; i < poll->fresh; i++) {
		int64_t ms = poll->published_ms[i];

		if (ms != TIME_NONE && ms < from_ms - archive_ms)
			continue;
		poll->published_ms[news++] = ms > from_ms && ms < poll->at_ms - stamped_ms ? ms : TIME_NONE;
	}
	if (news > 0)
		qsort(poll->published_ms, news, sizeof(int64_t), by_time);
	while (right < news && poll->published_ms[right] == TIME_NONE)
		right++;
	spread = right;
	*dated = news - spread;
	for (size_t i = 0; i < spread; i++)
		poll->published_ms[i] =
			from_ms + (int64_t)((double)(poll->at_ms - from_ms) * (double)(i + 1) / (double)(spread + 1));
	return news;
}

void rhythm_note_poll(struct rhythm *r, const struct rhythm_poll *given)
{
	struct rhythm_poll poll = *given;
	int64_t from_ms = r->seen_ms;
	double hours;
	bool all_fresh = poll.shown > 0 && poll.fresh >= poll.shown;
	size_t news, dated;

	if (poll.fresh > 0)
		qsort(poll.published_ms, poll.fresh, sizeof(int64_t), by_time);
	if (poll.shown > 0)
		r->shown = poll.shown < UINT16_MAX ? (uint16_t)poll.shown : UINT16_MAX;
	/* A poll without posts so soon after another one adds nothing but rounding errors. */
	if (poll.fresh == 0 && from_ms != TIME_NONE && from_ms <= poll.at_ms && from_ms > poll.at_ms - moment_ms)
		return;
	r->seen_ms = poll.at_ms;
	if (r->last_post_ms > poll.at_ms)
		r->last_post_ms = poll.at_ms;
	if (from_ms == TIME_NONE) {
		/* few new items: the feed was known before, and they are no backlog */
		if (poll.fresh > poll.shown / 2)
			take_backlog(r, &poll);
		return;
	}
	if (from_ms > poll.at_ms)
		from_ms = poll.at_ms;
	hours = (double)elapsed_ms(from_ms, poll.at_ms) / HOUR_MS;
	fade_counts(r, hours);
	if (from_ms < poll.at_ms - history_ms)
		from_ms = poll.at_ms - history_ms;
	if (all_fresh && poll.published_ms[0] > from_ms && poll.published_ms[0] <= poll.at_ms) {
		from_ms = poll.published_ms[0] - 1;
		post_gaps_skip(&r->post_gaps);
	}
	news = place_posts(&poll, from_ms, &dated);
	/* When some dates of a poll are impossible, the others count less. */
	if (dated < news)
		fade(r->slot_moments, RHYTHM_SLOTS, doubted_share);
	/* dated posts go to the front before all are sorted */
	take_slots(r, poll.published_ms + (news - dated), dated);
	if (dated < news)
		qsort(poll.published_ms, news, sizeof(int64_t), by_time);
	take_window(r, from_ms, poll.at_ms, poll.published_ms, news);
	bound_merits(r, hours);
	for (size_t i = 0; i < news; i++)
		count_recent(r, poll.published_ms[i]);
	if (news > 0 && (r->last_post_ms == TIME_NONE || poll.published_ms[news - 1] > r->last_post_ms))
		r->last_post_ms = poll.published_ms[news - 1];
}
