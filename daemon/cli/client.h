/* SPDX-License-Identifier: ISC */
/* client.h: shared by the commands of `sitrep`. Private to this folder. */
#ifndef SITREP_CLI_CLIENT_H
#define SITREP_CLI_CLIENT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "sitrep/base/buf.h"
#include "sitrep/base/clock.h"
#include "sitrep/base/error.h"
#include "sitrep/base/str.h"
#include "sitrep/cli/command.h"

/* Runs the whole program; returns the exit status. */
int cli_run(int argc, char **argv);

/* The options before the command's name, and the command line from there on. */
struct client_options {
	const char *config_path; /* NULL: the installed one, if it exists */
	const char *socket_path; /* NULL: found through the configuration */
	bool json;               /* --json of command_json_option */
	unsigned patience_s;     /* longest wait for the connection, and for each line of an answer; 0: no limit */
	const struct command *command;
	int argc;
	char **argv; /* argv[0] is the command's name */
};

extern const struct command command_tail, command_feeds, command_status, command_refresh, command_parse, command_check,
	command_reload, command_pause, command_resume, command_discover, command_explain, command_stories, command_why,
	command_split, command_join, command_forget, command_backup, command_match, command_top, command_silence,
	command_alerts, command_import, command_export, command_search, command_story;

extern const struct argument_option command_no_options[], command_json_option[];

/* Returns the index of the next option in the command's table, with its value in getopt's optarg; negative after the
 * last one. *status must be -1 before; if it is not negative afterwards, the command ends with it. Else the number of
 * arguments is right for the command. */
