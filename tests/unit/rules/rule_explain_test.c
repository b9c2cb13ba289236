/* SPDX-License-Identifier: ISC */
/* Why a rule does not match, and marks around the words that it found. */
#include "sets.h"

struct trial {
	struct rule_set *set;
	struct buf *title_words, *body_words, *marked_title, *marked_body;
	struct arena *arena;
	struct rule_reason *reasons;
	size_t count;
	struct rule_subject subject;
	bool matches;
};

static void note_match(void *arg, const struct rule_hit *hit)
{
	(void)hit;
	*(bool *)arg = true;
}

static void add_rule(struct trial *t, const char *rule)
{
	struct error err = {0};

	*t = (struct trial){.set = new_set(), .arena = scratch_arena(16 << 20)};
	t->title_words = scratch(1 << 20);
	t->body_words = scratch(1 << 20);
	t->marked_title = scratch(1 << 20);
	t->marked_body = scratch(1 << 20);
	rule_set_keep_places(t->set);
	if (rule_set_add(t->set, STR("other"), STR("the other rule"), &err) != 0 ||
		rule_set_add(t->set, STR("r"), str_from(rule), &err) != 0)
		fail_msg("%s: %s", rule, err.text);
	assert_int_equal(rule_set_finish(t->set, &err), 0);
}

static void try_item(struct trial *t, const char *title, const char *body)
{
	size_t count = 0;

	buf_clear(t->title_words);
	buf_clear(t->body_words);
	buf_clear(t->marked_title);
	buf_clear(t->marked_body);
	t->matches = false;
	assert_int_equal(rule_words(t->title_words, str_from(title), &count), 0);
	assert_int_equal(rule_words(t->body_words, str_from(body), &count), 0);
	t->subject = (struct rule_subject){.title = str_from(title),
		.body = str_from(body),
		.title_tokens = buf_str(t->title_words),
		.body_tokens = buf_str(t->body_words),
		.feed = STR("usni")};
	assert_int_equal(rule_set_match(t->set, &t->subject, note_match, &t->matches), 0);
	assert_int_equal(rule_set_reasons(t->set, 1, t->arena, &t->reasons, &t->count), 0);
	assert_int_equal(rule_set_mark(t->set, 1, RULE_IN_TITLE, t->marked_title), 0);
	assert_int_equal(rule_set_mark(t->set, 1, RULE_IN_BODY, t->marked_body), 0);
}

/* ---- reasons */

static const char *const kinds[] = {[RULE_MISSING] = "missing",
	[RULE_THERE] = "there",
	[RULE_FAR] = "far",
	[RULE_LENGTH] = "length",
	[RULE_SUM] = "sum"};

/* The reasons as text: alternatives separated by "|", others by ";". */
static const struct {
	const char *rule, *title, *body, *reasons;
} cases[] = {
	{"alpha", "beta", "", "missing alpha"},
	{"alpha", "alpha", "", ""},
	{"alpha beta", "beta", "", "missing alpha"},
	{"alpha AND beta AND gamma", "beta", "", "missing alpha; missing gamma"},
	{"alpha OR beta OR gamma", "delta", "", "missing alpha | missing beta | missing gamma"},
	{"alpha (beta OR gamma)", "delta", "", "missing alpha; missing beta | missing gamma"},
	{"(beta OR gamma) alpha", "delta gamma", "", "missing alpha"},
	/* what is there says nothing of why the other side is not */
	{"(alpha beta) OR (gamma delta)", "alpha gamma", "", "missing beta | missing delta"},
	/* of these, one word by itself would not do */
	{"(alpha beta) OR gamma", "delta", "", "missing alpha; missing beta; missing gamma"},
	{"alpha NOT beta", "alpha", "beta", "there beta"},
	{"alpha NOT beta", "beta", "", "missing alpha; there beta"},
	{"alpha NOT (beta OR gamma)", "alpha gamma", "", "there gamma"},
	{"alpha NOT (beta gamma)", "alpha gamma beta", "", "there beta; there gamma"},
	{"alpha NOT (beta NOT gamma)", "alpha beta", "", "there beta; missing gamma"},
	{"alpha NOT (beta NOT gamma)", "alpha beta gamma", "", ""},
	{"\"alpha beta\"", "beta alpha", "", "missing alpha beta"},
	{"title:alpha", "beta", "alpha", "missing title:alpha"},
	{"feed:navy alpha", "alpha", "", "missing feed:navy"},
	{"/al.ha/", "beta", "", "missing /al.ha/"},
	{"alpha words>3", "alpha", "beta", "length words>3 2"},
	{"list(alpha = 10, beta = 5, gamma = -2) >= 20", "alpha gamma", "beta", "sum list 13 of 20"},
	{"list(alpha = 10) >= 20", "gamma", "", "sum list 0 of 20"},
	{"alpha NEAR/2 beta", "alpha 1 2 beta", "", "far alpha NEAR/2 beta 3 of 2"},
	{"alpha NEAR/2 beta", "beta 1 2 3 alpha 1 2 beta", "", "far alpha NEAR/2 beta 3 of 2"},
	{"alpha ONEAR/2 beta", "beta alpha", "", "far alpha ONEAR/2 beta -1 of 2"},
	{"alpha ONEAR/2 beta", "beta alpha 1 2 3 4 beta", "", "far alpha ONEAR/2 beta 5 of 2"},
	{"alpha NEAR/2 beta", "alpha", "beta", "far alpha NEAR/2 beta 101 of 2"},
	{"alpha NEAR/2 (beta OR gamma)", "alpha", "", "missing beta | missing gamma"},
	{"alpha NEAR/2 (beta OR gamma)", "delta", "", "missing alpha; missing beta | missing gamma"},
	{"delta  NEAR/2\talpha OR gamma", "delta", "", "missing alpha | missing gamma"},
	{"delta NOT alpha NEAR/2 beta", "alpha beta delta", "", "there alpha NEAR/2 beta"},
};

