/* SPDX-License-Identifier: ISC */
/* charset_convert.c: bytes of a known encoding to UTF-8.
 *
 * UTF-16 and UTF-32 are decoded here: a lone surrogate or a cut unit becomes one U+FFFD. Other encodings go through
 * iconv. glibc loads a converter's file when it is first opened, which the sandbox forbids; so charset_prepare()
 * opens all converters before, and they stay open.  They are shared, so only one thread may use this file; a worker
 * has one. */
#include "charset_internal.h"

#include "sitrep/base/utf8.h"
#include "sitrep/text/charset.h"

#include <errno.h>
#include <iconv.h>
#include <string.h>

enum { CONVERTERS_MAX = 96, CHUNK = 16 * 1024 };

static struct {
	iconv_t handle;
	bool open;
} converters[CONVERTERS_MAX];

static iconv_t converter(const struct charset *cs)
{
	size_t i = (size_t)(cs - charset_at(0));
	if (i >= CONVERTERS_MAX)
		return (iconv_t)-1;
	if (!converters[i].open) {
		iconv_t handle = iconv_open("UTF-8", cs->iconv_name);
		if (handle == (iconv_t)-1)
			return handle;
		converters[i].handle = handle;
		converters[i].open = true;
	}
	return converters[i].handle;
}

void charset_prepare(void)
{
	const struct charset *cs;
	for (size_t i = 0; (cs = charset_at(i)) != NULL; i++) {
		if (cs->iconv_name != NULL)
			converter(cs);
	}
}

static int decode_iconv(struct buf *out, const struct charset *cs, struct str body, size_t *bad)
{
	iconv_t handle = converter(cs);
	if (handle == (iconv_t)-1)
		return -EINVAL;
	iconv(handle, NULL, NULL, NULL, NULL);
	char chunk[CHUNK];
	/* iconv takes a pointer to char, but does not write through it */
	union {
		const char *given;
		char *wanted;
	} in = {.given = body.data};
	size_t left = body.len;
	while (left > 0) {
		char *to = chunk;
		size_t room = sizeof(chunk);
		size_t converted = iconv(handle, &in.wanted, &left, &to, &room);
		int error = errno;
		buf_append(out, chunk, (size_t)(to - chunk));
		if (buf_failed(out))
			return out->failed;
		if (converted != (size_t)-1 || error == E2BIG)
			continue;
		/* EILSEQ or, at the end, EINVAL: one byte is replaced */
		buf_put_utf8(out, 0xfffd);
		(*bad)++;
		in.given++;
		left--;
	}
	/* some converters hold the last character back */
	char *to = chunk;
	size_t room = sizeof(chunk);
	iconv(handle, NULL, NULL, &to, &room);
	return buf_append(out, chunk, (size_t)(to - chunk));
}

static uint32_t unit16(const char *p, bool big)
{
	uint32_t a = (unsigned char)p[0];
	uint32_t b = (unsigned char)p[1];
	return big ? a << 8 | b : b << 8 | a;
}

/* A unit that is cut off is bad. */
static int end_units(struct buf *out, bool is_cut, size_t *bad)
{
	*bad += is_cut;
	if (is_cut)
		buf_put_utf8(out, 0xfffd);
	return out->failed;
}

static int decode_utf16(struct buf *out, struct str body, bool big, size_t *bad)
{
	size_t i = 0;
	while (i + 1 < body.len) {
		uint32_t cp = unit16(body.data + i, big);
		i += 2;
		if (cp >= 0xd800 && cp < 0xdc00 && i + 1 < body.len) {
			uint32_t low = unit16(body.data + i, big);
			if (low >= 0xdc00 && low < 0xe000) {
				cp = 0x10000 + ((cp - 0xd800) << 10) + (low - 0xdc00);
				i += 2;
			}
		}
		*bad += cp >= 0xd800 && cp < 0xe000;
		if (buf_put_utf8(out, cp) != 0)
			return out->failed;
	}
	return end_units(out, i < body.len, bad);
}

static int decode_utf32(struct buf *out, struct str body, bool big, size_t *bad)
{
	size_t i = 0;
	for (; i + 3 < body.len; i += 4) {
		uint32_t first = unit16(body.data + i, big);
		uint32_t second = unit16(body.data + i + 2, big);
		uint32_t cp = big ? first << 16 | second : second << 16 | first;
		*bad += cp > 0x10ffff || (cp >= 0xd800 && cp < 0xe000);
		if (buf_put_utf8(out, cp) != 0)
			return out->failed;
	}
	return end_units(out, i < body.len, bad);
}

static int decode_utf8(struct buf *out, struct str body, size_t *bad)
{
	while (body.len > 0) {
		size_t good = utf8_valid_prefix(body);
		buf_append(out, body.data, good);
		body = str_slice(body, good, body.len);
		if (body.len == 0)
			break;
		size_t pos = 0;
		utf8_next(body, &pos);
		body = str_slice(body, pos, body.len);
		(*bad)++;
		if (buf_put_utf8(out, 0xfffd) != 0)
			break;
	}
	return out->failed;
}

/* Mac Turkish is Mac Roman with seven other characters, which iconv does not know.  The runs between them go through
 * Mac Roman's converter. */
static int decode_mac_turkish(struct buf *out, const struct charset *cs, struct str body, size_t *bad)
{
	static const struct {
		unsigned char byte;
		uint16_t code_point;
	} differs[] = {{0xda, 0x011e}, {0xdb, 0x011f}, {0xdc, 0x0130}, {0xdd, 0x0131}, {0xde, 0x015e}, {0xdf, 0x015f},
		{0xf5, 0xf8a0}};
	size_t from = 0;
	int result = 0;
	for (size_t i = 0; i <= body.len && result == 0; i++) {
		uint32_t cp = 0;
		for (size_t k = 0; i < body.len && k < sizeof(differs) / sizeof(*differs); k++) {
			if (differs[k].byte == (unsigned char)body.data[i])
				cp = differs[k].code_point;
		}
		if (cp == 0 && i < body.len)
			continue;
		result = decode_iconv(out, cs, str_slice(body, from, i), bad);
		if (result == 0 && cp != 0)
			result = buf_put_utf8(out, cp);
		from = i + 1;
	}
	return result;
}

int charset_decode(struct buf *out, const struct charset *cs, struct str body, size_t *bad)
{
	switch (cs->kind) {
	case CHARSET_UTF8:
		return decode_utf8(out, body, bad);
	case CHARSET_UTF16LE:
	case CHARSET_UTF16BE:
		return decode_utf16(out, body, cs->kind == CHARSET_UTF16BE, bad);
	case CHARSET_UTF32LE:
	case CHARSET_UTF32BE:
		return decode_utf32(out, body, cs->kind == CHARSET_UTF32BE, bad);
	case CHARSET_MAC_TURKISH:
		return decode_mac_turkish(out, cs, body, bad);
	case CHARSET_LATIN:
	case CHARSET_BYTE:
	case CHARSET_MULTI:
	case CHARSET_SHIFTED:
	case CHARSET_EBCDIC:
		break;
	}
	return decode_iconv(out, cs, body, bad);
}

int charset_convert(struct buf *out, struct str body, struct str label)
{
	const struct charset *cs = charset_find(label);
	size_t bad = 0;
	return cs == NULL ? -EINVAL : charset_decode(out, cs, body, &bad);
}
