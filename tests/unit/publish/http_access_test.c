/* SPDX-License-Identifier: ISC */
/* http_access_test.c: who is answered, by token and by password, and how few wrong passwords are looked at. */
#include "http_fixture.h"

#include <crypt.h>
#include <unistd.h>

#include "sitrep/publish/http_access.h"

#define TOKEN "0123456789abcdef"
#define OTHER "fedcba9876543210"
/* "ann:secret", "bob:secret", "ann:wrong", "ann:" TOKEN */
#define ANN "Authorization: Basic YW5uOnNlY3JldA==\r\n"
#define BOB "Authorization: Basic Ym9iOnNlY3JldA==\r\n"
#define WRONG "Authorization: Basic YW5uOndyb25n\r\n"
#define TOKEN_AS_PASSWORD "Authorization: Basic eDowMTIzNDU2Nzg5YWJjZGVm\r\n"

static char folder[] = "/tmp/sitrepd-access-XXXXXX";

FIXTURE(fixture, setup, teardown)

static struct config_path write_file(const char *name, const char *text)
{
	static char names[4][64];
	static size_t count;
	char *full = names[count++ % 4];
	FILE *f;

	snprintf(full, 64, "%s/%s", folder, name);
	f = fopen(full, "w");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
	return (struct config_path){.text = full, .full = full};
}

/* A cheap hash of "secret". */
static void add_user(char line[256], const char *name)
{
	struct crypt_data data = {0};
	const char *hash = crypt_r("secret", "$2b$04$CCCCCCCCCCCCCCCCCCCCC.", &data);

	assert_non_null(hash);
	snprintf(line, 256, "%s:%s\n", name, hash);
}

/* All: TOKEN and ann. The output "Desk": OTHER. */
static void protect(struct fixture *f)
{
	struct config_rule outputs[] = {{.name = "open"}, {.name = "Desk"}};
	struct config c = {.outputs = {.items = outputs, .count = 2}};
	struct error err = {0};
	struct http_access *access;
	char user[256];

	assert_non_null(mkdtemp(folder));
	add_user(user, "ann");
	c.http_token_file = write_file("tokens", TOKEN "\n");
	c.http_users_file = write_file("users", user);
	outputs[1].token_file = write_file("desk", OTHER "\n");
	access = http_access_new(&c, "http://localhost", &err);
	assert_ok(access != NULL, err);
	assert_true(http_access_asks(access));
	http_server_set_access(f->server, access);
	unlink(c.http_token_file.full);
	unlink(c.http_users_file.full);
	unlink(outputs[1].token_file.full);
	assert_int_equal(rmdir(folder), 0);
	memcpy(folder + strlen(folder) - 6, "XXXXXX", 6);
}

TEST_ON(tokens, fixture, f)
{
	const struct answer *a;

	protect(f);
	a = ask(f, "GET", "/document", "");
	assert_int_equal(a->status, 401);
	assert_header(a, "WWW-Authenticate", "Basic realm=\"sitrepd\", charset=\"UTF-8\"");
	assert_no_header(a, "ETag");
	assert_int_equal(f->paths.len, 0);
	assert_status(f, "HEAD", "/document", "", 401);
	assert_status(f, "GET", "/document", "Authorization: Bearer " TOKEN "\r\n", 200);
	assert_status(f, "GET", "/document", "Authorization: bearer  " TOKEN "\r\n", 200);
	assert_status(f, "GET", "/document?token=" TOKEN, "", 200);
	assert_status(f, "GET", "/document?q=x&token=%300123456789abcdef", "", 401);
	assert_status(f, "GET", "/document?token=%30123456789abcdef", "", 200);
	assert_status(f, "GET", "/document", TOKEN_AS_PASSWORD, 200);
	assert_status(f, "GET", "/document", "Authorization: Bearer " OTHER "\r\n", 401);
	assert_status(f, "GET", "/document?token=", "", 401);
	assert_status(f, "GET", "/document", "Authorization: Bearer\r\n", 401);
	/* the field counts, not the address */
	assert_status(f, "GET", "/document?token=" TOKEN, "Authorization: Bearer " OTHER "\r\n", 401);
	/* scripts ask first without a credential */
	assert_status(f, "OPTIONS", "/shared", "", 204);
	assert_int_equal(stats_of(f).barred, 7);
}

