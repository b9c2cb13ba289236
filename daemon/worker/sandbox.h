/* SPDX-License-Identifier: ISC */
/* sandbox.h: takes all rights from a worker that it does not need.
 *
 * After sandbox_enter() the process can read and write the descriptors it has, allocate memory, tell the
 * time and exit; it can open no file, no socket, start no process and gain no privilege.  Layers:
 * no_new_privs, resource limits (one more descriptor, which only the daemon can send, no files, no processes, bounded
 * memory), Landlock where the kernel has it, and a seccomp allowlist by which everything else fails with EPERM.  The
 * pool bounds the time of a job (pool.h). */
#ifndef SITREP_WORKER_SANDBOX_H
#define SITREP_WORKER_SANDBOX_H

#include <stdint.h>

#include "sitrep/base/error.h"

struct sandbox_limits {
	uint64_t memory_max; /* bytes of address space, 0: not limited (sanitizer builds need that) */
};

int sandbox_enter(const struct sandbox_limits *limits, struct error *err);

/* Tries, from inside, calls that must fail: opening a file, a socket, a pipe, fork, exec, kill, ptrace, mmap with
 * PROT_EXEC. 0 when all failed; else -EPERM, and the sentence names the call that worked. */
int sandbox_probe(struct error *err);

#endif
