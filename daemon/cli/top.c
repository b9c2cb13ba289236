/* SPDX-License-Identifier: ISC */
/* sitrep top: a live view of stories, alerts and feeds. One loop waits for the stream, the control socket, keys and
 * signals; the screen is drawn at most once a turn. */
#include "top.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sitrep.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "sitrep/base/utf8.h"

enum {
	TURN_MS = 1000, /* ages are drawn anew so often */
	RECONNECT_MS = 2000,
	ASK_EVERY_MS = 5000,
	PATIENCE_MS = 1000,
	EVENTS_A_TURN = 500,
	LINES_A_TURN = 500,
	KEYS_A_TURN = 64,
	LINES_AROUND = 5, /* of the screen that are no rows */
};
static const char since[] = "12h";

/* The requests at the control socket, one after the other. */
enum asked { ASKED_NOTHING, ASKED_STATUS, ASKED_FEEDS };

struct top {
	struct client_options options;
	struct sitrep *stream, *control;
	int64_t stream_ms, ask_ms; /* when to connect, and when to ask, monotonic */
	enum asked asked;
	struct top_model model;
	struct top_state state;
	struct top_screen *screen;
	int signals;
	bool ending;
};

/* ---- the stream ---- */

static void set_trouble(char text[256], const char *sentence)
{
	struct buf line = BUF_INIT(4 * ERROR_TEXT_MAX);

	utf8_one_line(&line, str_from(sentence));
	snprintf(text, 256, "%.*s", STR_ARG(utf8_cut(buf_str(&line), 255)));
	buf_release(&line);
}

static void lose_stream(struct top *t, const char *sentence)
{
	set_trouble(t->model.trouble, sentence);
	sitrep_close(t->stream);
	t->stream_ms = clock_mono_ms() + RECONNECT_MS;
}

/* The first subscription begins with the events of the last 12 hours; a later one continues after the last event. */
static void subscribe(struct top *t)
{
	const struct sitrep_filter filter = {.size = sizeof(filter), .since = since};
	int result = sitrep_subscribe(t->stream, &filter);

	if (result == SITREP_RESET) {
		sitrep_resume(t->stream, NULL, NULL);
		result = sitrep_subscribe(t->stream, &filter);
	}
	if (result < 0)
		lose_stream(t, sitrep_error(t->stream));
	else
		t->model.trouble[0] = '\0';
}

static void connect_stream(struct top *t)
{
	if (sitrep_fd(t->stream) >= 0 || clock_mono_ms() < t->stream_ms)
		return;
	if (sitrep_connect(t->stream, NULL) == 0)
		subscribe(t);
	else
		lose_stream(t, sitrep_error(t->stream));
}

/* True: more may have come. */
static bool read_stream(struct top *t)
{
	const struct sitrep_event *event;
	int got = 0;

	for (int i = 0; i < EVENTS_A_TURN && sitrep_fd(t->stream) >= 0; i++) {
		json_t *object;

		got = sitrep_next(t->stream, 0, &event);
		if (got == 0)
			return false;
		if (got < 0) {
			lose_stream(t, sitrep_error(t->stream));
			return false;
		}
		object = json_loadb(event->json, event->length, 0, NULL);
		top_model_event(&t->model, object);
		json_decref(object);
	}
	return got > 0;
}

/* ---- the control socket ---- */

static void lose_control(struct top *t, const char *sentence)
{
	set_trouble(t->model.control_trouble, sentence);
	sitrep_free(t->control);
	t->control = NULL;
	t->asked = ASKED_NOTHING;
	t->model.has_status = false;
	t->ask_ms = clock_mono_ms() + ASK_EVERY_MS;
}

static void ask_control(struct top *t)
{
	struct client_options options = t->options;
	struct error err = {0};

	if (t->asked != ASKED_NOTHING || clock_mono_ms() < t->ask_ms)
		return;
	options.patience_s = PATIENCE_MS / 1000;
	if (t->control == NULL)
		t->control = connection_open(&options, CONNECTION_CONTROL, &err);
	if (t->control == NULL) {
		lose_control(t, err.text);
	} else if (sitrep_ask(t->control, "{\"op\":\"status\"}") != 0) {
		lose_control(t, sitrep_error(t->control));
	} else {
		t->asked = ASKED_STATUS;
		t->model.control_trouble[0] = '\0';
	}
}

