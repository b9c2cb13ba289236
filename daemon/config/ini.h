/* SPDX-License-Identifier: ISC */
/* ini.h: the lines of a configuration file.
 *
 *     # comment        ; comment
 *     [section]
 *     [section "name"]
 *     name = value
 *             more of the value
 *
 * A line that begins with white space continues the value above, joined by one space; comment lines may stand between,
 * an empty line ends the value.  Values are kept as written without white space at their ends: quotes belong to the
 * value, since rules contain them, and so does a # within it.  CRLF and a byte order mark are tolerated.
 *
 * The reader checks the syntax, not the names.  A malformed line is returned as INI_MISTAKE with a sentence, and
 * reading goes on after it. */
#ifndef SITREP_CONFIG_INI_H
#define SITREP_CONFIG_INI_H

#include <stdbool.h>

#include "sitrep/base/buf.h"
#include "sitrep/base/str.h"

/* One line, and one value with all its continuations: as much as the longest rule may have (rule.h). */
enum { INI_LINE_MAX = 64 * 1024 };

enum ini_kind { INI_END, INI_SECTION, INI_OPTION, INI_MISTAKE };

struct ini_item {
	enum ini_kind kind;
	unsigned line;       /* of the first line, from 1 */
	struct str name;     /* of the section or option */
	struct str value;    /* of the option; of a section the quoted name, or STR_NONE */
	bool is_header;      /* of a mistake: the line should begin a section */
	const char *mistake; /* what was found and what was expected */
};

struct ini {
	struct str rest;
	unsigned line;      /* of the line read last */
	bool skip_indented; /* continuation lines of a malformed line give no further mistake */
	struct buf joined;  /* a value of several lines */
	char mistake[256];
};

/* text is borrowed and outlives the reader. */
void ini_init(struct ini *ini, struct str text);
void ini_release(struct ini *ini);

/* The next item; what it points to is valid until the next call.  0, or -ENOMEM. */
int ini_next(struct ini *ini, struct ini_item *item);

#endif
