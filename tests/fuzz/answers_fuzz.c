/* SPDX-License-Identifier: ISC */
/* What the command line reads: any bytes as the daemon's answer to each of its commands, as events of the stream and as
 * the file with the cursor.  Whatever it says, what goes to the terminal is lines of plain text, and the command ends
 * with one of its exit statuses.  The first byte chooses the command. */
#include "fuzz.h"

#include <pthread.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "../../daemon/cli/client.h"
#include "sitrep/base/utf8.h"

static char folder[64] = "/tmp/sitrep-fuzz-XXXXXX";
static char path[96];
static int listening;
static struct str answer;

static const struct {
	const char *command;
	const char *arguments[3];
	bool is_json;
} cases[] = {
	{"status", {NULL}, false},
	{"feeds", {NULL}, false},
	{"explain", {"usni", NULL}, false},
	{"refresh", {NULL}, false},
	{"reload", {NULL}, false},
	{"why", {"a", NULL}, false},
	{"why", {"a", "b", NULL}, false},
	{"split", {"a", NULL}, false},
	{"join", {"a", "b", NULL}, false},
	{"pause", {NULL}, false},
	{"forget", {"--yes", "usni", NULL}, false},
	{"status", {"--json", NULL}, true},
	{"feeds", {"--json", NULL}, true},
};
enum { CASES = sizeof(cases) / sizeof(cases[0]), OF_EVENTS = CASES, OF_CURSORS, CHOICES };

/* What a command prints, in memory. */
struct printing {
	FILE *out, *err, *into;
	char *text;
	size_t len;
};

static void remove_folder(void)
{
	unlink(path);
	rmdir(folder);
}

/* The daemon: takes one connection at a time, says the answer, whatever was asked. */
static void *serve(void *arg)
{
	char asked[4096];

	for (;;) {
		int fd = accept4(listening, NULL, NULL, SOCK_CLOEXEC);
		size_t sent = 0;
		ssize_t n = 1;

		if (fd < 0)
			return arg;
		recv(fd, asked, sizeof(asked), 0);
		while (sent < answer.len && (n = send(fd, answer.data + sent, answer.len - sent, MSG_NOSIGNAL)) > 0)
			sent += (size_t)n;
		close(fd);
	}
}

/* Waits until no connection that was made before is served any more: they are served one after the other, and the last
 * is ours. */
static void await_served(struct str input)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char said[4096];

	memcpy(address.sun_path, path, strlen(path) + 1);
	fuzz_require(fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0, input);
	fuzz_require(send(fd, "?", 1, MSG_NOSIGNAL) == 1, input);
	while (recv(fd, said, sizeof(said), 0) > 0)
		continue;
	close(fd);
}

FUZZ_SETUP
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	pthread_t thread;

	if (mkdtemp(folder) == NULL || atexit(remove_folder) != 0)
		return 1;
	snprintf(path, sizeof(path), "%s/control.sock", folder);
	memcpy(address.sun_path, path, strlen(path) + 1);
	listening = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	return listening < 0 || bind(listening, (struct sockaddr *)&address, sizeof(address)) != 0 ||
	       listen(listening, 8) != 0 || pthread_create(&thread, NULL, serve, NULL) != 0;
}

/* ---- what is printed ---- */

/* glibc lets a program put another stream in the place of these; the sanitizers write past them. */
static void begin_printing(struct printing *p)
{
	fflush(stdout);
	*p = (struct printing){.out = stdout, .err = stderr};
	p->into = open_memstream(&p->text, &p->len);
	fuzz_require(p->into != NULL, STR_NONE);
	stdout = stderr = p->into;
}

static void end_printing(struct printing *p)
{
	stdout = p->out;
	stderr = p->err;
	fclose(p->into);
}

static void check_printed(struct str all, struct str input)
{
	size_t at = 0;

	fuzz_require(utf8_valid(all), input);
	while (at < all.len) {
		uint32_t cp = utf8_next(all, &at);

		if (utf8_is_unsafe(cp))
			fprintf(stderr, "U+%04X in: %.*s\n", (unsigned)cp, STR_ARG(all));
		fuzz_require(!utf8_is_unsafe(cp), input);
	}
}

/* ---- the three kinds ---- */

static int run(size_t which)
{
	char *argv[8] = {(char *)"sitrep", (char *)"--socket", path, (char *)cases[which].command};
	int argc = 4;

	for (const char *const *a = cases[which].arguments; *a != NULL; a++)
		argv[argc++] = (char *)*a;
	return cli_run(argc, argv);
}

static void print_events(struct str lines)
{
	struct str line;

	while (str_split(&lines, '\n', &line)) {
		json_t *event = json_loadb(line.data != NULL ? line.data : "", line.len, 0, NULL);
		const char *kind = json_string_value(json_object_get(event, "event"));

		if (kind != NULL)
			event_print(event, kind, NULL);
		json_decref(event);
	}
}

/* What a cursor file with this text gives. */
static int load_cursor(struct str text, struct cursor_place *place)
{
	char name[64];
	int fd = memfd_create("cursor", MFD_CLOEXEC), result;

	fuzz_require(fd >= 0 && (text.len == 0 || write(fd, text.data, text.len) == (ssize_t)text.len), text);
	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	result = cursor_file_load(name, place, NULL);
	close(fd);
	return result;
}

static void check_cursor(struct str text)
{
	struct cursor_place place, again;
	char written[2 * CURSOR_TEXT_MAX];

	if (load_cursor(text, &place) != 0)
		return;
	fuzz_require(strspn(place.cursor, "0123456789") == strlen(place.cursor), text);
	snprintf(written, sizeof(written), "%s %s\n", place.cursor, place.instance);
	fuzz_require(place.cursor[0] == '\0' ||
			     (load_cursor(str_from(written), &again) == 0 && strcmp(place.cursor, again.cursor) == 0 &&
				     strcmp(place.instance, again.instance) == 0),
		text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str input = fuzz_str(data, size);
	size_t which = size > 0 ? data[0] % CHOICES : 0;
	struct printing p;
	int status = EXIT_DONE;

	answer = str_slice(input, 1, size);
	if (which == OF_CURSORS) {
		check_cursor(answer);
		return 0;
	}
	begin_printing(&p);
	if (which == OF_EVENTS)
		print_events(answer);
	else
		status = run(which);
	if (which < CASES)
		await_served(input);
	end_printing(&p);
	fuzz_require(status == EXIT_DONE || status == EXIT_TROUBLE, input);
	if (which == OF_EVENTS || !cases[which].is_json)
		check_printed(str_make(p.text, p.len), input);
	free(p.text);
	return 0;
}
