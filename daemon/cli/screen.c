/* SPDX-License-Identifier: ISC */
/* Lines that fit a terminal. Widths are counted in columns: a Chinese character takes two, a combining mark none. */
#include <errno.h>
#include <langinfo.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "client.h"
#include "sitrep/base/utf8.h"

/* Text from outside has none (utf8_one_line()); it is printed as a space. */
static const struct str no_break_space = {"\u00a0", sizeof("\u00a0") - 1};

enum { WIDTH_MIN = 60, WIDTH_MAX = 10000, SENTENCE_MAX = 64 * 1024 };

/* ---- the terminal ---- */

size_t screen_width(void)
{
	long long width = 0;
	struct winsize size;

	if (!str_to_int(str_from(getenv("COLUMNS")), &width) || width <= 0)
		width = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
	if (width <= 0)
		return 0;
	return width < WIDTH_MIN ? WIDTH_MIN : width > WIDTH_MAX ? WIDTH_MAX : (size_t)width;
}

bool screen_has_colour(void)
{
	const char *no_colour = getenv("NO_COLOR"), *terminal = getenv("TERM");

	return isatty(STDOUT_FILENO) != 0 && (no_colour == NULL || no_colour[0] == '\0') && terminal != NULL &&
	       strcmp(terminal, "dumb") != 0;
}

