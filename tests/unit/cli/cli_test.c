/* SPDX-License-Identifier: ISC */
/* cli_test.c: sitrep as a library: arguments, exit statuses, events for people, the cursor file, and what is told when
 * the daemon is away or odd.  Standard output and error go to files meanwhile. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "../../../daemon/cli/client.h"
#include "../test.h"

enum { ARGUMENTS_MAX = 8, TEXT_MAX = 64 * 1024 };

struct fixture {
	char dir[64], path[80];
	int saved[2]; /* standard output and error */
	char out[TEXT_MAX], err[TEXT_MAX];
};

static struct fixture fixture;

static const char *const commands[] = {"tail", "feeds", "explain", "status", "refresh", "parse", "discover", "why",
	"split", "join", "stories", "check", "backup", "reload", "pause", "resume"};

/* ---- capturing ---- */

static void capture_begin(void)
{
	static const char *const names[] = {"out", "err"};

	for (int i = 0; i < 2; i++) {
		char path[128];
		int fd;

		(void)fflush(i == 0 ? stdout : stderr);
		(void)snprintf(path, sizeof(path), "%s/%s", fixture.dir, names[i]);
		fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
		assert_true(fd >= 0);
		fixture.saved[i] = dup(i + 1);
		assert_true(fixture.saved[i] >= 0);
		assert_true(dup2(fd, i + 1) >= 0);
		(void)close(fd);
	}
}

static void capture_end(void)
{
	for (int i = 0; i < 2; i++) {
		char *text = i == 0 ? fixture.out : fixture.err;
		ssize_t len;

		(void)fflush(i == 0 ? stdout : stderr);
		len = pread(i + 1, text, TEXT_MAX - 1, 0);
		text[len > 0 ? len : 0] = '\0';
		(void)dup2(fixture.saved[i], i + 1);
		(void)close(fixture.saved[i]);
	}
}

/* Runs sitrep with these arguments, up to NULL; the exit status. */
static int run(const char *const arguments[])
{
	char *argv[ARGUMENTS_MAX + 2] = {strdup("sitrep")};
	int argc = 1, status;

	for (; arguments[argc - 1] != NULL; argc++) {
		assert_true(argc <= ARGUMENTS_MAX);
		argv[argc] = strdup(arguments[argc - 1]);
	}
	capture_begin();
	status = cli_run(argc, argv);
	capture_end();
	for (int i = 0; i < argc; i++)
		free(argv[i]);
	return status;
}

#define RUN(...) run((const char *const[]){__VA_ARGS__, NULL})

static int setup(void **state)
{
	(void)state;
	(void)snprintf(fixture.dir, sizeof(fixture.dir), "/tmp/sitrep-cli-XXXXXX");
	assert_non_null(mkdtemp(fixture.dir));
	(void)snprintf(fixture.path, sizeof(fixture.path), "%s/file", fixture.dir);
	assert_int_equal(setenv("TZ", "UTC", 1), 0);
	tzset();
	return 0;
}

static int teardown(void **state)
{
	static const char *const names[] = {"out", "err", "file", "file.new"};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char path[128];

		(void)snprintf(path, sizeof(path), "%s/%s", fixture.dir, names[i]);
		(void)unlink(path);
	}
	return rmdir(fixture.dir);
}

/* ---- arguments ---- */

TEST_WITH(help_and_version, setup, teardown)
{
	assert_int_equal(RUN("--help"), EXIT_DONE);
	assert_string_equal(fixture.err, "");
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		char line[64];

		(void)snprintf(line, sizeof(line), "\n  %-8s ", commands[i]);
		assert_non_null(strstr(fixture.out, line));
	}
	assert_int_equal(RUN("--version"), EXIT_DONE);
	assert_string_equal(fixture.out, "sitrep " SITREP_VERSION "\n");
}

TEST_WITH(wrong_usage, setup, teardown)
{
	assert_int_equal(RUN(NULL), EXIT_USAGE);
	assert_string_equal(fixture.out, "");
	assert_int_equal(strncmp(fixture.err, "usage: sitrep ", 14), 0);
	assert_int_equal(RUN("fly"), EXIT_USAGE);
	assert_int_equal(strncmp(fixture.err, "sitrep: unknown command fly\n", 28), 0);
	assert_int_equal(RUN("--altitude", "3"), EXIT_USAGE);
	assert_int_equal(RUN("-c"), EXIT_USAGE);
}

/* Each command prints its usage, and does nothing with an option that it does not know. */
TEST_WITH(options_of_each_command, setup, teardown)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		char begin[64];

		(void)snprintf(begin, sizeof(begin), "usage: sitrep %s", commands[i]);
		assert_int_equal(RUN(commands[i], "--help"), EXIT_DONE);
		assert_int_equal(strncmp(fixture.out, begin, strlen(begin)), 0);
		assert_string_equal(fixture.err, "");
		assert_int_equal(RUN("--socket", fixture.path, commands[i], "--no-such-option"), EXIT_USAGE);
		assert_string_equal(fixture.out, "");
		assert_non_null(strstr(fixture.err, "unrecognized option '--no-such-option'"));
	}
}

