/* SPDX-License-Identifier: ISC */
#include "rule_regex.h"

#include <errno.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

struct rule_regex {
	pcre2_code *code;
	pcre2_match_context *limits;
};

static void *take_memory(size_t size, void *arena)
{
	return arena_alloc(arena, size);
}

/* The arena is released as a whole. */
static void give_back(void *memory UNUSED, void *arena UNUSED)
{
}

static int compile(struct rule_regex *r, pcre2_compile_context *bounds, struct str text, bool any_case, size_t *at,
	struct error *err)
{
	PCRE2_UCHAR sentence[160];
	uint32_t options = PCRE2_UTF | PCRE2_UCP | PCRE2_NEVER_BACKSLASH_C | (any_case ? PCRE2_CASELESS : 0);
	int code;

	pcre2_set_max_pattern_length(bounds, REGEX_BYTES_MAX);
	r->code = pcre2_compile((PCRE2_SPTR)text.data, text.len, options, &code, at, bounds);
	if (r->code != NULL)
		return 0;
	if (code == PCRE2_ERROR_NOMEMORY || code == PCRE2_ERROR_HEAPLIMIT)
		return -ENOMEM;
	if (pcre2_get_error_message(code, sentence, sizeof(sentence)) < 0)
		return error_set(err, -EINVAL, "it cannot be read");
	return error_set(err, -EINVAL, "%s", (const char *)sentence);
}

int rule_regex_new(
	struct arena *a, struct str text, bool any_case, struct rule_regex **regex, size_t *at, struct error *err)
{
	pcre2_general_context *memory = pcre2_general_context_create(take_memory, give_back, a);
	pcre2_compile_context *bounds = memory != NULL ? pcre2_compile_context_create(memory) : NULL;
	struct rule_regex *r = arena_alloc(a, sizeof(*r));
	int result;

	*at = 0;
	if (bounds == NULL || r == NULL)
		return -ENOMEM;
	result = compile(r, bounds, text, any_case, at, err);
	if (*at > text.len)
		*at = text.len;
	if (result != 0)
		return result;
	r->limits = pcre2_match_context_create(memory);
	if (r->limits == NULL)
		return -ENOMEM;
	pcre2_set_match_limit(r->limits, REGEX_STEPS_MAX);
	pcre2_set_depth_limit(r->limits, REGEX_DEPTH_MAX);
	pcre2_set_heap_limit(r->limits, REGEX_HEAP_KIB);
	*regex = r;
	return 0;
}

int rule_regex_find(const struct rule_regex *regex, struct str text, size_t from, struct str *found)
{
	/* its own memory and that of the search come from the heap, and are given back: the arena would only grow */
	pcre2_match_data *places = pcre2_match_data_create(1, NULL);
	const PCRE2_SIZE *place;
	int result;

	if (places == NULL)
		return -ENOMEM;
	result = pcre2_match(regex->code, (PCRE2_SPTR)(text.data != NULL ? text.data : ""), text.len, from,
		PCRE2_NO_UTF_CHECK, places, regex->limits);
	place = pcre2_get_ovector_pointer(places);
	if (result >= 0 && found != NULL)
		*found = str_slice(text, place[0], place[1]);
	pcre2_match_data_free(places);
	return result == PCRE2_ERROR_NOMEMORY ? -ENOMEM : result >= 0;
}
