/* SPDX-License-Identifier: ISC */
/* html_tree.h: a tree of allowed elements, written as XHTML while it grows.
 *
 * A stack of what is open, and the rules of HTML 5's tree construction (13.2.6) as far as they decide what closes what.
 * So a browser that reads the result as HTML builds the tree that an XML parser does, and a second pass finds nothing
 * to do.  Where the standard would move things about (text inside a table but outside its cells, formatting elements
 * that overlap blocks), the nearest tree that can be written from front to back is made, and no text is lost.
 *
 * Room for all end tags is kept at any time, so that an output that runs full is still whole. */
#ifndef SITREP_TEXT_HTML_TREE_H
#define SITREP_TEXT_HTML_TREE_H

#include <stdbool.h>
#include <stddef.h>

#include "sitrep/base/buf.h"
#include "sitrep/base/limits.h"
#include "sitrep/base/str.h"
#include "sitrep/text/html_internal.h"

/* Formatting elements that go on in the next block, as many as any writer nests. */
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
	struct buf tag;             /* the start tag, or text that may not fit, before it goes out */
	struct html_open stack[LIMIT_DEPTH];
	size_t depth;
	struct html_open pending[HTML_PENDING_MAX]; /* to be opened again before the next text */
	size_t pending_count;
	size_t end_tags;             /* bytes that closing all of the stack takes */
	size_t repeat_budget;        /* bytes that repeated start tags may still take */
	size_t picture, picture_end; /* where the last picture's tag stands in the output */
	bool in_noscript;            /* set by the caller: a picture in it may be there already */
	bool drop_newline;           /* behind <pre>, where HTML takes a newline for no text */
	bool full;                   /* the output; nothing more is written */
	bool no_memory;
};

/* Does not clear the stack: it is large, and most of it is never used.  markup_len is the length of all that is read.
 */
void html_tree_init(struct html_tree *t, struct buf *out, struct html_values *values, size_t markup_len);
void html_tree_release(struct html_tree *t);

/* An allowed element begins, where one may stand; token has its attributes. */
void html_tree_start(struct html_tree *t, const struct html_element *e, const struct html_token *token);
/* Its end tag. */
void html_tree_end(struct html_tree *t, const struct html_element *e);
/* Text as it stands in the markup. */
void html_tree_text(struct html_tree *t, struct str raw);
/* Closes all that is open. */
void html_tree_finish(struct html_tree *t);

bool html_is_blank(struct str text);

#endif
