/* SPDX-License-Identifier: ISC */
#include "../../../daemon/fetch/server_quirks.h"
#include "../test.h"

#define DAY (INT64_C(24) * 3600 * 1000)

static struct server_quirks quirks;

TEST(faults_are_remembered_for_a_day)
{
	quirks = (struct server_quirks){0};
	server_quirks_note(&quirks, "https://a.example:443", QUIRK_HTTP2, 1000);
	assert_int_equal(server_quirks_get(&quirks, "https://a.example:443", 1000 + DAY - 1), QUIRK_HTTP2);
	assert_int_equal(server_quirks_get(&quirks, "https://a.example:443", 1000 + DAY), 0);
	assert_int_equal(server_quirks_get(&quirks, "https://b.example:443", 1000), 0);
	server_quirks_note(&quirks, "https://a.example:443", QUIRK_ENCODING, 2000);
	assert_int_equal(server_quirks_get(&quirks, "https://a.example:443", 2000), QUIRK_HTTP2 | QUIRK_ENCODING);
}

TEST(full_memory_forgets_the_oldest)
{
	char name[32];

	quirks = (struct server_quirks){0};
	for (int i = 0; i <= SERVER_QUIRKS_MAX; i++) {
		snprintf(name, sizeof(name), "https://%d.example:443", i);
		server_quirks_note(&quirks, name, QUIRK_HTTP2, 1000 + i);
		assert_int_equal(server_quirks_get(&quirks, name, 1000 + i), QUIRK_HTTP2);
	}
	assert_int_equal(server_quirks_get(&quirks, "https://0.example:443", 2000), 0);
	assert_int_equal(server_quirks_get(&quirks, "https://1.example:443", 2000), QUIRK_HTTP2);
}
