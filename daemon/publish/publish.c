/* SPDX-License-Identifier: ISC */
/* Documents for readers. A path is either one of a few fixed documents or stories in a format: all of them,
 * those of a category, of an output's rule, of an alert.  Each document is rendered at the first request after a
 * change, and kept until the next change. The ETag comes from the bytes, so a change elsewhere still gives the reader
 * 304. */
#include "sitrep/publish/publish.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "publish_state.h"
#include "sitrep/base/clock.h"
#include "sitrep/pages/error_page.h"
#include "sitrep/pages/subscribe_page.h"

enum {
	/* The longest /healthz answer, and the part of a field of the request that is read. */
	HEALTH_MAX = 64 * 1024,
	FIELD_MAX = 4 * 1024,
	LOCATION_MAX = 4 * 1024,
	ORIGIN_MAX = 1024,
	MISTAKE_MAX = 4 * 1024,
};

/* The greatest age of a document that answers a waiting request. */
enum { WAITED_MS = 10 * 1000 };
/* Feeds change their states without a change of stories. */
enum { FEEDS_FRESH_MS = 2000 };

/* ---- cache ---- */

static void drop_cached(struct publish *p, size_t i)
{
	struct cached *c = &p->cache[i];

	p->cached_bytes -= c->size;
	http_body_unref(c->body);
	publish_layout_release(&c->layout);
	publish_versions_release(c);
	free(c->path);
	*c = p->cache[--p->cached_count];
}

static void drop_all_cached(struct publish *p)
{
	while (p->cached_count > 0)
		drop_cached(p, p->cached_count - 1);
	p->cached_bytes = 0;
}

static void make_room(struct publish *p, size_t size)
{
	while (p->cached_count > 0 &&
		(p->cached_count == PUBLISH_CACHED_MAX || p->cached_bytes + size > PUBLISH_CACHE_MAX)) {
		size_t oldest = 0;

		for (size_t i = 1; i < p->cached_count; i++)
			if (p->cache[i].used < p->cache[oldest].used)
				oldest = i;
		drop_cached(p, oldest);
	}
}

static struct cached *find_cached(struct publish *p, struct str path)
{
	for (size_t i = 0; i < p->cached_count; i++)
		if (str_eq(str_from(p->cache[i].path), path))
			return &p->cache[i];
	return NULL;
}

/* Sets the size of the document anew, with the compressed forms that were made meanwhile. */
static void count_again(struct publish *p, struct cached *c)
{
	size_t size = http_body_size(c->body) + publish_versions_size(c);

	p->cached_bytes += size - c->size;
	c->size = size;
}

/* Pages tell how old stories are, in minutes. */
static int64_t present_minute(void)
{
	return clock_wall_ms() / (60 * 1000);
}

/* Keeps the document: takes the product's layout over and refers to its body.  NULL without memory. */
static struct cached *keep_document(struct publish *p, struct str path, int64_t generation, struct product *product)
{
	struct cached fresh = {
		.path = strndup(path.data, path.len),
		.body = product->body,
		.layout = product->layout,
		.generation = generation,
		.minute = present_minute(),
		.kept_ms = clock_mono_ms(),
		.closed = product->closed,
	};
	struct cached *c = find_cached(p, path);

	if (fresh.path == NULL || p->is_static) {
		free(fresh.path);
		publish_layout_release(&product->layout);
		return NULL;
	}
	if (c != NULL) {
		publish_versions_take(&fresh, c);
		drop_cached(p, (size_t)(c - p->cache));
	}
	make_room(p, http_body_size(product->body));
	c = &p->cache[p->cached_count++];
	*c = fresh;
	http_body_ref(c->body);
	c->used = ++p->uses;
	count_again(p, c);
	return c;
}

/* ---- health ---- */

static struct http_body *make_body(struct buf *out, const char *content_type)
{
	size_t len;
	char *data = buf_take(out, &len);
	struct http_body *body = data != NULL ? http_body_new(data, len, content_type, TIME_NONE) : NULL;

	buf_release(out);
	return body;
}

