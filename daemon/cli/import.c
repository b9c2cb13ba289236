/* SPDX-License-Identifier: ISC */
/* sitrep import: prints the feeds of a subscription list as [feed] sections, or writes them into a new file in the
 * folder feeds.d beside the configuration.  The list is read by the configuration's own code, so the names are those
 * that the daemon would give, and a feed that is configured already is left out. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client.h"
#include "sitrep/base/buf.h"
#include "sitrep/base/file.h"
#include "sitrep/base/paths.h"
#include "sitrep/base/utf8.h"
#include "sitrep/config/config.h"
#include "sitrep/text/public_url.h"

enum { LIST_MAX = 64 * 1024 * 1024, BLOCKS_MAX = 256 * 1024 * 1024 };

struct import {
	const char *source;
	const char *given_name; /* of the new file; NULL: from the source */
	bool writes, takes_all;
	char *config_path; /* NULL: there is none */
	struct config *config;
	struct got got; /* the list */
	struct buf shown, blocks;
	size_t count; /* feeds in blocks */
};

/* ---- blocks ---- */

/* Appends "name = value" as one line; nothing when value is empty. */
static void put_value(struct buf *out, const char *name, const char *value)
{
	if (value == NULL || value[0] == '\0')
		return;
	buf_printf(out, "%s = ", name);
	utf8_one_line(out, str_from(value));
	buf_putc(out, '\n');
}

/* A comma separates categories, so a folder's name with one gets a space in its place. */
static void put_categories(struct buf *out, const struct config_feed *f)
{
	for (size_t i = 0; i < f->category_count; i++) {
		size_t start;

		buf_puts(out, i == 0 ? "categories = " : ", ");
		start = out->len;
		utf8_one_line(out, str_from(f->categories[i]));
		for (size_t k = start; k < out->len; k++)
			if (out->data[k] == ',')
				out->data[k] = ' ';
	}
	if (f->category_count > 0)
		buf_putc(out, '\n');
}

static void put_blocks(struct import *im)
{
	const struct config *c = im->config;

	for (size_t i = 0; i < c->feeds.count; i++) {
		const struct config_feed *f = &c->feeds.items[i];

		if (!f->listed || f->place.file != im->shown.data)
			continue;
		buf_printf(&im->blocks, "%s[feed \"%s\"]\n", im->count++ > 0 ? "\n" : "", f->name);
		put_value(&im->blocks, "url", f->url);
		put_value(&im->blocks, "title", f->title);
		put_categories(&im->blocks, f);
	}
}

/* ---- reading ---- */

/* Prints what is left out of the list. Returns the sentence of a mistake in it, or NULL. */
static const char *show_faults(const struct import *im, const struct config_mistakes *m)
{
	for (size_t i = 0; i < m->warnings.count; i++) {
		const struct config_mistake *w = &m->warnings.items[i];

		if (strcmp(w->file, im->shown.data) == 0)
			fprintf(stderr, "%s:%u: %s\n", w->file, w->line, w->text);
	}
	for (size_t i = 0; i < m->count; i++)
		if (strcmp(m->items[i].file, im->shown.data) == 0)
			return m->items[i].text;
	return NULL;
}

static int read_list(struct import *im, const struct client_options *options, struct error *err)
{
	struct config_mistakes mistakes;
	const char *mistake;
	int result;

	im->got.body = BUF_INIT(LIST_MAX);
	result = get_is_url(im->source) ? get_url(options, im->source, &im->got, err)
					: read_input(im->source, &im->got.body, err);
	if (result != 0)
		return result;
	if (get_is_url(im->source))
		buf_add_public_url(&im->shown, str_from(im->source));
	else
		utf8_one_line(&im->shown, str_from(im->source));
	/* An empty list has bytes, too. */
	buf_puts(&im->shown, "");
	buf_puts(&im->got.body, "\n");
	if (buf_failed(&im->shown) || buf_failed(&im->got.body))
		return error_sys(err, -ENOMEM, "cannot read the subscription list");
	config_mistakes_init(&mistakes);
	im->config = config_load_with(
		im->takes_all ? NULL : im->config_path, im->shown.data, buf_str(&im->got.body), &mistakes, err);
	result = im->config == NULL ? err->code : 0;
	mistake = show_faults(im, &mistakes);
	if (result == 0 && mistake != NULL)
		result = error_set(err, -EBADMSG, "%s", mistake);
	config_mistakes_release(&mistakes);
	return result;
}

