/* SPDX-License-Identifier: ISC */
/* Rhythms that were learnt, as the database gives them back: the first byte says of which (post_gaps.h, burst.h,
 * growth.h), the rest is any bytes.  Valid bytes are written as the same bytes again; those of a burst after they were
 * written once, since an earlier version has left out a part.  With any valid ones the figures are numbers within their
 * bounds, and what comes next can be learnt and written. */
#include "fuzz.h"

#include <math.h>

#include "../../daemon/ingest/burst.h"
#include "../../daemon/ingest/growth.h"
#include "sitrep/base/clock.h"
#include "sitrep/base/codec.h"
#include "sitrep/schedule/post_gaps.h"

/* 2026-11-23T10:00:00Z */
#define NOW_MS INT64_C(1795428000000)
#define HOUR_MS (INT64_C(3600) * 1000)

static struct buf bytes, first;

FUZZ_SETUP
{
	buf_init(&bytes, FUZZ_BUF_MAX);
	buf_init(&first, FUZZ_BUF_MAX);
	return 0;
}

static struct code writing(void)
{
	buf_clear(&bytes);
	return (struct code){.out = &bytes};
}

/* The part of the input that was read. */
static struct str taken(struct str input, const struct code *c)
{
	return str_slice(input, 0, input.len - c->in.len);
}

static void check_limits(const struct post_gaps *p, struct str input)
{
	double usual = post_gaps_usual(p), limit = post_gaps_limit(p);

	fuzz_require(isfinite(usual) && usual >= 0, input);
	fuzz_require(isfinite(limit) && limit >= 2 * usual, input);
}

/* Counts come in any order of their bins, and a bin may come twice, so what is written may be shorter. */
static void try_pauses(struct str input)
{
	struct code in = {.in = input}, out;
	struct post_gaps p;

	post_gaps_init(&p);
	post_gaps_code(&in, &p);
	if (in.bad)
		return;
	check_limits(&p, input);
	out = writing();
	post_gaps_code(&out, &p);
	fuzz_require(!out.bad && bytes.failed == 0 && bytes.len <= taken(input, &in).len, input);
	for (int i = 0; i < 3; i++) {
		post_gaps_pass(&p, 0.2 + 10 * i);
		post_gaps_meet(&p, NOW_MS + i * HOUR_MS);
		check_limits(&p, input);
	}
	post_gaps_skip(&p);
	check_limits(&p, input);
}

static void try_burst(struct str input)
{
	static const int64_t later_ms[] = {0, 1000, HOUR_MS, 9 * HOUR_MS, 169 * HOUR_MS, -HOUR_MS};
	struct code in = {.in = input}, out;
	struct burst_figures f;
	struct burst b;

	burst_init(&b);
	burst_code(&in, &b);
	if (in.bad)
		return;
	buf_clear(&first);
	out = (struct code){.out = &first};
	burst_code(&out, &b);
	fuzz_require(!out.bad && first.len >= taken(input, &in).len, input);
	burst_init(&b);
	in = (struct code){.in = buf_str(&first)};
	burst_code(&in, &b);
	out = writing();
	burst_code(&out, &b);
	fuzz_require(!in.bad && in.in.len == 0 && !out.bad && str_eq(buf_str(&bytes), buf_str(&first)), input);
	burst_is_learning(&b, NOW_MS);
	for (size_t i = 0; i < sizeof(later_ms) / sizeof(later_ms[0]); i++) {
		burst_note(&b, NOW_MS + later_ms[i], &f);
		/* nothing is counted together while it learns */
		fuzz_require(f.seen > 0 || burst_is_learning(&b, NOW_MS + later_ms[i]), input);
		fuzz_require(isfinite(f.expected) && f.expected >= 0 && isfinite(f.score), input);
	}
	fuzz_require(!burst_is_forgotten(&b, NOW_MS), input);
	out = writing();
	burst_code(&out, &b);
	fuzz_require(!out.bad, input);
}

static void try_growth(struct str input)
{
	struct code in = {.in = input}, out;
	struct growth g;

	growth_init(&g);
	growth_code(&in, &g);
	if (in.bad)
		return;
	out = writing();
	growth_code(&out, &g);
	fuzz_require(!out.bad && str_eq(buf_str(&bytes), taken(input, &in)), input);
	for (int64_t speed = GROWTH_LEAST; speed < GROWTH_MOST + 3; speed++) {
		double expected;

		growth_note(&g, NOW_MS + speed * HOUR_MS, speed, &expected);
		fuzz_require(isfinite(expected) && expected >= 0, input);
	}
	growth_is_learning(&g, NOW_MS);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str input = fuzz_str(data + (size > 0), size - (size > 0));

	if (size == 0)
		return 0;
	if (data[0] % 3 == 0)
		try_pauses(input);
	else if (data[0] % 3 == 1)
		try_burst(input);
	else
		try_growth(input);
	return 0;
}
