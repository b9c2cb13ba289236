# SPDX-License-Identifier: ISC
"""Subscription lists: a feed of a list is its address, and our own list read back changes nothing."""
import html
import re
import subprocess

import pytest

from harness import BUILD, wait_for
from samples import article, rss


def outlines(*feeds):
    """feeds: (title, url)"""
    return "".join('<outline type="rss" text="%s" xmlUrl="%s"/>\n' % (html.escape(t), html.escape(u)) for t, u in feeds)


def write(daemon, body):
    (daemon.folder / "list.opml").write_text('<opml version="2.0"><body>\n%s</body></opml>' % body, encoding="utf-8")


@pytest.fixture
def reader(server, make_daemon):
    """A daemon with three feeds out of a list, in three scripts, each with an item of its own."""
    for n, path in enumerate(("kcna", "zvezda", "difaa", "plan")):
        server.set("/" + path, rss(path, [article(n)], prefix=path))
    daemon = make_daemon("opml = list.opml")
    write(daemon, outlines(("조선중앙통신", server.url("/kcna")), ("Звезда", server.url("/zvezda")),
                           ("الدفاع", server.url("/difaa"))))
    daemon.start()
    polled(daemon, 3)
    return daemon


def polled(daemon, count):
    wait_for(lambda: [f["state"] for f in daemon.feeds().values()] == ["ok"] * count, "the polls")


def items(daemon):
    """What is published: link of the item -> feed's name and item's id."""
    found = {}
    for event in events(daemon):
        if "item" in event:
            found[event["item"]["link"]] = (event["item"]["feed"], event["item"]["id"])
    return found


def events(daemon, since="0"):
    stream = daemon.stream()
    cursor = int(stream.hello["cursor"])
    stream.send(dict(op="subscribe", since=since))
    got = []
    while cursor > int(since) and (not got or int(got[-1].get("cursor", 0)) < cursor):
        event = stream.read()
        if event["event"] != "subscribed":
            got.append(event)
    return got


def reload(daemon):
    answers = daemon.control(op="reload")
    assert answers[-1] == {"done": True}, answers
    return answers[0].get("changes", [])


def test_names_in_any_script(reader):
    assert sorted(reader.feeds()) == sorted(["조선중앙통신", "звезда", "الدفاع"])
    assert reader.run("refresh", "звезда").stdout


def test_taking_out_the_first_gives_nobody_anothers_items(reader, server):
    before = items(reader)
    assert [before["http://outlet.example/%d" % n][0] for n in range(3)] == ["조선중앙통신", "звезда", "الدفاع"]
    cursor = reader.stream().hello["cursor"]
    write(reader, outlines(("국방", server.url("/plan")), ("الدفاع", server.url("/difaa")),
                           ("Звезда: новости", server.url("/zvezda"))))
    changes = reload(reader)
    assert "feed звезда was renamed to звезда-новости" in changes
    polled(reader, 3)
    after = items(reader)
    # ids stay, also of the renamed one, and of the one that left
    assert {link: i for link, (_, i) in after.items() if link in before} == {link: i for link, (_, i) in before.items()}
    assert [after["http://outlet.example/%d" % n][0] for n in range(3)] == ["조선중앙통신", "звезда-новости", "الدفاع"]
    server.set("/zvezda", rss("zvezda", [article(1), article(11)], prefix="zvezda"))
    reader.refresh("звезда-новости")
    news = [e for e in events(reader, cursor) if e["event"] == "new"]
    assert [e["item"]["feed"] for e in news if not e.get("backlog")] == ["звезда-новости"]


def test_names_stay_when_others_come_and_go(server, make_daemon):
    """A feed of a list is renamed for nobody else's sake: not at a reload, and not at a start."""
    for path in "abcd":
        server.set("/" + path, rss("Own title", [article(ord(path))], prefix=path))
    a, b, c, d = (server.url("/" + path) for path in "abcd")
    daemon = make_daemon("opml = list.opml")
    write(daemon, outlines(("News", a)))
    daemon.start()

    def names():
        return {f["url"][-1]: n for n, f in daemon.feeds().items()}
    polled(daemon, 1)
    assert names() == dict(a="news")
    write(daemon, outlines(("News", b), ("News", a)))
    assert [change for change in reload(daemon) if "called" in change] == []
    polled(daemon, 2)
    first = names()
    assert first["a"] == "news" and first["b"] == "news-127-0-0-1"
    write(daemon, outlines(("News", d), ("News", c), ("News", b), ("News", a)))
    reload(daemon)
    polled(daemon, 4)
    four = names()
    assert len(set(four.values())) == 4 and {k: four[k] for k in "ab"} == first
    daemon.restart()
    assert names() == four
    # the first one leaves, another gets a title of its own
    write(daemon, outlines(("News", c), ("News", b), ("Sea news", d)))
    changes = reload(daemon)
    assert [change for change in changes if "renamed" in change] == ["feed %s was renamed to sea-news" % four["d"]]
    left = dict(b=four["b"], c=four["c"], d="sea-news")
    assert names() == left
    daemon.restart()
    assert names() == left


