/* SPDX-License-Identifier: ISC */
/* rhythm.h: when a feed posts, learnt from its polls.
 *
 * A struct rhythm holds all that is known of a feed's posting: a few hundred bytes, of fixed size, without pointers.
 * rhythm_note_poll() learns from one successful poll.  rhythm_forecast() gives the number of posts to expect in any
 * later hour, and the schedule (schedule.h) plans polls with it.  The functions read no clock and keep no other state:
 * the same polls give the same rhythm on any machine.
 *
 * The model: posts come at random, at a rate
 *
 *	rate(t) = long-term rate x hour of day x day of week x minute of the hour x burst
 *
 * with times in UTC.  The first four are learnt from counts.  The counts fade over weeks, so that a feed's summer does
 * not rule its winter.  The factor of an hour begins at 1, like that of every other hour, and moves away from 1 only as
 * far as the counts prove: one day of history changes little.
 *
 * The burst factor compares the posts of the last hours with the number expected.  It does so over four spans, from an
 * hour to three days, and returns to 1 within the span.  So a feed is polled often during a breaking story and rarely
 * during a holiday, and both end by themselves.  How much a span counts is learnt, too, from how well it has foretold
 * the posts after it: a feed that posts at random is not polled at once after each post.
 *
 * Sia, Cho and Cho had the idea to learn a daily posting rate for each feed and to place polls by it: "Efficient
 * Monitoring Algorithm for Fast News Alerts", IEEE TKDE 19(7), 2007. */
#ifndef SITREP_SCHEDULE_RHYTHM_H
#define SITREP_SCHEDULE_RHYTHM_H

#include <stddef.h>
#include <stdint.h>

#include "sitrep/base/buf.h"
#include "sitrep/base/clock.h"
#include "sitrep/base/error.h"
#include "sitrep/schedule/post_gaps.h"

enum {
	RHYTHM_HOURS = 24,
	RHYTHM_DAYS = 7,    /* 0 is Sunday */
	RHYTHM_SLOTS = 12,  /* of five minutes in the hour */
	RHYTHM_SPANS = 4,   /* over which bursts are looked for */
	RHYTHM_RECENT = 14, /* days counted one by one */
};

/* Posts a day that are assumed for an unknown feed. */
#define RHYTHM_PRIOR_POSTS_PER_DAY 12.0

struct rhythm {
	int64_t seen_ms;      /* the time of the last poll that was noted; TIME_NONE: none */
	int64_t last_post_ms; /* the newest post counted; TIME_NONE: none */
	float observed_days;  /* days that the history covers; does not fade */
	/* Posts counted and hours watched, by the part of the day and the week they fell into; they fade. */
	float hour_posts[RHYTHM_HOURS], hour_watched[RHYTHM_HOURS];
	float day_posts[RHYTHM_DAYS], day_watched[RHYTHM_DAYS];
	float slot_moments[RHYTHM_SLOTS]; /* posts that came together count once */
	struct {
		float posts, expected; /* over about one span */
		float merit;           /* log of how much better than no burst factor it foretold the posts */
	} spans[RHYTHM_SPANS];
	int32_t recent_day;             /* days since 1970 of recent[0] */
	uint16_t recent[RHYTHM_RECENT]; /* posts on that day and on the 13 before it */
	uint16_t shown;                 /* items that the feed shows at a time; 0: not known */
	struct post_gaps post_gaps;
};

/* Sets *r to an unknown feed. */
void rhythm_init(struct rhythm *r);

/* The result of a successful poll; a 304 has no fresh items, and shown is 0. */
struct rhythm_poll {
	int64_t at_ms;
	/* The publication times of the items never seen before; TIME_NONE: the item has none.  The call changes the
	 * array.  An impossible time (before the last poll, in the future) counts as none.  Items without time must
	 * have come since the last poll, and are spread evenly over that time.  Items dated days before that poll
	 * are from an archive, and do not count. */
	int64_t *published_ms;
	size_t fresh;
	size_t shown; /* items in the document; 0: none was sent */
};

/* Learns from a poll.  The first poll brings a backlog, from whose times the weeks before are learnt, unless most of
 * its items were known already.  When all items of a later poll are new, items before the oldest of them were missed,
 * and the time before it counts as not watched.  A poll that is earlier than the last one (the clock was set back)
 * counts posts, but no time. */
void rhythm_note_poll(struct rhythm *r, const struct rhythm_poll *poll);

/* The forecast from a moment on.  It is made once and read many times. */
struct rhythm_forecast {
	int64_t from_ms;
	double posts_per_hour;                                           /* long-term */
	double hour[RHYTHM_HOURS], day[RHYTHM_DAYS], slot[RHYTHM_SLOTS]; /* factors, one on average */
	double lift[RHYTHM_SPANS]; /* what bursts add to a factor of one at from_ms, by span */
};

/* r NULL: nothing is known. */
void rhythm_forecast(const struct rhythm *r, int64_t from_ms, struct rhythm_forecast *f);
/* Posts per hour at a time not before from_ms; the same within five minutes of the hour, but for bursts. */
double rhythm_forecast_rate(const struct rhythm_forecast *f, int64_t at_ms);
/* The same without bursts: the usual rate at that time of day and week. */
double rhythm_forecast_usual(const struct rhythm_forecast *f, int64_t at_ms);
/* The expected rate at from_ms divided by the usual rate: above one in a burst, below one in a silence. */
double rhythm_forecast_burst(const struct rhythm_forecast *f);

/* Posts per hour expected at at_ms, for a single time. */
double rhythm_rate_at(const struct rhythm *r, int64_t at_ms);
/* Long-term posts per day. */
double rhythm_posts_per_day(const struct rhythm *r);
/* Posts counted on each of the last 14 days (UTC) as of now_ms, oldest first. */
void rhythm_recent(const struct rhythm *r, int64_t now_ms, uint32_t posts[RHYTHM_RECENT]);

/* One compact form, the same on every machine, that begins with its version.  Appends; 0 or out's failure. */
int rhythm_encode(const struct rhythm *r, struct buf *out);
/* -EPROTO when bytes are damaged or of another version: *r is as after rhythm_init(), and the feed is
 * learnt anew. */
int rhythm_decode(struct str bytes, struct rhythm *r, struct error *err);

#endif
