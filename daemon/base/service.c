/* SPDX-License-Identifier: ISC */
/* The protocols of sd_notify(3) and sd_listen_fds(3): a datagram and three variables.  Both are documented as
 * stable, so no library is needed. */
#include "sitrep/base/service.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "sitrep/base/buf.h"
#include "sitrep/base/clock.h"
#include "sitrep/base/str.h"
#include "sitrep/base/utf8.h"

enum {
	FIRST_FD = 3,
	STATUS_MAX = 240,
	MESSAGE_MAX = 1024, /* the text before a status, and a status of bytes that all become U+FFFD */
};

static bool number_from(const char *name, long long *value)
{
	return str_to_int(str_from(getenv(name)), value);
}

static void name_fds(struct service_fds *out)
{
	struct str rest = str_from(getenv("LISTEN_FDNAMES")), name;

	for (size_t i = 0; i < out->count && str_split(&rest, ':', &name); i++)
		snprintf(out->fds[i].name, sizeof(out->fds[i].name), "%.*s", STR_ARG(name));
}

int service_listen_fds(struct service_fds *out, struct error *err)
{
	long long pid, count;
	int result = 0;

	*out = (struct service_fds){0};
	if (!number_from("LISTEN_PID", &pid) || pid != getpid() || !number_from("LISTEN_FDS", &count) || count <= 0)
		goto out;
	if (count > SERVICE_FDS_MAX) {
		result = error_set(err, -E2BIG,
			"the service manager passes %lld sockets, at most %d are allowed: name fewer in the .socket "
			"units",
			count, SERVICE_FDS_MAX);
		goto out;
	}
	for (int i = 0; i < count; i++) {
		int fd = FIRST_FD + i;
		int flags = fcntl(fd, F_GETFD);

		if (flags < 0 || fcntl(fd, F_SETFD, flags | FD_CLOEXEC) < 0) {
			result = error_sys(err, -errno, "cannot take inherited socket %d", fd);
			goto out;
		}
		out->fds[out->count++].fd = fd;
	}
	name_fds(out);
out:
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_FDNAMES");
	return result;
}

int service_take_fd(struct service_fds *fds, const char *name)
{
	for (size_t i = 0; i < fds->count; i++) {
		if (fds->fds[i].taken || strcmp(fds->fds[i].name, name) != 0)
			continue;
		fds->fds[i].taken = true;
		return fds->fds[i].fd;
	}
	return -1;
}

bool service_has_fd(const struct service_fds *fds, const char *name)
{
	for (size_t i = 0; i < fds->count; i++)
		if (strcmp(fds->fds[i].name, name) == 0)
			return true;
	return false;
}

size_t service_close_rest(struct service_fds *fds)
{
	size_t closed = 0;

	for (size_t i = 0; i < fds->count; i++) {
		if (fds->fds[i].taken)
			continue;
		close(fds->fds[i].fd);
		fds->fds[i].taken = true;
		closed++;
	}
	return closed;
}

static bool notify(const char *message)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	size_t len = path != NULL ? strlen(path) : 0;
	bool sent;
	int fd;

	if (len < 2 || len >= sizeof(address.sun_path) || (path[0] != '/' && path[0] != '@'))
		return false;
	memcpy(address.sun_path, path, len);
	if (path[0] == '@')
		address.sun_path[0] = '\0'; /* an abstract socket: its name has a length and no NUL at the end */
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return false;
	sent = sendto(fd, message, strlen(message), MSG_NOSIGNAL, (struct sockaddr *)&address,
		       (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)) >= 0;
	close(fd);
	return sent;
}

/* The manager reads each line as an assignment of its own and drops text that is not UTF-8. */
static bool notify_status(const char *before, const char *status)
{
	struct buf message = BUF_INIT(MESSAGE_MAX);
	bool sent;

	buf_puts(&message, before);
	utf8_one_line(&message, utf8_cut(str_from(status), STATUS_MAX));
	sent = !buf_failed(&message) && notify(message.data);
	buf_release(&message);
	return sent;
}

bool service_ready(const char *status)
{
	return status != NULL ? notify_status("READY=1\nSTATUS=", status) : notify("READY=1");
}

bool service_status(const char *status)
{
	return notify_status("STATUS=", status);
}

bool service_reloading(void)
{
	char message[128];

	snprintf(message, sizeof(message), "RELOADING=1\nMONOTONIC_USEC=%" PRId64, clock_mono_us());
	return notify(message);
}

bool service_stopping(void)
{
	return notify("STOPPING=1");
}

bool service_watchdog_ping(void)
{
	return notify("WATCHDOG=1");
}

bool service_extend_start(int64_t by_ms)
{
	char message[64];

	snprintf(message, sizeof(message), "EXTEND_TIMEOUT_USEC=%" PRId64, by_ms * 1000);
	return notify(message);
}

int64_t service_watchdog_interval_ms(void)
{
	long long pid, usec;

	if (!number_from("WATCHDOG_USEC", &usec) || usec <= 0)
		return 0;
	if (number_from("WATCHDOG_PID", &pid) && pid != getpid())
		return 0;
	return usec / 2000 > 0 ? usec / 2000 : 1;
}
