/* SPDX-License-Identifier: ISC */
/* A configuration of real files in a folder of the test's own: what is taken, what is told, what a reload says. */
#include <ftw.h>
#include <limits.h>
#include <sys/stat.h>

#include "../../../daemon/config/config_value.h"
#include "../test.h"
#include "sitrep/base/log.h"
#include "sitrep/config/config.h"
#include "sitrep/config/option.h"

struct fixture {
	char folder[64];
	char path[128]; /* of the main file */
	struct config_mistakes mistakes;
	struct config *config;
	struct error err;
	struct buf said;
};

static void setup(struct fixture *f)
{
	*f = (struct fixture){.folder = "/tmp/sitrep-config-XXXXXX", .said = BUF_INIT(1 << 20)};
	assert_non_null(mkdtemp(f->folder));
	snprintf(f->path, sizeof(f->path), "%s/main.conf", f->folder);
	config_mistakes_init(&f->mistakes);
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *where)
{
	(void)st;
	(void)kind;
	(void)where;
	return remove(path);
}

static void teardown(struct fixture *f)
{
	config_free(f->config);
	config_mistakes_release(&f->mistakes);
	buf_release(&f->said);
	assert_int_equal(nftw(f->folder, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}

FIXTURE(fixture, setup, teardown)

static void write_file(struct fixture *f, const char *name, const char *text)
{
	char path[PATH_MAX];
	FILE *out;

	snprintf(path, sizeof(path), "%s/%s", f->folder, name);
	out = fopen(path, "w");
	assert_non_null(out);
	assert_true(fputs(text, out) >= 0);
	assert_int_equal(fclose(out), 0);
}

static void load(struct fixture *f, const char *text)
{
	if (text != NULL)
		write_file(f, "main.conf", text);
	config_free(f->config);
	config_mistakes_release(&f->mistakes);
	buf_clear(&f->said);
	f->config = config_load(f->path, &f->mistakes, &f->err);
	assert_non_null(f->config);
	assert_int_equal(config_mistakes_write(&f->mistakes, false, &f->said), 0);
	buf_putc(&f->said, '\0');
}

static void assert_said(const struct fixture *f, const char *words)
{
	if (strstr(f->said.data, words) == NULL)
		fail_msg("nothing of \"%s\" in:\n%s", words, f->said.data);
}

TEST_ON(defaults, fixture, f)
{
	const struct config *c;

	load(f, "[feed \"usni\"]\nurl = https://news.example/feed\n");
	c = f->config;
	assert_int_equal(f->mistakes.count, 0);
	assert_int_equal(c->feeds.count, 1);
	assert_true(c->feeds.items[0].enabled);
	assert_int_equal(c->fetch_parallel, 64);
	assert_int_equal(c->fetch_per_host, 2);
	assert_int_equal(c->fetch_timeout_ms, 30000);
	assert_int_equal(c->fetch_max_body, 8 * 1024 * 1024);
	assert_int_equal(c->poll_min_ms, 5 * 60 * 1000);
	assert_int_equal(c->poll_max_ms, 6 * 3600 * 1000);
	assert_int_equal(c->stream_mode, 0660);
	assert_int_equal(c->control_mode, 0600);
	assert_int_equal(c->http_listen.count, 1);
	assert_string_equal(c->http_listen.items[0].host, "127.0.0.1");
	assert_int_equal(c->http_listen.items[0].port, 8484);
	assert_int_equal(c->log_level, LOG_LEVEL_INFO);
}

TEST_ON(values, fixture, f)
{
	const struct config *c;
	const struct config_feed *feed;

	load(f, "title = Pacific watch\nbase-url = https://n.example/\nlog-level = debug\n"
		"[feed \"b\"]\nurl = http://b.example/f\ncategories = naval,\n  us , x\ninterval = 2s\nenabled = no\n"
		"rank = 3\nmax-body = 64K\nallow-private = on\n"
		"[feed \"a\"]\nurl = HTTPS://a.example/f\n"
		"[alert \"d\"]\nmatch = (dprk OR \"north korea\")\n  AND missile*\npriority = high\n"
		"[output \"o\"]\ntitle = O\nmatch = category:naval\nentries = 7\n"
		"[http]\nlisten = [::1]:1, *:2, unix:/run/x.sock, /run/y.sock, 10.0.0.1:65535\n"
		"[fetch]\nallow = 127.0.0.0/8, ::1, fd00::/8\n[keep]\nitems = 90d\nsize = 2G\n"
		"[http]\nentries = 50\n");
	c = f->config;
	assert_string_equal(f->said.data, "");
	assert_string_equal(c->title, "Pacific watch");
	assert_int_equal(c->log_level, LOG_LEVEL_DEBUG);
	assert_int_equal(c->feeds.count, 2);
	assert_string_equal(c->feeds.items[0].name, "a"); /* by name */
	feed = config_find_feed(c, STR("b"));
	assert_non_null(feed);
	assert_null(config_find_feed(c, STR("bb")));
	assert_int_equal(feed->category_count, 3);
	assert_string_equal(feed->categories[1], "us");
	assert_int_equal(feed->interval_ms, 2000);
	assert_false(feed->enabled);
	assert_int_equal(feed->rank, 3);
	assert_int_equal(feed->max_body, 65536);
	assert_true(feed->allow_private);
	assert_string_equal(c->alerts.items[0].match, "(dprk OR \"north korea\") AND missile*");
	assert_string_equal(c->alerts.items[0].priority, "high");
	assert_int_equal(c->alerts.items[0].place.line, 16);
	assert_int_equal(c->outputs.items[0].entries, 7);
	assert_int_equal(c->http_listen.count, 5);
	assert_string_equal(c->http_listen.items[0].host, "::1");
	assert_null(c->http_listen.items[1].host);
	assert_int_equal(c->http_listen.items[1].port, 2);
	assert_string_equal(c->http_listen.items[2].path, "/run/x.sock");
	assert_string_equal(c->http_listen.items[3].path, "/run/y.sock");
	assert_int_equal(c->http_listen.items[4].port, 65535);
	assert_int_equal(c->fetch_allow.count, 3);
	assert_int_equal(c->fetch_allow.items[0].prefix, 96 + 8);
	assert_int_equal(c->fetch_allow.items[1].prefix, 128);
	assert_int_equal(c->keep_items_ms, 90LL * 24 * 3600 * 1000);
	assert_int_equal(c->keep_size, 2LL * 1024 * 1024 * 1024);
	assert_int_equal(c->http_entries, 50);
}

TEST_ON(every_mistake_is_told, fixture, f)
{
	load(f, "titel = x\n"
		"[feeds \"a\"]\nanything = 1\n"
		"[feed \"a b\"]\nurl = https://a.example/\n"
		"[feed \"c\"]\nurl = ftp://c.example/\ninterval = 5 parsecs\nenabled = perhaps\n"
		"[feed \"d\"]\ncategories = a,,b\n"
		"[fetch]\nparallel = 0\nallow = 300.0.0.0/8\n[poll]\nmin = 2h\nmax = 1h\n"
		"[stream]\nmode = 0999\n[http]\nlisten = 127.0.0.1:99999\n"
		"[alert \"x\"]\nmatch = a\npriority = highest\n[alert \"y\"]\npriority = high\n");
	assert_said(f, "main.conf:1: unknown option titel, did you mean title?");
	assert_said(f, "main.conf:2: unknown section [feeds], did you mean [feed]?");
	assert_said(f, "main.conf:4: [feed \"a b\"]: expected a name");
	assert_said(f, "main.conf:7: url = ftp://c.example/");
	assert_said(f, "main.conf:8: interval = 5 parsecs: expected");
	assert_said(f, "main.conf:9: enabled = perhaps: expected yes or no");
	assert_said(f, "main.conf:10: [feed \"d\"] has no url");
	assert_said(f, "main.conf:11: categories = a,,b");
	assert_said(f, "main.conf:13: parallel = 0: expected a value from 1");
	assert_said(f, "main.conf:14: allow = 300.0.0.0/8");
	assert_said(f, "main.conf:16: [poll] min (2h) is longer than max (1h)");
	assert_said(f, "main.conf:19: mode = 0999: expected an octal mode");
	assert_said(f, "main.conf:25: [alert \"y\"] has no match");
	assert_said(f, "main.conf:21: listen = 127.0.0.1:99999");
	assert_said(f, "main.conf:24: priority = highest");
	/* what a section that is not known says is passed over in silence */
	assert_null(strstr(f->said.data, "anything"));
}

TEST_ON(base_url_is_fit_for_links, fixture, f)
{
	static const struct {
		const char *text;
		bool is_mistake;
	} urls[] = {
		{"https://news.example.org/", false},
		{"https://news.example.org:8443/a/~b/@desk", false},
		{"https://reader:secret@news.example.org/", true},
		{"https://reader@news.example.org", true},
		{"https://news.example.org/?key=secret", true},
		{"https://news.example.org/#top", true},
	};

	for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
		char text[128];

		(void)snprintf(text, sizeof(text), "title = x\nbase-url = %s\n", urls[i].text);
		load(f, text);
		assert_int_equal(f->mistakes.count, urls[i].is_mistake);
		if (urls[i].is_mistake)
			assert_said(f, "main.conf:2: base-url has a user, a query or a fragment");
		assert_null(strstr(f->said.data != NULL ? f->said.data : "", "secret"));
	}
}

TEST_ON(listening_for_other_machines_asks_for_a_base_url, fixture, f)
{
	static const struct {
		const char *listen;
		size_t warnings;
	} rows[] = {
		{"*:8484", 1},
		{"0.0.0.0:8484", 1},
		{"[::]:8484", 1},
		{"[0:0::0]:8484", 1},
		{"[::ffff:0.0.0.0]:8484", 1},
		{"127.0.0.1:8484, *:80", 1},
		{"127.0.0.1:8484, [::1]:8484, 192.168.1.5:80, /run/x.sock", 0},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[256];

		(void)snprintf(text, sizeof(text), "[http]\nlisten = %s\n", rows[i].listen);
		load(f, text);
		assert_int_equal(f->mistakes.count, 0);
		assert_int_equal(f->mistakes.warnings.count, rows[i].warnings);
		if (rows[i].warnings > 0)
			assert_said(f, "main.conf:2: warning: listen = ");
		(void)snprintf(
			text, sizeof(text), "base-url = https://n.example/\n[http]\nlisten = %s\n", rows[i].listen);
		load(f, text);
		assert_int_equal(f->mistakes.warnings.count, 0);
	}
}

/* A header that cannot be read must not give its options to the section above. */
TEST_ON(broken_header, fixture, f)
{
	load(f, "[feed \"a\"]\nurl = https://a.example/\n[feed \"b]\nurl = https://b.example/\ninterval = 1h\n");
	assert_int_equal(f->mistakes.count, 1);
	assert_said(f, "main.conf:3: found");
	assert_int_equal(f->config->feeds.count, 1);
	assert_string_equal(f->config->feeds.items[0].url, "https://a.example/");
	assert_int_equal(f->config->feeds.items[0].interval_ms, 0);
}

TEST_ON(given_twice, fixture, f)
{
	load(f, "title = a\ntitle = b\n[feed \"a\"]\nurl = https://a.example/\n[feed \"a\"]\nurl = https://b.example/\n"
		"[feed \"c\"]\nurl = https://a.example/\n"
		"[alert \"x\"]\nmatch = a\n[alert \"y\"]\nmatch = a\n[alert \"x\"]\nmatch = b\n"
		"[output \"o\"]\ntitle = 1\n[output \"o\"]\ntitle = 2\n");
	assert_said(f, "main.conf:2: title is given twice");
	assert_said(f, "[feed \"a\"] was defined before, at");
	assert_said(f, "has the url of [feed");
	assert_said(f, "main.conf:14: [alert \"x\"] was defined before, at");
	assert_said(f, "[output \"o\"] was defined before, at");
	assert_int_equal(f->mistakes.count, 5);
}

TEST_ON(includes, fixture, f)
{
	char folder[128];

	snprintf(folder, sizeof(folder), "%s/feeds.d", f->folder);
	assert_int_equal(mkdir(folder, 0700), 0);
	write_file(f, "feeds.d/10-a.conf", "[feed \"a\"]\nurl = https://a.example/\n");
	write_file(f, "feeds.d/20-b.conf", "[feed \"b\"]\nurl = https://b.example/\nnonsense = 1\n");
	write_file(f, "feeds.d/ignored.txt", "nonsense\n");
	load(f, "include = feeds.d/*.conf\ninclude = none.d/*.conf\ntitle = after\n");
	assert_int_equal(f->config->feeds.count, 2);
	assert_int_equal(f->mistakes.count, 1);
	assert_said(f, "feeds.d/20-b.conf:3: unknown option nonsense");
	assert_string_equal(f->config->title, "after");

	load(f, "include = not-there.conf\n[feed \"x\"]\nurl = https://x.example/\ninclude = feeds.d/10-a.conf\n");
	assert_said(f, "main.conf:1: cannot read");
	assert_said(f, "main.conf:4: option include must be in a section");
}

TEST_ON(folders_in_place_of_files, fixture, f)
{
	struct error err = {0};
	struct config_mistakes mistakes;

	load(f, "title = a\ninclude = /\nopml = /\n[poll]\nmax = 1m\n");
	assert_said(f, "main.conf:2: cannot read /: Is a directory");
	assert_said(f, "main.conf:3: cannot read the subscription list /: Is a directory");
	assert_said(f, "main.conf:5: [poll] min (5m) is longer than max (1m)");
	config_mistakes_init(&mistakes);
	assert_null(config_load(f->folder, &mistakes, &err));
	assert_int_equal(mistakes.count, 0);
	assert_int_equal(err.code, -EISDIR);
	config_mistakes_release(&mistakes);
}

/* Overlapping patterns and circles would otherwise multiply what they read at every level. */
TEST_ON(a_file_is_read_once, fixture, f)
{
	write_file(f, "a.conf", "include = main.conf\ninclude = ./a.conf\n[feed \"a\"]\nurl = https://a.example/\n");
	load(f, "include = a.conf\ninclude = *.conf\n");
	assert_int_equal(f->config->feeds.count, 1);
	assert_said(f, "a.conf:1: ");
	assert_said(f, "main.conf is the file that is being read; a file cannot include itself");
	assert_said(f, "a.conf:2: ");
	assert_said(f, "a.conf was read before, it is included by ");
	assert_said(f, "main.conf:1\n");
	assert_int_equal(f->mistakes.count, 4);
}

static const struct config_feed *feed_of(const struct fixture *f, const char *url)
{
	for (size_t i = 0; i < f->config->feeds.count; i++)
		if (strcmp(f->config->feeds.items[i].url, url) == 0)
			return &f->config->feeds.items[i];
	fail_msg("there is no feed %s", url);
	return NULL;
}

static void load_list(struct fixture *f, const char *outlines)
{
	struct buf text = BUF_INIT(1 << 20);

	buf_printf(&text, "<opml version='2.0'><body>%s</body></opml>", outlines);
	write_file(f, "list.opml", text.data);
	buf_release(&text);
	load(f, "opml = list.opml\n");
}

TEST_ON(subscription_list, fixture, f)
{
	load_list(f, "<outline text='Asia'>\n"
		     "<outline text='Sea Watch!' xmlUrl='https://sea.example/f'/>\n"
		     "<outline text='Known' xmlUrl='https://known.example/f'/>\n"
		     "<outline text='bad' xmlUrl='gopher://x'/></outline>\n");
	assert_int_equal(f->mistakes.count, 0);
	assert_int_equal(f->mistakes.warnings.count, 1);
	assert_said(f, "list.opml:4: warning: the outline is left out: url = gopher://x: expected an address");
	assert_int_equal(f->config->feeds.count, 2);
	assert_string_equal(config_find_feed(f->config, STR("sea-watch"))->url, "https://sea.example/f");
	assert_string_equal(config_find_feed(f->config, STR("sea-watch"))->categories[0], "Asia");
	assert_string_equal(config_find_feed(f->config, STR("sea-watch"))->title, "Sea Watch!");

	/* a section knows better, although it stands behind and writes the address in another way */
	load(f, "opml = list.opml\n[feed \"mine\"]\nurl = http://KNOWN.example:80/f#top\n");
	assert_null(config_find_feed(f->config, STR("known")));
	assert_non_null(config_find_feed(f->config, STR("mine")));
	assert_int_equal(f->config->feeds.count, 2);
}

/* Names hold letters of any script, and say nothing of a feed's place. */
TEST_ON(names_in_lists, fixture, f)
{
	static const char *const lists[] = {
		"<outline text='\xec\xa1\xb0\xec\x84\xa0 \xed\x86\xb5\xec\x8b\xa0' xmlUrl='http://k.example/'/>"
		"<outline text='News' xmlUrl='http://www.a.example/1'/><outline text='News' "
		"xmlUrl='http://b.example/1'/>"
		"<outline text='News' xmlUrl='http://b.example/2'/>"
		"<outline text='De\xcc\201fense &amp; \xc3\x89tat' xmlUrl='http://d.example/'/>"
		"<outline xmlUrl='https://u:secret@e.example/x.rss?key=secret'/><outline text='!!!' "
		"xmlUrl='http://1/'/>",
		/* the same, from its end */
		"<outline text='!!!' xmlUrl='http://1/'/><outline "
		"xmlUrl='https://u:secret@e.example/x.rss?key=secret'/>"
		"<outline text='De\xcc\201fense &amp; \xc3\x89tat' xmlUrl='http://d.example/'/>"
		"<outline text='News' xmlUrl='http://b.example/2'/><outline text='News' xmlUrl='http://b.example/1'/>"
		"<outline text='News' xmlUrl='http://www.a.example/1'/>"
		"<outline text='\xec\xa1\xb0\xec\x84\xa0 \xed\x86\xb5\xec\x8b\xa0' xmlUrl='http://k.example/'/>",
	};
	char first[64], second[64];

	for (size_t i = 0; i < 2; i++) {
		load_list(f, lists[i]);
		assert_int_equal(f->config->feeds.count, 7);
		assert_string_equal(
			feed_of(f, "http://k.example/")->name, "\xec\xa1\xb0\xec\x84\xa0-\xed\x86\xb5\xec\x8b\xa0");
		assert_string_equal(feed_of(f, "http://d.example/")->name, "défense-état");
		assert_string_equal(feed_of(f, "http://www.a.example/1")->name, "news-a-example");
		assert_string_equal(feed_of(f, "https://u:secret@e.example/x.rss?key=secret")->name, "e-example-x-rss");
		assert_int_equal(strncmp(feed_of(f, "http://b.example/1")->name, "news-", 5), 0);
		if (i == 0) {
			snprintf(first, sizeof(first), "%s", feed_of(f, "http://b.example/1")->name);
			snprintf(second, sizeof(second), "%s", feed_of(f, "http://b.example/2")->name);
			assert_string_not_equal(first, second);
		}
		assert_string_equal(feed_of(f, "http://b.example/1")->name, first);
		assert_string_equal(feed_of(f, "http://b.example/2")->name, second);
	}
	/* a section has the name already */
	load(f, "opml = list.opml\n[feed \"d\xc3\251fense-\xc3\xa9tat\"]\nurl = http://z.example/\n");
	assert_string_equal(feed_of(f, "http://d.example/")->name, "défense-état-d-example");
	/* a list of ours says what its feeds are called */
	load_list(f, "<outline text='News' sitrep:name='mine' xmlUrl='http://a.example/1'/>"
		     "<outline text='Mine' xmlUrl='http://b.example/1'/>");
	assert_string_equal(feed_of(f, "http://a.example/1")->name, "mine");
	assert_null(feed_of(f, "http://a.example/1")->title);
	assert_string_equal(feed_of(f, "http://b.example/1")->name, "mine-b-example");
}

TEST_ON(good_names, fixture, f)
{
	struct buf name = BUF_INIT(1024);

	assert_true(config_name_is_good(STR("usni_news-1.b")));
	assert_true(config_name_is_good(STR("\xd0\x97\xd0\xb2\xd0\xb5\xd0\xb7\xd0\xb4\xd0\xb0")));
	assert_true(config_name_is_good(STR("\xe0\xa4\xb9\xe0\xa4\xbf\xe0\xa4\x82\xe0\xa4\xa6\xe0\xa5\x80")));
	assert_false(config_name_is_good(STR("")));
	assert_false(config_name_is_good(STR("a b")));
	assert_false(config_name_is_good(STR("a/b")));
	assert_false(config_name_is_good(STR("a~1")));
	assert_false(config_name_is_good(STR("a\xff")));
	assert_false(config_name_is_good(STR("a\xe2\x80\256b")));
	for (int i = 0; i < CONFIG_NAME_CHARS_MAX; i++)
		buf_puts(&name, "\xe6\xb5\xb7");
	assert_true(config_name_is_good(buf_str(&name)));
	buf_puts(&name, "x");
	assert_false(config_name_is_good(buf_str(&name)));
	buf_release(&name);
}

/* An address is a feed, wherever and however it stands. */
TEST_ON(one_address, fixture, f)
{
	const struct config_feed *feed;
	struct buf said = BUF_INIT(1 << 16);
	struct config *before;

	write_file(f, "other.opml",
		"<opml><body><outline text='Other' xmlUrl='https://A.example:443/f' category='/Ships'/></body></opml>");
	write_file(f, "list.opml",
		"<opml><body><outline text='Navy'><outline text='Mixed' xmlUrl='http://a.example/f'/></outline>"
		"<outline text='Asia'><outline text='Sea'><outline text='Mixed' xmlUrl='feed:https://a.example/f'/>"
		"<outline text='Sub' xmlUrl='http://a.example/f?x=1'/></outline></outline></body></opml>");
	load(f, "opml = list.opml\nopml = other.opml\n");
	assert_int_equal(f->mistakes.count + f->mistakes.warnings.count, 0);
	assert_int_equal(f->config->feeds.count, 2);
	feed = config_find_feed(f->config, STR("mixed"));
	assert_non_null(feed);
	assert_int_equal(feed->category_count, 4);
	assert_string_equal(feed->categories[0], "Asia");
	assert_string_equal(feed->categories[1], "Sea");
	assert_string_equal(feed->categories[2], "Navy");
	assert_string_equal(feed->categories[3], "Ships");
	assert_int_equal(feed->folder_count, 3);
	assert_string_equal(feed->folders[0], "Asia\nSea");
	assert_int_equal(strncmp(feed->url, "https://", 8), 0);

	/* another order of outlines is no change; another title is another name of the same feed */
	before = f->config;
	f->config = NULL;
	load(f, "opml = other.opml\nopml = list.opml\n");
	assert_int_equal(config_diff(before, f->config, &said), 0);
	write_file(f, "other.opml",
		"<opml><body><outline text='Called' xmlUrl='https://A.example:443/f' "
		"category='/Ships'/></body></opml>");
	load(f, "opml = other.opml\nopml = list.opml\n");
	assert_int_equal(config_diff(before, f->config, &said), 2);
	buf_putc(&said, '\0');
	assert_non_null(strstr(said.data, "feed mixed was renamed to called\n"));
	assert_non_null(strstr(said.data, "feed called: title: Mixed -> Called\n"));
	config_free(before);
	buf_release(&said);
}

/* What has lost a secret on its way out is the feed that it was, or nothing. */
TEST_ON(hidden_outline, fixture, f)
{
	write_file(f, "list.opml",
		"<opml><body>\n<outline text='Ours' xmlUrl='http://a.example/f' sitrep:name='ours' "
		"sitrep:hidden='yes'/>"
		"\n</body></opml>");
	load(f, "opml = list.opml\n[feed \"ours\"]\nurl = http://me:secret@a.example/f\n");
	assert_int_equal(f->config->feeds.count, 1);
	assert_int_equal(f->mistakes.warnings.count, 0);
	load(f, "opml = list.opml\n");
	assert_int_equal(f->config->feeds.count, 0);
	assert_int_equal(f->mistakes.warnings.count, 1);
	assert_said(f, "list.opml:2: warning: the outline is left out: its address was written without the secret");
}

TEST_ON(large_list, fixture, f)
{
	enum { FEEDS = 20000 };
	struct buf text = BUF_INIT(16 << 20);

	buf_puts(&text, "<opml><body>");
	for (int i = 0; i < FEEDS; i++)
		buf_printf(&text, "<outline text='same' xmlUrl='https://e.example/%d'/>", i);
	buf_puts(&text, "</body></opml>");
	assert_int_equal(buf_failed(&text), 0);
	write_file(f, "list.opml", text.data);
	buf_release(&text);
	load(f, "opml = list.opml\n");
	assert_int_equal(f->mistakes.count, 0);
	assert_int_equal(f->config->feeds.count, FEEDS);
	/* each has a name of its own: they are sorted by name, and equal ones would be a mistake */
	assert_string_not_equal(f->config->feeds.items[0].name, f->config->feeds.items[1].name);
}

TEST_ON(diff, fixture, f)
{
	struct config *before;
	struct buf out = BUF_INIT(1 << 16);

	load(f, "title = a\nlog-level = warning\n[feed \"a\"]\nurl = https://a.example/\n[feed \"b\"]\nurl = "
		"https://b.example/\n"
		"[alert \"x\"]\nmatch = one\n[http]\nlisten = 127.0.0.1:1\n");
	before = f->config;
	f->config = NULL;
	load(f, "title = b\nlog-level = debug\n[feed \"b\"]\nurl = https://b2.example/\n[feed \"c\"]\nurl = "
		"https://c.example/\n"
		"[alert \"x\"]\nmatch = two\n[output \"o\"]\ntitle = O\n[poll]\nmin = 10m\n[http]\nlisten = "
		"127.0.0.1:2\n");
	assert_int_equal(config_diff(before, before, &out), 0);
	assert_int_equal(out.len, 0);
	assert_int_equal(config_diff(before, f->config, &out), 9);
	buf_putc(&out, '\0');
	assert_non_null(strstr(out.data, "title: a -> b\n"));
	assert_non_null(strstr(out.data, "log-level: warning -> debug\n"));
	assert_non_null(strstr(out.data, "feed a removed\n"));
	assert_non_null(strstr(out.data, "feed b: url: https://b.example/ -> https://b2.example/\n"));
	assert_non_null(strstr(out.data, "feed c added\n"));
	assert_non_null(strstr(out.data, "alert x: match: one -> two\n"));
	assert_non_null(strstr(out.data, "output o added\n"));
	assert_non_null(strstr(out.data, "[poll] min: 5m -> 10m\n"));
	assert_non_null(strstr(out.data, "[http] listen: 127.0.0.1:1 -> 127.0.0.1:2"));
	config_free(before);
	buf_release(&out);
}

/* What is written of a fraction is what a person would write, and reads the same. */
TEST_ON(fractions, fixture, f)
{
	static const struct {
		const char *text, *written;
		double value;
	} good[] = {{"0", "0", 0}, {"1", "1", 1}, {"1.000", "1", 1}, {"0.5", "0.5", 0.5}, {"0.50", "0.5", 0.5},
		{"0.3", "0.3", 0.3}, {"0.05", "0.05", 0.05}, {"0.000001", "0.000001", 0.000001},
		{"0.999999", "0.999999", 0.999999}, {"0.123456", "0.123456", 0.123456}};
	static const char *const bad[] = {"1.1", "2", "-0.5", "+0.5", ".5", "0.", "0,5", "0.5 5", "0.1234567", "50%",
		"5e-1", "nan", "00.5", "0x1"};
	const char *nearest;
	const struct config_option *join = option_find(SECTION_DEDUP, STR("join"), &nearest);
	char text[256];

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		snprintf(text, sizeof(text), "[dedup]\njoin = %s\n", good[i].text);
		load(f, text);
		assert_string_equal(f->said.data, "");
		assert_true(f->config->dedup_join == good[i].value);
		buf_clear(&f->said);
		assert_int_equal(config_value_write(&f->said, f->config, join), 0);
		buf_putc(&f->said, '\0');
		assert_string_equal(f->said.data, good[i].written);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(text, sizeof(text), "[dedup]\njoin = %s\n", bad[i]);
		load(f, text);
		snprintf(text, sizeof(text), "main.conf:2: join = %s: expected a number from 0 to 1", bad[i]);
		assert_said(f, text);
		assert_true(f->config->dedup_join == 0.5);
	}
	load(f, "[dedup]\nwindow = 15d\nboilerplate = 1\n");
	assert_said(f, "main.conf:2: window = 15d: expected a value from 1h to 14d");
	assert_said(f, "[dedup] boilerplate = 1 makes every phrase boilerplate");
}

