/* SPDX-License-Identifier: ISC */
#include "rule_image.h"

#include <errno.h>
#include <string.h>

static const char magic[32] = "sitrep rules " SITREP_VERSION;

struct image_head {
	char magic[sizeof(magic)];
	uint64_t size;
	struct {
		uint64_t at, bytes;
	} arrays[IMAGE_ARRAYS];
};

void image_begin(struct buf *out)
{
	struct image_head head;

	memset(&head, 0, sizeof(head));
	memcpy(head.magic, magic, sizeof(magic));
	buf_clear(out);
	buf_append(out, &head, sizeof(head));
}

void image_put(struct buf *out, enum image_array which, const void *items, size_t count, size_t size)
{
	static const char zeros[IMAGE_ALIGNMENT];
	size_t odd = out->len % IMAGE_ALIGNMENT;

	if (odd > 0)
		buf_append(out, zeros, IMAGE_ALIGNMENT - odd);
	if (out->failed == 0) {
		struct image_head *head = (struct image_head *)(void *)out->data;

		head->arrays[which].at = out->len;
		head->arrays[which].bytes = count * size;
	}
	if (count > 0)
		buf_append(out, items, count * size);
}

int image_end(struct buf *out)
{
	if (out->failed == 0)
		((struct image_head *)(void *)out->data)->size = out->len;
	return out->failed;
}

int image_check(struct str image, struct error *err)
{
	const struct image_head *head = (const struct image_head *)(const void *)image.data;

	if (image.len < sizeof(*head) || memcmp(head->magic, magic, sizeof(magic)) != 0)
		return error_set(err, -EINVAL, "the compiled rules are not of this version");
	if (head->size != image.len)
		return error_set(err, -EINVAL, "the compiled rules are cut off");
	for (size_t i = 0; i < IMAGE_ARRAYS; i++)
		if (head->arrays[i].at % IMAGE_ALIGNMENT != 0 || head->arrays[i].at > image.len ||
			head->arrays[i].bytes > image.len - head->arrays[i].at)
			return error_set(err, -EINVAL, "the compiled rules are damaged");
	return 0;
}

const void *image_get(struct str image, enum image_array which, size_t size, size_t *count)
{
	const struct image_head *head = (const struct image_head *)(const void *)image.data;

	if (count != NULL)
		*count = (size_t)head->arrays[which].bytes / size;
	return image.data + head->arrays[which].at;
}
