#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Runs fuzz targets, two at a time, each for a while, on a corpus that grows from run to run.

usage: run.py --programs DIR [--seconds N | --total N] [--rss-limit-mb N] [--seeds DIR] TARGET...

--seconds is for each target, --total for all together.

Seeds are made anew before each run from what the repository's own tests hold (seeds.py); the files of --seeds are
given to the feed target as well, from where they lie.  A crash, a leak, a timeout or too much memory ends that
target; the input is in DIR/findings and its path is printed.
"""
import argparse
import concurrent.futures
import pathlib
import re
import subprocess
import sys

import seeds

# The longest input of each: what matters happens in shorter ones, and short ones run faster.
LENGTHS = {"feed": 32768, "html": 8192, "wire": 8192, "worker": 8192, "rule": 2048, "near": 2048, "websub": 1024,
           "url": 1024, "history": 1024, "guard": 256, "date": 256}
SECONDS_AN_INPUT = 10
AT_A_TIME = 2


def run(target, options):
    programs = pathlib.Path(options.programs)
    corpus, findings = programs / "corpus" / target, programs / "findings"
    findings.mkdir(parents=True, exist_ok=True)
    seed_folder = programs / "seeds" / target
    seeds.write(target, seed_folder, programs)
    corpus.mkdir(parents=True, exist_ok=True)
    command = [str(programs / target), "-max_total_time=%d" % options.seconds, "-print_final_stats=1",
               "-rss_limit_mb=%d" % options.rss_limit_mb, "-timeout=%d" % SECONDS_AN_INPUT,
               "-max_len=%d" % LENGTHS.get(target, 4096), "-artifact_prefix=%s/%s-" % (findings, target),
               str(corpus), str(seed_folder)]
    dictionary = seed_folder.parent / (target + ".dict")
    if dictionary.exists():
        command.insert(1, "-dict=%s" % dictionary)
    if options.seeds and target == "feed":
        command.append(options.seeds)
    log = programs / (target + ".log")
    with log.open("wb") as out:
        status = subprocess.run(command, stdout=out, stderr=subprocess.STDOUT, check=False).returncode
    text = log.read_text(errors="replace")
    executions = re.findall(r"stat::number_of_executed_units:\s*(\d+)", text)
    coverage = re.findall(r"cov: (\d+)", text)
    print("%-8s %10s inputs, %6s edges, %5d in the corpus%s" % (
        target, executions[-1] if executions else "?", coverage[-1] if coverage else "?",
        sum(1 for _ in corpus.iterdir()), "" if status == 0 else ", A FINDING"), flush=True)
    if status != 0:
        found = re.findall(r"Test unit written to (\S+)", text)
        why = [line for line in text.splitlines() if re.search(r"ERROR|SUMMARY|runtime error|not true", line)]
        print("\n".join("    " + line for line in why[:6]))
        print("    reproducer: %s\n    log: %s" % (found[-1] if found else "none", log), flush=True)
    return status == 0


def main():
    parser = argparse.ArgumentParser(description="Run fuzz targets.")
    parser.add_argument("--programs", required=True)
    parser.add_argument("--seconds", type=int, default=30)
    parser.add_argument("--total", type=int)
    parser.add_argument("--rss-limit-mb", type=int, default=2048)
    parser.add_argument("--seeds")
    parser.add_argument("targets", nargs="+")
    options = parser.parse_args()
    if options.total:
        options.seconds = max(1, options.total * AT_A_TIME // len(options.targets))
    with concurrent.futures.ThreadPoolExecutor(AT_A_TIME) as pool:
        passed = list(pool.map(lambda target: run(target, options), options.targets))
    print("%d passed, %d failed" % (passed.count(True), passed.count(False)))
    return 0 if all(passed) else 1


if __name__ == "__main__":
    sys.exit(main())
