/* grouping.h: one story once: which story a report belongs to.
 *
 * Asked about an item that neither its identity nor its digest nor its link has settled: is it another outlet's
 * copy of something known, this outlet's next version of something, perhaps the same event, or news?  The answer
 * names the item it refers to and why (story_rule.h).  Then, when the item has its number and story, it is told what
 * became of it, and so it is about every item that was settled otherwise: later items are compared with all of
 * them.
 *
 * Works on a database that has the tables of NEAR_SCHEMA (daemon/store/near_schema.h), within the caller's
 * transaction, in the thread that owns the connection.  What it keeps there is bounded by the window of the rule,
 * and a question costs the same however much is in it.  What counts phrases lives in memory and is saved by
 * grouping_save(); a transaction rolled back leaves a few counts too many, which does no harm.  Of what else memory
 * holds, the tables are the truth: after a roll-back it is read anew.
 *
 * Two stories are never joined afterwards: an item that fits several joins the best and is linked to the others.  A
 * text much longer than several stories it contains is a roundup: it is linked to them and joins none.  An item
 * joins no story with a member from which the rule holds it apart, so that the order in which reports come does not
 * bring together what the rule keeps apart.  Nor does it join a story of which some members have as little in common
 * with the first report as it has itself: a chain of reports, each like the last, is no story.  The operator's word
 * goes before both (story_constraint.h): the next text of an item that was split off does not go back, and where
 * stories were joined their members' differences do not part them. */
#ifndef SITREP_STORY_GROUPING_H
#define SITREP_STORY_GROUPING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sitrep/base/error.h"
#include "sitrep/base/str.h"
#include "sitrep/story/story_rule.h"

struct sql_db;
struct grouping;

/* What an item is to another one.  Values are stored. */
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

/* An item, as far as it matters here. */
struct grouping_item {
	int64_t item_id;   /* 0: has none yet */
	struct str source; /* registrable domain or publisher: who speaks, whatever feed it came through */
	int64_t at_ms;     /* when it arrived, by our clock; not when it says it was published */
	struct str sketch; /* of struct item; absent or damaged: the item resembles nothing */
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
	int64_t of_item;              /* what it refers to; 0: nothing */
	struct story_reasons reasons; /* of that */
	bool roundup;
	struct story_link links[STORY_LINKS_MAX]; /* the best first, that of of_item among them */
	size_t link_count;
};

/* Makes the tables where there are none, for databases that schema.c does not look after. */
int grouping_create_tables(struct sql_db *db, struct error *err);

/* params are copied.  Loads the saved counts.  NULL with a sentence. */
struct grouping *grouping_new(struct sql_db *db, const struct story_params *params, struct error *err);
/* Before the connection is closed. */
void grouping_free(struct grouping *g);
/* From now on other parameters, after a reload of the configuration. */
void grouping_set_params(struct grouping *g, const struct story_params *params);
/* The clock may be ahead by so much: what is too old is told by the time without it. */
void grouping_set_ahead(struct grouping *g, int64_t ahead_ms);

/* What r is to what is known.  Writes nothing. */
int grouping_decide(struct grouping *g, const struct grouping_item *r, struct story_answer *answer, struct error *err);

/* Notes that r is item r->item_id of story_id, with the answer's links.  For items that were settled otherwise,
 * relation says how (COPY, UPDATE; UNCHANGED needs no note), and answer is NULL or has the link to tell it by; else
 * relation is the answer's.  An item that is known already gets its new sketch; told about twice, nothing changes. */
int grouping_record(struct grouping *g, const struct grouping_item *r, int64_t story_id, enum story_relation relation,
	const struct story_answer *answer, struct error *err);

/* What the item's text as in r changes against the one that is remembered: 1; 0 when none is, or either says nothing.
 */
int grouping_changes(struct grouping *g, const struct grouping_item *r, struct story_change *change, struct error *err);

/* The transaction, or a savepoint in it, was rolled back since the last call. */
void grouping_rolled_back(struct grouping *g);

/* How much the index of the window holds; an item has at most 32 of them, and each takes about ten bytes. */
int64_t grouping_postings(const struct grouping *g);

/* For whoever asks why.  An item as it is kept, without what is boilerplate by now. */
struct grouping_text {
	bool kept; /* else it has left the window, was too short, or its story had enough to be found by: the rest is 0
		    */
	uint32_t words;
	size_t shingles;
	unsigned level;             /* one shingle in 2^level is kept */
	size_t omitted, omitted_of; /* shingles that were boilerplate when the text came, of so many; 0 of 0: none */
	size_t omitted_since;       /* and that have become boilerplate since */
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

/* For near_compact.h. */
struct near_index *grouping_index(struct grouping *g);

/* The item is gone from the database: no later one is to join through it. */
int grouping_forget(struct grouping *g, int64_t item_id, struct error *err);

/* Saves at most pages of 64 kB of what was counted since the last time; 1 when more are left, 0 when all is saved.
 * Before a stop, and now and then: counts not saved are only forgotten. */
int grouping_save(struct grouping *g, size_t pages, struct error *err);

#endif
