/* SPDX-License-Identifier: ISC */
/* Makes the documents of a pass one after the other.  The loop makes a document in steps, one a turn; then the thread
 * writes its file. */
#include "sitrep/publish/export.h"

#include <errno.h>
#include <event2/event.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "export_files.h"
#include "export_html.h"
#include "export_thread.h"
#include "publish_state.h"
#include "sitrep/base/array.h"
#include "sitrep/base/clock.h"
#include "sitrep/base/log.h"

enum {
	/* Between the end of a pass and the next one. */
	REST_MS = 5 * 1000,
	/* After failures; the first wait is doubled with each one. */
	RETRY_MS = 5 * 1000,
	RETRY_MAX_MS = 10 * 60 * 1000,
	/* All archives are made again, since retention or an edit may have changed a closed one. */
	WHOLE_PASS_MS = 24 * 60 * 60 * 1000,
	/* Between two steps, so that the loop is free for others. */
	STEP_MS = 2,
	/* Earlier story pages that a pass makes again, to see whether their stories are still kept. */
	STORIES_AGAIN = 20,
	TARGET_MAX = PUBLISH_ADDRESS_MAX,
};

static const char *const suffixes[] = {"atom", "rss", "json"};

/* A document to make. */
struct target {
	const char *path; /* "/feed.atom", "/", "/story/ID" */
	bool is_feed;     /* has archives */
};

struct export
{
	struct event_base *base;
	struct event *timer;
	struct publish *publish; /* of its own, for documents that are files */
	struct export_thread *thread;
	struct config config; /* the configuration, without outputs that have readers of their own */
	const struct feed_table *feeds;
	char *directory;  /* NULL: no files are written */
	char *daemon_url; /* base-url, without a slash at its end */
	bool wanted, whole;
	int64_t rest_until_ms, whole_ms; /* monotonic */
	unsigned failures;               /* in a row */
	struct error trouble;            /* of the last pass; code 0: it succeeded */

	/* The pass. */
	bool runs, stale; /* stale: the configuration has changed meanwhile */
	LIST(struct target) targets;
	struct arena arena; /* of targets */
	size_t at;
	int64_t archive;      /* of the target that is made; -1: its newest part */
	size_t stories_again; /* earlier story pages looked at in this pass */

	/* The thread's, while it works. */
	enum export_job { JOB_OPEN, JOB_WRITE, JOB_ARCHIVES, JOB_NEXT, JOB_SWEEP } job;
	bool works;
	struct export_files *files;
	char name[TARGET_MAX];  /* of the file; in JOB_ARCHIVES its stem */
	char suffix[8];         /* in JOB_ARCHIVES */
	struct http_body *body; /* the document; NULL: text has it */
	struct buf text;
	bool closed, found;
	int64_t next_archive; /* of the document */
	struct error error;   /* of the job */
};

static void start_timer(struct export *e, int64_t wait_ms)
{
	struct timeval tv = clock_timeval(wait_ms > 0 ? wait_ms : 0);

	event_add(e->timer, &tv);
}

/* ---- the thread ---- */

static void open_files(struct export *e)
{
	if (e->files != NULL && export_files_are_at(e->files, e->directory)) {
		export_files_forget(e->files);
		return;
	}
	export_files_close(e->files);
	e->files = export_files_open(e->directory, &e->error);
}

static void run_job(void *arg)
{
	struct export *e = arg;
	const char *name;

	e->error.code = 0;
	switch (e->job) {
	case JOB_OPEN:
		open_files(e);
		break;
	case JOB_WRITE:
		export_files_write(e->files, e->name, e->body != NULL ? http_body_bytes(e->body) : buf_str(&e->text),
			e->closed, &e->error);
		break;
	case JOB_ARCHIVES:
		e->found = export_files_keep_archives(e->files, e->name, e->suffix, e->archive);
		break;
	case JOB_NEXT:
		name = export_files_next_story(e->files);
		e->found = name != NULL;
		if (e->found)
			snprintf(e->name, sizeof(e->name), "%s", name);
		break;
	case JOB_SWEEP:
		export_files_sweep(e->files, &e->error);
		break;
	}
}

