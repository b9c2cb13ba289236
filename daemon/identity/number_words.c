/* SPDX-License-Identifier: ISC */
/* Words are looked up by the hash that the sketch has already made of each token, in a table that is filled at the
 * first call: a token that is no number costs one look-up.  Words are added up as they are spoken: a word adds to
 * the sum when there is room for it (after "twenty" up to nine), multiplies it ("hundred"), or closes a group
 * ("thousand").  Words of two languages make no number together. */
#include "number_words.h"

#include <stdbool.h>
#include <string.h>

#include "number_words_east.h"

enum language {
	EN = 1,
	FR = 2,
	DE = 4,
	ES = 8,
	RU = 16,
};

enum kind {
	ADDS,      /* its value */
	UNITY,     /* one: an article, unless a number follows */
	TIMES,     /* hundred, dozen: multiplies; begins a number behind an article only */
	TIMES_ONE, /* the same, but may begin a number without an article */
	SCALE,     /* thousand and more: closes a group; begins a number behind an article only */
	SCALE_ONE, /* the same, but may begin a number without an article */
};

struct word {
	struct str text;
	uint64_t value;
	unsigned languages;
	enum kind kind;
};

#define W(text, value, languages, kind)                                                                                \
	{                                                                                                              \
		{text, sizeof(text) - 1}, value, languages, kind                                                       \
	}
#define A(text, value, languages) W(text, value, languages, ADDS)

