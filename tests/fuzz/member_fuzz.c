/* SPDX-License-Identifier: ISC */
/* Members of a line, as libsitrep reads them: a path, a newline, and the line.  What the JSON library takes for an
 * object is one here too, unless it is nested deeper, and a string at the path is the same text. */
#include "fuzz.h"

#include <jansson.h>

#include "../../daemon/client/member.h"
#include "../../daemon/client/request.h"

static struct buf text, request;

FUZZ_SETUP
{
	buf_init(&text, FUZZ_BUF_MAX);
	buf_init(&request, FUZZ_BUF_MAX);
	return 0;
}

/* The same walk over a tree; NULL: there is no such member, or names repeat on the way. */
static const json_t *walk(const json_t *at, struct str path)
{
	struct str step;

	while (at != NULL && str_split(&path, '.', &step)) {
		char name[64];
		long long place;

		if (step.len >= sizeof(name))
			return NULL;
		memcpy(name, step.data, step.len);
		name[step.len] = '\0';
		if (json_is_array(at))
			at = str_to_int(step, &place) && place >= 0 ? json_array_get(at, (size_t)place) : NULL;
		else
			at = json_object_get(at, name);
	}
	return at;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str line = fuzz_str(data, size), path = fuzz_first_line(&line), found;
	const json_t *value;
	char name[256];
	json_t *root;

	if (path.len >= sizeof(name) || memchr(path.data != NULL ? path.data : "", '\0', path.len) != NULL)
		return 0;
	if (path.len > 0)
		memcpy(name, path.data, path.len);
	name[path.len] = '\0';
	buf_clear(&text);
	buf_clear(&request);
	found = member_find(line, name);
	member_as_text(found, &text);
	if (request_subscribe(&request, line, "7", "a") == 0)
		fuzz_require(member_is_object(buf_str(&request)), line);
	root = json_loadb(line.data != NULL ? line.data : "", line.len, JSON_REJECT_DUPLICATES, NULL);
	value = walk(root, path);
	/* the library passes over a NUL behind a number, where a line of ours has none */
	if (json_is_object(root) && memchr(line.data, '\0', line.len) == NULL) {
		fuzz_require(member_is_object(line) || line.len > MEMBER_DEPTH_MAX, line);
		if (json_is_string(value) && strchr(name, '\\') == NULL && member_is_object(line))
			fuzz_require(str_eq(buf_str(&text), str_from(json_string_value(value))), line);
	}
	json_decref(root);
	return 0;
}
