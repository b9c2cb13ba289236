/* SPDX-License-Identifier: ISC */
/* domain.h: the registrable domain of a host name.
 *
 * news.example.co.uk and www.example.co.uk share one, example.co.uk; alice.blogspot.com and bob.blogspot.com are
 * two.  The public suffix list that is built into libpsl decides; the system's updates keep it up to date. */
#ifndef SITREP_BASE_DOMAIN_H
#define SITREP_BASE_DOMAIN_H

#include "sitrep/base/str.h"

/* The part at the end of host that is its registrable domain, with its letters in the case that they have.  An address,
 * a name of one label and a public suffix itself are returned whole.  A dot at the end is cut off. */
struct str domain_registrable(struct str host);

#endif
