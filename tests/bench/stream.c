/* SPDX-License-Identifier: ISC */
/* stream.c: how long a subscriber waits for an event, from its commit to the line read, beside a bare writer.
 *
 * usage: stream STATE_FOLDER SUBSCRIBERS ROUNDS CATCHING_UP
 *
 * The folder holds a database with events of items, and no daemon runs on it.  One process has the stream and a bare
 * writer, which does nothing but send() a line of the same length to as many sockets; a thread of it commits events, as
 * the daemon's writer does, and wakes either.  Another process reads all sockets.  The two take turns, one event each,
 * so that whatever else the machine does meets both.  Then so many more subscribers begin at the oldest event; for ten
 * seconds, or until they are there, the others get one event after the other.
 *
 * Printed: p50 and p99 of both and their ratios; then the latency of those who are up to date during the catch-up, and
 * the longest turn of the loop, in processor time. */
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "sitrep/base/clock.h"
#include "sitrep/base/listener.h"
#include "sitrep/base/log.h"
#include "sitrep/base/turn.h"
#include "sitrep/store/event_json.h"
#include "sitrep/stream/stream.h"

enum {
	ROUNDS_MAX = 10000,
	READ_CHUNK = 256 * 1024,
	HEAD_MAX = 64,       /* bytes of a line that are kept until its cursor is known */
	PAUSE_US = 5 * 1000, /* between two events */
	PATIENCE_S = 300,
	CATCH_UP_S = 10,
	LATENCY_BUCKETS = 2000000, /* microseconds */
};

/* Who sends the events of a kind; the reader tells them apart by their sockets. */
enum mode { BARE, STREAM, CATCHING_UP, MODES };

static const char *const mode_names[] = {"bare writer", "stream", "stream, catch-up beside it"};

struct histogram {
	uint64_t count;
	uint32_t buckets[LATENCY_BUCKETS + 1];
};

/* Shared by both processes. */
struct shared {
	_Atomic int64_t sent_ns[MODES]; /* the moment of the event under way */
	_Atomic int64_t cursor[MODES];  /* the event under way: no other is measured */
	_Atomic uint64_t heard[MODES];  /* sockets that have heard it */
	_Atomic uint64_t caught_up, connected;
	_Atomic bool catching_up, ending;
	struct histogram latency[MODES];
};

struct bench {
	const char *folder;
	char paths[2][256]; /* of the bare writer's socket and of the stream's */
	size_t subscribers, rounds, late;
	int64_t newest; /* when the bench began */
	struct shared *shared;
	/* -- of the sending process */
	struct event_base *base;
	struct stream *stream;
	int *bare;
	size_t bare_count;
	struct buf line;
	int wake[2];
	int64_t turn_us_max;
	pid_t reader;
};

static int64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

static void give_up(const char *what)
{
	fprintf(stderr, "stream: %s: %s\n", what, strerror(errno));
	exit(EXIT_FAILURE);
}

/* ---- the reader ---- */

struct ear {
	int fd;
	enum mode mode;
	size_t held; /* bytes of the line under way, as many as head has room for */
	char head[HEAD_MAX];
};

static void note_line(struct bench *b, struct ear *e, int64_t at_ns)
{
	static const char key[] = "\"cursor\":\"";
	struct str line = str_make(e->head, e->held);
	enum mode mode = e->mode;
	size_t at = str_find(line, str_from(key), 0), end;
	long long cursor;
	int64_t us;

	if (at == STR_NPOS || str_starts(line, STR("{\"event\":\"h")))
		return;
	at += sizeof(key) - 1;
	end = str_find_char(line, '"', at);
	if (end == STR_NPOS || !str_to_int(str_slice(line, at, end), &cursor))
		return;
	if (mode == CATCHING_UP) {
		b->shared->caught_up += cursor == b->newest;
		return;
	}
	if (mode == STREAM && b->shared->catching_up)
		mode = CATCHING_UP;
	if (cursor != b->shared->cursor[mode])
		return;
	us = (at_ns - b->shared->sent_ns[mode]) / 1000;
	b->shared->latency[mode].buckets[us < LATENCY_BUCKETS ? us : LATENCY_BUCKETS]++;
	b->shared->latency[mode].count++;
	b->shared->heard[mode]++;
}

