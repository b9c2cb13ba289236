/* SPDX-License-Identifier: ISC */
#include "sitrep/text/feed_date.h"

#include "sitrep/base/limits.h"
#include "sitrep/text/date.h"
#include "sitrep/text/html_internal.h"

/* A date is escaped once or twice, never more often. */
enum { READINGS_MAX = 3 };

static int64_t read_resolved(struct str value, const char **rule)
{
	struct buf text = BUF_INIT(LIMIT_NAME);
	int64_t time = html_unescape(&text, value) == 0 ? date_parse(buf_str(&text), rule) : TIME_NONE;

	buf_release(&text);
	return time;
}

/* The datetime attribute of the first <time> element that has one. */
static int64_t read_attribute(struct str markup, const char **rule)
{
	struct html_tokenizer tokens = {.markup = markup};
	struct html_token token;
	int64_t time = TIME_NONE;

	while (time == TIME_NONE && html_next_token(&tokens, &token)) {
		if (token.kind != HTML_TOKEN_START || !str_eq_nocase(token.text, STR("time")))
			continue;
		for (size_t i = 0; time == TIME_NONE && i < token.attribute_count; i++)
			if (str_eq_nocase(token.attributes[i].name, STR("datetime")))
				time = read_resolved(token.attributes[i].value, rule);
	}
	return time;
}

int64_t feed_date_read(struct str text, const char **rule)
{
	struct buf plain = BUF_INIT(LIMIT_NAME), before = BUF_INIT(LIMIT_NAME);
	int64_t time = date_parse(text, rule);

	for (int i = 0; time == TIME_NONE && i < READINGS_MAX && text.len <= LIMIT_NAME; i++) {
		struct buf swapped;

		if (str_find_char(text, '<', 0) == STR_NPOS && str_find_char(text, '&', 0) == STR_NPOS)
			break;
		time = read_attribute(text, rule);
		buf_clear(&plain);
		if (time != TIME_NONE || html_to_text(&plain, text) != 0)
			break;
		time = date_parse(buf_str(&plain), rule);
		swapped = before;
		before = plain;
		plain = swapped;
		text = buf_str(&before);
	}
	buf_release(&plain);
	buf_release(&before);
	return time;
}
