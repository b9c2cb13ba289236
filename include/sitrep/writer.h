/* writer.h: the one thread that writes the database.
 *
 * The main loop hands it outcomes of polls; it takes many of them into one transaction (group commit),
 * commits, and reports back through a descriptor that the loop watches.  Nothing is reported before it is
 * durable: the database runs at synchronous=FULL, since a cursor that a subscriber has seen must never be
 * given twice, even after a power failure.  An outcome whose document turns out damaged fails alone: its feed's
 * validators are not saved, so the next poll brings it again.
 *
 * When a transaction cannot be committed (no space, a read-only file system, a failing disk), all of its outcomes
 * are lost and storing stops: whatever is handed over is refused until a small write that the thread tries on a
 * timer succeeds, after 1 s, then 2 s, up to every 30 s. */
#ifndef SITREP_WRITER_H
#define SITREP_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sitrep/buf.h"
#include "sitrep/error.h"
#include "sitrep/feed_hints.h"
#include "sitrep/feed_state.h"
#include "sitrep/story_rule.h"
#include "sitrep/str.h"
#include "sitrep/websub_state.h"

struct writer;

/* The least size of the database that serves so many feeds: what is smaller works, but keeps next to nothing. */
int64_t writer_least_size(size_t feeds);

/* What a poll came to, or a push.  Heap strings are owned by it; NULL is none.
 *
 * OUTCOME_PUSH is a document that a hub sent, OUTCOME_WEBSUB a subscription's state alone: neither is a poll, so
 * neither touches validators, counters of polls, health, or the time of the next poll; except that a feed whose hub
 * has lost our trust is planned anew.  OUTCOME_LOST is the writer's own: a document that could not be kept, as the
 * plan is asked when it is to be fetched again. */
struct poll_outcome {
	int64_t feed_id;
	int64_t at_ms;
	enum {
		OUTCOME_DOCUMENT,
		OUTCOME_NOT_MODIFIED,
		OUTCOME_FAILED,
		OUTCOME_PUSH,
		OUTCOME_WEBSUB,
		OUTCOME_LOST
	} kind;
	enum poll_failure failure;
	char *reason;
	int http_status;
	char *url;           /* the feed's URL that was asked: validators for another one are not saved */
	char *etag;          /* OUTCOME_DOCUMENT: saved as a pair, absent ones forgotten; */
	char *last_modified; /* OUTCOME_NOT_MODIFIED: saved where present */
	bool is_private;     /* of addresses nothing is stored or told but where they lead: no query */
	char *moved_to;      /* where permanent redirects alone led, else NULL */
	int64_t bytes;
	bool conditional;            /* asked with validators */
	int64_t retry_after_ms;      /* -1: not said */
	int64_t fresh_ms;            /* the same */
	struct buf document;         /* wire bytes for OUTCOME_DOCUMENT and OUTCOME_PUSH */
	char *hubs;                  /* that the answer's head named, one a line; handed on to the report, ... */
	char *topic;                 /* ... with what the document says in place of what is NULL */
	int64_t rules;               /* generation of the rules that it was matched with, or an older one */
	struct websub_state *websub; /* saved with OUTCOME_PUSH or OUTCOME_WEBSUB; NULL: none */
	struct poll_outcome *next;   /* the writer's queue */
};
void poll_outcome_free(struct poll_outcome *o);
/* The clock was set by jump_ms and shows now_ms, which at_ms is no later than from now on (clock.h). */
void poll_outcome_follow_clock(struct poll_outcome *o, int64_t jump_ms, int64_t now_ms);

/* What a document brought. */
struct poll_news {
	size_t fresh;            /* items that were new in their feed, copies of other feeds' included */
	int64_t *published_ms;   /* of those, TIME_NONE where not dated; the callee may sort them */
	int updates;             /* items that changed */
	size_t shown;            /* items in the document, those left out too */
	size_t left_out;         /* items that the worker had no memory for */
	struct feed_hints hints; /* what it says of when to ask */
};

/* Decides when a feed is due next and what is remembered of it for that: sets state->due_ms and state->habits, while
 * the rest of state stands as it will be committed. news is NULL when the outcome brought no document.  Called in
 * the writer's thread within the transaction, so it must be pure. */
typedef void writer_plan_fn(
	void *arg, struct feed_state *state, const struct poll_outcome *outcome, struct poll_news *news);

