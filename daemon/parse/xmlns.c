/* SPDX-License-Identifier: ISC */
/* A namespace is an address.  Feeds write it with https for http, without its last slash, in another case, or wrong.
 * So addresses are compared without scheme, "www.", case and last slash.  When an address is not known, the usual
 * meaning of its prefix is assumed ("dc" is Dublin Core). */
#include "xmlns.h"

struct known_uri {
	struct str uri; /* without scheme, "www." and final punctuation */
	struct ns_meaning meaning;
};

#define URI(text, ...)                                                                                                 \
	{                                                                                                              \
		{"" text, sizeof(text) - 1},                                                                           \
		{                                                                                                      \
			__VA_ARGS__                                                                                    \
		}                                                                                                      \
	}
#define VERSION(text)                                                                                                  \
	{                                                                                                              \
		"" text, sizeof(text) - 1                                                                              \
	}

static const struct known_uri uris[] = {
	URI("w3.org/2005/atom", NS_FEED, FAMILY_ATOM, VERSION("1.0")),
	URI("purl.org/atom/ns", NS_FEED, FAMILY_ATOM, VERSION("0.3")),
	URI("purl.org/atom/0.3", NS_FEED, FAMILY_ATOM, VERSION("0.3")),
	URI("example.com/newformat", NS_FEED, FAMILY_ATOM, VERSION("0.1")),
	URI("example.com/necho", NS_FEED, FAMILY_ATOM, VERSION("0.1")),
	URI("purl.org/echo", NS_FEED, FAMILY_ATOM, VERSION("0.2")),
	URI("uri/of/echo/namespace", NS_FEED, FAMILY_ATOM, VERSION("0.1")),
	URI("purl.org/pie", NS_FEED, FAMILY_ATOM, VERSION("0.1")),
	URI("purl.org/rss/1.0", NS_FEED, FAMILY_RSS, VERSION("1.0")),
	URI("my.netscape.com/rdf/simple/0.9", NS_FEED, FAMILY_RSS, VERSION("0.90")),
	URI("channel.netscape.com/rdf/simple/0.9", NS_FEED, FAMILY_RSS, VERSION("0.90")),
	URI("my.netscape.com/publish/formats/rss-0.91.dtd", NS_FEED, FAMILY_RSS, VERSION("0.91")),
	URI("purl.org/net/rss1.1", NS_FEED, FAMILY_RSS, VERSION("1.1")),
	URI("backend.userland.com/rss", NS_FEED, FAMILY_RSS, {0}),
	URI("backend.userland.com/rss2", NS_FEED, FAMILY_RSS, {0}),
	URI("backend.userland.com/rss2.1", NS_FEED, FAMILY_RSS, {0}),
	URI("backend.userland.com/rss091", NS_FEED, FAMILY_RSS, {0}),
	URI("backend.userland.com/rss092", NS_FEED, FAMILY_RSS, {0}),
	URI("blogs.law.harvard.edu/tech/rss", NS_FEED, FAMILY_RSS, {0}),
	URI("cyber.law.harvard.edu/rss", NS_FEED, FAMILY_RSS, {0}),
	URI("cyber.law.harvard.edu/rss/rss.html", NS_FEED, FAMILY_RSS, {0}),
	URI("rssboard.org/rss-specification", NS_FEED, FAMILY_RSS, {0}),
	URI("w3.org/xml/1998/namespace", NS_XML, FAMILY_UNSAID, {0}),
	URI("w3.org/1999/02/22-rdf-syntax-ns", NS_RDF, FAMILY_UNSAID, {0}),
	URI("w3.org/1999/xhtml", NS_XHTML, FAMILY_UNSAID, {0}),
	URI("purl.org/dc/elements/1.1", NS_DC, FAMILY_UNSAID, {0}),
	URI("purl.org/dc/elements/1.0", NS_DC, FAMILY_UNSAID, {0}),
	URI("purl.org/dc/elements", NS_DC, FAMILY_UNSAID, {0}),
	URI("purl.org/metadata/dublin_core", NS_DC, FAMILY_UNSAID, {0}),
	URI("purl.org/dc/terms", NS_DCTERMS, FAMILY_UNSAID, {0}),
	URI("purl.org/rss/1.0/modules/content", NS_CONTENT, FAMILY_UNSAID, {0}),
	URI("purl.org/rss/1.0/modules/syndication", NS_SY, FAMILY_UNSAID, {0}),
	URI("search.yahoo.com/mrss", NS_MEDIA, FAMILY_UNSAID, {0}),
	URI("rssboard.org/media-rss", NS_MEDIA, FAMILY_UNSAID, {0}),
	URI("itunes.com/dtds/podcast-1.0.dtd", NS_ITUNES, FAMILY_UNSAID, {0}),
	URI("google.com/schemas/play-podcasts/1.0", NS_GOOGLEPLAY, FAMILY_UNSAID, {0}),
	URI("rssnamespace.org/feedburner/ext/1.0", NS_FEEDBURNER, FAMILY_UNSAID, {0}),
	URI("webns.net/mvcb", NS_ADMIN, FAMILY_UNSAID, {0}),
};

