/* SPDX-License-Identifier: ISC */
#include "sitrep/model/alert.h"

#include <stdlib.h>
#include <string.h>

#include "sitrep/model/specs.h"

static const char *const priorities[] = {
	[ALERT_LOW] = "low", [ALERT_NORMAL] = "normal", [ALERT_HIGH] = "high", [ALERT_URGENT] = "urgent"};

static const struct {
	enum alert_why why;
	const char *name, *help;
} reasons[] = {
	{ALERT_RAISED, "raised", "the first event of the alert, or all events before it were muted"},
	{ALERT_SOURCE, "source", "twice as many publishers have the story as at the event before"},
	{ALERT_NUMBERS, "numbers", "a number or a date in a report changed"},
	{ALERT_REPORT, "report", "a publisher has a new report that is in the story by its text only"},
	{ALERT_UPDATED, "updated", "a report changed, with repeat = update"},
	{ALERT_ESCALATED, "escalated", "the story passed the number of publishers of escalate"},
	{ALERT_REOPENED, "reopened", "a report matched after the alert was closed"},
	{ALERT_CLOSED_QUIET, "closed", "there was no news for the time of close-after, or the rule was removed"},
	{ALERT_JOINED, "joined", "the operator joined the story to one with an alert of its own, which goes on"},
};

const char *alert_priority_name(enum alert_priority p)
{
	return p >= ALERT_LOW && p <= ALERT_URGENT ? priorities[p] : priorities[ALERT_NORMAL];
}

enum alert_priority alert_priority_parse(const char *name)
{
	for (enum alert_priority p = ALERT_LOW; name != NULL && p <= ALERT_URGENT; p++)
		if (strcmp(name, priorities[p]) == 0)
			return p;
	return ALERT_NORMAL;
}

const char *alert_state_name(enum alert_state s)
{
	return s == ALERT_OPEN ? "open" : "closed";
}

enum alert_repeat alert_repeat_parse(const char *name)
{
	if (name != NULL && strcmp(name, "item") == 0)
		return ALERT_REPEAT_ITEM;
	return name != NULL && strcmp(name, "update") == 0 ? ALERT_REPEAT_UPDATE : ALERT_REPEAT_STORY;
}

enum alert_why alert_why_at(size_t i, const char **name, const char **help)
{
	if (i >= sizeof(reasons) / sizeof(reasons[0]))
		return (enum alert_why)0;
	*name = reasons[i].name;
	*help = reasons[i].help;
	return reasons[i].why;
}

static int by_name(const void *a, const void *b)
{
	const struct alert_spec *left = a, *right = b;

	return str_cmp(str_from(left->name), str_from(right->name));
}

void alert_specs_sort(struct alert_spec *items, size_t count)
{
	if (count > 0)
		qsort(items, count, sizeof(*items), by_name);
}

static int compare_name(const void *name, const void *spec)
{
	return str_cmp(*(const struct str *)name, str_from(((const struct alert_spec *)spec)->name));
}

const struct alert_spec *alert_spec_find(const struct alert_specs *specs, struct str name)
{
	return specs->count > 0 ? bsearch(&name, specs->items, specs->count, sizeof(*specs->items), compare_name)
				: NULL;
}

const struct alert_spec *alert_spec_of_key(const struct alert_specs *specs, struct str rule_key)
{
	struct str prefix = STR("alert/");
	size_t end;

	if (!str_starts(rule_key, prefix))
		return NULL;
	end = str_find_char(rule_key, '#', 0);
	return alert_spec_find(specs, str_slice(rule_key, prefix.len, end != STR_NPOS ? end : rule_key.len));
}
