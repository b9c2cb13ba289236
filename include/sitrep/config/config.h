/* SPDX-License-Identifier: ISC */
/* config.h: the whole configuration, immutable once loaded.
 *
 * A struct config owns all its text. On reload a second one is loaded and compared with it. The files decide which
 * feeds there are; the daemon never writes them.  Every option has a default, so a file with one [feed] is a working
 * configuration.  The options are rows of one table (option.h), from which the reader, --help, the manual page and
 * the sample file are made. */
#ifndef SITREP_CONFIG_CONFIG_H
#define SITREP_CONFIG_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sitrep/base/arena.h"
#include "sitrep/base/buf.h"
#include "sitrep/base/error.h"
#include "sitrep/base/str.h"

/* A place in the files, for errors that are found after reading (rules, sockets). */
struct config_place {
	const char *file; /* as opened */
	unsigned line;
};

/* A file that an option names. */
struct config_path {
	const char *text; /* as written; NULL: not given */
	const char *full; /* a relative one begins at the folder of the file that names it */
	struct config_place place;
};

struct config_network {
	uint8_t address[16]; /* IPv4 as ::ffff:a.b.c.d */
	uint8_t prefix;      /* bits, 0 to 128 */
};

struct config_networks {
	struct config_network *items;
	size_t count;
	size_t cap;
};

/* A listening address: host and port, or a path.  "127.0.0.1:8484", "[::1]:8484", "*:8484", "unix:/run/x.sock" or
 * "/run/x.sock". */
struct config_listen {
	const char *text; /* as written */
	const char *host; /* NULL for a path or for every address */
	uint16_t port;
	const char *path;
	struct config_place place;
};

struct config_listens {
	struct config_listen *items;
	size_t count, cap;
};

struct config_feed {
	const char *name; /* [feed "name"]: unique, what events and commands use */
	const char *url;
	const char *key;        /* of the url: feed_key.h */
	const char *public_url; /* shown in place of url; NULL: url is shown without its secrets */
	bool is_private;        /* its query is never shown */
	const char *title;      /* NULL: the feed's own */
	const char *publisher;  /* NULL: the registrable domain */
	const char **categories;
	size_t category_count;
	bool listed;          /* from a subscription list: identified by its key, not its name */
	const char **folders; /* of a listed feed, sorted; each is a path with newlines between its names */
	size_t folder_count;
	bool enabled;
	int rank;            /* lower is closer to the source */
	int64_t interval_ms; /* 0: by the schedule */
	bool force_interval; /* interval_ms holds against hints of the operator's own servers */
	int64_t timeout_ms;  /* 0: [fetch] timeout */
	int64_t max_body;    /* 0: [fetch] max-body */
	bool allow_private;
	struct config_networks allow; /* besides [fetch] allow */
	bool allow_downgrade;         /* a redirect from https to http may be followed */
	bool allow_old_tls;
	const char *http_version; /* "auto", "1.1", "2" */
	const char *user_agent;   /* NULL: ours */
	const char *user;         /* basic authentication */
	/* Looked for among the service manager's credentials first (credentials.h). */
	struct config_path password_file, bearer_file;
	struct config_path header_file; /* lines "Name: value" */
	struct config_path client_cert; /* PEM files */
	struct config_path client_key;  /* not given: in the same file */
	struct config_path ca_file;     /* besides the system's authorities, or in place of fetch_ca_file */
	const char *proxy;
	const char *websub; /* "auto", "yes", "no" */
	struct config_place place;
};

/* "5 publishers in 1h"; count 0: not given. */
struct config_growth {
	int64_t count, within_ms;
};

/* An [alert], an [output] or a [define]; $name in a rule stands for the definition of that name. */
struct config_rule {
	const char *name;
	const char *match;         /* as written; NULL: an output of everything */
	const char *rule;          /* with the text of its definitions and lists; NULL before config_load_checked() */
	struct config_place place; /* of the match line */
	const char *priority;      /* of an alert: "low", "normal", "high", "urgent" */
	/* of an alert */
	const char *repeat; /* "story", "item", "update" */
	struct config_growth escalate;
	int64_t close_after_ms;  /* without news of the story */
	int64_t revise_after_ms; /* least time between two events about the alert */
	/* of an alert, as alerts_quiet and so on; NULL, in times 0: as these */
	const char *quiet, *rate, *group_by, *inhibit;
	int64_t wait_ms, interval_ms;
	/* of an output */
	const char *title;
	int64_t entries;    /* 0: [http] entries */
	const char *per;    /* "story", "item" */
	const char *text;   /* "full", "summary", "headline" */
	const char *ids;    /* "shared", "own" */
	const char *author; /* of the feed; NULL: none, as for the next two */
	const char *icon, *rights;
	struct config_path token_file, users_file; /* of its readers: access_list.h */
};

