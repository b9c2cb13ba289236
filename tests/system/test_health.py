# SPDX-License-Identifier: ISC
"""/healthz means it: storing that stops and goes on, a pause, a network that is away, a log that nobody reads."""
import contextlib
import fcntl
import json
import os
import re
import resource
import signal
import subprocess

import pytest

from harness import BUILD, PATIENCE, free_port, wait_for
from samples import article, rss

FAST = "[poll]\nmin = 1s"


def health(daemon):
    answer = daemon.get("/healthz", headers={"Accept": "application/json"})
    document = json.loads(answer.body)
    document["http"] = answer.status
    document["codes"] = [r["code"] for r in document["reasons"]]
    return document


def lines_with(daemon, words):
    return [line for line in daemon.log().splitlines() if words in line]


@contextlib.contextmanager
def small_disk(path, megabytes=6):
    """A file system of its own at path that can be filled."""
    path.mkdir(parents=True, exist_ok=True)
    if os.geteuid() != 0:
        pytest.skip("a tmpfs needs root")
    mount = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=%dm" % megabytes, "tmpfs", str(path)], capture_output=True, text=True)
    if mount.returncode != 0:
        pytest.skip("no tmpfs may be mounted here: " + mount.stderr)
    try:
        yield path
    finally:
        subprocess.run(["umount", "-l", str(path)], check=True)


def fill(path):
    with open(path / "fill", "wb", buffering=0) as f:
        with contextlib.suppress(OSError):
            while True:
                f.write(b"x" * 4096)


def long_rss(title, numbers):
    return rss(title, [article(n, text="<p>%s</p>" % " ".join("word%d of report %d" % (i, n) for i in range(400))) for n in numbers])


def test_a_full_disk_stops_polling_until_there_is_room(server, make_daemon):
    server.set("/a", rss("A", [article(1)]))
    server.set("/b", rss("B", [article(2)]))
    feeds = {name: dict(url=server.url("/" + name), interval="300ms") for name in "ab"}
    daemon = make_daemon(FAST, feeds)
    with small_disk(daemon.state) as disk:
        daemon.first_polls(items=1)
        assert daemon.get("/healthz").status == 200 and daemon.metric("sitrepd_storing") == 1
        fill(disk)
        for name in "ab":
            server.set("/" + name, long_rss(name, range(10, 60)))
        wait_for(lambda: health(daemon)["codes"] == ["storing-stopped"], "storing to stop")
        answer = daemon.get("/healthz")
        assert answer.status == 503 and b"no space left" in answer.body and answer.body.count(b"\n") == 1
        assert daemon.metric("sitrepd_storing") == daemon.metric("sitrepd_healthy") == 0
        assert daemon.metric("sitrepd_polls_lost_total") >= 1
        # nobody is asked while the writer tries and fails; readers are served, and the feeds themselves are well
        wait_for(lambda: not any(daemon.control(op="status")[0]["status"]["now"][k] for k in ("transfers", "parsing", "writing")),
                 "what was under way to end")
        asked = len(server.requests)
        tried = daemon.get("/healthz")
        status = daemon.run("status").stdout
        assert "no space left" in status and "because nothing can be stored" in status
        assert all(f["state"] == "ok" and f["storing"] is False for f in daemon.feeds().values())
        assert "Nothing can be stored" in daemon.run("feeds").stderr
        refused = daemon.refresh("a")[-1]["error"]
        assert "no space left" in refused and "nothing is polled" in refused
        item = json.loads(daemon.get("/feed.json").body)["items"][0]["id"]
        assert "nothing can be stored" in daemon.control(op="split", item=item)[-1]["error"]
        assert "why" in daemon.control(op="why", item=item)[0]
        assert tried.status == 503 and len(server.requests) == asked
        assert len(lines_with(daemon, "storing stopped")) == 1
        (disk / "fill").unlink()
        wait_for(lambda: all(f["items"] == 51 for f in daemon.feeds().values()), "what was lost")
        assert daemon.get("/healthz").status == 200 and daemon.metric("sitrepd_storing") == 1
        assert len(lines_with(daemon, "storing stopped")) == len(lines_with(daemon, "storing again")) == 1
        assert not lines_with(daemon, "feed fails")
        daemon.stop()


