/* SPDX-License-Identifier: ISC */
/* The head of a request.
 *
 * Ambiguous heads are refused: a proxy in front of the daemon must see the same requests on a connection as the daemon
 * does (RFC 9112, sections 3.2, 6.1 and 6.3). */
#include <errno.h>
#include <microhttpd.h>
#include <string.h>

#include "http_internal.h"
#include "sitrep/base/str.h"

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

static enum MHD_Result count_field(void *arg, enum MHD_ValueKind kind UNUSED, const char *name, const char *value)
{
	struct count *n = arg;
	struct str v = str_from(value);

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

/* ---- paths, fields, arguments ---- */

bool http_decode(struct buf *out, const char *raw)
{
	for (; *raw != '\0'; raw++) {
		unsigned char c = (unsigned char)*raw;

		if (c == '%') {
			int high = char_hex_value(raw[1]);
			int low = high < 0 ? -1 : char_hex_value(raw[2]);

			if (low < 0)
				return false;
			c = (unsigned char)(high * 16 + low);
			raw += 2;
		}
		if (c < 0x20 || c == 0x7f)
			return false;
		buf_putc(out, (char)c);
	}
	return !buf_failed(out);
}

const char *http_header(struct MHD_Connection *connection, const char *name)
{
	return MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
}

/* The state of a search by http_request_field(). */
struct field_list {
	const char *name;
	struct buf *out;
	bool found;
};

static enum MHD_Result add_field(void *arg, enum MHD_ValueKind kind UNUSED, const char *name, const char *value)
{
	struct field_list *list = arg;

	if (value == NULL || !str_eq_nocase(str_from(name), str_from(list->name)))
		return MHD_YES;
	if (list->found)
		buf_puts(list->out, ", ");
	list->found = true;
	buf_puts(list->out, value);
	return MHD_YES;
}

bool http_request_field(const struct http_request *r, const char *name, struct buf *out)
{
	struct field_list list = {.name = name, .out = out};

	(void)MHD_get_connection_values(r->connection, MHD_HEADER_KIND, add_field, &list);
	return list.found && !buf_failed(out);
}

bool http_request_argument(const struct http_request *r, const char *name, struct buf *out)
{
	const char *raw = MHD_lookup_connection_value(r->connection, MHD_GET_ARGUMENT_KIND, name);

	return raw != NULL && http_decode(out, raw);
}

/* More than a head can have. */
enum { ARGUMENT_MAX = 64 * 1024 };

/* The state of http_request_arguments(). */
struct argument_list {
	http_argument_fn *fn;
	void *arg;
	int result;
};

static enum MHD_Result give_argument(void *arg, enum MHD_ValueKind kind UNUSED, const char *name, const char *value)
{
	struct argument_list *list = arg;
	struct buf key = BUF_INIT(ARGUMENT_MAX), text = BUF_INIT(ARGUMENT_MAX);

	/* it is a credential (http_access.h) and no matter of the document */
	if (strcmp(name, "token") == 0)
		return MHD_YES;
	if (http_decode(&key, name) && http_decode(&text, value != NULL ? value : ""))
		list->result = list->fn(list->arg, buf_str(&key), buf_str(&text));
	else
		list->result = key.failed == -ENOMEM || text.failed == -ENOMEM ? -ENOMEM : -EINVAL;
	buf_release(&key);
	buf_release(&text);
	return list->result == 0 ? MHD_YES : MHD_NO;
}

int http_request_arguments(const struct http_request *r, http_argument_fn *fn, void *arg)
{
	struct argument_list list = {.fn = fn, .arg = arg};

	MHD_get_connection_values(r->connection, MHD_GET_ARGUMENT_KIND, give_argument, &list);
	return list.result;
}
