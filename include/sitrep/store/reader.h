/* SPDX-License-Identifier: ISC */
/* reader.h: reads the database for outputs.
 *
 * A read-only connection with its statements prepared once.  Each call is one short read transaction, so it sees one
 * committed state.  Structures handed to callbacks live until the callback returns. Callbacks return 0 to go on,
 * anything else to stop (and that value is returned); they must not call the same reader again. */
#ifndef SITREP_STORE_READER_H
#define SITREP_STORE_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sitrep/base/error.h"
#include "sitrep/base/str.h"
#include "sitrep/model/alert.h"
#include "sitrep/model/document.h"
#include "sitrep/model/feed_state.h"
#include "sitrep/store/uid.h"

struct reader;

struct reader *reader_new(const char *state_dir, struct error *err);
void reader_free(struct reader *r);

/* The feed that a report came from. */
struct source {
	int64_t feed_id;
	struct str feed;       /* name in the configuration */
	struct str title;      /* of the outlet */
	struct str link;       /* of its site */
	struct str url;        /* of the feed */
	struct str categories; /* configured, separated by newlines */
	struct str publisher;  /* configured; absent: none is */
	/* of the feed's last document; absent: it had none */
	struct str own_id;     /* its atom:id, or as that; never an address with a secret */
	struct str own_author; /* a name */
	struct str own_rights; /* one line */
};

/* One outlet's item within a story. */
struct report {
	int64_t item_id;
	char uid[UID_TEXT_MAX];
	struct source source;
	int64_t first_seen_ms;
	int64_t updated_ms;   /* when its text was seen to have changed; else first_seen_ms */
	int64_t published_ms; /* the item's own date, never later than first_seen_ms; without a date first_seen_ms */
	bool published_known;
	struct item item; /* the record, decoded */
};

/* Most reports that are read of one story. */
enum { STORY_REPORTS_MAX = 64 };

/* What a rule has raised about a story (alert.h). */
struct story_alert {
	int64_t id; /* 0: nothing, as of an old item of a backlog */
	struct str name;
	int64_t revision; /* of the last event */
	int64_t first_ms, last_ms;
	enum alert_priority priority;
	enum alert_state state;
	int64_t item_id;  /* the report that raised it; it may be gone */
	struct str terms; /* found in that report, as written in the rule, one a line */
	bool is_muted;    /* its events were held back */
};

/* A rule that has raised an alert about a story. */
struct story_mark {
	struct str name;
	enum alert_priority priority;
	int64_t first_ms; /* raised */
	bool is_muted;    /* its events are held back */
};
enum { STORY_MARKS_MAX = 8 };

/* sort_ms of a story that began in a feed's first document without a date. */
enum { STORY_UNDATED_MS = 0 };

struct story {
	int64_t id;
	char uid[UID_TEXT_MAX]; /* made from its first report; never changes */
	int64_t first_seen_ms;
	int64_t last_seen_ms; /* newest report */
	int64_t updated_ms;   /* last visible change: a report joined or the lead's text changed */
	int64_t sort_ms;      /* river order, newest first */
	int source_count;     /* distinct publishers */
	int total_reports;    /* distinct items, also those not listed here */
	int priority;         /* the highest of its alerts (enum alert_priority); 0: it raised none.  Not of archives */
	/* Its alerts' rules, each once, the highest priority first; at most STORY_MARKS_MAX.  None of archives. */
	struct story_mark *marks;
	size_t mark_count;
	struct report *reports; /* at most STORY_REPORTS_MAX: the lead (the first item of the feed with the lowest
				   rank), then the others in order of appearance */
	size_t report_count;
	struct story_alert alert; /* of the alert that reader_story_at() was given */
};

struct story_query {
	const int64_t *feed_ids; /* only stories with a report of one of these feeds; NULL: all */
	size_t feed_count;
	/* without feed_ids: only stories that the rule of this name matched ("output/naval", "alert/x"); NULL: all */
	const char *rule_name;
	int64_t before_sort_ms; /* for paging: only stories before this place; INT64_MAX: from the top */
	int64_t before_id;
	size_t limit;
};

