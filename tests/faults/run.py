# SPDX-License-Identifier: ISC
"""usage: B=FOLDER run.py [--stride N] [--offset N] [--work NAME] [--kind NAME]

Tries the places where a call of the daemon can fail, and prints how many there were.  Without --offset it begins at
another place each day, and prints which.
"""
import argparse
import time

from faulty_daemon import KINDS, WORKS, try_places


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--stride", type=int, default=1)
    parser.add_argument("--offset", type=int)
    parser.add_argument("--work", action="append")
    parser.add_argument("--kind", action="append")
    options = parser.parse_args()
    offset = options.offset or 1 + int(time.time() / 86400) % options.stride
    print("every %d. place from %d" % (options.stride, offset))
    for work in WORKS:
        if options.work and work.name not in options.work:
            continue
        for kind in KINDS:
            if options.kind and kind not in options.kind:
                continue
            stride, first = (options.stride, offset) if kind == "alloc" else (1, 1)
            began = time.monotonic()
            places, crashes = try_places(work, kind, stride, first)
            print("%-13s %-7s %5d places, %d crashes in libraries, %.0f s" % (
                work.name, kind, places, len(crashes), time.monotonic() - began), flush=True)
            for _, n, frame in crashes:
                print("    call %d: %s" % (n, frame))


if __name__ == "__main__":
    main()
