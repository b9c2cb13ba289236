/* SPDX-License-Identifier: ISC */
/* Random rules on random texts of many languages against a slow reference, from the text as it is written to the match:
 * words in their forms, phrases, prefixes, fields, lists, lengths and conditions on the story.
 *
 * The reference knows the forms of each word by the table below, which was written by hand.  The seed is fixed: a
 * failure comes again. */
#include "../scratch.h"
#include "sitrep/rules/rule.h"

enum { RULES = 100, SETS = 60, TEXTS = 20, TEXT_WORDS = 14, PHRASE_MAX = 3, ENTRIES_MAX = 4, NODES_MAX = 64 };
enum { FORMS_MAX = 4, HOUR = 3600 * 1000 };

/* A word of a text, and the forms by which rules find it.  glued: another such word may
 * follow without a space. */
static const struct word {
	const char *text;
	const char *forms[FORMS_MAX];
	bool glued;
} words[] = {
	{"missile", {"missile"}, false},
	{"Missiles,", {"missiles"}, false},
	{"북한이", {"북한이", "북한"}, false},
	{"북한에서는", {"북한에서는", "북한에서", "북한"}, false},
	{"미사일을", {"미사일을", "미사일"}, false},
	{"북한", {"북한"}, false},
	{"北", {"北"}, true},
	{"朝", {"朝"}, true},
	{"鮮", {"鮮"}, true},
	{"発", {"発"}, true},
	{"射", {"射"}, true},
	{"导", {"导"}, true},
	{"弹", {"弹"}, true},
	{"ミ", {"ミ"}, true},
	{"サ", {"サ"}, true},
	{"ｻ", {"サ"}, true},
	{"の", {"の"}, true},
	{"Королёв", {"королёв", "королев"}, false},
	{"КОРОЛЕВ", {"королев"}, false},
	{"ракета", {"ракета"}, false},
	{"Ракеты.", {"ракеты"}, false},
	{"الصاروخ", {"الصاروخ", "صاروخ"}, false},
	{"بالصاروخ", {"بالصاروخ", "الصاروخ", "صاروخ"}, false},
	{"صاروخ", {"صاروخ"}, false},
	{"إيران", {"إيران", "ايران"}, false},
	{"Irak", {"irak"}, false},
	{"ırak", {"ırak", "irak"}, false},
	{"İstanbul", {"i\u0307stanbul", "istanbul"}, false},
	{"Straße", {"strasse"}, false},
	{"STRASSE", {"strasse"}, false},
	{"GROẞ", {"gross"}, false},
	{"München", {"münchen", "munchen", "muenchen"}, false},
	{"Ankara'da", {"ankarada", "ankara"}, false},
	{"l’OTAN", {"lotan", "otan"}, false},
	{"ＮＡＴＯ", {"nato"}, false},
};

/* A word of a rule, and what it asks for: words, with a space between them. */
static const struct term {
	const char *text, *asks;
} terms[] = {
	{"missile", "missile"},
	{"MISSILES", "missiles"},
	{"북한", "북한"},
	{"북한에서", "북한에서"},
	{"미사일", "미사일"},
	{"北朝鮮", "北 朝 鮮"},
	{"朝鮮", "朝 鮮"},
	{"発射", "発 射"},
	{"导弹", "导 弹"},
	{"ミサ", "ミ サ"},
	{"ﾐｻ", "ミ サ"},
	{"の", "の"},
	{"Королёв", "королев"},
	{"королев", "королев"},
	{"ракета", "ракета"},
	{"صاروخ", "صاروخ"},
	{"الصاروخ", "الصاروخ"},
	{"إيران", "ايران"},
	{"ايران", "ايران"},
	{"irak", "irak"},
	{"IRAK", "irak"},
	{"ırak", "ırak"},
	{"istanbul", "istanbul"},
	{"straße", "strasse"},
	{"STRASSE", "strasse"},
	{"groß", "gross"},
	{"münchen", "münchen"},
	{"munchen", "munchen"},
	{"muenchen", "muenchen"},
	{"ankara", "ankara"},
	{"otan", "otan"},
	{"nato", "nato"},
	/* beginnings, of use with a * alone */
	{"miss", "miss"},
	{"미", "미"},
	{"ракет", "ракет"},
	{"mu", "mu"},
	{"صار", "صار"},
	{"stra", "stra"},
};

enum {
	WORDS = sizeof(words) / sizeof(words[0]),
	TERMS = sizeof(terms) / sizeof(terms[0]),
};

static uint64_t seed;

static unsigned below(unsigned limit)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(seed >> 33) % limit;
}

/* ---- texts */

enum part { PART_TITLE, PART_BODY, PART_SUMMARY, PART_AUTHOR, PART_SOURCE, PARTS };

