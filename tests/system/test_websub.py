# SPDX-License-Identifier: ISC
"""WebSub: a scripted hub pushes, lies, and falls silent.

The hub reaches the daemon's callback through its Unix socket, so that base-url may be any name: nothing here depends
on which port the daemon got.
"""
import hashlib
import hmac
import re
import resource
import threading
import time
import urllib.parse

import pytest

from harness import PATIENCE, FeedServer, LoopbackServer, ask_http, wait_for
from samples import article, atom, jsonfeed, rss

BASE = "http://news.test/sitrep"
# pause between requests to a hub: what [poll] min says
CONFIG = "base-url = %s/\n[poll]\nmin = 1s" % BASE


class Hub(LoopbackServer):
    """Takes subscribe requests and does what the test tells it to do with them."""

    def __init__(self):
        self.status = 202
        self.lease = 86400
        self.verifies = True
        self.verified = False
        self.daemon = None  # its http_path is called
        self.calls = []
        super().__init__()

    def answer(self, handler):
        form = handler.rfile.read(int(handler.headers["Content-Length"])).decode()
        request = dict(urllib.parse.parse_qsl(form, strict_parsing=True))
        with self.lock:
            self.requests.append(request)
        self.send(handler, self.status, {}, b"")
        if self.status == 202 and self.verifies:
            self.later(self.verify, request)

    def later(self, fn, *args):
        call = threading.Thread(target=fn, args=args)
        call.start()
        self.calls.append(call)

    def call(self, path, method="GET", body=None, headers=None):
        return ask_http(self.daemon.http_path, path, method, headers, body)

    def path(self, request=None):
        callback = (request or self.requests[-1])["hub.callback"]
        assert callback.startswith(BASE + "/websub/")
        return callback[len(BASE):]

    def ask(self, request=None, **arguments):
        """A hub's question, such as mode="subscribe"; what is not said is taken from the request."""
        request = request or self.requests[-1]
        query = {"hub.mode": "subscribe", "hub.topic": request["hub.topic"], "hub.challenge": "a&b c+d%",
                 "hub.lease_seconds": str(self.lease)}
        query.update({"hub." + name: value for name, value in arguments.items()})
        return self.call(self.path(request) + "?" + urllib.parse.urlencode(query))

    def verify(self, request):
        answer = self.ask(request)
        self.verified = answer.status == 200 and answer.body == b"a&b c+d%"

    def push(self, body, content_type="application/rss+xml", method="sha256", secret=None, links=None, path=None):
        body = body.encode()
        key = (secret or self.requests[-1]["hub.secret"]).encode()
        headers = {"Content-Type": content_type,
                   "Link": links or '<%s>; rel="hub", <%s>; rel="self"' % (self.url("/hub"), self.requests[-1]["hub.topic"])}
        if method:
            headers["X-Hub-Signature"] = "%s=%s" % (method, hmac.new(key, body, getattr(hashlib, method)).hexdigest())
        return self.call(path or self.path(), "POST", body, headers).status

    def close(self):
        for call in self.calls:
            call.join()
        super().close()


@pytest.fixture
def hub():
    h = Hub()
    yield h
    h.close()


def state(daemon, feed="a"):
    return daemon.feeds()[feed]["websub"]


def with_links(body, hub, topic):
    """An RSS feed that names its hub in itself."""
    links = ('<atom:link xmlns:atom="http://www.w3.org/2005/Atom" rel="hub" href="%s"/>'
             '<atom:link xmlns:atom="http://www.w3.org/2005/Atom" rel="self" href="%s"/>' % (hub, topic))
    return body.replace("<channel>", "<channel>" + links)


def start(server, hub, make_daemon, config=CONFIG, options=None, articles=1):
    """A daemon with a feed that names its hub by header and is asked once an hour."""
    server.set("/a", rss("Alpha", [article(n) for n in range(articles)]), headers={
        "Link": '<%s>; rel="hub", </a>; rel="self"' % hub.url("/hub")})
    hub.daemon = make_daemon(config, dict(a=dict(url=server.url("/a"), interval="1h", **(options or {}))))
    return hub.daemon.start()


