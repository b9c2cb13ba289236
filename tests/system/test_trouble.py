# SPDX-License-Identifier: ISC
"""Bad input and bad surroundings: each costs its own feed, and start-up says in one line what is wrong."""
import gzip
import json
import os
import pathlib
import signal
import socket
import subprocess
import time

import pytest

from harness import BUILD, PATIENCE, TOP, connected, free_port, sitrep, wait_for
from samples import article, rss


def slow_answer(handler):
    """Headers, then a byte now and then, for longer than any timeout of the test."""
    handler.send_response(200)
    handler.send_header("Content-Type", "application/rss+xml")
    handler.end_headers()
    try:
        for _ in range(600):
            handler.wfile.write(b" ")
            handler.wfile.flush()
            time.sleep(0.1)  # this is the misbehaviour, not a wait of the test
    except OSError:
        pass


def endless_answer(handler):
    handler.send_response(200)
    handler.end_headers()
    try:
        while True:
            handler.wfile.write(b"<x>" * 10000)
    except OSError:
        pass


def test_each_failure_has_its_reason_and_the_rest_goes_on(server, make_daemon):
    server.set("/good", rss("Good", [article(1)]))
    server.set("/slow", slow_answer)
    server.set("/endless", endless_answer)
    server.set("/page", "<!DOCTYPE html><html><head><title>Down for maintenance</title></head><body>x</body></html>", "text/html")
    server.set("/empty", "")
    server.set("/error", "x", status=500)
    server.set("/gone", "x", status=410)
    server.set("/bomb", gzip.compress(b"\0" * 50_000_000), headers={"Content-Encoding": "gzip"})
    server.set("/loop", "", status=302, headers={"Location": "/loop"})
    server.set("/inward", "", status=302, headers={"Location": "http://169.254.169.254/latest/meta-data/"})
    paths = ("good", "slow", "endless", "page", "empty", "error", "gone", "bomb", "loop", "inward", "missing")
    feeds = {p: dict(url=server.url("/" + p)) for p in paths}
    feeds["slow"]["timeout"] = "1s"
    feeds["refused"] = "http://127.0.0.1:%d/" % free_port()
    feeds["private"] = "http://192.168.3.4/feed"
    daemon = make_daemon("[fetch]\nallow = 127.0.0.0/8\nmax-body = 1M\nper-host = 32", feeds).start()
    daemon.refresh()
    states = daemon.feeds()
    expected = dict(slow=("timeout", "too-slow"), endless=("too-large",), page=("not-a-feed",), empty=("empty",),
                    error=("http",), bomb=("too-large",), loop=("redirect",), inward=("forbidden",), missing=("http",),
                    refused=("connect",), private=("forbidden",))
    for name, failures in expected.items():
        assert states[name]["state"] == "failing", name
        assert states[name]["failure"] in failures, (name, states[name])
        assert states[name]["reason"] and states[name]["due"]
    assert states["gone"]["state"] == "gone"
    assert "maintenance" in states["page"]["reason"] and "404" in states["missing"]["reason"]
    assert states["good"]["state"] == "ok" and states["good"]["items"] == 1
    table = daemon.run("feeds").stdout
    assert "404" in table and "failing" in table
    # told once per change of state, not once per poll
    daemon.refresh("missing")
    daemon.refresh("missing")
    assert sum("feed=missing" in line for line in daemon.log().splitlines()) == 1
    # what a person asks for counts no failure
    assert daemon.feeds()["missing"]["errors"] == 1
    server.set("/missing", rss("Back", [article(2)]))
    daemon.refresh("missing")
    assert daemon.feeds()["missing"]["state"] == "ok"
    assert any("recovered" in line and "feed=missing" in line for line in daemon.log().splitlines())