static void begin_job(struct export *e, enum export_job job)
{
	e->job = job;
	e->works = true;
	export_thread_go(e->thread);
}

/* ---- the pass ---- */

static void end_pass(struct export *e)
{
	e->runs = false;
	arena_release(&e->arena);
	e->targets.items = NULL;
	e->targets.count = e->targets.cap = 0;
	http_body_unref(e->body);
	e->body = NULL;
	buf_release(&e->text);
	publish_works_drop(e->publish);
}

static void succeed_pass(struct export *e)
{
	if (e->trouble.code != 0)
		log_emit(LOG_LEVEL_NOTICE, "static files are written again", "directory", e->directory, NULL);
	e->trouble.code = 0;
	e->failures = 0;
	if (e->whole)
		e->whole_ms = clock_mono_ms();
	e->whole = false;
	e->rest_until_ms = clock_mono_ms() + REST_MS;
	end_pass(e);
	start_timer(e, REST_MS);
}

static void fail_pass(struct export *e, const struct error *err)
{
	int64_t wait_ms = RETRY_MS;

	for (unsigned i = 0; i < e->failures && wait_ms < RETRY_MAX_MS; i++)
		wait_ms *= 2;
	if (strcmp(e->trouble.text, err->text) != 0 || e->trouble.code == 0)
		log_emit(LOG_LEVEL_ERROR, "cannot write static files, will retry", "reason", err->text, NULL);
	e->trouble = *err;
	e->failures++;
	e->wanted = true;
	e->rest_until_ms = clock_mono_ms() + (wait_ms < RETRY_MAX_MS ? wait_ms : RETRY_MAX_MS);
	end_pass(e);
	start_timer(e, e->rest_until_ms - clock_mono_ms());
}

static void fail_pass_with(struct export *e, int code)
{
	struct error err;

	error_sys(&err, code, "cannot make static files");
	fail_pass(e, &err);
}

/* Adds a document; one whose path makes no file name is left out. */
static int __attribute__((format(printf, 3, 4))) add_target(struct export *e, bool is_feed, const char *fmt, ...)
{
	char path[TARGET_MAX];
	struct target *t;
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(path, sizeof(path), fmt, ap);
	va_end(ap);
	if (len < 1 || len >= TARGET_MAX || (len > 1 && !export_files_name_is_good(path + 1)))
		return 0;
	t = list_add(&e->arena, &e->targets);
	if (t == NULL)
		return -ENOMEM;
	t->path = arena_cstr(&e->arena, str_from(path));
	t->is_feed = is_feed;
	return t->path != NULL ? 0 : -ENOMEM;
}

static int add_feed(struct export *e, const char *kind, const char *name)
{
	int result = 0;

	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]) && result == 0; i++)
		result = add_target(e, true, "/%s%s.%s", kind, name, suffixes[i]);
	return result;
}

static int add_rules(struct export *e, const struct config_rules *rules, const char *kind)
{
	int result = 0;

	for (size_t i = 0; i < rules->count && result == 0; i++)
		result = add_feed(e, kind, rules->items[i].name);
	return result;
}

static int add_categories(struct export *e)
{
	const char **names;
	size_t count;
	int result = config_categories(&e->config, &names, &count);

	for (size_t i = 0; i < count && result == 0; i++)
		result = add_feed(e, "category/", names[i]);
	free(names);
	return result;
}

static int add_targets(struct export *e)
{
	int result = add_feed(e, "", "feed");

	if (result == 0)
		result = add_rules(e, &e->config.outputs, "output/");
	if (result == 0)
		result = add_rules(e, &e->config.alerts, "alert/");
	if (result == 0)
		result = add_categories(e);
	for (int i = 0; i < ASSET_COUNT && result == 0; i++)
		result = add_target(e, false, "/%s", asset_path((enum asset)i));
	if (result == 0)
		result = add_target(e, false, "/outputs.opml");
	/* The links of the river add the story pages when it is made. */
	return result == 0 ? add_target(e, false, "/") : result;
}

