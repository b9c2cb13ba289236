/* SPDX-License-Identifier: ISC */
/* Files that the daemon's user may not write are told with owner and mode, and the command that is named mends it. */
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "../test.h"
#include "sitrep/base/error.h"
#include "sitrep/store/file_access.h"

enum { NOBODY = 65534 };

struct folder {
	char top[128]; /* anybody may look into it */
	char dir[160];
};

static void setup(struct folder *f)
{
	snprintf(f->top, sizeof(f->top), "%s", P_tmpdir "/sitrep-access-XXXXXX");
	assert_non_null(mkdtemp(f->top));
	assert_int_equal(chmod(f->top, 0755), 0);
	/* a name that a shell would take apart */
	snprintf(f->dir, sizeof(f->dir), "%s/it's $HOME", f->top);
	assert_int_equal(mkdir(f->dir, 0700), 0);
}

static void teardown(struct folder *f)
{
	char command[512];

	snprintf(command, sizeof(command), "chmod -R u+rwX %s && rm -rf %s", f->top, f->top);
	assert_int_equal(system(command), 0);
}

FIXTURE(folder, setup, teardown)

static void make(const struct folder *f, const char *name, bool is_ours, mode_t mode)
{
	char path[256];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", f->dir, name);
	fd = open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	if (geteuid() == 0)
		assert_int_equal(fchown(fd, is_ours ? NOBODY : 0, is_ours ? NOBODY : 0), 0);
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

static void set_folder(const struct folder *f, bool is_ours, mode_t mode)
{
	if (geteuid() == 0)
		assert_int_equal(chown(f->dir, is_ours ? NOBODY : 0, is_ours ? NOBODY : 0), 0);
	assert_int_equal(chmod(f->dir, mode), 0);
}

/* As the daemon's user: root may write everywhere. */
static int check_as(uid_t uid, const char *dir, struct error *err)
{
	int ends[2];
	pid_t child;

	*err = (struct error){0};
	assert_int_equal(pipe(ends), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		if (uid != geteuid() && (setgid(uid) != 0 || setuid(uid) != 0))
			_exit(1);
		err->code = file_access_check(dir, err);
		_exit(write(ends[1], err, sizeof(*err)) == (ssize_t)sizeof(*err) ? 0 : 1);
	}
	close(ends[1]);
	assert_int_equal(read(ends[0], err, sizeof(*err)), sizeof(*err));
	close(ends[0]);
	assert_int_equal(waitpid(child, NULL, 0), child);
	return err->code;
}

static int check(const struct folder *f, struct error *err)
{
	return check_as(geteuid() == 0 ? NOBODY : geteuid(), f->dir, err);
}

static void carry_out_command(const struct error *err)
{
	static const char words[] = "to mend it: ";
	const char *command = strstr(err->text, words);

	assert_non_null(command);
	assert_int_equal(system(command + sizeof(words) - 1), 0);
}

static void assert_refused(const struct folder *f, int code, const char *first, const char *second)
{
	struct error err;

	assert_int_equal(check(f, &err), code);
	assert_ok(strstr(err.text, first) != NULL && strstr(err.text, second) != NULL, err);
	carry_out_command(&err);
	if (check(f, &err) != 0)
		fail_msg("still: %s", err.text);
}

TEST_ON(nothing_there_yet, folder, f)
{
	struct error err;

	set_folder(f, true, 0700);
	assert_int_equal(check(f, &err), 0);
	snprintf(f->dir + strlen(f->dir), sizeof(f->dir) - strlen(f->dir), "/none");
	assert_int_equal(check(f, &err), 0);
}

TEST_ON(wrong_modes, folder, f)
{
	static const char *const names[] = {"sitrepd.db", "sitrepd.db-wal", "sitrepd.db-shm", "sitrepd.lock"};

	set_folder(f, true, 0700);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		make(f, names[i], true, 0444);
		assert_refused(f, -EACCES, names[i], "mode is 0444");
		make(f, names[i], true, 0200);
		assert_refused(f, -EACCES, names[i], "mode is 0200");
	}
	set_folder(f, true, 0500);
	assert_refused(f, -EACCES, "the state folder", "mode is 0500");
	set_folder(f, true, 0600);
	assert_refused(f, -EACCES, "the state folder", "mode is 0600");
}

