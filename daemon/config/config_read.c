/* SPDX-License-Identifier: ISC */
/* Reads sections and options from the files. The table in option.c lists the options of each section. */
#include "config_loading.h"

#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "config_value.h"
#include "ini.h"
#include "sitrep/base/file.h"

enum { INCLUDE_DEPTH_MAX = 8 };

/* ---- elements of repeated sections ---- */

/* Names of alerts and outputs become part of URLs and file names. */
static bool is_good_name(enum option_section section, struct str name)
{
	if (!config_name_is_good(name))
		return false;
	for (size_t i = 0; section != SECTION_FEED && i < name.len; i++)
		if ((unsigned char)name.data[i] >= 0x80)
			return false;
	return true;
}

void *config_element(struct config_loading *l)
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
	case SECTION_DEDUP:
	case SECTION_KEEP:
	case SECTION_PARSE:
	case SECTION_COUNT:
		break;
	}
	return c;
}

void config_set_defaults(struct config_loading *l)
{
	for (size_t i = 0; i < config_option_count; i++) {
		const struct config_option *o = &config_options[i];
		struct config_place none = {0};

		if (o->section == l->section && o->fallback != NULL &&
			config_value_read(&l->config->arena, config_element(l), o, str_from(o->fallback), none, NULL) !=
				0)
			l->failed = -ENOMEM;
	}
}

/* A new element of the section's list, with its name and place. */
void config_add_element(struct config_loading *l, struct str name, struct config_place place)
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
		config_set_defaults(l);
}

static void forget_seen(struct config_loading *l)
{
	for (size_t i = 0; i < config_option_count; i++)
		if (config_options[i].section == l->section)
			l->seen[i] = false;
}

/* Notes the required options that the last section lacks. */
static void check_required(struct config_loading *l)
{
	if (l->skip || !option_section_is_named(l->section))
		return;
	for (size_t i = 0; i < config_option_count; i++) {
		const struct config_option *o = &config_options[i];
		const struct config_feed *f = config_element(l);

		if (o->section != l->section || !o->required || l->seen[i])
			continue;
		config_mistake(l->mistakes,
			l->section == SECTION_FEED    ? f->place
			: l->section == SECTION_ALERT ? ((const struct config_alert *)config_element(l))->place
						      : ((const struct config_output *)config_element(l))->place,
			"[%s \"%s\"] has no %s", option_section_name(l->section), f->name, o->name);
	}
}

/* Options are ignored until the next section begins. */
static void leave_section(struct config_loading *l)
{
	check_required(l);
	l->skip = true;
}

static void enter_section(struct config_loading *l, const struct ini_item *item, struct config_place place)
{
	const char *nearest;

	leave_section(l);
	if (!option_find_section(item->name, &l->section, &nearest)) {
		config_mistake(l->mistakes, place, "unknown section [%.*s]%s%s%s", STR_ARG(item->name),
			nearest != NULL ? ", did you mean [" : "", nearest != NULL ? nearest : "",
			nearest != NULL ? "]?" : "");
		return;
	}
	if (!option_section_is_named(l->section)) {
		if (item->value.data != NULL)
			config_mistake(l->mistakes, place, "[%.*s] takes no name", STR_ARG(item->name));
		l->skip = false;
		return;
	}
	if (!is_good_name(l->section, item->value)) {
		config_mistake(l->mistakes, place,
			"[%.*s \"%.*s\"]: expected a name of at most %d letters, digits, \"-\", \"_\" or \".\"",
			STR_ARG(item->name), STR_ARG(item->value), CONFIG_NAME_CHARS_MAX);
		return;
	}
	l->skip = false;
	forget_seen(l);
	config_add_element(l, item->value, place);
}

/* ---- files ---- */

/* A relative path starts at the folder of the file that names it. */
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

