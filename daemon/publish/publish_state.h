/* SPDX-License-Identifier: ISC */
/* publish_state.h: the documents' state, shared by the files publish*.c and by export.c, whose documents become files.
 */
#ifndef SITREP_PUBLISH_PUBLISH_STATE_H
#define SITREP_PUBLISH_PUBLISH_STATE_H

#include <stdbool.h>

#include "read_trouble.h"
#include "render.h"
#include "sitrep/config/config_opml.h"
#include "sitrep/pages/assets.h"
#include "sitrep/pages/feeds_page.h"
#include "sitrep/pages/outlets.h"
#include "sitrep/pages/page.h"
#include "sitrep/pages/top_page.h"
#include "sitrep/pages/view.h"
#include "sitrep/pages/window.h"
#include "sitrep/publish/metrics.h"
#include "sitrep/publish/publish.h"
#include "sitrep/search/search_desk.h"

enum {
	/* One document: a hundred entries of ordinary length are half a megabyte. */
	PUBLISH_DOCUMENT_MAX = 32 * 1024 * 1024,
	/* All cached documents with their compressed forms; the least recently used one is dropped first. */
	PUBLISH_CACHE_MAX = 64 * 1024 * 1024,
	PUBLISH_CACHED_MAX = 512,
	/* Documents being made at one time. */
	PUBLISH_WORKS_MAX = 8,
	/* Items of an archive. The addresses of archives count in it, so it is never changed. */
	PUBLISH_ARCHIVE_ITEMS = 256,
	/* The newest stories that are searched for a rule in an address, and the searches at one time. */
	PUBLISH_SEARCHED = 5000,
	PUBLISH_SEARCHES_MAX = 2,
	/* A document's path and query. */
	PUBLISH_ADDRESS_MAX = 2048,
};

/* The work's path of /metrics in OpenMetrics; no request has it, since control characters are refused. */
#define PUBLISH_OPEN_METRICS "/metrics\topen"

/* A part of a feed, by the query of its address. */
struct part {
	enum part_kind { PART_NEWEST, PART_BEFORE, PART_ARCHIVE, PART_SEARCH } kind;
	int64_t sort_ms, story_id; /* the part below this place: "?before=1795428000000.4711" */
	int64_t archive;           /* its number: "?archive=17" */
	/* That stories match, of a search: "?q=frigate", or with other filters as view_write() has them: "?min=2". Both
	 * point into the address; one of them is empty. */
	struct str rule, filters;
};

/* Which stories, resolved from a path. */
struct selection {
	const char *title; /* of the category, output or alert; NULL: everything */
	char title_room[256];
	char rule_name[256]; /* "output/NAME", "alert/NAME", "" */
	int64_t *feed_ids;   /* NULL: all */
	size_t feed_count;
	size_t entries;
	const struct config_rule *output; /* NULL: not an output's */
	struct part part;
	const struct format *format;
};

/* Where the entries are in a document, to tell which of them a reader does not have. */
struct layout {
	size_t head_len; /* bytes before the first one */
	struct entry_span {
		size_t end; /* behind the head; an entry begins where the one before it ends */
		uint64_t hash;
	} * entries;
	size_t count, cap;
	bool is_lost; /* there was no memory */
};

/* Versions of a document that readers may have. */
enum { PUBLISH_VERSIONS_MAX = 8 };
struct version {
	char *tag; /* NULL: this place is free */
	uint64_t *hashes;
	size_t count;
};

struct product {
	struct http_body *body;
	bool closed; /* an archive that does not change any more */
	struct layout layout;
	int64_t archive_before; /* the number of the archive that it links to; -1: none */
};

struct cached {
	char *path;
	struct http_body *body;
	struct layout layout;
	struct version versions[PUBLISH_VERSIONS_MAX]; /* former ones, the newest first */
	size_t size;                                   /* as counted in cached_bytes */
	int64_t generation;
	int64_t minute;                          /* of the wall clock, for documents with ages */
	int64_t kept_ms;                         /* monotonic, as the next two */
	int64_t fresh_until_ms, fresh_looked_ms; /* publish_fresh.c's */
	bool closed;
	uint64_t used; /* rises with each use; the lowest is the least recently used */
};

enum work_kind { WORK_STORIES, WORK_METRICS, WORK_OPML, WORK_OUTPUTS, WORK_RIVER, WORK_TOP, WORK_FEEDS, WORK_SEARCH };

/* A document in the making, one piece for each turn of a waiting request. */
struct work {
	char *path; /* with the query of a part; NULL: this place is free */
	enum work_kind kind;
	struct buf out;
	int64_t generation;
	int64_t stepped_ms; /* monotonic */
	struct selection selection;
	struct channel channel; /* of stories */
	char title[512], home[2048], feed_url[RENDER_URL_MAX];
	struct item_range range, ids; /* of an archive, and of all items */
	int64_t archive_before;       /* looked at while the one before is sought */
	bool closed;
	struct search *search; /* NULL: the stories are not searched */
	size_t found;          /* stories that match */
	struct layout layout;
	struct river_place *places; /* of the stories, newest first */
	size_t place_count, place;  /* the next one */
	size_t feeds;               /* looked at for places */
	size_t stories;             /* written */
	bool listed;                /* all places are found */
	struct metrics_place metrics;
	struct config_opml opml;
	struct river_work *river; /* NULL: another kind, as of the next two */
	struct feeds_page *feeds_page;
	struct top_work *top;
	struct find_work *find;
	struct search_job *job; /* of a feed with a rule; NULL: the index is not asked */
};

