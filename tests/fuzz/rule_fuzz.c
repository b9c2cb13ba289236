/* SPDX-License-Identifier: ISC */
/* Rules: the first line is an expression, the second a title, the rest a body.  A rule that is refused says where, and
 * leaves its set as it was; one that is taken matches as often as the same rule in parentheses, never tells more terms
 * than it may, and has reasons exactly when it does not match.  Marks leave the text as it is. */
#include "fuzz.h"
#include "sitrep/base/utf8.h"
#include "sitrep/rules/rule.h"

static struct buf title, body, wrapped, marked;

FUZZ_SETUP
{
	buf_init(&title, FUZZ_BUF_MAX);
	buf_init(&body, FUZZ_BUF_MAX);
	buf_init(&wrapped, FUZZ_BUF_MAX);
	buf_init(&marked, FUZZ_BUF_MAX);
	return 0;
}

/* Which of the rules "a" and "b" matched, and how often "a" did. */
struct matched {
	struct str expression;
	unsigned a, b;
};

static void on_match(void *arg, const struct rule_hit *hit)
{
	struct matched *m = arg;
	struct str rule = hit->rule;
	const struct str *terms = hit->terms;
	size_t count = hit->term_count;

	fuzz_require(count <= RULE_TOLD_MAX, m->expression);
	fuzz_require(str_eq(rule, STR("a")) || str_eq(rule, STR("b")) || str_eq(rule, STR("c")), m->expression);
	m->a += str_eq(rule, STR("a"));
	m->b += str_eq(rule, STR("b"));
	for (size_t i = 0; i < count; i++) {
		fuzz_require(terms[i].len > 0 && utf8_valid(terms[i]), m->expression);
		fuzz_require(str_eq(rule, STR("c")) || terms[i].len <= m->expression.len, m->expression);
	}
}

/* Each word is one or several forms, none empty, and a space. */
static void words(struct buf *out, struct str text)
{
	struct str rest, word, form;
	size_t count = 0;

	buf_clear(out);
	if (!utf8_valid(text))
		return;
	fuzz_require(rule_words(out, text, &count) == 0 && utf8_valid(buf_str(out)), text);
	for (rest = buf_str(out); str_word(&rest, &word); count--)
		while (str_split(&word, 0x1f, &form))
			fuzz_require(form.len > 0, text);
	fuzz_require(count == 0, text);
}

/* Two lines that fit, with a ^ under a column of the first. */
static void show(struct str expression, const struct error *err)
{
	struct str rest, line = STR_NONE, mark = STR_NONE;
	size_t columns = 0;

	buf_clear(&marked);
	fuzz_require(rule_show(&marked, expression, str_from(err->text)) == 0, expression);
	rest = buf_str(&marked);
	if (rest.len == 0)
		return;
	fuzz_require(str_split(&rest, '\n', &line) && str_split(&rest, '\n', &mark) && rest.len == 0, expression);
	fuzz_require(utf8_valid(line) && str_ends(mark, STR("^")), expression);
	for (size_t pos = 0; pos < line.len;)
		columns += utf8_width(utf8_next(line, &pos));
	fuzz_require(columns <= RULE_SHOWN_COLUMNS && mark.len <= columns + 1, expression);
}

static int add(struct rule_set *set, const char *name, struct str expression)
{
	size_t before = rule_set_count(set);
	struct error err = {0};
	int result = rule_set_add(set, str_from(name), expression, &err);

	fuzz_require(result == 0 || result == -EINVAL, expression);
	fuzz_require(rule_set_count(set) == before + (result == 0), expression);
	fuzz_require(result == 0 || (err.code == result && err.text[0] != '\0'), expression);
	fuzz_require(!utf8_valid(expression) || utf8_valid(str_from(err.text)), expression);
	if (result != 0)
		show(expression, &err);
	return result;
}

/* Marks come in pairs around words, and without them the text is as before. */
static void check_marks(struct rule_set *set, enum rule_part part, struct str text)
{
	struct str rest;
	size_t at = 0;
	bool open = false;

	buf_clear(&marked);
	fuzz_require(rule_set_mark(set, 0, part, &marked) == 0, text);
	rest = buf_str(&marked);
	for (size_t i = 0; i < rest.len; i++) {
		bool same = at < text.len && rest.data[i] == text.data[at];

		if (!same || (rest.data[i] != RULE_MARK_BEGIN && rest.data[i] != RULE_MARK_END)) {
			fuzz_require(same || rest.data[i] == (open ? RULE_MARK_END : RULE_MARK_BEGIN), text);
			open = same ? open : !open;
		}
		at += same;
	}
	fuzz_require(at == text.len && !open, text);
}

/* Of the first rule, after an item was matched. */
static void check_reasons(struct rule_set *set, bool matches, struct str expression)
{
	struct rule_reason *reasons;
	struct arena a = ARENA_INIT(FUZZ_BUF_MAX);
	size_t count;

	fuzz_require(rule_set_reasons(set, 0, &a, &reasons, &count) == 0, expression);
	fuzz_require(matches == (count == 0), expression);
	for (size_t i = 0; i < count; i++)
		fuzz_require(reasons[i].term.len > 0 && (!reasons[i].others || i + 1 < count), expression);
	arena_release(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str rest = fuzz_str(data, size), expression, heading = STR_NONE;
	struct rule_set *set = rule_set_new();
	struct error err = {0};
	struct matched m;
	bool has_a, has_b;

	if (str_find_char(rest, '\n', 0) == STR_NPOS) {
		expression = rest;
		rest = STR_NONE;
	} else {
		expression = fuzz_first_line(&rest);
		heading = fuzz_first_line(&rest);
	}
	m = (struct matched){.expression = expression};
	words(&title, heading);
	words(&body, rest);
	buf_clear(&wrapped);
	buf_printf(&wrapped, "( ");
	buf_add(&wrapped, expression);
	buf_printf(&wrapped, " )");
	has_a = add(set, "a", expression) == 0;
	has_b = has_a && add(set, "b", buf_str(&wrapped)) == 0;
	fuzz_require(add(set, "c", STR("alpha NOT beta")) == 0, expression);
	rule_set_keep_places(set);
	fuzz_require(rule_set_finish(set, &err) == 0, expression);
	for (int i = 0; i < 2; i++) {
		const struct rule_story story = {.age_ms = 3600 * 1000, .sources = 3, .priority = RULE_HIGH};
		struct rule_subject subject = {.story = &story,
			.title = title.len > 0 ? heading : STR_NONE,
			.body = body.len > 0 ? rest : STR_NONE,
			.title_tokens = buf_str(&title),
			.body_tokens = buf_str(&body),
			.feed = STR("usni"),
			.categories = STR("naval\nUS navy"),
			.language = STR("zh-Hant-TW")};

		fuzz_require(rule_set_match(set, &subject, on_match, &m) == 0, expression);
		fuzz_require(m.a == 0 || m.a == (unsigned)i + 1, expression);
		fuzz_require(!has_b || m.a == m.b, expression);
		if (has_a)
			check_reasons(set, m.a == (unsigned)i + 1, expression);
		check_marks(set, RULE_IN_TITLE, subject.title);
		check_marks(set, RULE_IN_BODY, subject.body);
	}
	rule_set_free(set);
	return 0;
}
