/* SPDX-License-Identifier: ISC */
#include "sitrep/store/stored_names.h"

#include <errno.h>

#include "sitrep/sql/sql.h"
#include "sitrep/store/store.h"

static const char cannot_read[] = "cannot read the names of feeds";

int stored_names_load(const char *state_dir, stored_name_fn *fn, void *arg, struct error *err)
{
	static const char text[] = "SELECT url, name FROM feed WHERE active = 1";
	struct store store;
	struct sql_stmt *s = NULL;
	int result = store_open(&store, state_dir, STORE_READ, err);

	if (result == -ENOENT)
		return 0;
	if (result != 0)
		return result;
	result = sql_prepare_once(store.db, text, &s, err, cannot_read);
	while (result == 0 && (result = sql_step(s, err, cannot_read)) == 1) {
		const char *url = sql_cstr(s, 0), *name = sql_cstr(s, 1);

		result = url != NULL && name != NULL ? fn(arg, url, name) : 0;
		if (result != 0)
			error_sys(err, result, cannot_read);
	}
	sql_finalize(&s, 1);
	store_close(&store);
	return result;
}
