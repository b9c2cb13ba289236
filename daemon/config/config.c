/* The configuration is read in one pass over all files, every mistake noted and passed over; what can only
 * be judged when all is there (names given twice, what is missing) is judged at the end. */
#include "sitrep/config.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sitrep/config_value.h"
#include "sitrep/ini.h"
#include "sitrep/opml.h"
#include "sitrep/option.h"
#include "sitrep/utf8.h"

enum {
	ARENA_MAX = 1024 * 1024 * 1024, /* a million feeds */
	FILE_MAX = 256 * 1024 * 1024,
	INCLUDE_DEPTH_MAX = 8,
	NAME_LEN_MAX = 64,
	OPTIONS_MAX = 128,
};

struct loading {
	struct config *config;
	struct config_mistakes *mistakes;
	enum option_section section;
	bool skip;	/* a section that is not known: its options say nothing */
	size_t element; /* of the section's list, when it has one */
	bool seen[OPTIONS_MAX]; /* by place in config_options; of a named section the last one's */
	unsigned depth;
	int failed; /* -ENOMEM */
};

/* ---- mistakes ---- */

void config_mistakes_init(struct config_mistakes *m)
{
	*m = (struct config_mistakes){0};
	arena_init(&m->arena, ARENA_MAX);
}

void config_mistakes_release(struct config_mistakes *m)
{
	arena_release(&m->arena);
	config_mistakes_init(m);
}

void config_mistake(struct config_mistakes *m, struct config_place place, const char *fmt, ...)
{
	struct config_mistake *one = list_add(&m->arena, m);
	struct buf text = BUF_INIT(64 * 1024);
	va_list ap;

	if (one == NULL)
		return;
	va_start(ap, fmt);
	(void)buf_vprintf(&text, fmt, ap);
	va_end(ap);
	one->file = arena_cstr(&m->arena, str_from(place.file != NULL ? place.file : "?"));
	one->line = place.line;
	one->text = arena_cstr(&m->arena, buf_str(&text));
	buf_release(&text);
	if (one->file == NULL || one->text == NULL)
		m->count--;
}

static int by_place(const void *a, const void *b)
{
	const struct config_mistake *left = a, *right = b;
	int order = strcmp(left->file, right->file);

	return order != 0 ? order : (left->line > right->line) - (left->line < right->line);
}

int config_mistakes_write(const struct config_mistakes *m, struct buf *out)
{
	struct buf line = BUF_INIT(64 * 1024);

	if (m->count > 0)
		qsort(m->items, m->count, sizeof(*m->items), by_place);
	for (size_t i = 0; i < m->count; i++) {
		(void)buf_printf(out, "%s:%u: ", m->items[i].file, m->items[i].line);
		buf_clear(&line);
		(void)utf8_one_line(&line, str_from(m->items[i].text));
		(void)buf_add(out, buf_str(&line));
		(void)buf_putc(out, '\n');
	}
	buf_release(&line);
	return out->failed;
}

/* ---- elements of repeated sections ---- */

static bool is_good_name(struct str name)
{
	if (name.len == 0 || name.len > NAME_LEN_MAX)
		return false;
	for (size_t i = 0; i < name.len; i++)
		if (!char_is_alpha(name.data[i]) && !char_is_digit(name.data[i]) && strchr("-_.", name.data[i]) == NULL)
			return false;
	return true;
}

static void *element_of(struct loading *l)
{
	struct config *c = l->config;

	switch (l->section) {
	case SECTION_FEED:
		return &c->feeds.items[l->element];
	case SECTION_ALERT:
		return &c->alerts.items[l->element];
	case SECTION_OUTPUT:
		return &c->outputs.items[l->element];
	case SECTION_TOP:
	case SECTION_HTTP:
	case SECTION_STREAM:
	case SECTION_CONTROL:
	case SECTION_FETCH:
	case SECTION_POLL:
	case SECTION_KEEP:
	case SECTION_PARSE:
	case SECTION_COUNT:
		break;
	}
	return c;
}

static void set_defaults(struct loading *l)
{
	for (size_t i = 0; i < config_option_count; i++) {
		const struct config_option *o = &config_options[i];
		struct config_place none = {0};

		if (o->section == l->section && o->fallback != NULL &&
			config_value_read(&l->config->arena, element_of(l), o, str_from(o->fallback), none, NULL) != 0)
			l->failed = -ENOMEM;
	}
}

