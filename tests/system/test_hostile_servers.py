# SPDX-License-Identifier: ISC
"""Servers that mean harm, over HTTP, TLS and HTTP/2: each costs one transfer for a bounded time and within the cap on
memory, is told by its name in the health table, and nobody else notices."""
import gzip
import itertools
import time
import zlib

from harness import BUILD, PATIENCE, wait_for
from samples import article, rss
from servers import (CONTINUATION, DATA, END_HEADERS, GOAWAY, HEADERS, PING, STATUS_200, Authority, answer, forever,
                     frame, http2, literal, reset, reset_in_body, say, silence)

OK = b"HTTP/1.1 200 OK\r\n"
# Time for the whole of a transfer here; what is measured over a window may take a third of it.
TIMEOUT = "%ds" % (PATIENCE // 5)
BOMB = gzip.compress(b"\0" * (64 << 20))


def chunk(data):
    return b"%x\r\n%s\r\n" % (len(data), data)


def zstd_zeros(size):
    """RFC 8878: a frame of blocks that each say one byte and how often."""
    block = 128 * 1024
    blocks = b"".join((block << 3 | 2 | (at + block >= size)).to_bytes(3, "little") + b"\0" for at in range(0, size, block))
    return b"\x28\xb5\x2f\xfd\x00\x38" + blocks


# 64 MiB of zeros from brotli's encoder
BROTLI_ZEROS = bytes.fromhex("cfffff7f002400e2b14072effff9ffff0f8004401c1680eefd3fffff01900088c302d0bdffcfffff7f001200715800baf7ff")


def packed(coding, data):
    return say(OK + b"Content-Encoding: %s\r\nContent-Length: %d\r\n\r\n" % (coding, len(data)), data)


def redirect_for_ever(connection, head, count=itertools.count()):
    connection.sendall(b"HTTP/1.1 302 Found\r\nLocation: /on/%d\r\nContent-Length: 0\r\nConnection: close\r\n\r\n" % next(count))


def redirect_to(target):
    return answer("", "Location: " + target, status="302 Found")


# path: what the server does, the failure's name, words of its sentence
PLAIN = {
    # slow
    "silence": (silence(), "timeout", "no answer within " + TIMEOUT),
    "slow-head": (forever(OK + b"X-Slow: ", b"a", pause=0.05), "too-slow", "headers came too slowly"),
    "slow-lines": (forever(OK, b"X-Slow: a\r\n", pause=0.2), "too-slow", "headers came too slowly"),
    "half-head": (silence(OK + b"Content-Type: app"), "too-slow", "headers came too slowly"),
    "slow-body": (forever(OK + b"Content-Length: 100000\r\n\r\n", b"<", pause=0.05), "too-slow", "body came too slowly"),
    "slow-chunks": (forever(OK + b"Transfer-Encoding: chunked\r\n\r\n", chunk(b"<"), pause=0.05), "too-slow", "body came too slowly"),
    "no-body": (silence(OK + b"Content-Length: 100\r\n\r\n"), "too-slow", "body came too slowly"),
    "slow-error": (forever(b"HTTP/1.1 500 Oops\r\nContent-Length: 100000\r\n\r\n", b"<", pause=0.05), "http", "500"),
    # too much
    "endless": (forever(OK + b"\r\n", b"<x>" * 5000), "too-large", "larger than 1M"),
    "endless-chunks": (forever(OK + b"Transfer-Encoding: chunked\r\n\r\n", chunk(b"<x>" * 5000)), "too-large", "larger than 1M"),
    "endless-extension": (forever(OK + b"Transfer-Encoding: chunked\r\n\r\n5;", b"x" * 5000), ("too-slow", "protocol"), ""),
    "endless-trailers": (forever(OK + b"Transfer-Encoding: chunked\r\n\r\n" + chunk(b"<x/>") + b"0\r\n", b"X-T: a\r\n" * 50),
                         "too-large", "the answer's headers are"),
    "announced": (silence(OK + b"Content-Length: 99999999999\r\n\r\n<rss"), "too-large", "larger than 1M"),
    "endless-error": (forever(b"HTTP/1.1 404 Oops\r\n\r\n", b"<x>" * 5000), "http", "404"),
    "headers": (forever(OK, b"X-Flood: all work and no play\r\n" * 50), "too-large", "headers are larger than 64 KiB"),
    "long-header": (forever(OK + b"X-Flood: ", b"x" * 5000), "too-large", "header"),
    "long-status": (forever(b"HTTP/1.1 200 ", b"x" * 5000), "too-large", "header"),
    "interim": (forever(b"", b"HTTP/1.1 103 Early Hints\r\nLink: </x>; rel=preload\r\n\r\n" * 20), "too-large",
                "headers are larger than 64 KiB"),
    "gzip-bomb": (packed(b"gzip", BOMB), "too-large", "larger than 1M"),
    "deflate-bomb": (packed(b"deflate", zlib.compress(b"\0" * (64 << 20))), "too-large", "larger than 1M"),
    "brotli-bomb": (packed(b"br", BROTLI_ZEROS), "too-large", "larger than 1M"),
    "zstd-bomb": (packed(b"zstd", zstd_zeros(64 << 20)), "too-large", "larger than 1M"),
    "double-bomb": (packed(b"gzip, gzip", gzip.compress(BOMB)), "too-large", "larger than 1M"),
    # round and round
    "loop": (redirect_to("/loop"), "redirect", "circle"),
    "on": (redirect_for_ever, "redirect", "more than 5 redirects"),
    "to-file": (redirect_to("file:///etc/passwd"), "redirect", "no http or https"),
    "to-metadata": (redirect_to("http://169.254.169.254/latest/meta-data/"), "forbidden", "cloud-metadata"),
    "to-private": (redirect_to("http://[fd12::1]/"), "forbidden", "unique-local"),
    "to-nowhere": (say(b"HTTP/1.1 301 Moved\r\nContent-Length: 0\r\n\r\n"), "redirect", "without saying where"),
    # wrong
    "short": (say(OK + b"Content-Length: 1000\r\n\r\n<rss"), "protocol", "shorter than its Content-Length"),
    "two-lengths": (say(OK + b"Content-Length: 4\r\nContent-Length: 5000\r\n\r\n<rss"), "protocol", ""),
    "no-number": (say(OK + b"Content-Length: -5\r\n\r\n<rss"), "protocol", ""),
    "bad-chunk": (say(OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n<rss"), "protocol", ""),
    "no-gzip": (packed(b"gzip", b"\x1f\x8b\x08 this is not gzip"), "protocol", ""),
    "no-coding": (packed(b"rot13", b"not a feed at all"), "not-a-feed", ""),
    "unannounced-bomb": (packed(b"identity", BOMB), "too-large", "larger than 1M"),
    "wrong-coding-bomb": (packed(b"rot13", BOMB), "too-large", "larger than 1M"),
    "no-http": (say(b"220 mail.example.org ESMTP\r\n"), "protocol", ""),
    "unasked-304": (say(b"HTTP/1.1 304 Not Modified\r\n\r\n"), "protocol", "no validators were sent"),
    # broken off
    "closed": (say(), "protocol", "without an answer"),
    "reset": (say(reset=True), "protocol", "reset"),
    "reset-status": (say(b"HTTP/1.", reset=True), "protocol", ""),
    "reset-head": (say(OK + b"Content-Type: te", reset=True), "protocol", ""),
    "reset-body": (say(OK + b"Content-Length: 1000\r\n\r\n<rss", reset=True), "protocol", ""),
    "reset-chunk": (say(OK + b"Transfer-Encoding: chunked\r\n\r\n" + chunk(b"<rss>") + b"ff\r\n<", reset=True), "protocol", ""),
}


def h2_goaway(connection, stream):
    connection.sendall(frame(GOAWAY, 0, 0, (0).to_bytes(4, "big") + (11).to_bytes(4, "big")))
    raise EOFError


def h2_garbage(connection, stream):
    connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n<rss/>")
    raise EOFError


def h2_headers_for_ever(connection, stream):
    connection.sendall(frame(HEADERS, 0, stream, STATUS_200))
    while True:
        connection.sendall(frame(CONTINUATION, 0, stream, literal(b"x-flood", b"a" * 100) * 10))


def h2_pings_for_ever(connection, stream):
    while True:
        connection.sendall(frame(PING, 0, 0, b"12345678") * 100)


def h2_slow_body(connection, stream):
    connection.sendall(frame(HEADERS, END_HEADERS, stream, STATUS_200))
    forever(b"", frame(DATA, 0, stream, b"<"), pause=0.05)(connection)


def h2_bomb(connection, stream):
    connection.sendall(frame(HEADERS, END_HEADERS, stream, STATUS_200 + literal(b"content-encoding", b"gzip")))
    for at in range(0, len(BOMB), 16384):
        connection.sendall(frame(DATA, at + 16384 >= len(BOMB), stream, BOMB[at:at + 16384]))


HTTP2 = {
    "h2-reset": (reset(2), "protocol", ""),
    "h2-refused": (reset(7), "protocol", ""),
    "h2-reset-in-body": (reset_in_body, "protocol", ""),
    "h2-goaway": (h2_goaway, "protocol", ""),
    "h2-garbage": (h2_garbage, "protocol", ""),
    "h2-headers": (h2_headers_for_ever, ("protocol", "too-large"), ""),
    "h2-pings": (h2_pings_for_ever, ("protocol", "timeout"), ""),
    "h2-slow-body": (h2_slow_body, "too-slow", "body came too slowly"),
    "h2-bomb": (h2_bomb, "too-large", "larger than 1M"),
}

# behind a handshake as it should be
INSIDE_TLS = {
    "inside-closed": (say(), "protocol", "without an answer"),
    "inside-reset": (say(reset=True), "protocol", ""),
    "inside-reset-body": (say(OK + b"Content-Length: 1000\r\n\r\n<rss", reset=True), "protocol", ""),
    "inside-slow-head": (forever(OK + b"X-Slow: ", b"a", pause=0.05), "too-slow", "headers came too slowly"),
    "inside-endless": (forever(OK + b"\r\n", b"<x>" * 5000), "too-large", "larger than 1M"),
}

# without any TLS behind it: what answers the handshake
HANDSHAKE = {
    "tls-garbage": (say(b"\x16\x03\x03\x40\x00" + b"\xff" * 0x4000), "tls", ""),
    "tls-plain": (say(b"HTTP/1.1 400 Bad Request\r\n\r\n"), "tls", ""),
    "tls-alert": (say(b"\x15\x03\x03\x00\x02\x02\x28"), "tls", ""),
    "tls-closed": (say(), "tls", ""),
    "tls-reset": (say(reset=True), ("tls", "connect"), ""),
    "tls-half": (say(b"\x16\x03\x03\x00\x7a\x02\x00\x00\x76", reset=True), ("tls", "connect"), ""),
    "tls-silence": (silence(), "timeout", "no TLS connection within"),
    "tls-drip": (forever(b"\x16\x03\x03\x40\x00\x02", b"\0", pause=0.05), "timeout", "no TLS connection within"),
}


def peak_memory(daemon):
    with open("/proc/%d/status" % daemon.process.pid) as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM"))


def assert_harmless(make_daemon, urls, expected, server, options=None):
    """Polls urls, a good feed beside them; each must end as expected, and nothing else may."""
    server.set("/good", rss("Good", [article(1)]))
    feeds = {name: dict(url=url, timeout=TIMEOUT, **(options or {})) for name, url in urls.items()}
    feeds["good"] = dict(url=server.url("/good"), interval="250ms")
    config = "[fetch]\nallow = 127.0.0.0/8\nmax-body = 1M\nper-host = 32\nparallel = %d" % (len(urls) // 2 + 2)
    daemon = make_daemon(config, dict(good=feeds["good"])).first_polls(state="ok")
    before = peak_memory(daemon)
    daemon.write_config(config, feeds)
    begun, good = time.monotonic(), server.count("/good")
    daemon.run("reload")
    wait_for(lambda: all(f["state"] in ("ok", "failing") for f in daemon.feeds().values()), "all to end", patience=120)
    took = time.monotonic() - begun
    states = daemon.feeds()
    wrong = {}
    for name, (_, failures, words) in expected.items():
        state = states[name]
        if state.get("failure") not in (failures if isinstance(failures, tuple) else (failures,)) or words not in state["reason"]:
            wrong[name] = (state.get("failure"), state.get("reason"))
    assert not wrong, wrong
    assert all(states[name]["state"] == "failing" and states[name]["due"] for name in expected)
    # in the table for people as well
    table = daemon.run("feeds").stdout
    assert all(name in table for name in expected)
    # the others went on meanwhile: with an interval of 250 ms, and patience for a busy machine
    asked = server.count("/good")
    assert states["good"]["state"] == "ok" and asked - good >= int(took), (took, asked - good)
    wait_for(lambda: server.count("/good") > asked, "the next poll of the good feed")
    if "sanitize" not in BUILD.name:
        # the cap of 1 MiB for each transfer under way, and what curl and TLS need for a connection
        grown = peak_memory(daemon) - before
        assert grown < (16 << 20) + len(urls) // 2 * (1500 << 10), grown
    return daemon


def test_hostile_http(make_daemon, server, raw_server):
    hostile = raw_server()
    hostile.routes = {"/" + name: behaviour for name, (behaviour, _, _) in PLAIN.items()}
    for path in range(100):
        hostile.routes["/on/%d" % path] = redirect_for_ever
    assert_harmless(make_daemon, {name: hostile.url("/" + name) for name in PLAIN}, PLAIN, server)


def test_many_large_answers_at_once(make_daemon, server, raw_server):
    """Each within its own cap of 8 MiB, all together not: the daemon holds 64 MiB of them and an even share each."""
    hostile = raw_server()
    hostile.routes["/"] = forever(OK + b"\r\n", b"<" * 65536, pause=0.05)
    server.set("/good", rss("Good", [article(1)]))
    feeds = {"f%d" % n: hostile.url("/?%d" % n) for n in range(64)}
    daemon = make_daemon("[fetch]\nallow = 127.0.0.0/8\nper-host = 64", feeds).start()
    daemon.reload("[fetch]\nallow = 127.0.0.0/8\nper-host = 64", dict(feeds, good=server.url("/good")))
    wait_for(lambda: all(f["state"] != "new" for f in daemon.feeds().values()), "all to end", patience=120)
    states = daemon.feeds()
    assert states.pop("good")["state"] == "ok"
    assert {f["failure"] for f in states.values()} == {"too-large"}
    if "sanitize" not in BUILD.name:
        assert peak_memory(daemon) < 200 << 20, peak_memory(daemon)  # 512 MiB and more if each took its own cap


def test_hostile_handshakes(make_daemon, server, raw_server):
    urls = {name: raw_server(play).url().replace("http:", "https:") for name, (play, _, _) in HANDSHAKE.items()}
    assert_harmless(make_daemon, urls, HANDSHAKE, server)


def test_hostile_tls(make_daemon, server, raw_server, authority):
    hostile = raw_server(context=authority.context("inside"))
    hostile.routes = {"/" + name: behaviour for name, (behaviour, _, _) in INSIDE_TLS.items()}
    urls = {name: hostile.url("/" + name) for name in INSIDE_TLS}
    assert_harmless(make_daemon, urls, INSIDE_TLS, server, options={"ca-file": authority.cert})


def test_hostile_http2(make_daemon, server, raw_server, authority):
    context = authority.context("h2", alpn=("h2",))
    urls = {name: raw_server(http2(play), context=context).url() for name, (play, _, _) in HTTP2.items()}
    assert_harmless(make_daemon, urls, HTTP2, server, options={"ca-file": authority.cert})


def test_http2_that_is_well(make_daemon, raw_server, authority):
    """So that the failures above are those of the servers."""
    body = rss("Two", [article(1)]).encode()

    def play(connection, stream):
        connection.sendall(frame(HEADERS, END_HEADERS, stream, STATUS_200) + frame(DATA, 1, stream, body))
    server = raw_server(http2(play), context=authority.context("well", alpn=("h2",)))
    make_daemon("", dict(two={"url": server.url(), "ca-file": authority.cert})).first_polls(state="ok")


def test_bad_certificates(make_daemon, server, raw_server, authority, tmp_path):
    stranger = Authority(tmp_path, "stranger")
    contexts = {"unknown": stranger.context("unknown"), "expired": authority.context("expired", days=-1),
                "other-name": authority.context("other-name", names="DNS:other.example")}
    expected = {"unknown": (None, "tls", "issuer"), "expired": (None, "tls", "expired, by this machine's clock, which shows 20"),
                "other-name": (None, "tls", "matches target ")}
    urls = {}
    for name, context in contexts.items():
        tls = raw_server(context=context)
        tls.routes["/"] = answer(rss("Never seen", [article(2)]))
        urls[name] = tls.url()
    daemon = assert_harmless(make_daemon, urls, expected, server, options={"ca-file": authority.cert})
    assert all(daemon.feeds()[name]["items"] == 0 for name in urls)