struct publish {
	struct reader *reader;
	struct search_desk *desk;
	publish_status_fn *status;
	publish_explain_fn *explain; /* NULL: not set */
	void *status_arg;            /* of both */
	const struct config *config;
	const struct feed_table *feeds;
	struct live *live; /* NULL: there is no /events */
	char *base_url;    /* without the slash at the end */
	bool is_static;    /* its documents become files: parts have names of their own, and nothing is cached */
	struct cached cache[PUBLISH_CACHED_MAX];
	size_t cached_count;
	size_t cached_bytes;
	struct work works[PUBLISH_WORKS_MAX];
	uint64_t uses;
	int64_t generation;
	int64_t changed_ms;
	bool generation_known;
	struct read_trouble trouble;
	struct outlets outlets;
	struct site site;        /* made by publish_site() */
	int64_t site_counted_ms; /* monotonic */
	int64_t site_generation;
	char site_home[RENDER_URL_MAX];
	struct window window;                  /* of the river */
	struct window top[TOP_SPANS];          /* of /top, by its hours */
	struct http_body *assets[ASSET_COUNT]; /* NULL: not asked for yet */
};

/* publish_part.c: appends the path with the query of the requested part. 0, -EINVAL when that is malformed, with a
 * sentence in mistake where it is a filter, or -ENOMEM. */
int publish_part_address(const struct http_request *r, struct buf *out, struct buf *mistake);
/* The address as an absolute URL, escaped; of p->is_static that of its file. 0, -ENOENT when it is too long, or
 * -ENOMEM. */
int publish_part_url(const struct publish *p, char url[RENDER_URL_MAX], struct str address);
/* Takes the query of a part off the address. */
struct part publish_part_take(struct str *address);
/* Lists the stories of an archive, and finds the one before it.  0; 1 when it takes another turn; -ENOENT when there is
 * no such archive, or another negative code. */
int publish_part_list(struct publish *p, struct work *w, int64_t end_us, struct error *err);
/* Sets the links of the newest part to the archives. */
int publish_part_link(struct publish *p, struct work *w, struct error *err);
/* The number of the archive that it links to; -1: none. */
int64_t publish_part_archive(const struct channel *c);
/* Sets the link to the stories below a place. */
void publish_part_link_next(struct channel *c, const struct river_place *last);

/* publish_changes.c, RFC 3229: notes that an entry was appended to out. Without memory the layout stays empty. */
void publish_layout_note(struct layout *l, const struct buf *out);
void publish_layout_release(struct layout *l);
/* Takes the former version of the document over, and those before it. */
void publish_versions_take(struct cached *to, struct cached *from);
void publish_versions_release(struct cached *c);
size_t publish_versions_size(const struct cached *c);
/* The document with those entries alone that a former version, one of the tags of an If-None-Match field, does not
 * have; NULL when no such version is known, or it is the present one. */
struct http_body *publish_changes(const struct cached *c, struct str tags);

/* publish_fresh.c: the seconds for which a reader may keep the document, 30 to 600. */
unsigned publish_fresh_s(struct publish *p, struct cached *c);

/* publish_search.c: 0, or appends to mistake the sentence about a rule that is wrong or would cost too much, and its
 * place, and returns -EINVAL; or -ENOMEM. */
int publish_search_check(struct str rule, struct buf *mistake);
struct search *publish_search_new(const struct part *part); /* that was checked; NULL without memory */
struct search *publish_search_of(const struct view *view);  /* likewise; the view's texts stay borrowed */
const struct view *publish_search_view(const struct search *s);
void publish_search_free(struct search *s);
/* 1: a report of the story matches the rule; 0, or -ENOMEM. */
int publish_search_match(struct search *s, const struct story *story);

/* publish_select.c: -ENOENT for a path that selects no stories. The caller frees s->feed_ids in any case. */
int publish_select(const struct publish *p, struct str path, struct selection *s);
/* Appends the path that differs from this one in its name's case alone, relative to it ("./naval.atom").  False when
 * there is none. */
bool publish_spell(const struct publish *p, struct str path, struct buf *out);

/* publish_state.c: the site as pages and feeds show it, until the next call.  Counts feeds and the names of outlets
 * when something has changed or some seconds have passed; takes at most a thousandth of the time.  NULL without memory.
 */
const struct site *publish_site(struct publish *p);
void publish_release_site(struct publish *p);

