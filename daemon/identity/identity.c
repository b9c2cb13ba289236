/* SPDX-License-Identifier: ISC */
/* Each text is turned into plain text once and into tokens once; digest, rules, plain title and plain summary are made
 * from these.  Each hash begins with a byte for the kind of its input, so that a guid that reads like a link never
 * equals that link.
 *
 * Text that a feed escaped twice still holds "&lt;p&gt;" or "<p>".  For the tokens it is read as markup again, so
 * that it has the digest of another outlet's copy that was escaped once.  The shown text is read again only when the
 * feed declared markup, since an author's "<" in plain text may be meant. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sitrep/base/limits.h"
#include "sitrep/base/utf8.h"
#include "sitrep/identity/canon.h"
#include "sitrep/identity/identity.h"
#include "sitrep/identity/sketch.h"
#include "sitrep/text/html.h"

enum {
	/* Characters of the body that replace a missing title: one line of a list. */
	BORROWED_TITLE = 80,
	/* Normalisation lengthens real text by less than a tenth.  Hostile text could grow elevenfold and is cut. */
	TOKENS_MAX = 2 * LIMIT_ITEM_CONTENT,
	/* The memory that a buffer may keep from one item to the next. */
	BUFFER_KEPT = 256 * 1024,
	/* Text that was escaped twice needs two: the first makes "<p>" of "&lt;p&gt;", the second removes it. */
	READ_AGAIN_MAX = 2,
	/* Memory for the forms of one URL while its key is made. */
	SCRATCH_MAX = 64 * LIMIT_URL,
};

_Static_assert((int)SKETCH_BYTES_MAX <= (int)LIMIT_SKETCH, "a sketch fits its member of a document");

#define ELLIPSIS "\xE2\x80\xA6"
enum { ELLIPSIS_LEN = sizeof(ELLIPSIS) - 1 };

struct identity {
	struct arena scratch;
	struct buf title; /* plain text, one line */
	struct buf body;
	struct buf summary; /* the same, when the body is the content */
	struct reading {    /* text for the tokens, where it differs from the shown text */
		struct buf text;
		bool used;
	} title_words, body_words;
	struct buf again; /* a text on its way through read_again() */
	struct buf title_tokens;
	struct buf body_tokens;
	struct sketch sketch;
	struct buf sketched; /* its bytes */
};

struct identity *identity_new(struct error *err)
{
	struct identity *id = calloc(1, sizeof(*id));

	if (id == NULL)
		return error_set_null(err, -ENOMEM, "no memory to compute item identities");
	arena_init(&id->scratch, SCRATCH_MAX);
	buf_init(&id->title, LIMIT_ITEM_CONTENT);
	buf_init(&id->body, LIMIT_ITEM_CONTENT);
	buf_init(&id->summary, LIMIT_ITEM_CONTENT);
	buf_init(&id->title_words.text, LIMIT_ITEM_CONTENT);
	buf_init(&id->body_words.text, LIMIT_ITEM_CONTENT);
	buf_init(&id->again, LIMIT_ITEM_CONTENT);
	buf_init(&id->title_tokens, TOKENS_MAX);
	buf_init(&id->body_tokens, TOKENS_MAX);
	buf_init(&id->sketched, SKETCH_BYTES_MAX);
	return id;
}

void identity_free(struct identity *id)
{
	if (id == NULL)
		return;
	arena_release(&id->scratch);
	buf_release(&id->title);
	buf_release(&id->body);
	buf_release(&id->summary);
	buf_release(&id->title_words.text);
	buf_release(&id->body_words.text);
	buf_release(&id->again);
	buf_release(&id->title_tokens);
	buf_release(&id->body_tokens);
	buf_release(&id->sketched);
	free(id);
}

struct str identity_title_tokens(const struct identity *id)
{
	return buf_str(&id->title_tokens);
}

struct str identity_body_tokens(const struct identity *id)
{
	return buf_str(&id->body_tokens);
}

struct str identity_title_text(const struct identity *id)
{
	return buf_str(id->title_words.used ? &id->title_words.text : &id->title);
}

struct str identity_body_text(const struct identity *id)
{
	return buf_str(id->body_words.used ? &id->body_words.text : &id->body);
}

/* ---- plain text */

