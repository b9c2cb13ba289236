# SPDX-License-Identifier: ISC
"""One's own network goes away and comes back: every server fails at once, and none is to blame."""
import calendar
import time

import pytest

from harness import wait_for
from samples import article, rss
from servers import RawServer, answer

CONFIG = "[fetch]\nallow = 127.0.0.0/8\n"
AWAY, BACK = "the network is away", "the network is back"


class Network:
    """One port on all loopback addresses: each address is a server of its own."""

    def __init__(self):
        self.server, self.port = None, 0
        self.up()

    def up(self):
        self.server = RawServer(address="0.0.0.0", port=self.port)
        self.port = self.server.port
        self.server.routes["/bad"] = answer("", status="500 Oops")
        for n in range(20):
            self.server.routes["/%d" % n] = answer(rss("F%d" % n, [article(n)]))

    def down(self):
        if self.server:
            self.server.close()
        self.server = None

    def url(self, n, host=None, path=None):
        return "http://127.0.0.%d:%d/%s" % (host or n + 1, self.port, path or n)

    def asked(self, n):
        return len(self.server.heads("/%d" % n))


@pytest.fixture
def network():
    made = Network()
    yield made
    made.down()


def start(make_daemon, feeds):
    daemon = make_daemon(CONFIG, feeds).first_polls()
    return daemon


def wait_for_polls(daemon, more, names=None):
    before = {name: f["polls"] for name, f in daemon.feeds().items()}
    wait_for(lambda: all(f["polls"] >= before[name] + more for name, f in daemon.feeds().items()
                         if names is None or name in names), "%d polls more" % more)


def test_feeds_come_back_with_the_network(make_daemon, network):
    names = ["f%d" % n for n in range(8)]
    daemon = start(make_daemon, {name: dict(url=network.url(n), interval="500ms") for n, name in enumerate(names)})
    for outage in 1, 2:
        network.down()
        wait_for(lambda: daemon.log().count(AWAY) == outage, "the outage to be seen")
        assert "The network is away" in daemon.run("explain", "f0").stdout
        # as many failures as would have made pauses of half a minute
        wait_for_polls(daemon, 5)
        assert {f["errors"] for f in daemon.feeds().values()} == {1}
        network.up()
        wait_for(lambda: all(network.asked(n) for n in range(8)), "all feeds to be asked", patience=10)
        wait_for(lambda: all(f["state"] == "ok" for f in daemon.feeds().values()), "all feeds to recover")
        assert daemon.log().count(AWAY) == daemon.log().count(BACK) == outage


def test_failures_that_grew_before_the_outage_was_seen_are_brought_forward(make_daemon, network):
    feeds = {"often": dict(url=network.url(0), interval="250ms"), "rarely": dict(url=network.url(1), interval="4s")}
    daemon = start(make_daemon, feeds)
    network.down()
    # by the time that the second server fails too, the first has waited longer and longer
    wait_for(lambda: AWAY in daemon.log(), "the outage to be seen")
    polls = daemon.feeds()["often"]["polls"]
    wait_for(lambda: daemon.feeds()["often"]["polls"] > polls + 2, "the first pause again")
    assert daemon.feeds()["often"]["errors"] == 1


def test_what_is_no_outage(make_daemon, network):
    """One server with many feeds; and a daemon with one feed."""
    for feeds in ({"f%d" % n: dict(url=network.url(n, host=9), interval="250ms") for n in range(4)},
                  {"only": dict(url=network.url(1), interval="250ms")}):
        daemon = start(make_daemon, feeds)
        network.down()
        wait_for(lambda: all(f.get("errors", 0) >= 3 for f in daemon.feeds().values()), "failures")
        assert AWAY not in daemon.log()
        network.up()
        daemon.stop()


def test_one_failing_server_among_others_is_no_outage(make_daemon, network):
    other = RawServer(address="127.0.0.1")
    other.routes["/f"] = answer(rss("Other", [article(30)]))
    daemon = start(make_daemon, {
        "a": dict(url=network.url(1), interval="250ms"), "b": dict(url=network.url(2), interval="250ms"),
        "good": dict(url=other.url("/f"), interval="250ms")})
    network.down()
    wait_for(lambda: all(daemon.feeds()[name].get("errors", 0) >= 3 for name in "ab"), "failures")
    other.close()
    assert AWAY not in daemon.log()


def test_a_feed_that_failed_before_keeps_its_pause(make_daemon, network):
    daemon = start(make_daemon, {
        "a": dict(url=network.url(1), interval="250ms"), "b": dict(url=network.url(2), interval="250ms"),
        "bad": dict(url=network.url(3, path="bad"), interval="250ms")})
    wait_for(lambda: daemon.feeds()["bad"].get("errors", 0) >= 4, "failures")
    network.down()
    wait_for(lambda: AWAY in daemon.log(), "the outage to be seen")
    before = daemon.feeds()["bad"]
    wait_for(lambda: daemon.feeds()["bad"]["polls"] > before["polls"], "a poll in the outage")
    bad = daemon.feeds()["bad"]
    assert bad["failure"] == "http" and bad["errors"] == before["errors"], bad


def due(daemon, feed):
    return calendar.timegm(time.strptime(daemon.feeds()[feed]["due"], "%Y-%m-%dT%H:%M:%SZ"))


def test_a_refresh_by_hand_lengthens_no_pause(make_daemon, network):
    daemon = start(make_daemon, {"a": dict(url=network.url(1), interval="30s")})
    network.down()
    daemon.refresh("a")
    planned, errors = due(daemon, "a"), daemon.feeds()["a"]["errors"]
    for _ in range(5):
        daemon.refresh("a")
        assert daemon.feeds()["a"]["state"] == "failing"
        assert due(daemon, "a") <= planned and daemon.feeds()["a"]["errors"] == errors == 1
    network.up()
    network.server.routes["/1"] = answer("", "Retry-After: 3600", status="503 Service Unavailable")
    daemon.refresh("a")
    # what the server asks for holds all the same
    assert due(daemon, "a") > planned + 3000