/* True when the Accept field names the type, and not the other one with more weight. */
static bool prefers_type(const struct http_request *request, struct str type, struct str other)
{
	struct buf accept = BUF_INIT(FIELD_MAX);
	int weight = -1, other_weight = -1;

	if (http_request_field(request, "Accept", &accept)) {
		weight = http_weight(buf_str(&accept), type);
		other_weight = http_weight(buf_str(&accept), other);
	}
	buf_release(&accept);
	return weight > 0 && weight >= other_weight;
}

/* True when the Accept field names JSON. */
static bool wants_json(const struct http_request *request)
{
	return prefers_type(request, STR("application/json"), STR("text/plain"));
}

static void answer_health(struct publish *p, const struct http_request *request, struct http_answer *answer)
{
	struct buf out = BUF_INIT(HEALTH_MAX);
	bool is_json = wants_json(request);
	struct publish_status status;
	struct health health;
	struct jsonw w;
	bool failing;

	p->status(p->status_arg, &status);
	publish_judge_health(p, &status.health, &health);
	failing = health.reason_count > 0;
	/* The sentences name files, feeds and times. */
	if (!request->is_trusted && is_json)
		buf_printf(&out, "{\"status\":\"%s\"}\n", failing ? "failing" : "ok");
	else if (!request->is_trusted)
		buf_puts(&out, failing ? "failing\n" : "ok\n");
	else if (is_json) {
		w = JSONW_INIT(&out);
		jsonw_object(&w);
		health_write_json(&health, &w);
		jsonw_object_end(&w);
		buf_putc(&out, '\n');
	} else {
		health_write_text(&health, &out);
	}
	answer->body = make_body(&out, is_json ? "application/json" : "text/plain; charset=utf-8");
	answer->status = !failing && answer->body != NULL ? 200 : 503;
	answer->cache_control = "no-store";
}

/* ---- answers from works and the cache ---- */

void publish_look_at_generation(struct publish *p)
{
	struct error err = {0};

	if (p->generation_known)
		return;
	p->generation_known = reader_generation(p->reader, &p->generation, &p->changed_ms, &err) == 0;
	read_trouble_note(&p->trouble, STR("generation"), p->generation_known ? NULL : &err);
	/* The time came from a clock that was ahead. */
	if (p->changed_ms > clock_wall_ms())
		p->changed_ms = clock_wall_ms();
	if (p->changed_ms == TIME_NONE)
		p->changed_ms = 0; /* nothing was published yet, but Atom needs a date */
}

/* The document does not change any more. */
static void close_answer(struct http_answer *answer)
{
	answer->cache_control = "max-age=31536000, immutable";
	answer->ranges = true;
}

/* A reader that takes them gets the changes alone. */
static void answer_changes(const struct cached *c, const struct http_request *request, struct http_answer *answer)
{
	struct buf field = BUF_INIT(FIELD_MAX);
	struct http_body *changes = NULL;

	if (http_request_field(request, "A-IM", &field) && http_weight(buf_str(&field), STR("feed")) > 0) {
		buf_clear(&field);
		if (http_request_field(request, "If-None-Match", &field))
			changes = publish_changes(c, buf_str(&field));
	}
	buf_release(&field);
	if (changes == NULL)
		return;
	http_body_unref(answer->body);
	answer->body = changes;
	answer->status = 226;
	answer->cache_control = "no-store, im";
}

static void complete_answer(
	struct publish *p, const struct http_request *request, struct cached *c, struct http_answer *answer)
{
	if (c->closed) {
		close_answer(answer);
	} else if (answer->cache_control != NULL) {
		answer->cache_control = NULL;
		answer->max_age_s = publish_fresh_s(p, c);
	}
	answer_changes(c, request, answer);
}

static void answer_from(
	struct publish *p, const struct http_request *request, struct cached *c, struct http_answer *answer)
{
	c->used = ++p->uses;
	count_again(p, c);
	answer->status = 200;
	answer->body = http_body_ref(c->body);
	complete_answer(p, request, c, answer);
}

/* A name in another case leads to the name. */
static void answer_spelling(struct publish *p, struct str path, struct http_answer *answer)
{
	struct buf location = BUF_INIT(LOCATION_MAX);
	size_t len;

	if (publish_spell(p, path, &location))
		answer->location = buf_take(&location, &len);
	if (answer->location != NULL)
		answer->status = 301;
	buf_release(&location);
}

