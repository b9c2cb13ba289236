/* SPDX-License-Identifier: ISC */
/* outage.h: tells an outage of one's own network from servers that fail.
 *
 * The network is away when OUTAGE_SERVERS servers in a row were not reached, all of which were reached lately.  With
 * fewer servers, all of them count, but at least two: one server's failure is no outage, however many feeds it has, and
 * a daemon with one feed cannot know.  The network is back when any server is reached.
 *
 * Polls are counted in runs.  A run ends when a server is reached. */
#ifndef SITREP_SCHEDULE_OUTAGE_H
#define SITREP_SCHEDULE_OUTAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sitrep/model/feed_state.h"

enum { OUTAGE_SERVERS = 5 };

struct outage {
	bool is_away;
	uint64_t run;                     /* from 1 */
	uint64_t servers[OUTAGE_SERVERS]; /* not reached in this run; hashes */
	size_t count;
};

void outage_init(struct outage *o);

/* Whether the feed's last poll did not reach its server. */
bool outage_is_unreached(const struct feed_state *s);
/* Whether a poll that does not reach the feed's server is evidence of an outage: before it the feed was well, or was
 * unreached for a few polls only.  s: the state before that poll. */
bool outage_is_evidence(const struct feed_state *s);

/* Notes that a server was reached, which ends the run.  True when the network was away. */
bool outage_note_reached(struct outage *o);
/* Notes that a server was not reached, by a poll that is evidence.  True when the servers of this run are enough, if
 * no other server was reached lately. */
bool outage_note_unreached(struct outage *o, uint64_t server);
bool outage_has_server(const struct outage *o, uint64_t server);

#endif
