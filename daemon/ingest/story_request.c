/* SPDX-License-Identifier: ISC */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "request_kind.h"
#include "sitrep/base/clock.h"
#include "sitrep/base/log.h"
#include "sitrep/ingest/writer.h"
#include "sitrep/store/uid.h"

struct story_request {
	struct request head;
	char *item, *other; /* other: NULL when absent */
	bool changed;       /* stories were changed */
};

static void write_uid(struct jsonw *w, const char *key, const uint8_t *uid)
{
	char text[UID_TEXT_MAX];

	uid_write(text, str_make((const char *)uid, STORE_KEY_LEN));
	jsonw_kv_cstr(w, key, text);
}

static void write_edit(struct jsonw *w, const struct story_edit_result *edit)
{
	jsonw_object(w);
	jsonw_kv_bool(w, "changed", edit->changed);
	write_uid(w, "story", edit->story_uid);
	if (edit->changed)
		write_uid(w, "former", edit->former_uid);
	jsonw_kv_int(w, "sources", edit->sources);
	jsonw_kv_int(w, "reports", edit->reports);
	jsonw_object_end(w);
}

/* While nothing can be stored, no story can be changed. */
static int refuse_edit(const struct request *head, struct error *err)
{
	struct writer_storing s;

	writer_get_storing(head->writer, &s);
	return s.stopped ? error_set(err, -EAGAIN, "nothing can be stored at present: %s", s.reason) : 0;
}

static int edit_story(struct story_request *q, struct ingest *k, struct error *err)
{
	struct story_edit_result edit = {0};
	struct jsonw w = JSONW_INIT(&q->head.answer);
	int result = refuse_edit(&q->head, err);

	if (result == 0 && strcmp(q->head.op, "split") == 0)
		result = story_edit_split(&k->story_edit, str_from(q->item), clock_wall_ms(), &edit, err);
	else if (result == 0)
		result = story_edit_join(
			&k->story_edit, str_from(q->item), str_from(q->other), clock_wall_ms(), &edit, err);
	k->visible = edit.changed;
	q->changed = edit.changed;
	if (result == 0)
		write_edit(&w, &edit);
	return result;
}

/* "why" only reads; in a transaction it sees several tables in one state. */
static int carry_out(struct request *head, struct ingest *k, struct error *err)
{
	struct story_request *q = (struct story_request *)head;
	struct jsonw w = JSONW_INIT(&head->answer);
	int result;

	item_lookup_begin(&k->item_lookup);
	result = strcmp(head->op, "why") == 0
			 ? story_explain_write(&k->story_explain, str_from(q->item), str_from(q->other), &w, err)
			 : edit_story(q, k, err);
	item_lookup_begin(&k->item_lookup);
	return result;
}

static bool log_change(struct request *head)
{
	const struct story_request *q = (const struct story_request *)head;

	if (head->error.code == 0 && q->changed)
		log_emit(LOG_LEVEL_NOTICE, "stories corrected", "op", head->op, "item", q->item,
			q->other != NULL ? "other" : NULL, q->other, NULL);
	return false;
}

static void release(struct request *head)
{
	free(((struct story_request *)head)->item);
	free(((struct story_request *)head)->other);
}

static const struct request_kind stories = {
	.size = sizeof(struct story_request),
	/* an item and those it is linked to: at most 17 with titles and links of a dozen kilobytes, escaped */
	.answer_max = 4 * 1024 * 1024,
	.carry_out = carry_out,
	.goes_on = log_change,
	.release = release,
};

struct request *story_request_new(const char *op, struct str item, struct str other)
{
	static const char *const ops[] = {"why", "split", "join"};
	struct story_request *q;
	const char *known = NULL;
	bool failed = false;

	for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++)
		if (strcmp(ops[i], op) == 0)
			known = ops[i];
	assert(known != NULL);
	q = (struct story_request *)request_new(&stories, known);
	if (q == NULL)
		return NULL;
	q->item = request_copy(item, &failed);
	q->other = request_copy(other, &failed);
	if (!failed)
		return &q->head;
	request_free(&q->head);
	return NULL;
}
