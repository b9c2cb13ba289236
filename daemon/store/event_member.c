/* SPDX-License-Identifier: ISC */
#include "sitrep/store/event_member.h"

#include <stddef.h>

#define LOGGED "new copy updated alert feed silence muted digest burst breaking"
#define OF_ITEMS "new copy updated alert muted burst breaking"

/* clang-format off */
static const struct event_member_row rows[MEMBER_COUNT] = {
	[MEMBER_EVENT] = {"", "event", NULL, "Name of the event."},
	[MEMBER_CURSOR] = {"", "cursor", LOGGED " hello heartbeat pong unsubscribed reset", "Place in the event log, a string of digits: the "
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
	[MEMBER_ALERT] = {"", "alert", "alert muted", "The alert that was raised, revised or closed."},
	[MEMBER_FEED] = {"", "feed", "feed", "The feed and its new state."},
	[MEMBER_SILENCE] = {"", "silence", "silence", "The feed, and the silence that began or ended."},
	[MEMBER_MUTED] = {"", "muted", "muted", "Why the alert is not told now."},
	[MEMBER_DIGEST] = {"", "digest", "digest", "The alerts that were held back."},
	[MEMBER_MATCHED] = {"", "matched", OF_ITEMS, "For a subscription with a rule, and in alerts: list of the terms that were "
		"found, and their places in the item's texts."},
	[MEMBER_BURST] = {"", "burst", "burst", "The subject that is found so often; item is the report with which the burst began."},
	[MEMBER_BREAKING] = {"", "breaking", "breaking", "How fast the story grows; item is the report that made it breaking."},
	[MEMBER_PROTOCOL] = {"", "protocol", "hello", "Version of the protocol, the number 1."},
	[MEMBER_SERVER] = {"", "server", "hello", "Name and version of the daemon."},
	[MEMBER_OLDEST] = {"", "oldest", "hello reset", "Cursor of the oldest event that is kept."},
	[MEMBER_INSTANCE] = {"", "instance", "hello reset", "Id of the database. Its cursors mean nothing in another one."},
	[MEMBER_SINCE] = {"", "since", "subscribed reset", "Cursor after which the events begin; with reset, the one that was refused."},
	[MEMBER_SUBSCRIBER] = {"", "id", "subscribed", "Number of the connection, a string of digits."},
	[MEMBER_EVENTS] = {"", "events", "subscribed", "The events that were asked for, if the client named any."},
	[MEMBER_FEEDS] = {"", "feeds", "subscribed", "The feeds, likewise."},
	[MEMBER_CATEGORIES] = {"", "categories", "subscribed", "The categories, likewise."},
	[MEMBER_MATCH] = {"", "match", "subscribed", "The rule, likewise."},
	[MEMBER_FULL] = {"", "full", "subscribed", "true: items have text and html. Otherwise the member is missing."},
	[MEMBER_NOTES] = {"", "notes", "subscribed", "Sentences about the subscription that a person should read, if there "
		"are any."},
	[MEMBER_FROM] = {"", "from", "gap", "Cursor before the first event that is missing."},
	[MEMBER_TO] = {"", "to", "gap", "Cursor of the last event that is missing."},
	[MEMBER_REASON] = {"", "reason", "error reset", "A sentence about the mistake, or about the cursor."},

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
	[MEMBER_ITEM_TEXT] = {"item", "text", NULL, "With \"full\":true, the whole text as one line of plain text. It is "
		"cut where the line would be too long."},
	[MEMBER_ITEM_HTML] = {"item", "html", NULL, "With \"full\":true, the text as harmless XHTML, if the feed gives "
		"markup and the line has room for all of it."},

	[MEMBER_ENCLOSURE_URL] = {"enclosures", "url", NULL, "URL of the file."},
	[MEMBER_ENCLOSURE_TYPE] = {"enclosures", "type", NULL, "Its media type, such as audio/mpeg."},
	[MEMBER_ENCLOSURE_LENGTH] = {"enclosures", "length", NULL, "Its size in bytes, a number, if the feed gives one."},

	[MEMBER_STORY_ID] = {"story", "id", NULL, "Identifier of the story."},
	[MEMBER_STORY_TITLE] = {"story", "title", NULL, "Title of its leading report."},
	[MEMBER_STORY_SOURCES] = {"story", "sources", NULL, "Number of its publishers."},
	[MEMBER_STORY_REPORTS] = {"story", "reports", NULL, "Number of its items."},
	[MEMBER_STORY_PAGE] = {"story", "page", NULL, "Address of its page, if pages are served."},

	[MEMBER_TIE_OF] = {"related, copy", "of", NULL, "Identifier of the other item."},
	[MEMBER_TIE_RELATION] = {"related, copy", "relation", NULL, "Kind of the relation: related, copy, reprint or update, "
		"or split or joined when the operator changed the stories."},
	[MEMBER_TIE_SCORE] = {"related, copy", "score", NULL, "Score of the comparison, from 0 to 1."},
	[MEMBER_TIE_STORY] = {"related, copy", "story", NULL, "With split, the identifier of the story that the item left. "
		"With joined, that of the story that became part of this one."},

	[MEMBER_ALERT_NAME] = {"alert", "name", NULL, "Name of the alert in the configuration."},
	[MEMBER_ALERT_PRIORITY] = {"alert", "priority", NULL, "Its priority: low, normal, high or urgent."},
	[MEMBER_ALERT_TERMS] = {"alert", "terms", NULL, "List of the terms of its rule that were found in the item that "
		"raised it."},
	[MEMBER_ALERT_ID] = {"alert", "id", NULL, "Identifier of the alert, a string of digits: the same in all events about "
		"it, and never used again."},
	[MEMBER_ALERT_REVISION] = {"alert", "revision", NULL, "1 when it is raised, then one more with each event about it."},
	[MEMBER_ALERT_WHY] = {"alert", "why", NULL, "List of the reasons of the event, see ALERTS."},
	[MEMBER_ALERT_STATE] = {"alert", "state", NULL, "open or closed."},
	[MEMBER_ALERT_FIRST] = {"alert", "first", NULL, "Time at which it was raised."},
	[MEMBER_ALERT_LAST] = {"alert", "last", NULL, "Time of its last news."},
	[MEMBER_ALERT_PUBLISHERS] = {"alert", "publishers", NULL, "Number of the story's publishers at the event."},
	[MEMBER_ALERT_REPLACES] = {"alert", "replaces", NULL, "With repeat = update, identifier of the alert that it follows, "
		"which is closed."},

	[MEMBER_FEED_NAME] = {"feed", "name", NULL, "Name of the feed in the configuration."},
	[MEMBER_FEED_STATE] = {"feed", "state", NULL, "New state: failing, recovered, gone or moved."},
	[MEMBER_FEED_KIND] = {"feed", "kind", NULL, "Kind of the failure, see FAILURES in sitrepd(8)."},
	[MEMBER_FEED_REASON] = {"feed", "reason", NULL, "A sentence about the failure."},
	[MEMBER_FEED_STATUS] = {"feed", "status", NULL, "HTTP status of the last answer, a number, if there was an answer."},
	[MEMBER_FEED_URL] = {"feed", "url", NULL, "With moved, the new address."},

	[MEMBER_MUTED_REASON] = {"muted", "reason", NULL, "silence or inhibited: it is not told; quiet, rate or group: a digest will name it."},
	[MEMBER_MUTED_SILENCE] = {"muted", "silence", NULL, "Number of the silence, see sitrep(1)."},
	[MEMBER_MUTED_BY] = {"muted", "by", NULL, "With inhibited, the name of the urgent alert."},

	[MEMBER_DIGEST_REASON] = {"digest", "reason", NULL, "Why they were held back: quiet, rate or group."},
	[MEMBER_DIGEST_GROUP] = {"digest", "group", NULL, "With rate the name of the alert, with group the category."},
	[MEMBER_DIGEST_TOTAL] = {"digest", "total", NULL, "Number of alerts, also of those that are not listed."},
	[MEMBER_DIGEST_EVENTS] = {"digest", "events", NULL, "Number of their events."},
	[MEMBER_DIGEST_FIRST] = {"digest", "first", NULL, "Time of the first event."},
	[MEMBER_DIGEST_LAST] = {"digest", "last", NULL, "Time of the last event."},
	[MEMBER_DIGEST_ALERTS] = {"digest", "alerts", NULL, "List of the first 64 alerts."},

	[MEMBER_HELD_ID] = {"alerts", "id", NULL, "Number of the alert."},
	[MEMBER_HELD_NAME] = {"alerts", "name", NULL, "Name of the alert in the configuration."},
	[MEMBER_HELD_PRIORITY] = {"alerts", "priority", NULL, "Its priority."},
	[MEMBER_HELD_TITLE] = {"alerts", "title", NULL, "Title of the item of its last event."},
	[MEMBER_HELD_EVENTS] = {"alerts", "events", NULL, "Number of its events in the digest."},
	[MEMBER_HELD_CURSOR] = {"alerts", "cursor", NULL, "Cursor of the last of them, an event muted."},

	[MEMBER_BURST_OF] = {"burst", "of", NULL, "category, alert or term."},
	[MEMBER_BURST_NAME] = {"burst", "name", NULL, "Its name."},
	[MEMBER_BURST_SEEN] = {"burst", "seen", NULL, "Number of new reports in the last hours."},
	[MEMBER_BURST_HOURS] = {"burst", "hours", NULL, "How many hours that are: 1, 3, 6 or 12."},
	[MEMBER_BURST_EXPECTED] = {"burst", "expected", NULL, "The usual number in these hours of the week."},
	[MEMBER_BURST_SCORE] = {"burst", "score", NULL, "How unlikely that is by chance, as a distance in standard deviations of a normal distribution; 4 at least."},

	[MEMBER_BREAKING_SEEN] = {"breaking", "publishers", NULL, "Number of publishers that joined the story within the last hour, the first one "
		"included."},
	[MEMBER_BREAKING_EXPECTED] = {"breaking", "expected", NULL, "The usual number of stories that gain so many publishers in such an hour."},

	[MEMBER_SILENCE_NAME] = {"silence", "name", NULL, "Name of the feed in the configuration."},
	[MEMBER_SILENCE_STATE] = {"silence", "state", NULL, "begun or ended."},
	[MEMBER_SILENCE_SINCE] = {"silence", "since", NULL, "Time of the last post; with ended, of the one that ended it."},
	[MEMBER_SILENCE_USUAL] = {"silence", "usual_s", NULL, "The feed's usual pause between two posts in seconds. An hour in which it "
		"usually posts more than on average counts for more than an hour, here and in limit_s."},
	[MEMBER_SILENCE_LIMIT] = {"silence", "limit_s", NULL, "The pause in seconds from which on it is a silence."},

	[MEMBER_MATCHED_TERM] = {"matched", "term", NULL, "The term as the rule has it; a phrase comes without its quotation marks."},
	[MEMBER_MATCHED_TITLE] = {"matched", "title", NULL, "Its places in the item's title, at most 16. A place is a pair of "
		"numbers: of its first character, and of the first character after it, counted from 0 in Unicode characters. "
		"A place has whole words; terms that overlap share one. Only the first 16 terms have places."},
	[MEMBER_MATCHED_SUMMARY] = {"matched", "summary", NULL, "Likewise in the summary."},
	[MEMBER_MATCHED_TEXT] = {"matched", "text", NULL, "Likewise in the text, with \"full\":true."},
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