/* For callers that may not block: first the places of the stories, then one story a call. */
struct river_place {
	int64_t sort_ms;
	int64_t story_id;
};
/* Merges the places of q's stories into the *count places of the array, newest first, up to q->limit.  It may be
 * called for a few feeds at a time; the array then has the newest of all. */
int reader_places(
	struct reader *r, const struct story_query *q, struct river_place *places, size_t *count, struct error *err);

typedef int story_fn(void *arg, const struct story *s);
/* Returns fn's result; 0 without a call when the story is gone.  alert: the name of a rule, or STR_NONE. */
int reader_story_at(struct reader *r, const struct river_place *place, struct str alert, story_fn *fn, void *arg,
	struct error *err);

/* Walks along the river from a place, without texts. */
struct story_choice {
	struct river_place place;
	int sources, reports; /* as in struct story, as the next two */
	int priority;
	int64_t updated_ms; /* whatever changes a story's row or headline changes this or one of the above */
};
struct choice_query {
	bool newer;              /* upwards */
	const int64_t *feed_ids; /* in order: stories with a report of one of these; NULL: all */
	size_t feed_count;
	int least_sources, least_priority;
	size_t most; /* stories that are looked at; choices has room for as many */
};
/* at: where the walk begins, and how far it came; a walk down begins at INT64_MAX, INT64_MAX. */
struct choice_walk {
	struct river_place at;
	size_t looked; /* at stories, in all */
	bool ended;
};
int reader_choose(struct reader *r, const struct choice_query *q, struct story_choice *choices, size_t *count,
	struct choice_walk *walk, struct error *err);
/* The ids, in order, of the feeds that are or were configured and that fn wants.  The caller frees *ids. */
typedef bool feed_wanted_fn(void *arg, struct str name, struct str categories);
int reader_feed_ids(struct reader *r, feed_wanted_fn *fn, void *arg, int64_t **ids, size_t *count, struct error *err);
/* Stories whose place is in that time. */
int reader_day_count(struct reader *r, int64_t from_ms, int64_t end_ms, int64_t *count, struct error *err);

/* An archive is a range of items, by their ids, which are handed out in order of arrival.  It lists the stories whose
 * first report, of those that a query is about, is in the range; so each story is in one archive.  Once an item behind
 * the range is stored, the archive is closed: its list does not grow, and its stories are read as they stood at the end
 * of the range, with the first text of each report.  Only retention, the operator's edits of stories and sitrep forget
 * take something out of it. */
struct item_range {
	int64_t first, end; /* end is not part of it */
};

/* The ids that are in use: from that of the oldest item or story to behind the last one that was given out. */
int reader_item_ids(struct reader *r, struct item_range *ids, struct error *err);
/* Sets *count and the places of the archive's stories, newest arrival first: at most as many as the range is long.
 * q->feed_ids is in order; paging and limit of q do not count. */
int reader_archive_places(struct reader *r, const struct story_query *q, const struct item_range *range,
	struct river_place *places, size_t *count, struct error *err);
/* The id of the newest story before an id; 0: there is none. */
int reader_story_id_before(struct reader *r, int64_t id, int64_t *found, struct error *err);
/* False while stored items are being matched with the rule, or wait for its conditions: its closed archives may gain
 * stories. */
int reader_rule_is_settled(struct reader *r, const char *rule_name, bool *settled, struct error *err);
/* As reader_story_at(), with the story as it stood when the items before end were stored. */
int reader_story_before(
	struct reader *r, const struct river_place *place, int64_t end, story_fn *fn, void *arg, struct error *err);

/* The link of a report to another item, as found when the report was placed. */
struct story_tie {
	int64_t item_id; /* of the report */
	bool incoming;   /* the link is the other item's, to this report */
	bool same_story;
	const char *relation; /* story_relation_name() */
	double score;
	int shared, shared_of, numbers, numbers_of; /* as in struct story_reasons */
	char other_uid[UID_TEXT_MAX];
	char other_story[UID_TEXT_MAX];
	struct str other_title;
	struct str other_language; /* declared; not checked */
	int other_sources;         /* outlets of its story */
	struct source other_source;
};

