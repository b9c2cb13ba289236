/* SPDX-License-Identifier: ISC */
/* What our own code wrote into the database, damaged: the first byte chooses what the rest is taken for.  What is taken
 * is written as the same bytes, and nothing is believed beyond its bounds. */
#include "../../daemon/story/posting_row.h"
#include "fuzz.h"
#include "sitrep/base/le.h"
#include "sitrep/base/log.h"
#include "sitrep/base/utf8.h"
#include "sitrep/identity/identity_trust.h"
#include "sitrep/identity/sketch.h"
#include "sitrep/model/wire.h"
#include "sitrep/sql/seal.h"
#include "sitrep/store/record.h"
#include "sitrep/store/uid.h"
#include "sitrep/story/boilerplate.h"
#include "sitrep/story/posting_buffer.h"

static struct arena arena;
static struct buf once, twice;
static struct boilerplate *boilerplate;

FUZZ_SETUP
{
	struct error err;

	log_set_level(LOG_LEVEL_ERROR);
	arena_init(&arena, FUZZ_ARENA_MAX);
	buf_init(&once, FUZZ_BUF_MAX);
	buf_init(&twice, FUZZ_BUF_MAX);
	boilerplate = boilerplate_new(&err);
	return boilerplate == NULL;
}

/* ---- sketches ---- */

static bool is_ascending(const uint64_t *list, size_t count)
{
	for (size_t i = 1; i < count; i++)
		if (list[i] <= list[i - 1])
			return false;
	return true;
}

static void check_pair(const struct sketch *a, const struct sketch *b, struct str bytes)
{
	struct overlap ab = sketch_shingle_overlap(a, b), ba = sketch_shingle_overlap(b, a);
	struct overlap title = sketch_title_overlap(a, b);
	struct number_overlap n = sketch_number_overlap(a, b), m = sketch_number_overlap(b, a);

	fuzz_require(ab.shared == ba.shared && ab.of_a == ba.of_b && ab.of_b == ba.of_a, bytes);
	fuzz_require(ab.shared <= ab.of_a && ab.of_a <= a->shingle_count && ab.of_b <= b->shingle_count, bytes);
	fuzz_require(title.shared <= title.of_a && title.shared <= title.of_b, bytes);
	fuzz_require(n.shared <= n.placed && n.placed <= n.of && n.figures_shared <= n.figures, bytes);
	fuzz_require(n.of == m.of, bytes);
}

static void check_sketch(struct str bytes)
{
	static struct sketch a, b, thin;

	/* two of them, the second behind the length of the first */
	size_t half = bytes.len > 1 ? (size_t)(unsigned char)bytes.data[0] : 0;
	struct str first = str_slice(bytes, 1, 1 + half), second = str_slice(bytes, 1 + half, bytes.len);
	bool has_a = sketch_decode(first, &a) == 0, has_b = sketch_decode(second, &b) == 0;

	if (!has_b)
		return;
	buf_clear(&once);
	fuzz_require(sketch_encode(&once, &b) == 0 && str_eq(buf_str(&once), second), bytes);
	fuzz_require(once.len <= SKETCH_BYTES_MAX && is_ascending(b.shingles, b.shingle_count), bytes);
	check_pair(&b, &b, bytes);
	fuzz_require(sketch_shingle_overlap(&b, &b).shared == sketch_shingle_overlap(&b, &b).of_a, bytes);
	thin = b;
	sketch_thin(&thin, 32);
	fuzz_require(thin.shingle_count <= 32 && thin.level >= b.level, bytes);
	buf_clear(&once);
	fuzz_require(sketch_encode(&once, &thin) == 0 && sketch_decode(buf_str(&once), &thin) == 0, bytes);
	if (!has_a)
		return;
	check_pair(&a, &b, bytes);
	sketch_subtract(&a, &b);
	fuzz_require(sketch_shingle_overlap(&a, &b).shared == 0, bytes);
	fuzz_require(boilerplate_filter(boilerplate, &b, 3) <= SKETCH_SHINGLES_MAX, bytes);
}

/* ---- windows of counts, seals, records, names, pages ---- */

static void check_trust(struct str bytes)
{
	uint8_t out[TRUST_BYTES];
	struct identity_trust t;
	struct trust_sum sum;
	size_t len;

	identity_trust_decode(&t, bytes);
	fuzz_require(t.count <= TRUST_POLLS, bytes);
	len = identity_trust_encode(&t, out);
	fuzz_require(len == 0 || str_eq(str_make((const char *)out, len), bytes), bytes);
	fuzz_require(!identity_trust_is_lost(&t, &sum) || sum.polls <= t.count, bytes);
	for (int i = 0; i < 2 * TRUST_POLLS; i++)
		identity_trust_note(&t, SIZE_MAX, 1);
	fuzz_require(t.count == TRUST_POLLS && t.polls[0].unknown == UINT16_MAX, bytes);
}

