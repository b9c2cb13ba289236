# SPDX-License-Identifier: ISC
"""The database is looked at from outside while the daemon runs and writes, and then the daemon is killed.

Once, the daemon opened and closed the file by itself beside SQLite's connections: close() drops all POSIX locks that the
process has on a file.  The next tool from outside took itself for the last one, and deleted the WAL under the daemon: of 40
items 5 were left after a kill, and cursors were given out twice.
"""
import os
import subprocess
import threading

import pytest

from harness import wait_for

TOOLS = {
    "backup": lambda db, copy: ["sqlite3", "-cmd", ".timeout 5000", db, ".backup " + copy],
    "select": lambda db, copy: ["sqlite3", db, "SELECT count(*) FROM item"],
    "dump": lambda db, copy: ["sqlite3", db, ".dump"],
    "vacuum-into": lambda db, copy: ["sqlite3", db, "VACUUM INTO '%s'" % copy],
    "python": lambda db, copy: ["/usr/bin/python3", "-c", "import sqlite3, sys; d = sqlite3.connect(sys.argv[1]);"
                                "d.execute('SELECT count(*) FROM event').fetchone(); d.close()", db],
}


def rss(count):
    items = "".join("<item><guid>%d</guid><title>Bulletin %d</title><link>https://a.example/%d</link></item>" % (i, i, i)
                    for i in range(count))
    return '<rss version="2.0"><channel><title>A</title>%s</channel></rss>' % items


def locks_on(path, pid):
    """POSIX locks of the process on the file, as (kind, start, end)."""
    status = os.stat(path)
    inode = "%02x:%02x:%d" % (os.major(status.st_dev), os.minor(status.st_dev), status.st_ino)
    found = set()
    with open("/proc/locks") as lines:
        for line in lines:
            part = line.split()
            if part[1] == "POSIX" and part[5] == inode and int(part[4]) == pid:
                found.add((part[3], part[6], part[7]))
    return found


def open_files(pid):
    folder = "/proc/%d/fd" % pid
    return [os.readlink(os.path.join(folder, name)) for name in os.listdir(folder)]


def test_locks_are_there_after_everything_was_opened(server, make_daemon):
    daemon = make_daemon(feeds=dict(f=dict(url=server.set("/f", rss(5)), interval="1h")))
    daemon.first_polls(items=5)
    pid = daemon.process.pid
    database = daemon.state / "sitrepd.db"

    # shared bytes 1073741826 to 1073742335: held by each connection in WAL mode for as long as it is open
    def are_held():
        return any(kind == "READ" and start == "1073741826" for kind, start, _ in locks_on(database, pid))
    assert are_held()
    # late subscribers, pages, exports, a reload, a refused second daemon: whatever may open a connection
    for _ in range(3):
        stream = daemon.stream(subscribe=dict(since="0"))
        stream.read_events(5)
        stream.close()
        for path in ("/", "/feed.atom", "/feed.json", "/metrics", "/healthz"):
            assert daemon.get(path).status == 200
        daemon.control(op="reload")
        daemon.refresh()
    second = subprocess.run(daemon.command(), capture_output=True, text=True, timeout=60)
    assert second.returncode == 1
    assert are_held()
    # the WAL's index has a lock of its own that says that it is in use
    assert any(kind == "READ" for kind, _, _ in locks_on(str(database) + "-shm", pid))
    assert not [f for f in open_files(pid) if f.endswith("(deleted)") and "sitrepd.db" in f]


@pytest.mark.parametrize("tool", TOOLS)
def test_looked_at_while_it_writes_and_killed(tool, server, make_daemon, tmp_path):
    daemon = make_daemon(feeds=dict(f=dict(url=server.set("/f", rss(5)), interval="1h")))
    daemon.first_polls(items=5)
    database = daemon.state / "sitrepd.db"
    stream = daemon.stream(subscribe=dict(since="0", events=["new", "copy"]))
    seen = {e["cursor"]: e["item"]["title"] for e in stream.read_events(5)}
    inodes = {suffix: os.stat(str(database) + suffix).st_ino for suffix in ("", "-wal", "-shm")}
    ended = threading.Event()
    looks = []

    def look():
        while not ended.is_set() or len(looks) < 3:
            copy = str(tmp_path / ("copy%d" % len(looks)))
            looks.append(subprocess.run(TOOLS[tool](str(database), copy), capture_output=True, text=True, timeout=60))
    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        for count in range(8, 41, 4):
            server.set("/f", rss(count))
            wait_for(lambda: daemon.refresh("f") and daemon.feeds()["f"]["items"] == count, "%d items" % count)
    finally:
        ended.set()
        watcher.join()
    seen.update({e["cursor"]: e["item"]["title"] for e in stream.read_events(35)})
    stream.close()
    assert [look for look in looks if look.returncode != 0] == []
    assert {suffix: os.stat(str(database) + suffix).st_ino for suffix in inodes} == inodes
    daemon.kill()

    server.set("/f", rss(41))
    daemon.start()
    wait_for(lambda: daemon.refresh("f") and daemon.feeds()["f"]["items"] == 41, "the last item")
    stream = daemon.stream(subscribe=dict(since="0", events=["new", "copy"]))
    told = [(e["cursor"], e["item"]["title"]) for e in stream.read_events(41)]
    stream.close()
    assert len({cursor for cursor, _ in told}) == len({title for _, title in told}) == 41
    assert {cursor: title for cursor, title in told if cursor in seen} == seen
    assert daemon.feeds()["f"]["items"] == 41
    check = subprocess.run(["sqlite3", "-readonly", str(database), "PRAGMA integrity_check"], capture_output=True,
                           text=True, timeout=60)
    assert check.stdout == "ok\n", check