struct subject {
	const struct word *words[PARTS][TEXT_WORDS];
	int counts[PARTS];
	struct buf texts[PARTS];
	const char *feed, *language, *publisher;
	struct rule_story story;
};

static const char *const names[] = {"usni", "usa", "us"};
static const char *const publishers[] = {"Harbour House", "harbour", "usni.org"};
static const char *const languages[] = {"ko", "ru", "en-GB", "en"};

static void make_subject(struct subject *s)
{
	for (int p = 0; p < PARTS; p++) {
		s->counts[p] = (int)below(TEXT_WORDS);
		buf_clear(&s->texts[p]);
		for (int i = 0; i < s->counts[p]; i++) {
			const struct word *w = &words[below(WORDS)];

			if (i > 0 && (!w->glued || !s->words[p][i - 1]->glued || below(2) == 0))
				buf_putc(&s->texts[p], ' ');
			s->words[p][i] = w;
			buf_puts(&s->texts[p], w->text);
		}
	}
	s->feed = names[below(3)];
	s->language = languages[below(4)];
	s->publisher = publishers[below(3)];
	s->story = (struct rule_story){.age_ms = (int64_t)below(5) * HOUR,
		.sources = below(5),
		.priority = (enum rule_priority)below(RULE_URGENT + 1)};
}

/* ---- rules */

enum kind {
	KIND_AND,
	KIND_OR,
	KIND_NOT,
	KIND_PHRASE, /* first, since with it the leaves begin */
	KIND_LIST,
	KIND_LENGTH,
	KIND_SOURCES,
	KIND_AGE,
	KIND_PRIORITY,
	KIND_FEED,
	KIND_LANGUAGE,
	KIND_PUBLISHER,
	KINDS
};

struct phrase {
	const struct term *terms[PHRASE_MAX];
	int count;
	bool prefix;
	int weight;
};

struct node {
	enum kind kind;
	int left, right;
	int part; /* of KIND_PHRASE: an enum part, or PARTS: title and body */
	struct phrase phrases[ENTRIES_MAX];
	int count;  /* of phrases */
	int number; /* of a condition or list */
};

struct tree {
	struct node nodes[NODES_MAX];
	int count, root;
};

static struct phrase make_phrase(void)
{
	struct phrase p = {.count = below(2) == 0 ? 1 : 1 + (int)below(PHRASE_MAX), .prefix = below(3) == 0};

	for (int i = 0; i < p.count; i++)
		p.terms[i] = &terms[below(TERMS)];
	p.weight = (int)below(7) - 2;
	p.weight = p.weight == 0 ? 1 : p.weight;
	return p;
}

static int make_node(struct tree *t, int depth)
{
	int at = t->count++;
	struct node *n = &t->nodes[at];

	if (depth > 0 && t->count < NODES_MAX - 8 && below(4) > 0) {
		unsigned kind = below(5);

		n->kind = kind < 2 ? KIND_AND : kind < 4 ? KIND_OR : KIND_NOT;
		n->left = make_node(t, depth - 1);
		if (n->kind != KIND_NOT)
			n->right = make_node(t, depth - 1);
		return at;
	}
	n->kind = below(2) == 0 ? KIND_PHRASE : (enum kind)(KIND_PHRASE + (int)below(KINDS - KIND_PHRASE));
	n->part = below(2) == 0 ? PARTS : (int)below(PARTS);
	n->part = n->part == PART_BODY ? PARTS : n->part;
	n->count = n->kind == KIND_LIST ? 1 + (int)below(ENTRIES_MAX) : 1;
	for (int i = 0; i < n->count; i++)
		n->phrases[i] = make_phrase();
	/* one that can match */
	n->phrases[0].weight = 3;
	n->number = 1 + (int)below(4);
	return at;
}

static void write_phrase(struct buf *out, const struct phrase *p)
{
	buf_putc(out, '"');
	for (int i = 0; i < p->count; i++)
		buf_printf(out, "%s%s", i > 0 ? " " : "", p->terms[i]->text);
	buf_puts(out, p->prefix ? "*\"" : "\"");
}

