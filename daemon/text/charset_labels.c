/* SPDX-License-Identifier: ISC */
/* charset_labels.c: the names of encodings.
 *
 * Labels follow the WHATWG Encoding Standard, since feeds are made for browsers: "iso-8859-1" means windows-1252.
 * Older code pages, which feeds of the early web still use, are added at the end.  Each encoding has one row, with
 * its name in iconv.  A label that is not in the table names no encoding, so that the sandboxed worker, which can
 * load no converter, and the command line read the same bytes alike. */
#include "charset_internal.h"

#include <string.h>

static const struct charset charsets[] = {
	{"utf-8", CHARSET_UTF8, NULL, "utf8 unicode11utf8 unicode20utf8 xunicode20utf8 cp65001 utf8mb4"},
	{"us-ascii", CHARSET_LATIN, "CP1252", "ascii ansix341968 iso646us isoir6 us cp367 ibm367 ansix341986"},
	{"iso-8859-1", CHARSET_LATIN, "CP1252",
		"latin1 l1 cp819 ibm819 iso88591 iso885911987 isoir100 csisolatin1 iso8859 latin"},
	{"windows-1252", CHARSET_LATIN, "CP1252", "cp1252 xcp1252 win1252 ansi 1252"},
	{"utf-16le", CHARSET_UTF16LE, NULL, "utf16 unicode ucs2 iso10646ucs2 csunicode unicodefeff"},
	{"utf-16be", CHARSET_UTF16BE, NULL, "unicodefffe"},
	{"utf-32le", CHARSET_UTF32LE, NULL, "utf32 ucs4 iso10646ucs4"},
	{"utf-32be", CHARSET_UTF32BE, NULL, ""},
	{"utf-7", CHARSET_SHIFTED, "UTF-7", "utf7 unicode11utf7"},
	{"iso-8859-2", CHARSET_BYTE, "ISO-8859-2", "latin2 l2 isoir101 csisolatin2 iso885921987"},
	{"iso-8859-3", CHARSET_BYTE, "ISO-8859-3", "latin3 l3 isoir109 csisolatin3 iso885931988"},
	{"iso-8859-4", CHARSET_BYTE, "ISO-8859-4", "latin4 l4 isoir110 csisolatin4 iso885941988"},
	{"iso-8859-5", CHARSET_BYTE, "ISO-8859-5", "cyrillic isoir144 csisolatincyrillic iso885951988"},
	{"iso-8859-6", CHARSET_BYTE, "ISO-8859-6",
		"arabic ecma114 asmo708 isoir127 csisolatinarabic iso88596e iso88596i"},
	{"iso-8859-7", CHARSET_BYTE, "ISO-8859-7", "greek greek8 ecma118 elot928 isoir126 csisolatingreek suneugreek"},
	{"iso-8859-8", CHARSET_BYTE, "ISO-8859-8",
		"hebrew isoir138 csisolatinhebrew iso88598e iso88598i logical visual"},
	{"iso-8859-10", CHARSET_BYTE, "ISO-8859-10", "latin6 l6 isoir157 csisolatin6"},
	{"iso-8859-13", CHARSET_BYTE, "ISO-8859-13", "latin7 l7"},
	{"iso-8859-14", CHARSET_BYTE, "ISO-8859-14", "latin8 l8"},
	{"iso-8859-15", CHARSET_BYTE, "ISO-8859-15", "latin9 l9 csisolatin9"},
	{"iso-8859-16", CHARSET_BYTE, "ISO-8859-16", "latin10 l10"},
	{"koi8-r", CHARSET_BYTE, "KOI8-R", "koi koi8 cskoi8r"},
	{"koi8-u", CHARSET_BYTE, "KOI8-U", "koi8ru"},
	{"koi8-t", CHARSET_BYTE, "KOI8-T", ""},
	{"windows-874", CHARSET_BYTE, "CP874", "cp874 874 dos874 tis620 iso885911 ibm874"},
	{"windows-1250", CHARSET_BYTE, "CP1250", "cp1250 xcp1250 1250"},
	{"windows-1251", CHARSET_BYTE, "CP1251", "cp1251 xcp1251 1251 win1251"},
	{"windows-1253", CHARSET_BYTE, "CP1253", "cp1253 xcp1253 1253"},
	{"windows-1254", CHARSET_BYTE, "CP1254",
		"cp1254 xcp1254 1254 latin5 l5 iso88599 isoir148 csisolatin5 iso885991989"},
	{"windows-1255", CHARSET_BYTE, "CP1255", "cp1255 xcp1255 1255"},
	{"windows-1256", CHARSET_BYTE, "CP1256", "cp1256 xcp1256 1256"},
	{"windows-1257", CHARSET_BYTE, "CP1257", "cp1257 xcp1257 1257"},
	{"windows-1258", CHARSET_BYTE, "CP1258", "cp1258 xcp1258 1258"},
	{"macintosh", CHARSET_BYTE, "MACINTOSH", "mac xmacroman csmacintosh macroman"},
	{"x-mac-cyrillic", CHARSET_BYTE, "MAC-CYRILLIC", "maccyrillic xmacukrainian macukrainian"},
	{"x-mac-ce", CHARSET_BYTE, "MAC-CENTRALEUROPE", "maccentraleurope maclatin2 maccentraleurroman"},
	{"x-mac-icelandic", CHARSET_BYTE, "MAC-IS", "maciceland macis xmaciceland"},
	{"x-mac-turkish", CHARSET_MAC_TURKISH, "MACINTOSH", "macturkish xmacturkish"},
	{"ibm437", CHARSET_BYTE, "IBM437", "cp437 437 cspc8codepage437"},
	{"cp737", CHARSET_BYTE, "CP737", "ibm737"},
	{"ibm775", CHARSET_BYTE, "CP775", "cp775 cspc775baltic"},
	{"ibm850", CHARSET_BYTE, "IBM850", "cp850 850 cspc850multilingual"},
	{"ibm852", CHARSET_BYTE, "IBM852", "cp852 852 cspcp852"},
	{"ibm855", CHARSET_BYTE, "IBM855", "cp855 855 csibm855"},
	{"ibm856", CHARSET_BYTE, "IBM856", "cp856 856"},
	{"ibm857", CHARSET_BYTE, "IBM857", "cp857 857 csibm857"},
	{"ibm858", CHARSET_BYTE, "CP858", "cp858 858 ibm00858 ccsid00858"},
	{"ibm860", CHARSET_BYTE, "IBM860", "cp860 860 csibm860"},
	{"ibm861", CHARSET_BYTE, "IBM861", "cp861 861 cpis csibm861"},
	{"ibm862", CHARSET_BYTE, "IBM862", "cp862 862 cspc862latinhebrew"},
	{"ibm863", CHARSET_BYTE, "IBM863", "cp863 863 csibm863"},
	{"ibm864", CHARSET_BYTE, "IBM864", "cp864 864 csibm864"},
	{"ibm865", CHARSET_BYTE, "IBM865", "cp865 865 csibm865"},
	{"ibm866", CHARSET_BYTE, "IBM866", "cp866 866 csibm866"},
	{"ibm869", CHARSET_BYTE, "IBM869", "cp869 869 cpgr csibm869"},
	{"cp1125", CHARSET_BYTE, "CP1125", "ibm1125 cp866u ruscii"},
	{"ibm037", CHARSET_EBCDIC, "IBM037", "cp037 037 csibm037 ebcdiccpus ebcdiccpca ebcdiccpwt ebcdiccpnl ibm039"},
	{"ibm500", CHARSET_EBCDIC, "IBM500", "cp500 500 csibm500 ebcdiccpbe ebcdiccpch"},
	{"ibm875", CHARSET_EBCDIC, "CP875", "cp875 875"},
	{"ibm1026", CHARSET_EBCDIC, "IBM1026", "cp1026 1026 csibm1026"},
	{"ibm1140", CHARSET_EBCDIC, "IBM1140", "cp1140 1140 ccsid01140 ibm01140"},
	{"gb18030", CHARSET_MULTI, "GB18030",
		"gb2312 gbk chinese csgb2312 csiso58gb231280 gb231280 isoir58 xgbk cp936 936 ms936 windows936 euccn "
		"eucgb2312cn"},
	{"big5", CHARSET_MULTI, "BIG5-HKSCS", "big5hkscs cnbig5 csbig5 xxbig5 cp950 950 ms950"},
	{"euc-jp", CHARSET_MULTI, "EUC-JP-MS", "ujis xeucjp cseucpkdfmtjapanese eucjpms"},
	{"iso-2022-jp", CHARSET_SHIFTED, "ISO-2022-JP-3", "csiso2022jp iso2022jp1 iso2022jp2 iso2022jpext"},
	{"shift_jis", CHARSET_MULTI, "CP932", "sjis csshiftjis mskanji ms932 windows31j xsjis cp932 932"},
	{"euc-kr", CHARSET_MULTI, "CP949",
		"cseuckr csksc56011987 ksc5601 ksc56011987 ksc56011989 korean windows949 isoir149 cp949 949 uhc ms949"},
	{"iso-2022-kr", CHARSET_SHIFTED, "ISO-2022-KR", "csiso2022kr"},
	{"johab", CHARSET_MULTI, "JOHAB", "cp1361 ms1361"},
	{"euc-tw", CHARSET_MULTI, "EUC-TW", "euctw"},
};

