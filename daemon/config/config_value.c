/* SPDX-License-Identifier: ISC */
/* Reads the types of options.  Each error names the value found and the form expected. */
#include "config_value.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "sitrep/base/clock.h"
#include "sitrep/base/log.h"
#include "sitrep/base/units.h"
#include "sitrep/model/alert_hold.h"
#include "sitrep/text/public_url.h"

enum { ADDRESS_TEXT_MAX = 64 };

static int set_wrong(struct error *err, const struct config_option *o, struct str value, const char *expected)
{
	struct buf shown = BUF_INIT(64 * 1024);
	int result;

	/* Even a malformed address may hold a secret. */
	if (o->type == OPTION_URL || o->type == OPTION_PROXY) {
		buf_add_bare_url(&shown, value);
		value = buf_str(&shown);
	}
	result = error_set(err, -EINVAL, "%s = %.*s: expected %s", o->name, (int)(value.len < 80 ? value.len : 80),
		value.data, expected);
	buf_release(&shown);
	return result;
}

static void store(void *owner, const struct config_option *o, const void *value, size_t size)
{
	memcpy((char *)owner + o->offset, value, size);
}

static int read_string(struct arena *a, void *owner, const struct config_option *o, struct str value, struct error *err)
{
	const char *text = arena_cstr(a, value);

	if (text == NULL)
		return error_sys(err, -ENOMEM, "cannot read the configuration");
	store(owner, o, &text, sizeof(text));
	return 0;
}

static int read_path(struct arena *a, void *owner, const struct config_option *o, struct str value,
	struct config_place place, struct error *err)
{
	const char *slash = value.data[0] != '/' ? strrchr(place.file, '/') : NULL;
	size_t folder_len = slash != NULL ? (size_t)(slash + 1 - place.file) : 0;
	char *full = arena_alloc(a, folder_len + value.len + 1);
	struct config_path path = {.text = arena_cstr(a, value), .full = full, .place = place};

	if (path.text == NULL || full == NULL)
		return error_sys(err, -ENOMEM, "cannot read the configuration");
	memcpy(full, place.file, folder_len);
	memcpy(full + folder_len, path.text, value.len + 1);
	store(owner, o, &path, sizeof(path));
	return 0;
}

static bool is_web_url(struct str s)
{
	size_t start = str_starts_nocase(s, STR("https://")) ? 8 : str_starts_nocase(s, STR("http://")) ? 7 : 0;

	return start > 0 && start < s.len && s.data[start] != '/' && s.data[start] != ':' && !str_has_below(s, '!');
}

/* "socks5h://127.0.0.1:9050": the scheme is required, since curl would guess one. */
static bool is_proxy(struct str s)
{
	static const char *const schemes[] = {
		"http://", "https://", "socks4://", "socks4a://", "socks5://", "socks5h://"};

	if (str_has_below(s, '!'))
		return false;
	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++)
		if (str_starts_nocase(s, str_from(schemes[i])))
			return s.len > strlen(schemes[i]);
	return false;
}

/* True when s names a program, its version and a page for contact, and no browser: "desk/1.2 (+https://...)". */
static bool is_clear_agent(struct str s)
{
	size_t slash = str_find_char(s, '/', 0);

	return !str_has_below(s, ' ') && slash != STR_NPOS && slash > 0 && str_find_char(s, ' ', 0) > slash &&
	       slash + 1 < s.len && char_is_digit(s.data[slash + 1]) &&
	       (str_find_nocase(s, STR("http://"), 0) != STR_NPOS ||
		       str_find_nocase(s, STR("https://"), 0) != STR_NPOS) &&
	       str_find_nocase(s, STR("mozilla"), 0) == STR_NPOS;
}

static int read_bool(void *owner, const struct config_option *o, struct str value, struct error *err)
{
	static const char *const yes[] = {"yes", "true", "on", "1"}, *const no[] = {"no", "false", "off", "0"};

	for (size_t i = 0; i < 4; i++) {
		bool is_yes = str_eq_nocase(value, str_from(yes[i]));

		if (is_yes || str_eq_nocase(value, str_from(no[i]))) {
			store(owner, o, &is_yes, sizeof(is_yes));
			return 0;
		}
	}
	return set_wrong(err, o, value, "yes or no");
}

