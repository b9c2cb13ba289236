/* SPDX-License-Identifier: ISC */
/* Documents that take more than a turn of the loop: a page of ten thousand stories, the numbers of ten thousand feeds.
 * Each request does one step of some milliseconds; all requests for one path share the same work. Stories that move to
 * the top meanwhile keep their place in this document; the next one, which is made after such a change, has them on
 * top. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "publish_state.h"
#include "sitrep/base/clock.h"
#include "sitrep/base/sha256.h"
#include "sitrep/base/utf8.h"
#include "sitrep/store/uid.h"

enum {
	/* Processor time of a step. A story that has begun is finished. */
	STEP_US = 2000,
	/* Feeds written between two looks at the clock. */
	FEEDS_AT_ONCE = 100,
	ALERTS_AT_ONCE = 64,
	/* Past this no further story is added, so that a few huge ones cannot make a document useless. */
	DOCUMENT_FULL = 8 * 1024 * 1024,
	/* A work that no request has asked for within this time gives way to another. */
	ABANDONED_MS = 2000,
	/* Bytes of a searched rule in the title. */
	RULE_IN_TITLE = 100,
	/* Stories beyond the index that are read beside what it finds; with more it is of no use. */
	BEHIND_MAX = 1000,
};

/* Makes the feed's id from its address as it was before it was escaped, so it stays the same as long as the address
 * does. Readers take another id for another feed. */
static void make_id(struct channel *c, const char *base_url, struct str address)
{
	const struct str pieces[] = {str_from(base_url), address};
	uint8_t uid[STORE_KEY_LEN];
	char text[UID_TEXT_MAX];

	uid_make(pieces, 2, uid);
	uid_write(text, str_make((const char *)uid, sizeof(uid)));
	snprintf(c->id, sizeof(c->id), "urn:uuid:%s", text);
}

/* True when the option of the configuration is set to that value. */
static bool choice_is(const char *choice, const char *value)
{
	return choice != NULL && strcmp(choice, value) == 0;
}

static int describe_channel(struct publish *p, struct work *w, struct str address)
{
	const struct selection *s = &w->selection;
	const struct config_rule *o = s->output;
	struct channel *c = &w->channel;
	const struct site *site = publish_site(p);
	struct str feed;
	struct buf words = BUF_INIT(PUBLISH_DOCUMENT_MAX);
	int result;

	if (site == NULL)
		return -ENOMEM;
	if (w->search != NULL)
		view_words(&words, publish_search_view(w->search));
	snprintf(w->title, sizeof(w->title), "%s%s%s%s%.*s", p->config->title, s->title != NULL ? ": " : "",
		s->title != NULL ? s->title : "", words.len > 0 ? ": " : "",
		STR_ARG(utf8_cut(buf_str(&words), RULE_IN_TITLE)));
	buf_release(&words);
	snprintf(w->home, sizeof(w->home), "%s/", p->base_url);
	*c = (struct channel){
		.title = w->title,
		.home_url = w->home,
		.updated_ms = p->changed_ms,
		.joins_update = choice_is(p->config->http_updated, "sources"),
		.outlet_in_title = p->config->http_outlet_in_title,
		.outlets = site->outlets,
	};
	if (o != NULL) {
		c->author = o->author;
		c->icon = o->icon;
		c->rights = o->rights;
		c->text = choice_is(o->text, "headline")  ? CHANNEL_HEADLINE
			  : choice_is(o->text, "summary") ? CHANNEL_SUMMARY
							  : CHANNEL_FULL;
		c->per_item = choice_is(o->per, "item");
		c->id_space = choice_is(o->ids, "own") ? o->name : NULL;
	}
	c->is_part = s->part.kind == PART_BEFORE || s->part.kind == PART_ARCHIVE;
	c->is_archive = s->part.kind == PART_ARCHIVE;
	feed = address;
	if (c->is_part)
		publish_part_take(&feed);
	c->feed_url = w->feed_url;
	make_id(c, p->base_url, feed);
	c->is_static = p->is_static;
	result = publish_part_url(p, c->self_url, address);
	return result == 0 ? publish_part_url(p, w->feed_url, feed) : result;
}

/* ---- stories ---- */

static void write_entry(struct work *w, const struct story *s)
{
	w->selection.format->story(&w->out, &w->channel, s, w->stories++);
	if (w->selection.part.kind == PART_NEWEST && !buf_failed(&w->out))
		publish_layout_note(&w->layout, &w->out);
}

