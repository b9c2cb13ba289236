# SPDX-License-Identifier: ISC
"""Subscription lists in and out: sitrep import, sitrep export, /opml and /outputs.opml."""
import html
import os
import re
import stat
import subprocess
import xml.etree.ElementTree as ET

import pytest

from harness import BUILD, wait_for
from samples import article, rss

SECTIONS = """
include = feeds.d/*.conf
base-url = https://desk.example/news
[feed "usni"]
url = https://news.usni.example/feed
title = USNI News
categories = naval & air, us
[feed "secret"]
url = https://user:password@members.example/feed?token=abcdef0123456789abcdef
[feed "plain"]
url = https://plain.example/rss
[output "brief"]
match = category:us
title = Brief
[alert "missile"]
match = missile
"""


def opml(body):
    return '<?xml version="1.0"?><opml version="2.0"><head><title>Mine</title></head><body>%s</body></opml>' % body


def outline(title, url, inner=""):
    return '<outline type="rss" text="%s" xmlUrl="%s"/>' % (html.escape(title), html.escape(url))


@pytest.fixture
def desk(make_daemon):
    daemon = make_daemon(SECTIONS)
    (daemon.folder / "feeds.d").mkdir()
    return daemon


def listed(text):
    """The outlines of a list: (folder path, title or text, address, name)."""
    found = []

    def walk(element, path):
        for o in element.findall("outline"):
            if o.get("xmlUrl"):
                found.append(("/".join(path), o.get("text"), o.get("xmlUrl"), o.get("{urn:x-sitrep:opml}name")))
            walk(o, path + ([] if o.get("xmlUrl") else [o.get("text")]))

    walk(ET.fromstring(text).find("body"), [])
    return found


def sections(text):
    """name -> options of the [feed] sections."""
    found = {}
    for block in re.split(r"^(?=\[)", text, flags=re.M):
        if not block.startswith("["):
            assert all(line.startswith("#") for line in block.split("\n") if line), block
            continue
        name = re.match(r'\[feed "([^"]*)"\]\n', block)[1]
        found[name] = dict(line.split(" = ", 1) for line in block.strip().split("\n")[1:])
    return found


def files(folder):
    return {p: (p.read_bytes(), p.stat().st_mtime_ns, stat.S_IMODE(p.stat().st_mode)) for p in folder.rglob("*") if p.is_file()}


def test_prints_sections(desk):
    path = desk.folder / "mine.opml"
    path.write_text(opml('<outline text="Sea, navies"><outline text="Asia">%s</outline>%s</outline>%s<outline type="rss" text="No address"/>' % (
        outline("Naval News", "https://naval.example/feed"), outline("Known already", "http://news.usni.example/feed"),
        outline("Naval News", "feed://other.example/feed"))))
    result = desk.run("import", path)
    assert sections(result.stdout) == {
        "naval-news-naval-example": {"url": "https://naval.example/feed", "title": "Naval News", "categories": "Sea  navies, Asia"},
        "naval-news-other-example": {"url": "http://other.example/feed", "title": "Naval News"}}
    assert result.stderr == "%s:1: the outline is left out: it has no xmlUrl\n" % path
    assert desk.run("import", "-", input=path.read_text()).stdout == result.stdout
    everything = sections(desk.run("import", "--all", path).stdout)
    assert len(everything) == 3 and everything["known-already"]["categories"] == "Sea  navies"
    assert files(desk.folder / "feeds.d") == {}


