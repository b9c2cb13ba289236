# SPDX-License-Identifier: ISC
"""A daemon in which the n-th call of a kind fails, and the pieces of work that are tried in it; see inject.h.

Each piece of work is done once with call n failing, then what must hold is looked at with nothing failing.  A work
ends when a whole run of it had no failing call left.
"""
import http.client
import json
import mmap
import os
import signal
import socket
import struct
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "system"))
import harness  # noqa: E402
from harness import BUILD, Daemon, FeedServer, wait_for  # noqa: E402

KINDS = ("alloc", "read", "write", "sync", "open", "socket", "epoll", "map", "thread")
PLAN = struct.Struct("=Qqqqq")  # kinds, at, times, calls, failed
FRAMES_LEN, WHERE_LEN = 12 * 8, 512
DISK_ERROR = struct.Struct("=q")
FOR_EVER = 2**62
SANITIZED = "sanitize" in BUILD.name
# Libraries that crash by themselves on some failed allocations: libcurl 7.88 divides by zero when a buffer queue has
# no chunk, and sends a request that was never made.  The daemon is restarted then, and must have lost nothing.
CRASHES_OF_OTHERS = ("libcurl.so", "libmicrohttpd.so", "libevent", "libcrypto.so", "libssl.so", "libsqlite3.so")


class Plan:
    """The steering file: which call fails."""

    def __init__(self, path):
        self.path = path
        size = PLAN.size + FRAMES_LEN + WHERE_LEN + DISK_ERROR.size
        with open(path, "wb") as f:
            f.write(bytes(size))
        with open(path, "r+b") as f:
            self.map = mmap.mmap(f.fileno(), size)

    def arm(self, kind, at, times=1):
        PLAN.pack_into(self.map, 0, 0, at, times, 0, 0)
        struct.pack_into("=Q", self.map, 0, 1 << KINDS.index(kind))

    def break_disk(self, error):
        """From now on no file can be written, until disarm()."""
        PLAN.pack_into(self.map, 0, 0, 1, FOR_EVER, 0, 0)
        DISK_ERROR.pack_into(self.map, PLAN.size + FRAMES_LEN + WHERE_LEN, error)
        struct.pack_into("=Q", self.map, 0, 1 << KINDS.index("write") | 1 << KINDS.index("sync"))

    def disarm(self):
        """Calls that failed."""
        struct.pack_into("=Q", self.map, 0, 0)
        DISK_ERROR.pack_into(self.map, PLAN.size + FRAMES_LEN + WHERE_LEN, 0)
        return PLAN.unpack_from(self.map, 0)[4]

    def calls(self):
        return PLAN.unpack_from(self.map, 0)[3]

    def where(self):
        start = PLAN.size + FRAMES_LEN
        return self.map[start:start + WHERE_LEN].split(b"\0")[0].decode(errors="replace")


class FaultyDaemon(Daemon):
    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.plan = Plan(str(self.folder / "faults"))
        self.crashes = []  # (kind, n, frame) in libraries

    def start(self, wait=True, user=None):
        preload = {"LD_PRELOAD": str(BUILD / "tests/faults/inject.so"), "SITREP_FAULTS": self.plan.path}
        if SANITIZED:
            preload["ASAN_OPTIONS"] = "verify_asan_link_order=0:allocator_may_return_null=1:detect_leaks=0"
        else:
            preload["SITREP_FAULTS_CRASHES"] = "1"
        environment = dict(os.environ, RUNTIME_DIRECTORY=str(self.folder), **preload)
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(self.command(), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            env=environment)
        if wait:
            wait_for(self.is_up, "the daemon to answer")
        return self

    def crash_frame(self):
        """The innermost frame of the last crash that is neither libc's nor ours to fail calls."""
        lines = self.log().split("CRASH\n")[-1].splitlines() if "CRASH\n" in self.log() else []
        for line in lines:
            name = os.path.basename(line.split("(")[0])
            if line.startswith("/") or line.startswith("build"):
                if not name.startswith(("inject.so", "libc.so", "ld-linux")):
                    return line
        return "?"

    def revive(self, kind, n):
        """After a crash: fails unless it was a library's; starts the daemon again."""
        status = self.process.poll()
        if status is None:
            return False
        where = self.plan.where()
        frame = self.crash_frame()
        log = self.log()
        assert "AddressSanitizer" not in log and "runtime error" not in log, "%s %d: %s\n%s" % (
            kind, n, where, log[-6000:])
        assert status < 0 and any(os.path.basename(frame.split("(")[0]).startswith(name)
                                  for name in CRASHES_OF_OTHERS), \
            "the daemon ended with %d at call %d of %s, which failed in %s; it was in %s:\n%s" % (
                status, n, kind, where, frame, log[-3000:])
        self.crashes.append((kind, n, frame))
        self.plan.disarm()
        self.start()
        return True


