/* What readers fetch.  A path is either one of a few fixed documents or stories in a format: all of them,
 * those of a category, of an output's rule, of an alert.  Each document is rendered when somebody first
 * asks for it after a change, and the bytes are kept until the next change; the ETag comes from the bytes,
 * so a reader is told 304 even across a change that did not touch its document. */
#include "sitrep/publish.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "read_trouble.h"
#include "sitrep/clock.h"
#include "sitrep/log.h"
#include "sitrep/metrics.h"
#include "sitrep/opml.h"
#include "sitrep/render.h"
#include "sitrep/sha256.h"
#include "sitrep/story_page.h"

enum {
	/* One document: a hundred entries of ordinary length are half a megabyte. */
	DOCUMENT_MAX = 32 * 1024 * 1024,
	/* Past this no further story is added, so that a few huge ones cannot make it useless. */
	DOCUMENT_FULL = 8 * 1024 * 1024,
	/* All documents kept, gzip forms included; the one not asked for longest goes first. */
	CACHE_MAX = 64 * 1024 * 1024,
	CACHED_MAX = 512,
	/* /healthz: all reasons and notes, and what is read of a request's Accept. */
	HEALTH_MAX = 64 * 1024,
	ACCEPT_MAX = 4 * 1024,
};

/* Which stories, resolved from a path. */
struct selection {
	const char *title; /* of the category, output or alert; NULL: everything */
	char mark[256];    /* "output/NAME", "alert/NAME", "" */
	int64_t *feed_ids; /* NULL: all */
	size_t feed_count;
	size_t entries;
	const struct format *format;
};

struct cached {
	char *path;
	struct http_body *body;
	size_t size; /* as counted in cached_bytes */
	int64_t generation;
	uint64_t used; /* counts up, the lowest was not asked for longest */
};

struct publish {
	struct reader *reader;
	publish_status_fn *status;
	void *status_arg;
	const struct config *config;
	const struct feed_state *feeds;
	size_t feed_count;
	char *base_url; /* without the slash at the end */
	struct cached cache[CACHED_MAX];
	size_t cached_count;
	size_t cached_bytes;
	uint64_t uses;
	int64_t generation;
	int64_t changed_ms;
	bool generation_known;
	struct read_trouble trouble;
};

static const struct format *const formats[] = {&format_atom, &format_rss, &format_json};

/* ---- cache ---- */

static void drop(struct publish *p, size_t i)
{
	struct cached *c = &p->cache[i];

	p->cached_bytes -= c->size;
	http_body_unref(c->body);
	free(c->path);
	*c = p->cache[--p->cached_count];
}

static void drop_all(struct publish *p)
{
	while (p->cached_count > 0)
		drop(p, p->cached_count - 1);
	p->cached_bytes = 0;
}

static void make_room(struct publish *p, size_t size)
{
	while (p->cached_count > 0 && (p->cached_count == CACHED_MAX || p->cached_bytes + size > CACHE_MAX)) {
		size_t oldest = 0;

		for (size_t i = 1; i < p->cached_count; i++)
			if (p->cache[i].used < p->cache[oldest].used)
				oldest = i;
		drop(p, oldest);
	}
}

static struct cached *find(struct publish *p, struct str path)
{
	for (size_t i = 0; i < p->cached_count; i++)
		if (str_eq(str_from(p->cache[i].path), path))
			return &p->cache[i];
	return NULL;
}

/* A gzip form that was made since is memory too. */
static void count_again(struct publish *p, struct cached *c)
{
	size_t size = http_body_size(c->body);

	p->cached_bytes += size - c->size;
	c->size = size;
}

static void keep(struct publish *p, struct str path, struct http_body *body)
{
	struct cached *c = find(p, path);

	if (c != NULL)
		drop(p, (size_t)(c - p->cache));
	make_room(p, http_body_size(body));
	c = &p->cache[p->cached_count];
	c->path = strndup(path.data, path.len);
	if (c->path == NULL)
		return;
	c->body = http_body_ref(body);
	c->size = 0;
	c->generation = p->generation;
	c->used = ++p->uses;
	count_again(p, c);
	p->cached_count++;
}

