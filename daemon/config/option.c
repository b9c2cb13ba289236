/* All options.  A new one is a row here and a member in config.h; the reader, the reload report, the help and
 * the manual page follow from the row. */
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
	{.section = SECTION_TOP, .name = "title", .type = OPTION_STRING, .offset = TOP(title), .fallback = "Situation report",
		.reloadable = true, .help = "What the merged feeds and the page are called."},
	{.section = SECTION_TOP, .name = "base-url", .type = OPTION_URL, .offset = TOP(base_url), .reloadable = true,
		.help = "Where readers reach the daemon from outside; stands in the feeds' links and identifiers. Default: the "
			"first address of [http] listen. Only when it is set, hubs are asked to push news there (WebSub)."},
	{.section = SECTION_TOP, .name = "contact-url", .type = OPTION_URL, .offset = TOP(contact_url), .reloadable = true,
		.help = "A page about you; servers' operators find it in the User-Agent. Default: base-url."},
	{.section = SECTION_TOP, .name = "log-level", .type = OPTION_LEVEL, .offset = TOP(log_level), .fallback = "info",
		.choices = "error warning notice info debug", .reloadable = true, .help = "The least urgent messages that are logged."},

	{.section = SECTION_FEED, .name = "url", .type = OPTION_URL, .offset = FEED(url), .reloadable = true, .required = true,
		.help = "The feed's address. A user and password in it, and parameters that look like secrets, are shown nowhere."},
	{.section = SECTION_FEED, .name = "private", .type = OPTION_BOOL, .offset = FEED(is_private), .fallback = "no",
		.reloadable = true, .help = "yes: nothing of the url's query is shown anywhere, nor of the query of an address that the feed "
			"is redirected to."},
	{.section = SECTION_FEED, .name = "public-url", .type = OPTION_URL, .offset = FEED(public_url), .reloadable = true,
		.help = "What is shown as the feed's address in place of url."},
	{.section = SECTION_FEED, .name = "title", .type = OPTION_STRING, .offset = FEED(title), .reloadable = true,
		.help = "What the outlet is called. Default: the feed's own title."},
	{.section = SECTION_FEED, .name = "categories", .type = OPTION_LIST, .offset = FEED(categories), .reloadable = true,
		.help = "Categories of the feed; each is a merged feed of its own under /category/."},
	{.section = SECTION_FEED, .name = "enabled", .type = OPTION_BOOL, .offset = FEED(enabled), .fallback = "yes",
		.reloadable = true, .help = "no: the feed is not asked; what it brought stays."},
	{.section = SECTION_FEED, .name = "publisher", .type = OPTION_STRING, .offset = FEED(publisher), .reloadable = true,
		.help = "Feeds of one publisher count as one source. Default: the site's registrable domain."},
	{.section = SECTION_FEED, .name = "rank", .type = OPTION_INT, .offset = FEED(rank), .fallback = "50", .min = 0, .max = 100,
		.reloadable = true, .help = "Lower is closer to the source: a press office's own feed leads a story before an agency's."},
	{.section = SECTION_FEED, .name = "interval", .type = OPTION_DURATION, .offset = FEED(interval_ms), .min = 250,
		.max = 30 * DAY, .reloadable = true,
		.help = "How often the feed is asked, in place of the schedule; a server's own wish for less is still kept."},
	{.section = SECTION_FEED, .name = "timeout", .type = OPTION_DURATION, .offset = FEED(timeout_ms), .min = 100, .max = HOUR,
		.reloadable = true, .help = "In place of [fetch] timeout."},
	{.section = SECTION_FEED, .name = "max-body", .type = OPTION_SIZE, .offset = FEED(max_body), .min = KIB, .max = GIB,
		.reloadable = true, .help = "In place of [fetch] max-body."},
	{.section = SECTION_FEED, .name = "allow-private", .type = OPTION_BOOL, .offset = FEED(allow_private), .fallback = "no",
		.reloadable = true, .help = "yes: the feed may lie on a private or loopback address."},
	{.section = SECTION_FEED, .name = "allow", .type = OPTION_NETWORKS, .offset = FEED(allow), .reloadable = true,
		.help = "Networks that this feed may lie in although they are not public, besides those of [fetch] allow."},
	{.section = SECTION_FEED, .name = "allow-downgrade", .type = OPTION_BOOL, .offset = FEED(allow_downgrade),
		.fallback = "no", .reloadable = true, .help = "yes: redirects from https down to http are followed."},
	{.section = SECTION_FEED, .name = "user-agent", .type = OPTION_AGENT, .offset = FEED(user_agent), .reloadable = true,
		.help = "In place of [fetch] user-agent."},
	{.section = SECTION_FEED, .name = "user", .type = OPTION_STRING, .offset = FEED(user), .reloadable = true,
		.help = "Name for basic authentication."},
	{.section = SECTION_FEED, .name = "password-file", .type = OPTION_STRING, .offset = FEED(password_file), .reloadable = true,
		.help = "File with the password; a relative name is looked for among the service manager's credentials first."},
	{.section = SECTION_FEED, .name = "bearer-file", .type = OPTION_STRING, .offset = FEED(bearer_file), .reloadable = true,
		.help = "File with a bearer token."},
	{.section = SECTION_FEED, .name = "header-file", .type = OPTION_STRING, .offset = FEED(header_file), .reloadable = true,
		.help = "File with request headers, one \"Name: value\" a line."},
	{.section = SECTION_FEED, .name = "client-cert", .type = OPTION_STRING, .offset = FEED(client_cert), .reloadable = true,
		.help = "PEM file with the certificate that the daemon shows to the feed's server, and its chain."},
	{.section = SECTION_FEED, .name = "client-key", .type = OPTION_STRING, .offset = FEED(client_key), .reloadable = true,
		.help = "PEM file with the certificate's key, not encrypted. Default: the file of client-cert."},
	{.section = SECTION_FEED, .name = "ca-file", .type = OPTION_STRING, .offset = FEED(ca_file), .reloadable = true,
		.help = "PEM file with authorities to trust for this feed, besides the system's or in place of [fetch] ca-file."},
	{.section = SECTION_FEED, .name = "proxy", .type = OPTION_PROXY, .offset = FEED(proxy), .reloadable = true,
		.help = "In place of [fetch] proxy."},
	{.section = SECTION_FEED, .name = "websub", .type = OPTION_CHOICE, .offset = FEED(websub), .fallback = "auto",
		.choices = "auto yes no", .reloadable = true,
		.help = "Whether new items are also taken from a hub that the feed names, for which base-url must be set and "
			"reach the daemon. auto: unless the feed needs a user, a token or headers, or its address is private or has a secret, since "
			"its hub learns its address."},

	{.section = SECTION_ALERT, .name = "match", .type = OPTION_STRING, .offset = ALERT(match), .reloadable = true, .required = true,
		.help = "The rule: words, \"phrases\", prefix*, AND, OR, NOT, parentheses, title:, feed:, category:, lang:."},
	{.section = SECTION_ALERT, .name = "priority", .type = OPTION_CHOICE, .offset = ALERT(priority), .fallback = "normal",
		.choices = "low normal high urgent", .reloadable = true, .help = "Handed on with the alert."},

	{.section = SECTION_OUTPUT, .name = "title", .type = OPTION_STRING, .offset = OUTPUT(title), .reloadable = true,
		.help = "What the output is called. Default: its name."},
	{.section = SECTION_OUTPUT, .name = "match", .type = OPTION_STRING, .offset = OUTPUT(match), .reloadable = true,
		.help = "The rule of the stories in it. Default: all."},
	{.section = SECTION_OUTPUT, .name = "entries", .type = OPTION_INT, .offset = OUTPUT(entries), .min = 1, .max = 10000,
		.reloadable = true, .help = "In place of [http] entries."},

	{.section = SECTION_HTTP, .name = "enabled", .type = OPTION_BOOL, .offset = TOP(http_enabled), .fallback = "yes",
		.help = "no: nothing is served over HTTP."},
	{.section = SECTION_HTTP, .name = "listen", .type = OPTION_LISTEN, .offset = TOP(http_listen), .fallback = "127.0.0.1:8484",
		.help = "Addresses to serve on: 127.0.0.1:8484, [::1]:8484, *:8484, or the path of a Unix socket."},
	{.section = SECTION_HTTP, .name = "entries", .type = OPTION_INT, .offset = TOP(http_entries), .fallback = "100", .min = 1,
		.max = 10000, .reloadable = true, .help = "Stories in a merged feed and on the page."},
	{.section = SECTION_HTTP, .name = "outlet-in-title", .type = OPTION_BOOL, .offset = TOP(http_outlet_in_title),
		.fallback = "no", .reloadable = true,
		.help = "yes: entries of the merged feeds are titled \"OUTLET: title\", for readers that show the author alone."},
	{.section = SECTION_HTTP, .name = "connections", .type = OPTION_INT, .offset = TOP(http_connections), .fallback = "256",
		.min = 1, .max = 65536,
		.help = "Connections at one time; an eighth is kept for Unix sockets, another for hubs. When there is no room, those "
			"that wait for a request are closed."},
	{.section = SECTION_HTTP, .name = "per-address", .type = OPTION_INT, .offset = TOP(http_per_address), .fallback = "32",
		.min = 1, .max = 65536,
		.help = "Connections at one time of one address, of IPv6 one network of 64 bits; loopback and trusted-proxy are "
			"not counted."},
	{.section = SECTION_HTTP, .name = "trusted-proxy", .type = OPTION_NETWORKS, .offset = TOP(http_trusted_proxy),
		.help = "Addresses or networks of proxies in front of the daemon, such as 10.1.0.5: many readers come from there."},
	{.section = SECTION_HTTP, .name = "socket-mode", .type = OPTION_MODE, .offset = TOP(http_socket_mode), .fallback = "0666",
		.max = 0777, .help = "Mode of Unix sockets in listen."},

	{.section = SECTION_STREAM, .name = "enabled", .type = OPTION_BOOL, .offset = TOP(stream_enabled), .fallback = "yes",
		.help = "no: there is no stream."},
	{.section = SECTION_STREAM, .name = "path", .type = OPTION_STRING, .offset = TOP(stream_path),
		.help = "The stream's socket. Default: stream.sock in the runtime folder, /run/sitrepd for the service."},
	{.section = SECTION_STREAM, .name = "mode", .type = OPTION_MODE, .offset = TOP(stream_mode), .fallback = "0660", .max = 0777,
		.help = "Its mode: who may listen."},
	{.section = SECTION_STREAM, .name = "group", .type = OPTION_STRING, .offset = TOP(stream_group), .help = "Its group."},
	{.section = SECTION_STREAM, .name = "connections", .type = OPTION_INT, .offset = TOP(stream_connections), .fallback = "1024",
		.min = 1, .max = 65536, .help = "Subscribers at one time."},
	{.section = SECTION_STREAM, .name = "heartbeat", .type = OPTION_DURATION, .offset = TOP(stream_heartbeat_ms),
		.fallback = "30s", .min = SECOND, .max = HOUR, .help = "After how much silence a subscriber is told that all is well."},

	{.section = SECTION_CONTROL, .name = "path", .type = OPTION_STRING, .offset = TOP(control_path),
		.help = "The socket for commands. Default: control.sock beside the stream's."},
	{.section = SECTION_CONTROL, .name = "mode", .type = OPTION_MODE, .offset = TOP(control_mode), .fallback = "0600", .max = 0777,
		.help = "Its mode: who may give commands."},
	{.section = SECTION_CONTROL, .name = "group", .type = OPTION_STRING, .offset = TOP(control_group), .help = "Its group."},

	{.section = SECTION_FETCH, .name = "parallel", .type = OPTION_INT, .offset = TOP(fetch_parallel), .fallback = "64", .min = 1,
		.max = 1024, .reloadable = true, .help = "Transfers at one time."},
	{.section = SECTION_FETCH, .name = "per-host", .type = OPTION_INT, .offset = TOP(fetch_per_host), .fallback = "2", .min = 1,
		.max = 1024, .reloadable = true, .help = "Transfers at one time from one site, and four times as many from one address."},
	{.section = SECTION_FETCH, .name = "gap", .type = OPTION_DURATION, .offset = TOP(fetch_gap_ms), .fallback = "1s", .min = 0,
		.max = HOUR, .reloadable = true,
		.help = "The least time between two requests to one site, a quarter of it to one address; none in networks listed in allow."},
	{.section = SECTION_FETCH, .name = "timeout", .type = OPTION_DURATION, .offset = TOP(fetch_timeout_ms), .fallback = "30s",
		.min = 100, .max = HOUR, .reloadable = true, .help = "The longest a transfer may take, redirects included."},
	{.section = SECTION_FETCH, .name = "connect-timeout", .type = OPTION_DURATION, .offset = TOP(fetch_connect_timeout_ms),
		.fallback = "10s", .min = 100, .max = HOUR, .help = "The longest that resolving and connecting may take."},
	{.section = SECTION_FETCH, .name = "max-body", .type = OPTION_SIZE, .offset = TOP(fetch_max_body), .fallback = "8M", .min = KIB,
		.max = GIB, .reloadable = true, .help = "The largest answer taken, counted after decompression."},
	{.section = SECTION_FETCH, .name = "max-redirects", .type = OPTION_INT, .offset = TOP(fetch_max_redirects), .fallback = "5",
		.min = 0, .max = 20, .help = "Redirects followed in one transfer."},
	{.section = SECTION_FETCH, .name = "allow", .type = OPTION_NETWORKS, .offset = TOP(fetch_allow), .reloadable = true,
		.help = "Networks that may be connected to although they are not public, such as 10.1.0.0/16."},
	{.section = SECTION_FETCH, .name = "proxy", .type = OPTION_PROXY, .offset = TOP(fetch_proxy),
		.help = "Proxy for all transfers, such as socks5h://127.0.0.1:9050. Names are then resolved by the proxy alone."},
	{.section = SECTION_FETCH, .name = "ca-file", .type = OPTION_STRING, .offset = TOP(fetch_ca_file),
		.help = "Certificates of authorities, in place of the system's."},
	{.section = SECTION_FETCH, .name = "user-agent", .type = OPTION_AGENT, .offset = TOP(fetch_user_agent), .reloadable = true,
		.help = "What the daemon calls itself: NAME/VERSION and a page to turn to, no browser's. Default: sitrepd/VERSION (+contact-url)."},

	{.section = SECTION_POLL, .name = "min", .type = OPTION_DURATION, .offset = TOP(poll_min_ms), .fallback = "5m", .min = SECOND,
		.max = 30 * DAY, .reloadable = true, .help = "A feed is asked no more often."},
	{.section = SECTION_POLL, .name = "max", .type = OPTION_DURATION, .offset = TOP(poll_max_ms), .fallback = "6h", .min = SECOND,
		.max = 30 * DAY, .reloadable = true,
		.help = "A feed that is well is asked no less often, but for servers that ask for more time (up to a day) "
			"or send the whole feed each time."},
	{.section = SECTION_POLL, .name = "default", .type = OPTION_DURATION, .offset = TOP(poll_default_ms), .fallback = "30m",
		.min = SECOND, .max = 30 * DAY, .reloadable = true, .help = "How often a feed is asked about which nothing is known."},
	{.section = SECTION_POLL, .name = "alert-backlog", .type = OPTION_DURATION, .offset = TOP(alert_backlog_ms), .fallback = "0s",
		.min = 0, .max = 3650 * DAY, .reloadable = true,
		.help = "On a feed's first poll items dated within this time raise alerts, others do not; 0s: none does."},

	{.section = SECTION_DEDUP, .name = "near", .type = OPTION_BOOL, .offset = TOP(dedup_near), .fallback = "on",
		.reloadable = true,
		.help = "off: only the same text or the same link makes two outlets' reports one story; nothing is compared."},
	{.section = SECTION_DEDUP, .name = "window", .type = OPTION_DURATION, .offset = TOP(dedup_window_ms), .fallback = "14d",
		.min = HOUR, .max = 14 * DAY, .reloadable = true,
		.help = "How far apart two outlets' reports of one story may arrive; no text is remembered for longer than 14d."},
	{.section = SECTION_DEDUP, .name = "own-window", .type = OPTION_DURATION, .offset = TOP(dedup_own_window_ms),
		.fallback = "7d", .min = 0, .max = 14 * DAY, .reloadable = true,
		.help = "The same for one outlet's next text on what it has reported; no longer than window. 0: each is a story."},
	{.section = SECTION_DEDUP, .name = "join", .type = OPTION_FRACTION, .offset = TOP(dedup_join), .fallback = "0.5",
		.max = 1, .reloadable = true,
		.help = "From which score two outlets' reports are one story: the part of the shorter text, without phrases that "
			"many texts have, that stands in the other."},
	{.section = SECTION_DEDUP, .name = "rewrite", .type = OPTION_FRACTION, .offset = TOP(dedup_rewrite), .fallback = "0.3",
		.max = 1, .reloadable = true,
		.help = "From which score long texts are one story when nearly all their numbers and dates agree."},
	{.section = SECTION_DEDUP, .name = "relate", .type = OPTION_FRACTION, .offset = TOP(dedup_relate), .fallback = "0.4",
		.max = 1, .reloadable = true,
		.help = "From which score a report that is a story of its own is linked to the other one as related."},
	{.section = SECTION_DEDUP, .name = "repeat", .type = OPTION_FRACTION, .offset = TOP(dedup_repeat), .fallback = "0.8",
		.max = 1, .reloadable = true, .help = "From which score one outlet's second text is an update of its first."},
	{.section = SECTION_DEDUP, .name = "title", .type = OPTION_FRACTION, .offset = TOP(dedup_title), .fallback = "0.5",
		.max = 1, .reloadable = true,
		.help = "The part of their titles' words that an update and what it updates must have in common."},
	{.section = SECTION_DEDUP, .name = "numbers", .type = OPTION_FRACTION, .offset = TOP(dedup_numbers), .fallback = "0.5",
		.max = 1, .reloadable = true,
		.help = "The part of their numbers and dates that reports of one story must have in common, which keeps the issues "
			"of a bulletin apart. 0: numbers do not matter."},
	{.section = SECTION_DEDUP, .name = "boilerplate", .type = OPTION_INT, .offset = TOP(dedup_boilerplate), .fallback = "8",
		.min = 0, .max = 255, .reloadable = true,
		.help = "A phrase found in so many different texts says nothing; at least 2. 0: every phrase counts."},
	{.section = SECTION_DEDUP, .name = "least-words", .type = OPTION_INT, .offset = TOP(dedup_least_words), .fallback = "8",
		.min = 3, .max = 10000, .reloadable = true, .help = "Texts of fewer words are not compared."},

	{.section = SECTION_KEEP, .name = "items", .type = OPTION_DURATION, .offset = TOP(keep_items_ms), .fallback = "180d",
		.min = HOUR, .max = 36500 * DAY, .reloadable = true, .help = "How long items are kept."},
	{.section = SECTION_KEEP, .name = "events", .type = OPTION_DURATION, .offset = TOP(keep_events_ms), .fallback = "30d",
		.min = MINUTE, .max = 36500 * DAY, .reloadable = true, .help = "How long a subscriber may stay away without losing events."},
	{.section = SECTION_KEEP, .name = "size", .type = OPTION_SIZE, .offset = TOP(keep_size), .fallback = "2G", .min = 0,
		.max = 1024 * GIB, .reloadable = true, .help = "Size of the database on disk; past it the oldest items of the feed that takes most go. 0: no limit."},

	{.section = SECTION_PARSE, .name = "workers", .type = OPTION_INT, .offset = TOP(parse_workers), .fallback = "0", .min = 0,
		.max = 256, .help = "Parse worker processes; 0: one a processor."},
	{.section = SECTION_PARSE, .name = "memory", .type = OPTION_SIZE, .offset = TOP(parse_memory), .fallback = "512M",
		.min = 64 * MIB, .max = 64 * GIB, .help = "Address space of a worker."},
};
/* clang-format on */
const size_t config_option_count = sizeof(config_options) / sizeof(config_options[0]);

