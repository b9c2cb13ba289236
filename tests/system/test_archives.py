# SPDX-License-Identifier: ISC
"""Parts of feeds (RFC 5005): whoever was away finds all stories, and what was archived stays as it was."""
import json

import feedparser
import pytest

import valid
from samples import article, atom, rss

BASE = "https://desk.example"
CONFIG = """base-url = %s
[http]
entries = 60
[output "odd"]
match = odd
[output "brief"]
per = item
[output "crowd"]
match = frigate AND sources>=2
""" % BASE
WORDS = "harbour convoy radar minister treaty island airfield depot shipyard reactor border ceasefire satellite convoy budget tanker".split()


def story(n):
    """A text of its own; each third has the word odd."""
    words = " ".join("%s%d" % (WORDS[(n * k) % len(WORDS)], n * 7919 % (k * 101)) for k in range(1, 40))
    return article(n, title="Notice %d of %s" % (n, WORDS[n % len(WORDS)]), text="<p>%s %s the frigate %d.</p>" % ("odd" if n % 3 == 0 else "even", words, n))


def start(server, make_daemon):
    """Two feeds of 300 items each, one after the other, and an empty third one."""
    server.set("/a", rss("Alpha", [story(n) for n in range(300)], "alpha"))
    server.set("/b", rss("Bravo", [], "bravo"))
    server.set("/c", atom("Charlie", [], "charlie"))
    daemon = make_daemon(CONFIG, {n: dict(url=server.url("/" + n), categories="naval" if n == "a" else "air") for n in "abc"}).first_polls(state="ok")
    stream = daemon.stream(dict(since="oldest", events=["new", "copy", "updated"]))
    stream.read_events(300)
    server.set("/b", rss("Bravo", [story(n) for n in range(300, 600)], "bravo"))
    daemon.refresh("b")
    stream.read_events(300)
    return daemon, stream


class Part:
    """A part as feedparser sees it."""

    def __init__(self, daemon, address):
        assert address.startswith(BASE + "/"), address
        answer = daemon.get(address[len(BASE):])
        assert answer.status == 200, address
        self.body, self.headers = answer.body, answer.headers
        if answer.headers["Content-Type"].startswith("application/feed+json"):
            feed = json.loads(self.body)
            self.ids, self.links = [i["id"] for i in feed["items"]], [("next", feed.get("next_url"))]
            return
        parsed = feedparser.parse(self.body, sanitize_html=False, resolve_relative_uris=False)
        assert not parsed.bozo
        self.ids, self.links = [e.id for e in parsed.entries], [(x.rel, x.href) for x in parsed.feed.links]
        self.feed_id = parsed.feed.get("id")

    def link(self, relation):
        found = [href for rel, href in self.links if rel == relation]
        assert len(found) <= 1
        return found[0] if found else None

    def state(self):
        return self.body, self.headers["ETag"], self.headers["Last-Modified"]


def walk(daemon, address, relation):
    """The parts from that address to the beginning."""
    parts = {}
    while address is not None:
        assert address not in parts
        parts[address] = Part(daemon, address)
        address = parts[address].link(relation)
    return parts


def archives(daemon, path):
    """Without the newest part; and each story is in one archive."""
    first = Part(daemon, BASE + path)
    parts = walk(daemon, first.link("prev-archive"), "prev-archive")
    found = [i for part in parts.values() for i in part.ids]
    assert len(set(found)) == len(found) and set(first.ids) <= set(found)
    return parts, set(found)


def max_age(headers):
    name, value = headers["Cache-Control"].split("=")
    assert name == "max-age"
    return int(value)


def closed(parts):
    return {address: p.state() for address, p in parts.items() if "immutable" in p.headers["Cache-Control"]}


