# SPDX-License-Identifier: ISC
"""Killed at any instant and started again: no event lost, none twice, cursors never used again."""
import os
import random
import threading
import time

from harness import wait_for
from samples import FORMATS, article

KILLS = int(os.environ.get("SITREPD_KILLS", "50"))


class Publisher(threading.Thread):
    """Three outlets that run every article, at different times; all that was ever out is in .articles."""

    def __init__(self, server, seed):
        super().__init__()
        self.server = server
        self.random = random.Random(seed)
        self.running = threading.Event()
        self.running.set()
        self.articles = []
        self.paths = ("/rss", "/atom", "/json")
        for path in self.paths:
            self.publish(path, [])

    def publish(self, path, articles):
        make, content_type = FORMATS[self.paths.index(path)]
        self.server.set(path, make("Outlet " + path[1:], articles[::-1], path[1:]), content_type,
                        etag='"%s-%d"' % (path[1:], len(articles)))

    def run(self):
        while self.running.is_set():
            self.articles.append(article(len(self.articles)))
            for path in self.random.sample(self.paths, 3):
                self.publish(path, self.articles)
                time.sleep(self.random.uniform(0.005, 0.03))  # the outlets' own rhythm, nothing is waited for

    def stop(self):
        self.running.clear()
        self.join()


def test_fifty_kills(server, make_daemon):
    seed = int(os.environ.get("SITREPD_SEED", random.randrange(2**32)))
    print("seed", seed)
    chance = random.Random(seed)
    publisher = Publisher(server, seed)
    feeds = {path[1:]: dict(url=server.url(path), interval="250ms") for path in publisher.paths}
    daemon = make_daemon("[poll]\nmin = 1s", feeds)
    publisher.start()
    try:
        for _ in range(KILLS):
            daemon.start(wait=chance.random() < 0.5)
            time.sleep(chance.uniform(0.02, 0.4))  # the instant of the kill is the point
            assert daemon.process.poll() is None, daemon.log()
            daemon.kill()
    finally:
        publisher.stop()
    count = len(publisher.articles)
    daemon.start()
    reports = {}

    def complete():
        daemon.refresh()
        return sum(f["items"] for f in daemon.feeds().values()) == 3 * count

    wait_for(complete, "all %d articles of three outlets" % count)
    stream = daemon.stream(dict(since="0", events=["new", "copy", "updated"]))
    last = 0
    for event in stream.read_events(3 * count):
        assert int(event["cursor"]) > last
        last = int(event["cursor"])
        key = (event["item"]["feed"], event["item"]["title"])
        assert key not in reports, "told twice: %s" % (key,)
        reports[key] = event
    assert len(reports) == 3 * count
    stories = {}
    for event in reports.values():
        stories.setdefault(event["item"]["title"], []).append(event)
    assert len(stories) == count
    for events in stories.values():
        assert sorted(e["event"] for e in events) == ["copy", "copy", "new"]
        assert len({e["story"]["id"] for e in events}) == 1
    # nothing more comes
    daemon.refresh()
    assert stream_is_silent(daemon, last)


def stream_is_silent(daemon, cursor):
    stream = daemon.stream(dict(since=str(cursor)))
    try:
        return int(stream.hello["cursor"]) == cursor
    finally:
        stream.close()
