# SPDX-License-Identifier: ISC
"""Damage is found, a backup is whole, and the manual's way of restoring one works."""
import contextlib
import os
import re
import signal
import sqlite3
import subprocess
import threading

from harness import BUILD, PATIENCE, TOP, wait_for
from samples import FORMATS, article

ITEMS = 30


def publish(server, count, path="/rss"):
    make, content_type = FORMATS[0]
    server.set(path, make("Outlet", [article(n) for n in range(count)][::-1], "rss"), content_type,
               etag='"%d"' % count)


def filled(server, make_daemon, count=ITEMS):
    publish(server, count)
    daemon = make_daemon("[poll]\nmin = 1s", {"alpha": dict(url=server.url("/rss"), interval="250ms")}).start()
    wait_for(lambda: daemon.feeds()["alpha"]["items"] >= count, "the items")
    return daemon


def backup(daemon, *arguments):
    return daemon.run("backup", "--state-dir", str(daemon.state), *map(str, arguments), check=False)


def verify(state):
    return subprocess.run([str(BUILD / "sitrepd"), "--verify", "--state-dir", str(state)], capture_output=True,
                          text=True, timeout=PATIENCE * 3)


def count_items(file):
    with contextlib.closing(sqlite3.connect("file:%s?mode=ro" % file, uri=True)) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        return db.execute("SELECT count(*) FROM item").fetchone()[0]


def spoil_pages(daemon, condition, fill):
    """Overwrites the pages of tables in the database of a daemon that is stopped."""
    pages = [page for page, in daemon.stored("SELECT pageno FROM dbstat WHERE " + condition)]
    (size,), = daemon.stored("PRAGMA page_size")
    with open(daemon.state / "sitrepd.db", "r+b") as f:
        for page in pages:
            f.seek((page - 1) * size)
            f.write(fill(size))


def test_backup_while_it_writes(server, make_daemon):
    """A hundred commits run beside the copies; each copy is whole and of one moment, and the daemon's own file is as
    it was after a kill."""
    daemon = filled(server, make_daemon)
    ends = threading.Event()

    def write():
        for n in range(ITEMS, ITEMS + 200):
            if ends.is_set():
                return
            publish(server, n)
            daemon.refresh()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        sizes = []
        for n in range(5):
            result = backup(daemon, daemon.folder / ("copy-%d" % n))
            assert result.returncode == 0, result.stderr
            assert "checked" in result.stdout
            sizes.append(count_items(daemon.folder / ("copy-%d" % n)))
    finally:
        ends.set()
        writer.join()
    assert sizes == sorted(sizes) and sizes[0] >= ITEMS
    assert oct((daemon.folder / "copy-0").stat().st_mode & 0o777) == "0o600"
    assert not list(daemon.folder.glob("*.part-*"))
    stored = daemon.feeds()["alpha"]["items"]
    daemon.restart(kill=True)
    assert daemon.feeds()["alpha"]["items"] >= stored


def test_backup_refuses(server, make_daemon, tmp_path):
    daemon = filled(server, make_daemon)
    daemon.stop()
    target = tmp_path / "copy"
    assert backup(daemon, target).returncode == 0
    first = target.read_bytes()
    again = backup(daemon, target)
    assert again.returncode == 1 and "--force" in again.stderr
    assert target.read_bytes() == first
    (tmp_path / "copy-wal").write_bytes(b"of another")
    assert "exists" in backup(daemon, tmp_path / "copy").stderr
    assert backup(daemon, "--force", target).returncode == 0
    assert not (tmp_path / "copy-wal").exists()
    assert backup(daemon, "--force", daemon.state / "sitrepd.db").returncode == 1
    assert backup(daemon, "--force", daemon.state / "sitrepd.db-wal").returncode == 1
    assert backup(daemon, tmp_path / "no" / "folder").returncode == 1
    assert backup(daemon).returncode == 2
    nothing = daemon.run("backup", "--state-dir", str(tmp_path), str(tmp_path / "x"), check=False)
    assert nothing.returncode == 1 and "--state-dir" in nothing.stderr
    if os.geteuid() == 0:
        stranger = subprocess.run([str(BUILD / "sitrep"), "backup", "--state-dir", str(daemon.state), "/tmp/not-made"],
                                  user="nobody", capture_output=True, text=True, timeout=PATIENCE)
        assert stranger.returncode == 1 and "as root or as the daemon's user" in stranger.stderr, stranger.stderr
    assert sorted(p.name for p in tmp_path.iterdir()) == ["copy"]