def test_a_feed_that_lost_its_items_is_failing_until_they_are_back(server, make_daemon):
    """But one that is empty when nothing happens is no trouble: not from the first, and not the second time."""
    server.set("/lost", rss("Lost", [article(1)]))
    daemon = make_daemon("", dict(lost=server.url("/lost"), quiet=server.set("/quiet", rss("Quiet", [])))).first_polls(polls=1)
    assert daemon.feeds()["quiet"]["state"] == "ok"
    server.set("/lost", rss("Lost", []))
    daemon.refresh()
    daemon.refresh()
    lost = daemon.feeds()["lost"]
    assert (lost["state"], lost["failure"], lost["errors"]) == ("failing", "empty", 1)
    assert lost["reason"] == "the feed had items, and now has none"
    assert daemon.feeds()["quiet"]["state"] == "ok"
    daemon.restart()
    server.set("/lost", rss("Lost", [article(2)]))
    daemon.refresh("lost")
    assert daemon.feeds()["lost"]["state"] == "ok" and daemon.feeds()["lost"]["items"] == 2
    server.set("/lost", rss("Lost", []))
    daemon.refresh("lost")
    assert daemon.feeds()["lost"]["state"] == "ok"


def test_due_times_survive_a_restart(server, make_daemon):
    daemon = make_daemon("", dict(a=dict(url=server.set("/a", rss("A", [article(1)])), interval="1h"))).first_polls(state="ok")
    due = daemon.feeds()["a"]["due"]
    daemon.restart()
    assert daemon.feeds()["a"]["due"] == due and server.count("/a") == 1


