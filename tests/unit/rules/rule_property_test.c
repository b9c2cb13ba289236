/* SPDX-License-Identifier: ISC */
/* Thousands of random rules against an evaluator that searches every term in every place, in one set, so
 * that words, phrases and prefixes of all rules share one automaton. The seed is fixed: a failure comes
 * again. */
#include "../scratch.h"
#include "sitrep/rules/rule.h"

enum { RULES = 300, SETS = 30, TEXTS = 40, WORDS_MAX = 4, TEXT_WORDS = 12, NODES_MAX = 64 };

/* Words that begin with each other, and repeat, so that suffixes and prefixes overlap. */
static const char *const vocabulary[] = {"a", "ab", "abc", "abcd", "b", "ba", "c", "aa", "aaa", "missile", "missiles",
	"miss", "abcdefgh", "abcdefghi", "abcdefghij", "n0", "abz", "mix"};
static const char *const prefixes[] = {
	"a", "ab", "abc", "b", "mis", "missile", "m", "aa", "abcdefgh", "abcdefghi", "x"};
static const char *const names[] = {"usni", "us", "usa", "navy"};

enum {
	VOCABULARY = sizeof(vocabulary) / sizeof(vocabulary[0]),
	PREFIXES = sizeof(prefixes) / sizeof(prefixes[0]),
	NAMES = sizeof(names) / sizeof(names[0])
};

static uint64_t seed;

static unsigned below(unsigned limit)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(seed >> 33) % limit;
}

enum kind { KIND_AND, KIND_OR, KIND_NOT, KIND_NEAR, KIND_TEXT, KIND_TITLE, KIND_FEED, KIND_CATEGORY };

struct node {
	enum kind kind;
	int left, right;
	const char *words[WORDS_MAX];
	int word_count;
	bool prefix;
	int distance; /* of KIND_NEAR */
	bool ordered;
};

struct tree {
	struct node nodes[NODES_MAX];
	int count;
	int root;
};

struct subject {
	const char *title[TEXT_WORDS], *body[TEXT_WORDS];
	int title_count, body_count;
	const char *feed, *category;
};

/* ---- making */

static int make_words(struct tree *t)
{
	int at = t->count++;
	struct node *n = &t->nodes[at];

	n->kind = below(3) == 0 ? KIND_TITLE : KIND_TEXT;
	n->prefix = below(3) == 0;
	n->word_count = below(2) == 0 ? 1 : 1 + (int)below(WORDS_MAX);
	for (int i = 0; i < n->word_count; i++)
		n->words[i] = vocabulary[below(VOCABULARY)];
	if (n->prefix)
		n->words[n->word_count - 1] = prefixes[below(PREFIXES)];
	return at;
}

/* Words, or an OR of words. */
static int make_side(struct tree *t)
{
	int at = t->count;

	if (below(2) == 0)
		return make_words(t);
	t->count++;
	t->nodes[at].kind = KIND_OR;
	t->nodes[at].left = make_words(t);
	t->nodes[at].right = below(2) == 0 ? make_words(t) : make_side(t);
	return at;
}

static int make_node(struct tree *t, int depth)
{
	int at = t->count++;
	struct node *n = &t->nodes[at];

	if (depth > 0 && t->count < NODES_MAX - 16 && below(4) > 0) {
		unsigned kind = below(5);

		n->kind = kind < 2 ? KIND_AND : kind < 4 ? KIND_OR : KIND_NOT;
		n->left = make_node(t, depth - 1);
		if (n->kind != KIND_NOT)
			n->right = make_node(t, depth - 1);
		return at;
	}
	switch (below(10)) {
	case 0:
	case 1:
		n->kind = below(2) == 0 ? KIND_FEED : KIND_CATEGORY;
		n->prefix = below(3) == 0;
		n->word_count = 1;
		n->words[0] = names[below(NAMES)];
		return at;
	case 2:
	case 3:
		if (t->count > NODES_MAX - 24)
			break;
		n->kind = KIND_NEAR;
		n->distance = 1 + (int)below(4);
		n->ordered = below(2) == 0;
		n->left = make_side(t);
		n->right = make_side(t);
		return at;
	default:
		break;
	}
	t->count--;
	return make_words(t);
}

