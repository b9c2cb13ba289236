# SPDX-License-Identifier: ISC
"""The hour's feeds and the loopback server that shows them.

Corpus feeds are files of other projects and never change.  Story feeds are made of the items of a story stream: each
shows the newest items of its outlets in RSS, Atom or JSON, by the clock of the run, and some items are edited later.

The server keeps the books of what it showed: which items a feed's answers had, and in which edition.  One thread runs
an event loop for all connections.
"""
import collections
import csv
import datetime
import email.utils
import gzip
import hashlib
import html
import json
import random
import time

from loop_server import LoopServer

SHOWN = 25  # items of a story feed's document
OWN_FEED = 12  # items from which on an outlet has a feed of its own; the others share some, as in an aggregator
SHARED_FEEDS = 20
FEEDS_MOST = 250  # of one story stream
POLISHED, TEXT, TITLE = "polished", "text", "title"  # kinds of edits
CONTENT_TYPES = {"rss": "application/rss+xml", "atom": "application/atom+xml", "rdf": "application/rdf+xml",
                 "json": "application/feed+json"}


class CorpusFeed:
    """A file, with the content type that its format has, with and without validators in turn."""

    def __init__(self, name, path, row, number):
        self.name = name
        self.path = path
        self.file = row["path"]
        self.body = path.read_bytes()
        self.content_type = next((t for k, t in CONTENT_TYPES.items() if row["format"].lower().startswith(k)), "text/xml")
        self.etag = '"%s"' % hashlib.sha256(self.body).hexdigest()[:16] if number % 2 == 0 else None

    def document(self, now):
        return self.body, self.etag

    def note(self):
        pass


