/* SPDX-License-Identifier: ISC */
/* A parse worker that lies.
 *
 * It stands in sitrep-parse's place, beside a copy of sitrepd, and does what that does, except that a feed whose body
 * holds "lie:NAME" gets the lie of that name: on the socket, or within its document.  A file "start" beside the program
 * holds the name of what goes wrong before the hello.  "--lies" lists the lies of feeds, "--starts" those of the start.
 *
 * FORBIDDEN stands in every text that may reach nobody. */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "sitrep/base/limits.h"
#include "sitrep/identity/identity.h"
#include "sitrep/model/document.h"
#include "sitrep/model/wire.h"
#include "sitrep/parse/parse.h"
#include "sitrep/rules/rule.h"
#include "sitrep/worker/job.h"

#define F "FORBIDDEN"

enum { SOCKET_FD = 3, MESSAGE_MAX = 256 * 1024 * 1024, LONG = 3 * 1024 * 1024 };

static struct arena arena;
static struct buf in, out;
static struct identity *identity;
static char long_text[LONG];

/* ---- the socket ---- */

static void put(const void *from, size_t len)
{
	const char *p = from;

	while (len > 0) {
		ssize_t n = write(SOCKET_FD, p, len);

		if (n <= 0)
			_exit(0);
		p += n;
		len -= (size_t)n;
	}
}

static void get(void *to, size_t len)
{
	char *p = to;

	while (len > 0) {
		ssize_t n = read(SOCKET_FD, p, len);

		if (n <= 0)
			_exit(0);
		p += n;
		len -= (size_t)n;
	}
}

static void put_header(uint32_t kind, uint32_t job, size_t length)
{
	const struct message_header h = {.kind = (enum message_kind)kind, .job = job, .length = (uint32_t)length};
	uint8_t bytes[MESSAGE_HEADER_LEN];

	message_header_encode(bytes, &h);
	put(bytes, sizeof(bytes));
}

static void say(uint32_t kind, uint32_t job, struct str body)
{
	put_header(kind, job, body.len);
	put(body.data, body.len);
}

static void say_document(uint32_t job, const struct document *d)
{
	buf_clear(&out);
	if (wire_encode_document(&out, d) != 0)
		_exit(3);
	say(MESSAGE_DOCUMENT, job, buf_str(&out));
}

static void say_failure(uint32_t job, int code, struct str sentence)
{
	buf_clear(&out);
	failure_encode(&out, code, sentence);
	say(MESSAGE_FAILURE, job, buf_str(&out));
}

static void rest(void)
{
	const struct timespec a_while = {.tv_nsec = 30 * 1000 * 1000};

	nanosleep(&a_while, NULL);
}

/* ---- lies on the socket: what is said in place of, or besides, the answer ---- */

