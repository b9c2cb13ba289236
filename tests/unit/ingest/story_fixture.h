/* SPDX-License-Identifier: ISC */
/* story_fixture.h: documents whose items have the sketches that a worker gives them, texts to fill them with, and
 * the whole of a database as text, to be compared. */
#ifndef SITREP_TEST_STORE_STORY_FIXTURE_H
#define SITREP_TEST_STORE_STORY_FIXTURE_H

#include "../../../daemon/sql/sql_internal.h"
#include "../identity/sketch_fixture.h"
#include "fixture.h"
#include "sitrep/sql/sql.h"

#define RADAR_TITLE "Three navies to share pictures of coastal radars"
#define RADAR_OTHER_TITLE "Radar pictures will cross the strait"
#define RADAR(stations)                                                                                                \
	"Three navies will share the pictures of " stations " coastal radars from the first day of March, their "      \
	"chiefs of staff said after two days of talks on board a training ship. Each of them has watched the strait "  \
	"on its own so far, and fishing boats were often reported twice. A common room with 24 seats is being built "  \
	"in the harbour office, next to the pilots. The costs of 7 million are shared in equal parts, and the first "  \
	"crews begin to learn the procedures before the end of the year."
#define RADAR_REPRINT(stations)                                                                                        \
	"HARBOUR TOWN (Agency) - Three navies will share the pictures of " stations " coastal radars from the first "  \
	"day of March, their chiefs of staff said after two days of talks on board a training ship. Each of them has " \
	"watched the strait on its own so far, and fishing boats were often reported twice. A common room with 24 "    \
	"seats is being built in the harbour office. Skippers have welcomed the plan, which they had asked for since " \
	"a collision in fog."
#define FERRY_TITLE "Army ferry goes back to work after long repairs"
#define FERRY                                                                                                          \
	"The ferry that carries tanks across the lake has gone back to work after 19 months in the dock. Divers had "  \
	"found cracks in its hull when they looked for a lost anchor, and the yard had to wait for steel that nobody " \
	"rolls any more. Its crew of 11 passed the time on a museum steamer. The ferry can take four tanks at once, "  \
	"and will not be replaced before the bridge at the narrows is wide enough, which the province has put off "    \
	"until further notice."
#define QUARRY_TITLE "Engineers blow up old quarry for training"
#define QUARRY                                                                                                         \
	"Engineers have blown up the last wall of an old quarry in the hills, where recruits will learn to clear "     \
	"roads after landslides. The blast used 900 kilograms of explosive and was heard in two valleys. Geologists "  \
	"had marked the places for the holes and found a cave with bats, which were led out through a tunnel of nets " \
	"the week before. Villagers watched from the church tower, and the mayor pressed the button after a count "    \
	"down from ten by the children of the school."

/* As draft_add(), with a sketch. */
static inline struct item *draft_add_text(
	struct draft *f, const char *guid, const char *link, const char *title, const char *body)
{
	struct item *it = draft_add(f, guid, link, title, body);
	struct sketch s = sketch_of(title, body);
	struct buf bytes = BUF_INIT(SKETCH_BYTES_MAX);

	assert_int_equal(sketch_encode(&bytes, &s), 0);
	it->sketch = arena_str(&f->arena, buf_str(&bytes));
	buf_release(&bytes);
	return it;
}

/* ---- a database as text: a line a row, its columns by name */

static inline bool is_listed(const char *name, const char *const *list)
{
	for (; *list != NULL; list++)
		if (strcmp(name, *list) == 0)
			return true;
	return false;
}

static inline void dump_value(struct buf *out, struct sql_stmt *s, int column)
{
	struct str bytes = sql_blob(s, column);

	if (sqlite3_column_type(s->handle, column) == SQLITE_BLOB) {
		for (size_t i = 0; i < bytes.len; i++) {
			buf_putc(out, "0123456789abcdef"[(unsigned char)bytes.data[i] >> 4]);
			buf_putc(out, "0123456789abcdef"[bytes.data[i] & 15]);
		}
	} else if (!sql_is_null(s, column)) {
		buf_printf(out, "%s", sql_cstr(s, column));
	}
}

static inline void dump_table(
	struct buf *out, struct sql_db *db, const char *table, const char *where, const char *const *but_columns)
{
	char text[200];
	struct sql_stmt *s;

	snprintf(text, sizeof(text), "SELECT * FROM %s%s", table, where);
	assert_int_equal(sql_prepare_once(db, text, &s, NULL, "test"), 0);
	while (sql_step(s, NULL, "test") == 1) {
		buf_printf(out, "%s", table);
		for (int i = 0; i < sql_columns(s); i++) {
			if (is_listed(sql_column_name(s, i), but_columns))
				continue;
			buf_printf(out, " %s=", sql_column_name(s, i));
			dump_value(out, s, i);
		}
		buf_putc(out, '\n');
	}
	sql_finalize(&s, 1);
}

/* Every table that there is but those listed, without the columns listed.  The caller frees. */
static inline char *dump_database(const char *dir, const char *const *but_tables, const char *const *but_columns)
{
	struct buf out = BUF_INIT(DOCUMENT_MAX);
	struct store store;
	struct error err = {0};
	struct sql_stmt *s;

	assert_ok(store_open(&store, dir, STORE_READ, &err) == 0, err);
	assert_int_equal(sql_prepare_once(store.db,
				 "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
				 " ORDER BY name",
				 &s, NULL, "test"),
		0);
	while (sql_step(s, NULL, "test") == 1) {
		const char *table = sql_cstr(s, 0);

		if (!is_listed(table, but_tables))
			dump_table(&out, store.db, table, "", but_columns);
	}
	sql_finalize(&s, 1);
	store_close(&store);
	return buf_take(&out, NULL);
}

/* Says in which line the two differ first. */
static inline void assert_same_dump(const char *got, const char *expected, const char *when)
{
	size_t line = 0, at = 0;

	if (strcmp(got, expected) == 0)
		return;
	for (; got[at] == expected[at]; at++)
		if (got[at] == '\n')
			line = at + 1;
	fail_msg("%s:\n%.*s\n  instead of\n%.*s", when, (int)strcspn(got + line, "\n"), got + line,
		(int)strcspn(expected + line, "\n"), expected + line);
}

#endif