static void begin_pass(struct export *e)
{
	struct error err;
	int result;

	if (e->thread == NULL)
		return;
	e->runs = true;
	e->wanted = e->stale = false;
	e->at = e->stories_again = 0;
	e->archive = -1;
	e->whole = e->whole || clock_mono_ms() - e->whole_ms >= WHOLE_PASS_MS;
	arena_init(&e->arena, 256 * 1024 * 1024);
	e->text = BUF_INIT(PUBLISH_DOCUMENT_MAX);
	publish_invalidate(e->publish);
	result = add_targets(e);
	if (result != 0) {
		error_sys(&err, result, "cannot write static files");
		fail_pass(e, &err);
		return;
	}
	begin_job(e, JOB_OPEN);
}

/* ---- one document ---- */

/* The file of a path: "/" is index.html, a story's page gets ".html". */
static void name_file(struct export *e, const struct target *t)
{
	struct buf name = BUF_INIT(TARGET_MAX - 1);
	char query[32];

	if (strcmp(t->path, "/") == 0) {
		buf_puts(&name, "index.html");
	} else if (e->archive >= 0) {
		snprintf(query, sizeof(query), "?archive=%" PRId64, e->archive);
		render_archive_file(&name, str_from(t->path + 1), str_from(query));
	} else {
		buf_puts(&name, t->path + 1);
		if (str_starts(str_from(t->path), STR("/story/")) && !str_ends(str_from(t->path), STR(".json")))
			buf_puts(&name, ".html");
	}
	snprintf(e->name, sizeof(e->name), "%.*s", STR_ARG(buf_str(&name)));
	buf_release(&name);
}

static int add_story(void *arg, struct str id)
{
	struct export *e = arg;
	const struct target *last = &e->targets.items[e->targets.count - 1];
	int result;

	/* A row of the river has several links to its story, one after the other. */
	if (str_find(str_from(last->path), id, 0) != STR_NPOS)
		return 0;
	result = add_target(e, false, "/story/%.*s", STR_ARG(id));

	return result == 0 ? add_target(e, false, "/story/%.*s.json", STR_ARG(id)) : result;
}

/* Makes a feed.  1: it takes another turn. */
static int make_feed(struct export *e, const struct target *t)
{
	char address[TARGET_MAX];
	struct product product;
	struct work *w;
	int result = 0;

	if (e->archive >= 0)
		snprintf(address, sizeof(address), "%s?archive=%" PRId64, t->path, e->archive);
	else
		snprintf(address, sizeof(address), "%s", t->path);
	publish_look_at_generation(e->publish);
	w = publish_work_find(e->publish, str_from(address));
	if (w == NULL)
		result = publish_work_start(e->publish, str_from(address), WORK_STORIES, &w);
	if (result == 0)
		result = publish_work_step(e->publish, w, &product);
	if (result != 0)
		return result;
	publish_layout_release(&product.layout);
	e->body = product.body;
	e->closed = product.closed;
	e->next_archive = product.archive_before;
	return 0;
}

/* Makes another document by a request of our own.  1: it takes another turn. */
static int make_other(struct export *e, const struct target *t)
{
	struct http_request request = {.method = HTTP_GET, .path = str_from(t->path)};
	struct http_answer answer = {.status = 404};
	const struct export_html html = {
		.base_url = e->daemon_url,
		.is_story = strcmp(t->path, "/") != 0,
		.fn = strcmp(t->path, "/") == 0 ? add_story : NULL,
		.arg = e,
	};
	int result;

	publish_handle(e->publish, &request, &answer);
	free(answer.location);
	e->body = answer.body;
	e->closed = false;
	e->next_archive = -1;
	if (answer.later)
		return 1;
	if (answer.status != 200 || answer.body == NULL)
		return answer.status == 404 || answer.status == 301 ? -ENOENT : -EIO;
	if (!export_html_is_page(t->path))
		return 0;
	buf_clear(&e->text);
	result = export_html_rewrite(&html, http_body_bytes(e->body), &e->text);
	http_body_unref(e->body);
	e->body = NULL;
	return result;
}

