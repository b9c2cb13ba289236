/* SPDX-License-Identifier: ISC */
/* Counts the servers that were not reached in a row. */
#include "sitrep/schedule/outage.h"

enum {
	LEAST_SERVERS = 2,
	/* Failures in a row up to which a feed is evidence: half an hour, with the pauses of the schedule. */
	LATELY_ERRORS = 3,
};

void outage_init(struct outage *o)
{
	*o = (struct outage){.run = 1};
}

bool outage_is_unreached(const struct feed_state *s)
{
	return s->health == FEED_FAILING &&
	       (s->failure == FAILURE_DNS || s->failure == FAILURE_CONNECT || s->failure == FAILURE_TIMEOUT);
}

bool outage_is_evidence(const struct feed_state *s)
{
	return s->health != FEED_FAILING || (outage_is_unreached(s) && s->errors <= LATELY_ERRORS);
}

bool outage_note_reached(struct outage *o)
{
	bool was_away = o->is_away;

	*o = (struct outage){.run = o->run + 1};
	return was_away;
}

bool outage_has_server(const struct outage *o, uint64_t server)
{
	for (size_t i = 0; i < o->count; i++)
		if (o->servers[i] == server)
			return true;
	return false;
}

bool outage_note_unreached(struct outage *o, uint64_t server)
{
	if (o->count < OUTAGE_SERVERS && !outage_has_server(o, server))
		o->servers[o->count++] = server;
	return o->count >= LEAST_SERVERS;
}
