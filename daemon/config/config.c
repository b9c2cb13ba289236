/* SPDX-License-Identifier: ISC */
/* A configuration that is loaded, and the mistakes that were found in one. */
#include "sitrep/config/config.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "config_loading.h"
#include "sitrep/base/utf8.h"
#include "sitrep/text/public_url.h"

void config_mistakes_init(struct config_mistakes *m)
{
	*m = (struct config_mistakes){0};
	arena_init(&m->arena, CONFIG_ARENA_MAX);
}

void config_mistakes_release(struct config_mistakes *m)
{
	arena_release(&m->arena);
	config_mistakes_init(m);
}

/* Fills an element that list_add() has just added; *count is the count of its list. */
static void __attribute__((format(printf, 5, 0))) note(struct config_mistakes *m, struct config_mistake *one,
	size_t *count, struct config_place place, const char *fmt, va_list ap)
{
	struct buf text = BUF_INIT(64 * 1024);

	(void)buf_vprintf(&text, fmt, ap);
	if (one != NULL) {
		one->file = arena_cstr(&m->arena, str_from(place.file != NULL ? place.file : "?"));
		one->line = place.line;
		one->text = arena_cstr(&m->arena, buf_str(&text));
	}
	if (one == NULL || text.failed == -ENOMEM || one->file == NULL || one->text == NULL) {
		m->failed = -ENOMEM;
		*count -= one != NULL;
	}
	buf_release(&text);
}

void config_mistake(struct config_mistakes *m, struct config_place place, const char *fmt, ...)
{
	struct config_mistake *one = list_add(&m->arena, m);
	va_list ap;

	va_start(ap, fmt);
	note(m, one, &m->count, place, fmt, ap);
	va_end(ap);
}

void config_warning(struct config_mistakes *m, struct config_place place, const char *fmt, ...)
{
	struct config_mistake *one = list_add(&m->arena, &m->warnings);
	va_list ap;

	va_start(ap, fmt);
	note(m, one, &m->warnings.count, place, fmt, ap);
	va_end(ap);
}

static int by_place(const void *a, const void *b)
{
	const struct config_mistake *left = a, *right = b;
	int order = strcmp(left->file, right->file);

	return order != 0 ? order : (left->line > right->line) - (left->line < right->line);
}

static void write_lines(struct config_mistake *items, size_t count, const char *kind, struct buf *out)
{
	struct buf line = BUF_INIT(64 * 1024);

	if (count > 0)
		qsort(items, count, sizeof(*items), by_place);
	for (size_t i = 0; i < count; i++) {
		(void)buf_printf(out, "%s:%u: %s", items[i].file, items[i].line, kind);
		buf_clear(&line);
		if (utf8_one_line(&line, str_from(items[i].text)) != 0)
			out->failed = line.failed;
		(void)buf_add(out, buf_str(&line));
		(void)buf_putc(out, '\n');
	}
	buf_release(&line);
}

int config_mistakes_write(const struct config_mistakes *m, struct buf *out)
{
	write_lines(m->items, m->count, "", out);
	write_lines(m->warnings.items, m->warnings.count, "warning: ", out);
	return out->failed;
}

void config_free(struct config *c)
{
	if (c == NULL)
		return;
	arena_release(&c->arena);
	free(c);
}

const struct config_feed *config_find_feed(const struct config *c, struct str name)
{
	size_t low = 0, high = c->feeds.count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = str_cmp(str_from(c->feeds.items[middle].name), name);

		if (order == 0)
			return &c->feeds.items[middle];
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

int config_public_url(const struct config_feed *f, struct buf *out)
{
	if (f->public_url != NULL)
		return buf_add_public_url(out, str_from(f->public_url));
	return f->is_private ? buf_add_bare_url(out, str_from(f->url)) : buf_add_public_url(out, str_from(f->url));
}

bool config_feed_has_credentials(const struct config_feed *f)
{
	/* An @ in the address may end a user name. A wrong guess only means that redirects are followed one by one. */
	return strchr(f->url, '@') != NULL || f->user != NULL || f->password_file != NULL || f->bearer_file != NULL ||
	       f->header_file != NULL || f->client_cert != NULL;
}

bool config_feed_is_confidential(const struct config_feed *f)
{
	return config_feed_has_credentials(f) || f->is_private || url_has_secret(str_from(f->url));
}
