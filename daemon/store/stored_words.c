/* SPDX-License-Identifier: ISC */
#include "sitrep/store/stored_words.h"

#include <errno.h>

#include "sitrep/base/limits.h"
#include "sitrep/model/plain_text.h"

enum {
	/* A buffer larger than this is freed after an item. */
	KEPT_MAX = 256 * 1024,
	TOKENS_MAX = 4 * LIMIT_ITEM_CONTENT, /* as in the worker */
};

void stored_words_init(struct stored_words *w)
{
	buf_init(&w->plain_title, LIMIT_ITEM_CONTENT);
	buf_init(&w->plain_body, LIMIT_ITEM_CONTENT);
	buf_init(&w->title, TOKENS_MAX);
	buf_init(&w->body, TOKENS_MAX);
}

void stored_words_release(struct stored_words *w)
{
	buf_release(&w->plain_title);
	buf_release(&w->plain_body);
	buf_release(&w->title);
	buf_release(&w->body);
}

/* A text that is too long is cut, as in the worker. */
static int add_tokens(const struct text *t, struct buf *plain, struct buf *tokens, size_t *count)
{
	int result;

	*count = 0;
	buf_reuse(tokens, KEPT_MAX);
	buf_reuse(plain, KEPT_MAX);
	if (t->kind == TEXT_ABSENT)
		return 0;
	result = plain_words(plain, t);
	if (result == 0 || result == -E2BIG)
		result = rule_words(tokens, buf_str(plain), count);
	return result == -E2BIG ? 0 : result;
}

int stored_words_read(struct stored_words *w, const struct item *it, struct rule_subject *subject)
{
	size_t count;
	int result = add_tokens(&it->title, &w->plain_title, &w->title, &count);

	if (result == 0)
		result = add_tokens(&it->content, &w->plain_body, &w->body, &count);
	if (result == 0 && count == 0)
		result = add_tokens(&it->summary, &w->plain_body, &w->body, &count);
	subject->language = it->language;
	subject->title = buf_str(&w->plain_title);
	subject->body = buf_str(&w->plain_body);
	subject->title_tokens = buf_str(&w->title);
	subject->body_tokens = buf_str(&w->body);
	return result;
}
