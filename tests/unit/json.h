/* SPDX-License-Identifier: ISC */
/* json.h: what was written as JSON, read by a library that is not ours. */
#ifndef SITREP_TEST_JSON_H
#define SITREP_TEST_JSON_H

#include <jansson.h>

#include "scratch.h"

static inline void json_drop(void *root)
{
	json_decref(root);
}

/* Reads the text and releases it; what was read is there until the test ends. */
static inline json_t *json_take(struct buf *text)
{
	json_error_t why;
	json_t *root = json_loadb(text->data, text->len, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &why);

	if (root == NULL)
		fail_msg("%s in %s", why.text, text->data);
	buf_release(text);
	test_keep(root, json_drop);
	return root;
}

/* The member at a path like "items.0.title"; NULL when there is none. */
static inline const json_t *at(const json_t *node, const char *path)
{
	struct str rest = str_from(path), step;

	while (str_split(&rest, '.', &step)) {
		char key[64];
		long long index;

		snprintf(key, sizeof(key), "%.*s", STR_ARG(step));
		node = str_to_int(step, &index) ? json_array_get(node, (size_t)index) : json_object_get(node, key);
	}
	return node;
}

static inline void assert_json(const json_t *root, const char *path, const char *expected)
{
	const char *value = json_string_value(at(root, path));

	if (value == NULL || strcmp(value, expected) != 0)
		fail_msg("%s is \"%s\", not \"%s\"", path, value != NULL ? value : "absent", expected);
}

#endif
