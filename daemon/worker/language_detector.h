/* SPDX-License-Identifier: ISC */
/* language_detector.h: detects the language of a text without a declared one, if the library libcld2 is installed.
 *
 * The library is loaded at run time, before the sandbox closes. Without it the detector is off.  Debian
 * has it in the package libcld2-0.  A declared language always counts before a detected one. */
#ifndef SITREP_WORKER_LANGUAGE_DETECTOR_H
#define SITREP_WORKER_LANGUAGE_DETECTOR_H

#include <stdbool.h>

#include "sitrep/base/buf.h"
#include "sitrep/base/str.h"

struct language_detector {
	void *library; /* NULL: off */
	int (*detect)(const char *text, int len, bool is_plain, bool *is_reliable);
	const char *(*code)(int language);
	struct buf text;
};

/* The library of version 0 as the packages of distributions name it. */
#define DETECTOR_LIBRARY "libcld2.so.0"

/* True when the library was loaded. */
bool language_detector_open(struct language_detector *d, const char *library);
void language_detector_close(struct language_detector *d);

/* The language's tag, which lives as long as the detector; STR_NONE when it is off, the text is too short, or the
 * result is uncertain. */
struct str language_detector_ask(struct language_detector *d, struct str title, struct str body);

#endif