/* Goes on to the archive of the document, or to the next document, when it is written or does not exist. */
static void advance_pass(struct export *e, bool written)
{
	const struct target *t = &e->targets.items[e->at];
	size_t dot = strlen(t->path);

	http_body_unref(e->body);
	e->body = NULL;
	if (written && t->is_feed && e->next_archive >= 0) {
		e->archive = e->next_archive;
		if (e->whole) {
			start_timer(e, STEP_MS);
			return;
		}
		while (t->path[dot - 1] != '.')
			dot--;
		snprintf(e->name, sizeof(e->name), "%.*s", (int)(dot - 2), t->path + 1);
		snprintf(e->suffix, sizeof(e->suffix), "%s", t->path + dot);
		begin_job(e, JOB_ARCHIVES);
		return;
	}
	e->archive = -1;
	e->at++;
	start_timer(e, STEP_MS);
}

static void make_next(struct export *e)
{
	const struct target *t;
	int result;

	if (e->at == e->targets.count) {
		begin_job(e, e->stories_again < STORIES_AGAIN ? JOB_NEXT : JOB_SWEEP);
		return;
	}
	t = &e->targets.items[e->at];
	result = t->is_feed ? make_feed(e, t) : make_other(e, t);
	if (result == 1) {
		start_timer(e, STEP_MS);
	} else if (result == -ENOENT) {
		/* A story or an archive that retention has removed. */
		if (str_starts(str_from(t->path), STR("/story/"))) {
			name_file(e, t);
			export_files_drop(e->files, e->name);
		}
		advance_pass(e, false);
	} else if (result != 0) {
		fail_pass_with(e, result);
	} else {
		name_file(e, t);
		begin_job(e, JOB_WRITE);
	}
}

/* Adds an earlier story page, so that it is made again, or dropped when its story is gone. */
static int add_earlier_story(struct export *e)
{
	struct str name = str_from(e->name);

	e->stories_again++;
	name = str_slice(name, STR("story/").len, name.len - STR(".html").len);
	return add_story(e, name);
}

static void on_done(void *arg)
{
	struct export *e = arg;
	int result = 0;

	e->works = false;
	if (!e->runs || e->stale) {
		end_pass(e);
		start_timer(e, STEP_MS);
		return;
	}
	if (e->error.code != 0) {
		fail_pass(e, &e->error);
		return;
	}
	switch (e->job) {
	case JOB_OPEN:
		start_timer(e, STEP_MS);
		break;
	case JOB_WRITE:
		advance_pass(e, true);
		break;
	case JOB_ARCHIVES:
		if (e->found) {
			e->next_archive = -1;
			advance_pass(e, true);
		} else {
			start_timer(e, STEP_MS);
		}
		break;
	case JOB_NEXT:
		if (e->found)
			result = add_earlier_story(e);
		else
			e->stories_again = STORIES_AGAIN;
		if (result != 0)
			fail_pass_with(e, result);
		else
			start_timer(e, STEP_MS);
		break;
	case JOB_SWEEP:
		succeed_pass(e);
		break;
	}
}

static void on_timer(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
	struct export *e = arg;
	int64_t wait_ms = e->rest_until_ms - clock_mono_ms();

	if (e->works || e->directory == NULL)
		return;
	if (e->runs && e->stale)
		end_pass(e);
	if (e->runs)
		make_next(e);
	else if (e->wanted && wait_ms > 0)
		start_timer(e, wait_ms);
	else if (e->wanted)
		begin_pass(e);
}

/* ---- life ---- */

struct export *export_new(
	struct event_base *base, const char *state_dir, publish_status_fn *fn, void *arg, struct error *err)
{
	struct export *e = calloc(1, sizeof(*e));

