/* SPDX-License-Identifier: ISC */
/* network.h: finds out by the polls whether the machine's network is away (outage.h), and spares the feeds meanwhile.
 *
 * While the network is away, a failed poll is not held against its feed: a feed that failed with the network waits its
 * first pause each time, so that it is asked soon after the network is back; a feed that had failed before keeps its
 * pause.  The log tells once that the network is away and once that it is back.  Public addresses are one network, the
 * operator's own ([fetch] allow) are another one: a server in the next room is reached without the internet. */
#ifndef SITREP_ENGINE_NETWORK_H
#define SITREP_ENGINE_NETWORK_H

#include "planner.h"
#include "sitrep/schedule/outage.h"

enum network_kind { NETWORK_PUBLIC, NETWORK_OWN, NETWORK_COUNT };

struct network {
	const struct stages *stages;
	struct planner *planner;
	struct network_part {
		struct outage outage;
		int64_t away_us; /* when it went away, and came back, last; monotonic, 0: never */
		int64_t back_us;
	} parts[NETWORK_COUNT];
};

void network_init(struct network *n, const struct stages *stages, struct planner *planner);
/* True while no server of f's network can be reached. */
bool network_is_away(const struct network *n, const struct feed *f);
/* To be called when the transfer of f has ended, before f->state changes.  Sets f->outcome->outage: whether a failed
 * poll counts against the feed. */
void network_note(struct network *n, struct feed *f, const struct transfer_answer *answer);

#endif
