/* SPDX-License-Identifier: ISC */
/* turn.h: bounds the processor time of one turn of the event loop.
 *
 * A turn is the time between two checks of sockets, timers and signals.  libevent runs all callbacks that are ready
 * in one turn, and five thousand short ones make a long turn.  A callback that may be ready in large numbers ends with
 * turn_yield(): once the turn has taken its share, the loop checks everything else before it runs the remaining
 * callbacks.  Processor time counts, not wall time, so that a busy machine does not shorten turns.
 *
 * The figures are those of the calling thread.  A thread that never calls turn_begin() has no limit. */
#ifndef SITREP_BASE_TURN_H
#define SITREP_BASE_TURN_H

#include <stdbool.h>
#include <stdint.h>

/* A turn's share.  The callback in which it is used up still runs to its end, so each must be short by itself. */
enum { TURN_SHARE_US = 4000 };

struct event_base;

/* To be called right before event_base_loop(). */
void turn_begin(void);
/* To be called right after it: returns the microseconds of processor time that the turn took. */
int64_t turn_end(void);
/* Whether the turn has used up its share. */
bool turn_is_spent(void);
/* The last call of a callback: makes event_base_loop() return if the share is used up.  Events that are ready stay
 * ready. */
void turn_yield(struct event_base *base);

#endif
