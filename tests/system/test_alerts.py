# SPDX-License-Identifier: ISC
"""The life of alerts in the running daemon: raised, revised in place, escalated, closed and opened again, over kills."""
import json
import os
import random
import subprocess
import time
from xml.etree import ElementTree

from harness import BUILD, wait_for
from samples import article, rss
from test_quiet import WORDS, play, telling

FAST = "[poll]\nmin = 1s"
TEXT = ("<p>The frigate squadron left the naval base at Halden with %d ships on Monday for a week of anti-submarine drills with two "
        "allied navies, the ministry said in a long statement that named every one of the ships and their captains.</p>")
OUTLETS = "abcd"
DAY = 24 * 3600 * 1000


def rule(options=""):
    return '\n[alert "ships"]\nmatch = frigate\n' + options


def post(server, outlet, ships, n=1):
    one = dict(article(n, title="Squadron leaves Halden for drills", text=TEXT % ships), link="http://%s.example/%d" % (outlet, n))
    server.set("/" + outlet, rss("Outlet " + outlet, [one], prefix=outlet))


def start(server, make_daemon, options, outlets=OUTLETS):
    """Feeds of as many publishers, polled once, and the stream of alerts."""
    for outlet in outlets:
        server.set("/" + outlet, rss("Outlet " + outlet, [], prefix=outlet))
    feeds = {o: dict(url=server.url("/" + o), interval="300ms", publisher=o) for o in outlets}
    daemon = make_daemon(FAST + rule(options), feeds).first_polls()
    return daemon, daemon.stream(dict(since="oldest", events=["alert"])), feeds


def seen(event):
    alert = event["alert"]
    return alert["id"], alert["revision"], tuple(alert["why"]), alert["priority"], alert["state"]