/* The answer to one question is complete. */
static void go_on_asking(struct top *t)
{
	if (t->asked == ASKED_FEEDS) {
		t->asked = ASKED_NOTHING;
		t->ask_ms = clock_mono_ms() + ASK_EVERY_MS;
	} else if (sitrep_ask(t->control, "{\"op\":\"feeds\"}") != 0) {
		lose_control(t, sitrep_error(t->control));
	} else {
		t->asked = ASKED_FEEDS;
		top_model_begin_feeds(&t->model);
	}
}

static void read_control(struct top *t)
{
	for (int i = 0; i < LINES_A_TURN && t->asked != ASKED_NOTHING; i++) {
		const char *text;
		size_t length;
		int got = sitrep_answer(t->control, 0, &text, &length);
		json_t *answer;

		if (got == -ETIMEDOUT)
			return;
		if (got < 0) {
			lose_control(t, sitrep_error(t->control));
		} else if (got == 0) {
			go_on_asking(t);
		} else {
			answer = json_loadb(text, length, 0, NULL);
			if (t->asked == ASKED_STATUS)
				top_model_status(&t->model, answer);
			else
				top_model_feeds(&t->model, answer);
			json_decref(answer);
		}
	}
}

/* ---- keys ---- */

static void go_to(struct top *t, enum top_page page)
{
	t->state.page = page;
	t->state.selected = 0;
	t->state.first = 0;
	t->state.story[0] = '\0';
	t->state.help = false;
}

/* Back from help, from a story, or from a filter. False: there is nothing to go back from. */
static bool go_back(struct top_state *s)
{
	bool was_somewhere = s->help || s->story[0] != '\0' || s->filter[0] != '\0';

	if (s->help)
		s->help = false;
	else if (s->story[0] != '\0')
		s->story[0] = '\0';
	else
		s->filter[0] = '\0';
	return was_somewhere;
}

static void move_by(struct top_state *s, long by)
{
	size_t *place = s->story[0] != '\0' ? &s->scroll : &s->selected;

	if (by < 0 && *place < (size_t)-by)
		*place = 0;
	else
		*place = (size_t)((long)*place + by);
}

static void take_character(struct top *t, char c)
{
	struct top_state *s = &t->state;

	if (c == 'q' && (s->help || s->story[0] != '\0'))
		go_back(s);
	else if (c == 'q')
		t->ending = true;
	else if (c == 'h' || c == '?')
		s->help = !s->help;
	else if (c == 'j' || c == 'k')
		move_by(s, c == 'j' ? 1 : -1);
	else if (c == 'g' || c == 'G')
		move_by(s, c == 'g' ? -TOP_FEEDS_MAX : TOP_FEEDS_MAX);
	else if (c >= '1' && c <= '3')
		go_to(t, (enum top_page)(c - '1'));
	else if (c == 'o')
		s->sort = (enum top_sort)((s->sort + 1) % TOP_SORTS);
	else if (c == '/')
		s->editing = true;
	else if (c == 'r') {
		top_screen_spoil(t->screen);
		t->ask_ms = 0;
	}
}

/* While the filter is written. */
static void edit_filter(struct top_state *s, enum top_key key, const char *character)
{
	size_t len = strlen(s->filter);

	s->selected = 0;
	if (key == TOP_KEY_ENTER) {
		s->editing = false;
	} else if (key == TOP_KEY_BACK) {
		s->editing = false;
		s->filter[0] = '\0';
	} else if (key == TOP_KEY_ERASE) {
		while (len > 0 && ((unsigned char)s->filter[--len] & 0xc0) == 0x80)
			;
		s->filter[len] = '\0';
	} else if (key == TOP_KEY_CHARACTER && len + strlen(character) < sizeof(s->filter)) {
		snprintf(s->filter + len, sizeof(s->filter) - len, "%s", character);
	}
}

