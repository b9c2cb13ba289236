/* SPDX-License-Identifier: ISC */
/* domain.h: which part of a host's name somebody has registered.
 *
 * news.example.co.uk and www.example.co.uk are of one house, example.co.uk; alice.blogspot.com and
 * bob.blogspot.com are of two.  The public suffix list knows; the one that was built into libpsl is used,
 * which the system's updates bring up to date. */
#ifndef SITREP_BASE_DOMAIN_H
#define SITREP_BASE_DOMAIN_H

#include "sitrep/base/str.h"

/* The end of host that is its registrable domain, in any case of letters.  An address, a name of one label and a public
 * suffix itself are returned whole; a dot at the end goes. */
struct str domain_registrable(struct str host);

#endif
