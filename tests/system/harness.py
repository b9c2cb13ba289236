# SPDX-License-Identifier: ISC
"""What the system tests share: a scripted feed server, the real daemon, and a subscriber.

Nothing here sleeps for luck: wait_for() polls a condition with a bound and fails with what it last saw.
"""
import contextlib
import fcntl
import http.client
import http.server
import json
import os
import pathlib
import pty
import re
import select
import shutil
import signal
import socket
import sqlite3
import struct
import subprocess
import tempfile
import termios
import threading
import time

TOP = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("B", "build"))
if not BUILD.is_absolute():
    BUILD = TOP / BUILD
# Sanitized programs on a busy machine are several times slower; so is a machine that has other work before the tests.
PATIENCE = int(os.environ.get("PATIENCE", 60 if "sanitize" in BUILD.name else 20))


def wait_for(condition, what, patience=None):
    """Returns the first true value of condition().  Fails when there is none in time, and names what was waited for."""
    end = time.monotonic() + (patience or PATIENCE)
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError("waited in vain for " + what)
        time.sleep(0.01)


def free_port():
    """A port on loopback at which nobody listens."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def sitrep(*arguments, **options):
    """Runs the command; a CompletedProcess with text."""
    return subprocess.run([str(BUILD / "sitrep"), *arguments], capture_output=True, text=True, **options)


def on_terminal(command, until=None, columns=80, streams=("stdout", "stderr"), input=b"", env=None):
    """Runs a command with these streams on a terminal: its status, and what it wrote there up to its end.  until: bytes
    after which it is interrupted."""
    terminal, inside = pty.openpty()
    fcntl.ioctl(inside, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    written = b""
    with subprocess.Popen(command, stdin=subprocess.PIPE, env=env, **dict.fromkeys(streams, inside)) as process:
        os.close(inside)
        try:
            process.stdin.write(input)
            process.stdin.close()
            with contextlib.suppress(OSError):  # EIO: nobody has the terminal any more
                while until is None or until not in written:
                    assert select.select([terminal], [], [], PATIENCE)[0], "waited in vain after %r" % written
                    written += os.read(terminal, 65536)
            if until is not None:
                process.send_signal(signal.SIGINT)
            process.wait(PATIENCE)
        finally:
            process.kill()
            os.close(terminal)
    return process.returncode, written.decode().replace("\r\n", "\n")


def connected(path):
    """A client of a Unix socket."""
    client = socket.socket(socket.AF_UNIX)
    client.settimeout(PATIENCE)
    client.connect(str(path))
    return client


def listening(path):
    """A server's Unix socket."""
    server = socket.socket(socket.AF_UNIX)
    server.settimeout(PATIENCE)
    server.bind(str(path))
    server.listen()
    return server


def ask_http(socket_path, path, method="GET", headers=None, body=None, host="localhost"):
    """One request over a Unix socket; the answer has its body."""
    connection = http.client.HTTPConnection(host)
    connection.sock = connected(socket_path)
    try:
        connection.request(method, path, body=body, headers=headers or {})
        answer = connection.getresponse()
        answer.body = answer.read()
        return answer
    finally:
        connection.close()


class LoopbackServer:
    """An HTTP server on loopback, whose answer(handler) gets each GET and POST in a thread of its own."""

    def __init__(self, address="127.0.0.1"):
        self.address = address
        self.requests = []
        self.lock = threading.Lock()
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                outer.answer(self)

            do_POST = do_GET

            def log_message(self, *args):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128

            def handle_error(self, request, client_address):
                pass  # a daemon that is killed during a transfer breaks its connection; tests expect that

        self.httpd = Server((address, 0), Handler)
        self.port = self.httpd.server_address[1]
        self.thread = threading.Thread(target=self.httpd.serve_forever, kwargs={"poll_interval": 0.05})
        self.thread.start()

    def url(self, path="", host=None):
        return "http://%s:%d%s" % (host or self.address, self.port, path)

    @staticmethod
    def send(handler, status, headers, body):
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name, value)
        if status != 304:
            handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    def close(self):
        self.httpd.shutdown()
        self.thread.join()
        self.httpd.server_close()


