/* SPDX-License-Identifier: ISC */
/* One worker process as the pool sees it.  Private to pool.c and pool_worker.c. */
#ifndef SITREP_WORKER_POOL_WORKER_H
#define SITREP_WORKER_POOL_WORKER_H

#include <event2/event.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

#include "sitrep/base/buf.h"
#include "sitrep/base/error.h"
#include "sitrep/worker/job.h"

enum { WORKER_PIECES = 5 };

/* Output to a worker: borrowed pieces, the number of those already sent, and a borrowed descriptor that goes with the
 * first byte; -1: none. */
struct outgoing {
	int fd;
	struct iovec pieces[WORKER_PIECES];
	int count;
	int at;
};

enum worker_state {
	WORKER_DEAD,     /* waits for its restart */
	WORKER_STARTING, /* has not said hello */
	WORKER_IDLE,
	WORKER_BUSY,
	WORKER_ANSWERED, /* with a document, which is being checked (pool_check.h) */
};

struct worker_process {
	enum worker_state state;
	pid_t pid;
	int fd;
	struct event *readable;
	struct event *writable;
	struct event *timer; /* of the job, or of the restart */
	struct outgoing out;
	uint8_t out_headers[2][MESSAGE_HEADER_LEN];
	uint8_t in_header[MESSAGE_HEADER_LEN];
	size_t in_header_len;
	struct message_header in;
	struct buf body;
	unsigned idle_ends; /* in a row, each before it was given a job */
	unsigned jobs;      /* given to this process */
};

/* Forks and executes program_fd with one end of a socket pair as descriptor 3; w->fd is the other end.  The process has
 * no environment, /dev/null as standard input, output and error, and no other descriptor. */
int worker_process_start(struct worker_process *w, int program_fd, uint64_t memory_max, struct error *err);
/* Kills and reaps it, closes its socket; how gets the cause of its death, if it had died: -ENOEXEC when the
 * program could not be executed, else -ECHILD. */
void worker_process_end(struct worker_process *w, struct error *how);

/* 0: all sent; 1: the socket is full; negative: the worker has ended. */
int worker_process_send(struct worker_process *w);
bool worker_process_has_sent(const struct worker_process *w);
/* 1: a message's header is in w->in, until its body is there too; 0: not yet; negative with a sentence: gone, or no
 * header.  The caller decides whether such a message may come now and how long it may be. */
int worker_process_receive_header(struct worker_process *w, struct error *err);
/* 1: the whole body is in w->body; 0: not yet; negative with a sentence: gone, or no memory. */
int worker_process_receive_body(struct worker_process *w, struct error *err);
/* False when it has sent something, or has ended. */
bool worker_process_is_silent(const struct worker_process *w);

#endif
