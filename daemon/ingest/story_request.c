/* SPDX-License-Identifier: ISC */
/* WHY only reads; it has a transaction too, so that it sees several tables in one state. */
#include "sitrep/ingest/story_request.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sitrep/base/clock.h"
#include "sitrep/store/uid.h"
#include "writer_state.h"

/* An item and those it is linked to: at most 17 with titles and links of a dozen kilobytes, escaped. */
enum { STORY_ANSWER_MAX = 4 * 1024 * 1024 };

struct story_request *story_request_new(struct str item, struct str other)
{
	struct story_request *q = calloc(1, sizeof(*q));

	if (q == NULL)
		return NULL;
	buf_init(&q->answer, STORY_ANSWER_MAX);
	q->item = strndup(item.data, item.len);
	q->other = other.data != NULL ? strndup(other.data, other.len) : NULL;
	if (q->item == NULL || (other.data != NULL && q->other == NULL)) {
		story_request_free(q);
		return NULL;
	}
	return q;
}

void story_request_free(struct story_request *q)
{
	if (q == NULL)
		return;
	free(q->item);
	free(q->other);
	buf_release(&q->answer);
	free(q);
}

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

static int carry_out(struct story_request *q, struct ingest *k, int64_t at_ms, struct error *err)
{
	struct str item = str_from(q->item), other = str_from(q->other);
	struct story_edit_result edit = {0};
	struct jsonw w = JSONW_INIT(&q->answer);
	int result = 0;

	switch (q->kind) {
	case STORY_REQUEST_WHY:
		return story_explain_write(&k->story_explain, item, other, &w, err);
	case STORY_REQUEST_SPLIT:
		result = story_edit_split(&k->story_edit, item, at_ms, &edit, err);
		break;
	case STORY_REQUEST_JOIN:
		result = story_edit_join(&k->story_edit, item, other, at_ms, &edit, err);
		break;
	}
	k->visible = edit.changed;
	q->changed = edit.changed;
	write_edit(&w, &edit);
	return result;
}

/* While nothing can be stored, WHY is still answered. */
static int refuse_edit(const struct story_request *q, struct error *err)
{
	struct writer_storing s;

	if (q->kind == STORY_REQUEST_WHY)
		return 0;
	writer_get_storing(q->writer, &s);
	return s.stopped ? error_set(err, -EAGAIN, "nothing can be stored at present: %s", s.reason) : 0;
}

static int answer_request(void *arg, struct ingest *k, struct error *err)
{
	struct story_request *q = arg;
	int result = refuse_edit(q, err);

	if (result != 0)
		return result;
	item_lookup_begin(&k->item_lookup);
	result = carry_out(q, k, clock_wall_ms(), err);
	if (result == 0 && buf_failed(&q->answer))
		result = error_sys(err, q->answer.failed, "cannot answer");
	item_lookup_begin(&k->item_lookup);
	return result;
}

static void finish_request(void *arg, const struct error *err)
{
	struct story_request *q = arg;

	q->error = *err;
	q->changed = q->changed && err->code == 0;
	q->done(q);
}

int story_request_submit(struct story_request *q, struct writer *w)
{
	q->writer = w;
	return writer_run_at_once(w, answer_request, finish_request, q);
}