bool screen_is_utf8(void)
{
	return strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

/* ---- widths ---- */

size_t screen_columns(struct str text)
{
	size_t columns = 0;

	for (size_t pos = 0; pos < text.len;)
		columns += utf8_width(utf8_next(text, &pos));
	return columns;
}

/* The longest prefix that takes at most width columns, with the marks of its last character. */
static struct str prefix_within(struct str text, size_t width)
{
	size_t columns = 0, end = 0;

	for (size_t pos = 0; pos < text.len; end = pos) {
		columns += utf8_width(utf8_next(text, &pos));
		if (columns > width)
			break;
	}
	return str_slice(text, 0, end);
}

int screen_cut(struct buf *out, struct str text, size_t width)
{
	struct str ellipsis = screen_is_utf8() ? STR("\u2026") : STR("...");
	size_t room = screen_columns(ellipsis);

	if (screen_columns(text) <= width)
		return buf_add(out, text);
	buf_add(out, str_trim(prefix_within(text, width > room ? width - room : 0)));
	return buf_add(out, ellipsis);
}

/* The next piece that is not broken: a wide character, or the characters up to a space or a wide one. */
static struct str next_piece(struct str text, size_t *pos)
{
	size_t begin = *pos, next = begin;
	bool is_first = true, is_wide = false;

	while (*pos < text.len && text.data[*pos] != ' ') {
		size_t width = utf8_width(utf8_next(text, &next));

		if (!is_first && width > 0 && (is_wide || width > 1))
			break;
		is_wide = is_wide || width > 1;
		is_first = false;
		*pos = next;
	}
	return str_slice(text, begin, *pos);
}

/* The escape sequence of a style; NULL: the character is none. */
static const char *style_of(char c)
{
	static const char *const styles[] = {[SCREEN_BOLD] = "\x1b[1m",
		[SCREEN_PLAIN] = "\x1b[0m",
		[SCREEN_RED] = "\x1b[1;31m",
		[SCREEN_YELLOW] = "\x1b[33m",
		[SCREEN_DIM] = "\x1b[2m"};

	return c > 0 && (size_t)c < sizeof(styles) / sizeof(styles[0]) ? styles[(size_t)c] : NULL;
}

/* Prints a piece, with its no-break spaces as spaces. */
static void print_piece(struct str piece)
{
	for (size_t i = 0; i < piece.len; i++) {
		const char *style = style_of(piece.data[i]);

		if (style != NULL) {
			fputs(style, stdout);
		} else if (str_starts(str_slice(piece, i, piece.len), no_break_space)) {
			putchar(' ');
			i += no_break_space.len - 1;
		} else {
			putchar(piece.data[i]);
		}
	}
}

void screen_wrap(struct str text, size_t column, size_t indent)
{
	size_t width = screen_width();

	for (size_t pos = 0; pos < text.len;) {
		size_t spaces = 0, columns;
		struct str piece;

		for (; pos < text.len && text.data[pos] == ' '; pos++)
			spaces++;
		piece = next_piece(text, &pos);
		columns = screen_columns(piece);
		if (width > 0 && column > indent && column + spaces + columns > width) {
			printf("\n%*s", (int)indent, "");
			column = indent;
		} else {
			printf("%*s", (int)spaces, "");
			column += spaces;
		}
		print_piece(piece);
		column += columns;
	}
	putchar('\n');
}

/* ---- times ---- */

const char *screen_pause(char text[TIME_TEXT_MAX], int64_t ms)
{
	static const struct {
		int64_t ms, below_ms;
		const char *name;
	} units[] = {{1000, 60 * 1000, "s"}, {60 * 1000, 2 * 3600 * 1000, "m"}, {3600 * 1000, 48 * 3600 * 1000, "h"},
		{24 * 3600 * 1000, INT64_MAX, "d"}};
	size_t unit = 0;

	while (ms >= units[unit].below_ms)
		unit++;
	snprintf(text, TIME_TEXT_MAX, "%lld%s", (long long)(ms / units[unit].ms), units[unit].name);
	return text;
}

void screen_bars(struct buf *out, const long long *counts, size_t count)
{
	static const char *const bars[] = {
		"\u2581", "\u2582", "\u2583", "\u2584", "\u2585", "\u2586", "\u2587", "\u2588"};
	static const char *const plain[] = {"_", ".", ":", "-", "=", "+", "*", "#"};
	enum { LEVELS = sizeof(bars) / sizeof(bars[0]) };
	bool is_utf8 = screen_is_utf8();
	long long most = 1;

	for (size_t i = 0; i < count; i++)
		most = counts[i] > most ? counts[i] : most;
	for (size_t i = 0; i < count; i++) {
		size_t level = counts[i] <= 0 ? 0 : (size_t)((counts[i] * (LEVELS - 1) + most - 1) / most);

		buf_puts(out, is_utf8 ? bars[level] : plain[level]);
	}
}

const char *local_time(char text[TIME_TEXT_MAX], const char *rfc3339)
{
	return time_format_local(text, time_parse_rfc3339(str_from(rfc3339)));
}

/* space is put between date, time and zone. */
static int put_sentence(struct buf *out, struct str sentence, struct str space)
{
	static const char form[] = "0000-00-00T00:00:00Z";
	enum { FORM_LEN = sizeof(form) - 1 };

	for (size_t pos = 0; pos < sentence.len;) {
		char time[FORM_LEN + 1] = "", text[TIME_TEXT_MAX];
		size_t same = 0;

		while (same < FORM_LEN && pos + same < sentence.len) {
			char c = sentence.data[pos + same];

			if (form[same] == '0' ? !char_is_digit(c) : c != form[same])
				break;
			time[same++] = c;
		}
		if (same == FORM_LEN) {
			struct str rest = str_from(local_time(text, time)), word;

			for (bool is_first = true; str_split(&rest, ' ', &word); is_first = false) {
				buf_add(out, is_first ? STR_NONE : space);
				buf_add(out, word);
			}
			pos += FORM_LEN;
		} else {
			buf_putc(out, sentence.data[pos++]);
		}
	}
	return out->failed;
}

int local_sentence(struct buf *out, struct str sentence)
{
	return put_sentence(out, sentence, STR(" "));
}

/* ---- values ---- */

struct str member_text(const json_t *object, const char *member)
{
	const json_t *value = json_object_get(object, member);

	return json_is_string(value) ? str_make(json_string_value(value), json_string_length(value)) : STR_NONE;
}

const char *member_words(const json_t *object, const char *member)
{
	const char *words = json_string_value(json_object_get(object, member));

	return words != NULL ? words : "";
}

bool member_is(const json_t *object, const char *member, const char *words)
{
	return strcmp(member_words(object, member), words) == 0;
}

long long member_whole(const json_t *object, const char *member)
{
	return (long long)json_integer_value(json_object_get(object, member));
}

bool member_is_true(const json_t *object, const char *member)
{
	return json_is_true(json_object_get(object, member));
}

int64_t member_time(const json_t *object, const char *member)
{
	return time_parse_rfc3339(member_text(object, member));
}

void put_member(struct buf *line, const json_t *object, const char *member)
{
	utf8_one_line(line, member_text(object, member));
}

void print_value(FILE *out, const json_t *value)
{
	struct buf line = BUF_INIT(SENTENCE_MAX);

	if (!json_is_string(value))
		return;
	if (utf8_one_line(&line, str_make(json_string_value(value), json_string_length(value))) == 0)
		fwrite(line.data != NULL ? line.data : "", 1, line.len, out);
	buf_release(&line);
}

void print_text(FILE *out, const json_t *object, const char *member)
{
	print_value(out, json_object_get(object, member));
}

void print_time(const json_t *object, const char *member)
{
	char text[TIME_TEXT_MAX];

	fputs(local_time(text, json_string_value(json_object_get(object, member))), stdout);
}

void print_sentence(const char *sentence, size_t column, size_t indent)
{
	struct buf safe = BUF_INIT(SENTENCE_MAX), local = BUF_INIT(2 * SENTENCE_MAX);

	if (utf8_one_line(&safe, str_from(sentence)) == 0 && put_sentence(&local, buf_str(&safe), no_break_space) == 0)
		screen_wrap(buf_str(&local), column, indent);
	buf_release(&local);
	buf_release(&safe);
}

int output_failure(void)
{
	/* Kept, since a buffer that could not be written is dropped. */
	static int failure;

	errno = 0;
	if (failure == 0 && (fflush(stdout) != 0 || ferror(stdout) != 0))
		failure = errno != 0 ? errno : EIO;
	return failure;
}

int print_json(const json_t *value)
{
	enum { DIGITS = 6 };

	if (json_dumpf(value, stdout, JSON_COMPACT | JSON_REAL_PRECISION(DIGITS)) != 0 && ferror(stdout) == 0)
		return -ENOMEM;
	putchar('\n');
	return 0;
}
