/* SPDX-License-Identifier: ISC */
#include "sitrep/identity/title_core.h"

#include <stdbool.h>

enum {
	COUNTER_WORDS_MAX = 6, /* "last updated 14:35 GMT 3 June" */
	COUNTER_BYTES_MAX = 64,
};

/* Words of a counter, clock or age.  Those of the first list need no brackets or separator, since "12 comments" is
 * never the news.  "3 days" at the end of a sentence may be. */
static const char plain_words[] =
	"ago comment comments reply replies view views like likes share shares vote votes read "
	"reads gmt utc uhr updated aktualisiert kommentare commentaires comentarios vues vistas "
	"aufrufe назад комментариев комментария комментарий просмотров просмотра 前 전";
static const char unit_words[] =
	"s sec secs second seconds m min mins minute minutes h hr hrs hour hours d day days week "
	"weeks last update updates new post posts page live at am pm a.m. p.m. cet cest est edt bst "
	"msk vor minuten stunden stunde tagen il y a heures heure jours hace minutos horas hora "
	"минут минуты минуту часов часа час jan feb mar apr may jun june jul july aug sep oct nov "
	"dec";

static bool is_listed(struct str word, const char *list)
{
	struct str rest = str_from(list), listed;

	while (str_word(&rest, &listed))
		if (str_eq_nocase(word, listed))
			return true;
	return false;
}

enum word_kind { WORD_OTHER, WORD_NUMBER, WORD_CLOCK, WORD_UNIT, WORD_PLAIN };

/* "12", "1,204", "#7", "14:35", "3h", "views:". */
static enum word_kind kind_of(struct str word)
{
	size_t digits = 0, letters = 0, colons = 0, first_letter;

	while (word.len > 0 && (word.data[word.len - 1] == ':' || word.data[word.len - 1] == ','))
		word.len--;
	if (is_listed(word, plain_words))
		return WORD_PLAIN;
	if (is_listed(word, unit_words))
		return WORD_UNIT;
	for (size_t i = 0; i < word.len; i++) {
		char c = word.data[i];

		digits += c >= '0' && c <= '9';
		colons += c == ':';
		letters += (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (unsigned char)c >= 0x80;
	}
	if (digits == 0)
		return WORD_OTHER;
	if (letters == 0)
		return colons > 0 ? WORD_CLOCK : WORD_NUMBER;
	for (first_letter = 0;
		first_letter < word.len && word.data[first_letter] >= '0' && word.data[first_letter] <= '9';)
		first_letter++;
	word = str_slice(word, first_letter, word.len);
	return is_listed(word, plain_words) || is_listed(word, unit_words) ? WORD_UNIT : WORD_OTHER;
}

/* Whether text is a counter, clock or age: it has only their words, and a number.  *plain: also one of plain_words. */
static bool is_counter(struct str text, bool *plain)
{
	size_t count = 0;
	bool has_number = false;
	struct str word;

	*plain = false;
	if (text.len == 0 || text.len > COUNTER_BYTES_MAX)
		return false;
	while (str_word(&text, &word)) {
		enum word_kind kind = kind_of(word);

		if (kind == WORD_OTHER || ++count > COUNTER_WORDS_MAX)
			return false;
		*plain = *plain || kind == WORD_PLAIN || kind == WORD_CLOCK;
		for (size_t i = 0; i < word.len; i++)
			has_number = has_number || (word.data[i] >= '0' && word.data[i] <= '9');
	}
	return has_number;
}

static bool is_set_off_counter(struct str text)
{
	bool plain;

	return is_counter(text, &plain);
}

/* The bytes of a separator that ends at end, with a blank before it; 0: there is none. */
static size_t separator_before(struct str t, size_t end)
{
	static const struct str separators[] = {
		{"-", 1}, {"|", 1}, {"\xE2\x80\x93", 3}, {"\xE2\x80\x94", 3}, {"\xC2\xB7", 2}, {"\xE2\x80\xA2", 3}};

	for (size_t i = 0; i < sizeof(separators) / sizeof(separators[0]); i++) {
		size_t len = separators[i].len;

		if (end > len && str_eq(str_slice(t, end - len, end), separators[i]) && t.data[end - len - 1] == ' ')
			return len;
	}
	return 0;
}

/* "Frigate leaves 5 minutes ago" without its last three words. */
static struct str without_last_words(struct str t)
{
	struct str core = t;
	size_t words_left = COUNTER_WORDS_MAX;

	for (size_t i = t.len; i-- > 1 && words_left > 0;) {
		bool plain;

		if (t.data[i] != ' ')
			continue;
		words_left--;
		if (kind_of(str_slice(t, i + 1, str_find_char(t, ' ', i + 1))) == WORD_OTHER)
			break;
		if (is_counter(str_slice(t, i + 1, t.len), &plain) && plain)
			core = str_trim(str_slice(t, 0, i));
	}
	return core;
}

/* Without the counter at its end; t itself when there is none. */
static struct str without_end(struct str t)
{
	if (t.len > 1 && (t.data[t.len - 1] == ')' || t.data[t.len - 1] == ']')) {
		char open = t.data[t.len - 1] == ')' ? '(' : '[';

		for (size_t i = t.len - 1; i-- > 0;)
			if (t.data[i] == open)
				return is_set_off_counter(str_slice(t, i + 1, t.len - 1)) ? str_trim(str_slice(t, 0, i))
											  : t;
		return t;
	}
	for (size_t i = t.len; i-- > 1;) {
		size_t len = t.data[i] == ' ' ? separator_before(t, i) : 0;

		if (len > 0)
			return is_set_off_counter(str_trim(str_slice(t, i, t.len))) ? str_trim(str_slice(t, 0, i - len))
										    : without_last_words(t);
	}
	return without_last_words(t);
}

static struct str without_start(struct str t)
{
	size_t end;

	if (t.len > 1 && (t.data[0] == '(' || t.data[0] == '[')) {
		end = str_find_char(t, t.data[0] == '(' ? ')' : ']', 0);
		if (end != STR_NPOS && is_set_off_counter(str_slice(t, 1, end)))
			return str_trim(str_slice(t, end + 1, t.len));
		return t;
	}
	for (size_t i = 1; i < t.len && i <= COUNTER_BYTES_MAX; i++) {
		size_t len = t.data[i] == ' ' ? separator_before(t, i) : 0;

		if (len > 0)
			return is_set_off_counter(str_trim(str_slice(t, 0, i - len))) ? str_trim(str_slice(t, i, t.len))
										      : t;
	}
	return t;
}

struct str title_core(struct str title)
{
	struct str core = str_trim(title), shorter;

	while ((shorter = without_end(core)).len < core.len && shorter.len > 0)
		core = shorter;
	while ((shorter = without_start(core)).len < core.len && shorter.len > 0)
		core = shorter;
	return core;
}