/* clang-format off */
static const struct word words[] = {
	W("one", 1, EN, UNITY), A("two", 2, EN), A("three", 3, EN), A("four", 4, EN), A("five", 5, EN), A("six", 6, EN | FR),
	A("seven", 7, EN), A("eight", 8, EN), A("nine", 9, EN), A("ten", 10, EN), A("eleven", 11, EN), A("twelve", 12, EN),
	A("thirteen", 13, EN), A("fourteen", 14, EN), A("fifteen", 15, EN), A("sixteen", 16, EN), A("seventeen", 17, EN),
	A("eighteen", 18, EN), A("nineteen", 19, EN), A("twenty", 20, EN), A("thirty", 30, EN), A("forty", 40, EN),
	A("fifty", 50, EN), A("sixty", 60, EN), A("seventy", 70, EN), A("eighty", 80, EN), A("ninety", 90, EN),
	W("hundred", 100, EN, TIMES), W("dozen", 12, EN, TIMES),
	W("thousand", 1000, EN, SCALE), W("million", 1000000, EN | FR | DE, SCALE), W("millions", 1000000, FR, SCALE),
	W("billion", 1000000000, EN, SCALE), W("trillion", 1000000000000, EN, SCALE),
	W("mn", 1000000, EN, SCALE), W("mln", 1000000, EN, SCALE), W("bn", 1000000000, EN, SCALE), W("bln", 1000000000, EN, SCALE),
	W("tn", 1000000000000, EN, SCALE), W("trn", 1000000000000, EN, SCALE),

	W("un", 1, FR | ES, UNITY), W("une", 1, FR, UNITY), A("deux", 2, FR), A("trois", 3, FR), A("quatre", 4, FR),
	A("cinq", 5, FR), A("sept", 7, FR), A("huit", 8, FR), A("neuf", 9, FR), A("dix", 10, FR), A("onze", 11, FR),
	A("douze", 12, FR), A("treize", 13, FR), A("quatorze", 14, FR), A("quinze", 15, FR), A("seize", 16, FR),
	A("vingt", 20, FR), A("vingts", 20, FR), A("trente", 30, FR), A("quarante", 40, FR), A("cinquante", 50, FR),
	A("soixante", 60, FR), A("septante", 70, FR), A("huitante", 80, FR), A("nonante", 90, FR),
	W("cent", 100, FR, TIMES), W("cents", 100, FR, TIMES), W("mille", 1000, FR, SCALE_ONE),
	W("milliard", 1000000000, FR, SCALE), W("milliards", 1000000000, FR, SCALE), W("md", 1000000000, FR, SCALE),
	W("mds", 1000000000, FR, SCALE),
	W("dizaine", 10, FR, TIMES), W("douzaine", 12, FR, TIMES), W("quinzaine", 15, FR, TIMES), W("vingtaine", 20, FR, TIMES),
	W("trentaine", 30, FR, TIMES), W("quarantaine", 40, FR, TIMES), W("cinquantaine", 50, FR, TIMES),
	W("centaine", 100, FR, TIMES),

	W("ein", 1, DE, UNITY), W("eine", 1, DE, UNITY), W("einen", 1, DE, UNITY), W("einer", 1, DE, UNITY),
	A("zwei", 2, DE), A("zwo", 2, DE), A("drei", 3, DE), A("vier", 4, DE), A("fünf", 5, DE), A("fuenf", 5, DE),
	A("sechs", 6, DE), A("sieben", 7, DE), A("acht", 8, DE), A("neun", 9, DE), A("zehn", 10, DE), A("elf", 11, DE),
	A("zwölf", 12, DE), A("zwoelf", 12, DE), A("dreizehn", 13, DE), A("vierzehn", 14, DE), A("fünfzehn", 15, DE),
	A("fuenfzehn", 15, DE), A("sechzehn", 16, DE), A("siebzehn", 17, DE), A("achtzehn", 18, DE), A("neunzehn", 19, DE),
	A("zwanzig", 20, DE), A("dreissig", 30, DE), A("vierzig", 40, DE), A("fünfzig", 50, DE), A("fuenfzig", 50, DE),
	A("sechzig", 60, DE), A("siebzig", 70, DE), A("achtzig", 80, DE), A("neunzig", 90, DE),
	W("hundert", 100, DE, TIMES_ONE), W("dutzend", 12, DE, TIMES), W("tausend", 1000, DE, SCALE_ONE),
	W("millionen", 1000000, DE, SCALE), W("milliarde", 1000000000, DE, SCALE), W("milliarden", 1000000000, DE, SCALE),
	W("mio", 1000000, DE, SCALE), W("mrd", 1000000000, FR | DE, SCALE), W("billionen", 1000000000000, DE, SCALE),

	W("uno", 1, ES, UNITY), W("una", 1, ES, UNITY), A("dos", 2, ES), A("tres", 3, ES), A("cuatro", 4, ES), A("cinco", 5, ES),
	A("seis", 6, ES), A("siete", 7, ES), A("ocho", 8, ES), A("nueve", 9, ES), A("diez", 10, ES), A("once", 11, ES),
	A("doce", 12, ES), A("trece", 13, ES), A("catorce", 14, ES), A("quince", 15, ES), A("dieciséis", 16, ES),
	A("dieciseis", 16, ES), A("diecisiete", 17, ES), A("dieciocho", 18, ES), A("diecinueve", 19, ES), A("veinte", 20, ES),
	A("veintiuno", 21, ES), A("veintiún", 21, ES), A("veintiuna", 21, ES), A("veintidós", 22, ES), A("veintidos", 22, ES),
	A("veintitrés", 23, ES), A("veintitres", 23, ES), A("veinticuatro", 24, ES), A("veinticinco", 25, ES),
	A("veintiséis", 26, ES), A("veintiseis", 26, ES), A("veintisiete", 27, ES), A("veintiocho", 28, ES),
	A("veintinueve", 29, ES), A("treinta", 30, ES), A("cuarenta", 40, ES), A("cincuenta", 50, ES), A("sesenta", 60, ES),
	A("setenta", 70, ES), A("ochenta", 80, ES), A("noventa", 90, ES), A("cien", 100, ES), A("ciento", 100, ES),
	A("doscientos", 200, ES), A("doscientas", 200, ES), A("trescientos", 300, ES), A("trescientas", 300, ES),
	A("cuatrocientos", 400, ES), A("cuatrocientas", 400, ES), A("quinientos", 500, ES), A("quinientas", 500, ES),
	A("seiscientos", 600, ES), A("seiscientas", 600, ES), A("setecientos", 700, ES), A("setecientas", 700, ES),
	A("ochocientos", 800, ES), A("ochocientas", 800, ES), A("novecientos", 900, ES), A("novecientas", 900, ES),
	W("docena", 12, ES, TIMES), W("decena", 10, ES, TIMES), W("centenar", 100, ES, TIMES), W("mil", 1000, ES, SCALE_ONE),
	W("millón", 1000000, ES, SCALE), W("millon", 1000000, ES, SCALE), W("millones", 1000000, ES, SCALE),
	W("billón", 1000000000000, ES, SCALE), W("billones", 1000000000000, ES, SCALE),

	W("один", 1, RU, UNITY), W("одна", 1, RU, UNITY), W("одного", 1, RU, UNITY), W("одну", 1, RU, UNITY),
	A("два", 2, RU), A("две", 2, RU), A("двух", 2, RU), A("двум", 2, RU), A("двумя", 2, RU), A("двое", 2, RU), A("двоих", 2, RU),
	A("три", 3, RU), A("трех", 3, RU), A("трёх", 3, RU), A("трем", 3, RU), A("трём", 3, RU), A("тремя", 3, RU),
	A("трое", 3, RU), A("троих", 3, RU), A("четыре", 4, RU), A("четырех", 4, RU), A("четырёх", 4, RU),
	A("четырем", 4, RU), A("четырём", 4, RU), A("четырьмя", 4, RU), A("четверо", 4, RU), A("четверых", 4, RU),
	A("пять", 5, RU), A("пяти", 5, RU), A("пятью", 5, RU), A("пятеро", 5, RU), A("пятерых", 5, RU),
	A("шесть", 6, RU), A("шести", 6, RU), A("шестью", 6, RU), A("шестеро", 6, RU), A("шестерых", 6, RU),
	A("семь", 7, RU), A("семи", 7, RU), A("семью", 7, RU), A("семеро", 7, RU), A("семерых", 7, RU),
	A("восемь", 8, RU), A("восьми", 8, RU), A("восемью", 8, RU), A("восьмью", 8, RU), A("восьмерых", 8, RU),
	A("девять", 9, RU), A("девяти", 9, RU), A("девятью", 9, RU), A("десять", 10, RU), A("десяти", 10, RU), A("десятью", 10, RU),
	A("одиннадцать", 11, RU), A("одиннадцати", 11, RU), A("одиннадцатью", 11, RU),
	A("двенадцать", 12, RU), A("двенадцати", 12, RU), A("двенадцатью", 12, RU),
	A("тринадцать", 13, RU), A("тринадцати", 13, RU), A("тринадцатью", 13, RU),
	A("четырнадцать", 14, RU), A("четырнадцати", 14, RU), A("четырнадцатью", 14, RU),
	A("пятнадцать", 15, RU), A("пятнадцати", 15, RU), A("пятнадцатью", 15, RU),
	A("шестнадцать", 16, RU), A("шестнадцати", 16, RU), A("шестнадцатью", 16, RU),
	A("семнадцать", 17, RU), A("семнадцати", 17, RU), A("семнадцатью", 17, RU),
	A("восемнадцать", 18, RU), A("восемнадцати", 18, RU), A("восемнадцатью", 18, RU),
	A("девятнадцать", 19, RU), A("девятнадцати", 19, RU), A("девятнадцатью", 19, RU),
	A("двадцать", 20, RU), A("двадцати", 20, RU), A("двадцатью", 20, RU), A("тридцать", 30, RU), A("тридцати", 30, RU),
	A("тридцатью", 30, RU), A("сорок", 40, RU), A("сорока", 40, RU), A("пятьдесят", 50, RU), A("пятидесяти", 50, RU),
	A("шестьдесят", 60, RU), A("шестидесяти", 60, RU), A("семьдесят", 70, RU), A("семидесяти", 70, RU),
	A("восемьдесят", 80, RU), A("восьмидесяти", 80, RU), A("девяносто", 90, RU), A("девяноста", 90, RU),
	A("сто", 100, RU), A("ста", 100, RU), A("двести", 200, RU), A("двухсот", 200, RU), A("триста", 300, RU), A("трехсот", 300, RU),
	A("трёхсот", 300, RU), A("четыреста", 400, RU), A("четырехсот", 400, RU), A("четырёхсот", 400, RU),
	A("пятьсот", 500, RU), A("пятисот", 500, RU), A("шестьсот", 600, RU), A("шестисот", 600, RU), A("семьсот", 700, RU),
	A("семисот", 700, RU), A("восемьсот", 800, RU), A("восьмисот", 800, RU), A("девятьсот", 900, RU), A("девятисот", 900, RU),
	W("тысяча", 1000, RU, SCALE_ONE), W("тысячу", 1000, RU, SCALE_ONE), W("тысячи", 1000, RU, SCALE), W("тысяч", 1000, RU, SCALE),
	W("тыс", 1000, RU, SCALE), W("миллион", 1000000, RU, SCALE_ONE), W("миллиона", 1000000, RU, SCALE),
	W("миллионов", 1000000, RU, SCALE), W("млн", 1000000, RU, SCALE), W("миллиард", 1000000000, RU, SCALE_ONE),
	W("миллиарда", 1000000000, RU, SCALE), W("миллиардов", 1000000000, RU, SCALE), W("млрд", 1000000000, RU, SCALE),
	W("триллион", 1000000000000, RU, SCALE_ONE), W("триллиона", 1000000000000, RU, SCALE),
	W("триллионов", 1000000000000, RU, SCALE), W("трлн", 1000000000000, RU, SCALE),
	W("дюжина", 12, RU, TIMES_ONE), W("дюжину", 12, RU, TIMES_ONE),
};
/* clang-format on */

