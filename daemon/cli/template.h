/* SPDX-License-Identifier: ISC */
/* template.h: a line of text with places for an event's members, for sitrep tail --format.
 *
 *     {alert.name}: {title} {url}\n
 *
 * {title} is a member of the item, {story.sources} one by its path in the line of JSON; the names of TEMPLATE NAMES in
 * sitrep(1) are short forms.  A list is written with commas, a missing member as nothing.  {title:json} is escaped for
 * a JSON string, {title:uri} for an address; without either, a value is one line without control characters.  \n, \t
 * and \\ are escapes, {{ is one {, and any other { that begins no name stands for itself. */
#ifndef SITREP_CLI_TEMPLATE_H
#define SITREP_CLI_TEMPLATE_H

#include <jansson.h>

#include "sitrep/base/buf.h"
#include "sitrep/base/error.h"
#include "sitrep/base/str.h"

/* 0, or -EINVAL with a sentence that names the column, as rule_show() reads it. */
int template_check(struct str template, struct error *err);
/* Appends the text of an event. 0 or out's failure. */
int template_write(struct buf *out, struct str template, const json_t *event);

#endif
