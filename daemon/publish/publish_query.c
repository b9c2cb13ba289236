/* SPDX-License-Identifier: ISC */
/* The arguments of a page.  A reader who mistypes one is told so, and never gets another page instead. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "publish_state.h"
#include "sitrep/base/utf8.h"

/* Bytes of an unknown name in the sentence. */
enum { NAME_SHOWN_MAX = 40 };

static void list_names(const struct page_query *q, char text[128])
{
	size_t len = 0;

	text[0] = '\0';
	for (size_t i = 0; i < PUBLISH_ARGUMENTS_MAX && q->names[i] != NULL && len < 100; i++)
		len += (size_t)snprintf(text + len, 128 - len, "%s%s", i > 0 ? ", " : "", q->names[i]);
}

static void refuse_name(struct page_query *q, struct str name)
{
	char known[128];

	list_names(q, known);
	snprintf(q->mistake, sizeof(q->mistake), "This page has no argument \"%.*s\"; %s%s.",
		STR_ARG(utf8_cut(name, NAME_SHOWN_MAX)), known[0] != '\0' ? "it has " : "it has none", known);
}

static int take_argument(void *arg, struct str name, struct str value)
{
	struct page_query *q = arg;
	size_t i = 0;

	while (i < PUBLISH_ARGUMENTS_MAX && q->names[i] != NULL && !str_eq(name, str_from(q->names[i])))
		i++;
	if (i == PUBLISH_ARGUMENTS_MAX || q->names[i] == NULL)
		refuse_name(q, name);
	else if (q->values[i][0] != '\0')
		snprintf(q->mistake, sizeof(q->mistake), "The argument %s is given twice.", q->names[i]);
	else if (value.len >= sizeof(q->values[i]))
		snprintf(q->mistake, sizeof(q->mistake), "The value of %s is too long.", q->names[i]);
	else
		memcpy(q->values[i], value.data, value.len);
	return q->mistake[0] == '\0' ? 0 : -EINVAL;
}

bool publish_query_read(struct page_query *q, const struct http_request *request)
{
	memset(q->values, 0, sizeof(q->values));
	q->mistake[0] = '\0';
	if (http_request_arguments(request, take_argument, q) != 0 && q->mistake[0] == '\0')
		snprintf(q->mistake, sizeof(q->mistake), "An argument of the address is malformed.");
	return q->mistake[0] == '\0';
}

void publish_query_refuse(struct page_query *q, const char *name, const char *expected)
{
	snprintf(q->mistake, sizeof(q->mistake), "The value of %s is wrong: expected %s.", name, expected);
}

void publish_query_write(const struct page_query *q, struct buf *out)
{
	char sign = '?';

	for (size_t i = 0; i < PUBLISH_ARGUMENTS_MAX && q->names[i] != NULL; i++) {
		if (q->values[i][0] == '\0')
			continue;
		buf_printf(out, "%c%s=%s", sign, q->names[i], q->values[i]);
		sign = '&';
	}
}
