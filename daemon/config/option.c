/* SPDX-License-Identifier: ISC */
/* All options.  A new option is a row here and a member in config.h; the reader, the reload report, the help, the
 * sample configuration and the manual page follow from the row. */
#include "sitrep/config/option.h"

#include <stddef.h>
#include <string.h>

#include "sitrep/base/nearest.h"
#include "sitrep/config/config.h"

#define TOP(member) offsetof(struct config, member)
#define FEED(member) offsetof(struct config_feed, member)
#define RULE(member) offsetof(struct config_rule, member)

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
			"identifiers, so it has no user, password, query or fragment. Default: the first address of [http] "
			"listen; one that serves other machines, such as *:8484, needs a base-url. Hubs are asked to push "
			"news (WebSub) only when it is set."},
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
	{.section = SECTION_FEED, .name = "force-interval", .type = OPTION_BOOL, .offset = FEED(force_interval),
		.fallback = "no", .reloadable = true,
		.help = "yes: on a server of your own, interval overrides a longer max-age, Expires or ttl. Such a server has "
			"an address that is not public and that allow or allow-private lets in. Retry-After still counts. "
			"Other servers are never asked sooner than they allow."},
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
	{.section = SECTION_FEED, .name = "allow-old-tls", .type = OPTION_BOOL, .offset = FEED(allow_old_tls),
		.fallback = "no", .reloadable = true,
		.help = "yes: a server that speaks only TLS 1.0 or 1.1, or has weak keys, is accepted. The cost: an attacker on "
			"the network path may be able to read and change the answers, and to learn a password of this "
			"feed. Certificates are still checked."},
	{.section = SECTION_FEED, .name = "http-version", .type = OPTION_CHOICE, .offset = FEED(http_version),
		.fallback = "auto", .choices = "auto 1.1 2", .reloadable = true,
		.help = "HTTP version for https. auto: HTTP/2 where the server offers it; once it has failed, HTTP/1.1 for "
			"a day. 1.1: never HTTP/2. 2: HTTP/2 where it is offered, even after it has failed."},
	{.section = SECTION_FEED, .name = "user-agent", .type = OPTION_AGENT, .offset = FEED(user_agent),
		.example = "desk/1.2 (+https://news.example.org/about)", .reloadable = true,
		.help = "Overrides [fetch] user-agent for this feed."},
	{.section = SECTION_FEED, .name = "user", .type = OPTION_STRING, .offset = FEED(user), .example = "reader",
		.reloadable = true, .help = "User name for basic authentication."},
	{.section = SECTION_FEED, .name = "password-file", .type = OPTION_PATH, .offset = FEED(password_file),
		.example = "example.password", .reloadable = true,
		.help = "File with the password for basic authentication. A relative path, also of the files below, is looked "
			"up among the service manager's credentials first; else it starts at the folder of the "
			"configuration file that names it."},
	{.section = SECTION_FEED, .name = "bearer-file", .type = OPTION_PATH, .offset = FEED(bearer_file),
		.example = "example.token", .reloadable = true, .help = "File with a bearer token."},
	{.section = SECTION_FEED, .name = "header-file", .type = OPTION_PATH, .offset = FEED(header_file),
		.example = "example.headers", .reloadable = true,
		.help = "File with request headers, one \"Name: value\" a line."},
	{.section = SECTION_FEED, .name = "client-cert", .type = OPTION_PATH, .offset = FEED(client_cert),
		.example = "example.crt", .reloadable = true,
		.help = "PEM file with the client certificate for the feed's server, and its chain."},
	{.section = SECTION_FEED, .name = "client-key", .type = OPTION_PATH, .offset = FEED(client_key),
		.example = "example.key", .reloadable = true,
		.help = "PEM file with the client certificate's key, not encrypted. Default: the file of client-cert."},
	{.section = SECTION_FEED, .name = "ca-file", .type = OPTION_PATH, .offset = FEED(ca_file),
		.example = "example-ca.crt", .reloadable = true,
		.help = "PEM file with certificate authorities that this feed trusts, besides the system's or in place of "
			"[fetch] ca-file."},
	{.section = SECTION_FEED, .name = "proxy", .type = OPTION_PROXY, .offset = FEED(proxy),
		.example = "socks5h://127.0.0.1:9050", .reloadable = true,
		.help = "Overrides [fetch] proxy for this feed."},
	{.section = SECTION_FEED, .name = "websub", .type = OPTION_CHOICE, .offset = FEED(websub), .fallback = "auto",
		.choices = "auto yes no", .reloadable = true,
		.help = "Whether new items are also received from a hub that the feed names. That needs a base-url under "
			"which hubs reach the daemon. auto: no for a feed that needs a user, a token or headers, and for "
			"one whose address is private or holds a secret, because the hub learns the address."},

	{.section = SECTION_ALERT, .name = "match", .type = OPTION_STRING, .offset = RULE(match),
		.example = "taiwan* AND (missile OR drone*)", .reloadable = true, .required = true,
		.help = "The rule: words, \"phrases\", prefix*, AND, OR, NOT, parentheses, title:, feed:, category:, lang:."},
	{.section = SECTION_ALERT, .name = "priority", .type = OPTION_CHOICE, .offset = RULE(priority),
		.fallback = "normal", .choices = "low normal high urgent", .reloadable = true,
		.help = "Priority that the alerts carry."},
	{.section = SECTION_ALERT, .name = "repeat", .type = OPTION_CHOICE, .offset = RULE(repeat), .fallback = "story",
		.choices = "story item update", .reloadable = true,
		.help = "How often a story raises an alert. story: once; the alert is revised. item: for each item that "
			"matches. update: once, and again with each change of a number, the title or a part of the text in "
			"one of its reports."},
	{.section = SECTION_ALERT, .name = "escalate", .type = OPTION_GROWTH, .offset = RULE(escalate),
		.example = "5 publishers in 1h", .min = 2, .max = 10000, .reloadable = true,
		.help = "The alert's priority rises by one step, once, when so many publishers report the story within so "
			"much time."},
	{.section = SECTION_ALERT, .name = "revise-after", .type = OPTION_DURATION, .offset = RULE(revise_after_ms),
		.fallback = "5m", .min = 0, .max = DAY, .reloadable = true,
		.help = "Shortest time between two events about an alert. It doubles with each revision, up to an hour, "
			"unless the alert is urgent. News that comes sooner waits, and is told together. An escalation does not "
			"wait."},
	{.section = SECTION_ALERT, .name = "close-after", .type = OPTION_DURATION, .offset = RULE(close_after_ms),
		.fallback = "24h", .min = SECOND, .max = 365 * DAY, .reloadable = true,
		.help = "Time without news of its story after which an alert is closed. A later match opens it again."},
	{.section = SECTION_ALERT, .name = "quiet", .type = OPTION_TIMES, .offset = RULE(quiet),
		.example = "Mon-Fri 22:00-06:00", .reloadable = true, .help = "Overrides [alerts] quiet for this alert."},
	{.section = SECTION_ALERT, .name = "rate", .type = OPTION_RATE, .offset = RULE(rate), .example = "10/1h",
		.reloadable = true, .help = "Overrides [alerts] rate for this alert."},
	{.section = SECTION_ALERT, .name = "group-by", .type = OPTION_CHOICE, .offset = RULE(group_by),
		.choices = "none category", .example = "category", .reloadable = true,
		.help = "Overrides [alerts] group-by for this alert."},
	{.section = SECTION_ALERT, .name = "wait", .type = OPTION_DURATION, .offset = RULE(wait_ms), .example = "30s",
		.min = 1, .max = HOUR, .reloadable = true,
		.help = "Overrides [alerts] wait for this alert. A group waits as long as the least patient of its alerts."},
	{.section = SECTION_ALERT, .name = "interval", .type = OPTION_DURATION, .offset = RULE(interval_ms),
		.example = "5m", .min = 1, .max = DAY, .reloadable = true,
		.help = "Overrides [alerts] interval for this alert."},
	{.section = SECTION_ALERT, .name = "inhibit", .type = OPTION_CHOICE, .offset = RULE(inhibit),
		.choices = "none low normal high", .example = "normal", .reloadable = true,
		.help = "Overrides [alerts] inhibit for this alert: which alerts about its story it mutes while it is urgent."},

	{.section = SECTION_ALERTS, .name = "quiet", .type = OPTION_TIMES, .offset = TOP(alerts_quiet), .fallback = "never",
		.reloadable = true,
		.help = "Quiet hours, such as Mon-Fri 22:00-06:00, Sat-Sun. Alerts of that time are held back, and one event digest "
			"names them within a minute of its end. Hours past midnight belong to the day on which they "
			"begin. Times are the daemon's local time, of TZ or /etc/localtime; in the night in which the clock is "
			"set, the hours follow the clock, so they are one hour longer or shorter."},
	{.section = SECTION_ALERTS, .name = "quiet-priority", .type = OPTION_CHOICE, .offset = TOP(alerts_quiet_priority),
		.fallback = "urgent", .choices = "low normal high urgent", .reloadable = true,
		.help = "Alerts of this priority and higher ones are never held back: neither by quiet, nor by rate, nor by "
			"group-by. Silences hold them back."},
	{.section = SECTION_ALERTS, .name = "rate", .type = OPTION_RATE, .offset = TOP(alerts_rate), .fallback = "unlimited",
		.reloadable = true,
		.help = "Most alerts of each rule that are raised, reopened or escalated in any such time, such as 10/1h. "
			"Revisions of alerts have the same number for themselves. Those beyond are held back, and a digest names "
			"them that time after the first of them. A revision of an alert that is held back waits with it."},
	{.section = SECTION_ALERTS, .name = "group-by", .type = OPTION_CHOICE, .offset = TOP(alerts_group_by), .fallback = "none",
		.choices = "none category", .reloadable = true,
		.help = "category: alerts about feeds of one category (the first one of each feed) are held for the time wait, "
			"and one digest names them. An alert that is alone by then is sent as it is."},
	{.section = SECTION_ALERTS, .name = "wait", .type = OPTION_DURATION, .offset = TOP(alerts_wait_ms), .fallback = "30s",
		.min = 0, .max = HOUR, .reloadable = true,
		.help = "Time from the first alert of a group to its digest, see group-by."},
	{.section = SECTION_ALERTS, .name = "interval", .type = OPTION_DURATION, .offset = TOP(alerts_interval_ms),
		.fallback = "5m", .min = 0, .max = DAY, .reloadable = true,
		.help = "Least time between two digests of a group, see group-by."},
	{.section = SECTION_ALERTS, .name = "inhibit", .type = OPTION_CHOICE, .offset = TOP(alerts_inhibit), .fallback = "none",
		.choices = "none low normal high", .reloadable = true,
		.help = "Alerts of this priority and lower ones are muted while an urgent alert about the same story is open, "
			"also one that has become urgent: whoever has heard of it needs not hear of it again. An urgent alert "
			"that a silence has muted mutes none."},
	{.section = SECTION_ALERTS, .name = "burst", .type = OPTION_BOOL, .offset = TOP(alerts_burst), .fallback = "no",
		.reloadable = true,
		.help = "yes: the event burst tells that a category, the rule of an alert, or one of its terms is found in far more "
			"new reports of the last 1, 3, 6 or 12 hours than is usual for these hours of the week: at least five, "
			"three times as many as usual, and more than chance gives once in 30,000 times. Where three reports an "
			"hour are usual, five times as many are found within an hour or two; where one is, most of them within "
			"three hours; where a few a day are, a third of the bursts of ten times as many. Of the usual course, a "
			"subject is told at most once in ten years. It needs four weeks to learn what is usual; "
			"sitrep status shows how many of these are in their first four weeks."},
	{.section = SECTION_ALERTS, .name = "breaking", .type = OPTION_BOOL, .offset = TOP(alerts_breaking), .fallback = "no",
		.reloadable = true,
		.help = "yes: the event breaking tells of a story that gains publishers faster than is usual for that hour of the "
			"week, once a story. It needs four weeks to learn what is usual."},
	{.section = SECTION_ALERTS, .name = "silence", .type = OPTION_BOOL, .offset = TOP(alerts_silence), .fallback = "no",
		.reloadable = true,
		.help = "yes: the event silence tells that a feed has posted nothing for longer than its own pauses explain: "
			"once a year at most that happens by chance. A weekly journal is missed after two weeks, an agency "
			"after about an hour."},

	{.section = SECTION_OUTPUT, .name = "title", .type = OPTION_STRING, .offset = RULE(title),
		.example = "Naval news", .reloadable = true, .help = "Title of the output. Default: its name."},
	{.section = SECTION_OUTPUT, .name = "match", .type = OPTION_STRING, .offset = RULE(match),
		.example = "navy OR naval OR submarine*", .reloadable = true,
		.help = "Rule that selects the stories of the output. Default: all stories."},
	{.section = SECTION_OUTPUT, .name = "entries", .type = OPTION_INT, .offset = RULE(entries), .example = "50",
		.min = 1, .max = 10000, .reloadable = true, .help = "Overrides [http] entries for this output."},
	{.section = SECTION_OUTPUT, .name = "per", .type = OPTION_CHOICE, .offset = RULE(per), .fallback = "story",
		.choices = "story item", .reloadable = true,
		.help = "story: one entry a story. item: one entry a report; the reports of a story follow one another."},
	{.section = SECTION_OUTPUT, .name = "text", .type = OPTION_CHOICE, .offset = RULE(text), .fallback = "full",
		.choices = "full summary headline", .reloadable = true,
		.help = "Text of the entries: the report's whole text, its summary, or none."},
	{.section = SECTION_OUTPUT, .name = "ids", .type = OPTION_CHOICE, .offset = RULE(ids), .fallback = "shared",
		.choices = "shared own", .reloadable = true,
		.help = "shared: an entry has the same id in all feeds. own: its id here is in no other feed, for readers "
			"that show an id once, however many of their feeds have it."},
	{.section = SECTION_OUTPUT, .name = "author", .type = OPTION_STRING, .offset = RULE(author),
		.example = "Harbour desk", .reloadable = true, .help = "Author of the output itself."},
	{.section = SECTION_OUTPUT, .name = "icon", .type = OPTION_URL, .offset = RULE(icon),
		.example = "https://news.example.org/icon.png", .reloadable = true, .help = "URL of the output's picture."},
	{.section = SECTION_OUTPUT, .name = "rights", .type = OPTION_STRING, .offset = RULE(rights),
		.example = "For the desk only", .reloadable = true, .help = "Rights in the output."},
	{.section = SECTION_OUTPUT, .name = "token-file", .type = OPTION_PATH, .offset = RULE(token_file),
		.example = "example.tokens", .reloadable = true,
		.help = "File with tokens as in [http]. The output is then for their readers, those of its users-file and those "
			"of [http] alone."},
	{.section = SECTION_OUTPUT, .name = "users-file", .type = OPTION_PATH, .offset = RULE(users_file),
		.example = "example.users", .reloadable = true,
		.help = "File with users as in [http], for this output alone."},

	{.section = SECTION_DEFINE, .name = "match", .type = OPTION_STRING, .offset = RULE(match), .required = true,
		.example = "frigate* OR destroyer* OR \"aircraft carrier*\"", .reloadable = true,
		.help = "The part of a rule that $NAME stands for. It may refer to definitions before it."},

	{.section = SECTION_HTTP, .name = "enabled", .type = OPTION_BOOL, .offset = TOP(http_enabled), .fallback = "yes",
		.help = "no: nothing is served over HTTP."},
	{.section = SECTION_HTTP, .name = "listen", .type = OPTION_LISTEN, .offset = TOP(http_listen),
		.fallback = "127.0.0.1:8484",
		.help = "Addresses to serve on: 127.0.0.1:8484, [::1]:8484, *:8484, or the path of a Unix socket."},
	{.section = SECTION_HTTP, .name = "metrics-listen", .type = OPTION_LISTEN, .offset = TOP(http_metrics_listen),
		.example = "127.0.0.1:8486",
		.help = "Addresses for monitoring alone, as in listen: they serve /metrics and /healthz, and then those of listen "
			"serve no /metrics."},
	{.section = SECTION_HTTP, .name = "hosts", .type = OPTION_LIST, .offset = TOP(http_hosts),
		.example = "news.lan, sitrep", .reloadable = true,
		.help = "Names under which the daemon is asked for, besides the one in base-url, localhost and all addresses. "
			"A request for another name is answered 421: see ACCESS in sitrepd(8)."},
	{.section = SECTION_HTTP, .name = "token-file", .type = OPTION_PATH, .offset = TOP(http_token_file),
		.example = "example.tokens", .reloadable = true,
		.help = "File with tokens, one a line. Requests then need one of them or a user of users-file: see ACCESS in "
			"sitrepd(8)."},
	{.section = SECTION_HTTP, .name = "users-file", .type = OPTION_PATH, .offset = TOP(http_users_file),
		.example = "example.users", .reloadable = true,
		.help = "File with users and their hashed passwords, NAME:HASH a line, as mkpasswd(1) and htpasswd -B print "
			"hashes. Requests then need one of them (basic authentication) or a token of token-file."},
	{.section = SECTION_HTTP, .name = "entries", .type = OPTION_INT, .offset = TOP(http_entries), .fallback = "100",
		.min = 1, .max = 10000, .reloadable = true, .help = "Stories in a merged feed and on the page."},
	{.section = SECTION_HTTP, .name = "outlet-in-title", .type = OPTION_BOOL, .offset = TOP(http_outlet_in_title),
		.fallback = "no", .reloadable = true,
		.help = "yes: entries of the merged feeds are titled \"OUTLET: title\", for readers that show the author "
			"alone."},
	{.section = SECTION_HTTP, .name = "updated", .type = OPTION_CHOICE, .offset = TOP(http_updated),
		.fallback = "change", .choices = "change sources", .reloadable = true,
		.help = "When an entry counts as updated. change: a number, the title or a part of the text of the report that "
			"leads the story has changed. sources: also when another report joins the story. Feeds of alerts "
			"always tell both."},
	{.section = SECTION_HTTP, .name = "allow-origin", .type = OPTION_LIST, .offset = TOP(http_allow_origin),
		.example = "https://desk.example.org", .reloadable = true,
		.help = "Origins of web pages whose scripts may read the feeds, the stories as JSON, /opml and /events (CORS). *: of any "
			"page that somebody opens in a browser which reaches the daemon. Default: none."},
	{.section = SECTION_HTTP, .name = "connections", .type = OPTION_INT, .offset = TOP(http_connections),
		.fallback = "256", .min = 1, .max = 65536,
		.help = "Most connections at one time. One eighth is kept for Unix sockets, another for hubs. When there "
			"is no room, connections that wait for a request are closed."},
	{.section = SECTION_HTTP, .name = "per-address", .type = OPTION_INT, .offset = TOP(http_per_address),
		.fallback = "32", .min = 1, .max = 65536,
		.help = "Most connections at one time from one address; of IPv6, from one /64 network. Loopback and "
			"trusted-proxy are not counted."},
	{.section = SECTION_HTTP, .name = "events", .type = OPTION_INT, .offset = TOP(http_events), .fallback = "200", .min = 0,
		.max = 65536,
		.help = "Most readers of /events at one time, besides connections: one for each page that is open in a browser. "
			"Each takes a descriptor and some 40 KiB. 0: there is no /events."},
	{.section = SECTION_HTTP, .name = "trusted-proxy", .type = OPTION_NETWORKS, .offset = TOP(http_trusted_proxy),
		.example = "10.1.0.5",
		.help = "Addresses or networks of proxies in front of the daemon, such as 10.1.0.5. They share no limit "
			"of per-address."},
	{.section = SECTION_HTTP, .name = "socket-mode", .type = OPTION_MODE, .offset = TOP(http_socket_mode),
		.fallback = "0666", .max = 0777, .help = "Mode of the Unix sockets in listen."},

	{.section = SECTION_PUBLISH, .name = "directory", .type = OPTION_PATH, .offset = TOP(publish_directory),
		.example = "/srv/www/news", .reloadable = true,
		.help = "Folder that feeds, archives and pages are written to, for a web server of static files: see STATIC "
			"FILES in sitrepd(8). Default: none."},
	{.section = SECTION_PUBLISH, .name = "url", .type = OPTION_URL, .offset = TOP(publish_url),
		.example = "https://news.example.org/", .reloadable = true,
		.help = "Address at which directory is served. Default: base-url."},

	{.section = SECTION_STREAM, .name = "enabled", .type = OPTION_BOOL, .offset = TOP(stream_enabled),
		.fallback = "yes", .help = "no: there is no stream."},
	{.section = SECTION_STREAM, .name = "path", .type = OPTION_STRING, .offset = TOP(stream_path),
		.example = "/run/sitrepd/stream.sock",
		.help = "Path of the stream's socket. Default: stream.sock in the runtime folder, which is /run/sitrepd "
			"for the service."},
	{.section = SECTION_STREAM, .name = "mode", .type = OPTION_MODE, .offset = TOP(stream_mode), .fallback = "0660",
		.max = 0777, .help = "Mode of the socket: it decides which users may subscribe."},
	{.section = SECTION_STREAM, .name = "group", .type = OPTION_STRING, .offset = TOP(stream_group),
		.example = "news",
		.help = "Group of the socket, where the daemon makes it itself. The service's sockets have the groups of their "
			"socket units: see SERVICE in sitrepd(8)."},
	{.section = SECTION_STREAM, .name = "connections", .type = OPTION_INT, .offset = TOP(stream_connections),
		.fallback = "1024", .min = 1, .max = 65536,
		.help = "Most subscribers at one time. Each takes a descriptor and some KiB of memory: see CONNECTIONS in "
			"sitrep-stream(7) for how many fit."},
	{.section = SECTION_STREAM, .name = "heartbeat", .type = OPTION_DURATION, .offset = TOP(stream_heartbeat_ms),
		.fallback = "30s", .min = SECOND, .max = HOUR,
		.help = "Silence after which a heartbeat is sent to a subscriber."},
	{.section = SECTION_STREAM, .name = "allow-uid", .type = OPTION_LIST, .offset = TOP(stream_allow_uid),
		.example = "analyst, 1001",
		.help = "Users that may subscribe, by name or number; with allow-gid, also members of those groups. The mode of "
			"the socket must let them in, too. The service needs PrivateUsers=no for it. Default: everybody "
			"that the mode lets in."},
	{.section = SECTION_STREAM, .name = "allow-gid", .type = OPTION_LIST, .offset = TOP(stream_allow_gid),
		.example = "news", .help = "Groups whose members may subscribe, see allow-uid."},

	{.section = SECTION_CONTROL, .name = "path", .type = OPTION_STRING, .offset = TOP(control_path),
		.example = "/run/sitrepd/control.sock",
		.help = "Path of the socket for commands. Default: control.sock beside the stream's socket."},
	{.section = SECTION_CONTROL, .name = "mode", .type = OPTION_MODE, .offset = TOP(control_mode), .fallback = "0600",
		.max = 0777, .help = "Mode of the socket: it decides which users may give commands."},
	{.section = SECTION_CONTROL, .name = "group", .type = OPTION_STRING, .offset = TOP(control_group),
		.example = "news",
		.help = "Group of the socket, where the daemon makes it itself. The service's sockets have the groups of their "
			"socket units: see SERVICE in sitrepd(8)."},

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
	{.section = SECTION_FETCH, .name = "ca-file", .type = OPTION_PATH, .offset = TOP(fetch_ca_file),
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
		.help = "Time for which events are kept. A subscriber that is away no longer than this misses no event."},
	{.section = SECTION_KEEP, .name = "size", .type = OPTION_SIZE, .offset = TOP(keep_size), .fallback = "2G",
		.min = 0, .max = 1024 * GIB, .reloadable = true,
		.help = "Largest size of the database on disk. When it is reached, the oldest items of the feed that "
			"takes most room are removed. 0: no limit."},

	{.section = SECTION_SEARCH, .name = "index", .type = OPTION_BOOL, .offset = TOP(search_index), .fallback = "on",
		.help = "off: no index is kept, and an old one is removed. It takes about a third of the room that the texts "
			"take, in a file of its own beside the database."},

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
	[SECTION_ALERTS] = {"alerts", false, "All alerts, and events about bursts and silence"},
	[SECTION_OUTPUT] = {"output", true, "A merged feed of selected stories, under /output/NAME.atom"},
	[SECTION_DEFINE] = {"define", true, "A part of rules, $NAME, that several rules use"},
	[SECTION_HTTP] = {"http", false, "The merged feeds and the page"},
	[SECTION_PUBLISH] = {"publish", false, "Static files"},
	[SECTION_STREAM] = {"stream", false, "The live stream, see sitrep-stream(7)"},
	[SECTION_CONTROL] = {"control", false, "The socket for the commands of sitrep(1)"},
	[SECTION_FETCH] = {"fetch", false, "Requests to servers"},
	[SECTION_POLL] = {"poll", false, "The polling schedule"},
	[SECTION_DEDUP] = {"dedup", false, "The rules that make two reports one story; see why in sitrep(1)"},
	[SECTION_KEEP] = {"keep", false, "Retention"},
	[SECTION_SEARCH] = {"search", false, "The search over all that is kept, see search in sitrep(1)"},
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

/* ---- finding ---- */

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
		*nearest = nearest_name(name, str_from(o->name), &best, *nearest);
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
		*nearest = nearest_name(name, str_from(sections[s].name), &best, *nearest);
	}
	return false;
}

bool option_section_is_named(enum option_section s)
{
	return sections[s].named;
}