def test_a_life_over_kills(server, make_daemon):
    daemon, stream, _ = start(server, make_daemon, "revise-after = 1s\nclose-after = 1h\nescalate = 4 publishers in 1h\n")
    post(server, "a", 17)
    first = stream.read_until("alert")
    assert seen(first) == ("1", 1, ("raised",), "normal", "open") and first["alert"]["terms"] == ["frigate"]
    assert first["alert"]["first"] == first["alert"]["last"] and first["alert"]["publishers"] == 1
    daemon.kill()
    post(server, "b", 17)
    daemon.start()
    stream = daemon.stream(dict(since=first["cursor"], events=["alert"]))
    second = stream.read_until("alert")
    assert seen(second) == ("1", 2, ("source",), "normal", "open") and second["alert"]["publishers"] == 2
    assert second["alert"]["first"] == first["alert"]["first"] and second["story"]["id"] == first["story"]["id"]
    for outlet in "cd":
        post(server, outlet, 17)
    third = stream.read_until("alert")
    assert third["alert"]["id"] == "1" and third["alert"]["priority"] == "high" and "escalated" in third["alert"]["why"]
    daemon.kill()
    post(server, "a", 23)
    daemon.start()
    stream = daemon.stream(dict(since=third["cursor"], events=["alert"]))
    fourth = stream.read_until("alert")
    assert seen(fourth) == ("1", 4, ("numbers",), "high", "open")
    command = [str(BUILD / "sitrep"), "-c", str(daemon.config_path), "tail", "--since", "oldest", "--event", "alert"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as tail:
        lines = [tail.stdout.readline() for _ in range(8)]
        tail.terminate()
    for line, text in zip(lines[::2], ("ALERT ships (normal)  Outlet a: Squadron", "revised  ships (normal): source  Outlet b",
                                       "ALERT ships (high): ", "revised  ships (high): numbers  Outlet a")):
        assert text in line, lines


def test_it_closes_by_itself_and_opens_again(server, make_daemon):
    daemon, stream, _ = start(server, make_daemon, "revise-after = 1h\nclose-after = 4s\n")
    post(server, "a", 17)
    assert seen(stream.read_until("alert")) == ("1", 1, ("raised",), "normal", "open")
    closed = stream.read_until("alert")
    assert seen(closed) == ("1", 2, ("closed",), "normal", "closed") and closed["item"]["feed"] == "a"
    post(server, "b", 17)
    assert seen(stream.read_until("alert")) == ("1", 3, ("reopened",), "normal", "open")


def test_repeat_item_and_update(server, make_daemon):
    each = '\n[alert "each"]\nmatch = frigate\nrepeat = item\nrevise-after = 1h\n'
    again = '\n[alert "again"]\nmatch = frigate\nrepeat = update\nrevise-after = 1h\n'
    daemon, stream, feeds = start(server, make_daemon, "revise-after = 1h\n" + each + again)
    post(server, "a", 17)
    assert {e["alert"]["name"] for e in stream.read_events(3)} == {"ships", "each", "again"}
    post(server, "b", 17)
    other = stream.read_until("alert")
    assert other["alert"]["name"] == "each" and other["alert"]["revision"] == 1 and other["item"]["feed"] == "b"
    post(server, "a", 23)
    changed = stream.read_until("alert")["alert"]
    assert changed["name"] == "again" and changed["revision"] == 1 and changed["why"] == ["raised", "updated"]
    assert int(changed["id"]) > int(changed["replaces"])


def test_a_removed_rule_closes_its_alerts(server, make_daemon):
    daemon, stream, feeds = start(server, make_daemon, "")
    post(server, "a", 17)
    assert stream.read_until("alert")["alert"]["id"] == "1"
    daemon.reload(FAST + rule().replace("ships", "renamed"), feeds)
    closed = stream.read_until("alert")["alert"]
    assert (closed["id"], closed["name"], closed["state"]) == ("1", "ships", "closed")
    server.set("/b", rss("b", [article(9, title="Another matter at sea", text="<p>A frigate found %s.</p>" % " ".join(
        "word%d" % i for i in range(40)))], prefix="b"))
    again = stream.read_until("alert")["alert"]
    assert (again["id"], again["name"], again["revision"]) == ("2", "renamed", 1)


DAY_RULES = "".join('[alert "%s"]\nmatch = %s\npriority = %s\nrevise-after = 1s\nescalate = 30 publishers in 1h\n' % (w, w, p)
                    for w, p in zip(WORDS, ("normal", "high", "normal", "normal", "low", "urgent")))


def test_a_played_day_gives_an_alert_an_event(server, make_daemon):
    """1,000 items about 20 events from 40 outlets, six rules, revisions a second apart."""
    draw, outlets = random.Random(11), 40
    events = [(n, telling(draw, WORDS[n % 6])) for n in range(20)]
    shown = [[] for _ in range(outlets)]
    play(server, outlets, shown, [])
    feeds = {"o%d" % o: dict(url=server.url("/o%d" % o), interval="500ms", publisher="p%d" % o) for o in range(outlets)}
    daemon = make_daemon(FAST + "\n" + DAY_RULES, feeds).first_polls()
    for first in range(0, 20, 5):
        play(server, outlets, shown, events[first:first + 5])
        wait_for(lambda: sum(f["items"] for f in daemon.feeds().values()) == outlets * (first + 5), "the reports")
    for outlet in range(outlets):
        own = [(100 + 5 * outlet + i, telling(draw, None)) for i in range(5)]
        play_one(server, outlet, shown, own)
    wait_for(lambda: sum(f["items"] for f in daemon.feeds().values()) == 1000, "all 1,000 items")
    log = read_log(daemon)
    raised = [e for e in log if e["alert"]["revision"] == 1]
    assert len(raised) == 20 and len({e["alert"]["id"] for e in log}) == 20
    assert all(e["alert"]["why"] == ["raised"] for e in raised)
    # publishers 2, 4, 8, 16, 32 at most, and an escalation at 30
    assert len(log) <= 20 * 7
    escalated = [e for e in log if "escalated" in e["alert"]["why"]]
    assert len({e["alert"]["id"] for e in escalated}) == len(escalated) == 20
    assert {e["alert"]["priority"] for e in escalated if e["alert"]["name"] == "mine"} == {"urgent"}
    for e in log:  # each alert is told in the order of its revisions, without a gap
        assert [x["alert"]["revision"] for x in log if x["alert"]["id"] == e["alert"]["id"]] == list(
            range(1, 1 + sum(x["alert"]["id"] == e["alert"]["id"] for x in log)))


def play_one(server, outlet, shown, new):
    shown[outlet][:0] = [dict(article(n, title=title, text=text), link="http://o%d.example/%d" % (outlet, n)) for n, (title, text) in new]
    server.set("/o%d" % outlet, rss("Outlet %d" % outlet, shown[outlet], prefix="o%d" % outlet))


def read_log(daemon):
    """All alerts' events up to now."""
    stream, log = daemon.stream(), []
    stream.send(dict(op="poll", since="oldest", events=["alert"]))
    stream.read_until("subscribed")
    while (event := stream.read())["event"] != "heartbeat":
        log.append(event)
    return log


def days(daemon, rows, since_days=40, last_days=None):
    """Puts a past of rules into the tables; rows are (rule, days ago, matches)."""
    now = int(time.time() * 1000)
    with daemon.altered() as db:
        db.execute("DELETE FROM alert_day")
        db.execute("UPDATE alert_rule SET since_ms = ?, last_ms = ?", (now - since_days * DAY, None if last_days is None else now - last_days * DAY))
        for name, ago, matches in rows:
            db.execute("INSERT INTO alert_day(rule, day, matches) VALUES(?, ?, ?)", (name, now // DAY - ago, matches))


def test_alerts_tells_of_rules_that_are_of_no_use(server, make_daemon):
    daemon, stream, feeds = start(server, make_daemon, "", outlets="ab")
    post(server, "a", 17)
    stream.read_until("alert")
    shown = json.loads(daemon.run("alerts", "--json").stdout)
    assert [r["name"] for r in shown] == ["ships"]
    assert shown[0]["matches"] == [0] * 13 + [1] and shown[0]["raised"] == shown[0]["open"] == 1 and shown[0]["muted"] == 0
    assert "note" not in shown[0] and "last_match" in shown[0] and shown[0]["priority"] == "normal"
    days(daemon, [("ships", n, 60) for n in range(1, 15)], last_days=1)
    shown = json.loads(daemon.run("alerts", "--json").stdout)[0]
    assert shown["matches"][:13] == [60] * 13 and shown["note"] == "noisy"
    wait_for(lambda: "match more than 50 items a day" in daemon.run("status").stdout, "the warning")
    assert "sitrepd_alert_rules_noisy 1" in daemon.get("/metrics").body.decode() and "sitrepd_alerts_open 1" in daemon.get("/metrics").body.decode()
    assert daemon.control(op="status")[0]["status"]["alerts"] == {"rules": 1, "open": 1, "silent": 0, "noisy": 1}
    assert "1 rule, 1 open, 1 match too much" in daemon.run("status").stdout
    assert "silent" not in shown
    days(daemon, [], last_days=31)
    assert json.loads(daemon.run("alerts", "--json").stdout)[0]["note"] == "silent"
    wait_for(lambda: "match nothing for 30 days" in daemon.run("status").stdout, "the other warning")
    for columns in (60, 80, 120, 200):
        lines = daemon.run("alerts", env=dict(os.environ, COLUMNS=str(columns))).stdout.splitlines()
        assert lines[0].startswith("ALERT") and "silent" in lines[1] and all(len(line) <= columns for line in lines[:2])
    # another expression begins anew
    daemon.reload(FAST + rule().replace("frigate", "corvette"), feeds)
    wait_for(lambda: "note" not in json.loads(daemon.run("alerts", "--json").stdout)[0], "the new rule")


def test_feeds_of_an_alert_show_its_last_revision(server, make_daemon):
    """Priority, revision and state as categories and in _sitrep; the feeds of all stories have none of it."""
    daemon, stream, _ = start(server, make_daemon, "revise-after = 0s\nclose-after = 8s\nescalate = 2 publishers in 1h\n")
    post(server, "a", 17)
    raised = stream.read_until("alert")
    post(server, "b", 17)
    assert seen(stream.read_until("alert"))[1:4] == (2, ("source", "escalated"), "high")

    def shown(path):
        return json.loads(daemon.get(path).body)["items"][0]["_sitrep"]

    def categories(suffix, key):
        body = daemon.get("/alert/ships." + suffix).body
        found = [e for e in ElementTree.fromstring(body).iter() if (e.get(key) or "").startswith("urn:sitrep:")]
        return {e.get(key): e.get("term") or e.text for e in found}

    expected = dict(id="1", name="ships", priority="high", revision=2, state="open")
    alert = shown("/alert/ships.json")["alert"]
    assert {k: alert[k] for k in expected} == expected and alert["first"] == raised["alert"]["first"] <= alert["last"]
    words = {"urn:sitrep:alert:priority": "high", "urn:sitrep:alert:revision": "2", "urn:sitrep:alert:state": "open"}
    assert categories("atom", "scheme") == words and categories("rss", "domain") == words
    assert "alert" not in shown("/feed.json")
    assert seen(stream.read_until("alert"))[1:3] == (3, ("closed",))
    wait_for(lambda: shown("/alert/ships.json")["alert"]["state"] == "closed", "the closed alert in its feed")
    assert categories("atom", "scheme")["urn:sitrep:alert:state"] == "closed"


def test_an_item_that_matches_hundreds_of_rules_raises_all(server, make_daemon):
    """The worker's answer had room for 256; the rules behind them raised nothing, and nobody was told."""
    server.set("/a", rss("A", []))
    rules = "".join('[alert "ship%d"]\nmatch = frigate\n' % n for n in range(300))
    daemon = make_daemon(FAST + "\n" + rules, {"a": dict(url=server.url("/a"), interval="300ms")}).start()
    wait_for(lambda: daemon.feeds()["a"]["polls"] > 0, "the first poll")
    stream = daemon.stream(dict(events=["alert"]))
    post(server, "a", 3)
    assert {e["alert"]["name"] for e in stream.read_events(300)} == {"ship%d" % n for n in range(300)}
