/* SPDX-License-Identifier: ISC */
/* Whether transactions can be committed, and the tries after one was lost.
 *
 * A lost transaction stops storing: the main loop polls no feed, and outcomes that still come in are refused at
 * once.  The writer's thread then tries a small write on a timer; when one is durable, storing resumes.  Pauses
 * between tries double, from 100 ms to 30 s.  They also double when a try succeeds but the next transaction fails,
 * so that feeds are not polled in vain while the disk is nearly full. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "sitrep/base/clock.h"
#include "sitrep/sql/database.h"
#include "writer_state.h"

enum {
	/* A short lack of memory has ended after the first pause; a full disk reaches the longest pause after nine
	 * tries. */
	TRY_FIRST_MS = 100,
	TRY_LAST_MS = 30 * 1000,
	/* Bytes that must be free before storing goes on: room for a few polls. */
	ROOM_BYTES = 1024 * 1024,
};

/* ---- the state, with the lock held ---- */

void writer_stop_storing(struct writer *w, const struct error *why)
{
	struct storing *s = &w->storing;

	s->try_wait_ms = s->try_wait_ms == 0                ? TRY_FIRST_MS
			 : s->try_wait_ms * 2 < TRY_LAST_MS ? s->try_wait_ms * 2
							    : TRY_LAST_MS;
	s->try_at_us = clock_mono_us() + s->try_wait_ms * 1000;
	memcpy(s->shown.reason, why->text, sizeof(s->shown.reason));
	if (s->shown.stopped)
		return;
	s->shown.stopped = true;
	s->shown.stops++;
	s->shown.since_ms = clock_wall_ms();
}

static void go_on_storing(struct writer *w)
{
	w->storing.shown.stopped = false;
	w->storing.shown.since_ms = clock_wall_ms();
}

void writer_note_stored(struct writer *w)
{
	w->storing.try_wait_ms = 0;
	if (w->storing.shown.stopped)
		go_on_storing(w);
}

int64_t writer_try_wait_ms(const struct writer *w)
{
	int64_t left_us = w->storing.try_at_us - clock_mono_us();

	if (!w->storing.shown.stopped)
		return INT64_MAX;
	return left_us > 0 ? left_us / 1000 + 1 : 0;
}

/* ---- for any thread ---- */

void writer_get_storing(struct writer *w, struct writer_storing *out)
{
	pthread_mutex_lock(&w->lock);
	*out = w->storing.shown;
	pthread_mutex_unlock(&w->lock);
}

/* ---- the try, in the thread ---- */

/* Allocates ROOM_BYTES in a file without a name.  On a file system without such files only write_little() can tell.
 */
static int find_room(const char *dir, struct error *err)
{
	int fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	int code;

	if (fd < 0)
		return errno == EOPNOTSUPP || errno == EISDIR || errno == ENOENT
			       ? 0
			       : error_sys(err, -errno, "cannot write to the state folder");
	code = posix_fallocate(fd, 0, ROOM_BYTES);
	close(fd);
	if (code == ENOSPC || code == EDQUOT)
		return error_set(err, -ENOSPC, "no space left for the database: free some on its disk");
	return code == 0 ? 0 : error_sys(err, -code, "cannot allocate space for the database");
}

/* A write that must reach the disk.  SQLite skips a page whose bytes stay the same, so item_id counts up: that number
 * is never given to an item. */
static int write_little(struct ingest *k, struct error *err)
{
	int result;

	/* After a complete checkpoint the WAL is written from its start again and needs no more space. */
	sql_checkpoint(k->store.db);
	result = ingest_begin(k, err);
	if (result != 0)
		return result;
	k->counters.item_id++;
	return ingest_commit(k, clock_wall_ms(), err);
}

void writer_try_storing(struct writer *w)
{
	struct error err = {0};
	int result = find_room(w->options->state_dir, &err);

	if (result == 0)
		result = write_little(&w->ingest, &err);
	pthread_mutex_lock(&w->lock);
	if (result == 0)
		go_on_storing(w);
	else
		writer_stop_storing(w, &err);
	writer_tell_loop(w);
}
