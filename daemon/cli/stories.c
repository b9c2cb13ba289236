/* SPDX-License-Identifier: ISC */
/* sitrep stories: how the daemon would group reports, without the daemon.
 *
 * Reads items as lines of JSON and prints for each the story it belongs to. The code is that of the daemon's workers
 * and database (plain text, canonical text, digest, sketch, near rule), on a database in memory. Where the daemon
 * compares identities within a feed, this command compares them within a source. */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client.h"
#include "sitrep/base/arena.h"
#include "sitrep/base/domain.h"
#include "sitrep/base/jsonw.h"
#include "sitrep/identity/identity.h"
#include "sitrep/parse/parse.h"
#include "sitrep/sql/database.h"
#include "sitrep/sql/sql.h"
#include "sitrep/store/store.h"
#include "sitrep/story/grouping.h"
#include "sitrep/text/url.h"

enum {
	ITEM_MAX = 64 * 1024 * 1024, /* memory for one line */
	LINE_OUT_MAX = 64 * 1024,
	/* As in the daemon: shorter texts are too often equal by chance. */
	TOKENS_MIN = 8,
};

/* The latest time accepted, in seconds (year 5138); far below an overflow in milliseconds. */
#define FARTHEST_S 1e11

enum statement { BY_IDENTITY, BY_DIGEST, BY_URL, ADD, CHANGE, STATEMENTS };

static const char tables[] = "CREATE TABLE report("
			     " id INTEGER PRIMARY KEY,"
			     " story INTEGER NOT NULL,"
			     " source TEXT NOT NULL,"
			     " identity BLOB NOT NULL,"
			     " digest BLOB NOT NULL,"
			     " url BLOB"
			     ");"
			     "CREATE UNIQUE INDEX report_identity ON report(source, identity);"
			     "CREATE INDEX report_digest ON report(digest);"
			     "CREATE INDEX report_url ON report(url) WHERE url IS NOT NULL;";

/* Reports of the same source come first, then the earliest. */
static const char *const texts[STATEMENTS] = {
	[BY_IDENTITY] = "SELECT id, story, source, digest FROM report WHERE source = ?1 AND identity = ?2",
	[BY_DIGEST] =
		"SELECT id, story, source, digest FROM report WHERE digest = ?2 ORDER BY source != ?1, id LIMIT 1",
	[BY_URL] = "SELECT id, story, source, digest FROM report WHERE url = ?2 ORDER BY source != ?1, id LIMIT 1",
	[ADD] = "INSERT INTO report(id, story, source, identity, digest, url) VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
	[CHANGE] = "UPDATE report SET digest = ?2, url = ?3 WHERE id = ?1",
};

struct options {
	struct story_params params;
	bool why;
};

struct stories {
	const struct options *options;
	struct sql_db *db;
	struct sql_stmt *s[STATEMENTS];
	struct grouping *grouping;
	struct identity *identity;
	struct arena arena;
	struct buf out;
	int64_t last_ms; /* latest time so far: time never goes back, since lines are in the order of arrival */
};

/* One line of the stream. Items are numbered from 1, lines (seq) from 0. */
struct entry {
	int64_t id; /* seq + 1 */
	struct str source;
	struct grouping_item report;
	struct item item;
};

struct verdict {
	enum story_relation relation;
	int64_t story; /* the item that began it */
	int64_t of;    /* 0: none */
	struct story_answer answer;
	bool compared; /* answer holds the result of the near rule */
};

/* ---- the line ---- */

static struct str member_text(const json_t *object, const char *member)
{
	const json_t *value = json_object_get(object, member);

	return json_is_string(value) ? str_make(json_string_value(value), json_string_length(value)) : STR_NONE;
}

/* A member as plain text; absent when it is empty. */
static struct text text_of(const json_t *object, const char *member)
{
	struct text t = {.value = member_text(object, member), .kind = TEXT_PLAIN};

	if (str_empty(str_trim(t.value)))
		t = (struct text){.kind = TEXT_ABSENT};
	return t;
}

