/* SPDX-License-Identifier: ISC */
/* A server is stored as a hash of its name.  Two servers with one hash share their work-arounds, which does no harm. */
#include "server_quirks.h"

#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

static const int64_t remembered_ms = INT64_C(24) * 3600 * 1000;

static uint64_t hash(const char *server)
{
	return XXH3_64bits(server, strlen(server));
}

unsigned server_quirks_get(const struct server_quirks *q, const char *server, int64_t now_ms)
{
	uint64_t wanted = hash(server);
	unsigned quirks = 0;

	for (size_t i = 0; i < SERVER_QUIRKS_MAX; i++)
		if (q->faults[i].until_ms > now_ms && q->faults[i].server == wanted)
			quirks |= q->faults[i].quirk;
	return quirks;
}

void server_quirks_note(struct server_quirks *q, const char *server, enum server_quirk quirk, int64_t now_ms)
{
	struct server_fault *oldest = &q->faults[0];

	for (size_t i = 1; i < SERVER_QUIRKS_MAX; i++)
		if (q->faults[i].until_ms < oldest->until_ms)
			oldest = &q->faults[i];
	*oldest = (struct server_fault){.server = hash(server), .quirk = quirk, .until_ms = now_ms + remembered_ms};
}