/* Accepts a text that did not fit its buffer: an identity needs no complete text. */
static int accept_cut(int ret)
{
	return ret == -E2BIG ? 0 : ret;
}

/* Reads the text in *out as markup while it looks like that. */
static int read_again(struct identity *id, struct buf *out)
{
	int ret = 0;

	for (int i = 0; ret == 0 && i < READ_AGAIN_MAX && html_looks_like(buf_str(out)); i++) {
		struct buf markup = *out;

		*out = id->again;
		id->again = markup;
		buf_reuse(out, BUFFER_KEPT);
		ret = accept_cut(html_to_text(out, buf_str(&id->again)));
	}
	return ret;
}

/* Writes the shown text of t to out, as one line. */
static int write_shown(struct identity *id, const struct text *t, struct buf *out)
{
	int ret = 0;

	buf_reuse(out, BUFFER_KEPT);
	switch (t->kind) {
	case TEXT_ABSENT:
		break;
	case TEXT_PLAIN:
		ret = accept_cut(utf8_one_line(out, utf8_cut(t->value, LIMIT_ITEM_CONTENT)));
		break;
	case TEXT_HTML:
		ret = accept_cut(html_to_text(out, t->value));
		if (ret == 0)
			ret = read_again(id, out);
		break;
	}
	return ret;
}

/* Writes the shown text of t to out, and the tokens to tokens. */
static int read_text(struct identity *id, const struct text *t, struct buf *out, struct reading *words,
	struct buf *tokens, size_t *count)
{
	int ret;

	*count = 0;
	buf_reuse(tokens, BUFFER_KEPT);
	ret = write_shown(id, t, out);
	words->used = ret == 0 && t->kind == TEXT_PLAIN && html_looks_like(buf_str(out));
	if (words->used) {
		buf_reuse(&words->text, BUFFER_KEPT);
		ret = buf_add(&words->text, buf_str(out));
		if (ret == 0)
			ret = read_again(id, &words->text);
	}
	return ret < 0 ? ret : accept_cut(canon_tokens(tokens, buf_str(words->used ? &words->text : out), count));
}

/* A copy of text in a.  A text over max bytes is cut, if possible at the end of a word, and ends in "…". */
static struct str shorten(struct arena *a, struct str text, size_t max)
{
	struct str cut;
	size_t end;
	char *out;

	if (text.len <= max)
		return arena_str(a, text);
	cut = utf8_cut(text, max - ELLIPSIS_LEN);
	for (end = cut.len; end > cut.len / 2; end--) {
		if (text.data[end] == ' ') {
			cut.len = end;
			break;
		}
	}
	cut = str_trim(cut);
	out = arena_alloc(a, cut.len + ELLIPSIS_LEN);
	if (out == NULL)
		return STR_NONE;
	memcpy(out, cut.data, cut.len);
	memcpy(out + cut.len, ELLIPSIS, ELLIPSIS_LEN);
	return str_make(out, cut.len + ELLIPSIS_LEN);
}

/* The bytes that count characters of text take. */
static size_t bytes_of(struct str text, size_t count)
{
	size_t pos = 0;

	while (pos < text.len && count-- > 0)
		utf8_next(text, &pos);
	return pos;
}

/* The plain title.  A missing title is replaced by the beginning of the body, else by the link. */
static struct str plain_title(struct identity *id, struct arena *a, const struct item *it)
{
	struct str body = buf_str(&id->body);
	size_t line;

	if (id->title.len > 0)
		return shorten(a, buf_str(&id->title), LIMIT_TITLE);
	if (body.len == 0) {
		/* A link may hold characters that change the direction of writing. */
		buf_reuse(&id->again, BUFFER_KEPT);
		return utf8_one_line(&id->again, it->link) == 0 ? shorten(a, buf_str(&id->again), LIMIT_TITLE)
								: STR_NONE;
	}
	line = bytes_of(body, BORROWED_TITLE);
	return shorten(a, body, line < body.len ? line + ELLIPSIS_LEN : line);
}

