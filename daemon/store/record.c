/* SPDX-License-Identifier: ISC */
#include "sitrep/store/record.h"

#include <errno.h>

#include "sitrep/model/wire.h"
#include "sitrep/sql/damage.h"
#include "sitrep/sql/seal.h"

int record_encode(struct buf *out, const struct item *it)
{
	int result = wire_encode_item(out, it);

	return result == 0 ? seal_add(out) : result;
}

int record_decode(struct str stored, int64_t item_id, struct arena *a, struct item *it)
{
	struct str content, copy;
	int result = seal_open(stored, &content);

	/* An item has at least its identity, so an empty record is damaged. */
	if (result >= 0 && content.len > 0) {
		copy = arena_str(a, content);
		if (copy.data == NULL)
			return -ENOMEM;
		result = wire_decode_item(copy, a, it, NULL);
		if (result == 0 || result == -ENOMEM)
			return result;
	}
	damage_note_row("item", item_id, "record");
	return -EUCLEAN;
}
