/* SPDX-License-Identifier: ISC */
/* A member is a tag (one byte), a length (varint) and that many bytes; absent members are not written.  The value of a
 * struct is its members; a list is its tag once for each element.
 *
 * The length of a struct is known only after it has been written, so LENGTH_ROOM bytes are kept free for it: a
 * varint, padded, which is read like any other. */
#include "sitrep/model/wire.h"

#include <errno.h>
#include <string.h>

#include "sitrep/base/utf8.h"
#include "sitrep/model/document_fields.h"

enum { LENGTH_ROOM = 5, VARINT_MAX = 10 };

/* ---- writing ---- */

static void put_varint(struct buf *out, uint64_t n)
{
	uint8_t bytes[VARINT_MAX];
	size_t len = 0;

	while (n >= 0x80) {
		bytes[len++] = (uint8_t)(n | 0x80);
		n >>= 7;
	}
	bytes[len++] = (uint8_t)n;
	buf_append(out, bytes, len);
}

static size_t begin_struct(struct buf *out, uint8_t tag)
{
	static const char room[LENGTH_ROOM];

	buf_putc(out, (char)tag);
	buf_append(out, room, sizeof(room));
	return out->len;
}

static void end_struct(struct buf *out, size_t start)
{
	size_t length = out->len - start;

	if (buf_failed(out))
		return;
	for (int i = 0; i < LENGTH_ROOM; i++) {
		uint8_t more = i < LENGTH_ROOM - 1 ? 0x80 : 0;

		out->data[start - LENGTH_ROOM + (size_t)i] = (char)(uint8_t)((length & 0x7f) | more);
		length >>= 7;
	}
}

static void put_bytes(struct buf *out, uint8_t tag, struct str s)
{
	buf_putc(out, (char)tag);
	put_varint(out, s.len);
	buf_add(out, s);
}

static void put_number(struct buf *out, uint8_t tag, uint64_t n)
{
	uint8_t size = 1;

	for (uint64_t rest = n >> 7; rest != 0; rest >>= 7)
		size++;
	buf_putc(out, (char)tag);
	buf_putc(out, (char)size);
	put_varint(out, n);
}

static uint64_t zigzag(int64_t n)
{
	return (uint64_t)n << 1 ^ (n < 0 ? UINT64_MAX : 0);
}

static void put_fields(struct buf *out, const void *owner, const struct shape *shape);

static void put_struct(struct buf *out, uint8_t tag, const void *element, const struct shape *shape)
{
	size_t before = out->len;
	size_t start = begin_struct(out, tag);

	put_fields(out, element, shape);
	if (out->len == start)
		buf_truncate(out, before);
	else
		end_struct(out, start);
}

static void put_list(struct buf *out, const void *owner, const struct field *f)
{
	struct list_head head = list_head_get(owner, f);

	for (size_t i = 0; i < head.count && i < f->max; i++) {
		size_t start = begin_struct(out, f->tag);

		put_fields(out, (const char *)head.items + i * f->of->size, f->of);
		end_struct(out, start);
	}
}

static void put_field(struct buf *out, const void *owner, const struct field *f)
{
	const char *member = (const char *)owner + f->offset;
	struct str s;
	int64_t time_ms;
	uint32_t number;
	uint64_t large;

	switch (f->kind) {
	case FIELD_STR:
	case FIELD_DIGEST:
	case FIELD_BYTES:
		memcpy(&s, member, sizeof(s));
		if (s.data != NULL)
			put_bytes(out, f->tag, s);
		break;
	case FIELD_BOOL:
		if (*(const bool *)member)
			put_number(out, f->tag, 1);
		break;
	case FIELD_TIME:
		memcpy(&time_ms, member, sizeof(time_ms));
		if (time_ms != TIME_NONE)
			put_number(out, f->tag, zigzag(time_ms));
		break;
	case FIELD_ENUM:
	case FIELD_U32:
		memcpy(&number, member, sizeof(number));
		if (number != 0)
			put_number(out, f->tag, number);
		break;
	case FIELD_U64:
		memcpy(&large, member, sizeof(large));
		if (large != 0)
			put_number(out, f->tag, large);
		break;
	case FIELD_TEXT:
	case FIELD_STRUCT:
		put_struct(out, f->tag, member, f->of);
		break;
	case FIELD_LIST:
		put_list(out, owner, f);
		break;
	}
}

static void put_fields(struct buf *out, const void *owner, const struct shape *shape)
{
	for (size_t i = 0; i < shape->count; i++)
		put_field(out, owner, &shape->fields[i]);
}

int wire_encode_document(struct buf *out, const struct document *d)
{
	put_fields(out, d, &shape_document);
	return out->failed;
}

int wire_encode_item(struct buf *out, const struct item *it)
{
	put_fields(out, it, &shape_item);
	return out->failed;
}

/* ---- reading ---- */

struct reading {
	struct arena *arena;
	struct error *err;
};