static void write_node(struct buf *out, const struct tree *t, int at)
{
	static const char *const fields[] = {
		[KIND_TEXT] = "", [KIND_TITLE] = "title:", [KIND_FEED] = "feed:", [KIND_CATEGORY] = "category:"};
	const struct node *n = &t->nodes[at];

	switch (n->kind) {
	case KIND_AND:
	case KIND_OR:
		buf_putc(out, '(');
		write_node(out, t, n->left);
		buf_puts(out, n->kind == KIND_OR ? " OR " : below(2) == 0 ? " AND " : " ");
		write_node(out, t, n->right);
		buf_putc(out, ')');
		return;
	case KIND_NEAR:
		write_node(out, t, n->left);
		buf_printf(out, " %sNEAR/%d ", n->ordered ? "O" : "", n->distance);
		write_node(out, t, n->right);
		return;
	case KIND_NOT:
		buf_puts(out, "NOT ");
		write_node(out, t, n->left);
		return;
	case KIND_TEXT:
	case KIND_TITLE:
	case KIND_FEED:
	case KIND_CATEGORY:
		buf_puts(out, fields[n->kind]);
		if (n->word_count > 1)
			buf_putc(out, '"');
		for (int i = 0; i < n->word_count; i++)
			buf_printf(out, "%s%s", i > 0 ? " " : "", n->words[i]);
		if (n->prefix)
			buf_putc(out, '*');
		if (n->word_count > 1)
			buf_putc(out, '"');
		return;
	}
}

static void make_subject(struct subject *s)
{
	s->title_count = (int)below(TEXT_WORDS);
	s->body_count = (int)below(TEXT_WORDS);
	for (int i = 0; i < s->title_count; i++)
		s->title[i] = below(8) == 0 ? "other" : vocabulary[below(VOCABULARY)];
	for (int i = 0; i < s->body_count; i++)
		s->body[i] = below(8) == 0 ? "other" : vocabulary[below(VOCABULARY)];
	s->feed = names[below(NAMES)];
	s->category = names[below(NAMES)];
}

/* ---- the naive evaluator */

static bool word_fits(const char *pattern, const char *word, bool prefix)
{
	return prefix ? strncmp(pattern, word, strlen(pattern)) == 0 : strcmp(pattern, word) == 0;
}

static bool stands_in(const struct node *n, const char *const *words, int count)
{
	for (int from = 0; from + n->word_count <= count; from++) {
		int i = 0;

		while (i < n->word_count &&
			word_fits(n->words[i], words[from + i], n->prefix && i == n->word_count - 1))
			i++;
		if (i == n->word_count)
			return true;
	}
	return false;
}

/* Does the node match the words from first to before end? */
static bool stands_at(const struct tree *t, int at, const char *const *words, int first, int end, bool in_title)
{
	const struct node *n = &t->nodes[at];

	if (n->kind == KIND_OR)
		return stands_at(t, n->left, words, first, end, in_title) ||
		       stands_at(t, n->right, words, first, end, in_title);
	return end - first == n->word_count && (in_title || n->kind != KIND_TITLE) &&
	       stands_in(n, words + first, end - first);
}

static bool near_in(const struct tree *t, const struct node *n, const char *const *words, int count, bool in_title)
{
	for (int a = 0; a < count; a++)
		for (int b = a + 1; b <= count && b <= a + WORDS_MAX; b++)
			for (int c = b; c < count && c - (b - 1) <= n->distance; c++)
				for (int d = c + 1; d <= count && d <= c + WORDS_MAX; d++)
					if ((stands_at(t, n->left, words, a, b, in_title) &&
						    stands_at(t, n->right, words, c, d, in_title)) ||
						(!n->ordered && stands_at(t, n->right, words, a, b, in_title) &&
							stands_at(t, n->left, words, c, d, in_title)))
						return true;
	return false;
}

static bool evaluate(const struct tree *t, int at, const struct subject *s)
{
	const struct node *n = &t->nodes[at];

	switch (n->kind) {
	case KIND_AND:
		return evaluate(t, n->left, s) && evaluate(t, n->right, s);
	case KIND_OR:
		return evaluate(t, n->left, s) || evaluate(t, n->right, s);
	case KIND_NOT:
		return !evaluate(t, n->left, s);
	case KIND_NEAR:
		return s != NULL &&
		       (near_in(t, n, s->title, s->title_count, true) || near_in(t, n, s->body, s->body_count, false));
	case KIND_TEXT:
		return s != NULL && (stands_in(n, s->title, s->title_count) || stands_in(n, s->body, s->body_count));
	case KIND_TITLE:
		return s != NULL && stands_in(n, s->title, s->title_count);
	case KIND_FEED:
		return s != NULL && word_fits(n->words[0], s->feed, n->prefix);
	case KIND_CATEGORY:
		return s != NULL && word_fits(n->words[0], s->category, n->prefix);
	}
	return false;
}

