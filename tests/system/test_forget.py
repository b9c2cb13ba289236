# SPDX-License-Identifier: ISC
"""sitrep forget: the items of a removed feed leave the outputs, and nothing else does."""
import json
import subprocess

import pytest

from harness import BUILD, wait_for
from samples import article, rss

SHARED = article(1, title="Two navies begin their drill")
COUNT = 450  # more than two steps


@pytest.fixture
def daemon(server, make_daemon):
    server.set("/gone", rss("Gone", [SHARED, *(article(n, title="Only here %d" % n) for n in range(2, COUNT + 1))], prefix="gone"))
    server.set("/stays", rss("Stays", [SHARED, article(900)], prefix="stays"))
    daemon = make_daemon("[http]\nentries = 2000", {"gone": server.url("/gone"), "stays": server.url("/stays")}).first_polls(state="ok")
    return daemon


def titles(daemon):
    return [item["title"] for item in json.loads(daemon.get("/feed.json").body)["items"]]


def remove(daemon, server):
    daemon.reload("[http]\nentries = 2000", {"stays": server.url("/stays")})


def test_a_configured_feed_is_refused(daemon, server):
    refused = daemon.run("forget", "--yes", "gone", check=False)
    assert refused.returncode == 1 and "gone is in the configuration: take its section out" in refused.stderr
    daemon.reload("[http]\nentries = 2000", {
        "gone": dict(url=server.url("/gone"), enabled="no"), "stays": server.url("/stays")})
    assert daemon.run("forget", "--yes", "gone", check=False).returncode == 1
    unknown = daemon.run("forget", "--yes", "never", check=False)
    assert unknown.returncode == 1 and "no feed is or was named never" in unknown.stderr
    assert len(titles(daemon)) == COUNT + 1


def test_items_leave_the_outputs_after_a_question(daemon, server):
    remove(daemon, server)
    # without it they stay
    assert len(titles(daemon)) == COUNT + 1
    asked = daemon.run("forget", "gone", check=False, stdin=subprocess.DEVNULL)
    assert asked.returncode == 1 and "--yes" in asked.stderr
    assert "items %d; stories that go with them %d, stories that stay with other reports 1" % (COUNT, COUNT - 1) in asked.stderr
    assert len(titles(daemon)) == COUNT + 1
    assert daemon.control(op="forget", feed="gone")[0]["forget"]["removed"] is False
    assert daemon.run("forget", "--yes", "gone").stdout == "%d items removed\n" % COUNT
    wait_for(lambda: len(titles(daemon)) == 2, "the outputs to follow")
    assert SHARED["title"] in titles(daemon)
    assert json.loads(daemon.run("forget", "--yes", "--json", "gone").stdout) == {"feed": "gone", "removed": True, "items": 0}
    assert "feed forgotten feed=gone items=%d" % COUNT in daemon.log()
    daemon.stop()
    checked = subprocess.run([*daemon.command(), "--verify"], capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_a_terminal_is_asked(daemon, server):
    remove(daemon, server)
    command = "%s --socket %s forget gone" % (BUILD / "sitrep", daemon.control_path)
    for answer, left in ("n", COUNT + 1), ("y", 2):
        subprocess.run(["script", "-qec", command, "/dev/null"], input=answer + "\n", capture_output=True, text=True, timeout=30)
        wait_for(lambda: len(titles(daemon)) == left, "the outputs")


def test_a_feed_that_comes_back_tells_nothing_again(daemon, server):
    stream = daemon.stream()
    cursor = int(stream.hello["cursor"])
    remove(daemon, server)
    daemon.run("forget", "--yes", "gone")
    server.set("/gone", rss("Gone", [SHARED, article(2, title="Only here 2"), article(901)], prefix="gone"))
    daemon.reload("[http]\nentries = 2000", {"gone": server.url("/gone"), "stays": server.url("/stays")})
    daemon.refresh("gone")
    fresh = stream.read_until("new")
    assert fresh["item"]["title"] == article(901)["title"] and int(fresh["cursor"]) > cursor
    assert "Only here 2" not in titles(daemon)
    # what was told of them is skipped by a subscriber from the start
    stream = daemon.stream(dict(since="0"))
    told = {event["item"]["title"] for event in stream.read_events(3)}
    assert told == {SHARED["title"], article(900)["title"], article(901)["title"]}
