/* SPDX-License-Identifier: ISC */
/* The folder of static files: writing, keeping, sweeping. */
#include "export_files.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "compression.h"
#include "sitrep/base/array.h"
#include "sitrep/base/buf.h"
#include "sitrep/base/file.h"
#include "sitrep/base/sha256.h"

enum {
	NAME_MAX_LEN = 1024,
	/* A part of a name, with room for the suffixes of archives and forms. */
	PART_MAX_LEN = 220,
	DIGEST_BYTES = 16,
	LIST_MAX = 256 * 1024 * 1024,
};

static const char list_name[] = ".sitrepd-files", list_beside[] = ".sitrepd-files.new", beside[] = ".sitrepd-new";

/* A file that was written. */
struct exported {
	char *name;
	char digest[2 * DIGEST_BYTES + 1]; /* "": it is being written */
	int64_t size;
	bool closed, seen, dropped;
};

struct export_files {
	char *directory;
	int fd;      /* of the folder */
	int list_fd; /* names are appended before their files are made */
	void *by_name;
	struct exported **items;
	size_t count, cap;
	size_t story; /* looked at last by export_files_next_story() */
	bool changed; /* the list has to be written */
};

/* ---- the list ---- */

static int by_name(const void *a, const void *b)
{
	const struct exported *left = a, *right = b;

	return strcmp(left->name, right->name);
}

static struct exported *find_exported(const struct export_files *f, const char *name)
{
	const struct exported wanted = {.name = (char *)name};
	struct exported *const *found = tfind(&wanted, &f->by_name, by_name);

	return found != NULL ? *found : NULL;
}

/* NULL without memory. */
static struct exported *add_exported(struct export_files *f, struct str name)
{
	struct exported *x = calloc(1, sizeof(*x));

	if (x == NULL)
		return NULL;
	x->name = strndup(name.data, name.len);
	if (x->name == NULL || array_reserve(&f->items, &f->cap, f->count + 1, sizeof(*f->items)) != 0 ||
		tsearch(x, &f->by_name, by_name) == NULL) {
		free(x->name);
		free(x);
		return NULL;
	}
	f->items[f->count++] = x;
	return x;
}

static void free_exported(struct exported *x)
{
	free(x->name);
	free(x);
}

/* "DIGEST SIZE c NAME": c for a closed archive, else "-".  A damaged line is skipped; its file then counts
 * as not ours and is left alone. */
static int read_line(struct export_files *f, struct str line)
{
	struct str digest, size, flag;
	long long bytes;
	struct exported *x;
	char name[NAME_MAX_LEN];

	if (!str_split(&line, ' ', &digest) || !str_split(&line, ' ', &size) || !str_split(&line, ' ', &flag) ||
		!str_to_int(size, &bytes) || line.len >= sizeof(name) || digest.len >= sizeof(x->digest))
		return 0;
	snprintf(name, sizeof(name), "%.*s", STR_ARG(line));
	if (!export_files_name_is_good(name))
		return 0;
	x = find_exported(f, name);
	if (x == NULL)
		x = add_exported(f, line);
	if (x == NULL)
		return -ENOMEM;
	snprintf(x->digest, sizeof(x->digest), "%.*s", digest.len > 1 ? (int)digest.len : 0, digest.data);
	x->size = bytes;
	x->closed = str_eq(flag, STR("c"));
	return 0;
}

static int read_list(struct export_files *f)
{
	struct buf text = BUF_INIT(LIST_MAX);
	int fd = openat(f->fd, list_name, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW), result = fd < 0 ? -errno : 0;
	struct str rest, line;

	if (result == -ENOENT)
		return 0;
	if (result == 0)
		result = file_read_fd(fd, &text);
	if (fd >= 0)
		close(fd);
	rest = buf_str(&text);
	while (result == 0 && str_split(&rest, '\n', &line))
		result = read_line(f, line);
	buf_release(&text);
	return result;
}

static int write_all(int fd, struct str text)
{
	while (text.len > 0) {
		ssize_t n = write(fd, text.data, text.len);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0)
			text = str_slice(text, (size_t)n, text.len);
	}
	return 0;
}

/* ---- files ---- */

bool export_files_name_is_good(const char *name)
{
	struct str rest = str_from(name), part;

	if (rest.len == 0 || rest.len > NAME_MAX_LEN - 64 || rest.data[rest.len - 1] == '/')
		return false;
	for (size_t i = 0; i < rest.len; i++)
		if ((unsigned char)rest.data[i] < ' ')
			return false;
	while (str_split(&rest, '/', &part))
		if (part.len == 0 || part.len > PART_MAX_LEN || part.data[0] == '.')
			return false;
	return true;
}

