/* SPDX-License-Identifier: ISC */
/* turn.h: how much processor time one turn of the event loop has taken.
 *
 * A turn is the time between two checks of sockets, timers and signals.  libevent runs every callback that is ready
 * in one turn: five thousand small ones are a long turn too.  A callback that comes in crowds ends with turn_yield():
 * once the turn has taken its share, the loop looks at everything else before it goes on with the rest of the crowd.
 * Processor time, not wall time: a busy machine makes no turn longer.
 *
 * The figures are the calling thread's.  A thread that never began a turn has no limit. */
#ifndef SITREP_BASE_TURN_H
#define SITREP_BASE_TURN_H

#include <stdbool.h>
#include <stdint.h>

/* A turn's share.  The callback that passes it still ends, so each is bounded by itself as well. */
enum { TURN_SHARE_US = 4000 };

struct event_base;

/* Right before event_base_loop(). */
void turn_begin(void);
/* Right after it: microseconds of processor time that the turn took. */
int64_t turn_end(void);
/* Whether the turn has taken its share. */
bool turn_is_spent(void);
/* The last call of a callback: makes event_base_loop() return when the share is taken. Events that are ready stay
 * ready. */
void turn_yield(struct event_base *base);

#endif