/* In file order: a rule may refer to the definitions before it. */
struct config_rules {
	struct config_rule *items;
	size_t count, cap;
};

/* A feed's place in a folder of the subscription list that is published. */
struct config_outline {
	const char *folder; /* a path as in config_feed, or the category of a feed that is not listed; "": no folder */
	size_t feed;        /* its place in feeds */
};

struct rule_set;

struct config {
	/* top of the file */
	const char *title;
	const char *base_url;    /* NULL: derived from the request */
	const char *contact_url; /* in the User-Agent */
	int log_level;

	struct config_listens http_listen, http_metrics_listen;
	bool http_enabled;
	int64_t http_entries; /* entries of an output */
	bool http_outlet_in_title;
	const char *http_updated;       /* "change", "sources" */
	const char **http_allow_origin; /* of CORS */
	size_t http_allow_origin_count;
	const char **http_hosts; /* names of the daemon besides base_url's */
	size_t http_host_count;
	struct config_path publish_directory;
	const char *publish_url;
	struct config_path http_token_file, http_users_file; /* of the readers of everything */
	int64_t http_connections;                            /* at most, in all */
	int64_t http_per_address;                            /* at most, of one address */
	int64_t http_events;                                 /* readers of /events, at most */
	struct config_networks http_trusted_proxy;
	const char *http_socket_mode_text;
	unsigned http_socket_mode;

	bool stream_enabled;
	const char *stream_path; /* NULL: stream.sock in the runtime folder */
	unsigned stream_mode;
	const char *stream_group; /* NULL: the process's */
	int64_t stream_connections;
	int64_t stream_heartbeat_ms;
	const char **stream_allow_uid; /* without users and groups everybody may subscribe */
	size_t stream_allow_uid_count;
	const char **stream_allow_gid;
	size_t stream_allow_gid_count;

	const char *control_path; /* NULL: control.sock beside the stream socket */
	unsigned control_mode;
	const char *control_group;

	int64_t fetch_parallel;
	int64_t fetch_per_host;
	int64_t fetch_gap_ms;
	int64_t fetch_timeout_ms;
	int64_t fetch_connect_timeout_ms;
	int64_t fetch_max_body;
	int64_t fetch_max_redirects;
	struct config_networks fetch_allow;
	const char *fetch_proxy;
	struct config_path fetch_ca_file;
	const char *fetch_user_agent;

	int64_t poll_min_ms;
	int64_t poll_max_ms;
	int64_t poll_default_ms; /* for a feed about which nothing is known */

	int64_t alert_backlog_ms; /* [poll] alert-backlog: on a feed's first poll, alerts only for items dated within
				   * this */

	/* [alerts]: which alerts are held back, and which other events are written */
	const char *alerts_quiet; /* times of the week (week_times.h) */
	const char *alerts_quiet_priority;
	const char *alerts_rate; /* alert_hold.h */
	const char *alerts_group_by;
	int64_t alerts_wait_ms;
	int64_t alerts_interval_ms;
	const char *alerts_inhibit;
	bool alerts_silence; /* write an event when a feed is silent */
	bool alerts_burst, alerts_breaking;

	/* [dedup]: the thresholds of story_threshold.h, which story_config.h reads from here */
	bool dedup_near;
	int64_t dedup_window_ms;
	int64_t dedup_own_window_ms;
	double dedup_join;
	double dedup_rewrite;
	double dedup_relate;
	double dedup_repeat;
	double dedup_title;
	double dedup_numbers;
	int64_t dedup_boilerplate; /* texts that share a phrase; 0: no phrase is boilerplate */
	int64_t dedup_least_words;

	int64_t keep_items_ms;
	int64_t keep_events_ms;
	int64_t keep_size; /* bytes of the database, 0: not limited */

	bool search_index;

	int64_t parse_workers; /* 0: one a processor */
	int64_t parse_memory;  /* address space of one worker, bytes */

	LIST(struct config_feed) feeds;  /* by name */
	struct config_outline *outlines; /* of feeds that are enabled, by folder, then by name */
	size_t outline_count;
	struct config_rules alerts, outputs, definitions;
	/* The rules of the alerts, then of the outputs that have one, parsed once, without names and not finished; NULL
	 * unless config_load_checked() read the configuration to run it.  Who compiles the rules takes the set out. */
	struct rule_set *parsed_rules;

	struct arena arena;
};

/* A mistake, or a warning.  Reading goes on after each, so that one run finds all. */
struct config_mistake {
	const char *file;
	unsigned line;
	const char *text;  /* what was found and what was expected */
	const char *shown; /* of a rule: its line and a ^ under the place; else NULL */
};

