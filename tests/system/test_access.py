# SPDX-License-Identifier: ISC
"""Who may read over HTTP: names of the daemon, tokens, users, listeners of their own."""
import base64
import contextlib
import http.client
import subprocess

import pytest

from harness import PATIENCE, Daemon


@pytest.fixture
def make():
    daemons = []

    def make(config="", listen="127.0.0.1:0"):
        daemons.append(Daemon(config))
        path = daemons[-1].config_path
        path.write_text(path.read_text().replace("listen = 127.0.0.1:0", "listen = " + listen))
        return daemons[-1].start()

    yield make
    for daemon in daemons:
        daemon.close()


def tcp_port(daemon):
    """The port that the kernel chose, by the log's line about serving."""
    return int(daemon.log().split("page=http://127.0.0.1:")[1].split()[0])


def ask(daemon, path, host="127.0.0.1", method="GET", **headers):
    connection = http.client.HTTPConnection("127.0.0.1", tcp_port(daemon), timeout=PATIENCE)
    try:
        connection.putrequest(method, path, skip_host=True)
        for name, value in dict(headers, Host=host).items():
            connection.putheader(name, value)
        connection.endheaders()
        answer = connection.getresponse()
        answer.body = answer.read()
        return answer
    finally:
        connection.close()


def test_only_names_of_the_daemon_are_answered(make):
    daemon = make("base-url = https://news.example.org/sitrep/\n[http]\nhosts = nas, second.example")
    for host in ("news.example.org", "NAS:8484", "second.example.", "localhost", "192.0.2.1", "[2001:db8::1]:80"):
        assert ask(daemon, "/feed.atom", host).status == 200, host
    for host in ("evil.example", "example.org", "nas.evil.example"):
        answer = ask(daemon, "/feed.atom", host, Accept="application/json")
        assert answer.status == 421 and b"[http] of sitrepd.conf" in answer.body, host
    # a page cannot rebind a Unix socket; a hub calls the endpoint by base-url's name
    assert daemon.get("/feed.atom", headers={"Host": "evil.example"}).status == 200
    assert ask(daemon, "/websub/none", "news.example.org").status == 404
    assert ask(daemon, "http://nas/feed.atom", "evil.example").status == 200
    assert b"\nsitrepd_http_misdirected_total 3\n" in daemon.get("/metrics").body
    daemon.write_config("[http]\nhosts = evil.example", {})
    assert daemon.control(op="reload")[-1] == {"done": True}
    assert ask(daemon, "/feed.atom", "evil.example").status == 200 and ask(daemon, "/feed.atom", "nas").status == 421


TOKEN, DESK = "0123456789abcdef0123", "desk-token-of-20-chars"


def basic(user, password):
    return "Basic " + base64.b64encode(("%s:%s" % (user, password)).encode()).decode()


def hash_of(password):
    return subprocess.run(["openssl", "passwd", "-6", password], capture_output=True, text=True, check=True).stdout.strip()


def test_tokens_and_users(make, tmp_path):
    (tmp_path / "tokens").write_text("# readers\n%s\n" % TOKEN)
    (tmp_path / "users").write_text("ann:%s\n" % hash_of("open sesame"))
    (tmp_path / "desk").write_text(DESK)
    config = ("[http]\ntoken-file = %s/tokens\nusers-file = %s/users\n[output \"desk\"]\ntoken-file = %s/desk"
              % ((tmp_path,) * 3))
    daemon = make(config)
    barred = ask(daemon, "/feed.atom")
    assert barred.status == 401 and barred.headers.get_all("WWW-Authenticate")[1] == 'Bearer realm="sitrepd"'
    for path in ("/feed.atom", "/", "/metrics", "/opml", "/output/desk.rss", "/story/none"):
        assert ask(daemon, path).status == daemon.get(path).status == 401, path
    for path in ("/feed.atom", "/", "/metrics", "/output/desk.rss"):
        for headers in (dict(Authorization="Bearer " + TOKEN), dict(Authorization=basic("ann", "open sesame")),
                        dict(Authorization=basic("any", TOKEN))):
            assert ask(daemon, path, **headers).status == 200, (path, headers)
        assert ask(daemon, path, Authorization=basic("ann", "open")).status == 401
        assert ask(daemon, path + "?token=" + TOKEN).status == 200
    assert ask(daemon, "/output/DESK.rss").status == 401
    assert ask(daemon, "/output/desk.rss?token=" + DESK).status == 200
    assert ask(daemon, "/feed.rss?token=" + DESK).status == 401
    # monitors, crawlers and hubs have no credential; they are told nothing of feeds
    assert ask(daemon, "/healthz").body == b"ok\n" and ask(daemon, "/robots.txt").status == 200
    assert ask(daemon, "/healthz", Accept="application/json").body == b'{"status":"ok"}\n'
    assert b"no feed is configured" in ask(daemon, "/healthz", Authorization="Bearer " + TOKEN).body
    assert ask(daemon, "/websub/none").status == 404
    # the token is no part of links, and is not logged
    assert TOKEN.encode() not in ask(daemon, "/feed.atom?token=" + TOKEN).body
    assert TOKEN not in daemon.log() and "open sesame" not in daemon.log()
    # a file that cannot be read never opens the daemon
    (tmp_path / "tokens").write_text("short\n")
    assert "at least 16 characters" in str(daemon.control(op="reload"))
    assert ask(daemon, "/feed.atom").status == 401
    (tmp_path / "tokens").write_text("another-token-of-readers\n")
    assert daemon.control(op="reload")[-1] == {"done": True}
    assert ask(daemon, "/feed.atom?token=" + TOKEN).status == 401
    assert ask(daemon, "/feed.atom?token=another-token-of-readers").status == 200


def test_a_reload_ends_the_events_of_readers_who_may_no_more(make, tmp_path):
    (tmp_path / "tokens").write_text(TOKEN)
    daemon = make("[http]\ntoken-file = %s/tokens" % tmp_path)
    connection = http.client.HTTPConnection("127.0.0.1", tcp_port(daemon), timeout=PATIENCE)
    with contextlib.closing(connection):
        connection.request("GET", "/events?token=" + TOKEN)
        answer = connection.getresponse()
        assert answer.status == 200 and answer.readline() == b"retry: 5000\n"
        (tmp_path / "tokens").write_text("another-token-of-readers")
        assert daemon.control(op="reload")[-1] == {"done": True}
        with contextlib.suppress(http.client.IncompleteRead):  # the answer has no end of its own
            while answer.readline():
                pass
    assert ask(daemon, "/events?token=" + TOKEN).status == 401


def test_open_to_others_is_warned_of(make, tmp_path):
    warning = "everybody who reaches the address may read"
    (tmp_path / "tokens").write_text(TOKEN)
    assert warning not in make().log()
    assert warning in make("base-url = http://nas/", "*:0").log()
    assert warning not in make("base-url = http://nas/\n[http]\ntoken-file = %s/tokens" % tmp_path, "*:0").log()


def test_monitors_have_an_address_of_their_own(make, tmp_path):
    daemon = make("[http]\nmetrics-listen = %s/monitors" % tmp_path)
    assert daemon.get("/metrics").status == 404 and daemon.get("/healthz").status == 200
    daemon.http_path = tmp_path / "monitors"
    assert daemon.get("/metrics").status == 200 and daemon.get("/healthz").status == 200
    for path in ("/", "/feed.atom", "/opml", "/story/none", "/websub/none"):
        assert daemon.get(path).status == 404, path
    assert "serving monitors address=unix:%s/monitors" % tmp_path in daemon.log()
