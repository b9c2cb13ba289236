/* What goes into the writer and what comes out of it: owned data, freed and copied. */
#include <stdlib.h>
#include <string.h>

#include "sitrep/clock.h"
#include "writer_internal.h"

/* An item and those it is linked to: at most 17 with titles and links of a dozen kilobytes, escaped. */
enum { STORY_ANSWER_MAX = 4 * 1024 * 1024 };

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

void poll_outcome_follow_clock(struct poll_outcome *o, int64_t jump_ms, int64_t now_ms)
{
	int64_t at_ms = time_follow_clock(o->at_ms, jump_ms, now_ms);

	o->at_ms = at_ms < now_ms ? at_ms : now_ms;
}

struct story_request *story_request_new(struct str item, struct str other)
{
	struct story_request *q = calloc(1, sizeof(*q));

	if (q == NULL)
		return NULL;
	buf_init(&q->answer, STORY_ANSWER_MAX);
	q->item = strndup(item.data, item.len);
	q->other = other.data != NULL ? strndup(other.data, other.len) : NULL;
	if (q->item == NULL || (other.data != NULL && q->other == NULL)) {
		story_requests_free(q);
		return NULL;
	}
	return q;
}

void story_requests_free(struct story_request *first)
{
	while (first != NULL) {
		struct story_request *next = first->next;

		free(first->item);
		free(first->other);
		buf_release(&first->answer);
		free(first);
		first = next;
	}
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

void writer_options_free(struct writer_options *o)
{
	if (o == NULL)
		return;
	for (size_t i = 0; o->alerts != NULL && i < o->alert_count; i++) {
		free((char *)o->alerts[i].name);
		free((char *)o->alerts[i].priority);
	}
	free((struct writer_alert *)o->alerts);
	free((char *)o->state_dir);
	free((struct story_params *)o->stories);
	free(o);
}

struct writer_options *writer_options_copy(const struct writer_options *from)
{
	struct writer_options *to = malloc(sizeof(*to));
	struct writer_alert *alerts = calloc(from->alert_count + 1, sizeof(*alerts));
	struct story_params *stories = malloc(sizeof(*stories));
	bool failed = false;

	if (to == NULL || alerts == NULL || stories == NULL) {
		free(to);
		free(alerts);
		free(stories);
		return NULL;
	}
	*to = *from;
	*stories = from->stories != NULL ? *from->stories : story_params_default;
	to->stories = stories;
	to->alerts = alerts;
	for (size_t i = 0; i < from->alert_count; i++) {
		const char *priority = from->alerts[i].priority;

		alerts[i].name = strdup(from->alerts[i].name);
		alerts[i].priority = strdup(priority != NULL ? priority : "normal");
		failed = failed || alerts[i].name == NULL || alerts[i].priority == NULL;
	}
	to->state_dir = from->state_dir != NULL ? strdup(from->state_dir) : NULL;
	if (failed || (from->state_dir != NULL && to->state_dir == NULL)) {
		writer_options_free(to);
		return NULL;
	}
	return to;
}
