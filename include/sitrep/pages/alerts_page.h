/* SPDX-License-Identifier: ISC */
/* alerts_page.h: the pages of alerts: /alerts with all rules and what they found, /alert/NAME with one.
 *
 * A page is written in pieces, between which the caller reads stories:
 *
 *     alerts_page_begin(), for each rule alerts_page_rule(), alerts_page_last() or not, alerts_page_rule_end();
 *     alerts_page_stories(), for each story alerts_page_story(), alerts_page_end()
 *
 *     alert_page_begin(), for each story alerts_page_story(), alert_page_end() */
#ifndef SITREP_PAGES_ALERTS_PAGE_H
#define SITREP_PAGES_ALERTS_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sitrep/base/buf.h"
#include "sitrep/pages/page.h"
#include "sitrep/store/reader.h"

struct config_rule;

/* A rule, with its counts and the silences that name it. */
struct alert_view {
	const struct config_rule *rule;
	struct alert_rule_counts counts;
};

struct alerts_page {
	struct page page;
	const struct alert_view *alerts;       /* the most urgent first */
	size_t count, more;                    /* rules that are not shown */
	const struct stored_silence *silences; /* newest first */
	size_t silence_count;
};

/* Compares two struct alert_view for qsort(): the most urgent first, then by name. */
int alerts_page_order(const void *a, const void *b);
void alerts_page_init(struct alerts_page *p, const struct site *site);
void alerts_page_begin(struct buf *out, const struct alerts_page *p);
void alerts_page_rule(struct buf *out, const struct alerts_page *p, const struct alert_view *a);
/* The rule's last match: s->alert is its alert. */
void alerts_page_last(struct buf *out, const struct alerts_page *p, const struct story *s);
void alerts_page_rule_end(struct buf *out, const struct alert_view *a, bool has_last);
void alerts_page_stories(struct buf *out);
/* A story that a rule matched: s->alert is the rule's, with an id of 0 when it raised none.  tells: with what matched.
 */
void alerts_page_story(struct buf *out, const struct page *page, const struct story *s, bool tells);
/* older: the query of the next page; "": there is none. */
void alerts_page_end(struct buf *out, const struct alerts_page *p, struct str older);

/* p->page is of the alert then; p->alerts has it alone. */
void alert_page_init(struct alerts_page *p, const struct site *site, const struct config_rule *rule);
void alert_page_begin(struct buf *out, const struct alerts_page *p);
void alert_page_end(struct buf *out, const struct alerts_page *p, size_t shown, struct str older);

#endif