/* The page of all feeds takes 10 us of a feed: a hundredth of the time at most. */
static int64_t feeds_fresh_ms(const struct publish *p)
{
	int64_t ms = (int64_t)feed_table_places(p->feeds);

	return ms > FEEDS_FRESH_MS ? ms : FEEDS_FRESH_MS;
}

static bool is_current(const struct publish *p, const struct cached *c, enum work_kind kind)
{
	bool is_page = kind == WORK_RIVER || kind == WORK_TOP;

	if (kind == WORK_FEEDS)
		return clock_mono_ms() - c->kept_ms < feeds_fresh_ms(p);
	return (kind == WORK_STORIES || is_page) && c->generation == p->generation &&
	       (!is_page || c->minute == present_minute());
}

/* Makes the document at the address, over several turns if need be. A waiting request gets it even if the data has
 * changed meanwhile; else a document that takes longer than the time between changes would never be served. */
static void answer_work(struct publish *p, const struct http_request *request, struct str address, enum work_kind kind,
	struct http_answer *answer)
{
	struct work *w = publish_work_find(p, address);
	struct cached *c = w == NULL ? find_cached(p, address) : NULL;
	int64_t generation = 0;
	struct product product;
	int result = 0;

	if (c != NULL && ((request->again && clock_mono_ms() - c->kept_ms < WAITED_MS) || is_current(p, c, kind))) {
		answer_from(p, request, c, answer);
		return;
	}
	if (w == NULL)
		result = publish_work_start(p, address, kind, &w);
	if (result == 0) {
		generation = w->generation;
		result = publish_work_step(p, w, &product);
	}
	if (result == 0) {
		answer->body = product.body;
		answer->status = 200;
		if (product.closed)
			close_answer(answer);
		c = keep_document(p, address, generation, &product);
		if (c != NULL)
			complete_answer(p, request, c, answer);
	}
	answer->later = result == 1 || result == -EBUSY;
	answer->idle = result == 1 && publish_work_is_idle(w);
	if (result != 0)
		answer->status = result == -ENOENT ? 404 : 503;
	if (result == -ENOENT)
		answer_spelling(p, address, answer);
}

/* OpenMetrics where it is asked for by name, and no less than the older format. */
static void answer_metrics(struct publish *p, const struct http_request *request, struct http_answer *answer)
{
	struct buf accept = BUF_INIT(FIELD_MAX);
	int open = -1, text = -1;

	if (http_request_field(request, "Accept", &accept)) {
		open = http_weight(buf_str(&accept), STR("application/openmetrics-text"));
		text = http_weight(buf_str(&accept), STR("text/plain"));
	}
	buf_release(&accept);
	answer_work(p, request, open > 0 && open >= text ? str_from(PUBLISH_OPEN_METRICS) : request->path, WORK_METRICS,
		answer);
}

/* The sentence about a mistake in the rule, and its place. */
static void answer_mistake(struct buf *mistake, struct http_answer *answer)
{
	answer->body = make_body(mistake, "text/plain; charset=utf-8");
	answer->status = answer->body != NULL ? 400 : 503;
	answer->cache_control = NULL;
}

static void answer_merged(struct publish *p, const struct http_request *request, struct http_answer *answer)
{
	struct buf address = BUF_INIT(PUBLISH_ADDRESS_MAX), mistake = BUF_INIT(MISTAKE_MAX);
	int result = publish_part_address(request, &address, &mistake);

	if (result == 0)
		answer_work(p, request, buf_str(&address), WORK_STORIES, answer);
	else if (mistake.len > 0)
		answer_mistake(&mistake, answer);
	else
		answer->status = result == -EINVAL ? 400 : 503;
	buf_release(&address);
	buf_release(&mistake);
}

/* The page that tells of a mistake in its address, with the rule that has it. */
static void answer_wrong_view(struct publish *p, const struct http_request *request, struct str rule,
	struct str mistake, struct http_answer *answer)
{
	const struct site *site = publish_site(p);
	struct buf out = BUF_INIT(PUBLISH_DOCUMENT_MAX);
	const struct page_error e = {.status = 400, .path = request->path, .text = mistake, .query = rule};

	if (site != NULL)
		error_page_write(&out, site, &e);
	answer->body = make_body(&out, PAGE_CONTENT_TYPE);
	answer->status = answer->body != NULL ? 400 : 503;
	answer->cache_control = NULL;
}

