/* SPDX-License-Identifier: ISC */
/* Where things lie: what was given, what the environment says, and the rest, in that order. */
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "../test.h"
#include "sitrep/base/paths.h"
#include "sitrep/base/str.h"

enum { NOBODY = 65534 };

static void setup(void)
{
	unsetenv("STATE_DIRECTORY");
	unsetenv("RUNTIME_DIRECTORY");
	unsetenv("XDG_RUNTIME_DIR");
	unsetenv("XDG_STATE_HOME");
	setenv("HOME", "/home/ann", 1);
}

/* Takes what it is given. */
static void assert_path(char *path, const char *expected)
{
	assert_non_null(path);
	assert_string_equal(path, expected);
	free(path);
}

TEST_WITH(state_dir, setup, NULL)
{
	static const char *const none[] = {"", "relative", "./x", ":/b"};

	assert_path(paths_state_dir(NULL), "/var/lib/sitrepd");
	assert_path(paths_state_dir("here"), "here");
	setenv("STATE_DIRECTORY", "/var/lib/private/sitrepd", 1);
	assert_path(paths_state_dir(NULL), "/var/lib/private/sitrepd");
	assert_path(paths_state_dir("/given"), "/given");
	/* systemd names all of them; ours is the first */
	setenv("STATE_DIRECTORY", "/a/b:/c/d:/e", 1);
	assert_path(paths_state_dir(NULL), "/a/b");
	/* the service manager's are absolute: what is not is no folder of its making */
	for (size_t i = 0; i < sizeof(none) / sizeof(*none); i++) {
		setenv("STATE_DIRECTORY", none[i], 1);
		assert_path(paths_state_dir(NULL), "/var/lib/sitrepd");
	}
}

TEST_WITH(runtime_dir_of_a_service, setup, NULL)
{
	setenv("XDG_RUNTIME_DIR", "/run/user/1000", 1);
	setenv("RUNTIME_DIRECTORY", "/run/sitrepd-two", 1);
	assert_path(paths_runtime_dir("/state"), "/run/sitrepd-two");
	setenv("RUNTIME_DIRECTORY", "/run/one:/run/two", 1);
	assert_path(paths_runtime_dir("/state"), "/run/one");
}

/* Whether these come out as they should; in a process that may not write to the system's folders. */
static int runtime_dir_without_privilege(void)
{
	static const struct {
		const char *service, *user, *expected;
	} cases[] = {
		{NULL, "/run/user/1000", "/run/user/1000/sitrepd"},
		{"", "/run/user/1000", "/run/user/1000/sitrepd"},
		{"relative", "/run/user/1000", "/run/user/1000/sitrepd"},
		{NULL, NULL, "/state"},
		{NULL, "", "/state"},
		{NULL, "relative", "/state"},
		{"/run/service", NULL, "/run/service"},
	};

	if (geteuid() == 0 && setuid(NOBODY) != 0)
		return 1;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char *path;
		int same;

		setup();
		if (cases[i].service != NULL)
			setenv("RUNTIME_DIRECTORY", cases[i].service, 1);
		if (cases[i].user != NULL)
			setenv("XDG_RUNTIME_DIR", cases[i].user, 1);
		path = paths_runtime_dir("/state");
		same = path != NULL && strcmp(path, cases[i].expected) == 0;
		free(path);
		if (!same)
			return 10 + (int)i;
	}
	return 0;
}

