# SPDX-License-Identifier: ISC
"""Small feeds in the three formats, made from a list of articles: written by us for these tests."""
import html
import json


def article(n, title=None, text=None, **options):
    """An article that any outlet may run; text long enough to be told apart by."""
    title = title or "Article number %d on the exercise at sea" % n
    text = text or ("<p>The frigate squadron number %d left the naval base at Halden on Monday for a week of "
                    "anti-submarine drills with two allied navies, the ministry said.</p>" % n)
    return dict(n=n, title=title, text=text, link="http://outlet.example/%d" % n, date="2026-11-%02dT08:00:00Z" % (n % 27 + 1),
                rfc822="%02d Nov 2026 08:00:00 +0000" % (n % 27 + 1), **options)


def rss(title, articles, prefix="rss"):
    items = "".join(
        "<item><title>%s</title><link>%s</link><guid isPermaLink=\"false\">%s-%s</guid><pubDate>%s</pubDate>"
        "<description>%s</description></item>" %
        (html.escape(a["title"]), html.escape(a["link"]), prefix, a.get("guid", a["n"]), a["rfc822"], html.escape(a["text"]))
        for a in articles)
    return ('<?xml version="1.0"?><rss version="2.0"><channel><title>%s</title><link>http://%s.example/</link>'
            "<description>x</description>%s</channel></rss>" % (html.escape(title), prefix, items))


def atom(title, articles, prefix="atom"):
    entries = "".join(
        '<entry><title>%s</title><link href="%s"/><id>tag:%s.example,2026:%s</id><updated>%s</updated>'
        '<content type="html">%s</content></entry>' %
        (html.escape(a["title"]), html.escape(a["link"]), prefix, a.get("guid", a["n"]), a["date"], html.escape(a["text"]))
        for a in articles)
    return ('<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><title>%s</title><id>tag:%s.example</id>'
            '<link href="http://%s.example/"/><updated>2026-11-01T00:00:00Z</updated>%s</feed>' %
            (html.escape(title), prefix, prefix, entries))


def jsonfeed(title, articles, prefix="json"):
    return json.dumps(dict(
        version="https://jsonfeed.org/version/1.1", title=title, home_page_url="http://%s.example/" % prefix,
        items=[dict(id="%s-%s" % (prefix, a.get("guid", a["n"])), url=a["link"], title=a["title"], content_html=a["text"],
                    date_published=a["date"]) for a in articles]))


FORMATS = ((rss, "application/rss+xml"), (atom, "application/atom+xml"), (jsonfeed, "application/feed+json"))