static void write_leaf(struct buf *out, const struct node *n)
{
	static const char *const fields[] = {[PART_TITLE] = "title:",
		[PART_BODY] = "",
		[PART_SUMMARY] = "summary:",
		[PART_AUTHOR] = "author:",
		[PART_SOURCE] = "source:",
		[PARTS] = ""};

	if (n->kind == KIND_PHRASE) {
		buf_puts(out, fields[n->part]);
		write_phrase(out, &n->phrases[0]);
	} else if (n->kind == KIND_LIST) {
		buf_puts(out, "list(");
		for (int i = 0; i < n->count; i++) {
			buf_puts(out, i > 0 ? ", " : "");
			write_phrase(out, &n->phrases[i]);
			buf_printf(out, " = %d", n->phrases[i].weight);
		}
		buf_printf(out, ") >= %d", n->number);
	} else if (n->kind == KIND_PRIORITY) {
		struct str name = rule_priority_name((enum rule_priority)n->number);

		buf_printf(out, "priority=%.*s", STR_ARG(name));
	} else if (n->kind == KIND_FEED) {
		buf_printf(out, "feed:%s", names[n->number % 3]);
	} else if (n->kind == KIND_LANGUAGE) {
		buf_printf(out, "lang:%s", languages[n->number % 4]);
	} else if (n->kind == KIND_PUBLISHER) {
		buf_printf(out, "publisher:\"%s\"", publishers[n->number % 3]);
	} else if (n->kind == KIND_LENGTH) {
		buf_printf(out, "words>%d", n->number);
	} else if (n->kind == KIND_SOURCES) {
		buf_printf(out, "sources>=%d", n->number);
	} else {
		buf_printf(out, "age<%dh", n->number);
	}
}

static void write_node(struct buf *out, const struct tree *t, int at)
{
	const struct node *n = &t->nodes[at];

	if (n->kind == KIND_NOT) {
		buf_puts(out, "NOT ");
		write_node(out, t, n->left);
	} else if (n->kind == KIND_AND || n->kind == KIND_OR) {
		buf_putc(out, '(');
		write_node(out, t, n->left);
		buf_puts(out, n->kind == KIND_AND ? " AND " : " OR ");
		write_node(out, t, n->right);
		buf_putc(out, ')');
	} else {
		write_leaf(out, n);
	}
}

/* ---- the reference */

static bool word_has(const struct word *w, const char *asked, size_t len, bool prefix)
{
	for (int i = 0; i < FORMS_MAX && w->forms[i] != NULL; i++)
		if (strncmp(w->forms[i], asked, len) == 0 && (prefix || w->forms[i][len] == '\0'))
			return true;
	return false;
}

static bool stands_at(const struct phrase *p, const struct word *const *text, int count)
{
	int at = 0;

	for (int i = 0; i < p->count; i++)
		for (const char *asked = p->terms[i]->asks; *asked != '\0'; at++) {
			size_t len = strcspn(asked, " ");
			bool last = i == p->count - 1 && asked[len] == '\0';

			if (at == count || !word_has(text[at], asked, len, p->prefix && last))
				return false;
			asked += len + (asked[len] == ' ');
		}
	return true;
}

static bool stands_in(const struct phrase *p, const struct subject *s, int part)
{
	for (int i = 0; i < s->counts[part]; i++)
		if (stands_at(p, s->words[part] + i, s->counts[part] - i))
			return true;
	return false;
}

static bool is_found(const struct phrase *p, const struct subject *s, int part)
{
	return part == PARTS ? stands_in(p, s, PART_TITLE) || stands_in(p, s, PART_BODY) : stands_in(p, s, part);
}

/* s is NULL: nothing is there, and no condition holds. */
static bool leaf_holds(const struct node *n, const struct subject *s)
{
	int sum = 0;

	if (s == NULL)
		return false;
	switch (n->kind) {
	case KIND_PHRASE:
		return is_found(&n->phrases[0], s, n->part);
	case KIND_LIST:
		for (int i = 0; i < n->count; i++)
			sum += is_found(&n->phrases[i], s, PARTS) ? n->phrases[i].weight : 0;
		return sum >= n->number;
	case KIND_LENGTH:
		return s->counts[PART_TITLE] + s->counts[PART_BODY] > n->number;
	case KIND_SOURCES:
		return s->story.sources >= n->number;
	case KIND_AGE:
		return s->story.age_ms < (int64_t)n->number * HOUR;
	case KIND_PRIORITY:
		return (int)s->story.priority == n->number;
	case KIND_FEED:
		return strcmp(s->feed, names[n->number % 3]) == 0;
	case KIND_LANGUAGE:
		return strcmp(s->language, languages[n->number % 4]) == 0 ||
		       (strcmp(s->language, "en-GB") == 0 && strcmp(languages[n->number % 4], "en") == 0);
	case KIND_PUBLISHER:
		return strcmp(s->publisher, publishers[n->number % 3]) == 0;
	case KIND_AND:
	case KIND_OR:
	case KIND_NOT:
	case KINDS:
		break;
	}
	return false;
}

static bool holds(const struct tree *t, int at, const struct subject *s)
{
	const struct node *n = &t->nodes[at];

	if (n->kind == KIND_NOT)
		return !holds(t, n->left, s);
	if (n->kind == KIND_AND)
		return holds(t, n->left, s) && holds(t, n->right, s);
	if (n->kind == KIND_OR)
		return holds(t, n->left, s) || holds(t, n->right, s);
	return leaf_holds(n, s);
}

/* ---- the comparison */

