/* SPDX-License-Identifier: ISC */
/* Wrappers of libc's functions that fail when the plan says so; see inject.h.
 *
 * Each looks up the next definition of its name (libc's, or a sanitizer's in front of it) at first use.  dlsym()
 * may itself allocate: until malloc is found, a small block of our own serves. */
#include "inject.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

static struct fault_plan own_plan;
static struct fault_plan *plan = &own_plan;
/* is_exempt: while the shim itself is at work. */
static __thread bool is_exempt, is_chosen;
static bool only_chosen;
static __thread bool is_inside;

/* ---- early memory ---- */

static char early[64 * 1024];
static size_t early_used;

static bool is_early(const void *p)
{
	return (const char *)p >= early && (const char *)p < early + sizeof(early);
}

static void *early_alloc(size_t size)
{
	size_t at = early_used;

	size = (size + 15) & ~(size_t)15;
	if (size > sizeof(early) - at)
		abort();
	early_used += size;
	return early + at;
}

/* ---- the plan ---- */

const char *fault_kind_name(enum fault_kind kind)
{
	static const char *const names[FAULT_KINDS] = {
		"alloc", "read", "write", "sync", "open", "socket", "epoll", "map", "thread"};

	return names[kind];
}

/* Which call it was, for the test's report.  backtrace() is primed at start, so that it allocates nothing here. */
static void note_place(void)
{
	void *at[sizeof(plan->frames) / sizeof(plan->frames[0]) + 2];
	int count = backtrace(at, (int)(sizeof(at) / sizeof(at[0])));
	size_t used = 0;

	memset(plan->frames, 0, sizeof(plan->frames));
	plan->where[0] = '\0';
	for (int i = 2; i < count; i++) {
		Dl_info info;
		const char *object;
		int n;

		plan->frames[i - 2] = (uint64_t)(uintptr_t)at[i];
		if (dladdr(at[i], &info) == 0 || info.dli_fname == NULL)
			continue;
		object = strrchr(info.dli_fname, '/');
		n = snprintf(plan->where + used, sizeof(plan->where) - used, "%s%s+%#lx", used > 0 ? " " : "",
			object != NULL ? object + 1 : info.dli_fname,
			(unsigned long)((const char *)at[i] - (const char *)info.dli_fbase));
		if (n < 0 || (size_t)n >= sizeof(plan->where) - used)
			break;
		used += (size_t)n;
	}
}

/* Whether this call is one that fails. */
static bool fails(enum fault_kind kind)
{
	int64_t number;
	int before;

	/* The plan first: calls come before a sanitizer is ready for anything else. */
	if ((__atomic_load_n(&plan->kinds, __ATOMIC_ACQUIRE) & (1U << kind)) == 0 || is_exempt || is_inside ||
		(only_chosen && !is_chosen))
		return false;
	before = errno;
	number = __atomic_add_fetch(&plan->calls, 1, __ATOMIC_RELAXED);
	if (plan->at == 0 || number < plan->at || number >= plan->at + (plan->times > 0 ? plan->times : 1))
		return false;
	is_inside = true;
	if (__atomic_add_fetch(&plan->failed, 1, __ATOMIC_RELAXED) == 1)
		note_place();
	is_inside = false;
	errno = before;
	return true;
}

static bool fail(enum fault_kind kind, int code)
{
	if (!fails(kind))
		return false;
	errno = code;
	return true;
}

void fault_arm(uint32_t kinds, int64_t at, int64_t times)
{
	__atomic_store_n(&plan->kinds, 0, __ATOMIC_RELEASE);
	plan->calls = 0;
	plan->failed = 0;
	plan->at = at;
	plan->times = times;
	__atomic_store_n(&plan->kinds, kinds, __ATOMIC_RELEASE);
}

int64_t fault_disarm(void)
{
	__atomic_store_n(&plan->kinds, 0, __ATOMIC_RELEASE);
	return __atomic_load_n(&plan->failed, __ATOMIC_ACQUIRE);
}

const struct fault_plan *fault_state(void)
{
	return plan;
}

void fault_only_here(void)
{
	is_chosen = only_chosen = true;
}

/* ---- finding the next definition ---- */

