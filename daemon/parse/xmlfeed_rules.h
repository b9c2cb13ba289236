/* SPDX-License-Identifier: ISC */
/* xmlfeed_rules.h: what each element of a feed means. */
#ifndef SITREP_PARSE_XMLFEED_RULES_H
#define SITREP_PARSE_XMLFEED_RULES_H

#include "xmlfeed_frame.h"

/* Once in a process, before the first xmlfeed_new(). */
void xmlfeed_prepare(void);
/* The rule of an element of that name in that place; NULL: it means nothing. */
const struct rule *xmlfeed_find_rule(struct xmlfeed *x, enum place place, enum ns ns, struct str name);

#endif
