#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""An hour of real feeds through the running daemon, beside a count of our own of what each of them brought.

usage: hour.py --corpus FOLDER --stories FOLDER [--minutes 5] [--table FILE] [--keep FILE | --judge FILE]

CORPUS has corpus/MANIFEST.tsv and corpus/*; STORIES has fulltext/stream.jsonl.gz, fulltext/labels.tsv and
headlines/stream.jsonl.gz.  The corpus feeds never change; the items of the streams come in hundreds of feeds that show
their newest ones, by the clock of the run (hour_feeds.py).  In the middle the daemon is killed.  Then its stream, its
database, its merged feeds and its metrics are compared with the count (hour_count.py): each difference has a class with
a reason, or the run fails.
"""
import argparse
import json
import pathlib
import pickle
import re
import sys
import threading
import time
import xml.etree.ElementTree as ET

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests/system"))
from harness import Daemon, Stream, wait_for  # noqa: E402
import hour_count  # noqa: E402
import hour_feeds  # noqa: E402

HEADLINES_A_MINUTE = 1240  # 74,030 of them in an hour
FULL_TEXTS_A_MINUTE = 1400
ENTRIES = 1000
CONFIG = """title = An hour
[keep]
items = 36500d
size = 0
[fetch]
allow = 127.0.0.0/8
per-host = 32
max-body = 16M
[http]
entries = %d
""" % ENTRIES


class Ledger:
    """A subscriber that is there all the time and comes back with its last cursor after the daemon was killed."""

    def __init__(self, daemon):
        self.daemon = daemon
        self.events = []  # (cursor, kind, item)
        self.faults = []
        self.ending = False
        self.lock = threading.Lock()
        self.thread = threading.Thread(target=self.read, daemon=True)
        self.thread.start()

    def read(self):
        while not self.ending:
            try:
                stream = self.daemon.stream(dict(since=str(self.newest())))
                stream.socket.settimeout(None)
                while True:
                    self.note(stream.read())
            except (EOFError, OSError, ValueError):
                time.sleep(0.05)  # killed, and started again by and by

    def note(self, event):
        if event["event"] in ("gap", "reset", "error"):
            self.faults.append("the ledger was told " + json.dumps(event))
        elif event["event"] not in ("hello", "subscribed", "heartbeat"):
            with self.lock:
                self.events.append(hour_count.brief(event))

    def newest(self):
        with self.lock:
            return self.events[-1][0] if self.events else 0


class Hour:
    def __init__(self, corpus, stories, minutes, interval=10):
        """interval: of the story feeds, in seconds; the corpus feeds are asked a third as often."""
        self.seconds = minutes * 60
        corpus_feeds = hour_feeds.corpus_feeds(corpus)
        story_feeds = [
            feed for letter, name, a_minute in (("f", "fulltext", FULL_TEXTS_A_MINUTE), ("h", "headlines", HEADLINES_A_MINUTE))
            for feed in hour_feeds.story_feeds(stories / name / "stream.jsonl.gz", letter, int(a_minute * minutes), self.seconds, interval)]
        self.server = hour_feeds.HourServer(corpus_feeds + story_feeds)
        self.story_feeds = [f.name for f in story_feeds]
        self.daemon = Daemon(CONFIG, {
            f.name: dict(url=self.server.url(f.name), interval="%ds" % (interval * 3 if f.name[0] == "r" else interval),
                         categories={"r": "corpus", "f": "full", "h": "headlines"}[f.name[0]]) for f in corpus_feeds + story_feeds})
        self.record = {}

    def wait_until(self, seconds):
        """By the clock of the run."""
        wait_for(lambda: self.server.clock.now() >= seconds, "the clock of the run", seconds + 60)

    def wait_for_polls(self, names, times):
        """Each feed of these names is answered so often from now on."""
        before = self.server.asked()

        def least():
            asked = self.server.asked()
            return all(asked[name] - before[name] >= times for name in names)
        wait_for(least, "%d polls of each of %d feeds" % (times, len(names)), 300)

    def status(self):
        return self.daemon.control(op="status")[0]["status"]

    def kill(self):
        """While it stores; what its feeds show then stands still until each has been asked again."""
        wait_for(lambda: self.status()["now"]["writing"] > 0, "the daemon to be at writing", 120)
        self.server.call(self.server.clock.freeze)
        self.daemon.kill()
        asked = self.server.asked()
        self.daemon.start()
        self.wait_for_polls(self.story_feeds, 1)
        self.record["asked_at_kill"] = asked
        self.server.call(self.server.clock.run)

    def settle(self, ledger):
        """Nothing changes any more: all is asked for, stored and told."""
        self.server.call(self.server.clock.freeze)
        self.wait_for_polls(self.story_feeds, 2)
        assert self.daemon.control(op="pause")[-1] == {"done": True}

        def at_rest():
            busy = self.status()["now"]
            return not any(busy[k] for k in ("transfers", "parsing", "writing")) and ledger.newest() == self.newest()
        wait_for(at_rest, "everything to be stored and told", 120)

    def newest(self):
        stream = self.daemon.stream()
        try:
            return int(stream.hello["cursor"])
        finally:
            stream.close()

    def replay(self):
        """All events, as one is told who comes late."""
        stream = Stream(self.daemon.stream_path, dict(since="0"))
        newest, events = int(stream.hello["cursor"]), []
        while not events or int(events[-1]["cursor"]) < newest:
            event = stream.read()
            if event["event"] in ("gap", "reset", "error"):
                raise AssertionError("the replay was told " + json.dumps(event))
            if event["event"] != "heartbeat":
                events.append(event)
        stream.close()
        return events

    def merged(self, path):
        """(id, title) of the entries in each format, and the JSON items."""
        atom = ET.fromstring(self.daemon.get(path + ".atom").body)
        rss = ET.fromstring(self.daemon.get(path + ".rss").body)
        items = json.loads(self.daemon.get(path + ".json").body)["items"]
        name = "{http://www.w3.org/2005/Atom}"
        return dict(atom=[(e.findtext(name + "id"), e.findtext(name + "title")) for e in atom.iter(name + "entry")],
                    rss=[(e.findtext("guid"), e.findtext("title")) for e in rss.iter("item")], json=items)

    def collect(self, ledger):
        metrics = self.daemon.get("/metrics").body.decode()
        backup = self.daemon.folder / "backup.db"
        self.daemon.run("backup", "--state-dir", str(self.daemon.state), str(backup))
        self.record.update(
            seconds=self.seconds, ledger=ledger.events, ledger_faults=ledger.faults, events=self.replay(),
            metrics={name: float(value) for name, value in re.findall(r"^(\w+(?:\{[^}]*\})?) (\S+)$", metrics, re.M)},
            feeds=self.daemon.feeds(), items=hour_count.stored(backup), status=self.status(),
            merged={path: self.merged(path) for path in ("/feed", "/category/corpus", "/category/full", "/category/headlines")},
            asked=self.server.asked(), full=dict(self.server.full), not_modified=dict(self.server.not_modified),
            served=list(self.server.feeds.values()), log=self.daemon.log())

    def run(self):
        ledger = None
        try:
            self.daemon.start()
            ledger = Ledger(self.daemon)
            self.wait_for_polls(self.story_feeds, 1)
            self.server.call(self.server.clock.run)
            self.wait_until(self.seconds / 2)
            self.kill()
            self.wait_until(self.seconds)
            self.settle(ledger)
            self.collect(ledger)
            ledger.ending = True
            self.daemon.stop()
        finally:
            if ledger is not None:
                ledger.ending = True
            self.daemon.close()
            self.server.close()
        return self.record


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=pathlib.Path, required=True)
    parser.add_argument("--stories", type=pathlib.Path, required=True)
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--keep", type=pathlib.Path, help="a file for what was seen, for --judge")
    parser.add_argument("--table", type=pathlib.Path, help="a file for the count of each feed")
    parser.add_argument("--judge", type=pathlib.Path, help="compare what an earlier run has kept")
    options = parser.parse_args()
    if options.judge:
        record = pickle.loads(options.judge.read_bytes())
    else:
        record = Hour(options.corpus, options.stories, options.minutes).run()
    if options.keep:
        options.keep.write_bytes(pickle.dumps(record))
    faults = hour_count.judge(record, options.stories / "fulltext/labels.tsv", options.table)
    for fault in faults[:40]:
        print("FAULT: " + fault)
    print("%g minutes: %s" % (record["seconds"] / 60, "failed, %d faults" % len(faults) if faults else "passed"))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
