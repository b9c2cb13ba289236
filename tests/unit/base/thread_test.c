/* SPDX-License-Identifier: ISC */
/* thread_test.c: a thread gets no signals, the thread that started it gets them as before, and a rest ends when the
 * end is asked for. */
#include <signal.h>

#include "../test.h"
#include "sitrep/base/thread.h"

static bool is_blocked(int signal_number)
{
	sigset_t mask;

	assert_int_equal(pthread_sigmask(SIG_SETMASK, NULL, &mask), 0);
	return sigismember(&mask, signal_number) == 1;
}

struct seen {
	bool interrupt, terminate, hangup, user;
};

static void *look(void *arg)
{
	struct seen *seen = arg;

	seen->interrupt = is_blocked(SIGINT);
	seen->terminate = is_blocked(SIGTERM);
	seen->hangup = is_blocked(SIGHUP);
	seen->user = is_blocked(SIGUSR1);
	return seen;
}

TEST(a_thread_gets_no_signals)
{
	struct seen seen = {0};
	void *result = NULL;
	pthread_t thread;

	assert_int_equal(thread_start(&thread, look, &seen), 0);
	assert_int_equal(pthread_join(thread, &result), 0);
	assert_ptr_equal(result, &seen);
	assert_true(seen.interrupt && seen.terminate && seen.hangup && seen.user);
}

TEST(the_starting_thread_keeps_its_mask)
{
	struct seen seen = {0};
	sigset_t some, before;
	pthread_t thread;

	sigemptyset(&some);
	sigaddset(&some, SIGHUP);
	assert_int_equal(pthread_sigmask(SIG_BLOCK, &some, &before), 0);
	assert_int_equal(thread_start(&thread, look, &seen), 0);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_true(is_blocked(SIGHUP));
	assert_false(is_blocked(SIGTERM));
	assert_int_equal(pthread_sigmask(SIG_SETMASK, &before, NULL), 0);
	assert_false(is_blocked(SIGHUP));
}

static void *rest_for_a_day(void *arg)
{
	struct thread_end *end = arg;

	return thread_end_wait(end, INT64_C(24) * 3600 * 1000) ? NULL : end;
}

TEST(a_rest_ends_when_the_end_is_asked_for)
{
	struct thread_end end;
	void *result = NULL;
	pthread_t thread;

	thread_end_init(&end);
	assert_true(thread_end_wait(&end, 1));
	assert_int_equal(thread_start(&thread, rest_for_a_day, &end), 0);
	thread_end_ask(&end);
	assert_int_equal(pthread_join(thread, &result), 0);
	assert_ptr_equal(result, &end);
	/* no further rest begins */
	assert_false(thread_end_wait(&end, INT64_C(24) * 3600 * 1000));
	thread_end_release(&end);
}
