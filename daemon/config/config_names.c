/* SPDX-License-Identifier: ISC */
/* Names of feeds.
 *
 * A feed of a list is named after its title. Feeds of equal titles get their host as well, and those of equal hosts a
 * hash of their address. Names never depend on the place in the list: an edit elsewhere in it cannot give a feed's name
 * to another one. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <utf8proc.h>

#include "config_loading.h"
#include "sitrep/base/array.h"
#include "sitrep/base/sha256.h"
#include "sitrep/base/utf8.h"
#include "sitrep/text/feed_key.h"
#include "sitrep/text/public_url.h"

enum {
	/* Characters of the title in a name; the rest is for a host or hash. */
	STEM_CHARS_MAX = 52,
	SHORT_STEM_CHARS_MAX = 36,
	HOST_CHARS_MAX = 26,
	SHORT_HASH_BYTES = 4,
	LONG_HASH_BYTES = 16,
};

/* Letters, the marks on them, and numbers. */
static bool is_letter(uint32_t cp)
{
	utf8proc_category_t c = utf8proc_category((utf8proc_int32_t)cp);

	return (c >= UTF8PROC_CATEGORY_LU && c <= UTF8PROC_CATEGORY_MC) ||
	       (c >= UTF8PROC_CATEGORY_ND && c <= UTF8PROC_CATEGORY_NO);
}

/* Joiners (in Persian and Indic scripts) and apostrophes stand within words. */
static bool is_within_word(uint32_t cp)
{
	return cp == 0x200c || cp == 0x200d || cp == 0xad || cp == '\'' || cp == 0x2019;
}

bool config_name_is_good(struct str name)
{
	size_t chars = 0;

	if (name.len == 0 || name.len > CONFIG_NAME_BYTES_MAX || !utf8_valid(name))
		return false;
	for (size_t i = 0; i < name.len; chars++) {
		uint32_t cp = utf8_next(name, &i);

		if (!is_letter(cp) && cp != '-' && cp != '_' && cp != '.')
			return false;
	}
	return chars <= CONFIG_NAME_CHARS_MAX;
}

/* from's letters and digits, at most max, one dash between words. */
static void add_slug(struct buf *name, struct str from, size_t max)
{
	bool dash_due = false;
	size_t start = name->len, chars = 0;

	for (size_t i = 0; i < from.len && chars < max;) {
		uint32_t cp = utf8_next(from, &i);

		if (is_within_word(cp))
			continue;
		if (!is_letter(cp)) {
			dash_due = name->len > start;
			continue;
		}
		if (dash_due) {
			buf_putc(name, '-');
			chars++;
		}
		dash_due = false;
		buf_put_utf8(name, (uint32_t)utf8proc_tolower((utf8proc_int32_t)cp));
		chars++;
	}
}

/* Host and path of a URL, which may always be shown. */
static struct str host_and_path(struct str url)
{
	size_t from = str_find(url, STR("://"), 0), end;

	from = from == STR_NPOS ? 0 : from + 3;
	for (end = from; end < url.len && strchr("/?#", url.data[end]) == NULL; end++)
		if (url.data[end] == '@')
			from = end + 1;
	while (end < url.len && url.data[end] != '?' && url.data[end] != '#')
		end++;
	return str_slice(url, from, end);
}

static struct str short_host(struct str url)
{
	struct str host = host_and_path(url);
	size_t end = 0;

	while (end < host.len && host.data[end] != '/' && host.data[end] != ':')
		end++;
	host = str_slice(host, 0, end);
	return str_starts_nocase(host, STR("www.")) ? str_slice(host, 4, host.len) : host;
}

static void add_name(struct buf *name, struct str title, struct str url, size_t max)
{
	size_t start = name->len;
	utf8proc_uint8_t *nfc = NULL;
	utf8proc_ssize_t len = utf8proc_map((const utf8proc_uint8_t *)title.data, (utf8proc_ssize_t)title.len, &nfc,
		UTF8PROC_STABLE | UTF8PROC_COMPOSE);

	if (len == UTF8PROC_ERROR_NOMEM)
		name->failed = -ENOMEM;
	else
		add_slug(name, len >= 0 ? str_make((const char *)nfc, (size_t)len) : title, max);
	free(nfc);
	if (name->len == start)
		add_slug(name, host_and_path(url), max);
	if (name->len == start)
		buf_puts(name, "feed");
}

void config_make_name(struct buf *name, struct str title, struct str url)
{
	add_name(name, title, url, STEM_CHARS_MAX);
}

/* ---- known names ---- */

/* Bytes of all known addresses and names. */
enum { NAMES_MAX = 256 * 1024 * 1024 };

void config_names_init(struct config_names *n)
{
	*n = (struct config_names){0};
	arena_init(&n->arena, NAMES_MAX);
}

void config_names_release(struct config_names *n)
{
	free(n->items);
	arena_release(&n->arena);
	*n = (struct config_names){0};
}

static int add_known(struct config_names *n, struct str key, struct str name)
{
	if (array_reserve(&n->items, &n->cap, n->count + 1, sizeof(*n->items)) != 0)
		return -ENOMEM;
	n->items[n->count] =
		(struct config_name){.key = arena_cstr(&n->arena, key), .name = arena_cstr(&n->arena, name)};
	if (n->items[n->count].key == NULL || n->items[n->count].name == NULL)
		return -ENOMEM;
	n->count++;
	return 0;
}

int config_names_add(struct config_names *n, const char *url, const char *name)
{
	struct str key = feed_key(&n->arena, str_from(url));

	return key.data != NULL ? add_known(n, key, str_from(name)) : -ENOMEM;
}

int config_name_order(const void *a, const void *b)
{
	const struct config_name *left = a, *right = b;

	return strcmp(left->key, right->key);
}