static void answer_view(
	struct publish *p, const struct http_request *request, enum work_kind kind, struct http_answer *answer)
{
	struct buf address = BUF_INIT(PUBLISH_ADDRESS_MAX), rule = BUF_INIT(MISTAKE_MAX),
		   mistake = BUF_INIT(MISTAKE_MAX);
	int result = kind == WORK_TOP ? publish_top_address(request, &address, &mistake)
				      : publish_river_address(request, &address, &rule, &mistake);

	if (result == 0)
		answer_work(p, request, buf_str(&address), kind, answer);
	else if (mistake.len > 0)
		answer_wrong_view(p, request, buf_str(&rule), buf_str(&mistake), answer);
	else
		answer->status = result == -EINVAL ? 400 : 503;
	if (answer->status == 200)
		answer->cache_control = "max-age=0, must-revalidate";
	buf_release(&address);
	buf_release(&rule);
	buf_release(&mistake);
}

static void answer_search(struct publish *p, const struct http_request *request, struct http_answer *answer)
{
	struct buf address = BUF_INIT(PUBLISH_ADDRESS_MAX), page = BUF_INIT(PUBLISH_DOCUMENT_MAX);
	int status = 503, result = publish_find_address(p, request, &address, &page, &status);

	publish_look_at_generation(p);
	answer->cache_control = "max-age=0, must-revalidate";
	if (address.len > 0 && result == 0) {
		answer_work(p, request, buf_str(&address), WORK_SEARCH, answer);
	} else if (result == 0 || result == -EINVAL) {
		answer->body = make_body(&page, PAGE_CONTENT_TYPE);
		answer->status = answer->body != NULL ? status : 503;
	} else {
		answer->status = result == -E2BIG ? 400 : 503;
	}
	buf_release(&address);
	buf_release(&page);
}

/* A mistake in the query of a page, as a page or a line of text. */
static void answer_query_mistake(
	const struct page_making *m, const struct http_request *request, struct http_answer *answer)
{
	const struct page_error e = {.status = 400, .path = request->path, .text = str_from(m->query.mistake)};
	bool is_page = prefers_type(request, STR("text/html"), STR("application/json"));
	struct buf out = BUF_INIT(PUBLISH_DOCUMENT_MAX);

	if (is_page)
		error_page_write(&out, m->site, &e);
	else
		buf_printf(&out, "%s\n", m->query.mistake);
	answer->body = make_body(&out, is_page ? PAGE_CONTENT_TYPE : "text/plain; charset=utf-8");
	answer->status = answer->body != NULL ? 400 : 503;
}

/* The page at the address, as it was made last or made now. */
static void answer_kept_page(
	struct page_making *m, const struct page_kind *kind, struct str address, struct http_answer *answer)
{
	struct publish *p = m->p;
	struct cached *c = find_cached(p, address);
	struct product product = {0};
	int result = 0;

	if (c != NULL && c->generation == p->generation && clock_mono_ms() - c->kept_ms < kind->kept_ms) {
		c->used = ++p->uses;
		answer->body = http_body_ref(c->body);
	} else {
		result = publish_page_make(m, kind, address, &product.body);
		answer->body = product.body;
		if (result == 0)
			keep_document(p, address, p->generation, &product);
	}
	answer->status = result == 0 ? 200 : result == -ENOENT ? 404 : 503;
	answer->cache_control = result == 0 ? kind->cache_control : NULL;
}

static void answer_page(
	struct publish *p, const struct page_kind *kind, const struct http_request *request, struct http_answer *answer)
{
	struct page_making m = {.p = p, .site = publish_site(p)};
	struct buf address = BUF_INIT(PUBLISH_ADDRESS_MAX);

	answer->status = 503;
	if (m.site == NULL)
		return;
	if (!publish_page_read(&m, kind, request)) {
		answer_query_mistake(&m, request, answer);
		return;
	}
	buf_add(&address, request->path);
	publish_query_write(&m.query, &address);
	if (!buf_failed(&address))
		answer_kept_page(&m, kind, buf_str(&address), answer);
	buf_release(&address);
}

