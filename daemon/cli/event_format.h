/* SPDX-License-Identifier: ISC */
/* event_format.h: the forms in which sitrep tail hands an event to another program.
 *
 *     json           the line of the stream
 *     alertmanager   the body of POST /api/v2/alerts: one alert, whose labels stay the same over its revisions
 *     ntfy           the body of a message for ntfy: each later event of an alert has the same sequence_id, so that the
 *                    message on the phone is replaced in place
 *     TEMPLATE       see template.h */
#ifndef SITREP_CLI_EVENT_FORMAT_H
#define SITREP_CLI_EVENT_FORMAT_H

#include <jansson.h>
#include <stdbool.h>

#include "sitrep/base/buf.h"
#include "sitrep/base/error.h"
#include "sitrep/base/str.h"

enum event_form { FORM_NONE, FORM_JSON, FORM_ALERTMANAGER, FORM_NTFY, FORM_TEMPLATE };

struct event_format {
	enum event_form form;
	struct str text;  /* the template */
	struct str topic; /* of ntfy */
};

/* Reads the value of --format; text is borrowed. -EINVAL for a mistake in a template. */
int event_format_read(struct event_format *f, const char *text, struct error *err);

/* For ntfy: cuts the topic off its address, "https://ntfy.sh/topic", and leaves the server's. -EINVAL: it has none. */
int event_format_take_topic(struct event_format *f, char *url, struct error *err);

/* The Content-Type of a body. */
const char *event_format_type(const struct event_format *f);

/* True when only alerts have this form. */
bool event_format_is_of_alerts(const struct event_format *f);

/* Appends an event, whose line and tree are given; instance is the database's. 0 or out's failure. */
int event_format_write(
	const struct event_format *f, const json_t *event, struct str line, const char *instance, struct buf *out);

#endif
