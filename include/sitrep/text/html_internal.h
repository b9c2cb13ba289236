/* SPDX-License-Identifier: ISC */
/* html_internal.h: what the files of the HTML module share. */
#ifndef SITREP_TEXT_HTML_INTERNAL_H
#define SITREP_TEXT_HTML_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sitrep/base/arena.h"
#include "sitrep/base/buf.h"
#include "sitrep/base/str.h"
#include "sitrep/text/html.h"

enum {
	/* Attributes of one tag that are looked at: the longest real tag seen had 31. */
	HTML_ATTRIBUTES_MAX = 64,
	/* An image within its own URL; what is larger belongs on a server. */
	HTML_DATA_IMAGE_MAX = 64 * 1024,
	/* A style attribute; editors write a few hundred bytes. */
	HTML_STYLE_MAX = 4 * 1024,
	/* More than there are elements that are skipped with their content. */
	HTML_ABSENT_MAX = 16,
};

/* ---- character references (html_entities.c) */

struct html_entity_row {
	const char *name;
	uint32_t first;
	uint16_t second; /* 0: one character only */
	bool legacy;     /* known without semicolon */
};
extern const struct html_entity_row html_entity_table[];
extern const size_t html_entity_count;

struct html_reference {
	uint32_t first;
	uint32_t second; /* 0: one character only */
};
/* The reference that s, which begins with &, begins with; the bytes it takes, 0 when it is none. */
size_t html_read_reference(struct str s, bool in_attribute, struct html_reference *ref);

/* ---- elements and attributes (html_policy.c) */

enum html_flag {
	HTML_KEEP = 1 << 0,   /* on the allowlist */
	HTML_VOID = 1 << 1,   /* no content, no end tag */
	HTML_BLOCK = 1 << 2,  /* ends an open paragraph */
	HTML_FORMAT = 1 << 3, /* goes on behind a paragraph that another block ended */
	HTML_HEADING = 1 << 4,
	HTML_TABLE = 1 << 5,  /* part of a table's structure; dropped outside */
	HTML_SCOPE = 1 << 6,  /* what happens inside does not close what is outside */
	HTML_SKIP = 1 << 7,   /* dropped with its content */
	HTML_RAW = 1 << 8,    /* and its content is no markup: without an end tag it goes to the end */
	HTML_SPACE = 1 << 9,  /* separates words when only the text is wanted */
	HTML_RUBY = 1 << 10,  /* annotation inside ruby: ends the one before */
	HTML_MEDIA = 1 << 11, /* must not load by itself */
	HTML_EMBED = 1 << 12, /* leaves a link to what it would load */
};

/* Elements that the sanitizer treats each in its own way. */
enum html_id {
	HTML_OTHER,
	HTML_A,
	HTML_ADDRESS,
	HTML_CAPTION,
	HTML_COL,
	HTML_COLGROUP,
	HTML_DD,
	HTML_DIV,
	HTML_DT,
	HTML_IMG,
	HTML_LI,
	HTML_NOSCRIPT,
	HTML_P,
	HTML_PRE,
	HTML_RUBY_ELEMENT,
	HTML_SOURCE,
	HTML_SVG,
	HTML_TABLE_ELEMENT,
	HTML_TBODY,
	HTML_TD,
	HTML_TR,
};

struct html_element {
	char name[20]; /* of which 16 count */
	uint16_t flags;
	uint8_t id;
	uint8_t name_len;
};
/* NULL for what the table does not know. */
const struct html_element *html_element_find(struct str name);

enum html_attribute_kind {
	HTML_TEXT,   /* any text: nothing acts on it */
	HTML_NUMBER, /* digits with an optional % or px */
	HTML_LINK,   /* http, https, mailto */
	HTML_IMAGE,  /* http, https, data: of a raster image */
	HTML_SRCSET,
	HTML_STYLE,
	HTML_LOCAL, /* #name */
};

