/* SPDX-License-Identifier: ISC */
#include "sitrep/store/uid.h"

#include <errno.h>
#include <string.h>

void uid_write(char text[UID_TEXT_MAX], struct str uid)
{
	static const size_t group_ends[] = {4, 6, 8, 10, STORE_KEY_LEN};
	char *at = text;
	size_t from = 0;

	text[0] = '\0';
	if (uid.len != STORE_KEY_LEN)
		return;
	for (size_t i = 0; i < sizeof(group_ends) / sizeof(group_ends[0]); i++) {
		if (i > 0)
			*at++ = '-';
		hex_encode(at, (const uint8_t *)uid.data + from, group_ends[i] - from);
		at += 2 * (group_ends[i] - from);
		from = group_ends[i];
	}
}

void uid_make(const struct str *pieces, size_t count, uint8_t uid[STORE_KEY_LEN])
{
	uint8_t digest[SHA256_LEN];

	sha256_of(pieces, count, digest);
	memcpy(uid, digest, STORE_KEY_LEN);
	uid[6] = (uint8_t)(0x80 | (uid[6] & 0x0f));
	uid[8] = (uint8_t)(0x80 | (uid[8] & 0x3f));
}

int uid_parse(struct str text, uint8_t uid[STORE_KEY_LEN])
{
	char made[UID_TEXT_MAX];
	size_t n = 0;

	if (text.len != UID_TEXT_MAX - 1)
		return -EINVAL;
	memset(uid, 0, STORE_KEY_LEN);
	for (size_t i = 0; i < text.len && n < 2 * (size_t)STORE_KEY_LEN; i++) {
		char c = char_lower(text.data[i]);
		int digit = char_is_digit(c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;

		if (digit < 0)
			continue;
		uid[n / 2] = (uint8_t)(uid[n / 2] << 4 | digit);
		n++;
	}
	uid_write(made, str_make((const char *)uid, STORE_KEY_LEN));
	return str_eq_nocase(str_from(made), text) ? 0 : -EINVAL;
}
