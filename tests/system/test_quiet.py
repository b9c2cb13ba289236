# SPDX-License-Identifier: ISC
"""Alerts that a watch officer can live with: what is held back, and what is told of rates and silence."""
import datetime
import email.utils
import json
import os
import random
import struct
import subprocess
import time

from harness import BUILD, wait_for
from samples import article, rss

FAST = "[poll]\nmin = 1s"


def days_ago(n, days):
    """An article that its outlet dated so many days ago."""
    when = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=days)
    return dict(article(n), rfc822=email.utils.format_datetime(when))


def test_a_feed_that_falls_silent_is_told_once_and_again_when_it_posts(server, make_daemon):
    daily = [days_ago(n, days=15 + n) for n in range(1, 31)]
    server.set("/daily", rss("Daily", daily))
    server.set("/weekly", rss("Weekly", [days_ago(100 + n, days=7 * n + 1) for n in range(8)]))
    feeds = {name: dict(url=server.url("/" + name), interval="300ms") for name in ("daily", "weekly")}
    daemon = make_daemon(FAST + "\n[alerts]\nsilence = yes", feeds).start()
    stream = daemon.stream(dict(since="oldest", events=["silence"]))
    begun = stream.read_until("silence")["silence"]
    assert begun["name"] == "daily" and begun["state"] == "begun"
    assert 12 * 3600 < begun["usual_s"] < 36 * 3600 and 24 * 3600 < begun["limit_s"] < 8 * 86400
    polls = daemon.feeds()["daily"]["polls"]
    wait_for(lambda: daemon.feeds()["daily"]["polls"] > polls + 2, "further polls of a silent feed")
    server.set("/daily", rss("Daily", [days_ago(99, days=0.001)] + daily))
    ended = stream.read_until("silence")["silence"]
    assert ended["name"] == "daily" and ended["state"] == "ended"


def test_silence_is_not_told_unless_asked_for(server, make_daemon):
    server.set("/daily", rss("Daily", [days_ago(n, days=15 + n) for n in range(1, 31)]))
    daemon = make_daemon(FAST, {"daily": dict(url=server.url("/daily"), interval="300ms")}).start()
    wait_for(lambda: daemon.feeds()["daily"]["polls"] > 2, "some polls")
    server.set("/daily", rss("Daily", [days_ago(99, days=0)]))
    stream = daemon.stream(dict(since="oldest", events=["silence", "new"]))
    assert {e["event"] for e in stream.read_events(31)} == {"new"}


ALERTS = """
[alert "exercise"]
match = drills
priority = low
[alert "frigate"]
match = frigate
[alert "mine"]
match = mine
priority = urgent
"""


def names(events):
    return sorted(e["alert"]["name"] for e in events)


def start_desk(server, make_daemon, options, categories="naval"):
    """A daemon with one feed that has been polled, and a stream of what its alerts become."""
    server.set("/a", rss("A", []))
    feed = dict(url=server.url("/a"), interval="300ms", categories=categories)
    daemon = make_daemon(FAST + "\n[alerts]\n" + options + ALERTS, {"a": feed}).first_polls()
    return daemon, daemon.stream(dict(events=["alert", "muted", "digest"]))


def test_a_silence_mutes_is_listed_and_outlives_a_kill(server, make_daemon):
    daemon, stream = start_desk(server, make_daemon, "")
    said = daemon.run("silence", "category:naval AND drills NOT mine", "4h", "--why", "exercise week").stdout
    assert "exercise week" in said and "category:naval" in said
    daemon.run("silence", "alert:frigate", "1h")
    daemon.restart(kill=True)
    stream = daemon.stream(dict(events=["alert", "muted"]))
    listed = json.loads(daemon.run("silence", "--list", "--json").stdout)
    assert [s["id"] for s in listed] == [2, 1] and [s["ended"] for s in listed] == [False, False]
    assert listed[1]["why"] == "exercise week" and listed[1]["by"] == "uid %d" % os.getuid()
    server.set("/a", rss("A", [article(1)]))
    muted = stream.read_events(2)
    assert [e["event"] for e in muted] == ["muted", "muted"] and names(muted) == ["exercise", "frigate"]
    assert {e["muted"]["silence"] for e in muted} <= {1, 2} and {e["muted"]["reason"] for e in muted} == {"silence"}
    daemon.run("silence", "--end", "2")
    assert daemon.run("silence", "--end", "2", check=False).returncode == 1
    server.set("/a", rss("A", [article(2, text="<p>A frigate and a mine, in plain view of the shore, near Ostend.</p>"), article(1)]))
    told = stream.read_events(2)
    assert [e["event"] for e in told] == ["alert", "alert"] and names(told) == ["frigate", "mine"]
    silent = daemon.stream(dict(since="oldest", match="frigate"))
    assert "muted" not in {e["event"] for e in silent.read_events(3)}


