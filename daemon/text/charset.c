/* SPDX-License-Identifier: ISC */
/* charset.c: decides in which encoding a feed's bytes are.
 *
 * Server, document and bytes often disagree.  The order is BOM, HTTP header, declaration; but a declared encoding
 * must fit the bytes.  Valid UTF-8 with multi-byte sequences is practically never another encoding, so it overrules
 * a declared Latin encoding.  A declared UTF-8 is overruled when the bytes are not UTF-8 and the other declaration
 * fits.  Bytes without a fitting declaration are UTF-8 when most of their sequences are; otherwise the encoding is
 * guessed (charset_guess.c). */
#include "sitrep/text/charset.h"

#include "charset_internal.h"
#include "sitrep/base/utf8.h"

#include <errno.h>
#include <string.h>

/* The XML declaration is looked for in this many bytes: junk before it is allowed. */
enum { DECLARATION_MAX = 1024 };
/* This many valid UTF-8 sequences, and no invalid one, do not happen by chance in another encoding. */
enum { SEQUENCES_PROVE_UTF8 = 3 };
/* With this many valid sequences for each invalid one the text is UTF-8, and the invalid ones are damage. */
enum { SEQUENCES_OUTWEIGH_DAMAGE = 10 };

struct claim {
	const struct charset *charset; /* NULL: no usable label */
	struct str label;
	const char *by;
};

/* The value of encoding="..." in the XML declaration of text that reads like ASCII. */
static struct str declared_label(struct str text)
{
	struct str head = str_slice(text, 0, DECLARATION_MAX);
	size_t start = str_find(head, STR("<?xml"), 0);
	if (start == STR_NPOS)
		return STR_NONE;
	size_t end = str_find(head, STR("?>"), start);
	head = str_slice(head, start, end == STR_NPOS ? head.len : end);
	size_t at = str_find_nocase(head, STR("encoding"), 0);
	if (at == STR_NPOS)
		return STR_NONE;
	struct str rest = str_trim(str_slice(head, at + 8, head.len));
	if (rest.len == 0 || rest.data[0] != '=')
		return STR_NONE;
	rest = str_trim(str_slice(rest, 1, rest.len));
	if (rest.len == 0 || (rest.data[0] != '"' && rest.data[0] != '\''))
		return STR_NONE;
	size_t close = str_find_char(rest, rest.data[0], 1);
	return str_trim(str_slice(rest, 1, close == STR_NPOS ? rest.len : close));
}

static const struct charset *by_bom(struct str body, size_t *bom_len)
{
	static const struct {
		struct str bom;
		struct str name;
	} boms[] = {
		{{"\xef\xbb\xbf", 3}, {"utf-8", 5}},
		{{"\xff\xfe\0\0", 4}, {"utf-32le", 8}},
		{{"\0\0\xfe\xff", 4}, {"utf-32be", 8}},
		{{"\xff\xfe", 2}, {"utf-16le", 8}},
		{{"\xfe\xff", 2}, {"utf-16be", 8}},
	};
	for (size_t i = 0; i < sizeof(boms) / sizeof(*boms); i++) {
		if (str_starts(body, boms[i].bom)) {
			*bom_len = boms[i].bom.len;
			return charset_find(boms[i].name);
		}
	}
	return NULL;
}

/* UTF-16 or UTF-32 by "<" or "{" with zero bytes around it, EBCDIC by its "<?xm" (XML 1.0, appendix F). */
static const struct charset *by_first_bytes(struct str body)
{
	if (body.len < 4)
		return NULL;
	const unsigned char *p = (const unsigned char *)body.data;
	unsigned int zeros = 0;
	for (unsigned int i = 0; i < 4; i++)
		zeros |= (p[i] == 0 ? 1U : 0U) << (3 - i);
	switch (zeros) {
	case 0x7: /* x000 */
		return charset_find(STR("utf-32le"));
	case 0xe: /* 000x */
		return charset_find(STR("utf-32be"));
	case 0x5: /* x0x0 */
		return charset_find(STR("utf-16le"));
	case 0xa: /* 0x0x */
		return charset_find(STR("utf-16be"));
	default:
		break;
	}
	if (memcmp(p, "\x4c\x6f\xa7\x94", 4) == 0)
		return charset_find(STR("ibm037"));
	return NULL;
}

/* Reads the code page that an EBCDIC document declares, by way of guess: the declaration's letters are the same in all
 * code pages. */
