/* SPDX-License-Identifier: ISC */
#include "parts.h"

#include <stdio.h>

#include "sitrep/base/clock.h"
#include "sitrep/base/utf8.h"
#include "sitrep/base/xml_text.h"
#include "sitrep/text/url.h"

enum { MINUTE_MS = 60 * 1000, HOUR_MIN = 60, DAY_MIN = 24 * 60 };
#define DAY_MS INT64_C(86400000)

static const char *const months[] = {"January", "February", "March", "April", "May", "June", "July", "August",
	"September", "October", "November", "December"};

/* ---- numbers ---- */

void part_count(struct buf *out, long long n, const char *what)
{
	buf_printf(out, "%lld %s%s", n, what, n == 1 ? "" : "s");
}

void part_count_stories(struct buf *out, long long n)
{
	buf_printf(out, "%lld %s", n, n == 1 ? "story" : "stories");
}

/* ---- times ---- */

int64_t part_day(int64_t time_ms)
{
	int64_t day = time_ms / DAY_MS;

	return time_ms % DAY_MS < 0 ? day - 1 : day;
}

static void write_stamp(struct buf *out, int64_t time_ms)
{
	char text[TIME_TEXT_MAX];
	struct str stamp = str_from(time_format_rfc3339(text, time_ms));

	/* "2026-11-26T18:21" of "2026-11-26T18:21:45Z" */
	buf_add(out, str_slice(stamp, 0, stamp.len - 4));
	buf_putc(out, 'Z');
}

void part_minute(struct buf *out, int64_t time_ms)
{
	char text[TIME_TEXT_MAX];
	struct str stamp = str_from(time_format_rfc3339(text, time_ms));

	buf_add(out, str_slice(stamp, stamp.len - 9, stamp.len - 4));
}

void part_clock(struct buf *out, int64_t time_ms)
{
	buf_puts(out, "<time datetime=\"");
	write_stamp(out, time_ms);
	buf_puts(out, "\">");
	part_minute(out, time_ms);
	buf_puts(out, "</time>");
}

void part_date(struct buf *out, int64_t time_ms)
{
	int year, month, day;

	civil_from_days(part_day(time_ms), &year, &month, &day);
	buf_puts(out, "<time datetime=\"");
	write_stamp(out, time_ms);
	buf_printf(out, "\">%d %.3s</time>", day, months[month - 1]);
}

void part_minutes(struct buf *out, int64_t minutes)
{
	if (minutes < HOUR_MIN)
		buf_printf(out, "%lld min", (long long)minutes);
	else if (minutes >= DAY_MIN)
		buf_printf(out, "%lld d", (long long)(minutes / DAY_MIN));
	else if (minutes % HOUR_MIN == 0)
		buf_printf(out, "%lld h", (long long)(minutes / HOUR_MIN));
	else
		buf_printf(out, "%lld h %lld min", (long long)(minutes / HOUR_MIN), (long long)(minutes % HOUR_MIN));
}

void part_seen(struct buf *out, int64_t time_ms)
{
	buf_puts(out, "<time datetime=\"");
	write_stamp(out, time_ms);
	buf_puts(out, "\">seen</time>");
}

void part_age_words(struct buf *out, int64_t time_ms, int64_t now_ms)
{
	/* as the script has it, which knows whole minutes alone */
	int64_t age_ms = now_ms - (time_ms - time_ms % MINUTE_MS);
	int64_t minutes = age_ms > 0 ? (age_ms + MINUTE_MS / 2) / MINUTE_MS : 0;

	if (minutes >= 1)
		part_minutes(out, minutes);
	buf_puts(out, minutes >= 1 ? " ago" : "just now");
}

void part_span(struct buf *out, int64_t span_ms)
{
	int64_t minutes = span_ms / MINUTE_MS;

	if (minutes < 1)
		buf_puts(out, "a minute");
	else if (minutes < 2 * HOUR_MIN)
		buf_printf(out, "%lld min", (long long)minutes);
	else if (minutes < 2 * DAY_MIN)
		buf_printf(out, "%lld h", (long long)(minutes / HOUR_MIN));
	else
		buf_printf(out, "%lld d", (long long)(minutes / DAY_MIN));
}

void part_age(struct buf *out, int64_t time_ms, int64_t now_ms)
{
	buf_puts(out, "<time class=\"ago\" datetime=\"");
	write_stamp(out, time_ms);
	buf_puts(out, "\">");
	part_age_words(out, time_ms, now_ms);
	buf_puts(out, "</time>");
}

