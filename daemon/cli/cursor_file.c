/* SPDX-License-Identifier: ISC */
/* The cursor file of sitrep tail --state. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client.h"

int cursor_place_set(struct cursor_place *place, const char *cursor, const char *instance)
{
	size_t cursor_len = strlen(cursor), instance_len = strlen(instance);

	memset(place, 0, sizeof(*place));
	if (cursor_len >= sizeof(place->cursor) || instance_len >= sizeof(place->instance))
		return -EINVAL;
	memcpy(place->cursor, cursor, cursor_len);
	memcpy(place->instance, instance, instance_len);
	return 0;
}

/* text is digits with optional white space around them; without digits the cursor is "". */
static int cursor_read(struct str text, char cursor[CURSOR_TEXT_MAX])
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

static int read_place(struct str text, struct cursor_place *place)
{
	struct str cursor = STR_NONE, instance = str_trim(text);

	if (!str_split(&instance, ' ', &cursor))
		return cursor_read(text, place->cursor);
	if (instance.len != 0 && instance.len != CURSOR_INSTANCE_MAX - 1)
		return -EINVAL;
	for (size_t i = 0; i < instance.len; i++)
		if (!char_is_alpha(instance.data[i]) && !char_is_digit(instance.data[i]))
			return -EINVAL;
	if (instance.len > 0)
		memcpy(place->instance, instance.data, instance.len);
	return cursor_read(cursor, place->cursor);
}

/* A device or a pipe holds no cursor, and would be replaced by a file. */
static int check_kind(const char *path, struct error *err)
{
	struct stat st;

	if (stat(path, &st) != 0)
		return errno == ENOENT ? 0 : error_sys(err, -errno, "cannot read %s", path);
	if (S_ISDIR(st.st_mode))
		return error_sys(err, -EISDIR, "cannot read %s", path);
	return S_ISREG(st.st_mode) ? 0 : error_set(err, -EINVAL, "%s is no file that can hold a cursor", path);
}

int cursor_file_load(const char *path, struct cursor_place *place, struct error *err)
{
	char text[2 * CURSOR_TEXT_MAX];
	size_t len;
	int result = check_kind(path, err);
	FILE *f;

	*place = (struct cursor_place){.cursor = ""};
	if (result != 0)
		return result;
	f = fopen(path, "re");
	if (f == NULL)
		return errno == ENOENT ? 0 : error_sys(err, -errno, "cannot read %s", path);
	errno = 0;
	len = fread(text, 1, sizeof(text), f);
	if (ferror(f) != 0)
		result = error_sys(err, errno != 0 ? -errno : -EIO, "cannot read %s", path);
	else if (len == sizeof(text) || read_place(str_make(text, len), place) != 0)
		result = error_set(err, -EINVAL, "%s does not hold a cursor: remove it to begin with new events", path);
	fclose(f);
	return result;
}

int cursor_file_save(const char *path, const struct cursor_place *place, struct error *err)
{
	struct buf beside = BUF_INIT(4096);
	char *target;
	FILE *f;
	int result = check_kind(path, err);

	if (result != 0)
		return result;
	/* A symbolic link stays, and the file that it leads to is replaced.  NULL: there is no file yet. */
	target = realpath(path, NULL);
	/* Two processes with one cursor file must not write into the same file. */
	if (buf_printf(&beside, "%s.%ld.new", target != NULL ? target : path, (long)getpid()) != 0) {
		free(target);
		return error_sys(err, beside.failed, "cannot write %s", path);
	}
	f = fopen(beside.data, "we");
	if (f == NULL ||
		fprintf(f, "%s%s%s\n", place->cursor, place->instance[0] != '\0' ? " " : "", place->instance) < 0 ||
		fflush(f) != 0 || fsync(fileno(f)) != 0)
		result = error_sys(err, -errno, "cannot write %s", beside.data);
	if (f != NULL && fclose(f) != 0 && result == 0)
		result = error_sys(err, -errno, "cannot write %s", beside.data);
	if (result == 0 && rename(beside.data, target != NULL ? target : path) != 0)
		result = error_sys(err, -errno, "cannot write %s", path);
	if (result != 0 && f != NULL)
		unlink(beside.data);
	free(target);
	buf_release(&beside);
	return result;
}
