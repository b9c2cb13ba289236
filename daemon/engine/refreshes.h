/* refreshes.h: operators who have feeds asked now, and are told of each as its poll ends. */
#ifndef SITREP_ENGINE_REFRESHES_H
#define SITREP_ENGINE_REFRESHES_H

#include "planner.h"
#include "polling.h"
#include "stages.h"

/* People who watch a refresh at one time. */
enum { REFRESHES_MAX = 16 };

struct refreshes {
	const struct stages *stages;
	const struct polling *polling;
	struct planner *planner;
	struct refresh {
		struct control_peer *peer; /* NULL: this place is free */
		bool *awaited;             /* by a feed's number */
		size_t count;              /* of awaited */
		size_t left;               /* awaited ones */
	} items[REFRESHES_MAX];
};

/* Asks the feed of that name, or all (STR_NONE), for peer.  0, or -ENOENT, -EAGAIN, -EBUSY, -ENOMEM with err. */
int refreshes_start(struct refreshes *r, struct str feed, struct control_peer *peer, struct error *err);
/* A poll of f has ended, and its state is the one after it. */
void refreshes_report(struct refreshes *r, const struct feed *f, const struct poll_report *report);
/* No poll of f will end any more. */
void refreshes_forget_feed(struct refreshes *r, const struct feed *f);
void refreshes_forget_peer(struct refreshes *r, const struct control_peer *peer);
/* No feed is asked any more for now: all refreshes end, with the sentence as error. */
void refreshes_end(struct refreshes *r, const char *sentence);
void refreshes_release(struct refreshes *r);

#endif
