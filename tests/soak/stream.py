#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Thousands of subscribers of all speeds that come, go and resume, while the daemon is killed again and again.

usage: stream.py [--subscribers 300] [--kills 10] [--seconds 3] [--seed 1]

Feeds bring new items all the time; after so many seconds each, the daemon is killed with SIGKILL and started again.  A
subscriber has a filter of its own, reads fast, slowly or not at all, leaves in the middle of a line, and resumes with
the cursor of its last whole line.  At the end each asks for the rest with `poll`.  Fails when the cursors that one has
received are not those that the log has for its filter since its first cursor, in order and each once, or when it was
told a gap, a reset or an error.
"""
import argparse
import array
import collections
import heapq
import itertools
import json
import os
import pathlib
import random
import re
import resource
import selectors
import socket
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "system"))
from harness import Daemon, FeedServer, wait_for  # noqa: E402
from samples import article, rss  # noqa: E402

FEEDS, KINDS, ITEMS_A_ROUND = 8, 16, 3
CONFIG = "[stream]\nconnections = 8192\nheartbeat = 5s"
CURSOR = re.compile(rb'^\{"event":"(\w+)",(?:"since":"(\d+)")?(?:"cursor":"(\d+)")?')
# Seconds from one turn of a subscriber to the next, and bytes that it reads then.
PACES = ((0, 65536), (0, 65536), (0.02, 4096), (0.2, 512), (1, 65536))
# At the end somebody hears something in this time: a busy machine makes a long soak, not one that fails.
SILENCE_S = 120


def filters():
    """Pairs of a request's members and whether the event of that kind, feed and number passes."""
    for n in itertools.count():
        kind, feed = n % KINDS, (n // KINDS) % FEEDS
        yield from (
            (dict(match="kind%d" % kind), lambda e, k=kind: e.kind == k),
            (dict(match="title:kind%d OR absent%d" % (kind, n)), lambda e, k=kind: e.kind == k),
            (dict(feeds=["f%d" % feed]), lambda e, f=feed: e.feed == f),
            (dict(feeds=["f%d" % feed], match="kind%d OR kind%d" % (kind, (kind + 1) % KINDS)),
             lambda e, f=feed, k=kind: e.feed == f and e.kind in (k, (k + 1) % KINDS)),
            (dict(events=["alert"], match="notice*"), lambda e: e.event == "alert"),
            ({}, lambda e: True) if n % 8 == 0 else
            (dict(match="kind%d" % kind, full=True), lambda e, k=kind: e.kind == k))


Event = collections.namedtuple("Event", "cursor event feed kind")


class Subscriber:
    def __init__(self, crowd, members, wants):
        self.crowd, self.members, self.wants = crowd, members, wants
        self.random = random.Random(crowd.random.random())
        self.pause, self.bite = self.random.choice(PACES)
        self.socket, self.rest = None, b""
        self.first = self.last = None  # cursors: where it began, and of its last whole line
        self.cursors = array.array("q")
        self.done = self.polls = False
        self.reads_on = 0.0
        self.leaves = 0.0

    def connect(self):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.setblocking(False)
        since = dict(since=str(self.last)) if self.last is not None else self.random.choice(({}, dict(since="oldest"), dict(since="0")))
        self.polls = self.crowd.ending
        if self.last is None and self.polls:
            since = dict(since="oldest")
        try:
            self.socket.connect(str(self.crowd.daemon.stream_path))
            self.socket.sendall(json.dumps(dict(op="poll" if self.polls else "subscribe", **since, **self.members)).encode() + b"\n")
        except OSError:  # the daemon is down, or busy with others that connect
            self.leave(0.1 + self.random.random() / 4)
            return
        self.leaves = time.monotonic() + self.random.expovariate(1 / 4)
        self.crowd.watch(self)

    def leave(self, pause):
        """Closes, in the middle of a line or not, and comes back."""
        if self.socket is not None:
            self.crowd.forget(self)
            self.socket.close()
        self.socket, self.rest = None, b""
        self.crowd.call(self, pause)

    def turn(self):
        if self.done:
            return
        if self.socket is None:
            self.connect()
        elif not self.polls and (time.monotonic() > self.leaves or self.crowd.ending):
            self.crowd.visits += 1
            self.leave(self.random.expovariate(2) if not self.crowd.ending else 0)
        else:
            self.crowd.watch(self)

    def hear(self):
        try:
            data = self.socket.recv(65536 if self.polls else self.bite)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self.leave(0.05 + self.random.random() / 4)
            return
        lines = (self.rest + data).split(b"\n")
        self.rest = lines.pop()
        for line in lines:
            self.note(line)
        if not self.polls and not self.done and (self.pause > 0 or time.monotonic() > self.leaves):
            self.crowd.forget(self)
            self.crowd.call(self, self.pause)

    def note(self, line):
        found = CURSOR.match(line)
        event, since, cursor = found.groups() if found else (b"?", None, None)
        if event == b"subscribed":
            if self.last is not None and int(since) != self.last:
                self.crowd.fault("one that resumes at %d is subscribed since %s" % (self.last, since))
            if self.first is None:
                self.first = self.last = int(since)
        elif event in (b"new", b"copy", b"alert", b"updated", b"feed"):
            if self.last is None or int(cursor) <= self.last:
                self.crowd.fault("cursor %s follows %s" % (cursor, self.last))
            self.last = int(cursor)
            self.cursors.append(self.last)
            self.crowd.heard = time.monotonic()
        elif event == b"heartbeat" and self.polls:
            self.done = True
            self.crowd.done += 1
            self.crowd.forget(self)
            self.socket.close()
        elif event not in (b"hello", b"heartbeat"):
            self.crowd.fault("told " + line[:200].decode(errors="replace"))


class Crowd:
    """All subscribers, in one thread."""

    def __init__(self, daemon, count, seed):
        self.daemon, self.random = daemon, random.Random(seed)
        self.selector = selectors.DefaultSelector()
        self.calls, self.numbers = [], itertools.count()
        self.faults = []
        self.visits = self.done = 0
        self.ending = self.given_up = False
        self.told = False  # all know of the end
        self.heard = 0.0   # when an event came
        self.subscribers = [Subscriber(self, *f) for f in itertools.islice(filters(), count)]
        for s in self.subscribers:
            self.call(s, self.random.uniform(0, 3))
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def fault(self, what):
        if len(self.faults) < 100:
            self.faults.append(what)

    def call(self, subscriber, pause):
        heapq.heappush(self.calls, (time.monotonic() + pause, next(self.numbers), subscriber))

    def watch(self, subscriber):
        if subscriber.socket not in self.selector.get_map():
            self.selector.register(subscriber.socket, selectors.EVENT_READ, subscriber)

    def forget(self, subscriber):
        if subscriber.socket in self.selector.get_map():
            self.selector.unregister(subscriber.socket)

    def run(self):
        try:
            self.turn()
        except Exception as why:  # pylint: disable=broad-except
            self.fault("the crowd ended: %r" % why)

    def turn(self):
        while self.done < len(self.subscribers):
            now = time.monotonic()
            if self.given_up or (self.told and now > self.heard + SILENCE_S):
                self.fault("%d subscribers have not come to the end" % (len(self.subscribers) - self.done))
                return
            if self.ending and not self.told:
                self.told, self.heard = True, now
                for s in self.subscribers:
                    self.call(s, 0)
            while self.calls and self.calls[0][0] <= now:
                heapq.heappop(self.calls)[2].turn()
            for key, _ in self.selector.select(0.01):
                key.data.hear()
            # One that is watched leaves at its time too, though nothing comes.
            for key in list(self.selector.get_map().values()) if self.random.random() < 0.05 else ():
                if now > key.data.leaves and not key.data.polls:
                    key.data.turn()

    def finish(self):
        self.ending = True
        self.thread.join()


def kind_of(n):
    return n * 2654435761 // 128 % KINDS


def publish(server, numbers):
    """New items in every feed; each is of a kind."""
    for f in range(FEEDS):
        fresh = [next(numbers) for _ in range(ITEMS_A_ROUND)]
        server.set("/f%d" % f, rss("F%d" % f, [article(n, title="Notice %d of kind%d" % (n, kind_of(n))) for n in fresh], "f%d" % f))


def the_log(daemon):
    """All events, as a subscriber without a filter has them."""
    stream = daemon.stream(dict(since="oldest"))
    newest, events = int(stream.hello["cursor"]), []
    while not events or events[-1].cursor < newest:
        e = stream.read()
        if e["event"] == "heartbeat":
            continue
        if e["event"] == "feed":  # on a busy machine a poll may fail
            events.append(Event(int(e["cursor"]), "feed", int(e["feed"]["name"][1:]), None))
            continue
        events.append(Event(int(e["cursor"]), e["event"], int(e["item"]["feed"][1:]), int(re.search(r"kind(\d+)", e["item"]["title"])[1])))
    stream.close()
    return events


def check(crowd, log):
    for s in crowd.subscribers:
        wanted = [e.cursor for e in log if s.first is not None and e.cursor > s.first and s.wants(e)]
        if s.first is None or wanted != list(s.cursors):
            missing = sorted(set(wanted) - set(s.cursors))
            crowd.fault("%s since %s: has %d of %d; missing %s, unwanted %s" % (
                s.members, s.first, len(s.cursors), len(wanted), missing[:5], sorted(set(s.cursors) - set(wanted))[:5]))


def run(options):
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    server, numbers, crowd = FeedServer(), itertools.count(1), None
    config = CONFIG + "\n[alert \"some\"]\nmatch = kind3 OR kind7"
    daemon = Daemon(config, {"f%d" % f: dict(url=server.url("/f%d" % f), interval="1d") for f in range(FEEDS)})
    began = time.monotonic()
    try:
        publish(server, numbers)
        daemon.start()
        wait_for(lambda: sum(f["items"] for f in daemon.feeds().values()) == FEEDS * ITEMS_A_ROUND, "the first poll")
        crowd = Crowd(daemon, options.subscribers, options.seed)
        for kill in range(options.kills + 1):
            end = time.monotonic() + options.seconds
            while time.monotonic() < end:
                publish(server, numbers)
                daemon.refresh()
            if kill < options.kills:
                publish(server, numbers)
                refresh = threading.Thread(target=lambda: quietly(daemon.refresh))
                refresh.start()
                time.sleep(crowd.random.random() / 10)
                daemon.kill()
                refresh.join()
                daemon.start()
        crowd.finish()
        log = the_log(daemon)
        check(crowd, log)
        received = sum(len(s.cursors) for s in crowd.subscribers)
        print("%d subscribers, %d visits, %d kills, %.0f s: %d events in the log, %d received" % (
            options.subscribers, crowd.visits, options.kills, time.monotonic() - began, len(log), received))
        if received < len(log):
            crowd.fault("the subscribers have received next to nothing")
        daemon.stop()
    finally:
        if crowd is not None:
            crowd.given_up = True
            crowd.finish()
        daemon.close()
        server.close()
    return crowd.faults


def quietly(function):
    try:
        function()
    except (OSError, ValueError, IndexError):
        pass  # the daemon was killed meanwhile


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--subscribers", type=int, default=int(os.environ.get("SOAK_SUBSCRIBERS", "300")))
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--seed", type=int, default=1)
    faults = run(parser.parse_args())
    for fault in faults[:20]:
        print("FAULT: " + fault)
    print("soak of the stream: %s" % ("failed, %d faults" % len(faults) if faults else "passed"))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