	if (e == NULL)
		return error_sys_null(err, -ENOMEM, "cannot write static files");
	e->base = base;
	e->whole = true;
	e->timer = evtimer_new(base, on_timer, e);
	e->publish = e->timer != NULL ? publish_new(state_dir, fn, arg, err) : NULL;
	if (e->publish != NULL) {
		e->publish->is_static = true;
		return e;
	}
	if (e->timer == NULL)
		error_sys(err, -ENOMEM, "cannot write static files");
	export_free(e);
	return NULL;
}

void export_free(struct export *e)
{
	if (e == NULL)
		return;
	export_thread_free(e->thread);
	if (e->runs)
		end_pass(e);
	export_files_close(e->files);
	publish_free(e->publish);
	free(e->config.outputs.items);
	if (e->timer != NULL)
		event_free(e->timer);
	free(e->directory);
	free(e->daemon_url);
	free(e);
}

/* The base of the files' addresses, without a slash at its end. */
static char *make_base(const struct config *c, const char *base_url)
{
	struct str url = str_from(c->publish_url != NULL ? c->publish_url : base_url);

	while (url.len > 0 && url.data[url.len - 1] == '/')
		url.len--;
	return strndup(url.data, url.len);
}

/* A folder of files asks nobody for a credential, so outputs that have readers of their own are no part of it. */
static struct config_rule *take_open_outputs(const struct config_rules *from, size_t *count)
{
	struct config_rule *open = calloc(from->count + 1, sizeof(*open));

	*count = 0;
	for (size_t i = 0; open != NULL && i < from->count; i++)
		if (from->items[i].token_file.text == NULL && from->items[i].users_file.text == NULL)
			open[(*count)++] = from->items[i];
	return open;
}

void export_set_config(
	struct export *e, const struct config *config, const char *base_url, const struct feed_table *feeds)
{
	const char *directory = config->publish_directory.full;
	char *base = make_base(config, base_url), *copy = directory != NULL ? strdup(directory) : NULL;
	struct config_rule *earlier = e->config.outputs.items, *outputs;
	struct error err = {0};
	size_t output_count;

	outputs = take_open_outputs(&config->outputs, &output_count);
	e->config = *config;
	e->config.outputs = (struct config_rules){.items = outputs, .count = output_count, .cap = output_count};
	free(e->daemon_url);
	e->daemon_url = strdup(base_url);
	e->feeds = feeds;
	/* The thread reads the name of the folder only while it opens it. */
	if (!e->works || e->job != JOB_OPEN) {
		free(e->directory);
		e->directory = copy;
	} else if (copy != NULL && strcmp(copy, e->directory) == 0) {
		free(copy);
	} else {
		export_thread_free(e->thread);
		e->thread = NULL;
		e->works = false;
		free(e->directory);
		e->directory = copy;
	}
	e->whole = e->stale = true;
	if (base != NULL)
		publish_set_config(e->publish, &e->config, base, feeds);
	free(earlier);
	if (e->directory != NULL && e->thread == NULL)
		e->thread = export_thread_new(e->base, run_job, on_done, e, &err);
	if (base == NULL || outputs == NULL || e->daemon_url == NULL ||
		(directory != NULL && (e->directory == NULL || e->thread == NULL))) {
		error_sys(&e->trouble, -ENOMEM, "cannot write static files");
		free(e->directory);
		e->directory = NULL;
	} else if (e->directory == NULL) {
		e->trouble.code = 0;
	}
	e->rest_until_ms = 0;
	if (e->runs && !e->works)
		start_timer(e, 0);
	export_note_change(e);
}

void export_note_change(struct export *e)
{
	e->wanted = true;
	if (e->directory != NULL && !e->runs && !e->works)
		start_timer(e, e->rest_until_ms - clock_mono_ms());
}

const char *export_trouble(const struct export *e)
{
	return e->trouble.code != 0 ? e->trouble.text : NULL;
}
