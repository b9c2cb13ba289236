/* SPDX-License-Identifier: ISC */
/* The cursor file of sitrep tail --state. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "client.h"

int cursor_read(struct str text, char cursor[CURSOR_TEXT_MAX])
{
	struct str digits = str_trim(text);

	cursor[0] = '\0';
	if (digits.len >= CURSOR_TEXT_MAX)
		return -EINVAL;
	for (size_t i = 0; i < digits.len; i++)
		if (!char_is_digit(digits.data[i]))
			return -EINVAL;
	if (digits.len > 0)
		memcpy(cursor, digits.data, digits.len);
	cursor[digits.len] = '\0';
	return 0;
}

int cursor_file_load(const char *path, char cursor[CURSOR_TEXT_MAX], struct error *err)
{
	FILE *f = fopen(path, "re");
	char text[2 * CURSOR_TEXT_MAX];
	size_t len;
	int result = 0;

	cursor[0] = '\0';
	if (f == NULL)
		return errno == ENOENT ? 0 : error_sys(err, -errno, "cannot read %s", path);
	errno = 0;
	len = fread(text, 1, sizeof(text), f);
	if (ferror(f) != 0)
		result = error_sys(err, errno != 0 ? -errno : -EIO, "cannot read %s", path);
	else if (len == sizeof(text) || cursor_read(str_make(text, len), cursor) != 0)
		result = error_set(err, -EINVAL, "%s does not hold a cursor", path);
	(void)fclose(f);
	return result;
}

int cursor_file_save(const char *path, const char *cursor, struct error *err)
{
	struct buf beside = BUF_INIT(4096);
	FILE *f;
	int result = 0;

	if (buf_printf(&beside, "%s.new", path) != 0)
		return error_sys(err, beside.failed, "cannot write %s", path);
	f = fopen(beside.data, "we");
	if (f == NULL || fprintf(f, "%s\n", cursor) < 0 || fflush(f) != 0 || fsync(fileno(f)) != 0)
		result = error_sys(err, -errno, "cannot write %s", beside.data);
	if (f != NULL && fclose(f) != 0 && result == 0)
		result = error_sys(err, -errno, "cannot write %s", beside.data);
	if (result == 0 && rename(beside.data, path) != 0)
		result = error_sys(err, -errno, "cannot write %s", path);
	buf_release(&beside);
	return result;
}