void part_day_name(struct buf *out, int64_t time_ms)
{
	static const char *const days[] = {
		"Thursday", "Friday", "Saturday", "Sunday", "Monday", "Tuesday", "Wednesday"};
	int64_t day_number = part_day(time_ms);
	int year, month, day;

	civil_from_days(day_number, &year, &month, &day);
	/* 1 January 1970 was a Thursday */
	buf_printf(out, "%s %d %s %d", days[(day_number % 7 + 7) % 7], day, months[month - 1], year);
}

void part_moment(struct buf *out, int64_t time_ms)
{
	int year, month, day;

	civil_from_days(part_day(time_ms), &year, &month, &day);
	buf_puts(out, "<time datetime=\"");
	write_stamp(out, time_ms);
	buf_printf(out, "\">%d %s ", day, months[month - 1]);
	part_minute(out, time_ms);
	buf_puts(out, "</time>");
}

/* ---- text of feeds ---- */

static const struct {
	const char *code, *name;
} languages[] = {{"ar", "Arabic"}, {"az", "Azerbaijani"}, {"be", "Belarusian"}, {"bg", "Bulgarian"}, {"bn", "Bengali"},
	{"bs", "Bosnian"}, {"ca", "Catalan"}, {"cs", "Czech"}, {"da", "Danish"}, {"de", "German"}, {"el", "Greek"},
	{"en", "English"}, {"es", "Spanish"}, {"et", "Estonian"}, {"fa", "Persian"}, {"fi", "Finnish"},
	{"fil", "Filipino"}, {"fr", "French"}, {"he", "Hebrew"}, {"hi", "Hindi"}, {"hr", "Croatian"},
	{"hu", "Hungarian"}, {"hy", "Armenian"}, {"id", "Indonesian"}, {"it", "Italian"}, {"ja", "Japanese"},
	{"ka", "Georgian"}, {"kk", "Kazakh"}, {"ko", "Korean"}, {"lt", "Lithuanian"}, {"lv", "Latvian"},
	{"mk", "Macedonian"}, {"mn", "Mongolian"}, {"ms", "Malay"}, {"my", "Burmese"}, {"nb", "Norwegian"},
	{"nl", "Dutch"}, {"no", "Norwegian"}, {"pl", "Polish"}, {"ps", "Pashto"}, {"pt", "Portuguese"},
	{"ro", "Romanian"}, {"ru", "Russian"}, {"sk", "Slovak"}, {"sl", "Slovenian"}, {"sq", "Albanian"},
	{"sr", "Serbian"}, {"sv", "Swedish"}, {"sw", "Swahili"}, {"th", "Thai"}, {"tr", "Turkish"}, {"uk", "Ukrainian"},
	{"ur", "Urdu"}, {"uz", "Uzbek"}, {"vi", "Vietnamese"}, {"zh", "Chinese"}};

/* "zh" of "zh-Hant-TW" */
static struct str primary_of(struct str language)
{
	return str_slice(language, 0, str_find_char(language, '-', 0));
}

const char *part_language_name(struct str language)
{
	for (size_t i = 0; i < sizeof(languages) / sizeof(languages[0]); i++)
		if (str_eq_nocase(primary_of(language), str_from(languages[i].code)))
			return languages[i].name;
	return NULL;
}

static bool is_english(struct str language)
{
	return str_eq_nocase(primary_of(language), STR("en"));
}

/* Hebrew, Arabic, Syriac, Thaana, N'Ko, and the presentation forms of the first two. */
static bool has_right_to_left(struct str text)
{
	size_t at = 0;

	while (at < text.len) {
		uint32_t c = utf8_next(text, &at);

		if ((c >= 0x590 && c <= 0x8ff) || (c >= 0xfb1d && c <= 0xfdff) || (c >= 0xfe70 && c <= 0xfeff))
			return true;
	}
	return false;
}

void part_text_attributes(struct buf *out, struct str text, struct str language)
{
	static const char *const right_to_left[] = {"ar", "fa", "he", "iw", "ur", "ps", "sd", "ug", "yi", "ckb", "dv"};

	if (!is_english(language))
		buf_add_xml_attribute(out, "lang", language);
	if (str_is_one_of(primary_of(language), right_to_left))
		buf_puts(out, " dir=\"rtl\"");
	else if (has_right_to_left(text))
		buf_puts(out, " dir=\"auto\"");
}

