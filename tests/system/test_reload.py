# SPDX-License-Identifier: ISC
"""A reload is whole or not at all, keeps nobody waiting, and is told to whoever asked."""
import json
import os
import resource
import select
import signal
import sqlite3

import pytest

from harness import PATIENCE, TOP, connected, wait_for
from samples import article, rss
from test_service import Manager


class Held:
    """The database's write lock, taken from outside: the writer's thread waits for it."""

    def __init__(self, daemon):
        self.db = sqlite3.connect(str(daemon.state / "sitrepd.db"), isolation_level=None, timeout=PATIENCE)
        self.db.execute("BEGIN IMMEDIATE")

    def release(self):
        self.db.execute("ROLLBACK")
        self.db.close()


class Asked:
    """A command on its way, whose answer is read later."""

    def __init__(self, daemon, **request):
        self.socket = connected(daemon.control_path)
        self.file = self.socket.makefile("rb")
        self.socket.sendall(json.dumps(request).encode() + b"\n")

    def answers(self):
        got = []
        while not got or not ("done" in got[-1] or "error" in got[-1]):
            got.append(json.loads(self.file.readline()))
        return got

    def close(self):
        self.file.close()
        self.socket.close()


@pytest.fixture
def desk(server, make_daemon):
    for name in "abc":
        server.set("/" + name, rss(name.upper(), [article(ord(name))]))
    daemon = make_daemon('[alert "old"]\nmatch = frigate\n[output "all"]\nmatch = squadron OR frigate',
                         dict(a=server.url("/a"), b=server.url("/b"))).first_polls(state="ok")
    return daemon


def outward(daemon):
    """What readers and operators see."""
    feeds = {name: (f["url"], f["title"], f["items"]) for name, f in daemon.feeds().items()}
    return feeds, {path: daemon.get(path).body for path in ("/feed.atom", "/output/all.json", "/alert/old.json")}, \
        daemon.get("/alert/new.json").status


def alerts_raised(daemon):
    details = [json.loads(d) for d, in daemon.stored("SELECT detail FROM event WHERE detail IS NOT NULL ORDER BY cursor")]
    return [d["alert"]["name"] for d in details if "alert" in d]


def assert_old_rules_hold(server, daemon, what):
    """The old alert is raised by the next news, and the new one is not."""
    stream = daemon.stream()
    server.set("/a", rss("A", [article(ord("a")), article(7, title="A frigate and a submarine meet " + what)]))
    daemon.control(op="refresh", feed="a")
    assert stream.read_until("alert")["alert"]["name"] == "old"
    assert alerts_raised(daemon) == ["old"]


def fresh_config(server):
    return '[alert "new"]\nmatch = submarine\n[output "all"]\nmatch = submarine', \
        dict(a=dict(url=server.url("/a"), title="Renamed"), c=server.url("/c"))


def spoil_mistake(daemon, server):
    config, feeds = fresh_config(server)
    daemon.write_config(config + "\n[alert \"broken\"]\nmatch = (unclosed", feeds)


def spoil_key(daemon, server):
    config, feeds = fresh_config(server)
    feeds["c"] = dict(url=feeds["c"], **{"client-key": str(daemon.folder / "nowhere")})
    daemon.write_config(config, feeds)


def spoil_include(daemon, server):
    config, feeds = fresh_config(server)
    daemon.write_config("include = nowhere.conf\n" + config, feeds)


def spoil_file(daemon, server):
    daemon.config_path.unlink()


@pytest.mark.parametrize("spoil", [spoil_mistake, spoil_key, spoil_include, spoil_file])
def test_a_refused_reload_changes_nothing(server, desk, spoil):
    before = outward(desk)
    spoil(desk, server)
    answers = desk.control(op="reload")
    assert "error" in answers[-1] and not any("changes" in a for a in answers), answers
    assert outward(desk) == before
    assert "keeping the current configuration" in desk.log() and "change=" not in desk.log()
    assert_old_rules_hold(server, desk, "after a refusal")


