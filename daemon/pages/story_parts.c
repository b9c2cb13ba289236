/* SPDX-License-Identifier: ISC */
#include "story_parts.h"

#include <string.h>

#include "parts.h"
#include "sitrep/base/limits.h"
#include "sitrep/base/utf8.h"
#include "sitrep/base/xml_text.h"
#include "sitrep/model/language.h"
#include "sitrep/model/plain_text.h"
#include "sitrep/pages/outlets.h"

/* Bytes of markup that are read for a byte of text. */
enum { MARKUP_MAX = 4 };

static const int64_t day_ms = INT64_C(24) * 3600 * 1000;

/* In the list the lead is first, the others are in the order of appearance. */
const struct report *story_report(const struct story *s, size_t n)
{
	size_t before = 0;

	while (before + 1 < s->report_count && s->reports[before + 1].item_id < s->reports[0].item_id)
		before++;
	return n < before ? &s->reports[n + 1] : n == before ? &s->reports[0] : &s->reports[n];
}

int story_report_number(const struct story *s, int64_t item_id)
{
	for (size_t i = 0; i < s->report_count; i++)
		if (story_report(s, i)->item_id == item_id)
			return (int)i;
	return -1;
}

const struct story_tie *story_reason(const struct story_details *d, int64_t item_id)
{
	for (size_t i = 0; i < d->tie_count; i++) {
		const struct story_tie *t = &d->ties[i];

		if (t->item_id == item_id && !t->incoming && t->same_story &&
			(strcmp(t->relation, "copy") == 0 || strcmp(t->relation, "reprint") == 0 ||
				strcmp(t->relation, "update") == 0))
			return t;
	}
	return NULL;
}

bool story_tie_is_first(const struct story_details *d, size_t n)
{
	if (d->ties[n].same_story)
		return false;
	for (size_t i = 0; i < n; i++)
		if (strcmp(d->ties[i].other_story, d->ties[n].other_story) == 0)
			return false;
	return true;
}

/* The work is bounded by what is shown of a text, however long it is. */
static void add_lines(struct buf *out, const struct text *t, size_t max)
{
	struct text cut = *t;
	struct buf lines = BUF_INIT(MARKUP_MAX * max);

	cut.value = utf8_cut(t->value, MARKUP_MAX * max);
	if (t->kind != TEXT_ABSENT)
		plain_lines(&lines, &cut);
	buf_add(out, utf8_cut(buf_str(&lines), max));
	buf_release(&lines);
}

void story_text(struct buf *out, const struct item *it)
{
	size_t before = out->len, max = out->max - out->len;

	add_lines(out, &it->content, max);
	if (out->len == before)
		add_lines(out, &it->summary, max);
}

static void put_outlet(struct buf *out, const struct story_sight *sight, const struct report *r, bool is_text)
{
	struct buf name = BUF_INIT(LIMIT_TITLE + LIMIT_URL);

	outlets_put_name(&name, sight->page->site->outlets, &r->source);
	if (is_text)
		buf_add_xml(out, buf_str(&name));
	else
		part_outlet(out, buf_str(&name), language_shown(&r->item));
	if (buf_failed(&name))
		out->failed = name.failed;
	buf_release(&name);
}

void story_put_outlet(struct buf *out, const struct story_sight *sight, const struct report *r)
{
	put_outlet(out, sight, r, false);
}

void story_put_outlet_text(struct buf *out, const struct story_sight *sight, const struct report *r)
{
	put_outlet(out, sight, r, true);
}

void story_time(struct buf *out, const struct story_sight *sight, int64_t time_ms)
{
	if (time_ms / day_ms == sight->story->first_seen_ms / day_ms)
		part_clock(out, time_ms);
	else
		part_moment(out, time_ms);
}
