/* SPDX-License-Identifier: ISC */
/* The table of the members of the stream's lines. */
#include "sitrep/store/event_member.h"

#include <stddef.h>

#define LOGGED "new copy updated alert feed"
#define OF_ITEMS "new copy updated alert"

/* clang-format off */
static const struct event_member_row rows[MEMBER_COUNT] = {
	[MEMBER_EVENT] = {"", "event", NULL, "Name of the event."},
	[MEMBER_CURSOR] = {"", "cursor", LOGGED " hello heartbeat", "Place in the event log, a string of digits: the "
		"event's own place, or the place up to which the client has everything."},
	[MEMBER_TIME] = {"", "time", LOGGED, "Time of the event in UTC, such as 2026-11-23T10:52:35Z."},
	[MEMBER_BACKLOG] = {"", "backlog", OF_ITEMS, "true: the event came with the first poll of its feed. "
		"Otherwise the member is missing."},
	[MEMBER_ITEM] = {"", "item", OF_ITEMS, "The item, as it is now."},
	[MEMBER_STORY] = {"", "story", OF_ITEMS, "The story that the item is in now."},
	[MEMBER_RELATED] = {"", "related", "new", "The item of another story that the item may be related to, if there is one."},
	[MEMBER_COPY] = {"", "copy", "copy", "The item that the item is a copy of."},
	[MEMBER_CHANGED] = {"", "changed", "updated", "List of the changed parts: numbers, title or text. "
		"Without the member the parts are not known."},
	[MEMBER_ALERT] = {"", "alert", "alert", "The alert that was raised."},
	[MEMBER_FEED] = {"", "feed", "feed", "The feed and its new state."},
	[MEMBER_PROTOCOL] = {"", "protocol", "hello", "Version of the protocol, the number 1."},
	[MEMBER_SERVER] = {"", "server", "hello", "Name and version of the daemon."},
	[MEMBER_OLDEST] = {"", "oldest", "hello", "Cursor of the oldest event that is kept."},
	[MEMBER_SINCE] = {"", "since", "subscribed", "Cursor after which the events begin."},
	[MEMBER_SUBSCRIBER] = {"", "id", "subscribed", "Number of the connection, a string of digits."},
	[MEMBER_FROM] = {"", "from", "gap", "Cursor before the first event that is missing."},
	[MEMBER_TO] = {"", "to", "gap", "Cursor of the last event that is missing."},
	[MEMBER_REASON] = {"", "reason", "error", "A sentence that tells the mistake."},

	[MEMBER_ITEM_ID] = {"item", "id", NULL, "Identifier of the item, which stays."},
	[MEMBER_ITEM_FEED] = {"item", "feed", NULL, "Name of its feed in the configuration."},
	[MEMBER_ITEM_SOURCE] = {"item", "source", NULL, "Title of the outlet."},
	[MEMBER_ITEM_TITLE] = {"item", "title", NULL, "Title as plain text."},
	[MEMBER_ITEM_LINK] = {"item", "link", NULL, "URL of the article."},
	[MEMBER_ITEM_PUBLISHED] = {"item", "published", NULL, "Time that the item gives, if it gives one."},
	[MEMBER_ITEM_UPDATED] = {"item", "updated", NULL, "Time at which its text was last seen changed, if it was."},
	[MEMBER_ITEM_FIRST_SEEN] = {"item", "first_seen", NULL, "Time at which it was first seen."},
	[MEMBER_ITEM_CATEGORIES] = {"item", "categories", NULL, "List of the feed's categories and the item's own."},
	[MEMBER_ITEM_SUMMARY] = {"item", "summary", NULL, "Summary as plain text."},
	[MEMBER_ITEM_AUTHORS] = {"item", "authors", NULL, "List of the authors' names, if there are any."},
	[MEMBER_ITEM_ENCLOSURES] = {"item", "enclosures", NULL, "List of the attached files, if there are any."},
	[MEMBER_ITEM_LANGUAGE] = {"item", "language", NULL, "Declared language, such as en-GB, if one was declared."},

	[MEMBER_ENCLOSURE_URL] = {"enclosures", "url", NULL, "URL of the file."},
	[MEMBER_ENCLOSURE_TYPE] = {"enclosures", "type", NULL, "Its media type, such as audio/mpeg."},
	[MEMBER_ENCLOSURE_LENGTH] = {"enclosures", "length", NULL, "Its size in bytes, a number, if the feed gives one."},

	[MEMBER_STORY_ID] = {"story", "id", NULL, "Identifier of the story."},
	[MEMBER_STORY_TITLE] = {"story", "title", NULL, "Title of its leading report."},
	[MEMBER_STORY_SOURCES] = {"story", "sources", NULL, "Number of its publishers."},
	[MEMBER_STORY_REPORTS] = {"story", "reports", NULL, "Number of its items."},

	[MEMBER_TIE_OF] = {"related, copy", "of", NULL, "Identifier of the other item."},
	[MEMBER_TIE_RELATION] = {"related, copy", "relation", NULL, "Kind of the relation: related, copy, reprint or update, "
		"or split or joined when the operator changed the stories."},
	[MEMBER_TIE_SCORE] = {"related, copy", "score", NULL, "Score of the comparison, from 0 to 1."},
	[MEMBER_TIE_STORY] = {"related, copy", "story", NULL, "With split, the identifier of the story that the item left. "
		"With joined, that of the story that became part of this one."},

	[MEMBER_ALERT_NAME] = {"alert", "name", NULL, "Name of the alert in the configuration."},
	[MEMBER_ALERT_PRIORITY] = {"alert", "priority", NULL, "Its priority: low, normal, high or urgent."},
	[MEMBER_ALERT_TERMS] = {"alert", "terms", NULL, "List of the terms of its rule that were found."},

	[MEMBER_FEED_NAME] = {"feed", "name", NULL, "Name of the feed in the configuration."},
	[MEMBER_FEED_STATE] = {"feed", "state", NULL, "New state: failing, recovered, gone or moved."},
	[MEMBER_FEED_KIND] = {"feed", "kind", NULL, "Kind of the failure, see FAILURES in sitrepd(8)."},
	[MEMBER_FEED_REASON] = {"feed", "reason", NULL, "A sentence that tells the failure."},
	[MEMBER_FEED_STATUS] = {"feed", "status", NULL, "HTTP status of the last answer, a number, if there was an answer."},
	[MEMBER_FEED_URL] = {"feed", "url", NULL, "With moved, the new address."},
};
/* clang-format on */

const char *event_member(enum event_member m)
{
	return rows[m].name;
}

const struct event_member_row *event_member_row(enum event_member m)
{
	return &rows[m];
}
