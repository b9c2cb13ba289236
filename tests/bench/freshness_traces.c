/* SPDX-License-Identifier: ISC */
/* Made-up feeds.  All but batches are a rate that changes over time, gone through in steps of five minutes; each
 * step gets a Poisson number of posts at random moments within. */
#include "freshness_traces.h"

#include <math.h>
#include <stdlib.h>

#define MINUTE_MS INT64_C(60000)
#define HOUR_MS (60 * MINUTE_MS)
#define DAY_MS (24 * HOUR_MS)
#define STEP_MS (5 * MINUTE_MS)

static const double pi = 3.14159265358979323846;

const char *const trace_kind_names[TRACE_KINDS] = {"poisson", "rhythm", "bursty", "dead", "batch"};

/* splitmix64 */
uint64_t random_next(uint64_t *state)
{
	uint64_t x = *state += UINT64_C(0x9e3779b97f4a7c15);

	x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
	return x ^ (x >> 31);
}

double random_share(uint64_t *state)
{
	return (double)(random_next(state) >> 11) / 9007199254740992.0;
}

static double between(uint64_t *state, double low, double high)
{
	return low + (high - low) * random_share(state);
}

/* Around median, mostly within a factor of exp(sigma) of it. */
static double log_normal(uint64_t *state, double median, double sigma)
{
	double u = 1 - random_share(state), v = random_share(state);

	return median * exp(sigma * sqrt(-2 * log(u)) * cos(2 * pi * v));
}

static unsigned poisson(uint64_t *state, double mean)
{
	double limit = exp(-mean), product = random_share(state);
	unsigned n = 0;

	for (; product > limit; n++)
		product *= random_share(state);
	return n;
}

static bool add(struct trace *t, int64_t at_ms)
{
	if (t->count == t->cap) {
		size_t cap = t->cap == 0 ? 256 : t->cap * 2;
		int64_t *posts = realloc(t->posts_ms, cap * sizeof(*posts));

		if (posts == NULL)
			return false;
		t->posts_ms = posts;
		t->cap = cap;
	}
	t->posts_ms[t->count++] = at_ms;
	return true;
}

static bool add_posts(struct trace *t, uint64_t *state, int64_t from_ms, int64_t span_ms, double mean)
{
	unsigned n = poisson(state, mean);
	bool ok = true;

	for (unsigned i = 0; i < n && ok; i++)
		ok = add(t, from_ms + (int64_t)(random_share(state) * (double)span_ms));
	return ok;
}

static struct habit draw_habit(enum trace_kind kind, uint64_t *state, int64_t from_ms, int64_t to_ms)
{
	struct habit h = {.night = 1, .weekend = 1, .dies_ms = to_ms};

	switch (kind) {
	case TRACE_POISSON:
		h.rate = log_normal(state, 6.0 / 24, 1.2);
		break;
	case TRACE_RHYTHM:
		h.rate = log_normal(state, 10.0 / 24, 1.1);
		h.centre = between(state, 0, 24);
		h.width = between(state, 5, 12);
		h.night = between(state, 0, 0.2);
		h.weekend = between(state, 0.05, 0.8);
		break;
	case TRACE_BURSTY:
		h.rate = log_normal(state, 1.0 / 24, 0.7);
		h.stories = between(state, 0.05, 0.5);
		h.size = log_normal(state, 20, 0.6);
		h.length = between(state, 1.5, 10);
		break;
	case TRACE_DEAD:
		if (random_share(state) < 0.5) {
			h.rate = log_normal(state, 4.0 / 24, 1);
			h.dies_ms = from_ms + (int64_t)(random_share(state) * (double)(to_ms - from_ms));
		}
		break;
	case TRACE_BATCH:
	case TRACE_KINDS:
		break;
	}
	return h;
}

static double habit_factor(const struct habit *h, int64_t at_ms)
{
	double hour = (double)(at_ms % DAY_MS) / HOUR_MS, off = fabs(hour - h->centre);
	int64_t day = (at_ms / DAY_MS + 4) % 7;
	double factor = day == 0 || day == 6 ? h->weekend : 1;

	if (h->night >= 1)
		return factor;
	off = fmin(off, 24 - off);
	/* sloping ends of an hour */
	return factor * (h->night + (1 - h->night) * fmax(0, fmin(1, h->width / 2 - off + 0.5)));
}