def test_an_alert_that_was_silenced_is_raised_when_it_is_heard(server, make_daemon):
    """Of two silences over it one is ended and one expires: its next event calls, as the first that is told."""
    daemon, stream = start_outlets(server, make_daemon, ESCALATING % ("", ""), outlets=4)
    daemon.run("silence", "alert:frigate", "1h")
    daemon.run("silence", "antwerp NOT mine", "1h")
    report(server, 0, 1, SPOTTED)
    assert {e["muted"]["silence"] for e in stream.read_events(2)} == {1, 2}
    daemon.run("silence", "--end", "1")
    report(server, 1, 1, SPOTTED)
    assert {e["muted"]["silence"] for e in stream.read_events(2)} == {2}
    daemon.run("silence", "--end", "2")
    report(server, 2, 1, SPOTTED)
    event = stream.read_events(1)[0]
    assert event["event"] == "alert" and event["alert"]["priority"] == "urgent" and event["alert"]["revision"] == 3
    assert event["alert"]["why"] == ["raised", "escalated"]
    with subprocess.Popen([str(BUILD / "sitrep"), "-c", str(daemon.config_path), "tail", "--since", "oldest", "--event", "alert"],
                          stdout=subprocess.PIPE, text=True) as tail:
        assert " ALERT frigate (urgent): raised, escalated" in tail.stdout.readline()
        tail.terminate()


def test_a_group_outlives_kills_and_is_told_once(server, make_daemon):
    daemon, stream = start_desk(server, make_daemon, "group-by = category\nwait = 6s\ninterval = 6s")
    server.set("/a", rss("A", [article(1)]))
    stream.read_events(2)
    for _ in range(2):
        daemon.restart(kill=True)
    log = daemon.stream(dict(since="oldest", events=["muted", "digest"]))
    events = log.read_events(3)
    assert [e["event"] for e in events] == ["muted", "muted", "digest"] and events[2]["digest"]["total"] == 2
    daemon.restart(kill=True)
    server.set("/a", rss("A", [article(2, title="Two", text="<p>A mine was found off the port of Antwerp at noon by 2 boys.</p>")]))
    log = daemon.stream(dict(since=events[2]["cursor"], events=["muted", "digest", "alert"]))
    assert [e["event"] for e in log.read_events(1)] == ["alert"]


def test_a_silence_counts_for_what_is_held_back(server, make_daemon):
    """One of two alerts of a group is silenced while they wait: the other one is alone and comes as it is."""
    daemon, stream = start_desk(server, make_daemon, "group-by = category\nwait = 8s\ninterval = 8s")
    server.set("/a", rss("A", [article(1)]))
    assert names(stream.read_events(2)) == ["exercise", "frigate"]
    daemon.run("silence", "alert:exercise", "1h")
    told = stream.read_events(1)[0]
    assert told["event"] == "alert" and told["alert"]["name"] == "frigate"


def test_long_titles_do_not_burst_a_digest(server, make_daemon):
    """Sixty alerts with titles of four kilobytes each: the digest names them all, with the beginnings of the titles."""
    daemon, stream = start_desk(server, make_daemon, "group-by = category\nwait = 3s\ninterval = 3s")
    articles = [article(n, title="%d %s" % (n, '"frigate" ' * 395),
                        text="<p>%s</p>" % " ".join("w%dx%d" % (n, i) for i in range(60))) for n in range(60)]
    server.set("/a", rss("A", articles))
    digest = stream.read_until("digest")["digest"]
    assert digest["total"] == 60 and len(digest["alerts"]) == 60
    assert all(100 < len(a["title"]) <= 250 for a in digest["alerts"])


