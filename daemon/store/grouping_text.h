/* The SQL of grouping.c, and nothing else: tables of one kind differ only in their number, so macros write them out. */
#ifndef SITREP_STORE_GROUPING_TEXT_H
#define SITREP_STORE_GROUPING_TEXT_H

/* Weeks that are kept apart: the window's two, the one it began in, and the one that is being emptied. */
enum { GROUPING_SLOTS = 4 };

/* Statements of a slot follow each other in its order. */
enum grouping_statement {
	CANDIDATES,
	FIND_TEXT,
	COUNT_TEXTS,
	COUNT_SHINGLES,
	COMMON_LOAD,
	COMMON_SAVE,
	STATE_LOAD,
	STATE_SAVE,
	ADD_TEXT,
	ADD_SHINGLE = ADD_TEXT + GROUPING_SLOTS,
	EMPTY_TEXTS = ADD_SHINGLE + GROUPING_SLOTS,
	EMPTY_SHINGLES = EMPTY_TEXTS + GROUPING_SLOTS,
	MOVE_TEXT = EMPTY_SHINGLES + GROUPING_SLOTS,
	TEXT_OF = MOVE_TEXT + GROUPING_SLOTS,
	GROUPING_STATEMENTS = TEXT_OF + GROUPING_SLOTS,
};

extern const char grouping_tables[];
extern const char *const grouping_texts[GROUPING_STATEMENTS];

#endif