/* 1: the document is full.  An archive takes all its stories, but then without their texts. */
static int add_story(void *arg, const struct story *s)
{
	struct work *w = arg;
	struct story one = *s;
	int matches = w->search != NULL ? publish_search_match(w->search, s) : 1;

	if (matches != 1)
		return matches;
	w->found++;
	if (!w->channel.per_item)
		write_entry(w, s);
	for (size_t i = 0; w->channel.per_item && i < s->report_count; i++) {
		one.reports = &s->reports[i];
		one.report_count = 1;
		one.source_count = one.total_reports = 1;
		one.updated_ms = one.reports->updated_ms;
		write_entry(w, &one);
	}
	if (w->channel.is_archive && w->out.len > DOCUMENT_FULL && w->channel.text == CHANNEL_FULL)
		w->channel.text = CHANNEL_SUMMARY;
	return (w->out.len > DOCUMENT_FULL && !w->channel.is_archive) || buf_failed(&w->out) ||
	       (w->search != NULL && w->found == w->selection.entries);
}

/* One more than the document has tells whether there is a next part. */
static size_t most_listed(const struct selection *s)
{
	return s->part.kind == PART_SEARCH ? PUBLISH_SEARCHED : s->entries + 1;
}

static int newest_first(const void *a, const void *b)
{
	const struct river_place *left = a, *right = b;

	if (left->sort_ms != right->sort_ms)
		return left->sort_ms < right->sort_ms ? 1 : -1;
	return (left->story_id < right->story_id) - (left->story_id > right->story_id);
}

/* Takes the stories that the search found, and the newest ones, which its index may not have yet: each is matched with
 * the rule. */
static int take_result(struct publish *p, struct work *w, const struct search_result *found, struct error *err)
{
	struct story_query newest = {
		.before_sort_ms = INT64_MAX, .before_id = INT64_MAX, .limit = (size_t)found->behind};
	size_t kept = 0;
	int result = found->behind > 0 ? reader_places(p->reader, &newest, w->places, &w->place_count, err) : 0;

	for (size_t i = 0; i < found->count; i++)
		w->places[w->place_count++] =
			(struct river_place){found->stories[i].sort_ms, found->stories[i].story_id};
	if (w->place_count > 1)
		qsort(w->places, w->place_count, sizeof(*w->places), newest_first);
	for (size_t i = 0; i < w->place_count; i++)
		if (kept == 0 || newest_first(&w->places[kept - 1], &w->places[i]) != 0)
			w->places[kept++] = w->places[i];
	w->place_count = kept;
	return result;
}

/* The places that the search found: 0; 1 while it is under way; -ENOENT: there is no search, or no index of use. */
static int take_found(struct publish *p, struct work *w, struct error *err)
{
	const struct search_result *found;
	int result;

	if (w->job == NULL)
		return -ENOENT;
	if (!search_job_is_done(w->job))
		return 1;
	result = search_job_result(w->job, &found, NULL);
	if (result == 0 && found->behind <= BEHIND_MAX)
		result = take_result(p, w, found, err);
	else
		result = -ENOENT;
	search_job_drop(w->job);
	w->job = NULL;
	return result;
}

/* 0, 1 when it takes another turn, or a negative code. */
static int list_places(struct publish *p, struct work *w, int64_t end_us, struct error *err)
{
	const struct selection *s = &w->selection;
	struct story_query query = {
		.rule_name = s->rule_name[0] != '\0' ? s->rule_name : NULL,
		.before_sort_ms = s->part.kind == PART_BEFORE ? s->part.sort_ms : INT64_MAX,
		.before_id = s->part.kind == PART_BEFORE ? s->part.story_id : INT64_MAX,
		.limit = most_listed(s),
	};
	int result = take_found(p, w, err);

	/* without an index the newest stories are read instead */
	if (result != -ENOENT)
		return result;
	result = s->feed_ids == NULL ? reader_places(p->reader, &query, w->places, &w->place_count, err) : 0;
	while (result == 0 && w->feeds < s->feed_count) {
		size_t left = s->feed_count - w->feeds;

		if (clock_thread_cpu_us() >= end_us)
			return 1;
		query.feed_ids = &s->feed_ids[w->feeds];
		query.feed_count = left < FEEDS_AT_ONCE ? left : FEEDS_AT_ONCE;
		result = reader_places(p->reader, &query, w->places, &w->place_count, err);
		w->feeds += query.feed_count;
	}
	if (result == 0 && s->part.kind == PART_NEWEST)
		result = publish_part_link(p, w, err);
	return result;
}