/* ---- the comparison */

static void note(void *arg, const struct rule_hit *hit)
{
	bool *matched = arg;
	long long number;

	assert_true(str_to_int(hit->rule, &number));
	assert_false(matched[number]);
	assert_true(hit->term_count > 0);
	assert_true(hit->terms[0].len > 0);
	matched[number] = true;
}

static struct str join(struct buf *out, const char *const *words, int count)
{
	buf_clear(out);
	for (int i = 0; i < count; i++)
		buf_printf(out, "%s ", words[i]);
	return buf_str(out);
}

static void compare_on_texts(struct rule_set *set, const struct tree *trees, int count)
{
	struct buf title = BUF_INIT(4096), body = BUF_INIT(4096), rule = BUF_INIT(65536);

	for (int round = 0; round < TEXTS; round++) {
		bool matched[RULES] = {false};
		struct rule_subject subject;
		struct subject s;

		make_subject(&s);
		subject = (struct rule_subject){.title_tokens = join(&title, s.title, s.title_count),
			.body_tokens = join(&body, s.body, s.body_count),
			.feed = str_from(s.feed),
			.categories = str_from(s.category)};
		assert_int_equal(rule_set_match(set, &subject, note, matched), 0);
		for (int i = 0; i < count; i++) {
			if (matched[i] == evaluate(&trees[i], trees[i].root, &s))
				continue;
			buf_clear(&rule);
			write_node(&rule, &trees[i], trees[i].root);
			fail_msg("%s is %d on \"%.*s\" / \"%.*s\", feed %s, category %s", rule.data, matched[i],
				STR_ARG(subject.title_tokens), STR_ARG(subject.body_tokens), s.feed, s.category);
		}
	}
	buf_release(&title);
	buf_release(&body);
	buf_release(&rule);
}

TEST(random_rules_agree_with_a_search)
{
	struct tree *trees = calloc(RULES, sizeof(*trees));

	assert_non_null(trees);
	for (unsigned round = 0; round < SETS; round++) {
		struct rule_set *set = rule_set_new();
		struct buf *text = scratch(65536);
		struct error err;
		int count = 0;

		seed = 20261123 + round;
		while (count < RULES) {
			struct tree *t = &trees[count];
			char name[16];
			int ret;

			memset(t, 0, sizeof(*t));
			t->root = make_node(t, 4);
			buf_clear(text);
			write_node(text, t, t->root);
			snprintf(name, sizeof(name), "%d", count);
			ret = rule_set_add(set, str_from(name), buf_str(text), &err);
			/* refused are exactly the rules that hold when nothing is there */
			if ((ret < 0) != evaluate(t, t->root, NULL))
				fail_msg("%s: %s", text->data, ret < 0 ? err.text : "accepted");
			count += ret == 0;
		}
		assert_int_equal(rule_set_finish(set, &err), 0);
		compare_on_texts(set, trees, count);
		rule_set_free(set);
	}
	free(trees);
}

/* What people and programs type: every text is a rule or a mistake with a place. */
TEST(any_text_is_a_rule_or_a_mistake)
{
	static const char *const pieces[] = {"(", ")", "\"", "*", " ", " ", " AND ", " OR ", " NOT ", " NEAR/2 ", "/",
		"list(", ")>=2 ", ",", "=3", "$x", "list \"a\" >= 2", "words>1", "sources>=3", "age<2h",
		"priority>=", "high", "[", "title:", "author:", "feed:", "category:", ":", "a", "missile", "-", "!",
		"\xE2\x80\x9C", "\xE2\x80\x9D", "\xE5\x8C\x97", "\xCC\x81", "\xFF", "\n", "\t", "'", "1,2"};
	struct buf *text = scratch(4096);
	int accepted = 0;

	seed = 77;
	for (int round = 0; round < 50000; round++) {
		struct rule_set *set = rule_set_new();
		struct error err = {0};
		int ret;

		buf_clear(text);
		for (unsigned i = below(12) + 1; i > 0; i--)
			buf_puts(text, pieces[below(sizeof(pieces) / sizeof(pieces[0]))]);
		ret = rule_set_add(set, STR("r"), buf_str(text), &err);
		if (ret != 0 && (ret != -EINVAL || !str_starts(str_from(err.text), STR("at column "))))
			fail_msg("\"%s\" gives %d, %s", text->data, ret, err.text);
		accepted += ret == 0;
		rule_set_free(set);
	}
	assert_true(accepted > 500);
}
