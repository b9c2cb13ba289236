/* SPDX-License-Identifier: ISC */
/* sitrep parse: prints the document that the daemon's own code makes of a feed. */
#include <getopt.h>
#include <string.h>
#include <unistd.h>

#include "client.h"
#include "sitrep/base/arena.h"
#include "sitrep/base/buf.h"
#include "sitrep/base/file.h"
#include "sitrep/base/jsonw.h"
#include "sitrep/identity/identity.h"
#include "sitrep/model/document.h"
#include "sitrep/parse/parse.h"

enum { FILE_MAX = 64 * 1024 * 1024, ARENA_MAX = 512 * 1024 * 1024, OUTPUT_MAX = 512 * 1024 * 1024 };

int read_input(const char *path, struct buf *out, struct error *err)
{
	int result = strcmp(path, "-") == 0 ? file_read_fd(STDIN_FILENO, out) : file_read(path, out);

	return result == 0 ? 0 : error_sys(err, result, "cannot read %s", path);
}

static int assign_identities(struct arena *a, struct document *d, struct error *err)
{
	struct identity *identity = identity_new(err);
	int result = identity == NULL ? err->code : 0;

	for (size_t i = 0; result == 0 && i < d->items.count; i++)
		result = identity_assign(identity, a, &d->items.items[i]);
	if (result != 0 && err->code == 0)
		error_sys(err, result, "cannot examine the items");
	identity_free(identity);
	return result;
}

static int print_document(const struct document *d, struct error *err)
{
	struct buf out = BUF_INIT(OUTPUT_MAX);
	struct jsonw w = JSONW_INIT(&out);
	int result;

	document_write_json(&w, d);
	buf_putc(&out, '\n');
	result = out.failed;
	if (result == 0)
		fwrite(out.data, 1, out.len, stdout);
	else
		error_sys(err, result, "cannot write the document");
	buf_release(&out);
	return result;
}

/* Options on the command line take precedence over the server's answer. */
static int parse_source(const struct client_options *options, const char *source, const char *url,
	const char *content_type, bool why, struct error *err)
{
	struct got got = {.body = BUF_INIT(FILE_MAX)};
	struct parse_input in = {.want_notes = why};
	struct document d;
	struct arena a;
	int result;

	arena_init(&a, ARENA_MAX);
	parse_prepare();
	result = get_is_url(source) ? get_url(options, source, &got, err) : read_input(source, &got.body, err);
	if (result == 0) {
		in.body = buf_str(&got.body);
		in.url = str_from(url != NULL ? url : got.url);
		in.content_type = str_from(content_type != NULL ? content_type : got.content_type);
		in.content_location = str_from(url != NULL ? NULL : got.content_location);
		in.content_language = str_from(got.content_language);
		result = parse_feed(&in, &a, &d, err);
	}
	if (result == 0)
		result = assign_identities(&a, &d, err);
	if (result == 0 && why)
		fprintf(stderr, "%.*s", STR_ARG(d.notes));
	if (result == 0)
		result = print_document(&d, err);
	arena_release(&a);
	get_release(&got);
	return result;
}

enum parse_option { PARSE_URL, PARSE_CONTENT_TYPE, PARSE_WHY, PARSE_OPTIONS };

static const struct argument_option options_of_parse[PARSE_OPTIONS + 1] = {
	[PARSE_URL] = {"url", 'u', "URL", ARGUMENT_TEXT, "address of the document: the base of its links"},
	[PARSE_CONTENT_TYPE] = {"content-type", 't', "TYPE", ARGUMENT_TEXT, "media type, as the server sent it"},
	[PARSE_WHY] = {"why", 'w', NULL, ARGUMENT_NONE, "print decisions and repairs on standard error"},
};

static int run_parse(const struct client_options *options)
{
	const char *url = NULL, *content_type = NULL;
	struct error err = {0};
	bool why = false;
	int option, status = -1;

	while ((option = command_next(options, &status)) >= 0) {
		url = option == PARSE_URL ? optarg : url;
		content_type = option == PARSE_CONTENT_TYPE ? optarg : content_type;
		why = why || option == PARSE_WHY;
	}
	if (status >= 0)
		return status;
	if (parse_source(options, command_argument(options, 0), url, content_type, why, &err) != 0)
		return command_fail(&command_parse, err.text);
	return EXIT_DONE;
}

const struct command command_parse = {
	.name = "parse",
	.options = options_of_parse,
	.arguments = "FILE|URL|-",
	.kind = ARGUMENT_FILE,
	.least = 1,
	.most = 1,
	.summary = "Print the JSON document that the daemon would see in a feed",
	.run = run_parse,
};
