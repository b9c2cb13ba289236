/* SPDX-License-Identifier: ISC */
#include "feed_look.h"

#include "parts.h"
#include "sitrep/base/clock.h"
#include "sitrep/base/xml_text.h"

/* A feed without validators counts as heavy after so many answers of so many bytes, on average. */
enum { HEAVY_ANSWERS = 3, HEAVY_BYTES = 100 * 1000 };

static const char *const names[LOOK_STATES] = {
	[LOOK_FAILING] = "failing", [LOOK_QUIET] = "quiet", [LOOK_HEAVY] = "heavy", [LOOK_WELL] = "well"};

static const int64_t day_ms = INT64_C(24) * 3600 * 1000;

const char *feed_look_name(enum feed_look_state state)
{
	return names[state];
}

enum feed_look_state feed_look_parse(struct str name)
{
	int state = 0;

	while (state < LOOK_STATES && !str_eq(name, str_from(names[state])))
		state++;
	return (enum feed_look_state)state;
}

/* Each answer is a whole one: the server's validators save nothing, or it gives none and the feed is large. */
static bool is_heavy(const struct feed_state *s, const struct feed_history *h)
{
	int64_t answers = s->polls - s->not_modified;

	if (s->health != FEED_OK)
		return false;
	return validator_trust_is_useless(&h->trust) ||
	       (s->etag == NULL && s->last_modified == NULL && answers >= HEAVY_ANSWERS &&
		       s->bytes / answers >= HEAVY_BYTES);
}

static enum feed_look_state state_of(const struct feed_state *s, const struct feed_history *h)
{
	if (s->health == FEED_FAILING || s->health == FEED_GONE)
		return LOOK_FAILING;
	if (feed_history_is_silent(h))
		return LOOK_QUIET;
	return is_heavy(s, h) ? LOOK_HEAVY : LOOK_WELL;
}

void feed_look(struct feed_look *look, const struct feed_state *s, struct feed_history *h, int64_t now_ms)
{
	feed_history_decode(str_make((const char *)s->history, s->history_len), h);
	*look = (struct feed_look){
		.state = state_of(s, h),
		.is_known = h->rhythm.seen_ms != TIME_NONE,
		.posts_per_day = rhythm_posts_per_day(&h->rhythm),
		.delay_ms = h->delay_ms,
	};
	rhythm_recent(&h->rhythm, now_ms, look->days);
}

/* ---- words ---- */

void feed_look_tenths(struct buf *out, double n)
{
	buf_printf(out, "%.1f", n < 0 ? 0 : n > 1e9 ? 1e9 : n);
}

void feed_look_bytes(struct buf *out, int64_t bytes)
{
	static const char *const units[] = {"B", "KB", "MB", "GB", "TB"};
	size_t unit = 0;
	double n = (double)bytes;

	for (; n >= 1000 && unit + 1 < sizeof(units) / sizeof(units[0]); unit++)
		n /= 1000;
	buf_printf(out, unit > 0 && n < 10 ? "%.1f %s" : "%.0f %s", n, units[unit]);
}

/* The first letter large, a full stop at the end. */
static void put_sentence(struct buf *out, const char *reason)
{
	struct str s = str_from(reason);
	char first[2] = {s.len > 0 && s.data[0] >= 'a' && s.data[0] <= 'z' ? (char)(s.data[0] - 32) : '\0', '\0'};

	buf_puts(out, first);
	buf_add_xml(out, first[0] != '\0' ? str_slice(s, 1, s.len) : s);
}

static void put_failing(struct buf *out, const struct feed_state *s, int64_t now_ms)
{
	if (s->health == FEED_GONE) {
		buf_puts(out,
			"Its server answered that it is gone for good (410). It is not polled until you ask for it.");
		return;
	}
	put_sentence(out, s->reason != NULL ? s->reason : "its last poll failed");
	if (s->failing_since_ms != TIME_NONE) {
		buf_puts(out, ", since ");
		if (s->failing_since_ms / day_ms == now_ms / day_ms)
			part_clock(out, s->failing_since_ms);
		else
			part_moment(out, s->failing_since_ms);
	}
	if (s->errors > 1)
		buf_printf(out, ", %d times", s->errors);
	buf_putc(out, '.');
}

static void put_quiet(struct buf *out, const struct feed_look *look, const struct feed_history *h, int64_t now_ms)
{
	if (look->posts_per_day >= 1) {
		buf_puts(out, "Usually posts ");
		buf_printf(out, "%.0f", look->posts_per_day);
		buf_puts(out, " a day; nothing for ");
	} else {
		buf_puts(out, "Usually posts every ");
		buf_printf(out, "%.0f", look->posts_per_day > 0.001 ? 1 / look->posts_per_day : 1000);
		buf_puts(out, " days; nothing for ");
	}
	part_span(out, now_ms - h->rhythm.post_gaps.last_ms);
	buf_putc(out, '.');
}

static void put_heavy(struct buf *out, const struct feed_state *s)
{
	int64_t full = s->polls - s->not_modified;

	buf_puts(out, "Sends the whole feed each time");
	if (full > 0) {
		buf_puts(out, ", some ");
		feed_look_bytes(out, s->bytes / full);
	}
	buf_puts(out, ", whether it has changed or not.");
}

void feed_look_words(struct buf *out, const struct feed_look *look, const struct feed_state *s,
	const struct feed_history *h, int64_t now_ms)
{
	switch (look->state) {
	case LOOK_FAILING:
		put_failing(out, s, now_ms);
		break;
	case LOOK_QUIET:
		put_quiet(out, look, h, now_ms);
		break;
	case LOOK_HEAVY:
		put_heavy(out, s);
		break;
	case LOOK_WELL:
	case LOOK_STATES:
		buf_puts(out, s->last_poll_ms == TIME_NONE ? "not asked yet"
			      : s->pushed                  ? "pushed by its hub"
							   : feed_history_why(h));
		break;
	}
}
