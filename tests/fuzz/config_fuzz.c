/* SPDX-License-Identifier: ISC */
/* Configuration files: any bytes as the file, which may include two that are there.  The lines come out once each and
 * in order; what is read twice is the same, and each option's value, written, reads as the same again. */
#include "fuzz.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "../../daemon/config/config_value.h"
#include "../../daemon/config/ini.h"
#include "sitrep/base/utf8.h"
#include "sitrep/config/config.h"
#include "sitrep/config/option.h"

static char folder[64] = "/tmp/sitrep-fuzz-XXXXXX";
static char path[96];
static struct arena arena;
static struct buf out, again;

static const struct {
	const char *name, *text;
} others[] = {
	{"more.conf", "[feed \"more\"]\nurl = https://more.example/feed\ncategories = a, b\n"},
	{"list.opml",
		"<opml><body><outline text=\"Air\"><outline text=\"n\" xmlUrl=\"https://n.example/\"/></outline></body>"
		"</opml>"},
};

static void write_file(const char *name, struct str text)
{
	char at[128];
	int fd;

	snprintf(at, sizeof(at), "%s/%s", folder, name);
	fd = open(at, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	fuzz_require(fd >= 0 && write(fd, text.data != NULL ? text.data : "", text.len) == (ssize_t)text.len, text);
	close(fd);
}

static void remove_folder(void)
{
	char at[128];

	unlink(path);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		snprintf(at, sizeof(at), "%s/%s", folder, others[i].name);
		unlink(at);
	}
	rmdir(folder);
}

FUZZ_SETUP
{
	arena_init(&arena, FUZZ_ARENA_MAX);
	buf_init(&out, FUZZ_BUF_MAX);
	buf_init(&again, FUZZ_BUF_MAX);
	if (mkdtemp(folder) == NULL || atexit(remove_folder) != 0)
		return 1;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		write_file(others[i].name, str_from(others[i].text));
	snprintf(path, sizeof(path), "%s/fuzz.conf", folder);
	return 0;
}

/* ---- lines ---- */

/* Whether all files that the text names are in our folder: no other is to be opened, by any pattern. */
static bool check_lines(struct str text)
{
	struct ini ini;
	struct ini_item item;
	unsigned line = 0;
	bool stays_here = true;

	ini_init(&ini, text);
	while (ini_next(&ini, &item) == 0 && item.kind != INI_END) {
		fuzz_require(item.line > line, text);
		line = item.line;
		fuzz_require(item.kind != INI_MISTAKE || (item.mistake != NULL && item.mistake[0] != '\0'), text);
		fuzz_require(item.kind != INI_OPTION || item.name.len > 0, text);
		fuzz_require(item.value.len <= INI_LINE_MAX, text);
		if (item.kind == INI_OPTION && (str_eq(item.name, STR("include")) || str_eq(item.name, STR("opml"))))
			stays_here = stays_here && str_find_char(item.value, '/', 0) == STR_NPOS &&
				     str_find_char(item.value, '\0', 0) == STR_NPOS;
	}
	ini_release(&ini);
	return stays_here;
}

/* ---- values ---- */

static void check_value(const struct config_option *o, struct str value)
{
	/* as large as any struct that an option is in */
	union {
		struct config config;
		struct config_feed feed;
		struct config_rule rule;
	} once, twice;
	struct config_place place = {.file = "fuzz", .line = 1};
	struct error err = {0};
	int result;

	arena_clear(&arena);
	memset(&once, 0, sizeof(once));
	memset(&twice, 0, sizeof(twice));
	result = config_value_read(&arena, &once, o, value, place, &err);
	if (result != 0) {
		fuzz_require(result == -EINVAL && err.text[0] != '\0', value);
		return;
	}
	buf_clear(&out);
	fuzz_require(config_value_write(&out, &once, o) == 0, value);
	/* passwords are left out */
	if (o->type == OPTION_URL || o->type == OPTION_PROXY || out.len == 0)
		return;
	result = config_value_read(&arena, &twice, o, buf_str(&out), place, &err);
	if (result != 0)
		fprintf(stderr, "%s: written as %.*s\n", o->name, STR_ARG(buf_str(&out)));
	fuzz_require(result == 0, value);
	buf_clear(&again);
	fuzz_require(config_value_write(&again, &twice, o) == 0, value);
	fuzz_require(str_eq(buf_str(&out), buf_str(&again)), value);
}

static void check_values(struct str text)
{
	struct str rest = text, line;
	size_t lines = 0;

	while (lines++ < 4 && str_split(&rest, '\n', &line)) {
		/* ini.h gives no others */
		if (!utf8_valid(line) || str_find_char(line, '\0', 0) != STR_NPOS)
			continue;
		/* config_read.c reads the files that an option names; such an option has no value. */
		for (size_t i = 0; i < config_option_count; i++)
			if (config_options[i].type != OPTION_FILES)
				check_value(&config_options[i], str_trim(line));
	}
}

/* ---- the whole ---- */

static struct config *load(struct str text, struct buf *mistakes_text, bool *is_good)
{
	struct config_mistakes mistakes;
	struct error err = {0};
	struct config *c;

	config_mistakes_init(&mistakes);
	c = config_load(path, &mistakes, &err);
	fuzz_require(c != NULL, text);
	for (size_t i = 0; i < mistakes.count; i++)
		fuzz_require(mistakes.items[i].text != NULL && mistakes.items[i].text[0] != '\0', text);
	*is_good = mistakes.count == 0;
	buf_clear(mistakes_text);
	fuzz_require(config_mistakes_write(&mistakes, false, mistakes_text) == 0, text);
	config_mistakes_release(&mistakes);
	return c;
}

static void check_whole(struct str text)
{
	struct config *c, *d;
	bool is_good;

	write_file("fuzz.conf", text);
	c = load(text, &out, &is_good);
	d = load(text, &again, &is_good);
	fuzz_require(str_eq(buf_str(&out), buf_str(&again)), text);
	fuzz_require(c->feeds.count == d->feeds.count, text);
	for (size_t i = 0; i < c->feeds.count; i++)
		fuzz_require(config_find_feed(c, str_from(c->feeds.items[i].name)) != NULL, text);
	buf_clear(&again);
	/* what has mistakes may have two of one name, and is never compared */
	fuzz_require(!is_good || (config_diff(c, d, &again) == 0 && again.len == 0), text);
	config_free(c);
	config_free(d);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = fuzz_str(data, size);

	check_values(text);
	if (check_lines(text))
		check_whole(text);
	return 0;
}
