/* SPDX-License-Identifier: ISC */
/* rule_image.h: a finished rule set as one block of memory, with numbers in the place of addresses.
 *
 * The image holds all that a search reads and does not write: words, prefixes, patterns, terms and programs.  So one
 * image serves all processes that map it, wherever it lies in their memory (rule_set_open()).  Each process has its own
 * memory for the state of a search, and its own compiled regular expressions.
 *
 * An image is a head and arrays.  It is made by rule_set_finish() alone, in this process or in the daemon, which is the
 * same build (pool.h) and seals the file before a worker gets it.  So image_check() makes sure that the head is of this
 * build and that each array lies in the image, once; the numbers in the arrays are believed as those in a set of our
 * own are.  Structs in it have no padding, which could carry other bytes of the daemon's memory. */
#ifndef RULES_RULE_IMAGE_H
#define RULES_RULE_IMAGE_H

#include <stddef.h>
#include <stdint.h>

#include "sitrep/base/buf.h"
#include "sitrep/base/error.h"
#include "sitrep/base/str.h"

enum { IMAGE_BYTES_MAX = 512 * 1024 * 1024, IMAGE_ALIGNMENT = 16 };

enum image_array {
	IMAGE_SET, /* this and IMAGE_AUTOMATON: one struct each, with the numbers that are no arrays */
	IMAGE_AUTOMATON,
	IMAGE_WORD_GROUPS,
	IMAGE_WORD_PLACES,
	IMAGE_NODES,
	IMAGE_EDGES,
	IMAGE_EDGE_FILTER,
	IMAGE_PREFIXES,
	IMAGE_PREFIX_BYTES,
	IMAGE_PREFIX_ORDER,
	IMAGE_PREFIX_SHORTER,
	IMAGE_PREFIX_HEAD,
	IMAGE_PREFIX_FILTER,
	IMAGE_RULES,
	IMAGE_TERMS,
	IMAGE_STEPS,
	IMAGE_NEARS,
	IMAGE_CONDITIONS,
	IMAGE_TEXT,
	IMAGE_USE,
	IMAGE_USES,
	IMAGE_USERS,
	IMAGE_ALWAYS,
	IMAGE_SCORED,
	IMAGE_LIST_RULES,
	IMAGE_REGEXES,
	IMAGE_ARRAYS,
};

/* To be called in this order, each array once; a failure of out is told by image_end(). */
void image_begin(struct buf *out);
void image_put(struct buf *out, enum image_array which, const void *items, size_t count, size_t size);
/* 0, -ENOMEM or -E2BIG. */
int image_end(struct buf *out);

/* 0, or -EINVAL with a sentence: not an image of this build, or cut off. */
int image_check(struct str image, struct error *err);
/* The array, in the image, and its number of items of that size; never NULL.  *count may be left NULL. */
const void *image_get(struct str image, enum image_array which, size_t size, size_t *count);

#endif