enum { CHARSET_COUNT = sizeof(charsets) / sizeof(*charsets), LABEL_MAX = 40 };

const struct charset *charset_at(size_t index)
{
	return index < CHARSET_COUNT ? &charsets[index] : NULL;
}

/* Writes the label's letters and digits in lower case: spellings differ mostly in hyphens and underscores. */
static size_t fold(char folded[static LABEL_MAX], struct str label)
{
	size_t n = 0;
	for (size_t i = 0; i < label.len; i++) {
		char c = char_lower(label.data[i]);
		if (!char_is_alpha(c) && !char_is_digit(c)) {
			if (c != '-' && c != '_' && c != '.' && c != ':' && !char_is_space(c))
				return 0;
			continue;
		}
		if (n == LABEL_MAX)
			return 0;
		folded[n++] = c;
	}
	return n;
}

static bool matches(const struct charset *cs, struct str folded)
{
	char name[LABEL_MAX];
	size_t n = fold(name, str_from(cs->name));
	if (str_eq(folded, str_make(name, n)))
		return true;
	struct str rest = str_from(cs->labels);
	struct str word;
	while (str_word(&rest, &word)) {
		if (str_eq(folded, word))
			return true;
	}
	return false;
}

const struct charset *charset_find(struct str label)
{
	label = str_trim(label);
	while (label.len >= 2 && (*label.data == '"' || *label.data == '\''))
		label = str_trim(
			str_slice(label, 1, label.data[label.len - 1] == *label.data ? label.len - 1 : label.len));
	char folded[LABEL_MAX];
	size_t n = fold(folded, label);
	if (n == 0)
		return NULL;
	for (size_t i = 0; i < CHARSET_COUNT; i++) {
		if (matches(&charsets[i], str_make(folded, n)))
			return &charsets[i];
	}
	return NULL;
}
