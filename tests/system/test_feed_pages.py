# SPDX-License-Identifier: ISC
"""The pages of feeds: the health of all, sorted and by state; one feed's rhythm, answers, troubles and next poll."""
import re

from harness import wait_for
from samples import article, atom, rss

EVIL = "</title><script>alert(1)</script>"


def page(daemon, path):
    return daemon.get(path, headers={"Accept": "text/html"})


def text_of(daemon, path):
    answer = page(daemon, path)
    assert answer.status == 200, path
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8" and "default-src 'self'" in answer.headers["Content-Security-Policy"]
    text = answer.body.decode()
    assert text.count("<script") == 1 and "style=" not in text
    return text


def start(server, make_daemon):
    server.set("/a", rss("Halden Gazette", [article(n) for n in range(4)]))
    server.set("/b", atom(EVIL, [article(30)], "b"))
    server.set("/c", rss("Late", [article(40)]), status=503)
    daemon = make_daemon("", {name: server.url("/" + name) for name in "abc"}).start()
    wait_for(lambda: all(f["polls"] >= 1 for f in daemon.feeds().values()), "the first polls")
    return daemon


def rows(text):
    return re.findall(r'<tr><td class="st (\w+)">\w+</td><th scope="row"><a href="feed/(\w+)">', text)


def test_all_feeds(server, make_daemon):
    daemon = start(server, make_daemon)
    text = text_of(daemon, "/feeds")
    assert rows(text)[0] == ("failing", "c") and sorted(rows(text)[1:]) == [("well", "a"), ("well", "b")]
    assert '3 feeds: <a href="?state=well">2 well</a>, <a href="?state=failing" class="hot">1 failing</a>' in text
    assert "503" in re.search(r"What is wrong</h2>(.*?)</section>", text, re.S)[1]
    # each has two weeks, whose numbers stand in words too
    days = re.findall(r'aria-label="items a day: ([\d ]+)"', text)
    assert len(days) == 3 and all(len(d.split()) == 14 for d in days)
    hours = re.search(r'aria-label="items an hour, 24 hours: ([\d ]+)"', text)[1].split()
    assert len(hours) == 24 and sum(map(int, hours)) == 5
    names = [f for _, f in rows(text_of(daemon, "/feeds?sort=name"))]
    assert names == [f for _, f in rows(text_of(daemon, "/feeds?sort=-name"))][::-1] == ["b", "c", "a"]
    assert rows(text_of(daemon, "/feeds?state=failing")) == [("failing", "c")]
    assert 'aria-sort="descending"' in text_of(daemon, "/feeds?sort=-rate&state=well")
    for query, sentence in (("sort=size", "The value of sort is wrong: expected state, name"),
                            ("state=bad", "expected well, failing, quiet or heavy"), ("page=2", "no argument &quot;page&quot;")):
        answer = page(daemon, "/feeds?" + query)
        assert answer.status == 400 and sentence in answer.body.decode(), query


def test_one_feed(server, make_daemon):
    daemon = start(server, make_daemon)
    text = text_of(daemon, "/feed/a")
    assert "<h1>Halden Gazette</h1>" in text and '<span class="st well">well</span>' in text
    assert '<link rel="alternate" type="application/atom+xml" title="Halden Gazette, Atom" href="../feed/a.atom">' in text
    assert '<a href="../feed/a.atom">Atom</a>' in text and '<a href="../feeds">all feeds</a>' in text
    assert re.search(r'aria-label="Items by hour of the week, UTC\. Most on \w+day, and most from \d+ to \d+\."', text)
    assert text.count('<th scope="row">') == 24  # the same as a table
    assert re.search(r"<small>1 answer, median (\d+ ms|\d\.\d s)", text)
    assert text.count('<article class="s ') == 4
    # why it is polled when it is, as sitrep explain has it
    assert "It posts " in text and "Its next poll is " in text and "sitrep refresh a" in text
    assert "None is known." in text
    assert text_of(daemon, "/feed/b").count("&lt;script&gt;") > 1
    for path in ("/feed/x", "/feed/", "/feed/a/b"):
        assert page(daemon, path).status == 404, path
    assert page(daemon, "/feed/a?sort=name").status == 400
    # its feeds are where they were
    assert daemon.get("/feed/a.json").status == 200 and daemon.get("/feed/a.atom?sort=name").status == 200


def test_troubles_are_remembered(server, make_daemon):
    daemon = start(server, make_daemon)
    text = text_of(daemon, "/feed/c")
    assert '<span class="st failing">failing</span>' in text and "Why it is failing" in text
    assert re.search(r"Last errors</h2><ul><li><p class=\"by\"><b>.*503.*; it lasts</p>", text)
    daemon.refresh("c")
    server.set("/c", rss("Late", [article(40)]))
    daemon.refresh("c")
    daemon.stop()
    daemon.start()
    text = text_of(daemon, "/feed/c")
    assert re.search(r"Last errors</h2><ul><li><p class=\"by\"><b>.*503.*, 2 times; well again within a minute</p>", text)
    assert '<span class="st well">well</span>' in text and text.count('<article class="s ') == 1