static const struct known_uri prefixes[] = {
	URI("atom", NS_FEED, FAMILY_ATOM, {0}),
	URI("atom10", NS_FEED, FAMILY_ATOM, {0}),
	URI("atom03", NS_FEED, FAMILY_ATOM, {0}),
	URI("rss", NS_FEED, FAMILY_RSS, {0}),
	URI("xml", NS_XML, FAMILY_UNSAID, {0}),
	URI("rdf", NS_RDF, FAMILY_UNSAID, {0}),
	URI("xhtml", NS_XHTML, FAMILY_UNSAID, {0}),
	URI("html", NS_XHTML, FAMILY_UNSAID, {0}),
	URI("dc", NS_DC, FAMILY_UNSAID, {0}),
	URI("dcterms", NS_DCTERMS, FAMILY_UNSAID, {0}),
	URI("content", NS_CONTENT, FAMILY_UNSAID, {0}),
	URI("sy", NS_SY, FAMILY_UNSAID, {0}),
	URI("syn", NS_SY, FAMILY_UNSAID, {0}),
	URI("media", NS_MEDIA, FAMILY_UNSAID, {0}),
	URI("itunes", NS_ITUNES, FAMILY_UNSAID, {0}),
	URI("googleplay", NS_GOOGLEPLAY, FAMILY_UNSAID, {0}),
	URI("feedburner", NS_FEEDBURNER, FAMILY_UNSAID, {0}),
	URI("admin", NS_ADMIN, FAMILY_UNSAID, {0}),
};
#define COUNT(table) (sizeof(table) / sizeof(*(table)))

static struct str bare_uri(struct str uri)
{
	uri = str_trim(uri);
	if (str_starts_nocase(uri, STR("https://")))
		uri = str_slice(uri, 8, uri.len);
	else if (str_starts_nocase(uri, STR("http://")))
		uri = str_slice(uri, 7, uri.len);
	if (str_starts_nocase(uri, STR("www.")))
		uri = str_slice(uri, 4, uri.len);
	while (uri.len > 0 && (uri.data[uri.len - 1] == '/' || uri.data[uri.len - 1] == '#'))
		uri.len--;
	return uri;
}

static const struct ns_meaning *find_meaning(const struct known_uri *table, size_t count, struct str key)
{
	for (size_t i = 0; i < count; i++) {
		if (str_eq_nocase(table[i].uri, key))
			return &table[i].meaning;
	}
	return NULL;
}

struct ns_meaning xmlns_lookup(struct str prefix, struct str uri)
{
	const struct ns_meaning *found = NULL;
	if (!str_empty(uri))
		found = find_meaning(uris, COUNT(uris), bare_uri(uri));
	if (found == NULL && !str_empty(prefix))
		found = find_meaning(prefixes, COUNT(prefixes), prefix);
	if (found != NULL)
		return *found;
	return (struct ns_meaning){str_empty(prefix) && str_empty(uri) ? NS_FEED : NS_UNKNOWN, FAMILY_UNSAID, STR_NONE};
}
