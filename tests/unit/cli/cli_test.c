/* SPDX-License-Identifier: ISC */
/* cli_test.c: sitrep as a library: arguments, exit statuses, events for people, the cursor file, and what is told when
 * the daemon is away or odd.  Standard output and error go to files meanwhile. */
#include <fcntl.h>
#include <locale.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>

#include "../../../daemon/cli/client.h"
#include "../scratch.h"

enum { ARGUMENTS_MAX = 8, TEXT_MAX = 64 * 1024 };

struct fixture {
	char dir[64], path[80];
	int saved[2]; /* standard output and error */
	char out[TEXT_MAX], err[TEXT_MAX];
};

static struct fixture fixture;

static const char *const commands[] = {"tail", "feeds", "explain", "status", "refresh", "parse", "discover", "why",
	"split", "join", "stories", "check", "backup", "reload", "pause", "resume", "help"};

/* ---- capturing ---- */

static void capture_begin(void)
{
	static const char *const names[] = {"out", "err"};

	for (int i = 0; i < 2; i++) {
		char path[128];
		int fd;

		fflush(i == 0 ? stdout : stderr);
		snprintf(path, sizeof(path), "%s/%s", fixture.dir, names[i]);
		fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
		assert_true(fd >= 0);
		fixture.saved[i] = dup(i + 1);
		assert_true(fixture.saved[i] >= 0);
		assert_true(dup2(fd, i + 1) >= 0);
		close(fd);
	}
}

