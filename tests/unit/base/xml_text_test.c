/* SPDX-License-Identifier: ISC */
/* Text as it may stand in an XML document: escaped, and well-formed whatever comes in. */
#include "../scratch.h"
#include "sitrep/base/xml_text.h"

TEST(xml)
{
	struct buf *b = scratch(1000);

	assert_int_equal(buf_add_xml(b, STR("<a b='c'>\"&\xc3\xa9\n\t")), 0);
	assert_true(str_eq(buf_str(b), STR("&lt;a b=&#39;c&#39;&gt;&quot;&amp;\xc3\xa9\n\t")));
	buf_clear(b);
	assert_int_equal(buf_add_xml(b, STR("a\0\x1f\xff\xed\xa0\x80\xef\xbf\xbe")), 0);
	/* one mark each for the controls, the byte, the three of the surrogate, and the non-character */
	assert_int_equal(b->len, 1 + 7 * 3);
	for (size_t i = 1; i < b->len; i += 3)
		assert_memory_equal(b->data + i, "\xef\xbf\xbd", 3);
	buf_clear(b);
	/* what XML 1.0 allows goes through, to its ends (2.2) */
	assert_int_equal(buf_add_xml(b, STR("\r\x7f\xee\x80\x80\xef\xbf\xbd\xf0\x90\x80\x80\xf4\x8f\xbf\xbf")), 0);
	assert_true(str_eq(buf_str(b), STR("\r\x7f\xee\x80\x80\xef\xbf\xbd\xf0\x90\x80\x80\xf4\x8f\xbf\xbf")));
}

TEST(attributes)
{
	struct buf *b = scratch(100);

	assert_int_equal(buf_add_xml_attribute(b, "href", STR("a&\"b")), 0);
	assert_int_equal(buf_add_xml_attribute(b, "type", STR("")), 0);
	assert_int_equal(buf_add_xml_attribute(b, "rel", STR_NONE), 0);
	assert_string_equal(b->data, " href=\"a&amp;&quot;b\"");
}