static int put_number(void *owner, const struct config_option *o, struct str value, int64_t n, struct error *err)
{
	char low[TIME_TEXT_MAX], high[TIME_TEXT_MAX], expected[2 * TIME_TEXT_MAX + 32];
	int small = (int)n;

	if (n < o->min || n > o->max) {
		if (o->type == OPTION_DURATION) {
			duration_format(low, o->min);
			duration_format(high, o->max);
		} else if (o->type == OPTION_SIZE) {
			size_format(low, o->min);
			size_format(high, o->max);
		} else {
			log_number(low, o->min);
			log_number(high, o->max);
		}
		snprintf(expected, sizeof(expected), "a value from %s to %s", low, high);
		return set_wrong(err, o, value, expected);
	}
	/* [feed] rank is the one number that is an int. */
	if (o->section == SECTION_FEED && o->type == OPTION_INT)
		store(owner, o, &small, sizeof(small));
	else
		store(owner, o, &n, sizeof(n));
	return 0;
}

/* Reads a decimal fraction in any locale, as a quotient of two integers, which is as exact as a literal. */
static int read_fraction(void *owner, const struct config_option *o, struct str value, struct error *err)
{
	static const char expected[] = "a number from 0 to 1 with at most six decimals, such as 0.5";
	struct str decimals = str_slice(value, 2, value.len);
	double n = 0, unit = 1;

	if (!char_is_digit(value.data[0]) || (value.len > 1 && value.data[1] != '.') || value.len == 2 ||
		decimals.len > CONFIG_FRACTION_DECIMALS)
		return set_wrong(err, o, value, expected);
	n = value.data[0] - '0';
	for (size_t i = 0; i < decimals.len; i++) {
		if (!char_is_digit(decimals.data[i]))
			return set_wrong(err, o, value, expected);
		n = 10 * n + (decimals.data[i] - '0');
		unit *= 10;
	}
	n /= unit;
	if (n < (double)o->min || n > (double)o->max)
		return set_wrong(err, o, value, expected);
	store(owner, o, &n, sizeof(n));
	return 0;
}

static int read_mode(void *owner, const struct config_option *o, struct str value, struct error *err)
{
	unsigned mode = 0;
	size_t i = 0;

	for (; i < value.len && value.data[i] >= '0' && value.data[i] <= '7'; i++)
		mode = mode * 8 + (unsigned)(value.data[i] - '0');
	if (i < value.len || value.len == 0 || value.len > 4 || mode > 0777)
		return set_wrong(err, o, value, "an octal mode such as 0660");
	store(owner, o, &mode, sizeof(mode));
	return 0;
}

static int read_list(struct arena *a, void *owner, const struct config_option *o, struct str value, struct error *err)
{
	struct config_words words = {0};
	struct str rest = value, piece;
	size_t count = 0;

	while (str_split(&rest, ',', &piece))
		count++;
	words.items = arena_alloc_array(a, count + 1, sizeof(*words.items));
	rest = value;
	while (words.items != NULL && str_split(&rest, ',', &piece)) {
		piece = str_trim(piece);
		if (str_empty(piece))
			return set_wrong(err, o, value, "words, separated by commas");
		words.items[words.count] = arena_cstr(a, piece);
		if (words.items[words.count++] == NULL)
			words.items = NULL;
	}
	if (words.items == NULL)
		return error_sys(err, -ENOMEM, "cannot read the configuration");
	store(owner, o, &words, sizeof(words));
	return 0;
}

/* ---- addresses ---- */

static bool read_port(struct str s, uint16_t *port)
{
	long long n;

	if (str_empty(s) || !char_is_digit(s.data[0]) || !str_to_int(s, &n) || n > 65535)
		return false;
	*port = (uint16_t)n;
	return true;
}

static bool is_address(int family, struct str s)
{
	char text[ADDRESS_TEXT_MAX];
	struct in6_addr room;

	if (s.len == 0 || s.len >= sizeof(text))
		return false;
	memcpy(text, s.data, s.len);
	text[s.len] = '\0';
	return inet_pton(family, text, &room) == 1;
}

