/* SPDX-License-Identifier: ISC */
/* Dates: whatever is read can be written, and reads as the same instant again. */
#include "fuzz.h"
#include "sitrep/text/date.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str s = fuzz_str(data, size);
	const char *rule = NULL;
	int64_t when = date_parse(s, &rule);
	char text[TIME_TEXT_MAX];

	if (when == TIME_NONE)
		return 0;
	fuzz_require(rule != NULL, s);
	fuzz_require(date_parse(s, NULL) == when, s);
	time_format_rfc3339(text, when);
	/* What is written has whole seconds, or milliseconds where there are some. */
	int64_t again = date_parse(str_from(text), NULL);
	fuzz_require(again != TIME_NONE, s);
	fuzz_require(again <= when && when - again < 1000, s);
	return 0;
}
