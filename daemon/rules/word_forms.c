/* SPDX-License-Identifier: ISC */
/* The forms of a word, script by script. */
#include "word_forms.h"

#include <string.h>

#include <utf8proc.h>

#include "sitrep/base/utf8.h"

enum {
	FORM_MAX = WORD_FORMS_BYTES / 4,
	DECOMPOSED_MAX = 18,
	PARTICLES_IN_ROW = 2, /* 에서 and 는 */
	YO = 0x451,
};

/* ---- the list of forms */

void word_forms_init(struct word_forms *f)
{
	buf_init(&f->folded, FORM_MAX);
	word_forms_clear(f);
}

void word_forms_release(struct word_forms *f)
{
	buf_release(&f->folded);
}

void word_forms_clear(struct word_forms *f)
{
	f->count = f->used = 0;
}

struct str word_forms_get(const struct word_forms *f, size_t n)
{
	return str_make(f->room + f->items[n].from, f->items[n].len);
}

static void add_form(struct word_forms *f, struct str form)
{
	if (form.len == 0 || f->count == WORD_FORMS_MAX || form.len > sizeof(f->room) - f->used)
		return;
	for (size_t i = 0; i < f->count; i++)
		if (str_eq(word_forms_get(f, i), form))
			return;
	memcpy(f->room + f->used, form.data, form.len);
	f->items[f->count++] = (struct word_form){f->used, form.len};
	f->used += form.len;
}

/* ---- apostrophes */

bool word_forms_is_elision(struct str part)
{
	/* French and Catalan; Italian */
	static const char *const elisions[] = {"l", "d", "j", "m", "n", "s", "t", "c", "qu", "jusqu", "lorsqu",
		"puisqu", "quoiqu", "quelqu", "presqu", "dell", "nell", "all", "dall", "sull", "coll", "un", "quest",
		"quell", "gl", "degl", "agl", "dagl", "negl", "sugl", "cogl", "sant", "bell", "anch", "senz", "mezz",
		"tutt", "pell", "ch", "v", "ci"};

	return str_is_one_of(part, elisions);
}

static size_t count_characters(struct str s)
{
	size_t count = 0;

	for (size_t pos = 0; pos < s.len; count++)
		utf8_next(s, &pos);
	return count;
}

bool word_forms_is_ending(struct str before, struct str part)
{
	static const char *const english[] = {"s", "d", "ll", "re", "ve", "m"};
	/* case endings, and endings that make nouns and adjectives of names */
	static const char *const turkish[] = {"da", "de", "ta", "te", "dan", "den", "tan", "ten", "ya", "ye", "yı",
		"yi", "yu", "yü", "ın", "in", "un", "ün", "nın", "nin", "nun", "nün", "na", "ne", "nı", "ni", "nu",
		"nü", "nda", "nde", "ndan", "nden", "daki", "deki", "taki", "teki", "ndaki", "ndeki", "la", "le", "yla",
		"yle", "lı", "li", "lu", "lü", "lar", "ler", "ca", "ce", "dır", "dir", "ki", "dı", "di", "sı", "si",
		"su", "sü"};
	static const char *const vowels[] = {"a", "e", "ı", "i", "u", "ü"};
	size_t length = count_characters(before);

	/* A single vowel is an ending behind six or more letters: Erdoğan'a ends in one, Sana'a is one word. */
	return length >= 2 && (str_is_one_of(part, english) || (length >= 3 && str_is_one_of(part, turkish)) ||
				      (length >= 6 && str_is_one_of(part, vowels)));
}

/* ---- diacritics */

static bool is_between(uint32_t cp, uint32_t first, uint32_t last)
{
	return cp >= first && cp <= last;
}

static bool is_vowel_sign(uint32_t cp)
{
	return is_between(cp, 0x300, 0x36F) || /* combining accents */
	       is_between(cp, 0x591, 0x5C7) || /* Hebrew points */
	       is_between(cp, 0x610, 0x61A) || /* Arabic */
	       is_between(cp, 0x64B, 0x65F) || cp == 0x640 || cp == 0x670 || is_between(cp, 0x6D6, 0x6ED);
}

