/* SPDX-License-Identifier: ISC */
/* inject.h: lets the n-th call of a kind fail, so that a test can try every place where a system call or an
 * allocation may fail.
 *
 * One source, used in two ways.  Linked into a unit program (fault_loop.h), its wrappers take the place of libc's for
 * the program and its libraries.  Built as a shared object and loaded by LD_PRELOAD, it does the same in a whole
 * daemon, and a test in another process steers it through a file that both have mapped (SITREP_FAULTS names it).
 *
 * Counting starts when a plan is armed.  Call number `at` of the kinds in `kinds` fails, and with `times` so many
 * after it, which stands for a full disk or a lack of memory that lasts. */
#ifndef TEST_INJECT_H
#define TEST_INJECT_H

#include <stdbool.h>
#include <stdint.h>

enum fault_kind {
	FAULT_ALLOC,  /* malloc, calloc, realloc, and what is built on them */
	FAULT_READ,   /* read, pread, recv and kin: EIO from files, ECONNRESET from sockets */
	FAULT_WRITE,  /* write, pwrite, send and kin: ENOSPC for files, EPIPE for sockets */
	FAULT_SYNC,   /* fsync, fdatasync: EIO */
	FAULT_OPEN,   /* open, openat, opendir: EMFILE */
	FAULT_SOCKET, /* socket, socketpair, accept, connect, pipe, eventfd, epoll_create, dup: EMFILE */
	FAULT_EPOLL,  /* epoll_ctl, epoll_wait: ENOMEM */
	FAULT_MAP,    /* mmap, ftruncate: ENOMEM */
	FAULT_THREAD, /* pthread_create, fork, posix_spawn: EAGAIN */
	FAULT_KINDS
};

/* In the mapped file; a test in Python writes it by offset, so members only follow. */
struct fault_plan {
	uint64_t kinds;      /* bits 1 << kind of what counts and may fail; 0: nothing */
	int64_t at;          /* the first call that fails, from 1; 0: only count */
	int64_t times;       /* calls that fail in a row; 0: one */
	int64_t calls;       /* that counted so far */
	int64_t failed;      /* that failed so far */
	uint64_t frames[12]; /* return addresses of the first one that failed, innermost first */
	char where[512];     /* the same as text: object+offset, separated by blanks */
	int64_t disk_error;  /* not 0: only writes and syncs of regular files fail, with that errno */
};

/* In this process.  Calls of all threads count, unless fault_only_here() has chosen one. */
void fault_arm(uint32_t kinds, int64_t at, int64_t times);
/* Nothing fails any more; the number of calls that failed. */
int64_t fault_disarm(void);
const struct fault_plan *fault_state(void);
/* From now on only calls of this thread count and fail: others belong to the test's own server. */
void fault_only_here(void);
const char *fault_kind_name(enum fault_kind kind);

#endif
