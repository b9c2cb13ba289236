/* SPDX-License-Identifier: ISC */
/* fuzz.h: what the fuzz targets share.
 *
 * A target takes any bytes, runs one module on them and checks what that module promises in its header, so
 * that a wrong answer is found like a crash. */
#ifndef TEST_FUZZ_H
#define TEST_FUZZ_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sitrep/base/str.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

/* The head of a function that is called before the first input; the fuzzer ends when it returns anything but 0. */
#define FUZZ_SETUP int LLVMFuzzerInitialize(__attribute__((unused)) int *argc, __attribute__((unused)) char ***argv)

/* What one input may take: far more than any that is found needs, and far less than the fuzzer's own limit. */
enum { FUZZ_ARENA_MAX = 256 * 1024 * 1024, FUZZ_BUF_MAX = 64 * 1024 * 1024 };

#define fuzz_require(condition, subject)                                                                               \
	do {                                                                                                           \
		if (!(condition))                                                                                      \
			fuzz_fail(__FILE__, __LINE__, #condition, (subject));                                          \
	} while (0)

/* The fuzzer takes abort() for a finding and writes the input to a file. */
static inline _Noreturn void fuzz_fail(const char *file, int line, const char *condition, struct str subject)
{
	fprintf(stderr, "%s:%d: not true: %s\nof: %.*s\n", file, line, condition,
		(int)(subject.len < 4096 ? subject.len : 4096), subject.len > 0 ? subject.data : "");
	abort();
}

static inline struct str fuzz_str(const uint8_t *data, size_t size)
{
	return str_make((const char *)data, size);
}

/* The part before the first newline, and what stands behind it; without one all is the second part. */
static inline struct str fuzz_first_line(struct str *rest)
{
	size_t at = str_find_char(*rest, '\n', 0);
	struct str line = STR_NONE;

	if (at != STR_NPOS) {
		line = str_slice(*rest, 0, at);
		*rest = str_slice(*rest, at + 1, rest->len);
	}
	return line;
}

#endif
