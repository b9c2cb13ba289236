/* SPDX-License-Identifier: ISC */
/* courier_command.h: the commands of sitrep tail --exec that run. */
#ifndef SITREP_CLI_COURIER_COMMAND_H
#define SITREP_CLI_COURIER_COMMAND_H

#include <sys/types.h>

#include "courier.h"

struct courier_commands {
	const char *command;
	struct {
		pid_t pid; /* 0: free */
		struct delivery *delivery;
		int64_t end_ms; /* when it is ended */
		bool was_ended;
	} running[COURIER_AT_ONCE_MAX];
};

int courier_command_start(struct courier_commands *c, struct delivery *one, int64_t now_ms, struct error *err);
bool courier_command_take(struct courier_commands *c, int64_t now_ms, struct courier_result *result);
/* Ends all of them and waits for their end, some seconds at most. */
void courier_command_end(struct courier_commands *c);

#endif
