# SPDX-License-Identifier: ISC
"""A disk that turns read-only, runs out of quota or breaks while the daemon runs: it is told at once, nobody is asked for
what cannot be kept, and all goes on by itself."""
import errno
import pathlib
import re
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "faults"))
from faulty_daemon import FaultyDaemon, rss  # noqa: E402
from harness import wait_for  # noqa: E402


@pytest.mark.parametrize("error", [errno.EROFS, errno.EDQUOT, errno.EIO, errno.ENOSPC], ids=errno.errorcode.get)
def test_a_disk_that_fails_later(server, error):
    server.set("/f", rss([1]))
    daemon = FaultyDaemon("[poll]\nmin = 1s", {"f": dict(url=server.url("/f"), interval="300ms")})
    try:
        daemon.first_polls(items=1)
        server.set("/f", rss([1, 2]))
        daemon.plan.break_disk(error)
        wait_for(lambda: daemon.get("/healthz").status == 503, "/healthz to say so")
        answer = daemon.get("/healthz")
        assert b"storing stopped" in answer.body, answer.body
        wait_for(lambda: not any(daemon.control(op="status")[0]["status"]["now"][k]
                                 for k in ("transfers", "parsing", "writing")), "what was under way to end")
        asked = server.count("/f")
        tries = daemon.plan.calls()
        wait_for(lambda: daemon.plan.calls() > tries, "another try to write")
        assert server.count("/f") == asked
        assert daemon.get("/feed.atom").status == 200
        assert re.search(r"health +failing; storing stopped", daemon.run("status").stdout)
        assert daemon.log().count("storing stopped") == 1
        assert daemon.plan.disarm() > 0
        wait_for(lambda: daemon.feeds()["f"]["items"] == 2, "the item that could not be kept")
        assert daemon.get("/healthz").status == 200
        stream = daemon.stream(dict(since="0", events=["new"]))
        titles = [e["item"]["title"] for e in stream.read_events(2)]
        stream.close()
        assert sorted(titles) == ["Convoy 1 sails for the strait", "Convoy 2 sails for the strait"]
        assert daemon.log().count("storing stopped") == daemon.log().count("storing again") == 1
    finally:
        daemon.plan.disarm()
        daemon.close()