def test_mistakes_in_a_silence_are_told(server, make_daemon):
    daemon, _ = start_desk(server, make_daemon, "")
    for arguments, word in ((("drills (", "4h"), "column"), (("drills", "400d"), "366 days"), (("drills", "long"), "must be a duration such as 30m"),
                            (("--end", "7"), "no silence 7")):
        result = daemon.run("silence", *arguments, check=False)
        assert result.returncode == 1 and word in result.stderr, result.stderr
    assert daemon.run("silence", "drills", check=False).returncode == 2
    told = daemon.run("silence", "ships", "1h", "--why", os.fsdecode(b"caf\xe9"), check=False).stderr
    assert 'an argument is not UTF-8 behind "caf"' in told, told
    for option in ("--match", "--event", "--feed", "--category", "--since"):
        told = daemon.run("tail", option, os.fsdecode(b"caf\xe9"), check=False).stderr
        assert told.startswith('sitrep: tail: an argument is not UTF-8 behind "caf"'), told


def test_quiet_hours_hold_back_all_but_urgent_ones_and_a_digest_names_them(server, make_daemon):
    daemon, stream = start_desk(server, make_daemon, "quiet = Mon-Sun")
    server.set("/a", rss("A", [article(1), article(2, title="Two", text="<p>A mine was found off the port of Antwerp at noon.</p>")]))
    events = stream.read_events(3)
    assert sorted((e["event"], e["alert"]["name"]) for e in events) == [("alert", "mine"), ("muted", "exercise"), ("muted", "frigate")]
    assert {e["muted"]["reason"] for e in events if e["event"] == "muted"} == {"quiet"}
    daemon.kill()
    feed = dict(url=server.url("/a"), interval="300ms", categories="naval")
    daemon.write_config(FAST + "\n[alerts]\nquiet = never" + ALERTS, {"a": feed})
    daemon.start()
    digest = daemon.stream(dict(since="oldest", events=["digest"])).read_until("digest")["digest"]
    assert digest["reason"] == "quiet" and digest["total"] == 2 and digest["events"] == 2
    assert sorted(a["name"] for a in digest["alerts"]) == ["exercise", "frigate"]
    assert digest["alerts"][0]["title"] == "Article number 1 on the exercise at sea"


def test_a_rate_holds_back_the_rest(server, make_daemon):
    daemon, stream = start_desk(server, make_daemon, "rate = 2/3s")
    words = ("Halden", "Bergen", "Narvik", "Ostend", "Toulon")
    server.set("/a", rss("A", [article(n, title="At %s" % w, text="<p>A frigate called at %s with %d sick sailors on board.</p>" % (w, 7 * n + 11))
                               for n, w in enumerate(words, 1)]))
    events = stream.read_events(6)
    assert [e["event"] for e in events] == ["alert", "alert", "muted", "muted", "muted", "digest"]
    assert events[5]["digest"]["reason"] == "rate" and events[5]["digest"]["group"] == "frigate" and events[5]["digest"]["total"] == 3


REVISED = """
[alerts]
rate = 2/15s
[alert "frigate"]
match = frigate
revise-after = 0s
"""


def test_a_rate_counts_alerts_and_their_revisions_apart(server, make_daemon):
    """Two alerts use up the rate; their revisions are told, a third alert waits, and its revision with it."""
    def text(place, sailors):
        return "<p>A frigate called at %s in the night with %d sick sailors on board, who were taken ashore at once.</p>" % (place, sailors)

    def poll(*reports):
        server.set("/a", rss("A", [article(n, title="At %s" % place, text=text(place, sailors)) for n, (place, sailors) in enumerate(reports, 1)]))

    daemon = make_daemon(FAST + "\n" + REVISED, {"a": dict(url=server.set("/a", rss("A", [])), interval="300ms")}).first_polls()
    stream = daemon.stream(dict(events=["alert", "muted", "digest"]))
    poll(("Halden", 18), ("Ostend", 25), ("Toulon", 32))
    events = stream.read_events(3)
    assert [e["event"] for e in events] == ["alert", "alert", "muted"], events
    ids = {e["item"]["title"]: e["alert"]["id"] for e in events}
    poll(("Halden", 19), ("Ostend", 26), ("Toulon", 33))
    revised = stream.read_events(3)
    kinds = {e["item"]["title"]: e["event"] for e in revised}
    assert kinds == {e["item"]["title"]: e["event"] for e in events} and {e["alert"]["revision"] for e in revised} == {2}
    assert {e["item"]["title"]: e["alert"]["id"] for e in revised} == ids
    told = stream.read_events(1)[0]
    assert told["event"] == "alert" and told["alert"]["revision"] == 2 and told["alert"]["id"] == events[2]["alert"]["id"]


