# SPDX-License-Identifier: ISC
"""The pages of alerts: all rules with what they found, and one rule with what matched and why."""
import re

from harness import wait_for
from samples import article, rss

CONFIG = """[alert "ships"]
match = frigate* OR title:submarine
priority = urgent
[alert "drone"]
match = drone* AND NOT "<b>"
priority = high
[alert "never"]
match = "amber strait closed"
priority = low"""


def text_of(daemon, path):
    answer = daemon.get(path, headers={"Accept": "text/html"})
    assert answer.status == 200, path
    text = answer.body.decode()
    assert text.count("<script") == 1 and "style=" not in text
    return text


def start(server, make_daemon):
    server.set("/a", rss("Halden <Gazette>", [article(1, text="Quiet words.")]))
    daemon = make_daemon(CONFIG, dict(a=server.url("/a"))).start()
    wait_for(lambda: daemon.feeds()["a"]["polls"] == 1, "the first poll")
    news = [article(2, title="Submarine & two drones <lost>", text="Nothing more is known today."),
            article(3, title="The minister speaks", text="The frigates sail at noon.")]
    server.set("/a", rss("Halden <Gazette>", [article(1, text="Quiet words.")] + news))
    daemon.refresh("a")
    return daemon


def test_all_alerts(server, make_daemon):
    daemon = start(server, make_daemon)
    text = text_of(daemon, "/alerts")
    rules = re.findall(r'<tr><th scope="row"><a href="alert/([\w-]+)">', text)
    assert rules == ["ships", "drone", "never"]
    assert "3 today, 3 of them high or urgent · 0 silences" in text
    assert "<code>drone* AND NOT &quot;&lt;b&gt;&quot;</code>" in text
    counts = re.findall(r'aria-label="matches a day, 14 days: (?:0 ){13}(\d+)"', text)
    assert counts == ["2", "1", "0"]
    assert "No item that is kept matches it." in text
    # the newest alerts, with the words that were found
    below = text[text.index("Alerts, newest first"):]
    assert below.count('<article class="s ') == 2
    assert "<mark>Submarine</mark> &amp; two drones &lt;lost&gt;" in text
    assert daemon.get("/alerts?since=1").status == 400
    assert "expected TIME,NUMBER" in daemon.get("/alerts?before=x").body.decode()
    assert daemon.get("/alerts?before=2020-01-01T00:00:00.000Z,1").status == 200


def test_one_alert(server, make_daemon):
    daemon = start(server, make_daemon)
    text = text_of(daemon, "/alert/ships")
    assert "<h1>ships</h1>" in text and '<span class="al p4">urgent</span> 2 today, 2 in 30 days' in text
    assert re.search(r"From line \d+ of sitrepd\.conf; as it stands since <time", text)
    assert re.search(r'aria-label="matches a day, 30 days: (?:0 ){29}2"', text)
    assert "at the first report: <mark>Submarine</mark> in the headline." in text
    assert "at the first report: <mark>frigates</mark> in the text." in text
    assert "None now, and none in the last week." in text
    assert "sitrep match --since 7d &#39;frigate* OR title:submarine&#39;" in text or "sitrep match --since 7d 'frigate* OR title:submarine'" in text
    assert '<link rel="alternate" type="application/rss+xml" title="ships, RSS" href="../alert/ships.rss">' in text
    assert '<a href="../alert/ships.atom">Atom</a>' in text and daemon.get("/alert/ships.atom").status == 200
    assert daemon.get("/alert/none").status == 404 and daemon.get("/alert/").status == 404


def test_silences_are_shown(server, make_daemon):
    daemon = start(server, make_daemon)
    daemon.run("silence", "alert:drone", "1h", "--why", "range <notice> 188")
    page = lambda path, words: wait_for(lambda: words in text_of(daemon, path), words)
    page("/alerts", "by the operator: “range &lt;notice&gt; 188”. Counted, not sent.")
    page("/alert/drone", "<b>Now</b>, until ")
    assert "range" not in text_of(daemon, "/alert/ships")


def test_matches_are_paged(server, make_daemon):
    server.set("/a", rss("Wire", [article(n, title="Frigate number %d sails" % n) for n in range(50)]))
    daemon = make_daemon(CONFIG, dict(a=server.url("/a"))).start()
    wait_for(lambda: daemon.feeds()["a"]["polls"] == 1, "the first poll")
    seen, path = [], "/alert/ships"
    for _ in range(3):
        text = text_of(daemon, path)
        seen += re.findall(r'id="s-([0-9a-f-]+)"', text)
        older = re.search(r'<a href="(\?before=[^"]+)" rel="next">', text)
        path = "/alert/ships" + older[1].replace("&amp;", "&") if older else None
    assert path is None and len(seen) == len(set(seen)) == 50
