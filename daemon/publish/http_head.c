/* Heads that two programs may read in two ways.  A proxy in front of us and we must see the same requests on a
 * connection: RFC 9112, sections 3.2, 6.1 and 6.3. */
#include <microhttpd.h>

#include "http_internal.h"
#include "sitrep/str.h"

struct count {
	unsigned hosts, lengths, codings;
	bool odd_length, odd_coding;
};

static bool is_digits(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!char_is_digit(s.data[i]))
			return false;
	return s.len > 0;
}

static enum MHD_Result count_field(void *arg, enum MHD_ValueKind kind, const char *name, const char *value)
{
	struct count *n = arg;
	struct str v = str_from(value);

	(void)kind;
	if (str_eq_nocase(str_from(name), STR("Host"))) {
		n->hosts++;
	} else if (str_eq_nocase(str_from(name), STR("Content-Length"))) {
		n->lengths++;
		n->odd_length = n->odd_length || !is_digits(v);
	} else if (str_eq_nocase(str_from(name), STR("Transfer-Encoding"))) {
		n->codings++;
		n->odd_coding = n->odd_coding || !str_eq_nocase(v, STR("chunked"));
	}
	return MHD_YES;
}

const char *http_head_mistake(struct MHD_Connection *connection)
{
	struct count n = {0};

	(void)MHD_get_connection_values(connection, MHD_HEADER_KIND, count_field, &n);
	if (n.hosts > 1)
		return "two Host fields";
	if (n.lengths > 1 || n.odd_length)
		return "Content-Length is not one number";
	if (n.codings > 1 || n.odd_coding)
		return "Transfer-Encoding is not \"chunked\"";
	if (n.lengths > 0 && n.codings > 0)
		return "Content-Length and Transfer-Encoding";
	return NULL;
}