struct config_mistakes {
	struct config_mistake *items;
	size_t count;
	size_t cap;
	LIST(struct config_mistake) warnings; /* doubtful or ignored parts; the configuration is valid */
	struct arena arena;
	int failed; /* -ENOMEM: something could not be noted */
};

void config_mistakes_init(struct config_mistakes *m);
void config_mistakes_release(struct config_mistakes *m);
/* Note a mistake or a warning at a place; also for other code, such as the check of rules. */
void config_mistake(struct config_mistakes *m, struct config_place place, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void config_warning(struct config_mistakes *m, struct config_place place, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* Sets shown of one, the newest mistake or warning, which is about a place in a rule. */
void config_mistake_show(struct config_mistakes *m, struct config_mistake *one, const char *rule);
/* "file:line: text", one a line, sorted by file and line; a warning as "file:line: warning: text".  show: a mistake in
 * a rule is followed by the rule and a mark under the place, for people. */
int config_mistakes_write(const struct config_mistakes *m, bool show, struct buf *out);

/* The names of feeds that are in use, by address.  With them a feed of a list keeps its name when another feed of the
 * same title comes or goes. */
struct config_names {
	struct config_name {
		const char *key; /* of the address: feed_key.h */
		const char *name;
	} * items;
	size_t count, cap;
	struct arena arena;
};

void config_names_init(struct config_names *n);
void config_names_release(struct config_names *n);
/* 0 or -ENOMEM. */
int config_names_add(struct config_names *n, const char *url, const char *name);
/* Adds the names of c's feeds. 0 or -ENOMEM. */
int config_names_of(struct config_names *n, const struct config *c);

/* Reads path with everything it includes.  Returns a configuration with all that could be read, or NULL and err when
 * there is no memory or path cannot be opened. It is valid when mistakes is empty. */
struct config *config_load(const char *path, struct config_mistakes *mistakes, struct error *err);
/* As config_load(); feeds of lists keep their names in known, which the call sorts. known may be NULL. */
struct config *config_load_named(
	const char *path, struct config_names *known, struct config_mistakes *mistakes, struct error *err);
/* As config_load(), with one more subscription list: its bytes, which are not NULL, and a name for it.  Both outlive
 * the configuration.  A feed that only this list has is listed, and place.file of it is name, the same pointer. path
 * may be NULL: there is nothing but the list. */
struct config *config_load_with(
	const char *path, const char *name, struct str list, struct config_mistakes *mistakes, struct error *err);
void config_free(struct config *c);

const struct config_feed *config_find_feed(const struct config *c, struct str name);
const struct config_rule *config_find_rule(const struct config_rules *rules, struct str name);
/* The categories of the enabled feeds, in order, each once: *names has *count, and is the caller's to free.  0, or
 * -ENOMEM. */
int config_categories(const struct config *c, const char ***names, size_t *count);

/* The base of all addresses in documents, without a slash at its end: base-url of the configuration, else address, at
 * which the daemon is reached ("http://127.0.0.1:8484"; one for all addresses of the machine becomes localhost), else
 * http://localhost.  NULL without memory.  The caller frees it. */
char *config_base_url(const struct config *c, const char *address);

/* Appends the public form of a feed's address, without secrets. 0 or out's failure. */
int config_public_url(const struct config_feed *f, struct buf *out);
/* True when requests carry a secret, which may go to the configured host only. */
bool config_feed_has_credentials(const struct config_feed *f);
/* True when only the feed's own server may learn its address. */
bool config_feed_is_confidential(const struct config_feed *f);

/* A feed's name has letters, marks and digits of any script, "-", "_" and ".", at most CONFIG_NAME_CHARS_MAX of them.
 * It is compared by its bytes, but in rules without case. */
enum { CONFIG_NAME_CHARS_MAX = 64, CONFIG_NAME_BYTES_MAX = 4 * CONFIG_NAME_CHARS_MAX };
bool config_name_is_good(struct str name);
/* Appends a name for a feed that has none: its title's letters and digits in lower case and Unicode's form NFC, one "-"
 * for other characters in between ("Naval News (EN)" gives "naval-news-en"); host and path when the title has no
 * letters or digits. */
void config_make_name(struct buf *name, struct str title, struct str url);

/* Writes the differences for the log after a reload, one a line: "[poll] min: 5m -> 10m", "feed x added"; for an option
 * that is not reloadable with "(takes effect at the next start)".  Returns the number of differences, or -ENOMEM. */
int config_diff(const struct config *before, const struct config *after, struct buf *out);

#endif
