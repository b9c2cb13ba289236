/* SPDX-License-Identifier: ISC */
/* Names of months, halves of the day and zones, in the languages that feeds come in.
 *
 * No locale is used: a daemon runs in the C locale, and the feed's language is another one.  Names stand in folded
 * form (no accents, lower case), so that "Février", "FEVRIER" and "février" are one entry.
 *
 * Months that are not in English are rare: one of 6,660 dates in 2,751 files of collected feeds has one (Greek), and
 * two of 135 dates in the conformance cases (French, Hungarian).  The other languages are kept for small sites that
 * write dates by hand.  An entry costs ten bytes; an unread date puts its item in the wrong place. */
#include "date_names.h"

#include <stdlib.h>
#include <utf8proc.h>

#include "sitrep/base/clock.h"
#include "sitrep/base/utf8.h"

/* One string a month: nominative, genitive and short forms of each language, separated by spaces.  English, German,
 * French, Spanish, Portuguese, Italian, Dutch, Nordic, Finnish, Polish, Czech, Slovak, Hungarian, Romanian, Turkish,
 * Indonesian; Greek; Russian, Ukrainian, Belarusian, Bulgarian; Hebrew (with and without its "in"); Arabic (Egypt and
 * Gulf, Maghreb, Levant where one word). */
static const char *const month_names[12] = {
	"january jan januar janner jaenner jaen janvier janv enero ene janeiro gennaio gen januari tammikuu "
	"tammikuuta styczen stycznia sty ledna leden januara ianuarie ian ocak oca "
	"ιανουαριοσ ιανουαριου ιαν январь января янв січень січня січ студзень студзеня януари яну "
	"ינואר בינואר يناير جانفي",
	"february feb februar fevrier fevr fev febrero fevereiro febbraio februari helmikuu helmikuuta luty lutego "
	"lut unora unor februara februarie subat sub pebruari "
	"φεβρουαριοσ φεβρουαριου φεβ φλεβαρησ февраль февраля фев февр лютий лютого лют люты лютага лютии февруари "
	"פברואר בפברואר فبراير فيفري شباط",
	"march mar mars marz maerz mrz mart marts marzo marco maart mrt maaliskuu maaliskuuta marzec marca brezna "
	"brezen marcius martie maret "
	"μαρτιοσ μαρτιου μαρ марта март мар березень березня бер сакавик сакавика "
	"מרץ במרץ مارس اذار",
	"april apr avril avr abril abr aprile huhtikuu huhtikuuta kwiecien kwietnia kwi dubna duben aprila aprilis "
	"aprilie nisan nis "
	"απριλιοσ απριλιου απρ апрель апреля апр квітень квітня кві красавик красавика април "
	"אפריל באפריל ابريل افريل نيسان",
	"may mai mayo maio maggio mag mei maj toukokuu toukokuuta maja kvetna kveten majus mayis "
	"μαιοσ μαιου μαι май маи мая травень травня тра маю "
	"מאי במאי مايو ماي ايار",
	"june jun juni juin junio junho giugno giu kesakuu kesakuuta czerwiec czerwca cze cervna cerven juna junius "
	"iunie iun haziran haz "
	"ιουνιοσ ιουνιου ιουν июнь июня июн червень червня чер чэрвень чэрвеня юни "
	"יוני ביוני يونيو يونيه جوان حزيران",
	"july jul juli juillet juil julio julho luglio lug heinakuu heinakuuta lipiec lipca lip cervence cervenec "
	"jula julius iulie iul temmuz tem "
	"ιουλιοσ ιουλιου ιουλ июль июля июл липень липня лип липеня юли "
	"יולי ביולי يوليو يوليه جويلية تموز",
	"august aug aout agosto ago augustus elokuu elokuuta sierpien sierpnia sie srpna srpen augusta augusztus "
	"agustus agustos agu "
	"αυγουστοσ αυγουστου αυγ август августа авг серпень серпня сер жнівень жніуня "
	"אוגוסט באוגוסט اغسطس اوت اب",
	"september sep sept septembre septiembre setiembre setembro set settembre syyskuu syyskuuta wrzesien "
	"wrzesnia wrz zari septembra szeptember szept septembrie eylul eyl "
	"σεπτεμβριοσ σεπτεμβριου σεπ σεπτ сентябрь сентября сен сент вересень вересня вер верасень верасня "
	"септември сеп "
	"ספטמבר בספטמבר سبتمبر ايلول",
	"october oct oktober okt octobre octubre outubro out ottobre ott lokakuu lokakuuta pazdziernik pazdziernika "
	"paz rijna rijen oktobra oktobr octombrie ekim eki "
	"οκτωβριοσ οκτωβριου οκτ октябрь октября окт жовтень жовтня жов кастрычник кастрычника октомври "
	"אוקטובר באוקטובר اكتوبر",
	"november nov novembre noviembre novembro marraskuu marraskuuta listopad listopada listopadu lis novembra "
	"noiembrie noi kasım kasim kas nopember "
	"νοεμβριοσ νοεμβριου νοε ноябрь ноября ноя нояб листопад листопада лис лістапад лістапада лістап ноември "
	"ное "
	"נובמבר בנובמבר نوفمبر",
	"december dec dezember dez decembre diciembre dic dezembro dicembre desember des joulukuu joulukuuta "
	"grudzien grudnia gru prosince prosinec decembra decembrie aralık aralik ara desembre "
	"δεκεμβριοσ δεκεμβριου δεκ декабрь декабря дек грудень грудня гру снежань снежня декември "
	"דצמבר בדצמבר ديسمبر",
};

