# SPDX-License-Identifier: ISC
"""One article in three feeds of three formats: the way of an item from end to end."""
import json
import xml.etree.ElementTree as ET

from harness import wait_for
from samples import FORMATS, article, atom, jsonfeed, rss

ATOM = "{http://www.w3.org/2005/Atom}"


def serve_three(server, articles):
    feeds = {}
    for (make, content_type), name in zip(FORMATS, ("alpha", "bravo", "charlie")):
        server.set("/" + name, make(name.capitalize() + " News", articles, name), content_type)
        feeds[name] = dict(url=server.url("/" + name), categories="sea, " + name)
    return feeds


def test_one_entry_three_sources(server, make_daemon):
    daemon = make_daemon("", serve_three(server, [article(1)])).start()
    stream = daemon.stream(dict(since="0", events=["new", "copy", "updated"]))
    events = stream.read_events(3)
    assert sorted(e["event"] for e in events) == ["copy", "copy", "new"]
    assert events[0]["event"] == "new"
    assert {e["item"]["feed"] for e in events} == {"alpha", "bravo", "charlie"}
    assert len({e["story"]["id"] for e in events}) == 1
    assert events[2]["story"]["sources"] == 3
    assert [int(e["cursor"]) for e in events] == sorted({int(e["cursor"]) for e in events})

    root = ET.fromstring(daemon.get("/feed.atom").body)
    entries = root.findall(ATOM + "entry")
    assert len(entries) == 1
    content = entries[0].find(ATOM + "content").text
    named = {n for n in ("Alpha News", "Bravo News", "Charlie News")
             if n in content or n == entries[0].find(ATOM + "source").find(ATOM + "title").text}
    assert len(named) == 3
    items = ET.fromstring(daemon.get("/feed.rss").body).findall("channel/item")
    assert len(items) == 1 and items[0].find("source").text.endswith(" News")
    feed = json.loads(daemon.get("/feed.json").body)
    assert len(feed["items"]) == 1
    assert {r["source"] for r in feed["items"][0]["_sitrep"]["reports"]} == {"Alpha News", "Bravo News", "Charlie News"}

    # The same bytes again change nothing; a changed text is an update of that outlet's item.
    before = daemon.get("/feed.atom")
    assert all(a["progress"]["result"] == "unchanged" for a in daemon.refresh() if "progress" in a)
    assert daemon.get("/feed.atom").headers["ETag"] == before.headers["ETag"]
    server.set("/bravo", atom("Bravo News", [article(1, text="<p>The squadron has turned back because of the storm, "
                                                             "the ministry said late on Monday evening.</p>")], "bravo"))
    daemon.refresh("bravo")
    updated = stream.read_events(1)[0]
    assert updated["event"] == "updated" and updated["item"]["feed"] == "bravo"
    assert "storm" in updated["item"]["summary"]


def test_category_feeds(server, make_daemon):
    daemon = make_daemon("", serve_three(server, [article(1), article(2)])).start()
    daemon.stream(dict(since="0", events=["new", "copy"])).read_events(6)
    assert len(ET.fromstring(daemon.get("/category/sea.atom").body).findall(ATOM + "entry")) == 2
    assert len(json.loads(daemon.get("/category/charlie.json").body)["items"]) == 2
    assert daemon.get("/category/nothing.atom").status == 404


def test_changing_guids_and_links_bring_no_old_text_back(server, make_daemon):
    daemon = make_daemon("", dict(a=server.set("/a", rss("A", [article(1), article(2)], "first")))).start()
    stream = daemon.stream(dict(since="0"))
    assert [e["event"] for e in stream.read_events(2)] == ["new", "new"]
    for poll in range(3):
        moved = [dict(article(n), link="http://outlet.example/%d?session=%d" % (n, poll), guid="p%d-%d" % (poll, n))
                 for n in (1, 2)]
        server.set("/a", rss("A", moved, "again"))
        daemon.refresh("a")
    server.set("/a", rss("A", [article(3)], "first"))
    daemon.refresh("a")
    assert stream.read_events(1)[0]["item"]["title"] == article(3)["title"]


