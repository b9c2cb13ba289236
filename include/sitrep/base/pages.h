/* SPDX-License-Identifier: ISC */
/* pages.h: pages for a large block of fresh memory.
 *
 * The kernel gives a process a page of 4 KiB when the page is first touched, and interrupts the process for it.  Where
 * 100 MiB are filled in a tenth of a second, the 27,000 interruptions take most of it.  One call for a whole block
 * takes a tenth of that, less with large pages.
 *
 * For memory that is used soon, and whole: the system counts all of it as taken from then on. */
#ifndef SITREP_BASE_PAGES_H
#define SITREP_BASE_PAGES_H

#include <stddef.h>

/* Takes the pages of a block of 128 KiB or more; smaller ones stay as they are.  The content does not change.
 * Returns memory, which may be NULL. */
void *pages_take(void *memory, size_t size);

#endif
