/* SPDX-License-Identifier: ISC */
/* Two texts, divided at the first newline: the pieces of their difference give both again, and their shared passages
 * are in order within them. */
#include "fuzz.h"

#include "sitrep/base/buf.h"
#include "sitrep/base/utf8.h"
#include "sitrep/identity/shared_passages.h"
#include "sitrep/text/text_diff.h"

struct versions {
	struct buf before, after;
};

/* Without the white space, which is no part of a comparison. */
static void add_visible(struct buf *out, struct str text)
{
	for (size_t at = 0; at < text.len;) {
		size_t from = at;

		if (!utf8_is_space(utf8_next(text, &at)))
			buf_add(out, str_slice(text, from, at));
	}
}

static void collect(void *arg, const struct text_diff_piece *p)
{
	struct versions *v = arg;

	if (p->kind != TEXT_DIFF_INSERTED)
		add_visible(&v->before, p->text);
	if (p->kind != TEXT_DIFF_DELETED)
		add_visible(&v->after, p->text);
}

static void check_same(const struct buf *pieces, struct str text)
{
	struct buf visible = BUF_INIT(FUZZ_BUF_MAX);

	add_visible(&visible, text);
	/* words behind the limit are left out */
	fuzz_require(str_starts(buf_str(&visible), buf_str(pieces)), text);
	fuzz_require(text.len > TEXT_DIFF_WORDS_MAX || visible.len == pieces->len, text);
	buf_release(&visible);
}

static void check_list(const struct passage_list *list, struct str text)
{
	size_t at = 0;

	for (size_t i = 0; i < list->count; i++) {
		fuzz_require(list->items[i].from >= at && list->items[i].from < list->items[i].to, text);
		at = list->items[i].to;
	}
	fuzz_require(at <= text.len && list->shared <= list->words, text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str rest = fuzz_str(data, size), first = fuzz_first_line(&rest);
	struct buf a = BUF_INIT(FUZZ_BUF_MAX), b = BUF_INIT(FUZZ_BUF_MAX);
	struct versions v = {BUF_INIT(FUZZ_BUF_MAX), BUF_INIT(FUZZ_BUF_MAX)};
	struct passage_list in_a, in_b;
	bool changed;

	utf8_repair(&a, first);
	utf8_repair(&b, rest);
	if (text_diff(buf_str(&a), buf_str(&b), collect, &v, &changed) == 0) {
		check_same(&v.before, buf_str(&a));
		check_same(&v.after, buf_str(&b));
	}
	if (shared_passages(buf_str(&a), buf_str(&b), &in_a, &in_b) == 0) {
		check_list(&in_a, buf_str(&a));
		check_list(&in_b, buf_str(&b));
	}
	free(in_a.items);
	free(in_b.items);
	buf_release(&a);
	buf_release(&b);
	buf_release(&v.before);
	buf_release(&v.after);
	return 0;
}
