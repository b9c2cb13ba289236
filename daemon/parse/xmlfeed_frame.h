/* SPDX-License-Identifier: ISC */
/* xmlfeed_frame.h: what the files that build a document from XML events share.
 *
 * A stack of frames follows the open elements.  A frame has its place (in the feed, an item, an image ...), the object
 * that its element describes, and both for its children.  A rule gives an element at a place its action, and the member
 * of the object that the action sets. */
#ifndef SITREP_PARSE_XMLFEED_FRAME_H
#define SITREP_PARSE_XMLFEED_FRAME_H

#include <stdbool.h>
#include <stdint.h>

#include "sitrep/base/arena.h"
#include "sitrep/base/buf.h"
#include "sitrep/base/limits.h"
#include "sitrep/model/document.h"
#include "xmlns.h"
#include "xmlread.h"

/* Bits, so that a rule can hold in several places. */
enum place {
	AT_NOWHERE = 0, /* content is ignored */
	AT_ROOT = 1,
	AT_FEED = 2,    /* object: struct feed_facts */
	AT_ITEM = 4,    /* struct item */
	AT_SOURCE = 8,  /* struct feed_facts */
	AT_IMAGE = 16,  /* struct image */
	AT_INPUT = 32,  /* struct text_input */
	AT_PERSON = 64, /* struct person */
	AT_SKIP = 128,  /* struct feed_facts: inside skipHours, skipDays */
	AT_MEDIA = 256, /* struct item: inside media:group and media:content */
};

/* How an element's text is read. */
enum reading_mode {
	READ_AUTO, /* RSS: text, or HTML where it looks like it */
	READ_PLAIN,
	READ_HTML,  /* escaped markup */
	READ_XHTML, /* child elements are the markup */
	READ_MEDIA, /* another media type: base64 (RFC 4287, 4.1.3.3), kept only when it is text */
};

struct xmlfeed;
struct frame;

struct action {
	/* either may be NULL */
	void (*begin)(struct xmlfeed *x, struct frame *f, const struct xml_attr *attrs, size_t count);
	void (*end)(struct xmlfeed *x, struct frame *f, struct str text);
	bool captures; /* end() gets the text between the tags */
};

struct rule {
	unsigned int places; /* enum place */
	enum ns ns;
	struct str name; /* lower case */
	const struct action *action;
	uint16_t offset; /* of the member in the place's object */
	uint8_t rank;    /* rank for that member; 1 is the highest */
	uint8_t detail;  /* enum text_default or enum person_role, by the action */
};

struct frame {
	const struct rule *rule; /* NULL: markup inside a text, or an unknown element */
	enum place place;        /* the element's place */
	void *object;            /* that the element describes */
	unsigned char *ranks;    /* of the object's members */
	enum place inner;        /* the place of its children */
	void *inner_object;
	unsigned char *inner_ranks;
	struct frame *capture; /* the frame that collects this text; NULL: the text is not used */
	size_t text_start;     /* of this frame's own text in x->text */
	struct str base;
	struct str language;
	struct str markup; /* the name of an element inside captured markup; absent for other elements */
	enum reading_mode mode;
	bool base64;
	bool escape;     /* text becomes part of markup and is escaped when it is captured */
	bool atom;       /* the element is Atom's */
	bool has_markup; /* child elements were written into the captured text */
	struct str mime;
};

/* One byte for each pointer-sized step of an object: the rank of the element that set the member there; 0: not set. */
enum { RANKS = sizeof(struct item) / sizeof(void *) + 1 };

/* Hash slots for the rules, a power of two well above their number. */
enum { RULE_SLOTS = 1024 };
enum { NS_CACHE = 8, RULE_CACHE = 64 };

/* Texts of one item that wait for its link. */
enum { WAITING_TEXTS = 4 };

struct waiting_text {
	struct text *text;
	struct str markup; /* not sanitised yet */
};

struct xmlfeed {
	struct arena *arena;
	struct document *document;
	struct item *item; /* the open one */
	int failed;        /* 0 or -ENOMEM */
	bool is_atom;      /* elements without a namespace are read as Atom's */
	bool root_seen;
	bool feed_seen;
	const char *date_rule; /* the form of the first date read */
	struct str root_name;
	struct str root_uri;
	struct buf text; /* of the open captures, one behind the other */
	struct buf work; /* sanitised or decoded text */

	/* values of open elements that cannot nest in one another */
	struct person person;
	struct category category;
	struct feed_link link;
	struct enclosure enclosure;
	size_t own_categories[3]; /* of the feed, the item and its source: the number that are not from modules */
	int64_t item_dc_date;
	struct waiting_text waiting[WAITING_TEXTS]; /* of the open item */
	size_t waiting_count;
	bool guid_is_no_link;          /* isPermaLink="false" */
	struct person fallback_author; /* of the item, used when it names no other author */
	struct person feed_author;     /* the same of the feed */