/* The page of all feeds takes several turns. */
static void answer_feeds(struct publish *p, const struct http_request *request, struct http_answer *answer)
{
	struct page_making m = {.p = p, .site = publish_site(p)};
	struct buf address = BUF_INIT(PUBLISH_ADDRESS_MAX);

	answer->status = 503;
	if (m.site == NULL)
		return;
	if (!publish_feeds_read(&m.query, request, &address))
		answer_query_mistake(&m, request, answer);
	else
		answer_work(p, request, buf_str(&address), WORK_FEEDS, answer);
	if (answer->status == 200)
		answer->cache_control = "max-age=0, must-revalidate";
	buf_release(&address);
}

static void answer_stories(struct publish *p, const struct http_request *request, struct http_answer *answer)
{
	const struct page_kind *page = publish_page_find(request->path);

	publish_look_at_generation(p);
	if (page != NULL) {
		answer_page(p, page, request, answer);
		return;
	}
	answer->cache_control = "max-age=60";
	if (str_eq(request->path, STR("/")))
		answer_view(p, request, WORK_RIVER, answer);
	else if (str_eq(request->path, STR("/top")))
		answer_view(p, request, WORK_TOP, answer);
	else if (str_eq(request->path, STR("/search")))
		answer_search(p, request, answer);
	else
		answer_merged(p, request, answer);
}

/* The texts are those of other sites, and some pages are for the operator: crawlers stay out. */
static void answer_robots(struct http_answer *answer)
{
	static const char text[] = "User-agent: *\nDisallow: /\n";
	char *copy = strdup(text);

	if (copy != NULL)
		answer->body = http_body_new(copy, strlen(copy), "text/plain; charset=utf-8", TIME_NONE);
	answer->status = answer->body != NULL ? 200 : 503;
	answer->cache_control = "max-age=86400";
}

/* A subscription list: it is made anew for each request, but may not have changed. */
static void answer_list(
	struct publish *p, const struct http_request *request, enum work_kind kind, struct http_answer *answer)
{
	answer->cache_control = "max-age=60";
	answer_work(p, request, request->path, kind, answer);
}

/* Feeds, stories as JSON and the list of sources are for scripts on the pages of configured origins. */
static void allow_origin(struct publish *p, const struct http_request *request, struct http_answer *answer)
{
	static const char *const suffixes[] = {".atom", ".rss", ".json", "/opml", ".opml", "/events"};
	const struct config *c = p->config;
	struct buf origin = BUF_INIT(ORIGIN_MAX);
	bool shared = false;

	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++)
		shared = shared || str_ends(request->path, str_from(suffixes[i]));
	if (!shared || c->http_allow_origin_count == 0)
		return;
	answer->origin = HTTP_ORIGIN_OTHER;
	(void)http_request_field(request, "Origin", &origin);
	for (size_t i = 0; i < c->http_allow_origin_count; i++) {
		struct str allowed = str_from(c->http_allow_origin[i]);

		if (str_eq(allowed, STR("*")))
			answer->origin = HTTP_ORIGIN_ANY;
		else if (answer->origin == HTTP_ORIGIN_OTHER && str_eq(allowed, buf_str(&origin)))
			answer->origin = HTTP_ORIGIN_ASKING;
	}
	buf_release(&origin);
}

/* The digest in the address tells of the bytes, so they never change. */
static void answer_asset(struct publish *p, enum asset asset, struct http_answer *answer)
{
	struct str bytes = asset_bytes(asset);
	char *copy;

	if (p->assets[asset] == NULL) {
		copy = malloc(bytes.len);
		if (copy != NULL)
			memcpy(copy, bytes.data, bytes.len);
		p->assets[asset] =
			copy != NULL ? http_body_new(copy, bytes.len, asset_content_type(asset), TIME_NONE) : NULL;
	}
	answer->status = p->assets[asset] != NULL ? 200 : 503;
	if (p->assets[asset] == NULL)
		return;
	answer->body = http_body_ref(p->assets[asset]);
	answer->cache_control = "public, max-age=31536000, immutable";
}

