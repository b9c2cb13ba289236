/* SPDX-License-Identifier: ISC */
/* parse.c: how fast a worker reads feeds, against a bare libxml2 SAX pass over the same bytes.
 *
 * usage: parse FOLDER [ROUNDS]
 *
 * Each round goes through all files of the folder with one program after the other, so that whatever else the
 * machine does falls on both; the figures are each one's best round.  The first two lines are the floor: libxml2's
 * own parser with callbacks that do nothing, given the whole text, and given it in pieces as while fetching, which
 * is faster.  The next lines are the worker's stages; the last ones are the daemon's with the worker's answer: reading
 * the bytes, and reading and checking them. */
#include <dirent.h>
#include <libxml/parser.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sitrep/identity/identity.h"
#include "sitrep/model/wire.h"
#include "sitrep/parse/parse.h"
#include "sitrep/text/html.h"
#include "sitrep/worker/document_check.h"

enum { FILE_MAX = 64 * 1024 * 1024, MEMORY_MAX = 512 * 1024 * 1024, PIECE = 16 * 1024, ROUNDS = 10 };

struct feed {
	struct buf body;
	char *name;
	size_t items;
};

struct bench {
	LIST(struct feed) feeds;
	struct arena names;
	struct arena arena;
	struct arena checked; /* the daemon's */
	struct buf text;
	struct buf wire;
	struct identity *identity;
	size_t bytes;
	size_t items;
};

enum stage {
	STAGE_FLOOR,
	STAGE_PUSHED,
	STAGE_PARSE,
	STAGE_IDENTITY,
	STAGE_TEXT,
	STAGE_WIRE,
	STAGE_DECODE,
	STAGE_CHECK,
	STAGE_COUNT
};

static const char *const stage_names[STAGE_COUNT] = {"bare SAX pass", "the same, in pieces", "parse_feed",
	"identity_assign", "html_to_text alone", "wire_encode", "wire_decode", "document_check"};

static double cpu_seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void on_start(void *ctx, const xmlChar *local, const xmlChar *prefix, const xmlChar *uri, int ns_count,
	const xmlChar **namespaces, int count, int defaulted, const xmlChar **attributes)
{
	(void)ctx, (void)local, (void)prefix, (void)uri, (void)ns_count, (void)namespaces, (void)count, (void)defaulted;
	(void)attributes;
}

static void on_end(void *ctx, const xmlChar *local, const xmlChar *prefix, const xmlChar *uri)
{
	(void)ctx, (void)local, (void)prefix, (void)uri;
}

static void on_text(void *ctx, const xmlChar *text, int len)
{
	(void)ctx, (void)text, (void)len;
}

static xmlSAXHandler sax = {.initialized = XML_SAX2_MAGIC,
	.startElementNs = on_start,
	.endElementNs = on_end,
	.characters = on_text,
	.cdataBlock = on_text};

static int floor_pass(struct str body)
{
	return xmlSAXUserParseMemory(&sax, NULL, body.data, (int)body.len);
}

