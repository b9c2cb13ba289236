/* SPDX-License-Identifier: ISC */
/* Starting, ending and talking to one worker process. */
#include "pool_worker.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	WORKER_SOCKET = 3,
	/* The shells' exit status for a program that cannot be executed. */
	STATUS_NO_PROGRAM = 127,
};

/* Runs between fork and exec in a process with threads, so it may only make system calls. */
static void become_worker(int program_fd, int socket_fd, char *memory)
{
	char name[] = "sitrepd: parse worker", option[] = "--memory";
	char *const argv[] = {name, option, memory, NULL};
	char *const environment[] = {NULL};
	int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	int program = fcntl(program_fd, F_DUPFD_CLOEXEC, 10);
	int peer = fcntl(socket_fd, F_DUPFD_CLOEXEC, 10);

	if (null_fd < 0 || program < 0 || peer < 0 || dup2(null_fd, STDIN_FILENO) < 0 ||
		dup2(null_fd, STDOUT_FILENO) < 0 || dup2(null_fd, STDERR_FILENO) < 0 || dup2(peer, WORKER_SOCKET) < 0)
		_exit(EXIT_FAILURE);
	/* Our own descriptors have FD_CLOEXEC; those of a library or the service manager may not. */
	close_range(WORKER_SOCKET + 1, ~0U, CLOSE_RANGE_CLOEXEC);
	fexecve(program, argv, environment);
	_exit(STATUS_NO_PROGRAM);
}

int worker_process_start(struct worker_process *w, int program_fd, uint64_t memory_max, struct error *err)
{
	char memory[24];
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0)
		return error_sys(err, -errno, "cannot start a parse worker");
	snprintf(memory, sizeof(memory), "%llu", (unsigned long long)memory_max);
	w->pid = fork();
	if (w->pid == 0)
		become_worker(program_fd, fds[1], memory);
	close(fds[1]);
	if (w->pid < 0) {
		close(fds[0]);
		w->pid = 0;
		return error_sys(err, -errno, "cannot start a parse worker");
	}
	fcntl(fds[0], F_SETFL, O_NONBLOCK);
	w->fd = fds[0];
	w->state = WORKER_STARTING;
	w->in_header_len = 0;
	w->jobs = 0;
	w->out = (struct outgoing){.fd = -1};
	return 0;
}

void worker_process_end(struct worker_process *w, struct error *how)
{
	int status = 0;

	/* A process that is ending already keeps its own exit status. */
	kill(w->pid, SIGKILL);
	while (waitpid(w->pid, &status, 0) < 0 && errno == EINTR)
		;
	close(w->fd);
	w->fd = -1;
	w->pid = 0;
	w->state = WORKER_DEAD;
	buf_release(&w->body);
	/* The pieces point into a job that may be freed now. */
	w->out = (struct outgoing){.fd = -1};
	if (WIFEXITED(status) && WEXITSTATUS(status) == STATUS_NO_PROGRAM)
		error_set(how, -ENOEXEC, "the parse worker's program cannot be executed");
	else if (WIFSIGNALED(status))
		error_set(how, -ECHILD, "the parse worker was ended by signal %d (%s)", WTERMSIG(status),
			strsignal(WTERMSIG(status)));
	else
		error_set(how, -ECHILD, "the parse worker ended with status %d", WEXITSTATUS(status));
}

/* Adds the descriptor to a message that has room for it. */
static void add_descriptor(struct msghdr *message, int fd)
{
	struct cmsghdr *head = CMSG_FIRSTHDR(message);

	*head = (struct cmsghdr){.cmsg_len = CMSG_LEN(sizeof(fd)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
	memcpy(CMSG_DATA(head), &fd, sizeof(fd));
}

int worker_process_send(struct worker_process *w)
{
	struct outgoing *o = &w->out;

	while (o->at < o->count) {
		struct msghdr message = {.msg_iov = &o->pieces[o->at], .msg_iovlen = (size_t)(o->count - o->at)};
		_Alignas(struct cmsghdr) char room[CMSG_SPACE(sizeof(int))] = {0};
		ssize_t n;

		if (o->fd >= 0) {
			message.msg_control = room;
			message.msg_controllen = sizeof(room);
			add_descriptor(&message, o->fd);
		}
		n = sendmsg(w->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN || errno == EWOULDBLOCK ? 1 : -errno;
		o->fd = -1;
		while (o->at < o->count && (size_t)n >= o->pieces[o->at].iov_len)
			n -= (ssize_t)o->pieces[o->at++].iov_len;
		if (o->at < o->count) {
			o->pieces[o->at].iov_base = (char *)o->pieces[o->at].iov_base + n;
			o->pieces[o->at].iov_len -= (size_t)n;
		}
	}
	return 0;
}

bool worker_process_has_sent(const struct worker_process *w)
{
	return w->out.at == w->out.count;
}

/* A worker that dies before it has read its job resets the socket; that counts as its end. */
static int heard_nothing(ssize_t n, struct error *err)
{
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	return error_set(err, -ECHILD, "the parse worker went away");
}

int worker_process_receive_header(struct worker_process *w, struct error *err)
{
	ssize_t n;

	if (w->in_header_len == sizeof(w->in_header))
		return 1;
	n = recv(w->fd, w->in_header + w->in_header_len, sizeof(w->in_header) - w->in_header_len, MSG_DONTWAIT);
	if (n <= 0)
		return heard_nothing(n, err);
	w->in_header_len += (size_t)n;
	if (w->in_header_len < sizeof(w->in_header))
		return 0;
	buf_release(&w->body);
	return message_header_decode(w->in_header, UINT32_MAX, &w->in, err) == 0 ? 1 : -EPROTO;
}

int worker_process_receive_body(struct worker_process *w, struct error *err)
{
	if (w->body.data == NULL) {
		buf_init(&w->body, w->in.length);
		if (buf_reserve(&w->body, w->in.length) != 0)
			return error_sys(err, -ENOMEM, "cannot take the parse worker's answer");
	}
	while (w->body.len < w->in.length) {
		ssize_t n = recv(w->fd, w->body.data + w->body.len, w->in.length - w->body.len, MSG_DONTWAIT);

		if (n <= 0)
			return heard_nothing(n, err);
		w->body.len += (size_t)n;
	}
	w->in_header_len = 0;
	return 1;
}

bool worker_process_is_silent(const struct worker_process *w)
{
	char byte;

	return recv(w->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && (errno == EAGAIN || errno == EINTR);
}
