#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""How long a turn of the main loop gets, and how long others wait, while the daemon is abused in one way after the other.

usage: stall.py [--events 20000] [--seconds 3]

The database is filled once; each abuse meets a daemon that was started for it, and goes on for some seconds.  Printed per
abuse: the longest turn (processor time of the loop's thread), the latest heartbeat (wall time), and what /healthz over
TCP and `status` on the control socket took meanwhile, p50 and p99.  The bars are 20 ms for a turn, and 50 ms of wall time
on a quiet machine.
"""
import contextlib
import http.client
import json
import re
import selectors
import socket
import statistics
import threading
import time

from serving import feeds_of, fill, open_many_files, options
from harness import Daemon, FeedServer

FEEDS = 40


def line(**request):
    return json.dumps(request).encode() + b"\n"


class Crowd:
    """Sockets that say something, again and again if asked to, and read or do not; one thread turns them all."""

    def __init__(self, path, count, first=b"", again=b"", reads=True):
        self.sockets, self.again, self.reads, self.ending = [], again, reads, False
        self.selector = selectors.DefaultSelector()
        for _ in range(count):
            s = socket.socket(socket.AF_UNIX if isinstance(path, str) else socket.AF_INET)
            s.connect(path)
            s.sendall(first)
            s.setblocking(False)
            self.sockets.append(s)
            events = (selectors.EVENT_READ if reads else 0) | (selectors.EVENT_WRITE if again else 0)
            if events:
                self.selector.register(s, events)
        self.thread = threading.Thread(target=self.turn)
        self.thread.start()

    def turn(self):
        while not self.ending:
            for key, events in self.selector.select(0.05) if self.selector.get_map() else ():
                try:
                    if events & selectors.EVENT_READ and not key.fileobj.recv(1 << 18):
                        raise OSError("closed")
                    if events & selectors.EVENT_WRITE:
                        key.fileobj.send(self.again)
                except BlockingIOError:
                    pass
                except OSError:
                    self.selector.unregister(key.fileobj)
            if not self.selector.get_map():
                time.sleep(0.05)

    def close(self):
        self.ending = True
        self.thread.join()
        for s in self.sockets:
            s.close()


def get(path, extra=b""):
    return b"GET %s HTTP/1.1\r\nHost: a\r\n%s\r\n" % (path, extra)


def abuses(daemon, port):
    stream, control, web = str(daemon.stream_path), str(daemon.control_path), ("127.0.0.1", port)
    rule = " OR ".join("absent%d" % n for n in range(300)) + " OR \"word1 word2\" OR word149*"
    pages = b"".join(get(b"/output/o%d.%s" % (n, f), b"Accept-Encoding: gzip\r\n") for n in range(20)
                     for f in (b"atom", b"rss", b"json"))
    return (
        ("nothing", None),
        ("100 subscribers since 0", lambda: Crowd(stream, 100, line(op="subscribe", since="0"))),
        ("600 subscribers since 0", lambda: Crowd(stream, 600, line(op="subscribe", since="0"))),
        ("200 with expensive rules", lambda: Crowd(stream, 200, line(op="subscribe", since="0", match=rule))),
        ("600 that do not read", lambda: Crowd(stream, 600, line(op="subscribe", since="0"), reads=False)),
        ("50 subscribe in a loop", lambda: Crowd(stream, 50, b"", line(op="subscribe", since="0", match=rule) * 4)),
        ("20 ask feeds in a loop", lambda: Crowd(control, 20, b"", line(op="feeds") * 50)),
        ("50 readers of 60 pages", lambda: Crowd(web, 50, b"", pages)),
        ("20 ask /metrics, gzip", lambda: Crowd(web, 20, b"", get(b"/metrics", b"Accept-Encoding: gzip\r\n") * 4)),
        ("300 slow heads", lambda: Crowd(web, 300, b"GET /feed.atom HTTP/1.1\r\nX: ")),
        ("200 that read no answer", lambda: Crowd(web, 200, get(b"/feed.atom") * 20, reads=False)),
    )


def ask(port, waits):
    """Until it is answered: who is refused asks again."""
    before = time.monotonic()
    status = 0
    while status != 200 and time.monotonic() - before < 60:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        with contextlib.suppress(OSError, http.client.HTTPException):
            connection.request("GET", "/healthz")
            status = connection.getresponse().status
        connection.close()
    waits.append(time.monotonic() - before)


def ask_control(daemon, waits):
    before = time.monotonic()
    daemon.control(op="status")
    waits.append(time.monotonic() - before)


def main():
    a = options(__doc__, events=20000, seconds=2.0).parse_args()
    open_many_files()
    server = FeedServer()
    outputs = "".join("\n[output \"o%d\"]\ntitle = Output %d" % (n, n) for n in range(20))
    daemon = Daemon("log-level = info" + outputs, feeds_of(server, FEEDS))
    try:
        fill(server, daemon, FEEDS, a.events // FEEDS)
        print("%-28s %8s %8s %17s %17s" % ("stall, ms", "turn cpu", "wall", "/healthz p50 p99", "status p50 p99"))
        for n in range(len(abuses(daemon, 0))):
            daemon.log_path.unlink()
            daemon.start()
            port = int(re.search(r"http://127\.0\.0\.1:(\d+)", daemon.log()).group(1))
            name, begin = abuses(daemon, port)[n]
            crowd = begin() if begin else None
            web, control = [], []
            end = time.monotonic() + a.seconds
            while time.monotonic() < end:
                ask(port, web)
                ask_control(daemon, control)
                time.sleep(0.01)
            seen = daemon.control(op="status")[0]["status"]["since_start"]
            if crowd:
                crowd.close()
            figures = []
            for waits in (web, control):
                waits.sort()
                figures.append("%8.1f %8.1f" % (statistics.median(waits) * 1000, waits[int(len(waits) * 0.99)] * 1000))
            print("%-28s %8.1f %8.1f %s %s" % (name, seen["longest_turn_us"] / 1000, seen["longest_stall_us"] / 1000, *figures),
                  flush=True)
            daemon.stop()
    finally:
        daemon.close()
        server.close()


if __name__ == "__main__":
    main()