def test_archives_lead_to_the_beginning_and_stay(server, make_daemon):
    daemon, stream = start(server, make_daemon)
    paths = {"/feed.atom": 600, "/feed/b.rss": 300, "/output/odd.rss": 200}
    before = {}
    for path, count in paths.items():
        parts, found = archives(daemon, path)
        assert len(found) == count, path
        before[path] = closed(parts)
        assert 1 <= len(before[path]) < len(parts), path
    # what comes later: copies, changed texts, a feed with an old backlog, and a restart
    server.set("/c", atom("Charlie", [dict(story(n), guid="c%d" % n) for n in (5, 310, 700, 701)], "charlie"))
    daemon.refresh("c")
    stream.read_events(4)
    server.set("/a", rss("Alpha", [story(n) for n in range(8)] + [dict(story(9), text="<p>Nothing of it is true, odd as it is, the ministry said in the evening.</p>")], "alpha"))
    daemon.refresh("a")
    assert stream.read_events(1)[0]["event"] == "updated"
    daemon.restart()
    for path, count in paths.items():
        parts, found = archives(daemon, path)
        assert len(found) == count + 2 * (path == "/feed.atom"), path
        after = closed(parts)
        assert {address: after[address] for address in before[path]} == before[path], path


@pytest.mark.parametrize("form", ("atom", "rss", "json"))
def test_pages_lead_to_the_beginning(server, make_daemon, form):
    daemon, _ = start(server, make_daemon)
    for path, count in (("/feed", 600), ("/category/air", 300), ("/output/brief", 600)):
        parts = walk(daemon, "%s%s.%s" % (BASE, path, form), "next")
        assert len(parts) == -(-count // 60)
        found = [i for part in parts.values() for i in part.ids]
        assert len(found) == len(set(found)) == count
        for address, part in list(parts.items())[:3]:
            valid.CHECKS[form](part.body, address)


def test_what_a_part_says_of_itself(server, make_daemon):
    daemon, _ = start(server, make_daemon)
    for form in ("atom", "rss", "json"):
        first, part = [Part(daemon, "%s/feed.%s%s" % (BASE, form, query)) for query in ("", "?archive=1")]
        valid.CHECKS[form](part.body, "%s/feed.%s?archive=1" % (BASE, form))
        assert part.headers["Cache-Control"] == "max-age=31536000, immutable" and 30 <= max_age(first.headers) <= 600
        assert daemon.get("/feed.%s?archive=1" % form, headers={"If-None-Match": part.headers["ETag"]}).status == 304
        if form == "json":
            assert json.loads(part.body)["next_url"] == BASE + "/feed.json?archive=0"
            continue
        assert b"<fh:archive/>" in part.body and b"<fh:archive/>" not in first.body and b"generator" not in part.body
        assert part.link("current") == "%s/feed.%s" % (BASE, form) and part.link("next-archive").endswith("?archive=2")
        if form == "atom":
            assert part.feed_id == first.feed_id
    whole = daemon.get("/feed.atom?archive=1").body
    part = daemon.get("/feed.atom?archive=1", headers={"Range": "bytes=1000-1999"})
    assert part.status == 206 and part.body == whole[1000:2000] and part.headers["Content-Range"] == "bytes 1000-1999/%d" % len(whole)
    assert daemon.get("/feed.atom", headers={"Range": "bytes=0-9"}).status == 200
    assert Part(daemon, BASE + "/feed.atom?archive=0").link("prev-archive") is None
    # stories may still come into these: the range is open, the rule waits for the story
    assert 30 <= max_age(daemon.get("/feed.atom?archive=2").headers) <= 600
    assert 30 <= max_age(daemon.get("/output/crowd.atom?archive=0").headers) <= 600
    # there are none of these
    for query in ("archive=3", "archive=99999999999999999", "archive=x", "archive=-1", "before=1", "before=a.b", "archive="):
        assert daemon.get("/feed.atom?" + query).status in (400, 404), query
    # an argument of any length is never the daemon's trouble
    for name in ("archive", "before", "category", "feed", "lang", "alert"):
        assert daemon.get("/feed.atom?%s=%s" % (name, "x" * 5000)).status == 400, name
    assert daemon.get("/output/brief.atom?archive=0").status == 404
    # readers add arguments of their own
    assert daemon.get("/feed.atom?utm_source=x").status == 200
    moved = daemon.get("/category/NAVAL.atom?archive=1")
    assert (moved.status, moved.headers["Location"]) == (301, "./naval.atom?archive=1")
