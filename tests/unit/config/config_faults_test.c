/* SPDX-License-Identifier: ISC */
/* Reading the configuration when any one allocation, open or read fails: the whole configuration, or none and a
 * sentence.  A configuration with parts missing must never come into force. */
#include <sys/stat.h>

#include "../../faults/fault_loop.h"
#include "sitrep/config/config.h"

static const char main_text[] = "title = Pacific watch\n"
				"include = more.conf\n"
				"opml = list.opml\n"
				"[feed \"alpha\"]\nurl = https://alpha.example/feed\ncategories = naval, us\n"
				"[alert \"strait\"]\nmatch = strait AND convoy\npriority = high\n"
				"[output \"naval\"]\nmatch = category:naval\n"
				"[fetch]\nallow = 127.0.0.0/8, 10.0.0.0/8\n";
static const char more_text[] = "[feed \"bravo\"]\nurl = https://bravo.example/feed\ninterval = 15m\n";
static const char list_text[] = "<opml version=\"2.0\"><body><outline text=\"Charlie\" type=\"rss\" "
				"xmlUrl=\"https://charlie.example/feed\"/></body></opml>";

static char folder[64], path[128];

static void write_file(const char *name, const char *text)
{
	char file[160];
	FILE *f;

	snprintf(file, sizeof(file), "%s/%s", folder, name);
	f = fopen(file, "w");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static void assert_whole(const struct config *c)
{
	assert_int_equal(c->feeds.count, 3);
	assert_int_equal(c->alerts.count, 1);
	assert_int_equal(c->outputs.count, 1);
	assert_int_equal(c->fetch_allow.count, 2);
	assert_string_equal(c->title, "Pacific watch");
}

static int64_t load_once(void *arg, uint32_t kinds, int64_t n)
{
	struct config_mistakes mistakes;
	struct error err = {0};
	struct config *c;
	int64_t failed;

	(void)arg;
	config_mistakes_init(&mistakes);
	fault_arm(kinds, n, 1);
	c = config_load(path, &mistakes, &err);
	failed = fault_disarm();
	/* It is good when it is there and nothing is mistaken. */
	if (c == NULL)
		assert_string_not_equal(err.text, "");
	else if (mistakes.count == 0)
		assert_whole(c);
	if (failed == 0 && (c == NULL || mistakes.count > 0))
		fail_msg("nothing failed, and yet: %s", c == NULL ? err.text : mistakes.items[0].text);
	config_free(c);
	config_mistakes_release(&mistakes);
	return failed;
}

TEST(load)
{
	fault_each("configuration", 1, load_once, NULL);
}

static void setup(void)
{
	snprintf(folder, sizeof(folder), "/tmp/sitrep-faults-XXXXXX");
	assert_non_null(mkdtemp(folder));
	write_file("main.conf", main_text);
	write_file("more.conf", more_text);
	write_file("list.opml", list_text);
	snprintf(path, sizeof(path), "%s/main.conf", folder);
}

static void teardown(void)
{
	static const char *const names[] = {"main.conf", "more.conf", "list.opml"};
	char file[160];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(file, sizeof(file), "%s/%s", folder, names[i]);
		unlink(file);
	}
	assert_int_equal(rmdir(folder), 0);
}

TEST_GROUP(setup, teardown)
