/* SPDX-License-Identifier: ISC */
/* A file of its own: libsitrep contains utf8.c and must not need utf8proc. */
#include <utf8proc.h>

#include "sitrep/base/utf8.h"

size_t utf8_width(uint32_t cp)
{
	int width = utf8proc_charwidth((utf8proc_int32_t)cp);

	return width > 0 ? (size_t)width : 0;
}
