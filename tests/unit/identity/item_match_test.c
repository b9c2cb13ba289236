/* SPDX-License-Identifier: ISC */
/* The table of item_match.h, row by row, and what lies beside each row. */
#include "../test.h"
#include "sitrep/base/clock.h"
#include "sitrep/identity/item_match.h"

struct sample {
	const char *what;
	struct match_facts facts;
	enum match_decision decision;
};

#define OWN .owner = OWNER_SELF
#define OTHER .owner = OWNER_OTHER
#define SAME_TEXT .text = TEXT_SAME
#define GONE .place = PLACE_GONE
#define NEW_GUID .guid = GUID_OTHER
#define NEW_LINK .link = LINK_OTHER
#define OLD_LINK .link = LINK_SAME
#define STEADY .document = DOCUMENT_STEADY
#define MIDDLE .length = LENGTH_MIDDLE
#define LONG .length = LENGTH_LONG
#define NEWLY .in_window = true

static const struct sample samples[] = {
	{"an alarm in the words of the last one, beside it",
		{OWN, SAME_TEXT, .place = PLACE_SHOWN, NEW_GUID, NEW_LINK, .date = DATE_OTHER, MIDDLE, STEADY, NEWLY},
		MATCH_LOOKALIKE},
	{"a photo beside another one of the same caption and minute",
		{OWN, SAME_TEXT, .place = PLACE_SHOWN, NEW_GUID, OLD_LINK, .date = DATE_SAME, LONG, STEADY, NEWLY},
		MATCH_LOOKALIKE},
	{"an alarm in the place of the last one",
		{OWN, SAME_TEXT, GONE, NEW_GUID, NEW_LINK, .date = DATE_OTHER, MIDDLE, .document = DOCUMENT_ALONE,
			NEWLY},
		MATCH_LOOKALIKE},
	{"... at the channel's link",
		{OWN, SAME_TEXT, GONE, NEW_GUID, OLD_LINK, .date = DATE_OTHER, LONG, .document = DOCUMENT_ALONE, NEWLY},
		MATCH_LOOKALIKE},
	{"... in a feed without dates",
		{OWN, SAME_TEXT, GONE, NEW_GUID, NEW_LINK, .date = DATE_UNKNOWN, MIDDLE, .document = DOCUMENT_ALONE,
			NEWLY},
		MATCH_LOOKALIKE},
	{"... while the rest stays",
		{OWN, SAME_TEXT, GONE, NEW_GUID, NEW_LINK, .date = DATE_UNKNOWN, MIDDLE, STEADY, NEWLY},
		MATCH_LOOKALIKE},
	{"... in the same minute", {OWN, SAME_TEXT, GONE, NEW_GUID, NEW_LINK, .date = DATE_NEAR, MIDDLE, STEADY, NEWLY},
		MATCH_LOOKALIKE},
	{"... on the same day, which is all its date says",
		{OWN, SAME_TEXT, GONE, NEW_GUID, NEW_LINK, .date = DATE_SAME_DAY, MIDDLE, STEADY, NEWLY},
		MATCH_LOOKALIKE},
	{"a guid that is extended where it stands twice",
		{OWN, SAME_TEXT, GONE, .guid = GUID_SAME, NEW_LINK, .date = DATE_OTHER, MIDDLE, STEADY, NEWLY},
		MATCH_SAME},
	{"no guid, and the link of several",
		{OWN, SAME_TEXT, GONE, .guid = GUID_NONE, OLD_LINK, .date = DATE_UNKNOWN, MIDDLE,
			.document = DOCUMENT_ALONE, NEWLY},
		MATCH_SAME},
	{"... but another date",
		{OWN, SAME_TEXT, GONE, .guid = GUID_NONE, OLD_LINK, .date = DATE_OTHER, MIDDLE, STEADY, NEWLY},
		MATCH_LOOKALIKE},
	{"a moved host keeps dates",
		{OWN, SAME_TEXT, GONE, NEW_GUID, NEW_LINK, .date = DATE_SAME, .length = LENGTH_SHORT, STEADY, NEWLY},
		MATCH_SAME},
	{"another guid at the same link, dated to the day",
		{OWN, SAME_TEXT, GONE, NEW_GUID, OLD_LINK, .date = DATE_SAME_DAY, MIDDLE, STEADY, NEWLY}, MATCH_SAME},
	{"a long text dated to the day",
		{OWN, SAME_TEXT, GONE, NEW_GUID, NEW_LINK, .date = DATE_SAME_DAY, LONG, STEADY, NEWLY}, MATCH_SAME},
	{"a moved host, dated to the day",
		{OWN, SAME_TEXT, GONE, NEW_GUID, NEW_LINK, .date = DATE_SAME_DAY, MIDDLE, .document = DOCUMENT_RENAMED,
			NEWLY},
		MATCH_SAME},
	{"a generator that dates anew",
		{OWN, SAME_TEXT, GONE, NEW_GUID, NEW_LINK, .date = DATE_NEAR, LONG, STEADY, NEWLY}, MATCH_SAME},
	{"a long text without date",
		{OWN, SAME_TEXT, GONE, NEW_GUID, NEW_LINK, .date = DATE_UNKNOWN, LONG, .document = DOCUMENT_ALONE,
			NEWLY},
		MATCH_SAME},
	{"a moved host without dates",
		{OWN, SAME_TEXT, GONE, NEW_GUID, NEW_LINK, .date = DATE_UNKNOWN, .length = LENGTH_SHORT,
			.document = DOCUMENT_RENAMED, NEWLY},
		MATCH_SAME},
	{"another guid at the same link, undated",
		{OWN, SAME_TEXT, GONE, NEW_GUID, OLD_LINK, .date = DATE_UNKNOWN, MIDDLE, STEADY, NEWLY}, MATCH_SAME},
	{"... of all that there is",
		{OWN, SAME_TEXT, GONE, NEW_GUID, OLD_LINK, .date = DATE_UNKNOWN, MIDDLE, .document = DOCUMENT_ALONE,
			NEWLY},
		MATCH_LOOKALIKE},
	{"the words of a pruned item, dated later",
		{OWN, SAME_TEXT, .place = PLACE_PRUNED, NEW_GUID, NEW_LINK, .date = DATE_OTHER, LONG, STEADY},
		MATCH_NONE},
	{"a pruned item",
		{OWN, SAME_TEXT, .place = PLACE_PRUNED, NEW_GUID, NEW_LINK, .date = DATE_SAME, MIDDLE, STEADY},
		MATCH_TOMBSTONE},
	{"a pruned item of few words",
		{OWN, SAME_TEXT, .place = PLACE_PRUNED, NEW_GUID, NEW_LINK, .date = DATE_UNKNOWN,
			.length = LENGTH_SHORT, STEADY},
		MATCH_NONE},
	{"a correction under another guid",
		{OWN, .text = TEXT_ALIKE, OLD_LINK, GONE, NEW_GUID, .date = DATE_OTHER, MIDDLE, STEADY, NEWLY},
		MATCH_CHANGED},
	{"... beside what it corrects",
		{OWN, .text = TEXT_ALIKE, OLD_LINK, .place = PLACE_SHOWN, NEW_GUID, .date = DATE_OTHER, MIDDLE, STEADY,
			NEWLY},
		MATCH_NONE},
	{"the next notice at the channel's link",
		{OWN, .text = TEXT_UNRELATED, OLD_LINK, GONE, NEW_GUID, .date = DATE_OTHER, MIDDLE,
			.document = DOCUMENT_ALONE, NEWLY},
		MATCH_NONE},
	{"... dated as the last one",
		{OWN, .text = TEXT_UNRELATED, OLD_LINK, GONE, NEW_GUID, .date = DATE_SAME, MIDDLE,
			.document = DOCUMENT_ALONE, NEWLY},
		MATCH_NONE},
	{"a counter in title and guid",
		{OWN, .text = TEXT_BUT_COUNTER, NEW_LINK, GONE, NEW_GUID, .date = DATE_SAME, MIDDLE, STEADY, NEWLY},
		MATCH_CHANGED},
	{"... of a long text without date",
		{OWN, .text = TEXT_BUT_COUNTER, NEW_LINK, GONE, NEW_GUID, .date = DATE_UNKNOWN, LONG, STEADY, NEWLY},
		MATCH_CHANGED},
	{"... of all items",
		{OWN, .text = TEXT_BUT_COUNTER, NEW_LINK, GONE, NEW_GUID, .date = DATE_UNKNOWN, MIDDLE,
			.document = DOCUMENT_RENAMED, NEWLY},
		MATCH_CHANGED},
	{"the next part of a series",
		{OWN, .text = TEXT_BUT_COUNTER, NEW_LINK, GONE, NEW_GUID, .date = DATE_OTHER, LONG, STEADY, NEWLY},
		MATCH_NONE},
	{"... beside the last one",
		{OWN, .text = TEXT_BUT_COUNTER, NEW_LINK, .place = PLACE_SHOWN, NEW_GUID, .date = DATE_SAME, LONG,
			STEADY, NEWLY},
		MATCH_NONE},
	{"no guid, read by other rules",
		{OWN, .text = TEXT_READ_AGAIN, NEW_LINK, GONE, .guid = GUID_NONE, .date = DATE_SAME, MIDDLE, STEADY,
			NEWLY},
		MATCH_SAME},
	{"... without date",
		{OWN, .text = TEXT_READ_AGAIN, NEW_LINK, GONE, .guid = GUID_NONE, .date = DATE_UNKNOWN, MIDDLE, STEADY,
			NEWLY},
		MATCH_SAME},
	{"... of another date",
		{OWN, .text = TEXT_READ_AGAIN, NEW_LINK, GONE, .guid = GUID_NONE, .date = DATE_OTHER, MIDDLE, STEADY,
			NEWLY},
		MATCH_NONE},
	{"... beside it",
		{OWN, .text = TEXT_READ_AGAIN, NEW_LINK, .place = PLACE_SHOWN, .guid = GUID_NONE, .date = DATE_SAME,
			MIDDLE, STEADY, NEWLY},
		MATCH_NONE},
	{"... under a guid",
		{OWN, .text = TEXT_READ_AGAIN, NEW_LINK, GONE, NEW_GUID, .date = DATE_SAME, MIDDLE, STEADY, NEWLY},
		MATCH_NONE},
	{"another outlet's copy",
		{OTHER, SAME_TEXT, GONE, NEW_GUID, NEW_LINK, .date = DATE_OTHER, MIDDLE, STEADY, NEWLY}, MATCH_COPY},
	{"... long after", {OTHER, SAME_TEXT, GONE, NEW_GUID, NEW_LINK, .date = DATE_OTHER, MIDDLE, STEADY},
		MATCH_LOOKALIKE},
	{"... long after, at the same link",
		{OTHER, SAME_TEXT, GONE, NEW_GUID, OLD_LINK, .date = DATE_OTHER, MIDDLE, STEADY}, MATCH_COPY},
	{"another outlet's first alarm, this one's second",
		{OTHER, SAME_TEXT, GONE, NEW_GUID, NEW_LINK, .date = DATE_OTHER, MIDDLE, STEADY, .repeated = true,
			NEWLY},
		MATCH_LOOKALIKE},
	{"another outlet's second alarm",
		{OTHER, SAME_TEXT, GONE, NEW_GUID, NEW_LINK, .date = DATE_NEAR, MIDDLE, STEADY, .repeated = true,
			NEWLY},
		MATCH_COPY},
	{"what another feed has pruned, dated later",
		{OTHER, SAME_TEXT, .place = PLACE_PRUNED, NEW_GUID, NEW_LINK, .date = DATE_OTHER, MIDDLE, STEADY,
			NEWLY},
		MATCH_NONE},
	{"what another feed has pruned lately",
		{OTHER, SAME_TEXT, .place = PLACE_PRUNED, NEW_GUID, NEW_LINK, .date = DATE_UNKNOWN, MIDDLE, STEADY,
			NEWLY},
		MATCH_TOMBSTONE},
	{"what another feed has pruned long ago, undated",
		{OTHER, SAME_TEXT, .place = PLACE_PRUNED, NEW_GUID, NEW_LINK, .date = DATE_UNKNOWN, MIDDLE, STEADY},
		MATCH_NONE},
	{"what another feed has pruned long ago, dated then",
		{OTHER, SAME_TEXT, .place = PLACE_PRUNED, NEW_GUID, NEW_LINK, .date = DATE_SAME, MIDDLE, STEADY},
		MATCH_TOMBSTONE},
	{"an excerpt in another feed",
		{OTHER, .text = TEXT_ALIKE, OLD_LINK, GONE, NEW_GUID, .date = DATE_UNKNOWN, MIDDLE, STEADY, NEWLY},
		MATCH_COPY},
	{"other words in another feed, same link and date",
		{OTHER, .text = TEXT_UNRELATED, OLD_LINK, GONE, NEW_GUID, .date = DATE_SAME, MIDDLE, STEADY, NEWLY},
		MATCH_COPY},
	{"other words in another feed, same link",
		{OTHER, .text = TEXT_UNRELATED, OLD_LINK, GONE, NEW_GUID, .date = DATE_OTHER, MIDDLE, STEADY, NEWLY},
		MATCH_NONE},
	{"nothing in common",
		{OWN, .text = TEXT_UNRELATED, NEW_LINK, GONE, NEW_GUID, .date = DATE_SAME, LONG, STEADY, NEWLY},
		MATCH_NONE},
};

