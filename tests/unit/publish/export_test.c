/* SPDX-License-Identifier: ISC */
/* export_test.c: the folder of static files, and links in pages. */
#include "../test.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../../daemon/publish/export_files.h"
#include "../../../daemon/publish/export_html.h"
#include "sitrep/base/file.h"

static struct export_files *open_folder(const char *folder)
{
	struct error err = {0};
	struct export_files *f = export_files_open(folder, &err);

	if (f == NULL)
		fail_msg("%s", err.text);
	return f;
}

static int put(struct export_files *f, const char *name, const char *text)
{
	struct error err = {0};

	return export_files_write(f, name, str_from(text), false, &err);
}

static void assert_file(const char *folder, const char *name, const char *text)
{
	struct buf got = BUF_INIT(1024 * 1024);
	char path[256];
	int result;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	result = file_read(path, &got);
	if (text == NULL)
		assert_int_equal(result, -ENOENT);
	else if (result != 0 || !str_eq(buf_str(&got), str_from(text)))
		fail_msg("%s has \"%.*s\"", name, STR_ARG(buf_str(&got)));
	buf_release(&got);
}

static void make_foreign(const char *folder, const char *name)
{
	char path[256];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs("mine", file);
	fclose(file);
}

TEST(only_our_files_are_touched)
{
	char folder[] = "/tmp/sitrepd-export-XXXXXX", command_free[256];
	struct error err = {0};
	struct export_files *f;

	assert_non_null(mkdtemp(folder));
	make_foreign(folder, "mine.atom");
	f = open_folder(folder);
	assert_int_equal(put(f, "a/b/c.atom", "one"), 0);
	assert_int_equal(put(f, "d.atom", "two"), 0);
	assert_int_equal(export_files_sweep(f, &err), 0);
	assert_int_equal(put(f, "mine.atom", "ours"), -EEXIST);
	assert_file(folder, "mine.atom", "mine");
	/* as if the daemon ended here: the list is read again, and the next pass has one file less */
	export_files_close(f);
	f = open_folder(folder);
	assert_int_equal(put(f, "d.atom", "three"), 0);
	assert_int_equal(export_files_sweep(f, &err), 0);
	assert_file(folder, "d.atom", "three");
	assert_file(folder, "a/b/c.atom", NULL);
	snprintf(command_free, sizeof(command_free), "%s/a", folder);
	assert_int_equal(rmdir(command_free), -1); /* gone with its last file */
	assert_int_equal(errno, ENOENT);
	assert_true(export_files_are_at(f, folder));
	export_files_close(f);
	/* a pass that is given up, and one without its file */
	f = open_folder(folder);
	assert_int_equal(put(f, "given-up.atom", "zero"), 0);
	export_files_forget(f);
	assert_int_equal(put(f, "d.atom", "three"), 0);
	assert_int_equal(export_files_sweep(f, &err), 0);
	assert_file(folder, "given-up.atom", NULL);
	export_files_close(f);
	/* a file that was announced and never listed is ours too */
	f = open_folder(folder);
	assert_int_equal(put(f, "e.atom", "four"), 0);
	export_files_close(f);
	f = open_folder(folder);
	assert_int_equal(put(f, "e.atom", "five"), 0);
	assert_int_equal(export_files_sweep(f, &err), 0);
	assert_file(folder, "e.atom", "five");
	assert_file(folder, "d.atom", NULL);
	assert_int_equal(export_files_sweep(f, &err), 0);
	assert_file(folder, "e.atom", NULL);
	assert_file(folder, "mine.atom", "mine");
	export_files_close(f);
	snprintf(command_free, sizeof(command_free), "%s/mine.atom", folder);
	unlink(command_free);
	snprintf(command_free, sizeof(command_free), "%s/.sitrepd-files", folder);
	unlink(command_free);
	assert_int_equal(rmdir(folder), 0);
}

TEST(one_writer_a_folder)
{
	char folder[] = "/tmp/sitrepd-export-XXXXXX", name[256];
	struct error err = {0};
	struct export_files *f;

	assert_non_null(mkdtemp(folder));
	f = open_folder(folder);
	assert_null(export_files_open(folder, &err));
	assert_non_null(strstr(err.text, "another sitrepd writes to the folder"));
	export_files_close(f);
	f = open_folder(folder);
	export_files_close(f);
	snprintf(name, sizeof(name), "%s/.sitrepd-files", folder);
	unlink(name);
	assert_int_equal(rmdir(folder), 0);
}

