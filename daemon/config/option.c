/* SPDX-License-Identifier: ISC */
/* All options.  A new option is a row here and a member in config.h; the reader, the reload report, the help, the
 * sample configuration and the manual page follow from the row. */
#include "sitrep/config/option.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "sitrep/config/config.h"

#define TOP(member) offsetof(struct config, member)
#define FEED(member) offsetof(struct config_feed, member)
#define ALERT(member) offsetof(struct config_alert, member)
#define OUTPUT(member) offsetof(struct config_output, member)

#define KIB INT64_C(1024)
#define MIB (1024 * KIB)
#define GIB (1024 * MIB)
#define SECOND INT64_C(1000)
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

/* One option a row. */
/* clang-format off */
const struct config_option config_options[] = {
	{.section = SECTION_TOP, .name = "title", .type = OPTION_STRING, .offset = TOP(title),
		.fallback = "Situation report", .reloadable = true,
		.help = "Title of the merged feeds and of the page."},
	{.section = SECTION_TOP, .name = "base-url", .type = OPTION_URL, .offset = TOP(base_url),
		.example = "https://news.example.org/", .reloadable = true,
		.help = "URL at which readers reach the daemon from outside. It stands in the feeds' links and "
			"identifiers. Default: the first address of [http] listen. Hubs are asked to push news (WebSub) "
			"only when it is set."},
	{.section = SECTION_TOP, .name = "contact-url", .type = OPTION_URL, .offset = TOP(contact_url),
		.example = "https://news.example.org/about", .reloadable = true,
		.help = "URL of a page about the operator. It stands in the User-Agent, for the operators of the polled "
			"servers. Default: base-url."},
	{.section = SECTION_TOP, .name = "log-level", .type = OPTION_LEVEL, .offset = TOP(log_level), .fallback = "info",
		.choices = "error warning notice info debug", .reloadable = true,
		.help = "Lowest level of the messages that are logged."},
	{.section = SECTION_TOP, .name = "include", .type = OPTION_FILES, .example = "feeds.d/*.conf", .reloadable = true,
		.help = "Configuration files that are read here, may be given again. A pattern may match no file. A "
			"relative path starts at the folder of the file that names it."},
	{.section = SECTION_TOP, .name = "opml", .type = OPTION_FILES, .example = "lists/*.opml", .reloadable = true,
		.help = "Subscription lists whose feeds are polled as well, may be given again. Paths are as in include."},

	{.section = SECTION_FEED, .name = "url", .type = OPTION_URL, .offset = FEED(url),
		.example = "https://news.example.org/feed", .reloadable = true, .required = true,
		.help = "Address of the feed. A user and password in it, and parameters that look like secrets, are never "
			"shown."},
	{.section = SECTION_FEED, .name = "private", .type = OPTION_BOOL, .offset = FEED(is_private), .fallback = "no",
		.reloadable = true,
		.help = "yes: the query of the URL is never shown, nor the query of an address that the feed is "
			"redirected to."},
	{.section = SECTION_FEED, .name = "public-url", .type = OPTION_URL, .offset = FEED(public_url),
		.example = "https://news.example.org/news", .reloadable = true,
		.help = "Address that is shown in place of url."},
	{.section = SECTION_FEED, .name = "title", .type = OPTION_STRING, .offset = FEED(title),
		.example = "Example News", .reloadable = true,
		.help = "Name of the outlet. Default: the feed's own title."},
	{.section = SECTION_FEED, .name = "categories", .type = OPTION_LIST, .offset = FEED(categories),
		.example = "naval, asia", .reloadable = true,
		.help = "Categories of the feed. Each category is a merged feed under /category/."},
	{.section = SECTION_FEED, .name = "enabled", .type = OPTION_BOOL, .offset = FEED(enabled), .fallback = "yes",
		.reloadable = true, .help = "no: the feed is not polled. Its items stay."},
	{.section = SECTION_FEED, .name = "publisher", .type = OPTION_STRING, .offset = FEED(publisher),
		.example = "Example Press", .reloadable = true,
		.help = "Name of the publisher. Feeds of one publisher count as one source. Default: the registrable "
			"domain of the site."},
	{.section = SECTION_FEED, .name = "rank", .type = OPTION_INT, .offset = FEED(rank), .fallback = "50", .min = 0,
		.max = 100, .reloadable = true,
		.help = "Order among the sources of a story: the report of the feed with the lowest rank leads it. "
			"Example: 10 for a press office, 50 for an agency."},
	{.section = SECTION_FEED, .name = "interval", .type = OPTION_DURATION, .offset = FEED(interval_ms),
		.example = "15m", .min = 250, .max = 30 * DAY, .reloadable = true,
		.help = "Time between two polls, in place of the schedule. A longer pause that the server asks for is "
			"kept."},
	{.section = SECTION_FEED, .name = "timeout", .type = OPTION_DURATION, .offset = FEED(timeout_ms),
		.example = "30s", .min = 100, .max = HOUR, .reloadable = true,
		.help = "Overrides [fetch] timeout for this feed."},
	{.section = SECTION_FEED, .name = "max-body", .type = OPTION_SIZE, .offset = FEED(max_body), .example = "8M",
		.min = KIB, .max = GIB, .reloadable = true, .help = "Overrides [fetch] max-body for this feed."},
	{.section = SECTION_FEED, .name = "allow-private", .type = OPTION_BOOL, .offset = FEED(allow_private),
		.fallback = "no", .reloadable = true, .help = "yes: the feed may have a private or loopback address."},
	{.section = SECTION_FEED, .name = "allow", .type = OPTION_NETWORKS, .offset = FEED(allow),
		.example = "10.1.0.0/16", .reloadable = true,
		.help = "Networks that are not public and in which this feed may be, added to those of [fetch] allow."},
	{.section = SECTION_FEED, .name = "allow-downgrade", .type = OPTION_BOOL, .offset = FEED(allow_downgrade),
		.fallback = "no", .reloadable = true, .help = "yes: redirects from https down to http are followed."},
	{.section = SECTION_FEED, .name = "user-agent", .type = OPTION_AGENT, .offset = FEED(user_agent),
		.example = "desk/1.2 (+https://news.example.org/about)", .reloadable = true,
		.help = "Overrides [fetch] user-agent for this feed."},
	{.section = SECTION_FEED, .name = "user", .type = OPTION_STRING, .offset = FEED(user), .example = "reader",
		.reloadable = true, .help = "User name for basic authentication."},
	{.section = SECTION_FEED, .name = "password-file", .type = OPTION_STRING, .offset = FEED(password_file),
		.example = "example.password", .reloadable = true,
		.help = "File with the password for basic authentication. A relative name is looked up among the service "
			"manager's credentials first."},
	{.section = SECTION_FEED, .name = "bearer-file", .type = OPTION_STRING, .offset = FEED(bearer_file),
		.example = "example.token", .reloadable = true, .help = "File with a bearer token."},
	{.section = SECTION_FEED, .name = "header-file", .type = OPTION_STRING, .offset = FEED(header_file),
		.example = "example.headers", .reloadable = true,
		.help = "File with request headers, one \"Name: value\" a line."},
	{.section = SECTION_FEED, .name = "client-cert", .type = OPTION_STRING, .offset = FEED(client_cert),
		.example = "example.crt", .reloadable = true,
		.help = "PEM file with the client certificate for the feed's server, and its chain."},
	{.section = SECTION_FEED, .name = "client-key", .type = OPTION_STRING, .offset = FEED(client_key),
		.example = "example.key", .reloadable = true,
		.help = "PEM file with the client certificate's key, not encrypted. Default: the file of client-cert."},
	{.section = SECTION_FEED, .name = "ca-file", .type = OPTION_STRING, .offset = FEED(ca_file),
		.example = "example-ca.crt", .reloadable = true,
		.help = "PEM file with certificate authorities that this feed trusts, besides the system's or in place of "
			"[fetch] ca-file."},
	{.section = SECTION_FEED, .name = "proxy", .type = OPTION_PROXY, .offset = FEED(proxy),
		.example = "socks5h://127.0.0.1:9050", .reloadable = true,
		.help = "Overrides [fetch] proxy for this feed."},
	{.section = SECTION_FEED, .name = "websub", .type = OPTION_CHOICE, .offset = FEED(websub), .fallback = "auto",
		.choices = "auto yes no", .reloadable = true,
		.help = "Whether new items are also taken from a hub that the feed names. That needs a base-url under "
			"which hubs reach the daemon. auto: no for a feed that needs a user, a token or headers, and for "
			"one whose address is private or holds a secret, because the hub learns the address."},

	{.section = SECTION_ALERT, .name = "match", .type = OPTION_STRING, .offset = ALERT(match),
		.example = "taiwan* AND (missile OR drone*)", .reloadable = true, .required = true,
		.help = "The rule: words, \"phrases\", prefix*, AND, OR, NOT, parentheses, title:, feed:, category:, lang:."},
	{.section = SECTION_ALERT, .name = "priority", .type = OPTION_CHOICE, .offset = ALERT(priority),
		.fallback = "normal", .choices = "low normal high urgent", .reloadable = true,
		.help = "Priority that the alerts carry."},

	{.section = SECTION_OUTPUT, .name = "title", .type = OPTION_STRING, .offset = OUTPUT(title),
		.example = "Naval news", .reloadable = true, .help = "Title of the output. Default: its name."},
	{.section = SECTION_OUTPUT, .name = "match", .type = OPTION_STRING, .offset = OUTPUT(match),
		.example = "navy OR naval OR submarine*", .reloadable = true,
		.help = "Rule that selects the stories of the output. Default: all stories."},
	{.section = SECTION_OUTPUT, .name = "entries", .type = OPTION_INT, .offset = OUTPUT(entries), .example = "50",
		.min = 1, .max = 10000, .reloadable = true, .help = "Overrides [http] entries for this output."},

	{.section = SECTION_HTTP, .name = "enabled", .type = OPTION_BOOL, .offset = TOP(http_enabled), .fallback = "yes",
		.help = "no: nothing is served over HTTP."},
	{.section = SECTION_HTTP, .name = "listen", .type = OPTION_LISTEN, .offset = TOP(http_listen),
		.fallback = "127.0.0.1:8484",
		.help = "Addresses to serve on: 127.0.0.1:8484, [::1]:8484, *:8484, or the path of a Unix socket."},
	{.section = SECTION_HTTP, .name = "entries", .type = OPTION_INT, .offset = TOP(http_entries), .fallback = "100",
		.min = 1, .max = 10000, .reloadable = true, .help = "Stories in a merged feed and on the page."},
	{.section = SECTION_HTTP, .name = "outlet-in-title", .type = OPTION_BOOL, .offset = TOP(http_outlet_in_title),
		.fallback = "no", .reloadable = true,
		.help = "yes: entries of the merged feeds are titled \"OUTLET: title\", for readers that show the author "
			"alone."},
	{.section = SECTION_HTTP, .name = "connections", .type = OPTION_INT, .offset = TOP(http_connections),
		.fallback = "256", .min = 1, .max = 65536,
		.help = "Most connections at one time. One eighth is kept for Unix sockets, another for hubs. When there "
			"is no room, connections that wait for a request are closed."},
	{.section = SECTION_HTTP, .name = "per-address", .type = OPTION_INT, .offset = TOP(http_per_address),
		.fallback = "32", .min = 1, .max = 65536,
		.help = "Most connections at one time from one address; of IPv6, from one /64 network. Loopback and "
			"trusted-proxy are not counted."},
	{.section = SECTION_HTTP, .name = "trusted-proxy", .type = OPTION_NETWORKS, .offset = TOP(http_trusted_proxy),
		.example = "10.1.0.5",
		.help = "Addresses or networks of proxies in front of the daemon, such as 10.1.0.5. They share no limit "
			"of per-address."},
	{.section = SECTION_HTTP, .name = "socket-mode", .type = OPTION_MODE, .offset = TOP(http_socket_mode),
		.fallback = "0666", .max = 0777, .help = "Mode of the Unix sockets in listen."},

	{.section = SECTION_STREAM, .name = "enabled", .type = OPTION_BOOL, .offset = TOP(stream_enabled),
		.fallback = "yes", .help = "no: there is no stream."},
	{.section = SECTION_STREAM, .name = "path", .type = OPTION_STRING, .offset = TOP(stream_path),
		.example = "/run/sitrepd/stream.sock",
		.help = "Path of the stream's socket. Default: stream.sock in the runtime folder, which is /run/sitrepd "
			"for the service."},
	{.section = SECTION_STREAM, .name = "mode", .type = OPTION_MODE, .offset = TOP(stream_mode), .fallback = "0660",
		.max = 0777, .help = "Mode of the socket: it decides which users may subscribe."},
	{.section = SECTION_STREAM, .name = "group", .type = OPTION_STRING, .offset = TOP(stream_group),
		.example = "news", .help = "Group of the socket."},
	{.section = SECTION_STREAM, .name = "connections", .type = OPTION_INT, .offset = TOP(stream_connections),
		.fallback = "1024", .min = 1, .max = 65536, .help = "Most subscribers at one time."},
	{.section = SECTION_STREAM, .name = "heartbeat", .type = OPTION_DURATION, .offset = TOP(stream_heartbeat_ms),
		.fallback = "30s", .min = SECOND, .max = HOUR,
		.help = "Silence after which a heartbeat is sent to a subscriber."},

	{.section = SECTION_CONTROL, .name = "path", .type = OPTION_STRING, .offset = TOP(control_path),
		.example = "/run/sitrepd/control.sock",
		.help = "Path of the socket for commands. Default: control.sock beside the stream's socket."},
	{.section = SECTION_CONTROL, .name = "mode", .type = OPTION_MODE, .offset = TOP(control_mode), .fallback = "0600",
		.max = 0777, .help = "Mode of the socket: it decides which users may give commands."},
	{.section = SECTION_CONTROL, .name = "group", .type = OPTION_STRING, .offset = TOP(control_group),
		.example = "news", .help = "Group of the socket."},

	{.section = SECTION_FETCH, .name = "parallel", .type = OPTION_INT, .offset = TOP(fetch_parallel),
		.fallback = "64", .min = 1, .max = 1024, .reloadable = true, .help = "Most transfers at one time."},
	{.section = SECTION_FETCH, .name = "per-host", .type = OPTION_INT, .offset = TOP(fetch_per_host), .fallback = "2",
		.min = 1, .max = 1024, .reloadable = true,
		.help = "Most transfers at one time from one site; four times as many from one address."},
	{.section = SECTION_FETCH, .name = "gap", .type = OPTION_DURATION, .offset = TOP(fetch_gap_ms), .fallback = "1s",
		.min = 0, .max = HOUR, .reloadable = true,
		.help = "Least time between two requests to one site, and a quarter of it between two to one address. "
			"Networks listed in allow have no such gap."},
	{.section = SECTION_FETCH, .name = "timeout", .type = OPTION_DURATION, .offset = TOP(fetch_timeout_ms),
		.fallback = "30s", .min = 100, .max = HOUR, .reloadable = true,
		.help = "Longest duration of a transfer, redirects included."},
	{.section = SECTION_FETCH, .name = "connect-timeout", .type = OPTION_DURATION,
		.offset = TOP(fetch_connect_timeout_ms), .fallback = "10s", .min = 100, .max = HOUR,
		.help = "Longest duration of resolving and connecting."},
	{.section = SECTION_FETCH, .name = "max-body", .type = OPTION_SIZE, .offset = TOP(fetch_max_body),
		.fallback = "8M", .min = KIB, .max = GIB, .reloadable = true,
		.help = "Largest answer that is accepted, counted after decompression."},
	{.section = SECTION_FETCH, .name = "max-redirects", .type = OPTION_INT, .offset = TOP(fetch_max_redirects),
		.fallback = "5", .min = 0, .max = 20, .help = "Most redirects in one transfer."},
	{.section = SECTION_FETCH, .name = "allow", .type = OPTION_NETWORKS, .offset = TOP(fetch_allow),
		.example = "10.1.0.0/16", .reloadable = true,
		.help = "Networks that are not public and may be connected to, such as 10.1.0.0/16."},
	{.section = SECTION_FETCH, .name = "proxy", .type = OPTION_PROXY, .offset = TOP(fetch_proxy),
		.example = "socks5h://127.0.0.1:9050",
		.help = "Proxy for all transfers, such as socks5h://127.0.0.1:9050. The proxy then resolves all names."},
	{.section = SECTION_FETCH, .name = "ca-file", .type = OPTION_STRING, .offset = TOP(fetch_ca_file),
		.example = "/etc/ssl/certs/ca-certificates.crt",
		.help = "PEM file with certificate authorities, in place of the system's."},
	{.section = SECTION_FETCH, .name = "user-agent", .type = OPTION_AGENT, .offset = TOP(fetch_user_agent),
		.example = "desk/1.2 (+https://news.example.org/about)", .reloadable = true,
		.help = "User-Agent of all requests: NAME/VERSION and the URL of a page about the operator, not that of a "
			"browser. Default: sitrepd/VERSION (+contact-url)."},

	{.section = SECTION_POLL, .name = "min", .type = OPTION_DURATION, .offset = TOP(poll_min_ms), .fallback = "5m",
		.min = SECOND, .max = 30 * DAY, .reloadable = true,
		.help = "Shortest time between two polls of a feed."},
	{.section = SECTION_POLL, .name = "max", .type = OPTION_DURATION, .offset = TOP(poll_max_ms), .fallback = "6h",
		.min = SECOND, .max = 30 * DAY, .reloadable = true,
		.help = "Longest time between two polls of a healthy feed. It is exceeded when a server asks for more, up "
			"to a day, or sends the whole feed each time."},
	{.section = SECTION_POLL, .name = "default", .type = OPTION_DURATION, .offset = TOP(poll_default_ms),
		.fallback = "30m", .min = SECOND, .max = 30 * DAY, .reloadable = true,
		.help = "Time between two polls of a feed with no history."},
	{.section = SECTION_POLL, .name = "alert-backlog", .type = OPTION_DURATION, .offset = TOP(alert_backlog_ms),
		.fallback = "0s", .min = 0, .max = 3650 * DAY, .reloadable = true,
		.help = "On a feed's first poll, only items dated within this time raise alerts. 0s: no item does."},

	{.section = SECTION_DEDUP, .name = "near", .type = OPTION_BOOL, .offset = TOP(dedup_near), .fallback = "on",
		.reloadable = true,
		.help = "off: two outlets' reports are one story only when they have the same text or the same link. "
			"Similar texts are not compared."},
	{.section = SECTION_DEDUP, .name = "window", .type = OPTION_DURATION, .offset = TOP(dedup_window_ms),
		.fallback = "14d", .min = HOUR, .max = 14 * DAY, .reloadable = true,
		.help = "Longest time between two outlets' reports of one story. No text is remembered for longer than "
			"14d."},
	{.section = SECTION_DEDUP, .name = "own-window", .type = OPTION_DURATION, .offset = TOP(dedup_own_window_ms),
		.fallback = "7d", .min = 0, .max = 14 * DAY, .reloadable = true,
		.help = "Longest time between a report and the same outlet's update of it, no longer than window. 0: each "
			"report is a story."},
	{.section = SECTION_DEDUP, .name = "join", .type = OPTION_FRACTION, .offset = TOP(dedup_join), .fallback = "0.5",
		.max = 1, .reloadable = true,
		.help = "Score from which two outlets' reports are one story. The score is the part of the shorter text, "
			"without boilerplate, that stands in the other text."},
	{.section = SECTION_DEDUP, .name = "rewrite", .type = OPTION_FRACTION, .offset = TOP(dedup_rewrite),
		.fallback = "0.3", .max = 1, .reloadable = true,
		.help = "Score from which two long texts are one story when nearly all their numbers and dates agree."},
	{.section = SECTION_DEDUP, .name = "relate", .type = OPTION_FRACTION, .offset = TOP(dedup_relate),
		.fallback = "0.4", .max = 1, .reloadable = true,
		.help = "Score from which a report with a story of its own is linked to the other story as related."},
	{.section = SECTION_DEDUP, .name = "repeat", .type = OPTION_FRACTION, .offset = TOP(dedup_repeat),
		.fallback = "0.8", .max = 1, .reloadable = true,
		.help = "Score from which an outlet's second text is an update of its first."},
	{.section = SECTION_DEDUP, .name = "title", .type = OPTION_FRACTION, .offset = TOP(dedup_title),
		.fallback = "0.5", .max = 1, .reloadable = true,
		.help = "Part of the title's words that an update must share with the text that it updates."},
	{.section = SECTION_DEDUP, .name = "numbers", .type = OPTION_FRACTION, .offset = TOP(dedup_numbers),
		.fallback = "0.5", .max = 1, .reloadable = true,
		.help = "Part of their numbers and dates that two reports of one story must share. It keeps the issues of "
			"a bulletin apart. 0: numbers do not matter."},
	{.section = SECTION_DEDUP, .name = "boilerplate", .type = OPTION_INT, .offset = TOP(dedup_boilerplate),
		.fallback = "8", .min = 0, .max = 255, .reloadable = true,
		.help = "Number of different texts that make a phrase boilerplate, which is not compared; at least 2. 0: "
			"every phrase counts."},
	{.section = SECTION_DEDUP, .name = "least-words", .type = OPTION_INT, .offset = TOP(dedup_least_words),
		.fallback = "8", .min = 3, .max = 10000, .reloadable = true,
		.help = "Least words of a text that is compared."},

	{.section = SECTION_KEEP, .name = "items", .type = OPTION_DURATION, .offset = TOP(keep_items_ms),
		.fallback = "180d", .min = HOUR, .max = 36500 * DAY, .reloadable = true,
		.help = "Time for which items are kept."},
	{.section = SECTION_KEEP, .name = "events", .type = OPTION_DURATION, .offset = TOP(keep_events_ms),
		.fallback = "30d", .min = MINUTE, .max = 36500 * DAY, .reloadable = true,
		.help = "Time for which events are kept: a subscriber that is away no longer misses none."},
	{.section = SECTION_KEEP, .name = "size", .type = OPTION_SIZE, .offset = TOP(keep_size), .fallback = "2G",
		.min = 0, .max = 1024 * GIB, .reloadable = true,
		.help = "Largest size of the database on disk. When it is reached, the oldest items of the feed that "
			"takes most room are removed. 0: no limit."},

	{.section = SECTION_PARSE, .name = "workers", .type = OPTION_INT, .offset = TOP(parse_workers), .fallback = "0",
		.min = 0, .max = 256, .help = "Number of parse worker processes. 0: one for each processor."},
	{.section = SECTION_PARSE, .name = "memory", .type = OPTION_SIZE, .offset = TOP(parse_memory), .fallback = "512M",
		.min = 64 * MIB, .max = 64 * GIB, .help = "Address space of a parse worker."},
};
/* clang-format on */
const size_t config_option_count = sizeof(config_options) / sizeof(config_options[0]);

