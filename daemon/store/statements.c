/* All SQL that the program prepares. */
#include "statements.h"

#include <errno.h>

static const struct sql_texts *const modules[] = {
	&clock_record_texts,
	&feed_store_texts,
	&held_texts,
	&item_store_texts,
	&journal_texts,
	&keeper_clock_texts,
	&named_texts,
	&near_index_texts,
	&near_store_texts,
	&publisher_texts,
	&reader_texts,
	&retention_texts,
	&rule_store_texts,
	&say_texts,
	&websub_store_texts,
	&near_compact_texts,
	&prune_texts,
	&size_texts,
	&why_texts,
};

static int check(sqlite3 *db, const char *text, struct error *err)
{
	sqlite3_stmt *s = NULL;
	int result = 0;

	if (sqlite3_prepare_v2(db, text, -1, &s, NULL) != SQLITE_OK)
		result =
			error_set(err, -EUCLEAN, "the database lacks what this program needs (%s)", sqlite3_errmsg(db));
	sqlite3_finalize(s);
	return result;
}

int statements_check(sqlite3 *db, struct error *err)
{
	int result = 0;

	for (size_t m = 0; m < sizeof(modules) / sizeof(modules[0]); m++)
		for (size_t i = 0; i < modules[m]->count && result == 0; i++)
			result = check(db, modules[m]->texts[i], err);
	return result;
}
