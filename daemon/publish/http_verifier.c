/* SPDX-License-Identifier: ISC */
/* One thread carries out the oldest waiting check.  The lock guards the state, hash and password of entries that wait
 * or are checked; the loop alone uses the rest of the table. */
#include "http_verifier.h"

#include <crypt.h>
#include <errno.h>
#include <event2/event.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <unistd.h>

#include "sitrep/base/clock.h"
#include "sitrep/base/sha256.h"
#include "sitrep/base/thread.h"

enum {
	ADDRESSES = 64,
	FAILURES_MAX = 10,
	FAILURE_MS = HTTP_VERIFIER_RETRY_S * 1000,
	KEY_LEN = 32,
	NICE = 10,
};

enum state { FREE, QUEUED, UNDER_WAY, DONE_RIGHT, DONE_WRONG, RIGHT, WRONG };

struct entry {
	enum state state;
	uint8_t digest[SHA256_LEN];
	uint8_t address[16];
	uint64_t used; /* rises with each use */
	char *hash, *password;
};

/* The failed checks of an address.  Each adds FAILURE_MS to owed_ms, which falls as time passes; at FAILURES_MAX times
 * FAILURE_MS further checks are refused. */
struct failures {
	uint8_t address[16];
	int64_t owed_ms, at_ms; /* at_ms: monotonic */
};

struct http_verifier {
	http_verified_fn *fn;
	void *arg;
	struct event *readable;
	int fd; /* an eventfd: a check has ended */
	uint8_t key[KEY_LEN];
	uint64_t uses;
	struct failures failures[ADDRESSES];
	bool has_thread, stop;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	struct entry entries[HTTP_VERIFIER_KEPT];
};

/* ---- the thread ---- */

static bool is_right_password(const char *password, const char *hash)
{
	struct crypt_data *data = calloc(1, sizeof(*data));
	const char *made = data != NULL ? crypt_rn(password, hash, data, (int)sizeof(*data)) : NULL;
	unsigned difference = made == NULL || strlen(made) != strlen(hash);

	for (size_t i = 0; difference == 0 && hash[i] != '\0'; i++)
		difference |= (unsigned char)made[i] ^ (unsigned char)hash[i];
	if (data != NULL)
		explicit_bzero(data, sizeof(*data));
	free(data);
	return difference == 0;
}

static struct entry *oldest_queued(struct http_verifier *v)
{
	struct entry *best = NULL;

	for (size_t i = 0; i < HTTP_VERIFIER_KEPT; i++)
		if (v->entries[i].state == QUEUED && (best == NULL || v->entries[i].used < best->used))
			best = &v->entries[i];
	return best;
}

static void *run_checks(void *arg)
{
	static const uint64_t one = 1;
	struct http_verifier *v = arg;

	(void)setpriority(PRIO_PROCESS, (id_t)gettid(), NICE);
	pthread_mutex_lock(&v->lock);
	while (!v->stop) {
		struct entry *e = oldest_queued(v);
		bool right;

		if (e == NULL) {
			pthread_cond_wait(&v->wake, &v->lock);
			continue;
		}
		e->state = UNDER_WAY;
		pthread_mutex_unlock(&v->lock);
		right = is_right_password(e->password, e->hash);
		pthread_mutex_lock(&v->lock);
		e->state = right ? DONE_RIGHT : DONE_WRONG;
		while (write(v->fd, &one, sizeof(one)) < 0 && errno == EINTR)
			;
	}
	pthread_mutex_unlock(&v->lock);
	return NULL;
}

/* ---- failures ---- */

static struct failures *failures_of(struct http_verifier *v, const uint8_t address[16])
{
	struct failures *best = &v->failures[0];
	int64_t now_ms = clock_mono_ms();

	for (size_t i = 0; i < ADDRESSES; i++) {
		struct failures *f = &v->failures[i];

		f->owed_ms = f->owed_ms > now_ms - f->at_ms ? f->owed_ms - (now_ms - f->at_ms) : 0;
		f->at_ms = now_ms;
		if (memcmp(f->address, address, sizeof(f->address)) == 0)
			return f;
		if (f->owed_ms < best->owed_ms)
			best = f;
	}
	*best = (struct failures){.at_ms = now_ms};
	memcpy(best->address, address, sizeof(best->address));
	return best;
}

/* ---- the loop's side ---- */

static void forget_secrets(struct entry *e)
{
	cstr_wipe(e->password);
	cstr_wipe(e->hash);
	e->password = e->hash = NULL;
}

static void on_done(evutil_socket_t fd, short what UNUSED, void *arg)
{
	struct http_verifier *v = arg;
	uint64_t count;

	if (read((int)fd, &count, sizeof(count)) < 0)
		return;
	pthread_mutex_lock(&v->lock);
	for (size_t i = 0; i < HTTP_VERIFIER_KEPT; i++) {
		struct entry *e = &v->entries[i];

		if (e->state != DONE_RIGHT && e->state != DONE_WRONG)
			continue;
		if (e->state == DONE_RIGHT)
			failures_of(v, e->address)->owed_ms -= FAILURE_MS;
		e->state = e->state == DONE_RIGHT ? RIGHT : WRONG;
		forget_secrets(e);
	}
	pthread_mutex_unlock(&v->lock);
	v->fn(v->arg);
}

