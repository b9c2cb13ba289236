# SPDX-License-Identifier: ISC
"""Whether a feed is valid, and its entries as (id, title, updated).

With CASES=FOLDER (see tests/conformance/run) Atom also passes FOLDER/schema/atom-rfc4287.rng."""
import json
import os
import re
import subprocess
import xml.etree.ElementTree as ET
from pathlib import Path

ATOM = "{http://www.w3.org/2005/Atom}"
INSTANT = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z"


def one(parent, name):
    found = parent.findall(name)
    assert len(found) == 1, (parent.tag, name, len(found))
    return found[0].text or ""


def links(parent, rel):
    return [link.get("href") for link in parent.findall(ATOM + "link") if link.get("rel") == rel]


def atom(body, address):
    root = ET.fromstring(body)
    schema = Path(os.environ.get("CASES", "")) / "schema" / "atom-rfc4287.rng"
    if schema.is_file():
        done = subprocess.run(["xmllint", "--noout", "--relaxng", schema, "-"], input=body, capture_output=True)
        assert done.returncode == 0, done.stderr.decode()
    assert root.tag == ATOM + "feed" and links(root, "self") == [address] and len(links(root, "alternate")) == 1
    one(root, ATOM + "title")
    assert one(root, ATOM + "id").startswith("urn:uuid:") and re.fullmatch(INSTANT, one(root, ATOM + "updated"))
    entries = root.findall(ATOM + "entry")
    for entry in entries:
        assert re.fullmatch(INSTANT, one(entry, ATOM + "updated")) and entry.find(ATOM + "author/" + ATOM + "name").text
        related = [link.get("title") for link in entry.findall(ATOM + "link") if link.get("rel") == "related"]
        assert len(set(related)) == len(related) and len(links(entry, "alternate")) == 1
    return [(one(e, ATOM + "id"), one(e, ATOM + "title"), one(e, ATOM + "updated")) for e in entries]


def rss(body, address):
    channel = ET.fromstring(body).find("channel")
    for name in ("title", "link", "description"):
        one(channel, name)
    assert links(channel, "self") == [address]
    for item in channel.findall("item"):
        assert re.fullmatch(INSTANT, one(item, ATOM + "updated")) and item.find("guid").get("isPermaLink") == "false"
    return [(one(i, "guid"), one(i, "title"), one(i, ATOM + "updated")) for i in channel.findall("item")]


def jsonfeed(body, address):
    feed = json.loads(body)
    assert feed["version"] == "https://jsonfeed.org/version/1.1" and feed["feed_url"] == address and feed["title"]
    assert all(author["name"] for author in feed.get("authors", []))
    for item in feed["items"]:
        assert isinstance(item["id"], str) and isinstance(item["content_html"], str) and all(isinstance(t, str) for t in item["tags"])
        assert re.fullmatch(INSTANT, item.get("date_modified", "2026-01-01T00:00:00Z")) and all(a["mime_type"] for a in item.get("attachments", []))
    return [(i["id"], i["title"], i.get("date_modified")) for i in feed["items"]]


CHECKS = dict(atom=atom, rss=rss, json=jsonfeed)


def feeds(daemon, base, path):
    """The entries of the feed at path, which has no suffix, in each format; they are the same in all."""
    found = {}
    for form, check in CHECKS.items():
        answer = daemon.get("%s.%s" % (path, form))
        assert answer.status == 200, (path, form, answer.status)
        found[form] = check(answer.body, "%s%s.%s" % (base, path, form))
    assert len({tuple(e[:2] for e in entries) for entries in found.values()}) == 1
    return found["atom"]