def start_verified(server, hub, make_daemon, **options):
    daemon = start(server, hub, make_daemon, **options)
    wait_for(lambda: state(daemon) == "verified", "the subscription")
    return daemon


def start_trusted(server, hub, make_daemon):
    daemon = start_verified(server, hub, make_daemon)
    assert hub.push(rss("Alpha", [article(100)])) == 202
    wait_for(lambda: state(daemon) == "trusted", "the hub to be trusted")
    return daemon


def test_subscribes_as_the_recommendation_has_it(server, hub, make_daemon):
    daemon = start_verified(server, hub, make_daemon, config="log-level = debug\n" + CONFIG)
    request = hub.requests[0]
    assert request["hub.mode"] == "subscribe" and request["hub.topic"] == server.url("/a")
    assert request["hub.lease_seconds"] == "864000" and len(request["hub.secret"]) == 64
    assert re.fullmatch(r"/websub/\d+-[0-9a-f]{64}", hub.path())
    wait_for(lambda: hub.verified, "the challenge to come back")
    # nobody else learns the secrets, not even where a push is refused
    assert hub.push("x", secret="wrong") == 202
    wait_for(lambda: "push ignored feed=a" in daemon.log(), "the refusal")
    shown = daemon.log() + str(daemon.feeds()) + daemon.get("/metrics").body.decode() + str(daemon.control(op="status"))
    assert request["hub.secret"] not in shown and hub.path() not in shown
    assert "subscribed at a hub feed=a" in daemon.log()


def test_a_push_is_news_without_a_poll(server, hub, make_daemon):
    daemon = start_verified(server, hub, make_daemon)
    stream = daemon.stream(dict(events=["new"]))
    before = daemon.feeds()["a"]
    assert hub.push(rss("Alpha", [article(7)])) == 202
    assert stream.read_until("new")["item"]["title"] == article(7)["title"]
    # any method that the Recommendation names, any format that a poll may have
    for n, method in ((8, "sha1"), (9, "sha384"), (10, "sha512")):
        assert hub.push(atom("Alpha", [article(n)]), "application/atom+xml", method) == 202
        assert stream.read_until("new")["item"]["title"] == article(n)["title"]
    assert hub.push(jsonfeed("Alpha", [article(11)]), "application/feed+json") == 202
    assert stream.read_until("new")["item"]["title"] == article(11)["title"]
    after = wait_for(lambda: daemon.feeds()["a"]["items"] == 6 and daemon.feeds()["a"], "the report of the last push")
    assert after["polls"] == before["polls"] == 1 and after["due"] == before["due"]
    assert after["last_poll"] == before["last_poll"] and after["websub"] == "trusted"
    assert server.count("/a") == 1
    assert daemon.metric("sitrepd_pushes_total") == 5 and daemon.metric("sitrepd_pushes_refused_total") == 0
    assert 'sitrepd_feed_pushed{feed="a"} 1' in daemon.get("/metrics").body.decode()
    assert "pushed by its hub" in daemon.run("feeds").stdout
    # a poll finds nothing that the hub has not brought
    server.set("/a", rss("Alpha", [article(7), article(0)]))
    assert daemon.refresh("a")[-1]["done"]
    assert daemon.feeds()["a"]["items"] == 6


def test_a_push_while_the_feed_is_asked(server, hub, make_daemon):
    """Both go their way at once; neither waits for the other or undoes what it did."""
    daemon = start_verified(server, hub, make_daemon)
    may_answer = threading.Event()

    def answer_late(handler):
        assert may_answer.wait(PATIENCE)
        FeedServer.send(handler, 200, {"Content-Type": "application/rss+xml", "ETag": '"late"'},
                        rss("Alpha", [article(0), article(1)]).encode())

    with server.lock:
        server.routes["/a"] = dict(body=answer_late)
    hub.later(daemon.refresh, "a")
    wait_for(lambda: server.count("/a") == 2, "the poll to begin")
    assert hub.push(rss("Alpha", [article(1), article(2)])) == 202
    during = wait_for(lambda: daemon.feeds()["a"]["items"] == 3 and daemon.feeds()["a"], "the push to be taken in")
    assert during["polls"] == 1 and server.count("/a") == 2
    may_answer.set()
    wait_for(lambda: daemon.feeds()["a"]["polls"] == 2, "the poll")
    assert daemon.feeds()["a"]["items"] == 3 and daemon.feeds()["a"]["websub"] == "trusted"