/* Opens the folder of name, and makes it first with makes; *last becomes the name in it.  A descriptor or a negative
 * code. */
static int open_parent(const struct export_files *f, const char *name, bool makes, const char **last)
{
	struct str rest = str_from(name), part;
	int fd = fcntl(f->fd, F_DUPFD_CLOEXEC, 0);

	*last = strrchr(name, '/') != NULL ? strrchr(name, '/') + 1 : name;
	while (fd >= 0 && str_find_char(rest, '/', 0) != STR_NPOS) {
		char folder[PART_MAX_LEN + 1];
		int next;

		str_split(&rest, '/', &part);
		snprintf(folder, sizeof(folder), "%.*s", STR_ARG(part));
		if (makes && mkdirat(fd, folder, 0755) != 0 && errno != EEXIST) {
			int result = -errno;

			close(fd);
			return result;
		}
		next = openat(fd, folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		close(fd);
		fd = next;
	}
	return fd >= 0 ? fd : -errno;
}

static bool is_there(const struct export_files *f, const struct exported *x)
{
	struct stat st;

	return fstatat(f->fd, x->name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) && st.st_size == x->size;
}

/* O_NONBLOCK: a pipe of that name fails at once; the thread would wait for its reader, and the daemon's end for the
 * thread. */
static int write_beside(int folder, const char *name, struct str bytes)
{
	int fd = openat(folder, name, O_WRONLY | O_CREAT | O_TRUNC | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC, 0644), result;

	if (fd < 0)
		return -errno;
	/* Not synchronised: a file that a power failure has cut has another size than the list says, and is written
	 * again. */
	result = write_all(fd, bytes);
	if (close(fd) != 0 && result == 0)
		result = -errno;
	if (result != 0)
		unlinkat(folder, name, 0);
	return result;
}

static int replace_file(const struct export_files *f, const char *name, struct str bytes)
{
	const char *last;
	int folder = open_parent(f, name, true, &last), result;

	if (folder < 0)
		return folder;
	result = write_beside(folder, beside, bytes);
	if (result == 0 && renameat(folder, beside, folder, last) != 0) {
		result = -errno;
		unlinkat(folder, beside, 0);
	}
	close(folder);
	return result;
}

/* Appends a name to the list before its file is made, so that no file is without its line. */
static int list_new_name(struct export_files *f, const char *name, struct exported **x)
{
	struct buf line = BUF_INIT(2 * NAME_MAX_LEN);
	struct stat st;
	int result;

	if (fstatat(f->fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
		return -EEXIST;
	/* An earlier line may have been cut by a full disk. */
	buf_printf(&line, "\n- 0 - %s\n", name);
	result = line.failed != 0 ? line.failed : write_all(f->list_fd, buf_str(&line));
	buf_release(&line);
	if (result != 0)
		return result;
	*x = add_exported(f, str_from(name));
	return *x != NULL ? 0 : -ENOMEM;
}

/* 1: written; 0: the file has these bytes. */
static int write_one(struct export_files *f, const char *name, struct str bytes, bool closed)
{
	struct exported *x = find_exported(f, name);
	uint8_t digest[SHA256_LEN];
	char hex[2 * DIGEST_BYTES + 1];
	int result = 0;

	sha256_of(&bytes, 1, digest);
	hex_encode(hex, digest, DIGEST_BYTES);
	if (x != NULL && strcmp(x->digest, hex) == 0 && is_there(f, x)) {
		f->changed = f->changed || x->closed != closed;
		x->closed = closed;
		x->seen = true;
		return 0;
	}
	if (x == NULL)
		result = list_new_name(f, name, &x);
	if (result != 0)
		return result;
	f->changed = true;
	x->seen = true;
	x->digest[0] = '\0';
	result = replace_file(f, name, bytes);
	if (result != 0)
		return result;
	memcpy(x->digest, hex, sizeof(hex));
	x->size = (int64_t)bytes.len;
	x->closed = closed;
	return 1;
}

/* ---- compressed forms ---- */

static bool make_form_name(char form[NAME_MAX_LEN], const char *name, int coding)
{
	const char *suffix = compression_suffix((enum compression_coding)coding);

	return suffix != NULL && snprintf(form, NAME_MAX_LEN, "%s.%s", name, suffix) < NAME_MAX_LEN;
}

/* Marks the forms of an unchanged file as seen.  False: one of them is lost. */
static bool keep_forms(struct export_files *f, const char *name)
{
	char form[NAME_MAX_LEN];

	for (int i = 0; i < COMPRESSION_CODINGS; i++) {
		struct exported *x = make_form_name(form, name, i) ? find_exported(f, form) : NULL;

		if (x == NULL)
			continue;
		if (x->digest[0] == '\0' || !is_there(f, x))
			return false;
		x->seen = true;
	}
	return true;
}

static int write_form(struct export_files *f, const char *name, int coding, struct str bytes, bool closed)
{
	struct compression *p = compression_new((enum compression_coding)coding, bytes);
	int result = p != NULL ? 1 : -ENOMEM;
	size_t len = 0;
	char *packed;

	while (result == 1)
		result = compression_step(p);
	packed = result == 0 ? compression_take(p, &len) : NULL;
	compression_free(p);
	if (packed != NULL)
		result = write_one(f, name, str_make(packed, len), closed);
	free(packed);
	/* A form that is not smaller is left out; the sweep removes its earlier file. */
	return result == -ENOSPC && packed == NULL ? 0 : result;
}

int export_files_write(struct export_files *f, const char *name, struct str bytes, bool closed, struct error *err)
{
	char form[NAME_MAX_LEN];
	int result = write_one(f, name, bytes, closed);

	if (result == 0 && keep_forms(f, name))
		return 0;
	snprintf(form, sizeof(form), "%s", name);
	for (int i = 0; i < COMPRESSION_CODINGS && result >= 0; i++)
		if (bytes.len >= COMPRESSION_LEAST && make_form_name(form, name, i))
			result = write_form(f, form, i, bytes, closed);
	if (result == -EEXIST)
		return error_set(err, result,
			"%s/%s is not a file that sitrepd has written, and is left as it is: move it away",
			f->directory, form);
	return result >= 0 ? 0 : error_sys(err, result, "cannot write %s/%s", f->directory, form);
}

/* ---- keeping and sweeping ---- */

/* The number in "STEM.archive-NUMBER.SUFFIX" or a form of it; -1: it has another form. */
static int64_t archive_number(struct str name, struct str stem, struct str suffix)
{
	static const struct str middle = {".archive-", 9};
	struct str digits;
	long long number;

	if (!str_starts(name, stem))
		return -1;
	name = str_slice(name, stem.len, name.len);
	if (!str_starts(name, middle))
		return -1;
	name = str_slice(name, middle.len, name.len);
	if (!str_split(&name, '.', &digits) || !str_starts(name, suffix) || !str_to_int(digits, &number))
		return -1;
	return name.len == suffix.len || name.data[suffix.len] == '.' ? number : -1;
}

bool export_files_keep_archives(struct export_files *f, const char *stem, const char *suffix, int64_t number)
{
	char name[NAME_MAX_LEN];
	const struct exported *newest;

	snprintf(name, sizeof(name), "%s.archive-%" PRId64 ".%s", stem, number, suffix);
	newest = find_exported(f, name);
	if (newest == NULL || !newest->closed || newest->digest[0] == '\0' || !is_there(f, newest))
		return false;
	for (size_t i = 0; i < f->count; i++) {
		int64_t one = archive_number(str_from(f->items[i]->name), str_from(stem), str_from(suffix));

		if (one >= 0 && one <= number)
			f->items[i]->seen = true;
	}
	return true;
}

void export_files_forget(struct export_files *f)
{
	for (size_t i = 0; i < f->count; i++)
		f->items[i]->seen = f->items[i]->dropped = false;
}

static bool is_story(const struct exported *x)
{
	return str_starts(str_from(x->name), STR("story/"));
}

const char *export_files_next_story(struct export_files *f)
{
	for (size_t looked = 0; looked < f->count; looked++) {
		const struct exported *x;

		f->story = f->story + 1 < f->count ? f->story + 1 : 0;
		x = f->items[f->story];
		if (!x->seen && is_story(x) && str_ends(str_from(x->name), STR(".html")))
			return x->name;
	}
	return NULL;
}

void export_files_drop(struct export_files *f, const char *name)
{
	char form[NAME_MAX_LEN];

	for (int i = -1; i < COMPRESSION_CODINGS; i++) {
		struct exported *x = i < 0                           ? find_exported(f, name)
				     : make_form_name(form, name, i) ? find_exported(f, form)
								     : NULL;

		if (x != NULL)
			x->dropped = true;
	}
}

/* Removes the file, and the folders that become empty. */
static int remove_file(const struct export_files *f, const char *name)
{
	char folder[NAME_MAX_LEN];
	const char *last;
	int fd = open_parent(f, name, false, &last), result = fd < 0 ? fd : 0;

	if (result == 0 && unlinkat(fd, last, 0) != 0)
		result = -errno;
	if (fd >= 0)
		close(fd);
	if (result != 0)
		return result == -ENOENT || result == -ENOTDIR || result == -ELOOP ? 0 : result;
	snprintf(folder, sizeof(folder), "%s", name);
	for (char *slash; (slash = strrchr(folder, '/')) != NULL;) {
		*slash = '\0';
		if (unlinkat(f->fd, folder, AT_REMOVEDIR) != 0)
			break;
	}
	return 0;
}

static int write_list(struct export_files *f)
{
	struct buf text = BUF_INIT(LIST_MAX);
	int result;

	for (size_t i = 0; i < f->count; i++) {
		const struct exported *x = f->items[i];

		buf_printf(&text, "%s %" PRId64 " %c %s\n", x->digest[0] != '\0' ? x->digest : "-", x->size,
			x->closed ? 'c' : '-', x->name);
	}
	result = text.failed != 0 ? text.failed : write_beside(f->fd, list_beside, buf_str(&text));
	buf_release(&text);
	if (result == 0 && renameat(f->fd, list_beside, f->fd, list_name) != 0)
		result = -errno;
	return result;
}

static int open_list(struct export_files *f)
{
	if (f->list_fd >= 0)
		close(f->list_fd);
	f->list_fd =
		openat(f->fd, list_name, O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC, 0644);
	return f->list_fd >= 0 ? 0 : -errno;
}

int export_files_sweep(struct export_files *f, struct error *err)
{
	size_t kept = 0;
	int result = 0;

	for (size_t i = 0; i < f->count; i++) {
		struct exported *x = f->items[i];
		bool keeps = (x->seen || is_story(x)) && !x->dropped;
		int removed = keeps || result != 0 ? 0 : remove_file(f, x->name);

		if (removed != 0)
			result = error_sys(err, removed, "cannot remove %s/%s", f->directory, x->name);
		if (keeps || result != 0) {
			x->seen = x->dropped = false;
			f->items[kept++] = x;
			continue;
		}
		tdelete(x, &f->by_name, by_name);
		free_exported(x);
		f->changed = true;
	}
	f->count = kept;
	if (result != 0 || !f->changed)
		return result;
	result = write_list(f);
	if (result == 0)
		result = open_list(f);
	f->changed = result != 0;
	return result == 0 ? 0 : error_sys(err, result, "cannot write %s/%s", f->directory, list_name);
}

/* ---- life ---- */

bool export_files_are_at(const struct export_files *f, const char *directory)
{
	struct stat ours, there;

	return strcmp(f->directory, directory) == 0 && fstat(f->fd, &ours) == 0 && stat(directory, &there) == 0 &&
	       ours.st_dev == there.st_dev && ours.st_ino == there.st_ino;
}

/* Two writers would remove each other's files.  A file system without such locks does without. */
static int lock_folder(const struct export_files *f)
{
	return flock(f->fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK ? -EWOULDBLOCK : 0;
}

struct export_files *export_files_open(const char *directory, struct error *err)
{
	struct export_files *f = calloc(1, sizeof(*f));
	int result = -ENOMEM;

	if (f == NULL)
		return error_sys_null(err, result, "cannot open %s", directory);
	f->fd = f->list_fd = -1;
	f->directory = strdup(directory);
	if (f->directory != NULL) {
		f->fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		result = f->fd < 0 ? -errno : lock_folder(f);
	}
	if (result == 0)
		result = read_list(f);
	if (result == 0)
		result = open_list(f);
	if (result == 0)
		return f;
	if (result == -EWOULDBLOCK)
		error_set(err, result, "another sitrepd writes to the folder %s: give each a folder of its own",
			directory);
	else
		error_sys(err, result, "cannot use the folder %s", directory);
	export_files_close(f);
	return NULL;
}

static void keep_memory(void *x)
{
	(void)x; /* export_files_close() frees the items */
}

void export_files_close(struct export_files *f)
{
	if (f == NULL)
		return;
	tdestroy(f->by_name, keep_memory);
	for (size_t i = 0; i < f->count; i++)
		free_exported(f->items[i]);
	free(f->items);
	if (f->list_fd >= 0)
		close(f->list_fd);
	if (f->fd >= 0)
		close(f->fd);
	free(f->directory);
	free(f);
}
