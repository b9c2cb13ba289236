# SPDX-License-Identifier: ISC
"""Clients that are slow, silent or many: they lock nobody out, and the daemon's loop goes on."""
import contextlib
import http.client
import re
import socket

from harness import PATIENCE, wait_for
from samples import article, rss


def start(server, make_daemon, config=""):
    daemon = make_daemon(config, dict(a=server.set("/a", rss("Alpha", [article(n) for n in range(20)])))).first_polls(items=20)
    port = int(re.search(r"http://127\.0\.0\.1:(\d+)", daemon.log()).group(1))
    return daemon, port


@contextlib.contextmanager
def crowd(port, count, first):
    """So many connections that have said only that."""
    with contextlib.ExitStack() as stack:
        sockets = []
        for _ in range(count):
            s = stack.enter_context(socket.socket())
            s.settimeout(PATIENCE)
            s.connect(("127.0.0.1", port))
            with contextlib.suppress(OSError):
                s.sendall(first)
            sockets.append(s)
        yield sockets


def status_of(port):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    with contextlib.suppress(OSError, http.client.HTTPException), contextlib.closing(connection):
        connection.request("GET", "/feed.atom")
        return connection.getresponse().status
    return 0


def assert_served(daemon, port):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    connection.request("GET", "/feed.atom")
    assert connection.getresponse().status == 200
    connection.close()
    assert daemon.get("/healthz").status == 200
    assert daemon.control(op="status")[-1] == {"done": True}


def test_slow_heads_silence_and_slow_readers(server, make_daemon):
    daemon, port = start(server, make_daemon)
    for first in (b"", b"GET /fe", b"GET /feed.atom HTTP/1.1\r\nHost: a\r\nX: ",
                  b"GET /feed.atom HTTP/1.1\r\nHost: a\r\n\r\n", b"GET /feed.atom HTTP/1.1\r\nHost: a\r\n\r\n" * 20):
        with crowd(port, 300, first) as sockets:
            for s in sockets:  # another byte, as every nine seconds
                with contextlib.suppress(OSError):
                    s.sendall(b"x")
            assert_served(daemon, port)
    metrics = daemon.get("/metrics").body.decode()
    assert int(re.search(r'sitrepd_http_connections_dropped_total\{reason="room"\} (\d+)', metrics).group(1)) > 100
    assert int(re.search(r'sitrepd_http_connections_dropped_total\{reason="full"\} (\d+)', metrics).group(1)) == 0


def test_slow_bodies(server, make_daemon):
    daemon, port = start(server, make_daemon)
    body = b"POST /websub/0123456789 HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n<rss>"
    with crowd(port, 150, body):
        assert_served(daemon, port)
    # The busiest of all hours: after a second the slow ones go for others, and hubs and Unix sockets never waited.
    with crowd(port, 300, body):
        assert daemon.get("/healthz").status == 200
        wait_for(lambda: status_of(port) == 200, "room for one more")
        assert daemon.control(op="status")[-1] == {"done": True}


def test_requests_that_invite_smuggling(server, make_daemon):
    daemon, port = start(server, make_daemon)
    for head in (b"Host: a\r\nHost: b\r\n\r\n", b"Host: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
                 b"Host: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"):
        with crowd(port, 1, b"GET /feed.atom HTTP/1.1\r\n" + head) as (s,):
            assert s.makefile("rb").readline() == b"HTTP/1.1 400 Bad Request\r\n"
    assert_served(daemon, port)
