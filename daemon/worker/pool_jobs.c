/* SPDX-License-Identifier: ISC */
/* The queue of jobs, and the end of each. */
#include "pool_jobs.h"

#include <stdlib.h>
#include <unistd.h>

void pool_dispatch_soon(struct pool *p)
{
	event_active(p->dispatch, EV_TIMEOUT, 0);
}

void pool_set_timer(struct event *timer, int64_t ms)
{
	struct timeval tv = clock_timeval(ms);

	event_add(timer, &tv);
}

void pool_drop_rules(struct pool_rules **r)
{
	if (*r != NULL && --(*r)->users == 0) {
		if ((*r)->fd >= 0)
			close((*r)->fd);
		known_rules_release(&(*r)->known);
		free(*r);
	}
	*r = NULL;
}

void pool_free_job(struct pool_job *j)
{
	buf_release(&j->head);
	buf_release(&j->body);
	free(j);
}

void pool_finish_job(struct pool *p, struct pool_job *j, struct pool_answer *answer)
{
	p->pending--;
	p->pending_bytes -= j->body.len;
	p->stats.jobs++;
	p->stats.failures += answer->status != 0;
	j->fn(j->arg, answer);
	buf_release(&answer->document);
	pool_free_job(j);
}

void pool_fail_job(struct pool *p, struct pool_job *j, const struct error *why)
{
	struct pool_answer answer = {.status = why->code, .error = *why};

	pool_finish_job(p, j, &answer);
}

void pool_put_back(struct pool *p, struct pool_job *j)
{
	j->next = p->first;
	if (p->first == NULL)
		p->last = &j->next;
	p->first = j;
	pool_dispatch_soon(p);
}

struct pool_job *pool_take_first(struct pool *p)
{
	struct pool_job *j = p->first;

	p->first = j->next;
	if (p->first == NULL)
		p->last = &p->first;
	return j;
}
