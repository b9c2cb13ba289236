# SPDX-License-Identifier: ISC
"""Those who read: the ledger, subscribers that come and go, readers of pages."""
import collections
import json
import random
import socket
import threading
import time

from harness import connected

SUBSCRIBERS_MAX = 16
PAGES = ("/", "/story/%s", "/story/%s.json", "/feed.atom", "/feed.rss", "/feed.json", "/opml", "/metrics", "/healthz", "/output/river.atom",
         "/output/river.json", "/alert/words.atom")


class Ledger:
    """A subscriber that reads everything from the first event on, and keeps the books."""

    def __init__(self, daemon):
        self.stream = daemon.stream(dict(since="0"))
        self.stream.socket.settimeout(None)
        self.cursors = []
        self.told = collections.Counter()  # by link: how often it was told as news
        self.story = ""  # the last one that was told of
        self.faults = []
        self.lock = threading.Lock()
        self.thread = threading.Thread(target=self.read, daemon=True)
        self.thread.start()

    def read(self):
        try:
            while True:
                self.note(self.stream.read())
        except (EOFError, OSError, ValueError) as why:
            with self.lock:
                self.faults.append("the ledger's stream ended: %s" % why)

    def note(self, event):
        kind = event["event"]
        if kind in ("hello", "subscribed", "heartbeat"):
            return
        with self.lock:
            if kind in ("gap", "reset", "error"):
                self.faults.append("the ledger was told " + json.dumps(event))
                return
            cursor = int(event["cursor"])
            if self.cursors and cursor <= self.cursors[-1]:
                self.faults.append("cursor %d follows %d" % (cursor, self.cursors[-1]))
            self.cursors.append(cursor)
            if kind in ("new", "copy"):
                self.told[event["item"]["link"]] += 1
                self.story = event["story"]["id"]

    def newest(self):
        with self.lock:
            return self.cursors[-1] if self.cursors else 0

    def count(self):
        with self.lock:
            return len(self.cursors)


class Crowd:
    """Subscribers of five kinds that come and go, and readers of pages; each in a thread of its own."""

    def __init__(self, daemon, ledger, seed):
        self.daemon = daemon
        self.ledger = ledger
        self.random = random.Random(seed)
        self.ending = threading.Event()
        self.visits = collections.Counter()
        self.faults = []
        self.threads = [threading.Thread(target=self.guard, args=(self.keep_coming, n)) for n in range(SUBSCRIBERS_MAX)]
        self.threads += [threading.Thread(target=self.guard, args=(self.read_pages, n)) for n in range(3)]
        for thread in self.threads:
            thread.start()

    def guard(self, work, number):
        try:
            work(random.Random(self.random.random() + number))
        except Exception as why:  # pylint: disable=broad-except
            self.faults.append("%s: %r" % (work.__name__, why))

    # ---- subscribers

    def keep_coming(self, rng):
        kinds = (self.live, self.late, self.slow, self.silent, self.narrow)
        while not self.ending.wait(rng.uniform(0.2, 4)):
            kind = rng.choice(kinds)
            with connected(self.daemon.stream_path) as s:
                s.settimeout(1)
                kind(s, rng, time.monotonic() + rng.uniform(1, 12))
            self.visits[kind.__name__] += 1

    @staticmethod
    def ask(s, **request):
        s.sendall(json.dumps(dict(op="subscribe", **request)).encode() + b"\n")

    def drain(self, s, end, size, pause):
        while time.monotonic() < end and not self.ending.wait(pause):
            try:
                if not s.recv(size):
                    return
            except socket.timeout:
                continue
            except ConnectionError:
                return

    def live(self, s, rng, end):
        self.drain(s, end, 65536, 0)

    def late(self, s, rng, end):
        self.ask(s, since="0")
        self.drain(s, end, 65536, 0)

    def slow(self, s, rng, end):
        self.ask(s, since="0")
        self.drain(s, end, 512, 0.1)

    def silent(self, s, rng, end):
        self.ask(s, since="0")
        self.ending.wait(max(0, end - time.monotonic()))

    def narrow(self, s, rng, end):
        self.ask(s, since="0", events=["new", "alert"], match="ba* OR du*", feeds=["feed%03d" % rng.randrange(200)])
        self.drain(s, end, 65536, 0)

    # ---- pages

    def read_pages(self, rng):
        tags = {}
        while not self.ending.wait(rng.uniform(0.05, 0.4)):
            path = rng.choice(PAGES)
            of_story = "%s" in path
            if of_story:
                path %= self.ledger.story
            headers = {"Accept-Encoding": "gzip"} if rng.random() < 0.5 else {}
            if rng.random() < 0.5 and path in tags:
                headers["If-None-Match"] = tags[path]
            answer = self.daemon.get(path, headers=headers)
            self.visits["page %d" % answer.status] += 1
            tags[path] = answer.getheader("ETag") or ""
            # a story may go meanwhile; while no feed answers, or just after, /healthz may say so
            if answer.status not in (200, 304) and not of_story and path != "/healthz":
                self.faults.append("%s: %d" % (path, answer.status))

    def end(self):
        self.ending.set()
        for thread in self.threads:
            thread.join()
