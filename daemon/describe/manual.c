/* SPDX-License-Identifier: ISC */
/* Writes tables as man(7) source. */
#include "manual.h"

#include <errno.h>
#include <string.h>

#include "sitrep/cli/command.h"
#include "sitrep/config/command_line.h"
#include "sitrep/config/option.h"
#include "sitrep/model/alert.h"
#include "sitrep/model/feed_state.h"
#include "sitrep/publish/metrics.h"
#include "sitrep/store/event_json.h"
#include "sitrep/store/event_member.h"

/* The columns of a line of the source. */
enum { LINE_WIDTH = 78 };

/* Appends one word; characters that are markup in roff are escaped. */
static size_t put_word(struct buf *out, struct str word)
{
	size_t before = out->len;

	for (size_t i = 0; i < word.len; i++) {
		if (word.data[i] == '\\')
			buf_puts(out, "\\e");
		else if (word.data[i] == '-')
			buf_puts(out, "\\-");
		else if (word.data[i] == '\'')
			buf_puts(out, "\\(aq");
		else
			buf_putc(out, word.data[i]);
	}
	return out->len - before;
}

/* Appends text in lines; each sentence begins a new line, as is usual in roff. */
static void put_text(struct buf *out, const char *text)
{
	struct str rest = str_from(text), word;
	size_t column = 0;

	while (str_word(&rest, &word)) {
		if (column > 0 && column + 1 + word.len > LINE_WIDTH) {
			buf_putc(out, '\n');
			column = 0;
		}
		if (column > 0)
			buf_putc(out, ' ');
		else if (word.data[0] == '.')
			buf_puts(out, "\\&");
		column += 1 + put_word(out, word);
		if (word.data[word.len - 1] == '.') {
			buf_putc(out, '\n');
			column = 0;
		}
	}
	if (column > 0)
		buf_putc(out, '\n');
}

static void put_term(struct buf *out, const char *term)
{
	buf_puts(out, ".TP\n.B ");
	put_word(out, str_from(term));
	buf_putc(out, '\n');
}

/* ---- the parts ---- */

static void put_option(struct buf *out, const struct config_option *o)
{
	struct buf remark = BUF_INIT(4096);

	put_term(out, o->name);
	put_text(out, o->help);
	buf_puts(out, ".br\n");
	buf_puts(&remark, "Values: ");
	option_write_values(&remark, o);
	buf_puts(&remark, ".");
	if (o->fallback != NULL)
		buf_printf(&remark, " Default: %s.", o->fallback);
	if (o->required)
		buf_puts(&remark, " The section must have it.");
	if (!o->reloadable)
		buf_puts(&remark, " A change takes effect at the next start.");
	put_text(out, buf_str(&remark).data);
	if (buf_failed(&remark))
		out->failed = remark.failed;
	buf_release(&remark);
}

static void put_options(struct buf *out)
{
	for (int s = 0; s < SECTION_COUNT; s++) {
		enum option_section section = (enum option_section)s;

		if (section == SECTION_TOP)
			buf_printf(out, ".SS %s\n", option_section_about(section));
		else
			buf_printf(out, ".SS [%s%s]\n%s.\n", option_section_name(section),
				option_section_is_named(section) ? " \\(dqNAME\\(dq" : "",
				option_section_about(section));
		for (size_t i = 0; i < config_option_count; i++)
			if (config_options[i].section == section)
				put_option(out, &config_options[i]);
	}
}

static void put_metrics(struct buf *out)
{
	const struct metric *m;

	for (size_t i = 0; (m = metrics_at(i)) != NULL; i++) {
		put_term(out, m->name);
		if (m->label != NULL)
			buf_printf(out, "(%s, by %s)\n", m->type, m->label);
		else
			buf_printf(out, "(%s)\n", m->type);
		put_text(out, m->help);
	}
}

static void put_failures(struct buf *out)
{
	for (int f = FAILURE_NONE + 1; f < FAILURE_COUNT; f++) {
		put_term(out, poll_failure_name((enum poll_failure)f));
		put_text(out, poll_failure_help((enum poll_failure)f));
	}
}

static bool is_in(const char *words, const char *word)
{
	struct str rest = str_from(words), one;

	while (str_word(&rest, &one))
		if (str_eq(one, str_from(word)))
			return true;
	return false;
}

