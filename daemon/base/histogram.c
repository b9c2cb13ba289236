/* SPDX-License-Identifier: ISC */
#include "sitrep/base/histogram.h"

enum { MINUTE_MS = 60 * 1000 };

static const double bounds[][HISTOGRAM_BOUNDS] = {
	[HISTOGRAM_OF_WORK] = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30},
	[HISTOGRAM_OF_WAITS] = {1, 10, 60, 300, 600, 1800, 3600, 10800, 21600, 43200, 86400, 604800},
};

double histogram_bound(enum histogram_scale scale, size_t i)
{
	return bounds[scale][i];
}

void histogram_note(struct histogram *h, enum histogram_scale scale, int64_t us, unsigned n)
{
	size_t i = 0;

	if (us < 0)
		us = 0;
	while (i < HISTOGRAM_BOUNDS && (double)us > bounds[scale][i] * 1e6)
		i++;
	h->counts[i] += n;
	h->sum_us += (uint64_t)us * n;
}

void histogram_add(struct histogram *to, const struct histogram *from)
{
	for (size_t i = 0; i <= HISTOGRAM_BOUNDS; i++)
		to->counts[i] += from->counts[i];
	to->sum_us += from->sum_us;
}

void recent_max_note(struct recent_max *m, uint64_t value, int64_t now_ms)
{
	int64_t minute = now_ms / MINUTE_MS;

	if (m->minute != minute)
		*m = (struct recent_max){.before = m->minute + 1 == minute ? m->now : 0, .minute = minute};
	if (value > m->now)
		m->now = value;
}

uint64_t recent_max_get(const struct recent_max *m, int64_t now_ms)
{
	int64_t minute = now_ms / MINUTE_MS;

	if (m->minute == minute)
		return m->now > m->before ? m->now : m->before;
	return m->minute + 1 == minute ? m->now : 0;
}
