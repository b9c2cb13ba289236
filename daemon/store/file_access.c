/* SPDX-License-Identifier: ISC */
#include "sitrep/store/file_access.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sitrep/base/buf.h"
#include "sitrep/base/str.h"

enum { PATH_LEN_MAX = 4096, NAME_LEN_MAX = 64, NSS_MAX = 16 * 1024 };

/* The folder first: without access to it, nothing in it can be checked. */
static const char *const names[] = {"", "/sitrepd.db", "/sitrepd.db-wal", "/sitrepd.db-shm", "/sitrepd.lock"};

enum { FILES = sizeof(names) / sizeof(names[0]) };

struct file {
	char path[PATH_LEN_MAX];
	struct stat st;
	bool is_refused; /* by owner or mode */
};

/* ---- error texts ---- */

static void name_user(uid_t uid, char name[NAME_LEN_MAX])
{
	char room[NSS_MAX];
	struct passwd user, *found = NULL;

	if (getpwuid_r(uid, &user, room, sizeof(room), &found) != 0 || found == NULL ||
		snprintf(name, NAME_LEN_MAX, "%s", user.pw_name) >= NAME_LEN_MAX)
		snprintf(name, NAME_LEN_MAX, "%lu", (unsigned long)uid);
}

static void name_group(gid_t gid, char name[NAME_LEN_MAX])
{
	char room[NSS_MAX];
	struct group group, *found = NULL;

	if (getgrgid_r(gid, &group, room, sizeof(room), &found) != 0 || found == NULL ||
		snprintf(name, NAME_LEN_MAX, "%s", group.gr_name) >= NAME_LEN_MAX)
		snprintf(name, NAME_LEN_MAX, "%lu", (unsigned long)gid);
}

/* Quotes the path for a shell. */
static void add_path(struct buf *out, const char *path)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+,:@%";

	if (path[0] != '-' && path[strspn(path, plain)] == '\0') {
		buf_puts(out, path);
		return;
	}
	buf_putc(out, '\'');
	for (; *path != '\0'; path++)
		(void)(*path == '\'' ? buf_puts(out, "'\\''") : buf_putc(out, *path));
	buf_putc(out, '\'');
}

static mode_t wanted_mode(const struct file *f)
{
	return S_ISDIR(f->st.st_mode) ? S_IRWXU : S_IRUSR | S_IWUSR;
}

static void add_paths(struct buf *out, const struct file *files, bool (*which)(const struct file *f))
{
	for (size_t i = 0; i < FILES; i++) {
		if (!files[i].is_refused || !which(&files[i]))
			continue;
		buf_putc(out, ' ');
		add_path(out, files[i].path);
	}
}

static bool is_of_another(const struct file *f)
{
	return f->st.st_uid != geteuid();
}

static bool has_wrong_mode(const struct file *f)
{
	return (f->st.st_mode & wanted_mode(f)) != wanted_mode(f);
}

static bool any_refused(const struct file *files, bool (*which)(const struct file *f))
{
	for (size_t i = 0; i < FILES; i++)
		if (files[i].is_refused && which(&files[i]))
			return true;
	return false;
}

/* One command for all refused files. */
static void add_command(struct buf *out, const struct file *files)
{
	bool by_owner = any_refused(files, is_of_another), by_mode = any_refused(files, has_wrong_mode);
	char user[NAME_LEN_MAX], group[NAME_LEN_MAX];

	name_user(geteuid(), user);
	name_group(getegid(), group);
	if (by_owner) {
		buf_printf(out, "chown %s:%s", user, group);
		add_paths(out, files, is_of_another);
	}
	if (by_owner && by_mode)
		buf_puts(out, " && ");
	if (by_mode) {
		buf_puts(out, "chmod u+rwX");
		add_paths(out, files, has_wrong_mode);
	}
	if (by_owner || by_mode)
		return;
	buf_puts(out, "getfacl ");
	add_path(out, files[0].path);
}

static void add_whole_folder(struct buf *out, const struct file *files)
{
	bool by_owner = any_refused(files, is_of_another);
	char user[NAME_LEN_MAX];

	name_user(geteuid(), user);
	if (by_owner)
		buf_printf(out, "chown -R %s: ", user);
	else
		buf_puts(out, "chmod -R u+rwX ");
	add_path(out, files[0].path);
}

/* ---- checks ---- */

static const char *kind_of(const struct file *f)
{
	return S_ISDIR(f->st.st_mode) ? "the state folder " : "";
}

