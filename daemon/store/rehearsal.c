/* A keeper on a folder of its own.  Each outlet becomes a feed with the outlet's domain for a publisher. */
#include "sitrep/rehearsal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "keeper.h"
#include "sitrep/domain.h"
#include "sitrep/limits.h"
#include "sql.h"

/* Items of one transaction. */
enum { BATCH = 500 };

struct rehearsal {
	char dir[sizeof(P_tmpdir) + 32];
	struct keeper keeper;
	bool is_open;
	size_t in_batch;
	struct rehearsal_verdict verdict;
};

static void note_verdict(void *arg, const struct intake_verdict *v)
{
	struct rehearsal *r = arg;

	r->verdict = (struct rehearsal_verdict){
		.relation = intake_relation_name(v->relation),
		.item_id = v->item_id,
		.story_id = v->story_id,
		.of_id = v->of_id,
		.score = v->score,
	};
}

static void plan_never(void *arg, struct feed_state *state, const struct poll_outcome *outcome, struct poll_news *news)
{
	(void)arg;
	(void)outcome;
	(void)news;
	state->due_ms = TIME_NONE;
}

struct rehearsal *rehearsal_new(const struct story_policy *policy, struct error *err)
{
	struct rehearsal *r = calloc(1, sizeof(*r));
	struct writer_options options = {.plan = plan_never};

	if (r == NULL) {
		(void)error_sys(err, -ENOMEM, "cannot rehearse");
		return NULL;
	}
	(void)snprintf(r->dir, sizeof(r->dir), "%s/sitrep-rehearsal-XXXXXX", P_tmpdir);
	if (mkdtemp(r->dir) == NULL) {
		(void)error_sys(err, -errno, "cannot make a folder in %s", P_tmpdir);
		free(r);
		return NULL;
	}
	options.state_dir = r->dir;
	r->is_open = keeper_open(&r->keeper, &options, err) == 0;
	if (!r->is_open || sql_exec(r->keeper.store.db, "PRAGMA synchronous = OFF", err, "cannot rehearse") != 0) {
		rehearsal_free(r);
		return NULL;
	}
	grouping_set_policy(r->keeper.grouping, policy);
	r->keeper.intake.told = note_verdict;
	r->keeper.intake.told_arg = r;
	return r;
}

void rehearsal_free(struct rehearsal *r)
{
	static const char *const names[] = {"sitrepd.db", "sitrepd.db-wal", "sitrepd.db-shm", "sitrepd.lock"};
	char path[sizeof(r->dir) + 32];

	if (r == NULL)
		return;
	if (r->is_open)
		keeper_close(&r->keeper);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", r->dir, names[i]);
		(void)unlink(path);
	}
	(void)rmdir(r->dir);
	free(r);
}

static int find_feed(struct rehearsal *r, struct str outlet, int64_t *id, struct error *err)
{
	char name[LIMIT_NAME], publisher[LIMIT_NAME];
	struct str domain = domain_registrable(outlet);
	struct feed_spec spec = {
		.name = name, .url = name, .categories = "", .publisher = publisher, .first_due_ms = 0};
	int result;

	(void)snprintf(name, sizeof(name), "%.*s", STR_ARG(outlet));
	(void)snprintf(publisher, sizeof(publisher), "%.*s", STR_ARG(domain));
	result = feed_store_find(&r->keeper.feeds, name, id, err);
	if (result == 0)
		result = feed_store_insert(&r->keeper.feeds, &spec, id, err);
	return result < 0 ? result : 0;
}

static int next_batch(struct rehearsal *r, int64_t at_ms, struct error *err)
{
	int result = 0;

	if (r->in_batch == BATCH) {
		result = keeper_commit(&r->keeper, at_ms, err);
		r->in_batch = 0;
		if (result == 0)
			(void)sqlite3_wal_checkpoint_v2(
				r->keeper.store.db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
	}
	if (result == 0 && r->in_batch == 0)
		result = keeper_begin(&r->keeper, err);
	r->in_batch++;
	return result;
}

int rehearsal_take(struct rehearsal *r, struct str outlet, struct item *it, int64_t at_ms,
	struct rehearsal_verdict *verdict, struct error *err)
{
	struct intake_counts counts = {0};
	struct feed_row row = {0};
	struct document d;
	int64_t feed_id;
	int result = next_batch(r, at_ms, err);

	document_init(&d);
	d.items.items = it;
	d.items.count = 1;
	r->verdict = (struct rehearsal_verdict){.relation = "unchanged"};
	if (result == 0)
		result = find_feed(r, outlet, &feed_id, err);
	if (result == 0)
		result = feed_store_load(&r->keeper.feeds, feed_id, &row, err);
	if (result == 0) {
		row.backlog = false;
		result = intake_document(&r->keeper.intake, &row, &d, at_ms, &counts, err);
	}
	feed_row_release(&row);
	*verdict = r->verdict;
	return result;
}

int rehearsal_measure(struct rehearsal *r, struct grouping_stats *stats, int64_t *bytes, struct error *err)
{
	struct stat st;
	char path[sizeof(r->dir) + 32];
	int result = 0;

	if (r->in_batch > 0)
		result = keeper_commit(&r->keeper, 0, err);
	r->in_batch = 0;
	if (result == 0)
		result = grouping_get_stats(r->keeper.grouping, stats, err);
	(void)sqlite3_wal_checkpoint_v2(r->keeper.store.db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
	(void)snprintf(path, sizeof(path), "%s/sitrepd.db", r->dir);
	*bytes = stat(path, &st) == 0 ? (int64_t)st.st_size : 0;
	return result;
}
