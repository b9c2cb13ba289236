/* SPDX-License-Identifier: ISC */
#include "sitrep/model/poll.h"

#include <stdlib.h>
#include <string.h>

#include "sitrep/base/clock.h"

void poll_outcome_free(struct poll_outcome *o)
{
	if (o == NULL)
		return;
	free(o->reason);
	free(o->url);
	free(o->etag);
	free(o->last_modified);
	free(o->moved_to);
	free(o->hubs);
	free(o->topic);
	if (o->websub != NULL)
		websub_state_release(o->websub);
	free(o->websub);
	buf_release(&o->document);
	free(o);
}

void poll_outcome_fail(struct poll_outcome *o, enum poll_failure failure, const char *sentence)
{
	o->kind = OUTCOME_FAILED;
	o->failure = failure;
	free(o->reason);
	o->reason = strdup(sentence);
}

void poll_outcome_follow_clock(struct poll_outcome *o, int64_t jump_ms, int64_t now_ms)
{
	int64_t at_ms = time_follow_clock(o->at_ms, jump_ms, now_ms);

	o->at_ms = at_ms < now_ms ? at_ms : now_ms;
}

void poll_reports_free(struct poll_report *first)
{
	while (first != NULL) {
		struct poll_report *next = first->next;

		feed_state_release(&first->state);
		free(first->hubs);
		free(first->topic);
		free(first);
		first = next;
	}
}
