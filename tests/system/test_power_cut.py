# SPDX-License-Identifier: ISC
"""After a power cut everything is there that anybody has been told, and no cursor is given out twice.

One run of the daemon is noted (tests/faults/power.c) and cut at many places, most of them just after something was told;
from what the disk would have kept at each, the database is opened again.  A note of what was told is written before it is
sent, so that a subscriber has at most seen that.
"""
import json
import os
import pathlib
import random
import re
import shutil
import sqlite3
import tempfile

import pytest

import power
from harness import BUILD, Daemon, wait_for
from test_upgrade import content, unpack

CUTS = int(os.environ.get("SITREPD_CUTS", "100"))
STARTS = 5


class NotedDaemon(Daemon):
    """The folder of its state is not there at the beginning."""

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.disk_top = self.folder / "disk"
        self.disk_top.mkdir()
        self.state = self.disk_top / "sitrepd"
        self.trace = self.folder / "trace"

    def command(self):
        if not self.trace:
            return super().command()
        return ["env", "LD_PRELOAD=%s" % (BUILD / "tests/faults/power.so"), "POWER_TRACE=%s" % self.trace,
                "POWER_FOLDER=%s" % self.disk_top,
                "ASAN_OPTIONS=%s:verify_asan_link_order=0" % os.environ.get("ASAN_OPTIONS", "detect_leaks=0"),
                *super().command()]


def rss(count):
    items = "".join("<item><guid>%d</guid><title>Bulletin %d</title><link>https://a.example/%d</link></item>" % (i, i, i)
                    for i in range(count))
    return '<rss version="2.0"><channel><title>A</title>%s</channel></rss>' % items


EVENT = re.compile(rb'^\{"event":"(?:new|copy|updated|alert)".*\}$', re.M)


class Told:
    """Whole lines of each socket, events only: cursor -> id of the item."""

    def __init__(self):
        self.rest = {}
        self.events = {}

    def add(self, note):
        text = self.rest.get(note.inode, b"") + note.data
        whole, _, self.rest[note.inode] = text.rpartition(b"\n")
        for line in EVENT.findall(whole):
            event = json.loads(line)
            self.events[int(event["cursor"])] = event["item"]["id"].replace("-", "")


def assert_kept(state, told):
    """The database that a cut has left has what was told."""
    database = state / "sitrepd.db"
    if not told:
        return
    assert database.exists(), "nothing is left, and %d events were told" % len(told)
    db = sqlite3.connect(database)
    try:
        assert db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        kept = dict(db.execute("SELECT e.cursor, lower(hex(i.uid)) FROM event e JOIN item i ON i.id = e.item_id"))
        for cursor, item in told.items():
            assert kept.get(cursor) == item, "event %d, told of %s, is %s" % (cursor, item, kept.get(cursor))
        assert db.execute("SELECT cursor FROM counter").fetchone()[0] >= max(told)
    finally:
        db.close()


def run_noted(daemon, server):
    """News, a subscriber, a kill and a second life."""
    count = 0
    for life in range(2):
        daemon.start()
        stream = daemon.stream(subscribe=dict(since=str(count), events=["new"]))
        for _ in range(12):
            count += 3
            server.set("/f", rss(count))
            wait_for(lambda: daemon.refresh("f") and daemon.feeds()["f"]["items"] == count, "%d items" % count)
            stream.read_events(3)
        stream.close()
        daemon.kill() if life == 0 else daemon.stop()
    return count


def test_nothing_that_was_told_is_lost(server):
    seed = int(os.environ.get("SITREPD_SEED", random.randrange(2**32)))
    print("seed", seed)
    chance = random.Random(seed)
    daemon = NotedDaemon(feeds=dict(f=dict(url=server.url("/f"), interval="1h")))
    server.set("/f", rss(0))
    scratch = pathlib.Path(tempfile.mkdtemp(prefix="sitrepd-power-"))
    try:
        disk = power.Disk(daemon.disk_top)
        count = run_noted(daemon, server)
        notes = power.read_notes(daemon.trace)
        kinds = "".join(n.kind for n in notes)
        told_at = [m.start() + 1 for m in re.finditer("o", kinds)]
        others = [i for i in range(1, len(notes)) if i not in set(told_at)]
        cuts = set(chance.sample(told_at, min(len(told_at), CUTS // 2)) + chance.sample(others, min(len(others), CUTS // 2)))
        cuts.add(len(notes))
        starts = set(chance.sample(sorted(cuts), STARTS))
        told = Told()
        for at, note in enumerate(notes, 1):
            if note.kind == "o":
                told.add(note)
            else:
                disk.play(note)
            if at not in cuts:
                continue
            for loses_all in (True, False):
                top = scratch / "disk"
                shutil.rmtree(top, ignore_errors=True)
                top.mkdir()
                disk.crash(top, chance, loses_all)
                assert_kept(top / "sitrepd", told.events)
            if at in starts:
                assert_goes_on(top, told.events, server, count)
        assert max(told.events) == count
    finally:
        daemon.close()
        shutil.rmtree(scratch, ignore_errors=True)


def assert_goes_on(top, told, server, count):
    """The daemon itself starts from what is left, tells the same again and the rest under new cursors."""
    daemon = Daemon(feeds=dict(f=dict(url=server.url("/f"), interval="1h")))
    try:
        daemon.state = top / "sitrepd"
        daemon.start()
        daemon.refresh("f")
        stream = daemon.stream(subscribe=dict(since="0", events=["new"]))
        events = stream.read_events(count)
        stream.close()
        now = {int(e["cursor"]): e["item"]["id"].replace("-", "") for e in events}
        assert len(now) == len(set(now.values())) == count
        assert {cursor: now.get(cursor) for cursor in told} == told
    finally:
        daemon.close()


@pytest.mark.parametrize("name", ["8b0d10c", "40895fe"])
def test_cut_off_migration_leaves_one_or_the_other(name):
    """Whenever the power goes, the database is the old one or the new one, and with the new one there is the copy."""
    chance = random.Random(7)
    daemon = NotedDaemon()
    scratch = pathlib.Path(tempfile.mkdtemp(prefix="sitrepd-power-"))
    try:
        database = unpack(name, daemon)
        old = content(database)
        for beside in ("-wal", "-shm"):
            pathlib.Path(str(database) + beside).unlink(missing_ok=True)
        disk = power.Disk(daemon.disk_top)
        daemon.start()
        daemon.kill()
        notes = power.read_notes(daemon.trace)
        ends = [i for i, n in enumerate(notes, 1) if n.kind in "csur"]
        cuts = set(ends + [i - 1 for i in ends] + chance.sample(range(1, len(notes)), min(20, len(notes) - 1)))
        versions = set()
        for at, note in enumerate(notes, 1):
            if note.kind != "o":
                disk.play(note)
            if at not in cuts:
                continue
            top = scratch / "disk"
            shutil.rmtree(top, ignore_errors=True)
            top.mkdir()
            disk.crash(top, chance, loses_all=chance.random() < 0.5)
            left = top / "sitrepd/sitrepd.db"
            with sqlite3.connect(left) as db:  # takes the WAL in
                db.execute("SELECT count(*) FROM item").fetchone()
            db.close()
            new = content(left)
            versions.add(new["version"])
            assert new["item"] == old["item"] and new["event"] == old["event"] and new["counter"] == old["counter"]
            if new["version"] == old["version"]:
                assert new == old
            else:
                assert content("%s.v%d" % (left, old["version"])) == old
        assert len(versions) == 2
    finally:
        daemon.close()
        shutil.rmtree(scratch, ignore_errors=True)
