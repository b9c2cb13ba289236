/* SPDX-License-Identifier: ISC */
/* RFC 3229 with the instance manipulation "feed": a reader that names the version it has gets the entries which are
 * new or changed since then.  Entries are compared by their bytes. */
#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "publish_state.h"
#include "sitrep/base/array.h"

/* ---- layout ---- */

static size_t begin_of(const struct layout *l, size_t n)
{
	return n > 0 ? l->entries[n - 1].end : 0;
}

/* JSON has a comma between two entries. */
static struct str without_comma(struct str entry)
{
	return str_starts(entry, STR(",\n")) ? str_slice(entry, 2, entry.len) : entry;
}

void publish_layout_note(struct layout *l, const struct buf *out)
{
	struct str entry;

	if (l->is_lost)
		return;
	if (array_reserve(&l->entries, &l->cap, l->count + 1, sizeof(*l->entries)) != 0) {
		/* the changes would miss an entry whose place is not known */
		publish_layout_release(l);
		l->is_lost = true;
		return;
	}
	entry = without_comma(str_slice(buf_str(out), l->head_len + begin_of(l, l->count), out->len));
	l->entries[l->count++] = (struct entry_span){out->len - l->head_len, XXH3_64bits(entry.data, entry.len)};
}

void publish_layout_release(struct layout *l)
{
	free(l->entries);
	*l = (struct layout){0};
}

/* ---- versions ---- */

static int by_hash(const void *a, const void *b)
{
	const uint64_t *left = a, *right = b;

	return (*left > *right) - (*left < *right);
}

static void release_version(struct version *v)
{
	free(v->tag);
	free(v->hashes);
	*v = (struct version){0};
}

static struct version version_of(const struct cached *c)
{
	struct version v = {.tag = strdup(http_body_tag(c->body)), .count = c->layout.count};

	v.hashes = calloc(v.count + 1, sizeof(*v.hashes));
	if (v.tag == NULL || v.hashes == NULL || v.count == 0) {
		release_version(&v);
		return v;
	}
	for (size_t i = 0; i < v.count; i++)
		v.hashes[i] = c->layout.entries[i].hash;
	qsort(v.hashes, v.count, sizeof(*v.hashes), by_hash);
	return v;
}

void publish_versions_take(struct cached *to, struct cached *from)
{
	memcpy(to->versions, from->versions, sizeof(to->versions));
	memset(from->versions, 0, sizeof(from->versions));
	if (strcmp(http_body_tag(from->body), http_body_tag(to->body)) == 0)
		return;
	release_version(&to->versions[PUBLISH_VERSIONS_MAX - 1]);
	memmove(&to->versions[1], &to->versions[0], (PUBLISH_VERSIONS_MAX - 1) * sizeof(to->versions[0]));
	to->versions[0] = version_of(from);
}

void publish_versions_release(struct cached *c)
{
	for (size_t i = 0; i < PUBLISH_VERSIONS_MAX; i++)
		release_version(&c->versions[i]);
}

size_t publish_versions_size(const struct cached *c)
{
	size_t size = c->layout.cap * sizeof(*c->layout.entries);

	for (size_t i = 0; i < PUBLISH_VERSIONS_MAX; i++)
		size += c->versions[i].count * sizeof(*c->versions[i].hashes);
	return size;
}

/* ---- changes ---- */

static bool names(struct str tags, const char *tag)
{
	return tag != NULL && str_find(tags, str_from(tag), 0) != STR_NPOS;
}

static bool has_entry(const struct version *v, uint64_t hash)
{
	return bsearch(&hash, v->hashes, v->count, sizeof(hash), by_hash) != NULL;
}

static void write_changes(struct buf *out, const struct cached *c, const struct version *v)
{
	const struct layout *l = &c->layout;
	struct str whole = http_body_bytes(c->body);
	bool first = true;

	buf_add(out, str_slice(whole, 0, l->head_len));
	for (size_t i = 0; i < l->count; i++) {
		struct str entry = str_slice(whole, l->head_len + begin_of(l, i), l->head_len + l->entries[i].end);

		if (has_entry(v, l->entries[i].hash))
			continue;
		buf_add(out, first ? without_comma(entry) : entry);
		first = false;
	}
	buf_add(out, str_slice(whole, l->head_len + begin_of(l, l->count), whole.len));
}

struct http_body *publish_changes(const struct cached *c, struct str tags)
{
	struct buf out = BUF_INIT(PUBLISH_DOCUMENT_MAX);
	const struct version *v = NULL;
	struct http_body *body = NULL;
	size_t len;
	char *data;

	for (size_t i = 0; i < PUBLISH_VERSIONS_MAX && v == NULL; i++)
		if (names(tags, c->versions[i].tag))
			v = &c->versions[i];
	if (v == NULL || c->layout.count == 0 || names(tags, http_body_tag(c->body)))
		return NULL;
	write_changes(&out, c, v);
	data = buf_take(&out, &len);
	if (data != NULL)
		body = http_body_new_changes(data, len, c->body);
	buf_release(&out);
	return body;
}
