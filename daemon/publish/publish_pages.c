/* SPDX-License-Identifier: ISC */
/* Pages that are made in one turn of the loop.  A page is made once for each change of the data or each minute, and
 * query: times and states on it may be that old. */
#include <errno.h>
#include <string.h>

#include "publish_state.h"
#include "sitrep/pages/story_page.h"

/* ---- a story ---- */

enum { STORY_A, STORY_B, STORY_DIFF };

static const char *const number_words = "the number of a report, from 1";

/* 0 for one that is not given. */
static bool read_report_number(struct page_making *m, int argument, size_t *number)
{
	const char *value = m->query.values[argument];
	long long n = 0;

	if (value[0] != '\0' && (!str_to_int(str_from(value), &n) || n < 1 || n > STORY_REPORTS_MAX)) {
		publish_query_refuse(&m->query, m->query.names[argument], number_words);
		return false;
	}
	*number = (size_t)n;
	return true;
}

/* "UID.REV" */
static bool read_change(struct page_making *m, struct report_change_wish *wish)
{
	struct str value = str_from(m->query.values[STORY_DIFF]);
	size_t dot = str_find_char(value, '.', 0);
	uint8_t uid[STORE_KEY_LEN];
	long long rev = 0;

	*wish = (struct report_change_wish){.item = STR_NONE};
	if (str_empty(value))
		return true;
	wish->item = str_slice(value, 0, dot);
	if (dot == STR_NPOS || uid_parse(wish->item, uid) != 0 ||
		!str_to_int(str_slice(value, dot + 1, value.len), &rev) || rev < 1) {
		publish_query_refuse(&m->query, "diff", "ITEM.VERSION, as in the links of the page");
		return false;
	}
	wish->rev = rev;
	return true;
}

static bool check_story(struct page_making *m)
{
	struct report_change_wish wish;
	size_t number;

	return read_report_number(m, STORY_A, &number) && read_report_number(m, STORY_B, &number) &&
	       read_change(m, &wish);
}

static int write_story_json(void *arg, const struct story *s, const struct story_details *d)
{
	struct page_making *m = arg;

	story_page_json(&m->out, m->site, s, d);
	return 0;
}

static int write_story_html(void *arg, const struct story *s, const struct story_details *d)
{
	struct page_making *m = arg;
	struct story_view view;

	read_report_number(m, STORY_A, &view.a);
	read_report_number(m, STORY_B, &view.b);
	if (view.a > s->report_count || view.b > s->report_count ||
		(m->query.values[STORY_DIFF][0] != '\0' && d->change.item_id == 0))
		return -ENOENT;
	story_page_html(&m->out, m->site, s, d, &view);
	return 0;
}

/* The form in feeds, urn:uuid:..., is accepted too. */
static struct str without_urn(struct str name)
{
	struct str urn = STR("urn:uuid:");

	return str_eq_nocase(str_slice(name, 0, urn.len), urn) ? str_slice(name, urn.len, name.len) : name;
}

static int write_story(struct page_making *m, struct error *err)
{
	struct report_change_wish wish;

	read_change(m, &wish);
	return reader_story_details(m->p->reader, without_urn(m->name), &wish, write_story_html, m, err);
}

static int write_story_document(struct page_making *m, struct error *err)
{
	m->content_type = "application/json";
	return reader_story_details(
		m->p->reader, without_urn(str_slice(m->name, 0, m->name.len - 5)), NULL, write_story_json, m, err);
}

/* ---- all ---- */

#define MINUTE_MS INT64_C(60000)

static const char revalidate[] = "max-age=0, must-revalidate";

static const struct page_kind story_kind = {
	.path = "/story/",
	.has_query = true,
	.names = {"a", "b", "diff"},
	.cache_control = revalidate,
	.kept_ms = MINUTE_MS,
	.check = check_story,
	.write = write_story,
};
static const struct page_kind story_json_kind = {
	.path = "/story/",
	.cache_control = "max-age=60",
	.kept_ms = MINUTE_MS,
	.write = write_story_document,
};

static bool is_of_feed(struct str path)
{
	return str_ends(path, STR(".atom")) || str_ends(path, STR(".rss")) || str_ends(path, STR(".json"));
}

const struct page_kind *publish_page_find(struct str path)
{
	static const struct page_kind *const kinds[] = {&publish_feed_page, &publish_alert_page, &publish_alerts_page};

	if (str_starts(path, str_from(story_kind.path)))
		return str_ends(path, STR(".json")) ? &story_json_kind : &story_kind;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct str prefix = str_from(kinds[i]->path);
		bool is_folder = str_ends(prefix, STR("/"));

		if (is_folder ? str_starts(path, prefix) && !is_of_feed(path) : str_eq(path, prefix))
			return kinds[i];
	}
	return NULL;
}

bool publish_page_read(struct page_making *m, const struct page_kind *kind, const struct http_request *request)
{
	m->name = str_slice(request->path, strlen(kind->path), request->path.len);
	memcpy(m->query.names, kind->names, sizeof(m->query.names));
	return !kind->has_query || (publish_query_read(&m->query, request) && (kind->check == NULL || kind->check(m)));
}

int publish_page_make(struct page_making *m, const struct page_kind *kind, struct str address, struct http_body **body)
{
	struct publish *p = m->p;
	struct error err = {0};
	size_t len;
	char *data;
	int result;

	m->out = BUF_INIT(PUBLISH_DOCUMENT_MAX);
	m->content_type = PAGE_CONTENT_TYPE;
	result = kind->write(m, &err);
	read_trouble_note(&p->trouble, address, result != 0 && result != -ENOENT ? &err : NULL);
	data = result == 0 ? buf_take(&m->out, &len) : NULL;
	buf_release(&m->out);
	if (result == 0)
		*body = data != NULL ? http_body_new(data, len, m->content_type, p->changed_ms) : NULL;
	return result == 0 && *body == NULL ? -ENOMEM : result;
}
