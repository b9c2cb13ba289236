# SPDX-License-Identifier: ISC
"""/events: the stories that enter a view, as Server-Sent Events (WHATWG HTML, 9.2)."""
import json
import shutil
import socket
import subprocess
import urllib.parse

import pytest

from harness import PATIENCE, wait_for
from samples import article, atom, rss


class Events:
    """A reader of /events over the daemon's Unix socket."""

    def __init__(self, daemon, query="", last=None, path=None):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(PATIENCE)
        self.socket.connect(str(path or daemon.http_path))
        head = "GET /events%s HTTP/1.0\r\nHost: localhost\r\n" % query
        if last is not None:
            head += "Last-Event-ID: %s\r\n" % last
        self.socket.sendall((head + "\r\n").encode())
        self.file = self.socket.makefile("rb")
        self.status = int(self.file.readline().split()[1])
        self.headers = {}
        for line in iter(self.file.readline, b"\r\n"):
            name, value = line.decode().strip().split(": ", 1)
            self.headers[name] = value
        self.last = last

    def read(self):
        """The next event, or None for a comment or for other fields alone."""
        fields = {}
        for line in iter(lambda: self.file.readline().decode(), "\n"):
            assert line, "the events ended"
            if not line.startswith(":"):
                name, value = line.rstrip("\n").split(": ", 1)
                fields[name] = value
        self.last = fields.get("id", self.last)
        return dict(fields, data=json.loads(fields["data"])) if "data" in fields else None

    def story(self):
        """The next story."""
        while True:
            event = self.read()
            if event and event["event"] == "story":
                return event["data"]
            assert not event or event["event"] == "health", event

    def close(self):
        self.file.close()
        self.socket.close()


def query(**parameters):
    return "?" + urllib.parse.urlencode(parameters)


@pytest.fixture
def site(server, make_daemon):
    """Two outlets; site.tell() has one run a new article."""

    class Site:
        articles = {"a": [article(1)], "b": [article(2)]}
        title = {"a": "Halden Gazette", "b": "Strait Watch"}

        def publish(self, feed):
            form = rss if feed == "a" else atom
            server.set("/" + feed, form(self.title[feed], self.articles[feed], feed + "outlet"))

        def tell(self, feed, *articles):
            self.articles[feed] = list(articles) + self.articles[feed]
            self.publish(feed)
            self.daemon.refresh(feed)

        def start(self, config=""):
            for feed in self.articles:
                self.publish(feed)
            feeds = dict(a=dict(url=server.url("/a"), categories="naval", publisher="A"),
                         b=dict(url=server.url("/b"), categories="air", publisher="B"))
            self.daemon = make_daemon(config, feeds).start()
            wait_for(lambda: all(f["state"] == "ok" for f in self.daemon.feeds().values()), "the first polls")
            return self.daemon

    return Site()


ALERT = '[alert "icbm"]\nmatch = icbm\npriority = urgent\n'


def test_a_story_is_told_once(site):
    daemon = site.start(ALERT)
    events = Events(daemon)
    assert events.status == 200 and events.headers["Content-Type"] == "text/event-stream"
    assert events.headers["Cache-Control"] == "no-store" and events.headers["X-Accel-Buffering"] == "no"
    assert events.read() is None  # retry
    first = events.read()
    assert first["event"] == "health" and first["data"]["feeds"] == 2 and first["data"]["failing"] == 0
    assert int(first["id"]) > 0 and first["data"]["newest"].endswith("Z")
    site.tell("a", article(3, title='An "icbm" <b>test</b>'))
    story = events.story()
    assert story["title"] == 'An "icbm" test' or story["title"] == 'An "icbm" <b>test</b>'
    assert story["outlets"] == 1 and story["alert"] == dict(name="icbm", priority="urgent")
    assert story["id"].encode() in daemon.get("/feed.atom").body
    # the second outlet brings it into no view without min
    site.tell("b", article(3, title='An "icbm" <b>test</b>'))
    site.tell("b", article(4))
    other = events.story()
    assert other["title"] == article(4)["title"] and "alert" not in other and other["outlets"] == 1


def test_views(site):
    daemon = site.start(ALERT)
    readers = {name: Events(daemon, query(**parameters)) for name, parameters in dict(
        two=dict(min=2), naval=dict(category="naval"), air=dict(category="AIR", view="lines"), feed=dict(feed="b"),
        rule=dict(q="icbm AND sources>=2"), other=dict(q="hovercraft"), alert=dict(alert="ICBM"), high=dict(alert="high"),
        both=dict(alert="any", min="2")).items()}
    icbm = article(3, title="The icbm test of Monday")
    site.tell("a", icbm)
    site.tell("b", icbm)
    end = article(5, title="The end of the exercise", text="<p>An icbm and a hovercraft were seen at the end of the large "
                                                           "exercise near Halden on Friday, officials said.</p>")
    site.tell("a", end)
    site.tell("b", end)
    told = {name: [] for name in readers}
    for name, events in readers.items():
        while not told[name] or told[name][-1][0] != end["title"]:
            story = events.story()
            told[name].append((story["title"], story["outlets"]))
    titles = {name: [title for title, _ in stories] for name, stories in told.items()}
    assert titles.pop("other") == [end["title"]]
    for name, found in titles.items():
        assert found == [icbm["title"], end["title"]], (name, told)
    assert told["two"][0][1] == told["rule"][0][1] == told["both"][0][1] == 2