static void hear(struct bench *b, struct ear *e)
{
	static char chunk[READ_CHUNK];
	ssize_t n = recv(e->fd, chunk, sizeof(chunk), MSG_DONTWAIT);
	int64_t at_ns = now_ns();

	if (n < 0 && errno == EAGAIN)
		return;
	if (n <= 0)
		_exit(b->shared->ending ? EXIT_SUCCESS : EXIT_FAILURE);
	for (ssize_t from = 0; from < n;) {
		const char *end = memchr(chunk + from, '\n', (size_t)(n - from));
		size_t len = end != NULL ? (size_t)(end - chunk - from) : (size_t)(n - from);
		size_t room = HEAD_MAX - e->held, keep = len < room ? len : room;

		memcpy(e->head + e->held, chunk + from, keep);
		e->held += keep;
		from += (ssize_t)len + (end != NULL);
		if (end != NULL) {
			note_line(b, e, at_ns);
			e->held = 0;
		}
	}
}

static void open_ear(const struct bench *b, int loop, struct ear *e, enum mode mode, const char *request)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct epoll_event watch = {.events = EPOLLIN, .data.ptr = e};

	*e = (struct ear){.fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), .mode = mode};
	snprintf(address.sun_path, sizeof(address.sun_path), "%.100s", b->paths[mode != BARE]);
	if (e->fd < 0 || connect(e->fd, (const struct sockaddr *)&address, sizeof(address)) != 0 ||
		send(e->fd, request, strlen(request), MSG_NOSIGNAL) < 0 ||
		epoll_ctl(loop, EPOLL_CTL_ADD, e->fd, &watch) != 0)
		give_up("cannot connect");
	b->shared->connected++;
}

static void read_all(struct bench *b)
{
	struct epoll_event ready[512];
	struct ear *ears = calloc(2 * b->subscribers + b->late, sizeof(*ears));
	size_t count = 0;
	int loop = epoll_create1(EPOLL_CLOEXEC);

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (ears == NULL || loop < 0)
		give_up("cannot read");
	for (; count < b->subscribers; count++)
		open_ear(b, loop, &ears[count], BARE, "");
	for (; count < 2 * b->subscribers; count++)
		open_ear(b, loop, &ears[count], STREAM, "{\"op\":\"subscribe\",\"events\":[\"new\"]}\n");
	for (;;) {
		int n = epoll_wait(loop, ready, sizeof(ready) / sizeof(ready[0]), 20);

		for (int i = 0; i < n; i++)
			hear(b, ready[i].data.ptr);
		for (; b->shared->catching_up && count < 2 * b->subscribers + b->late; count++)
			open_ear(b, loop, &ears[count], CATCHING_UP, "{\"op\":\"subscribe\",\"since\":\"oldest\"}\n");
	}
}

/* ---- events ---- */

static sqlite3 *open_database(const char *folder)
{
	char path[512];
	sqlite3 *db;

	snprintf(path, sizeof(path), "%.400s/sitrepd.db", folder);
	if (sqlite3_open(path, &db) != SQLITE_OK)
		give_up("cannot open the database");
	return db;
}

static int64_t commit_event(sqlite3 *db, int64_t cursor)
{
	char sql[512];

	snprintf(sql, sizeof(sql),
		"BEGIN IMMEDIATE; INSERT INTO event(cursor, time, kind, backlog, feed_id, item_id)"
		" SELECT %lld, %lld, 1, 0, feed_id, id FROM item ORDER BY id LIMIT 1;"
		"UPDATE counter SET cursor = %lld; COMMIT",
		(long long)cursor, (long long)clock_wall_ms(), (long long)cursor);
	if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
		give_up(sqlite3_errmsg(db));
	return now_ns();
}

struct wake {
	enum mode mode;
	int64_t cursor;
};

/* Waits until all have heard the event; false: patience has ended. */
static bool await_all(const struct bench *b, const _Atomic uint64_t *heard, size_t wanted)
{
	int64_t end_ns = now_ns() + PATIENCE_S * INT64_C(1000000000);

	while (*heard < wanted) {
		if (now_ns() > end_ns || b->shared->ending)
			return false;
		usleep(200);
	}
	return true;
}

