/* SPDX-License-Identifier: ISC */
/* wire_seed.c: a feed's document as wire bytes, for the first corpus of the wire target.
 *
 * usage: wire_seed FEED > SEED */
#include <stdio.h>
#include <stdlib.h>

#include "sitrep/identity/identity.h"
#include "sitrep/model/wire.h"
#include "sitrep/parse/parse.h"

enum { FEED_MAX = 1024 * 1024, MEMORY_MAX = 64 * 1024 * 1024 };

static int write_seed(struct str body, struct error *err)
{
	struct parse_input in = {.body = body, .url = STR("https://feeds.example/"), .want_notes = true};
	struct identity *identity = identity_new(err);
	struct buf out = BUF_INIT(MEMORY_MAX);
	struct document d;
	struct arena a = ARENA_INIT(MEMORY_MAX);
	int result = identity == NULL ? err->code : 0;

	parse_prepare();
	if (result == 0)
		result = parse_feed(&in, &a, &d, err);
	for (size_t i = 0; result == 0 && i < d.items.count; i++)
		result = identity_assign(identity, &a, &d.items.items[i]);
	if (result == 0)
		result = wire_encode_document(&out, &d);
	if (result == 0 && fwrite(out.data, 1, out.len, stdout) != out.len)
		result = -1;
	buf_release(&out);
	arena_release(&a);
	identity_free(identity);
	return result;
}

int main(int argc, char **argv)
{
	static char body[FEED_MAX];
	struct error err = {0};
	FILE *f = argc == 2 ? fopen(argv[1], "rb") : NULL;
	size_t len;

	if (f == NULL) {
		fputs("usage: wire_seed FEED > SEED\n", stderr);
		return EXIT_FAILURE;
	}
	len = fread(body, 1, sizeof(body), f);
	fclose(f);
	if (write_seed(str_make(body, len), &err) != 0) {
		fprintf(stderr, "wire_seed: %s: %s\n", argv[1], err.text);
		return EXIT_FAILURE;
	}
	return EXIT_SUCCESS;
}
