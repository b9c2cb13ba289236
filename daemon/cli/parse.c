/* sitrep parse: what the daemon would make of a feed, by the daemon's own code. */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
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

static int read_all(const char *path, struct buf *out, struct error *err)
{
	int result = strcmp(path, "-") == 0 ? file_read_fd(STDIN_FILENO, out) : file_read(path, out);

	return result == 0 ? 0 : error_sys(err, result, "cannot read %s", path);
}

static int examine(struct arena *a, struct document *d, struct error *err)
{
	struct identity *identity = identity_new(err);
	int result = identity == NULL ? err->code : 0;

	for (size_t i = 0; result == 0 && i < d->items.count; i++)
		result = identity_assign(identity, a, &d->items.items[i]);
	if (result != 0 && err->code == 0)
		(void)error_sys(err, result, "cannot examine the items");
	identity_free(identity);
	return result;
}

static int print_document(const struct document *d, struct error *err)
{
	struct buf out = BUF_INIT(OUTPUT_MAX);
	struct jsonw w;
	int result;

	jsonw_init(&w, &out);
	document_write_json(&w, d);
	(void)buf_putc(&out, '\n');
	result = out.failed;
	if (result == 0 && (fwrite(out.data, 1, out.len, stdout) != out.len || fflush(stdout) != 0))
		result = -EIO;
	if (result != 0)
		(void)error_sys(err, result, "cannot write");
	buf_release(&out);
	return result;
}

/* What is said on the command line goes before what the server said. */
static int parse_source(const struct client_options *options, const char *source, const char *url,
	const char *content_type, bool why, struct error *err)
{
	struct got got = {.body = BUF_INIT(FILE_MAX)};
	struct parse_input in = {.want_notes = why};
	struct document d;
	struct arena a;
	int result;

	arena_init(&a, ARENA_MAX);
	result = get_is_url(source) ? get_url(options, source, &got, err) : read_all(source, &got.body, err);
	if (result == 0)
		result = parse_prepare(err);
	if (result == 0) {
		in.body = buf_str(&got.body);
		in.url = str_from(url != NULL ? url : got.url);
		in.content_type = str_from(content_type != NULL ? content_type : got.content_type);
		in.content_location = str_from(url != NULL ? NULL : got.content_location);
		in.content_language = str_from(got.content_language);
		result = parse_feed(&in, &a, &d, err);
	}
	if (result == 0)
		result = examine(&a, &d, err);
	if (result == 0 && why)
		(void)fprintf(stderr, "%.*s", STR_ARG(d.notes));
	if (result == 0)
		result = print_document(&d, err);
	arena_release(&a);
	get_release(&got);
	return result;
}

static int run(const struct client_options *options, int argc, char **argv)
{
	static const struct option long_options[] = {
		{"url", required_argument, NULL, 'u'},
		{"content-type", required_argument, NULL, 't'},
		{"why", no_argument, NULL, 'w'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	const char *url = NULL, *content_type = NULL;
	struct error err = {0};
	bool why = false;
	int c;

	while ((c = getopt_long(argc, argv, "u:t:wh", long_options, NULL)) != -1) {
		switch (c) {
		case 'u':
			url = optarg;
			break;
		case 't':
			content_type = optarg;
			break;
		case 'w':
			why = true;
			break;
		case 'h':
			command_usage(&command_parse, stdout);
			return EXIT_DONE;
		default:
			return EXIT_USAGE;
		}
	}
	if (argc - optind != 1) {
		command_usage(&command_parse, stderr);
		return EXIT_USAGE;
	}
	if (parse_source(options, argv[optind], url, content_type, why, &err) != 0)
		return command_fail(&command_parse, err.text);
	return EXIT_DONE;
}

const struct command command_parse = {
	.name = "parse",
	.arguments = "[OPTIONS] FILE|URL|-",
	.summary = "Print the JSON document that the daemon would see in a feed",
	.help = "  -u, --url URL            where it came from: the base of its links\n"
		"  -t, --content-type TYPE  what the server said it is\n"
		"  -w, --why                tell on standard error what was decided and repaired\n",
	.run = run,
};
