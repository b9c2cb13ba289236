/* SPDX-License-Identifier: ISC */
/* sketch_fixture.h: sketches of texts, as the worker makes them. */
#ifndef SITREP_TEST_SKETCH_FIXTURE_H
#define SITREP_TEST_SKETCH_FIXTURE_H

#include "../scratch.h"
#include "sitrep/base/buf.h"
#include "sitrep/identity/canon.h"
#include "sitrep/identity/sketch.h"
#include "sitrep/story/story_threshold.h"

enum { FIXTURE_TEXT_MAX = 4 * 1024 * 1024 };

static inline void sketch_text(struct sketch *s, struct str title, struct str body)
{
	struct buf title_tokens = BUF_INIT(FIXTURE_TEXT_MAX), body_tokens = BUF_INIT(FIXTURE_TEXT_MAX);
	size_t count = 0;

	assert_int_equal(canon_tokens(&title_tokens, title, &count), 0);
	assert_int_equal(canon_tokens(&body_tokens, body, &count), 0);
	sketch_make(s, buf_str(&title_tokens), buf_str(&body_tokens), body);
	buf_release(&title_tokens);
	buf_release(&body_tokens);
}

static inline struct sketch sketch_of(const char *title, const char *body)
{
	struct sketch s;

	sketch_text(&s, str_from(title), str_from(body));
	return s;
}

/* Two outlets, an hour between. */
static inline struct story_reasons compare_texts(
	const char *title_a, const char *body_a, const char *title_b, const char *body_b)
{
	struct sketch a = sketch_of(title_a, body_a), b = sketch_of(title_b, body_b);

	return story_compare(&story_params_default, &a, &b, false, 3600 * 1000);
}

#endif
