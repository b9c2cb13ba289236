/* SPDX-License-Identifier: ISC */
#include "schema.h"

#include <stdio.h>

#include "schema_repair.h"
#include "schema_steps.h"
#include "sitrep/base/clock.h"
#include "sitrep/base/log.h"
#include "sitrep/base/service.h"
#include "sitrep/sql/database.h"
#include "sitrep/sql/sql.h"
#include "sitrep/sql/statements.h"
#include "sitrep/story/near_rebuild.h"
#include "store_copy.h"

enum {
	/* The time that each message to the service manager asks for. */
	EXTEND_MS = 60 * 1000,
	/* The time between two messages. */
	SIGN_OF_LIFE_MS = 5 * 1000,
	/* That time is checked after so many instructions of SQLite's virtual machine, some milliseconds. */
	INSTRUCTIONS = 100 * 1000,
};

static const char cannot_migrate[] = "cannot migrate the database";

/* A process migrates once, at its start. */
static int64_t last_sign_ms;

static void keep_alive(void)
{
	int64_t now_ms = clock_mono_ms();

	if (now_ms - last_sign_ms < SIGN_OF_LIFE_MS)
		return;
	last_sign_ms = now_ms;
	service_extend_start(EXTEND_MS);
}

static int on_progress(void *arg UNUSED)
{
	keep_alive();
	return 0;
}

static int take_step(struct sql_db *db, int version, struct error *err)
{
	char done[48];
	int result = sql_exec(db, schema_steps[version], err, cannot_migrate);

	if (result == 0 && version + 1 == SCHEMA_REPAIR_VERSION)
		result = schema_repair(db, err);
	snprintf(done, sizeof(done), "PRAGMA user_version = %d", version + 1);
	return result == 0 ? sql_exec(db, done, err, cannot_migrate) : result;
}

static int take_steps(struct sql_db *db, int from, struct error *err)
{
	int result = sql_exec(db, "BEGIN IMMEDIATE", err, cannot_migrate);

	for (int version = from; version < STORE_SCHEMA_VERSION && result == 0; version++)
		result = take_step(db, version, err);
	if (result == 0)
		result = near_rebuild(db, err);
	if (result == 0)
		result = statements_check(db, err);
	if (result == 0)
		result = sql_exec(db, "COMMIT", err, cannot_migrate);
	if (result != 0 && sql_in_transaction(db))
		sql_exec(db, "ROLLBACK", NULL, "");
	return result;
}

int schema_migrate(struct sql_db *db, const char *path, int from, struct error *err)
{
	int result = 0;

	if (from >= STORE_SCHEMA_VERSION)
		return 0;
	last_sign_ms = clock_mono_ms() - SIGN_OF_LIFE_MS;
	sql_on_progress(db, INSTRUCTIONS, on_progress, NULL);
	if (from > 0) {
		keep_alive();
		result = store_copy(db, path, from, keep_alive, err);
	}
	if (result == 0)
		result = take_steps(db, from, err);
	sql_on_progress(db, 0, NULL, NULL);
	if (result == 0 && from > 0)
		log_emit(LOG_LEVEL_NOTICE, "the database was migrated to the new schema", "schema_before",
			LOG_NUM(from), "schema", LOG_NUM(STORE_SCHEMA_VERSION), NULL);
	return result;
}
