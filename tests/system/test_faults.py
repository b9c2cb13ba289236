"""The n-th allocation or system call of the daemon fails: nothing of ours crashes, nothing is lost or told twice, polling
goes on.  Every twentieth allocation is tried here, of a start every two hundredth, and every call of the other kinds;
`make check-faults` tries them all.  The offset is another one each day, and printed."""
import pathlib
import sys
import time

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "faults"))
import faulty_daemon  # noqa: E402
from faulty_daemon import KINDS, SANITIZED  # noqa: E402

# A sanitized daemon takes several times as long for each place.
STRIDE = {"start": 200, "request": 60} if not SANITIZED else {"start": 800, "request": 240}
USUAL_STRIDE = 20 if not SANITIZED else 60


@pytest.mark.parametrize("work", faulty_daemon.WORKS, ids=lambda work: work.name)
def test_each_place(work):
    stride = STRIDE.get(work.name, USUAL_STRIDE)
    offset = 1 + int(time.time() / 86400) % stride
    tried = 0
    print("every %d. allocation from %d" % (stride, offset))
    for kind in KINDS:
        step, first = (stride, offset) if kind == "alloc" else (1, 1)
        places, crashes, is_through = faulty_daemon.try_places(work, kind, step, first)
        print("%s: %d places of %s, crashes in libraries: %s" % (work.name, places, kind, crashes))
        assert is_through
        tried += places
    assert tried > 0