def test_many_new_feeds_are_no_burst(server, make_daemon):
    feeds = {"f%d" % n: server.url("/f%d" % n) for n in range(500)}
    daemon = make_daemon("[poll]\ndefault = 30m", feeds).start()
    due = sorted(f["due"] for f in daemon.feeds().values())
    assert due[0] < due[len(due) // 2] < due[-1]
    assert len(server.requests) < 100


def test_a_long_list_of_feeds_comes_in_pieces(make_daemon, server):
    """Each is written in a turn of its own; who does not read them is waited for, and may go."""
    names = ["f%04d" % i for i in range(2500)]
    daemon = make_daemon("", {name: dict(url=server.url("/" + name), title="x" * 400) for name in names})
    daemon.start()
    daemon.control(op="pause")
    lines = daemon.control(op="feeds")
    assert [f["name"] for line in lines[:-1] for f in line["feeds"]] == names
    assert max(len(line["feeds"]) for line in lines[:-1]) < 500
    assert len(daemon.run("feeds").stdout.splitlines()) == len(names) + 1
    with connected(daemon.control_path) as slow:
        slow.sendall(b'{"op":"feeds"}\n')
        assert daemon.control(op="status")[-1] == {"done": True}
        slow.sendall(b'{"op":"status"}\n')
        got = [json.loads(line) for _, line in zip(range(len(lines) + 1), slow.makefile("rb"))]
        assert [f["name"] for line in got for f in line.get("feeds", [])] == names
        assert [line["error"] for line in got if "error" in line] == ["the list of feeds is not at its end yet"]
    with connected(daemon.control_path) as gone:
        gone.sendall(b'{"op":"feeds"}\n')
    assert list(daemon.feeds()) == names


def test_reload(server, make_daemon):
    for name in "abc":
        server.set("/" + name, rss(name.upper(), [article(ord(name))]))
    daemon = make_daemon("", dict(a=server.url("/a"), b=server.url("/b"))).first_polls(state="ok")
    stream = daemon.stream()
    asked = server.count("/a")

    daemon.write_config('[alert "x"]\nmatch = (unclosed', dict(a=server.url("/a"), c=dict(url="ftp://x", intervall="1h")))
    daemon.process.send_signal(signal.SIGHUP)
    wait_for(lambda: "keeping the current configuration" in daemon.log(), "the refusal")
    log = daemon.log()
    assert "intervall" in log and "interval" in log and "ftp" in log and "match" in log
    assert set(daemon.feeds()) == {"a", "b"}

    answer = daemon.reload('[alert "x"]\nmatch = squadron', dict(a=server.url("/a"), c=server.url("/c"))).stdout
    assert "feed c" in answer and "added" in answer and "feed b" in answer and "removed" in answer
    assert daemon.run("reload").stdout == "no changes\n"  # as after an edit of another file
    wait_for(lambda: daemon.feeds()["c"]["state"] == "ok", "the new feed")
    assert set(daemon.feeds()) == {"a", "c"} and server.count("/a") == asked
    assert stream.read_until("new")["item"]["feed"] == "c"  # the same connection as before


def test_killed_worker_is_replaced(server, make_daemon):
    daemon = make_daemon("[parse]\nworkers = 2", dict(a=server.set("/a", rss("A", [article(1)])))).first_polls(state="ok")
    children = worker_pids(daemon)
    assert len(children) == 2
    for pid in children:
        os.kill(pid, signal.SIGKILL)
    wait_for(lambda: len(worker_pids(daemon)) == 2 and not set(worker_pids(daemon)) & set(children), "new workers")
    server.set("/a", rss("A", [article(1), article(2)]))
    daemon.refresh("a")
    assert daemon.feeds()["a"]["state"] == "ok" and daemon.feeds()["a"]["items"] == 2


def worker_pids(daemon):
    with open("/proc/%d/task/%d/children" % (daemon.process.pid, daemon.process.pid)) as f:
        return [int(pid) for pid in f.read().split()]


def test_worker_cannot_leave_its_sandbox():
    probe = subprocess.run([str(BUILD / "sitrep-parse"), "--probe"], capture_output=True, text=True)
    assert probe.returncode == 0, probe.stdout + probe.stderr


def test_workers_have_nothing_open_but_their_socket(server, make_daemon):
    daemon = make_daemon("", dict(a=server.url("/a"))).start()
    for pid in worker_pids(daemon):
        targets = [os.readlink("/proc/%d/fd/%s" % (pid, fd)) for fd in os.listdir("/proc/%d/fd" % pid)]
        assert sum(t.startswith("socket:") for t in targets) == 1
        assert not any("sitrepd.db" in t for t in targets), targets
        with open("/proc/%d/status" % pid) as f:
            status = f.read()
        assert "Seccomp:\t2" in status and "NoNewPrivs:\t1" in status


def fails_to_start(daemon, **options):
    daemon.start(wait=False, **options)
    status = daemon.process.wait(timeout=60)
    daemon.process = None
    lines = [line for line in daemon.log().splitlines() if "error" in line]
    assert status == 1 and len(lines) == 1, (status, daemon.log())
    return lines[0]


def test_port_in_use(make_daemon):
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        s.listen()
        daemon = make_daemon("", {})
        daemon.config_path.write_text(daemon.config_path.read_text().replace("127.0.0.1:0", "127.0.0.1:%d" % s.getsockname()[1]))
        told = fails_to_start(daemon)
        name = pathlib.Path("/proc/self/comm").read_text().strip()
        assert "in use by %s (process %d); end that, or change [http] listen" % (name, os.getpid()) in told
    assert not (daemon.state / "sitrepd.db").exists()


def test_second_daemon(make_daemon, server):
    daemon = make_daemon("", dict(a=server.url("/a"))).start()
    second = make_daemon("", {}, folder=daemon.folder)
    second.log_path = daemon.folder / "second.log"
    assert "in use by sitrepd (process %d); end that, or change [" % daemon.process.pid in fails_to_start(second)
    assert daemon.get("/healthz").status == 200


def test_damaged_and_newer_databases_are_refused_and_left_alone(make_daemon):
    for content, word in ((b"this is no database at all, but long enough to be looked at" * 100, "database"),):
        daemon = make_daemon("", {})
        daemon.state.mkdir()
        database = daemon.state / "sitrepd.db"
        database.write_bytes(content)
        assert word in fails_to_start(daemon)
        assert database.read_bytes() == content
    daemon = make_daemon("", {}).start()
    daemon.stop()
    subprocess.run(["sqlite3", str(daemon.state / "sitrepd.db"), "PRAGMA user_version = 999"], check=True)
    daemon.log_path.unlink()
    assert "newer" in fails_to_start(daemon)


def test_unwritable_state_folder(make_daemon):
    daemon = make_daemon("", {})
    daemon.state.mkdir(mode=0o500)
    for path in (daemon.folder, daemon.config_path):
        path.chmod(0o755)
    nobody = 65534 if os.geteuid() == 0 else None  # root may write everywhere
    if nobody:
        os.chown(daemon.state, nobody, nobody)
    line = fails_to_start(daemon, user=nobody)
    assert "state folder" in line and "mode is 0500" in line and "to mend it: chmod u+rwX %s" % daemon.state in line


def test_database_that_root_restored(make_daemon):
    """It is told with the command that mends it, before a socket or the database is touched."""
    if os.geteuid() != 0:
        pytest.skip("only root can give a file away")
    daemon = make_daemon("", {})
    for path in (daemon.folder, daemon.config_path):
        path.chmod(0o755)
    os.chown(daemon.folder, 65534, 65534)
    daemon.start(user=65534).stop()
    database = daemon.state / "sitrepd.db"
    os.chown(database, 0, 0)
    database.chmod(0o644)
    content = database.read_bytes()
    line = fails_to_start(daemon, user=65534)
    assert "belongs to root:root, its mode is 0644" in line
    assert database.read_bytes() == content and not (daemon.state / "sitrepd.db-wal").exists()
    subprocess.run(line.split("to mend it: ")[1].rstrip('"'), shell=True, check=True)
    daemon.start(user=65534)
    assert daemon.get("/healthz").status == 200


def test_state_folder_that_is_a_file(make_daemon):
    daemon = make_daemon("", {})
    daemon.state.write_text("x")
    assert "state folder" in fails_to_start(daemon)


def test_every_mistake_is_reported_with_its_place(make_daemon):
    daemon = make_daemon("titel = x\n[pol]\n[poll]\nmin = soon\n", dict(a="nonsense"))
    check = daemon.check(1)
    path = str(daemon.config_path)
    for line, word in ((1, "title"), (2, "pol"), (4, "soon")):
        assert any(mistake.startswith("%s:%d:" % (path, line)) and word in mistake for mistake in check.stderr.splitlines()), check.stderr
    assert "nonsense" in check.stderr


def test_shipped_configuration_is_good():
    check = subprocess.run([str(BUILD / "sitrepd"), "-c", str(TOP / "etc/sitrepd.conf"), "--check"], capture_output=True, text=True)
    assert check.returncode == 0, check.stderr


def test_help_everywhere():
    for command in (["sitrepd"], ["sitrep"], ["sitrep", "tail"], ["sitrep", "feeds"], ["sitrep", "status"], ["sitrep", "refresh"],
                    ["sitrep", "parse"], ["sitrep", "check"], ["sitrep-parse"]):
        result = subprocess.run([str(BUILD / command[0]), *command[1:], "--help"], capture_output=True, text=True)
        assert result.returncode == 0 and "usage" in result.stdout.lower(), command


def test_parse_prints_what_the_daemon_sees(tmp_path):
    (tmp_path / "feed.xml").write_text(rss("Alpha", [article(1)]))
    result = sitrep("parse", str(tmp_path / "feed.xml"))
    assert result.returncode == 0 and article(1)["title"] in result.stdout
    (tmp_path / "page.html").write_text("<html><head><title>No feed</title></head></html>")
    result = sitrep("parse", str(tmp_path / "page.html"))
    assert result.returncode == 1 and "HTML" in result.stderr


def test_parse_fetches_an_address_and_tells_why(server):
    server.set("/old", b"", status=301, headers={"Location": "/feed"})
    server.set("/feed", rss("Alpha", [article(1)]).replace("&", "&amp;") + "<!-- cut", content_type="text/xml; charset=utf-8")
    result = sitrep("parse", "--why", server.url("/old"))
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout)["items"][0]["title"] == article(1)["title"]
    assert "encoding: utf-8 (http)" in result.stderr and "format: rss 2.0" in result.stderr
    assert sitrep("parse", server.url("/none")).returncode == 1


