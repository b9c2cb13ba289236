/* SPDX-License-Identifier: ISC */
/* A text of at most NEAR_SKETCH_SHINGLES shingles was stored without its opening, so it is indexed under its sample
 * alone.  Sketches that do not decode are removed: no other code can read them. */
#include "sitrep/story/near_rebuild.h"

#include <errno.h>
#include <stdlib.h>

#include "sitrep/identity/sketch.h"
#include "sitrep/sql/seal.h"
#include "sitrep/sql/sql.h"
#include "sitrep/story/near_index.h"
#include "sitrep/story/near_store.h"

struct rebuild {
	struct near_store store;
	struct near_index index;
	struct sketch sketch;
	struct sql_stmt *all, *drop;
};

static const char cannot_rebuild[] = "cannot rebuild the index of texts";

static int add_all(struct rebuild *r, struct error *err)
{
	int result;

	while ((result = sql_step(r->all, err, cannot_rebuild)) == 1) {
		int64_t item_id = sql_int(r->all, 0);
		struct str bytes;

		if (seal_open(sql_blob(r->all, 2), &bytes) < 0 || sketch_decode(bytes, &r->sketch) != 0) {
			result = sql_run(r->drop, err, cannot_rebuild, as_int(item_id));
		} else {
			uint64_t keys[NEAR_SHINGLES_MAX];
			size_t count = near_keys(&r->sketch, keys);

			result = near_index_add(&r->index, item_id, false, keys, count, sql_int(r->all, 1), err);
		}
		if (result != 0)
			return result;
	}
	return result;
}

static int rebuild(struct rebuild *r, struct sql_db *db, struct error *err)
{
	/* The oldest first: of two weeks that share a table the later one keeps it. */
	static const char *const texts[] = {"SELECT item_id, seen, sketch FROM near_sketch ORDER BY seen, item_id",
		"DELETE FROM near_sketch WHERE item_id = ?1"};
	struct sql_stmt *s[2];
	int result = sql_exec(db,
		"DELETE FROM near_bucket_0; DELETE FROM near_bucket_1; DELETE FROM near_bucket_2;"
		"DELETE FROM near_bucket_3; DELETE FROM near_pending; DELETE FROM near_state"
		" WHERE name NOT IN ('halved', 'instance')",
		err, cannot_rebuild);

	if (result == 0)
		result = near_store_init(&r->store, db, err);
	if (result == 0)
		result = near_index_init(&r->index, db, &r->store, err);
	if (result == 0)
		result = sql_prepare(db, texts, 2, s, err);
	if (result != 0)
		return result;
	r->all = s[0];
	r->drop = s[1];
	result = add_all(r, err);
	sql_finalize(s, 2);
	return result;
}

int near_rebuild(struct sql_db *db, struct error *err)
{
	struct rebuild *r;
	int64_t asked;
	int result =
		sql_ask_int(db, "SELECT value FROM near_state WHERE name = 'rebuild'", &asked, err, cannot_rebuild);

	if (result != 0 || asked == 0)
		return result;
	r = calloc(1, sizeof(*r));
	if (r == NULL)
		return error_sys(err, -ENOMEM, "%s", cannot_rebuild);
	result = rebuild(r, db, err);
	near_index_release(&r->index);
	near_store_release(&r->store);
	free(r);
	return result;
}
