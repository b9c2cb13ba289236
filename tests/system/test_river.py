# SPDX-License-Identifier: ISC
"""The river: days, filters, pages, and that each view is a feed with the same stories."""
import json
import re

import pytest

import desk
from harness import wait_for
from samples import article, rss

BROWSER = {"Accept": "text/html"}


def page(daemon, query=""):
    answer = daemon.get("/" + query, headers=BROWSER)
    assert answer.status == 200, query
    return answer.body.decode()


def ids(text):
    return re.findall(r'<article class="[^"]*" id="s-([0-9a-f-]+)"', text)


def link(text, rel):
    found = re.search(r'<a href="([^"]*)" rel="%s">' % rel, text)
    return found and found[1].replace("&amp;", "&")


def walk(daemon, query=""):
    """The stories of all pages of a view."""
    found = []
    while query is not None:
        text = page(daemon, query)
        found += ids(text)
        query = link(text, "next")
        assert len(found) < 1000
    return found


def test_days_weights_and_languages(server, make_daemon):
    daemon = desk.make(server, make_daemon)
    text = page(daemon)
    assert len(ids(text)) == 60 and len(set(ids(text))) == 60
    days = re.findall(r'<div class="day"><h2>(\w+day \d+ \w+ \d{4})</h2>', text)
    assert 2 <= len(days) <= 4 and len(set(days)) == len(days)
    counted = [int(n) for n in re.findall(r"</h2><p>(\d+) stor(?:y|ies)", text)]
    assert len(counted) == len(days) and sum(counted) >= 60
    shared = re.findall(r'<article class="s (w\d)[^"]*" id="[^"]*">\n<p class="at">.*?<b>(\d+)</b> <i>outlets</i>', text)
    assert shared and set(shared) == {("w2", "2")}
    assert re.search(r'<article class="s w2 p4" id=.*?>\n', text) and "class=\"pin\"" in text
    assert '<a class="al p4" href="alert/missile">urgent<span>: missile</span></a>' in text
    assert '<h3 lang="ar" dir="rtl">' in text and '<h3 lang="ko">' in text and '<h3 lang="ja">' in text and '<h3 lang="ru">' in text
    assert '<abbr class="lg" title="Korean">ko</abbr> <b><bdi lang="ko">한성일보</bdi></b>' in text
    assert "Night &lt;desk&gt;" in text and "Pacific &amp; more" in text
    times = re.findall(r'<p class="at"><a href="[^"]*"><time datetime="([^"]*)"', text)
    assert times == sorted(times, reverse=True)
    # headlines alone
    lines = page(daemon, "?view=lines")
    assert ids(lines) == ids(text) and 'class="cols river lines"' in lines and 'href="./">with summaries<' in lines


def test_pages_lead_to_all_stories_while_news_comes(server, make_daemon):
    daemon = desk.make(server, make_daemon, stories=130)
    first = page(daemon)
    older = link(first, "next")
    assert re.fullmatch(r"\?before=\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z,\d+", older)
    second = page(daemon, older)
    server.set("/alpha", desk.rss("Halden Gazette", [desk.item(999, "A late story comes", desk.sentences(999),
                                                              desk.datetime.datetime.now(desk.datetime.timezone.utc), "en")]))
    daemon.refresh("alpha")
    wait_for(lambda: "A late story comes" in page(daemon), "the new story")
    assert ids(page(daemon, older)) == ids(second)
    every = walk(daemon)
    assert len(every) == len(set(every)) == 131
    assert every[1:61] == ids(first) and every[61:121] == ids(second)
    # and back
    third = page(daemon, link(second, "next"))
    assert ids(page(daemon, link(third, "prev"))) == ids(second)
    assert ids(page(daemon, link(second, "prev"))) == ids(first)
    assert link(page(daemon, link(second, "prev")), "prev") is not None  # the late story is above
    assert link(first, "prev") is None and link(third, "next") is None


@pytest.mark.parametrize("query", ["?min=2", "?category=naval", "?category=naval&category=asia", "?lang=ko&lang=ar", "?feed=echo",
                                   "?feed=none", "?alert=any", "?alert=high", "?alert=ferry", "?q=desk", "?q=title:night&min=2",
                                   "?category=naval&lang=ru&feed=echo", "?q=no-such-word"])
def test_each_view_is_a_feed(server, make_daemon, query):
    daemon = desk.make(server, make_daemon)
    text = page(daemon, query)
    feed = re.search(r'<link rel="alternate" type="application/feed\+json" title="This view, JSON" href="([^"]*)">', text)[1]
    document = json.loads(daemon.get("/" + feed.replace("&amp;", "&")).body)
    shown = [i["id"].removeprefix("urn:uuid:") for i in document["items"]]
    assert walk(daemon, query) == shown
    assert (len(shown) > 0) == ("none" not in query and "no-such" not in query)
    for form in "atom", "rss":
        body = daemon.get("/feed.%s%s" % (form, query)).body.decode()
        entries = re.split("<entry\\b|<item\\b", body)[1:]
        assert [re.search("urn:uuid:([0-9a-f-]+)<", e)[1] for e in entries] == shown
    if not shown:
        assert "<h1>Nothing matches</h1>" in text and "None of the" in text


