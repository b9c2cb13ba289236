/* SPDX-License-Identifier: ISC */
/* Parts of a feed (RFC 5005): pages, which follow the order of the newest stories, and archives, which stay as they
 * are.
 *
 * An archive has a fixed range of items (reader.h), so its number in the address never gets another content.  The
 * newest part names the archive that is still open; from there each names the one before it that has stories. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "publish_state.h"
#include "sitrep/base/clock.h"
#include "sitrep/text/url.h"

/* Archives without stories that are skipped; the next one is named even if it has none either. */
enum { SKIPPED_MAX = 64 };

/* The arguments of a request, which libmicrohttpd bounds below this. */
enum { FILTERS_MAX = 256 * 1024 };

static const struct str archive_query = {"?archive=", 9}, before_query = {"?before=", 8}, search_query = {"?q=", 3};
/* A query of view_write() begins with one of these, unless it has a rule alone. */
static const struct str filter_queries[] = {
	{"?category=", 10}, {"?lang=", 6}, {"?feed=", 6}, {"?min=", 5}, {"?alert=", 7}};

/* ---- addresses ---- */

/* The filters of a feed's address. */
struct filters {
	struct view view;
	bool has_rule; /* an empty one is a mistake */
	struct arena texts;
	struct error err;
};

/* Feeds ignore arguments that they do not know. */
static int take_filter(void *arg, struct str name, struct str value)
{
	static const char *const of_pages[] = {"view", "before", "after"};
	struct filters *f = arg;
	struct str copy = arena_str(&f->texts, value);
	int result;

	if (copy.data == NULL)
		return -ENOMEM;
	f->has_rule = f->has_rule || str_eq(name, STR("q"));
	result = str_is_one_of(name, of_pages) ? 0 : view_take(&f->view, name, copy, &f->err);
	return result < 0 ? result : 0;
}

static int add_filters(const struct http_request *r, struct buf *out, struct buf *mistake)
{
	struct filters f = {.texts = ARENA_INIT(FILTERS_MAX)};
	int result = http_request_arguments(r, take_filter, &f);

	if (result == -EINVAL && f.err.code != 0)
		buf_puts(mistake, f.err.text);
	if (result == 0 && f.has_rule)
		result = publish_search_check(f.view.rule, mistake);
	if (result == 0 && !view_is_ruled_alone(&f.view)) {
		view_write(out, &f.view, VIEW_FILTERS);
	} else if (result == 0 && !str_empty(f.view.rule)) {
		buf_add(out, search_query);
		buf_add(out, f.view.rule);
	}
	arena_release(&f.texts);
	return result;
}

int publish_part_address(const struct http_request *r, struct buf *out, struct buf *mistake)
{
	struct buf value = BUF_INIT(PUBLISH_ADDRESS_MAX);
	struct str address;
	bool is_part = false;
	int result = 0;

	buf_add(out, r->path);
	if (http_request_argument(r, "archive", &value)) {
		is_part = true;
		buf_add(out, archive_query);
	} else if (http_request_argument(r, "before", &value)) {
		is_part = true;
		buf_add(out, before_query);
	} else {
		result = add_filters(r, out, mistake);
	}
	buf_add(out, buf_str(&value));
	/* An argument that is longer than an address may be is malformed. */
	if (value.failed != 0)
		out->failed = value.failed;
	buf_release(&value);
	address = buf_str(out);
	if (buf_failed(out))
		return out->failed == -E2BIG ? -EINVAL : out->failed;
	return result != 0 ? result : is_part && publish_part_take(&address).kind == PART_NEWEST ? -EINVAL : 0;
}

static bool read_number(struct str text, int64_t *number)
{
	long long value = -1;

	if (!str_to_int(text, &value) || value < 0)
		return false;
	*number = value;
	return true;
}

struct part publish_part_take(struct str *address)
{
	size_t at = address->len;
	struct str query, first;
	struct part part = {.kind = PART_NEWEST};
	size_t search = str_find(*address, search_query, 0), filters = STR_NPOS;

	for (size_t i = 0; i < sizeof(filter_queries) / sizeof(filter_queries[0]); i++) {
		size_t found = str_find(*address, filter_queries[i], 0);

		if (found < filters)
			filters = found;
	}
	if (filters < search) {
		part.kind = PART_SEARCH;
		part.filters = str_slice(*address, filters, address->len);
		address->len = filters;
		return part;
	}
	if (search != STR_NPOS) {
		part.kind = PART_SEARCH;
		part.rule = str_slice(*address, search + search_query.len, address->len);
		address->len = search;
		return part;
	}
	while (at > 0 && address->data[at - 1] != '?')
		at--;
	if (at == 0)
		return part;
	query = str_slice(*address, at - 1, address->len);
	if (str_starts(query, archive_query) &&
		read_number(str_slice(query, archive_query.len, query.len), &part.archive) &&
		part.archive < INT64_MAX / PUBLISH_ARCHIVE_ITEMS - 1)
		part.kind = PART_ARCHIVE;
	if (str_starts(query, before_query)) {
		query = str_slice(query, before_query.len, query.len);
		if (str_split(&query, '.', &first) && read_number(first, &part.sort_ms) &&
			read_number(query, &part.story_id))
			part.kind = PART_BEFORE;
	}
	if (part.kind != PART_NEWEST)
		address->len = at - 1;
	return part;
}

