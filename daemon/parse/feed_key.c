#include "sitrep/feed_key.h"

#include <string.h>

#include "sitrep/url.h"

struct str feed_key(struct arena *a, struct str url)
{
	struct str key = url_normalise(a, url);
	size_t scheme, end = 0, at = STR_NPOS, colon;
	char *copy;

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
