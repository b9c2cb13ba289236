/* SPDX-License-Identifier: ISC */
/* specs.h: feeds and alerts of the configuration, in the form that the database stores. */
#ifndef SITREP_MODEL_SPECS_H
#define SITREP_MODEL_SPECS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sitrep/base/str.h"
#include "sitrep/model/alert.h"
#include "sitrep/model/alert_hold.h"

/* A feed of the configuration. */
struct feed_spec {
	const char *name;
	const char *url;   /* without secrets */
	const char *key;   /* key of the address that is polled (feed_key.h); NULL: made from url */
	bool listed;       /* from a subscription list: the stored feed is found by key; else by name, then by key */
	const char *title; /* NULL */
	const char *categories; /* separated by newlines */
	const char *publisher;  /* NULL */
	int rank;
	int64_t first_due_ms; /* for a feed that was never polled or whose URL changed */
};

/* An alert of the configuration.  Its rules have the key "alert/NAME#..." or "alert/NAME" in an item's matches. */
struct alert_spec {
	const char *name;
	const char *priority;
	int priority_rank;      /* alert_priority_rank() */
	struct alert_hold hold; /* when it is held back */
	enum alert_repeat repeat;
	int64_t escalate_count, escalate_within_ms; /* escalated by that many publishers within the time; 0: never */
	int64_t close_after_ms;                     /* closed after this time without news; 0: never */
	int64_t revise_after_ms;                    /* shortest time between two events */
};

struct alert_specs {
	const struct alert_spec *items; /* sorted by alert_specs_sort(); the writer sorts its copy */
	size_t count;
	int64_t backlog_ms; /* on a feed's first poll, alerts are raised only for items dated within this time */
	bool silence;       /* the silence of a feed raises an event */
	bool burst;         /* a burst does */
	bool breaking;      /* a breaking story does */
	struct alert_hold_all hold;
};

/* Sorts by name, for the binary search of the two functions below, which run for each match. */
void alert_specs_sort(struct alert_spec *items, size_t count);
/* The spec of a rule by its key ("alert/strait#0123"), or of an alert by its name; NULL: no such alert. */
const struct alert_spec *alert_spec_of_key(const struct alert_specs *specs, struct str rule_key);
const struct alert_spec *alert_spec_find(const struct alert_specs *specs, struct str name);

#endif
