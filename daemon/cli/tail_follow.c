/* SPDX-License-Identifier: ISC */
/* sitrep tail on standard output. When the daemon goes away, tail waits for it and continues at its place. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "sitrep/base/clock.h"
#include "tail.h"

enum { LINE_MAX_LEN = 8 * 1024 * 1024, QUIET_MS = 3 * 1000 };

static volatile sig_atomic_t ending;

static void on_signal(int number UNUSED)
{
	ending = 1;
}

static void catch_signals(void)
{
	/* Without SA_RESTART, so that a signal ends a waiting write. */
	struct sigaction action = {.sa_handler = on_signal};

	sigemptyset(&action.sa_mask);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}

/* poll(2) for wait_ms; negative: without a limit.  A signal that has come already ends the wait, too. */
static int wait_for(struct pollfd *waited, nfds_t count, int64_t wait_ms)
{
	const struct timespec timeout = {
		.tv_sec = (time_t)(wait_ms / 1000), .tv_nsec = (long)(wait_ms % 1000) * 1000000};
	sigset_t ends, before;
	int ready = 0;

	sigemptyset(&ends);
	sigaddset(&ends, SIGINT);
	sigaddset(&ends, SIGTERM);
	sigprocmask(SIG_BLOCK, &ends, &before);
	if (!ending)
		ready = ppoll(waited, count, wait_ms < 0 ? NULL : &timeout, &before);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return ready;
}

/* ---- subscribing ---- */

static int fail_as(const struct sitrep *s, int result, struct error *err)
{
	return error_set(err, result, "%s", sitrep_error(s));
}

int tail_save(struct tail *t, const struct cursor_place *place, struct error *err)
{
	if (t->state_path == NULL || place->cursor[0] == '\0' || memcmp(place, &t->saved, sizeof(*place)) == 0)
		return 0;
	t->saved = *place;
	return cursor_file_save(t->state_path, place, err);
}

/* Saves the place of the event that was printed last. */
static int save_place(struct tail *t, const struct sitrep *s, struct error *err)
{
	struct cursor_place place;
	int result = cursor_place_set(&place, sitrep_cursor(s), sitrep_instance(s));

	return result == 0 ? tail_save(t, &place, err) : 0;
}

int tail_next(struct sitrep *s, int timeout_ms, struct tail_event *event)
{
	const struct sitrep_event *next;
	int got = sitrep_next(s, timeout_ms, &next);

	if (got != 1)
		return got;
	*event = (struct tail_event){.kind = next->kind, .line = str_make(next->json, next->length)};
	if (next->cursor[0] != '\0' && cursor_place_set(&event->place, next->cursor, sitrep_instance(s)) != 0)
		return -EPROTO;
	return 1;
}

bool tail_is_passing(int result)
{
	return result != -EINVAL && result != -EPROTO && result != -EMSGSIZE && result != -ENOMEM;
}

static void print_notes(struct tail *t, const struct sitrep *s)
{
	json_t *answer = json_loads(sitrep_subscribed(s), 0, NULL);
	const char *rule = json_string_value(json_object_get(t->request, "match"));
	const json_t *note;
	size_t i;

	json_array_foreach(json_object_get(answer, "notes"), i, note) if (!t->told && json_is_string(note))
	{
		fputs("sitrep: tail: ", stderr);
		print_value(stderr, note);
		fputc('\n', stderr);
		if (rule != NULL)
			command_show_place(str_from(rule), str_from(json_string_value(note)));
	}
	t->told = true;
	json_decref(answer);
}

static int subscribe_with(const struct tail *t, struct sitrep *s)
{
	char *filter = json_dumps(t->request, JSON_COMPACT);
	int result = filter != NULL ? sitrep_subscribe_json(s, filter) : -ENOMEM;

	free(filter);
	return result;
}

/* The cursor that was kept may be of another database, or of this one before a backup of it was restored. */
int tail_subscribe(struct tail *t, struct sitrep *s, struct error *err)
{
	bool continues = sitrep_cursor(s)[0] != '\0';
	int result;

	if (!continues && t->last >= 0) {
		result = tail_last(t, s, err);
		if (result != 0)
			return result;
	}
	result = subscribe_with(t, s);
	if (result == SITREP_RESET && !continues)
		return error_set(err, -EINVAL,
			"the cursor is beyond the newest event or of another database: use --since oldest for all "
			"events that "
			"are kept");
	if (result == SITREP_RESET) {
		fputs("sitrep: tail: the daemon has another database now, so all events that it keeps follow\n",
			stderr);
		sitrep_resume(s, NULL, NULL);
		result = json_object_set_new(t->request, "since", json_string("oldest")) == 0 ? subscribe_with(t, s)
											      : -ENOMEM;
	}
	if (result < 0)
		return fail_as(s, result, err);
	print_notes(t, s);
	return 0;
}