def rss(items):
    return ('<rss version="2.0"><channel><title>Outlet</title><link>http://o.example/</link>%s</channel></rss>' %
            "".join("<item><guid>g%d</guid><title>Convoy %d sails for the strait</title><link>http://o.example/%d</link>"
                    "<description>The ships of convoy %d left port this morning with frigates.</description></item>" %
                    (n, n, n, n) for n in items))


class Work:
    """Base of the pieces of work: do() with a fault, check() without."""
    name = "?"

    def __init__(self, daemon, server):
        self.daemon = daemon
        self.server = server
        self.n = 0  # items so far
        self.told = {}  # title -> times told as new
        self.cursor = "0"

    def publish(self):
        self.n += 1
        self.server.set("/f", rss(range(max(1, self.n - 4), self.n + 1)), etag='"%d"' % self.n)

    def follow(self):
        """Takes in what was told since the last time; each title comes once."""
        stream = self.daemon.stream(dict(since=self.cursor, events=["new", "copy"]))
        newest = int(stream.hello["cursor"])
        while int(self.cursor) < newest:
            stream.socket.settimeout(0.5)
            try:
                event = stream.read()
            except OSError:
                break
            if event["event"] == "heartbeat":
                continue
            self.cursor = event["cursor"]
            title = event["item"]["title"]
            self.told[title] = self.told.get(title, 0) + 1
            assert self.told[title] == 1, "told twice: " + title
        stream.close()

    def poll_until_told(self):
        title = "Convoy %d sails for the strait" % self.n

        def told():
            self.daemon.refresh("f")
            self.follow()
            return title in self.told
        wait_for(told, "the news of " + title)


def quietly(function, *arguments, **options):
    """A client in the middle of a fault may be cut off; that is no failure of the test."""
    try:
        return function(*arguments, **options)
    except (OSError, EOFError, ValueError, AssertionError, http.client.HTTPException):
        return None


class Poll(Work):
    name = "poll"

    def do(self):
        self.publish()
        quietly(self.daemon.refresh, "f")

    def check(self):
        self.poll_until_told()


class Request(Work):
    name = "request"
    paths = ("/feed.atom", "/feed.rss", "/feed.json", "/", "/opml", "/metrics", "/healthz")

    def do(self):
        self.publish()
        self.daemon.refresh("f")
        self.daemon.plan.arm(*self.armed)
        for path in self.paths:
            quietly(self.daemon.get, path, headers={"Accept-Encoding": "gzip"})

    def check(self):
        # A fault in the writer's own work, for example retention, is told by /healthz until the writer has tried
        # again; one in reading, until a page was read again.
        for path in self.paths:
            wait_for(lambda: quietly(lambda: self.daemon.get(path).status) == 200, path)
        assert ("Convoy %d " % self.n).encode() in self.daemon.get("/feed.atom").body


