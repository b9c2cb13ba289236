/* SPDX-License-Identifier: ISC */
/* parts.h: the components that several pages share: times, names, languages, alerts, counts, links.
 *
 * Each appends markup to the buffer; all text is escaped, and only http and https become links.  Classes are those of
 * style.css. */
#ifndef PAGES_PARTS_H
#define PAGES_PARTS_H

#include <stdbool.h>
#include <stdint.h>

#include "sitrep/base/buf.h"
#include "sitrep/base/str.h"
#include "sitrep/model/alert.h"
#include "sitrep/pages/page.h"
#include "sitrep/store/reader.h"

/* ---- numbers ---- */

/* "1 outlet", "8 outlets" */
void part_count(struct buf *out, long long n, const char *what);
/* "1 story", "214 stories" */
void part_count_stories(struct buf *out, long long n);

/* ---- times, in UTC ---- */

/* <time datetime="2026-11-26T18:21Z">18:21</time> */
void part_clock(struct buf *out, int64_t time_ms);
/* <time datetime="...">26 Nov</time> */
void part_date(struct buf *out, int64_t time_ms);
/* "18:21" */
void part_minute(struct buf *out, int64_t time_ms);
/* A length of time: "3 min", "2 h 5 min", "3 d". */
void part_minutes(struct buf *out, int64_t minutes);
/* A length of time: "38 min", "3 h", "2 d" */
void part_span(struct buf *out, int64_t span_ms);
/* <time datetime="...">seen</time>, of a story without a date. */
void part_seen(struct buf *out, int64_t time_ms);
/* <time class="ago" datetime="...">41 min ago</time>; the script lets it grow. */
void part_age(struct buf *out, int64_t time_ms, int64_t now_ms);
/* The words alone: "just now", "41 min ago", "1 h 18 min ago", "3 d ago", as the script writes them. */
void part_age_words(struct buf *out, int64_t time_ms, int64_t now_ms);
/* Days since 1970, to tell whether two times are of one day. */
int64_t part_day(int64_t time_ms);
/* "Thursday 26 November 2026" */
void part_day_name(struct buf *out, int64_t time_ms);
/* <time datetime="...">26 November 18:21</time>, of a time that may be of another day. */
void part_moment(struct buf *out, int64_t time_ms);

/* ---- text of feeds ---- */

/* The start tag of an element for text of a feed, with lang unless it is English, and dir="rtl" where the language is
 * written so, or dir="auto" where it is unknown and the text has such letters.  style_class may be NULL. */
void part_open_text(
	struct buf *out, const char *element, const char *style_class, struct str text, struct str language);
/* The attributes of part_open_text() alone, with a space in front. */
void part_text_attributes(struct buf *out, struct str text, struct str language);
/* An outlet's name: as <bdi> when it has letters beyond ASCII.  language: that of its item; STR_NONE: unknown. */
void part_outlet(struct buf *out, struct str name, struct str language);
/* <abbr class="lg" title="Korean">ko</abbr> and a space, unless it is English or unknown. */
void part_language(struct buf *out, struct str language);
/* "Korean" for "ko" and "ko-KR"; NULL: we have no name for it. */
const char *part_language_name(struct str language);
/* The words as a link to another site, or without one when href is no web address. */
void part_link_out(struct buf *out, struct str href, struct str words);

/* The first categories of the story, each once whatever its case.  Returns how many, at most max. */
size_t part_story_categories(const struct story *s, struct str *categories, size_t max);

/* ---- alerts ---- */

/* <a class="al p3" href="alert/drone">high<span>: drone</span></a> and a space. */
void part_alert(struct buf *out, const char *root, enum alert_priority priority, struct str name);

/* ---- filter or search ---- */

struct part_bar {
	const char *label;       /* "Filter", "Search"; also of the button */
	const char *action;      /* path below root; "": the river */
	struct str value;        /* the rule in the box */
	const char *describedby; /* the id of the element that tells of the mistake in it; NULL: there is no mistake */
	struct str hidden;       /* markup of further fields */
};
void part_bar(struct buf *out, const struct page *page, const struct part_bar *bar);

/* ---- addresses ---- */

/* The address of the river: root, or "./". */
void part_home(struct buf *out, const char *root);
/* Appends text with all but letters, digits and "-._~" escaped, for a name in a path or a value in a query. */
void part_escape(struct buf *out, struct str text);
/* Atom, RSS and JSON as links: base is the address without the suffix ("output/pacific"), query what follows it,
 * escaped for an address, or "". */
void part_formats(struct buf *out, const char *root, struct str base, struct str query);

#endif
