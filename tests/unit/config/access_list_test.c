/* SPDX-License-Identifier: ISC */
/* access_list_test.c: which tokens and users are taken from files, and which are refused with a reason. */
#include "../test.h"

#include <unistd.h>

#include "sitrep/config/access_list.h"

#define BCRYPT "$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"

static char folder[] = "/tmp/sitrepd-access-XXXXXX";

static int load(const char *tokens, const char *users, struct access_list *list, struct error *err)
{
	char names[2][64];
	struct config_path paths[2] = {{0}, {0}};
	const char *texts[2] = {tokens, users};
	struct config_place place;
	int result;

	for (size_t i = 0; i < 2; i++) {
		FILE *f;

		snprintf(names[i], sizeof(names[i]), "%s/%zu", folder, i);
		if (texts[i] == NULL)
			continue;
		f = fopen(names[i], "w");
		assert_non_null(f);
		assert_true(fputs(texts[i], f) >= 0);
		assert_int_equal(fclose(f), 0);
		paths[i] = (struct config_path){.text = names[i], .full = names[i]};
	}
	result = access_list_load(list, &paths[0], &paths[1], &place, err);
	for (size_t i = 0; i < 2; i++)
		unlink(names[i]);
	return result;
}

TEST(tokens_and_users)
{
	struct access_list list;
	struct error err = {0};

	assert_ok(load("# desk\n0123456789abcdef\n\n  AZaz09-._~+/xyzw==\r\n", "ann:" BCRYPT "\nbob:" BCRYPT "\n",
			  &list, &err) == 0,
		err);
	assert_int_equal(list.token_count, 2);
	assert_string_equal(list.tokens[0], "0123456789abcdef");
	assert_string_equal(list.tokens[1], "AZaz09-._~+/xyzw==");
	assert_int_equal(list.user_count, 2);
	assert_string_equal(list.users[1].name, "bob");
	assert_string_equal(list.users[1].hash, BCRYPT);
	assert_false(access_list_is_empty(&list));
	access_list_release(&list);
	assert_ok(load(NULL, NULL, &list, &err) == 0, err);
	assert_true(access_list_is_empty(&list));
}

static void assert_refused(const char *tokens, const char *users, const char *reason)
{
	struct access_list list;
	struct error err = {0};

	assert_true(load(tokens, users, &list, &err) < 0);
	if (strstr(err.text, reason) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", err.text, reason);
	assert_true(access_list_is_empty(&list));
}

TEST(mistakes)
{
	assert_refused("", NULL, "/0 has no entry");
	assert_refused("# none\n", NULL, "has no entry");
	assert_refused("0123456789abcdef\nshort\n", NULL, "/0:2: a token must have at least 16 characters");
	assert_refused("0123456789 abcdef\n", NULL, "openssl rand -hex 16");
	assert_refused(NULL, "ann\n", "/1:1: expected NAME:HASH");
	assert_refused(NULL, ":" BCRYPT "\n", "a user has no name");
	assert_refused(NULL, "ann:secret\n", "the password of ann needs a hash");
	assert_refused(NULL, "ann:\n", "the password of ann needs a hash");
	assert_refused(NULL, "ann:$apr1$abcdefgh$0123456789012345678901\n", "the password of ann needs a hash");
	assert_refused(NULL, "ann:$1$abcdefgh$0123456789012345678901\n", "the password of ann needs a hash");
	assert_refused(NULL, "ann:$2b$14$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW\n",
		"the password of ann needs a hash");
	assert_refused(NULL, "ann:$6$rounds=1000001$abcdefgh$01\n", "the password of ann needs a hash");
	assert_refused(NULL, "ann:$y$jFT$abcdefgh$01\n", "the password of ann needs a hash");
}

static void make_folder(void)
{
	assert_non_null(mkdtemp(folder));
}

static void remove_folder(void)
{
	assert_int_equal(rmdir(folder), 0);
}

TEST_GROUP(make_folder, remove_folder)
