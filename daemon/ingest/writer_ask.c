/* What an operator asks or says of stories, on its way through the writer's thread and back. */
#include <errno.h>
#include <unistd.h>

#include "sitrep/base/clock.h"
#include "writer_internal.h"

static void append(struct story_request_list *list, struct story_request *q)
{
	q->next = NULL;
	*list->end = q;
	list->end = &q->next;
}

static struct story_request *take_first(struct story_request_list *list)
{
	struct story_request *q = list->first;

	list->first = q->next;
	if (q->next == NULL)
		list->end = &list->first;
	return q;
}

void writer_ask(struct writer *w, struct story_request *q)
{
	(void)pthread_mutex_lock(&w->lock);
	append(&w->asked, q);
	(void)pthread_cond_signal(&w->work);
	(void)pthread_mutex_unlock(&w->lock);
}

/* While nothing can be stored, questions are still answered. */
static bool refuse_word(struct writer *w, struct story_request *q)
{
	bool refused;

	(void)pthread_mutex_lock(&w->lock);
	refused = w->storing.shown.stopped && q->kind != STORY_REQUEST_WHY;
	if (refused)
		(void)error_set(&q->error, -EAGAIN, "nothing can be stored at present: %s", w->storing.shown.reason);
	(void)pthread_mutex_unlock(&w->lock);
	return refused;
}

void writer_run_ask(struct writer *w)
{
	struct story_request *q;
	uint64_t one = 1;

	(void)pthread_mutex_lock(&w->lock);
	q = take_first(&w->asked);
	(void)pthread_mutex_unlock(&w->lock);
	if (!refuse_word(w, q))
		ingest_answer(&w->ingest, q, clock_wall_ms());
	(void)pthread_mutex_lock(&w->lock);
	if (ingest_error_is_of_storage(q->error.code))
		writer_stop_storing(w, &q->error);
	append(&w->answered, q);
	w->newest_cursor = w->ingest.counters.cursor;
	(void)pthread_mutex_unlock(&w->lock);
	/* Cannot fail but for a counter that nobody has read 2^64 times. */
	(void)!write(w->fd, &one, sizeof(one));
}

struct story_request *writer_collect_answers(struct writer *w)
{
	struct story_request *first;

	(void)pthread_mutex_lock(&w->lock);
	first = w->answered.first;
	w->answered.first = NULL;
	w->answered.end = &w->answered.first;
	(void)pthread_mutex_unlock(&w->lock);
	return first;
}