/* Months of the Levant that take two words. */
static const struct {
	const char *first, *second;
	int month;
} pairs[] = {
	{"كانون", "الثاني", 1},
	{"كانون", "الاول", 12},
	{"تشرين", "الاول", 10},
	{"تشرين", "الثاني", 11},
};

/* East Asian marks and their replacement in a folded date.  Weekdays come before the marks that they contain. */
static const struct {
	const char *mark;
	const char *plain;
	enum date_script script;
} marks[] = {
	{"월요일", " ", SCRIPT_KOREAN},
	{"일요일", " ", SCRIPT_KOREAN},
	{"요일", " ", SCRIPT_KOREAN},
	{"오전", " am ", SCRIPT_KOREAN},
	{"오후", " pm ", SCRIPT_KOREAN},
	{"년", "-", SCRIPT_KOREAN},
	{"월", "-", SCRIPT_KOREAN},
	{"일", " ", SCRIPT_KOREAN},
	{"시", ":", SCRIPT_KOREAN},
	{"분", ":", SCRIPT_KOREAN},
	{"초", " ", SCRIPT_KOREAN},
	{"月曜", " ", SCRIPT_JAPANESE},
	{"日曜", " ", SCRIPT_JAPANESE},
	{"曜", " ", SCRIPT_JAPANESE},
	{"午前", " am ", SCRIPT_JAPANESE},
	{"午後", " pm ", SCRIPT_JAPANESE},
	{"時", ":", SCRIPT_JAPANESE},
	{"上午", " am ", SCRIPT_HAN},
	{"下午", " pm ", SCRIPT_HAN},
	{"星期日", " ", SCRIPT_HAN},
	{"週日", " ", SCRIPT_HAN},
	{"周日", " ", SCRIPT_HAN},
	{"年", "-", SCRIPT_HAN},
	{"月", "-", SCRIPT_HAN},
	{"日", " ", SCRIPT_HAN},
	{"号", " ", SCRIPT_HAN},
	{"時", ":", SCRIPT_HAN},
	{"时", ":", SCRIPT_HAN},
	{"点", ":", SCRIPT_HAN},
	{"分", ":", SCRIPT_HAN},
	{"秒", " ", SCRIPT_HAN},
};