def test_a_full_disk_changes_nothing(server, make_daemon):
    """No file of the daemon may grow: the transaction fails after everything else was prepared."""
    server.set("/a", rss("A", [article(ord("a"))]))
    server.set("/c", rss("C", [article(ord("c"))]))
    desk = make_daemon('[alert "old"]\nmatch = frigate\n[output "all"]\nmatch = squadron OR frigate',
                       dict(a=server.url("/a"))).first_polls(state="ok")
    before = outward(desk)
    desk.write_config(*fresh_config(server))
    pid = desk.process.pid
    limits = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (1, limits[1]))
    refused = desk.run("reload", check=False)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, limits)
    assert refused.returncode != 0 and "added" not in refused.stdout + refused.stderr, refused
    assert outward(desk) == before
    wait_for(lambda: desk.get("/healthz").status == 200, "writing to go on")
    assert_old_rules_hold(server, desk, "after a full disk")
    told = desk.run("reload").stdout
    assert "feed c added" in told and 'alert new added' in told.replace('"', ""), told
    wait_for(lambda: desk.feeds()["c"]["state"] == "ok", "the new feed")


def test_the_loop_goes_on_while_a_reload_waits(server, desk):
    desk.write_config(*fresh_config(server))
    before = outward(desk)
    held = Held(desk)
    reload = Asked(desk, op="reload")
    wait_for(lambda: "reloading the configuration" in desk.log(), "the reload to begin")
    # Everything answers, and by the old configuration.
    assert outward(desk) == before
    stream = desk.stream(dict(since="0"))
    assert stream.read_until("new")["item"]["feed"] in "ab"
    assert desk.control(op="status")[-1] == {"done": True}
    assert "configuration reloaded" not in desk.log()
    held.release()
    answers = reload.answers()
    assert answers[-1] == {"done": True} and any("feed c" in line for line in answers[0]["changes"]), answers
    assert set(desk.feeds()) == {"a", "c"} and desk.feeds()["a"]["title"] == "Renamed"
    assert stream.read_until("new")["item"]["feed"] in "abc"
    reload.close()


def test_reloads_meanwhile_are_one_more(server, desk):
    """What is asked for while one waits reads the files after it; many who ask are answered by one."""
    held = Held(desk)
    first = Asked(desk, op="reload")
    wait_for(lambda: "configuration is read" in desk.log(), "the files to be read")
    config, feeds = fresh_config(server)
    desk.write_config(config, feeds)  # too late for the first
    later = [Asked(desk, op="reload") for _ in range(3)]
    gone = Asked(desk, op="reload")
    for _ in range(3):
        desk.process.send_signal(signal.SIGHUP)
    for asked in later:  # the line before was read
        asked.socket.sendall(b'{"op":"status"}\n')
        while "status" not in json.loads(asked.file.readline()):
            pass
        assert json.loads(asked.file.readline()) == {"done": True}
    gone.close()
    crowd = [Asked(desk, op="reload") for _ in range(20)]  # places for fifteen people beside the first
    sockets = [c.socket for c in crowd]
    wait_for(lambda: len(select.select(sockets, [], [], 0)[0]) == 9, "those who are too many")
    held.release()
    assert first.answers() == [{"changes": []}, {"done": True}]
    for asked in later:
        assert any("feed c" in line for line in asked.answers()[0]["changes"])
    told = [asked.answers()[-1] for asked in crowd]
    assert sum("wait already" in t.get("error", "") for t in told) == 9 and told.count({"done": True}) == 11
    for asked in later + crowd + [first]:
        asked.close()
    wait_for(lambda: desk.log().count("configuration reloaded") == 2, "the second reload")
    assert "SIGHUP" in desk.log()
    assert set(desk.feeds()) == {"a", "c"}


def test_an_end_while_a_reload_waits(server, desk):
    held = Held(desk)
    desk.write_config(*fresh_config(server))
    reload = Asked(desk, op="reload")
    wait_for(lambda: "reloading the configuration" in desk.log(), "the reload to begin")
    desk.process.send_signal(signal.SIGTERM)
    assert reload.file.readline() == b""  # no word of success
    held.release()
    reload.close()
    desk.restart()
    assert set(desk.feeds()) == {"a", "c"}