static int refuse_owner(const struct file *f, const struct file *files, struct error *err)
{
	struct buf command = BUF_INIT(4 * FILES * PATH_LEN_MAX), text = BUF_INIT(2 * PATH_LEN_MAX);
	char owner[NAME_LEN_MAX], group[NAME_LEN_MAX], user[NAME_LEN_MAX];

	name_user(f->st.st_uid, owner);
	name_group(f->st.st_gid, group);
	name_user(geteuid(), user);
	buf_printf(&text,
		"cannot write to %s%s: it belongs to %s:%s, its mode is %04o, and sitrepd runs as %s; to mend it: ",
		kind_of(f), f->path, owner, group, (unsigned)f->st.st_mode & 07777, user);
	add_command(&command, files);
	/* A cut command is useless: if it is too long, give one for the whole folder. */
	if (text.len + command.len >= ERROR_TEXT_MAX) {
		buf_clear(&command);
		add_whole_folder(&command, files);
	}
	error_set(err, -EACCES, "%.*s%.*s", STR_ARG(buf_str(&text)), STR_ARG(buf_str(&command)));
	buf_release(&command);
	buf_release(&text);
	return -EACCES;
}

/* The path stands between the two parts of the command. */
static int refuse_with(
	const struct file *f, int code, const char *reason, const char *before, const char *after, struct error *err)
{
	struct buf path = BUF_INIT(4 * PATH_LEN_MAX);

	add_path(&path, f->path);
	error_set(err, -code, "cannot write to %s%s: %s; to mend it: %s%.*s%s", kind_of(f), f->path, reason, before,
		STR_ARG(buf_str(&path)), after);
	buf_release(&path);
	return -code;
}

/* Finds the folder above the state folder that cannot be passed. */
static int refuse_parent(const char *path, struct error *err)
{
	struct file parent = {.path = ""};

	for (size_t len = 1; path[len] != '\0' && len < sizeof(parent.path); len++) {
		if (path[len] != '/')
			continue;
		memcpy(parent.path, path, len);
		parent.path[len] = '\0';
		if (faccessat(AT_FDCWD, parent.path, X_OK, AT_EACCESS) != 0)
			return refuse_with(&parent, errno, "other users may not enter it", "chmod o+x ", "", err);
	}
	return error_sys(err, -EACCES, "cannot open the state folder %s", path);
}

/* File flags that bind root too: immutable, append-only. */
static int check_flags(const struct file *f, struct error *err)
{
	struct statx stx;

	if (statx(AT_FDCWD, f->path, 0, STATX_TYPE, &stx) != 0)
		return 0;
	if ((stx.stx_attributes & STATX_ATTR_IMMUTABLE) != 0)
		return refuse_with(f, EPERM, "it has the immutable flag", "chattr -i ", "", err);
	if ((stx.stx_attributes & STATX_ATTR_APPEND) != 0)
		return refuse_with(f, EPERM, "it has the append-only flag", "chattr -a ", "", err);
	return 0;
}

static int check_file(struct file *f, struct error *err)
{
	int mode = S_ISDIR(f->st.st_mode) ? R_OK | W_OK | X_OK : R_OK | W_OK;
	int result = check_flags(f, err);

	if (result != 0 || faccessat(AT_FDCWD, f->path, mode, AT_EACCESS) == 0)
		return result;
	if (errno == EROFS)
		return refuse_with(f, EROFS, "its file system is read-only",
			"mount -o remount,rw \"$(findmnt -no TARGET -T ", ")\"", err);
	if (errno != EACCES)
		return error_sys(err, -errno, "cannot write to %s%s", kind_of(f), f->path);
	f->is_refused = true;
	return 0;
}

int file_access_check(const char *dir, struct error *err)
{
	struct file files[FILES] = {0};

	for (size_t i = 0; i < FILES; i++) {
		struct file *f = &files[i];
		int n = snprintf(f->path, sizeof(f->path), "%s%s", dir, names[i]), result;

		if (n < 0 || n >= (int)sizeof(f->path))
			return error_set(err, -ENAMETOOLONG, "the name of the state folder is too long");
		if (stat(f->path, &f->st) != 0) {
			if (errno == EACCES && i == 0)
				return refuse_parent(dir, err);
			/* The file does not exist yet, or the folder is refused, which is reported below. */
			continue;
		}
		if (i == 0 ? !S_ISDIR(f->st.st_mode) : !S_ISREG(f->st.st_mode))
			return error_set(err, i == 0 ? -ENOTDIR : -EINVAL,
				i == 0 ? "the state folder %s is not a folder" : "%s is not an ordinary file", f->path);
		result = check_file(f, err);
		if (result != 0)
			return result;
	}
	for (size_t i = 0; i < FILES; i++)
		if (files[i].is_refused)
			return refuse_owner(&files[i], files, err);
	return 0;
}
