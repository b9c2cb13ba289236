/* SPDX-License-Identifier: ISC */
#include "item_date.h"

#include "sitrep/base/clock.h"

int64_t item_date_plausible(int64_t time_ms)
{
	return time_ms >= INT64_C(-62167219200000) && time_ms < INT64_C(253402300800000) ? time_ms : TIME_NONE;
}

int64_t item_date(const struct item *it)
{
	int64_t date_ms = item_date_plausible(it->published);

	if (date_ms == TIME_NONE)
		date_ms = item_date_plausible(it->created);
	return date_ms != TIME_NONE ? date_ms : item_date_plausible(it->updated);
}
