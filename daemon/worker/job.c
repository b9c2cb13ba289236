/* SPDX-License-Identifier: ISC */
/* The messages on a worker's socket. Both ends check every length before they use it. */
#include "sitrep/worker/job.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sitrep/base/utf8.h"

/* "SITR", so that a stray byte is noticed at once. */
#define MESSAGE_MAGIC UINT32_C(0x53495452)

enum { RULES_MAX = 100000, FAILURE_CODE_LEN = 4 };

static void put_u32(uint8_t *out, uint32_t n)
{
	for (int i = 0; i < 4; i++)
		out[i] = (uint8_t)(n >> (8 * i));
}

static uint32_t get_u32(const uint8_t *in)
{
	return (uint32_t)in[0] | (uint32_t)in[1] << 8 | (uint32_t)in[2] << 16 | (uint32_t)in[3] << 24;
}

void message_header_encode(uint8_t out[MESSAGE_HEADER_LEN], const struct message_header *h)
{
	put_u32(out, MESSAGE_MAGIC);
	put_u32(out + 4, (uint32_t)h->kind);
	put_u32(out + 8, h->job);
	put_u32(out + 12, h->length);
}

int message_header_decode(
	const uint8_t in[MESSAGE_HEADER_LEN], uint32_t max_length, struct message_header *h, struct error *err)
{
	uint32_t kind = get_u32(in + 4);

	if (get_u32(in) != MESSAGE_MAGIC)
		return error_set(err, -EPROTO, "a worker message has a bad magic number");
	if (kind < MESSAGE_HELLO || kind > MESSAGE_FAILURE)
		return error_set(err, -EPROTO, "a message is of unknown kind %u", kind);
	h->kind = (enum message_kind)kind;
	h->job = get_u32(in + 8);
	h->length = get_u32(in + 12);
	if (h->length > max_length)
		return error_set(err, -EPROTO, "a message of %u bytes is over the limit of %u", h->length, max_length);
	return 0;
}

/* ---- strings in messages: a length, then the bytes; UINT32_MAX for an absent one ---- */

static void put_str(struct buf *out, struct str s)
{
	uint8_t length[4];

	put_u32(length, s.data != NULL ? (uint32_t)s.len : UINT32_MAX);
	(void)buf_append(out, length, sizeof(length));
	(void)buf_add(out, s);
}

static bool take_u32(struct str *in, uint32_t *n)
{
	if (in->len < 4)
		return false;
	*n = get_u32((const uint8_t *)in->data);
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
	(void)buf_putc(out, j->want_notes ? 1 : 0);
	put_str(out, j->feed);
	put_str(out, j->categories);
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
	if (!take_str(&message, &j->feed) || !take_str(&message, &j->categories) || !take_str(&message, &j->url) ||
		!take_str(&message, &j->content_type) || !take_str(&message, &j->content_location) ||
		!take_str(&message, &j->content_language))
		return error_set(err, -EPROTO, "a job is cut off");
	j->body = message;
	return 0;
}

/* ---- rules ---- */

int rules_encode(struct buf *out, const struct rule_source *rules, size_t count)
{
	uint8_t number[4];

	put_u32(number, (uint32_t)count);
	(void)buf_append(out, number, sizeof(number));
	for (size_t i = 0; i < count; i++) {
		put_str(out, rules[i].name);
		put_str(out, rules[i].expression);
	}
	return out->failed;
}

int rules_decode(struct str message, struct arena *a, struct rule_source **rules, size_t *count, struct error *err)
{
	uint32_t n;

	if (!take_u32(&message, &n) || n > RULES_MAX)
		return error_set(err, -EPROTO, "a message of rules is damaged");
	*rules = arena_alloc_array(a, (size_t)n + 1, sizeof(**rules));
	if (*rules == NULL)
		return error_sys(err, -ENOMEM, "cannot read %u rules", n);
	for (size_t i = 0; i < n; i++)
		if (!take_str(&message, &(*rules)[i].name) || !take_str(&message, &(*rules)[i].expression))
			return error_set(err, -EPROTO, "a message of rules is cut off");
	*count = n;
	return 0;
}

static int by_name(const void *a, const void *b)
{
	const struct known_rule *left = a, *right = b;

	return str_cmp(left->name, right->name);
}

int known_rules_read(struct str message, struct known_rules *known)
{
	uint32_t count;

	*known = (struct known_rules){0};
	if (!take_u32(&message, &count) || count > RULES_MAX)
		return -EPROTO;
	known->items = calloc((size_t)count + 1, sizeof(*known->items));
	if (known->items == NULL)
		return -ENOMEM;
	for (; known->count < count; known->count++) {
		struct known_rule *rule = &known->items[known->count];

		rule->place = known->count;
		if (!take_str(&message, &rule->name) || !take_str(&message, &rule->expression))
			return -EPROTO;
	}
	qsort(known->items, known->count, sizeof(*known->items), by_name);
	return 0;
}

const struct known_rule *known_rules_find(const struct known_rules *known, struct str name)
{
	const struct known_rule key = {.name = name};

	return known->count == 0 ? NULL : bsearch(&key, known->items, known->count, sizeof(*known->items), by_name);
}

/* ---- failures ---- */

int failure_encode(struct buf *out, int code, struct str sentence)
{
	uint8_t number[FAILURE_CODE_LEN];

	put_u32(number, (uint32_t)-code);
	(void)buf_append(out, number, sizeof(number));
	(void)buf_add(out, sentence);
	return out->failed;
}

int failure_decode(struct str message, struct error *err)
{
	struct buf sentence = BUF_INIT(ERROR_TEXT_MAX);
	uint32_t code;

	if (!take_u32(&message, &code) || code == 0 || code > 4095)
		return error_set(err, -EPROTO, "a message of failure is damaged");
	(void)utf8_one_line(&sentence, utf8_cut(message, ERROR_TEXT_MAX - 1));
	if (sentence.len == 0)
		(void)buf_puts(&sentence, "the parse worker failed without a reason");
	(void)error_set(err, -(int)code, "%.*s", STR_ARG(buf_str(&sentence)));
	buf_release(&sentence);
	return 0;
}
