/* One worker process as the pool sees it.  Private to pool.c and pool_worker.c. */
#ifndef SITREP_POOL_WORKER_H
#define SITREP_POOL_WORKER_H

#include <event2/event.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

#include "sitrep/buf.h"
#include "sitrep/error.h"
#include "sitrep/job.h"

enum { WORKER_PIECES = 5 };

/* What a worker is sent: pieces that lie elsewhere, and how much of them is gone. */
struct outgoing {
	struct iovec pieces[WORKER_PIECES];
	int count;
	int at;
};

enum worker_state {
	WORKER_DEAD,     /* waits for its restart */
	WORKER_STARTING, /* has not said hello */
	WORKER_IDLE,
	WORKER_BUSY,
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
	unsigned failed_starts; /* in a row */
	void *owner;            /* the pool's */
};

/* Forks and executes program_fd with one end of a socket pair as descriptor 3; w->fd is the other end. */
int worker_process_start(struct worker_process *w, int program_fd, uint64_t memory_max, struct error *err);
/* Kills and reaps it, closes its socket; how gets a sentence of what it had died of, if it had. */
void worker_process_end(struct worker_process *w, struct error *how);

/* 0: all sent; 1: the socket takes no more for now; negative: it is gone. */
int worker_process_send(struct worker_process *w);
/* 1: a whole message is in w->in and w->body; 0: not yet; negative with a sentence: gone, or it sent nonsense. */
int worker_process_receive(struct worker_process *w, size_t max, struct error *err);

#endif
