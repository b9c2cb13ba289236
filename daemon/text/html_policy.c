/* SPDX-License-Identifier: ISC */
/* The elements, attributes and hosts that may reach a reader, as tables in byte order.
 *
 * The policy for elements, which takes precedence over what any collection of test cases expects:
 *
 *   stays    structure and markup of text, tables, ruby, pictures, sound and video; of the obsolete elements those
 *            that every browser still renders by style alone (acronym, big, center, dir, font, strike, tt)
 *   goes,    every form element (form, fieldset, legend, label, input, button, select, optgroup, option, textarea,
 *   its text datalist, output, meter, progress, keygen): without its form it does nothing; every other obsolete
 *   stays    element, and every unknown one; a space replaces an element that kept two words apart
 *   a link   iframe, embed, object, frame: a link to the page that they would load, with the name of its site
 *   goes     script, style, template, title, MathML's annotations; svg (the labels of a drawing are kept if there is no
 *   whole    other text); icons that are written as words in a font of their own
 *
 * An element that stays neither runs nor loads anything by itself, but for images.  SVG and MathML do not stay:
 * their parsing rules are where sanitizers have been broken for years.  An allowed attribute is one on which no
 * browser acts, or one whose value is checked by its kind.  It is allowed on elements on which it has no meaning
 * too. */
#include "sitrep/text/html_internal.h"

#include <endian.h>

