/* SPDX-License-Identifier: ISC */
/* The messages on a worker's socket. Both ends check every length before they use it. */
#include "sitrep/worker/job.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sitrep/base/le.h"
#include "sitrep/base/pages.h"
#include "sitrep/base/utf8.h"

/* "SITR", so that a stray byte is noticed at once. */
#define MESSAGE_MAGIC UINT32_C(0x53495452)

enum { FAILURE_CODE_LEN = 4 };

void message_header_encode(uint8_t out[MESSAGE_HEADER_LEN], const struct message_header *h)
{
	le_put(out, MESSAGE_MAGIC, 4);
	le_put(out + 4, h->kind, 4);
	le_put(out + 8, h->job, 4);
	le_put(out + 12, h->length, 4);
}

int message_header_decode(
	const uint8_t in[MESSAGE_HEADER_LEN], uint32_t max_length, struct message_header *h, struct error *err)
{
	uint32_t kind = (uint32_t)le_get(in + 4, 4);

	if (le_get(in, 4) != MESSAGE_MAGIC)
		return error_set(err, -EPROTO, "a worker message has a bad magic number");
	if (kind < MESSAGE_HELLO || kind > MESSAGE_FAILURE)
		return error_set(err, -EPROTO, "a message is of unknown kind %u", kind);
	h->kind = (enum message_kind)kind;
	h->job = (uint32_t)le_get(in + 8, 4);
	h->length = (uint32_t)le_get(in + 12, 4);
	if (h->length > max_length)
		return error_set(err, -EPROTO, "a message of %u bytes is over the limit of %u", h->length, max_length);
	return 0;
}

/* ---- strings in messages: a length, then the bytes; UINT32_MAX for an absent one ---- */

static void put_str(struct buf *out, struct str s)
{
	le_append(out, s.data != NULL ? (uint32_t)s.len : UINT32_MAX, 4);
	buf_add(out, s);
}

static bool take_u32(struct str *in, uint32_t *n)
{
	if (in->len < 4)
		return false;
	*n = (uint32_t)le_get(in->data, 4);
	*in = str_slice(*in, 4, in->len);
	return true;
}

static bool take_str(struct str *in, struct str *s)
{
	uint32_t length;

	if (!take_u32(in, &length))
		return false;
	if (length == UINT32_MAX) {
		*s = STR_NONE;
		return true;
	}
	if (length > in->len)
		return false;
	*s = str_slice(*in, 0, length);
	*in = str_slice(*in, length, in->len);
	return true;
}

/* ---- jobs ---- */

int job_encode_head(struct buf *out, const struct job *j)
{
	buf_putc(out, j->want_notes ? 1 : 0);
	put_str(out, j->feed);
	put_str(out, j->title);
	put_str(out, j->categories);
	put_str(out, j->publisher);
	put_str(out, j->url);
	put_str(out, j->content_type);
	put_str(out, j->content_location);
	put_str(out, j->content_language);
	return out->failed;
}

int job_decode(struct str message, struct job *j, struct error *err)
{
	if (message.len < 1)
		return error_set(err, -EPROTO, "a job is empty");
	j->want_notes = message.data[0] != 0;
	message = str_slice(message, 1, message.len);
	if (!take_str(&message, &j->feed) || !take_str(&message, &j->title) || !take_str(&message, &j->categories) ||
		!take_str(&message, &j->publisher) || !take_str(&message, &j->url) ||
		!take_str(&message, &j->content_type) || !take_str(&message, &j->content_location) ||
		!take_str(&message, &j->content_language))
		return error_set(err, -EPROTO, "a job is cut off");
	j->body = message;
	return 0;
}

/* ---- rules ---- */

void rules_message_encode(uint8_t out[MESSAGE_RULES_LEN], uint64_t size)
{
	le_put(out, size, MESSAGE_RULES_LEN);
}

int rules_message_decode(struct str message, uint64_t *size)
{
	if (message.len != MESSAGE_RULES_LEN)
		return -EPROTO;
	*size = le_get(message.data, MESSAGE_RULES_LEN);
	return 0;
}

static int by_name(const void *a, const void *b)
{
	const struct known_rule *left = a, *right = b;

	return str_cmp(left->name, right->name);
}

int known_rules_make(struct known_rules *known, const struct rule_source *rules, size_t count)
{
	size_t bytes = 0;

	*known = (struct known_rules){.items = calloc(count + 1, sizeof(*known->items))};
	for (size_t i = 0; i < count; i++)
		bytes += rules[i].name.len + rules[i].expression.len;
	buf_init(&known->text, bytes + 1);
	if (known->items == NULL || buf_reserve(&known->text, bytes) != 0) {
		known_rules_release(known);
		return -ENOMEM;
	}
	pages_take(known->text.data, bytes);
	for (; known->count < count; known->count++) {
		const struct rule_source *from = &rules[known->count];
		const char *at = known->text.data + known->text.len;

		buf_add(&known->text, from->name);
		buf_add(&known->text, from->expression);
		known->items[known->count] = (struct known_rule){.name = str_make(at, from->name.len),
			.expression = str_make(at + from->name.len, from->expression.len),
			.place = known->count};
	}
	qsort(known->items, known->count, sizeof(*known->items), by_name);
	return 0;
}

void known_rules_release(struct known_rules *known)
{
	free(known->items);
	buf_release(&known->text);
	*known = (struct known_rules){0};
}

const struct known_rule *known_rules_find(const struct known_rules *known, struct str name)
{
	const struct known_rule key = {.name = name};

	return known->count == 0 ? NULL : bsearch(&key, known->items, known->count, sizeof(*known->items), by_name);
}

/* ---- failures ---- */

int failure_encode(struct buf *out, int code, struct str sentence)
{
	le_append(out, (uint32_t)-code, FAILURE_CODE_LEN);
	buf_add(out, sentence);
	return out->failed;
}

int failure_decode(struct str message, struct error *err)
{
	struct buf sentence = BUF_INIT(ERROR_TEXT_MAX);
	uint32_t code;

	if (!take_u32(&message, &code) || code == 0 || code > 4095)
		return error_set(err, -EPROTO, "a message of failure is damaged");
	utf8_one_line(&sentence, utf8_cut(message, ERROR_TEXT_MAX - 1));
	if (sentence.len == 0)
		buf_puts(&sentence, "the parse worker failed without a reason");
	error_set(err, -(int)code, "%.*s", STR_ARG(buf_str(&sentence)));
	buf_release(&sentence);
	return 0;
}