static int read_entry(struct stories *st, const json_t *line, struct entry *e, struct error *err)
{
	const json_t *seq = json_object_get(line, "seq"), *time_s = json_object_get(line, "time");
	int64_t at_ms;
	int result;

	*e = (struct entry){.source = member_text(line, "source")};
	if (!json_is_integer(seq) || json_integer_value(seq) < 0 || json_integer_value(seq) == INT64_MAX ||
		!json_is_number(time_s) || fabs(json_number_value(time_s)) > FARTHEST_S)
		return error_set(err, -EPROTO, "seq and time must be numbers");
	item_init(&e->item);
	e->id = json_integer_value(seq) + 1;
	e->item.id = member_text(line, "guid");
	e->item.link = member_text(line, "link");
	e->item.title = text_of(line, "title");
	e->item.summary = text_of(line, "summary");
	e->item.content = text_of(line, "content");
	if (str_empty(e->source)) {
		e->source = url_host(&st->arena, e->item.link);
		e->source = e->source.data != NULL ? e->source : STR("");
	}
	result = identity_assign(st->identity, &st->arena, &e->item);
	if (result != 0)
		return error_sys(err, result, "cannot work an item out");
	at_ms = (int64_t)(json_number_value(time_s) * 1000);
	st->last_ms = at_ms > st->last_ms ? at_ms : st->last_ms;
	e->report = (struct grouping_item){
		.item_id = e->id,
		.source = domain_registrable(e->source),
		.at_ms = st->last_ms,
		.sketch = e->item.sketch,
	};
	return 0;
}

/* ---- known reports ---- */

struct seen {
	int64_t id;
	int64_t story;
	bool same_source;
	bool same_digest;
};

/* 1: found; 0: not found; negative: failure. */
static int look_up(struct stories *st, enum statement which, const struct entry *e, struct str key, struct seen *seen,
	struct error *err)
{
	struct sql_stmt *s = st->s[which];
	int result;

	if (key.data == NULL)
		return 0;
	sql_bind_text(s, 1, e->source);
	sql_bind_blob(s, 2, key.data, key.len);
	result = sql_step(s, err, "cannot look a report up");
	if (result == 1) {
		seen->id = sql_int(s, 0);
		seen->story = sql_int(s, 1);
		seen->same_source = str_eq(sql_blob(s, 2), e->source);
		seen->same_digest = str_eq(sql_blob(s, 3), e->item.digest);
	}
	sql_reset(s);
	return result;
}

static int add(struct stories *st, const struct entry *e, int64_t story, struct error *err)
{
	struct sql_stmt *s = st->s[ADD];

	sql_bind_int(s, 1, e->id);
	sql_bind_int(s, 2, story);
	sql_bind_text(s, 3, e->source);
	sql_bind_blob(s, 4, e->item.identity.data, e->item.identity.len);
	sql_bind_blob(s, 5, e->item.digest.data, e->item.digest.len);
	sql_bind_blob(s, 6, e->item.url_key.data, e->item.url_key.len);
	return sql_done(s, err, "cannot keep a report");
}

static int change(struct stories *st, const struct entry *e, int64_t id, struct error *err)
{
	struct sql_stmt *s = st->s[CHANGE];

	sql_bind_int(s, 1, id);
	sql_bind_blob(s, 2, e->item.digest.data, e->item.digest.len);
	sql_bind_blob(s, 3, e->item.url_key.data, e->item.url_key.len);
	return sql_done(s, err, "cannot keep a report");
}

/* ---- the verdict ---- */

/* Is link the front page of a site: no path, or only "/"? */
static bool is_front_page(struct str link)
{
	size_t host = str_find(link, STR("://"), 0);
	size_t path = host == STR_NPOS ? STR_NPOS : str_find_char(link, '/', host + 3);

	return path == STR_NPOS || path + 1 == link.len;
}

/* A report whose identity is known: unchanged, or another version. */
static int take_known(
	struct stories *st, const struct entry *e, const struct seen *seen, struct verdict *v, struct error *err)
{
	struct grouping_item r = e->report;
	int result;

	v->story = seen->story;
	v->of = seen->id;
	v->relation = seen->same_digest ? RELATION_UNCHANGED : RELATION_UPDATE;
	if (seen->same_digest)
		return 0;
	r.item_id = seen->id;
	result = change(st, e, seen->id, err);
	return result == 0 ? grouping_record(st->grouping, &r, seen->story, RELATION_UPDATE, NULL, err) : result;
}

