/* SPDX-License-Identifier: ISC */
/* access_list.h: the readers who may ask the HTTP server: tokens, and users with hashed passwords.
 *
 *     token-file     one token a line, of at least 16 characters of A-Z a-z 0-9 - . _ ~ + / and = at the end
 *     users-file     NAME:HASH a line, HASH as crypt(5) has it: `mkpasswd` and `htpasswd -B` print such hashes
 *
 * Empty lines and lines that begin with # are left out.  A hash whose check would take long is refused, so that nobody
 * can keep the daemon busy with wrong passwords. */
#ifndef SITREP_CONFIG_ACCESS_LIST_H
#define SITREP_CONFIG_ACCESS_LIST_H

#include <stdbool.h>
#include <stddef.h>

#include "sitrep/base/error.h"
#include "sitrep/config/config.h"

enum { ACCESS_TOKEN_LEAST = 16, ACCESS_LINES_MAX = 1000 };

struct access_user {
	char *name, *hash;
};

struct access_list {
	char **tokens;
	size_t token_count;
	struct access_user *users;
	size_t user_count;
};

/* Reads the files that were given; without one the list is empty.  0, or a negative code with err, and *list is empty.
 * *place is then the line of the file's option. */
int access_list_load(struct access_list *list, const struct config_path *token_file,
	const struct config_path *users_file, struct config_place *place, struct error *err);
/* Overwrites the secrets. */
void access_list_release(struct access_list *list);

static inline bool access_list_is_empty(const struct access_list *list)
{
	return list->token_count == 0 && list->user_count == 0;
}

#endif
