/* SPDX-License-Identifier: ISC */
/* str.h: borrowed strings with a length.
 *
 * Text from outside is never trusted to hold no NUL byte, so it travels as pointer and length.  A struct str owns
 * nothing: the function that returns one documents which memory it points into and how long that lives.  Absent is
 * {NULL, 0}; empty but present is a non-NULL pointer and 0. */
#ifndef SITREP_BASE_STR_H
#define SITREP_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct str {
	const char *data;
	size_t len;
};

#define STR_NONE ((struct str){NULL, 0})
/* STR("literal") */
#define STR(literal) ((struct str){"" literal, sizeof(literal) - 1})
/* For printf's "%.*s"; lengths over INT_MAX do not occur (limits.h). */
#define STR_ARG(s) (int)(s).len, ((s).data != NULL ? (s).data : "")

static inline struct str str_from(const char *c_string)
{
	return c_string == NULL ? STR_NONE : (struct str){c_string, strlen(c_string)};
}

static inline struct str str_make(const char *data, size_t len)
{
	return (struct str){data, len};
}

static inline bool str_empty(struct str s)
{
	return s.len == 0;
}

/* The bytes of s between the two offsets, clamped to its length. */
static inline struct str str_slice(struct str s, size_t from, size_t to)
{
	if (to > s.len)
		to = s.len;
	if (from > to)
		from = to;
	return s.data == NULL ? s : str_make(s.data + from, to - from);
}

static inline bool str_eq(struct str a, struct str b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

int str_cmp(struct str a, struct str b);
/* ASCII case only; bytes over 0x7f compare as they are. */
bool str_eq_nocase(struct str a, struct str b);
/* Whether an array of strings has s, likewise. */
#define str_is_one_of(s, list) str_is_listed(s, list, sizeof(list) / sizeof((list)[0]))
bool str_is_listed(struct str s, const char *const *list, size_t count);
bool str_is_ascii(struct str s);
/* Whether s has a byte below least, or DEL: ' ' finds control characters, '!' also spaces. */
bool str_has_below(struct str s, unsigned char least);

static inline bool str_starts(struct str s, struct str prefix)
{
	return s.len >= prefix.len && (prefix.len == 0 || memcmp(s.data, prefix.data, prefix.len) == 0);
}

bool str_starts_nocase(struct str s, struct str prefix);
bool str_ends(struct str s, struct str suffix);

/* Offset of the first match at or after from, or (size_t)-1. */
size_t str_find(struct str s, struct str needle, size_t from);
size_t str_find_nocase(struct str s, struct str needle, size_t from);
#define STR_NPOS ((size_t)-1)

static inline size_t str_find_char(struct str s, char c, size_t from)
{
	const char *found;

	if (from >= s.len)
		return STR_NPOS;
	found = memchr(s.data + from, c, s.len - from);
	return found != NULL ? (size_t)(found - s.data) : STR_NPOS;
}

/* Without ASCII white space (space, \t, \r, \n, \f, \v) at either end. */
struct str str_trim(struct str s);

/* Cuts the piece before the next sep off *rest and puts it into *piece.  False when *rest is used up.
 * "a,,b" gives "a", "", "b". */
bool str_split(struct str *rest, char sep, struct str *piece);

/* Cuts the next run of bytes without ASCII white space off *rest and puts it into *word.  False at the end. */
bool str_word(struct str *rest, struct str *word);

/* A whole decimal number, optional sign, nothing else around it.  False when s is not one or overflows. */
bool str_to_int(struct str s, long long *value);

/* Replaces each of count borrowed strings by a copy that the caller owns; NULL stays NULL.  0 or -ENOMEM: strings that
 * could not be copied are then NULL, and the caller still frees the others. */
int str_own_copies(char **texts[], size_t count);
/* Hands the string out, or NULL; *from is then NULL. */
char *cstr_take(char **from);
/* Frees the string at to, and puts that at from in its place. */
void cstr_move(char **to, char **from);
/* Overwrites a secret and frees it. */
void cstr_wipe(char *secret);
/* Compares two elements of an array of const char * byte by byte, for qsort() and bsearch(). */
int cstr_order(const void *a, const void *b);

static inline bool char_is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static inline bool char_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static inline bool char_is_alpha(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static inline char char_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

/* 0 to 15, or -1 when c is no hexadecimal digit. */
static inline int char_hex_value(char c)
{
	if (char_is_digit(c))
		return c - '0';
	c = char_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

#endif