def test_alert(server, make_daemon):
    config = """
[alert "boats"]
match = (submarine* OR frigate) AND drills NOT "video game"
priority = high
"""
    server.set("/a", rss("A", [article(1, text="<p>Nothing of the kind, only a long text on budgets and pensions.</p>")]))
    daemon = make_daemon(config, dict(a=server.url("/a"))).first_polls(state="ok")
    stream = daemon.stream(dict(events=["alert"]))
    server.set("/a", rss("A", [article(2, text="<p>The <b>Frigate</b> squadron began anti-submarine drills off Halden "
                                               "today, the ministry told reporters.</p>")]))
    daemon.refresh("a")
    alert = stream.read_events(1)[0]
    assert alert["alert"]["name"] == "boats" and alert["alert"]["priority"] == "high"
    assert "frigate" in alert["alert"]["terms"]
    assert alert["item"]["title"] == article(2)["title"]
    assert len(ET.fromstring(daemon.get("/alert/boats.atom").body).findall(ATOM + "entry")) == 1


def test_output_feed(server, make_daemon):
    config = '[output "hush"]\ntitle = Hush\nmatch = feed:bravo AND title:exercise\n'
    daemon = make_daemon(config, serve_three(server, [article(1)])).start()
    daemon.stream(dict(since="0", events=["new", "copy"])).read_events(3)
    feed = json.loads(daemon.get("/output/hush.json").body)
    assert feed["title"].endswith("Hush") and len(feed["items"]) == 1


def test_a_server_may_send_only_what_is_new(server, make_daemon):
    """RFC 3229 with feed: what is not in such an answer is not gone, and its validator is the next one's."""
    asked = []

    def answer(handler):
        asked.append((handler.headers.get("If-None-Match"), handler.headers.get("A-IM")))
        if handler.headers.get("If-None-Match") == '"1"':
            assert handler.headers.get("A-IM") == "feed"
            return server.send(handler, 226, {"IM": "feed", "ETag": '"2"', "Content-Type": "application/rss+xml"},
                               rss("Alpha", [article(9)]).encode())
        if handler.headers.get("If-None-Match") == '"2"':
            return server.send(handler, 304, {}, b"")
        return server.send(handler, 200, {"ETag": '"1"', "Content-Type": "application/rss+xml"},
                           rss("Alpha", [article(n) for n in range(3)]).encode())
    daemon = make_daemon("", dict(a=dict(url=server.set("/a", answer), interval="250ms"))).start()
    wait_for(lambda: ('"2"', "feed") in asked, "the third poll")
    assert asked[0] == (None, None) and asked[1] == ('"1"', "feed")
    titles = [entry["title"] for entry in json.loads(daemon.get("/feed.json").body)["items"]]
    assert len(titles) == 4 and article(9)["title"] in titles


def test_sources_are_counted_by_publisher(server, make_daemon):
    """Two feeds of one site, two of one house by the operator's word, one that names its outlet, one of its own."""
    story = article(1)
    aggregated = rss("Aggregator", [story], "aggregator").replace(
        "<guid", '<source url="http://www.cove.example/rss">Cove</source><guid', 1)
    documents = {
        "anchor": rss("Anchor", [story], "www.anchor"), "anchor-ships": rss("Anchor ships", [story], "ships.anchor"),
        "bollard": rss("Bollard", [story], "bollard"), "buoy": atom("Buoy", [story], "buoy"),
        "cove": rss("Cove", [story], "cove"), "aggregator": aggregated,
        "dock": rss("Dock", [story], "dock")}
    feeds = {}
    for name, document in documents.items():
        server.set("/" + name, document, "application/atom+xml" if name == "buoy" else "application/rss+xml")
        feeds[name] = dict(url=server.url("/" + name), interval="1h")
    feeds["bollard"]["publisher"] = feeds["buoy"]["publisher"] = "Harbour House"
    daemon = make_daemon("", feeds).start()
    with_stream = daemon.stream(dict(since="0", events=["new", "copy"]))
    events = with_stream.read_events(len(documents))
    assert [e["event"] for e in events] == ["new"] + ["copy"] * 6
    assert events[-1]["story"]["reports"] == 7 and events[-1]["story"]["sources"] == 4
