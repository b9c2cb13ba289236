/* SPDX-License-Identifier: ISC */
/* sitrep-parse: the process that parses the bytes of feeds.
 *
 * It is started by the daemon with one socket and nothing else, loads its tables, enters its sandbox,
 * and then answers jobs until the socket ends.  Its only state between jobs is the rules, so a killed worker can be
 * replaced by a new one. */
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "language_detector.h"
#include "sandbox.h"
#include "sitrep/base/arena.h"
#include "sitrep/base/buf.h"
#include "sitrep/base/limits.h"
#include "sitrep/identity/identity.h"
#include "sitrep/model/document.h"
#include "sitrep/model/language.h"
#include "sitrep/model/wire.h"
#include "sitrep/parse/parse.h"
#include "sitrep/rules/rule.h"
#include "sitrep/worker/job.h"

enum {
	SOCKET_FD = 3,
	MESSAGE_MAX = 1024 * 1024 * 1024,
	/* Buffers that grew past this for one large feed are given back. */
	KEPT_MAX = 1024 * 1024,
	/* Room for words with several forms; a text made to have more is matched as far as it fits. */
	WORDS_MAX = 4 * LIMIT_ITEM_CONTENT,
};

struct worker {
	struct rule_set *rules; /* NULL: none */
	struct str image;       /* mapped; the rules lie in it */
	int rules_fd;           /* came with a message; -1 */
	struct identity *identity;
	struct language_detector detector;
	struct buf title, body; /* an item's words */
	struct buf in;
	struct buf out;
	struct arena arena;
};

/* ---- the socket ---- */

/* Reads exactly that many bytes. 1, or 0 at the end of the stream, or negative. */
static int read_all(void *to, size_t len)
{
	char *p = to;

	while (len > 0) {
		ssize_t n = read(SOCKET_FD, p, len);

		if (n == 0)
			return 0;
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0) {
			p += n;
			len -= (size_t)n;
		}
	}
	return 1;
}

/* Keeps the descriptor that came with a message. */
static void take_descriptor(struct worker *w, struct msghdr *message)
{
	struct cmsghdr *head = CMSG_FIRSTHDR(message);

	if (head == NULL || head->cmsg_level != SOL_SOCKET || head->cmsg_type != SCM_RIGHTS ||
		head->cmsg_len != CMSG_LEN(sizeof(w->rules_fd)))
		return;
	if (w->rules_fd >= 0)
		close(w->rules_fd);
	memcpy(&w->rules_fd, CMSG_DATA(head), sizeof(w->rules_fd));
}

/* As read_all(); a descriptor may come with the bytes. */
static int read_header(struct worker *w, uint8_t header[MESSAGE_HEADER_LEN])
{
	size_t len = 0;

	while (len < MESSAGE_HEADER_LEN) {
		struct iovec rest = {.iov_base = header + len, .iov_len = MESSAGE_HEADER_LEN - len};
		_Alignas(struct cmsghdr) char room[CMSG_SPACE(sizeof(int))];
		struct msghdr message = {
			.msg_iov = &rest, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof(room)};
		ssize_t n = recvmsg(SOCKET_FD, &message, MSG_CMSG_CLOEXEC);

		if (n == 0)
			return 0;
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0) {
			take_descriptor(w, &message);
			len += (size_t)n;
		}
	}
	return 1;
}

static int write_all(const void *from, size_t len)
{
	const char *p = from;

	while (len > 0) {
		ssize_t n = write(SOCKET_FD, p, len);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0) {
			p += n;
			len -= (size_t)n;
		}
	}
	return 0;
}

static int send_message(enum message_kind kind, uint32_t job, struct str body)
{
	struct message_header h = {.kind = kind, .job = job, .length = (uint32_t)body.len};
	uint8_t header[MESSAGE_HEADER_LEN];
	int result;

	message_header_encode(header, &h);
	result = write_all(header, sizeof(header));
	return result != 0 ? result : write_all(body.data, body.len);
}

static int receive_message(struct worker *w, struct message_header *h)
{
	uint8_t header[MESSAGE_HEADER_LEN];
	int got = read_header(w, header);

	if (got <= 0)
		return got;
	if (message_header_decode(header, MESSAGE_MAX, h, NULL) != 0)
		return -EPROTO;
	buf_clear(&w->in);
	if (buf_reserve(&w->in, h->length) != 0)
		return w->in.failed;
	got = h->length > 0 ? read_all(w->in.data, h->length) : 1;
	w->in.len = h->length;
	return got;
}