enum {
	WORDS = sizeof(words) / sizeof(words[0]),
	SLOTS = 2048,
	FIGURE_DIGITS_MAX = 12,
	MILLION = 1000000,
	BILLION = 1000000000
};

_Static_assert(WORDS < SLOTS / 4, "the table is thin");

static struct {
	uint64_t hashes[SLOTS];
	uint16_t numbers[SLOTS]; /* of the word, plus one */
	uint64_t (*hash_of)(struct str token);
} table;

static void add_word(uint64_t hash, size_t number)
{
	size_t slot = hash % SLOTS;

	while (table.numbers[slot] != 0)
		slot = (slot + 1) % SLOTS;
	table.hashes[slot] = hash;
	table.numbers[slot] = (uint16_t)(number + 1);
}

void number_words_prepare(uint64_t (*hash_of)(struct str token))
{
	table.hash_of = hash_of;
	for (size_t i = 0; i < WORDS; i++)
		add_word(hash_of(words[i].text), i);
}

static const struct word *find_by_hash(uint64_t hash)
{
	for (size_t slot = hash % SLOTS; table.numbers[slot] != 0; slot = (slot + 1) % SLOTS)
		if (table.hashes[slot] == hash)
			return &words[table.numbers[slot] - 1];
	return NULL;
}

