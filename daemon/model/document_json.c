/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <string.h>

#include "sitrep/model/document.h"
#include "sitrep/model/document_fields.h"

static void write_fields(struct jsonw *w, const void *owner, const struct shape *shape);

static struct str get_str(const void *owner, const struct field *f)
{
	struct str s;

	memcpy(&s, (const char *)owner + f->offset, sizeof(s));
	return s;
}

static void write_suffixed(struct jsonw *w, const char *name, const char *suffix, struct str value)
{
	char key[64];

	snprintf(key, sizeof(key), "%s_%s", name, suffix);
	jsonw_kv_str(w, key, value);
}

static void write_text(struct jsonw *w, const char *name, const struct text *t)
{
	if (t->kind == TEXT_ABSENT)
		return;
	jsonw_kv_str(w, name, t->value.data != NULL ? t->value : STR(""));
	write_suffixed(w, name, "type", t->kind == TEXT_HTML ? STR("html") : STR("text"));
	write_suffixed(w, name, "mime", t->mime);
	write_suffixed(w, name, "lang", t->lang);
	write_suffixed(w, name, "base", t->base);
}

/* Whether any member of the struct is present. */
static bool is_filled(const void *owner, const struct shape *shape)
{
	for (size_t i = 0; i < shape->count; i++) {
		const struct field *f = &shape->fields[i];
		const void *member = (const char *)owner + f->offset;
		int64_t time_ms;

		switch (f->kind) {
		case FIELD_STR:
		case FIELD_DIGEST:
		case FIELD_BYTES:
			if (get_str(owner, f).data != NULL)
				return true;
			break;
		case FIELD_TIME:
			memcpy(&time_ms, member, sizeof(time_ms));
			if (time_ms != TIME_NONE)
				return true;
			break;
		case FIELD_TEXT:
		case FIELD_STRUCT:
			if (is_filled(member, f->of))
				return true;
			break;
		case FIELD_LIST:
			if (list_head_get(owner, f).count > 0)
				return true;
			break;
		case FIELD_BOOL:
		case FIELD_ENUM:
		case FIELD_U32:
		case FIELD_U64:
			break;
		}
	}
	return false;
}

static void write_hex(struct jsonw *w, const char *name, struct str digest)
{
	char hex[SHA256_HEX];

	if (digest.len != SHA256_LEN)
		return;
	hex_encode(hex, (const uint8_t *)digest.data, digest.len);
	jsonw_kv_cstr(w, name, hex);
}

/* Writes the members that the worker has computed. */
static void write_computed(struct jsonw *w, const struct item *it)
{
	static const char *const kinds[] = {
		[IDENTITY_GUID] = "guid", [IDENTITY_LINK] = "link", [IDENTITY_DIGEST] = "digest"};

	if (it->digest.data == NULL)
		return;
	jsonw_kv_object(w, "sitrep");
	jsonw_kv_str(w, "plain_title", it->plain_title);
	jsonw_kv_str(w, "plain_summary", it->plain_summary);
	jsonw_kv_cstr(w, "identity_by", kinds[it->identity_kind]);
	write_hex(w, "identity", it->identity);
	write_hex(w, "digest", it->digest);
	write_hex(w, "url_key", it->url_key);
	jsonw_kv_int(w, "tokens", it->token_count);
	if (it->matches.count > 0) {
		jsonw_kv_array(w, "matches");
		for (size_t i = 0; i < it->matches.count; i++) {
			jsonw_object(w);
			jsonw_kv_str(w, "rule", it->matches.items[i].rule);
			jsonw_kv_str(w, "terms", it->matches.items[i].terms);
			jsonw_object_end(w);
		}
		jsonw_array_end(w);
	}
	jsonw_object_end(w);
}

/* Writes the first author as one string, for readers of formats with a single author. */
static void write_author(struct jsonw *w, const struct person *people, size_t count)
{
	if (count > 0)
		jsonw_kv_str(w, "author", people[0].name.data != NULL ? people[0].name : people[0].email);
}

static void write_list(struct jsonw *w, const void *owner, const struct field *f)
{
	struct list_head head = list_head_get(owner, f);

	jsonw_kv_array(w, f->name);
	for (size_t i = 0; i < head.count; i++) {
		const char *element = (const char *)head.items + i * f->of->size;

		jsonw_object(w);
		write_fields(w, element, f->of);
		jsonw_object_end(w);
	}
	jsonw_array_end(w);
}

static void write_field(struct jsonw *w, const void *owner, const struct field *f)
{
	const void *member = (const char *)owner + f->offset;
	int64_t time_ms;

	if (f->name == NULL)
		return;
	switch (f->kind) {
	case FIELD_STR:
		jsonw_kv_str(w, f->name, get_str(owner, f));
		break;
	case FIELD_BOOL:
		jsonw_kv_bool(w, f->name, *(const bool *)member);
		break;
	case FIELD_TIME:
		memcpy(&time_ms, member, sizeof(time_ms));
		jsonw_kv_time(w, f->name, time_ms);
		break;
	case FIELD_TEXT:
		write_text(w, f->name, member);
		break;
	case FIELD_STRUCT:
		if (!is_filled(member, f->of))
			break;
		jsonw_kv_object(w, f->name);
		write_fields(w, member, f->of);
		jsonw_object_end(w);
		break;
	case FIELD_LIST:
		write_list(w, owner, f);
		break;
	case FIELD_ENUM:
	case FIELD_U32:
	case FIELD_U64:
	case FIELD_DIGEST:
	case FIELD_BYTES:
		break; /* not in the JSON form, or written by a function above */
	}
}

static void write_fields(struct jsonw *w, const void *owner, const struct shape *shape)
{
	for (size_t i = 0; i < shape->count; i++)
		write_field(w, owner, &shape->fields[i]);
	if (shape == &shape_item) {
		const struct item *it = owner;

		/* Lists of items show summaries; an item without one shows its content. */
		if (it->summary.kind == TEXT_ABSENT)
			write_text(w, "summary", &it->content);
		if (it->id.data != NULL)
			jsonw_kv_bool(w, "guid_is_permalink", it->guid_is_permalink);
		write_author(w, it->authors.items, it->authors.count);
		write_computed(w, it);
	} else if (shape == &shape_feed) {
		const struct feed_facts *feed = owner;

		write_author(w, feed->authors.items, feed->authors.count);
	}
}

void document_write_json(struct jsonw *w, const struct document *d)
{
	jsonw_object(w);
	jsonw_kv_bool(w, "ok", true);
	jsonw_kv_cstr(w, "format", feed_format_name(d->format));
	if (d->truncated)
		jsonw_kv_bool(w, "truncated", true);
	write_fields(w, d, &shape_document);
	jsonw_object_end(w);
}
