/* SPDX-License-Identifier: ISC */
#include "sitrep/base/pages.h"

#include <stdint.h>
#include <sys/mman.h>

enum { PAGE = 4096, LEAST = 128 * 1024, LARGE_PAGE = 2 * 1024 * 1024 };

void *pages_take(void *memory, size_t size)
{
	uintptr_t begin = ((uintptr_t)memory + PAGE - 1) / PAGE * PAGE;
	uintptr_t end = ((uintptr_t)memory + size) / PAGE * PAGE;

	if (memory == NULL || size < LEAST)
		return memory;
	/* Both calls give advice: a kernel that does not know it, or has no memory left, gives pages as they are
	 * touched.  The advice for large pages outlives the block, so blocks that cannot have one do not ask. */
	if (size >= LARGE_PAGE)
		(void)madvise((void *)begin, end - begin, MADV_HUGEPAGE);
#ifdef MADV_POPULATE_WRITE
	(void)madvise((void *)begin, end - begin, MADV_POPULATE_WRITE);
#endif
	return memory;
}
