/* Who speaks, told from a host name. */
#include "sitrep/source.h"

#include <stdbool.h>

static bool is_second_level(struct str label)
{
	static const struct str customary[] = {
		{"co", 2},
		{"com", 3},
		{"net", 3},
		{"org", 3},
		{"gov", 3},
		{"mil", 3},
		{"edu", 3},
		{"ac", 2},
		{"or", 2},
		{"go", 2},
		{"ne", 2},
		{"gv", 2},
		{"mi", 2},
		{"in", 2},
		{"me", 2},
		{"gob", 3},
		{"gouv", 4},
		{"govt", 4},
		{"asso", 4},
		{"nic", 3},
		{"sch", 3},
	};

	for (size_t i = 0; i < sizeof(customary) / sizeof(customary[0]); i++)
		if (str_eq(label, customary[i]))
			return true;
	return false;
}

static bool is_address(struct str host)
{
	return str_find_char(host, ':', 0) != STR_NPOS || (host.len > 0 && char_is_digit(host.data[host.len - 1]));
}

/* Where the label begins that ends at end. */
static size_t label_start(struct str host, size_t end)
{
	while (end > 0 && host.data[end - 1] != '.')
		end--;
	return end;
}

struct str source_of_host(struct str host)
{
	size_t top, second, third;

	if (host.len > 0 && host.data[host.len - 1] == '.')
		host.len--;
	top = label_start(host, host.len);
	if (is_address(host) || top < 2)
		return host;
	second = label_start(host, top - 1);
	if (second < 2 || host.len - top != 2 || !is_second_level(str_slice(host, second, top - 1)))
		return str_slice(host, second, host.len);
	third = label_start(host, second - 1);
	return str_slice(host, third, host.len);
}
