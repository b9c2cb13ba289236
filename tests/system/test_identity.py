# SPDX-License-Identifier: ISC
"""Feeds whose guids and links cannot be trusted: found out, told, kept, and nothing is news twice."""
import json

import pytest

from samples import FORMATS, article


def shuffled(make, poll, links, numbers):
    """The articles with guids of this poll, and with links of this poll too."""
    return make("Harbour news", [
        dict(article(n), guid="%d-%d" % (n, poll), **({"link": "http://outlet.example/%d?visit=%d" % (n, poll)} if links else {}))
        for n in numbers])


@pytest.mark.parametrize("links", [False, True])
@pytest.mark.parametrize("make, content_type", FORMATS)
def test_changing_identities_are_found_out(server, make_daemon, make, content_type, links):
    polls = 0

    def poll(numbers):
        nonlocal polls
        polls += 1
        server.set("/feed", shuffled(make, polls, links, numbers), content_type)
        if polls > 1:
            daemon.refresh("feed")
        return daemon.feeds()["feed"]

    server.set("/feed", shuffled(make, polls, links, range(4)), content_type)
    daemon = make_daemon("", {"feed": dict(url=server.url("/feed"), interval="1h")}).first_polls(polls=1)
    assert daemon.feeds()["feed"]["identity"] == "guid"
    seen = [poll(range(4))["identity"] for _ in range(9)]
    expected = ["guid", "url", "digest"] if links else ["guid", "url"]
    assert sorted(set(seen), key=seen.index) == expected
    changes = [line for line in daemon.log().splitlines() if "items are now matched by" in line]
    assert len(changes) == len(expected) - 1
    assert "feed=feed" in changes[0] and "from=guid" in changes[0] and "to=url" in changes[0]
    assert "unknown=12" in changes[0] and "of-known-items=12" in changes[0]
    assert "known by their %s" % ("texts" if links else "links") in daemon.run("explain", "feed").stdout
    assert json.loads(daemon.run("feeds", "--json", "feed").stdout.splitlines()[0])["identity"] == expected[-1]
    # it is remembered, and what is news after all that is the fifth article alone
    daemon.restart(kill=True)
    assert daemon.feeds()["feed"]["identity"] == expected[-1]
    last = poll(range(5))
    assert last["items"] == 5 and last["identity"] == expected[-1]
    assert daemon.stored("SELECT count(*), count(DISTINCT item_id), count(DISTINCT kind) FROM event"
                         " WHERE item_id IS NOT NULL") == [(5, 5, 1)]


def test_an_honest_feed_is_trusted(server, make_daemon):
    make, content_type = FORMATS[0]
    server.set("/feed", make("Harbour news", [article(0)]), content_type)
    daemon = make_daemon("", {"feed": dict(url=server.url("/feed"), interval="1h")}).first_polls(polls=1)
    for n in range(1, 12):
        server.set("/feed", make("Harbour news", [article(i) for i in range(n, max(n - 5, -1), -1)]), content_type)
        daemon.refresh("feed")
    state = daemon.feeds()["feed"]
    assert state["items"] == 12 and state["identity"] == "guid"
    assert "known by" not in daemon.log() and "known by their" not in daemon.run("explain", "feed").stdout
