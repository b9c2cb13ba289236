/* SPDX-License-Identifier: ISC */
#include "request_kind.h"
#include "sitrep/base/clock.h"
#include "sitrep/store/alert_report.h"

static int carry_out(struct request *q, struct ingest *k, struct error *err)
{
	struct jsonw w = JSONW_INIT(&q->answer);
	struct alert_report report;

	return alert_report_make(k->store.db, &k->options.alerts, clock_wall_ms(), &w, &report, err);
}

static const struct request_kind alerts = {
	.size = sizeof(struct request),
	.answer_max = 32 * 1024 * 1024, /* 100,000 rules */
	.carry_out = carry_out,
};

struct request *alert_request_new(void)
{
	return request_new(&alerts, "alerts");
}
