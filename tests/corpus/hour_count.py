# SPDX-License-Identifier: ISC
"""The count of our own, and its comparison with what the daemon stored, told and published.

Each difference falls into a class, whose reason is shown to hold for it; what falls into none is a fault.
"""
import collections
import datetime
import re
import sqlite3
import uuid

import feed_items
from hour_feeds import CorpusFeed, POLISHED, rfc3339

# Classes of differences between what a document lists and what is stored.
TWICE = "the document lists it twice, with one guid and one text"
UNTITLED = "it has no title: told with the beginning of its text, or its link"
RENAMED = "the feed had its words under another guid and link, with the same date, and shows only this one now"
# ... between the new and the copies of our count and the daemon's.
SAME_WORDS = "told as copy: another outlet's report in the same words"
WITHIN = "told as copy: %.2f and more of the shorter text, without stock phrases, stands in the other one"
STOCK = "told as copy: what is common are phrases that are found in eight texts by the end, and were in fewer by then"
REPEATED = "told as new in the words of another outlet: its own feed had them before, so it is a look-alike"
OLD = "told as new in the words of another outlet: more than 14 days apart"
APART = "told as new, labelled as a copy: less than %.2f of the shorter text, without stock phrases, stands in the other one"
NUMBERS = "told as new, labelled as a copy: less than half of the numbers agree"
OWN = "told as new, labelled as a copy: the outlet has told of it itself, and less than 0.80 of the text or half of the title is common"
ROUNDUP = "told as new, labelled as a copy: it holds the texts of two stories and more, so it joins none"
CHAIN = "told as new, labelled as a copy: told as related to that story, of which it shares little with the first report"
# ... between answers and polls.
KILLED = "answered to a daemon that was killed before it had stored the poll"
MINOR = "a small edit: kept and counted in the metrics, told to nobody"

CONTAINED = 0.3
JOINED = 0.5  # from here on two reports are one story, see [dedup] join
REPEATS = 0.8  # ... of one outlet, see [dedup] repeat
BOILERPLATE = 8
STOCK_MOST = 0.005  # of all copies
WINDOW_S = 14 * 24 * 3600


def brief(event):
    """What the ledger keeps of an event: (cursor, kind, item)."""
    return int(event["cursor"]), event["event"], event.get("item", {}).get("id")


def stored(path):
    """(feed, uid, story, revisions) of the database's items."""
    with sqlite3.connect("file:%s?mode=ro" % path, uri=True) as db:
        rows = db.execute("SELECT feed.name, item.uid, item.story_id, item.rev FROM item JOIN feed ON feed.id = item.feed_id"
                          " ORDER BY item.id").fetchall()
    return [(name, str(uuid.UUID(bytes=uid)), story, revisions) for name, uid, story, revisions in rows]