static struct entry *find_entry(struct http_verifier *v, const uint8_t digest[SHA256_LEN])
{
	for (size_t i = 0; i < HTTP_VERIFIER_KEPT; i++)
		if (v->entries[i].state != FREE && memcmp(v->entries[i].digest, digest, SHA256_LEN) == 0)
			return &v->entries[i];
	return NULL;
}

/* The entry to use for another password: a free one; else the least recently used wrong password; else the least
 * recently used right one.  NULL when too many checks wait. */
static struct entry *find_place(struct http_verifier *v)
{
	struct entry *best = NULL;
	size_t waiting = 0;

	for (size_t i = 0; i < HTTP_VERIFIER_KEPT; i++) {
		struct entry *e = &v->entries[i];

		if (e->state != FREE && e->state != RIGHT && e->state != WRONG)
			waiting++;
		else if (best == NULL || (e->state == FREE && best->state != FREE) ||
			 (e->state == WRONG && best->state == RIGHT) ||
			 (e->state == best->state && e->used < best->used))
			best = e;
	}
	return waiting < HTTP_VERIFIER_QUEUE ? best : NULL;
}

static bool start_thread(struct http_verifier *v)
{
	if (!v->has_thread)
		v->has_thread = thread_start(&v->thread, run_checks, v) == 0;
	return v->has_thread;
}

/* Called with the lock held. */
static enum http_verdict enqueue(struct http_verifier *v, const uint8_t address[16], struct str password,
	const char *hash, const uint8_t digest[SHA256_LEN])
{
	struct failures *f = failures_of(v, address);
	struct entry *e = find_place(v);

	if (e == NULL || f->owed_ms + FAILURE_MS > FAILURES_MAX * (int64_t)FAILURE_MS || !start_thread(v))
		return HTTP_VERDICT_REFUSED;
	*e = (struct entry){.used = ++v->uses, .hash = strdup(hash), .password = strndup(password.data, password.len)};
	if (e->hash == NULL || e->password == NULL) {
		forget_secrets(e);
		return HTTP_VERDICT_REFUSED;
	}
	memcpy(e->digest, digest, sizeof(e->digest));
	memcpy(e->address, address, sizeof(e->address));
	e->state = QUEUED;
	f->owed_ms += FAILURE_MS;
	pthread_cond_signal(&v->wake);
	return HTTP_VERDICT_WAITS;
}

enum http_verdict http_verifier_ask(
	struct http_verifier *v, const uint8_t address[16], struct str user, struct str password, const char *hash)
{
	const struct str pieces[] = {str_make((const char *)v->key, sizeof(v->key)), str_make(hash, strlen(hash) + 1),
		user, str_make("", 1), password};
	enum http_verdict verdict = HTTP_VERDICT_WAITS;
	uint8_t digest[SHA256_LEN];
	struct entry *e;

	sha256_of(pieces, sizeof(pieces) / sizeof(pieces[0]), digest);
	pthread_mutex_lock(&v->lock);
	e = find_entry(v, digest);
	if (e == NULL)
		verdict = enqueue(v, address, password, hash, digest);
	else if (e->state == RIGHT || e->state == WRONG) {
		verdict = e->state == RIGHT ? HTTP_VERDICT_RIGHT : HTTP_VERDICT_WRONG;
		e->used = ++v->uses;
	}
	pthread_mutex_unlock(&v->lock);
	return verdict;
}

/* ---- life ---- */

struct http_verifier *http_verifier_new(struct event_base *base, http_verified_fn *fn, void *arg, struct error *err)
{
	struct http_verifier *v = calloc(1, sizeof(*v));

	if (v == NULL)
		return error_sys_null(err, -ENOMEM, "cannot check passwords");
	v->fn = fn;
	v->arg = arg;
	pthread_mutex_init(&v->lock, NULL);
	pthread_cond_init(&v->wake, NULL);
	v->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	v->readable = v->fd >= 0 ? event_new(base, v->fd, EV_READ | EV_PERSIST, on_done, v) : NULL;
	if (v->readable == NULL || event_add(v->readable, NULL) != 0 ||
		getrandom(v->key, sizeof(v->key), 0) != (ssize_t)sizeof(v->key)) {
		error_sys(err, -ENOMEM, "cannot check passwords");
		http_verifier_free(v);
		return NULL;
	}
	return v;
}

void http_verifier_free(struct http_verifier *v)
{
	if (v == NULL)
		return;
	pthread_mutex_lock(&v->lock);
	v->stop = true;
	pthread_cond_signal(&v->wake);
	pthread_mutex_unlock(&v->lock);
	if (v->has_thread)
		pthread_join(v->thread, NULL);
	if (v->readable != NULL)
		event_free(v->readable);
	if (v->fd >= 0)
		close(v->fd);
	for (size_t i = 0; i < HTTP_VERIFIER_KEPT; i++)
		forget_secrets(&v->entries[i]);
	pthread_cond_destroy(&v->wake);
	pthread_mutex_destroy(&v->lock);
	explicit_bzero(v->key, sizeof(v->key));
	free(v);
}
