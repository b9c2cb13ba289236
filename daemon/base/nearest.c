/* SPDX-License-Identifier: ISC */
#include "sitrep/base/nearest.h"

#include <stdint.h>

enum { NAME_MAX_LEN = 32 };

/* Edits from a to b: insertion, deletion, replacement, and two neighbours swapped. */
static size_t distance(struct str a, struct str b)
{
	size_t rows[3][NAME_MAX_LEN + 1];

	if (a.len > NAME_MAX_LEN || b.len > NAME_MAX_LEN)
		return SIZE_MAX;
	for (size_t j = 0; j <= b.len; j++)
		rows[0][j] = j;
	for (size_t i = 1; i <= a.len; i++) {
		size_t *now = rows[i % 3], *above = rows[(i - 1) % 3], *two_above = rows[(i + 1) % 3];

		now[0] = i;
		for (size_t j = 1; j <= b.len; j++) {
			bool same = a.data[i - 1] == b.data[j - 1];
			size_t best = above[j - 1] + !same;

			if (above[j] + 1 < best)
				best = above[j] + 1;
			if (now[j - 1] + 1 < best)
				best = now[j - 1] + 1;
			if (i > 1 && j > 1 && a.data[i - 1] == b.data[j - 2] && a.data[i - 2] == b.data[j - 1] &&
				two_above[j - 2] + 1 < best)
				best = two_above[j - 2] + 1;
			now[j] = best;
		}
	}
	return rows[a.len % 3][b.len];
}

const char *nearest_name(struct str name, struct str known, size_t *best, const char *so_far)
{
	size_t d = distance(name, known);
	/* One edit of a word of three to five letters, two of six to eight: with more, any two short words are near. */
	size_t most = name.len / 3;

	if (d > most || d >= *best)
		return so_far;
	*best = d;
	return known.data;
}