def test_a_digest_waits_for_the_end_of_quiet_hours(server, make_daemon):
    """A group that fills before quiet hours is not told in them; an urgent alert is."""
    daemon, stream = start_desk(server, make_daemon, "group-by = category\nwait = 8s\ninterval = 8s")
    server.set("/a", rss("A", [article(1)]))
    assert [e["event"] for e in stream.read_events(2)] == ["muted", "muted"]
    feed = dict(url=server.url("/a"), interval="300ms", categories="naval")
    daemon.reload(FAST + "\n[alerts]\nquiet = Mon-Sun\ngroup-by = category\nwait = 8s\ninterval = 8s" + ALERTS, {"a": feed})
    time_out = time.monotonic() + 9
    wait_for(lambda: time.monotonic() > time_out, "the time of the digest")
    server.set("/a", rss("A", [article(2, title="Two", text="<p>A mine was found off the port of Antwerp at noon by 2 boys.</p>")]))
    event = stream.read_events(1)[0]
    assert event["event"] == "alert" and event["alert"]["name"] == "mine", event
    daemon.reload(FAST + "\n[alerts]\nquiet = never\ngroup-by = category\nwait = 8s\ninterval = 8s" + ALERTS, {"a": feed})
    digest = stream.read_events(1)[0]
    assert digest["event"] == "digest" and digest["digest"]["total"] == 2 and digest["digest"]["reason"] == "group"


def test_a_group_is_told_of_together_and_one_alone_as_it_is(server, make_daemon):
    daemon, stream = start_desk(server, make_daemon, "group-by = category\nwait = 500ms\ninterval = 1s")
    server.set("/a", rss("A", [article(1)]))
    events = stream.read_events(3)
    assert [e["event"] for e in events] == ["muted", "muted", "digest"] and events[2]["digest"]["group"] == "naval"
    assert [a["cursor"] for a in events[2]["digest"]["alerts"]] == [e["cursor"] for e in events[:2]]
    server.set("/a", rss("A", [article(2, title="Two", text="<p>The frigate left Antwerp for trials in the North Sea on Friday.</p>"), article(1)]))
    events = stream.read_events(2)
    assert [(e["event"], e["alert"]["name"]) for e in events] == [("muted", "frigate"), ("alert", "frigate")]
    assert events[0]["item"]["id"] == events[1]["item"]["id"] and "muted" not in events[1]


def test_tail_shows_muted_alerts(server, make_daemon):
    daemon, stream = start_desk(server, make_daemon, "")
    daemon.run("silence", "drills", "1h")
    server.set("/a", rss("A", [article(1)]))
    stream.read_events(2)
    with subprocess.Popen([str(BUILD / "sitrep"), "-c", str(daemon.config_path), "tail", "--muted", "--since", "oldest", "--json"],
                          stdout=subprocess.PIPE, text=True) as tail:
        kinds = [json.loads(tail.stdout.readline())["event"] for _ in range(3)]
        tail.terminate()
    assert kinds == ["new", "muted", "muted"]


def test_an_urgent_story_mutes_its_own_low_alerts(server, make_daemon):
    daemon, stream = start_desk(server, make_daemon, "inhibit = low")
    server.set("/a", rss("A", [article(1, text="<p>A frigate found a mine during drills off the port of Antwerp.</p>"), article(2)]))
    events = {(e["item"]["title"][:16], e["alert"]["name"]): e for e in stream.read_events(5)}
    first, second = "Article number 1", "Article number 2"
    assert {k for k, e in events.items() if e["event"] == "muted"} == {(first, "exercise")}
    assert events[first, "exercise"]["muted"] == {"reason": "inhibited", "by": "mine"}
    assert set(events) == {(first, "exercise"), (first, "frigate"), (first, "mine"), (second, "exercise"), (second, "frigate")}


CONDITIONS = '''
[alerts]
inhibit = normal
[alert "drills"]
match = drills
priority = low
[alert "frigate"]
match = frigate
priority = normal
[alert "grave"]
match = (mine OR drills) AND (priority>=normal OR sources>=2)
priority = urgent
'''


