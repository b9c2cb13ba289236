/* SPDX-License-Identifier: ISC */
/* parse_fixture.h: what the tests of the parser share: parsing a sample or a literal, and its text. */
#ifndef TEST_PARSE_FIXTURE_H
#define TEST_PARSE_FIXTURE_H

#include "../scratch.h"
#include "sitrep/base/arena.h"
#include "sitrep/base/clock.h"
#include "sitrep/parse/parse.h"

enum { FIXTURE_ARENA = 64 * 1024 * 1024, SAMPLE_MAX = 64 * 1024 };

struct fixture {
	struct arena arena;
	struct document d;
	struct error err;
	int result;
	char body[SAMPLE_MAX];
};

static inline void fixture_parse(struct fixture *f, struct str body, const char *content_type, const char *url)
{
	struct parse_input in = {
		.body = body, .content_type = str_from(content_type), .url = str_from(url), .want_notes = true};
	arena_clear(&f->arena);
	memset(&f->err, 0, sizeof(f->err));
	f->result = parse_feed(&in, &f->arena, &f->d, &f->err);
}

static inline void fixture_text(struct fixture *f, const char *body)
{
	fixture_parse(f, str_from(body), NULL, "https://feeds.example/dir/feed.xml");
}

/* Tests run in the root of the repository. */
static inline struct str fixture_read(struct fixture *f, const char *name)
{
	char path[256];
	snprintf(path, sizeof(path), "tests/samples/%s", name);
	FILE *file = fopen(path, "rb");
	assert_non_null(file);
	size_t n = fread(f->body, 1, sizeof(f->body), file);
	fclose(file);
	assert_in_range(n, 1, sizeof(f->body) - 1);
	return str_make(f->body, n);
}

static inline void fixture_sample(struct fixture *f, const char *name)
{
	fixture_parse(f, fixture_read(f, name), NULL, "https://feeds.example/dir/feed.xml");
	if (f->result != 0)
		fail_msg("%s: %s", name, f->err.text);
}

/* The one that a program's tests use in turn, and what goes before and after all of them. */
static struct fixture f;

static void setup(void)
{
	arena_init(&f.arena, FIXTURE_ARENA);
	parse_prepare();
}

static void teardown(void)
{
	arena_release(&f.arena);
}

#define assert_str(actual, expected)                                                                                   \
	do {                                                                                                           \
		struct str actual_ = (actual);                                                                         \
		if (!str_eq(actual_, str_from(expected)))                                                              \
			fail_msg("\"%.*s\" is not \"%s\"", STR_ARG(actual_), (expected));                              \
	} while (0)

#define assert_has(actual, part)                                                                                       \
	do {                                                                                                           \
		struct str actual_ = (actual);                                                                         \
		if (str_find(actual_, str_from(part), 0) == STR_NPOS)                                                  \
			fail_msg("\"%.*s\" does not hold \"%s\"", STR_ARG(actual_), (part));                           \
	} while (0)

/* An instant as people read it. */
#define assert_time(actual, expected)                                                                                  \
	do {                                                                                                           \
		char text_[TIME_TEXT_MAX];                                                                             \
		assert_string_equal(time_format_rfc3339(text_, (actual)), (expected));                                 \
	} while (0)

#endif
