/* SPDX-License-Identifier: ISC */
/* ncurses: paints frames and reads keys. Each line is written from its beginning and cleared after its end.  So a
 * terminal that shows a character wider than ncurses expects spoils that line only. */
/* curses.h names scanf, which banned.h forbids */
#define GCC_SCANFLIKE(format, arguments)
#include <curses.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "sitrep/base/utf8.h"
#include "top.h"

enum { ESCAPE_MS = 25, SIZE_LEAST = 20, LINES_LEAST = 6, KEY_ESCAPE = 27, KEY_DELETE_ASCII = 127 };

struct top_screen {
	SCREEN *screen;
	bool has_colour;
};

struct top_screen *top_screen_new(struct error *err)
{
	struct top_screen *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return error_sys_null(err, -ENOMEM, "cannot show the screen");
	/* not initscr(), which ends the process where it fails */
	s->screen = newterm(NULL, stdout, stdin);
	if (s->screen == NULL) {
		error_set(err, -ENOTTY, "the terminal is not known; set TERM, to xterm for example");
		free(s);
		return NULL;
	}
	set_term(s->screen);
	cbreak();
	noecho();
	nonl();
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	set_escdelay(ESCAPE_MS);
	curs_set(0);
	s->has_colour = screen_has_colour() && has_colors() && start_color() == OK && use_default_colors() == OK;
	if (s->has_colour) {
		init_pair(TOP_LOUD, COLOR_RED, -1);
		init_pair(TOP_WARN, COLOR_YELLOW, -1);
	}
	return s;
}

void top_screen_free(struct top_screen *s)
{
	if (s == NULL)
		return;
	endwin();
	delscreen(s->screen);
	free(s);
}

void top_screen_size(struct top_screen *s UNUSED, size_t *width, size_t *height)
{
	*width = COLS > SIZE_LEAST ? (size_t)COLS : SIZE_LEAST;
	*height = LINES > LINES_LEAST ? (size_t)LINES : LINES_LEAST;
}

void top_screen_resize(struct top_screen *s UNUSED)
{
	struct winsize size;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 && size.ws_col > 0)
		resizeterm(size.ws_row, size.ws_col);
	clearok(curscr, TRUE);
}

static attr_t attribute_of(const struct top_screen *s, enum top_style style)
{
	switch (style) {
	case TOP_HEAD:
	case TOP_SELECTED:
		return A_REVERSE;
	case TOP_LOUD:
		return A_BOLD | (s->has_colour ? (attr_t)COLOR_PAIR(TOP_LOUD) : 0);
	case TOP_WARN:
		return s->has_colour ? (attr_t)COLOR_PAIR(TOP_WARN) : 0;
	case TOP_FAINT:
		return s->has_colour ? A_DIM : 0;
	case TOP_BOLD:
		return A_BOLD;
	case TOP_PLAIN:
		break;
	}
	return 0;
}

/* Joiners, soft hyphens and variation selectors: terminals disagree on the width of what they join. */
static bool is_joiner(uint32_t cp)
{
	return cp == 0xad || (cp >= 0x200b && cp <= 0x200f) || (cp >= 0x2060 && cp <= 0x2064) ||
	       (cp >= 0xfe00 && cp <= 0xfe0f);
}

/* Writes character by character, so that one that ncurses refuses, such as a joiner after a wide character, is left
 * out, and the rest of the line is written.  Characters that the terminal cannot show become question marks. */
static void write_text(const char *text)
{
	struct str s = str_from(text);
	bool is_utf8 = screen_is_utf8();

	for (size_t pos = 0; pos < s.len;) {
		size_t begin = pos;
		uint32_t cp = utf8_next(s, &pos);

		if (is_joiner(cp))
			continue;
		if (is_utf8)
			addnstr(s.data + begin, (int)(pos - begin));
		else
			addch(cp < 0x80 ? (chtype)cp : '?');
	}
}

void top_screen_paint(struct top_screen *s, const struct top_frame *f)
{
	erase();
	for (size_t y = 0; y < f->height; y++) {
		const struct top_line *line = &f->lines[y];

		if (line->text == NULL || move((int)y, 0) == ERR)
			continue;
		attrset((int)attribute_of(s, line->style));
		write_text(line->text);
		attrset(A_NORMAL);
	}
	refresh();
}

void top_screen_spoil(struct top_screen *s UNUSED)
{
	clearok(curscr, TRUE);
}

static enum top_key key_of(wint_t code)
{
	switch (code) {
	case KEY_UP:
		return TOP_KEY_UP;
	case KEY_DOWN:
		return TOP_KEY_DOWN;
	case KEY_PPAGE:
		return TOP_KEY_PAGE_UP;
	case KEY_NPAGE:
		return TOP_KEY_PAGE_DOWN;
	case KEY_HOME:
		return TOP_KEY_FIRST;
	case KEY_END:
		return TOP_KEY_LAST;
	case KEY_RIGHT:
	case KEY_ENTER:
		return TOP_KEY_ENTER;
	case KEY_LEFT:
		return TOP_KEY_BACK;
	case KEY_BACKSPACE:
		return TOP_KEY_ERASE;
	default:
		return TOP_KEY_NONE;
	}
}

static enum top_key key_of_character(wint_t code, char character[8])
{
	struct buf text = BUF_INIT(7);

	if (code == '\r' || code == '\n')
		return TOP_KEY_ENTER;
	if (code == '\t')
		return TOP_KEY_NEXT_PAGE;
	if (code == KEY_ESCAPE)
		return TOP_KEY_BACK;
	if (code == '\b' || code == KEY_DELETE_ASCII)
		return TOP_KEY_ERASE;
	if (utf8_is_unsafe((uint32_t)code) || buf_put_utf8(&text, (uint32_t)code) != 0)
		return TOP_KEY_NONE;
	snprintf(character, 8, "%s", text.data);
	buf_release(&text);
	return TOP_KEY_CHARACTER;
}

enum top_key top_screen_key(struct top_screen *s UNUSED, char character[8])
{
	wint_t code = 0;
	int kind = get_wch(&code);

	if (kind == ERR)
		return TOP_KEY_GONE;
	return kind == KEY_CODE_YES ? key_of(code) : key_of_character(code, character);
}