static void write_reasons(struct buf *out, const struct trial *t)
{
	for (size_t i = 0; i < t->count; i++) {
		const struct rule_reason *r = &t->reasons[i];

		(void)buf_puts(out, i == 0 ? "" : t->reasons[i - 1].others ? " | " : "; ");
		(void)buf_printf(out, "%s %.*s", kinds[r->kind], STR_ARG(r->term));
		if (r->kind == RULE_LENGTH || r->kind == RULE_SUM || r->kind == RULE_FAR)
			(void)buf_printf(out, " %lld", (long long)r->actual);
		if (r->kind == RULE_SUM || r->kind == RULE_FAR)
			(void)buf_printf(out, " of %lld", (long long)r->wanted);
	}
	(void)buf_putc(out, '\0');
}

TEST(reasons_say_why_not)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct buf *out = scratch(1000);
		struct trial t;

		add_rule(&t, cases[i].rule);
		try_item(&t, cases[i].title, cases[i].body);
		write_reasons(out, &t);
		if (strcmp(out->data, cases[i].reasons) != 0)
			fail_msg("%s: \"%s\", not \"%s\"", cases[i].rule, out->data, cases[i].reasons);
		assert_true(t.matches == (t.count == 0));
	}
}

/* Every rule with every case's text: there is a reason exactly when it does not match, and the last one has no others.
 */
TEST(reasons_agree_with_matches)
{
	size_t matches = 0, differ = 0;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct trial t;

		add_rule(&t, cases[i].rule);
		for (size_t k = 0; k < sizeof(cases) / sizeof(cases[0]); k++) {
			try_item(&t, cases[k].title, cases[k].body);
			assert_true(t.matches == (t.count == 0));
			assert_true(t.count == 0 || !t.reasons[t.count - 1].others);
			matches += t.matches;
			differ += !t.matches;
		}
	}
	assert_true(matches > 50 && differ > 50);
}

/* A watch list of many terms has one reason, and so has an OR of as many, with its alternatives. */
TEST(large_rules_have_reasons)
{
	struct buf *rule = scratch(1 << 20);
	struct trial t;

	(void)buf_puts(rule, "w0");
	for (int i = 1; i < 20000; i++)
		(void)buf_printf(rule, " OR w%d", i);
	add_rule(&t, rule->data);
	try_item(&t, "alpha", "beta");
	assert_int_equal(t.count, 20000);
	for (size_t i = 0; i < t.count; i++)
		assert_true(t.reasons[i].kind == RULE_MISSING && t.reasons[i].others == (i + 1 < t.count));
}

/* ---- marks, shown as [ and ] */

