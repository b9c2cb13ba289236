# SPDX-License-Identifier: ISC
"""The operator's questions about stories, and corrections of them: why, split, join, and the section [dedup]."""
import json
import subprocess
import threading

import pytest

from harness import BUILD, PATIENCE, connected, listening, wait_for
from samples import article, rss

VESSEL = (
    "The shipyard in the northern port handed over the second of six patrol vessels to the coast guard on Tuesday, three "
    "weeks ahead of schedule. The vessel is 82 metres long, carries a crew of 45 and can stay at sea for 21 days. It will be "
    "based in the strait, where traffic has grown by 14 percent since last year, the head of the coast guard told reporters "
    "at the ceremony. The programme has a budget of 640 million, of which 220 million have been spent.")
REPRINT = (
    "PORT CITY (Agency) - The shipyard in the northern port handed over the second of six patrol vessels to the coast guard on "
    "Tuesday, three weeks ahead of schedule. The vessel is 82 metres long, carries a crew of 45 and can stay at sea for 21 "
    "days, officials said. It will be based in the strait, where traffic has grown by 14 percent since last year. Critics have "
    "called the vessels too small for the winter storms of the region.")
TALKS = (
    "Negotiators of both countries will meet again on Thursday to talk about the eleven border posts that have been closed "
    "since spring. An agreement on the first four is ready to be signed, two people close to the talks said, but the list of "
    "goods that may pass without an inspection is still in dispute.")
OUTLETS = ("alpha", "bravo", "charlie", "delta")


class Desk:
    """Outlets that publish one article after the other, and what the daemon makes of each."""

    def __init__(self, server, make_daemon, config=""):
        self.server = server
        self.articles = {name: [] for name in OUTLETS}
        self.serve()
        self.feeds = {name: dict(url=server.url("/" + name), interval="1h") for name in OUTLETS}
        self.daemon = make_daemon(config, self.feeds).start()
        self.settle()
        self.stream = self.daemon.stream(dict(since="0", events=["new", "copy", "updated"]))

    def serve(self):
        for name, articles in self.articles.items():
            self.server.set("/" + name, rss(name.capitalize() + " News", articles, name))

    def settle(self):
        wait_for(lambda: all(f["state"] == "ok" for f in self.daemon.feeds().values()), "the first polls")

    def restart(self, kill=False):
        cursor = self.last["cursor"]
        self.stream.close()
        if kill:
            self.daemon.kill()
        else:
            self.daemon.stop()
        self.daemon.start()
        self.settle()
        self.stream = self.daemon.stream(dict(since=cursor, events=["new", "copy", "updated"]))

    def event(self):
        self.last = self.stream.read_events(1)[0]
        return self.last

    def publish(self, outlet, title, text):
        n = sum(map(len, self.articles.values())) + 1
        self.articles[outlet].insert(0, dict(article(n, title, text), link="http://%s.example/%d" % (outlet, n)))
        self.serve()
        self.daemon.refresh(outlet)
        event = self.event()
        assert event["item"]["title"] == title
        return event

    def why(self, *items):
        return json.loads(self.daemon.run("why", "--json", *[i["item"]["id"] for i in items]).stdout)

    def stories(self):
        """Reports by the stories' ids, as the merged feed has them."""
        entries = json.loads(self.daemon.get("/feed.json").body)["items"]
        return {e["id"].replace("urn:uuid:", ""): e["_sitrep"]["reports"] for e in entries}


@pytest.fixture
def open_desk(server, make_daemon):
    opened = []

    def make(config=""):
        opened.append(Desk(server, make_daemon, config))
        return opened[-1]

    yield make
    for desk in opened:
        desk.stream.close()