class Story:
    """An item of a story stream.  Its later edition has another text, another title, or one other word."""

    def __init__(self, row, number, seed, interval):
        draw = random.Random("%s %d" % (seed, number))
        self.key = number
        self.row = row
        self.edit = draw.choice((TEXT, TITLE, POLISHED)) if draw.random() < 0.06 else None
        self.edit_after = draw.uniform(1.5, 4.5) * interval
        self.at = None  # by the run's clock, in seconds

    def edition(self, now):
        return 1 if self.edit and now >= self.at + self.edit_after else 0

    def title(self, edition):
        if edition and self.edit == TITLE:
            return "Corrected headline no. %d over the report: ministry revises its account" % (self.key + 1000)
        return self.row["title"]

    def text(self, edition):
        """Paragraphs."""
        parts = [p for p in self.row["content"].split("\n\n") if p.strip()]
        if edition and self.edit == TEXT:
            words = " ".join("w%dx%d" % (self.key, n) for n in range(len(self.row["content"].split()) // 2 + 12))
            parts.append("The desk adds %d further findings: %s." % (self.key + 5000, words))
        elif edition and self.edit == POLISHED and parts:
            parts[-1] = parts[-1] + " Indeed."
        return parts


class StoryFeed:
    """The newest SHOWN of its stories, in one of the formats; every fourth feed gives its items no guids.  A feed of
    several outlets says in RSS and Atom which item is whose."""

    def __init__(self, name, title, number, is_shared):
        self.name = name
        self.title = title
        self.form = ("rss", "atom", "json")[number % 3]
        self.names_sources = is_shared and self.form != "json"
        self.has_guids = self.form != "rss" or number % 4 != 0
        self.content_type = CONTENT_TYPES[self.form]
        self.stories = []  # in the order of their times
        self.made = (None, b"", None)
        self.shown = {}  # key of a story -> edition shown last
        self.first_shown = {}  # key of a story -> the number of the answer
        self.edits_shown = collections.Counter()  # key of a story -> how often its edition changed
        self.answers = 0

    def publisher(self, story):
        return story.row["source"] if self.names_sources else self.title

    def visible(self, now):
        low, high = 0, len(self.stories)
        while low < high:
            middle = (low + high) // 2
            low, high = (middle + 1, high) if self.stories[middle].at <= now else (low, middle)
        return [(s, s.edition(now)) for s in reversed(self.stories[max(0, low - SHOWN):low])]

    def document(self, now):
        shown = self.visible(now)
        state = tuple((s.key, edition) for s, edition in shown)
        if self.made[0] != state:
            body = getattr(self, self.form)(shown).encode()
            self.made = (state, body, '"%s"' % hashlib.sha256(body).hexdigest()[:16])
        return self.made[1], self.made[2]

    def note(self):
        """The document went out in whole."""
        self.answers += 1
        for key, edition in self.made[0]:
            self.first_shown.setdefault(key, self.answers)
            if self.shown.get(key, edition) != edition:
                self.edits_shown[key] += 1
            self.shown[key] = edition

    def rss(self, shown):
        return ('<?xml version="1.0" encoding="utf-8"?>\n<rss version="2.0"><channel><title>%s</title><link>https://%s/</link>'
                "<description>made for a test</description>%s</channel></rss>" % (
                    html.escape(self.title), html.escape(self.title), "".join(self.rss_item(*pair) for pair in shown)))

    def rss_item(self, story, edition):
        extra = '<guid isPermaLink="false">%s</guid>' % html.escape(story.row["guid"]) if self.has_guids else ""
        if self.names_sources:
            extra += '<source url="https://%s/feed">%s</source>' % (story.row["source"], story.row["source"])
        return "<item><title>%s</title><link>%s</link>%s<pubDate>%s</pubDate><description>%s</description></item>\n" % (
            html.escape(html.escape(story.title(edition), False)), html.escape(story.row["link"]), extra,
            email.utils.formatdate(story.row["time"], usegmt=True), html.escape(as_html(story.text(edition))))

    def atom(self, shown):
        return ('<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom"><title>%s</title>'
                '<id>urn:feed:%s</id><link href="https://%s/"/><updated>2026-03-01T00:00:00Z</updated>%s</feed>' % (
                    html.escape(self.title), self.name, html.escape(self.title), "".join(self.atom_entry(*p) for p in shown)))

    def atom_entry(self, story, edition):
        when, source = rfc3339(story.row["time"]), ""
        if self.names_sources:
            source = '<source><title>%s</title><link href="https://%s/"/></source>' % (story.row["source"], story.row["source"])
        return ('<entry><title>%s</title><link href="%s"/><id>%s</id><published>%s</published><updated>%s</updated>'
                '<content type="html">%s</content>%s</entry>\n' % (
                    html.escape(story.title(edition)), html.escape(story.row["link"]), html.escape(story.row["guid"]), when, when,
                    html.escape(as_html(story.text(edition))), source))

    def json(self, shown):
        return json.dumps(dict(
            version="https://jsonfeed.org/version/1.1", title=self.title, home_page_url="https://%s/" % self.title,
            items=[dict(id=s.row["guid"], url=s.row["link"], title=s.title(edition), content_text="\n\n".join(s.text(edition)),
                        date_published=rfc3339(s.row["time"])) for s, edition in shown]))


def as_html(paragraphs):
    return "".join("<p>%s</p>" % html.escape(p, False) for p in paragraphs)


def rfc3339(seconds):
    return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def corpus_feeds(folder):
    with open(folder / "corpus/MANIFEST.tsv", newline="") as f:
        rows = list(csv.DictReader(f, delimiter="\t"))
    return [CorpusFeed("r%03d" % n, folder / "corpus" / row["path"], row, n) for n, row in enumerate(rows)]


def story_feeds(path, letter, most, seconds, interval):
    """Feeds of the stream's first `most` items, spread over the run as they are over their own time.

    A tenth of them is there from the beginning, as a backlog.  The feeds are polled at this interval."""
    with gzip.open(path, "rt") as f:
        stories = [Story(json.loads(line), n, letter, interval) for n, line in zip(range(most), f)]
    first, last = stories[len(stories) // 10].row["time"], stories[-1].row["time"]
    counts = collections.Counter(s.row["source"] for s in stories)
    own = {name for name, count in counts.most_common(FEEDS_MOST - SHARED_FEEDS) if count >= OWN_FEED}
    feeds = {}
    for story in stories:
        story.at = max(0, (story.row["time"] - first) / max(1, last - first) * seconds)
        source = story.row["source"]
        is_shared = source not in own
        if is_shared:
            source = "digest-%s%d.example" % (letter, int(hashlib.sha256(source.encode()).hexdigest(), 16) % SHARED_FEEDS)
        if source not in feeds:
            feeds[source] = StoryFeed("%s%03d" % (letter, len(feeds)), source, len(feeds), is_shared)
        feeds[source].stories.append(story)
    for feed in feeds.values():
        feed.stories.sort(key=lambda s: (s.at, s.key))
    return list(feeds.values())


class Clock:
    """The run's clock, in seconds; it stands while it is frozen."""

    def __init__(self):
        self.passed = 0.0
        self.since = None

    def now(self):
        return self.passed + (time.monotonic() - self.since if self.since is not None else 0)

    def run(self):
        if self.since is None:
            self.since = time.monotonic()

    def freeze(self):
        self.passed, self.since = self.now(), None


class HourServer(LoopServer):
    def __init__(self, feeds):
        self.feeds = {feed.name: feed for feed in feeds}
        self.clock = Clock()
        self.full = collections.Counter()  # by feed: answers in whole
        self.not_modified = collections.Counter()
        super().__init__()

    def url(self, name):
        return "http://127.0.0.1:%d/%s" % (self.port, name)

    async def answer(self, head, writer):
        lines = head.decode("latin-1").split("\r\n")
        feed = self.feeds[lines[0].split(" ")[1].lstrip("/")]
        known = next((line.split(":", 1)[1].strip() for line in lines if line.lower().startswith("if-none-match:")), "")
        body, etag = feed.document(self.clock.now())
        tag = "ETag: %s\r\n" % etag if etag else ""
        if etag and known == etag:
            writer.write(("HTTP/1.1 304 Not Modified\r\n%s\r\n" % tag).encode())
            self.not_modified[feed.name] += 1
        else:
            feed.note()
            writer.write(("HTTP/1.1 200 OK\r\nContent-Type: %s\r\n%sContent-Length: %d\r\n\r\n" % (
                feed.content_type, tag, len(body))).encode() + body)
            self.full[feed.name] += 1
        await writer.drain()
        return True

    def asked(self):
        """By feed: how often it was answered."""
        return self.call(lambda: self.full + self.not_modified)