/* Letters without a Unicode decomposition, and letters that are used for one another. */
static const struct {
	uint32_t letter;
	const char *plain;
} letters[] = {
	{0xE6, "ae"},        /* æ */
	{0xF0, "d"},         /* ð */
	{0xF8, "o"},         /* ø */
	{0xFE, "th"},        /* þ */
	{0x111, "d"},        /* đ */
	{0x127, "h"},        /* ħ */
	{0x131, "i"},        /* ı */
	{0x142, "l"},        /* ł */
	{0x153, "oe"},       /* œ */
	{0x167, "t"},        /* ŧ */
	{0x259, "a"},        /* ə, of Azerbaijani */
	{0x450, "\xD0\xB5"}, /* ѐ */
	{0x451, "\xD0\xB5"}, /* ё */
	{0x45D, "\xD0\xB8"}, /* ѝ */
	{0x622, "\xD8\xA7"}, /* Arabic alef with madda, hamza */
	{0x623, "\xD8\xA7"},
	{0x625, "\xD8\xA7"},
	{0x629, "\xD9\x87"}, /* teh marbuta as heh */
	{0x649, "\xD9\x8A"}, /* alef maksura as yeh */
	{0x671, "\xD8\xA7"}, /* alef wasla */
	{0x6A9, "\xD9\x83"}, /* Persian kaf and yeh */
	{0x6CC, "\xD9\x8A"},
};

static const char *plain_letter(uint32_t cp)
{
	for (size_t i = 0; i < sizeof(letters) / sizeof(*letters); i++)
		if (letters[i].letter == cp)
			return letters[i].plain;
	return NULL;
}

/* Latin and Greek letters, which people also type without the accent.  Cyrillic й is a letter of its own. */
static bool loses_accent(uint32_t cp)
{
	return is_between(cp, 0xC0, 0x24F) || is_between(cp, 0x1E00, 0x1EFF) || is_between(cp, 0x370, 0x3FF) ||
	       is_between(cp, 0x1F00, 0x1FFF);
}

static void fold_letter(struct buf *out, uint32_t cp)
{
	utf8proc_int32_t parts[DECOMPOSED_MAX];
	const char *plain = cp < 0x80 ? NULL : plain_letter(cp);
	utf8proc_ssize_t n;

	if (cp < 0x80) {
		buf_putc(out, (char)cp);
	} else if (plain != NULL) {
		buf_puts(out, plain);
	} else if (loses_accent(cp)) {
		n = utf8proc_decompose_char(
			(utf8proc_int32_t)cp, parts, DECOMPOSED_MAX, UTF8PROC_DECOMPOSE | UTF8PROC_STABLE, NULL);
		for (utf8proc_ssize_t i = 0; i < n && i < DECOMPOSED_MAX; i++)
			if (!is_vowel_sign((uint32_t)parts[i]))
				buf_put_utf8(out, (uint32_t)parts[i]);
	} else if (!is_vowel_sign(cp)) {
		buf_put_utf8(out, cp);
	}
}

/* "münchen" gives "muenchen", "jørgen" gives "joergen"; false when the token has no such letter. */
static bool fold_in_two(struct buf *out, struct str token)
{
	bool found = false;

	for (size_t pos = 0; pos < token.len;) {
		uint32_t cp = utf8_next(token, &pos);
		const char *two = cp == 0xE4                 ? "ae"
				  : cp == 0xF6 || cp == 0xF8 ? "oe"
				  : cp == 0xFC               ? "ue"
				  : cp == 0xE5               ? "aa"
							     : NULL;

		found = found || two != NULL;
		if (two != NULL)
			buf_puts(out, two);
		else
			fold_letter(out, cp);
	}
	return found;
}

/* ---- the Arabic article */

static bool is_arabic(uint32_t cp)
{
	return is_between(cp, 0x600, 0x6FF);
}

/* Adds the word without its article.  When a letter such as w (and) or b (with) stands before the article, also adds
 * the word without that letter. */
