/* What the operator asks or says of stories, answered in a transaction of its own.
 *
 * A question only reads; but it looks at several tables, and sees them as of one moment as every other reader does. */
#include <stdbool.h>

#include "ingest.h"
#include "sitrep/store/uid.h"

static void write_uid(struct jsonw *w, const char *key, const uint8_t *uid)
{
	char text[UID_TEXT_MAX];

	uid_write(text, str_make((const char *)uid, STORE_KEY_LEN));
	jsonw_kv_cstr(w, key, text);
}

static void write_said(struct jsonw *w, const struct said *said)
{
	jsonw_object(w);
	jsonw_kv_bool(w, "changed", said->changed);
	write_uid(w, "story", said->story_uid);
	if (said->changed)
		write_uid(w, "former", said->former_uid);
	jsonw_kv_int(w, "sources", said->sources);
	jsonw_kv_int(w, "reports", said->reports);
	jsonw_object_end(w);
}

static int carry_out(struct ingest *k, struct story_request *q, int64_t at_ms, struct error *err)
{
	struct str item = str_from(q->item), other = str_from(q->other);
	struct said said = {0};
	struct jsonw w;
	int result = 0;

	jsonw_init(&w, &q->answer);
	switch (q->kind) {
	case STORY_REQUEST_WHY:
		return story_explain_write(&k->why, item, other, &w, err);
	case STORY_REQUEST_SPLIT:
		result = story_edit_split(&k->say, item, at_ms, &said, err);
		break;
	case STORY_REQUEST_JOIN:
		result = story_edit_join(&k->say, item, other, at_ms, &said, err);
		break;
	}
	k->visible = said.changed;
	q->changed = said.changed;
	write_said(&w, &said);
	return result;
}

void ingest_answer(struct ingest *k, struct story_request *q, int64_t at_ms)
{
	int result = ingest_begin(k, &q->error);

	item_lookup_begin(&k->named);
	if (result == 0)
		result = carry_out(k, q, at_ms, &q->error);
	if (result == 0 && buf_failed(&q->answer))
		result = error_sys(&q->error, q->answer.failed, "cannot answer");
	if (result == 0)
		result = ingest_commit(k, at_ms, &q->error);
	if (result != 0) {
		ingest_rollback(k);
		q->changed = false;
		if (q->error.code == 0)
			(void)error_sys(&q->error, result, "cannot answer");
	}
	item_lookup_begin(&k->named);
}
