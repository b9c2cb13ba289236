# SPDX-License-Identifier: ISC
"""When feeds are asked, as the daemon does it; the rules themselves have their own tests in virtual time."""
import datetime
import email.utils
import json
import os
import re
import struct
import time

import pytest

from harness import wait_for
from samples import article, rss

# version, ttl, period, skip hours, skip days, spent, honest, lies: then comes the time of the last whole answer
WHOLE_AT = 1 + 8 + 8 + 4 + 1 + 4 + 4 + 1


def seconds_until_due(daemon, feed):
    due = daemon.feeds()[feed]["due"]
    return time.mktime(time.strptime(due, "%Y-%m-%dT%H:%M:%SZ")) - time.timezone - time.time()


def date(rfc3339):
    return datetime.datetime.strptime(rfc3339, "%Y-%m-%dT%H:%M:%SZ")


def polled(daemon, feed):
    wait_for(lambda: daemon.feeds()[feed]["polls"] == 1, "the first poll")
    return seconds_until_due(daemon, feed)


def test_words_of_server_and_feed_are_floors(server, make_daemon):
    plain = rss("Plain", [article(1)])
    hour = 3600
    server.set("/max-age", plain, etag='"1"', headers={"Cache-Control": "max-age=%d" % (3 * hour), "Age": "%d" % hour})
    server.set("/expires", plain, etag='"1"', headers={
        "Expires": email.utils.formatdate(time.time() + 4 * hour, usegmt=True)})
    server.set("/ttl", plain.replace("<channel>", "<channel><ttl>180</ttl>", 1), etag='"1"')
    server.set("/period", plain.replace("<rss ", '<rss xmlns:sy="http://purl.org/rss/1.0/modules/syndication/" ', 1).replace(
        "<channel>", "<channel><sy:updatePeriod>daily</sy:updatePeriod><sy:updateFrequency>6</sy:updateFrequency>", 1), etag='"1"')
    server.set("/switched-off", plain, etag='"1"', headers={"Cache-Control": "max-age=999999999"})
    feeds = {p[1:]: dict(url=server.url(p), interval="1s") for p in server.routes}
    daemon = make_daemon("", feeds).start()
    expected = {"max-age": 2 * hour, "expires": 4 * hour, "ttl": 3 * hour, "period": 4 * hour, "switched-off": 24 * hour}
    for name, seconds in expected.items():
        left = polled(daemon, name)
        assert seconds - 60 < left <= seconds + 90, (name, left)
    assert daemon.feeds()["ttl"]["why"] == "ttl"


@pytest.mark.parametrize("retry_after", [str(5 * 3600), "in five hours"])
def test_retry_after_is_a_floor(server, make_daemon, retry_after):
    if retry_after == "in five hours":
        retry_after = email.utils.formatdate(time.time() + 5 * 3600, usegmt=True)
    server.set("/feed", "x", status=503, headers={"Retry-After": retry_after})
    daemon = make_daemon("", {"feed": dict(url=server.url("/feed"), interval="1s")}).start()
    assert 5 * 3600 - 60 < polled(daemon, "feed") <= 5 * 3600 + 5


def test_reasoning_is_told(server, make_daemon):
    server.set("/feed", rss("Feed", [article(n) for n in range(5)]), etag='"1"')
    server.set("/broken", "x", status=500)
    daemon = make_daemon("", {"feed": server.url("/feed"), "broken": server.url("/broken")}).first_polls(polls=1)
    told = daemon.run("explain", "feed", env=dict(os.environ, TZ="UTC")).stdout
    assert "posts" in told and "[poll] allows a pause from 5 min" in told and "Its next poll is" in told
    # The table and the reasoning have one time and one reason.
    state = daemon.feeds()["feed"]
    assert "at %s UTC: %s." % (state["due"].replace("T", " ").rstrip("Z"), state["why"]) in told
    assert told.count(":") == told.count(" UTC") * 3
    assert "1 poll has failed in a row (http, HTTP 500)" in daemon.run("explain", "broken").stdout
    assert "no feed is named nobody" in daemon.run("explain", "nobody", check=False).stderr
    assert "no feed is named brokn, did you mean broken?" in daemon.run("feeds", "brokn", check=False).stderr
    assert daemon.run("explain", check=False).returncode == 2
    table = daemon.run("feeds").stdout
    for column in ("TWO WEEKS", "A DAY", "NEXT", "DELAY", "BYTES", "WHY"):
        assert column in table
    assert "500 Internal Server Error" in table


