# SPDX-License-Identifier: ISC
"""The n-th allocation or system call of the daemon fails: nothing of ours crashes, nothing is lost or told twice, polling
goes on.  A part of the places is tried here, the same ones each day; `make check-faults` tries them all."""
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "faults"))
import faulty_daemon  # noqa: E402
from faulty_daemon import KINDS, SANITIZED, WORKS  # noqa: E402

# Every so many allocations, and every so many calls of the other kinds.  A start makes 25,000 allocations and takes a
# process for each; a lost write makes the daemon pause.
STRIDES = {"poll": (20, 4), "request": (100, 3), "subscription": (1, 1), "reload": (1, 1), "start": (600, 12)}


@pytest.mark.parametrize("work", WORKS, ids=lambda work: work.name)
def test_places(work):
    strides = [s * 3 if SANITIZED else s for s in STRIDES[work.name]]
    tried = 0
    for kind in KINDS:
        stride = strides[0 if kind == "alloc" else 1]
        places, crashes = faulty_daemon.try_places(work, kind, stride, offset=1)
        print("%s: %d places of %s, every %d.; crashes in libraries: %s" % (work.name, places, kind, stride, crashes))
        tried += places
    assert tried > 0