/* An earlier text of a report. */
struct story_revision {
	int64_t item_id;
	int64_t at_ms; /* when that text was first seen */
	int64_t rev;   /* its version; the one that replaced it has a higher number */
};

/* A report that the operator has put into the story. */
struct story_joined {
	int64_t item_id;
	int64_t at_ms;
};

/* An alert about the story or a report of it. */
struct story_raised {
	struct str name;
	enum alert_priority priority;
	int64_t at_ms;
	int64_t item_id;  /* the report that raised it; it may be gone */
	struct str terms; /* found in that report, as written in the rule, one a line */
	bool muted;       /* a silence or an urgent alert has kept it from subscribers */
};

/* One version of a report's text. */
struct report_version {
	int64_t rev;   /* from 0 */
	int64_t at_ms; /* when it was first seen */
	struct item item;
};

/* A change of a report's text: the versions before and after it. */
struct report_change {
	int64_t item_id; /* 0: none */
	struct report_version before, after;
};

struct story_details {
	const struct story_tie *ties;
	size_t tie_count;
	const struct story_revision *revisions; /* by item, in order of time */
	size_t revision_count;
	const struct story_joined *joined;
	size_t joined_count;
	const struct story_raised *raised; /* the highest priority first */
	size_t raised_count;
	struct report_change change; /* that was asked for */
};
enum { STORY_TIES_MAX = 256, STORY_REVISIONS_MAX = 512, STORY_JOINED_MAX = 64, STORY_RAISED_MAX = 64 };

/* The change to be read: the one that led to version rev of the report, or the latest of the story.  NULL instead of
 * it: none. */
struct report_change_wish {
	struct str item; /* its uid; STR_NONE: the latest change */
	int64_t rev;
};

typedef int story_details_fn(void *arg, const struct story *s, const struct story_details *d);
/* The story of that uid with its details; the result is fn's.  The uid of a story that was joined to another one gives
 * the other one, with its own uid.  -ENOENT when no story has that uid.  A change that is not there leaves
 * details.change empty. */
int reader_story_details(struct reader *r, struct str uid, const struct report_change_wish *wish, story_details_fn *fn,
	void *arg, struct error *err);

enum event_kind {
	/* Events of the log; the numbers are stored. */
	EVENT_NEW = 1,
	EVENT_COPY,
	EVENT_UPDATED,
	EVENT_ALERT,
	EVENT_FEED,
	EVENT_SILENCE,
	EVENT_MUTED,
	EVENT_DIGEST,
	EVENT_BURST,
	EVENT_BREAKING,
	EVENT_LOGGED_END, /* one more than the last of them */
	/* The stream's own lines, which are never stored. */
	EVENT_HELLO = 256,
	EVENT_SUBSCRIBED,
	EVENT_GAP,
	EVENT_HEARTBEAT,
	EVENT_ERROR,
	EVENT_UNSUBSCRIBED,
	EVENT_PONG,
	EVENT_RESET,
};

/* A committed event: its place in the log, and its item and story as they are now. */
struct event_record {
	int64_t cursor;
	int64_t time_ms;
	enum event_kind kind;
	struct str detail; /* members for the event's JSON object, complete: {"alert":{…}} or {"feed":{…}}; may be
			      absent */
	struct source source;
	struct report *report; /* NULL when event_kind_is_bare() */
	int64_t story_id;
	struct str story_uid;
	struct str story_title;
	int story_sources, story_reports;
	int story_priority;    /* the highest of its alerts (enum rule_priority); 0: it raised none */
	int64_t story_sort_ms; /* arrival of its first report, or the date of one that was in its feed's first document
				*/
	bool backlog;          /* the item came with its feed's first document */
};

typedef int event_fn(void *arg, const struct event_record *e);
/* Events after the cursor, oldest first, at most limit.  Sets *last to the last cursor that was read, also of an
 * event that was skipped because its item is gone. */
int reader_events(
	struct reader *r, int64_t after, size_t limit, int64_t *last, event_fn *fn, void *arg, struct error *err);

/* ---- feeds ---- */

/* A time in which polls of a feed failed (feed_troubles.h). */
struct feed_trouble {
	int64_t since_ms, until_ms; /* TIME_NONE: it lasts */
	int64_t polls;              /* that failed */
	enum poll_failure failure;
	struct str reason;
};
enum { FEED_TROUBLES_READ = 10 };

