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
	/* The largest image in a data: URL. */
	HTML_DATA_IMAGE_MAX = 64 * 1024,
	/* A style attribute; editors write a few hundred bytes. */
	HTML_STYLE_MAX = 4 * 1024,
	/* More than the number of elements that html_skip_content() is called for: 7 that are skipped, and 44 that may
	 * be an icon.  The end tag of each is searched in vain only once. */
	HTML_ABSENT_MAX = 64,
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
/* Reads the reference at the beginning of s, which begins with &.  Returns its length in bytes; 0: not a reference. */
size_t html_read_reference(struct str s, bool in_attribute, struct html_reference *ref);

/* ---- elements and attributes (html_policy.c) */

enum html_flag {
	HTML_KEEP = 1 << 0,   /* on the allowlist */
	HTML_VOID = 1 << 1,   /* no content, no end tag */
	HTML_BLOCK = 1 << 2,  /* ends an open paragraph */
	HTML_FORMAT = 1 << 3, /* is opened again behind a block that ended its paragraph */
	HTML_HEADING = 1 << 4,
	HTML_TABLE = 1 << 5, /* part of a table's structure; dropped outside */
	HTML_SCOPE = 1 << 6, /* tags inside do not close elements outside */
	HTML_SKIP = 1 << 7,  /* dropped with its content */
	/* the same, and its content is not markup; without an end tag it reaches to the end of the text */
	HTML_RAW = 1 << 8,
	HTML_SPACE = 1 << 9,  /* separates words when only the text is wanted */
	HTML_RUBY = 1 << 10,  /* annotation inside ruby: ends the one before */
	HTML_MEDIA = 1 << 11, /* audio, video: written with preload="none" */
	HTML_EMBED = 1 << 12, /* replaced by a link to the page that it would load */
};

/* Elements for which the sanitizer has a rule of their own. */
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
	char name[20]; /* padded with zeros; the first 16 bytes are compared */
	uint16_t flags;
	uint8_t id;
	uint8_t name_len;
};
/* NULL when the table lacks the name. */
const struct html_element *html_element_find(struct str name);

enum html_attribute_kind {
	HTML_TEXT,   /* any text: no browser acts on it */
	HTML_NUMBER, /* digits with an optional % or px */
	HTML_LINK,   /* http, https, mailto */
	HTML_IMAGE,  /* http, https, data: of a raster image */
	HTML_SRCSET,
	HTML_STYLE,
	HTML_LOCAL, /* #name */
};

struct html_attribute {
	char name[20]; /* as above */
	uint8_t kind;
};
const struct html_attribute *html_attribute_find(struct str name);
/* The attribute's index in the table, below HTML_ATTRIBUTE_KINDS: its bit in a set of attributes. */
size_t html_attribute_index(const struct html_attribute *attribute);
enum { HTML_ATTRIBUTE_KINDS = 256 };

/* Whether the attribute with this value is allowed on the element. */
bool html_attribute_allowed(
	const struct html_element *element, const struct html_attribute *attribute, struct str value);

/* Whether the attribute may have an empty value: true for links that are neither loaded nor followed. */
bool html_may_be_empty(const struct html_attribute *attribute);

/* Whether url is on the list of addresses that only count readers. */
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
	struct str absent[HTML_ABSENT_MAX]; /* names whose end tags html_skip_content() did not find */
	size_t absent_count;
	bool no_comment_end; /* no comment ends behind pos */
};

/* False at the end. Comments, declarations and processing instructions are passed over. */
bool html_next_token(struct html_tokenizer *t, struct html_token *token);
/* Moves past the end tag of name.  An element of that name inside has an end tag of its own, unless the content is not
 * markup (HTML_RAW).  False, with t->pos unchanged, when there is no end tag. */
bool html_skip_content(struct html_tokenizer *t, struct str name);

/* ---- style attributes (html_css.c) */

/* Appends the declarations of style that are on the allowlist. */
void html_css_filter(struct buf *out, struct str style);
/* Whether style makes its element invisible, or one pixel or less. */
bool html_css_hides(struct str style);

/* ---- attribute values (html_attribute.c) */

struct html_values {
	struct str base;
	struct arena arena; /* of one URL; cleared after each attribute */
	struct buf raw;     /* a value with its references resolved */
	struct buf made;    /* a value made anew */
};

/* Appends the attributes of token that are allowed on element, each with a space before it.  False when the element
 * is to be dropped: an image whose source was refused, a tracking pixel. */
bool html_add_attributes(
	struct html_values *v, struct buf *out, const struct html_element *element, const struct html_token *token);

/* The address that an element with HTML_EMBED would load: *raw is the attribute's raw value, *url the address resolved
 * and checked, valid until v is used again.  False when there is no address, or the element is invisible. */
bool html_embedded(struct html_values *v, const struct html_token *token, struct str *raw, struct str *url);
/* The address of one raw value. */
bool html_embedded_url(struct html_values *v, struct str raw, struct str *url);
/* Whether the element is an icon: a word such as "home" that an icon font shows as a picture. */
bool html_is_icon(struct html_values *v, const struct html_token *token);
/* The value of the attribute, raw; absent when it is not there. */
struct str html_raw_attribute(const struct html_token *token, struct str name);

/* Checks of values: digits with an optional % or px; a data: URL of a raster image (no SVG); a URL that all programs
 * read from a srcset alike; the descriptor behind it ("2x"). */
bool html_is_number(struct str s);
bool html_is_data_image(struct str s);
bool html_is_one_url(struct str url);
bool html_is_descriptor(struct str s);

/* ---- text (html_text.c) */

/* The number of bytes at the beginning of s, in steps of eight, that are ASCII and need no escape in text and in
 * attributes. */
size_t html_plain_len(struct str s);
/* Whether s holds a well-formed tag of a known element or a comment; with ends, only end tags count. */
bool html_has_tag(struct str s, bool ends);
/* Whether c is never written: a control, or a character that XML forbids. */
bool html_is_dropped(uint32_t c);
/* Appends raw text, references resolved and everything escaped anew.  in_attribute escapes quotes and white space
 * too. */
void html_put_text(struct buf *out, struct str raw, bool in_attribute);

#endif