#define NEXT(name)                                                                                                     \
	static __typeof__(&name) next;                                                                                 \
	if (__atomic_load_n(&next, __ATOMIC_ACQUIRE) == NULL) {                                                        \
		void *found_##name = find(#name);                                                                      \
		__atomic_store_n((void **)&next, found_##name, __ATOMIC_RELEASE);                                      \
	}

static void *find(const char *name)
{
	bool before = is_inside;
	void *found;

	is_inside = true;
	found = dlsym(RTLD_NEXT, name);
	is_inside = before;
	if (found == NULL)
		abort();
	return found;
}

/* ---- memory ---- */

typedef void *malloc_fn(size_t size);
typedef void *calloc_fn(size_t count, size_t size);
typedef void *realloc_fn(void *p, size_t size);
typedef void free_fn(void *p);

static malloc_fn *next_malloc;
static calloc_fn *next_calloc;
static realloc_fn *next_realloc;
static free_fn *next_free;
static bool is_looking;

static bool find_memory(void)
{
	if (next_free != NULL)
		return true;
	if (is_looking)
		return false;
	is_looking = true;
	*(void **)&next_malloc = dlsym(RTLD_NEXT, "malloc");
	*(void **)&next_calloc = dlsym(RTLD_NEXT, "calloc");
	*(void **)&next_realloc = dlsym(RTLD_NEXT, "realloc");
	*(void **)&next_free = dlsym(RTLD_NEXT, "free");
	is_looking = false;
	return next_free != NULL;
}

void *malloc(size_t size)
{
	if (!find_memory())
		return early_alloc(size);
	return fail(FAULT_ALLOC, ENOMEM) ? NULL : next_malloc(size);
}

void *calloc(size_t count, size_t size)
{
	if (!find_memory())
		return early_alloc(count * size); /* still zero: it is given out once */
	return fail(FAULT_ALLOC, ENOMEM) ? NULL : next_calloc(count, size);
}

void *realloc(void *p, size_t size)
{
	if (!find_memory() || is_early(p)) {
		void *fresh = find_memory() ? next_malloc(size) : early_alloc(size);

		/* How long the early block was is not kept: copy no further than the early memory reaches. */
		if (p != NULL && fresh != NULL) {
			size_t left = (size_t)(early + sizeof(early) - (char *)p);

			memmove(fresh, p, size < left ? size : left);
		}
		return fresh;
	}
	return fail(FAULT_ALLOC, ENOMEM) ? NULL : next_realloc(p, size);
}

void *reallocarray(void *p, size_t count, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(count, size, &bytes)) {
		errno = ENOMEM;
		return NULL;
	}
	return realloc(p, bytes);
}

void free(void *p)
{
	if (p != NULL && !is_early(p) && find_memory())
		next_free(p);
}

int posix_memalign(void **out, size_t alignment, size_t size)
{
	NEXT(posix_memalign)
	return fails(FAULT_ALLOC) ? ENOMEM : next(out, alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
	NEXT(aligned_alloc)
	return fail(FAULT_ALLOC, ENOMEM) ? NULL : next(alignment, size);
}

/* ---- reading and writing ---- */

/* The error of a call that fails on that descriptor; 0 where such a call cannot fail (an eventfd has no disk and no
 * peer). */
static int error_of(int fd, int of_file, int of_socket)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return 0;
	if (S_ISREG(st.st_mode))
		return plan->disk_error != 0 ? (int)plan->disk_error : of_file;
	if (plan->disk_error != 0)
		return 0;
	return S_ISSOCK(st.st_mode) || S_ISFIFO(st.st_mode) ? of_socket : 0;
}

/* What the n-th failing call of a kind says depends on what the descriptor is.  A log line is never refused: that
 * has tests of its own, and the test reads the log. */
static bool fail_read(int fd)
{
	int code = error_of(fd, EIO, ECONNRESET);

	return code != 0 && fail(FAULT_READ, code);
}

static bool fail_write(int fd)
{
	int code = fd == STDERR_FILENO ? 0 : error_of(fd, ENOSPC, EPIPE);

	return code != 0 && fail(FAULT_WRITE, code);
}

#define READER(name, parameters, fd, arguments)                                                                        \
	ssize_t name parameters                                                                                        \
	{                                                                                                              \
		NEXT(name)                                                                                             \
		return fail_read(fd) ? -1 : next arguments;                                                            \
	}
#define WRITER(name, parameters, fd, arguments)                                                                        \
	ssize_t name parameters                                                                                        \
	{                                                                                                              \
		NEXT(name)                                                                                             \
		return fail_write(fd) ? -1 : next arguments;                                                           \
	}

