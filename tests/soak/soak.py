#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Weeks of work in minutes: 200 feeds every 2 seconds, everybody who reads, reloads, outages, retention at work.

usage: soak.py [--seconds 600] [--seed 1] [--trace FILE]

Samples the daemon once a second and prints one table.  Fails when

  - something is over its ceiling, at any time;
  - something grows (from --seconds 300 on): the slope over the second half, in units an hour, is over its limit.  It is
    the median of the slopes between all pairs of points (Theil and Sen), and a point is the least of some seconds, so
    that neither a peak nor a busy machine makes a slope.  What is freed late, or goes back to the system late, comes
    and goes with the peaks; a leak raises the floor;
  - an event is missing, comes twice or out of order, for a subscriber that was there all the time or in what a late one
    is told; a story's report is told as news twice, or one that a feed shows is never told;
  - a page is not served, the daemon ends, or does not end when told so.

--trace writes all samples, a line of tab-separated values each.
"""
import argparse
import os
import pathlib
import statistics
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "system"))
from feeds import FeedServer  # noqa: E402
from harness import BUILD, Daemon, Stream, wait_for  # noqa: E402
from peers import Crowd, Ledger  # noqa: E402

FEEDS = 200
MIB = 1024 * 1024
KEEP_MIB = 24
RELOAD_S, OUTAGE_S, OUTAGE_LASTS_S = 15, 75, 3
SLOPES_FROM_S = 300
POINTS = 40

CONFIG = """log-level = warning
[fetch]
allow = 127.0.0.0/8
per-host = 16
[poll]
min = 1s
[keep]
items = 1h
events = 2m
size = %dM
[parse]
workers = 2
[output "river"]
match = %%s
[alert "words"]
match = %%s
""" % KEEP_MIB

# name, ceiling, and limit of the slope: at least so much an hour, or that part of the median an hour.  In an hour 360,000
# polls are made: 20 MiB are 60 bytes a poll, and twice what two runs of ten minutes differ by.
ROWS = (
    ("memory of sitrepd, MiB", 80, 20, 0.4),
    ("memory of a worker, MiB", 40, None, None),
    ("descriptors but subscribers'", 120, 12, 0.3),
    ("threads", 16, 2, 0.2),
    ("write-ahead log, MiB", 64, 16, 0.5),
    ("database, MiB", 2 * KEEP_MIB, 12, 0.4),
    ("longest turn, ms", 40, None, None),
    ("longest stall, ms", 2000, None, None),
)
# the sanitizers keep what was freed for a while
NOT_SANITIZED = ("memory of sitrepd, MiB", "memory of a worker, MiB", "longest turn, ms")


def config(number):
    """Two configurations in turn: another rule each, and one without the last feeds."""
    return CONFIG % (("ba* OR de*", "vu* OR zo*") if number % 2 == 0 else ("ka* OR lo*", "tu* OR mi*"))


def feeds_of(server, number):
    return {f.name: dict(url=server.url(f), interval="2s") for f in server.feeds[:FEEDS if number % 2 == 0 else FEEDS - 4]}


def memory_mib(pid):
    """What belongs to the process alone: pages of files, which the system takes back when it likes, are not it."""
    with open("/proc/%d/status" % pid) as status:
        return next(int(line.split()[1]) for line in status if line.startswith("RssAnon:")) / 1024


def workers(pid):
    found = []
    for task in os.listdir("/proc/%d/task" % pid):
        try:
            found += [int(child) for child in open("/proc/%d/task/%s/children" % (pid, task)).read().split()]
        except OSError:
            continue  # a thread that has ended meanwhile
    return found


def worker_mib(pid):
    most = 0.0
    for worker in workers(pid):
        try:
            most = max(most, memory_mib(worker))
        except (OSError, StopIteration):
            continue  # replaced meanwhile
    return most


def size_mib(path):
    return path.stat().st_size / MIB if path.exists() else 0


def status(daemon):
    return daemon.control(op="status")[0]["status"]


def sample(daemon):
    pid = daemon.process.pid
    told = status(daemon)
    since_start = told["since_start"]
    return (memory_mib(pid), worker_mib(pid), len(os.listdir("/proc/%d/fd" % pid)) - told["now"]["subscribers"],
            len(os.listdir("/proc/%d/task" % pid)), size_mib(daemon.state / "sitrepd.db-wal"),
            size_mib(daemon.state / "sitrepd.db"), since_start["longest_turn_us"] / 1e3,
            since_start["longest_stall_us"] / 1e3)


def slope(points):
    """Of (x, y): the median of the slopes between all pairs."""
    return statistics.median((b[1] - a[1]) / (b[0] - a[0]) for i, a in enumerate(points) for b in points[i + 1:])


def floor(points):
    """POINTS points, each the least one of its part of the time."""
    size = max(1, len(points) // POINTS)
    return [min(points[i:i + size], key=lambda p: p[1]) for i in range(0, len(points) - size + 1, size)]


def judge(samples, with_slopes):
    """Prints the table; the faults."""
    faults = []
    print("%-30s %9s %9s %9s %9s %9s %9s" % ("", "least", "median", "most", "ceiling", "an hour", "limit"))
    for column, (name, ceiling, least_limit, share) in enumerate(ROWS):
        series = [(at, values[column]) for at, values in samples]
        second = series[len(series) // 2:]
        values = [value for _, value in series]
        median = statistics.median(value for _, value in second)
        sanitized = "sanitize" in BUILD.name and name in NOT_SANITIZED
        grows = limit = None
        if with_slopes and least_limit is not None:
            grows, limit = slope(floor(second)) * 3600, max(least_limit, share * median)
        print("%-30s %9.1f %9.1f %9.1f %9d %9s %9s" % (
            name, min(values), median, max(values), ceiling, "-" if grows is None else "%+.1f" % grows,
            "-" if limit is None else "%.1f" % limit))
        if max(values) > ceiling and not sanitized:
            faults.append("%s: %.1f is over %d" % (name, max(values), ceiling))
        if grows is not None and grows > limit and not sanitized:
            faults.append("%s: grows by %.1f an hour, more than %.1f" % (name, grows, limit))
    return faults


class Soak:
    def __init__(self, seconds, seed):
        self.seconds = seconds
        self.server = FeedServer(FEEDS, seed)
        self.daemon = Daemon(config(0), feeds_of(self.server, 0))
        self.samples = []
        self.reloads = self.outages = 0
        self.faults = []

    def reload(self):
        self.reloads += 1
        self.daemon.write_config(config(self.reloads), feeds_of(self.server, self.reloads))
        answer = self.daemon.control(op="reload")
        if answer[-1] != {"done": True}:
            self.faults.append("reload: %r" % answer[-1])

    def live(self):
        """A sample a second, reloads and outages, until the time is over."""
        start = time.monotonic()
        next_reload, outage_ends = start + RELOAD_S, None
        next_outage = start + min(OUTAGE_S, self.seconds / 2)
        while (now := time.monotonic()) < start + self.seconds:
            self.samples.append((now - start, sample(self.daemon)))
            if outage_ends is None and now >= next_outage:
                self.outages += 1
                self.server.set_down(True)
                outage_ends, next_outage = now + OUTAGE_LASTS_S, now + OUTAGE_S
            elif outage_ends is not None and now >= outage_ends:
                self.server.set_down(False)
                outage_ends = None
            elif now >= next_reload:
                self.reload()
                next_reload += RELOAD_S
            time.sleep(max(0, 1 - (time.monotonic() - now)))
        self.server.set_down(False)

    def settle(self, ledger):
        """Nothing changes any more: all feeds are asked twice, then everything is stored and told."""
        names = set(feeds_of(self.server, self.reloads))
        self.server.freeze()
        wait_for(lambda: self.server.least_asked(names) >= 2, "all feeds to be asked again", 180)
        assert self.daemon.control(op="pause")[-1] == {"done": True}

        def at_rest():
            busy = status(self.daemon)["now"]
            newest = int(self.newest())
            return not any(busy[k] for k in ("transfers", "parsing", "writing")) and ledger.newest() == newest
        wait_for(at_rest, "everything to be stored and told", 120)
        assert self.daemon.control(op="resume")[-1] == {"done": True}
        return names

    def newest(self):
        stream = self.daemon.stream()
        try:
            return stream.hello["cursor"]
        finally:
            stream.close()

    def kept(self):
        """The cursors of the events that the log still has, as one is told who comes late."""
        stream = Stream(self.daemon.stream_path, dict(since="0"))
        cursors = []
        try:
            newest = int(stream.hello["cursor"])
            while not cursors or cursors[-1] < newest:
                event = stream.read()
                if event["event"] not in ("heartbeat", "gap"):
                    cursors.append(int(event["cursor"]))
        finally:
            stream.close()
        return cursors

    def check_books(self, ledger, names):
        kept = self.kept()
        missing = sorted(set(kept) - set(ledger.cursors))
        if missing:
            self.faults.append("%d events of the log were not told: %s" % (len(missing), missing[:5]))
        if any(a >= b for a, b in zip(kept, kept[1:])):
            self.faults.append("who comes late is told events twice or out of order")
        twice = [link for link, count in ledger.told.items() if count > 1]
        never = [link for link in self.server.shown(names) if link not in ledger.told]
        if twice:
            self.faults.append("%d reports were told as news twice: %s" % (len(twice), twice[:5]))
        if never:
            self.faults.append("%d reports were never told: %s" % (len(never), sorted(never)[:5]))
        print("events: %d told to the ledger, %d still kept, %d of these not told; %d reports, %d twice, %d never" % (
            len(ledger.cursors), len(kept), len(missing), len(ledger.told), len(twice), len(never)))

    def run(self):
        crowd = None
        try:
            self.daemon.start()
            ledger = Ledger(self.daemon)
            crowd = Crowd(self.daemon, ledger, 2)
            self.live()
            crowd.end()
            self.check_books(ledger, self.settle(ledger))
            since_start = status(self.daemon)["since_start"]
            print("polls: %d, %d unchanged, %d failed in %d outages; %d reloads; %d worker restarts; visits: %s" % (
                since_start["polls"], since_start["not_modified"], since_start["failed"], self.outages, self.reloads,
                since_start["worker_restarts"], ", ".join("%s %d" % pair for pair in sorted(crowd.visits.items()))))
            self.faults += ledger.faults + crowd.faults
            wait_for(lambda: self.daemon.get("/healthz").status == 200, "/healthz to be well", 60)
            self.daemon.stop()
            self.faults += judge(self.samples, self.seconds >= SLOPES_FROM_S)
        finally:
            if crowd is not None:
                crowd.end()
            self.daemon.close()
            self.server.close()
        return self.faults


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=600)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--trace", type=pathlib.Path)
    options = parser.parse_args()
    soak = Soak(options.seconds, options.seed)
    faults = soak.run()
    if options.trace:
        options.trace.write_text("".join("\t".join("%.2f" % value for value in (at, *values)) + "\n"
                                         for at, values in soak.samples))
    for fault in faults[:20]:
        print("FAULT: " + fault)
    print("soak of %d s: %s" % (options.seconds, "failed, %d faults" % len(faults) if faults else "passed"))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