/* The clock was set by jump_ms and shows now_ms: moves the times in state->habits along, as the rest of state has been
 * (feed_state_follow_clock()).  Called as the plan is. */
typedef void writer_follow_clock_fn(struct feed_state *state, int64_t jump_ms, int64_t now_ms);

/* A feed of the configuration. */
struct feed_spec {
	const char *name;
	const char *url;        /* as it may be shown */
	const char *key;        /* of the address it is asked at (feed_key.h); NULL: of url */
	bool listed;            /* it is known by its key, whatever its name was; else by its name first */
	const char *title;      /* NULL */
	const char *categories; /* separated by newlines */
	const char *publisher;  /* NULL */
	int rank;
	int64_t first_due_ms; /* for a feed that was never polled or whose URL changed */
};

/* An alert of the configuration: rules whose mark begins with "alert/NAME#", or is "alert/NAME", in an item's
 * matches. */
struct writer_alert {
	const char *name;
	const char *priority;
};

struct writer_options {
	const char *state_dir; /* copied */
	writer_plan_fn *plan;
	void *plan_arg;
	writer_follow_clock_fn *follow_clock; /* NULL: habits hold no times */
	/* How long items and events are kept (0: for ever), and how large the database may become (0: any size). */
	int64_t keep_items_ms, keep_events_ms, keep_size;
	int64_t alert_backlog_ms;          /* on a feed's first poll, alerts only for items dated within this */
	const struct writer_alert *alerts; /* copied; a match of a rule that is not listed raises no alert */
	size_t alert_count;
	const struct story_params *stories; /* copied; NULL: the defaults */
};

/* Opens the database (store.h) and starts the thread.  NULL with err when the database is refused. */
struct writer *writer_new(const struct writer_options *options, struct error *err);
/* Commits what was submitted, stops the thread, closes the database. */
void writer_free(struct writer *w);

/* Hands o over.  Never blocks. */
void writer_submit(struct writer *w, struct poll_outcome *o);
/* Outcomes submitted and not yet reported, and the bytes of their documents. */
size_t writer_pending(struct writer *w);
size_t writer_pending_bytes(struct writer *w);

/* A rule of an output or alert. */
struct writer_rule {
	const char *name; /* "output/naval", "alert/x" */
	const char *expression;
	const char
		*mark; /* for both, out of writer_rules_new(): what workers are to call the rule in an item's matches */
};

/* Rules in force, compiled; they are the writer's once they are. */
struct writer_rules {
	struct writer_rule *items; /* by mark */
	size_t count;
	struct rule_set *set; /* by marks */
};

/* Copies and compiles count rules; NULL without memory. */
struct writer_rules *writer_rules_new(const struct writer_rule *rules, size_t count, struct error *err);
void writer_rules_free(struct writer_rules *r);

struct keeper; /* what the writer's thread holds; for functions of the store */

/* Runs in the writer's thread within a transaction, which is committed when it returns 0 and undone otherwise. */
typedef int writer_fn(void *arg, struct keeper *k, struct error *err);
/* Runs in the loop afterwards; err->code 0: committed. */
typedef void writer_done_fn(void *arg, const struct error *err);

/* Hands fn over, never blocks.  It runs once everything submitted before has been taken in, and ahead of what is
 * submitted later; its end comes as a report (poll_report.done), in the order of commits. fn and done get the same
 * arg, which must live until then, or until writer_free(). -ENOMEM: nothing was handed over. */
int writer_run(struct writer *w, writer_fn *fn, writer_done_fn *done, void *arg);

/* A configuration for the writer.  Everything in it that can fail is done in one transaction: then all of it holds, or
 * nothing. */
struct writer_change {
	/* The database's feeds become these: new ones are added, those that have another name now are renamed, absent
	 * ones go inactive (their items stay), a changed URL forgets the validators. */
	const struct feed_spec *feeds; /* borrowed until done */
	size_t count;
	struct writer_options *options; /* the thread's once committed; NULL: those in force stay */
	/* The same.  Rules that are not in the database are matched with all stored items from then on, at rest;
	 * matches of those that are not among these are not shown any more. */
	struct writer_rules *rules;
	int64_t generation; /* of rules: counted up from 1 with each change (poll_outcome.rules) */
	/* Makes room for what the change brings, in the writer's thread, before it is committed; ids: the highest of a
	 * feed.  0 or -ENOMEM. */
	int (*reserve)(void *arg, int64_t highest_id);
	writer_done_fn *done;
	void *arg; /* of both */

