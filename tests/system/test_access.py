# SPDX-License-Identifier: ISC
"""Who may read over HTTP: names of the daemon, tokens, users, listeners of their own."""
import http.client

import pytest

from harness import PATIENCE, Daemon


@pytest.fixture
def make():
    daemons = []

    def make(config=""):
        daemons.append(Daemon(config))
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
