# SPDX-License-Identifier: ISC
"""A story's own page: its reports in order of appearance, why each is in it, what it is related to; and who leads it."""
import json
import re

import defence_call
from samples import article, atom, rss
from test_one_story import Outlets


def page(daemon, uid, **headers):
    return daemon.get("/story/" + uid, headers=headers) if headers else daemon.get("/story/" + uid)


def test_reports_and_reasons(server, make_daemon):
    outlets = Outlets(server, make_daemon)
    outlets.publish_archive()
    events = [outlets.publish(name, [a])[0] for name, a in defence_call.edits()]
    daemon, uid = outlets.daemon, events[0]["story"]["id"]
    answer = page(daemon, uid + ".json")
    assert answer.headers["Content-Type"] == "application/json"
    story = json.loads(answer.body)
    assert (story["id"], story["sources"], story["report_count"]) == (uid, 8, 8)
    assert [r["id"] for r in story["reports"]] == [e["item"]["id"] for e in events]
    assert [r["relation"] for r in story["reports"]] == ["new"] + [e["copy"]["relation"] for e in events[1:]]
    assert [r["lead"] for r in story["reports"]] == [True] + [False] * 7
    for report, event in zip(story["reports"][1:], events[1:]):
        assert report["of"] == event["copy"]["of"]
        assert abs(report["score"] - event["copy"]["score"]) < 1e-4
        if report["relation"] == "reprint":
            assert 0 < report["shared"] <= report["shared_of"] and report["numbers"] <= report["numbers_of"]

    html = page(daemon, uid)
    text = html.body.decode()
    assert html.headers["Content-Type"] == "text/html; charset=utf-8"
    assert text.count('<li class="s rep" id="r') == 8 and "<b>8 outlets</b>" in text
    assert "The first report." in text and "leads the story" in text
    reasons = re.findall(r'<div class="why"><p>(.*?)</p>', text)
    assert len(reasons) == 8 and reasons[-1] == "Runs The Ministry’s text word for word."
    assert sum("Runs The Ministry’s text" in r or "Runs The Agency’s text" in r for r in reasons) >= 5
    # the numbers are there for those who want them, with the two commands
    assert text.count("of the shorter text;") == 6 and text.count('<pre class="cmd">sitrep why ') == 7
    assert 'sitrep split %s</pre>' % events[3]["item"]["id"] in text
    # one lane for each outlet, its report in the list below
    assert text.count('<svg class="plot"') == 8 and re.search(r'<li><span class="num">\d\d:\d\d</span><a href="#r8">The Observer</a>', text)
    assert re.search(r'href="story/%s"><b>8</b> <i>outlets</i><' % uid, daemon.get("/").body.decode())
    # as with every other document
    again = page(daemon, uid, **{"If-None-Match": html.headers["ETag"]})
    assert again.status == 304
    assert "default-src 'self'" in html.headers["Content-Security-Policy"]

    # a changed text is told with the time of what it was
    name, first = defence_call.edits()[0]
    outlets.publish(name, [dict(first, text=first["text"].replace("14", "17"))])
    story = json.loads(page(daemon, uid + ".json").body)
    assert [len(r["revisions"]) for r in story["reports"]] == [1] + [0] * 7
    text = page(daemon, uid).body.decode()
    assert '<a href="?diff=%s.1#changes">its text changed once</a>' % events[0]["item"]["id"] in text
    assert "second of two versions" in text and re.search(r"from <del>14</del> <ins>17</ins> radar", text)
    assert page(daemon, uid).headers["ETag"] != html.headers["ETag"]
    assert page(daemon, uid + "?diff=%s.1" % events[0]["item"]["id"]).body.decode().count("<ins>") == 1
    assert page(daemon, uid + "?diff=%s.2" % events[0]["item"]["id"]).status == 404