static const struct charset *ebcdic_page(const struct charset *guess, struct str body)
{
	struct buf head = BUF_INIT(4 * DECLARATION_MAX);
	size_t bad = 0;
	const struct charset *found = NULL;
	if (charset_decode(&head, guess, str_slice(body, 0, DECLARATION_MAX), &bad) == 0)
		found = charset_find(declared_label(buf_str(&head)));
	buf_release(&head);
	return found != NULL && found->kind == CHARSET_EBCDIC ? found : guess;
}

/* Counts valid UTF-8 sequences of more than one byte, and invalid ones. */
static void count_utf8(struct str body, size_t *good, size_t *bad)
{
	size_t pos = 0;
	*good = *bad = 0;
	while (pos < body.len) {
		if ((unsigned char)body.data[pos] < 0x80) {
			pos++;
			continue;
		}
		size_t before = pos;
		uint32_t cp = utf8_next(body, &pos);
		if (cp == 0xfffd && !(pos - before == 3 && memcmp(body.data + before, "\xef\xbf\xbd", 3) == 0))
			(*bad)++;
		else
			(*good)++;
	}
}

static bool ascii_compatible(const struct charset *cs)
{
	return cs->kind == CHARSET_UTF8 || cs->kind == CHARSET_LATIN || cs->kind == CHARSET_BYTE ||
	       cs->kind == CHARSET_MAC_TURKISH || cs->kind == CHARSET_MULTI || cs->kind == CHARSET_SHIFTED;
}

static void choose(struct charset_choice *choice, const struct charset *cs, const char *by)
{
	choice->name = str_from(cs->name);
	choice->by = by;
}

static void overrule(struct charset_choice *choice, struct arena *a, const struct claim *claim)
{
	choice->overruled = true;
	/* The label comes from a server or a feed and is shown to people: only its printable text is kept. */
	choice->declared = arena_str(a, str_slice(claim->label, 0, utf8_valid_prefix(claim->label)));
}

/* Whether bytes that are valid UTF-8 overrule the claimed encoding. */
static bool utf8_wins(const struct claim *claim, size_t sequences)
{
	switch (claim->charset->kind) {
	case CHARSET_UTF8:
		return true;
	case CHARSET_LATIN:
		return sequences > 0;
	case CHARSET_BYTE:
	case CHARSET_MAC_TURKISH:
	case CHARSET_MULTI:
		return sequences >= SEQUENCES_PROVE_UTF8;
	case CHARSET_SHIFTED:
		return sequences > 0;
	case CHARSET_EBCDIC:
	case CHARSET_UTF16LE:
	case CHARSET_UTF16BE:
	case CHARSET_UTF32LE:
	case CHARSET_UTF32BE:
		break;
	}
	return true;
}

static int convert(
	struct buf *out, const struct charset *cs, struct str body, struct charset_choice *choice, struct str *text)
{
	size_t bad = 0;
	size_t before = out->len;
	int result = charset_decode(out, cs, body, &bad);
	if (result != 0)
		return result;
	choice->damaged = bad > 0;
	*text = str_slice(buf_str(out), before, out->len);
	return 0;
}

/* Reads bytes that are not all UTF-8.  The first claim that the bytes fit wins, else the reading with the fewest bad
 * bytes.  Any bytes fit a Latin encoding, so text with only a few invalid sequences is read as UTF-8 first.  JSON is
 * UTF-8 by definition (RFC 8259, 8.1): there one valid sequence is enough. */
