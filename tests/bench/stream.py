#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""The stream with thousands of subscribers: memory of those who never read, and latency beside a bare writer.

usage: stream.py [--silent 5000] [--subscribers 1000] [--rounds 200] [--late 100] [--events 300000]

Memory is what the daemon's resident memory grew by, divided by the subscribers: connected, subscribed since 0 until the
kernel takes no more, and never reading.  The bar is 4 KiB each.  Then as many subscribers have a filter each: printed is
the main loop's processor time for an event.  For latency see stream.c; the bar is twice the bare writer's.
"""
import json
import pathlib
import re
import shutil
import sqlite3
import subprocess
import time

import serving
from harness import BUILD, Daemon, FeedServer, connected

FEEDS, EACH = 10, 100
CONFIG = "[stream]\nconnections = 8192\nheartbeat = 1h"


def resident(daemon):
    status = pathlib.Path("/proc/%d/status" % daemon.process.pid).read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status)[1])


def settle(daemon, figure, tolerance):
    """figure(daemon), once it has grown by no more than the tolerance for a second."""
    last, since = figure(daemon), time.monotonic()
    while time.monotonic() - since < 1:
        time.sleep(0.1)
        if abs(figure(daemon) - last) > tolerance:
            last, since = figure(daemon), time.monotonic()
    return last


def subscribe(daemon, members):
    s = connected(daemon.stream_path)
    s.sendall(json.dumps(dict(op="subscribe", **members)).encode() + b"\n")
    return s


def silent(daemon, count, request):
    """KiB that each of so many takes."""
    daemon.start()
    before = settle(daemon, resident, 0)
    sockets = [subscribe(daemon, dict(since="0", **request(n))) for n in range(count)]
    grown = settle(daemon, resident, 0) - before
    for s in sockets:
        s.close()
    daemon.stop()
    return grown / count


def loop_ms(daemon):
    """Processor time of the main loop's thread."""
    return int(pathlib.Path("/proc/{0}/task/{0}/schedstat".format(daemon.process.pid)).read_text().split()[0]) / 1e6


def matched(server, daemon, count, events, request):
    """Milliseconds of the main loop for each of so many events, which all have come before the first is sent, with so
    many subscribers; those of the same events without a subscriber are taken off."""
    costs = []
    for subscribers in (0, count):
        daemon.start()
        sockets = [subscribe(daemon, request(n)) for n in range(subscribers)]
        before = settle(daemon, loop_ms, 1)
        matched.numbers += events
        serving.set_items(server, 0, range(matched.numbers, matched.numbers + events))
        daemon.refresh("f0")
        costs.append((settle(daemon, loop_ms, 1) - before) / events)
        for s in sockets:
            s.close()
        daemon.stop()
    return costs[1] - costs[0]


matched.numbers = 10 ** 6


def lengthen(path, events):
    """Gives the log so many events, all of the items that are there."""
    with sqlite3.connect(path) as db:
        have, = db.execute("SELECT cursor FROM counter").fetchone()
        db.execute("INSERT INTO event(cursor, time, kind, backlog, feed_id, item_id) WITH RECURSIVE n(c) AS"
                   " (SELECT ? + 1 UNION ALL SELECT c + 1 FROM n WHERE c < ?)"
                   " SELECT c, (SELECT max(time) FROM event), 1, 0, i.feed_id, i.id FROM n JOIN item i ON i.id = c % ? + 1",
                   (have, events, have))
        db.execute("UPDATE counter SET cursor = ?", (max(have, events),))
    db.close()


def main():
    a = serving.options(__doc__, silent=5000, subscribers=1000, rounds=200, late=100, events=300000).parse_args()
    serving.open_many_files()
    server = FeedServer()
    daemon = Daemon(CONFIG, serving.feeds_of(server, FEEDS))
    try:
        serving.fill(server, daemon, FEEDS, EACH)
        print("memory of %d that never read, KiB each" % a.silent)
        for name, request in (("no filter", lambda n: {}), ("one filter", lambda n: dict(match="word1 OR absent*")),
                              ("a filter of its own", lambda n: dict(match="word%d OR absent%d" % (n % 150, n)))):
            print("%-28s %9.2f" % (name, silent(daemon, a.silent, request)), flush=True)
        print("main loop for an event with %d subscribers, each a filter of its own, ms" % a.silent)
        for name, request in (("all find nothing", lambda n: dict(match="absent%d OR absent%d* OR \"word1 word%d\"" % (n, n, n + 3))),
                              ("150 find a word", lambda n: dict(match="absent%d OR word%d" % (n, n)))):
            print("%-28s %9.2f" % (name, matched(server, daemon, a.silent, 20, request)), flush=True)
        lengthen(daemon.state / "sitrepd.db", a.events)
        print("latency with %d subscribers; then %d more begin at the oldest of %d events" % (a.subscribers, a.late, a.events),
              flush=True)
        subprocess.run([BUILD / "bench/stream", str(daemon.state), str(a.subscribers), str(a.rounds), str(a.late)], check=True)
    finally:
        daemon.close()
        server.close()
        shutil.rmtree(daemon.folder, ignore_errors=True)


if __name__ == "__main__":
    main()