def test_quick_filters_set_one_and_keep_the_others(server, make_daemon):
    daemon = desk.make(server, make_daemon)
    text = page(daemon, "?category=naval&min=2&q=title:desk")
    rail = re.search(r'<nav class="rail".*?</nav>', text, re.S)[0]
    links = dict(re.findall(r'<a href="([^"]*)"( aria-current="true")?>', rail))
    assert links["?category=naval&amp;q=title%3Adesk"] and links["?min=2&amp;q=title%3Adesk"]
    assert "?category=naval&amp;lang=ru&amp;min=2&amp;q=title%3Adesk" in links
    assert "?category=asia&amp;min=2&amp;q=title%3Adesk" in links
    # numbers are those of the newest stories
    number = int(re.search(r">2 outlets or more <span class=\"num\">(\d+)<", rail)[1])
    assert number == len(walk(daemon, "?min=2"))
    # the form keeps them too
    assert '<input type="hidden" name="category" value="naval"><input type="hidden" name="min" value="2">' in text
    assert 'name="q" value="title:desk"' in text and '<a href="?category=naval&amp;q=title%3Adesk">also those of one outlet</a>' in text


@pytest.mark.parametrize("query, words", [
    ("?colour=red", "&quot;colour&quot; is no parameter of this page"), ("?min=many", "min is no number"), ("?view=big", "view is lines"),
    ("?before=yesterday", "before is no time"), ("?q=(frigate", "frigate"), ("?before=2026-11-25T17:59:31Z,1&after=2026-11-25T17:59:31Z,1", "exclude"),
    ("?before=2026-11-25T17:59:31Z", "before is no time"), ("?%3Cscript%3Ealert(1)=1", "&lt;script&gt;alert(1)")])
def test_mistakes_are_told(server, make_daemon, query, words):
    server.set("/a", rss("A", [article(1)]))
    daemon = make_daemon("", dict(a=server.url("/a"))).start()
    answer = daemon.get("/" + query, headers=BROWSER)
    text = answer.body.decode()
    assert answer.status == 400 and words in text and text.count("<script") == 1
    if "q=" in query:
        assert re.search(r"<pre> *\(frigate\n +\^", text) and 'value="(frigate"' in text and 'aria-describedby="mistake"' in text


def test_feeds_ignore_names_that_they_do_not_know(server, make_daemon):
    daemon = desk.make(server, make_daemon, stories=5)
    assert daemon.get("/feed.atom?colour=red&view=lines").body == daemon.get("/feed.atom").body
    wrong = daemon.get("/feed.atom?min=many")
    assert wrong.status == 400 and wrong.headers["Content-Type"] == "text/plain; charset=utf-8" and b"min is no number" in wrong.body


def test_a_page_is_made_once_a_minute_and_change(server, make_daemon):
    daemon = desk.make(server, make_daemon)
    answers = [daemon.get("/?min=2", headers=BROWSER) for _ in range(2)]
    if answers[0].body != answers[1].body:  # the minute ended in between
        answers = [daemon.get("/?min=2", headers=BROWSER) for _ in range(2)]
    assert answers[0].body == answers[1].body and answers[0].headers["Cache-Control"] == "max-age=0, must-revalidate"
    tag = answers[1].headers["ETag"]
    assert daemon.get("/?min=2", headers=dict(BROWSER, **{"If-None-Match": tag})).status in (304, 200)
    assert daemon.get("/", headers=BROWSER).headers["ETag"] != tag


def test_what_pages_load(server, make_daemon):
    daemon = desk.make(server, make_daemon, stories=3)
    text = page(daemon)
    loaded = re.findall(r'(?:href|src)="((?:style|sitrepd|icon)\.[0-9a-f]{12}\.(?:css|js|svg))"', text)
    assert len(loaded) == 3
    for name, kind in zip(sorted(loaded), ("image/svg+xml", "text/javascript; charset=utf-8", "text/css; charset=utf-8")):
        answer = daemon.get("/" + name, headers={"Accept-Encoding": "gzip"})
        assert answer.status == 200 and answer.headers["Content-Type"] == kind
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert name.startswith("icon") or answer.headers["Content-Encoding"] == "gzip"
    assert daemon.get("/style.000000000000.css").status == 404
    assert not re.search(r"<style|style=|\son\w+=|<script(?! src)|src=\"https?:", text)


def test_what_is_not_there(server, make_daemon):
    server.set("/a", rss("A", [article(1)]))
    daemon = make_daemon("title = Night desk", dict(a=server.url("/a"))).start()
    answer = daemon.get("/story/%3Cb%3Ex/y", headers=BROWSER)
    text = answer.body.decode()
    assert answer.status == 404 and "<h1>No such page</h1>" in text and "<code>/story/&lt;b&gt;x/y</code>" in text
    assert 'href="../../">The newest stories' in text and 'href="../../style.' in text
    assert "older than the 180 days" in text
    assert json.loads(daemon.get("/story/none.json").body)["status"] == 404
    subscribe = daemon.get("/subscribe", headers=BROWSER)
    assert subscribe.status == 200 and "How to write a filter" in subscribe.body.decode()
    assert "There is no story yet" not in text


def test_what_has_no_date_is_seen_and_no_news(server, make_daemon):
    dated = [article(n) for n in range(3)]
    server.set("/a", rss("Halden Gazette", dated))
    server.set("/b", re.sub("<pubDate>[^<]*</pubDate>", "", rss("Northern Wire", [article(7), article(8)], "b")))
    server.set("/c", re.sub("<pubDate>[^<]*</pubDate>", "", rss("Strait Watch", [article(7)], "c")))
    daemon = make_daemon("", {name: server.url("/" + name) for name in "abc"}).start()
    wait_for(lambda: all(f["state"] == "ok" for f in daemon.feeds().values()), "the first polls")
    text = page(daemon)
    assert "1970" not in re.sub("(?:before|after)=1970[^\"]*", "", text)
    last = text.split('<div class="day">')[-1]
    assert "<h2>Without a date</h2><p>2 stories" in last and last.count("<article") == 2 and last.count(">seen</time>") == 2
    assert len(re.findall('seen <span class="ago">(?:just now|1 min ago)</span>', last)) == 2
    assert "Breaking now" not in text
    assert "No second outlet" in daemon.get("/top", headers=BROWSER).body.decode()