/* publish_river.c: the work for an address that publish_river_address() wrote; NULL without memory. */
struct river_work *publish_river_new(struct str address);
void publish_river_free(struct river_work *r);
/* 1: there is more to do; 0: the page is in out; or a negative code. */
int publish_river_step(struct publish *p, struct river_work *r, struct buf *out, int64_t end_us, struct error *err);
/* Appends the address of the requested view, "/?min=2".  0; -EINVAL with a sentence in mistake, and the rule when it is
 * in that; or -ENOMEM. */
int publish_river_address(const struct http_request *r, struct buf *out, struct buf *rule, struct buf *mistake);

/* publish_top.c: likewise. */
struct top_work *publish_top_new(struct str address);
void publish_top_free(struct top_work *t);
int publish_top_step(struct publish *p, struct top_work *t, struct buf *out, int64_t end_us, struct error *err);
int publish_top_address(const struct http_request *request, struct buf *out, struct buf *mistake);

/* publish_find.c: the page of the search.  Appends the address of a work to address; or a whole page to page, without a
 * rule or with a mistake, and sets *status.  0 or -ENOMEM; -EINVAL for the page of a mistake. */
int publish_find_address(
	struct publish *p, const struct http_request *request, struct buf *address, struct buf *page, int *status);
struct find_work *publish_find_new(struct str address);
void publish_find_free(struct find_work *f);
/* 1: the search is under way; 0: the page is in out; or a negative code. */
int publish_find_step(struct publish *p, struct find_work *f, struct buf *out);
/* Begins the search of a feed, whose view has a rule; NULL: too many are under way. */
struct search_job *publish_find_feed(struct publish *p, const struct view *view, size_t stories);

/* publish_query.c: the arguments of a page. */
enum { PUBLISH_ARGUMENTS_MAX = 4 };
struct page_query {
	const char *names[PUBLISH_ARGUMENTS_MAX]; /* that the page knows; set by the caller */
	char values[PUBLISH_ARGUMENTS_MAX][256];  /* "": not given */
	char mistake[512];                        /* a sentence; "": none */
};
/* Reads the query; false with a sentence about an unknown, repeated or malformed argument. */
bool publish_query_read(struct page_query *q, const struct http_request *request);
/* Notes a mistake in the value of an argument: "hours is one of 1, 12, 24, 168". */
void publish_query_refuse(struct page_query *q, const char *name, const char *expected);
/* Appends the query with its arguments in the order of names: equal queries give equal texts. */
void publish_query_write(const struct page_query *q, struct buf *out);

/* publish_pages.c: pages that are made in one turn. */
struct page_making {
	struct publish *p; /* set by the caller, as is site */
	const struct site *site;
	struct str name; /* of the path, behind the kind's prefix */
	struct page_query query;
	struct buf out;
	const char *content_type;
};
struct page_kind {
	const char *path;                         /* a prefix when it ends with a slash */
	bool has_query;                           /* false: arguments are ignored, programs may add their own */
	const char *names[PUBLISH_ARGUMENTS_MAX]; /* of its arguments */
	const char *cache_control;
	int64_t kept_ms; /* how long it is kept without a change of the data */
	/* Checks the values of the query: false with a mistake in it.  NULL: every query is right. */
	bool (*check)(struct page_making *m);
	/* 0, -ENOENT, or another negative code with err. */
	int (*write)(struct page_making *m, struct error *err);
};
extern const struct page_kind publish_feed_page;                       /* publish_feeds.c */
extern const struct page_kind publish_alert_page, publish_alerts_page; /* publish_alerts.c */
/* NULL: the path is not that of such a page. */
const struct page_kind *publish_page_find(struct str path);
/* Reads the request; false with a mistake in m->query. */
bool publish_page_read(struct page_making *m, const struct page_kind *kind, const struct http_request *request);
/* 0, -ENOENT or another negative code; *body is the caller's. */
int publish_page_make(struct page_making *m, const struct page_kind *kind, struct str address, struct http_body **body);

/* publish_feeds.c, /feeds: reads the query, and appends the page's address; false with a mistake in q. */
bool publish_feeds_read(struct page_query *q, const struct http_request *request, struct buf *address);
/* The page at such an address; NULL without memory. */
struct feeds_page *publish_feeds_new(struct publish *p, struct str address);

/* publish.c: has the generation of the database looked up, once after each publish_invalidate(). */
void publish_look_at_generation(struct publish *p);

/* publish_work.c */
struct work *publish_work_find(struct publish *p, struct str path);
/* 0 and *w; -ENOENT: no such document; -EBUSY: PUBLISH_WORKS_MAX are under way. */
int publish_work_start(struct publish *p, struct str path, enum work_kind kind, struct work **w);
/* Whether the work waits for another thread. */
bool publish_work_is_idle(const struct work *w);
/* 1: there is more to do; 0 and *product, whose parts are the caller's: done; or -errno. w is freed unless 1 is
 * returned.
 */
int publish_work_step(struct publish *p, struct work *w, struct product *product);
void publish_works_drop(struct publish *p);

#endif
