/* SPDX-License-Identifier: ISC */
/* member.h: members of one line of JSON, without a tree and without memory of its own.
 *
 * The line comes from the daemon, which quotes text from outside.  What is not JSON has no members. */
#ifndef SITREP_CLIENT_MEMBER_H
#define SITREP_CLIENT_MEMBER_H

#include <stdbool.h>
#include <stddef.h>

#include "sitrep/base/buf.h"
#include "sitrep/base/str.h"

/* Objects and lists inside each other; deeper ones are not JSON here. */
enum { MEMBER_DEPTH_MAX = 64 };

/* Is it one object, white space around it aside? */
bool member_is_object(struct str json);

/* The value at a path of names and places with dots between, "alert.terms.0", as it stands in the object: a string
 * with its quotation marks.  STR_NONE: there is none.  Of two members with one name the first counts. */
struct str member_find(struct str json, const char *path);

/* Appends the text of a string, number, true, false or null.  A NUL in a string becomes U+FFFD.  0, -EINVAL for an
 * object or a list, or out's failure. */
int member_as_text(struct str value, struct buf *out);

/* The members of an object, one after the other: false behind the last one.  *pos is 0 at the beginning.  name is
 * without its quotation marks, escapes and all. */
bool member_next(struct str json, size_t *pos, struct str *name, struct str *value);

#endif