/* ---- printing ---- */

static int print_formatted(const struct tail *t, const struct tail_event *event, const json_t *object)
{
	struct buf text = BUF_INIT(LINE_MAX_LEN);
	int result;

	if (event_format_is_of_alerts(&t->format) && strcmp(event->kind, "alert") != 0)
		return 0;
	result = event_format_write(&t->format, object, event->line, event->place.instance, &text);
	if (result == 0 && text.len > 0) {
		fwrite(text.data, 1, text.len, stdout);
		if (text.data[text.len - 1] != '\n')
			putchar('\n');
	}
	buf_release(&text);
	return result;
}

static int print_event(const struct tail *t, const struct tail_event *event, struct error *err)
{
	bool is_heartbeat = strcmp(event->kind, "heartbeat") == 0;
	json_t *object;
	int result = 0;

	if (t->format.form == FORM_JSON) {
		if (!is_heartbeat)
			puts(event->line.data);
		return 0;
	}
	if (is_heartbeat)
		return 0;
	object = json_loadb(event->line.data, event->line.len, 0, NULL);
	if (object == NULL)
		return error_set(err, -EPROTO, "the daemon sent a line that is not an event");
	if (t->format.form != FORM_NONE)
		result = print_formatted(t, event, object);
	else
		event_print(object, event->kind, t->match);
	json_decref(object);
	return result == 0 ? 0 : error_sys(err, result, "cannot print an event");
}

/* Tells a person once that tail listens, and since when, while no event comes. */
static void tell_quiet(bool *is_told)
{
	char text[TIME_TEXT_MAX];

	if (!*is_told)
		fprintf(stderr, "sitrep: tail: nothing yet, listening since %s\n",
			time_format_local(text, clock_wall_ms() - QUIET_MS));
	*is_told = true;
}

/* Waits until the daemon says more.  0 also after a signal; OUTPUT_FAILED when the reader of standard output has ended
 * meanwhile. */
static int wait_for_more(const struct sitrep *s, bool *is_told)
{
	struct pollfd waited[] = {{.fd = sitrep_fd(s), .events = POLLIN}, {.fd = STDOUT_FILENO}};
	int ready = wait_for(waited, 2, *is_told ? -1 : QUIET_MS);

	if (ready == 0 && !ending)
		tell_quiet(is_told);
	if (ready <= 0 || (waited[1].revents & POLLERR) == 0)
		return 0;
	raise(SIGPIPE); /* as if a line had come */
	return OUTPUT_FAILED;
}

/* Prints events until the connection ends, then returns 0; OUTPUT_FAILED when they cannot be printed. */
static int follow(struct tail *t, struct sitrep *s, bool *is_told, struct error *err)
{
	struct tail_event event;
	int result = 0;

	while (!ending && result == 0) {
		/* All events that have arrived are printed before the output is flushed and the place is saved. */
		int got = tail_next(s, 0, &event);

		if (got == 0) {
			if (output_failure() != 0)
				return OUTPUT_FAILED;
			result = save_place(t, s, err);
			if (result == 0)
				result = wait_for_more(s, is_told);
		} else if (got > 0) {
			*is_told = *is_told || strcmp(event.kind, "heartbeat") != 0;
			result = print_event(t, &event, err);
		} else if (!tail_is_passing(got)) {
			result = fail_as(s, got, err);
		} else {
			return 0;
		}
	}
	return result;
}

int tail_follow(struct tail *t, struct sitrep *s, struct error *err)
{
	int64_t wait_ms = TAIL_RECONNECT_FIRST_S * 1000;
	/* only for a person who waits before a terminal */
	bool is_told = isatty(STDERR_FILENO) == 0 || isatty(STDOUT_FILENO) == 0;
	int result = 0;

	catch_signals();
	while (!ending) {
		if (result == 0) {
			result = tail_subscribe(t, s, err);
			if (result == 0) {
				wait_ms = TAIL_RECONNECT_FIRST_S * 1000;
				result = follow(t, s, &is_told, err);
			} else if (tail_is_passing(result)) {
				result = 0;
			}
			if (result != 0)
				return result;
		}
		wait_for(NULL, 0, wait_ms);
		wait_ms = wait_ms * 2 > TAIL_RECONNECT_LONGEST_S * 1000 ? TAIL_RECONNECT_LONGEST_S * 1000 : wait_ms * 2;
		result = ending ? 0 : sitrep_connect(s, NULL);
	}
	return output_failure() != 0 ? OUTPUT_FAILED : save_place(t, s, err);
}
