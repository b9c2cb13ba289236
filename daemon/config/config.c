/* SPDX-License-Identifier: ISC */
#include "sitrep/config/config.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config_loading.h"
#include "sitrep/base/utf8.h"
#include "sitrep/rules/rule.h"
#include "sitrep/text/public_url.h"

/* Bytes of a rule and its mark: each column may hold a character with several marks. */
enum { SHOWN_MAX = 64 * 1024 };

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

/* Fills one, the element that list_add() has just added to a list of *count elements. */
static void __attribute__((format(printf, 5, 0))) add_text(struct config_mistakes *m, struct config_mistake *one,
	size_t *count, struct config_place place, const char *fmt, va_list ap)
{
	struct buf text = BUF_INIT(64 * 1024);

	buf_vprintf(&text, fmt, ap);
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
	add_text(m, one, &m->count, place, fmt, ap);
	va_end(ap);
}

void config_warning(struct config_mistakes *m, struct config_place place, const char *fmt, ...)
{
	struct config_mistake *one = list_add(&m->arena, &m->warnings);
	va_list ap;

	va_start(ap, fmt);
	add_text(m, one, &m->warnings.count, place, fmt, ap);
	va_end(ap);
}

void config_mistake_show(struct config_mistakes *m, struct config_mistake *one, const char *rule)
{
	struct buf shown = BUF_INIT(SHOWN_MAX);

	if (rule_show(&shown, str_from(rule), str_from(one->text)) == 0 && shown.len > 0)
		one->shown = arena_cstr(&m->arena, buf_str(&shown));
	buf_release(&shown);
}

static int by_place(const void *a, const void *b)
{
	const struct config_mistake *left = a, *right = b;
	int order = strcmp(left->file, right->file);

	return order != 0 ? order : (left->line > right->line) - (left->line < right->line);
}

static void write_lines(struct config_mistake *items, size_t count, const char *kind, bool show, struct buf *out)
{
	struct buf line = BUF_INIT(64 * 1024);

	if (count > 0)
		qsort(items, count, sizeof(*items), by_place);
	for (size_t i = 0; i < count; i++) {
		buf_puts(out, items[i].file);
		if (items[i].line > 0)
			buf_printf(out, ":%u", items[i].line);
		buf_printf(out, ": %s", kind);
		buf_clear(&line);
		if (utf8_one_line(&line, str_from(items[i].text)) != 0)
			out->failed = line.failed;
		buf_add(out, buf_str(&line));
		buf_putc(out, '\n');
		buf_puts(out, show && items[i].shown != NULL ? items[i].shown : "");
	}
	buf_release(&line);
}

int config_mistakes_write(const struct config_mistakes *m, bool show, struct buf *out)
{
	write_lines(m->items, m->count, "", show, out);
	write_lines(m->warnings.items, m->warnings.count, "warning: ", show, out);
	return out->failed;
}

void config_free(struct config *c)
{
	if (c == NULL)
		return;
	rule_set_free(c->parsed_rules);
	arena_release(&c->arena);
	free(c);
}

static int compare_name(const void *name, const void *feed)
{
	return str_cmp(*(const struct str *)name, str_from(((const struct config_feed *)feed)->name));
}

const struct config_feed *config_find_feed(const struct config *c, struct str name)
{
	if (c->feeds.count == 0)
		return NULL;
	return bsearch(&name, c->feeds.items, c->feeds.count, sizeof(c->feeds.items[0]), compare_name);
}

const struct config_rule *config_find_rule(const struct config_rules *rules, struct str name)
{
	for (size_t i = 0; i < rules->count; i++)
		if (str_eq(str_from(rules->items[i].name), name))
			return &rules->items[i];
	return NULL;
}

int config_public_url(const struct config_feed *f, struct buf *out)
{
	if (f->public_url != NULL)
		return buf_add_public_url(out, str_from(f->public_url));
	return f->is_private ? buf_add_bare_url(out, str_from(f->url)) : buf_add_public_url(out, str_from(f->url));
}

int config_categories(const struct config *c, const char ***names, size_t *count)
{
	size_t all = 0, kept = 0;

	for (size_t i = 0; i < c->feeds.count; i++)
		all += c->feeds.items[i].enabled ? c->feeds.items[i].category_count : 0;
	*count = 0;
	*names = calloc(all + 1, sizeof(**names));
	if (*names == NULL)
		return -ENOMEM;
	all = 0;
	for (size_t i = 0; i < c->feeds.count; i++)
		for (size_t k = 0; c->feeds.items[i].enabled && k < c->feeds.items[i].category_count; k++)
			(*names)[all++] = c->feeds.items[i].categories[k];
	qsort(*names, all, sizeof(**names), cstr_order);
	for (size_t i = 0; i < all; i++)
		if (i == 0 || strcmp((*names)[i], (*names)[kept - 1]) != 0)
			(*names)[kept++] = (*names)[i];
	*count = kept;
	return 0;
}

bool config_feed_has_credentials(const struct config_feed *f)
{
	/* An @ in the address may end a user name. A wrong guess only means that redirects are followed one by one. */
	return strchr(f->url, '@') != NULL || f->user != NULL || f->password_file.text != NULL ||
	       f->bearer_file.text != NULL || f->header_file.text != NULL || f->client_cert.text != NULL;
}

bool config_feed_is_confidential(const struct config_feed *f)
{
	return config_feed_has_credentials(f) || f->is_private || url_has_secret(str_from(f->url));
}

char *config_base_url(const struct config *c, const char *address)
{
	static const char *const wildcards[] = {"http://0.0.0.0", "http://[::]"};
	char *url = NULL;

	if (c->base_url != NULL) {
		size_t len = strlen(c->base_url);

		while (len > 0 && c->base_url[len - 1] == '/')
			len--;
		return strndup(c->base_url, len);
	}
	for (size_t i = 0; address != NULL && i < sizeof(wildcards) / sizeof(wildcards[0]); i++)
		if (str_starts(str_from(address), str_from(wildcards[i])))
			return asprintf(&url, "http://localhost%s", address + strlen(wildcards[i])) < 0 ? NULL : url;
	return strdup(address != NULL ? address : "http://localhost");
}
