/* SPDX-License-Identifier: ISC */
/* The last failure to read the database for a document. */
#include "read_trouble.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "sitrep/base/clock.h"
#include "sitrep/base/log.h"

static const int64_t lasts_us = INT64_C(3600) * 1000 * 1000;

void read_trouble_note(struct read_trouble *t, struct str document, const struct error *err)
{
	bool is_same = t->document != NULL && str_eq(str_from(t->document), document);

	if (err == NULL && !is_same)
		return;
	if (err != NULL && strcmp(err->text, t->error.text) != 0)
		log_emit(LOG_LEVEL_ERROR, "cannot read the database", "reason", err->text, NULL);
	if (!is_same) {
		free(t->document);
		t->document = strndup(document.data, document.len);
	}
	t->error = err != NULL ? *err : (struct error){0};
	t->at_us = clock_mono_us();
}

const char *read_trouble_reason(const struct read_trouble *t)
{
	return t->error.code != 0 && clock_mono_us() - t->at_us < lasts_us ? t->error.text : NULL;
}

void read_trouble_release(struct read_trouble *t)
{
	free(t->document);
	*t = (struct read_trouble){0};
}
