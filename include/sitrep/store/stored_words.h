/* SPDX-License-Identifier: ISC */
/* stored_words.h: the words of a stored item, for rules.
 *
 * Rules are matched on the words of the stored text.  The sanitizer has rebuilt it, so its markup is removed without a
 * parser (plain_text.h). */
#ifndef SITREP_STORE_STORED_WORDS_H
#define SITREP_STORE_STORED_WORDS_H

#include "sitrep/base/buf.h"
#include "sitrep/model/document.h"
#include "sitrep/rules/rule.h"

struct stored_words {
	struct buf plain_title, plain_body, title, body;
};

void stored_words_init(struct stored_words *w);
void stored_words_release(struct stored_words *w);
/* Sets the title, body, their tokens and the language of subject, which live until the next call. 0 or -ENOMEM. */
int stored_words_read(struct stored_words *w, const struct item *it, struct rule_subject *subject);

#endif