static const struct {
	const char *name;
	bool named; /* [feed "name"] */
	const char *about;
} sections[SECTION_COUNT] = {
	[SECTION_TOP] = {"", false, "Before the first section"},
	[SECTION_FEED] = {"feed", true, "A feed to poll; as many as you like"},
	[SECTION_ALERT] = {"alert", true, "A rule whose matches are told as alerts"},
	[SECTION_OUTPUT] = {"output", true, "A merged feed of one's own, under /output/NAME.atom"},
	[SECTION_HTTP] = {"http", false, "The merged feeds and the page"},
	[SECTION_STREAM] = {"stream", false, "The live stream, see sitrep-stream(7)"},
	[SECTION_CONTROL] = {"control", false, "Where sitrep(1) gives its commands"},
	[SECTION_FETCH] = {"fetch", false, "How servers are asked"},
	[SECTION_POLL] = {"poll", false, "When feeds are asked"},
	[SECTION_DEDUP] = {"dedup", false,
		"When two outlets' reports are one story, see sitrep(1) on why, split and join"},
	[SECTION_KEEP] = {"keep", false, "What is kept how long"},
	[SECTION_PARSE] = {"parse", false, "The sandboxed parse workers"},
};

const char *option_section_name(enum option_section s)
{
	return sections[s].name;
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

const char *option_nearest(struct str name, struct str known, size_t *best, const char *so_far)
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
		*nearest = option_nearest(name, str_from(o->name), &best, *nearest);
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
		*nearest = option_nearest(name, str_from(sections[s].name), &best, *nearest);
	}
	return false;
}