TEST_WITH(number_of_arguments, setup, teardown)
{
	static const char *const rows[][4] = {
		{"status", "extra"},
		{"pause", "extra"},
		{"refresh", "a", "b"},
		{"explain"},
		{"explain", "a", "b"},
		{"why"},
		{"split"},
		{"split", "a", "b"},
		{"join", "a"},
		{"join", "a", "b", "c"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int status = RUN("--socket", fixture.path, rows[i][0], rows[i][1], rows[i][2], rows[i][3]);

		if (status != EXIT_USAGE)
			fail_msg("row %zu, %s: status %d", i, rows[i][0], status);
		assert_non_null(strstr(fixture.err, "usage: sitrep "));
	}
}

TEST_WITH(configuration_that_is_not_there, setup, teardown)
{
	char expected[256];

	assert_int_equal(RUN("-c", fixture.path, "status"), EXIT_TROUBLE);
	(void)snprintf(expected, sizeof(expected), "sitrep: cannot read the configuration %s: %s\n", fixture.path,
		strerror(ENOENT));
	assert_string_equal(fixture.err, expected);
	assert_int_equal(RUN("-c", fixture.dir, "status"), EXIT_TROUBLE);
	assert_non_null(strstr(fixture.err, strerror(EISDIR)));
}

/* ---- events ---- */

static void print(const char *json)
{
	json_t *event = json_loads(json, 0, NULL);

	assert_non_null(event);
	capture_begin();
	event_print(event, json_string_value(json_object_get(event, "event")));
	capture_end();
	json_decref(event);
}

TEST_WITH(events_for_people, setup, teardown)
{
	static const char *const rows[][2] = {
		{"{\"event\":\"new\",\"time\":\"2026-03-01T12:34:56Z\",\"item\":{\"source\":\"USNI\",\"title\":\"A\","
		 "\"link\":\"https://a.example/\"},\"story\":{\"sources\":1}}",
			"2026-03-01 12:34  new      USNI: A\n                  https://a.example/\n"},
		{"{\"event\":\"copy\",\"time\":\"2026-03-01T12:34:56Z\",\"item\":{\"source\":\"DN\",\"title\":\"B\","
		 "\"link\":\"https://b.example/\"},\"story\":{\"sources\":3}}",
			"2026-03-01 12:34  copy     DN: B  [3 sources]\n                  https://b.example/\n"},
		{"{\"event\":\"alert\",\"item\":{\"source\":\"DN\",\"title\":\"C\",\"link\":\"x\"},"
		 "\"alert\":{\"name\":\"ships\",\"priority\":\"high\"}}",
			"ALERT ships (high)  DN: C\n                  x\n"},
		{"{\"event\":\"feed\",\"time\":\"2026-03-01T00:00:00Z\",\"feed\":{\"name\":\"usni\",\"state\":"
		 "\"failing\","
		 "\"reason\":\"404 Not Found\"}}",
			"2026-03-01 00:00  feed     usni: failing, 404 Not Found\n"},
		{"{\"event\":\"gap\",\"from\":\"3\",\"to\":\"9\"}", "missed: events 3 to 9 are no longer kept\n"},
		{"{\"event\":\"heartbeat\"}", ""},
		{"{\"event\":\"subscribed\",\"since\":\"4\"}", ""},
		{"{\"event\":\"new\"}", ""},
		/* What comes from feeds moves no cursor and changes no colour. */
		{"{\"event\":\"new\",\"item\":{\"source\":\"a\\u001b[31m\",\"title\":\"b\\nc\\u202e\",\"link\":7}}",
			"new      a[31m: b c\n                  \n"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		print(rows[i][0]);
		assert_string_equal(fixture.out, rows[i][1]);
	}
}

/* ---- the cursor file ---- */

static void write_file(const char *text)
{
	FILE *f = fopen(fixture.path, "we");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

TEST_WITH(cursor_file, setup, teardown)
{
	static const char *const bad[] = {"x\n", "-1\n", "1 2\n", "12345678901234567890123456789012\n",
		"                                                                      1"};
	char cursor[CURSOR_TEXT_MAX];
	struct error err = {0};

	assert_int_equal(cursor_file_load(fixture.path, cursor, &err), 0);
	assert_string_equal(cursor, "");
	assert_int_equal(cursor_file_save(fixture.path, "1234", &err), 0);
	assert_int_equal(cursor_file_load(fixture.path, cursor, &err), 0);
	assert_string_equal(cursor, "1234");
	write_file(" \t99 \n");
	assert_int_equal(cursor_file_load(fixture.path, cursor, &err), 0);
	assert_string_equal(cursor, "99");
	write_file("");
	assert_int_equal(cursor_file_load(fixture.path, cursor, &err), 0);
	assert_string_equal(cursor, "");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		write_file(bad[i]);
		assert_int_equal(cursor_file_load(fixture.path, cursor, &err), -EINVAL);
		assert_non_null(strstr(err.text, "does not hold a cursor"));
	}
	/* A folder is no file, and what was there stays. */
	assert_true(cursor_file_load(fixture.dir, cursor, &err) < 0);
	assert_true(cursor_file_save("/nonexistent/folder/cursor", "1", &err) < 0);
	assert_non_null(strstr(err.text, "cannot write /nonexistent/folder/cursor"));
}

/* ---- connections ---- */

static int listen_at(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(fd, 1), 0);
	return fd;
}

static void assert_fails(const char *sentence)
{
	char expected[512];

	assert_int_equal(RUN("--socket", fixture.path, "status"), EXIT_TROUBLE);
	assert_string_equal(fixture.out, "");
	(void)snprintf(expected, sizeof(expected), "sitrep: status: %s\n", sentence);
	assert_string_equal(fixture.err, expected);
}

TEST_WITH(no_daemon, setup, teardown)
{
	char sentence[256], long_path[200];

	(void)snprintf(sentence, sizeof(sentence), "cannot connect to the daemon at %s (no socket)", fixture.path);
	assert_fails(sentence);
	(void)close(listen_at(fixture.path));
	(void)snprintf(
		sentence, sizeof(sentence), "cannot connect to the daemon at %s (no daemon listens)", fixture.path);
	assert_fails(sentence);
	memset(long_path, 'x', sizeof(long_path) - 1);
	long_path[sizeof(long_path) - 1] = '\0';
	assert_int_equal(RUN("--socket", long_path, "status"), EXIT_TROUBLE);
	assert_non_null(strstr(fixture.err, strerror(ENAMETOOLONG)));
}

/* A daemon that takes one request and gives one answer. */
struct daemon {
	int listener;
	const char *answer;
	char request[256];
};

static void *answer_once(void *arg)
{
	struct daemon *d = arg;
	int fd = accept(d->listener, NULL, NULL);
	size_t len = 0;

	while (fd >= 0 && len < sizeof(d->request) - 1) {
		ssize_t n = read(fd, d->request + len, sizeof(d->request) - 1 - len);

		if (n <= 0)
			break;
		len += (size_t)n;
		if (d->request[len - 1] == '\n')
			break;
	}
	d->request[len] = '\0';
	if (fd >= 0 && write(fd, d->answer, strlen(d->answer)) < 0)
		d->request[0] = '\0';
	(void)close(fd);
	return NULL;
}

static void start_daemon(struct daemon *d, pthread_t *thread, const char *answer)
{
	*d = (struct daemon){.listener = listen_at(fixture.path), .answer = answer};
	assert_int_equal(pthread_create(thread, NULL, answer_once, d), 0);
}

static void end_daemon(struct daemon *d, pthread_t thread)
{
	assert_int_equal(pthread_join(thread, NULL), 0);
	(void)close(d->listener);
	(void)unlink(fixture.path);
}

TEST_WITH(answers_of_the_daemon, setup, teardown)
{
	static const char *const rows[][2] = {
		{"", "the daemon ended the conversation"},
		{"{\"status\":{}}\n", "the daemon ended the conversation"},
		{"{\"status\":{}\n", "the daemon sent something that is no JSON"},
		{"{\"error\":\"the daemon is ending\"}\n", "the daemon is ending"},
		{"{\"error\":\"a\\u001b[2Jb\\nc\"}\n", "a[2Jb c"},
		{"{\"error\":7}\n", "the daemon refused"},
	};
	struct daemon d;
	pthread_t thread;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char expected[256];

		start_daemon(&d, &thread, rows[i][0]);
		assert_int_equal(RUN("--socket", fixture.path, "pause"), EXIT_TROUBLE);
		end_daemon(&d, thread);
		(void)snprintf(expected, sizeof(expected), "sitrep: pause: %s\n", rows[i][1]);
		assert_string_equal(fixture.err, expected);
		assert_string_equal(d.request, "{\"op\":\"pause\"}\n");
	}
}

TEST_WITH(status_for_people_and_programs, setup, teardown)
{
	static const char answer[] = "{\"status\":{\"paused\":false,\"now\":{\"transfers\":2}}}\n{\"done\":true}\n";
	struct daemon d;
	pthread_t thread;

	start_daemon(&d, &thread, answer);
	assert_int_equal(RUN("--socket", fixture.path, "status"), EXIT_DONE);
	end_daemon(&d, thread);
	assert_string_equal(fixture.out, "paused             no\nnow\n  transfers          2\n");
	start_daemon(&d, &thread, answer);
	assert_int_equal(RUN("--socket", fixture.path, "status", "--json"), EXIT_DONE);
	end_daemon(&d, thread);
	assert_string_equal(fixture.out, "{\"paused\":false,\"now\":{\"transfers\":2}}\n");
}