def test_discover_prints_blocks_that_the_configuration_takes(server, tmp_path):
    server.set("/", """<!DOCTYPE html><title>Sea watch</title>
        <link rel="alternate" type="application/rss+xml" title="All <news> &amp; more" href="/feed?a=1&amp;b=2">
        <!-- <link rel="alternate" type="application/rss+xml" href="/commented"> -->
        <script>"<link rel='alternate' type='application/rss+xml' href='/scripted'>"</script>
        <link rel="stylesheet alternate" type="text/css" href="/style"><link rel=alternate href="/untyped">
        <link rel=alternate type=application/atom+xml href=javascript:alert(1)>
        <body><link rel=alternate type=application/feed+json href=json>""", content_type="text/html")
    server.set("/direct", rss("Direct feed", [article(1)]))
    result = sitrep("discover", server.url("/"))
    assert result.returncode == 0, result.stderr
    assert "url = " + server.url("/feed?a=1&b=2") in result.stdout and "title = All <news> & more" in result.stdout
    assert "url = " + server.url("/json") in result.stdout
    assert result.stdout.count("[feed ") == 2
    (tmp_path / "found.conf").write_text(result.stdout)
    check = sitrep("check", str(tmp_path / "found.conf"))
    assert check.returncode == 0 and "2 feeds" in check.stdout, check.stderr
    assert "Direct feed" in sitrep("discover", server.url("/direct")).stdout
    server.set("/empty", "<!DOCTYPE html><p>nothing", content_type="text/html")
    result = sitrep("discover", server.url("/empty"))
    assert result.returncode == 1 and "names no feed" in result.stderr


