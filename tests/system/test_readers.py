# SPDX-License-Identifier: ISC
"""The merged feeds in readers that people use: newsboat, sfeed, rss2email and RSS Guard read what the daemon serves on
loopback.

RSS Guard reads all three outputs.  The others, as Debian 12 has them, read Atom and RSS, and no JSON Feed.
"""
import contextlib
import email
import email.policy
import json
import os
import re
import shutil
import sqlite3
import subprocess

import pytest

from harness import PATIENCE, wait_for
from samples import article, atom, rss

FORMATS = ("atom", "rss")


def desk(server, make_daemon):
    """Two outlets of one name, and a third that runs a story of the first."""
    articles = [article(n) for n in range(3)]
    articles[1]["title"] = "Frigates & AT&T: \"quotes\" don't hurt"
    server.set("/a", rss("World", articles, "gazette"))
    server.set("/b", atom("Strait Watch", [dict(articles[1], link="http://strait.example/1")], "strait"))
    server.set("/c", rss("World", [article(7)], "post"))
    daemon = make_daemon("title = Night desk", {name: server.url("/" + name) for name in "abc"}).first_polls(state="ok")
    return daemon, articles


def change_headline(server, daemon, articles):
    before = daemon.get("/feed.atom").headers["ETag"]
    articles[0] = dict(articles[0], title="A headline that was written anew over the same report")
    server.set("/a", rss("World", articles, "gazette"))
    daemon.refresh("a")
    wait_for(lambda: articles[0]["title"] in daemon.get("/feed.atom").body.decode(), "the new headline")
    assert daemon.get("/feed.atom").headers["ETag"] != before


def base_of(daemon):
    return re.search(r"page=(http://127\.0\.0\.1:\d+)", daemon.log())[1]


def by_title(daemon):
    return {i["title"]: i for i in json.loads(daemon.get("/feed.json").body)["items"]}


OUTLETS = {0: ["World (gazette.example)"], 1: ["World (gazette.example)", "Strait Watch"], 2: ["World (gazette.example)"],
           7: ["World (post.example)"]}


def assert_outlets(texts, articles):
    """texts: what a reader shows, by title."""
    titles = {n: articles[n]["title"] for n in range(3)}
    titles[7] = article(7)["title"]
    assert sorted(texts) == sorted(titles.values())
    for n, title in titles.items():
        assert texts[title].count("Outlet: ") == 1
        for outlet in OUTLETS[n]:
            assert texts[title].count(outlet) == 1
        assert ("Also reported by" in texts[title]) == (n == 1)
        assert "/story/" in texts[title]


def newsboat(tmp_path, url):
    """[(guid, title, link, text)] of the feed after a reload, and what newsboat had to say."""
    home = tmp_path / "newsboat"
    home.mkdir(exist_ok=True)
    (home / "urls").write_text(url + "\n")
    (home / "config").write_text("error-log %s\n" % (home / "errors"))
    subprocess.run(["newsboat", "-u", home / "urls", "-c", home / "cache.db", "-C", home / "config", "-x", "reload"], check=True,
                   capture_output=True, timeout=PATIENCE, env=dict(os.environ, HOME=str(home)))
    with sqlite3.connect(home / "cache.db") as db:
        rows = db.execute("SELECT guid, title, url, content FROM rss_item ORDER BY guid").fetchall()
    return rows, (home / "errors").read_text() if (home / "errors").exists() else ""


@pytest.mark.parametrize("form", FORMATS)
def test_newsboat(server, make_daemon, tmp_path, form):
    daemon, articles = desk(server, make_daemon)
    first, _ = newsboat(tmp_path, "%s/feed.%s" % (base_of(daemon), form))
    assert_outlets({title: text for _, title, _, text in first}, articles)
    assert {link for _, _, link, _ in first} == {i["url"] for i in by_title(daemon).values()}
    change_headline(server, daemon, articles)
    again, _ = newsboat(tmp_path, "%s/feed.%s" % (base_of(daemon), form))
    assert [row[0] for row in again] == [row[0] for row in first]
    assert_outlets({title: text for _, title, _, text in again}, articles)


def test_newsboat_and_json(server, make_daemon, tmp_path):
    """A newsboat that knows no JSON Feed, such as 2.21, says that it found no XML; one that does shows the entries."""
    daemon, articles = desk(server, make_daemon)
    rows, errors = newsboat(tmp_path, base_of(daemon) + "/feed.json")
    if rows:
        assert_outlets({title: text for _, title, _, text in rows}, articles)
    else:
        assert "XML root node is NULL" in errors


def sfeed(body):
    """[(id, title, link, text)] of the lines that sfeed writes."""
    lines = subprocess.run(["sfeed"], input=body, capture_output=True, check=True, timeout=PATIENCE).stdout.decode().splitlines()
    fields = [line.split("\t") for line in lines]
    assert all(f[4] == "html" for f in fields)
    return sorted((f[5], f[1], f[2], f[3]) for f in fields)


@pytest.mark.parametrize("form", FORMATS)
def test_sfeed(server, make_daemon, form):
    daemon, articles = desk(server, make_daemon)
    first = sfeed(daemon.get("/feed." + form).body)
    assert_outlets({title: text for _, title, _, text in first}, articles)
    change_headline(server, daemon, articles)
    again = sfeed(daemon.get("/feed." + form).body)
    assert [row[0] for row in again] == [row[0] for row in first]
    assert_outlets({title: text for _, title, _, text in again}, articles)