/* ---- which stories ---- */

static const struct format *take_suffix(struct str *path)
{
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		struct str suffix = str_from(formats[i]->suffix);

		if (path->len > suffix.len + 1 && str_ends(*path, suffix) &&
			path->data[path->len - suffix.len - 1] == '.') {
			path->len -= suffix.len + 1;
			return formats[i];
		}
	}
	return NULL;
}

static bool has_category(const struct feed_state *f, struct str wanted)
{
	struct str rest = str_from(f->categories), name;

	while (str_split(&rest, '\n', &name))
		if (str_eq_nocase(name, wanted))
			return true;
	return false;
}

static int select_category(const struct publish *p, struct str name, struct selection *s)
{
	s->feed_ids = calloc(p->feed_count + 1, sizeof(*s->feed_ids));
	if (s->feed_ids == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < p->feed_count; i++)
		if (p->feeds[i].name != NULL && has_category(&p->feeds[i], name))
			s->feed_ids[s->feed_count++] = p->feeds[i].id;
	return s->feed_count > 0 ? 0 : -ENOENT;
}

static int select_output(const struct publish *p, struct str name, struct selection *s)
{
	for (size_t i = 0; i < p->config->outputs.count; i++) {
		const struct config_output *o = &p->config->outputs.items[i];

		if (!str_eq(str_from(o->name), name))
			continue;
		s->title = o->title != NULL ? o->title : o->name;
		if (o->entries > 0)
			s->entries = (size_t)o->entries;
		if (o->match != NULL)
			(void)snprintf(s->mark, sizeof(s->mark), "output/%s", o->name);
		return 0;
	}
	return -ENOENT;
}

static int select_alert(const struct publish *p, struct str name, struct selection *s)
{
	for (size_t i = 0; i < p->config->alerts.count; i++) {
		if (!str_eq(str_from(p->config->alerts.items[i].name), name))
			continue;
		s->title = p->config->alerts.items[i].name;
		(void)snprintf(s->mark, sizeof(s->mark), "alert/%s", s->title);
		return 0;
	}
	return -ENOENT;
}

static bool take_prefix(struct str *path, struct str prefix)
{
	if (!str_starts(*path, prefix))
		return false;
	*path = str_slice(*path, prefix.len, path->len);
	return true;
}

/* -ENOENT for a path that names no stories. The caller frees s->feed_ids; title_room holds a category's title. */
static int resolve(const struct publish *p, struct str path, struct selection *s, char *title_room, size_t room)
{
	*s = (struct selection){.entries = (size_t)p->config->http_entries};
	if (str_eq(path, STR("/"))) {
		s->format = &format_page;
		return 0;
	}
	s->format = take_suffix(&path);
	if (s->format == NULL)
		return -ENOENT;
	if (str_eq(path, STR("/feed")))
		return 0;
	if (take_prefix(&path, STR("/category/"))) {
		(void)snprintf(title_room, room, "%.*s", STR_ARG(path));
		s->title = title_room;
		return select_category(p, path, s);
	}
	if (take_prefix(&path, STR("/output/")))
		return select_output(p, path, s);
	if (take_prefix(&path, STR("/alert/")))
		return select_alert(p, path, s);
	return -ENOENT;
}

/* ---- rendering ---- */

struct rendering {
	struct buf out;
	const struct format *format;
	size_t count;
};

static int add_story(void *arg, const struct story *s)
{
	struct rendering *r = arg;

	r->format->story(&r->out, s, r->count++);
	return r->out.len > DOCUMENT_FULL || buf_failed(&r->out);
}

