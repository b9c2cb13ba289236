/* SPDX-License-Identifier: ISC */
/* config_loading.h: shared by the files that load a configuration. */
#ifndef SITREP_CONFIG_CONFIG_LOADING_H
#define SITREP_CONFIG_CONFIG_LOADING_H

#include <sys/types.h>

#include "sitrep/config/config.h"
#include "sitrep/config/option.h"

enum {
	CONFIG_ARENA_MAX = 1024 * 1024 * 1024, /* a million feeds */
	CONFIG_FILE_MAX = 256 * 1024 * 1024,
	CONFIG_OPTIONS_MAX = 128,
};

/* A file that was read, in the order of reading. */
struct config_file {
	dev_t device;
	ino_t inode;
	struct config_place from; /* the line that included it */
};

/* A subscription list. It is read after all files, since a [feed] section takes precedence over an outline. */
struct config_list {
	const char *path;
	struct str text; /* its bytes; STR_NONE: they are read from path */
	struct config_place from;
};

struct config_loading {
	struct config *config;
	struct config_mistakes *mistakes;
	const struct config_names *known; /* NULL: none */
	enum option_section section;
	bool skip;      /* in an unknown section, or after a malformed header: options are ignored */
	size_t element; /* index in the list of a repeated section; its name and its head's place: */
	const char *name;
	struct config_place place;
	/* The line of each option, by its place in config_options; of a repeated section, in its last element.  Line 0:
	 * the option was not given. */
	struct config_place given[CONFIG_OPTIONS_MAX];
	unsigned depth;
	LIST(struct config_file) files;
	LIST(struct config_list) lists;
	int failed; /* -ENOMEM */
};

/* ---- config_read.c ---- */

/* Reads a configuration file with all that it includes. from is the line with the include. */
void config_read_file(struct config_loading *l, const char *path, struct config_place from);
void config_set_defaults(struct config_loading *l);
/* A new element of the list of l->section, with its defaults; l->failed when there is no memory. */
void config_add_element(struct config_loading *l, struct str name, struct config_place place);
/* The rules of [alert], [output] or [define]; NULL for another section. */
struct config_rules *config_rules_of(struct config *c, enum option_section section);
/* The struct that the current section's options go into. */
void *config_element(struct config_loading *l);

/* ---- config_list.c ---- */

/* Reads all subscription lists, and adds the feeds that have no [feed] section. l->failed when there is no memory. */
void config_read_lists(struct config_loading *l);

/* ---- config_names.c ---- */

/* A feed of a list that is to be named. */
struct config_unnamed {
	struct str title, url, key;
	struct str given; /* its sitrep:name attribute; STR_NONE: absent */
	struct str known; /* its name before this load; STR_NONE: unknown */
	const char *name; /* out */
	const char *try;  /* the name that is tried for it */
};
/* The order of known names: by key. */
int config_name_order(const void *a, const void *b);
/* Gives each feed a name that no other feed here or in c has; the text lives in a. The names do not depend on the order
 * of the feeds. A feed keeps its known name as long as its title and address can still give it. 0 or -ENOMEM. */
int config_name_feeds(const struct config *c, struct config_unnamed *feeds, size_t count, struct arena *a);

#endif