/* ---- the new file ---- */

/* The name of the new file, without its folder and ".conf": the given one, else letters and digits of the source. */
static int make_file_name(const struct import *im, struct buf *name, struct error *err)
{
	struct str from = str_from(im->source);
	const char *slash = strrchr(im->source, '/');

	if (im->given_name != NULL) {
		if (!config_name_is_good(str_from(im->given_name)) || im->given_name[0] == '.')
			return error_set(err, -EINVAL,
				"%s is no name for a file of feeds: expected letters, digits, \"-\", \"_\" and \".\"",
				im->given_name);
		buf_puts(name, im->given_name);
	} else if (get_is_url(im->source)) {
		config_make_name(name, STR(""), from);
	} else {
		if (slash != NULL)
			from = str_from(slash + 1);
		if (str_ends(from, STR(".opml")) || str_ends(from, STR(".xml")))
			from.len -= str_ends(from, STR(".xml")) ? 4 : 5;
		config_make_name(name, from, STR("list"));
	}
	return buf_failed(name) ? error_sys(err, -ENOMEM, "cannot name the new file") : 0;
}

static int write_all(int fd, struct str text)
{
	for (ssize_t n; text.len > 0; text = str_slice(text, (size_t)n, text.len)) {
		n = write(fd, text.data, text.len);
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n < 0)
			n = 0;
	}
	return 0;
}

/* A file with the owner, group and mode of the configuration, since the daemon must read it and its addresses may have
 * secrets. */
static int write_beside(const struct import *im, const char *path, struct str text)
{
	struct stat like = {.st_mode = 0644, .st_uid = geteuid(), .st_gid = getegid()};
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600), result;

	if (fd < 0)
		return -errno;
	if (stat(im->config_path, &like) != 0)
		like.st_mode = 0644;
	/* A user who may not give files away keeps this one. */
	if (fchown(fd, like.st_uid, like.st_gid) != 0 && errno != EPERM)
		result = -errno;
	else
		result = fchmod(fd, like.st_mode & 0666) != 0 ? -errno : write_all(fd, text);
	if (result == 0 && fsync(fd) != 0)
		result = -errno;
	if (close(fd) != 0 && result == 0)
		result = -errno;
	return result;
}

/* Writes the file under a name with a dot first, which no include pattern matches, and links it to its own name when it
 * is complete.  link() never replaces a file. */
static int write_new(const struct import *im, const char *folder, struct str name, const char *path, struct error *err)
{
	struct buf text = BUF_INIT(BLOCKS_MAX);
	char *beside = NULL;
	int result;

	if (asprintf(&beside, "%s/.%.*s.new.%ld", folder, STR_ARG(name), (long)getpid()) < 0)
		return error_sys(err, -ENOMEM, "cannot write %s", path);
	buf_printf(&text, "# Feeds of %s, by sitrep import.\n\n", im->shown.data);
	buf_add(&text, buf_str(&im->blocks));
	result = buf_failed(&text) ? text.failed : write_beside(im, beside, buf_str(&text));
	if (result == 0 && link(beside, path) != 0)
		result = -errno;
	if (result == 0)
		result = file_sync_parent(path);
	unlink(beside);
	free(beside);
	buf_release(&text);
	if (result == -EEXIST)
		return error_set(err, result, "%s exists, and is left as it is: give another name with --name", path);
	if (result == -ENOENT)
		return error_set(err, result,
			"there is no folder %s: make it, and let the configuration say include = feeds.d/*.conf",
			folder);
	return result == 0 ? 0 : error_sys(err, result, "cannot write %s", path);
}

/* True when the configuration includes the new file. */
static bool is_included(const struct import *im, const char *path)
{
	struct config_mistakes mistakes;
	struct config *c;
	bool found = false;

	config_mistakes_init(&mistakes);
	c = config_load(im->config_path, &mistakes, NULL);
	for (size_t i = 0; c != NULL && i < c->feeds.count && !found; i++)
		found = strcmp(c->feeds.items[i].place.file, path) == 0;
	config_free(c);
	config_mistakes_release(&mistakes);
	return found;
}

