# SPDX-License-Identifier: ISC
"""Servers that are slightly wrong and are read all the same, with one request a poll once the fault is known."""
import gzip
import ssl
import threading
import zlib

import pytest

from harness import wait_for
from samples import article, rss
from servers import (DATA, END_HEADERS, END_STREAM, GOAWAY, HEADERS, STATUS_200, answer, brotli_stored, frame, http2,
                     literal, read_head, reset, reset_in_body, zstd_stored)

BODY = rss("Alpha", [article(1)])
PACKED = gzip.compress(BODY.encode())


def refresh_to(daemon, feed, polls):
    while daemon.feeds()[feed]["polls"] < polls:
        daemon.refresh(feed)


# ---- HTTP/2

def go_away(connection, stream):
    connection.sendall(frame(GOAWAY, 0, 0, bytes(4) + (1).to_bytes(4, "big")))
    raise EOFError


def hang_up(connection, stream):
    raise EOFError


def bad_headers(connection, stream):
    connection.sendall(frame(HEADERS, END_HEADERS, stream, b"\xff\xff\xff\xff\xff"))


def good(connection, stream):
    connection.sendall(frame(HEADERS, END_HEADERS, stream, STATUS_200 + literal(b"content-type", b"text/xml")) +
                       frame(DATA, END_STREAM, stream, BODY.encode()))


class Both:
    """Serves HTTP/2 by play, and a good HTTP/1.1; protocols has one entry a request."""

    def __init__(self, raw_server, authority, name, play, alpn=("h2", "http/1.1")):
        self.protocols = []

        def over_http2(connection, stream):
            self.protocols.append("h2")
            play(connection, stream)

        def serve(connection):
            if connection.selected_alpn_protocol() == "h2":
                http2(over_http2)(connection)
            elif read_head(connection):
                self.protocols.append("http/1.1")
                answer(BODY)(connection)
        self.server = raw_server(serve, context=authority.context(name, alpn=alpn))


BROKEN = {
    "protocol-error": (reset(1), 1), "internal-error": (reset(2), 1), "calm": (reset(11), 1), "http11": (reset(13), 1),
    "refused": (reset(7), 2), "in-body": (reset_in_body, 1), "goaway": (go_away, None), "hang-up": (hang_up, None),
    "bad-headers": (bad_headers, 1),
}


def test_broken_http2_falls_back_and_is_remembered(make_daemon, raw_server, authority):
    servers = {name: Both(raw_server, authority, name, play) for name, (play, _) in BROKEN.items()}
    daemon = make_daemon("[fetch]\nallow = 127.0.0.0/8", {
        name: dict(url=s.server.url("/f"), **{"ca-file": authority.cert}) for name, s in servers.items()}).first_polls()
    assert {name: f["state"] for name, f in daemon.feeds().items()} == dict.fromkeys(BROKEN, "ok")
    for name, (_, tries) in BROKEN.items():
        asked = servers[name].protocols
        assert asked[-1] == "http/1.1" and asked.count("http/1.1") == 1, (name, asked)
        assert asked.count("h2") <= 2 and tries in (None, asked.count("h2")), (name, asked)
        before = len(asked)
        refresh_to(daemon, name, 3)
        assert asked[before:] == ["http/1.1"] * 2, (name, asked)
    assert daemon.log().count("HTTP/2 fails, it is asked over HTTP/1.1") == len(BROKEN)


def test_one_refused_stream_is_asked_for_once_more(make_daemon, raw_server, authority):
    def refuse_first(connection, stream):
        (reset(7) if len(both.protocols) == 1 else good)(connection, stream)
    both = Both(raw_server, authority, "once", refuse_first)
    daemon = make_daemon("[fetch]\nallow = 127.0.0.0/8", dict(a=dict(url=both.server.url("/f"), **{"ca-file": authority.cert}))).first_polls(state="ok")
    refresh_to(daemon, "a", 2)
    assert both.protocols == ["h2"] * 3


def silent(connection, stream):
    pass


def without_end(connection, stream):
    connection.sendall(frame(HEADERS, END_HEADERS, stream, STATUS_200) + frame(DATA, 0, stream, BODY.encode()))


@pytest.mark.parametrize("play", [silent, without_end])
def test_http2_that_hangs_is_left_at_the_next_poll(make_daemon, raw_server, authority, play):
    both = Both(raw_server, authority, "hangs", play)
    make_daemon("[fetch]\nallow = 127.0.0.0/8", dict(a={
        "url": both.server.url("/f"), "ca-file": authority.cert, "timeout": "1s", "interval": "250ms"})).first_polls(state="ok")
    assert both.protocols[:2] == ["h2", "http/1.1"]


def test_http_version_is_the_operators(make_daemon, raw_server, authority):
    servers = {"1.1": Both(raw_server, authority, "one", good), "2": Both(raw_server, authority, "two", reset(2))}
    daemon = make_daemon("[fetch]\nallow = 127.0.0.0/8", {
        "v" + v: {"url": s.server.url("/f"), "ca-file": authority.cert, "http-version": v} for v, s in servers.items()}).first_polls()
    assert servers["1.1"].protocols == ["http/1.1"] and set(servers["2"].protocols) == {"h2"}
    assert daemon.feeds()["v1.1"]["state"] == "ok" and daemon.feeds()["v2"]["failure"] == "protocol"


