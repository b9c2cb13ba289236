/* SPDX-License-Identifier: ISC */
/* sandbox_test.c: behind the closed door nothing works that should not, and what the parser needs does.
 *
 * Each attempt is made in a child of its own: the sandbox cannot be left.  A child that is ended by SIGSYS has not got
 * out either. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>

#include "../../../daemon/worker/sandbox.h"
#include "../test.h"

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

enum {
	DID_NOT_WORK = 10,
	WORKED,
	NOT_ENTERED,
	MEGABYTE = 1024 * 1024,
	MEMORY_MAX = 256 * MEGABYTE,
};

/* Made before the sandbox is closed. */
struct things {
	int in, out; /* a pipe's ends */
	int file;    /* open for writing */
	int folder;
	char *page;
	pid_t parent;
};

typedef bool attempt_fn(const struct things *t);

static bool refused(long result)
{
	return result < 0;
}

/* ---- what must not work: each says whether it did ---- */

static bool open_for_reading(const struct things *t)
{
	(void)t;
	return !refused(open("/etc/passwd", O_RDONLY | O_CLOEXEC));
}

static bool open_for_writing(const struct things *t)
{
	(void)t;
	return !refused(open("/dev/null", O_WRONLY | O_CLOEXEC));
}

static bool open_in_folder(const struct things *t)
{
	return !refused(openat(t->folder, "new", O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
}

static bool open_the_new_way(const struct things *t)
{
	static const uint64_t how[3] = {O_RDONLY, 0, 0};

	return !refused(syscall(SYS_openat2, t->folder, ".", how, sizeof(how)));
}

static bool look_at_files(const struct things *t)
{
	struct stat st;

	(void)t;
	return !refused(stat("/etc/passwd", &st));
}

static bool change_files(const struct things *t)
{
	return !refused(mkdirat(t->folder, "new", 0700)) || !refused(unlinkat(t->folder, "file", 0)) ||
	       !refused(renameat(t->folder, "file", t->folder, "other")) ||
	       !refused(symlinkat("/etc", t->folder, "link")) || !refused(ftruncate(t->file, 0));
}

static bool write_to_file(const struct things *t)
{
	/* by its limit on the size of files; the signal would end it as well */
	return !refused(write(t->file, "x", 1));
}

static bool make_sockets(const struct things *t)
{
	int pair[2];

	(void)t;
	return !refused(socket(AF_INET, SOCK_STREAM, 0)) || !refused(socket(AF_INET6, SOCK_DGRAM, 0)) ||
	       !refused(socket(AF_UNIX, SOCK_STREAM, 0)) || !refused(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
}

static bool make_descriptors(const struct things *t)
{
	int fds[2];

	return !refused(pipe(fds)) || !refused(dup(t->in)) || !refused(fcntl(t->in, F_DUPFD, 0)) ||
	       !refused(memfd_create("x", 0));
}

static bool start_a_process(const struct things *t)
{
	pid_t pid = (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);

	(void)t;
	if (pid == 0)
		_exit(0);
	return !refused(pid);
}

static bool fork_itself(const struct things *t)
{
	pid_t pid = (pid_t)syscall(SYS_fork);

	(void)t;
	if (pid == 0)
		_exit(0);
	return !refused(pid);
}

static bool execute(const struct things *t)
{
	static char name[] = "true";
	char *const argv[] = {name, NULL}, *const env[] = {NULL};

	(void)t;
	/* comes back only when it is refused; by whom is in errno */
	execve("/bin/true", argv, env);
	return errno != EPERM;
}

static bool signal_others(const struct things *t)
{
	return !refused(kill(t->parent, 0)) || !refused(kill(t->parent, SIGCONT)) || !refused(kill(0, 0)) ||
	       !refused(syscall(SYS_tgkill, t->parent, t->parent, 0));
}

static bool look_into_others(const struct things *t)
{
	char byte;
	struct iovec mine = {&byte, 1}, theirs = {t->page, 1};

	return !refused(ptrace(PTRACE_TRACEME, 0, NULL, NULL)) ||
	       !refused(ptrace(PTRACE_SEIZE, t->parent, NULL, NULL)) ||
	       !refused(syscall(SYS_process_vm_readv, t->parent, &mine, 1, &theirs, 1, 0));
}

static bool map_code(const struct things *t)
{
	(void)t;
	return mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED ||
	       mmap(NULL, 4096, PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED;
}

static bool make_memory_code(const struct things *t)
{
	return !refused(mprotect(t->page, 4096, PROT_READ | PROT_EXEC));
}

static bool raise_limits(const struct things *t)
{
	const struct rlimit more = {64, 64};

	(void)t;
	return !refused(setrlimit(RLIMIT_NOFILE, &more)) || !refused(setrlimit(RLIMIT_NPROC, &more));
}

static bool gain_privileges(const struct things *t)
{
	(void)t;
	return !refused(syscall(SYS_setuid, 0)) || !refused(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0)) ||
	       !refused(syscall(SYS_unshare, 0x10000000)) || !refused(syscall(SYS_seccomp, 0, 0, NULL));
}

static bool take_new_doors(const struct things *t)
{
	(void)t;
	/* io_uring_setup, bpf, keyctl, userfaultfd: large interfaces that have let people out before */
	return !refused(syscall(SYS_io_uring_setup, 1, NULL)) || !refused(syscall(SYS_bpf, 0, NULL, 0)) ||
	       !refused(syscall(SYS_keyctl, 0, 0, 0)) || !refused(syscall(SYS_userfaultfd, 0));
}

/* ---- in a child ---- */

static void make_things(struct things *t)
{
	char path[] = P_tmpdir "/sitrep-sandbox-XXXXXX";
	int fds[2];

	assert_non_null(mkdtemp(path));
	t->folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(t->folder >= 0);
	t->file = openat(t->folder, "file", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_true(t->file >= 0);
	assert_int_equal(pipe(fds), 0);
	t->in = fds[0];
	t->out = fds[1];
	t->page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_true(t->page != MAP_FAILED);
	t->parent = getpid();
	assert_int_equal(write(t->file, "whole", 5), 5);
	/* the name is needed only to tidy up */
	snprintf(t->page, 4096, "%s", path);
}

/* True when the folder is as it was made. */
static bool drop_things(struct things *t)
{
	struct stat st;
	bool untouched = fstatat(t->folder, "file", &st, 0) == 0 && st.st_size == 5 && st.st_nlink == 1;

	unlinkat(t->folder, "file", 0);
	untouched = rmdir(t->page) == 0 && untouched;
	close(t->folder);
	close(t->file);
	close(t->in);
	close(t->out);
	munmap(t->page, 4096);
	return untouched;
}

static int in_sandbox(attempt_fn *attempt, const struct things *t, uint64_t memory_max)
{
	const struct sandbox_limits limits = {.memory_max = memory_max};
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (pid == 0) {
		signal(SIGXFSZ, SIG_IGN);
		if (sandbox_enter(&limits, NULL) != 0)
			_exit(NOT_ENTERED);
		_exit(attempt(t) ? WORKED : DID_NOT_WORK);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFSIGNALED(status))
		return WTERMSIG(status) == SIGSYS ? DID_NOT_WORK : -WTERMSIG(status);
	return WEXITSTATUS(status);
}

/* How an attempt ends that changes no files. */
static int ending_of(attempt_fn *attempt, uint64_t memory_max)
{
	struct things t;
	int ending;

	make_things(&t);
	ending = in_sandbox(attempt, &t, memory_max);
	assert_true(drop_things(&t));
	return ending;
}

TEST(nothing_gets_out)
{
	static const struct {
		const char *what;
		attempt_fn *attempt;
		bool also_sanitized; /* a sanitizer's run-time needs the others */
	} attempts[] = {
		{"open a file for reading", open_for_reading, true},
		{"open a file for writing", open_for_writing, true},
		{"make a file in an open folder", open_in_folder, true},
		{"open with openat2", open_the_new_way, true},
		{"look at files", look_at_files, true},
		{"change files", change_files, true},
		{"write to an open file", write_to_file, true},
		{"make sockets", make_sockets, true},
		{"make descriptors", make_descriptors, true},
		{"start a process", start_a_process, true},
		{"fork", fork_itself, true},
		{"execute a program", execute, true},
		{"signal other processes", signal_others, true},
		{"look into other processes", look_into_others, true},
		{"map memory that can be executed", map_code, true},
		{"make memory executable", make_memory_code, false},
		{"raise its limits", raise_limits, true},
		{"gain privileges", gain_privileges, true},
		{"use the newer kernel interfaces", take_new_doors, true},
	};

	for (size_t i = 0; i < sizeof(attempts) / sizeof(attempts[0]); i++) {
		struct things t;
		int ending;

		if (SANITIZED && !attempts[i].also_sanitized)
			continue;
		make_things(&t);
		ending = in_sandbox(attempts[i].attempt, &t, 0);
		if (!drop_things(&t))
			fail_msg("files were changed: %s", attempts[i].what);
		if (ending != DID_NOT_WORK)
			fail_msg("%s: the child ended with %d", attempts[i].what, ending);
	}
}

/* The attempts do work where there is no sandbox, else the test above would say nothing. */
TEST(they_work_outside)
{
	static attempt_fn *const attempts[] = {open_for_reading, open_for_writing, open_in_folder, look_at_files,
		change_files, write_to_file, make_sockets, make_descriptors, start_a_process, map_code,
		make_memory_code};

	for (size_t i = 0; i < sizeof(attempts) / sizeof(attempts[0]); i++) {
		struct things t;
		pid_t pid;
		int status;

		make_things(&t);
		pid = fork();
		assert_true(pid >= 0);
		if (pid == 0)
			_exit(attempts[i](&t) ? WORKED : DID_NOT_WORK);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		unlinkat(t.folder, "new", 0);
		unlinkat(t.folder, "new", AT_REMOVEDIR);
		unlinkat(t.folder, "link", 0);
		drop_things(&t);
		if (!WIFEXITED(status) || WEXITSTATUS(status) != WORKED)
			fail_msg("attempt %zu does not even work outside", i);
	}
}

/* ---- what must work ---- */

static bool do_daily_work(const struct things *t)
{
	char text[8] = "";
	struct timespec now;
	char *memory = malloc(4 * MEGABYTE);

	if (memory == NULL)
		return false;
	memset(memory, 1, 4 * MEGABYTE);
	memory = realloc(memory, 8 * MEGABYTE);
	if (memory == NULL)
		return false;
	free(memory);
	return clock_gettime(CLOCK_REALTIME, &now) == 0 && write(t->out, "hello", 5) == 5 &&
	       read(t->in, text, sizeof(text)) == 5 && memcmp(text, "hello", 5) == 0;
}

TEST(work_goes_on)
{
	assert_int_equal(ending_of(do_daily_work, 0), WORKED);
	assert_int_equal(ending_of(do_daily_work, MEMORY_MAX), WORKED);
}

static bool take_too_much(const struct things *t)
{
	(void)t;
	return mmap(NULL, MEMORY_MAX, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0) !=
	       MAP_FAILED;
}

TEST(memory_is_bounded)
{
	int bounded = ending_of(take_too_much, MEMORY_MAX);

	assert_int_equal(ending_of(take_too_much, 0), WORKED);
	if (!SANITIZED)
		assert_int_equal(bounded, DID_NOT_WORK);
}

static bool probe(const struct things *t)
{
	struct error err = {0};

	(void)t;
	return sandbox_probe(&err) == 0 && err.code == 0;
}

TEST(probe_inside)
{
	assert_int_equal(ending_of(probe, 0), WORKED);
}

TEST(probe_outside)
{
	struct error err = {0};

	assert_int_equal(sandbox_probe(&err), -EPERM);
	assert_int_equal(err.code, -EPERM);
	assert_non_null(strstr(err.text, "open a file"));
}

/* ---- what the kernel says of a process behind the door ---- */

static bool has_line(pid_t pid, const char *file, const char *start, const char *end)
{
	char path[64], line[256];
	bool found = false;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, file);
	f = fopen(path, "r");
	assert_non_null(f);
	while (fgets(line, sizeof(line), f) != NULL)
		found = found ||
			(strncmp(line, start, strlen(start)) == 0 && strstr(line + strlen(start), end) != NULL);
	fclose(f);
	return found;
}

TEST(layers)
{
	struct sandbox_limits limits = {.memory_max = MEMORY_MAX};
	int in[2], hold[2], status;
	char byte;
	pid_t pid;

	assert_int_equal(pipe(in), 0);
	assert_int_equal(pipe(hold), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		byte = sandbox_enter(&limits, NULL) == 0 ? 'y' : 'n';
		_exit(write(in[1], &byte, 1) == 1 && read(hold[0], &byte, 1) == 1 ? 0 : 1);
	}
	assert_int_equal(read(in[0], &byte, 1), 1);
	assert_int_equal(byte, 'y');
	/* one line each, whatever else fails: the child must not be left behind */
	bool no_new_privs = has_line(pid, "status", "NoNewPrivs:", "1");
	bool filtered = has_line(pid, "status", "Seccomp:", "2");
	/* one beside the first four, for the rules */
	bool one_file = has_line(pid, "limits", "Max open files", " 5                    5 ");
	bool no_processes = has_line(pid, "limits", "Max processes", " 0                    0 ");
	bool no_size = has_line(pid, "limits", "Max file size", " 0                    0 ");
	bool no_core = has_line(pid, "limits", "Max core file size", " 0                    0 ");
	bool bounded = has_line(pid, "limits", "Max address space", " 268435456            268435456 ");

	assert_int_equal(write(hold[1], "x", 1), 1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	for (int i = 0; i < 2; i++) {
		close(in[i]);
		close(hold[i]);
	}
	assert_true(no_new_privs);
	assert_true(filtered);
	assert_true(one_file);
	assert_true(no_processes);
	assert_true(no_size);
	assert_true(no_core);
	assert_true(bounded || SANITIZED);
}
