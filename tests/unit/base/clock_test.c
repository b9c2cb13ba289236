/* Time: the calendar by counting days, the written forms there and back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "sitrep/clock.h"

static int days_of(int year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	int is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return days[month - 1] + (month == 2 && is_leap);
}

/* Every day from 1600 to 2400, one after the other. */
static void test_calendar(void **state)
{
	int64_t day = civil_to_days(1600, 1, 1);

	(void)state;
	assert_int_equal(civil_to_days(1970, 1, 1), 0);
	for (int y = 1600; y <= 2400; y++) {
		for (int m = 1; m <= 12; m++) {
			for (int d = 1; d <= days_of(y, m); d++, day++) {
				int year, month, of_month;

				assert_int_equal(civil_to_days(y, m, d), day);
				civil_from_days(day, &year, &month, &of_month);
				assert_true(year == y && month == m && of_month == d);
			}
		}
	}
}

static void test_formats(void **state)
{
	char text[TIME_TEXT_MAX];

	(void)state;
	assert_string_equal(time_format_rfc3339(text, 1795431155000), "2026-11-23T10:52:35Z");
	assert_string_equal(time_format_rfc822(text, 1795431155000), "Mon, 23 Nov 2026 10:52:35 +0000");
	assert_string_equal(time_format_http(text, 1795431155000), "Mon, 23 Nov 2026 10:52:35 GMT");
	assert_string_equal(time_format_rfc3339(text, -1000), "1969-12-31T23:59:59Z");
	assert_string_equal(time_format_rfc3339(text, TIME_NONE), "");
	assert_string_equal(time_format_http(text, TIME_NONE), "");
	assert_int_equal(time_parse_http(STR("Sun, 06 Nov 1994 08:49:37 GMT")), 784111777000);
	assert_int_equal(time_parse_http(STR("Sunday, 06-Nov-94 08:49:37 GMT")), 784111777000);
	assert_int_equal(time_parse_http(STR("Sun Nov  6 08:49:37 1994")), 784111777000);
	assert_int_equal(time_parse_http(STR("yesterday")), TIME_NONE);
	assert_int_equal(time_parse_http(STR("Sun, 06 Nov 1994 25:49:37 GMT")), TIME_NONE);
	for (int64_t t = 0; t < INT64_C(4102444800000); t += INT64_C(86399977000))
		assert_int_equal(time_parse_http(str_from(time_format_http(text, t))), t / 1000 * 1000);
}

static void test_durations(void **state)
{
	static const struct {
		const char *text;
		int64_t ms;
	} good[] = {{"250ms", 250}, {"30s", 30000}, {"15m", 900000}, {"6h", 21600000}, {"90d", 7776000000},
		{"2w", 1209600000}, {"45", 45000}};
	static const char *const wrong[] = {"", "s", "5 parsecs", "-5s", "5.5s", "99999999999999999999d", "5mm"};
	char text[TIME_TEXT_MAX];
	int64_t n;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		assert_true(duration_parse(str_from(good[i].text), &n));
		assert_int_equal(n, good[i].ms);
		assert_true(duration_parse(str_from(duration_format(text, n)), &n));
		assert_int_equal(n, good[i].ms);
	}
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		assert_false(duration_parse(str_from(wrong[i]), &n));
	assert_string_equal(duration_format(text, 900000), "15m");
	assert_true(size_parse(STR("8M"), &n) && n == 8 << 20);
	assert_true(size_parse(STR("64K"), &n) && n == 64 << 10);
	assert_false(size_parse(STR("9999999999999G"), &n));
	assert_false(size_parse(STR("8X"), &n));
	assert_string_equal(size_format(text, 8 << 20), "8M");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_calendar),
		cmocka_unit_test(test_formats),
		cmocka_unit_test(test_durations),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