static int read_other(struct buf *out, struct arena *a, struct str body, const struct claim claims[2], bool is_xml,
	struct charset_choice *choice, struct str *text)
{
	const struct claim *best = NULL;
	size_t best_bad = 0;
	size_t good;
	size_t broken;
	count_utf8(body, &good, &broken);
	bool is_damaged_utf8 = good / SEQUENCES_OUTWEIGH_DAMAGE >= broken;
	for (size_t i = 0; i < 2 && !is_damaged_utf8 && (best == NULL || best_bad > 0); i++) {
		const struct charset *cs = claims[i].charset;
		if (cs == NULL || cs->kind == CHARSET_UTF8)
			continue;
		size_t bad = 0;
		size_t before = out->len;
		int result = charset_decode(out, cs, body, &bad);
		if (result != 0 && result != -EINVAL)
			return result;
		buf_truncate(out, before);
		if (result == 0 && (best == NULL || bad < best_bad)) {
			best = &claims[i];
			best_bad = bad;
		}
	}
	const struct claim *declared = claims[0].charset != NULL ? &claims[0] : &claims[1];
	if (best != NULL && (best_bad == 0 || best_bad <= broken)) {
		choose(choice, best->charset, best->by);
		if (best->charset->kind == CHARSET_LATIN && str_eq(choice->name, STR("us-ascii")))
			choice->name = STR("windows-1252");
		if (best != declared)
			overrule(choice, a, declared);
		return convert(out, best->charset, body, choice, text);
	}
	const struct charset *cs =
		good > broken || (good > 0 && !is_xml) ? charset_find(STR("utf-8")) : charset_guess(body);
	bool agreed = declared->charset == cs;
	choose(choice, cs, agreed ? declared->by : "detected");
	/* a missing declaration means UTF-8, so it is overruled too */
	if (!agreed)
		overrule(choice, a, declared);
	return convert(out, cs, body, choice, text);
}

static int read_ascii_compatible(struct buf *out, struct arena *a, struct str body, const struct claim claims[2],
	bool is_xml, struct charset_choice *choice, struct str *text)
{
	const struct claim *first = claims[0].charset != NULL ? &claims[0] : &claims[1];
	if (!utf8_valid(body))
		return read_other(out, a, body, claims, is_xml, choice, text);
	*text = body;
	if (first->charset == NULL) {
		choose(choice, charset_find(STR("utf-8")), "default");
		return 0;
	}
	size_t sequences = 0;
	size_t broken = 0;
	if (first->charset->kind != CHARSET_UTF8)
		count_utf8(body, &sequences, &broken);
	if (utf8_wins(first, sequences)) {
		const struct charset *utf8 = charset_find(STR("utf-8"));
		choose(choice, utf8, first->charset == utf8 ? first->by : "detected");
		if (first->charset != utf8)
			overrule(choice, a, first);
		return 0;
	}
	choose(choice, first->charset, first->by);
	if (sequences == 0 && first->charset->kind != CHARSET_SHIFTED)
		return 0;
	return convert(out, first->charset, body, choice, text);
}

uint32_t charset_windows_1252(uint32_t cp)
{
	static const uint16_t differs[32] = {0x20ac, 0x81, 0x201a, 0x192, 0x201e, 0x2026, 0x2020, 0x2021, 0x2c6, 0x2030,
		0x160, 0x2039, 0x152, 0x8d, 0x17d, 0x8f, 0x90, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014,
		0x2dc, 0x2122, 0x161, 0x203a, 0x153, 0x9d, 0x17e, 0x178};

	return cp >= 0x80 && cp < 0xa0 ? differs[cp - 0x80] : cp;
}

int charset_to_utf8(struct buf *out, struct arena *a, struct str body, struct str http_charset, bool is_xml,
	struct charset_choice *choice, struct str *text)
{
	*choice = (struct charset_choice){.by = "default", .name = STR("utf-8")};
	size_t bom_len = 0;
	const struct charset *cs = by_bom(body, &bom_len);
	if (cs != NULL) {
		choose(choice, cs, "bom");
		body = str_slice(body, bom_len, body.len);
		*text = body;
		if (cs->kind == CHARSET_UTF8 && utf8_valid(body))
			return 0;
		return convert(out, cs, body, choice, text);
	}
	cs = by_first_bytes(body);
	if (cs != NULL && cs->kind == CHARSET_EBCDIC)
		cs = ebcdic_page(cs, body);
	if (cs != NULL) {
		choose(choice, cs, "detected");
		return convert(out, cs, body, choice, text);
	}
	struct claim claims[2] = {
		{charset_find(http_charset), http_charset, "http"},
		{NULL, STR_NONE, "declaration"},
	};
	if (is_xml) {
		claims[1].label = declared_label(body);
		claims[1].charset = charset_find(claims[1].label);
	}
	for (size_t i = 0; i < 2; i++) {
		/* bytes that read like ASCII are not UTF-16, whatever the declaration */
		if (str_empty(claims[i].label) || (claims[i].charset != NULL && ascii_compatible(claims[i].charset)))
			continue;
		claims[i].charset = NULL;
		overrule(choice, a, &claims[i]);
	}
	return read_ascii_compatible(out, a, body, claims, is_xml, choice, text);
}