static void check_seal(struct str bytes)
{
	struct str content;
	int result = seal_open(bytes, &content);

	fuzz_require(result == 0 ? str_eq(content, bytes) : content.len + SEAL_BYTES <= bytes.len, bytes);
	buf_clear(&once);
	buf_add(&once, bytes);
	fuzz_require(seal_add(&once) == 0 && seal_open(buf_str(&once), &content) == 1, bytes);
	fuzz_require(str_eq(content, bytes), bytes);
	/* a bit that is turned over is found, wherever in the content it is */
	if (bytes.len > 0) {
		once.data[bytes.len / 2] = (char)(once.data[bytes.len / 2] ^ 0x10);
		fuzz_require(seal_open(buf_str(&once), &content) == -EUCLEAN, bytes);
	}
}

static void check_record(struct str bytes)
{
	struct item it, again;

	if (record_decode(bytes, 7, &arena, &it) != 0)
		return;
	fuzz_require(utf8_valid(it.title.value) && utf8_valid(it.link) && utf8_valid(it.plain_title), bytes);
	buf_clear(&once);
	buf_clear(&twice);
	fuzz_require(record_encode(&once, &it) == 0, bytes);
	/* of members that this version does not know nothing is left */
	if (once.len == SEAL_BYTES)
		return;
	fuzz_require(record_decode(buf_str(&once), 7, &arena, &again) == 0, bytes);
	fuzz_require(record_encode(&twice, &again) == 0 && str_eq(buf_str(&once), buf_str(&twice)), bytes);
}

static void check_uid(struct str bytes)
{
	uint8_t uid[STORE_KEY_LEN];
	char text[UID_TEXT_MAX];

	if (uid_parse(bytes, uid) == 0) {
		uid_write(text, str_make((const char *)uid, sizeof(uid)));
		fuzz_require(str_eq_nocase(str_from(text), bytes), bytes);
	}
	uid_write(text, bytes);
	fuzz_require((text[0] != '\0') == (bytes.len == STORE_KEY_LEN), bytes);
	if (text[0] != '\0')
		fuzz_require(uid_parse(str_from(text), uid) == 0 && memcmp(uid, bytes.data, sizeof(uid)) == 0, bytes);
}

static void check_page(struct str bytes)
{
	size_t page = bytes.len > 0 ? (unsigned char)bytes.data[0] : 0;
	int result = boilerplate_load(boilerplate, page, bytes);

	fuzz_require(result == 0 || result == -EPROTO, bytes);
	fuzz_require(result == 0 ? page < BOILERPLATE_PAGES && bytes.len == BOILERPLATE_PAGE : true, bytes);
}

/* ---- postings ---- */

static void check_row(struct str bytes)
{
	size_t at = 0, end = 0, next = 0, before;

	do {
		before = next;
		if (!posting_row_next(bytes, &at, &end, &next, 3, "near_0"))
			break;
		fuzz_require(at >= before && at < end && end <= next && next > before, bytes);
		fuzz_require(end <= bytes.len && (end - at) % POSTING_BYTES == 0, bytes);
	} while (next <= bytes.len);
	/* what is written by us is read whole, with what is before it damaged or not */
	buf_clear(&once);
	buf_add(&once, str_slice(bytes, 0, bytes.len / POSTING_BYTES * POSTING_BYTES));
	before = once.len;
	for (uint64_t i = 1; i <= 3; i++)
		le_append(&once, i, POSTING_TAG_BYTES), le_append(&once, i, POSTING_ID_BYTES);
	if (before == 0)
		fuzz_require(posting_row_seal(&once, 3) == 0, bytes);
	at = next = 0;
	if (before == 0)
		fuzz_require(posting_row_next(buf_str(&once), &at, &end, &next, 3, "near_0") && at == 0 &&
				     end == (size_t)3 * POSTING_BYTES,
			bytes);
}

static void check_buffer(struct str bytes)
{
	struct posting_buffer b = {0};
	size_t count = bytes.len / 2, found = 0;
	uint32_t at = 0;
	int64_t item_id;

	for (size_t i = 0; i < count; i++)
		fuzz_require(posting_buffer_add(
				     &b, (unsigned char)bytes.data[2 * i], (unsigned char)bytes.data[2 * i + 1]) == 0,
			bytes);
	for (size_t i = 0; count > 0 && i < count; i++)
		found += bytes.data[2 * i] == bytes.data[0];
	while (count > 0 && posting_buffer_next(&b, (unsigned char)bytes.data[0], &at, &item_id))
		fuzz_require(found-- > 0, bytes);
	fuzz_require(found == 0, bytes);
	posting_buffer_sort(&b);
	for (size_t i = 1; i < b.count; i++)
		fuzz_require(b.items[i - 1].shingle < b.items[i].shingle ||
				     (b.items[i - 1].shingle == b.items[i].shingle &&
					     b.items[i - 1].item_id <= b.items[i].item_id),
			bytes);
	posting_buffer_clear(&b);
	fuzz_require(b.count == 0, bytes);
	posting_buffer_release(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const checks[])(struct str bytes) = {
		check_sketch, check_trust, check_seal, check_record, check_uid, check_page, check_row, check_buffer};
	struct str bytes = fuzz_str(data, size);

	if (size == 0)
		return 0;
	arena_clear(&arena);
	checks[data[0] % (sizeof(checks) / sizeof(checks[0]))](str_slice(bytes, 1, bytes.len));
	return 0;
}