static bool take_varint(struct str *in, uint64_t *n)
{
	*n = 0;
	for (unsigned shift = 0; shift < 64 && in->len > 0; shift += 7) {
		uint8_t byte = (uint8_t)in->data[0];

		*in = str_slice(*in, 1, in->len);
		if (shift == 63 && byte > 1)
			return false;
		*n |= (uint64_t)(byte & 0x7f) << shift;
		if ((byte & 0x80) == 0)
			return true;
	}
	return false;
}

static bool take_member(struct str *in, uint8_t *tag, struct str *value)
{
	uint64_t length;

	*tag = (uint8_t)in->data[0];
	*in = str_slice(*in, 1, in->len);
	if (!take_varint(in, &length) || length > in->len)
		return false;
	*value = str_slice(*in, 0, (size_t)length);
	*in = str_slice(*in, (size_t)length, in->len);
	return true;
}

static bool take_number(struct str value, uint64_t *n)
{
	return take_varint(&value, n) && value.len == 0;
}

/* Times farther from 1970 than the year 9999 become TIME_NONE, so that sums of times cannot overflow. */
static int64_t sane_time(int64_t time_ms)
{
	static const int64_t farthest = INT64_C(253402300799999); /* 9999-12-31T23:59:59.999Z */

	return time_ms > farthest || time_ms < -farthest ? TIME_NONE : time_ms;
}

static int get_fields(struct reading *r, struct str in, void *owner, const struct shape *shape);

static int add_element(struct reading *r, struct str value, void *owner, const struct field *f)
{
	struct list_head head = list_head_get(owner, f);
	char *element;

	if (head.count >= f->max)
		return error_set(
			r->err, -EPROTO, "damaged document: more than %u elements of member %u", f->max, f->tag);
	head.items = arena_list_room(r->arena, head.items, head.count, &head.cap, f->of->size);
	if (head.count >= head.cap)
		return error_sys(r->err, -ENOMEM, "cannot read a document");
	element = (char *)head.items + head.count * f->of->size;
	if (f->of->init != NULL)
		f->of->init(element);
	head.count++;
	list_head_set(owner, f, head);
	return get_fields(r, value, element, f->of);
}

static int get_field(struct reading *r, struct str value, void *owner, const struct field *f)
{
	char *member = (char *)owner + f->offset;
	uint64_t n = 0;
	uint32_t small;
	int64_t time_ms;
	bool good = true;

	switch (f->kind) {
	case FIELD_STR:
		good = utf8_valid(value);
		memcpy(member, &value, sizeof(value));
		break;
	case FIELD_DIGEST:
		good = value.len == SHA256_LEN;
		memcpy(member, &value, sizeof(value));
		break;
	case FIELD_BYTES:
		good = value.len <= f->max;
		memcpy(member, &value, sizeof(value));
		break;
	case FIELD_BOOL:
		good = take_number(value, &n) && n == 1;
		*(bool *)member = good;
		break;
	case FIELD_TIME:
		good = take_number(value, &n);
		time_ms = sane_time((int64_t)(n >> 1 ^ (n & 1 ? UINT64_MAX : 0)));
		memcpy(member, &time_ms, sizeof(time_ms));
		break;
	case FIELD_ENUM:
	case FIELD_U32:
		good = take_number(value, &n) && n <= UINT32_MAX && (f->kind == FIELD_U32 || n < f->max);
		small = (uint32_t)n;
		memcpy(member, &small, sizeof(small));
		break;
	case FIELD_U64:
		good = take_number(value, &n);
		memcpy(member, &n, sizeof(n));
		break;
	case FIELD_TEXT:
	case FIELD_STRUCT:
		return get_fields(r, value, member, f->of);
	case FIELD_LIST:
		return add_element(r, value, owner, f);
	}
	return good ? 0
		    : error_set(r->err, -EPROTO, "damaged document: member %u has a value of the wrong form", f->tag);
}

/* The encoder writes members in the order of the table, so the search starts at the member found last. */
static const struct field *find_field(const struct shape *shape, uint8_t tag, size_t *at)
{
	for (size_t i = 0; i < shape->count; i++) {
		size_t k = (*at + i) % shape->count;

		if (shape->fields[k].tag == tag) {
			*at = k;
			return &shape->fields[k];
		}
	}
	return NULL;
}

static int get_fields(struct reading *r, struct str in, void *owner, const struct shape *shape)
{
	size_t at = 0;

	while (in.len > 0) {
		const struct field *f;
		struct str value;
		uint8_t tag;
		int result;

		if (!take_member(&in, &tag, &value))
			return error_set(r->err, -EPROTO, "damaged document: a field is longer than its container");
		f = find_field(shape, tag, &at);
		result = f != NULL ? get_field(r, value, owner, f) : 0;
		if (result != 0)
			return result;
	}
	return 0;
}

int wire_decode_document(struct str bytes, struct arena *a, struct document *d, struct error *err)
{
	struct reading r = {a, err};

	document_init(d);
	return get_fields(&r, bytes, d, &shape_document);
}

int wire_decode_item(struct str bytes, struct arena *a, struct item *it, struct error *err)
{
	struct reading r = {a, err};

	item_init(it);
	return get_fields(&r, bytes, it, &shape_item);
}
