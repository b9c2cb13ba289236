/* SPDX-License-Identifier: ISC */
/* Reads the files with tokens and users. */
#include "sitrep/config/access_list.h"

#include <crypt.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "secret_file.h"
#include "sitrep/base/str.h"

enum {
	FILE_MAX = 256 * 1024,
	/* Most rounds of a hash, each a second of one processor at most: 2^13 of bcrypt, a million of SHA, and N = 2^14
	 * of yescrypt, which takes 16 MiB. */
	BCRYPT_COST_MAX = 13,
	SHA_ROUNDS_MAX = 1000 * 1000,
	YESCRYPT_COST_MAX = 'B',
};

static bool is_token(struct str s)
{
	size_t end = s.len;

	while (end > 0 && s.data[end - 1] == '=')
		end--;
	for (size_t i = 0; i < end; i++)
		if (!char_is_alpha(s.data[i]) && !char_is_digit(s.data[i]) && strchr("-._~+/", s.data[i]) == NULL)
			return false;
	return end >= ACCESS_TOKEN_LEAST;
}

/* False for a hash that takes longer than the limits above. */
static bool is_cheap(struct str hash)
{
	long long cost = 0;
	size_t end;

	if (str_starts(hash, STR("$2")))
		return hash.len > 7 && str_to_int(str_slice(hash, 4, 6), &cost) && cost <= BCRYPT_COST_MAX;
	if (str_starts(hash, STR("$y$")) || str_starts(hash, STR("$gy$"))) {
		size_t parameters = str_find_char(hash, '$', 1) + 1;

		/* "j9T": how it works, the exponent of N, r */
		return hash.len > parameters + 3 && hash.data[parameters] == 'j' &&
		       hash.data[parameters + 1] <= YESCRYPT_COST_MAX && hash.data[parameters + 2] <= 'T';
	}
	if (!str_starts(hash, STR("$5$")) && !str_starts(hash, STR("$6$")))
		return false;
	hash = str_slice(hash, 3, hash.len);
	end = str_find_char(hash, '$', 0);
	return !str_starts(hash, STR("rounds=")) ||
	       (end != STR_NPOS && str_to_int(str_slice(hash, 7, end), &cost) && cost <= SHA_ROUNDS_MAX);
}

static int add_token(struct access_list *list, struct str line, struct error *err)
{
	if (!is_token(line))
		return error_set(err, -EINVAL,
			"a token must have at least %d characters of A-Z a-z 0-9 - . _ ~ + /: `openssl rand -hex 16` "
			"prints one",
			ACCESS_TOKEN_LEAST);
	list->tokens[list->token_count] = strndup(line.data, line.len);
	return list->tokens[list->token_count++] != NULL ? 0 : error_sys(err, -ENOMEM, "no memory for a token");
}

static int add_user(struct access_list *list, struct str line, struct error *err)
{
	struct access_user *user = &list->users[list->user_count];
	struct str name;
	int state;

	if (str_find_char(line, ':', 0) == STR_NPOS)
		return error_set(err, -EINVAL, "expected NAME:HASH, such as `htpasswd -nB NAME` prints");
	str_split(&line, ':', &name);
	list->user_count++;
	user->name = strndup(name.data, name.len);
	user->hash = strndup(line.data, line.len);
	if (user->name == NULL || user->hash == NULL)
		return error_sys(err, -ENOMEM, "no memory for a user");
	if (str_empty(name))
		return error_set(err, -EINVAL, "a user has no name");
	state = crypt_checksalt(user->hash);
	if (state == CRYPT_SALT_INVALID || state == CRYPT_SALT_METHOD_DISABLED || !is_cheap(line))
		return error_set(err, -EINVAL,
			"the password of %s needs a hash by yescrypt, by bcrypt of cost %d at most, or by SHA-512 of "
			"%d "
			"rounds at most, such as mkpasswd and htpasswd -B print",
			user->name, BCRYPT_COST_MAX, SHA_ROUNDS_MAX);
	return 0;
}

/* Calls add() for each line. */
static int read_lines(struct access_list *list, const struct config_path *path,
	int (*add)(struct access_list *list, struct str line, struct error *err), struct error *err)
{
	struct buf content = BUF_INIT(FILE_MAX);
	int result = secret_read(&content, path, err);
	struct str rest = buf_str(&content), line;
	struct error why = {0};
	size_t number = 0, count = 0;

	while (result == 0 && str_split(&rest, '\n', &line)) {
		number++;
		line = str_trim(line);
		if (str_empty(line) || line.data[0] == '#')
			continue;
		if (++count > ACCESS_LINES_MAX)
			result = error_set(err, -E2BIG, "%s has more than %d entries", path->full, ACCESS_LINES_MAX);
		else if (add(list, line, &why) != 0)
			result = error_set(err, why.code, "%s:%zu: %s", path->full, number, why.text);
	}
	if (result == 0 && count == 0)
		result = error_set(err, -EINVAL, "%s has no entry", path->full);
	secret_wipe(&content);
	return result;
}

int access_list_load(struct access_list *list, const struct config_path *token_file,
	const struct config_path *users_file, struct config_place *place, struct error *err)
{
	int result = 0;

	*list = (struct access_list){0};
	if (token_file->text != NULL) {
		*place = token_file->place;
		list->tokens = calloc(ACCESS_LINES_MAX, sizeof(*list->tokens));
		result = list->tokens != NULL ? read_lines(list, token_file, add_token, err)
					      : error_sys(err, -ENOMEM, "cannot read %s", token_file->full);
	}
	if (result == 0 && users_file->text != NULL) {
		*place = users_file->place;
		list->users = calloc(ACCESS_LINES_MAX, sizeof(*list->users));
		result = list->users != NULL ? read_lines(list, users_file, add_user, err)
					     : error_sys(err, -ENOMEM, "cannot read %s", users_file->full);
	}
	if (result != 0)
		access_list_release(list);
	return result;
}

void access_list_release(struct access_list *list)
{
	for (size_t i = 0; i < list->token_count; i++)
		cstr_wipe(list->tokens[i]);
	for (size_t i = 0; i < list->user_count; i++) {
		free(list->users[i].name);
		cstr_wipe(list->users[i].hash);
	}
	free(list->tokens);
	free(list->users);
	*list = (struct access_list){0};
}
