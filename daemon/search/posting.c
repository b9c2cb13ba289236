/* SPDX-License-Identifier: ISC */
/* A list begins with 2 * count + 1 when a bitmap follows, else with 2 * count.  A single number needs no length. */
#include "posting.h"

#include "sitrep/base/le.h"

static int varint_put(struct buf *out, uint64_t number)
{
	uint8_t bytes[10];
	size_t len = 0;

	for (; number >= 0x80; number >>= 7)
		bytes[len++] = (uint8_t)(number | 0x80);
	bytes[len++] = (uint8_t)number;
	return buf_append(out, bytes, len);
}

/* Takes a number off the front of *in.  False when *in ends too early. */
static bool varint_take(struct str *in, uint64_t *number)
{
	*number = 0;
	for (size_t i = 0; i < in->len && i < 9; i++) {
		uint8_t byte = (uint8_t)in->data[i];

		*number |= (uint64_t)(byte & 0x7f) << 7 * i;
		if (byte < 0x80) {
			*in = str_slice(*in, i + 1, in->len);
			return true;
		}
	}
	return false;
}

static size_t varint_size(uint64_t number)
{
	size_t len = 1;

	for (; number >= 0x80; number >>= 7)
		len++;
	return len;
}

static size_t bitmap_bytes(uint32_t docs)
{
	return ((size_t)docs + 7) / 8;
}

static int put_bitmap(struct buf *out, const uint32_t *numbers, size_t count, uint32_t docs)
{
	size_t bytes = bitmap_bytes(docs);
	char *map;

	if (buf_reserve(out, bytes) != 0)
		return out->failed;
	map = out->data + out->len;
	memset(map, 0, bytes);
	for (size_t i = 0; i < count; i++)
		map[numbers[i] / 8] = (char)((unsigned char)map[numbers[i] / 8] | 1u << numbers[i] % 8);
	out->len += bytes;
	out->data[out->len] = '\0';
	return 0;
}

int posting_put(struct buf *out, const uint32_t *numbers, size_t count, uint32_t docs)
{
	size_t bytes = 0;
	uint32_t next = 0;

	for (size_t i = 0; i < count; i++) {
		bytes += varint_size(numbers[i] - next);
		next = numbers[i] + 1;
	}
	if (bytes > bitmap_bytes(docs)) {
		varint_put(out, 2 * (uint64_t)count + 1);
		return put_bitmap(out, numbers, count, docs);
	}
	varint_put(out, 2 * (uint64_t)count);
	if (count > 1)
		varint_put(out, bytes);
	next = 0;
	for (size_t i = 0; i < count; i++) {
		varint_put(out, numbers[i] - next);
		next = numbers[i] + 1;
	}
	return out->failed;
}

/* The bytes of a list. */
struct posting {
	bool is_bitmap;
	size_t count;
	struct str bytes;
};

static bool take_head(struct str *in, uint32_t docs, struct posting *p)
{
	uint64_t head, bytes;

	if (!varint_take(in, &head) || head / 2 > docs)
		return false;
	p->is_bitmap = head % 2 != 0;
	p->count = (size_t)(head / 2);
	if (p->is_bitmap)
		bytes = bitmap_bytes(docs);
	else if (p->count > 1) {
		if (!varint_take(in, &bytes))
			return false;
	} else {
		struct str rest = *in;
		uint64_t number;

		if (p->count == 1 && !varint_take(&rest, &number))
			return false;
		bytes = in->len - (p->count == 1 ? rest.len : in->len);
	}
	if (bytes > in->len)
		return false;
	p->bytes = str_slice(*in, 0, (size_t)bytes);
	*in = str_slice(*in, (size_t)bytes, in->len);
	return true;
}

bool posting_skip(struct str *in, uint32_t docs)
{
	struct posting p;

	return take_head(in, docs, &p);
}

static bool take_distances(const struct posting *p, uint32_t docs, uint32_t *numbers, uint64_t *bits)
{
	struct str rest = p->bytes;
	uint64_t next = 0;

	for (size_t i = 0; i < p->count; i++) {
		uint64_t distance;

		if (!varint_take(&rest, &distance) || distance >= docs || next + distance >= docs)
			return false;
		next += distance;
		if (numbers != NULL)
			numbers[i] = (uint32_t)next;
		else
			bits[next / 64] |= UINT64_C(1) << next % 64;
		next++;
	}
	return true;
}

static uint64_t bitmap_word(struct str bytes, size_t word)
{
	size_t len = bytes.len - 8 * word;

	return le_get(bytes.data + 8 * word, len < 8 ? len : 8);
}

static bool take_bitmap(const struct posting *p, uint32_t docs, uint32_t *numbers, uint64_t *bits)
{
	size_t words = ((size_t)docs + 63) / 64, count = 0;
	uint64_t beyond = docs % 64 == 0 ? 0 : ~UINT64_C(0) << docs % 64;

	for (size_t w = 0; w < words; w++) {
		uint64_t word = bitmap_word(p->bytes, w);

		if (w + 1 == words && (word & beyond) != 0)
			return false;
		if (bits != NULL)
			bits[w] |= word;
		for (; numbers != NULL && word != 0; word &= word - 1) {
			if (count == p->count)
				return false;
			numbers[count++] = (uint32_t)(64 * w) + (uint32_t)__builtin_ctzll(word);
		}
	}
	return numbers == NULL || count == p->count;
}

static bool take_list(struct str *in, uint32_t docs, uint32_t *numbers, uint64_t *bits, size_t *count)
{
	struct posting p;

	if (!take_head(in, docs, &p))
		return false;
	*count = p.count;
	return p.is_bitmap ? take_bitmap(&p, docs, numbers, bits) : take_distances(&p, docs, numbers, bits);
}

bool posting_take(struct str *in, uint32_t docs, uint32_t *numbers, size_t *count)
{
	return take_list(in, docs, numbers, NULL, count);
}

bool posting_take_bits(struct str *in, uint32_t docs, uint64_t *bits)
{
	size_t count;

	return take_list(in, docs, NULL, bits, &count);
}