def test_a_poll_under_way_goes_on(server, desk):
    """A feed that stays keeps its poll; one that leaves, or gets another address, is not given what the old one brings."""
    arrived, go_on = [], []

    def slowly(handler):
        arrived.append(handler.path)
        wait_for(lambda: go_on, "the reload")
        try:
            handler.send_response(200)
            handler.send_header("Content-Type", "application/rss+xml")
            handler.end_headers()
            handler.wfile.write(rss("Slow", [article(50 + ord(handler.path[1]))]).encode())
        except OSError:
            pass
        handler.close_connection = True

    for name in "ab":
        server.set("/" + name, slowly)
    asked = Asked(desk, op="refresh")
    try:
        wait_for(lambda: len(arrived) == 2, "both polls")
        desk.reload("", dict(a=server.url("/a"), c=server.url("/c")))
    finally:
        go_on.append(True)
    wait_for(lambda: desk.feeds()["a"]["items"] == 2, "the poll that was under way")
    wait_for(lambda: desk.feeds()["c"]["items"] == 1, "the new feed")
    assert set(desk.feeds()) == {"a", "c"}
    assert desk.stored("SELECT items FROM feed WHERE name = 'b'") == [(1,)]
    asked.close()


def test_every_reload_is_logged_alike(server, desk):
    desk.reload(*fresh_config(server))
    line = [x for x in desk.log().splitlines() if "configuration reloaded" in x][-1]
    assert "uid %d" % os.getuid() in line and "pid " in line, line
    assert "feed c added" in desk.log() and "feed b removed" in desk.log()
    spoil_mistake(desk, server)
    desk.process.send_signal(signal.SIGHUP)
    wait_for(lambda: "keeping the current configuration" in desk.log(), "the refusal")
    line = [x for x in desk.log().splitlines() if "keeping the current configuration" in x][-1]
    assert "SIGHUP" in line and "mistake" in line, line


def test_the_service_manager_hears_of_every_reload(server, make_daemon, tmp_path, monkeypatch):
    """ExecReload of the unit is a command that fails when the configuration is refused."""
    unit = (TOP / "systemd/sitrepd.service").read_text()
    command, = [x.split("=", 1)[1].split() for x in unit.splitlines() if x.startswith("ExecReload=")]
    assert command == ["@bindir@/sitrep", "--config", "@sysconfdir@/sitrepd.conf", "reload"]
    manager = Manager(tmp_path)
    monkeypatch.setenv("NOTIFY_SOCKET", manager.path)
    server.set("/a", rss("A", [article(1)]))
    server.set("/c", rss("C", [article(3)]))
    daemon = make_daemon("", dict(a=server.url("/a"))).start(wait=False)
    manager.wait("READY=1")

    daemon.write_config("", dict(a=server.url("/a"), c=server.url("/c")))
    assert daemon.run(*command[3:]).returncode == 0
    assert "MONOTONIC_USEC=" in manager.wait("RELOADING=1")
    manager.wait("READY=1")
    daemon.write_config("", dict(a="ftp://nowhere"))
    refused = daemon.run(*command[3:], check=False)
    assert refused.returncode != 0 and "ftp" in refused.stderr and refused.stdout == ""
    manager.wait("RELOADING=1")
    manager.wait("READY=1")
    daemon.stop()
    assert daemon.run("reload", check=False).returncode != 0


# ---- rules and what is stored ----

def titles(daemon, path):
    answer = daemon.get(path)
    assert answer.status == 200, (path, answer.status)
    return [item["title"] for item in json.loads(answer.body)["items"]]


def rules(output, alert):
    return '[output "o"]\nmatch = %s\n[alert "a"]\nmatch = %s\n' % (output, alert)


def stored(server, make_daemon, config, count=30):
    """Half of the items are of frigates, half of submarines; one word is parted by markup."""
    server.set("/a", rss("A", [article(n, title="A %s numbered %d sails" % ("frigate" if n % 2 else "submarine", n),
                                       text="<p>The vessel <b>miss</b>ion number %d of its kind goes to sea.</p>" % n)
                               for n in range(count)]))
    daemon = make_daemon(config, dict(a=server.url("/a"))).first_polls(items=count)
    return daemon


