/* SPDX-License-Identifier: ISC */
/* Attribute values: links are resolved and checked, sizes and styles are checked, text is escaped anew. */
#include "sitrep/base/limits.h"
#include "sitrep/base/utf8.h"
#include "sitrep/text/html_internal.h"
#include "sitrep/text/url.h"

static void put_allowed(struct buf *out, uint32_t c)
{
	if (c != 0 && !html_is_dropped(c))
		buf_put_utf8(out, c);
}

/* The number of bytes of raw from offset from on that hold no reference and no character to drop. */
static size_t plain_len(struct str raw, size_t from)
{
	size_t i = from + html_plain_len(str_slice(raw, from, raw.len));

	while (i < raw.len) {
		unsigned char c = (unsigned char)raw.data[i];

		if (c == '&' || c < 0x20 || c == 0x7f || c == 0xc2 || c == 0xef)
			break;
		i++;
	}
	return i - from;
}

/* Resolves the references of raw and drops forbidden characters, so that the checked value is the written one.
 * Returns raw itself when nothing changes, else text in v->raw. */
static struct str decode(struct html_values *v, struct str raw)
{
	size_t plain = plain_len(raw, 0);

	buf_clear(&v->raw);
	if (plain == raw.len)
		return raw.data == NULL ? STR("") : raw;
	for (size_t i = 0; i < raw.len;) {
		struct html_reference ref;
		size_t used;

		buf_append(&v->raw, raw.data + i, plain);
		i += plain;
		if (i == raw.len)
			break;
		used = raw.data[i] == '&' ? html_read_reference(str_slice(raw, i, raw.len), true, &ref) : 0;
		if (used == 0) {
			put_allowed(&v->raw, utf8_next(raw, &i));
		} else {
			put_allowed(&v->raw, ref.first);
			put_allowed(&v->raw, ref.second);
			i += used;
		}
		plain = plain_len(raw, i);
	}
	return buf_str(&v->raw);
}

/* Appends value, whose references were resolved: each & in it is text. */
static void put_value(struct buf *out, struct str value)
{
	size_t from = 0;

	for (size_t i = 0; i < value.len; i++) {
		if (value.data[i] != '&')
			continue;
		html_put_text(out, str_slice(value, from, i), true);
		buf_puts(out, "&amp;");
		from = i + 1;
	}
	html_put_text(out, str_slice(value, from, value.len), true);
}

static void put_attribute(struct buf *out, const char *name, struct str value)
{
	buf_putc(out, ' ');
	buf_puts(out, name);
	buf_puts(out, "=\"");
	put_value(out, value);
	buf_putc(out, '"');
}

bool html_is_number(struct str s)
{
	size_t i = 0;

	while (i < s.len && char_is_digit(s.data[i]))
		i++;
	s = str_slice(s, i, s.len);
	return i <= 5 && (s.len == 0 || str_eq(s, STR("%")) || str_eq_nocase(s, STR("px")));
}

bool html_is_data_image(struct str s)
{
	static const char *const types[] = {"gif", "png", "jpeg", "jpg", "webp", "avif"};
	struct str rest;

	if (s.len > HTML_DATA_IMAGE_MAX || !str_starts_nocase(s, STR("data:image/")))
		return false;
	rest = str_slice(s, 11, s.len);
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		size_t n = strlen(types[i]);

		if (str_starts_nocase(rest, str_from(types[i])) && rest.len > n &&
			(rest.data[n] == ';' || rest.data[n] == ','))
			return true;
	}
	return false;
}

/* Resolves value to an absolute link, in v->arena or in value.  STR_NONE when it is not allowed as image or as link. */
static struct str link_of(struct html_values *v, struct str value, bool image)
{
	struct str url;

	if (value.len > (image ? HTML_DATA_IMAGE_MAX : LIMIT_URL))
		return STR_NONE;
	if (value.len <= LIMIT_URL && url_is_simple(value))
		return value;
	url = url_resolve(&v->arena, v->base, url_forgive(&v->arena, value));
	if (image && html_is_data_image(url))
		return url;
	if (url.len > LIMIT_URL || (image ? !url_is_web(url) : !url_is_safe_link(url)))
		return STR_NONE;
	return url;
}

/* Some programs split a srcset at commas, others at white space: a URL that one of them would split is refused. */
bool html_is_one_url(struct str url)
{
	for (size_t at = str_find_char(url, ',', 0); at != STR_NPOS; at = str_find_char(url, ',', at + 1)) {
		size_t i = at + 1;

		while (i < url.len && char_is_alpha(url.data[i]))
			i++;
		if (i > at + 1 && i < url.len && url.data[i] == ':')
			return false;
	}
	return true;
}

bool html_is_descriptor(struct str s)
{
	size_t i = 0;

	while (i < s.len && (char_is_digit(s.data[i]) || s.data[i] == '.'))
		i++;
	return s.len == 0 ||
	       (i > 0 && i + 1 == s.len && s.len < 12 && (s.data[i] == 'w' || s.data[i] == 'x' || s.data[i] == 'h'));
}

