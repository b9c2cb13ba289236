/* What a reload changes, in words.  Walks the option table, so it knows every option there is. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sitrep/config.h"
#include "sitrep/config_value.h"
#include "sitrep/option.h"

enum { VALUE_MAX = 128 * 1024 };

struct diff {
	struct buf *out;
	struct buf before, after;
	int count;
};

/* Where is that option: "[poll] min", "feed usni: url". */
static void compare(
	struct diff *d, const char *owner_name, const void *before, const void *after, const struct config_option *o)
{
	buf_clear(&d->before);
	buf_clear(&d->after);
	if (config_value_write(&d->before, before, o) != 0 || config_value_write(&d->after, after, o) != 0 ||
		str_eq(buf_str(&d->before), buf_str(&d->after)))
		return;
	if (owner_name != NULL)
		(void)buf_printf(d->out, "%s %s: %s", option_section_name(o->section), owner_name, o->name);
	else if (o->section != SECTION_TOP)
		(void)buf_printf(d->out, "[%s] %s", option_section_name(o->section), o->name);
	else
		(void)buf_puts(d->out, o->name);
	(void)buf_printf(d->out, ": %s -> %s%s\n", d->before.len > 0 ? d->before.data : "(default)",
		d->after.len > 0 ? d->after.data : "(default)",
		o->reloadable ? "" : " (takes effect at the next start)");
	d->count++;
}

static void compare_section(
	struct diff *d, const char *name, const void *before, const void *after, enum option_section section)
{
	for (size_t i = 0; i < config_option_count; i++)
		if (config_options[i].section == section)
			compare(d, name, before, after, &config_options[i]);
}

static void note(struct diff *d, enum option_section section, const char *name, const char *what)
{
	(void)buf_printf(d->out, "%s %s %s\n", option_section_name(section), name, what);
	d->count++;
}

/* Both sorted by name: one walk over both. */
static void compare_feeds(struct diff *d, const struct config *before, const struct config *after)
{
	size_t i = 0, k = 0;

	while (i < before->feeds.count || k < after->feeds.count) {
		const struct config_feed *old = i < before->feeds.count ? &before->feeds.items[i] : NULL;
		const struct config_feed *new = k < after->feeds.count ? &after->feeds.items[k] : NULL;
		int order = old == NULL ? 1 : new == NULL ? -1 : strcmp(old->name, new->name);

		if (order < 0)
			note(d, SECTION_FEED, old->name, "removed");
		else if (order > 0)
			note(d, SECTION_FEED, new->name, "added");
		else
			compare_section(d, new->name, old, new, SECTION_FEED);
		i += order <= 0;
		k += order >= 0;
	}
}

static const struct config_alert *find_alert(const struct config *c, const char *name)
{
	for (size_t i = 0; i < c->alerts.count; i++)
		if (strcmp(c->alerts.items[i].name, name) == 0)
			return &c->alerts.items[i];
	return NULL;
}

static const struct config_output *find_output(const struct config *c, const char *name)
{
	for (size_t i = 0; i < c->outputs.count; i++)
		if (strcmp(c->outputs.items[i].name, name) == 0)
			return &c->outputs.items[i];
	return NULL;
}

static void compare_rules(struct diff *d, const struct config *before, const struct config *after)
{
	for (size_t i = 0; i < before->alerts.count; i++)
		if (find_alert(after, before->alerts.items[i].name) == NULL)
			note(d, SECTION_ALERT, before->alerts.items[i].name, "removed");
	for (size_t i = 0; i < after->alerts.count; i++) {
		const struct config_alert *new = &after->alerts.items[i], *old = find_alert(before, new->name);

		if (old == NULL)
			note(d, SECTION_ALERT, new->name, "added");
		else
			compare_section(d, new->name, old, new, SECTION_ALERT);
	}
	for (size_t i = 0; i < before->outputs.count; i++)
		if (find_output(after, before->outputs.items[i].name) == NULL)
			note(d, SECTION_OUTPUT, before->outputs.items[i].name, "removed");
	for (size_t i = 0; i < after->outputs.count; i++) {
		const struct config_output *new = &after->outputs.items[i], *old = find_output(before, new->name);

		if (old == NULL)
			note(d, SECTION_OUTPUT, new->name, "added");
		else
			compare_section(d, new->name, old, new, SECTION_OUTPUT);
	}
}

int config_diff(const struct config *before, const struct config *after, struct buf *out)
{
	struct diff d = {.out = out, .before = BUF_INIT(VALUE_MAX), .after = BUF_INIT(VALUE_MAX)};

	for (int s = 0; s < SECTION_COUNT; s++)
		if (!option_section_is_named((enum option_section)s))
			compare_section(&d, NULL, before, after, (enum option_section)s);
	compare_feeds(&d, before, after);
	compare_rules(&d, before, after);
	buf_release(&d.before);
	buf_release(&d.after);
	return buf_failed(out) ? -ENOMEM : d.count;
}