bool option_section_is_named(enum option_section s)
{
	return sections[s].named;
}

/* ---- the table as text ---- */

static void write_heading(struct buf *out, enum option_section s, const char *before, const char *after)
{
	if (s == SECTION_TOP)
		(void)buf_printf(out, "%s%s%s", before, sections[s].about, after);
	else
		(void)buf_printf(
			out, "%s[%s%s]%s", before, sections[s].name, sections[s].named ? " \"NAME\"" : "", after);
}

static void write_range(struct buf *out, const struct config_option *o)
{
	if (o->fallback != NULL)
		(void)buf_printf(out, " Default: %s.", o->fallback);
	if (o->choices != NULL)
		(void)buf_printf(out, " One of: %s.", o->choices);
}

int option_write_help(struct buf *out)
{
	for (int s = 0; s < SECTION_COUNT; s++) {
		write_heading(out, (enum option_section)s, s > 0 ? "\n" : "", "\n");
		for (size_t i = 0; i < config_option_count; i++) {
			if ((int)config_options[i].section != s)
				continue;
			(void)buf_printf(out, "  %-16s %s", config_options[i].name, config_options[i].help);
			write_range(out, &config_options[i]);
			(void)buf_putc(out, '\n');
		}
	}
	return out->failed;
}

/* For man(7): what it would take for markup is escaped. */
static void write_roff(struct buf *out, const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text == '\\' || *text == '-')
			(void)buf_putc(out, '\\');
		(void)buf_putc(out, *text);
	}
}

