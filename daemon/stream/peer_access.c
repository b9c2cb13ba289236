/* SPDX-License-Identifier: ISC */
/* Who may subscribe. */
#include "peer_access.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>

#include "sitrep/base/str.h"

enum {
	GROUPS_MAX = 1024, /* of a client that are looked at */
	LINE_LEN_MAX = 128,
};

/* Numbers of users, or of groups. */
struct id_list {
	unsigned *ids;
	size_t count;
};

struct peer_access {
	struct id_list users, groups;
};

static bool take_number(struct str *rest, long long *number)
{
	struct str piece = STR_NONE;

	*rest = str_trim(*rest);
	return str_split(rest, ' ', &piece) && str_to_int(piece, number);
}

/* The map has lines of three numbers: first inside this process's namespace, first outside, count. */
static bool is_visible(const char *map_path, unsigned id)
{
	FILE *f = fopen(map_path, "re");
	char line[LINE_LEN_MAX];
	bool found = f == NULL; /* a kernel without user namespaces */

	while (f != NULL && !found && fgets(line, sizeof(line), f) != NULL) {
		struct str rest = str_from(line);
		long long inside, outside, count;

		found = take_number(&rest, &inside) && take_number(&rest, &outside) && take_number(&rest, &count) &&
			id >= inside && id - inside < count;
	}
	if (f != NULL)
		fclose(f);
	return found;
}

static int add_id(struct id_list *l, const char *option, const char *map_path, const char *name, bool is_known,
	unsigned id, struct error *err)
{
	if (!is_known)
		return error_set(err, -EINVAL, "[stream] %s: the name %s is not known on this machine", option, name);
	if (!is_visible(map_path, id))
		return error_set(err, -EINVAL,
			"[stream] %s: the kernel shows %s to this process as 65534, since it runs with "
			"PrivateUsers=yes "
			"or in a container: set PrivateUsers=no with `systemctl edit sitrepd.service`, or use the "
			"socket's mode and group instead",
			option, name);
	l->ids[l->count++] = id;
	return 0;
}

static bool is_number(const char *name, unsigned *id)
{
	long long number;

	if (!str_to_int(str_from(name), &number) || number < 0 || number >= UINT32_MAX)
		return false;
	*id = (unsigned)number;
	return true;
}

static int add_user(struct id_list *l, const char *name, struct error *err)
{
	unsigned id = 0;
	const struct passwd *user = NULL;
	bool is_known = is_number(name, &id);

	if (!is_known && (user = getpwnam(name)) != NULL)
		id = user->pw_uid;
	return add_id(l, "allow-uid", "/proc/self/uid_map", name, is_known || user != NULL, id, err);
}

static int add_group(struct id_list *l, const char *name, struct error *err)
{
	unsigned id = 0;
	const struct group *group = NULL;
	bool is_known = is_number(name, &id);

	if (!is_known && (group = getgrnam(name)) != NULL)
		id = group->gr_gid;
	return add_id(l, "allow-gid", "/proc/self/gid_map", name, is_known || group != NULL, id, err);
}

struct peer_access *peer_access_new(const struct stream_options *options, struct error *err)
{
	struct peer_access *a = calloc(1, sizeof(*a));
	int result = 0;

	if (a != NULL) {
		a->users.ids = calloc(options->allow_user_count + 1, sizeof(unsigned));
		a->groups.ids = calloc(options->allow_group_count + 1, sizeof(unsigned));
	}
	if (a == NULL || a->users.ids == NULL || a->groups.ids == NULL)
		result = error_sys(err, -ENOMEM, "cannot open the stream");
	for (size_t i = 0; i < options->allow_user_count && result == 0; i++)
		result = add_user(&a->users, options->allow_users[i], err);
	for (size_t i = 0; i < options->allow_group_count && result == 0; i++)
		result = add_group(&a->groups, options->allow_groups[i], err);
	if (result == 0)
		return a;
	peer_access_free(a);
	return NULL;
}

void peer_access_free(struct peer_access *a)
{
	if (a == NULL)
		return;
	free(a->users.ids);
	free(a->groups.ids);
	free(a);
}

static bool has_id(const struct id_list *l, unsigned id)
{
	for (size_t i = 0; i < l->count; i++)
		if (l->ids[i] == id)
			return true;
	return false;
}

bool peer_access_allows(const struct peer_access *a, int fd, const struct ucred *who)
{
	gid_t groups[GROUPS_MAX];
	socklen_t len = sizeof(groups);

	if (a->users.count == 0 && a->groups.count == 0)
		return true;
	if (who == NULL)
		return false;
	if (has_id(&a->users, who->uid) || has_id(&a->groups, who->gid))
		return true;
	if (a->groups.count == 0 || getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &len) != 0)
		return false;
	for (size_t i = 0; i < len / sizeof(groups[0]); i++)
		if (has_id(&a->groups, groups[i]))
			return true;
	return false;
}