static void early(uint32_t job, const struct document *d)
{
	/* told before the body was read: serve() sees to that */
	say_document(job, d);
}
static void twice(uint32_t job, const struct document *d)
{
	say_document(job, d);
	say_document(job, d);
}
static void twice_later(uint32_t job, const struct document *d)
{
	say_document(job, d);
	rest();
	say_document(job, d);
}
static void other_job(uint32_t job, const struct document *d)
{
	say_document(job ^ 0x5a5a, d);
}
static void next_job_ahead(uint32_t job, const struct document *d)
{
	say_document(job, d);
	say_document(job + 1, d);
}
static void hello_again(uint32_t job, const struct document *d)
{
	(void)d;
	say(MESSAGE_HELLO, job, STR("1"));
}
static void a_job(uint32_t job, const struct document *d)
{
	(void)d;
	say(MESSAGE_JOB, job, STR(F));
}
static void rules(uint32_t job, const struct document *d)
{
	(void)d;
	say(MESSAGE_RULES, job, STR(F));
}
static void unknown_kind(uint32_t job, const struct document *d)
{
	(void)d;
	say(99, job, STR(F));
}
static void kind_zero(uint32_t job, const struct document *d)
{
	(void)d;
	say(0, job, STR(F));
}
static void bad_magic(uint32_t job, const struct document *d)
{
	(void)job;
	(void)d;
	put("HTTP/1.1 200 " F "   ", 24);
}
static void huge_length(uint32_t job, const struct document *d)
{
	(void)d;
	put_header(MESSAGE_DOCUMENT, job, UINT32_MAX);
	put(long_text, sizeof(long_text));
}
static void over_the_limit(uint32_t job, const struct document *d)
{
	(void)d;
	put_header(MESSAGE_DOCUMENT, job, LIMIT_WIRE_DOCUMENT + 1);
	put(long_text, sizeof(long_text));
}
static void trailing_bytes(uint32_t job, const struct document *d)
{
	say_document(job, d);
	put("SIT", 3);
}
static void half_header(uint32_t job, const struct document *d)
{
	(void)job;
	(void)d;
	put("RTIS", 4);
	_exit(0);
}
static void half_body(uint32_t job, const struct document *d)
{
	(void)d;
	put_header(MESSAGE_DOCUMENT, job, 1000);
	put(long_text, 500);
	_exit(0);
}
static void flood(uint32_t job, const struct document *d)
{
	say_document(job, d);
	for (;;)
		put(long_text, sizeof(long_text));
}
static void empty_document(uint32_t job, const struct document *d)
{
	(void)d;
	say(MESSAGE_DOCUMENT, job, STR(""));
}
static void garbage(uint32_t job, const struct document *d)
{
	(void)d;
	say(MESSAGE_DOCUMENT, job, str_make(long_text, 10000));
}
static void failure_empty(uint32_t job, const struct document *d)
{
	(void)d;
	say(MESSAGE_FAILURE, job, STR(""));
}
static void failure_of_nothing(uint32_t job, const struct document *d)
{
	(void)d;
	say_failure(job, 0, STR(F));
}
static void failure_too_long(uint32_t job, const struct document *d)
{
	(void)d;
	say_failure(job, -EBADMSG, str_make(long_text, 100000));
}
static void failure_in_colour(uint32_t job, const struct document *d)
{
	(void)d;
	say_failure(job, -EBADMSG, STR("\x1b[31mred\n\xff\xe2\x80\xae"));
}
static void failure_without_words(uint32_t job, const struct document *d)
{
	(void)d;
	say_failure(job, -EBADMSG, STR("\n \x1b"));
}
static void exits(uint32_t job, const struct document *d)
{
	(void)job;
	(void)d;
	_exit(0);
}
static void crashes(uint32_t job, const struct document *d)
{
	(void)job;
	(void)d;
	raise(SIGKILL);
}
static void cut_document(uint32_t job, const struct document *d)
{
	buf_clear(&out);
	wire_encode_document(&out, d);
	say(MESSAGE_DOCUMENT, job, str_slice(buf_str(&out), 0, out.len - 3));
}
/* More elements than any list has. */
static void list_of_nothing(uint32_t job, const struct document *d)
{
	(void)d;
	buf_clear(&out);
	for (int i = 0; i < LIMIT_DOCUMENT_ITEMS + 1; i++)
		buf_append(&out, "\7\0", 2);
	say(MESSAGE_DOCUMENT, job, buf_str(&out));
}

/* ---- lies within a document: what is changed in it ---- */

#define HTML(s) ((struct text){.value = STR(s), .kind = TEXT_HTML, .mime = STR("text/html")})

static struct str long_str(size_t len)
{
	return str_make(long_text, len);
}