int option_write_man(struct buf *out)
{
	for (int s = 0; s < SECTION_COUNT; s++) {
		(void)buf_puts(out, ".SS ");
		write_heading(out, (enum option_section)s, "", "\n");
		if (s != SECTION_TOP)
			(void)buf_printf(out, "%s.\n", sections[s].about);
		for (size_t i = 0; i < config_option_count; i++) {
			const struct config_option *o = &config_options[i];

			if ((int)o->section != s)
				continue;
			(void)buf_puts(out, ".TP\n.B ");
			write_roff(out, o->name);
			(void)buf_putc(out, '\n');
			write_roff(out, o->help);
			write_range(out, o);
			(void)buf_puts(out, o->reloadable ? "\n" : " Taken over at the next start.\n");
		}
	}
	return out->failed;
}

int option_write_sample(struct buf *out)
{
	for (int s = 0; s < SECTION_COUNT; s++) {
		(void)buf_printf(out, "%s# %s.\n", s > 0 ? "\n" : "", sections[s].about);
		if (s != SECTION_TOP)
			write_heading(out, (enum option_section)s, sections[s].named ? "# " : "", "\n");
		for (size_t i = 0; i < config_option_count; i++) {
			const struct config_option *o = &config_options[i];

			if ((int)o->section != s)
				continue;
			(void)buf_printf(out, "\n# %s\n", o->help);
			(void)buf_printf(out, "# %s = %s\n", o->name, o->fallback != NULL ? o->fallback : "");
		}
	}
	return out->failed;
}
