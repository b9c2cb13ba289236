# SPDX-License-Identifier: ISC
"""[publish] directory: feeds, archives and pages as files for a web server of static files."""
import functools
import gzip
import http.server
import os
import re
import shutil
import subprocess
import threading
import urllib.parse

import feedparser
import pytest

import valid
from harness import PATIENCE, wait_for
from samples import article, rss


@pytest.fixture
def site(tmp_path):
    """A web server of a folder: (folder, its address)."""
    folder = tmp_path / "www"
    folder.mkdir()
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(folder))
    handler.log_message = lambda *_: None
    httpd = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield folder, "http://127.0.0.1:%d" % httpd.server_address[1]
    httpd.shutdown()
    thread.join()
    httpd.server_close()


CONFIG = """base-url = https://desk.example/
[http]
entries = 20
listen = 127.0.0.1:0, %s
[publish]
directory = %s
url = %s
[output "sea"]
match = sea
title = At sea
[alert "frigate"]
match = frigate
"""


def start(server, make_daemon, folder, address, count=30):
    server.set("/a", rss("Alpha", [article(n) for n in range(count)]))
    daemon = make_daemon("", {"a": dict(url=server.url("/a"), categories="sea & air")})
    configure(daemon, CONFIG % (daemon.http_path, folder, address))
    daemon.start()
    wait_for(lambda: is_whole(folder), "the first files", LONG)
    return daemon


# A pass of a hundred documents takes seconds on a busy machine, and comes five seconds after the last.
LONG = 4 * PATIENCE

FEEDS = ("feed", "output/sea", "alert/frigate", "category/sea & air")
MARKS = {"atom": "<entry>", "rss": "<item>", "json": '"_sitrep"'}


def is_whole(folder):
    """All feeds have their stories, and a pass has ended: it may have begun before the poll."""
    feeds = {folder / ("%s.%s" % (name, form)): mark for name in FEEDS for form, mark in MARKS.items()}
    return swept(folder) and all(f.exists() and f.read_text().count(mark) == 20 for f, mark in feeds.items()) and \
        len(list(folder.glob("story/*.html"))) == 30 and all(list(folder.glob(name)) for name in ("feed.archive-0.atom", "output/sea.archive-0.rss"))


def configure(daemon, text):
    lines = daemon.config_path.read_text()
    before, after = lines.split("[http]", 1)
    daemon.config_path.write_text(text + before + after[after.index("[stream]"):])


def swept(folder):
    """The list has all files with their digests: a pass has ended."""
    path = folder / ".sitrepd-files"
    return path.exists() and path.read_text() != "" and not any(line.startswith("- ") for line in path.read_text().split("\n"))


def files(folder):
    return {str(p.relative_to(folder)): (p.read_bytes(), p.stat().st_mtime_ns) for p in folder.rglob("*") if p.is_file() and p.name[0] != "."}


def test_an_output_with_readers_of_its_own_is_no_file(server, make_daemon, site, tmp_path):
    folder, address = site
    (tmp_path / "tokens").write_text("a-token-of-the-desk-alone\n")
    daemon = start(server, make_daemon, folder, address)
    assert (folder / "output/sea.atom").exists()
    text = daemon.config_path.read_text()
    daemon.config_path.write_text(text.replace("title = At sea", "title = At sea\ntoken-file = %s/tokens" % tmp_path))
    daemon.run("reload")
    wait_for(lambda: not (folder / "output").exists(), "the end of the output's files", LONG)
    found = files(folder)
    for name in ("index.html", "outputs.opml"):
        assert b"output/sea" not in found[name][0] and b"At sea" not in found[name][0], name
    assert not [name for name in found if name.startswith("output/")] and "alert/frigate.atom" in found
    assert daemon.get("/output/sea.atom").status == 401