def limit_file_size(daemon, bytes_max):
    resource.prlimit(daemon.process.pid, resource.RLIMIT_FSIZE, (bytes_max, resource.RLIM_INFINITY))


def test_files_that_may_not_grow_stop_storing_too(server, make_daemon):
    """As a quota does.  What the server asked for is kept to when the lost document is fetched again."""
    server.set("/a", rss("A", [article(1)]))
    server.set("/patient", rss("P", [article(2)]))
    daemon = make_daemon(FAST, dict(a=dict(url=server.url("/a"), interval="300ms"), patient=dict(url=server.url("/patient"), interval="1s"))).first_polls(items=1)
    stream = daemon.stream()
    server.set("/patient", long_rss("P", range(60, 110)), headers={"Cache-Control": "max-age=3600"})
    asked = server.count("/patient")
    limit_file_size(daemon, 4096)
    wait_for(lambda: health(daemon)["http"] == 503, "storing to stop")
    # one more of it at most was under way
    assert server.count("/patient") <= asked + 1
    server.set("/a", long_rss("A", range(10, 60)))
    limit_file_size(daemon, resource.RLIM_INFINITY)
    wait_for(lambda: daemon.feeds()["a"]["items"] == 51, "what was lost")
    wait_for(lambda: daemon.get("/healthz").status == 200, "health")
    assert stream.read_until("new")["item"]["feed"] in ("a", "patient")
    assert server.count("/patient") <= asked + 1
    assert len(lines_with(daemon, "storing stopped")) == len(lines_with(daemon, "storing again"))


def test_a_pause_is_told_everywhere(server, make_daemon):
    daemon = make_daemon("", dict(a=server.set("/a", rss("A", [article(1)])))).first_polls(state="ok")
    assert "paused" not in daemon.feeds()["a"] and daemon.metric("sitrepd_paused") == 0
    daemon.run("pause")
    daemon.run("pause")
    answer = daemon.get("/healthz")
    assert answer.status == 200 and answer.body.startswith(b"ok\npaused by a person since ")
    assert health(daemon)["notes"][0]["code"] == "paused"
    assert daemon.metric("sitrepd_paused") == daemon.metric("sitrepd_healthy") == 1
    status = daemon.run("status").stdout
    assert re.search(r"^polling +paused since \d{4}-\d\d-\d\d \d\d:\d\d:\d\d \S+; \"sitrep resume\" ends that$", status, re.MULTILINE)
    assert daemon.feeds()["a"]["paused"] is True
    table = daemon.run("feeds")
    assert "paused" in table.stdout and "Polling is paused" in table.stderr
    assert any("paused" in line for line in daemon.control(op="explain", feed="a")[0]["explain"])
    for feed in ("a", None):
        assert "paused" in daemon.refresh(feed)[-1]["error"]
    refused = daemon.run("refresh", "a", check=False)
    assert refused.returncode != 0 and "paused" in refused.stderr
    asked = server.count("/a")
    daemon.run("resume")
    daemon.run("resume")
    assert len(lines_with(daemon, "polling is paused")) == len(lines_with(daemon, "polling goes on")) == 1
    daemon.refresh("a")
    assert server.count("/a") == asked + 1 and b"paused" not in daemon.get("/healthz").body