def test_own_list_read_back(server, make_daemon):
    for path in ("a", "b", "c?a=1&b=2", "d", "e?x=1&y=2"):
        server.set("/" + path, rss("Own title of " + path, [article(ord(path[0]))], prefix=path[0]))
    url = server.url("/")
    daemon = make_daemon("opml = list.opml", dict(mine=dict(url=url + "e?x=1&y=2", categories="us, air")))
    write(daemon, '<outline text="Asia &amp; Pacific/naval, sea"><outline text="Deep">%s</outline></outline>'
                  '<outline text="防衛">%s</outline>%s<outline text="in &quot;quotes&quot; &lt;" xmlUrl="%sc?a=1&b=2"/>'
          % (outlines(("News", url + "a")), outlines(("News", url + "a"), ("防衛ニュース", url + "b")),
             outlines(("News", url + "d")), url))
    daemon.start()
    polled(daemon, 5)
    before, cursor = daemon.feeds(), daemon.stream().hello["cursor"]
    text = daemon.get("/opml").body.decode()
    assert "category=" not in text
    assert re.search(r'<outline text="Asia &amp; Pacific/naval, sea">\s*<outline text="Deep">\s*<outline type="rss"', text)
    (daemon.folder / "list.opml").write_text(text, encoding="utf-8")
    assert reload(daemon) == []
    # the section as well can be left to the list
    daemon.write_config("opml = list.opml", {})
    assert reload(daemon) == []
    assert daemon.get("/opml").body.decode() == text
    assert {n: (f["title"], f["url"]) for n, f in daemon.feeds().items()} == \
        {n: (f["title"], f["url"]) for n, f in before.items()}
    assert events(daemon, cursor) == []


def test_faults_are_warnings(server, make_daemon):
    server.set("/a", rss("A", [article(1)]))
    daemon = make_daemon("opml = list.opml")
    write(daemon, '<outline text="Army & Navy" xmlUrl="%s"/>\n<outline text="x" xmlUrl="exec:/bin/true"/>\n'
          '<outline text="y" type="rss"/>' % server.url("/a?x=1&y=2"))
    command = [str(BUILD / "sitrepd"), "-c", str(daemon.config_path), "--check"]
    check = subprocess.run(command, capture_output=True, text=True)
    assert check.returncode == 0 and "good, 1 feeds" in check.stdout
    assert re.search(r"list\.opml:3: warning: the outline is left out: url = exec:/bin/true", check.stderr)
    assert re.search(r"list\.opml:4: warning: the outline is left out: it has no xmlUrl", check.stderr)
    daemon.start()
    assert "list.opml:3: warning" in daemon.log()
    reload(daemon)
    wait_for(lambda: daemon.log().count("list.opml:4: warning") == 2, "the warning of the reload")


def test_address_with_a_secret_in_its_path(tmp_path):
    """A path is shown everywhere; the check asks for a public-url where it looks like a secret."""
    path = tmp_path / "c.conf"
    secret = "https://a.example/feed/k9F3xQ7zZ1mB5tR8vN2cW4pL/rss"
    path.write_text("""[feed "told"]
url = %s
[feed "plain"]
url = https://a.example/arc/outboundfeeds/rss/category/global/
[feed "shown"]
url = %s
public-url = https://a.example/
""" % (secret, secret + "2"), encoding="utf-8")
    check = subprocess.run([str(BUILD / "sitrepd"), "-c", str(path), "--check"], capture_output=True, text=True)
    assert check.returncode == 0 and "good, 3 feeds" in check.stdout, check.stderr
    assert len(check.stderr.splitlines()) == 1 and "warning: feed told: the path of its address" in check.stderr


def test_rules_that_may_mean_something_else(tmp_path):
    path = tmp_path / "c.conf"
    path.write_text("""[feed "Usni"]
url = https://a.example/
interval = 15
categories = Naval, Überwasser
[alert "good"]
match = feed:usni AND (feed:us* OR category:NAVAL OR category:überw*) title:"and or not" and
[alert "operators"]
match = frigate and (harbour or port) Not drill
[alert "begins"]
match = (not harbour) frigate
[alert "quotes"]
match = \u201cnorth korea\u201d OR \u2018south korea\u2019
[output "names"]
match = feed:usn OR category:nav OR feed:nosuch* OR NOT (category:x y) z
[poll]
default = 900
""", encoding="utf-8")
    check = subprocess.run([str(BUILD / "sitrepd"), "-c", str(path), "--check"], capture_output=True, text=True)
    assert check.returncode == 0 and "good" in check.stdout, check.stderr
    told = [line.split(":", 1)[1] for line in check.stderr.splitlines() if not line.startswith(" ")]
    assert [t for t in told if t.startswith(("6:", "2:"))] == []
    expected = ['3: warning: interval = 15: a number without a unit is read as seconds',
                '8: warning: match: at column 9: "and" is a word here, the operator is AND',
                '8: warning: match: at column 22: "or" is a word here, the operator is OR',
                '8: warning: match: at column 31: "Not" is a word here, the operator is NOT',
                '10: warning: match: at column 2: "not" is a word here',
                '12: warning: match: at column 1: found curly quotation marks',
                '12: warning: match: at column 18: found curly quotation marks',
                '14: warning: match: at column 1: feed:usn names no feed',
                "14: warning: match: at column 13: category:nav is no feed's category",
                '14: warning: match: at column 29: feed:nosuch* names no feed',
                "14: warning: match: at column 50: category:x is no feed's category",
                '16: warning: default = 900: a number without a unit is read as seconds']
    assert len(told) == len(expected), check.stderr
    for found, wanted in zip(told, expected):
        assert found.startswith(wanted), (found, wanted)
