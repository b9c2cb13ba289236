#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""One full cold update and one warm one of generated feeds, against a floor, side by side in one run.

usage: update.py --generator GEN.PY --floor FLOOR.C [--feeds 1000] [--rounds 3]

The generator writes feeds/*.xml and urls.txt into a folder (--out, --feeds, --base); nginx serves them from
loopback.  The floor is a single-threaded program that fetches, parses and stores with the same libraries and
nothing else; it is called as FLOOR urls.txt DATABASE PARALLEL FEEDS_A_TRANSACTION SYNCHRONOUS.  Rounds alternate,
floor first, and each figure is the median.  The daemon's time is that of `sitrep refresh` of all feeds, from the
request to the last commit.  Peak memory is the sum over daemon and workers of each one's own peak, once as
resident (VmHWM; shared pages count in each) and once as proportional share at the end (Pss).
"""
import json
import os
import pathlib
import re
import resource
import statistics
import subprocess
import time

from serving import memory, options, serve
from harness import Daemon, wait_for


def children_cpu(pid):
    """Processor seconds of a process and of its children, dead and alive."""
    total = 0
    pids = [pid] + [int(p) for p in pathlib.Path("/proc/%d/task/%d/children" % (pid, pid)).read_text().split()]
    for p in pids:
        fields = pathlib.Path("/proc/%d/stat" % p).read_text().rsplit(")", 1)[1].split()
        total += sum(int(fields[i]) for i in (11, 12)) + (sum(int(fields[i]) for i in (13, 14)) if p == pid else 0)
    return total / os.sysconf("SC_CLK_TCK")


def run_floor(program, urls, database):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.monotonic()
    output = subprocess.run([program, urls, database, "64", "1", "NORMAL"], check=True, capture_output=True, text=True).stdout
    wall = time.monotonic() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    inner = re.search(r" ([\d.]+) s = ", output)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return dict(wall=float(inner[1]) if inner else wall, cpu=cpu, items=int(re.search(r"items=(\d+)", output)[1]))


def refresh(daemon):
    cpu = children_cpu(daemon.process.pid)
    start = time.monotonic()
    answers = daemon.refresh()
    wall = time.monotonic() - start
    progress = [a["progress"] for a in answers if "progress" in a]
    failed = [p for p in progress if p["result"] == "failed"]
    assert not failed, failed[:3]
    return dict(wall=wall, cpu=children_cpu(daemon.process.pid) - cpu, feeds=len(progress))


def run_daemon(urls):
    feeds = {"f%05d" % i: dict(url=u, interval="1d") for i, u in enumerate(urls)}
    config = "log-level = warning\n[fetch]\nallow = 127.0.0.0/8\nparallel = 64\nper-host = 64"
    daemon = Daemon(config, feeds)
    try:
        # Paused from the start, so that the first poll of every feed is the one that is measured.
        daemon.start()
        daemon.control(op="pause")
        wait_for(lambda: daemon.control(op="status")[0]["status"]["now"]["transfers"] == 0, "quiet")
        early = daemon.control(op="status")[0]["status"]["since_start"]["polls"]
        daemon.control(op="resume")
        cold = refresh(daemon)
        cold["early"] = early
        cold["items"] = sum(f["items"] for f in daemon.feeds().values())
        warm = refresh(daemon)
        warm["not_modified"] = daemon.control(op="status")[0]["status"]["since_start"]["not_modified"]
        cold["peak"], cold["share"] = memory(daemon.process.pid)
        status = daemon.control(op="status")[0]["status"]["since_start"]
        cold["stall_ms"] = status["longest_stall_us"] / 1000
        return cold, warm
    finally:
        daemon.close()


def main():
    parser = options(__doc__, generator=None, floor=None, feeds=1000, rounds=3)
    parser.add_argument("--json", action="store_true")
    a = parser.parse_args()
    with serve(a.generator, a.feeds) as (folder, urls):
        libs = subprocess.run(["pkg-config", "--cflags", "--libs", "libcurl", "libxml-2.0", "sqlite3", "libcrypto"], check=True,
                              capture_output=True, text=True).stdout.split()
        subprocess.run(["cc", "-O2", a.floor, "-o", folder / "floor", *libs], check=True)
        rounds = []
        for n in range(a.rounds):
            database = folder / ("floor%d.db" % n)
            floor_cold = run_floor(folder / "floor", folder / "corpus/urls.txt", database)
            floor_warm = run_floor(folder / "floor", folder / "corpus/urls.txt", database)
            cold, warm = run_daemon(urls)
            rounds.append(dict(floor_cold=floor_cold, floor_warm=floor_warm, cold=cold, warm=warm))
    median = lambda k, f: statistics.median(r[k][f] for r in rounds)
    ratio = lambda x, y: statistics.median(r[x]["wall"] / r[y]["wall"] for r in rounds)
    print("%d feeds, %d items, %d rounds, medians" % (a.feeds, rounds[0]["cold"]["items"], a.rounds))
    print("%-28s %9s %9s" % ("", "wall s", "cpu s"))
    for label, key in (("floor, cold", "floor_cold"), ("sitrepd, cold", "cold"), ("floor, warm", "floor_warm"),
                       ("sitrepd, warm", "warm")):
        print("%-28s %9.3f %9.3f" % (label, median(key, "wall"), median(key, "cpu")))
    print("cold, ratio to the floor     %9.2f" % ratio("cold", "floor_cold"))
    print("warm, ratio to the floor     %9.2f" % ratio("warm", "floor_warm"))
    print("peak memory, sum of VmHWM    %9.1f MiB" % median("cold", "peak"))
    print("memory share (Pss) after it  %9.1f MiB" % median("cold", "share"))
    print("longest stall of the loop    %9.1f ms" % median("cold", "stall_ms"))
    print("304 of the warm round        %9d" % median("warm", "not_modified"))
    if a.json:
        print(json.dumps(rounds))


if __name__ == "__main__":
    main()
