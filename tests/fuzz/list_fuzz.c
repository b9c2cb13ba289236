/* SPDX-License-Identifier: ISC */
/* Lists of terms in files, and definitions: the first line is a rule, the rest is the text of each file and definition
 * that it names.  A rule that is refused says where.  One that is expanded refers to nothing any more, and its own
 * expansion is itself. */
#include "fuzz.h"
#include "sitrep/base/utf8.h"
#include "sitrep/rules/rule.h"

static struct buf expanded, again;

FUZZ_SETUP
{
	buf_init(&expanded, FUZZ_BUF_MAX);
	buf_init(&again, FUZZ_BUF_MAX);
	return 0;
}

struct source {
	struct str text;
	bool used;
};

static int fetch(void *arg, enum rule_reference kind, struct str name, struct buf *text, struct error *err)
{
	struct source *s = arg;

	fuzz_require(kind == RULE_DEFINITION || kind == RULE_LIST_FILE, s->text);
	if (str_eq(name, STR("none")))
		return error_set(err, -ENOENT, "there is none of that name");
	s->used = true;
	return buf_add(text, s->text);
}

static int no_fetch(void *arg, enum rule_reference kind, struct str name, struct buf *text, struct error *err)
{
	(void)kind;
	(void)text;
	(void)err;
	fuzz_fail(__FILE__, __LINE__, "an expanded rule refers to nothing",
		str_eq(name, STR("")) ? name : *(struct str *)arg);
}

/* A rule that is accepted makes a set, in which a list of its own is looked at. */
static void compile(struct str rule)
{
	struct rule_set *set = rule_set_new();
	struct error err = {0};
	size_t terms = 0;
	int checked = rule_check(rule, &terms, &err);
	int added;

	fuzz_require(checked == 0 || err.text[0] != '\0', rule);
	added = rule_set_add(set, STR("list"), rule, &err);
	fuzz_require(added == checked, rule);
	if (added == 0)
		fuzz_require(rule_set_finish(set, &err) == 0, rule);
	rule_set_free(set);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str rest = fuzz_str(data, size), rule = fuzz_first_line(&rest), whole;
	struct source source = {.text = rest};
	struct error err = {0};
	int result;

	buf_clear(&expanded);
	buf_clear(&again);
	result = rule_expand(&expanded, rule, fetch, &source, &err);
	fuzz_require(result <= 0 && (result == 0 || err.text[0] != '\0'), rule);
	if (result != 0)
		return 0;
	whole = buf_str(&expanded);
	fuzz_require(source.used || str_eq(whole, rule), rule);
	compile(whole);
	/* a definition may hold what a rule may not: it is then refused as part of the rule */
	if (rule_expand(&again, whole, source.used ? fetch : no_fetch, source.used ? (void *)&source : &whole, &err) ==
			0 &&
		!source.used)
		fuzz_require(str_eq(buf_str(&again), whole), whole);
	return 0;
}
