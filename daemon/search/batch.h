/* SPDX-License-Identifier: ISC */
/* batch.h: texts in memory that become one segment. */
#ifndef SEARCH_BATCH_H
#define SEARCH_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "doc.h"
#include "index_file.h"
#include "sitrep/base/error.h"
#include "sitrep/rules/rule.h"

/* A batch is full with so many texts, or so many words in texts: 16 MB. */
enum { BATCH_DOCS_MAX = 4096, BATCH_POSTINGS_MAX = 1024 * 1024 };

struct batch;

struct batch *batch_new(void);
void batch_free(struct batch *b);
size_t batch_count(const struct batch *b);
bool batch_is_full(const struct batch *b);
/* Forgets all texts. */
void batch_clear(struct batch *b);

/* Adds a text with the words of subject (stored_words.h).  Texts are added in the order of their items.  doc's language
 * and length are set here.  0; or -ENOMEM, and the batch is to be cleared. */
int batch_add(struct batch *b, const struct doc *doc, const struct rule_subject *subject);

/* Writes the texts, of which there is one at least, as a segment of f, which is in a transaction. */
int batch_write(struct batch *b, struct index_file *f, struct error *err);

#endif