def test_an_urgent_rule_with_a_condition_is_told_before_the_alerts_that_it_mutes(server, make_daemon):
    """Its condition is on the priority of the alerts of the same report, or on the report's coming: the others were told
    first, and were not muted."""
    text = "<p>A frigate and its crew took part in drills off the port of Antwerp this week, said the navy.</p>"
    daemon, stream = start_outlets(server, make_daemon, CONDITIONS, outlets=3)
    report(server, 0, 1, text)
    events = stream.read_events(3)
    assert [(e["event"], e["alert"]["name"]) for e in events] == [("alert", "grave"), ("muted", "frigate"), ("muted", "drills")]
    assert {e["muted"]["by"] for e in events[1:]} == {"grave"}
    # a story that waits for a second publisher, whose report has no word of the urgent rule
    ship = " ".join("The yard named part %d of the hull after port %d." % (n, n * 7) for n in range(30))
    report(server, 1, 2, "<p>A mine was found. %s</p>" % ship)
    wait_for(lambda: daemon.feeds()["o1"]["items"] == 1, "the first report")
    report(server, 2, 2, "<p>A frigate was found. %s</p>" % ship)
    events = stream.read_events(2)
    assert [(e["event"], e["alert"]["name"]) for e in events] == [("alert", "grave"), ("muted", "frigate")], events


def start_outlets(server, make_daemon, options, outlets=4):
    """A daemon with feeds of several publishers that have been polled, and a stream of what its alerts become."""
    for n in range(outlets):
        server.set("/o%d" % n, rss("Outlet %d" % n, [], prefix="o%d" % n))
    feeds = {"o%d" % n: dict(url=server.url("/o%d" % n), interval="300ms", publisher="p%d" % n) for n in range(outlets)}
    daemon = make_daemon(FAST + "\n" + options, feeds).first_polls()
    return daemon, daemon.stream(dict(events=["alert", "muted", "digest"]))


def report(server, outlet, n, text):
    server.set("/o%d" % outlet, rss("Outlet %d" % outlet, [dict(article(n, text=text), link="http://o%d.example/%d" % (outlet, n))],
                                    prefix="o%d" % outlet))


SPOTTED = "<p>A frigate was seen off the port of Antwerp during drills, and its crew of 210 waved.</p>"
ESCALATING = """
[alerts]
%s
[alert "a-exercise"]
match = drills
priority = low
revise-after = 0s
[alert "frigate"]
match = frigate
priority = high
escalate = 3 publishers in 1h
revise-after = 0s
%s
"""


def test_an_alert_that_becomes_urgent_mutes_the_low_ones_of_its_story(server, make_daemon):
    daemon, stream = start_outlets(server, make_daemon, ESCALATING % ("inhibit = low", ""))
    report(server, 0, 1, SPOTTED)
    assert [(e["event"], e["alert"]["name"]) for e in stream.read_events(2)] == [("alert", "frigate"), ("alert", "a-exercise")]
    report(server, 1, 1, SPOTTED)
    assert [(e["event"], e["alert"]["revision"]) for e in stream.read_events(2)] == [("alert", 2), ("alert", 2)]
    report(server, 2, 1, SPOTTED)
    urgent = stream.read_events(1)[0]
    assert urgent["event"] == "alert" and urgent["alert"]["name"] == "frigate" and urgent["alert"]["priority"] == "urgent"
    assert urgent["alert"]["why"] == ["escalated"]
    report(server, 3, 1, SPOTTED)
    muted = stream.read_events(1)[0]
    assert (muted["event"], muted["alert"]["name"]) == ("muted", "a-exercise")
    assert muted["muted"] == {"reason": "inhibited", "by": "frigate"}


def test_an_alert_that_becomes_urgent_in_quiet_hours_is_told_at_once(server, make_daemon):
    daemon, stream = start_outlets(server, make_daemon, ESCALATING % ("quiet = Mon-Sun", ""))
    for n in range(2):
        report(server, n, 1, SPOTTED)
        assert {e["event"] for e in stream.read_events(2)} == {"muted"}
    report(server, 2, 1, SPOTTED)
    urgent = stream.read_events(1)[0]
    assert urgent["event"] == "alert" and urgent["alert"]["name"] == "frigate" and urgent["alert"]["revision"] == 3