def test_a_changed_rule_is_applied_to_what_is_stored(server, make_daemon):
    daemon = stored(server, make_daemon, rules("frigate", "submarine"))
    assert len(titles(daemon, "/output/o.json")) == 15
    assert all("frigate" in t for t in titles(daemon, "/output/o.json"))
    daemon.reload(rules("submarine", "mission AND frigate") + '[output "late"]\nmatch = feed:a AND "vessel mission"',
                        dict(a=server.url("/a")))
    # from the first moment none of the old rule's, soon all of the new one's, newest first
    assert not any("frigate" in t for t in titles(daemon, "/output/o.json"))
    wait_for(lambda: len(titles(daemon, "/output/o.json")) == 15, "the changed output")
    wait_for(lambda: len(titles(daemon, "/alert/a.json")) == 15, "the changed alert")
    wait_for(lambda: len(titles(daemon, "/output/late.json")) == 30, "the new output")
    assert all("submarine" in t for t in titles(daemon, "/output/o.json"))
    assert all("frigate" in t for t in titles(daemon, "/alert/a.json"))
    assert alerts_raised(daemon) == []
    # and the next news is seen by the new rules
    server.set("/a", rss("A", [article(99, title="Another frigate on a mission")]))
    stream = daemon.stream()
    daemon.refresh("a")
    assert stream.read_until("alert")["alert"]["name"] == "a"
    assert alerts_raised(daemon) == ["a"] and len(titles(daemon, "/alert/a.json")) == 16
    # what is gone leaves nothing behind
    daemon.reload("", dict(a=server.url("/a")))
    assert daemon.get("/output/o.json").status == 404
    wait_for(lambda: daemon.stored("SELECT count(*) FROM rule_match") == [(0,)], "the matches of rules that are gone to go")


def test_a_rule_that_changes_over_a_restart(server, make_daemon):
    daemon = stored(server, make_daemon, rules("frigate", "frigate"))
    daemon.stop()
    daemon.write_config(rules("submarine", "frigate"), dict(a=server.url("/a")))
    daemon.start()
    assert not any("frigate" in t for t in titles(daemon, "/output/o.json"))
    wait_for(lambda: len(titles(daemon, "/output/o.json")) == 15, "the changed output")
    assert len(titles(daemon, "/alert/a.json")) == 15  # as it was
    # and back, while the first one's matches may still be there
    daemon.reload(rules("frigate", "frigate"), dict(a=server.url("/a")))
    assert not any("submarine" in t for t in titles(daemon, "/output/o.json"))
    wait_for(lambda: len(titles(daemon, "/output/o.json")) == 15, "the output as it was")
    assert alerts_raised(daemon) == []


def test_a_document_under_way_meets_the_new_rules(server, make_daemon):
    """What was matched by the old rules when they changed is matched by the new ones all the same."""
    daemon = stored(server, make_daemon, rules("frigate", "frigate"), count=2)
    server.set("/a", rss("A", [article(50 + n, title="A %s turns back" % ("frigate" if n % 2 else "submarine"),
                                       text="<p>Of number %d no more is known than that.</p>" % n)
                               for n in range(2)]))
    held = Held(daemon)
    refresh = Asked(daemon, op="refresh")
    wait_for(lambda: daemon.control(op="status")[0]["status"]["now"]["writing"] == 1,
             "the document to wait for the writer")
    daemon.write_config(rules("submarine", "frigate") + '[output "late"]\nmatch = turns', dict(a=server.url("/a")))
    reload = Asked(daemon, op="reload")
    wait_for(lambda: "reloading" in daemon.log(), "the reload")
    held.release()
    assert reload.answers()[-1] == {"done": True}
    wait_for(lambda: len(titles(daemon, "/output/o.json")) == 2, "the changed output")
    wait_for(lambda: len(titles(daemon, "/output/late.json")) == 2, "the new output")
    assert all("submarine" in t for t in titles(daemon, "/output/o.json"))
    reload.close()
    refresh.close()


def test_a_kill_while_rules_are_applied(server, make_daemon):
    daemon = stored(server, make_daemon, rules("frigate", "frigate"), count=400)
    daemon.write_config(rules("vessel", "frigate"), dict(a=server.url("/a")))

    def done():
        """Matches and their stories, once all stored items were matched."""
        return daemon.stored("SELECT count(*), count(DISTINCT story_id) FROM rule_match m JOIN rule r ON r.rule_key = m.rule_key"
                             " WHERE r.name = 'output/o' AND r.from_id IS NULL")[0]

    daemon.run("reload")
    wait_for(lambda: done()[0] > 0, "all matches")
    whole = done()
    assert whole[0] > 250
    daemon.kill()
    with sqlite3.connect(str(daemon.state / "sitrepd.db")) as db:  # as if it had come half way
        db.execute("UPDATE rule SET from_id = 201 WHERE name = 'output/o'")
        db.execute("DELETE FROM rule_match WHERE item_id < 201 AND rule_key LIKE 'output/o#%'")
    daemon.start()
    wait_for(lambda: done()[0] > 0, "the rest")
    assert done() == whole
    assert alerts_raised(daemon) == []