TEST(each_row)
{
	for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++)
		if (item_match(&samples[i].facts) != samples[i].decision)
			fail_msg("%s: %d, not %d", samples[i].what, item_match(&samples[i].facts), samples[i].decision);
}

TEST(lengths)
{
	assert_int_equal(match_length(7), LENGTH_SHORT);
	assert_int_equal(match_length(8), LENGTH_MIDDLE);
	assert_int_equal(match_length(39), LENGTH_MIDDLE);
	assert_int_equal(match_length(40), LENGTH_LONG);
}

TEST(dates)
{
	const int64_t day_ms = INT64_C(86400000), noon_ms = 20000 * day_ms + day_ms / 2;

	assert_int_equal(match_date(noon_ms, noon_ms), DATE_SAME);
	assert_int_equal(match_date(20000 * day_ms, 20000 * day_ms), DATE_SAME_DAY);
	assert_int_equal(match_date(noon_ms, noon_ms + 60000), DATE_NEAR);
	assert_int_equal(match_date(noon_ms + 60000, noon_ms), DATE_NEAR);
	assert_int_equal(match_date(noon_ms, noon_ms + 60001), DATE_OTHER);
	assert_int_equal(match_date(noon_ms, TIME_NONE), DATE_UNKNOWN);
	assert_int_equal(match_date(TIME_NONE, TIME_NONE), DATE_UNKNOWN);
}