/* A new element of the section's list, with its name and place. */
static void add_element(struct loading *l, struct str name, struct config_place place)
{
	struct config *c = l->config;
	const char *copy = arena_cstr(&c->arena, name);
	struct config_feed *f;
	struct config_alert *a;
	struct config_output *o;

	l->failed = copy == NULL ? -ENOMEM : l->failed;
	if (l->section == SECTION_FEED && (f = list_add(&c->arena, &c->feeds)) != NULL) {
		f->name = copy;
		f->place = place;
		l->element = c->feeds.count - 1;
	} else if (l->section == SECTION_ALERT && (a = list_add(&c->arena, &c->alerts)) != NULL) {
		a->name = copy;
		a->place = place;
		l->element = c->alerts.count - 1;
	} else if (l->section == SECTION_OUTPUT && (o = list_add(&c->arena, &c->outputs)) != NULL) {
		o->name = copy;
		o->place = place;
		l->element = c->outputs.count - 1;
	} else {
		l->failed = -ENOMEM;
	}
	if (l->failed == 0)
		set_defaults(l);
}

static void forget_seen(struct loading *l)
{
	for (size_t i = 0; i < config_option_count; i++)
		if (config_options[i].section == l->section)
			l->seen[i] = false;
}

/* What the last section did not say although it had to. */
static void check_required(struct loading *l)
{
	if (l->skip || !option_section_is_named(l->section))
		return;
	for (size_t i = 0; i < config_option_count; i++) {
		const struct config_option *o = &config_options[i];
		const struct config_feed *f = element_of(l);

		if (o->section != l->section || !o->required || l->seen[i])
			continue;
		config_mistake(l->mistakes,
			l->section == SECTION_FEED    ? f->place
			: l->section == SECTION_ALERT ? ((const struct config_alert *)element_of(l))->place
						      : ((const struct config_output *)element_of(l))->place,
			"[%s \"%s\"] has no %s", option_section_name(l->section), f->name, o->name);
	}
}

static void enter_section(struct loading *l, const struct ini_item *item, struct config_place place)
{
	const char *nearest;

	check_required(l);
	l->skip = true;
	if (!option_find_section(item->name, &l->section, &nearest)) {
		config_mistake(l->mistakes, place, "unknown section [%.*s]%s%s%s", STR_ARG(item->name),
			nearest != NULL ? ", did you mean [" : "", nearest != NULL ? nearest : "", nearest != NULL ? "]?" : "");
		return;
	}
	if (!option_section_is_named(l->section)) {
		if (item->value.data != NULL)
			config_mistake(l->mistakes, place, "[%.*s] takes no name", STR_ARG(item->name));
		l->skip = false;
		return;
	}
	if (!is_good_name(item->value)) {
		config_mistake(l->mistakes, place,
			"[%.*s \"%.*s\"]: expected a name of at most %d letters, digits, \"-\", \"_\" or \".\"",
			STR_ARG(item->name), STR_ARG(item->value), NAME_LEN_MAX);
		return;
	}
	l->skip = false;
	forget_seen(l);
	add_element(l, item->value, place);
}

/* ---- files ---- */

static void load_file(struct loading *l, const char *path, struct config_place from);

static int read_file(const char *path, struct buf *out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	char chunk[64 * 1024];
	struct stat st;
	ssize_t n = 0;
	int result = 0;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode))
		result = -EISDIR;
	while (result == 0 && (n = read(fd, chunk, sizeof(chunk))) > 0)
		result = buf_append(out, chunk, (size_t)n);
	if (result == 0 && n < 0)
		result = -errno;
	(void)close(fd);
	return result;
}

/* A path that a file names is relative to that file. */
static char *resolve_path(const char *from, struct str path)
{
	const char *slash = strrchr(from, '/');
	char *joined = NULL;

	if ((path.len > 0 && path.data[0] == '/') || slash == NULL)
		return strndup(path.data, path.len);
	if (asprintf(&joined, "%.*s/%.*s", (int)(slash - from), from, STR_ARG(path)) < 0)
		return NULL;
	return joined;
}

static int by_bytes(const void *a, const void *b)
{
	const char *const *left = a, *const *right = b;

	return strcmp(*left, *right);
}