static bool send_event(struct bench *b, sqlite3 *db, enum mode mode, int64_t cursor)
{
	struct wake wake = {.mode = mode, .cursor = cursor};

	b->shared->heard[mode] = 0;
	b->shared->cursor[mode] = cursor;
	/* A line that arrives before the time of its commit was noted counts from the begin of the commit. */
	b->shared->sent_ns[mode] = now_ns();
	if (mode != BARE)
		b->shared->sent_ns[mode] = commit_event(db, cursor);
	if (write(b->wake[1], &wake, sizeof(wake)) != sizeof(wake))
		give_up("cannot wake the loop");
	if (!await_all(b, &b->shared->heard[mode], b->subscribers))
		return false;
	usleep(PAUSE_US);
	return true;
}

static void *commit_events(void *arg)
{
	struct bench *b = arg;
	sqlite3 *db = open_database(b->folder);
	struct wake end = {.mode = MODES};
	int64_t cursor = b->newest, end_ns;
	bool going_on = await_all(b, &b->shared->connected, 2 * b->subscribers);

	usleep(500 * 1000);
	for (size_t i = 0; i < b->rounds && going_on; i++) {
		cursor++;
		going_on = send_event(b, db, BARE, cursor) && send_event(b, db, STREAM, cursor);
	}
	b->shared->catching_up = b->late > 0;
	end_ns = now_ns() + CATCH_UP_S * INT64_C(1000000000);
	while (going_on && b->shared->caught_up < b->late && now_ns() < end_ns)
		going_on = send_event(b, db, CATCHING_UP, ++cursor);
	if (!going_on)
		fputs("stream: not all lines have come\n", stderr);
	b->shared->ending = true;
	sqlite3_close(db);
	if (write(b->wake[1], &end, sizeof(end)) != sizeof(end))
		give_up("cannot wake the loop");
	return NULL;
}

/* ---- the sender ---- */

static void send_bare(struct bench *b, int64_t cursor)
{
	char head[HEAD_MAX];
	int n = snprintf(head, sizeof(head), "{\"event\":\"new\",\"cursor\":\"%lld\"", (long long)cursor);

	memcpy(b->line.data, head, (size_t)n);
	for (size_t i = 0; i < b->bare_count; i++)
		if (send(b->bare[i], b->line.data, b->line.len, MSG_NOSIGNAL) != (ssize_t)b->line.len)
			give_up("the bare writer cannot send");
}

static void on_wake(evutil_socket_t fd, short what, void *arg)
{
	struct bench *b = arg;
	struct wake wake;

	(void)what;
	if (read(fd, &wake, sizeof(wake)) != sizeof(wake) || wake.mode == MODES)
		event_base_loopexit(b->base, NULL);
	else if (wake.mode == BARE)
		send_bare(b, wake.cursor);
	else
		stream_wake(b->stream, wake.cursor);
}

static void on_bare(void *arg, int fd, const struct sockaddr *peer, socklen_t peer_len)
{
	struct bench *b = arg;

	(void)peer;
	(void)peer_len;
	b->bare[b->bare_count++] = fd;
}

static int take_line(void *arg, const struct event_record *e)
{
	struct buf *line = arg;

	return event_write_json(line, e, &(struct event_view){0}) == 0 && buf_putc(line, '\n') == 0 ? 1 : -1;
}

/* The line of the event that is committed, for the bare writer. */
static void learn_line(struct bench *b)
{
	struct error err = {0};
	struct reader *r = reader_new(b->folder, &err);
	int64_t oldest, last;

	buf_init(&b->line, 1024 * 1024);
	if (r == NULL || reader_cursors(r, &oldest, &b->newest, &err) != 0 ||
		reader_events(r, 0, 1, &last, take_line, &b->line, &err) != 1 || b->line.len < HEAD_MAX) {
		fprintf(stderr, "stream: no event in %s: %s\n", b->folder, err.text);
		exit(EXIT_FAILURE);
	}
	reader_free(r);
}

static unsigned percentile(const struct histogram *h, double share)
{
	uint64_t wanted = (uint64_t)((double)h->count * share), seen = 0;
	unsigned i = 0;

	while (i < LATENCY_BUCKETS && (seen += h->buckets[i]) <= wanted)
		i++;
	return i;
}

