#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""/events with a thousand readers: memory of each, how soon all have a story, and how long a turn of the loop takes.

usage: events.py [--readers 1000] [--rounds 20] [--views 100]

Readers share so many views. Each round stores one story of a view that every reader has; printed are the median and the
worst time from the request to poll until all have it, the main loop's longest turn (processor time), and the memory that
the daemon's resident memory grew by, divided by the readers: connected, and after 2,000 stories that none of them reads.
"""
import argparse
import select
import shutil
import socket
import statistics
import tempfile
import time

import serving
from harness import Daemon, FeedServer, wait_for
from samples import article, rss
from stream import settle


def connect(daemon, query):
    s = socket.socket(socket.AF_UNIX)
    s.connect(str(daemon.http_path))
    s.sendall(b"GET /events?%s HTTP/1.1\r\nHost: localhost\r\n\r\n" % query.encode())
    return s


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--readers", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--views", type=int, default=100)
    options = parser.parse_args()
    serving.open_many_files()
    server, folder = FeedServer(), tempfile.mkdtemp(prefix="sitrepd-bench-")
    articles = [article(n) for n in range(50)]
    server.set("/a", rss("A", articles))
    daemon = Daemon("[http]\nevents = %d" % (options.readers + 10), dict(a=dict(url=server.url("/a"), interval="1d")), folder)
    try:
        daemon.start()
        wait_for(lambda: daemon.feeds()["a"]["state"] == "ok", "the first poll")
        before = settle(daemon)
        queries = ["q=frigate+NOT+word%d" % n for n in range(options.views - 1)] + [""]
        readers = [connect(daemon, queries[n % len(queries)].replace("+", "%20")) for n in range(options.readers)]
        waiting = {s.fileno(): s for s in readers}
        poll = select.epoll()
        for s in readers:
            s.setblocking(False)
            poll.register(s, select.EPOLLIN)

        def until_all_have(text):
            missing = dict(waiting)
            end = time.monotonic() + 60
            while missing and time.monotonic() < end:
                for fd, _ in poll.poll(1):
                    if text in waiting[fd].recv(65536):
                        missing.pop(fd, None)
            assert not missing, "%d readers lack %s" % (len(missing), text)

        until_all_have(b"event: health")
        print("%d readers of %d views: %.1f KiB each" % (options.readers, len(queries), (settle(daemon) - before) / options.readers))
        took = []
        for n in range(options.rounds):
            title = "Round %d of the exercise" % n
            articles = [article(1000 + n, title=title)] + articles
            server.set("/a", rss("A", articles[:50]))
            began = time.monotonic()
            daemon.refresh("a")
            until_all_have(title.encode())
            took.append((time.monotonic() - began) * 1000)
        state = daemon.control(op="status")[0]["status"]
        print("one story to all: median %.0f ms, worst %.0f ms" % (statistics.median(took), max(took)))
        for s in readers:
            poll.unregister(s)
        for batch in range(40):
            server.set("/a", rss("A", [article(5000 + 50 * batch + n, title="Flood %d %s" % (n, "x" * 200)) for n in range(50)]))
            daemon.refresh("a")
        print("and 2,000 stories that none reads: %.1f KiB each" % ((settle(daemon) - before) / options.readers))
        state = daemon.control(op="status")[0]["status"]
        print("longest turn of the loop: %.1f ms of processor time, longest stall %.1f ms"
              % (state["since_start"]["longest_turn_us"] / 1000, state["since_start"]["longest_stall_us"] / 1000))
        for s in readers:
            s.close()
        daemon.stop()
    finally:
        daemon.close()
        server.close()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
