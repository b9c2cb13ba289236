/* sitrep stories: which items of a file tell one story, by the daemon's own code on a database that is thrown away. */
#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "client.h"
#include "sitrep/arena.h"
#include "sitrep/identity.h"
#include "sitrep/rehearsal.h"
#include "sitrep/sketch.h"

enum { ITEM_ARENA_MAX = 64 * 1024 * 1024, LINE_MAX_LEN = 16 * 1024 * 1024 };

/* From the ids that the database gives to the numbers of the file. */
struct numbers {
	json_int_t *items;
	size_t cap;
};

struct run {
	struct rehearsal *rehearsal;
	struct identity *identity;
	struct arena arena;
	struct numbers numbers;
};

static int note_number(struct numbers *n, int64_t item_id, json_int_t seq)
{
	if ((size_t)item_id >= n->cap) {
		size_t cap = n->cap > 0 ? n->cap * 2 : 1024;
		json_int_t *grown;

		while (cap <= (size_t)item_id)
			cap *= 2;
		grown = realloc(n->items, cap * sizeof(*grown));
		if (grown == NULL)
			return -ENOMEM;
		for (size_t i = n->cap; i < cap; i++)
			grown[i] = -1;
		n->items = grown;
		n->cap = cap;
	}
	/* the first one that was kept under the id, which is the one that others refer to */
	if (n->items[item_id] < 0)
		n->items[item_id] = seq;
	return 0;
}

static json_int_t number_of(const struct numbers *n, int64_t item_id)
{
	return item_id > 0 && (size_t)item_id < n->cap ? n->items[item_id] : -1;
}

static struct str member(const json_t *line, const char *name)
{
	const json_t *value = json_object_get(line, name);

	return json_is_string(value) ? str_make(json_string_value(value), json_string_length(value)) : STR_NONE;
}

static struct text text_member(const json_t *line, const char *name, enum text_kind kind)
{
	struct str value = member(line, name);

	return (struct text){.value = value, .kind = str_empty(value) ? TEXT_ABSENT : kind};
}

static void print_answer(const struct run *r, json_int_t seq, const struct rehearsal_verdict *v)
{
	json_int_t of = number_of(&r->numbers, v->of_id);

	(void)printf("{\"seq\":%lld,\"story\":%lld,\"relation\":\"%s\"", (long long)seq,
		(long long)number_of(&r->numbers, v->story_id), v->relation);
	if (of >= 0)
		(void)printf(",\"of\":%lld,\"score\":%.3f", (long long)of, v->score);
	(void)fputs("}\n", stdout);
}

static int take_line(struct run *r, const json_t *line, struct error *err)
{
	json_int_t seq = json_integer_value(json_object_get(line, "seq"));
	double time_s = json_number_value(json_object_get(line, "time"));
	struct rehearsal_verdict verdict;
	struct item it;
	int result;

	if (!(fabs(time_s) < 1e11))
		return error_set(err, -EINVAL, "\"time\" is no Unix time in seconds");
	item_init(&it);
	arena_clear(&r->arena);
	it.id = member(line, "guid");
	it.link = member(line, "link");
	it.title = text_member(line, "title", TEXT_PLAIN);
	it.content = text_member(line, "content", TEXT_HTML);
	it.summary = text_member(line, "summary", TEXT_HTML);
	result = identity_assign(r->identity, &r->arena, &it);
	if (result == 0)
		result = identity_sketch(r->identity, &r->arena, SKETCH_SHINGLES_MAX, &it);
	if (result != 0)
		return error_sys(err, result, "cannot examine an item");
	result = rehearsal_take(r->rehearsal, member(line, "source"), &it, (int64_t)(time_s * 1000), &verdict, err);
	if (result == 0 && verdict.item_id > 0 && note_number(&r->numbers, verdict.item_id, seq) != 0)
		result = error_sys(err, -ENOMEM, "cannot remember an item");
	if (result == 0)
		print_answer(r, seq, &verdict);
	return result;
}

static int take_all(struct run *r, FILE *in, struct error *err)
{
	char *text = NULL;
	size_t cap = 0, number = 0;
	ssize_t len;
	int result = 0;

	while (result == 0 && (len = getline(&text, &cap, in)) >= 0) {
		json_error_t why;
		json_t *line;

		number++;
		if (str_empty(str_trim(str_make(text, (size_t)len))))
			continue;
		line = len <= LINE_MAX_LEN ? json_loadb(text, (size_t)len, 0, &why) : NULL;
		if (!json_is_object(line))
			result = error_set(err, -EINVAL, "line %zu is no JSON object", number);
		else
			result = take_line(r, line, err);
		json_decref(line);
	}
	if (result == 0 && ferror(in) != 0)
		result = error_sys(err, -EIO, "cannot read the items");
	free(text);
	return result;
}

static int group(const char *path, const struct story_policy *policy, struct error *err)
{
	struct run r = {0};
	FILE *in = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
	int result = 0;

	if (in == NULL)
		return error_sys(err, -errno, "cannot open %s", path);
	arena_init(&r.arena, ITEM_ARENA_MAX);
	r.identity = identity_new(err);
	r.rehearsal = rehearsal_new(policy, err);
	if (r.identity == NULL || r.rehearsal == NULL)
		result = err->code;
	if (result == 0)
		result = take_all(&r, in, err);
	if (fflush(stdout) != 0 && result == 0)
		result = error_sys(err, -errno, "cannot write the answers");
	rehearsal_free(r.rehearsal);
	identity_free(r.identity);
	arena_release(&r.arena);
	free(r.numbers.items);
	if (in != stdin)
		(void)fclose(in);
	return result;
}

static int run(const struct client_options *options, int argc, char **argv)
{
	enum { NEAR = 256, BOILERPLATE, NUMBERS };
	static const struct option long_options[] = {
		{"near", required_argument, NULL, NEAR},
		{"no-boilerplate", no_argument, NULL, BOILERPLATE},
		{"no-numbers", no_argument, NULL, NUMBERS},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	struct story_policy policy = story_policy_default;
	struct error err = {0};
	int c;

	(void)options;
	while ((c = getopt_long(argc, argv, "h", long_options, NULL)) != -1) {
		switch (c) {
		case NEAR:
			policy.near_enabled = strcmp(optarg, "off") != 0;
			break;
		case BOILERPLATE:
			policy.filter_boilerplate = false;
			break;
		case NUMBERS:
			policy.compare_numbers = false;
			break;
		case 'h':
			command_usage(&command_stories, stdout);
			return EXIT_DONE;
		default:
			return EXIT_USAGE;
		}
	}
	if (argc - optind > 1) {
		command_usage(&command_stories, stderr);
		return EXIT_USAGE;
	}
	return group(optind < argc ? argv[optind] : "-", &policy, &err) == 0 ? EXIT_DONE
									     : command_fail(&command_stories, err.text);
}

const struct command command_stories = {
	.name = "stories",
	.arguments = "[OPTIONS] [FILE]",
	.summary = "Tell which items of a file are one story",
	.help = "Reads one JSON object a line (seq, time, source, guid, link, title, content, summary), in order of "
		"time,\n"
		"and answers each with one. What the daemon keeps is not touched.\n\n"
		"      --near off        by identity, equal text and link only\n"
		"      --no-boilerplate  do not leave common phrases out\n"
		"      --no-numbers      do not compare numbers\n",
	.run = run,
};
