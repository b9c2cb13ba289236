/* SPDX-License-Identifier: ISC */
/* Decides whether the daemon is healthy; the rules and their numbers are in the header and in sitrepd(8). */
#include "sitrep/publish/health.h"

#include <stdarg.h>
#include <stdio.h>

#include "sitrep/base/clock.h"
#include "sitrep/base/utf8.h"

static void __attribute__((format(printf, 4, 5)))
add(struct health_line *lines, size_t *count, const char *code, const char *fmt, ...)
{
	struct buf line = BUF_INIT(2 * ERROR_TEXT_MAX);
	char text[ERROR_TEXT_MAX];
	struct str cut;
	va_list ap;

	if (*count == HEALTH_LINES_MAX)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	/* The text may quote file names and SQLite's messages. */
	utf8_one_line(&line, str_from(text));
	cut = utf8_cut(buf_str(&line), sizeof(lines[*count].text) - 1);
	snprintf(lines[*count].text, sizeof(lines[*count].text), "%.*s", STR_ARG(cut));
	lines[(*count)++].code = code;
	buf_release(&line);
}

#define reason(h, ...) add((h)->reasons, &(h)->reason_count, __VA_ARGS__)
#define note(h, ...) add((h)->notes, &(h)->note_count, __VA_ARGS__)

static bool may_poll(const struct health_facts *f)
{
	return !f->paused && !f->storing_stopped;
}

static void judge_storing(const struct health_facts *f, struct health *h)
{
	char since[TIME_TEXT_MAX];

	if (f->storing_stopped)
		reason(h, "storing-stopped", "storing stopped, nothing is polled since %s: %s",
			time_format_rfc3339(since, f->stopped_since_ms), f->stop_reason);
	if (f->damaged_tables > 0)
		reason(h, "database-damaged", "the database is damaged: %s", f->damage);
	if (f->read_error != NULL)
		reason(h, "database-unreadable", "readers cannot be served: %s", f->read_error);
}

static void judge_export(const struct health_facts *f, struct health *h)
{
	if (f->export_error != NULL)
		reason(h, "export-failed", "static files cannot be written: %s", f->export_error);
}

/* A long queue is no fault as long as it moves. */
static void judge_polling(const struct health_facts *f, struct health *h)
{
	if (f->loop_late_ms > HEALTH_LOOP_LATE_MS)
		reason(h, "loop-stalled", "the main loop is %lld s late", (long long)(f->loop_late_ms / 1000));
	if (f->no_worker != NULL)
		reason(h, "no-worker", "no parse worker runs, so no feed can be read: %s", f->no_worker);
	if (f->stuck > 0)
		reason(h, "polls-stuck", "%zu polls are under way for longer than any timeout allows", f->stuck);
	if (may_poll(f) && f->overdue > 0 && f->silent_ms > f->patience_ms)
		reason(h, "polls-overdue", "%zu feeds are due since up to %lld s and no feed was asked for %lld s",
			f->overdue, (long long)(f->overdue_ms / 1000), (long long)(f->silent_ms / 1000));
}

static void judge_network(const struct health_facts *f, struct health *h)
{
	bool enough = f->asked >= HEALTH_NETWORK_FEEDS || f->unreached_again == f->asked;

	if (may_poll(f) && f->up_ms >= HEALTH_NETWORK_GRACE_MS && f->asked > 0 && f->unreached == f->asked && enough)
		reason(h, "network-away",
			"network away: all %zu feeds asked within the last hour fail by resolver or connection",
			f->asked);
}

static void take_notes(const struct health_facts *f, struct health *h)
{
	char when[TIME_TEXT_MAX];

	if (f->paused)
		note(h, "paused", "paused by a person since %s, nothing is polled until resume",
			time_format_rfc3339(when, f->paused_since_ms));
	if (f->damaged_rows > 0)
		note(h, "rows-damaged", "%llu damaged rows of the database are left out",
			(unsigned long long)f->damaged_rows);
	if (f->rules_silent > 0)
		note(h, "alerts-silent", "%llu alert rules match nothing for 30 days, sitrep alerts names them",
			(unsigned long long)f->rules_silent);
	if (f->rules_noisy > 0)
		note(h, "alerts-noisy", "%llu alert rules match more than 50 items a day, sitrep alerts names them",
			(unsigned long long)f->rules_noisy);
	if (f->feeds == 0)
		note(h, "no-feed", "no feed is configured");
	else if (may_poll(f) && f->under_way == 0 && f->next_due_ms == TIME_NONE)
		note(h, "nothing-due", "nothing is due, no feed is planned");
	else if (may_poll(f) && f->under_way == 0 && f->next_due_ms > f->now_ms)
		note(h, "nothing-due", "nothing is due before %s", time_format_rfc3339(when, f->next_due_ms));
}

void health_judge(const struct health_facts *facts, struct health *health)
{
	health->reason_count = health->note_count = 0;
	judge_storing(facts, health);
	judge_polling(facts, health);
	judge_network(facts, health);
	judge_export(facts, health);
	take_notes(facts, health);
}

static void write_lines(const struct health_line *lines, size_t count, struct buf *out)
{
	for (size_t i = 0; i < count; i++)
		buf_printf(out, "%s\n", lines[i].text);
}

int health_write_text(const struct health *health, struct buf *out)
{
	if (health->reason_count > 0) {
		write_lines(health->reasons, health->reason_count, out);
	} else {
		buf_puts(out, "ok\n");
		write_lines(health->notes, health->note_count, out);
	}
	return out->failed;
}

static void write_array(const char *key, const struct health_line *lines, size_t count, struct jsonw *w)
{
	jsonw_kv_array(w, key);
	for (size_t i = 0; i < count; i++) {
		jsonw_object(w);
		jsonw_kv_cstr(w, "code", lines[i].code);
		jsonw_kv_cstr(w, "text", lines[i].text);
		jsonw_object_end(w);
	}
	jsonw_array_end(w);
}

void health_write_json(const struct health *health, struct jsonw *w)
{
	jsonw_kv_cstr(w, "status", health->reason_count == 0 ? "ok" : "failing");
	write_array("reasons", health->reasons, health->reason_count, w);
	write_array("notes", health->notes, health->note_count, w);
}
