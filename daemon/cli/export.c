/* SPDX-License-Identifier: ISC */
/* sitrep export: prints the configured feeds, or the daemon's own ones, as a subscription list.
 *
 * The list is made of the configuration.  Where the daemon answers, feeds have its names and titles: a feed of a list
 * keeps its name while titles in the list change. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "client.h"
#include "sitrep/base/buf.h"
#include "sitrep/base/paths.h"
#include "sitrep/config/config_opml.h"

enum { EXPORT_MAX = 256 * 1024 * 1024, URL_MAX = 64 * 1024 };

struct export
{
	struct config *config;
	struct config_names names;
	json_t *titles; /* by name */
	struct buf url; /* of the outline that is written */
	int failed;
};

static int take_feeds(void *arg, const json_t *answer)
{
	struct export *ex = arg;
	const json_t *feeds = json_object_get(answer, "feeds"), *feed;
	size_t i;

	json_array_foreach(feeds, i, feed)
	{
		const char *name = member_words(feed, "name");
		json_t *title = json_object_get(feed, "title");

		if (config_names_add(&ex->names, member_words(feed, "url"), name) != 0)
			return -ENOMEM;
		if (json_is_string(title) && json_object_set(ex->titles, name, title) != 0)
			return -ENOMEM;
	}
	return 0;
}

static bool describe_feed(void *arg, const struct config_outline *outline, struct opml_feed *feed, struct str *shown)
{
	struct export *ex = arg;
	const struct config_feed *f = &ex->config->feeds.items[outline->feed];
	const json_t *title = json_object_get(ex->titles, f->name);

	buf_clear(&ex->url);
	if (config_public_url(f, &ex->url) != 0) {
		ex->failed = -ENOMEM;
		return false;
	}
	feed->url = buf_str(&ex->url);
	if (json_is_string(title))
		*shown = str_from(json_string_value(title));
	return true;
}

/* "http://127.0.0.1:8484" of the first address with a port; NULL: there is none, or no memory. */
static char *make_address(const struct config *c)
{
	char *address = NULL;

	for (size_t i = 0; i < c->http_listen.count; i++) {
		const struct config_listen *l = &c->http_listen.items[i];

		if (l->path != NULL || l->port == 0)
			continue;
		if (asprintf(&address,
			    strchr(l->host != NULL ? l->host : "", ':') != NULL ? "http://[%s]:%u" : "http://%s:%u",
			    l->host != NULL ? l->host : "0.0.0.0", (unsigned)l->port) < 0)
			return NULL;
		break;
	}
	return address;
}

static int write_outputs(const struct config *c, struct buf *out, struct error *err)
{
	char *address = make_address(c), *base_url = NULL;
	int result;

	if (c->base_url == NULL && address == NULL)
		return error_set(
			err, -ENOENT, "the addresses of the feeds are not known: set base-url in the configuration");
	base_url = config_base_url(c, address);
	result = base_url != NULL ? config_opml_outputs(c, base_url, out) : -ENOMEM;
	free(base_url);
	free(address);
	return result == 0 ? 0 : error_sys(err, result, "cannot write the list");
}

static int load(struct export *ex, const struct client_options *options, struct error *err)
{
	char *path = paths_config(options->config_path);
	struct config_mistakes mistakes;
	struct error unused = {0};
	json_t *request = json_pack("{s:s}", "op", "feeds");

	config_mistakes_init(&mistakes);
	/* Without an answer of the daemon, the names are those that its first start would give: not an error. */
	if (request != NULL)
		control_ask(options, request, take_feeds, ex, &unused);
	json_decref(request);
	if (path != NULL)
		ex->config = config_load_named(path, &ex->names, &mistakes, err);
	else
		error_sys(err, -ENOMEM, "cannot read the configuration");
	config_mistakes_release(&mistakes);
	free(path);
	return ex->config != NULL ? 0 : err->code;
}

static int export_list(const struct client_options *options, bool outputs, struct error *err)
{
	struct export ex = {.titles = json_object(), .url = BUF_INIT(URL_MAX)};
	struct buf out = BUF_INIT(EXPORT_MAX);
	struct config_opml opml;
	int result;

	config_names_init(&ex.names);
	result = ex.titles == NULL ? error_sys(err, -ENOMEM, "cannot write the list") : load(&ex, options, err);
	if (result == 0 && outputs) {
		result = write_outputs(ex.config, &out, err);
	} else if (result == 0) {
		config_opml_begin(&opml, ex.config, &out);
		config_opml_write(&opml, &out, SIZE_MAX, describe_feed, &ex);
		result = ex.failed != 0 ? ex.failed : out.failed;
		if (result != 0)
			error_sys(err, result, "cannot write the list");
	}
	if (result == 0)
		fwrite(out.data, 1, out.len, stdout);
	config_free(ex.config);
	config_names_release(&ex.names);
	json_decref(ex.titles);
	buf_release(&ex.url);
	buf_release(&out);
	return result;
}

enum export_option { EXPORT_OUTPUTS, EXPORT_OPTIONS };

static const struct argument_option options_of_export[EXPORT_OPTIONS + 1] = {
	[EXPORT_OUTPUTS] = {"outputs", 'o', NULL, ARGUMENT_NONE,
		"list the feeds that the daemon makes, not its sources"},
};

static int run_export(const struct client_options *options)
{
	struct error err = {0};
	bool outputs = false;
	int option, status = -1;

	while ((option = command_next(options, &status)) >= 0)
		outputs = outputs || option == EXPORT_OUTPUTS;
	if (status >= 0)
		return status;
	if (export_list(options, outputs, &err) != 0)
		return command_fail(&command_export, err.text);
	return EXIT_DONE;
}

const struct command command_export = {
	.name = "export",
	.options = options_of_export,
	.arguments = "",
	.summary = "Print the configured feeds as a subscription list (OPML)",
	.run = run_export,
};