static void for_each_match(struct loading *l, struct str pattern, struct config_place place,
	void (*fn)(struct loading *l, const char *path, struct config_place from))
{
	char *full = resolve_path(place.file, pattern);
	bool is_pattern;
	glob_t found = {0};
	int result;

	if (full == NULL) {
		l->failed = -ENOMEM;
		return;
	}
	/* A pattern may match nothing; a plain name is opened and says itself that it is not there. */
	is_pattern = strpbrk(full, "*?[") != NULL;
	result = glob(full, GLOB_NOSORT | (is_pattern ? 0 : GLOB_NOCHECK), NULL, &found);
	if (result == GLOB_NOSPACE)
		l->failed = -ENOMEM;
	/* Sorted by bytes, not by the locale: the order of files is the same everywhere. */
	if (result == 0 && found.gl_pathc > 1)
		qsort(found.gl_pathv, found.gl_pathc, sizeof(char *), by_bytes);
	for (size_t i = 0; result == 0 && i < found.gl_pathc; i++)
		fn(l, found.gl_pathv[i], place);
	globfree(&found);
	free(full);
}

/* ---- subscription lists ---- */

/* "Naval News (EN)" gives "naval-news-en"; a number makes it the list's own when that is taken. */
static void make_name(struct buf *name, struct str title, struct str url, size_t number)
{
	struct str from = str_empty(title) ? url : title;
	bool dash_due = false;

	for (size_t i = 0; i < from.len && name->len < NAME_LEN_MAX - 12; i++) {
		char c = char_lower(from.data[i]);

		if (!char_is_alpha(c) && !char_is_digit(c)) {
			dash_due = name->len > 0;
			continue;
		}
		if (dash_due)
			(void)buf_putc(name, '-');
		dash_due = false;
		(void)buf_putc(name, c);
	}
	if (name->len == 0)
		(void)buf_printf(name, "feed-%zu", number);
}

static bool has_url(const struct config *c, struct str url, size_t before)
{
	for (size_t i = 0; i < before; i++)
		if (c->feeds.items[i].url != NULL && str_eq(str_from(c->feeds.items[i].url), url))
			return true;
	return false;
}

static bool has_name(const struct config *c, const char *name)
{
	for (size_t i = 0; i < c->feeds.count; i++)
		if (strcmp(c->feeds.items[i].name, name) == 0)
			return true;
	return false;
}

static void add_from_list(struct loading *l, const struct opml_feed *entry, struct config_place place, size_t own_feeds)
{
	struct config *c = l->config;
	const char *nearest;
	struct buf name = BUF_INIT(1024);
	struct error err = {0};
	struct config_words words = {0};
	size_t stem;

	/* Said in a configuration file as well: that one knows better. */
	if (has_url(c, entry->url, own_feeds))
		return;
	make_name(&name, entry->title, entry->url, c->feeds.count);
	stem = name.len;
	for (unsigned n = 2; !buf_failed(&name) && has_name(c, name.data); n++) {
		buf_truncate(&name, stem);
		(void)buf_printf(&name, "-%u", n);
	}
	l->section = SECTION_FEED;
	add_element(l, buf_str(&name), place);
	buf_release(&name);
	if (l->failed != 0)
		return;
	if (config_value_read(&c->arena, element_of(l), option_find(SECTION_FEED, STR("url"), &nearest), entry->url, place, &err) != 0) {
		config_mistake(l->mistakes, place, "%s", err.text);
		c->feeds.count--;
		return;
	}
	if (!str_empty(entry->title))
		c->feeds.items[l->element].title = arena_cstr(&c->arena, entry->title);
	words.items = arena_alloc_array(&c->arena, entry->category_count + 1, sizeof(*words.items));
	for (size_t i = 0; words.items != NULL && i < entry->category_count; i++)
		words.items[words.count++] = arena_cstr(&c->arena, entry->categories[i]);
	c->feeds.items[l->element].categories = words.items;
	c->feeds.items[l->element].category_count = words.count;
}

