/* client.h: what the commands of `sitrep` share.  Private to this folder. */
#ifndef SITREP_CLI_CLIENT_H
#define SITREP_CLI_CLIENT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "sitrep/base/buf.h"
#include "sitrep/base/error.h"
#include "sitrep/base/str.h"
#include "sitrep/cli/command.h"

/* The whole program; the exit status. */
int cli_run(int argc, char **argv);

/* Given before or behind the command's name. */
struct client_options {
	const char *config_path; /* NULL: the installed one, when there is one */
	const char *socket_path; /* NULL: found through the configuration */
	bool json;
};

extern const struct command command_tail, command_feeds, command_status, command_refresh, command_parse, command_check,
	command_reload, command_pause, command_resume, command_discover, command_explain, command_stories, command_why,
	command_split, command_join, command_backup;

extern const struct argument_option command_no_options[], command_json_option[];

/* The place of the next option in the command's table, its value in getopt's optarg; negative: there is none, and
 * *status, which is to be -1 before, is the exit status when the command is not to run.  Then optind is the place of
 * the first argument, of which there are as many as the command takes. */
int command_next(const struct command *c, int argc, char **argv, int *status);
/* For commands whose only option is --json: -1 to go on, or the exit status. */
int command_json(const struct command *c, int argc, char **argv, bool *json);
/* Prints the usage on standard error; returns EXIT_USAGE. */
int command_wrong(const struct command *c);
/* "sitrep: tail: sentence" on standard error; returns EXIT_TROUBLE. */
int command_fail(const struct command *c, const char *sentence);

/* ---- addresses (get.c) ---- */

/* What an address gave; all owned, strings NULL when absent. */
struct got {
	struct buf body;
	char *url; /* the last one, after redirects */
	char *content_type;
	char *content_location;
	char *content_language;
};

/* Is the argument an address, rather than a file? */
bool get_is_url(const char *argument);
/* 0, or a negative code with the reason; got is to be released in both cases.  The server is told the page to turn to
 * that the configuration names, if it can be read. */
int get_url(const struct client_options *options, const char *url, struct got *got, struct error *err);
void get_release(struct got *got);

/* ---- connections (connection.c) ---- */

struct config;

/* The configuration, as far as there is one that can be read; NULL: none.  To be freed. */
struct config *client_config(const struct client_options *options);

struct connection; /* of lines of JSON */

enum connection_kind { CONNECTION_STREAM, CONNECTION_CONTROL };

/* Looks where a daemon can be: at socket_path where that is given, else where the configuration says, else in the
 * folders of paths_places_init(); in these too when the configuration is the installed one, and its daemon does not
 * answer.  The error names each place and what is wrong there. */
struct connection *connection_open(const struct client_options *options, enum connection_kind kind, struct error *err);
/* The socket that it is connected to. */
const char *connection_path(const struct connection *c);
void connection_close(struct connection *c);
int connection_send(struct connection *c, const json_t *message, struct error *err);
/* The next line, borrowed until the next call; 1: there is one, 0: the end, negative: failure (-EINTR after
 * a signal). */
int connection_receive(struct connection *c, struct str *line, struct error *err);
/* True when a whole line has arrived already, so that connection_receive() will not wait. */
bool connection_has_line(const struct connection *c);

/* Sends a control request and calls fn for each answer line up to the last; 0, or what fn returned, or a
 * negative code, with the daemon's own sentence in err when it refused. */
int control_ask(const struct client_options *options, json_t *request, int (*fn)(void *arg, const json_t *answer),
	void *arg, struct error *err);

/* For commands that ask the control socket one thing.  As control_ask(), taking request over, with its failure told:
 * the exit status. */
int command_ask(const struct command *command, const struct client_options *options, json_t *request,
	int (*fn)(void *arg, const json_t *answer), void *arg);

/* ---- the stream (event_print.c, cursor_file.c) ---- */

/* An event's line or lines for people on standard output; nothing of kinds that say nothing to them. */
void event_print(const json_t *event, const char *kind);

enum { CURSOR_TEXT_MAX = 32 };

/* -EINVAL unless text is digits, or nothing at all, with white space around: then the cursor is "". */
int cursor_read(struct str text, char cursor[CURSOR_TEXT_MAX]);
/* "" when there is no such file. */
int cursor_file_load(const char *path, char cursor[CURSOR_TEXT_MAX], struct error *err);
/* Written beside and renamed, so that there is always a whole one. */
int cursor_file_save(const char *path, const char *cursor, struct error *err);

/* ---- values ---- */

/* A JSON string as one harmless line of a terminal, and the same of a member; nothing when it is none. */
void print_value(FILE *out, const json_t *value);
void print_text(FILE *out, const json_t *object, const char *member);

#endif