/* clang-format off */
static const struct html_element elements[] = {
	{"a", HTML_KEEP | HTML_FORMAT, HTML_A, sizeof("a") - 1},
	{"abbr", HTML_KEEP, HTML_OTHER, sizeof("abbr") - 1},
	{"acronym", HTML_KEEP, HTML_OTHER, sizeof("acronym") - 1},
	{"address", HTML_KEEP | HTML_BLOCK | HTML_SPACE, HTML_ADDRESS, sizeof("address") - 1},
	{"annotation", HTML_SKIP, HTML_OTHER, sizeof("annotation") - 1},
	{"annotation-xml", HTML_SKIP, HTML_OTHER, sizeof("annotation-xml") - 1},
	{"applet", 0, HTML_OTHER, sizeof("applet") - 1},
	{"area", HTML_KEEP | HTML_VOID, HTML_OTHER, sizeof("area") - 1},
	{"article", HTML_KEEP | HTML_BLOCK | HTML_SPACE, HTML_OTHER, sizeof("article") - 1},
	{"aside", HTML_KEEP | HTML_BLOCK | HTML_SPACE, HTML_OTHER, sizeof("aside") - 1},
	{"audio", HTML_KEEP | HTML_MEDIA, HTML_OTHER, sizeof("audio") - 1},
	{"b", HTML_KEEP | HTML_FORMAT, HTML_OTHER, sizeof("b") - 1},
	{"base", 0, HTML_OTHER, sizeof("base") - 1},
	{"basefont", 0, HTML_OTHER, sizeof("basefont") - 1},
	{"bdi", HTML_KEEP, HTML_OTHER, sizeof("bdi") - 1},
	{"bdo", HTML_KEEP, HTML_OTHER, sizeof("bdo") - 1},
	{"bgsound", 0, HTML_OTHER, sizeof("bgsound") - 1},
	{"big", HTML_KEEP | HTML_FORMAT, HTML_OTHER, sizeof("big") - 1},
	{"blink", 0, HTML_OTHER, sizeof("blink") - 1},
	{"blockquote", HTML_KEEP | HTML_BLOCK | HTML_SPACE, HTML_OTHER, sizeof("blockquote") - 1},
	{"body", HTML_SPACE, HTML_OTHER, sizeof("body") - 1},
	{"br", HTML_KEEP | HTML_VOID | HTML_SPACE, HTML_OTHER, sizeof("br") - 1},
	{"button", 0, HTML_OTHER, sizeof("button") - 1},
	{"canvas", 0, HTML_OTHER, sizeof("canvas") - 1},
	{"caption", HTML_KEEP | HTML_TABLE | HTML_SCOPE | HTML_SPACE, HTML_CAPTION, sizeof("caption") - 1},
	{"center", HTML_KEEP | HTML_BLOCK | HTML_SPACE, HTML_OTHER, sizeof("center") - 1},
	{"cite", HTML_KEEP, HTML_OTHER, sizeof("cite") - 1},
	{"code", HTML_KEEP | HTML_FORMAT, HTML_OTHER, sizeof("code") - 1},
	{"col", HTML_KEEP | HTML_TABLE | HTML_VOID, HTML_COL, sizeof("col") - 1},
	{"colgroup", HTML_KEEP | HTML_TABLE, HTML_COLGROUP, sizeof("colgroup") - 1},
	{"command", 0, HTML_OTHER, sizeof("command") - 1},
	{"data", HTML_KEEP, HTML_OTHER, sizeof("data") - 1},
	{"datagrid", 0, HTML_OTHER, sizeof("datagrid") - 1},
	{"datalist", 0, HTML_OTHER, sizeof("datalist") - 1},
	{"dd", HTML_KEEP | HTML_BLOCK | HTML_SPACE, HTML_DD, sizeof("dd") - 1},
	{"del", HTML_KEEP, HTML_OTHER, sizeof("del") - 1},
	{"details", HTML_KEEP | HTML_BLOCK | HTML_SPACE, HTML_OTHER, sizeof("details") - 1},
	{"dfn", HTML_KEEP, HTML_OTHER, sizeof("dfn") - 1},
	{"dialog", HTML_SPACE, HTML_OTHER, sizeof("dialog") - 1},
	{"dir", HTML_KEEP | HTML_BLOCK | HTML_SPACE, HTML_OTHER, sizeof("dir") - 1},
	{"div", HTML_KEEP | HTML_BLOCK | HTML_SPACE, HTML_DIV, sizeof("div") - 1},
	{"dl", HTML_KEEP | HTML_BLOCK | HTML_SPACE, HTML_OTHER, sizeof("dl") - 1},
	{"dt", HTML_KEEP | HTML_BLOCK | HTML_SPACE, HTML_DT, sizeof("dt") - 1},
	{"em", HTML_KEEP | HTML_FORMAT, HTML_OTHER, sizeof("em") - 1},
	{"embed", HTML_EMBED, HTML_OTHER, sizeof("embed") - 1},
	{"event-source", 0, HTML_OTHER, sizeof("event-source") - 1},
	{"fieldset", HTML_SPACE, HTML_OTHER, sizeof("fieldset") - 1},
	{"figcaption", HTML_KEEP | HTML_BLOCK | HTML_SPACE, HTML_OTHER, sizeof("figcaption") - 1},
	{"figure", HTML_KEEP | HTML_BLOCK | HTML_SPACE, HTML_OTHER, sizeof("figure") - 1},
	{"font", HTML_KEEP | HTML_FORMAT, HTML_OTHER, sizeof("font") - 1},
	{"footer", HTML_KEEP | HTML_BLOCK | HTML_SPACE, HTML_OTHER, sizeof("footer") - 1},
	{"form", HTML_SPACE, HTML_OTHER, sizeof("form") - 1},
	{"frame", HTML_EMBED, HTML_OTHER, sizeof("frame") - 1},
	{"frameset", HTML_SPACE, HTML_OTHER, sizeof("frameset") - 1},
	{"h1", HTML_KEEP | HTML_BLOCK | HTML_SPACE | HTML_HEADING, HTML_OTHER, sizeof("h1") - 1},
	{"h2", HTML_KEEP | HTML_BLOCK | HTML_SPACE | HTML_HEADING, HTML_OTHER, sizeof("h2") - 1},
	{"h3", HTML_KEEP | HTML_BLOCK | HTML_SPACE | HTML_HEADING, HTML_OTHER, sizeof("h3") - 1},
	{"h4", HTML_KEEP | HTML_BLOCK | HTML_SPACE | HTML_HEADING, HTML_OTHER, sizeof("h4") - 1},
	{"h5", HTML_KEEP | HTML_BLOCK | HTML_SPACE | HTML_HEADING, HTML_OTHER, sizeof("h5") - 1},
	{"h6", HTML_KEEP | HTML_BLOCK | HTML_SPACE | HTML_HEADING, HTML_OTHER, sizeof("h6") - 1},
	{"head", HTML_SPACE, HTML_OTHER, sizeof("head") - 1},
	{"header", HTML_KEEP | HTML_BLOCK | HTML_SPACE, HTML_OTHER, sizeof("header") - 1},
	{"hgroup", HTML_KEEP | HTML_BLOCK | HTML_SPACE, HTML_OTHER, sizeof("hgroup") - 1},
	{"hr", HTML_KEEP | HTML_VOID | HTML_BLOCK | HTML_SPACE, HTML_OTHER, sizeof("hr") - 1},
	{"html", HTML_SPACE, HTML_OTHER, sizeof("html") - 1},
	{"i", HTML_KEEP | HTML_FORMAT, HTML_OTHER, sizeof("i") - 1},
	{"iframe", HTML_EMBED, HTML_OTHER, sizeof("iframe") - 1},
	{"img", HTML_KEEP | HTML_VOID, HTML_IMG, sizeof("img") - 1},
	{"input", 0, HTML_OTHER, sizeof("input") - 1},
	{"ins", HTML_KEEP, HTML_OTHER, sizeof("ins") - 1},
	{"isindex", 0, HTML_OTHER, sizeof("isindex") - 1},
	{"kbd", HTML_KEEP, HTML_OTHER, sizeof("kbd") - 1},
	{"keygen", 0, HTML_OTHER, sizeof("keygen") - 1},
	{"label", 0, HTML_OTHER, sizeof("label") - 1},
	{"legend", HTML_SPACE, HTML_OTHER, sizeof("legend") - 1},
	{"li", HTML_KEEP | HTML_BLOCK | HTML_SPACE, HTML_LI, sizeof("li") - 1},
	{"link", 0, HTML_OTHER, sizeof("link") - 1},
	{"listing", HTML_SPACE, HTML_OTHER, sizeof("listing") - 1},
	{"main", HTML_KEEP | HTML_BLOCK | HTML_SPACE, HTML_OTHER, sizeof("main") - 1},
	{"map", HTML_KEEP, HTML_OTHER, sizeof("map") - 1},
	{"mark", HTML_KEEP, HTML_OTHER, sizeof("mark") - 1},
	{"marquee", HTML_SPACE, HTML_OTHER, sizeof("marquee") - 1},
	{"math", 0, HTML_OTHER, sizeof("math") - 1},
	{"menu", HTML_KEEP | HTML_BLOCK | HTML_SPACE, HTML_OTHER, sizeof("menu") - 1},
	{"menuitem", 0, HTML_OTHER, sizeof("menuitem") - 1},
	{"meta", 0, HTML_OTHER, sizeof("meta") - 1},
	{"meter", 0, HTML_OTHER, sizeof("meter") - 1},
	{"multicol", 0, HTML_OTHER, sizeof("multicol") - 1},
	{"nav", HTML_KEEP | HTML_BLOCK | HTML_SPACE, HTML_OTHER, sizeof("nav") - 1},
	{"nextid", 0, HTML_OTHER, sizeof("nextid") - 1},
	{"nobr", 0, HTML_OTHER, sizeof("nobr") - 1},
	{"noembed", 0, HTML_OTHER, sizeof("noembed") - 1},
	{"noframes", 0, HTML_OTHER, sizeof("noframes") - 1},
	{"noscript", 0, HTML_NOSCRIPT, sizeof("noscript") - 1},
	{"object", HTML_EMBED, HTML_OTHER, sizeof("object") - 1},
	{"ol", HTML_KEEP | HTML_BLOCK | HTML_SPACE, HTML_OTHER, sizeof("ol") - 1},
	{"optgroup", HTML_SPACE, HTML_OTHER, sizeof("optgroup") - 1},
	{"option", HTML_SPACE, HTML_OTHER, sizeof("option") - 1},
	{"output", 0, HTML_OTHER, sizeof("output") - 1},
	{"p", HTML_KEEP | HTML_BLOCK | HTML_SPACE, HTML_P, sizeof("p") - 1},
	{"param", 0, HTML_OTHER, sizeof("param") - 1},
	{"picture", HTML_KEEP, HTML_OTHER, sizeof("picture") - 1},
	{"plaintext", HTML_SPACE, HTML_OTHER, sizeof("plaintext") - 1},
	{"pre", HTML_KEEP | HTML_BLOCK | HTML_SPACE, HTML_PRE, sizeof("pre") - 1},
	{"progress", 0, HTML_OTHER, sizeof("progress") - 1},
	{"q", HTML_KEEP, HTML_OTHER, sizeof("q") - 1},
	{"rb", HTML_KEEP | HTML_RUBY, HTML_OTHER, sizeof("rb") - 1},
	{"rp", HTML_KEEP | HTML_RUBY, HTML_OTHER, sizeof("rp") - 1},
	{"rt", HTML_KEEP | HTML_RUBY, HTML_OTHER, sizeof("rt") - 1},
	{"rtc", HTML_KEEP | HTML_RUBY, HTML_OTHER, sizeof("rtc") - 1},
	{"ruby", HTML_KEEP, HTML_RUBY_ELEMENT, sizeof("ruby") - 1},
	{"s", HTML_KEEP | HTML_FORMAT, HTML_OTHER, sizeof("s") - 1},
	{"samp", HTML_KEEP, HTML_OTHER, sizeof("samp") - 1},
	{"script", HTML_SKIP | HTML_RAW, HTML_OTHER, sizeof("script") - 1},
	{"search", HTML_KEEP | HTML_BLOCK | HTML_SPACE, HTML_OTHER, sizeof("search") - 1},
	{"section", HTML_KEEP | HTML_BLOCK | HTML_SPACE, HTML_OTHER, sizeof("section") - 1},
	{"select", HTML_SPACE, HTML_OTHER, sizeof("select") - 1},
	{"slot", 0, HTML_OTHER, sizeof("slot") - 1},
	{"small", HTML_KEEP | HTML_FORMAT, HTML_OTHER, sizeof("small") - 1},
	{"sound", 0, HTML_OTHER, sizeof("sound") - 1},
	{"source", HTML_KEEP | HTML_VOID, HTML_SOURCE, sizeof("source") - 1},
	{"spacer", 0, HTML_OTHER, sizeof("spacer") - 1},
	{"span", HTML_KEEP, HTML_OTHER, sizeof("span") - 1},
	{"strike", HTML_KEEP | HTML_FORMAT, HTML_OTHER, sizeof("strike") - 1},
	{"strong", HTML_KEEP | HTML_FORMAT, HTML_OTHER, sizeof("strong") - 1},
	{"style", HTML_SKIP | HTML_RAW, HTML_OTHER, sizeof("style") - 1},
	{"sub", HTML_KEEP, HTML_OTHER, sizeof("sub") - 1},
	{"summary", HTML_KEEP | HTML_BLOCK | HTML_SPACE, HTML_OTHER, sizeof("summary") - 1},
	{"sup", HTML_KEEP, HTML_OTHER, sizeof("sup") - 1},
	{"svg", HTML_SKIP | HTML_SPACE, HTML_SVG, sizeof("svg") - 1},
	{"table", HTML_KEEP | HTML_BLOCK | HTML_SPACE | HTML_SCOPE, HTML_TABLE_ELEMENT, sizeof("table") - 1},
	{"tbody", HTML_KEEP | HTML_TABLE | HTML_SPACE, HTML_TBODY, sizeof("tbody") - 1},
	{"td", HTML_KEEP | HTML_TABLE | HTML_SCOPE | HTML_SPACE, HTML_TD, sizeof("td") - 1},
	{"template", HTML_SKIP, HTML_OTHER, sizeof("template") - 1},
	{"textarea", HTML_SPACE, HTML_OTHER, sizeof("textarea") - 1},
	{"tfoot", HTML_KEEP | HTML_TABLE | HTML_SPACE, HTML_TBODY, sizeof("tfoot") - 1},
	{"th", HTML_KEEP | HTML_TABLE | HTML_SCOPE | HTML_SPACE, HTML_TD, sizeof("th") - 1},
	{"thead", HTML_KEEP | HTML_TABLE | HTML_SPACE, HTML_TBODY, sizeof("thead") - 1},
	{"time", HTML_KEEP, HTML_OTHER, sizeof("time") - 1},
	{"title", HTML_SKIP, HTML_OTHER, sizeof("title") - 1},
	{"tr", HTML_KEEP | HTML_TABLE | HTML_SPACE, HTML_TR, sizeof("tr") - 1},
	{"track", 0, HTML_OTHER, sizeof("track") - 1},
	{"tt", HTML_KEEP | HTML_FORMAT, HTML_OTHER, sizeof("tt") - 1},
	{"u", HTML_KEEP | HTML_FORMAT, HTML_OTHER, sizeof("u") - 1},
	{"ul", HTML_KEEP | HTML_BLOCK | HTML_SPACE, HTML_OTHER, sizeof("ul") - 1},
	{"var", HTML_KEEP, HTML_OTHER, sizeof("var") - 1},
	{"video", HTML_KEEP | HTML_MEDIA, HTML_OTHER, sizeof("video") - 1},
	{"wbr", HTML_KEEP | HTML_VOID, HTML_OTHER, sizeof("wbr") - 1},
	{"xmp", HTML_SPACE, HTML_OTHER, sizeof("xmp") - 1},
};