/* An address like any other's identifier: the same as long as the address of the document is. */
static void make_id(struct channel *c)
{
	struct sha256 *hash = sha256_new(NULL);
	uint8_t d[SHA256_LEN] = {0};

	if (hash != NULL && sha256_begin(hash) == 0 && sha256_add(hash, str_from(c->self_url)) == 0)
		(void)sha256_end(hash, d);
	sha256_free(hash);
	d[6] = (uint8_t)((d[6] & 0x0f) | 0x80); /* RFC 9562, version 8 */
	d[8] = (uint8_t)((d[8] & 0x3f) | 0x80);
	(void)snprintf(c->id, sizeof(c->id),
		"urn:uuid:%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", d[0], d[1], d[2], d[3],
		d[4], d[5], d[6], d[7], d[8], d[9], d[10], d[11], d[12], d[13], d[14], d[15]);
}

static void describe(const struct publish *p, struct str path, const struct selection *s, char *title, size_t room,
	char *home, size_t home_room, struct channel *c)
{
	(void)snprintf(title, room, "%s%s%s", p->config->title, s->title != NULL ? ": " : "",
		s->title != NULL ? s->title : "");
	(void)snprintf(home, home_room, "%s/", p->base_url);
	*c = (struct channel){.title = title, .home_url = home, .updated_ms = p->changed_ms};
	(void)snprintf(c->self_url, sizeof(c->self_url), "%s%.*s", p->base_url, STR_ARG(path));
	make_id(c);
}

static struct http_body *render_stories(struct publish *p, struct str path, const struct selection *s)
{
	struct rendering r = {.out = BUF_INIT(DOCUMENT_MAX), .format = s->format};
	struct story_query query = {
		.feed_ids = s->feed_ids,
		.feed_count = s->feed_count,
		.mark = s->mark[0] != '\0' ? s->mark : NULL,
		.before_sort_ms = INT64_MAX,
		.before_id = INT64_MAX,
		.limit = s->entries,
	};
	struct http_body *body = NULL;
	struct error err = {0};
	char title[512], home[2048];
	struct channel channel;
	char *data;
	size_t len;

	describe(p, path, s, title, sizeof(title), home, sizeof(home), &channel);
	s->format->begin(&r.out, &channel);
	if (reader_stories(p->reader, &query, add_story, &r, &err) < 0) {
		read_trouble_note(&p->trouble, path, &err);
		goto out;
	}
	read_trouble_note(&p->trouble, path, NULL);
	s->format->end(&r.out);
	data = buf_take(&r.out, &len);
	if (data != NULL)
		body = http_body_new(data, len, s->format->content_type, p->changed_ms);
out:
	buf_release(&r.out);
	return body;
}

/* ---- one story ---- */

struct story_document {
	struct buf out;
	const char *site;
	bool json;
};

static int write_story(void *arg, const struct story *s, const struct story_details *d)
{
	struct story_document *doc = arg;

	if (doc->json)
		story_page_json(&doc->out, s, d);
	else
		story_page_html(&doc->out, doc->site, s, d);
	return 0;
}

/* -ENOENT when there is no story of that name. */
static int render_story(struct publish *p, struct str name, struct http_body **body)
{
	struct story_document doc = {.out = BUF_INIT(DOCUMENT_MAX), .site = p->config->title};
	struct str full_name = name;
	struct error err = {0};
	size_t len;
	char *data;
	int result;

	if (str_ends(name, STR(".json"))) {
		doc.json = true;
		name.len -= 5;
	}
	result = reader_story_details(p->reader, name, write_story, &doc, &err);
	read_trouble_note(&p->trouble, full_name, result != 0 && result != -ENOENT ? &err : NULL);
	data = result == 0 ? buf_take(&doc.out, &len) : NULL;
	if (data != NULL)
		*body = http_body_new(
			data, len, doc.json ? "application/json" : format_page.content_type, p->changed_ms);
	buf_release(&doc.out);
	return result;
}

/* ---- the fixed documents ---- */

static struct http_body *finish(struct buf *out, const char *content_type)
{
	size_t len;
	char *data = buf_take(out, &len);
	struct http_body *body = data != NULL ? http_body_new(data, len, content_type, TIME_NONE) : NULL;

