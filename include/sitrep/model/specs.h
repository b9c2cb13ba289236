/* SPDX-License-Identifier: ISC */
/* specs.h: feeds and alerts of the configuration, as the database is told of them. */
#ifndef SITREP_MODEL_SPECS_H
#define SITREP_MODEL_SPECS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A feed of the configuration. */
struct feed_spec {
	const char *name;
	const char *url;        /* as it may be shown */
	const char *key;        /* of the address it is asked at (feed_key.h); NULL: of url */
	bool listed;            /* it is known by its key, whatever its name was; else by its name first */
	const char *title;      /* NULL */
	const char *categories; /* separated by newlines */
	const char *publisher;  /* NULL */
	int rank;
	int64_t first_due_ms; /* for a feed that was never polled or whose URL changed */
};

/* An alert: rules whose mark begins with "alert/NAME#", or is "alert/NAME", in an item's matches. */
struct alert_spec {
	const char *name;
	const char *priority;
};

struct alert_specs {
	const struct alert_spec *items;
	size_t count;
	int64_t backlog_ms; /* on a feed's first poll, alerts only for items dated within this */
};

#endif