class FeedServer(LoopbackServer):
    """Gives the answers that the test sets; it counts and keeps every request, as (path, headers)."""

    def __init__(self, address="127.0.0.1"):
        self.routes = {}
        self.times = []  # when each request came, monotonic
        super().__init__(address)

    def set(self, path, body, content_type="application/rss+xml", etag=None, last_modified=None, status=200,
            headers=None):
        """Returns the URL.  body: bytes or str, which are sent with these headers, or a function that gets the handler and
        answers itself."""
        if isinstance(body, str):
            body = body.encode()
        with self.lock:
            self.routes[path] = dict(body=body, content_type=content_type, etag=etag, last_modified=last_modified,
                                     status=status, headers=headers or {})
        return self.url(path)

    def answer(self, handler):
        with self.lock:
            self.requests.append((handler.path, dict(handler.headers.items())))
            self.times.append(time.monotonic())
            route = self.routes.get(handler.path)
        if route is None:
            return self.send(handler, 404, {}, b"nothing here")
        if callable(route["body"]):
            return route["body"](handler)
        headers = dict(route["headers"])
        if route["etag"]:
            headers["ETag"] = route["etag"]
        if route["last_modified"]:
            headers["Last-Modified"] = route["last_modified"]
        asked = handler.headers
        if route["status"] == 200 and (
                (route["etag"] and asked.get("If-None-Match") == route["etag"]) or
                (not route["etag"] and route["last_modified"] and
                 asked.get("If-Modified-Since") == route["last_modified"])):
            return self.send(handler, 304, headers, b"")
        headers["Content-Type"] = route["content_type"]
        return self.send(handler, route["status"], headers, route["body"])

    def count(self, path):
        with self.lock:
            return sum(1 for p, _ in self.requests if p == path)


class Stream:
    """A subscriber on the daemon's stream socket."""

    def __init__(self, path, subscribe=None):
        self.socket = connected(path)
        self.file = self.socket.makefile("rb")
        self.hello = self.read()
        assert self.hello["event"] == "hello"
        self.subscribed = None
        if subscribe is not None:
            self.send(dict(op="subscribe", **subscribe))
            self.subscribed = self.read_until("subscribed")

    def send(self, message):
        self.socket.sendall(json.dumps(message).encode() + b"\n")

    def read(self):
        line = self.file.readline()
        if not line:
            raise EOFError("the daemon closed the stream")
        return json.loads(line)

    def read_until(self, event):
        while True:
            message = self.read()
            if message["event"] == event:
                return message

    def read_events(self, count, ignore=("heartbeat",)):
        events = []
        while len(events) < count:
            message = self.read()
            if message["event"] not in ignore:
                events.append(message)
        return events

    def close(self):
        self.file.close()
        self.socket.close()


