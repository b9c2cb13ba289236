/* SPDX-License-Identifier: ISC */
/* The option table as text: the list for `sitrepd --help-config`, and the sample configuration. */
#include <string.h>

#include "sitrep/base/clock.h"
#include "sitrep/base/log.h"
#include "sitrep/base/units.h"
#include "sitrep/config/option.h"

/* Columns of the sample configuration. */
enum { SAMPLE_WIDTH = 80 };

static const char *const values[] = {
	[OPTION_STRING] = "text",
	[OPTION_PATH] = "a path",
	[OPTION_URL] = "a URL that begins with http:// or https://",
	[OPTION_PROXY] = "the URL of a proxy",
	[OPTION_AGENT] = "NAME/VERSION (+URL)",
	[OPTION_BOOL] = "yes or no",
	[OPTION_INT] = "a number",
	[OPTION_FRACTION] = "a number",
	[OPTION_DURATION] = "a duration (ms, s, m, h, d)",
	[OPTION_SIZE] = "a size in bytes (K, M, G)",
	[OPTION_MODE] = "an octal mode",
	[OPTION_LIST] = "words, separated by commas",
	[OPTION_LISTEN] = "addresses, separated by commas",
	[OPTION_NETWORKS] = "networks, separated by commas",
	[OPTION_TIMES] = "times of the week such as Mon-Fri 22:00-06:00, separated by commas, or never",
	[OPTION_GROWTH] = "NUMBER publishers in DURATION",
	[OPTION_RATE] = "NUMBER/DURATION such as 10/1h, or unlimited",
	[OPTION_FILES] = "a path or a pattern",
};

static void write_choices(struct buf *out, const char *choices)
{
	struct str rest = str_from(choices), word, next;
	bool more = str_word(&rest, &word);
	const char *comma = "";

	while (more) {
		more = str_word(&rest, &next);
		buf_printf(out, "%s%.*s", more ? comma : " or ", STR_ARG(word));
		comma = ", ";
		word = next;
	}
}

static void write_number(struct buf *out, const struct config_option *o, int64_t n)
{
	char text[TIME_TEXT_MAX];

	buf_puts(out, o->type == OPTION_DURATION ? duration_format(text, n)
		      : o->type == OPTION_SIZE   ? size_format(text, n)
						 : log_number(text, n));
}

void option_write_values(struct buf *out, const struct config_option *o)
{
	if (o->choices != NULL) {
		write_choices(out, o->choices);
		return;
	}
	buf_puts(out, values[o->type]);
	if (o->max > 0 && o->type != OPTION_MODE && o->type != OPTION_GROWTH) {
		buf_puts(out, ", ");
		write_number(out, o, o->min);
		buf_puts(out, " to ");
		write_number(out, o, o->max);
	}
}

static void write_heading(struct buf *out, enum option_section s, const char *after)
{
	if (s == SECTION_TOP)
		buf_puts(out, option_section_about(s));
	else
		buf_printf(out, "[%s%s]", option_section_name(s), option_section_is_named(s) ? " \"NAME\"" : "");
	buf_puts(out, after);
}

int option_write_help(struct buf *out)
{
	for (int s = 0; s < SECTION_COUNT; s++) {
		buf_puts(out, s > 0 ? "\n" : "");
		write_heading(out, (enum option_section)s, "\n");
		for (size_t i = 0; i < config_option_count; i++) {
			const struct config_option *o = &config_options[i];

			if ((int)o->section != s)
				continue;
			buf_printf(out, "  %-16s %s", o->name, o->help);
			if (o->fallback != NULL)
				buf_printf(out, " Default: %s.", o->fallback);
			buf_puts(out, " Values: ");
			option_write_values(out, o);
			buf_puts(out, ".\n");
		}
	}
	return out->failed;
}

/* ---- the sample ---- */

/* Writes text as comment lines of at most SAMPLE_WIDTH columns. */
static void write_remark(struct buf *out, struct str text)
{
	struct str word;
	size_t column = 0;

	while (str_word(&text, &word)) {
		if (column > 0 && column + 1 + word.len > SAMPLE_WIDTH) {
			buf_putc(out, '\n');
			column = 0;
		}
		buf_printf(out, "%s%.*s", column > 0 ? " " : "# ", STR_ARG(word));
		column += (column > 0 ? 1 : 2) + word.len;
	}
	buf_putc(out, '\n');
}

static void write_sample_option(struct buf *out, const struct config_option *o)
{
	struct buf remark = BUF_INIT(4096);

	buf_puts(out, "\n");
	write_remark(out, str_from(o->help));
	buf_puts(&remark, "Values: ");
	option_write_values(&remark, o);
	buf_puts(&remark, o->fallback != NULL ? "." : ". This is an example.");
	if (o->required)
		buf_puts(&remark, " The section must have it.");
	if (!o->reloadable)
		buf_puts(&remark, " A change takes effect at the next start.");
	write_remark(out, buf_str(&remark));
	if (buf_failed(&remark))
		out->failed = remark.failed;
	buf_printf(out, "#%s = %s\n", o->name, o->fallback != NULL ? o->fallback : o->example);
	buf_release(&remark);
}

int option_write_sample(struct buf *out)
{
	write_remark(
		out, STR("A sample configuration with every option of sitrepd.conf(5). A line that begins with # and a "
			 "space is a remark. Any other line that begins with # is an option or the head of a section: "
			 "take the # away to use it. Options that have a default are shown with it."));
	for (int s = 0; s < SECTION_COUNT; s++) {
		bool named = option_section_is_named((enum option_section)s);

		buf_printf(out, "\n# %s.\n", option_section_about((enum option_section)s));
		if (s != SECTION_TOP) {
			buf_puts(out, named ? "#" : "");
			write_heading(out, (enum option_section)s, "\n");
		}
		for (size_t i = 0; i < config_option_count; i++)
			if ((int)config_options[i].section == s)
				write_sample_option(out, &config_options[i]);
	}
	return out->failed;
}