/* Lists the stories and writes what stands before them. */
static int begin_stories(struct publish *p, struct work *w, int64_t end_us, struct error *err)
{
	const struct selection *s = &w->selection;
	int result =
		s->part.kind == PART_ARCHIVE ? publish_part_list(p, w, end_us, err) : list_places(p, w, end_us, err);

	if (result != 0)
		return result;
	w->listed = true;
	s->format->begin(&w->out, &w->channel);
	w->layout.head_len = w->out.len;
	return 0;
}

/* The alert whose stories are selected; STR_NONE: not an alert's. */
static struct str alert_of(const struct selection *s)
{
	struct str name = str_from(s->rule_name), prefix = STR("alert/");

	return str_starts(name, prefix) ? str_slice(name, prefix.len, name.len) : STR_NONE;
}

/* One story; the result is add_story()'s, or a negative code. */
static int step_story(struct publish *p, struct work *w, struct error *err)
{
	const struct river_place *place = &w->places[w->place];

	if (w->selection.part.kind == PART_ARCHIVE)
		return reader_story_before(p->reader, place, w->range.end, add_story, w, err);
	return reader_story_at(p->reader, place, alert_of(&w->selection), add_story, w, err);
}

static int step_stories(struct publish *p, struct work *w)
{
	int64_t end_us = clock_thread_cpu_us() + STEP_US;
	struct error err = {0};
	int result = w->listed ? 0 : begin_stories(p, w, end_us, &err);
	size_t len;
	bool has_next = w->selection.part.kind == PART_NEWEST || w->selection.part.kind == PART_BEFORE;
	size_t most = has_next && w->place_count > w->selection.entries ? w->selection.entries : w->place_count;

	while (result == 0 && w->place < most) {
		if (clock_thread_cpu_us() >= end_us)
			return 1;
		result = step_story(p, w, &err);
		w->place++;
	}
	if (result == -ENOENT)
		return result;
	read_trouble_note(&p->trouble, str_from(w->path), result < 0 ? &err : NULL);
	if (result < 0 || !w->listed)
		return result;
	if (has_next && w->place > 0 && w->place < w->place_count && !p->is_static)
		publish_part_link_next(&w->channel, &w->places[w->place - 1]);
	/* The schema of Atom has all links before the entries. */
	len = w->out.len;
	if (w->selection.format->link_prefix != NULL)
		render_next(&w->out, &w->channel, w->selection.format->link_prefix, w->layout.head_len);
	w->layout.head_len += w->out.len - len;
	w->selection.format->end(&w->out, &w->channel);
	return 0;
}

/* ---- feeds ---- */

static enum metrics_form form_of(const struct work *w)
{
	return str_eq(str_from(w->path), str_from(PUBLISH_OPEN_METRICS)) ? METRICS_OPEN : METRICS_TEXT;
}

static int step_metrics(struct publish *p, struct work *w)
{
	int64_t end_us = clock_thread_cpu_us() + STEP_US;

	while (metrics_write_feeds(&w->out, form_of(w), p->feeds, &w->metrics, FEEDS_AT_ONCE) ||
		metrics_write_alerts(&w->out, form_of(w), &p->config->alerts, p->reader, &w->metrics, ALERTS_AT_ONCE))
		if (clock_thread_cpu_us() >= end_us)
			return 1;
	metrics_write_end(&w->out, form_of(w));
	return 0;
}

static bool describe_feed(void *arg, const struct config_outline *outline, struct opml_feed *feed, struct str *shown)
{
	const struct publish *p = arg;
	const struct feed_state *f = feed_table_state_at(p->feeds, outline->feed);

	if (f == NULL)
		return false;
	feed->url = str_from(f->url);
	feed->site = str_from(f->link);
	if (f->title != NULL)
		*shown = str_from(f->title);
	return true;
}

static int step_opml(struct publish *p, struct work *w)
{
	int64_t end_us = clock_thread_cpu_us() + STEP_US;

	while (config_opml_write(&w->opml, &w->out, FEEDS_AT_ONCE, describe_feed, p))
		if (clock_thread_cpu_us() >= end_us)
			return 1;
	return 0;
}

