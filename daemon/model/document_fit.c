/* SPDX-License-Identifier: ISC */
/* Cleans a parsed document, for all formats alike: cuts texts to their limits, removes control characters, drops
 * invalid links and dates outside the years 0 to 9999.  The sanitizer has cleaned markup. */
#include <errno.h>
#include <string.h>

#include "sitrep/base/limits.h"
#include "sitrep/base/utf8.h"
#include "sitrep/model/document.h"
#include "sitrep/model/document_fields.h"
#include "sitrep/text/url.h"

struct fitting {
	struct arena *arena;
	bool relative; /* links without a base stay relative */
	bool failed;
};

/* A copy without control characters. */
static struct str without_controls(struct fitting *f, struct str s)
{
	char *copy = arena_alloc(f->arena, s.len);
	size_t n = 0;

	if (copy == NULL) {
		f->failed = true;
		return STR_NONE;
	}
	for (size_t i = 0; i < s.len;) {
		size_t start = i;

		utf8_next(s, &i);
		if (utf8_has_control(str_slice(s, start, i)))
			continue;
		memmove(copy + n, s.data + start, i - start);
		n += i - start;
	}
	return str_make(copy, n);
}

static struct str fit_words(struct fitting *f, struct str s, size_t max)
{
	if (s.len > max)
		s = utf8_cut(s, max);
	return utf8_has_control(s) ? without_controls(f, s) : s;
}

static bool is_link(const struct fitting *f, struct str s)
{
	if (s.len > LIMIT_URL || utf8_has_control(s))
		return false;
	return url_is_simple(s) || url_is_safe_link(s) || (f->relative && str_find_char(s, ':', 0) == STR_NPOS);
}

static void fit_fields(struct fitting *f, void *owner, const struct shape *shape);

static void fit_field(struct fitting *f, void *owner, const struct field *field)
{
	char *member = (char *)owner + field->offset;
	struct str *s = (struct str *)(void *)member;
	struct text *text = (struct text *)(void *)member;
	int64_t *time_ms = (int64_t *)(void *)member;
	struct list_head head;

	switch (field->kind) {
	case FIELD_STR:
		if (s->len > 0 && field->rule == RULE_WORDS)
			*s = fit_words(f, *s, field->max);
		else if (s->len > 0 && field->rule == RULE_LINK && !is_link(f, *s))
			*s = STR_NONE;
		break;
	case FIELD_TEXT:
		if (text->kind == TEXT_PLAIN)
			text->value = fit_words(f, text->value, field->max);
		fit_fields(f, text, field->of);
		break;
	case FIELD_TIME:
		if (!field_time_fits(*time_ms))
			*time_ms = TIME_NONE;
		break;
	case FIELD_STRUCT:
		fit_fields(f, member, field->of);
		break;
	case FIELD_LIST:
		head = list_head_get(owner, field);
		for (size_t i = 0; i < head.count; i++)
			fit_fields(f, (char *)head.items + i * field->of->size, field->of);
		break;
	case FIELD_BOOL:
	case FIELD_ENUM:
	case FIELD_U32:
	case FIELD_U64:
	case FIELD_DIGEST:
	case FIELD_BYTES:
		break;
	}
}

static void fit_fields(struct fitting *f, void *owner, const struct shape *shape)
{
	for (size_t i = 0; i < shape->count; i++)
		fit_field(f, owner, &shape->fields[i]);
}

int document_fit(struct document *d, struct arena *a, bool relative)
{
	struct fitting f = {.arena = a, .relative = relative};

	fit_fields(&f, d, &shape_document);
	return f.failed ? -ENOMEM : 0;
}