def test_resuming_loses_and_doubles_nothing(site):
    """Over three restarts, for a reader of everything who is away now and then, and for one of two outlets."""
    daemon = site.start()
    told, last = {"": [], query(min=2): []}, {}
    for view in told:
        events = Events(daemon, view)
        events.read()
        last[view] = events.read()["id"]
        events.close()

    def follow(view, end):
        events = Events(daemon, view, last[view])
        while not told[view] or told[view][-1] != end:
            told[view].append(events.story()["title"])
            last[view] = events.last
        events.close()

    for turn in range(3):
        batch = [article(10 * turn + n, title="Report %d of turn %d" % (n, turn)) for n in range(10, 13)]
        site.tell("a", *batch)
        if turn % 2 == 0:
            follow("", batch[0]["title"])
        site.tell("b", *batch)
        follow(query(min=2), batch[0]["title"])
        daemon.stop()
        daemon.start()
        if turn % 2 == 1:
            follow("", batch[0]["title"])
    expected = {"Report %d of turn %d" % (n, turn) for turn in range(3) for n in range(10, 13)}
    for view, titles in told.items():
        assert len(titles) == 9 and set(titles) == expected, (view, titles)


def test_cursors_that_the_database_does_not_have(site):
    daemon = site.start()
    newest = int(Events(daemon).last or 0)
    for parameters, last in ((dict(since="999999"), None), (dict(), "999999"), (dict(since="1", instance="0" * 16), None)):
        events = Events(daemon, query(**parameters), last)
        events.read()
        reset = events.read()
        assert reset["event"] == "reset" and reset["data"]["reason"], parameters
        assert int(reset["id"]) >= newest
        site.tell("a", article(100 + len(str(parameters)) + (last is not None)))
        assert events.story()["outlets"] == 1
    assert Events(daemon, query(since=0)).story()["outlets"] == 1


def test_refusals(site, tmp_path):
    (tmp_path / "tokens").write_text("0123456789abcdef\n")
    daemon = site.start("[http]\nevents = 2\ntoken-file = %s/tokens" % tmp_path)
    token = dict(token="0123456789abcdef")
    assert Events(daemon).status == 401
    for wrong in (dict(min="x"), dict(what="1"), dict(q="(a OR"), dict(q="/a.*b/"), dict(view="tiles")):
        answer = daemon.get("/events" + query(**wrong, **token))
        assert answer.status == 400 and len(answer.body) > 10, wrong
    assert b"^" in daemon.get("/events" + query(q="(a OR", **token)).body
    head = daemon.get("/events" + query(**token), method="HEAD")
    assert head.status == 200 and head.headers["Content-Type"] == "text/event-stream"
    readers = [Events(daemon, query(**token)) for _ in range(2)]
    full = daemon.get("/events" + query(**token))
    assert full.status == 503 and b"events in [http]" in full.body
    readers.pop().close()

    def has_room():
        events = Events(daemon, query(**token))
        events.close()
        return events.status == 200

    wait_for(has_room, "a place after one has gone", 40)
    # ordinary requests have places of their own
    assert daemon.get("/healthz").status == 200


def test_silence_is_broken_by_comments(site):
    daemon = site.start()
    events = Events(daemon)
    assert events.read() is None and events.read()["event"] == "health"
    assert events.read() is None


def test_feeds_that_fail_are_told(site, server):
    daemon = site.start()
    events = Events(daemon)
    events.read()
    events.read()
    server.set("/a", b"", status=500)
    daemon.refresh("a")
    while (event := events.read()) is None or event["data"].get("failing") != 1:
        pass
    assert event["event"] == "health" and event["data"]["feeds"] == 2


def test_a_reader_that_does_not_read_is_bounded(site):
    daemon = site.start()
    slow, quick = Events(daemon, query(since=0)), Events(daemon)
    for n in range(4):
        site.tell("a", *(article(1000 + 60 * n + k, title="Flood %d.%d %s" % (n, k, "x" * 300)) for k in range(60)))
    for _ in range(240):
        assert quick.story()["title"].startswith("Flood")
    titles = [slow.story()["title"] for _ in range(242)]
    assert len(set(titles)) == 242


@pytest.mark.skipif(not shutil.which("curl"), reason="curl is not installed")
def test_curl(site):
    daemon = site.start()
    curl = subprocess.Popen(["curl", "-sSN", "--unix-socket", str(daemon.http_path), "http://localhost/events?q=frigate"],
                            stdout=subprocess.PIPE, text=True)
    try:
        assert curl.stdout.readline() == "retry: 5000\n" and curl.stdout.readline() == "\n"
        site.tell("b", article(7))
        lines = []
        while not lines or article(7)["title"] not in lines[-1]:
            lines.append(curl.stdout.readline())
            assert lines[-1], "curl ended"
        assert lines[-2] == "event: story\n" and lines[-3].startswith("id: ")
    finally:
        curl.kill()
        curl.wait()