/* Reads title and body: the content, or the summary where the content has no words. */
static int read_texts(struct identity *id, struct arena *a, struct item *it, size_t *count)
{
	const struct buf *shown = &id->body;
	size_t title_count, body_count;
	int ret;

	ret = read_text(id, &it->title, &id->title, &id->title_words, &id->title_tokens, &title_count);
	if (ret < 0)
		return ret;
	ret = read_text(id, &it->content, &id->body, &id->body_words, &id->body_tokens, &body_count);
	if (ret < 0)
		return ret;
	if (body_count == 0 && it->summary.kind != TEXT_ABSENT) {
		ret = read_text(id, &it->summary, &id->body, &id->body_words, &id->body_tokens, &body_count);
	} else if (it->summary.kind != TEXT_ABSENT) {
		ret = write_shown(id, &it->summary, &id->summary);
		shown = id->summary.len > 0 ? &id->summary : shown;
	}
	if (ret < 0)
		return ret;
	*count = title_count + body_count;
	it->plain_title = plain_title(id, a, it);
	it->plain_summary = shorten(a, buf_str(shown), LIMIT_SUMMARY);
	return it->plain_summary.data == NULL || (it->plain_title.data == NULL && it->link.data != NULL) ? -ENOMEM : 0;
}

/* ---- hashes */

/* SHA-256 over the pieces, in a. */
static int hash_pieces(struct arena *a, const struct str *pieces, size_t count, struct str *out)
{
	uint8_t *digest = arena_alloc(a, SHA256_LEN);

	if (digest == NULL)
		return -ENOMEM;
	sha256_of(pieces, count, digest);
	*out = str_make((const char *)digest, SHA256_LEN);
	return 0;
}

/* The URL of the item's enclosure or picture: it identifies an item without guid, link and words. */
static struct str enclosure_url(const struct item *it)
{
	return it->enclosures.count > 0 ? it->enclosures.items[0].url : it->image.url;
}

static int set_hashes(struct identity *id, struct arena *a, struct item *it, struct str key)
{
	const struct str text[] = {buf_str(&id->title_tokens), STR("\n"), buf_str(&id->body_tokens)};
	struct str known_by[] = {STR("g"), str_trim(it->id)};
	int ret;

	ret = hash_pieces(a, text, sizeof(text) / sizeof(text[0]), &it->digest);
	if (ret == 0 && key.len > 0)
		ret = hash_pieces(a, &key, 1, &it->url_key);
	if (ret < 0)
		return ret;
	it->identity_kind = IDENTITY_GUID;
	if (known_by[1].len == 0) {
		it->identity_kind = IDENTITY_LINK;
		known_by[0] = STR("l");
		known_by[1] = key.len > 0 ? key : str_trim(it->link);
	}
	if (known_by[1].len == 0) {
		it->identity_kind = IDENTITY_DIGEST;
		known_by[0] = it->token_count > 0 ? STR("d") : STR("e");
		known_by[1] = it->token_count > 0 ? it->digest : enclosure_url(it);
	}
	return hash_pieces(a, known_by, sizeof(known_by) / sizeof(known_by[0]), &it->identity);
}

/* A text without words has no sketch. */
static int set_sketch(struct identity *id, struct arena *a, struct item *it)
{
	int ret;

	it->sketch = STR_NONE;
	if (it->token_count == 0)
		return 0;
	sketch_make(&id->sketch, buf_str(&id->title_tokens), buf_str(&id->body_tokens), buf_str(&id->body));
	buf_clear(&id->sketched);
	ret = sketch_encode(&id->sketched, &id->sketch);
	if (ret == 0)
		it->sketch = arena_str(a, buf_str(&id->sketched));
	return ret == 0 && it->sketch.data == NULL ? -ENOMEM : ret;
}

int identity_read_texts(struct identity *id, struct arena *a, struct item *it)
{
	size_t count = 0;

	arena_clear(&id->scratch);
	return read_texts(id, a, it, &count);
}

int identity_assign(struct identity *id, struct arena *a, struct item *it)
{
	struct str key;
	size_t count = 0;
	int ret;

	arena_clear(&id->scratch);
	it->url_key = STR_NONE;
	key = canon_url_key(&id->scratch, it->link);
	it->link = canon_url_clean(a, it->link);
	ret = read_texts(id, a, it, &count);
	if (ret < 0)
		return ret;
	it->token_count = count < UINT32_MAX ? (uint32_t)count : UINT32_MAX;
	it->canon_version = CANON_VERSION;
	ret = set_hashes(id, a, it, key);
	return ret < 0 ? ret : set_sketch(id, a, it);
}
