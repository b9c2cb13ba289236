# SPDX-License-Identifier: ISC
"""All pages in a real browser: no overflow, no console message, light and dark, keys, live news, print."""
import re

import pytest

import desk
from driver import Browser
from harness import wait_for
from samples import article, rss
from test_page import page_url

PATHS = ["", "?view=lines", "?category=naval&min=2", "?q=no-such-word", "?q=(a", "top", "subscribe", "alerts", "feeds",
         "search", "search?q=strait*+OR+missile*+OR+ferry&sort=new", "search?q=(a", "none/at/all"]
# elements that stick out, but for those that are hidden from sight on purpose
OVERFLOW = """[...document.querySelectorAll('body *')].filter(e => {
    const r = e.getBoundingClientRect();
    return r.width > 0 && (r.right > innerWidth + 1 || r.left < -1) && !e.closest('.skip, .sr, svg, pre, .by, .sum, .menu');
}).map(e => e.outerHTML.slice(0, 120))"""


@pytest.fixture
def chrome(tmp_path):
    b = Browser(tmp_path)
    yield b
    b.close()


def show(chrome, url, width=1280, **preferences):
    chrome.resize(width)
    chrome.pretend(**preferences)
    chrome.open(url)


def test_pages_fit_and_say_nothing(server, make_daemon, chrome):
    daemon = desk.make(server, make_daemon)
    url = page_url(daemon)
    story = re.search(r'href="(story/[0-9a-f-]+)"', daemon.get("/").body.decode())[1]
    for path in PATHS + [story]:
        for width in (320, 360, 1280, 1920, 2560) if path in ("", "top") else (320, 1280):
            show(chrome, url + path, width, dark=width == 1280)
            assert chrome.run("document.documentElement.scrollWidth") <= width, (path, width)
            assert chrome.run(OVERFLOW) == [], (path, width)
        # the sheet and the script are there
        assert chrome.run("getComputedStyle(document.querySelector('.strip')).display") == "flex"
        assert chrome.run("!document.querySelector('#keys').hidden")
        assert chrome.run("document.querySelectorAll('h1').length") == 1
    # but for the pages that are mistakes
    assert [c for c in chrome.complaints if " 400 " not in c and " 404 " not in c] == []


def test_dark_and_forced_colours(server, make_daemon, chrome):
    url = page_url(desk.make(server, make_daemon, stories=20))
    paper = "getComputedStyle(document.body).backgroundColor"
    show(chrome, url)
    light = chrome.run(paper)
    show(chrome, url, dark=True)
    assert chrome.run(paper) != light and light == "rgb(251, 250, 247)"
    show(chrome, url, forced=True)
    assert chrome.run("matchMedia('(forced-colors: active)').matches")
    assert chrome.run("getComputedStyle(document.querySelector('.s.p4')).borderInlineStartWidth") == "4px"


def test_everything_works_without_script(server, make_daemon, chrome):
    url = page_url(desk.make(server, make_daemon))
    show(chrome, url + "?q=title:desk&min=2", script=False)
    text = chrome.run("document.documentElement.outerHTML")
    assert "min ago" in text and 'id="keys" hidden' in text and text.count("<article") > 0


def test_keys(server, make_daemon, chrome):
    url = page_url(desk.make(server, make_daemon, stories=20))
    chrome.open(url)
    headline = "document.activeElement.textContent"
    chrome.press("j")
    assert chrome.run(headline) == "Three missiles fly over the strait"
    chrome.press("j")
    second = chrome.run(headline)
    chrome.press("k")
    assert chrome.run(headline) == "Three missiles fly over the strait" != second
    chrome.press("/")
    assert chrome.run("document.activeElement.id") == "q"
    chrome.open(url)
    chrome.press("?")
    assert chrome.run("document.querySelector('dialog[open] h2').textContent") == "Keys"
    assert chrome.complaints == []


def test_news_waits_behind_a_bar(server, make_daemon, chrome):
    articles = [article(1)]
    server.set("/a", rss("Halden Gazette", articles))
    daemon = make_daemon("title = Night desk", dict(a=server.url("/a"))).start()
    wait_for(lambda: daemon.feeds()["a"]["state"] == "ok", "the first poll")
    chrome.open(page_url(daemon))
    bar = "document.querySelector('.live').textContent"
    rows = "document.querySelectorAll('#list article').length"
    assert chrome.run(bar) == "" and chrome.run(rows) == 1
    articles.insert(0, article(2, title="A late story"))
    server.set("/a", rss("Halden Gazette", articles))
    # the stream may have begun after the page was there
    wait_for(lambda: chrome.run("performance.getEntriesByType('resource').length > 0"), "the page's files")
    daemon.refresh("a")
    wait_for(lambda: chrome.run(bar) == "1 new story", "the bar", 20)
    assert chrome.run("document.title") == "(1) River – Night desk" and chrome.run(rows) == 1
    chrome.press("n")
    wait_for(lambda: chrome.run(rows) == 2, "the new list")
    assert chrome.run(bar) == "" and chrome.run("document.title") == "River – Night desk"
    assert chrome.run("document.activeElement.textContent") == "A late story"
    assert chrome.complaints == []


def test_hostile_text_stays_text(server, make_daemon, chrome):
    evil = "\"><img src=x onerror=document.title='owned'></title></script><script>document.title='owned'</script>"
    bad = [dict(article(n), title="%s %d" % (evil, n), link=link) for n, link in enumerate(
        ["javascript:document.title='owned'", "http://outlet.example/\"onmouseover=\"document.title='owned'", "data:text/html,<script>1</script>"])]
    server.set("/a", rss(evil, bad))
    server.set("/b", rss("B " + evil, bad, "other"))
    daemon = make_daemon("title = %s\n[alert \"a\"]\nmatch = owned*\npriority = urgent\n[output \"o\"]\ntitle = %s" % (evil, evil),
                         dict(a=dict(url=server.url("/a"), categories="<b>x"), b=dict(url=server.url("/b"), categories="<b>x"))).start()
    wait_for(lambda: all(f["state"] == "ok" for f in daemon.feeds().values()), "the first polls")
    url = page_url(daemon)
    for path in ("", "top?hours=168", "subscribe", "search?q=%22%3Cimg%20src=x%20onerror=alert(1)%3E%22", "?q=%22%3E%3Cscript%3Ealert(1)%3C/script%3E", "?category=%22%3E%3Cimg%20src=x%20onerror=alert(1)%3E",
                 "?alert=%3Csvg%20onload=alert(1)%3E&feed=%22%27&lang=%3C", "%22%3E%3Cscript%3Ealert(1)%3C/script%3E"):
        chrome.open(url + path)
        assert chrome.run("document.title.startsWith('owned')") is False
        assert chrome.run("document.querySelectorAll('script').length") == 1, path
        assert chrome.run("document.querySelectorAll('img, iframe, [onerror], [onload], [onmouseover], [style]').length") == 0, path
        assert chrome.run("[...document.querySelectorAll('a')].filter(a => !/^https?:/.test(a.href)).length") == 0, path
    assert not any("Content Security Policy" in c or "Refused" in c for c in chrome.complaints)


def test_print(server, make_daemon, chrome):
    chrome.open(page_url(desk.make(server, make_daemon)))
    pdf = chrome.pdf()
    assert pdf.startswith(b"%PDF-") and 1 <= len(re.findall(rb"/Type\s*/Page\b", pdf)) <= 6