static const struct word *find_word(struct str token)
{
	return token.len > 0 ? find_by_hash(table.hash_of(token)) : NULL;
}

/* ---- words ---- */

struct sum {
	uint64_t total; /* of closed groups */
	uint64_t part;
	uint64_t room;  /* a word is added to part only if its value is less than this */
	uint64_t scale; /* the next group must have a scale less than this */
	unsigned languages;
	uint64_t closed_by; /* the scale of the only group so far; 0: none, or several */
	size_t groups;
};

/* The room behind w: "twenty" is followed by less than 10, "soixante" by less than 20, "seven" by nothing. */
static uint64_t room_after(const struct word *w)
{
	if (w->value >= 100)
		return 100;
	if (w->value == 60 && w->languages == FR)
		return 20;
	/* dix-sept */
	if (w->value == 10 && w->languages == FR)
		return 10;
	return w->value >= 20 && w->value % 10 == 0 ? 10 : 1;
}

static bool add_word_value(struct sum *s, const struct word *w)
{
	if (s->part == 4 && w->value == 20 && w->languages == FR) {
		s->part = 80;
		s->room = 20;
		return true;
	}
	if (w->value >= s->room)
		return false;
	s->part += w->value;
	s->room = room_after(w);
	return true;
}

/* Adds w to the number; false when it does not continue it. */
static bool continue_number(struct sum *s, const struct word *w)
{
	unsigned languages = s->languages & w->languages;
	bool taken = false;

	if (languages == 0)
		return false;
	switch (w->kind) {
	case ADDS:
	case UNITY:
		taken = add_word_value(s, w);
		break;
	case TIMES:
	case TIMES_ONE:
		/* "cent" is a hundred in French; after an English number it is a coin */
		taken = s->part > 0 && s->part < 100 && !(w->value == 100 && languages != s->languages);
		if (taken) {
			s->part *= w->value;
			s->room = w->value == 100 ? 100 : 1;
		}
		break;
	case SCALE:
	case SCALE_ONE:
		taken = s->part > 0 && w->value < s->scale;
		/* "dos mil millones" is two thousand times a million */
		if (s->part == 0 && languages == ES && s->scale == 1000 && w->value == MILLION && s->total < MILLION) {
			s->total *= w->value;
			s->room = s->scale = w->value;
			s->closed_by = w->value;
			taken = true;
		} else if (taken) {
			s->total += s->part * w->value;
			s->part = 0;
			s->room = s->scale = w->value;
			s->closed_by = s->groups++ == 0 ? w->value : 0;
		}
		break;
	}
	if (taken)
		s->languages = languages;
	return taken;
}

