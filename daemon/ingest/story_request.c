/* SPDX-License-Identifier: ISC */
/* Requests of an operator about stories, served in the writer's thread.
 *
 * WHY only reads; but it reads several tables, and sees them as of one moment as every other reader does. */
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

static int carry_out(struct story_request *q, struct ingest *k, int64_t at_ms, struct error *err)
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

/* While nothing can be stored, WHY is still answered. */
static int refuse_word(const struct story_request *q, struct error *err)
{
	struct writer_storing s;

	if (q->kind == STORY_REQUEST_WHY)
		return 0;
	writer_get_storing(q->writer, &s);
	return s.stopped ? error_set(err, -EAGAIN, "nothing can be stored at present: %s", s.reason) : 0;
}

static int answer(void *arg, struct ingest *k, struct error *err)
{
	struct story_request *q = arg;
	int result = refuse_word(q, err);

	if (result != 0)
		return result;
	item_lookup_begin(&k->named);
	result = carry_out(q, k, clock_wall_ms(), err);
	if (result == 0 && buf_failed(&q->answer))
		result = error_sys(err, q->answer.failed, "cannot answer");
	item_lookup_begin(&k->named);
	return result;
}

static void finish(void *arg, const struct error *err)
{
	struct story_request *q = arg;

	q->error = *err;
	q->changed = q->changed && err->code == 0;
	q->done(q);
}

int story_request_submit(struct story_request *q, struct writer *w)
{
	q->writer = w;
	return writer_run_at_once(w, answer, finish, q);
}