TEST_WITH(runtime_dir_of_a_user, setup, NULL)
{
	int status;
	pid_t child;

	if (access("/run/sitrepd", F_OK) == 0)
		skip(); /* an installed daemon's, which others may be allowed to write */
	child = fork();
	assert_true(child >= 0);
	if (child == 0)
		_exit(runtime_dir_without_privilege());
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

TEST_WITH(runtime_dir_of_root, setup, NULL)
{
	if (access("/run", W_OK) != 0)
		skip();
	assert_path(paths_runtime_dir("/state"), "/run/sitrepd");
	setenv("XDG_RUNTIME_DIR", "/run/user/0", 1);
	assert_path(paths_runtime_dir("/state"), "/run/sitrepd");
}

TEST_WITH(sockets, setup, NULL)
{
	assert_path(paths_stream_socket(NULL, "/run/sitrepd"), "/run/sitrepd/stream.sock");
	assert_path(paths_stream_socket("/else/where", "/run/sitrepd"), "/else/where");
	assert_path(paths_control_socket(NULL, "/run/sitrepd/stream.sock"), "/run/sitrepd/control.sock");
	assert_path(paths_control_socket(NULL, "/else/where"), "/else/control.sock");
	assert_path(paths_control_socket(NULL, "/stream.sock"), "/control.sock");
	assert_path(paths_control_socket(NULL, "stream.sock"), "control.sock");
	assert_path(paths_control_socket("/third", "/run/sitrepd/stream.sock"), "/third");
}

/* Daemon and command line each by itself come to the same names. */
TEST_WITH(both_sides_agree, setup, NULL)
{
	for (int side = 0; side < 2; side++) {
		char *state_dir, *runtime, *stream;

		setup();
		setenv("RUNTIME_DIRECTORY", "/run/sitrepd", 1);
		state_dir = paths_state_dir(NULL);
		runtime = paths_runtime_dir(state_dir);
		stream = paths_stream_socket(NULL, runtime);
		assert_path(paths_control_socket(NULL, stream), "/run/sitrepd/control.sock");
		assert_path(stream, "/run/sitrepd/stream.sock");
		free(runtime);
		free(state_dir);
	}
}

static void assert_places(bool in_service, const char *const *expected, size_t count)
{
	struct paths_places places;

	assert_int_equal(paths_places_init(&places, in_service), 0);
	assert_int_equal(places.count, count);
	for (size_t i = 0; i < count; i++)
		assert_string_equal(places.folders[i], expected[i]);
	paths_places_release(&places);
	assert_int_equal(places.count, 0);
}

TEST_WITH(places, setup, NULL)
{
	static const char *const plain[] = {"/run/sitrepd", "/home/ann/.local/state/sitrepd",
		"/home/ann/.local/state/sitrepd/demo", "/var/lib/sitrepd"};
	static const char *const all[] = {
		"/run/two", "/run/sitrepd", "/run/user/7/sitrepd", "/x/sitrepd", "/x/sitrepd/demo", "/srv/state"};
	static const char *const shell[] = {
		"/run/sitrepd", "/run/user/7/sitrepd", "/x/sitrepd", "/x/sitrepd/demo", "/var/lib/sitrepd"};
	static const char *const homeless[] = {"/run/sitrepd", "/var/lib/sitrepd"};

	assert_places(true, plain, 4);
	setenv("RUNTIME_DIRECTORY", "/run/two:/run/three", 1);
	setenv("XDG_RUNTIME_DIR", "/run/user/7", 1);
	setenv("XDG_STATE_HOME", "/x", 1);
	setenv("STATE_DIRECTORY", "/srv/state", 1);
	assert_places(true, all, 6);
	/* in a shell */
	assert_places(false, shell, 5);
	/* a folder that two rules name stands once; a relative one is nobody's */
	setup();
	setenv("RUNTIME_DIRECTORY", "/run/sitrepd", 1);
	setenv("XDG_RUNTIME_DIR", "relative", 1);
	assert_places(true, plain, 4);
	setup();
	unsetenv("HOME");
	assert_places(true, homeless, 2);
}

TEST_WITH(config, setup, NULL)
{
	char *path = paths_config(NULL);

	assert_non_null(path);
	assert_int_equal(path[0], '/');
	assert_true(str_ends(str_from(path), STR("/sitrepd/sitrepd.conf")));
	free(path);
	assert_path(paths_config("my.conf"), "my.conf");
}

TEST_WITH(making_folders, setup, NULL)
{
	char base[] = P_tmpdir "/sitrep-paths-XXXXXX", path[64], below[96];
	mode_t mask = umask(0);
	struct stat st;
	int fd;

	assert_non_null(mkdtemp(base));
	snprintf(path, sizeof(path), "%s/d", base);
	assert_int_equal(paths_make_dir(path, 0750), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_true(S_ISDIR(st.st_mode));
	assert_int_equal(st.st_mode & 07777, 0750);
	/* one that is there stays as it is, also behind a link */
	assert_int_equal(paths_make_dir(path, 0700), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0750);
	snprintf(below, sizeof(below), "%s/link", base);
	assert_int_equal(symlink(path, below), 0);
	assert_int_equal(paths_make_dir(below, 0700), 0);
	assert_int_equal(unlink(below), 0);
	/* not without what it stands in */
	snprintf(below, sizeof(below), "%s/no/e", base);
	assert_int_equal(paths_make_dir(below, 0700), -ENOENT);
	assert_int_equal(rmdir(path), 0);
	/* a file is no folder, and neither is a link to nowhere */
	fd = open(path, O_CREAT | O_WRONLY, 0600);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(paths_make_dir(path, 0700), -ENOTDIR);
	snprintf(below, sizeof(below), "%s/e", path);
	assert_int_equal(paths_make_dir(below, 0700), -ENOTDIR);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(symlink("nowhere", path), 0);
	assert_int_equal(paths_make_dir(path, 0700), -ENOTDIR);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(base), 0);
	umask(mask);
}