static void edit(struct document *d, const char *name)
{
	struct item *it = &d->items.items[0];
	static struct person people[LIMIT_ITEM_LIST];
	static struct match matches[2];
	static const struct {
		const char *name;
		const char *markup;
	} markups[] = {
		{"script", "<p>x</p><script>" F "</script>"},
		{"handler", "<p onclick=\"" F "\">x</p>"},
		{"iframe", "<iframe src=\"https://x.example/\">" F "</iframe>"},
		{"svg", "<svg><a>" F "</a></svg>"},
		{"unclosed", "<p>" F},
		{"unopened", F "</p>"},
		{"crossed", "<b><i>" F "</b></i>"},
		{"upper-case", "<P>" F "</P>"},
		{"script-link", "<a href=\"javascript:" F "\">x</a>"},
		{"script-link-in-references", "<a href=\"java&#10;script:" F "\">x</a>"},
		{"script-image", "<img src=\"javascript:" F "\" />"},
		{"data-link", "<a href=\"data:text/html," F "\">x</a>"},
		{"srcset", "<img srcset=\"https://a.example/a 1x, javascript:" F " 2x\" />"},
		{"style", "<p style=\"background: url(https://" F ".example/);\">x</p>"},
		{"bare-quote", "<a href=\"https://a.example/\"title=\"" F "\">x</a>"},
		{"no-quotes", "<a title=" F ">x</a>"},
		{"bare-ampersand", "a & " F},
		{"other-reference", "&#60;" F},
		{"comment", "<!-- " F " -->"},
		{"control", "a\x1b[31m" F},
		{"attribute-twice", "<a title=\"a\" title=\"" F "\">x</a>"},
		{"form", "<form action=\"https://a.example/\"><input type=\"password\" />" F "</form>"},
	};

	for (size_t i = 0; i < sizeof(markups) / sizeof(markups[0]); i++)
		if (strcmp(name, markups[i].name) == 0)
			it->content = (struct text){.value = str_from(markups[i].markup), .kind = TEXT_HTML};
	if (strcmp(name, "link-script") == 0)
		it->link = STR("javascript:" F);
	else if (strcmp(name, "link-relative") == 0)
		it->link = STR("/" F);
	else if (strcmp(name, "link-newline") == 0)
		it->link = STR("https://a.example/\n" F);
	else if (strcmp(name, "link-file") == 0)
		it->enclosures.items[0].url = STR("file:///etc/" F);
	else if (strcmp(name, "link-long") == 0) {
		memcpy(long_text, "https://a.example/", 18);
		it->link = long_str(LIMIT_URL + 1);
	} else if (strcmp(name, "image") == 0)
		it->image.url = STR("javascript:" F);
	else if (strcmp(name, "author") == 0)
		people[0].uri = STR("vbscript:" F), it->authors.items = people, it->authors.count = 1;
	else if (strcmp(name, "self") == 0)
		d->feed.self = STR("gopher://" F);
	else if (strcmp(name, "hub") == 0)
		d->feed.hub = STR("ftp://" F ".example/");
	else if (strcmp(name, "base") == 0)
		it->title.base = STR("javascript:" F);
	else if (strcmp(name, "feed-title") == 0)
		d->feed.title = HTML("<script>" F "</script>");
	else if (strcmp(name, "title-control") == 0)
		it->title.value = STR("a\x1b[31m" F);
	else if (strcmp(name, "title-nul") == 0)
		it->title.value = STR("a\0" F);
	else if (strcmp(name, "title-c1") == 0)
		it->title.value = STR("a\xc2\x9b" F);
	else if (strcmp(name, "title-long") == 0)
		it->title.value = long_str(LIMIT_TITLE_MARKUP + 1);
	else if (strcmp(name, "plain-title-lines") == 0)
		it->plain_title = STR("a\n" F);
	else if (strcmp(name, "plain-title-direction") == 0)
		it->plain_title = STR("a\xe2\x80\xae" F);
	else if (strcmp(name, "plain-title-long") == 0)
		it->plain_title = long_str(LIMIT_TITLE + 1);
	else if (strcmp(name, "summary-long") == 0)
		it->plain_summary = long_str(LIMIT_SUMMARY + 1);
	else if (strcmp(name, "content-long") == 0)
		it->content = (struct text){.value = long_str(LIMIT_ITEM_CONTENT + 1), .kind = TEXT_PLAIN};
	else if (strcmp(name, "id-long") == 0)
		it->id = long_str(LIMIT_URL + 1);
	else if (strcmp(name, "name-long") == 0)
		people[0].name = long_str(LIMIT_NAME + 1), it->authors.items = people, it->authors.count = 1;
	else if (strcmp(name, "utf-8") == 0)
		it->title.value = STR("a\xff" F);
	else if (strcmp(name, "surrogate") == 0)
		it->title.value = STR("a\xed\xa0\x80" F);
	else if (strcmp(name, "rule-unknown") == 0)
		matches[0] = (struct match){STR("alert/" F), STR("x"), 1}, it->matches.items = matches,
		it->matches.count = 1;
	else if (strcmp(name, "rule-twice") == 0)
		matches[0] = matches[1] = (struct match){STR("alert/true"), STR("frigate"), 1},
		it->matches.items = matches, it->matches.count = 2;
	else if (strcmp(name, "rule-term") == 0)
		matches[0] = (struct match){STR("alert/true"), STR(F), 1}, it->matches.items = matches,
		it->matches.count = 1;
	else if (strcmp(name, "rule-truth") == 0)
		matches[0] = (struct match){STR("alert/true"), STR("frigate"), 0}, it->matches.items = matches,
		it->matches.count = 1;
	else if (strcmp(name, "no-identity") == 0)
		it->identity = STR_NONE;
	else if (strcmp(name, "short-digest") == 0)
		it->digest = STR("short");
	else if (strcmp(name, "no-digest") == 0)
		it->digest = STR_NONE;
	else if (strcmp(name, "sketch") == 0)
		it->sketch = STR("\1\0\0\0\0\0\0\0\0\0\xff\xff");
	else if (strcmp(name, "no-sketch") == 0)
		it->sketch = STR_NONE;
	else if (strcmp(name, "canon-version") == 0)
		it->canon_version = 77;
	else if (strcmp(name, "date") == 0)
		it->published = INT64_C(-62167219200001);
	else if (strcmp(name, "format") == 0)
		d->format = FORMAT_UNKNOWN;
	else if (strcmp(name, "format-unknown") == 0)
		d->format = (enum feed_format)77;
	else if (strcmp(name, "text-kind") == 0)
		it->title.kind = (enum text_kind)9;
	else if (strcmp(name, "text-of-no-kind") == 0)
		it->title = (struct text){.value = STR(F), .kind = TEXT_ABSENT};
}

