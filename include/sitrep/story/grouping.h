/* SPDX-License-Identifier: ISC */
/* grouping.h: decides which story a report belongs to.
 *
 * grouping_decide() is asked about items that are not recognised by identity, digest or link: is the item another
 * outlet's copy of a known one, the same outlet's next version, perhaps about the same event, or new?  The answer names
 * the known item and the reasons (story_threshold.h).  grouping_record() then stores the item's number, story and
 * sketch; it does so for items that were recognised otherwise, too, since later items are compared with all of them.
 *
 * The database has the tables of NEAR_SCHEMA (daemon/story/near_schema.h).  All calls are made within the caller's
 * transaction, in the thread that owns the connection.  The window of the rule bounds the tables, and a decision
 * costs the same for any number of rows.  Phrase counts are in memory and saved by grouping_save(); after a
 * roll-back they are slightly too high, which does no harm.  All other data in memory is read again from the tables
 * after a roll-back.
 *
 * The rule never joins two existing stories: an item that fits several joins the best and is linked to the others.
 * A text much longer than several stories it contains is a roundup: it is linked to them, and joins only one that
 * its title is about.  An item joins no story with a member from which the rule holds it apart, so that the order of
 * reports does not bring together items that the rule holds apart.  Nor does it join a story when it and two members
 * have little in common with the first report: a chain of reports, each like the last, is no story.  The operator's
 * corrections take precedence over both (story_constraint.h): the next text of an item that was split off does not
 * rejoin, and members of joined stories stay together although they differ. */
#ifndef SITREP_STORY_GROUPING_H
#define SITREP_STORY_GROUPING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sitrep/base/error.h"
#include "sitrep/base/str.h"
#include "sitrep/story/story_threshold.h"

struct sql_db;
struct grouping;

/* The relation of an item to another one.  Values are stored. */
enum story_relation {
	RELATION_NEW,       /* begins a story */
	RELATION_COPY,      /* the same text, or the same link, in another outlet */
	RELATION_REPRINT,   /* another outlet's edited copy */
	RELATION_UPDATE,    /* the same outlet, another text */
	RELATION_RELATED,   /* begins a story, perhaps about the same event */
	RELATION_UNCHANGED, /* the same outlet, the same text */
	RELATION_CONTAINS,  /* of a roundup: has the other one's text in it */
};
const char *story_relation_name(enum story_relation relation); /* "new", ... */

/* The facts about an item on which its story depends. */
struct grouping_item {
	int64_t item_id;   /* 0: has none yet */
	struct str source; /* the outlet, by registrable domain or publisher, through whatever feed the item came */
	int64_t at_ms;     /* time of arrival by the daemon's clock, not the item's own date */
	struct str sketch; /* struct item's; absent or damaged: similar to no item */
};

struct story_link {
	int64_t item_id;
	enum story_relation relation;
	struct story_reasons reasons;
};
enum { STORY_LINKS_MAX = 8 };

struct near_index;

struct story_answer {
	enum story_relation relation; /* NEW, REPRINT, UPDATE or RELATED */
	int64_t story_id;             /* to join; 0: begins one */
	int64_t of_item;              /* the item it refers to; 0: no item */
	struct story_reasons reasons; /* of the comparison with of_item */
	bool roundup;
	struct story_link links[STORY_LINKS_MAX]; /* the best first, that of of_item among them */
	size_t link_count;
};

/* Creates missing tables, for the benches and tests of this room; databases of the daemon have them (schema.h). */
int grouping_create_tables(struct sql_db *db, struct error *err);

/* params are copied.  Loads the saved counts.  NULL with a sentence. */
struct grouping *grouping_new(struct sql_db *db, const struct story_params *params, struct error *err);
/* Before the connection is closed. */
void grouping_free(struct grouping *g);
/* Replaces the parameters, after a reload of the configuration. */
void grouping_set_params(struct grouping *g, const struct story_params *params);
/* Tells by how much the clock may be ahead: ages are made shorter by it. */
void grouping_set_ahead(struct grouping *g, int64_t ahead_ms);

/* Decides how r is related to known items.  Only reads. */
int grouping_decide(struct grouping *g, const struct grouping_item *r, struct story_answer *answer, struct error *err);

/* Records that r is item r->item_id of story_id, with the answer's links.  For an item that was recognised by
 * identity, digest or link, relation is COPY or UPDATE (UNCHANGED needs no call), and answer is NULL or has the link
 * that explains it; else relation is the answer's.  An item that is known already gets its new sketch.  A second
 * call with the same item changes nothing. */
int grouping_record(struct grouping *g, const struct grouping_item *r, int64_t story_id, enum story_relation relation,
	const struct story_answer *answer, struct error *err);

/* Compares the item's text in r with its stored one: 1; 0 when no text is stored, or r's is too short to compare. */
int grouping_changes(struct grouping *g, const struct grouping_item *r, struct story_change *change, struct error *err);

/* To be called after the transaction, or a savepoint in it, was rolled back. */
void grouping_rolled_back(struct grouping *g);

/* The number of postings in the index: an item has at most 32, and each takes about ten bytes. */
int64_t grouping_postings(const struct grouping *g);

/* For explanations: an item's stored text, without phrases that are boilerplate by now. */
struct grouping_text {
	bool kept; /* false: the text left the window, was too short, or its story had enough members; the rest is 0 */
	uint32_t words;
	size_t shingles;
	unsigned level;             /* one shingle in 2^level is kept */
	size_t omitted, omitted_of; /* shingles left out as boilerplate when the text came, of so many */
	size_t omitted_since;       /* shingles that have become boilerplate since */
	int64_t source;             /* a hash */
	int64_t seen_ms;
};
struct grouping_comparison {
	struct grouping_text earlier, later;
	bool same_source;
	int64_t apart_ms;
	struct story_reasons reasons; /* of the later one against the earlier one */
};
const struct story_params *grouping_params(const struct grouping *g);
/* Compares two known items as the rule would now: 1; 0 when one of them is not kept. */
int grouping_compare(
	struct grouping *g, int64_t earlier_id, int64_t later_id, struct grouping_comparison *c, struct error *err);

/* The index, for near_compact.h. */
struct near_index *grouping_index(struct grouping *g);

/* To be called for an item that is deleted from the database: no later item joins a story through it. */
int grouping_forget(struct grouping *g, int64_t item_id, struct error *err);

/* Saves changed phrase counts, at most so many pages of 64 KiB.  1: more may be left.  0: all are saved.  To be called
 * now and then, and before the daemon ends: counts that are not saved are lost, which does little harm. */
int grouping_save(struct grouping *g, size_t pages, struct error *err);

#endif
