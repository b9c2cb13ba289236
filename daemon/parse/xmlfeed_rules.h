/* SPDX-License-Identifier: ISC */
/* xmlfeed_rules.h: the rules of elements. */
#ifndef SITREP_PARSE_XMLFEED_RULES_H
#define SITREP_PARSE_XMLFEED_RULES_H

#include "xmlfeed_frame.h"

/* To be called once in a process, before the first xmlfeed_new(). */
void xmlfeed_prepare(void);
/* The rule of the element with this name at this place; NULL: the element is not known there. */
const struct rule *xmlfeed_find_rule(struct xmlfeed *x, enum place place, enum ns ns, struct str name);

#endif