def test_two_reports_side_by_side(server, make_daemon):
    outlets = Outlets(server, make_daemon)
    outlets.publish_archive()
    events = [outlets.publish(name, [a])[0] for name, a in defence_call.edits()]
    daemon, uid = outlets.daemon, events[0]["story"]["id"]

    def compare(query):
        answer = page(daemon, uid + query, Accept="text/html")
        text = answer.body.decode()
        chosen = re.findall(r'<option value="(\d+)" selected>', text)
        return answer.status, chosen, re.search(r"(\d+) of (\d+) words of the shorter text", text), text.count("<mark>")

    status, chosen, words, marks = compare("")
    assert status == 200 and chosen[0] == "1" and chosen[1] != "1" and marks > 2
    assert 0 < int(words[1]) <= int(words[2])
    # the last report is the first one's text word for word
    status, chosen, words, marks = compare("?a=1&b=8")
    assert (status, chosen) == (200, ["1", "8"]) and words[1] == words[2]
    assert compare("?b=3&a=2")[1] == ["2", "3"]
    for query, sentence in (("?a=0", "expected the number of a report"), ("?b=x", "expected the number of a report"),
                            ("?c=1", "no argument &quot;c&quot;; it has a, b, diff"), ("?a=1&a=2", "given twice"),
                            ("?diff=x.1", "ITEM.VERSION"), ("?diff=%s" % uid, "ITEM.VERSION"), ("?a=%zz", "malformed")):
        answer = page(daemon, uid + query, Accept="text/html")
        assert answer.status == 400 and sentence in answer.body.decode(), query
    assert page(daemon, uid + "?a=9").status == 404
    # programs may add what they like
    assert page(daemon, uid + ".json?c=1").status == 200
    plain = page(daemon, uid + "?c=1")
    assert plain.status == 400 and plain.body.decode().startswith('This page has no argument "c"')


def test_what_is_no_story(server, make_daemon):
    daemon = make_daemon("", dict(a=server.set("/a", rss("A", [article(1)])))).first_polls(polls=1)
    for name in ("", "x", ".json", "00000000-0000-8000-8000-000000000000", "00000000-0000-8000-8000-000000000000.json",
                 "../feed.atom", "%27%20OR%201=1"):
        assert page(daemon, name).status == 404, name


def test_markup_from_feeds_stays_text(server, make_daemon):
    evil = "</h1><script>alert(1)</script>"
    server.set("/a", rss(evil, [article(1, title="A \"title\" " + evil)]))
    daemon = make_daemon("title = Night <desk>", dict(a=server.url("/a"))).first_polls(polls=1)
    uid = json.loads(daemon.get("/feed.json").body)["items"][0]["id"].removeprefix("urn:uuid:")
    text = page(daemon, uid).body.decode()
    assert text.count("<script") == 1 and "alert(1)" not in re.sub("&lt;script&gt;alert.1.", "", text)
    assert "Night &lt;desk&gt;" in text
    assert json.loads(page(daemon, uid + ".json").body)["reports"][0]["feed"] == "a"


def test_the_press_office_leads_whenever_it_comes(server, make_daemon):
    """The agency's headline until then; the entry stays the same one, in its place."""
    wire = article(1, title="Ministry buys boats, agency says")
    release = dict(wire, title="The ministry orders twelve patrol boats", link="https://ministry.example/releases/1")
    server.set("/wire", rss("Wire", [wire, article(2)]))
    server.set("/ministry", atom("Ministry", [], "ministry"))
    daemon = make_daemon("", {"wire": server.url("/wire"), "ministry": dict(url=server.url("/ministry"), rank=10)}).first_polls(polls=1)
    before = json.loads(daemon.get("/feed.json").body)["items"]
    stream = daemon.stream(dict(events=["copy"]))
    server.set("/ministry", atom("Ministry", [release], "ministry"))
    daemon.refresh("ministry")
    event = stream.read_events(1)[0]
    after = json.loads(daemon.get("/feed.json").body)["items"]
    assert [i["id"] for i in after] == [i["id"] for i in before]
    n = [i["title"] for i in before].index(wire["title"])
    assert after[n]["title"] == release["title"] == event["story"]["title"]
    assert after[n]["url"] == release["link"]
    assert [r["source"] for r in after[n]["_sitrep"]["reports"]] == ["Ministry", "Wire"]
    # in order of appearance, where the order is what is told
    story = json.loads(page(daemon, event["story"]["id"] + ".json").body)
    assert [(r["source"], r["lead"]) for r in story["reports"]] == [("Wire", False), ("Ministry", True)]
    assert story["title"] == release["title"]
    # a change of the lead's text is a change of the entry
    modified = after[n]["date_modified"]
    server.set("/ministry", atom("Ministry", [dict(release, title="The ministry orders thirteen patrol boats")], "ministry"))
    daemon.refresh("ministry")
    changed = json.loads(daemon.get("/feed.json").body)["items"][n]
    assert changed["title"] == "The ministry orders thirteen patrol boats" and changed["date_modified"] >= modified


