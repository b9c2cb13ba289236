/* Dates as feeds write them, and what must not be taken for one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sitrep/text/date.h"

struct example {
	const char *text;
	const char *time; /* RFC 3339; "" for none */
};

static const struct example examples[] = {
	/* RFC 822, 1123, 850, asctime */
	{"Mon, 23 Nov 2026 10:52:35 GMT", "2026-11-23T10:52:35Z"},
	{"Mon, 23 Nov 2026 10:52:35 +0530", "2026-11-23T05:22:35Z"},
	{"23 Nov 26 10:52 EST", "2026-11-23T15:52:00Z"},
	{"Monday, 23-Nov-26 10:52:35 GMT", "2026-11-23T10:52:35Z"},
	{"Mon Nov 23 10:52:35 2026", "2026-11-23T10:52:35Z"},
	{"Mon Nov 23 10:52:35 KST 2026", "2026-11-23T01:52:35Z"},
	{"Mon(day), 23 Nov(ember) 26 10:52:35 UT", "2026-11-23T10:52:35Z"},
	{"Fri, 05 Nov 94 13:15:30 B", "1994-11-05T13:15:30Z"},
	{"05 Nov 103 13:15 GMT", "2003-11-05T13:15:00Z"},
	/* and their misspellings */
	{"Mon,23 Nov 2026 10:52:35 GMT", "2026-11-23T10:52:35Z"},
	{"Mon, 23 November, 2026 10:52:35 +00:00", "2026-11-23T10:52:35Z"},
	{"Nov 23, 2026 10:52 am", "2026-11-23T10:52:00Z"},
	{"Nov. 23, 2026, 10:52 p.m.", "2026-11-23T22:52:00Z"},
	{"Mon, November 23, 2026 at 12:05 AM EST", "2026-11-23T05:05:00Z"},
	{"Monday, November 23, 2026 - 3:07pm", "2026-11-23T15:07:00Z"},
	{"23rd Sept 2026", "2026-09-23T00:00:00Z"},
	{"Mon, 23 Nov 2026 1:2:3 GMT", "2026-11-23T01:02:03Z"},
	{"November 2026", "2026-11-01T00:00:00Z"},
	{"Mon, 23 Nov 2026 10:52:35 GMT+0900 (Korea Standard Time)", "2026-11-23T01:52:35Z"},
	{"Mon, 23 Nov 2026 10:52:35 EDT -0400", "2026-11-23T14:52:35Z"},
	{"Mon, 23 Nov 2026 10:52:35 Etc/GMT+5", "2026-11-23T15:52:35Z"},
	/* zones that keep daylight saving time by themselves */
	{"Fri, 31 Mar 2023 20:19:00 America/Los_Angeles", "2023-04-01T03:19:00Z"},
	{"Fri, 31 Jan 2025 20:19:00 PT", "2025-02-01T04:19:00Z"},
	{"9 Mar 2025 01:59 ET", "2025-03-09T06:59:00Z"},
	{"9 Mar 2025 03:00 ET", "2025-03-09T07:00:00Z"},
	{"2 Nov 2025 03:00 ET", "2025-11-02T08:00:00Z"},
	{"30 Mar 2025 12:00 Europe/Berlin", "2025-03-30T10:00:00Z"},
	{"26 Oct 2025 12:00 Europe/Kyiv", "2025-10-26T10:00:00Z"},
	{"1 Jul 2025 12:00 Asia/Seoul", "2025-07-01T03:00:00Z"},
	/* RFC 3339, ISO 8601, W3CDTF */
	{"2026-11-23T10:52:35Z", "2026-11-23T10:52:35Z"},
	{"2026-11-23t10:52:35.250+09:00", "2026-11-23T01:52:35Z"},
	{"2026-11-23T10:52:35,9-0330", "2026-11-23T14:22:35Z"},
	{"2026-11-23 10:52:35", "2026-11-23T10:52:35Z"},
	{"2026-11-23T10:52+01", "2026-11-23T09:52:00Z"},
	{"2026-11-23T10", "2026-11-23T10:00:00Z"},
	{"2026-11-23", "2026-11-23T00:00:00Z"},
	{"2026-11", "2026-11-01T00:00:00Z"},
	{"2026", "2026-01-01T00:00:00Z"},
	{"20261123", "2026-11-23T00:00:00Z"},
	{"20261123T105235Z", "2026-11-23T10:52:35Z"},
	{"20261123105235", "2026-11-23T10:52:35Z"},
	{"202611231052", "2026-11-23T10:52:00Z"},
	{"2026-327", "2026-11-23T00:00:00Z"},
	{"2026327", "2026-11-23T00:00:00Z"},
	{"2026-W48-1", "2026-11-23T00:00:00Z"},
	{"2026-W48-1T10:00Z", "2026-11-23T10:00:00Z"},
	{"2020-W53-5", "2021-01-01T00:00:00Z"},
	{"26-11-23", "2026-11-23T00:00:00Z"},
	/* numbers alone */
	{"1795431155", "2026-11-23T10:52:35Z"},
	{"1795431155000", "2026-11-23T10:52:35Z"},
	{"1795431155.75", "2026-11-23T10:52:35Z"},
	{"11/23/2026 10:52", "2026-11-23T10:52:00Z"},
	{"3/4/2026", "2026-03-04T00:00:00Z"},
	{"23/11/2026", "2026-11-23T00:00:00Z"},
	{"23.11.2026", "2026-11-23T00:00:00Z"},
	{"03.04.26 14.30 Uhr", "2026-04-03T14:30:00Z"},
	{"2026/11/23 10:52:35 EDT", "2026-11-23T14:52:35Z"},
	/* the ends of days */
	{"2026-11-23T24:00:00Z", "2026-11-24T00:00:00Z"},
	{"23 Nov 2026 24:05 GMT", "2026-11-23T00:05:00Z"},
	{"2016-12-31T23:59:60Z", "2017-01-01T00:00:00Z"},
	{"2024-02-29", "2024-02-29T00:00:00Z"},
	{"31 Dec 2199 23:59:59 GMT", "2199-12-31T23:59:59Z"},
	{"Tue, 06 Jun 1944 06:30:00 GMT", "1944-06-06T06:30:00Z"},
	/* an offset whose plus became a blank */
	{"2026-11-24T09:30:00 01:00", "2026-11-24T08:30:00Z"},
	{"2026-11-24 09:30 05:30", "2026-11-24T04:00:00Z"},
	{"2026-11-24T09:30:00.250 0900", "2026-11-24T00:30:00Z"},
	{"Tue, 24 Nov 2026 09:30:00 0100", "2026-11-24T08:30:00Z"},
	{"Tue Nov 24 09:30:00 0000 2026", "2026-11-24T09:30:00Z"},
	{"Tue Nov 24 09:30:00 2026", "2026-11-24T09:30:00Z"},
	/* languages */
	{"lun., 23 nov. 2026 10:52:35 +0100", "2026-11-23T09:52:35Z"},
	{"mar, 12 mar 2024 10:00:00 GMT", "2024-03-12T10:00:00Z"},
	{"Mardi 4 f\xC3\xA9vrier 2026 \xC3\xA0 14h30", "2026-02-04T14:30:00Z"},
	{"Mo, 23. M\xC3\xA4rz 2026 10:52 MEZ", "2026-03-23T09:52:00Z"},
	{"am 23.11.2026 12:30", "2026-11-23T12:30:00Z"},
	{"23 de noviembre de 2026", "2026-11-23T00:00:00Z"},
	{"12 de mar\xC3\xA7o de 2026", "2026-03-12T00:00:00Z"},
	{"23 novembre 2026", "2026-11-23T00:00:00Z"},
	{"23 pa\xC5\xBA"
	 "dziernika 2026",
		"2026-10-23T00:00:00Z"},
	{"2026. j\xC3\xBAlius 13., 9:15", "2026-07-13T09:15:00Z"},
	{"2004-j\xC3\xBAlius-13T9:15-05:00", "2004-07-13T14:15:00Z"},
	{"23 \xC5\x9Eubat 2026", "2026-02-23T00:00:00Z"},
	{"23 Kas\xC4\xB1m 2026 10:52", "2026-11-23T10:52:00Z"},
	{"\xD0\x9F\xD0\xBD, 23 \xD0\xBD\xD0\xBE\xD1\x8F\xD0\xB1\xD1\x80\xD1\x8F 2026 10:52 \xD0\x9C\xD0\xA1\xD0\x9A",
		"2026-11-23T07:52:00Z"},
	{"9 \xD0\x9C\xD0\x90\xD0\x99 2026", "2026-05-09T00:00:00Z"},
	{"23 \xD0\xBB\xD0\xB8\xD1\x81\xD1\x82\xD0\xBE\xD0\xBF\xD0\xB0\xD0\xB4\xD0\xB0 2026", "2026-11-23T00:00:00Z"},
	{"\xCE\x94\xCE\xB5\xCF\x85, 23 \xCE\x9D\xCE\xBF\xCE\xAD 2026 10:52:35 EET", "2026-11-23T08:52:35Z"},
	{"23 \xCE\x99\xCE\xB1\xCE\xBD\xCE\xBF\xCF\x85\xCE\xAC\xCF\x81\xCE\xB9\xCE\xBF\xCF\x82 2026",
		"2026-01-23T00:00:00Z"},
	{"23 \xD7\x91\xD7\xA0\xD7\x95\xD7\x91\xD7\x9E\xD7\x91\xD7\xA8 2026", "2026-11-23T00:00:00Z"},
	{"\xD9\xA2\xD9\xA3 \xD9\x86\xD9\x88\xD9\x81\xD9\x85\xD8\xA8\xD8\xB1 \xD9\xA2\xD9\xA0\xD9\xA2\xD9\xA6",
		"2026-11-23T00:00:00Z"},
	{"23 \xD8\xAA\xD8\xB4\xD8\xB1\xD9\x8A\xD9\x86 \xD8\xA7\xD9\x84\xD8\xAB\xD8\xA7\xD9\x86\xD9\x8A 2026",
		"2026-11-23T00:00:00Z"},
	{"1 \xD8\xA3\xD8\xBA\xD8\xB3\xD8\xB7\xD8\xB3 2026", "2026-08-01T00:00:00Z"},
	/* East Asia, with its own time where none is named */
	{"2026\xEB\x85\x84 11\xEC\x9B\x94 23\xEC\x9D\xBC 10:52:35", "2026-11-23T01:52:35Z"},
	{"2026-11-23 \xEC\x98\xA4\xED\x9B\x84 11:23:17", "2026-11-23T14:23:17Z"},
	{"2026\xEB\x85\x84 11\xEC\x9B\x94 23\xEC\x9D\xBC(\xEC\x9B\x94) \xEC\x98\xA4\xEC\xA0\x84 9\xEC\x8B\x9C "
	 "30\xEB\xB6\x84",
		"2026-11-23T00:30:00Z"},
	{"2026\xE5\xB9\xB4"
	 "11\xE6\x9C\x88"
	 "23\xE6\x97\xA5(\xE6\x9C\x88) \xE5\x8D\x88\xE5\xBE\x8C"
	 "3\xE6\x99\x82"
	 "05\xE5\x88\x86",
		"2026-11-23T06:05:00Z"},
	{"2026\xE5\xB9\xB4"
	 "11\xE6\x9C\x88"
	 "23\xE6\x97\xA5 10:52:35",
		"2026-11-23T02:52:35Z"},
	{"2026\xE5\xB9\xB4"
	 "11\xE6\x9C\x88"
	 "23\xE6\x97\xA5 10:52:35 +0000",
		"2026-11-23T10:52:35Z"},
	/* not dates */
	{"", ""},
	{"   ", ""},
	{"foobar", ""},
	{"013", ""},
	{"22013", ""},
	{"Mon, 23 Nov 2026 1:2:3:4 GMT", ""},
	{"Mon, 16 zzz 2026 11:47:32 GMT", ""},
	{"Mon, 16 Dec zz 11:47:32 GMT", ""},
	{"Mon, 99 Jun 2026 12:00:00 GMT", ""},
	{"2026-02-29", ""},
	{"2026-13-01", ""},
	{"2026-00-10", ""},
	{"2026-11-23T25:00:00Z", ""},
	{"2026-11-23T10:60:00Z", ""},
	{"2026-11-23T10:52:61Z", ""},
	{"2026-11-23T10:52:35+99:99", ""},
	{"2026-11-23T10:52:35+00:xx", ""},
	{"2026-11-23-01", ""},
	{"2026-366", ""},
	{"2026-W54-1", ""},
	{"0000-01-01", ""},
	{"2026-11-24T09:30:00 99:00", ""},
	/* a day that is none */
	{"Dec x 2026", ""},
	{"Dec. xx, 2026", ""},
	{"?? December 2026", ""},
	{"2026 Dec TBD", ""},
	{"Mon, x Dec 2026 10:00:00 GMT", ""},
	{"2026-12-xx", ""},
	{"xx/12/2026", ""},
	{"early 2026", ""},
	/* zeros of programs */
	{"Wed, 30 Nov -0001 00:00:00 +0000", ""},
	{"-0001-11-30T00:00:00Z", ""},
	{"0001-01-01T00:00:00Z", ""},
	{"0001-01-01T00:00:00+09:00", ""},
	{"Mon, 01 Jan 0001 00:00:00 GMT", ""},
	{"1601-01-01T00:00:00Z", ""},
	{"1753-01-01T00:00:00", ""},
	{"17 Nov 1858 00:00:00 GMT", ""},
	{"Sat, 30 Dec 1899 00:00:00 GMT", ""},
	{"1899-12-31T00:00:00-05:00", ""},
	{"Mon, 01 Jan 1900 00:00:00 GMT", ""},
	{"1900-01-01T00:00:00-11:00", ""},
	{"1904-01-01T00:00:00Z", ""},
	{"Thu, 01 Jan 1970 00:00:00 +0000", ""},
	{"Thu, 01 Jan 1970 01:00:00 +0100", ""},
	{"Thu, 01 Jan 1970 00:00:00 -0500", ""},
	{"1969-12-31T23:59:59Z", ""},
	{"1970-01-01T00:20:34Z", ""},
	{"1980-01-01T00:00:00+02:00", ""},
	/* years of other calendars */
	{"1405/09/03 09:30", ""},
	{"3 Nov 1448", ""},
	{"\xDB\xB1\xDB\xB4\xDB\xB0\xDB\xB5/\xDB\xB0\xDB\xB9/\xDB\xB0\xDB\xB3", ""},
	{"26/11/2569 10:00", ""},
	{"2569-11-26T10:00:00+07:00", ""},
	{"16 Nov 5787", ""},
	{"31 Dec 9999 23:59:59 GMT", ""},
	{"12345678901234567890123", ""},
	{"5 August", ""},
};

