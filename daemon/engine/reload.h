/* reload.h: reads the configuration anew, for those who ask for it. */
#ifndef SITREP_ENGINE_RELOAD_H
#define SITREP_ENGINE_RELOAD_H

#include "config_change.h"
#include "polling.h"

/* Who waits for a reload at one time: the SIGHUPs together, and people. */
enum { RELOADS_MAX = 18 };

struct reload {
	struct config_change_parts parts;
	const struct polling *polling;
	struct config_change *change; /* NULL: none is under way */
	struct buf changes;           /* what it changes, one line each */
	struct reload_asker {
		enum { ASKER_NONE, ASKER_WAITS, ASKER_SERVED } state;
		struct control_peer *peer; /* NULL: a signal, or has gone meanwhile */
		char who[64];
	} askers[RELOADS_MAX];
	struct error first_error; /* of the configuration at start */
};

/* Puts the configuration of the start into force, and waits for that. */
int reload_first(struct reload *r, struct config *config, struct error *err);
/* Reads the configuration anew, for the peer, who is told the end of it; NULL: for a SIGHUP.  One that is asked for
 * while another is under way begins after that.  -EBUSY or -ESHUTDOWN with err. */
int reload_ask(struct reload *r, struct control_peer *peer, struct error *err);
void reload_forget_peer(struct reload *r, const struct control_peer *peer);
void reload_release(struct reload *r);

#endif
