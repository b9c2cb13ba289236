# SPDX-License-Identifier: ISC
"""Nothing is sent before a subscription is settled: sitrep-stream(7), the first 200 ms of a connection.

News comes all the time, and a client that is settled long ago tells when each event was there. Every other client must
have no event within 200 ms of the moment before it connected, whatever it says meanwhile. A busy machine delays what
comes, and never lets it come earlier.
"""
import contextlib
import itertools
import json
import socket
import threading
import time

import pytest

from harness import PATIENCE
from samples import article, rss

SETTLED_S = 0.2
ROUNDS = 3  # with an event within the 200 ms


class News:
    """A new item as soon as the one before it was stored, and when a client that is settled had each event."""

    def __init__(self, server, daemon):
        self.server, self.daemon = server, daemon
        self.ending = False
        self.arrivals = {}
        self.stream = daemon.stream({})
        self.threads = [threading.Thread(target=self.publish), threading.Thread(target=self.hear)]
        for t in self.threads:
            t.start()

    def publish(self):
        for n in itertools.count(100):
            if self.ending:
                return
            self.server.set("/a", rss("Alpha", [article(n)]))
            self.daemon.refresh("a")

    def hear(self):
        with contextlib.suppress(EOFError):
            while True:
                event = self.stream.read()
                if event["event"] != "heartbeat":
                    self.arrivals[int(event["cursor"])] = time.monotonic()

    def close(self):
        self.ending = True
        self.stream.socket.shutdown(socket.SHUT_RDWR)
        for t in self.threads:
            t.join()
        self.stream.close()


@pytest.fixture
def news(server, make_daemon):
    server.set("/a", rss("Alpha", [article(1)]))
    daemon = make_daemon("", dict(a=server.url("/a"), b=server.set("/b", rss("Bravo", [article(2)])))).first_polls(items=1)
    news = News(server, daemon)
    yield news
    news.close()


class Client:
    """Lines with the times at which they had come."""

    def __init__(self, daemon):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(PATIENCE)
        self.began = time.monotonic()
        self.socket.connect(str(daemon.stream_path))
        self.rest, self.lines = b"", []
        self.hello = self.read_until("hello")

    def send(self, text):
        self.socket.sendall(text.encode())

    def read_until(self, *kinds):
        """The first line of such a kind; all that came before it, and what came with it, is kept."""
        seen = len(self.lines)
        while True:
            for line, _ in self.lines[seen:]:
                seen += 1
                if line["event"] in kinds:
                    return line
            data = self.socket.recv(65536)
            assert data, "the daemon closed the stream"
            lines = (self.rest + data).split(b"\n")
            self.rest = lines.pop()
            self.lines += [(json.loads(line), time.monotonic()) for line in lines]

    def events(self):
        return [(int(line["cursor"]), at) for line, at in self.lines if line["event"] in ("new", "copy", "updated", "alert", "feed")]

    def is_settled_late(self):
        """Nothing came too early."""
        return all(at - self.began >= SETTLED_S for _, at in self.events())

    def close(self):
        self.socket.close()


def rounds(news, converse):
    """Talks as a client does until an event was there within its 200 ms so many times."""
    hits = 0
    end = time.monotonic() + PATIENCE * 3
    while hits < ROUNDS:
        assert time.monotonic() < end, "no news within 200 ms of a connection"
        client = Client(news.daemon)
        converse(client)
        assert client.is_settled_late(), client.lines
        hits += any(client.began < at < client.began + SETTLED_S and cursor > int(client.hello["cursor"])
                    for cursor, at in list(news.arrivals.items()))
        client.close()


def test_a_client_that_says_nothing(news):
    """It gets every event since it was greeted, and those of the 200 ms after them."""
    def converse(client):
        client.read_until("new", "copy")
        assert client.events()[0][0] == int(client.hello["cursor"]) + 1
    rounds(news, converse)


def test_a_client_that_subscribes_late(news):
    """Until then it is one that says nothing; what it asked for holds from the answer on."""
    def converse(client):
        client.read_until("new", "copy")
        client.send('{"op":"subscribe","feeds":["b"]}\n')
        client.read_until("subscribed")
        before = len(client.events())
        client.send('{"op":"ping"}\n')
        client.read_until("pong")
        assert len(client.events()) == before
    rounds(news, converse)


def test_a_client_that_subscribes_at_once(news):
    """No event comes before the answer, but for a machine so busy that the request took longer than the 200 ms."""
    prompt = []

    def converse(client):
        client.send('{"op":"subscribe","since":"0","events":["new"]}\n')
        answer = client.read_until("subscribed")
        prompt.append([line["event"] for line, _ in client.lines][:2] == ["hello", "subscribed"])
        client.read_until("new")
        after = client.lines[[line for line, _ in client.lines].index(answer) + 1:]
        assert after[0][0]["cursor"] == "1"
        client.lines = client.lines[:-len(after)]
    rounds(news, converse)
    assert any(prompt)


def test_a_client_that_writes_half_a_line(news):
    """Half a line is no request: the client is one that says nothing, until the line ends."""
    def converse(client):
        client.send('{"op":"subscribe","since":"0","fe')
        client.read_until("new", "copy")
        assert client.events()[0][0] == int(client.hello["cursor"]) + 1
        client.send('eds":["b"]}\n')
        answer = client.read_until("subscribed")
        assert answer["feeds"] == ["b"]
        begin = [line for line, _ in client.lines].index(answer) + 1
        while len(client.lines) == begin:
            client.read_until("new")
        assert {line["item"]["feed"] for line, _ in client.lines[begin:]} == {"b"}
        client.lines = client.lines[:begin]
    rounds(news, converse)