static const struct html_attribute attributes[] = {
	{"abbr", HTML_TEXT}, {"accept", HTML_TEXT}, {"accept-charset", HTML_TEXT}, {"accesskey", HTML_TEXT},
	{"align", HTML_TEXT}, {"alt", HTML_TEXT}, {"aria-atomic", HTML_TEXT},
	{"aria-colspan", HTML_TEXT}, {"aria-current", HTML_TEXT}, {"aria-describedby", HTML_TEXT},
	{"aria-expanded", HTML_TEXT}, {"aria-hidden", HTML_TEXT}, {"aria-label", HTML_TEXT},
	{"aria-labelledby", HTML_TEXT}, {"aria-level", HTML_TEXT}, {"aria-live", HTML_TEXT},
	{"aria-rowspan", HTML_TEXT}, {"autocomplete", HTML_TEXT}, {"axis", HTML_TEXT}, {"background", HTML_IMAGE},
	{"balance", HTML_TEXT}, {"bgcolor", HTML_TEXT}, {"bgproperties", HTML_TEXT}, {"border", HTML_TEXT},
	{"bordercolor", HTML_TEXT}, {"bordercolordark", HTML_TEXT}, {"bordercolorlight", HTML_TEXT},
	{"bottompadding", HTML_TEXT}, {"cellpadding", HTML_TEXT}, {"cellspacing", HTML_TEXT}, {"ch", HTML_TEXT},
	{"challenge", HTML_TEXT}, {"char", HTML_TEXT}, {"charoff", HTML_TEXT}, {"charset", HTML_TEXT},
	{"checked", HTML_TEXT}, {"choff", HTML_TEXT}, {"cite", HTML_LINK}, {"class", HTML_TEXT}, {"clear", HTML_TEXT},
	{"color", HTML_TEXT}, {"cols", HTML_TEXT}, {"colspan", HTML_TEXT}, {"compact", HTML_TEXT},
	{"contenteditable", HTML_TEXT}, {"controls", HTML_TEXT}, {"coords", HTML_TEXT},
	{"datafld", HTML_TEXT}, {"datapagesize", HTML_TEXT}, {"datasrc", HTML_TEXT}, {"datetime", HTML_TEXT},
	{"decoding", HTML_TEXT}, {"default", HTML_TEXT}, {"delay", HTML_TEXT}, {"dir", HTML_TEXT},
	{"disabled", HTML_TEXT}, {"draggable", HTML_TEXT}, {"dynsrc", HTML_LINK}, {"enctype", HTML_TEXT},
	{"end", HTML_TEXT}, {"face", HTML_TEXT}, {"fetchpriority", HTML_TEXT}, {"for", HTML_TEXT},
	{"form", HTML_TEXT}, {"frame", HTML_TEXT}, {"galleryimg", HTML_TEXT}, {"gutter", HTML_TEXT},
	{"headers", HTML_TEXT}, {"height", HTML_NUMBER}, {"hidden", HTML_TEXT}, {"hidefocus", HTML_TEXT},
	{"high", HTML_TEXT}, {"href", HTML_LINK}, {"hreflang", HTML_TEXT}, {"hspace", HTML_NUMBER},
	{"icon", HTML_IMAGE}, {"id", HTML_TEXT}, {"inputmode", HTML_TEXT}, {"ismap", HTML_TEXT},
	{"itemprop", HTML_TEXT}, {"itemscope", HTML_TEXT}, {"keytype", HTML_TEXT}, {"kind", HTML_TEXT},
	{"label", HTML_TEXT}, {"lang", HTML_TEXT}, {"leftspacing", HTML_TEXT}, {"list", HTML_TEXT},
	{"loading", HTML_TEXT}, {"longdesc", HTML_LINK}, {"loop", HTML_TEXT}, {"loopcount", HTML_TEXT},
	{"loopend", HTML_TEXT}, {"loopstart", HTML_TEXT}, {"low", HTML_TEXT}, {"lowsrc", HTML_IMAGE},
	{"max", HTML_TEXT}, {"maxlength", HTML_TEXT}, {"media", HTML_TEXT}, {"method", HTML_TEXT}, {"min", HTML_TEXT},
	{"multiple", HTML_TEXT}, {"muted", HTML_TEXT}, {"name", HTML_TEXT}, {"nohref", HTML_TEXT},
	{"noshade", HTML_TEXT}, {"nowrap", HTML_TEXT}, {"open", HTML_TEXT}, {"optimum", HTML_TEXT},
	{"pattern", HTML_TEXT}, {"playsinline", HTML_TEXT}, {"point-size", HTML_TEXT}, {"poster", HTML_IMAGE},
	{"pqg", HTML_TEXT}, {"prompt", HTML_TEXT}, {"radiogroup", HTML_TEXT}, {"readonly", HTML_TEXT},
	{"referrerpolicy", HTML_TEXT}, {"rel", HTML_TEXT}, {"repeat-max", HTML_TEXT}, {"repeat-min", HTML_TEXT},
	{"replace", HTML_TEXT}, {"required", HTML_TEXT}, {"rev", HTML_TEXT}, {"reversed", HTML_TEXT},
	{"rightspacing", HTML_TEXT}, {"role", HTML_TEXT}, {"rows", HTML_TEXT}, {"rowspan", HTML_TEXT},
	{"rules", HTML_TEXT}, {"scope", HTML_TEXT}, {"selected", HTML_TEXT}, {"shape", HTML_TEXT},
	{"size", HTML_TEXT}, {"sizes", HTML_TEXT}, {"span", HTML_TEXT}, {"src", HTML_IMAGE}, {"srcset", HTML_SRCSET},
	{"start", HTML_TEXT}, {"step", HTML_TEXT}, {"style", HTML_STYLE}, {"summary", HTML_TEXT},
	{"suppress", HTML_TEXT}, {"tabindex", HTML_TEXT}, {"target", HTML_TEXT}, {"template", HTML_TEXT},
	{"title", HTML_TEXT}, {"toppadding", HTML_TEXT}, {"translate", HTML_TEXT}, {"type", HTML_TEXT},
	{"unselectable", HTML_TEXT}, {"urn", HTML_TEXT}, {"usemap", HTML_LOCAL}, {"valign", HTML_TEXT},
	{"value", HTML_TEXT}, {"variable", HTML_TEXT}, {"volume", HTML_TEXT}, {"vrml", HTML_TEXT},
	{"vspace", HTML_NUMBER}, {"width", HTML_NUMBER}, {"wrap", HTML_TEXT}, {"xml:lang", HTML_TEXT},
};
/* clang-format on */