int config_names_of(struct config_names *n, const struct config *c)
{
	int result = 0;

	for (size_t i = 0; i < c->feeds.count && result == 0; i++)
		result = add_known(n, str_from(c->feeds.items[i].key), str_from(c->feeds.items[i].name));
	return result;
}

/* ---- making names ---- */

/* The forms of a name; each is tried when the one before is not unique. */
enum form { FORM_TITLE, FORM_HOST, FORM_SHORT_HASH, FORM_LONG_HASH, FORMS };

static int add_hash(struct buf *name, struct str text, size_t bytes)
{
	uint8_t digest[SHA256_LEN];
	char hex[SHA256_HEX];

	sha256_of(&text, 1, digest);
	hex_encode(hex, digest, bytes);
	buf_putc(name, '-');
	return buf_puts(name, hex);
}

/* Writes the name of that form to f->try. */
static int make_try(struct config_unnamed *f, enum form form, struct arena *a)
{
	struct buf name = BUF_INIT(4096), public = BUF_INIT(64 * 1024);
	int result = 0;

	add_name(&name, f->title, f->url, form == FORM_HOST ? SHORT_STEM_CHARS_MAX : STEM_CHARS_MAX);
	if (form == FORM_HOST) {
		buf_putc(&name, '-');
		add_slug(&name, short_host(f->url), HOST_CHARS_MAX);
	}
	/* The short hash leaves the secrets of an address out, since guesses could be checked against it. */
	if (form == FORM_SHORT_HASH && (result = buf_add_public_url(&public, f->key)) == 0)
		result = add_hash(&name, buf_str(&public), SHORT_HASH_BYTES);
	if (form == FORM_LONG_HASH) {
		buf_clear(&name);
		buf_puts(&name, "feed");
		result = add_hash(&name, f->key, LONG_HASH_BYTES);
	}
	f->try = result == 0 && name.failed == 0 ? arena_cstr(a, buf_str(&name)) : NULL;
	buf_release(&name);
	buf_release(&public);
	return f->try != NULL ? 0 : -ENOMEM;
}

static int by_try(const void *a, const void *b)
{
	const struct config_unnamed *const *left = a, *const *right = b;

	return strcmp((*left)->try, (*right)->try);
}

/* Gives each feed of left the name f->try, unless another feed tries or has that name. *count becomes the number of
 * feeds without a name. */
static void give_unique_names(struct config_unnamed **left, size_t *count, const char **taken, size_t *taken_count)
{
	size_t kept = 0, given_count = *taken_count;

	if (*count > 0)
		qsort(left, *count, sizeof(struct config_unnamed *), by_try);
	for (size_t i = 0, end; i < *count; i = end) {
		for (end = i + 1; end < *count && strcmp(left[end]->try, left[i]->try) == 0;)
			end++;
		if (end == i + 1 &&
			bsearch(&left[i]->try, taken, *taken_count, sizeof(const char *), cstr_order) == NULL) {
			left[i]->name = left[i]->try;
			taken[given_count++] = left[i]->name;
		} else {
			while (i < end)
				left[kept++] = left[i++];
		}
	}
	*count = kept;
	*taken_count = given_count;
	if (given_count > 0)
		qsort(taken, given_count, sizeof(const char *), cstr_order);
}

/* A list that the daemon wrote (/opml) has the names in sitrep:name. */
static int try_given(struct config_unnamed **left, size_t count, struct arena *a)
{
	for (size_t i = 0; i < count; i++) {
		struct config_unnamed *f = left[i];

		f->try = config_name_is_good(f->given) ? arena_cstr(a, f->given) : arena_cstr(a, STR(""));
		if (f->try == NULL)
			return -ENOMEM;
	}
	return 0;
}

/* A feed keeps its known name when its title and address still give it in one of the forms. */
static int try_known(struct config_unnamed **left, size_t count, struct arena *a)
{
	for (size_t i = 0; i < count; i++) {
		struct config_unnamed *f = left[i];
		bool found = false;

		for (enum form form = FORM_TITLE; form < FORMS && !found && !str_empty(f->known); form++) {
			int result = make_try(f, form, a);

			if (result != 0)
				return result;
			found = str_eq(str_from(f->try), f->known);
		}
		if (!found)
			f->try = "";
	}
	return 0;
}

int config_name_feeds(const struct config *c, struct config_unnamed *feeds, size_t count, struct arena *a)
{
	struct config_unnamed **left = calloc(count + 1, sizeof(struct config_unnamed *));
	const char **taken = calloc(c->feeds.count + count + 2, sizeof(*taken));
	size_t left_count = count, taken_count = 0;
	int result = left == NULL || taken == NULL ? -ENOMEM : 0;

	if (result != 0)
		goto out;
	taken[taken_count++] = ""; /* no name */
	for (size_t i = 0; i < c->feeds.count; i++)
		taken[taken_count++] = c->feeds.items[i].name;
	qsort(taken, taken_count, sizeof(*taken), cstr_order);
	for (size_t i = 0; i < count; i++)
		left[i] = &feeds[i];
	result = try_given(left, left_count, a);
	if (result == 0)
		give_unique_names(left, &left_count, taken, &taken_count);
	if (result == 0)
		result = try_known(left, left_count, a);
	if (result == 0)
		give_unique_names(left, &left_count, taken, &taken_count);
	for (enum form form = FORM_TITLE; form < FORMS && left_count > 0 && result == 0; form++) {
		for (size_t i = 0; i < left_count && result == 0; i++)
			result = make_try(left[i], form, a);
		if (result == 0)
			give_unique_names(left, &left_count, taken, &taken_count);
	}
out:
	free(left);
	free(taken);
	return result;
}