def test_a_web_page_in_a_feeds_place_is_told_with_its_feeds(make_daemon, server):
    server.set("/page", """<!DOCTYPE html><title>Sea watch</title>
        <link rel=alternate type=application/atom+xml href=/atom>""", content_type="text/html")
    daemon = make_daemon("", dict(page=server.url("/page"))).start()
    wait_for(lambda: daemon.feeds()["page"].get("reason"), "the page to be refused")
    assert server.url("/atom") in daemon.feeds()["page"]["reason"]


def peak_of_workers(daemon):
    """The largest resident memory of any worker so far, in bytes."""
    peak = 0
    for pid in subprocess.run(["pgrep", "-P", str(daemon.process.pid)], capture_output=True, text=True).stdout.split():
        with open("/proc/%s/status" % pid) as status:
            peak = max([peak] + [int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM")])
    return peak


def test_a_large_feed_takes_memory_in_proportion(make_daemon, server):
    text = "<p>" + "The frigate squadron left the naval base at Halden for a week of drills. " * 60 + "</p>"
    body = rss("Large", [article(n, text=text + str(n)) for n in range(6000)])
    assert len(body) > 24 << 20
    server.set("/large", body)
    server.set("/larger", body + " " * (8 << 20))
    daemon = make_daemon("[fetch]\nallow = 127.0.0.0/8\nmax-body = 32M\n[parse]\nworkers = 1", dict(large=server.url("/large"))).start()
    before = peak_of_workers(daemon)
    peak = 0

    def is_done():
        nonlocal peak
        peak = max(peak, peak_of_workers(daemon))
        return daemon.feeds()["large"]["state"] == "ok"
    wait_for(is_done, "the large feed", patience=6 * PATIENCE)
    assert before > 0 and daemon.feeds()["large"]["items"] == 6000
    if "sanitize" not in str(BUILD):
        assert peak < 4 * len(body), "%d bytes for a feed of %d" % (peak, len(body))
    daemon.reload("[fetch]\nallow = 127.0.0.0/8\nmax-body = 32M\n[parse]\nworkers = 1", dict(large=server.url("/larger")))
    daemon.refresh("large")
    assert "larger than 32M" in daemon.feeds()["large"]["reason"]


def test_a_feed_that_moved_is_asked_at_its_new_address(make_daemon, server):
    """When a move is believed is tested in virtual time; here, that it is acted upon, and never with secrets."""
    server.set("/new", rss("Alpha", [article(1)]))
    server.set("/old", b"", status=301, headers={"Location": "/new"})
    feeds = dict(plain=server.url("/old"), secret=dict(url=server.url("/old?secret"), user="ann"))
    server.set("/old?secret", b"", status=301, headers={"Location": "/new"})
    daemon = make_daemon("", feeds).start()
    wait_for(lambda: daemon.feeds()["plain"]["state"] == daemon.feeds()["secret"]["state"] == "ok", "the first polls")
    before = len(server.requests)
    with daemon.altered() as db:
        db.execute("UPDATE feed SET moved = 1, moved_url = ?", (server.url("/new"),))
    daemon.refresh()
    asked = [path for path, _ in server.requests[before:]]
    assert asked.count("/old?secret") == 1 and "/old" not in asked and asked.count("/new") == 2
    assert daemon.feeds()["plain"]["moved_to"] == server.url("/new")
    assert "moved to " + server.url("/new") in daemon.run("feeds").stdout