/* Nobody waits for the other end of a pipe. */
TEST(pipes_in_place_of_our_files)
{
	char folder[] = "/tmp/sitrepd-export-XXXXXX", list[256], beside[256];
	struct error err = {0};
	struct export_files *f;

	assert_non_null(mkdtemp(folder));
	snprintf(list, sizeof(list), "%s/.sitrepd-files", folder);
	snprintf(beside, sizeof(beside), "%s/.sitrepd-new", folder);
	assert_int_equal(mkfifo(list, 0600), 0);
	assert_null(export_files_open(folder, &err));
	assert_int_equal(unlink(list), 0);
	f = open_folder(folder);
	assert_int_equal(mkfifo(beside, 0600), 0);
	assert_int_equal(put(f, "d.atom", "one"), -ENXIO);
	assert_int_equal(unlink(beside), 0);
	assert_int_equal(put(f, "d.atom", "one"), 0);
	assert_file(folder, "d.atom", "one");
	export_files_sweep(f, &err);
	export_files_sweep(f, &err);
	export_files_close(f);
	unlink(list);
	assert_int_equal(rmdir(folder), 0);
}

TEST(names)
{
	static const char *const good[] = {"a", "a/b.atom", "sea & air.rss", "\xd0\x97/x"};
	static const char *const bad[] = {"", "/a", "a/", "a//b", "../a", "a/../b", ".a", "a/.b", "a\nb", "a/\tb"};
	char parts[260];

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_true(export_files_name_is_good(good[i]));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(export_files_name_is_good(bad[i]));
	memset(parts, 'x', sizeof(parts));
	parts[sizeof(parts) - 1] = '\0';
	assert_false(export_files_name_is_good(parts));
}

static int count_story(void *arg, struct str id)
{
	assert_int_equal(id.len, 36);
	++*(int *)arg;
	return 0;
}

TEST(links_to_stories)
{
#define ID "48e4093c-1de4-8d19-b61b-9a927fd730f2"
	static const struct {
		const char *from, *to;
		int stories;
	} cases[] = {
		{"<a href=\"story/" ID "\">", "<a href=\"story/" ID ".html\">", 1},
		{"<a href=\"../story/" ID "#x\">" ID, "<a href=\"../story/" ID ".html#x\">" ID, 1},
		{"<a href=\"" ID "\"><a href=\"" ID ".json\">", "<a href=\"" ID ".html\"><a href=\"" ID ".json\">", 1},
		{"{\"id\":\"" ID "\",\"url\":\"https://a/story/" ID "\"}",
			"{\"id\":\"" ID "\",\"url\":\"https://a/story/" ID ".html\"}", 1},
		{"<li id=\"" ID "\">story/" ID, "<li id=\"" ID "\">story/" ID, 0},
		{"<a href=\"./\"><a href=\"?min=2\"><a href=\"feeds\"><a href=\"category/a.atom\">",
			"<a href=\"./\"><a href=\"https://d/n/?min=2\"><a href=\"https://d/n/feeds\"><a "
			"href=\"category/a.atom\">",
			0},
		{"<form action=\"./\"><a href=\"../search?q=a:b\"><a href=\"http://x/feeds\"><a href=\"#main\">        "
		 "  ",
			"<form action=\"https://d/n/\"><a href=\"https://d/n/search?q=a:b\"><a "
			"href=\"http://x/feeds\"><a "
			"href=\"#main\">          ",
			0},
		{"", "", 0},
	};
#undef ID
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct buf out = BUF_INIT(4096);
		int stories = 0;

		const struct export_html h = {.base_url = "https://d/n",
			.is_story = i == 2 /* links of a story's page */,
			.fn = count_story,
			.arg = &stories};

		assert_int_equal(export_html_rewrite(&h, str_from(cases[i].from), &out), 0);
		if (!str_eq(buf_str(&out), str_from(cases[i].to)))
			fail_msg("%.*s", STR_ARG(buf_str(&out)));
		assert_int_equal(stories, cases[i].stories);
		buf_release(&out);
	}
}
