# SPDX-License-Identifier: ISC
"""The pages in docs/how-to, typed command by command beside a daemon whose folders stand for those of the service.

A command that needs more than that is an example: it stands in EXAMPLES with the reason, and is not run.
"""
import base64
import json
import os
import re
import shutil
import subprocess
import textwrap

import pytest
from harness import BUILD, PATIENCE, TOP, wait_for
from samples import article, rss

PAGES = TOP / "docs/how-to"
PASSWORD = "a planted password"
EXAMPLES = {  # how a command begins: why it is not run here
    "sudo apt install": "this machine keeps its packages",
    "sudo adduser": "this machine keeps its groups",
    "sudo loginctl": "needs a session",
    "systemctl --user": "needs a session; test_examples.py verifies the unit and runs its program",
    "journalctl --user": "needs a session",
    "sitrep tail --event alert --format ntfy": "posts to the public server; test_examples.py runs it with one of its own",
    "sudoedit": "is for a person; test_examples.py runs the file",
    "sudo nginx": "this machine keeps its server; test_examples.py runs the file",
    "sudo scp": "needs a second machine; the file is unpacked on this one",
    "curl -s https://news.example.org/": "needs the public host; test_examples.py looks at the links",
}
FRIGATES = "<p>%sThe frigates left Halden on Monday for a week of drills with two allied navies, the ministry said, and will be " \
    "back at the end of the month, when two of them go into the yard for new radars and a third is handed to the reserve.</p>"


def commands(page):
    """The commands of the indented blocks; a here-document belongs to the line that begins it."""
    blocks = re.findall(r"(?:^    .*\n)+", (PAGES / page).read_text(), re.M)
    return [match[0] for block in blocks for match in re.finditer(r"^.*<<'(\w+)'\n(?:.*\n)*?\1\n|^.+\n", textwrap.dedent(block), re.M)]


def is_example(command):
    return any(command.startswith(example) for example in EXAMPLES)


class Machine:
    """A root folder with the shipped configuration and two feeds, and a user whose commands find this daemon."""

    def __init__(self, folder, daemon, server):
        self.root = folder / "root"
        self.home = folder / "home"
        self.daemon = daemon
        self.server = server
        self.etc = self.root / "etc/sitrepd"
        shutil.copytree(TOP / "etc", self.etc)
        shutil.rmtree(self.etc / "feeds.d")
        (self.root / "root").mkdir()
        (self.root / "var/lib").mkdir(parents=True)
        self.home.mkdir()
        own = daemon.config_path.read_text()
        daemon.config_path = self.etc / "sitrepd.conf"
        daemon.state = self.root / "var/lib/sitrepd"
        shipped = daemon.config_path.read_text()
        assert shipped.count("[http]\nlisten = 127.0.0.1:8484\n") == 1
        daemon.config_path.write_text(shipped.replace("[http]\nlisten = 127.0.0.1:8484\n", own))
        (self.etc / "feeds.d").mkdir()
        self.add_feed("usni", article(1, "Frigates leave Halden", FRIGATES % ""))
        self.add_feed("gazette", article(2, "Frigates leave Halden", FRIGATES % "It was raining. "))
        self.bin = folder / "bin"
        self.bin.mkdir()
        self.add_program("sudo", 'while [ "$1" = -u ]; do shift 2; done; exec "$@"')
        self.add_program("sitrep", 'exec "%s/sitrep" -c "%s" "$@"' % (BUILD, daemon.config_path))
        self.add_program("sitrepd", 'exec "%s/sitrepd" -c "%s" "$@"' % (BUILD, daemon.config_path))

    def add_feed(self, name, item):
        item["link"] = "https://%s.example.org/frigates" % name
        self.server.set("/%s/feed" % name, rss(name.title(), [item], prefix=name))
        (self.etc / "feeds.d" / (name + ".conf")).write_text('[feed "%s"]\nurl = %s\n' % (name, self.server.url("/%s/feed" % name)))

    def add_program(self, name, text):
        (self.bin / name).write_text("#!/bin/sh\n%s\n" % text)
        (self.bin / name).chmod(0o755)

    def here(self, command):
        """A command with the folders, the owner and the feed servers of this machine."""
        command = re.sub(r"(?<= )/(?=etc/sitrepd|var/lib/sitrepd|root/|\s)", "%s/" % self.root, command)
        command = command.replace("/usr/share/doc/sitrepd/examples", str(TOP / "examples"))
        command = re.sub(r" -[og] (?:sitrepd|root)\b", "", command).replace("sitrepd:sitrepd", "%d:%d" % (os.getuid(), os.getgid()))
        return re.sub(r"https://(\w+)\.example\.org/feed", lambda m: self.server.url("/%s/feed" % m[1]), command)

    def type(self, command, input=""):
        """What a command shows."""
        service = re.fullmatch(r"sudo systemctl (start|stop|enable --now|disable --now) sitrepd\n", command)
        if service:
            self.daemon.start() if service[1] in ("start", "enable --now") else self.daemon.stop()
            return ""
        result = subprocess.run(["bash", "-c", self.here(command)], input=input, capture_output=True, text=True, timeout=PATIENCE * 2,
                                cwd=self.home, env=dict(os.environ, PATH="%s:%s" % (self.bin, os.environ["PATH"]), HOME=str(self.home),
                                                        USER="reader", XDG_RUNTIME_DIR="", RUNTIME_DIRECTORY=""))
        assert result.returncode == 0, (command, result.stdout, result.stderr, self.daemon.log()[-2000:])
        return result.stdout + result.stderr

    def follow(self, page, **options):
        """Types a page's commands that are no examples: each with what it shows."""
        return {command: self.type(command, **options) for command in commands(page) if not is_example(command)}


