/* SPDX-License-Identifier: ISC */
/* A secret is recognised by its parameter's name or by a random value.  A name is cut into words: "api_key",
 * "access-token", "X-Amz-Signature", "authKey".  A value is random when it has 16 letters and digits or more, and
 * either changes between digits, small letters and capitals more often than words, dates and numbers do, or consists
 * of letters with too few vowels for words. */
#include "sitrep/text/public_url.h"

#include <errno.h>
#include <string.h>

enum {
	RANDOM_CHARS_MIN = 16,
	/* The same in a path, where long public names occur too. */
	RANDOM_PATH_MIN = 24,
	/* The shortest run of letters and digits that counts; "f-35-b-21" has only shorter ones. */
	RANDOM_RUN_MIN = 8,
	/* Share of neighbours that differ in kind (digit, small letter, capital): 45 percent in random letters and
	 * digits, 47 in random hex, 20 in "MH370SearchUpdate2026". */
	CHANGES_MIN = 4,
	CHANGES_PERCENT = 21,
	/* Letters of both cases are random up to this share of vowels; "CamelCaseWords" have more. */
	CAMEL_VOWELS_PERCENT_MAX = 28,
	/* Letters of one case are random up to this share of vowels: 19 percent of random letters are vowels, 38 of
	 * words in most languages. */
	VOWELS_PERCENT_MAX = 24,
	NESTED_MAX = 3,
	VALUE_MAX = 64 * 1024,
};

static const char hidden[] = "***";

/* ---- names ---- */

/* Words of a name that mark a secret. */
static const char *const whole_words[] = {"key", "token", "tok", "auth", "oauth", "sig", "signature", "secret", "pass",
	"passwd", "password", "pwd", "pw", "psw", "credential", "credentials", "cred", "creds", "session", "jwt",
	"hmac", "bearer", "otp", "apikey"};
/* Parts of words that do: "accesstoken", "phpsessid", "userpassword". */
static const char *const parts[] = {"token", "secret", "passw", "passphrase", "passcode", "passkey", "signature",
	"credential", "apikey", "accesskey", "authkey", "privatekey", "secretkey", "userkey", "feedkey", "rsskey",
	"sessid", "sessionid", "oauth", "authoriz", "authoris", "authent", "authtok", "hmac"};
/* Ends of words that do: "mykey", "userpass"; but not the words of the list below. */
static const char *const endings[] = {"key", "pass", "pwd", "auth", "sig"};
static const char *const ordinary[] = {"monkey", "turkey", "hockey", "jockey", "whiskey", "donkey", "mickey", "hickey",
	"compass", "bypass", "trespass", "overpass", "surpass", "underpass", "encompass", "secretary", "secretariat"};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static bool is_secret_word(struct str word)
{
	if (str_is_one_of(word, whole_words))
		return true;
	if (str_is_one_of(word, ordinary))
		return false;
	for (size_t i = 0; i < COUNT(parts); i++)
		if (str_find_nocase(word, str_from(parts[i]), 0) != STR_NPOS)
			return true;
	for (size_t i = 0; i < COUNT(endings); i++) {
		struct str ending = str_from(endings[i]);

		if (word.len > ending.len && str_eq_nocase(str_slice(word, word.len - ending.len, word.len), ending))
			return true;
	}
	return false;
}

static bool is_upper(char c)
{
	return c >= 'A' && c <= 'Z';
}

/* A word ends at a byte that is no letter, and before a capital: "authKey", "api_key", "key2". */
static bool has_secret_name(struct str name)
{
	size_t start = 0;

	if (is_secret_word(name))
		return true;
	for (size_t i = 0; i <= name.len; i++) {
		bool ends = i == name.len || !char_is_alpha(name.data[i]);
		bool begins = !ends && i > start && is_upper(name.data[i]) && !is_upper(name.data[i - 1]);

		if ((ends || begins) && i > start && is_secret_word(str_slice(name, start, i)))
			return true;
		if (ends || begins)
			start = ends ? i + 1 : i;
	}
	return false;
}

/* Names of public channels, whose values have 24 and more random characters. */
static bool has_public_name(struct str name)
{
	return str_eq_nocase(name, STR("channel_id")) || str_eq_nocase(name, STR("playlist_id"));
}

/* ---- values ---- */

