/* SPDX-License-Identifier: ISC */
/* The schedule's policies, under a lock. */
#include "sitrep/schedule/feed_policies.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct feed_policies {
	pthread_mutex_t lock;
	struct schedule_policy common; /* without an interval */
	struct own {
		int64_t interval_ms;
		bool forced;
	} * own; /* by id */
	size_t size;
};

struct feed_policies *feed_policies_new(void)
{
	struct feed_policies *p = calloc(1, sizeof(*p));

	if (p != NULL)
		pthread_mutex_init(&p->lock, NULL);
	return p;
}

void feed_policies_free(struct feed_policies *p)
{
	if (p == NULL)
		return;
	pthread_mutex_destroy(&p->lock);
	free(p->own);
	free(p);
}

int feed_policies_reserve(struct feed_policies *p, int64_t highest)
{
	size_t size = (size_t)highest + 1;
	struct own *grown;
	int result = 0;

	pthread_mutex_lock(&p->lock);
	if (size > p->size) {
		grown = realloc(p->own, size * sizeof(*grown));
		if (grown != NULL) {
			memset(grown + p->size, 0, (size - p->size) * sizeof(*grown));
			p->own = grown;
			p->size = size;
		} else {
			result = -ENOMEM;
		}
	}
	pthread_mutex_unlock(&p->lock);
	return result;
}

void feed_policies_set(struct feed_policies *p, const struct config *c)
{
	pthread_mutex_lock(&p->lock);
	p->common = (struct schedule_policy){
		.min_ms = c->poll_min_ms,
		.max_ms = c->poll_max_ms,
		.default_ms = c->poll_default_ms,
	};
	pthread_mutex_unlock(&p->lock);
}

void feed_policies_set_interval(struct feed_policies *p, int64_t feed_id, int64_t interval_ms)
{
	pthread_mutex_lock(&p->lock);
	if (feed_id > 0 && (size_t)feed_id < p->size)
		p->own[feed_id] = (struct own){.interval_ms = interval_ms};
	pthread_mutex_unlock(&p->lock);
}

void feed_policies_set_forced(struct feed_policies *p, int64_t feed_id, bool forced)
{
	pthread_mutex_lock(&p->lock);
	if (feed_id > 0 && (size_t)feed_id < p->size)
		p->own[feed_id].forced = forced;
	pthread_mutex_unlock(&p->lock);
}

struct schedule_policy feed_policies_get(struct feed_policies *p, int64_t feed_id)
{
	struct schedule_policy policy;

	pthread_mutex_lock(&p->lock);
	policy = p->common;
	if (feed_id > 0 && (size_t)feed_id < p->size) {
		policy.interval_ms = p->own[feed_id].interval_ms;
		policy.forced = p->own[feed_id].forced;
	}
	pthread_mutex_unlock(&p->lock);
	return policy;
}
