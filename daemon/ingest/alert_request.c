/* SPDX-License-Identifier: ISC */
#include "sitrep/ingest/alert_request.h"

#include <stdlib.h>

#include "sitrep/base/clock.h"
#include "sitrep/store/alert_report.h"
#include "writer_state.h"

/* 100,000 rules. */
enum { ANSWER_MAX = 32 * 1024 * 1024 };

struct alert_request *alert_request_new(void)
{
	struct alert_request *q = calloc(1, sizeof(*q));

	if (q != NULL)
		buf_init(&q->answer, ANSWER_MAX);
	return q;
}

void alert_request_free(struct alert_request *q)
{
	if (q == NULL)
		return;
	buf_release(&q->answer);
	free(q);
}

static int carry_out(void *arg, struct ingest *k, struct error *err)
{
	struct alert_request *q = arg;
	struct alert_report report;
	struct jsonw w = JSONW_INIT(&q->answer);
	int result;

	result = alert_report_make(k->store.db, &k->options.alerts, clock_wall_ms(), &w, &report, err);
	if (result == 0 && buf_failed(&q->answer))
		result = error_sys(err, q->answer.failed, "cannot answer");
	return result;
}

static void finish_request(void *arg, const struct error *err)
{
	struct alert_request *q = arg;

	q->error = *err;
	q->done(q);
}

int alert_request_submit(struct alert_request *q, struct writer *w)
{
	return writer_run_at_once(w, carry_out, finish_request, q);
}