static void print_latency(const struct bench *b)
{
	const struct histogram *bare = &b->shared->latency[BARE];

	printf("%-28s %9s %9s %9s\n", "commit to line read, ms", "p50", "p99", "lines");
	for (size_t i = 0; i < MODES; i++) {
		const struct histogram *h = &b->shared->latency[i];

		printf("%-28s %9.2f %9.2f %9llu\n", mode_names[i], percentile(h, 0.5) / 1e3, percentile(h, 0.99) / 1e3,
			(unsigned long long)h->count);
	}
	printf("stream : bare writer         %9.2f %9.2f\n",
		(double)percentile(&b->shared->latency[STREAM], 0.5) / percentile(bare, 0.5),
		(double)percentile(&b->shared->latency[STREAM], 0.99) / percentile(bare, 0.99));
}

static void serve(struct bench *b)
{
	struct stream_options options = {.state_dir = b->folder,
		.max_connections = (unsigned)(b->subscribers + b->late),
		.heartbeat_ms = INT64_C(3600) * 1000};
	struct error err = {0};
	struct listener *bare = listener_open_unix(b->paths[0], 0600, NULL, &err);
	struct listener *stream = bare != NULL ? listener_open_unix(b->paths[1], 0600, NULL, &err) : NULL;
	struct event *wake;
	struct stream_stats stats;
	pthread_t committer;
	int64_t begin_ms;

	b->base = event_base_new();
	b->bare = calloc(b->subscribers, sizeof(*b->bare));
	b->stream = stream != NULL ? stream_new(b->base, &options, &err) : NULL;
	if (b->bare == NULL || b->stream == NULL || listener_start(bare, b->base, on_bare, b, &err) != 0 ||
		stream_listen(b->stream, stream, &err) != 0) {
		fprintf(stderr, "stream: %s\n", err.text);
		exit(EXIT_FAILURE);
	}
	/* Both sockets are listening. */
	b->reader = fork();
	if (b->reader == 0)
		read_all(b);
	if (b->reader < 0 || pipe2(b->wake, O_CLOEXEC) != 0 || pthread_create(&committer, NULL, commit_events, b) != 0)
		give_up("cannot begin");
	wake = event_new(b->base, b->wake[0], EV_READ | EV_PERSIST, on_wake, b);
	event_add(wake, NULL);
	begin_ms = clock_mono_ms();
	while (!event_base_got_exit(b->base)) {
		int64_t spent_us;

		turn_begin();
		event_base_loop(b->base, EVLOOP_ONCE);
		spent_us = turn_end();
		if (spent_us > b->turn_us_max && b->shared->connected >= 2 * b->subscribers)
			b->turn_us_max = spent_us;
	}
	pthread_join(committer, NULL);
	stream_get_stats(b->stream, &stats);
	print_latency(b);
	printf("longest turn of the loop     %9.2f ms of processor time; %llu lines in %.1f s\n",
		(double)b->turn_us_max / 1e3, (unsigned long long)stats.lines,
		(double)(clock_mono_ms() - begin_ms) / 1e3);
	kill(b->reader, SIGKILL);
	waitpid(b->reader, NULL, 0);
	event_free(wake);
	stream_free(b->stream);
	listener_free(bare);
	listener_free(stream);
	event_base_free(b->base);
	free(b->bare);
}

static size_t number(const char *text, long long most)
{
	long long n;

	if (!str_to_int(str_from(text), &n) || n < 0 || n > most) {
		fprintf(stderr, "stream: %s is no number up to %lld\n", text, most);
		exit(EXIT_FAILURE);
	}
	return (size_t)n;
}

int main(int argc, char **argv)
{
	struct bench b = {0};
	struct rlimit files;

	if (argc != 5) {
		fputs("usage: stream STATE_FOLDER SUBSCRIBERS ROUNDS CATCHING_UP\n", stderr);
		return EXIT_FAILURE;
	}
	b.folder = argv[1];
	b.subscribers = number(argv[2], 10000);
	b.rounds = number(argv[3], ROUNDS_MAX);
	b.late = number(argv[4], 1000);
	log_set_level(LOG_LEVEL_WARNING);
	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	snprintf(b.paths[0], sizeof(b.paths[0]), "%.90s/bare.sock", b.folder);
	snprintf(b.paths[1], sizeof(b.paths[1]), "%.90s/stream.sock", b.folder);
	b.shared = mmap(NULL, sizeof(*b.shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (b.shared == MAP_FAILED)
		give_up("cannot share memory");
	learn_line(&b);
	serve(&b);
	buf_release(&b.line);
	munmap(b.shared, sizeof(*b.shared));
	return EXIT_SUCCESS;
}