/* Takes the # from each line that is no remark. */
static void put_in_force(char *sample)
{
	for (char *c = sample; c != NULL && *c != '\0'; c = strchr(c, '\n') != NULL ? strchr(c, '\n') + 1 : NULL)
		if (c[0] == '#' && c[1] != ' ')
			memmove(c, c + 1, strlen(c));
}

/* What the messages, the manual and the sample file are made of holds together. */
TEST_ON(escalation, fixture, f)
{
	static const char *const wrong[] = {"5", "5 publishers", "5 publishers in", "5 outlets in 1h",
		"x publishers in 1h", "5 publishers in 1h or so", "5 publishers in soon", "5 publishers in 0s",
		"1 publishers in 1h", "10001 publishers in 1h"};
	char text[256];

	load(f, "[alert \"a\"]\nmatch = x\nescalate = 5  publishers in 90m\nrepeat = update\n");
	assert_string_equal(f->said.data, "");
	assert_int_equal(f->config->alerts.items[0].escalate.count, 5);
	assert_int_equal(f->config->alerts.items[0].escalate.within_ms, 90 * 60 * 1000);
	assert_int_equal(f->config->alerts.items[0].revise_after_ms, 5 * 60 * 1000);
	assert_int_equal(f->config->alerts.items[0].close_after_ms, 24 * 3600 * 1000);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		snprintf(text, sizeof(text), "[alert \"a\"]\nmatch = x\nescalate = %s\n", wrong[i]);
		load(f, text);
		assert_int_equal(f->mistakes.count, 1);
		assert_said(f, "main.conf:3");
		assert_said(f, "publishers");
	}
}