TEST_ON(no_shared_cache_keeps_them, fixture, f)
{
	const struct answer *a = ask(f, "GET", "/document", "");

	assert_header(a, "Cache-Control", "max-age=60");
	assert_int_equal(str_find(a->raw.len > 0 ? a->head : STR_NONE, STR("private"), 0), STR_NPOS);
	protect(f);
	a = ask(f, "GET", "/document?token=" TOKEN, "");
	assert_true(str_find(a->head, STR("Cache-Control: private\r\n"), 0) != STR_NPOS);
}

TEST_ON(open_to_all, fixture, f)
{
	protect(f);
	assert_status(f, "GET", "/healthz", "", 404);
	assert_status(f, "GET", "/robots.txt", "", 404);
	assert_status(f, "GET", "/websub/token", "", 404);
	assert_status(f, "GET", "/healthz/x", "", 401);
	assert_status(f, "GET", "/%68ealthz", "", 404);
	assert_true(str_eq(buf_str(&f->paths), STR("[/healthz][/robots.txt][/websub/token][/healthz]")));
}

TEST_ON(readers_of_an_output, fixture, f)
{
	protect(f);
	assert_status(f, "GET", "/output/Desk.atom", "", 401);
	assert_status(f, "GET", "/output/Desk.atom?token=" OTHER, "", 404);
	assert_status(f, "GET", "/OUTPUT/dESK/x?token=" OTHER, "", 404);
	assert_status(f, "GET", "/output/Desk.atom?token=" TOKEN, "", 404);
	assert_status(f, "GET", "/output/Desks.atom?token=" OTHER, "", 401);
	assert_status(f, "GET", "/output/open.atom?token=" OTHER, "", 401);
	assert_status(f, "GET", "/document?token=" OTHER, "", 401);
}

TEST_ON(passwords, fixture, f)
{
	struct http_stats before;

	protect(f);
	assert_status(f, "GET", "/document", ANN, 200);
	assert_status(f, "GET", "/document", WRONG, 401);
	assert_status(f, "GET", "/document", BOB, 401);
	assert_status(f, "GET", "/document", "Authorization: Basic YW5u\r\n", 401);
	assert_status(f, "GET", "/document", "Authorization: Basic %%%\r\n", 401);
	assert_status(f, "GET", "/document", "Authorization: Basic\r\n", 401);
	/* what is known needs no other turn */
	before = stats_of(f);
	for (int i = 0; i < 3; i++) {
		assert_status(f, "GET", "/document", ANN, 200);
		assert_status(f, "GET", "/document", WRONG, 401);
	}
	assert_int_equal(stats_of(f).postponed, before.postponed);
}

static void encode(char out[64], unsigned number)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

	/* "ann:x" and a letter that differs */
	snprintf(out, 64, "Authorization: Basic YW5uOnh%c\r\n", letters[number]);
}

TEST_ON(wrong_passwords_are_few, fixture, f)
{
	unsigned refused = 0, barred = 0;
	const struct answer *a;
	char field[64];

	protect(f);
	assert_status(f, "GET", "/document", ANN, 200);
	for (unsigned i = 0; i < 26; i++) {
		encode(field, i);
		a = ask(f, "GET", "/document", field);
		barred += a->status == 401;
		refused += a->status == 429;
		if (a->status == 429)
			assert_header(a, "Retry-After", "6");
	}
	assert_int_equal(barred + refused, 26);
	assert_true(barred >= 10 && refused > 0);
	/* a reader who is known is answered all the same */
	assert_status(f, "GET", "/document", ANN, 200);
}

/* A client that goes while its password is checked, and the end of the server meanwhile. */
TEST_ON(clients_that_do_not_wait, fixture, f)
{
	int fd;

	protect(f);
	fd = connect_to(f);
	send_all(fd, STR("GET /document HTTP/1.1\r\nHost: localhost\r\n" ANN "\r\n"));
	close(fd);
	assert_status(f, "GET", "/document", ANN, 200);
	fd = connect_to(f);
	send_all(fd, STR("GET /document HTTP/1.1\r\nHost: localhost\r\n" BOB "\r\n"));
	for (int i = 0; i < 4; i++)
		assert_true(event_base_loop(f->base, EVLOOP_NONBLOCK) >= 0);
	close(fd);
}