def test_the_table_of_feeds(server, make_daemon):
    """Every number of a feed that is known well, of one that fails and of one that was never asked."""
    midnight = time.time() // 86400 * 86400
    posted = [midnight - days * 86400 + hour * 3600 for days, hour in ((1, 5), (1, 9), (1, 12), (5, 7))]
    articles = [dict(article(n), rfc822=email.utils.formatdate(at, usegmt=True)) for n, at in enumerate(posted)]
    server.set("/known", rss("Known", articles), etag='"1"')
    server.set("/broken", "x", status=500)
    daemon = make_daemon("[fetch]\nallow = 127.0.0.0/8\nper-host = 2", {
        "known": server.url("/known"), "broken": server.url("/broken")}).first_polls(polls=1)
    daemon.refresh()
    daemon.refresh()
    daemon.run("pause")
    daemon.reload("", {"known": server.url("/known"), "broken": server.url("/broken"), "new": server.url("/new")})
    # in a terminal that knows no blocks, so that the table is the same everywhere
    lines = daemon.run("feeds", env=dict(os.environ, LC_ALL="C")).stdout.splitlines()
    header, rows = lines[0], {line.split()[0]: line for line in lines[1:]}
    assert header.split() == ["FEED", "STATE", "POLLED", "NEWEST", "TWO", "WEEKS", "A", "DAY", "NEXT", "DELAY", "POLLS", "304",
                              "BYTES", "ITEMS", "WHY"]
    state = daemon.feeds()["known"]
    delay = state["expected_delay_s"]
    delay = "%ds" % delay if delay < 60 else "%dm" % (delay // 60) if delay < 7200 else "%dh" % (delay // 3600)
    just = r"(now|\d+s)"
    assert re.fullmatch(r"known +ok +%s +%s +(________-___#_|_______-___#__) +%.1f +%s +%s +3 +66%% +%d +4 +its rhythm" % (
        just, just, state["posts_per_day"], "paused", delay, state["bytes"]), rows["known"]), rows["known"]
    # what is not known is not told as a number
    assert re.fullmatch(r"broken +failing +%s +- +_{14} +- +paused +- +3 +0%% +\d+ +0 +500 Internal Server Error" % just,
                        rows["broken"]), rows["broken"]
    assert re.fullmatch(r"new +new +- +- +- +- +paused +- +0 +0% +0 +0 +not asked yet", rows["new"]), rows["new"]


def test_a_disabled_feed_is_told_of(server, make_daemon):
    server.set("/feed", rss("Feed", [article(n) for n in range(5)]), etag='"1"')
    daemon = make_daemon("", {"on": server.url("/feed"), "off": dict(url=server.url("/off"), enabled="no")}).first_polls(polls=1)
    for command in ("feeds", "explain", "refresh"):
        result = daemon.run(command, "off", check=False)
        assert result.returncode == 1 and re.fullmatch(
            r'sitrep: %s: feed off is disabled; take "enabled = no" out of its section \(%s:\d+\), then "sitrep reload"\n' % (
                command, daemon.config_path), result.stderr)
    listed = daemon.run("feeds")
    assert "off" not in listed.stdout and listed.stderr.startswith('Not shown: 1 with "enabled = no"')
    status = json.loads(daemon.run("status", "--json").stdout)
    assert status["feeds"]["configured"] == status["feeds"]["disabled"] == 1
    assert status["newest"] == dict(feed="on", time=daemon.feeds()["on"]["last_new"])
    assert status["database"]["bytes"] >= (daemon.state / "sitrepd.db").stat().st_size > 0
    assert status["listeners"] == dict(http=[re.search(r"page=(http:\S+)", daemon.log())[1], "unix:%s" % daemon.http_path],
                                       stream="unix:%s" % daemon.stream_path, control="unix:%s" % daemon.control_path)
    assert 0 <= status["uptime_s"] < 600


def test_the_table_keeps_to_what_the_server_asked_for(server, make_daemon):
    """explain tells that a site is closed; the table shows no earlier time."""
    server.set("/feed", rss("Feed", [article(n) for n in range(5)]), etag='"1"')
    daemon = make_daemon("", {"feed": dict(url=server.url("/feed"), interval="1s")}).first_polls(polls=1)
    server.set("/feed", "x", status=503, headers={"Retry-After": "36000"})
    state = wait_for(lambda: (f := daemon.feeds()["feed"])["state"] == "failing" and f, "the refusal")
    assert state["not_before"] > time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 9 * 3600))
    assert re.search(r"^feed +failing .* (9|10)h ", daemon.run("feeds").stdout, re.MULTILINE)
    told = daemon.run("explain", "feed", env=dict(os.environ, TZ="UTC")).stdout
    until = re.search(r"no feed there is polled before (\S+) (\S+) UTC", told)
    assert abs(date(until[1] + "T" + until[2] + "Z") - date(state["not_before"])) < datetime.timedelta(seconds=3)


def test_history_outlives_a_restart(server, make_daemon):
    server.set("/feed", rss("Feed", [article(n) for n in range(9)]), etag='"1"')
    daemon = make_daemon("", {"feed": server.url("/feed")}).first_polls(polls=1)
    before = daemon.feeds()["feed"]
    daemon.restart(kill=True)
    after = daemon.feeds()["feed"]
    assert before["posts_per_day"] == after["posts_per_day"] and before["recent"] == after["recent"]
    assert before["due"] == after["due"] and server.count("/feed") == 1


def test_last_modified_in_the_future_is_found_out(server, make_daemon):
    """Such a server says 304 until that day; it is asked for the whole once a day instead."""
    far = email.utils.formatdate(time.time() + 30 * 86400, usegmt=True)
    server.set("/feed", rss("Feed", [article(1)]), last_modified=far)
    daemon = make_daemon("", {"feed": dict(url=server.url("/feed"), interval="1h")}).first_polls(polls=1)
    daemon.refresh("feed")
    assert server.requests[-1][1]["If-Modified-Since"] == far
    assert daemon.feeds()["feed"]["not_modified"] == 1
    # a day goes by
    with daemon.altered() as db:
        history, = db.execute("SELECT history FROM feed").fetchone()
        whole_ms, = struct.unpack_from("<q", history, WHOLE_AT)
        assert abs(whole_ms / 1000 - time.time()) < 3600
        aged = bytearray(history)
        struct.pack_into("<q", aged, WHOLE_AT, whole_ms - 86400_000)
        db.execute("UPDATE feed SET history = ?", (bytes(aged),))
    server.set("/feed", rss("Feed", [article(1), article(2)]), last_modified=far)
    daemon.refresh("feed")
    assert "If-Modified-Since" not in server.requests[-1][1]
    assert daemon.feeds()["feed"]["items"] == 2
    # and not again on the same day
    daemon.refresh("feed")
    assert server.requests[-1][1]["If-Modified-Since"] == far
