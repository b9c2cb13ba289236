/* SPDX-License-Identifier: ISC */
/* What is taken from the files of a configuration, what is told, and what a reload says. */
#include "config_fixture.h"
#include "sitrep/base/log.h"

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

/* Without a writer, opening a named pipe never ends. */
TEST_ON(pipes_and_endless_files_are_told, fixture, f)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/pipe.conf", f->folder);
	assert_int_equal(mkfifo(path, 0600), 0);
	load(f, "include = pipe.conf\ninclude = /dev/zero\nopml = pipe.conf\n");
	assert_said(f, "main.conf:1: cannot read ");
	assert_said(f, "pipe.conf: it is a named pipe, expected a file\n");
	assert_said(f, "main.conf:2: cannot read /dev/zero: it is too large\n");
	assert_said(f, "main.conf:3: cannot read the subscription list ");
	assert_int_equal(f->mistakes.count, 3);
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

TEST_ON(diff, fixture, f)
{
	struct config *before;
	struct buf *out = scratch(1 << 16);

	load(f, "title = a\nlog-level = warning\n[feed \"a\"]\nurl = https://a.example/\n[feed \"b\"]\nurl = "
		"https://b.example/\n"
		"[alert \"x\"]\nmatch = one\n[http]\nlisten = 127.0.0.1:1\n");
	before = f->config;
	f->config = NULL;
	load(f, "title = b\nlog-level = debug\n[feed \"b\"]\nurl = https://b2.example/\n[feed \"c\"]\nurl = "
		"https://c.example/\n"
		"[alert \"x\"]\nmatch = two\n[output \"o\"]\ntitle = O\n[poll]\nmin = 10m\n[http]\nlisten = "
		"127.0.0.1:2\n");
	assert_int_equal(config_diff(before, before, out), 0);
	assert_int_equal(out->len, 0);
	assert_int_equal(config_diff(before, f->config, out), 9);
	buf_putc(out, '\0');
	assert_non_null(strstr(out->data, "title: a -> b\n"));
	assert_non_null(strstr(out->data, "log-level: warning -> debug\n"));
	assert_non_null(strstr(out->data, "feed a removed\n"));
	assert_non_null(strstr(out->data, "feed b: url: https://b.example/ -> https://b2.example/\n"));
	assert_non_null(strstr(out->data, "feed c added\n"));
	assert_non_null(strstr(out->data, "alert x: match: one -> two\n"));
	assert_non_null(strstr(out->data, "output o added\n"));
	assert_non_null(strstr(out->data, "[poll] min: 5m -> 10m\n"));
	assert_non_null(strstr(out->data, "[http] listen: 127.0.0.1:1 -> 127.0.0.1:2"));
	config_free(before);
}

TEST_ON(cannot_be_opened, fixture, f)
{
	assert_null(config_load(f->path, &f->mistakes, &f->err));
	assert_non_null(strstr(f->err.text, "cannot read the configuration"));
	f->config = config_load(f->folder, &f->mistakes, &f->err);
	assert_true(f->config == NULL || f->mistakes.count > 0);
}
