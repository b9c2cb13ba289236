/* SPDX-License-Identifier: ISC */
#include "story_print.h"

#include <stdio.h>

#include "client.h"
#include "sitrep/base/utf8.h"

enum { LINE_BYTES = 64 * 1024, TITLE_COLUMN = 18, INDENT = 4 };

void story_print_row(const struct story *s)
{
	const struct report *lead = &s->reports[0];
	struct buf line = BUF_INIT(LINE_BYTES);
	char time[TIME_TEXT_MAX];

	time_format_local(time, s->sort_ms);
	printf("%.16s  ", time);
	utf8_one_line(&line, lead->item.plain_title);
	screen_wrap(buf_str(&line), TITLE_COLUMN, INDENT);
	buf_clear(&line);
	utf8_one_line(&line, lead->source.title);
	if (s->source_count > 1)
		buf_printf(&line, " and %d more", s->source_count - 1);
	buf_printf(&line, ", %s, ", s->uid);
	utf8_one_line(&line, lead->item.link);
	printf("%*s%.*s\n", INDENT, "", STR_ARG(buf_str(&line)));
	buf_release(&line);
}

void story_write_members(struct jsonw *w, const struct story *s)
{
	const struct report *lead = &s->reports[0];

	jsonw_kv_cstr(w, "story", s->uid);
	jsonw_kv_time(w, "time", s->sort_ms);
	jsonw_kv_str(w, "title", lead->item.plain_title);
	jsonw_kv_int(w, "sources", s->source_count);
	jsonw_kv_int(w, "reports", s->total_reports);
	jsonw_kv_str(w, "source", lead->source.title);
	jsonw_kv_str(w, "feed", lead->source.feed);
	jsonw_kv_str(w, "link", lead->item.link);
}

int story_print_line(struct buf *out)
{
	int result;

	buf_putc(out, '\n');
	result = out->failed;
	if (result == 0)
		fwrite(out->data, 1, out->len, stdout);
	buf_clear(out);
	return result;
}