/* As root leaves them that restores a backup. */
TEST_ON(files_of_root, folder, f)
{
	static const char *const names[] = {"sitrepd.db", "sitrepd.db-wal", "sitrepd.db-shm", "sitrepd.lock"};

	if (geteuid() != 0)
		skip();
	set_folder(f, true, 0700);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		make(f, names[i], false, 0644);
		assert_refused(f, -EACCES, names[i], "belongs to root:root, its mode is 0644");
	}
	make(f, names[0], false, 0400);
	assert_refused(f, -EACCES, names[0], " && chmod");
	/* all at once */
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		make(f, names[i], false, 0600);
	set_folder(f, false, 0755);
	assert_refused(f, -EACCES, "the state folder", "sitrepd.db-shm");
	/* by its group is right too */
	make(f, names[0], false, 0660);
	{
		struct error err;
		char path[256];

		snprintf(path, sizeof(path), "%s/sitrepd.db", f->dir);
		assert_int_equal(chown(path, 0, NOBODY), 0);
		assert_int_equal(check(f, &err), 0);
	}
}

TEST_ON(long_names, folder, f)
{
	struct folder deep = *f;

	if (geteuid() != 0)
		skip();
	memset(deep.dir + strlen(deep.dir), 'x', sizeof(deep.dir) - strlen(deep.dir) - 1);
	deep.dir[strlen(f->dir)] = '-';
	assert_int_equal(mkdir(deep.dir, 0700), 0);
	make(&deep, "sitrepd.db", false, 0644);
	make(&deep, "sitrepd.db-wal", false, 0644);
	set_folder(&deep, true, 0700);
	assert_refused(&deep, -EACCES, "sitrepd.db: it belongs", "chown -R");
}

TEST_ON(no_way_in, folder, f)
{
	if (geteuid() != 0)
		skip();
	set_folder(f, true, 0700);
	assert_int_equal(chmod(f->top, 0700), 0);
	assert_refused(f, -EACCES, "other users may not enter it", f->top);
}

TEST_ON(not_a_file, folder, f)
{
	struct error err;
	char path[256];

	set_folder(f, true, 0700);
	snprintf(path, sizeof(path), "%s/sitrepd.db", f->dir);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(check(f, &err), -EINVAL);
	assert_non_null(strstr(err.text, "not an ordinary file"));
}

static bool runs(const char *command, const char *path)
{
	char full[512];

	snprintf(full, sizeof(full), "%s %s 2>/dev/null", command, path);
	return system(full) == 0;
}

TEST_ON(read_only_file_system, folder, f)
{
	struct error err;

	snprintf(f->dir, sizeof(f->dir), "%s/plain", f->top);
	assert_int_equal(mkdir(f->dir, 0777), 0);
	if (geteuid() != 0 || !runs("mount -t tmpfs -o size=1m tmpfs", f->dir))
		skip();
	set_folder(f, true, 0700);
	make(f, "sitrepd.db", true, 0600);
	assert_true(runs("mount -o remount,ro", f->dir));
	/* root too */
	assert_int_equal(check_as(0, f->dir, &err), -EROFS);
	assert_int_equal(check(f, &err), -EROFS);
	assert_non_null(strstr(err.text, "read-only"));
	carry_out_command(&err);
	assert_int_equal(check(f, &err), 0);
	assert_true(runs("umount -l", f->dir));
}

TEST_ON(flags, folder, f)
{
	static const char *const flags[] = {"i", "a"};
	struct error err;
	char command[64], path[256];

	snprintf(f->dir, sizeof(f->dir), "%s/plain", f->top);
	assert_int_equal(mkdir(f->dir, 0777), 0);
	set_folder(f, true, 0700);
	make(f, "sitrepd.db", true, 0600);
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		snprintf(command, sizeof(command), "chattr +%s", flags[i]);
		snprintf(path, sizeof(path), "%s/sitrepd.db", f->dir);
		if (geteuid() != 0 || !runs(command, path))
			skip();
		assert_int_equal(check(f, &err), -EPERM);
		assert_int_equal(check_as(0, f->dir, &err), -EPERM);
		carry_out_command(&err);
		assert_int_equal(check(f, &err), 0);
	}
}