/* "host:port", "[v6]:port", "*:port" */
static bool read_host_port(struct arena *a, struct str s, struct config_listen *l)
{
	struct str host;
	size_t colon = s.len;
	int family = AF_INET;

	while (colon > 0 && s.data[colon - 1] != ':')
		colon--;
	if (colon == 0 || !read_port(str_slice(s, colon, s.len), &l->port))
		return false;
	host = str_slice(s, 0, colon - 1);
	if (str_eq(host, STR("*")))
		return true;
	if (host.len > 2 && host.data[0] == '[' && host.data[host.len - 1] == ']') {
		host = str_slice(host, 1, host.len - 1);
		family = AF_INET6;
	} else if (str_eq_nocase(host, STR("localhost"))) {
		host = STR("127.0.0.1");
	}
	if (!is_address(family, host))
		return false;
	l->host = arena_cstr(a, host);
	return l->host != NULL;
}

static int read_listen(struct arena *a, void *owner, const struct config_option *o, struct str value,
	struct config_place place, struct error *err)
{
	struct config_listens list = {0};
	struct str rest = value, piece;

	while (str_split(&rest, ',', &piece)) {
		struct config_listen *l = list_add(a, &list);

		piece = str_trim(piece);
		if (l == NULL || (l->text = arena_cstr(a, piece)) == NULL)
			return error_sys(err, -ENOMEM, "cannot read the configuration");
		l->place = place;
		if (str_starts(piece, STR("unix:")))
			piece = str_slice(piece, 5, piece.len);
		if (piece.len > 1 && piece.data[0] == '/') {
			l->path = arena_cstr(a, piece);
			if (l->path == NULL)
				return error_sys(err, -ENOMEM, "cannot read the configuration");
		} else if (!read_host_port(a, piece, l)) {
			return set_wrong(
				err, o, piece, "ADDRESS:PORT such as 127.0.0.1:8484, [::1]:8484 or *:8484, or a path");
		}
	}
	store(owner, o, &list, sizeof(list));
	return 0;
}

static bool read_network(struct str s, struct config_network *n)
{
	static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
	size_t slash = str_find_char(s, '/', 0);
	struct str address = str_slice(s, 0, slash == STR_NPOS ? s.len : slash);
	bool is_v4 = is_address(AF_INET, address);
	long long bits = is_v4 ? 32 : 128;
	char text[ADDRESS_TEXT_MAX];

	if (!is_v4 && !is_address(AF_INET6, address))
		return false;
	if (slash != STR_NPOS &&
		(!str_to_int(str_slice(s, slash + 1, s.len), &bits) || bits < 0 || bits > (is_v4 ? 32 : 128)))
		return false;
	memcpy(text, address.data, address.len);
	text[address.len] = '\0';
	if (is_v4)
		memcpy(n->address, mapped, sizeof(mapped));
	inet_pton(is_v4 ? AF_INET : AF_INET6, text, is_v4 ? n->address + 12 : n->address);
	n->prefix = (uint8_t)(is_v4 ? bits + 96 : bits);
	return true;
}

static int read_networks(
	struct arena *a, void *owner, const struct config_option *o, struct str value, struct error *err)
{
	struct config_networks list = {0};
	struct str rest = value, piece;

	while (str_split(&rest, ',', &piece)) {
		struct config_network *n = list_add(a, &list);

		if (n == NULL)
			return error_sys(err, -ENOMEM, "cannot read the configuration");
		if (!read_network(str_trim(piece), n))
			return set_wrong(err, o, str_trim(piece), "a network such as 10.1.0.0/16 or fd00::/8");
	}
	store(owner, o, &list, sizeof(list));
	return 0;
}

/* ---- choices ---- */

int config_level_of(struct str word)
{
	char text[32];

	snprintf(text, sizeof(text), "%.*s", STR_ARG(word));
	return log_level_parse(text);
}

static int read_choice(struct arena *a, void *owner, const struct config_option *o, struct str value, struct error *err)
{
	struct str rest = str_from(o->choices), word;
	char expected[128];

	while (str_word(&rest, &word)) {
		int level;

		if (!str_eq(word, value))
			continue;
		if (o->type == OPTION_CHOICE)
			return read_string(a, owner, o, value, err);
		level = config_level_of(word);
		store(owner, o, &level, sizeof(level));
		return 0;
	}
	snprintf(expected, sizeof(expected), "one of: %s", o->choices);
	return set_wrong(err, o, value, expected);
}

