# SPDX-License-Identifier: ISC
"""What a site and its server are spared: gaps, shared cool-downs, impatient people.

Feeds of other servers serve as clocks here: that something was not asked is looked at once they have been asked
several times more.
"""
import pytest

from harness import FeedServer, wait_for
from samples import article, rss


@pytest.fixture
def clock():
    """A server of its own address, at which a feed is asked every second."""
    s = FeedServer("127.0.0.2")
    s.set("/clock", rss("Clock", [article(1)]), etag='"1"')
    yield s
    s.close()


def ticks(clock, count=3):
    before = clock.count("/clock")
    wait_for(lambda: clock.count("/clock") >= before + count, "the clock's feed to be asked")


def every_second(url):
    return dict(url=url, interval="1s")


def test_requests_to_one_site_keep_their_distance(server, make_daemon):
    feeds = {}
    for n in range(4):
        server.set("/%d" % n, rss("Feed %d" % n, [article(n)]))
        feeds["f%d" % n] = {"url": server.url("/%d" % n), "allow-private": "yes"}
    make_daemon("[fetch]\ngap = 400ms\nper-host = 8", feeds).start()
    wait_for(lambda: len(server.times) == 4, "all feeds to be asked")
    gaps = [b - a for a, b in zip(server.times, server.times[1:])]
    # the request is seen a little after it was started, earlier or later than the last one's was
    assert min(gaps) > 0.3, gaps


def test_a_site_is_all_that_is_under_one_registrable_domain(server, make_daemon):
    """Names under localhost are this machine's, and a name of two labels stands for what one can register."""
    feeds = {}
    for n, name in enumerate(("www", "feeds", "blog.archive")):
        server.set("/%d" % n, rss("Feed %d" % n, [article(n)]))
        feeds["f%d" % n] = {"url": server.url("/%d" % n, name + ".sea.localhost"), "allow-private": "yes"}
    make_daemon("[fetch]\ngap = 1s\nper-host = 8", feeds).start()
    wait_for(lambda: len(server.times) == 3, "all feeds to be asked")
    gaps = [b - a for a, b in zip(server.times, server.times[1:])]
    # between sites of one address a quarter of it is kept
    assert min(gaps) > 0.5, gaps


def test_no_gap_in_an_own_network(server, make_daemon):
    feeds = {}
    for n in range(4):
        server.set("/%d" % n, rss("Feed %d" % n, [article(n)]))
        feeds["f%d" % n] = server.url("/%d" % n)
    make_daemon("[fetch]\nallow = 127.0.0.0/8\ngap = 1h", feeds).start()
    wait_for(lambda: len(server.times) == 4, "all feeds to be asked")


def test_429_spares_the_site_and_its_server(server, clock, make_daemon):
    """Two sites live at one address; what one of them says counts for both, and for all their feeds."""
    server.set("/limited", rss("Limited", [article(1)]), etag='"1"')
    server.set("/sibling", rss("Sibling", [article(2)]), etag='"2"')
    server.set("/neighbour", rss("Neighbour", [article(3)]), etag='"3"')
    daemon = make_daemon("", {
        "limited": every_second(server.url("/limited")),
        "sibling": every_second(server.url("/sibling")),
        "neighbour": every_second(server.url("/neighbour", "localhost")),
        "clock": every_second(clock.url("/clock"))}).start()
    wait_for(lambda: all(server.count(p) >= 2 for p in ("/limited", "/sibling", "/neighbour")), "all to be asked")
    server.set("/limited", "slow down", status=429, headers={"Retry-After": "3600"})
    wait_for(lambda: daemon.feeds()["limited"]["state"] == "failing", "the 429 to be noted")
    ticks(clock)  # what was under way has ended
    before = len(server.requests)
    ticks(clock)
    assert len(server.requests) == before
    refused = daemon.run("refresh", "sibling", check=False)
    assert refused.returncode != 0 and "asked for a pause (HTTP 429 or 503)" in refused.stderr
    assert len(server.requests) == before
    # whoever asks for all gets the others
    assert "clock" in daemon.run("refresh").stdout


def test_cool_down_outlives_a_restart(server, clock, make_daemon):
    server.set("/limited", "slow down", status=503, headers={"Retry-After": "3600"})
    server.set("/sibling", rss("Sibling", [article(2)]), etag='"2"')
    feeds = {"limited": server.url("/limited"), "clock": every_second(clock.url("/clock"))}
    daemon = make_daemon("", feeds).start()
    wait_for(lambda: daemon.feeds()["limited"]["state"] == "failing", "the 503 to be noted")
    daemon.kill()
    feeds["sibling"] = every_second(server.url("/sibling"))
    daemon.write_config("", feeds)
    daemon.start()
    ticks(clock)
    assert server.count("/limited") == 1 and server.count("/sibling") == 0


def test_429_without_a_word_for_how_long(server, clock, make_daemon):
    """A stranger's site, as far as the daemon knows: its network is not in allow."""
    server.set("/limited", "slow down", status=429)
    server.set("/sibling", rss("Sibling", [article(2)]), etag='"2"')
    stranger = {"interval": "1s", "allow-private": "yes"}
    daemon = make_daemon("[fetch]\ngap = 0s\nallow = 127.0.0.2/32", {
        "limited": dict(stranger, url=server.url("/limited")), "sibling": dict(stranger, url=server.url("/sibling")),
        "clock": every_second(clock.url("/clock"))}).start()
    wait_for(lambda: daemon.feeds()["limited"]["state"] == "failing", "the 429 to be noted")
    ticks(clock)
    before = len(server.requests)
    ticks(clock)
    assert len(server.requests) == before


def test_impatience_makes_no_requests(server, make_daemon):
    server.set("/feed", rss("Feed", [article(1)]), etag='"1"')
    daemon = make_daemon("[fetch]\ngap = 0s", {"feed": {"url": server.url("/feed"), "allow-private": "yes"}}).first_polls(items=1)
    again = daemon.run("refresh", "feed", check=False)
    assert again.returncode != 0 and "feed was polled" in again.stderr
    assert server.count("/feed") == 1