def test_an_item_without_a_link(server, make_daemon):
    """It leads to its enclosure, else to its story, whose page takes the id as the feeds print it."""
    item = '<item><title>Episode %d</title><guid isPermaLink="false">Pod-%d</guid><description>Talk number %d</description>%s</item>'
    server.set("/a", '<rss version="2.0"><channel><title>World</title><link>http://pod.example/</link><description>d</description>%s%s</channel></rss>' % (
        item % (17, 17, 17, '<enclosure url="https://pod.example/17.mp3" length="20,004,212" type="audio/mpeg"/>'), item % (18, 18, 18, "")))
    daemon = make_daemon("base-url = https://news.example/river/", dict(a=server.url("/a"))).first_polls(state="ok")
    items = {i["title"]: i for i in json.loads(daemon.get("/feed.json").body)["items"]}
    assert items["Episode 17"]["url"] == "https://pod.example/17.mp3"
    ident = items["Episode 18"]["id"]
    assert ident.startswith("urn:uuid:") and items["Episode 18"]["url"] == "https://news.example/river/story/" + ident[9:]
    assert "World (pod.example)" in items["Episode 18"]["content_html"]
    for name in (ident, ident.replace("urn:uuid", "URN:UUID"), ident[9:]):
        assert json.loads(page(daemon, name + ".json").body)["id"] == ident[9:]
        assert "Episode 18" in page(daemon, name).body.decode()
    assert daemon.get("/story/urn:uuid:").status == 404 and daemon.get("/story/urn:uuid:x").status == 404
    etag = daemon.get("/feed.atom").headers["ETag"]
    daemon.restart()
    assert daemon.get("/feed.atom").headers["ETag"] == etag


def test_the_outlet_in_the_title(server, make_daemon):
    server.set("/a", rss("Halden Gazette", [article(1)]))
    daemon = make_daemon("[http]\noutlet-in-title = yes", dict(a=server.url("/a"))).first_polls(state="ok")
    title = "Halden Gazette: " + article(1)["title"]
    assert json.loads(daemon.get("/feed.json").body)["items"][0]["title"] == title
    assert "<title>%s</title>" % title in daemon.get("/feed.atom").body.decode()
    assert "<title>%s</title>" % title in daemon.get("/feed.rss").body.decode()


def test_no_output_makes_up_a_date(server, make_daemon):
    dated = rss("Halden Gazette", [article(1), article(2)])
    server.set("/a", re.sub("<pubDate>[^<]*</pubDate>", "", dated, count=1))
    daemon = make_daemon("", dict(a=server.url("/a"))).first_polls(state="ok")
    items = {i["title"]: i for i in json.loads(daemon.get("/feed.json").body)["items"]}
    assert "date_published" in items[article(2)["title"]]
    assert not [key for key in items[article(1)["title"]] if key.startswith("date")]
    assert daemon.get("/feed.rss").body.count(b"<pubDate>") == 1
    atom_feed = daemon.get("/feed.atom").body
    assert atom_feed.count(b"<published>") == 1 and atom_feed.count(b"</entry>") == 2
    by = re.findall('<p class="by">(.*?)</p>', daemon.get("/").body.decode())
    assert sorted("seen <span" in line for line in by) == [False, True]