def test_backup_of_a_damaged_database_is_none(server, make_daemon, tmp_path):
    daemon = filled(server, make_daemon)
    daemon.stop()
    spoil_pages(daemon, "name = 'item' AND pagetype = 'leaf' LIMIT 1", bytes)
    result = backup(daemon, tmp_path / "copy")
    assert result.returncode == 1 and "damaged" in result.stderr
    assert not list(tmp_path.iterdir())
    found = verify(daemon.state)
    assert found.returncode == 1 and "restore a backup" in found.stdout


def test_damaged_rows_cost_themselves(server, make_daemon):
    daemon = filled(server, make_daemon)
    assert verify(daemon.state).stdout.endswith(": good\n")
    with daemon.altered() as db:
        db.execute("UPDATE item SET record = x'00112233' WHERE id = (SELECT min(id) + 3 FROM item)")
        db.execute("UPDATE item SET record = CAST(substr(record, 1, 40) || x'ff' || substr(record, 42) AS BLOB)"
                   " WHERE id = (SELECT min(id) + 5 FROM item)")
        db.execute("UPDATE feed SET health = 99, failure = -1")
        db.execute("UPDATE near_state SET value = -1")
        db.commit()
        found = verify(daemon.state)
        assert found.returncode == 1
        assert len(re.findall(r"table item: row \d+ has a damaged record", found.stdout)) == 2, found.stdout
    wait_for(lambda: b"\nsitrepd_database_checked_timestamp_seconds " in daemon.get("/metrics").body, "a pass over the database")
    assert daemon.metric("sitrepd_database_damaged_rows") >= 2
    assert len(re.findall("database row is damaged", daemon.log())) == daemon.metric("sitrepd_database_damaged_rows")
    assert "DAMAGED: " in daemon.run("status").stdout
    publish(server, ITEMS + 1)
    wait_for(lambda: daemon.feeds()["alpha"]["items"] == ITEMS + 1, "another item")
    assert daemon.get("/feed.json").status == 200
    subscriber = daemon.stream({"since": "0"})
    assert len({e["item"]["title"] for e in subscriber.read_events(ITEMS + 1 - 2)}) == ITEMS + 1 - 2


def test_damaged_page_is_found_at_rest(server, make_daemon):
    daemon = filled(server, make_daemon)
    daemon.stop()
    spoil_pages(daemon, "name = 'revision' OR name = 'story_sort'", os.urandom)
    daemon.start(wait=False)
    wait_for(lambda: "database is damaged" in daemon.log(), "the damage to be found")
    wait_for(lambda: daemon.metric("sitrepd_database_damaged_tables") >= 1, "the metric")
    assert len(re.findall('database is damaged" table=revision|database is damaged table=revision', daemon.log())) <= 1
    daemon.process.send_signal(signal.SIGTERM)
    assert daemon.process.wait(PATIENCE) == 0
    daemon.process = None


def commands_of(page, section):
    """The lines of the first example in a section of docs/restoring.md."""
    text = (TOP / "docs" / page).read_text()
    part = text.split("## " + section + "\n")[1].split("\n## ")[0]
    return [line.strip() for line in re.findall(r"((?:^    .*\n)+)", part, re.M)[0].splitlines()]


def test_the_manual_restores(server, make_daemon, tmp_path):
    """The page's commands as they stand, with this daemon's folder and programs in place of the system's."""
    daemon = filled(server, make_daemon)
    tools = tmp_path / "bin"
    tools.mkdir()
    (tools / "systemctl").write_text("#!/bin/sh\nexit 0\n")
    (tools / "sudo").write_text('#!/bin/sh\n[ "$1" = -u ] && shift 2\nexec "$@"\n')
    for name in ("systemctl", "sudo"):
        (tools / name).chmod(0o755)
    environment = dict(os.environ, PATH="%s:%s:%s" % (tools, BUILD, os.environ["PATH"]),
                       STATE_DIRECTORY=str(daemon.state))
    copies = tmp_path / "backup"
    copies.mkdir()

    def follow(section):
        for line in commands_of("restoring.md", section):
            line = line.replace("/var/lib/sitrepd", str(daemon.state)).replace("/var/backups", str(copies))
            if line.startswith("install "):
                line = re.sub(r"-o \S+ -g \S+ ", "", line)
            result = subprocess.run(line, shell=True, env=environment, capture_output=True, text=True,
                                    timeout=PATIENCE * 3)
            assert result.returncode == 0, (line, result.stdout, result.stderr)

    follow("Make a backup")
    assert count_items(next(copies.iterdir())) == ITEMS
    daemon.stop()
    database = daemon.state / "sitrepd.db"
    database.write_bytes(b"\0" * 4096)
    (daemon.state / "sitrepd.db-wal").write_bytes(b"left over")
    follow("Restore a backup")
    assert "good" in verify(daemon.state).stdout
    daemon.start()
    assert daemon.feeds()["alpha"]["items"] >= ITEMS
    assert verify(daemon.state).returncode == 0