static void note(void *arg, const struct rule_hit *hit)
{
	uint64_t *truths = arg;
	long long number;

	assert_true(str_to_int(hit->rule, &number));
	assert_true(hit->truth != 0 && truths[number] == 0);
	truths[number] = hit->truth;
}

struct trial {
	struct rule_set *set;
	struct tree trees[RULES];
	struct subject subject;
	struct buf title, body;
	size_t matches, cases;
};

static void match(struct trial *t, bool knows_story, uint64_t *truths)
{
	const struct subject *s = &t->subject;
	struct person author = {.name = buf_str(&s->texts[PART_AUTHOR])};
	struct item item = {.plain_summary = buf_str(&s->texts[PART_SUMMARY]), .authors = {&author, 1, 1}};
	struct rule_subject subject = {.title_tokens = buf_str(&t->title),
		.body_tokens = buf_str(&t->body),
		.title = buf_str(&s->texts[PART_TITLE]),
		.body = buf_str(&s->texts[PART_BODY]),
		.feed = str_from(s->feed),
		.source = buf_str(&s->texts[PART_SOURCE]),
		.publisher = str_from(s->publisher),
		.language = str_from(s->language),
		.story = knows_story ? &s->story : NULL,
		.item = &item};

	assert_int_equal(rule_set_match(t->set, &subject, note, truths), 0);
}

static void compare(struct trial *t)
{
	uint64_t with[RULES] = {0}, without[RULES] = {0};
	size_t count = 0;

	make_subject(&t->subject);
	buf_clear(&t->title);
	buf_clear(&t->body);
	assert_int_equal(rule_words(&t->title, buf_str(&t->subject.texts[PART_TITLE]), &count), 0);
	assert_int_equal(rule_words(&t->body, buf_str(&t->subject.texts[PART_BODY]), &count), 0);
	assert_int_equal(count, t->subject.counts[PART_TITLE] + t->subject.counts[PART_BODY]);
	match(t, true, with);
	match(t, false, without);
	for (size_t i = 0; i < RULES; i++) {
		bool expected = holds(&t->trees[i], t->trees[i].root, &t->subject);
		bool later = without[i] != 0 && rule_set_holds(t->set, i, without[i], &t->subject.story);
		struct buf rule = BUF_INIT(65536);

		t->cases++;
		t->matches += expected;
		if ((with[i] != 0) == expected && later == expected)
			continue;
		write_node(&rule, &t->trees[i], t->trees[i].root);
		fail_msg("%s is %d, later %d on \"%.*s\" / \"%.*s\"", rule.data, with[i] != 0, later,
			STR_ARG(buf_str(&t->subject.texts[PART_TITLE])),
			STR_ARG(buf_str(&t->subject.texts[PART_BODY])));
	}
}

/* Fills the set.  Refused are exactly the rules that hold when nothing is there, and those with too many conditions. */
static void fill(struct trial *t)
{
	struct buf *text = scratch(65536);

	for (int count = 0; count < RULES;) {
		struct tree *tree = &t->trees[count];
		struct error err = {0};
		char name[16];
		int result;

		*tree = (struct tree){.count = 0};
		tree->root = make_node(tree, 4);
		buf_clear(text);
		write_node(text, tree, tree->root);
		snprintf(name, sizeof(name), "%d", count);
		result = rule_set_add(t->set, str_from(name), buf_str(text), &err);
		if ((result < 0) != holds(tree, tree->root, NULL) &&
			strstr(err.text, "conditions on the story") == NULL)
			fail_msg("%s: %s", text->data, result < 0 ? err.text : "accepted");
		count += result == 0;
	}
	assert_int_equal(rule_set_finish(t->set, NULL), 0);
}

/* Puts a set over a copy of the image in the set's place, as another process would have it. */
static void move(struct trial *t)
{
	struct rule_set *moved = rule_set_open(scratch_copy(rule_set_image(t->set)), NULL);

	assert_non_null(moved);
	rule_set_free(t->set);
	t->set = moved;
}

TEST(random_rules_on_texts_of_many_languages)
{
	struct trial *t = calloc(1, sizeof(*t));

	assert_non_null(t);
	for (int p = 0; p < PARTS; p++)
		buf_init(&t->subject.texts[p], 65536);
	buf_init(&t->title, 65536);
	buf_init(&t->body, 65536);
	for (unsigned round = 0; round < SETS; round++) {
		seed = 20261127 + round;
		t->set = rule_set_new();
		assert_non_null(t->set);
		fill(t);
		if (round % 2 == 1)
			move(t);
		for (int i = 0; i < TEXTS; i++)
			compare(t);
		rule_set_free(t->set);
	}
	assert_true(t->cases >= 100000 && t->matches > t->cases / 10 && t->matches < t->cases / 2);
	for (int p = 0; p < PARTS; p++)
		buf_release(&t->subject.texts[p]);
	buf_release(&t->title);
	buf_release(&t->body);
	free(t);
}
