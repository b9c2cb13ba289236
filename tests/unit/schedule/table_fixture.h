/* SPDX-License-Identifier: ISC */
/* table_fixture.h: a feed table with a configuration in force, for tests of those who read it. */
#ifndef SITREP_TEST_TABLE_FIXTURE_H
#define SITREP_TEST_TABLE_FIXTURE_H

#include "../scratch.h"
#include "sitrep/schedule/feed_table.h"

static inline void table_ignore(void *arg, struct feed *f)
{
	(void)arg;
	(void)f;
}

/* Puts c into force; states, of the enabled feeds, are copied. */
static inline void table_apply(struct feed_table *t, const struct config *c, const struct feed_state *states,
	const struct feed_table_events *events, void *arg)
{
	struct error err = {0};
	struct feed_table_change *ch = feed_table_prepare(t, c, &err);
	struct feed_state *copies;
	int64_t highest = 0;
	size_t count;

	assert_ok(ch != NULL, err);
	count = feed_table_change_count(ch);
	copies = calloc(count + 1, sizeof(*copies));
	assert_non_null(copies);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(feed_state_copy(&copies[i], &states[i]), 0);
		highest = states[i].id > highest ? states[i].id : highest;
	}
	assert_int_equal(feed_table_reserve_ids(ch, highest), 0);
	feed_table_apply(t, ch, copies, events, arg);
	feed_table_change_free(ch);
	free(copies);
}

static inline struct feed_table *table_of(const struct config *c, const struct feed_state *states)
{
	static const struct feed_table_events none = {table_ignore, table_ignore, table_ignore};
	struct feed_table *t = feed_table_new();

	assert_non_null(t);
	table_apply(t, c, states, &none, NULL);
	return t;
}

#endif