enum kind { KIND_NONE, KIND_LOWER, KIND_UPPER, KIND_DIGIT };

static enum kind kind_of(char c)
{
	return char_is_digit(c) ? KIND_DIGIT : is_upper(c) ? KIND_UPPER : char_is_alpha(c) ? KIND_LOWER : KIND_NONE;
}

/* Counts of a value's characters. */
struct look {
	size_t chars, pairs, changes; /* letters and digits; two of them side by side; of these, of two kinds */
	size_t run, longest_run;
	size_t vowels, consonants, longest_consonants, rare;
	size_t kinds[KIND_DIGIT + 1];
};

static void look_at(struct look *l, enum kind before, char c)
{
	enum kind kind = kind_of(c);
	char lower = char_lower(c);

	l->kinds[kind]++;
	if (kind == KIND_NONE) {
		l->run = l->consonants = 0;
		return;
	}
	l->chars++;
	l->run++;
	l->longest_run = l->run > l->longest_run ? l->run : l->longest_run;
	l->pairs += before != KIND_NONE;
	/* A capital begins a word. */
	l->changes += before != KIND_NONE && before != kind && !(before == KIND_UPPER && kind == KIND_LOWER);
	if (memchr("aeiouy", lower, 6) != NULL) {
		l->vowels++;
		l->consonants = 0;
	} else if (kind != KIND_DIGIT) {
		l->consonants++;
	}
	l->longest_consonants = l->consonants > l->longest_consonants ? l->consonants : l->longest_consonants;
	l->rare += memchr("jqxzvwk", lower, 7) != NULL;
}

static bool is_random(struct str value, size_t chars_min)
{
	struct look l = {0};
	enum kind before = KIND_NONE;

	for (size_t i = 0; i < value.len; i++) {
		/* Letters of other scripts make words. */
		if ((unsigned char)value.data[i] >= 0x80)
			return false;
		look_at(&l, before, value.data[i]);
		before = kind_of(value.data[i]);
	}
	if (l.chars < chars_min || l.longest_run < RANDOM_RUN_MIN)
		return false;
	if (l.changes >= CHANGES_MIN && 100 * l.changes >= CHANGES_PERCENT * l.pairs &&
		(l.kinds[KIND_DIGIT] > 0 || 100 * l.vowels <= CAMEL_VOWELS_PERCENT_MAX * l.chars))
		return true;
	/* One case, no digit, no word. */
	return l.kinds[KIND_DIGIT] == 0 && l.kinds[KIND_NONE] == 0 &&
	       (l.kinds[KIND_LOWER] == 0 || l.kinds[KIND_UPPER] == 0) &&
	       100 * l.vowels <= VOWELS_PERCENT_MAX * l.chars &&
	       (l.longest_consonants >= 6 || 100 * l.rare >= 15 * l.chars);
}

static int percent_decode(struct buf *out, struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		int high = s.data[i] == '%' && i + 2 < s.len ? char_hex_value(s.data[i + 1]) : -1;
		int low = high >= 0 ? char_hex_value(s.data[i + 2]) : -1;

		buf_putc(out, low >= 0 ? (char)(high * 16 + low) : s.data[i]);
		i += low >= 0 ? 2 : 0;
	}
	return out->failed;
}

/* ---- addresses ---- */

static int add_public(struct buf *out, struct str url, int depth);

/* Whether value is itself an address with a secret, as in "gateway?url=https://x.example/?key=...". */
static bool hides_address(struct str value, int depth, int *failed)
{
	struct buf public = BUF_INIT(VALUE_MAX);
	bool differs = false;

	if (depth < NESTED_MAX && str_find(value, STR("://"), 0) != STR_NPOS) {
		*failed = add_public(&public, value, depth + 1);
		differs = *failed == 0 && !str_eq(buf_str(&public), value);
	}
	buf_release(&public);
	return differs;
}