static void capture_end(void)
{
	for (int i = 0; i < 2; i++) {
		char *text = i == 0 ? fixture.out : fixture.err;
		ssize_t len;

		fflush(i == 0 ? stdout : stderr);
		len = pread(i + 1, text, TEXT_MAX - 1, 0);
		text[len > 0 ? len : 0] = '\0';
		dup2(fixture.saved[i], i + 1);
		close(fixture.saved[i]);
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

static void setup(void)
{
	snprintf(fixture.dir, sizeof(fixture.dir), "/tmp/sitrep-cli-XXXXXX");
	assert_non_null(mkdtemp(fixture.dir));
	snprintf(fixture.path, sizeof(fixture.path), "%s/file", fixture.dir);
	assert_int_equal(setenv("TZ", "UTC", 1), 0);
	assert_int_equal(setenv("LC_ALL", "C", 1), 0);
	assert_non_null(setlocale(LC_CTYPE, ""));
	tzset();
}

static void teardown(void)
{
	static const char *const names[] = {"out", "err", "file", "link"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char path[128];

		snprintf(path, sizeof(path), "%s/%s", fixture.dir, names[i]);
		unlink(path);
	}
	assert_int_equal(rmdir(fixture.dir), 0);
}

/* ---- arguments ---- */

TEST_WITH(help_and_version, setup, teardown)
{
	assert_int_equal(RUN("--help"), EXIT_DONE);
	assert_string_equal(fixture.err, "");
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		char line[64];

		snprintf(line, sizeof(line), "\n  %-8s ", commands[i]);
		assert_non_null(strstr(fixture.out, line));
	}
	assert_int_equal(RUN("--version"), EXIT_DONE);
	assert_string_equal(fixture.out, "sitrep " SITREP_VERSION "\n");
}

#define COMMANDS_HINT                                                                                                  \
	"usage: sitrep [-c FILE] [--socket PATH] COMMAND [ARGUMENTS]\nSee `sitrep help` for the commands.\n"
#define FEEDS_HINT "usage: sitrep feeds [OPTIONS] [FEED]\nSee `sitrep help feeds`.\n"

/* The mistake, then two lines of help. */
TEST_WITH(wrong_usage, setup, teardown)
{
	static const struct {
		const char *words[4], *expected;
	} rows[] = {
		{{NULL}, "sitrep: no command is given, such as status, feeds or tail\n" COMMANDS_HINT},
		{{"takeoff"}, "sitrep: unknown command takeoff\n" COMMANDS_HINT},
		{{"fedes"}, "sitrep: unknown command fedes, did you mean feeds?\n" COMMANDS_HINT},
		{{"help", "tial"}, "sitrep: unknown command tial, did you mean tail?\n" COMMANDS_HINT},
		{{"--altitude", "3"}, "sitrep: unknown option --altitude\n" COMMANDS_HINT},
		{{"--sokcet=x", "feeds"}, "sitrep: unknown option --sokcet, did you mean --socket?\n" COMMANDS_HINT},
		{{"-c"}, "sitrep: option --config needs a value: --config FILE\n" COMMANDS_HINT},
		{{"feeds", "--fialing"},
			"sitrep: feeds: unknown option --fialing, did you mean --failing?\n" FEEDS_HINT},
		{{"feeds", "-x"}, "sitrep: feeds: unknown option -x\n" FEEDS_HINT},
		{{"feeds", "--json=1"}, "sitrep: feeds: option --json takes no value\n" FEEDS_HINT},
		{{"feeds", "-c", "x"},
			"sitrep: feeds: option --config must come before the command: sitrep --config FILE "
			"feeds\n" FEEDS_HINT},
		{{"feeds", "a", "b"}, "sitrep: feeds: unexpected argument b\n" FEEDS_HINT},
		{{"join", "a"}, "sitrep: join: ITEM|STORY is missing\n"
				"usage: sitrep join ITEM ITEM|STORY\nSee `sitrep help join`.\n"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(run(rows[i].words), EXIT_USAGE);
		assert_string_equal(fixture.out, "");
		assert_string_equal(fixture.err, rows[i].expected);
	}
}

TEST_WITH(help_of_a_command, setup, teardown)
{
	char by_option[TEXT_MAX];

	assert_int_equal(RUN("feeds", "--help"), EXIT_DONE);
	memcpy(by_option, fixture.out, sizeof(by_option));
	assert_int_equal(RUN("help", "feeds"), EXIT_DONE);
	assert_string_equal(fixture.out, by_option);
	assert_string_equal(fixture.err, "");
	assert_int_equal(RUN("--help"), EXIT_DONE);
	memcpy(by_option, fixture.out, sizeof(by_option));
	assert_int_equal(RUN("help"), EXIT_DONE);
	assert_string_equal(fixture.out, by_option);
}

/* Each command prints its usage, and does nothing with an option that it does not know. */
TEST_WITH(options_of_each_command, setup, teardown)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		char begin[64];

		snprintf(begin, sizeof(begin), "usage: sitrep %s", commands[i]);
		assert_int_equal(RUN(commands[i], "--help"), EXIT_DONE);
		assert_int_equal(strncmp(fixture.out, begin, strlen(begin)), 0);
		assert_string_equal(fixture.err, "");
		assert_int_equal(RUN("--socket", fixture.path, commands[i], "--no-such-option"), EXIT_USAGE);
		assert_string_equal(fixture.out, "");
		assert_non_null(strstr(fixture.err, "unknown option --no-such-option\n"));
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
	snprintf(expected, sizeof(expected), "sitrep: cannot read the configuration %s: %s\n", fixture.path,
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
	event_print(event, json_string_value(json_object_get(event, "event")), NULL);
	capture_end();
	json_decref(event);
}

TEST_WITH(events_for_people, setup, teardown)
{
	static const char *const rows[][2] = {
		{"{\"event\":\"new\",\"time\":\"2026-03-01T12:34:56Z\",\"item\":{\"source\":\"USNI\",\"title\":\"A\","
		 "\"link\":\"https://a.example/\"},\"story\":{\"sources\":1}}",
			"2026-03-01 12:34:56 UTC  new      USNI: A\n    https://a.example/\n"},
		{"{\"event\":\"copy\",\"time\":\"2026-03-01T12:34:56Z\",\"item\":{\"source\":\"DN\",\"title\":\"B\","
		 "\"link\":\"https://b.example/\"},\"story\":{\"sources\":3}}",
			"2026-03-01 12:34:56 UTC  copy     DN: B  [3 sources]\n    https://b.example/\n"},
		{"{\"event\":\"alert\",\"item\":{\"source\":\"DN\",\"title\":\"C\",\"link\":\"x\"},"
		 "\"alert\":{\"name\":\"ships\",\"priority\":\"high\"}}",
			"ALERT ships (high)  DN: C\n    x\n"},
		{"{\"event\":\"feed\",\"time\":\"2026-03-01T00:00:00Z\",\"feed\":{\"name\":\"usni\",\"state\":"
		 "\"failing\","
		 "\"reason\":\"404 until 2026-03-02T00:00:00Z\"}}",
			"2026-03-01 00:00:00 UTC  feed     usni: failing, 404 until 2026-03-02 00:00:00 UTC\n"},
		{"{\"event\":\"gap\",\"from\":\"3\",\"to\":\"9\"}", "missed: events 3 to 9 are no longer kept\n"},
		{"{\"event\":\"heartbeat\"}", ""},
		{"{\"event\":\"subscribed\",\"since\":\"4\"}", ""},
		{"{\"event\":\"new\"}", ""},
		/* What comes from feeds moves no cursor and changes no colour. */
		{"{\"event\":\"new\",\"item\":{\"source\":\"a\\u001b[31m\",\"title\":\"b\\nc\\u202e\",\"link\":7}}",
			"new      a[31m: b c\n    \n"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		print(rows[i][0]);
		assert_string_equal(fixture.out, rows[i][1]);
	}
}

/* ---- the screen ---- */

TEST_WITH(cutting, setup, teardown)
{
	static const struct {
		const char *text;
		size_t width;
		const char *expected;
	} rows[] = {
		{"frigate", 7, "frigate"},
		{"frigate", 6, "fri..."},
		{"frigate", 2, "..."},
		{"sea  lion", 7, "sea..."},
		{"\u6d77\u8ecd\u30cb\u30e5", 8, "\u6d77\u8ecd\u30cb\u30e5"},
		{"\u6d77\u8ecd\u30cb\u30e5", 7, "\u6d77\u8ecd..."},
		{"\u6d77\u8ecd\u30cb\u30e5", 6, "\u6d77..."},
		/* a mark stays with its letter */
		{"e\u0301tes d'avant", 5, "e\u0301t..."},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buf *out = scratch(256);

		assert_int_equal(screen_cut(out, str_from(rows[i].text), rows[i].width), 0);
		assert_string_equal(out->data, rows[i].expected);
	}
	assert_int_equal(screen_columns(STR("e\u0301 \u6d77")), 4);
}

TEST_WITH(wrapping, setup, teardown)
{
	static const struct {
		const char *columns, *text, *expected;
	} rows[] = {
		{"", "a line of any length, when there is no terminal, stays one line, whatever its length may be",
			"a line of any length, when there is no terminal, stays one line, whatever its length may "
			"be\n"},
		{"60", "a line of sixty columns or less, which is as wide as this ..",
			"a line of sixty columns or less, which is as wide as this ..\n"},
		{"60", "a line of sixty columns or less, which is as wide as these ..",
			"a line of sixty columns or less, which is as wide as these\n  ..\n"},
		{"20", "sixty columns are the least, even on a screen of twenty of them",
			"sixty columns are the least, even on a screen of twenty of\n  them\n"},
		{"60", "see it at https://a.example/a/link/that/is/longer/than/a/line/of/sixty/columns yes",
			"see it at\n  https://a.example/a/link/that/is/longer/than/a/line/of/sixty/columns\n  yes\n"},
		{"60", "what is kept together by no-break spaces goes to a\u00a0line\u00a0of\u00a0its own",
			"what is kept together by no-break spaces goes to\n  a line of its own\n"},
		{"60", "", "\n"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(setenv("COLUMNS", rows[i].columns, 1), 0);
		capture_begin();
		screen_wrap(str_from(rows[i].text), 0, 2);
		capture_end();
		assert_string_equal(fixture.out, rows[i].expected);
	}
	assert_int_equal(unsetenv("COLUMNS"), 0);
}

TEST_WITH(times_in_sentences, setup, teardown)
{
	static const char *const rows[][2] = {
		{"no time", "no time"},
		{"2026-03-01T12:34:56Z", "2026-03-01 12:34:56 UTC"},
		/* machines without a battery for their clock, and old ones with one */
		{"since 1970-01-01T00:00:05Z", "since 1970-01-01 00:00:05 UTC"},
		{"since 2261-01-01T00:00:00Z", "since 2261-01-01 00:00:00 UTC"},
		{"from 2026-03-01T12:34:56Z to 2026-03-01T12:34:57Z.",
			"from 2026-03-01 12:34:56 UTC to 2026-03-01 12:34:57 UTC."},
		{"2026-03-01T12:34:56", "2026-03-01T12:34:56"},
		{"22026-03-01T12:34:56Z", "22026-03-01 12:34:56 UTC"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buf *out = scratch(256);

		assert_int_equal(local_sentence(out, str_from(rows[i][0])), 0);
		assert_string_equal(out->data, rows[i][1]);
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
	static const char *const bad[] = {"x\n", "-1\n", "1 2\n", "1 7c0f3a51e2d94b86\n2\n", "1 7c0f3a51e2d94b8-\n",
		"12345678901234567890123456789012\n",
		"                                                                      1"};
	struct cursor_place place;
	struct error err = {0};
	char link[128];
	struct stat st;

	assert_int_equal(cursor_file_load(fixture.path, &place, &err), 0);
	assert_string_equal(place.cursor, "");
	place = (struct cursor_place){.cursor = "1234"};
	assert_int_equal(cursor_file_save(fixture.path, &place, &err), 0);
	assert_int_equal(cursor_file_load(fixture.path, &place, &err), 0);
	assert_string_equal(place.cursor, "1234");
	assert_string_equal(place.instance, "");
	place = (struct cursor_place){.cursor = "1234", .instance = "7c0f3a51e2d94b86"};
	assert_int_equal(cursor_file_save(fixture.path, &place, &err), 0);
	place = (struct cursor_place){.cursor = "1"};
	assert_int_equal(cursor_file_load(fixture.path, &place, &err), 0);
	assert_string_equal(place.cursor, "1234");
	assert_string_equal(place.instance, "7c0f3a51e2d94b86");
	write_file(" \t99 \n");
	assert_int_equal(cursor_file_load(fixture.path, &place, &err), 0);
	assert_string_equal(place.cursor, "99");
	write_file("");
	assert_int_equal(cursor_file_load(fixture.path, &place, &err), 0);
	assert_string_equal(place.cursor, "");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		write_file(bad[i]);
		assert_int_equal(cursor_file_load(fixture.path, &place, &err), -EINVAL);
		assert_non_null(strstr(err.text, "does not hold a cursor"));
	}
	/* A symbolic link stays a link. */
	write_file("1");
	snprintf(link, sizeof(link), "%s/link", fixture.dir);
	assert_int_equal(symlink("file", link), 0);
	place = (struct cursor_place){.cursor = "5"};
	assert_int_equal(cursor_file_save(link, &place, &err), 0);
	assert_int_equal(lstat(link, &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	assert_int_equal(cursor_file_load(fixture.path, &place, &err), 0);
	assert_string_equal(place.cursor, "5");
	/* Nor is a pipe a file: it is neither read nor replaced. */
	assert_int_equal(unlink(fixture.path), 0);
	assert_int_equal(mkfifo(fixture.path, 0600), 0);
	assert_int_equal(cursor_file_load(fixture.path, &place, &err), -EINVAL);
	assert_int_equal(cursor_file_save(fixture.path, &place, &err), -EINVAL);
	assert_int_equal(lstat(fixture.path, &st), 0);
	assert_true(S_ISFIFO(st.st_mode));
	/* A folder is no file, and what was there stays. */
	assert_true(cursor_file_load(fixture.dir, &place, &err) < 0);
	assert_true(cursor_file_save("/nonexistent/folder/cursor", &place, &err) < 0);
	assert_non_null(strstr(err.text, "cannot write /nonexistent/folder/cursor"));
}

static int save_often(void)
{
	const struct cursor_place place = {.cursor = "1234"};
	struct error err;
	int result = 0;

	for (int i = 0; i < 200 && result == 0; i++)
		result = cursor_file_save(fixture.path, &place, &err);
	return result;
}

TEST_WITH(cursor_file_of_two_processes, setup, teardown)
{
	pid_t other = fork();
	int status;

	if (other == 0)
		_exit(save_often() == 0 ? 0 : 1);
	assert_true(other > 0);
	assert_int_equal(save_often(), 0);
	assert_int_equal(waitpid(other, &status, 0), other);
	assert_int_equal(status, 0);
}

/* ---- connections ---- */

static int listen_at(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(fd, 1), 0);
	return fd;
}

static void assert_fails(const char *sentence)
{
	char expected[512];

	assert_int_equal(RUN("--socket", fixture.path, "status"), EXIT_TROUBLE);
	assert_string_equal(fixture.out, "");
	snprintf(expected, sizeof(expected), "sitrep: status: %s\n", sentence);
	assert_string_equal(fixture.err, expected);
}

TEST_WITH(no_daemon, setup, teardown)
{
	char sentence[256], long_path[200];

	snprintf(sentence, sizeof(sentence), "cannot connect to the daemon at %s (no socket); is it running?",
		fixture.path);
	assert_fails(sentence);
	close(listen_at(fixture.path));
	snprintf(sentence, sizeof(sentence), "cannot connect to the daemon at %s (no daemon listens); is it running?",
		fixture.path);
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
	close(fd);
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
	close(d->listener);
	unlink(fixture.path);
}

TEST_WITH(answers_of_the_daemon, setup, teardown)
{
	static const char *const rows[][2] = {
		{"", "the daemon closed the connection"},
		{"{\"status\":{}}\n", "the daemon closed the connection"},
		{"{\"status\":{}\n", "the daemon sent a line that is not JSON"},
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
		snprintf(expected, sizeof(expected), "sitrep: pause: %s\n", rows[i][1]);
		assert_string_equal(fixture.err, expected);
		assert_string_equal(d.request, "{\"op\":\"pause\"}\n");
	}
}

TEST_WITH(status_for_people_and_programs, setup, teardown)
{
	static const char answer[] = "{\"status\":{\"paused\":true,\"paused_since\":\"2026-03-01T12:34:56Z\","
				     "\"now\":{\"transfers\":2},\"rate\":0.3}}\n{\"done\":true}\n";
	struct daemon d;
	pthread_t thread;

	start_daemon(&d, &thread, answer);
	assert_int_equal(RUN("--socket", fixture.path, "status"), EXIT_DONE);
	end_daemon(&d, thread);
	assert_non_null(
		strstr(fixture.out, "\npolling    paused since 2026-03-01 12:34:56 UTC; \"sitrep resume\" ends that, 2 "
				    "under way\n"));
	start_daemon(&d, &thread, answer);
	assert_int_equal(RUN("--socket", fixture.path, "status", "--json"), EXIT_DONE);
	end_daemon(&d, thread);
	assert_string_equal(fixture.out, "{\"paused\":true,\"paused_since\":\"2026-03-01T12:34:56Z\","
					 "\"now\":{\"transfers\":2},\"rate\":0.3}\n");
}
