/* SPDX-License-Identifier: ISC */
#include "digest_work.h"

/* Groups in one transaction: outcomes of polls wait for it. */
enum { GROUPS_MAX = 16 };

static int write_group(struct ingest *k, const struct digest_group *g, int64_t now_ms, struct error *err)
{
	int64_t quiet_ms;
	int result = alert_policy_quiet_end(&k->policy, g, now_ms, &quiet_ms, err);

	/* no digest comes in quiet hours, whatever its alerts have waited for */
	if (result == 0 && quiet_ms > now_ms)
		return digests_put_off(&k->policy.digests, g, quiet_ms, err);
	/* A silence may have begun meanwhile; the group is due again with the alerts that are left. */
	if (result == 0)
		result = alert_policy_silence_held(&k->policy, g, now_ms, err);
	if (result != 0)
		return result < 0 ? result : 0;
	return event_log_tell_group(&k->event_log, g, now_ms, err);
}

int digest_work(struct ingest *k, int64_t now_ms, struct error *err)
{
	struct digest_group g;
	int result = ingest_begin(k, err);

	if (result != 0)
		return result;
	result = digests_look_again(&k->policy.digests, now_ms, err);
	for (int i = 0;
		result >= 0 && i < GROUPS_MAX && (result = digests_due(&k->policy.digests, now_ms, &g, err)) == 1;
		i++) {
		result = write_group(k, &g, now_ms, err);
		if (result != 0)
			break;
	}
	result = ingest_end(k, result, now_ms, err);
	if (result != 0)
		digests_use(&k->policy.digests);
	return result;
}