/* ---- pages ---- */

static int step_page(struct publish *p, struct work *w)
{
	struct error err = {0};
	int64_t end_us = clock_thread_cpu_us() + STEP_US;
	int result = w->river != NULL ? publish_river_step(p, w->river, &w->out, end_us, &err)
				      : publish_top_step(p, w->top, &w->out, end_us, &err);

	read_trouble_note(&p->trouble, str_from(w->path), result < 0 ? &err : NULL);
	return result;
}

/* ---- works ---- */

static void work_release(struct work *w)
{
	free(w->path);
	free(w->selection.feed_ids);
	free(w->places);
	publish_search_free(w->search);
	publish_river_free(w->river);
	feeds_page_free(w->feeds_page);
	publish_top_free(w->top);
	publish_find_free(w->find);
	search_job_drop(w->job);
	publish_layout_release(&w->layout);
	buf_release(&w->out);
	*w = (struct work){0};
}

void publish_works_drop(struct publish *p)
{
	for (size_t i = 0; i < PUBLISH_WORKS_MAX; i++)
		if (p->works[i].path != NULL)
			work_release(&p->works[i]);
}

struct work *publish_work_find(struct publish *p, struct str path)
{
	for (size_t i = 0; i < PUBLISH_WORKS_MAX; i++)
		if (p->works[i].path != NULL && str_eq(str_from(p->works[i].path), path))
			return &p->works[i];
	return NULL;
}

/* Searches take long, and leave room for other documents. */
static bool may_search(const struct publish *p)
{
	size_t searches = 0;

	for (size_t i = 0; i < PUBLISH_WORKS_MAX; i++)
		searches += p->works[i].search != NULL && clock_mono_ms() - p->works[i].stepped_ms < ABANDONED_MS;
	return searches < PUBLISH_SEARCHES_MAX;
}

static struct work *find_place(struct publish *p)
{
	struct work *oldest = &p->works[0];

	for (size_t i = 0; i < PUBLISH_WORKS_MAX; i++) {
		if (p->works[i].path == NULL)
			return &p->works[i];
		if (p->works[i].stepped_ms < oldest->stepped_ms)
			oldest = &p->works[i];
	}
	if (clock_mono_ms() - oldest->stepped_ms < ABANDONED_MS)
		return NULL;
	work_release(oldest);
	return oldest;
}

/* The index is asked about all stories; those of a category, an output or an alert are searched one by one. */
static void ask_index(struct publish *p, struct work *w)
{
	const struct view *view = publish_search_view(w->search);
	const struct selection *s = &w->selection;

	if (p->config->search_index && s->feed_ids == NULL && s->rule_name[0] == '\0' && view->rule.len > 0 &&
		str_empty(view->alert))
		w->job = publish_find_feed(p, view, s->entries);
}

static int begin_work(struct publish *p, struct work *w, struct str path)
{
	struct publish_status status;
	struct store_counts counts = {0};
	struct health health;

	switch (w->kind) {
	case WORK_STORIES:
		if (w->selection.part.kind == PART_SEARCH) {
			path = str_from(w->path);
			w->selection.part = publish_part_take(&path);
			w->search = publish_search_new(&w->selection.part);
			if (w->search == NULL)
				return -ENOMEM;
			ask_index(p, w);
		}
		return describe_channel(p, w, str_from(w->path));
	case WORK_RIVER:
		w->river = publish_river_new(str_from(w->path));
		return w->river != NULL ? 0 : -ENOMEM;
	case WORK_FEEDS:
		w->feeds_page = publish_feeds_new(p, str_from(w->path));
		return w->feeds_page != NULL ? 0 : -ENOMEM;
	case WORK_TOP:
		w->top = publish_top_new(str_from(w->path));
		return w->top != NULL ? 0 : -ENOMEM;
	case WORK_SEARCH:
		w->find = publish_find_new(str_from(w->path));
		return w->find != NULL ? 0 : -ENOMEM;
	case WORK_METRICS:
		p->status(p->status_arg, &status);
		reader_counts(p->reader, &counts, NULL);
		publish_judge_health(p, &status.health, &health);
		metrics_write_totals(&w->out, form_of(w), &status, &counts, &health, p->feeds);
		break;
	case WORK_OPML:
		config_opml_begin(&w->opml, p->config, &w->out);
		break;
	case WORK_OUTPUTS:
		return config_opml_outputs(p->config, p->base_url, &w->out);
	}
	return 0;
}

