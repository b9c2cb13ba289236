/* SPDX-License-Identifier: ISC */
/* steps_test.c: the drawing stays within its frame, whatever the times. */
#include "../../../daemon/pages/steps.h"
#include "../test.h"

enum { OUT_MAX = 64 * 1024, OUTLETS_MAX = 64 };

/* 2026-11-26T18:21:45Z */
#define NOW_MS INT64_C(1795717305000)
#define HOUR_MS INT64_C(3600000)

TEST(one_outlet_a_step)
{
	const int64_t times_ms[] = {NOW_MS - HOUR_MS, NOW_MS - HOUR_MS / 2};
	struct buf out = BUF_INIT(OUT_MAX);

	steps_write(&out, times_ms, 2, 2 * HOUR_MS, NOW_MS);
	assert_non_null(strstr(out.data, "aria-label=\"2 outlets between 17:21 and 17:51\""));
	assert_non_null(strstr(out.data, "<path class=\"ln\" d=\"M360 39V35.9H540V32.8H720\"/>"));
	assert_non_null(strstr(out.data, "<path class=\"ar\" d=\"M360 39V35.9H540V32.8H720V39z\"/>"));
	assert_non_null(strstr(out.data, "<path class=\"dot\" d=\"M360 35.9h0M540 32.8h0\"/>"));
	assert_non_null(strstr(out.data, "<span>16:21</span><span>17:21</span><span>now</span>"));
	buf_release(&out);
}

TEST(times_outside_the_drawing)
{
	int64_t times_ms[OUTLETS_MAX];
	struct buf out = BUF_INIT(OUT_MAX);

	for (int i = 0; i < OUTLETS_MAX; i++)
		times_ms[i] = NOW_MS + (i - 40) * 24 * HOUR_MS;
	steps_write(&out, times_ms, OUTLETS_MAX, HOUR_MS, NOW_MS);
	assert_false(buf_failed(&out));
	assert_null(strstr(out.data, "H-"));
	/* the last step is still below the upper edge */
	assert_non_null(strstr(out.data, "M720 7h0\"/>"));
	buf_release(&out);
}