def test_options_of_an_alert_override_the_general_ones(server, make_daemon):
    """The urgent rule mutes normal alerts where [alerts] mutes none; of a group, one alert's wait is the shorter one."""
    own = """
[alert "frigate"]
match = frigate
group-by = none
[alert "mine"]
match = mine
priority = urgent
inhibit = normal
[alert "yard"]
match = yard
wait = 1s
interval = 1s
[alert "launch"]
match = launched
"""
    server.set("/a", rss("A", []))
    feed = dict(url=server.url("/a"), interval="300ms", categories="naval")
    daemon = make_daemon(FAST + "\n[alerts]\ngroup-by = category\nwait = 1h\ninterval = 1d" + own, {"a": feed}).first_polls()
    stream = daemon.stream(dict(events=["alert", "muted", "digest"]))
    server.set("/a", rss("A", [article(1, text="<p>A frigate was seen off the port of Antwerp at noon, 3 miles out.</p>")]))
    assert [(e["event"], e["alert"]["name"]) for e in stream.read_events(1)] == [("alert", "frigate")]
    server.set("/a", rss("A", [article(2, title="Two", text="<p>A mine near a frigate was blown up by 4 divers at the bay of Kiel.</p>")]))
    told = stream.read_events(2)
    assert [(e["event"], e["alert"]["name"]) for e in told] == [("alert", "mine"), ("muted", "frigate")]
    assert told[1]["muted"] == {"reason": "inhibited", "by": "mine"}
    server.set("/a", rss("A", many(1, first=3)))
    told = stream.read_events(3)
    assert [e["event"] for e in told] == ["muted", "muted", "digest"], told
    assert sorted(a["name"] for a in told[2]["digest"]["alerts"]) == ["launch", "yard"]


WEEK = 7 * 24 * 3600000


def teach(daemon, category, weeks=6):
    """Puts a past into the table of counts: one report an hour, for weeks."""
    now = int(time.time() * 1000)
    slot = now // 300000 - 12 * 24
    state = struct.pack("<qq12HI", now - weeks * WEEK, slot, *[0] * 12, 0) + struct.pack("<168f", *[1.0] * 168) + struct.pack("<fB", 1.0, 0)
    growth = struct.pack("<qq", now - weeks * WEEK, now - 1000) + struct.pack("<33f", *[0] * 33) + struct.pack("<168f", *[0] * 168)
    with daemon.altered() as db:
        db.execute("INSERT OR REPLACE INTO burst VALUES(?, ?)", ("category/" + category, state))
        db.execute("INSERT OR REPLACE INTO burst VALUES('growth', ?)", (growth,))


PLACES = ("Halden", "Bergen", "Narvik", "Ostend", "Toulon", "Rota", "Kiel", "Gdynia", "Izmir", "Souda", "Augusta", "Den Helder",
          "Faslane", "Brest", "Haakonsvern", "Karlskrona")


def many(count, first=1):
    return [article(n, title="At %s" % PLACES[n % 16], text="<p>The %s yard launched hull %d of its class, %d tonnes, on day %d.</p>" %
                    (PLACES[n % 16], 7 * n + 11, 1000 + 31 * n, n)) for n in range(first, first + count)]


def test_a_burst_and_a_breaking_story_are_told_once(server, make_daemon):
    names = ["p%d" % n for n in range(5)]
    for name in names:
        server.set("/" + name, rss(name, [], prefix=name))
    feeds = {name: dict(url=server.url("/" + name), interval="300ms", categories="naval", publisher=name) for name in names}
    daemon = make_daemon(FAST + "\n[alerts]\nburst = yes\nbreaking = yes", feeds).first_polls()
    status = daemon.control(op="status")[0]["status"]["bursts"]
    assert status == {"counted": 1, "learning": 1}
    teach(daemon, "naval")
    stream = daemon.stream(dict(events=["burst", "breaking"]))
    server.set("/p0", rss("p0", many(20), prefix="p0"))
    event = stream.read_until("burst")
    burst = event["burst"]
    assert burst["of"] == "category" and burst["name"] == "naval" and burst["seen"] >= 5
    assert burst["hours"] == 1 and 0.5 < burst["expected"] < 1.5 and burst["score"] >= 4 and event["item"]["feed"] == "p0"
    for name in names[1:4]:
        server.set("/" + name, rss(name, [dict(many(1, first=30)[0], link="http://%s.example/30" % name)], prefix=name))
    event = stream.read_until("breaking")
    assert event["breaking"]["publishers"] == 3 and event["breaking"]["expected"] < 0.01 and event["story"]["sources"] >= 3
    server.set("/p4", rss("p4", [dict(many(1, first=30)[0], link="http://p4.example/30")], prefix="p4"))
    wait_for(lambda: daemon.feeds()["p4"]["items"] == 1, "the fifth report")
    log = daemon.stream(dict(since="oldest", events=["burst", "breaking", "copy"]))
    kinds = [e["event"] for e in log.read_events(5)]
    assert kinds.count("burst") == 1 and kinds.count("breaking") == 1, kinds
    assert "bursts" in daemon.run("status").stdout