static const char *const edits[] = {"script", "handler", "iframe", "svg", "unclosed", "unopened", "crossed",
	"upper-case", "script-link", "script-link-in-references", "script-image", "data-link", "srcset", "style",
	"bare-quote", "no-quotes", "bare-ampersand", "other-reference", "comment", "control", "attribute-twice", "form",
	"link-script", "link-relative", "link-newline", "link-file", "link-long", "image", "author", "self", "hub",
	"base", "feed-title", "title-control", "title-nul", "title-c1", "title-long", "plain-title-lines",
	"plain-title-direction", "plain-title-long", "summary-long", "content-long", "id-long", "name-long", "utf-8",
	"surrogate", "rule-unknown", "rule-twice", "rule-term", "rule-truth", "no-identity", "short-digest",
	"no-digest", "sketch", "no-sketch", "canon-version", "date", "format", "format-unknown", "text-kind",
	"text-of-no-kind"};

static const struct {
	const char *name;
	void (*tell)(uint32_t job, const struct document *d);
} lies[] = {
	{"early", early},
	{"twice", twice},
	{"twice-later", twice_later},
	{"other-job", other_job},
	{"next-job-ahead", next_job_ahead},
	{"hello-again", hello_again},
	{"a-job", a_job},
	{"rules", rules},
	{"unknown-kind", unknown_kind},
	{"kind-zero", kind_zero},
	{"bad-magic", bad_magic},
	{"huge-length", huge_length},
	{"over-the-limit", over_the_limit},
	{"trailing-bytes", trailing_bytes},
	{"half-header", half_header},
	{"half-body", half_body},
	{"flood", flood},
	{"empty-document", empty_document},
	{"garbage", garbage},
	{"failure-empty", failure_empty},
	{"failure-of-nothing", failure_of_nothing},
	{"failure-too-long", failure_too_long},
	{"failure-in-colour", failure_in_colour},
	{"failure-without-words", failure_without_words},
	{"exits", exits},
	{"crashes", crashes},
	{"cut-document", cut_document},
	{"list-of-nothing", list_of_nothing},
};

/* ---- the work ---- */

static int read_feed(const struct job *j, struct document *d, struct error *err)
{
	const struct parse_input input = {.body = j->body, .content_type = j->content_type, .url = j->url};
	int result = parse_feed(&input, &arena, d, err);

	for (size_t i = 0; result == 0 && i < d->items.count; i++)
		result = identity_assign(identity, &arena, &d->items.items[i]);
	return result;
}

/* The name behind "lie:" in the body. */
static struct str lie_of(struct str body)
{
	size_t at = str_find(body, STR("lie:"), 0), end;