	buf_release(out);
	return body;
}

static void answer_metrics(struct publish *p, struct http_answer *answer)
{
	struct buf out = BUF_INIT(DOCUMENT_MAX);
	struct publish_status status;
	struct store_counts counts = {0};
	struct health health;

	p->status(p->status_arg, &status);
	publish_judge_health(p, &health);
	(void)reader_counts(p->reader, &counts, NULL);
	(void)metrics_write(&out, &status, &counts, &health);
	answer->body = finish(&out, "text/plain; version=0.0.4; charset=utf-8");
	answer->status = answer->body != NULL ? 200 : 503;
}

void publish_judge_health(struct publish *p, struct health *health)
{
	struct publish_status status;
	struct error err = {0};
	int64_t oldest, newest;
	const char *reason;

	p->status(p->status_arg, &status);
	reason = read_trouble_reason(&p->trouble);
	if (reason != NULL)
		status.health.read_error = reason;
	if (reader_cursors(p->reader, &oldest, &newest, &err) != 0)
		status.health.read_error = err.text;
	health_judge(&status.health, health);
}

/* Whoever asks for JSON by name gets it. */
static bool wants_json(const struct http_request *request)
{
	struct buf accept = BUF_INIT(ACCEPT_MAX);
	int json = -1, text = -1;

	if (http_request_field(request, "Accept", &accept)) {
		json = http_weight(buf_str(&accept), STR("application/json"));
		text = http_weight(buf_str(&accept), STR("text/plain"));
	}
	buf_release(&accept);
	return json > 0 && json >= text;
}

static void answer_health(struct publish *p, const struct http_request *request, struct http_answer *answer)
{
	struct buf out = BUF_INIT(HEALTH_MAX);
	bool is_json = wants_json(request);
	struct health health;
	struct jsonw w;

	publish_judge_health(p, &health);
	if (is_json) {
		jsonw_init(&w, &out);
		jsonw_object(&w);
		health_write_json(&health, &w);
		jsonw_object_end(&w);
		(void)buf_putc(&out, '\n');
	} else {
		(void)health_write_text(&health, &out);
	}
	answer->body = finish(&out, is_json ? "application/json" : "text/plain; charset=utf-8");
	answer->status = health.reason_count == 0 && answer->body != NULL ? 200 : 503;
	answer->cache_control = "no-store";
}

static void answer_opml(struct publish *p, struct http_answer *answer)
{
	struct buf out = BUF_INIT(DOCUMENT_MAX);
	struct opml_feed *list = calloc(p->feed_count + 1, sizeof(*list));
	struct str *names = NULL;
	size_t count = 0, name_count = 0;

	answer->status = 503;
	for (size_t i = 0; i < p->feed_count; i++) {
		struct str rest = str_from(p->feeds[i].categories), name;

		while (str_split(&rest, '\n', &name))
			name_count++;
	}
	names = calloc(name_count + 1, sizeof(*names));
	if (list == NULL || names == NULL)
		goto out;
	name_count = 0;
	for (size_t i = 0; i < p->feed_count; i++) {
		const struct feed_state *f = &p->feeds[i];
		struct str rest = str_from(f->categories), name;

		if (f->name == NULL)
			continue;
		list[count] = (struct opml_feed){
			.url = str_from(f->url),
			.title = str_from(f->title != NULL ? f->title : f->name),
			.site = str_from(f->link),
			.categories = &names[name_count],
		};
		while (str_split(&rest, '\n', &name)) {
			names[name_count++] = name;
			list[count].category_count++;
		}
		count++;
	}
	if (opml_write(&out, str_from(p->config->title), list, count) == 0)
		answer->body = finish(&out, "text/x-opml; charset=utf-8");
	if (answer->body != NULL)
		answer->status = 200;
out:
	buf_release(&out);
	free(list);
	free(names);
}

/* ---- the way in ---- */

