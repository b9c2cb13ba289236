/* SPDX-License-Identifier: ISC */
/* document_fields.h: every member of a document once, for all who walk through documents.
 *
 * The wire format, the database's records and the neutral JSON are all driven by these tables.  A tag is
 * for ever: records with it lie in databases; a member that goes leaves its number unused. */
#ifndef SITREP_MODEL_DOCUMENT_FIELDS_H
#define SITREP_MODEL_DOCUMENT_FIELDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum field_kind {
	FIELD_STR,
	FIELD_BOOL,
	FIELD_TIME,   /* int64_t; TIME_NONE is absent */
	FIELD_ENUM,   /* int-sized, 0 is absent, below max */
	FIELD_U32,    /* 0 is absent */
	FIELD_DIGEST, /* struct str of SHA256_LEN bytes */
	FIELD_BYTES,  /* struct str of at most max bytes, whatever they are; checked by who reads it */
	FIELD_TEXT,   /* struct text: a struct with a JSON form of its own */
	FIELD_STRUCT,
	FIELD_LIST, /* items, count, cap */
};

/* The kinds of text. Each is valid UTF-8 of at most max bytes. */
enum field_rule {
	RULE_NONE,  /* its owner knows */
	RULE_WORDS, /* no control characters but tab and newline; FIELD_TEXT: or markup as the sanitizer writes it */
	RULE_LINK,  /* an absolute link (url_is_safe_link()), or nothing */
	RULE_LINE,  /* one line of plain text (utf8_is_line()) */
};

struct shape;

struct field {
	uint8_t tag;
	enum field_kind kind;
	const char *name; /* in the neutral JSON; NULL: not in it, or written by hand */
	size_t offset;
	/* FIELD_ENUM: first value that is none; FIELD_LIST: most elements; FIELD_BYTES; with a rule: most bytes */
	uint32_t max;
	const struct shape *of; /* FIELD_TEXT, FIELD_STRUCT, FIELD_LIST: the element */
	enum field_rule rule;
};

struct shape {
	size_t size;
	const struct field *fields;
	size_t count;
	void (*init)(void *element); /* NULL: all zeroes will do */
};

extern const struct shape shape_document, shape_item, shape_feed, shape_text;

/* Of FIELD_TIME: TIME_NONE, or within the years 0 to 9999. */
bool field_time_fits(int64_t time_ms);

/* A list inside a document, whatever its elements are. */
struct list_head {
	void *items;
	size_t count;
	size_t cap;
};
struct list_head list_head_get(const void *owner, const struct field *f);
void list_head_set(void *owner, const struct field *f, struct list_head head);

#endif
