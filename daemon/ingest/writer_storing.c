/* Whether what is handed over can be kept, and how that is found out again.
 *
 * The first transaction that is lost stops storing: the main loop asks no server any more for what could not be
 * kept, and what still comes in is refused without trying.  From then on the writer's thread tries a small write on
 * a timer, and the first that is durable ends it.  Pauses between tries double, and do so again when a try
 * succeeds but the next transaction does not, so a disk that is full to the last page is not polled for in vain. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "sitrep/base/clock.h"
#include "sitrep/sql/database.h"
#include "writer_state.h"

enum {
	/* A moment's lack of memory is over by then; a full disk comes to the last after nine tries. */
	TRY_FIRST_MS = 100,
	TRY_LAST_MS = 30 * 1000,
	/* What must be free before storing goes on: room for a few polls. */
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

/* ---- for anybody ---- */

void writer_get_storing(struct writer *w, struct writer_storing *out)
{
	(void)pthread_mutex_lock(&w->lock);
	*out = w->storing.shown;
	(void)pthread_mutex_unlock(&w->lock);
}

/* ---- the try, in the thread ---- */

/* A file without a name, as large as what must be free.  Where the file system has none, the database alone tells. */
static int find_room(const char *dir, struct error *err)
{
	int fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	int code;

	if (fd < 0)
		return errno == EOPNOTSUPP || errno == EISDIR || errno == ENOENT
			       ? 0
			       : error_sys(err, -errno, "cannot write to the state folder");
	code = posix_fallocate(fd, 0, ROOM_BYTES);
	(void)close(fd);
	if (code == ENOSPC || code == EDQUOT)
		return error_set(err, -ENOSPC, "cannot make room: no space left for the database");
	return code == 0 ? 0 : error_sys(err, -code, "cannot make room for the database");
}

/* A write that must reach the disk: SQLite leaves out a page whose bytes stay the same.  It costs the number of an
 * item that never is. */
static int write_little(struct ingest *k, struct error *err)
{
	int result;

	/* A WAL that is in the database as a whole is written from its start again, and needs no room then. */
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
	uint64_t one = 1;
	int result = find_room(w->options->state_dir, &err);

	if (result == 0)
		result = write_little(&w->ingest, &err);
	(void)pthread_mutex_lock(&w->lock);
	if (result == 0)
		go_on_storing(w);
	else
		writer_stop_storing(w, &err);
	(void)pthread_mutex_unlock(&w->lock);
	/* Cannot fail but for a counter that nobody has read 2^64 times. */
	(void)!write(w->fd, &one, sizeof(one));
}
