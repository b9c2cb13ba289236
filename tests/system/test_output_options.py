# SPDX-License-Identifier: ISC
"""Feeds by configuration: which entries, how much of them, under which names."""
import json
import xml.etree.ElementTree as ET
from urllib.parse import quote

import valid
from harness import wait_for
from samples import article, atom, rss

BASE = "https://desk.example"
ATOM = valid.ATOM
OUTPUTS = """base-url = %s/

[output "Brief"]
match = frigate
per = item
text = headline
ids = own
author = Harbour & desk
icon = https://desk.example/icon.png
rights = For the <desk> only

[output "sea"]
text = summary
entries = 3
""" % BASE
LONG = article(1, text="<p>%s</p><p>The end of a long report.</p>" % " ".join("The frigate reported %d contacts off Halden." % n for n in range(200)))


def start(server, make_daemon, config=OUTPUTS):
    """The first article is run by all three outlets, of which two belong to one publisher."""
    server.set("/a", rss("Alpha", [LONG] + [article(n) for n in range(2, 6)], "alpha"))
    server.set("/b", rss("Bravo", [LONG, article(7)], "bravo"))
    server.set("/c", atom("Charlie", [LONG], "charlie"))
    daemon = make_daemon(config, {
        "a": dict(url=server.url("/a"), categories="Naval, us", rank="1"),
        "B": dict(url=server.url("/b"), categories="naval", publisher="Wire & Co"),
        "c": dict(url=server.url("/c"), categories="air", publisher="wire & co")}).first_polls(state="ok")
    return daemon


def test_outputs(server, make_daemon):
    daemon = start(server, make_daemon)
    every = valid.feeds(daemon, BASE, "/feed")
    brief, sea = valid.feeds(daemon, BASE, "/output/Brief"), valid.feeds(daemon, BASE, "/output/sea")
    # an entry a report, and ids that no other feed has
    assert len(every) == 6 and len(brief) == 8 and len(sea) == 3
    assert sum(title == LONG["title"] for _, title, _ in brief) == 3
    assert {e[0] for e in sea} < {e[0] for e in every} and not {e[0] for e in brief} & {e[0] for e in every}
    assert len({e[0] for e in brief}) == 8
    full, short, none = [ET.fromstring(daemon.get(p + ".atom").body) for p in ("/feed", "/output/sea", "/output/Brief")]
    lengths = [max(len(c.text) for c in root.iter(ATOM + "content")) for root in (full, short, none)]
    assert lengths[0] > 8000 and lengths[1] < 4000 and lengths[2] < 400, lengths
    assert not list(none.iter(ATOM + "summary")) and "Outlet: " in next(none.iter(ATOM + "content")).text
    # what the output says of itself
    assert none.findtext("%sauthor/%sname" % (ATOM, ATOM)) == "Harbour & desk"
    assert none.findtext(ATOM + "icon") == "https://desk.example/icon.png" and "only" in none.findtext(ATOM + "rights")
    channel = ET.fromstring(daemon.get("/output/Brief.rss").body).find("channel")
    assert channel.findtext("image/url") == "https://desk.example/icon.png" and "desk" in channel.findtext("copyright")
    feed = json.loads(daemon.get("/output/Brief.json").body)
    assert feed["authors"] == [{"name": "Harbour & desk"}] and feed["icon"] == "https://desk.example/icon.png"
    assert feed["_sitrep"] == {"rights": "For the <desk> only"} and "summary" not in feed["items"][0]


def test_feeds_of_a_feed_and_of_a_publisher(server, make_daemon):
    daemon = start(server, make_daemon)
    title = [LONG["title"]]
    assert sorted(e[1] for e in valid.feeds(daemon, BASE, "/feed/B")) == sorted(title + [article(7)["title"]])
    assert [e[1] for e in valid.feeds(daemon, BASE, "/feed/c")] == title
    assert len(valid.feeds(daemon, BASE, "/publisher/alpha.example")) == 5
    # configured, in two spellings
    wire = "/publisher/Wire%20&%20Co"
    answer = daemon.get(wire + ".atom")
    assert answer.status == 200 and len(ET.fromstring(answer.body).findall(ATOM + "entry")) == 2
    assert daemon.get("/feed/nobody.atom").status == 404 and daemon.get("/publisher/example.atom").status == 404


def test_a_name_in_another_case_leads_to_the_name(server, make_daemon):
    daemon = start(server, make_daemon)
    for asked, name in (("/output/BRIEF.atom", "./Brief.atom"), ("/output/Sea.json", "./sea.json"), ("/feed/b.rss", "./B.rss"),
                        ("/category/NAVAL.atom", "./naval.atom"), ("/publisher/WIRE%20%26%20CO.rss", "./Wire%20%26%20Co.rss")):
        answer = daemon.get(asked)
        assert (answer.status, answer.headers["Location"]) == (301, name)
        assert daemon.get(asked.rsplit("/", 1)[0] + name[1:]).status == 200
    # both spellings are in the configuration, and each has its address
    assert daemon.get("/category/naval.atom").status == daemon.get("/category/Naval.atom").status == 200
    assert daemon.get("/output/none.atom").status == 404


def search(daemon, path, rule):
    return daemon.get("%s?q=%s" % (path, quote(rule)))


