/* SPDX-License-Identifier: ISC */
/* The pages of feeds: /feed/NAME, and the facts that /feeds shows beside the states. */
#include <errno.h>
#include <string.h>

#include "publish_state.h"
#include "sitrep/base/clock.h"
#include "sitrep/pages/feed_page.h"
#include "sitrep/pages/story_row.h"

enum {
	/* Stories on the page of a feed. */
	FEED_ROWS = 12,
	EXPLANATION_MAX = 16 * 1024,
};

/* ---- one feed ---- */

struct feed_making {
	struct page_making *m;
	struct feed_page page;
	size_t shown;
};

static int write_row(void *arg, const struct story *s)
{
	struct feed_making *f = arg;

	story_row_write_as(&f->m->out, &f->page.page, s, &(struct story_row_form){.with_day = true});
	f->shown++;
	return 0;
}

static int write_rows(struct feed_making *f, int64_t feed_id, struct error *err)
{
	struct reader *r = f->m->p->reader;
	const struct story_query query = {.feed_ids = &feed_id,
		.feed_count = 1,
		.before_sort_ms = INT64_MAX,
		.before_id = INT64_MAX,
		.limit = FEED_ROWS};
	struct river_place places[FEED_ROWS];
	size_t count = 0;
	int result = reader_places(r, &query, places, &count, err);

	for (size_t i = 0; i < count && result == 0; i++)
		result = reader_story_at(r, &places[i], STR_NONE, write_row, f, err);
	return result;
}

static int write_end(void *arg, const struct stored_feed *stored)
{
	struct feed_making *f = arg;

	feed_page_end(&f->m->out, &f->page, stored, f->shown);
	return 0;
}

static int write_feed(struct page_making *m, struct error *err)
{
	const struct feed *feed = feed_table_find(m->p->feeds, m->name);
	struct buf explanation = BUF_INIT(EXPLANATION_MAX);
	struct feed_making f = {.m = m};
	int result;

	if (feed == NULL)
		return -ENOENT;
	feed_page_init(&f.page, m->site, feed);
	if (m->p->explain != NULL)
		m->p->explain(m->p->status_arg, feed, &explanation);
	f.page.explanation = buf_str(&explanation);
	feed_page_begin(&m->out, &f.page);
	result = write_rows(&f, feed->state.id, err);
	if (result == 0)
		result = reader_feed(m->p->reader, feed->state.id, feed->state.first_poll_ms, write_end, &f, err);
	buf_release(&explanation);
	return result;
}

/* Its state may change without a change of the stories. */
const struct page_kind publish_feed_page = {
	.path = "/feed/",
	.has_query = true,
	.cache_control = "max-age=0, must-revalidate",
	.kept_ms = 2000,
	.write = write_feed,
};

/* ---- all feeds ---- */

enum { FEEDS_SORT, FEEDS_STATE };
static const char *const feeds_names[PUBLISH_ARGUMENTS_MAX] = {"sort", "state"};

static bool read_values(struct page_query *q, struct feeds_query *wanted)
{
	if (!feeds_query_sort(wanted, str_from(q->values[FEEDS_SORT])))
		publish_query_refuse(q, "sort", feeds_sort_words);
	else if (!feeds_query_state(wanted, str_from(q->values[FEEDS_STATE])))
		publish_query_refuse(q, "state", feeds_state_words);
	return q->mistake[0] == '\0';
}

bool publish_feeds_read(struct page_query *q, const struct http_request *request, struct buf *address)
{
	struct feeds_query wanted;

	memcpy(q->names, feeds_names, sizeof(q->names));
	if (!publish_query_read(q, request) || !read_values(q, &wanted))
		return false;
	buf_puts(address, "/feeds");
	publish_query_write(q, address);
	return true;
}

/* The values of an address that publish_feeds_read() wrote. */
static void parse_address(struct str address, struct feeds_query *wanted)
{
	struct str query = str_slice(address, str_find_char(address, '?', 0), address.len), part;

	*wanted = (struct feeds_query){.state = -1};
	query = str_slice(query, 1, query.len);
	while (str_split(&query, '&', &part)) {
		if (str_starts(part, STR("sort=")))
			feeds_query_sort(wanted, str_slice(part, 5, part.len));
		else if (str_starts(part, STR("state=")))
			feeds_query_state(wanted, str_slice(part, 6, part.len));
	}
}

struct feeds_page *publish_feeds_new(struct publish *p, struct str address)
{
	const struct site *site = publish_site(p);
	struct publish_status status;
	struct feeds_facts facts = {0};
	struct feeds_query wanted;
	struct error err = {0};

	if (site == NULL)
		return NULL;
	p->status(p->status_arg, &status);
	facts.polls = status.polls;
	facts.not_modified = status.polls_not_modified;
	facts.since_ms = status.started_ms;
	facts.hours_known = reader_arrivals(p->reader, site->now_ms, facts.hours, FEEDS_HOURS, &err) == 0;
	reader_delays(p->reader, &facts.delays, &facts.half_ms, &facts.most_ms, NULL);
	read_trouble_note(&p->trouble, address, facts.hours_known ? NULL : &err);
	parse_address(address, &wanted);
	return feeds_page_new(site, &wanted, &facts);
}