class Mailer:
    """rss2email that writes into a mail folder."""

    def __init__(self, home):
        self.home = home
        for folder in ("new", "cur", "tmp"):
            (home / "Mail" / "INBOX" / folder).mkdir(parents=True)
        self.run("new", "desk@example.org")
        config = (home / "config").read_text()
        config = config.replace("email-protocol = sendmail", "email-protocol = maildir").replace("html-mail = False", "html-mail = True")
        (home / "config").write_text(re.sub("maildir-path = .*", "maildir-path = %s" % (home / "Mail"), config))

    def run(self, *words):
        return subprocess.run(["r2e", "-c", self.home / "config", "-d", self.home / "data.json", *words], check=True, capture_output=True,
                              timeout=PATIENCE, env=dict(os.environ, HOME=str(self.home)))

    def mails(self):
        found = [email.message_from_bytes(p.read_bytes(), policy=email.policy.default) for p in (self.home / "Mail").rglob("*") if p.is_file()]
        return {m["Subject"]: m.get_body(("html", "plain")).get_content() for m in found}


@pytest.mark.parametrize("form", FORMATS)
def test_rss2email(server, make_daemon, tmp_path, form):
    daemon, articles = desk(server, make_daemon)
    mailer = Mailer(tmp_path)
    mailer.run("add", "desk", "%s/feed.%s" % (base_of(daemon), form))
    mailer.run("run")
    first = mailer.mails()
    assert_outlets(first, articles)
    change_headline(server, daemon, articles)
    mailer.run("run")
    assert mailer.mails() == first


# A desktop program takes long to start on a busy machine.
STARTED_WITHIN_S = 90
# Kinds of feeds as RSS Guard numbers them.
RSSGUARD_KINDS = {"rss": 1, "atom": 3, "json": 4}
RSSGUARD_CONFIG = """[feeds]
feeds_update_on_startup=true
feeds_update_on_startup_delay=1
[main]
first_run=false
"""


class RssGuard:
    """RSS Guard without a screen: it reads its feeds when it starts.  The feed is put into its database, as there is no
    option for that."""

    def __init__(self, home, url, form):
        if shutil.which("rssguard") is None:
            pytest.skip("rssguard is not installed")
        self.home = home
        self.database = home / "data/database/database.db"
        (home / "data/config").mkdir(parents=True)
        (home / "data/config/config.ini").write_text(RSSGUARD_CONFIG)
        with self.running():
            wait_for(lambda: all(self.select("SELECT count(*) FROM " + table) for table in ("Information", "Accounts", "Feeds",
                                                                                            "Messages")),
                     "RSS Guard's database", STARTED_WITHIN_S)
        with sqlite3.connect(self.database) as db:
            db.execute("INSERT INTO Accounts(id, type) VALUES(1, 'std-rss')")
            db.execute("INSERT INTO Feeds(id, title, date_created, category, source, update_type, account_id, custom_id, custom_data)"
                       " VALUES(1, 'desk', 0, -1, ?, 1, 1, '1', ?)",
                       (url, json.dumps(dict(type=RSSGUARD_KINDS[form], encoding="UTF-8", source_type=0))))

    @contextlib.contextmanager
    def running(self):
        environment = dict(os.environ, HOME=str(self.home), XDG_RUNTIME_DIR=str(self.home), QT_QPA_PLATFORM="offscreen",
                           QTWEBENGINE_DISABLE_SANDBOX="1")
        with open(self.home / "log", "ab") as log:
            process = subprocess.Popen(["rssguard", "-d", self.home / "data"], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                       env=environment)
        try:
            yield
        finally:
            process.terminate()
            process.wait(timeout=STARTED_WITHIN_S)

    def select(self, query):
        try:
            with contextlib.closing(sqlite3.connect("file:%s?mode=ro" % self.database, uri=True)) as db:
                return db.execute(query).fetchall()
        except sqlite3.OperationalError:
            return []  # not made yet, or being written

    def read(self, ready):
        """[(id, title, link, text)] once ready(titles)."""
        def rows():
            found = self.select("SELECT custom_id, title, url, contents FROM Messages ORDER BY custom_id")
            return found if ready({row[1] for row in found}) else None
        with self.running():
            return wait_for(rows, "RSS Guard to show the entries", STARTED_WITHIN_S)


@pytest.mark.parametrize("form", sorted(RSSGUARD_KINDS))
def test_rssguard(server, make_daemon, tmp_path, form):
    daemon, articles = desk(server, make_daemon)
    reader = RssGuard(tmp_path, "%s/feed.%s" % (base_of(daemon), form), form)
    first = reader.read(lambda titles: len(titles) == 4)
    assert_outlets({title: text for _, title, _, text in first}, articles)
    assert {link for _, _, link, _ in first} == {i["url"] for i in by_title(daemon).values()}
    change_headline(server, daemon, articles)
    again = reader.read(lambda titles: articles[0]["title"] in titles)
    assert [row[0] for row in again] == [row[0] for row in first]
    assert_outlets({title: text for _, title, _, text in again}, articles)
