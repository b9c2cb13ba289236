/* SPDX-License-Identifier: ISC */
/* page.h: the frame of every page for a browser: head, strip, skip link, foot.
 *
 *     page_begin(&out, &page);         up to <main id="main">
 *     page_head_begin(&out, &page);    the heading, open for what stands beside it: page_head_end()
 *     ...                              the content, of parts.h
 *     page_end(&out, &page);
 *
 * Sheet, script and icon are files of the daemon (assets.h), nothing is written inline, and all text is escaped.  Pages
 * link relative to where they are, so that they work behind a proxy under a path.  A failure stays in the buffer. */
#ifndef SITREP_PAGES_PAGE_H
#define SITREP_PAGES_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sitrep/base/buf.h"
#include "sitrep/base/str.h"

/* The type of all pages.  Answers of this type get the pages' Content-Security-Policy. */
#define PAGE_CONTENT_TYPE "text/html; charset=utf-8"

struct config;
struct feed_table;
struct outlets;

/* All that pages know of the daemon.  The members are borrowed while a page is written. */
struct site {
	const char *title;
	const char *home_url; /* of the river: absolute, with a slash at the end */
	const struct config *config;
	const struct feed_table *feeds;
	const struct outlets *outlets; /* names that several feeds have; NULL: none */
	int64_t now_ms;                /* wall clock */
	bool is_static;                /* of files: no health, no events, no links to pages that only the daemon has */
	/* Of the strip: enabled feeds, those that failed last, and the arrival of the newest item, or TIME_NONE. */
	size_t feed_count, failing;
	int64_t newest_ms;
};

/* Counts feeds and newest again, from feeds. */
void site_count_feeds(struct site *site);

/* The place of a page in the strip. */
enum page_place { PAGE_RIVER, PAGE_TOP, PAGE_ALERTS, PAGE_FEEDS, PAGE_SEARCH, PAGE_SUBSCRIBE, PAGE_ELSEWHERE };

struct page {
	const struct site *site;
	enum page_place place;
	const char *root;       /* leads from the page's address to that of the river: "", "../" */
	struct str title;       /* of the window, in front of the site's; the heading too */
	struct str language;    /* of the title; STR_NONE: English, ours */
	const char *skip_to;    /* "stories", of the skip link; NULL: "content" */
	const char *events;     /* the query of /events for this page, "" or "?min=2"; NULL: the page is not live */
	const char *feed_query; /* of the feeds with the same stories, "?min=2"; NULL: those of all stories */
	/* The page's own feeds, "alert" and "drone" for /alert/drone.atom; NULL and STR_NONE: by feed_query. */
	const char *feed_folder;
	struct str feed_name;
	const char *body_class; /* NULL: none */
};

void page_begin(struct buf *out, const struct page *page);
/* <div class="head"> with the title as <h1>, and its end. */
void page_head_begin(struct buf *out, const struct page *page);
void page_head_end(struct buf *out);
void page_end(struct buf *out);

/* Sets root to "../" for each folder in the path, "/story/x" to "../".  Deeper paths than fit get as many as fit. */
enum { PAGE_ROOT_MAX = 64 };
void page_root_of(char root[PAGE_ROOT_MAX], struct str path);

#endif