/* The most places that are found at one time. */
static size_t places_of(const struct selection *s)
{
	return s->part.kind == PART_ARCHIVE ? 2 * (size_t)PUBLISH_ARCHIVE_ITEMS : most_listed(s);
}

int publish_work_start(struct publish *p, struct str path, enum work_kind kind, struct work **out)
{
	struct selection s = {0};
	struct str feed = path;
	bool is_search = publish_part_take(&feed).kind == PART_SEARCH;
	struct work *w = is_search && !may_search(p) ? NULL : find_place(p);
	int result = w == NULL ? -EBUSY : kind == WORK_STORIES ? publish_select(p, path, &s) : 0;
	char *copy = result == 0 ? strndup(path.data, path.len) : NULL;

	if (copy == NULL) {
		free(s.feed_ids);
		return result != 0 ? result : -ENOMEM;
	}
	*w = (struct work){
		.path = copy,
		.kind = kind,
		.out = BUF_INIT(PUBLISH_DOCUMENT_MAX),
		.generation = kind == WORK_STORIES || kind == WORK_RIVER || kind == WORK_TOP ? p->generation : -1,
		.selection = s,
		.places = kind == WORK_STORIES ? calloc(places_of(&s), sizeof(struct river_place)) : NULL,
	};
	if (kind == WORK_STORIES && w->places == NULL) {
		work_release(w);
		return -ENOMEM;
	}
	/* A category's title is stored inside the selection. */
	if (s.title == s.title_room)
		w->selection.title = w->selection.title_room;
	result = begin_work(p, w, path);
	if (result != 0) {
		work_release(w);
		return result;
	}
	*out = w;
	return 0;
}

static const char *content_type(const struct work *w)
{
	switch (w->kind) {
	case WORK_STORIES:
		return w->selection.format->content_type;
	case WORK_RIVER:
	case WORK_FEEDS:
	case WORK_TOP:
	case WORK_SEARCH:
		return PAGE_CONTENT_TYPE;
	case WORK_METRICS:
		return form_of(w) == METRICS_OPEN ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
						  : "text/plain; version=0.0.4; charset=utf-8";
	case WORK_OPML:
	case WORK_OUTPUTS:
		return "text/x-opml; charset=utf-8";
	}
	return NULL;
}

bool publish_work_is_idle(const struct work *w)
{
	return w->job != NULL || w->find != NULL;
}

int publish_work_step(struct publish *p, struct work *w, struct product *product)
{
	bool is_page = w->kind == WORK_RIVER || w->kind == WORK_TOP;
	int64_t modified_ms = w->kind == WORK_STORIES ? p->changed_ms : is_page ? clock_wall_ms() : TIME_NONE;
	int result = 0;
	size_t len;
	char *data;

	w->stepped_ms = clock_mono_ms();
	switch (w->kind) {
	case WORK_STORIES:
		result = step_stories(p, w);
		break;
	case WORK_RIVER:
	case WORK_TOP:
		result = step_page(p, w);
		break;
	case WORK_FEEDS:
		result = feeds_page_step(w->feeds_page, &w->out, clock_thread_cpu_us() + STEP_US);
		break;
	case WORK_SEARCH:
		result = publish_find_step(p, w->find, &w->out);
		break;
	case WORK_METRICS:
		result = step_metrics(p, w);
		break;
	case WORK_OPML:
		result = step_opml(p, w);
		break;
	case WORK_OUTPUTS:
		break;
	}
	if (result == 1)
		return 1;
	data = result == 0 ? buf_take(&w->out, &len) : NULL;
	if (w->closed)
		modified_ms = w->channel.updated_ms;
	*product = (struct product){
		.body = data != NULL ? http_body_new(data, len, content_type(w), modified_ms) : NULL,
		.closed = w->closed,
		.archive_before = publish_part_archive(&w->channel),
	};
	if (product->body != NULL) {
		product->layout = w->layout;
		w->layout = (struct layout){0};
	}
	work_release(w);
	return result != 0 ? result : product->body != NULL ? 0 : -ENOMEM;
}
