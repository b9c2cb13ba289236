/* SPDX-License-Identifier: ISC */
/* event_member.h: the one table of the members that lines of the stream have.
 *
 * Each line is a JSON object.  Code that writes one takes the names of its members from here, so that no member is
 * written that sitrep-stream(7) does not list: the page's list is made of the rows (daemon/describe).  A new member is
 * a row in event_member.c and a name below. */
#ifndef SITREP_STORE_EVENT_MEMBER_H
#define SITREP_STORE_EVENT_MEMBER_H

enum event_member {
	/* of the line itself */
	MEMBER_EVENT,
	MEMBER_CURSOR,
	MEMBER_TIME,
	MEMBER_BACKLOG,
	MEMBER_ITEM,
	MEMBER_STORY,
	MEMBER_RELATED,
	MEMBER_COPY,
	MEMBER_CHANGED,
	MEMBER_ALERT,
	MEMBER_FEED,
	MEMBER_PROTOCOL,
	MEMBER_SERVER,
	MEMBER_OLDEST,
	MEMBER_SINCE,
	MEMBER_SUBSCRIBER,
	MEMBER_FROM,
	MEMBER_TO,
	MEMBER_REASON,
	/* of item */
	MEMBER_ITEM_ID,
	MEMBER_ITEM_FEED,
	MEMBER_ITEM_SOURCE,
	MEMBER_ITEM_TITLE,
	MEMBER_ITEM_LINK,
	MEMBER_ITEM_PUBLISHED,
	MEMBER_ITEM_UPDATED,
	MEMBER_ITEM_FIRST_SEEN,
	MEMBER_ITEM_CATEGORIES,
	MEMBER_ITEM_SUMMARY,
	MEMBER_ITEM_AUTHORS,
	MEMBER_ITEM_ENCLOSURES,
	MEMBER_ITEM_LANGUAGE,
	/* of each of item's enclosures */
	MEMBER_ENCLOSURE_URL,
	MEMBER_ENCLOSURE_TYPE,
	MEMBER_ENCLOSURE_LENGTH,
	/* of story */
	MEMBER_STORY_ID,
	MEMBER_STORY_TITLE,
	MEMBER_STORY_SOURCES,
	MEMBER_STORY_REPORTS,
	/* of related and of copy */
	MEMBER_TIE_OF,
	MEMBER_TIE_RELATION,
	MEMBER_TIE_SCORE,
	MEMBER_TIE_STORY,
	/* of alert */
	MEMBER_ALERT_NAME,
	MEMBER_ALERT_PRIORITY,
	MEMBER_ALERT_TERMS,
	/* of feed */
	MEMBER_FEED_NAME,
	MEMBER_FEED_STATE,
	MEMBER_FEED_KIND,
	MEMBER_FEED_REASON,
	MEMBER_FEED_STATUS,
	MEMBER_FEED_URL,
	MEMBER_COUNT
};

/* The key in the JSON object. */
const char *event_member(enum event_member m);

/* A member's row in the manual page. */
struct event_member_row {
	const char *in;     /* the members that contain it: "related, copy"; "" for the line itself */
	const char *name;   /* the key */
	const char *events; /* the events that have it: "new copy"; NULL: all events that have its parent */
	const char *help;
};
const struct event_member_row *event_member_row(enum event_member m);

#endif