def test_a_flood_of_pushes(server, hub, make_daemon):
    """What is answered 202 is taken in, what cannot be is told to come again, and nobody else notices."""
    daemon = start_verified(server, hub, make_daemon)
    taken, statuses = [], []

    def push_some(first):
        for n in range(first, first + 20):
            statuses.append(hub.push(rss("Alpha", [article(n)])))
            if statuses[-1] == 202:
                taken.append(n)

    pushers = [threading.Thread(target=push_some, args=(first,)) for first in range(1000, 1160, 20)]
    for p in pushers:
        p.start()
    while any(p.is_alive() for p in pushers):
        assert daemon.get("/healthz").status == 200
    for p in pushers:
        p.join()
    assert set(statuses) <= {202, 503} and taken
    wait_for(lambda: daemon.feeds()["a"]["items"] == 1 + len(taken), "all that was accepted")
    assert daemon.metric("sitrepd_pushes_total") == len(taken)


def test_a_hub_named_in_the_document(server, hub, make_daemon):
    topic = server.url("/canonical")
    server.set("/a", with_links(rss("Alpha", [article(1)]), hub.url("/hub"), topic))
    hub.daemon = daemon = make_daemon(CONFIG, dict(a=dict(url=server.url("/a"), interval="1h"))).start()
    wait_for(lambda: state(daemon) == "verified", "the subscription")
    assert hub.requests[0]["hub.topic"] == topic


def test_forged_pushes_are_ignored(server, hub, make_daemon):
    daemon = start_verified(server, hub, make_daemon)
    forged = rss("Alpha", [article(66)])
    assert hub.push(forged, secret="0" * 64) == 202
    assert hub.push(forged, method=None) == 202
    assert hub.push(forged, links='<http://elsewhere.example/>; rel="self"') == 202
    assert hub.push("") == 202
    assert hub.push("<!DOCTYPE html><p>no feed", "text/html") == 202
    wait_for(lambda: daemon.metric("sitrepd_pushes_refused_total") == 5, "the refusals")
    assert state(daemon) == "verified" and daemon.feeds()["a"]["items"] == 1
    # and a good one is taken afterwards
    assert hub.push(rss("Alpha", [article(2)])) == 202
    wait_for(lambda: daemon.feeds()["a"]["items"] == 2, "the good push")
    assert article(66)["title"] not in daemon.get("/feed.json").body.decode()


def test_who_is_wrong_at_the_door(server, hub, make_daemon):
    daemon = start_verified(server, hub, make_daemon)
    number = hub.path().split("/")[2].split("-")[0]
    wrong = "/websub/%s-%s" % (number, "0" * 64)
    for path in (wrong, "/websub/", "/websub/x", "/websub/9999-" + "0" * 64, hub.path() + "0", hub.path()[:-1]):
        assert hub.call(path).status == 404, path
        assert hub.push(rss("x", []), path=path) == 404, path
    # what we never asked for
    assert hub.ask(mode="unsubscribe").status == 404
    assert hub.ask(topic="http://elsewhere.example/").status == 404
    assert hub.ask(challenge="").status == 404
    assert hub.call(hub.path()).status == 404
    assert hub.ask(mode="subscribe").status == 200
    assert hub.call("/feed.atom", "POST", b"x").status == 405
    assert hub.push("x" * (5 << 20)) == 413
    assert state(daemon) == "verified"


def test_renewal_at_half_life(server, hub, make_daemon):
    hub.lease = 4
    daemon = start_verified(server, hub, make_daemon)
    wait_for(lambda: len(hub.requests) >= 3, "two renewals")
    assert state(daemon) == "verified"
    first = hub.requests[0]
    assert all(r == first for r in hub.requests), "a renewal is the same subscription"
    assert "did not renew" not in daemon.log(), "the lease was over before it was renewed"