/* The candidates of a srcset (the HTML standard's 4.8.4.2.1) into v->made; v->made stays empty when no candidate is
 * allowed. */
static void make_srcset(struct html_values *v, struct str s)
{
	size_t i = 0;

	buf_clear(&v->made);
	for (;;) {
		struct str url, descriptor = STR("");
		size_t start;

		while (i < s.len && (char_is_space(s.data[i]) || s.data[i] == ','))
			i++;
		if (i == s.len)
			return;
		start = i;
		while (i < s.len && !char_is_space(s.data[i]))
			i++;
		url = str_slice(s, start, i);
		if (url.data[url.len - 1] == ',') {
			while (url.len > 0 && url.data[url.len - 1] == ',')
				url.len--;
		} else {
			start = i;
			while (i < s.len && s.data[i] != ',')
				i++;
			descriptor = str_trim(str_slice(s, start, i));
		}
		url = link_of(v, url, true);
		if (url.len == 0 || !html_is_descriptor(descriptor) || html_is_beacon(url) || !html_is_one_url(url) ||
			url.data[url.len - 1] == ',' || url.data[0] == ',')
			continue;
		buf_puts(&v->made, v->made.len > 0 ? ", " : "");
		buf_add(&v->made, url);
		if (descriptor.len > 0) {
			buf_putc(&v->made, ' ');
			buf_add(&v->made, descriptor);
		}
	}
}

/* The result for one attribute. */
enum verdict { TAKEN, REFUSED, BEACON };

static enum verdict add_attribute(
	struct html_values *v, struct buf *out, const struct html_attribute *attribute, struct str raw)
{
	struct str value = decode(v, raw);

	if (buf_failed(&v->raw))
		return REFUSED;
	switch ((enum html_attribute_kind)attribute->kind) {
	case HTML_TEXT:
		break;
	case HTML_NUMBER:
		value = str_trim(value);
		if (!html_is_number(value))
			return REFUSED;
		break;
	case HTML_LOCAL:
		value = str_trim(value);
		if (value.len > 0 && value.data[0] != '#')
			return REFUSED;
		break;
	case HTML_LINK:
	case HTML_IMAGE:
		/* An empty reference or "#x" would resolve to the page or the feed itself. */
		value = str_trim(value);
		if (value.len == 0 && html_may_be_empty(attribute))
			break;
		if (value.len == 0 || str_eq(value, STR("#")) ||
			(attribute->kind == HTML_IMAGE && value.data[0] == '#'))
			return REFUSED;
		value = link_of(v, value, attribute->kind == HTML_IMAGE);
		if (value.len == 0)
			return REFUSED;
		if (attribute->kind == HTML_IMAGE && html_is_beacon(value))
			return BEACON;
		break;
	case HTML_SRCSET:
		make_srcset(v, value);
		value = buf_str(&v->made);
		if (value.len == 0 || buf_failed(&v->made))
			return REFUSED;
		break;
	case HTML_STYLE:
		buf_clear(&v->made);
		html_css_filter(&v->made, value);
		value = buf_str(&v->made);
		if (value.len == 0 || buf_failed(&v->made))
			return REFUSED;
		break;
	}
	put_attribute(out, attribute->name, value);
	return TAKEN;
}

static bool is_one_pixel(struct str value)
{
	value = str_trim(value);
	return value.len > 0 && (value.data[0] == '0' || value.data[0] == '1') &&
	       (value.len == 1 || str_eq_nocase(str_slice(value, 1, value.len), STR("px")));
}

/* Whether an image is a tracking pixel. */
static bool is_pixel(struct html_values *v, const struct html_token *token)
{
	bool thin = false, low = false;

	for (size_t i = 0; i < token->attribute_count; i++) {
		struct str name = token->attributes[i].name, raw = token->attributes[i].value;

		if (str_eq_nocase(name, STR("width")))
			thin = thin || is_one_pixel(decode(v, raw));
		else if (str_eq_nocase(name, STR("height")))
			low = low || is_one_pixel(decode(v, raw));
		else if (str_eq_nocase(name, STR("style")) && html_css_hides(str_trim(decode(v, raw))))
			return true;
	}
	return thin && low;
}

struct str html_raw_attribute(const struct html_token *token, struct str name)
{
	for (size_t i = 0; i < token->attribute_count; i++)
		if (str_eq_nocase(token->attributes[i].name, name))
			return token->attributes[i].value;
	return STR_NONE;
}

/* Whether a lazy-loading script takes the picture's address (set: its srcset) from the attribute: data-src, lazysrc
 * ... */
