/* SPDX-License-Identifier: ISC */
/* Bodies of answers, and their compressed forms. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "http_internal.h"

struct http_body *http_body_new(char *data, size_t len, const char *content_type, int64_t modified_ms)
{
	struct http_body *b = calloc(1, sizeof(*b));

	if (b == NULL) {
		free(data);
		return NULL;
	}
	b->data = data;
	b->len = len;
	b->content_type = content_type;
	b->modified_ms = modified_ms;
	b->references = 1;
	http_etag_make(b->tag, str_make(data, len));
	return b;
}

struct str http_body_bytes(const struct http_body *b)
{
	return str_make(b->data, b->len);
}

const char *http_body_tag(const struct http_body *b)
{
	return b->tag;
}

struct http_body *http_body_new_changes(char *data, size_t len, const struct http_body *whole)
{
	struct http_body *b = http_body_new(data, len, whole->content_type, whole->modified_ms);

	if (b != NULL)
		memcpy(b->tag, whole->tag, sizeof(b->tag));
	return b;
}

struct http_body *http_body_ref(struct http_body *b)
{
	b->references++;
	return b;
}

void http_body_unref(struct http_body *b)
{
	if (b == NULL || --b->references > 0)
		return;
	for (size_t i = 0; i < COMPRESSION_CODINGS; i++) {
		compression_free(b->forms[i].compression);
		free(b->forms[i].data);
	}
	free(b->data);
	free(b);
}

size_t http_body_size(const struct http_body *b)
{
	size_t size = sizeof(*b) + b->len;

	/* A form in the making takes as much as the document at most. */
	for (size_t i = 0; i < COMPRESSION_CODINGS; i++)
		size += b->forms[i].compression != NULL ? b->len : b->forms[i].len;
	return size;
}

enum http_compression http_body_compress(struct http_body *b, enum compression_coding coding)
{
	struct http_form *f = &b->forms[coding];
	int result = -ENOMEM;

	if (f->data != NULL)
		return HTTP_COMPRESSION_READY;
	if (f->refused || b->len < COMPRESSION_LEAST)
		return HTTP_COMPRESSION_NONE;
	if (f->compression == NULL)
		f->compression = compression_new(coding, str_make(b->data, b->len));
	if (f->compression != NULL)
		result = compression_step(f->compression);
	if (result == 1)
		return HTTP_COMPRESSION_LATER;
	if (result == 0)
		f->data = compression_take(f->compression, &f->len);
	f->refused = f->data == NULL;
	compression_free(f->compression);
	f->compression = NULL;
	return f->refused ? HTTP_COMPRESSION_NONE : HTTP_COMPRESSION_READY;
}
