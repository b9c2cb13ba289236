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

struct config_rules *config_rules_of(struct config *c, enum option_section section)
{
	return section == SECTION_ALERT    ? &c->alerts
	       : section == SECTION_OUTPUT ? &c->outputs
	       : section == SECTION_DEFINE ? &c->definitions
					   : NULL;
}

void *config_element(struct config_loading *l)
{
	struct config_rules *rules = config_rules_of(l->config, l->section);

	if (rules != NULL)
		return &rules->items[l->element];
	return l->section == SECTION_FEED ? (void *)&l->config->feeds.items[l->element] : l->config;
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

void config_add_element(struct config_loading *l, struct str name, struct config_place place)
{
	struct config *c = l->config;
	struct config_rules *rules = config_rules_of(c, l->section);
	struct config_rule *r = rules != NULL ? list_add(&c->arena, rules) : NULL;
	struct config_feed *f = rules == NULL ? list_add(&c->arena, &c->feeds) : NULL;

	l->name = arena_cstr(&c->arena, name);
	l->place = place;
	if (l->name == NULL || (r == NULL && f == NULL)) {
		l->failed = -ENOMEM;
		return;
	}
	if (rules != NULL) {
		*r = (struct config_rule){.name = l->name, .place = place};
		l->element = rules->count - 1;
	} else {
		f->name = l->name;
		f->place = place;
		l->element = c->feeds.count - 1;
	}
	if (l->failed == 0)
		config_set_defaults(l);
}

static void forget_given(struct config_loading *l)
{
	for (size_t i = 0; i < config_option_count; i++)
		if (config_options[i].section == l->section)
			l->given[i] = (struct config_place){0};
}

/* Notes the required options that the last section lacks. */
static void check_required(struct config_loading *l)
{
	if (l->skip || !option_section_is_named(l->section))
		return;
	for (size_t i = 0; i < config_option_count; i++) {
		const struct config_option *o = &config_options[i];

		if (o->section == l->section && o->required && l->given[i].line == 0)
			config_mistake(l->mistakes, l->place, "[%s \"%s\"] has no %s", option_section_name(l->section),
				l->name, o->name);
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
	forget_given(l);
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
		qsort(found.gl_pathv, found.gl_pathc, sizeof(char *), cstr_order);
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

static void read_files(
	struct config_loading *l, const struct config_option *o, struct str pattern, struct config_place place)
{
	bool is_list = strcmp(o->name, "opml") == 0;

	if (l->section != SECTION_TOP)
		config_mistake(l->mistakes, place, "option %s must be in a section", o->name);
	else
		for_each_match(l, pattern, place, is_list ? remember_list : config_read_file);
}

static void read_option(struct config_loading *l, const struct ini_item *item, struct config_place place)
{
	const char *nearest;
	const struct config_option *o;
	struct error err = {0};
	int result;

	if (l->skip)
		return;
	o = option_find(SECTION_TOP, item->name, &nearest);
	if (o != NULL && o->type == OPTION_FILES) {
		read_files(l, o, item->value, place);
		return;
	}
	o = option_find(l->section, item->name, &nearest);
	if (o == NULL) {
		config_mistake(l->mistakes, place, "unknown option %.*s%s%s%s", STR_ARG(item->name),
			nearest != NULL ? ", did you mean " : "", nearest != NULL ? nearest : "",
			nearest != NULL ? "?" : "");
		return;
	}
	if (l->given[o - config_options].line != 0)
		config_mistake(l->mistakes, place, "%s is given twice", o->name);
	l->given[o - config_options] = place;
	result = config_value_read(&l->config->arena, config_element(l), o, item->value, place, &err);
	if (result == -ENOMEM)
		l->failed = result;
	else if (result != 0)
		config_mistake(l->mistakes, place, "%s", err.text);
	else if (o->type == OPTION_DURATION && is_bare_number(item->value))
		config_warning(l->mistakes, place,
			"%s = %.*s: a number without a unit is read as seconds; write %.*ss, or use m, h, d", o->name,
			STR_ARG(item->value), STR_ARG(item->value));
	/* The rule is compiled later; its mistakes name this line. */
	if (config_rules_of(l->config, l->section) != NULL && strcmp(o->name, "match") == 0)
		((struct config_rule *)config_element(l))->place = place;
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
			read_option(l, &item, place);
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
		if (file->from.line == 0)
			config_mistake(l->mistakes, from,
				"%s is the file that is being read; a file cannot include itself, not even through "
				"another file",
				path);
		else
			config_mistake(l->mistakes, from, "%s was read before, it is included by %s:%u", path,
				file->from.file, file->from.line);
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
	struct error err;
	int result;

	if (place.file == NULL)
		l->failed = -ENOMEM;
	if (l->failed != 0 || !is_first_time(l, path, from))
		return;
	if (l->depth == INCLUDE_DEPTH_MAX) {
		config_mistake(l->mistakes, from, "includes are nested more than %d files deep", INCLUDE_DEPTH_MAX);
		return;
	}
	/* The first file may be a pipe, as in "sitrepd -c <(make-config)". */
	result = from.line == 0 ? file_read(path, &text) : file_read_regular(path, &text);
	if (result != 0) {
		error_sys(&err, result, "cannot read %s", path);
		config_mistake(l->mistakes, from, "%s", err.text);
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