def test_a_rule_in_the_address(server, make_daemon):
    daemon = start(server, make_daemon)
    for rule, count in (("contacts", 1), ("frigate", 6), ("frigate AND sources>=2", 1), ("squadron NOT contacts", 5), ("category:air", 1), ("feed:B", 2),
                        ('title:"number 7"', 1), ("submarine* AND lang:de", 0), ("what?", 0)):
        for form, check in valid.CHECKS.items():
            answer = search(daemon, "/feed." + form, rule)
            assert answer.status == 200, rule
            assert len(check(answer.body, "%s/feed.%s?q=%s" % (BASE, form, quote(rule, safe="")))) == count, rule
    # within another selection, from memory, and under another id
    assert len(ET.fromstring(search(daemon, "/category/air.atom", "frigate").body).findall(ATOM + "entry")) == 1
    first = search(daemon, "/feed.atom", "contacts")
    assert search(daemon, "/feed.atom", "contacts").headers["ETag"] == first.headers["ETag"]
    assert ET.fromstring(first.body).findtext(ATOM + "id") != ET.fromstring(daemon.get("/feed.atom").body).findtext(ATOM + "id")
    assert ET.fromstring(first.body).findtext(ATOM + "title").endswith(": contacts")


def test_a_rule_in_the_address_that_is_refused(server, make_daemon):
    daemon = start(server, make_daemon)
    for rule, words in (("(frigate OR", "expected"), ("NOT frigate", ""), ("/fri.*/", "regular expressions"), ("$navy", ""), ('list "/etc/passwd" >= 1', ""), ("", ""),
                        (" OR ".join("word%d" % n for n in range(65)), "more than 64 terms"), ("x" * 1025, "longer than 1024")):
        answer = search(daemon, "/feed.atom", rule)
        assert answer.status == 400 and words in answer.body.decode() and b"root:" not in answer.body, rule
    shown = search(daemon, "/feed.json", "frigate AND (dprk OR").body.decode().splitlines()
    assert len(shown) == 3 and "frigate AND (dprk OR" in shown[1] and shown[2].strip() == "^"


def test_an_entry_tells_of_the_whole_story(server, make_daemon):
    daemon = start(server, make_daemon)
    entry = [e for e in ET.fromstring(daemon.get("/feed.atom").body).iter(ATOM + "entry") if e.findtext(ATOM + "title") == LONG["title"]][0]
    assert [c.get("term") for c in entry.findall(ATOM + "category")] == ["Naval", "us", "air"]
    item = [i for i in json.loads(daemon.get("/feed.json").body)["items"] if i["title"] == LONG["title"]][0]
    own, story = item["_sitrep"], json.loads(daemon.get("/story/%s.json" % item["id"]).body)
    # the same names with the same values at both addresses
    for name in ("id", "url", "sources", "report_count", "first_seen", "last_seen"):
        assert own[name] == story[name], name
    assert own["url"] == "%s/story/%s" % (BASE, own["id"]) and item["tags"] == ["Naval", "us", "air"]
    for ours in own["reports"]:
        theirs = [r for r in story["reports"] if r["id"] == ours["id"]][0]
        assert {name: theirs[name] for name in ours if name != "url"} == {name: ours[name] for name in ours if name != "url"}


def test_what_moves_updated(server, make_daemon):
    """A report that joins moves it only by configuration; a change of the text always does."""
    for option, joins in (("change", False), ("sources", True)):
        first = article(1)
        server.set("/a", rss("Alpha", [first], "alpha"))
        server.set("/b", rss("Bravo", [], "bravo"))
        daemon = make_daemon("base-url = %s\n[http]\nupdated = %s" % (BASE, option), dict(a=server.url("/a"), b=server.url("/b"))).start()
        stream = daemon.stream(dict(since="0", events=["new", "copy", "updated"]))
        stream.read_events(1)
        # a refresh of a feed that is being polled does not poll it again
        wait_for(lambda: all(f["state"] == "ok" for f in daemon.feeds().values()), "the first polls")
        before = valid.feeds(daemon, BASE, "/feed")
        server.set("/b", rss("Bravo", [first], "bravo"))
        daemon.refresh("b")
        stream.read_events(1)
        joined = valid.feeds(daemon, BASE, "/feed")
        assert (joined != before) == joins and [e[0] for e in joined] == [e[0] for e in before]
        server.set("/a", rss("Alpha", [dict(first, text=first["text"].replace("anti-submarine drills", "missile firings off the coast of Norway"))], "alpha"))
        daemon.refresh("a")
        stream.read_events(1)
        assert valid.feeds(daemon, BASE, "/feed")[0][2] > before[0][2]
        daemon.stop()


def test_a_source_named_by_its_address_keeps_its_secret(server, make_daemon):
    """Some feeds give the address that they were fetched from as their id."""
    for secret in ("/s?token=dc7b9a1f00c3", "/u/9f86d081884c7d659a2feaa0c55ad015a3bf4f1b/feed"):
        address = server.url(secret)
        server.set(secret, atom("Secret", [article(1)], "s").replace("<id>tag:s.example</id>", "<id>%s</id>" % address, 1))
        daemon = make_daemon("base-url = %s" % BASE, {"s": dict(url=address, **{"public-url": "https://public.example/feed"})}).first_polls(state="ok")
        feed = daemon.get("/feed.atom").body.decode()
        assert "<id>https://public.example/feed</id>" in feed and address not in feed
        daemon.stop()