# ---- bodies

RAW = zlib.compressobj(9, zlib.DEFLATED, -15)
BODIES = {
    "utf-8": (BODY, ["Content-Encoding: UTF-8"]),
    "binary": (BODY, ["Content-Encoding: binary"]),
    "aws": (BODY, ["Content-Encoding: aws-chunked"]),
    "none-and-more": (BODY, ["Content-Encoding: none, utf-8"]),
    "not-gzip": (BODY, ["Content-Encoding: gzip"]),
    "not-br": (BODY, ["Content-Encoding: br"]),
    "not-deflate": (BODY, ["Content-Encoding: deflate"]),
    "gzip": (PACKED, []),
    "gzip-twice": (gzip.compress(PACKED), ["Content-Encoding: gzip"]),
    "gzip-file": (PACKED, ["Content-Type: application/x-gzip"]),
    "gzip-as-utf-8": (PACKED, ["Content-Encoding: utf-8"]),
    "gzip-members": (gzip.compress(BODY[:99].encode()) + gzip.compress(BODY[99:].encode()), []),
    "behind-gzip": (PACKED + b"\0\0\0\n", ["Content-Encoding: gzip"]),
    "page-behind-gzip": (PACKED + b"<!-- cached -->", ["Content-Encoding: gzip"]),
    "behind-unannounced": (PACKED + b"\r\n", []),
    "behind-br": (brotli_stored(BODY.encode()) + b"\r\n", ["Content-Encoding: br"]),
    "behind-zstd": (zstd_stored(BODY.encode()) + b"\r\n", ["Content-Encoding: zstd"]),
    "behind-deflate": (zlib.compress(BODY.encode()) + b"\r\n", ["Content-Encoding: deflate"]),
    "deflate": (RAW.compress(BODY.encode()) + RAW.flush(), ["Content-Encoding: deflate"]),
}


def test_bodies_are_read_whatever_their_encoding_claims(make_daemon, raw_server):
    server = raw_server()
    for name, (body, headers) in BODIES.items():
        server.routes["/" + name] = answer(body, *headers)
    daemon = make_daemon("[fetch]\nallow = 127.0.0.0/8", {name: server.url("/" + name) for name in BODIES}).first_polls()
    states = {name: (f["state"], f["items"]) for name, f in daemon.feeds().items()}
    assert states == dict.fromkeys(BODIES, ("ok", 1)), daemon.log()
    for name in BODIES:
        before = len(server.heads("/" + name))
        assert before <= 2, name
        refresh_to(daemon, name, 2)
        assert len(server.heads("/" + name)) == before + 1, name


# ---- TLS

def test_old_tls_only_where_the_operator_takes_it(make_daemon, raw_server, authority):
    context = authority.context("old")
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    context.minimum_version, context.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    server = raw_server(context=context)
    server.routes["/f"] = answer(BODY)
    daemon = make_daemon("[fetch]\nallow = 127.0.0.0/8", {
        "no": {"url": server.url("/f"), "ca-file": authority.cert},
        "yes": {"url": server.url("/f?2"), "ca-file": authority.cert, "allow-old-tls": "yes"},
        "stranger": {"url": server.url("/f?3"), "allow-old-tls": "yes"}}).first_polls()
    feeds = daemon.feeds()
    assert feeds["yes"]["state"] == "ok"
    assert feeds["no"]["failure"] == "tls" and "allow-old-tls may help" in feeds["no"]["reason"]
    # certificates are checked as ever
    assert feeds["stranger"]["failure"] == "tls" and "allow-old-tls" not in feeds["stranger"]["reason"]


# ---- the operator's own servers

def test_interval_is_forced_on_own_servers_only(make_daemon, raw_server):
    own = raw_server()
    lock = threading.Lock()
    asked = []

    def count(connection, head):
        with lock:
            asked.append(head)
        answer(BODY, "Cache-Control: max-age=7200")(connection)
    own.routes["/forced"] = own.routes["/kept"] = count
    own.routes["/away"] = answer("", "Location: /kept?away", status="302 Found")
    own.routes["/busy"] = answer("", "Retry-After: 3600", status="503 Service Unavailable")
    force = {"interval": "250ms", "force-interval": "yes"}
    daemon = make_daemon("[fetch]\nallow = 127.0.0.0/8", {
        "forced": {"url": own.url("/forced"), **force}, "kept": {"url": own.url("/kept"), "interval": "250ms"},
        "away": {"url": own.url("/away"), **force}}).start()
    wait_for(lambda: daemon.feeds()["forced"]["polls"] >= 4, "polls")
    feeds = daemon.feeds()
    assert feeds["kept"]["polls"] == feeds["away"]["polls"] == 1
    assert feeds["forced"]["why"] == "configured interval" and feeds["kept"]["why"] == "Cache-Control or Expires"
    daemon.reload("[fetch]\nallow = 127.0.0.0/8", {"busy": {"url": own.url("/busy"), **force}})
    wait_for(lambda: daemon.feeds()["busy"]["polls"] == 1, "the poll")
    assert daemon.feeds()["busy"]["why"] == "Retry-After"