static bool is_article(struct str token)
{
	const struct word *w = find_word(token);

	return str_eq(token, STR("a")) || (w != NULL && w->kind == UNITY);
}

/* Whether w begins a number.  "Once" is eleven only behind a Spanish word. */
static bool begin_number(struct sum *s, const struct word *w, struct str previous)
{
	static const struct str before_once[] = {{"los", 3}, {"las", 3}, {"otros", 5}, {"otras", 5}, {"unos", 4},
		{"unas", 4}, {"menos", 5}, {"de", 2}, {"con", 3}, {"y", 1}};
	bool spanish = w->value != 11 || w->languages != ES;

	*s = (struct sum){.part = w->value, .room = 1, .scale = UINT64_MAX, .languages = w->languages};
	switch (w->kind) {
	case ADDS:
		for (size_t i = 0; i < sizeof(before_once) / sizeof(before_once[0]) && !spanish; i++)
			spanish = str_eq(previous, before_once[i]);
		s->room = room_after(w);
		return spanish;
	case UNITY:
		return true;
	case TIMES:
	case TIMES_ONE:
		s->room = w->value == 100 ? 100 : 1;
		return w->kind == TIMES_ONE || is_article(previous);
	case SCALE:
	case SCALE_ONE:
		*s = (struct sum){.total = w->value,
			.room = w->value,
			.scale = w->value,
			.languages = w->languages,
			.closed_by = w->value,
			.groups = 1};
		return w->kind == SCALE_ONE || is_article(previous);
	}
	return false;
}

/* Whether token is an "and" within a number. */
static bool is_joint(const struct sum *s, struct str token)
{
	return (str_eq(token, STR("and")) && (s->languages & EN) != 0 && s->room >= 100) ||
	       (str_eq(token, STR("et")) && (s->languages & FR) != 0 && s->room >= 10) ||
	       (str_eq(token, STR("y")) && (s->languages & ES) != 0 && s->room == 10);
}

/* Adds the words of rest that continue the number; returns the number of tokens. */
static size_t sum_up(struct sum *s, struct str rest)
{
	size_t tokens = 0;

	for (;;) {
		struct str token = number_token(rest);
		size_t step = 1;
		const struct word *w;

		if (token.len == 0)
			return tokens;
		if (is_joint(s, token)) {
			rest = number_after(rest, token);
			token = number_token(rest);
			step = 2;
		}
		w = find_word(token);
		if (w == NULL || (step == 2 && w->kind != ADDS && w->kind != UNITY) || !continue_number(s, w))
			return tokens;
		tokens += step;
		rest = number_after(rest, token);
	}
}

