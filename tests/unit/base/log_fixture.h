/* SPDX-License-Identifier: ISC */
/* log_fixture.h: standard error led into a file, and what was logged there. */
#ifndef SITREP_TEST_LOG_FIXTURE_H
#define SITREP_TEST_LOG_FIXTURE_H

#include "../scratch.h"
#include "sitrep/base/log.h"
#include "sitrep/base/str.h"

enum { SAID_MAX = 1 << 20, CLOCK_LEN = 24 };

/* Standard error, led into a file for as long as a test listens. */
struct ear {
	int real; /* standard error as it was */
	int fd;   /* of the file */
	char *said;
	size_t len;
};

static inline void listen_to(struct ear *e, int fd)
{
	e->real = dup(STDERR_FILENO);
	e->fd = fd;
	assert_true(e->real >= 0 && fd >= 0);
	assert_true(dup2(fd, STDERR_FILENO) >= 0);
}

static inline void setup(struct ear *e)
{
	char path[] = P_tmpdir "/sitrep-log-XXXXXX";
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(unlink(path), 0);
	e->said = malloc(SAID_MAX);
	assert_non_null(e->said);
	unsetenv("JOURNAL_STREAM");
	listen_to(e, fd);
	assert_int_equal(setenv("TZ", "UTC", 1), 0);
	log_init("test");
	log_set_level(LOG_LEVEL_INFO);
}

static inline void stop_listening(struct ear *e)
{
	if (e->real < 0)
		return;
	dup2(e->real, STDERR_FILENO);
	close(e->real);
	e->real = -1;
}

static inline void teardown(struct ear *e)
{
	stop_listening(e);
	close(e->fd);
	free(e->said);
	unsetenv("JOURNAL_STREAM");
	log_init("test");
	log_set_level(LOG_LEVEL_INFO);
}

FIXTURE(ear, setup, teardown)

/* What was said since the last time, as a string. */
static inline const char *heard(struct ear *e)
{
	ssize_t n = pread(e->fd, e->said, SAID_MAX - 1, 0);

	assert_true(n >= 0);
	e->said[n] = '\0';
	e->len = (size_t)n;
	assert_int_equal(ftruncate(e->fd, 0), 0);
	assert_int_equal(lseek(e->fd, 0, SEEK_SET), 0);
	return e->said;
}

/* A line after its time: "2026-11-23 12:03:22 UTC warning feed fails". */
static inline const char *after_clock(const char *line)
{
	static const char form[] = "0000-00-00 00:00:00 UTC ";

	for (size_t i = 0; i < CLOCK_LEN; i++)
		assert_true(form[i] == '0' ? char_is_digit(line[i]) : line[i] == form[i]);
	return line + CLOCK_LEN;
}

static inline void assert_heard(struct ear *e, const char *expected)
{
	assert_string_equal(after_clock(heard(e)), expected);
}

#endif