static void reads(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
		char text[TIME_TEXT_MAX];
		const char *rule = NULL;
		int64_t time = date_parse(str_from(examples[i].text), &rule);

		if (!str_eq(str_from(time_format_rfc3339(text, time)), str_from(examples[i].time)))
			fail_msg("\"%s\" is read as %s (%s), not %s", examples[i].text, text, rule != NULL ? rule : "-",
				examples[i].time);
		assert_true((rule != NULL) == (time != TIME_NONE));
	}
}

static void keeps_milliseconds(void **state)
{
	(void)state;
	assert_int_equal(date_parse(STR("2026-11-23T10:52:35.25Z"), NULL), INT64_C(1795431155250));
	assert_int_equal(date_parse(STR("2026-11-23T10:52:35.0015Z"), NULL), INT64_C(1795431155001));
	assert_int_equal(date_parse(STR("1795431155123"), NULL), INT64_C(1795431155123));
	assert_int_equal(date_parse(STR("1795431155123456"), NULL), INT64_C(1795431155123));
}

/* Whatever comes in: no crash, and nothing outside the years that can be written. */
static void survives_anything(void **state)
{
	static const char alphabet[] = "0123456789:-/.,+TZ aAmMpPnNoOvVwW()\xEB\x85\x84\xE6\x9C\x88\xFF\xC3\0";
	uint64_t seed = 88172645463325252u;

	(void)state;
	for (int round = 0; round < 200000; round++) {
		char text[48];
		size_t len;
		int64_t time;

		seed ^= seed << 13;
		seed ^= seed >> 7;
		seed ^= seed << 17;
		len = seed % sizeof(text);
		for (size_t i = 0; i < len; i++)
			text[i] = alphabet[(seed >> (i % 40)) * (i + 7) % sizeof(alphabet)];
		time = date_parse(str_make(text, len), NULL);
		if (time != TIME_NONE)
			assert_true(time > -INT64_C(62167219200000) - 86400000 &&
				    time < INT64_C(253402300800000) + 86400000);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads),
		cmocka_unit_test(keeps_milliseconds),
		cmocka_unit_test(survives_anything),
	};

	return cmocka_run_group_tests_name("date", tests, NULL, NULL);
}
