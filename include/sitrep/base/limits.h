/* SPDX-License-Identifier: ISC */
/* limits.h: every limit in one place, each with its reason.
 *
 * Limits that an operator may want to change are options of the configuration instead (option.h); these protect the
 * daemon itself. */
#ifndef SITREP_BASE_LIMITS_H
#define SITREP_BASE_LIMITS_H

/* A line on the stream, in both directions: fits any news item with a summary, and bounds a subscriber's
 * input buffer. */
enum { LIMIT_STREAM_LINE = 256 * 1024 };
/* The wire bytes of one document: larger than any feed seen (largest of 177 real ones: 1.6 MB),
 * small enough that all workers' answers together fit the daemon's memory. */
enum { LIMIT_WIRE_DOCUMENT = 64 * 1024 * 1024 };
/* Items of one document.  The largest real feed seen had 730; a feed that lists a whole site must not fill the
 * database. */
enum { LIMIT_DOCUMENT_ITEMS = 10000 };
/* Elements in any list of one item (links, categories, authors, enclosures). */
enum { LIMIT_ITEM_LIST = 256 };
/* Rules of alerts and outputs that one item is told to match.  Each takes the writer some tenths of a millisecond, and
 * a text may hold all words of all rules. */
enum { LIMIT_ITEM_MATCHES = 1024 };
/* Content of one item after sanitizing. */
enum { LIMIT_ITEM_CONTENT = 2 * 1024 * 1024 };
/* Titles, names, URLs: longer ones are not meant for people.  The markup of a title may be longer than its shown
 * text. */
enum { LIMIT_TITLE = 4 * 1024, LIMIT_TITLE_MARKUP = 128 * 1024, LIMIT_URL = 8 * 1024, LIMIT_NAME = 1024 };
/* Open elements while parsing XML or HTML; browsers stop at 512. */
enum { LIMIT_DEPTH = 256 };
/* One tag's bytes: libxml2 is quadratic in the number of attributes of a tag. */
enum { LIMIT_XML_TAG = 64 * 1024, LIMIT_HTML_TAG = 8 * 1024 };
/* A worker's seconds of wall time for one document. */
enum { LIMIT_WORKER_WALL_S = 30 };
/* A worker process is replaced after so many jobs, which ends any harm that a feed did to it unnoticed.  A start takes
 * about 10 ms of processor time, a hundredth of the time that 500 jobs take. */
enum { LIMIT_WORKER_JOBS = 500 };
/* The plain-text summary in events and pages, in bytes. */
enum { LIMIT_SUMMARY = 1000 };
/* The sketch of a text (sketch.h): a thousand shingles of six bytes, with its numbers and title. */
enum { LIMIT_SKETCH = 8 * 1024 };
/* Response headers of one transfer. */
enum { LIMIT_RESPONSE_HEADERS = 64 * 1024 };

/* The body of one WebSub push: it holds new items only, and stays in memory until it is parsed. */
enum { LIMIT_PUSH_BODY = 4 * 1024 * 1024 };

#endif
