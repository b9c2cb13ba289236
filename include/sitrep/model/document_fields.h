/* SPDX-License-Identifier: ISC */
/* document_fields.h: every member of a document once, as tables.
 *
 * The wire format, the database's records and the neutral JSON are all driven by these tables.  A tag never changes
 * its meaning: stored records have it.  The tag of a removed member is not used again. */
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
	FIELD_U64,    /* 0 is absent */
	FIELD_DIGEST, /* struct str of SHA256_LEN bytes */
	FIELD_BYTES,  /* struct str of any bytes, at most max; the module that decodes it checks it */
	FIELD_TEXT,   /* struct text: a struct with a JSON form of its own */
	FIELD_STRUCT,
	FIELD_LIST, /* items, count, cap */
};

/* What a text may hold.  Each is valid UTF-8 of at most max bytes. */
enum field_rule {
	RULE_NONE,  /* not a text, or checked by other code */
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
	/* FIELD_ENUM: number of values; FIELD_LIST: most elements; FIELD_BYTES and text with a rule: most bytes */
	uint32_t max;
	const struct shape *of; /* FIELD_TEXT, FIELD_STRUCT, FIELD_LIST: the element */
	enum field_rule rule;
};

struct shape {
	size_t size;
	const struct field *fields;
	size_t count;
	void (*init)(void *element); /* NULL: a zeroed element is initialised */
};

extern const struct shape shape_document, shape_item, shape_feed, shape_text;

/* Whether a FIELD_TIME is valid: TIME_NONE, or within the years 0 to 9999. */
bool field_time_fits(int64_t time_ms);

/* The members that lists of all types have. */
struct list_head {
	void *items;
	size_t count;
	size_t cap;
};
struct list_head list_head_get(const void *owner, const struct field *f);
void list_head_set(void *owner, const struct field *f, struct list_head head);

#endif
