/* SPDX-License-Identifier: ISC */
#include "prune.h"

#include "sitrep/sql/sql.h"
#include "sitrep/sql/statements.h"

static const char *const texts[PRUNE_STATEMENTS] = {
	[PRUNE_ITEM] = "DELETE FROM item WHERE id = ?1",
	[PRUNE_REVISIONS] = "DELETE FROM revision WHERE item_id = ?1",
	[PRUNE_REPORT] = "UPDATE story SET reports = reports - 1,"
			 " sources = sources - NOT EXISTS(SELECT 1 FROM item WHERE publisher_id = ?2 AND story_id = ?1)"
			 " WHERE id = ?1",
	[PRUNE_STORY] = "DELETE FROM story WHERE id = ?1 AND reports <= 0",
	[PRUNE_PUBLISHER] = ("DELETE FROM publisher WHERE id = ?1"
			     " AND NOT EXISTS(SELECT 1 FROM item WHERE publisher_id = ?1)"),
};
SQL_TEXTS(texts, PRUNE_STATEMENTS);

static const char cannot_prune[] = "cannot remove an item";

int pruned_items_read(struct sql_stmt *list, struct pruned_item *items, int max, struct error *err)
{
	int count = 0, result = 0;

	while (count < max && (result = sql_step(list, err, cannot_prune)) == 1)
		items[count++] = (struct pruned_item){
			.id = sql_int(list, 0),
			.feed_id = sql_int(list, 1),
			.story_id = sql_int(list, 2),
			.publisher_id = sql_int(list, 3),
			.bytes = sql_int(list, 4),
		};
	sql_reset(list);
	return result < 0 ? result : count;
}

int pruner_init(struct pruner *p, struct sql_db *db, struct error *err)
{
	return sql_prepare(db, texts, PRUNE_STATEMENTS, p->s, err);
}

void pruner_release(struct pruner *p)
{
	sql_finalize(p->s, PRUNE_STATEMENTS);
}

static int run_by_id(struct pruner *p, enum prune_statement which, int64_t id, struct error *err)
{
	return sql_run(p->s[which], err, cannot_prune, as_int(id));
}

int pruner_drop(struct pruner *p, struct ingest *k, const struct pruned_item *it, struct error *err)
{
	int result = run_by_id(p, PRUNE_ITEM, it->id, err);

	if (result == 0)
		result = run_by_id(p, PRUNE_REVISIONS, it->id, err);
	/* Later items may not join a removed story through this item. */
	if (result == 0)
		result = grouping_forget(k->grouping, it->id, err);
	if (result == 0)
		result = sql_run(p->s[PRUNE_REPORT], err, cannot_prune, as_int(it->story_id), as_int(it->publisher_id));
	if (result == 0)
		result = run_by_id(p, PRUNE_STORY, it->story_id, err);
	if (result != 0)
		return result;
	k->counters.stories -= sql_changed(p->s[PRUNE_STORY]);
	k->counters.items--;
	k->visible = true;
	result = run_by_id(p, PRUNE_PUBLISHER, it->publisher_id, err);
	return result == 0 ? feed_store_count(&k->feeds, it->feed_id, -1, -it->bytes, err) : result;
}