/* ---- the work ---- */

static void drop_rules(struct worker *w)
{
	rule_set_free(w->rules);
	w->rules = NULL;
	if (w->image.len > 0)
		munmap((char *)w->image.data, w->image.len);
	w->image = STR_NONE;
}

/* Maps the image of the rules, which the daemon has made and sealed. */
static int take_rules(struct worker *w)
{
	uint64_t size;
	void *map;
	int result = rules_message_decode(buf_str(&w->in), &size);

	drop_rules(w);
	if (result != 0 || size == 0)
		return result;
	if (w->rules_fd < 0 || size > SIZE_MAX)
		return -EPROTO;
	map = mmap(NULL, (size_t)size, PROT_READ, MAP_SHARED, w->rules_fd, 0);
	close(w->rules_fd);
	w->rules_fd = -1;
	if (map == MAP_FAILED)
		return -errno;
	w->image = str_make(map, (size_t)size);
	w->rules = rule_set_open(w->image, NULL);
	return w->rules == NULL ? -ENOMEM : 0;
}

static int read_words(struct buf *out, struct str text)
{
	size_t count = 0;
	int result;

	buf_clear(out);
	result = rule_words(out, text, &count);
	return result == -E2BIG ? 0 : result;
}

static int examine_item(struct worker *w, const struct job *j, const struct feed_facts *feed, struct item *it)
{
	struct rule_subject subject = {.feed = j->feed,
		.categories = j->categories,
		.publisher = j->publisher,
		.source = str_eq(j->title, j->feed) ? feed->title.value : j->title,
		.item = it};
	int result = identity_assign(w->identity, &w->arena, it);

	it->language = language_of(&w->arena, it, feed, j->content_language);
	if (str_empty(it->language))
		it->language = language_detector_ask(&w->detector, it->plain_title, it->plain_summary);
	subject.language = it->language;
	if (result != 0 || w->rules == NULL || rule_set_count(w->rules) == 0)
		return result;
	subject.title = identity_title_text(w->identity);
	subject.body = identity_body_text(w->identity);
	result = read_words(&w->title, subject.title);
	if (result == 0)
		result = read_words(&w->body, subject.body);
	if (result != 0)
		return result;
	subject.title_tokens = buf_str(&w->title);
	subject.body_tokens = buf_str(&w->body);
	return rule_set_match_item(w->rules, &subject, &w->arena, it);
}

/* An item for which there is no memory is left out; the document says so, so that it is asked for again. */
static void examine(struct worker *w, const struct job *j, struct document *d)
{
	size_t kept = 0;

	for (size_t i = 0; i < d->items.count; i++) {
		if (examine_item(w, j, &d->feed, &d->items.items[i]) != 0) {
			d->truncated = true;
			d->left_out++;
			continue;
		}
		if (kept != i)
			d->items.items[kept] = d->items.items[i];
		kept++;
	}
	d->items.count = kept;
}

static int make_document(struct worker *w, struct error *err)
{
	struct document d;
	struct parse_input in = {0};
	struct job j;
	int result = job_decode(buf_str(&w->in), &j, err);

	if (result != 0)
		return result;
	in.body = j.body;
	in.content_type = j.content_type;
	in.content_location = j.content_location;
	in.content_language = j.content_language;
	in.url = j.url;
	in.want_notes = j.want_notes;
	result = parse_feed(&in, &w->arena, &d, err);
	if (result != 0)
		return result;
	examine(w, &j, &d);
	/* the document does not refer to the body, and a large feed must not be in memory three times */
	if (w->in.cap > KEPT_MAX)
		buf_release(&w->in);
	result = wire_encode_document(&w->out, &d);
	return result == 0 ? 0 : error_sys(err, result, "the document is too large to be kept");
}

static void tidy_up(struct worker *w, bool large)
{
	arena_clear(&w->arena);
	if (!large)
		return;
	arena_release(&w->arena);
	buf_release(&w->in);
	buf_release(&w->out);
	buf_release(&w->title);
	buf_release(&w->body);
	malloc_trim(0);
}

