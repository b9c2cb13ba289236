/* config_loading.h: what the files that load a configuration share. */
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

/* A subscription list, read when all files are: what they say of a feed goes before what a list says. */
struct config_list {
	const char *path;
	struct config_place from;
};

struct config_loading {
	struct config *config;
	struct config_mistakes *mistakes;
	const struct config_names *known; /* NULL: none */
	enum option_section section;
	bool skip;      /* a section that is not known, or a header that cannot be read: its options say nothing */
	size_t element; /* of the section's list, when it has one */
	bool seen[CONFIG_OPTIONS_MAX]; /* by place in config_options; of a named section the last one's */
	unsigned depth;
	struct {
		struct config_file *items;
		size_t count;
		size_t cap;
	} files;
	struct {
		struct config_list *items;
		size_t count;
		size_t cap;
	} lists;
	int failed; /* -ENOMEM */
};

/* ---- config_read.c ---- */

/* Reads a configuration file with all that it includes.  from is the line that asked for it. */
void config_read_file(struct config_loading *l, const char *path, struct config_place from);
void config_set_defaults(struct config_loading *l);
/* A new element of the list of l->section, with its defaults; l->failed when there is no memory. */
void config_add_element(struct config_loading *l, struct str name, struct config_place place);
/* The struct that the current section's options go into. */
void *config_element(struct config_loading *l);

/* ---- config_list.c ---- */

/* Reads all subscription lists, and adds the feeds that no [feed] has.  l->failed when there is no memory. */
void config_read_lists(struct config_loading *l);

/* ---- config_names.c ---- */

/* A feed of a list that is to be named. */
struct config_unnamed {
	struct str title, url, key;
	struct str given; /* the name it asks for; STR_NONE: none */
	struct str known; /* the name that it had */
	const char *name; /* out */
	const char *try;  /* while names are made */
};
/* The order of known names: by key. */
int config_name_order(const void *a, const void *b);
/* Names all of them, in a, each apart from the others and from those of c's feeds; the names are the same whatever the
 * order is.  A feed keeps the name that it had as long as that can be made of its title.  0 or -ENOMEM. */
int config_name_feeds(const struct config *c, struct config_unnamed *feeds, size_t count, struct arena *a);

#endif