static int write_file(const struct import *im, struct error *err)
{
	struct buf name = BUF_INIT(4096);
	const char *slash = im->config_path != NULL ? strrchr(im->config_path, '/') : NULL;
	int folder_len = slash != NULL ? (int)(slash + 1 - im->config_path) : 0;
	char *folder = NULL, *path = NULL;
	int result = make_file_name(im, &name, err);

	if (result != 0)
		goto out;
	result = im->config_path != NULL && asprintf(&folder, "%.*sfeeds.d", folder_len, im->config_path) >= 0 &&
				 asprintf(&path, "%s/%.*s.conf", folder, STR_ARG(buf_str(&name))) >= 0
			 ? 0
			 : error_sys(err, -ENOMEM, "cannot write the feeds");
	if (result == 0)
		result = write_new(im, folder, buf_str(&name), path, err);
	if (result != 0)
		goto out;
	printf("%s: %zu feed%s\n", path, im->count, im->count == 1 ? "" : "s");
	if (is_included(im, path))
		printf("sitrep reload makes the daemon read them\n");
	else
		fprintf(stderr, "%s does not read this file yet: let it say include = feeds.d/*.conf\n",
			im->config_path);
out:
	free(folder);
	free(path);
	buf_release(&name);
	return result;
}

/* ---- the command ---- */

static int import_list(struct import *im, const struct client_options *options, struct error *err)
{
	int result;

	im->shown = BUF_INIT(64 * 1024);
	im->blocks = BUF_INIT(BLOCKS_MAX);
	im->config_path = paths_config(options->config_path);
	if (im->config_path != NULL && !im->writes && access(im->config_path, R_OK) != 0) {
		free(im->config_path);
		im->config_path = NULL;
		im->takes_all = true;
	}
	result = im->config_path == NULL && im->writes ? error_sys(err, -ENOMEM, "cannot write the feeds")
						       : read_list(im, options, err);
	if (result != 0)
		goto out;
	put_blocks(im);
	if (buf_failed(&im->blocks))
		result = error_sys(err, im->blocks.failed, "cannot write the feeds");
	else if (im->count == 0)
		fprintf(stderr, "%s has no feed that is not configured already\n", im->shown.data);
	else if (im->writes)
		result = write_file(im, err);
	else
		fwrite(im->blocks.data, 1, im->blocks.len, stdout);
out:
	config_free(im->config);
	free(im->config_path);
	get_release(&im->got);
	buf_release(&im->shown);
	buf_release(&im->blocks);
	return result;
}

enum import_option { IMPORT_WRITE, IMPORT_NAME, IMPORT_ALL, IMPORT_OPTIONS };

static const struct argument_option options_of_import[IMPORT_OPTIONS + 1] = {
	[IMPORT_WRITE] = {"write", 'w', NULL, ARGUMENT_NONE, "make a new file in feeds.d beside the configuration"},
	[IMPORT_NAME] = {"name", 'n', "NAME", ARGUMENT_TEXT, "with --write: name of that file, without .conf"},
	[IMPORT_ALL] = {"all", 'a', NULL, ARGUMENT_NONE, "print feeds that are configured already too"},
};

static int run_import(const struct client_options *options)
{
	struct import im = {0};
	struct error err = {0};
	int option, status = -1;

	while ((option = command_next(options, &status)) >= 0) {
		im.writes = im.writes || option == IMPORT_WRITE;
		im.takes_all = im.takes_all || option == IMPORT_ALL;
		im.given_name = option == IMPORT_NAME ? optarg : im.given_name;
	}
	if (status >= 0)
		return status;
	if (im.writes && im.takes_all)
		return command_wrong(
			&command_import, "--write and --all cannot be combined: a feed would be configured twice");
	if (!im.writes && im.given_name != NULL)
		return command_wrong(&command_import, "--name is for --write");
	im.source = command_argument(options, 0);
	if (import_list(&im, options, &err) != 0)
		return command_fail(&command_import, err.text);
	return EXIT_DONE;
}

const struct command command_import = {
	.name = "import",
	.options = options_of_import,
	.arguments = "FILE|URL|-",
	.kind = ARGUMENT_FILE,
	.least = 1,
	.most = 1,
	.summary = "Print the feeds of a subscription list (OPML) as [feed] sections",
	.run = run_import,
};
