/* SPDX-License-Identifier: ISC */
/* document.h: a parsed feed.
 *
 * The parse stage makes one struct document of a feed's bytes; a worker sends it to the daemon (wire.h); the database
 * keeps each item of it (its record); every output is rendered from it.  All text in it is valid UTF-8 and points into
 * one arena or one message; the document owns nothing and dies with that.
 *
 * A list of field descriptors (document_fields.h) names every member once; the wire format, the JSON
 * form and the database record are all driven by it, so that a new member is one line there. */
#ifndef SITREP_MODEL_DOCUMENT_H
#define SITREP_MODEL_DOCUMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sitrep/base/arena.h"
#include "sitrep/base/clock.h"
#include "sitrep/base/jsonw.h"
#include "sitrep/base/sha256.h"
#include "sitrep/base/str.h"

enum feed_format { FORMAT_UNKNOWN, FORMAT_RSS, FORMAT_RDF, FORMAT_ATOM, FORMAT_JSON, FORMAT_CDF };

enum text_kind {
	TEXT_ABSENT,
	TEXT_PLAIN, /* value is text: "<" means less than */
	TEXT_HTML,  /* value is sanitised XHTML (html.h) */
};

struct text {
	struct str value;
	enum text_kind kind;
	struct str mime; /* as declared or implied: text/plain, text/html, application/xhtml+xml ... */
	struct str lang; /* xml:lang in force */
	struct str base; /* xml:base in force */
};

struct person {
	struct str name;
	struct str email;
	struct str uri;
};

struct category {
	struct str term;
	struct str scheme;
	struct str label;
};

struct feed_link {
	struct str href; /* absolute; only http, https, mailto */
	struct str rel;
	struct str type;
	struct str title;
	struct str hreflang;
	struct str length;
};

struct enclosure {
	struct str url;
	struct str type;
	struct str length; /* as in the feed, mostly digits */
};

struct image {
	struct str url;
	struct str title;
	struct str link;
	struct str width;
	struct str height;
	struct str description;
};

struct text_input {
	struct str title;
	struct str description;
	struct str name;
	struct str link;
};

struct cloud {
	struct str domain;
	struct str port;
	struct str path;
	struct str registerprocedure;
	struct str protocol;
};

/* A typed list in the document's arena; list_add() in arena.h appends. */
#define DOCUMENT_LIST(type)                                                                                            \
	struct {                                                                                                       \
		struct type *items;                                                                                    \
		size_t count;                                                                                          \
		size_t cap;                                                                                            \
	}

/* The feed's facts; also an entry's atom:source or RSS source. */
struct feed_facts {
	struct text title;
	struct text subtitle;
	struct text rights;
	struct text info; /* Atom 0.3 */
	struct str link;
	struct str id;
	struct str self;
	struct str url; /* of an RSS source */
	struct str language;
	struct str generator;
	struct str generator_uri;
	struct str generator_version;
	struct str docs;
	struct str icon;
	struct str logo;
	struct str managing_editor;
	struct str webmaster;
	struct str hub;              /* WebSub, rel=hub */
	struct str ttl;              /* minutes, as in the feed */
	struct str update_period;    /* sy:updatePeriod */
	struct str update_frequency; /* sy:updateFrequency */
	struct str skip_hours;       /* "0 1 2 23" */
	struct str skip_days;        /* "Saturday Sunday" */
	int64_t updated;             /* TIME_NONE when absent, as all times here */
	int64_t published;
	struct image image;
	struct text_input textinput;
	struct cloud cloud;
	struct person publisher;
	DOCUMENT_LIST(person) authors;
	DOCUMENT_LIST(person) contributors;
	DOCUMENT_LIST(category) categories;
	DOCUMENT_LIST(feed_link) links;
};

/* A rule that matched an item, found in the worker (rule.h). */
struct match {
	struct str rule;  /* its name in the configuration */
	struct str terms; /* the words that matched, separated by newlines */
	uint64_t truth;   /* its value for each combination of its conditions on the story (rule.h) */
};

enum identity_kind { IDENTITY_GUID, IDENTITY_LINK, IDENTITY_DIGEST };

struct item {
	/* -- as the feed gave it */
	struct str id; /* guid, atom:id, JSON id */
	bool guid_is_permalink;
	struct text title;
	struct text summary;
	struct text content;
	struct str content_src;
	struct str link;
	struct str comments;
	struct text rights;
	struct str language;
	struct image image;
	struct person publisher;
	int64_t published;
	int64_t updated;
	int64_t created;
	int64_t expired;
	bool has_source;
	struct feed_facts source;
	DOCUMENT_LIST(person) authors;
	DOCUMENT_LIST(person) contributors;
	DOCUMENT_LIST(category) categories;
	DOCUMENT_LIST(feed_link) links;
	DOCUMENT_LIST(enclosure) enclosures;

	/* -- computed by the worker (identity.h, rule.h) */
	struct str plain_title;   /* one line of plain text */
	struct str plain_summary; /* one line of plain text, at most LIMIT_SUMMARY bytes */
	enum identity_kind identity_kind;
	struct str identity;    /* SHA256_LEN bytes */
	struct str digest;      /* SHA256_LEN bytes over the canonical text */
	struct str url_key;     /* SHA256_LEN bytes over the canonical URL; absent without a link */
	uint32_t canon_version; /* version of the canonical text that digest was made from */
	uint32_t token_count;   /* tokens in the canonical text */
	struct str sketch;      /* of the canonical text (sketch.h); absent where it has no words */
	DOCUMENT_LIST(match) matches;
};

struct document {
	enum feed_format format;
	struct str version;  /* "2.0", "1.0" ... */
	struct str encoding; /* the encoding that the bytes were decoded from */
	bool wellformed;     /* the bytes needed no repair */
	bool truncated;      /* the text was cut, or exceeded a limit: only complete items are here */
	struct feed_facts feed;
	DOCUMENT_LIST(item) items; /* in document order */
	uint32_t left_out;         /* items dropped for lack of memory: another parse of the same bytes may find them */
	struct str notes;          /* decisions and repairs of the parser, one sentence a line; only on request */
};

/* A zeroed document with all times TIME_NONE; the same for an item. */
void document_init(struct document *d);
void item_init(struct item *it);

/* Changes every text, link and date of d so that it passes document_check.h.  Markup is not changed: the sanitizer has
 * made it pass.  New text goes into a.  relative: references without a base are kept.  0 or -ENOMEM. */
int document_fit(struct document *d, struct arena *a, bool relative);

const char *feed_format_name(enum feed_format f); /* "rss", "rdf", "atom", "json", "cdf", NULL */

/* Writes the neutral JSON form of the document, which `sitrep parse` prints and conformance is measured on: absent
 * members are left out, times are RFC 3339, each text X has X_type beside it, digests are in hex. */
void document_write_json(struct jsonw *w, const struct document *d);

#endif
