#!/usr/bin/env python3
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
            wanted = int(row["items"])
            parsed = parsed_items(folder / "corpus" / row["path"])
            if state["state"] != "ok":
                trouble.append("%s: %s: %s" % (row["path"], state["state"], state.get("reason")))
            elif parsed < wanted:
                trouble.append("%s: %d items read, the manifest says %d" % (row["path"], parsed, wanted))
        check_documents(daemon, folder, trouble)
        check_stream(daemon, trouble)
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
            len(rows), sum(s["items"] for s in states.values()), int(cursor), not_modified))
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
    stream = daemon.stream(dict(since="0", events=["new"]))
    newest = int(stream.hello["cursor"])
    stories, last = set(), 0
    # the last event of all may be a copy, so the end is found by a second connection's greeting and a heartbeat's cursor
    with_all = daemon.stream(dict(since="0"))
    events = []
    while last < newest:
        message = with_all.read()
        if message["event"] == "heartbeat":
            last = int(message["cursor"])
            continue
        last = int(message["cursor"])
        events.append(message)
    for e in events:
        if e["event"] == "new":
            if e["story"]["id"] in stories:
                trouble.append("told twice: %s" % e["item"]["title"])
            stories.add(e["story"]["id"])
    stream.close()
    with_all.close()


if __name__ == "__main__":
    sys.exit(main())
