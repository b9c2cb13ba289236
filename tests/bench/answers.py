#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Answers a second, beside nginx serving the same bytes: 304, and 100 KB.

usage: answers.py [--connections 32] [--seconds 3] [--rounds 5]

The merged feed of a daemon is written to a file for nginx (one worker, sendfile, no log). h2load (Debian: nghttp2-client) asks
both by turns over 127.0.0.1 in HTTP/1.1, with keep-alive, one thread: with If-None-Match of their own ETag, and without.  Printed are the
medians of the rounds and their ratio, whose bar is 0.9, and the processor time that each takes for a request.
"""
import argparse
import contextlib
import http.client
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import tempfile

import serving
from harness import Daemon, FeedServer, wait_for
from samples import article, rss

SIZE = 100 * 1024
BAR = 0.9


def fetch(port, path, headers=None):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    with contextlib.closing(connection):
        connection.request("GET", path, headers=headers or {})
        answer = connection.getresponse()
        answer.body = answer.read()
        return answer


def rate(url, options, header=None):
    command = ["h2load", "--h1", "-t1", "-c%d" % options.connections, "-D%d" % options.seconds]
    if header:
        command += ["-H", header]
    result = subprocess.run([*command, url], capture_output=True, text=True, check=True).stdout
    assert re.search(r"\b0 failed, 0 errored, 0 timeout", result), result
    return float(re.search(r"finished in [^,]+, ([\d.]+) req/s", result)[1])


def cpu_s(pid):
    """Processor time of the process and of its children that are still there."""
    pids = [pid, *(int(p) for p in pathlib.Path("/proc/{0}/task/{0}/children".format(pid)).read_text().split())]
    return sum(int(t.read_text().split()[0]) for p in pids for t in pathlib.Path("/proc/%d/task" % p).glob("*/schedstat")) / 1e9


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    for program, package in (("h2load", "nghttp2-client"), ("nginx", "nginx-light")):
        if not shutil.which(program):
            sys.exit("bench-http needs %s (Debian: %s)" % (program, package))
    server, folder = FeedServer(), pathlib.Path(tempfile.mkdtemp(prefix="sitrepd-bench-"))
    for name in ("daemon", "root"):
        (folder / name).mkdir()
    folder.chmod(0o755)
    nginx, feeds = None, dict(a=dict(url=server.url("/a"), interval="1d"))
    server.set("/a", rss("A", [article(n, text="<p>%d %s</p>" % (n, serving.WORDS)) for n in range(50)]))
    daemon = Daemon("[http]\nentries = 45", feeds, folder / "daemon")
    try:
        daemon.start()
        wait_for(lambda: daemon.feeds()["a"]["state"] == "ok", "the first poll")
        port = int(re.search(r"page=http://127\.0\.0\.1:(\d+)", daemon.log())[1])
        body = fetch(port, "/feed.atom").body
        entries = max(1, round(45 * SIZE / len(body)))
        daemon.stop()
        server.set("/a", rss("A", [article(n, text="<p>%d %s</p>" % (n, serving.WORDS)) for n in range(entries + 20)]))
        daemon.write_config("[http]\nentries = %d" % entries, feeds)
        daemon.start()
        daemon.refresh("a")
        port = int(re.findall(r"page=http://127\.0\.0\.1:(\d+)", daemon.log())[-1])
        whole = fetch(port, "/feed.atom")
        (folder / "root/feed.atom").write_bytes(whole.body)
        other = serving.free_port()
        (folder / "nginx.conf").write_text(serving.NGINX % dict(folder=folder, port=other, root=folder / "root"))
        nginx = subprocess.Popen(["nginx", "-c", folder / "nginx.conf", "-p", folder], stderr=subprocess.DEVNULL)
        wait_for(lambda: _answers(other), "nginx")
        tags = {p: fetch(p, "/feed.atom").headers["ETag"] for p in (port, other)}
        assert fetch(other, "/feed.atom").body == fetch(port, "/feed.atom").body == whole.body
        kinds = {"304": lambda p: "If-None-Match: " + tags[p], "%d KB" % round(len(whole.body) / 1024): lambda p: None}
        bad = False
        for kind, header in kinds.items():
            for p in (port, other):
                assert fetch(p, "/feed.atom", {"If-None-Match": tags[p]} if kind == "304" else None).status == (304 if kind == "304" else 200)
            rates, costs = {port: [], other: []}, {port: [], other: []}
            for _ in range(options.rounds):
                for p in rates:
                    pid = daemon.process.pid if p == port else nginx.pid
                    before = cpu_s(pid)
                    rates[p].append(rate("http://127.0.0.1:%d/feed.atom" % p, options, header(p)))
                    costs[p].append((cpu_s(pid) - before) * 1e6 / (rates[p][-1] * options.seconds))
            ours, theirs = (statistics.median(rates[p]) for p in (port, other))
            ratio = statistics.median(a / b for a, b in zip(rates[port], rates[other]))
            bad = bad or ratio < BAR
            print("%-7s sitrepd %7.0f a second, nginx %7.0f, ratio %.2f (%s); processor time a request: %.1f us and %.1f us" % (
                kind, ours, theirs, ratio, ", ".join("%.2f" % (a / b) for a, b in zip(rates[port], rates[other])),
                statistics.median(costs[port]), statistics.median(costs[other])))
        daemon.stop()
        return bad
    finally:
        if nginx is not None:
            nginx.terminate()
            nginx.wait()
        daemon.close()
        server.close()
        shutil.rmtree(folder, ignore_errors=True)


def _answers(port):
    try:
        return fetch(port, "/feed.atom").status == 200
    except OSError:
        return False


if __name__ == "__main__":
    sys.exit(main())
