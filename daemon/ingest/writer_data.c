/* SPDX-License-Identifier: ISC */
/* The writer's options: owned data, copied and freed. */
#include <stdlib.h>
#include <string.h>

#include "writer_state.h"

void writer_options_free(struct writer_options *o)
{
	if (o == NULL)
		return;
	for (size_t i = 0; o->alerts.items != NULL && i < o->alerts.count; i++) {
		free((char *)o->alerts.items[i].name);
		free((char *)o->alerts.items[i].priority);
	}
	free((struct alert_spec *)o->alerts.items);
	free((char *)o->state_dir);
	free((struct story_params *)o->stories);
	free(o);
}

struct writer_options *writer_options_copy(const struct writer_options *from)
{
	struct writer_options *to = malloc(sizeof(*to));
	struct alert_spec *alerts = calloc(from->alerts.count + 1, sizeof(*alerts));
	struct story_params *stories = malloc(sizeof(*stories));
	bool failed = false;

	if (to == NULL || alerts == NULL || stories == NULL) {
		free(to);
		free(alerts);
		free(stories);
		return NULL;
	}
	*to = *from;
	*stories = from->stories != NULL ? *from->stories : story_params_default;
	to->stories = stories;
	to->alerts.items = alerts;
	for (size_t i = 0; i < from->alerts.count; i++) {
		const char *priority = from->alerts.items[i].priority;

		alerts[i] = from->alerts.items[i];
		alerts[i].name = strdup(from->alerts.items[i].name);
		alerts[i].priority = strdup(priority != NULL ? priority : "normal");
		failed = failed || alerts[i].name == NULL || alerts[i].priority == NULL;
	}
	to->state_dir = from->state_dir != NULL ? strdup(from->state_dir) : NULL;
	if (failed || (from->state_dir != NULL && to->state_dir == NULL)) {
		writer_options_free(to);
		return NULL;
	}
	alert_specs_sort(alerts, to->alerts.count);
	return to;
}