int command_next(const struct client_options *options, int *status);
/* The argument at a place, from 0; NULL: fewer are given. */
const char *command_argument(const struct client_options *options, int i);
/* Prints the command's usage on standard output. */
void command_usage(const struct command *c);
/* Prints "sitrep: tail: mistake", the usage, and the command for help on standard error; returns EXIT_USAGE. */
int command_wrong(const struct command *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Prints "sitrep: tail: sentence" on standard error; returns EXIT_TROUBLE. */
int command_fail(const struct command *c, const char *sentence);
/* The error of a request that could not be made from the arguments: one of them is not UTF-8, which JSON needs, or
 * there is no memory.  Returns its code. */
int command_refuse_arguments(const struct client_options *options, struct error *err);
/* A descriptor from which these signals are read (signalfd(2)) instead of being handled; the caller closes it.
 * A negative code: there is none. */
int command_signals(const int *numbers, size_t count, struct error *err);
/* Prints the rule on standard error, with a mark under the column that the sentence names, if it names one. */
void command_show_place(struct str rule, struct str sentence);

/* ---- input ---- */

/* The whole file, or standard input for "-" (parse.c). 0, or a negative code with the reason. */
int read_input(const char *path, struct buf *out, struct error *err);

struct item;

/* Fills an item from an object with the members guid, link, title, summary and content (stories.c).  Its strings point
 * into the object. */
void item_from_json(const json_t *line, struct item *it);

/* ---- addresses (get.c) ---- */

/* The answer from an address; all owned, strings NULL when absent. */
struct got {
	struct buf body;
	char *url; /* the last one, after redirects */
	char *content_type;
	char *content_location;
	char *content_language;
};

/* True when the argument is a URL, not a file. */
bool get_is_url(const char *argument);
/* 0, or a negative code with the reason; release got in both cases. The User-Agent names the configuration's contact
 * page, if there is one. */
int get_url(const struct client_options *options, const char *url, struct got *got, struct error *err);
void get_release(struct got *got);

/* ---- connections (connection.c) ---- */

struct config;

/* The configuration, without the parts that have mistakes; NULL: it cannot be read. To be freed. */
struct config *client_config(const struct client_options *options);

enum connection_kind { CONNECTION_STREAM, CONNECTION_CONTROL };

struct sitrep;

/* Looks for the daemon at socket_path, if given; else at the path in the configuration; else in the usual places, also
 * when no daemon answers at the path in the installed configuration. The error names each place and the fault there.
 * To be freed with sitrep_free(). */
struct sitrep *connection_open(const struct client_options *options, enum connection_kind kind, struct error *err);

/* Sends a control request and calls fn for each answer line up to the last; 0, or the value of fn that was not 0, or a
 * negative code; err holds the daemon's own sentence when it refused. */
int control_ask(const struct client_options *options, json_t *request, int (*fn)(void *arg, const json_t *answer),
	void *arg, struct error *err);

/* As control_ask(), for commands with one request: takes request over, prints the failure, and returns the exit status.
 */
int command_ask(
	const struct client_options *options, json_t *request, int (*fn)(void *arg, const json_t *answer), void *arg);
/* Likewise, for one answer: a member of it is printed as JSON with --json, else by fn. */
int command_show(
	const struct client_options *options, json_t *request, const char *member, int (*fn)(const json_t *value));

/* ---- the stream (event_print.c, cursor_file.c) ---- */

/* Prints an event for people on standard output; kinds that are for programs only, such as heartbeats, print nothing.
 * On a terminal the age of an event of the last day is shown in place of its time; in colour, the words of the title
 * are marked that the alert's rule, or the rule match (NULL: none), found. */
void event_print(const json_t *event, const char *kind, const char *match);

enum { CURSOR_TEXT_MAX = 32, CURSOR_INSTANCE_MAX = 17 };

/* A place in the event log of one database. */
struct cursor_place {
	char cursor[CURSOR_TEXT_MAX];       /* "": none yet */
	char instance[CURSOR_INSTANCE_MAX]; /* of the database, as hello has it; "": not known */
};

/* -EINVAL: cursor or instance is too long. */
int cursor_place_set(struct cursor_place *place, const char *cursor, const char *instance);
/* Reads a file with the cursor and, if the daemon sent one, the instance: "10321 7c0f3a51e2d94b86".  Without a file,
 * place is empty. */
int cursor_file_load(const char *path, struct cursor_place *place, struct error *err);
/* Writes a file beside it and renames that, so that path always holds a whole cursor. */
int cursor_file_save(const char *path, const struct cursor_place *place, struct error *err);

/* ---- the screen (screen.c) ---- */

/* The columns that a line may have: $COLUMNS, else those of the terminal at standard output, 60 at least.  0: standard
 * output is no terminal, so nothing is cut or wrapped. */
size_t screen_width(void);
/* True on a terminal, unless NO_COLOR is set or TERM is "dumb". */
bool screen_has_colour(void);
/* False: characters that are not ASCII may not be shown. */
bool screen_is_utf8(void);
/* Columns that one line of text takes. */
size_t screen_columns(struct str text);
/* Appends text; if it takes more than width columns, it is cut and ends in an ellipsis. 0 or out's failure. */
int screen_cut(struct buf *out, struct str text, size_t width);
/* Characters of a text for screen_wrap() that change the style from there on, and take no column: to be used where
 * screen_has_colour(). Text from outside has none (utf8_one_line()). The first two are the marks of rule_set_mark(). */
enum { SCREEN_BOLD = 1, SCREEN_PLAIN = 2, SCREEN_RED = 3, SCREEN_YELLOW = 4, SCREEN_DIM = 5 };

/* Prints text, which begins at this column, as lines that fit, and ends the last one. Further lines begin at column
 * indent. A word that is longer than a line, such as a link, stays whole, and so does one with no-break spaces. */
void screen_wrap(struct str text, size_t column, size_t indent);

/* A duration in its largest unit: "40s", "12m", "3h", "5d". */
const char *screen_pause(char text[TIME_TEXT_MAX], int64_t ms);
/* Appends one bar for each count; the greatest count has the highest bar, 0 the lowest. */
void screen_bars(struct buf *out, const long long *counts, size_t count);

/* "2026-11-23 11:52:35 CET" from the daemon's "2026-11-23T10:52:35Z"; "" for NULL. */
const char *local_time(char text[TIME_TEXT_MAX], const char *rfc3339);
/* Appends a sentence of the daemon with all its times as local ones. 0 or out's failure. */
int local_sentence(struct buf *out, struct str sentence);

/* A failure of standard output is reported once, when the command has ended (cli.c), and ends it with EXIT_TROUBLE.  A
 * command that prints on and on asks output_failure() in between, and stops with OUTPUT_FAILED. */
enum { OUTPUT_FAILED = 1 };
/* Writes what is buffered; 0, or the errno of the first failure. */
int output_failure(void);

/* Prints one line of JSON; a number keeps six digits (0.3, not 0.29999999999999999). 0 or a negative code. */
int print_json(const json_t *value);
/* A member that is a string, else STR_NONE, or "". */
struct str member_text(const json_t *object, const char *member);
const char *member_words(const json_t *object, const char *member);
bool member_is(const json_t *object, const char *member, const char *words);
/* A member that is a whole number, else 0. */
long long member_whole(const json_t *object, const char *member);
bool member_is_true(const json_t *object, const char *member);
/* A member that is a time, else TIME_NONE. */
int64_t member_time(const json_t *object, const char *member);
/* Appends a member that is a string, as one line that is safe on a terminal. */
void put_member(struct buf *line, const json_t *object, const char *member);
/* Prints a JSON string, or a member that is one, as one line that is safe on a terminal; prints nothing for other
 * types. */
void print_value(FILE *out, const json_t *value);
void print_text(FILE *out, const json_t *object, const char *member);
/* Prints a member that is a time as local time. */
void print_time(const json_t *object, const char *member);
/* Prints a sentence of the daemon, times and all, as screen_wrap() does. */
void print_sentence(const char *sentence, size_t column, size_t indent);

/* ---- tables (table.c) ---- */

enum { TABLE_COLUMNS_MAX = 16 };

struct table_column {
	const char *head;
	unsigned rank; /* on a narrow screen the columns of the greatest ranks are left out first; 0: never */
	size_t least;  /* 0: its cells are not cut; else the least columns of the screen that they are cut to */
	bool right;
	bool coloured;
};

struct table;

/* columns is borrowed. NULL without memory. */
struct table *table_new(const struct table_column *columns, size_t count);
void table_free(struct table *t);
/* A new row of empty cells; colour is a literal, an escape sequence or "". */
void table_add_row(struct table *t, const char *colour);
/* Set a cell of the last row. */
void table_set(struct table *t, size_t column, const char *text);
void table_set_number(struct table *t, size_t column, long long number, const char *unit);
/* The time between two instants; "-" when one is TIME_NONE. */
void table_set_pause(struct table *t, size_t column, int64_t from_ms, int64_t to_ms);
/* "0.4" or "12". */
void table_set_rate(struct table *t, size_t column, double rate);
/* A bar for each number of a JSON array; "-" when there is none. */
void table_set_bars(struct table *t, size_t column, const json_t *numbers);
/* Prints the table, as wide as screen_width() says, and under it the columns that gave way. -ENOMEM when a row or cell
 * is missing, and nothing is printed. */
int table_print(struct table *t);

#endif