TEST_ON(option_table, fixture, f)
{
	struct buf sample = BUF_INIT(1 << 20);
	const char *nearest;

	for (size_t i = 0; i < config_option_count; i++) {
		const struct config_option *o = &config_options[i];

		assert_ptr_equal(option_find(o->section, str_from(o->name), &nearest), o);
		assert_true(strlen(o->help) > 5 && o->help[strlen(o->help) - 1] == '.');
		assert_true(o->min <= o->max);
		assert_true((o->fallback == NULL) == (o->example != NULL));
	}
	assert_null(option_find(SECTION_FETCH, STR("timeuot"), &nearest));
	assert_string_equal(nearest, "timeout");
	assert_null(option_find(SECTION_FETCH, STR("zzzzzzzzzzzz"), &nearest));
	assert_null(nearest);
	/* the sample is a configuration without a mistake */
	assert_int_equal(option_write_sample(&sample), 0);
	buf_putc(&sample, '\0');
	load(f, sample.data);
	assert_string_equal(f->said.data, "");
	/* and it is still one when all its options are in force */
	put_in_force(sample.data);
	load(f, sample.data);
	assert_string_equal(f->said.data, "");
	assert_int_equal(f->config->feeds.count, 1);
	assert_int_equal(f->config->alerts.count, 1);
	assert_int_equal(f->config->outputs.count, 1);
	buf_release(&sample);
}

TEST_ON(cannot_be_opened, fixture, f)
{
	assert_null(config_load(f->path, &f->mistakes, &f->err));
	assert_non_null(strstr(f->err.text, "cannot read the configuration"));
	f->config = config_load(f->folder, &f->mistakes, &f->err);
	assert_true(f->config == NULL || f->mistakes.count > 0);
}