static void add_without_article(struct word_forms *f, struct str token)
{
	static const struct str letters_before[] = {{"", 0}, {"\xD9\x88", 2}, {"\xD9\x81", 2}, {"\xD8\xA8", 2},
		{"\xD9\x83", 2}, {"\xD9\x88\xD8\xA8", 4}, {"\xD9\x88\xD9\x83", 4}, {"\xD9\x81\xD8\xA8", 4}};
	static const struct str article = {"\xD8\xA7\xD9\x84", 4};
	/* With ل (for) before it, the article is written لل. */
	static const struct str merged[] = {{"\xD9\x84\xD9\x84", 4}, {"\xD9\x88\xD9\x84\xD9\x84", 6}};
	char whole[FORM_MAX];

	for (size_t i = 0; i < sizeof(letters_before) / sizeof(*letters_before); i++) {
		struct str rest = str_slice(token, letters_before[i].len, token.len);

		if (!str_starts(token, letters_before[i]) || !str_starts(rest, article) || rest.len < article.len + 4)
			continue;
		add_form(f, rest);
		add_form(f, str_slice(rest, article.len, rest.len));
	}
	for (size_t i = 0; i < sizeof(merged) / sizeof(*merged); i++) {
		struct str rest = str_slice(token, merged[i].len, token.len);

		if (!str_starts(token, merged[i]) || rest.len < 6 || rest.len + article.len > sizeof(whole))
			continue;
		memcpy(whole, article.data, article.len);
		memcpy(whole + article.len, rest.data, rest.len);
		add_form(f, str_make(whole, article.len + rest.len));
		add_form(f, rest);
	}
}

/* ---- Hangul particles */

/* The longest particle that fits is taken off, so longer ones come first: 에서 before 에. */
static const char *const particles[] = {"으로부터", "에서부터", "이라고", "로부터", "에게서", "께서는", "에서", "에게",
	"한테", "께서", "으로", "까지", "부터", "처럼", "보다", "마다", "조차", "마저", "밖에", "라고", "이나", "이며",
	"이고", "이란", "이라", "하고", "은", "는", "이", "가", "을", "를", "의", "에", "로", "와", "과", "도", "만",
	"나", "며", "란", "들", "측"};

static bool is_hangul(uint32_t cp)
{
	return is_between(cp, 0xAC00, 0xD7A3);
}

/* A stem has at least two syllables, or characters of another script: ICBM을. */
static bool is_stem(struct str stem)
{
	size_t syllables = 0;
	bool other = false;

	for (size_t pos = 0; pos < stem.len;) {
		bool hangul = is_hangul(utf8_next(stem, &pos));

		syllables += hangul;
		other = other || !hangul;
	}
	return syllables >= 2 || (other && stem.len > 0);
}

static void add_without_particles(struct word_forms *f, struct str token)
{
	for (int i = 0; i < PARTICLES_IN_ROW; i++) {
		struct str stem = token;

		for (size_t k = 0; k < sizeof(particles) / sizeof(*particles) && stem.len == token.len; k++)
			if (str_ends(token, str_from(particles[k])))
				stem = str_slice(token, 0, token.len - strlen(particles[k]));
		if (stem.len == token.len || !is_stem(stem))
			return;
		add_form(f, stem);
		token = stem;
	}
}

/* ---- a word */

/* False: fold_letter() leaves cp as it is.  This answers for nearly all words without folding them. */
static bool may_fold(uint32_t cp)
{
	return is_between(cp, 0xC0, 0x3FF) || is_between(cp, 0x450, 0x45D) || is_between(cp, 0x591, 0x6FF) ||
	       is_between(cp, 0x1E00, 0x1FFF);
}

static void add_folded(struct word_forms *f, struct str token, bool arabic)
{
	buf_clear(&f->folded);
	for (size_t pos = 0; pos < token.len;)
		fold_letter(&f->folded, utf8_next(token, &pos));
	add_form(f, buf_str(&f->folded));
	if (arabic) {
		add_without_article(f, token);
		add_without_article(f, buf_str(&f->folded));
	}
	buf_clear(&f->folded);
	if (fold_in_two(&f->folded, token))
		add_form(f, buf_str(&f->folded));
}

void word_forms_add(struct word_forms *f, struct str token)
{
	bool arabic = false, hangul = false, foldable = false;

	add_form(f, token);
	if (token.len > WORD_FORMED_MAX)
		return;
	for (size_t pos = 0; pos < token.len;) {
		uint32_t cp = utf8_next(token, &pos);

		foldable = foldable || may_fold(cp);
		arabic = arabic || is_arabic(cp);
		hangul = hangul || is_hangul(cp);
	}
	if (foldable)
		add_folded(f, token, arabic);
	if (hangul)
		add_without_particles(f, token);
}

int word_forms_unify(struct buf *out, struct str tokens)
{
	for (size_t pos = 0; pos < tokens.len;) {
		uint32_t cp = utf8_next(tokens, &pos);

		if (cp == YO || is_arabic(cp))
			fold_letter(out, cp);
		else
			buf_put_utf8(out, cp);
	}
	return out->failed;
}
