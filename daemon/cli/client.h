/* SPDX-License-Identifier: ISC */
/* client.h: shared by the commands of `sitrep`. Private to this folder. */
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

/* Runs the whole program; returns the exit status. */
int cli_run(int argc, char **argv);

/* Options that may stand before or behind the command's name. */
struct client_options {
	const char *config_path; /* NULL: the installed one, if it exists */
	const char *socket_path; /* NULL: found through the configuration */
	bool json;
};

extern const struct command command_tail, command_feeds, command_status, command_refresh, command_parse, command_check,
	command_reload, command_pause, command_resume, command_discover, command_explain, command_stories, command_why,
	command_split, command_join, command_backup;

extern const struct argument_option command_no_options[], command_json_option[];

/* Returns the index of the next option in the command's table, with its value in getopt's optarg; negative after the
 * last one. *status must be -1 before; if it is not negative afterwards, the command ends with it. Else optind is the
 * index of the first argument, and the number of arguments is right for the command. */
int command_next(const struct command *c, int argc, char **argv, int *status);
/* For commands whose only option is --json: -1 to go on, or the exit status. */
int command_json(const struct command *c, int argc, char **argv, bool *json);
/* Prints the usage on standard error; returns EXIT_USAGE. */
int command_wrong(const struct command *c);
/* "sitrep: tail: sentence" on standard error; returns EXIT_TROUBLE. */
int command_fail(const struct command *c, const char *sentence);

/* ---- addresses (get.c) ---- */

/* The answer from an address; all owned, strings NULL when absent. */
struct got {
	struct buf body;
	char *url; /* the last one, after redirects */
	char *content_type;
	char *content_location;
	char *content_language;
};

/* Is the argument an address, rather than a file? */
bool get_is_url(const char *argument);
/* 0, or a negative code with the reason; release got in both cases. The User-Agent names the configuration's contact
 * page, if there is one. */
int get_url(const struct client_options *options, const char *url, struct got *got, struct error *err);
void get_release(struct got *got);

/* ---- connections (connection.c) ---- */

struct config;

/* The configuration, without the parts that have mistakes; NULL: it cannot be read. To be freed. */
struct config *client_config(const struct client_options *options);

struct connection; /* of lines of JSON */

enum connection_kind { CONNECTION_STREAM, CONNECTION_CONTROL };

/* Looks for the daemon at socket_path, if given; else at the path in the configuration; else in the folders of
 * paths_places_init(), also when no daemon answers at the path in the installed configuration. The error names each
 * place and the fault there. */
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

/* Sends a control request and calls fn for each answer line up to the last; 0, or the value of fn that was not 0, or a
 * negative code; err holds the daemon's own sentence when it refused. */
int control_ask(const struct client_options *options, json_t *request, int (*fn)(void *arg, const json_t *answer),
	void *arg, struct error *err);

/* As control_ask(), for commands with one request: takes request over, prints the failure, and returns the exit status.
 */
int command_ask(const struct command *command, const struct client_options *options, json_t *request,
	int (*fn)(void *arg, const json_t *answer), void *arg);

/* ---- the stream (event_print.c, cursor_file.c) ---- */

/* Prints an event for people on standard output; kinds that are of no use to them, such as heartbeats, print nothing.
 */
void event_print(const json_t *event, const char *kind);

enum { CURSOR_TEXT_MAX = 32 };

/* text is digits with optional white space around them; without digits the cursor is "". -EINVAL for anything else. */
int cursor_read(struct str text, char cursor[CURSOR_TEXT_MAX]);
/* "" when there is no such file. */
int cursor_file_load(const char *path, char cursor[CURSOR_TEXT_MAX], struct error *err);
/* Writes a file beside it and renames that, so that path always holds a whole cursor. */
int cursor_file_save(const char *path, const char *cursor, struct error *err);

/* ---- values ---- */

/* Prints a JSON string, or a member that is one, as one line that is safe on a terminal; prints nothing for other
 * types. */
void print_value(FILE *out, const json_t *value);
void print_text(FILE *out, const json_t *object, const char *member);

#endif
