/* SPDX-License-Identifier: ISC */
#include "sitrep/schedule/outage.h"

#include "../test.h"

TEST(several_servers_in_a_row_are_enough)
{
	struct outage o;

	outage_init(&o);
	assert_false(outage_note_unreached(&o, 1));
	/* however often one server fails */
	assert_false(outage_note_unreached(&o, 1));
	assert_true(outage_note_unreached(&o, 2));
	assert_true(outage_has_server(&o, 1) && outage_has_server(&o, 2) && !outage_has_server(&o, 3));
	for (uint64_t server = 3; server < 100; server++)
		assert_true(outage_note_unreached(&o, server));
	assert_int_equal(o.count, OUTAGE_SERVERS);
}

TEST(reaching_one_server_ends_the_run)
{
	struct outage o;

	outage_init(&o);
	assert_int_equal(o.run, 1);
	(void)outage_note_unreached(&o, 1);
	assert_false(outage_note_reached(&o));
	assert_int_equal(o.run, 2);
	assert_false(outage_note_unreached(&o, 2));
	o.is_away = true;
	assert_true(outage_note_reached(&o));
	assert_false(o.is_away);
}

TEST(only_lately_unreached_feeds_are_evidence)
{
	static const struct {
		struct feed_state state;
		bool is_unreached, is_evidence;
	} rows[] = {
		{{.health = FEED_NEW}, false, true},
		{{.health = FEED_OK}, false, true},
		{{.health = FEED_FAILING, .failure = FAILURE_DNS, .errors = 1}, true, true},
		{{.health = FEED_FAILING, .failure = FAILURE_CONNECT, .errors = 3}, true, true},
		{{.health = FEED_FAILING, .failure = FAILURE_CONNECT, .errors = 4}, true, false},
		{{.health = FEED_FAILING, .failure = FAILURE_HTTP, .http_status = 500, .errors = 1}, false, false},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(outage_is_unreached(&rows[i].state), rows[i].is_unreached);
		assert_int_equal(outage_is_evidence(&rows[i].state), rows[i].is_evidence);
	}
}
