/* SPDX-License-Identifier: ISC */
/* xmlfeed_frame.h: what the files that build a document from XML events share.
 *
 * A stack of frames follows the open elements.  Each frame knows in which place it sits and which object
 * belongs to that place, and what place its children sit in.  What an element means is a rule; what is done
 * about it is the rule's action. */
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
	AT_NOWHERE = 0, /* nothing in here means anything */
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

/* How the text of a text construct is to be read. */
enum reading_mode {
	READ_AUTO, /* RSS: text, or HTML where it looks like it */
	READ_PLAIN,
	READ_HTML,  /* escaped markup */
	READ_XHTML, /* child elements are the markup */
	READ_MEDIA, /* another type: base64 (RFC 4287, 4.1.3.3), of use only when that is text */
};

struct xmlfeed;
struct frame;

struct action {
	/* either may be NULL */
	void (*begin)(struct xmlfeed *x, struct frame *f, const struct xml_attr *attrs, size_t count);
	void (*end)(struct xmlfeed *x, struct frame *f, struct str text);
	bool captures; /* end() wants the text between the tags */
};

struct rule {
	unsigned int places; /* enum place */
	enum ns ns;
	struct str name; /* lower case */
	const struct action *action;
	uint16_t offset; /* of the member in the place's object */
	uint8_t rank;    /* rank for that member; 1 is the highest */
	uint8_t detail;  /* the action's own */
};

struct frame {
	const struct rule *rule; /* NULL: markup inside a text, or nothing that is known */
	enum place place;        /* where it sits */
	void *object;            /* of that place */
	unsigned char *ranks;    /* of that object */
	enum place inner;        /* where its children sit */
	void *inner_object;
	unsigned char *inner_ranks;
	struct frame *capture; /* the frame that collects this text; NULL: the text is not used */
	size_t text_start;     /* of this frame's own text in x->text */
	struct str base;
	struct str language;
	struct str markup; /* the name to close in the captured markup; absent when this is no markup */
	enum reading_mode mode;
	bool base64;
	bool escape;     /* text becomes part of markup and is escaped as it comes */
	bool atom;       /* the element is Atom's */
	bool has_markup; /* child elements were written into the captured text */
	struct str mime;
};

/* The rank of the element that set each member of an object, one byte per pointer-sized step; 0: not set. */
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
	bool is_atom;      /* what has no namespace is read as Atom's */
	bool root_seen;
	bool feed_seen;
	const char *date_rule; /* the form of the first date read */
	struct str root_name;
	struct str root_uri;
	struct buf text; /* of the open captures, one behind the other */
	struct buf work; /* sanitised or decoded text */

	/* elements that cannot hold one of their kind are collected here while they are open */
	struct person person;
	struct category category;
	struct feed_link link;
	struct enclosure enclosure;
	size_t own_categories[3]; /* of the feed, the item and its source, how many are not from modules */
	int64_t item_dc_date;
	struct waiting_text waiting[WAITING_TEXTS]; /* of the open item */
	size_t waiting_count;
	bool guid_says_no;             /* isPermaLink="false" */
	struct person fallback_author; /* of the item, should nobody better be named */
	struct person feed_author;     /* the same of the feed */

	unsigned char ranks[4][RANKS]; /* of the feed, the item, its source, and what is in one of them */
	/* what a name at a place meant last time: a reader hands out one pointer for one name, most of the time */
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
/* True when the frame's element ranks higher than the one that set its rule's member; its rank is then stored. */
bool xmlfeed_claim(struct xmlfeed *x, const struct frame *f, size_t offset, unsigned int rank);
void *xmlfeed_member(const struct frame *f);
/* From f on, children sit in that place and describe that object, of which nothing is known yet. */
void xmlfeed_enter(struct xmlfeed *x, struct frame *f, enum place place, void *object);
/* The same object goes on, in that place. */
void xmlfeed_enter_same(struct frame *f, enum place place);
struct str xmlfeed_keep(struct xmlfeed *x, struct str s, size_t max);
/* The same of a name, which is text: markup and references in it are read. */
struct str xmlfeed_keep_name(struct xmlfeed *x, struct str s, size_t max);
/* Resolved against the base in force; absent when it is nowhere a reader may be sent. */
struct str xmlfeed_keep_url(struct xmlfeed *x, struct str base, struct str reference);
/* reference resolved, in the arena even where it came as it should be. */
struct str xmlfeed_resolve(struct xmlfeed *x, struct str base, struct str reference);
/* Notes that the arena or a buffer is used up. */
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
	TEXT_DEFAULT,      /* RSS: decide by looks; Atom: text unless it says otherwise */
	TEXT_DEFAULT_HTML, /* escaped markup by definition */
	TEXT_DEFAULT_PLAIN,
	TEXT_DEFAULT_INLINE,  /* child elements are the markup */
	TEXT_DEFAULT_TITLE,   /* as TEXT_DEFAULT, with a title's limit */
	TEXT_DEFAULT_CONTENT, /* as TEXT_DEFAULT; may point elsewhere with src */
};

/* Markup inside a captured text, written back as markup. */
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
extern const struct action action_editor; /* also kept as the string it is */
void xmlfeed_finish_item_people(struct xmlfeed *x);
void xmlfeed_finish_feed_people(struct xmlfeed *x);

#endif