	if (at == STR_NPOS)
		return STR_NONE;
	for (end = at += 4; end < body.len &&
			    (char_is_alpha(body.data[end]) || body.data[end] == '-' || char_is_digit(body.data[end]));)
		end++;
	return str_slice(body, at, end);
}

static void answer(uint32_t number, bool is_whole)
{
	struct error err = {0};
	struct document d = {.format = FORMAT_RSS};
	struct job j;
	struct str lie;
	char name[64];

	if (job_decode(buf_str(&in), &j, &err) != 0)
		_exit(4);
	lie = lie_of(j.body);
	snprintf(name, sizeof(name), "%.*s", STR_ARG(lie));
	arena_clear(&arena);
	if (is_whole && read_feed(&j, &d, &err) != 0) {
		say_failure(number, err.code, str_from(err.text));
		return;
	}
	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		if (strcmp(name, lies[i].name) == 0) {
			lies[i].tell(number, &d);
			return;
		}
	}
	/* What it prints is nobody's business. */
	(void)!write(STDERR_FILENO, "\x1b[31m" F "\n", 15);
	(void)!write(STDOUT_FILENO, F "\n", 10);
	if (name[0] != '\0')
		edit(&d, name);
	say_document(number, &d);
}

/* A large job may be answered when its first part is there. */
static void serve(void)
{
	enum { PART = 64 * 1024, LARGE = 1024 * 1024 };

	for (;;) {
		uint8_t header[MESSAGE_HEADER_LEN];
		struct message_header h;

		get(header, sizeof(header));
		if (message_header_decode(header, MESSAGE_MAX, &h, NULL) != 0)
			_exit(5);
		buf_clear(&in);
		if (buf_reserve(&in, h.length) != 0)
			_exit(6);
		if (h.kind == MESSAGE_JOB && h.length > LARGE) {
			get(in.data, PART);
			in.len = PART;
			if (str_eq(lie_of(buf_str(&in)), STR("early"))) {
				answer(h.job, false);
				rest();
			}
		}
		get(in.data + in.len, h.length - in.len);
		in.len = h.length;
		if (h.kind == MESSAGE_JOB)
			answer(h.job, true);
	}
}

/* ---- the start ---- */

static void start_badly(void)
{
	char path[4096], name[64] = "";
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 16);
	FILE *file;

	path[n > 0 ? n : 0] = '\0';
	memcpy(strrchr(path, '/') != NULL ? strrchr(path, '/') + 1 : path, "start", sizeof("start"));
	file = fopen(path, "r");
	if (file == NULL)
		return;
	(void)!fgets(name, sizeof(name), file);
	fclose(file);
	if (strcmp(name, "exits") == 0)
		_exit(1);
	else if (strcmp(name, "crashes") == 0)
		raise(SIGKILL);
	else if (strcmp(name, "answers") == 0)
		say(MESSAGE_DOCUMENT, 0, STR(F));
	else if (strcmp(name, "wordy") == 0)
		say(MESSAGE_HELLO, 0, str_make(long_text, 100000));
	else if (strcmp(name, "control") == 0)
		say(MESSAGE_HELLO, 0, STR("\x1b[31m" F));
	else if (strcmp(name, "twice") == 0)
		say(MESSAGE_HELLO, 0, STR("1"));
	else if (strcmp(name, "garbage") == 0)
		put(long_text, 1000);
	else if (strcmp(name, "leaves") == 0) {
		say(MESSAGE_HELLO, 0, STR("1"));
		_exit(0);
	}
}

int main(int argc, char **argv)
{
	struct error err = {0};

	memset(long_text, 'F', sizeof(long_text));
	if (argc == 2 && strcmp(argv[1], "--lies") == 0) {
		for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++)
			puts(lies[i].name);
		for (size_t i = 0; i < sizeof(edits) / sizeof(edits[0]); i++)
			puts(edits[i]);
		return EXIT_SUCCESS;
	}
	signal(SIGPIPE, SIG_IGN);
	start_badly();
	arena_init(&arena, MESSAGE_MAX);
	buf_init(&in, MESSAGE_MAX);
	buf_init(&out, MESSAGE_MAX);
	identity = identity_new(&err);
	if (identity == NULL)
		return EXIT_FAILURE;
	parse_prepare();
	say(MESSAGE_HELLO, 0, STR("1"));
	serve();
	return EXIT_SUCCESS;
}
