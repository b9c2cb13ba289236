/* SPDX-License-Identifier: ISC */
/* Rules: the first line is an expression, the second a title, the rest a body.  A rule that is refused says where, and
 * leaves its set as it was; one that is taken matches as often as the same rule in parentheses, and never tells more
 * terms than it may. */
#include "fuzz.h"

#include <errno.h>
#include <string.h>

#include "sitrep/base/utf8.h"
#include "sitrep/rules/rule.h"

static struct buf title, body, wrapped;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	buf_init(&title, FUZZ_BUF_MAX);
	buf_init(&body, FUZZ_BUF_MAX);
	buf_init(&wrapped, FUZZ_BUF_MAX);
	return 0;
}

/* Which of the rules "a" and "b" matched, and how often "a" did. */
struct matched {
	struct str expression;
	unsigned a, b;
};

static void on_match(void *arg, struct str rule, const struct str *terms, size_t count)
{
	struct matched *m = arg;

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

static int add(struct rule_set *set, const char *name, struct str expression)
{
	size_t before = rule_set_count(set);
	struct error err = {0};
	int result = rule_set_add(set, str_from(name), expression, &err);

	fuzz_require(result == 0 || result == -EINVAL, expression);
	fuzz_require(rule_set_count(set) == before + (result == 0), expression);
	fuzz_require(result == 0 || (err.code == result && err.text[0] != '\0'), expression);
	fuzz_require(!utf8_valid(expression) || utf8_valid(str_from(err.text)), expression);
	return result;
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
	(void)buf_printf(&wrapped, "( ");
	(void)buf_add(&wrapped, expression);
	(void)buf_printf(&wrapped, " )");
	has_a = add(set, "a", expression) == 0;
	has_b = has_a && add(set, "b", buf_str(&wrapped)) == 0;
	fuzz_require(add(set, "c", STR("alpha NOT beta")) == 0, expression);
	fuzz_require(rule_set_finish(set, &err) == 0, expression);
	for (int i = 0; i < 2; i++) {
		struct rule_subject subject = {.title_tokens = buf_str(&title),
			.body_tokens = buf_str(&body),
			.feed = STR("usni"),
			.categories = STR("naval\nUS navy"),
			.language = STR("zh-Hant-TW")};

		fuzz_require(rule_set_match(set, &subject, on_match, &m) == 0, expression);
		fuzz_require(m.a == 0 || m.a == (unsigned)i + 1, expression);
		fuzz_require(!has_b || m.a == m.b, expression);
	}
	rule_set_free(set);
	return 0;
}