def test_why_tells_how_an_item_was_placed(open_desk):
    desk = open_desk()
    first = desk.publish("alpha", "Shipyard hands over second patrol vessel", VESSEL)
    reprint = desk.publish("bravo", "New patrol ship is early", REPRINT)
    copy = desk.publish("charlie", "Shipyard hands over second patrol vessel", VESSEL)
    talks = desk.publish("delta", "Talks on border posts", TALKS)
    assert [e["event"] for e in (first, reprint, copy, talks)] == ["new", "copy", "copy", "new"]

    one = desk.why(reprint)
    assert one["item"]["id"] == reprint["item"]["id"] and one["item"]["feed"] == "bravo"
    assert one["item"]["publisher"] == "bravo.example"
    assert one["story"] == dict(id=first["story"]["id"], sources=3, reports=3, lead=False)
    link = one["links"][0]
    assert link["relation"] == "reprint" and link["to"]["id"] == first["item"]["id"] and link["to"]["same_story"]
    assert link["score"] == reprint["copy"]["score"] and link["shared"] <= link["shared_of"]
    assert 0.5 <= link["score"] <= 1 and link["numbers"] == link["numbers_of"] > 3
    assert desk.why(copy)["links"][0]["relation"] == "copy"
    assert desk.why(first)["links"] == [] and desk.why(first)["story"]["lead"]

    two = desk.why(reprint, first)
    assert [i["feed"] for i in two["items"]] == ["alpha", "bravo"]
    assert two["same_story"] and not two["same_text"] and not two["same_link"]
    compared = two["comparison"]
    assert compared["verdict"] == "reprint" and compared["why"] == "score" and not compared["same_publisher"]
    assert compared["score"] == pytest.approx(compared["shared"] / compared["shared_of"], abs=1e-5)
    assert compared["needed"] == 0.5 and compared["window_hours"] == 14 * 24 and compared["hours_apart"] < 1
    assert all(i["kept"] and i["words"] > 60 and i["boilerplate"] == 0 for i in two["items"])
    apart = desk.why(first, talks)
    assert not apart["same_story"] and apart["comparison"]["verdict"] == "apart" and apart["comparison"]["shared"] < 5
    assert desk.why(first, copy)["same_text"]

    words = desk.daemon.run("why", reprint["item"]["id"]).stdout
    assert "arrived as a reprint of" in words and "3 reports of 3 sources" in words
    # by link, and as the feeds write an id
    assert desk.daemon.run("why", "http://www.bravo.example/2?utm_source=x").stdout == words
    assert desk.daemon.run("why", "urn:uuid:" + reprint["item"]["id"].upper()).stdout == words
    words = desk.daemon.run("why", first["item"]["id"], reprint["item"]["id"]).stdout
    assert "one story in two outlets" in words and "0.50 is enough" in words and "two publishers" in words


def test_why_tells_what_was_boilerplate_and_what_is_not_kept(open_desk):
    desk = open_desk("[dedup]\nboilerplate = 3\n")
    company = " About the company: " + TALKS
    for orders in ("A crane was sold to the ferry line", "The board proposes a dividend", "Apprentices met the mayor"):
        desk.publish("alpha", orders, orders + "." + company)
    last = desk.publish("delta", "A canteen closes", "The canteen is closed for a new floor and a larger kitchen." + company)
    assert last["event"] == "new"
    short = desk.publish("alpha", "Three words only", "<p>Ships.</p>")
    talks = desk.publish("bravo", "Talks on border posts", TALKS)
    assert talks["event"] == "new"
    sides = {i["feed"]: i for i in desk.why(last, talks)["items"]}
    assert sides["delta"]["boilerplate"] > 30 and sides["delta"]["boilerplate_of"] > sides["delta"]["boilerplate"]
    assert sides["delta"]["shingles"] == sides["delta"]["boilerplate_of"] - sides["delta"]["boilerplate"]
    unkept = desk.why(short, last)
    assert "comparison" not in unkept and [i["kept"] for i in unkept["items"]] == [True, False]
    words = desk.daemon.run("why", short["item"]["id"], last["item"]["id"]).stdout
    assert "left out as boilerplate" in words and "its text is not stored: it has left the window" in words