@pytest.fixture
def machine(tmp_path, make_daemon, server):
    m = Machine(tmp_path, make_daemon(), server)
    m.daemon.start()
    wait_for(lambda: [feed["items"] for feed in m.daemon.feeds().values()] == [1, 1], "the first polls")
    return m


def shown(said, begin):
    """What the command that begins like this showed."""
    return next(text for command, text in said.items() if command.startswith(begin))


def test_add_my_readers_list(machine):
    machine.server.set("/navy/feed", rss("Navy", [article(3)]))
    (machine.home / "subscriptions.opml").write_text(
        '<opml version="2.0"><body><outline text="Naval"><outline text="Navy" xmlUrl="%s"/></outline></body></opml>' %
        machine.server.url("/navy/feed"))
    said = machine.follow("add-my-readers-list.md")
    assert "navy" in shown(said, "sudo sitrep reload") and "navy" in shown(said, "sitrep feeds")
    machine.daemon.refresh("navy")
    assert b"Article number 3" in machine.daemon.get("/category/Naval.atom").body


def test_get_alerts_on_my_phone(machine):
    said = machine.follow("get-alerts-on-my-phone.md")
    address = (machine.home / ".config/sitrep-ntfy.env").read_text()
    assert re.fullmatch(r"NTFY_URL=https://ntfy.sh/defense-[0-9a-f]{16}\n", address) and address == shown(said, "echo")
    unit = (machine.home / ".config/systemd/user/sitrep-ntfy.service").read_text()
    assert "EnvironmentFile=%h/.config/sitrep-ntfy.env" in unit
    # what the unit runs is what the page shows
    command = next(line for line in commands("get-alerts-on-my-phone.md") if line.startswith("sitrep tail"))
    assert "ExecStart=/usr/bin/%s --state" % command.strip().replace("https://ntfy.sh/TOPIC", "${NTFY_URL}") in unit


def test_put_it_behind_nginx(machine):
    said = machine.follow("put-it-behind-nginx.md")
    assert "base-url" in shown(said, "sudo sitrep reload")
    assert b'href="https://news.example.org/defense/feed.atom"' in machine.daemon.get("/feed.atom").body
    sample = (TOP / "examples/nginx.conf").read_text()
    assert "server_name news.example.org;" in sample and "location /defense/ {" in sample