class Judge:
    def __init__(self, record, labels):
        self.record = record
        self.labels = labels
        self.faults = []
        self.classes = collections.Counter()
        self.notes = {}  # by feed: its differences in words
        self.told = collections.defaultdict(list)  # by feed: its new and copy events
        self.updates = collections.Counter()  # by item
        self.truth = {}  # by item: its feed and (title, text) by our own reading
        self.stories = {}  # by item: its story
        self.publishers = {}  # by item of a story feed
        self.placed = []  # new and copy events, in order
        self.texts = None

    def fault(self, text, *values):
        self.faults.append(text % values)

    def explain(self, reason, feed=None, count=1):
        self.classes[reason] += count
        if feed is not None and count:
            self.notes.setdefault(feed, collections.Counter())[reason] += count

    # ---- the stream

    def check_events(self):
        """Nothing twice, nothing out of order, and the same to those who were there as to those who come late."""
        last, items = 0, set()
        for event in self.record["events"]:
            cursor, kind, item = brief(event)
            if cursor <= last:
                self.fault("cursor %d follows %d", cursor, last)
            last = cursor
            if kind in ("new", "copy"):
                if item in items:
                    self.fault("%s is told twice: %s", item, event["item"]["title"])
                items.add(item)
                self.stories[item] = event["story"]["id"]
                self.placed.append(event)
                self.told[event["item"]["feed"]].append(event)
            elif kind == "updated":
                self.updates[item] += 1
            else:
                self.fault("a feed was told as %s", event)
        if [brief(e) for e in self.record["events"]] != self.record["ledger"]:
            live, late = set(self.record["ledger"]), {brief(e) for e in self.record["events"]}
            self.fault("%d events were told live alone, %d to the late alone, %d live in all", len(live - late), len(late - live),
                       len(self.record["ledger"]))
        self.faults += self.record["ledger_faults"]

    def check_store(self):
        """What is told is stored, in the same feeds, stories and revisions."""
        rows = self.record["items"]
        told = [(e["item"]["feed"], e["item"]["id"]) for e in self.placed]
        if sorted(told) != sorted((feed, uid) for feed, uid, _, _ in rows):
            self.fault("%d items are told, %d stored, %d of these are the same", len(told), len(rows),
                       len(set(told) & {(feed, uid) for feed, uid, _, _ in rows}))
        stories = {uid: story for _, uid, story, _ in rows}
        for event in self.placed:
            item, kind = event["item"]["id"], event["event"]
            first = event["copy"]["of"] if kind == "copy" else item
            if stories.get(first) != stories.get(item):
                self.fault("%s was told as a copy of %s, and is in another story", item, first)
        new = sum(e["event"] == "new" for e in self.placed)
        if new != len(set(stories.values())):
            self.fault("%d stories are told, %d stored", new, len(set(stories.values())))
        for _, uid, _, revisions in rows:
            if self.updates[uid] > revisions:
                self.fault("%s was told %d times as updated, and has %d revisions", uid, self.updates[uid], revisions)

    # ---- what each feed brought

    def check_corpus_feed(self, feed):
        """Pairs what is listed with what is told: by title and link, by one of them, by the text's beginning."""
        entries, _ = feed_items.read(feed.body)
        seen, listed = set(), []
        for e in entries:
            key = (e.guid or e.link, feed_items.letters(e.title + " " + e.text))
            if key in seen:
                self.explain(TWICE, feed.name)
            else:
                seen.add(key)
                listed.append(e)
        told = [e["item"] for e in self.told[feed.name]]
        for by in (lambda t, l, s: t and (t, l), lambda t, l, s: t, lambda t, l, s: l != ("", ()) and l, lambda t, l, s: s):
            listed, told = self.pair(feed, listed, told, by)
        for e in listed:
            self.fault("%s (%s): listed and never told: %s", feed.name, feed.file, e[:3])
        for item in told:
            self.fault("%s (%s): told and not listed: %s", feed.name, feed.file, (item.get("title"), item.get("link")))
        for event in self.told[feed.name]:
            if self.updates[event["item"]["id"]]:
                self.fault("%s (%s): never changed, and updated: %s", feed.name, feed.file, event["item"]["title"])

    def pair(self, feed, listed, told, by):
        """Those of both lists for which by(title, link, beginning of the text) is the same; returns what is left."""
        keyed = collections.defaultdict(list)
        for item in told:
            keyed[by(feed_items.letters(item.get("title", "")), feed_items.address(item.get("link", "")),
                     feed_items.letters(item.get("summary", ""))[:60])].append(item)
        left = []
        for e in listed:
            title = feed_items.letters(e.title)
            key = by(title, feed_items.address(e.link), feed_items.letters(e.text)[:60])
            if not key or not keyed[key]:
                left.append(e)
                continue
            item = keyed[key].pop()
            self.truth[item["id"]] = (feed.name, e.title, e.text)
            if title and title != feed_items.letters(item["title"]):
                self.fault("%s (%s): told as %r, listed as %r", feed.name, feed.file, item["title"], e.title)
            elif not title:
                self.explain(UNTITLED, feed.name)
        return left, [i for i in told if i["id"] not in self.truth]

    def check_story_feed(self, feed):
        """Pairs by link and date; where parameters were taken out of the link, by path and date."""
        stories = {s.key: s for s in feed.stories}
        shown, told = [stories[key] for key in feed.first_shown], [e["item"] for e in self.told[feed.name]]
        for by in (lambda link: link, lambda link: feed_items.address(link)[0]):
            keyed, left = collections.defaultdict(list), []
            for item in told:
                keyed[by(item["link"]), item["published"]].append(item)
            for story in shown:
                items = keyed[by(story.row["link"]), rfc3339(story.row["time"])]
                if items:
                    items.sort(key=lambda item: self.updates[item["id"]] == self.edits_told(feed, story))
                    self.check_story(feed, story, items.pop())
                else:
                    left.append(story)
            shown, told = left, [item for items in keyed.values() for item in items]
        texts = collections.Counter((letters_of(stories[key]), stories[key].row["time"] // 60) for key in feed.first_shown)
        for story in shown:
            if any(texts[letters_of(story), story.row["time"] // 60 + n] > (n == 0) for n in (-1, 0, 1)):
                self.explain(RENAMED, feed.name)
            else:
                self.fault("%s: shown and never told: %s", feed.name, story.row["link"])
        for item in told:
            self.fault("%s: told and never shown: %s", feed.name, item["link"])

    @staticmethod
    def edits_told(feed, story):
        return 0 if story.edit == POLISHED else feed.edits_shown[story.key]

    def check_story(self, feed, story, item):
        titles = {feed_items.letters(story.title(edition)) for edition in (0, 1)}
        if feed_items.letters(item["title"]) not in titles:
            self.fault("%s: told with the title %r, not %r", feed.name, item["title"], story.row["title"])
        edits = self.edits_told(feed, story)
        if story.edit == POLISHED:
            self.explain(MINOR, feed.name, feed.edits_shown[story.key])
        if self.updates[item["id"]] != edits:
            self.fault("%s: %s changed %d times (%s) and was told %d times as updated", feed.name, story.row["link"], edits,
                       story.edit, self.updates[item["id"]])
        edition = 0 if feed.edits_shown[story.key] else feed.shown[story.key]  # when it was told
        self.truth[item["id"]] = (feed.name, story.title(edition), "\n\n".join(story.text(edition)))
        self.publishers[item["id"]] = feed.publisher(story)

    # ---- new or copy

    def check_copies(self):
        """A copy resembles what it is a copy of; the same words of two outlets within two weeks are one story."""
        first_with, own = {}, set()
        for event in self.placed:
            item = event["item"]
            if item["id"] not in self.truth:
                continue
            feed, title, text = self.truth[item["id"]]
            key = feed_items.letters(title) + "\n" + feed_items.letters(text)
            when = seconds(item.get("published") or item["first_seen"])
            before = first_with.get(key)
            if event["event"] == "copy":
                if before is not None:
                    self.explain(SAME_WORDS)
                else:
                    self.check_copy(event)
            elif before is not None and before[0] != feed and len(feed_items.words(title + " " + text)) >= 8:
                if (feed, key) in own:
                    self.explain(REPEATED)
                elif abs(when - before[1]) > WINDOW_S:
                    self.explain(OLD)
                else:
                    self.fault("%s: told as new, and %s has the same words: %s", feed, before[0], title)
            first_with[key] = (feed, when)
            own.add((feed, key))
        copies = sum(e["event"] == "copy" for e in self.placed)
        if self.classes[STOCK] > STOCK_MOST * copies:
            self.fault("%d of %d copies have but stock phrases in common with what they are copies of", self.classes[STOCK], copies)

    def check_copy(self, event):
        item, other = event["item"]["id"], event["copy"]["of"]
        if other not in self.truth:
            self.fault("%s is a copy of an item that is not in our count", item)
            return
        if self.texts.contained(item, other) >= CONTAINED:
            self.explain(WITHIN % CONTAINED)
        elif self.texts.shared_with_stock(item, other) >= CONTAINED - 0.1:
            self.explain(STOCK)
        else:
            self.fault("%s: %r is told as %s of %r, and shares %.2f with it", self.truth[item][0], self.truth[item][1],
                       event["copy"]["relation"], self.truth[other][1], self.texts.contained(item, other))

    def check_labels(self):
        """The story stream says itself which of its items tell one story."""
        with open(self.labels) as f:
            label = {int(row[0]): row[1] for row in (line.rstrip("\n").split("\t") for line in f)}
        by_link = {s.row["link"]: label[s.row["seq"]] for f in self.record["served"] if f.name[0] == "f" for s in f.stories}
        known, copies = collections.defaultdict(list), 0
        for event in self.placed:
            item = event["item"]
            story = by_link.get(item.get("link"), "-")
            if item["feed"][0] != "f" or story == "-" or item["id"] not in self.truth:
                continue
            if known[story]:
                copies += 1
                if event["event"] == "new" and not self.explain_missed(event, known[story]):
                    self.fault("%s: told as new, labelled as a copy: %s", item["feed"], item["title"])
            known[story].append(item["id"])
        print("%d items are labelled as copies of what was told before" % copies)

    def explain_missed(self, event, members):
        mine = event["item"]["id"]
        best = max(members, key=lambda m: self.texts.contained(mine, m))
        common = self.texts.contained(mine, best)
        if common < JOINED:
            self.explain(APART % JOINED)
        elif numbers_apart(self.truth[mine], self.truth[best]):
            self.explain(NUMBERS)
        elif self.stories.get(event.get("related", {}).get("of")) in {self.stories[m] for m in members}:
            self.explain(CHAIN)
        elif self.publishers[mine] == self.publishers[best] and (common < REPEATS or self.titles_apart(mine, best)):
            self.explain(OWN)
        elif len(self.stories_within(event)) > 1:
            self.explain(ROUNDUP)
        else:
            return False
        return True

    def titles_apart(self, a, b):
        a, b = (set(feed_items.words(self.truth[item][1])) for item in (a, b))
        return len(a & b) < 0.5 * len(a | b)

    def stories_within(self, event):
        """The stories told before this event of which a text stands in its item's."""
        mine = event["item"]["id"]
        found = set()
        for before in self.placed:
            if before is event:
                break
            item = before["item"]["id"]
            if item in self.truth and self.texts.has_much(mine, item) and self.texts.contained(mine, item) >= JOINED:
                found.add(self.stories[item])
        return found

    # ---- what is published

    def check_merged(self):
        reports = collections.defaultdict(list)  # by story: (feed, link)
        for event in self.placed:
            reports[event["story"]["id"]].append((event["item"]["feed"], event["item"].get("link")))
        for path, forms in self.record["merged"].items():
            shown = [i["id"] for i in forms["json"]]
            for form in ("atom", "rss"):
                if [i for i, _ in forms[form]] != shown:
                    self.fault("%s.%s and %s.json differ in their entries", path, form, path)
                if [feed_items.letters(t or "") for _, t in forms[form]] != [feed_items.letters(i["title"]) for i in forms["json"]]:
                    self.fault("%s.%s and %s.json differ in their titles", path, form, path)
            if len(set(shown)) != len(shown):
                self.fault("%s has a story twice", path)
            letter = {"corpus": "r", "full": "f", "headlines": "h", "feed": ""}[path.rpartition("/")[2]]
            stories = {s for s, r in reports.items() if any(f.startswith(letter) for f, _ in r)}
            if len(shown) != min(len(stories), 1000):
                self.fault("%s has %d entries of %d stories", path, len(shown), len(stories))
            for item in forms["json"]:
                story = item["id"].rpartition(":")[2]
                if story not in stories:
                    self.fault("%s has %s, which is no story of it", path, item["title"])
                elif sorted(r["feed"] for r in item["_sitrep"]["reports"]) != sorted(f for f, _ in reports[story]):
                    self.fault("%s: %s has other reports than were told", path, item["title"])

    def check_counters(self):
        metrics, record = self.record["metrics"], self.record
        expected = {"sitrepd_items": len(record["items"]), "sitrepd_stories": len({s for _, _, s, _ in record["items"]}),
                    "sitrepd_events": len(record["events"]), "sitrepd_polls_failed_total": 0, "sitrepd_polls_lost_total": 0,
                    "sitrepd_parse_failures_total": 0, "sitrepd_parse_worker_restarts_total": 0,
                    "sitrepd_database_damaged_rows": 0, "sitrepd_stream_read_errors_total": 0}
        for name, count in expected.items():
            if metrics[name] != count:
                self.fault("%s is %g, and should be %d", name, metrics[name], count)
        per_feed = collections.Counter(feed for feed, _, _, _ in record["items"])
        for name, feed in record["feeds"].items():
            polls, items = metrics['sitrepd_feed_polls_total{feed="%s"}' % name], metrics['sitrepd_feed_items{feed="%s"}' % name]
            if feed["state"] != "ok" or items != per_feed[name] or feed["items"] != items or feed["polls"] != polls:
                self.fault("%s: %s, %d items of %d, %d polls", name, feed["state"], items, per_feed[name], polls)
            lost = record["asked"][name] - feed["polls"]
            if lost == 1 and record["asked_at_kill"][name] > 0:
                self.explain(KILLED, name, lost)
            elif lost:
                self.fault("%s: asked %d times, of which %d polls are stored", name, record["asked"][name], feed["polls"])
        for line in re.findall(r"(?m)^\S+ (?:error|warning) .*", record["log"]):
            self.fault("the log says: %s", line)

    def run(self):
        self.check_events()
        self.check_store()
        for feed in self.record["served"]:
            (self.check_corpus_feed if isinstance(feed, CorpusFeed) else self.check_story_feed)(feed)
        self.texts = Texts(self.truth)
        self.check_copies()
        self.check_labels()
        self.check_merged()
        self.check_counters()
        self.report()
        return self.faults

    def table(self):
        """One line a feed: what it brought by our count, and what became of it."""
        yield "feed", "document", "ours", "stored", "new", "copy", "updated", "differences"
        stored_in = collections.Counter(feed for feed, _, _, _ in self.record["items"])
        told = collections.Counter((e["item"]["feed"], e["event"]) for e in self.record["events"])
        for feed in self.record["served"]:
            is_corpus = isinstance(feed, CorpusFeed)
            ours = len(feed_items.read(feed.body)[0]) if is_corpus else len(feed.first_shown)
            yield (feed.name, feed.file if is_corpus else "%s %s" % (feed.form, feed.title), ours, stored_in[feed.name],
                   *(told[feed.name, kind] for kind in ("new", "copy", "updated")),
                   "; ".join("%d: %s" % (count, reason) for reason, count in self.notes.get(feed.name, {}).items()))

    def report(self):
        corpus = [f for f in self.record["served"] if isinstance(f, CorpusFeed)]
        stories = [f for f in self.record["served"] if not isinstance(f, CorpusFeed)]
        kinds = collections.Counter(e["event"] for e in self.record["events"])
        print("%d corpus feeds, %d story feeds; %d polls, %d of them 304" % (
            len(corpus), len(stories), sum(self.record["asked"].values()), sum(self.record["not_modified"].values())))
        print("%d items in story feeds, %d of them shown, %d edits; %d items stored; told: %s" % (
            sum(len(f.stories) for f in stories), sum(len(f.first_shown) for f in stories),
            sum(sum(f.edits_shown.values()) for f in stories), len(self.record["items"]),
            ", ".join("%d %s" % (kinds[k], k) for k in ("new", "copy", "updated"))))
        for reason, count in sorted(self.classes.items()):
            print("%6d  %s" % (count, reason))


def letters_of(story):
    return feed_items.letters(story.row["title"] + story.row["content"])


def seconds(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


class Texts:
    """All texts of the run as runs of three words, and how many texts have each."""

    def __init__(self, truth):
        self.runs, numbers = {}, {}
        for item, (_, title, text) in truth.items():
            words = feed_items.words(title + "\n" + text)
            runs = {tuple(words[n:n + 3]) for n in range(len(words) - 2)} or {tuple(words)}
            self.runs[item] = {numbers.setdefault(run, len(numbers)) for run in runs}
        self.found = collections.Counter(run for runs in self.runs.values() for run in runs)

    def own(self, item):
        return {run for run in self.runs[item] if self.found[run] < BOILERPLATE}

    def contained(self, a, b):
        """The part of the shorter text that stands in the longer one.  A phrase of those two stories alone is none of
        many texts, however often they were reprinted."""
        common = self.runs[a] & self.runs[b]
        return max(share(common, self.runs[a], self.runs[b]), share(common & self.own(a), self.own(a), self.own(b)))

    def has_much(self, a, b):
        return len(self.runs[a] & self.runs[b]) >= 8

    def shared_with_stock(self, a, b):
        return share(self.runs[a] & self.runs[b], self.runs[a], self.runs[b])


def share(common, a, b):
    return len(common) / max(1, min(len(a), len(b)))


def numbers_apart(a, b):
    a, b = ({w for w in feed_items.words(t[1] + " " + t[2]) if re.search(r"\d", w)} for t in (a, b))
    return bool(a and b) and len(a & b) < 0.5 * min(len(a), len(b))


def judge(record, labels, table=None):
    """The faults; prints the count and the classes, and writes what became of each feed's items into table."""
    judging = Judge(record, labels)
    faults = judging.run()
    if table is not None:
        table.write_text("".join("\t".join(map(str, row)) + "\n" for row in judging.table()))
    return faults
