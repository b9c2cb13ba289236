/* SPDX-License-Identifier: ISC */
#include "sitrep/identity/item_match.h"

#include "sitrep/base/clock.h"

enum { NEAR_MS = 60 * 1000, DAY_MS = 24 * 3600 * 1000 };

enum {
	ANY = ~0,
	OPEN = PLACE_GONE | PLACE_SHOWN,
	DATE_EQUAL = DATE_SAME | DATE_SAME_DAY,
	NOT_OTHER = DATE_EQUAL | DATE_NEAR | DATE_UNKNOWN,
	NOT_SHORT = LENGTH_MIDDLE | LENGTH_LONG,
	NOT_ALONE = DOCUMENT_STEADY | DOCUMENT_RENAMED,
};

/* Conditions on facts that are true or false. */
enum { NO = 1, YES = 2 };

struct match_row {
	int owner, text, link, place, guid, date, length, document, repeated, in_window;
	enum match_decision decision;
};

/* clang-format off */
static const struct match_row rows[] = {
	/* owner        text            link       place         guid       date           length       document          repeated window */
	{OWNER_SELF,  TEXT_SAME,      ANY,       PLACE_SHOWN,  ANY,       ANY,           ANY,         ANY,              ANY, ANY, MATCH_LOOKALIKE},
	{OWNER_SELF,  TEXT_SAME,      ANY,       PLACE_GONE,   GUID_SAME, ANY,           ANY,         ANY,              ANY, ANY, MATCH_SAME},
	{OWNER_SELF,  TEXT_SAME,      LINK_SAME, PLACE_GONE,   GUID_NONE, NOT_OTHER,     ANY,         ANY,              ANY, ANY, MATCH_SAME},
	{OWNER_SELF,  TEXT_SAME,      ANY,       PLACE_GONE,   ANY,       DATE_SAME,     ANY,         ANY,              ANY, ANY, MATCH_SAME},
	{OWNER_SELF,  TEXT_SAME,      LINK_SAME, PLACE_GONE,   ANY,       DATE_SAME_DAY, ANY,         ANY,              ANY, ANY, MATCH_SAME},
	{OWNER_SELF,  TEXT_SAME,      ANY,       PLACE_GONE,   ANY,       DATE_SAME_DAY, LENGTH_LONG, ANY,              ANY, ANY, MATCH_SAME},
	{OWNER_SELF,  TEXT_SAME,      ANY,       PLACE_GONE,   ANY,       DATE_SAME_DAY, ANY,         DOCUMENT_RENAMED, ANY, ANY, MATCH_SAME},
	{OWNER_SELF,  TEXT_SAME,      ANY,       PLACE_GONE,   ANY,       DATE_NEAR,     LENGTH_LONG, ANY,              ANY, ANY, MATCH_SAME},
	{OWNER_SELF,  TEXT_SAME,      ANY,       PLACE_GONE,   ANY,       DATE_UNKNOWN,  LENGTH_LONG, ANY,              ANY, ANY, MATCH_SAME},
	{OWNER_SELF,  TEXT_SAME,      ANY,       PLACE_GONE,   ANY,       DATE_UNKNOWN,  ANY,         DOCUMENT_RENAMED, ANY, ANY, MATCH_SAME},
	{OWNER_SELF,  TEXT_SAME,      LINK_SAME, PLACE_GONE,   ANY,       DATE_UNKNOWN,  ANY,         NOT_ALONE,        ANY, ANY, MATCH_SAME},
	{OWNER_SELF,  TEXT_SAME,      ANY,       PLACE_GONE,   ANY,       ANY,           ANY,         ANY,              ANY, ANY, MATCH_LOOKALIKE},
	{OWNER_SELF,  TEXT_SAME,      ANY,       PLACE_PRUNED, ANY,       DATE_OTHER,    ANY,         ANY,              ANY, ANY, MATCH_NONE},
	{OWNER_SELF,  TEXT_SAME,      ANY,       PLACE_PRUNED, ANY,       ANY,           NOT_SHORT,   ANY,              ANY, ANY, MATCH_TOMBSTONE},
	{OWNER_SELF,  TEXT_ALIKE,     LINK_SAME, PLACE_GONE,   ANY,       ANY,           ANY,         ANY,              ANY, ANY, MATCH_CHANGED},
	{OWNER_SELF,  TEXT_BUT_COUNTER, ANY,     PLACE_GONE,   ANY,       DATE_SAME,     ANY,         ANY,              ANY, ANY, MATCH_CHANGED},
	{OWNER_SELF,  TEXT_BUT_COUNTER, ANY,     PLACE_GONE,   ANY,       DATE_NEAR | DATE_UNKNOWN, LENGTH_LONG, ANY,   ANY, ANY, MATCH_CHANGED},
	{OWNER_SELF,  TEXT_BUT_COUNTER, ANY,     PLACE_GONE,   ANY,       DATE_UNKNOWN | DATE_SAME_DAY, ANY, DOCUMENT_RENAMED, ANY, ANY, MATCH_CHANGED},
	{OWNER_SELF,  TEXT_READ_AGAIN, ANY,      PLACE_GONE,   GUID_NONE, DATE_EQUAL | DATE_UNKNOWN, ANY,  ANY,         ANY, ANY, MATCH_SAME},
	{OWNER_OTHER, TEXT_SAME,      ANY,       PLACE_PRUNED, ANY,       DATE_OTHER,    ANY,         ANY,              ANY, ANY, MATCH_NONE},
	{OWNER_OTHER, TEXT_SAME,      ANY,       PLACE_PRUNED, ANY,       ANY,           ANY,         ANY,              ANY, YES, MATCH_TOMBSTONE},
	{OWNER_OTHER, TEXT_SAME,      ANY,       PLACE_PRUNED, ANY,       DATE_EQUAL,    ANY,         ANY,              ANY, ANY, MATCH_TOMBSTONE},
	{OWNER_OTHER, TEXT_SAME,      LINK_SAME, OPEN,         ANY,       ANY,           ANY,         ANY,              ANY, ANY, MATCH_COPY},
	{OWNER_OTHER, TEXT_SAME,      ANY,       OPEN,         ANY,       DATE_SAME | DATE_NEAR, ANY, ANY,              ANY, ANY, MATCH_COPY},
	{OWNER_OTHER, TEXT_SAME,      ANY,       OPEN,         ANY,       ANY,           ANY,         ANY,              YES, ANY, MATCH_LOOKALIKE},
	{OWNER_OTHER, TEXT_SAME,      ANY,       OPEN,         ANY,       ANY,           ANY,         ANY,              ANY, YES, MATCH_COPY},
	{OWNER_OTHER, TEXT_SAME,      ANY,       OPEN,         ANY,       ANY,           ANY,         ANY,              ANY, ANY, MATCH_LOOKALIKE},
	{OWNER_OTHER, TEXT_ALIKE,     LINK_SAME, OPEN,         ANY,       ANY,           ANY,         ANY,              ANY, ANY, MATCH_COPY},
	{OWNER_OTHER, TEXT_UNRELATED, LINK_SAME, OPEN,         ANY,       DATE_SAME,     ANY,         ANY,              ANY, ANY, MATCH_COPY},
};
/* clang-format on */

