/* Shared by http.c and http_body.c only. */
#ifndef SITREP_HTTP_INTERNAL_H
#define SITREP_HTTP_INTERNAL_H

#include <stdbool.h>

#include "sitrep/http.h"

struct http_body {
	char *data;
	size_t len;
	char *gzip; /* NULL until it was asked for */
	size_t gzip_len;
	bool gzip_refused; /* not worth it, or no memory */
	char tag[32];      /* the ETag without its quotes; the gzip form's has "-gz" behind it */
	int64_t modified_ms;
	const char *content_type;
	unsigned references;
};

/* True when b->gzip is there. */
bool http_body_compress(struct http_body *b);

#endif