/* The push parser in pieces, as a program would that parses while it fetches: libxml2's fastest way. */
static int pushed_pass(struct str body)
{
	xmlParserCtxtPtr parser = xmlCreatePushParserCtxt(&sax, NULL, NULL, 0, NULL);
	int result;

	if (parser == NULL)
		return -1;
	xmlCtxtUseOptions(parser, XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
	for (size_t at = 0; at < body.len; at += PIECE) {
		size_t len = body.len - at < PIECE ? body.len - at : PIECE;

		xmlParseChunk(parser, body.data + at, (int)len, 0);
	}
	result = xmlParseChunk(parser, NULL, 0, 1) == 0 ? 0 : -1;
	xmlFreeParserCtxt(parser);
	return result;
}

/* What the plain texts of an item cost by themselves; identity_assign() does it too. */
static int text_pass(struct bench *b, const struct item *it)
{
	const struct text *texts[] = {&it->title, &it->summary, &it->content};
	int result = 0;

	for (size_t i = 0; result == 0 && i < sizeof(texts) / sizeof(texts[0]); i++) {
		buf_clear(&b->text);
		if (texts[i]->kind == TEXT_HTML)
			result = html_to_text(&b->text, texts[i]->value);
	}
	return result;
}

/* One feed through all stages, the seconds of each added to spent. */
static int run_feed(struct bench *b, struct feed *f, double spent[STAGE_COUNT])
{
	struct parse_input in = {.body = buf_str(&f->body), .url = STR("https://feeds.example/feed.xml")};
	const struct known_rules no_rules = {0};
	struct document d, answer;
	struct error err = {0};
	double times[STAGE_COUNT + 1];
	int result;

	arena_clear(&b->arena);
	buf_clear(&b->wire);
	times[0] = cpu_seconds();
	result = floor_pass(in.body);
	times[1] = cpu_seconds();
	if (result != 0 || pushed_pass(in.body) != 0) {
		fprintf(stderr, "parse: %s: not well-formed\n", f->name);
		return -1;
	}
	times[2] = cpu_seconds();
	result = parse_feed(&in, &b->arena, &d, &err);
	times[3] = cpu_seconds();
	for (size_t i = 0; result == 0 && i < d.items.count; i++)
		result = identity_assign(b->identity, &b->arena, &d.items.items[i]);
	times[4] = cpu_seconds();
	for (size_t i = 0; result == 0 && i < d.items.count; i++)
		result = text_pass(b, &d.items.items[i]);
	times[5] = cpu_seconds();
	if (result == 0)
		result = wire_encode_document(&b->wire, &d);
	times[6] = cpu_seconds();
	arena_clear(&b->checked);
	if (result == 0)
		result = wire_decode_document(buf_str(&b->wire), &b->checked, &answer, &err);
	times[7] = cpu_seconds();
	arena_clear(&b->checked);
	if (result == 0)
		result = document_check(buf_str(&b->wire), &no_rules, &b->checked, &answer, &err);
	times[8] = cpu_seconds();
	if (result != 0) {
		fprintf(stderr, "parse: %s: %s\n", f->name, err.text);
		return result;
	}
	f->items = d.items.count;
	for (size_t i = 0; i < STAGE_COUNT; i++)
		spent[i] += times[i + 1] - times[i];
	return 0;
}

static int load(struct bench *b, const char *folder)
{
	DIR *dir = opendir(folder);
	struct dirent *e;
	int result = dir == NULL ? -1 : 0;

	while (result == 0 && (e = readdir(dir)) != NULL) {
		char path[4096], chunk[64 * 1024];
		struct feed *f;
		FILE *file;
		size_t n;

		if (e->d_name[0] == '.')
			continue;
		f = list_add(&b->names, &b->feeds);
		snprintf(path, sizeof(path), "%s/%s", folder, e->d_name);
		file = f == NULL ? NULL : fopen(path, "rb");
		if (file == NULL) {
			result = -1;
			continue;
		}
		buf_init(&f->body, FILE_MAX);
		f->name = arena_cstr(&b->names, str_from(e->d_name));
		while ((n = fread(chunk, 1, sizeof(chunk), file)) > 0)
			buf_append(&f->body, chunk, n);
		fclose(file);
		b->bytes += f->body.len;
		result = buf_failed(&f->body) ? -1 : 0;
	}
	if (dir != NULL)
		closedir(dir);
	if (result != 0 || b->feeds.count == 0)
		fprintf(stderr, "parse: cannot read the files of %s\n", folder);
	return b->feeds.count == 0 ? -1 : result;
}

static void report(const struct bench *b, const double best[STAGE_COUNT])
{
	double worker = best[STAGE_PARSE] + best[STAGE_IDENTITY] + best[STAGE_WIRE];

	printf("%zu feeds, %zu items, %.1f MB\n", b->feeds.count, b->items, (double)b->bytes / 1e6);
	for (size_t i = 0; i < STAGE_DECODE; i++)
		printf("%-20s %8.1f MB/s  %6.2f of the bare pass  %5.1f %% of a worker\n", stage_names[i],
			(double)b->bytes / 1e6 / best[i], best[STAGE_FLOOR] / best[i],
			i <= STAGE_PUSHED ? 0.0 : 100 * best[i] / worker);
	printf("%-20s %8.1f MB/s  %6.2f of the bare pass\n", "worker in all", (double)b->bytes / 1e6 / worker,
		best[STAGE_FLOOR] / worker);
	for (size_t i = STAGE_DECODE; i < STAGE_COUNT; i++)
		printf("%-20s %8.2f us an item  %4.1f %% of a worker\n", stage_names[i],
			1e6 * best[i] / (double)b->items, 100 * best[i] / worker);
	printf("%-20s %8.2f us an item beyond reading\n", "the check alone",
		1e6 * (best[STAGE_CHECK] - best[STAGE_DECODE]) / (double)b->items);
}

static int run(struct bench *b, int rounds)
{
	double best[STAGE_COUNT] = {0};

	for (int round = 0; round <= rounds; round++) {
		double spent[STAGE_COUNT] = {0};

		for (size_t i = 0; i < b->feeds.count; i++)
			if (run_feed(b, &b->feeds.items[i], spent) != 0)
				return -1;
		/* the first round only warms up */
		for (size_t i = 0; round > 0 && i < STAGE_COUNT; i++)
			if (best[i] == 0 || spent[i] < best[i])
				best[i] = spent[i];
	}
	for (size_t i = 0; i < b->feeds.count; i++)
		b->items += b->feeds.items[i].items;
	report(b, best);
	return 0;
}

int main(int argc, char **argv)
{
	struct bench b = {.text = BUF_INIT(FILE_MAX), .wire = BUF_INIT(MEMORY_MAX)};
	long long rounds = ROUNDS;
	struct error err = {0};
	int result;

	if (argc < 2 || argc > 3 ||
		(argc == 3 && (!str_to_int(str_from(argv[2]), &rounds) || rounds < 1 || rounds > 1000))) {
		fputs("usage: parse FOLDER [ROUNDS]\n", stderr);
		return EXIT_FAILURE;
	}
	arena_init(&b.names, MEMORY_MAX);
	arena_init(&b.arena, MEMORY_MAX);
	arena_init(&b.checked, MEMORY_MAX);
	b.identity = identity_new(&err);
	parse_prepare();
	result = b.identity == NULL ? -1 : 0;
	if (result == 0)
		result = load(&b, argv[1]);
	if (result == 0)
		result = run(&b, (int)rounds);
	for (size_t i = 0; i < b.feeds.count; i++)
		buf_release(&b.feeds.items[i].body);
	identity_free(b.identity);
	buf_release(&b.text);
	buf_release(&b.wire);
	arena_release(&b.arena);
	arena_release(&b.checked);
	arena_release(&b.names);
	return result == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