def stories(machine):
    """Without links to pages: the daemon's port is another one after a restart."""
    return [(item["id"], item["url"], item["title"]) for item in json.loads(machine.daemon.get("/feed.json").body)["items"]]


def test_back_up_and_restore(machine):
    before = stories(machine)
    machine.follow("back-up-and-restore.md")
    assert stories(machine) == before
    assert all(feed["items"] == 1 for feed in machine.daemon.feeds().values())


def test_move_to_another_machine(machine):
    page = "move-to-another-machine.md"
    cursor = machine.daemon.stream().hello["cursor"]
    for command in commands(page):
        if command.startswith("sudo scp"):  # the new machine has neither
            shutil.rmtree(machine.etc)
            shutil.rmtree(machine.daemon.state)
        elif command != "sudo systemctl stop sitrepd\n":  # it was never started there
            machine.type(command)
    assert all(feed["items"] == 1 for feed in machine.daemon.feeds().values())
    assert machine.daemon.stream().hello["cursor"] == cursor


def test_read_a_feed_with_a_password(machine):
    key = "Basic " + base64.b64encode(b"reader:" + PASSWORD.encode()).decode()
    feed = rss("Members", [article(3)]).encode()

    def answer(handler):
        good = handler.headers["Authorization"] == key
        machine.server.send(handler, 200 if good else 401, {"Content-Type": "application/rss+xml"}, feed if good else b"")

    machine.server.set("/members/feed", "")
    machine.server.routes["/members/feed"]["body"] = answer
    page = "read-a-feed-with-a-password.md"
    said = machine.follow(page, input=PASSWORD + "\n")
    assert "0 failed" in shown(said, "sudo sitrep refresh")
    assert machine.daemon.feeds()["members"]["items"] == 1
    machine.type(commands(page)[0], input="another\n")
    machine.daemon.run("reload")
    refused = machine.daemon.run("refresh", "members", check=False)
    assert refused.returncode == 1 and "401" in refused.stdout + refused.stderr


def test_remove_a_feed_and_its_items(machine):
    said = machine.follow("remove-a-feed-and-its-items.md")
    assert "gazette" in shown(said, "sudo sitrep reload") and "1 item" in shown(said, "sudo sitrep forget"), said
    feed = machine.daemon.get("/feed.json").body
    assert b"usni.example.org/frigates" in feed and b"gazette.example.org" not in feed


def test_why_was_this_grouped(machine):
    said = machine.follow("why-was-this-grouped.md")
    one, two = [text for command, text in said.items() if command.startswith("sitrep why")]
    assert "2 reports of 2 sources" in one and "they are one story" in two and "runs of words shared" in two
    assert "story" in shown(said, "sudo sitrep split") and "story" in shown(said, "sudo sitrep join")
    assert "the operator put it into story" in machine.daemon.run("why", "https://gazette.example.org/frigates").stdout


def test_why_is_this_feed_silent(machine):
    said = machine.follow("why-is-this-feed-silent.md")
    assert "usni" in shown(said, "sitrep feeds usni") and "poll" in shown(said, "sitrep explain")
    assert "nothing new" in shown(said, "sudo sitrep refresh") or "unchanged" in shown(said, "sudo sitrep refresh")
    assert "Frigates leave Halden" in shown(said, "sitrep parse")


def test_each_page_is_tried_and_linked():
    pages = {page.name for page in PAGES.iterdir()}
    assert {"test_" + re.sub(r"-", "_", page[:-3]) for page in pages} <= set(globals())
    assert set(re.findall(r"\(docs/how-to/([\w-]+\.md)\)", (TOP / "README.md").read_text())) == pages
    typed = [command for page in pages for command in commands(page)]
    assert [example for example in EXAMPLES if not any(command.startswith(example) for command in typed)] == []
    links = [(page, link) for page in pages for link in re.findall(r"\]\((?!http)([^)#]+)\)", (PAGES / page).read_text())]
    assert [(page, link) for page, link in links if not (PAGES / link).exists()] == []