def test_readers_and_browsers_find_their_way(server, make_daemon, site):
    folder, address = site
    start(server, make_daemon, folder, address)
    found = files(folder)
    for name in FEEDS:
        for form, check in valid.CHECKS.items():
            url = "%s/%s.%s" % (address, name.replace(" ", "%20"), form)
            assert len(check(found["%s.%s" % (name, form)][0], url)) == 20
    # each link of a page leads to a file, and so do those of all pages that it leads to
    todo, seen = ["index.html"], set()
    while todo:
        page = todo.pop()
        text = found[page][0].decode()
        for link in re.findall(r'(?:href|src)="([^"#]+)', text):
            if re.match("[a-z]+:", link):
                assert "/story/" not in link, link
                continue
            target = os.path.normpath(os.path.join(os.path.dirname(page), urllib.parse.unquote(link)))
            target = "index.html" if target == "." else target
            assert target in found, (page, link)
            if target.endswith(".html") and target not in seen:
                seen.add(target)
                todo.append(target)
    assert len(seen) == 31
    # an entry leads to its story's file
    stories = re.findall(r'"(%s/story/[^"\\]*)"' % address, found["feed.json"][0].decode())
    assert len(stories) == 20 and all(s[len(address) + 1:] in found for s in stories)
    # a reader gets to the beginning
    for form in ("atom", "rss"):
        for name in ("feed", "output/sea"):
            ids, url = [], "%s/%s.%s" % (address, name, form)
            first = feedparser.parse(url)
            assert not first.bozo and len(first.entries) == 20
            url = [x.href for x in first.feed.links if x.rel == "prev-archive"][0]
            while url:
                parsed = feedparser.parse(url)
                assert not parsed.bozo and parsed.status == 200
                ids += [e.id for e in parsed.entries]
                url = ([x.href for x in parsed.feed.links if x.rel == "prev-archive"] or [None])[0]
            assert len(ids) == len(set(ids)) == 30 and {e.id for e in first.entries} <= set(ids)


def test_compressed_forms(server, make_daemon, site):
    folder, address = site
    start(server, make_daemon, folder, address)
    found = files(folder)
    packed = [name for name in found if name.endswith(".gz")]
    assert {"feed.atom.gz", "index.html.gz", "feed.archive-0.json.gz"} <= set(packed)
    for name in packed:
        assert gzip.decompress(found[name][0]) == found[name[:-3]][0] and len(found[name][0]) < len(found[name[:-3]][0])
    for suffix in (".br", ".zst"):
        assert all(len(found[name][0]) < len(found[name[:-len(suffix)]][0]) for name in found if name.endswith(suffix))


def test_only_what_changed_is_written(server, make_daemon, site):
    folder, address = site
    (folder / "mine.txt").write_text("mine")
    (folder / "output").mkdir()
    (folder / "output" / "mine.atom").write_text("mine")
    daemon = start(server, make_daemon, folder, address)
    before = files(folder)
    # an item of a category alone: the output's files and its archives stay
    server.set("/a", rss("Alpha", [article(n) for n in range(30)] + [article(40, "The army moves", "<p>Nothing else in here.</p>")]))
    daemon.refresh("a")
    wait_for(lambda: b"The army moves" in (folder / "feed.atom").read_bytes() and swept(folder), "the next pass", LONG)
    wait_for(lambda: b"The army moves" in (folder / "index.html").read_bytes(), "the page", LONG)
    after = files(folder)
    for name in before:
        if name.startswith("output/sea.json") or name.startswith("story/") or name.startswith("style") or name == "mine.txt":
            assert before[name] == after[name], name
    assert before["feed.atom"] != after["feed.atom"]
    # an output that goes takes its files along, and no other
    text = daemon.config_path.read_text()
    daemon.config_path.write_text(text.replace('[output "sea"]\nmatch = sea\ntitle = At sea\n', ""))
    daemon.run("reload")
    wait_for(lambda: not list((folder / "output").glob("sea*")), "the end of the output's files", LONG)
    wait_for(lambda: swept(folder), "the list", LONG)
    left = files(folder)
    assert {n for n in left if not n.startswith("story/")} == {n for n in after if not n.startswith(("output/sea", "story/"))} and "output/mine.atom" in left
    # and a restart changes nothing
    daemon.stop()
    daemon.start()
    os.unlink(folder / "feed.rss")
    wait_for(lambda: (folder / "feed.rss").exists() and swept(folder), "the file that was lost", LONG)
    again = files(folder)
    assert {n for n in left if not n.startswith("story/")} <= set(again)
    assert all(again[n] == left[n] for n in again if n.startswith(("story/", "alert/", "feed.atom", "mine", "output/")))