def test_a_pause_ends_a_refresh_that_waits(server, make_daemon):
    """One feed answers only when it is let go, and the other waits for the site's only slot."""
    import threading
    go = threading.Event()

    def hold(handler):
        go.wait(PATIENCE)
        with contextlib.suppress(OSError):
            server.send(handler, 200, {"Content-Type": "application/rss+xml"}, rss("A", [article(1)]).encode())

    for name in "ab":
        server.set("/" + name, hold)
    daemon = make_daemon("[fetch]\nallow = 127.0.0.0/8\nper-host = 1", {n: server.url("/" + n) for n in "ab"}).start()
    wait_for(lambda: server.requests, "the first request")
    waiting = subprocess.Popen([str(BUILD / "sitrep"), "-c", str(daemon.config_path), "refresh"], stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True)
    try:
        wait_for(lambda: json.loads(daemon.run("status", "--json").stdout)["now"]["waiting"], "the other feed to wait")
        while waiting.poll() is None:
            daemon.control(op="pause")
            with contextlib.suppress(subprocess.TimeoutExpired):
                waiting.wait(timeout=0.2)
            if waiting.poll() is None:
                daemon.control(op="resume")
        assert waiting.returncode != 0 and "paused" in waiting.communicate()[1]
    finally:
        go.set()
        waiting.kill()


def test_a_network_that_is_away_is_told_once_it_is_sure(server, make_daemon):
    feeds = {"away%d" % i: dict(url="http://127.0.0.1:%d/" % free_port(), interval="300ms") for i in range(2)}
    daemon = make_daemon(FAST, feeds).start()
    wait_for(lambda: health(daemon)["codes"] == ["network-away"], "the network to be missed")
    answer = daemon.get("/healthz")
    assert answer.status == 503 and answer.body.startswith(b"network away")
    server.set("/a", rss("A", [article(1)]))
    daemon.reload(FAST, dict(feeds, near=server.url("/a")))
    wait_for(lambda: daemon.get("/healthz").status == 200, "one feed that can be reached")


def test_without_a_feed_all_is_well(make_daemon):
    daemon = make_daemon("", {}).start()
    assert daemon.get("/healthz").body == b"ok\nno feed is configured\n"


def test_health_is_never_from_a_cache(make_daemon):
    daemon = make_daemon("", {}).start()
    for accept, content_type in ((None, "text/plain"), ("application/json", "application/json"), ("*/*", "text/plain"),
                                 ("application/json;q=0.5, text/plain", "text/plain"), ("text/html", "text/plain")):
        answer = daemon.get("/healthz", headers={"Accept": accept} if accept else {})
        assert answer.status == 200 and answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["ETag"] is None and answer.headers["Content-Type"].startswith(content_type)
        assert daemon.get("/healthz", headers={"If-None-Match": "*"}).status == 200


def test_a_log_that_nobody_reads_stops_nothing(server, make_daemon):
    port = free_port()
    count = 500
    feeds = {"feed-with-a-very-long-name-%s-%04d" % ("x" * 30, i): "http://127.0.0.1:%d/%d" % (port, i) for i in range(count)}
    daemon = make_daemon("[poll]\nmin = 1s\ndefault = 10s\n[fetch]\nallow = 127.0.0.0/8\nper-host = 64\ngap = 0s", feeds)
    reader = subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=open(daemon.log_path, "ab"))
    try:
        reader.send_signal(signal.SIGSTOP)
        fcntl.fcntl(reader.stdin, fcntl.F_SETPIPE_SZ, 4096)
        daemon.process = subprocess.Popen(daemon.command(), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=reader.stdin,
                                          env=dict(os.environ, RUNTIME_DIRECTORY=str(daemon.folder)))
        reader.stdin.close()
        wait_for(lambda: daemon.is_up(), "the daemon to answer")
        wait_for(lambda: daemon.metric("sitrepd_polls_failed_total") >= count, "all feeds to fail", 3 * PATIENCE)
        wait_for(lambda: daemon.metric("sitrepd_log_lines_dropped_total") > 0, "lines to be dropped")
        wait_for(lambda: all(f["state"] == "failing" for f in daemon.feeds().values()), "the last poll to be stored")
        dropped = daemon.metric("sitrepd_log_lines_dropped_total")
        reader.send_signal(signal.SIGCONT)
        wait_for(lambda: lines_with(daemon, "log lines were lost, standard error was not read lines=%d" % dropped), "one line that tells")
        assert len(lines_with(daemon, "feed fails")) + dropped >= count
        daemon.stop()
        reader.wait(timeout=PATIENCE)  # no descriptor of the daemon's keeps the pipe open
    finally:
        reader.kill()
        reader.wait()
