/* SPDX-License-Identifier: ISC */
/* Encoded as four bytes a poll, little-endian, the oldest first.  The length gives the number of polls, so a new feed
 * needs no bytes. */
#include "sitrep/identity/identity_trust.h"

#include <string.h>

#include "sitrep/base/le.h"

enum {
	UNKNOWN_MIN = 8,
	POLLS_MIN = 3,
	POLL_BYTES = TRUST_BYTES / TRUST_POLLS,
};

static uint16_t capped(size_t n)
{
	return n < UINT16_MAX ? (uint16_t)n : UINT16_MAX;
}

void identity_trust_note(struct identity_trust *t, size_t unknown, size_t seen)
{
	if (t->count == TRUST_POLLS)
		memmove(t->polls, t->polls + 1, --t->count * sizeof(*t->polls));
	t->polls[t->count++] = (struct trust_poll){capped(unknown), capped(seen)};
}

bool identity_trust_is_lost(const struct identity_trust *t, struct trust_sum *sum)
{
	*sum = (struct trust_sum){0};
	for (size_t i = 0; i < t->count; i++) {
		sum->unknown += t->polls[i].unknown;
		sum->seen += t->polls[i].seen;
		sum->polls += t->polls[i].seen > 0;
	}
	return sum->unknown >= UNKNOWN_MIN && sum->polls >= POLLS_MIN && sum->seen * 2 > sum->unknown;
}

size_t identity_trust_encode(const struct identity_trust *t, uint8_t out[TRUST_BYTES])
{
	for (size_t i = 0; i < t->count; i++) {
		uint8_t *at = out + i * POLL_BYTES;

		le_put(at, t->polls[i].unknown, 2);
		le_put(at + 2, t->polls[i].seen, 2);
	}
	return t->count * POLL_BYTES;
}

void identity_trust_decode(struct identity_trust *t, struct str bytes)
{
	const uint8_t *at = (const uint8_t *)bytes.data;

	*t = (struct identity_trust){0};
	if (bytes.len > TRUST_BYTES || bytes.len % POLL_BYTES != 0)
		return;
	for (; t->count < bytes.len / POLL_BYTES; at += POLL_BYTES)
		t->polls[t->count++] = (struct trust_poll){(uint16_t)le_get(at, 2), (uint16_t)le_get(at + 2, 2)};
}