SYLLABLES = "ba co di fu ge ha ki lo mu na pe ri so ta vu we zi qua tre ston".split()
WORDS = ("frigate", "missile", "drone", "submarine", "drills", "mine")
DAY_RULES = "".join('[alert "%s"]\nmatch = %s\npriority = %s\n' % (w, w, p) for w, p in zip(
    WORDS, ("normal", "high", "normal", "normal", "low", "urgent")))


def telling(draw, word):
    """What an agency writes of one event: words of its own, so that two events have nothing in common."""
    words = ["".join(draw.choice(SYLLABLES) for _ in range(3)) for _ in range(60)]
    if word:
        words[30] = word
    return " ".join(words[:7]).capitalize(), "<p>%s.</p>" % " ".join(words)


def play(server, outlets, shown, new):
    """Each outlet puts the new texts on top of what it has shown."""
    for outlet in range(outlets):
        for n, (title, text) in new:
            shown[outlet].insert(0, dict(article(n, title=title, text=text), link="http://o%d.example/%d" % (outlet, n)))
        server.set("/o%d" % outlet, rss("Outlet %d" % outlet, shown[outlet], prefix="o%d" % outlet))


def test_a_played_day(server, make_daemon):
    """1,000 items about 20 events from 40 outlets, six rules; the last 8 events come in quiet hours."""
    draw, outlets = random.Random(4), 40
    events = [(n, telling(draw, WORDS[n % 6])) for n in range(20)]
    shown = [[] for _ in range(outlets)]
    play(server, outlets, shown, [])
    feeds = {"o%d" % o: dict(url=server.url("/o%d" % o), interval="500ms", publisher="p%d" % o) for o in range(outlets)}
    daemon = make_daemon(FAST + "\n" + DAY_RULES, feeds).first_polls()

    def items():
        return sum(f["items"] for f in daemon.feeds().values())

    for first, last in ((0, 4), (4, 12)):
        play(server, outlets, shown, events[first:last])
        wait_for(lambda: items() == outlets * last, "the reports of the day")
    daemon.reload(FAST + "\n[alerts]\nquiet = Mon-Sun\n" + DAY_RULES, feeds)
    play(server, outlets, shown, events[12:])
    wait_for(lambda: items() == outlets * 20, "the reports of the night")
    for outlet in range(outlets):  # and five reports of its own
        own = [(100 + 5 * outlet + i, telling(draw, None)) for i in range(5)]
        shown[outlet][:0] = [dict(article(n, title=title, text=text), link="http://o%d.example/%d" % (outlet, n)) for n, (title, text) in own]
        server.set("/o%d" % outlet, rss("Outlet %d" % outlet, shown[outlet], prefix="o%d" % outlet))
    wait_for(lambda: items() == 1000, "all 1,000 items")
    daemon.reload(FAST + "\n" + DAY_RULES, feeds)
    stream = daemon.stream(dict(since="oldest", events=["new", "alert", "muted", "digest"]))
    log = []
    while not log or log[-1]["event"] != "digest":
        log += stream.read_events(1)
    new = {e["story"]["id"]: e for e in log if e["event"] == "new"}
    told = [e for e in log if e["event"] == "alert"]
    muted = [e for e in log if e["event"] == "muted"]
    raised = {(e["story"]["id"], e["alert"]["name"]) for e in told}
    assert len(new) == 20 + 5 * outlets and len(raised) <= 20
    assert len(raised) + len({(e["story"]["id"], e["alert"]["name"]) for e in muted}) == 20
    urgent = [e for e in told if e["alert"]["priority"] == "urgent"]
    assert len({e["story"]["id"] for e in urgent}) == 3 and not [e for e in muted if e["alert"]["priority"] == "urgent"]
    first = {e["story"]["id"]: e for e in reversed(urgent)}
    assert all(e["time"] == new[story]["time"] for story, e in first.items())
    digests = [e["digest"] for e in log if e["event"] == "digest"]
    assert len(digests) == 1 and digests[0]["total"] == len({(e["story"]["id"], e["alert"]["name"]) for e in muted}) == 7
    assert digests[0]["events"] == len(muted)
