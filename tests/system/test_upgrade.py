# SPDX-License-Identifier: ISC
"""Databases that earlier programs wrote are started, with all that stood in them.

tests/upgrade has one for each number and text that a schema step ever had, and some that the program before step 15 had
tried and marked as version 11 although columns were missing (tests/upgrade/make-databases).  The first four that failed in
the field (19489e6, 3788023, bda9157; 074e770 did not) are among them.
"""
import contextlib
import gzip
import os
import sqlite3
import subprocess
import sys

import pytest

from harness import TOP, wait_for
from test_service import Manager

sys.path.insert(0, str(TOP / "tests/upgrade"))
from feeds import RULES, documents  # noqa: E402

DATABASES = sorted(p.name.removesuffix(".db.gz") for p in (TOP / "tests/upgrade").glob("*.db.gz"))
FEED = """<rss version="2.0"><channel><title>Fresh</title><item><guid>fresh-1</guid><title>Minehunters leave the estuary</title>
<link>https://fresh.example/1</link></item></channel></rss>"""


def unpack(name, daemon):
    daemon.state.mkdir()
    database = daemon.state / "sitrepd.db"
    database.write_bytes(gzip.decompress((TOP / "tests/upgrade" / (name + ".db.gz")).read_bytes()))
    return database


def content(database):
    """What must outlive an upgrade; asked read-only, as of a file that nobody writes."""
    with contextlib.closing(sqlite3.connect("file:%s?mode=ro" % database, uri=True)) as db:
        tables = {}
        version = db.execute("PRAGMA user_version").fetchone()[0]
        history = "''" if version < 4 else "hex(habits)" if version < 19 else "hex(history)"
        for name, columns, order in (
                ("item", "id, feed_id, story_id, hex(uid), hex(digest), rev, first_seen, published, hex(record)", "id"),
                ("story", "id, hex(uid), sort_ms, first_seen, last_seen, sources, reports", "id"),
                ("event", "cursor, time, kind, feed_id, item_id, detail", "cursor"),
                ("feed", "id, name, url, polls, etag, last_modified, " + history, "id"),
                ("ident", "feed_id, hex(identity), item_id, alias", "1, 2"),
                ("counter", "item_id, cursor", "1")):
            table = "total" if name == "counter" and version < 19 else name
            tables[name] = db.execute("SELECT %s FROM %s ORDER BY %s" % (columns, table, order)).fetchall()
        for name, former, columns in (("story_constraint", "held", "item_id, story_id, together, at"),
                                      ("rule_match", "mark", "story_id, rule_key" if version >= 19 else "story_id, name")):
            table = name if version >= 19 else former
            is_there = db.execute("SELECT 1 FROM sqlite_schema WHERE name = ?", (table,)).fetchone()
            tables[name] = db.execute("SELECT %s FROM %s ORDER BY 1, 2" % (columns, table)).fetchall() if is_there else []
        tables["version"] = version
        tables["sketches"] = db.execute("SELECT count(*) FROM near_sketch").fetchone()[0] if db.execute(
            "SELECT 1 FROM sqlite_schema WHERE name = 'near_sketch'").fetchone() else 0
        assert db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        return tables


def matches(tables):
    """Stories by the names of the rules they match: a rule that is read otherwise today has another key."""
    return {(story, key.split("#")[0]) for story, key in tables["rule_match"]}


@pytest.mark.parametrize("name", DATABASES)
def test_starts_with_all_that_stood_in_it(server, make_daemon, name):
    daemon = make_daemon(feeds=dict(fresh=server.set("/fresh", FEED)))
    database = unpack(name, daemon)
    before = content(database)
    last = before["counter"][0][1]
    assert before["item"] and last > 0
    daemon.start()

    def cursor():
        with contextlib.closing(daemon.stream()) as stream:
            return int(stream.hello["cursor"])
    wait_for(lambda: cursor() > last, "the item of a new feed")
    stream = daemon.stream(subscribe=dict(since=str(last)))
    assert [e["event"] for e in stream.read_events(1)] == ["new"]
    assert daemon.get("/feed.atom").status == 200
    daemon.stop()

    after = content(database)
    for table in ("item", "story", "event", "ident", "story_constraint"):
        kept = after[table][:len(before[table])] if table != "ident" else \
            [row for row in after[table] if row in before[table]]
        assert kept == before[table], table
    assert [row[:2] + row[3:] for row in after["feed"][:len(before["feed"])]] == \
        [row[:2] + row[3:] for row in before["feed"]]
    # a cursor and an item's number follow the last ones that were given out
    assert after["event"][len(before["event"])][0] == last + 1
    assert after["item"][-1][0] == before["counter"][0][0] + 1
    (count,), = daemon.stored("SELECT count(*) FROM near_pending")
    assert before["sketches"] <= after["sketches"] <= before["sketches"] + 1
    # every sketch that was kept is found by its text again
    assert count >= before["sketches"]
    assert content("%s.v%d" % (database, before["version"])) == before
    assert "the database is copied before it is migrated" in daemon.log()