/* Sets the number: for whole millions and billions the count and the scale; else the value given. */
static void set_scaled(
	struct number_text *n, uint64_t value, uint64_t scale, size_t tokens, enum number_scale otherwise)
{
	if (scale == MILLION)
		number_set(n, value / scale, tokens, NUMBER_MILLIONS);
	else if (scale == BILLION)
		number_set(n, value / scale, tokens, NUMBER_BILLIONS);
	else
		number_set(n, value, tokens, otherwise);
}

static void read_words(struct number_text *n, const struct word *w, struct str tokens, struct str previous)
{
	struct sum s;
	size_t more;

	if (!begin_number(&s, w, previous))
		return;
	more = sum_up(&s, number_after(tokens, number_token(tokens)));
	/* "a dozen" is read at "dozen" */
	if (w->kind != UNITY || more > 0)
		set_scaled(n, s.total + s.part, s.part == 0 ? s.closed_by : 0, 1 + more, NUMBER_ONES);
}

/* ---- figures ---- */

static bool to_figure(struct str token, uint64_t *value)
{
	*value = 0;
	if (token.len == 0 || token.len > FIGURE_DIGITS_MAX)
		return false;
	for (size_t i = 0; i < token.len; i++) {
		if (!char_is_digit(token.data[i]))
			return false;
		*value = *value * 10 + (uint64_t)(token.data[i] - '0');
	}
	return true;
}

/* "6-1/8" is one number: a whole, an odd count below it, and a power of two. */
static bool is_mixed_fraction(struct str rest, struct str *last)
{
	struct str token = number_token(rest);
	uint64_t above, below;

	if (!to_figure(token, &above))
		return false;
	*last = number_token(number_after(rest, token));
	return to_figure(*last, &below) && above % 2 == 1 && above < below && below >= 2 && below <= 64 &&
	       (below & (below - 1)) == 0;
}

/* "2bn", "2m": the figure and the scale that is written with it. */
static bool is_short_scale(struct str token, uint64_t *value, uint64_t *scale)
{
	static const struct {
		struct str text;
		uint64_t scale;
	} scales[] = {{{"k", 1}, 1000}, {{"m", 1}, MILLION}, {{"b", 1}, BILLION}};
	size_t digits = 0;
	struct str rest;
	const struct word *w;

	while (digits < token.len && char_is_digit(token.data[digits]))
		digits++;
	rest = str_slice(token, digits, token.len);
	if (rest.len == 0 || !to_figure(str_slice(token, 0, digits), value))
		return false;
	for (size_t i = 0; i < sizeof(scales) / sizeof(scales[0]); i++)
		if (str_eq(rest, scales[i].text)) {
			*scale = scales[i].scale;
			return true;
		}
	w = find_word(rest);
	*scale = w != NULL ? w->value : 0;
	return w != NULL && (w->kind == SCALE || w->kind == SCALE_ONE);
}

/* Reads the scale at the beginning of tokens; returns its number of tokens. *times is 1000 for "mil millones". */
static size_t read_scale(struct str tokens, uint64_t *scale, uint64_t *times)
{
	const struct word *w = find_word(number_token(tokens)), *next;

	*times = 1;
	if (w == NULL || (w->kind != SCALE && w->kind != SCALE_ONE))
		return 0;
	*scale = w->value;
	if (w->languages != ES || w->value != 1000)
		return 1;
	next = find_word(number_token(number_after(tokens, number_token(tokens))));
	if (next == NULL || (next->languages & ES) == 0 || next->value != MILLION)
		return 1;
	*times = w->value;
	*scale = next->value;
	return 2;
}

/* "2 million", "2bn", "2 million 500 thousand". */
static void read_scaled(struct number_text *n, struct str tokens)
{
	uint64_t last = UINT64_MAX, sum = 0;
	size_t count = 0, groups = 0;

	for (;;) {
		struct str token = number_token(tokens);
		uint64_t value, scale = 0, times = 1;
		size_t step = 0;

		if (is_short_scale(token, &value, &scale))
			step = 1;
		else if (to_figure(token, &value))
			step = 1 + read_scale(number_after(tokens, token), &scale, &times);
		if (scale == 0 || scale >= last || value > (UINT64_MAX - sum) / scale / times)
			break;
		sum += value * scale * times;
		last = scale;
		groups++;
		count += step;
		for (; step > 0; step--)
			tokens = number_after(tokens, number_token(tokens));
	}
	if (count > 0)
		set_scaled(n, sum, groups == 1 ? last : 0, count, NUMBER_WHOLE);
}