static void for_each_match(struct config_loading *l, struct str pattern, struct config_place place,
	void (*fn)(struct config_loading *l, const char *path, struct config_place from))
{
	char *full = resolve_path(place.file, pattern);
	bool is_pattern;
	glob_t found = {0};
	int result;

	if (full == NULL) {
		l->failed = -ENOMEM;
		return;
	}
	/* A pattern may match no file; a plain name that does not exist fails when it is opened. */
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

/* ---- options ---- */

static void remember_list(struct config_loading *l, const char *path, struct config_place from)
{
	struct config_list *list = list_add(&l->config->arena, &l->lists);
	const char *copy = arena_cstr(&l->config->arena, str_from(path));

	if (list == NULL || copy == NULL)
		l->failed = -ENOMEM;
	else
		*list = (struct config_list){.path = copy, .from = from};
}

/* A number without a unit; 0 needs none. */
static bool is_bare_number(struct str value)
{
	bool is_zero = true;

	for (size_t i = 0; i < value.len; i++) {
		if (!char_is_digit(value.data[i]))
			return false;
		is_zero = is_zero && value.data[i] == '0';
	}
	return !is_zero;
}

static void take_files(
	struct config_loading *l, const struct config_option *o, struct str pattern, struct config_place place)
{
	bool is_list = strcmp(o->name, "opml") == 0;

	if (l->section != SECTION_TOP)
		config_mistake(l->mistakes, place, "%s stands before the first section", o->name);
	else
		for_each_match(l, pattern, place, is_list ? remember_list : config_read_file);
}

static void take_option(struct config_loading *l, const struct ini_item *item, struct config_place place)
{
	const char *nearest;
	const struct config_option *o;
	struct error err = {0};
	int result;

	if (l->skip)
		return;
	o = option_find(SECTION_TOP, item->name, &nearest);
	if (o != NULL && o->type == OPTION_FILES) {
		take_files(l, o, item->value, place);
		return;
	}
	o = option_find(l->section, item->name, &nearest);
	if (o == NULL) {
		config_mistake(l->mistakes, place, "unknown option %.*s%s%s%s", STR_ARG(item->name),
			nearest != NULL ? ", did you mean " : "", nearest != NULL ? nearest : "",
			nearest != NULL ? "?" : "");
		return;
	}
	if (l->seen[o - config_options])
		config_mistake(l->mistakes, place, "%s is given twice", o->name);
	l->seen[o - config_options] = true;
	result = config_value_read(&l->config->arena, config_element(l), o, item->value, place, &err);
	if (result == -ENOMEM)
		l->failed = result;
	else if (result != 0)
		config_mistake(l->mistakes, place, "%s", err.text);
	else if (o->type == OPTION_DURATION && is_bare_number(item->value))
		config_warning(l->mistakes, place, "%s = %.*s: without a unit it is seconds, write %.*ss, or m, h, d",
			o->name, STR_ARG(item->value), STR_ARG(item->value));
	/* Mistakes in a rule are found later and name this line. */
	if (l->section == SECTION_ALERT && strcmp(o->name, "match") == 0)
		l->config->alerts.items[l->element].place = place;
	if (l->section == SECTION_OUTPUT && strcmp(o->name, "match") == 0)
		l->config->outputs.items[l->element].place = place;
}

static void read_items(struct config_loading *l, struct str text, struct config_place place)
{
	struct ini_item item;
	struct ini ini;

	ini_init(&ini, text);
	while (l->failed == 0 && (l->failed = ini_next(&ini, &item)) == 0 && item.kind != INI_END) {
		place.line = item.line;
		if (item.kind == INI_MISTAKE) {
			config_mistake(l->mistakes, place, "%s", item.mistake);
			if (item.is_header)
				leave_section(l);
		} else if (item.kind == INI_SECTION) {
			enter_section(l, &item, place);
		} else {
			take_option(l, &item, place);
		}
	}
	ini_release(&ini);
}

/* A file is read once; to include it again, or in a circle, is a mistake. */
static bool is_first_time(struct config_loading *l, const char *path, struct config_place from)
{
	struct config_file *file;
	struct stat st;

	if (stat(path, &st) != 0)
		return true; /* the open reports the error */
	for (size_t i = 0; i < l->files.count; i++) {
		file = &l->files.items[i];
		if (file->device != st.st_dev || file->inode != st.st_ino)
			continue;
		config_mistake(l->mistakes, from, "%s is read already, because of %s:%u", path, file->from.file,
			file->from.line);
		return false;
	}
	file = list_add(&l->config->arena, &l->files);
	if (file == NULL)
		l->failed = -ENOMEM;
	else
		*file = (struct config_file){.device = st.st_dev, .inode = st.st_ino, .from = from};
	return file != NULL;
}

/* A file begins outside of all sections, even when it is included from within one. */
void config_read_file(struct config_loading *l, const char *path, struct config_place from)
{
	struct buf text = BUF_INIT(CONFIG_FILE_MAX);
	struct config_place place = {.file = arena_cstr(&l->config->arena, str_from(path))};
	int result;

	if (place.file == NULL)
		l->failed = -ENOMEM;
	if (l->failed != 0 || !is_first_time(l, path, from))
		return;
	if (l->depth == INCLUDE_DEPTH_MAX) {
		config_mistake(l->mistakes, from, "include goes more than %d files deep", INCLUDE_DEPTH_MAX);
		return;
	}
	result = file_read(path, &text);
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
