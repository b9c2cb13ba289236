/* SPDX-License-Identifier: ISC */
/* render.h: stories as documents: Atom (RFC 4287), RSS 2.0, JSON Feed 1.1, and a page.
 *
 * Each format is one struct format: a function for the part before the stories, one for a story, one for the part
 * behind them. They only append to the buffer and escape all text, so that the document is always valid. A failure
 * stays in the buffer. */
#ifndef SITREP_PUBLISH_RENDER_H
#define SITREP_PUBLISH_RENDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sitrep/base/buf.h"
#include "sitrep/base/str.h"
#include "sitrep/store/reader.h"

struct outlets;

/* The base URL, and a path with a query, escaped. */
enum { RENDER_URL_MAX = 8 * 1024 };

enum channel_text { CHANNEL_FULL, CHANNEL_SUMMARY, CHANNEL_HEADLINE };

/* A document's own title and addresses, and the way its stories are written. */
struct channel {
	const char *title;
	const char *home_url;          /* of the page: absolute, with a slash at the end */
	char self_url[RENDER_URL_MAX]; /* of this document, absolute */
	/* Other parts of the same feed (RFC 5005), as queries behind its address without one; "": there is none. */
	const char *feed_url; /* NULL: the feed has no parts */
	char next[64];        /* the stories below these */
	char archive_before[32], archive_after[32];
	bool is_part, is_archive;                    /* not the newest stories; an archive */
	bool is_static;                              /* of files: archives and stories have names of files */
	char id[UID_TEXT_MAX + sizeof("urn:uuid:")]; /* stable */
	int64_t updated_ms;
	const char *author, *icon, *rights; /* NULL: none */
	enum channel_text text;             /* of its entries */
	bool per_item;                      /* a story is given once for each report, with that report alone */
	const char *id_space;          /* makes the ids of its entries those of no other feed; NULL: nothing does */
	bool joins_update;             /* a further report updates an entry */
	bool outlet_in_title;          /* "Halden Gazette: Frigates turn back" */
	const struct outlets *outlets; /* names that several feeds have; NULL: none */
};

struct format {
	const char *suffix; /* "atom" */
	const char *content_type;
	const char *link_prefix; /* of Atom's elements; NULL: it has none */
	void (*begin)(struct buf *out, const struct channel *channel);
	void (*story)(struct buf *out, const struct channel *channel, const struct story *story, size_t index);
	void (*end)(struct buf *out, const struct channel *channel); /* next is known now */
};

extern const struct format format_atom, format_rss, format_json;

/* The namespace of <fh:archive/>. */
#define RENDER_HISTORY " xmlns:fh=\"http://purl.org/syndication/history/1.0\""
/* Schemes of the categories that tell of an alert: its priority, the number of its last revision, open or closed. */
#define RENDER_ALERT_PRIORITY "urn:sitrep:alert:priority"
#define RENDER_ALERT_REVISION "urn:sitrep:alert:revision"
#define RENDER_ALERT_STATE "urn:sitrep:alert:state"

/* Appends <name>value</name> and a line's end, escaped; nothing when value is empty. */
void render_element(struct buf *out, const char *name, struct str value);
/* Appends plain text as HTML: a paragraph for each part between blank lines, <br/> between its lines. */
void render_paragraphs(struct buf *out, struct str text);
/* Would an HTML parser find a tag or a character reference in this plain text? */
bool render_is_like_markup(struct str text);
/* Appends plain text so that HTML shows the same words. "<" is always escaped, "&" only where it would begin a
 * reference, so that AT&T is also right in readers that do not parse HTML. */
void render_as_html(struct buf *out, struct str text);
/* As render_element(), for a field that readers take for HTML: escaped as HTML and then as XML. */
void render_html_element(struct buf *out, const char *name, struct str text);
/* The item's text as XHTML: content, else summary, plain text as paragraphs; then the line of render_byline().
 * Appended unescaped to out. */
void render_body(struct buf *out, const struct channel *channel, const struct story *story);
/* One line, as XHTML: the lead's outlet, "also reported by" with each other outlet once, its first link and the number
 * of its reports, and the story's page. */
void render_byline(struct buf *out, const struct channel *channel, const struct story *story);
/* Appends the file of an archive: "/feed.atom" and "?archive=5" become "/feed.archive-5.atom". */
void render_archive_file(struct buf *out, struct str feed, struct str query);
/* Appends the address of a part of the document's feed, unescaped. */
void render_part_url(struct buf *out, const struct channel *channel, const char *query);
/* Appends the document's links to other parts of its feed, but for the next one, as Atom's elements. */
void render_parts(struct buf *out, const struct channel *channel, const char *prefix);
/* Inserts the link to the next part, if there is one, at a place in out between begin and the first story. */
void render_next(struct buf *out, const struct channel *channel, const char *prefix, size_t at);
/* The id of the story's entry, "urn:uuid:...", appended to out: the story's, or its report's with per_item. With an
 * id_space it is made of both. */
void render_id(struct buf *out, const struct channel *channel, const struct story *story);
/* When the story's entry was updated last.  Small edits never count. */
int64_t render_updated(const struct channel *channel, const struct story *story);
/* Calls fn for each category of the story's reports, configured ones first, each once whatever its case. A configured
 * one has a term alone. */
typedef void render_category_fn(void *arg, const struct category *c);
void render_categories(const struct story *story, render_category_fn *fn, void *arg);
/* The title, after the outlet's name if outlet_in_title. Appended unescaped to out. */
void render_title(struct buf *out, const struct channel *channel, const struct story *story);
/* The address of the story's page. */
void render_story_url(struct buf *out, const struct channel *channel, const struct story *story);
/* item_own_link() of the lead, else the story's page.  Appended unescaped to out. */
void render_link(struct buf *out, const struct channel *channel, const struct story *story);
/* The story's date of publication: that of its first report, else of its lead. TIME_NONE when neither has one; outputs
 * never invent a date. */
int64_t render_published(const struct story *story);
/* The term or the label, as it is shown. */
struct str render_category_name(const struct category *c);
/* The summary of the lead; STR_NONE when the document has headlines only. */
struct str render_summary(const struct channel *channel, const struct story *story);
/* The author's or contributor's name, or address when that is all there is; STR_NONE when neither. */
struct str render_person(const struct person *p);
/* The item's own source: the address of its page or feed, and its name; STR_NONE: none is given. */
struct str render_via(const struct item *it, struct str *title);
/* Rights as one line of text, appended to out. */
void render_rights(struct buf *out, const struct item *it);
/* Appends <media:thumbnail .../> for the item's picture, when it has one. */
void render_thumbnail(struct buf *out, const struct item *it);

#endif
