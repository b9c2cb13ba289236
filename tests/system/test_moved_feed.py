# SPDX-License-Identifier: ISC
"""A feed that gets another address is no new feed: what is really new there is told and alerts; and undated items of an
added feed stand below what is dated."""
import time
import xml.etree.ElementTree as ET
from email.utils import formatdate

from harness import wait_for

ATOM = "{http://www.w3.org/2005/Atom}"
ALERT = '[alert "m"]\nmatch = missile\n'


def rss(name, numbers, dated):
    date = "<pubDate>%s</pubDate>" % formatdate(time.time()) if dated else ""
    return ('<?xml version="1.0"?><rss version="2.0"><channel><title>F</title><link>http://f.example/</link>%s'
            "</channel></rss>" % "".join(
                "<item><title>%s report %d</title><link>http://f.example/%s/%d</link><guid>%s%d</guid>%s<description>"
                "missile words %d of this report</description></item>" % (name, n, name, n, name, n, date, n * 977)
                for n in numbers))


def test_news_from_another_address(server, make_daemon):
    server.set("/a", rss("a", range(4, -1, -1), False))
    daemon = make_daemon(ALERT, {"a": dict(url=server.url("/a"), interval="1h")}).first_polls(polls=1)
    stream = daemon.stream(dict(since=daemon.stream().hello["cursor"], events=["new", "copy", "updated", "alert"]))
    server.set("/b", rss("a", range(5, 0, -1), False))
    daemon.write_config(ALERT, {"a": dict(url=server.url("/b"), interval="1h")})
    daemon.control(op="reload")
    events = stream.read_events(2)
    assert [(e["event"], e["item"]["title"], e.get("backlog", False)) for e in events] == [
        ("new", "a report 5", False), ("alert", "a report 5", False)]


def test_undated_backlog_stands_below(server, make_daemon):
    server.set("/a", rss("a", range(2), True))
    server.set("/u", rss("u", range(2), False))
    feeds = {"a": dict(url=server.url("/a"), interval="1h")}
    daemon = make_daemon("", feeds).first_polls(polls=1)
    feeds["u"] = dict(url=server.url("/u"), interval="1h")
    daemon.write_config("", feeds)
    daemon.control(op="reload")
    wait_for(lambda: daemon.feeds()["u"]["polls"] == 1, "the added feed's first poll")
    titles = [e.find(ATOM + "title").text[0] for e in ET.fromstring(daemon.get("/feed.atom").body).findall(ATOM + "entry")]
    assert titles == ["a", "a", "u", "u"]