static void take_key(struct top *t, enum top_key key, const char *character)
{
	struct top_state *s = &t->state;
	size_t width, height;

	top_screen_size(t->screen, &width, &height);
	switch (key) {
	case TOP_KEY_UP:
	case TOP_KEY_DOWN:
		move_by(s, key == TOP_KEY_DOWN ? 1 : -1);
		break;
	case TOP_KEY_PAGE_UP:
	case TOP_KEY_PAGE_DOWN:
		move_by(s, (key == TOP_KEY_PAGE_DOWN ? 1 : -1) * (long)(height - LINES_AROUND));
		break;
	case TOP_KEY_FIRST:
	case TOP_KEY_LAST:
		move_by(s, key == TOP_KEY_FIRST ? -TOP_FEEDS_MAX : TOP_FEEDS_MAX);
		break;
	case TOP_KEY_NEXT_PAGE:
		go_to(t, (enum top_page)((s->page + 1) % TOP_PAGES));
		break;
	case TOP_KEY_ENTER:
		if (!s->help && s->story[0] == '\0')
			top_view_open(&t->model, s);
		break;
	case TOP_KEY_BACK:
		go_back(s);
		break;
	case TOP_KEY_CHARACTER:
		take_character(t, character[0]);
		break;
	case TOP_KEY_NONE:
	case TOP_KEY_ERASE:
	case TOP_KEY_GONE:
		break;
	}
}

static void read_keys(struct top *t)
{
	char character[8];
	enum top_key key;

	for (int i = 0; i < KEYS_A_TURN && (key = top_screen_key(t->screen, character)) != TOP_KEY_GONE; i++) {
		if (t->state.editing)
			edit_filter(&t->state, key, character);
		else
			take_key(t, key, character);
	}
}

/* ---- the loop ---- */

static int draw_screen(struct top *t)
{
	struct top_frame f;
	size_t width, height;
	int result;

	top_screen_size(t->screen, &width, &height);
	result = top_frame_init(&f, width, height);
	if (result == 0)
		result = top_view_draw(&f, &t->model, &t->state, clock_wall_ms());
	if (result == 0)
		top_screen_paint(t->screen, &f);
	top_frame_release(&f);
	return result;
}

static void read_signals(struct top *t)
{
	struct signalfd_siginfo info;

	while (read(t->signals, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		if (info.ssi_signo == SIGWINCH)
			top_screen_resize(t->screen);
		else
			t->ending = true;
	}
}

static void wait_for_work(struct top *t, bool at_once)
{
	struct pollfd waited[] = {{.fd = t->signals, .events = POLLIN}, {.fd = STDIN_FILENO, .events = POLLIN},
		{.fd = sitrep_fd(t->stream), .events = POLLIN}, {.fd = sitrep_fd(t->control), .events = POLLIN}};

	poll(waited, sizeof(waited) / sizeof(waited[0]), at_once ? 0 : TURN_MS);
	/* the terminal was closed */
	if ((waited[1].revents & (POLLHUP | POLLERR | POLLNVAL)) != 0)
		t->ending = true;
}

static int run_loop(struct top *t, struct error *err)
{
	int result = 0;

	while (!t->ending && result == 0) {
		bool at_once;

		connect_stream(t);
		ask_control(t);
		at_once = read_stream(t);
		read_control(t);
		result = draw_screen(t);
		wait_for_work(t, at_once);
		read_signals(t);
		read_keys(t);
	}
	return result == 0 ? 0 : error_sys(err, result, "cannot show the screen");
}

static int show_top(struct top *t, struct error *err)
{
	int result = top_model_init(&t->model);

	if (result != 0)
		return error_sys(err, result, "cannot show the screen");
	t->stream = connection_open(&t->options, CONNECTION_STREAM, err);
	if (t->stream == NULL)
		return err->code;
	/* ncurses' own handlers would end the process in the middle. */
	t->signals = command_signals((const int[]){SIGINT, SIGTERM, SIGHUP, SIGWINCH}, 4, err);
	if (t->signals < 0)
		return err->code;
	sitrep_patience(t->stream, PATIENCE_MS);
	subscribe(t);
	t->screen = top_screen_new(err);
	return t->screen != NULL ? run_loop(t, err) : err->code;
}

static int run_top(const struct client_options *options)
{
	struct top t = {.options = *options, .signals = -1};
	struct error err = {0};
	int result;

	if (isatty(STDOUT_FILENO) == 0 || isatty(STDIN_FILENO) == 0)
		return command_fail(&command_top, "there is no terminal; tail and feeds print into a pipe or a file");
	result = show_top(&t, &err);
	top_screen_free(t.screen);
	sitrep_free(t.stream);
	sitrep_free(t.control);
	top_model_release(&t.model);
	if (t.signals >= 0)
		close(t.signals);
	return result == 0 ? EXIT_DONE : command_fail(&command_top, err.text);
}

const struct command command_top = {
	.name = "top",
	.options = command_no_options,
	.arguments = "",
	.summary = "Watch stories, alerts and feeds live",
	.run = run_top,
};