	unsigned char ranks[4][RANKS]; /* of the feed, the item, its source, and an object inside one of them */
	/* rules by place and by the pointer of a name: a reader mostly gives one pointer for one name */
	struct {
		const char *name;
		size_t len;
		enum place place;
		enum ns ns;
		const struct rule *rule;
	} rule_cache[RULE_CACHE];
	struct {
		const char *uri;
		const char *prefix;
		struct ns_meaning meaning;
	} ns_cache[NS_CACHE];

	size_t depth;
	size_t too_deep;
	struct frame frames[LIMIT_DEPTH + 2];
};

/* -- xmlfeed_frame.c */
/* The value of the attribute without a namespace, or absent. */
struct str xmlfeed_attr(const struct xml_attr *attrs, size_t count, const char *name);
/* Whether the element may set the member at offset: no element of the same or a higher rank has.  Stores its rank. */
bool xmlfeed_claim(struct xmlfeed *x, const struct frame *f, size_t offset, unsigned int rank);
/* The member that the rule of f sets. */
void *xmlfeed_member(const struct frame *f);
/* The children of f have that place and describe object, none of whose members is set yet. */
void xmlfeed_enter(struct xmlfeed *x, struct frame *f, enum place place, void *object);
/* The children of f have that place and describe the same object as f. */
void xmlfeed_enter_same(struct frame *f, enum place place);
/* A copy in the arena, trimmed and cut to max bytes; absent when nothing is left. */
struct str xmlfeed_keep(struct xmlfeed *x, struct str s, size_t max);
/* The same of a name as plain text: markup and references in it are read. */
struct str xmlfeed_keep_name(struct xmlfeed *x, struct str s, size_t max);
/* Resolves reference against base; absent when it is no safe link (url_is_safe_link()). */
struct str xmlfeed_keep_url(struct xmlfeed *x, struct str base, struct str reference);
/* Resolves reference; the result is always a copy in the arena. */
struct str xmlfeed_resolve(struct xmlfeed *x, struct str base, struct str reference);
/* Returns allocated; notes a failure when it is NULL. */
void *xmlfeed_checked(struct xmlfeed *x, void *allocated);

/* -- xmlfeed_text.c */
/* The instant that text names, or TIME_NONE. */
int64_t xmlfeed_read_time(struct xmlfeed *x, struct str text);
/* Sanitises the texts of the item that waited for its link. */
void xmlfeed_finish_item_texts(struct xmlfeed *x);
extern const struct action action_text;   /* struct text */
extern const struct action action_string; /* struct str */
extern const struct action action_url;    /* struct str */
extern const struct action action_time;   /* int64_t */
extern const struct action action_words;  /* struct str that grows by words */

enum text_default {
	TEXT_DEFAULT,         /* RSS: HTML if it has markup; Atom: text unless type says otherwise */
	TEXT_DEFAULT_HTML,    /* escaped markup by definition */
	TEXT_DEFAULT_INLINE,  /* child elements are the markup */
	TEXT_DEFAULT_TITLE,   /* as TEXT_DEFAULT, with a title's limit */
	TEXT_DEFAULT_CONTENT, /* as TEXT_DEFAULT; src may name another document */
};

/* Write an element inside a captured text back as markup. */
void xmlfeed_markup_open(
	struct xmlfeed *x, struct frame *f, const struct xml_name *name, const struct xml_attr *attrs, size_t count);
void xmlfeed_markup_close(struct xmlfeed *x, const struct frame *f);

/* -- xmlfeed_actions.c */
extern const struct action action_feed;
extern const struct action action_item;
extern const struct action action_link;
extern const struct action action_orig_link;
extern const struct action action_guid;
extern const struct action action_id;
extern const struct action action_dc_date;
extern const struct action action_category;
extern const struct action action_itunes_category;
extern const struct action action_keywords;
extern const struct action action_enclosure;
extern const struct action action_media_content;
extern const struct action action_media_group;
extern const struct action action_image;
extern const struct action action_input;
extern const struct action action_source;
extern const struct action action_cloud;
extern const struct action action_generator;
extern const struct action action_skip;

/* -- xmlfeed_people.c */
enum person_role { ROLE_AUTHOR, ROLE_CONTRIBUTOR, ROLE_PUBLISHER, ROLE_AUTHOR_IF_NONE };
extern const struct action action_person;
extern const struct action action_editor; /* also keeps the text as a string */
void xmlfeed_finish_item_people(struct xmlfeed *x);
void xmlfeed_finish_feed_people(struct xmlfeed *x);

#endif
