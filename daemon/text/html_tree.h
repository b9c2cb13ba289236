/* SPDX-License-Identifier: ISC */
/* html_tree.h: a tree of allowed elements, written as XHTML while it grows.
 *
 * The tree keeps a stack of open elements and follows HTML 5's tree construction (13.2.6) in which element closes
 * which.  So an HTML parser and an XML parser build the same tree from the output, and a second pass changes nothing.
 * Where the standard moves nodes (text in a table outside its cells, formatting elements that overlap blocks), the
 * output is the nearest tree that can be written from front to back, and no text is lost.  Room for all end tags is
 * always reserved, so that an output at its maximum is well-formed. */
#ifndef SITREP_TEXT_HTML_TREE_H
#define SITREP_TEXT_HTML_TREE_H

#include <stdbool.h>
#include <stddef.h>

#include "sitrep/base/buf.h"
#include "sitrep/base/limits.h"
#include "sitrep/base/str.h"
#include "sitrep/text/html_internal.h"

/* The largest number of formatting elements that go on in the next block. */
enum { HTML_PENDING_MAX = 8 };

struct html_open {
	const struct html_element *element;
	size_t tag; /* where its start tag stands in the output */
	size_t tag_len;
	bool ends_with_block; /* its end tag came while a block inside was open */
};

struct html_tree {
	struct buf *out;            /* borrowed, as are values */
	struct html_values *values; /* for attributes */
	struct buf tag;             /* scratch: the start tag, or text that may not fit */
	struct html_open stack[LIMIT_DEPTH];
	size_t depth;
	struct html_open pending[HTML_PENDING_MAX]; /* to be opened again before the next text */
	size_t pending_count;
	size_t end_tags;             /* bytes that closing all of the stack takes */
	size_t repeat_budget;        /* bytes that repeated start tags may still take */
	size_t picture, picture_end; /* where the last picture's tag stands in the output */
	bool in_noscript;            /* set by the caller: inside <noscript>, a picture may be a copy */
	bool drop_newline;           /* right behind <pre>: HTML ignores a newline there */
	bool full;                   /* the output has reached its maximum */
	bool no_memory;
};

/* markup_len is the length of the input.  The stack is not cleared: it is large, and most of it is never used. */
void html_tree_init(struct html_tree *t, struct buf *out, struct html_values *values, size_t markup_len);
void html_tree_release(struct html_tree *t);

/* A start tag of an allowed element; token has its attributes.  Dropped where the element may not stand. */
void html_tree_start(struct html_tree *t, const struct html_element *e, const struct html_token *token);
/* An end tag. */
void html_tree_end(struct html_tree *t, const struct html_element *e);
/* Text as it stands in the markup. */
void html_tree_text(struct html_tree *t, struct str raw);
/* Closes all open elements. */
void html_tree_finish(struct html_tree *t);

bool html_is_blank(struct str text);

#endif
