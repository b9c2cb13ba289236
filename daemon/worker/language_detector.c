/* SPDX-License-Identifier: ISC */
/* Detects the language of a text without a declared one. See language_detector.h. */
#include "language_detector.h"

#include <dlfcn.h>
#include <string.h>

#include "sitrep/base/utf8.h"

enum {
	/* Bytes of title and body that are examined. */
	TEXT_MAX = 2048,
	/* A headline of a few words may be in any of several languages. */
	TEXT_MIN = 48,
};

/* The library is C++; these two of its functions have the calling convention of C. */
static const char detect_name[] = "_ZN4CLD214DetectLanguageEPKcibPb";
static const char code_name[] = "_ZN4CLD212LanguageCodeENS_8LanguageE";

/* dlsym() returns a pointer to an object, which C does not convert to a pointer to a function. */
static bool find_function(void *library, const char *name, void *function, size_t len)
{
	void *symbol = dlsym(library, name);

	memcpy(function, &symbol, len);
	return symbol != NULL;
}

bool language_detector_open(struct language_detector *d, const char *library)
{
	*d = (struct language_detector){0};
	d->library = dlopen(library, RTLD_NOW | RTLD_LOCAL);
	buf_init(&d->text, TEXT_MAX + 1);
	if (d->library == NULL)
		return false;
	if (find_function(d->library, detect_name, &d->detect, sizeof(d->detect)) &&
		find_function(d->library, code_name, &d->code, sizeof(d->code)))
		return true;
	language_detector_close(d);
	return false;
}

void language_detector_close(struct language_detector *d)
{
	if (d->library != NULL)
		dlclose(d->library);
	d->library = NULL;
	buf_release(&d->text);
}

/* The library uses some outdated codes. */
static struct str tag_of(const char *code)
{
	static const char *const renamed[][2] = {{"iw", "he"}, {"jw", "jv"}, {"un", ""}};

	for (size_t i = 0; i < sizeof(renamed) / sizeof(renamed[0]); i++)
		if (strcmp(code, renamed[i][0]) == 0)
			return renamed[i][1][0] != '\0' ? str_from(renamed[i][1]) : STR_NONE;
	/* the library also has codes for scripts without a language, such as "xxx" */
	return strlen(code) == 2 || strchr(code, '-') != NULL ? str_from(code) : STR_NONE;
}

struct str language_detector_ask(struct language_detector *d, struct str title, struct str body)
{
	bool is_reliable = false;
	int language;

	if (d->library == NULL)
		return STR_NONE;
	buf_clear(&d->text);
	buf_add(&d->text, utf8_cut(title, TEXT_MAX / 2));
	buf_putc(&d->text, '\n');
	buf_add(&d->text, utf8_cut(body, TEXT_MAX - d->text.len));
	if (buf_failed(&d->text) || d->text.len < TEXT_MIN)
		return STR_NONE;
	language = d->detect(d->text.data, (int)d->text.len, true, &is_reliable);
	return is_reliable ? tag_of(d->code(language)) : STR_NONE;
}
