/* By what the items of a feed are recognised, and when that has proven worthless. */
#include "ident_trust.h"

#include <string.h>

bool ident_trust_note(struct ident_trust *t, int *fresh, int *again)
{
	int polls = 0;

	t->polls[t->next] = (struct ident_poll){
		.fresh = (uint8_t)(*fresh < UINT8_MAX ? *fresh : UINT8_MAX),
		.again = (uint8_t)(*again < UINT8_MAX ? *again : UINT8_MAX),
	};
	t->next = (uint8_t)((t->next + 1) % IDENT_POLLS);
	*fresh = *again = 0;
	for (size_t i = 0; i < IDENT_POLLS; i++) {
		*fresh += t->polls[i].fresh;
		*again += t->polls[i].again;
		polls += t->polls[i].again * 2 > t->polls[i].fresh;
	}
	if (t->mode == IDENT_DIGEST || *fresh < IDENT_NEW_MIN || polls < IDENT_POLLS_MIN || *again * 2 <= *fresh)
		return false;
	*t = (struct ident_trust){.mode = t->mode == IDENT_GUID ? IDENT_URL : IDENT_DIGEST};
	return true;
}

void ident_trust_encode(const struct ident_trust *t, uint8_t bytes[IDENT_TRUST_BYTES])
{
	bytes[0] = (uint8_t)t->mode;
	bytes[1] = t->next;
	for (size_t i = 0; i < IDENT_POLLS; i++) {
		bytes[2 + 2 * i] = t->polls[i].fresh;
		bytes[3 + 2 * i] = t->polls[i].again;
	}
}

void ident_trust_decode(struct str bytes, struct ident_trust *t)
{
	const uint8_t *at = (const uint8_t *)bytes.data;

	*t = (struct ident_trust){0};
	if (bytes.len != IDENT_TRUST_BYTES || at[0] > IDENT_DIGEST || at[1] >= IDENT_POLLS)
		return;
	t->mode = (enum ident_mode)at[0];
	t->next = at[1];
	for (size_t i = 0; i < IDENT_POLLS; i++)
		t->polls[i] = (struct ident_poll){.fresh = at[2 + 2 * i], .again = at[3 + 2 * i]};
}