static int answer(bool yes)
{
	return yes ? YES : NO;
}

static bool fits(const struct match_row *r, const struct match_facts *f)
{
	return (r->owner & (int)f->owner) != 0 && (r->text & (int)f->text) != 0 && (r->link & (int)f->link) != 0 &&
	       (r->place & (int)f->place) != 0 && (r->guid & (int)f->guid) != 0 && (r->date & (int)f->date) != 0 &&
	       (r->length & (int)f->length) != 0 && (r->document & (int)f->document) != 0 &&
	       (r->repeated & answer(f->repeated)) != 0 && (r->in_window & answer(f->in_window)) != 0;
}

enum match_decision item_match(const struct match_facts *f)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (fits(&rows[i], f))
			return rows[i].decision;
	return MATCH_NONE;
}

enum match_length match_length(uint32_t tokens)
{
	if (tokens < MATCH_TOKENS_MIN)
		return LENGTH_SHORT;
	return tokens < MATCH_TOKENS_LONG ? LENGTH_MIDDLE : LENGTH_LONG;
}

enum match_date match_date(int64_t a_ms, int64_t b_ms)
{
	int64_t apart_ms;

	if (a_ms == TIME_NONE || b_ms == TIME_NONE)
		return DATE_UNKNOWN;
	if (a_ms == b_ms)
		return a_ms % DAY_MS == 0 ? DATE_SAME_DAY : DATE_SAME;
	apart_ms = a_ms > b_ms ? a_ms - b_ms : b_ms - a_ms;
	return apart_ms <= NEAR_MS ? DATE_NEAR : DATE_OTHER;
}
