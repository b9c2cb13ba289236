/* SPDX-License-Identifier: ISC */
/* number_words_east.h: numbers in Korean, and in the numerals of Japanese and Chinese. */
#ifndef SITREP_IDENTITY_NUMBER_WORDS_EAST_H
#define SITREP_IDENTITY_NUMBER_WORDS_EAST_H

#include "number_text.h"
#include "sitrep/base/str.h"

/* As number_words_read(), where tokens begin with a letter of these scripts. */
void number_words_han(struct number_text *n, struct str tokens);
void number_words_korean(struct number_text *n, struct str tokens);
/* The same where they begin with a figure: "200万人", "2억 5000만". */
void number_words_figure(struct number_text *n, struct str tokens);

#endif
