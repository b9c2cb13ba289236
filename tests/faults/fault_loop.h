/* SPDX-License-Identifier: ISC */
/* fault_loop.h: tries a piece of work with its 1st, 2nd, 3rd, … call failing, until a run in which none failed.
 *
 * For unit programs named *_faults_test.c, which are linked with inject.c.  The work calls fault_arm(kinds, n, 1)
 * right before what is tried and fault_disarm() right behind it, looks at what is left, and returns what
 * fault_disarm() said.  Each loop prints how many places it has tried.
 *
 * Work of many thousand calls tries every stride-th place; FAULT_STRIDE=1 in the environment (make check-faults) tries
 * them all. */
#ifndef TEST_FAULT_LOOP_H
#define TEST_FAULT_LOOP_H

#include <sys/stat.h>

#include "../unit/test.h"
#include "inject.h"

/* More calls than any one piece of work makes; a loop that gets here never ends by itself. */
enum { FAULT_PLACES_MAX = 200000 };

/* Sanitizers make everything several times slower, so that fewer places are tried in the same time. */
#if defined(__SANITIZE_ADDRESS__)
#define FAULT_SLOWNESS 8
#else
#define FAULT_SLOWNESS 1
#endif

/* Fails call n of those kinds while the work is done; the number of calls that failed. */
typedef int64_t fault_work_fn(void *arg, uint32_t kinds, int64_t n);

static inline int64_t fault_stride(int64_t usual)
{
	const char *text = getenv("FAULT_STRIDE");
	int64_t stride = text != NULL ? strtoll(text, NULL, 10) : 0;

	return stride > 0 ? stride : FAULT_SLOWNESS * usual;
}

/* Tries the places of each kind by itself. */
static inline void fault_each(const char *name, int64_t usual_stride, fault_work_fn *work, void *arg)
{
	const bool all = getenv("FAULT_STRIDE") != NULL;
	const int64_t stride = fault_stride(usual_stride);

	for (int kind = 0; kind < FAULT_KINDS; kind++) {
		int64_t places = 0, n = 1;
		/* Only allocations are that many. */
		int64_t step = kind == FAULT_ALLOC ? stride : all ? 1 : FAULT_SLOWNESS;

		for (; work(arg, 1U << kind, n) > 0; n += step) {
			places++;
			assert_true(n < FAULT_PLACES_MAX);
		}
		if (places > 0)
			printf("%s: %lld places of %s tried, every %lld\n", name, (long long)places,
				fault_kind_name((enum fault_kind)kind), (long long)step);
		fflush(stdout);
	}
}

/* A TEST_GROUP's setup: files of tests that make thousands of databases lie in memory, where there is such a folder. */
static inline void fault_use_memory_folder(void)
{
	struct stat st;

	if (getenv("TMPDIR") == NULL && stat("/dev/shm", &st) == 0 && S_ISDIR(st.st_mode))
		setenv("TMPDIR", "/dev/shm", 1);
}

#endif