static bool is_lazy_source(struct str name, bool set)
{
	static const char *const others[] = {"data-original", "data-lazy", "data-echo", "data-orig-file",
		"data-large-file", "data-image", "data-img", "data-url", "lazysrc", "lazy-src"};
	static const char *const other_sets[] = {"data-original-set", "data-src-set", "lazy-srcset"};
	const char *const *list = set ? other_sets : others;
	size_t count = set ? sizeof(other_sets) / sizeof(*other_sets) : sizeof(others) / sizeof(*others);
	struct str end = set ? STR("srcset") : STR("src");

	if (str_starts_nocase(name, STR("data-")) && name.len > end.len &&
		str_eq_nocase(str_slice(name, name.len - end.len, name.len), end))
		return true;
	for (size_t i = 0; i < count; i++)
		if (str_eq_nocase(name, str_from(list[i])))
			return true;
	return false;
}

/* The raw value of the first such attribute with a usable address; absent when there is none. */
static struct str lazy_source(struct html_values *v, const struct html_token *token, bool set)
{
	for (size_t i = 0; i < token->attribute_count; i++) {
		struct str raw = token->attributes[i].value, value;
		bool good;

		if (!is_lazy_source(token->attributes[i].name, set) || str_trim(raw).len == 0)
			continue;
		value = str_trim(decode(v, raw));
		if (set) {
			make_srcset(v, value);
			good = v->made.len > 0 && !buf_failed(&v->made);
		} else {
			value = value.len > 0 && value.data[0] != '#' ? link_of(v, value, true) : STR_NONE;
			good = url_is_web(value) && !html_is_beacon(value);
		}
		arena_clear(&v->arena);
		if (good)
			return raw;
	}
	return STR_NONE;
}

bool html_is_icon(struct html_values *v, const struct html_token *token)
{
	struct str classes = decode(v, html_raw_attribute(token, STR("class"))), word;

	while (str_word(&classes, &word))
		if (str_starts_nocase(word, STR("material-icons")) || str_starts_nocase(word, STR("material-symbols")))
			return true;
	return false;
}

bool html_embedded_url(struct html_values *v, struct str raw, struct str *url)
{
	*url = str_trim(decode(v, raw));
	if (url->len == 0 || url->data[0] == '#')
		return false;
	*url = link_of(v, *url, false);
	return url_is_web(*url) && !html_is_beacon(*url);
}

bool html_embedded(struct html_values *v, const struct html_token *token, struct str *raw, struct str *url)
{
	static const char *const names[] = {"src", "data-src", "data-lazy-src", "data-original", "data"};

	if (is_pixel(v, token))
		return false;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		*raw = html_raw_attribute(token, str_from(names[i]));
		if (html_embedded_url(v, *raw, url))
			return true;
	}
	return false;
}

bool html_add_attributes(
	struct html_values *v, struct buf *out, const struct html_element *element, const struct html_token *token)
{
	uint64_t seen[HTML_ATTRIBUTE_KINDS / 64] = {0};
	bool has_source = false, lost_source = false, is_media = (element->flags & HTML_MEDIA) != 0;
	bool is_picture = element->id == HTML_IMG || element->id == HTML_SOURCE;
	struct str lazy[2] = {STR_NONE, STR_NONE}; /* src, srcset */

	if (element->id == HTML_IMG && is_pixel(v, token))
		return false;
	if (is_picture) {
		lazy[0] = element->id == HTML_IMG ? lazy_source(v, token, false) : STR_NONE;
		lazy[1] = lazy_source(v, token, true);
	}
	for (size_t i = 0; i < token->attribute_count + 2; i++) {
		bool is_lazy = i >= token->attribute_count;
		struct str name = is_lazy ? (i == token->attribute_count ? STR("src") : STR("srcset"))
					  : token->attributes[i].name;
		struct str raw = is_lazy ? lazy[i - token->attribute_count] : token->attributes[i].value;
		const struct html_attribute *attribute = html_attribute_find(name);
		enum verdict verdict;
		size_t index;

		if (attribute == NULL || (is_lazy && raw.data == NULL))
			continue;
		/* The src beside a data-src is a placeholder. */
		if (!is_lazy && ((lazy[0].data != NULL && str_eq_nocase(name, STR("src"))) ||
					(lazy[1].data != NULL && str_eq_nocase(name, STR("srcset")))))
			continue;
		index = html_attribute_index(attribute);
		if ((seen[index / 64] >> index % 64 & 1) != 0)
			continue;
		seen[index / 64] |= UINT64_C(1) << index % 64;
		if (!html_attribute_allowed(element, attribute, raw))
			continue;
		verdict = add_attribute(v, out, attribute, raw);
		if (attribute->kind == HTML_IMAGE || attribute->kind == HTML_SRCSET) {
			has_source = has_source || verdict == TAKEN;
			lost_source = lost_source || verdict != TAKEN;
		}
		if (v->arena.used > 0)
			arena_clear(&v->arena);
		if (verdict == BEACON && element->id == HTML_IMG)
			return false;
	}
	if (is_media)
		buf_puts(out, " preload=\"none\"");
	return element->id != HTML_IMG || has_source || !lost_source;
}