void part_open_text(struct buf *out, const char *element, const char *style_class, struct str text, struct str language)
{
	buf_printf(out, "<%s", element);
	if (style_class != NULL)
		buf_printf(out, " class=\"%s\"", style_class);
	part_text_attributes(out, text, language);
	buf_putc(out, '>');
}

void part_outlet(struct buf *out, struct str name, struct str language)
{
	bool is_plain = str_is_ascii(name);

	if (!is_plain) {
		buf_puts(out, "<bdi");
		if (!is_english(language))
			buf_add_xml_attribute(out, "lang", language);
		buf_putc(out, '>');
	}
	buf_add_xml(out, name);
	buf_puts(out, is_plain ? "" : "</bdi>");
}

void part_language(struct buf *out, struct str language)
{
	const char *name = part_language_name(language);

	if (str_empty(language) || is_english(language))
		return;
	buf_puts(out, "<abbr class=\"lg\"");
	buf_add_xml_attribute(out, "title", str_from(name));
	buf_putc(out, '>');
	buf_add_xml(out, primary_of(language));
	buf_puts(out, "</abbr> ");
}

void part_link_out(struct buf *out, struct str href, struct str words)
{
	if (url_is_web(href)) {
		buf_puts(out, "<a href=\"");
		buf_add_xml(out, href);
		buf_puts(out, "\" rel=\"noreferrer\">");
	}
	buf_add_xml(out, words);
	if (url_is_web(href))
		buf_puts(out, "</a>");
}

/* ---- alerts ---- */

size_t part_story_categories(const struct story *s, struct str *categories, size_t max)
{
	struct str name;
	size_t count = 0;

	for (size_t i = 0; i < s->report_count; i++) {
		struct str rest = s->reports[i].source.categories;

		while (count < max && str_split(&rest, '\n', &name)) {
			bool known = str_empty(name);

			for (size_t k = 0; k < count && !known; k++)
				known = str_eq_nocase(categories[k], name);
			if (!known)
				categories[count++] = name;
		}
	}
	return count;
}

void part_alert(struct buf *out, const char *root, enum alert_priority priority, struct str name)
{
	buf_printf(out, "<a class=\"al p%d\" href=\"%salert/", (int)priority, root);
	part_escape(out, name);
	buf_printf(out, "\">%s<span>: ", alert_priority_name(priority));
	buf_add_xml(out, name);
	buf_puts(out, "</span></a> ");
}

/* ---- addresses ---- */

void part_home(struct buf *out, const char *root)
{
	buf_puts(out, root[0] != '\0' ? root : "./");
}

void part_escape(struct buf *out, struct str text)
{
	url_add_escaped(out, text, "-._~");
}

void part_formats(struct buf *out, const char *root, struct str base, struct str query)
{
	static const char *const suffixes[][2] = {{"atom", "Atom"}, {"rss", "RSS"}, {"json", "JSON"}};

	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		buf_printf(out, "%s<a href=\"%s", i > 0 ? " " : "", root);
		buf_add_xml(out, base);
		buf_printf(out, ".%s", suffixes[i][0]);
		buf_add_xml(out, query);
		buf_printf(out, "\">%s</a>", suffixes[i][1]);
	}
}

/* ---- filter or search ---- */

void part_bar(struct buf *out, const struct page *page, const struct part_bar *bar)
{
	buf_puts(out, "<form class=\"bar\" role=\"search\" action=\"");
	if (bar->action[0] != '\0')
		buf_printf(out, "%s%s", page->root, bar->action);
	else
		part_home(out, page->root);
	buf_printf(out,
		"\">\n<label for=\"q\" class=\"sr\">%s</label><input type=\"search\" id=\"q\" name=\"q\" value=\"",
		bar->label);
	buf_add_xml(out, bar->value);
	buf_puts(out, "\" placeholder='frigate* AND (\"amber strait\" OR halden) NOT feed:sw' autocomplete=\"off\" "
		      "spellcheck=\"false\"");
	if (bar->describedby != NULL)
		buf_printf(out, " aria-invalid=\"true\" aria-describedby=\"%s\"", bar->describedby);
	buf_puts(out, ">");
	buf_add(out, bar->hidden);
	buf_printf(out, "\n<button>%s</button> <a class=\"soft\" href=\"%ssubscribe#rules\">How to write it</a></form>",
		bar->label, page->root);
}
