/* SPDX-License-Identifier: ISC */
/* option.h: the one table of all options.
 *
 * Each row names an option's section, name, type, default, range, help, the offset of its value in struct config (or
 * in the struct of a repeated section), and whether a reload applies it.  The reader, config_diff(), `sitrepd
 * --help-config`, the manual page's OPTIONS part (daemon/describe) and the sample configuration all come from it. */
#ifndef SITREP_CONFIG_OPTION_H
#define SITREP_CONFIG_OPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sitrep/base/buf.h"
#include "sitrep/base/str.h"

enum option_section {
	SECTION_TOP,
	SECTION_FEED,
	SECTION_ALERT,
	SECTION_ALERTS,
	SECTION_OUTPUT,
	SECTION_DEFINE,
	SECTION_HTTP,
	SECTION_PUBLISH,
	SECTION_STREAM,
	SECTION_CONTROL,
	SECTION_FETCH,
	SECTION_POLL,
	SECTION_DEDUP,
	SECTION_KEEP,
	SECTION_SEARCH,
	SECTION_PARSE,
	SECTION_COUNT
};

enum option_type {
	OPTION_STRING,
	OPTION_PATH,  /* of a file, struct config_path */
	OPTION_URL,   /* http or https */
	OPTION_PROXY, /* http, https or socks */
	OPTION_AGENT, /* a User-Agent with a version and a page, and without a browser's name */
	OPTION_BOOL,  /* yes/no, true/false, on/off, 1/0 */
	OPTION_INT,
	OPTION_FRACTION, /* 0 to 1 with at most six decimals, double */
	OPTION_DURATION, /* int64_t ms */
	OPTION_SIZE,     /* int64_t bytes */
	OPTION_MODE,     /* octal, unsigned */
	OPTION_LIST,     /* comma separated strings */
	OPTION_LISTEN,   /* comma separated addresses */
	OPTION_NETWORKS, /* comma separated CIDR */
	OPTION_LEVEL,    /* a log level */
	OPTION_CHOICE,   /* one of choices */
	OPTION_TIMES,    /* times of the week (week_times.h), kept as text */
	OPTION_GROWTH,   /* a number of publishers in a time, struct config_growth; min and max are the number's */
	OPTION_RATE,     /* so many in a time (alert_hold.h), kept as text */
	OPTION_FILES,    /* a path or a pattern of files to read; may be given again, has no member */
};

struct config_option {
	enum option_section section;
	const char *name;
	enum option_type type;
	size_t offset;        /* in struct config, or in the repeated section's struct */
	const char *fallback; /* default, as in a file; NULL: none */
	const char *example;  /* a value for the sample configuration, for options without a fallback */
	int64_t min, max;     /* for numbers, in the value's unit */
	const char *choices;  /* "low normal high urgent" */
	bool reloadable;
	bool required;
	const char *help; /* one or two sentences */
};

extern const struct config_option config_options[];
extern const size_t config_option_count;

/* "http", "feed" ...; "" for the top. */
const char *option_section_name(enum option_section s);
/* The purpose of the section, without a full stop. */
const char *option_section_about(enum option_section s);
/* The option, or NULL; *nearest is then the most similar name in the section, or NULL. */
const struct config_option *option_find(enum option_section section, struct str name, const char **nearest);

/* Finds the section of that name. False: unknown; *nearest is then the most similar name, or NULL. */
bool option_find_section(struct str name, enum option_section *section, const char **nearest);
/* True for sections with a name in quotes, such as [feed "usni"]. */
bool option_section_is_named(enum option_section s);

/* Appends the values that the option takes, for people: "a duration, 1s to 30d", "low, normal, high or urgent". */
void option_write_values(struct buf *out, const struct config_option *o);
/* The table as text: for --help-config, and as a commented sample file.  0 or the buffer's failure. */
int option_write_help(struct buf *out);
int option_write_sample(struct buf *out);

#endif
