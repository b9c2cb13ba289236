# SPDX-License-Identifier: ISC
"""A wall clock that jumps, while the daemon runs and between two runs: feeds are asked as before, nothing is removed on the
clock's word, and no date of ours lies in the future.  libfaketime sets the wall clock of the daemon alone, and leaves the
time that passes as it is."""
import calendar
import email.utils
import json
import pathlib
import struct
import time

import pytest

from harness import wait_for
from samples import article, rss

LIBRARY = pathlib.Path("/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1")
if not LIBRARY.exists():
    LIBRARY = next(pathlib.Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), LIBRARY)

pytestmark = [
    pytest.mark.skipif(not LIBRARY.exists(), reason="libfaketime is not installed"),
    pytest.mark.skipif(LIBRARY.exists() and struct.calcsize("l") == 4 and b"__clock_gettime64" not in LIBRARY.read_bytes(),
                       reason="libfaketime does not know the clock with 64 bits of a 32-bit machine")]

HOUR, DAY = 3600, 86400
JUMPS = {"an hour ahead": HOUR, "a day ahead": DAY, "400 days ahead": 400 * DAY, "30 years ahead": 30 * 365 * DAY,
         "10 years back": -10 * 365 * DAY}
CONFIG = """
[keep]
items = 2d
events = 2d
[poll]
min = 1s
default = 1s
max = 2s
[fetch]
allow = 127.0.0.0/8
gap = 0s
"""


class Clock:
    """The wall clock of daemons that are started with it."""

    def __init__(self, folder):
        self.path = folder / "clock"
        self.set(0)

    def set(self, seconds):
        # in one step: libfaketime 0.9.10 ends a process that finds the file empty
        fresh = self.path.with_suffix(".new")
        fresh.write_text("%+d" % seconds)
        fresh.rename(self.path)

    def rule(self, daemon):
        daemon.environment = dict(LD_PRELOAD=str(LIBRARY), FAKETIME_TIMESTAMP_FILE=str(self.path), FAKETIME_NO_CACHE="1",
                                  DONT_FAKE_MONOTONIC="1", FAKETIME_DONT_FAKE_MONOTONIC="1",
                                  # AddressSanitizer wants to be loaded first, and does well enough second
                                  ASAN_OPTIONS="detect_leaks=1:verify_asan_link_order=0")
        return daemon


@pytest.fixture
def clock(tmp_path):
    return Clock(tmp_path)


def asked(server, path, times=2):
    """Asked that often from now on, within the seconds in which a feed of a second is."""
    before = server.count(path)
    wait_for(lambda: server.count(path) >= before + times, "polls of %s" % path, patience=15)


def told(daemon):
    """All events of items from the beginning of the log: cursors, names and times."""
    with_items = daemon.stream(dict(since="0"))
    try:
        events = []
        while len(events) < 4:
            event = with_items.read()
            if "item" in event:
                events.append((int(event["cursor"]), event["item"]["title"], event["time"]))
        return events
    finally:
        with_items.close()


def seconds(rfc3339):
    return calendar.timegm(time.strptime(rfc3339, "%Y-%m-%dT%H:%M:%SZ"))


def assert_all_is_there(daemon, before=None):
    """What was taken in is, in its order, and nothing of it in the future of a clock that is right."""
    events = told(daemon)
    if before is not None:
        assert [e[:2] for e in events] == [e[:2] for e in before]
    assert [e[0] for e in events] == sorted(e[0] for e in events)
    now = time.time() + 2
    assert all(seconds(e[2]) <= now for e in events), events
    answer = daemon.get("/feed.json")
    assert email.utils.parsedate_to_datetime(answer.headers["Last-Modified"]).timestamp() <= now
    document = json.loads(answer.body)
    assert len(document["items"]) == 4
    for item in document["items"]:
        assert seconds(item["date_modified"]) <= now and seconds(item["date_published"]) <= now
    feeds = daemon.feeds()
    for feed in feeds.values():
        assert seconds(feed["due"]) <= now + 2 * DAY, feed
        assert seconds(feed["last_poll"]) <= now and seconds(feed["last_new"]) <= now
    return events


