/* SPDX-License-Identifier: ISC */
/* identity.h: computes the identity of an item.
 *
 * Fills the computed members of a parsed item: its plain texts, its identity (a hash of its guid, else link, else
 * digest), its content digest over the canonical title and body, its URL key, and its sketch.  Runs in the workers;
 * depends on the item alone. */
#ifndef SITREP_IDENTITY_IDENTITY_H
#define SITREP_IDENTITY_IDENTITY_H

#include "sitrep/base/arena.h"
#include "sitrep/base/error.h"
#include "sitrep/model/document.h"

struct identity; /* buffers and a hash context, reused from item to item */

struct identity *identity_new(struct error *err);
void identity_free(struct identity *id);

/* Fills the item's computed members but its matches, and removes tracking parameters from its link.  Text goes into
 * a.  The digest covers the tokens of the title and of the body, which is the content, or the summary where the
 * content has no words.  A missing plain title is the beginning of the body, or else the link.  0, or -ENOMEM: the
 * caller then drops the item. */
int identity_assign(struct identity *id, struct arena *a, struct item *it);

/* Reads the texts alone, for the functions below, and fills the item's plain ones. 0 or -ENOMEM. */
int identity_read_texts(struct identity *id, struct arena *a, struct item *it);

/* The plain text of title and body of the item last assigned or read, one line each, for rule_words().  Valid until the
 * next call. */
struct str identity_title_text(const struct identity *id);
struct str identity_body_text(const struct identity *id);

/* Their canonical tokens, each followed by a space; valid as long. */
struct str identity_title_tokens(const struct identity *id);
struct str identity_body_tokens(const struct identity *id);

#endif
