/* SPDX-License-Identifier: ISC */
/* Clients that do not read: their events go back to the log. */
#include "stream_internal.h"

/* The cursor of a line of the log; 0 for the daemon's own lines. */
static int64_t cursor_of(struct str line)
{
	static const char begin[] = "{\"event\":\"", between[] = "\",\"cursor\":\"";
	struct str name, digits;
	long long cursor = 0;
	size_t end;

	if (!str_starts(line, str_from(begin)))
		return 0;
	line = str_slice(line, sizeof(begin) - 1, line.len);
	end = str_find_char(line, '"', 0);
	if (end == STR_NPOS)
		return 0;
	name = str_slice(line, 0, end);
	line = str_slice(line, end, line.len);
	if (event_kind_parse(name) == 0 || !str_starts(line, str_from(between)))
		return 0;
	digits = str_slice(line, sizeof(between) - 1, line.len);
	end = str_find_char(digits, '"', 0);
	return end != STR_NPOS && str_to_int(str_slice(digits, 0, end), &cursor) ? cursor : 0;
}

/* Events behind the line that is under way, and behind the daemon's own lines, go back to the log: the cursor returns
 * to the place before them. */
void stream_on_stalled(struct subscriber *s)
{
	struct str unsent = line_peer_unsent(s->peer);
	size_t begin = 0, end, keep, lines = 0;
	int64_t first = 0;

	if (line_peer_is_midline(s->peer)) {
		end = str_find_char(unsent, '\n', 0);
		begin = end != STR_NPOS ? end + 1 : unsent.len;
	}
	keep = begin;
	for (; (end = str_find_char(unsent, '\n', begin)) != STR_NPOS; begin = end + 1) {
		int64_t cursor = cursor_of(str_slice(unsent, begin, end));

		if (cursor == 0) {
			keep = end + 1;
			first = 0;
			lines = 0;
		} else {
			first = first != 0 ? first : cursor;
			lines++;
		}
	}
	if (first == 0 || s->leaving || !line_peer_cut(s->peer, keep))
		return;
	s->cursor = first - 1;
	s->stream->stats.lines -= lines;
}