READER(read, (int fd, void *to, size_t len), fd, (fd, to, len))
READER(pread, (int fd, void *to, size_t len, off_t at), fd, (fd, to, len, at))
READER(pread64, (int fd, void *to, size_t len, off64_t at), fd, (fd, to, len, at))
READER(readv, (int fd, const struct iovec *to, int count), fd, (fd, to, count))
READER(recv, (int fd, void *to, size_t len, int flags), fd, (fd, to, len, flags))
READER(recvmsg, (int fd, struct msghdr *m, int flags), fd, (fd, m, flags))
WRITER(write, (int fd, const void *from, size_t len), fd, (fd, from, len))
WRITER(pwrite, (int fd, const void *from, size_t len, off_t at), fd, (fd, from, len, at))
WRITER(pwrite64, (int fd, const void *from, size_t len, off64_t at), fd, (fd, from, len, at))
WRITER(writev, (int fd, const struct iovec *from, int count), fd, (fd, from, count))
WRITER(send, (int fd, const void *from, size_t len, int flags), fd, (fd, from, len, flags))
WRITER(sendmsg, (int fd, const struct msghdr *m, int flags), fd, (fd, m, flags))

int fsync(int fd)
{
	NEXT(fsync)
	return fail(FAULT_SYNC, plan->disk_error != 0 ? (int)plan->disk_error : EIO) ? -1 : next(fd);
}

int fdatasync(int fd)
{
	NEXT(fdatasync)
	return fail(FAULT_SYNC, plan->disk_error != 0 ? (int)plan->disk_error : EIO) ? -1 : next(fd);
}

/* ---- opening ---- */

