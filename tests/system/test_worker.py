# SPDX-License-Identifier: ISC
"""The parse workers: what they are made of, and what the daemon makes of one that lies."""
import re
import shutil
import subprocess

import pytest

from harness import BUILD, wait_for

# libxml2's own (libicu with its C++, liblzma, zlib) are among them; the sanitizers' are of a sanitized build.
LIBRARIES = ("linux-vdso", "ld-linux", "libc", "libm", "libgcc_s", "libstdc++", "libxml2", "libicuuc", "libicudata", "libz",
             "liblzma", "libjansson", "libnettle", "libutf8proc", "libpcre2-8", "libseccomp", "libasan", "libubsan")


def test_a_worker_maps_nothing_of_the_network():
    listed = subprocess.run(["ldd", str(BUILD / "sitrep-parse")], capture_output=True, text=True, check=True).stdout
    names = {re.match(r"([\w+-]+?)(-x86-64)?\.so", line.split()[0].rsplit("/", 1)[-1])[1] for line in listed.splitlines()}
    assert "libxml2" in names
    assert names <= set(LIBRARIES), names - set(LIBRARIES)


def liar(tmp_path, make_daemon, config, feeds, start=None):
    """A daemon whose parse workers are tests/hostile/worker.c; start names what goes wrong at their start."""
    folder = tmp_path / "bin"
    folder.mkdir()
    shutil.copy(BUILD / "sitrepd", folder / "sitrepd")
    shutil.copy(BUILD / "tests/hostile-worker", folder / "sitrep-parse")
    if start is not None:
        (folder / "start").write_text(start)
    daemon = make_daemon(config, feeds)
    daemon.command = lambda: [str(folder / "sitrepd"), "-c", str(daemon.config_path), "--state-dir", str(daemon.state)]
    return daemon, folder


def feed(lie, items, padding=0):
    made = "".join("<item><title>Frigate %d leaves port</title><guid>%s-%d</guid><link>https://a.example/%d</link>"
                   "<enclosure url='https://a.example/a.mp3' type='audio/mpeg' length='1'/>"
                   "<description>The frigate number %d left.</description></item>" % (n, lie, n, n, n) for n in items)
    return ("<rss version='2.0'><!-- %s --><channel><title>Feed</title>%s</channel></rss>" % (lie, made)
            + " " * padding).encode()


# Answered once truly, and then again: the first answer stands, and the worker goes all the same.
TRUE_AT_FIRST = ("twice", "twice-later", "next-job-ahead", "trailing-bytes", "flood")


def test_whatever_a_worker_says_the_daemon_lives_and_nothing_of_it_is_told(tmp_path, make_daemon, server):
    lies = subprocess.run([str(BUILD / "tests/hostile-worker"), "--lies"], capture_output=True, text=True, check=True).stdout.split()
    assert len(lies) >= 80
    for name in ("liar", "honest"):
        server.set("/" + name, feed("true", [0]))
    daemon, _ = liar(tmp_path, make_daemon, "[parse]\nworkers = 1\n[alert \"true\"]\nmatch = frigate\n[poll]\nmin = 1s",
                     {name: dict(url=server.url("/" + name), interval="1h") for name in ("liar", "honest")})
    daemon.first_polls(polls=1)
    for number, lie in enumerate(lies, 1):
        server.set("/liar", feed("lie:" + lie, [number], padding=3 << 20 if lie == "early" else 0))
        server.set("/honest", feed("true", range(number + 1)))
        daemon.refresh("liar")
        answer = daemon.refresh("honest")
        feeds = daemon.feeds()
        if lie not in TRUE_AT_FIRST:
            assert feeds["liar"]["state"] == "failing" and feeds["liar"]["reason"], (lie, feeds["liar"])
        assert feeds["honest"]["state"] == "ok" and feeds["honest"]["items"] == number + 1, (lie, answer, feeds["honest"])
        assert daemon.process.poll() is None, lie
    told = [daemon.log()] + [daemon.get(path).body.decode() for path in
                             ("/feed.atom", "/feed.rss", "/feed.json", "/", "/feeds", "/metrics", "/healthz", "/opml")]
    told.append(daemon.run("feeds").stdout)
    for text in told:
        assert "FORBIDDEN" not in text and "\x1b" not in text
    # Each lie ends its worker, but for those that only fail a job.
    assert daemon.control(op="status")[0]["status"]["since_start"]["worker_restarts"] >= len(lies) - 5


@pytest.mark.parametrize("start", ["exits", "crashes", "answers", "wordy", "control", "twice", "garbage", "leaves"])
def test_a_worker_that_fails_at_its_start_is_tried_again(tmp_path, make_daemon, server, start):
    server.set("/a", feed("true", [1]))
    daemon, folder = liar(tmp_path, make_daemon, "[parse]\nworkers = 1\n[poll]\nmin = 1s", dict(a=server.url("/a")), start)
    daemon.start(wait=start in ("twice", "leaves"))
    if start not in ("twice", "leaves"):
        def tells():
            try:
                answer = daemon.get("/healthz")
            except OSError:
                return False
            return answer.status == 503 and b"no parse worker runs" in answer.body
        wait_for(tells, "/healthz to say that no worker runs")
        wait_for(lambda: daemon.feeds()["a"]["state"] == "failing", "the feed to fail")
        assert "no parse worker starts" in daemon.feeds()["a"]["reason"]
        workers = daemon.control(op="status")[0]["status"]["workers"]
        assert workers["ready"] == 0 and workers["configured"] == 1 and workers["trouble"]
    (folder / "start").unlink()

    def is_well():
        daemon.refresh("a")
        return daemon.feeds()["a"]["state"] == "ok"
    wait_for(is_well, "a worker to start")
    assert daemon.feeds()["a"]["items"] == 1 and "FORBIDDEN" not in daemon.log()