static bool make_from_habit(struct trace *t, uint64_t *state, int64_t from_ms, int64_t to_ms)
{
	struct habit h = draw_habit(t->kind, state, from_ms, to_ms);
	double story = 0; /* posts an hour of stories under way */
	bool ok = true;

	for (int64_t at_ms = 0; at_ms < 7 * DAY_MS; at_ms += HOUR_MS)
		h.mean += habit_factor(&h, at_ms) / (7 * 24);
	t->habit = h;
	for (int64_t at_ms = from_ms; at_ms < h.dies_ms && ok; at_ms += STEP_MS) {
		double hours = (double)STEP_MS / HOUR_MS;

		if (h.stories > 0) {
			story *= exp(-hours / h.length);
			if (random_share(state) < h.stories * hours / 24)
				story += log_normal(state, h.size, 0.5) / h.length;
		}
		ok = add_posts(t, state, at_ms, STEP_MS, hours * (h.rate * habit_factor(&h, at_ms) / h.mean + story));
	}
	return ok;
}

static bool is_open(const struct batches *b, int64_t at_ms)
{
	double hour = (double)(at_ms % DAY_MS) / HOUR_MS, after = hour - b->start + (hour < b->start ? 24 : 0);

	return after <= b->open;
}

static bool make_batches(struct trace *t, uint64_t *state, int64_t from_ms, int64_t to_ms)
{
	static const int64_t every[] = {1, 1, 2, 3, 6};
	int64_t gap_ms = every[random_next(state) % 5] * HOUR_MS;
	int64_t minute = random_share(state) < 0.6 ? 0 : (int64_t)(random_next(state) % 60);
	double chance = between(state, 0.3, 1), size = between(state, 0.5, 4), start = between(state, 0, 24);
	double open = random_share(state) < 0.5 ? 24 : between(state, 8, 16);
	bool ok = true;

	t->batches = (struct batches){.from_ms = from_ms + minute * MINUTE_MS,
		.gap_ms = gap_ms,
		.chance = chance,
		.start = start,
		.open = open};
	for (int64_t at_ms = t->batches.from_ms; at_ms < to_ms && ok; at_ms += gap_ms) {
		if (!is_open(&t->batches, at_ms) || random_share(state) > chance)
			continue;
		ok = add(t, at_ms + (int64_t)(random_share(state) * MINUTE_MS)) &&
		     add_posts(t, state, at_ms, MINUTE_MS, size - 0.5);
	}
	return ok;
}

static int by_time(const void *a, const void *b)
{
	const int64_t *left = a, *right = b;

	return (*left > *right) - (*left < *right);
}

bool trace_make(struct trace *t, uint64_t seed, uint64_t number, int64_t from_ms, int64_t to_ms)
{
	uint64_t state = seed * UINT64_C(0x100000001b3) + number;
	bool ok;

	random_next(&state);
	*t = (struct trace){.kind = (enum trace_kind)(number % TRACE_KINDS)};
	ok = t->kind == TRACE_BATCH ? make_batches(t, &state, from_ms, to_ms)
				    : make_from_habit(t, &state, from_ms, to_ms);
	if (t->count > 0)
		qsort(t->posts_ms, t->count, sizeof(*t->posts_ms), by_time);
	return ok;
}

void trace_release(struct trace *t)
{
	free(t->posts_ms);
	*t = (struct trace){0};
}

/* A batch that did not come counts by how much it says: as -log(1 - chance). */
double trace_expected(const struct trace *t, int64_t from_ms, int64_t to_ms)
{
	const struct batches *b = &t->batches;
	int64_t next_ms;

	if (t->kind != TRACE_BATCH)
		return t->habit.rate * habit_factor(&t->habit, from_ms) / t->habit.mean * (double)(to_ms - from_ms) /
		       HOUR_MS;
	next_ms = b->from_ms + (from_ms - b->from_ms + b->gap_ms) / b->gap_ms * b->gap_ms;
	if (next_ms > to_ms || !is_open(b, next_ms))
		return 0;
	return b->chance < 0.9999 ? -log(1 - b->chance) : 10;
}

double trace_patience(const struct trace *t)
{
	const struct batches *b = &t->batches;
	double year = 365.25 * 24, times = year * fmin(1, (b->open + 1e-9) / 24) / ((double)b->gap_ms / HOUR_MS);

	if (t->kind != TRACE_BATCH)
		return log(fmax(2, t->habit.rate * year));
	/* two missed ones at least */
	return fmax(-2 * log(1 - fmin(b->chance, 0.9999)), log(fmax(2, times * b->chance)));
}

long trace_argument(int argc, char **argv, int place, long fallback)
{
	long value = argc > place ? strtol(argv[place], NULL, 10) : fallback;

	return value > 0 ? value : fallback;
}