def test_trouble_is_told_and_ends(server, make_daemon, site):
    folder, address = site
    moved = folder.with_name("away")
    daemon = start(server, make_daemon, folder, address)
    folder.rename(moved)
    server.set("/a", rss("Alpha", [article(n) for n in range(31)]))
    daemon.refresh("a")
    wait_for(lambda: daemon.get("/healthz").status == 503, "the lost folder", LONG)
    assert "static files cannot be written: cannot use the folder %s: No such file or directory" % folder in daemon.get("/healthz").body.decode()
    assert daemon.log().count("cannot write static files, will retry") == 1
    moved.rename(folder)
    wait_for(lambda: daemon.get("/healthz").status == 200, "the folder that is back", LONG)
    assert b"Article number 30" in (folder / "feed.atom").read_bytes() and "static files are written again" in daemon.log()


def test_a_file_of_somebody_else_stays(server, make_daemon, site):
    folder, address = site
    (folder / "index.html").write_text("mine")
    server.set("/a", rss("Alpha", [article(1)]))
    daemon = make_daemon("", {"a": server.url("/a")})
    configure(daemon, CONFIG % (daemon.http_path, folder, address))
    daemon.start()
    wait_for(lambda: "export-failed" in daemon.get("/healthz", headers={"Accept": "application/json"}).body.decode(), "the refusal", LONG)
    assert "index.html is not a file that sitrepd has written" in daemon.get("/healthz").body.decode()
    assert (folder / "index.html").read_text() == "mine"


@pytest.mark.skipif(not shutil.which("nginx"), reason="nginx is not installed")
def test_nginx_serves_the_forms(server, make_daemon, site, tmp_path):
    folder, address = site
    start(server, make_daemon, folder, address)
    os.chmod(tmp_path, 0o755)
    listener = tmp_path / "nginx.sock"
    (tmp_path / "nginx.conf").write_text(("user root;" if os.geteuid() == 0 else "") + """
daemon off; pid %(t)s/pid; error_log %(t)s/error.log;
events {}
http {
  include /etc/nginx/mime.types; access_log off; client_body_temp_path %(t)s/body; proxy_temp_path %(t)s/proxy;
  fastcgi_temp_path %(t)s/f; uwsgi_temp_path %(t)s/u; scgi_temp_path %(t)s/s;
  server { listen unix:%(l)s; root %(f)s; gzip_static on; types { application/atom+xml atom; text/html html; } }
}
""" % dict(t=tmp_path, l=listener, f=folder))
    nginx = subprocess.Popen(["nginx", "-c", str(tmp_path / "nginx.conf"), "-e", str(tmp_path / "error.log")])
    try:
        wait_for(listener.exists, "nginx")
        os.chmod(folder, 0o755)
        answer = subprocess.run(["curl", "-sS", "-i", "--compressed", "-H", "Accept-Encoding: gzip", "--unix-socket", listener, "http://x/feed.atom"],
                                stdout=subprocess.PIPE, check=True).stdout
        head, body = answer.split(b"\r\n\r\n", 1)
        assert b"Content-Encoding: gzip" in head and b"application/atom+xml" in head and body == (folder / "feed.atom").read_bytes()
    finally:
        nginx.terminate()
        nginx.wait()