static void answer_subscribe(struct publish *p, struct http_answer *answer)
{
	const struct site *site = publish_site(p);
	struct buf out = BUF_INIT(PUBLISH_DOCUMENT_MAX);

	if (site != NULL)
		subscribe_page_write(&out, site);
	answer->body = make_body(&out, PAGE_CONTENT_TYPE);
	answer->status = answer->body != NULL ? 200 : 503;
	answer->cache_control = "max-age=0, must-revalidate";
}

/* Browsers get an error as a page like the others; http_error.c answers programs. */
static void answer_error(struct publish *p, const struct http_request *request, struct http_answer *answer)
{
	const struct site *site = publish_site(p);
	const char *reason = read_trouble_reason(&p->trouble);
	struct buf out = BUF_INIT(PUBLISH_DOCUMENT_MAX);
	struct page_error e = {.status = answer->status, .path = request->path, .text = str_from(reason)};

	if (site == NULL || !prefers_type(request, STR("text/html"), STR("application/json")))
		return;
	if (answer->status == 400)
		e.text = STR("An argument of the address is malformed.");
	error_page_write(&out, site, &e);
	answer->body = make_body(&out, PAGE_CONTENT_TYPE);
	answer->cache_control = NULL;
}

void publish_handle(void *arg, const struct http_request *request, struct http_answer *answer)
{
	struct publish *p = arg;
	enum asset asset;

	allow_origin(p, request, answer);
	if (request->method == HTTP_OPTIONS)
		answer->status = 204;
	else if (str_eq(request->path, STR("/metrics")))
		answer_metrics(p, request, answer);
	else if (p->live != NULL && str_eq(request->path, STR("/events")))
		live_handle(p->live, request, answer);
	else if (str_eq(request->path, STR("/healthz")))
		answer_health(p, request, answer);
	else if (str_eq(request->path, STR("/robots.txt")))
		answer_robots(answer);
	else if (asset_find(request->path, &asset))
		answer_asset(p, asset, answer);
	else if (str_eq(request->path, STR("/opml")))
		answer_list(p, request, WORK_OPML, answer);
	else if (str_eq(request->path, STR("/outputs.opml")))
		answer_list(p, request, WORK_OUTPUTS, answer);
	else if (str_eq(request->path, STR("/feeds")))
		answer_feeds(p, request, answer);
	else if (str_eq(request->path, STR("/subscribe")))
		answer_subscribe(p, answer);
	else
		answer_stories(p, request, answer);
	if (answer->status >= 400 && answer->body == NULL && !answer->later)
		answer_error(p, request, answer);
}

/* ---- life ---- */

struct publish *publish_new(const char *state_dir, publish_status_fn *fn, void *arg, struct error *err)
{
	struct publish *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return error_sys_null(err, -ENOMEM, "cannot publish");
	p->status = fn;
	p->status_arg = arg;
	p->reader = reader_new(state_dir, err);
	p->desk = p->reader != NULL ? search_desk_new(state_dir, err) : NULL;
	if (p->desk == NULL) {
		reader_free(p->reader);
		free(p);
		return NULL;
	}
	return p;
}

void publish_set_explain(struct publish *p, publish_explain_fn *fn)
{
	p->explain = fn;
}

static void release_windows(struct publish *p)
{
	window_release(&p->window);
	for (size_t i = 0; i < TOP_SPANS; i++)
		window_release(&p->top[i]);
}

void publish_free(struct publish *p)
{
	if (p == NULL)
		return;
	publish_works_drop(p);
	drop_all_cached(p);
	for (size_t i = 0; i < ASSET_COUNT; i++)
		http_body_unref(p->assets[i]);
	search_desk_free(p->desk);
	reader_free(p->reader);
	free(p->base_url);
	publish_release_site(p);
	release_windows(p);
	read_trouble_release(&p->trouble);
	free(p);
}

void publish_set_config(struct publish *p, const struct config *config, char *base_url, const struct feed_table *feeds)
{
	p->config = config;
	p->feeds = feeds;
	free(p->base_url);
	p->base_url = base_url;
	publish_release_site(p);
	release_windows(p);
	publish_works_drop(p);
	drop_all_cached(p);
}

void publish_set_live(struct publish *p, struct live *live)
{
	p->live = live;
}

void publish_follow_clock(struct publish *p)
{
	drop_all_cached(p);
	publish_invalidate(p);
}

void publish_invalidate(struct publish *p)
{
	p->generation_known = false;
}
