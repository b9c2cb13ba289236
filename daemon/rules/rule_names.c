/* SPDX-License-Identifier: ISC */
#include "rule_names.h"

struct str rule_wider_language(struct str tag)
{
	size_t end = tag.len;

	while (end > 0 && tag.data[end - 1] != '-')
		end--;
	return str_slice(tag, 0, end > 0 ? end - 1 : 0);
}

struct str rule_outlet_url(const struct item *it)
{
	return it->has_source && it->source.link.len > 0 ? it->source.link : it->link;
}

struct str rule_host_of(struct str url)
{
	size_t from = str_find(url, STR("://"), 0);
	struct str host = from != STR_NPOS ? str_slice(url, from + 3, url.len) : STR_NONE;

	for (size_t i = 0; i < host.len; i++)
		if (strchr("/?#:", host.data[i]) != NULL)
			host.len = i;
	return host;
}

struct str rule_wider_host(struct str host)
{
	size_t dot = str_find_char(host, '.', 0);

	return str_slice(host, dot != STR_NPOS ? dot + 1 : host.len, host.len);
}