static void load_opml(struct loading *l, const char *path, struct config_place from)
{
	struct buf text = BUF_INIT(FILE_MAX);
	struct config_place place = {.file = arena_cstr(&l->config->arena, str_from(path))};
	enum option_section section = l->section;
	size_t own_feeds = l->config->feeds.count;
	struct error err = {0};
	struct opml list = {0};
	struct arena a;
	int result;

	arena_init(&a, ARENA_MAX);
	result = read_file(path, &text);
	if (result != 0)
		config_mistake(l->mistakes, from, "cannot read the subscription list %s: %s", path, strerror(-result));
	else if (opml_parse(buf_str(&text), &a, &list, &err) != 0)
		config_mistake(l->mistakes, from, "%s: %s", path, err.text);
	for (size_t i = 0; i < list.feeds.count && l->failed == 0; i++) {
		place.line = list.feeds.items[i].line;
		add_from_list(l, &list.feeds.items[i], place, own_feeds);
	}
	l->section = section;
	arena_release(&a);
	buf_release(&text);
}

/* ---- options ---- */

static void take_option(struct loading *l, const struct ini_item *item, struct config_place place)
{
	const char *nearest;
	const struct config_option *o;
	struct error err = {0};
	int result;

	if (l->skip)
		return;
	if (str_eq(item->name, STR("include")) || str_eq(item->name, STR("opml"))) {
		if (l->section != SECTION_TOP)
			config_mistake(l->mistakes, place, "%.*s stands before the first section", STR_ARG(item->name));
		else
			for_each_match(l, item->value, place, item->name.data[0] == 'i' ? load_file : load_opml);
		return;
	}
	o = option_find(l->section, item->name, &nearest);
	if (o == NULL) {
		config_mistake(l->mistakes, place, "unknown option %.*s%s%s%s", STR_ARG(item->name),
			nearest != NULL ? ", did you mean " : "", nearest != NULL ? nearest : "", nearest != NULL ? "?" : "");
		return;
	}
	if (l->seen[o - config_options])
		config_mistake(l->mistakes, place, "%s is given twice", o->name);
	l->seen[o - config_options] = true;
	result = config_value_read(&l->config->arena, element_of(l), o, item->value, place, &err);
	if (result == -ENOMEM)
		l->failed = result;
	else if (result != 0)
		config_mistake(l->mistakes, place, "%s", err.text);
	/* A rule's mistakes are told later, at the line of the rule. */
	if (l->section == SECTION_ALERT && strcmp(o->name, "match") == 0)
		l->config->alerts.items[l->element].place = place;
	if (l->section == SECTION_OUTPUT && strcmp(o->name, "match") == 0)
		l->config->outputs.items[l->element].place = place;
}

static void read_items(struct loading *l, struct str text, struct config_place place)
{
	struct ini_item item;
	struct ini ini;

	ini_init(&ini, text);
	while (l->failed == 0 && (l->failed = ini_next(&ini, &item)) == 0 && item.kind != INI_END) {
		place.line = item.line;
		if (item.kind == INI_MISTAKE)
			config_mistake(l->mistakes, place, "%s", item.mistake);
		else if (item.kind == INI_SECTION)
			enter_section(l, &item, place);
		else
			take_option(l, &item, place);
	}
	ini_release(&ini);
}

/* A file begins at the top, whatever section the file that includes it is in. */
static void load_file(struct loading *l, const char *path, struct config_place from)
{
	struct buf text = BUF_INIT(FILE_MAX);
	struct config_place place = {.file = arena_cstr(&l->config->arena, str_from(path))};
	int result;

	if (place.file == NULL) {
		l->failed = -ENOMEM;
		return;
	}
	if (l->depth == INCLUDE_DEPTH_MAX) {
		config_mistake(l->mistakes, from, "include goes more than %d files deep, in a circle perhaps", INCLUDE_DEPTH_MAX);
		return;
	}
	result = read_file(path, &text);
	if (result != 0) {
		config_mistake(l->mistakes, from, "cannot read %s: %s", path, strerror(-result));
	} else {
		l->depth++;
		read_items(l, buf_str(&text), place);
		check_required(l);
		l->section = SECTION_TOP;
		l->skip = false;
		l->depth--;
	}
	buf_release(&text);
}

/* ---- when all is there ---- */

static int feeds_by_name(const void *a, const void *b)
{
	const struct config_feed *left = a, *right = b;

	return strcmp(left->name, right->name);
}

static int feed_names_by_url(const void *a, const void *b)
{
	const struct config_feed *const *left = a, *const *right = b;

	return strcmp((*left)->url, (*right)->url);
}

