/* SPDX-License-Identifier: ISC */
/* A strict reader of HTML fragments.  It takes the small, regular part of the language that a careful publisher writes
 * and calls everything else NotHtml: a "<" that begins no tag, an "&" that begins no reference, a value without
 * quotation marks, an end tag without its start. */
#include "reader_view.h"

#include <string.h>

enum { STACK_MAX = 1024, URL_LEN = 8192 };

/* Elements that a feed has no business with: they run, load, navigate or restyle by themselves, or change how the rest
 * is parsed. */
static const char *const dangerous[] = {"script", "style", "iframe", "frame", "frameset", "noframes", "object", "embed",
	"applet", "param", "base", "basefont", "meta", "link", "title", "head", "html", "body", "form", "textarea",
	"svg", "math", "template", "noscript", "plaintext", "xmp", "noembed", "portal", "slot", "dialog", "marquee",
	"bgsound", "foreignobject", "animate", "set", "xml"};
static const char *const empty_elements[] = {
	"area", "br", "col", "hr", "img", "input", "keygen", "nextid", "source", "track", "wbr", "sound"};
static const char *const url_attributes[] = {"href", "src", "cite", "longdesc", "poster", "background", "action",
	"formaction", "data", "usemap", "classid", "codebase", "xlink:href", "lowsrc", "dynsrc", "ping", "manifest",
	"profile", "icon"};
static const char *const forbidden_attributes[] = {"srcdoc", "formaction", "ping", "action", "xmlns", "classid",
	"codebase", "data", "xlink:href", "http-equiv", "autofocus", "is", "slot"};
static const char *const schemes[] = {"http:", "https:", "mailto:", "ftp:", "tel:", "news:", "nntp:", "irc:", "xmpp:",
	"sip:", "callto:", "feed:", "urn:", "aim:", "gopher:", "rtsp:", "webcal:", "ed2k:", "mms:", "afs:", "rsync:",
	"sftp:", "ssh:", "svn:", "telnet:", "geo:", "sms:", "magnet:", "bitcoin:", "ircs:", "im:", "cid:", "mid:",
	/* pictures that hold no markup */
	"data:image/gif", "data:image/png", "data:image/jpeg", "data:image/webp"};
/* What style sheets can load or run things by. */
static const char *const dangerous_styles[] = {
	"url(", "expression", "behavior", "-moz-binding", "@import", "javascript:", "position", "\\"};

#define LISTED(name, list) is_listed(name, list, sizeof(list) / sizeof(*(list)))

static bool is_listed(struct str name, const char *const *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (str_eq_nocase(name, str_from(list[i])))
			return true;
	return false;
}

struct view {
	struct str s;
	size_t at;
	struct str stack[STACK_MAX];
	size_t depth;
	const char *fault;
};

static bool fail(struct view *v, const char *fault)
{
	v->fault = fault;
	return false;
}

static bool is_name(char c)
{
	return char_is_alpha(c) || char_is_digit(c) || c == '-' || c == ':' || c == '_';
}

static struct str take_name(struct view *v)
{
	size_t from = v->at;

	while (v->at < v->s.len && is_name(v->s.data[v->at]))
		v->at++;
	return str_slice(v->s, from, v->at);
}

static void skip_space(struct view *v)
{
	while (v->at < v->s.len && char_is_space(v->s.data[v->at]))
		v->at++;
}

static bool next_is(const struct view *v, const char *text)
{
	return str_starts(str_slice(v->s, v->at, v->s.len), str_from(text));
}

/* "&name;", "&#1;" and "&#x1;": nothing else may stand behind an ampersand. */
static bool take_reference(struct view *v)
{
	size_t from = ++v->at;

	if (v->at < v->s.len && v->s.data[v->at] == '#')
		from = ++v->at;
	while (v->at < v->s.len && (char_is_alpha(v->s.data[v->at]) || char_is_digit(v->s.data[v->at])))
		v->at++;
	if (v->at == from || v->at == v->s.len || v->s.data[v->at] != ';')
		return fail(v, "NotHtml: an ampersand that begins no reference");
	v->at++;
	return true;
}

/* The value as a browser compares it: references to ASCII resolved, white space and controls gone, in lower case. */
static struct str plain_value(struct str value, char room[static URL_LEN])
{
	size_t len = 0;

	for (size_t i = 0; i < value.len && len < URL_LEN; i++) {
		unsigned char c = (unsigned char)value.data[i];

		if (c == '&') {
			static const struct {
				const char *text;
				char means;
			} known[] = {{"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&#39;", '\''},
				{"&#9;", '\t'}, {"&#10;", '\n'}};

			for (size_t k = 0; k < sizeof(known) / sizeof(*known); k++) {
				if (!str_starts(str_slice(value, i, value.len), str_from(known[k].text)))
					continue;
				c = (unsigned char)known[k].means;
				i += strlen(known[k].text) - 1;
				break;
			}
		}
		if (c > ' ')
			room[len++] = char_lower((char)c);
	}
	return str_make(room, len);
}

