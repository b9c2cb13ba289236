# SPDX-License-Identifier: ISC
"""The soak's feeds: one loopback server, items that come, change and go, and outages.

One thread runs an event loop for all connections, which stay open as a real server's do.  What a request gets is
decided when it comes: with some chance the feed has changed since it was asked last.
"""
import random
from xml.sax.saxutils import escape

from loop_server import LoopServer

ITEMS_SHOWN = 8
WORDS = 4000
# The chance that a feed has changed when it is asked, and what happened to it then.
CHANGES = 0.3
ADDED, EDITED, GONE, COPIED = 0.55, 0.2, 0.1, 0.15


class Item:
    def __init__(self, number, title, text):
        self.link = "https://outlet.example/%d" % number
        self.title = title
        self.text = text

    def xml(self):
        return ("<item><guid isPermaLink=\"false\">%s</guid><link>%s</link><title>%s</title><description>%s"
                "</description></item>" % (self.link, self.link, escape(self.title), escape(self.text)))


class Feed:
    def __init__(self, name):
        self.name = name
        self.items = []
        self.version = 0
        self.body = b""
        self.asked = 0  # times it was answered in whole or by 304 since the feeds are frozen


class FeedServer(LoopServer):
    def __init__(self, count, seed):
        self.random = random.Random(seed)
        self.words = ["".join(self.random.choice("bdfgklmnprstvz") + self.random.choice("aeiou")
                              for _ in range(self.random.randint(2, 4))) for _ in range(WORDS)]
        self.numbers = 0
        self.frozen = self.down = False
        self.requests = self.refused = 0
        self.feeds = [Feed("feed%03d" % n) for n in range(count)]
        for feed in self.feeds:
            for _ in range(ITEMS_SHOWN):
                self.add(feed)
            self.render(feed)
        super().__init__()

    def url(self, feed):
        return "http://127.0.0.1:%d/%s" % (self.port, feed.name)

    # ---- what the feeds show

    def sentence(self, least, most):
        return " ".join(self.random.choice(self.words) for _ in range(self.random.randint(least, most)))

    def add(self, feed, text=None):
        self.numbers += 1
        feed.items.insert(0, Item(self.numbers, self.sentence(5, 9), text or self.sentence(60, 140)))
        del feed.items[ITEMS_SHOWN:]

    def change(self, feed):
        draw = self.random.random()
        if draw < ADDED or len(feed.items) < 2:
            self.add(feed)
        elif draw < ADDED + EDITED:
            item = self.random.choice(feed.items)
            item.text += " " + self.sentence(5, 20)
        elif draw < ADDED + EDITED + GONE:
            del feed.items[-1]
        else:
            other = self.random.choice(self.feeds)
            self.add(feed, other.items[0].text if other is not feed else None)
        self.render(feed)

    def render(self, feed):
        feed.version += 1
        feed.body = ("<rss version=\"2.0\"><channel><title>%s</title><link>https://outlet.example/%s</link>%s"
                     "</channel></rss>" % (feed.name, feed.name, "".join(i.xml() for i in feed.items))).encode()

    # ---- answering

    async def answer(self, head, writer):
        if self.down:
            self.refused += 1
            return False
        lines = head.decode("latin-1").split("\r\n")
        feed = self.feeds[int(lines[0].split(" ")[1][len("/feed"):])]
        known = next((line.split(":", 1)[1].strip() for line in lines if line.lower().startswith("if-none-match:")), "")
        self.requests += 1
        if not self.frozen and self.random.random() < CHANGES:
            self.change(feed)
        tag = '"%d"' % feed.version
        if known == tag:
            writer.write(b"HTTP/1.1 304 Not Modified\r\nETag: %s\r\n\r\n" % tag.encode())
        else:
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\nETag: %s\r\nContent-Length: %d\r\n\r\n%s"
                         % (tag.encode(), len(feed.body), feed.body))
        await writer.drain()
        if self.frozen:
            feed.asked += 1
        return True

    # ---- called from other threads

    def set_down(self, down):
        """An outage ends what is under way, and answers nobody."""
        def change():
            self.down = down
            for writer in list(self.connections) if down else ():
                writer.transport.abort()
        self.call(change)

    def freeze(self):
        """Nothing changes from here on."""
        def change():
            self.frozen = True
        self.call(change)

    def shown(self, names):
        """The links that stand in the feeds of these names."""
        return self.call(lambda: {item.link for feed in self.feeds if feed.name in names for item in feed.items})

    def least_asked(self, names):
        return self.call(lambda: min(feed.asked for feed in self.feeds if feed.name in names))
