/* SPDX-License-Identifier: ISC */
#include "story_list.h"

#include <errno.h>
#include <stdlib.h>

#include "sitrep/base/clock.h"
#include "sitrep/base/paths.h"
#include "sitrep/store/reader.h"
#include "story_print.h"

enum {
	/* The newest stories that are looked at. */
	LOOKED_MAX = 50000,
	SHOWN = 20,
	DAY_MS = 24 * 3600 * 1000,
	JSON_MAX = 1024 * 1024,
};

struct listed {
	struct river_place place;
	int outlets;
};

static int note_outlets(void *arg, const struct story *s)
{
	((struct listed *)arg)->outlets = s->source_count;
	return 0;
}

static int by_outlets(const void *a, const void *b)
{
	const struct listed *left = a, *right = b;

	if (left->outlets != right->outlets)
		return left->outlets < right->outlets ? 1 : -1;
	if (left->place.sort_ms != right->place.sort_ms)
		return left->place.sort_ms < right->place.sort_ms ? 1 : -1;
	return (left->place.story_id < right->place.story_id) - (left->place.story_id > right->place.story_id);
}

static int print_row(void *arg UNUSED, const struct story *s)
{
	story_print_row(s);
	return 0;
}

static int print_json_row(void *arg, const struct story *s)
{
	struct buf *out = arg;
	struct jsonw w = JSONW_INIT(out);

	jsonw_object(&w);
	story_write_members(&w, s);
	jsonw_object_end(&w);
	return story_print_line(out);
}

static int print_listed(struct reader *r, const struct story_list_options *o, const struct listed *list, size_t count,
	struct error *err)
{
	struct buf out = BUF_INIT(JSON_MAX);
	size_t shown = o->count > 0 ? o->count : SHOWN;
	int result = 0;

	for (size_t i = 0; i < count && i < shown && result == 0; i++)
		result = reader_story_at(r, &list[i].place, STR_NONE, o->json ? print_json_row : print_row, &out, err);
	buf_release(&out);
	return result;
}

/* The stories of the time, in the wanted order. */
static int find_listed(
	struct reader *r, const struct story_list_options *o, struct listed *list, size_t *count, struct error *err)
{
	struct river_place *places = calloc(LOOKED_MAX, sizeof(*places));
	struct story_query q = {.before_sort_ms = INT64_MAX, .before_id = INT64_MAX, .limit = LOOKED_MAX};
	int64_t since_ms = clock_wall_ms() - (o->since_ms > 0 ? o->since_ms : DAY_MS);
	size_t found = 0;
	int result = places == NULL ? error_sys(err, -ENOMEM, "cannot list stories")
				    : reader_places(r, &q, places, &found, err);

	*count = 0;
	for (size_t i = 0; i < found && result == 0 && places[i].sort_ms >= since_ms; i++) {
		struct listed *l = &list[(*count)++];

		*l = (struct listed){.place = places[i]};
		if (o->top)
			result = reader_story_at(r, &l->place, STR_NONE, note_outlets, l, err);
	}
	if (o->top && *count > 1)
		qsort(list, *count, sizeof(*list), by_outlets);
	free(places);
	return result;
}

int story_list(const struct story_list_options *o, struct error *err)
{
	char *state_dir = paths_state_dir(o->state_dir);
	struct listed *list = calloc(LOOKED_MAX, sizeof(*list));
	struct reader *r = NULL;
	size_t count = 0;
	int result = -ENOMEM;

	if (state_dir == NULL || list == NULL) {
		error_sys(err, result, "cannot list stories");
	} else {
		r = reader_new(state_dir, err);
		result = r != NULL ? find_listed(r, o, list, &count, err) : err->code;
	}
	if (result == 0)
		result = print_listed(r, o, list, count, err);
	reader_free(r);
	free(list);
	free(state_dir);
	return result;
}
