/* SPDX-License-Identifier: ISC */
/* The daemon's side of the worker protocol: any bytes as a worker's message.  What passes is a document that every
 * output may be made of: its markup is what the sanitizer leaves as it is, its links are safe, its lines are lines. */
#include "fuzz.h"
#include "sitrep/base/jsonw.h"
#include "sitrep/base/utf8.h"
#include "sitrep/model/document.h"
#include "sitrep/text/html.h"
#include "sitrep/text/url.h"
#include "sitrep/worker/document_check.h"
#include "sitrep/worker/job.h"

static struct arena arena;
static struct buf again, json;
static struct known_rules known;

FUZZ_SETUP
{
	static const struct rule_source sources[] = {{STR("alert/strait"), STR("frigate* AND strait")},
		{STR("output/naval"), STR("carrier OR \"battle group\"")}};

	arena_init(&arena, FUZZ_ARENA_MAX);
	buf_init(&again, FUZZ_BUF_MAX);
	buf_init(&json, FUZZ_BUF_MAX);
	return known_rules_make(&known, sources, 2) != 0;
}

static void check_text(const struct text *t, struct str bytes)
{
	fuzz_require(utf8_valid(t->value), bytes);
	if (t->kind != TEXT_HTML)
		return;
	buf_clear(&again);
	fuzz_require(html_sanitize(&again, t->value, STR_NONE) == 0, bytes);
	fuzz_require(html_is_sanitized(buf_str(&again)), bytes);
	fuzz_require(str_find_nocase(t->value, STR("<script"), 0) == STR_NPOS, bytes);
	fuzz_require(str_find_nocase(t->value, STR("=\"javascript:"), 0) == STR_NPOS, bytes);
}

static void check_item(const struct item *it, struct str bytes)
{
	check_text(&it->title, bytes);
	check_text(&it->summary, bytes);
	check_text(&it->content, bytes);
	fuzz_require(it->link.len == 0 || url_is_safe_link(it->link), bytes);
	fuzz_require(it->identity.len == SHA256_LEN && it->digest.len == SHA256_LEN, bytes);
	fuzz_require(utf8_is_line(it->plain_title) && utf8_is_line(it->plain_summary), bytes);
	for (size_t i = 0; i < it->matches.count; i++)
		fuzz_require(known_rules_find(&known, it->matches.items[i].rule) != NULL, bytes);
}

static void check_document(struct str bytes)
{
	struct error err = {0};
	struct document d;
	struct jsonw w = JSONW_INIT(&json);
	int result = document_check(bytes, &known, &arena, &d, &err);

	if (result != 0) {
		fuzz_require(result == -EPROTO || result == -ENOMEM, bytes);
		fuzz_require(err.code == result && err.text[0] != '\0' && utf8_valid(str_from(err.text)), bytes);
		return;
	}
	check_text(&d.feed.title, bytes);
	for (size_t i = 0; i < d.items.count; i++)
		check_item(&d.items.items[i], bytes);
	buf_clear(&json);
	document_write_json(&w, &d);
	fuzz_require(utf8_valid(buf_str(&json)), bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str bytes = fuzz_str(data, size);
	struct error err = {0};
	struct message_header h;

	arena_clear(&arena);
	check_document(bytes);
	if (size < MESSAGE_HEADER_LEN || message_header_decode(data, UINT32_MAX, &h, &err) != 0)
		return 0;
	bytes = str_slice(bytes, MESSAGE_HEADER_LEN, bytes.len);
	if (h.kind == MESSAGE_FAILURE) {
		failure_decode(bytes, &err);
		fuzz_require(err.code < 0 && err.text[0] != '\0' && utf8_is_line(str_from(err.text)), bytes);
	} else if (h.kind == MESSAGE_DOCUMENT) {
		check_document(bytes);
	}
	return 0;
}
