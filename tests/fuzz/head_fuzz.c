/* SPDX-License-Identifier: ISC */
/* The head of an answer, a line each: what is kept is fit to be sent back, no wait is longer than the longest, and each
 * link of a Link field lies within it. */
#include "../../daemon/fetch/response_head.h"
#include "fuzz.h"
#include "sitrep/base/clock.h"
#include "sitrep/fetch/link_header.h"

/* 2026-11-23T10:00:00Z */
#define NOW_MS INT64_C(1795428000000)
#define YEAR_10000_MS INT64_C(253402300800000)

static bool lies_in(struct str part, struct str whole)
{
	return part.data == NULL || (part.data >= whole.data && part.len <= whole.len &&
					    (size_t)(part.data - whole.data) <= whole.len - part.len);
}

static void check_links(struct str field)
{
	struct str rest = field;
	struct link_value link;
	size_t before = rest.len;

	while (link_header_next(&rest, &link)) {
		fuzz_require(rest.len < before && lies_in(rest, field), field);
		before = rest.len;
		fuzz_require(link.href.len > 0 && lies_in(link.href, field), field);
		fuzz_require(lies_in(link.rel, field) && lies_in(link.type, field), field);
		link_has_rel(&link, STR("hub"));
		fuzz_require(!link_has_rel(&link, STR("hub self")), field);
	}
	fuzz_require(rest.len == 0, field);
}

static void check_fields(struct response_head *h, struct str head)
{
	for (int f = 0; f < HEAD_FIELD_COUNT; f++) {
		const char *value = h->fields[f];

		for (size_t i = 0; value != NULL && value[i] != '\0'; i++)
			fuzz_require(((unsigned char)value[i] >= 0x20 || value[i] == '\t') && value[i] != 0x7f, head);
		fuzz_require(value == NULL || (value[0] != '\0' && strlen(value) <= 2 * head.len), head);
	}
}

static void check_times(const struct response_head *h, struct str head)
{
	static const int64_t nows[] = {0, NOW_MS, INT64_MAX / 2, INT64_MIN / 2};

	for (size_t i = 0; i < sizeof(nows) / sizeof(nows[0]); i++) {
		int64_t wait_ms = response_head_retry_after_ms(h, nows[i]);
		int64_t fresh_ms = response_head_fresh_ms(h, nows[i]);

		fuzz_require(wait_ms >= -1 && wait_ms <= HEAD_WAIT_MAX_MS, head);
		fuzz_require(fresh_ms >= -1 && fresh_ms <= HEAD_WAIT_MAX_MS, head);
		fuzz_require(wait_ms < 0 || h->fields[HEAD_RETRY_AFTER] != NULL, head);
	}
}

static void check_time(struct str text)
{
	int64_t at_ms = time_parse_http(text);
	char written[TIME_TEXT_MAX];

	/* a leap second may lead into the year 10000 */
	if (at_ms == TIME_NONE || at_ms >= YEAR_10000_MS)
		return;
	time_format_http(written, at_ms);
	fuzz_require(time_parse_http(str_from(written)) == at_ms, text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str head = fuzz_str(data, size), rest = head, line;
	struct response_head h = {0};

	check_links(head);
	while (str_split(&rest, '\n', &line)) {
		size_t colon = str_find_char(line, ':', 0);

		fuzz_require(response_head_line(&h, line) == 0, head);
		fuzz_require(h.status == 0 || (h.status >= 100 && h.status <= 999), head);
		fuzz_require(!h.complete || h.status >= 200, head);
		if (colon != STR_NPOS)
			check_time(str_trim(str_slice(line, colon + 1, line.len)));
	}
	check_fields(&h, head);
	check_times(&h, head);
	check_links(str_from(h.fields[HEAD_LINK]));
	response_head_release(&h);
	return 0;
}
