/* SPDX-License-Identifier: ISC */
/* Tries one socket after the other, and names each of them when no daemon answers. */
#include "daemon_socket.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "sitrep/base/buf.h"
#include "sitrep/base/clock.h"
#include "sitrep/base/paths.h"

enum { SEARCH_TEXT_MAX = 16 * 1024, NAMES_MAX = 16 * 1024 };

struct search {
	int patience_ms;
	int fd; /* -1: not found yet */
	char *path;
	struct buf looked; /* "PATH (what is wrong there), PATH (...)" */
	int failure;       /* the failure that is reported; a refusal is preferred to a missing socket */
	size_t places;
	char *refused; /* the first socket without permission */
};

/* 0 and an open descriptor, or a negative code. */
static int connect_to(const char *path, int patience_ms, int *fd)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct timeval patience = clock_timeval(patience_ms < 0 ? 0 : patience_ms); /* 0: no end */
	int result = 0;

	if (strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	memcpy(address.sun_path, path, strlen(path) + 1);
	*fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (*fd < 0)
		return -errno;
	setsockopt(*fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	if (connect(*fd, (struct sockaddr *)&address, sizeof(address)) != 0) {
		result = -errno;
		close(*fd);
		*fd = -1;
	}
	return result;
}

static const char *describe_failure(int failure, char text[128])
{
	switch (failure) {
	case -ENOENT:
	case -ENOTDIR:
		return "no socket";
	case -ECONNREFUSED:
		return "no daemon listens";
	case -EACCES:
	case -EPERM:
		return "no permission";
	case -EAGAIN:
		return "the daemon does not answer";
	default:
		return strerror_r(-failure, text, 128);
	}
}

/* Tries one socket unless the daemon is already found. Takes path over; NULL means no memory. 0 or -ENOMEM. */
static int search_at(struct search *s, char *path)
{
	int result = path == NULL ? -ENOMEM : 0;
	char text[128];
	int failure;

	if (result != 0 || s->fd >= 0)
		goto out;
	failure = connect_to(path, s->patience_ms, &s->fd);
	s->places++;
	if (failure == 0) {
		s->path = path;
		return 0;
	}
	if (s->failure == 0 || s->failure == -ENOENT || failure == -EACCES)
		s->failure = failure;
	result = buf_printf(
		&s->looked, "%s%s (%s)", s->looked.len > 0 ? ", " : "", path, describe_failure(failure, text));
	if ((failure == -EACCES || failure == -EPERM) && s->refused == NULL) {
		s->refused = path;
		return result;
	}
out:
	free(path);
	return result;
}

static int search_folders(struct search *s, bool control)
{
	struct paths_places places;
	int result = paths_places_init(&places, true);

	for (size_t i = 0; result == 0 && i < places.count; i++) {
		char *stream = paths_stream_socket(NULL, places.folders[i]);

		if (control && stream != NULL) {
			char *beside = paths_control_socket(NULL, stream);

			free(stream);
			stream = beside;
		}
		result = search_at(s, stream);
	}
	paths_places_release(&places);
	return result;
}

/* Sets the error for a refused socket: names the group or user that may use it. */
static int tell_refusal(const struct search *s, const char *looked, struct error *err)
{
	struct group group_memory, *group = NULL;
	struct passwd owner_memory, *owner = NULL;
	char names[2][NAMES_MAX];
	struct stat st;

	if (s->refused != NULL && stat(s->refused, &st) == 0) {
		if ((st.st_mode & S_IWGRP) != 0)
			getgrgid_r(st.st_gid, &group_memory, names[0], sizeof(names[0]), &group);
		getpwuid_r(st.st_uid, &owner_memory, names[1], sizeof(names[1]), &owner);
	}
	if (group != NULL)
		return error_set(err, s->failure,
			"not permitted to talk to the daemon; become root, or join the group %s (usermod -aG %s USER, "
			"then log in again); looked at %s",
			group->gr_name, group->gr_name, looked);
	if (owner != NULL && st.st_uid != 0)
		return error_set(err, s->failure,
			"not permitted to talk to the daemon; become root or the user %s; looked at %s", owner->pw_name,
			looked);
	return error_set(err, s->failure, "not permitted to talk to the daemon; become root; looked at %s", looked);
}

static int tell_failure(const struct search *s, const struct daemon_socket_wanted *wanted, struct error *err)
{
	const char *looked = s->looked.data != NULL ? s->looked.data : "";

	if (s->failure == -EACCES || s->failure == -EPERM)
		return tell_refusal(s, looked, err);
	if (wanted->path != NULL || s->places == 1)
		return error_set(err, s->failure, "cannot connect to the daemon at %s; is it running?", looked);
	return error_set(err, s->failure,
		"no daemon is running, start it with \"systemctl start sitrepd\" or \"make run\"; looked at %s",
		looked);
}

int daemon_socket_connect(const struct daemon_socket_wanted *wanted, int *fd, char **path, struct error *err)
{
	struct search s = {.fd = -1, .patience_ms = wanted->patience_ms, .looked = BUF_INIT(SEARCH_TEXT_MAX)};
	int result = 0;

	if (wanted->path != NULL) {
		result = search_at(&s, strdup(wanted->path));
	} else {
		if (wanted->preferred != NULL)
			result = search_at(&s, strdup(wanted->preferred));
		if (result == 0)
			result = search_folders(&s, wanted->control);
	}
	if (result != 0)
		error_sys(err, result, "cannot connect");
	else if (s.fd < 0)
		result = tell_failure(&s, wanted, err);
	if (result == 0) {
		*fd = s.fd;
		*path = s.path;
	} else {
		free(s.path);
		if (s.fd >= 0)
			close(s.fd);
	}
	buf_release(&s.looked);
	free(s.refused);
	return result;
}
