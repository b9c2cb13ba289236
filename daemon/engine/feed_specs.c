/* SPDX-License-Identifier: ISC */
#include "feed_specs.h"

#include <stdlib.h>
#include <string.h>

#include "sitrep/base/buf.h"
#include "sitrep/base/clock.h"
#include "sitrep/schedule/schedule.h"

/* Longer than any line of the configuration. */
enum { URL_MAX = 256 * 1024 };

static char *join_categories(const struct config_feed *f)
{
	struct buf out = BUF_INIT(64 * 1024);

	for (size_t i = 0; i < f->category_count; i++) {
		if (i > 0)
			buf_putc(&out, '\n');
		buf_puts(&out, f->categories[i]);
	}
	return f->category_count == 0 ? strdup("") : buf_take(&out, NULL);
}

static char *public_url(const struct config_feed *f)
{
	struct buf out = BUF_INIT(URL_MAX);

	config_public_url(f, &out);
	return buf_take(&out, NULL);
}

struct feed_spec *feed_specs_make(const struct config *c, size_t *count)
{
	struct schedule_policy policy = {
		.min_ms = c->poll_min_ms, .max_ms = c->poll_max_ms, .default_ms = c->poll_default_ms};
	struct feed_spec *specs = calloc(c->feeds.count + 1, sizeof(*specs));
	int64_t now_ms = clock_wall_ms();
	size_t n = 0;

	for (size_t i = 0; specs != NULL && i < c->feeds.count; i++) {
		const struct config_feed *f = &c->feeds.items[i];

		if (!f->enabled)
			continue;
		policy.interval_ms = f->interval_ms;
		specs[n++] = (struct feed_spec){
			.name = f->name,
			.url = public_url(f),
			.key = f->key,
			.listed = f->listed,
			.title = f->title,
			.categories = join_categories(f),
			.publisher = f->publisher,
			.rank = f->rank,
			.first_due_ms = schedule_first(&policy, i, c->feeds.count, now_ms),
		};
	}
	*count = n;
	return specs;
}

void feed_specs_free(struct feed_spec *specs, size_t count)
{
	for (size_t i = 0; specs != NULL && i < count; i++) {
		free((char *)specs[i].url);
		free((char *)specs[i].categories);
	}
	free(specs);
}
