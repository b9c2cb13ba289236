/* SPDX-License-Identifier: ISC */
/* The tables of document_fields.h list the bounds of each text. The other checks concern what the worker derives from
 * an item: digests, sketch, matches. */
#include "sitrep/worker/document_check.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "sitrep/base/utf8.h"
#include "sitrep/identity/canon.h"
#include "sitrep/identity/sketch.h"
#include "sitrep/model/document_fields.h"
#include "sitrep/model/wire.h"
#include "sitrep/rules/rule.h"
#include "sitrep/text/html.h"
#include "sitrep/text/url.h"

static int refuse(struct error *err, const struct field *f, const char *why)
{
	return error_set(err, -EPROTO, "the parse worker sent a document that no parser makes: %s of member %u (%s)",
		why, f->tag, f->name != NULL ? f->name : "made");
}

static int check_string(const struct field *f, struct str s, struct error *err)
{
	if (f->rule == RULE_NONE || s.len == 0)
		return 0;
	if (s.len > f->max)
		return refuse(err, f, "the length");
	if (f->rule == RULE_LINE)
		return utf8_is_line(s) ? 0 : refuse(err, f, "the line");
	if (utf8_has_control(s))
		return refuse(err, f, "a control character");
	if (f->rule == RULE_LINK && !url_is_simple(s) && !url_is_safe_link(s))
		return refuse(err, f, "the link");
	return 0;
}

static int check_text(const struct field *f, const struct text *t, struct error *err)
{
	if (t->value.len > f->max)
		return refuse(err, f, "the length");
	switch (t->kind) {
	case TEXT_ABSENT:
		return t->value.len == 0 ? 0 : refuse(err, f, "the kind");
	case TEXT_PLAIN:
		return utf8_has_control(t->value) ? refuse(err, f, "a control character") : 0;
	case TEXT_HTML:
		return html_is_sanitized(t->value) ? 0 : refuse(err, f, "the markup");
	}
	return refuse(err, f, "the kind");
}

static int check_fields(const void *owner, const struct shape *shape, struct error *err);

static int check_list(const void *owner, const struct field *f, struct error *err)
{
	struct list_head head = list_head_get(owner, f);
	int result = 0;

	for (size_t i = 0; i < head.count && result == 0; i++)
		result = check_fields((const char *)head.items + i * f->of->size, f->of, err);
	return result;
}

static int check_field(const void *owner, const struct field *f, struct error *err)
{
	const char *member = (const char *)owner + f->offset;
	struct str s;
	int64_t time_ms;
	int result;

	switch (f->kind) {
	case FIELD_STR:
		memcpy(&s, member, sizeof(s));
		return check_string(f, s, err);
	case FIELD_TEXT:
		result = check_text(f, (const struct text *)(const void *)member, err);
		return result != 0 ? result : check_fields(member, f->of, err);
	case FIELD_TIME:
		memcpy(&time_ms, member, sizeof(time_ms));
		return field_time_fits(time_ms) ? 0 : refuse(err, f, "the date");
	case FIELD_STRUCT:
		return check_fields(member, f->of, err);
	case FIELD_LIST:
		return check_list(owner, f, err);
	case FIELD_BOOL:
	case FIELD_ENUM:
	case FIELD_U32:
	case FIELD_U64:
	case FIELD_DIGEST:
	case FIELD_BYTES:
		/* wire.c has checked these kinds already. */
		return 0;
	}
	return 0;
}

static int check_fields(const void *owner, const struct shape *shape, struct error *err)
{
	int result = 0;

	for (size_t i = 0; i < shape->count && result == 0; i++)
		result = check_field(owner, &shape->fields[i], err);
	return result;
}

/* Each term must be one of the rule's own.  A rule of conditions on the story alone has none. */
static bool are_terms_of(struct str terms, struct str expression)
{
	struct str term;
	size_t count = 0;

	if (terms.len > RULE_TEXT_MAX)
		return false;
	while (terms.len > 0 && str_split(&terms, '\n', &term))
		if (++count > RULE_TOLD_MAX || term.len == 0 || str_find(expression, term, 0) == STR_NPOS)
			return false;
	return true;
}

/* Matches must stand in the order in which the rules were sent. */
static int check_matches(const struct item *it, const struct known_rules *rules, struct error *err)
{
	size_t next = 0;

	for (size_t i = 0; i < it->matches.count; i++) {
		const struct match *m = &it->matches.items[i];
		const struct known_rule *rule = known_rules_find(rules, m->rule);

		if (rule == NULL || rule->place < next || m->truth == 0 || !are_terms_of(m->terms, rule->expression))
			return error_set(err, -EPROTO, "the parse worker told of a rule's match that cannot be");
		next = rule->place + 1;
	}
	return 0;
}

static int check_item(const struct item *it, const struct known_rules *rules, struct error *err)
{
	struct sketch sketch;

	if (it->identity.len != SHA256_LEN || it->digest.len != SHA256_LEN || it->plain_summary.data == NULL)
		return error_set(err, -EPROTO, "the parse worker sent an item without identity");
	if (it->canon_version != CANON_VERSION)
		return error_set(err, -EPROTO, "the parse worker sent a digest of version %" PRIu32 ", not %d",
			it->canon_version, CANON_VERSION);
	if ((it->sketch.len > 0) != (it->token_count > 0) ||
		(it->sketch.len > 0 && sketch_decode(it->sketch, &sketch) != 0))
		return error_set(err, -EPROTO, "the parse worker sent a sketch that is none");
	return check_matches(it, rules, err);
}

int document_check(
	struct str bytes, const struct known_rules *rules, struct arena *a, struct document *d, struct error *err)
{
	int result = wire_decode_document(bytes, a, d, err);

	if (result == 0 && d->format == FORMAT_UNKNOWN)
		result = error_set(err, -EPROTO, "the parse worker sent a document of no format");
	if (result == 0)
		result = check_fields(d, &shape_document, err);
	for (size_t i = 0; result == 0 && i < d->items.count; i++)
		result = check_item(&d->items.items[i], rules, err);
	return result;
}
