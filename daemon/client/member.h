/* SPDX-License-Identifier: ISC */
/* member.h: members of one line of JSON, without a tree and without memory of its own.
 *
 * The line comes from the daemon, which quotes text from outside.  A line that is not JSON has no members. */
#ifndef SITREP_CLIENT_MEMBER_H
#define SITREP_CLIENT_MEMBER_H

#include <stdbool.h>
#include <stddef.h>

#include "sitrep/base/buf.h"
#include "sitrep/base/str.h"

/* How deep objects and lists may be nested; a line with deeper ones does not count as JSON. */
enum { MEMBER_DEPTH_MAX = 64 };

/* Whether json is one object, with nothing but white space around it. */
bool member_is_object(struct str json);

/* The value at a path: names of members and places in lists, with dots between ("alert.terms.0").  A string has its
 * quotation marks.  STR_NONE: there is no such value.  Of two members with the same name the first counts. */
struct str member_find(struct str json, const char *path);

/* Appends the text of a string, number, true, false or null.  A NUL in a string becomes U+FFFD.  0, -EINVAL for an
 * object or a list, or out's failure. */
int member_as_text(struct str value, struct buf *out);

/* Gives the next member of an object; false after the last one.  *pos is 0 before the first call.  name is without its
 * quotation marks; its escapes stay as they are. */
bool member_next(struct str json, size_t *pos, struct str *name, struct str *value);

#endif