# The documents of those that failed in the field were not kept.
FIELD = ("074e770", "19489e6", "3788023", "bda9157")


@pytest.mark.parametrize("name", [d for d in DATABASES if d.removesuffix("-tried") not in FIELD])
def test_tells_nothing_of_documents_that_have_not_changed(server, make_daemon, name):
    """No second item, no `updated`, no alert: whatever today's program reads in a document that an earlier one has read."""
    feeds = documents("read" if name.endswith("-read") else "plain")
    for feed, (document, _) in feeds.items():
        server.set("/" + feed, document)
    rules = RULES if name.endswith("-edited") else \
        '[alert "all"]\nmatch = the OR frigate* OR minehunter OR letter OR frames\n'
    daemon = make_daemon(rules, feeds={feed: dict(url=server.url("/" + feed), interval="2s") for feed in feeds})
    database = unpack(name, daemon)
    with contextlib.closing(sqlite3.connect(database)) as db, db:
        assert db.execute("SELECT count(*) FROM feed WHERE polls > 0").fetchone()[0] == len(feeds)
        for feed in feeds:  # what was asked then was another server
            db.execute("UPDATE feed SET url = ? WHERE name = ?", (server.url("/" + feed), feed))
    before = content(database)
    daemon.start()
    daemon.control(op="refresh")
    # each answer is stored before its feed is asked again
    wait_for(lambda: all(server.count("/" + feed) >= 3 for feed in feeds), "three polls of each feed", 60)
    daemon.stop()
    after = content(database)
    assert after["event"] == before["event"]
    assert [row[:4] for row in after["item"]] == [row[:4] for row in before["item"]]
    assert after["story_constraint"] == before["story_constraint"]
    if rules == RULES:
        assert before["story_constraint"] and before["rule_match"]
        assert matches(before) <= matches(after)
    assert daemon.stored("SELECT DISTINCT canon_version FROM item") == [(2,)]
    assert daemon.stored("SELECT count(*) FROM revision") == [(0,)]


def test_disk_without_room_is_told(make_daemon, tmp_path):
    """A start that cannot keep a copy changes nothing and says how much room it needs."""
    if os.geteuid() != 0:
        pytest.skip("mounting needs root")
    disk = tmp_path / "disk"
    disk.mkdir()
    daemon = make_daemon(folder=disk)
    daemon.state = disk / "state"
    script = 'mount -t tmpfs -o size=12m tmpfs "$1" && cp -r "$2"/. "$1" && shift 2 && exec "$@"'
    source = tmp_path / "source"
    (source / "state").mkdir(parents=True)
    (source / "sitrepd.conf").write_bytes(daemon.config_path.read_bytes())
    (source / "state/sitrepd.db").write_bytes(
        gzip.decompress((TOP / "tests/upgrade/bda9157.db.gz").read_bytes()))
    tried = subprocess.run(["unshare", "-m", "sh", "-c", script + '; ', "sh", str(disk), str(source), "sh", "-c",
                            '"$@"; echo "status=$?"; ls "$STATE"', "sh", *daemon.command()], capture_output=True,
                           text=True, timeout=60, env=dict(os.environ, STATE=str(daemon.state)))
    if "unshare" in tried.stderr or "mount:" in tried.stderr:
        pytest.skip("no mount namespace here: " + tried.stderr)
    assert "status=1" in tried.stdout
    assert "no room to copy the database before its migration" in tried.stderr and "MB free" in tried.stderr
    assert tried.stdout.split("status=1")[1].split() == ["sitrepd.db", "sitrepd.lock"]


def test_service_manager_is_told_that_the_start_takes_longer(make_daemon, tmp_path, monkeypatch):
    manager = Manager(tmp_path)
    monkeypatch.setenv("NOTIFY_SOCKET", manager.path)
    daemon = make_daemon()
    unpack("19489e6", daemon)
    daemon.start()
    manager.wait_for(lambda message: message.startswith("EXTEND_TIMEOUT_USEC="))
    manager.wait("READY=1")
