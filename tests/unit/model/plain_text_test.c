/* SPDX-License-Identifier: ISC */
/* Lines of plain text. */
#include "sitrep/model/plain_text.h"

#include "../test.h"

static void assert_lines(enum text_kind kind, const char *value, const char *expected)
{
	struct text t = {.kind = kind, .value = str_from(value)};
	struct buf out = BUF_INIT(4096);

	assert_int_equal(plain_lines(&out, &t), 0);
	assert_string_equal(out.data != NULL ? out.data : "", expected);
	buf_release(&out);
}

TEST(paragraphs_are_lines)
{
	assert_lines(TEXT_HTML, "<p>One <b>two</b>\nthree.</p><p>Four&amp;&lt;five&gt;</p>",
		"One two three.\nFour&<five>\n");
	assert_lines(TEXT_HTML, "<ul><li>a</li><li>mis<i>sile</i></li></ul>b<br/>c", "a\nmissile\nb\nc\n");
	assert_lines(TEXT_HTML, "<p> </p><div></div>", "");
	assert_lines(TEXT_HTML, "", "");
}

TEST(plain_text_keeps_its_lines)
{
	assert_lines(TEXT_PLAIN, "One  <two>\n\n three\r\n", "One <two>\nthree\n");
}