static void look_at_generation(struct publish *p)
{
	struct error err = {0};

	if (p->generation_known)
		return;
	p->generation_known = reader_generation(p->reader, &p->generation, &p->changed_ms, &err) == 0;
	read_trouble_note(&p->trouble, STR("generation"), p->generation_known ? NULL : &err);
	if (p->changed_ms == TIME_NONE)
		p->changed_ms = 0; /* nothing was ever published, and Atom wants a date */
}

static void answer_stories(struct publish *p, struct str path, struct http_answer *answer)
{
	struct cached *c;
	struct selection s;
	struct str name;
	char title_room[256];
	bool is_story;
	int result;

	look_at_generation(p);
	c = find(p, path);
	answer->cache_control = "max-age=60";
	if (c != NULL && c->generation == p->generation) {
		c->used = ++p->uses;
		count_again(p, c);
		answer->status = 200;
		answer->body = http_body_ref(c->body);
		return;
	}
	name = path;
	s.feed_ids = NULL;
	is_story = take_prefix(&name, STR("/story/"));
	if (is_story) {
		result = render_story(p, name, &answer->body);
	} else {
		result = resolve(p, path, &s, title_room, sizeof(title_room));
		if (result == 0)
			answer->body = render_stories(p, path, &s);
	}
	if (result == 0) {
		answer->status = answer->body != NULL ? 200 : 503;
		/* There are more stories than room, and each is asked for seldom. */
		if (answer->body != NULL && !is_story)
			keep(p, path, answer->body);
	} else {
		answer->status = result == -ENOENT ? 404 : 503;
	}
	free(s.feed_ids);
}

void publish_handle(void *arg, const struct http_request *request, struct http_answer *answer)
{
	struct publish *p = arg;

	if (str_eq(request->path, STR("/metrics")))
		answer_metrics(p, answer);
	else if (str_eq(request->path, STR("/healthz")))
		answer_health(p, request, answer);
	else if (str_eq(request->path, STR("/opml")))
		answer_opml(p, answer);
	else
		answer_stories(p, request->path, answer);
}

/* ---- life ---- */

struct publish *publish_new(const char *state_dir, publish_status_fn *fn, void *arg, struct error *err)
{
	struct publish *p = calloc(1, sizeof(*p));

	if (p == NULL) {
		(void)error_sys(err, -ENOMEM, "cannot publish");
		return NULL;
	}
	p->status = fn;
	p->status_arg = arg;
	p->reader = reader_new(state_dir, err);
	if (p->reader == NULL) {
		free(p);
		return NULL;
	}
	return p;
}

void publish_free(struct publish *p)
{
	if (p == NULL)
		return;
	drop_all(p);
	reader_free(p->reader);
	free(p->base_url);
	read_trouble_release(&p->trouble);
	free(p);
}

/* Without a base-url documents name the first address that we listen on. */
char *publish_base_url(const struct config *c)
{
	char *url = NULL;

	if (c->base_url != NULL) {
		size_t len = strlen(c->base_url);

		while (len > 0 && c->base_url[len - 1] == '/')
			len--;
		return strndup(c->base_url, len);
	}
	for (size_t i = 0; i < c->http_listen.count; i++) {
		const struct config_listen *l = &c->http_listen.items[i];
		bool is_v6 = l->host != NULL && strchr(l->host, ':') != NULL;

		if (l->path != NULL)
			continue;
		if (asprintf(&url, "http://%s%s%s:%u", is_v6 ? "[" : "", l->host != NULL ? l->host : "localhost",
			    is_v6 ? "]" : "", (unsigned)l->port) < 0)
			return NULL;
		return url;
	}
	return strdup("http://localhost");
}

void publish_set_config(struct publish *p, const struct config *config, char *base_url, const struct feed_state *feeds,
	size_t feed_count)
{
	p->config = config;
	p->feeds = feeds;
	p->feed_count = feed_count;
	free(p->base_url);
	p->base_url = base_url;
	drop_all(p);
}

void publish_invalidate(struct publish *p)
{
	p->generation_known = false;
}
