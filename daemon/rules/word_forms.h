/* SPDX-License-Identifier: ISC */
/* word_forms.h: the forms of one word under which a rule finds it.
 *
 * The first is the token itself.  The others are other spellings of the word: without its diacritics and, in German
 * and the Nordic languages, with ae, oe, ue for ä, ö, ü; Cyrillic е for ё; Arabic and Hebrew without vowel signs,
 * Arabic without the article and the prefixes before it; Hangul without particles. */
#ifndef RULES_WORD_FORMS_H
#define RULES_WORD_FORMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sitrep/base/buf.h"
#include "sitrep/base/str.h"

enum {
	WORD_FORMS_MAX = 24,
	WORD_FORMS_BYTES = 4096,
	/* A longer token is no word of a language and gets no forms. */
	WORD_FORMED_MAX = WORD_FORMS_BYTES / 16,
	/* Separates the forms of a word; no token contains it. */
	WORD_FORM_MARK = 0x1f,
};

struct word_forms {
	struct word_form {
		size_t from, len;
	} items[WORD_FORMS_MAX];
	size_t count;
	char room[WORD_FORMS_BYTES];
	size_t used;
	struct buf folded;
};

void word_forms_init(struct word_forms *f);
void word_forms_release(struct word_forms *f);
/* Must be called before each word. */
void word_forms_clear(struct word_forms *f);
/* Adds the token, of at most WORD_FORMS_BYTES, and its forms; duplicates, and forms for which there is no room, are
 * left out. */
void word_forms_add(struct word_forms *f, struct str token);
struct str word_forms_get(const struct word_forms *f, size_t n);

/* Is part an elided word before an apostrophe: l', d', qu', dell'? */
bool word_forms_is_elision(struct str part);
/* Is part an ending behind an apostrophe, as 's, 'll, Turkish 'da, 'nin?  before: the part before the apostrophe. */
bool word_forms_is_ending(struct str before, struct str part);

/* Appends a rule's tokens with interchangeable letters made equal, as the forms have them: е for ё, one of the alefs,
 * Arabic for Persian kaf; Arabic loses its vowel signs.  0, or out's failure. */
int word_forms_unify(struct buf *out, struct str tokens);

#endif
