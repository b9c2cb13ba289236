#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Real feeds through the running daemon, served from loopback with the content types they are known to have.

usage: run.py FOLDER      with corpus/MANIFEST.tsv, corpus/*, and schema/atom-rfc4287.rng

Every feed's items must be in the database, the three merged formats well-formed and the Atom one valid; each story
is told once; a second poll is all 304 and changes nothing.
"""
import csv
import json
import pathlib
import subprocess
import sys
import xml.etree.ElementTree as ET

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests/system"))
from harness import BUILD, Daemon, FeedServer  # noqa: E402

# Where the manifest counts tags that are no items of their own, and how many there are in truth.
NESTED = "an earlier version of an item, kept inside it as a sync conflict, is not an item"
EXPLAINED = {
    "node-feedparser__illegally-nested.xml": (10, "each item holds an empty <item/>, which is nobody's news"),
    "fastfeedparser__osm-pl.xml": (7, "cut off in its eighth item: what came whole is kept"),
    "rome__xml__v__v4.xml": (17, NESTED),
    "rome__xml__v__v5.xml": (17, NESTED),
    "rome__xml__v__v6.xml": (17, NESTED),
    "rome__xml__ep__ep1_v4a.xml": (17, NESTED),
    "rome__xml__ep__ep2_v4a.xml": (17, NESTED),
}

CONTENT_TYPES = {"rss": "application/rss+xml", "atom": "application/atom+xml", "rdf": "application/rdf+xml",
                 "json": "application/feed+json"}


def content_type(row):
    kind = next((t for k, t in CONTENT_TYPES.items() if row["format"].lower().startswith(k)), "text/xml")
    return kind


def main():
    folder = pathlib.Path(sys.argv[1])
    with open(folder / "corpus/MANIFEST.tsv", newline="") as f:
        rows = list(csv.DictReader(f, delimiter="\t"))
    server = FeedServer()
    feeds, expected = {}, {}
    for n, row in enumerate(rows):
        path = folder / "corpus" / row["path"]
        name = "r%03d" % n
        server.set("/" + name, path.read_bytes(), content_type(row), etag='"%s"' % name)
        feeds[name] = server.url("/" + name)
        expected[name] = row
    daemon = Daemon("[keep]\nitems = 36500d\n[fetch]\nallow = 127.0.0.0/8\nper-host = 8\nmax-body = 16M\n"
                    "[http]\nentries = 1000", feeds)
    trouble = []
    try:
        daemon.start()
        daemon.refresh()
        states = daemon.feeds()
        for name, row in expected.items():
            state = states[name]
            wanted, reason = EXPLAINED.get(row["path"], (int(row["items"]), None))
            if reason:
                print("%s: %d items, not %s: %s" % (row["path"], wanted, row["items"], reason))
            parsed = parsed_items(folder / "corpus" / row["path"])
            if state["state"] != "ok":
                trouble.append("%s: %s: %s" % (row["path"], state["state"], state.get("reason")))
            elif parsed < wanted:
                trouble.append("%s: %d items read, the manifest says %d" % (row["path"], parsed, wanted))
        check_documents(daemon, folder, trouble)
        told = check_stream(daemon, trouble)
        before = daemon.get("/feed.atom").headers["ETag"]
        cursor = daemon.stream().hello["cursor"]
        again = [a["progress"] for a in daemon.refresh() if "progress" in a]
        not_modified = sum(f["not_modified"] for f in daemon.feeds().values())
        if any(p["result"] == "ok" for p in again):
            trouble.append("the second poll changed something")
        if not_modified < len(rows) - sum(s["state"] != "ok" for s in states.values()):
            trouble.append("only %d of %d second polls were answered 304" % (not_modified, len(rows)))
        if daemon.get("/feed.atom").headers["ETag"] != before or daemon.stream().hello["cursor"] != cursor:
            trouble.append("the second poll left a trace")
        print("%d feeds, %d items in the database, %d stories told, %d times 304 at the second poll" % (
            len(rows), sum(s["items"] for s in states.values()), told, not_modified))
    finally:
        daemon.close()
        server.close()
    for line in trouble:
        print("TROUBLE", line)
    print("%d passed, %d failed" % (len(rows) - len(trouble), len(trouble)))
    return 1 if trouble else 0


def parsed_items(path):
    result = subprocess.run([str(BUILD / "sitrep"), "parse", str(path)], capture_output=True)
    return len(json.loads(result.stdout).get("items", [])) if result.returncode == 0 else -1


def check_documents(daemon, folder, trouble):
    atom = daemon.get("/feed.atom").body
    for path in ("/feed.atom", "/feed.rss"):
        try:
            ET.fromstring(daemon.get(path).body)
        except ET.ParseError as e:
            trouble.append("%s is not well-formed: %s" % (path, e))
    json.loads(daemon.get("/feed.json").body)
    lint = subprocess.run(["xmllint", "--noout", "--huge", "--relaxng", str(folder / "schema/atom-rfc4287.rng"), "-"], input=atom,
                          capture_output=True)
    if lint.returncode != 0:
        trouble.append("/feed.atom is not valid Atom: " + lint.stderr.decode(errors="replace")[:2000])


def check_stream(daemon, trouble):
    stream = daemon.stream(dict(since="0"))
    newest = int(stream.hello["cursor"])
    stories, last = set(), 0
    while last < newest:
        message = stream.read()
        last = int(message["cursor"])  # of an event, or of a heartbeat when the last events are no longer there
        if message["event"] == "new":
            if message["story"]["id"] in stories:
                trouble.append("told twice: %s" % message["item"]["title"])
            stories.add(message["story"]["id"])
    stream.close()
    return len(stories)


if __name__ == "__main__":
    sys.exit(main())