class Subscription(Work):
    name = "subscription"

    def do(self):
        def listen():
            stream = self.daemon.stream()
            newest = int(stream.hello["cursor"])
            stream.send(dict(op="subscribe", since="0", match="convoy", categories=["naval"]))
            event = stream.read()
            while event["event"] != "error" and int(event.get("cursor", "0")) < newest:
                event = stream.read()
            stream.close()
        quietly(listen)

    def check(self):
        stream = self.daemon.stream(dict(since="0", events=["new"]))
        stream.read_events(1)
        stream.close()


class Reload(Work):
    name = "reload"
    alert = "one"

    def configure(self, alert):
        self.daemon.write_config('[alert "%s"]\nmatch = convoy' % alert,
                                 {"f": dict(url=self.server.url("/f"), interval="1h", categories="naval"),
                                  alert: dict(url=self.server.url("/other"), interval="1h")})

    def do(self):
        self.before, self.alert = self.alert, "two" if self.alert == "one" else "one"
        self.configure(self.alert)
        quietly(self.daemon.control, op="reload")

    def names(self):
        names = set(self.daemon.feeds())
        assert names in ({"f", self.before}, {"f", self.alert}), names
        return names

    def check(self):
        # The old configuration or the new one, never parts of both; one that nobody waits for may still be coming.
        before = self.names()
        self.publish()
        stream = self.daemon.stream(dict(events=["alert"]))
        wait_for(lambda: self.daemon.refresh("f")[-1].get("done"), "a refresh")
        alert = stream.read_until("alert")["alert"]
        while alert["revision"] > 1:  # open alerts are closed when their rule goes
            alert = stream.read_until("alert")["alert"]
        told = alert["name"]
        assert told in (before | self.names()) - {"f"}, told
        stream.close()
        answer = self.daemon.control(op="reload")[-1]
        assert "error" not in answer, answer
        assert set(self.daemon.feeds()) == {"f", self.alert}


class Start(Work):
    name = "start"

    def do(self):
        self.daemon.stop()
        self.daemon.plan.arm(*self.armed)
        self.daemon.start(wait=False)
        daemon = self.daemon

        def is_settled():
            if daemon.process.poll() is not None:
                return "ended"
            return quietly(lambda: daemon.get("/healthz").status) == 200
        # A start that failed in part may answer 503 until it has mended itself.
        end = time.monotonic() + 3
        while not is_settled() and time.monotonic() < end:
            time.sleep(0.01)

    def check(self):
        daemon = self.daemon
        if daemon.process.poll() is not None:
            assert daemon.process.returncode > 0, "ended by signal %d" % -daemon.process.returncode
            assert daemon.log().strip(), "ended without a word"
            daemon.process = None
            daemon.start()
        else:
            wait_for(daemon.is_up, "the daemon to recover by itself")
        self.publish()
        self.poll_until_told()


WORKS = (Poll, Request, Subscription, Reload, Start)


def try_places(work_class, kind, stride, offset):
    """Tries every stride-th call of the kind until no call fails any more; returns (places tried, crashes in libraries)."""
    server = FeedServer()
    server.set("/other", rss([]))
    daemon = FaultyDaemon()
    work = work_class(daemon, server)
    Reload.configure(work, "one")
    work.publish()
    places, n = 0, offset
    try:
        daemon.start()
        work.poll_until_told()
        while True:
            work.armed = (kind, n)
            if work_class not in (Request, Start):
                daemon.plan.arm(kind, n)
            work.do()
            failed = daemon.plan.disarm()
            if work_class is not Start or (daemon.process.poll() or 0) < 0:
                daemon.revive(kind, n)
            try:
                work.check()
            except Exception as reason:
                raise AssertionError("after call %d of %s failed in %s: %s\n%s" % (
                    n, kind, daemon.plan.where(), reason, daemon.log()[-3000:])) from reason
            if failed == 0:
                return places, daemon.crashes
            places += 1
            n += stride
    finally:
        daemon.plan.disarm()
        if daemon.process is not None and daemon.process.poll() is None:
            daemon.process.send_signal(signal.SIGKILL)
            daemon.process.wait()
        daemon.process = None
        daemon.close()
        server.close()
