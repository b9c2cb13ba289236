/* SPDX-License-Identifier: ISC */
/* process_numbers.h: what the daemon's process uses of the machine. */
#ifndef SITREP_PUBLISH_PROCESS_NUMBERS_H
#define SITREP_PUBLISH_PROCESS_NUMBERS_H

#include <stdint.h>

struct process_numbers {
	uint64_t cpu_us; /* of all threads */
	uint64_t resident_bytes, virtual_bytes, open_fds, max_fds;
};

/* What cannot be read is 0. */
void process_numbers_get(struct process_numbers *p);

#endif
