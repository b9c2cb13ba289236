/* SPDX-License-Identifier: ISC */
#include "sitrep/base/array.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int array_reserve(void *items, size_t *cap, size_t count, size_t size)
{
	size_t larger = 2 * *cap > count ? 2 * *cap : count;
	void *array;

	if (count <= *cap)
		return 0;
	memcpy(&array, items, sizeof(array));
	array = reallocarray(array, larger, size);
	if (array == NULL)
		return -ENOMEM;
	memcpy(items, &array, sizeof(array));
	*cap = larger;
	return 0;
}