def test_writes_one_new_file(desk):
    os.chmod(desk.config_path, 0o640)
    (desk.folder / "feeds.d" / "old.conf").write_text('[feed "old"]\nurl = https://old.example/feed\n')
    path = desk.folder / "My reader (2026).opml"
    path.write_text(opml(outline("Naval News", "https://naval.example/feed") + outline("Old", "https://old.example/feed")))
    before = files(desk.folder)
    result = desk.run("import", "--write", path)
    new = desk.folder / "feeds.d" / "my-reader-2026.conf"
    assert result.stdout == "%s: 1 feed\nsitrep reload makes the daemon read them\n" % new and result.stderr == ""
    assert stat.S_IMODE(new.stat().st_mode) == 0o640
    assert sections(new.read_text()) == {"naval-news": {"url": "https://naval.example/feed", "title": "Naval News"}}
    after = files(desk.folder)
    assert {p: after[p] for p in before} == before and set(after) == set(before) | {new}
    # again: there is nothing new, and nothing is written
    result = desk.run("import", "--write", path)
    assert "has no feed that is not configured already" in result.stderr and files(desk.folder) == after
    # another list, but a name that is taken
    path.write_text(opml(outline("Army", "https://army.example/feed")))
    for arguments in (["--write"], ["--write", "--name", "old"]):
        result = desk.run("import", *arguments, path, check=False)
        assert result.returncode == 1 and "exists, and is left as it is" in result.stderr
    for name in ("../up", ".hidden", "a/b", "", 'x"y'):
        result = desk.run("import", "--write", "--name", name, path, check=False)
        assert result.returncode == 1 and "is no name for a file" in result.stderr, name
    after = files(desk.folder)
    assert set(after) == set(before) | {new}
    desk.run("import", "--write", "--name", "army", path)
    assert set(files(desk.folder)) == set(before) | {new, desk.folder / "feeds.d" / "army.conf"}
    assert desk.run("check").returncode == 0


def test_a_new_file_that_nobody_reads_is_told(make_daemon):
    daemon = make_daemon('[feed "a"]\nurl = https://a.example/feed\n')
    path = daemon.folder / "list.opml"
    path.write_text(opml(outline("Army", "https://army.example/feed")))
    result = daemon.run("import", "-w", path, check=False)
    assert result.returncode == 1 and "there is no folder %s" % (daemon.folder / "feeds.d") in result.stderr
    (daemon.folder / "feeds.d").mkdir()
    result = daemon.run("import", "-w", path)
    assert "does not read this file yet" in result.stderr and (daemon.folder / "feeds.d" / "list.conf").exists()
    assert not list((daemon.folder / "feeds.d").glob(".*"))


@pytest.mark.parametrize("body, sentence", [("", "there is no <opml>"), ("<html>", "there is no <opml>"), (b"\0\1\2" * 999, "there is no <opml>")])
def test_other_files_are_refused(desk, body, sentence):
    path = desk.folder / "other"
    path.write_bytes(body if isinstance(body, bytes) else body.encode())
    result = desk.run("import", path, check=False)
    assert result.returncode == 1 and sentence in result.stderr and result.stdout == ""


