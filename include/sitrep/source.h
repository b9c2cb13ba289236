/* source.h: who speaks, told from a host name. */
#ifndef SITREP_SOURCE_H
#define SITREP_SOURCE_H

#include "sitrep/str.h"

/* The registrable part of a host in lower case: "example.com" of "www.news.example.com", "bbc.co.uk" of
 * "feeds.bbc.co.uk"; a part of host.  Without the public suffix list, which changes weekly, this is a rule of thumb:
 * below a country's domain, a customary second label (co, com, gov, mil, ...) belongs to the suffix.  Where
 * it errs, the operator names the publisher.  Addresses and single labels stay as they are. */
struct str source_of_host(struct str host);

#endif