static const struct {
	const char *name;
	bool named; /* [feed "name"] */
	const char *about;
} sections[SECTION_COUNT] = {
	[SECTION_TOP] = {"", false, "Options before the first section"},
	[SECTION_FEED] = {"feed", true, "A feed to poll; the section may stand any number of times"},
	[SECTION_ALERT] = {"alert", true, "A rule; each story that it matches raises an alert"},
	[SECTION_OUTPUT] = {"output", true, "A merged feed of selected stories, under /output/NAME.atom"},
	[SECTION_HTTP] = {"http", false, "The merged feeds and the page"},
	[SECTION_STREAM] = {"stream", false, "The live stream, see sitrep-stream(7)"},
	[SECTION_CONTROL] = {"control", false, "The socket for the commands of sitrep(1)"},
	[SECTION_FETCH] = {"fetch", false, "Requests to servers"},
	[SECTION_POLL] = {"poll", false, "The polling schedule"},
	[SECTION_DEDUP] = {"dedup", false, "The rules that make two reports one story; see why in sitrep(1)"},
	[SECTION_KEEP] = {"keep", false, "Retention"},
	[SECTION_PARSE] = {"parse", false, "The sandboxed parse workers"},
};

const char *option_section_name(enum option_section s)
{
	return sections[s].name;
}

