/* SPDX-License-Identifier: ISC */
/* The sandbox of a worker. It has several layers, so that a hole in one does not matter:
 * resource limits make new processes, and more than one new descriptor, impossible, Landlock takes the file system
 * away, seccomp lets only reading, writing, memory and the end through. */
#include "sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Descriptors 0 to 2, the socket, and one more: the rules, while they are mapped (job.h). */
enum { DESCRIPTORS = 5 };

/* The sanitizers' run-time needs more memory and more system calls than the worker itself. */
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

static int limit(int resource, rlim_t most, struct error *err)
{
	const struct rlimit r = {most, most};

	return setrlimit((__rlimit_resource_t)resource, &r) == 0
		       ? 0
		       : error_sys(err, -errno, "cannot limit the worker's resources");
}

static int limit_resources(const struct sandbox_limits *limits, struct error *err)
{
	int result = limit(RLIMIT_CORE, 0, err);

	if (result == 0)
		result = limit(RLIMIT_FSIZE, 0, err);
	if (result == 0)
		result = limit(RLIMIT_NOFILE, DESCRIPTORS, err);
	if (result == 0)
		result = limit(RLIMIT_NPROC, 0, err);
	if (result == 0 && limits->memory_max > 0 && !SANITIZED)
		result = limit(RLIMIT_AS, (rlim_t)limits->memory_max, err);
	return result;
}

/* Not every kernel has Landlock; the other layers stand without it. */
static void forbid_files(void)
{
	struct landlock_ruleset_attr attr = {
		.handled_access_fs =
			LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_READ_FILE |
			LANDLOCK_ACCESS_FS_READ_DIR | LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE |
			LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |
			LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_BLOCK |
			LANDLOCK_ACCESS_FS_MAKE_SYM,
	};
	int fd = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0);

	if (fd < 0)
		return;
	syscall(SYS_landlock_restrict_self, fd, 0);
	close(fd);
}

static int allow(scmp_filter_ctx filter, const int *calls, size_t count)
{
	int result = 0;

	for (size_t i = 0; i < count && result == 0; i++)
		result = seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls[i], 0);
	return result;
}

static int filter_calls(struct error *err)
{
	/* clang-format off */
	static const int calls[] = {
		SCMP_SYS(read), SCMP_SYS(write), SCMP_SYS(readv), SCMP_SYS(writev), SCMP_SYS(recvfrom), SCMP_SYS(recvmsg), SCMP_SYS(sendto),
		SCMP_SYS(exit), SCMP_SYS(exit_group), SCMP_SYS(rt_sigreturn), SCMP_SYS(restart_syscall),
		SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(futex),
		SCMP_SYS(futex_time64), SCMP_SYS(clock_gettime), SCMP_SYS(clock_gettime64), SCMP_SYS(gettimeofday),
		SCMP_SYS(time), SCMP_SYS(getrandom), SCMP_SYS(close),
	};
	/* clang-format on */
	static const int sanitizer_calls[] = {
		SCMP_SYS(sigaltstack),
		SCMP_SYS(rt_sigprocmask),
		SCMP_SYS(rt_sigaction),
		SCMP_SYS(getpid),
		SCMP_SYS(gettid),
		SCMP_SYS(sched_yield),
		SCMP_SYS(mprotect),
	};
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	int result = -ENOMEM;

	if (filter == NULL)
		goto out;
	result = allow(filter, calls, sizeof(calls) / sizeof(calls[0]));
	if (result == 0 && SANITIZED)
		result = allow(filter, sanitizer_calls, sizeof(sanitizer_calls) / sizeof(sanitizer_calls[0]));
	/* Memory may be mapped, but never as executable. */
	if (result == 0)
		result = seccomp_rule_add(
			filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	if (result == 0 && !SANITIZED)
		result = seccomp_rule_add(
			filter, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	if (result == 0)
		result = seccomp_load(filter);
	seccomp_release(filter);
out:
	return result == 0 ? 0 : error_sys(err, result, "cannot filter the worker's system calls");
}

int sandbox_enter(const struct sandbox_limits *limits, struct error *err)
{
	int result;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return error_sys(err, -errno, "cannot give up privileges");
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	forbid_files();
	result = limit_resources(limits, err);
	return result != 0 ? result : filter_calls(err);
}

/* ---- trying from inside ---- */

static bool can_open(void)
{
	return open("/etc/passwd", O_RDONLY | O_CLOEXEC) >= 0 || open("/dev/null", O_WRONLY | O_CLOEXEC) >= 0;
}

static bool can_socket(void)
{
	return socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0) >= 0 ||
	       socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0) >= 0;
}

static bool can_pipe(void)
{
	int fds[2];

	return pipe2(fds, O_CLOEXEC) == 0;
}

static bool can_fork(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	return pid > 0;
}

static bool can_exec(void)
{
	char *const argv[] = {NULL};

	/* If the forbidden call works, it does not return, so nothing follows. */
	execve("/bin/true", argv, argv);
	return errno != EPERM;
}

static bool can_kill(void)
{
	return kill(getppid(), 0) == 0;
}

static bool can_trace(void)
{
	return ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0;
}

static bool can_map_code(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED;
}

int sandbox_probe(struct error *err)
{
	static const struct {
		const char *what;
		bool (*works)(void);
	} attempts[] = {
		{"open a file", can_open},
		{"make a socket", can_socket},
		{"make a pipe", can_pipe},
		{"fork", can_fork},
		{"execute a program", can_exec},
		{"signal a process", can_kill},
		{"trace a process", can_trace},
		{"map memory that can be executed", can_map_code},
	};

	for (size_t i = 0; i < sizeof(attempts) / sizeof(attempts[0]); i++)
		if (attempts[i].works())
			return error_set(
				err, -EPERM, "the sandbox does not hold: it was possible to %s", attempts[i].what);
	return 0;
}