def test_split_and_join_are_for_good(open_desk):
    desk = open_desk()
    first = desk.publish("alpha", "Shipyard hands over second patrol vessel", VESSEL)
    reprint = desk.publish("bravo", "New patrol ship is early", REPRINT)
    desk.publish("charlie", "Talks on border posts", TALKS)
    story, own = first["story"]["id"], reprint["item"]["id"]
    assert sorted(map(len, desk.stories().values())) == [1, 2]

    before = desk.daemon.get("/feed.atom").headers["ETag"]
    assert "before in story " + story in desk.daemon.run("split", own).stdout
    parted = desk.event()
    assert parted["event"] == "new" and parted["item"]["id"] == own and parted["story"]["id"] == own
    assert parted["related"] == dict(of=first["item"]["id"], relation="split", story=story)
    assert parted["story"]["reports"] == 1
    assert sorted(map(len, desk.stories().values())) == [1, 1, 1] and set(desk.stories()) > {story, own}
    assert desk.daemon.get("/feed.atom").headers["ETag"] != before
    assert "nothing to do" in desk.daemon.run("split", own).stdout
    constraint, = desk.why(reprint)["constraints"]
    assert constraint["kind"] == "apart" and constraint["story"] == story
    assert desk.why(reprint)["said"] == [dict(held="apart", story=story, time=constraint["time"])]
    assert desk.why(reprint)["links"][0]["relation"] == "related"
    assert "holds it apart from story " + story in desk.daemon.run("why", own, story).stdout

    # nor does a kill, another edited copy, or its outlet's next text bring them together again
    desk.restart(kill=True)
    assert set(desk.stories()) > {story, own}
    copy = desk.publish("delta", "Patrol ship handed over early", REPRINT.replace("Critics have", "Fishermen have long"))
    assert copy["event"] == "copy" and copy["story"]["id"] == own
    desk.articles["bravo"].clear()  # beside it, it would be another thing
    update = desk.publish("bravo", "New patrol ship is early, yard says", REPRINT + " " + VESSEL[-98:])
    assert update["story"]["id"] == own
    assert len(desk.stories()) == 3 and len(desk.stories()[own]) == 3 and len(desk.stories()[story]) == 1

    told = desk.daemon.run("join", own, story).stdout
    assert "story %s: reports 4, sources 3; before in story %s" % (story, own) in told
    joined = desk.event()
    assert joined["event"] == "copy" and joined["story"]["id"] == story and joined["story"]["reports"] == 4
    assert joined["copy"] == dict(of=first["item"]["id"], relation="joined", story=own)
    assert sorted(map(len, desk.stories().values())) == [1, 4] and len(desk.stories()[story]) == 4
    assert "nothing to do" in desk.daemon.run("join", first["item"]["id"], own).stdout
    constraint, = desk.why(reprint)["constraints"]
    assert constraint == dict(kind="together", story=story, time=constraint["time"])
    assert desk.why(reprint)["said"] == [dict(held="together", story=story, time=constraint["time"])]
    assert "the operator put it into story " + story in desk.daemon.run("why", own).stdout
    # what is like either of them goes there
    desk.restart()
    for title, text in (("Ship is early", REPRINT.replace("winter storms", "autumn gales")), ("Ship handed over", VESSEL + " More follows.")):
        assert desk.publish("charlie", title, text)["story"]["id"] == story
    assert len(desk.stories()) == 2


def test_a_story_keeps_its_id_when_its_first_report_leaves(open_desk):
    desk = open_desk()
    first = desk.publish("alpha", "Shipyard hands over second patrol vessel", VESSEL)
    desk.publish("bravo", "New patrol ship is early", REPRINT)
    story = first["story"]["id"]
    desk.daemon.run("split", first["item"]["id"])
    parted = desk.event()
    assert parted["item"]["id"] == first["item"]["id"] and parted["story"]["id"] != story
    assert {k: [r["source"] for r in v] for k, v in desk.stories().items()} == {
        story: ["Bravo News"], parted["story"]["id"]: ["Alpha News"]}
    desk.daemon.run("join", first["item"]["id"], story)
    assert desk.event()["copy"]["story"] == parted["story"]["id"]
    # apart again it has the name again that it had apart
    desk.daemon.run("split", first["item"]["id"])
    assert desk.event()["story"]["id"] == parted["story"]["id"]


def test_what_is_unlike_may_be_joined_and_stays_so(open_desk):
    """A headline about the same event: the rule would bar the next copy, since the members' numbers differ."""
    desk = open_desk()
    first = desk.publish("alpha", "Shipyard hands over second patrol vessel", VESSEL)
    other = desk.publish("bravo", "Shipyard hands over third vessel", VESSEL.replace("82", "91").replace("45", "60").replace(
        "21 days", "30 days").replace("14 percent", "19 percent").replace("640", "700").replace("220", "310").replace("Tuesday", "Friday"))
    assert other["event"] == "new"
    assert desk.why(first, other)["comparison"]["why"] == "numbers differ"
    desk.daemon.run("join", other["item"]["id"], first["item"]["id"])
    desk.event()
    assert desk.publish("charlie", "Patrol vessel handed over", VESSEL + " More follows.")["story"]["id"] == first["story"]["id"]


def test_near_off_leaves_exact_copies(open_desk):
    desk = open_desk("[dedup]\nnear = off\n")
    first = desk.publish("alpha", "Shipyard hands over second patrol vessel", VESSEL)
    assert desk.publish("bravo", "New patrol ship is early", REPRINT)["event"] == "new"
    assert desk.publish("charlie", "Shipyard hands over second patrol vessel", VESSEL)["story"]["id"] == first["story"]["id"]
    assert "near is off" in desk.daemon.run("why", first["item"]["id"], desk.last["item"]["id"]).stdout