/* A figure alone is no number in words: the caller reads it. */
static void read_figure(struct number_text *n, struct str tokens)
{
	struct str token = number_token(tokens), last;
	uint64_t whole;

	if (to_figure(token, &whole) && is_mixed_fraction(number_after(tokens, token), &last)) {
		n->digits = str_make(tokens.data, (size_t)(last.data - tokens.data) + last.len);
		n->tokens = 3;
		return;
	}
	read_scaled(n, tokens);
	if (n->tokens == 0)
		number_words_figure(n, tokens);
}

/* ---- German in one word ---- */

static uint64_t german_word(struct str text)
{
	const struct word *w = find_word(text);

	if (str_eq(text, STR("ein")) || str_eq(text, STR("eins")))
		return 1;
	return w != NULL && w->kind == ADDS && w->languages == DE ? w->value : 0;
}

static uint64_t german_below_100(struct str text)
{
	size_t at = str_find(text, STR("und"), 1);
	uint64_t value = german_word(text), unit, tens;

	if (value > 0 || at == STR_NPOS)
		return value;
	unit = german_word(str_slice(text, 0, at));
	tens = german_word(str_slice(text, at + 3, text.len));
	return unit > 0 && unit < 10 && tens >= 20 && tens % 10 == 0 ? tens + unit : 0;
}

/* The value of "[N]WORD[REST]", with "zweihundert" = N 2, WORD "hundert"; 0 when text is not of this form.  below reads
 * N, which is below limit, and REST. */
static uint64_t german_group(
	struct str text, struct str word, uint64_t times, uint64_t (*below)(struct str), uint64_t limit)
{
	size_t at = str_find(text, word, 0);
	struct str rest;
	uint64_t before, behind = 0;

	if (at == STR_NPOS)
		return below(text);
	rest = str_slice(text, at + word.len, text.len);
	before = at == 0 ? 1 : below(str_slice(text, 0, at));
	if (rest.len > 0 && (behind = below(rest)) == 0 && str_starts(rest, STR("und")))
		behind = below(str_slice(rest, 3, rest.len));
	return before == 0 || before >= limit || (rest.len > 0 && behind == 0) ? 0 : before * times + behind;
}

static uint64_t german_below_1000(struct str text)
{
	return german_group(text, STR("hundert"), 100, german_below_100, 10);
}

static void read_german(struct number_text *n, struct str token)
{
	uint64_t value;

	if (token.len < 9 || strchr("zdvfsaneht", token.data[0]) == NULL)
		return;
	if (!str_ends(token, STR("zig")) && !str_ends(token, STR("ssig")) &&
		str_find(token, STR("hundert"), 0) == STR_NPOS && str_find(token, STR("tausend"), 0) == STR_NPOS)
		return;
	value = german_group(token, STR("tausend"), 1000, german_below_1000, 1000);
	if (value > 0)
		number_set(n, value, 1, NUMBER_ONES);
}

void number_words_read(struct number_text *n, struct str tokens, uint64_t hash, struct str previous)
{
	struct str token = number_token(tokens);
	const struct word *w;

	n->tokens = 0;
	if (token.len == 0)
		return;
	if (char_is_digit(token.data[0])) {
		read_figure(n, tokens);
		return;
	}
	w = find_by_hash(hash);
	if (w != NULL) {
		read_words(n, w, tokens, previous);
	} else if ((unsigned char)token.data[0] >= 0xEA) {
		number_words_korean(n, tokens);
	} else if ((unsigned char)token.data[0] >= 0xE3) {
		number_words_han(n, tokens);
	} else {
		read_german(n, token);
	}
}