static mode_t mode_of(int flags, va_list more)
{
	return (flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE ? (mode_t)va_arg(more, int) : 0;
}

#define OPENER(name)                                                                                                   \
	int name(const char *path, int flags, ...)                                                                     \
	{                                                                                                              \
		va_list more;                                                                                          \
		mode_t mode;                                                                                           \
                                                                                                                       \
		NEXT(name)                                                                                             \
		va_start(more, flags);                                                                                 \
		mode = mode_of(flags, more);                                                                           \
		va_end(more);                                                                                          \
		return fail(FAULT_OPEN, EMFILE) ? -1 : next(path, flags, mode);                                        \
	}
#define OPENER_AT(name)                                                                                                \
	int name(int folder, const char *path, int flags, ...)                                                         \
	{                                                                                                              \
		va_list more;                                                                                          \
		mode_t mode;                                                                                           \
                                                                                                                       \
		NEXT(name)                                                                                             \
		va_start(more, flags);                                                                                 \
		mode = mode_of(flags, more);                                                                           \
		va_end(more);                                                                                          \
		return fail(FAULT_OPEN, EMFILE) ? -1 : next(folder, path, flags, mode);                                \
	}

OPENER(open)
OPENER(open64)
OPENER_AT(openat)
OPENER_AT(openat64)

DIR *opendir(const char *path)
{
	NEXT(opendir)
	return fail(FAULT_OPEN, EMFILE) ? NULL : next(path);
}

FILE *fopen(const char *restrict path, const char *restrict mode)
{
	NEXT(fopen)
	return fail(FAULT_OPEN, EMFILE) ? NULL : next(path, mode);
}

FILE *fopen64(const char *restrict path, const char *restrict mode)
{
	NEXT(fopen64)
	return fail(FAULT_OPEN, EMFILE) ? NULL : next(path, mode);
}

/* ---- sockets and other descriptors ---- */

#define MAKER(name, parameters, arguments)                                                                             \
	int name parameters                                                                                            \
	{                                                                                                              \
		NEXT(name)                                                                                             \
		return fail(FAULT_SOCKET, EMFILE) ? -1 : next arguments;                                               \
	}

MAKER(socket, (int domain, int type, int protocol), (domain, type, protocol))
MAKER(socketpair, (int domain, int type, int protocol, int fds[2]), (domain, type, protocol, fds))
MAKER(accept, (int fd, __SOCKADDR_ARG a, socklen_t *restrict len), (fd, a, len))
MAKER(accept4, (int fd, __SOCKADDR_ARG a, socklen_t *restrict len, int flags), (fd, a, len, flags))
MAKER(pipe, (int fds[2]), (fds))
MAKER(pipe2, (int fds[2], int flags), (fds, flags))
MAKER(eventfd, (unsigned int value, int flags), (value, flags))
MAKER(epoll_create1, (int flags), (flags))
MAKER(dup, (int fd), (fd))

int connect(int fd, __CONST_SOCKADDR_ARG a, socklen_t len)
{
	NEXT(connect)
	return fail(FAULT_SOCKET, ENETUNREACH) ? -1 : next(fd, a, len);
}

int epoll_ctl(int epoll, int op, int fd, struct epoll_event *event)
{
	NEXT(epoll_ctl)
	/* The kernel needs no memory to take a descriptor out. */
	return op != EPOLL_CTL_DEL && fail(FAULT_EPOLL, ENOMEM) ? -1 : next(epoll, op, fd, event);
}

int epoll_wait(int epoll, struct epoll_event *events, int count, int timeout)
{
	NEXT(epoll_wait)
	return fail(FAULT_EPOLL, EINTR) ? -1 : next(epoll, events, count, timeout);
}

/* ---- maps, sizes, threads, processes ---- */

void *mmap(void *at, size_t len, int protection, int flags, int fd, off_t offset)
{
	NEXT(mmap)
	return fail(FAULT_MAP, ENOMEM) ? MAP_FAILED : next(at, len, protection, flags, fd, offset);
}

void *mmap64(void *at, size_t len, int protection, int flags, int fd, off64_t offset)
{
	NEXT(mmap64)
	return fail(FAULT_MAP, ENOMEM) ? MAP_FAILED : next(at, len, protection, flags, fd, offset);
}

int ftruncate(int fd, off_t len)
{
	NEXT(ftruncate)
	return fail(FAULT_MAP, ENOSPC) ? -1 : next(fd, len);
}

int ftruncate64(int fd, off64_t len)
{
	NEXT(ftruncate64)
	return fail(FAULT_MAP, ENOSPC) ? -1 : next(fd, len);
}

int pthread_create(
	pthread_t *restrict thread, const pthread_attr_t *restrict a, void *(*run)(void *), void *restrict arg)
{
	NEXT(pthread_create)
	return fails(FAULT_THREAD) ? EAGAIN : next(thread, a, run, arg);
}

pid_t fork(void)
{
	NEXT(fork)
	return fail(FAULT_THREAD, EAGAIN) ? -1 : next();
}

/* ---- a crash ---- */

/* Where it was, for the test's report: the innermost frame that is neither here nor in libc says whose fault it is. */
static void on_crash(int number)
{
	void *at[32];
	int count = backtrace(at, 32);

	(void)!write(STDERR_FILENO, "CRASH\n", 6);
	backtrace_symbols_fd(at, count, STDERR_FILENO);
	signal(number, SIG_DFL);
	raise(number);
}

/* ---- sanitizers ---- */

/* A sanitizer asks for the stack of each thread that begins, and ends the process when there is no memory for it. */
int pthread_getattr_np(pthread_t thread, pthread_attr_t *a)
{
	bool before = is_exempt;
	int result;
	NEXT(pthread_getattr_np)

	is_exempt = true;
	result = next(thread, a);
	is_exempt = before;
	return result;
}

/* The dynamic linker's own memory is no leak: without these wrappers the sanitizer would not see it. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:dl_open\nleak:_dl_\nleak:dl-open\n";
}

/* ---- start ---- */

/* Takes the steering file into use where a test has named one. */
__attribute__((constructor)) static void begin(void)
{
	const char *path = getenv("SITREP_FAULTS");
	void *prime[2];
	void *mapped;
	int fd;

	find_memory();
	backtrace(prime, 2);
	/* The parse worker has limits and tests of its own. */
	if (path == NULL || strstr(program_invocation_short_name, "parse worker") != NULL)
		return;
	is_exempt = true;
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd >= 0) {
		mapped = mmap(NULL, sizeof(*plan), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		if (mapped != MAP_FAILED)
			plan = mapped;
		close(fd);
	}
	if (getenv("SITREP_FAULTS_CRASHES") != NULL) {
		signal(SIGSEGV, on_crash);
		signal(SIGBUS, on_crash);
		signal(SIGFPE, on_crash);
		signal(SIGABRT, on_crash);
	}
	is_exempt = false;
}
