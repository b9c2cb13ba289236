# SPDX-License-Identifier: ISC
"""What a reader does on the pages of stories, feeds and alerts: compares reports, looks at changes, sorts, picks a state."""
import pytest

import defence_call
from driver import Browser
from harness import wait_for
from samples import article, rss
from test_one_story import Outlets
from test_page import page_url


@pytest.fixture
def browser(tmp_path):
    b = Browser(tmp_path)
    yield b
    b.close()


def has_no_overflow(browser):
    return browser.run("document.documentElement.scrollWidth <= innerWidth")


def test_reports_are_compared(server, make_daemon, browser):
    outlets = Outlets(server, make_daemon)
    outlets.publish_archive()
    events = [outlets.publish(name, [a])[0] for name, a in defence_call.edits()]
    name, first = defence_call.edits()[0]
    outlets.publish(name, [dict(first, text=first["text"].replace("14", "17"))])
    url = page_url(outlets.daemon) + "story/" + events[0]["story"]["id"]
    browser.open(url)
    browser.run("document.querySelector('#b').value = '8'")
    browser.click("#compare button", url + "?a=1&b=8#compare")
    assert browser.run("document.querySelectorAll('.pair mark').length") > 3
    assert browser.run("[...document.querySelectorAll('.pair h3')].map(h => h.textContent.replace(/, .*/, ''))") == ["The Ministry", "The Observer"]
    # a change, from the report that it is of
    browser.click("#r1 .by a[href^='?diff=']", url + "?diff=")
    assert browser.run("location.hash") == "#changes"
    assert browser.run("[document.querySelector('.diff del').textContent, document.querySelector('.diff ins').textContent]") == ["14", "17"]
    # a lane leads to its report, and the numbers open
    browser.run("document.querySelector(\".lanes a[href='#r3']\").click()")
    assert browser.run("location.hash") == "#r3"
    browser.run("document.querySelector('#r3 summary').click()")
    assert "sitrep why " in browser.run("document.querySelector('#r3 .cmd').innerText")
    for width in (320, 360, 1280, 2560):
        browser.resize(width)
        assert has_no_overflow(browser), width
    assert browser.complaints == []


def test_feeds_are_sorted(server, make_daemon, browser):
    server.set("/a", rss("Zulu", [article(1)]))
    server.set("/b", rss("Alpha", [article(2)]))
    server.set("/c", rss("Mike", [article(3)]), status=503)
    daemon = make_daemon("", {n: server.url("/" + n) for n in "abc"}).start()
    wait_for(lambda: all(f["polls"] for f in daemon.feeds().values()), "the first polls")
    base = page_url(daemon)

    def names():
        return browser.run("[...document.querySelectorAll('tbody th')].map(th => th.textContent)")

    browser.open(base + "feeds")
    assert names() == ["c", "Alpha", "Zulu"]
    browser.click("thead a[href='?sort=name']", base + "feeds?sort=name")
    assert names() == ["Alpha", "c", "Zulu"]
    browser.click("thead a[href='?sort=-name']", base + "feeds?sort=-name")
    assert names() == ["Zulu", "c", "Alpha"]
    assert browser.run("document.querySelector('th[aria-sort]').getAttribute('aria-sort')") == "descending"
    browser.click(".head a.hot", base + "feeds?sort=-name&state=failing")
    assert names() == ["c"]
    browser.click(".head a[aria-current]", base + "feeds?sort=-name")
    assert len(names()) == 3
    browser.click("tbody a[href='feed/a']", base + "feed/a")
    for width in (320, 360, 1280, 2560):
        browser.resize(width)
        assert has_no_overflow(browser), width
    browser.click(".head a[href='../feeds']", base + "feeds")
    assert browser.complaints == []


def test_alerts_are_followed(server, make_daemon, browser):
    server.set("/a", rss("Wire", [article(n, title="Frigate <%d> sails" % n) for n in range(25)]))
    daemon = make_daemon('[alert "ships"]\nmatch = frigate*\npriority = high', dict(a=server.url("/a"))).start()
    wait_for(lambda: daemon.feeds()["a"]["polls"] == 1, "the first poll")
    base = page_url(daemon)
    browser.open(base + "alerts")
    browser.click("tbody th a", base + "alert/ships")
    assert browser.run("document.querySelectorAll('article').length") == 20
    first = browser.run("document.querySelector('article').id")
    browser.click("a[rel=next]", base + "alert/ships?before=")
    assert browser.run("document.querySelectorAll('article').length") == 5
    assert browser.run("document.querySelector('article').id") != first
    for width in (320, 1280):
        browser.resize(width)
        assert has_no_overflow(browser), width
    assert browser.complaints == []