int publish_part_url(const struct publish *p, char url[RENDER_URL_MAX], struct str address)
{
	struct buf out = BUF_INIT(RENDER_URL_MAX - 1), file = BUF_INIT(RENDER_URL_MAX);
	struct str path = address;
	struct part part = publish_part_take(&path);
	int result;

	buf_puts(&out, p->base_url);
	if (p->is_static && part.kind == PART_ARCHIVE) {
		render_archive_file(&file, path, str_slice(address, path.len, address.len));
		path = buf_str(&file);
	}
	url_add_escaped(&out, path, "-._~/!$&'()*+,;=:@");
	if (!str_empty(part.rule))
		buf_add(&out, search_query);
	/* the other queries have nothing to escape, or are escaped already */
	if (file.len == 0)
		url_add_escaped(&out, !str_empty(part.rule) ? part.rule : str_slice(address, path.len, address.len),
			!str_empty(part.rule) ? "-._~" : "-._~?=&%");
	result = out.failed == -E2BIG ? -ENOENT : out.failed != 0 ? out.failed : file.failed;
	snprintf(url, RENDER_URL_MAX, "%.*s", STR_ARG(buf_str(&out)));
	buf_release(&out);
	buf_release(&file);
	return result;
}

static void name_archive(char query[32], int64_t archive)
{
	snprintf(query, 32, "%s%lld", archive_query.data, (long long)archive);
}

int64_t publish_part_archive(const struct channel *c)
{
	int64_t number = -1;

	if (c->archive_before[0] == '\0' || !read_number(str_from(c->archive_before + archive_query.len), &number))
		return -1;
	return number;
}

void publish_part_link_next(struct channel *c, const struct river_place *last)
{
	snprintf(c->next, sizeof(c->next), "%s%lld.%lld", before_query.data, (long long)last->sort_ms,
		(long long)last->story_id);
}

int publish_part_link(struct publish *p, struct work *w, struct error *err)
{
	int result = reader_item_ids(p->reader, &w->ids, err);

	if (result == 0 && w->ids.end > w->ids.first)
		name_archive(w->channel.archive_before, (w->ids.end - 1) / PUBLISH_ARCHIVE_ITEMS);
	return result;
}

/* ---- archives ---- */

static struct item_range range_of(int64_t archive)
{
	return (struct item_range){archive * PUBLISH_ARCHIVE_ITEMS, (archive + 1) * PUBLISH_ARCHIVE_ITEMS};
}

static struct story_query query_of(const struct selection *s)
{
	return (struct story_query){
		.feed_ids = s->feed_ids,
		.feed_count = s->feed_count,
		.rule_name = s->rule_name[0] != '\0' ? s->rule_name : NULL,
	};
}

static int list_archive(struct publish *p, struct work *w, struct error *err)
{
	struct selection *s = &w->selection;
	struct story_query query = query_of(s);
	bool settled = true;
	int result = reader_item_ids(p->reader, &w->ids, err);

	w->range = range_of(s->part.archive);
	if (result == 0 && (w->range.end <= w->ids.first || w->range.first >= w->ids.end))
		return -ENOENT;
	if (result == 0 && query.rule_name != NULL)
		result = reader_rule_is_settled(p->reader, query.rule_name, &settled, err);
	if (result == 0)
		result = reader_archive_places(p->reader, &query, &w->range, w->places, &w->place_count, err);
	w->closed = settled && w->ids.end > w->range.end;
	w->archive_before = s->part.archive;
	if (w->closed)
		name_archive(w->channel.archive_after, s->part.archive + 1);
	/* the newest story's time, which is the same each time the archive is made */
	w->channel.updated_ms = 0;
	for (size_t i = 0; i < w->place_count; i++)
		if (w->places[i].sort_ms > w->channel.updated_ms)
			w->channel.updated_ms = w->places[i].sort_ms;
	return result;
}

static int find_before(struct publish *p, struct work *w, int64_t end_us, struct error *err)
{
	const struct selection *s = &w->selection;
	struct story_query query = query_of(s);
	int64_t oldest = w->ids.first / PUBLISH_ARCHIVE_ITEMS;
	size_t count = 0;
	int result = 0;

	if (query.feed_ids == NULL && query.rule_name == NULL) {
		int64_t story_id = 0;

		result = reader_story_id_before(p->reader, w->range.first, &story_id, err);
		w->archive_before = story_id > 0 ? story_id / PUBLISH_ARCHIVE_ITEMS : -1;
		count = 1;
	}
	while (result == 0 && count == 0 && s->part.archive - w->archive_before < SKIPPED_MAX) {
		struct item_range range = range_of(--w->archive_before);

		if (w->archive_before < oldest) {
			w->archive_before = -1;
			break;
		}
		/* w->places has room for a second archive behind the first */
		result = reader_archive_places(
			p->reader, &query, &range, w->places + PUBLISH_ARCHIVE_ITEMS, &count, err);
		if (count == 0 && clock_thread_cpu_us() >= end_us)
			return result == 0 ? 1 : result;
	}
	if (result == 0 && w->archive_before >= 0)
		name_archive(w->channel.archive_before, w->archive_before);
	return result;
}

int publish_part_list(struct publish *p, struct work *w, int64_t end_us, struct error *err)
{
	int result = 0;

	if (w->range.end == 0)
		result = list_archive(p, w, err);
	return result == 0 ? find_before(p, w, end_us, err) : result;
}