/* A text that another module parses. */
static int read_checked(
	struct arena *a, void *owner, const struct config_option *o, struct str value, struct error *err)
{
	struct week_times times;
	struct alert_rate rate;
	struct error why = {0};
	int result =
		o->type == OPTION_TIMES ? week_times_parse(value, &times, &why) : alert_rate_parse(value, &rate, &why);

	if (result != 0)
		return error_set(err, result, "%s = %.*s: %s", o->name, (int)(value.len < 80 ? value.len : 80),
			value.data, why.text);
	return read_string(a, owner, o, value, err);
}

/* "5 publishers in 1h" */
static int read_growth(void *owner, const struct config_option *o, struct str value, struct error *err)
{
	struct str rest = value, number = STR_NONE, unit = STR_NONE, in = STR_NONE, within = STR_NONE;
	struct config_growth growth;
	long long count;

	if (!str_word(&rest, &number) || !str_word(&rest, &unit) || !str_word(&rest, &in) ||
		!str_word(&rest, &within) || str_word(&rest, &rest) || !str_to_int(number, &count) ||
		!str_eq(unit, STR("publishers")) || !str_eq(in, STR("in")) ||
		!duration_parse(within, &growth.within_ms) || growth.within_ms <= 0)
		return set_wrong(err, o, value, "a number of publishers and a time, such as 5 publishers in 1h");
	if (count < o->min || count > o->max)
		return error_set(err, -EINVAL, "%s = %.*s: expected %lld to %lld publishers", o->name, STR_ARG(value),
			(long long)o->min, (long long)o->max);
	growth.count = count;
	store(owner, o, &growth, sizeof(growth));
	return 0;
}

int config_value_read(struct arena *a, void *owner, const struct config_option *o, struct str value,
	struct config_place place, struct error *err)
{
	long long number;
	int64_t n;

	if (str_empty(value))
		return error_set(err, -EINVAL, "%s has no value", o->name);
	switch (o->type) {
	case OPTION_STRING:
		return read_string(a, owner, o, value, err);
	case OPTION_PATH:
		return read_path(a, owner, o, value, place, err);
	case OPTION_URL:
		return is_web_url(value) ? read_string(a, owner, o, value, err)
					 : set_wrong(err, o, value, "an address that begins with http:// or https://");
	case OPTION_PROXY:
		return is_proxy(value)
			       ? read_string(a, owner, o, value, err)
			       : set_wrong(err, o, value, "http://, https://, socks5h:// or socks4a:// and HOST:PORT");
	case OPTION_AGENT:
		return is_clear_agent(value) ? read_string(a, owner, o, value, err)
					     : set_wrong(err, o, value,
						       "NAME/VERSION (+https://...) with the address of a page about "
						       "you, and no browser's name");
	case OPTION_BOOL:
		return read_bool(owner, o, value, err);
	case OPTION_INT:
		return str_to_int(value, &number) ? put_number(owner, o, value, number, err)
						  : set_wrong(err, o, value, "a whole number");
	case OPTION_FRACTION:
		return read_fraction(owner, o, value, err);
	case OPTION_DURATION:
		return duration_parse(value, &n) ? put_number(owner, o, value, n, err)
						 : set_wrong(err, o, value, "a duration such as 30s, 15m, 6h or 90d");
	case OPTION_SIZE:
		return size_parse(value, &n) ? put_number(owner, o, value, n, err)
					     : set_wrong(err, o, value, "a size such as 64K, 8M or 1G");
	case OPTION_GROWTH:
		return read_growth(owner, o, value, err);
	case OPTION_MODE:
		return read_mode(owner, o, value, err);
	case OPTION_LIST:
		return read_list(a, owner, o, value, err);
	case OPTION_LISTEN:
		return read_listen(a, owner, o, value, place, err);
	case OPTION_NETWORKS:
		return read_networks(a, owner, o, value, err);
	case OPTION_LEVEL:
	case OPTION_CHOICE:
		return read_choice(a, owner, o, value, err);
	case OPTION_TIMES:
	case OPTION_RATE:
		return read_checked(a, owner, o, value, err);
	case OPTION_FILES:
		break;
	}
	return -EINVAL;
}