/* name=value, or a value alone. */
static int add_parameter(struct buf *out, struct str parameter, int depth)
{
	size_t equals = str_find_char(parameter, '=', 0);
	struct str raw = equals == STR_NPOS ? parameter : str_slice(parameter, equals + 1, parameter.len);
	struct buf name = BUF_INIT(VALUE_MAX), value = BUF_INIT(VALUE_MAX);
	int failed = percent_decode(&value, raw);
	bool hide;

	if (failed == 0 && equals != STR_NPOS)
		failed = percent_decode(&name, str_slice(parameter, 0, equals));
	if (failed == -ENOMEM)
		goto out;
	/* A value that could not be examined is hidden. */
	hide = failed != 0;
	failed = 0;
	if (!hide && !has_public_name(buf_str(&name)))
		hide = (raw.len > 0 && has_secret_name(buf_str(&name))) ||
		       is_random(buf_str(&value), RANDOM_CHARS_MIN) || hides_address(buf_str(&value), depth, &failed);
	if (failed == 0)
		failed = buf_add(out, hide && equals != STR_NPOS ? str_slice(parameter, 0, equals + 1)
				      : hide                     ? STR("")
								 : parameter);
	if (failed == 0 && hide)
		failed = buf_puts(out, hidden);
out:
	buf_release(&name);
	buf_release(&value);
	return failed;
}

/* s begins with ? or #. */
static int add_parameters(struct buf *out, struct str s, int depth)
{
	size_t from = 1;
	int failed = buf_add(out, str_slice(s, 0, 1));

	for (size_t i = 1; i <= s.len && failed == 0; i++) {
		if (i < s.len && s.data[i] != '&' && s.data[i] != ';')
			continue;
		failed = add_parameter(out, str_slice(s, from, i), depth);
		if (i < s.len && failed == 0)
			failed = buf_putc(out, s.data[i]);
		from = i + 1;
	}
	return failed;
}

static int add_public(struct buf *out, struct str url, int depth)
{
	size_t scheme = str_find(url, STR("://"), 0), host, path, query, fragment;
	int failed;

	host = scheme == STR_NPOS ? 0 : scheme + 3;
	for (path = host; path < url.len && strchr("/?#", url.data[path]) == NULL; path++)
		if (url.data[path] == '@')
			host = path + 1;
	for (query = path; query < url.len && url.data[query] != '?' && url.data[query] != '#';)
		query++;
	fragment = str_find_char(url, '#', query);
	if (fragment == STR_NPOS)
		fragment = url.len;
	failed = scheme == STR_NPOS ? 0 : buf_add(out, str_slice(url, 0, scheme + 3));
	if (failed == 0)
		failed = buf_add(out, str_slice(url, host, query));
	if (failed == 0 && fragment > query)
		failed = add_parameters(out, str_slice(url, query, fragment), depth);
	if (failed == 0 && fragment < url.len)
		failed = add_parameters(out, str_slice(url, fragment, url.len), depth);
	return failed;
}

int buf_add_public_url(struct buf *out, struct str url)
{
	return add_public(out, url, 0);
}

int buf_add_userless_url(struct buf *out, struct str url)
{
	size_t scheme = str_find(url, STR("://"), 0), host = scheme == STR_NPOS ? 0 : scheme + 3, from = host;

	for (size_t i = from; i < url.len && strchr("/?#", url.data[i]) == NULL; i++)
		if (url.data[i] == '@')
			host = i + 1;
	buf_add(out, str_slice(url, 0, from));
	return buf_add(out, str_slice(url, host, url.len));
}

int buf_add_bare_url(struct buf *out, struct str url)
{
	size_t end = 0;

	while (end < url.len && url.data[end] != '?' && url.data[end] != '#')
		end++;
	return add_public(out, str_slice(url, 0, end), 0);
}

bool url_has_secret(struct str url)
{
	struct buf public = BUF_INIT(VALUE_MAX);
	bool differs = add_public(&public, url, 0) != 0 || !str_eq(buf_str(&public), url);

	buf_release(&public);
	return differs;
}

bool url_has_random_path(struct str url)
{
	size_t host = str_find(url, STR("://"), 0), at;
	struct str path, part;
	bool found = false;

	at = host == STR_NPOS ? STR_NPOS : str_find_char(url, '/', host + 3);
	if (at == STR_NPOS)
		return false;
	path = str_slice(url, at, url.len);
	for (size_t i = 0; i < path.len; i++)
		if (path.data[i] == '?' || path.data[i] == '#')
			path.len = i;
	while (!found && str_split(&path, '/', &part))
		found = is_random(part, RANDOM_PATH_MIN);
	return found;
}
