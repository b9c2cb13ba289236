# SPDX-License-Identifier: ISC
"""What a feed's document lists, read by Python's own parsers: this count shares no code with the daemon.

XML goes through expat.  What is not well-formed goes through feedparser, which reads it as loosely as readers do.  A
document that is UTF-8 throughout is UTF-8, whatever it says of itself.
"""
import collections
import html
import json
import re
import urllib.parse
import xml.etree.ElementTree as ET

import feedparser

Entry = collections.namedtuple("Entry", "guid link title text")
RDF_ABOUT = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}about"
# Elements of these have names that mean something else in a feed.
FOREIGN = ("itunes", "search.yahoo", "googleplay", "purl.org/dc")
TEXTS = ("encoded", "content", "description", "summary", "body")


def read(body):
    """The document's entries in its order, and the name of the parser."""
    if body.lstrip(b"\xef\xbb\xbf \r\n\t")[:1] == b"{":
        return from_json(json.loads(body)), "json"
    try:
        return from_xml(ET.fromstring(declared_right(body))), "expat"
    except (ET.ParseError, ValueError, LookupError):
        return from_feedparser(feedparser.parse(body, sanitize_html=False, resolve_relative_uris=False)), "feedparser"


def declared_right(body):
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return body
    return re.sub(r"^(<\?xml[^>]*?) encoding=[\"'][^\"']*[\"']", r"\1", text.lstrip("\ufeff")).encode()


def from_json(feed):
    return [Entry(str(i.get("id") or ""), i.get("url") or i.get("external_url") or "", i.get("title") or "",
                  i.get("content_html") or i.get("content_text") or i.get("summary") or "") for i in feed["items"]]


def from_feedparser(feed):
    return [Entry(e.get("id", ""), e.get("link", ""), e.get("title", ""),
                  (e.get("content") or [e])[0].get("value") or e.get("summary", "")) for e in feed.entries]


def local(element):
    return element.tag.rpartition("}")[2].lower() if isinstance(element.tag, str) else ""


def from_xml(root):
    entries = []

    def walk(element):
        for child in element:
            if local(child) in ("item", "entry"):
                entries.append(from_element(child))  # an item within an item is an earlier edition of it
            else:
                walk(child)
    walk(root)
    return entries


def from_element(item):
    first = {}
    for child in item:
        name = local(child)
        if name == "link" and child.get("href"):
            if child.get("rel", "alternate") == "alternate":
                first.setdefault(name, child.get("href"))
        elif name and name not in first and not any(f in child.tag for f in FOREIGN):
            text = "".join(child.itertext()).strip()
            if text:
                first[name] = text
    guid = first.get("guid") or first.get("id") or item.get(RDF_ABOUT) or ""
    return Entry(guid, first.get("link", ""), first.get("title", ""), next((first[t] for t in TEXTS if t in first), ""))


# ---- what two entries have in common

def plain(text):
    for _ in range(3):  # as often as feeds escape
        text = html.unescape(re.sub(r"<[^<>]*>", " ", text))
    return text


def letters(text):
    """Letters and digits alone: the same however a text is marked up."""
    return "".join(re.findall(r"\w", plain(text).casefold()))


def words(text):
    return re.findall(r"\w+", plain(text).casefold())


def address(link):
    """A link's path and query, however the rest of it is written or resolved."""
    parts = urllib.parse.urlsplit(link.strip())
    query = [q for q in urllib.parse.parse_qsl(parts.query, keep_blank_values=True)
             if not q[0].startswith(("utm_", "mtm_", "wt_"))]
    return urllib.parse.unquote(parts.path).strip("/"), tuple(query)