_Static_assert(
	sizeof(attributes) / sizeof(attributes[0]) <= HTML_ATTRIBUTE_KINDS, "the set of attributes is too small");

/* Bytes of a name that are compared; the longest name in the tables has 16. */
enum { NAME_BYTES = 16 };

/* Eight bytes of a name in lower case, padded with zeros, as a number that sorts like the bytes. */
static uint64_t key_part(struct str name, size_t from)
{
	size_t end = name.len < from + 8 ? name.len : from + 8;
	uint64_t key = 0;

	for (size_t i = from; i < end; i++)
		key = key << 8 | (unsigned char)char_lower(name.data[i]);
	return end > from ? key << 8 * (from + 8 - end) : 0;
}

static uint64_t row_part(const char *row, size_t from)
{
	uint64_t part;

	memcpy(&part, row + from, sizeof(part));
	return be64toh(part);
}

/* The row with this name, with which it begins; NULL when there is none. */
static const void *find_row(const void *rows, size_t count, size_t row_size, struct str name)
{
	uint64_t first = key_part(name, 0), second = name.len > 8 ? key_part(name, 8) : 0;
	size_t low = 0, high = count;

	/* Names in the tables are padded with zeros, so a name that ends in a zero byte must not match. */
	if (name.len == 0 || name.len > NAME_BYTES || name.data[name.len - 1] == '\0')
		return NULL;
	while (low < high) {
		size_t middle = (low + high) / 2;
		const char *row = (const char *)rows + middle * row_size;
		uint64_t key = first, part = row_part(row, 0);

		if (part == key) {
			key = second;
			part = row_part(row, 8);
		}
		if (part == key)
			return row;
		if (part < key)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

const struct html_element *html_element_find(struct str name)
{
	return find_row(elements, sizeof(elements) / sizeof(elements[0]), sizeof(elements[0]), name);
}

const struct html_attribute *html_attribute_find(struct str name)
{
	return find_row(attributes, sizeof(attributes) / sizeof(attributes[0]), sizeof(attributes[0]), name);
}

size_t html_attribute_index(const struct html_attribute *attribute)
{
	return (size_t)(attribute - attributes);
}

static bool is_in_list(struct str value, const char *words)
{
	struct str rest = str_from(words), word;

	while (str_word(&rest, &word))
		if (str_eq_nocase(word, value))
			return true;
	return false;
}

bool html_attribute_allowed(
	const struct html_element *element, const struct html_attribute *attribute, struct str value)
{
	struct str name = str_from(attribute->name);

	switch (element->id) {
	case HTML_A:
		if (str_eq(name, STR("target")))
			return is_in_list(value, "_blank _self");
		return attribute->kind != HTML_IMAGE;
	default:
		/* html_add_attributes() decides about preloading. */
		return true;
	}
}

bool html_may_be_empty(const struct html_attribute *attribute)
{
	return attribute->kind == HTML_LINK && !str_eq(str_from(attribute->name), STR("href"));
}

/* ---- addresses of counting pixels */

struct beacon {
	struct str domain; /* the host's, or one above it */
	const char *path;  /* the prefix of the path; NULL: any path */
};

#define BEACON(domain, path)                                                                                           \
	{                                                                                                              \
		{domain, sizeof(domain) - 1}, path                                                                     \
	}

static const struct beacon beacons[] = {BEACON("2o7.net", NULL), BEACON("adnxs.com", NULL),
	BEACON("adservice.google.com", NULL), BEACON("ads.feedburner.com", NULL), BEACON("bat.bing.com", NULL),
	BEACON("bluekai.com", NULL), BEACON("chartbeat.net", NULL), BEACON("counter.theconversation.com", NULL),
	BEACON("counter.yadro.ru", NULL), BEACON("cpx.golem.de", NULL), BEACON("doubleclick.net", NULL),
	BEACON("facebook.com", "/tr?"), BEACON("feedproxy.google.com", "/~"), BEACON("feeds.feedburner.com", "/~"),
	BEACON("feedsportal.com", NULL), BEACON("google-analytics.com", NULL), BEACON("googletagmanager.com", NULL),
	BEACON("googleadservices.com", NULL), BEACON("googlesyndication.com", NULL), BEACON("imrworldwide.com", NULL),
	BEACON("list-manage.com", "/track/"), BEACON("mathtag.com", NULL), BEACON("mc.yandex.ru", "/watch/"),
	BEACON("medium.com", "/_/stat"), BEACON("met.vgwort.de", NULL), BEACON("mixpanel.com", NULL),
	BEACON("omtrdc.net", NULL), BEACON("parsely.com", NULL), BEACON("pixel.propublica.org", NULL),
	BEACON("pixel.wp.com", NULL), BEACON("quantserve.com", NULL), BEACON("scorecardresearch.com", NULL),
	BEACON("sendgrid.net", "/wf/open"), BEACON("statcounter.com", NULL), BEACON("stats.wordpress.com", NULL),
	BEACON("stats.wp.com", NULL), BEACON("tns-counter.ru", NULL), BEACON("track.hubspot.com", NULL),
	BEACON("tracking.feedpress.it", NULL), BEACON("twitter.com", "/i/adsct"), BEACON("webtrekk.net", NULL),
	BEACON("xiti.com", NULL)};

bool html_is_beacon(struct str url)
{
	size_t at = str_find(url, STR("://"), 0), end;
	struct str host, path;

	if (at == STR_NPOS)
		return false;
	for (end = at + 3; end < url.len && url.data[end] != '/' && url.data[end] != '?' && url.data[end] != '#';)
		end++;
	host = str_slice(url, at + 3, end);
	path = str_slice(url, end, url.len);
	for (size_t i = 0; i < sizeof(beacons) / sizeof(beacons[0]); i++) {
		struct str domain = beacons[i].domain, tail;

		if (host.len < domain.len || char_lower(host.data[host.len - 1]) != domain.data[domain.len - 1])
			continue;
		tail = str_slice(host, host.len - domain.len, host.len);
		if (str_eq_nocase(tail, domain) &&
			(host.len == domain.len || host.data[host.len - domain.len - 1] == '.') &&
			(beacons[i].path == NULL || str_starts(path, str_from(beacons[i].path))))
			return true;
	}
	return false;
}