/* A report with the digest or link of a known one joins that one's story. */
static int take_settled(struct stories *st, const struct entry *e, const struct seen *seen,
	enum story_relation relation, struct verdict *v, struct error *err)
{
	int result;

	v->relation = relation;
	v->story = seen->story;
	v->of = seen->id;
	result = add(st, e, seen->story, err);
	if (result != 0 || relation == RELATION_UNCHANGED)
		return result;
	return grouping_record(st->grouping, &e->report, seen->story, relation, NULL, err);
}

static int take_new(struct stories *st, const struct entry *e, struct verdict *v, struct error *err)
{
	struct story_answer *a = &v->answer;
	int result = grouping_decide(st->grouping, &e->report, a, err);

	if (result != 0)
		return result;
	v->compared = true;
	v->relation = a->relation;
	v->story = a->story_id != 0 ? a->story_id : e->id;
	v->of = a->of_item;
	result = add(st, e, v->story, err);
	return result == 0 ? grouping_record(st->grouping, &e->report, v->story, a->relation, a, err) : result;
}

static int take(struct stories *st, const struct entry *e, struct verdict *v, struct error *err)
{
	struct seen seen = {0};
	int result = look_up(st, BY_IDENTITY, e, e->item.identity, &seen, err);

	*v = (struct verdict){.of = 0};
	if (result == 1)
		return take_known(st, e, &seen, v, err);
	if (result == 0 && e->item.token_count >= TOKENS_MIN) {
		result = look_up(st, BY_DIGEST, e, e->item.digest, &seen, err);
		if (result == 1)
			return take_settled(
				st, e, &seen, seen.same_source ? RELATION_UNCHANGED : RELATION_COPY, v, err);
	}
	if (result == 0 && !is_front_page(e->item.link)) {
		result = look_up(st, BY_URL, e, e->item.url_key, &seen, err);
		if (result == 1)
			return take_settled(st, e, &seen, seen.same_source ? RELATION_UPDATE : RELATION_COPY, v, err);
	}
	return result == 0 ? take_new(st, e, v, err) : result;
}

/* ---- answers ---- */

static int print(struct stories *st, const struct entry *e, const struct verdict *v, struct error *err)
{
	const struct story_reasons *r = &v->answer.reasons;
	struct jsonw w;

	buf_clear(&st->out);
	jsonw_init(&w, &st->out);
	jsonw_object(&w);
	jsonw_kv_int(&w, "seq", e->id - 1);
	jsonw_kv_int(&w, "story", v->story - 1);
	jsonw_kv_cstr(&w, "relation", story_relation_name(v->relation));
	if (v->of != 0)
		jsonw_kv_int(&w, "of", v->of - 1);
	if (v->of != 0 && v->compared) {
		jsonw_key(&w, "score");
		jsonw_real(&w, r->score);
	}
	if (v->of != 0 && v->compared && st->options->why) {
		jsonw_kv_int(&w, "shared", r->shared);
		jsonw_kv_int(&w, "shared_of", r->of);
		jsonw_kv_int(&w, "numbers", r->numbers_shared);
		jsonw_kv_int(&w, "numbers_of", r->numbers_of);
		jsonw_key(&w, "title");
		jsonw_real(&w, r->title);
		jsonw_kv_bool(&w, "roundup", v->answer.roundup);
	}
	jsonw_object_end(&w);
	(void)buf_putc(&st->out, '\n');
	if (st->out.failed != 0)
		return error_sys(err, st->out.failed, "cannot write");
	return fwrite(st->out.data, 1, st->out.len, stdout) == st->out.len ? 0 : error_sys(err, -EIO, "cannot write");
}

static int take_line(struct stories *st, struct str text, struct error *err)
{
	json_error_t fault;
	json_t *line = json_loadb(text.data, text.len, JSON_REJECT_DUPLICATES, &fault);
	struct verdict v;
	struct entry e;
	int result;

	if (line == NULL)
		return error_set(err, -EPROTO, "%s", fault.text);
	arena_clear(&st->arena);
	result = read_entry(st, line, &e, err);
	if (result == 0)
		result = take(st, &e, &v, err);
	if (result == 0)
		result = print(st, &e, &v, err);
	json_decref(line);
	return result;
}

/* ---- the command ---- */