def test_a_hostile_list_gives_feeds_and_nothing_else(desk):
    evil = ['"]\n[alert "x"]\nmatch = a', "a\n\nuser = root\n", "# comment", "[define \"n\"]", "\x1b[31mred", "x" * 30000, "\u202egnp.exe", "a]b\"c"]
    body = "".join('<outline text="%s">%s</outline>' % (html.escape(e).replace("\n", "&#10;"), outline(e, "https://evil%d.example/%s" % (i, e[:50])).replace("\n", "&#10;"))
                   for i, e in enumerate(evil))
    path = desk.folder / "evil.opml"
    path.write_text(opml(body.replace("\x1b", "")))
    desk.run("import", "--write", path)
    text = (desk.folder / "feeds.d" / "evil.conf").read_text()
    found = sections(text)
    assert len(found) == len(evil)
    for options in found.values():
        assert set(options) <= {"url", "title", "categories"} and re.fullmatch(r"https://evil\d\.example/\S*", options["url"]), options
    check = subprocess.run([BUILD / "sitrep", "check", str(desk.config_path)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert check.returncode == 0 and "11 feeds, 1 alerts, 1 outputs" in check.stdout, check.stdout


def test_export_and_import_change_nothing(desk):
    (desk.folder / "list.opml").write_text(opml('<outline text="Asia"><outline text="Navies">%s</outline></outline>%s' % (
        outline("Naval News", "https://naval.example/feed"), outline("조선중앙통신", "https://kcna.example/feed"))))
    desk.config_path.write_text("opml = list.opml\n" + desk.config_path.read_text())
    exported = desk.run("export").stdout
    assert "password" not in exported and "abcdef" not in exported
    assert listed(exported) == [
        ("", "plain", "https://plain.example/rss", "plain"),
        ("", "secret", "https://members.example/feed?token=***", "secret"),
        ("", "조선중앙통신", "https://kcna.example/feed", "조선중앙통신"),
        ("Asia/Navies", "Naval News", "https://naval.example/feed", "naval-news"),
        ("naval & air", "USNI News", "https://news.usni.example/feed", "usni"),
        ("us", "USNI News", "https://news.usni.example/feed", "usni")]
    result = desk.run("import", "-", input=exported)
    assert result.stdout == "" and "has no feed that is not configured already" in result.stderr
    # into another configuration, and out again
    other = desk.folder / "other"
    (other / "feeds.d").mkdir(parents=True)
    (other / "sitrepd.conf").write_text("include = feeds.d/*.conf\n")
    sitrep = [str(BUILD / "sitrep"), "-c", str(other / "sitrepd.conf")]
    result = subprocess.run([*sitrep, "import", "--write", "-"], input=exported, text=True, check=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert "was written without the secret" in result.stderr
    again = subprocess.run([*sitrep, "export"], text=True, check=True, stdout=subprocess.PIPE).stdout

    def feeds(text):
        found = {}
        for folder, title, url, name in listed(text):
            found.setdefault((title, url, name), set()).update(folder.split("/") if folder else [])
        return found

    expected = {key: value for key, value in feeds(exported).items() if key[2] != "secret"}
    assert feeds(again) == expected


def test_the_daemon_serves_both_lists(server, make_daemon):
    server.set("/a", rss("Alpha & Sons", [article(n) for n in range(3)]))
    daemon = make_daemon('[output "brief"]\nmatch = category:land\ntitle = Brief\n[alert "missile"]\nmatch = missile\n',
                         {"a": dict(url=server.url("/a"), categories="sea & air, land")}).start()
    wait_for(lambda: daemon.feeds()["a"]["state"] == "ok", "the first poll")
    # with the daemon, sitrep export has the titles of the feeds, too
    assert daemon.run("export").stdout == re.sub(' htmlUrl="[^"]*"', "", daemon.get("/opml").body.decode())
    assert 'text="Alpha &amp; Sons"' in daemon.run("export").stdout
    answer = daemon.get("/outputs.opml")
    assert answer.status == 200 and answer.headers["Content-Type"].startswith("text/x-opml")
    assert daemon.get("/outputs.opml", headers={"If-None-Match": answer.headers["ETag"]}).status == 304
    found = listed(answer.body)
    assert [(folder, title) for folder, title, _, _ in found] == [("", "Situation report"), ("Outputs", "Brief"), ("Alerts", "missile"), ("Categories", "land"), ("Categories", "sea & air")]
    for _, _, url, _ in found:
        path = "/" + url.split("/", 3)[3]
        feed = daemon.get(path)
        assert feed.status == 200 and ('href="%s"' % html.escape(url)).encode() in feed.body, path


def test_outputs_without_the_daemon(desk):
    found = listed(desk.run("export", "--outputs").stdout)
    assert [url for _, _, url, _ in found] == ["https://desk.example/news" + path for path in (
        "/feed.atom", "/output/brief.atom", "/alert/missile.atom", "/category/naval%20&%20air.atom", "/category/us.atom")]


def test_a_list_from_the_web(server, desk):
    server.set("/list.opml", opml(outline("Naval News", "https://naval.example/feed")), content_type="text/x-opml")
    assert list(sections(desk.run("import", server.url("/list.opml")).stdout)) == ["naval-news"]
    result = desk.run("import", server.url("/missing"), check=False)
    assert result.returncode == 1 and result.stdout == ""