struct html_attribute {
	char name[20]; /* of which 16 count */
	uint8_t kind;
};
const struct html_attribute *html_attribute_find(struct str name);
/* The attribute's place in the table, for sets; below HTML_ATTRIBUTE_KINDS. */
size_t html_attribute_index(const struct html_attribute *attribute);
enum { HTML_ATTRIBUTE_KINDS = 256 };

/* May it stand on this element? */
bool html_attribute_allowed(
	const struct html_element *element, const struct html_attribute *attribute, struct str value);

/* Of a link: one that nothing loads and nobody follows harms nobody when it is empty. */
bool html_may_be_empty(const struct html_attribute *attribute);

/* Is url one of the addresses that only count readers? */
bool html_is_beacon(struct str url);

/* ---- tokens (html_token.c) */

enum html_token_kind { HTML_TOKEN_TEXT, HTML_TOKEN_START, HTML_TOKEN_END };

struct html_token {
	enum html_token_kind kind;
	struct str text; /* of text: raw, with its references; of a tag: its name */
	struct {
		struct str name;
		struct str value; /* raw, without quotes */
	} attributes[HTML_ATTRIBUTES_MAX];
	size_t attribute_count;
	bool self_closing;
};

struct html_tokenizer {
	struct str markup;
	size_t pos;
	struct str absent[HTML_ABSENT_MAX]; /* names that html_skip_content() has looked for in vain */
	size_t absent_count;
	bool no_comment_end; /* no comment ends behind pos */
};

/* False at the end. Comments, declarations and processing instructions are passed over. */
bool html_next_token(struct html_tokenizer *t, struct html_token *token);
/* Passes over everything up to the end tag of name, and that; elements of the same name inside count, unless their
 * content is no markup. False, and nothing passed over, when there is none. */
bool html_skip_content(struct html_tokenizer *t, struct str name);

/* ---- style attributes (html_css.c) */

/* Appends the declarations of style that are on the allowlist. */
void html_css_filter(struct buf *out, struct str style);
/* Does style make its element one pixel or less, or invisible? */
bool html_css_hides(struct str style);

/* ---- attribute values (html_attribute.c) */

struct html_values {
	struct str base;
	struct arena arena; /* of one URL; cleared after each attribute */
	struct buf raw;     /* a value with its references resolved */
	struct buf made;    /* a value made anew */
};

/* Appends the attributes of token that are allowed on element, each with a space before it.  False when the element
 * is worthless without what was refused (an image without a source, a tracking pixel). */
bool html_add_attributes(
	struct html_values *v, struct buf *out, const struct html_element *element, const struct html_token *token);

/* The address that an element with HTML_EMBED would load, as the attribute's raw value, and in *url resolved and
 * judged, valid until v is used again.  False when there is none, or nobody is to see it. */
bool html_embedded(struct html_values *v, const struct html_token *token, struct str *raw, struct str *url);
/* The same of one raw value. */
bool html_embedded_url(struct html_values *v, struct str raw, struct str *url);
/* Is it an icon that is written as a word, which a font of its own shows as a picture? */
bool html_is_icon(struct html_values *v, const struct html_token *token);
/* The value of the attribute, raw; absent when it is not there. */
struct str html_raw_attribute(const struct html_token *token, struct str name);

/* What values are made of: digits with an optional % or px; an image that is its own URL; a URL that is the same one
 * for all who read a srcset; what may stand behind one. */
bool html_is_number(struct str s);
bool html_is_data_image(struct str s);
bool html_is_one_url(struct str url);
bool html_is_descriptor(struct str s);

/* ---- text (html_text.c) */

/* How many bytes at the beginning of s, in steps of eight, are ASCII that stands for itself, in text and in attributes'
 * values. */
size_t html_plain_len(struct str s);
/* Does s hold a comment before a tag, or a tag (ends: an end tag) that is meant as one: html_looks_like(), without
 * references. */
bool html_has_tag(struct str s, bool ends);
/* A control, or a character that XML does not allow: not in any output. */
bool html_is_dropped(uint32_t c);
/* Appends raw text, references resolved and everything escaped anew.  in_attribute escapes quotes and white space
 * too. */
void html_put_text(struct buf *out, struct str raw, bool in_attribute);

#endif
