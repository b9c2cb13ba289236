/* SPDX-License-Identifier: ISC */
/* config_reload.h: reloads the configuration on SIGHUP or by the control socket. */
#ifndef SITREP_ENGINE_CONFIG_RELOAD_H
#define SITREP_ENGINE_CONFIG_RELOAD_H

#include "config_change.h"
#include "config_reading.h"
#include "polling.h"

/* Requests for reloads at one time: 2 for SIGHUP, 16 for peers of the control socket. */
enum { RELOADS_MAX = 18 };

struct config_reload {
	struct config_change_parts parts;
	const struct polling *polling;
	struct config_reading *reading; /* NULL: no configuration is being read */
	struct config_change *change;   /* NULL: none is under way */
	struct buf changes;             /* the differences to the configuration in force, one a line */
	struct reload_asker {
		enum { ASKER_NONE, ASKER_WAITS, ASKER_SERVED } state;
		struct control_peer *peer; /* NULL: a signal, or the peer has gone */
		char who[64];
	} askers[RELOADS_MAX];
	struct error first_error; /* result of config_reload_first() */
};

/* Puts the first configuration into force, and waits until it is. */
int config_reload_first(struct config_reload *r, struct config *config, struct error *err);
/* Reloads the configuration; peer gets the result, NULL: for a SIGHUP.  While another reload is under way, this one
 * waits for its end.  -EBUSY or -ESHUTDOWN with err. */
int config_reload_ask(struct config_reload *r, struct control_peer *peer, struct error *err);
void config_reload_forget_peer(struct config_reload *r, const struct control_peer *peer);
void config_reload_release(struct config_reload *r);

#endif
