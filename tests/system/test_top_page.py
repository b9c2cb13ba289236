# SPDX-License-Identifier: ISC
"""/top: the stories that several outlets report, the most and newest first, and the drawing of when each joined."""
import re

import pytest

import desk
from harness import wait_for
from samples import article, rss

BROWSER = {"Accept": "text/html"}


def rows(text):
    return re.findall(r'<article class="s top" id="s-([0-9a-f-]+)">(.*?)</article>', text, re.S)


def test_what_is_breaking(server, make_daemon):
    daemon = desk.make(server, make_daemon, stories=40)
    text = daemon.get("/top", headers=BROWSER).body.decode()
    assert '<a href="top" aria-current="page">Top</a>' in text and "<b>12 hours</b>" in text
    found = rows(text)
    # every fifth of the stories of 12 hours has two outlets: 0, 5 and 10; only the first one is of the last hour
    assert len(found) == 3 and text.count('<h2 id="spreading">') == 1 == text.count('<h2 id="rest">')
    first = found[0][1]
    assert "Three missiles fly over the strait" in first and '<p class="big">2<small>outlets</small></p>' in first
    assert '<a class="al p4" href="alert/missile">' in first
    assert re.search(r'<b>Northern Wire</b> <span class="num">\d\d:\d\d</span>, then Halden Gazette <span class="num">\+2 min</span>', first)
    assert re.search(r'role="img" aria-label="2 outlets between \d\d:\d\d and \d\d:\d\d">', first)
    line = re.search(r'<path class="ln" d="M(\d+) 39V35\.9H(\d+)V32\.8H720"/>', first)
    assert 600 < int(line[1]) < int(line[2]) < 720
    # the river tells of the same
    river = daemon.get("/", headers=BROWSER).body.decode()
    box = re.search(r'Breaking now</a></h2><ol>(.*?)</ol>', river, re.S)[1]
    assert re.findall(r'href="story/([0-9a-f-]+)"', box) == [uid for uid, _ in found]
    assert len(rows(daemon.get("/top?hours=168", headers=BROWSER).body.decode())) == 7  # the twentieth is another
    assert len(rows(daemon.get("/top?hours=1", headers=BROWSER).body.decode())) == 1


def test_a_story_spreads(server, make_daemon):
    daemon = desk.make(server, make_daemon, stories=3)
    now = desk.datetime.datetime.now(desk.datetime.timezone.utc)
    text = desk.sentences(500)
    for name, count in (("alpha", 1), ("bravo", 2)):
        server.set("/" + name, desk.rss(desk.OUTLETS[name][0], [desk.item(500, "Convoy leaves the harbour", text, now, "en")]))
        daemon.refresh(name)
        wait_for(lambda: "Convoy leaves" in daemon.get("/", headers=BROWSER).body.decode(), "the story")
        if count == 2:
            wait_for(lambda: "Convoy leaves" in daemon.get("/top", headers=BROWSER).body.decode(), "the second outlet")
    assert "Convoy leaves" in rows(daemon.get("/top", headers=BROWSER).body.decode())[0][1]


@pytest.mark.parametrize("query, words", [("?hours=3", "hours is 1, 12, 24 or 168"), ("?min=2", "it has hours"), ("?hours=", "hours is 1")])
def test_mistakes(server, make_daemon, query, words):
    daemon = desk.make(server, make_daemon, stories=1)
    answer = daemon.get("/top" + query, headers=BROWSER)
    assert answer.status == 400 and words in answer.body.decode()


def test_nothing_spreads(server, make_daemon):
    server.set("/a", rss("A", [article(1)]))
    daemon = make_daemon("", dict(a=server.url("/a"))).start()
    assert "No second outlet has joined a story in the last 24 hours." in daemon.get("/top?hours=24", headers=BROWSER).body.decode()