struct feed_counts {
	int64_t items; /* kept */
	/* From publication to arrival, on average over the newest items that have a date. */
	size_t dated;
	int64_t delay_ms;
	/* Of the newest stories that other outlets ran too: their number, and those that it had first. */
	size_t shared, first;
};

struct stored_feed {
	struct feed_counts counts;
	const struct feed_trouble *troubles; /* newest first */
	size_t trouble_count;
};
typedef int stored_feed_fn(void *arg, const struct stored_feed *f);
/* since_ms: the feed's first poll; older dates are those of its backlog, and do not count for the delay.  The result is
 * fn's. */
int reader_feed(struct reader *r, int64_t feed_id, int64_t since_ms, stored_feed_fn *fn, void *arg, struct error *err);
/* Sets the numbers of items that arrived in each of the last hours of the clock, the present one last. */
int reader_arrivals(struct reader *r, int64_t now_ms, uint32_t *hours, size_t count, struct error *err);
/* Of the newest items with a date: their number, and the times within which half and nine in ten of them were seen
 * after their publication. */
int reader_delays(struct reader *r, size_t *count, int64_t *half_ms, int64_t *most_ms, struct error *err);

/* ---- alerts ---- */

enum { ALERT_DAYS_COUNTED = 30 };
struct alert_rule_counts {
	int64_t since_ms, last_ms; /* the rule stands since then; its last match.  TIME_NONE: not known, none */
	uint32_t matches[ALERT_DAYS_COUNTED]; /* by day, today last */
	int64_t raised, muted;                /* alerts, events that were kept back, over these days */
};
int reader_alert_counts(
	struct reader *r, const char *rule, int64_t now_ms, struct alert_rule_counts *c, struct error *err);

/* A silence (silences.h), in force or ended since a time; newest first, SILENCES_READ at most. */
struct stored_silence {
	struct str matcher, why;
	int64_t at_ms, until_ms;
};
enum { SILENCES_READ = 32 };
typedef int stored_silence_fn(void *arg, const struct stored_silence *s);
int reader_silences(struct reader *r, int64_t since_ms, stored_silence_fn *fn, void *arg, struct error *err);

/* Alerts about stories that are kept, the newest first: at most most of those with an id below before_id. */
struct raised_place {
	int64_t id, at_ms;
	struct river_place story;
	char rule[256];
};
int reader_alert_places(struct reader *r, int64_t before_id, size_t most, struct raised_place *places, size_t *count,
	struct error *err);

/* Newest committed cursor (0: none yet), and the oldest one still kept (newest + 1 when no event is kept). */
int reader_cursors(struct reader *r, int64_t *oldest, int64_t *newest, struct error *err);
/* The id of the database, drawn when it was made; "" when it has none. A cursor has a meaning in one instance only. */
enum { INSTANCE_TEXT_MAX = 17 };
int reader_instance(struct reader *r, char instance[INSTANCE_TEXT_MAX], struct error *err);
/* The cursor after which the events of that time and later ones begin. */
int reader_cursor_before(struct reader *r, int64_t time_ms, int64_t *cursor, struct error *err);

/* Each feed that is or was configured, and its configured categories, separated by newlines. */
typedef int feed_name_fn(void *arg, struct str name, struct str categories);
int reader_feed_names(struct reader *r, feed_name_fn *fn, void *arg, struct error *err);

/* A number that grows with each change of outputs, over restarts too; *changed_ms is the time of the last change. */
int reader_generation(struct reader *r, int64_t *generation, int64_t *changed_ms, struct error *err);

/* Of an alert's rule, on the days from first_day on, counted since 1970 in UTC. */
struct rule_counts {
	int64_t matches, raised, muted;
	int64_t last_ms; /* the last match; TIME_NONE: none */
};
int reader_rule_counts(
	struct reader *r, struct str rule, int64_t first_day, struct rule_counts *counts, struct error *err);

struct store_counts {
	int64_t items, stories, events, feeds, database_bytes;
};
int reader_counts(struct reader *r, struct store_counts *counts, struct error *err);

#endif