static bool contains(struct str s, const char *part)
{
	return str_find(s, str_from(part), 0) != STR_NPOS;
}

static bool judge_url(struct view *v, struct str url)
{
	size_t colon = str_find_char(url, ':', 0);

	for (size_t i = 0; i < sizeof(schemes) / sizeof(*schemes); i++)
		if (str_starts(url, str_from(schemes[i])))
			return true;
	if (colon == STR_NPOS || str_find_char(str_slice(url, 0, colon), '/', 0) != STR_NPOS || url.data[0] == '?' ||
		url.data[0] == '#')
		return fail(v, "ContainsRelRef: a relative reference");
	return fail(v, "SecurityRisk: a scheme that no reader should open");
}

static bool judge_srcset(struct view *v, struct str candidates)
{
	struct str one;

	while (str_split(&candidates, ',', &one)) {
		struct str url;
		char room[URL_LEN];

		if (str_word(&one, &url) && contains(url, ":") && !judge_url(v, plain_value(url, room)))
			return false;
	}
	return true;
}

static bool judge_attribute(struct view *v, struct str name, struct str value)
{
	char room[URL_LEN];
	struct str plain = plain_value(value, room);

	if (name.len > 2 && str_eq_nocase(str_slice(name, 0, 2), STR("on")))
		return fail(v, "SecurityRisk: an event handler");
	if (LISTED(name, forbidden_attributes))
		return fail(v, "SecurityRisk: an attribute that loads or sends");
	if (str_eq_nocase(name, STR("style"))) {
		for (size_t i = 0; i < sizeof(dangerous_styles) / sizeof(*dangerous_styles); i++)
			if (contains(plain, dangerous_styles[i]))
				return fail(v, "SecurityRisk: a style that loads or covers");
	}
	if (str_eq_nocase(name, STR("srcset")))
		return judge_srcset(v, value);
	/* a map on the page itself is the one fragment that stands for itself */
	if (str_eq_nocase(name, STR("usemap")))
		return true;
	return !LISTED(name, url_attributes) || judge_url(v, plain);
}

static bool take_value(struct view *v, struct str *value)
{
	size_t from;
	char quote;

	*value = STR_NONE;
	if (v->at == v->s.len || v->s.data[v->at] != '=')
		return true;
	v->at++;
	quote = v->at < v->s.len ? v->s.data[v->at] : ' ';
	if (quote != '"' && quote != '\'')
		return fail(v, "NotHtml: a value without quotation marks");
	from = ++v->at;
	while (v->at < v->s.len && v->s.data[v->at] != quote) {
		if (v->s.data[v->at] == '<')
			return fail(v, "NotHtml: a tag in a value");
		if (v->s.data[v->at] != '&')
			v->at++;
		else if (!take_reference(v))
			return false;
	}
	if (v->at == v->s.len)
		return fail(v, "NotHtml: a value without an end");
	*value = str_slice(v->s, from, v->at++);
	return true;
}

static bool take_start_tag(struct view *v)
{
	struct str name, attribute, value;

	v->at++;
	name = take_name(v);
	if (name.len == 0 || !char_is_alpha(name.data[0]))
		return fail(v, "NotHtml: a \"<\" that begins no tag");
	if (LISTED(name, dangerous))
		return fail(v, "SecurityRisk: an element that runs, loads or restyles");
	for (;;) {
		skip_space(v);
		if (next_is(v, "/>") || next_is(v, ">"))
			break;
		attribute = take_name(v);
		if (attribute.len == 0)
			return fail(v, "NotHtml: a tag with something in it that is no attribute");
		if (!take_value(v, &value) || !judge_attribute(v, attribute, value))
			return false;
	}
	if (!next_is(v, "/>") && !LISTED(name, empty_elements)) {
		if (v->depth == STACK_MAX)
			return fail(v, "NotHtml: nested too deeply");
		v->stack[v->depth++] = name;
	}
	v->at += next_is(v, "/>") ? 2 : 1;
	return true;
}

static bool take_end_tag(struct view *v)
{
	struct str name;

	v->at += 2;
	name = take_name(v);
	if (!next_is(v, ">") || v->depth == 0 || !str_eq_nocase(name, v->stack[v->depth - 1]))
		return fail(v, "NotHtml: an end tag that ends nothing");
	v->depth--;
	v->at++;
	return true;
}

const char *reader_view_fault(struct str html)
{
	struct view v = {.s = html};

	while (v.fault == NULL && v.at < html.len) {
		if (next_is(&v, "</"))
			take_end_tag(&v);
		else if (html.data[v.at] == '<')
			take_start_tag(&v);
		else if (html.data[v.at] == '&')
			take_reference(&v);
		else
			v.at++;
	}
	if (v.fault == NULL && v.depth > 0)
		v.fault = "NotHtml: an element without its end";
	return v.fault;
}
