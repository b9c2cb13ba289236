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
	int64_t *intervals_ms;         /* by id */
	size_t size;
};

struct feed_policies *feed_policies_new(void)
{
	struct feed_policies *p = calloc(1, sizeof(*p));

	if (p != NULL)
		(void)pthread_mutex_init(&p->lock, NULL);
	return p;
}

void feed_policies_free(struct feed_policies *p)
{
	if (p == NULL)
		return;
	(void)pthread_mutex_destroy(&p->lock);
	free(p->intervals_ms);
	free(p);
}

int feed_policies_reserve(struct feed_policies *p, int64_t highest)
{
	size_t size = (size_t)highest + 1;
	int64_t *grown;
	int result = 0;

	(void)pthread_mutex_lock(&p->lock);
	if (size > p->size) {
		grown = realloc(p->intervals_ms, size * sizeof(*grown));
		if (grown != NULL) {
			memset(grown + p->size, 0, (size - p->size) * sizeof(*grown));
			p->intervals_ms = grown;
			p->size = size;
		} else {
			result = -ENOMEM;
		}
	}
	(void)pthread_mutex_unlock(&p->lock);
	return result;
}

void feed_policies_set(struct feed_policies *p, const struct config *c)
{
	(void)pthread_mutex_lock(&p->lock);
	p->common = (struct schedule_policy){
		.min_ms = c->poll_min_ms,
		.max_ms = c->poll_max_ms,
		.default_ms = c->poll_default_ms,
	};
	(void)pthread_mutex_unlock(&p->lock);
}

void feed_policies_set_interval(struct feed_policies *p, int64_t feed_id, int64_t interval_ms)
{
	(void)pthread_mutex_lock(&p->lock);
	if (feed_id > 0 && (size_t)feed_id < p->size)
		p->intervals_ms[feed_id] = interval_ms;
	(void)pthread_mutex_unlock(&p->lock);
}

struct schedule_policy feed_policies_get(struct feed_policies *p, int64_t feed_id)
{
	struct schedule_policy policy;

	(void)pthread_mutex_lock(&p->lock);
	policy = p->common;
	if (feed_id > 0 && (size_t)feed_id < p->size)
		policy.interval_ms = p->intervals_ms[feed_id];
	(void)pthread_mutex_unlock(&p->lock);
	return policy;
}
