/* SPDX-License-Identifier: ISC */
#include "sitrep/text/feed_key.h"

#include <stdbool.h>
#include <string.h>

#include "sitrep/text/url.h"

/* The normal form of a host with non-ASCII characters is always another text.  When url_normalise() returned url
 * itself, the host was refused or memory was short; a second attempt tells which. */
static bool is_refused(struct str url, struct str normal)
{
	if (normal.data != url.data)
		return false;
	for (size_t i = 0; i < url.len; i++)
		if ((unsigned char)url.data[i] >= 0x80)
			return true;
	return false;
}

struct str feed_key(struct arena *a, struct str url)
{
	struct str key = url_normalise(a, url);
	size_t scheme, end = 0, at = STR_NPOS, colon;
	char *copy;

	if (key.data != NULL && is_refused(url, key))
		key = url_normalise(a, url);
	if (key.data == NULL)
		return key;
	scheme = str_find(key, STR("://"), 0);
	if (scheme != STR_NPOS)
		key = str_slice(key, scheme + 3, key.len);
	key = str_slice(key, 0, str_find_char(key, '#', 0));
	for (; end < key.len && key.data[end] != '/' && key.data[end] != '?'; end++)
		if (key.data[end] == '@')
			at = end;
	if (at == STR_NPOS)
		return key;
	colon = str_find_char(str_slice(key, 0, at), ':', 0);
	if (colon == STR_NPOS)
		return key;
	copy = arena_alloc(a, key.len);
	if (copy == NULL)
		return STR_NONE;
	memcpy(copy, key.data, colon);
	memcpy(copy + colon, key.data + at, key.len - at);
	return str_make(copy, colon + key.len - at);
}
