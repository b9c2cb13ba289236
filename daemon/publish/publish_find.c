/* SPDX-License-Identifier: ISC */
/* The page of the search, and the places of a feed with a rule: the search's own thread finds them, and the request
 * looks again in later turns. */
#include <errno.h>
#include <stdlib.h>

#include "publish_state.h"
#include "sitrep/base/clock.h"
#include "sitrep/pages/search_page.h"

enum {
	TEXTS_MAX = 64 * 1024,
	LIMIT_US = 2 * 1000 * 1000,
	DAY_MS = 24 * 3600 * 1000,
};

struct find_work {
	struct arena texts; /* of the view */
	struct search_view view;
	struct search_job *job; /* NULL: not asked yet */
};

/* ---- the page's address ---- */

struct asked {
	struct search_view view;
	struct arena texts;
	struct error err;
};

static int take_argument(void *arg, struct str name, struct str value)
{
	struct asked *a = arg;
	struct str copy = arena_str(&a->texts, value);

	/* as if there was none */
	if (value.len == 0)
		return 0;
	if (str_find_char(value, '\n', 0) != STR_NPOS)
		return error_set(&a->err, -EINVAL, "a parameter has a line break");
	return copy.data != NULL ? search_view_take(&a->view, name, copy, &a->err) : -ENOMEM;
}

/* The parts of a work's address, a line each; the rule is the last one. */
static void write_address(struct buf *out, const struct search_view *v)
{
	buf_printf(out, "/search\n%d\n%.*s\n%.*s\n%.*s\n%.*s\n%zu\n", v->newest, STR_ARG(v->month),
		STR_ARG(v->category), STR_ARG(v->language), STR_ARG(v->feed), v->page);
	buf_add(out, v->rule);
}

static void read_address(struct search_view *v, struct str address)
{
	struct str *const texts[] = {&v->month, &v->category, &v->language, &v->feed};
	struct str part = STR_NONE;
	long long page = 1;

	str_split(&address, '\n', &part);
	str_split(&address, '\n', &part);
	v->newest = str_eq(part, STR("1"));
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		str_split(&address, '\n', texts[i]);
	str_split(&address, '\n', &part);
	str_to_int(part, &page);
	v->page = (size_t)page;
	v->rule = address.data != NULL ? address : STR("");
}

/* A page without results: of a mistake, or before a rule is given. */
static int write_empty(struct publish *p, const struct search_view *v, struct str mistake, struct buf *out)
{
	const struct site *site = publish_site(p);
	const struct search_page page = {.view = v, .mistake = mistake};

	if (site == NULL)
		return -ENOMEM;
	search_page_write(out, site, &page);
	return out->failed;
}

int publish_find_address(
	struct publish *p, const struct http_request *request, struct buf *address, struct buf *page, int *status)
{
	struct asked a = {.view = {.page = 1}, .texts = ARENA_INIT(TEXTS_MAX)};
	struct buf mistake = BUF_INIT(TEXTS_MAX);
	int result = http_request_arguments(request, take_argument, &a);

	*status = 200;
	if (result == -EINVAL)
		buf_puts(&mistake, a.err.code != 0 ? a.err.text : "a parameter is cut off, or has a control character");
	if (result == 0 && a.view.rule.len > 0)
		result = publish_search_check(a.view.rule, &mistake);
	if (result == -EINVAL)
		*status = 400;
	if (result == 0 && a.view.rule.len > 0)
		write_address(address, &a.view);
	else if (result == 0 || result == -EINVAL)
		result = write_empty(p, &a.view, buf_str(&mistake), page);
	buf_release(&mistake);
	arena_release(&a.texts);
	return result != 0 ? result : address->failed;
}

/* ---- the work ---- */

struct find_work *publish_find_new(struct str address)
{
	struct find_work *f = calloc(1, sizeof(*f));
	struct str copy;

	if (f == NULL)
		return NULL;
	arena_init(&f->texts, TEXTS_MAX);
	copy = arena_str(&f->texts, address);
	if (copy.data == NULL) {
		publish_find_free(f);
		return NULL;
	}
	read_address(&f->view, copy);
	return f;
}

void publish_find_free(struct find_work *f)
{
	if (f == NULL)
		return;
	search_job_drop(f->job);
	arena_release(&f->texts);
	free(f);
}

/* Why there is no result. */
static const char *trouble_of(const struct publish *p, int code)
{
	if (!p->config->search_index)
		return "The search is switched off: [search] index is off in the configuration.";
	if (code == -ENOENT || code == -EUCLEAN)
		return "The index of the search is being built. Try again in some minutes.";
	return "The search failed; the log has the reason.";
}

int publish_find_step(struct publish *p, struct find_work *f, struct buf *out)
{
	struct search_query q = {.rule = f->view.rule,
		.sort = f->view.newest ? SEARCH_NEW : SEARCH_BEST,
		.feeds = f->view.feed,
		.categories = f->view.category,
		.languages = f->view.language,
		.skip = (f->view.page - 1) * SEARCH_PAGE_STORIES,
		.limit = SEARCH_PAGE_STORIES,
		.facets = true,
		.snippets = true,
		.limit_us = LIMIT_US};
	struct search_page page = {.view = &f->view, .kept_days = p->config->keep_items_ms / DAY_MS};
	const struct search_result *result = NULL;
	const struct site *site;
	int code = -ENOENT;

	if (f->job == NULL && p->config->search_index) {
		search_view_month(&f->view, &q.from_ms, &q.until_ms);
		f->job = search_desk_ask(p->desk, &q);
		/* too many wait: asked again in another turn */
		return 1;
	}
	if (f->job != NULL && !search_job_is_done(f->job))
		return 1;
	site = publish_site(p);
	if (site == NULL)
		return -ENOMEM;
	if (f->job != NULL)
		code = search_job_result(f->job, &result, NULL);
	if (code == 0)
		page.result = result;
	else
		page.trouble = str_from(trouble_of(p, code));
	search_page_write(out, site, &page);
	return out->failed;
}

/* ---- feeds ---- */

/* Appends the names, a line each. */
static struct str join_names(struct arena *a, const struct view_values *values)
{
	struct buf lines = BUF_INIT(TEXTS_MAX);
	struct str joined;

	for (size_t i = 0; i < values->count; i++) {
		buf_puts(&lines, i > 0 ? "\n" : "");
		buf_add(&lines, values->items[i]);
	}
	joined = values->count > 0 ? arena_str(a, buf_str(&lines)) : STR_NONE;
	buf_release(&lines);
	return joined;
}

struct search_job *publish_find_feed(struct publish *p, const struct view *view, size_t stories)
{
	struct arena texts = ARENA_INIT(TEXTS_MAX);
	struct buf rule = BUF_INIT(TEXTS_MAX);
	struct search_query q = {.sort = SEARCH_NEW,
		.feeds = join_names(&texts, &view->feeds),
		.categories = join_names(&texts, &view->categories),
		.languages = join_names(&texts, &view->languages),
		.limit = stories,
		.limit_us = LIMIT_US};
	struct search_job *job;

	buf_printf(&rule, view->least > 1 ? "(%.*s) AND sources>=%d" : "%.*s", STR_ARG(view->rule), view->least);
	q.rule = buf_str(&rule);
	job = search_desk_ask(p->desk, &q);
	buf_release(&rule);
	arena_release(&texts);
	return job;
}
