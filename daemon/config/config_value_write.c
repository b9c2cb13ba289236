/* SPDX-License-Identifier: ISC */
#include "config_value.h"

#include <arpa/inet.h>
#include <string.h>

#include "sitrep/base/log.h"
#include "sitrep/base/units.h"
#include "sitrep/text/public_url.h"

enum { FRACTION_UNIT = 1000000 }; /* of CONFIG_FRACTION_DECIMALS decimals */

static void write_words(struct buf *out, struct config_words w)
{
	for (size_t i = 0; i < w.count; i++)
		buf_printf(out, "%s%s", i > 0 ? ", " : "", w.items[i]);
}

static void write_listen(struct buf *out, const struct config_listens *list)
{
	for (size_t i = 0; i < list->count; i++)
		buf_printf(out, "%s%s", i > 0 ? ", " : "", list->items[i].text);
}

static void write_networks(struct buf *out, const struct config_networks *list)
{
	for (size_t i = 0; i < list->count; i++) {
		char text[INET6_ADDRSTRLEN];

		inet_ntop(AF_INET6, list->items[i].address, text, sizeof(text));
		buf_printf(out, "%s%s/%u", i > 0 ? ", " : "", text, list->items[i].prefix);
	}
}

static void write_number(struct buf *out, const char *member, const struct config_option *o)
{
	char text[TIME_TEXT_MAX];
	int small;
	int64_t n;

	if (o->section == SECTION_FEED && o->type == OPTION_INT) {
		memcpy(&small, member, sizeof(small));
		n = small;
	} else {
		memcpy(&n, member, sizeof(n));
	}
	if (o->fallback == NULL && n == 0)
		return;
	buf_puts(out, o->type == OPTION_DURATION ? duration_format(text, n)
		      : o->type == OPTION_SIZE   ? size_format(text, n)
						 : log_number(text, n));
}

static void write_level(struct buf *out, const struct config_option *o, const char *member)
{
	struct str rest = str_from(o->choices), word;
	int level;

	memcpy(&level, member, sizeof(level));
	while (str_word(&rest, &word))
		if (config_level_of(word) == level)
			buf_add(out, word);
}

/* Writes a decimal point in any locale, and no trailing zeros. */
static void write_fraction(struct buf *out, const char *member)
{
	double n;
	unsigned units, digits = CONFIG_FRACTION_DECIMALS;

	memcpy(&n, member, sizeof(n));
	units = (unsigned)(n * FRACTION_UNIT + 0.5);
	if (units % FRACTION_UNIT == 0) {
		buf_printf(out, "%u", units / FRACTION_UNIT);
		return;
	}
	buf_printf(out, "%u.", units / FRACTION_UNIT);
	for (units %= FRACTION_UNIT; units % 10 == 0; units /= 10)
		digits--;
	buf_printf(out, "%0*u", (int)digits, units);
}

static void write_growth(struct buf *out, const char *member)
{
	struct config_growth growth;
	char text[TIME_TEXT_MAX];

	memcpy(&growth, member, sizeof(growth));
	if (growth.count > 0)
		buf_printf(
			out, "%lld publishers in %s", (long long)growth.count, duration_format(text, growth.within_ms));
}

int config_value_write(struct buf *out, const void *owner, const struct config_option *o)
{
	const char *member = (const char *)owner + o->offset;
	const char *text;
	struct config_path path;
	struct config_words words;
	unsigned mode;

	switch (o->type) {
	case OPTION_PATH:
		memcpy(&path, member, sizeof(path));
		buf_puts(out, path.text != NULL ? path.text : "");
		break;
	case OPTION_STRING:
	case OPTION_AGENT:
	case OPTION_CHOICE:
	case OPTION_TIMES:
	case OPTION_RATE:
		memcpy(&text, member, sizeof(text));
		buf_puts(out, text != NULL ? text : "");
		break;
	case OPTION_URL:
	case OPTION_PROXY:
		memcpy(&text, member, sizeof(text));
		if (o->section == SECTION_FEED && ((const struct config_feed *)owner)->is_private)
			buf_add_bare_url(out, str_from(text));
		else
			buf_add_public_url(out, str_from(text));
		break;
	case OPTION_BOOL:
		buf_puts(out, *(const bool *)member ? "yes" : "no");
		break;
	case OPTION_INT:
	case OPTION_DURATION:
	case OPTION_SIZE:
		write_number(out, member, o);
		break;
	case OPTION_GROWTH:
		write_growth(out, member);
		break;
	case OPTION_FRACTION:
		write_fraction(out, member);
		break;
	case OPTION_LEVEL:
		write_level(out, o, member);
		break;
	case OPTION_MODE:
		memcpy(&mode, member, sizeof(mode));
		buf_printf(out, "%04o", mode);
		break;
	case OPTION_LIST:
		memcpy(&words, member, sizeof(words));
		write_words(out, words);
		break;
	case OPTION_LISTEN:
		write_listen(out, (const struct config_listens *)(const void *)member);
		break;
	case OPTION_NETWORKS:
		write_networks(out, (const struct config_networks *)(const void *)member);
		break;
	case OPTION_FILES:
		break;
	}
	return out->failed;
}