class Daemon:
    """The real sitrepd in a folder of its own."""

    def __init__(self, config="", feeds=None, folder=None):
        self.folder = pathlib.Path(folder or tempfile.mkdtemp(prefix="sitrepd-test-"))
        self.owns_folder = folder is None
        self.state = self.folder / "state"
        self.stream_path = self.folder / "stream.sock"
        self.control_path = self.folder / "control.sock"
        self.http_path = self.folder / "http.sock"
        self.config_path = self.folder / "sitrepd.conf"
        self.log_path = self.folder / "log"
        self.process = None
        self.port = None
        self.environment = {}  # the daemon's variables, added to our own
        self.streams = []
        self.write_config(config, feeds or {})

    def write_config(self, config, feeds):
        """feeds: name -> url or a dict of options."""
        lines = [config.strip(), "",
                 "[http]\nlisten = 127.0.0.1:0, %s" % self.http_path,
                 "[stream]\npath = %s" % self.stream_path]
        if "[fetch]" not in config:
            lines.append("[fetch]\nallow = 127.0.0.0/8\nper-host = 32")
        for name, options in feeds.items():
            if isinstance(options, str):
                options = dict(url=options)
            lines.append('[feed "%s"]' % name)
            lines += ["%s = %s" % pair for pair in options.items()]
        self.config_path.write_text("\n".join(lines) + "\n")

    def command(self):
        return [str(BUILD / "sitrepd"), "-c", str(self.config_path), "--state-dir", str(self.state)]

    def start(self, wait=True, user=None):
        environment = dict(os.environ, ASAN_OPTIONS="detect_leaks=1:abort_on_error=0", RUNTIME_DIRECTORY=str(self.folder))
        environment.update(self.environment)
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(self.command(), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            env=environment, user=user)
        if wait:
            wait_for(self.is_up, "the daemon to answer; its log:\n" + self.log())
        return self

    def first_polls(self, **expected):
        """Starts, and waits until each feed was polled and has these values, as state="ok"."""
        self.start()

        def done():
            return all(f["polls"] and all(f[key] == value for key, value in expected.items()) for f in self.feeds().values())

        wait_for(done, "the first polls")
        return self

    def restart(self, kill=False):
        if kill:
            self.kill()
        self.stop()
        return self.start()

    def check(self, status=0):
        """The daemon's own check of its configuration, which ends with this status."""
        check = subprocess.run([*self.command(), "--check"], capture_output=True, text=True)
        assert check.returncode == status, check.stderr
        return check

    @contextlib.contextmanager
    def altered(self):
        """Its database, which is changed while the daemon does not run; then it starts again."""
        self.stop()
        with contextlib.closing(sqlite3.connect(self.state / "sitrepd.db")) as db, db:
            yield db
        self.start()

    def stored(self, query, *values):
        """Rows of the database."""
        with contextlib.closing(sqlite3.connect("file:%s?mode=ro" % (self.state / "sitrepd.db"), uri=True)) as db:
            return db.execute(query, values).fetchall()

    def reload(self, config, feeds):
        """Writes the configuration anew and has it read; returns the result of the command."""
        self.write_config(config, feeds)
        return self.run("reload")

    def is_up(self):
        if self.process.poll() is not None:
            raise AssertionError("the daemon ended with %d:\n%s" % (self.process.returncode, self.log()))
        try:
            return self.get("/healthz").status == 200
        except OSError:
            return False

    def get(self, path, method="GET", headers=None):
        return ask_http(self.http_path, path, method, headers)

    def metric(self, name):
        return float(re.search(r"^%s (\S+)$" % name, self.get("/metrics").body.decode(), re.M)[1])

    def stream(self, subscribe=None):
        """A subscriber; it is closed with the daemon at the latest."""
        self.streams.append(Stream(self.stream_path, subscribe))
        return self.streams[-1]

    def control(self, **request):
        """Sends one command; returns all answer lines."""
        with connected(self.control_path) as s:
            s.sendall(json.dumps(request).encode() + b"\n")
            answers = []
            for line in s.makefile("rb"):
                answers.append(json.loads(line))
                if "done" in answers[-1] or "error" in answers[-1]:
                    break
            return answers

    def feeds(self):
        answers = self.control(op="feeds")
        assert answers[-1] == {"done": True}, answers[-1]
        return {f["name"]: f for answer in answers[:-1] for f in answer["feeds"]}

    def refresh(self, feed=None):
        return self.control(op="refresh", **({"feed": feed} if feed else {}))

    def run(self, *arguments, check=True, **options):
        """The sitrep command against this daemon."""
        result = subprocess.run([str(BUILD / "sitrep"), "-c", str(self.config_path), *arguments],
                                capture_output=True, text=True, timeout=PATIENCE * 3, **options)
        if check:
            assert result.returncode == 0, result.stderr
        return result

    def log(self):
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.process = None

    def stop(self):
        """Ends the daemon by SIGTERM; fails when it ends with an error or a sanitizer's report."""
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            status = self.process.wait(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError("the daemon did not end:\n" + self.log()) from None
        finally:
            self.process = None
        assert status == 0, "the daemon ended with %d:\n%s" % (status, self.log())
        assert "ERROR: AddressSanitizer" not in self.log() and "runtime error:" not in self.log(), self.log()
        assert "ERROR: LeakSanitizer" not in self.log(), self.log()

    def close(self):
        for stream in self.streams:
            stream.close()
        try:
            self.stop()
        finally:
            if self.owns_folder:
                shutil.rmtree(self.folder, ignore_errors=True)