/* Each event with the members of its line. */
static void put_events(struct buf *out)
{
	const char *name, *help;

	for (size_t i = 0; event_kind_at(i, &name, &help); i++) {
		const char *comma = "Members: ";
		struct buf members = BUF_INIT(4096);

		put_term(out, name);
		put_text(out, help);
		for (int m = 0; m < MEMBER_COUNT; m++) {
			const struct event_member_row *row = event_member_row((enum event_member)m);

			if (row->in[0] != '\0' || (row->events != NULL && !is_in(row->events, name)))
				continue;
			buf_printf(&members, "%s%s", comma, row->name);
			comma = ", ";
		}
		buf_puts(out, ".br\n");
		buf_putc(&members, '.');
		put_text(out, buf_str(&members).data);
		if (buf_failed(&members))
			out->failed = members.failed;
		buf_release(&members);
	}
}

/* The members of the lines, then those of the objects in them. */
static void put_members(struct buf *out)
{
	const char *in = "";

	for (int m = 0; m < MEMBER_COUNT; m++) {
		const struct event_member_row *row = event_member_row((enum event_member)m);

		if (strcmp(row->in, in) != 0) {
			in = row->in;
			buf_printf(out, ".SS Members of %s\n", in);
		}
		put_term(out, row->name);
		put_text(out, row->help);
	}
}

static void put_reasons(struct buf *out)
{
	const char *name, *help;

	for (size_t i = 0; alert_why_at(i, &name, &help) != 0; i++) {
		put_term(out, name);
		put_text(out, help);
	}
}

static void put_exits(struct buf *out, const struct exit_row *rows)
{
	for (; rows->help != NULL; rows++) {
		buf_printf(out, ".TP\n.B %d\n", rows->status);
		put_text(out, rows->help);
	}
}

static void put_sitrep_exits(struct buf *out)
{
	put_exits(out, sitrep_exits);
}

static void put_sitrepd_exits(struct buf *out)
{
	put_exits(out, sitrepd_exits);
}

static const struct {
	const char *mark;
	void (*put)(struct buf *out);
} parts[] = {
	{"OPTIONS", put_options},
	{"METRICS", put_metrics},
	{"FAILURES", put_failures},
	{"EVENTS", put_events},
	{"MEMBERS", put_members},
	{"REASONS", put_reasons},
	{"SITREP EXITS", put_sitrep_exits},
	{"SITREPD EXITS", put_sitrepd_exits},
};

enum { PART_COUNT = sizeof(parts) / sizeof(parts[0]) };

/* ---- filling ---- */

static int put_part(struct buf *out, struct str name, struct error *err)
{
	for (size_t i = 0; i < PART_COUNT; i++)
		if (str_eq(str_from(parts[i].mark), name)) {
			parts[i].put(out);
			return 0;
		}
	return error_set(err, -EINVAL, "the place @%.*s@ has no table that fills it", STR_ARG(name));
}

static void put_line(struct buf *out, struct str line)
{
	static const struct str mark = {"@VERSION@", sizeof("@VERSION@") - 1};
	size_t at;

	while ((at = str_find(line, mark, 0)) != STR_NPOS) {
		buf_add(out, str_slice(line, 0, at));
		buf_puts(out, SITREP_VERSION);
		line = str_slice(line, at + mark.len, line.len);
	}
	buf_add(out, line);
	buf_putc(out, '\n');
}

int manual_fill(struct buf *out, struct str source, struct error *err)
{
	static const struct str begin = {".\\\" @", sizeof(".\\\" @") - 1};
	struct str line;
	int result = 0;

	/* The first line has man run tbl. */
	buf_puts(out, "'\\\" t\n.\\\" Made by the build from the .in file and the tables of the code.\n");
	while (result == 0 && str_split(&source, '\n', &line)) {
		size_t end = str_starts(line, begin) ? str_find_char(line, '@', begin.len) : STR_NPOS;

		if (end != STR_NPOS)
			result = put_part(out, str_slice(line, begin.len, end), err);
		else if (source.data != NULL || !str_empty(line))
			put_line(out, line);
	}
	if (result == 0 && buf_failed(out))
		result = error_sys(err, out->failed, "cannot fill the page");
	return result;
}