const char *option_section_about(enum option_section s)
{
	return sections[s].about;
}

/* ---- the nearest name ---- */

enum { NAME_MAX_LEN = 32 };

/* Edits from a to b: insertion, deletion, replacement, and two neighbours swapped. */
static size_t distance(struct str a, struct str b)
{
	size_t rows[3][NAME_MAX_LEN + 1];

	if (a.len > NAME_MAX_LEN || b.len > NAME_MAX_LEN)
		return SIZE_MAX;
	for (size_t j = 0; j <= b.len; j++)
		rows[0][j] = j;
	for (size_t i = 1; i <= a.len; i++) {
		size_t *now = rows[i % 3], *above = rows[(i - 1) % 3], *two_above = rows[(i + 1) % 3];

		now[0] = i;
		for (size_t j = 1; j <= b.len; j++) {
			bool same = a.data[i - 1] == b.data[j - 1];
			size_t best = above[j - 1] + !same;

			if (above[j] + 1 < best)
				best = above[j] + 1;
			if (now[j - 1] + 1 < best)
				best = now[j - 1] + 1;
			if (i > 1 && j > 1 && a.data[i - 1] == b.data[j - 2] && a.data[i - 2] == b.data[j - 1] &&
				two_above[j - 2] + 1 < best)
				best = two_above[j - 2] + 1;
			now[j] = best;
		}
	}
	return rows[a.len % 3][b.len];
}

