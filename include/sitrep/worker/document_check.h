/* SPDX-License-Identifier: ISC */
/* document_check.h: checks that a parse worker may have sent a document.
 *
 * A feed that exploits a parser controls its worker's answer.  wire.h refuses bytes that are no document. This module
 * refuses a document that the parser would never make, before the daemon uses it:
 * - a text is longer than limits.h has it, is no UTF-8, or holds control characters;
 * - a link is anything but an absolute one to http, https or mailto;
 * - markup holds anything that the sanitizer does not write (html_is_sanitized());
 * - a date lies outside of the years 0 to 9999;
 * - an item's plain title or summary is not one line of plain text;
 * - an item has no identity, a digest of another length, a sketch that is none, or one of another version;
 * - a rule is said to match that the worker was not sent, or twice, or by a term that it does not have.
 * An item's digest and sketch are not computed again: they only decide of which item it is a copy, and a feed that
 * wants to pass as a copy need only repeat the text. */
#ifndef SITREP_WORKER_DOCUMENT_CHECK_H
#define SITREP_WORKER_DOCUMENT_CHECK_H

#include "sitrep/base/arena.h"
#include "sitrep/base/error.h"
#include "sitrep/model/document.h"
#include "sitrep/worker/job.h"

/* Checks a worker's answer: fills d from bytes, with its lists in a, if a worker with these rules may send it.  0,
 * -EPROTO with a sentence, -ENOMEM.  Called in a thread of the pool's. */
typedef int document_check_fn(
	struct str bytes, const struct known_rules *rules, struct arena *a, struct document *d, struct error *err);

/* A document_check_fn: fills d from bytes, as wire_decode_document() does, and checks it.  0, -EPROTO with a
 * sentence, -ENOMEM. */
int document_check(
	struct str bytes, const struct known_rules *rules, struct arena *a, struct document *d, struct error *err);

#endif