def believe(daemon):
    """As after a day of running: what is stored was stamped by a clock that is believed."""
    with daemon.altered() as db:
        assert db.execute("UPDATE clock SET doubt = 0, ahead = 0").rowcount == 1
    return daemon


def fill(server, make_daemon, clock):
    server.set("/often", rss("Often", [article(n) for n in (1, 2)], prefix="often"), etag='"1"')
    server.set("/rhythm", rss("Rhythm", [article(n) for n in (3, 4)], prefix="rhythm"), etag='"1"')
    return clock.rule(make_daemon(CONFIG, {"often": dict(url=server.url("/often"), interval="300ms"),
                                           "rhythm": server.url("/rhythm")}))


@pytest.mark.parametrize("jump", JUMPS)
def test_a_clock_that_jumps_while_it_runs(server, make_daemon, clock, jump):
    daemon = fill(server, make_daemon, clock).start()
    asked(server, "/often")
    before = told(daemon)
    believe(daemon)
    asked(server, "/often", 1)
    clock.set(JUMPS[jump])
    asked(server, "/often")
    asked(server, "/rhythm", 1)
    assert daemon.control(op="reload")[-1].get("error") is None  # begins a round of retention
    asked(server, "/often", 1)
    clock.set(0)
    asked(server, "/often")
    asked(server, "/rhythm", 1)
    assert "the clock was set" in daemon.log()
    assert_all_is_there(daemon, before)


@pytest.mark.parametrize("jump", ["400 days ahead", "30 years ahead", "10 years back"])
def test_a_clock_that_jumps_over_restarts(server, make_daemon, clock, jump):
    daemon = fill(server, make_daemon, clock).start()
    asked(server, "/often", 1)
    before = told(daemon)
    believe(daemon)
    for offset in (JUMPS[jump], 0):
        daemon.kill()
        clock.set(offset)
        daemon.start()
        asked(server, "/often")
        asked(server, "/rhythm", 1)
    assert_all_is_there(daemon, before)


def test_a_clock_that_is_put_right_after_the_first_polls(server, make_daemon, clock):
    clock.set(3 * 365 * DAY)
    daemon = fill(server, make_daemon, clock).start()
    asked(server, "/often", 1)
    told(daemon)
    clock.set(0)
    asked(server, "/rhythm", 1)
    assert_all_is_there(daemon)
    daemon.restart()
    asked(server, "/rhythm", 1)
    assert_all_is_there(daemon)


@pytest.mark.parametrize("jump", ["400 days ahead", "10 years back"])
def test_nobody_is_asked_sooner_than_he_allowed(server, make_daemon, clock, jump):
    server.set("/feed", "x", status=503, headers={"Retry-After": "3600"})
    server.set("/other", rss("Other", [article(1)]), etag='"1"')
    daemon = clock.rule(make_daemon(CONFIG, {
        "feed": dict(url=server.url("/feed"), interval="1s"),
        "other": dict(url=server.url("/other", "localhost"), interval="1s")})).start()
    wait_for(lambda: daemon.feeds()["feed"]["polls"] == 1, "the answer to be kept")
    for restarts in (False, True):
        if restarts:
            daemon.stop()
        clock.set(JUMPS[jump] if not restarts else 0)
        if restarts:
            daemon.start()
        left = seconds(daemon.feeds()["feed"]["due"]) - time.time() - (JUMPS[jump] if not restarts else 0)
        wait_for(lambda: abs(seconds(daemon.feeds()["feed"]["due"]) - time.time()
                             - (0 if restarts else JUMPS[jump]) - 3600) < 60, "the same wait, not %d s" % left)
        assert daemon.refresh("feed")[-1].get("error") is not None
    assert server.count("/feed") == 1