/* The better of so_far (at *best edits) and known: what somebody who wrote name may have meant. Start with NULL
 * and SIZE_MAX. */
static const char *nearer_name(struct str name, struct str known, size_t *best, const char *so_far)
{
	size_t d = distance(name, known);
	size_t most = name.len / 3 > 2 ? name.len / 3 : 2;

	if (d > most || d >= *best)
		return so_far;
	*best = d;
	return known.data;
}

const struct config_option *option_find(enum option_section section, struct str name, const char **nearest)
{
	size_t best = SIZE_MAX;

	*nearest = NULL;
	for (size_t i = 0; i < config_option_count; i++) {
		const struct config_option *o = &config_options[i];

		if (o->section != section)
			continue;
		if (str_eq(str_from(o->name), name))
			return o;
		*nearest = nearer_name(name, str_from(o->name), &best, *nearest);
	}
	return NULL;
}

bool option_find_section(struct str name, enum option_section *section, const char **nearest)
{
	size_t best = SIZE_MAX;

	*nearest = NULL;
	for (int s = SECTION_TOP + 1; s < SECTION_COUNT; s++) {
		if (str_eq(str_from(sections[s].name), name)) {
			*section = (enum option_section)s;
			return true;
		}
		*nearest = nearer_name(name, str_from(sections[s].name), &best, *nearest);
	}
	return false;
}

bool option_section_is_named(enum option_section s)
{
	return sections[s].named;
}