/* An ambiguous name has the zone with most news sites: EST and CST are American, IST is Indian. */
static const struct date_zone zones[] = {
	{0, RULE_NONE, "utc gmt ut z wet"},
	{-660, RULE_NONE, "sst"},
	{-600, RULE_NONE, "hst"},
	{-540, RULE_NONE, "akst"},
	{-480, RULE_NONE, "pst akdt"},
	{-480, RULE_US, "pt"},
	{-420, RULE_NONE, "mst pdt"},
	{-420, RULE_US, "mt"},
	{-360, RULE_NONE, "cst mdt"},
	{-360, RULE_US, "ct"},
	{-300, RULE_NONE, "est cot pet cdt"},
	{-300, RULE_US, "et"},
	{-240, RULE_NONE, "ast clt bot vet edt"},
	{-210, RULE_NONE, "nst"},
	{-180, RULE_NONE, "brt art uyt adt clst"},
	{-150, RULE_NONE, "ndt"},
	{60, RULE_NONE, "west bst cet met mez wat"},
	{120, RULE_NONE, "cest mest mesz eet cat sast"},
	{180, RULE_NONE, "eest idt msk мск trt eat"},
	{210, RULE_NONE, "irst"},
	{240, RULE_NONE, "msd gst samt"},
	{300, RULE_NONE, "pkt yekt uzt"},
	{330, RULE_NONE, "ist"},
	{345, RULE_NONE, "npt"},
	{360, RULE_NONE, "omst"},
	{420, RULE_NONE, "ict wib novt krat"},
	{480, RULE_NONE, "hkt sgt myt pht awst irkt wita"},
	{540, RULE_NONE, "kst jst wit yakt"},
	{570, RULE_NONE, "acst"},
	{600, RULE_NONE, "aest vlat"},
	{630, RULE_NONE, "acdt"},
	{660, RULE_NONE, "aedt magt"},
	{720, RULE_NONE, "nzst pett"},
	{780, RULE_NONE, "nzdt"},
	{-600, RULE_NONE, "pacific/honolulu"},
	{-540, RULE_US, "america/anchorage"},
	{-480, RULE_US, "america/los_angeles america/vancouver us/pacific"},
	{-420, RULE_NONE, "america/phoenix"},
	{-420, RULE_US, "america/denver us/mountain"},
	{-360, RULE_US, "america/chicago us/central"},
	{-300, RULE_US, "america/detroit america/new_york america/toronto us/eastern"},
	{-240, RULE_US, "america/halifax"},
	{-180, RULE_NONE, "america/sao_paulo"},
	{0, RULE_EU, "europe/dublin europe/lisbon europe/london"},
	{0, RULE_NONE, "etc/gmt etc/utc"},
	{60, RULE_EU,
		"europe/amsterdam europe/belgrade europe/berlin europe/brussels europe/budapest europe/copenhagen "
		"europe/madrid europe/oslo europe/paris europe/prague europe/rome europe/stockholm europe/vienna "
		"europe/warsaw europe/zurich"},
	{60, RULE_NONE, "africa/lagos"},
	{120, RULE_EU,
		"europe/athens europe/bucharest europe/helsinki europe/kiev europe/kyiv europe/riga europe/sofia "
		"europe/tallinn europe/vilnius"},
	{120, RULE_NONE, "africa/cairo africa/johannesburg"},
	{180, RULE_NONE, "africa/nairobi asia/riyadh europe/istanbul europe/minsk europe/moscow"},
	{210, RULE_NONE, "asia/tehran"},
	{240, RULE_NONE, "asia/dubai"},
	{300, RULE_NONE, "asia/karachi"},
	{330, RULE_NONE, "asia/calcutta asia/kolkata"},
	{420, RULE_NONE, "asia/bangkok asia/jakarta"},
	{480, RULE_NONE, "asia/hong_kong asia/manila asia/shanghai asia/singapore asia/taipei australia/perth"},
	{540, RULE_NONE, "asia/seoul asia/tokyo"},
	{600, RULE_NONE, "asia/vladivostok australia/brisbane"},
};

/* ---- folding */

/* The digit that cp is in one of the scripts with digits of their own, or -1. */
static int digit_of(uint32_t cp)
{
	static const uint32_t zeros[] = {0x660, 0x6f0, 0x966, 0x9e6, 0xe50};

	for (size_t i = 0; i < sizeof(zeros) / sizeof(zeros[0]); i++)
		if (cp >= zeros[i] && cp < zeros[i] + 10)
			return (int)(cp - zeros[i]);
	return -1;
}

/* s casefolded and without accents, in memory of *owned; s itself when it is ASCII or memory is short. */
static struct str without_accents(struct str s, utf8proc_uint8_t **owned)
{
	utf8proc_ssize_t n;

	*owned = NULL;
	for (size_t i = 0; i < s.len; i++) {
		if ((unsigned char)s.data[i] < 0x80)
			continue;
		n = utf8proc_map((const utf8proc_uint8_t *)s.data, (utf8proc_ssize_t)s.len, owned,
			UTF8PROC_COMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD | UTF8PROC_STRIPMARK | UTF8PROC_IGNORE);
		return n >= 0 ? str_make((const char *)*owned, (size_t)n) : s;
	}
	return s;
}

size_t date_fold(char text[DATE_TEXT_MAX], struct str s, enum date_script *script)
{
	utf8proc_uint8_t *owned;
	struct str folded = without_accents(utf8_cut(s, DATE_TEXT_MAX), &owned);
	size_t n = 0, i = 0;
	int depth = 0;

	*script = SCRIPT_OTHER;
	while (i < folded.len && n + 8 < DATE_TEXT_MAX) {
		size_t start = i, m;
		uint32_t cp = utf8_next(folded, &i);

		depth -= cp == ')' && depth > 0;
		if (cp == '(') {
			/* A "(" without ")" begins no comment. */
			depth += str_find_char(folded, ')', i) != STR_NPOS;
			continue;
		}
		if (depth > 0 || cp == ')')
			continue;
		if (cp < 0x80) {
			text[n++] = char_is_space((char)cp) ? ' ' : char_lower((char)cp);
			continue;
		}
		if (digit_of(cp) >= 0) {
			text[n++] = (char)('0' + digit_of(cp));
			continue;
		}
		if (cp == 0x2010 || cp == 0x2011 || cp == 0x2012 || cp == 0x2013 || cp == 0x2212) {
			text[n++] = '-';
			continue;
		}
		for (m = 0; m < sizeof(marks) / sizeof(marks[0]); m++)
			if (str_starts(str_slice(folded, start, folded.len), str_from(marks[m].mark)))
				break;
		if (m < sizeof(marks) / sizeof(marks[0])) {
			i = start + strlen(marks[m].mark);
			for (const char *c = marks[m].plain; *c != '\0'; c++)
				text[n++] = *c;
			if (*script == SCRIPT_OTHER || *script == SCRIPT_HAN)
				*script = marks[m].script;
			continue;
		}
		for (; start < i; start++)
			text[n++] = folded.data[start];
	}
	free(owned);
	return n;
}

