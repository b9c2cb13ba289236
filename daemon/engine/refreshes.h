/* SPDX-License-Identifier: ISC */
/* refreshes.h: polls on demand: an operator has feeds polled now, and gets the result of each as its poll ends. */
#ifndef SITREP_ENGINE_REFRESHES_H
#define SITREP_ENGINE_REFRESHES_H

#include "planner.h"
#include "polling.h"
#include "stages.h"

/* Most refreshes at a time. */
enum { REFRESHES_MAX = 16 };

struct refreshes {
	const struct stages *stages;
	const struct polling *polling;
	struct planner *planner;
	struct refresh_asker {
		struct control_peer *peer; /* NULL: this place is free */
		bool *awaited;             /* indexed by the feed's number */
		size_t count;              /* size of awaited */
		size_t left;               /* feeds still awaited */
	} items[REFRESHES_MAX];
};

/* Polls the feed of that name, or all feeds (STR_NONE), for peer.  0, or -ENOENT, -EAGAIN, -EBUSY, -ENOMEM with err. */
int refreshes_start(struct refreshes *r, struct str feed, struct control_peer *peer, struct error *err);
/* A poll of f has ended; f->state is the state after it. */
void refreshes_report(struct refreshes *r, const struct feed *f, const struct poll_report *report);
/* f leaves the configuration: no refresh waits for it any more. */
void refreshes_forget_feed(struct refreshes *r, const struct feed *f);
void refreshes_forget_peer(struct refreshes *r, const struct control_peer *peer);
/* Polling has stopped: all refreshes end, with the sentence as error. */
void refreshes_end(struct refreshes *r, const char *sentence);
void refreshes_release(struct refreshes *r);

#endif