static const struct {
	const char *rule, *title, *body, *marked_title, *marked_body;
} marks[] = {
	{"alpha", "Alpha, beta", "no (alphas), \"ALPHA\"!", "[Alpha], beta", "no (alphas), \"[ALPHA]\"!"},
	{"alph*", "Alpha, beta", "(alphas)", "[Alpha], beta", "([alphas])"},
	{"\"alpha beta\" beta", "alpha beta beta gamma", "beta, alpha", "[alpha beta] [beta] gamma", "[beta], alpha"},
	{"title:beta", "beta", "beta", "[beta]", "beta"},
	{"alpha NOT beta", "alpha beta", "", "[alpha] beta", ""},
	{"alpha OR beta", "beta", "gamma", "[beta]", "gamma"},
	{"list(alpha = 5, gamma) >= 100", "alpha beta", "gamma", "[alpha] beta", "[gamma]"},
	/* written words that are several tokens, in pieces without a space */
	{"f-35", "the F-35's wing", "F-35/F-16", "the [F-35's] wing", "[F-35]/F-16"},
	{"16", "F-35/F-16", "", "F-35/F-[16]", ""},
	{"korea", "North Korea\u2019s", "(South-Korea)", "North [Korea\u2019s]", "(South-[Korea])"},
	{"otan", "L'OTAN", "l\u2019otan-lotan", "[L'OTAN]", "[l\u2019otan]-lotan"},
	{"1200", "1,200 men", "", "[1,200] men", ""},
	/* Han, Kana and Hangul */
	{"\u30df\u30b5\u30a4\u30eb", "\u5317\u671d\u9bae\u306e\u30df\u30b5\u30a4\u30eb\u767a\u5c04", "",
		"\u5317\u671d\u9bae\u306e[\u30df\u30b5\u30a4\u30eb]\u767a\u5c04", ""},
	{"\ubbf8\uc0ac\uc77c", "\ubd81\ud55c\uc774 \ubbf8\uc0ac\uc77c\uc744", "",
		"\ubd81\ud55c\uc774 [\ubbf8\uc0ac\uc77c\uc744]", ""},
	/* a combining mark stays with its letter */
	{"e\u0301tat", "l'e\u0301tat", "e\u0301tat\u0301", "[l'e\u0301tat]", "e\u0301tat\u0301"},
	/* a regular expression marks whole words */
	{"/l.ha b/ OR title:/mm/", "alpha beta, gamma", "gamma, alpha beta alpha be", "[alpha beta], [gamma]",
		"gamma, [alpha beta] [alpha be]"},
	{"/a+/ alpha", "alpha (bab, cd) aa", "", "[alpha] ([bab], cd) [aa]", ""},
	{"/, / OR /x*/ OR alpha", "alpha, beta", "", "[alpha], beta", ""},
	{"gamma NOT /b/", "beta gamma", "", "beta [gamma]", ""},
	{"lang:en OR alpha", "", "", "", ""},
};

static void show_marks(struct buf *out, struct str marked)
{
	for (size_t i = 0; i < marked.len; i++)
		(void)buf_putc(out, marked.data[i] == RULE_MARK_BEGIN ? '['
				    : marked.data[i] == RULE_MARK_END ? ']'
								      : marked.data[i]);
	(void)buf_putc(out, '\0');
}

TEST(found_words_are_marked)
{
	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
		struct buf *title = scratch(1000), *body = scratch(1000);
		struct trial t;

		add_rule(&t, marks[i].rule);
		try_item(&t, marks[i].title, marks[i].body);
		show_marks(title, buf_str(t.marked_title));
		show_marks(body, buf_str(t.marked_body));
		assert_string_equal(title->data, marks[i].marked_title);
		assert_string_equal(body->data, marks[i].marked_body);
	}
}

/* A word of thousands of bytes is not cut, so that it costs little; a mark never stays open. */
TEST(long_pieces_are_bounded)
{
	struct buf *title = scratch(1 << 20);
	struct trial t;

	for (int i = 0; i < 50000; i++)
		(void)buf_puts(title, i % 1000 == 0 ? "-" : "ab");
	(void)buf_puts(title, "-alpha alpha");
	add_rule(&t, "alpha");
	try_item(&t, title->data, "");
	assert_true(t.matches);
	assert_true(str_ends(buf_str(t.marked_title), STR("\001alpha\002")));
	assert_int_equal(t.marked_title->len, strlen(title->data) + 2);
	add_rule(&t, "\"beta ab*\"");
	buf_clear(title);
	(void)buf_puts(title, "beta ");
	for (int i = 0; i < 1000; i++)
		(void)buf_puts(title, "ab");
	(void)buf_puts(title, "-ab alpha");
	try_item(&t, title->data, "");
	assert_true(str_starts(buf_str(t.marked_title), STR("\001beta")));
	assert_true(str_ends(buf_str(t.marked_title), STR("\002alpha")));
}