def test_a_hub_that_does_not_renew(server, hub, make_daemon):
    hub.lease = 2
    daemon = start_trusted(server, hub, make_daemon)
    hub.status = 500
    wait_for(lambda: "hub did not renew the subscription feed=a" in daemon.log(), "the lease to run out")
    wait_for(lambda: "500" in daemon.feeds()["a"].get("websub_reason", ""), "the hub's answer")
    hub.status = 202
    wait_for(lambda: state(daemon) == "verified", "a new subscription", PATIENCE * 2)


def test_a_hub_that_never_verifies_and_one_that_denies(server, hub, make_daemon):
    hub.verifies = False
    daemon = start(server, hub, make_daemon)
    wait_for(lambda: "did not verify" in daemon.feeds()["a"].get("websub_reason", ""), "patience to end")
    wait_for(lambda: len(hub.requests) == 2, "another try")
    answer = hub.ask(mode="denied", reason="members only")
    assert answer.status == 200
    assert state(daemon) == "denied" and daemon.feeds()["a"]["websub_reason"] == "members only"
    assert hub.ask(mode="subscribe").status == 404


def test_a_restart_keeps_the_subscription(server, hub, make_daemon):
    daemon = start_trusted(server, hub, make_daemon)
    asked, polled = len(hub.requests), server.count("/a")
    daemon.restart()
    assert state(daemon) == "trusted"
    # what was pushed meanwhile is lost: the feed is asked at once, though it is not due
    wait_for(lambda: server.count("/a") == polled + 1, "a poll to catch up")
    assert hub.push(rss("Alpha", [article(200)])) == 202
    wait_for(lambda: daemon.feeds()["a"]["items"] == 3, "a push after the restart")
    assert len(hub.requests) == asked


def test_trust_is_committed_with_the_news_that_earned_it(server, hub, make_daemon):
    daemon = start_verified(server, hub, make_daemon)
    stream = daemon.stream(dict(events=["new"]))
    assert hub.push(rss("Alpha", [article(100)])) == 202
    stream.read_until("new")
    asked = len(hub.requests)
    daemon.kill()
    daemon.start()
    assert state(daemon) == "trusted" and daemon.feeds()["a"]["items"] == 2
    assert len(hub.requests) == asked


def test_a_silent_hub_loses_its_trust(server, hub, make_daemon):
    daemon = start_trusted(server, hub, make_daemon)
    assert daemon.refresh("a")[-1]["done"]
    server.set("/a", rss("Alpha", [article(5)]), headers={"Link": '<%s>; rel="hub", </a>; rel="self"' % hub.url("/hub")})
    assert daemon.refresh("a")[-1]["done"]
    wait_for(lambda: state(daemon) == "verified", "trust to be lost")
    assert "hub did not push new items, feed is polled as before feed=a" in daemon.log()
    assert hub.push(rss("Alpha", [article(6)])) == 202
    wait_for(lambda: state(daemon) == "trusted", "trust to come back")


@pytest.mark.parametrize("config, options, wanted", [
    ("[poll]\nmin = 1s", {}, False),                             # no base-url
    (CONFIG, {"websub": "no"}, False),
    (CONFIG, {"user": "ann"}, False),                            # its hub would learn a private address
    (CONFIG, {"user": "ann", "websub": "yes"}, True),
])
def test_who_is_subscribed(server, hub, make_daemon, config, options, wanted):
    daemon = start(server, hub, make_daemon, config=config, options=options)
    if wanted:
        wait_for(lambda: state(daemon) == "verified", "the subscription")
        return
    wait_for(lambda: state(daemon) == "not wanted", "the first poll")
    # a second feed's subscription shows that hubs were asked by now
    server.set("/b", rss("Bravo", [article(2)]), headers={"Link": '<%s>; rel="hub", </b>; rel="self"' % hub.url("/hub")})
    feeds = dict(a=dict(url=server.url("/a"), interval="1h", **options), b=dict(url=server.url("/b")))
    daemon.reload(config, feeds)
    wait_for(lambda: state(daemon, "b") == ("verified" if config == CONFIG else "not wanted"), "the second feed")
    assert [r["hub.topic"] for r in hub.requests] == ([server.url("/b")] if config == CONFIG else [])


