/* SPDX-License-Identifier: ISC */
/* sitrep discover: prints the feeds that a web page names as [feed] sections for the configuration. */
#include <errno.h>

#include "client.h"
#include "sitrep/base/arena.h"
#include "sitrep/base/utf8.h"
#include "sitrep/config/config.h"
#include "sitrep/parse/parse.h"
#include "sitrep/text/html_links.h"

enum { ARENA_MAX = 256 * 1024 * 1024 };

/* Appends "name = value" as one line; nothing when value is empty. */
static void put_value(struct buf *out, const char *name, struct str value)
{
	if (str_empty(value))
		return;
	buf_printf(out, "%s = ", name);
	utf8_one_line(out, value);
	buf_putc(out, '\n');
}

static void put_block(struct buf *out, struct str title, struct str url, struct str note)
{
	struct buf name = BUF_INIT(1024);

	config_make_name(&name, title, url);
	buf_printf(out, "%s[feed \"%.*s\"]\n", out->len > 0 ? "\n" : "", STR_ARG(buf_str(&name)));
	put_value(out, "url", url);
	put_value(out, "title", title);
	if (!str_empty(note))
		buf_printf(out, "# %.*s\n", STR_ARG(note));
	buf_release(&name);
}

/* Appends a section for the answer if it is a feed, else one for each feed that the page names. Returns the number of
 * sections, or a negative code. */
static int put_blocks(struct buf *out, const struct got *got, struct arena *a, struct error *err)
{
	const struct parse_input in = {.body = buf_str(&got->body),
		.url = str_from(got->url),
		.content_type = str_from(got->content_type),
		.content_location = str_from(got->content_location),
		.content_language = str_from(got->content_language)};
	struct html_feed_link *links = arena_alloc_array(a, HTML_FEED_LINKS_MAX, sizeof(*links));
	struct document d;
	int count;

	if (links == NULL)
		return error_sys(err, -ENOMEM, "cannot search for feeds");
	if (parse_feed(&in, a, &d, err) == 0) {
		struct buf title = BUF_INIT(4096);

		utf8_one_line(&title, d.feed.title.value);
		put_block(out, buf_str(&title), str_from(got->url), STR_NONE);
		buf_release(&title);
		return 1;
	}
	count = html_feed_links(a, buf_str(&got->body), str_from(got->url), links);
	for (int i = 0; i < count; i++)
		put_block(out, links[i].title, links[i].url, links[i].type);
	return count < 0 ? error_sys(err, count, "cannot search for feeds") : count;
}

static int discover(const struct client_options *options, const char *url, struct error *err)
{
	struct buf out = BUF_INIT(1024 * 1024);
	struct got got = {.body = BUF_INIT(0)};
	struct arena a;
	int result;

	arena_init(&a, ARENA_MAX);
	parse_prepare();
	result = get_url(options, url, &got, err);
	if (result == 0)
		result = put_blocks(&out, &got, &a, err);
	if (result == 0)
		result = error_set(err, -ENOENT, "%s names no feed", url);
	if (result > 0)
		result = buf_failed(&out) ? error_sys(err, out.failed, "cannot list the feeds") : 0;
	if (result == 0)
		fwrite(out.data, 1, out.len, stdout);
	arena_release(&a);
	get_release(&got);
	buf_release(&out);
	return result;
}

static int run_discover(const struct client_options *options)
{
	struct error err = {0};
	const char *url = command_argument(options, 0);

	if (!get_is_url(url))
		return command_wrong(
			&command_discover, "%s is not an address that begins with http:// or https://", url);
	if (discover(options, url, &err) != 0)
		return command_fail(&command_discover, err.text);
	return EXIT_DONE;
}

const struct command command_discover = {
	.name = "discover",
	.options = command_no_options,
	.arguments = "URL",
	.kind = ARGUMENT_TEXT,
	.least = 1,
	.most = 1,
	.summary = "List a page's feeds as blocks for the configuration",
	.run = run_discover,
};
