/* Shared by http.c, http_body.c and http_upload.c only. */
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

/* The body of a POST on its way in. */
struct http_upload {
	struct buf body;
	int status;       /* 0: it is taken; else what it is refused with, while its body goes by */
	size_t kept;      /* bytes that came into body, whoever has it by now */
	size_t discarded; /* bytes that went by */
	size_t *total;    /* bytes kept by all uploads together */
};

/* limit: of the body; announced: its length as its head says, 0 when it says nothing. NULL without memory. */
struct http_upload *http_upload_new(int status, size_t limit, uint64_t announced, size_t *total);
/* Whether the body is so large that it is refused without being listened to. */
bool http_upload_is_hopeless(uint64_t announced);
/* Keeps a piece, or lets it go by.  False when enough went by. */
bool http_upload_add(struct http_upload *u, const char *data, size_t len);
void http_upload_free(struct http_upload *u);

/* True when b->gzip is there. */
bool http_body_compress(struct http_body *b);

#endif