	struct feed_state *states;   /* out, once committed: count elements, in the order of feeds */
	struct websub_state *websub; /* out: all subscriptions there are, also of feeds that are not configured now */
	size_t websub_count;
};
/* state_dir and plan of from need not be set. 0 or -ENOMEM. */
int writer_change_set_options(struct writer_change *c, const struct writer_options *from);
/* Hands c over, which must live until its done has been called.  0 or -ENOMEM. */
int writer_apply(struct writer *w, struct writer_change *c);
/* All that c owns, but not c itself. */
void writer_change_release(struct writer_change *c);

/* Whether outputs show something else since the last call by what the writer did at rest.  It makes writer_fd()
 * readable. */
bool writer_take_shown(struct writer *w);

/* One outcome's result after its commit. */
struct poll_report {
	/* Not NULL: the end of a writer_run(), to be called with done_arg and error; nothing else stands here. */
	writer_done_fn *done;
	void *done_arg;
	int64_t feed_id;
	bool is_poll;      /* false for OUTCOME_PUSH and OUTCOME_WEBSUB */
	bool has_document; /* of a poll of its present URL: hubs and topic are what the feed says of itself */
	char *hubs, *topic;
	int fresh, copies, updates, unchanged; /* items */
	enum feed_health before;
	/* When state.identity is another one since this outcome: the identities that were unknown lately, and how many
	 * of these were of items that the feed had already; else 0. */
	size_t distrusted, distrusted_seen;
	/* Items of the document that were not looked at, since it is larger than the database's size allows. */
	size_t cut;
	/* Its transaction was not committed, and error says why.  state is then what memory may go on with: of a
	 * failure or a 304 as if it had been kept; with wants_again, of a document or push, as it was committed before,
	 * and due as soon as the server allows.  state.name is NULL where not even that can be read. */
	bool lost, wants_again;
	struct feed_state state;
	struct error error; /* why the outcome could not be taken in, code 0 when it was */
	struct poll_report *next;
};

/* Whether transactions are committed. */
struct writer_storing {
	bool stopped;
	int64_t since_ms;            /* of the last change, wall clock; 0: never */
	uint64_t stops;              /* how often it stopped */
	uint64_t lost;               /* outcomes that could not be kept */
	char reason[ERROR_TEXT_MAX]; /* of the last stop */
};
/* A change makes writer_fd() readable. */
void writer_get_storing(struct writer *w, struct writer_storing *out);

/* Readable when reports wait, and when storing has stopped or goes on. */
int writer_fd(const struct writer *w);
/* Reports of all commits since the last call, in order of submission, and the newest committed cursor.
 * The caller frees with poll_reports_free(). */
struct poll_report *writer_collect(struct writer *w, int64_t *newest_cursor);
void poll_reports_free(struct poll_report *first);

/* What an operator asks or says of stories.  Items are named by their id as it is published or by their link, stories
 * by their id. */
struct story_request {
	enum { STORY_REQUEST_WHY, STORY_REQUEST_SPLIT, STORY_REQUEST_JOIN } kind;
	char *item;
	char *other;        /* of WHY and JOIN; NULL: none */
	void *arg;          /* the caller's */
	struct buf answer;  /* a JSON object */
	struct error error; /* code 0: answer stands */
	bool changed;       /* stories are others now */
	struct story_request *next;
};
/* item and other are copied; NULL without memory. */
struct story_request *story_request_new(struct str item, struct str other);
void story_requests_free(struct story_request *first);

/* Hands q over, never blocks.  Its answer makes writer_fd() readable. */
void writer_ask(struct writer *w, struct story_request *q);
/* Those answered since the last call, in their order; what they changed is committed.  The caller frees them.  To be
 * called after writer_collect(). */
struct story_request *writer_collect_answers(struct writer *w);

struct writer_stats {
	uint64_t commits, outcomes;
	uint64_t commit_us_last, commit_us_max;
	uint64_t postings; /* grouping.h: what stories of the window are found by */
};
void writer_get_stats(struct writer *w, struct writer_stats *stats);

#endif
