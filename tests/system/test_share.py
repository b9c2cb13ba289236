# SPDX-License-Identifier: ISC
"""One feed pours items into a small database: the others keep theirs, and the files stay small."""
import re
import subprocess

from harness import BUILD, wait_for
from samples import article, rss

MIB = 1 << 20
SIZE = 16 * MIB


def hostile(poll, items):
    return '<rss version="2.0"><channel><title>x</title>%s</channel></rss>' % "".join(
        "<item><guid>%d-%d</guid><title>Notice %d of %d</title><description>%s</description></item>"
        % (poll, i, i, poll, " ".join("w%d" % ((poll * 7919 + i * 104729 + k * 31) % 9973) for k in range(60)))
        for i in range(items))


def bytes_on_disk(daemon):
    paths = [daemon.state / name for name in ("sitrepd.db", "sitrepd.db-wal")]
    return sum(p.stat().st_size for p in paths if p.exists())


def test_what_another_feed_brought_stays(server, make_daemon):
    server.set("/honest", rss("Honest", [article(n) for n in range(40)]))
    server.set("/hostile", hostile(0, 1))
    daemon = make_daemon("[keep]\nsize = 16M\n", {p: server.url("/" + p) for p in ("honest", "hostile")}).first_polls(state="ok")
    largest = 0
    for poll in range(1, 16):
        server.set("/hostile", hostile(poll, 2000))
        daemon.refresh("hostile")
        largest = max(largest, bytes_on_disk(daemon))
    assert largest <= SIZE + SIZE // 4
    wait_for(lambda: bytes_on_disk(daemon) <= SIZE, "a database within its size")
    assert daemon.feeds()["honest"]["items"] == 40
    assert 0 < daemon.feeds()["hostile"]["items"] < 15 * 2000
    # what went is no news while it is shown, nor is what stayed
    progress = daemon.refresh("hostile")[0]["progress"]
    assert progress["new"] == 0 and progress["copies"] == 0
    server.set("/honest", rss("Honest", [article(n) for n in range(41)]))
    progress = daemon.refresh("honest")[0]["progress"]
    assert progress["new"] + progress["copies"] == 1
    assert daemon.log().count("feed's document is larger than [keep] size allows") == 1
    metric = re.search(r"^sitrepd_database_bytes (\d+)$", daemon.get("/metrics").body.decode(), re.M)
    assert int(metric.group(1)) >= (daemon.state / "sitrepd.db").stat().st_size


def test_too_small_a_size_is_told_by_the_check(tmp_path):
    path = tmp_path / "sitrepd.conf"
    feeds = "".join('[feed "f%d"]\nurl = https://f%d.example/\n' % (n, n) for n in range(400))
    for size, told in (("24M", True), ("25M", False), ("0", False)):
        path.write_text("[keep]\nsize = %s\n%s" % (size, feeds))
        check = subprocess.run([BUILD / "sitrepd", "-c", path, "--check"], capture_output=True, text=True)
        assert check.returncode == 0
        assert ("warning: [keep] size is too small for 400 feeds, at least 25M are needed" in check.stderr) == told
