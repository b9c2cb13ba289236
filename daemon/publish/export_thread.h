/* SPDX-License-Identifier: ISC */
/* export_thread.h: a thread that does one piece of work at a time for the loop. */
#ifndef SITREP_PUBLISH_EXPORT_THREAD_H
#define SITREP_PUBLISH_EXPORT_THREAD_H

#include "sitrep/base/error.h"

struct event_base;
struct export_thread;

typedef void export_work_fn(void *arg);

/* work is called in the thread, and then done in the loop, both with arg.  NULL with err. */
struct export_thread *export_thread_new(
	struct event_base *base, export_work_fn *work, export_work_fn *done, void *arg, struct error *err);
/* Has work called once.  Not again before done was called. */
void export_thread_go(struct export_thread *t);
/* Waits for the end of work; done is not called any more. */
void export_thread_free(struct export_thread *t);

#endif