static int do_job(struct worker *w, uint32_t number)
{
	struct error err = {0};
	bool large;
	int result;

	buf_clear(&w->out);
	result = make_document(w, &err);
	if (result == 0) {
		result = send_message(MESSAGE_DOCUMENT, number, buf_str(&w->out));
	} else {
		buf_clear(&w->out);
		failure_encode(&w->out, result, str_from(err.text));
		result = send_message(MESSAGE_FAILURE, number, buf_str(&w->out));
	}
	large = w->in.cap > KEPT_MAX || w->body.cap > KEPT_MAX || w->title.cap > KEPT_MAX || w->out.cap > KEPT_MAX ||
		w->arena.used > KEPT_MAX;
	tidy_up(w, large);
	return result;
}

static int serve(struct worker *w)
{
	struct message_header h;
	int got;

	while ((got = receive_message(w, &h)) > 0) {
		int result;

		if (h.kind == MESSAGE_RULES)
			result = take_rules(w);
		else if (h.kind == MESSAGE_JOB)
			result = do_job(w, h.job);
		else
			result = -EPROTO;
		if (result != 0)
			return result;
	}
	return got;
}

/* ---- life ---- */

static int prepare(struct worker *w, struct error *err)
{
	parse_prepare();
	/* One malloc arena, so that freed memory is reused; large blocks come from mmap(), so that they go back to the
	 * kernel.
	 */
	mallopt(M_ARENA_MAX, 1);
	mallopt(M_MMAP_THRESHOLD, 256 * 1024);
	mallopt(M_TRIM_THRESHOLD, 1024 * 1024);
	buf_init(&w->in, MESSAGE_MAX);
	buf_init(&w->out, LIMIT_WIRE_DOCUMENT);
	buf_init(&w->title, WORDS_MAX);
	buf_init(&w->body, WORDS_MAX);
	arena_init(&w->arena, MESSAGE_MAX);
	language_detector_open(&w->detector, DETECTOR_LIBRARY);
	w->identity = identity_new(err);
	return w->identity != NULL ? 0 : err->code;
}

static int probe(void)
{
	struct sandbox_limits limits = {0};
	struct error err = {0};

	if (sandbox_enter(&limits, &err) != 0 || sandbox_probe(&err) != 0) {
		fprintf(stderr, "sitrep-parse: %s\n", err.text);
		return EXIT_FAILURE;
	}
	puts("the sandbox holds");
	return EXIT_SUCCESS;
}

static const char usage[] = "usage: sitrep-parse --probe | --version | --help\n"
			    "\n"
			    "Parses feeds for sitrepd, which starts it; not meant to be started by hand.\n"
			    "  --probe  close the sandbox, try to get out, and tell\n";

static bool has_socket(void)
{
	return fcntl(SOCKET_FD, F_GETFD) >= 0;
}

int main(int argc, char **argv)
{
	struct sandbox_limits limits = {0};
	struct worker w = {.rules_fd = -1};
	struct error err = {0};
	long long memory_max = 0;

	if (argc == 2 && strcmp(argv[1], "--probe") == 0) {
		int status = probe();

		fflush(stdout);
		_exit(status);
	}
	if (argc == 2 && strcmp(argv[1], "--version") == 0) {
		puts("sitrep-parse " SITREP_VERSION);
		return EXIT_SUCCESS;
	}
	if (argc == 2 && strcmp(argv[1], "--help") == 0) {
		fputs(usage, stdout);
		return EXIT_SUCCESS;
	}
	if (argc != 3 || strcmp(argv[1], "--memory") != 0 || !str_to_int(str_from(argv[2]), &memory_max) ||
		memory_max < 0 || !has_socket()) {
		fputs(usage, stderr);
		return EXIT_FAILURE;
	}
	/* Ctrl-C reaches all processes of the terminal, but a worker ends when the daemon closes the socket. */
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	/* The worker ends with the daemon, however the daemon dies. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	limits.memory_max = (uint64_t)memory_max;
	if (prepare(&w, &err) != 0 || sandbox_enter(&limits, &err) != 0) {
		buf_init(&w.out, LIMIT_WIRE_DOCUMENT);
		failure_encode(&w.out, err.code, str_from(err.text));
		send_message(MESSAGE_FAILURE, 0, buf_str(&w.out));
		_exit(EXIT_FAILURE);
	}
	if (send_message(MESSAGE_HELLO, 0, STR(SITREP_VERSION)) != 0)
		_exit(EXIT_FAILURE);
	/* _exit(), since the sandbox would refuse the calls that libraries make at exit. */
	_exit(serve(&w) == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
}