def test_what_is_switched_off_is_gone(server, hub, make_daemon):
    daemon = start_verified(server, hub, make_daemon)
    path = hub.path()
    daemon.reload(CONFIG, dict(a=dict(url=server.url("/a"), interval="1h", websub="no")))
    assert state(daemon) == "not wanted"
    assert hub.call(path).status == 410 and hub.push(rss("x", []), path=path) == 410
    # and on again: another callback, since nobody knows who has learnt the old one
    daemon.reload(CONFIG, dict(a=dict(url=server.url("/a"), interval="1h")))
    wait_for(lambda: state(daemon) == "verified", "the new subscription")
    assert hub.path() != path and hub.call(path).status == 404


def test_a_feed_that_is_gone_needs_no_hub(server, hub, make_daemon):
    daemon = start_verified(server, hub, make_daemon)
    server.set("/a", b"", status=410)
    assert daemon.refresh("a")[-1]["done"]
    assert state(daemon) == "not wanted" and hub.call(hub.path()).status == 410


def test_a_feed_that_left_is_gone_for_its_hub(server, hub, make_daemon):
    daemon = start_verified(server, hub, make_daemon)
    asked = len(hub.requests)
    server.set("/b", rss("Bravo", [article(2)]))
    daemon.reload(CONFIG, dict(b=dict(url=server.url("/b"), interval="1h")))
    assert hub.push(rss("Alpha", [article(3)])) == 410
    # and comes back with the subscription it had
    daemon.reload(CONFIG, dict(a=dict(url=server.url("/a"), interval="1h")))
    assert state(daemon) == "verified" and len(hub.requests) == asked
    assert hub.push(rss("Alpha", [article(3)])) == 202
    wait_for(lambda: daemon.feeds()["a"]["items"] == 2, "the push")


def test_another_address_is_another_subscription(server, hub, make_daemon):
    daemon = start_verified(server, hub, make_daemon)
    first = hub.path()
    server.set("/b", rss("Alpha", [article(2)]), headers={"Link": '<%s>; rel="hub", </b>; rel="self"' % hub.url("/hub")})
    daemon.reload(CONFIG, dict(a=dict(url=server.url("/b"), interval="1h")))
    wait_for(lambda: state(daemon) == "verified" and hub.path() != first, "the new subscription")
    assert hub.requests[-1]["hub.topic"] == server.url("/b") and hub.call(first).status == 404


def test_a_hub_at_a_forbidden_address(server, make_daemon):
    server.set("/a", rss("Alpha", [article(1)]), headers={
        "Link": '<http://169.254.169.254/hub>; rel="hub", </a>; rel="self"'})
    daemon = make_daemon(CONFIG, dict(a=dict(url=server.url("/a"), interval="1h"))).start()
    wait_for(lambda: state(daemon) == "failed", "the guard")
    assert "cloud-metadata" in daemon.feeds()["a"]["websub_reason"]


def test_pushes_while_nothing_can_be_stored(server, hub, make_daemon):
    """The one that finds it out is lost, and its feed asked in its place; the next ones are the hub's to send again."""
    daemon = start_trusted(server, hub, make_daemon)
    wait_for(lambda: daemon.feeds()["a"]["items"] == 2, "the first push")
    resource.prlimit(daemon.process.pid, resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))
    assert hub.push(rss("Alpha", [article(101)])) == 202
    wait_for(lambda: daemon.get("/healthz").status == 503, "storing to stop")
    asked = len(hub.requests)
    assert hub.push(rss("Alpha", [article(102)])) == 503
    assert hub.ask().status == 503
    assert len(hub.requests) == asked
    in_a_while = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 120))
    assert daemon.feeds()["a"]["due"] < in_a_while  # not in an hour
    resource.prlimit(daemon.process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    wait_for(lambda: daemon.get("/healthz").status == 200, "storing to go on")
    assert hub.push(rss("Alpha", [article(102)])) == 202
    wait_for(lambda: daemon.feeds()["a"]["items"] == 3, "the push that was sent again")
    assert daemon.feeds()["a"]["due"] < in_a_while  # what was lost is not among them
    daemon.restart()
    assert state(daemon) == "trusted"