def test_reload_changes_thresholds(open_desk):
    desk = open_desk("[dedup]\njoin = 0.99\nrewrite = 1\n")
    first = desk.publish("alpha", "Shipyard hands over second patrol vessel", VESSEL)
    related = desk.publish("bravo", "New patrol ship is early", REPRINT)
    assert related["event"] == "new" and related["related"]["relation"] == "related"
    desk.daemon.write_config("", desk.feeds)
    told = desk.daemon.run("reload").stdout
    assert "[dedup] join: 0.99 -> 0.5" in told and "[dedup] rewrite: 1 -> 0.3" in told
    copy = desk.publish("charlie", "Patrol ship", VESSEL.replace("three weeks", "some weeks"))
    assert copy["event"] == "copy" and copy["story"]["id"] == first["story"]["id"]
    desk.daemon.write_config("[dedup]\njoin = 1.5\nwindow = 30d\n", desk.feeds)
    refused = desk.daemon.run("reload", check=False).stderr
    assert "join = 1.5: expected a number from 0 to 1" in refused and "window = 30d: expected a value from 1h to 14d" in refused


def test_what_cannot_be_answered_says_why(open_desk):
    desk = open_desk()
    first = desk.publish("alpha", "Shipyard hands over second patrol vessel", VESSEL)["item"]["id"]
    stranger = "0" * 8 + "-0000-8000-8000-" + "0" * 12
    for arguments in (("why", stranger), ("why", first, stranger), ("split", stranger), ("join", first, stranger), ("why", "\x1b[31m")):
        result = desk.daemon.run(*arguments, check=False)
        assert result.returncode == 1 and "no item has the id or link" in result.stderr and "\x1b" not in result.stderr
    for arguments in (("why",), ("why", first, first, first), ("split",), ("split", first, first), ("join", first)):
        assert desk.daemon.run(*arguments, check=False).returncode == 2
    assert desk.daemon.control(op="why")[0]["error"] == 'expected "item"'
    assert desk.daemon.control(op="join", item=first)[0]["error"] == 'expected "item" and "other"'
    assert "error" in desk.daemon.control(op="split", item=first, other=first)[0]
    assert "error" in desk.daemon.control(op="split", item=7)[0]


def test_many_may_ask_and_go_away(open_desk):
    desk = open_desk()
    first = desk.publish("alpha", "Shipyard hands over second patrol vessel", VESSEL)["item"]["id"]
    line = json.dumps(dict(op="why", item=first)).encode() + b"\n"
    with connected(desk.daemon.control_path) as s:
        s.sendall(100 * line)
        lines = s.makefile("rb")
        answers = [json.loads(lines.readline()) for _ in range(100)]
        # each has an answer, which is two lines, or hears that there are too many at one time
        while sum("done" in a or "error" in a for a in answers) < 100:
            answers.append(json.loads(lines.readline()))
    told = [a["why"]["item"]["id"] for a in answers if "why" in a]
    assert len(told) >= 16 and set(told) == {first}
    assert all("under way already" in a["error"] for a in answers if "error" in a)
    for _ in range(40):
        with connected(desk.daemon.control_path) as s:
            s.sendall(line)
    wait_for(lambda: "why" in desk.daemon.control(op="why", item=first)[0], "an answer after those who went away")


def test_connections_that_ask_much_leave_room_for_others(open_desk):
    """All connections had one limit together, so that a few of them took all of it."""
    desk = open_desk()
    first = desk.publish("alpha", "Shipyard hands over second patrol vessel", VESSEL)["item"]["id"]
    lines = json.dumps(dict(op="why", item=first)).encode() + b"\n"
    busy = []
    try:
        for _ in range(20):
            busy.append(connected(desk.daemon.control_path))
            busy[-1].sendall(32 * lines)
        for _ in range(3):
            assert "why" in desk.daemon.control(op="why", item=first)[0]
    finally:
        for s in busy:
            s.close()


def test_an_older_daemon_has_other_names(tmp_path):
    """Its `why` has only `said` and `held`, which are `constraints` and `kind` today."""
    path = str(tmp_path / "control.sock")
    answer = dict(why=dict(item=dict(id="i", title="t", source="s", feed="f", first_seen="then"),
                           story=dict(id="x", sources=1, reports=1, lead=True), links=[],
                           said=[dict(held="apart", story="y", time="2026-11-27T05:00:00Z"),
                                 dict(held="together", story="x", time="2026-11-27T06:00:00Z")]))

    def serve():
        connection, _ = listener.accept()
        with connection:
            connection.makefile().readline()
            connection.sendall(b"".join(json.dumps(line).encode() + b"\n" for line in (answer, dict(done=True))))

    with listening(path) as listener:
        server = threading.Thread(target=serve)
        server.start()
        words = subprocess.run([str(BUILD / "sitrep"), "--socket", path, "why", "i"], capture_output=True, text=True,
                               timeout=PATIENCE).stdout
        server.join()
    assert "the operator holds it apart from story y since " in words
    assert "the operator put it into story x since " in words