/* ---- looking up */

/* A fast path for the words of nearly all dates: 1 to 12 for an English month, 0 for a word that is no month in any
 * language, -1 when the tables have to be searched. */
static int common_word(struct str word)
{
	static const char names[] = "janfebmaraprmayjunjulaugsepoctnovdec",
			  others[] = "montuewedthufrisatsungmtutcestedtpstpdt";

	if (word.len < 3)
		return 0;
	if (word.len > 3)
		return -1;
	for (size_t i = 0; names[i] != '\0'; i += 3)
		if (memcmp(names + i, word.data, 3) == 0)
			return (int)(i / 3) + 1;
	for (size_t i = 0; others[i] != '\0'; i += 3)
		if (memcmp(others + i, word.data, 3) == 0)
			return 0;
	return -1;
}

int date_month(struct str word)
{
	int beginning = 0, common = common_word(word);
	bool ambiguous = false;

	if (common >= 0)
		return common;

	for (int m = 0; m < 12; m++) {
		struct str rest = str_from(month_names[m]), name;

		while (str_word(&rest, &name)) {
			if (str_eq(name, word))
				return m + 1;
			/* Three letters, not bytes: those of other scripts take two. */
			if (word.len < ((unsigned char)word.data[0] < 0x80 ? 3 : 6) || !str_starts(name, word))
				continue;
			ambiguous = ambiguous || (beginning != 0 && beginning != m + 1);
			beginning = m + 1;
		}
	}
	return ambiguous ? 0 : beginning;
}

int date_month_pair(struct str word, struct str next)
{
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		if (str_eq(word, str_from(pairs[i].first)) && str_eq(next, str_from(pairs[i].second)))
			return pairs[i].month;
	return 0;
}

int date_half_day(struct str word)
{
	static const char *const names[] = {"am", "пп", "πμ", "ص", "صباحا", "pm", "μμ", "م", "مساء"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (str_eq(word, str_from(names[i])))
			return i < 5 ? 1 : 2;
	return 0;
}

const struct date_zone *date_zone_find(struct str word)
{
	for (size_t i = 0; i < sizeof(zones) / sizeof(zones[0]); i++) {
		struct str rest = str_from(zones[i].names), name;

		while (str_word(&rest, &name))
			if (str_eq(word, name))
				return &zones[i];
	}
	return NULL;
}

/* Minutes since 1970 of a Sunday of a month at midnight: the nth (1 is the first), or the last for n = 0. */
static int64_t sunday(int year, int month, int n)
{
	/* 1970-01-01 was a Thursday: days from one Sunday before it. */
	int64_t first = civil_to_days(year, month, 1), days;

	if (n == 0) {
		days = month == 12 ? civil_to_days(year + 1, 1, 1) - 1 : civil_to_days(year, month + 1, 1) - 1;
		days -= ((days + 4) % 7 + 7) % 7;
	} else {
		days = first + (7 - ((first + 4) % 7 + 7) % 7) % 7 + 7 * (int64_t)(n - 1);
	}
	return days * 1440;
}

int date_zone_minutes(const struct date_zone *zone, int year, int64_t local_minutes)
{
	int64_t from = 0, to = 0;

	switch (zone->rule) {
	case RULE_NONE:
		break;
	case RULE_US:
		/* Energy Policy Act of 2005; before that, first Sunday of April to last of October. */
		from = (year >= 2007 ? sunday(year, 3, 2) : sunday(year, 4, 1)) + 120;
		to = (year >= 2007 ? sunday(year, 11, 1) : sunday(year, 10, 0)) + 120;
		break;
	case RULE_EU:
		/* Directive 2000/84/EC: at 01:00 UTC everywhere. */
		from = sunday(year, 3, 0) + 60 + zone->minutes;
		to = sunday(year, 10, 0) + 120 + zone->minutes;
		break;
	}
	return local_minutes >= from && local_minutes < to ? zone->minutes + 60 : zone->minutes;
}
