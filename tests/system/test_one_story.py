# SPDX-License-Identifier: ISC
"""Eight outlets, one story: what a reader, a subscriber and a feed reader see of an event that everybody reports."""
import json
import os
import random
import subprocess
import xml.etree.ElementTree as ET

import defence_call
from harness import BUILD
from samples import FORMATS

ATOM = "{http://www.w3.org/2005/Atom}"
KINDS = ["new", "copy", "updated"]


class Outlets:
    """Ten feeds of three formats, each of a site of its own, empty until told what to say."""

    def __init__(self, server, make_daemon):
        self.server = server
        names = [name for name, _ in defence_call.edits()] + ["herald", "archive"]
        self.formats = {name: FORMATS[n % len(FORMATS)] for n, name in enumerate(names)}
        for name in names:
            self.say(name, [])
        self.daemon = make_daemon("", {name: dict(url=server.url("/" + name), interval="1h") for name in names}).first_polls()
        self.stream = self.daemon.stream(dict(since="0", events=KINDS))

    def say(self, name, articles):
        make, content_type = self.formats[name]
        self.server.set("/" + name, make("The " + name.capitalize(), articles, name), content_type)

    def publish(self, name, articles):
        """Lets the feed say this, has it polled, and returns the events, one an article."""
        self.say(name, articles)
        self.daemon.refresh(name)
        return self.stream.read_events(len(articles))

    def publish_archive(self):
        events = self.publish("archive", defence_call.releases())
        assert [e["event"] for e in events] == ["new"] * len(defence_call.RELEASES)


def merged(daemon):
    """The entries that the three outputs have besides the archive's: their titles, and of each its sources."""
    archive = {title for title, _ in defence_call.RELEASES}
    atom = [e.find(ATOM + "title").text for e in ET.fromstring(daemon.get("/feed.atom").body).findall(ATOM + "entry")]
    rss = [i.find("title").text for i in ET.fromstring(daemon.get("/feed.rss").body).findall("channel/item")]
    items = json.loads(daemon.get("/feed.json").body)["items"]
    assert atom == rss == [i["title"] for i in items]
    assert len(atom) == len(set(atom)) and archive < set(atom)
    return {i["title"]: i["_sitrep"] for i in items if i["title"] not in archive}


def test_eight_outlets_run_one_story(server, make_daemon):
    outlets = Outlets(server, make_daemon)
    outlets.publish_archive()
    events = [outlets.publish(name, [a])[0] for name, a in defence_call.edits()]
    assert [e["event"] for e in events] == ["new"] + ["copy"] * 7
    assert "copy" not in events[0] and "related" not in events[0]
    story = events[0]["story"]["id"]
    reports = {e["item"]["id"] for e in events}
    for n, e in enumerate(events[1:], 2):
        print(e["item"]["feed"], e["copy"])
        assert e["story"] == dict(events[0]["story"], sources=n, reports=n)
        assert e["copy"]["of"] in reports and 0.5 <= e["copy"]["score"] <= 1
        assert e["copy"]["relation"] == ("copy" if e["item"]["feed"] == "observer" else "reprint")

    name, article = defence_call.other()
    second = outlets.publish(name, [article])[0]
    assert second["event"] == "new" and second["story"]["id"] != story
    assert second["story"]["sources"] == 1

    entries = merged(outlets.daemon)
    assert list(entries) == [article["title"], defence_call.TITLE]
    first = entries[defence_call.TITLE]
    assert {r["source"] for r in first["reports"]} == {"The " + n.capitalize() for n, _ in defence_call.edits()}
    assert len(entries[article["title"]].get("reports", [])) <= 1

    # the agency corrects a number in the lead; nothing else is told
    corrected = dict(defence_call.edits(radars="17"))["agency"]
    updated = outlets.publish("agency", [corrected])[0]
    assert updated["event"] == "updated" and updated["changed"] == ["numbers"]
    assert updated["item"]["feed"] == "agency" and "17 radar stations" in updated["item"]["summary"]
    assert updated["story"]["id"] == story and updated["story"]["sources"] == 8
    # and words that it polishes are no news
    outlets.say("agency", [dict(corrected, text=corrected["text"].replace("real time", "real-time"))])
    outlets.daemon.refresh("agency")
    again = outlets.publish("agency", [dict(corrected, text=corrected["text"].replace("60", "65"))])[0]
    assert again["event"] == "updated" and int(again["cursor"]) == int(updated["cursor"]) + 1
    assert list(merged(outlets.daemon)) == [article["title"], defence_call.TITLE]
    outlets.stream.close()


def test_whichever_outlet_is_first(server, make_daemon):
    seed = int(os.environ.get("SITREPD_SEED", random.randrange(2**32)))
    print("seed", seed)
    chance = random.Random(seed)
    for _ in range(4):
        outlets = Outlets(server, make_daemon)
        outlets.publish_archive()
        arriving = [*defence_call.edits(), defence_call.other()]
        chance.shuffle(arriving)
        print([name for name, _ in arriving])
        events = {name: outlets.publish(name, [a])[0] for name, a in arriving}
        print({name: e.get("copy", e.get("related")) for name, e in events.items()})
        eight = [e for name, e in events.items() if name != "herald"]
        assert [e["event"] for e in eight] == ["new"] + ["copy"] * 7
        assert len({e["story"]["id"] for e in eight}) == 1 and eight[-1]["story"]["sources"] == 8
        assert events["herald"]["event"] == "new"
        assert len(merged(outlets.daemon)) == 2
        outlets.stream.close()
        outlets.daemon.stop()


def test_the_boilerplate_would_join_them():
    """Without what earlier releases taught the filter, the other event would be taken for the first one."""
    arriving = [("archive", a) for a in defence_call.releases()] + [defence_call.edits()[0], defence_call.other()]
    lines = "".join(json.dumps(dict(seq=n, time=1795428000 + 60 * n, source=name + ".example", guid=a["n"], link=a["link"],
                                    title=a["title"], content=a["text"])) + "\n" for n, (name, a) in enumerate(arriving))

    def stories(*options):
        result = subprocess.run([str(BUILD / "sitrep"), "stories", *options], input=lines, capture_output=True, text=True)
        assert result.returncode == 0, result.stderr
        return [json.loads(line)["story"] for line in result.stdout.splitlines()]

    last = len(arriving) - 1
    assert stories()[-2:] == [last - 1, last]
    unfiltered = stories("--no-boilerplate")
    assert unfiltered[-1] != last