static void stories_release(struct stories *st)
{
	grouping_free(st->grouping);
	sql_finalize(st->s, STATEMENTS);
	(void)sql_close(st->db);
	identity_free(st->identity);
	arena_release(&st->arena);
	buf_release(&st->out);
}

static int stories_init(struct stories *st, const struct options *options, struct error *err)
{
	int result;

	*st = (struct stories){.options = options, .out = BUF_INIT(LINE_OUT_MAX)};
	arena_init(&st->arena, ITEM_MAX);
	result = sql_open(&st->db, NULL, SQL_MEMORY, err, "cannot make a database in memory");
	if (result == 0)
		result = sql_exec(st->db, tables, err, "cannot make a database in memory");
	if (result == 0)
		result = sql_prepare(st->db, texts, STATEMENTS, st->s, err);
	if (result == 0)
		result = grouping_create_tables(st->db, err);
	if (result == 0)
		result = parse_prepare(err);
	if (result != 0)
		return result;
	st->identity = identity_new(err);
	st->grouping = grouping_new(st->db, &options->params, err);
	if (st->identity == NULL || st->grouping == NULL)
		return -ENOMEM;
	return sql_exec(st->db, "BEGIN", err, "cannot begin");
}

static int read_stream(FILE *in, const char *path, const struct options *options, struct error *err)
{
	struct stories st;
	char *line = NULL;
	size_t room = 0;
	unsigned long number = 0;
	ssize_t len;
	int result = stories_init(&st, options, err);

	while (result == 0 && (len = getline(&line, &room, in)) > 0) {
		struct str text = str_trim(str_make(line, (size_t)len));
		struct error why = {0};

		number++;
		if (!str_empty(text))
			result = take_line(&st, text, &why);
		if (result != 0)
			(void)error_set(err, result, "%s, line %lu: %s", path, number, why.text);
	}
	if (result == 0 && ferror(in))
		result = error_sys(err, -EIO, "cannot read %s", path);
	if (result == 0 && fflush(stdout) != 0)
		result = error_sys(err, -EIO, "cannot write");
	stories_release(&st);
	free(line);
	return result;
}

enum stories_option { STORIES_WHY, STORIES_NO_NEAR, STORIES_NO_BOILERPLATE, STORIES_NO_GUARD, STORIES_OPTIONS };

static const struct argument_option options_of_stories[STORIES_OPTIONS + 1] = {
	[STORIES_WHY] = {"why", 'w', NULL, ARGUMENT_NONE, "with each answer what was compared"},
	[STORIES_NO_NEAR] = {"no-near", '\0', NULL, ARGUMENT_NONE, "only equal texts and links, nothing alike"},
	[STORIES_NO_BOILERPLATE] = {"no-boilerplate", '\0', NULL, ARGUMENT_NONE, "count phrases that many texts have"},
	[STORIES_NO_GUARD] = {"no-guard", '\0', NULL, ARGUMENT_NONE,
		"let texts be alike whose numbers and dates differ"},
};

static int run(const struct client_options *client, int argc, char **argv)
{
	struct options options = {.params = story_params_default};
	struct error err = {0};
	const char *path = "-";
	FILE *in = stdin;
	int option, result, status = -1;

	(void)client;
	while ((option = command_next(&command_stories, argc, argv, &status)) >= 0) {
		options.why = options.why || option == STORIES_WHY;
		options.params.near = options.params.near && option != STORIES_NO_NEAR;
		options.params.boilerplate = options.params.boilerplate && option != STORIES_NO_BOILERPLATE;
		options.params.guard = options.params.guard && option != STORIES_NO_GUARD;
	}
	if (status >= 0)
		return status;
	if (optind < argc)
		path = argv[optind];
	if (strcmp(path, "-") != 0)
		in = fopen(path, "re");
	if (in == NULL)
		result = error_sys(&err, -errno, "cannot open %s", path);
	else
		result = read_stream(in, path, &options, &err);
	if (in != NULL && in != stdin)
		(void)fclose(in);
	return result == 0 ? EXIT_DONE : command_fail(&command_stories, err.text);
}

const struct command command_stories = {
	.name = "stories",
	.options = options_of_stories,
	.arguments = "[FILE]",
	.kind = ARGUMENT_FILE,
	.least = 0,
	.most = 1,
	.summary = "Group items given as lines of JSON as the daemon would",
	.help = "",
	.run = run,
};
