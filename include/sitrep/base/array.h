/* SPDX-License-Identifier: ISC */
/* array.h: room in an array that grows. */
#ifndef SITREP_BASE_ARRAY_H
#define SITREP_BASE_ARRAY_H

#include <stddef.h>

/* Makes room for count elements of size bytes in the array whose pointer is at items and whose room is *cap; a full one
 * doubles. 0, or -ENOMEM and the array stays as it is. */
int array_reserve(void *items, size_t *cap, size_t count, size_t size);

#endif
