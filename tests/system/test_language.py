# SPDX-License-Identifier: ISC
"""The language of an item, as it was declared somewhere: in all outputs, on the stream, and for rules."""
import ctypes
import json
import re
import xml.etree.ElementTree as ET

from samples import article, jsonfeed, rss

LANG = "{http://www.w3.org/XML/1998/namespace}lang"
ATOM = "{http://www.w3.org/2005/Atom}"


def detects():
    try:
        return bool(ctypes.CDLL("libcld2.so.0"))
    except OSError:
        return False


def entry(n, lang="", content_lang=""):
    return ('<entry%s><id>urn:x:%d</id><title>Entry %d</title><link href="http://x.example/%d"/><updated>2026-11-23T10:00:00Z</updated>'
            '<content%s>Words of entry number %d and its harbour</content></entry>' % (lang, n, n, n, content_lang, n))


def test_undeclared_language_is_detected(server, make_daemon):
    """Where libcld2 is installed; a declared language counts before what the text looks like."""
    texts = {1: ("Les chasseurs de mines quittent l'estuaire",
                 "Ils cherchent des mines au large du cap, annonce la préfecture maritime ce matin."),
             2: ("Minehunters leave the estuary", "They look for drifting mines off the northern cape, the harbour office says.")}
    server.set("/nothing", rss("Desk", [dict(article(n), title=title, text=text) for n, (title, text) in texts.items()], "a"))
    server.set("/declared", rss("Desk", [dict(article(3), title="La marine reçoit une frégate", text="Le chantier naval a livré hier la dernière "
                                                              "frégate de la série, sans cérémonie.")], "b")
               .replace("<description>x", "<language>nl</language><description>x", 1))
    daemon = make_daemon('[output "french"]\nmatch = lang:fr',
                         {name: server.url("/" + name) for name in ("nothing", "declared")}).first_polls(state="ok")
    items = json.loads(daemon.get("/output/french.json").body)["items"]
    assert [i["title"] for i in items] == ([texts[1][0]] if detects() else [])


def test_language_is_kept(server, make_daemon):
    server.set("/atom", '<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en"><title>Atom desk</title><id>urn:x</id><updated>2026-11-23T10:00:00Z</updated>'
               + entry(1) + entry(2, ' xml:lang="fr-CA"') + entry(3, "", ' xml:lang="de"') + "</feed>", "application/atom+xml")
    server.set("/rss", rss("Korean desk", [dict(article(4), title="Entry 4")], "rss").replace("<description>x", "<language>ko_KR</language><description>x", 1))
    server.set("/header", rss("Silent desk", [dict(article(5), title="Entry 5")], "silent"), headers={"Content-Language": "ru"})
    server.set("/nothing", rss("Nobody's desk", [dict(article(6), title="Entry 6")], "nobody"))
    feed = json.loads(jsonfeed("Json desk", [dict(article(n), title="Entry %d" % n) for n in (7, 8)]))
    feed["language"] = "ja"
    feed["items"][1]["language"] = "zh-Hant"
    server.set("/json", json.dumps(feed), "application/feed+json")
    expected = {1: "en", 2: "fr-CA", 3: "de", 4: "ko-KR", 5: "ru", 6: "en" if detects() else None, 7: "ja", 8: "zh-Hant"}
    daemon = make_daemon('[output "french"]\nmatch = lang:fr\n[output "rest"]\nmatch = entry NOT (lang:fr OR lang:zh-hant OR lang:k*)',
                         {name: server.url("/" + name) for name in ("atom", "rss", "header", "nothing", "json")}).first_polls(state="ok")

    def number(title):
        return int(title.split()[1])

    items = json.loads(daemon.get("/feed.json").body)["items"]
    assert {number(i["title"]): i.get("language") for i in items} == expected
    atom_feed = ET.fromstring(daemon.get("/feed.atom").body)
    assert {number(e.findtext(ATOM + "title")): e.get(LANG) for e in atom_feed.iter(ATOM + "entry")} == expected
    rss_feed = ET.fromstring(daemon.get("/feed.rss").body)
    assert {number(i.findtext("title")): i.findtext("{http://purl.org/dc/elements/1.1/}language") for i in rss_feed.iter("item")} == expected
    page = daemon.get("/").body.decode()
    heads = re.findall(r'<h3(?: lang="([^"]*)")?>.*?(Entry \d)', page)
    # the page itself is in English
    assert {number(title): lang or None for lang, title in heads} == {n: None if lang == "en" else lang for n, lang in expected.items()}
    assert len(re.findall(r'<p class="sum" lang=', page)) == (7 if detects() else 6)
    uid = next(i["id"] for i in items if i["title"] == "Entry 2")
    assert '<h1 lang="fr-CA">' in daemon.get("/story/" + uid).body.decode()
    assert json.loads(daemon.get("/story/%s.json" % uid).body)["reports"][0]["language"] == "fr-CA"

    def titles(name):
        return {number(i["title"]) for i in json.loads(daemon.get("/output/%s.json" % name).body)["items"]}

    assert titles("french") == {2} and titles("rest") == {1, 3, 5, 6, 7}
    stream = daemon.stream(dict(since="0", match="lang:fr OR lang:ru"))
    told = [stream.read_until("new")["item"] for _ in range(2)]
    assert {(number(i["title"]), i["language"]) for i in told} == {(2, "fr-CA"), (5, "ru")}