static void check_feeds(struct loading *l)
{
	struct config *c = l->config;
	const struct config_feed **by_url;
	size_t n = 0;

	if (c->feeds.count == 0)
		return;
	qsort(c->feeds.items, c->feeds.count, sizeof(*c->feeds.items), feeds_by_name);
	by_url = calloc(c->feeds.count, sizeof(struct config_feed *));
	if (by_url == NULL) {
		l->failed = -ENOMEM;
		return;
	}
	for (size_t i = 0; i < c->feeds.count; i++) {
		const struct config_feed *f = &c->feeds.items[i], *before = i > 0 ? f - 1 : NULL;

		if (before != NULL && strcmp(f->name, before->name) == 0)
			config_mistake(l->mistakes, f->place, "[feed \"%s\"] is there already, at %s:%u", f->name,
				before->place.file, before->place.line);
		if (f->url != NULL && f->enabled)
			by_url[n++] = f;
	}
	qsort(by_url, n, sizeof(struct config_feed *), feed_names_by_url);
	for (size_t i = 1; i < n; i++)
		if (strcmp(by_url[i]->url, by_url[i - 1]->url) == 0 && strcmp(by_url[i]->name, by_url[i - 1]->name) != 0)
			config_mistake(l->mistakes, by_url[i]->place, "[feed \"%s\"] has the url of [feed \"%s\"] at %s:%u",
				by_url[i]->name, by_url[i - 1]->name, by_url[i - 1]->place.file, by_url[i - 1]->place.line);
	free(by_url);
}

static void check_names(struct loading *l)
{
	struct config *c = l->config;

	for (size_t i = 1; i < c->alerts.count; i++)
		for (size_t k = 0; k < i; k++)
			if (strcmp(c->alerts.items[i].name, c->alerts.items[k].name) == 0)
				config_mistake(l->mistakes, c->alerts.items[i].place, "[alert \"%s\"] is there already",
					c->alerts.items[i].name);
	for (size_t i = 1; i < c->outputs.count; i++)
		for (size_t k = 0; k < i; k++)
			if (strcmp(c->outputs.items[i].name, c->outputs.items[k].name) == 0)
				config_mistake(l->mistakes, c->outputs.items[i].place, "[output \"%s\"] is there already",
					c->outputs.items[i].name);
}

static void check_whole(struct loading *l, const char *path)
{
	const struct config *c = l->config;
	struct config_place place = {.file = path};

	check_feeds(l);
	check_names(l);
	if (c->poll_min_ms > c->poll_max_ms)
		config_mistake(l->mistakes, place, "[poll] min is longer than max");
	else if (c->poll_default_ms < c->poll_min_ms || c->poll_default_ms > c->poll_max_ms)
		l->config->poll_default_ms = c->poll_default_ms < c->poll_min_ms ? c->poll_min_ms : c->poll_max_ms;
}

static void set_all_defaults(struct loading *l)
{
	for (int s = 0; s < SECTION_COUNT; s++) {
		l->section = (enum option_section)s;
		if (!option_section_is_named(l->section))
			set_defaults(l);
	}
	l->section = SECTION_TOP;
}

struct config *config_load(const char *path, struct config_mistakes *mistakes, struct error *err)
{
	struct loading l = {.mistakes = mistakes};

	if (access(path, R_OK) != 0) {
		(void)error_sys(err, -errno, "cannot read the configuration %s", path);
		return NULL;
	}
	l.config = calloc(1, sizeof(*l.config));
	if (l.config == NULL) {
		(void)error_sys(err, -ENOMEM, "cannot read the configuration %s", path);
		return NULL;
	}
	arena_init(&l.config->arena, ARENA_MAX);
	set_all_defaults(&l);
	if (l.failed == 0)
		load_file(&l, path, (struct config_place){.file = path});
	if (l.failed == 0)
		check_whole(&l, path);
	if (l.failed != 0) {
		(void)error_sys(err, l.failed, "cannot read the configuration %s", path);
		config_free(l.config);
		return NULL;
	}
	return l.config;
}

void config_free(struct config *c)
{
	if (c == NULL)
		return;
	arena_release(&c->arena);
	free(c);
}

const struct config_feed *config_find_feed(const struct config *c, struct str name)
{
	size_t low = 0, high = c->feeds.count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = str_cmp(str_from(c->feeds.items[middle].name), name);

		if (order == 0)
			return &c->feeds.items[middle];
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}
