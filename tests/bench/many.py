#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Very many feeds in ordinary operation: how long the main loop stalls, and what it takes of memory.

usage: many.py --generator GEN.PY [--feeds 10000] [--within 600] [--rounds 2]

All feeds stand on one loopback nginx and are due once within that many seconds, by the daemon's own schedule: first
with everything new, then again with nothing new; then every report and document is asked for.  Fails when the longest stall, measured by the daemon itself, or
the sum of all processes' peak memory is over its bar, or a poll has failed.
"""
import sys
import time

from serving import memory, options, serve
from harness import Daemon, wait_for

STALL_MAX_MS = 20
MEMORY_MAX_MIB = 200
LOOKED_AT = ("/feed.atom", "/feed.rss", "/feed.json", "/", "/opml", "/metrics", "/healthz")


def since_start(daemon):
    return daemon.control(op="status")[0]["status"]["since_start"]


def main():
    a = options(__doc__, generator=None, feeds=10000, within=600, rounds=2).parse_args()
    with serve(a.generator, a.feeds) as (folder, urls):
        feeds = {"f%05d" % i: dict(url=u, interval="%ds" % a.within) for i, u in enumerate(urls)}
        daemon = Daemon("log-level = warning\n[fetch]\nallow = 127.0.0.0/8\nper-host = 64", feeds)
        try:
            start = time.monotonic()
            daemon.start()
            for n in range(a.rounds):
                wait_for(lambda: since_start(daemon)["polls"] >= a.feeds * (n + 1), "all feeds to be polled",
                         a.within * 3)
                seen = since_start(daemon)
                stall_ms = seen["longest_stall_us"] / 1000
                peak, share = memory(daemon.process.pid)
                print("round %d: %d polls in %.0f s, %d new, %d unchanged, %d failed; longest stall %.1f ms, peak memory "
                      "%.0f MiB (share %.0f MiB)" % (n + 1, seen["polls"], time.monotonic() - start, seen["new"],
                                                     seen["not_modified"], seen["failed"], stall_ms, peak, share), flush=True)
            stalls = []
            for path in LOOKED_AT:
                assert daemon.get(path).status == 200, path
                stalls.append("%s %.1f" % (path, since_start(daemon)["longest_stall_us"] / 1000))
            daemon.feeds()
            stall_ms = since_start(daemon)["longest_stall_us"] / 1000
            peak, share = memory(daemon.process.pid)
            print("after an operator looked at all of it: longest stall %.1f ms (%s), peak memory %.0f MiB" %
                  (stall_ms, ", ".join(stalls), peak))
            bad = stall_ms > STALL_MAX_MS or peak > MEMORY_MAX_MIB or seen["failed"] > 0
            print("bars: stall %d ms, memory %d MiB: %s" % (STALL_MAX_MS, MEMORY_MAX_MIB, "missed" if bad else "met"))
            return 1 if bad else 0
        finally:
            daemon.close()


if __name__ == "__main__":
    sys.exit(main())
