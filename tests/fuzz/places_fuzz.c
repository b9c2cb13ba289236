/* SPDX-License-Identifier: ISC */
/* Places of terms in an event's line: the first line is terms, separated by tabs, as a rule's match tells them; the
 * second a title, the rest a summary.  The line stays the beginning of what comes out, which is JSON again; each place
 * lies in its text, and the places of a term come one behind the other. */
#include <jansson.h>

#include "../../daemon/stream/event_places.h"
#include "fuzz.h"
#include "sitrep/base/utf8.h"

enum { TERMS_MAX = 200 };

static struct buf line, out;

FUZZ_SETUP
{
	buf_init(&line, FUZZ_BUF_MAX);
	buf_init(&out, FUZZ_BUF_MAX);
	return 0;
}

static void check_places(const json_t *places, struct str text, struct str input)
{
	json_int_t behind = 0, count = 0;
	size_t i;
	json_t *place;

	for (size_t pos = 0; pos < text.len; count++)
		utf8_next(text, &pos);
	fuzz_require(json_array_size(places) <= PLACES_TEXT_MAX, input);
	json_array_foreach(places, i, place)
	{
		json_int_t from = json_integer_value(json_array_get(place, 0));
		json_int_t to = json_integer_value(json_array_get(place, 1));

		fuzz_require(json_array_size(place) == 2 && from >= behind && to > from && to <= count, input);
		behind = to;
	}
}

static void check(struct str heading, struct str rest, size_t terms, struct str input)
{
	json_t *root = json_loadb(out.data, out.len, 0, NULL);
	const json_t *matched = json_object_get(root, "matched");
	size_t i;
	json_t *one;

	fuzz_require(out.len >= line.len && out.data[out.len - 1] == '\n', input);
	fuzz_require(memcmp(out.data, line.data, line.len - 2) == 0, input);
	fuzz_require(root != NULL, buf_str(&out));
	fuzz_require(json_array_size(matched) <= terms && (terms == 0) == (matched == NULL), input);
	json_array_foreach(matched, i, one)
	{
		fuzz_require(json_is_string(json_object_get(one, "term")), input);
		check_places(json_object_get(one, "title"), heading, input);
		check_places(json_object_get(one, "summary"), rest, input);
	}
	json_decref(root);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str input = fuzz_str(data, size), rest = input, first = fuzz_first_line(&rest);
	struct str heading = fuzz_first_line(&rest), term, terms[TERMS_MAX];
	size_t count = 0;
	json_t *root;
	char *text;

	if (!utf8_valid(input) || memchr(input.len > 0 ? input.data : "", 0, input.len) != NULL)
		return 0;
	while (count < TERMS_MAX && str_split(&first, '\t', &term))
		if (!str_empty(term))
			terms[count++] = term;
	root = json_pack("{s:s, s:{s:s%, s:s%}}", "event", "new", "item", "title", heading.len > 0 ? heading.data : "",
		heading.len, "summary", rest.len > 0 ? rest.data : "", rest.len);
	text = root != NULL ? json_dumps(root, JSON_COMPACT) : NULL;
	buf_clear(&line);
	buf_clear(&out);
	fuzz_require(text != NULL && buf_printf(&line, "%s\n", text) == 0, input);
	fuzz_require(event_places_add(&out, buf_str(&line), terms, count) == 0, input);
	check(heading, rest, count, input);
	free(text);
	json_decref(root);
	return 0;
}
